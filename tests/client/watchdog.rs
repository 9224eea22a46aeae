//! A research that is silent over a connection that looks alive.

use research_socket::research::{CancelId, Event, Gap, Input, ResearchEvent, ResearchId};

use crate::history::{DONE, line, lines, log, milestone, up_to_date, up_to_date_with};
use crate::words::Kind;
use crate::world::{RUNS, START, World};

const MOVED: &str = r#"{"status":"in_progress","progress":70}"#;

/// It went on for a minute, and nothing of it was heard; it is about to be subscribed again.
fn deaf() -> World {
    let mut world = up_to_date();
    world.receive(r#"42["progress_r",{"progress":5}]"#);
    world.beat(60_000);
    world.status("r", 200, MOVED);
    world.forget();
    world
}

#[test]
fn if_it_went_on_without_a_word_the_line_that_the_status_has_waits_for_the_older_ones() {
    let mut world = up_to_date();
    world.receive(r#"42["progress_r",{"progress":5}]"#);
    world.beat(60_000);
    world.forget();
    let moved = milestone(9, "ninth").replace("{\"status", "{\"progress\":70,\"status");
    world.status("r", 200, &moved);
    assert_eq!(lines(&world.told()), [""; 0]);
    world.accept();
    world.answer(
        Kind::Log,
        200,
        &log(&[(1, 0, "first"), (2, 8, "eighth"), (3, 9, "ninth")]),
    );
    assert_eq!(lines(&world.told()), ["eighth", "ninth"]);
    world.status("r", 200, &moved);
    assert_eq!(lines(&world.told()), [""; 0]);
}

/// How often the page is told that nothing is heard, since it was asked last.
fn warnings(world: &mut World) -> usize {
    let told = world.heard();
    told.iter()
        .filter(|told| told.starts_with("warning unheard"))
        .count()
}

/// It is silent until it is asked about once more, and has gone on, while so much of another research is `heard`.
fn goes_on(world: &mut World, progress: u32, heard: &str) {
    world.accept_all();
    for kind in [Kind::Status, Kind::Log] {
        while world.is_asked(kind) {
            let answer = if kind == Kind::Log { "[]" } else { MOVED };
            world.answer(kind, 200, answer);
        }
    }
    world.forget();
    while !world.is_asked(Kind::Status) {
        world.beat(5_000);
        world.receive(heard);
    }
    let on = format!(r#"{{"status":"in_progress","progress":{progress}}}"#);
    world.status("r", 200, &on);
}

#[test]
fn a_session_over_which_nothing_is_heard_twice_gives_way_to_another_and_no_more_than_once() {
    let mut world = deaf();
    goes_on(&mut world, 80, "2");
    let told = world.heard();
    assert!(
        told.contains(&"disconnect DISCONNECTED".to_owned()),
        "{told:?}"
    );
    assert!(
        !told.iter().any(|told| told.starts_with("warning")),
        "{told:?}"
    );
    world.wait();
    world.join();
    assert!(world.client.is_connected());
    for (progress, words) in [(90, 1), (91, 0), (92, 0), (93, 0)] {
        goes_on(&mut world, progress, "2");
        assert_eq!(warnings(&mut world), words, "{progress}");
        assert!(world.client.is_connected(), "{progress}");
    }
}

/// Over `minutes` minutes in which its status is asked for every 3 s, and it goes on: after how many seconds each it was subscribed.
fn subscribed_while_polled(world: &mut World, minutes: u64) -> Vec<u64> {
    let began = world.now;
    let mut subscribed = Vec::new();
    for _ in 0..minutes * 60 {
        while world.is_asked(Kind::Log) {
            world.answer(Kind::Log, 200, "[]");
        }
        if world.is_asked(Kind::Status) {
            let minutes = (world.now - START) as f64 / 60_000.0;
            let on = format!(r#"{{"status":"in_progress","progress":{minutes}}}"#);
            world.status("r", 200, &on);
        }
        let did = world.did();
        if did.iter().any(|did| did.contains("subscribe")) {
            subscribed.push((world.now - began) / 1_000);
        }
        if !world.client.is_connected() {
            break;
        }
        world.beat(1_000);
    }
    subscribed
}

#[test]
fn a_research_that_goes_on_unheard_while_its_status_is_asked_for_anyway_is_subscribed_again_and_over_another_session()
 {
    let mut world = World::with_all(|config| {
        config.reconnection_attempts = Some(0);
        config.flush_logs = false;
    });
    world.subscribe("r");
    world.connect();
    world.cut(Kind::Handshake);
    world.status("r", 200, RUNS);
    world.connect();
    world.join();
    world.accept();
    world.forget();
    assert_eq!(subscribed_while_polled(&mut world, 10), [63]);
    let told = world.heard();
    assert!(
        told.contains(&"disconnect DISCONNECTED".to_owned()),
        "{told:?}"
    );
    world.wait();
    world.join();
    world.accept();
    world.forget();
    assert_eq!(subscribed_while_polled(&mut world, 10), [63, 183, 423]);
    assert_eq!(warnings(&mut world), 1);
}

#[test]
fn for_several_that_go_on_unheard_the_session_gives_way_once() {
    let mut world = up_to_date();
    world.subscribe("other");
    world.accept();
    let mut renewed = 0;
    for second in 0..1_200 {
        while world.is_asked(Kind::Log) {
            world.answer(Kind::Log, 200, "[]");
        }
        while world.is_asked(Kind::Status) {
            let minutes = f64::from(second) / 60.0;
            let on = format!(r#"{{"status":"in_progress","progress":{minutes}}}"#);
            world.answer(Kind::Status, 200, &on);
        }
        if !world.client.is_connected() {
            renewed += 1;
            world.wait();
            world.join();
        }
        world.beat(1_000);
    }
    assert_eq!(renewed, 1);
    assert_eq!(warnings(&mut world), 2, "one of each");
}

#[test]
fn over_another_session_it_is_heard_again() {
    let mut world = deaf();
    goes_on(&mut world, 80, "2");
    world.wait();
    world.join();
    world.accept();
    world.receive(&line(9, 1, "live"));
    world.status("r", 200, MOVED);
    world.answer(Kind::Log, 200, &log(&[(1, 0, "first"), (2, 5, "missed")]));
    assert_eq!(lines(&world.told()), ["missed", "live"]);
}

#[test]
fn if_another_research_is_heard_meanwhile_the_session_stays_and_the_page_is_told_once_why_that_may_be()
 {
    let mut world = up_to_date();
    world.subscribe("other");
    world.accept();
    world.status("other", 200, RUNS);
    world.answer(Kind::Log, 200, "[]");
    for (progress, words) in [(70, 0), (80, 1), (90, 0)] {
        goes_on(
            &mut world,
            progress,
            r#"42["progress_other",{"progress":5}]"#,
        );
        assert_eq!(warnings(&mut world), words, "{progress}");
        assert!(world.client.is_connected(), "{progress}");
    }
}

#[test]
fn if_it_stands_still_a_line_that_the_status_has_waits_for_nothing() {
    let mut world = up_to_date();
    world.beat(60_000);
    world.forget();
    world.status(
        "r",
        200,
        &milestone(9, "ninth").replace("MILESTONE", "INFO"),
    );
    assert_eq!(lines(&world.told()), ["ninth"]);
}

#[test]
fn if_it_stands_still_no_live_line_waits() {
    let mut world = up_to_date();
    world.receive(r#"42["progress_r",{"progress":5}]"#);
    world.beat(60_000);
    world.status("r", 200, r#"{"status":"in_progress","progress":5}"#);
    world.receive(&line(9, 0, "live"));
    assert!(lines(&world.told()).contains(&"live"));
}

fn answer_status(world: &mut World, body: &str) {
    world.status("r", 200, body);
}

#[test]
fn a_silent_research_is_asked_about_and_less_often_each_time() {
    let mut world = up_to_date();
    world.receive(r#"42["progress_r",{"progress":5}]"#);
    for seconds in [60, 120, 240, 480, 600, 600] {
        world.beat(seconds * 1000 - 1);
        assert!(!world.is_asked(Kind::Status), "before {seconds} s");
        world.beat(1);
        assert!(world.is_asked(Kind::Status), "after {seconds} s");
        world.forget();
        answer_status(&mut world, RUNS);
    }
    assert_eq!(world.client.stats().stall_checks, 6);
    // Heard again: from the start.
    world.receive(r#"42["progress_r",{"progress":6}]"#);
    world.beat(60_000);
    assert!(world.is_asked(Kind::Status));
}

#[test]
fn a_line_of_the_log_is_a_sign_of_life() {
    let mut world = up_to_date();
    for n in 0..5 {
        world.beat(50_000);
        world.receive(&line(n, 1, "live"));
    }
    assert_eq!(world.client.stats().stall_checks, 0);
}

#[test]
fn if_it_is_over_its_last_lines_come_before_the_end() {
    let mut world = up_to_date();
    world.beat(60_000);
    world.forget();
    answer_status(&mut world, DONE);
    assert!(!world.told().contains(&"r end completed".to_owned()));
    world.answer(Kind::Log, 200, &log(&[(1, 0, "first"), (2, 5, "last")]));
    assert_eq!(world.told(), ["r log last", "r end completed"]);
    world.beat(700_000);
    assert!(!world.is_asked(Kind::Status));
    assert_eq!(world.client.stats().stall_checks, 1);
}

#[test]
fn of_a_research_that_the_server_refused_silence_means_nothing() {
    let mut world = up_to_date();
    world.receive(r#"42["subscribe_error",{"error":"Not authorized","research_id":"r"}]"#);
    world.beat(700_000);
    assert_eq!(world.client.stats().stall_checks, 0);
}

#[test]
fn if_it_went_on_without_a_word_it_is_subscribed_again_and_its_lines_are_fetched() {
    let mut world = up_to_date();
    world.beat(60_000);
    world.forget();
    answer_status(&mut world, r#"{"status":"in_progress","progress":70}"#);
    assert_eq!(
        world.did(),
        [r#"post s1 42["subscribe_to_research",{"research_id":"r"}]"#]
    );
    world.accept();
    // It went on again, but is not subscribed once more before it was silent again.
    answer_status(&mut world, r#"{"status":"in_progress","progress":71}"#);
    world.receive(&line(9, 1, "live"));
    assert_eq!(world.did(), ["status r", "log r", "poll s1"]);
}

#[test]
fn what_it_said_before_the_server_has_the_new_subscription_is_fetched_too() {
    let mut world = deaf();
    world.advance(4_000);
    assert!(!world.is_asked(Kind::Log));
    world.accept();
    answer_status(&mut world, MOVED);
    world.receive(&line(9, 1, "live"));
    let all = [(1, 0, "first"), (2, 5, "missed"), (3, 9, "live")];
    world.answer(Kind::Log, 200, &log(&all));
    assert_eq!(lines(&world.told()), ["missed", "live"]);
    world.advance(3_000);
    world.answer(Kind::Log, 200, &log(&all));
    assert_eq!(world.heard(), ["r gap 1, 0 missing"]);
}

#[test]
fn what_it_said_without_being_heard_is_a_gap_if_there_is_no_log() {
    let mut world = deaf();
    world.accept();
    answer_status(&mut world, MOVED);
    let heard = world.now - 60_000;
    for _ in 0..2 {
        world.answer(Kind::Log, 404, "");
    }
    let gap = world.events.iter().find_map(|event| match event {
        Event::Research {
            event: ResearchEvent::Gap(gap),
            ..
        } => Some(gap.clone()),
        _ => None,
    });
    let (from, to) = (heard, world.now);
    let expected = Gap {
        from,
        to,
        recovered: 0,
        missing: None,
    };
    assert_eq!(gap, Some(expected));
}

#[test]
fn if_the_connection_is_lost_meanwhile_nothing_is_sent_or_fetched_before_the_next() {
    let mut world = up_to_date();
    world.beat(60_000);
    world.cut(Kind::Poll);
    world.forget();
    answer_status(&mut world, r#"{"status":"in_progress","progress":70}"#);
    assert_eq!(world.did(), [""; 0]);
}

#[test]
fn without_a_connection_silence_means_nothing() {
    let mut world = up_to_date();
    world.beat(50_000);
    world.cut(Kind::Poll);
    world.advance(30_000);
    assert!(!world.client.is_connected());
    assert_eq!(world.client.stats().stall_checks, 0);
}

#[test]
fn if_it_stands_still_too_nothing_is_sent_or_fetched() {
    let mut world = up_to_date();
    world.receive(r#"42["progress_r",{"progress":5}]"#);
    world.beat(60_000);
    world.forget();
    answer_status(&mut world, r#"{"status":"in_progress","progress":5}"#);
    assert_eq!(world.did(), [""; 0]);
    assert_eq!(world.told(), [""; 0]);
}

#[test]
fn a_question_that_fails_is_repeated_but_never_beside_another() {
    let mut world = up_to_date();
    world.beat(60_000);
    world.cut(Kind::Status);
    world.beat(3000);
    assert!(world.is_asked(Kind::Status));
    answer_status(&mut world, RUNS);
    assert_eq!(world.client.stats().stall_checks, 1);
}

#[test]
fn while_the_status_is_asked_for_anyway_silence_means_nothing() {
    let mut world = up_to_date();
    world.beat(60_000);
    for _ in 0..200 {
        if world.is_asked(Kind::Status) {
            world.cut(Kind::Status);
        }
        world.beat(3000);
    }
    assert_eq!(world.client.stats().stall_checks, 1);
}

#[test]
fn a_research_that_cannot_be_asked_about_is_not() {
    let mut world = up_to_date_with(|config| config.persistent = false);
    world.beat(60_000);
    world.status("r", 404, "");
    world.beat(700_000);
    assert_eq!(world.client.stats().stall_checks, 1);
    world.input(Input::Visible);
    world.forget();
    world.beat(600_000);
    assert!(world.is_asked(Kind::Status));
}

#[test]
fn without_a_connection_it_sleeps() {
    let mut world = up_to_date();
    world.input(Input::Hidden);
    world.advance(700_000);
    assert_eq!(world.client.stats().stall_checks, 0);
}

#[test]
fn after_an_outage_silence_counts_from_the_new_connection() {
    let mut world = up_to_date();
    world.beat(50_000);
    world.cut(Kind::Poll);
    world.wait();
    world.join();
    world.accept();
    world.status("r", 200, RUNS);
    for _ in 0..2 {
        world.answer(Kind::Log, 200, "[]");
        world.advance(3000);
    }
    world.beat(50_000);
    assert_eq!(world.client.stats().stall_checks, 0);
    world.beat(5_000);
    assert_eq!(world.client.stats().stall_checks, 1);
}

#[test]
fn how_long_silence_may_be_is_an_option() {
    for (stall_after_ms, fallback, checks) in [
        (Some(2_000), true, 1),
        (Some(2_000), false, 0),
        (None, true, 0),
    ] {
        let mut world = World::live_with(|config| {
            config.stall_after_ms = stall_after_ms;
            config.fallback = config.fallback.filter(|_| fallback);
        });
        world.input(Input::Subscribe(ResearchId::from_text("r").unwrap()));
        world.accept();
        if fallback {
            answer_status(&mut world, RUNS);
        }
        world.advance(3_000);
        assert_eq!(world.client.stats().stall_checks, checks);
    }
}

#[test]
fn an_end_that_nobody_was_told_of_is_found_though_a_late_line_came_live() {
    let mut world = World::with_all(|config| config.stall_after_ms = None);
    world.subscribe("r");
    world.connect();
    world.join();
    world.accept();
    world.cut(Kind::Status);
    world.receive(&line(5, 1, "late"));
    world.answer(Kind::Log, 200, &log(&[(1, 5, "late")]));
    world.advance(3000);
    answer_status(&mut world, DONE);
    world.answer(Kind::Log, 200, &log(&[(1, 5, "late")]));
    assert_eq!(world.told().last().unwrap(), "r end completed");
}

#[test]
fn an_answer_that_is_older_than_a_cancel_does_not_answer_for_it() {
    let mut world = World::with_all(|config| config.stall_after_ms = None);
    world.subscribe("r");
    world.connect();
    world.join();
    world.accept();
    world.advance(100);
    world.input(Input::Cancel {
        cancel: CancelId(1),
        research: ResearchId::from_text("r").unwrap(),
        csrf_token: None,
    });
    world.answer(Kind::Terminate, 200, r#"{"status":"success"}"#);
    answer_status(&mut world, RUNS);
    if world.is_asked(Kind::Log) {
        world.answer(Kind::Log, 200, "[]");
    }
    answer_status(&mut world, DONE);
}

#[test]
fn what_was_refused_is_asked_once_more_when_the_page_connects_or_is_seen() {
    for (again, is_persistent) in [
        (Input::Connect, true),
        (Input::Connect, false),
        (Input::Visible, false),
    ] {
        let mut world = World::with_all(|config| {
            config.stall_after_ms = None;
            config.persistent = is_persistent;
        });
        world.subscribe("r");
        world.connect();
        world.join();
        world.accept();
        world.status("r", 401, "");
        world.answer(Kind::Log, 401, "");
        // As older servers do, which tell everybody.
        world.receive(&line(5, 1, "late"));
        world.forget();
        world.advance(4_999);
        assert_eq!(world.did(), [""; 0]);
        world.input(again.clone());
        assert_eq!(world.did().last().unwrap(), "status r");
        world.input(again);
        answer_status(&mut world, DONE);
        world.answer(Kind::Log, 200, &log(&[(1, 3, "early"), (2, 5, "late")]));
        let told = world.told();
        assert_eq!(told[told.len() - 2..], ["r log early", "r end completed"]);
    }
}

#[test]
fn a_log_that_was_not_there_before_the_subscription_was_sent_again_is_asked_for_when_it_is_taken() {
    for kind in [404, 401] {
        let mut world = World::with_all(|config| {
            config.persistent = false;
            config.flush_logs = false;
        });
        world.follow("r");
        world.receive(r#"42["subscribe_error",{"error":"Not authorized","research_id":"r"}]"#);
        if world.is_asked(Kind::Status) {
            world.status("r", 200, RUNS);
        }
        if kind == 404 {
            world.answer(Kind::Log, 404, "");
        }
        world.input(Input::Visible);
        world.answer(Kind::Log, kind, "");
        world.accept_all();
        if world.is_asked(Kind::Status) {
            world.status("r", 200, RUNS);
        }
        world.receive(&line(9, 1, "live"));
        assert!(world.is_asked(Kind::Log), "{kind}");
        world.answer(Kind::Log, 200, &log(&[(1, 0, "first"), (2, 9, "live")]));
        assert!(lines(&world.told()).contains(&"first"), "{kind}");
    }
}

#[test]
fn a_research_that_was_refused_is_caught_up_with_when_the_page_is_seen() {
    let mut world = up_to_date_with(|config| config.persistent = false);
    world.receive(r#"42["subscribe_error",{"error":"Not authorized","research_id":"r"}]"#);
    world.input(Input::Visible);
    world.accept_all();
    answer_status(&mut world, RUNS);
    world.receive(&line(9, 1, "live"));
    world.answer(Kind::Log, 200, &log(&[(1, 0, "first"), (2, 5, "missed")]));
    let told = world.told();
    assert_eq!(told[told.len() - 2..], ["r log missed", "r log live"]);
}

#[test]
fn what_was_refused_and_is_answered_now_is_not_asked_for_again() {
    let mut world = World::live_with(|config| config.persistent = false);
    world.subscribe("r");
    world.accept();
    world.status("r", 401, "");
    world.input(Input::Visible);
    answer_status(&mut world, RUNS);
    world.forget();
    world.input(Input::Visible);
    assert_eq!(world.did(), [""; 0]);
}

#[test]
fn a_subscription_that_was_refused_and_then_not_again_is_sent_again_when_it_stays_silent() {
    let mut world = up_to_date();
    world.receive(r#"42["subscribe_error",{"error":"Not authorized","research_id":"r"}]"#);
    world.forget();
    let subscribed_in = |world: &mut World, seconds: u32| {
        for _ in 0..seconds {
            world.beat(1_000);
            world.accept_all();
            if world.is_asked(Kind::Status) {
                world.status("r", 200, RUNS);
            }
            if world.is_asked(Kind::Log) {
                world.answer(Kind::Log, 200, "[]");
            }
        }
        let did = world.did();
        did.iter().filter(|did| did.contains("subscribe")).count()
    };
    assert_eq!(subscribed_in(&mut world, 15), 1, "after its first wait");
    assert_eq!(
        subscribed_in(&mut world, 65),
        1,
        "its refusal may have been lost"
    );
    assert_eq!(
        subscribed_in(&mut world, 65),
        0,
        "the silence may last longer each time"
    );
    assert_eq!(subscribed_in(&mut world, 65), 1);
    world.receive(r#"42["progress_r",{"progress":10}]"#);
    assert_eq!(subscribed_in(&mut world, 900), 0, "it is heard");
}
