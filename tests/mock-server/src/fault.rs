//! Decides what a fault is: which requests it meets and what it does to them, as printable data.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Request;

/// One fault. All that meet a request apply, in the order in which they were added.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which requests are counted.
    #[serde(default)]
    pub on: On,
    /// The first one that is met, counted from 1.
    #[serde(default = "one")]
    pub nth: u32,
    /// How many are met from there; `null` stands for all.
    #[serde(default = "just_one")]
    pub count: Option<u32>,
    /// With which probability each of these is met, in percent.
    #[serde(default = "always")]
    pub percent: u8,
    /// What is done to them.
    pub action: Action,
}

impl Fault {
    /// Does `action` to the next request of this kind.
    pub fn next(kind: Kind, action: Action) -> Self {
        let on = On {
            kind: Some(kind),
            ..On::default()
        };
        Self {
            on,
            nth: 1,
            count: Some(1),
            percent: 100,
            action,
        }
    }

    /// Does `action` to every request of this kind.
    pub fn every(kind: Kind, action: Action) -> Self {
        Self {
            count: None,
            ..Self::next(kind, action)
        }
    }

    /// Leaves the first `n - 1` requests alone.
    #[must_use]
    pub fn from_nth(self, n: u32) -> Self {
        Self { nth: n, ..self }
    }
}

fn one() -> u32 {
    1
}

fn just_one() -> Option<u32> {
    Some(1)
}

fn always() -> u8 {
    100
}

/// Which requests a fault counts; what is left out matches all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct On {
    /// What the request is for.
    pub kind: Option<Kind>,
    /// Its method, in upper case.
    pub method: Option<String>,
    /// How its path begins.
    pub path: Option<String>,
}

impl On {
    pub(crate) fn matches(&self, kind: Kind, request: &Request) -> bool {
        self.kind.is_none_or(|wanted| wanted.includes(kind))
            && self
                .method
                .as_ref()
                .is_none_or(|method| *method == request.method)
            && self
                .path
                .as_ref()
                .is_none_or(|path| request.path.starts_with(path.as_str()))
    }
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The GET that opens a session.
    Handshake,
    /// A GET with a session id.
    Poll,
    /// A POST with a session id, whatever it carries.
    Post,
    /// A POST that asks for a namespace.
    Connect,
    /// Any request with a session id.
    Session,
    /// Any request to the Socket.IO server.
    Socket,
    /// The application's `/api/…` and `/history/…`.
    Api,
    /// Anything else, such as pages and the login.
    Page,
}

impl Kind {
    /// Whether what is for `self` meets a request that is exactly `other`.
    pub(crate) fn includes(self, other: Self) -> bool {
        match self {
            Self::Post => matches!(other, Self::Post | Self::Connect),
            Self::Session => matches!(other, Self::Poll | Self::Post | Self::Connect),
            Self::Socket => !matches!(other, Self::Api | Self::Page),
            Self::Handshake | Self::Poll | Self::Connect | Self::Api | Self::Page => self == other,
        }
    }
}

/// What is done to a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    // Instead of serving the request: it never reaches the server's state.
    /// Closes the connection without an answer.
    Refuse,
    /// Never answers.
    HangInHead,
    /// Answers with this status. Without a body, one that is usual for the status.
    Status {
        /// The HTTP status.
        code: u16,
        /// Sent as `Retry-After`, in seconds.
        #[serde(default)]
        retry_after: Option<u32>,
        /// Instead of the usual body.
        #[serde(default)]
        body: Option<String>,
        /// Instead of the usual type.
        #[serde(default)]
        content_type: Option<String>,
    },
    /// Answers 200 with the HTML of a login page, as a captive portal or a redirect does.
    LoginPage,
    /// Answers 200 with this, whatever was asked.
    WrongContent {
        /// The body.
        body: String,
        /// Its type.
        #[serde(default = "octets")]
        content_type: String,
    },
    /// Answers as a worker that does not know the session.
    WrongWorker,
    /// A POST is answered as usual, but its packets are thrown away.
    DropPackets,

    // The request is served, and its answer suffers.
    /// The answer leaves this much later.
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// The answer never leaves.
    LoseAnswer,
    /// The answer stops after this many bytes of its body; the connection stays open.
    HangInBody {
        /// Bytes of the body.
        after: usize,
    },
    /// The connection is closed after this many bytes of the body.
    Cut {
        /// Bytes of the body.
        after: usize,
    },
    /// Puts these packets, as they stand, before the others of the answer.
    Inject {
        /// Encoded packets, well formed or not.
        packets: Vec<String>,
    },
    /// Sends each packet of the answer twice.
    Duplicate,
    /// Shuffles the packets of the answer.
    Reorder,
    /// Fills the answer with noops up to this many packets.
    PadTo {
        /// The number of packets.
        packets: usize,
    },

    // The server itself changes before it serves the request.
    /// The request reaches the server this much later.
    Hold {
        /// Milliseconds.
        ms: u64,
    },
    /// The server is started again: all sessions are forgotten.
    Restart {
        /// Time without any answer before it is back.
        #[serde(default)]
        down_ms: u64,
    },
    /// The network is gone.
    Offline {
        /// For this long.
        ms: u64,
        /// How it shows.
        #[serde(default)]
        mode: OfflineMode,
    },
    /// The session of this request is never pinged again.
    NoPings,
    /// A namespace that this request asks for is refused with this.
    ConnectError {
        /// The data of the CONNECT_ERROR packet.
        #[serde(default = "refusal")]
        data: Value,
    },
    /// A namespace that this request asks for is never answered.
    NoConnectAnswer,

    // After the request was served.
    /// The server disconnects the client from its namespaces: `41`.
    Disconnect,
    /// The server closes the session: `1`.
    ClosePacket,
}

impl Action {
    /// Refuses the namespace with these words.
    pub fn connect_error(words: &str) -> Self {
        Self::ConnectError {
            data: serde_json::json!({"message": words}),
        }
    }
}

fn octets() -> String {
    "application/octet-stream".into()
}

fn refusal() -> Value {
    serde_json::json!({"message": "Connection refused by server"})
}

/// How a lost network shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfflineMode {
    /// Requests fail at once, also those that are held.
    #[default]
    Refuse,
    /// Requests hang, and what is answered meanwhile is lost.
    Hang,
}
