//! Decides how Socket.IO packets are written. A codec of its own, for the reason given in `engine`.

use serde_json::Value;

use crate::bounds::MAX_ATTACHMENTS;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Connect,
    Disconnect,
    Event,
    Ack,
    ConnectError,
    BinaryEvent,
    BinaryAck,
}

/// Binary data stays as placeholders in `data`; the server never looks inside.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Packet {
    pub(crate) kind: Type,
    pub(crate) namespace: String,
    pub(crate) id: Option<u64>,
    pub(crate) data: Option<Value>,
    pub(crate) attachments: usize,
}

impl Packet {
    pub(crate) fn new(kind: Type, namespace: &str, data: Option<Value>) -> Self {
        Self {
            kind,
            namespace: namespace.to_owned(),
            id: None,
            data,
            attachments: 0,
        }
    }

    pub(crate) fn encode(&self) -> String {
        let mut text = char::from(b'0' + self.kind.digit()).to_string();
        if matches!(self.kind, Type::BinaryEvent | Type::BinaryAck) {
            text.push_str(&format!("{}-", self.attachments));
        }
        if self.namespace != "/" {
            text.push_str(&self.namespace);
            text.push(',');
        }
        if let Some(id) = self.id {
            text.push_str(&id.to_string());
        }
        if let Some(data) = &self.data {
            text.push_str(&data.to_string());
        }
        text
    }

    /// `None` for everything that the protocol document does not allow.
    pub(crate) fn decode(text: &str) -> Option<Self> {
        let mut rest = text.chars();
        let kind = Type::from_digit(rest.next()?)?;
        let mut rest = rest.as_str();
        let mut attachments = 0;
        if matches!(kind, Type::BinaryEvent | Type::BinaryAck) {
            let (count, after) = rest.split_once('-')?;
            attachments = count.parse().ok()?;
            if attachments > MAX_ATTACHMENTS {
                return None;
            }
            rest = after;
        }
        let mut namespace = "/";
        if rest.starts_with('/') {
            (namespace, rest) = rest.split_once(',').unwrap_or((rest, ""));
            // What follows a question mark is no part of the name.
            namespace = namespace.split('?').next()?;
        }
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (id, rest) = rest.split_at_checked(digits)?;
        let id = if id.is_empty() {
            None
        } else {
            Some(id.parse().ok()?)
        };
        let data: Option<Value> = if rest.is_empty() {
            None
        } else {
            Some(serde_json::from_str(rest).ok()?)
        };
        let fits = match kind {
            Type::Connect => data.as_ref().is_none_or(Value::is_object),
            Type::Disconnect => data.is_none(),
            Type::ConnectError => true,
            Type::Event | Type::BinaryEvent => data
                .as_ref()
                .and_then(Value::as_array)
                .and_then(|d| d.first())
                .is_some_and(Value::is_string),
            Type::Ack | Type::BinaryAck => {
                id.is_some() && data.as_ref().is_some_and(Value::is_array)
            }
        };
        let namespace = namespace.to_owned();
        fits.then_some(Self {
            kind,
            namespace,
            id,
            data,
            attachments,
        })
    }
}

impl Type {
    fn digit(self) -> u8 {
        match self {
            Self::Connect => 0,
            Self::Disconnect => 1,
            Self::Event => 2,
            Self::Ack => 3,
            Self::ConnectError => 4,
            Self::BinaryEvent => 5,
            Self::BinaryAck => 6,
        }
    }

    fn from_digit(digit: char) -> Option<Self> {
        match digit {
            '0' => Some(Self::Connect),
            '1' => Some(Self::Disconnect),
            '2' => Some(Self::Event),
            '3' => Some(Self::Ack),
            '4' => Some(Self::ConnectError),
            '5' => Some(Self::BinaryEvent),
            '6' => Some(Self::BinaryAck),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packets_of_the_protocol_document_survive_reading_and_writing() {
        for text in [
            "0",
            "0/admin,",
            r#"0{"sid":"oSO0OpakMV_3jnilAAAA"}"#,
            r#"0/admin,{"token":"123"}"#,
            r#"4{"message":"Not authorized"}"#,
            r#"4/zzz,"Unable to connect""#,
            "1/admin,",
            r#"2["foo"]"#,
            r#"2/admin,["bar"]"#,
            r#"212["foo"]"#,
            r#"3/admin,13["bar"]"#,
            r#"51-["baz",{"_placeholder":true,"num":0}]"#,
            r#"51-/admin,15["baz",{"_placeholder":true,"num":0}]"#,
            r#"61-15["bar",{"_placeholder":true,"num":0}]"#,
        ] {
            let packet = Packet::decode(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(packet.encode(), text);
        }
        assert_eq!(Packet::decode("0/custom").unwrap().namespace, "/custom");
        assert_eq!(
            Packet::decode("0/custom?a=b,{}").unwrap().namespace,
            "/custom"
        );
    }

    #[test]
    fn what_the_protocol_does_not_allow_is_no_packet() {
        for text in [
            "",
            "abc",
            "7",
            "2{}",
            "2[]",
            "2[1]",
            "2abc[\"a\"]",
            "5[\"a\"]",
            "3[1]",
            "0[]",
            "2[\"a\"",
        ] {
            assert_eq!(Packet::decode(text), None, "{text}");
        }
    }
}
