//! Answers that came in pieces. A packet that is cut in two cannot be recognised, so it is written where its
//! end came: there the client takes notice of it. A stored log is written at its end.

use super::Masked;
use super::packets::page_of;
use crate::engine::payload::SEPARATOR;
use crate::json::{Raw, write_string};

/// An answer of which not all has come.
#[derive(Debug)]
pub(super) struct Partly {
    request: String,
    /// What came and is not written yet.
    text: String,
    /// Whether a part of it is written.
    is_written: bool,
    /// Whether it is no UTF-8.
    has_wrong: bool,
}

impl Masked {
    /// Appends what takes the place of a piece of the answer to this request, or of its end. False if it
    /// did not come in pieces.
    pub(super) fn write_piece(
        &mut self,
        out: &mut String,
        request: &str,
        value: Raw<'_>,
        is_piece: bool,
    ) -> bool {
        let wrong = value.elements().next();
        let Some(text) = wrong.unwrap_or(value).string() else {
            return false;
        };
        let place = self
            .partly
            .iter()
            .position(|other| other.request == request);
        let mut partly = match place {
            Some(place) => self.partly.swap_remove(place),
            None if is_piece => Partly {
                request: request.to_owned(),
                text: String::new(),
                is_written: false,
                has_wrong: false,
            },
            None => return false,
        };
        partly.has_wrong |= wrong.is_some();
        partly.text.push_str(&text);
        let mut end = partly.text.len();
        if is_piece && (partly.is_written || page_of(&partly.text).is_none()) {
            let bytes = partly.text.as_bytes();
            let last = bytes.iter().rposition(|byte| *byte == SEPARATOR);
            end = last.map_or(0, |at| at + 1);
        }
        let (complete, rest) = partly.text.split_at_checked(end).unwrap_or_default();
        let mut body = String::new();
        if partly.is_written && !complete.is_empty() {
            self.write_payload(&mut body, complete, partly.has_wrong);
        } else if partly.has_wrong {
            self.write_wrong_body(&mut body, complete);
        } else {
            self.write_body(&mut body, complete);
        }
        out.push_str(if partly.has_wrong { "[" } else { "" });
        write_string(out, &body);
        out.push_str(if partly.has_wrong { "]" } else { "" });
        if is_piece {
            partly.is_written |= end > 0;
            partly.text = rest.to_owned();
            self.partly.push(partly);
        }
        true
    }
}
