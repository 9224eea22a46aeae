//! A queue, and a map for few keys: smaller in the compiled module than the standard library's.
//!
//! Each type that a `VecDeque` or `BTreeMap` holds costs the module another copy of its code: up
//! to 2 kB for the one, 5 kB for the other. These are thin covers of `Vec`, whose code is shared.

/// So many places an empty queue keeps: what nearly every input needs. The room of a burst is given
/// back, else each queue of a client that lives for a day would end as large as its worst moment.
const KEPT_CAPACITY: usize = 4;

/// First in, first out, for all but the few that go to the front.
///
/// Two stacks: what comes in is turned over once, when all that came before has gone out. Taking
/// from an empty one gives its memory back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue<T> {
    incoming: Vec<T>,
    /// The next one is the last.
    outgoing: Vec<T>,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Queue<T> {
    /// An empty one.
    pub const fn new() -> Self {
        Self {
            incoming: Vec::new(),
            outgoing: Vec::new(),
        }
    }

    /// Adds an element at the end.
    pub fn push_back(&mut self, element: T) {
        self.incoming.push(element);
    }

    /// The element at the end.
    pub(crate) fn back_mut(&mut self) -> Option<&mut T> {
        self.incoming.last_mut().or(self.outgoing.first_mut())
    }

    /// Adds an element that comes out next.
    pub fn push_front(&mut self, element: T) {
        self.outgoing.push(element);
    }

    /// Takes the first element out.
    pub fn pop_front(&mut self) -> Option<T> {
        if self.outgoing.is_empty() {
            // In place: a long queue is not in memory twice.
            std::mem::swap(&mut self.incoming, &mut self.outgoing);
            self.outgoing.reverse();
            for stack in [&mut self.incoming, &mut self.outgoing] {
                if stack.is_empty() && stack.capacity() > KEPT_CAPACITY {
                    *stack = Vec::new();
                }
            }
        }
        self.outgoing.pop()
    }

    /// The elements in the order in which they come out.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.outgoing.iter().rev().chain(&self.incoming)
    }

    /// Keeps only the elements of which `keep` says so.
    pub fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        self.outgoing.retain(&keep);
        self.incoming.retain(keep);
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.incoming.len() + self.outgoing.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.incoming.is_empty() && self.outgoing.is_empty()
    }

    /// Drops all elements.
    pub fn clear(&mut self) {
        self.incoming.clear();
        self.outgoing.clear();
    }
}

impl<T> FromIterator<T> for Queue<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Self {
            incoming: elements.into_iter().collect(),
            outgoing: Vec::new(),
        }
    }
}

/// A map that is kept in the order of its keys. For dozens of keys that come in any order, or for
/// thousands that only grow: an insertion moves what is behind it.
#[derive(Debug)]
pub(crate) struct SmallMap<K, V> {
    entries: Vec<(K, V)>,
}

impl<K, V> Default for SmallMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> SmallMap<K, V> {
    pub(crate) const fn new() -> Self {
        Self {
            entries: Vec::new(),
        }
    }
}

impl<K: Ord, V> SmallMap<K, V> {
    pub(crate) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: std::borrow::Borrow<Q>,
    {
        let place = self.place(key).ok()?;
        self.entries.get(place).map(|(_, value)| value)
    }

    pub(crate) fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: std::borrow::Borrow<Q>,
    {
        let place = self.place(key).ok()?;
        self.entries.get_mut(place).map(|(_, value)| value)
    }

    /// Sets the value of a key, whether it had one or not.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        match self.place(&key) {
            Ok(place) => {
                if let Some((_, old)) = self.entries.get_mut(place) {
                    *old = value;
                }
            }
            Err(place) => self.entries.insert(place, (key, value)),
        }
    }

    pub(crate) fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
    {
        let place = self.place(key).ok()?;
        Some(self.entries.remove(place).1)
    }

    /// Takes out the first entry, by the order of the keys, that is `wanted`.
    pub(crate) fn remove_first(&mut self, wanted: impl Fn(&V) -> bool) -> Option<(K, V)> {
        let place = self.entries.iter().position(|(_, value)| wanted(value))?;
        Some(self.entries.remove(place))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &(K, V)> {
        self.entries.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.entries.iter_mut().map(|(key, value)| (&*key, value))
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.iter().map(|(_, value)| value)
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.entries.iter_mut().map(|(_, value)| value)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    fn place<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: std::borrow::Borrow<Q>,
    {
        self.entries
            .binary_search_by(|(other, _)| other.borrow().cmp(key))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, VecDeque};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_queue_that_was_emptied_gives_the_room_of_a_burst_back() {
        let mut queue: Queue<u32> = (0..1000).collect();
        queue.push_front(7);
        while queue.pop_front().is_some() {
            queue.retain(|n| n % 7 > 0);
        }
        assert!(queue.incoming.capacity() <= KEPT_CAPACITY);
        assert!(queue.outgoing.capacity() <= KEPT_CAPACITY);
    }

    #[test]
    fn a_queue_that_was_emptied_keeps_the_room_that_nearly_every_input_needs() {
        let mut queue: Queue<u32> = Queue {
            incoming: Vec::with_capacity(KEPT_CAPACITY),
            outgoing: Vec::with_capacity(KEPT_CAPACITY),
        };
        queue.push_back(1);
        while queue.pop_front().is_some() {}
        assert_eq!(queue.incoming.capacity(), KEPT_CAPACITY);
        assert_eq!(queue.outgoing.capacity(), KEPT_CAPACITY);
    }

    proptest! {
        #[test]
        fn a_queue_does_what_the_standard_one_does(steps in prop::collection::vec(0..5_u8, 0..200)) {
            let (mut queue, mut model) = (Queue::new(), VecDeque::new());
            for (n, step) in steps.into_iter().enumerate() {
                match step {
                    0 | 1 => {
                        queue.push_back(n);
                        model.push_back(n);
                    }
                    2 => {
                        queue.push_front(n);
                        model.push_front(n);
                    }
                    3 => {
                        queue.retain(|element| element % 3 > 0);
                        model.retain(|element| element % 3 > 0);
                    }
                    _ => prop_assert_eq!(queue.pop_front(), model.pop_front()),
                }
                prop_assert_eq!(queue.len(), model.len());
                prop_assert_eq!(queue.is_empty(), model.is_empty());
                prop_assert_eq!(queue.back_mut(), model.back_mut());
                prop_assert!(queue.iter().eq(&model));
            }
        }

        #[test]
        fn a_map_does_what_the_standard_one_does(
            steps in prop::collection::vec((0..4_u8, 0..20_u64), 0..200),
        ) {
            let (mut map, mut model) = (SmallMap::default(), BTreeMap::new());
            for (n, (step, key)) in steps.into_iter().enumerate() {
                match step {
                    0 | 1 => {
                        map.insert(key, n);
                        model.insert(key, n);
                    }
                    2 => prop_assert_eq!(map.remove(&key), model.remove(&key)),
                    _ => {
                        let first = model.iter().find(|(_, n)| *n % 3 == 0);
                        let first = first.map(|(key, n)| (*key, *n));
                        prop_assert_eq!(map.remove_first(|n| n % 3 == 0), first);
                        first.map(|(key, _)| model.remove(&key));
                    }
                }
                prop_assert_eq!(map.get(&key), model.get(&key));
                prop_assert_eq!(map.len(), model.len());
                prop_assert!(map.iter().map(|(key, n)| (key, n)).eq(&model));
            }
        }
    }
}
