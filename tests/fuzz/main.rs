//! What the fuzzer runs, run with what it kept: each file of `fuzz/seeds`, on the stable compiler.
//!
//! The targets themselves are the modules beside this one; `fuzz/fuzz_targets` gives them to
//! libFuzzer.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]
#![allow(clippy::expect_used, reason = "helpers of tests may panic")]
#![allow(clippy::indexing_slicing, reason = "helpers of tests may panic")]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test names what it is about"
)]

mod client;
mod control;
mod engine_payload;
mod intake;
mod json;
mod mask;
mod options;
mod socket_packet;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../client/words.rs"]
mod words;
mod work;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../client/world.rs"]
mod world;

use std::fs;
use std::path::{Path, PathBuf};

/// The most bytes that a kept file may have, and the most files of a target: a corpus is small or
/// nobody looks at it.
const MAX_SEED_BYTES: u64 = 4_096;
const MAX_SEEDS: usize = 400;

fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/seeds")
        .join(target);
    let seeds: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(
        (1..=MAX_SEEDS).contains(&seeds.len()),
        "{} seeds of {target}",
        seeds.len()
    );
    for seed in seeds {
        let data = fs::read(&seed).unwrap();
        assert!(
            data.len() as u64 <= MAX_SEED_BYTES,
            "{} is too long",
            seed.display()
        );
        // Shown if it panics.
        eprintln!("{}", seed.display());
        run(&data);
    }
}

#[test]
fn seeds_of_the_client_still_find_nothing() {
    replay("client", client::run);
}

#[test]
fn seeds_of_control_commands_still_find_nothing() {
    replay("control", control::run);
}

#[test]
fn seeds_of_requests_to_the_mock_server_still_find_nothing() {
    replay("intake", intake::run);
}

#[test]
fn seeds_of_engine_payloads_still_find_nothing() {
    replay("engine_payload", engine_payload::run);
}

#[test]
fn seeds_of_json_still_find_nothing() {
    replay("json", json::run);
}

#[test]
fn seeds_of_texts_with_a_secret_still_find_nothing() {
    replay("mask", mask::run);
}

#[test]
fn seeds_of_options_still_find_nothing() {
    replay("options", options::run);
}

#[test]
fn seeds_of_socket_packets_still_find_nothing() {
    replay("socket_packet", socket_packet::run);
}

#[test]
fn every_target_of_the_fuzzer_is_replayed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let names = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(
        names,
        [
            "client.rs",
            "control.rs",
            "engine_payload.rs",
            "intake.rs",
            "json.rs",
            "mask.rs",
            "options.rs",
            // By `tests/sim/tests/fuzzed.rs`.
            "sim.rs",
            "socket_packet.rs"
        ]
    );
}
