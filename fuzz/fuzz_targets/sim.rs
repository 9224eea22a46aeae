#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Err(words) = sim::hunt::try_bytes(data) {
        panic!("{words}");
    }
});
