//! What comes after a failure: whether, and when, it is tried again.

use super::Connection;
use crate::failure::{Failure, Phase, Retry};
use crate::http::Context;
use crate::random::Random;
use crate::socket::link::{Event, Hold, Link, WebSocket};
use crate::time::Timestamp;
use crate::websocket::BROKEN_OFF;

/// How long a connection must have been live before attempts are counted from the start again, in
/// milliseconds. Resetting them at each open makes reconnection endless where connections open and
/// die at once (several workers without sticky sessions).
pub const STABLE_AFTER_MS: u64 = 5000;

/// How long a connection must have been live before those that fell short are forgotten, in milliseconds. Under a server that has
/// too much to do many become stable, and are lost when it refuses one of their requests.
pub const STEADY_AFTER_MS: u64 = 60_000;

/// How often to look whether a server that answers, but not as it should, does so by now, and whether
/// there is a network although the browser says that there is none, in milliseconds.
pub const PROBE_MS: u64 = 30_000;

/// How long to wait at most before the first look whether a server that is down is back, in milliseconds.
pub const FIRST_PROBE_MS: u64 = 8_000;

/// After so many attempts that fail, a server that says that it is too busy (429, 503) is left alone for longer.
const BUSY_ATTEMPTS: u32 = 2;

/// The longest wait after the first connection that fell short, in milliseconds, half of what it is after the second.
const SHORT_MS: u64 = 2_000;

/// The longest wait before any other look, in milliseconds, and how long a server is left alone at most that says that it is too busy.
pub const MAX_PROBE_MS: u64 = 15_000;

/// How soon after a sign of life the attempt comes at the latest, in milliseconds. The time is drawn evenly,
/// so that a server that is back does not meet all of its pages at once.
pub const RETURN_MS: u64 = 1_000;

/// How long an attempt may still take that was under way at the sign of life, in milliseconds: it may have
/// been sent into the void.
pub const LAST_CHANCE_MS: u64 = 2_000;

/// How long each of the two steps of a first attempt may take at least for that, in milliseconds: nothing is known
/// of the server yet, which may be slow.
pub const FIRST_CHANCE_MS: u64 = 10_000;

/// So many sessions in a row unknown to the server that opened them are no restart.
const UNKNOWN_SESSIONS: u32 = 2;

impl Connection {
    /// Ends what there is, tells the layer above, and decides what comes next.
    pub(in crate::socket) fn fail(&mut self, ctx: &mut Context<'_>, failure: Failure) {
        let is_opening = matches!(self.link, Link::Opening { .. });
        if is_opening && self.may_be_elsewhere(&failure) && !self.elsewhere && self.turn() {
            // The same attempt goes on: there is nothing to tell yet.
            self.leave(ctx, false);
            let websocket = self.websocket;
            self.ask(ctx);
            (self.elsewhere, self.websocket) = (true, websocket);
            return;
        }
        if is_opening && self.may_fall_back(&failure) {
            self.leave(ctx, false);
            self.ask(ctx);
            self.websocket = WebSocket::Failed;
            return;
        }
        self.prove(ctx.now);
        if self.falls_short(ctx.now, &failure) {
            self.short = self.short.saturating_add(1);
            self.fell_short = true;
        }
        let failure = self.name(failure);
        let was_live = self.is_connected();
        // After its DISCONNECT the server still pings: the session needs its own goodbye.
        self.leave(ctx, !matches!(failure, Failure::ServerDisconnected));
        self.renewing = false;
        if was_live {
            self.is_lost_anew = true;
            self.connection_lost(failure.clone());
        } else {
            self.events.push_back(Event::ConnectError(failure.clone()));
        }
        self.link = self.next(ctx, &failure);
        self.failure = Some(failure);
    }

    /// Begins a session for whoever is signed in now, since `failure` is what this one is worth. Whether there was one to be given up. One that was refused is tried at once.
    pub(crate) fn renew(&mut self, ctx: &mut Context<'_>, failure: Failure) -> bool {
        if let Link::Holding { .. } = self.link
            && let Some(refused) = &mut self.refused
        {
            refused.want(ctx.now);
        }
        let is_live = matches!(self.link, Link::Live { .. });
        if is_live {
            self.fail(ctx, failure);
        }
        is_live
    }

    /// Whether the server may be at the other address. Of a WebSocket that cannot be opened nobody says why; and that another tab has
    /// had a connection says nothing of the address that this one knows.
    fn may_be_elsewhere(&self, failure: &Failure) -> bool {
        let is_broken = matches!(failure, Failure::SocketClosed(BROKEN_OFF, _));
        *failure == Failure::NotFound || (is_broken && self.websocket == WebSocket::Untried)
    }

