//! Each fault does what its name says, to the request that it names.

use mock_server::{Action, Delivery, Fault, Input, Kind, OfflineMode, On};
use serde_json::json;

use crate::world::World;

const HANDSHAKE: &str = "/socket.io/?EIO=4&transport=polling";

fn handshake(action: Action) -> mock_server::Response {
    World::with_fault(Fault::next(Kind::Handshake, action)).call("GET", HANDSHAKE, "")
}

fn status(code: u16) -> Action {
    Action::Status {
        code,
        retry_after: None,
        body: None,
        content_type: None,
    }
}

/// What a GET gets when the server has emitted three events and this happens to the answer.
fn spoilt(action: Action) -> (Vec<String>, Delivery) {
    let mut world = World::with_fault(Fault::next(Kind::Poll, action).from_nth(2));
    let sid = world.connect();
    for n in 1..=3 {
        world.control(json!({"emit": {"event": "e", "data": n}}));
    }
    let poll = world.poll(&sid);
    let answer = world.answer(poll).unwrap();
    (
        answer.text().split('\x1e').map(str::to_owned).collect(),
        answer.delivery,
    )
}

#[test]
fn refused_and_hanging_requests_never_reach_the_server() {
    for (action, delivery) in [
        (Action::Refuse, Delivery::Refuse),
        (Action::HangInHead, Delivery::HangInHead),
    ] {
        let mut world = World::with_fault(Fault::next(Kind::Handshake, action));
        assert_eq!(world.call("GET", HANDSHAKE, "").delivery, delivery);
        assert_eq!(world.server.stats().handshakes, 0);
        world.open();
    }
}

#[test]
fn each_status_comes_with_its_usual_body() {
    for code in [400, 401, 403, 404, 429, 500, 502, 503, 504] {
        assert_eq!(handshake(status(code)).status, code);
    }
    assert!(handshake(status(502)).text().starts_with("<!doctype html>"));
    assert_eq!(
        handshake(status(401)).text(),
        r#"{"error":"Authentication required"}"#
    );
    let action = Action::Status {
        code: 503,
        retry_after: Some(7),
        body: Some("x".into()),
        content_type: None,
    };
    let answer = handshake(action);
    assert_eq!(answer.header("Retry-After"), Some("7"));
    assert_eq!(answer.text(), "x");
}

#[test]
fn login_pages_and_wrong_content_are_answered_with_200() {
    let answer = handshake(Action::LoginPage);
    assert_eq!(
        (answer.status, answer.text().contains("Sign in")),
        (200, true)
    );
    let content_type = "image/png".to_owned();
    let answer = handshake(Action::WrongContent {
        body: "png".into(),
        content_type,
    });
    assert_eq!(
        (answer.status, answer.header("Content-Type")),
        (200, Some("image/png"))
    );
}

#[test]
fn a_wrong_worker_leaves_the_session_as_it_is() {
    let mut world = World::with_fault(Fault::next(Kind::Session, Action::WrongWorker));
    let sid = world.open();
    let path = world.path(&sid);
    assert_eq!(world.call("POST", &path, "40").status, 400);
    assert_eq!(world.call("POST", &path, "40").status, 200);
}

#[test]
fn dropped_packets_are_acknowledged_and_gone() {
    let mut world = World::with_fault(Fault::next(Kind::Connect, Action::DropPackets));
    let sid = world.open();
    let post = world.post(&sid, "40");
    assert_eq!(world.text(post), "OK");
    let poll = world.poll(&sid);
    assert!(world.answer(poll).is_none());
}

#[test]
fn a_delayed_answer_leaves_when_it_is_due() {
    let mut world = World::with_fault(Fault::next(Kind::Handshake, Action::Delay { ms: 700 }));
    let id = world.start("GET", HANDSHAKE, b"");
    world.wait(699);
    assert!(world.answer(id).is_none());
    world.wait(1);
    assert!(world.text(id).starts_with('0'));
}

#[test]
fn a_delayed_answer_to_a_client_that_left_is_dropped() {
    let mut world = World::with_fault(Fault::next(Kind::Handshake, Action::Delay { ms: 700 }));
    let id = world.start("GET", HANDSHAKE, b"");
    world.input(Input::Aborted { id });
    world.wait(1_000);
    assert!(world.answer(id).is_none());
}

#[test]
fn a_held_request_arrives_late() {
    let mut world = World::with_fault(Fault::next(Kind::Handshake, Action::Hold { ms: 700 }));
    world.add_fault(Fault::next(Kind::Handshake, Action::Delay { ms: 100 }));
    let id = world.start("GET", HANDSHAKE, b"");
    world.wait(700);
    assert_eq!(world.server.stats().handshakes, 1);
    assert!(world.answer(id).is_none());
    world.wait(100);
    assert!(world.text(id).starts_with('0'));
}

#[test]
fn answers_are_cut_and_hang_where_they_are_told_to() {
    assert_eq!(
        spoilt(Action::Cut { after: 4 }).1,
        Delivery::Cut { after: 4 }
    );
    assert_eq!(
        spoilt(Action::HangInBody { after: 4 }).1,
        Delivery::HangInBody { after: 4 }
    );
    assert_eq!(spoilt(Action::LoseAnswer).1, Delivery::HangInHead);
}

