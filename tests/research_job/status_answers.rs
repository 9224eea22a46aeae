//! Answers about the status, which come every few seconds while there is no socket.

use research_socket::research::Source;

use super::Follower;

const RUNNING: &str = r#"{"status":"in_progress","progress":40,"completed_at":null,"report_path":null,"metadata":{"phase":"searching"},"log_entry":{"message":"Searching","time":"2026-11-21T20:45:09.1Z","type":"MILESTONE"}}"#;

#[test]
fn the_first_answer_tells_everything() {
    let mut follower = Follower::new();
    assert_eq!(
        follower.answer(RUNNING),
        [
            "log milestone Searching",
            "status in_progress",
            "task Searching",
            "update"
        ]
    );
    let snapshot = follower.snapshot();
    assert_eq!(snapshot.source, Source::Fallback);
    assert_eq!(snapshot.phase.as_deref(), Some("searching"));
    assert_eq!(snapshot.progress, Some(40.0));
}

#[test]
fn an_answer_that_says_the_same_is_not_told() {
    let mut follower = Follower::new();
    follower.answer(RUNNING);
    assert_eq!(follower.answer(RUNNING).len(), 0);
    assert_eq!(follower.answer(&RUNNING.replace("null", "0")).len(), 0);
    assert_eq!(follower.counters().duplicate_updates, 0);
}

#[test]
fn an_answer_that_is_partly_refused_warns_once() {
    let mut follower = Follower::new();
    let body = r#"{"status":"in_progress","progress":136.6}"#;
    assert_eq!(follower.answer(body).len(), 3);
    assert_eq!(follower.answer(body).len(), 0);
}

#[test]
fn a_line_without_a_time_in_an_answer_could_not_be_recognised_and_is_left_out() {
    let mut follower = Follower::new();
    let answer = |progress: u32| {
        format!(r#"{{"progress":{progress},"log_entry":{{"message":"Working","type":"INFO"}}}}"#)
    };
    for progress in 1..10 {
        let told = follower.answer(&answer(progress));
        assert!(!told.iter().any(|event| event.starts_with("log")));
    }
}

#[test]
fn an_answer_that_says_more_tells_only_that() {
    let mut follower = Follower::new();
    follower.answer(RUNNING);
    assert_eq!(follower.answer(&RUNNING.replace("40", "55.5")), ["update"]);
    assert_eq!(follower.snapshot().progress, Some(55.5));
}

#[test]
fn an_answer_that_was_overtaken_by_live_updates_changes_nothing() {
    let mut follower = Follower::new();
    follower.live(r#"{"progress":60,"message":"Reading","status":"in_progress"}"#);
    assert_eq!(
        follower.answer(r#"{"status":"queued","progress":5}"#).len(),
        0
    );
    let snapshot = follower.snapshot();
    assert_eq!(snapshot.progress, Some(60.0));
    assert_eq!(snapshot.status.unwrap().as_str(), "in_progress");
}

#[test]
fn an_answer_can_be_the_end_which_is_not_told_again_when_it_comes_live() {
    let mut follower = Follower::new();
    follower.answer(RUNNING);
    let done = r#"{"status":"completed","progress":100,"completed_at":"2026-11-21T21:45:44","report_path":"/r.md","metadata":{"phase":"complete"},"log_entry":{"message":"Research completed","time":"2026-11-21T21:45:44Z","type":"MILESTONE"}}"#;
    assert_eq!(
        follower.answer(done),
        [
            "log milestone Research completed",
            "status completed after in_progress",
            "task Research completed",
            "update",
            "end completed -",
        ]
    );
    assert_eq!(follower.answer(done).len(), 0);
    assert_eq!(
        follower
            .live(r#"{"status":"completed","progress":100,"message":"Done"}"#)
            .len(),
        0
    );
    assert_eq!(follower.job.end().unwrap().source, Source::Fallback);
}

#[test]
fn a_failed_research_says_why_and_what_to_do() {
    let mut follower = Follower::new();
    let told = follower.answer(
        r#"{"status":"failed","progress":33,"metadata":{"phase":"error","error_info":{"type":"rate_limit","message":"429 Too Many Requests","suggestion":"Wait"}}}"#,
    );
    assert_eq!(
        told,
        [
            "status failed",
            "task Phase: error",
            "update",
            "failure rate_limit: API Rate Limit Reached",
            "end failed -",
        ]
    );
}

#[test]
fn an_answer_that_is_no_object_is_refused() {
    let mut follower = Follower::new();
    assert_eq!(
        follower.answer("<!DOCTYPE html><title>Sign in</title>"),
        [
            "warning payload: expected JSON (unexpected character at byte 0), got <!DOCTYPE html><title>Sign in</title>"
        ]
    );
    assert_eq!(
        follower.answer("[]"),
        ["warning payload: expected an object, got []"]
    );
}
