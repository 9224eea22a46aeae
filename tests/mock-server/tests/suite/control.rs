//! What tests ask of the server while it runs.

use mock_server::{Config, Delivery};
use serde_json::{Value, json};

use crate::world::World;

fn world() -> World {
    World::new(Config::release_1_5())
}

#[test]
fn a_burst_is_one_answer_with_every_line_in_order() {
    let mut world = world();
    let sid = world.connect();
    let burst = r#"{"research_id":"r","lines":3000,"updates":300,"length":100}"#;
    let answer = world.json("POST", "/control/burst", burst);
    assert_eq!(
        (&answer["lines"], &answer["updates"]),
        (&json!(3_000), &json!(300))
    );
    let packets = world.take(&sid);
    assert_eq!(packets.len(), 3_300);
    let lines: Vec<_> = packets
        .iter()
        .filter(|packet| packet.contains("line "))
        .collect();
    assert!(
        lines
            .iter()
            .zip(1..)
            .all(|(line, n)| line.contains(&format!("\"line {n}.")))
    );
    let stats = world.server.stats();
    assert_eq!(
        (stats.emitted, stats.delivered, stats.lost),
        (3_300, 3_300, 0)
    );
}

#[test]
fn lines_can_be_only_sent_or_only_stored() {
    let mut world = world();
    let sid = world.connect();
    world.control(json!({"burst": {"research_id": "r", "lines": 2, "store": false}}));
    world.control(json!({"burst": {"research_id": "r", "lines": 1, "live": false, "prefix": "s"}}));
    assert_eq!(world.take(&sid).len(), 2);
    let stored = world.json("GET", "/api/research/r/logs", "");
    assert_eq!(stored.as_array().unwrap().len(), 1);
    assert_eq!(stored[0]["message"], "s 1");
}

#[test]
fn events_go_to_everybody_or_to_one_session_with_attachments() {
    let mut world = world();
    let (one, two) = (world.connect(), world.connect());
    let data = json!({"_placeholder": true, "num": 0});
    let emit = json!({"event": "e", "data": data, "attachments": ["AQID"], "sid": one});
    world.control(json!({"emit": emit}));
    let event = r#"451-["e",{"_placeholder":true,"num":0}]"#;
    assert_eq!(world.take(&one), [event, "bAQID"]);
    world.control(json!({"emit": {"packets": ["zzz", "6"]}}));
    assert_eq!(world.take(&one), ["zzz", "6"]);
    assert_eq!(world.take(&two), ["zzz", "6"]);
    assert!(
        world
            .control(json!({"emit": {"event": "e", "sid": "x"}}))
            .get("error")
            .is_some()
    );
}

