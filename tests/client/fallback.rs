//! Asking for the status while there is no connection, and the way back.

use research_socket::config::Config;
use research_socket::http::{Answer, RequestError};
use research_socket::research::{Event, Input, ResearchId};
use research_socket::socket::FIRST_PROBE_MS;

use crate::words::{self, Kind};
use crate::world::{RUNS, World, throttled};

/// A client whose server is gone: `errors` attempts failed since.
fn away(errors: u32) -> World {
    let mut world = World::following();
    world.advance(6000);
    world.cut(Kind::Poll);
    for _ in 0..errors {
        world.wait();
        world.cut(Kind::Handshake);
    }
    world
}

/// A client without attempts that polls the status.
fn polling() -> World {
    polling_with(|_| {})
}

fn polling_with(change: impl FnOnce(&mut Config)) -> World {
    let mut world = World::with(|config| {
        config.reconnection_attempts = Some(0);
        change(config);
    });
    world.subscribe("r");
    world.connect();
    world.cut(Kind::Handshake);
    assert!(world.is_asked(Kind::Status));
    world
}

#[test]
fn polling_starts_after_the_third_error_in_a_row() {
    let mut world = away(2);
    assert!(!world.is_asked(Kind::Status));
    world.wait();
    world.cut(Kind::Handshake);
    assert!(world.is_asked(Kind::Status));
    assert!(
        world.state().starts_with("fallback 4 in "),
        "{}",
        world.state()
    );
}

#[test]
fn how_many_errors_it_takes_is_an_option() {
    let mut world = World::with(|config| config.fallback.as_mut().unwrap().after = 1);
    world.subscribe("r");
    world.connect();
    world.cut(Kind::Handshake);
    assert!(world.is_asked(Kind::Status));
}

#[test]
fn a_connection_in_between_starts_the_count_anew() {
    let mut world = away(2);
    world.wait();
    world.join();
    world.accept();
    world.status("r", 200, RUNS);
    world.advance(6000);
    world.cut(Kind::Poll);
    for _ in 0..2 {
        world.wait();
        world.cut(Kind::Handshake);
    }
    assert!(!world.is_asked(Kind::Status));
}

#[test]
fn polling_starts_when_no_attempt_is_left() {
    let mut world = polling();
    let state = world.state();
    assert!(state.starts_with("fallback 0 in "), "{state}");
    assert!(state.ends_with(" TRANSPORT"), "{state}");
    world.status("r", 200, RUNS);
    world.advance(2_999);
    assert!(!world.is_asked(Kind::Status));
    world.advance(1);
    assert!(world.is_asked(Kind::Status));
}

#[test]
fn polling_starts_when_the_server_refuses_the_connection() {
    let mut world = World::new();
    world.subscribe("r");
    world.connect();
    world.answer(Kind::Handshake, 404, "");
    assert_eq!(
        world.told(),
        [
            "state fallback 0 in 5000 NOT_FOUND",
            "connect_error NOT_FOUND"
        ]
    );
    assert!(world.is_asked(Kind::Status));
}

#[test]
fn polling_starts_when_the_server_refuses_to_go_on() {
    let expired = r#"42["subscribe_error",{"error":"Session expired","research_id":"r"}]|41"#;
    for packets in [expired, "<html>Sign in</html>"] {
        let mut world = World::following();
        world.receive(packets);
        assert_eq!(world.state(), "fallback 0 in 5000 UNAUTHORIZED");
        assert!(world.is_asked(Kind::Status));
    }
}

#[test]
fn questions_follow_each_other_and_the_interval_counts_from_the_answer() {
    let mut world = polling();
    for _ in 0..5 {
        world.advance(2500);
        world.status("r", 200, RUNS);
        let next = world.now + 3000;
        while !world.is_asked(Kind::Status) {
            world.wait();
        }
        assert_eq!(world.now, next);
        if world.is_asked(Kind::Handshake) {
            world.cut(Kind::Handshake);
        }
    }
}

#[test]
fn a_question_that_hangs_is_given_up() {
    let mut world = polling();
    world.forget();
    let asked = |world: &mut World| {
        let mut did = world.did();
        did.retain(|did| did.ends_with("status r"));
        did
    };
    world.advance(9_999);
    assert_eq!(asked(&mut world), [""; 0]);
    world.advance(1);
    assert_eq!(asked(&mut world), ["abort status r"]);
    world.advance(2_999);
    assert_eq!(asked(&mut world), [""; 0]);
    world.advance(1);
    assert_eq!(asked(&mut world), ["status r"]);
}

