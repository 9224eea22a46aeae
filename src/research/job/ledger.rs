//! Which lines of a log the page has: live and stored lines as counted multisets, in bounded memory.

mod answer;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub(super) use answer::Part;

use super::dedup::{Entered, Memory};
use crate::research::payload::identity::{Identity, Stored};

/// Seconds by which a line may be ahead of those after it and still say how far memory reaches back.
/// Threads of a server differ by less; a line from next year must not make everything look old.
const MAX_AHEAD_S: i64 = 3_600;

/// Lines from further ahead that are remembered one by one when they are forgotten.
const MAX_STRAYS: usize = 256;

/// Remembers which lines the page has.
///
/// For each key it counts how many lines are known from each side; the page has as many as the
/// side that knows most. So the same words three times in one second are three lines, from
/// whichever side each comes first, and none of them is four.
///
/// What is forgotten is never delivered again from the stored log: of all that is forgotten, the
/// newest second is kept, and a stored line up to there counts as delivered. Where lines have ids,
/// that is so only for the ids that were seen, unless a line was forgotten whose stored copy was
/// not.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    /// The lines whose exact time is known.
    exact: Memory,
    known: Counts,
    /// Of a stored log that is being read in parts, what was not known before: it must not take the
    /// place of what is live until all of the log was compared with it.
    log: Option<Counts>,
    newest_id: Option<i64>,
    forgotten: Forgotten,
    /// Keys that were forgotten and are too far ahead for that.
    strays: Memory,
    /// The second of the newest arrival.
    arrival: i64,
    /// Lines that the page has without a time: their stored copies have other keys.
    untimed: u64,
    /// Such a line was forgotten: no stored line can be told from it any more.
    is_blind: bool,
    /// The next stored lines are those that the page had before this client.
    takes_all: bool,
    is_doubtful: bool,
}

/// The newest seconds of which a key was forgotten.
#[derive(Clone, Copy, Debug)]
struct Forgotten {
    all: i64,
    /// Of keys of which not every line had been seen in the stored log.
    unstored: i64,
}

impl Forgotten {
    const NOTHING: Self = Self {
        all: i64::MIN,
        unstored: i64::MIN,
    };

    fn add(&mut self, other: Self) {
        self.all = self.all.max(other.all);
        self.unstored = self.unstored.max(other.unstored);
    }
}

/// The newest keys with their counts.
#[derive(Clone, Debug)]
struct Counts {
    keys: Memory,
    /// By the places of the keys.
    counts: Vec<Count>,
    /// Of a log that is being read: what its later lines took the place of.
    forgotten: Forgotten,
}

impl Counts {
    fn new(capacity: usize) -> Self {
        Self {
            keys: Memory::new(capacity),
            counts: Vec::new(),
            forgotten: Forgotten::NOTHING,
        }
    }

    /// Remembers a key that is not; what is forgotten in its place.
    fn insert(&mut self, key: u64, count: Count) -> Option<(u64, Count)> {
        let entered = self.keys.enter(key);
        self.put(entered, count)
    }

    /// The count of a key that was entered; what is forgotten in its place.
    fn put(&mut self, entered: Entered, count: Count) -> Option<(u64, Count)> {
        if entered.place == self.counts.len() {
            self.counts.push(count);
            return None;
        }
        let old = std::mem::replace(self.counts.get_mut(entered.place)?, count);
        Some((entered.forgotten?, old))
    }
}

/// Lines with the same key.
#[derive(Clone, Copy, Debug)]
struct Count {
    /// `None` for a key of a message alone.
    second: Option<i64>,
    /// Known by their exact time.
    exact: u32,
    /// Seen in the stored log, up to the newest id.
    stored: u32,
    delivered: u32,
    /// In the parts of the stored log that were read before this one.
    seen: u32,
    /// Whether none of them can have been forgotten: a stored log can be counted as a whole.
    is_whole: bool,
    /// Whether stored lines with new ids can be counted.
    counts_ids: bool,
}

