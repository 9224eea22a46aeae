//! Events of the page, events of the server, their bytes and their acks.

use js_sys::{Error, Reflect, Uint8Array};
use mock_server::{Command, Config, Emit, Kind};
use serde_json::json;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{World, args, attachment, to_json};

fn echoing() -> World {
    World::with(Config {
        test_events: true,
        ..Config::default()
    })
}

fn code(error: &JsValue) -> String {
    assert!(error.is_instance_of::<Error>());
    let message = String::from(error.unchecked_ref::<Error>().message());
    assert!(message.len() > 10, "{message}");
    Reflect::get(error, &"code".into())
        .unwrap()
        .as_string()
        .unwrap()
}

fn bytes(value: &JsValue) -> Vec<u8> {
    value.dyn_ref::<Uint8Array>().expect("bytes").to_vec()
}

#[wasm_bindgen_test]
async fn bytes_go_out_and_come_back() {
    let world = echoing();
    let client = world.connected(json!({})).await;
    client.call(|c| c.listen("message-back", true));
    let placeholder = json!({"_placeholder": true, "num": 0});
    let event = json!(["message", {"deep": [placeholder]}, "text"]).to_string();
    let sent = [0, 1, 2, 255, 30, 254];
    client
        .call(|c| c.emit(&event, attachment(&sent), -1.0, false))
        .unwrap();
    world.heard(&client, "event").await;
    let told = client.told().pop().unwrap();
    assert_eq!(told.id(), "message-back");
    let args = args(&told.value);
    let deep = Reflect::get(&args[0], &"deep".into()).unwrap();
    assert_eq!(bytes(&Reflect::get(&deep, &0.into()).unwrap()), sent);
    assert_eq!(args[1], "text");
}

#[wasm_bindgen_test]
async fn an_acknowledgement_comes_back_with_its_bytes() {
    let world = echoing();
    let client = world.connected(json!({})).await;
    let plain = client.emit(json!(["message-with-ack", 1, "2", {"3": [4]}]), 1_000.0);
    let placeholder = json!({"_placeholder": true, "num": 0});
    let event = json!(["message-with-ack", placeholder]).to_string();
    let binary = client.call(|c| c.emit(&event, attachment(&[7; 3000]), 0.0, false));
    world.until("both acks", || client.count("ack") == 2).await;
    let acks: Vec<_> = client
        .told()
        .into_iter()
        .filter(|told| told.kind == "ack")
        .collect();
    assert_eq!(acks[0].id, plain.unwrap());
    assert_eq!(acks[0].json(), json!([1, "2", {"3": [4]}]));
    assert_eq!(acks[1].id, binary.unwrap());
    assert_eq!(bytes(&args(&acks[1].value)[0]), [7; 3000]);
}

#[wasm_bindgen_test]
async fn an_acknowledgement_that_does_not_come_is_a_time_out() {
    let world = World::new();
    let client = world.connected(json!({})).await;
    let id = client.emit(json!(["nobody answers"]), 30.0).unwrap();
    let error = world.heard(&client, "ack_error").await;
    assert_eq!(error["code"], "TIMEOUT");
    assert_eq!(client.told().pop().unwrap().id, id);
    assert_eq!(client.count("disconnect"), 0);
}

#[wasm_bindgen_test]
async fn an_acknowledgement_is_lost_with_its_connection() {
    let world = World::new();
    let client = world.connected(json!({})).await;
    client.emit(json!(["nobody answers"]), 0.0).unwrap();
    world
        .until("it is sent", || {
            world.logged(Kind::Post).iter().any(|p| p.status.is_some())
        })
        .await;
    world.control(Command::Restart(Default::default()));
    let error = world.heard(&client, "ack_error").await;
    assert_eq!(error["code"], "DISCONNECTED");
}

