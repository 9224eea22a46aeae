//! JSON text is read as serde_json and the standard library read it.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests may panic"
)]

use proptest::prelude::*;
use research_socket::json::{ErrorKind, Kind, Raw, write_string};
use serde::de::IgnoredAny;
use serde_json::Value;

proptest! {
    #[test]
    fn reads_what_serde_json_writes(value in value(), pretty: bool) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        let text = text.unwrap();
        let raw = Raw::parse(&text).unwrap();
        assert_same(raw, &value);
    }

    #[test]
    fn accepts_what_serde_json_accepts(text in jsonish()) {
        let raw = Raw::parse(&text);
        let accepted = serde_json::from_str::<IgnoredAny>(&text).is_ok();
        let too_deep = raw.is_err_and(|error| error.kind == ErrorKind::TooDeep);
        prop_assert_eq!(raw.is_ok(), accepted && !too_deep);
        if let (Ok(raw), Ok(value)) = (raw, serde_json::from_str::<Value>(&text)) {
            assert_same(raw, &value);
        }
        if let Ok(raw) = raw {
            walk(raw);
        }
    }

    #[test]
    fn reads_what_python_writes_as_if_it_had_written_null(value in value(), pretty: bool, words in prop::collection::vec(0_usize..3, 1..40)) {
        let mut python = String::new();
        let mut words = words.into_iter().cycle();
        write_python(&mut python, &value, pretty, &mut words);
        let raw = Raw::parse(&python).unwrap();
        assert_same(raw, &value);
        walk(raw);
        let json = raw.to_json();
        prop_assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), serde_json::from_str::<Value>(&value.to_string()).unwrap());
        prop_assert_eq!(raw.is_lax(), holds_null(&value));
        prop_assert_eq!(raw.to_text().to_json(), json.as_ref());
        let raw = Raw::parse(&json).unwrap();
        prop_assert!(!raw.is_lax());
        assert_same(raw, &value);
    }

    #[test]
    fn accepts_besides_json_only_what_is_json_with_null_in_its_place(text in pythonish()) {
        if let Ok(raw) = Raw::parse(&text) {
            let json = raw.to_json();
            prop_assert!(serde_json::from_str::<IgnoredAny>(&json).is_ok(), "{} {}", text, json);
            prop_assert_eq!(raw.is_lax(), serde_json::from_str::<IgnoredAny>(&text).is_err());
            walk(raw);
        }
    }

    #[test]
    fn is_total_on_any_text(text in any::<String>()) {
        if let Ok(raw) = Raw::parse(&text) {
            walk(raw);
        }
    }

    #[test]
    fn numbers_are_as_close_as_promised(text in r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?") {
        let expected: f64 = text.parse().unwrap();
        match Raw::parse(&text).unwrap().number() {
            Some(value) => prop_assert!(is_close(value, expected), "{} {} {}", text, value, expected),
            None => prop_assert!(expected.abs() > 1.797e308, "{}", text),
        }
    }

    #[test]
    fn short_decimals_are_exact(mantissa in 0_u64..1_000_000_000_000_000, places in -22_i32..=22) {
        let text = format!("{mantissa}e{places}");
        prop_assert_eq!(Raw::parse(&text).unwrap().number(), Some(text.parse::<f64>().unwrap()));
    }

    #[test]
    fn integers_are_exact(value: i64, zeros in 0_usize..9) {
        let text = format!("{value}.0{}", "0".repeat(zeros));
        prop_assert_eq!(Raw::parse(&text).unwrap().integer(), Some(value));
        let text = format!("{value}{}e-{zeros}", "0".repeat(zeros));
        prop_assert_eq!(Raw::parse(&text).unwrap().integer(), Some(value));
    }

    #[test]
    fn written_strings_are_read_back(text in any::<String>()) {
        let mut out = String::new();
        write_string(&mut out, &text);
        prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text.as_str());
        let raw = Raw::parse(&out).unwrap();
        let string = raw.string();
        prop_assert_eq!(string.as_deref(), Some(text.as_str()));
    }
}

