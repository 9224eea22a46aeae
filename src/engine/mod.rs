//! Engine.IO protocol version 4 over HTTP long-polling.

mod base64;
pub mod handshake;
pub mod packet;
pub mod payload;