    /// Whether this may be no more than that there is no way for a WebSocket.
    fn may_fall_back(&self, failure: &Failure) -> bool {
        let is_closed = matches!(
            failure,
            Failure::SocketClosed(..) | Failure::Timeout(Phase::Handshake)
        );
        is_closed && self.settings.fall_back && self.websocket == WebSocket::Untried
    }

    /// What was live for long enough is a new beginning.
    pub(in crate::socket) fn prove(&mut self, now: Timestamp) {
        if let Link::Live { since, .. } = self.link
            && now.since(since) >= STABLE_AFTER_MS
        {
            self.attempts = 0;
            self.unknown_sessions = 0;
            self.probes = 0;
            self.unheard = true;
            self.heeded = 0;
            if now.since(since) >= STEADY_AFTER_MS {
                self.short = 0;
            }
        }
    }

    /// Whether the server has taken up the connection, and then dropped it at once. One that is down takes up none: this one has too
    /// much to do, and each request more that it refuses ends another connection.
    fn falls_short(&self, now: Timestamp, failure: &Failure) -> bool {
        let is_short = match &self.link {
            Link::Joining { .. } => true,
            Link::Live { since, .. } => now.since(*since) < STABLE_AFTER_MS,
            Link::Asking { .. }
            | Link::Closed
            | Link::Going { .. }
            | Link::Holding { .. }
            | Link::Idle
            | Link::Opening { .. }
            | Link::Waiting { .. } => false,
        };
        is_short && failure.is_outage()
    }

    /// Whether a connection has fallen short since this was asked last.
    pub(crate) const fn take_short(&mut self) -> bool {
        std::mem::replace(&mut self.fell_short, false)
    }

    /// Another request has failed.
    pub(crate) const fn lose_touch(&mut self) {
        self.unheard = true;
    }

    /// Another request was answered well: if the server was down, it is back.
    pub(crate) fn sign_of_life(&mut self, ctx: &mut Context<'_>) {
        let hangs =
            self.is_lost_anew && matches!(self.link, Link::Joining { .. } | Link::Opening { .. });
        let is_late = ctx.now.since(self.began) >= MAX_PROBE_MS && self.heeded_at <= self.began;
        let is_news = self.unheard || hangs || is_late;
        let is_first = self.failure.is_none();
        let was_down = self.failure.as_ref().is_none_or(Failure::is_outage);
        if !is_news || !was_down {
            return;
        }
        // Of a server that is back and has too many clients some requests fail again and again: that is no other outage.
        let is_early = self.heeded > 1 && ctx.now.since(self.heeded_at) < MAX_PROBE_MS;
        let last = ctx.now.after(LAST_CHANCE_MS);
        let by = |began: Timestamp| {
            let first = began.after(FIRST_CHANCE_MS);
            if is_first { last.max(first) } else { last }
        };
        let not_before = self.not_before;
        match &mut self.link {
            Link::Joining {
                session,
                deadline,
                since,
                ..
            } => {
                let by = by(*since);
                session.hurry(by);
                *deadline = by.min(*deadline);
                self.returned = true;
            }
            Link::Opening { session, .. } => {
                session.hurry(by(self.began));
                self.returned = true;
            }
            Link::Holding {
                hold: Hold::Offline | Hold::UsedUp,
                probe: Some((until, delay_ms)),
            }
            | Link::Waiting { until, delay_ms } => {
                if is_early {
                    return;
                }
                let soon_ms = soon_ms(ctx, not_before);
                let soon = ctx.now.after(soon_ms);
                if soon < *until {
                    (*until, *delay_ms) = (soon, soon_ms);
                    self.uncount();
                }
            }
            Link::Asking { .. }
            | Link::Closed
            | Link::Going { .. }
            | Link::Holding { .. }
            | Link::Idle
            | Link::Live { .. } => return,
        }
        if self.heeded < 2 {
            self.probes = 0;
        }
        self.unheard = false;
        self.is_lost_anew = false;
        self.heeded = self.heeded.saturating_add(1);
        self.heeded_at = ctx.now;
    }

    /// The failure in the light of those before it.
    fn name(&mut self, failure: Failure) -> Failure {
        if failure != Failure::SessionUnknown {
            return failure;
        }
        self.unknown_sessions = self.unknown_sessions.saturating_add(1);
        if self.unknown_sessions >= UNKNOWN_SESSIONS {
            Failure::StickySessions
        } else {
            failure
        }
    }

