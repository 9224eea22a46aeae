//! What the page hears of an outage: the lines that it missed, then what is known of the rest.

use research_socket::http::{Answer, Response};
use research_socket::research::{Event, Input, Output, ResearchEvent};
use research_socket::time::Timestamp;

use crate::history::{DONE, asking, line, lines, log, stored, up_to_date, up_to_date_with};
use crate::words::Kind;
use crate::world::{RUNS, World};

/// A client that was away for some seconds and is live again; its log is asked for.
pub(crate) fn back() -> World {
    let mut world = up_to_date();
    world.advance(2000);
    world.cut(Kind::Poll);
    world.wait();
    world.join();
    world.accept();
    world.status("r", 200, RUNS);
    world.forget();
    assert!(world.is_asked(Kind::Log));
    world
}

#[test]
fn lines_that_were_missed_come_first_and_then_the_gap_with_their_number() {
    let mut world = back();
    world.receive(&line(9, 1, "live"));
    let all = [
        (1, 0, "first"),
        (2, 5, "missed"),
        (3, 6, "missed too"),
        (4, 9, "live"),
    ];
    world.answer(Kind::Log, 200, &log(&all));
    assert_eq!(
        world.told(),
        ["r log missed", "r log missed too", "r log live"]
    );
    world.advance(3000);
    world.answer(Kind::Log, 200, &log(&all));
    assert_eq!(world.told(), ["r gap 2, 0 missing"]);
    assert_eq!(world.client.stats().gaps, 1);
}

#[test]
fn after_a_sleep_lines_wait_for_an_answer_that_came_meanwhile() {
    let mut world = back();
    world.receive(&line(9, 1, "live"));
    world.sleep(20_000);
    assert_eq!(world.heard(), [""; 0]);
    let all = [(1, 0, "first"), (2, 5, "missed"), (3, 9, "live")];
    world.answer(Kind::Log, 200, &log(&all));
    assert_eq!(world.told(), ["r log missed", "r log live"]);
}

#[test]
fn lines_that_are_stored_late_count_too() {
    let mut world = back();
    world.answer(Kind::Log, 200, &log(&[(1, 0, "first")]));
    world.advance(3000);
    world.answer(Kind::Log, 200, &log(&[(1, 0, "first"), (2, 5, "missed")]));
    assert_eq!(world.told(), ["r log missed"]);
    world.advance(6000);
    world.answer(Kind::Log, 200, &log(&[(1, 0, "first"), (2, 5, "missed")]));
    assert_eq!(world.told(), ["r gap 1, 0 missing"]);
}

#[test]
fn an_outage_in_which_nothing_was_missed_is_no_gap() {
    let mut world = back();
    for _ in 0..2 {
        world.answer(Kind::Log, 200, &log(&[(1, 0, "first")]));
        world.advance(3000);
    }
    assert_eq!(world.told(), [""; 0]);
}

/// Loses the connection and is live again; every question is answered until none is left.
fn away_and_back(world: &mut World) {
    world.cut(Kind::Poll);
    while !world.is_asked(Kind::Handshake) {
        world.wait();
    }
    world.join();
    world.accept();
    world.forget();
    for _ in 0..20 {
        if world.is_asked(Kind::Status) {
            world.status("r", 200, RUNS);
        }
        if world.is_asked(Kind::Log) {
            world.answer(Kind::Log, 200, &log(&[(1, 0, "first"), (2, 5, "second")]));
        }
        world.advance(500);
    }
}

#[test]
fn an_outage_before_the_story_was_read_is_no_gap_in_it() {
    let mut world = asking();
    away_and_back(&mut world);
    let told = world.told();
    assert_eq!(lines(&told), ["first", "second"]);
    assert!(!told.iter().any(|told| told.contains("gap")), "{told:?}");
}

/// The log fails until the client says so.
fn unreadable() -> World {
    let mut world = asking();
    for _ in 0..5 {
        assert_eq!(world.heard(), [""; 0]);
        while !world.is_asked(Kind::Log) {
            world.wait();
        }
        world.cut(Kind::Log);
        world.receive("2");
        world.accept_all();
    }
    world
}

#[test]
fn a_story_that_cannot_be_read_is_a_gap_until_it_can() {
    let mut world = unreadable();
    assert_eq!(world.heard(), ["r gap 0"]);
    assert_eq!(world.client.stats().gaps, 1);
    while !world.is_asked(Kind::Log) {
        world.advance(5000);
        world.receive("2");
        world.accept_all();
    }
    world.answer(Kind::Log, 200, &log(&[(1, 0, "first")]));
    assert_eq!(world.heard(), ["r log first"]);
}

