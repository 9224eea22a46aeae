//! What the connection does while the page may be going: it tells nothing, and opens no session.
//!
//! Some browsers end the requests of a page as soon as a navigation begins, long before the page is
//! hidden, and also where it begins a download, after which the page stays.

use super::connection::Connection;
use super::link::{Event, Link};
use crate::engine::Remains;
use crate::failure::Failure;
use crate::http::{Answer, Context, RequestError, RequestId};
use crate::time::Timestamp;
use crate::websocket::{BROKEN_OFF, News};

/// How long nothing is opened after a navigation has begun, or has ended a request, in milliseconds:
/// what is opened then may be ended too, and its session be left at the server. Most pages have gone
/// by then, and those that stay have missed little.
pub const MOMENT_MS: u64 = 3_000;

/// How long after the beginning of a navigation a request that fails counts as one that the browser
/// has ended, in milliseconds. A page can ask people whether they want to leave it, and nothing is
/// ended before they answer. If it was the network, it is told a moment later.
pub const LEAVING_MS: u64 = 30_000;

/// A session whose request the browser has ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// `None` of one that was being opened.
    remains: Option<Remains>,
    /// The browser's words.
    words: String,
}

impl Ended {
    /// The session, if the server has one.
    pub(super) fn remains(self) -> Option<Remains> {
        self.remains
    }
}

impl Connection {
    /// A navigation has begun: the page may be going.
    pub(crate) fn leaving(&mut self, now: Timestamp) {
        self.leaving = Some(now);
        if let Link::Going { until, .. } = &mut self.link {
            *until = now.after(MOMENT_MS);
        }
    }

    /// Until when no session is opened.
    pub(super) fn opens_at(&self, now: Timestamp) -> Option<Timestamp> {
        let until = self.leaving?.after(MOMENT_MS);
        (until > now).then_some(until)
    }

    /// The time of something that waits until the page has gone, or stays.
    pub(super) fn once_stayed(&self, due: Timestamp) -> Timestamp {
        self.leaving
            .map_or(due, |said| due.max(said.after(MOMENT_MS)))
    }

    /// Lets an attempt that is due wait until the page has gone, or stays.
    pub(super) fn put_off(&mut self, now: Timestamp) {
        let Some(opens_at) = self.opens_at(now) else {
            return;
        };
        match &mut self.link {
            Link::Waiting { until: due, .. }
            | Link::Holding {
                probe: Some((due, _)),
                ..
            } => *due = opens_at.max(*due),
            Link::Asking { .. }
            | Link::Closed
            | Link::Going { .. }
            | Link::Holding { .. }
            | Link::Idle
            | Link::Joining { .. }
            | Link::Live { .. }
            | Link::Opening { .. } => {}
        }
    }

    /// The answer, unless it is no more than that the browser has ended a request of the session.
    pub(super) fn hold_back(
        &mut self,
        ctx: &mut Context<'_>,
        id: RequestId,
        answer: Answer,
    ) -> Option<Answer> {
        match answer {
            Answer::Failed(RequestError::Body(words) | RequestError::Network(words))
                if self.is_leaving(ctx.now)
                    && self.session().is_some_and(|session| session.awaits(id)) =>
            {
                self.interrupt(ctx, id, words);
                None
            }
            Answer::Failed(_) | Answer::Piece(_) | Answer::Response(_) => Some(answer),
        }
    }

    /// The news, unless it is no more than that the browser has ended the WebSocket.
    pub(super) fn hold_news_back(
        &mut self,
        ctx: &mut Context<'_>,
        id: RequestId,
        news: News,
    ) -> Option<News> {
        match news {
            // Firefox goes away as soon as a navigation begins.
            News::Closed {
                code: 1001 | BROKEN_OFF,
                reason,
            } if self.is_leaving(ctx.now)
                && self.session().is_some_and(|session| session.awaits(id)) =>
            {
                self.interrupt(ctx, id, reason);
                None
            }
            News::Closed { .. }
            | News::Frame(_)
            | News::Opened
            | News::TooLarge { .. }
            | News::Waiting(_) => Some(news),
        }
    }

    /// Whether what fails may have been ended by the browser.
    fn is_leaving(&self, now: Timestamp) -> bool {
        self.leaving
            .is_some_and(|said| now < said.after(LEAVING_MS))
    }

    fn interrupt(&mut self, ctx: &mut Context<'_>, id: RequestId, words: String) {
        self.prove(ctx.now);
        if self.is_live() {
            self.renewing = true;
            self.events.push_back(Event::Interrupted);
        }
        let remains = match std::mem::replace(&mut self.link, Link::Idle) {
            Link::Joining { session, .. }
            | Link::Live { session, .. }
            | Link::Opening { session, .. } => session.interrupt(ctx, id),
            Link::Asking { .. }
            | Link::Closed
            | Link::Going { .. }
            | Link::Holding { .. }
            | Link::Idle
            | Link::Waiting { .. } => None,
        };
        self.link = Link::Going {
            ended: Some(Ended { remains, words }),
            until: ctx.now.after(MOMENT_MS),
        };
    }

    /// The page has stayed: it gets another session, and hears nothing if that works at once.
    pub(super) fn stay(&mut self, ctx: &mut Context<'_>) {
        let Link::Going { ended, .. } = std::mem::replace(&mut self.link, Link::Idle) else {
            return;
        };
        // What fails from now on was begun since.
        self.leaving = None;
        if let Some(Ended { remains, words }) = ended {
            if let Some(remains) = remains {
                let farewell = self.renewing.then(|| self.disconnect_packet());
                let goodbye = remains.close(ctx, farewell);
                self.keep(ctx, goodbye);
            }
            if !self.settings.reconnection {
                return self.fail(ctx, Failure::Network(words));
            }
            if self.renewing {
                self.lose_emits();
            }
        }
        self.ask(ctx);
    }
}
