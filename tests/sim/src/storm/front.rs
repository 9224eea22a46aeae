//! The queue in front of the servers.

use super::Capacity;

/// Takes one request after another, in the order in which they came.
#[derive(Debug)]
pub(super) struct Front {
    capacity: Capacity,
    /// When everything is taken that waits, in milliseconds.
    free_at: f64,
    /// The most that waited at a time.
    pub(super) longest: u32,
}

impl Front {
    pub(super) const fn new(capacity: Capacity) -> Self {
        Self {
            capacity,
            free_at: 0.0,
            longest: 0,
        }
    }

    /// When a request that comes now is worked on; `None` if there is no place for it.
    pub(super) fn take(&mut self, now: u64) -> Option<u64> {
        let each = 1_000.0 / self.capacity.rate;
        let begins = self.free_at.max(now as f64);
        let waiting = ((begins - now as f64) / each).ceil() as u32;
        if waiting >= self.capacity.queue {
            return None;
        }
        self.longest = self.longest.max(waiting + 1);
        self.free_at = begins + each;
        Some(self.free_at.ceil() as u64)
    }
}
