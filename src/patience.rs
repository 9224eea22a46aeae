//! Deadlines of a driver that was not there: answers that lie in the browser are read first.

use crate::time::Timestamp;

/// A call that comes so much later than it was due, in milliseconds, found a page that was busy,
/// throttled, frozen or asleep. Timers of a page at work are late by less.
pub const LATE_MS: u64 = 200;

/// How long such a page goes on reading before its deadlines count, in milliseconds: answers that
/// are as old as the deadline wait in the browser, each for its own task.
pub const LAST_LOOK_MS: u64 = 1000;

/// Whether deadlines count. Only those of answers: what was planned for a time that is over is done
/// at once.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    /// When the look ends.
    ends: Option<Timestamp>,
}

impl Patience {
    /// To be told of each input, with what was due before it.
    pub(crate) fn begin(&mut self, now: Timestamp, due: Option<Timestamp>) {
        let ended = self.ends.take_if(|ends| *ends <= now);
        let Some(due) = due else { return };
        // Once for each deadline: timers of hidden pages are late by a minute again and again, but
        // answers are not, and had their time.
        let had_its_look = ended.is_some_and(|ended| due <= ended);
        if self.ends.is_none() && !had_its_look && now.since(due) > LATE_MS {
            self.ends = Some(now.after(LAST_LOOK_MS));
        }
    }

    /// Whether what should have come by now may still be in the browser.
    pub(crate) const fn holds(&self) -> bool {
        self.ends.is_some()
    }

    /// When the driver is to call for something that is due at this time. Until the look ends it is
    /// not called at all, which also delays what is planned by no more than [`LAST_LOOK_MS`].
    pub(crate) fn not_before(&self, due: Timestamp) -> Timestamp {
        self.ends.map_or(due, |ends| due.max(ends))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    /// Whether deadlines are held back at this input.
    fn holds(patience: &mut Patience, now: u64, due: u64) -> bool {
        let due = patience.not_before(at(due));
        patience.begin(at(now), Some(due));
        patience.holds()
    }

    #[test]
    fn a_call_that_is_punctual_needs_none() {
        let mut patience = Patience::default();
        assert!(!holds(&mut patience, 1000 + LATE_MS, 1000));
        patience.begin(at(9999), None);
        assert!(!patience.holds());
    }

    #[test]
    fn a_late_call_holds_deadlines_back_for_one_look() {
        let mut patience = Patience::default();
        assert!(holds(&mut patience, 1001 + LATE_MS, 1000));
        let ends = 1001 + LATE_MS + LAST_LOOK_MS;
        assert_eq!(patience.not_before(at(1000)), at(ends));
        assert_eq!(patience.not_before(at(ends + 1)), at(ends + 1));
        assert!(holds(&mut patience, ends - 1, 1000));
        assert!(!holds(&mut patience, ends, 1000));
    }

    #[test]
    fn a_timer_that_is_late_every_time_does_not_put_a_deadline_off_for_ever() {
        let mut patience = Patience::default();
        assert!(holds(&mut patience, 60_000, 20_000));
        assert!(!holds(&mut patience, 120_000, 20_000));
        // The next deadline has a look of its own.
        assert!(holds(&mut patience, 180_000, 150_000));
    }

    #[test]
    fn a_deadline_behind_the_one_that_was_looked_for_has_its_own_look() {
        let mut patience = Patience::default();
        assert!(holds(&mut patience, 60_000, 20_000));
        // Meanwhile the first was met.
        assert!(holds(&mut patience, 120_000, 90_000));
    }
}
