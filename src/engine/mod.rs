//! Engine.IO protocol version 4 over HTTP long-polling, or over a WebSocket.

mod answer;
mod base64;
mod endpoint;
mod goodbye;
pub mod handshake;
mod idle;
pub mod packet;
pub mod payload;
mod post;
mod refusal;
mod remains;
mod session;

pub(crate) use endpoint::Endpoint;
pub(crate) use goodbye::Goodbye;
pub(crate) use refusal::Refusal;
pub(crate) use remains::Remains;
pub(crate) use session::{Event, Session, queued_len};
