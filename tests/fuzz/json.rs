//! Any text is one JSON value or says why not; every part of a value is a value.

use research_socket::json::{Kind, Raw, write_string};

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match Raw::parse(text) {
        Ok(raw) => walk(raw),
        Err(error) => {
            assert!(error.offset <= text.len());
            assert!(!error.to_string().is_empty());
        }
    }
}

fn walk(raw: Raw<'_>) {
    match raw.kind() {
        Kind::Null => assert!(raw.is_null()),
        Kind::Bool => assert!(raw.bool().is_some()),
        Kind::Number => check_number(raw),
        Kind::String => check_string(raw),
        Kind::Array => raw.elements().for_each(walk),
        Kind::Object => {
            for (key, value) in raw.members() {
                assert!(raw.get(&key).is_some());
                walk(value);
            }
        }
    }
}

fn check_number(raw: Raw<'_>) {
    let expected: f64 = raw.as_str().parse().expect("JSON's numbers are Rust's");
    match raw.number() {
        Some(value) => {
            let difference = (value - expected).abs();
            assert!(difference <= 1e-15 * expected.abs() || difference < 1e-322);
        }
        None => assert!(expected.abs() > 1.797e308),
    }
    if let Some(integer) = raw.integer() {
        assert_eq!(integer as f64, expected);
    }
}

fn check_string(raw: Raw<'_>) {
    let value = raw.string().expect("a string");
    let mut text = String::new();
    write_string(&mut text, &value);
    let again = Raw::parse(&text).expect("what is written is JSON");
    assert_eq!(again.string(), Some(value));
}
