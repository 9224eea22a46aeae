//! The official Socket.IO v5 test cases, over polling, against the strict server.

use mock_server::Config;
use serde_json::Value;

use crate::world::World;

fn strict() -> World {
    World::new(Config::strict())
}

/// A session in the main namespace whose greeting is read.
fn connected() -> (World, String) {
    let mut world = strict();
    let sid = world.open();
    world.post(&sid, "40");
    assert_eq!(world.take(&sid).len(), 2);
    (world, sid)
}

fn greeting(connect: &str) -> Vec<String> {
    let mut world = strict();
    let sid = world.open();
    world.post(&sid, connect);
    world.take(&sid)
}

fn is_closed(world: &mut World, sid: &str) -> bool {
    let poll = world.poll(sid);
    world
        .answer(poll)
        .is_some_and(|answer| answer.status == 400)
}

#[test]
fn the_main_namespace_is_granted_with_and_without_a_payload() {
    for (connect, auth) in [("40", "{}"), (r#"40{"token":"123"}"#, r#"{"token":"123"}"#)] {
        let packets = greeting(connect);
        let granted: Value = serde_json::from_str(packets[0].strip_prefix("40").unwrap()).unwrap();
        assert!(granted["sid"].is_string());
        assert_eq!(granted.as_object().unwrap().len(), 1);
        assert_eq!(packets[1], format!(r#"42["auth",{auth}]"#));
    }
}

#[test]
fn a_custom_namespace_is_granted_with_and_without_a_payload() {
    for (payload, auth) in [("", "{}"), (r#"{"token":"abc"}"#, r#"{"token":"abc"}"#)] {
        let packets = greeting(&format!("40/custom,{payload}"));
        assert!(packets[0].starts_with(r#"40/custom,{"sid":""#));
        assert_eq!(packets[1], format!(r#"42/custom,["auth",{auth}]"#));
    }
}

#[test]
fn an_unknown_namespace_is_refused() {
    assert_eq!(
        greeting("40/random"),
        [r#"44/random,{"message":"Invalid namespace"}"#]
    );
}

#[test]
fn an_invalid_handshake_closes_the_session() {
    let mut world = strict();
    let sid = world.open();
    world.post(&sid, "4abc");
    assert!(is_closed(&mut world, &sid));
}

#[test]
fn a_missing_handshake_closes_the_session() {
    let mut world = strict();
    let sid = world.open();
    for _ in 0..3 {
        world.wait(300);
        assert_eq!(world.take(&sid), ["2"]);
        world.post(&sid, "3");
    }
    let poll = world.poll(&sid);
    world.wait(100);
    assert_eq!(world.text(poll), "1");
    assert!(is_closed(&mut world, &sid));
}

#[test]
fn leaving_the_main_namespace_keeps_the_session() {
    let (mut world, sid) = connected();
    world.post(&sid, "41");
    let poll = world.poll(&sid);
    world.wait(300);
    assert_eq!(world.text(poll), "2");
}

#[test]
fn leaving_a_custom_namespace_keeps_the_main_one() {
    let (mut world, sid) = connected();
    world.post(&sid, "40/custom");
    assert_eq!(world.take(&sid).len(), 2);
    world.post(
        &sid,
        "41/custom\x1e42[\"message\",\"message to main namespace\"]",
    );
    assert_eq!(
        world.take(&sid),
        [r#"42["message-back","message to main namespace"]"#]
    );
}

#[test]
fn a_text_event_comes_back() {
    let (mut world, sid) = connected();
    world.post(&sid, r#"42["message",1,"2",{"3":[true]}]"#);
    assert_eq!(
        world.take(&sid),
        [r#"42["message-back",1,"2",{"3":[true]}]"#]
    );
}

#[test]
fn a_binary_event_comes_back_with_its_attachments() {
    let (mut world, sid) = connected();
    let holders = r#"{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}"#;
    world.post(&sid, &format!("452-[\"message\",{holders}]"));
    world.post(&sid, "bAQID");
    world.post(&sid, "bBAUG");
    let back = format!("452-[\"message-back\",{holders}]");
    assert_eq!(world.take(&sid), [back.as_str(), "bAQID", "bBAUG"]);
}

#[test]
fn an_event_is_acknowledged_text_or_binary() {
    let (mut world, sid) = connected();
    world.post(&sid, r#"42456["message-with-ack",1,"2",{"3":[false]}]"#);
    assert_eq!(world.take(&sid), [r#"43456[1,"2",{"3":[false]}]"#]);
    let holders = r#"{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}"#;
    world.post(
        &sid,
        &format!("452-789[\"message-with-ack\",{holders}]\x1ebAQID\x1ebBAUG"),
    );
    let ack = format!("462-789[{holders}]");
    assert_eq!(world.take(&sid), [ack.as_str(), "bAQID", "bBAUG"]);
}

#[test]
fn an_unknown_type_an_invalid_payload_or_ack_id_closes_the_session() {
    for packet in [
        "4abc",
        "42{}",
        r#"42abc["message-with-ack",1,"2",{"3":[false]}]"#,
    ] {
        let (mut world, sid) = connected();
        let poll = world.poll(&sid);
        world.post(&sid, packet);
        assert_eq!(world.text(poll), "1", "{packet}");
        assert!(is_closed(&mut world, &sid));
    }
}

#[test]
fn an_event_that_asks_for_an_ack_comes_back_without_its_id() {
    let (mut world, sid) = connected();
    world.post(&sid, r#"427["message",1]"#);
    assert_eq!(world.take(&sid), [r#"42["message-back",1]"#]);
}

#[test]
fn events_to_a_namespace_that_was_left_are_ignored() {
    let (mut world, sid) = connected();
    world.post(&sid, "41\x1e42[\"message\",1]");
    let poll = world.poll(&sid);
    assert!(world.answer(poll).is_none());
}
