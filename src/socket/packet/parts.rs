//! The parts of a Socket.IO packet: what stands before its JSON, and placeholders inside it.

use super::{MAIN_NAMESPACE, PacketError};
use crate::json::{Kind, Raw, Token};

/// `<n>-` and the rest; no bound is checked.
pub(super) fn split_attachments(rest: &str) -> Result<(usize, &str), PacketError> {
    let (count, rest) = rest.split_once('-').ok_or(PacketError::BadAttachments)?;
    match split_digits(count) {
        Some((0, _)) => Err(PacketError::BadAttachments),
        Some((count, "")) => Ok((usize::try_from(count).unwrap_or(usize::MAX), rest)),
        Some(_) | None => Err(PacketError::BadAttachments),
    }
}

/// `/namespace,` and the rest. The query that may stand after a `?` is left out.
pub(super) fn split_namespace(rest: &str) -> (&str, &str) {
    if !rest.starts_with('/') {
        return (MAIN_NAMESPACE, rest);
    }
    let (namespace, rest) = rest.split_once(',').unwrap_or((rest, ""));
    (
        namespace
            .split_once('?')
            .map_or(namespace, |(path, _)| path),
        rest,
    )
}

/// The acknowledgement id, if any, and the rest; no bound is checked.
pub(super) fn split_id(rest: &str) -> (Option<u64>, &str) {
    match split_digits(rest) {
        Some((id, rest)) => (Some(id), rest),
        None => (None, rest),
    }
}

/// The number in front, if any; numbers that are too large become `u64::MAX`.
fn split_digits(text: &str) -> Option<(u64, &str)> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = text.strip_suffix(rest)?;
    if digits.is_empty() {
        return None;
    }
    let mut value = 0_u64;
    for digit in digits.bytes() {
        value = value
            .saturating_mul(10)
            .saturating_add(u64::from(digit - b'0'));
    }
    Some((value, rest))
}

/// The JSON that may be there.
pub(super) fn optional(text: &str) -> Result<Option<Raw<'_>>, PacketError> {
    if text.is_empty() {
        Ok(None)
    } else {
        required(text).map(Some)
    }
}

/// The JSON that must be there.
pub(super) fn required(text: &str) -> Result<Raw<'_>, PacketError> {
    Raw::parse(text).map_err(PacketError::Json)
}

/// Whether every placeholder in `raw` names an attachment that there is. What stands inside a
/// placeholder does not count: the attachment takes its place.
pub(super) fn placeholders_fit(raw: Raw<'_>, attachments: usize) -> bool {
    let mut outer = Vec::new();
    let mut inner = Container::default();
    for token in raw.tokens() {
        match token {
            Token::Value(value) => inner.take(Some(value)),
            Token::Open(kind) => {
                let is_object = kind == Kind::Object;
                outer.push(std::mem::take(&mut inner));
                inner.is_object = is_object;
            }
            Token::Close => {
                let fits = inner.fits(attachments);
                inner = outer.pop().unwrap_or_default();
                inner.take(None);
                inner.holds_misfit |= !fits;
            }
        }
    }
    !inner.holds_misfit
}

/// An array or object of which a part has been read.
#[derive(Default)]
struct Container {
    is_object: bool,
    /// The key whose value comes next.
    key: Option<Key>,
    is_placeholder: bool,
    num: Option<i64>,
    holds_misfit: bool,
}

enum Key {
    Num,
    Other,
    Placeholder,
}

impl Container {
    /// The next key or value; `None` for an array or object.
    fn take(&mut self, value: Option<Raw<'_>>) {
        if !self.is_object {
            return;
        }
        match self.key.take() {
            None => {
                let name = value.and_then(Raw::string);
                self.key = Some(match name.as_deref() {
                    Some("_placeholder") => Key::Placeholder,
                    Some("num") => Key::Num,
                    Some(_) | None => Key::Other,
                });
            }
            Some(Key::Num) => self.num = value.and_then(Raw::integer),
            Some(Key::Other) => {}
            Some(Key::Placeholder) => {
                self.is_placeholder = value.and_then(Raw::bool) == Some(true);
            }
        }
    }

    fn fits(&self, attachments: usize) -> bool {
        if self.is_placeholder {
            let num = self.num.and_then(|num| usize::try_from(num).ok());
            num.is_some_and(|num| num < attachments)
        } else {
            !self.holds_misfit
        }
    }
}
