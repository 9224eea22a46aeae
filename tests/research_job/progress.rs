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

/// The range of the time left, in milliseconds.
fn left(follower: &Follower) -> Option<(u64, u64)> {
    let left = follower.snapshot().estimated_time_left?;
    Some((left.min as u64, left.max as u64))
}

/// One whose progress was these percentages, a second after one another.
fn reaching(percentages: &[f64]) -> Follower {
    let mut follower = Follower::new();
    for percent in percentages {
        follower.live(&format!(r#"{{"progress":{percent}}}"#));
    }
    follower
}

#[test]
fn the_time_left_is_a_range_that_narrows_with_each_rise_of_an_even_progress() {
    assert_eq!(left(&Follower::new()), None);
    assert_eq!(left(&reaching(&[20.0, 30.0, 40.0])), None);
    // Five seconds at this pace, 1/√3 less and more.
    assert_eq!(
        left(&reaching(&[20.0, 30.0, 40.0, 50.0])),
        Some((2_113, 7_886))
    );
    // The same after 16 rises, a quarter less and more.
    let even: Vec<_> = (0..=16).map(|n| 10.0 + 2.5 * f64::from(n)).collect();
    assert_eq!(left(&reaching(&even)), Some((15_000, 25_000)));
}

#[test]
fn the_less_even_progress_is_the_wider_is_the_range() {
    // 20 per cent in the first two seconds, 10 in the next two: 9.3 seconds are left at the pace of all, 14 at the newer one.
    let mut follower = reaching(&[0.0, 10.0, 20.0, 25.0, 30.0]);
    assert_eq!(left(&follower), Some((4_666, 21_000)));
    // Where it does not rise there is more left with each second, and then nobody can tell.
    follower.live(r#"{"message":"still"}"#);
    let (min, max) = left(&follower).unwrap();
    assert!(min > 4_666 && max > 21_000, "{min} to {max}");
    for n in 0..10 {
        follower.live(&format!(r#"{{"message":"still {n}"}}"#));
    }
    assert_eq!(left(&follower), None);
}

#[test]
fn nothing_is_estimated_at_the_end_of_progress_and_of_the_run() {
    let mut follower = reaching(&[20.0, 40.0, 60.0, 80.0]);
    assert!(left(&follower).is_some());
    let all = reaching(&[20.0, 40.0, 60.0, 80.0, 100.0]);
    assert_eq!(left(&all), None);
    follower.live(r#"{"status":"failed","error":"boom"}"#);
    assert_eq!(left(&follower), None);
}

#[test]
fn an_estimate_of_more_than_a_day_is_none() {
    // Half of it is done, and the half that is left takes 1.5 times as long at the most.
    for (elapsed_ms, expected) in [
        (57_600_000, Some((28_800_000, 86_400_000))),
        (57_600_004, None),
    ] {
        let mut follower = Follower::new();
        for percent in [0.0, 12.5, 25.0, 37.5, 50.0] {
            follower.live(&format!(r#"{{"progress":{percent}}}"#));
            follower.now += elapsed_ms / 4 - 1_000;
        }
        assert_eq!(left(&follower), expected);
    }
}

#[test]
fn time_that_runs_backwards_is_ignored() {
    let mut follower = Follower::new();
    follower.now = 50_000;
    follower.live(r#"{"progress":10}"#);
    follower.now = 10_000;
    follower.live(r#"{"progress":20}"#);
    assert_eq!(follower.snapshot().updated_at, Some(51_000));
    for (now, percent) in [(59_000, 30), (69_000, 40), (79_000, 50)] {
        follower.now = now;
        follower.live(&format!(r#"{{"progress":{percent}}}"#));
    }
    let before = left(&follower);
    assert!(before.is_some());
    follower.now = 20_000;
    follower.live(r#"{"progress":55}"#);
    let after = follower.snapshot();
    assert_eq!(after.progress, Some(55.0));
    assert_eq!(
        left(&follower),
        before,
        "what has no place in time says nothing"
    );
}
