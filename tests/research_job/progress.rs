//! Progress never runs backwards within a run.

use super::Follower;

fn last(told: &[String]) -> &str {
    told.iter()
        .find(|event| event.starts_with("update"))
        .unwrap()
}

#[test]
fn an_update_that_falls_behind_carries_what_was_reached() {
    let mut follower = Follower::new();
    assert_eq!(last(&follower.live(r#"{"progress":56.5}"#)), "update");
    assert_eq!(
        last(&follower.live(r#"{"progress":33}"#)),
        "update progress=56.5"
    );
    assert_eq!(last(&follower.live(r#"{"progress":60}"#)), "update");
    assert_eq!(follower.snapshot().progress, Some(60.0));
}

#[test]
fn a_number_in_a_string_becomes_a_number() {
    let mut follower = Follower::new();
    assert_eq!(
        last(&follower.live(r#"{"progress":"45"}"#)),
        "update progress=45"
    );
    assert_eq!(
        last(&follower.live(r#"{"progress":"33.5"}"#)),
        "update progress=45"
    );
    assert_eq!(follower.snapshot().progress, Some(45.0));
}

#[test]
fn null_is_absent_without_a_warning() {
    let mut follower = Follower::new();
    follower.live(r#"{"progress":20}"#);
    assert_eq!(
        follower.live(r#"{"progress":null,"status":null,"message":null}"#),
        ["update no progress no status"]
    );
    assert_eq!(follower.snapshot().progress, Some(20.0));
}

#[test]
fn a_stopped_run_keeps_what_it_had_reached() {
    let mut follower = Follower::new();
    follower.live(r#"{"progress":70}"#);
    assert_eq!(
        follower.live(
            r#"{"status":"suspended","message":"Research was terminated by user","progress":0}"#
        ),
        [
            "status suspended after in_progress",
            "task Research was terminated by user",
            "update progress=70",
            "end suspended Research was terminated by user",
        ]
    );
    assert_eq!(follower.snapshot().progress, Some(70.0));
    assert_eq!(follower.job.end().unwrap().progress, Some(70.0));
}

#[test]
fn a_completed_run_is_at_100() {
    let mut follower = Follower::new();
    follower.live(r#"{"progress":70}"#);
    let told = follower.live(r#"{"status":"completed","message":"Done","progress":70}"#);
    assert_eq!(last(&told), "update progress=100");
    assert_eq!(follower.snapshot().progress, Some(100.0));
    let mut follower = Follower::new();
    assert_eq!(last(&follower.live(r#"{"status":"completed"}"#)), "update");
    assert_eq!(follower.snapshot().progress, Some(100.0));
}

#[test]
fn the_time_left_is_linear_since_the_first_progress() {
    let mut follower = Follower::new();
    assert_eq!(follower.snapshot().estimated_time_left, None);
    follower.live(r#"{"progress":20}"#);
    assert_eq!(follower.snapshot().estimated_time_left, None);
    follower.live(r#"{"progress":30}"#);
    assert_eq!(follower.snapshot().estimated_time_left, Some(7_000));
    follower.live(r#"{"progress":30,"message":"still"}"#);
    assert_eq!(follower.snapshot().estimated_time_left, Some(14_000));
    follower.live(r#"{"status":"failed","error":"boom"}"#);
    assert_eq!(follower.snapshot().estimated_time_left, None);
}

#[test]
fn an_estimate_of_more_than_a_day_is_none() {
    let mut follower = Follower::new();
    follower.live(r#"{"progress":0}"#);
    follower.live(r#"{"progress":0.000001}"#);
    assert_eq!(follower.snapshot().estimated_time_left, None);

    for (elapsed_ms, left_ms) in [(86_400_000, Some(86_400_000)), (86_400_001, None)] {
        let mut follower = Follower::new();
        follower.live(r#"{"progress":0}"#);
        follower.now += elapsed_ms - 1_000;
        follower.live(r#"{"progress":50}"#);
        assert_eq!(follower.snapshot().estimated_time_left, left_ms);
    }
}

#[test]
fn time_that_runs_backwards_is_ignored() {
    let mut follower = Follower::new();
    follower.now = 50_000;
    follower.live(r#"{"progress":10}"#);
    follower.now = 10_000;
    follower.live(r#"{"progress":20}"#);
    let snapshot = follower.snapshot();
    assert_eq!(snapshot.estimated_time_left, None);
    assert_eq!(snapshot.updated_at, Some(51_000));
    follower.now = 59_000;
    follower.live(r#"{"progress":30}"#);
    follower.now = 20_000;
    follower.live(r#"{"progress":55}"#);
    assert_eq!(follower.snapshot().estimated_time_left, Some(9_000));
}
