//! The application's endpoints and who is told of what.

use mock_server::{Config, EventName};
use serde_json::{Value, json};

use crate::world::{World, event};

fn world() -> World {
    World::new(Config::default())
}

/// The events that a GET gets at once.
fn events(world: &mut World, sid: &str) -> Vec<(String, Value)> {
    world.take(sid).iter().map(|packet| event(packet)).collect()
}

fn nothing_waits(world: &mut World, sid: &str) -> bool {
    let poll = world.poll(sid);
    world.answer(poll).is_none()
}

#[test]
fn in_release_1_3_a_subscriber_gets_updates_twice_and_everybody_else_once() {
    let mut world = world();
    let (subscriber, other) = (world.connect(), world.connect());
    world.subscribe(&subscriber, "r");
    let data = json!({"progress": 5, "message": "m", "phase": "search", "x": null});
    world.control(json!({"emit": {"research_id": "r", "data": data}}));
    let update = ("progress_r".to_owned(), data);
    assert_eq!(
        events(&mut world, &subscriber),
        [update.clone(), update.clone()]
    );
    assert_eq!(events(&mut world, &other), [update]);
}

#[test]
fn in_release_1_5_everybody_gets_updates_while_nobody_subscribed() {
    let mut world = World::new(Config::release_1_5());
    let (subscriber, other) = (world.connect(), world.connect());
    world.control(json!({"emit": {"research_id": "r", "data": {"progress": 5}}}));
    assert_eq!(events(&mut world, &subscriber).len(), 1);
    assert_eq!(events(&mut world, &other).len(), 1);
    world.subscribe(&subscriber, "r");
    world.control(json!({"emit": {"research_id": "r", "data": {"progress": 6}}}));
    assert_eq!(events(&mut world, &subscriber).len(), 1);
    assert!(nothing_waits(&mut world, &other));
}

#[test]
fn both_event_names_can_be_asked_for() {
    let mut config = Config::release_1_5();
    config.app.live_event = EventName::Both;
    let mut world = World::new(config);
    let sid = world.connect();
    world.control(json!({"emit": {"research_id": "7", "data": {"progress": 5}}}));
    let names: Vec<_> = events(&mut world, &sid)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["progress_7", "research_progress_7"]);
}

#[test]
fn a_subscription_to_a_running_research_with_a_log_is_answered_with_a_snapshot() {
    let mut world = world();
    let (sid, other) = (world.connect(), world.connect());
    world.subscribe(&sid, "r");
    assert!(nothing_waits(&mut world, &other));
    world.control(json!({"burst": {"research_id": "r", "lines": 1, "live": false}}));
    world.control(json!({"emit": {"research_id": "r", "data": {"progress": 30, "message": "m"}}}));
    events(&mut world, &sid);
    world.subscribe(&sid, "r");
    let [(name, snapshot)] = &events(&mut world, &sid)[..] else {
        panic!()
    };
    assert_eq!(name, "research_progress_r");
    assert_eq!(snapshot["status"], "in_progress");
    assert_eq!(snapshot["progress"], 30);
    assert_eq!(snapshot["log_entry"]["message"], "line 1");
}

