//! WebSockets as data: what the core asks for, and what comes of it.

use crate::http::RequestId;

/// What carries the packets of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// HTTP long-polling: a GET that is always there, and POSTs.
    #[default]
    Polling,
    /// One WebSocket, from the handshake on.
    WebSocket,
}

/// A WebSocket to be opened. It is closed by [`Command::Abort`](crate::http::Command::Abort), with code 1000:
/// what was sent before still leaves.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    /// Comes back with all that is heard of it.
    pub id: RequestId,
    /// Address without a query, `ws:` or `wss:`.
    pub url: String,
    /// Names and values of the query, not yet escaped.
    pub query: Vec<(String, String)>,
}

/// A message of a WebSocket.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    /// One packet.
    Text(String),
    /// The bytes of a binary packet.
    Binary(Vec<u8>),
}

impl Frame {
    /// How many bytes it has.
    pub fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }
}

/// What is heard of a WebSocket.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// It is over, or could not be opened. Nothing comes after it.
    Closed {
        /// The close code (RFC 6455, 7.4); 1006 if there was none.
        code: u16,
        /// The server's words.
        reason: String,
    },
    /// A message has come.
    Frame(Frame),
    /// A message that is larger than [`MAX_FRAME_BYTES`], and was not read.
    TooLarge {
        /// Whether it was a binary one.
        binary: bool,
    },
    /// It is open.
    Opened,
    /// So many bytes that were sent have not left yet (`bufferedAmount`). To be told after whatever was
    /// sent, until there are none.
    Waiting(u64),
}

/// The largest message that is read, in bytes: whoever carries a WebSocket need not hand on a larger one.
pub const MAX_FRAME_BYTES: usize = crate::engine::payload::MAX_PACKET_BYTES;

/// What a browser says of a WebSocket that could not be opened, or broke off without a word.
pub const BROKEN_OFF: u16 = 1006;
