//! When a server is asked so that it stores its log, or to notice that it shows a research no longer: some store
//! it only when a request comes, and a connection goes on after a sign-out.

use crate::time::{Timestamp, earliest};

/// After so many live lines. Local Deep Research keeps 1,000 and drops what comes then.
const LINES: u64 = 250;

/// How often at most, in milliseconds.
const LEAST_MS: u64 = 1_000;

/// After so many milliseconds, however few lines came.
pub(super) const MOST_MS: u64 = 15_000;

/// How much later a tab asks that uses another's connection, in milliseconds.
const SECOND_MS: u64 = 1_000;

/// The live lines of one research since the server was asked about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flush {
    lines: u64,
    /// When the first of them came.
    since: Timestamp,
    /// When there were [`LINES`].
    full: Timestamp,
    not_before: Timestamp,
}

impl Flush {
    pub(super) const fn new(now: Timestamp) -> Self {
        Self {
            lines: 0,
            since: now,
            full: now,
            not_before: now.after(LEAST_MS),
        }
    }

    /// So many lines have come live.
    pub(super) const fn heard(&mut self, now: Timestamp, lines: u64) {
        if self.lines == 0 && lines > 0 {
            self.since = now;
        }
        if self.lines < LINES {
            self.full = now;
        }
        self.lines += lines;
    }

    /// Whether no line has come: it would be asked for nothing but to see that it still answers.
    pub(super) const fn is_empty(self) -> bool {
        self.lines == 0
    }

    /// When to ask; `watch`: when at the latest, if somebody looks at what comes live. Whoever is `second` waits a
    /// little longer, since another tab asks for all that have these lines.
    pub(super) fn due(self, watch: Option<Timestamp>, second: bool) -> Option<Timestamp> {
        let later_ms = if second { SECOND_MS } else { 0 };
        let at = match self.lines {
            0 => None,
            LINES.. => Some(self.full.after(later_ms)),
            _ => Some(self.since.after(MOST_MS + later_ms)),
        };
        Some(earliest(at, watch)?.max(self.not_before))
    }

    /// There is no answer, or one that asks for a pause.
    pub(super) fn failed(self, now: Timestamp, pause_ms: u64) -> Self {
        Self {
            not_before: now.after(pause_ms.max(MOST_MS)),
            ..self
        }
    }
}
