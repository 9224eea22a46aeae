#![no_main]

#[path = "../../tests/fuzz/control.rs"]
mod control;
#[path = "../../tests/fuzz/work.rs"]
mod work;

libfuzzer_sys::fuzz_target!(|data: &[u8]| control::run(data));
