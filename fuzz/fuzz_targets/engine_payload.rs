#![no_main]

#[path = "../../tests/fuzz/engine_payload.rs"]
mod engine_payload;

libfuzzer_sys::fuzz_target!(|data: &[u8]| engine_payload::run(data));