impl Ledger {
    /// Remembers nothing yet, and so many lines at most.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            exact: Memory::new(capacity),
            known: Counts::new(capacity),
            log: None,
            newest_id: None,
            forgotten: Forgotten::NOTHING,
            strays: Memory::new(MAX_STRAYS),
            arrival: i64::MIN,
            untimed: 0,
            is_blind: false,
            takes_all: false,
            is_doubtful: false,
        }
    }

    pub(super) fn capacity(&self) -> usize {
        self.known.keys.capacity()
    }

    /// Notes a line that did not come from the stored log; whether the page is to get it. Of a line
    /// without any time only the caller knows whether `is_new`.
    pub(super) fn live(&mut self, line: Identity, is_new: bool) -> bool {
        let is_new = line.exact.map_or(is_new, |exact| self.exact.insert(exact));
        if !is_new {
            return false;
        }
        let second = line.time.map(|time| time.second);
        self.untimed += u64::from(second.is_none());
        let Some(count) = self.count(line.key, second) else {
            return true;
        };
        count.exact = count.exact.saturating_add(1);
        // Of a key that was forgotten in part it may be a copy: shown twice rather than not at all.
        let is_missing = count.exact > count.delivered || !count.is_whole;
        count.delivered = count.delivered.saturating_add(u32::from(is_missing));
        // Perhaps not the copy but its twin, whose own copy the stored log will have later.
        self.is_doubtful |= !is_missing;
        is_missing
    }

    /// Whether the line with this exact time is known from what came live.
    pub(super) fn has_exact(&self, exact: u64) -> bool {
        self.exact.contains(exact)
    }

    /// Whether all lines that came live with a time are known by it: none was forgotten.
    pub(super) fn knows_all(&self) -> bool {
        self.exact.len() < self.exact.capacity()
    }

    /// Notes a line in whole seconds that did not come from the stored log; whether the page is to
    /// get it. It may be the copy of any that the page has.
    pub(super) fn copy(&mut self, line: Identity) -> bool {
        let takes_all = std::mem::take(&mut self.takes_all);
        let mut lines = [Stored::new(line, None)];
        self.answer(&mut lines, Part::Alone);
        self.takes_all = takes_all;
        lines.iter().any(|line| line.is_missing)
    }

    /// Notes a line that the page has from an earlier client, with the number that it has if it is
    /// from the stored log.
    pub(super) fn remember(&mut self, line: Identity, id: Option<i64>) {
        let second = line.time.map(|time| time.second);
        self.untimed += u64::from(second.is_none());
        let is_exact = id.is_none() || line.time.is_some_and(|time| time.nanos.is_some());
        let is_new = is_exact && line.exact.is_none_or(|exact| self.exact.insert(exact));
        self.newest_id = self.newest_id.max(id);
        if let Some(count) = self.count(line.key, second) {
            count.delivered = count.delivered.saturating_add(1);
            count.exact += u32::from(is_new);
            count.stored += u32::from(id.is_some());
        }
    }

    /// The page has had lines of which this client will not hear: everything up to this second, or
    /// everything that is stored now.
    pub(super) fn forget_before(&mut self, second: Option<i64>) {
        match second {
            Some(second) => {
                self.forgotten.add(Forgotten {
                    all: second,
                    unstored: second,
                });
            }
            None => self.takes_all = true,
        }
    }

    /// Whether a line was taken for the copy of a stored one since this was asked last, which only
    /// the stored log can confirm.
    pub(super) fn take_doubt(&mut self) -> bool {
        std::mem::take(&mut self.is_doubtful)
    }

    /// The count of a key that is not remembered.
    fn fresh(&self, key: u64, second: Option<i64>) -> Count {
        let is_stray = self.strays.contains(key);
        let is_beyond = |limit: i64| !is_stray && second.is_none_or(|second| second > limit);
        Count {
            second,
            exact: 0,
            stored: 0,
            delivered: 0,
            seen: 0,
            is_whole: is_beyond(self.forgotten.all),
            counts_ids: is_beyond(self.forgotten.unstored),
        }
    }

    /// The count of a key that is remembered.
    fn find(&mut self, key: u64) -> Option<&mut Count> {
        if let Some(log) = &mut self.log
            && let Some(place) = log.keys.place(key)
        {
            return log.counts.get_mut(place);
        }
        let place = self.known.keys.place(key)?;
        self.known.counts.get_mut(place)
    }

    /// The count of a key, which is remembered from now on.
    fn count(&mut self, key: u64, second: Option<i64>) -> Option<&mut Count> {
        if self.log.as_ref().is_some_and(|log| log.keys.contains(key)) {
            return self.find(key);
        }
        let entered = self.known.keys.enter(key);
        if entered.is_new {
            let fresh = self.fresh(key, second);
            self.arrival = second.unwrap_or(self.arrival);
            if let Some((key, count)) = self.known.put(entered, fresh) {
                let forgotten = self.forget(key, count);
                self.forgotten.add(forgotten);
            }
        }
        self.known.counts.get_mut(entered.place)
    }

    /// The same for a line of a log of which other parts follow or were before.
    fn count_in_log(&mut self, key: u64, second: i64) -> Option<&mut Count> {
        if self.find(key).is_none() {
            let fresh = self.fresh(key, Some(second));
            self.arrival = second;
            let log = self.log.as_mut()?;
            if let Some((key, count)) = log.insert(key, fresh) {
                let forgotten = self.forget(key, count);
                self.log.as_mut()?.forgotten.add(forgotten);
            }
        }
        self.find(key)
    }

    /// Begins with a stored log, or ends with it: what the last one had is known from now on.
    pub(super) fn settle(&mut self) {
        let Some(log) = self.log.take() else { return };
        for (place, key) in log.keys.iter() {
            if let Some(count) = log.counts.get(place)
                && let Some(known) = self.count(key, count.second)
            {
                *known = *count;
            }
        }
        self.forgotten.add(log.forgotten);
        for count in &mut self.known.counts {
            count.seen = 0;
        }
    }

    /// What the forgetting of a key comes to.
    fn forget(&mut self, key: u64, count: Count) -> Forgotten {
        let is_open = count.delivered > count.stored;
        let Some(second) = count.second else {
            self.is_blind |= is_open;
            return Forgotten::NOTHING;
        };
        let is_stray = second > self.arrival.saturating_add(MAX_AHEAD_S);
        if is_stray && self.strays.len() < MAX_STRAYS {
            self.strays.insert(key);
            return Forgotten::NOTHING;
        }
        Forgotten {
            all: second,
            unstored: if is_open { second } else { i64::MIN },
        }
    }
}
