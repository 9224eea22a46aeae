//! The stored log: when it is asked for, and in which order its lines and the live ones are told.

use research_socket::config::Config;
use research_socket::http::{Answer, RequestError};
use research_socket::research::{Event, Input, ResearchEvent, TimelineKind};
use research_socket::socket::{Acked, LAST_CHANCE_MS};

use crate::gaps::back;
use crate::words::{self, Kind};
use crate::world::{RUNS, World, network_error, throttled};

pub(crate) const DONE: &str = r#"{"status":"completed","progress":100}"#;

/// 2026-11-21T20:45:01Z.
const FIRST_LINE: u64 = 1_795_293_901_000;

/// The line `text` of this second as the stored log has it.
pub(crate) fn stored(id: u64, second: u64, text: &str) -> String {
    format!(
        r#"{{"id":{id},"message":"{text}","timestamp":"Sat, 21 Nov 2026 20:45:{second:02} GMT","log_type":"INFO"}}"#
    )
}

/// The stored log with these lines.
pub(crate) fn log(lines: &[(u64, u64, &str)]) -> String {
    let lines: Vec<_> = lines
        .iter()
        .map(|(id, second, text)| stored(*id, *second, text))
        .collect();
    format!("[{}]", lines.join(","))
}

/// A packet with the line `text` as it comes live.
pub(crate) fn line(second: u64, micros: u64, text: &str) -> String {
    let time = format!("2026-11-21T20:45:{second:02}.{micros:06}+00:00");
    format!(
        r#"42["progress_r",{{"log_entry":{{"message":"{text}","type":"INFO","time":"{time}"}}}}]"#
    )
}

/// A client that follows the research `r` with all options at their defaults; the server has taken
/// the subscription, its status is known, and its log is asked for.
pub(crate) fn asking() -> World {
    asking_with(|_| {})
}

pub(crate) fn asking_with(change: impl FnOnce(&mut Config)) -> World {
    let mut world = World::with_all(|config| {
        config.flush_logs = false;
        change(config);
    });
    world.follow("r");
    world.forget();
    assert!(world.is_asked(Kind::Log));
    world
}

/// A client that knows the whole log, in which there was one line.
pub(crate) fn up_to_date() -> World {
    up_to_date_with(|_| {})
}

pub(crate) fn up_to_date_with(change: impl FnOnce(&mut Config)) -> World {
    let mut world = asking_with(change);
    for _ in 0..2 {
        world.answer(Kind::Log, 200, &log(&[(1, 0, "first")]));
        world.advance(3000);
    }
    world.forget();
    assert!(!world.is_asked(Kind::Log));
    world
}

/// The lines that the page heard of.
pub(crate) fn lines(told: &[String]) -> Vec<&str> {
    told.iter()
        .filter_map(|told| told.strip_prefix("r log "))
        .collect()
}

#[test]
fn a_page_in_the_middle_of_a_run_hears_the_story_from_the_beginning() {
    let mut world = asking();
    // It was sent after the subscription, and is stored already.
    world.receive(&line(5, 7, "live"));
    assert_eq!(lines(&world.told()), [""; 0], "older ones come first");
    world.answer(
        Kind::Log,
        200,
        &log(&[(1, 1, "a"), (2, 3, "b"), (3, 5, "live")]),
    );
    assert_eq!(world.told(), ["r log a", "r log b", "r log live"]);
    let stats = world.client.stats();
    assert_eq!((stats.lines, stats.recovered, stats.gaps), (3, 2, 0));
}

/// How often the page heard that the log was read, and what the state says of that.
fn history_read(world: &World) -> (usize, bool) {
    let is_it = |event: &&Event| {
        let Event::Research { event, .. } = event else {
            return false;
        };
        matches!(event, ResearchEvent::HistoryRead)
    };
    let heard = world.events.iter().filter(is_it).count();
    (heard, world.client.snapshot("r").unwrap().history_read)
}

