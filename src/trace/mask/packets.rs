//! Bodies of answers: payloads of Engine.IO, JSON, and whatever else servers send.

use super::Masked;
use super::names::FILLER;
use crate::engine::Refusal;
use crate::engine::packet::Packet as EnginePacket;
use crate::engine::payload::SEPARATOR;
use crate::json::Raw;
use crate::socket::packet::{MAIN_NAMESPACE, Packet};
use crate::text::push_decimal;

/// What some servers put in front of UTF-8.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Stands for bytes that are no UTF-8.
const WRONG: char = char::REPLACEMENT_CHARACTER;

/// The most digits of an id to acknowledge with that is a small counter. The beginning of a trace has no
/// room for more acknowledgements.
const MAX_ID_DIGITS: usize = 4;

impl Masked {
    /// Appends what takes the place of a body.
    pub(super) fn write_body(&mut self, out: &mut String, body: &str) {
        if let Some(page) = page_of(body) {
            self.write_page(out, page);
        } else if let Some(b'0'..=b'9' | b'b') = body.as_bytes().first() {
            self.write_payload(out, body, false);
        } else if body.as_bytes().contains(&SEPARATOR) {
            self.write_payload(out, body, false);
        } else {
            self.write_other(out, body);
        }
    }

    /// Appends what takes the place of what is no packet: the same as a body and within a payload, since what the client
    /// says of it may be the same.
    fn write_other(&mut self, out: &mut String, text: &str) {
        if let Some(refusal) = refusal_of(text) {
            out.push_str(refusal.words());
        } else if let Ok(raw) = Raw::parse(text) {
            // A number behind a blank is no packet, and is not to become one.
            let blanks = text.bytes().take_while(u8::is_ascii_whitespace);
            out.extend(blanks.map(char::from));
            self.write_json(out, raw, 0);
        } else if text.trim_ascii().eq_ignore_ascii_case("ok") || text.trim_ascii().is_empty() {
            out.push_str(text);
        } else {
            self.names.write(out, text);
        }
    }

    /// Appends what takes the place of a body that is no UTF-8.
    pub(super) fn write_wrong_body(&mut self, out: &mut String, body: &str) {
        match page_of(body) {
            Some(page) => {
                self.write_page(out, page);
                out.push(WRONG);
            }
            None => self.write_payload(out, body, true),
        }
    }

    /// It still begins as one: the client looks no further.
    fn write_page(&mut self, out: &mut String, page: &str) {
        out.push('<');
        self.names.write(out, page);
    }

    pub(super) fn write_payload(&mut self, out: &mut String, mut rest: &str, has_wrong: bool) {
        loop {
            let end = rest.bytes().take_while(|byte| *byte != SEPARATOR).count();
            let (packet, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            if has_wrong && packet.chars().any(|c| c == WRONG) {
                self.names.write(out, packet);
                out.push(WRONG);
            } else {
                self.write_packet(out, packet);
            }
            let Some(after) = after.get(1..) else {
                return;
            };
            out.push(char::from(SEPARATOR));
            rest = after;
        }
    }

    fn write_packet(&mut self, out: &mut String, packet: &str) {
        let mut chars = packet.chars();
        let Some(kind) = chars.next() else {
            return;
        };
        let data = chars.as_str();
        match kind {
            '0'..='6' => out.push(kind),
            'b' => return write_binary(out, packet),
            // Of a type that nobody knows. The number that it would be as JSON could begin like one that is known.
            '7'..='9' => return self.names.write(out, packet),
            _ => return self.write_other(out, packet),
        }
        if data.is_empty() {
            return;
        }
        match (kind, Raw::parse(data)) {
            ('0', Ok(raw)) => self.write_handshake(out, raw),
            ('4', _) => self.write_message(out, data),
            // A client that reads it again has to know the answer to its probe.
            ('2' | '3', _) if data == "probe" => out.push_str(data),
            // It is sent back, and so has to be as long.
            ('2' | '3', _) => out.extend(data.bytes().map(|_| FILLER)),
            _ => self.names.write(out, data),
        }
    }

    /// A packet of Socket.IO.
    fn write_message(&mut self, out: &mut String, text: &str) {
        let Ok(packet) = Packet::decode(text) else {
            // Whatever is wrong with it: nothing but its type stays.
            let (kind, rest) = text.split_at_checked(1).unwrap_or(("", text));
            let Some(b'0'..=b'9') = kind.as_bytes().first() else {
                return self.names.write(out, text);
            };
            out.push_str(kind);
            if !rest.is_empty() {
                self.names.write(out, rest);
            }
            return;
        };
        let (id, data) = match &packet {
            Packet::Event { id, args, .. } => (*id, Some(*args)),
            Packet::Ack { id, args, .. } => (Some(*id), Some(*args)),
            Packet::Connect { data, .. } | Packet::ConnectError { data, .. } => (None, *data),
            Packet::Disconnect { .. } => (None, None),
        };
        out.push_str(text.get(..1).unwrap_or_default());
        if packet.attachments() > 0 {
            push_decimal(out, packet.attachments() as u64);
            out.push('-');
        }
        let namespace = packet.namespace();
        if namespace != MAIN_NAMESPACE {
            self.write_namespace(out, namespace);
            out.push(',');
        }
        if let Some(id) = id {
            let id = crate::text::decimal(id);
            match Raw::parse(&id) {
                Ok(raw) if id.len() > MAX_ID_DIGITS => self.write_number(out, raw),
                Ok(_) | Err(_) => out.push_str(&id),
            }
        }
        if let Some(data) = data {
            self.write_json(out, data, 0);
        }
    }

    /// Appends what takes the place of a namespace.
    pub(super) fn write_namespace(&mut self, out: &mut String, namespace: &str) {
        match namespace.strip_prefix('/') {
            Some("") | None => out.push_str(MAIN_NAMESPACE),
            Some(name) => {
                out.push('/');
                self.names.write(out, name);
            }
        }
    }
}

/// A refusal in words: those in JSON say nothing but a code.
fn refusal_of(body: &str) -> Option<Refusal> {
    Refusal::read(body.as_bytes()).filter(|_| !body.starts_with('{'))
}

/// What follows the first character of a web page; nothing of what is none.
pub(super) fn page_of(body: &str) -> Option<&str> {
    let bare = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    bare.trim_ascii_start().strip_prefix('<')
}

/// As many zeros, if they can be decoded.
fn write_binary(out: &mut String, packet: &str) {
    out.push('b');
    let data = packet.get(1..).unwrap_or_default();
    let is_valid = EnginePacket::decode(packet).is_ok();
    out.extend(data.chars().map(|c| match c {
        '=' => '=',
        _ if is_valid => 'A',
        _ => '!',
    }));
}
