//! Socket.IO protocol v5 packets: what an Engine.IO message holds.

mod parts;

use std::borrow::Cow;
use std::fmt;

use crate::json::{self, Kind, Raw};
use crate::text::push_decimal;
use parts::{optional, placeholders_fit, required, split_attachments, split_id, split_namespace};

/// The namespace that packets belong to when they name none.
pub const MAIN_NAMESPACE: &str = "/";

/// The most attachments one packet may announce: what socket.io's own parser allows by default.
/// Whoever announces more would make the client wait for, and keep, any number of bytes.
pub const MAX_ATTACHMENTS: usize = 10;

/// The largest acknowledgement id: 2^53 − 1, since JavaScript peers hold it as a number.
pub const MAX_ACK_ID: u64 = 9_007_199_254_740_991;

/// One packet (protocol, "Exchange protocol" and "Packet encoding").
///
/// The binary types 5 and 6 are events and acknowledgements with `attachments` above 0: that many
/// binary Engine.IO packets follow, and each belongs where `args` has
/// `{"_placeholder":true,"num":n}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet<'a> {
    /// `0`: the client asks for a namespace, the server grants it.
    Connect {
        /// Which namespace.
        namespace: &'a str,
        /// An object: from the client its credentials, from the server `{"sid": …}`.
        data: Option<Raw<'a>>,
    },
    /// `1`: the sender leaves the namespace.
    Disconnect {
        /// Which namespace.
        namespace: &'a str,
    },
    /// `2` or `5`: an event.
    Event {
        /// Which namespace.
        namespace: &'a str,
        /// If the sender wants an acknowledgement: its number, at most [`MAX_ACK_ID`].
        id: Option<u64>,
        /// The first element of `args`.
        name: Cow<'a, str>,
        /// The whole array, the name included.
        args: Raw<'a>,
        /// How many binary packets follow; at most [`MAX_ATTACHMENTS`].
        attachments: usize,
    },
    /// `3` or `6`: the answer to an event that asked for one.
    Ack {
        /// Which namespace.
        namespace: &'a str,
        /// The number that the event had, at most [`MAX_ACK_ID`].
        id: u64,
        /// The array of what is answered, possibly empty.
        args: Raw<'a>,
        /// How many binary packets follow; at most [`MAX_ATTACHMENTS`].
        attachments: usize,
    },
    /// `4`: the server refuses the namespace.
    ConnectError {
        /// Which namespace.
        namespace: &'a str,
        /// Why: an object with `message`, or with some servers a bare string. See
        /// [`refusal`].
        data: Option<Raw<'a>>,
    },
}

impl<'a> Packet<'a> {
    /// Reads the text of one Engine.IO message.
    ///
    /// The namespace is cut at its `?`, which very old clients send and no server uses.
    ///
    /// # Errors
    /// What is wrong with the text. The rest of the connection is not affected by it, except that
    /// the attachments of a refused binary packet will arrive without it.
    pub fn decode(text: &'a str) -> Result<Self, PacketError> {
        let mut chars = text.chars();
        let kind = chars.next().ok_or(PacketError::Empty)?;
        let mut rest = chars.as_str();
        let mut attachments = 0;
        if let '5' | '6' = kind {
            (attachments, rest) = split_attachments(rest)?;
        }
        let (namespace, rest) = split_namespace(rest);
        match kind {
            '0' => {
                let data = optional(rest)?;
                if data.is_some_and(|data| data.kind() != Kind::Object) {
                    return Err(PacketError::BadData);
                }
                Ok(Packet::Connect { namespace, data })
            }
            '1' if rest.is_empty() => Ok(Packet::Disconnect { namespace }),
            '1' => Err(PacketError::BadData),
            '2' | '5' => {
                let (id, rest) = split_id(rest);
                Packet::event(namespace, id, required(rest)?, attachments)
            }
            '3' | '6' => {
                let (id, rest) = split_id(rest);
                Packet::ack(
                    namespace,
                    id.ok_or(PacketError::BadId)?,
                    required(rest)?,
                    attachments,
                )
            }
            '4' => Ok(Packet::ConnectError {
                namespace,
                data: optional(rest)?,
            }),
            other => Err(PacketError::UnknownType(other)),
        }
    }

