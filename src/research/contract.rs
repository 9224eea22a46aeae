//! The words between the core and what drives it: inputs, outputs, events, states, counters.

use std::sync::Arc;

use super::job::Counters;
use super::payload::event::ResearchEvent;
use super::payload::id::ResearchId;
use super::payload::warning::Warning;
use crate::failure::Failure;
use crate::http::{Answer, AskId, Command, Credentials, RequestId};
use crate::socket::{Emit, EmitError, EmitId};
use crate::websocket::News;

/// Names one request to end a research, for the life of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CancelId(pub u64);

/// Something that happened outside the core.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The page answers an event of the server that asked for an ack.
    Acknowledge {
        /// The number that came with the event.
        id: u64,
        /// JSON array of the arguments, with placeholders for binary ones.
        args: String,
        /// The binary arguments.
        attachments: Vec<Vec<u8>>,
    },
    /// A request was answered, or failed.
    Answer {
        /// Which request.
        request: RequestId,
        /// What came of it.
        answer: Answer,
    },
    /// The page wants the research to end.
    Cancel {
        /// Comes back with the answer.
        cancel: CancelId,
        /// Which research.
        research: ResearchId,
        /// Value of the header `X-CSRFToken`.
        csrf_token: Option<String>,
    },
    /// The page wants no more.
    Close,
    /// Connect now, whatever happened before; attempts count from the start.
    Connect,
    /// The answer to [`Command::Ask`], or the words of the error that the page's function threw.
    Credentials {
        /// Which question.
        ask: AskId,
        /// What the attempt is to carry.
        credentials: Result<Credentials, String>,
    },
    /// The page sends an event.
    Emit(Emit),
    /// The page is going away, perhaps into the back/forward cache.
    Hidden,
    /// A navigation has begun: the page may be going, or it may be a download.
    Leaving,
    /// The page wants to hear this event of the server, or no longer; without a name: every event.
    Listen {
        /// The event's name.
        name: String,
        /// Whether it wants to.
        listening: bool,
    },
    /// Another client of the page has found that no WebSocket gets through to the server
    /// ([`Client::has_no_websocket`](super::Client::has_no_websocket)): none is opened any more where long-polling can carry the
    /// connection. One that is open, or being opened, stays.
    NoWebSocket,
    /// The browser says that the network has come or gone. It can be wrong.
    Online(bool),
    /// The page has heard this of a research already, from a client before this one: none of it is
    /// news. To be given right after [`Subscribe`](Self::Subscribe); for a research that is not
    /// followed it does nothing.
    Recall {
        /// Which research.
        research: String,
        /// JSON object with the fields of an update.
        facts: String,
    },
    /// The page wants to know the status of a research now.
    Refresh(String),
    /// The page has these lines of a research already, from a client before this one: none of them
    /// is delivered again, and those since are a gap. To be given right after
    /// [`Subscribe`](Self::Subscribe); for a research that is not followed it does nothing.
    Remember {
        /// Which research.
        research: String,
        /// JSON array of the entries as the page has them, oldest first.
        lines: String,
        /// Whether these are all that the page was ever told. If not, stored lines that are older
        /// than the first of them are taken as told too.
        complete: bool,
    },
    /// Something was heard of a WebSocket.
    Socket {
        /// Which.
        socket: RequestId,
        /// What.
        news: News,
    },
    /// The page wants to follow a research.
    Subscribe(ResearchId),
    /// The time of [`Client::poll_timeout`](super::Client::poll_timeout) has come. Early or repeated ones do nothing.
    Timeout,
    /// Nobody looks at the page, whose work goes on: somebody looks at another tab.
    Unseen,
    /// The page does not want to follow a research any more.
    Unsubscribe(String),
    /// Somebody new follows a research over a connection that was opened before: ask whether the
    /// server shows it to whoever is signed in now, also after its end. The answer is
    /// [`ResearchEvent::Verified`], at each refusal and then once.
    Verify(String),
    /// The page can be seen again, or came back from the cache.
    Visible,
}

/// Something that is to happen outside the core.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// For the network.
    Command(Command),
    /// For the page.
    Event(Event),
}

