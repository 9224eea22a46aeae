//! Statuses: what is told, what is inferred, and the one end.

use super::Follower;

#[test]
fn a_status_is_told_when_it_changes() {
    let mut follower = Follower::new();
    assert_eq!(
        follower.live(r#"{"status":"queued","queue_position":2}"#),
        ["status queued", "update"]
    );
    assert_eq!(
        follower.live(r#"{"status":"queued","queue_position":1}"#),
        ["update"]
    );
    assert_eq!(follower.snapshot().queue_position, Some(1));
    assert_eq!(
        follower.live(r#"{"status":"in_progress"}"#),
        ["status in_progress after queued", "update"]
    );
    assert_eq!(follower.snapshot().queue_position, None);
}

#[test]
fn a_step_shows_that_a_run_has_begun_although_it_carries_no_status() {
    let mut follower = Follower::new();
    follower.live(r#"{"status":"queued","queue_position":1}"#);
    assert_eq!(
        follower.live(r#"{"progress":5,"phase":"init"}"#),
        [
            "status in_progress after queued",
            "task Phase: init",
            "step",
            "update"
        ]
    );
}

#[test]
fn neither_a_place_in_the_queue_nor_a_failure_nor_a_mere_message_shows_a_run() {
    for payload in [
        r#"{"progress":0,"queue_position":4}"#,
        r#"{"progress":10,"error":"boom"}"#,
        r#"{"phase":"search_error","progress":10}"#,
        r#"{"phase":"termination","progress":10}"#,
        r#"{"message":"Hello"}"#,
        r#"{"status":"paused","progress":10}"#,
    ] {
        let mut follower = Follower::new();
        follower.live(payload);
        assert_eq!(follower.snapshot().status, None, "{payload}");
    }
}

#[test]
fn a_status_in_capitals_is_set_in_the_usual_form() {
    let mut follower = Follower::new();
    let told = follower.live(r#"{"status":"IN_PROGRESS"}"#);
    assert_eq!(told, ["status in_progress", "update status=in_progress"]);
}

#[test]
fn the_end_is_told_once_however_often_the_server_repeats_it() {
    let mut follower = Follower::new();
    assert_eq!(
        follower.live(r#"{"status":"completed","message":"Research completed","progress":100}"#),
        [
            "status completed",
            "task Research completed",
            "update",
            "end completed Research completed"
        ]
    );
    for again in [
        r#"{"status":"completed","message":"Research process has ended and resources have been cleaned up","progress":100}"#,
        r#"{"status":"suspended","message":"Cleaned up","progress":0}"#,
        r#"{"status":"failed","error":"late"}"#,
        r#"{"progress":12,"message":"late step","phase":"thought"}"#,
    ] {
        assert_eq!(follower.live(again).len(), 0, "{again}");
    }
    assert_eq!(
        follower.answer(r#"{"status":"failed","progress":3}"#).len(),
        0
    );
    assert_eq!(follower.counters().updates_after_end, 5);
    let snapshot = follower.snapshot();
    assert_eq!(snapshot.message.as_deref(), Some("Research completed"));
    assert_eq!(snapshot.progress, Some(100.0));
}

#[test]
fn lines_after_the_end_are_still_delivered() {
    let mut follower = Follower::new();
    follower.live(r#"{"status":"completed","message":"Done","progress":100}"#);
    let line = r#"{"log_entry":{"message":"Resources cleaned up for research","type":"MILESTONE","time":"2026-11-21T21:45:44.876417+00:00"}}"#;
    assert_eq!(
        follower.live(line),
        ["log milestone Resources cleaned up for research"]
    );
    let update = r#"{"progress":9,"log_entry":{"message":"Closed","type":"DEBUG","time":"2026-11-21T21:45:44.9Z"}}"#;
    assert_eq!(follower.live(update), ["log debug Closed"]);
    assert_eq!(follower.task().as_deref(), Some("Done"));
}

#[test]
fn each_terminal_status_ends_a_run() {
    for status in ["completed", "suspended", "failed", "error", "cancelled"] {
        let mut follower = Follower::new();
        let told = follower.live(&format!(r#"{{"status":"{status}","message":"m"}}"#));
        assert_eq!(told.last(), Some(&format!("end {status} m")));
        assert_eq!(follower.job.end().unwrap().status.as_str(), status);
    }
}

#[test]
fn the_words_of_completion_without_a_status_are_no_end() {
    let mut follower = Follower::new();
    follower
        .live(r#"{"progress":99,"message":"Research completed successfully","phase":"complete"}"#);
    assert!(follower.job.end().is_none());
}
