//! The tables of the Socket.IO protocol, version 5.
#![cfg(not(target_arch = "wasm32"))]

use research_socket::json::Raw;
use research_socket::socket::packet::{
    MAX_ACK_ID, MAX_ATTACHMENTS, MAX_REFUSAL_BYTES, Packet, PacketError, event_args,
    is_valid_namespace, refusal,
};

#[test]
fn packets_of_the_protocol_both_ways() {
    let placeholders = r#"["baz",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#;
    let table = [
        (
            "0",
            Packet::Connect {
                namespace: "/",
                data: None,
            },
        ),
        (
            r#"0/admin,{"sid":"oSO0OpakMV_3jnilAAAA"}"#,
            Packet::Connect {
                namespace: "/admin",
                data: Some(json(r#"{"sid":"oSO0OpakMV_3jnilAAAA"}"#)),
            },
        ),
        (
            r#"0{"token":"123"}"#,
            Packet::Connect {
                namespace: "/",
                data: Some(json(r#"{"token":"123"}"#)),
            },
        ),
        ("1", Packet::Disconnect { namespace: "/" }),
        (
            "1/admin,",
            Packet::Disconnect {
                namespace: "/admin",
            },
        ),
        (r#"2["foo"]"#, event("/", None, "foo", r#"["foo"]"#, 0)),
        (
            r#"2/admin,["bar"]"#,
            event("/admin", None, "bar", r#"["bar"]"#, 0),
        ),
        (
            r#"212["foo"]"#,
            event("/", Some(12), "foo", r#"["foo"]"#, 0),
        ),
        (
            r#"2/admin,1["tellme"]"#,
            event("/admin", Some(1), "tellme", r#"["tellme"]"#, 0),
        ),
        (
            r#"51-["baz",{"_placeholder":true,"num":0}]"#,
            event(
                "/",
                None,
                "baz",
                r#"["baz",{"_placeholder":true,"num":0}]"#,
                1,
            ),
        ),
        (
            r#"52-/admin,["baz",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#,
            event("/admin", None, "baz", placeholders, 2),
        ),
        (
            r#"51-14["foo",{"_placeholder":true,"num":0}]"#,
            event(
                "/",
                Some(14),
                "foo",
                r#"["foo",{"_placeholder":true,"num":0}]"#,
                1,
            ),
        ),
        ("312[]", ack("/", 12, "[]", 0)),
        (r#"3/admin,13["bar"]"#, ack("/admin", 13, r#"["bar"]"#, 0)),
        (
            r#"61-15["bar",{"_placeholder":true,"num":0}]"#,
            ack("/", 15, r#"["bar",{"_placeholder":true,"num":0}]"#, 1),
        ),
        (
            r#"61-/admin,1[{"_placeholder":true,"num":0}]"#,
            ack("/admin", 1, r#"[{"_placeholder":true,"num":0}]"#, 1),
        ),
        (
            r#"4{"message":"Not authorized"}"#,
            Packet::ConnectError {
                namespace: "/",
                data: Some(json(r#"{"message":"Not authorized"}"#)),
            },
        ),
        // python-socketio, for a namespace that it does not serve:
        (
            r#"4/zzz,"Unable to connect""#,
            Packet::ConnectError {
                namespace: "/zzz",
                data: Some(json(r#""Unable to connect""#)),
            },
        ),
        (
            "4",
            Packet::ConnectError {
                namespace: "/",
                data: None,
            },
        ),
    ];
    for (text, packet) in table {
        assert_eq!(Packet::decode(text).as_ref(), Ok(&packet), "{text}");
        assert_eq!(encoded(&packet), text);
    }
}

#[test]
fn what_differs_on_the_wire_may_mean_the_same() {
    let table = [
        ("0/admin", "0/admin,"),
        ("0/admin?token=1,", "0/admin,"),
        ("0/?token=1,{}", "0{}"),
        ("1/admin", "1/admin,"),
        ("1/,", "1"),
        ("2/,[\"a\"]", "2[\"a\"]"),
        ("2 [ \"a\" ]\n", "2[ \"a\" ]"),
        ("2007[\"a\"]", "27[\"a\"]"),
        ("501-[\"a\"]", "51-[\"a\"]"),
    ];
    for (text, usual) in table {
        assert_eq!(encoded(&Packet::decode(text).expect(text)), usual);
    }
}

#[test]
fn what_is_no_packet_says_why() {
    let table = [
        ("", PacketError::Empty),
        ("7", PacketError::UnknownType('7')),
        ("{}", PacketError::UnknownType('{')),
        ("é", PacketError::UnknownType('é')),
        ("0[]", PacketError::BadData),
        ("0\"x\"", PacketError::BadData),
        ("0null", PacketError::BadData),
        ("012", PacketError::BadData),
        ("1{}", PacketError::BadData),
        ("1/admin,{}", PacketError::BadData),
        ("2{}", PacketError::BadData),
        ("2\"foo\"", PacketError::BadData),
        ("2[]", PacketError::BadEventName),
        ("2[1]", PacketError::BadEventName),
        ("2[null,\"foo\"]", PacketError::BadEventName),
        ("2[\"connect\"]", PacketError::ReservedEventName),
        ("2[\"conn\\u0065ct\"]", PacketError::ReservedEventName),
        ("51-[\"disconnect\"]", PacketError::ReservedEventName),
        ("29007199254740992[\"a\"]", PacketError::BadId),
        ("299999999999999999999999[\"a\"]", PacketError::BadId),
        ("3[]", PacketError::BadId),
        ("3/admin,[]", PacketError::BadId),
        ("31{}", PacketError::BadData),
        ("5[\"a\"]", PacketError::BadAttachments),
        ("5-[\"a\"]", PacketError::BadAttachments),
        ("50-[\"a\"]", PacketError::BadAttachments),
        ("51.0-[\"a\"]", PacketError::BadAttachments),
        ("5[\"a-b\"]", PacketError::BadAttachments),
        ("5+1-[\"a\"]", PacketError::BadAttachments),
        ("511-[\"a\"]", PacketError::TooManyAttachments),
        (
            "599999999999999999999999-[\"a\"]",
            PacketError::TooManyAttachments,
        ),
        (
            "51-[\"a\",{\"_placeholder\":true,\"num\":1}]",
            PacketError::BadPlaceholder,
        ),
        (
            "51-[\"a\",{\"_placeholder\":true,\"num\":-1}]",
            PacketError::BadPlaceholder,
        ),
        (
            "51-[\"a\",[{\"b\":{\"_placeholder\":true}}]]",
            PacketError::BadPlaceholder,
        ),
        (
            "61-1[{\"_placeholder\":true,\"num\":\"0\"}]",
            PacketError::BadPlaceholder,
        ),
    ];
    for (text, error) in table {
        assert!(!error.to_string().is_empty());
        assert_eq!(Packet::decode(text), Err(error), "{text}");
    }
    for text in [
        "2",
        "2/admin,",
        "21",
        "2[\"a\"",
        "2[\"a\"]x",
        "2-1[\"a\"]",
        "0{",
        "4{",
        "31",
    ] {
        let error = Packet::decode(text).expect_err(text);
        assert!(matches!(error, PacketError::Json(_)), "{text}: {error}");
        assert!(
            error
                .to_string()
                .starts_with("a packet's data is not JSON: ")
        );
    }
}

#[test]
fn placeholders_of_a_plain_packet_are_plain_data() {
    let text = r#"2["a",{"_placeholder":true,"num":7}]"#;
    assert_eq!(Packet::decode(text).expect("an event").attachments(), 0);
    let text = r#"51-["a",{"_placeholder":false,"num":7}]"#;
    assert_eq!(Packet::decode(text).expect("an event").attachments(), 1);
}

#[test]
fn what_a_decoder_refuses_is_not_built() {
    let array = json(r#"["a"]"#);
    assert!(Packet::event("/", Some(MAX_ACK_ID), array, MAX_ATTACHMENTS).is_ok());
    let refused = |id, args, attachments| Packet::event("/", id, json(args), attachments);
    assert_eq!(
        refused(Some(MAX_ACK_ID + 1), "[\"a\"]", 0),
        Err(PacketError::BadId)
    );
    assert_eq!(
        refused(None, "[\"a\"]", 11),
        Err(PacketError::TooManyAttachments)
    );
    assert_eq!(
        refused(None, "[\"connect\"]", 0),
        Err(PacketError::ReservedEventName)
    );
    assert_eq!(refused(None, "{}", 0), Err(PacketError::BadData));
    assert_eq!(
        Packet::ack("/", MAX_ACK_ID + 1, array, 0),
        Err(PacketError::BadId)
    );
    assert_eq!(Packet::ack("/", 1, json("1"), 0), Err(PacketError::BadData));
}

#[test]
fn the_array_of_an_event_is_built_from_its_values() {
    assert_eq!(event_args("a\"b", &[]), r#"["a\"b"]"#);
    assert_eq!(event_args("a", &[json("1"), json(" {} ")]), r#"["a",1,{}]"#);
}

#[test]
fn a_refusal_has_words_in_either_form() {
    for (data, words) in [
        (
            r#"{"message":"Not authorized","data":{}}"#,
            Some("Not authorized"),
        ),
        (r#""Unable to connect""#, Some("Unable to connect")),
        (r#"{"message":1}"#, None),
        ("{}", None),
        ("[\"no\"]", None),
    ] {
        assert_eq!(refusal(Some(json(data))).as_deref(), words, "{data}");
    }
    assert_eq!(refusal(None), None);
}

#[test]
fn the_words_of_a_refusal_are_bounded() {
    for long in ["é".repeat(10_000), "\\n".repeat(10_000)] {
        let text = format!(r#"{{"message":"a{long}"}}"#);
        let words = refusal(Some(json(&text))).expect("words");
        assert!((MAX_REFUSAL_BYTES - 1..=MAX_REFUSAL_BYTES).contains(&words.len()));
    }
}

#[test]
fn what_stands_inside_a_placeholder_or_a_key_is_no_placeholder() {
    for (value, fits) in [
        (r#"{"_placeholder":true,"num":0}"#, true),
        (r#"{"_placeholder":true,"num":1}"#, false),
        (r#"{"_placeholder":true}"#, false),
        (r#"{"num":0,"_placeholder":true}"#, true),
        (r#"{"_placeholder":true,"num":7,"num":0}"#, true),
        (
            r#"{"_placeholder":true,"num":0,"x":{"_placeholder":true,"num":7}}"#,
            true,
        ),
        (
            r#"{"x":[{"y":{"_placeholder":true,"num":7}}],"z":1}"#,
            false,
        ),
        (r#"{"_placeholder":true,"num":{"num":0}}"#, false),
        (r#"{"_placeholder":[true],"num":7}"#, true),
        (r#"{"_placeholder":true,"_placeholder":{},"num":7}"#, true),
        (r#"["_placeholder",true,"num",7]"#, true),
        (r#"{"x":"_placeholder","true":"num"}"#, true),
    ] {
        let text = format!(r#"51-["a",{value}]"#);
        assert_eq!(Packet::decode(&text).is_ok(), fits, "{value}");
    }
}

#[test]
fn namespaces_that_cannot_be_encoded_are_told() {
    for namespace in ["/", "/admin", "/a/b", "/é"] {
        assert!(is_valid_namespace(namespace), "{namespace}");
    }
    for namespace in ["", "admin", "/a,b", "/a?b=c", "/a\x1e", "/a\nb", "/a\x7f"] {
        assert!(!is_valid_namespace(namespace), "{namespace}");
    }
}

fn json(text: &str) -> Raw<'_> {
    Raw::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn event<'a>(
    namespace: &'a str,
    id: Option<u64>,
    name: &'a str,
    args: &'a str,
    attachments: usize,
) -> Packet<'a> {
    Packet::Event {
        namespace,
        id,
        name: name.into(),
        args: json(args),
        attachments,
    }
}

fn ack<'a>(namespace: &'a str, id: u64, args: &'a str, attachments: usize) -> Packet<'a> {
    Packet::Ack {
        namespace,
        id,
        args: json(args),
        attachments,
    }
}

fn encoded(packet: &Packet<'_>) -> String {
    let mut text = String::new();
    packet.encode(&mut text);
    text
}