#[wasm_bindgen_test]
async fn an_event_of_the_server_is_acknowledged() {
    let world = World::new();
    let client = world.connected(json!({})).await;
    client.call(|c| c.listen("question", true));
    client.on_event(|client, told| {
        if told.kind == "event" {
            let id = told.extra.as_f64().expect("it asks for an ack");
            let placeholder = r#"[{"_placeholder":true,"num":0},"yes"]"#;
            client.call(|c| c.acknowledge(id, placeholder, attachment(&[1, 2])));
        }
    });
    let before = world.stats().sessions.values().next().unwrap().packets_in;
    world.packets(&[r#"4217["question","really?"]"#]);
    assert_eq!(world.heard(&client, "event").await, json!(["really?"]));
    // The ack and its attachment.
    world
        .until("the ack arrives", || {
            world.stats().sessions.values().next().unwrap().packets_in == before + 2
        })
        .await;
}

#[wasm_bindgen_test]
async fn events_are_told_only_to_who_listens() {
    let world = World::new();
    let client = world.connected(json!({})).await;
    let send = |event: &str, n: u32| {
        world.control(Command::Emit(Emit {
            event: Some(event.to_owned()),
            data: json!(n),
            ..Emit::default()
        }))
    };
    client.call(|c| c.listen("a", true));
    // What was sent before the one that is heard has come, too.
    send("b", 1);
    send("a", 2);
    world.heard(&client, "event").await;
    client.call(|c| c.listen("a", false));
    client.call(|c| c.listen("b", true));
    send("a", 3);
    send("b", 4);
    world
        .until("the second", || client.count("event") == 2)
        .await;
    assert_eq!(client.of("event"), [json!([2]), json!([4])]);
}

#[wasm_bindgen_test]
async fn what_cannot_be_sent_is_an_error_with_a_code() {
    let world = World::with(Config {
        max_payload: 1_000,
        ..Config::default()
    });
    let client = world.connected(json!({})).await;
    let emit = |text: &str| client.call(|c| c.emit(text, Vec::new(), -1.0, false));
    for text in ["", "{}", "[]", "[1]", "[\"connect\"]", "[\"x\""] {
        let error = emit(text).expect_err(text);
        assert_eq!(code(&error), "INVALID_ARGUMENT", "{text}");
    }
    let error = emit(&json!(["x", "y".repeat(2_000)]).to_string()).unwrap_err();
    assert_eq!(code(&error), "PAYLOAD_TOO_LARGE");
    // A refusal is thrown, not told.
    world.settle().await;
    assert_eq!(client.count("ack_error"), 0);
    assert!(client.call(|c| c.connected()));
}

#[wasm_bindgen_test]
async fn without_a_connection_some_wait_and_the_rest_is_refused() {
    let world = echoing();
    let client = world.client(json!({}));
    client.call(|c| c.listen("message-back", true));
    let volatile = client.call(|c| c.emit("[\"x\"]", Vec::new(), -1.0, true));
    assert_eq!(code(&volatile.unwrap_err()), "DISCONNECTED");
    for n in 0..1_500 {
        client.emit(json!(["message", n]), -1.0).unwrap();
    }
    let large = "x".repeat(900_000);
    let mut taken = 0;
    let error = loop {
        match client.emit(json!(["ignored", large]), -1.0) {
            Ok(_) => taken += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(code(&error), "BUFFER_FULL");
    assert_eq!(taken, 18, "16 MiB");
    client.open();
    world
        .until("all of them", || client.count("event") == 1_500)
        .await;
    let expected: Vec<_> = (0..1_500).map(|n| json!([n])).collect();
    assert_eq!(client.of("event"), expected);
    for session in world.stats().sessions.values() {
        assert!(session.max_posts <= 1 && session.packets_in > 1_000);
    }
}

#[wasm_bindgen_test]
async fn a_research_is_ended_on_request() {
    let world = World::new();
    let client = world.following("r").await;
    world.payload("r", json!({"status": "in_progress"}));
    let wrong = client.call(|c| c.cancel("r", None)).unwrap();
    world.heard(&client, "cancel").await;
    let right = client
        .call(|c| c.cancel("r", Some("mock-csrf-token".to_owned())))
        .unwrap();
    world
        .until("both answers", || client.count("cancel") == 2)
        .await;
    let told: Vec<_> = client
        .told()
        .into_iter()
        .filter(|told| told.kind == "cancel")
        .collect();
    assert_eq!(told[0].id, wrong);
    assert!(to_json(&told[0].value)["code"].is_string());
    assert_eq!(told[1].id, right);
    assert_eq!(told[1].json(), json!({"ok": true}));
    let end = world.heard(&client, "end").await;
    assert_eq!(end["status"], "suspended");
}
