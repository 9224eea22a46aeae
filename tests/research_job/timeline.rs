//! What a run did when, by the server's clock where that is known.

use research_socket::research::{Source, Timeline, TimelineKind};
use research_socket::time::Timestamp;

use super::Follower;

/// 2026-11-21T20:45:00Z.
const MINUTE: u64 = 1_795_293_900_000;

/// The entries of a kind as `at name number`, times in milliseconds since the minute.
fn entries(follower: &Follower, kind: TimelineKind) -> Vec<String> {
    let entries = follower.job.timeline().entries.get(kind as usize).unwrap();
    let words = entries.iter().map(|entry| {
        let number = entry.number.map(|number| format!(" {number}"));
        let at = entry.at.cast_signed() - MINUTE.cast_signed();
        format!("{at} {}{}", entry.name, number.unwrap_or_default())
    });
    words.collect()
}

/// A page whose clock is at so many milliseconds of the minute before the next payload.
fn at(millis: u64) -> Follower {
    let mut follower = Follower::new();
    follower.now = MINUTE + millis - 1_000;
    follower
}

fn line(second: u64, level: &str, message: &str) -> String {
    format!(
        r#"{{"log_entry":{{"message":"{message}","type":"{level}","time":"2026-11-21T20:45:{second:02}.250Z"}}}}"#
    )
}

