//! What real servers do against the documents: each trap is on by default and can be turned off.

use mock_server::{Config, Input, Quirks};
use serde_json::json;

use crate::world::World;

fn python() -> World {
    World::new(Config {
        test_events: true,
        ..Config::default()
    })
}

fn connected() -> (World, String) {
    let mut world = python();
    let sid = world.open();
    world.post(&sid, "40");
    world.take(&sid);
    (world, sid)
}

fn emits(count: usize) -> String {
    vec![r#"42["message",1]"#; count].join("\x1e")
}

#[test]
fn sixteen_packets_arrive_and_seventeen_are_dropped_with_ok() {
    let (mut world, sid) = connected();
    let post = world.post(&sid, &emits(16));
    assert_eq!(world.text(post), "OK");
    assert_eq!(world.take(&sid).len(), 16);
    let post = world.post(&sid, &emits(17));
    assert_eq!(world.text(post), "OK");
    let poll = world.poll(&sid);
    assert!(world.answer(poll).is_none());
}

#[test]
fn seventeen_packets_arrive_without_the_trap() {
    let quirks = Quirks {
        drops_above_16_packets: false,
        ..Quirks::python()
    };
    let mut world = World::new(Config {
        test_events: true,
        quirks,
        ..Config::default()
    });
    let sid = world.open();
    world.post(&sid, "40");
    world.take(&sid);
    world.post(&sid, &emits(17));
    assert_eq!(world.take(&sid).len(), 17);
}

#[test]
fn a_dead_poll_takes_the_next_message_with_it() {
    let (mut world, sid) = connected();
    let poll = world.poll(&sid);
    world.input(Input::Aborted { id: poll });
    let poll = world.poll(&sid);
    world.post(&sid, r#"42["message","lost"]"#);
    assert!(world.answer(poll).is_none());
    world.post(&sid, r#"42["message","kept"]"#);
    assert_eq!(world.packets(poll), [r#"42["message-back","kept"]"#]);
    assert_eq!(world.server.stats().lost, 1);
}

#[test]
fn two_polls_split_the_messages_between_them() {
    let (mut world, sid) = connected();
    let (first, second) = (world.poll(&sid), world.poll(&sid));
    world.post(&sid, r#"42["message",1]"#);
    assert_eq!(world.packets(first), [r#"42["message-back",1]"#]);
    assert!(world.answer(second).is_none());
    world.post(&sid, r#"42["message",2]"#);
    assert_eq!(world.packets(second), [r#"42["message-back",2]"#]);
    assert_eq!(world.server.stats().sessions[&sid].max_gets, 2);
}

#[test]
fn a_disconnect_by_the_server_leaves_the_session_pinging() {
    let (mut world, sid) = connected();
    world.control(json!({"disconnect": {}}));
    assert_eq!(world.take(&sid), ["41"]);
    let poll = world.poll(&sid);
    world.wait(5_000);
    assert_eq!(world.packets(poll), ["2"]);
}

#[test]
fn a_session_that_is_disconnected_unsaid_is_pinged_and_hears_nothing_else() {
    let (mut world, sid) = connected();
    world.control(json!({"disconnect_unsaid": {}}));
    world.post(&sid, r#"42["message",1]"#);
    world.control(json!({"emit": {"event": "told", "data": 1}}));
    let poll = world.poll(&sid);
    assert!(world.answer(poll).is_none());
    world.wait(5_000);
    assert_eq!(world.packets(poll), ["2"]);
}

#[test]
fn a_post_that_breaks_the_protocol_hangs_and_the_get_is_closed() {
    let too_long = format!("4{}", "x".repeat(1_000_000));
    for body in [too_long.as_str(), "7", "2", "42[\"message\"]\x1e0"] {
        let (mut world, sid) = connected();
        let poll = world.poll(&sid);
        let post = world.post(&sid, body);
        assert_eq!(world.packets(poll).last().unwrap(), "1");
        world.wait(60_000);
        let hang = world.answer(post).unwrap();
        assert_eq!(hang.delivery, mock_server::Delivery::HangInHead);
        let path = world.path(&sid);
        assert_eq!(world.call("GET", &path, "").status, 400);
    }
}

#[test]
fn a_malformed_packet_or_an_empty_post_gets_ok_and_silence() {
    for body in ["", "abc", "4abc", "42{}", "42[\"message\",1]\x1eb***", "45"] {
        let (mut world, sid) = connected();
        let post = world.post(&sid, body);
        assert_eq!(world.text(post), "OK", "{body}");
        let poll = world.poll(&sid);
        assert!(world.answer(poll).is_none(), "{body}");
    }
}

#[test]
fn a_refused_namespace_is_answered_with_a_bare_string() {
    let mut world = python();
    let sid = world.open();
    world.post(&sid, "40/zzz,");
    assert_eq!(world.take(&sid), [r#"44/zzz,"Unable to connect""#]);
}

#[test]
fn an_unknown_session_is_refused_in_pythons_words() {
    let mut world = python();
    for method in ["GET", "POST"] {
        let path = world.path("nobody");
        let answer = world.call(method, &path, "");
        assert_eq!(
            (answer.status, answer.text().as_str()),
            (400, "\"Invalid session nobody\"")
        );
        assert_eq!(answer.header("content-type"), Some("text/plain"));
    }
}

#[test]
fn a_wrong_worker_opens_sessions_and_knows_none_of_them() {
    let mut world = python();
    world.control(json!({"config": {"quirks": {"two_workers": true}}}));
    let sid = world.open();
    let path = world.path(&sid);
    assert_eq!(world.call("GET", &path, "").status, 400);
    assert_eq!(world.call("POST", &path, "40").status, 400);
}

#[test]
fn a_goodbye_ends_the_held_poll_with_an_empty_body() {
    let (mut world, sid) = connected();
    let poll = world.poll(&sid);
    world.post(&sid, "41");
    world.post(&sid, "1");
    assert_eq!(world.text(poll), "");
    let path = world.path(&sid);
    assert_eq!(world.call("GET", &path, "").status, 400);
}

#[test]
fn pings_come_an_interval_after_the_pong_and_their_absence_ends_the_session() {
    let (mut world, sid) = connected();
    let poll = world.poll(&sid);
    world.wait(5_000);
    assert_eq!(world.packets(poll), ["2"]);
    world.wait(3_000);
    world.post(&sid, "3");
    let poll = world.poll(&sid);
    world.wait(4_999);
    assert!(world.answer(poll).is_none());
    world.wait(1);
    assert_eq!(world.packets(poll), ["2"]);
    let poll = world.poll(&sid);
    world.wait(20_000);
    assert_eq!(world.text(poll), "");
}

#[test]
fn the_answers_carry_the_cors_headers_of_the_real_server() {
    let mut world = python();
    let origin = vec![("Origin".to_owned(), "http://a.test".to_owned())];
    let id = world.start_with("GET", "/socket.io/?EIO=4&transport=polling", origin, b"");
    let answer = world.answer(id).unwrap();
    assert_eq!(
        answer.header("Access-Control-Allow-Origin"),
        Some("http://a.test")
    );
    assert_eq!(
        answer.header("Access-Control-Allow-Credentials"),
        Some("true")
    );
    let answer = world.call("OPTIONS", "/socket.io/", "");
    assert_eq!(
        answer.header("Access-Control-Allow-Methods"),
        Some("OPTIONS, GET, POST")
    );
}
