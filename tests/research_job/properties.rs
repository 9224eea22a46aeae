//! What must hold for any input.

use std::collections::BTreeSet;

use proptest::prelude::*;
use research_socket::research::{Field, Job, JobEvent, Limits, ResearchEvent, ResearchId, Source};
use research_socket::time::Timestamp;

/// JSON of any kind, and near to what servers send.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_string()),
        any::<bool>().prop_map(|value| value.to_string()),
        (-200_i64..300).prop_map(|value| value.to_string()),
        (-50.0..150.0_f64).prop_map(|value| value.to_string()),
        Just("1e999".to_string()),
        Just("-9223372036854775808".to_string()),
        "[a-zA-Z0-9 _.é%<]{0,12}".prop_map(|text| format!("\"{text}\"")),
        prop::sample::select(vec![
            "\"completed\"",
            "\"failed\"",
            "\"in_progress\"",
            "\"queued\"",
            "\"suspended\"",
            "\"error\"",
            "\"timeout\"",
            "\"MILESTONE\"",
            "\"In Progress\"",
            "\"45\"",
            "\"t1\"",
            "\"\\ud800\"",
            "\"\\u0000\"",
            "\"search_engine_selected\"",
        ])
        .prop_map(String::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        let array = prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            array
                .clone()
                .prop_map(|values| format!("[{}]", values.join(","))),
            array.prop_map(|values| serde_json::to_string(&values.join(",")).unwrap()),
            object(inner),
        ]
    })
}

fn object(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "progress",
        "status",
        "message",
        "error",
        "phase",
        "log_entry",
        "progress_log",
        "metadata",
        "event",
        "engine",
        "result_count",
        "queue_position",
        "current_task",
        "task",
        "step",
        "thought",
        "time",
        "type",
        "error_type",
        "error_info",
        "is_milestone",
        "search_engine",
        "x",
    ]);
    prop::collection::vec((key, value), 0..6).prop_map(|members| {
        let member = |(key, value): (&str, String)| format!("\"{key}\":{value}");
        let members: Vec<String> = members.into_iter().map(member).collect();
        format!("{{{}}}", members.join(","))
    })
}

