//! Events of the page on their way out: what waits for a connection, and what waits for its ack.

use std::fmt;

use super::packet::{Packet, PacketError};
use super::pending::{ACK_BYTES, PendingAcks};
use crate::engine::packet::Packet as EnginePacket;
use crate::engine::payload;
use crate::failure::Code;
use crate::http::Context;
use crate::json::Raw;
use crate::queue::Queue;
use crate::text::decimal;
use crate::time::Timestamp;

/// How many bytes the emits that wait may have together, if the page does not say: sixteen POSTs of the
/// size that servers take by default. A page that emits in a loop while the server is away must notice.
pub const MAX_WAITING_BYTES: usize = 16 * 1_024 * 1_024;

/// What one of them takes besides its packets.
pub const EMIT_BYTES: usize = 128;

/// Names one emit for the life of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmitId(pub u64);

/// An event that the page sends.
#[derive(Clone, Debug, PartialEq)]
pub struct Emit {
    /// Comes back with the ack, or with the reason why there is none.
    pub id: EmitId,
    /// JSON array: the event's name, then its arguments, with placeholders for binary ones.
    pub args: String,
    /// The binary arguments, in the order of their placeholders.
    pub attachments: Vec<Vec<u8>>,
    /// Whether the server is asked for an ack, and for how long.
    pub ack: Acked,
    /// Drop it rather than let it wait for a connection.
    pub volatile: bool,
}

/// Whether an emit wants an ack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acked {
    /// No ack.
    No,
    /// However long it takes.
    WithoutTimeout,
    /// Within so many milliseconds, counted from the emit, whether there is a connection or not.
    Within(u64),
}

/// Why an emit was not sent, or has no ack.
#[derive(Clone, Debug, PartialEq)]
pub enum EmitError {
    /// The ack came, but too much waits for the page already.
    AckDropped,
    /// Too much waits already, to be sent or to be acknowledged.
    BufferFull,
    /// The client was closed.
    Closed,
    /// The connection was lost before the ack came. The server may or may not have seen the event.
    Disconnected,
    /// It is no event: no array, no name, a reserved name, or wrong placeholders.
    Invalid(PacketError),
    /// There is no connection, and the emit is volatile.
    NotConnected,
    /// One packet of it is larger than the server takes.
    TooLarge {
        /// Its size in bytes.
        bytes: u64,
        /// The server's `maxPayload` in bytes.
        max_payload: u64,
    },
    /// No ack within the time given.
    Timeout,
}

impl EmitError {
    /// The stable name.
    pub const fn code(&self) -> Code {
        match self {
            Self::AckDropped | Self::BufferFull => Code::BufferFull,
            Self::Closed => Code::Closed,
            Self::Disconnected | Self::NotConnected => Code::Disconnected,
            Self::Invalid(_) => Code::InvalidArgument,
            Self::TooLarge { .. } => Code::PayloadTooLarge,
            Self::Timeout => Code::Timeout,
        }
    }
}

impl EmitError {
    /// What is wrong, and what to do, in words.
    pub fn message(&self) -> String {
        let words = match self {
            Self::AckDropped => "the ack came, but too much waits for slow handlers already",
            Self::BufferFull => {
                "more waits to be sent, or acknowledged, than `maxEmitBuffer` allows: emit less, or later"
            }
            Self::Closed => "the client is closed",
            Self::Disconnected => "the connection was lost before the ack came",
            Self::Invalid(error) => {
                return ["the event cannot be sent: ", &error.message()].concat();
            }
            Self::NotConnected => "there is no connection, and it must not wait for one",
            Self::TooLarge { bytes, max_payload } => {
                return [
                    "the event has ",
                    &decimal(*bytes),
                    " bytes, the server takes ",
                    &decimal(*max_payload),
                    " (maxPayload): send less at once",
                ]
                .concat();
            }
            Self::Timeout => "the server did not acknowledge in time",
        };
        words.to_owned()
    }
}

impl fmt::Display for EmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

/// Emits that wait for a connection, and acks that wait for the server.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    waiting: Queue<Waiting>,
    waiting_bytes: usize,
    acks: PendingAcks,
}

#[derive(Debug)]
struct Waiting {
    emit: EmitId,
    ack: Option<u64>,
    bytes: usize,
    volatile: bool,
    packets: Vec<EnginePacket<'static>>,
}

