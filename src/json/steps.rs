//! What reading costs: how often the scanner looks at a byte, counted in place of a clock.

use std::cell::Cell;

use super::Raw;
use crate::research::{Job, Limits, ResearchId, Source};
use crate::socket::packet::Packet;

thread_local! {
    static STEPS: Cell<usize> = const { Cell::new(0) };
}

pub(super) fn count() {
    count_bytes(1);
}

/// Bytes that are looked at together count one by one.
pub(super) fn count_bytes(bytes: usize) {
    STEPS.set(STEPS.get() + bytes);
}

/// How often this looks at a byte.
fn steps<T>(run: impl FnOnce() -> T) -> usize {
    let before = STEPS.get();
    run();
    STEPS.get() - before
}

/// A text that holds `inside` below so many levels.
fn nested(levels: usize, inside: &str) -> String {
    r#"{"a":"#.repeat(levels) + inside + &"}".repeat(levels)
}

#[test]
fn checking_a_text_looks_at_each_byte_a_few_times() {
    for text in [
        nested(100, "1"),
        format!("[{}]", "1,".repeat(10_000) + "1"),
        format!("\"{}\"", "\\u00e9".repeat(10_000)),
        "9".repeat(10_000),
        "[".repeat(10_000),
    ] {
        let steps = steps(|| Raw::parse(&text));
        assert!(steps <= 6 * text.len(), "{steps} for {} bytes", text.len());
    }
}

#[test]
fn the_placeholders_of_a_binary_packet_are_looked_for_once() {
    let long = format!("\"{}\"", "x".repeat(10_000));
    let text = format!(
        r#"51-["a",{{"_placeholder":true,"num":0}},{}]"#,
        nested(100, &long)
    );
    assert!(Packet::decode(&text).is_ok());
    let steps = steps(|| Packet::decode(&text));
    assert!(steps <= 12 * text.len(), "{steps} for {} bytes", text.len());
}

#[test]
fn a_payload_is_looked_at_a_few_times_however_it_nests_and_repeats() {
    let long = format!("\"{}\"", "x".repeat(10_000));
    for payload in [
        format!(r#"{{"later":{}}}"#, nested(100, &long)),
        format!(r#"{{"metadata":{}}}"#, nested(100, &long)),
        format!(
            r#"{{"log_entry":{{"message":"m","metadata":{}}}}}"#,
            nested(100, &long)
        ),
        format!(
            r#"{{"progress_log":[{}{{"message":"m"}}]}}"#,
            r#"{"x":[[]]},"#.repeat(1_000)
        ),
        format!(
            r#"{{{}"a":1}}"#,
            r#""metadata":{"error_info":{"type":[1]}},"#.repeat(1_000)
        ),
        format!(r#"{{{}"a":1}}"#, r#""progress":"x","#.repeat(1_000)),
    ] {
        let mut job = Job::new(ResearchId::from_text("r").unwrap(), Limits::default());
        let now = crate::time::Timestamp::from_millis(1);
        let steps = steps(|| job.handle_payload(now, Source::Live, &payload));
        assert!(
            steps <= 20 * payload.len(),
            "{steps} for {} bytes",
            payload.len()
        );
    }
}

#[test]
fn of_a_log_that_each_update_repeats_only_what_is_new_is_looked_into() {
    let entry = |n: usize| {
        format!(r#"{{\"message\":\"line {n}\",\"time\":\"2026-11-21T20:45:09.{n:06}+00:00\"}}"#)
    };
    let update = |lines: usize| {
        let log: Vec<_> = (0..lines).map(entry).collect();
        format!(r#"{{"progress_log":"[{}]"}}"#, log.join(","))
    };
    let job = || Job::new(ResearchId::from_text("r").unwrap(), Limits::default());
    let now = crate::time::Timestamp::from_millis(1);
    let (mut known, mut anew) = (job(), job());
    known.handle_payload(now, Source::Live, &update(500));
    let next = update(501);
    let anew = steps(|| anew.handle_payload(now, Source::Live, &next));
    let known = steps(|| known.handle_payload(now, Source::Live, &next));
    assert!(2 * known < anew, "{known} and {anew}");
}
