//! Where the connection stands, for whoever counts what is reached.

use super::connection::Connection;
use super::link::{Hold, Link};
use crate::whereabouts;

impl Connection {
    /// The state of the connection, and that of its session.
    pub(crate) const fn whereabouts(&self) -> (whereabouts::Link, whereabouts::Session) {
        let (link, session) = match &self.link {
            Link::Asking { .. } => (whereabouts::Link::Asking, None),
            Link::Closed => (whereabouts::Link::Closed, None),
            Link::Going { .. } => (whereabouts::Link::Going, None),
            Link::Holding { hold, .. } => {
                let hold = match hold {
                    Hold::Hidden => whereabouts::Link::Hidden,
                    Hold::Offline => whereabouts::Link::Offline,
                    Hold::Refused => whereabouts::Link::Refused,
                    Hold::Stopped => whereabouts::Link::Stopped,
                    Hold::UsedUp => whereabouts::Link::UsedUp,
                };
                (hold, None)
            }
            Link::Idle => (whereabouts::Link::Idle, None),
            Link::Joining { session, .. } => (whereabouts::Link::Joining, Some(session)),
            Link::Live { session, .. } => (whereabouts::Link::Live, Some(session)),
            Link::Opening { session, .. } => (whereabouts::Link::Opening, Some(session)),
            Link::Waiting { .. } => (whereabouts::Link::Waiting, None),
        };
        match session {
            None => (link, whereabouts::Session::Absent),
            Some(session) => (link, session.whereabouts()),
        }
    }

    /// How many sessions before it are still being closed.
    pub(crate) const fn goodbyes_said(&self) -> whereabouts::Goodbyes {
        match self.goodbyes.len() {
            0 => whereabouts::Goodbyes::Silent,
            1 => whereabouts::Goodbyes::One,
            _ => whereabouts::Goodbyes::Several,
        }
    }
}
