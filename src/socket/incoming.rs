//! What a session brings: packets of the namespace, put together, read and handed on.

use super::binary::BinaryError;
use super::connection::Connection;
use super::link::{Event, Link};
use super::packet::{self, Packet};
use crate::engine::handshake::MAX_SID_BYTES;
use crate::engine::packet::excerpt;
use crate::failure::{Failure, Words};
use crate::http::Context;
use crate::json::{Raw, Text};
use crate::time::Timestamp;

impl Connection {
    /// A message that came so many `times`; more than once only an event.
    pub(super) fn handle_message(&mut self, ctx: &mut Context<'_>, text: String, times: usize) {
        let expired = self.reassembler.expire(ctx.now);
        self.tell_of(expired);
        let packet = match Packet::decode(&text) {
            Ok(packet) => packet,
            Err(error) => return self.damaged(&error.message(), &text, times),
        };
        if packet.namespace() != self.settings.namespace {
            return self.damaged("a packet of another namespace", &text, times);
        }
        if packet.is_lax() {
            self.events.push_back(Event::Lax);
        }
        if packet.attachments() > 0 {
            let started = self.reassembler.start(&packet, ctx.now);
            return self.tell_of(started);
        }
        match packet {
            Packet::Connect { data, .. } => self.joined(ctx, data),
            Packet::ConnectError { data, .. } if !self.is_live() => {
                let words = Words {
                    message: packet::refusal(data).unwrap_or_default().into_owned(),
                    data: packet::refusal_data(data),
                };
                self.fail(ctx, Failure::ConnectError(Box::new(words)));
            }
            Packet::Disconnect { .. } => self.fail(ctx, Failure::ServerDisconnected),
            Packet::Event { id, args, .. } => {
                let place = Text::place(args, &text);
                self.handle_event(id, place.of(text), Vec::new(), times);
            }
            Packet::Ack { .. } => self.handle_packet(packet, Vec::new()),
            Packet::ConnectError { .. } => {
                self.damaged("a refusal of a namespace that was granted", &text, times);
            }
        }
    }

    pub(super) fn handle_binary(&mut self, bytes: Vec<u8>) {
        match self.reassembler.handle_binary(bytes) {
            Ok(None) => {}
            Ok(Some(mut complete)) => {
                let attachments = std::mem::take(&mut complete.attachments);
                match complete.packet() {
                    Ok(packet) => self.handle_packet(packet, attachments),
                    Err(error) => self.events.push_back(Event::Damaged(error.message())),
                }
            }
            Err(error) => self.events.push_back(Event::Damaged(error.message())),
        }
    }

    /// A packet of which only the beginning was kept.
    pub(super) fn handle_too_large(&mut self, head: &[u8], words: String) {
        if head.first() == Some(&b'b') {
            self.reassembler.lose();
        }
        // `42["name",…`, perhaps with a namespace and a number before the bracket.
        let mut parts = head.split(|byte| *byte == b'"');
        let is_message = parts.next().and_then(<[u8]>::first) == Some(&b'4');
        let name = parts.next().filter(|_| is_message);
        let name = name.and_then(|name| String::from_utf8(name.to_vec()).ok());
        self.events.push_back(Event::TooLarge { name, words });
    }

    fn handle_packet(&mut self, packet: Packet<'_>, attachments: Vec<Vec<u8>>) {
        match packet {
            Packet::Ack { id, args, .. } => {
                // An ack that came after its time-out has nobody left to tell.
                if let Some(emit) = self.outgoing.take_ack(id) {
                    let args = args.to_json().into_owned();
                    self.events.push_back(Event::Ack {
                        emit,
                        args,
                        attachments,
                    });
                }
            }
            Packet::Event { id, args, .. } => {
                self.handle_event(id, args.to_text(), attachments, 1);
            }
            Packet::Connect { .. } | Packet::ConnectError { .. } | Packet::Disconnect { .. } => {
                debug_assert!(false, "these have no attachments");
            }
        }
    }

    fn handle_event(
        &mut self,
        ack: Option<u64>,
        args: Text,
        attachments: Vec<Vec<u8>>,
        mut times: usize,
    ) {
        if let Link::Joining { early, .. } = &mut self.link {
            let attached: usize = attachments.iter().map(Vec::len).sum();
            let bytes = args.raw().as_str().len().saturating_add(attached);
            let room = early.take_room(bytes, times);
            for _ in room..times {
                let words = "more events before CONNECT than can wait for it";
                self.events.push_back(Event::Damaged(words.to_owned()));
            }
            if room == 0 {
                return;
            }
            times = room;
        }
        let event = Event::Message {
            args,
            ack,
            attachments,
            times,
        };
        match &mut self.link {
            Link::Joining { early, .. } => early.push(event),
            Link::Asking { .. }
            | Link::Closed
            | Link::Going { .. }
            | Link::Holding { .. }
            | Link::Idle
            | Link::Live { .. }
            | Link::Opening { .. }
            | Link::Waiting { .. } => self.events.push_back(event),
        }
    }

    /// The server granted the namespace.
    fn joined(&mut self, ctx: &mut Context<'_>, data: Option<Raw<'_>>) {
        let sid = data.and_then(|data| data.get("sid")).and_then(Raw::string);
        let sid = sid.filter(|sid| sid.len() <= MAX_SID_BYTES);
        let (Link::Joining { .. }, Some(sid)) = (&self.link, sid) else {
            if matches!(self.link, Link::Joining { .. }) {
                // Those since Socket.IO 3 name it.
                self.fail(ctx, Failure::OldServer);
            }
            return;
        };
        if let Link::Joining {
            mut session,
            mut early,
            ..
        } = std::mem::replace(&mut self.link, Link::Idle)
        {
            if self.settings.upgrade && !self.stays_polling {
                session.upgrade(ctx);
            }
            self.link = Link::Live {
                session,
                since: ctx.now,
                acknowledged: Vec::new(),
            };
            self.failure = None;
            self.returned = false;
            self.persistence.grant(ctx.now, &mut self.refused);
            self.ever_live = true;
            // The server has let the page in since.
            self.not_before = Timestamp::default();
            // Whatever the page said before.
            self.online = true;
            self.counted = false;
            let sid = sid.into_owned();
            let event = if std::mem::take(&mut self.renewing) {
                Event::Renewed { sid }
            } else {
                let attempt = self.attempt();
                Event::Connected { sid, attempt }
            };
            self.events.push_back(event);
            while let Some(event) = early.pop() {
                self.events.push_back(event);
            }
        }
    }

    fn tell_of(&mut self, result: Result<(), BinaryError>) {
        if let Err(error) = result {
            self.events.push_back(Event::Damaged(error.message()));
        }
    }

    fn damaged(&mut self, words: &str, text: &str, times: usize) {
        let words = [words, ": ", &excerpt(text.as_bytes())].concat();
        for _ in 0..times {
            self.events.push_back(Event::Damaged(words.clone()));
        }
    }
}
