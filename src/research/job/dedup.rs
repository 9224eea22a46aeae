//! Remembering what was seen, in bounded memory: hashes instead of texts.

/// The last keys that were seen, oldest forgotten first.
///
/// A key is a 64-bit hash: among 10,000 of them two different lines look the same once in
/// 370 billion runs. Memory grows with what is seen, up to 24 bytes a key.
#[derive(Clone, Debug)]
pub struct Memory {
    capacity: usize,
    /// Every remembered key in the order of their coming; once full, a ring.
    order: Vec<u64>,
    /// The place in the full ring of the key that is forgotten next.
    oldest: usize,
    /// Their places by open addressing with linear probing, counted from 1; 0 is an empty slot. The
    /// length is a power of two and at least twice the number of keys, so that probes stay short.
    slots: Vec<u32>,
}

/// The first length of the table of slots.
const FIRST_SLOTS: usize = 64;

impl Memory {
    /// An empty memory for `capacity` keys, at least 1.
    pub fn new(capacity: usize) -> Self {
        Self {
            // A place counted from 1 is a u32.
            capacity: capacity.clamp(1, u32::MAX as usize - 1),
            order: Vec::new(),
            oldest: 0,
            slots: vec![0; FIRST_SLOTS],
        }
    }

    /// How many keys are remembered at most.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// How many keys are remembered.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether no key is remembered.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Whether the key is remembered.
    pub fn contains(&self, key: u64) -> bool {
        self.place(key).is_some()
    }

    /// Remembers the key; false if it already was. Seeing a key again does not make it younger.
    pub fn insert(&mut self, key: u64) -> bool {
        self.enter(key).is_new
    }

    /// The place of a key, below [`capacity`](Self::capacity), which it keeps until it is forgotten.
    pub(super) fn place(&self, key: u64) -> Option<usize> {
        self.place_in(self.find(key))
    }

    /// Remembers the key; its place, and whose place it was.
    pub(crate) fn enter(&mut self, key: u64) -> Entered {
        if let Some(place) = self.place(key) {
            return Entered {
                place,
                is_new: false,
                forgotten: None,
            };
        }
        let mut place = self.order.len();
        let mut forgotten = None;
        if place < self.capacity {
            self.order.push(key);
            if self.order.len() * 2 > self.slots.len() {
                self.grow();
            }
        } else {
            place = self.oldest;
            self.oldest = (place + 1) % self.capacity;
            forgotten = self.order.get(place).copied();
            if let Some(forgotten) = forgotten {
                self.remove(forgotten);
            }
            if let Some(order) = self.order.get_mut(place) {
                *order = key;
            }
        }
        self.set(self.find(key), place as u32 + 1);
        Entered {
            place,
            is_new: true,
            forgotten,
        }
    }

    /// The slot that holds the key, or the empty one where it belongs.
    fn find(&self, key: u64) -> usize {
        let mut at = self.home(key);
        while self.key_in(at).is_some_and(|other| other != key) {
            at = self.next(at);
        }
        at
    }

    /// Empties the slot of a key and closes the gap, so that no probe ends too early.
    fn remove(&mut self, key: u64) {
        let mut gap = self.find(key);
        let mut at = gap;
        self.set(gap, 0);
        loop {
            at = self.next(at);
            let Some(key) = self.key_in(at) else {
                return;
            };
            // A key may move back to the gap unless its home lies between the gap and itself.
            let mask = self.slots.len() - 1;
            let from_home = at.wrapping_sub(self.home(key)) & mask;
            let from_gap = at.wrapping_sub(gap) & mask;
            if from_home >= from_gap {
                self.set(gap, self.slot(at));
                self.set(at, 0);
                gap = at;
            }
        }
    }

    fn grow(&mut self) {
        self.slots = vec![0; self.slots.len() * 2];
        for index in 0..self.order.len() {
            if let Some(&key) = self.order.get(index) {
                let at = self.find(key);
                self.set(at, index as u32 + 1);
            }
        }
    }

