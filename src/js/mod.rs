//! What JavaScript sees of the core: one class, and one function that it calls for each event.

mod connection;
mod events;
mod options;
mod plain;
mod value;

pub use connection::Connection;
