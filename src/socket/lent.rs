//! What a connection does for other tabs, and what is left of it while another tab has one for this tab.

use super::connection::Connection;
use super::link::{Event, Link};
use super::outgoing::{self, Emit, EmitError, EmitId};
use super::packet::{Packet as SocketPacket, PacketError};
use crate::engine::packet::Packet;
use crate::engine::payload;
use crate::failure::Failure;
use crate::http::Context;
use crate::json::Raw;
use crate::time::Timestamp;

impl Connection {
    /// Ends what there is: another tab has a connection. The page hears of one that it was told of.
    pub(crate) fn rest(&mut self, ctx: &mut Context<'_>, failure: Failure) {
        if matches!(self.link, Link::Closed) {
            return;
        }
        let was_connected = self.is_connected();
        self.leave(ctx, true);
        self.link = Link::Idle;
        (self.leaving, self.renewing) = (None, false);
        self.start_anew();
        if was_connected {
            self.unlinked(failure);
        }
    }

    /// Another tab's connection serves this tab from now on.
    pub(crate) fn linked(&mut self, sid: &str) {
        self.failure = None;
        self.ever_live = true;
        self.online = true;
        let sid = sid.to_owned();
        self.events.push_back(Event::Connected { sid, attempt: 0 });
    }

    /// It does no more.
    pub(crate) fn unlinked(&mut self, failure: Failure) {
        self.reassembler = super::binary::Reassembler::default();
        self.connection_lost(failure.clone());
        self.failure = Some(failure);
    }

    /// Takes an event of the page that is to leave over another tab's connection.
    pub(crate) fn emit_over(
        &mut self,
        now: Timestamp,
        emit: Emit,
        max_payload: u64,
    ) -> Result<(), EmitError> {
        let settings = &self.settings;
        let (namespace, most) = (&settings.namespace, settings.max_waiting);
        self.outgoing
            .push(now, namespace, emit, Some(max_payload), most)
    }

    /// The packets of the next emit that waits.
    pub(crate) fn pop_packets(&mut self, max_payload: u64) -> Option<Vec<Packet<'static>>> {
        let mut refused = Vec::new();
        let packets = self.outgoing.pop(max_payload, &mut refused);
        for (emit, error) in refused {
            self.events.push_back(Event::EmitFailed { emit, error });
        }
        packets
    }

    /// Events and acks that another tab's connection has brought.
    pub(crate) fn receive(&mut self, ctx: &mut Context<'_>, text: &str) {
        for packet in payload::decode(text.as_bytes()).flatten() {
            match packet {
                Packet::Binary(bytes) => self.handle_binary(bytes),
                // Of a session's own packets there are none.
                Packet::Message(text) if text.starts_with(['2', '3', '5', '6']) => {
                    self.handle_message(ctx, text.into_owned(), 1);
                }
                Packet::Close
                | Packet::Message(_)
                | Packet::Noop
                | Packet::Open(_)
                | Packet::Ping(_)
                | Packet::Pong(_)
                | Packet::Upgrade => {}
            }
        }
    }

    /// Sends an event of another tab, if the connection is live. With `emit` the server is asked for an ack,
    /// which comes back as that of an emit with this id.
    pub(crate) fn send_for(
        &mut self,
        emit: Option<EmitId>,
        args: &str,
        attachments: Vec<Vec<u8>>,
    ) -> Result<(), EmitError> {
        let max_payload = self.limit()?;
        let ack = emit.map(|_| self.outgoing.next_ack());
        let packets = outgoing::encode(&self.settings.namespace, ack, args, attachments)
            .map_err(EmitError::Invalid)?;
        outgoing::check_size(&packets, Some(max_payload))?;
        if let Some(emit) = emit {
            self.outgoing.await_ack(emit);
        }
        self.send(packets);
        Ok(())
    }

    /// The packets of an event of the library's own.
    pub(crate) fn encode_event(&mut self, args: &str, max_payload: u64) -> Vec<Packet<'static>> {
        let packets = outgoing::encode(&self.settings.namespace, None, args, Vec::new());
        debug_assert!(
            packets.is_ok(),
            "the library's own events are well formed: {args}"
        );
        let packets = packets.unwrap_or_default();
        match outgoing::check_size(&packets, Some(max_payload)) {
            Ok(()) => packets,
            Err(error) => {
                self.events.push_back(Event::Damaged(error.message()));
                Vec::new()
            }
        }
    }

    /// The packets of an ack.
    pub(crate) fn encode_ack(
        &self,
        id: u64,
        args: &str,
        attachments: Vec<Vec<u8>>,
        max_payload: u64,
    ) -> Result<Vec<Packet<'static>>, EmitError> {
        let packets = Raw::parse(args)
            .map_err(PacketError::Json)
            .and_then(|args| {
                let ack = SocketPacket::ack(&self.settings.namespace, id, args, attachments.len())?;
                Ok(outgoing::with_attachments(&ack, attachments))
            })
            .map_err(EmitError::Invalid)?;
        outgoing::check_size(&packets, Some(max_payload))?;
        Ok(packets)
    }

    /// What the server takes at once, in bytes.
    pub(crate) fn max_payload(&self) -> u64 {
        self.limit().unwrap_or(0)
    }

    pub(crate) fn namespace(&self) -> &str {
        &self.settings.namespace
    }

    /// How many acks other tabs may await over this connection: half of what the page may await itself.
    pub(crate) const fn max_acks_for_others(&self) -> usize {
        self.settings.max_waiting / (2 * super::pending::ACK_BYTES) + 1
    }
}
