//! The reduced state, as the page gets it.

use research_socket::research::{Job, Limits, ResearchId, Source};
use research_socket::time::Timestamp;

use super::Follower;

#[test]
fn nothing_is_known_of_a_new_research() {
    let json = serde_json::to_string(&Follower::new().snapshot()).unwrap();
    assert_eq!(
        json,
        "{\"id\":\"b5b91f41\",\"status\":null,\"progress\":null,\"message\":null,\
         \"currentTask\":null,\"phase\":null,\"error\":null,\"engine\":null,\
         \"queuePosition\":null,\"startedAt\":null,\"updatedAt\":null,\
         \"estimatedTimeLeft\":null,\"source\":\"live\"}"
    );
}

#[test]
fn the_snapshot_holds_the_newest_of_everything() {
    let mut follower = Follower::new();
    follower.live(r#"{"progress":20,"message":"Searching","phase":"searching"}"#);
    follower.live(r#"{"engine":"searxng","result_count":10}"#);
    follower.live(r#"{"progress":60,"current_task":"Reading","metadata":{"phase":"reading"}}"#);
    let json = serde_json::to_string(&follower.snapshot()).unwrap();
    assert_eq!(
        json,
        "{\"id\":\"b5b91f41\",\"status\":\"in_progress\",\"progress\":60.0,\
         \"message\":\"Searching\",\"currentTask\":\"Reading\",\"phase\":\"reading\",\
         \"error\":null,\"engine\":{\"name\":\"searxng\",\"resultCount\":10},\
         \"queuePosition\":null,\"startedAt\":2000,\"updatedAt\":4000,\
         \"estimatedTimeLeft\":2000,\"source\":\"live\"}"
    );
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
    let json = serde_json::to_value(job.snapshot()).unwrap();
    assert_eq!(json["id"], 42);
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
        assert!(text.len() <= 16 * 1024 + 3, "{} bytes", text.len());
        assert!(text.ends_with('…'));
    }
}