/// A payload of few different lines, alone, in an update, or in a cumulative log.
fn payload_with_lines() -> impl Strategy<Value = String> {
    let entry = (0..30_u32).prop_map(|n| format!(r#"{{"time":"t{n}","message":"m{n}"}}"#));
    let log = (0..30_u32, 0..12_u32).prop_map(|(first, count)| {
        let entry = |n| format!(r#"{{"time":"t{n}","message":"m{n}"}}"#);
        (first..first + count)
            .map(entry)
            .collect::<Vec<_>>()
            .join(",")
    });
    prop_oneof![
        entry
            .clone()
            .prop_map(|entry| format!(r#"{{"log_entry":{entry}}}"#)),
        (entry, 0..100_u32)
            .prop_map(|(entry, n)| format!(r#"{{"progress":{n},"log_entry":{entry}}}"#)),
        (log, any::<bool>()).prop_map(|(log, quoted)| {
            let log = format!("[{log}]");
            let log = if quoted {
                serde_json::to_string(&log).unwrap()
            } else {
                log
            };
            format!(r#"{{"progress_log":{log}}}"#)
        }),
    ]
}

fn job(dedup_entries: usize) -> Job {
    Job::new(
        ResearchId::from_text("r").unwrap(),
        Limits {
            dedup_entries,
            seed: 3,
        },
    )
}

fn drain(job: &mut Job) -> Vec<JobEvent> {
    std::iter::from_fn(|| job.poll_event()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_text_at_all_is_survived(texts in prop::collection::vec(".{0,80}", 0..10)) {
        let mut job = job(2);
        for text in texts {
            job.handle_payload(Timestamp::from_millis(5), Source::Live, &text);
            job.handle_status(Timestamp::from_millis(5), &text);
            prop_assert!(drain(&mut job).len() <= 2);
        }
    }

    /// What a page gets is valid; progress rises; there is one end and nothing but lines after it.
    #[test]
    fn any_payloads_give_a_consistent_story(
        steps in prop::collection::vec((0..4_u8, object(value()), 0..5_000_u64), 0..30),
    ) {
        let mut job = job(100);
        let mut now = 0_u64;
        let mut reached = 0.0;
        let mut has_ended = false;
        let mut status = None;
        for (way, text, passed) in steps {
            now += passed;
            let at = Timestamp::from_millis(now);
            match way {
                0 => job.handle_status(at, &text),
                1 => job.handle_payload(at, Source::History, &text),
                _ => job.handle_payload(at, Source::Live, &text),
            }
            let events = drain(&mut job);
            prop_assert!(events.len() < 60);
            for event in events {
                let event = match event {
                    JobEvent::Research(event) => event,
                    JobEvent::Warning(warning) => {
                        prop_assert!(warning.excerpt.chars().count() <= 60);
                        prop_assert!(warning.message.len() < 400);
                        continue;
                    }
                };
                let is_line = matches!(event, ResearchEvent::Log(_));
                prop_assert!(is_line || !has_ended, "{event:?} after the end");
                match event {
                    ResearchEvent::Update(update) => {
                        let raw: serde_json::Value = serde_json::from_str(&update.payload).unwrap_or_default();
                        let progress = match update.progress {
                            Field::Keep => raw.get("progress").and_then(serde_json::Value::as_f64),
                            Field::Set(progress) => Some(progress),
                            Field::Delete => None,
                        };
                        if let Some(progress) = progress {
                            prop_assert!((reached..=100.0).contains(&progress));
                            reached = progress;
                        }
                    }
                    ResearchEvent::Status { status: new, previous } => {
                        prop_assert_eq!(previous, status);
                        status = Some(new);
                    }
                    ResearchEvent::End(end) => {
                        prop_assert!(end.status.is_terminal());
                        prop_assert_eq!(Some(end.status), status);
                        has_ended = true;
                    }
                    ResearchEvent::Task(task) => {
                        prop_assert_eq!(job.snapshot().current_task, Some(task));
                    }
                    ResearchEvent::Engine(_)
                    | ResearchEvent::Failure(_)
                    | ResearchEvent::Gap(_)
                    | ResearchEvent::HistoryRead
                    | ResearchEvent::Log(_)
                    | ResearchEvent::Step(_)
                    | ResearchEvent::Refusal(_)
                    | ResearchEvent::Verified(_) => {}
                }
            }
            let snapshot = job.snapshot();
            prop_assert_eq!(snapshot.status, status);
            prop_assert_eq!(job.end().is_some(), has_ended);
            if let Some(progress) = snapshot.progress {
                prop_assert!((reached..=100.0).contains(&progress));
                reached = progress;
            }
            prop_assert!(snapshot.estimated_time_left.is_none_or(|left| left.min <= left.max && left.max <= 86_400_000.0));
        }
    }

    #[test]
    fn no_line_is_delivered_twice_and_none_is_lost(
        payloads in prop::collection::vec((payload_with_lines(), any::<bool>()), 0..40),
    ) {
        let mut job = job(100);
        let mut delivered = BTreeSet::new();
        for (payload, twice) in payloads {
            for _ in 0..=u8::from(twice) {
                job.handle_payload(Timestamp::default(), Source::Live, &payload);
            }
            for event in drain(&mut job) {
                if let JobEvent::Research(ResearchEvent::Log(entry)) = event {
                    prop_assert!(delivered.insert(entry.time), "{} again", entry.message);
                }
            }
            for n in 0..60 {
                if payload.contains(&format!("\"m{n}\"")) || payload.contains(&format!("\"m{n}\\")) {
                    prop_assert!(delivered.contains(&Some(format!("t{n}"))), "{n} is missing");
                }
            }
        }
    }
}
