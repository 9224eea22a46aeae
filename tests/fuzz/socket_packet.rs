//! Any message is a packet or says why not; a packet encodes to something that decodes to it.

use research_socket::socket::packet::{MAX_ATTACHMENTS, Packet, refusal};

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match Packet::decode(text) {
        Ok(packet) => {
            assert!(packet.attachments() <= MAX_ATTACHMENTS);
            if let Packet::ConnectError { data, .. } = &packet {
                refusal(*data);
            }
            let mut again = String::new();
            packet.encode(&mut again);
            assert_eq!(Packet::decode(&again), Ok(packet));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
