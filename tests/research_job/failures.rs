//! Failures: in words for people, each once.

use research_socket::research::{Failure, JobEvent, ResearchEvent, Source};

use super::Follower;

fn failure(payload: &str) -> Option<Failure> {
    let mut follower = Follower::new();
    follower
        .job
        .handle_payload(Default::default(), Source::Live, payload);
    follower.events().into_iter().find_map(|event| match event {
        JobEvent::Research(ResearchEvent::Failure(failure)) => Some(failure),
        JobEvent::Research(_) | JobEvent::Warning(_) => None,
    })
}

#[test]
fn a_failure_without_a_message_uses_its_error() {
    let mut follower = Follower::new();
    assert_eq!(
        follower.live(r#"{"status":"failed","error":"No search results"}"#),
        [
            "status failed",
            "update",
            "failure failed: Research Failed",
            "end failed No search results",
        ]
    );
    let snapshot = follower.snapshot();
    assert_eq!(snapshot.message.as_deref(), Some("No search results"));
    assert_eq!(snapshot.error.as_deref(), Some("No search results"));
    assert_eq!(
        follower.job.end().unwrap().error.as_deref(),
        Some("No search results")
    );
}

#[test]
fn an_error_type_decides_the_words() {
    let failure = failure(
        r#"{"status":"in_progress","message":"Switching to fallback mode","metadata":{"phase":"synthesis_error","error_type":"timeout","retry_count":1}}"#,
    );
    let failure = failure.unwrap();
    assert_eq!(failure.code, "timeout");
    assert_eq!(failure.title, "LLM Timeout Error");
    assert!(failure.text.starts_with("The model took too long"));
    assert_eq!(
        failure.detail.as_deref(),
        Some("Switching to fallback mode")
    );
}

#[test]
fn error_info_tells_type_words_and_what_to_do() {
    let failure = failure(
        r#"{"status":"failed","metadata":{"phase":"error","error_info":{"type":"connection","message":"Connection refused","suggestion":"Start Ollama"}}}"#,
    );
    let failure = failure.unwrap();
    assert_eq!(
        (failure.code.as_str(), failure.title.as_str()),
        ("connection", "LLM Connection Error")
    );
    assert_eq!(failure.detail.as_deref(), Some("Connection refused"));
    assert_eq!(failure.suggestion.as_deref(), Some("Start Ollama"));
}

#[test]
fn a_phase_can_be_the_only_sign() {
    for (phase, title) in [
        ("error", "Research Error"),
        ("synthesis_error", "LLM Synthesis Error"),
        ("search_error", "Search error"),
    ] {
        let payload = format!(r#"{{"phase":"{phase}","message":"It broke"}}"#);
        assert_eq!(failure(&payload).unwrap().title, title);
        let payload = format!(r#"{{"metadata":{{"phase":"{phase}"}},"message":"It broke"}}"#);
        assert_eq!(failure(&payload).unwrap().title, title);
    }
}

#[test]
fn what_does_not_fail_is_no_failure() {
    for payload in [
        r#"{"status":"suspended","message":"Research was terminated","error":"stopped"}"#,
        r#"{"status":"cancelled","message":"Cancelled"}"#,
        r#"{"phase":"synthesis_fallback","message":"Using what is there"}"#,
        r#"{"phase":"observation","error":"404","content":"Tool failed"}"#,
        r#"{"status":"completed","error":null}"#,
    ] {
        assert_eq!(failure(payload), None, "{payload}");
    }
}

#[test]
fn a_failure_that_later_updates_repeat_is_told_once() {
    let mut follower = Follower::new();
    let update = |progress: u32, message: &str| {
        format!(
            r#"{{"progress":{progress},"message":"{message}","metadata":{{"error_type":"rate_limit"}}}}"#
        )
    };
    let told = follower.live(&update(80, "Limit reached"));
    assert_eq!(
        told.last().unwrap(),
        "failure rate_limit: API Rate Limit Reached"
    );
    for progress in 81..100 {
        let told = follower.live(&update(progress, &format!("Step {progress}")));
        assert_eq!(told.last().unwrap(), "update");
    }
}

#[test]
fn the_end_of_a_failed_run_is_told_after_an_earlier_failure() {
    let mut follower = Follower::new();
    follower.live(r#"{"message":"x","metadata":{"error_type":"timeout"}}"#);
    let told = follower.live(r#"{"status":"failed","error":"Gave up"}"#);
    assert_eq!(
        told[2..],
        ["failure failed: Research Failed", "end failed Gave up"]
    );
}

#[test]
fn a_server_that_fails_without_end_is_heard_a_hundred_times_and_counted() {
    let mut follower = Follower::new();
    let mut told = Vec::new();
    for n in 0..250 {
        told.extend(follower.live(&format!(r#"{{"phase":"error","error":"fault {n}"}}"#)));
    }
    let failures = told.iter().filter(|words| words.starts_with("failure"));
    assert_eq!(failures.count(), 100);
    assert_eq!(follower.job.counters().refused, 150);
}
