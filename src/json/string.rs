//! Strings of JSON: decoding escapes, and writing them.

use std::borrow::Cow;
use std::str::Chars;

use crate::text::{find, plain};

/// Appends `text` to `out` as a JSON string, quotes included.
pub fn write_string(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    loop {
        let (same, behind) = rest
            .split_at_checked(plain(rest.as_bytes()))
            .unwrap_or((rest, ""));
        out.push_str(same);
        let mut chars = behind.chars();
        match chars.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(c) => {
                // Two hexadecimal digits are enough below U+0020.
                out.push_str(if c < '\x10' { "\\u000" } else { "\\u001" });
                out.extend(char::from_digit(u32::from(c) & 0xf, 16));
            }
            None => break,
        }
        rest = chars.as_str();
    }
    out.push('"');
}

/// The content of a valid string, given without its quotes.
pub(crate) fn unescape(inner: &str) -> Cow<'_, str> {
    let mut escape = find(inner.as_bytes(), b'\\');
    if escape.is_none() {
        return Cow::Borrowed(inner);
    }
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((plain, escaped)) = escape.and_then(|at| rest.split_at_checked(at)) {
        out.push_str(plain);
        let mut chars = escaped.chars();
        // The backslash.
        chars.next();
        out.push(match chars.next() {
            Some('b') => '\x08',
            Some('f') => '\x0c',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => unescape_unicode(&mut chars),
            Some(same) => same,
            // A valid string does not end in a backslash.
            None => '\\',
        });
        rest = chars.as_str();
        escape = find(rest.as_bytes(), b'\\');
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The character of `\uXXXX`, or of two of them that make a surrogate pair.
fn unescape_unicode(chars: &mut Chars<'_>) -> char {
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

fn hex4(chars: &mut Chars<'_>) -> u32 {
    let mut value = 0;
    for _ in 0..4 {
        let digit = chars.next().and_then(|c| c.to_digit(16));
        value = value * 16 + digit.unwrap_or(0);
    }
    value
}
