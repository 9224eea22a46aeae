//! Pages whose timers are late: busy, throttled, frozen, or on a machine that sleeps.

use research_socket::patience::{LAST_LOOK_MS, LATE_MS};
use research_socket::research::{CancelId, Input, ResearchId};
use research_socket::socket::{Acked, STABLE_AFTER_MS};

use crate::history::{DONE, log};
use crate::words::Kind;
use crate::world::{RUNS, SILENCE_MS, World};

const HOUR_MS: u64 = 3_600_000;

/// A wait that is over, and the answer that was in time.
struct Wait {
    name: &'static str,
    /// The client that waits.
    begin: fn() -> World,
    /// How long it does.
    limit_ms: u64,
    /// Brings the answer.
    answer: fn(&mut World),
    /// What the page hears if it does not come.
    loss: &'static str,
    /// What it hears if it does.
    gain: &'static [&'static str],
}

const WAITS: [Wait; 8] = [
    Wait {
        name: "credentials",
        begin: || {
            let mut world = World::new();
            world.credentials = None;
            world.connect();
            world
        },
        limit_ms: 20_000,
        answer: |world| {
            let ask = world.asks.remove(0);
            world.input(Input::Credentials {
                ask,
                credentials: Ok(Default::default()),
            });
            assert!(world.is_asked(Kind::Handshake));
        },
        loss: "connect_error TIMEOUT",
        gain: &[],
    },
    Wait {
        name: "handshake",
        begin: || {
            let mut world = World::new();
            world.connect();
            world
        },
        limit_ms: 20_000,
        answer: |world| world.join(),
        loss: "connect_error TIMEOUT",
        gain: &["connect n"],
    },
    Wait {
        name: "namespace",
        begin: || {
            let mut world = World::new();
            world.connect();
            world.open();
            world.accept();
            world
        },
        limit_ms: 20_000,
        answer: |world| world.receive(r#"40{"sid":"n"}"#),
        loss: "connect_error TIMEOUT",
        gain: &["connect n"],
    },
    Wait {
        name: "heartbeat",
        begin: World::live,
        limit_ms: SILENCE_MS,
        answer: |world| {
            world.receive("2");
            world.accept();
        },
        loss: "disconnect TIMEOUT",
        gain: &[],
    },
    Wait {
        name: "post",
        begin: || {
            let mut world = World::live();
            world.emit(1, "a");
            world
        },
        limit_ms: 20_000,
        answer: World::accept,
        loss: "disconnect TIMEOUT",
        gain: &[],
    },
    Wait {
        name: "ack",
        begin: || {
            let mut world = World::live();
            world.emit_with_ack(1, "a", Acked::Within(7000));
            world.accept();
            world
        },
        limit_ms: 7000,
        answer: |world| world.receive("430[]"),
        loss: "emit_failed 1 TIMEOUT",
        gain: &["ack 1 []"],
    },
    Wait {
        name: "status",
        begin: || {
            let mut world = World::live();
            world.subscribe("r");
            world.accept();
            world
        },
        limit_ms: 10_000,
        answer: |world| world.status("r", 200, r#"{"status":"pending"}"#),
        loss: "",
        gain: &["r status pending", r#"r update {"status":"pending"}"#],
    },
    Wait {
        name: "terminate",
        begin: || {
            let mut world = World::live();
            world.input(Input::Cancel {
                cancel: CancelId(1),
                research: ResearchId::from_text("r").unwrap(),
                csrf_token: None,
            });
            world
        },
        limit_ms: 20_000,
        answer: |world| world.answer(Kind::Terminate, 200, "{}"),
        loss: "cancelled 1 TIMEOUT",
        gain: &["cancelled 1"],
    },
];

/// The page is late by so much; its timer, or anything else, is the first that it hears of.
fn late(wait: &Wait, by: u64, first: Option<Input>) -> World {
    let mut world = (wait.begin)();
    world.forget();
    world.now += wait.limit_ms + by;
    world.input(first.unwrap_or(Input::Timeout));
    world
}

#[test]
fn a_punctual_deadline_counts_at_once() {
    for wait in &WAITS {
        let world = &mut late(wait, 0, None);
        let heard = world.heard();
        let lost = heard.iter().any(|told| told == wait.loss);
        assert!(
            lost || (wait.name == "status" && !world.is_asked(Kind::Status)),
            "{}: {heard:?}",
            wait.name
        );
    }
}

#[test]
fn a_timer_that_is_a_little_late_is_punctual() {
    for wait in WAITS.iter().filter(|wait| wait.name != "status") {
        let heard = late(wait, LATE_MS, None).heard();
        assert!(heard.contains(&wait.loss.to_owned()), "{}", wait.name);
    }
}

#[test]
fn an_answer_behind_a_late_timer_counts() {
    let firsts = [None, Some(Input::Visible), Some(Input::Online(true))];
    for wait in &WAITS {
        for first in firsts.clone() {
            let mut world = late(wait, LATE_MS + 1, first);
            assert_eq!(world.heard(), [""; 0], "{}", wait.name);
            world.now += LAST_LOOK_MS - 1;
            (wait.answer)(&mut world);
            assert_eq!(world.heard(), wait.gain, "{}", wait.name);
            world.now += 2;
            world.input(Input::Timeout);
            assert_eq!(world.heard(), [""; 0], "{}", wait.name);
        }
    }
}

#[test]
fn an_answer_before_a_late_timer_counts() {
    for wait in &WAITS {
        let mut world = (wait.begin)();
        world.forget();
        world.now += wait.limit_ms + 5000;
        (wait.answer)(&mut world);
        assert_eq!(world.heard(), wait.gain, "{}", wait.name);
        world.input(Input::Timeout);
        assert_eq!(world.heard(), [""; 0], "{}", wait.name);
    }
}

#[test]
fn an_answer_that_is_not_there_is_given_up_after_the_look() {
    for wait in &WAITS {
        let mut world = late(wait, 5000, None);
        assert_eq!(world.heard(), [""; 0], "{}", wait.name);
        assert_eq!(world.wait(), LAST_LOOK_MS);
        let heard = world.heard();
        let lost = heard.iter().any(|told| told == wait.loss);
        assert!(lost || wait.name == "status", "{}: {heard:?}", wait.name);
        assert!(!world.is_asked(Kind::Status));
    }
}

#[test]
fn a_page_whose_timers_are_always_late_gives_up_all_the_same() {
    for wait in &WAITS {
        let mut world = (wait.begin)();
        world.forget();
        // As browsers fire those of hidden pages: once a minute.
        world.sleep(60_000);
        world.sleep(60_000);
        let heard = world.heard();
        let lost = heard.iter().any(|told| {
            // The session of an ack is over before its own time is.
            told == wait.loss || told == "emit_failed 1 DISCONNECTED"
        });
        let given_up = wait.name == "status" && !world.is_asked(Kind::Status);
        assert!(lost || given_up, "{}: {heard:?}", wait.name);
    }
}

#[test]
fn a_hanging_post_is_noticed_though_only_answers_wake_a_hidden_page() {
    let mut world = World::live();
    world.emit(1, "a");
    let mut minutes = 0;
    while world.client.is_connected() {
        minutes += 1;
        assert!(minutes < 3);
        for _ in 0..6 {
            world.now += 10_000;
            if world.client.is_connected() {
                world.receive("2");
            }
        }
    }
    assert!(world.heard().contains(&"disconnect TIMEOUT".to_owned()));
}

#[test]
fn any_input_reads_the_deadlines() {
    let mut world = World::new();
    world.connect();
    world.forget();
    world.now += 20_000;
    world.listen("a", true);
    assert_eq!(world.heard(), ["connect_error TIMEOUT"]);
}

#[test]
fn a_short_sleep_keeps_the_session() {
    let mut world = World::following();
    world.sleep(20_000);
    world.receive("2");
    world.accept();
    world.advance(5000);
    world.receive("2");
    assert_eq!(world.heard(), [""; 0]);
    assert_eq!(
        world.find(Kind::Poll).unwrap().query.last().unwrap().1,
        "s1"
    );
}

#[test]
fn a_session_is_given_up_unheard_only_beyond_a_second_silence() {
    for (slept_ms, heard) in [
        (2 * SILENCE_MS, vec![]),
        (2 * SILENCE_MS + 1, vec!["disconnect TIMEOUT"]),
    ] {
        let mut world = World::live();
        world.sleep(slept_ms);
        assert_eq!(world.heard(), heard, "{slept_ms} ms");
    }
}

#[test]
fn a_ping_that_waited_through_a_sleep_keeps_the_session() {
    let mut world = World::live();
    world.sleep(SILENCE_MS + 5000);
    world.receive("2");
    world.accept();
    assert!(world.client.is_connected());
    assert_eq!(world.until_due(), Some(SILENCE_MS));
}

#[test]
fn after_hours_of_sleep_one_new_session_is_opened_at_once() {
    let firsts = [Input::Timeout, Input::Visible, Input::Online(true)];
    for first in firsts {
        let mut world = World::following();
        world.now += 5 * HOUR_MS;
        world.input(first);
        assert_eq!(world.did(), ["abort poll s1", "ask", "handshake"]);
        assert_eq!(
            world.told(),
            ["state reconnecting 0 TIMEOUT", "disconnect TIMEOUT"]
        );
        world.input(Input::Visible);
        world.input(Input::Online(true));
        assert_eq!(world.did(), [""; 0]);
        world.join();
        assert_eq!(world.heard(), ["reconnect 0", "connect n"]);
        assert_eq!(world.client.stats().attempts, 0);
    }
}

#[test]
fn messages_that_waited_through_hours_are_heard_before_the_new_session() {
    let mut world = World::live();
    world.listen("a", true);
    world.now += HOUR_MS;
    world.receive(r#"42["a"]"#);
    assert_eq!(world.heard(), [r#"message ["a"]"#, "disconnect TIMEOUT"]);
    world.join();
}

#[test]
fn a_sleeper_hears_first_of_the_loss_then_of_what_it_costs() {
    let mut world = World::live();
    world.emit_with_ack(1, "sent", Acked::Within(60_000));
    world.emit_with_ack(2, "waits", Acked::Within(60_000));
    world.emit_with_ack(3, "waits", Acked::WithoutTimeout);
    world.forget();
    world.sleep(HOUR_MS);
    // What waits has no ack that could have come.
    assert_eq!(
        world.heard(),
        [
            "emit_failed 2 TIMEOUT",
            "disconnect TIMEOUT",
            "emit_failed 1 DISCONNECTED"
        ]
    );
}

#[test]
fn all_attempts_are_there_after_a_sleep() {
    let mut world = World::live();
    for _ in 0..3 {
        world.cut(Kind::Poll);
        world.wait();
        world.join();
    }
    world.advance(STABLE_AFTER_MS);
    world.sleep(HOUR_MS);
    world.cut(Kind::Handshake);
    let state = world.state();
    assert!(state.starts_with("reconnecting 1 in "), "{state}");
}

#[test]
fn an_attempt_that_was_planned_before_a_sleep_is_made_once() {
    let mut world = World::live();
    world.cut(Kind::Poll);
    world.forget();
    world.sleep(HOUR_MS);
    assert_eq!(world.did(), ["ask", "handshake"]);
    assert_eq!(world.until_due(), Some(20_000));
}

#[test]
fn a_log_that_was_answered_in_a_sleep_is_not_taken_for_a_large_one() {
    let mut world = World::with_all(|config| config.reconnection_attempts = Some(0));
    world.subscribe("r");
    world.connect();
    world.cut(Kind::Handshake);
    world.status("r", 200, RUNS);
    world.sleep(600_000);
    world.answer(Kind::Log, 200, "[]");
    world.advance(3_000);
    world.status("r", 200, RUNS);
    assert!(world.is_asked(Kind::Log));
}

#[test]
fn an_end_that_was_told_in_a_sleep_waits_for_the_log() {
    let mut world = World::with_all(|_| {});
    world.subscribe("r");
    world.connect();
    world.join();
    world.accept();
    world.sleep(15_000);
    world.status("r", 200, DONE);
    world.forget();
    world.advance(LAST_LOOK_MS);
    assert_eq!(world.told(), [""; 0]);
    world.answer(Kind::Log, 200, &log(&[(1, 1, "a")]));
    assert_eq!(world.told(), ["r log a", "r end completed"]);
}
