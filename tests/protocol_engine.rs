//! The tables of the Engine.IO protocol, version 4, in the form that long-polling gives them.
#![cfg(not(target_arch = "wasm32"))]

use proptest::collection::vec;
use proptest::prelude::*;
use research_socket::engine::handshake::{Handshake, HandshakeError, MAX_PING_MS, MAX_SID_BYTES};
use research_socket::engine::packet::{MAX_EXCERPT_CHARS, Packet, PacketError, excerpt};

#[test]
fn packets_of_the_protocol_both_ways() {
    let open = concat!(
        r#"0{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":["websocket"],"#,
        r#""pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#
    );
    let table = [
        (open, Packet::Open(handshake())),
        ("1", Packet::Close),
        ("2", Packet::Ping("".into())),
        ("2probe", Packet::Ping("probe".into())),
        ("3", Packet::Pong("".into())),
        ("3probe", Packet::Pong("probe".into())),
        ("4", Packet::Message("".into())),
        ("4hello", Packet::Message("hello".into())),
        ("4€", Packet::Message("€".into())),
        ("5", Packet::Upgrade),
        ("6", Packet::Noop),
        ("b", Packet::Binary(vec![])),
        ("bAQIDBA==", Packet::Binary(vec![1, 2, 3, 4])),
    ];
    for (text, packet) in table {
        assert_eq!(encoded(&packet), text);
        assert_eq!(packet.encoded_len(), text.len(), "{text}");
        assert_eq!(packet.clone().into_owned(), packet);
        assert_eq!(Packet::decode(text), Ok(packet));
    }
}

#[test]
fn what_is_no_packet_says_why() {
    let table = [
        ("", PacketError::Empty),
        ("7", PacketError::UnknownType('7')),
        ("B", PacketError::UnknownType('B')),
        ("OK", PacketError::UnknownType('O')),
        ("<!doctype html>", PacketError::UnknownType('<')),
        ("é", PacketError::UnknownType('é')),
        ("1bye", PacketError::UnexpectedData('1')),
        ("502 Bad Gateway", PacketError::UnexpectedData('5')),
        ("6 ", PacketError::UnexpectedData('6')),
        ("bA", PacketError::BadBase64),
        ("bAQIDBA=", PacketError::BadBase64),
        ("bAQIDBA===", PacketError::BadBase64),
        ("bAQI=BA==", PacketError::BadBase64),
        ("bAQ-_", PacketError::BadBase64),
        ("bAQID ", PacketError::BadBase64),
        ("b=", PacketError::BadBase64),
        ("b==", PacketError::BadBase64),
        ("bA===", PacketError::BadBase64),
    ];
    for (text, error) in table {
        assert!(!error.to_string().is_empty());
        assert_eq!(Packet::decode(text), Err(error), "{text}");
    }
}

#[test]
fn base64_without_padding_is_accepted() {
    for (text, bytes) in [
        ("b+/A=", vec![0xfb, 0xf0]),
        ("b+/A", vec![0xfb, 0xf0]),
        ("b+w==", vec![0xfb]),
        ("b+w", vec![0xfb]),
        // Bits that belong to no byte count for nothing, as for `atob`.
        ("b+x==", vec![0xfb]),
    ] {
        assert_eq!(Packet::decode(text), Ok(Packet::Binary(bytes)), "{text}");
    }
}

