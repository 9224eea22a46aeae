//! When the stored log of a research is asked for, and what was missed until it answered.

use crate::config::Config;
use crate::persistence::Refused;
use crate::research::job::recovery::{CONFIRM_AFTER_MS, Recovery};
use crate::research::payload::event::Gap;
use crate::time::Timestamp;
use crate::whereabouts;

/// How often at most, while each answer has lines that the one before had not, or lacks lines that
/// were live seconds ago. Each wait is twice as long as the one before.
const MAX_CONFIRMATIONS: u32 = 4;

/// How often in any case after the end: no live line will tell any more how far the log is behind.
const LAST_CONFIRMATIONS: u32 = 2;

/// After how many failures in a row the page is told that nobody can tell what is missing. The log
/// is asked for all the same, if not often.
const MAX_TRIES: u32 = 5;

/// The wait after the first failure in milliseconds; it doubles with each further one.
const RETRY_MS: u64 = 1_000;

/// The longest such wait, in milliseconds.
const MAX_RETRY_MS: u64 = 60_000;

/// The pause after an answer is so many times what the answer took: of a large log the server has a
/// fifth of the time to do.
const PAUSE_FACTOR: u64 = 4;

/// When the stored log of one research is asked for.
///
/// ```text
///   Nothing ── no connection yet ──▶ At (early, once a handshake is answered) ── whatever comes of it ──▶ Nothing
///   Nothing ── live ──▶ Accepted ── the server has the subscription ──▶ At ── answered ──▶ At (confirm)
///     ▲  └── polling, end found by status ─────────────────────────────▲ └── failed ──────▲   │
///     └──────────────────────────────── nothing new, no log ───────────────────────────────────┘
/// ```
#[derive(Debug)]
pub(super) struct History {
    wish: Wish,
    /// The request in flight was started for this wish.
    asked: bool,
    purpose: Purpose,
    place: Place,
    /// That the log was refused, if it is asked for again.
    pub(super) refusal: Option<Refused>,
    /// Failures in a row.
    tries: u32,
    /// After a failure, as long as the server wants.
    not_before: Timestamp,
    /// After an answer, for the sake of the server. An end does not wait for it.
    rests_until: Timestamp,
    /// Until when lines and the end wait for the answer.
    hold_until: Option<Timestamp>,
    /// When the page began to follow the research.
    since: Timestamp,
    /// Whether there was an answer, or the page knows that there is none: before, nothing can be
    /// missing from it.
    has_begun: bool,
    /// Whether the log was read, and could be since.
    is_read: bool,
    /// Whether the log may have lines that the page has not.
    is_incomplete: bool,
    gap: Option<OpenGap>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Nothing,
    /// Once the server has the subscription, so that no line falls between the two; at the latest
    /// then.
    Accepted(Timestamp),
    At(Timestamp),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    CatchUp,
    /// To have the story so far before there is a connection: whatever comes of it, the log is read when there is one.
    Early,
    /// To get what came into the log since: for the so manieth time, and so often at least.
    Confirm {
        times: u32,
        at_least: u32,
    },
}

/// Where the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// At [`Config::logs_path`].
    Logs,
    /// At [`Config::history_path`].
    Other,
    /// At neither, or it cannot be read.
    Nowhere,
    /// The server does not show it to this page.
    Refused,
    /// The page does not want it.
    Unwanted,
}

/// An outage of which the page is not told yet.
#[derive(Clone, Copy, Debug)]
struct OpenGap {
    from: Timestamp,
    /// When the connection was live again.
    to: Option<Timestamp>,
    recovered: u64,
    is_uncertain: bool,
}

/// Why there is no log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// It may be there the next time.
    Failed,
    /// 404.
    NotFound,
    Refused,
    /// It is no text: something in between may have spoiled it.
    Unreadable,
}

impl History {
    pub(super) const fn new(config: &Config, now: Timestamp) -> Self {
        Self {
            wish: Wish::Nothing,
            asked: false,
            purpose: Purpose::CatchUp,
            place: if config.history {
                Place::Logs
            } else {
                Place::Unwanted
            },
            refusal: None,
            tries: 0,
            not_before: Timestamp::from_millis(0),
            rests_until: Timestamp::from_millis(0),
            hold_until: None,
            since: now,
            has_begun: false,
            is_read: false,
            is_incomplete: false,
            gap: None,
        }
    }

