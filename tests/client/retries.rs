//! What is tried again, when, and what is not.

use research_socket::http::{Answer, RequestError};
use research_socket::research::Input;
use research_socket::socket::{MAX_PROBE_MS, STEADY_AFTER_MS};

use crate::words::Kind;
use crate::world::{World, throttled};

/// The answer to the handshake leads to this failure and to a counted attempt.
#[track_caller]
fn is_counted(answer: Answer, code: &str) {
    let mut world = World::new();
    world.connect();
    world.answer_with(Kind::Handshake, answer);
    assert_eq!(world.heard(), [format!("connect_error {code}")]);
    assert!(
        world.state().starts_with("reconnecting 1 in "),
        "{}",
        world.state()
    );
    assert!((500..=1500).contains(&world.wait()));
    assert_eq!(world.heard(), ["reconnect_attempt 1"]);
    assert!(world.is_asked(Kind::Handshake));
}

/// The answer to the handshake leads to this failure, and to no attempt of a page that is not persistent
/// until it is seen.
#[track_caller]
fn stops(answer: Answer, code: &str) {
    let mut world = World::with(World::quiet);
    world.connect();
    world.answer_with(Kind::Handshake, answer);
    let (state, error) = (
        format!("state stopped {code}"),
        format!("connect_error {code}"),
    );
    assert_eq!(world.told(), [state, error]);
    assert_eq!(world.until_due(), None);
    world.input(Input::Visible);
    assert!(world.is_asked(Kind::Handshake));
}

fn response(status: u16, body: &str) -> Answer {
    crate::world::response(status, body)
}

#[test]
fn a_server_that_cannot_be_reached_is_tried_again() {
    is_counted(crate::world::network_error(), "TRANSPORT");
}

#[test]
fn an_answer_that_breaks_off_is_tried_again() {
    is_counted(
        Answer::Failed(RequestError::Body("cut".to_owned())),
        "TRANSPORT",
    );
}

#[test]
fn a_fault_of_the_server_is_tried_again() {
    for status in [500, 502, 504] {
        is_counted(response(status, "<html>Bad Gateway</html>"), "SERVER");
    }
}

#[test]
fn a_server_that_stays_too_busy_is_left_alone_for_longer_and_not_by_all_for_as_long() {
    let mut waits = Vec::new();
    for (status, seed) in [(429, 1), (503, 2), (503, 3), (503, 4)] {
        let mut world = World::seeded(seed, World::quiet);
        world.connect();
        let mut refused = |attempt: u32| {
            world.answer_with(Kind::Handshake, response(status, ""));
            assert_eq!(world.heard()[0], "connect_error SERVER");
            let waited = world.wait();
            assert_eq!(world.heard(), [format!("reconnect_attempt {attempt}")]);
            waited
        };
        // It may be a gateway whose server is being restarted.
        for attempt in [1, 2] {
            assert!(refused(attempt) <= 3_000);
        }
        waits.push(refused(3));
    }
    assert!(
        waits
            .iter()
            .all(|wait| (MAX_PROBE_MS / 2..=MAX_PROBE_MS).contains(wait)),
        "{waits:?}"
    );
    waits.dedup();
    assert_eq!(waits.len(), 4, "{waits:?}");
}

/// The server takes up the connection, and drops it.
fn fall_short(world: &mut World) {
    world.open();
    world.cut(Kind::Post);
    world.forget();
}

#[test]
fn a_server_that_takes_up_connections_and_drops_them_is_left_alone_for_longer_each_time() {
    let mut world = World::with(|config| {
        World::quiet(config);
        config.reconnection_attempts = None;
    });
    world.connect();
    fall_short(&mut world);
    // It may have gone just then.
    assert!((500..=1_500).contains(&world.wait()));
    for least in [2_000, 4_000, 7_500, 7_500] {
        fall_short(&mut world);
        let waited = world.wait();
        assert!((least..=MAX_PROBE_MS).contains(&waited), "{waited}");
    }
}

#[test]
fn a_server_that_takes_up_no_connection_is_tried_again_as_before() {
    let mut world = World::with(|config| {
        World::quiet(config);
        config.reconnection_attempts = None;
        config.randomization_factor = 0.0;
    });
    world.connect();
    for wait in [1_000, 2_000, 4_000, 5_000, 5_000] {
        world.cut(Kind::Handshake);
        assert_eq!(world.wait(), wait);
    }
}