#[test]
fn numbers_are_ids_and_empty_or_missing_ones_are_ignored() {
    let mut world = world();
    let sid = world.connect();
    for data in [
        json!({"research_id": 7}),
        json!({"research_id": ""}),
        json!({}),
        json!(null),
    ] {
        world.post(
            &sid,
            &format!("42{}", json!(["subscribe_to_research", data])),
        );
    }
    world.post(&sid, r#"42["join",{"research_id":"8"}]"#);
    let subscriptions = &world.server.stats().subscriptions;
    assert_eq!(subscriptions.keys().collect::<Vec<_>>(), ["7"]);
}

#[test]
fn the_newest_server_refuses_subscriptions_by_event_and_understands_leaving() {
    let mut world = World::new(Config::newest());
    let sid = world.connect();
    world.subscribe(&sid, "r");
    world.control(json!({"emit": {"research_id": "r", "data": {"progress": 1}}}));
    assert_eq!(events(&mut world, &sid).len(), 1);
    world.post(
        &sid,
        r#"42["unsubscribe_from_research",{"research_id":"r"}]"#,
    );
    world.control(json!({"emit": {"research_id": "r", "data": {"progress": 2}}}));
    assert!(nothing_waits(&mut world, &sid));
    world.control(json!({"config": {"app": {"refuse_subscriptions": "Session expired"}}}));
    let other = world.connect();
    world.subscribe(&other, "r");
    let refusal = r#"42["subscribe_error",{"error":"Session expired","research_id":"r"}]"#;
    assert_eq!(world.take(&other), [refusal, "41"]);
}

#[test]
fn one_line_is_written_with_microseconds_live_and_with_seconds_in_the_store() {
    let mut world = world();
    let sid = world.connect();
    world.control(json!({"burst": {"research_id": "r", "lines": 2, "level": "WARNING"}}));
    let live = events(&mut world, &sid)[1].1["log_entry"].clone();
    assert_eq!(
        live,
        json!({"message": "line 2", "type": "WARNING", "time": "2026-11-21T20:45:00.000001+00:00"})
    );
    let stored = world.json("GET", "/api/research/r/logs", "");
    let second = json!({
        "id": 2,
        "message": "line 2",
        "timestamp": "Sat, 21 Nov 2026 20:45:00 GMT",
        "log_type": "WARNING",
    });
    assert_eq!(stored[1], second);
    let history = world.json("GET", "/history/logs/r", "");
    assert_eq!(history["logs"][1]["time"], live["time"]);
    let count = world.json("GET", "/history/log_count/r", "");
    assert_eq!(count, json!({"status": "success", "total_logs": 2}));
}

#[test]
fn stored_lines_can_come_later_than_live_ones() {
    let mut world = world();
    world.control(json!({"config": {"app": {"store_delay_ms": 500}}}));
    world.control(json!({"burst": {"research_id": "r", "lines": 3}}));
    assert_eq!(world.json("GET", "/api/research/r/logs", ""), json!([]));
    world.wait(500);
    assert_eq!(
        world
            .json("GET", "/api/research/r/logs", "")
            .as_array()
            .unwrap()
            .len(),
        3
    );
}

#[test]
fn lines_may_wait_until_somebody_asks_and_too_many_are_lost() {
    let mut config = Config::default();
    config.app.log_queue = Some(3);
    let mut world = World::new(config);
    let stored = |world: &mut World| {
        let log = world.json("GET", "/api/research/r/logs", "");
        log.as_array().map(Vec::len)
    };
    world.control(json!({"burst": {"research_id": "r", "lines": 2}}));
    world.json("GET", "/api/research/r/status", "");
    world.control(json!({"burst": {"research_id": "r", "lines": 5}}));
    assert_eq!(world.server.lost_lines(), 2);
    assert_eq!(stored(&mut world), Some(5));
}

#[test]
fn the_status_follows_what_was_emitted() {
    let mut world = world();
    world.control(json!({"emit": {"research_id": "r", "data": {"progress": 42.5}}}));
    let status = world.json("GET", "/api/research/r/status", "");
    assert_eq!(
        (&status["status"], &status["progress"]),
        (&json!("in_progress"), &json!(42.5))
    );
    world.control(json!({"end": {"research_id": "r", "outcome": {"failed": "rate_limit"}}}));
    let status = world.json("GET", "/api/research/r/status", "");
    assert_eq!(status["status"], "failed");
    assert_eq!(status["metadata"]["error_info"]["type"], "rate_limit");
    assert!(status["completed_at"].is_string());
}

#[test]
fn an_unknown_research_is_404() {
    let mut world = world();
    for path in [
        "/api/research/x/status",
        "/api/research/x/logs",
        "/history/logs/x",
    ] {
        let answer = world.call("GET", path, "");
        assert_eq!(answer.status, 404);
        assert_eq!(answer.text(), r#"{"error":"Research not found"}"#);
    }
    assert_eq!(world.call("GET", "/api/queue/x/position", "").status, 404);
}

#[test]
fn termination_needs_the_csrf_header() {
    let mut world = world();
    let sid = world.connect();
    world.control(json!({"research": {"research_id": "r", "script": false}}));
    assert_eq!(world.call("POST", "/api/terminate/r", "{}").status, 400);
    let header = vec![("X-CSRFToken".to_owned(), "mock-csrf-token".to_owned())];
    let id = world.start_with("POST", "/api/terminate/r", header, b"{}");
    assert!(world.text(id).contains("success"));
    let last = events(&mut world, &sid);
    assert!(
        last.iter().all(|(_, data)| data["status"] == "suspended"),
        "{last:?}"
    );
    assert_eq!(
        world.json("GET", "/api/research/r/status", "")["status"],
        "suspended"
    );
}

#[test]
fn without_a_session_cookie_the_api_says_401_and_pages_go_to_the_login() {
    let mut world = world();
    world.control(json!({"config": {"app": {"sign_in": true}}}));
    world.control(json!({"research": {"research_id": "r", "script": false}}));
    let answer = world.call("GET", "/api/research/r/status", "");
    assert_eq!(answer.status, 401);
    assert_eq!(answer.text(), r#"{"error":"Authentication required"}"#);
    let answer = world.call("GET", "/history/logs/r", "");
    assert_eq!(
        (answer.status, answer.header("Location")),
        (302, Some("/login"))
    );
    assert!(world.call("GET", "/login", "").text().contains("<form"));
    let answer = world.call("POST", "/login", "");
    world.cookie = answer
        .header("Set-Cookie")
        .map(|cookie| cookie.split(';').next().unwrap().into());
    assert_eq!(world.call("GET", "/api/research/r/status", "").status, 200);
    world.control(json!({"sign_out": {}}));
    assert_eq!(world.call("GET", "/api/research/r/status", "").status, 401);
}

#[test]
fn researches_above_the_limit_wait_in_the_queue() {
    let mut config = Config::default();
    config.app.max_running = Some(1);
    let mut world = World::new(config);
    let first = world.json("POST", "/api/start_research", r#"{"query":"a"}"#);
    assert_eq!(first["status"], "success");
    let second = world.json("POST", "/api/start_research", r#"{"query":"b"}"#);
    assert_eq!(
        (&second["status"], &second["queue_position"]),
        (&json!("queued"), &json!(1))
    );
    let id = second["research_id"].as_str().unwrap();
    let position = world.json("GET", &format!("/api/queue/{id}/position"), "");
    assert_eq!(position, json!({"status": "success", "position": 1}));
    world.control(json!({"end": {"research_id": first["research_id"]}}));
    let status = world.json("GET", &format!("/api/research/{id}/status"), "");
    assert_eq!(status["status"], "in_progress");
}

#[test]
fn a_research_needs_a_query() {
    assert_eq!(
        world().call("POST", "/api/start_research", "{}").status,
        400
    );
    assert_eq!(
        world()
            .call("POST", "/api/start_research", "nonsense")
            .status,
        400
    );
}

#[test]
fn a_subscription_ends_with_its_session_and_with_the_server() {
    for restart in [false, true] {
        let mut world = World::new(Config::release_1_5());
        let (subscriber, mut other) = (world.connect(), world.connect());
        world.subscribe(&subscriber, "r");
        if restart {
            world.control(json!({"restart": {}}));
            other = world.connect();
        } else {
            world.post(&subscriber, "1");
        }
        world.control(json!({"emit": {"research_id": "r", "data": {"progress": 5}}}));
        assert_eq!(
            events(&mut world, &other).len(),
            1,
            "nobody is subscribed any more"
        );
    }
}

#[test]
fn a_research_can_be_terminated_while_it_waits_in_the_queue() {
    let mut config = Config::default();
    config.app.max_running = Some(0);
    let mut world = World::new(config);
    world.control(json!({"research": {"research_id": "r"}}));
    let header = vec![("X-CSRFToken".to_owned(), "mock-csrf-token".to_owned())];
    world.start_with("POST", "/api/terminate/r", header, b"{}");
    assert_eq!(world.call("GET", "/api/queue/r/position", "").status, 404);
    world.control(json!({"config": {"app": {"max_running": null}}}));
    world.control(json!({"research": {"research_id": "other"}}));
    assert_eq!(
        world.json("GET", "/api/research/r/status", "")["status"],
        "suspended"
    );
}

#[test]
fn the_store_keeps_the_newest_lines_only() {
    let mut config = Config::default();
    config.app.stored_lines = 2;
    let mut world = World::new(config);
    world.control(json!({"burst": {"research_id": "r", "lines": 5}}));
    let stored = world.json("GET", "/api/research/r/logs", "");
    let ids: Vec<_> = stored
        .as_array()
        .unwrap()
        .iter()
        .map(|line| &line["id"])
        .collect();
    assert_eq!(ids, [4, 5]);
}

#[test]
fn a_research_whose_numbers_are_out_of_range_is_refused_in_words() {
    // The first beyond the range: a server that took it would be no slower for it.
    for (field, most) in [("iterations", 1_000), ("step_ms", 2_592_000_000_u64)] {
        let mut world = World::new(Config::default());
        let mut start = |number| {
            let body = json!({"query": "q", field: number}).to_string();
            world.call("POST", "/api/start_research", &body)
        };
        let answer = start(most + 1);
        assert_eq!(answer.status, 400, "{field}");
        assert!(answer.text().contains(field), "{}", answer.text());
        assert_eq!(start(most).status, 200, "{field}");
    }
}
