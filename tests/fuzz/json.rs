//! Any text is one JSON value or says why not; every part of a value is a value. A list in it has the same
//! elements however the text is cut, and those of the value.

use research_socket::json::{Kind, ListReader, Raw, Unreadable, write_string};

pub(crate) fn run(data: &[u8]) {
    let whole = elements(data, std::iter::empty());
    let lengths = data.iter().map(|byte| usize::from(byte % 16));
    assert_eq!(elements(data, lengths), whole);
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(raw) = Raw::parse(text)
        && raw.kind() == Kind::Array
    {
        let inside = raw
            .elements()
            .map(|element| Ok(element.as_str().to_owned()));
        assert_eq!(whole, (inside.collect(), true));
    }
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

type Elements = Vec<Result<String, Unreadable>>;

/// The elements of the list in a text that comes in pieces of these lengths, then the rest; and whether the
/// text is complete.
fn elements(mut rest: &[u8], lengths: impl Iterator<Item = usize>) -> (Elements, bool) {
    let mut reader = ListReader::default();
    let mut found = Vec::new();
    let mut read = |mut piece: &[u8]| {
        while let Some(element) = reader.next(&mut piece) {
            found.push(element.map(std::borrow::Cow::into_owned));
        }
    };
    for length in lengths {
        let (piece, after) = rest.split_at(length.min(rest.len()));
        rest = after;
        read(piece);
    }
    read(rest);
    (found, reader.is_complete() && reader.has_list())
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
