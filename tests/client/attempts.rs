//! How often and how long: socket.io's delays, and when attempts are counted from the start.

use research_socket::backoff::Backoff;
use research_socket::random::Random;
use research_socket::research::Input;
use research_socket::socket::{FIRST_PROBE_MS, MAX_PROBE_MS, STABLE_AFTER_MS};

use crate::words::Kind;
use crate::world::{SEED, World, network_error, response};

const DEFAULTS: Backoff = Backoff {
    delay_ms: 1000,
    delay_max_ms: 5000,
    randomization_factor: 0.5,
};

/// Lets handshake after handshake fail while attempts are left; the waits.
fn fail_all(world: &mut World) -> Vec<u64> {
    let mut waits = Vec::new();
    loop {
        world.cut(Kind::Handshake);
        let told = world.told();
        if told.iter().any(|told| told.starts_with("reconnect_failed")) {
            return waits;
        }
        waits.push(world.wait());
    }
}

#[test]
fn five_attempts_wait_as_long_as_socket_io_makes_them() {
    let mut world = World::with(World::quiet);
    world.connect();
    let waits = fail_all(&mut world);
    // One draw for the handshake's address, one for the wait behind it.
    let mut random = Random::new(SEED);
    let expected: Vec<_> = (0..5)
        .map(|attempt| {
            random.word();
            DEFAULTS.delay(attempt, random.unit())
        })
        .collect();
    assert_eq!(waits, expected);
    assert_eq!(world.until_due(), None);
}

#[test]
fn each_attempt_is_announced_and_the_end_of_them_said_once() {
    let mut world = World::with(|config| {
        World::quiet(config);
        config.reconnection_attempts = Some(2);
    });
    world.connect();
    world.cut(Kind::Handshake);
    world.wait();
    world.cut(Kind::Handshake);
    world.wait();
    world.cut(Kind::Handshake);
    assert_eq!(
        world.heard(),
        [
            "connect_error TRANSPORT",
            "reconnect_attempt 1",
            "connect_error TRANSPORT",
            "reconnect_attempt 2",
            "connect_error TRANSPORT",
            "reconnect_failed TRANSPORT"
        ]
    );
    assert_eq!(world.state(), "stopped TRANSPORT");
}

#[test]
fn an_attempt_that_succeeds_is_counted() {
    let mut world = World::live();
    world.advance(STABLE_AFTER_MS);
    world.cut(Kind::Poll);
    world.wait();
    world.cut(Kind::Handshake);
    world.wait();
    world.join();
    assert_eq!(
        world.heard(),
        [
            "disconnect TRANSPORT",
            "reconnect_attempt 1",
            "connect_error TRANSPORT",
            "reconnect_attempt 2",
            "reconnect 2",
            "connect n"
        ]
    );
    assert_eq!(world.client.stats().attempts, 2);
}

#[test]
fn a_connection_that_dies_young_does_not_reset_the_attempts() {
    let mut world = World::live();
    for attempt in 1..=5 {
        world.advance(STABLE_AFTER_MS - 1);
        world.forget();
        world.cut(Kind::Poll);
        world.wait();
        assert!(
            world
                .told()
                .contains(&format!("reconnect_attempt {attempt}"))
        );
        world.join();
    }
    world.cut(Kind::Poll);
    assert!(
        world
            .told()
            .contains(&"reconnect_failed TRANSPORT".to_owned())
    );
}

#[test]
fn a_connection_that_was_stable_resets_the_attempts() {
    let mut world = World::live();
    for _ in 0..10 {
        world.advance(STABLE_AFTER_MS);
        world.forget();
        world.cut(Kind::Poll);
        world.wait();
        assert!(world.told().contains(&"reconnect_attempt 1".to_owned()));
        world.join();
    }
}

#[test]
fn a_stable_connection_may_be_restarted_at_once_again() {
    let mut world = World::live();
    for _ in 0..5 {
        world.advance(STABLE_AFTER_MS);
        world.answer(Kind::Poll, 400, "Invalid session");
        assert_eq!(world.wait(), 0);
        world.join();
    }
    assert_eq!(world.client.stats().attempts, 0);
}

#[test]
fn without_a_bound_attempts_go_on() {
    let mut world = World::with(|config| config.reconnection_attempts = None);
    world.connect();
    for _ in 0..100 {
        world.cut(Kind::Handshake);
        assert!(world.wait() <= 5000);
    }
    assert!(world.heard().contains(&"reconnect_attempt 100".to_owned()));
}

#[test]
fn without_reconnection_the_first_failure_is_the_last() {
    let mut world = World::with(|config| {
        World::quiet(config);
        config.reconnection = false;
    });
    world.connect();
    world.join();
    world.cut(Kind::Poll);
    assert_eq!(world.state(), "stopped TRANSPORT");
    assert_eq!(world.until_due(), None);
    world.connect();
    assert!(world.is_asked(Kind::Handshake));
}

#[test]
fn no_delay_at_all_is_allowed_and_announced() {
    let mut world = World::with(|config| {
        World::quiet(config);
        config.reconnection_delay_ms = 0;
    });
    world.connect();
    world.cut(Kind::Handshake);
    assert_eq!(world.wait(), 0);
    assert_eq!(
        world.heard(),
        ["connect_error TRANSPORT", "reconnect_attempt 1"]
    );
}

