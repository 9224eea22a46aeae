//! What the page says of itself and of its network: it leaves, comes back, is seen, is offline.

use super::connection::{Connection, PROBE_MS};
use super::leaving::Ended;
use super::link::{Hold, Link};
use super::outgoing;
use crate::failure::Failure;
use crate::http::{Command, Context};

/// How long an answer may take once the browser says that there is no network, in milliseconds: a
/// page should soon show that it is offline, and many networks are slow when they come and go.
pub const VERIFY_MS: u64 = 5000;

/// Number of an ack that no server waits for: the largest exact integer. An ack that nobody waits
/// for any more is what servers see after each of their own time-outs; Flask-SocketIO, ASGI and socket.io
/// answer its POST and do nothing else.
const NOBODYS_ACK: u64 = (1 << 53) - 1;

impl Connection {
    /// The page goes away, perhaps into the back/forward cache, from which
    /// [`wake`](Self::wake) brings it back.
    pub(crate) fn hide(&mut self, ctx: &mut Context<'_>) {
        if let Link::Closed | Link::Idle = self.link {
            return;
        }
        if self.is_connected() {
            self.connection_lost(Failure::PageHidden);
        }
        let beacon = match std::mem::replace(&mut self.link, Link::Idle) {
            Link::Joining { session, .. } | Link::Opening { session, .. } => {
                session.abandon(ctx, None)
            }
            Link::Live { session, .. } => session.abandon(ctx, Some(self.disconnect_packet())),
            Link::Going { ended, .. } => {
                let farewell = self.renewing.then(|| self.disconnect_packet());
                ended
                    .and_then(Ended::remains)
                    .and_then(|remains| remains.abandon(ctx, farewell))
            }
            Link::Asking { .. }
            | Link::Closed
            | Link::Holding { .. }
            | Link::Idle
            | Link::Waiting { .. } => None,
        };
        (self.leaving, self.renewing) = (None, false);
        let goodbyes = std::mem::take(&mut self.goodbyes).into_iter();
        let said_again = goodbyes.filter_map(|goodbye| goodbye.abandon(ctx));
        let beacons: Vec<_> = said_again.chain(beacon).collect();
        for beacon in beacons {
            ctx.commands.push_back(Command::Beacon(beacon));
        }
        // What comes when it is back is no attempt that was planned before.
        self.uncount();
        if let Some(failure) = self.failure.replace(Failure::PageHidden)
            && failure != Failure::PageHidden
        {
            self.refusal = Some(failure);
        }
        self.link = Link::Holding {
            hold: Hold::Hidden,
            probe: None,
        };
    }

    /// The page was restored, and connects anew; or it can be seen again, and looks once. A server that
    /// refuses waits no longer than if the page had been seen all the time.
    pub(crate) fn wake(&mut self, ctx: &mut Context<'_>) {
        self.seen = true;
        match self.link {
            Link::Holding {
                hold: Hold::Hidden | Hold::Refused,
                ..
            } if self.refused_until().is_some_and(|until| until > ctx.now) => {
                self.failure = self.refusal.take().or_else(|| self.failure.take());
                self.link = Link::Holding {
                    hold: Hold::Refused,
                    probe: None,
                };
            }
            Link::Holding {
                hold: Hold::Hidden, ..
            } => self.connect(ctx),
            Link::Holding {
                hold: Hold::Refused,
                ..
            } => self.attempt_now(ctx),
            Link::Holding {
                hold: Hold::Stopped,
                ..
            } if self.settings.reconnection => self.ask(ctx),
            Link::Asking { .. }
            | Link::Closed
            | Link::Going { .. }
            | Link::Holding { .. }
            | Link::Idle
            | Link::Joining { .. }
            | Link::Live { .. }
            | Link::Opening { .. }
            | Link::Waiting { .. } => self.look(ctx),
        }
    }

    /// Whether somebody looks at the page.
    pub(crate) const fn is_seen(&self) -> bool {
        self.seen
    }

    /// Nobody looks at the page.
    pub(crate) const fn unsee(&mut self) {
        self.seen = false;
    }

    /// There is a sign that the server is back: one attempt at once, not counted. It gives no
    /// attempts back either: somebody who flips through tabs sees no other number of them.
    pub(crate) fn look(&mut self, ctx: &mut Context<'_>) {
        if let Link::Holding {
            hold: Hold::UsedUp | Hold::Offline,
            ..
        }
        | Link::Waiting { .. } = self.link
            && self.not_before <= ctx.now
        {
            self.uncount();
            self.ask(ctx);
        }
    }

    /// What the page says of its network. It can be wrong both ways.
    pub(crate) fn set_online(&mut self, ctx: &mut Context<'_>, online: bool) {
        let was_online = std::mem::replace(&mut self.online, online);
        match (was_online, online) {
            (true, false) => self.network_lost(ctx),
            (false, true) => self.network_found(ctx),
            (true, true) => self.look(ctx),
            (false, false) => {}
        }
    }

    /// Makes sure that what works still does, and spends no attempt meanwhile.
    fn network_lost(&mut self, ctx: &mut Context<'_>) {
        let by = ctx.now.after(VERIFY_MS);
        let probe_at = ctx.now.after(PROBE_MS).max(self.not_before);
        let probe = Some((probe_at, probe_at.since(ctx.now)));
        match &mut self.link {
            Link::Joining {
                session, deadline, ..
            } => {
                session.hurry(by);
                *deadline = by.min(*deadline);
            }
            Link::Live { session, .. } => {
                if !session.hurry(by) {
                    let question = outgoing::nobodys_ack(&self.settings.namespace, NOBODYS_ACK);
                    if outgoing::check_size(&question, session.max_payload()).is_ok() {
                        question.into_iter().for_each(|packet| session.send(packet));
                        session.flush(ctx);
                        session.hurry(by);
                    }
                }
            }
            Link::Opening { session, .. } => {
                session.hurry(by);
            }
            Link::Holding {
                hold: Hold::UsedUp, ..
            }
            | Link::Waiting { .. } => {
                self.uncount();
                self.link = Link::Holding {
                    hold: Hold::Offline,
                    probe,
                };
            }
            Link::Holding {
                hold: Hold::Refused,
                ..
            } => self.uncount(),
            Link::Asking { .. }
            | Link::Closed
            | Link::Going { .. }
            | Link::Holding { .. }
            | Link::Idle => {}
        }
    }

    /// Another network, with all attempts; the first of them at once, and not counted.
    fn network_found(&mut self, ctx: &mut Context<'_>) {
        match &mut self.link {
            Link::Holding {
                hold: Hold::Offline,
                ..
            } => {
                self.start_anew();
                let delay_ms = self.not_before.since(ctx.now);
                self.link = Link::Waiting {
                    until: self.not_before,
                    delay_ms,
                };
                self.look(ctx);
            }
            // It may have been sent into the void.
            Link::Opening { session, .. } => {
                session.hurry(ctx.now.after(VERIFY_MS));
                self.start_anew();
            }
            Link::Asking { .. } | Link::Going { .. } | Link::Joining { .. } => self.start_anew(),
            // A network makes no difference to a server that refused.
            Link::Closed
            | Link::Holding { .. }
            | Link::Idle
            | Link::Live { .. }
            | Link::Waiting { .. } => {}
        }
    }

    /// The attempt that is planned or under way is none of the counted ones after all.
    pub(super) fn uncount(&mut self) {
        if std::mem::take(&mut self.counted) {
            self.attempts = self.attempts.saturating_sub(1);
        }
    }
}