#[test]
fn that_the_log_was_read_to_its_end_is_told_once_and_stays_true() {
    let mut world = asking();
    assert_eq!(history_read(&world), (0, false));
    world.answer(Kind::Log, 200, r#"{"error":"#);
    assert_eq!(
        history_read(&world),
        (0, false),
        "what breaks off is no log"
    );
    world.advance(1_000);
    world.answer(Kind::Log, 200, "[]");
    assert_eq!(history_read(&world), (1, true), "an empty one is one");
    world.advance(3_000);
    world.answer(Kind::Log, 200, &log(&[(1, 1, "a")]));
    assert_eq!(history_read(&world), (1, true));
    world.cut(Kind::Poll);
    assert_eq!(
        history_read(&world),
        (1, true),
        "an outage takes nothing back"
    );
}

#[test]
fn the_lines_of_a_log_come_before_that_it_was_read_and_that_before_the_end() {
    let mut world = asking();
    world.receive(r#"42["progress_r",{"status":"completed","progress":100}]"#);
    world.forget();
    world.answer(Kind::Log, 200, &log(&[(1, 1, "a")]));
    let kinds: Vec<_> = world.events.iter().map(words::event).collect();
    assert_eq!(kinds, ["r log a", "r history", "r end completed"]);
}

#[test]
fn what_the_stored_log_has_stands_in_the_timeline_before_what_came_live() {
    let mut world = asking();
    world.receive(r#"42["progress_r",{"log_entry":{"message":"now","type":"MILESTONE","time":"2026-11-21T20:45:30.5Z"}}]"#);
    let stored = |id: u64, second: u64, level: &str| {
        format!(
            r#"{{"id":{id},"message":"{level}","timestamp":"Sat, 21 Nov 2026 20:45:{second:02} GMT","log_type":"{level}"}}"#
        )
    };
    let lines = [
        stored(1, 1, "MILESTONE"),
        stored(2, 7, "ERROR"),
        stored(3, 9, "INFO"),
    ];
    let unknown = r#"{"id":4,"message":"when","timestamp":"?","log_type":"ERROR"}"#;
    let body = format!("[{},{unknown}]", lines.join(","));
    world.answer(Kind::Log, 200, &body);
    // Again, as each answer has it.
    world.advance(3_000);
    world.answer(Kind::Log, 200, &body);
    let timeline = world.client.timeline("r").unwrap();
    let of = |kind: TimelineKind| {
        let entries = timeline.entries.get(kind as usize).unwrap().iter();
        let short = entries.map(|entry| (entry.at - FIRST_LINE, entry.name.clone()));
        short.collect::<Vec<_>>()
    };
    assert_eq!(
        of(TimelineKind::Milestone),
        [(0, "MILESTONE".to_owned()), (29_500, "now".to_owned())]
    );
    assert_eq!(of(TimelineKind::Error), [(6_000, "ERROR".to_owned())]);
    assert_eq!(timeline.newest, FIRST_LINE + 29_500);
    assert!(world.client.timeline("other").is_none());
}

#[test]
fn a_log_that_nobody_may_read_was_never_read() {
    let mut world = asking();
    world.answer(Kind::Log, 401, "{}");
    world.advance(1_000);
    assert_eq!(history_read(&world), (0, false));
}

#[test]
fn a_page_after_the_end_of_a_run_hears_the_whole_story_and_then_its_end() {
    let mut world = World::with_all(|_| {});
    world.subscribe("r");
    world.connect();
    world.join();
    world.accept();
    world.forget();
    world.status("r", 200, DONE);
    assert!(!world.told().iter().any(|told| told.contains("end")));
    world.answer(Kind::Log, 200, &log(&[(1, 1, "a"), (2, 3, "b")]));
    assert_eq!(world.told(), ["r log a", "r log b", "r end completed"]);
    // What the server had not written yet.
    world.advance(3000);
    world.answer(
        Kind::Log,
        200,
        &log(&[(1, 1, "a"), (2, 3, "b"), (3, 4, "c")]),
    );
    assert_eq!(world.told(), ["r log c"]);
    world.advance(6000);
    world.answer(
        Kind::Log,
        200,
        &log(&[(1, 1, "a"), (2, 3, "b"), (3, 4, "c")]),
    );
    world.forget();
    world.advance(60_000);
    assert!(!world.did().iter().any(|did| did.contains("log")));
}

#[test]
fn updates_do_not_wait_for_the_log() {
    let mut world = asking();
    let update = r#"42["progress_r",{"progress":40,"log_entry":{"message":"x","time":"2026-11-21T20:45:05.5Z"}}]"#;
    world.receive(update);
    let told = world.told();
    assert!(told.iter().any(|told| told.starts_with("r update")));
    assert_eq!(lines(&told), [""; 0]);
    world.answer(Kind::Log, 200, "[]");
    assert_eq!(world.told(), ["r log x"]);
}

#[test]
fn a_timer_that_fires_meanwhile_lets_no_live_line_pass() {
    let mut world = asking();
    world.emit_with_ack(1, "a", Acked::Within(50));
    world.receive(&line(5, 7, "live"));
    world.advance(50);
    assert_eq!(world.told(), ["emit_failed 1 TIMEOUT"]);
    world.receive(&line(5, 8, "live too"));
    assert_eq!(lines(&world.told()), [""; 0]);
    world.answer(Kind::Log, 200, &log(&[(1, 1, "a")]));
    assert_eq!(lines(&world.told()), ["a", "live", "live too"]);
}

#[test]
fn live_lines_take_their_place_among_the_stored_ones() {
    let mut world = asking();
    world.receive(r#"42["progress_r",{"log_entry":{"message":"untimed","type":"INFO"}}]"#);
    world.receive(&line(3, 1, "live"));
    let old = r#"{"id":1,"message":"old","timestamp":"1969-12-31T23:59:50Z"}"#;
    let (a, b) = (stored(2, 1, "a"), stored(3, 5, "b"));
    world.answer(Kind::Log, 200, &format!("[{old},{a},{b}]"));
    assert_eq!(lines(&world.told()), ["untimed", "old", "a", "live", "b"]);
}

#[test]
fn within_a_second_a_live_line_stands_where_the_log_has_it() {
    let stored = [(1, 3, "a"), (2, 3, "b"), (3, 3, "a"), (4, 3, "c")];
    for (live, told) in [
        (&["a"][..], &["a", "b", "a", "c"][..]),
        (&["b", "c"], &["a", "b", "a", "c"]),
        (&["a", "a"], &["a", "b", "a", "c"]),
        // What the log has not yet comes after what it has, but in the order of the live lines.
        (&["b", "late"], &["a", "b", "a", "c", "late"]),
        (&["late", "b"], &["a", "late", "b", "a", "c"]),
        (&["c", "b"], &["a", "c", "b", "a"]),
    ] {
        let mut world = asking();
        for (micros, text) in (1..).zip(live) {
            world.receive(&line(3, micros, text));
        }
        world.answer(Kind::Log, 200, &log(&stored));
        assert_eq!(lines(&world.told()), told, "{live:?}");
    }
}

#[test]
fn a_milestone_that_only_the_log_has_is_the_task() {
    for (kind, task) in [("MILESTONE", Some("r task found")), ("INFO", None)] {
        let mut world = asking();
        let body = format!("[{}]", stored(1, 1, "found").replace("INFO", kind));
        world.answer(Kind::Log, 200, &body);
        let told = world.told();
        let tasks = told.iter().find(|told| told.starts_with("r task"));
        assert_eq!(tasks.map(String::as_str), task, "{told:?}");
    }
}

#[test]
fn of_several_milestones_the_last_one_in_the_log_is_the_task() {
    let mut world = asking();
    let all = [
        stored(1, 1, "found").replace("INFO", "MILESTONE"),
        stored(2, 5, "read").replace("INFO", "MILESTONE"),
        // The clock of the server went back.
        stored(3, 3, "written").replace("INFO", "MILESTONE"),
        stored(4, 4, "cleaned"),
    ];
    world.answer(Kind::Log, 200, &format!("[{}]", all.join(",")));
    let expected = [
        "r log found",
        "r log written",
        "r log cleaned",
        "r log read",
        "r task written",
    ];
    assert_eq!(world.told(), expected);
}

#[test]
fn a_log_that_is_two_seconds_behind_is_read_twice_and_no_more() {
    let mut world = asking();
    let mut all = Vec::new();
    for second in 0..20 {
        all.push((second + 1, second, "live"));
        world.receive(&line(second, 1, "live"));
        if world.is_asked(Kind::Log) {
            let has = all.len().saturating_sub(2);
            world.answer(Kind::Log, 200, &log(&all[..has]));
        }
        if second % 5 == 4 {
            world.receive("2");
            world.accept();
        }
        world.advance(1000);
    }
    assert_eq!(world.client.stats().history_requests, 2);
}

#[test]
fn a_live_line_without_a_time_is_not_looked_for_in_the_log() {
    let mut world = asking();
    world.receive(r#"42["progress_r",{"log_entry":{"message":"untimed","type":"INFO"}}]"#);
    for _ in 0..2 {
        world.answer(Kind::Log, 200, "[]");
        world.advance(3000);
    }
    world.advance(12_000);
    assert_eq!(world.client.stats().history_requests, 2);
}

#[test]
fn an_end_waits_only_for_a_log_that_can_come_in_time() {
    for (waited_ms, is_told) in [(20_000, true), (20_001, false)] {
        let mut world = asking();
        world.answer_with(Kind::Log, throttled(429, 30));
        world.advance(waited_ms);
        world.input(Input::Refresh("r".to_owned()));
        world.forget();
        world.status("r", 200, DONE);
        let told = world.told();
        let has_end = told.contains(&"r end completed".to_owned());
        assert_eq!(has_end, is_told, "{waited_ms} ms: {told:?}");
    }
}

#[test]
fn live_lines_wait_for_both_places_no_longer_than_for_one() {
    let mut world = asking();
    world.receive(&(line(5, 7, "live") + "|2"));
    world.accept_all();
    world.advance(9_000);
    world.answer(Kind::Log, 404, "");
    world.forget();
    world.advance(999);
    assert_eq!(lines(&world.told()), [""; 0]);
    world.advance(1);
    assert_eq!(lines(&world.told()), ["live"]);
}

#[test]
fn a_log_that_has_more_each_time_is_read_five_times() {
    let mut world = asking();
    let mut all = Vec::new();
    for n in 1..20 {
        all.push((n, n, "more"));
        if world.is_asked(Kind::Log) {
            world.answer(Kind::Log, 200, &log(&all));
        }
        world.advance(3000);
        if n % 5 == 0 {
            world.receive("2");
            world.accept_all();
        }
    }
    assert_eq!(world.client.stats().history_requests, 5);
}

#[test]
fn a_live_line_that_may_be_a_copy_has_the_log_read_once_more() {
    let mut world = asking();
    world.answer(Kind::Log, 200, &log(&[(1, 0, "first")]));
    world.receive(&line(0, 7, "first"));
    world.forget();
    for wait_ms in [3000, 6000] {
        world.advance(wait_ms);
        assert_eq!(lines(&world.told()), [""; 0]);
        assert!(world.is_asked(Kind::Log), "after {wait_ms} ms");
        world.answer(Kind::Log, 200, &log(&[(1, 0, "first")]));
    }
    world.advance(15_000);
    assert!(!world.is_asked(Kind::Log));
}

#[test]
fn live_lines_do_not_wait_longer_than_the_answer_may_take() {
    let mut world = asking();
    world.receive(&(line(5, 7, "live") + "|2"));
    world.accept_all();
    world.forget();
    world.advance(10_000);
    assert_eq!(lines(&world.told()), ["live"]);
}

/// Cuts the request for the log, and the next one as soon as there is one, so many times.
fn cut_log(world: &mut World, times: u32) {
    for _ in 0..times {
        while !world.is_asked(Kind::Log) {
            world.wait();
        }
        world.cut(Kind::Log);
    }
}

#[test]
fn live_lines_wait_for_a_log_that_broke_off_until_it_is_read() {
    for times in 1..=3 {
        let mut world = back();
        world.receive(&(line(5, 7, "live") + "|2"));
        world.accept_all();
        world.forget();
        cut_log(&mut world, times);
        assert_eq!(lines(&world.told()), [""; 0], "cut {times} times");
        while !world.is_asked(Kind::Log) {
            world.wait();
        }
        let all = [(1, 0, "first"), (2, 3, "missed"), (3, 5, "live")];
        world.answer(Kind::Log, 200, &log(&all));
        assert_eq!(
            lines(&world.told()),
            ["missed", "live"],
            "cut {times} times"
        );
    }
}

#[test]
fn live_lines_wait_for_a_log_that_broke_off_with_the_connection() {
    for is_log_first in [true, false] {
        let mut world = back();
        world.receive(&(line(5, 7, "live") + "|2"));
        world.accept_all();
        world.forget();
        let kinds = [Kind::Poll, Kind::Log];
        for n in 0..2 {
            world.cut(kinds[(n + usize::from(is_log_first)) % 2]);
        }
        assert_eq!(lines(&world.told()), [""; 0], "{is_log_first}");
        world.wait();
        world.join();
        world.accept();
        while !world.is_asked(Kind::Log) {
            world.wait();
        }
        let all = [(1, 0, "first"), (2, 3, "missed"), (3, 5, "live")];
        world.answer(Kind::Log, 200, &log(&all));
        assert_eq!(lines(&world.told()), ["missed", "live"], "{is_log_first}");
    }
}

#[test]
fn live_lines_do_not_wait_for_a_connection_that_does_not_come() {
    let mut world = back();
    world.receive(&(line(5, 7, "live") + "|2"));
    world.accept_all();
    world.forget();
    let since = world.now;
    world.cut(Kind::Poll);
    world.cut(Kind::Log);
    let mut told = world.told();
    while lines(&told).is_empty() {
        world.wait();
        told = world.told();
        if world.is_asked(Kind::Handshake) {
            world.cut(Kind::Handshake);
        }
    }
    assert_eq!(lines(&told), ["live"]);
    assert!(world.now <= since + 10_000, "{} ms", world.now - since);
}

#[test]
fn live_lines_do_not_wait_for_a_log_that_will_be_asked_for_too_late() {
    let mut world = back();
    world.receive(&(line(5, 7, "live") + "|2"));
    world.accept_all();
    world.forget();
    // The next question comes eight seconds later, after fifteen in all.
    cut_log(&mut world, 4);
    assert_eq!(lines(&world.told()), ["live"]);
}

#[test]
fn live_lines_wait_for_one_more_question_where_the_log_was_never_read() {
    let mut world = asking();
    world.receive(&(line(5, 7, "live") + "|2"));
    world.accept_all();
    world.forget();
    cut_log(&mut world, 1);
    assert_eq!(lines(&world.told()), [""; 0]);
    cut_log(&mut world, 1);
    assert_eq!(lines(&world.told()), ["live"]);
}

#[test]
fn a_burst_of_live_lines_does_not_wait_at_all() {
    let mut world = asking();
    let burst: Vec<_> = (0..5_001).map(|n| line(5, n, "live")).collect();
    world.receive(&burst.join("|"));
    assert_eq!(lines(&world.told()).len(), 5_001);
}

#[test]
fn an_end_that_comes_live_waits_for_what_was_missed() {
    let mut world = asking();
    world.receive(r#"42["progress_r",{"status":"completed","progress":100}]"#);
    let told = world.told();
    assert!(!told.contains(&"r end completed".to_owned()), "{told:?}");
    world.answer(Kind::Log, 200, &log(&[(1, 1, "a")]));
    assert_eq!(world.told(), ["r log a", "r end completed"]);
}

#[test]
fn an_end_that_comes_live_waits_for_what_the_log_got_late() {
    let mut world = asking();
    world.answer(Kind::Log, 200, "[]");
    world.receive(&line(5, 7, "live"));
    world.receive(r#"42["progress_r",{"status":"completed","progress":100}]"#);
    let told = world.told();
    assert_eq!(lines(&told), ["live"]);
    assert!(!told.contains(&"r end completed".to_owned()), "{told:?}");
    world.answer(Kind::Log, 200, &log(&[(1, 1, "late"), (2, 5, "live")]));
    assert_eq!(world.told(), ["r log late", "r end completed"]);
}

#[test]
fn an_end_that_comes_live_when_nothing_is_missing_comes_at_once() {
    let mut world = up_to_date();
    world.receive(r#"42["progress_r",{"status":"completed","progress":100}]"#);
    assert_eq!(world.told().last().unwrap(), "r end completed");
}

#[test]
fn the_end_does_not_wait_for_a_log_that_does_not_come() {
    for wait in [true, false] {
        let mut world = asking();
        world.receive(r#"42["progress_r",{"status":"completed","progress":100}]|2"#);
        world.accept_all();
        if wait {
            world.advance(10_000);
        } else {
            world.cut(Kind::Log);
        }
        assert_eq!(world.told().last().unwrap(), "r end completed");
    }
}

#[test]
fn the_log_is_asked_for_once_more_since_it_is_written_late() {
    let mut world = asking();
    world.answer(Kind::Log, 200, "[]");
    assert_eq!(lines(&world.told()), [""; 0]);
    world.advance(2999);
    assert!(!world.is_asked(Kind::Log));
    world.advance(1);
    world.answer(Kind::Log, 200, &log(&[(1, 1, "late")]));
    assert_eq!(lines(&world.told()), ["late"]);
    // It is still behind: once more.
    world.advance(6000);
    world.answer(Kind::Log, 200, &log(&[(1, 1, "late")]));
    world.forget();
    world.advance(15_000);
    assert!(!world.did().iter().any(|did| did.contains("log")));
}

#[test]
fn what_is_stored_late_is_asked_for_though_a_status_is_polled_before() {
    let mut world = polling();
    world.status("r", 200, RUNS);
    world.answer(Kind::Log, 200, "[]");
    world.connect();
    world.join();
    world.accept();
    world.answer(Kind::Log, 200, "[]");
    world.input(Input::Refresh("r".to_owned()));
    world.status("r", 200, RUNS);
    world.receive(&line(5, 7, "live"));
    world.forget();
    world.advance(2_999);
    assert!(
        !world.is_asked(Kind::Log),
        "what is stored late comes later"
    );
    world.advance(1);
    world.status("r", 200, RUNS);
    let late = log(&[(1, 1, "late"), (2, 5, "live")]);
    world.answer(Kind::Log, 200, &late);
    assert_eq!(lines(&world.told()), ["late"]);
}

#[test]
fn live_lines_do_not_wait_for_the_second_answer() {
    let mut world = asking();
    world.answer(Kind::Log, 200, "[]");
    world.advance(3000);
    assert!(world.is_asked(Kind::Log));
    world.receive(&line(5, 7, "live"));
    assert_eq!(lines(&world.told()), ["live"]);
}

#[test]
fn the_same_words_again_in_one_second_are_another_line() {
    let mut world = asking();
    world.receive(
        &[
            line(5, 1, "again"),
            line(5, 1, "again"),
            line(5, 2, "again"),
        ]
        .join("|"),
    );
    world.answer(
        Kind::Log,
        200,
        &log(&[(1, 5, "again"), (2, 5, "again"), (3, 5, "again")]),
    );
    assert_eq!(lines(&world.told()), ["again"; 3]);
}

#[test]
fn where_there_is_no_log_the_other_place_is_asked_and_then_nobody() {
    let mut world = asking_with(|config| config.persistent = false);
    world.answer(Kind::Log, 404, "");
    assert_eq!(world.did(), ["history r"]);
    let other = r#"{"status":"success","logs":[{"time":"2026-11-21T20:45:09.5+00:00","message":"a","type":"INFO"}]}"#;
    world.answer(Kind::Log, 200, other);
    assert_eq!(lines(&world.told()), ["a"]);
    world.advance(3000);
    assert_eq!(words::request(world.find(Kind::Log).unwrap()), "history r");
    world.answer(Kind::Log, 404, "");
    world.advance(15_000);
    assert!(!world.is_asked(Kind::Log));
    assert_eq!(world.client.stats().history_requests, 3);
}

#[test]
fn a_log_is_read_in_every_form_in_which_servers_write_it() {
    let list = r#"[{\"time\":\"2026-11-21T20:45:09\",\"message\":\"a\"}]"#;
    let plain = list.replace('\\', "");
    for body in [
        plain.clone(),
        format!(r#"{{"logs":{plain}}}"#),
        format!(r#"{{"logs":"{list}"}}"#),
        format!(r#"{{"progress_log":{plain}}}"#),
        format!(r#"{{"progress_log":"{list}"}}"#),
    ] {
        let mut world = asking();
        world.answer(Kind::Log, 200, &body);
        assert_eq!(world.heard(), ["r log a"], "{body}");
    }
}

#[test]
fn what_is_no_log_is_a_warning_and_asked_for_again() {
    for body in [
        "",
        "{",
        "7",
        "{}",
        r#"{"logs":7}"#,
        r#"{"logs":"7"}"#,
        r#"{"progress_log":"["}"#,
    ] {
        let mut world = asking();
        world.answer(Kind::Log, 200, body);
        let told = world.heard();
        assert!(
            told.len() == 1 && told[0].starts_with("warning "),
            "{body}: {told:?}"
        );
        world.advance(1000);
        world.answer(Kind::Log, 200, &log(&[(1, 1, "a")]));
        assert_eq!(lines(&world.told()), ["a"]);
    }
}

#[test]
fn lines_that_are_none_are_left_out() {
    let mut world = asking();
    let lines = [
        "null".to_owned(),
        "7".to_owned(),
        "{}".to_owned(),
        r#"{"id":1,"timestamp":"Sat, 21 Nov 2026 20:45:09 GMT"}"#.to_owned(),
        r#"{"id":2,"message":"no time"}"#.to_owned(),
        r#"{"id":3,"message":"no date","timestamp":"yesterday"}"#.to_owned(),
        stored(4, 9, "a"),
    ];
    world.answer(Kind::Log, 200, &format!("[{}]", lines.join(",")));
    assert_eq!(world.heard(), ["r log a", "warning wrong-type r"]);
}

#[test]
fn what_is_wrong_in_a_stored_log_is_told_once_though_each_answer_has_it_again() {
    let mut world = asking();
    let mut log = vec!["7".to_owned(), stored(1, 9, "a")];
    world.answer(Kind::Log, 200, &format!("[{}]", log.join(",")));
    assert_eq!(world.heard(), ["r log a", "warning wrong-type r"]);
    log.push(stored(2, 10, "b"));
    world.advance(3000);
    world.answer(Kind::Log, 200, &format!("[{}]", log.join(",")));
    assert_eq!(world.heard(), ["r log b"]);
    log.push(stored(3, 11, "c").replace("\"c\"", "[8]"));
    log.push(stored(4, 12, "d"));
    world.advance(6000);
    world.answer(Kind::Log, 200, &format!("[{}]", log.join(",")));
    assert_eq!(world.heard(), ["r log d", "warning wrong-type r"]);
}

#[test]
fn a_log_that_is_redirected_is_refused() {
    let mut world = asking();
    world.answer_with(Kind::Log, Answer::Failed(RequestError::Redirected));
    assert!(world.heard().contains(&"warning unauthorized r".to_owned()));
    world.advance(4_999);
    assert!(!world.is_asked(Kind::Log));
}

#[test]
fn of_a_page_that_is_not_persistent_a_refused_log_waits_until_it_is_seen() {
    for (status, body) in [(401, ""), (403, ""), (200, "<html>Sign in</html>")] {
        let mut world = asking_with(|config| config.persistent = false);
        world.receive(&line(5, 7, "live"));
        world.answer(Kind::Log, status, body);
        let mut told = world.heard();
        told.sort();
        let expected = [
            "r gap 0",
            "r log live",
            "r refused unauthorized",
            "warning unauthorized r",
        ];
        assert_eq!(told, expected);
        world.advance(15_000);
        assert!(!world.is_asked(Kind::Log));
        world.input(Input::Visible);
        assert!(world.is_asked(Kind::Log));
    }
}

#[test]
fn a_log_that_fails_is_asked_for_again_later_each_time_and_at_least_once_a_minute() {
    let mut world = asking();
    for wait in [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000] {
        world.answer(Kind::Log, 500, "");
        let begin = world.now;
        while !world.is_asked(Kind::Log) {
            let wait = world.until_due().unwrap().min(5000);
            world.advance(wait);
            world.receive("2");
            world.accept_all();
            if world.is_asked(Kind::Status) {
                world.status("r", 200, RUNS);
            }
        }
        assert_eq!(world.now - begin, wait);
    }
}

#[test]
fn a_log_that_hangs_is_given_up() {
    let mut world = asking();
    world.forget();
    world.advance(10_000);
    assert!(world.did().contains(&"abort log r".to_owned()));
    world.advance(1000);
    assert!(world.is_asked(Kind::Log));
}

/// Loses the connection, and is live and subscribed again with the next attempt.
fn reconnect(world: &mut World) {
    world.cut(Kind::Poll);
    world.wait();
    world.join();
    world.accept();
}

#[test]
fn a_question_from_before_an_outage_that_nothing_answers_does_not_hold_up_what_is_asked_after_it() {
    // It went to a worker that hangs.
    for before in [0, LAST_CHANCE_MS] {
        let mut world = asking();
        let asked = world.now;
        world.advance(before);
        reconnect(&mut world);
        let is_given_up = |world: &mut World| world.did().contains(&"abort log r".to_owned());
        if before == 0 {
            world.forget();
            world.advance(asked + LAST_CHANCE_MS - 1 - world.now);
            assert!(!is_given_up(&mut world), "it may be answered yet");
            world.advance(1);
        }
        assert!(is_given_up(&mut world), "{before}");
        world.status("r", 200, RUNS);
        world.receive(&line(5, 7, "live"));
        world.answer(Kind::Log, 200, &log(&[(1, 1, "a"), (2, 5, "live")]));
        assert_eq!(lines(&world.told()), ["a", "live"]);
    }
    let mut world = World::with_all(|config| config.flush_logs = false);
    world.subscribe("r");
    world.connect();
    world.join();
    world.accept();
    assert!(world.is_asked(Kind::Status));
    world.advance(LAST_CHANCE_MS);
    reconnect(&mut world);
    assert!(world.did().contains(&"abort status r".to_owned()));
    assert!(world.is_asked(Kind::Status), "asked anew");
}

#[test]
fn an_answer_that_has_begun_before_an_outage_is_read_to_its_end() {
    let mut world = asking();
    world.piece(Kind::Log, "[");
    world.advance(LAST_CHANCE_MS);
    reconnect(&mut world);
    world.advance(LAST_CHANCE_MS);
    assert!(!world.did().contains(&"abort log r".to_owned()));
}

#[test]
fn a_server_that_asks_to_wait_is_asked_for_its_log_later() {
    let mut world = asking();
    world.answer_with(Kind::Log, throttled(503, 9));
    world.advance(8999);
    assert!(!world.is_asked(Kind::Log));
    world.advance(1);
    assert!(world.is_asked(Kind::Log));
}

#[test]
fn logs_and_statuses_are_asked_for_one_after_the_other() {
    let mut world = World::with_all(|_| {});
    for id in ["r", "s", "t"] {
        world.subscribe(id);
    }
    world.connect();
    world.join();
    world.accept_all();
    let mut asked = Vec::new();
    for _ in 0..6 {
        if let Some(request) = world.find(Kind::Status) {
            asked.push(words::request(request));
            world.answer(Kind::Status, 200, RUNS);
        } else {
            asked.push(words::request(world.find(Kind::Log).unwrap()));
            world.answer(Kind::Log, 200, "[]");
        }
    }
    asked.sort();
    assert_eq!(
        asked,
        [
            "log r", "log s", "log t", "status r", "status s", "status t"
        ]
    );
}

#[test]
fn a_log_that_live_lines_wait_for_is_asked_for_before_the_status() {
    for (is_live, first) in [(false, Kind::Status), (true, Kind::Log)] {
        let mut world = World::with_all(|_| {});
        world.subscribe("r");
        world.connect();
        world.join();
        if is_live {
            // As from a server that tells everybody, whether it has the subscription or not.
            world.receive(&line(5, 7, "live"));
        }
        world.accept();
        assert!(world.is_asked(first), "is live: {is_live}");
    }
}

#[test]
fn while_the_status_is_polled_the_log_comes_with_each_answer() {
    let mut world = World::with_all(|config| config.reconnection_attempts = Some(0));
    world.subscribe("r");
    world.connect();
    world.cut(Kind::Handshake);
    for n in 1..4 {
        world.status("r", 200, RUNS);
        let all: Vec<_> = (1..=n).map(|n| (n, n, "a line")).collect();
        world.answer(Kind::Log, 200, &log(&all));
        assert_eq!(lines(&world.told()), ["a line"]);
        world.advance(3000);
    }
    world.status("r", 200, DONE);
    world.answer(Kind::Log, 200, &log(&[(9, 9, "last")]));
    let told = world.told();
    assert_eq!(told[told.len() - 2..], ["r log last", "r end completed"]);
}

/// The newest milestone, which most servers tell with the status.
pub(crate) fn milestone(second: u64, text: &str) -> String {
    format!(
        r#"{{"status":"in_progress","log_entry":{{"message":"{text}","type":"MILESTONE","time":"2026-11-21T20:45:{second:02}.500000+00:00"}}}}"#
    )
}

fn polling() -> World {
    let mut world = World::with_all(|config| config.reconnection_attempts = Some(0));
    world.subscribe("r");
    world.connect();
    world.cut(Kind::Handshake);
    world
}

#[test]
fn a_line_that_the_status_has_takes_its_place_among_the_stored_ones() {
    let mut world = polling();
    world.status("r", 200, &milestone(2, "second"));
    assert_eq!(lines(&world.told()), [""; 0]);
    let stored = [(1, 1, "first"), (2, 2, "second"), (3, 3, "third")];
    world.answer(Kind::Log, 200, &log(&stored));
    assert_eq!(lines(&world.told()), ["first", "second", "third"]);
    world.advance(3000);
    world.status("r", 200, &milestone(4, "fourth"));
    world.cut(Kind::Log);
    let told = world.told();
    assert_eq!(
        lines(&told),
        ["fourth"],
        "a log that fails is not waited for"
    );
}

#[test]
fn a_line_that_the_status_has_waits_no_longer_than_the_answer_may_take() {
    let mut world = polling();
    world.status("r", 200, &milestone(2, "second"));
    world.advance(9_999);
    assert_eq!(lines(&world.told()), [""; 0]);
    world.advance(1);
    assert_eq!(lines(&world.told()), ["second"]);
}

#[test]
fn a_status_without_a_line_makes_no_live_line_wait() {
    let mut world = polling();
    world.status("r", 200, RUNS);
    world.answer(Kind::Log, 200, "[]");
    world.connect();
    world.join();
    world.accept();
    for progress in 5..8 {
        while !world.is_asked(Kind::Status) {
            if world.is_asked(Kind::Log) {
                world.answer(Kind::Log, 200, "[]");
            } else {
                world.wait();
            }
        }
        let status = format!(r#"{{"status":"in_progress","progress":{progress}}}"#);
        world.status("r", 200, &status);
    }
    assert!(world.is_asked(Kind::Log));
    world.receive(&line(7, 0, "live"));
    assert_eq!(lines(&world.told()), ["live"]);
}

#[test]
fn a_large_log_is_polled_less_often() {
    let mut world = World::with_all(|config| config.reconnection_attempts = Some(0));
    world.subscribe("r");
    world.connect();
    world.cut(Kind::Handshake);
    world.status("r", 200, RUNS);
    world.advance(2000);
    world.answer(Kind::Log, 200, "[]");
    let begin = world.now;
    while !world.is_asked(Kind::Log) {
        if world.is_asked(Kind::Status) {
            world.status("r", 200, RUNS);
        } else {
            world.wait();
        }
    }
    assert_eq!(world.now - begin, 8000);
}

#[test]
fn a_server_rests_after_a_large_log_but_no_end_waits_for_that() {
    let story = log(&[(1, 1, "a"), (2, 2, "late")]);
    let mut world = asking();
    world.advance(4000);
    world.answer(Kind::Log, 200, &log(&[(1, 1, "a")]));
    world.advance(15_999);
    assert!(!world.is_asked(Kind::Log));
    world.receive(r#"42["progress_r",{"status":"completed","progress":100}]"#);
    world.answer(Kind::Log, 200, &story);
    let told = world.told();
    assert_eq!(lines(&told), ["a", "late"]);
    assert_eq!(told.last().unwrap(), "r end completed");

    let mut world = asking();
    world.advance(4000);
    world.answer(Kind::Log, 200, &log(&[(1, 1, "a")]));
    world.input(Input::Refresh("r".to_owned()));
    world.status("r", 200, DONE);
    world.answer(Kind::Log, 200, &story);
    let told = world.told();
    assert_eq!(lines(&told), ["a", "late"]);
    assert_eq!(told.last().unwrap(), "r end completed");
}

#[test]
fn over_a_new_connection_the_log_is_asked_for_though_the_server_rests() {
    let mut world = asking();
    world.advance(4000);
    world.answer(Kind::Log, 200, "[]");
    world.cut(Kind::Poll);
    world.wait();
    world.join();
    world.accept();
    world.status("r", 200, RUNS);
    assert!(world.is_asked(Kind::Log));
}

#[test]
fn a_line_of_a_polled_status_waits_for_no_server_that_rests_long() {
    for (took_ms, waits) in [(2_499, true), (2_500, false)] {
        let mut world = World::with_all(|config| config.reconnection_attempts = Some(0));
        world.subscribe("r");
        world.connect();
        world.cut(Kind::Handshake);
        world.status("r", 200, RUNS);
        world.advance(took_ms);
        world.answer(Kind::Log, 200, "[]");
        world.forget();
        world.input(Input::Refresh("r".to_owned()));
        let entry = r#"{"message":"new","type":"INFO","time":"2026-11-21T20:45:05.000001+00:00"}"#;
        world.status(
            "r",
            200,
            &format!(r#"{{"status":"in_progress","log_entry":{entry}}}"#),
        );
        assert_eq!(lines(&world.told()).is_empty(), waits, "after {took_ms} ms");
    }
}

#[test]
fn a_research_that_the_page_left_is_not_asked_about() {
    let mut world = asking();
    world.unsubscribe("r");
    assert_eq!(
        world.did(),
        [
            r#"abort log r"#,
            r#"post s1 42["unsubscribe_from_research",{"research_id":"r"}]"#
        ]
    );
    world.accept();
    world.advance(15_000);
    assert!(!world.is_asked(Kind::Log));
}

#[test]
fn a_page_that_goes_away_asks_again_when_it_comes_back() {
    let mut world = asking();
    world.input(Input::Hidden);
    assert!(!world.is_asked(Kind::Log));
    world.advance(60_000);
    world.input(Input::Visible);
    world.join();
    world.accept();
    world.status("r", 200, RUNS);
    world.answer(Kind::Log, 200, &log(&[(1, 1, "a")]));
    assert_eq!(lines(&world.told()), ["a"]);
}

#[test]
fn a_confirmation_that_was_refused_is_a_new_beginning_when_the_page_is_seen() {
    let mut world = asking_with(|config| config.persistent = false);
    world.answer(Kind::Log, 200, "[]");
    world.advance(3000);
    world.answer(Kind::Log, 403, "");
    world.input(Input::Visible);
    world.answer(Kind::Log, 200, "[]");
    world.advance(3000);
    assert!(world.is_asked(Kind::Log));
}

#[test]
fn without_history_nobody_asks() {
    let mut world = World::with_all(|config| config.history = false);
    world.subscribe("r");
    world.connect();
    world.join();
    world.accept();
    world.status("r", 200, DONE);
    assert_eq!(world.told().last().unwrap(), "r end completed");
    world.advance(15_000);
    assert!(!world.is_asked(Kind::Log));
    assert_eq!(world.client.stats().gaps, 0);
}

#[test]
fn without_fallback_the_log_is_asked_for_all_the_same() {
    let mut world = World::with_all(|config| config.fallback = None);
    world.subscribe("r");
    world.connect();
    world.join();
    world.accept();
    world.answer(Kind::Log, 200, &log(&[(1, 1, "a")]));
    assert_eq!(lines(&world.told()), ["a"]);
}

#[test]
fn what_the_page_has_from_an_earlier_client_is_not_told_again() {
    let mut world = World::with_all(|_| {});
    world.subscribe("r");
    let has = format!(
        r#"[{},{{"message":"live","time":"2026-11-21T20:45:05.000007+00:00","level":"info","source":"live"}}]"#,
        stored(2, 3, "b")
    );
    world.input(Input::Remember {
        research: "r".to_owned(),
        lines: has,
        complete: false,
    });
    world.connect();
    world.join();
    world.accept();
    world.status("r", 200, RUNS);
    world.receive(&[line(5, 7, "live"), line(6, 0, "new")].join("|"));
    let all = [
        (1, 1, "a"),
        (2, 3, "b"),
        (3, 5, "live"),
        (4, 5, "missed"),
        (5, 6, "new"),
    ];
    world.answer(Kind::Log, 200, &log(&all));
    assert_eq!(lines(&world.told()), ["missed", "new"]);
}

#[test]
fn a_cut_log_is_asked_for_again() {
    let mut world = asking();
    world.answer_with(Kind::Log, network_error());
    world.advance(1000);
    world.answer(Kind::Log, 200, &log(&[(1, 1, "a")]));
    assert_eq!(lines(&world.told()), ["a"]);
}

#[test]
fn a_research_that_was_not_known_at_first_is_asked_about_again_at_its_end() {
    let mut world = asking();
    world.answer(Kind::Log, 404, "");
    world.answer(Kind::Log, 404, "");
    world.receive(r#"42["progress_r",{"status":"completed","progress":100}]"#);
    assert_eq!(world.told().last().unwrap(), "r end completed");
    world.advance(3000);
    world.answer(Kind::Log, 200, &log(&[(1, 1, "a")]));
    assert_eq!(world.told(), ["r log a"]);
}
