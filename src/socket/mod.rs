//! Socket.IO protocol version 5 on one namespace.

pub mod binary;
pub mod packet;
