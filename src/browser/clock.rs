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
    date_at_start: f64,
    monotonic_at_start: f64,
    slept: Cell<f64>,
}

impl Clock {
    pub(super) fn start() -> Self {
        let (date_at_start, monotonic_at_start) = (js_sys::Date::now(), performance_now());
        Self {
            date_at_start,
            monotonic_at_start,
            slept: Cell::new(0.0),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        let monotonic = performance_now() - self.monotonic_at_start;
        let ahead = js_sys::Date::now() - self.date_at_start - monotonic - self.slept.get();
        if ahead > ASLEEP_MS {
            self.slept.set(self.slept.get() + ahead);
        }
        let millis = self.date_at_start + monotonic + self.slept.get();
        // Casts of floats saturate: a negative time becomes 0.
        Timestamp::from_millis(millis as u64)
    }
}
