//! Reading JSON text (RFC 8259) without building a tree: validate once, then walk the text in place.
//!
//! [`Raw::parse`] is the only way in. A [`Raw`] is therefore always the text of exactly one valid
//! value, and everything that walks it can skip instead of check. What the client does not
//! interpret stays text and crosses to the page as text.

use std::borrow::Cow;
use std::fmt;

/// How deep arrays and objects may nest.
///
/// The check recurses once per level, and a browser's stack is small; what research servers send
/// is five levels deep.
pub const MAX_DEPTH: usize = 128;

/// The text of one valid JSON value, without the whitespace around it.
///
/// Two values are equal when their texts are: `1.0` is not `1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raw<'a> {
    text: &'a str,
}

impl<'a> Raw<'a> {
    /// Validates the whole text as one value; whitespace around it is allowed.
    ///
    /// Accepts what `JSON.parse` accepts, so also strings with lone surrogates (`"\ud800"`).
    ///
    /// # Errors
    /// The first place where the text is not JSON, or nests deeper than [`MAX_DEPTH`].
    pub fn parse(text: &'a str) -> Result<Self, Error> {
        let mut scanner = Scanner {
            bytes: text.as_bytes(),
            at: 0,
        };
        let range = scanner.document();
        match range.and_then(|(start, end)| text.get(start..end).ok_or(ErrorKind::UnexpectedByte)) {
            Ok(text) => Ok(Self { text }),
            Err(kind) => Err(Error {
                kind,
                offset: scanner.at,
            }),
        }
    }

    /// The text itself.
    pub fn as_str(self) -> &'a str {
        self.text
    }

    /// What kind of value this is.
    pub fn kind(self) -> Kind {
        match self.text.as_bytes().first() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::String,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'n') => Kind::Null,
            Some(_) | None => Kind::Number,
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

    /// Whether this is `null`.
    pub fn is_null(self) -> bool {
        self.text == "null"
    }
}

/// The six kinds of JSON values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`
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

/// Appends `text` to `out` as a JSON string, quotes included.
pub fn write_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\x1f' => {
                // Two hexadecimal digits are enough below U+0020.
                out.push_str(if c < '\x10' { "\\u000" } else { "\\u001" });
                out.extend(char::from_digit(u32::from(c) & 0xf, 16));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
}

/// Where and why a text is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// What is wrong there.
    pub kind: ErrorKind,
    /// The byte of the text at which it was noticed.
    pub offset: usize,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind.as_str(), self.offset)
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
}

impl<'a> Inside<'a> {
    fn new(raw: Raw<'a>, open: u8) -> Self {
        let is_container = raw.text.as_bytes().first() == Some(&open);
        Self {
            text: if is_container { raw.text } else { "" },
            at: 1,
        }
    }

