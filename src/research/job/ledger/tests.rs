//! One rule each.

use super::*;
use crate::research::payload::date::Instant;

/// A line as it truly happened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Truth {
    pub(super) second: u64,
    pub(super) micros: u64,
    pub(super) message: String,
}

impl Truth {
    pub(super) fn new(second: u64, micros: u64, message: &str) -> Self {
        let message = message.to_owned();
        Self {
            second,
            micros,
            message,
        }
    }

    pub(super) fn live(&self) -> Identity {
        let time = format!("1970-01-01T00:00:{:02}.{:06}Z", self.second, self.micros);
        Identity::new(1, Some(&time), &self.message)
    }

    pub(super) fn coarse(&self) -> Identity {
        let time = format!("Thu, 01 Jan 1970 00:00:{:02} GMT", self.second);
        Identity::new(1, Some(&time), &self.message)
    }

    pub(super) fn stored(&self, id: Option<i64>, is_exact: bool) -> Stored {
        let identity = if is_exact { self.live() } else { self.coarse() };
        Stored::new(identity, id)
    }
}

pub(super) fn missing(ledger: &mut Ledger, mut lines: Vec<Stored>) -> Vec<bool> {
    ledger.answer(&mut lines, Part::Last);
    lines.iter().map(|line| line.is_missing).collect()
}

#[test]
fn the_same_words_three_times_in_one_second_are_three_lines() {
    let lines = [1, 2, 3].map(|micros| Truth::new(9, micros, "Retrying"));
    let mut ledger = Ledger::new(10);
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
    let mut ledger = Ledger::new(10);
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
    let mut ledger = Ledger::new(10);
    assert!(ledger.live(one.live(), true));
    let twice = || vec![one.stored(None, true), one.stored(None, true)];
    assert_eq!(missing(&mut ledger, twice()), [false, false]);
    assert!(ledger.live(other.live(), true));
}

#[test]
fn a_log_without_the_old_lines_is_counted_by_its_ids() {
    let line = Truth::new(9, 1, "a");
    let mut ledger = Ledger::new(10);
    let ids = |ids: &[i64]| ids.iter().map(|id| line.stored(Some(*id), false)).collect();
    assert_eq!(missing(&mut ledger, ids(&[1, 2])), [true, true]);
    assert_eq!(missing(&mut ledger, ids(&[2, 3])), [false, true]);
    assert_eq!(missing(&mut ledger, ids(&[4])), [true]);
}

#[test]
fn an_id_that_comes_to_light_late_is_delivered() {
    let (a, b) = (Truth::new(9, 1, "a"), Truth::new(9, 2, "b"));
    let mut ledger = Ledger::new(10);
    assert_eq!(missing(&mut ledger, vec![b.stored(Some(2), false)]), [true]);
    let both = vec![a.stored(Some(1), false), b.stored(Some(2), false)];
    assert_eq!(missing(&mut ledger, both), [true, false]);
    assert_eq!(missing(&mut ledger, vec![a.stored(Some(3), false)]), [true]);
}

#[test]
fn a_line_without_a_time_hides_one_stored_line_with_its_words_and_no_other() {
    let mut ledger = Ledger::new(10);
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
    let mut ledger = Ledger::new(10);
    let (a, b) = (Truth::new(9, 1, "a"), Truth::new(9, 1, "b"));
    assert!(ledger.live(a.live(), true));
    assert!(!ledger.copy(a.coarse()));
    assert!(ledger.copy(b.coarse()));
    assert!(!ledger.copy(b.coarse()));
    // It does not say how far the stored log was read.
    let mut answer = [Stored::new(Identity::new(1, None, "c"), Some(5))];
    assert!(ledger.answer(&mut answer, Part::Last), "uncertain");
}

#[test]
fn a_line_without_a_time_is_not_delivered_again_when_the_log_has_its_time() {
    let mut ledger = Ledger::new(10);
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
    let mut ledger = Ledger::new(10);
    for (id, time) in [(1, None), (2, Some("yesterday"))] {
        let line = Stored::new(Identity::new(1, time, "a"), Some(id));
        let mut answer = [line];
        assert!(ledger.answer(&mut answer, Part::Last), "uncertain");
        assert!(!answer[0].is_missing);
        assert!(!ledger.answer(&mut answer, Part::Last), "known");
    }
}

#[test]
fn what_was_forgotten_is_not_delivered_again() {
    let mut ledger = Ledger::new(5);
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
        let mut ledger = Ledger::new(5);
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
    let mut ledger = Ledger::new(5);
    for n in 10..20 {
        assert!(ledger.live(Truth::new(n, 1, "a").live(), true));
    }
    let missed = Truth::new(12, 1, "b");
    let mut answer = [missed.stored(Some(1), false)];
    assert!(ledger.answer(&mut answer, Part::Last), "uncertain");
    assert!(!answer[0].is_missing);
    let mut answer = [Truth::new(30, 1, "b")].map(|line| (line, 2));
    let (line, id) = &mut answer[0];
    assert!(!ledger.answer(&mut [line.stored(Some(*id), false)], Part::Last));
}

