//! Any packet of Socket.IO survives the wire, and any text is a packet or says why not.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use proptest::collection::vec;
use proptest::prelude::*;
use research_socket::json::Raw;
use research_socket::socket::packet::{
    MAX_ACK_ID, MAX_ATTACHMENTS, Packet, event_args, is_reserved, is_valid_namespace,
};

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_the_same(parts in parts()) {
        let (namespace, id, name, values, attachments) = parts;
        let values: Vec<_> = values.iter().map(|value| json(value)).collect();
        let args = event_args(&name, &values);
        let (args, data) = (json(&args), json("{\"a\":[1]}"));
        let namespace = namespace.as_str();
        let mut packets = vec![
            Packet::Connect { namespace, data: None },
            Packet::Connect { namespace, data: Some(data) },
            Packet::Disconnect { namespace },
            Packet::ack(namespace, id.unwrap_or(0), args, attachments).unwrap(),
            Packet::ConnectError { namespace, data: None },
        ];
        packets.extend(values.iter().map(|value| Packet::ConnectError { namespace, data: Some(*value) }));
        match Packet::event(namespace, id, args, attachments) {
            Ok(event) => packets.push(event),
            Err(error) => prop_assert!(is_reserved(&name), "{}", error),
        }
        for packet in packets {
            prop_assert_eq!(packet.namespace(), namespace);
            let text = encoded(&packet);
            prop_assert_eq!(Packet::decode(&text), Ok(packet));
        }
    }

    #[test]
    fn decoding_is_total(text in packetish()) {
        match Packet::decode(&text) {
            Ok(packet) => {
                let again = encoded(&packet);
                prop_assert!(packet.attachments() <= MAX_ATTACHMENTS);
                prop_assert!(is_valid_namespace(packet.namespace()) || packet.namespace().contains(char::is_control));
                prop_assert_eq!(Packet::decode(&again), Ok(packet));
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}

fn json(text: &str) -> Raw<'_> {
    Raw::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn encoded(packet: &Packet<'_>) -> String {
    let mut text = String::new();
    packet.encode(&mut text);
    text
}

fn parts() -> impl Strategy<Value = (String, Option<u64>, String, Vec<String>, usize)> {
    let namespace = any::<String>().prop_map(|mut name| {
        name.retain(|c| is_valid_namespace(&format!("/{c}")));
        format!("/{name}")
    });
    let value = prop_oneof![
        any::<i64>().prop_map(|value| value.to_string()),
        any::<String>().prop_map(|value| serde_json::to_string(&value).unwrap()),
        Just("{\"a\":[null,true]}".to_owned()),
    ];
    let name = prop_oneof![any::<String>(), Just("disconnecting".to_owned())];
    (
        namespace,
        prop::option::of(0..=MAX_ACK_ID),
        name,
        vec(value, 0..4),
        0..=MAX_ATTACHMENTS,
    )
}

fn packetish() -> impl Strategy<Value = String> {
    let tokens = prop::sample::select(vec![
        "0",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "-",
        "/",
        "/a",
        "?",
        ",",
        "[",
        "]",
        "{",
        "}",
        "\"a\"",
        ":",
        "\"_placeholder\":true",
        "\"num\":0",
        "[\"a\"]",
        "12",
        "\"connect\"",
        " ",
        "é",
        "\u{1}",
    ]);
    prop_oneof![
        any::<String>(),
        vec(tokens, 0..10).prop_map(|tokens| tokens.concat())
    ]
}
