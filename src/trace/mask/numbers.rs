//! Numbers in the place of numbers: what the client decides by stays, which is whether they are whole,
//! how long they are, and which of two is the larger.

use crate::json::Raw;
use crate::text::{decimal, push_decimal};

/// A whole number below this is a small counter, and stays.
const SMALL: u64 = 1_000;

/// The largest integer of which all smaller ones are exact in JavaScript.
const MAX_SAFE: u64 = (1 << 53) - 1;

/// The numbers of a trace that are not small.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// In order, each once, when all are known.
    known: Vec<Number>,
}

/// Its order among others of its class is that of its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Number {
    class: Class,
    place: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Class {
    is_negative: bool,
    is_whole: bool,
    /// Beyond what a number of JavaScript holds exactly.
    is_unsafe: bool,
    /// Of a small one its whole part; of others how many digits that has, beyond all small ones.
    size: u64,
}

/// What is known of one number.
enum Reading {
    /// A whole number that may stay.
    Small {
        is_negative: bool,
        value: u64,
    },
    Large(Number),
    /// No number of JavaScript, since it is too large.
    Infinite {
        is_negative: bool,
    },
}

impl Numbers {
    /// Makes a number known, before any is written.
    pub(super) fn add(&mut self, raw: Raw<'_>) {
        if let Some(Reading::Large(number)) = read(raw) {
            self.known.push(number);
        }
    }

    /// All numbers are known.
    pub(super) fn settle(&mut self) {
        self.known.sort_unstable();
        self.known.dedup();
    }

    /// Appends the number that takes the place of this one; false if it is none.
    pub(super) fn write(&self, out: &mut String, raw: Raw<'_>) -> bool {
        let (is_negative, text) = match read(raw) {
            None => return false,
            Some(Reading::Small { is_negative, value }) => (is_negative, decimal(value)),
            Some(Reading::Infinite { is_negative }) => (is_negative, "1e999".to_owned()),
            Some(Reading::Large(number)) => (number.class.is_negative, self.other(number)),
        };
        if is_negative {
            out.push('-');
        }
        out.push_str(&text);
        true
    }

    fn other(&self, number: Number) -> String {
        let Class {
            is_whole,
            is_unsafe,
            size,
            ..
        } = number.class;
        let first = self
            .known
            .partition_point(|other| other.class < number.class);
        let rank = self.known.partition_point(|other| *other < number) - first;
        let rank = rank as u64 + 1;
        if size < SMALL {
            // A fraction: behind the point there is room for all.
            let width = decimal(self.known.len() as u64).len();
            let mut out = decimal(size);
            out.push('.');
            push_padded(&mut out, rank, width);
            return out;
        }
        let digits = (size - SMALL) as usize;
        let mut out = String::new();
        if is_whole && is_unsafe && digits == decimal(MAX_SAFE).len() {
            push_decimal(&mut out, MAX_SAFE + rank);
            return out;
        }
        out.push('1');
        push_padded(&mut out, rank - 1, digits - 1);
        if !is_whole {
            out.push_str(".5");
        }
        out
    }
}

fn read(raw: Raw<'_>) -> Option<Reading> {
    let is_negative = raw.as_str().starts_with('-');
    if let Some(value) = raw.integer() {
        let value = value.unsigned_abs();
        if value < SMALL {
            return Some(Reading::Small { is_negative, value });
        }
        return Some(Reading::Large(Number {
            class: Class {
                is_negative,
                is_whole: true,
                is_unsafe: value > MAX_SAFE,
                size: SMALL + decimal(value).len() as u64,
            },
            place: value,
        }));
    }
    if raw.kind() != crate::json::Kind::Number {
        return None;
    }
    let Some(value) = raw.number() else {
        return Some(Reading::Infinite { is_negative });
    };
    let value = value.abs();
    let mut size = value as u64;
    if size >= SMALL {
        let mut rest = value;
        size = SMALL;
        while rest >= 1.0 {
            rest /= 10.0;
            size += 1;
        }
    }
    Some(Reading::Large(Number {
        class: Class {
            is_negative,
            is_whole: false,
            is_unsafe: false,
            size,
        },
        // Of numbers that are not negative, the bits have the same order.
        place: value.to_bits(),
    }))
}

fn push_padded(out: &mut String, number: u64, width: usize) {
    let digits = decimal(number);
    out.extend(std::iter::repeat_n('0', width.saturating_sub(digits.len())));
    out.push_str(&digits);
}
