//! What crosses to the page are plain values in JavaScript's spelling.

use mock_server::Kind;
use serde_json::{Value, json};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{World, to_json};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Object, js_name = getPrototypeOf)]
    fn prototype_of(value: &JsValue) -> JsValue;
    #[wasm_bindgen(js_namespace = ["Object"], js_name = prototype, thread_local_v2)]
    static OBJECT_PROTOTYPE: JsValue;
}

fn is_plain(value: &JsValue) -> bool {
    value.is_object() && OBJECT_PROTOTYPE.with(|plain| prototype_of(value) == *plain)
}

#[wasm_bindgen_test]
async fn a_payload_keeps_what_nobody_knows_and_loses_what_is_refused() {
    let world = World::new();
    let client = world.following("r").await;
    world.payload(
        "r",
        json!({"progress": 140, "status": "IN_PROGRESS", "later": {"deep": [1, null, "é"]}, "n": null}),
    );
    world.payload(
        "r",
        json!({"progress": "40", "status": "dancing", "message": "two"}),
    );
    world.payload("r", json!({"progress": null, "message": "three"}));
    world
        .until("three updates", || client.count("update") == 3)
        .await;
    assert_eq!(
        client.of("update"),
        [
            json!({"status": "in_progress", "later": {"deep": [1, null, "é"]}, "n": null}),
            json!({"progress": 40, "message": "two"}),
            json!({"message": "three"}),
        ]
    );
    let codes = client.of("warning");
    assert_eq!(codes.len(), 2, "{codes:?}");
    for warning in codes {
        assert_eq!(warning["research"], "r");
        assert!(warning["excerpt"].is_string());
    }
}

#[wasm_bindgen_test]
async fn a_line_says_its_own_level_and_way_whatever_the_server_calls_so() {
    let world = World::new();
    let client = world.following("r").await;
    for (time, type_name) in [("1", "WARNING"), ("2", "ERROR")] {
        let line = json!({"message": "}", "time": time, "type": type_name, "level": 7, "source": {"a": "}"}});
        world.payload("r", json!({ "log_entry": line }));
    }
    world.until("two lines", || client.count("log") == 2).await;
    let line = |time, type_name, level| json!({"message": "}", "time": time, "type": type_name, "level": level, "source": "live"});
    let expected = [line("1", "WARNING", "warning"), line("2", "ERROR", "error")];
    assert_eq!(client.of("log"), expected);
    // Its research too, although that is made one of JavaScript's texts only when it changes.
    client.subscribe("s");
    world
        .until("subscribed to s", || world.subscriptions("s") == 1)
        .await;
    for id in ["s", "r"] {
        world.payload(id, json!({"log_entry": {"message": "m", "time": id}}));
    }
    world.until("four lines", || client.count("log") == 4).await;
    let told = client.told();
    let ids: Vec<String> = told
        .iter()
        .filter(|told| told.kind == "log")
        .map(|told| told.id())
        .collect();
    assert_eq!(ids, ["r", "r", "s", "r"]);
}

