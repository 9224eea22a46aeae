//! Binary packets of Socket.IO, version 5, and the attachments that follow them.
#![cfg(not(target_arch = "wasm32"))]

use research_socket::socket::binary::{BinaryError, Reassembler};
use research_socket::socket::packet::Packet;

#[test]
fn attachments_complete_their_packet() {
    let text = r#"52-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#;
    let packet = Packet::decode(text).expect("an event");
    let mut reassembler = Reassembler::default();
    assert_eq!(reassembler.interrupt(), Ok(()));
    reassembler.start(&packet);
    assert!(reassembler.is_waiting());
    assert_eq!(reassembler.handle_binary(vec![1]), Ok(None));
    let complete = reassembler
        .handle_binary(vec![])
        .expect("two")
        .expect("all of them");
    assert_eq!(complete.packet(), Ok(packet));
    assert_eq!(complete.attachments, [vec![1], vec![]]);
    assert!(!reassembler.is_waiting());
    assert_eq!(
        reassembler.handle_binary(vec![2]),
        Err(BinaryError::Unexpected)
    );
}

#[test]
fn a_plain_packet_waits_for_nothing() {
    let mut reassembler = Reassembler::default();
    reassembler.start(&Packet::decode(r#"2["a"]"#).expect("an event"));
    assert!(!reassembler.is_waiting());
}

#[test]
fn an_interrupted_packet_is_reported_once() {
    let mut reassembler = Reassembler::default();
    reassembler.start(&Packet::decode(r#"62-1["a"]"#).expect("an answer"));
    assert_eq!(reassembler.handle_binary(vec![1]), Ok(None));
    let error = reassembler.interrupt().expect_err("one was missing");
    assert_eq!(
        error,
        BinaryError::Interrupted {
            received: 1,
            expected: 2
        }
    );
    assert_eq!(error.to_string(), "a message came after 1 of 2 attachments");
    assert_eq!(reassembler.interrupt(), Ok(()));
}

#[test]
fn attachments_have_a_bound() {
    let mut reassembler = Reassembler::default();
    let text = r#"52-["a"]"#;
    reassembler.start(&Packet::decode(text).expect("an event"));
    assert_eq!(
        reassembler.handle_binary(vec![0; 16 * 1024 * 1024 - text.len()]),
        Ok(None)
    );
    // What it gives in place of an error is 16 MiB.
    let error = reassembler.handle_binary(vec![0]).err();
    assert_eq!(error, Some(BinaryError::TooLarge));
    assert!(!reassembler.is_waiting());
}

#[test]
fn the_text_of_a_packet_counts_too() {
    let mut reassembler = Reassembler::default();
    let text = format!(r#"52-["a","{}"]"#, "x".repeat(10 * 1024 * 1024));
    reassembler.start(&Packet::decode(&text).expect("an event"));
    let attachment = vec![0; 7 * 1024 * 1024];
    assert_eq!(
        reassembler.handle_binary(attachment),
        Err(BinaryError::TooLarge)
    );
}
