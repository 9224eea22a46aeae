//! What the page heard from a client before this one is no news.

use research_socket::research::Counters;
use research_socket::research::Status;
use research_socket::time::Timestamp;

use crate::Follower;

const HEARD: &str = r#"{"status":"in_progress","progress":35,"current_task":"reading",
    "metadata":{"search_engine":"searxng","result_count":3}}"#;

fn recalling(facts: &str) -> Follower {
    let mut follower = Follower::new();
    follower.job.recall(Timestamp::from_millis(1_000), facts);
    assert_eq!(follower.told(), Vec::<String>::new());
    follower
}

#[test]
fn nothing_of_it_is_delivered_or_counted() {
    let follower = recalling(HEARD);
    assert_eq!(follower.job.counters(), Counters::default());
    let snapshot = follower.job.snapshot();
    assert_eq!(snapshot.status, Some(Status::InProgress));
    assert_eq!(snapshot.progress, Some(35.0));
    assert_eq!(snapshot.current_task.as_deref(), Some("reading"));
    assert_eq!(snapshot.engine.unwrap().name, "searxng");
}

#[test]
fn an_answer_that_says_the_same_tells_only_of_the_answer() {
    let told = recalling(HEARD).answer(
        r#"{"status":"in_progress","progress":35,"message":"m","current_task":"reading",
            "metadata":{"search_engine":"searxng","result_count":3}}"#,
    );
    let first = recalling("{}").answer(
        r#"{"status":"in_progress","progress":35,"message":"m","current_task":"reading",
            "metadata":{"search_engine":"searxng","result_count":3}}"#,
    );
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(first.len(), 4, "{first:?}");
}

#[test]
fn progress_does_not_run_back_behind_it() {
    let mut follower = recalling(HEARD);
    follower.live(r#"{"progress":12}"#);
    assert_eq!(follower.job.snapshot().progress, Some(35.0));
}

#[test]
fn the_end_is_still_to_be_heard() {
    let mut follower = recalling(r#"{"status":"completed","progress":100}"#);
    assert_eq!(follower.job.end(), None);
    assert_eq!(follower.job.snapshot().status, None);
    let told = follower.live(r#"{"status":"completed","message":"done"}"#);
    assert_eq!(
        told.iter().filter(|words| words.starts_with("end")).count(),
        1
    );
}

#[test]
fn what_cannot_be_read_is_nothing() {
    for facts in ["", "[]", "{", "null"] {
        assert_eq!(recalling(facts).job.snapshot().status, None);
    }
}
