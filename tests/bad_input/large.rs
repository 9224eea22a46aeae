//! Bodies and values that are too large, too many or too deep.

use research_socket::engine::payload::MAX_PACKET_BYTES;
use research_socket::http::{Answer, RequestError};
use research_socket::research::{Event, Input, Output};
use research_socket::time::Timestamp;

use crate::allocations::{self, Allocated};
use crate::words::{self, Kind};
use crate::world::{World, response};

const MIB: usize = 1024 * 1024;

/// What any message of the client to the page may have apart from the server's own payloads.
const MAX_WORDS: usize = 20 * 1024;

/// Answers the poll; what the client allocated over it, and what the page heard.
fn receive(world: &mut World, body: String) -> (Allocated, Vec<Event>) {
    let request = world.find(Kind::Poll).unwrap().id;
    let answer = response(200, &body);
    drop(body);
    let now = Timestamp::from_millis(world.now);
    let client = &mut world.client;
    let ((), allocated) =
        allocations::count(|| client.handle_input(now, Input::Answer { request, answer }));
    let outputs = std::iter::from_fn(|| client.poll_output());
    let events = outputs.filter_map(|output| match output {
        Output::Event(event) => Some(event),
        Output::Command(_) => None,
    });
    (allocated, events.collect())
}

/// Opens a new session after what was refused, and shows that the client follows its research.
fn recovers(world: &mut World) {
    assert_eq!(world.heard(), ["disconnect PAYLOAD_TOO_LARGE"]);
    world.wait();
    world.open();
    world.accept();
    world.receive(r#"40{"sid":"n"}"#);
    let did = world.did();
    assert!(
        did.iter()
            .any(|words| words.contains("subscribe_to_research")),
        "{did:?}"
    );
    world.forget();
    follows(world);
}

fn follows(world: &mut World) {
    world.receive(r#"42["progress_r",{"message":"still here"}]"#);
    let heard = world.heard().join(" ");
    assert!(heard.contains("still here"), "{heard}");
}

#[test]
fn a_packet_of_64_mib_costs_itself_and_nothing_of_it_is_copied() {
    let (allocated, events) = receive(&mut World::following(), "6".repeat(64 * MIB));
    assert!(allocated.peak < MIB, "{allocated:?}");
    assert_eq!(events.len(), 2, "a warning and a gap: {events:?}");
    let mut world = World::following();
    world.receive(&"6".repeat(64 * MIB));
    world.forget();
    follows(&mut world);
}

#[test]
fn a_packet_that_comes_bit_by_bit_takes_no_more_than_its_bound() {
    let mut world = World::following();
    let request = world.find(Kind::Poll).unwrap().id;
    let now = Timestamp::from_millis(world.now);
    let ((), allocated) = allocations::count(|| {
        for _ in 0..64 {
            let answer = Answer::Piece(vec![b'4'; MIB]);
            world
                .client
                .handle_input(now, Input::Answer { request, answer });
            while world.client.poll_output().is_some() {}
        }
    });
    // What is read has grown in steps of a factor of two.
    assert!(
        allocated.peak <= 2 * MAX_PACKET_BYTES + 2 * MIB,
        "{allocated:?}"
    );
    world.receive("4|2");
    world.forget();
    follows(&mut world);
}

#[test]
fn a_body_that_was_not_read_to_its_end_costs_its_session() {
    let mut world = World::following();
    world.answer_with(Kind::Poll, Answer::Failed(RequestError::TooLarge));
    recovers(&mut world);
}

#[test]
fn an_answer_about_the_status_that_is_too_large_is_refused_by_name_and_asked_for_again() {
    let stopped = || Answer::Failed(RequestError::TooLarge);
    let mut world = World::live();
    world.subscribe("r");
    world.accept();
    world.forget();
    world.answer_with(Kind::Status, stopped());
    assert_eq!(world.heard(), ["warning too-large r"]);
    world.wait();
    world.status("r", 200, r#"{"status":"queued"}"#);
    assert_eq!(world.heard()[0], "r status queued");
}

#[test]
fn a_line_of_almost_16_mib_is_heard_once_and_its_message_is_cut() {
    let mut world = World::following();
    let long = "x".repeat(MAX_PACKET_BYTES - 100);
    let body = format!(r#"42["progress_r",{{"log_entry":{{"message":"{long}","time":"t"}}}}]"#);
    let size = body.len();
    let (allocated, events) = receive(&mut world, body);
    let [event] = events.as_slice() else {
        panic!("{} events", events.len())
    };
    assert!(words::event(event).len() < MAX_WORDS);
    // The body, the text of the packet, that of the event, and that of the line.
    assert!(allocated.peak <= 3 * size + MIB, "{allocated:?}");
}

#[test]
fn a_million_packets_in_one_body_are_used() {
    for packet in [
        "6",
        "2",
        "9",
        "4x",
        "42[1]",
        "42[\"a\"]",
        "42[\"b\"]",
        "bAA==",
        "430[]",
        "b",
    ] {
        let mut world = World::following();
        world.listen("a", true);
        world.forget();
        world.receive(&("6\x1e".to_owned() + &vec![packet; 1_000_000].join("\x1e")));
        let told = world.heard();
        let heard = told
            .iter()
            .filter(|words| words.starts_with("message"))
            .count();
        let expected = if packet == "42[\"a\"]" { 1_000_000 } else { 0 };
        assert_eq!(heard, expected, "{packet}");
        let warned = told
            .iter()
            .filter(|words| words.starts_with("warning"))
            .count();
        assert!(warned <= 100, "{packet}: {warned} warnings");
        assert_eq!(told.len(), heard + warned, "{packet}");
        world.accept_all();
        follows(&mut world);
    }
}

#[test]
fn however_many_pings_come_at_once_one_pong_answers_them() {
    let mut world = World::live();
    world.receive(&["2", "2a", "2b"].repeat(1_000).join("|"));
    assert_eq!(world.did(), ["poll s1", "post s1 3b"]);
    world.receive(&["2c"; 1_000].join("|"));
    world.accept();
    assert_eq!(world.did(), ["poll s1", "post s1 3c"]);
}

#[test]
fn the_same_warning_is_told_once_a_connection_and_all_refusals_are_counted() {
    for bad in [
        "9",
        "42[",
        "b!",
        r#"42["progress_r"]"#,
        r#"42["subscribe_error",{"error":"no"}]"#,
        r#"42["search_engine_selected",7]"#,
    ] {
        let mut world = World::following();
        let before = world.client.stats().refused;
        for _ in 0..10 {
            // With something that belongs there, or it would be no server at all.
            world.receive(&("6|".to_owned() + &[bad; 50].join("|")));
        }
        let heard = world.heard();
        assert_eq!(heard.len(), 1, "{bad}");
        assert!(heard[0].starts_with("warning "), "{bad}");
        assert_eq!(world.client.stats().refused - before, 500, "{bad}");
        follows(&mut world);
        // Another connection is another server, perhaps.
        world.cut(Kind::Poll);
        world.wait();
        world.join();
        world.accept_all();
        world.forget();
        world.receive(bad);
        assert!(world.heard()[0].starts_with("warning "), "{bad}");
    }
}

#[test]
fn a_warning_that_differs_only_in_what_came_is_told_eight_times_and_a_hundred_are_told_in_all() {
    let mut world = World::following();
    for n in 0..100 {
        world.receive(&format!("6|{n}9{n}"));
        world.receive(&format!(r#"42["progress_r",{{"status":"later {n}"}}]"#));
    }
    let warnings = |world: &mut World, code| {
        let heard = world.heard();
        heard.iter().filter(|words| words.starts_with(code)).count()
    };
    assert_eq!(warnings(&mut world, "warning unknown-value"), 8);
    for n in 0..100 {
        world.receive(&format!(
            r#"42["progress_r",{{"{n}":1,"metadata":{{"error_info":{{"type":{n}}}}}}}]"#
        ));
        for field in [
            "message", "error", "phase", "task", "step", "event", "engine",
        ] {
            world.receive(&format!(r#"42["progress_r",{{"{field}":{n}}}]"#));
            world.receive(&format!(r#"42["progress_r",{{"log_entry":{{"message":"m {n}","{field}":7}},"metadata":{{"{field}":{n}}}}}]"#));
            world.receive(&format!(r#"42["progress_r",{{"log_entry":{{"message":"m {n}","type":[{n}]}},"result_count":-{n}}}]"#));
        }
    }
    assert!(warnings(&mut world, "warning ") < 100);
}

#[test]
fn a_refusal_that_is_repeated_is_told_once() {
    let mut world = World::following();
    let refusal = r#"42["subscribe_error",{"error":"no","research_id":"r"}]"#;
    world.receive(&[refusal; 1_000].join("|"));
    let told = ["r failure UNAUTHORIZED", "r refused unauthorized"];
    assert_eq!(world.heard(), told);
}

/// A body, and whether the client makes something of it: each grows with its number.
type Shape = (&'static str, fn(usize) -> String);

fn update(payload: &str) -> String {
    format!(r#"42["progress_r",{payload}]"#)
}

const SHAPES: [Shape; 22] = [
    ("deep arrays", |n| update(&("[".repeat(n) + &"]".repeat(n)))),
    ("deep objects", |n| {
        update(&(r#"{"a":"#.repeat(n) + "1" + &"}".repeat(n)))
    }),
    ("unclosed", |n| format!("42{}", "[".repeat(n))),
    ("a deep unknown field", |n| {
        update(&format!(r#"{{"x":{}1{}}}"#, "[".repeat(n), "]".repeat(n)))
    }),
    ("a deep metadata", |n| {
        update(&format!(
            r#"{{"metadata":{}1{}}}"#,
            r#"{"a":"#.repeat(n),
            "}".repeat(n)
        ))
    }),
    ("a deep log in a string", |n| {
        update(&format!(r#"{{"progress_log":"{}"}}"#, "[".repeat(n)))
    }),
    ("many members", |n| {
        let members: Vec<_> = (0..n).map(|n| format!(r#""k{n}":1"#)).collect();
        update(&format!("{{{}}}", members.join(",")))
    }),
    ("the same field again and again", |n| {
        update(&format!("{{{}}}", vec![r#""progress":"x""#; n].join(",")))
    }),
    ("the same line again and again", |n| {
        let entry = r#""log_entry":{"message":7,"time":{},"type":[]}"#;
        update(&format!("{{{}}}", vec![entry; n].join(",")))
    }),
    ("the same log again and again", |n| {
        update(&format!(
            "{{{}}}",
            vec![r#""progress_log":"[{},7]""#; n].join(",")
        ))
    }),
    ("the same metadata again and again", |n| {
        let metadata = r#""metadata":{"phase":7,"error_info":{"type":7}}"#;
        update(&format!("{{{}}}", vec![metadata; n].join(",")))
    }),
    ("a long log of nothing", |n| {
        update(&format!(
            r#"{{"progress_log":[{}]}}"#,
            vec!["7"; n].join(",")
        ))
    }),
    ("a long log", |n| {
        let lines: Vec<_> = (0..n)
            .map(|n| format!(r#"{{"message":"m","time":"{n}"}}"#))
            .collect();
        update(&format!(r#"{{"progress_log":[{}]}}"#, lines.join(",")))
    }),
    ("a long log in a string", |n| {
        let lines: Vec<_> = (0..n)
            .map(|n| format!(r#"{{\"message\":\"m\",\"time\":\"{n}\"}}"#))
            .collect();
        update(&format!(r#"{{"progress_log":"[{}]"}}"#, lines.join(",")))
    }),
    ("many digits", |n| {
        update(&format!(r#"{{"progress":{}}}"#, "9".repeat(n)))
    }),
    ("many digits behind the point", |n| {
        update(&format!(
            r#"{{"progress":1.{},"result_count":1e{}}}"#,
            "3".repeat(n),
            "9".repeat(n)
        ))
    }),
    ("many escapes", |n| {
        update(&format!(r#"{{"message":"{}"}}"#, "\\ud800".repeat(n)))
    }),
    ("a long status", |n| {
        update(&format!(r#"{{"status":"{}"}}"#, "é".repeat(n)))
    }),
    ("a long name", |n| {
        format!(r#"42["progress_{}",{{"progress":1}}]"#, "r".repeat(n))
    }),
    ("a long refusal", |n| {
        format!(r#"42["subscribe_error",{{"error":"{}"}}]"#, "x".repeat(n))
    }),
    ("a long namespace", |n| format!("42/{},[]", "x".repeat(n))),
    ("many arguments", |n| {
        format!(r#"42["a"{}]"#, ",1".repeat(n))
    }),
];

#[test]
fn one_packet_of_any_size_and_depth_costs_itself_only() {
    for (name, shape) in SHAPES {
        for size in [10_000, 60_000] {
            let mut world = World::following();
            world.receive(&shape(size));
            let heard = world.heard();
            assert!(heard.len() <= 5_010, "{name}: {} events", heard.len());
            for words in heard.iter().filter(|words| !words.starts_with("r update ")) {
                assert!(words.len() < MAX_WORDS, "{name}: {} bytes", words.len());
            }
            follows(&mut world);
        }
    }
}

#[test]
fn every_warning_is_short_and_says_something() {
    for (name, shape) in SHAPES {
        let (_, events) = receive(&mut World::following(), shape(20_000));
        for event in events {
            if let Event::Warning(warning) = event {
                assert!(!warning.message.trim().is_empty(), "{name}");
                assert!(warning.excerpt.chars().count() <= 60, "{name}");
                // A refusal of the server is shown as it is, up to the bound of all texts.
                let most = if name == "a long refusal" {
                    MAX_WORDS
                } else {
                    400
                };
                assert!(
                    warning.message.len() <= most,
                    "{name}: {}",
                    warning.message.len()
                );
            }
        }
    }
}

#[test]
fn twice_the_input_takes_at_most_twice_the_memory() {
    for (name, shape) in SHAPES {
        let cost = |size| receive(&mut World::following(), shape(size)).0;
        let (once, twice) = (cost(20_000), cost(40_000));
        let at_most_twice = |once: usize, twice: usize| twice <= 2 * once + once / 4 + 20_000;
        assert!(
            at_most_twice(once.calls, twice.calls),
            "{name}: {once:?} {twice:?}"
        );
        assert!(
            at_most_twice(once.bytes, twice.bytes),
            "{name}: {once:?} {twice:?}"
        );
        assert!(
            at_most_twice(once.peak, twice.peak),
            "{name}: {once:?} {twice:?}"
        );
    }
}

#[test]
fn a_stored_log_of_many_lines_takes_no_more_memory_than_one_of_some() {
    let cost = |lines: usize| {
        let mut world = World::live_with(|config| config.history = true);
        world.subscribe("r");
        world.accept();
        world.status("r", 200, r#"{"status":"in_progress"}"#);
        let request = world.find(Kind::Log).expect("the log is asked for").id;
        let body = format!("[{}]", vec![r#"{"message":"m"}"#; lines].join(","));
        let answer = response(200, &body);
        let now = Timestamp::from_millis(world.now);
        let client = &mut world.client;
        let input = Input::Answer { request, answer };
        let allocated = allocations::count(|| client.handle_input(now, input)).1;
        // What is judged together, and not all of the log.
        let most = 1_000_000;
        assert!(allocated.peak <= most, "{allocated:?} {most}");
        allocated
    };
    let (once, twice) = (cost(20_000), cost(40_000));
    assert!(
        twice.calls <= 2 * once.calls + once.calls / 4,
        "{once:?} {twice:?}"
    );
    assert!(
        twice.peak <= once.peak + once.peak / 4,
        "{once:?} {twice:?}"
    );
}
