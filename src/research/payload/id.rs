//! The id of a research, as the page gave it.

use std::fmt;

use crate::json::{self, Raw};
use crate::text::decimal;

/// The longest id that is taken, in UTF-16 code units, as JavaScript counts: percent-encoded it still
/// leaves room in the 4094 bytes that usual servers read of a request line.
pub const MAX_ID_LENGTH: usize = 256;

/// What is no id of a research.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidId;

impl InvalidId {
    /// What an id has to be, in words.
    pub const WORDS: &str = "The id of a research must be a whole number, or a string of 1 to 256 \
                             characters that is no path such as `.`, `..` or `a/..`.";
}

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::WORDS)
    }
}

impl std::error::Error for InvalidId {}

/// The id of a research: a string, or an integer as benchmark runs have.
///
/// Equality goes by the text, since event names hold nothing else: `7` and `"7"` are the same
/// research. What is sent to the server and shown to the page keeps the type that the page gave.
#[derive(Clone, Debug)]
pub struct ResearchId {
    text: String,
    numeric: bool,
}

impl ResearchId {
    /// An id that the page gave as a string.
    ///
    /// # Errors
    /// It is empty or longer than [`MAX_ID_LENGTH`], or has a part between slashes that is of dots
    /// only: `.` and `..` lead to other endpoints even where they are encoded, since browsers, and
    /// proxies that decode an address, resolve them.
    pub fn from_text(text: &str) -> Result<Self, InvalidId> {
        let is_slash = |byte: &u8| matches!(byte, b'/' | b'\\');
        let mut parts = text.as_bytes().split(is_slash);
        let leaves = parts.any(|part| !part.is_empty() && part.iter().all(|byte| *byte == b'.'));
        if text.is_empty() || leaves || text.encode_utf16().count() > MAX_ID_LENGTH {
            return Err(InvalidId);
        }
        Ok(Self {
            text: text.into(),
            numeric: false,
        })
    }

    /// An id that the page gave as a number.
    pub fn from_integer(number: i64) -> Self {
        Self {
            text: if number < 0 { "-" } else { "" }.to_owned() + &decimal(number.unsigned_abs()),
            numeric: true,
        }
    }

    /// The id as it stands in event names and addresses.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The number, if the page gave one.
    pub fn number(&self) -> Option<i64> {
        let raw = Raw::parse(&self.text).ok().filter(|_| self.numeric)?;
        raw.integer()
    }

    /// Appends the id to `out` as JSON, a number or a string as the page gave it.
    pub fn write_json(&self, out: &mut String) {
        if self.numeric {
            out.push_str(&self.text);
        } else {
            json::write_string(out, &self.text);
        }
    }
}

impl PartialEq for ResearchId {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for ResearchId {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_equal_by_text_and_keep_their_type_on_the_wire() {
        let (number, text) = (
            ResearchId::from_integer(7),
            ResearchId::from_text("7").unwrap(),
        );
        assert_eq!(number, text);
        let mut out = String::new();
        number.write_json(&mut out);
        text.write_json(&mut out);
        assert_eq!(out, "7\"7\"");
        assert_eq!((number.number(), text.number()), (Some(7), None));
    }

    #[test]
    fn a_number_keeps_its_sign_and_its_digits() {
        for (number, text) in [
            (0, "0"),
            (-1, "-1"),
            (42, "42"),
            (i64::MIN, "-9223372036854775808"),
        ] {
            let id = ResearchId::from_integer(number);
            assert_eq!(id.as_str(), text);
            assert_eq!(id.number(), Some(number));
            assert_ne!(id, ResearchId::from_integer(number + 1));
        }
    }

    #[test]
    fn an_id_with_quotes_stays_one_json_string() {
        let mut out = String::new();
        ResearchId::from_text("a\"b\\")
            .unwrap()
            .write_json(&mut out);
        assert_eq!(out, r#""a\"b\\""#);
    }
}