    /// The path to ask; `None` if there is nobody to ask.
    pub(super) fn path<'c>(&self, config: &'c Config) -> Option<&'c str> {
        match self.place {
            Place::Logs => Some(&config.logs_path),
            Place::Other => Some(&config.history_path),
            Place::Nowhere | Place::Refused | Place::Unwanted => None,
        }
    }

    const fn can_ask(&self) -> bool {
        matches!(self.place, Place::Logs | Place::Other)
    }

    /// Whether another answer is planned, since the log may get lines late.
    pub(super) fn is_behind(&self) -> bool {
        self.wish != Wish::Nothing
    }

    /// Whether an answer can be had within `timeout_ms`.
    pub(super) fn is_worth_waiting(&self, now: Timestamp, timeout_ms: u64) -> bool {
        self.can_ask() && self.not_before.since(now) < timeout_ms
    }

    /// Whether the request in flight is still what is to be known.
    pub(super) const fn is_asked(&self) -> bool {
        self.asked
    }

    /// Whether the server's rest after the last answer is over within `timeout_ms`.
    pub(super) fn is_rested(&self, now: Timestamp, timeout_ms: u64) -> bool {
        self.rests_until.since(now) < timeout_ms
    }

    /// Whether another question can be asked while live lines and the end wait.
    pub(super) fn asks_in_time(&self) -> bool {
        let due = match self.wish {
            Wish::Accepted(_) => self.earliest(),
            Wish::At(at) => at.max(self.earliest()),
            Wish::Nothing => return false,
        };
        self.hold_until.is_some_and(|until| due < until)
    }

    /// Whether live lines wait on after a failure: what broke off comes soon, if it could be read before. Else
    /// it may be that it never can, as at a server that lets no other origin read it, and one more try has to do.
    pub(super) const fn is_retried(&self) -> bool {
        self.is_read || self.tries == 1
    }

    /// When the next question is due.
    pub(super) fn due(&self) -> Option<Timestamp> {
        match self.wish {
            Wish::Accepted(at) | Wish::At(at) if self.can_ask() || self.refusal.is_some() => {
                Some(at.max(self.earliest()))
            }
            Wish::Accepted(_) | Wish::At(_) | Wish::Nothing => None,
        }
    }

    /// That the next question was refused before.
    pub(super) fn refused(&self) -> Option<Refused> {
        self.refusal
            .filter(|refusal| !self.can_ask() || refusal.is_wanted())
    }

    fn earliest(&self) -> Timestamp {
        self.not_before.max(self.rests_until)
    }

    /// There is no connection yet.
    pub(super) fn ask_early(&mut self, now: Timestamp) {
        self.catch_up(Wish::At(now));
        self.purpose = Purpose::Early;
    }

    pub(super) fn is_early(&self) -> bool {
        self.purpose == Purpose::Early
    }

    /// What was asked for before there was a connection did not come.
    pub(super) fn miss_early(&mut self) {
        if self.is_early() {
            self.catch_up(Wish::Nothing);
        }
    }

    /// The connection is live, and the subscription is on its way. True if live lines should wait.
    pub(super) fn connected(&mut self, now: Timestamp, timeout_ms: u64) -> bool {
        self.try_anew(now);
        if let Some(gap) = &mut self.gap {
            gap.to = Some(now);
        }
        self.catch_up(Wish::Accepted(now.after(timeout_ms)));
        if self.can_ask() {
            self.wait(now, timeout_ms);
        }
        self.can_ask()
    }

    /// The connection is live, but the run is over: only what could not be read yet is asked for.
    pub(super) fn connected_after_end(&mut self, now: Timestamp) {
        self.try_anew(now);
        if self.wish == Wish::Nothing && self.is_incomplete {
            self.ask(now);
        }
    }

    /// What was said over another connection may be otherwise now, but for what is asked again anyway.
    fn try_anew(&mut self, now: Timestamp) {
        self.look_again();
        self.tries = 0;
        self.not_before = now;
        self.rests_until = now;
    }

    fn look_again(&mut self) {
        if let Place::Nowhere | Place::Refused = self.place
            && self.refusal.is_none()
        {
            self.place = Place::Logs;
        }
    }

    /// The server has the subscription: what was asked for before it had is asked for again, also where an answer to that
    /// came meanwhile.
    pub(super) fn accepted(&mut self, now: Timestamp) {
        self.look_again();
        self.catch_up(Wish::At(now));
    }

    /// Lines may have been missed: ask for them now.
    pub(super) fn ask(&mut self, now: Timestamp) {
        match (self.wish, self.purpose) {
            (Wish::Accepted(_), _) => {}
            // As good as what was planned.
            (Wish::At(_), Purpose::Confirm { .. }) => self.wish = Wish::At(now),
            (Wish::At(_) | Wish::Nothing, _) => self.catch_up(Wish::At(now)),
        }
    }

    /// The status is polled. The log is asked for with it, unless it was read just before: what was planned then comes seconds
    /// later, and finds what is stored late.
    pub(super) fn ask_with_status(&mut self, now: Timestamp) {
        let is_planned = self.wish != Wish::Nothing;
        if !(is_planned && matches!(self.purpose, Purpose::Confirm { times: 1, .. })) {
            self.ask(now);
        }
    }

    /// Other tabs want it now. They have had no answer after which the server would rest. False if there is none.
    pub(super) fn ask_for_others(&mut self, now: Timestamp) -> bool {
        if self.can_ask() && self.refusal.is_none() {
            self.rests_until = now;
            self.ask(now);
            return true;
        }
        false
    }

    /// The end waits for the log, and so for no rest of the server. Nothing that it will be sent is
    /// missed by reading the log before the server has the subscription.
    pub(super) fn ask_before_end(&mut self, now: Timestamp, at: Timestamp, timeout_ms: u64) {
        self.rests_until = now;
        match self.wish {
            Wish::Accepted(_) => self.catch_up(Wish::At(at)),
            // What is in flight will do.
            Wish::At(_) if self.asked => {}
            Wish::At(_) | Wish::Nothing => self.ask(at),
        }
        self.wait(now, timeout_ms);
    }

    /// What is held waits for the log, but not for ever.
    pub(super) fn wait(&mut self, now: Timestamp, timeout_ms: u64) {
        self.hold_until = Some(now.after(timeout_ms));
    }

    /// What the end waits for besides the log is there.
    pub(super) fn hurry(&mut self, now: Timestamp) {
        if let Wish::At(at) = &mut self.wish {
            *at = now.min(*at);
        }
    }

    fn catch_up(&mut self, wish: Wish) {
        self.wish = wish;
        self.asked = false;
        self.purpose = Purpose::CatchUp;
        self.is_incomplete = true;
    }

    /// The connection is gone, or the subscription; the server was heard last at `heard`.
    pub(super) fn lost(&mut self, heard: Timestamp) {
        match &mut self.gap {
            Some(gap) => gap.to = None,
            None if !self.has_begun || self.place == Place::Unwanted => {}
            None => self.gap = Some(OpenGap::new(heard, None)),
        }
        // Asked again when there is a connection.
        self.catch_up(Wish::Nothing);
    }

    /// A client before this one has followed it until now: what is missed since is an outage.
    pub(super) fn take_over(&mut self, now: Timestamp, is_live: bool) {
        if self.place != Place::Unwanted {
            self.has_begun = true;
            self.gap = Some(OpenGap::new(now, is_live.then_some(now)));
        }
    }

    /// The page has heard of the end: lines that the server writes while it cleans up, and what it
    /// never sent, are in the log by then.
    pub(super) fn ended(&mut self, now: Timestamp) {
        if self.place == Place::Nowhere {
            // A research that has only just begun may not be known yet.
            self.place = Place::Logs;
        }
        if self.can_ask() {
            self.catch_up(Wish::Nothing);
            self.confirm(now, 0, LAST_CONFIRMATIONS);
        }
    }

    /// The request was started.
    pub(super) fn started(&mut self) {
        if !self.can_ask() {
            self.place = Place::Logs;
        }
        self.asked = true;
    }

    /// There will be no answer. Of what was refused that changes nothing.
    pub(super) fn interrupted(&mut self) {
        if self.refusal.is_some() {
            self.place = Place::Refused;
        }
    }

    /// The log came, after `took_ms`: it is left alone for a while.
    pub(super) fn pause(&mut self, now: Timestamp, took_ms: u64) {
        self.rests_until = now.after(took_ms.saturating_mul(PAUSE_FACTOR));
    }

    /// The log was read. True if all that can be done for now is done.
    pub(super) fn answered(&mut self, now: Timestamp, recovery: Recovery, has_ended: bool) -> bool {
        self.tries = 0;
        self.has_begun = true;
        self.is_read = true;
        if let Some(gap) = &mut self.gap {
            gap.recovered += recovery.lines;
            gap.is_uncertain |= recovery.is_uncertain;
        }
        if !std::mem::take(&mut self.asked) {
            // Something happened since it was asked.
            return false;
        }
        let (times, at_least) = match self.purpose {
            Purpose::Early => {
                self.catch_up(Wish::Nothing);
                return false;
            }
            Purpose::CatchUp => (0, 1),
            Purpose::Confirm { times, at_least } => (times, at_least),
        };
        let most = if recovery.has_news() {
            MAX_CONFIRMATIONS
        } else {
            at_least
        };
        let is_last = times >= most;
        if is_last {
            self.wish = Wish::Nothing;
            self.is_incomplete = false;
        } else {
            self.confirm(now, times, at_least);
        }
        is_last || has_ended
    }

    /// Asks once more, the longer the more `times` it was asked before.
    fn confirm(&mut self, now: Timestamp, times: u32, at_least: u32) {
        self.purpose = Purpose::Confirm {
            times: times + 1,
            at_least,
        };
        self.wish = Wish::At(now.after(CONFIRM_AFTER_MS << times.min(MAX_CONFIRMATIONS)));
    }

    /// The log did not come; `is_persistent`: what is refused is asked for again. True if the page is to
    /// be told.
    pub(super) fn failed(
        &mut self,
        now: Timestamp,
        pause_ms: u64,
        problem: Problem,
        is_persistent: bool,
    ) -> bool {
        let is_current = std::mem::take(&mut self.asked);
        match (problem, self.place) {
            (Problem::NotFound, Place::Logs) => {
                self.place = Place::Other;
                if is_current {
                    self.wish = Wish::At(now);
                }
                return false;
            }
            (Problem::NotFound, _) => self.place = Place::Nowhere,
            (Problem::Refused, _) => self.place = Place::Refused,
            (Problem::Failed | Problem::Unreadable, _) => {
                self.interrupted();
                self.tries = self.tries.saturating_add(1);
                let doubled = RETRY_MS << (self.tries - 1).min(16);
                self.not_before = now.after(doubled.min(MAX_RETRY_MS).max(pause_ms));
                if self.tries == MAX_TRIES {
                    self.doubt(now);
                }
                return self.tries == MAX_TRIES;
            }
        }
        if is_current {
            self.wish = match problem {
                Problem::NotFound | Problem::Refused if is_persistent => Wish::At(now),
                Problem::Failed | Problem::NotFound | Problem::Refused | Problem::Unreadable => {
                    Wish::Nothing
                }
            };
        }
        self.doubt(now);
        true
    }

    /// What was refused may be allowed by now.
    pub(super) fn forgive(&mut self, now: Timestamp) {
        if let Some(refusal) = &mut self.refusal {
            refusal.want(now);
        }
        if self.place == Place::Refused || self.refused().is_some() {
            self.place = Place::Logs;
            self.ask(now);
        }
    }

    /// The log is on its way, and so what waits for it goes on waiting.
    pub(super) fn goes_on(&mut self, now: Timestamp, timeout_ms: u64) {
        if self.hold_until.is_some() {
            self.wait(now, timeout_ms);
        }
    }

    /// Something of the research was too large to be read: nobody can tell what it had, but the log may
    /// have the same. What to tell at once, if there is no log.
    pub(super) fn skipped(&mut self, now: Timestamp) -> Option<Gap> {
        let gap = self.gap.get_or_insert(OpenGap::new(now, Some(now)));
        gap.is_uncertain = true;
        if self.can_ask() {
            self.ask(now);
            return None;
        }
        self.close_gap(None)
    }

    /// Live lines and the end do not wait any more.
    pub(super) fn released(&mut self) {
        self.hold_until = None;
    }

    pub(super) const fn hold_until(&self) -> Option<Timestamp> {
        self.hold_until
    }

    /// What to tell of the outage, if it is over: nothing if no line is known to be missing.
    pub(super) fn close_gap(&mut self, end: Option<Timestamp>) -> Option<Gap> {
        let to = self.gap?.to.or(end)?;
        let OpenGap {
            from,
            recovered,
            is_uncertain,
            ..
        } = self.gap.take()?;
        let missing = (!is_uncertain).then_some(0);
        (recovered > 0 || missing != Some(0)).then_some(Gap {
            from: from.as_millis(),
            to: to.as_millis(),
            recovered,
            missing,
        })
    }

    /// Nobody can tell any more what is missing: of an outage, or of the story so far if the log
    /// could not be read at all.
    pub(super) fn doubt(&mut self, now: Timestamp) {
        if !self.has_begun && self.place != Place::Unwanted {
            self.gap = Some(OpenGap::new(self.since, Some(now)));
        }
        if let Some(gap) = &mut self.gap {
            gap.is_uncertain = true;
        }
        self.has_begun = true;
        self.is_read = false;
    }
}

impl History {
    /// When the log is asked for and where it is, for whoever counts what is reached.
    pub(super) const fn whereabouts(&self) -> (whereabouts::Wish, whereabouts::Place) {
        let wish = match self.wish {
            Wish::Accepted(_) => whereabouts::Wish::Accepted,
            Wish::At(_) if self.asked => whereabouts::Wish::Asked,
            Wish::At(_) => whereabouts::Wish::Planned,
            Wish::Nothing => whereabouts::Wish::Nothing,
        };
        let place = match self.place {
            Place::Logs => whereabouts::Place::Logs,
            Place::Other => whereabouts::Place::Other,
            Place::Nowhere => whereabouts::Place::Nowhere,
            Place::Refused => whereabouts::Place::Refused,
            Place::Unwanted => whereabouts::Place::Unwanted,
        };
        (wish, place)
    }
}

impl OpenGap {
    const fn new(from: Timestamp, to: Option<Timestamp>) -> Self {
        Self {
            from,
            to,
            recovered: 0,
            is_uncertain: false,
        }
    }
}
