//! Payloads: several Engine.IO v4 packets in one body of a GET answer or a POST.

use std::fmt;

use super::packet::{Packet, PacketError, excerpt};
use crate::http::first_of;
use crate::queue::Queue;
use crate::text::find;

/// The byte between two packets (protocol, "Packet encoding", long-polling).
pub const SEPARATOR: u8 = 0x1e;

/// The most packets in the body of one POST: python-engineio answers 200 to a body with more, and
/// drops it whole.
pub const MAX_PACKETS_PER_PAYLOAD: usize = 16;

/// The largest packet that is read, in bytes: several times what servers let anybody send by
/// default, and a few copies of it fit into a page. Of answers there is no bound: what a page does
/// not take in time is not read.
pub const MAX_PACKET_BYTES: usize = 16 * 1_024 * 1_024;

/// So much is kept of a packet that is larger, in bytes: enough to tell what it was about.
const HEAD_BYTES: usize = 256;

/// A buffer with more room than this, in bytes, is given back after its packet.
const KEPT_BYTES: usize = 65_536;

/// Reads the packets of a body one by one. What is wrong with one packet costs that packet only.
/// An empty body has no packets.
pub fn decode(body: &[u8]) -> Packets<'_> {
    Packets {
        rest: if body.is_empty() { None } else { Some(body) },
    }
}

/// The packets of a body; see [`decode`].
#[derive(Clone, Debug)]
pub struct Packets<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Iterator for Packets<'a> {
    type Item = Result<Packet<'a>, Malformed<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut bytes = self.rest.take()?;
        if let Some((packet, after)) = split(bytes) {
            bytes = packet;
            self.rest = Some(after);
        }
        Some(read(bytes))
    }
}

/// What is before the first separator, and what is behind it.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = find(bytes, SEPARATOR)?;
    Some((bytes.get(..at)?, bytes.get(at + 1..)?))
}

/// Reads one packet, without separators.
pub(super) fn read(bytes: &[u8]) -> Result<Packet<'_>, Malformed<'_>> {
    let error = match std::str::from_utf8(bytes) {
        _ if bytes.len() > MAX_PACKET_BYTES => PacketError::TooLarge,
        Ok(text) => match Packet::decode(text) {
            Ok(packet) => return Ok(packet),
            Err(error) => error,
        },
        Err(_) => PacketError::NotUtf8,
    };
    Err(Malformed { error, bytes })
}

/// Reads the packets of one body after another, of which each comes in pieces that are cut anywhere:
/// call [`next`](Self::next) with each piece until it gives nothing, and [`finish`](Self::finish) at
/// the end of the body. The packets are those of [`decode`].
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    /// The beginning of a packet whose end has not come.
    buffer: Vec<u8>,
    /// There was more of it than is kept.
    is_too_large: bool,
    /// What is in the buffer was given.
    is_given: bool,
    has_begun: bool,
    /// Whether a packet of this body was given.
    is_within: bool,
}

impl Decoder {
    /// The next packet whose end is in `bytes`, which move on behind it.
    pub fn next<'s, 'b: 's>(
        &'s mut self,
        bytes: &mut &'b [u8],
    ) -> Option<Result<Packet<'s>, Malformed<'s>>> {
        self.forget_given();
        if bytes.is_empty() {
            return None;
        }
        self.has_begun = true;
        let Some((packet, after)) = split(bytes) else {
            self.keep(std::mem::take(bytes));
            return None;
        };
        *bytes = after;
        self.is_within = true;
        Some(self.complete(packet))
    }

    /// The last packet of the body, which has ended; `None` for a body without any.
    pub fn finish(&mut self) -> Option<Result<Packet<'_>, Malformed<'_>>> {
        self.forget_given();
        self.is_within = false;
        std::mem::take(&mut self.has_begun).then(|| self.complete(&[]))
    }

    /// Whether anything of a body has come that has not ended.
    pub fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Whether the beginning of the next packet came before.
    pub(super) fn has_part(&self) -> bool {
        !self.buffer.is_empty() && !self.is_given
    }

    /// Whether what comes is dropped because its packet is too large.
    pub fn is_skipping(&self) -> bool {
        self.is_too_large
    }

    /// Whether a body that goes on with this piece is a page for people.
    pub(super) fn is_html(&self, piece: &[u8]) -> bool {
        if self.is_within {
            return false;
        }
        if !self.has_begun {
            return first_of(piece) == Some(b'<');
        }
        // A mark and blanks may have come before, but hardly many of them.
        let mut body = Vec::new();
        let both = self.buffer.iter().chain(piece);
        body.extend(both.take(HEAD_BYTES));
        first_of(&body) == Some(b'<')
    }

    fn complete<'a>(&'a mut self, last: &'a [u8]) -> Result<Packet<'a>, Malformed<'a>> {
        if self.buffer.is_empty() {
            return read(last);
        }
        self.keep(last);
        self.is_given = true;
        if std::mem::take(&mut self.is_too_large) {
            return Err(Malformed {
                error: PacketError::TooLarge,
                bytes: &self.buffer,
            });
        }
        read(&self.buffer)
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.buffer.len() + bytes.len() <= MAX_PACKET_BYTES && !self.is_too_large {
            self.buffer.extend_from_slice(bytes);
            return;
        }
        self.is_too_large = true;
        let missing = HEAD_BYTES.saturating_sub(self.buffer.len());
        self.buffer.extend(bytes.iter().take(missing));
        self.buffer.truncate(HEAD_BYTES);
        self.buffer.shrink_to_fit();
    }

    fn forget_given(&mut self) {
        if std::mem::take(&mut self.is_given) {
            self.buffer.clear();
            self.buffer.shrink_to(KEPT_BYTES);
        }
    }
}

/// One part of a body that is no packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed<'a> {
    /// What is wrong with it.
    pub error: PacketError,
    /// Its bytes, without separators; of one that is too large at least the first 256.
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
