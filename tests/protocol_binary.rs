//! Binary packets of Socket.IO, version 5, and the attachments that follow them.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::expect_used, reason = "helpers of tests may panic")]

use research_socket::socket::binary::{BinaryError, LATE_ATTACHMENT_MS, Reassembler};
use research_socket::socket::packet::Packet;
use research_socket::time::Timestamp;

const NOW: Timestamp = Timestamp::from_millis(1_000_000);

/// Waits for the attachments of this packet.
fn start(reassembler: &mut Reassembler, text: &str) -> Result<(), BinaryError> {
    assert_eq!(reassembler.expire(NOW), Ok(()));
    reassembler.start(&Packet::decode(text).expect("a packet"), NOW)
}

#[test]
fn attachments_complete_their_packet() {
    let text = r#"52-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#;
    let packet = Packet::decode(text).expect("an event");
    let mut reassembler = Reassembler::default();
    assert_eq!(start(&mut reassembler, text), Ok(()));
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
    assert_eq!(start(&mut reassembler, r#"2["a"]"#), Ok(()));
    assert!(!reassembler.is_waiting());
}

#[test]
fn a_packet_whose_attachments_do_not_come_is_given_up_after_a_while_and_told_once() {
    let mut reassembler = Reassembler::default();
    assert_eq!(start(&mut reassembler, r#"62-1["a"]"#), Ok(()));
    assert_eq!(reassembler.handle_binary(vec![1]), Ok(None));
    let in_time = NOW.after(LATE_ATTACHMENT_MS);
    assert_eq!(reassembler.expire(in_time), Ok(()));
    assert!(reassembler.is_waiting());
    let error = reassembler.expire(in_time.after(1)).expect_err("too late");
    assert_eq!(
        error,
        BinaryError::Incomplete {
            received: 1,
            expected: 2
        }
    );
    let words = "of a packet's 2 attachments only 1 came";
    assert_eq!(error.to_string(), words);
    assert_eq!(reassembler.expire(in_time.after(1)), Ok(()));
}

#[test]
fn a_packet_between_another_and_its_attachments_goes_by() {
    let mut reassembler = Reassembler::default();
    let binary = r#"51-["a",{"_placeholder":true,"num":0}]"#;
    assert_eq!(start(&mut reassembler, binary), Ok(()));
    assert_eq!(start(&mut reassembler, r#"2["b"]"#), Ok(()));
    let complete = reassembler.handle_binary(vec![1]).expect("it waited");
    assert_eq!(complete.expect("all of them").attachments, [vec![1]]);
}

#[test]
fn of_two_packets_whose_attachments_are_mixed_neither_gets_those_of_the_other() {
    let two = r#"52-["a"]"#;
    let one = r#"51-["b"]"#;
    let mut reassembler = Reassembler::default();
    assert_eq!(start(&mut reassembler, two), Ok(()));
    assert_eq!(reassembler.handle_binary(vec![1]), Ok(None));
    assert_eq!(start(&mut reassembler, one), Err(BinaryError::Mixed));
    assert_eq!(start(&mut reassembler, one), Err(BinaryError::Mixed));
    assert!(!reassembler.is_waiting());
    for _ in 0..3 {
        assert_eq!(reassembler.handle_binary(vec![2]), Ok(None));
    }
    // All of theirs have come.
    assert_eq!(start(&mut reassembler, one), Ok(()));
    let complete = reassembler.handle_binary(vec![3]).expect("it waited");
    assert_eq!(complete.expect("all of them").attachments, [vec![3]]);
    // Those that never come are not waited for.
    assert_eq!(start(&mut reassembler, two), Ok(()));
    assert_eq!(start(&mut reassembler, one), Err(BinaryError::Mixed));
    let later = NOW.after(LATE_ATTACHMENT_MS + 1);
    assert_eq!(reassembler.expire(later), Ok(()));
    let packet = Packet::decode(one).expect("an event");
    assert_eq!(reassembler.start(&packet, later), Ok(()));
}

#[test]
fn attachments_have_a_bound() {
    let mut reassembler = Reassembler::default();
    let text = r#"52-["a"]"#;
    assert_eq!(start(&mut reassembler, text), Ok(()));
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
    assert_eq!(start(&mut reassembler, &text), Ok(()));
    let attachment = vec![0; 7 * 1024 * 1024];
    assert_eq!(
        reassembler.handle_binary(attachment),
        Err(BinaryError::TooLarge)
    );
}
