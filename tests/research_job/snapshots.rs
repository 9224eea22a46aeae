//! The reduced state, as the page gets it.

use research_socket::research::{Engine, Job, Limits, ResearchId, Snapshot, Source, Status};
use research_socket::time::Timestamp;

use super::Follower;

#[test]
fn nothing_is_known_of_a_new_research() {
    assert_eq!(Follower::new().snapshot(), unknown());
}

#[test]
fn the_snapshot_holds_the_newest_of_everything() {
    let mut follower = Follower::new();
    follower.live(r#"{"progress":20,"message":"Searching","phase":"searching"}"#);
    follower.live(r#"{"engine":"searxng","result_count":10}"#);
    follower.live(r#"{"progress":60,"current_task":"Reading","metadata":{"phase":"reading"}}"#);
    let expected = Snapshot {
        status: Some(Status::InProgress),
        progress: Some(60.0),
        message: Some("Searching".to_owned()),
        current_task: Some("Reading".to_owned()),
        phase: Some("reading".to_owned()),
        engine: Some(Engine {
            name: "searxng".to_owned(),
            result_count: Some(10),
        }),
        started_at: Some(2_000),
        updated_at: Some(4_000),
        ..unknown()
    };
    assert_eq!(follower.snapshot(), expected);
}

#[test]
fn a_line_of_the_log_is_a_sign_of_life() {
    let mut follower = Follower::new();
    let line = r#"{"log_entry":{"message":"a","type":"INFO","time":"t"}}"#;
    follower.live(line);
    assert_eq!(follower.snapshot().updated_at, Some(2_000));
    follower.live(line);
    assert_eq!(follower.snapshot().updated_at, Some(2_000));
}

#[test]
fn the_id_keeps_its_type() {
    let job = Job::new(ResearchId::from_integer(42), Limits::default());
    assert_eq!(job.snapshot().id.number(), Some(42));
}

#[test]
fn texts_of_a_snapshot_are_bounded() {
    let long = "é".repeat(50_000);
    let payload = format!(
        r#"{{"message":"{long}","phase":"{long}","error":"{long}","engine":"{long}","result_count":1}}"#
    );
    let mut follower = Follower::new();
    follower
        .job
        .handle_payload(Timestamp::from_millis(1), Source::Live, &payload);
    let snapshot = follower.snapshot();
    for text in [
        snapshot.message.unwrap(),
        snapshot.current_task.unwrap(),
        snapshot.phase.unwrap(),
        snapshot.error.unwrap(),
        snapshot.engine.unwrap().name,
    ] {
        assert_eq!(text.len(), 16 * 1024 + "…".len());
        assert!(text.ends_with('…'));
    }
}

fn unknown() -> Snapshot {
    Snapshot {
        id: ResearchId::from_text("b5b91f41").unwrap(),
        status: None,
        progress: None,
        message: None,
        current_task: None,
        phase: None,
        error: None,
        engine: None,
        queue_position: None,
        started_at: None,
        updated_at: None,
        estimated_time_left: None,
        history_read: false,
        source: Source::Live,
    }
}
