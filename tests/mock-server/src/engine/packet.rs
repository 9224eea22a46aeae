//! Decides how Engine.IO packets are written in the bodies of long-polling.
//!
//! A codec of its own on purpose: a peer that shared the client's codec would agree with its mistakes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub(crate) const SEPARATOR: char = '\x1e';

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Packet {
    Open(String),
    Close,
    Ping(String),
    Pong(String),
    Message(Message),
    Upgrade,
    Noop,
    /// Sent as it stands, for faults.
    Raw(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    Text(String),
    Binary(Vec<u8>),
}

/// Why a packet was not understood. The two are treated differently by python-engineio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecodeError {
    Malformed,
    UnknownType,
}

impl Packet {
    pub(crate) fn encode(&self) -> String {
        match self {
            Self::Open(data) => format!("0{data}"),
            Self::Close => "1".into(),
            Self::Ping(data) => format!("2{data}"),
            Self::Pong(data) => format!("3{data}"),
            Self::Message(Message::Text(text)) => format!("4{text}"),
            Self::Message(Message::Binary(bytes)) => format!("b{}", STANDARD.encode(bytes)),
            Self::Upgrade => "5".into(),
            Self::Noop => "6".into(),
            Self::Raw(text) => text.clone(),
        }
    }

    pub(crate) fn decode(text: &str) -> Result<Self, DecodeError> {
        let mut chars = text.chars();
        let data = |chars: std::str::Chars<'_>| chars.as_str().to_owned();
        match chars.next() {
            Some('0') => Ok(Self::Open(data(chars))),
            Some('1') => Ok(Self::Close),
            Some('2') => Ok(Self::Ping(data(chars))),
            Some('3') => Ok(Self::Pong(data(chars))),
            Some('4') => Ok(Self::Message(Message::Text(data(chars)))),
            Some('5') => Ok(Self::Upgrade),
            Some('6') => Ok(Self::Noop),
            Some('7'..='9') => Err(DecodeError::UnknownType),
            Some('b') => match STANDARD.decode(chars.as_str()) {
                Ok(bytes) => Ok(Self::Message(Message::Binary(bytes))),
                Err(_) => Err(DecodeError::Malformed),
            },
            Some(_) | None => Err(DecodeError::Malformed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packets_of_the_protocol_document_read_and_write_the_same() {
        let table = [
            ("0{\"sid\":\"x\"}", Packet::Open("{\"sid\":\"x\"}".into())),
            ("1", Packet::Close),
            ("2", Packet::Ping(String::new())),
            ("3probe", Packet::Pong("probe".into())),
            ("4hello", Packet::Message(Message::Text("hello".into()))),
            ("5", Packet::Upgrade),
            ("6", Packet::Noop),
            (
                "bAQIDBA==",
                Packet::Message(Message::Binary(vec![1, 2, 3, 4])),
            ),
        ];
        for (text, packet) in table {
            assert_eq!(Packet::decode(text).as_ref(), Ok(&packet));
            assert_eq!(packet.encode(), text);
        }
    }

    #[test]
    fn what_is_no_packet_is_told_apart_from_an_unknown_type() {
        for text in ["", "abc", "b***", "é"] {
            assert_eq!(Packet::decode(text), Err(DecodeError::Malformed), "{text}");
        }
        assert_eq!(Packet::decode("7x"), Err(DecodeError::UnknownType));
    }
}
