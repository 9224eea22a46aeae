//! Masking: nothing of a text stays but what is on a list.

mod names;
mod numbers;
mod packets;
mod pieces;
mod words;

use std::borrow::Cow;

use names::Names;
use numbers::Numbers;
use pieces::Partly;

use super::parts::{Part, Parts};
use crate::config::Config;
use crate::json::{Kind, Raw, write_string};
use crate::research::canonical_date;
use crate::text::push_decimal;

/// Names of events that end in the id of a research.
const PREFIXES: [&str; 2] = ["research_progress_", "progress_"];

/// How deep JSON is looked for in strings of JSON: servers write a log as a string.
const MAX_DEPTH: u32 = 2;

/// The most digits that a number of the handshake may have to stay: a day in milliseconds.
const MAX_LIMIT_DIGITS: usize = 8;

/// The trace as it may be handed on.
///
/// | of | stays |
/// | --- | --- |
/// | texts | whether two are equal, their length, words that the protocols or the client know (`words.rs`), and of others whether a level or a failure is derived from them |
/// | numbers | whether they are whole, how many digits they have and which of two is larger; whole ones below 1000, and the limits and times of a handshake |
/// | dates | the instant |
/// | ids of researches | their order and length |
/// | options | numbers, switches, and texts that are the default |
/// | the rest of JSON and packets | all |
///
/// So a client that reads it takes the same decisions. What takes the place of a text is numbered in the
/// order in which texts first come: nothing is computed from what they say, so nothing of it can be guessed
/// from the trace. `seed` is that of a hash, by which equal texts are found; it is to be random.
pub fn mask(trace: &str, seed: u64) -> String {
    let mut masked = Masked {
        names: Names::new(seed),
        numbers: Numbers::default(),
        partly: Vec::new(),
        is_reading: true,
    };
    let mut out = String::new();
    masked.write_trace(&mut out, trace);
    masked.numbers.settle();
    masked.is_reading = false;
    masked.partly.clear();
    out.clear();
    masked.write_trace(&mut out, trace);
    out
}

/// What a field of a line holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Body,
    /// The id of a research.
    Id,
    Json,
    /// The name of an event.
    Name,
    /// Nothing but what the trace itself has written.
    Own,
}

#[derive(Debug)]
struct Masked {
    names: Names,
    numbers: Numbers,
    /// Answers of which not all has come.
    partly: Vec<Partly>,
    /// The first time through, in which only ids and numbers are collected.
    is_reading: bool,
}

impl Masked {
    fn write_trace(&mut self, out: &mut String, trace: &str) {
        for line in trace.split('\n') {
            if !out.is_empty() {
                out.push('\n');
            }
            match Raw::parse(line) {
                Ok(raw) if raw.kind() == Kind::Object => self.write_header(out, raw),
                Ok(raw) if raw.kind() == Kind::Array => self.write_line(out, raw),
                Ok(_) | Err(_) => write_unknown(out, line),
            }
        }
    }

    fn write_header(&mut self, out: &mut String, header: Raw<'_>) {
        let default = Config::new("");
        for (place, (key, value)) in header.members().enumerate() {
            out.push(if place == 0 { '{' } else { ',' });
            write_string(out, &key);
            out.push(':');
            let usual = match key.as_ref() {
                "path" => &default.path,
                "statusPath" => &default.status_path,
                "logsPath" => &default.logs_path,
                "historyPath" => &default.history_path,
                "terminatePath" => &default.terminate_path,
                "namespace" => {
                    let mut namespace = String::new();
                    self.write_namespace(&mut namespace, &value.string().unwrap_or_default());
                    write_string(out, &namespace);
                    continue;
                }
                _ => {
                    out.push_str(value.as_str());
                    continue;
                }
            };
            let given = value.string().unwrap_or_default();
            // Any other that is valid: no output tells where a request went.
            write_string(
                out,
                if given == *usual {
                    usual
                } else {
                    "/other/{id}"
                },
            );
        }
        out.push('}');
    }

    fn write_line(&mut self, out: &mut String, line: Raw<'_>) {
        let kind = line.elements().nth(1).and_then(Raw::string);
        let is_piece = kind.as_deref() == Some("piece");
        let is_output = line.elements().next().and_then(Raw::string).as_deref() == Some(">");
        let Some(fields) = (if is_output {
            Some([Field::Own; 4])
        } else {
            fields_of(kind.as_deref().unwrap_or_default())
        }) else {
            return write_unknown(out, line.as_str());
        };
        for (place, value) in line.elements().enumerate() {
            out.push(if place == 0 { '[' } else { ',' });
            // The first two are the time and the kind.
            let field = place.checked_sub(2).and_then(|place| fields.get(place));
            let field = field.copied().unwrap_or(Field::Own);
            let request = line.elements().nth(2).map_or("", Raw::as_str);
            if field != Field::Body || !self.write_piece(out, request, value, is_piece) {
                self.write_field(out, field, value);
            }
        }
        out.push(']');
    }

    fn write_field(&mut self, out: &mut String, field: Field, value: Raw<'_>) {
        let text = match value.string() {
            Some(text) => text,
            // A number that the page gave as an id.
            None if field == Field::Id => Cow::Borrowed(value.as_str()),
            None => {
                let wrong = value.elements().next().and_then(Raw::string);
                match wrong.filter(|_| field == Field::Body) {
                    Some(wrong) => {
                        let mut body = String::new();
                        self.write_wrong_body(&mut body, &wrong);
                        out.push('[');
                        write_string(out, &body);
                        out.push(']');
                    }
                    None => out.push_str(value.as_str()),
                }
                return;
            }
        };
        let mut other = String::new();
        match field {
            Field::Own => return out.push_str(value.as_str()),
            Field::Body => self.write_body(&mut other, &text),
            Field::Id => {
                if self.is_reading {
                    self.names.follow(&text);
                }
                if self.names.write_research(&mut other, &text) && value.kind() == Kind::Number {
                    return out.push_str(&other);
                }
            }
            Field::Json => match Raw::parse(&text) {
                Ok(raw) => self.write_json(&mut other, raw, 0),
                Err(_) => self.names.write(&mut other, &text),
            },
            Field::Name => return self.write_text(out, value, MAX_DEPTH),
        }
        write_string(out, &other);
    }

