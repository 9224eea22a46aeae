//! What is asked for once the server has a subscription: between the two something could happen.

use research_socket::research::{CancelId, Input, ResearchId};
use research_socket::socket::RETURN_MS;

use crate::history::{DONE, line, lines, log, up_to_date};
use crate::words::Kind;
use crate::world::{RUNS, World, throttled};

const REFUSED: &str = r#"42["subscribe_error",{"error":"Not authorized","research_id":"r"}]"#;

#[test]
fn status_and_log_are_asked_for_once_the_server_has_the_subscription() {
    let mut world = World::with_all(|_| {});
    world.subscribe("r");
    world.connect();
    world.join();
    world.advance(9_999);
    let asks = [Kind::Log, Kind::Status].map(|kind| world.is_asked(kind));
    assert_eq!(asks, [false; 2], "a line or the end could fall in between");
    world.accept();
    world.status("r", 200, RUNS);
    let request = world.find(Kind::Log).unwrap();
    assert_eq!(request.url, "http://host/api/research/r/logs");
}

#[test]
fn a_page_that_emits_all_the_time_is_told_status_and_log_all_the_same() {
    let mut world = World::with_all(|_| {});
    world.subscribe("r");
    world.connect();
    world.join();
    // One POST is always in flight, and one packet always waits for the next.
    world.emit(1, "a");
    world.accept();
    world.emit(2, "b");
    assert!(world.is_asked(Kind::Post));
    world.status("r", 200, RUNS);
    assert!(world.is_asked(Kind::Log));
}

#[test]
fn a_subscription_is_taken_with_its_own_post_and_not_with_one_before() {
    let mut world = World::live();
    world.emit(1, "a");
    world.subscribe("r");
    // The pong, which goes ahead, is none of the packets that are counted.
    world.receive("2");
    world.accept();
    let did = world.did();
    let last = did.last().unwrap();
    assert!(
        last.starts_with("post s1 3|42[\"subscribe_to_research\""),
        "{did:?}"
    );
    assert!(!world.is_asked(Kind::Status));
    world.accept();
    assert!(world.is_asked(Kind::Status));
}

#[test]
fn of_many_subscriptions_each_is_taken_with_its_own_post() {
    let mut world = World::with(|_| {});
    (10..30).for_each(|id| world.subscribe(&id.to_string()));
    world.connect();
    world.join();
    world.accept();
    (10..26).for_each(|id| world.status(&id.to_string(), 200, RUNS));
    assert!(!world.is_asked(Kind::Status), "16 packets are in a POST");
    world.accept();
    (26..30).for_each(|id| world.status(&id.to_string(), 200, RUNS));
}

#[test]
fn packets_that_another_session_took_are_not_those_of_this_one() {
    let mut world = World::live_with(|_| {});
    (0..20).for_each(|id| world.emit(id, "a"));
    world.accept_all();
    world.subscribe("r");
    world.cut(Kind::Poll);
    world.wait();
    world.join();
    assert!(!world.is_asked(Kind::Status));
    world.accept();
    assert!(world.is_asked(Kind::Status));
}

#[test]
fn a_server_that_is_slow_to_take_the_subscription_is_asked_all_the_same() {
    let mut world = World::with_all(|config| config.timeout_ms = 60_000);
    world.subscribe("r");
    world.connect();
    world.join();
    world.advance(10_000);
    world.status("r", 200, RUNS);
    assert!(world.is_asked(Kind::Log));
}

#[test]
fn what_was_asked_before_the_server_had_the_subscription_is_asked_again() {
    let mut world = World::with_all(|config| config.timeout_ms = 60_000);
    world.subscribe("r");
    world.connect();
    world.join();
    world.advance(10_000);
    world.status("r", 200, RUNS);
    world.answer(Kind::Log, 200, "[]");
    world.advance(3000);
    world.answer(Kind::Log, 200, "[]");
    world.advance(1000);
    world.forget();
    world.accept();
    world.status("r", 200, RUNS);
    world.answer(Kind::Log, 200, &log(&[(1, 5, "between")]));
    assert_eq!(lines(&world.told()), ["between"]);
}

#[test]
fn an_answer_that_is_under_way_when_the_server_takes_the_subscription_is_not_enough() {
    let mut world = World::with_all(|config| config.timeout_ms = 60_000);
    world.subscribe("r");
    world.connect();
    world.join();
    world.advance(10_000);
    world.status("r", 200, RUNS);
    world.accept();
    world.answer(Kind::Log, 200, "[]");
    world.status("r", 200, RUNS);
    assert!(world.is_asked(Kind::Log), "now, and not for confirmation");
}

