//! JSON text: what is accepted, what is refused and where, and what is read from it.
#![cfg(not(target_arch = "wasm32"))]

use research_socket::json::{ErrorKind, Kind, MAX_DEPTH, Raw, write_string};

#[test]
fn accepts_one_value_and_says_what_it_is() {
    let table = [
        ("null", Kind::Null),
        (" true\n", Kind::Bool),
        ("false", Kind::Bool),
        ("0", Kind::Number),
        ("-0.5e-7", Kind::Number),
        ("\t1E+2\r", Kind::Number),
        (r#""""#, Kind::String),
        (r#""\"\\\/\b\f\n\r\t\u00e9""#, Kind::String),
        ("\"\u{7f}\u{2028}é𝄞\"", Kind::String),
        ("[]", Kind::Array),
        ("[ 1 , [ ] , {} ]", Kind::Array),
        ("{}", Kind::Object),
        (r#" { "a" : 1 , "" : [ ] } "#, Kind::Object),
    ];
    for (text, kind) in table {
        let raw = Raw::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(raw.kind(), kind, "{text}");
        assert_eq!(raw.as_str(), text.trim());
    }
}

#[test]
fn refuses_everything_else_and_says_where() {
    let table = [
        ("", ErrorKind::UnexpectedEnd, 0),
        ("  ", ErrorKind::UnexpectedEnd, 2),
        ("nul", ErrorKind::UnexpectedEnd, 3),
        ("nuLl", ErrorKind::UnexpectedByte, 2),
        ("nan", ErrorKind::UnexpectedByte, 1),
        ("Nan", ErrorKind::UnexpectedByte, 2),
        ("Na", ErrorKind::UnexpectedEnd, 2),
        ("NaNa", ErrorKind::TrailingText, 3),
        ("+Infinity", ErrorKind::UnexpectedByte, 0),
        ("-Inf", ErrorKind::UnexpectedEnd, 4),
        ("Infinity1", ErrorKind::TrailingText, 8),
        ("{NaN:1}", ErrorKind::UnexpectedByte, 1),
        ("[NaN Infinity]", ErrorKind::UnexpectedByte, 5),
        ("-NaN", ErrorKind::BadNumber, 1),
        ("\u{feff}1", ErrorKind::UnexpectedByte, 0),
        ("\u{a0}1", ErrorKind::UnexpectedByte, 0),
        ("1 2", ErrorKind::TrailingText, 2),
        ("01", ErrorKind::BadNumber, 1),
        ("-", ErrorKind::UnexpectedEnd, 1),
        ("-a", ErrorKind::BadNumber, 1),
        ("+1", ErrorKind::UnexpectedByte, 0),
        (".5", ErrorKind::UnexpectedByte, 0),
        ("1.", ErrorKind::UnexpectedEnd, 2),
        ("1.e2", ErrorKind::BadNumber, 2),
        ("1e+", ErrorKind::UnexpectedEnd, 3),
        ("[1e]", ErrorKind::BadNumber, 3),
        ("\"", ErrorKind::UnexpectedEnd, 1),
        ("\"a\nb\"", ErrorKind::ControlCharacter, 2),
        ("\"\0\"", ErrorKind::ControlCharacter, 1),
        (r#""\x""#, ErrorKind::BadEscape, 2),
        (r#""\u12g4""#, ErrorKind::BadEscape, 5),
        (r#""\u12"#, ErrorKind::UnexpectedEnd, 5),
        (r#""\"#, ErrorKind::UnexpectedEnd, 2),
        ("[1,]", ErrorKind::UnexpectedByte, 3),
        ("[1", ErrorKind::UnexpectedEnd, 2),
        ("[1}", ErrorKind::UnexpectedByte, 2),
        ("{1:2}", ErrorKind::UnexpectedByte, 1),
        (r#"{"a"}"#, ErrorKind::UnexpectedByte, 4),
        (r#"{"a":}"#, ErrorKind::UnexpectedByte, 5),
        (r#"{"a":1,}"#, ErrorKind::UnexpectedByte, 7),
        (r#"{"a":1"#, ErrorKind::UnexpectedEnd, 6),
        ("'a'", ErrorKind::UnexpectedByte, 0),
    ];
    for (text, kind, offset) in table {
        let error = Raw::parse(text).expect_err(text);
        assert_eq!((error.kind, error.offset), (kind, offset), "{text:?}");
    }
}

#[test]
fn what_python_writes_for_numbers_that_json_does_not_have_is_null() {
    for text in ["NaN", "Infinity", "-Infinity", " NaN\n"] {
        let raw = Raw::parse(text).expect(text);
        assert_eq!(raw.kind(), Kind::Null, "{text}");
        assert!(raw.is_null() && raw.is_lax(), "{text}");
        assert_eq!(raw.to_json(), "null", "{text}");
        let nothing = (raw.number(), raw.integer(), raw.bool());
        assert_eq!(nothing, (None, None, None), "{text}");
        assert_eq!(raw.string(), None, "{text}");
    }
    let text =
        r#"{"NaN":NaN,"a":[-Infinity , -1,Infinity,"-Infinity, \"NaN"],"b":{"c":NaN},"d":-2.5e-3}"#;
    let json = r#"{"NaN":null,"a":[null , -1,null,"-Infinity, \"NaN"],"b":{"c":null},"d":-2.5e-3}"#;
    let raw = Raw::parse(text).expect("JSON");
    assert_eq!(raw.to_json(), json);
    assert_eq!(raw.to_text().to_json(), json);
    assert_eq!(raw.get("d").and_then(Raw::number), Some(-0.0025));
    let inner = raw.get("b").expect("b");
    assert_eq!(inner.to_json(), r#"{"c":null}"#);
    assert!(!Raw::parse(json).expect("JSON").is_lax());
}

#[test]
fn a_text_without_them_is_not_copied() {
    let text = r#"{"NaN":"Infinity","a":-1}"#;
    let raw = Raw::parse(text).expect("JSON");
    assert!(!raw.is_lax());
    assert!(matches!(raw.to_json(), std::borrow::Cow::Borrowed(same) if same == text));
}

#[test]
fn a_refusal_says_in_words_what_is_wrong_and_where() {
    let table = [
        (r#""\x""#, "unknown escape in a string at byte 2"),
        ("[01]", "malformed number at byte 2"),
        ("\"\n\"", "control character in a string at byte 1"),
        ("null,", "text after the value at byte 4"),
        ("?", "unexpected character at byte 0"),
        ("[", "unexpected end at byte 1"),
    ];
    for (text, words) in table {
        let error = Raw::parse(text).expect_err(text);
        assert_eq!(error.to_string(), words);
        assert_eq!(error.message(), words);
    }
    let error = Raw::parse(&"[".repeat(MAX_DEPTH + 1)).expect_err("too deep");
    assert_eq!(error.to_string(), "nested too deeply at byte 128");
}

#[test]
fn nests_as_deep_as_it_says() {
    for (open, close) in [("[", "]"), (r#"{"a":["#, "]}")] {
        let levels = MAX_DEPTH / open.matches(['[', '{']).count();
        let text = |levels| format!("{}1{}", open.repeat(levels), close.repeat(levels));
        assert!(Raw::parse(&text(levels)).is_ok());
        let error = Raw::parse(&text(levels + 1)).expect_err("too deep");
        assert_eq!(error.kind, ErrorKind::TooDeep);
    }
    let hostile = "[".repeat(1_000_000);
    assert_eq!(
        Raw::parse(&hostile).map_err(|error| error.kind),
        Err(ErrorKind::TooDeep)
    );
}

#[test]
fn walks_in_the_order_of_the_text() {
    let text = r#" {"a" :[1, "],}" , {"b":2} ],"\u0061":null , "c" : "\"" } "#;
    let raw = Raw::parse(text).expect("JSON");
    let members: Vec<_> = raw
        .members()
        .map(|(key, value)| (key, value.as_str()))
        .collect();
    let expected = [
        ("a", r#"[1, "],}" , {"b":2} ]"#),
        ("a", "null"),
        ("c", r#""\"""#),
    ];
    assert_eq!(members, expected.map(|(key, value)| (key.into(), value)));
    assert!(raw.get("a").expect("the last one").is_null());
    assert_eq!(raw.get("b"), None);
    let array = raw.members().next().expect("a member").1;
    let elements: Vec<_> = array.elements().map(Raw::as_str).collect();
    assert_eq!(elements, ["1", r#""],}""#, r#"{"b":2}"#]);
    assert_eq!(array.members().next(), None);
    assert_eq!(raw.elements().next(), None);
    assert_eq!(Raw::parse("\"[1]\"").expect("JSON").elements().next(), None);
}

#[test]
fn decodes_escapes() {
    let table = [
        (r#""plain é""#, "plain é"),
        (r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
        (r#""\u0041\u00e9\u20AC\ud834\udd1e""#, "Aé€𝄞"),
        (r#""\ud834""#, "\u{fffd}"),
        (r#""\udd1e\ud834x""#, "\u{fffd}\u{fffd}x"),
        (r#""\ud834\u0041""#, "\u{fffd}A"),
        (r#""\ud834\ud834\udd1e""#, "\u{fffd}𝄞"),
        (r#""\ud834\n""#, "\u{fffd}\n"),
    ];
    for (text, expected) in table {
        let raw = Raw::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(raw.string().as_deref(), Some(expected), "{text}");
    }
    assert_eq!(Raw::parse("1").expect("JSON").string(), None);
}

#[test]
fn writes_the_short_escapes_there_are_and_digits_for_the_rest() {
    let mut out = String::new();
    write_string(&mut out, "\"\\/\n\r\t\0\u{8}\u{f}\u{10}\u{1f}\u{7f}é𝄞");
    assert_eq!(
        out,
        concat!(
            r#""\"\\/\n\r\t\u0000\u0008\u000f\u0010\u001f"#,
            "\u{7f}é𝄞\""
        )
    );
}

#[test]
fn reads_integers_however_they_are_written() {
    let table = [
        ("0", Some(0)),
        ("-0", Some(0)),
        ("0.0e99", Some(0)),
        ("300.0", Some(300)),
        ("3e2", Some(300)),
        ("30000E-2", Some(300)),
        ("1.25e2", Some(125)),
        ("1.25e1", None),
        ("1e-1", None),
        ("9223372036854775807", Some(i64::MAX)),
        ("-9223372036854775808", Some(i64::MIN)),
        ("9223372036854775808", None),
        ("-9223372036854775809", None),
        ("1e18", Some(1_000_000_000_000_000_000)),
        ("1e19", None),
        ("9999999999999999999e19", None),
        ("1e999999999999999999999", None),
        ("0e999999999999999999999", Some(0)),
        ("1000000000000000000000000e-24", Some(1)),
        ("1.0000000000000000000000000", Some(1)),
        ("1.0000000000000000000000001", None),
        ("\"1\"", None),
        ("true", None),
        ("[1]", None),
        ("null", None),
    ];
    for (text, expected) in table {
        assert_eq!(Raw::parse(text).expect(text).integer(), expected, "{text}");
    }
}

#[test]
fn reads_numbers() {
    for text in [
        "0",
        "-0",
        "1",
        "-1",
        "0.1",
        "0.2",
        "3.14",
        "99.9",
        "1e22",
        "1e-22",
        "9007199254740992",
        "1763761531.106742",
        "123456789012345e-22",
        "123456789012345e22",
    ] {
        let value = Raw::parse(text).expect(text).number().expect(text);
        let expected: f64 = text.parse().expect(text);
        assert_eq!(value.to_bits(), expected.to_bits(), "{text}");
    }
    let zeros = "0".repeat(500);
    let long = format!("0.{zeros}1e501");
    assert_eq!(Raw::parse(&long).expect("JSON").number(), Some(1.0));
    assert_eq!(Raw::parse("1e-400").expect("JSON").number(), Some(0.0));
    assert_eq!(Raw::parse("5e-324").expect("JSON").number(), Some(5e-324));
    for text in [
        "1e309",
        "-1e309",
        "1e400",
        "1e99999999999999999999",
        "\"1\"",
        "true",
        "null",
    ] {
        assert_eq!(Raw::parse(text).expect(text).number(), None, "{text}");
    }
}