    /// A packet that opens a session.
    fn write_handshake(&mut self, out: &mut String, raw: Raw<'_>) {
        let mut key = Cow::Borrowed("");
        for part in Parts::of(raw.as_str()) {
            if let Part::Number(number) = part
                && matches!(&*key, "pingInterval" | "pingTimeout" | "maxPayload")
                && number.len() <= MAX_LIMIT_DIGITS
            {
                out.push_str(number);
                continue;
            }
            if let Part::Key(name) = part {
                key = Raw::parse(name)
                    .ok()
                    .and_then(Raw::string)
                    .unwrap_or_default();
            }
            self.write_part(out, part, 0);
        }
    }

    /// Appends a value with all that is in it.
    fn write_json(&mut self, out: &mut String, raw: Raw<'_>, depth: u32) {
        let mut is_research = false;
        for part in Parts::of(raw.as_str()) {
            match part {
                Part::Number(id) if is_research && self.names.write_research(out, id) => {}
                Part::String(id) if is_research => {
                    let id = Raw::parse(id)
                        .ok()
                        .and_then(Raw::string)
                        .unwrap_or_default();
                    let mut name = String::new();
                    if !self.names.write_research(&mut name, &id) {
                        self.names.write(&mut name, &id);
                    }
                    write_string(out, &name);
                }
                Part::Key(_) | Part::Number(_) | Part::Other(_) | Part::String(_) => {
                    self.write_part(out, part, depth);
                }
            }
            is_research = match part {
                Part::Key(key) => key == "\"research_id\"",
                // Between a key and its value.
                Part::Other(other) => is_research && other.trim_ascii() == ":",
                Part::Number(_) | Part::String(_) => false,
            };
        }
    }

    fn write_part(&mut self, out: &mut String, part: Part<'_>, depth: u32) {
        let value = match part {
            Part::Other(other) => return out.push_str(other),
            Part::Key(text) | Part::Number(text) | Part::String(text) => Raw::parse(text),
        };
        match (part, value) {
            (Part::Number(_), Ok(number)) => self.write_number(out, number),
            (_, Ok(text)) => self.write_text(out, text, depth),
            // Of valid JSON every part is valid.
            (_, Err(_)) => out.push_str("null"),
        }
    }

    fn write_number(&mut self, out: &mut String, number: Raw<'_>) {
        if self.is_reading {
            self.numbers.add(number);
        }
        self.numbers.write(out, number);
    }

    /// A string.
    fn write_text(&mut self, out: &mut String, raw: Raw<'_>, depth: u32) {
        let text = raw.string().unwrap_or_default();
        if text.trim_ascii().is_empty() || words::is_known(&text) {
            return out.push_str(raw.as_str());
        }
        let mut other = String::new();
        let inner = Raw::parse(&text).ok();
        if let Some(id) = PREFIXES.iter().find_map(|prefix| {
            let id = text.strip_prefix(prefix)?;
            other.push_str(prefix);
            Some(id)
        }) {
            if !self.names.write_research(&mut other, id) {
                self.names.write(&mut other, id);
            }
        } else if let Some(date) = canonical_date(&text) {
            other = date;
        } else if let Some(number) = inner.filter(|inner| inner.kind() == Kind::Number) {
            self.write_number(&mut other, number);
        } else if let Some(json) = inner
            .filter(|inner| depth < MAX_DEPTH && matches!(inner.kind(), Kind::Array | Kind::Object))
        {
            self.write_json(&mut other, json, depth + 1);
        } else {
            self.names.write(&mut other, &text);
        }
        write_string(out, &other);
    }
}

/// What stands behind the time and the kind of an input; nothing for what is no input.
fn fields_of(kind: &str) -> Option<[Field; 4]> {
    use Field::{Body, Id, Json, Name, Own};
    Some(match kind {
        "answer" => [Own, Own, Own, Body],
        "cancel" => [Own, Id, Own, Own],
        "listen" => [Name, Own, Own, Own],
        "frame" | "piece" => [Own, Body, Own, Own],
        "recall" | "remember" => [Id, Json, Own, Own],
        "told" => [Own, Body, Own, Own],
        "refresh" | "subscribe" | "unsubscribe" | "verify" => [Id, Own, Own, Own],
        "acknowledge" | "binary" | "channel_failed" | "close" | "connect" | "credentials"
        | "emit" | "failed" | "hidden" | "large_frame" | "leave" | "leaving" | "lock_granted"
        | "lock_lost" | "lock_refused" | "lock_unopposed" | "no_websocket" | "online"
        | "refused" | "socket_closed" | "socket_open" | "timeout" | "unseen" | "visible"
        | "waiting" => [Own; 4],
        _ => return None,
    })
}

/// Of a line that the trace does not have, its length; what was dropped is counted already.
fn write_unknown(out: &mut String, line: &str) {
    let counts = line
        .strip_prefix("[\"dropped\",")
        .and_then(|rest| rest.strip_suffix(']'))
        .filter(|counts| counts.bytes().all(|b| b == b',' || b.is_ascii_digit()));
    if counts.is_some() {
        return out.push_str(line);
    }
    out.push_str("[\"unknown\",");
    push_decimal(out, line.len() as u64);
    out.push(']');
}
