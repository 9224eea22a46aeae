//! After the goodbye nothing is left: no request, listener, timer or message channel.

use js_sys::Uint8Array;
use mock_server::{Action, Command, Config, DropOpen, Kind, OfflineMode};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{World, now};

/// How many packets the first session sent.
fn packets_in(world: &World) -> u64 {
    world.stats().sessions.values().next().unwrap().packets_in
}

#[wasm_bindgen_test]
async fn a_connection_that_is_closed_says_goodbye_and_leaves_nothing() {
    let world = World::new();
    let client = world.following("r").await;
    assert!(!world.left().is_empty());
    client.close();
    world.heard(&client, "disconnect").await;
    client.free();
    world.nothing_left().await;

    let last = world.requests().pop().unwrap();
    assert_eq!(last["method"], "POST");
    assert_eq!(last["keepalive"], true);
    let posts = world.logged(Kind::Post);
    assert_eq!(posts.last().unwrap().packets_in, 2, "41 and 1");
    assert_eq!(posts.last().unwrap().status, Some(200));
    assert!(
        world
            .requests()
            .iter()
            .all(|request| request["state"] == "whole")
    );
}

#[wasm_bindgen_test]
async fn a_closed_connection_tells_its_end_and_nothing_else() {
    let world = World::new();
    let client = world.following("r").await;
    world.burst("r", 50);
    world
        .until("the first line", || client.count("log") > 0)
        .await;
    client.emit(json!(["unanswered"]), 0.0).unwrap();
    client.forget();
    client.close();
    client.close();
    assert_eq!(client.state()["name"], "closed");
    world.heard(&client, "ack_error").await;
    world.settle().await;
    assert_eq!(client.kinds(), ["state", "disconnect", "ack_error"]);
    assert_eq!(client.of("ack_error")[0]["code"], "CLOSED");
    let refusal = client.emit(json!(["late"]), -1.0).unwrap_err();
    assert_eq!(
        js_sys::Reflect::get(&refusal, &"code".into()).unwrap(),
        "CLOSED"
    );
    client.subscribe("late");
    client.call(|c| c.connect());
    world.settle().await;
    assert_eq!(world.stats().handshakes, 1);
    assert_eq!(client.state()["name"], "closed");
    client.free();
    world.nothing_left().await;
}

#[wasm_bindgen_test]
async fn a_server_that_does_not_answer_the_goodbye_is_left_after_two_seconds() {
    let world = World::new();
    let client = world.following("r").await;
    world.next(Kind::Post, Action::HangInHead);
    let began = now();
    client.close();
    client.free();
    assert!(!world.left().is_empty());
    world.nothing_left().await;
    // A millisecond earlier as the clock is coarse, and later on a machine that is busy.
    assert!((1_999.0..15_000.0).contains(&(now() - began)));
    let requests = world.requests();
    let aborted = requests.iter().filter(|request| request["aborted"] == true);
    assert_eq!(
        aborted.count(),
        2,
        "the poll and the goodbye: {requests:#?}"
    );
}

#[wasm_bindgen_test]
async fn freeing_without_closing_says_goodbye_too() {
    let world = World::new();
    let client = world.following("r").await;
    world.payload("r", json!({"message": "never heard"}));
    let told = client.told().len();
    client.free();
    world.nothing_left().await;
    world.settle().await;
    assert_eq!(client.told().len(), told);
    assert_eq!(
        world.logged(Kind::Post).last().unwrap().packets_in,
        2,
        "41 and 1"
    );
}

#[wasm_bindgen_test]
async fn what_was_never_opened_leaves_nothing() {
    let world = World::new();
    let client = world.client(json!({}));
    client.subscribe("r");
    client.emit(json!(["x"]), -1.0).unwrap();
    client.close();
    client.free();
    assert!(world.left().is_empty());
    assert!(world.requests().is_empty());
}

