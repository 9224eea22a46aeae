//! Several packets of Engine.IO, version 4, in one body.
#![cfg(not(target_arch = "wasm32"))]

use proptest::collection::vec;
use proptest::prelude::*;
use research_socket::engine::packet::{MAX_EXCERPT_CHARS, Packet, PacketError, excerpt};
use research_socket::engine::payload::{
    self, Decoder, MAX_PACKET_BYTES, MAX_PACKETS_PER_PAYLOAD, Malformed, SEPARATOR, TooLarge, fits,
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

/// What comes of a body that is cut at these places: packets, and what is no packet as its words.
fn in_pieces(
    decoder: &mut Decoder,
    body: &[u8],
    cuts: &[usize],
) -> Vec<Result<Packet<'static>, String>> {
    let mut parts = Vec::new();
    let owned = |part: Result<Packet<'_>, Malformed<'_>>| match part {
        Ok(packet) => Ok(packet.into_owned()),
        Err(malformed) => Err(malformed.message()),
    };
    let mut start = 0;
    for end in cuts.iter().copied().chain([body.len()]) {
        let end = end.clamp(start, body.len());
        let mut piece = body.get(start..end).unwrap_or_default();
        while let Some(part) = decoder.next(&mut piece) {
            parts.push(owned(part));
        }
        assert!(piece.is_empty());
        start = end;
    }
    assert_eq!(decoder.has_begun(), !body.is_empty());
    parts.extend(decoder.finish().map(owned));
    parts
}

proptest! {
    #[test]
    fn however_bodies_are_cut_their_packets_are_the_same(
        bodies in vec((body(), vec(0_usize..80, 0..6)), 1..4),
    ) {
        let mut decoder = Decoder::default();
        for (body, mut cuts) in bodies {
            cuts.sort_unstable();
            let whole: Vec<_> = payload::decode(&body)
                .map(|part| part.map(Packet::into_owned).map_err(|malformed| malformed.message()))
                .collect();
            prop_assert_eq!(in_pieces(&mut decoder, &body, &cuts), whole);
        }
    }
}

#[test]
fn a_packet_that_is_too_large_costs_itself_and_its_beginning_is_kept() {
    let large = "4".repeat(MAX_PACKET_BYTES + 1);
    let largest = "4".repeat(MAX_PACKET_BYTES);
    let largest = largest.as_str();
    let body = [largest, &large, "6"].join("\x1e");
    let every = |step: usize| (0..body.len()).step_by(step).collect::<Vec<_>>();
    for cuts in [
        vec![],
        every(1 << 20),
        vec![MAX_PACKET_BYTES + 1, 2 * MAX_PACKET_BYTES + 2],
    ] {
        let parts = in_pieces(&mut Decoder::default(), body.as_bytes(), &cuts);
        let [Ok(Packet::Message(first)), Err(words), Ok(Packet::Noop)] = parts.as_slice() else {
            panic!("{} parts", parts.len());
        };
        assert_eq!(first.len(), MAX_PACKET_BYTES - 1);
        let expected = format!("a packet of more than 16 MiB: {}…", "4".repeat(59));
        assert_eq!(*words, expected);
    }
}

#[test]
fn what_follows_a_packet_that_is_too_large_is_dropped_until_its_end() {
    let mut decoder = Decoder::default();
    let mebibyte = vec![b'4'; 1 << 20];
    for _ in 0..20 {
        let mut piece = mebibyte.as_slice();
        assert!(decoder.next(&mut piece).is_none());
    }
    assert!(decoder.is_skipping());
    let mut piece = b"4\x1e2\x1e".as_slice();
    let malformed = decoder.next(&mut piece).unwrap().unwrap_err();
    assert_eq!(
        (malformed.error, malformed.bytes.len()),
        (PacketError::TooLarge, 256)
    );
    assert!(!decoder.is_skipping());
    assert_eq!(decoder.next(&mut piece), Some(Ok(Packet::Ping("".into()))));
}
