//! What no server should send: refused by name, in bounded words, memory and work; the connection
//! lives, and the next good update is heard.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]
#![allow(clippy::expect_used, reason = "helpers of tests may panic")]
#![allow(clippy::indexing_slicing, reason = "helpers of tests may panic")]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test names what it is about"
)]

mod allocations;
mod fields;
mod large;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../client/words.rs"]
mod words;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../client/world.rs"]
mod world;
