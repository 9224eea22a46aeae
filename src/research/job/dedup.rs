//! Remembering what was seen, in bounded memory: hashes instead of texts.

/// The last keys that were seen, oldest forgotten first.
///
/// A key is a 64-bit hash: among 50,000 of them two different lines look the same once in
/// 15 billion runs. Memory grows with what is seen, up to 24 bytes a key.
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

    /// The places and keys, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, u64)> {
        let (newer, older) = self.order.split_at(self.oldest.min(self.order.len()));
        let older = (self.oldest..).zip(older);
        older
            .chain((0..).zip(newer))
            .map(|(place, key)| (place, *key))
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
        let mut slot = self.find(key);
        if let Some(place) = self.place_in(slot) {
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
                slot = self.find(key);
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
            slot = self.find(key);
        }
        self.set(slot, place as u32 + 1);
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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, VecDeque};

    use proptest::prelude::*;

    use super::*;
    use crate::research::payload::hash::mix;

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
