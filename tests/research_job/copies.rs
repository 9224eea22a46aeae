//! Copies of a payload, which are known by their text.

use proptest::prelude::*;
use research_socket::research::{Job, JobEvent, Limits, ResearchId, Source};
use research_socket::time::Timestamp;

fn payload() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        r#"{"message":"a","time":"2026-11-21T20:45:09.000001+00:00"}"#,
        r#"{"message":"b","time":"2026-11-21T20:45:09.000001+00:00"}"#,
        r#"{"message":"whole","time":"2026-11-21T20:45:09Z"}"#,
        // The server's own time, which tells its zone by what time it is now.
        r#"{"message":"local","time":"2025-11-24T17:00:03.5"}"#,
        r#"{"message":"soon","time":"soon"}"#,
        r#"{"message":"type","time":"2026-11-21T20:45:09.1Z","type":7}"#,
        r#"{"message":"task","time":"2026-11-21T20:45:09.2Z","type":"MILESTONE"}"#,
        r#"{"message":"untimed"}"#,
        "7",
    ])
}

proptest! {
    /// The same payload with another blank in it is another text that says the same.
    #[test]
    fn the_same_text_again_is_what_the_same_in_other_words_is(
        payloads in prop::collection::vec((payload(), 0..3_u64, prop::bool::weighted(0.9)), 1..20),
        dedup_entries in prop::sample::select(vec![1, 2, 100]),
        repeats in 1..4_usize,
    ) {
        let job = || Job::new(ResearchId::from_text("r").unwrap(), Limits { dedup_entries, seed: 5 });
        let (mut same, mut other) = (job(), job());
        let mut now = Timestamp::from_millis(1_764_000_000_000);
        let mut blanks = 0;
        for (entry, quarters, is_live) in payloads {
            let source = if is_live { Source::Live } else { Source::Fallback };
            for _ in 0..repeats {
                now = now.after(quarters * 900_000);
                blanks += 1;
                let events = |job: &mut Job, blanks: &str| -> Vec<JobEvent> {
                    job.handle_payload(now, source, &format!(r#"{{{blanks}"log_entry":{entry}}}"#));
                    std::iter::from_fn(|| job.poll_event()).collect()
                };
                // A line without a time is known by its text.
                let blanks = if entry.contains("time\":") { " ".repeat(blanks) } else { String::new() };
                prop_assert_eq!(events(&mut same, ""), events(&mut other, &blanks));
                prop_assert_eq!(same.counters(), other.counters());
                prop_assert_eq!(same.snapshot(), other.snapshot());
            }
        }
    }
}
