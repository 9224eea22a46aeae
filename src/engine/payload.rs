//! Payloads: several Engine.IO v4 packets in one body of a GET answer or a POST.

use std::fmt;

use super::packet::{Packet, PacketError, excerpt};
use crate::queue::Queue;

/// The byte between two packets (protocol, "Packet encoding", long-polling).
pub const SEPARATOR: u8 = 0x1e;

/// The most packets in the body of one POST: python-engineio answers 200 to a body with more, and
/// drops it whole.
pub const MAX_PACKETS_PER_PAYLOAD: usize = 16;

/// The most packets of one answer that are read. A burst of 20,000 lines, each of them twice as
/// older servers send them, is within it. An answer is one task of the page's only thread: with
/// this many packets a few tenths of a second, with a million it would be several seconds.
pub const MAX_PACKETS_PER_ANSWER: usize = 50_000;

/// [`MAX_PACKETS_PER_ANSWER`] for people.
pub(super) const MAX_PACKETS_WORDS: &str = "50,000 packets";

/// Reads the packets of a body one by one. What is wrong with one packet costs that packet only.
/// An empty body has no packets. What follows [`MAX_PACKETS_PER_ANSWER`] packets is one malformed
/// part.
pub fn decode(body: &[u8]) -> Packets<'_> {
    Packets {
        rest: if body.is_empty() { None } else { Some(body) },
        left: MAX_PACKETS_PER_ANSWER,
    }
}

/// The packets of a body; see [`decode`].
#[derive(Clone, Debug)]
pub struct Packets<'a> {
    rest: Option<&'a [u8]>,
    left: usize,
}

impl<'a> Iterator for Packets<'a> {
    type Item = Result<Packet<'a>, Malformed<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.take()?;
        let Some(left) = self.left.checked_sub(1) else {
            return Some(Err(Malformed {
                error: PacketError::TooMany,
                bytes: rest,
            }));
        };
        self.left = left;
        let mut bytes = rest;
        if let Some(at) = rest.iter().position(|byte| *byte == SEPARATOR) {
            bytes = rest.get(..at).unwrap_or_default();
            self.rest = rest.get(at + 1..);
        }
        let decoded = match std::str::from_utf8(bytes) {
            Ok(text) => Packet::decode(text),
            Err(_) => Err(PacketError::NotUtf8),
        };
        Some(match decoded {
            Ok(packet) => Ok(packet),
            Err(error) => Err(Malformed { error, bytes }),
        })
    }
}

/// One part of a body that is no packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed<'a> {
    /// What is wrong with it.
    pub error: PacketError,
    /// All its bytes, without separators.
    pub bytes: &'a [u8],
}

impl Malformed<'_> {
    /// What is wrong, in words, and what came.
    pub fn message(&self) -> String {
        [&*self.error.message(), ": ", &excerpt(self.bytes)].concat()
    }
}

impl fmt::Display for Malformed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for Malformed<'_> {}

/// Takes packets from the front of `queue` and gives the body of the next POST; `None` when
/// nothing is left. A body has at most [`MAX_PACKETS_PER_PAYLOAD`] packets and `max_payload` bytes
/// (the handshake's value), separators included.
///
/// # Errors
/// When the first packet alone exceeds `max_payload`. It is taken from the queue and handed back,
/// because a server may leave a POST that is too long unanswered for ever. The next call continues
/// behind it.
pub fn next_body(
    queue: &mut Queue<Packet<'static>>,
    max_payload: Option<u64>,
) -> Result<Option<Body>, TooLarge> {
    let mut body = Body {
        text: String::new(),
        packets: 0,
    };
    while body.packets < MAX_PACKETS_PER_PAYLOAD {
        let Some(packet) = queue.pop_front() else {
            break;
        };
        let len = packet.encoded_len();
        let separator = usize::from(body.packets > 0);
        if !fits(body.text.len() + separator + len, max_payload) {
            if body.packets == 0 {
                return Err(TooLarge {
                    packet,
                    len,
                    max_payload: max_payload.unwrap_or(u64::MAX),
                });
            }
            queue.push_front(packet);
            break;
        }
        if separator > 0 {
            body.text.push(char::from(SEPARATOR));
        }
        packet.encode(&mut body.text);
        body.packets += 1;
    }
    Ok(if body.packets > 0 { Some(body) } else { None })
}

/// Whether this begins as a server of Engine.IO 3 opens a session: with the length of the packet before
/// it, in digits, or in bytes that are digits.
pub(super) fn is_version_3(body: &[u8]) -> bool {
    let (body, digits, end) = match body {
        [0, rest @ ..] => (rest, 0..=9, 0xff),
        _ => (body, b'0'..=b'9', b':'),
    };
    let length = body.iter().take_while(|byte| digits.contains(byte)).count();
    let rest = body.get(length..).unwrap_or_default();
    length > 0 && matches!(rest, [other, b'0', b'{', ..] if *other == end)
}

/// Whether a body of `len` bytes may be sent: use it with [`Packet::encoded_len`] to refuse a
/// packet before it is queued.
pub fn fits(len: usize, max_payload: Option<u64>) -> bool {
    max_payload.is_none_or(|limit| u64::try_from(len).is_ok_and(|len| len <= limit))
}

/// The body of one POST.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// The packets with their separators.
    pub text: String,
    /// How many packets there are, at least 1.
    pub packets: usize,
}

/// A packet that no POST can carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// The packet, which has not been sent.
    pub packet: Packet<'static>,
    /// Its encoded length in bytes.
    pub len: usize,
    /// The most bytes that the server takes.
    pub max_payload: u64,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a packet of {} bytes exceeds the {} that the server takes",
            self.len, self.max_payload
        )
    }
}

impl std::error::Error for TooLarge {}
