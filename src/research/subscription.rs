//! One research that the page follows, and when its status is asked for.

use super::history::History;
use super::job::Job;
use super::watchdog::Watchdog;
use crate::config::Config;
use crate::time::Timestamp;

/// The wait before a single question that failed is asked again, without a `fallback` option that
/// says otherwise, in milliseconds.
const DEFAULT_INTERVAL_MS: u64 = 3000;

#[derive(Debug)]
pub(super) struct Subscription {
    pub(super) job: Job,
    pub(super) schedule: Schedule,
    /// The server does not tell its status to this page, or knows no such research.
    pub(super) is_unanswerable: bool,
    /// The last question about its status was refused.
    pub(super) owes_status: bool,
    /// The server refused it (`subscribe_error`): it is not asked again before the page is looked
    /// at or connects anew.
    pub(super) refused: bool,
    pub(super) history: History,
    pub(super) watchdog: Watchdog,
}

impl Subscription {
    /// When the silence of the research will be too long; `None` while its status is asked for
    /// anyway, or cannot be.
    pub(super) fn stall_due(&self) -> Option<Timestamp> {
        let is_watched = !self.refused
            && self.schedule == Schedule::Never
            && !self.is_unanswerable
            && self.job.end().is_none();
        self.watchdog.due().filter(|_| is_watched)
    }
}

/// When to ask for the status.
///
/// ```text
///   Never ── connected ──▶ Once ── answered ──▶ Never
///     └── no connection ──▶ Repeatedly ── first live update ──▶ Once
///   the end ──▶ Never
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Schedule {
    /// Live updates suffice.
    Never,
    /// What happened while there was no connection is to be found out.
    Once(Timestamp),
    /// There is no connection, or no live update has come over the new one yet.
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

    /// Asks once at `now`, unless it is asked repeatedly anyway.
    pub(super) const fn once(&mut self, now: Timestamp) {
        match self {
            Self::Never | Self::Once(_) => *self = Self::Once(now),
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
    pub(super) const fn heard(&mut self) {
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
    let interval = config
        .fallback
        .map_or(DEFAULT_INTERVAL_MS, |fallback| fallback.interval_ms);
    now.after(interval.max(pause_ms))
}
