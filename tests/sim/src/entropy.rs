//! Where all chance comes from: a finite string of bytes, read front to back.

use std::borrow::Cow;

/// A finite source of chance. Each reader gives `None` once the bytes are used up, which ends the
/// schedule that is drawn from it.
///
/// So a seed, a file and a fuzzer's input are the same thing, and whoever looks for a smaller
/// failing schedule only has to look for a shorter string of bytes. Zero bytes draw the mildest
/// choice everywhere.
#[derive(Clone, Debug)]
pub struct Entropy<'a> {
    bytes: Cow<'a, [u8]>,
    at: usize,
}

/// The longest string that a seed stands for. Longer schedules find no more per second, and are
/// harder to read.
const MAX_SEEDED_BYTES: u64 = 320;

impl<'a> Entropy<'a> {
    /// The bytes that `seed` stands for.
    pub fn from_seed(seed: u64) -> Entropy<'static> {
        Entropy {
            bytes: Cow::Owned(seeded_bytes(seed)),
            at: 0,
        }
    }

    /// These bytes, such as a fuzzer's or a file's.
    pub const fn from_bytes(bytes: &'a [u8]) -> Self {
        Self {
            bytes: Cow::Borrowed(bytes),
            at: 0,
        }
    }

    /// A number below `n`; 0 without reading if `n` is at most 1.
    pub fn below(&mut self, n: u32) -> Option<u32> {
        if n <= 1 {
            return Some(0);
        }
        let width = match n {
            0..=0x100 => 1,
            0x101..=0x1_0000 => 2,
            _ => 4,
        };
        let mut value = 0_u64;
        for _ in 0..width {
            value = (value << 8) | u64::from(self.byte()?);
        }
        Some(((value * u64::from(n)) >> (8 * width)) as u32)
    }

    /// True in `a` of `b` cases. A zero byte says no.
    pub fn chance(&mut self, a: u32, b: u32) -> Option<bool> {
        Some(self.below(b)? >= b.saturating_sub(a))
    }

    /// One of these; `None` also if there are none.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        let index = self.below(from.len() as u32)?;
        from.get(index as usize).copied()
    }

    /// The place of one of these weights, as often as it weighs; `None` also if they weigh nothing.
    pub fn weighed(&mut self, weights: &[u32]) -> Option<usize> {
        let total: u32 = weights.iter().sum();
        if total == 0 {
            return None;
        }
        let mut left = self.below(total)?;
        for (index, weight) in weights.iter().enumerate() {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return Some(index),
            }
        }
        None
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }
}

/// The string of bytes that a seed stands for.
pub fn seeded_bytes(seed: u64) -> Vec<u8> {
    let mut dice = Dice::new(seed);
    let len = 16 + dice.below(MAX_SEEDED_BYTES - 16);
    let mut bytes = Vec::with_capacity(len as usize + 8);
    while (bytes.len() as u64) < len {
        bytes.extend_from_slice(&dice.bits().to_le_bytes());
    }
    bytes.truncate(len as usize);
    bytes
}

/// An endless generator (SplitMix64), for what a plan leaves open: jitter of the network.
#[derive(Clone, Debug)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// A generator whose numbers depend on nothing but `seed`.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 random bits.
    pub const fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, or 0.
    pub const fn below(&mut self, n: u64) -> u64 {
        if n == 0 { 0 } else { self.bits() % n }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_stand_for_equal_bytes() {
        assert_eq!(seeded_bytes(3), seeded_bytes(3));
        assert_ne!(seeded_bytes(3), seeded_bytes(4));
    }

    #[test]
    fn it_ends_when_the_bytes_are_used_up() {
        let mut entropy = Entropy::from_bytes(&[0, 255, 9]);
        assert_eq!(entropy.below(10), Some(0));
        assert_eq!(entropy.below(10), Some(9));
        assert_eq!(
            entropy.below(1000),
            None,
            "two bytes are wanted, one is left"
        );
    }

    #[test]
    fn zero_bytes_draw_the_mildest_choice() {
        let mut entropy = Entropy::from_bytes(&[0; 16]);
        assert_eq!(entropy.chance(9, 10), Some(false));
        assert_eq!(entropy.pick(&["mild", "wild"]), Some("mild"));
        assert_eq!(entropy.weighed(&[0, 3, 9]), Some(1));
        assert_eq!(entropy.weighed(&[0, 0]), None);
    }

    #[test]
    fn numbers_fill_their_range() {
        let mut entropy = Entropy::from_seed(1);
        let drawn: Vec<_> = std::iter::from_fn(|| entropy.below(4)).collect();
        assert!(drawn.iter().all(|n| *n < 4));
        assert!((0..4).all(|n| drawn.contains(&n)));
    }
}
