//! Numbers of JSON, read without the large tables of the standard library's float parser.

use std::str::Bytes;

use super::Raw;

/// A number as `±mantissa · 10^exponent`.
pub(super) struct Decimal {
    negative: bool,
    mantissa: u64,
    exponent: i64,
    /// Digits other than 0 beyond the 19 that fit into the mantissa were dropped.
    cut: bool,
}

impl Decimal {
    /// Reads the text of a valid value; `None` if it is no number.
    pub(super) fn read(raw: Raw<'_>) -> Option<Self> {
        let digits = raw.text.strip_prefix('-');
        let mut number = Self {
            negative: digits.is_some(),
            mantissa: 0,
            exponent: 0,
            cut: false,
        };
        let mut after_point = 0;
        let mut bytes = digits.unwrap_or(raw.text).bytes();
        while let Some(byte) = bytes.next() {
            match byte {
                b'0'..=b'9' => number.push_digit(byte - b'0', after_point),
                b'.' => after_point = 1,
                b'e' | b'E' => number.exponent += read_exponent(&mut bytes),
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

    /// The nearest `f64` or one beside it; `None` beyond the largest.
    pub(super) fn to_f64(&self) -> Option<f64> {
        let mut value = self.mantissa as f64;
        // Beyond 400 every mantissa but 0 overflows or vanishes.
        let mut left = if self.mantissa == 0 {
            0
        } else {
            self.exponent.unsigned_abs().min(400)
        };
        while left > 0 {
            let (step, power) = power_of_ten(left);
            left -= step;
            // Dividing by a power of ten is exact where multiplying by its inverse is not.
            value = if self.exponent < 0 {
                value / power
            } else {
                value * power
            };
        }
        let value = if self.negative { -value } else { value };
        if value.is_finite() { Some(value) } else { None }
    }

    pub(super) fn to_i64(&self) -> Option<i64> {
        if self.cut {
            return None;
        }
        let mut value = self.mantissa;
        // No mantissa but 0 survives 20 multiplications or divisions.
        for _ in 0..self.exponent.unsigned_abs().min(20) {
            value = if self.exponent > 0 {
                value.checked_mul(10)?
            } else if value.is_multiple_of(10) {
                value / 10
            } else {
                return None;
            };
        }
        if self.negative {
            0_i64.checked_sub_unsigned(value)
        } else {
            i64::try_from(value).ok()
        }
    }
}

/// The number after `e`, bounded so that no sum with it overflows.
fn read_exponent(bytes: &mut Bytes<'_>) -> i64 {
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

/// The largest step towards `10^exponent` and its power. Powers up to 10^22 are exact, so smaller
/// exponents take one rounding only.
fn power_of_ten(exponent: u64) -> (u64, f64) {
    match exponent {
        23.. => (22, 1e22),
        _ => {
            let mut power = 1.0;
            for _ in 0..exponent {
                power *= 10.0;
            }
            (exponent, power)
        }
    }
}