    fn next(&mut self, ctx: &mut Context<'_>, failure: &Failure) -> Link {
        if !self.online {
            self.uncount();
        }
        self.counted = false;
        let at_least_ms = match failure.retry() {
            Retry::Stop => {
                return Link::Holding {
                    hold: Hold::Stopped,
                    probe: None,
                };
            }
            Retry::Refused if self.settings.persistent => {
                let link = self.refuse(ctx.now, ctx.random);
                if self.settings.reconnection && self.online && self.is_counted(failure) {
                    self.count(failure);
                }
                return link;
            }
            Retry::Refused if !self.is_deployment(failure) => {
                return self.refuse(ctx.now, ctx.random);
            }
            Retry::Counted { at_least_ms } => at_least_ms,
            Retry::Now | Retry::Refused => 0,
        };
        if at_least_ms > 0 {
            self.not_before = ctx.now.after(at_least_ms);
        }
        let now = ctx.now;
        let hold = |hold, probe_ms: Option<u64>| Link::Holding {
            hold,
            probe: probe_ms.map(|ms| (now.after(ms), ms)),
        };
        let wait = |delay_ms| Link::Waiting {
            until: now.after(delay_ms),
            delay_ms,
        };
        if !self.settings.reconnection {
            return hold(Hold::Stopped, None);
        }
        let is_outage = failure.is_outage();
        let mut probe_ms = PROBE_MS.max(at_least_ms);
        if !self.online {
            return hold(Hold::Offline, Some(probe_ms));
        }
        if std::mem::take(&mut self.returned) && is_outage {
            return wait(soon_ms(ctx, self.not_before));
        }
        // Once: the next unknown session is a sign of missing sticky sessions.
        if failure.retry() == Retry::Now {
            return wait(0);
        }
        let attempts = self.attempts;
        let is_left = self.count(failure);
        let unit = ctx.random.unit();
        if !is_left {
            if is_outage {
                let most_ms = if self.probes == 0 {
                    FIRST_PROBE_MS
                } else {
                    MAX_PROBE_MS
                };
                probe_ms = spread(most_ms, unit).max(at_least_ms);
                self.probes = self.probes.saturating_add(1);
            }
            return hold(Hold::UsedUp, Some(probe_ms).filter(|_| self.settings.probe));
        }
        // Each request more keeps it busy, and most sessions that begin now would not last.
        // But the first attempts may only have met a gateway whose server is being restarted.
        let is_busy = attempts >= BUSY_ATTEMPTS && matches!(failure, Failure::Status(429 | 503));
        let short = if is_outage { self.short } else { 0 };
        let busy_ms = if is_busy {
            spread(MAX_PROBE_MS, ctx.random.unit())
        } else if short > 0 && attempts > 0 {
            let most_ms = SHORT_MS << (short - 1).min(3);
            spread(most_ms.min(MAX_PROBE_MS), ctx.random.unit())
        } else {
            0
        };
        // The first attempt after a stable connection comes as soon as those before it would have gone on.
        let step = attempts.max(short.saturating_sub(1));
        let delay_ms = self.settings.backoff.delay(step, unit);
        wait(delay_ms.max(at_least_ms).max(busy_ms))
    }

    /// What comes after a refusal.
    pub(super) fn refuse(&mut self, now: Timestamp, random: &mut Random) -> Link {
        let hold = if self.settings.persistent && self.settings.reconnection {
            let (persistence, refused) = (&mut self.persistence, &mut self.refused);
            persistence.refuse(now, random, refused, false, 0);
            Hold::Refused
        } else {
            Hold::Stopped
        };
        Link::Holding { hold, probe: None }
    }

    /// Where it worked before, a 404 is a deployment under way.
    fn is_deployment(&self, failure: &Failure) -> bool {
        *failure == Failure::NotFound && self.ever_live
    }

    /// Whether what the server refused for is most likely none of the page's doing, so that the next try
    /// counts as after any other failure.
    fn is_counted(&self, failure: &Failure) -> bool {
        let is_namespace = matches!(failure, Failure::ConnectError(_));
        self.is_deployment(failure) || (is_namespace && !self.is_personal)
    }

    /// Counts the attempt that is planned, if one is left; the page is told once that there is none.
    fn count(&mut self, failure: &Failure) -> bool {
        self.counted = self.settings.attempts.is_none_or(|max| self.attempts < max);
        if self.counted {
            self.attempts = self.attempts.saturating_add(1);
        } else if Some(self.attempts) == self.settings.attempts {
            // One beyond the last marks that the page was told.
            self.attempts = self.attempts.saturating_add(1);
            self.events
                .push_back(Event::ReconnectFailed(failure.clone()));
        }
        self.counted
    }
}

/// How long the attempt after a sign of life waits, in milliseconds, where the server asked to be left alone until then.
fn soon_ms(ctx: &mut Context<'_>, not_before: Timestamp) -> u64 {
    let drawn = ctx.random.unit() * RETURN_MS as f64;
    not_before.since(ctx.now).max(drawn as u64 + 1)
}

/// From half of it to all, drawn with `unit` from `[0, 1)`: many clients that wait do not come at once.
fn spread(most_ms: u64, unit: f64) -> u64 {
    most_ms / 2 + (unit * (most_ms / 2) as f64) as u64
}
