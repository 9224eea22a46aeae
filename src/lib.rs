//! Keeps a web page in step with a research that runs on a Socket.IO server.

pub mod backoff;
pub mod config;
pub mod engine;
pub mod failure;
pub mod http;
pub mod json;
pub mod mailbox;
pub mod random;
pub mod research;
pub mod socket;
pub mod time;

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
mod js;
#[cfg(target_arch = "wasm32")]
pub use js::Connection;
