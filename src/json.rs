//! Reading JSON text (RFC 8259) without building a tree: validate once, then walk it in place.
//!
//! `NaN`, `Infinity` and `-Infinity`, which Python's `json.dumps` writes, are read as `null`.
//!
//! [`Raw::parse`] is the only way in. A [`Raw`] is therefore always the text of exactly one valid
//! value, and everything that walks it can skip instead of check. What the client does not
//! interpret stays text and crosses to the page as text.

mod list;
mod number;
mod scan;
#[cfg(test)]
mod steps;
mod string;
mod tokens;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use number::Decimal;
use scan::Scanner;

use crate::text::decimal;

pub use list::{ListReader, MAX_ELEMENT_BYTES, Unreadable};
pub(crate) use string::unescape;
pub use string::write_string;
pub(crate) use tokens::Token;

/// How deep arrays and objects may nest.
///
/// The check recurses once per level, and a browser's stack is small. The recorded research of a
/// real server has three levels.
pub const MAX_DEPTH: usize = 128;

/// The text of one valid JSON value, without the whitespace around it.
///
/// Two values are equal when their texts are: `1.0` is not `1`.
#[derive(Clone, Copy, Debug)]
pub struct Raw<'a> {
    text: &'a str,
    /// Whether `NaN` or an infinity may be in it.
    is_lax: bool,
}

impl PartialEq for Raw<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Raw<'_> {}

/// A [`Raw`] that owns its text, so that what was validated once need not be again.
#[derive(Clone, Debug)]
pub struct Text {
    /// With what stood around it.
    whole: String,
    range: Range<usize>,
    is_lax: bool,
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.raw() == other.raw()
    }
}

impl Text {
    /// What was found in a text, to be taken out of that without a copy.
    pub(crate) fn place(raw: Raw<'_>, whole: &str) -> Place {
        let start = raw.text.as_ptr().addr() - whole.as_ptr().addr();
        Place {
            range: start..start + raw.text.len(),
            is_lax: raw.is_lax,
        }
    }

    /// The value.
    pub fn raw(&self) -> Raw<'_> {
        Raw {
            text: self.whole.get(self.range.clone()).unwrap_or_default(),
            is_lax: self.is_lax,
        }
    }

    /// The text, as any reader of JSON takes it; see [`Raw::to_json`].
    pub fn to_json(&self) -> String {
        self.raw().to_json().into_owned()
    }
}

/// Where a value is in a text.
#[derive(Debug)]
pub(crate) struct Place {
    range: Range<usize>,
    is_lax: bool,
}

impl Place {
    /// The value that is there, of the text in which it was found.
    pub(crate) fn of(self, whole: String) -> Text {
        Text {
            whole,
            range: self.range,
            is_lax: self.is_lax,
        }
    }
}

impl<'a> Raw<'a> {
    /// Validates the whole text as one value; whitespace around it is allowed.
    ///
    /// Accepts what `JSON.parse` accepts, so also strings with lone surrogates (`"\ud800"`); and
    /// `NaN`, `Infinity` and `-Infinity` in place of values.
    ///
    /// # Errors
    /// The first place where the text is not JSON, or nests deeper than [`MAX_DEPTH`].
    pub fn parse(text: &'a str) -> Result<Self, Error> {
        let mut scanner = Scanner::new(text, 0);
        let range = scanner.document();
        match range.and_then(|(start, end)| text.get(start..end).ok_or(ErrorKind::UnexpectedByte)) {
            Ok(text) => Ok(Self {
                text,
                is_lax: scanner.is_lax,
            }),
            Err(kind) => Err(Error {
                kind,
                offset: scanner.at,
            }),
        }
    }

    /// A copy that borrows from nothing.
    pub fn to_text(self) -> Text {
        Text {
            whole: self.text.to_owned(),
            range: 0..self.text.len(),
            is_lax: self.is_lax,
        }
    }

