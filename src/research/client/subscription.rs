//! One research that the page follows, and when its status is asked for.

use super::flush::Flush;
use super::history::History;
use super::watchdog::Watchdog;
use crate::config::Config;
use crate::json;
use crate::persistence::{Persistence, Refused};
use crate::research::job::Job;
use crate::research::payload::event::Refusal;
use crate::research::payload::id::ResearchId;
use crate::socket::{Carrier, Question};
use crate::tabs::SUBSCRIBE;
use crate::time::Timestamp;

/// How long the server has to refuse a subscription that it took after it had refused it before, in
/// milliseconds.
const TRIAL_MS: u64 = 3_000;

/// Without a watchdog the status is asked for over a live connection until that would be after this wait, in milliseconds.
const MOST_IDLE_MS: u64 = 60_000;

#[derive(Debug)]
pub(super) struct Subscription {
    pub(super) job: Job,
    pub(super) schedule: Schedule,
    /// Answers in a row over this connection, asked for again and again, in which the research had not gone on, and when it would be asked
    /// about next if it had.
    pub(super) idle: (u32, Timestamp),
    pub(super) standing: Standing,
    /// That it was refused, until it is heard.
    pub(super) refusal: Option<Refused>,
    pub(super) access: Access,
    /// That its status was refused, if that is asked for again.
    pub(super) status_refusal: Option<Refused>,
    /// Why the server did not tell its status when it was asked last.
    pub(super) status_refused: Option<Refusal>,
    /// Whether the server did not show its log then.
    pub(super) is_log_refused: bool,
    /// Whether the server has refused both the subscription and the status, and not shown the research since.
    pub(super) is_signed_out: bool,
    /// How often it was sent over this session.
    pub(super) sent: u32,
    /// What the page has heard of it.
    pub(super) told_refusal: Option<Refusal>,
    pub(super) history: History,
    /// `None`: the page does not want it, or the server has refused it for good.
    pub(super) flush: Option<Flush>,
    pub(super) watchdog: Watchdog,
    /// Whether anything was heard of it over this session.
    pub(super) is_heard: bool,
    /// How often since it was heard last it turned out to have gone on.
    pub(super) unheard: u32,
    /// When it did so last; `None` once another session was begun for it.
    pub(super) unheard_at: Option<Timestamp>,
    /// When a live update or line came last.
    pub(super) heard: Option<Timestamp>,
    /// Since when somebody waits for the server to show the research.
    pub(super) verify: Option<Timestamp>,
    /// When this tab itself last asked a server that showed it, if it has not refused to since.
    pub(super) shown: Option<Timestamp>,
    /// Whether the next question goes to the server, since another tab has no answer to it.
    pub(super) asks_itself: bool,
    /// Other tabs want the answer to the next question for its status, and for its log.
    pub(super) wanted: [bool; 2],
}

/// How far the request to be told of the research has come, over the newest connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// There has been no connection yet.
    Unsent,
    /// It is among the first so many packets of the connection.
    Sent(u64),
    /// The server has it, and has refused it before: until then it may again.
    OnTrial(Timestamp),
    /// The server has it: what happens from now on is told, what happened before is to be asked for.
    Accepted,
    /// It said no (`subscribe_error`).
    Refused,
}

/// Whether the server tells the status of the research to this page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Granted,
    /// The last question was refused, or the server knows no such research.
    Denied,
    /// The last question was refused; it may be otherwise now.
    Doubtful,
}

impl Access {
    /// Something has happened since the refusal that may have changed it.
    pub(super) fn doubt(&mut self) {
        if *self == Self::Denied {
            *self = Self::Doubtful;
        }
    }
}

impl Subscription {
    /// Sends the request to be told of the research. If the server takes it, the status is asked for
    /// then: what was asked for earlier could miss an end between the two. If it does not for too
    /// long, the status is asked for all the same.
    pub(super) fn send(&mut self, now: Timestamp, config: &Config, connection: &mut impl Carrier) {
        if !config.persistent {
            // The page begins anew.
            self.refusal = None;
        }
        self.send_again(connection);
        if config.fallback.is_some() {
            self.schedule
                .at_the_latest(now.after(config.check_timeout_ms()));
        }
        self.begin(now, config);
    }

