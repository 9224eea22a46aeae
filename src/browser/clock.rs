//! The clock: never runs backwards, and knows when the machine was asleep.

use std::cell::Cell;

use wasm_bindgen::prelude::*;

use crate::time::Timestamp;

/// The two clocks of a browser differ by less than this, in milliseconds, unless the machine slept
/// (`performance.now()` stands still then in most browsers) or somebody set the wall clock.
const ASLEEP_MS: f64 = 1000.0;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

/// Milliseconds of `performance.now()`, for intervals within a task.
pub(super) fn monotonic_ms() -> f64 {
    performance_now()
}

/// Starts at the wall clock and goes on with the monotonic one.
#[derive(Debug)]
pub(super) struct Clock {
    /// What is added to the monotonic clock: the wall clock at the start, and all sleep since.
    ahead: Cell<f64>,
    /// By how much the wall clock was ahead of the monotonic one when last read.
    offset: Cell<f64>,
}

impl Clock {
    pub(super) fn start() -> Self {
        let offset = js_sys::Date::now() - performance_now();
        Self {
            ahead: Cell::new(offset),
            offset: Cell::new(offset),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        let monotonic = performance_now();
        let offset = js_sys::Date::now() - monotonic;
        // Since the last look only: a clock that was set back must not hide the sleeps after it.
        let slept = offset - self.offset.replace(offset);
        if slept > ASLEEP_MS {
            self.ahead.set(self.ahead.get() + slept);
        }
        // Casts of floats saturate: a negative time becomes 0.
        Timestamp::from_millis((monotonic + self.ahead.get()) as u64)
    }
}
