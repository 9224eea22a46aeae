//! Where a connection stands, what it is told once, and what it tells.

use super::leaving::Ended;
use super::outgoing::{EmitError, EmitId};
use crate::backoff::Backoff;
use crate::engine::Session;
use crate::failure::Failure;
use crate::http::AskId;
use crate::json::Text;
use crate::queue::Queue;
use crate::time::Timestamp;
use crate::websocket::Transport;

/// How many bytes of events may wait for the grant of their namespace: as much as one poll of a
/// usual server brings.
pub const MAX_EARLY_BYTES: usize = 1_000_000;

/// What one of them takes besides its text, at least.
const EARLY_BYTES: usize = 64;

/// What the connection is told once.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    /// Origin and path, with the slash at its end.
    pub(crate) url: String,
    /// Where else the server may be: asked at once when nothing is at the first.
    pub(crate) other_url: Option<String>,
    pub(crate) namespace: String,
    pub(crate) transport: Transport,
    /// Whether long-polling takes the place of a WebSocket that never could be opened.
    pub(crate) fall_back: bool,
    /// Whether a WebSocket takes the place of long-polling where the server offers that.
    pub(crate) upgrade: bool,
    pub(crate) reconnection: bool,
    /// `None`: without end.
    pub(crate) attempts: Option<u32>,
    pub(crate) backoff: Backoff,
    pub(crate) timeout_ms: u64,
    /// How many bytes may wait to be sent.
    pub(crate) max_waiting: usize,
    /// Whether a refusal is tried again.
    pub(crate) persistent: bool,
    /// Whether to look now and then if a server that seems gone for good is back.
    pub(crate) probe: bool,
}

/// What the connection tells the layer above.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    Ack {
        emit: EmitId,
        args: String,
        attachments: Vec<Vec<u8>>,
    },
    /// An attempt failed.
    ConnectError(Failure),
    /// Live, with the number of the attempt that succeeded; 0 for the first connection.
    Connected {
        sid: String,
        attempt: u32,
    },
    /// Something that could not be read, and why. The connection goes on.
    Damaged(String),
    /// Not live any more.
    Disconnected(Failure),
    EmitFailed {
        emit: EmitId,
        error: EmitError,
    },
    /// A packet of the server has numbers that JSON does not have, which are read as `null`.
    Lax,
    /// Not live any more, of which the page is not told yet: the browser has ended a request since the
    /// page may be going.
    Interrupted,
    /// An event of the server: its name and its arguments, and how many times it came, one copy right after
    /// the other.
    Message {
        args: Text,
        ack: Option<u64>,
        attachments: Vec<Vec<u8>>,
        times: usize,
    },
    ReconnectAttempt(u32),
    /// The attempts are used up.
    ReconnectFailed(Failure),
    /// Live again after [`Interrupted`](Self::Interrupted), since the page has stayed.
    Renewed {
        sid: String,
    },
    /// A packet that was too large to be read: the name of the event that it was, as it stands there,
    /// and what to say of it. The connection goes on.
    TooLarge {
        name: Option<String>,
        words: String,
    },
}

/// Events that came before the grant: python-socketio sends what its `connect` handler emits ahead
/// of it. The page hears them after `connect`.
#[derive(Debug, Default)]
pub(super) struct Early {
    events: Queue<Event>,
    bytes: usize,
}

impl Early {
    /// Takes the room of copies of an event that has so many bytes; of how many there was room.
    #[must_use]
    pub(super) fn take_room(&mut self, bytes: usize, copies: usize) -> usize {
        let bytes = bytes.saturating_add(EARLY_BYTES);
        let copies = copies.min((MAX_EARLY_BYTES - self.bytes) / bytes);
        self.bytes += copies * bytes;
        copies
    }

    /// Keeps an event that has taken its room.
    pub(super) fn push(&mut self, event: Event) {
        self.events.push_back(event);
    }

    pub(super) fn pop(&mut self) -> Option<Event> {
        self.events.pop_front()
    }
}

/// The state in the words of the page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Status {
    Closed,
    Connected,
    Connecting,
    /// The page is going away: nothing is done until it comes back.
    Hidden,
    /// The page says that there is no network.
    Offline,
    /// An attempt is under way, or comes after so many milliseconds.
    Reconnecting {
        attempt: u32,
        delay_ms: Option<u64>,
    },
    /// No attempt without a reason from outside.
    Stopped,
}

/// Where the connection stands.
///
/// ```text
///             credentials       session open       CONNECT granted
///   Asking ──────────────▶ Opening ─────────▶ Joining ─────────▶ Live
///     ▲  └──────────────────────┴───────────────┴── failure ───────┤
///     │ due                                                        ▼
///   Waiting ◀── attempts left ─────────────────────────────── (decide)
///     ▲ └─ offline ─────────┐                                      │
///     │                     ▼                                      │
///     └── online ──────── Holding ◀── offline, used up, refused ───┘
/// ```
///
/// What was refused is asked again from Holding, for as long as the page is there. From Waiting and
/// Holding a look leads to Asking: an attempt that is not counted, when the page is seen, the network is
/// said to be there, and now and then; it comes forward when another request succeeds again.
/// From any state the page can go (Holding, hidden), and be closed (Closed). Where the browser has ended
/// a request since a navigation has begun, and where a session would be opened then, Going is between:
/// it leads to Asking unless the page has gone.
#[derive(Debug)]
pub(super) enum Link {
    Asking {
        ask: AskId,
        deadline: Timestamp,
    },
    Closed,
    /// The page may be going.
    Going {
        ended: Option<Ended>,
        until: Timestamp,
    },
    Holding {
        hold: Hold,
        /// When to look, and after how many milliseconds that is.
        probe: Option<(Timestamp, u64)>,
    },
    Idle,
    Joining {
        session: Session,
        since: Timestamp,
        deadline: Timestamp,
        early: Early,
    },
    Live {
        session: Session,
        since: Timestamp,
        /// The server's events that have been acknowledged, the newest last.
        acknowledged: Vec<u64>,
    },
    Opening {
        session: Session,
        auth: Option<String>,
    },
    Waiting {
        until: Timestamp,
        delay_ms: u64,
    },
}

/// What a connection knows of the WebSocket that it is to use first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WebSocket {
    /// Nothing yet.
    Untried,
    /// It was open once.
    Works,
    /// It could not be opened: the attempt goes on by long-polling.
    Failed,
    /// That worked where it did not, here or for another client of the page.
    Useless,
}

/// Why none of the attempts is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    Hidden,
    Offline,
    /// By the server, which is asked again.
    Refused,
    /// For good, unless somebody acts.
    Stopped,
    UsedUp,
}
