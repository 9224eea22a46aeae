//! The browser's side of the client: carries out what the core asks for, and decides nothing.

mod clock;
mod driver;
mod fetch;
mod host;
mod lifecycle;
mod slices;
mod tabs;
mod websocket;

pub(crate) use driver::{Driver, Page, Settings};
pub use host::Host;
