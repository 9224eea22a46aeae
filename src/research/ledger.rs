//! Which lines of a log the page has: live and stored lines as counted multisets, in bounded memory.

use super::date::Instant;
use super::dedup::{self, Memory};

/// Seconds by which a line may be ahead of those after it and still say how far memory reaches back.
/// Threads of a server differ by less; a line from next year must not make everything look old.
const MAX_AHEAD_S: i64 = 3_600;

/// Lines from further ahead that are remembered one by one when they are forgotten.
const MAX_STRAYS: usize = 256;

/// What makes a line the same line.
///
/// A live line has microseconds, its stored copy whole seconds: they have the same `key`. Lines with
/// the same key are told apart by `exact`, or by their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    /// Of the whole second and the message; of the message alone without a time that can be read.
    pub(super) key: u64,
    /// Of the time and the message; `None` for a line without any time.
    pub(super) exact: Option<u64>,
    /// `None` without a time that can be read.
    pub(super) time: Option<Instant>,
}

impl Identity {
    /// Of a line with this message and time, as the server wrote it.
    pub(super) fn new(seed: u64, time: Option<&str>, message: &str) -> Self {
        let instant = time.and_then(Instant::parse);
        if let Some(Instant { second, nanos }) = instant {
            let key = dedup::hash(dedup::mix(seed) ^ second as u64, &[message]);
            return Self {
                key,
                exact: Some(dedup::mix(key ^ u64::from(nanos.unwrap_or(0)))),
                time: instant,
            };
        }
        Self {
            key: Self::of_message(seed, message),
            exact: time.map(|time| dedup::hash(seed, &[time, message])),
            time: None,
        }
    }

    fn of_message(seed: u64, message: &str) -> u64 {
        dedup::hash(!seed, &[message])
    }
}

/// A line of a stored log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored<'a> {
    pub(super) identity: Identity,
    pub(super) message: &'a str,
    /// The server's number of the line, if it has one: it grows.
    pub(super) id: Option<i64>,
    /// Whether the page is to get it: the answer of [`Ledger::answer`].
    pub(super) is_missing: bool,
}

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
    seed: u64,
    /// The lines whose exact time is known.
    exact: Memory,
    keys: Memory,
    /// By the places of the keys.
    counts: Vec<Count>,
    newest_id: Option<i64>,
    /// The newest second of which a key was forgotten.
    forgotten: i64,
    /// The same, of keys of which not every line had been seen in the stored log.
    forgotten_unstored: i64,
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
    /// Whether none of them can have been forgotten: a stored log can be counted as a whole.
    is_whole: bool,
    /// Whether stored lines with new ids can be counted.
    counts_ids: bool,
}

impl Ledger {
    /// Remembers nothing yet, and so many lines at most. `seed` is of the hashes.
    pub(super) fn new(seed: u64, capacity: usize) -> Self {
        Self {
            seed,
            exact: Memory::new(capacity),
            keys: Memory::new(capacity),
            counts: Vec::new(),
            newest_id: None,
            forgotten: i64::MIN,
            forgotten_unstored: i64::MIN,
            strays: Memory::new(MAX_STRAYS),
            arrival: i64::MIN,
            untimed: 0,
            is_blind: false,
            takes_all: false,
            is_doubtful: false,
        }
    }

