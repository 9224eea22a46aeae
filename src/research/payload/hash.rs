//! Hashes instead of texts.

/// A seeded 64-bit hash of texts, in which the border between two texts counts.
///
/// Eight bytes a step, mixed by the finaliser of SplitMix64. The seed differs from page to page,
/// so nobody can prepare two lines that collide.
pub(crate) fn hash(seed: u64, texts: &[&str]) -> u64 {
    let mut state = mix(seed);
    for text in texts {
        let (words, rest) = text.as_bytes().as_chunks::<8>();
        for word in words {
            state = mix(state ^ u64::from_le_bytes(*word));
        }
        let mut last = 0;
        for &byte in rest {
            last = (last << 8) | u64::from(byte);
        }
        state = mix(state ^ last);
        state = mix(state ^ text.len() as u64);
    }
    state
}

pub(in crate::research) const fn mix(value: u64) -> u64 {
    let z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_border_between_texts_and_the_seed_count() {
        assert_ne!(hash(1, &["ab", "c"]), hash(1, &["a", "bc"]));
        assert_ne!(hash(1, &["", "a"]), hash(1, &["a", ""]));
        assert_ne!(hash(1, &["a"]), hash(2, &["a"]));
        assert_ne!(hash(1, &["a\0"]), hash(1, &["a"]));
        assert!((0..64).all(|seed| hash(seed, &["\0"]) != hash(seed, &[""])));
        assert_eq!(
            hash(1, &["a long text of words"]),
            hash(1, &["a long text of words"])
        );
    }

    /// The finaliser's published numbers for the seed 1234567.
    #[test]
    fn mixing_is_that_of_splitmix64() {
        assert_eq!(mix(1_234_567), 6_457_827_717_110_365_317);
        let second = 1_234_567_u64.wrapping_add(0x9e37_79b9_7f4a_7c15);
        assert_eq!(mix(second), 3_203_168_211_198_807_973);
    }

    #[test]
    fn texts_that_differ_in_one_bit_have_unrelated_hashes() {
        let base = hash(9, &["2026-11-21T20:45:09.123456+00:00", "Found 5 results"]);
        for other in [
            hash(9, &["2026-11-21T20:45:09.123457+00:00", "Found 5 results"]),
            hash(9, &["2026-11-21T20:45:09.123456+00:00", "Found 4 results"]),
        ] {
            let differing = (base ^ other).count_ones();
            assert!((16..48).contains(&differing), "{differing} bits");
        }
    }
}
