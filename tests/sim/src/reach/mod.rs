//! What schedules reach: which of all that can happen has happened in which state. Looking on changes
//! nothing.

mod catalogue;
mod rows;
mod tables;
mod watch;

use std::fmt;

pub use catalogue::{Catalogue, KEPT, Kept, SCHEDULES, TAB_SCHEDULES};
pub(crate) use rows::HappeningRow;
pub(crate) use tables::Table;
pub(crate) use watch::Stand;

use tables::CELLS;

const WORDS: usize = CELLS.div_ceil(64);

/// Which cells of the catalogue one schedule has reached.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Reached([u64; WORDS]);

impl Default for Reached {
    fn default() -> Self {
        Self([0; WORDS])
    }
}

impl fmt::Debug for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reached({} cells)", self.cells().count())
    }
}

impl Reached {
    pub(crate) fn note(&mut self, table: Table, row: usize, column: usize) {
        let (rows, columns) = table.shape();
        debug_assert!(row < rows && column < columns, "{table:?} {row} {column}");
        let cell = table.start() + row * columns + column;
        if let Some(word) = self.0.get_mut(cell / 64) {
            *word |= 1 << (cell % 64);
        }
    }

    /// The numbers of those that were reached.
    fn cells(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(place, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros();
                left &= left.checked_sub(1)?;
                Some(place * 64 + bit as usize)
            })
        })
    }
}

/// By how many schedules each cell was reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// How many there were.
    schedules: u64,
    /// Empty before the first.
    counts: Vec<u32>,
}

impl Reach {
    /// Counts one more schedule.
    pub fn take(&mut self, reached: &Reached) {
        self.schedules += 1;
        self.take_tabs(reached);
    }

    /// Counts what a schedule of tabs has reached besides.
    pub fn take_tabs(&mut self, reached: &Reached) {
        self.counts.resize(CELLS, 0);
        for cell in reached.cells() {
            if let Some(count) = self.counts.get_mut(cell) {
                *count += 1;
            }
        }
    }

    /// Adds those of another thread.
    pub fn add(&mut self, other: &Self) {
        self.schedules += other.schedules;
        self.counts.resize(CELLS, 0);
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
    }

    /// How many schedules were counted.
    pub const fn schedules(&self) -> u64 {
        self.schedules
    }

    fn count(&self, table: Table, row: usize, column: usize) -> u32 {
        let (_, columns) = table.shape();
        let cell = table.start() + row * columns + column;
        self.counts.get(cell).copied().unwrap_or(0)
    }
}