    /// The text itself.
    pub fn as_str(self) -> &'a str {
        self.text
    }

    /// Whether the text that was parsed has `NaN` or an infinity in it, here or elsewhere.
    pub fn is_lax(self) -> bool {
        self.is_lax
    }

    /// The text as any reader of JSON takes it: with `null` for `NaN` and the infinities.
    pub fn to_json(self) -> Cow<'a, str> {
        if self.is_lax {
            Cow::Owned(scan::with_nulls(self.text))
        } else {
            Cow::Borrowed(self.text)
        }
    }

    /// What kind of value this is.
    pub fn kind(self) -> Kind {
        match self.text.as_bytes() {
            [b'{', ..] => Kind::Object,
            [b'[', ..] => Kind::Array,
            [b'"', ..] => Kind::String,
            [b't' | b'f', ..] => Kind::Bool,
            [b'n' | b'N' | b'I', ..] | [b'-', b'I', ..] => Kind::Null,
            _ => Kind::Number,
        }
    }

    /// The members of an object in the order of the text, duplicates included; nothing for any
    /// other kind.
    pub fn members(self) -> Members<'a> {
        Members {
            inside: Inside::new(self, b'{'),
        }
    }

    /// The elements of an array; nothing for any other kind.
    pub fn elements(self) -> Elements<'a> {
        Elements {
            inside: Inside::new(self, b'['),
        }
    }

    /// The member of an object with this key; of several the last, as in `JSON.parse`.
    pub fn get(self, key: &str) -> Option<Self> {
        let mut found = None;
        for (name, value) in self.members() {
            if name == key {
                found = Some(value);
            }
        }
        found
    }

    /// The value of the member with this key, if the object has no other member.
    pub fn only(self, key: &str) -> Option<Self> {
        let mut inside = Inside::new(self, b'{');
        // Not further, if it is another one: what follows may be long.
        inside.next()?.string().filter(|name| name == key)?;
        let value = inside.next()?;
        inside.next().is_none().then_some(value)
    }

    /// The content of a string, escapes decoded. A lone surrogate becomes U+FFFD, since a Rust
    /// string cannot hold it.
    pub fn string(self) -> Option<Cow<'a, str>> {
        let inner = self.text.strip_prefix('"')?.strip_suffix('"')?;
        Some(unescape(inner))
    }

    /// The value of `true` or `false`.
    pub fn bool(self) -> Option<bool> {
        match self.text {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// The value of a number, always finite; `None` when it is too large for an `f64`.
    ///
    /// Exact for integers up to 2^53 and for decimals of up to 15 digits with a decimal exponent
    /// within ±22; else within a relative error of 1e-15. What is too small becomes 0.
    pub fn number(self) -> Option<f64> {
        Decimal::read(self)?.to_f64()
    }

    /// The value of a number that is integral and fits; `300.0` and `3e2` are integral.
    pub fn integer(self) -> Option<i64> {
        Decimal::read(self)?.to_i64()
    }

    /// Whether this is `null`, or read as such.
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }
}

/// The six kinds of JSON values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`, also in the spellings `NaN`, `Infinity` and `-Infinity`
    Null,
    /// `true` or `false`
    Bool,
    /// A number; see [`Raw::number`] and [`Raw::integer`].
    Number,
    /// A string; see [`Raw::string`].
    String,
    /// An array; see [`Raw::elements`].
    Array,
    /// An object; see [`Raw::members`] and [`Raw::get`].
    Object,
}

/// The members of an object: key (escapes decoded) and value.
#[derive(Clone, Debug)]
pub struct Members<'a> {
    inside: Inside<'a>,
}

impl<'a> Iterator for Members<'a> {
    type Item = (Cow<'a, str>, Raw<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let key = self.inside.next()?.string()?;
        Some((key, self.inside.next()?))
    }
}

/// The elements of an array.
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    inside: Inside<'a>,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Raw<'a>;

    fn next(&mut self) -> Option<Raw<'a>> {
        self.inside.next()
    }
}

/// Where and why a text is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// What is wrong there.
    pub kind: ErrorKind,
    /// The byte of the text at which it was noticed.
    pub offset: usize,
}

impl Error {
    /// What is wrong and where, in words.
    pub fn message(&self) -> String {
        let offset = decimal(self.offset as u64);
        [self.kind.as_str(), " at byte ", &offset].concat()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for Error {}

/// What can be wrong with a text that should be JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// A backslash is followed by something that is no escape.
    BadEscape,
    /// A number without digits where digits must be, or with a leading zero.
    BadNumber,
    /// A control character stands unescaped in a string.
    ControlCharacter,
    /// The nesting exceeds [`MAX_DEPTH`].
    TooDeep,
    /// The value is complete, but more text follows.
    TrailingText,
    /// No value, comma, colon or bracket where one must be.
    UnexpectedByte,
    /// The text ends in the middle of a value.
    UnexpectedEnd,
}

impl ErrorKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::BadEscape => "unknown escape in a string",
            Self::BadNumber => "malformed number",
            Self::ControlCharacter => "control character in a string",
            Self::TooDeep => "nested too deeply",
            Self::TrailingText => "text after the value",
            Self::UnexpectedByte => "unexpected character",
            Self::UnexpectedEnd => "unexpected end",
        }
    }
}

/// The values inside one array or object, keys included: the text is valid, so commas and colons
/// separate alike.
#[derive(Clone, Debug)]
struct Inside<'a> {
    text: &'a str,
    at: usize,
    is_lax: bool,
}

impl<'a> Inside<'a> {
    fn new(raw: Raw<'a>, open: u8) -> Self {
        let is_container = raw.text.as_bytes().first() == Some(&open);
        Self {
            text: if is_container { raw.text } else { "" },
            at: 1,
            is_lax: raw.is_lax,
        }
    }

    fn next(&mut self) -> Option<Raw<'a>> {
        let mut scanner = Scanner::new(self.text, self.at);
        scanner.skip_separators();
        let start = scanner.at;
        scanner.skip_valid();
        self.at = scanner.at;
        // At the closing bracket nothing is skipped.
        let text = self.text.get(start..self.at)?;
        if text.is_empty() {
            None
        } else {
            Some(Raw {
                text,
                is_lax: self.is_lax,
            })
        }
    }
}
