//! Packets as they travel between tabs: a payload of Engine.IO, as between client and server.

use crate::engine::packet::Packet as EnginePacket;
use crate::engine::payload::{self, SEPARATOR};
use crate::json::Raw;
use crate::socket::packet::Packet;

/// Client to server: follow a research. Newer and older servers share it.
pub(crate) const SUBSCRIBE: &str = "subscribe_to_research";

/// Client to server: follow it no longer. Servers without it ignore it.
pub(crate) const UNSUBSCRIBE: &str = "unsubscribe_from_research";

/// What an event asks the server for, with the JSON text of the research's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Upward<'a> {
    Subscribe(&'a str),
    Unsubscribe(&'a str),
    Other,
}

impl<'a> Upward<'a> {
    /// Of the arguments of an event, its name included.
    pub(super) fn of(args: Raw<'a>) -> Self {
        let mut elements = args.elements();
        let name = elements.next().and_then(Raw::string);
        let id = elements.next().and_then(|about| about.get("research_id"));
        match (name.as_deref(), id) {
            (Some(SUBSCRIBE), Some(id)) => Self::Subscribe(id.as_str()),
            (Some(UNSUBSCRIBE), Some(id)) => Self::Unsubscribe(id.as_str()),
            _ => Self::Other,
        }
    }
}

/// The arguments with which nobody wants a research any more.
pub(super) fn unsubscribe(id: &str) -> String {
    ["[\"", UNSUBSCRIBE, "\",{\"research_id\":", id, "}]"].concat()
}

/// Adds packets to a payload.
pub(super) fn push(payload: &mut String, packets: impl IntoIterator<Item = EnginePacket<'static>>) {
    for packet in packets {
        if !payload.is_empty() {
            payload.push(char::from(SEPARATOR));
        }
        packet.encode(payload);
    }
}

/// One packet of Socket.IO with what is attached to it.
#[derive(Debug)]
pub(super) struct Parcel {
    text: String,
    pub(super) attachments: Vec<Vec<u8>>,
}

impl Parcel {
    /// The packet, if so many attachments belong to it; `None` for what is none.
    pub(super) fn packet(&self, attachments: usize) -> Option<Packet<'_>> {
        let packet = Packet::decode(&self.text).ok()?;
        (packet.attachments() == attachments).then_some(packet)
    }
}

/// The packets of a payload.
pub(super) fn unpack(payload: &str) -> Vec<Parcel> {
    let mut parcels: Vec<Parcel> = Vec::new();
    for packet in payload::decode(payload.as_bytes()).flatten() {
        match packet {
            EnginePacket::Message(text) => parcels.push(Parcel {
                text: text.into_owned(),
                attachments: Vec::new(),
            }),
            EnginePacket::Binary(bytes) => {
                if let Some(parcel) = parcels.last_mut() {
                    parcel.attachments.push(bytes);
                }
            }
            EnginePacket::Close
            | EnginePacket::Noop
            | EnginePacket::Open(_)
            | EnginePacket::Ping(_)
            | EnginePacket::Pong(_)
            | EnginePacket::Upgrade => {}
        }
    }
    parcels
}
