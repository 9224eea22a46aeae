//! Keeps a web page in step with a research that runs on a Socket.IO server.
//!
//! Everything that can go wrong is decided in plain Rust that touches no clock, no network and no
//! browser; the browser part only carries out what that Rust asks for. So what happens when a poll
//! fails, a laptop wakes up, a server restarts or a message comes twice can be tested natively, in
//! simulated time.
//!
//! ```text
//!  fetch answers, timers, ──▶ browser::Driver ──▶ Client::handle_input(now, Input)
//!  lifecycle, page calls                              │  engine    bytes → packets; GET and POST or WebSocket, heartbeat
//!                                                     │  socket    packets → events and acks on one namespace
//!                                                     │  research  validate → deduplicate → reduce → events
//!                                                     ▼
//!  fetch, one setTimeout, ◀── browser::Driver ◀── Client::poll_output() until empty, then poll_timeout()
//!  page callbacks                  └ mailbox: what waits for the page, bounded
//! ```
//!
//! Dependencies run `js → browser → research → tabs → socket → engine → {json, time, backoff, random}`
//! and never upward. What carries events may be a connection that [`tabs`] share. Nothing below `browser` knows that a browser exists. Within
//! `research` they run `client → job → payload`: who is asked and told, what is known of one run, what
//! one message says.
//!
//! # The contract
//!
//! > After every [`Client::handle_input`](research::Client::handle_input), drain
//! > [`Client::poll_output`](research::Client::poll_output) to `None`; then ask
//! > [`Client::poll_timeout`](research::Client::poll_timeout) when the next
//! > [`Input::Timeout`](research::Input::Timeout) is due.
//!
//! ```
//! use research_socket::config::Config;
//! use research_socket::http::{Command, Credentials};
//! use research_socket::research::{Client, Input, Output};
//! use research_socket::time::Timestamp;
//!
//! let now = Timestamp::from_millis(1_764_000_000_000);
//! let mut client = Client::new(Config::new("https://example.org"), 1, now)?;
//! client.handle_input(now, Input::Connect);
//!
//! // Each attempt begins with the question for credentials …
//! let Some(Output::Command(Command::Ask(ask))) = client.poll_output() else { panic!() };
//! assert_eq!(client.poll_output(), None);
//! let credentials = Ok(Credentials::default());
//! client.handle_input(now, Input::Credentials { ask, credentials });
//!
//! // … and goes on with the handshake, which the caller carries out and answers.
//! let Some(Output::Command(Command::Start(request))) = client.poll_output() else { panic!() };
//! assert_eq!(request.url, "https://example.org/socket.io/");
//! # Ok::<(), research_socket::config::ConfigError>(())
//! ```

pub mod backoff;
pub mod config;
pub mod engine;
pub mod failure;
pub mod http;
pub mod json;
pub mod mailbox;
pub mod pace;
pub mod patience;
pub mod persistence;
pub mod queue;
pub mod random;
pub mod research;
pub mod socket;
pub mod tabs;
mod text;
pub mod time;
pub mod trace;
pub mod websocket;
pub mod whereabouts;

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
mod js;
#[cfg(target_arch = "wasm32")]
pub use browser::Host;
#[cfg(target_arch = "wasm32")]
pub use js::Connection;

/// A page's module has one thread; a module with threads keeps the standard allocator.
#[cfg(all(target_arch = "wasm32", not(target_feature = "atomics")))]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
