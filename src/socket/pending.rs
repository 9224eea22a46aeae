//! Acknowledgements of the server that are awaited.

use super::outgoing::EmitId;
use crate::time::{Timestamp, earliest};

/// What one of them takes, with what the page keeps for it, in bytes.
pub const ACK_BYTES: usize = 256;

/// Those that are awaited, in the order of their numbers.
///
/// There may be tens of thousands, of which a burst of answers takes one after another: each is only
/// marked, and the marked ones go together.
#[derive(Debug, Default)]
pub(super) struct PendingAcks {
    entries: Vec<PendingAck>,
    /// How many have no outcome yet.
    open: usize,
    next: u64,
    /// None is overdue before then.
    due: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct PendingAck {
    number: u64,
    emit: EmitId,
    pub(super) deadline: Option<Timestamp>,
    pub(super) is_sent: bool,
    is_over: bool,
}

impl PendingAcks {
    /// The number of the next one.
    pub(super) const fn next(&self) -> u64 {
        self.next
    }

    pub(super) const fn bytes(&self) -> usize {
        self.open.saturating_mul(ACK_BYTES)
    }

    /// Awaits the [`next`](Self::next) one.
    pub(super) fn push(&mut self, emit: EmitId, deadline: Option<Timestamp>) {
        self.entries.push(PendingAck {
            number: self.next,
            emit,
            deadline,
            is_sent: false,
            is_over: false,
        });
        self.next += 1;
        self.open += 1;
        self.due = earliest(self.due, deadline);
    }

    /// The server gets the emit that asks for it.
    pub(super) fn send(&mut self, number: u64) {
        if let Some(pending) = self.find(number) {
            pending.is_sent = true;
        }
    }

    /// Whether it has no outcome yet.
    pub(super) fn has(&self, number: u64) -> bool {
        let place = self.place(number);
        place.is_some_and(|place| self.entries.get(place).is_some_and(|found| !found.is_over))
    }

    /// The emit that asked for it; `None` if nobody waits for it.
    pub(super) fn take(&mut self, number: u64) -> Option<EmitId> {
        // A server that acknowledges what it has not got knows nothing of it.
        let pending = self.find(number).filter(|pending| pending.is_sent)?;
        pending.is_over = true;
        let emit = pending.emit;
        self.closed();
        Some(emit)
    }

    /// Nobody waits for it any more.
    pub(super) fn remove(&mut self, number: u64) {
        if let Some(pending) = self.find(number) {
            pending.is_over = true;
            self.closed();
        }
    }

    fn closed(&mut self) {
        self.open -= 1;
        if self.open.saturating_mul(2) < self.entries.len() {
            self.entries.retain(|pending| !pending.is_over);
        }
        if self.open == 0 {
            self.due = None;
        }
    }

    /// Forgets these, and names their emits.
    pub(super) fn forget(&mut self, which: &dyn Fn(&PendingAck) -> bool) -> Vec<EmitId> {
        let mut forgotten = Vec::new();
        let mut due = None;
        self.entries.retain(|pending| {
            if pending.is_over {
                return false;
            }
            let is_kept = !which(pending);
            if is_kept {
                due = earliest(due, pending.deadline);
            } else {
                forgotten.push(pending.emit);
            }
            is_kept
        });
        self.open = self.entries.len();
        self.due = due;
        forgotten
    }

    /// When the next one may be overdue.
    pub(super) const fn poll_timeout(&self) -> Option<Timestamp> {
        self.due
    }

    fn find(&mut self, number: u64) -> Option<&mut PendingAck> {
        let place = self.place(number)?;
        self.entries
            .get_mut(place)
            .filter(|pending| !pending.is_over)
    }

    fn place(&self, number: u64) -> Option<usize> {
        let by_number = |pending: &PendingAck| pending.number.cmp(&number);
        self.entries.binary_search_by(by_number).ok()
    }
}
