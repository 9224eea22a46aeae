//! Decides what one Engine.IO session holds: packets that wait, polls that wait, the next ping.

use std::collections::VecDeque;

use super::packet::Packet;

#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// Whether messages are sent back instead of going to Socket.IO.
    pub(crate) echo: bool,
    pub(crate) queue: VecDeque<Packet>,
    /// In the order of their arrival; the first takes everything that waits.
    pub(crate) polls: VecDeque<Poll>,
    pub(crate) heartbeat: Heartbeat,
}

/// A held GET.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Poll {
    /// Somebody waits for the answer to this request.
    Alive(u64),
    /// The client is gone, but the server's thread has not noticed.
    Dead,
}

/// The server's half of the heartbeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heartbeat {
    /// The next ping leaves then.
    Quiet { ping_at: u64 },
    /// A ping is on its way; without a pong the session ends then.
    Pinged { close_at: u64 },
    /// No pings in this session.
    Off,
}

impl Session {
    pub(crate) fn new(echo: bool, heartbeat: Heartbeat) -> Self {
        Self {
            echo,
            queue: VecDeque::new(),
            polls: VecDeque::new(),
            heartbeat,
        }
    }

    pub(crate) fn next_timeout(&self) -> Option<u64> {
        match self.heartbeat {
            Heartbeat::Quiet { ping_at } => Some(ping_at),
            Heartbeat::Pinged { close_at } => Some(close_at),
            Heartbeat::Off => None,
        }
    }
}
