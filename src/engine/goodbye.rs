//! The last words of a session that this side ends: what is still queued, then the close packet.

use super::endpoint::Endpoint;
use super::packet::Packet;
use super::payload;
use super::post::Post;
use crate::http::{Beacon, Context, RequestId};
use crate::queue::Queue;
use crate::time::Timestamp;

/// How long a closed client may still send, in milliseconds. After it everything is aborted.
const GOODBYE_MS: u64 = 2000;

/// A session of which nobody wants to hear any more.
#[derive(Debug)]
pub(crate) struct Goodbye {
    endpoint: Endpoint,
    sid: String,
    max_payload: u64,
    /// The poll that was in flight. The server answers it once it has the close packet.
    get: Option<RequestId>,
    post: Option<Post>,
    queue: Queue<Packet<'static>>,
    deadline: Timestamp,
}

impl Goodbye {
    pub(super) fn new(
        ctx: &mut Context<'_>,
        endpoint: Endpoint,
        sid: String,
        max_payload: u64,
        get: Option<RequestId>,
        post: Option<Post>,
        queue: Queue<Packet<'static>>,
    ) -> Self {
        let deadline = ctx.now.after(GOODBYE_MS);
        let mut goodbye = Self {
            endpoint,
            sid,
            max_payload,
            get,
            post,
            queue,
            deadline,
        };
        goodbye.flush(ctx);
        goodbye
    }

    /// Applies the answer to one of its requests, whatever it says.
    pub(crate) fn handle_answer(&mut self, ctx: &mut Context<'_>, id: RequestId) {
        if self.get == Some(id) {
            self.get = None;
        }
        if self.post.is_some_and(|post| post.id == id) {
            self.post = None;
            self.flush(ctx);
        }
    }

    /// Gives up once the time is over.
    pub(crate) fn handle_timeout(&mut self, ctx: &mut Context<'_>) {
        if self.deadline <= ctx.now {
            self.abort(ctx);
        }
    }

    /// When to give up.
    pub(crate) const fn deadline(&self) -> Timestamp {
        self.deadline
    }

    /// Whether nothing is left to do.
    pub(crate) fn is_over(&self) -> bool {
        self.get.is_none() && self.post.is_none() && self.queue.is_empty()
    }

    /// Drops what is left.
    pub(crate) fn abort(&mut self, ctx: &mut Context<'_>) {
        self.queue.clear();
        for id in self
            .get
            .take()
            .into_iter()
            .chain(self.post.take().map(|post| post.id))
        {
            ctx.abort(id);
        }
    }

    /// The page is going away: unless the server has the close packet, it leaves with a beacon.
    pub(crate) fn abandon(mut self, ctx: &mut Context<'_>) -> Option<Beacon> {
        let is_said = self.post.is_none() && self.queue.is_empty();
        self.abort(ctx);
        if is_said {
            return None;
        }
        let mut body = String::new();
        Packet::Close.encode(&mut body);
        Some(self.endpoint.beacon(ctx, &self.sid, body))
    }

    fn flush(&mut self, ctx: &mut Context<'_>) {
        if self.post.is_some() {
            return;
        }
        // The session checked each packet against the limit before it queued it.
        match payload::next_body(&mut self.queue, Some(self.max_payload)) {
            Ok(Some(body)) => {
                let id = self.endpoint.post(ctx, &self.sid, body.text, true);
                self.post = Some(Post {
                    id,
                    deadline: self.deadline,
                });
            }
            // The server answers the poll once it has read the close packet.
            Ok(None) => {}
            Err(_) => self.abort(ctx),
        }
    }
}
