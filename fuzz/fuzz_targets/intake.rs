#![no_main]

#[path = "../../tests/fuzz/intake.rs"]
mod intake;
#[path = "../../tests/fuzz/work.rs"]
mod work;

libfuzzer_sys::fuzz_target!(|data: &[u8]| intake::run(data));
