//! A small research server for tests and the demo, which breaks on demand.
//!
//! [`Server`] is the whole server as a state machine: HTTP requests go in as data, answers come out as
//! data, time is an argument, randomness comes from a seed. The `shell` feature puts HTTP around it;
//! inside a page or a simulation the same state machine runs without.
//!
//! ```
//! use mock_server::{Config, Fault, Action, Input, Kind, Output, Request, Server};
//!
//! let mut server = Server::new(Config::default(), 1);
//! let path = "/socket.io/?EIO=4&transport=polling".to_owned();
//! let request = Request { id: 1, method: "GET".into(), path, ..Request::default() };
//! server.handle_input(0, Input::Request(request));
//! let Some(Output::Respond(answer)) = server.poll_output() else { panic!("no answer") };
//! assert_eq!(answer.status, 200);
//! assert!(answer.text().starts_with("0{\"sid\":"));
//! assert_eq!(server.poll_timeout(), Some(5_000)); // the first ping
//! ```

mod admission;
mod app;
mod bounds;
mod clock;
mod commands;
mod config;
mod control;
mod direct;
mod engine;
mod fault;
mod faults;
mod intake;
mod io;
mod outlet;
mod random;
mod reply;
mod routes;
mod server;
mod socket;
mod stats;

#[cfg(feature = "shell")]
pub mod shell;

pub use app::{Outcome, Style};
pub use config::{AppConfig, Audience, Config, EventName, Quirks};
pub use control::{
    AddFaults, Burst, Command, DropOpen, Emit, EndResearch, Nothing, Offline, Restart, Sessions,
    StartResearch,
};
pub use direct::Written;
pub use fault::{Action, Fault, Kind, OfflineMode, On};
pub use faults::FaultState;
pub use io::{Delivery, Input, Output, Request, Response};
pub use server::Server;
pub use stats::{Logged, SessionStats, Stats};
