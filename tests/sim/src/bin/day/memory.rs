//! An allocator that knows which memory belongs to the client.
#![allow(unsafe_code, reason = "an allocator cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Marks what is allocated while the client runs, and takes it off the count wherever it is freed.
pub(crate) struct Counting;

/// Room for the mark in front of each block. Keeps every alignment up to it.
const HEADER: usize = 16;

static CLIENT_BYTES: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static IN_CLIENT: Cell<bool> = const { Cell::new(false) };
}

/// Runs what belongs to the client.
pub(crate) fn in_client<T>(run: impl FnOnce() -> T) -> T {
    IN_CLIENT.set(true);
    let result = run();
    IN_CLIENT.set(false);
    result
}

/// What is allocated from now on is the client's, or not.
pub(crate) fn mark(is_clients: bool) {
    IN_CLIENT.set(is_clients);
}

/// Bytes that were allocated inside the client and are still in use.
pub(crate) fn client_bytes() -> usize {
    CLIENT_BYTES.load(Ordering::Relaxed)
}

fn with_header(layout: Layout) -> Option<Layout> {
    if layout.align() > HEADER {
        return None;
    }
    Layout::from_size_align(layout.size().checked_add(HEADER)?, HEADER).ok()
}

// SAFETY: every block is one of the system's, behind a header of its own; null is passed on.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(larger) = with_header(layout) else {
            // SAFETY: the caller's layout as it is; `dealloc` sees the same alignment.
            return unsafe { System.alloc(layout) };
        };
        // SAFETY: the layout is not empty, since it has a header.
        let block = unsafe { System.alloc(larger) };
        if block.is_null() {
            return block;
        }
        let is_clients = IN_CLIENT.try_with(Cell::get).unwrap_or(false);
        if is_clients {
            CLIENT_BYTES.fetch_add(layout.size(), Ordering::Relaxed);
        }
        // SAFETY: the block begins with `HEADER` bytes that nobody else uses.
        unsafe {
            block.write(u8::from(is_clients));
            block.add(HEADER)
        }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        let Some(larger) = with_header(layout) else {
            // SAFETY: `alloc` gave it out without a header.
            return unsafe { System.dealloc(memory, layout) };
        };
        // SAFETY: `alloc` put the header in front of what it gave out.
        unsafe {
            let block = memory.sub(HEADER);
            if block.read() == 1 {
                CLIENT_BYTES.fetch_sub(layout.size(), Ordering::Relaxed);
            }
            System.dealloc(block, larger);
        }
    }
}
