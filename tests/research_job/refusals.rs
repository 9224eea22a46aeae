//! What is refused: by name, with an excerpt, in bounded numbers, and nothing else suffers.

use research_socket::research::{JobEvent, Source, Warning};

use super::Follower;

fn warnings(payload: &str) -> Vec<Warning> {
    let mut follower = Follower::new();
    follower
        .job
        .handle_payload(Default::default(), Source::Live, payload);
    let events = follower.events().into_iter();
    events
        .filter_map(|event| match event {
            JobEvent::Warning(warning) => Some(warning),
            JobEvent::Research(_) => None,
        })
        .collect()
}

/// The codes and the fields of what was refused.
fn refused(payload: &str) -> Vec<(&'static str, String)> {
    let field = |text: String| text.split_once(':').unwrap().0.to_string();
    warnings(payload)
        .into_iter()
        .map(|warning| (warning.code, field(warning.message)))
        .collect()
}

#[test]
fn each_text_of_a_wrong_type_costs_only_itself() {
    let texts = [
        "message",
        "error",
        "current_task",
        "task",
        "step",
        "phase",
        "event",
        "engine",
    ];
    for field in texts {
        for value in ["7", "-1", "1e999", "true", "[1]", r#"{"a":1}"#] {
            let payload = format!(r#"{{"{field}":{value},"progress":5,"status":"queued"}}"#);
            assert_eq!(
                refused(&payload),
                [("wrong-type", field.to_string())],
                "{payload}"
            );
            let mut follower = Follower::new();
            follower.live(&payload);
            assert_eq!(follower.snapshot().progress, Some(5.0));
            assert_eq!(follower.snapshot().status.unwrap().as_str(), "queued");
        }
        for value in ["null", r#""""#, r#""  ""#] {
            let payload = format!(r#"{{"{field}":{value}}}"#);
            assert_eq!(refused(&payload), [], "{payload}");
        }
    }
}

#[test]
fn each_other_field_with_a_wrong_value_costs_only_itself() {
    for (field, value, code) in [
        ("progress", "-1", "out-of-range"),
        ("progress", "-0.001", "out-of-range"),
        ("progress", "100.1", "out-of-range"),
        ("progress", "136.66666666666666", "out-of-range"),
        ("progress", "1e999", "out-of-range"),
        ("progress", r#""-5""#, "out-of-range"),
        ("progress", r#""NaN""#, "wrong-type"),
        ("progress", r#""Infinity""#, "wrong-type"),
        ("progress", r#""""#, "wrong-type"),
        ("progress", r#""45%""#, "wrong-type"),
        ("progress", "true", "wrong-type"),
        ("progress", "[50]", "wrong-type"),
        ("progress", "{}", "wrong-type"),
        ("status", r#""paused""#, "unknown-value"),
        ("status", "7", "wrong-type"),
        ("status", "[]", "wrong-type"),
        ("queue_position", "-1", "out-of-range"),
        ("queue_position", "1.5", "out-of-range"),
        ("queue_position", "1e300", "out-of-range"),
        ("queue_position", "9007199254740992", "out-of-range"),
        ("queue_position", r#""first""#, "wrong-type"),
        ("queue_position", "false", "wrong-type"),
        ("result_count", "-7", "out-of-range"),
        ("result_count", "{}", "wrong-type"),
        ("log_entry", "7", "wrong-type"),
        ("log_entry", r#""a line""#, "wrong-type"),
        ("log_entry", "[]", "wrong-type"),
        ("progress_log", "7", "wrong-type"),
        ("progress_log", r#""no json""#, "wrong-type"),
        ("progress_log", r#""{}""#, "wrong-type"),
        ("metadata", r#""text""#, "wrong-type"),
        ("metadata", "[]", "wrong-type"),
    ] {
        let payload = format!(r#"{{"{field}":{value},"message":"kept"}}"#);
        assert_eq!(refused(&payload), [(code, field.to_string())], "{payload}");
        let mut follower = Follower::new();
        follower.live(&payload);
        assert_eq!(follower.snapshot().message.as_deref(), Some("kept"));
        assert_eq!(follower.counters().refused, 1);
    }
}

#[test]
fn what_stands_inside_is_refused_by_its_path() {
    for (payload, field) in [
        (r#"{"metadata":{"phase":1}}"#, "metadata.phase"),
        (
            r#"{"metadata":{"search_engine":[]}}"#,
            "metadata.search_engine",
        ),
        (
            r#"{"metadata":{"result_count":"x"}}"#,
            "metadata.result_count",
        ),
        (r#"{"metadata":{"error_type":{}}}"#, "metadata.error_type"),
        (r#"{"metadata":{"error_info":7}}"#, "metadata.error_info"),
        (
            r#"{"metadata":{"error_info":{"type":7}}}"#,
            "metadata.error_info.type",
        ),
        (
            r#"{"metadata":{"error_info":{"message":7}}}"#,
            "metadata.error_info.message",
        ),
        (
            r#"{"metadata":{"error_info":{"suggestion":7}}}"#,
            "metadata.error_info.suggestion",
        ),
        (r#"{"log_entry":{"message":7}}"#, "log_entry.message"),
        (
            r#"{"log_entry":{"message":"x","time":{}}}"#,
            "log_entry.time",
        ),
        (
            r#"{"log_entry":{"message":"x","type":7}}"#,
            "log_entry.type",
        ),
        (r#"{"progress_log":[7]}"#, "progress_log[]"),
        (
            r#"{"progress_log":[{"message":7}]}"#,
            "progress_log[].message",
        ),
    ] {
        assert_eq!(
            refused(payload),
            [("wrong-type", field.to_string())],
            "{payload}"
        );
    }
    for payload in [
        r#"{"metadata":null,"log_entry":null,"progress_log":null}"#,
        r#"{"metadata":{"error_info":null,"later":7},"progress_log":""}"#,
    ] {
        assert_eq!(refused(payload), [], "{payload}");
    }
}

#[test]
fn what_is_no_object_is_refused_as_a_whole() {
    let deep = "[".repeat(100_000);
    for (payload, code) in [
        ("7", "not-an-object"),
        ("null", "not-an-object"),
        (r#""text""#, "not-an-object"),
        ("[{}]", "not-an-object"),
        ("", "not-json"),
        (r#"{"progress":nan}"#, "not-json"),
        (r#"{"progress":5"#, "not-json"),
        (deep.as_str(), "not-json"),
    ] {
        assert_eq!(refused(payload), [(code, "payload".to_string())]);
        let mut follower = Follower::new();
        assert_eq!(follower.live(payload).len(), 1);
    }
}

#[test]
fn a_warning_names_the_research_and_shows_at_most_sixty_characters() {
    let long = "x".repeat(1_000);
    let [warning] = warnings(&format!(r#"{{"status":"{long}"}}"#))
        .try_into()
        .unwrap();
    assert_eq!(warning.research.as_deref(), Some("b5b91f41"));
    assert_eq!(warning.excerpt.chars().count(), 60);
    assert!(
        warning
            .message
            .starts_with("status: expected a known status, got \"xxx")
    );
    assert!(warning.message.len() < 120);
}

#[test]
fn warnings_are_bounded_and_refusals_are_counted() {
    let mut follower = Follower::new();
    let mut told = 0;
    for n in 0..1_000 {
        let payload = format!(r#"{{"n":{n},"progress":136.6,"phase":7}}"#);
        let events = follower.live(&payload);
        told += events
            .iter()
            .filter(|event| event.starts_with("warning"))
            .count();
    }
    assert_eq!(told, 100);
    assert_eq!(follower.counters().refused, 2_000);
    assert_eq!(follower.counters().updates, 1_000);
}
