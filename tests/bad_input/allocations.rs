//! Counts what a thread allocates, so that work and memory can be checked without a clock.

#![allow(unsafe_code, reason = "an allocator is unsafe by its nature")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// What one run allocated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Allocated {
    /// Calls.
    pub(crate) calls: usize,
    /// Bytes of all calls together.
    pub(crate) bytes: usize,
    /// The most bytes that were in use at a time beyond what was before.
    pub(crate) peak: usize,
}

/// Runs this and counts what its thread allocates meanwhile.
pub(crate) fn count<T>(run: impl FnOnce() -> T) -> (T, Allocated) {
    IN_USE.set(0);
    COUNTED.set(Allocated::default());
    let result = run();
    (result, COUNTED.get())
}

thread_local! {
    static IN_USE: Cell<isize> = const { Cell::new(0) };
    static COUNTED: Cell<Allocated> = const {
        Cell::new(Allocated { calls: 0, bytes: 0, peak: 0 })
    };
}

#[global_allocator]
static COUNTING: Counting = Counting;

struct Counting;

impl Counting {
    fn more(size: usize) {
        let in_use = IN_USE.get() + size as isize;
        IN_USE.set(in_use);
        let counted = COUNTED.get();
        COUNTED.set(Allocated {
            calls: counted.calls + 1,
            bytes: counted.bytes + size,
            peak: counted.peak.max(in_use.max(0) as usize),
        });
    }
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::more(layout.size());
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        IN_USE.set(IN_USE.get() - layout.size() as isize);
        // SAFETY: the caller keeps the contract.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        Self::more(size);
        IN_USE.set(IN_USE.get() - layout.size() as isize);
        // SAFETY: the caller keeps the contract.
        unsafe { System.realloc(at, layout, size) }
    }
}
