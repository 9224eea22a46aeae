//! `cargo xtask …`: set-up, build, demo, tests and measurements.

fn main() {}
