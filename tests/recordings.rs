//! Traffic of a real server, recorded: every byte of it must decode, and encode to itself again.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "helpers of tests may panic"
)]

use std::fs;
use std::path::{Path, PathBuf};

use research_socket::engine::{packet as engine, payload};
use research_socket::json::Raw;
use research_socket::socket::packet as socket;

/// The opcode of text in RFC 6455; the other one in the recordings closes.
const TEXT_FRAME: i64 = 1;

#[test]
fn a_real_research_gives_exactly_its_packets() {
    let mut packets = String::new();
    for path in recordings(&kept(), "real-", ".res.body") {
        for packet in payload::decode(&read(&path)) {
            packet.expect("a packet").encode(&mut packets);
            packets.push('\n');
        }
    }
    let expected = String::from_utf8(read(&kept().join("real-all-packets.txt"))).expect("UTF-8");
    // The handshake is the one packet whose JSON is read into a value and written anew.
    let (handshake, rest) = packets.split_once('\n').expect("lines");
    let (expected_handshake, expected_rest) = expected.split_once('\n').expect("lines");
    assert_eq!(rest, expected_rest);
    assert_eq!(
        engine::Packet::decode(handshake),
        engine::Packet::decode(expected_handshake)
    );
}

#[test]
fn every_body_decodes() {
    assert_eq!(check_bodies(&kept()), 407);
}

#[test]
fn every_message_of_a_websocket_decodes() {
    assert_eq!(check_messages(&kept()), 150);
}

/// Checks every polling body in the folder; gives how many packets there were.
fn check_bodies(folder: &Path) -> usize {
    let mut count = 0;
    for path in recordings(folder, "", ".body") {
        let body = read(&path);
        if body == b"OK" {
            // The answer to a POST has no packets.
            continue;
        }
        for part in payload::decode(&body) {
            let packet = part.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            check(packet);
            count += 1;
        }
        assert_encodes_to(&body);
    }
    count
}

/// Checks every message of the WebSocket sessions in the folder; gives how many there were.
fn check_messages(folder: &Path) -> usize {
    let mut count = 0;
    for path in recordings(folder, "", ".jsonl") {
        let lines = String::from_utf8(read(&path)).expect("UTF-8");
        for line in lines.lines() {
            let message = Raw::parse(line).expect("JSON");
            if message.get("op").and_then(Raw::integer) != Some(TEXT_FRAME) {
                continue;
            }
            let text = message.get("text").and_then(Raw::string).expect("a text");
            check(engine::Packet::decode(&text).unwrap_or_else(|error| panic!("{text}: {error}")));
            count += 1;
        }
    }
    count
}

fn check(packet: engine::Packet<'_>) {
    if let engine::Packet::Message(text) = packet {
        let packet = socket::Packet::decode(&text).expect("a Socket.IO packet");
        let mut again = String::new();
        packet.encode(&mut again);
        assert_eq!(again, text);
    }
}

fn assert_encodes_to(body: &[u8]) {
    let packets: Vec<_> = payload::decode(body).map(Result::unwrap).collect();
    if let [engine::Packet::Open(_)] = packets.as_slice() {
        return;
    }
    let mut again = String::new();
    for packet in packets {
        if !again.is_empty() {
            again.push(char::from(payload::SEPARATOR));
        }
        packet.encode(&mut again);
    }
    assert_eq!(again.as_bytes(), body);
}

/// The files of a folder, in the order of their names, which is that of time.
fn recordings(folder: &Path, prefix: &str, suffix: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with(prefix) && name.ends_with(suffix)
        })
        .collect();
    paths.sort();
    paths
}

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings")
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
