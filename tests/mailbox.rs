//! Whatever a server sends, what waits for the page is counted to the byte and within its bound.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "each question concerns a few of many kinds of event"
)]

use proptest::prelude::*;
use research_socket::failure::Failure as ConnectionFailure;
use research_socket::mailbox::{
    EVENT_BYTES, MAX_WAITING_BYTES, MAX_WAITING_EVENTS, MAX_WAITING_NEWS, Mailbox,
};
use research_socket::research::{
    CancelId, End, Engine, Event, Failure, Field, Gap, LogEntry, LogLevel, ResearchEvent, Source,
    Status, Update, Warning,
};
use research_socket::socket::{self, ACK_BYTES, EmitError, EmitId};
use research_socket::time::Timestamp;

/// An event of each kind whose texts have so many bytes together, all of them in one of its fields.
fn event(kind: usize, research: usize, bytes: usize, field: usize) -> Event {
    let text = |n: usize| {
        if field % 6 == n {
            "~".repeat(bytes)
        } else {
            String::new()
        }
    };
    // Of a kind with fewer fields any of them is the last one.
    let last = |n: usize| {
        if field % 6 >= n {
            "~".repeat(bytes)
        } else {
            String::new()
        }
    };
    let some = |n: usize| Some(last(n));
    let attachments = |n: usize| vec![Vec::new(), last(n).into_bytes()];
    let event = match kind {
        0 => ResearchEvent::Log(LogEntry {
            entry: text(0).into(),
            message: text(1),
            time: some(2),
            level: LogLevel::Info,
            progress: None,
            source: Source::Live,
        }),
        1 => ResearchEvent::Engine(Engine {
            name: last(0),
            result_count: None,
        }),
        2 => ResearchEvent::Task(last(0)),
        3 => ResearchEvent::Step(last(0).into()),
        4 => ResearchEvent::Update(Update {
            payload: last(0).into(),
            progress: Field::Keep,
            status: Field::Keep,
            source: Source::Live,
        }),
        5 => ResearchEvent::Failure(Failure {
            code: text(0),
            title: text(1),
            text: text(2),
            detail: Some(text(3)),
            suggestion: some(4),
        }),
        6 => ResearchEvent::End(End {
            status: Status::Completed,
            message: Some(text(0)),
            error: some(1),
            progress: None,
            at: 0,
            source: Source::Live,
        }),
        7 => ResearchEvent::Gap(Gap {
            from: 1,
            to: 2,
            recovered: 0,
            missing: Some(1),
        }),
        8 => ResearchEvent::Status {
            status: Status::InProgress,
            previous: None,
        },
        9 => {
            return Event::Ack {
                emit: EmitId(1),
                args: text(0),
                attachments: attachments(1),
            };
        }
        10 => {
            return Event::Message {
                name: text(0),
                args: text(1),
                ack: None,
                attachments: attachments(2),
            };
        }
        11 => return Event::SearchEngineSelected(last(0).into()),
        12 => {
            return Event::Warning(Warning {
                code: "not-json",
                message: text(0),
                research: Some(text(1)),
                excerpt: last(2),
            });
        }
        13 => {
            return Event::EmitFailed {
                emit: EmitId(1),
                error: EmitError::Timeout,
            };
        }
        14 => {
            return Event::Cancelled {
                cancel: CancelId(1),
                result: Ok(()),
            };
        }
        15 => return Event::Disconnect(ConnectionFailure::ServerClosed),
        _ => return Event::ReconnectAttempt(1),
    };
    let id = format!("r{research}");
    Event::Research { id, event }
}

/// What an event takes, by the letters that are seen in it; `None` for news of the connection.
fn size(event: &Event) -> Option<usize> {
    let seen = format!("{event:?}").matches('~').count();
    let besides = match event {
        Event::Disconnect(_) | Event::ReconnectAttempt(_) => return None,
        Event::Warning(warning) if warning.code == "page-too-slow" => return None,
        Event::Research { id, .. } => id.len(),
        Event::Ack { attachments, .. } | Event::Message { attachments, .. } => {
            attachments.iter().map(Vec::len).sum()
        }
        _ => 0,
    };
    Some(EVENT_BYTES + besides + seen)
}

/// Whether it always gets through, so that the page itself is what bounds it.
fn is_owed(event: &Event) -> bool {
    use ResearchEvent as R;
    match event {
        Event::Research { event, .. } => matches!(event, R::End(_) | R::Failure(_) | R::Gap(_)),
        Event::EmitFailed { .. } | Event::Cancelled { .. } => true,
        _ => false,
    }
}

/// How many bytes wait, how many of those of what may be dropped, and how much news.
fn waiting(mailbox: &Mailbox) -> (usize, usize, usize) {
    let mut rest = mailbox.clone();
    let (mut bytes, mut droppable, mut news) = (0, 0, 0);
    while let Some(event) = rest.pop() {
        match size(&event) {
            Some(size) => {
                bytes += size;
                droppable += if is_owed(&event) { 0 } else { size };
            }
            None => news += 1,
        }
    }
    assert!(rest.is_empty());
    assert_eq!(rest.bytes(), 0, "all is given back");
    (bytes, droppable, news)
}

