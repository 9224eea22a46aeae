//! A page that follows a research hears everything once and in order.

use mock_server::{Action, Config, Kind};
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::World;

fn numbered(lines: usize) -> Vec<String> {
    (1..=lines).map(|n| format!("line {n}")).collect()
}

#[wasm_bindgen_test]
async fn updates_and_lines_that_are_sent_twice_arrive_once_and_in_order() {
    // The default server sends each update to everybody and once more to subscribers.
    let world = World::new();
    let client = world.following("r").await;
    for n in 1..=20 {
        world.payload("r", json!({"progress": n, "message": format!("step {n}")}));
        let time = format!("2026-11-21T20:45:09.{n:06}+00:00");
        let entry = json!({"message": format!("line {n}"), "type": "INFO", "time": time});
        world.payload("r", json!({"log_entry": entry}));
    }
    world.payload(
        "r",
        json!({"status": "completed", "message": "done", "progress": 100}),
    );
    world.heard(&client, "end").await;
    world.settle().await;

    let progress: Vec<_> = client
        .of("update")
        .iter()
        .map(|u| u["progress"].clone())
        .collect();
    let expected: Vec<Value> = (1..=20).chain([100]).map(Value::from).collect();
    assert_eq!(progress, expected);
    assert_eq!(client.lines(), numbered(20));
    assert_eq!(client.count("end"), 1);
    assert!(client.stats()["duplicates"].as_u64() >= Some(40));
}

#[wasm_bindgen_test]
async fn three_thousand_lines_in_one_answer_arrive_once_each() {
    let world = World::new();
    let client = world.following("r").await;
    world.burst("r", 3_000);
    world
        .until("all lines", || client.count("log") >= 3_000)
        .await;
    world.settle().await;
    assert!(client.lines() == numbered(3_000));
    let in_one_answer = |request: &mock_server::Logged| request.packets_out >= 3_000;
    assert!(world.logged(Kind::Poll).iter().any(in_one_answer));
}

#[wasm_bindgen_test]
async fn every_session_subscribes_once_and_no_line_comes_again() {
    let world = World::new();
    let client = world.following("r").await;
    world.burst("r", 5);
    world
        .until("the first lines", || client.count("log") == 5)
        .await;
    world.control(mock_server::Command::Restart(Default::default()));
    world.heard(&client, "reconnect").await;
    world
        .until("the second subscription", || world.subscriptions("r") == 2)
        .await;
    // The snapshot that answers a subscription holds the last line again.
    world.burst("r", 1);
    world
        .until("the line after it", || client.count("log") == 6)
        .await;
    let expected: Vec<_> = numbered(5).into_iter().chain(numbered(1)).collect();
    assert_eq!(client.lines(), expected);
    let order = ["disconnect", "reconnect", "connect"];
    let mut kinds = client.kinds();
    kinds.retain(|kind| order.contains(&kind.as_str()));
    assert_eq!(kinds, ["connect", "disconnect", "reconnect", "connect"]);
}

#[wasm_bindgen_test]
async fn a_research_can_have_a_number_and_be_left() {
    let world = World::with(Config::newest());
    let client = world.connected(json!({"path": "/ws/socket.io"})).await;
    client.call(|c| c.subscribe(&17.into())).unwrap();
    world
        .until("subscribed", || world.subscriptions("17") == 1)
        .await;
    world.payload("17", json!({"message": "one"}));
    world.heard(&client, "update").await;
    assert_eq!(client.snapshot("17")["id"], 17);

    client.call(|c| c.unsubscribe("17"));
    assert_eq!(client.snapshot("17"), Value::Null);
    let posts = world.logged(Kind::Post).len();
    world
        .until("it tells the server", || {
            world.logged(Kind::Post).len() >= posts
        })
        .await;
    world.payload("17", json!({"message": "two"}));
    world.settle().await;
    assert_eq!(client.count("update"), 1);
}

#[wasm_bindgen_test]
async fn an_id_that_is_none_is_refused_in_words() {
    let world = World::new();
    let client = world.client(json!({}));
    let empty = js_sys::Object::new();
    for id in [
        wasm_bindgen::JsValue::UNDEFINED,
        wasm_bindgen::JsValue::NULL,
        "".into(),
        "..".into(),
        "a/..".into(),
        1.5.into(),
        f64::NAN.into(),
        f64::INFINITY.into(),
        1e300.into(),
        true.into(),
        empty.into(),
    ] {
        let error = client.call(|c| c.subscribe(&id)).unwrap_err();
        let error: js_sys::TypeError = wasm_bindgen::JsCast::dyn_into(error).unwrap();
        assert!(
            String::from(error.message()).contains("The id of a research"),
            "{id:?}"
        );
    }
    let refused = client.call(|c| c.cancel("..", None)).unwrap_err();
    assert!(wasm_bindgen::JsCast::is_instance_of::<js_sys::TypeError>(
        &refused
    ));
    assert!(world.requests().is_empty());
}

#[wasm_bindgen_test]
async fn damage_costs_one_packet_and_a_warning() {
    let world = World::new();
    let client = world.following("r").await;
    let packets = [
        "zzz",
        "42[\"progress_r\",{",
        "4",
        "bAAA*",
        "42[\"progress_r\"]",
    ];
    let packets = packets.map(str::to_owned).to_vec();
    world.next(Kind::Poll, Action::Inject { packets });
    // The poll that is open was met by no fault: end it, and let the damage come with the next.
    world.packets(&["6"]);
    world.payload("r", json!({"message": "after the damage"}));
    world.heard(&client, "update").await;
    assert_eq!(client.count("disconnect"), 0);
    let warnings = client.of("warning");
    assert!(warnings.len() >= 4, "{warnings:?}");
    for warning in warnings {
        assert_eq!(warning["code"], "damaged-packet");
        assert!(
            warning["message"]
                .as_str()
                .is_some_and(|words| words.len() > 10)
        );
    }
}
