//! The course of scripted researches in each style.

use mock_server::Config;
use serde_json::{Value, json};

use crate::world::{World, event};

/// Everything that a subscriber of one scripted research gets, in order.
fn run(start: Value) -> (World, Vec<(String, Value)>) {
    let mut world = World::new(Config::release_1_5());
    let sid = world.connect();
    world.subscribe(&sid, "1");
    world.control(json!({"research": start}));
    let mut events = Vec::new();
    for _ in 0..400 {
        let poll = world.poll(&sid);
        while world.answer(poll).is_none() {
            let due = world.server.poll_timeout().unwrap();
            world.wait(due - world.now);
        }
        let mut pong = false;
        for packet in world.packets(poll) {
            if packet == "2" {
                pong = true;
            } else {
                events.push(event(&packet));
            }
        }
        if pong {
            world.post(&sid, "3");
        }
        let ended = |(_, data): &(String, Value)| {
            ["completed", "failed", "suspended"]
                .iter()
                .any(|status| data["status"] == *status)
        };
        if events.iter().any(ended) {
            return (world, events);
        }
    }
    panic!("it never ends");
}

fn phases(events: &[(String, Value)]) -> Vec<&str> {
    events
        .iter()
        .filter_map(|(_, data)| data["phase"].as_str())
        .collect()
}

#[test]
fn a_live_research_goes_from_search_to_report() {
    let (mut world, events) = run(json!({"research_id": "1", "iterations": 1, "step_ms": 100}));
    assert_eq!(
        phases(&events),
        [
            "init",
            "search",
            "search",
            "iteration_start",
            "thought",
            "tool_call",
            "observation",
            "iteration_complete",
            "final_synthesis",
            "report_generation",
            "report_complete",
        ]
    );
    assert!(events.iter().any(|(_, data)| data["engine"] == "searxng"));
    assert!(
        events
            .iter()
            .any(|(_, data)| data["arguments"]["max_results"] == 5)
    );
    assert!(
        events
            .iter()
            .any(|(_, data)| data["log_entry"]["type"] == "MILESTONE")
    );
    assert!(events.iter().all(|(name, _)| name == "progress_1"));
    let progress: Vec<_> = events
        .iter()
        .filter_map(|(_, data)| data["progress"].as_f64())
        .collect();
    assert!(progress.is_sorted(), "{progress:?}");
    let last: Vec<_> = events.iter().rev().take(2).map(|(_, data)| data).collect();
    assert!(
        last.iter()
            .all(|data| data["status"] == "completed" && data["progress"] == 100)
    );
    let status = world.json("GET", "/api/research/1/status", "");
    assert_eq!(status["log_entry"]["type"], "MILESTONE");
    assert!(status["report_path"].is_string());
}

#[test]
fn a_question_is_asked_with_one_question_mark() {
    let start = json!({"research_id": "1", "query": "How old is writing?", "step_ms": 50});
    let (_, events) = run(start);
    let said = json!(events).to_string();
    assert!(
        said.contains("How old is writing?") && !said.contains("??"),
        "{said}"
    );
}

#[test]
fn a_failing_research_says_why_without_a_message() {
    let start = json!({"research_id": "1", "outcome": {"failed": "token_limit"}, "step_ms": 50});
    let (_, events) = run(start);
    let (_, failure) = events
        .iter()
        .find(|(_, data)| data["status"] == "failed")
        .unwrap();
    assert!(failure["error"].is_string());
    assert!(failure.get("message").is_none());
    assert_eq!(failure["metadata"]["error_type"], "token_limit");
}

#[test]
fn a_suspended_research_ends_at_zero() {
    let (_, events) = run(json!({"research_id": "1", "outcome": "suspended", "step_ms": 50}));
    let (_, last) = events.last().unwrap();
    assert_eq!(
        (&last["status"], &last["progress"]),
        (&json!("suspended"), &json!(0))
    );
}

#[test]
fn a_documented_research_has_status_and_metadata_in_each_update() {
    let (_, events) = run(json!({"research_id": "1", "style": "documented", "step_ms": 50}));
    let (_, selected) = events
        .iter()
        .find(|(name, _)| name == "search_engine_selected")
        .unwrap();
    assert_eq!(*selected, json!({"engine": "searxng", "result_count": 10}));
    let complete = |(_, data): &&(String, Value)| data["metadata"]["phase"] == "iteration_complete";
    let (_, update) = events.iter().find(complete).unwrap();
    assert_eq!(update["status"], "in_progress");
    assert_eq!(update["log_entry"]["type"], "milestone");
}

#[test]
fn a_benchmark_sends_its_whole_log_as_a_string_again_and_again() {
    let (_, events) = run(json!({"research_id": "1", "style": "benchmark", "step_ms": 50}));
    assert!(events.iter().all(|(name, _)| name == "research_progress_1"));
    let logs: Vec<Vec<Value>> = events
        .iter()
        .filter_map(|(_, data)| data["progress_log"].as_str())
        .map(|log| serde_json::from_str(log).unwrap())
        .collect();
    assert!(logs.len() > 5);
    assert!(logs.windows(2).all(|pair| pair[1].starts_with(&pair[0])));
    assert!(events.iter().any(|(_, data)| data["benchmark_run_id"] == 1));
}

#[test]
fn the_speed_is_the_time_between_two_steps() {
    let mut world = World::new(Config::default());
    world.control(json!({"research": {"step_ms": 1_000}}));
    assert_eq!(world.server.poll_timeout(), Some(1_000));
    world.wait(10_500);
    assert_eq!(world.server.stats().emitted, 10);
}

#[test]
fn a_research_that_dies_with_its_server_stays_in_progress() {
    let mut world = World::new(Config::default());
    world.control(json!({"research": {"research_id": "r", "step_ms": 100}}));
    world.wait(1_000);
    world.control(json!({"restart": {"researches_die": true}}));
    world.wait(60_000);
    assert_eq!(
        world.json("GET", "/api/research/r/status", "")["status"],
        "in_progress"
    );
}
