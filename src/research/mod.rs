//! What a research is: payloads in, facts out, each once.

mod checks;
mod client;
mod contract;
pub mod dedup;
mod engine;
mod event;
mod failure;
mod fields;
mod id;
mod job;
mod level;
mod log;
mod message;
mod metadata;
mod state;
mod status;
mod subscription;
mod terminations;
mod text;
mod warning;

pub use client::Client;
pub use contract::{CancelId, Event, Input, Output, State, StateName, Stats};
pub use engine::Engine;
pub use event::{End, Field, Gap, ResearchEvent, Source, Update};
pub use failure::Failure;
pub use id::ResearchId;
pub use job::{Counters, Job, JobEvent, Limits};
pub use level::LogLevel;
pub use log::LogEntry;
pub use state::Snapshot;
pub use status::{Status, words as status_words};
pub use warning::Warning;