#[test]
fn packets_are_injected_doubled_shuffled_and_filled_up() {
    let (one, two, three) = (r#"42["e",1]"#, r#"42["e",2]"#, r#"42["e",3]"#);
    let packets = vec!["zzz".to_owned(), "4".to_owned()];
    let (packets, _) = spoilt(Action::Inject { packets });
    assert_eq!(packets, ["zzz", "4", one, two, three]);
    assert_eq!(
        spoilt(Action::Duplicate).0,
        [one, one, two, two, three, three]
    );
    let (mut packets, _) = spoilt(Action::Reorder);
    assert_ne!(packets, [one, two, three]);
    packets.sort();
    assert_eq!(packets, [one, two, three]);
    let (packets, _) = spoilt(Action::PadTo { packets: 17 });
    assert_eq!((packets.len(), packets[16].as_str()), (17, "6"));
}

#[test]
fn a_restart_forgets_the_session_of_the_request_that_brings_it_about() {
    let mut world =
        World::with_fault(Fault::next(Kind::Post, Action::Restart { down_ms: 0 }).from_nth(2));
    let sid = world.connect();
    let poll = world.poll(&sid);
    let post = world.post(&sid, "3");
    assert_eq!(world.answer(post).unwrap().status, 400);
    assert_eq!(world.answer(poll).unwrap().delivery, Delivery::Refuse);
    world.connect();
}

#[test]
fn a_server_that_is_down_refuses_everything_until_it_is_back() {
    let mut world = World::with_fault(Fault::next(Kind::Poll, Action::Restart { down_ms: 3_000 }));
    let sid = world.open();
    let poll = world.poll(&sid);
    assert_eq!(world.answer(poll).unwrap().delivery, Delivery::Refuse);
    world.wait(2_999);
    assert_eq!(world.call("GET", HANDSHAKE, "").delivery, Delivery::Refuse);
    assert_eq!(
        world.call("GET", "/api/research/x/status", "").delivery,
        Delivery::Refuse
    );
    world.wait(1);
    assert_eq!(world.call("GET", HANDSHAKE, "").delivery, Delivery::Whole);
}

#[test]
fn a_lost_network_hangs_what_is_open_and_swallows_what_is_answered() {
    let offline = Action::Offline {
        ms: 2_000,
        mode: OfflineMode::Hang,
    };
    let mut world = World::with_fault(Fault::next(Kind::Api, offline));
    let sid = world.connect();
    let poll = world.poll(&sid);
    let api = world.start("GET", "/api/research/x/status", b"");
    for id in [poll, api] {
        assert_eq!(world.answer(id).unwrap().delivery, Delivery::HangInHead);
    }
    world.control(json!({"emit": {"event": "e"}}));
    assert_eq!(world.server.stats().lost, 1);
    world.wait(2_000);
    world.input(Input::Aborted { id: poll });
    world.control(json!({"emit": {"event": "e"}}));
    assert_eq!(world.take(&sid), [r#"42["e",null]"#]);
}

#[test]
fn a_session_without_pings_is_silent_for_ever() {
    let mut world = World::with_fault(Fault::next(Kind::Handshake, Action::NoPings));
    let sid = world.connect();
    let poll = world.poll(&sid);
    world.wait(1_000_000);
    assert!(world.answer(poll).is_none());
}

#[test]
fn a_namespace_is_refused_or_never_answered() {
    let data = json!({"message": "Not now"});
    let mut world = World::with_fault(Fault::next(Kind::Connect, Action::ConnectError { data }));
    let sid = world.open();
    world.post(&sid, "40");
    assert_eq!(world.take(&sid), [r#"44{"message":"Not now"}"#]);
    world.add_fault(Fault::next(Kind::Connect, Action::NoConnectAnswer));
    world.post(&sid, "40");
    let poll = world.poll(&sid);
    assert!(world.answer(poll).is_none());
    world.post(&sid, "40");
    assert!(world.text(poll).starts_with("40{"));
}

#[test]
fn the_server_disconnects_or_closes_after_a_request() {
    for (action, last) in [(Action::Disconnect, "41"), (Action::ClosePacket, "1")] {
        let mut world = World::with_fault(Fault::next(Kind::Post, action).from_nth(2));
        let sid = world.connect();
        let poll = world.poll(&sid);
        let post = world.post(&sid, r#"42["x"]"#);
        assert_eq!(world.text(post), "OK");
        assert_eq!(world.packets(poll), [last]);
    }
}

#[test]
fn a_fault_can_be_for_a_method_and_a_path() {
    let on = On {
        method: Some("GET".into()),
        path: Some("/api/research/a/".into()),
        kind: None,
    };
    let fault = Fault {
        on,
        count: None,
        ..Fault::next(Kind::Api, status(500))
    };
    let mut world = World::with_fault(fault);
    assert_eq!(world.call("GET", "/api/research/a/status", "").status, 500);
    assert_eq!(world.call("GET", "/api/research/b/status", "").status, 404);
    assert_eq!(world.call("POST", "/api/research/a/status", "").status, 404);
}

#[test]
fn all_actions_survive_json() {
    let faults = json!({"faults": {"faults": [
        {"action": "refuse"},
        {"action": {"status": {"code": 429, "retry_after": 3}}},
        {"on": {"kind": "poll"}, "nth": 2, "count": null, "percent": 50, "action": {"cut": {"after": 3}}},
        {"action": {"restart": {}}},
        {"action": {"offline": {"ms": 5}}},
        {"action": {"connect_error": {}}},
        {"action": "no_connect_answer"},
    ]}});
    let command: mock_server::Command = serde_json::from_value(faults).unwrap();
    let again = serde_json::from_value(json!(command)).unwrap();
    assert_eq!(command, again);
}

#[test]
fn a_fault_ends_with_its_request() {
    let mut world = World::with_fault(Fault::next(Kind::Connect, Action::NoConnectAnswer));
    world.add_fault(Fault::next(Kind::Connect, Action::Refuse));
    let sid = world.open();
    let post = world.post(&sid, "40");
    assert_eq!(world.answer(post).unwrap().delivery, Delivery::Refuse);
    world.post(&sid, "40");
    assert!(world.take(&sid)[0].starts_with("40{"));
}