impl Outgoing {
    /// Takes an emit in. `max_payload` is known while a session is open; `max_bytes` may wait.
    pub(super) fn push(
        &mut self,
        now: Timestamp,
        namespace: &str,
        emit: Emit,
        max_payload: Option<u64>,
        max_bytes: usize,
    ) -> Result<(), EmitError> {
        let wants_ack = emit.ack != Acked::No;
        let ack = wants_ack.then_some(self.acks.next());
        let (text, attachments) = (emit.args, emit.attachments);
        let packets = encode(namespace, ack, &text, attachments).map_err(EmitError::Invalid)?;
        let bytes = packets.iter().map(EnginePacket::encoded_len).sum::<usize>() + EMIT_BYTES;
        check_size(&packets, max_payload)?;
        // Acks that never come are in the way of those that ask for more of them only.
        let (held, ack_bytes) = if wants_ack {
            (self.waiting_bytes + self.acks.bytes(), ACK_BYTES)
        } else {
            (self.waiting_bytes, 0)
        };
        // One that is larger than the bound by itself still gets its turn.
        if held > 0 && held + bytes + ack_bytes > max_bytes {
            return Err(EmitError::BufferFull);
        }
        if wants_ack {
            let deadline = match emit.ack {
                Acked::No | Acked::WithoutTimeout => None,
                Acked::Within(millis) => Some(now.after(millis)),
            };
            self.acks.push(emit.id, deadline);
        }
        self.waiting_bytes += bytes;
        self.waiting.push_back(Waiting {
            emit: emit.id,
            ack,
            bytes,
            volatile: emit.volatile,
            packets,
        });
        Ok(())
    }

    /// The packets of the next emit that a session with `max_payload` can carry. Those that turn
    /// out too large are added to `refused`.
    pub(super) fn pop(
        &mut self,
        max_payload: u64,
        refused: &mut Vec<(EmitId, EmitError)>,
    ) -> Option<Vec<EnginePacket<'static>>> {
        loop {
            let next = self.waiting.pop_front()?;
            self.waiting_bytes -= next.bytes;
            if let Err(error) = check_size(&next.packets, Some(max_payload)) {
                if let Some(ack) = next.ack {
                    self.acks.remove(ack);
                }
                refused.push((next.emit, error));
                continue;
            }
            if let Some(ack) = next.ack {
                self.acks.send(ack);
            }
            return Some(next.packets);
        }
    }

    /// The emit that this ack answers; `None` if nobody waits for it.
    pub(super) fn take_ack(&mut self, id: u64) -> Option<EmitId> {
        self.acks.take(id)
    }

    /// The number of the next ack that is awaited.
    pub(super) const fn next_ack(&self) -> u64 {
        self.acks.next()
    }

    /// Awaits that ack for something that is on its way already.
    pub(super) fn await_ack(&mut self, emit: EmitId) {
        let number = self.acks.next();
        self.acks.push(emit, None);
        self.acks.send(number);
    }

    /// Forgets acks that the lost connection will not bring, and names their emits.
    pub(super) fn fail_sent(&mut self) -> Vec<EmitId> {
        self.acks.forget(&|pending| pending.is_sent)
    }

    /// Drops what must not wait for another connection, and names it.
    pub(super) fn drop_volatile(&mut self) -> Vec<EmitId> {
        let mut dropped = Vec::new();
        for waiting in self.waiting.iter().filter(|waiting| waiting.volatile) {
            dropped.push(waiting.emit);
            if let Some(ack) = waiting.ack {
                self.acks.remove(ack);
            }
        }
        self.drop_waiting(&|waiting, _| !waiting.volatile);
        dropped
    }

    /// Forgets acks whose time is over, and names their emits. What still waits is not sent, and has
    /// no ack that might have come.
    pub(super) fn expire(&mut self, ctx: &Context<'_>) -> Vec<EmitId> {
        let expired = self.acks.forget(&|pending| {
            let is_over = |at| ctx.is_over(at) || (!pending.is_sent && at <= ctx.now);
            pending.deadline.is_some_and(is_over)
        });
        if !expired.is_empty() {
            self.drop_waiting(&|waiting, acks| waiting.ack.is_none_or(|ack| acks.has(ack)));
        }
        expired
    }

    fn drop_waiting(&mut self, keep: &dyn Fn(&Waiting, &PendingAcks) -> bool) {
        let acks = &self.acks;
        self.waiting.retain(|waiting| keep(waiting, acks));
        self.waiting_bytes = self.waiting.iter().map(|waiting| waiting.bytes).sum();
    }

    /// Forgets everything, and names the emits of which somebody may still want to hear.
    pub(super) fn clear(&mut self) -> Vec<EmitId> {
        let mut dropped = self.acks.forget(&|_| true);
        let waiting = self.waiting.iter().filter(|waiting| waiting.ack.is_none());
        dropped.extend(waiting.map(|waiting| waiting.emit));
        self.waiting.clear();
        self.waiting_bytes = 0;
        dropped
    }

    /// When the next ack may be overdue.
    pub(super) const fn poll_timeout(&self) -> Option<Timestamp> {
        self.acks.poll_timeout()
    }
}