    /// Sends it once more to a server that has refused it.
    pub(super) fn send_again(&mut self, connection: &mut impl Carrier) {
        connection.send_first(&args_about(SUBSCRIBE, self.job.id()));
        self.sent = self.sent.saturating_add(1);
        self.standing = Standing::Sent(connection.sent());
    }

    /// The connection is another one. What the server has refused is not sent with it: only what was
    /// missed is to be found out.
    pub(super) fn renew(&mut self, now: Timestamp, config: &Config, connection: &mut impl Carrier) {
        (self.sent, self.is_heard) = (0, false);
        if self.refusal.is_none() || !config.persistent {
            return self.send(now, config, connection);
        }
        self.begin(now, config);
        self.accepted(now, config);
        self.standing = Standing::Refused;
    }

    fn begin(&mut self, now: Timestamp, config: &Config) {
        self.allow_flush(now, config);
        if self.history.connected(now, config.check_timeout_ms()) {
            self.job.hold();
        }
    }

    /// The server is asked to store its log, if the page wants that.
    pub(super) fn allow_flush(&mut self, now: Timestamp, config: &Config) {
        if config.flush_logs && config.fallback.is_some() {
            self.flush.get_or_insert(Flush::new(now));
        }
    }

    /// The server has not refused it again: what happened meanwhile is to be found out.
    pub(super) fn pass(&mut self, now: Timestamp, config: &Config) {
        if let Standing::OnTrial(_) = self.standing {
            // After the end nothing is missed: what is left to be asked for does not begin anew.
            if self.job.end().is_none() {
                self.watchdog.resume(now);
                self.begin(now, config);
            }
            self.accepted(now, config);
        }
    }

    /// Whether this tab takes what the server answers another one. Cookies no page can see: first the server has
    /// to show the research to the tab itself.
    pub(super) fn may_borrow(&self) -> bool {
        self.shown.is_some() && self.verify.is_none() && self.access == Access::Granted
    }

    /// Notes that other tabs want an answer, if there will be one: the question is asked at once.
    pub(super) fn lend(&mut self, now: Timestamp, question: Question) -> bool {
        let is_asked = self.access == Access::Granted
            && match question {
                Question::Status if self.job.end().is_none() => {
                    self.schedule.once(now);
                    true
                }
                Question::Log => self.history.ask_for_others(now),
                Question::Flush | Question::Status => false,
            };
        if let Some(wanted) = self.wanted.get_mut(question as usize) {
            *wanted |= is_asked;
        }
        is_asked
    }

    /// Why the server does not show all of the research to this page, if that is news.
    pub(super) fn refusal_news(&mut self) -> Option<Option<Refusal>> {
        let is_refused = self.refusal.is_some() || self.standing == Standing::Refused;
        let now = if is_refused || self.is_log_refused {
            Some(Refusal::Unauthorized)
        } else {
            self.status_refused
        };
        let word = |refusal: Option<Refusal>| refusal.map(Refusal::as_str);
        // After the end nobody asks any more.
        let is_news = word(now) != word(self.told_refusal) && self.job.end().is_none();
        is_news.then(|| {
            self.told_refusal = now;
            now
        })
    }

    /// Whether the server shows the research to whoever is signed in now, but tells nothing of it over this session: it takes the person
    /// from the handshake, so a session that nobody had is nobody's for as long as it lives. `again`: also where nobody has been seen
    /// to sign in.
    pub(super) fn has_outlived_session(&mut self, again: bool, config: &Config) -> bool {
        let Some(refused) = self.refusal.filter(|_| self.job.end().is_none()) else {
            self.is_signed_out = false;
            return false;
        };
        if self.status_refused.is_some() {
            self.is_signed_out |= self.status_refused != Some(Refusal::NotFound);
            return false;
        }
        let is_refused_again = self.standing == Standing::Refused && self.sent > 1;
        let is_shown_since = self.shown.is_some_and(|asked| asked >= refused.last());
        std::mem::take(&mut self.is_signed_out)
            || (again && is_refused_again && (is_shown_since || config.fallback.is_none()))
    }

    /// The server has refused it. If that is since nobody is signed in, it does not tell the status either.
    pub(super) fn refused(&mut self, now: Timestamp, config: &Config) {
        if config.fallback.is_some() && self.access != Access::Denied {
            self.schedule.once(now);
        }
    }

