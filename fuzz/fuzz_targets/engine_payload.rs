//! Any body gives packets and errors; what decoded encodes to something that decodes to the same.
#![no_main]

use std::collections::VecDeque;

use libfuzzer_sys::fuzz_target;
use research_socket::engine::packet::{MAX_EXCERPT_CHARS, excerpt};
use research_socket::engine::payload::{decode, next_body};

fuzz_target!(|body: &[u8]| {
    let mut packets = VecDeque::new();
    for part in decode(body) {
        match part {
            Ok(packet) => packets.push_back(packet.into_owned()),
            Err(malformed) => assert!(!malformed.to_string().is_empty()),
        }
    }
    assert!(excerpt(body).chars().count() <= MAX_EXCERPT_CHARS);

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
});
