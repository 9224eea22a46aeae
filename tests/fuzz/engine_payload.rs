//! Any body gives packets and errors, and the same however it is cut; what decoded encodes to something
//! that decodes to the same; attachments are put together or refused.

use research_socket::engine::packet::{MAX_EXCERPT_CHARS, Packet, excerpt};
use research_socket::engine::payload::{Decoder, decode, next_body};
use research_socket::queue::Queue;
use research_socket::socket::binary::{MAX_ATTACHMENT_BYTES, Reassembler};
use research_socket::socket::packet;
use research_socket::time::Timestamp;

pub(crate) fn run(body: &[u8]) {
    let mut packets = Queue::new();
    for part in decode(body) {
        match part {
            Ok(packet) => packets.push_back(packet.into_owned()),
            Err(malformed) => assert!(!malformed.to_string().is_empty()),
        }
    }
    cut(body);
    assert!(excerpt(body).chars().count() <= MAX_EXCERPT_CHARS);
    put_together(&packets);

    let limit = body.first().map(|byte| u64::from(*byte));
    let mut expected = packets.clone();
    loop {
        match next_body(&mut packets, limit) {
            Ok(Some(next)) => {
                for packet in decode(next.text.as_bytes()) {
                    assert_eq!(packet.ok(), expected.pop_front());
                }
            }
            Ok(None) => break,
            Err(error) => assert_eq!(Some(error.packet), expected.pop_front()),
        }
    }
    assert!(expected.is_empty());
}

/// The same in pieces, whose lengths are the bytes of the body itself, one after another.
fn cut(body: &[u8]) {
    let mut decoder = Decoder::default();
    let mut whole = decode(body);
    let mut rest = body;
    for length in body.iter().map(|byte| usize::from(byte % 32)) {
        let (mut piece, after) = rest.split_at(length.min(rest.len()));
        rest = after;
        while let Some(part) = decoder.next(&mut piece) {
            assert_eq!(Some(part), whole.next());
        }
    }
    while let Some(part) = decoder.next(&mut rest) {
        assert_eq!(Some(part), whole.next());
    }
    assert_eq!(decoder.finish(), whole.next());
    assert_eq!(whole.next(), None);
    assert!(!decoder.has_begun());
}

/// What the packets of a connection become.
fn put_together(packets: &Queue<Packet<'_>>) {
    let mut reassembler = Reassembler::default();
    let mut now = Timestamp::default();
    for packet in packets.iter() {
        match packet {
            Packet::Message(text) => {
                now = now.after(u64::from(text.len() > 20) * 4_000);
                let was_waiting = reassembler.is_waiting();
                let is_late = reassembler.expire(now).is_err();
                assert_eq!(is_late, was_waiting && !reassembler.is_waiting());
                if let Ok(packet) = packet::Packet::decode(text) {
                    let was_waiting = reassembler.is_waiting();
                    let started = reassembler.start(&packet, now);
                    let waits = match packet.attachments() {
                        0 => was_waiting,
                        _ => started.is_ok(),
                    };
                    assert_eq!(reassembler.is_waiting(), waits);
                }
            }
            Packet::Binary(bytes) => {
                if let Ok(Some(complete)) = reassembler.handle_binary(bytes.clone()) {
                    let count = complete.attachments.len();
                    assert_eq!(
                        complete.packet().map(|packet| packet.attachments()),
                        Ok(count)
                    );
                    let bytes: usize = complete.attachments.iter().map(Vec::len).sum();
                    assert!(bytes <= MAX_ATTACHMENT_BYTES);
                }
            }
            _ => {}
        }
    }
}