#[wasm_bindgen_test]
async fn names_of_prototypes_in_a_payload_are_names_like_others() {
    let world = World::new();
    let client = world.following("r").await;
    client.call(|c| c.listen("note", true));
    let payload =
        r#"{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"message":"m"}"#;
    let placeholder = r#"{"_placeholder":true,"num":0}"#;
    world.packets(&[
        &format!(r#"42["progress_r",{payload}]"#),
        &format!(
            r#"451-["note",{{"__proto__":{{"inside":{placeholder}}},"bytes":{placeholder}}}]"#
        ),
        "bAQID",
    ]);
    world.heard(&client, "event").await;
    let fresh: JsValue = js_sys::Object::new().into();
    for name in ["polluted", "inside"] {
        assert!(
            js_sys::Reflect::get(&fresh, &name.into())
                .unwrap()
                .is_undefined()
        );
    }
    for told in client.told() {
        assert!(
            told.kind != "update" || (is_plain(&told.value) && told.json()["message"] == "m"),
            "{told:?}"
        );
    }
    assert_eq!(client.count("update"), 1);
}

#[wasm_bindgen_test]
async fn a_snapshot_is_a_plain_object_with_null_for_what_is_unknown() {
    let world = World::new();
    let client = world.following("r").await;
    assert_eq!(client.snapshot("other"), Value::Null);
    assert!(client.call(|c| c.snapshot("other")).is_undefined());
    let empty = json!({
        "id": "r", "status": null, "progress": null, "message": null, "currentTask": null,
        "phase": null, "error": null, "engine": null, "queuePosition": null, "startedAt": null,
        "updatedAt": null, "estimatedTimeLeft": null, "source": "live",
    });
    assert_eq!(client.snapshot("r"), empty);

    world.payload(
        "r",
        json!({"progress": 33.33333333333333, "message": "reading", "phase": "search",
            "engine": "searxng", "result_count": 10}),
    );
    world.heard(&client, "update").await;
    let snapshot = client.call(|c| c.snapshot("r"));
    assert!(is_plain(&snapshot));
    let snapshot = to_json(&snapshot);
    assert_eq!(snapshot["progress"], 33.33333333333333);
    assert_eq!(snapshot["currentTask"], "reading");
    assert_eq!(snapshot["status"], "in_progress");
    assert_eq!(
        snapshot["engine"],
        json!({"name": "searxng", "resultCount": 10})
    );
    assert!(snapshot["updatedAt"].as_u64() >= snapshot["startedAt"].as_u64());
    // The clock of the page, not one that begins at the page's start.
    assert!(snapshot["startedAt"].as_f64().unwrap() > 1.7e12);
}

#[wasm_bindgen_test]
async fn what_is_told_of_a_research_has_the_names_that_the_types_promise() {
    let world = World::new();
    let client = world.connected(json!({})).await;
    client.subscribe("r");
    world.payload(
        "r",
        json!({"status": "failed", "error": "no answer", "metadata": {"error_type": "timeout"}}),
    );
    world.heard(&client, "end").await;
    let names = |kind| -> Vec<String> {
        let told = client.of(kind).pop().unwrap();
        let mut names: Vec<_> = told.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    assert_eq!(
        names("failure"),
        ["code", "detail", "suggestion", "text", "title"]
    );
    assert_eq!(names("status"), ["previous", "status"]);
    assert_eq!(
        names("end"),
        ["at", "error", "message", "progress", "source", "status"]
    );
}

#[wasm_bindgen_test]
async fn states_and_counters_are_plain_objects() {
    let world = World::new();
    let client = world.client(json!({}));
    assert_eq!(client.state(), json!({"name": "connecting"}));
    client.open();
    world.heard(&client, "connect").await;
    assert_eq!(client.state(), json!({"name": "connected"}));
    assert!(client.call(|c| c.connected()) && !client.call(|c| c.using_fallback()));
    let stats = client.call(|c| c.stats());
    assert!(is_plain(&stats) && is_plain(&client.call(|c| c.state())));
    let stats = to_json(&stats);
    let names: Vec<_> = stats
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let known = [
        "requests",
        "bytesReceived",
        "connects",
        "attempts",
        "statusChecks",
        "historyRequests",
        "stallChecks",
        "logFlushes",
        "signInChecks",
        "gaps",
        "lines",
        "recovered",
        "duplicates",
        "refused",
        "unrequested",
        "dropped",
    ];
    for name in known {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    assert_eq!(stats["connects"], 1);
    assert!(stats["bytesReceived"].as_u64() > Some(50));

    world.control(mock_server::Command::Offline(Default::default()));
    world
        .until("down", || client.count("connect_error") >= 1)
        .await;
    let state = client.of("state").pop().unwrap();
    assert_eq!(state["reason"]["code"], "TRANSPORT");
    assert!(state["reason"]["message"].is_string());
    assert!(state["attempt"].is_u64());
}

#[wasm_bindgen_test]
async fn the_first_state_comes_before_the_event_that_belongs_to_it() {
    let world = World::new();
    let client = world.connected(json!({})).await;
    let kinds = client.kinds();
    assert_eq!(kinds, ["credentials", "state", "connect"]);
    assert_eq!(client.of("state"), [json!({"name": "connected"})]);
    let id = client.of("connect").swap_remove(0)["id"].clone();
    assert!(id.as_str().is_some_and(|id| id.len() > 10));
}

#[wasm_bindgen_test]
async fn the_status_that_is_asked_for_fills_the_snapshot() {
    let world = World::new();
    world.payload("r", json!({"status": "in_progress", "progress": 40}));
    world.next(Kind::Connect, mock_server::Action::Refuse);
    world.fault(mock_server::Fault::every(
        Kind::Socket,
        mock_server::Action::Refuse,
    ));
    let fallback = json!({"interval": 100, "after": 1, "timeout": 500});
    let client = world.client(json!({"fallback": fallback, "reconnectionAttempts": 1}));
    client.open();
    client.subscribe("r");
    let update = world.heard(&client, "update").await;
    assert_eq!(update["progress"], 40);
    assert!(client.call(|c| c.using_fallback()));
    assert_eq!(client.state()["name"], "fallback");
    assert_eq!(client.snapshot("r")["source"], "fallback");
    let all: Vec<JsValue> = client.told().into_iter().map(|told| told.value).collect();
    assert!(
        all.iter()
            .all(|value| !value.is_instance_of::<js_sys::Map>())
    );
}

#[wasm_bindgen_test]
async fn a_line_from_the_stored_log_looks_like_a_live_one_and_says_where_it_comes_from() {
    let world = World::new();
    world.control(mock_server::Command::Burst(mock_server::Burst {
        research_id: "r".to_owned(),
        lines: 2,
        live: false,
        ..mock_server::Burst::default()
    }));
    let client = world.connected(json!({"history": true})).await;
    client.subscribe("r");
    let stored = world.heard(&client, "log").await;
    assert_eq!(stored["message"], "line 1");
    assert_eq!(
        (&stored["level"], &stored["source"]),
        (&json!("info"), &json!("history"))
    );
    assert!(
        stored["id"].is_u64() && stored["timestamp"].is_string(),
        "{stored}"
    );
    let time = stored["time"].as_str().unwrap();
    assert!(
        js_sys::Date::parse(time) > 1.7e12 && time.contains('T'),
        "{time}"
    );

    // The server shows the newest one to whoever subscribes.
    world
        .until("the live line", || client.count("log") == 2)
        .await;
    let live = client.of("log").pop().unwrap();
    assert_eq!(live["source"], "live");
    assert_eq!(to_json(&client.call(|c| c.stats()))["recovered"], 1);
}