    /// An event whose array, the name included, is already serialised; see [`event_args`].
    ///
    /// # Errors
    /// When a decoder would refuse it: no array, no string in front, a reserved name, an id above
    /// [`MAX_ACK_ID`], or placeholders that do not fit the attachments.
    pub fn event(
        namespace: &'a str,
        id: Option<u64>,
        args: Raw<'a>,
        attachments: usize,
    ) -> Result<Self, PacketError> {
        check_args(args, id, attachments)?;
        let name = args
            .elements()
            .next()
            .and_then(Raw::string)
            .ok_or(PacketError::BadEventName)?;
        if is_reserved(&name) {
            return Err(PacketError::ReservedEventName);
        }
        Ok(Packet::Event {
            namespace,
            id,
            name,
            args,
            attachments,
        })
    }

    /// An acknowledgement whose array is already serialised.
    ///
    /// # Errors
    /// When a decoder would refuse it: no array, an id above [`MAX_ACK_ID`], or placeholders that
    /// do not fit the attachments.
    pub fn ack(
        namespace: &'a str,
        id: u64,
        args: Raw<'a>,
        attachments: usize,
    ) -> Result<Self, PacketError> {
        check_args(args, Some(id), attachments)?;
        Ok(Packet::Ack {
            namespace,
            id,
            args,
            attachments,
        })
    }

    /// Appends the packet to `out`. The namespace must be valid, see [`is_valid_namespace`].
    pub fn encode(&self, out: &mut String) {
        match self {
            Packet::Connect { namespace, data } => write(out, '0', 0, namespace, None, *data),
            Packet::Disconnect { namespace } => write(out, '1', 0, namespace, None, None),
            Packet::Event {
                namespace,
                id,
                args,
                attachments,
                name: _,
            } => {
                let kind = if *attachments > 0 { '5' } else { '2' };
                write(out, kind, *attachments, namespace, *id, Some(*args));
            }
            Packet::Ack {
                namespace,
                id,
                args,
                attachments,
            } => {
                let kind = if *attachments > 0 { '6' } else { '3' };
                write(out, kind, *attachments, namespace, Some(*id), Some(*args));
            }
            Packet::ConnectError { namespace, data } => write(out, '4', 0, namespace, None, *data),
        }
    }

    /// Which namespace the packet belongs to.
    pub fn namespace(&self) -> &'a str {
        match self {
            Packet::Connect { namespace, .. }
            | Packet::Disconnect { namespace }
            | Packet::Event { namespace, .. }
            | Packet::Ack { namespace, .. }
            | Packet::ConnectError { namespace, .. } => namespace,
        }
    }

    /// Whether its JSON has `NaN` or an infinity; see [`Raw::is_lax`].
    pub fn is_lax(&self) -> bool {
        let data = match self {
            Packet::Connect { data, .. } | Packet::ConnectError { data, .. } => *data,
            Packet::Event { args, .. } | Packet::Ack { args, .. } => Some(*args),
            Packet::Disconnect { .. } => None,
        };
        data.is_some_and(Raw::is_lax)
    }

    /// How many binary packets belong to this one and follow it.
    pub fn attachments(&self) -> usize {
        match self {
            Packet::Event { attachments, .. } | Packet::Ack { attachments, .. } => *attachments,
            Packet::Connect { .. } | Packet::Disconnect { .. } | Packet::ConnectError { .. } => 0,
        }
    }
}

/// The array of an event: the name, then the values.
pub fn event_args(name: &str, values: &[Raw<'_>]) -> String {
    let mut out = String::from("[");
    json::write_string(&mut out, name);
    for value in values {
        out.push(',');
        out.push_str(&value.to_json());
    }
    out.push(']');
    out
}

/// The most bytes that [`refusal`] gives: a few lines for a person.
pub const MAX_REFUSAL_BYTES: usize = 1_024;

/// The words of a refusal: the `message` of [`Packet::ConnectError`]'s data, or the bare string
/// that python-socketio sends for a namespace it does not serve. At most [`MAX_REFUSAL_BYTES`].
pub fn refusal<'a>(data: Option<Raw<'a>>) -> Option<Cow<'a, str>> {
    let data = data?;
    let words = data.get("message").unwrap_or(data).string()?;
    let end = words.floor_char_boundary(MAX_REFUSAL_BYTES);
    Some(match words {
        Cow::Borrowed(words) => Cow::Borrowed(words.get(..end)?),
        Cow::Owned(mut words) => {
            words.truncate(end);
            Cow::Owned(words)
        }
    })
}