    /// Another session is begun: it is sent with that.
    pub(super) const fn want(&mut self, now: Timestamp) {
        if let Some(refused) = &mut self.refusal {
            refused.want(now);
        }
    }

    /// That it was refused, if it is to be sent again.
    pub(super) fn refusal(&self) -> Option<Refused> {
        let is_refused = self.standing == Standing::Refused && self.job.end().is_none();
        self.refusal.filter(|_| is_refused)
    }

    /// When it has passed its trial, or is sent again after a refusal.
    pub(super) fn due(&self, persistence: &Persistence, seen: bool) -> Option<Timestamp> {
        match self.standing {
            Standing::OnTrial(until) => Some(until),
            Standing::Accepted | Standing::Refused | Standing::Sent(_) | Standing::Unsent => {
                Some(persistence.due(self.refusal()?, seen))
            }
        }
    }

    /// The server has taken so many `packets` of the connection.
    pub(super) fn taken(&mut self, now: Timestamp, config: &Config, packets: u64) {
        if let Standing::Sent(needed) = self.standing
            && needed <= packets
        {
            if self.refusal.is_some() {
                self.standing = Standing::OnTrial(now.after(TRIAL_MS));
            } else {
                self.accepted(now, config);
            }
        }
    }

    /// The server has the subscription, or has refused it.
    fn accepted(&mut self, now: Timestamp, config: &Config) {
        self.standing = Standing::Accepted;
        self.expedite();
        if self.job.end().is_some() {
            return;
        }
        if config.fallback.is_some() {
            self.schedule.once(now);
        }
        self.history.accepted(now);
    }

    /// Its status, which is asked for again and again, has come over a connection over which it can be heard. Of one that does not go on
    /// nothing is heard, however well the connection serves it: it is asked for less often each time, and in the end left to the
    /// watchdog.
    pub(super) fn polled(&mut self, now: Timestamp, config: &Config, has_gone_on: bool) {
        let Schedule::Repeatedly(at) = &mut self.schedule else {
            return;
        };
        let (times, planned) = &mut self.idle;
        *planned = *at;
        if has_gone_on || self.standing != Standing::Accepted {
            *times = 0;
            if has_gone_on {
                self.watchdog.hear_of(now);
            }
            return;
        }
        *times = times.saturating_add(1);
        let wait_ms = config.interval_ms().saturating_mul(1 << (*times).min(32));
        if wait_ms < config.stall_after_ms.unwrap_or(MOST_IDLE_MS) {
            *at = now.after(wait_ms).max(*at);
        } else {
            self.schedule = Schedule::Never;
            self.watchdog.resume(now);
        }
    }

    /// An update has come over the connection.
    pub(super) fn hear(&mut self, now: Timestamp) {
        self.expedite();
        self.schedule.heard();
        self.watchdog.hear(now);
        self.is_heard = true;
        self.unheard = 0;
    }

    /// It has gone on without a word. Whether that is the session's fault, as far as this tells: its subscription was sent again since,
    /// and no research was `heard`. Once, until it is heard again.
    pub(super) fn goes_on_unheard(&mut self, now: Timestamp, heard: Option<Timestamp>) -> bool {
        let before = self.unheard_at.take();
        let is_deaf = before.is_some_and(|before| heard.is_none_or(|heard| heard <= before));
        if !is_deaf && (self.unheard == 0 || before.is_some()) {
            self.unheard_at = Some(now);
        }
        self.unheard = self.unheard.saturating_add(1);
        is_deaf
    }

    /// That it does not go on is no reason any more to ask later.
    pub(super) fn expedite(&mut self) {
        let (times, planned) = &mut self.idle;
        if let Schedule::Repeatedly(at) = &mut self.schedule
            && *times > 0
        {
            *at = *planned.min(at);
        }
        *times = 0;
    }

    /// The page wants to know its status now.
    pub(super) fn check_now(&mut self, now: Timestamp) {
        self.schedule.now(now);
        if let Some(refused) = &mut self.status_refusal {
            refused.want(now);
        }
    }