#[test]
fn a_handshake_takes_integral_numbers_and_needs_no_extras() {
    let decoded = |text| Handshake::decode(text).expect(text);
    let bare = decoded(r#"{"pingInterval":300.0,"pingTimeout":2e2,"sid":"x","other":[{}]}"#);
    let expected = Handshake {
        sid: "x".into(),
        upgrades: vec![],
        ping_interval_ms: 300,
        ping_timeout_ms: 200,
        max_payload: None,
    };
    assert_eq!(bare, expected);
    let odd = decoded(
        r#"{"sid":"x","pingInterval":300,"pingTimeout":200,"maxPayload":null,"upgrades":["a",1]}"#,
    );
    assert_eq!(
        odd,
        Handshake {
            upgrades: vec!["a".into()],
            ..expected
        }
    );
}

#[test]
fn a_handshake_keeps_few_and_short_transports() {
    let long = "x".repeat(33);
    let names = vec![format!(r#""{long}","websocket""#); 100_000].join(",");
    let text = format!(r#"{{"sid":"x","pingInterval":1,"pingTimeout":1,"upgrades":[{names}]}}"#);
    let handshake = Handshake::decode(&text).expect("it is usable");
    assert_eq!(handshake.upgrades, ["websocket"; 8]);
}

#[test]
fn a_handshake_out_of_range_says_which_member() {
    let refused = |sid: &str, interval: &str, timeout: &str, max: &str| {
        let text = format!(
            r#"{{"sid":{sid},"pingInterval":{interval},"pingTimeout":{timeout},"maxPayload":{max}}}"#
        );
        Handshake::decode(&text).expect_err(&text)
    };
    let long = format!("\"{}\"", "x".repeat(MAX_SID_BYTES + 1));
    for sid in ["1", "null", "\"\"", "[\"x\"]", &long] {
        assert_eq!(refused(sid, "1", "1", "1"), HandshakeError::Sid);
    }
    let longest = format!(
        "{{\"sid\":\"{}\",\"pingInterval\":0,\"pingTimeout\":{MAX_PING_MS}}}",
        "x".repeat(MAX_SID_BYTES)
    );
    assert!(Handshake::decode(&longest).is_ok());
    let day = (MAX_PING_MS + 1).to_string();
    // An interval of 0 is what python-engineio makes of a fraction of a second.
    assert_eq!(refused("\"x\"", "0", "0", "1"), HandshakeError::PingTimeout);
    for number in [
        "-1",
        "0.5",
        "1e300",
        "1e999",
        "\"25000\"",
        "\"NaN\"",
        "null",
        "true",
        &day,
    ] {
        assert_eq!(
            refused("\"x\"", number, "1", "1"),
            HandshakeError::PingInterval
        );
        assert_eq!(
            refused("\"x\"", "1", number, "1"),
            HandshakeError::PingTimeout
        );
    }
    for number in ["0", "-1", "1.5", "\"1\"", "true", "[]"] {
        assert_eq!(
            refused("\"x\"", "1", "1", number),
            HandshakeError::MaxPayload
        );
    }
    for text in ["", "[]", "{}", "{\"sid\":\"x\"", "null"] {
        assert!(Handshake::decode(text).is_err(), "{text}");
    }
}

#[test]
fn an_unusable_handshake_says_in_words_what_is_wrong() {
    let table = [
        ("{", "the handshake is not JSON: unexpected end at byte 1"),
        ("{}", "the handshake has no usable sid"),
        (r#"{"sid":"x"}"#, "the handshake has no usable pingInterval"),
        (
            r#"{"sid":"x","pingInterval":1}"#,
            "the handshake has no usable pingTimeout",
        ),
        (
            r#"{"sid":"x","pingInterval":1,"pingTimeout":1,"maxPayload":0}"#,
            "the handshake's maxPayload is not a positive number",
        ),
    ];
    for (text, words) in table {
        let error = Handshake::decode(text).expect_err(text);
        assert_eq!(error.to_string(), words);
        let packet = format!("0{text}");
        let error = Packet::decode(&packet).expect_err(text);
        assert_eq!(error.to_string(), words);
    }
}

#[test]
fn an_excerpt_is_short_and_printable() {
    // Of two bytes in UTF-8, and of four, which is the most.
    let long = ["é", "𝄞"].map(|c| c.repeat(MAX_EXCERPT_CHARS + 1));
    let exact = ["é", "𝄞"].map(|c| c.repeat(MAX_EXCERPT_CHARS));
    let cut = ["é", "𝄞"].map(|c| format!("{}…", c.repeat(MAX_EXCERPT_CHARS - 1)));
    let table: [(&[u8], &str); 8] = [
        (b"", ""),
        (b"a\0\x1b[1m\x7fb", "a\u{fffd}\u{fffd}[1m\u{fffd}b"),
        (b"a\xffb", "a\u{fffd}b"),
        (b"a\xe2\x82", "a\u{fffd}"),
        (exact[0].as_bytes(), &exact[0]),
        (exact[1].as_bytes(), &exact[1]),
        (long[0].as_bytes(), &cut[0]),
        (long[1].as_bytes(), &cut[1]),
    ];
    for (bytes, expected) in table {
        assert_eq!(excerpt(bytes), expected);
    }
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_the_same(packet in packet()) {
        let text = encoded(&packet);
        prop_assert_eq!(text.len(), packet.encoded_len());
        prop_assert_eq!(Packet::decode(&text), Ok(packet));
    }
}

fn handshake() -> Handshake {
    Handshake {
        sid: "lv_VI97HAXpY6yYWAAAC".into(),
        upgrades: vec!["websocket".into()],
        ping_interval_ms: 25_000,
        ping_timeout_ms: 20_000,
        max_payload: Some(1_000_000),
    }
}

fn encoded(packet: &Packet<'_>) -> String {
    let mut text = String::new();
    packet.encode(&mut text);
    text
}

fn packet() -> impl Strategy<Value = Packet<'static>> {
    let text = || any::<String>().prop_map(|text| text.replace('\x1e', "").into());
    let open = (
        ".{1,40}",
        // At most 32 bytes, as are kept.
        vec("\\PC{0,8}", 0..8),
        1..=MAX_PING_MS,
        1..=MAX_PING_MS,
        prop::option::of(1..=i64::MAX as u64),
    );
    prop_oneof![
        open.prop_map(
            |(sid, upgrades, ping_interval_ms, ping_timeout_ms, max_payload)| {
                Packet::Open(Handshake {
                    sid,
                    upgrades,
                    ping_interval_ms,
                    ping_timeout_ms,
                    max_payload,
                })
            }
        ),
        Just(Packet::Close),
        text().prop_map(Packet::Ping),
        text().prop_map(Packet::Pong),
        text().prop_map(Packet::Message),
        Just(Packet::Upgrade),
        Just(Packet::Noop),
        vec(any::<u8>(), 0..40).prop_map(Packet::Binary),
    ]
}