/// The most bytes of JSON that [`refusal_data`] gives.
pub const MAX_REFUSAL_DATA_BYTES: usize = 16_384;

/// The `data` beside the message of a refusal, as JSON; `None` if there is none, or too much.
pub fn refusal_data(data: Option<Raw<'_>>) -> Option<String> {
    let data = data?.get("data")?.as_str();
    (data.len() <= MAX_REFUSAL_DATA_BYTES).then(|| data.to_owned())
}

/// Whether packets can name this namespace: it starts with `/`, and has no comma (which ends it, and
/// cannot be escaped), no `?` and no control characters (Engine.IO's separator is one).
pub fn is_valid_namespace(namespace: &str) -> bool {
    namespace.starts_with('/')
        && !namespace
            .bytes()
            .any(|byte| matches!(byte, b',' | b'?' | 0..=0x1f | 0x7f))
}

/// Whether the name has a meaning of its own in Socket.IO and cannot be an event's; the list is
/// that of socket.io's parser.
pub fn is_reserved(name: &str) -> bool {
    matches!(
        name,
        "connect"
            | "connect_error"
            | "disconnect"
            | "disconnecting"
            | "newListener"
            | "removeListener"
    )
}

fn write(
    out: &mut String,
    kind: char,
    attachments: usize,
    namespace: &str,
    id: Option<u64>,
    data: Option<Raw<'_>>,
) {
    out.push(kind);
    if attachments > 0 {
        push_decimal(out, attachments as u64);
        out.push('-');
    }
    if namespace != MAIN_NAMESPACE {
        out.push_str(namespace);
        out.push(',');
    }
    if let Some(id) = id {
        push_decimal(out, id);
    }
    if let Some(data) = data {
        out.push_str(&data.to_json());
    }
}

fn check_args(args: Raw<'_>, id: Option<u64>, attachments: usize) -> Result<(), PacketError> {
    if args.kind() != Kind::Array {
        return Err(PacketError::BadData);
    }
    if id.is_some_and(|id| id > MAX_ACK_ID) {
        return Err(PacketError::BadId);
    }
    if attachments > MAX_ATTACHMENTS {
        return Err(PacketError::TooManyAttachments);
    }
    if attachments > 0 && !placeholders_fit(args, attachments) {
        return Err(PacketError::BadPlaceholder);
    }
    Ok(())
}

/// Why a text is no Socket.IO packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PacketError {
    /// A binary packet without the number of its attachments and a `-`.
    BadAttachments,
    /// The JSON is none that this type of packet may have.
    BadData,
    /// The event's array does not start with a string.
    BadEventName,
    /// An acknowledgement without id, or an id above [`MAX_ACK_ID`].
    BadId,
    /// A placeholder names an attachment that is not announced.
    BadPlaceholder,
    /// There is no text.
    Empty,
    /// What should be JSON is none.
    Json(json::Error),
    /// The event has a name that Socket.IO keeps for itself; see [`is_reserved`].
    ReservedEventName,
    /// More than [`MAX_ATTACHMENTS`].
    TooManyAttachments,
    /// It starts with a character that is no packet type.
    UnknownType(char),
}

impl PacketError {
    /// What is wrong, in words.
    pub fn message(&self) -> String {
        let words = match self {
            Self::BadAttachments => "a binary packet does not say how many attachments it has",
            Self::BadData => "a packet has data that its type cannot have",
            Self::BadEventName => "an event without a name",
            Self::BadId => "a packet has no usable acknowledgement id",
            Self::BadPlaceholder => "a placeholder names an attachment that is not announced",
            Self::Empty => "an empty message",
            Self::Json(error) => {
                return ["a packet's data is not JSON: ", &error.message()].concat();
            }
            Self::ReservedEventName => "an event has a reserved name",
            Self::TooManyAttachments => "a packet announces too many attachments",
            Self::UnknownType(kind) => {
                let mut words = "unknown message type ".to_owned();
                words.push(*kind);
                return words;
            }
        };
        words.to_owned()
    }
}

impl fmt::Display for PacketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for PacketError {}