#[test]
fn two_researches_take_turns() {
    let mut world = polling();
    world.subscribe("s");
    world.did();
    for _ in 0..5 {
        world.status("r", 200, RUNS);
        world.status("s", 200, RUNS);
        world.advance(3000);
    }
    let asked: Vec<_> = world
        .did()
        .into_iter()
        .filter(|did| did.starts_with("status"))
        .collect();
    assert_eq!(asked[..4], ["status s", "status r", "status s", "status r"]);
}

#[test]
fn a_research_whose_answers_hang_does_not_starve_the_other() {
    let mut world = polling();
    world.subscribe("s");
    world.did();
    for _ in 0..3 {
        world.advance(10_000);
        world.status("s", 200, RUNS);
        world.advance(3000);
        if world.is_asked(Kind::Handshake) {
            world.cut(Kind::Handshake);
        }
    }
}

/// How long it takes until the status is asked for again, while no attempt to connect succeeds.
fn until_status(world: &mut World) -> u64 {
    let begin = world.now;
    while !world.is_asked(Kind::Status) {
        if world.is_asked(Kind::Handshake) {
            world.cut(Kind::Handshake);
        }
        world.wait();
    }
    world.now - begin
}

#[test]
fn a_server_that_is_down_is_asked_less_often_each_time_and_one_that_is_back_as_before() {
    let mut world = polling();
    for most in [3_000, 6_000, 12_000, 20_000, 20_000] {
        world.cut(Kind::Status);
        let waited = until_status(&mut world);
        assert!((3_000.max(most / 2)..=most).contains(&waited), "{waited}");
    }
    for most in [6_000, 3_000, 3_000] {
        world.status("r", 200, RUNS);
        let waited = until_status(&mut world);
        assert!((3_000.max(most / 2)..=most).contains(&waited), "{waited}");
    }
}

#[test]
fn a_server_that_takes_up_a_connection_and_drops_it_is_asked_for_the_status_later_once() {
    let mut world = polling();
    world.status("r", 200, RUNS);
    while !world.is_asked(Kind::Handshake) {
        if world.is_asked(Kind::Status) {
            world.status("r", 200, RUNS);
        }
        world.wait();
    }
    if world.is_asked(Kind::Status) {
        world.status("r", 200, RUNS);
    }
    world.open();
    world.cut(Kind::Post);
    let waited = until_status(&mut world);
    assert!((6_000..=12_000).contains(&waited), "{waited}");
    world.status("r", 200, RUNS);
    assert_eq!(until_status(&mut world), 3_000);
}

#[test]
fn a_page_that_asks_for_the_status_does_not_wait_for_a_server_that_is_down() {
    let mut world = polling();
    for _ in 0..5 {
        world.cut(Kind::Status);
        until_status(&mut world);
    }
    world.cut(Kind::Status);
    world.input(Input::Refresh("r".to_owned()));
    assert!(world.is_asked(Kind::Status));
}