#[test]
fn an_end_before_the_story_was_read_comes_after_a_gap() {
    let mut world = asking();
    world.receive(r#"42["progress_r",{"status":"completed","progress":100}]"#);
    world.cut(Kind::Log);
    let told = world.told();
    assert_eq!(told[told.len() - 2..], ["r gap 0", "r end completed"]);
}

#[test]
fn an_outage_after_the_story_could_not_be_read_is_a_gap() {
    let mut world = unreadable();
    world.forget();
    away_and_back(&mut world);
    let told = world.told();
    assert_eq!(lines(&told), ["first", "second"]);
    assert_eq!(told.last().unwrap(), "r gap 2, 0 missing");
}

#[test]
fn a_gap_reaches_from_the_last_word_to_the_first_new_one() {
    let mut world = up_to_date();
    world.receive("2");
    world.accept();
    let last = world.now;
    world.advance(2000);
    world.cut(Kind::Poll);
    world.wait();
    world.join();
    let first = world.now;
    world.accept();
    world.status("r", 200, RUNS);
    let both = log(&[(1, 0, "first"), (2, 5, "missed")]);
    world.answer(Kind::Log, 200, &both);
    world.advance(3000);
    world.forget();
    let request = world.find(Kind::Log).unwrap().id;
    let answer = crate::world::response(200, &both);
    let now = Timestamp::from_millis(world.now);
    let input = Input::Answer { request, answer };
    world.client.handle_input(now, input);
    let gap = std::iter::from_fn(|| world.client.poll_output()).find_map(|output| match output {
        Output::Event(Event::Research {
            event: ResearchEvent::Gap(gap),
            ..
        }) => Some(gap),
        _ => None,
    });
    let gap = gap.unwrap();
    assert_eq!((gap.from, gap.to), (last, first));
}

#[test]
fn without_a_log_nobody_can_tell_what_is_missing() {
    let mut world = back();
    world.answer(Kind::Log, 404, "");
    world.answer(Kind::Log, 404, "");
    assert_eq!(world.told(), ["r gap 0"]);

    let mut world = back();
    world.answer(Kind::Log, 401, "");
    let told = [
        "warning unauthorized r",
        "r gap 0",
        "r refused unauthorized",
    ];
    assert_eq!(world.heard(), told);

    let mut world = back();
    for _ in 0..5 {
        assert_eq!(world.heard(), [""; 0]);
        while !world.is_asked(Kind::Log) {
            world.wait();
        }
        world.cut(Kind::Log);
        world.receive("2");
        world.accept_all();
    }
    assert_eq!(world.heard(), ["r gap 0"]);
}

#[test]
fn a_stored_line_without_a_time_may_be_a_missing_one() {
    let mut world = back();
    let untimed = r#"{"id":2,"message":"untimed"}"#;
    let body = format!("[{},{untimed}]", stored(1, 0, "first"));
    for _ in 0..2 {
        world.answer(Kind::Log, 200, &body);
        world.advance(3000);
    }
    assert_eq!(world.heard(), ["r gap 0"]);
}

#[test]
fn a_log_that_is_no_text_is_asked_for_again() {
    let mut world = back();
    let garbled = Response {
        status: 200,
        body: b"\xff\xfe\x00".to_vec(),
        ..Response::default()
    };
    world.answer_with(Kind::Log, Answer::Response(garbled));
    let told = world.heard();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("warning damaged-answer"), "{told:?}");
    world.wait();
    world.answer(Kind::Log, 200, &log(&[(1, 0, "missed")]));
    assert_eq!(lines(&world.heard()), ["missed"]);
}

#[test]
fn two_outages_before_the_log_could_be_read_are_one_gap() {
    let mut world = back();
    world.cut(Kind::Poll);
    world.cut(Kind::Log);
    while !world.is_asked(Kind::Handshake) {
        world.wait();
    }
    world.join();
    world.accept();
    world.status("r", 200, RUNS);
    let both = log(&[(1, 0, "first"), (2, 5, "missed")]);
    for _ in 0..2 {
        world.answer(Kind::Log, 200, &both);
        world.advance(3000);
    }
    let told = world.heard();
    let gaps: Vec<_> = told.iter().filter(|told| told.contains("gap")).collect();
    assert_eq!(gaps, ["r gap 1, 0 missing"]);
}

