//! Small operations on texts, where the standard library's are large in a module, or slow in one that is compiled to be small.

/// The bytes that are looked at together.
const WORD: usize = size_of::<usize>();

/// A word of bytes with this value.
const fn all(byte: u8) -> usize {
    usize::MAX / 0xff * byte as usize
}

/// The highest bit of the first byte with this value. There can be others behind it.
const fn marked(word: usize, byte: u8) -> usize {
    below(word ^ all(byte), 1)
}

/// The highest bit of the first byte that is below this value, which is at most 0x80. There can be others behind it.
const fn below(word: usize, limit: u8) -> usize {
    word.wrapping_sub(all(limit)) & !word & all(0x80)
}

/// How many bytes come before the first that is one of two, or below a value.
fn before(bytes: &[u8], one: u8, other: u8, limit: u8) -> usize {
    let marks = |word| marked(word, one) | marked(word, other) | below(word, limit);
    let (words, rest) = bytes.as_chunks::<WORD>();
    let mut len = 0;
    for word in words {
        let marks = marks(usize::from_le_bytes(*word));
        if marks != 0 {
            return len + marks.trailing_zeros() as usize / 8;
        }
        len += WORD;
    }
    for byte in rest {
        if marks(usize::from(*byte)) & 0x80 != 0 {
            break;
        }
        len += 1;
    }
    len
}

/// How many bytes come before the first that means something in a string of JSON: a quote, a backslash or a control character.
pub(crate) fn plain(bytes: &[u8]) -> usize {
    before(bytes, b'"', b'\\', b' ')
}

/// Where the byte is for the first time.
pub(crate) fn find(bytes: &[u8], byte: u8) -> Option<usize> {
    let at = before(bytes, byte, byte, 0);
    (at < bytes.len()).then_some(at)
}

/// What comes behind `start`, if the bytes begin with it. Compared from its end: lines that are alike differ there.
pub(crate) fn behind<'a>(bytes: &'a [u8], start: &[u8]) -> Option<&'a [u8]> {
    let (same, rest) = bytes.split_at_checked(start.len())?;
    let (first, words) = start.as_rchunks::<WORD>();
    let (other_first, other_words) = same.as_rchunks::<WORD>();
    let mut pairs = words.iter().zip(other_words).rev();
    let is_same =
        pairs.all(|(word, other)| usize::from_le_bytes(*word) == usize::from_le_bytes(*other));
    (is_same && first == other_first).then_some(rest)
}

/// Appends a number in decimal digits.
pub(crate) fn push_decimal(out: &mut String, number: u64) {
    if number >= 10 {
        push_decimal(out, number / 10);
    }
    out.push(char::from(b'0' + (number % 10) as u8));
}

/// A number in decimal digits.
pub(crate) fn decimal(number: u64) -> String {
    let mut out = String::new();
    push_decimal(&mut out, number);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bytes_that_are_looked_at_together_are_found_as_one_by_one(
            bytes in prop::collection::vec(
                prop_oneof![8 => any::<u8>(), 1 => Just(b'"'), 1 => Just(b'\\'), 1 => 0x1d..0x22_u8],
                0..40,
            ),
            plain_bytes in 0_usize..20,
            byte in prop_oneof![any::<u8>(), Just(0x1e)],
        ) {
            let bytes = [vec![b'x'; plain_bytes], bytes].concat();
            let means = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
            let first = bytes.iter().position(means);
            prop_assert_eq!(plain(&bytes), first.unwrap_or(bytes.len()));
            let first = bytes.iter().position(|other| *other == byte);
            prop_assert_eq!(find(&bytes, byte), first);
        }

        #[test]
        fn what_comes_behind_is_what_the_standard_library_finds(
            start in prop::collection::vec(0..3_u8, 0..20),
            more in prop::collection::vec(0..3_u8, 0..20),
            changed in prop::option::of(0_usize..20),
        ) {
            let mut bytes = [start.clone(), more].concat();
            if let Some(byte) = changed.and_then(|at| bytes.get_mut(at)) {
                *byte ^= 1;
            }
            prop_assert_eq!(behind(&bytes, &start), bytes.strip_prefix(&*start));
            prop_assert_eq!(behind(&start, &bytes), start.strip_prefix(&*bytes));
        }
    }

    #[test]
    fn writes_numbers_as_the_standard_library_does() {
        for number in [0, 7, 10, 909, 1_000_000, u64::MAX] {
            assert_eq!(decimal(number), number.to_string());
        }
    }
}
