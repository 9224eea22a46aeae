//! The client against a scripted peer, in simulated time: one test, one situation.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]
#![allow(clippy::expect_used, reason = "helpers of tests may panic")]
#![allow(clippy::indexing_slicing, reason = "helpers of tests may panic")]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test names what it is about"
)]

mod acceptance;
mod acks;
mod attempts;
mod closing;
mod deadlines;
mod early;
mod early_log;
mod either_path;
mod emits;
mod every_state;
mod fallback;
mod flush;
mod gaps;
mod handshake;
mod history;
mod last_words;
mod leaving;
mod masking;
mod network;
mod offline;
mod packets;
mod pieces;
mod properties;
mod protocol_suite;
mod python;
mod refusals;
mod researches;
mod retries;
mod returns;
mod secrets;
mod signed_out;
mod sleep;
mod states;
mod tabs;
mod terminations;
mod trace;
mod verify;
mod watchdog;
mod websocket;
mod words;
mod world;
mod zones;
