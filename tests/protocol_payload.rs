//! Several packets of Engine.IO, version 4, in one body.
#![cfg(not(target_arch = "wasm32"))]

use proptest::collection::vec;
use proptest::prelude::*;
use research_socket::engine::packet::{MAX_EXCERPT_CHARS, Packet, PacketError, excerpt};
use research_socket::engine::payload::{
    self, MAX_PACKETS_PER_ANSWER, MAX_PACKETS_PER_PAYLOAD, Malformed, SEPARATOR, TooLarge, fits,
    next_body,
};
use research_socket::queue::Queue;

#[test]
fn payloads_of_the_protocol_both_ways() {
    let table = [
        (
            "4hello\x1e2\x1e4world",
            vec![
                Packet::Message("hello".into()),
                Packet::Ping("".into()),
                Packet::Message("world".into()),
            ],
        ),
        (
            "4hello\x1ebAQIDBA==",
            vec![
                Packet::Message("hello".into()),
                Packet::Binary(vec![1, 2, 3, 4]),
            ],
        ),
    ];
    for (body, packets) in table {
        let decoded: Vec<_> = payload::decode(body.as_bytes())
            .map(Result::unwrap)
            .collect();
        assert_eq!(decoded, packets);
        let mut queue: Queue<_> = packets.into_iter().collect();
        let next = next_body(&mut queue, None).expect("fits").expect("packets");
        assert_eq!((next.text.as_str(), next.packets), (body, decoded.len()));
        assert_eq!(next_body(&mut queue, None), Ok(None));
    }
}

#[test]
fn a_bad_byte_costs_one_packet() {
    let parts: Vec<_> = payload::decode(b"4a\x1e\x1e4\xff\x1ex\xff\x1e4b\x1e").collect();
    let bad = |error, bytes| Err(Malformed { error, bytes });
    let expected = [
        Ok(Packet::Message("a".into())),
        bad(PacketError::Empty, b"".as_slice()),
        bad(PacketError::NotUtf8, b"4\xff"),
        bad(PacketError::NotUtf8, b"x\xff"),
        Ok(Packet::Message("b".into())),
        bad(PacketError::Empty, b""),
    ];
    assert_eq!(parts, expected);
    assert_eq!(payload::decode(b"").next(), None);
    let malformed = payload::decode(b"<html>\n")
        .next()
        .expect("a part")
        .expect_err("no packet");
    assert_eq!(
        malformed.to_string(),
        "unknown packet type <: <html>\u{fffd}"
    );
}

#[test]
fn a_body_has_at_most_sixteen_packets() {
    let mut queue: Queue<_> = (0..40).map(|n| message(&n.to_string())).collect();
    let mut sizes = vec![];
    while let Some(body) = next_body(&mut queue, Some(1_000)).expect("fits") {
        assert_eq!(payload::decode(body.text.as_bytes()).count(), body.packets);
        sizes.push(body.packets);
    }
    assert_eq!(sizes, [16, 16, 8]);
}

#[test]
fn a_body_has_at_most_the_bytes_that_the_server_takes() {
    // "4aa", a separator and "4€" are 3 + 1 + 4 bytes.
    let queue = Queue::from_iter([message("aa"), message("€"), message("b")]);
    for (limit, packets) in [(4, 1), (7, 1), (8, 2), (10, 2), (11, 3)] {
        let mut queue = queue.clone();
        let body = next_body(&mut queue, Some(limit))
            .expect("fits")
            .expect("packets");
        assert_eq!(body.packets, packets, "{limit}");
        assert_eq!(queue.len(), 3 - packets);
    }
}

#[test]
fn a_packet_that_is_too_large_is_handed_back_and_the_rest_goes_on() {
    let mut queue = Queue::from_iter([message("a"), message("12345678"), message("b")]);
    assert_eq!(body_text(&mut queue, 8), Ok("4a".into()));
    let error = body_text(&mut queue, 8).expect_err("too large");
    assert_eq!(
        error,
        TooLarge {
            packet: message("12345678"),
            len: 9,
            max_payload: 8
        }
    );
    assert_eq!(
        error.to_string(),
        "a packet of 9 bytes exceeds the 8 that the server takes"
    );
    assert_eq!(body_text(&mut queue, 8), Ok("4b".into()));
    assert!(fits(8, Some(8)) && !fits(9, Some(8)) && fits(usize::MAX, None));
}

proptest! {
    #[test]
    fn bodies_keep_every_packet_in_order(packets in vec(packet(), 0..60), limit in 1_u64..400) {
        let mut queue: Queue<_> = packets.iter().cloned().collect();
        let mut sent = vec![];
        loop {
            match next_body(&mut queue, Some(limit)) {
                Ok(Some(body)) => {
                    prop_assert!(body.packets <= MAX_PACKETS_PER_PAYLOAD);
                    prop_assert!(body.text.len() as u64 <= limit);
                    let decoded = payload::decode(body.text.as_bytes());
                    sent.extend(decoded.map(|packet| packet.unwrap().into_owned()));
                }
                Ok(None) => break,
                Err(error) => {
                    prop_assert!(error.len as u64 > limit);
                    sent.push(error.packet);
                }
            }
        }
        prop_assert_eq!(sent, packets);
    }

    #[test]
    fn decoding_is_total_and_loses_no_byte(body in body()) {
        let separators = body.iter().filter(|byte| **byte == SEPARATOR).count();
        let expected = if body.is_empty() { 0 } else { separators + 1 };
        prop_assert_eq!(payload::decode(&body).count(), expected);
        for part in payload::decode(&body) {
            match part {
                Ok(packet) => {
                    let text = encoded(&packet);
                    prop_assert_eq!(Packet::decode(&text), Ok(packet));
                }
                Err(malformed) => prop_assert!(!malformed.to_string().is_empty()),
            }
        }
        prop_assert!(excerpt(&body).chars().count() <= MAX_EXCERPT_CHARS);
    }
}

fn message(text: &str) -> Packet<'static> {
    Packet::Message(text.to_owned().into())
}

fn encoded(packet: &Packet<'_>) -> String {
    let mut text = String::new();
    packet.encode(&mut text);
    text
}

fn body_text(queue: &mut Queue<Packet<'static>>, limit: u64) -> Result<String, TooLarge> {
    Ok(next_body(queue, Some(limit))?.map_or(String::new(), |body| body.text))
}

fn packet() -> impl Strategy<Value = Packet<'static>> {
    prop_oneof![
        Just(Packet::Close),
        "[^\x1e]{0,30}".prop_map(|text| Packet::Ping(text.into())),
        "[^\x1e]{0,30}".prop_map(|text| Packet::Message(text.into())),
        vec(any::<u8>(), 0..40).prop_map(Packet::Binary),
    ]
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let nearly = prop::sample::select(b"0123456b\x1e{}\":=A\xe2\x82\xac".as_slice());
    prop_oneof![vec(any::<u8>(), 0..80), vec(nearly, 0..40)]
}

#[test]
fn what_follows_the_packets_that_an_answer_may_have_is_one_malformed_part() {
    let most = vec!["6"; MAX_PACKETS_PER_ANSWER].join("\x1e");
    assert!(payload::decode(most.as_bytes()).all(|packet| packet == Ok(Packet::Noop)));
    let more = [&most, "4a", "x"].join("\x1e");
    let mut parts = payload::decode(more.as_bytes()).skip(MAX_PACKETS_PER_ANSWER);
    let rest = Malformed {
        error: PacketError::TooMany,
        bytes: b"4a\x1ex",
    };
    assert_eq!(parts.next(), Some(Err(rest)));
    assert_eq!(parts.next(), None);
}
