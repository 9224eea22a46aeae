//! What a research is: payloads in, facts out, each once.

mod client;
mod contract;
mod job;
mod payload;

pub use client::Client;
pub use contract::{CancelId, Event, Input, Output, State, StateName, Stats};
pub use job::{
    Counters, Job, JobEvent, Limits, Snapshot, TimeLeft, Timeline, TimelineEntry, TimelineKind,
    dedup,
};
pub(crate) use payload::date::canonical as canonical_date;
pub use payload::event::{End, Gap, Refusal, ResearchEvent, Update};
pub use payload::failure::Failure;
pub(crate) use payload::hash::hash;
pub use payload::id::{InvalidId, MAX_ID_LENGTH, ResearchId};
pub use payload::level::LogLevel;
pub(crate) use payload::level::word_of as word_of_level;
pub use payload::log::LogEntry;
pub use payload::status::{Status, words as status_words};
pub use payload::warning::Warning;
pub use payload::words::{Engine, Field, Source};
