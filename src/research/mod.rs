//! What a research is: payloads in, facts out, each once.

mod checks;
mod client;
pub mod dedup;
mod event;
mod failure;
mod fields;
mod id;
mod job;
mod log;
mod message;
mod state;
mod status;
mod subscription;
mod terminations;
mod text;
mod warning;

pub use client::{CancelId, Client, Event, Input, Output, State, StateName, Stats};
pub use event::{End, Engine, Field, Gap, ResearchEvent, Source, Update};
pub use failure::Failure;
pub use id::ResearchId;
pub use job::{Counters, Job, JobEvent, Limits};
pub use log::{LogEntry, LogLevel};
pub use state::Snapshot;
pub use status::{Status, words as status_words};
pub use warning::Warning;
