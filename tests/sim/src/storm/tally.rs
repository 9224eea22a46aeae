//! What was asked for, and what became of it.

use std::collections::BTreeMap;

use research_socket::http::{Method, Request};

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A session.
    Handshake,
    /// The namespace, the first request of a session.
    Join,
    /// Packets of the server.
    Poll,
    /// Packets of the client: subscriptions, pongs.
    Post,
    /// The end of a session.
    Goodbye,
    /// The status of a research.
    Status,
    /// A stored log.
    Log,
}

impl Kind {
    /// As the table says it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Handshake => "handshake",
            Self::Join => "namespace",
            Self::Poll => "poll",
            Self::Post => "post",
            Self::Goodbye => "goodbye",
            Self::Status => "status",
            Self::Log => "stored log",
        }
    }

    pub(super) fn of(request: &Request) -> Self {
        let sid = request.query.iter().any(|(name, _)| name == "sid");
        let body = request.body.as_ref().map(|body| body.text.as_str());
        match (request.method, body) {
            (Method::Post, Some(body)) if body.starts_with("40") => Self::Join,
            (Method::Post, Some(body)) if body == "1" || body.ends_with("\u{1e}1") => Self::Goodbye,
            (Method::Post, _) => Self::Post,
            (Method::Get, _) if sid => Self::Poll,
            (Method::Get, _) if request.url.ends_with("/logs") => Self::Log,
            (Method::Get, _) if request.url.ends_with("/status") => Self::Status,
            (Method::Get, _) => Self::Handshake,
        }
    }
}

/// Of the requests of one kind since the server's return.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Had no place in the queue.
    pub refused: u32,
    /// Were worked on.
    pub served: u32,
    /// Of these: for a session that was over before it was live, or for a client that had given them up.
    pub wasted: u32,
}

/// Of all kinds.
pub type Tally = BTreeMap<Kind, Count>;