    pub(super) fn capacity(&self) -> usize {
        self.keys.capacity()
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

    /// Decides of each line of a stored log, given as a whole and oldest first, whether the page is
    /// to get it. True if some were left out that may be missing.
    pub(super) fn answer(&mut self, lines: &mut [Stored<'_>]) -> bool {
        let mut order: Vec<Member> = Vec::new();
        let mut is_uncertain = false;
        for (place, line) in (0..).zip(lines.iter()) {
            if line.identity.time.is_some() {
                let is_unknown = !line.exact().is_some_and(|exact| self.exact.contains(exact));
                let rank = if is_unknown { place | UNKNOWN } else { place };
                order.push((line.identity.key, rank));
            } else {
                // What cannot be placed in time cannot be recognised: it is left out.
                is_uncertain |= line.id.is_none() || line.id > self.newest_id;
            }
        }
        order.sort_unstable();
        let takes_all = std::mem::take(&mut self.takes_all) || self.is_blind;
        let mut groups = Vec::new();
        for members in order.chunk_by(|a, b| a.0 == b.0) {
            let mut group = self.judge(lines, members);
            is_uncertain |= group.is_withheld || (takes_all && group.missing > 0);
            for member in members.iter().rev().take(group.missing as usize) {
                let Some(line) = lines.get_mut(place_of(*member)) else {
                    continue;
                };
                line.is_missing = !takes_all && !self.has_untimed(line.message);
                // One that is not missing may be any of those that came without an exact time.
                if let Some(exact) = line.exact() {
                    group.exact += u32::from(self.exact.insert(exact));
                }
            }
            groups.push(group);
        }
        // In the order of the log: what is forgotten first is the oldest.
        let mut order: Vec<Member> = groups.iter().map(|group| group.first).zip(0..).collect();
        order.sort_unstable();
        for group in order
            .into_iter()
            .filter_map(|(_, place)| groups.get(place as usize))
        {
            if group.is_known_from_now
                && let Some(count) = self.count(group.key, Some(group.second))
            {
                count.exact = group.exact;
                count.stored = group.stored;
                count.delivered = group.delivered;
            }
        }
        for line in lines.iter() {
            self.newest_id = self.newest_id.max(line.id);
        }
        is_uncertain
    }

    /// Notes a line in whole seconds that did not come from the stored log; whether the page is to
    /// get it. It may be the copy of any that the page has.
    pub(super) fn copy(&mut self, line: Stored<'_>) -> bool {
        let takes_all = std::mem::take(&mut self.takes_all);
        let mut lines = [Stored { id: None, ..line }];
        self.answer(&mut lines);
        self.takes_all = takes_all;
        lines.iter().any(|line| line.is_missing)
    }

    /// Notes a line that the page has from an earlier client.
    pub(super) fn remember(&mut self, line: &Stored<'_>) {
        let second = line.identity.time.map(|time| time.second);
        self.untimed += u64::from(second.is_none());
        let is_exact = line.id.is_none() || line.exact().is_some();
        let is_new = is_exact
            && line
                .identity
                .exact
                .is_none_or(|exact| self.exact.insert(exact));
        self.newest_id = self.newest_id.max(line.id);
        if let Some(count) = self.count(line.identity.key, second) {
            count.delivered = count.delivered.saturating_add(1);
            count.exact += u32::from(is_new);
            count.stored += u32::from(line.id.is_some());
        }
    }

    /// The page has had lines of which this client will not hear: everything up to this second, or
    /// everything that is stored now.
    pub(super) fn forget_before(&mut self, second: Option<i64>) {
        match second {
            Some(second) => {
                self.forgotten = self.forgotten.max(second);
                self.forgotten_unstored = self.forgotten_unstored.max(second);
            }
            None => self.takes_all = true,
        }
    }

    /// Whether a line was taken for the copy of a stored one since this was asked last, which only
    /// the stored log can confirm.
    pub(super) fn take_doubt(&mut self) -> bool {
        std::mem::take(&mut self.is_doubtful)
    }

    /// What an answer says about the lines with one key. Those whose exact time is known come first.
    fn judge(&self, lines: &[Stored<'_>], members: &[Member]) -> Group {
        let mut group = Group::default();
        let (mut all, mut unknown, mut with_id, mut newer) = (0_u32, 0_u32, 0_u32, 0_u32);
        for member in members {
            let Some(line) = lines.get(place_of(*member)) else {
                continue;
            };
            let place = place_of(*member) as u64;
            if all == 0 || place < group.first {
                group.first = place;
            }
            group.key = member.0;
            group.second = line.identity.time.map_or(0, |time| time.second);
            all += 1;
            unknown += u32::from(member.1 >= UNKNOWN);
            with_id += u32::from(line.id.is_some());
            newer += u32::from(line.id > self.newest_id);
        }
        let count = self.keys.place(group.key);
        let count = count.and_then(|place| self.counts.get(place).copied());
        let count = count.unwrap_or_else(|| self.fresh(group.key, Some(group.second)));
        group.exact = count.exact;
        group.stored = count.stored.saturating_add(newer);
        let mut total = 0;
        if count.counts_ids {
            total = group.stored;
        }
        if count.is_whole {
            total = total.max(all);
            // An older id can come to light after a newer one.
            group.stored = group.stored.max(with_id);
        }
        group.missing = total.saturating_sub(count.delivered).min(unknown);
        group.delivered = count.delivered.saturating_add(group.missing);
        group.is_known_from_now = count.is_whole || (count.counts_ids && newer > 0);
        group.is_withheld = !group.is_known_from_now && newer > 0;
        group
    }

    /// Whether the page has this message without a time; counts it as found.
    fn has_untimed(&mut self, message: &str) -> bool {
        if self.untimed == 0 {
            return false;
        }
        let place = self.keys.place(Identity::of_message(self.seed, message));
        let count = place.and_then(|place| self.counts.get_mut(place));
        let Some(count) = count.filter(|count| count.delivered > count.stored) else {
            return false;
        };
        count.stored += 1;
        self.untimed = self.untimed.saturating_sub(1);
        true
    }

    /// The count of a key that is not remembered.
    fn fresh(&self, key: u64, second: Option<i64>) -> Count {
        let is_beyond =
            |limit: i64| second.is_none_or(|second| second > limit) && !self.strays.contains(key);
        Count {
            second,
            exact: 0,
            stored: 0,
            delivered: 0,
            is_whole: is_beyond(self.forgotten),
            counts_ids: is_beyond(self.forgotten_unstored),
        }
    }

    fn count(&mut self, key: u64, second: Option<i64>) -> Option<&mut Count> {
        let fresh = self.fresh(key, second);
        let entered = self.keys.enter(key);
        if entered.is_new {
            self.arrival = second.unwrap_or(self.arrival);
            if entered.place == self.counts.len() {
                self.counts.push(fresh);
            } else if let Some(count) = self.counts.get_mut(entered.place) {
                let old = std::mem::replace(count, fresh);
                if let Some(key) = entered.forgotten {
                    self.forget(key, old);
                }
            }
        }
        self.counts.get_mut(entered.place)
    }

    fn forget(&mut self, key: u64, count: Count) {
        let is_open = count.delivered > count.stored;
        let Some(second) = count.second else {
            self.is_blind |= is_open;
            return;
        };
        let is_stray = second > self.arrival.saturating_add(MAX_AHEAD_S);
        if is_stray && self.strays.len() < MAX_STRAYS {
            self.strays.insert(key);
            return;
        }
        self.forgotten = self.forgotten.max(second);
        if is_open {
            self.forgotten_unstored = self.forgotten_unstored.max(second);
        }
    }
}

impl Stored<'_> {
    /// The identity by exact time, if the time is written more exactly than in whole seconds.
    fn exact(&self) -> Option<u64> {
        self.identity.time?.nanos?;
        self.identity.exact
    }
}

/// A line of an answer, in the order in which they are grouped: its key; then its place, after
/// [`UNKNOWN`] if its exact time is not known. Everything is sorted as such pairs, since each other
/// type costs the module another copy of the sorting.
type Member = (u64, u64);

const UNKNOWN: u64 = 1 << 63;

const fn place_of(member: Member) -> usize {
    (member.1 & !UNKNOWN) as usize
}

/// The lines of one answer that have the same key.
#[derive(Clone, Copy, Debug, Default)]
struct Group {
    key: u64,
    second: i64,
    /// The place of the first of them.
    first: u64,
    /// What the counts are after it.
    exact: u32,
    stored: u32,
    delivered: u32,
    /// How many of them the page is still to get.
    missing: u32,
    /// Whether the counts are to be kept: not those of a key that was forgotten.
    is_known_from_now: bool,
    /// Some may be missing, but memory does not reach back to them.
    is_withheld: bool,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// A line as it truly happened.
    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
    struct Truth {
        second: u64,
        micros: u64,
        message: String,
    }

    impl Truth {
        fn new(second: u64, micros: u64, message: &str) -> Self {
            let message = message.to_owned();
            Self {
                second,
                micros,
                message,
            }
        }

        fn live(&self) -> Identity {
            let time = format!("1970-01-01T00:00:{:02}.{:06}Z", self.second, self.micros);
            Identity::new(1, Some(&time), &self.message)
        }

        fn stored(&self, id: Option<i64>, is_exact: bool) -> Stored<'_> {
            let time = format!("Thu, 01 Jan 1970 00:00:{:02} GMT", self.second);
            let coarse = Identity::new(1, Some(&time), &self.message);
            Stored {
                identity: if is_exact { self.live() } else { coarse },
                message: &self.message,
                id,
                is_missing: false,
            }
        }
    }

    fn missing(ledger: &mut Ledger, mut lines: Vec<Stored<'_>>) -> Vec<bool> {
        ledger.answer(&mut lines);
        lines.iter().map(|line| line.is_missing).collect()
    }

    #[test]
    fn the_same_words_three_times_in_one_second_are_three_lines() {
        let lines = [1, 2, 3].map(|micros| Truth::new(9, micros, "Retrying"));
        let mut ledger = Ledger::new(1, 10);
        assert!(ledger.live(lines[0].live(), true));
        assert!(!ledger.live(lines[0].live(), true), "sent twice");
        let answer = || {
            (1..)
                .zip(&lines)
                .map(|(id, line)| line.stored(Some(id), false))
        };
        assert_eq!(
            missing(&mut ledger, answer().collect()),
            [false, true, true]
        );
        assert_eq!(missing(&mut ledger, answer().collect()), [false; 3]);
        assert!(!ledger.live(lines[1].live(), true), "late");
        assert!(ledger.take_doubt());
        assert!(!ledger.live(lines[2].live(), true), "late");
    }

    #[test]
    fn a_twin_that_was_taken_for_a_copy_comes_with_the_next_answer() {
        let (first, second) = (Truth::new(9, 1, "a"), Truth::new(9, 2, "a"));
        let mut ledger = Ledger::new(1, 10);
        assert_eq!(
            missing(&mut ledger, vec![first.stored(Some(1), false)]),
            [true]
        );
        assert!(!ledger.live(second.live(), true));
        assert!(ledger.take_doubt());
        assert!(!ledger.take_doubt());
        let both = vec![first.stored(Some(1), false), second.stored(Some(2), false)];
        assert_eq!(missing(&mut ledger, both), [false, true]);
    }

    #[test]
    fn a_line_that_is_stored_twice_hides_no_other() {
        let (one, other) = (Truth::new(9, 1, "a"), Truth::new(9, 2, "a"));
        let mut ledger = Ledger::new(1, 10);
        assert!(ledger.live(one.live(), true));
        let twice = || vec![one.stored(None, true), one.stored(None, true)];
        assert_eq!(missing(&mut ledger, twice()), [false, false]);
        assert!(ledger.live(other.live(), true));
    }

    #[test]
    fn a_log_without_the_old_lines_is_counted_by_its_ids() {
        let line = Truth::new(9, 1, "a");
        let mut ledger = Ledger::new(1, 10);
        let ids = |ids: &[i64]| ids.iter().map(|id| line.stored(Some(*id), false)).collect();
        assert_eq!(missing(&mut ledger, ids(&[1, 2])), [true, true]);
        assert_eq!(missing(&mut ledger, ids(&[2, 3])), [false, true]);
        assert_eq!(missing(&mut ledger, ids(&[4])), [true]);
    }

    #[test]
    fn an_id_that_comes_to_light_late_is_delivered() {
        let (a, b) = (Truth::new(9, 1, "a"), Truth::new(9, 2, "b"));
        let mut ledger = Ledger::new(1, 10);
        assert_eq!(missing(&mut ledger, vec![b.stored(Some(2), false)]), [true]);
        let both = vec![a.stored(Some(1), false), b.stored(Some(2), false)];
        assert_eq!(missing(&mut ledger, both), [true, false]);
        assert_eq!(missing(&mut ledger, vec![a.stored(Some(3), false)]), [true]);
    }

    #[test]
    fn a_line_without_a_time_hides_one_stored_line_with_its_words_and_no_other() {
        let mut ledger = Ledger::new(1, 10);
        assert!(ledger.live(Identity::new(1, None, "a"), true));
        assert!(ledger.live(Identity::new(1, None, "b"), true));
        let (a, c) = (Truth::new(9, 1, "a"), Truth::new(9, 1, "c"));
        let answer = vec![
            c.stored(Some(1), false),
            a.stored(Some(2), false),
            a.stored(Some(3), false),
        ];
        let given = missing(&mut ledger, answer);
        assert!(given[0]);
        assert_ne!(given[1], given[2]);
    }

    #[test]
    fn a_line_in_whole_seconds_is_new_only_if_it_can_be_no_copy() {
        let mut ledger = Ledger::new(1, 10);
        let (a, b) = (Truth::new(9, 1, "a"), Truth::new(9, 1, "b"));
        assert!(ledger.live(a.live(), true));
        assert!(!ledger.copy(a.stored(Some(7), false)));
        assert!(ledger.copy(b.stored(Some(8), false)));
        assert!(!ledger.copy(b.stored(Some(8), false)));
        // Its number does not say how far the stored log was read.
        let mut answer = [Stored {
            identity: Identity::new(1, None, "c"),
            message: "c",
            id: Some(5),
            is_missing: false,
        }];
        assert!(ledger.answer(&mut answer), "uncertain");
    }

    #[test]
    fn a_line_without_a_time_is_not_delivered_again_when_the_log_has_its_time() {
        let mut ledger = Ledger::new(1, 10);
        assert!(ledger.live(Identity::new(1, None, "a"), true));
        assert!(ledger.live(Identity::new(1, Some("yesterday"), "a"), true));
        assert!(!ledger.live(Identity::new(1, Some("yesterday"), "a"), true));
        let line = Truth::new(9, 1, "a");
        let ids = || [1, 2, 3].map(|id| line.stored(Some(id), false)).to_vec();
        let given = missing(&mut ledger, ids());
        assert_eq!(given.iter().filter(|is_missing| **is_missing).count(), 1);
        assert_eq!(missing(&mut ledger, ids()), [false; 3]);
    }

    #[test]
    fn a_stored_line_without_a_time_is_left_out() {
        let mut ledger = Ledger::new(1, 10);
        for (id, time) in [(1, None), (2, Some("yesterday"))] {
            let line = Stored {
                identity: Identity::new(1, time, "a"),
                message: "a",
                id: Some(id),
                is_missing: false,
            };
            let mut answer = [line];
            assert!(ledger.answer(&mut answer), "uncertain");
            assert!(!answer[0].is_missing);
            assert!(!ledger.answer(&mut answer), "known");
        }
    }

    #[test]
    fn what_was_forgotten_is_not_delivered_again() {
        let mut ledger = Ledger::new(1, 5);
        let lines: Vec<_> = (0..40).map(|n| Truth::new(n, 1, "a")).collect();
        for line in &lines {
            assert!(ledger.live(line.live(), true));
        }
        let answer = |ids: bool| {
            let numbered = (1..).zip(&lines);
            numbered
                .map(|(id, line)| line.stored(ids.then_some(id), false))
                .collect()
        };
        assert_eq!(missing(&mut ledger, answer(false)), [false; 40]);
        assert_eq!(missing(&mut ledger, answer(true)), [false; 40]);
    }

    #[test]
    fn a_log_that_is_longer_than_memory_is_delivered_once() {
        let lines: Vec<_> = (0..40)
            .map(|n| Truth::new(n / 20, n, &format!("{n}")))
            .collect();
        for ids in [false, true] {
            let mut ledger = Ledger::new(1, 5);
            let answer = |from, to| {
                let numbered = (1..).zip(&lines[..to]).skip(from);
                numbered
                    .map(|(id, line)| line.stored(ids.then_some(id), false))
                    .collect()
            };
            assert_eq!(missing(&mut ledger, answer(0, 30)), [true; 30]);
            assert_eq!(missing(&mut ledger, answer(0, 30)), [false; 30]);
            let rest = missing(&mut ledger, answer(0, 40));
            assert_eq!(rest[..30], [false; 30]);
            // Only ids tell that lines of a second that was forgotten are new.
            assert_eq!(rest[30..], [ids; 10]);
            assert_eq!(missing(&mut ledger, answer(0, 40)), [false; 40]);
        }
    }

    #[test]
    fn what_memory_does_not_reach_is_said_to_be_uncertain() {
        let mut ledger = Ledger::new(1, 5);
        for n in 10..20 {
            assert!(ledger.live(Truth::new(n, 1, "a").live(), true));
        }
        let missed = Truth::new(12, 1, "b");
        let mut answer = [missed.stored(Some(1), false)];
        assert!(ledger.answer(&mut answer), "uncertain");
        assert!(!answer[0].is_missing);
        let mut answer = [Truth::new(30, 1, "b")].map(|line| (line, 2));
        let (line, id) = &mut answer[0];
        assert!(!ledger.answer(&mut [line.stored(Some(*id), false)]));
    }

    #[test]
    fn an_answer_with_nothing_new_is_certain_and_forgets_nothing() {
        let lines: Vec<_> = (1..7).map(|n| Truth::new(n, 1, "a")).collect();
        let mut ledger = Ledger::new(1, 2);
        let answer = || {
            let numbered = (1..).zip(&lines);
            let stored = numbered.map(|(id, line)| line.stored(Some(id), false));
            stored.collect::<Vec<_>>()
        };
        for is_missing in [true, false] {
            let mut answer = answer();
            assert!(!ledger.answer(&mut answer), "uncertain");
            assert!(answer.iter().all(|line| line.is_missing == is_missing));
        }
        let late = Truth::new(5, 9, "late");
        assert_eq!(missing(&mut ledger, vec![late.stored(None, false)]), [true]);
        let older = Truth::new(4, 9, "older");
        let mut newer = [older.stored(Some(7), false)];
        assert!(!ledger.answer(&mut newer), "its number says that it is new");
        assert!(newer[0].is_missing);

        let mut ledger = Ledger::new(1, 10);
        assert!(ledger.live(lines[0].live(), true));
        ledger.forget_before(None);
        assert!(!ledger.answer(&mut [lines[0].stored(None, false)]));
    }

    #[test]
    fn the_oldest_lines_of_an_answer_are_forgotten_first() {
        let lines: Vec<_> = (0..20).map(|n| Truth::new(n, 1, &format!("{n}"))).collect();
        let mut ledger = Ledger::new(1, 10);
        let answer = lines.iter().map(|line| line.stored(None, false)).collect();
        assert_eq!(missing(&mut ledger, answer), [true; 20]);
        for (second, is_missing) in [(9, false), (10, true)] {
            let late = Truth::new(second, 2, "late");
            let given = missing(&mut ledger, vec![late.stored(None, false)]);
            assert_eq!(given, [is_missing], "in second {second}");
        }
    }

    #[test]
    fn a_line_more_than_an_hour_ahead_is_a_stray_as_long_as_there_is_room() {
        let at = |second: i64, message: &str| {
            let instant = Instant {
                second,
                nanos: Some(1_000),
            };
            Identity::new(
                1,
                Some(&(instant.to_iso().replace('+', ".000001+"))),
                message,
            )
        };
        let half_an_hour = Stored {
            identity: Identity::new(1, Some("1970-01-01T00:30:00Z"), "late"),
            message: "late",
            id: None,
            is_missing: false,
        };
        let reaches_back = |ledger: &Ledger| missing(&mut ledger.clone(), vec![half_an_hour]);
        for (ahead_s, is_stray) in [(MAX_AHEAD_S, false), (MAX_AHEAD_S + 1, true)] {
            let mut ledger = Ledger::new(1, 1);
            assert!(ledger.live(at(ahead_s, "ahead"), true));
            assert!(ledger.live(at(0, "now"), true));
            assert_eq!(reaches_back(&ledger), [is_stray], "{ahead_s} s ahead");
        }
        let mut ledger = Ledger::new(1, 1);
        for n in 0..=MAX_STRAYS {
            assert_eq!(reaches_back(&ledger), [true], "{n} strays");
            assert!(ledger.live(at(10_000, &n.to_string()), true));
            assert!(ledger.live(at(0, &n.to_string()), true));
        }
        assert_eq!(reaches_back(&ledger), [false], "no room");
    }

    #[test]
    fn a_line_from_the_future_does_not_make_everything_look_old() {
        let mut ledger = Ledger::new(1, 5);
        let future = Identity::new(1, Some("2999-01-01T00:00:00.5Z"), "a");
        assert!(ledger.live(future, true));
        for n in 0..20 {
            assert!(ledger.live(Truth::new(n, 1, "a").live(), true));
        }
        let missed = Truth::new(18, 1, "b");
        assert_eq!(
            missing(&mut ledger, vec![missed.stored(Some(1), false)]),
            [true]
        );
        let copy = Stored {
            identity: Identity::new(1, Some("2999-01-01T00:00:00Z"), "a"),
            message: "a",
            id: Some(2),
            is_missing: false,
        };
        assert_eq!(missing(&mut ledger, vec![copy]), [false]);
    }

    #[test]
    fn a_line_without_a_time_that_was_forgotten_ends_recovery() {
        let mut ledger = Ledger::new(1, 2);
        assert!(ledger.live(Identity::new(1, Some("t"), "a"), true));
        for n in 0..5 {
            assert!(ledger.live(Truth::new(n, 1, "b").live(), true));
        }
        let line = Truth::new(30, 1, "a");
        let mut answer = [line.stored(Some(1), false)];
        assert!(ledger.answer(&mut answer));
        assert!(!answer[0].is_missing);
    }

    #[test]
    fn lines_of_an_earlier_client_are_not_delivered_again() {
        let lines: Vec<_> = (0..10).map(|n| Truth::new(n / 2, n, "a")).collect();
        let mut ledger = Ledger::new(1, 100);
        ledger.forget_before(Some(1));
        // One that came live, and a stored one.
        ledger.remember(&lines[3].stored(None, true));
        ledger.remember(&lines[4].stored(Some(5), false));
        let all = (1..)
            .zip(&lines)
            .map(|(id, line)| line.stored(Some(id), false));
        let given = missing(&mut ledger, all.collect());
        // Of the second 2 one of two is there.
        let expected = [
            false, false, false, false, false, true, true, true, true, true,
        ];
        assert_eq!(given, expected);
        assert!(!ledger.live(lines[3].live(), true));
    }

    #[test]
    fn lines_of_an_earlier_client_count_like_own_ones() {
        let (a, twin) = (Truth::new(9, 1, "a"), Truth::new(9, 2, "a"));
        // Heard live.
        let mut ledger = Ledger::new(1, 10);
        ledger.remember(&a.stored(None, true));
        assert!(ledger.live(twin.live(), true));
        // Read from the stored log, with ids.
        let mut ledger = Ledger::new(1, 10);
        ledger.remember(&a.stored(Some(1), false));
        let next = vec![twin.stored(Some(2), false)];
        assert_eq!(missing(&mut ledger, next), [true]);
        // Without a time.
        let mut ledger = Ledger::new(1, 10);
        ledger.remember(&Stored {
            identity: Identity::new(1, None, "a"),
            ..a.stored(None, false)
        });
        let found = vec![a.stored(Some(1), false)];
        assert_eq!(missing(&mut ledger, found), [false]);
        // Known exactly, whichever way it came.
        for (id, is_exact) in [(None, true), (Some(1), true), (None, false)] {
            let mut ledger = Ledger::new(1, 10);
            let line = a.stored(id, is_exact);
            ledger.remember(&line);
            assert!(!ledger.live(line.identity, true));
            assert!(!ledger.take_doubt(), "{id:?} {is_exact}");
        }
    }

    #[test]
    fn if_nothing_is_left_of_what_the_page_had_the_stored_lines_are_taken_as_told() {
        let lines: Vec<_> = (0..4).map(|n| Truth::new(n, n, "a")).collect();
        let mut ledger = Ledger::new(1, 100);
        ledger.forget_before(None);
        let answer = |to| {
            (1..)
                .zip(&lines[..to])
                .map(|(id, line)| line.stored(Some(id), false))
        };
        assert_eq!(missing(&mut ledger, answer(3).collect()), [false; 3]);
        assert_eq!(
            missing(&mut ledger, answer(4).collect()),
            [false, false, false, true]
        );
    }

    /// What a client is shown of the truth, in which order.
    #[derive(Clone, Debug)]
    enum Sight {
        /// The line at this place comes live, so often.
        Live(usize, u8),
        /// The stored log is read while it ends here, in this form, perhaps without its beginning.
        Log { end: usize, form: Form },
    }

    #[derive(Clone, Copy, Debug)]
    enum Form {
        Ids,
        NoIds,
        Exact,
    }

    fn truth() -> impl Strategy<Value = Vec<Truth>> {
        let line = (0_u64..3, 0_usize..3);
        prop::collection::vec(line, 1..30).prop_map(|lines| {
            let mut second = 0;
            let messages = ["a", "b", "c"];
            let number = lines.into_iter().enumerate().map(|(n, (step, message))| {
                second += u64::from(step == 0);
                Truth::new(second, n as u64, messages[message])
            });
            number.collect()
        })
    }

    fn sights(lines: usize) -> impl Strategy<Value = Vec<Sight>> {
        let form = prop::sample::select(vec![Form::Ids, Form::NoIds, Form::Exact]);
        let sight = prop_oneof![
            3 => (0..lines, 1_u8..3).prop_map(|(place, times)| Sight::Live(place, times)),
            1 => (0..=lines, form).prop_map(|(end, form)| Sight::Log { end, form }),
        ];
        prop::collection::vec(sight, 0..40)
    }

    fn count(lines: &[Truth]) -> BTreeMap<(u64, &str), usize> {
        let mut counts = BTreeMap::new();
        for line in lines {
            *counts
                .entry((line.second, line.message.as_str()))
                .or_default() += 1;
        }
        counts
    }

    /// What the page gets of these sights; checks that it is never more than the truth.
    fn look(ledger: &mut Ledger, truth: &[Truth], sights: &[Sight]) -> Vec<Truth> {
        let mut page = Vec::new();
        for sight in sights {
            match sight {
                Sight::Live(place, times) => {
                    let line = &truth[*place];
                    for _ in 0..*times {
                        if ledger.live(line.live(), true) {
                            page.push(line.clone());
                        }
                    }
                }
                Sight::Log { end, form } => {
                    let stored = (1..).zip(&truth[..*end]).map(|(id, line)| match form {
                        Form::Ids => line.stored(Some(id), false),
                        Form::NoIds => line.stored(None, false),
                        Form::Exact => line.stored(None, true),
                    });
                    let given = missing(ledger, stored.collect());
                    let lines = truth.iter().zip(given);
                    page.extend(
                        lines
                            .filter(|(_, missing)| *missing)
                            .map(|(line, _)| line.clone()),
                    );
                }
            }
            let all = count(truth);
            for (key, times) in count(&page) {
                assert!(times <= all[&key], "{key:?} {times} times after {sight:?}");
            }
        }
        page
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn each_line_is_delivered_once_whatever_comes_first(
            (truth, mut sights, last) in truth().prop_flat_map(|truth| {
                let sights = sights(truth.len());
                let form = prop::sample::select(vec![Form::Ids, Form::NoIds, Form::Exact]);
                (Just(truth), sights, form)
            }),
        ) {
            sights.push(Sight::Log { end: truth.len(), form: last });
            let mut ledger = Ledger::new(1, 1000);
            let page = look(&mut ledger, &truth, &sights);
            prop_assert_eq!(count(&page), count(&truth));
        }

        #[test]
        fn with_little_memory_no_line_is_delivered_twice_by_the_log(
            capacity in 1_usize..8,
            (truth, sights) in truth().prop_flat_map(|truth| {
                let sights = sights(truth.len());
                (Just(truth), sights)
            }),
        ) {
            // Live lines come in order and once: their copies are what memory is for.
            let mut next = 0;
            let sights: Vec<_> = sights
                .into_iter()
                .filter_map(|sight| match sight {
                    Sight::Live(place, _) if place < next => None,
                    Sight::Live(place, _) => {
                        next = place + 1;
                        Some(Sight::Live(place, 1))
                    }
                    log @ Sight::Log { .. } => Some(log),
                })
                .collect();
            let mut ledger = Ledger::new(1, capacity);
            let mut page: Vec<Truth> = Vec::new();
            for sight in &sights {
                let more = look(&mut ledger, &truth, std::slice::from_ref(sight));
                if let Sight::Log { .. } = sight {
                    let (all, before) = (count(&truth), count(&page));
                    for (key, times) in count(&more) {
                        let before = before.get(&key).copied().unwrap_or(0);
                        prop_assert!(before + times <= all[&key], "{key:?}");
                    }
                }
                page.extend(more);
            }
        }
    }
}