proptest! {
    #[test]
    fn what_waits_is_counted_to_the_byte_and_within_its_bound_whatever_comes(
        max_events in 1_usize..30,
        max_bytes in 200_usize..6_000,
        steps in prop::collection::vec((0_usize..24, 0_usize..3, 0_usize..600, 0_usize..6), 0..150),
    ) {
        let mut mailbox = Mailbox::new(max_events, max_bytes);
        let mut largest = 0;
        for (at, (kind, research, bytes, field)) in (0..).zip(steps) {
            if kind < 17 {
                let event = event(kind, research, bytes, field);
                largest = largest.max(size(&event).unwrap_or(0));
                mailbox.push(Timestamp::from_millis(at), event);
            } else {
                mailbox.pop();
            }
            let (bytes, droppable, news) = waiting(&mailbox);
            prop_assert_eq!(mailbox.bytes(), bytes);
            prop_assert!(droppable <= max_bytes.max(largest), "{} of {}", droppable, max_bytes);
            prop_assert!(news <= MAX_WAITING_NEWS + 1);
        }
    }
}

/// A line, or something else, of so many bytes.
fn line_or_other(n: usize, is_line: bool, bytes: usize) -> Event {
    let entry = LogEntry {
        entry: format!(r#"{{"message":"{}","n":{n}}}"#, "~".repeat(bytes)).into(),
        message: String::new(),
        time: Some("2026-11-21T20:45:09+00:00".to_owned()),
        level: LogLevel::Error,
        progress: None,
        source: if n.is_multiple_of(2) {
            Source::Live
        } else {
            Source::History
        },
    };
    let event = if is_line {
        ResearchEvent::Log(entry)
    } else {
        ResearchEvent::Task("task".to_owned())
    };
    let id = format!("r{}", n % 3);
    Event::Research { id, event }
}

proptest! {
    /// As the browser part does it: values are made of lines that wait before they are taken out.
    #[test]
    fn lines_that_are_read_ahead_are_those_that_are_taken_out(
        steps in prop::collection::vec(
            prop_oneof![
                6 => (prop::bool::weighted(0.9), prop_oneof![20 => 0..50_usize, 1 => 30_000..80_000_usize]).prop_map(Some),
                5 => Just(None),
            ],
            0..300,
        ),
        max_events in prop_oneof![Just(5_usize), Just(1_000)],
    ) {
        let mut mailbox = Mailbox::new(max_events, MAX_WAITING_BYTES);
        let mut ahead = Vec::new().into_iter();
        let mut take = |mailbox: &mut Mailbox| -> Option<(Event, serde_json::Value)> {
            let event = mailbox.pop()?;
            let Event::Research { event: ResearchEvent::Log(line), .. } = &event else {
                return Some((event, serde_json::Value::Null));
            };
            if ahead.len() == 0 {
                let (json, count) = mailbox.lines_from(line);
                let values: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
                assert_eq!(values.len(), count as usize);
                assert!(count == 1 || json.len() < 33_000, "{} bytes", json.len());
                ahead = values.into_iter();
            }
            let value = ahead.next().unwrap();
            Some((event, value))
        };
        for (n, step) in steps.into_iter().chain(std::iter::repeat_n(None, 300)).enumerate() {
            match step {
                Some((is_line, bytes)) => {
                    mailbox.push(Timestamp::from_millis(1), line_or_other(n, is_line, bytes));
                }
                None => {
                    if let Some((Event::Research { event: ResearchEvent::Log(line), .. }, value)) = take(&mut mailbox) {
                        let mut expected: serde_json::Value = serde_json::from_str(&line.entry).unwrap();
                        expected["level"] = "error".into();
                        expected["source"] = line.source.as_str().into();
                        if line.source == Source::History {
                            expected["time"] = line.time.unwrap().into();
                        }
                        prop_assert_eq!(value, expected);
                    }
                }
            }
        }
    }
}

/// So many acks a page can ask for.
const MOST_ACKS: usize = socket::MAX_WAITING_BYTES / ACK_BYTES;

/// One kind at a time, more of it than any memory has. Of acks there are as many as a page can ask for.
#[test]
fn of_each_kind_of_event_that_a_server_sends_without_end_no_more_waits_than_may() {
    for kind in [0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 12, 15, 16] {
        for (count, bytes) in [(MOST_ACKS as u64, 10), (1_000, 100_000)] {
            let mut mailbox = Mailbox::default();
            for at in 0..count {
                mailbox.push(Timestamp::from_millis(at), event(kind, 0, bytes, 0));
            }
            let waiting = mailbox.bytes();
            // Those that are dropped become failures of their emits, without a text.
            assert!(
                waiting <= MAX_WAITING_BYTES + MOST_ACKS * EVENT_BYTES,
                "{waiting} bytes of kind {kind}"
            );
            let events = std::iter::from_fn(|| mailbox.pop()).count();
            // Each outcome of an emit gets through.
            let most = if kind == 9 {
                MOST_ACKS
            } else {
                MAX_WAITING_EVENTS + 3
            };
            assert!(events <= most, "{events} of kind {kind}");
        }
    }
}
