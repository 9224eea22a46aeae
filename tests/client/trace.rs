//! A trace runs again as it ran, also when all that is not the protocol's is masked.

use proptest::prelude::*;
use research_socket::config::Config;
use research_socket::failure::Failure;
use research_socket::http::{Answer, AskId, Beacon, Command, Credentials, RequestError, RequestId};
use research_socket::research::{
    CancelId, Client, Event, Gap, Input, Output, ResearchEvent, ResearchId,
};
use research_socket::socket::{Acked, Emit, EmitError, EmitId};
use research_socket::tabs::{self, Shared};
use research_socket::time::Timestamp;
use research_socket::trace::{MAX_TEXT, Outputs, header, input, mask, piece};

use crate::properties::{Run, step};
use crate::words::Kind;
use crate::world::{World, response};

#[path = "../trace/reader.rs"]
mod reader;

const SEED: u64 = 0x5eed;

/// Runs the one story of a trace again.
pub(crate) fn replay(trace: &str) -> Result<(), String> {
    let stories = reader::read(trace);
    assert_eq!(stories.len(), 1);
    // A line that the reader does not know would end the story early, and all before it is right.
    match &stories[0].broken_off {
        Some(words) if !words.ends_with(reader::TOO_LONG) => return Err(words.clone()),
        Some(_) | None => {}
    }
    reader::replay(&stories[0])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happened_happens_again(steps in prop::collection::vec(step(), 1..120), seed: u64) {
        let mut run = Run::new();
        for step in steps {
            run.take(step);
        }
        let trace = &run.world.trace;
        prop_assert_eq!(replay(trace), Ok(()));
        let masked = mask(trace, seed);
        prop_assert_eq!(replay(&masked), Ok(()), "masked: {}", masked);
    }

    #[test]
    fn what_other_tabs_did_happens_again(steps in prop::collection::vec((0_u64..4_000, tab_step()), 1..60), seed: u64) {
        let trace = with_tabs(steps);
        prop_assert_eq!(replay(&trace), Ok(()));
        let masked = mask(&trace, seed);
        prop_assert!(!masked.contains("canary"), "masked: {}", masked);
        prop_assert_eq!(replay(&masked), Ok(()), "masked: {}", masked);
    }

    #[test]
    fn masking_takes_any_text(text in "(?s).{0,200}|[0-9\\[{\"\\\\:,}\\]a-z/?\\-\\x1e]{0,60}", seed: u64) {
        let body = response(200, &text);
        let Answer::Response(response) = body else { unreachable!() };
        let input = Input::Answer {
            request: RequestId(1),
            answer: Answer::Response(response),
        };
        let line = research_socket::trace::input(0, &input);
        let masked = mask(&line, seed);
        let after: serde_json::Value = serde_json::from_str(&masked).unwrap();
        let after = after[5].as_str().unwrap();
        // What is masked already has nothing left to mask.
        let again = research_socket::trace::input(0, &Input::Answer {
            request: RequestId(1),
            answer: response_of(after),
        });
        prop_assert_eq!(mask(&again, seed), masked);
    }
}

const GROUP: &str = "canary-group";

/// What another tab or the browser may say, most of it as it is said.
fn tab_step() -> impl Strategy<Value = tabs::Input> {
    let said = prop::sample::select(vec![
        "A0 0 ",
        "B0 ",
        "C",
        "D0 1 42[\"canary\",1]",
        "D0 1 42[\"progress_r\",{\"log_entry\":{\"message\":\"canary\",\"time\":\"2026-01-01T00:00:01\"}}]",
        "D0 2 42[\"progress_r\",{\"progress\":7,\"status\":\"in_progress\"}]",
        "H1 0 ",
        "L0 0 0 ",
        "L1 0 1000000 canary-sid",
        "L2 1 1000000 2-canary",
        "N",
        "R1 1 ",
        "T1 1 1 1 ",
        "U1 0 ",
        "U1 1 42[\"canary\",{\"canary\":true}]",
        "no message",
    ]);
    let message = (1_u64..4, 0_u64..4, 1_u64..4, said).prop_map(|(from, epoch, leader, said)| {
        let group = tabs::group_of(GROUP);
        tabs::Input::Message(format!("1 {group} {from} {epoch} {leader} {said}"))
    });
    prop_oneof![
        12 => message,
        2 => Just(tabs::Input::LockGranted),
        2 => Just(tabs::Input::LockLost),
        1 => Just(tabs::Input::LockRefused),
        1 => Just(tabs::Input::LockUnopposed),
        1 => Just(tabs::Input::ChannelFailed),
        1 => Just(tabs::Input::Leave),
    ]
}

