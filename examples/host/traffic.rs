//! What clients have sent and got, counted.

use std::sync::atomic::{AtomicU64, Ordering};

/// The counters of one client, or of several together.
#[derive(Default)]
pub struct Traffic {
    requests: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Requests that were started, those that open a WebSocket among them.
    pub requests: u64,
    /// Of these: answered with another status than 200 to 299.
    pub refused: u64,
    /// Of these: without a complete answer. One that the client gave up is not counted.
    pub failed: u64,
}

impl Traffic {
    pub(super) fn ask(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn fail(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    /// The counters now.
    pub fn figures(&self) -> Figures {
        Figures {
            requests: self.requests.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
        }
    }
}
