//! Native measurements: `cargo xtask bench`.

// Benchmarks stop at the first surprise.
#![allow(clippy::expect_used)]

#[cfg(not(target_arch = "wasm32"))]
mod core;

fn main() {
    // Where all targets are checked for wasm32, there is nothing to measure.
    #[cfg(not(target_arch = "wasm32"))]
    divan::main();
}
