//! Lines of the log: each once, in order, wherever they stand.

use research_socket::research::{JobEvent, ResearchEvent, Source};

use super::Follower;

const FOUND: &str = r#"{"log_entry":{"message":"Found 5 search result elements","type":"INFO","time":"2026-11-21T21:45:31.670475+00:00"}}"#;
const FOUND_AGAIN: &str = r#"{"log_entry":{"message":"Found 5 search result elements","type":"INFO","time":"2026-11-21T21:45:31.718983+00:00"}}"#;

#[test]
fn a_payload_that_is_only_a_line_gives_only_a_line() {
    let mut follower = Follower::new();
    assert_eq!(
        follower.live(FOUND),
        ["log info Found 5 search result elements"]
    );
    assert_eq!(follower.counters().updates, 0);
}

#[test]
fn a_line_carries_the_text_of_the_server_and_its_time() {
    let mut follower = Follower::new();
    follower
        .job
        .handle_payload(Default::default(), Source::Live, FOUND);
    let events = follower.events();
    let [JobEvent::Research(ResearchEvent::Log(entry))] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert_eq!(
        &*entry.entry,
        r#"{"message":"Found 5 search result elements","type":"INFO","time":"2026-11-21T21:45:31.670475+00:00"}"#
    );
    assert_eq!(
        entry.time.as_deref(),
        Some("2026-11-21T21:45:31.670475+00:00")
    );
}

#[test]
fn a_line_that_comes_twice_is_delivered_once() {
    let mut follower = Follower::new();
    assert_eq!(follower.live(FOUND).len(), 1);
    assert_eq!(follower.live(FOUND).len(), 0);
    assert_eq!(follower.counters().duplicate_lines, 1);
    assert_eq!(follower.counters().lines, 1);
}

#[test]
fn the_same_words_at_another_time_are_another_line() {
    let mut follower = Follower::new();
    assert_eq!(follower.live(FOUND).len(), 1);
    assert_eq!(follower.live(FOUND_AGAIN).len(), 1);
    assert_eq!(follower.live(FOUND).len(), 0);
}

#[test]
fn a_line_without_a_time_is_a_copy_only_of_the_one_before_it() {
    let (a, b) = (
        r#"{"log_entry":{"message":"Retrying","type":"WARNING"}}"#,
        r#"{"log_entry":{"message":"Connected","type":"INFO"}}"#,
    );
    let mut follower = Follower::new();
    assert_eq!(follower.live(a), ["log warning Retrying"]);
    assert_eq!(follower.live(FOUND).len(), 1);
    assert_eq!(follower.live(a).len(), 0);
    assert_eq!(follower.live(b).len(), 1);
    assert_eq!(follower.live(a).len(), 1);
}

#[test]
fn a_cumulative_log_gives_each_entry_once_in_order_and_the_update() {
    let mut follower = Follower::new();
    let first = r#"{"progress":10,"progress_log":"[{\"time\":\"2026-11-21T20:45:09Z\",\"message\":\"Starting\"},{\"time\":\"2026-11-21T20:45:10Z\",\"message\":\"Searching\",\"progress\":10}]"}"#;
    assert_eq!(
        follower.live(first),
        [
            "log info Starting",
            "log info Searching",
            "status in_progress",
            "task Searching",
            "update"
        ]
    );
    let second = r#"{"progress":20,"progress_log":"[{\"time\":\"2026-11-21T20:45:09Z\",\"message\":\"Starting\"},{\"time\":\"2026-11-21T20:45:10Z\",\"message\":\"Searching\",\"progress\":10},{\"time\":\"2026-11-21T20:45:11Z\",\"message\":\"Iteration done\",\"metadata\":{\"phase\":\"iteration_complete\"}}]"}"#;
    assert_eq!(
        follower.live(second),
        [
            "log milestone Iteration done",
            "task Iteration done",
            "update"
        ]
    );
    assert_eq!(follower.counters().duplicate_lines, 2);
}

#[test]
fn a_cumulative_log_may_be_an_array_as_well() {
    let mut follower = Follower::new();
    let told = follower.live(
        r#"{"status":"in_progress","progress_log":[{"time":"t1","message":"a"},{"time":"t2","message":"b"}]}"#,
    );
    assert_eq!(
        told,
        [
            "log info a",
            "log info b",
            "status in_progress",
            "task b",
            "update"
        ]
    );
}

