//! Time as the core sees it: an argument in whole milliseconds, never a clock.

/// A moment, in whole milliseconds since the Unix epoch.
///
/// The caller's clock starts at the wall clock, so that a moment can be shown as a date, and never
/// runs backwards afterwards. All arithmetic saturates: no deadline can overflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The moment `millis` milliseconds after the epoch.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The moment `millis` milliseconds later.
    #[must_use]
    pub const fn after(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Milliseconds that have passed since `earlier`; 0 if that lies in the future.
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// The earlier of two deadlines that may not exist.
pub(crate) fn earliest(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, None) => a,
        (None, b) => b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates_at_both_ends() {
        let end = Timestamp::from_millis(u64::MAX);
        assert_eq!(end.after(1), end);
        assert_eq!(Timestamp::default().since(end), 0);
    }

    #[test]
    fn the_earliest_deadline_is_the_one_that_exists() {
        let (one, two) = (Some(Timestamp(1)), Some(Timestamp(2)));
        assert_eq!(earliest(two, one), one);
        assert_eq!(earliest(None, two), two);
        assert_eq!(earliest(two, None), two);
        assert_eq!(earliest(None, None), None);
    }
}