#[test]
fn answers_are_updates_of_their_own_source() {
    let mut world = polling();
    world.forget();
    world.status("r", 200, r#"{"status":"in_progress","progress":40}"#);
    assert_eq!(
        world.heard(),
        [
            "r status in_progress",
            r#"r update {"status":"in_progress","progress":40}"#
        ]
    );
    let snapshot = world.client.snapshot("r").unwrap();
    assert_eq!(snapshot.source, research_socket::research::Source::Fallback);
}

#[test]
fn the_end_comes_once_though_the_socket_says_it_again() {
    let mut world = polling();
    world.status("r", 200, r#"{"status":"completed","progress":100}"#);
    assert_eq!(world.told().last().unwrap(), "r end completed");
    while !world.is_asked(Kind::Handshake) {
        assert!(!world.is_asked(Kind::Status));
        world.wait();
    }
    world.join();
    assert!(!world.did().iter().any(|did| did.contains("subscribe")));
    world.forget();
    world.receive(r#"42["progress_r",{"status":"completed","progress":100}]"#);
    assert_eq!(world.told(), [""; 0]);
}

#[test]
fn polling_goes_on_over_the_new_connection_until_its_first_update() {
    let mut world = polling();
    world.status("r", 200, RUNS);
    world.connect();
    world.join();
    world.accept();
    for wait_ms in [3000, 6000] {
        world.advance(wait_ms);
        world.status("r", 200, RUNS);
    }
    world.receive(r#"2|42["progress_r",{"progress":50}]"#);
    world.accept();
    // What happened before it is asked for once more.
    world.advance(3000);
    world.status("r", 200, RUNS);
    world.forget();
    world.advance(17_000);
    assert_eq!(world.did(), [""; 0]);
}

/// After how many milliseconds each over a new connection that says nothing the status is asked for, so many times, while it is what `status` says.
fn waits_over_silent_connection(
    times: usize,
    stall_after_ms: Option<u64>,
    status: impl Fn(usize) -> String,
) -> Vec<u64> {
    let mut world = polling_with(|config| config.stall_after_ms = stall_after_ms);
    world.status("r", 200, RUNS);
    world.connect();
    world.join();
    world.accept();
    let mut waits = Vec::new();
    let mut since = world.now;
    for seconds in 0..3600 {
        if waits.len() >= times {
            break;
        }
        while world.is_asked(Kind::Log) {
            world.answer(Kind::Log, 200, "[]");
        }
        if world.is_asked(Kind::Status) {
            waits.push(world.now - since);
            since = world.now;
            world.status("r", 200, &status(waits.len()));
        }
        if seconds % 20 == 19 {
            world.receive("2");
            world.accept_all();
        }
        world.advance(1000);
    }
    waits
}

#[test]
fn over_a_new_connection_a_research_that_does_not_go_on_is_asked_about_less_often_each_time() {
    let waits = [3_000, 6_000, 12_000, 24_000, 48_000];
    let stands = |_| RUNS.to_owned();
    assert_eq!(waits_over_silent_connection(9, None, stands), waits);
    // Then the watchdog has it.
    let watched = waits_over_silent_connection(8, Some(60_000), stands);
    assert_eq!(watched[..5], waits);
    assert_eq!(watched[5..], [60_000, 120_000, 240_000]);
}

#[test]
fn a_research_that_did_not_go_on_is_asked_about_at_once_when_the_connection_is_lost() {
    let mut world = polling();
    world.status("r", 200, RUNS);
    world.connect();
    world.join();
    world.accept();
    for wait_ms in [3000, 6000] {
        world.advance(wait_ms);
        world.status("r", 200, RUNS);
    }
    world.advance(2000);
    world.cut(Kind::Poll);
    assert!(!world.is_asked(Kind::Status));
    world.advance(1000);
    assert!(
        world.is_asked(Kind::Status),
        "not only after nine more seconds"
    );
}

#[test]
fn over_a_new_connection_that_says_nothing_of_it_a_research_that_goes_on_is_asked_about_as_before()
{
    let goes_on = |n| format!(r#"{{"status":"in_progress","progress":{n}}}"#);
    let watched = Some(60_000);
    assert_eq!(
        waits_over_silent_connection(20, watched, goes_on),
        [3_000; 20]
    );
    let rests = |n: usize| goes_on(n.clamp(4, 6));
    assert_eq!(
        waits_over_silent_connection(9, watched, rests),
        [
            3_000, 3_000, 6_000, 12_000, 24_000, 3_000, 3_000, 6_000, 12_000
        ]
    );
}

#[test]
fn the_server_is_looked_for_while_the_status_is_polled() {
    let mut world = polling();
    let begin = world.now;
    while !world.is_asked(Kind::Handshake) {
        if world.is_asked(Kind::Status) {
            world.cut(Kind::Status);
        }
        world.wait();
    }
    assert!(world.now - begin <= FIRST_PROBE_MS);
    world.join();
    assert!(world.client.is_connected());
}

#[test]
fn what_cannot_be_asked_is_said_once_and_not_asked_again_unless_the_page_is_persistent() {
    for (status, body, code) in [
        (404, "", "not-found"),
        (401, "", "unauthorized"),
        (403, "", "unauthorized"),
        (200, "<html>Sign in</html>", "unauthorized"),
    ] {
        let mut world = polling_with(|config| config.persistent = false);
        world.forget();
        world.status("r", status, body);
        let told = [format!("warning {code} r"), format!("r refused {code}")];
        assert_eq!(world.heard(), told);
        for _ in 0..5 {
            while !world.is_asked(Kind::Handshake) {
                world.wait();
                assert!(!world.is_asked(Kind::Status), "{status}");
            }
            world.cut(Kind::Handshake);
        }
        assert_eq!(world.client.stats().status_checks, 1);
    }
}

#[test]
fn a_status_that_is_redirected_is_refused() {
    let mut world = polling();
    world.forget();
    world.answer_with(Kind::Status, Answer::Failed(RequestError::Redirected));
    let told = ["warning unauthorized r", "r refused unauthorized"];
    assert_eq!(world.heard(), told);
    world.advance(4_999);
    assert!(!world.is_asked(Kind::Status));
}

#[test]
fn what_could_not_be_asked_is_asked_again_when_a_page_that_is_not_persistent_is_seen() {
    let mut world = polling_with(|config| config.persistent = false);
    world.status("r", 401, "");
    world.input(Input::Visible);
    world.cut(Kind::Handshake);
    assert!(world.is_asked(Kind::Status));
}

#[test]
fn a_research_that_cannot_be_asked_leaves_the_others_alone() {
    let mut world = polling();
    world.subscribe("s");
    world.status("r", 404, "");
    let mut asked = 0;
    for _ in 0..3 {
        world.status("s", 200, RUNS);
        asked += 1;
        world.advance(3000);
        if words::request(world.find(Kind::Status).unwrap()) == "status r" {
            world.status("r", 404, "");
        }
    }
    assert_eq!(asked, 3);
    assert!(world.state().starts_with("fallback"));
}

#[test]
fn a_server_that_asks_to_wait_is_asked_later() {
    let mut world = polling();
    world.answer_with(Kind::Status, throttled(503, 20));
    world.advance(19_999);
    assert!(!world.is_asked(Kind::Status));
    world.advance(1);
    assert!(world.is_asked(Kind::Status));
}

#[test]
fn what_no_person_would_call_a_status_is_no_trap() {
    for body in [
        "",
        "[]",
        "null",
        "{\"status\":7}",
        "{\"status\":\"done\"}",
        "{",
    ] {
        let mut world = polling();
        world.status("r", 200, body);
        world.advance(3000);
        assert!(world.is_asked(Kind::Status), "{body}");
    }
}

#[test]
fn an_answer_that_is_no_status_leaves_the_question_open() {
    let twice = r#"{"status":"completed"}{"status":"completed"}"#;
    for body in ["", "null", "[]", "\"completed\"", twice] {
        let mut world = World::live();
        world.subscribe("r");
        world.accept_all();
        world.forget();
        world.status("r", 200, body);
        let Event::Warning(warning) = &world.events[0] else {
            panic!("{:?}", world.events)
        };
        assert_eq!(warning.code, "damaged-answer");
        assert_eq!(
            warning.message,
            format!("an answer about the status is not a JSON object: {body}")
        );
        assert_eq!(world.wait(), 3000);
        world.status("r", 200, r#"{"status":"completed"}"#);
        assert_eq!(world.heard().last().unwrap(), "r end completed");
        world.advance(60_000);
        assert!(!world.is_asked(Kind::Status));
    }
}

#[test]
fn an_id_cannot_leave_its_place_in_the_address() {
    let mut world = World::live();
    world.input(Input::Subscribe(
        ResearchId::from_text("a/%2e/admin?x=1#").unwrap(),
    ));
    world.accept();
    let request = world.find(Kind::Status).unwrap();
    assert_eq!(
        request.url,
        "http://host/api/research/a%2F%252e%2Fadmin%3Fx%3D1%23/status"
    );
    assert_eq!(request.query, []);
}

#[test]
fn without_fallback_no_status_is_asked_for_by_itself() {
    let mut world = World::live_with(|config| {
        World::quiet(config);
        config.reconnection_attempts = Some(1);
    });
    world.subscribe("r");
    world.accept();
    world.cut(Kind::Poll);
    world.wait();
    world.join();
    world.accept();
    world.cut(Kind::Poll);
    assert_eq!(world.state(), "stopped TRANSPORT");
    assert_eq!(world.until_due(), None);
    assert_eq!(world.client.stats().status_checks, 0);
}

#[test]
fn without_researches_nothing_is_polled() {
    let mut world = World::with(|config| config.reconnection_attempts = Some(0));
    world.connect();
    world.cut(Kind::Handshake);
    let state = world.state();
    assert!(state.starts_with("reconnecting 0 in "), "{state}");
    world.subscribe("r");
    assert!(world.is_asked(Kind::Status));
    assert_eq!(world.state(), state.replace("reconnecting", "fallback"));
    world.unsubscribe("r");
    assert_eq!(world.state(), state);
}

#[test]
fn refresh_does_not_wait_for_the_interval() {
    let mut world = polling();
    world.status("r", 200, RUNS);
    world.advance(1000);
    world.input(Input::Refresh("r".to_owned()));
    world.status("r", 200, RUNS);
    assert_eq!(world.wait(), 3000);
}

#[test]
fn questions_carry_the_headers_of_the_last_credentials() {
    let mut world = World::following();
    let header = ("Authorization".to_owned(), "t".to_owned());
    world.credentials = Some(Ok(research_socket::http::Credentials {
        headers: vec![header.clone()],
        ..Default::default()
    }));
    world.cut(Kind::Poll);
    world.wait();
    world.join();
    world.accept();
    assert_eq!(world.find(Kind::Status).unwrap().headers, [header]);
}
