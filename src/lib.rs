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
//!
//! # Without a browser
//!
//! Only `browser` and `js` need wasm32; all else is a library for any program that follows a research: in a terminal,
//! in a service, in a test. What takes the place of `browser` is a loop that does this:
//!
//! | the core says | the program | and says in turn |
//! | --- | --- | --- |
//! | [`Ask`](http::Command::Ask) | looks up its token | [`Input::Credentials`](research::Input::Credentials), once nothing is left to drain |
//! | [`Start`](http::Command::Start) | sends the [`Request`](http::Request), and keeps to [`follows_redirects`](http::Request::follows_redirects) | [`Input::Answer`](research::Input::Answer): [`Piece`](http::Answer::Piece)s if the request [`streams`](http::Request::streams), then a [`Response`](http::Answer::Response) or [`Failed`](http::Answer::Failed), once |
//! | [`Abort`](http::Command::Abort) | closes the request's connection, or the WebSocket behind what was sent | nothing |
//! | [`Open`](http::Command::Open), [`Send`](http::Command::Send) | opens a WebSocket, sends a message | [`Input::Socket`](research::Input::Socket): [`Opened`](websocket::News::Opened), [`Frame`](websocket::News::Frame)s, [`Waiting`](websocket::News::Waiting) after whatever was sent, [`Closed`](websocket::News::Closed) once |
//! | [`Beacon`](http::Command::Beacon) | nothing: it follows only from [`Input::Hidden`](research::Input::Hidden), which is a page's | |
//! | [`poll_timeout`](research::Client::poll_timeout) | waits until then, or until it has something to say | [`Input::Timeout`](research::Input::Timeout) |
//! | [`has_no_websocket`](research::Client::has_no_websocket) | remembers it, if it has several clients of one server | [`Input::NoWebSocket`](research::Input::NoWebSocket) to another one, before its attempt |
//! | an [`Event`](research::Event) | whatever it is for | |
//!
//! Sessions, backoff, heartbeat, the stored log and what is heard once are the core's. [`Input::Close`](research::Input::Close)
//! says goodbye to the server: the loop goes on until [`is_over`](research::Client::is_over). The clock starts at the wall clock and
//! never runs backwards ([`time::Timestamp`]); the seed is another one for each client, so that not all come back to a
//! server at the same moment. A balancer may know a client by a cookie, and a browser keeps cookies by itself: a program
//! keeps them too.
//!
//! `examples/host` is such a loop, over hyper, tungstenite and tokio, and `examples/native.rs` a program around it:
//!
//! ```text
//! cargo run --example native -- http://127.0.0.1:5000 research-12345
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
