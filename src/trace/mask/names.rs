//! Names in the place of texts: they tell equal texts from others, and nothing else.

use crate::json::{Raw, write_string};
use crate::research::dedup::Memory;
use crate::research::hash;
use crate::research::{MAX_ID_LENGTH, word_of_level};
use crate::text::push_decimal;

/// The digits of a name. Without vowels and some more letters, so that no name
/// is a word that means something, and none begins as a binary packet does.
const DIGITS: &[u8] = b"cdfhjklmnpqrstvw";

/// Fills a name up to the length of its text.
pub(super) const FILLER: char = 'x';

/// Names of texts by the order in which they first come.
#[derive(Debug)]
pub(super) struct Names {
    seed: u64,
    known: Memory,
    /// The researches that the page follows, in the order of their ids, which decides which of them is
    /// asked for first.
    researches: Vec<String>,
}

impl Names {
    /// `seed` keeps anyone from writing two texts that are taken for the same.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            known: Memory::new(usize::MAX),
            researches: Vec::new(),
        }
    }

    /// Makes the id of a research known, before any is named.
    pub(super) fn follow(&mut self, id: &str) {
        if let Err(place) = self.place_of(id) {
            self.researches.insert(place, id.to_owned());
        }
    }

    /// Appends the name of a text: of as many bytes, if it is not among the very short ones. Words from
    /// which a level or a failure is derived are in it where they were in the text.
    pub(super) fn write(&mut self, out: &mut String, text: &str) {
        let key = hash(self.seed, &[text]);
        let place = self.known.enter(key).place;
        let mut ends = ["_error", "error", ""].into_iter();
        let end = ends.find(|end| text.ends_with(end)).unwrap_or_default();
        let mut start = word_of_level(text);
        if end.ends_with(start) {
            start = "";
        }
        let len = text.len().saturating_sub(end.len());
        let from = out.len();
        out.push_str(start);
        push_number(out, place);
        fill(out, from, len, FILLER);
        out.push_str(end);
    }

    /// Appends the name of a research; false if the page does not follow it. Names have the order of ids and
    /// take as much room in a packet, and the name of a number is a number.
    pub(super) fn write_research(&self, out: &mut String, id: &str) -> bool {
        let Ok(place) = self.place_of(id) else {
            return false;
        };
        let mut first = 1;
        while first * 9 < self.researches.len() {
            first *= 10;
        }
        let from = out.len();
        push_decimal(out, (first + place) as u64);
        if is_integer(id) {
            fill(out, from, id.len().min(MAX_DIGITS), '0');
        } else {
            let mut written = String::new();
            write_string(&mut written, id);
            // Without the quotes.
            let len = written.len().saturating_sub(2);
            fill(out, from, len.min(MAX_ID_LENGTH), FILLER);
        }
        true
    }

    fn place_of(&self, id: &str) -> Result<usize, usize> {
        self.researches
            .binary_search_by(|known| known.as_str().cmp(id))
    }
}

/// Digits that every integer of the core can have.
const MAX_DIGITS: usize = 18;

fn is_integer(id: &str) -> bool {
    Raw::parse(id).is_ok_and(|raw| raw.as_str() == id && raw.integer().is_some())
}

fn push_number(out: &mut String, number: usize) {
    if number >= DIGITS.len() {
        push_number(out, number / DIGITS.len());
    }
    let digit = DIGITS.get(number % DIGITS.len());
    out.extend(digit.copied().map(char::from));
}

/// Fills what was written since `from` up to `len` bytes.
fn fill(out: &mut String, from: usize, len: usize, filler: char) {
    let written = out.len() - from;
    out.extend(std::iter::repeat_n(filler, len.saturating_sub(written)));
}