#[test]
fn settings_are_merged_and_nonsense_is_refused() {
    let mut world = world();
    let sid = world.connect();
    let patch = r#"{"ping_interval_ms":300,"ping_timeout_ms":200,"max_payload":50}"#;
    assert_eq!(world.call("POST", "/control/config", patch).status, 200);
    assert_eq!(
        world
            .call("POST", "/control/config", r#"{"ping":1}"#)
            .status,
        400
    );
    assert_eq!(world.call("POST", "/control/config", "{").status, 400);
    let settings = world.json("GET", "/control/config", "");
    assert_eq!(
        (&settings["max_payload"], &settings["upgrades"]),
        (&json!(50), &json!(["websocket"]))
    );
    let other = world.open();
    let poll = world.poll(&other);
    world.wait(300);
    assert_eq!(world.packets(poll), ["2"]);
    assert!(world.server.stats().sessions.contains_key(&sid));
}

#[test]
fn the_control_interface_answers_while_the_network_is_gone() {
    let mut world = world();
    let sid = world.connect();
    let poll = world.poll(&sid);
    assert_eq!(world.call("POST", "/control/offline", "").status, 200);
    assert_eq!(world.answer(poll).unwrap().delivery, Delivery::Refuse);
    assert_eq!(world.server.reachable(), Delivery::Refuse);
    world.wait(10_000);
    let path = world.path(&sid);
    assert_eq!(world.call("GET", &path, "").delivery, Delivery::Refuse);
    assert_eq!(world.call("GET", "/control/stats", "").status, 200);
    assert_eq!(world.call("POST", "/control/online", "").status, 200);
    world.open();
}

#[test]
fn the_log_tells_how_requests_ended_and_how_many_were_open() {
    let mut world = world();
    let sid = world.connect();
    let held = world.poll(&sid);
    world.wait(40);
    world.post(&sid, "3\x1e3");
    let stats = world.json("GET", "/control/stats", "");
    let log = stats["requests"].as_array().unwrap();
    assert_eq!(log.len(), 5);
    assert_eq!(stats["requests_total"], 5);
    assert_eq!(
        (&log[3]["end"], &log[3]["status"]),
        (&json!("open"), &Value::Null)
    );
    assert_eq!(
        (&log[4]["t_ms"], &log[4]["packets_in"]),
        (&json!(40), &json!(2))
    );
    assert_eq!(
        (&log[4]["kind"], &log[4]["status"]),
        (&json!("post"), &json!(200))
    );
    let session = &stats["sessions"][&sid];
    assert_eq!(
        (&session["max_gets"], &session["max_posts"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        (&session["gets_now"], &session["posts_now"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(
        (&session["gets"], &session["posts"]),
        (&json!(2), &json!(2))
    );
    world.input(mock_server::Input::Aborted { id: held });
    assert_eq!(world.server.stats().requests[3].end, "aborted");
    assert_eq!(world.server.stats().sessions[&sid].gets_now, 0);
}

#[test]
fn the_log_keeps_the_newest_requests_only() {
    let mut world = World::new(Config {
        request_log: 3,
        ..Config::default()
    });
    for _ in 0..10 {
        world.open();
    }
    let numbers: Vec<_> = world
        .server
        .stats()
        .requests
        .iter()
        .map(|entry| entry.number)
        .collect();
    assert_eq!(numbers, [8, 9, 10]);
    assert!(
        world
            .server
            .stats()
            .requests
            .iter()
            .all(|entry| entry.end == "whole")
    );
}

#[test]
fn open_requests_can_be_dropped_by_kind() {
    let mut world = world();
    let sid = world.connect();
    let poll = world.poll(&sid);
    let none = world.control(json!({"drop_open": {"kind": "api"}}));
    assert_eq!((&none["requests"], world.answer(poll)), (&json!(0), None));
    let one = world.control(json!({"drop_open": {"kind": "poll"}}));
    assert_eq!(one["requests"], 1);
    assert_eq!(world.answer(poll).unwrap().delivery, Delivery::Refuse);
    // To python the dropped poll is still there, so it takes the next event with it.
    world.control(json!({"emit": {"event": "e"}}));
    assert_eq!(world.server.stats().lost, 1);
    world.open();
}

#[test]
fn questions_before_a_request_are_answered_and_met_by_no_fault() {
    let mut world = world();
    world.control(json!({"faults": {"faults": [{"action": "refuse"}]}}));
    let headers = vec![
        ("Origin".to_owned(), "http://a.test".to_owned()),
        (
            "Access-Control-Request-Headers".to_owned(),
            "x-csrftoken".to_owned(),
        ),
    ];
    let id = world.start_with("OPTIONS", "/api/terminate/r", headers, b"");
    let answer = world.answer(id).unwrap();
    assert_eq!(
        answer.header("Access-Control-Allow-Headers"),
        Some("x-csrftoken")
    );
    assert_eq!(
        world.call("GET", "/api/research/r/status", "").delivery,
        Delivery::Refuse
    );
}

#[test]
fn a_restart_refuses_what_is_open_and_forgets_the_sessions() {
    let mut world = world();
    let sid = world.connect();
    world.subscribe(&sid, "r");
    let poll = world.poll(&sid);
    world.control(json!({"restart": {"down_ms": 100}}));
    assert_eq!(world.answer(poll).unwrap().delivery, Delivery::Refuse);
    world.wait(100);
    let path = world.path(&sid);
    assert_eq!(world.call("GET", &path, "").status, 400);
    world.control(json!({"burst": {"research_id": "r", "lines": 1}}));
    assert_eq!(
        world
            .json("GET", "/api/research/r/logs", "")
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn a_reset_goes_back_to_the_start_with_another_session_id() {
    let mut world = world();
    let sid = world.connect();
    let poll = world.poll(&sid);
    world.control(json!({"config": {"max_payload": 5}}));
    world.control(json!({"faults": {"faults": [{"action": "refuse", "count": null}]}}));
    world.control(json!({"burst": {"research_id": "r", "lines": 1}}));
    world.wait(50);
    assert_eq!(world.call("POST", "/control/reset", "").status, 200);
    assert!(world.answer(poll).is_some());
    assert_eq!(world.server.config(), &Config::release_1_5());
    assert_eq!(world.server.stats().requests_total, 0);
    assert_eq!(world.call("GET", "/api/research/r/logs", "").status, 404);
    assert_ne!(world.connect(), sid);
}

#[test]
fn faults_are_listed_with_their_hits_and_dropped() {
    let mut world = world();
    let fault = r#"{"faults":[{"on":{"kind":"api"},"count":2,"action":"refuse"}]}"#;
    world.call("POST", "/control/faults", fault);
    world.call("GET", "/api/research/r/logs", "");
    let listed = world.json("GET", "/control/faults", "");
    assert_eq!(
        (&listed[0]["seen"], &listed[0]["hits"]),
        (&json!(1), &json!(1))
    );
    world.call("DELETE", "/control/faults", "");
    assert_eq!(world.call("GET", "/api/research/r/logs", "").status, 404);
}

#[test]
fn an_unknown_command_is_an_error_that_names_it() {
    let mut world = world();
    let answer = world.call("POST", "/control/brust", "{}");
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("brust"));
    assert_eq!(world.call("GET", "/control/brust", "").status, 404);
}
