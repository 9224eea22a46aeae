#![no_main]

#[path = "../../tests/fuzz/client.rs"]
mod client;
#[allow(dead_code)]
#[path = "../../tests/client/words.rs"]
mod words;
#[allow(dead_code)]
#[path = "../../tests/client/world.rs"]
mod world;

libfuzzer_sys::fuzz_target!(|data: &[u8]| client::run(data));