    fn next(&mut self) -> Option<Raw<'a>> {
        let mut scanner = Scanner {
            bytes: self.text.as_bytes(),
            at: self.at,
        };
        while let Some(b' ' | b'\t' | b'\n' | b'\r' | b',' | b':') = scanner.peek() {
            scanner.at += 1;
        }
        let start = scanner.at;
        scanner.skip_valid();
        self.at = scanner.at;
        // At the closing bracket nothing is skipped.
        let text = self.text.get(start..self.at)?;
        if text.is_empty() {
            None
        } else {
            Some(Raw { text })
        }
    }
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_whitespace(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Checks the whole text; gives the range of the value in it.
    fn document(&mut self) -> Result<(usize, usize), ErrorKind> {
        self.skip_whitespace();
        let start = self.at;
        self.value(0)?;
        let end = self.at;
        self.skip_whitespace();
        if self.peek().is_some() {
            Err(ErrorKind::TrailingText)
        } else {
            Ok((start, end))
        }
    }

    fn value(&mut self, depth: usize) -> Result<(), ErrorKind> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'{') => self.container(depth, b'}'),
            Some(b'[') => self.container(depth, b']'),
            Some(b't') => self.word(b"true"),
            Some(b'f') => self.word(b"false"),
            Some(b'n') => self.word(b"null"),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => Err(ErrorKind::UnexpectedByte),
            None => Err(ErrorKind::UnexpectedEnd),
        }
    }

    fn container(&mut self, depth: usize, close: u8) -> Result<(), ErrorKind> {
        if depth == MAX_DEPTH {
            return Err(ErrorKind::TooDeep);
        }
        self.at += 1;
        self.skip_whitespace();
        if self.peek() == Some(close) {
            self.at += 1;
            return Ok(());
        }
        loop {
            if close == b'}' {
                if self.peek() != Some(b'"') {
                    return Err(self.unexpected());
                }
                self.string()?;
                self.skip_whitespace();
                self.expect(b':')?;
                self.skip_whitespace();
            }
            self.value(depth + 1)?;
            self.skip_whitespace();
            if self.peek() != Some(b',') {
                return self.expect(close);
            }
            self.at += 1;
            self.skip_whitespace();
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), ErrorKind> {
        if self.peek() != Some(byte) {
            return Err(self.unexpected());
        }
        self.at += 1;
        Ok(())
    }

    fn unexpected(&self) -> ErrorKind {
        if self.peek().is_some() {
            ErrorKind::UnexpectedByte
        } else {
            ErrorKind::UnexpectedEnd
        }
    }

    fn word(&mut self, word: &[u8]) -> Result<(), ErrorKind> {
        for byte in word {
            self.expect(*byte)?;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<(), ErrorKind> {
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape()?;
                }
                Some(0..=0x1f) => return Err(ErrorKind::ControlCharacter),
                Some(_) => self.at += 1,
                None => return Err(ErrorKind::UnexpectedEnd),
            }
        }
    }

    fn escape(&mut self) -> Result<(), ErrorKind> {
        let digits = match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 0,
            Some(b'u') => 4,
            Some(_) => return Err(ErrorKind::BadEscape),
            None => return Err(ErrorKind::UnexpectedEnd),
        };
        self.at += 1;
        for _ in 0..digits {
            match self.peek() {
                Some(byte) if byte.is_ascii_hexdigit() => self.at += 1,
                Some(_) => return Err(ErrorKind::BadEscape),
                None => return Err(ErrorKind::UnexpectedEnd),
            }
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), ErrorKind> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
            if let Some(b'0'..=b'9') = self.peek() {
                return Err(ErrorKind::BadNumber);
            }
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    /// At least one digit.
    fn digits(&mut self) -> Result<(), ErrorKind> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        match self.peek() {
            _ if self.at > start => Ok(()),
            Some(_) => Err(ErrorKind::BadNumber),
            None => Err(ErrorKind::UnexpectedEnd),
        }
    }

    /// Moves over one value of a text that is known to be valid; stays at a closing bracket.
    fn skip_valid(&mut self) {
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.skip_valid_string();
                    if depth == 0 {
                        return;
                    }
                    continue;
                }
                Some(b'{' | b'[') => depth += 1,
                Some(b'}' | b']') => {
                    if depth <= 1 {
                        self.at += depth;
                        return;
                    }
                    depth -= 1;
                }
                Some(b' ' | b'\t' | b'\n' | b'\r' | b',') if depth == 0 => return,
                Some(_) => {}
                None => return,
            }
            self.at += 1;
        }
    }

    fn skip_valid_string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += match byte {
                b'\\' => 2,
                _ => 1,
            };
            if byte == b'"' {
                return;
            }
        }
    }
}

fn unescape(inner: &str) -> Cow<'_, str> {
    if !inner.as_bytes().contains(&b'\\') {
        return Cow::Borrowed(inner);
    }
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        out.push(match chars.next() {
            Some('b') => '\x08',
            Some('f') => '\x0c',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => unescape_unicode(&mut chars),
            Some(same) => same,
            None => break,
        });
    }
    Cow::Owned(out)
}

