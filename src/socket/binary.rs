//! Putting a binary Socket.IO packet together with the attachments that follow it.

use std::fmt;

use super::packet::{Packet, PacketError};
use crate::text::decimal;
use crate::time::Timestamp;

/// The most bytes that a packet and its attachments may have together: ten attachments
/// ([`MAX_ATTACHMENTS`](super::packet::MAX_ATTACHMENTS)) of the megabyte that servers allow by
/// default, and some room.
pub const MAX_ATTACHMENT_BYTES: usize = 16 * 1_024 * 1_024;

/// How long after their packet attachments may come, in milliseconds: a server that sends from
/// several threads has other packets in between, but all of them within a moment.
pub const LATE_ATTACHMENT_MS: u64 = 5_000;

/// Holds at most one binary packet while its attachments arrive.
///
/// The protocol has nothing between a packet and its attachments, and socket.io-client closes the
/// connection over it. Servers that send from several threads do it all the same: packets without
/// attachments then go by. Of two packets with attachments nobody can tell whose are whose, so
/// neither is delivered.
///
/// Call [`expire`](Self::expire) before every Engine.IO message is decoded,
/// [`start`](Self::start) with what was decoded if it has attachments, and
/// [`handle_binary`](Self::handle_binary) for every binary Engine.IO packet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reassembler {
    waiting: Option<Waiting>,
    /// Attachments to come of packets that are lost.
    orphans: usize,
    /// When the last packet with attachments came.
    since: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Waiting {
    packet: Complete,
    expected: usize,
    bytes: usize,
}

impl Reassembler {
    /// Forgets what has waited for too long.
    ///
    /// # Errors
    /// What was waiting and is lost.
    pub fn expire(&mut self, now: Timestamp) -> Result<(), BinaryError> {
        if now.since(self.since) <= LATE_ATTACHMENT_MS {
            return Ok(());
        }
        self.orphans = 0;
        match self.waiting.take() {
            Some(waiting) => Err(BinaryError::Incomplete {
                received: waiting.packet.attachments.len(),
                expected: waiting.expected,
            }),
            None => Ok(()),
        }
    }

    /// Waits for the attachments of this packet. Without attachments it does nothing.
    ///
    /// # Errors
    /// When attachments of another packet are still to come: both are lost.
    pub fn start(&mut self, packet: &Packet<'_>, now: Timestamp) -> Result<(), BinaryError> {
        let expected = packet.attachments();
        if expected == 0 {
            return Ok(());
        }
        self.since = now;
        if let Some(waiting) = self.waiting.take() {
            self.orphans = waiting.missing();
        }
        if self.orphans > 0 {
            self.orphans += expected;
            return Err(BinaryError::Mixed);
        }
        let mut text = String::new();
        packet.encode(&mut text);
        let packet = Complete {
            text,
            attachments: Vec::new(),
        };
        self.waiting = Some(Waiting {
            bytes: packet.text.len(),
            packet,
            expected,
        });
        Ok(())
    }

    /// The next attachment could not be read: the packet that waited is lost with it.
    pub fn lose(&mut self) {
        let left = self
            .waiting
            .take()
            .map_or(self.orphans, |waiting| waiting.missing());
        self.orphans = left.saturating_sub(1);
    }

    /// Adds the next attachment, and gives the packet once it has all.
    ///
    /// # Errors
    /// When nothing waits for it, or there are too many bytes; the packet that waited is then
    /// forgotten.
    pub fn handle_binary(&mut self, attachment: Vec<u8>) -> Result<Option<Complete>, BinaryError> {
        let Some(mut waiting) = self.waiting.take() else {
            let left = self.orphans.checked_sub(1);
            self.orphans = left.ok_or(BinaryError::Unexpected)?;
            return Ok(None);
        };
        waiting.bytes = waiting.bytes.saturating_add(attachment.len());
        if waiting.bytes > MAX_ATTACHMENT_BYTES {
            self.orphans = waiting.missing() - 1;
            return Err(BinaryError::TooLarge);
        }
        waiting.packet.attachments.push(attachment);
        if waiting.packet.attachments.len() == waiting.expected {
            return Ok(Some(waiting.packet));
        }
        self.waiting = Some(waiting);
        Ok(None)
    }

    /// Whether a packet waits for attachments.
    pub fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }
}

impl Waiting {
    /// How many attachments are still to come.
    const fn missing(&self) -> usize {
        self.expected - self.packet.attachments.len()
    }
}

/// A binary packet with all its attachments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complete {
    text: String,
    /// The attachments, in the order of their numbers.
    pub attachments: Vec<Vec<u8>>,
}

impl Complete {
    /// The packet. Its arguments still have the placeholders.
    ///
    /// # Errors
    /// Never: the text was encoded from a packet.
    pub fn packet(&self) -> Result<Packet<'_>, PacketError> {
        Packet::decode(&self.text)
    }
}

/// Why attachments and packets do not fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryError {
    /// The attachments did not all come in time; the binary packet is lost.
    Incomplete {
        /// How many attachments had arrived.
        received: usize,
        /// How many there should have been.
        expected: usize,
    },
    /// Two binary packets before the attachments of the first; both are lost.
    Mixed,
    /// Packet and attachments exceed [`MAX_ATTACHMENT_BYTES`]; the binary packet is lost.
    TooLarge,
    /// An attachment that no packet announced.
    Unexpected,
}

impl BinaryError {
    /// What is wrong, in words.
    pub fn message(&self) -> String {
        match self {
            Self::Incomplete { received, expected } => {
                let (received, expected) = (decimal(*received as u64), decimal(*expected as u64));
                [
                    "of a packet's ",
                    &expected,
                    " attachments only ",
                    &received,
                    " came",
                ]
                .concat()
            }
            Self::Mixed => {
                "the attachments of two packets came mixed up: both packets are lost".to_owned()
            }
            Self::TooLarge => "the attachments of a packet are too large".to_owned(),
            Self::Unexpected => "an attachment that no packet announced".to_owned(),
        }
    }
}

impl fmt::Display for BinaryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for BinaryError {}
