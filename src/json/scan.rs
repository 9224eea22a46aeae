//! The grammar of JSON: checking a text, and skipping over what has been checked.

use super::{ErrorKind, MAX_DEPTH};
use crate::text::plain;

/// A place in a text.
pub(super) struct Scanner<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    /// Whether `NaN` or an infinity was found.
    pub(super) is_lax: bool,
}

impl<'a> Scanner<'a> {
    pub(super) const fn new(text: &'a str, at: usize) -> Self {
        Self {
            bytes: text.as_bytes(),
            at,
            is_lax: false,
        }
    }
}

impl Scanner<'_> {
    pub(super) fn peek(&self) -> Option<u8> {
        #[cfg(test)]
        super::steps::count();
        self.bytes.get(self.at).copied()
    }

    /// Moves over what means nothing in a string.
    fn skip_plain(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let len = plain(rest);
        #[cfg(test)]
        super::steps::count_bytes(len);
        self.at += len;
    }

    fn skip_whitespace(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Checks the whole text; gives the range of the value in it.
    pub(super) fn document(&mut self) -> Result<(usize, usize), ErrorKind> {
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
            Some(b'N') => self.lax_word(b"NaN"),
            Some(b'I') => self.lax_word(b"Infinity"),
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

    /// One that only Python's JSON has.
    fn lax_word(&mut self, word: &[u8]) -> Result<(), ErrorKind> {
        self.is_lax = true;
        self.word(word)
    }

    fn string(&mut self) -> Result<(), ErrorKind> {
        self.at += 1;
        loop {
            self.skip_plain();
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape()?;
                }
                Some(_) => return Err(ErrorKind::ControlCharacter),
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
            if self.peek() == Some(b'I') {
                return self.lax_word(b"Infinity");
            }
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

    /// Moves over what stands between the values of a text that is known to be valid.
    pub(super) fn skip_separators(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r' | b',' | b':') = self.peek() {
            self.at += 1;
        }
    }

    /// Moves over one value of a text that is known to be valid; stays at a closing bracket.
    pub(super) fn skip_valid(&mut self) {
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
        loop {
            self.skip_plain();
            match self.peek() {
                Some(b'\\') => self.at += 2,
                // The quote at its end.
                Some(_) => {
                    self.at += 1;
                    return;
                }
                None => return,
            }
        }
    }
}

/// A text that is known to be valid, with `null` in place of `NaN` and the infinities.
pub(super) fn with_nulls(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut scanner = Scanner::new(text, 0);
    let mut written = 0;
    while let Some(byte) = scanner.peek() {
        let start = scanner.at;
        match byte {
            b'"' => scanner.skip_valid_string(),
            b'-' | b'I' | b'N' => {
                scanner.skip_valid();
                if !matches!(scanner.bytes.get(start + 1), Some(b'0'..=b'9')) {
                    out.push_str(text.get(written..start).unwrap_or_default());
                    out.push_str("null");
                    written = scanner.at;
                }
            }
            _ => scanner.at += 1,
        }
    }
    out.push_str(text.get(written..).unwrap_or_default());
    out
}