#[test]
fn a_phase_lasts_until_the_next_and_the_same_again_is_the_same_phase() {
    let mut follower = at(1_000);
    for phase in ["search", "search", "reading", "search"] {
        follower.live(&format!(
            r#"{{"phase":"{phase}","iteration":{}}}"#,
            follower.now
        ));
    }
    follower.live(r#"{"metadata":{"phase":"writing"}}"#);
    assert_eq!(
        entries(&follower, TimelineKind::Phase),
        ["1000 search", "3000 reading", "4000 search", "5000 writing"]
    );
    assert_eq!(follower.job.timeline().newest, MINUTE + 5_000);
    assert_eq!(follower.job.timeline().ended, None);
    follower.live(r#"{"status":"completed"}"#);
    assert_eq!(follower.job.timeline().ended, Some(MINUTE + 6_000));
}

#[test]
fn milestones_errors_progress_and_phases_of_lines_have_the_servers_time() {
    let mut follower = at(0);
    // The page's clock is far from the server's.
    follower.now += 3_600_000;
    follower.live(&line(2, "MILESTONE", "Began"));
    follower.live(&line(3, "INFO", "Nothing of it"));
    follower.live(&line(4, "CRITICAL", "No model"));
    follower.live(
        r#"{"log_entry":{"message":"x","type":"ERROR","time":"2026-11-21T20:45:05Z","progress":7,"metadata":{"phase":"reading"}}}"#,
    );
    assert_eq!(entries(&follower, TimelineKind::Milestone), ["2250 Began"]);
    assert_eq!(
        entries(&follower, TimelineKind::Error),
        ["4250 No model", "5000 x"]
    );
    assert_eq!(entries(&follower, TimelineKind::Phase), ["5000 reading"]);
    assert_eq!(entries(&follower, TimelineKind::Progress), ["5000  7"]);
}

#[test]
fn what_has_no_time_came_when_it_was_heard_by_the_servers_clock() {
    let mut follower = at(0);
    follower.now += 3_600_000;
    follower.live(&line(2, "INFO", "a"));
    follower.live(r#"{"phase":"search","progress":5,"engine":"searxng","result_count":10}"#);
    // An update with a line of its own was when that was written.
    follower.live(
        r#"{"phase":"reading","progress":9,"log_entry":{"message":"x","time":"2026-11-21T20:45:08Z"}}"#,
    );
    assert_eq!(
        entries(&follower, TimelineKind::Phase),
        ["3250 search", "8000 reading"]
    );
    assert_eq!(
        entries(&follower, TimelineKind::Engine),
        ["3250 searxng 10"]
    );
    assert_eq!(
        entries(&follower, TimelineKind::Progress),
        ["3250  5", "8000  9"]
    );
}

#[test]
fn of_a_status_that_says_that_it_is_over_nobody_knows_since_when() {
    let mut follower = at(86_400_000);
    follower.answer(r#"{"status":"completed","progress":100,"metadata":{"phase":"complete"}}"#);
    assert_eq!(*follower.job.timeline(), Timeline::default());
}

#[test]
fn a_failure_is_an_error_and_progress_that_falls_or_stays_is_none() {
    let mut follower = at(1_000);
    for progress in [10.0, 10.0, 5.0, 20.0] {
        follower.live(&format!(
            r#"{{"progress":{progress},"n":{}}}"#,
            follower.now
        ));
    }
    follower.live(r#"{"metadata":{"error_type":"timeout"}}"#);
    assert_eq!(
        entries(&follower, TimelineKind::Progress),
        ["1000  10", "4000  20"]
    );
    assert_eq!(
        entries(&follower, TimelineKind::Error),
        ["5000 LLM Timeout Error"]
    );
}

#[test]
fn of_many_the_first_and_the_newest_and_those_that_lasted_longest_are_kept() {
    let mut follower = at(1_000);
    for n in 0..200 {
        // Each tenth takes a minute.
        follower.now += if n % 10 == 2 { 60_000 } else { 0 };
        follower.live(&format!(r#"{{"phase":"phase {n}"}}"#));
    }
    let phases = entries(&follower, TimelineKind::Phase);
    assert_eq!((phases.len(), follower.job.timeline().dropped), (64, 136));
    for n in [0, 11, 101, 191, 199] {
        let name = format!(" phase {n}");
        let count = phases.iter().filter(|phase| phase.ends_with(&name)).count();
        assert_eq!(count, 1, "{name} of {phases:?}");
    }
}

#[test]
fn lines_of_the_same_moment_stand_as_they_came_and_any_line_is_news() {
    let mut follower = at(0);
    for message in ["a", "c", "b"] {
        follower.live(&line(2, "MILESTONE", message));
    }
    assert_eq!(
        entries(&follower, TimelineKind::Milestone),
        ["2250 a", "2250 c", "2250 b"]
    );
    follower.live(&line(9, "INFO", "x"));
    assert_eq!(follower.job.timeline().newest, MINUTE + 9_250);
}

#[test]
fn what_an_older_line_says_was_so_since_then() {
    let mut follower = at(5_000);
    follower.live(r#"{"phase":"search","progress":20}"#);
    let older = |second: u64, progress: u64| {
        format!(
            r#"{{"log_entry":{{"message":"{second}","time":"2026-11-21T20:45:0{second}Z","progress":{progress},"metadata":{{"phase":"search"}}}}}}"#
        )
    };
    // By the order of time: reached before, too much for then, and less than was reached by then.
    for (second, progress) in [(3, 20), (2, 30), (4, 10)] {
        follower.live(&older(second, progress));
    }
    assert_eq!(entries(&follower, TimelineKind::Phase), ["2000 search"]);
    assert_eq!(entries(&follower, TimelineKind::Progress), ["3000  20"]);
}

#[test]
fn the_newest_line_in_an_answer_about_the_status_says_nothing_of_the_clocks() {
    let mut follower = at(30_000);
    follower.answer(
        r#"{"status":"in_progress","log_entry":{"message":"old","time":"2026-11-21T20:45:01Z","type":"INFO"}}"#,
    );
    follower.live(r#"{"phase":"search"}"#);
    assert_eq!(entries(&follower, TimelineKind::Phase), ["31000 search"]);
}

#[test]
fn names_are_cut_between_characters() {
    let mut follower = at(1_000);
    follower.live(&format!(r#"{{"phase":"{}"}}"#, "é".repeat(500)));
    let timeline = follower.job.timeline();
    let [phase] = timeline.entries[0].as_slice() else {
        panic!("{timeline:?}");
    };
    assert_eq!(phase.name, "é".repeat(100));
}

#[test]
fn lines_that_the_page_had_before_are_in_it_and_facts_of_unknown_time_are_not() {
    let mut follower = at(0);
    let now = Timestamp::from_millis(MINUTE + 40_000);
    follower.job.recall(
        now,
        r#"{"status":"in_progress","progress":40,"metadata":{"search_engine":"searxng"}}"#,
    );
    let lines = r#"[{"message":"Began","type":"MILESTONE","time":"2026-11-21T20:45:01Z"},{"message":"no time","type":"ERROR"}]"#;
    follower.job.remember(lines, true);
    assert_eq!(entries(&follower, TimelineKind::Milestone), ["1000 Began"]);
    for kind in [
        TimelineKind::Engine,
        TimelineKind::Error,
        TimelineKind::Progress,
    ] {
        assert_eq!(entries(&follower, kind), [""; 0]);
    }
    assert_eq!(follower.take(Source::Live, "{}").len(), 1);
}
