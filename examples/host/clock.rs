//! The clock: starts at the wall clock, and never runs backwards after that.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use research_socket::time::Timestamp;

/// The core has no clock of its own, so here is one.
pub(super) struct Clock {
    wall: Duration,
    start: Instant,
}

#[expect(
    clippy::disallowed_methods,
    reason = "whoever drives the core is the one who has a clock"
)]
impl Clock {
    pub(super) fn start() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            wall: wall.unwrap_or_default(),
            start: Instant::now(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        let millis = (self.wall + self.start.elapsed()).as_millis();
        Timestamp::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
    }

    /// From now. A millisecond more than that, since the core counts whole ones: a timer that is early does nothing.
    pub(super) fn until(&self, due: Timestamp) -> Duration {
        Duration::from_millis(match due.since(self.now()) {
            0 => 0,
            millis => millis.saturating_add(1),
        })
    }
}

/// Milliseconds since 1970.
pub fn wall_ms() -> u64 {
    Clock::start().now().as_millis()
}

/// How long it is until a date of HTTP, in milliseconds; 0 for one in the past.
#[expect(
    clippy::disallowed_methods,
    reason = "whoever drives the core is the one who has a clock"
)]
pub(super) fn until_date(date: &str) -> Option<u64> {
    let date = httpdate::parse_http_date(date).ok()?;
    let wait = date.duration_since(SystemTime::now()).unwrap_or_default();
    u64::try_from(wait.as_millis()).ok()
}