#[wasm_bindgen_test]
async fn closing_aborts_a_handshake_that_is_under_way() {
    let world = World::new();
    world.next(Kind::Handshake, Action::HangInHead);
    let client = world.client(json!({}));
    client.open();
    world
        .until("it asks", || world.stats().requests_total == 1)
        .await;
    client.close();
    client.free();
    assert_eq!(world.requests()[0]["state"], "aborted");
    world.nothing_left().await;
}

#[wasm_bindgen_test]
async fn closing_between_two_attempts_leaves_no_timer() {
    let world = World::new();
    world.fault(mock_server::Fault::every(Kind::Socket, Action::Refuse));
    let client = world.client(json!({"reconnectionDelay": 5_000, "reconnectionDelayMax": 5_000}));
    client.open();
    world.heard(&client, "connect_error").await;
    assert!(world.left().iter().any(|left| left == "timer"));
    client.close();
    client.free();
    assert!(world.left().is_empty(), "{:?}", world.left());
}

#[wasm_bindgen_test]
async fn closing_aborts_the_question_for_the_status() {
    let world = World::new();
    world.next(Kind::Api, Action::HangInHead);
    let client = world.following("r").await;
    client.call(|c| c.refresh("r"));
    world
        .until("it asks", || !world.logged(Kind::Api).is_empty())
        .await;
    client.close();
    client.free();
    world.nothing_left().await;
    let requests = world.requests();
    let api = requests
        .iter()
        .find(|request| request["path"] == "/api/research/r/status");
    assert_eq!(api.unwrap()["state"], "aborted");
}

#[wasm_bindgen_test]
async fn a_connection_that_is_closed_but_not_freed_keeps_only_its_way_to_the_page() {
    let world = World::new();
    let client = world.following("r").await;
    client.close();
    world
        .until("the goodbye is over", || {
            world.left() == ["message channel"]
        })
        .await;
    let told = || client.of("state").pop().unwrap();
    world
        .until("the page hears of it", || told()["name"] == "closed")
        .await;
}

#[wasm_bindgen_test]
async fn what_was_emitted_before_is_still_sent() {
    let world = World::new();
    let client = world.following("r").await;
    let before = packets_in(&world);
    // The first is on its way, so the others wait for their turn.
    for n in 0..20 {
        client.emit(json!(["event", n]), -1.0).unwrap();
    }
    client.close();
    client.free();
    world.nothing_left().await;
    // DISCONNECT and the close packet too.
    assert_eq!(packets_in(&world) - before, 22);
}

#[wasm_bindgen_test]
async fn a_large_event_that_is_half_sent_is_sent_to_its_end() {
    let world = World::with(Config {
        max_payload: 100_000,
        ..Config::default()
    });
    let client = world.following("r").await;
    let before = packets_in(&world);
    // One attachment a POST, each larger than what browsers let outlive a page.
    let placeholders = [0, 1, 2].map(|num| json!({"_placeholder": true, "num": num}));
    let event = json!(["large", placeholders]).to_string();
    let attachments = [0; 3].map(|byte| Uint8Array::from([byte; 70_000].as_slice()));
    client
        .call(|c| c.emit(&event, attachments.to_vec(), -1.0, false))
        .unwrap();
    client.close();
    client.free();
    world.nothing_left().await;
    let states: Vec<_> = world
        .requests()
        .iter()
        .map(|r| r["state"].clone())
        .collect();
    assert!(states.iter().all(|state| state == "whole"), "{states:?}");
    // The event, three attachments, DISCONNECT and the close packet.
    assert_eq!(packets_in(&world) - before, 6);
}

#[wasm_bindgen_test]
async fn twenty_connections_one_after_another_leave_nothing() {
    let world = World::new();
    for n in 1..=20 {
        let client = world.connected(json!({})).await;
        client.subscribe("r");
        if n % 2 == 0 {
            let (kind, mode) = (Some(Kind::Poll), OfflineMode::Refuse);
            world.control(Command::DropOpen(DropOpen { kind, mode }));
        }
        client.close();
        client.free();
    }
    world.nothing_left().await;
    for session in world.stats().sessions.values() {
        assert!(session.max_gets <= 1 && session.max_posts <= 1);
    }
}