    fn home(&self, key: u64) -> usize {
        key as usize & (self.slots.len() - 1)
    }

    fn next(&self, at: usize) -> usize {
        (at + 1) & (self.slots.len() - 1)
    }

    fn place_in(&self, at: usize) -> Option<usize> {
        Some(self.slot(at).checked_sub(1)? as usize)
    }

    fn key_in(&self, at: usize) -> Option<u64> {
        self.order.get(self.place_in(at)?).copied()
    }

    fn slot(&self, at: usize) -> u32 {
        self.slots.get(at).copied().unwrap_or(0)
    }

    fn set(&mut self, at: usize, value: u32) {
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = value;
        }
    }
}

/// What became of a key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entered {
    pub(crate) place: usize,
    pub(crate) is_new: bool,
    /// The key that had the place before.
    pub(crate) forgotten: Option<u64>,
}

/// A seeded 64-bit hash of texts, in which the border between two texts counts.
///
/// Eight bytes a step, mixed by the finaliser of SplitMix64. The seed differs from page to page,
/// so nobody can prepare two lines that collide.
pub fn hash(seed: u64, texts: &[&str]) -> u64 {
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
    use std::collections::{BTreeSet, VecDeque};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_is_new_once() {
        let mut memory = Memory::new(3);
        assert!(memory.is_empty());
        assert!(memory.insert(7));
        assert!(!memory.is_empty());
        assert!(!memory.insert(7));
        assert!(memory.contains(7));
        assert!(!memory.contains(8));
        assert_eq!(memory.len(), 1);
    }

    #[test]
    fn the_oldest_key_is_forgotten_first_even_if_it_was_seen_again() {
        let mut memory = Memory::new(2);
        assert!(memory.insert(1));
        assert!(memory.insert(2));
        assert!(!memory.insert(1));
        assert!(memory.insert(3));
        assert!(!memory.contains(1));
        assert!(memory.contains(2));
    }

    #[test]
    fn a_memory_for_nothing_remembers_one_key() {
        let mut memory = Memory::new(0);
        assert_eq!(memory.capacity(), 1);
        assert!(memory.insert(0));
        assert!(!memory.insert(0));
        assert!(memory.insert(5));
        assert!(memory.insert(0));
    }

    #[test]
    fn ten_thousand_keys_fit_and_no_more_are_kept() {
        let mut memory = Memory::new(10_000);
        for n in 0..30_000_u64 {
            assert!(memory.insert(mix(n)));
        }
        assert_eq!(memory.len(), 10_000);
        assert!(memory.slots.len() <= 32_768);
        assert!((20_000..30_000).all(|n| memory.contains(mix(n))));
        assert!((0..20_000).all(|n| !memory.contains(mix(n))));
    }

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

    proptest! {
        /// Few distinct keys with equal low bits, so that clusters form, wrap and close.
        #[test]
        fn a_memory_behaves_like_a_set_with_a_queue(
            capacity in 0_usize..80,
            keys in prop::collection::vec((0_u64..4, 0_u64..40), 0..600),
        ) {
            let mut memory = Memory::new(capacity);
            let mut set = BTreeSet::new();
            let mut queue = VecDeque::new();
            for (high, low) in keys {
                let key = (high << 40) | (low + 40);
                let is_new = set.insert(key);
                if is_new {
                    queue.push_back(key);
                    if queue.len() > capacity.max(1) {
                        set.remove(&queue.pop_front().unwrap());
                    }
                }
                prop_assert_eq!(memory.insert(key), is_new);
                prop_assert_eq!(memory.len(), set.len());
            }
            for high in 0..4_u64 {
                for low in 40..80_u64 {
                    let key = (high << 40) | low;
                    prop_assert_eq!(memory.contains(key), set.contains(&key));
                }
            }
        }
    }
}
