//! Updates: which are copies, what a page gets, and in which order.

use research_socket::research::{JobEvent, ResearchEvent, Source};

use super::Follower;

const STEP: &str = r#"{"progress":33.33333333333333,"message":"Generating questions","phase":"question_generation","iteration":2}"#;
const LATER: &str = r#"{"progress":80,"message":"Filtering 20 results for relevance...","phase":"final_filtering"}"#;
const LINE: &str = r#"{"log_entry":{"message":"Checking termination status","type":"DEBUG","time":"2026-11-21T21:45:32.428647+00:00"}}"#;

#[test]
fn a_step_gives_a_task_and_the_payload_itself() {
    let mut follower = Follower::new();
    follower
        .job
        .handle_payload(Default::default(), Source::Live, STEP);
    let events = follower.events();
    let Some(JobEvent::Research(ResearchEvent::Update(update))) = events.last() else {
        panic!("{events:?}");
    };
    assert_eq!(&*update.payload, STEP);
    assert_eq!(update.source, Source::Live);
    assert_eq!(follower.task().as_deref(), Some("Generating questions"));
    assert_eq!(
        follower.snapshot().phase.as_deref(),
        Some("question_generation")
    );
}

#[test]
fn an_update_that_comes_twice_is_delivered_once() {
    let mut follower = Follower::new();
    assert_eq!(follower.live(STEP).len(), 3);
    assert_eq!(follower.live(STEP).len(), 0);
    assert_eq!(follower.counters().duplicate_updates, 1);
}

#[test]
fn lines_between_two_copies_of_an_update_do_not_part_them() {
    let mut follower = Follower::new();
    follower.live(STEP);
    assert_eq!(follower.live(LINE).len(), 1);
    assert_eq!(follower.live(STEP).len(), 0);
}

#[test]
fn without_times_a_then_b_then_a_are_three_changes() {
    let (a, b) = (r#"{"queue_position":3}"#, r#"{"queue_position":4}"#);
    let mut follower = Follower::new();
    for payload in [a, b, a] {
        assert_eq!(follower.live(payload), ["update"]);
    }
    assert_eq!(follower.snapshot().queue_position, Some(3));
}

#[test]
fn an_update_with_a_timed_line_is_a_copy_wherever_it_comes() {
    let timed = r#"{"progress":5,"message":"Searching","status":"in_progress","log_entry":{"time":"2026-11-21T20:45:09.1Z","message":"Searching","type":"info"}}"#;
    let mut follower = Follower::new();
    assert_eq!(
        follower.live(timed),
        [
            "log info Searching",
            "status in_progress",
            "task Searching",
            "update"
        ]
    );
    follower.live(LATER);
    assert_eq!(follower.live(timed).len(), 0);
    assert_eq!(follower.counters().duplicate_updates, 1);
}

#[test]
fn an_update_with_a_line_without_a_time_is_a_copy_only_of_its_neighbour() {
    let untimed = r#"{"message":"Searching","log_entry":{"message":"Searching","type":"info"}}"#;
    let mut follower = Follower::new();
    assert_eq!(follower.live(untimed).len(), 3);
    assert_eq!(follower.live(untimed).len(), 0);
    follower.live(LATER);
    assert_eq!(
        follower.live(untimed),
        ["log info Searching", "task Searching", "update"]
    );
}

#[test]
fn an_update_in_which_only_an_unknown_field_changed_is_delivered() {
    let mut follower = Follower::new();
    follower.live(r#"{"progress":5,"completed":1,"total":20}"#);
    assert_eq!(
        follower.live(r#"{"progress":5,"completed":2,"total":20}"#),
        ["update"]
    );
}

#[test]
fn the_events_of_one_payload_come_in_their_order() {
    let mut follower = Follower::new();
    let told = follower.live(
        r#"{"status":"failed","progress":"45","phase":"error","message":"It broke","error":"boom",
            "event":"search_engine_selected","engine":"searxng","result_count":10,
            "log_entry":{"time":"t2","message":"second","type":"ERROR"},
            "progress_log":"[{\"time\":\"t1\",\"message\":\"first\"}]","task":7}"#,
    );
    assert_eq!(
        told,
        [
            "log info first",
            "log error second",
            "engine searxng Some(10)",
            "status failed",
            "task first",
            "step",
            "update progress=45",
            "failure failed: Research Failed",
            "end failed It broke",
            "warning task: expected a string, got 7",
        ]
    );
}

#[test]
fn a_step_of_an_agent_is_told_with_its_payload_before_the_update() {
    let thought = r#"{"progress":null,"message":"Thinking","phase":"thought","thought":"I need sources","iteration":1}"#;
    let mut follower = Follower::new();
    assert_eq!(
        follower.live(thought),
        [
            "status in_progress",
            "task Thinking",
            "step",
            "update no progress"
        ]
    );
    follower.job.handle_payload(
        Default::default(),
        Source::Live,
        r#"{"phase":"tool_call","tool":"web_search","arguments":{"query":"rig"}}"#,
    );
    let events = follower.events();
    assert!(events.iter().any(|event| matches!(
        event,
        JobEvent::Research(ResearchEvent::Step(payload)) if payload.contains("web_search")
    )));
}

#[test]
fn an_update_of_a_benchmark_has_everything_at_once() {
    let mut follower = Follower::new();
    let told = follower.live(
        r#"{"status":"in_progress","message":"Processed 3/20 examples","progress":15.0,"completed":3,"total":20,"benchmark_run_id":7,
            "log_entry":{"time":"2026-11-21T20:45:09.5Z","message":"Completed example 3/20","type":"milestone"},
            "progress_log":"[{\"time\":\"2026-11-21T20:45:09.5Z\",\"message\":\"Completed example 3/20\",\"type\":\"milestone\"}]"}"#,
    );
    assert_eq!(
        told,
        [
            "log milestone Completed example 3/20",
            "status in_progress",
            "task Completed example 3/20",
            "update",
        ]
    );
}

#[test]
fn an_object_that_says_nothing_known_is_still_an_update() {
    let mut follower = Follower::new();
    assert_eq!(follower.live(r#"{"later_field":[1,2]}"#), ["update"]);
    assert_eq!(follower.live("{}"), ["update"]);
    assert_eq!(follower.snapshot().status, None);
}