#[test]
fn an_end_does_not_wait_for_a_log_that_cannot_be_asked_for() {
    let mut world = up_to_date();
    world.input(Input::Refresh("r".to_owned()));
    world.status("r", 200, DONE);
    world.input(Input::Hidden);
    world.forget();
    world.advance(9_999);
    assert_eq!(world.heard(), [""; 0]);
    world.advance(1);
    assert_eq!(world.heard(), ["r end completed"]);
}

#[test]
fn an_answer_from_before_the_server_had_the_subscription_is_not_the_last() {
    let mut world = World::with_all(|config| config.timeout_ms = 60_000);
    world.subscribe("r");
    world.connect();
    world.join();
    world.advance(10_000);
    world.advance(100);
    world.accept();
    world.status("r", 200, RUNS);
    world.status("r", 200, DONE);
    world.answer(Kind::Log, 200, "[]");
    assert_eq!(world.told().last().unwrap(), "r end completed");
}

#[test]
fn a_status_that_was_asked_for_before_the_server_had_the_subscription_is_asked_for_again() {
    let mut world = World::with(|config| config.reconnection_attempts = Some(0));
    world.subscribe("r");
    world.connect();
    world.cut(Kind::Handshake);
    assert!(world.is_asked(Kind::Status));
    world.connect();
    world.join();
    world.advance(10);
    world.accept();
    world.receive(r#"42["progress_r",{"progress":50}]"#);
    world.status("r", 200, RUNS);
    world.status("r", 200, DONE);
    assert_eq!(world.told().last().unwrap(), "r end completed");
}

#[test]
fn a_subscription_that_is_not_taken_yet_puts_no_question_off() {
    let mut world = World::following();
    world.cut(Kind::Poll);
    world.input(Input::Cancel {
        cancel: CancelId(1),
        research: ResearchId::from_text("r").unwrap(),
        csrf_token: None,
    });
    world.answer(Kind::Terminate, 200, "{}");
    world.cut(Kind::Status);
    let failed = world.now;
    world.wait();
    world.join();
    world.advance(failed + 3000 - world.now);
    assert!(world.is_asked(Kind::Status));
}

#[test]
fn an_end_that_comes_before_the_server_has_the_subscription_leaves_nothing_to_ask() {
    let mut world = World::live();
    world.subscribe("r");
    world.receive(r#"42["progress_r",{"status":"completed"}]"#);
    world.forget();
    world.accept();
    world.advance(20_000);
    assert!(!world.did().contains(&"status r".to_owned()));
}

#[test]
fn an_end_that_is_known_before_the_server_has_the_subscription_waits_for_the_log_alone() {
    for is_live in [true, false] {
        let mut world = World::with_all(|_| {});
        world.subscribe("r");
        world.connect();
        world.join();
        if is_live {
            world.receive(r#"42["progress_r",{"status":"completed"}]"#);
        } else {
            world.input(Input::Refresh("r".to_owned()));
            world.status("r", 200, DONE);
        }
        world.forget();
        assert!(world.is_asked(Kind::Log), "live: {is_live}");
        // What is asked already is not asked once more.
        world.accept();
        world.answer(Kind::Log, 200, &log(&[(1, 5, "last")]));
        assert_eq!(world.told(), ["r log last", "r end completed"]);
    }
}

#[test]
fn what_happened_before_a_refusal_is_asked_for_at_once() {
    let mut world = World::live();
    world.subscribe("r");
    world.receive(REFUSED);
    world.status("r", 200, DONE);
    assert_eq!(world.told().last().unwrap(), "r end completed");
}

#[test]
fn a_refusal_is_not_taken_for_an_acceptance_once_all_is_sent() {
    let mut world = World::live();
    world.subscribe("r");
    world.receive(REFUSED);
    world.status("r", 200, RUNS);
    world.accept();
    assert!(!world.is_asked(Kind::Status));
    world.receive(REFUSED);
    let told = world.told();
    let failures = told.iter().filter(|told| told.starts_with("r failure"));
    assert_eq!(failures.count(), 1, "{told:?}");
}

#[test]
fn a_refused_research_that_ended_is_not_asked_for_when_the_page_is_seen() {
    let mut world = World::following();
    world.receive(REFUSED);
    world.input(Input::Refresh("r".to_owned()));
    world.status("r", 200, DONE);
    world.forget();
    world.input(Input::Visible);
    assert_eq!(world.did(), [""; 0]);
}

#[test]
fn what_was_refused_is_asked_for_when_there_is_a_connection_and_not_before() {
    let mut world = World::live_with(|config| config.persistent = false);
    world.subscribe("r");
    world.accept();
    world.status("r", 401, "");
    world.cut(Kind::Poll);
    world.input(Input::Visible);
    assert!(!world.is_asked(Kind::Status));
    world.join();
    world.accept();
    assert!(world.is_asked(Kind::Status));
}

/// After an outage in which the status was polled the server is there again: it is connected to while
/// its log is still asked for.
fn found() -> World {
    let mut world = up_to_date();
    world.cut(Kind::Poll);
    for is_there in [false, true] {
        while !world.is_asked(Kind::Status) {
            world.wait();
            if world.is_asked(Kind::Handshake) {
                world.cut(Kind::Handshake);
            }
        }
        if is_there {
            world.status("r", 200, RUNS);
        } else {
            world.cut(Kind::Status);
        }
    }
    assert!(world.is_asked(Kind::Log));
    world.wait();
    world.join();
    world
}

#[test]
fn an_end_waits_for_the_log_as_it_is_once_the_server_has_the_subscription() {
    let answers: [fn(&mut World); 2] = [
        |world| world.answer(Kind::Log, 200, &log(&[(1, 0, "first"), (2, 5, "missed")])),
        |world| world.cut(Kind::Log),
    ];
    for answer in answers {
        for is_accepted in [true, false] {
            let mut world = found();
            if is_accepted {
                world.accept();
            }
            world.receive(r#"42["progress_r",{"status":"completed","progress":100}]"#);
            answer(&mut world);
            world.accept_all();
            // Of a server whose answer took so long, four times that.
            world.advance(4 * RETURN_MS);
            assert!(!world.heard().contains(&"r end completed".to_owned()));
            let all = [(1, 0, "first"), (2, 5, "missed"), (3, 6, "missed too")];
            world.forget();
            world.answer(Kind::Log, 200, &log(&all));
            let told = world.heard();
            let last = &told[told.len() - 3..];
            let expected = ["r log missed too", "r gap 2, 0 missing", "r end completed"];
            assert_eq!(last, expected);
        }
    }
}

#[test]
fn live_lines_wait_for_the_log_as_it_is_once_the_server_has_the_subscription() {
    let mut world = found();
    world.accept();
    world.receive(&line(9, 1, "live"));
    let older = [(1, 0, "first"), (2, 5, "missed")];
    world.answer(Kind::Log, 200, &log(&older));
    assert_eq!(lines(&world.told()), ["missed"]);
    while !world.is_asked(Kind::Log) {
        world.wait();
        if world.is_asked(Kind::Status) {
            world.status("r", 200, RUNS);
        }
    }
    let all = [older[0], older[1], (3, 6, "missed too"), (4, 9, "live")];
    world.answer(Kind::Log, 200, &log(&all));
    assert_eq!(lines(&world.told()), ["missed too", "live"]);
}

#[test]
fn nothing_waits_for_a_log_that_cannot_be_asked_for_again_in_time() {
    let answers: [fn(&mut World); 3] = [
        // The log is large, and left alone for four times as long.
        |world| {
            world.advance(2_600);
            world.answer(Kind::Log, 200, &log(&[(1, 0, "first")]));
        },
        |world| world.answer(Kind::Log, 403, ""),
        |world| world.answer_with(Kind::Log, throttled(503, 10)),
    ];
    for answer in answers {
        let mut world = found();
        world.accept();
        world.receive(&line(9, 1, "live"));
        answer(&mut world);
        assert_eq!(lines(&world.told()), ["live"]);
    }
}

#[test]
fn an_end_waits_for_its_own_answer_as_long_as_it_may_take() {
    let mut world = World::with_all(|_| {});
    world.subscribe("r");
    world.connect();
    world.join();
    world.accept();
    // Live lines would have waited since the connection.
    world.advance(9_500);
    world.status("r", 200, DONE);
    world.forget();
    world.advance(9_999);
    assert_eq!(world.told(), [""; 0]);
    world.answer(Kind::Log, 200, &log(&[(1, 5, "last")]));
    assert_eq!(world.told(), ["r log last", "r end completed"]);
}
