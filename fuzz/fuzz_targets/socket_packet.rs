//! Any message is a packet or says why not; a packet encodes to something that decodes to it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use research_socket::socket::packet::{MAX_ATTACHMENTS, Packet, refusal};

fuzz_target!(|text: &str| {
    match Packet::decode(text) {
        Ok(packet) => {
            assert!(packet.attachments() <= MAX_ATTACHMENTS);
            if let Packet::ConnectError { data, .. } = packet {
                refusal(data);
            }
            let mut again = String::new();
            packet.encode(&mut again);
            assert_eq!(Packet::decode(&again), Ok(packet));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