#[test]
fn entries_of_a_cumulative_log_without_time_or_message_are_skipped() {
    let mut follower = Follower::new();
    let told = follower.live(
        r#"{"progress_log":"[{\"message\":\"no time\"},{\"time\":\"t\"},{\"time\":\"\",\"message\":\"x\"},null,{}]"}"#,
    );
    assert_eq!(told, ["task x", "update"]);
}

#[test]
fn an_entry_that_stands_in_both_logs_of_a_payload_is_one_line() {
    let mut follower = Follower::new();
    let told = follower.live(
        r#"{"log_entry":{"time":"t1","message":"a","type":"info"},"progress_log":"[{\"time\":\"t1\",\"message\":\"a\"}]"}"#,
    );
    assert_eq!(told, ["log info a", "task a", "update"]);
}

#[test]
fn a_line_that_came_live_is_not_delivered_again_from_history() {
    let mut follower = Follower::new();
    follower.live(FOUND);
    assert_eq!(follower.take(Source::History, FOUND).len(), 0);
    assert_eq!(follower.take(Source::History, FOUND_AGAIN).len(), 1);
    assert_eq!(follower.snapshot().source, Source::History);
}

#[test]
fn a_log_that_is_longer_than_the_memory_is_not_delivered_again_with_each_update() {
    let log = |newest: u32| {
        let entry = |n| format!(r#"{{"time":"t{n}","message":"line {n}"}}"#);
        let entries: Vec<String> = (1..=newest).map(entry).collect();
        format!(
            r#"{{"progress":{newest},"progress_log":[{}]}}"#,
            entries.join(",")
        )
    };
    let mut follower = Follower::remembering(3);
    follower.live(&log(5));
    assert_eq!(follower.counters().lines, 3);
    assert_eq!(follower.counters().dropped_entries, 2);
    for newest in 6..50 {
        let told = follower.live(&log(newest));
        let lines: Vec<&String> = told
            .iter()
            .filter(|event| event.starts_with("log"))
            .collect();
        assert_eq!(lines, [&format!("log info line {newest}")]);
    }
}

#[test]
fn the_message_of_a_line_is_bounded_and_its_entry_is_whole() {
    let long = "x".repeat(100_000);
    let payload = format!(r#"{{"log_entry":{{"message":"{long}","time":"t","type":"info"}}}}"#);
    let mut follower = Follower::new();
    follower
        .job
        .handle_payload(Default::default(), Source::Live, &payload);
    let events = follower.events();
    let [JobEvent::Research(ResearchEvent::Log(entry))] = events.as_slice() else {
        panic!("{} events", events.len());
    };
    assert!(entry.message.len() < 17_000);
    assert!(entry.entry.len() > 100_000);
}

#[test]
fn a_line_that_cannot_be_read_is_no_update() {
    let mut follower = Follower::new();
    let told = follower.live(r#"{"log_entry":5}"#);
    assert!(
        told.iter().all(|told| told.starts_with("warning ")),
        "{told:?}"
    );
    assert_eq!(told.len(), 1);
    assert_eq!(follower.counters().updates, 0);
}

#[test]
fn a_line_of_an_answer_in_whole_seconds_may_be_the_copy_of_a_live_one() {
    let live = |micros| {
        format!(r#"{{"log_entry":{{"message":"a","time":"2026-11-21T21:45:31{micros}+00:00"}}}}"#)
    };
    let mut follower = Follower::new();
    assert_eq!(follower.live(&live(".000007")), ["log info a"]);
    assert_eq!(
        follower.live(&live("")),
        ["log info a"],
        "from the socket it is another"
    );

    let mut follower = Follower::new();
    follower.live(&live(".000007"));
    follower.answer(&live(""));
    assert_eq!(follower.counters().lines, 1);
    assert_eq!(follower.counters().duplicate_lines, 1);
}

#[test]
fn as_many_lines_as_are_remembered_are_read_at_once() {
    let entries: Vec<_> = (0..4)
        .map(|n| format!(r#"{{\"message\":\"{n}\",\"time\":\"2026-11-21T21:45:3{n}Z\"}}"#))
        .collect();
    for (count, warnings) in [(3, 0), (4, 1)] {
        let mut follower = Follower::remembering(3);
        let log = entries[..count].join(",");
        let told = follower.live(&format!(r#"{{"progress_log":"[{log}]"}}"#));
        let is = |start: &str| told.iter().filter(|told| told.starts_with(start)).count();
        assert_eq!((is("log "), is("warning ")), (3, warnings), "{told:?}");
    }
}
