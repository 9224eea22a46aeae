//! Engine.IO protocol v4 packets in the form they have on long-polling; on a WebSocket only binary ones have another.

use std::borrow::Cow;
use std::fmt;

use super::base64;
use super::handshake::{Handshake, HandshakeError};

/// One packet (protocol, "Protocol" and "Packet encoding"). Texts borrow from what was decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet<'a> {
    /// `0`: the session is open.
    Open(Handshake),
    /// `1`: the sender ends the session.
    Close,
    /// `2`: the server asks whether the client is there; to be answered by a [`Packet::Pong`] with
    /// the same text.
    Ping(Cow<'a, str>),
    /// `3`: the answer to a ping.
    Pong(Cow<'a, str>),
    /// `4`: text for the layer above, which is Socket.IO.
    Message(Cow<'a, str>),
    /// `5`: the end of a change of transport.
    Upgrade,
    /// `6`: nothing; it only ends a poll.
    Noop,
    /// `b` and base64: bytes for the layer above.
    Binary(Vec<u8>),
}

impl<'a> Packet<'a> {
    /// Reads one packet, without separators.
    ///
    /// # Errors
    /// When the type is unknown, or what follows does not fit the type.
    pub fn decode(text: &'a str) -> Result<Self, PacketError> {
        let mut chars = text.chars();
        let Some(kind) = chars.next() else {
            return Err(PacketError::Empty);
        };
        let data = chars.as_str();
        let bare = match kind {
            '0' => {
                return match Handshake::decode(data) {
                    Ok(handshake) => Ok(Packet::Open(handshake)),
                    Err(reason) => Err(PacketError::BadHandshake(reason)),
                };
            }
            '1' => Packet::Close,
            '2' => return Ok(Packet::Ping(Cow::Borrowed(data))),
            '3' => return Ok(Packet::Pong(Cow::Borrowed(data))),
            '4' => return Ok(Packet::Message(Cow::Borrowed(data))),
            '5' => Packet::Upgrade,
            '6' => Packet::Noop,
            'b' => {
                return base64::decode(data)
                    .map(Packet::Binary)
                    .ok_or(PacketError::BadBase64);
            }
            other => return Err(PacketError::UnknownType(other)),
        };
        // "502 Bad Gateway" must not read as an upgrade.
        if data.is_empty() {
            Ok(bare)
        } else {
            Err(PacketError::UnexpectedData(kind))
        }
    }

    /// Appends the packet to `out`.
    ///
    /// A text must not contain the separator U+001E: the protocol has no escape for it, so it would
    /// become two packets. JSON never contains it unescaped.
    pub fn encode(&self, out: &mut String) {
        out.push(match self {
            Packet::Open(_) => '0',
            Packet::Close => '1',
            Packet::Ping(_) => '2',
            Packet::Pong(_) => '3',
            Packet::Message(_) => '4',
            Packet::Upgrade => '5',
            Packet::Noop => '6',
            Packet::Binary(_) => 'b',
        });
        match self {
            Packet::Open(handshake) => handshake.encode(out),
            Packet::Ping(text) | Packet::Pong(text) | Packet::Message(text) => out.push_str(text),
            Packet::Binary(bytes) => base64::encode(out, bytes),
            Packet::Close | Packet::Upgrade | Packet::Noop => {}
        }
    }

    /// How many bytes of UTF-8 [`Packet::encode`] appends.
    pub fn encoded_len(&self) -> usize {
        let data = match self {
            Packet::Open(handshake) => {
                let mut text = String::new();
                handshake.encode(&mut text);
                text.len()
            }
            Packet::Ping(text) | Packet::Pong(text) | Packet::Message(text) => text.len(),
            Packet::Binary(bytes) => base64::encoded_len(bytes.len()),
            Packet::Close | Packet::Upgrade | Packet::Noop => 0,
        };
        data.saturating_add(1)
    }

    /// The same packet, borrowing from nothing.
    pub fn into_owned(self) -> Packet<'static> {
        match self {
            Packet::Open(handshake) => Packet::Open(handshake),
            Packet::Close => Packet::Close,
            Packet::Ping(text) => Packet::Ping(Cow::Owned(text.into_owned())),
            Packet::Pong(text) => Packet::Pong(Cow::Owned(text.into_owned())),
            Packet::Message(text) => Packet::Message(Cow::Owned(text.into_owned())),
            Packet::Upgrade => Packet::Upgrade,
            Packet::Noop => Packet::Noop,
            Packet::Binary(bytes) => Packet::Binary(bytes),
        }
    }
}

/// Why something is no Engine.IO packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PacketError {
    /// A binary packet holds something other than base64.
    BadBase64,
    /// An `open` packet without a usable handshake.
    BadHandshake(HandshakeError),
    /// There is nothing between two separators.
    Empty,
    /// The bytes are not UTF-8.
    NotUtf8,
    /// It has more than [`MAX_PACKET_BYTES`](super::payload::MAX_PACKET_BYTES): this is its beginning.
    TooLarge,
    /// Data after a packet of this type, which has none: `1`, `5` or `6`.
    UnexpectedData(char),
    /// It starts with a character that is no packet type; a `<` usually starts a proxy's HTML page.
    UnknownType(char),
}

impl PacketError {
    /// What is wrong, in words.
    pub fn message(&self) -> String {
        let (words, kind) = match self {
            Self::BadBase64 => ("a binary packet is not base64", None),
            Self::BadHandshake(reason) => return reason.message(),
            Self::Empty => ("an empty packet", None),
            Self::NotUtf8 => ("a packet is not UTF-8", None),
            Self::TooLarge => ("a packet of more than 16 MiB", None),
            Self::UnexpectedData(kind) => ("data after a packet of type ", Some(*kind)),
            Self::UnknownType(kind) => ("unknown packet type ", Some(*kind)),
        };
        let mut words = words.to_owned();
        words.extend(kind);
        words
    }
}

impl fmt::Display for PacketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for PacketError {}

/// The most characters that [`excerpt`] gives: a line of a log.
pub const MAX_EXCERPT_CHARS: usize = 60;

/// The beginning of something that could not be read, for a person: at most [`MAX_EXCERPT_CHARS`]
/// characters, `…` included if it was cut; what cannot be printed becomes U+FFFD.
pub fn excerpt(bytes: &[u8]) -> String {
    let mut out = String::new();
    let mut chars = 0;
    // A character has at most four bytes, and one more tells whether something was cut.
    let head = bytes.get(..4 * MAX_EXCERPT_CHARS + 1).unwrap_or(bytes);
    for chunk in head.utf8_chunks() {
        let broken = if chunk.invalid().is_empty() { "" } else { "\0" };
        for c in chunk.valid().chars().chain(broken.chars()) {
            chars += 1;
            if chars > MAX_EXCERPT_CHARS {
                out.pop();
                out.push('…');
                return out;
            }
            let printable = !matches!(c, '\0'..='\x1f' | '\x7f'..='\u{9f}');
            out.push(if printable {
                c
            } else {
                char::REPLACEMENT_CHARACTER
            });
        }
    }
    out
}
