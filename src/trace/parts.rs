//! A valid JSON text in parts, so that some can be replaced and all between them stays to the letter.

/// What a text of JSON consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// A key of an object, quotes included.
    Key(&'a str),
    /// A number.
    Number(&'a str),
    /// Brackets, commas, colons, whitespace, `true`, `false` and `null`.
    Other(&'a str),
    /// A string that is no key, quotes included.
    String(&'a str),
}

/// The parts of a text, however deep it nests. Of what is no JSON it makes something, too.
pub(super) struct Parts<'a> {
    rest: &'a str,
}

impl<'a> Parts<'a> {
    pub(super) const fn of(json: &'a str) -> Self {
        Self { rest: json }
    }

    fn take(&mut self, len: usize) -> &'a str {
        let (part, rest) = self.rest.split_at_checked(len).unwrap_or((self.rest, ""));
        self.rest = rest;
        part
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        let bytes = self.rest.as_bytes();
        let while_ = |wanted: fn(&u8) -> bool| bytes.iter().take_while(|b| wanted(b)).count();
        Some(match bytes.first()? {
            b'"' => {
                let string = self.take(string_len(bytes));
                let after = self.rest.trim_ascii_start().as_bytes().first();
                if after == Some(&b':') {
                    Part::Key(string)
                } else {
                    Part::String(string)
                }
            }
            b'-' | b'0'..=b'9' => Part::Number(self.take(while_(|byte| {
                matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')
            }))),
            _ => Part::Other(self.take(while_(|byte| !matches!(byte, b'"' | b'-' | b'0'..=b'9')))),
        })
    }
}

/// The length of the string at the beginning.
fn string_len(bytes: &[u8]) -> usize {
    let mut is_escaped = true;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    bytes.len()
}