    /// It was silent for too long. Where it was refused over this session, and then not again as far as was heard, that may have been
    /// lost: then it is sent again, and the status is asked for when the server has it.
    pub(super) fn stall(&mut self, now: Timestamp, config: &Config, connection: &mut impl Carrier) {
        self.watchdog.bark(now);
        if self.sent > 1 && !self.is_heard {
            self.send(now, config, connection);
        } else {
            self.schedule.once(now);
        }
    }

    /// When the silence of the research will be too long; `None` while its status is asked for
    /// anyway, or cannot be.
    pub(super) fn stall_due(&self) -> Option<Timestamp> {
        let is_watched = self.standing != Standing::Refused
            && self.refusal.is_none()
            && self.schedule == Schedule::Never
            && self.access != Access::Denied
            && self.job.end().is_none();
        self.watchdog.due().filter(|_| is_watched)
    }
}

/// When to ask for the status.
///
/// ```text
///   Never ── subscribed ──▶ Once ── answered ──▶ Never
///     └── no connection ──▶ Repeatedly ── first live update ──▶ Once
///                               └── live, and does not go on ──▶ Never
///   the end ──▶ Never
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Schedule {
    /// Live updates suffice.
    Never,
    /// What happened while there was no connection is to be found out.
    Once(Timestamp),
    /// There is no connection, or no live update has come over the new one yet: see [`Subscription::polled`].
    Repeatedly(Timestamp),
}

impl Schedule {
    /// When the next question is due.
    pub(super) const fn due(self) -> Option<Timestamp> {
        match self {
            Self::Never => None,
            Self::Once(at) | Self::Repeatedly(at) => Some(at),
        }
    }

    /// Asks once at `now`, if it is not asked repeatedly anyway. What is in flight is no answer to
    /// it.
    pub(super) fn once(&mut self, now: Timestamp) {
        match self {
            Self::Never | Self::Once(_) => *self = Self::Once(now),
            Self::Repeatedly(at) => *at = now.max(*at),
        }
    }

    /// Asks now, whatever is planned.
    pub(super) const fn now(&mut self, now: Timestamp) {
        *self = match self {
            Self::Never | Self::Once(_) => Self::Once(now),
            Self::Repeatedly(_) => Self::Repeatedly(now),
        };
    }

    /// Asks once, at this time if not before.
    pub(super) fn at_the_latest(&mut self, at: Timestamp) {
        match self {
            Self::Never => *self = Self::Once(at),
            Self::Once(other) => *other = at.min(*other),
            Self::Repeatedly(_) => {}
        }
    }

    /// Asks from `now` on, again and again.
    pub(super) const fn repeatedly(&mut self, now: Timestamp) {
        match self {
            Self::Never | Self::Once(_) => *self = Self::Repeatedly(now),
            Self::Repeatedly(_) => {}
        }
    }

    /// The connection serves this research. What happened before it did is still asked for: a late
    /// line of the log can come live after an end that did not.
    const fn heard(&mut self) {
        if let Self::Repeatedly(at) = *self {
            *self = Self::Once(at);
        }
    }

    /// The answer to a question that was `asked` then: what it is wanted for since is not in it.
    pub(super) fn answered(
        &mut self,
        now: Timestamp,
        asked: Timestamp,
        config: &Config,
        pause_ms: u64,
    ) {
        match self {
            Self::Once(at) if *at > asked => {}
            Self::Never | Self::Once(_) => *self = Self::Never,
            Self::Repeatedly(at) => *at = next(now, config, pause_ms),
        }
    }

    pub(super) fn failed(&mut self, now: Timestamp, config: &Config, pause_ms: u64) {
        match self {
            Self::Never => {}
            // Without polling a question is asked because the page wants it: once.
            Self::Once(_) if config.fallback.is_none() => *self = Self::Never,
            Self::Once(at) | Self::Repeatedly(at) => *at = next(now, config, pause_ms),
        }
    }
}

fn next(now: Timestamp, config: &Config, pause_ms: u64) -> Timestamp {
    now.after(config.interval_ms().max(pause_ms))
}

/// The arguments of an event with the id of a research.
pub(super) fn args_about(event: &str, id: &ResearchId) -> String {
    let mut args = String::from("[");
    json::write_string(&mut args, event);
    args.push_str(",{\"research_id\":");
    id.write_json(&mut args);
    args.push_str("}]");
    args
}
