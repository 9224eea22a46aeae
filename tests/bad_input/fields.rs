//! Every field of every payload with everything that it should not hold: over the connection, and
//! in an answer about the status.

use research_socket::http::{Answer, Response};
use research_socket::research::{Event, Input, Warning};

use crate::words::{self, Kind};
use crate::world::{World, response};

/// What a field is to hold.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Holds {
    Count,
    Log,
    Object,
    Percentage,
    Status,
    Text,
    /// A text; a number identifies as well.
    Time,
    /// Whatever it likes: the client does not look at it.
    Anything,
}

/// The payload around a field, the field's name in a warning, and what it is to hold.
const FIELDS: [(&str, &str, Holds); 46] = {
    use Holds::{Anything, Count, Log, Object, Percentage, Status, Text, Time};
    [
        (r#"{"progress":%}"#, "progress", Percentage),
        (r#"{"status":%}"#, "status", Status),
        (r#"{"message":%}"#, "message", Text),
        (r#"{"error":%}"#, "error", Text),
        (r#"{"phase":%}"#, "phase", Text),
        (r#"{"current_task":%}"#, "current_task", Text),
        (r#"{"task":%}"#, "task", Text),
        (r#"{"step":%}"#, "step", Text),
        (r#"{"event":%}"#, "event", Text),
        (r#"{"engine":%}"#, "engine", Text),
        (r#"{"result_count":%}"#, "result_count", Count),
        (r#"{"queue_position":%}"#, "queue_position", Count),
        (r#"{"metadata":%}"#, "metadata", Object),
        (r#"{"metadata":{"phase":%}}"#, "metadata.phase", Text),
        (
            r#"{"metadata":{"search_engine":%}}"#,
            "metadata.search_engine",
            Text,
        ),
        (
            r#"{"metadata":{"result_count":%}}"#,
            "metadata.result_count",
            Count,
        ),
        (
            r#"{"metadata":{"error_type":%}}"#,
            "metadata.error_type",
            Text,
        ),
        (r#"{"metadata":{"retry_count":%}}"#, "", Anything),
        (
            r#"{"metadata":{"error_info":%}}"#,
            "metadata.error_info",
            Object,
        ),
        (
            r#"{"metadata":{"error_info":{"type":%}}}"#,
            "metadata.error_info.type",
            Text,
        ),
        (
            r#"{"metadata":{"error_info":{"message":%}}}"#,
            "metadata.error_info.message",
            Text,
        ),
        (
            r#"{"metadata":{"error_info":{"suggestion":%}}}"#,
            "metadata.error_info.suggestion",
            Text,
        ),
        (r#"{"log_entry":%}"#, "log_entry", Object),
        (r#"{"log_entry":{"message":%}}"#, "log_entry.message", Text),
        (
            r#"{"log_entry":{"message":"m","time":%}}"#,
            "log_entry.time",
            Time,
        ),
        (
            r#"{"log_entry":{"message":"m","type":%}}"#,
            "log_entry.type",
            Text,
        ),
        (
            r#"{"log_entry":{"message":"m","metadata":%}}"#,
            "",
            Anything,
        ),
        (
            r#"{"log_entry":{"message":"m","metadata":{"type":%,"phase":%}}}"#,
            "",
            Anything,
        ),
        (
            r#"{"log_entry":{"message":"m","metadata":{"is_milestone":%}}}"#,
            "",
            Anything,
        ),
        (
            r#"{"log_entry":{"message":"m","progress":%}}"#,
            "",
            Anything,
        ),
        (r#"{"progress_log":%}"#, "progress_log", Log),
        (r#"{"progress_log":[%]}"#, "progress_log[]", Object),
        (
            r#"{"progress_log":[{"message":%}]}"#,
            "progress_log[].message",
            Text,
        ),
        (
            r#"{"progress_log":[{"message":"m","time":%}]}"#,
            "progress_log[].time",
            Time,
        ),
        (
            r#"{"progress_log":[{"message":"m","type":%}]}"#,
            "progress_log[].type",
            Text,
        ),
        (
            r#"{"progress_log":[{"message":"m","progress":%}]}"#,
            "",
            Anything,
        ),
        (r#"{"thought":%}"#, "", Anything),
        (r#"{"tool":%}"#, "", Anything),
        (r#"{"arguments":%}"#, "", Anything),
        (r#"{"iteration":%}"#, "", Anything),
        (r#"{"content":%}"#, "", Anything),
        (r#"{"query":%}"#, "", Anything),
        (
            r#"{"completed":%,"total":%,"benchmark_run_id":%}"#,
            "",
            Anything,
        ),
        (r#"{"completed_at":%,"report_path":%}"#, "", Anything),
        (r#"{"%":1}"#, "", Anything),
        (r#"{"later_field":{"nested":[%]}}"#, "", Anything),
    ]
};

/// JSON values and what they are.
fn values() -> Vec<(String, Value)> {
    let huge = "x".repeat(100_000);
    let mut values: Vec<(String, Value)> = [
        ("null", Value::Null),
        ("true", Value::Bool),
        ("false", Value::Bool),
        ("0", Value::Whole),
        ("-1", Value::OutOfRange),
        ("-0.001", Value::OutOfRange),
        ("100.001", Value::OutOfRange),
        ("1e999", Value::OutOfRange),
        ("-1e999", Value::OutOfRange),
        ("1e-999", Value::Tiny),
        ("[]", Value::Array),
        ("{}", Value::Object),
        (r#""""#, Value::Blank),
        (r#"" \n\t""#, Value::Blank),
        (r#""NaN""#, Value::Word),
        (r#""Infinity""#, Value::Word),
        (r#""-Infinity""#, Value::Word),
        (r#""\ud800""#, Value::Word),
        (r#""\udc00\ud800""#, Value::Word),
        (r#""\u0000\u001e\u007f\u202e""#, Value::Word),
        (r#""<script>alert(1)</script>""#, Value::Word),
    ]
    .map(|(text, value)| (text.to_owned(), value))
    .into();
    values.push((format!("\"{huge}\""), Value::Word));
    values.push(("9".repeat(1_000), Value::OutOfRange));
    values.push((format!("-{}", "9".repeat(1_000)), Value::OutOfRange));
    values.push(("[".repeat(100) + &"]".repeat(100), Value::Array));
    values.push((
        r#"{"a":"#.repeat(100) + "1" + &"}".repeat(100),
        Value::Object,
    ));
    values
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Value {
    Array,
    Blank,
    Bool,
    Null,
    Object,
    /// A number that is neither a percentage nor a count.
    OutOfRange,
    /// A number that is 0 as a percentage, and as a count too.
    Tiny,
    Whole,
    Word,
}

/// The code with which a value is refused, if it is.
fn refusal(holds: Holds, value: Value) -> Option<&'static str> {
    let is_number = matches!(value, Value::OutOfRange | Value::Tiny | Value::Whole);
    match (holds, value) {
        (Holds::Anything, _) | (_, Value::Null) => None,
        (Holds::Percentage, Value::Whole | Value::Tiny) => None,
        (Holds::Count, Value::Whole) => None,
        (Holds::Count | Holds::Percentage, _) if is_number => Some("out-of-range"),
        (Holds::Count | Holds::Percentage, _) => Some("wrong-type"),
        (Holds::Log, Value::Array | Value::Blank) => None,
        (Holds::Object, Value::Object) => None,
        (Holds::Log | Holds::Object, _) => Some("wrong-type"),
        (Holds::Status, Value::Word) => Some("unknown-value"),
        (Holds::Time, _) if is_number => None,
        (Holds::Status | Holds::Text | Holds::Time, Value::Blank) => None,
        (Holds::Text | Holds::Time, Value::Word) => None,
        (Holds::Status | Holds::Text | Holds::Time, _) => Some("wrong-type"),
    }
}

fn cases() -> Vec<(String, &'static str, Option<&'static str>)> {
    let values = values();
    let mut cases = Vec::new();
    for (payload, name, holds) in FIELDS {
        for (text, value) in &values {
            // A key is a string.
            let text = if payload.contains("\"%\"") {
                text.trim_matches('"')
            } else {
                text
            };
            if payload.contains("\"%\"") && !matches!(value, Value::Word) {
                continue;
            }
            // Its first entry is none: as with `progress_log[]`.
            if holds == Holds::Log && text.starts_with("[[") {
                continue;
            }
            cases.push((payload.replace('%', text), name, refusal(holds, *value)));
        }
    }
    cases
}

/// Gives the client an answer; the warnings that follow, and all other events.
fn take(world: &mut World, kind: Kind, answer: Answer) -> (Vec<Warning>, Vec<Event>) {
    let request = world.find(kind).expect("it is asked").id;
    world.events.clear();
    world.input(Input::Answer { request, answer });
    let events = std::mem::take(&mut world.events);
    let mut warnings = Vec::new();
    let mut others = Vec::new();
    for event in events {
        match event {
            Event::Warning(warning) => warnings.push(warning),
            other => others.push(other),
        }
    }
    (warnings, others)
}

fn check(warnings: &[Warning], name: &str, code: Option<&str>, payload: &str) {
    let payload: String = payload.chars().take(200).collect();
    let codes: Vec<_> = warnings.iter().map(|warning| warning.code).collect();
    assert_eq!(codes, code.into_iter().collect::<Vec<_>>(), "{payload}");
    for warning in warnings {
        let (field, words) = warning.message.split_once(": ").expect("a field and words");
        assert_eq!(field, name, "{payload}");
        assert!(words.starts_with("expected "), "{payload}: {words}");
        assert!(warning.message.chars().count() < 200, "{payload}");
        assert!(warning.excerpt.chars().count() <= 60, "{payload}");
        assert_eq!(warning.research.as_deref(), Some("r"), "{payload}");
    }
}

#[test]
fn each_field_of_an_update_is_refused_by_its_name_and_the_next_update_is_heard() {
    for (n, (payload, name, code)) in cases().into_iter().enumerate() {
        let mut world = World::following();
        let answer = response(200, &format!(r#"42["progress_r",{payload}]"#));
        let (warnings, _) = take(&mut world, Kind::Poll, answer);
        check(&warnings, name, code, &payload);
        world.forget();
        world.receive(&format!(r#"42["progress_r",{{"message":"good {n}"}}]"#));
        let heard = world.heard();
        assert!(
            heard.contains(&format!(r#"r update {{"message":"good {n}"}}"#)),
            "{heard:?}"
        );
        assert!(world.client.is_connected());
    }
}

#[test]
fn each_field_of_an_answer_about_the_status_is_refused_by_its_name() {
    for (payload, name, code) in cases() {
        let mut world = World::live();
        world.subscribe("r");
        world.accept();
        let (warnings, _) = take(&mut world, Kind::Status, response(200, &payload));
        check(&warnings, name, code, &payload);
        world.forget();
        world.receive(r#"42["progress_r",{"message":"good"}]"#);
        let heard = world.heard();
        assert!(
            heard.contains(&r#"r update {"message":"good"}"#.to_owned()),
            "{heard:?}"
        );
    }
}

/// What is no JSON in a packet, or no text at all.
fn unreadable() -> Vec<Vec<u8>> {
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    let objects = r#"{"a":"#.repeat(10_000) + "1" + &"}".repeat(10_000);
    let texts = [
        r#"{"progress":-NaN}"#,
        r#"{"progress":Infinite}"#,
        r#"{"progress":nan}"#,
        r#"{"progress":+1}"#,
        r#"{"progress":.5}"#,
        r#"{"progress":0x10}"#,
        r#"{"progress":1"#,
        r#"{progress:1}"#,
        r#"{"progress":1,}"#,
        r#"{"message":"\x"}"#,
        r#"{"message":"\u12g4"}"#,
        "{\"message\":\"\n\"}",
        r#"{"a":1}{"b":2}"#,
        &format!(r#"{{"progress":{deep}}}"#),
        &format!(r#"{{"metadata":{objects}}}"#),
        &format!(r#"{{"later":{deep}}}"#),
        &"[".repeat(10_000),
    ];
    let mut all: Vec<Vec<u8>> = texts.map(|text| text.as_bytes().to_vec()).into();
    for bytes in [
        // A lone surrogate, half a pair, an overlong slash, a byte of nothing, and one cut off.
        b"\xed\xa0\x80".as_slice(),
        b"\xed\xb0\x80",
        b"\xc0\xaf",
        b"\xff",
        b"\xe2\x82",
    ] {
        all.push([b"{\"message\":\"", bytes, b"\"}"].concat());
    }
    all
}

#[test]
fn a_packet_that_cannot_be_read_is_named_and_the_next_one_is_heard() {
    for payload in unreadable() {
        let mut world = World::following();
        let good = b"]\x1e42[\"progress_r\",{\"message\":\"good\"}]".as_slice();
        let body = [b"42[\"progress_r\",", payload.as_slice(), good].concat();
        let response = Response {
            status: 200,
            retry_after_ms: None,
            body,
        };
        let (warnings, others) = take(&mut world, Kind::Poll, Answer::Response(response));
        let shown: String = String::from_utf8_lossy(&payload).chars().take(60).collect();
        assert_eq!(warnings.len(), 1, "{shown}");
        assert_eq!(warnings[0].code, "damaged-packet", "{shown}");
        assert!(warnings[0].message.chars().count() < 200, "{shown}");
        assert!(
            others
                .iter()
                .any(|event| matches!(event, Event::Research { .. })),
            "{shown}"
        );
        assert!(world.client.is_connected());
    }
}

#[test]
fn an_answer_about_the_status_that_cannot_be_read_is_named() {
    for body in unreadable() {
        let mut world = World::live();
        world.subscribe("r");
        world.accept();
        let shown: String = String::from_utf8_lossy(&body).chars().take(60).collect();
        let response = Response {
            status: 200,
            retry_after_ms: None,
            body,
        };
        let (warnings, _) = take(&mut world, Kind::Status, Answer::Response(response));
        assert_eq!(warnings.len(), 1, "{shown}");
        assert_eq!(warnings[0].code, "damaged-answer", "{shown}");
        assert_eq!(warnings[0].research.as_deref(), Some("r"), "{shown}");
        assert!(warnings[0].message.chars().count() < 200, "{shown}");
        assert!(world.client.is_connected());
    }
}

#[test]
fn events_without_a_research_are_refused_by_name_too() {
    for (packet, code) in [
        (r#"42["search_engine_selected",7]"#, "not-an-object"),
        (r#"42["search_engine_selected",null]"#, "not-an-object"),
        (r#"42["search_engine_selected",[1]]"#, "not-an-object"),
        (r#"42["subscribe_error",7]"#, "unauthorized"),
        (r#"42["subscribe_error",{"error":7}]"#, "unauthorized"),
        (
            r#"42["subscribe_error",{"error":"no","research_id":[]}]"#,
            "unauthorized",
        ),
        (r#"42["progress_r"]"#, "damaged-packet"),
        (r#"42["progress_r",7]"#, "not-an-object"),
        (r#"42["research_progress_r",[]]"#, "not-an-object"),
    ] {
        let mut world = World::following();
        let (warnings, others) = take(&mut world, Kind::Poll, response(200, packet));
        assert_eq!(warnings.len(), 1, "{packet}");
        assert_eq!(warnings[0].code, code, "{packet}");
        assert!(!warnings[0].message.is_empty(), "{packet}");
        assert_eq!(others, [], "{packet}");
    }
}

/// A client that has asked for the stored log.
fn asking_for_the_log() -> World {
    let mut world = World::live_with(|config| config.history = true);
    world.subscribe("r");
    world.accept();
    world.status("r", 200, r#"{"status":"in_progress"}"#);
    assert!(world.is_asked(Kind::Log));
    world
}

#[test]
fn a_stored_log_that_cannot_be_read_is_named_and_the_next_update_is_heard() {
    let lists = [
        "null",
        "7",
        "{}",
        r#""text""#,
        r#"{"logs":7}"#,
        r#"{"logs":"{}"}"#,
        r#"{"progress_log":null}"#,
        r#"{"status":"success"}"#,
    ];
    let lists = lists.map(|text| (text.as_bytes().to_vec(), "wrong-type"));
    let unreadable = unreadable().into_iter().map(|body| {
        let is_text = std::str::from_utf8(&body).is_ok();
        let code = if is_text {
            "not-json"
        } else {
            "damaged-answer"
        };
        (body, code)
    });
    for (body, code) in unreadable.chain(lists) {
        let shown: String = String::from_utf8_lossy(&body).chars().take(60).collect();
        let mut world = asking_for_the_log();
        let response = Response {
            status: 200,
            retry_after_ms: None,
            body,
        };
        let (warnings, _) = take(&mut world, Kind::Log, Answer::Response(response));
        assert_eq!(warnings.len(), 1, "{shown}");
        // Where there is no list, only brackets, strings and commas are looked at.
        let is_no_list = code == "not-json" && warnings[0].code == "wrong-type";
        assert!(warnings[0].code == code || is_no_list, "{shown}");
        assert_eq!(warnings[0].research.as_deref(), Some("r"), "{shown}");
        assert!(warnings[0].message.chars().count() < 200, "{shown}");
        world.forget();
        world.receive(r#"42["progress_r",{"message":"good"}]"#);
        let heard = world.heard();
        assert!(
            heard.contains(&r#"r update {"message":"good"}"#.to_owned()),
            "{heard:?}"
        );
    }
}

#[test]
fn each_field_of_a_stored_line_is_refused_by_its_name_and_costs_no_other_line() {
    let fields = {
        use Holds::{Anything, Object, Text, Time};
        [
            ("%", "logs[]", Object),
            (r#"{"message":"m","id":%}"#, "", Anything),
            (r#"{"message":"m","message":%}"#, "logs[].message", Text),
            (r#"{"message":"m","timestamp":%}"#, "logs[].timestamp", Time),
            (r#"{"message":"m","time":%}"#, "logs[].time", Time),
            (r#"{"message":"m","log_type":%}"#, "logs[].log_type", Text),
            (r#"{"message":"m","type":%}"#, "logs[].type", Text),
            (r#"{"message":"m","metadata":%}"#, "", Anything),
            (r#"{"message":"m","progress":%}"#, "", Anything),
        ]
    };
    let good = r#"{"id":9,"message":"good","timestamp":"Sat, 21 Nov 2026 20:45:09 GMT"}"#;
    for (line, name, holds) in fields {
        for (text, value) in values() {
            let bad = line.replace('%', &text);
            let log = format!("[{bad},{good}]");
            let mut world = asking_for_the_log();
            let (warnings, others) = take(&mut world, Kind::Log, response(200, &log));
            check(&warnings, name, refusal(holds, value), &bad);
            let heard: Vec<_> = others.iter().map(words::event).collect();
            assert!(
                heard.contains(&"r log good".to_owned()),
                "{bad:.100}: {heard:?}"
            );
            assert!(world.client.is_connected());
        }
    }
}

#[test]
fn of_a_stored_log_in_which_everything_is_wrong_no_more_than_eight_are_named_and_all_are_counted() {
    let mut world = asking_for_the_log();
    let refused = world.client.stats().refused;
    let entries: Vec<String> = (0..1_000).map(|n| n.to_string()).collect();
    let log = format!("[{}]", entries.join(","));
    let (warnings, _) = take(&mut world, Kind::Log, response(200, &log));
    assert_eq!(warnings.len(), 8);
    assert_eq!(world.client.stats().refused, refused + 1_000);
}
