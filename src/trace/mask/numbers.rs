//! Numbers in the place of numbers: what the client decides by stays, which is whether they are whole,
//! how long they are, and which of two is the larger.

use crate::json::{Kind, Raw};
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

/// Its class, and what orders it among others of that. A tuple of two numbers, since what sorts those is there.
type Number = (u64, u64);

/// Bits of a class. The others are the whole part of a small number; of any other how many digits that has,
/// beyond all small ones.
const NEGATIVE: u64 = 1 << 63;
const WHOLE: u64 = 1 << 62;
/// Beyond what a number of JavaScript holds exactly.
const UNSAFE: u64 = 1 << 61;
const SIZE: u64 = UNSAFE - 1;

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
            Some(Reading::Large(number)) => (number.0 & NEGATIVE != 0, self.other(number)),
        };
        if is_negative {
            out.push('-');
        }
        out.push_str(&text);
        true
    }

    fn other(&self, number: Number) -> String {
        let (class, _) = number;
        let size = class & SIZE;
        let before = |end: Number| self.known.partition_point(|other| *other < end);
        let rank = before(number) - before((class, 0));
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
        if class & UNSAFE != 0 && digits == decimal(MAX_SAFE).len() {
            push_decimal(&mut out, MAX_SAFE + rank);
            return out;
        }
        out.push('1');
        push_padded(&mut out, rank - 1, digits - 1);
        if class & WHOLE == 0 {
            out.push_str(".5");
        }
        out
    }
}

fn read(raw: Raw<'_>) -> Option<Reading> {
    let is_negative = raw.as_str().as_bytes().first() == Some(&b'-');
    let sign = if is_negative { NEGATIVE } else { 0 };
    if let Some(value) = raw.integer() {
        let value = value.unsigned_abs();
        if value < SMALL {
            return Some(Reading::Small { is_negative, value });
        }
        let exactness = if value > MAX_SAFE { UNSAFE } else { 0 };
        let size = SMALL + decimal(value).len() as u64;
        return Some(Reading::Large((sign | WHOLE | exactness | size, value)));
    }
    if raw.kind() != Kind::Number {
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
    // Of numbers that are not negative, the bits have the same order.
    Some(Reading::Large((sign | size, value.to_bits())))
}

fn push_padded(out: &mut String, number: u64, width: usize) {
    let digits = decimal(number);
    out.extend(std::iter::repeat_n('0', width.saturating_sub(digits.len())));
    out.push_str(&digits);
}
