//! The connection as a page has it, in real browsers: the server runs inside the page, so that every
//! request, listener, timer and beacon can be seen, answered and broken.
#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "a test has no public interface"
)]

pub mod closing;
pub mod credentials;
pub mod emits;
pub mod failures;
pub mod following;
pub mod handlers;
pub mod large_answers;
pub mod options;
pub mod page_events;
pub mod shapes;
mod support;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