/// The trace of a client that follows a research over a shared connection, so many milliseconds from step to step.
fn with_tabs(steps: Vec<(u64, tabs::Input)>) -> String {
    let config = Config::new("http://canary-host");
    let at = Timestamp::from_millis;
    let mut lines = vec![header(&config, true, SEED, at(0))];
    let group = Some(tabs::group_of(GROUP));
    let mut client = Client::shared(config, group, SEED, at(0)).unwrap();
    let mut end = |client: &mut Client<Shared>, line: Option<String>| {
        lines.extend(line);
        let mut outputs = Outputs::default();
        while let Some(output) = client.poll_output() {
            outputs.push(&output);
        }
        while client.poll_tabs().is_some() {}
        lines.extend(outputs.take());
    };
    for first in [
        Input::Connect,
        Input::Subscribe(ResearchId::from_text("r").unwrap()),
    ] {
        let line = input(0, &first);
        client.handle_input(at(0), first);
        end(&mut client, Some(line));
    }
    let mut now = 0;
    for (later, step) in steps {
        now += later;
        let timeout = input(now, &Input::Timeout);
        client.handle_input(at(now), Input::Timeout);
        end(&mut client, Some(timeout));
        // What is nobody's message has no line, and changes nothing.
        let line = research_socket::trace::tabs(now, tabs::group_of(GROUP), &step);
        client.handle_tabs(at(now), step);
        end(&mut client, line);
    }
    lines.join("\n")
}

fn response_of(text: &str) -> Answer {
    response(200, text)
}

