//! Putting a binary Socket.IO packet together with the attachments that follow it.

use std::fmt;

use super::packet::{Packet, PacketError};
use crate::text::decimal;

/// The most bytes that a packet and its attachments may have together: ten attachments
/// ([`MAX_ATTACHMENTS`](super::packet::MAX_ATTACHMENTS)) of the megabyte that servers allow by
/// default, and some room.
pub const MAX_ATTACHMENT_BYTES: usize = 16 * 1_024 * 1_024;

/// Holds at most one binary packet while its attachments arrive.
///
/// Call [`interrupt`](Self::interrupt) before every Engine.IO message is decoded,
/// [`start`](Self::start) with what was decoded if it has attachments, and
/// [`handle_binary`](Self::handle_binary) for every binary Engine.IO packet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reassembler {
    waiting: Option<Waiting>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Waiting {
    packet: Complete,
    expected: usize,
    bytes: usize,
}

impl Reassembler {
    /// Forgets what is waiting: a new session, or a text between a packet and its attachments.
    ///
    /// # Errors
    /// What was waiting and is lost. The text that interrupted it is not at fault.
    pub fn interrupt(&mut self) -> Result<(), BinaryError> {
        match self.waiting.take() {
            Some(waiting) => Err(BinaryError::Interrupted {
                received: waiting.packet.attachments.len(),
                expected: waiting.expected,
            }),
            None => Ok(()),
        }
    }

    /// Waits for the attachments of this packet. Without attachments it does nothing.
    pub fn start(&mut self, packet: &Packet<'_>) {
        let expected = packet.attachments();
        if expected == 0 {
            return;
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
    }

    /// Adds the next attachment, and gives the packet once it has all.
    ///
    /// # Errors
    /// When nothing waits for it, or there are too many bytes; the packet that waited is then
    /// forgotten.
    pub fn handle_binary(&mut self, attachment: Vec<u8>) -> Result<Option<Complete>, BinaryError> {
        let Some(mut waiting) = self.waiting.take() else {
            return Err(BinaryError::Unexpected);
        };
        waiting.bytes = waiting.bytes.saturating_add(attachment.len());
        if waiting.bytes > MAX_ATTACHMENT_BYTES {
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
    /// A text came before all attachments were there; the binary packet is lost.
    Interrupted {
        /// How many attachments had arrived.
        received: usize,
        /// How many there should have been.
        expected: usize,
    },
    /// Packet and attachments exceed [`MAX_ATTACHMENT_BYTES`]; the binary packet is lost.
    TooLarge,
    /// An attachment that no packet announced.
    Unexpected,
}

impl BinaryError {
    /// What is wrong, in words.
    pub fn message(&self) -> String {
        match self {
            Self::Interrupted { received, expected } => {
                let (received, expected) = (decimal(*received as u64), decimal(*expected as u64));
                [
                    "a message came after ",
                    &received,
                    " of ",
                    &expected,
                    " attachments",
                ]
                .concat()
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