/// What the page hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The server acknowledged an emit.
    Ack {
        /// Which emit.
        emit: EmitId,
        /// JSON array of what it answered.
        args: String,
        /// Its binary arguments.
        attachments: Vec<Vec<u8>>,
    },
    /// The answer to a request to end a research; the words of the failure.
    Cancelled {
        /// Which request.
        cancel: CancelId,
        /// Whether the server took it.
        result: Result<(), Failure>,
    },
    /// Live.
    Connect {
        /// The session id of the namespace, which the server knows this client by.
        sid: String,
    },
    /// An attempt to connect failed.
    ConnectError(Failure),
    /// Not live any more.
    Disconnect(Failure),
    /// An emit was not sent, or will not be acknowledged.
    EmitFailed {
        /// Which emit.
        emit: EmitId,
        /// Why.
        error: EmitError,
    },
    /// An event of the server that the page listens to.
    Message {
        /// Its name.
        name: String,
        /// JSON array: the name, then the arguments.
        args: String,
        /// The number to acknowledge it with, if the server asks for that. No event of another session has the same.
        ack: Option<u64>,
        /// Its binary arguments.
        attachments: Vec<Vec<u8>>,
    },
    /// Live again, or after a first attempt that failed; after so many counted attempts. Before [`Connect`](Self::Connect).
    Reconnect(u32),
    /// A counted attempt begins; the first is 1.
    ReconnectAttempt(u32),
    /// The attempts are used up.
    ReconnectFailed(Failure),
    /// Live as before, over another session, of which people need not hear.
    Renewed {
        /// The session id of the namespace.
        sid: String,
    },
    /// Something about one research.
    Research {
        /// Its id.
        id: String,
        /// What about it.
        event: ResearchEvent,
    },
    /// The server chose a search engine and does not say for which research: its payload.
    SearchEngineSelected(Arc<str>),
    /// The state of the connection is another one.
    State(State),
    /// Something that the server sent was refused, and why.
    Warning(Warning),
}

/// The state of the connection as the page sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Its name.
    pub name: StateName,
    /// Why there is no connection.
    pub reason: Option<Failure>,
    /// The number of the attempt that is under way or planned.
    pub attempt: Option<u32>,
    /// After how many milliseconds that attempt begins, if it has not.
    pub delay_ms: Option<u64>,
}

/// The names of the states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateName {
    /// For good.
    Closed,
    /// Live.
    Connected,
    /// The first connection is being made.
    Connecting,
    /// The status is asked for over HTTP while there is no connection.
    Fallback,
    /// The browser says that there is no network.
    Offline,
    /// A connection is being made again, also if the server refuses it.
    Reconnecting,
    /// No attempt is made without a reason: the page connects, or comes back.
    Stopped,
}

impl StateName {
    /// The name that JavaScript sees.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Connected => "connected",
            Self::Connecting => "connecting",
            Self::Fallback => "fallback",
            Self::Offline => "offline",
            Self::Reconnecting => "reconnecting",
            Self::Stopped => "stopped",
        }
    }
}

/// Counters since the client began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// HTTP requests started, those that open a WebSocket among them.
    pub requests: u64,
    /// Bytes of response bodies and of messages of WebSockets, without their content encoding.
    pub bytes_received: u64,
    /// Connections that became live.
    pub connects: u64,
    /// Counted attempts to reconnect.
    pub attempts: u64,
    /// Requests for the status of a research.
    pub status_checks: u64,
    /// Requests for the stored log of a research.
    pub history_requests: u64,
    /// Requests for a status because a research was silent for too long.
    pub stall_checks: u64,
    /// Requests for a status so that the server stores its log.
    pub log_flushes: u64,
    /// Requests for a status to see whether the server still shows the research, since nothing else was asked
    /// for 15 s; they are among `status_checks`.
    pub sign_in_checks: u64,
    /// Outages of which the page was told that lines were missed.
    pub gaps: u64,
    /// Log lines delivered.
    pub lines: u64,
    /// Those of them that came from the stored log.
    pub recovered: u64,
    /// Log lines and updates that had been delivered before.
    pub duplicates: u64,
    /// Fields, packets and payloads that were refused.
    pub refused: u64,
    /// Updates of researches that the page does not follow.
    pub unrequested: u64,
}

impl Stats {
    pub(super) fn add(&mut self, counters: Counters) {
        self.lines += counters.lines;
        self.recovered += counters.recovered;
        self.duplicates += counters.duplicate_lines + counters.duplicate_updates;
        self.refused += counters.refused;
    }
}
