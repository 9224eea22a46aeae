//! When what the server refuses is tried again: sign-ins, firewalls and rows that are not written yet pass.

use crate::backoff::Backoff;
use crate::random::Random;
use crate::time::Timestamp;

/// While somebody looks at the page.
const BACKOFF: Backoff = Backoff {
    delay_ms: 5_000,
    delay_max_ms: MAX_WAIT_MS,
    randomization_factor: 0.5,
};

/// The longest such wait, in milliseconds.
pub const MAX_WAIT_MS: u64 = 30_000;

/// The wait while nobody looks, in milliseconds; and for what has been unknown for long.
pub const UNSEEN_WAIT_MS: u64 = 300_000;

/// For how long a research may be unknown (404) before it is asked about as if nobody looked, in
/// milliseconds: its row is written late, or never.
pub const UNKNOWN_MS: u64 = 600_000;

/// The retries of one kind of request: of the connection, of subscriptions, statuses or stored logs.
/// One for all researches, so that a server that refuses many is not asked more often than one that
/// refuses one.
#[derive(Debug, Default)]
pub(crate) struct Persistence {
    /// Refusals in a row.
    refusals: u32,
    /// When the last one came, or the last retry began.
    since: Timestamp,
    wait_ms: u64,
    /// When something that was refused was granted, if nothing was refused since: all else that was is
    /// tried at once.
    granted: Option<Timestamp>,
}

/// What the server refused last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused {
    last: Timestamp,
    /// Since when it has been unknown rather than forbidden.
    unknown_since: Option<Timestamp>,
    /// Since when the page asks for it.
    wanted: Option<Timestamp>,
}

impl Refused {
    /// When it was refused last.
    pub(crate) const fn last(self) -> Timestamp {
        self.last
    }

    /// It is asked for again: what the page asked for is done.
    pub(crate) const fn begin(&mut self) {
        self.wanted = None;
    }

    /// Whether the page asks for it.
    pub(crate) const fn is_wanted(self) -> bool {
        self.wanted.is_some()
    }

    /// The page asks for it: it does not wait.
    pub(crate) const fn want(&mut self, now: Timestamp) {
        self.wanted = Some(now);
    }
}

impl Persistence {
    /// The server refuses this. Whether that is news.
    pub(crate) fn refuse(
        &mut self,
        now: Timestamp,
        random: &mut Random,
        refused: &mut Option<Refused>,
        is_unknown: bool,
        at_least_ms: u64,
    ) -> bool {
        // What opens and closes again and again is no reason to begin anew.
        if let Some(granted) = self.granted.take()
            && now.since(granted) >= MAX_WAIT_MS
        {
            self.refusals = 0;
        }
        let unit = if self.refusals == 0 {
            0.0
        } else {
            random.unit()
        };
        self.wait_ms = BACKOFF.delay(self.refusals, unit).max(at_least_ms);
        self.refusals = self.refusals.saturating_add(1);
        self.since = now;
        let unknown_since = refused.and_then(|refused| refused.unknown_since);
        let is_news = refused.is_none() || unknown_since.is_some() != is_unknown;
        *refused = Some(Refused {
            last: now,
            unknown_since: is_unknown.then(|| unknown_since.unwrap_or(now)),
            wanted: None,
        });
        is_news
    }

    /// The server grants this, whether it was refused or not.
    pub(crate) fn grant(&mut self, now: Timestamp, refused: &mut Option<Refused>) {
        if refused.take().is_some() {
            self.granted = Some(now);
        }
    }

    /// A retry begins: until its answer is there, and if none comes, the wait is the same again.
    pub(crate) const fn retry(&mut self, now: Timestamp) {
        self.since = now;
    }

    /// The wait after the last refusal, in milliseconds. `seen`: whether somebody looks at the page.
    pub(crate) fn wait_ms(&self, seen: bool) -> u64 {
        if seen {
            self.wait_ms
        } else {
            self.wait_ms.max(UNSEEN_WAIT_MS)
        }
    }

    /// When what was refused is tried again.
    pub(crate) fn due(&self, refused: Refused, seen: bool) -> Timestamp {
        if let Some(wanted) = refused.wanted {
            return wanted;
        }
        let is_long_unknown = refused
            .unknown_since
            .is_some_and(|since| refused.last.since(since) >= UNKNOWN_MS);
        let own = if is_long_unknown {
            refused.last.after(UNSEEN_WAIT_MS)
        } else {
            refused.last
        };
        if self.granted.is_some() {
            own
        } else {
            own.max(self.since.after(self.wait_ms(seen)))
        }
    }
}