/// The Engine.IO packets of one event.
pub(super) fn encode(
    namespace: &str,
    ack: Option<u64>,
    args: &str,
    attachments: Vec<Vec<u8>>,
) -> Result<Vec<EnginePacket<'static>>, PacketError> {
    let args = Raw::parse(args).map_err(PacketError::Json)?;
    let packet = Packet::event(namespace, ack, args, attachments.len())?;
    Ok(with_attachments(&packet, attachments))
}

/// An ack without arguments.
pub(super) fn nobodys_ack(namespace: &str, id: u64) -> Vec<EnginePacket<'static>> {
    let ack = Raw::parse("[]")
        .map_err(PacketError::Json)
        .and_then(|args| Packet::ack(namespace, id, args, 0));
    ack.map(|ack| message(&ack)).into_iter().collect()
}

/// The Engine.IO packets of one Socket.IO packet.
pub(crate) fn with_attachments(
    packet: &Packet<'_>,
    attachments: Vec<Vec<u8>>,
) -> Vec<EnginePacket<'static>> {
    let mut packets = vec![message(packet)];
    packets.extend(attachments.into_iter().map(EnginePacket::Binary));
    packets
}

/// The Engine.IO message that carries a packet without attachments.
pub(super) fn message(packet: &Packet<'_>) -> EnginePacket<'static> {
    let mut text = String::new();
    packet.encode(&mut text);
    EnginePacket::Message(text.into())
}

pub(super) fn check_size(
    packets: &[EnginePacket<'static>],
    max_payload: Option<u64>,
) -> Result<(), EmitError> {
    for packet in packets {
        let len = packet.encoded_len();
        if !payload::fits(len, max_payload) {
            let max_payload = max_payload.unwrap_or(u64::MAX);
            return Err(EmitError::TooLarge {
                bytes: len as u64,
                max_payload,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Ids;
    use crate::random::Random;

    fn emit(id: u64, args: &str, ack: Acked) -> Emit {
        let (id, args) = (EmitId(id), args.to_owned());
        Emit {
            id,
            args,
            attachments: Vec::new(),
            ack,
            volatile: false,
        }
    }

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn push(
        outgoing: &mut Outgoing,
        emit: Emit,
        max_payload: Option<u64>,
    ) -> Result<(), EmitError> {
        outgoing.push(at(0), "/", emit, max_payload, MAX_WAITING_BYTES)
    }

    fn expire(outgoing: &mut Outgoing, now: u64) -> Vec<EmitId> {
        outgoing.expire(&Context {
            now: at(now),
            patient: false,
            random: &mut Random::new(1),
            ids: &mut Ids::default(),
            commands: &mut Queue::new(),
        })
    }

    #[test]
    fn emits_leave_in_the_order_in_which_they_came() {
        let mut outgoing = Outgoing::default();
        for id in 0..3 {
            let emit = emit(id, &format!("[\"n\",{id}]"), Acked::No);
            assert_eq!(push(&mut outgoing, emit, None), Ok(()));
        }
        let mut refused = Vec::new();
        let mut left = Vec::new();
        while let Some(packets) = outgoing.pop(1000, &mut refused) {
            left.extend(packets);
        }
        let expected = ["2[\"n\",0]", "2[\"n\",1]", "2[\"n\",2]"];
        assert_eq!(
            left,
            expected.map(|text| EnginePacket::Message(text.into()))
        );
        assert_eq!(outgoing.waiting_bytes, 0);
    }

    #[test]
    fn an_emit_too_many_is_refused() {
        let mut outgoing = Outgoing::default();
        // `42["a"]`, and what it takes besides.
        let most = MAX_WAITING_BYTES / ("42[\"a\"]".len() + EMIT_BYTES);
        for id in 0..most as u64 {
            assert_eq!(
                push(&mut outgoing, emit(id, "[\"a\"]", Acked::No), None),
                Ok(())
            );
        }
        let one_more = emit(999_999, "[\"a\"]", Acked::No);
        assert_eq!(
            push(&mut outgoing, one_more, None),
            Err(EmitError::BufferFull)
        );
    }

    #[test]
    fn waiting_emits_are_bounded_in_bytes() {
        let mut outgoing = Outgoing::default();
        let large = format!("[\"a\",\"{}\"]", "x".repeat(MAX_WAITING_BYTES * 2 / 3));
        assert_eq!(
            push(&mut outgoing, emit(1, &large, Acked::No), None),
            Ok(())
        );
        let second = emit(2, &large, Acked::No);
        assert_eq!(
            push(&mut outgoing, second, None),
            Err(EmitError::BufferFull)
        );
    }

    #[test]
    fn waiting_bytes_are_counted_to_the_last_one_also_when_some_have_left() {
        let of_size = |id, bytes: usize| {
            // `42["…"]`, and what it takes besides.
            let args = format!("[\"{}\"]", "x".repeat(bytes - 6 - EMIT_BYTES));
            emit(id, &args, Acked::No)
        };
        let mut outgoing = Outgoing::default();
        for id in 0..4 {
            let quarter = of_size(id, MAX_WAITING_BYTES / 4);
            assert_eq!(push(&mut outgoing, quarter, None), Ok(()));
        }
        let one_more = of_size(9, EMIT_BYTES + 7);
        assert_eq!(
            push(&mut outgoing, one_more.clone(), None),
            Err(EmitError::BufferFull)
        );
        assert!(outgoing.pop(u64::MAX, &mut Vec::new()).is_some());
        let quarter = of_size(4, MAX_WAITING_BYTES / 4);
        assert_eq!(push(&mut outgoing, quarter, None), Ok(()));
        assert_eq!(
            push(&mut outgoing, one_more, None),
            Err(EmitError::BufferFull)
        );
    }

    #[test]
    fn a_refusal_says_in_words_what_to_do() {
        let too_large = EmitError::TooLarge {
            bytes: 2_000,
            max_payload: 1_000,
        };
        for (error, words) in [
            (
                EmitError::BufferFull,
                "more waits to be sent, or acknowledged, than `maxEmitBuffer` allows: emit less, or later",
            ),
            (EmitError::Closed, "the client is closed"),
            (
                too_large,
                "the event has 2000 bytes, the server takes 1000 (maxPayload): send less at once",
            ),
        ] {
            assert_eq!(error.message(), words);
            assert_eq!(error.to_string(), words);
        }
    }

    #[test]
    fn an_emit_larger_than_max_payload_is_refused_before_it_is_sent() {
        let mut outgoing = Outgoing::default();
        let large = emit(1, &format!("[\"a\",\"{}\"]", "x".repeat(100)), Acked::No);
        let refusal = push(&mut outgoing, large.clone(), Some(50));
        assert_eq!(
            refusal,
            Err(EmitError::TooLarge {
                bytes: 110,
                max_payload: 50
            })
        );

        assert_eq!(
            push(&mut outgoing, large, None),
            Ok(()),
            "the limit is not known yet"
        );
        let mut refused = Vec::new();
        assert_eq!(outgoing.pop(50, &mut refused), None);
        let too_large = EmitError::TooLarge {
            bytes: 110,
            max_payload: 50,
        };
        assert_eq!(refused, [(EmitId(1), too_large)]);
    }

    #[test]
    fn an_ack_that_is_overdue_takes_its_waiting_emit_with_it() {
        let mut outgoing = Outgoing::default();
        assert_eq!(
            push(&mut outgoing, emit(7, "[\"a\"]", Acked::Within(10)), None),
            Ok(())
        );
        assert_eq!(outgoing.poll_timeout(), Some(at(10)));
        assert_eq!(expire(&mut outgoing, 9), []);
        assert_eq!(expire(&mut outgoing, 10), [EmitId(7)]);
        assert_eq!(outgoing.pop(1000, &mut Vec::new()), None);
        assert_eq!(outgoing.poll_timeout(), None);
    }

    #[test]
    fn a_lost_connection_fails_only_acks_that_were_sent() {
        let mut outgoing = Outgoing::default();
        for id in [1, 2] {
            let emit = emit(id, "[\"a\"]", Acked::WithoutTimeout);
            assert_eq!(push(&mut outgoing, emit, None), Ok(()));
        }
        assert!(outgoing.pop(1000, &mut Vec::new()).is_some());
        assert_eq!(outgoing.fail_sent(), [EmitId(1)]);
        assert_eq!(outgoing.take_ack(0), None);
        assert_eq!(outgoing.take_ack(1), None, "it was not sent yet");
        assert!(outgoing.pop(1000, &mut Vec::new()).is_some());
        assert_eq!(outgoing.take_ack(1), Some(EmitId(2)));
    }

    #[test]
    fn what_is_no_event_is_refused() {
        let mut outgoing = Outgoing::default();
        for args in ["", "{}", "[]", "[1]", "[\"connect\"]", "[\"a\""] {
            let result = push(&mut outgoing, emit(1, args, Acked::No), None);
            assert!(
                matches!(result, Err(EmitError::Invalid(_))),
                "{args}: {result:?}"
            );
        }
    }
}
