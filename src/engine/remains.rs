//! A session without its poll, which is good for nothing but a goodbye.

use super::endpoint::Endpoint;
use super::goodbye::Goodbye;
use super::packet::Packet;
use super::payload;
use crate::http::{Beacon, Context};
use crate::queue::Queue;

/// What is left of a session whose poll was given up: a second one would lose what the server still
/// sends to the first, and some servers have ended the session with it.
#[derive(Debug)]
pub(crate) struct Remains {
    pub(super) endpoint: Endpoint,
    pub(super) sid: String,
    pub(super) max_payload: u64,
}

impl Remains {
    /// Ends the session of a page that stays.
    pub(crate) fn close(self, ctx: &mut Context<'_>, farewell: Option<Packet<'static>>) -> Goodbye {
        let queue = last_words(farewell);
        let (endpoint, sid) = (self.endpoint, self.sid);
        Goodbye::new(ctx, endpoint, sid, self.max_payload, None, None, queue)
    }

    /// Ends the session of a page that is going away: nothing can be awaited any more.
    pub(crate) fn abandon(
        self,
        ctx: &mut Context<'_>,
        farewell: Option<Packet<'static>>,
    ) -> Option<Beacon> {
        let mut queue = last_words(farewell);
        let body = payload::next_body(&mut queue, Some(self.max_payload)).ok()??;
        Some(self.endpoint.beacon(ctx, &self.sid, body.text))
    }
}

fn last_words(farewell: Option<Packet<'static>>) -> Queue<Packet<'static>> {
    farewell.into_iter().chain([Packet::Close]).collect()
}
