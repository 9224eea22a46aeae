//! When the silence of a research over a live connection is too long to be trusted.

use crate::time::Timestamp;

/// The longest wait for the next question about a research that stays silent, in milliseconds,
/// unless the page wants a longer one: a research can wait in a queue for hours.
const MAX_SILENCE_MS: u64 = 600_000;

/// How long a research has been silent, and how long it may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watchdog {
    /// `None`: for ever.
    stall_after_ms: Option<u64>,
    /// When the research was heard last, or could be from then on.
    heard: Timestamp,
    /// When the silence began that is waited for: then, or at the last question.
    since: Timestamp,
    allowed_ms: u64,
    /// The status was asked for and nothing was heard since.
    is_suspicious: bool,
}

impl Watchdog {
    pub(super) fn new(stall_after_ms: Option<u64>, now: Timestamp) -> Self {
        Self {
            stall_after_ms,
            heard: now,
            since: now,
            allowed_ms: stall_after_ms.unwrap_or(0),
            is_suspicious: false,
        }
    }

    /// The research was heard, or can be from now on.
    pub(super) fn hear(&mut self, now: Timestamp) {
        *self = Self::new(self.stall_after_ms, now);
    }

    /// The research can be heard from now on, as far as silence can tell: that may last as long as before.
    pub(super) const fn resume(&mut self, now: Timestamp) {
        self.heard = now;
        self.since = now;
        self.is_suspicious = false;
    }

    /// When the silence will be too long.
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.stall_after_ms?;
        Some(self.since.after(self.allowed_ms))
    }

    /// It is too long: the status is asked for. The next silence may be twice as long.
    pub(super) fn bark(&mut self, now: Timestamp) {
        let longest = MAX_SILENCE_MS.max(self.stall_after_ms.unwrap_or(0));
        self.since = now;
        self.allowed_ms = self.allowed_ms.saturating_mul(2).min(longest);
        self.is_suspicious = true;
    }

    /// Its status, which is asked for anyway, says that it goes on. If the silence is too long, the next will be suspicious.
    pub(super) fn hear_of(&mut self, now: Timestamp) {
        if self.due().is_some_and(|due| due <= now) {
            self.bark(now);
        }
    }

    /// Whether the research has not been heard since its status was asked for.
    pub(super) const fn is_suspicious(&self) -> bool {
        self.is_suspicious
    }

    /// The research is followed anew: only the next silence is suspicious again. When it was heard
    /// last.
    pub(super) const fn trust(&mut self) -> Timestamp {
        self.is_suspicious = false;
        self.heard
    }
}
