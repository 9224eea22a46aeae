//! What a page may give and what not. The tables are the facade's as well
//! (`tests/facade/{ids,options}.test.mjs`): both say the same of the same values.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests may panic"
)]

mod ids;
mod options;

use serde_json::Value;

fn table(text: &str) -> Value {
    serde_json::from_str(text).expect("it is JSON")
}