/// The character of `\uXXXX`, or of two of them that make a surrogate pair.
fn unescape_unicode(chars: &mut std::str::Chars<'_>) -> char {
    let unit = hex4(chars);
    if let 0xd800..=0xdbff = unit {
        let mut ahead = chars.clone();
        if ahead.next() == Some('\\') && ahead.next() == Some('u') {
            let low = hex4(&mut ahead);
            if let 0xdc00..=0xdfff = low {
                *chars = ahead;
                let code = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                return char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            }
        }
    }
    char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn hex4(chars: &mut std::str::Chars<'_>) -> u32 {
    let mut value = 0;
    for _ in 0..4 {
        let digit = chars.next().and_then(|c| c.to_digit(16));
        value = value * 16 + digit.unwrap_or(0);
    }
    value
}

/// A number as `±mantissa · 10^exponent`.
struct Decimal {
    negative: bool,
    mantissa: u64,
    exponent: i64,
    /// Digits other than 0 beyond the 19 that fit into the mantissa were dropped.
    cut: bool,
}

impl Decimal {
    fn read(raw: Raw<'_>) -> Option<Self> {
        let mut bytes = raw.text.bytes();
        let negative = raw.text.starts_with('-');
        if negative {
            bytes.next();
        }
        let mut number = Self {
            negative,
            mantissa: 0,
            exponent: 0,
            cut: false,
        };
        let mut after_point = 0;
        while let Some(byte) = bytes.next() {
            match byte {
                b'0'..=b'9' => number.push_digit(byte - b'0', after_point),
                b'.' => after_point = 1,
                b'e' | b'E' => {
                    number.exponent = number.exponent.saturating_add(exponent(&mut bytes));
                }
                _ => return None,
            }
        }
        Some(number)
    }

    fn push_digit(&mut self, digit: u8, after_point: i64) {
        // 19 digits always fit into a u64.
        if self.mantissa < 1_000_000_000_000_000_000 {
            self.mantissa = self.mantissa * 10 + u64::from(digit);
            self.exponent -= after_point;
        } else {
            self.cut |= digit != 0;
            self.exponent += 1 - after_point;
        }
    }

    fn to_f64(&self) -> Option<f64> {
        if self.mantissa == 0 {
            return Some(if self.negative { -0.0 } else { 0.0 });
        }
        if self.exponent > 400 {
            return None;
        }
        // Division by a power of ten is exact where multiplication by its inverse is not.
        let mut value = self.mantissa as f64;
        let mut left = self.exponent.unsigned_abs().min(400);
        for (step, power) in POWERS_OF_TEN {
            while left >= step {
                left -= step;
                value = if self.exponent < 0 {
                    value / power
                } else {
                    value * power
                };
            }
        }
        let value = if self.negative { -value } else { value };
        if value.is_finite() { Some(value) } else { None }
    }

    fn to_i64(&self) -> Option<i64> {
        if self.cut {
            return None;
        }
        let mut value = i128::from(self.mantissa);
        if value != 0 {
            for _ in 0..self.exponent.unsigned_abs().min(20) {
                if self.exponent > 0 {
                    value *= 10;
                } else if value % 10 == 0 {
                    value /= 10;
                } else {
                    return None;
                }
            }
        }
        i64::try_from(if self.negative { -value } else { value }).ok()
    }
}

/// The number after `e`, bounded so that arithmetic with it cannot overflow.
fn exponent(bytes: &mut std::str::Bytes<'_>) -> i64 {
    let mut value = 0_i64;
    let mut negative = false;
    for byte in bytes {
        match byte {
            b'0'..=b'9' => value = (value * 10 + i64::from(byte - b'0')).min(1 << 40),
            b'-' => negative = true,
            _ => {}
        }
    }
    if negative { -value } else { value }
}

const POWERS_OF_TEN: [(u64, f64); 3] = [(256, 1e256), (22, 1e22), (1, 10.0)];
