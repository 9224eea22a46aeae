//! A value from its beginning to its end in one go, however deep it is.

use super::scan::Scanner;
use super::{Kind, Raw};

/// A part of a value, in the order of the text. Keys of objects are values too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// The end of an array or object.
    Close,
    /// The beginning of an array or object.
    Open(Kind),
    /// Anything else.
    Value(Raw<'a>),
}

/// See [`Raw::tokens`].
#[derive(Clone, Debug)]
pub(crate) struct Tokens<'a> {
    text: &'a str,
    at: usize,
    is_lax: bool,
}

impl<'a> Raw<'a> {
    /// All that is in the value, at any depth, in time that grows with its length only:
    /// [`members`](Self::members) of members look at the same text again for each level.
    pub(crate) fn tokens(self) -> Tokens<'a> {
        Tokens {
            text: self.text,
            at: 0,
            is_lax: self.is_lax,
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let mut scanner = Scanner::new(self.text, self.at);
        scanner.skip_separators();
        let start = scanner.at;
        let token = match scanner.peek()? {
            b'{' => Token::Open(Kind::Object),
            b'[' => Token::Open(Kind::Array),
            b'}' | b']' => Token::Close,
            _ => {
                scanner.skip_valid();
                self.at = scanner.at;
                let text = self.text.get(start..self.at)?;
                let is_lax = self.is_lax;
                return Some(Token::Value(Raw { text, is_lax }));
            }
        };
        self.at = start + 1;
        Some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_told_from_its_beginning_to_its_end() {
        let raw = Raw::parse(r#" {"a" : [1, "}"], "b": {} , "c":null} "#).unwrap();
        let tokens: Vec<_> = raw.tokens().collect();
        let value = |text| Token::Value(Raw::parse(text).unwrap());
        let expected = [
            Token::Open(Kind::Object),
            value("\"a\""),
            Token::Open(Kind::Array),
            value("1"),
            value("\"}\""),
            Token::Close,
            value("\"b\""),
            Token::Open(Kind::Object),
            Token::Close,
            value("\"c\""),
            value("null"),
            Token::Close,
        ];
        assert_eq!(tokens, expected);
        let scalar = Raw::parse("7").unwrap();
        assert_eq!(scalar.tokens().collect::<Vec<_>>(), [value("7")]);
    }
}
