//! Small operations on texts that are kept small in the compiled module.

use std::borrow::Cow;

/// A text of a payload that is not blank.
pub(in crate::research) type Text<'a> = Option<Cow<'a, str>>;

/// Bytes of any one text of a server that is kept or reported apart from its payload.
///
/// The longest packet of a real run has half a kilobyte; a page that needs more has the payload.
pub(in crate::research) const MAX_TEXT: usize = 16 * 1024;

/// The beginning of a text, at most [`MAX_TEXT`] bytes, and "…" if something is missing.
pub(in crate::research) fn bounded(text: &str) -> String {
    let start = beginning(text, MAX_TEXT);
    if start.len() < text.len() {
        [start, "…"].concat()
    } else {
        text.into()
    }
}

/// The beginning of a text, at most so many bytes.
pub(in crate::research) fn beginning(text: &str, max: usize) -> &str {
    text.get(..text.floor_char_boundary(max)).unwrap_or(text)
}

/// Whether the first [`MAX_TEXT`] bytes of the text hold one of the words, which are in lower-case
/// ASCII.
pub(in crate::research) fn contains_ignoring_case(text: &str, words: &[&str]) -> bool {
    let text = text.as_bytes();
    let text = text.get(..MAX_TEXT).unwrap_or(text);
    words.iter().any(|word| {
        text.windows(word.len())
            .any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let long = "é".repeat(MAX_TEXT);
        let cut = bounded(&long);
        assert_eq!(cut.len(), MAX_TEXT + "…".len());
        assert!(cut.ends_with("é…"));
        assert_eq!(bounded("short"), "short");
        assert_eq!(bounded(&"x".repeat(MAX_TEXT)).len(), MAX_TEXT);
    }

    #[test]
    fn words_are_found_in_any_case() {
        assert!(contains_ignoring_case("It FAILED", &["error", "failed"]));
        assert!(!contains_ignoring_case("fail", &["failed"]));
        assert!(!contains_ignoring_case("", &["failed"]));
        let far = |bytes| "x".repeat(bytes) + "error";
        assert!(contains_ignoring_case(&far(MAX_TEXT - 5), &["error"]));
        assert!(!contains_ignoring_case(&far(MAX_TEXT - 4), &["error"]));
    }
}