#[test]
fn steady_attempts_need_a_cap_and_no_jitter() {
    let mut world = World::with(|config| {
        World::quiet(config);
        config.reconnection_delay_max_ms = 1000;
        config.randomization_factor = 0.0;
    });
    world.connect();
    assert_eq!(fail_all(&mut world), [1000; 5]);
}

#[test]
fn after_the_last_attempt_connect_counts_from_the_start() {
    let mut world = World::with(World::quiet);
    world.connect();
    fail_all(&mut world);
    world.connect();
    world.cut(Kind::Handshake);
    world.wait();
    assert_eq!(
        world.heard(),
        ["connect_error TRANSPORT", "reconnect_attempt 1"]
    );
}

#[test]
fn connect_does_not_wait_for_the_next_attempt() {
    let mut world = World::live();
    world.cut(Kind::Poll);
    world.connect();
    assert!(world.is_asked(Kind::Handshake));
}

#[test]
fn after_the_last_attempt_the_server_is_looked_for_now_and_then() {
    let mut world = World::new();
    world.connect();
    fail_all(&mut world);
    for most in [FIRST_PROBE_MS, MAX_PROBE_MS, MAX_PROBE_MS, MAX_PROBE_MS] {
        world.forget();
        let waited = world.wait();
        assert!((most / 2..=most).contains(&waited), "{waited}");
        assert_eq!(world.did(), ["ask", "handshake"]);
        world.cut(Kind::Handshake);
        assert_eq!(world.heard(), ["connect_error TRANSPORT"]);
    }
    world.wait();
    world.forget();
    world.join();
    assert_eq!(world.heard(), ["reconnect 5", "connect n"]);
}

#[test]
fn a_look_that_succeeds_is_no_more_than_the_last_attempt() {
    let mut world = World::live();
    world.advance(STABLE_AFTER_MS);
    world.cut(Kind::Poll);
    world.wait();
    fail_all(&mut world);
    world.wait();
    assert_eq!(world.state(), "reconnecting 5 TRANSPORT");
    world.join();
    assert_eq!(world.heard(), ["reconnect 5", "connect n"]);
}

#[test]
fn a_found_server_that_fails_again_at_once_is_looked_for_as_before() {
    let mut world = World::new();
    world.connect();
    fail_all(&mut world);
    world.wait();
    world.join();
    world.forget();
    world.cut(Kind::Poll);
    assert_eq!(world.heard(), ["disconnect TRANSPORT"]);
    let waited = world.wait();
    assert!(
        (MAX_PROBE_MS / 2..=MAX_PROBE_MS).contains(&waited),
        "{waited}"
    );
}

#[test]
fn a_found_server_that_stays_gives_all_attempts_back() {
    let mut world = World::new();
    world.connect();
    fail_all(&mut world);
    world.wait();
    world.join();
    world.advance(STABLE_AFTER_MS);
    world.cut(Kind::Poll);
    world.forget();
    world.wait();
    assert_eq!(world.heard(), ["reconnect_attempt 1"]);
}

#[test]
fn a_late_timer_makes_one_attempt() {
    let mut world = World::live();
    world.cut(Kind::Poll);
    world.forget();
    world.sleep(3_600_000);
    assert_eq!(world.did(), ["ask", "handshake"]);
    world.input(Input::Timeout);
    assert_eq!(world.did(), [""; 0]);
}

#[test]
fn a_page_that_connects_during_a_look_has_all_attempts_again() {
    for stage in ["asking", "opening", "joining"] {
        let mut world = World::new();
        world.connect();
        fail_all(&mut world);
        if stage == "asking" {
            world.credentials = None;
        }
        world.wait();
        if stage == "joining" {
            world.open();
        }
        world.connect();
        world.forget();
        world.advance(19_999);
        assert_eq!(world.heard(), [""; 0], "{stage}");
        world.advance(1);
        assert_eq!(world.heard(), ["connect_error TIMEOUT"], "{stage}");
        world.wait();
        assert_eq!(world.heard(), ["reconnect_attempt 1"], "{stage}");
    }
}

#[test]
fn a_session_that_expired_costs_no_attempt() {
    let mut world = World::live();
    world.advance(STABLE_AFTER_MS);
    world.receive(r#"42["subscribe_error",{"error":"Session expired"}]|41"#);
    world.connect();
    world.cut(Kind::Handshake);
    world.forget();
    world.wait();
    assert_eq!(world.heard(), ["reconnect_attempt 1"]);
}

#[test]
fn a_connect_that_fails_when_its_session_is_over_changes_nothing_for_the_next_attempt() {
    for answer in [network_error(), response(401, "")] {
        let mut world = World::new();
        world.connect();
        world.open();
        let join = world.find(Kind::Post).unwrap().id;
        // It lacks the id of the connection.
        world.receive("40");
        world.credentials = None;
        world.wait();
        assert_eq!(world.asks.len(), 1, "the page is asked again");
        let asked = world.state();
        world.forget();
        let request = join;
        world.input(Input::Answer { request, answer });
        assert_eq!(world.state(), asked);
        assert_eq!(world.heard(), [""; 0]);
        assert!(!world.is_asked(Kind::Handshake), "the page is still asked");
    }
}
