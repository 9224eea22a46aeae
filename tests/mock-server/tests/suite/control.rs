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
fn a_line_says_just_what_was_asked_for_if_it_is_not_to_be_numbered() {
    let mut world = world();
    world.control(json!({"burst": {"research_id": "r", "lines": 1, "prefix": "Two sources say the same", "numbered": false}}));
    let stored = world.json("GET", "/api/research/r/logs", "");
    assert_eq!(stored[0]["message"], "Two sources say the same");
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

/// What a browser sends with a request of a page that came from elsewhere.
const FOREIGN: [(&str, &str); 7] = [
    ("Origin", "http://evil.example"),
    ("Origin", "http://127.0.0.1:81"),
    ("Origin", "https://127.0.0.1:80"),
    ("Origin", "http://127.0.0.1:80.evil.example"),
    ("Origin", "null"),
    ("Sec-Fetch-Site", "cross-site"),
    ("Sec-Fetch-Site", "same-site"),
];

fn from_page(name: &str, value: &str) -> Vec<(String, String)> {
    [("host", "127.0.0.1:80"), (name, value)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
}

fn cors(answer: &mock_server::Response) -> Vec<&str> {
    let names = answer.headers.iter().map(|(name, _)| name.as_str());
    names
        .filter(|name| name.starts_with("Access-Control"))
        .collect()
}

#[test]
fn a_page_of_another_origin_controls_nothing_and_reads_nothing() {
    for (name, value) in FOREIGN {
        let mut world = world();
        for (method, path) in [
            ("GET", "/control/stats"),
            ("GET", "/control"),
            ("POST", "/control/burst"),
            ("POST", "/control/config"),
            ("POST", "/control/restart"),
            ("DELETE", "/control/faults"),
            ("OPTIONS", "/control/faults"),
        ] {
            let body = br#"{"ping_interval_ms":7}"#;
            let id = world.start_with(method, path, from_page(name, value), body);
            let answer = world.answer(id).unwrap();
            assert_eq!(answer.status, 403, "{name}: {value}: {method} {path}");
            assert!(
                answer.text().contains("another origin"),
                "{}",
                answer.text()
            );
            assert_eq!(cors(answer), [""; 0], "{name}: {value}");
        }
        assert_eq!(world.server.config().ping_interval_ms, 5_000);
    }
}

#[test]
fn a_page_of_the_server_itself_and_a_test_without_a_page_control_it() {
    for (name, value) in [
        ("Origin", "http://127.0.0.1:80"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Sec-Fetch-Site", "none"),
        ("Accept", "*/*"),
    ] {
        let mut world = world();
        let id = world.start_with("GET", "/control/stats", from_page(name, value), b"");
        let answer = world.answer(id).unwrap();
        assert_eq!(answer.status, 200, "{name}: {value}");
        assert_eq!(cors(answer), [""; 0], "{name}: {value}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
}

#[test]
fn a_test_with_several_origins_says_so() {
    let mut world = World::new(Config {
        control_from_anywhere: true,
        ..Config::default()
    });
    let headers = from_page("Origin", "http://127.0.0.1:81");
    let id = world.start_with("GET", "/control/stats", headers, b"");
    let answer = world.answer(id).unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("access-control-allow-origin"),
        Some("http://127.0.0.1:81")
    );
}

/// Commands with one number that is out of its range, or a text that no header can have. Of what takes
/// memory the number is not much too large, so that a server that took it would fail the test and not end it.
const OUT_OF_RANGE: [(&str, &str, &str); 41] = [
    (
        "burst",
        "first",
        r#"{"research_id":"r","lines":2,"first":4294967295}"#,
    ),
    ("burst", "lines", r#"{"research_id":"r","lines":100001}"#),
    (
        "burst",
        "updates",
        r#"{"research_id":"r","updates":100001}"#,
    ),
    (
        "burst",
        "length",
        r#"{"research_id":"r","lines":1,"length":1000001}"#,
    ),
    (
        "burst",
        "bytes",
        r#"{"research_id":"r","lines":100000,"length":1000}"#,
    ),
    ("research", "iterations", r#"{"iterations":1001}"#),
    ("research", "step_ms", r#"{"step_ms":18446744073709551615}"#),
    ("restart", "down_ms", r#"{"down_ms":18446744073709551615}"#),
    ("offline", "ms", r#"{"ms":18446744073709551615}"#),
    (
        "faults",
        "nth",
        r#"{"faults":[{"nth":4294967295,"action":"refuse"}]}"#,
    ),
    (
        "faults",
        "nth",
        r#"{"faults":[{"nth":0,"action":"refuse"}]}"#,
    ),
    (
        "faults",
        "count",
        r#"{"faults":[{"count":4294967295,"action":"refuse"}]}"#,
    ),
    (
        "faults",
        "percent",
        r#"{"faults":[{"percent":101,"action":"refuse"}]}"#,
    ),
    (
        "faults",
        "code",
        r#"{"faults":[{"action":{"status":{"code":0}}}]}"#,
    ),
    (
        "faults",
        "code",
        r#"{"faults":[{"action":{"status":{"code":101}}}]}"#,
    ),
    (
        "faults",
        "code",
        r#"{"faults":[{"action":{"status":{"code":1000}}}]}"#,
    ),
    (
        "faults",
        "retry_after",
        r#"{"faults":[{"action":{"status":{"code":503,"retry_after":4294967295}}}]}"#,
    ),
    (
        "faults",
        "content_type",
        r#"{"faults":[{"action":{"status":{"code":503,"content_type":"a\r\nb: c"}}}]}"#,
    ),
    (
        "faults",
        "content_type",
        r#"{"faults":[{"action":{"wrong_content":{"body":"","content_type":"\u0000"}}}]}"#,
    ),
    (
        "faults",
        "ms",
        r#"{"faults":[{"action":{"delay":{"ms":18446744073709551615}}}]}"#,
    ),
    (
        "faults",
        "ms",
        r#"{"faults":[{"action":{"hold":{"ms":18446744073709551615}}}]}"#,
    ),
    (
        "faults",
        "ms",
        r#"{"faults":[{"action":{"offline":{"ms":18446744073709551615}}}]}"#,
    ),
    (
        "faults",
        "down_ms",
        r#"{"faults":[{"action":{"restart":{"down_ms":18446744073709551615}}}]}"#,
    ),
    (
        "faults",
        "after",
        r#"{"faults":[{"action":{"cut":{"after":18446744073709551615}}}]}"#,
    ),
    (
        "faults",
        "after",
        r#"{"faults":[{"action":{"hang_in_body":{"after":18446744073709551615}}}]}"#,
    ),
    (
        "faults",
        "packets",
        r#"{"faults":[{"action":{"pad_to":{"packets":18446744073709551615}}}]}"#,
    ),
    (
        "config",
        "ping_interval_ms",
        r#"{"ping_interval_ms":18446744073709551615}"#,
    ),
    ("config", "ping_interval_ms", r#"{"ping_interval_ms":0}"#),
    (
        "config",
        "ping_timeout_ms",
        r#"{"ping_timeout_ms":18446744073709551615}"#,
    ),
    ("config", "ping_timeout_ms", r#"{"ping_timeout_ms":0}"#),
    (
        "config",
        "max_payload",
        r#"{"max_payload":18446744073709551615}"#,
    ),
    (
        "config",
        "connect_timeout_ms",
        r#"{"connect_timeout_ms":18446744073709551615}"#,
    ),
    (
        "config",
        "wall_clock_ms",
        r#"{"wall_clock_ms":18446744073709551615}"#,
    ),
    (
        "config",
        "request_log",
        r#"{"request_log":18446744073709551615}"#,
    ),
    (
        "config",
        "max_running",
        r#"{"app":{"max_running":18446744073709551615}}"#,
    ),
    (
        "config",
        "step_ms",
        r#"{"app":{"step_ms":18446744073709551615}}"#,
    ),
    (
        "config",
        "store_delay_ms",
        r#"{"app":{"store_delay_ms":18446744073709551615}}"#,
    ),
    (
        "config",
        "stored_lines",
        r#"{"app":{"stored_lines":18446744073709551615}}"#,
    ),
    (
        "config",
        "log_queue",
        r#"{"app":{"log_queue":18446744073709551615}}"#,
    ),
    ("burst", "u32", r#"{"research_id":"r","lines":-1}"#),
    ("burst", "u32", r#"{"research_id":"r","lines":1e9}"#),
];

#[test]
fn a_number_out_of_its_range_is_refused_in_words_and_changes_nothing() {
    for (command, field, body) in OUT_OF_RANGE {
        let mut world = world();
        let before = world.json("GET", "/control", "");
        let answer = world.call("POST", &format!("/control/{command}"), body);
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.text().contains(field), "{body}: {}", answer.text());
        assert_eq!(world.json("GET", "/control", ""), before, "{body}");
        assert_eq!(world.server.stats().emitted, 0, "{body}");
    }
}

#[test]
fn the_largest_numbers_that_are_taken_do_no_harm() {
    let mut world = world();
    let sid = world.connect();
    for (command, body) in [
        (
            "burst",
            r#"{"research_id":"r","lines":2,"first":1000000000}"#,
        ),
        ("research", r#"{"iterations":1000,"step_ms":2592000000}"#),
        (
            "config",
            r#"{"wall_clock_ms":253402300799999,"ping_timeout_ms":2592000000}"#,
        ),
        (
            "faults",
            r#"{"faults":[{"nth":1000000000,"count":1000000000,"action":{"delay":{"ms":2592000000}}}]}"#,
        ),
    ] {
        let answer = world.call("POST", &format!("/control/{command}"), body);
        assert_eq!(answer.status, 200, "{body}: {}", answer.text());
    }
    assert!(
        world
            .take(&sid)
            .iter()
            .any(|packet| packet.contains("line 1000000001"))
    );
    // As far in time as a clock can go.
    world.now = u64::MAX;
    world.input(mock_server::Input::Timeout);
    world.control(json!({"restart": {"down_ms": 1}}));
    assert_eq!(world.call("GET", "/api/research/r/logs", "").status, 200);
}

#[test]
fn faults_that_multiply_each_other_stop_at_what_an_answer_may_have() {
    let mut world = world();
    let twice = json!({"action": "duplicate", "count": null});
    let pad = json!({"action": {"pad_to": {"packets": 1_000}}, "count": null});
    let faults = std::iter::once(pad).chain(std::iter::repeat_n(twice, 64));
    let add = json!({"faults": faults.collect::<Vec<_>>()});
    assert_eq!(
        world
            .call("POST", "/control/faults", &add.to_string())
            .status,
        200
    );
    let answer = world.call("GET", "/socket.io/?EIO=4&transport=polling", "");
    let packets = answer.text().split('\x1e').count();
    assert!((1_000..=100_000).contains(&packets), "{packets}");
}
