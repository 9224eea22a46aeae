//! The current task, by the order of preference of the server's pages.

use research_socket::research::Source;
use research_socket::time::Timestamp;

use super::Follower;

const MILESTONE: &str = r#"{"log_entry":{"message":"Iteration 1 done","type":"MILESTONE","time":"2026-11-21T21:45:32.4Z"}}"#;

#[test]
fn each_source_of_a_task_stands_behind_the_ones_before_it() {
    let fields = [
        (
            r#""progress_log":"[{\"time\":\"t\",\"message\":\"from the log\"}]""#,
            "from the log",
        ),
        (
            r#""log_entry":{"time":"u","message":"from a milestone","type":"MILESTONE"}"#,
            "from a milestone",
        ),
        (r#""current_task":"from current_task""#, "from current_task"),
        (r#""message":"from message""#, "from message"),
        (r#""task":"from task""#, "from task"),
        (r#""step":"from step""#, "from step"),
        (r#""phase":"searching""#, "Phase: searching"),
    ];
    for first in 0..fields.len() {
        let all: Vec<&str> = fields[first..].iter().map(|(field, _)| *field).collect();
        let payload = format!("{{{}}}", all.join(","));
        let mut follower = Follower::new();
        follower.live(&payload);
        assert_eq!(
            follower.task().as_deref(),
            Some(fields[first].1),
            "{payload}"
        );
    }
}

#[test]
fn the_bare_words_in_progress_are_no_task() {
    for words in ["In Progress", "in progress", " In progress "] {
        let mut follower = Follower::new();
        follower.live(&format!(
            r#"{{"message":"{words}","task":"Reading sources"}}"#
        ));
        assert_eq!(follower.task().as_deref(), Some("Reading sources"));
        follower.live(&format!(r#"{{"message":"{words}"}}"#));
        assert_eq!(follower.task().as_deref(), Some("Reading sources"));
    }
}

#[test]
fn a_milestone_stays_until_the_next_real_task() {
    let mut follower = Follower::new();
    assert_eq!(
        follower.live(MILESTONE),
        ["log milestone Iteration 1 done", "task Iteration 1 done"]
    );
    assert_eq!(
        follower.live(r#"{"progress":40,"phase":"searching"}"#),
        ["status in_progress", "update"]
    );
    assert_eq!(follower.live(r#"{"message":"In Progress"}"#), ["update"]);
    assert_eq!(follower.task().as_deref(), Some("Iteration 1 done"));
    assert_eq!(
        follower.live(r#"{"message":"Searching"}"#),
        ["task Searching", "update"]
    );
}

#[test]
fn an_ordinary_line_is_no_task() {
    let mut follower = Follower::new();
    follower.live(r#"{"message":"Searching"}"#);
    follower.live(r#"{"log_entry":{"message":"Search complete","type":"INFO","time":"t"}}"#);
    assert_eq!(follower.task().as_deref(), Some("Searching"));
}

#[test]
fn a_task_is_told_once() {
    let mut follower = Follower::new();
    assert_eq!(
        follower.live(r#"{"message":"Searching","n":1}"#),
        ["task Searching", "update"]
    );
    assert_eq!(
        follower.live(r#"{"message":"Searching","n":2}"#),
        ["update"]
    );
}

#[test]
fn a_milestone_that_history_held_back_does_not_replace_a_newer_task() {
    let mut follower = Follower::new();
    let told = follower.take(Source::History, MILESTONE);
    assert_eq!(
        told,
        ["log milestone Iteration 1 done", "task Iteration 1 done"]
    );
    let mut follower = Follower::new();
    follower.live(r#"{"message":"Writing the report"}"#);
    assert_eq!(
        follower.take(Source::History, MILESTONE),
        ["log milestone Iteration 1 done"]
    );
    assert_eq!(follower.task().as_deref(), Some("Writing the report"));
}

#[test]
fn a_phase_takes_the_place_of_any_task_but_a_milestone() {
    let phase = r#"{"phase":"searching"}"#;
    let log = r#""progress_log":"[{\"time\":\"t\",\"message\":\"from the log\"}]""#;
    let both = MILESTONE.replacen('{', &format!("{{{log},"), 1);
    for (payload, task) in [
        (r#"{"message":"Reading"}"#, "Phase: searching"),
        (&*both, "Phase: searching"),
        (MILESTONE, "Iteration 1 done"),
    ] {
        let mut follower = Follower::new();
        follower.live(payload);
        follower.live(phase);
        assert_eq!(follower.task().as_deref(), Some(task), "{payload}");
    }
}

#[test]
fn a_milestone_seen_before_still_sets_the_task_of_its_update() {
    let mut follower = Follower::new();
    follower.live(MILESTONE);
    follower.live(r#"{"message":"Searching"}"#);
    let update = r#"{"progress":50,"log_entry":{"message":"Iteration 1 done","type":"MILESTONE","time":"2026-11-21T21:45:32.4Z"}}"#;
    assert_eq!(
        follower.live(update),
        ["status in_progress", "task Iteration 1 done", "update"]
    );
}

#[test]
fn a_milestone_that_an_answer_about_the_status_repeats_does_not_replace_a_newer_task() {
    let status = |milestone: &str| {
        let head = r#"{"status":"in_progress","progress":50,"metadata":{"phase":"reading"},"#;
        milestone.replacen('{', head, 1)
    };
    // Its copy there has whole seconds.
    let copy = MILESTONE.replace(".4Z", "Z");
    for repeated in [MILESTONE, &copy] {
        let mut follower = Follower::new();
        follower.live(MILESTONE);
        follower.live(r#"{"message":"Reading the results"}"#);
        follower.answer(&status(repeated));
        assert_eq!(follower.task().as_deref(), Some("Reading the results"));
        // Words that it has beside it are as new as the answer.
        follower.answer(&status(repeated).replacen('{', r#"{"current_task":"Writing","#, 1));
        assert_eq!(follower.task().as_deref(), Some("Writing"));
        let next = MILESTONE.replace("1 done", "2 done").replace(":32", ":33");
        follower.answer(&status(&next));
        assert_eq!(follower.task().as_deref(), Some("Iteration 2 done"));
        follower.answer(&status(&next).replace("50", "51"));
        assert_eq!(follower.task().as_deref(), Some("Iteration 2 done"));
    }
}

#[test]
fn a_milestone_that_the_page_had_before_it_was_loaded_anew_does_not_replace_a_newer_task() {
    let mut follower = Follower::new();
    let now = Timestamp::from_millis(1_000);
    follower
        .job
        .recall(now, r#"{"message":"Reading the results"}"#);
    let line =
        r#"[{"message":"Iteration 1 done","type":"MILESTONE","time":"2026-11-21T21:45:32.4Z"}]"#;
    follower.job.remember(line, true);
    follower.answer(&MILESTONE.replacen('{', r#"{"status":"in_progress","#, 1));
    assert_eq!(follower.task().as_deref(), Some("Reading the results"));
}