#[test]
fn an_answer_with_nothing_new_is_certain_and_forgets_nothing() {
    let lines: Vec<_> = (1..7).map(|n| Truth::new(n, 1, "a")).collect();
    let mut ledger = Ledger::new(2);
    let answer = || {
        let numbered = (1..).zip(&lines);
        let stored = numbered.map(|(id, line)| line.stored(Some(id), false));
        stored.collect::<Vec<_>>()
    };
    for is_missing in [true, false] {
        let mut answer = answer();
        assert!(!ledger.answer(&mut answer, Part::Last), "uncertain");
        assert!(answer.iter().all(|line| line.is_missing == is_missing));
    }
    let late = Truth::new(5, 9, "late");
    assert_eq!(missing(&mut ledger, vec![late.stored(None, false)]), [true]);
    let older = Truth::new(4, 9, "older");
    let mut newer = [older.stored(Some(7), false)];
    assert!(
        !ledger.answer(&mut newer, Part::Last),
        "its number says that it is new"
    );
    assert!(newer[0].is_missing);

    let mut ledger = Ledger::new(10);
    assert!(ledger.live(lines[0].live(), true));
    ledger.forget_before(None);
    assert!(!ledger.answer(&mut [lines[0].stored(None, false)], Part::Last));
}

#[test]
fn the_oldest_lines_of_an_answer_are_forgotten_first() {
    let lines: Vec<_> = (0..20).map(|n| Truth::new(n, 1, &format!("{n}"))).collect();
    let mut ledger = Ledger::new(10);
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
    let half_an_hour = Stored::new(Identity::new(1, Some("1970-01-01T00:30:00Z"), "late"), None);
    let reaches_back = |ledger: &Ledger| missing(&mut ledger.clone(), vec![half_an_hour]);
    for (ahead_s, is_stray) in [(MAX_AHEAD_S, false), (MAX_AHEAD_S + 1, true)] {
        let mut ledger = Ledger::new(1);
        assert!(ledger.live(at(ahead_s, "ahead"), true));
        assert!(ledger.live(at(0, "now"), true));
        assert_eq!(reaches_back(&ledger), [is_stray], "{ahead_s} s ahead");
    }
    let mut ledger = Ledger::new(1);
    for n in 0..=MAX_STRAYS {
        assert_eq!(reaches_back(&ledger), [true], "{n} strays");
        assert!(ledger.live(at(10_000, &n.to_string()), true));
        assert!(ledger.live(at(0, &n.to_string()), true));
    }
    assert_eq!(reaches_back(&ledger), [false], "no room");
}

#[test]
fn a_line_from_the_future_does_not_make_everything_look_old() {
    let mut ledger = Ledger::new(5);
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
    let copy = Stored::new(Identity::new(1, Some("2999-01-01T00:00:00Z"), "a"), Some(2));
    assert_eq!(missing(&mut ledger, vec![copy]), [false]);
}

#[test]
fn a_line_without_a_time_that_was_forgotten_ends_recovery() {
    let mut ledger = Ledger::new(2);
    assert!(ledger.live(Identity::new(1, Some("t"), "a"), true));
    for n in 0..5 {
        assert!(ledger.live(Truth::new(n, 1, "b").live(), true));
    }
    let line = Truth::new(30, 1, "a");
    let mut answer = [line.stored(Some(1), false)];
    assert!(ledger.answer(&mut answer, Part::Last));
    assert!(!answer[0].is_missing);
}

#[test]
fn lines_of_an_earlier_client_are_not_delivered_again() {
    let lines: Vec<_> = (0..10).map(|n| Truth::new(n / 2, n, "a")).collect();
    let mut ledger = Ledger::new(100);
    ledger.forget_before(Some(1));
    // One that came live, and a stored one.
    ledger.remember(lines[3].live(), None);
    ledger.remember(lines[4].coarse(), Some(5));
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
    let mut ledger = Ledger::new(10);
    ledger.remember(a.live(), None);
    assert!(ledger.live(twin.live(), true));
    // Read from the stored log, with ids.
    let mut ledger = Ledger::new(10);
    ledger.remember(a.coarse(), Some(1));
    let next = vec![twin.stored(Some(2), false)];
    assert_eq!(missing(&mut ledger, next), [true]);
    // Without a time.
    let mut ledger = Ledger::new(10);
    ledger.remember(Identity::new(1, None, "a"), None);
    let found = vec![a.stored(Some(1), false)];
    assert_eq!(missing(&mut ledger, found), [false]);
    // Known exactly, whichever way it came.
    for (id, is_exact) in [(None, true), (Some(1), true), (None, false)] {
        let mut ledger = Ledger::new(10);
        let line = if is_exact { a.live() } else { a.coarse() };
        ledger.remember(line, id);
        assert!(!ledger.live(line, true));
        assert!(!ledger.take_doubt(), "{id:?} {is_exact}");
    }
}

#[test]
fn if_nothing_is_left_of_what_the_page_had_the_stored_lines_are_taken_as_told() {
    let lines: Vec<_> = (0..4).map(|n| Truth::new(n, n, "a")).collect();
    let mut ledger = Ledger::new(100);
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
