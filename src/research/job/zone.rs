//! Live lines in the server's own time, against a stored log in GMT.

use crate::research::payload::identity::Identity;
use crate::research::payload::log::Line;
use crate::time::Timestamp;

/// Zones differ from UTC by quarters of an hour, from 12 hours behind to 14 ahead.
const QUARTER_S: i64 = 900;
const HOUR_S: i64 = 3_600;

/// By how much the clocks of page and server, and the way, may make a live line other than now.
const TOLERANCE_S: i64 = 60;

/// Lines that are remembered in case that the stored log has no zone either.
const MAX_LINES: usize = 1_000;

/// By how much the server's own time is ahead of UTC, as far as it writes times without a zone.
///
/// A live line is from now: what is missing to that, if it is a zone, is the zone. A stored log
/// that has no zone either needs none, since then both are written alike.
#[derive(Clone, Debug, Default)]
pub(super) struct Zone {
    ahead: i64,
    /// Whether the stored log was read.
    is_settled: bool,
    /// The stored log has no zone either.
    is_off: bool,
    lines: Vec<Shifted>,
}

/// A line that was taken for one of the zone.
#[derive(Clone, Debug)]
pub(super) struct Shifted {
    /// The key that it has been given.
    pub(super) key: u64,
    /// What it is without a zone.
    pub(super) plain: Identity,
    /// The zone.
    pub(super) ahead: i64,
}

impl Zone {
    /// The line's identity. One that `is_live` tells the zone.
    pub(super) fn identity(
        &mut self,
        now: Timestamp,
        seed: u64,
        line: &Line<'_>,
        is_live: bool,
    ) -> Identity {
        let plain = line.identity(seed);
        let Some(time) = plain.time.filter(|_| line.is_local()) else {
            return plain;
        };
        if is_live && !self.is_off {
            let ahead = time.second - (now.as_millis() / 1_000).cast_signed();
            let zone = (ahead + QUARTER_S / 2).div_euclid(QUARTER_S) * QUARTER_S;
            let is_zone = (-12 * HOUR_S..=14 * HOUR_S).contains(&zone);
            if is_zone && (ahead - zone).abs() <= TOLERANCE_S {
                self.ahead = zone;
            }
        }
        if self.ahead == 0 {
            return plain;
        }
        let identity = line.identity_ahead(seed, self.ahead);
        if !self.is_settled && self.lines.len() < MAX_LINES {
            let key = identity.key;
            let ahead = self.ahead;
            self.lines.push(Shifted { key, plain, ahead });
        }
        identity
    }

    /// The stored log was read for the first time, and has times without a zone or not. The lines
    /// that have another identity than they were given.
    pub(super) fn settle(&mut self, log_is_local: bool) -> Vec<Shifted> {
        let lines = std::mem::take(&mut self.lines);
        if std::mem::replace(&mut self.is_settled, true) || !log_is_local {
            return Vec::new();
        }
        self.ahead = 0;
        self.is_off = true;
        lines
    }
}
