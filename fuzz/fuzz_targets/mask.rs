#![no_main]

#[path = "../../tests/fuzz/mask.rs"]
mod mask;

libfuzzer_sys::fuzz_target!(|data: &[u8]| mask::run(data));
