//! What was refused in a payload, in words that name the field and show what came.

use super::text::Text;
use crate::json::Raw;
use crate::text::decimal;

/// Warnings per payload; more faults than that are one fault, and are counted.
const MAX_PER_PAYLOAD: usize = 8;

/// Characters of an excerpt: enough to recognise the value, too few to fill a console.
const MAX_EXCERPT: usize = 60;

/// Something in a payload that was refused. The rest of the payload was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// `not-json`, `not-an-object`, `not-finite`, `wrong-type`, `out-of-range`, `unknown-value`,
    /// `too-large` or `too-many-entries`.
    pub code: &'static str,
    /// Plain words: which field, what was expected, what came.
    pub message: String,
    /// The research whose payload it was; `None` for a payload of no known research.
    pub research: Option<String>,
    /// What came, at most 60 characters.
    pub excerpt: String,
}

impl Warning {
    /// A warning that `got` came in `field` instead of what is `expected`.
    ///
    /// The name of the field comes in parts, so that it is put together only when it is needed.
    pub(crate) fn new(code: &'static str, field: &[&str], expected: &str, got: &str) -> Self {
        let excerpt = excerpt(got);
        let words = [": expected ", expected, ", got ", &excerpt].concat();
        Self {
            code,
            message: field.concat() + &words,
            research: None,
            excerpt,
        }
    }
}

impl Warning {
    /// That the server writes numbers that JSON does not have. The same of all researches: it is how
    /// the server writes anything.
    pub(in crate::research) fn lax() -> Self {
        Self {
            code: "not-finite",
            message: "the server sends NaN or Infinity, which JSON does not have: read as null"
                .to_owned(),
            research: None,
            excerpt: String::new(),
        }
    }
}

/// The beginning of a text, at most 60 characters, the last of them "…" if something is missing.
pub(crate) fn excerpt(text: &str) -> String {
    let mut out: String = text.chars().take(MAX_EXCERPT).collect();
    if out.len() < text.len() {
        out.pop();
        out.push('…');
    }
    out
}

/// The warnings of one payload.
#[derive(Clone, Debug, Default)]
pub(in crate::research) struct Refusals {
    /// At most [`MAX_PER_PAYLOAD`].
    pub(in crate::research) warnings: Vec<Warning>,
    /// Everything that was refused, with or without a warning.
    pub(in crate::research) count: u64,
    /// So many at the beginning were told of before, and are not again.
    pub(in crate::research) known: u64,
    /// Entries of a log that were not looked at.
    pub(in crate::research) dropped_entries: u64,
    /// A text has numbers that JSON does not have; see [`Raw::is_lax`].
    pub(in crate::research) is_lax: bool,
}

impl Refusals {
    /// Refuses a value: counts it, and says so while there is room.
    pub(in crate::research) fn refuse(
        &mut self,
        code: &'static str,
        field: &[&str],
        expected: &str,
        got: &str,
    ) {
        self.count += 1;
        if self.count > self.known && self.warnings.len() < MAX_PER_PAYLOAD {
            self.warnings.push(Warning::new(code, field, expected, got));
        }
    }

    /// Notes that a log had `total` entries, of which only the newest `kept` are used.
    pub(in crate::research) fn drop_entries(&mut self, field: &[&str], total: usize, kept: usize) {
        self.dropped_entries += total.saturating_sub(kept) as u64;
        let kept = decimal(kept as u64);
        let expected = ["at most ", &kept, " entries (the newest are used)"].concat();
        self.refuse("too-many-entries", field, &expected, &decimal(total as u64));
    }

    /// The content of a string; nothing for `null` and for blank strings, which say nothing.
    pub(in crate::research) fn text<'a>(&mut self, field: &[&str], value: Raw<'a>) -> Text<'a> {
        match value.string() {
            Some(text) if text.trim_ascii().is_empty() => None,
            Some(text) => Some(text),
            None => {
                if !value.is_null() {
                    self.refuse("wrong-type", field, "a string", value.as_str());
                }
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_names_the_field_and_shows_what_came() {
        let warning = Warning::new("wrong-type", &["metadata", ".phase"], "a string", "[1,2]");
        assert_eq!(
            warning.message,
            "metadata.phase: expected a string, got [1,2]"
        );
        assert_eq!(warning.excerpt, "[1,2]");
    }

    #[test]
    fn an_excerpt_has_at_most_sixty_characters() {
        assert_eq!(excerpt(&"é".repeat(60)), "é".repeat(60));
        assert_eq!(excerpt(&"é".repeat(61)), "é".repeat(59) + "…");
        assert_eq!(excerpt(""), "");
    }

    #[test]
    fn a_payload_with_a_hundred_faults_gives_eight_warnings_and_counts_the_rest() {
        let mut refusals = Refusals::default();
        for _ in 0..100 {
            refusals.refuse("wrong-type", &["phase"], "a string", "1");
        }
        assert_eq!((refusals.warnings.len(), refusals.count), (8, 100));
    }

    #[test]
    fn null_and_blank_strings_are_absent_without_a_warning() {
        let mut refusals = Refusals::default();
        for text in ["null", "\"\"", "\" \\n\""] {
            assert_eq!(refusals.text(&["phase"], Raw::parse(text).unwrap()), None);
        }
        assert_eq!(refusals.count, 0);
        assert_eq!(refusals.text(&["phase"], Raw::parse("{}").unwrap()), None);
        assert_eq!(refusals.count, 1);
    }
}
