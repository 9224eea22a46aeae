//! The server's behaviour in simulated time: each test is one situation, without sleeps.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed"
)]

mod application;
mod control;
mod engine_io;
mod faults;
mod replay;
mod scripts;
mod socket_io;
mod traps;
mod world;