fn assert_same(raw: Raw<'_>, value: &Value) {
    match value {
        Value::Null => assert!(raw.is_null()),
        Value::Bool(value) => assert_eq!(raw.bool(), Some(*value)),
        Value::Number(number) => {
            let number = number.as_f64().unwrap();
            assert!(
                is_close(raw.number().unwrap(), number),
                "{} {number}",
                raw.as_str()
            );
            if let Some(integer) = value.as_i64() {
                assert_eq!(raw.integer(), Some(integer));
            }
        }
        Value::String(value) => assert_eq!(raw.string().as_deref(), Some(value.as_str())),
        Value::Array(values) => {
            assert_eq!(raw.elements().count(), values.len());
            for (raw, value) in raw.elements().zip(values) {
                assert_same(raw, value);
            }
        }
        Value::Object(members) => {
            assert!(
                raw.members()
                    .all(|(key, _)| members.contains_key(key.as_ref()))
            );
            for (key, value) in members {
                assert_same(raw.get(key).unwrap(), value);
            }
        }
    }
}

/// Reads everything there is in a value, as its parts were valid by themselves.
fn walk(raw: Raw<'_>) {
    assert_eq!(Raw::parse(raw.as_str()), Ok(raw));
    assert_eq!(raw.kind() == Kind::String, raw.string().is_some());
    assert_eq!(raw.kind() == Kind::Bool, raw.bool().is_some());
    let is_number = raw.number().is_some() || raw.integer().is_some();
    assert!(raw.kind() == Kind::Number || !is_number);
    for (_, value) in raw.members() {
        walk(value);
    }
    for value in raw.elements() {
        walk(value);
    }
}

fn is_close(a: f64, b: f64) -> bool {
    // Below the smallest normal number, digits get lost one by one.
    a == b || (a - b).abs() <= 1e-15 * b.abs() || (a - b).abs() < 1e-322
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// The value as Python's `json.dumps` writes it, with one of its odd words for each `null`.
fn write_python(
    out: &mut String,
    value: &Value,
    pretty: bool,
    words: &mut impl Iterator<Item = usize>,
) {
    let space = if pretty { "\n  " } else { "" };
    match value {
        Value::Null => {
            let word = ["NaN", "Infinity", "-Infinity"][words.next().unwrap()];
            out.push_str(word);
        }
        Value::Array(values) => {
            out.push('[');
            for (place, value) in values.iter().enumerate() {
                out.push_str(if place > 0 { "," } else { "" });
                out.push_str(space);
                write_python(out, value, pretty, words);
                out.push_str(space);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (place, (key, value)) in members.iter().enumerate() {
                out.push_str(if place > 0 { "," } else { "" });
                out.push_str(&serde_json::to_string(key).unwrap());
                out.push(':');
                out.push_str(space);
                write_python(out, value, pretty, words);
            }
            out.push('}');
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) => out.push_str(&value.to_string()),
    }
}

fn holds_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.iter().any(holds_null),
        Value::Object(members) => members.values().any(holds_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Texts that are JSON as Python writes it, or nearly.
fn pythonish() -> impl Strategy<Value = String> {
    let tokens = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\"a\"",
        "\"\\",
        " ",
        "1",
        "-",
        "-1",
        "NaN",
        "Infinity",
        "-Infinity",
        "\"NaN\"",
        "N",
        "aN",
        "I",
        "null",
        "{\"a\":",
        "[NaN,",
    ]);
    prop::collection::vec(tokens, 0..9).prop_map(|tokens| tokens.concat())
}

/// Texts that are JSON, or nearly.
fn jsonish() -> impl Strategy<Value = String> {
    let tokens = prop::sample::select(vec![
        "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\"\\", "\\u00", "\\ud800", "4f", "n\"", " ",
        "\n", "0", "1", "-", ".", "e", "E+", "12", "true", "false", "null", "nul", "\u{1}", "é",
    ]);
    let soup = prop::collection::vec(tokens, 0..12).prop_map(|tokens| tokens.concat());
    let broken =
        (value(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(value, at, with)| {
            let mut bytes = serde_json::to_vec(&value).unwrap();
            let at = at.index(bytes.len());
            bytes[at] = with;
            String::from_utf8_lossy(&bytes).into_owned()
        });
    prop_oneof![soup, broken]
}
