//! The official Engine.IO v4 test cases, polling part, against the strict server.

use mock_server::{Config, Input};
use serde_json::Value;

use crate::world::{World, sid_of};

fn strict() -> World {
    World::new(Config::strict())
}

const OPEN: &str = "/engine.io/?EIO=4&transport=polling";

fn open(world: &mut World) -> String {
    sid_of(&world.call("GET", OPEN, ""))
}

fn path(sid: &str) -> String {
    format!("{OPEN}&sid={sid}")
}

#[test]
fn a_handshake_opens_a_session() {
    let mut world = strict();
    let answer = world.call("GET", OPEN, "");
    assert_eq!(answer.status, 200);
    let open: Value = serde_json::from_str(answer.text().strip_prefix('0').unwrap()).unwrap();
    assert!(open["sid"].is_string());
    assert_eq!(open["upgrades"], serde_json::json!(["websocket"]));
    assert_eq!(open["pingInterval"], 300);
    assert_eq!(open["pingTimeout"], 200);
    assert_eq!(open["maxPayload"], 1_000_000);
    assert_eq!(open.as_object().unwrap().len(), 5);
}

#[test]
fn a_handshake_fails_with_a_missing_or_invalid_version() {
    for path in [
        "/engine.io/?transport=polling",
        "/engine.io/?EIO=abc&transport=polling",
    ] {
        assert_eq!(strict().call("GET", path, "").status, 400);
    }
}

#[test]
fn a_handshake_fails_with_a_missing_or_invalid_transport() {
    for path in ["/engine.io/?EIO=4", "/engine.io/?EIO=4&transport=abc"] {
        assert_eq!(strict().call("GET", path, "").status, 400);
    }
}

#[test]
fn a_handshake_fails_with_an_invalid_method() {
    for method in ["POST", "PUT"] {
        assert_eq!(strict().call(method, OPEN, "").status, 400);
    }
}

#[test]
fn packets_are_sent_and_received_one_or_several_text_or_binary() {
    for body in [
        "4hello",
        "4test1\x1e4test2\x1e4test3",
        "4hello\x1ebAQIDBA==",
    ] {
        let mut world = strict();
        let sid = open(&mut world);
        let answer = world.call("POST", &path(&sid), body);
        assert_eq!((answer.status, answer.text().as_str()), (200, "ok"));
        let answer = world.call("GET", &path(&sid), "");
        assert_eq!((answer.status, answer.text().as_str()), (200, body));
    }
}

#[test]
fn an_invalid_packet_closes_the_session() {
    let mut world = strict();
    let sid = open(&mut world);
    assert_eq!(world.call("POST", &path(&sid), "abc").status, 400);
    assert_eq!(world.call("GET", &path(&sid), "").status, 400);
}

#[test]
fn a_second_poll_closes_the_session() {
    let mut world = strict();
    let sid = open(&mut world);
    let first = world.start("GET", &path(&sid), b"");
    world.wait(5);
    let second = world.call("GET", &format!("{}&t=burst", path(&sid)), "");
    assert_eq!(world.text(first), "1");
    assert_eq!(second.status, 400);
    assert_eq!(world.call("GET", &path(&sid), "").status, 400);
}

#[test]
fn a_cancelled_poll_closes_the_session() {
    let mut world = strict();
    let sid = open(&mut world);
    let poll = world.start("GET", &path(&sid), b"");
    world.wait(5);
    world.input(Input::Aborted { id: poll });
    assert_eq!(world.call("GET", &path(&sid), "").status, 400);
}

#[test]
fn pings_are_sent_and_pongs_are_awaited() {
    let mut world = strict();
    let sid = open(&mut world);
    for _ in 0..3 {
        let poll = world.start("GET", &path(&sid), b"");
        world.wait(299);
        assert!(world.answer(poll).is_none());
        world.wait(1);
        assert_eq!(world.text(poll), "2");
        assert_eq!(world.call("POST", &path(&sid), "3").status, 200);
    }
}

#[test]
fn a_missing_pong_closes_the_session() {
    let mut world = strict();
    let sid = open(&mut world);
    world.wait(500);
    assert_eq!(world.call("GET", &path(&sid), "").status, 400);
}

#[test]
fn a_close_packet_ends_the_held_poll_with_a_noop_and_the_session() {
    let mut world = strict();
    let sid = open(&mut world);
    let poll = world.start("GET", &path(&sid), b"");
    assert_eq!(world.call("POST", &path(&sid), "1").status, 200);
    assert_eq!(world.text(poll), "6");
    assert_eq!(world.call("GET", &path(&sid), "").status, 400);
}

#[test]
fn a_body_over_the_limit_is_refused() {
    let mut world = World::new(Config {
        max_payload: 10,
        ..Config::strict()
    });
    let sid = open(&mut world);
    assert_eq!(world.call("POST", &path(&sid), "4234567890").status, 200);
    assert_eq!(world.call("POST", &path(&sid), "42345678901").status, 413);
}