#[test]
fn what_was_missed_before_the_end_comes_before_it() {
    let mut world = up_to_date();
    world.cut(Kind::Poll);
    world.wait();
    world.join();
    world.accept();
    world.forget();
    world.status("r", 200, DONE);
    let both = log(&[(1, 0, "first"), (2, 5, "missed")]);
    world.answer(Kind::Log, 200, &both);
    let told = world.told();
    let last = &told[told.len() - 3..];
    assert_eq!(
        last,
        ["r log missed", "r gap 1, 0 missing", "r end completed"]
    );
}

#[test]
fn an_end_whose_log_fails_comes_after_a_gap_of_which_nobody_knows_more() {
    let mut world = back();
    world.receive(r#"42["progress_r",{"status":"completed","progress":100}]"#);
    world.cut(Kind::Log);
    let told = world.told();
    assert_eq!(told[told.len() - 2..], ["r gap 0", "r end completed"]);
    assert_eq!(world.client.stats().gaps, 1);
}

#[test]
fn lines_that_come_after_the_end_are_not_missed_either() {
    let mut world = up_to_date();
    world.receive(r#"42["progress_r",{"status":"completed","progress":100}]"#);
    world.advance(2000);
    world.cut(Kind::Poll);
    while !world.is_asked(Kind::Handshake) {
        world.wait();
    }
    world.join();
    world.forget();
    world.answer(
        Kind::Log,
        200,
        &log(&[(1, 0, "first"), (2, 9, "cleaned up")]),
    );
    assert_eq!(world.told(), ["r log cleaned up"]);
}

#[test]
fn a_new_connection_does_not_hurry_what_is_planned_after_the_end() {
    let mut world = up_to_date();
    world.receive(r#"42["progress_r",{"status":"completed","progress":100}]"#);
    world.cut(Kind::Poll);
    world.input(Input::Visible);
    world.join();
    assert!(!world.is_asked(Kind::Log));
    world.advance(3000);
    assert!(world.is_asked(Kind::Log));
}

/// The log has failed three times, and is asked for again.
fn failing() -> World {
    let mut world = asking();
    for _ in 0..3 {
        world.cut(Kind::Log);
        while !world.is_asked(Kind::Log) {
            world.wait();
        }
    }
    world
}

#[test]
fn an_answer_ends_a_row_of_failures() {
    let mut world = failing();
    world.answer(Kind::Log, 200, "[]");
    world.advance(3000);
    world.cut(Kind::Log);
    world.advance(1000);
    assert!(world.is_asked(Kind::Log));
}

#[test]
fn over_a_new_connection_failures_are_counted_anew() {
    let mut world = failing();
    world.cut(Kind::Poll);
    world.input(Input::Visible);
    world.join();
    world.accept();
    world.cut(Kind::Log);
    world.status("r", 200, RUNS);
    world.advance(1000);
    assert!(world.is_asked(Kind::Log));
}

#[test]
fn what_the_server_stored_and_never_sent_comes_after_the_end() {
    let mut world = up_to_date();
    world.receive(r#"42["progress_r",{"progress":99}]|42["progress_r",{"status":"completed","progress":100}]"#);
    world.forget();
    world.advance(3000);
    world.answer(Kind::Log, 200, &log(&[(1, 0, "first")]));
    world.advance(6000);
    world.answer(
        Kind::Log,
        200,
        &log(&[(1, 0, "first"), (2, 5, "never sent")]),
    );
    assert_eq!(world.told(), ["r log never sent"]);
}

#[test]
fn after_the_end_a_log_that_could_not_be_read_is_asked_for_over_the_next_connection_and_no_later() {
    let mut world = up_to_date_with(|config| config.persistent = false);
    world.receive(r#"42["progress_r",{"status":"completed","progress":100}]"#);
    world.advance(3000);
    for _ in 0..2 {
        world.answer(Kind::Log, 404, "");
    }
    world.advance(1000);
    assert!(!world.is_asked(Kind::Log));
    world.cut(Kind::Poll);
    world.wait();
    world.join();
    assert!(world.is_asked(Kind::Log));
    for _ in 0..20 {
        if world.is_asked(Kind::Log) {
            world.answer(Kind::Log, 200, &log(&[(1, 0, "first")]));
        }
        world.advance(1000);
    }
    let asked = world.client.stats().history_requests;
    world.cut(Kind::Poll);
    world.wait();
    world.join();
    world.advance(15_000);
    assert_eq!(world.client.stats().history_requests, asked);
}

#[test]
fn an_outage_long_after_the_end_asks_for_nothing() {
    let mut world = up_to_date();
    world.receive(r#"42["progress_r",{"progress":99}]|42["progress_r",{"status":"completed","progress":100}]"#);
    for wait in [3000, 6000] {
        world.advance(wait);
        world.answer(Kind::Log, 200, &log(&[(1, 0, "first")]));
    }
    world.cut(Kind::Poll);
    world.wait();
    world.join();
    world.advance(15_000);
    assert!(!world.is_asked(Kind::Log));
}

#[test]
fn a_log_that_lacks_a_line_of_seconds_ago_is_behind_and_asked_for_again() {
    let mut world = back();
    world.receive(&line(9, 1, "live"));
    world.answer(Kind::Log, 200, &log(&[(1, 0, "first")]));
    world.forget();
    for wait in [3000, 6000] {
        world.advance(wait);
        world.answer(Kind::Log, 200, &log(&[(1, 0, "first")]));
    }
    world.receive("2");
    world.accept_all();
    world.advance(12_000);
    let all = [(1, 0, "first"), (2, 5, "missed"), (3, 9, "live")];
    world.answer(Kind::Log, 200, &log(&all));
    assert_eq!(lines(&world.told()), ["missed"]);
}

#[test]
fn lines_recovered_while_the_status_was_polled_belong_to_the_gap() {
    let mut world = up_to_date();
    world.advance(3000);
    world.cut(Kind::Poll);
    while !world.is_asked(Kind::Status) {
        world.wait();
        if world.is_asked(Kind::Handshake) {
            world.cut(Kind::Handshake);
        }
    }
    world.status("r", 200, RUNS);
    let both = log(&[(1, 0, "first"), (2, 5, "missed")]);
    world.answer(Kind::Log, 200, &both);
    assert_eq!(lines(&world.told()), ["missed"]);
    while !world.is_asked(Kind::Handshake) {
        world.wait();
        if world.is_asked(Kind::Status) {
            world.status("r", 200, RUNS);
        }
        if world.is_asked(Kind::Log) {
            world.answer(Kind::Log, 200, &both);
        }
    }
    world.join();
    world.accept();
    for _ in 0..20 {
        world.advance(500);
        if world.is_asked(Kind::Status) {
            world.status("r", 200, RUNS);
        }
        if world.is_asked(Kind::Log) {
            world.answer(Kind::Log, 200, &both);
        }
    }
    let told = world.heard();
    assert!(told.contains(&"r gap 1, 0 missing".to_owned()), "{told:?}");
}

#[test]
fn what_is_missing_when_the_page_is_hidden_around_the_end_comes_when_it_is_seen() {
    for is_asked in [false, true] {
        let mut world = up_to_date();
        world.receive(r#"42["progress_r",{"status":"completed","progress":100}]"#);
        if is_asked {
            world.advance(3000);
        }
        assert_eq!(world.is_asked(Kind::Log), is_asked);
        world.input(Input::Hidden);
        world.advance(60_000);
        world.forget();
        world.input(Input::Visible);
        world.join();
        let all = [(1, 0, "first"), (2, 5, "missed")];
        world.answer(Kind::Log, 200, &log(&all));
        assert_eq!(lines(&world.told()), ["missed"]);
    }
}

#[test]
fn live_lines_that_wait_for_the_log_are_bounded_in_bytes() {
    let mut world = back();
    let words = "x".repeat(100_000);
    for second in 10..40 {
        world.receive(&line(second, 1, &words));
    }
    assert_eq!(world.told(), [""; 0], "they wait");
    for second in 40..50 {
        world.receive(&line(second, 1, &words));
    }
    assert_eq!(world.told().len(), 40);
}

/// What the page hears of a log with a line that it has and one that it has not, if it has followed the
/// research with another client until this one began; whether this one was live by then.
fn told_after_another_client(is_live: bool) -> Vec<String> {
    let mut world = World::with_all(|_| {});
    if is_live {
        world.connect();
        world.join();
    }
    world.subscribe("r");
    world.input(Input::Remember {
        research: "r".to_owned(),
        lines: format!("[{}]", stored(1, 1, "a")),
        complete: true,
    });
    if !is_live {
        world.connect();
        world.join();
    }
    world.accept();
    world.status("r", 200, RUNS);
    let all = log(&[(1, 1, "a"), (2, 3, "b")]);
    world.answer(Kind::Log, 200, &all);
    world.advance(3000);
    world.answer(Kind::Log, 200, &all);
    world.told()
}

#[test]
fn what_was_missed_between_two_clients_of_a_page_is_a_gap() {
    for is_live in [false, true] {
        let told = told_after_another_client(is_live);
        assert_eq!(lines(&told), ["b"]);
        assert_eq!(told.last().unwrap(), "r gap 1, 0 missing");
    }
}