/// How long the first attempt waits when a connection is lost that was live for so long, after four that the server dropped.
fn after_some_that_fell_short(live_ms: u64) -> u64 {
    let mut world = World::with(|config| {
        World::quiet(config);
        config.reconnection_attempts = None;
        config.randomization_factor = 0.0;
    });
    world.connect();
    for _ in 0..4 {
        fall_short(&mut world);
        world.wait();
    }
    world.join();
    world.beat(live_ms);
    world.cut(Kind::Poll);
    world.wait()
}

#[test]
fn a_connection_that_was_live_for_a_minute_makes_the_dropped_ones_before_it_forgotten() {
    assert_eq!(after_some_that_fell_short(20_000), 5_000);
    assert_eq!(after_some_that_fell_short(STEADY_AFTER_MS + 5_000), 1_000);
}

#[test]
fn a_handshake_that_is_refused_with_400_is_tried_again() {
    is_counted(response(400, "bad EIO"), "SERVER");
}

/// As Flask-SocketIO, python-socketio and socket.io write it.
#[test]
fn a_refusal_is_named_in_the_words_of_the_server() {
    for (body, code) in [
        (r#""Invalid transport""#, "POLLING_REFUSED"),
        (
            r#"{"code":0,"message":"Transport unknown"}"#,
            "POLLING_REFUSED",
        ),
        (
            r#"{"code":5,"message":"Unsupported protocol version"}"#,
            "PROTOCOL_VERSION",
        ),
        (r#""Not an accepted origin.""#, "ORIGIN_REFUSED"),
    ] {
        is_counted(response(400, body), code);
    }
}

#[test]
fn an_origin_that_is_refused_at_the_first_post_is_no_unknown_session() {
    let mut world = World::new();
    world.connect();
    for _ in 0..3 {
        world.open();
        let words = r#""http://evil.example is not an accepted origin.""#;
        world.answer(Kind::Post, 400, words);
        world.wait();
    }
    let mut heard = world.heard();
    heard.retain(|told| told.starts_with("connect_error"));
    assert_eq!(heard, ["connect_error ORIGIN_REFUSED"; 3]);
}

#[test]
fn a_400_that_nobody_knows_is_told_with_its_beginning() {
    let mut world = World::live();
    world.answer(Kind::Poll, 400, "Request Header Or Cookie Too Large");
    assert_eq!(world.heard(), ["disconnect SERVER"]);
    let reason = world.client.state().reason.as_ref().unwrap().to_string();
    let words = "HTTP status 400: Request Header Or Cookie Too Large";
    assert!(reason.ends_with(words), "{reason}");
}

#[test]
fn what_is_no_engine_io_is_tried_again() {
    for body in ["", "ok", "{\"hello\":1}", "0{}", "2", "40{\"sid\":\"n\"}"] {
        is_counted(response(200, body), "PROTOCOL");
    }
}

#[test]
fn the_error_shows_what_answered_instead_of_a_server() {
    let mut world = World::new();
    world.connect();
    world.answer(Kind::Handshake, 200, "It works!");
    let reason = world.client.state().reason.as_ref().unwrap().to_string();
    assert!(reason.contains("It works!"), "{reason}");
}

#[test]
fn a_post_without_a_receipt_has_not_arrived() {
    for (body, arrived) in [
        ("ok", true),
        ("OK", true),
        ("ok\n", true),
        ("", false),
        ("{}", false),
        ("okay", false),
    ] {
        let mut world = World::live();
        world.emit(1, "hello");
        world.answer(Kind::Post, 200, body);
        let goes_on = world.client.is_connected();
        assert_eq!(goes_on, arrived, "{body:?}");
    }
}

#[test]
fn a_page_that_is_not_signed_in_stops() {
    stops(response(401, ""), "UNAUTHORIZED");
    stops(response(403, ""), "UNAUTHORIZED");
}

#[test]
fn a_login_page_stops() {
    stops(
        response(200, "\n<!DOCTYPE html><title>Login</title>"),
        "UNAUTHORIZED",
    );
}

#[test]
fn a_redirect_that_is_not_followed_stops() {
    stops(Answer::Failed(RequestError::Redirected), "UNAUTHORIZED");
}

#[test]
fn a_wrong_path_stops() {
    stops(response(404, ""), "NOT_FOUND");
}

#[test]
fn a_refusal_on_the_session_stops() {
    for kind in [Kind::Poll, Kind::Post] {
        let mut world = World::live_with(World::quiet);
        world.emit(1, "a");
        world.answer(kind, 401, "");
        assert_eq!(
            world.told(),
            ["state stopped UNAUTHORIZED", "disconnect UNAUTHORIZED"]
        );
        assert_eq!(world.until_due(), None);
    }
}

#[test]
fn a_path_that_was_there_before_is_tried_again() {
    let mut world = World::live();
    world.answer(Kind::Poll, 404, "");
    assert!(
        world.state().starts_with("reconnecting 1 in "),
        "{}",
        world.state()
    );
    world.wait();
    world.answer(Kind::Handshake, 404, "");
    assert!(
        world.state().starts_with("reconnecting 2 in "),
        "{}",
        world.state()
    );
}

#[test]
fn a_refused_namespace_stops_and_says_the_servers_words() {
    for (packet, words) in [
        (r#"44{"message":"not invited"}"#, "not invited"),
        (r#"44"Unable to connect""#, "Unable to connect"),
        (r#"44{"message":"no","data":{"code":7}}"#, "no"),
        ("44", "CONNECT_ERROR"),
    ] {
        let mut world = World::with(World::quiet);
        world.connect();
        world.open();
        world.accept();
        world.forget();
        world.receive(packet);
        assert_eq!(
            world.told(),
            ["state stopped UNAUTHORIZED", "connect_error UNAUTHORIZED"]
        );
        let reason = world.client.state().reason.as_ref().unwrap().to_string();
        assert!(reason.contains(words), "{reason}");
        // The server keeps the session of a refused namespace.
        assert_eq!(world.did(), ["poll s1", "post s1 1"]);
    }
}

#[test]
fn retry_after_is_the_least_wait() {
    for status in [429, 503] {
        let mut world = World::new();
        world.connect();
        world.answer_with(Kind::Handshake, throttled(status, 30));
        assert_eq!(world.heard(), ["connect_error THROTTLED"]);
        assert_eq!(world.wait(), 30_000);
        assert_eq!(world.heard(), ["reconnect_attempt 1"]);
    }
}

#[test]
fn retry_after_counts_on_a_session_too() {
    let mut world = World::live();
    world.emit(1, "a");
    world.answer_with(Kind::Post, throttled(503, 30));
    assert_eq!(world.state(), "reconnecting 1 in 30000 THROTTLED");
    assert_eq!(world.wait(), 30_000);
}

#[test]
fn a_short_retry_after_does_not_shorten_the_wait() {
    let mut world = World::new();
    world.connect();
    world.answer_with(Kind::Handshake, throttled(503, 0));
    assert!(world.until_due() >= Some(500));
}

#[test]
fn a_retry_after_of_a_day_is_five_minutes() {
    let mut world = World::new();
    world.connect();
    world.answer_with(Kind::Handshake, throttled(503, 86_400));
    assert_eq!(world.wait(), 300_000);
}

#[test]
fn a_retry_after_holds_for_the_look_after_the_last_attempt() {
    let mut world = World::with(|config| config.reconnection_attempts = Some(0));
    world.connect();
    world.answer_with(Kind::Handshake, throttled(503, 120));
    assert_eq!(
        world.heard(),
        ["connect_error THROTTLED", "reconnect_failed THROTTLED"]
    );
    assert_eq!(world.wait(), 120_000);
}

#[test]
fn a_session_that_is_unknown_after_a_restart_is_replaced_at_once() {
    for kind in [Kind::Poll, Kind::Post] {
        let mut world = World::live();
        world.advance(10_000);
        world.emit(1, "a");
        world.forget();
        world.answer(kind, 400, "Invalid session");
        assert_eq!(
            world.told(),
            [
                "state reconnecting 0 in 0 DISCONNECTED",
                "disconnect DISCONNECTED"
            ]
        );
        assert_eq!(world.wait(), 0);
        world.join();
        assert_eq!(world.heard(), ["reconnect 0", "connect n"]);
    }
}

#[test]
fn a_failed_poll_takes_the_post_beside_it_along() {
    let mut world = World::live();
    world.emit(1, "a");
    world.forget();
    world.cut(Kind::Poll);
    assert_eq!(world.did(), [r#"abort post s1 42["a"]"#]);
    assert!(world.in_flight.is_empty());
}

#[test]
fn a_failed_post_takes_the_poll_beside_it_along() {
    let mut world = World::live();
    world.emit(1, "a");
    world.forget();
    world.cut(Kind::Post);
    assert_eq!(world.did(), ["abort poll s1"]);
    assert!(world.in_flight.is_empty());
}

#[test]
fn the_second_unknown_session_is_a_counted_attempt_and_names_sticky_sessions() {
    let mut world = World::new();
    world.connect();
    world.open();
    world.answer(Kind::Post, 400, "Invalid session");
    assert_eq!(world.wait(), 0);
    world.forget();
    world.open();
    world.answer(Kind::Poll, 400, "Invalid session");
    assert_eq!(world.heard(), ["connect_error STICKY_SESSION"]);
    assert!(
        world.state().starts_with("reconnecting 1 in "),
        "{}",
        world.state()
    );
    let reason = world.client.state().reason.as_ref().unwrap().to_string();
    assert!(reason.contains("sticky sessions"), "{reason}");
}

#[test]
fn workers_without_sticky_sessions_are_not_asked_for_ever() {
    let mut world = World::with(World::quiet);
    world.connect();
    let mut sessions = 0;
    while world.is_asked(Kind::Handshake) {
        sessions += 1;
        assert!(sessions < 20);
        world.open();
        world.answer(Kind::Post, 400, "Invalid session");
        if world.until_due().is_some() {
            world.wait();
        }
    }
    // The first, the one that is not counted, and five attempts.
    assert_eq!(sessions, 7);
    assert_eq!(
        world.told().last().unwrap(),
        "reconnect_failed STICKY_SESSION"
    );
    assert_eq!(world.until_due(), None);
}

#[test]
fn a_server_that_grants_and_then_forgets_is_not_asked_for_ever() {
    let mut world = World::with(World::quiet);
    world.connect();
    let mut sessions = 0;
    while world.is_asked(Kind::Handshake) {
        sessions += 1;
        assert!(sessions < 20);
        world.join();
        world.answer(Kind::Poll, 400, "Invalid session");
        if world.until_due().is_some() {
            world.wait();
        }
    }
    assert_eq!(sessions, 7);
}

#[test]
fn the_attempt_that_is_not_counted_is_not_announced() {
    let mut world = World::new();
    world.connect();
    world.cut(Kind::Handshake);
    world.wait();
    world.open();
    world.forget();
    world.answer(Kind::Poll, 400, "Invalid session");
    assert_eq!(world.wait(), 0);
    assert_eq!(world.heard(), ["connect_error DISCONNECTED"]);
}

#[test]
fn four_polls_without_a_packet_are_no_server() {
    let mut world = World::live();
    for _ in 0..3 {
        world.receive("hello");
        assert!(world.client.is_connected());
    }
    world.receive("hello");
    assert_eq!(
        world.heard(),
        ["disconnect PROTOCOL"]
            .map(String::from)
            .into_iter()
            .chain(["warning damaged-packet -".to_owned()])
            .rev()
            .collect::<Vec<_>>()
    );
}

#[test]
fn one_packet_in_between_proves_the_server() {
    let mut world = World::live();
    for _ in 0..10 {
        (0..3).for_each(|_| world.receive("hello"));
        world.receive("6");
        world.advance(500);
    }
    assert!(world.client.is_connected());
}

#[test]
fn packets_that_no_server_sends_do_not_prove_one() {
    let handshake = World::new().next_handshake();
    for packet in [&*handshake, "3", "5"] {
        let mut world = World::live();
        (0..4).for_each(|_| world.receive(packet));
        assert!(!world.client.is_connected(), "{packet}");
        assert!(!world.is_asked(Kind::Poll));
    }
}