/// A run with a secret in each place that has room for one.
fn secretive() -> World {
    let mut world = World::with(|config| config.url = "https://canary-host".to_owned());
    world.credentials = Some(Ok(Credentials {
        auth: Some(r#"{"token":"canary-auth"}"#.to_owned()),
        headers: vec![("canary-header".to_owned(), "canary-value".to_owned())],
        query: vec![("canary-name".to_owned(), "canary-query".to_owned())],
    }));
    world.connect();
    world.open();
    world.accept();
    world.receive(r#"40{"sid":"canary-session"}"#);
    world.input(Input::Subscribe(
        ResearchId::from_text("research-1").unwrap(),
    ));
    world.input(Input::Recall {
        research: "research-1".to_owned(),
        facts: r#"{"current_task":"canary task"}"#.to_owned(),
    });
    world.input(Input::Remember {
        research: "research-1".to_owned(),
        lines: r#"[{"message":"canary line","time":"2026-01-01T00:00:00"}]"#.to_owned(),
        complete: true,
    });
    world.accept();
    world.listen("canary event", true);
    world.input(Input::Emit(Emit {
        id: EmitId(1),
        args: r#"["canary event",{"canary key":"canary \u00e9 value"}]"#.to_owned(),
        attachments: vec![b"canary".to_vec()],
        ack: Acked::WithoutTimeout,
        volatile: false,
    }));
    world.accept();
    world.receive(concat!(
        r#"42["canary event",1]|42["progress_research-1",{"message":"canary message","progress":5}]"#,
        r#"|42["progress_research-1",{"progress_log":"[{\"message\":\"canary \\u043a log\",\"time\":\"2026-01-01T00:00:01\"}]"}]"#,
        r#"|42["progress_research-1",{"log_entry":{"message":"\u0063anary \u0441\u043b\u043e\u0432\u043e","time":"2026-01-01T00:00:02"}}]"#,
    ));
    world.input(Input::Cancel {
        cancel: CancelId(1),
        research: ResearchId::from_text("research-1").unwrap(),
        csrf_token: Some("canary-csrf".to_owned()),
    });
    world.answer_with(
        Kind::Poll,
        Answer::Failed(RequestError::Body("canary words".to_owned())),
    );
    world.credentials = Some(Err("canary error".to_owned()));
    world.advance(3_000);
    world
}

#[test]
fn nothing_secret_is_in_a_masked_trace() {
    let trace = secretive().trace;
    // What these places have is really recorded, so that masking has something to do.
    for kept in [
        "canary-session",
        "canary message",
        "canary task",
        "canary line",
    ] {
        assert!(trace.contains(kept), "{kept}:\n{trace}");
    }
    for never in [
        "canary-auth",
        "canary-header",
        "canary-value",
        "canary-query",
        "canary-csrf",
        "canary-host",
    ] {
        assert!(!trace.contains(never), "{never}:\n{trace}");
    }
    let masked = mask(&trace, SEED);
    assert!(!masked.to_lowercase().contains("canary"), "{masked}");
    for letters in ["043a", "0441", "0063"] {
        assert!(!masked.contains(letters), "{letters}:\n{masked}");
    }
    assert_eq!(replay(&masked), Ok(()));
}

#[test]
fn what_decides_stays() {
    let masked = mask(&secretive().trace, SEED);
    for word in [
        "progress_log",
        "log_entry",
        "2026-01-01T00:00:02",
        "maxPayload",
        "current_task",
    ] {
        assert!(masked.contains(word), "{word}:\n{masked}");
    }
}

#[test]
fn the_seed_is_in_no_trace() {
    let trace = secretive().trace;
    assert_eq!(mask(&trace, 1), mask(&trace, 2));
}

#[test]
fn what_is_no_binary_packet_does_not_become_one() {
    let mut world = World::live();
    world.receive(r#"451-["a",{"_placeholder":true,"num":0}]"#);
    world.receive("garbage");
    assert_eq!(replay(&mask(&world.trace, SEED)), Ok(()));
}

#[test]
fn a_binary_packet_stays_one() {
    let mut world = World::live();
    world.listen("alpha", true);
    world.receive(r#"451-["alpha",{"_placeholder":true,"num":0}]|bAQIDBAUG"#);
    assert!(world.trace.ends_with(",\"event\"]"), "{}", world.trace);
    assert_eq!(replay(&mask(&world.trace, SEED)), Ok(()));
}

#[test]
fn a_name_that_begins_like_a_binary_packet_is_the_same_name_in_all_places() {
    let mut world = World::live();
    world.listen("bravo", true);
    world.receive(r#"42["bravo",1]"#);
    assert_eq!(replay(&mask(&world.trace, SEED)), Ok(()));
}

#[test]
fn a_difference_is_told_with_its_place() {
    let mut world = World::live();
    world.subscribe("r");
    let wrong = world.trace.replace("\"POST 6\"", "\"POST 9\"");
    assert_ne!(wrong, world.trace);
    let told = replay(&wrong).unwrap_err();
    assert!(told.contains("POST 9") && told.contains("POST 6"), "{told}");
}

#[test]
fn of_credentials_the_sizes_are_told() {
    let pair = || ("secret".to_owned(), "secret".to_owned());
    for (auth, told) in [
        (None, "null"),
        (Some("{}"), "2"),
        (Some(r#"{"token":"secret"}"#), "18"),
        (Some(r#""secret""#), "1"),
        (Some("[7,8,9]"), "1"),
        (Some("{secret"), "0"),
    ] {
        let input = Input::Credentials {
            ask: AskId(4),
            credentials: Ok(Credentials {
                auth: auth.map(str::to_owned),
                headers: vec![pair(); 3],
                query: vec![pair()],
            }),
        };
        let line = research_socket::trace::input(9, &input);
        assert_eq!(line, format!(r#"[9,"credentials",4,{told},3,1]"#));
    }
}

/// The line of these outputs, which follow from one input.
fn line_of(outputs: &[Output]) -> Option<String> {
    let mut lines = Outputs::default();
    for output in outputs {
        lines.push(output);
    }
    lines.take()
}

#[test]
fn each_output_is_told_from_the_others_of_its_kind() {
    let research = |event| Event::Research {
        id: "secret".to_owned(),
        event,
    };
    let gap = Gap {
        from: 1,
        to: 2,
        recovered: 3,
        missing: None,
    };
    let emit = EmitId(6);
    for (output, words) in [
        (Output::Command(Command::Abort(RequestId(3))), "abort 3"),
        (Output::Command(Command::Ask(AskId(4))), "ask 4"),
        (Output::Command(Command::Beacon(beacon())), "beacon"),
        (
            Output::Event(Event::Ack {
                emit,
                args: "[]".to_owned(),
                attachments: Vec::new(),
            }),
            "ack 6",
        ),
        (
            Output::Event(Event::Cancelled {
                cancel: CancelId(7),
                result: Ok(()),
            }),
            "cancelled 7",
        ),
        (
            Output::Event(Event::EmitFailed {
                emit,
                error: EmitError::BufferFull,
            }),
            "emit_failed 6",
        ),
        (Output::Event(Event::Reconnect(2)), "reconnect 2"),
        (
            Output::Event(Event::ReconnectAttempt(5)),
            "reconnect_attempt 5",
        ),
        (
            Output::Event(Event::Disconnect(Failure::Closed)),
            "disconnect",
        ),
        (Output::Event(research(ResearchEvent::Gap(gap))), "gap"),
        (
            Output::Event(research(ResearchEvent::Task("secret".to_owned()))),
            "task",
        ),
    ] {
        let line = format!(r#"[">","{words}"]"#);
        assert_eq!(line_of(&[output]), Some(line));
    }
}

fn beacon() -> Beacon {
    Beacon {
        url: "https://secret".to_owned(),
        query: Vec::new(),
        headers: Vec::new(),
        text: "41".to_owned(),
    }
}

#[test]
fn of_a_row_of_equal_outputs_the_number_is_told() {
    let ask = |number| Output::Command(Command::Ask(AskId(number)));
    for (numbers, line) in [
        (&[1, 1][..], r#"[">","ask 1*2"]"#),
        (&[1, 2, 2, 2, 1], r#"[">","ask 1","ask 2*3","ask 1"]"#),
    ] {
        let outputs: Vec<_> = numbers.iter().copied().map(ask).collect();
        assert_eq!(line_of(&outputs), Some(line.to_owned()));
    }
    assert_eq!(line_of(&[]), None);
    let mut outputs = Outputs::default();
    for number in [1, 2] {
        outputs.push(&ask(number));
        assert_eq!(outputs.take(), Some(format!(r#"[">","ask {number}"]"#)));
        assert_eq!(outputs.take(), None);
    }
}

#[test]
fn a_text_that_is_too_long_is_counted_and_ends_the_replay() {
    let mut world = World::live();
    world.receive(&format!("42[\"a\",\"{}\"]", "x".repeat(MAX_TEXT)));
    world.close();
    assert!(world.trace.len() < MAX_TEXT);
    let stories = reader::read(&mask(&world.trace, SEED));
    assert!(stories[0].broken_off.is_some());
    assert_eq!(reader::replay(&stories[0]), Ok(()));
}

#[test]
fn every_option_and_the_seed_come_back() {
    let config = Config {
        path: "/ws/socket.io".to_owned(),
        namespace: "/research".to_owned(),
        reconnection: false,
        reconnection_attempts: None,
        reconnection_delay_ms: 1,
        reconnection_delay_max_ms: 2,
        randomization_factor: 1.0 / 3.0,
        timeout_ms: 3,
        fallback: None,
        history: false,
        stall_after_ms: None,
        status_path: "/a/{id}".to_owned(),
        logs_path: "/b/{id}".to_owned(),
        history_path: "/c/{id}".to_owned(),
        terminate_path: "/d/{id}".to_owned(),
        dedup_entries: 4,
        max_emit_buffer: 5,
        ..Config::new("https://host.invalid")
    };
    for config in [config, Config::new("https://host.invalid")] {
        let header = header(&config, false, u64::MAX, Timestamp::from_millis(5));
        let story = &reader::read(&header)[0];
        assert_eq!(story.config, config);
        assert_eq!((story.seed, story.start), (u64::MAX, 5));
        assert_eq!(story.version, env!("CARGO_PKG_VERSION"));
    }
}

#[test]
fn a_namespace_is_the_same_in_the_options_and_in_the_packets() {
    let mut world = World::with(|config| config.namespace = "/canary".to_owned());
    world.connect();
    world.open();
    world.accept();
    world.receive(r#"40/canary,{"sid":"n"}"#);
    assert!(world.client.is_connected());
    let masked = mask(&world.trace, SEED);
    assert!(!masked.contains("canary"), "{masked}");
    assert_eq!(replay(&masked), Ok(()));
}

#[test]
fn a_piece_whose_bytes_are_kept_apart_makes_the_same_line() {
    let request = RequestId(7);
    let line = |bytes: &[u8]| {
        let answer = Answer::Piece(bytes.to_vec());
        input(12, &Input::Answer { request, answer })
    };
    let text = "42[\"é\\n\"]\u{1e}6";
    let kept = piece(12, request) + &serde_json::to_string(text).unwrap() + "]";
    assert_eq!(line(text.as_bytes()), kept);
    // As `journal.js` writes what is no UTF-8.
    let kept = piece(12, request) + &serde_json::to_string(&["a\u{fffd}b"]).unwrap() + "]";
    assert_eq!(line(b"a\xffb"), kept);
}
