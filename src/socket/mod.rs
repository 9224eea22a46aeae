//! Socket.IO protocol version 5 on one namespace.
