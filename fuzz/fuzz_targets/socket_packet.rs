#![no_main]

#[path = "../../tests/fuzz/socket_packet.rs"]
mod socket_packet;

libfuzzer_sys::fuzz_target!(|data: &[u8]| socket_packet::run(data));
