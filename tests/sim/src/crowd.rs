//! What a page has emitted and is not sent or acknowledged yet: nothing is refused that has room.

use research_socket::http::{Command, RequestId};
use research_socket::socket::{ACK_BYTES, Acked, EMIT_BYTES, Emit, EmitError, EmitId};
use research_socket::websocket::Frame;

use crate::rules::{Verdict, require};
use crate::websocket::request_of;

/// What comes to the arguments of an event in its packet, at most: its types and the number of its ack.
const HEAD_BYTES: usize = 24;

/// The emits of one page.
#[derive(Debug)]
pub(crate) struct Crowd {
    max_bytes: usize,
    emits: Vec<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    id: EmitId,
    /// At most.
    bytes: usize,
    is_sent: bool,
    wants_ack: bool,
}

impl Crowd {
    pub(crate) const fn new(max_bytes: usize) -> Self {
        Self {
            max_bytes,
            emits: Vec::new(),
        }
    }

    pub(crate) fn emits(&mut self, emit: &Emit) {
        self.emits.push(Waiting {
            id: emit.id,
            bytes: emit.args.len() + HEAD_BYTES + EMIT_BYTES,
            is_sent: false,
            wants_ack: emit.ack != Acked::No,
        });
    }

    /// What leaves with a POST waits no more.
    pub(crate) fn command(&mut self, command: &Command) {
        let Command::Start(request) = command else {
            return;
        };
        let Some(body) = &request.body else { return };
        for packet in body.text.split('\x1e') {
            // `42["message",<number>,…` or, with an ack, `42<ack>["message-with-ack",<number>,…`.
            let number = packet
                .strip_prefix("42")
                .and_then(|packet| packet.split("[\"message").nth(1))
                .and_then(|args| args.split(',').nth(1));
            let Some(number) = number.and_then(|number| number.parse().ok()) else {
                continue;
            };
            self.emits
                .iter_mut()
                .filter(|emit| emit.id == EmitId(number))
                .for_each(|emit| emit.is_sent = true);
        }
        self.emits.retain(|emit| !emit.is_sent || emit.wants_ack);
    }

    /// A message over a WebSocket.
    pub(crate) fn sent(&mut self, socket: RequestId, frame: &Frame) {
        if let Frame::Text(text) = frame {
            self.command(&Command::Start(request_of(socket, "", Some(text))));
        }
    }

    pub(crate) fn acknowledged(&mut self, id: EmitId) {
        self.emits.retain(|emit| emit.id != id);
    }

    /// An emit has failed; one that is refused for want of room found none.
    pub(crate) fn failed(&mut self, id: EmitId, error: &EmitError) -> Verdict {
        let Some(place) = self.emits.iter().position(|emit| emit.id == id) else {
            return Ok(());
        };
        let failed = self.emits.remove(place);
        if *error != EmitError::BufferFull {
            return Ok(());
        }
        let waiting = self.emits.iter().filter(|emit| !emit.is_sent);
        let mut bytes = failed.bytes + waiting.map(|emit| emit.bytes).sum::<usize>();
        if failed.wants_ack {
            let acks = self.emits.iter().filter(|emit| emit.wants_ack).count() + 1;
            bytes += acks * ACK_BYTES;
        }
        require(bytes > self.max_bytes, || {
            format!("{id:?} is refused, but {bytes} bytes had room")
        })
    }
}
