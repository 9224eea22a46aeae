//! What a page can hear of a research.

use std::sync::Arc;

use super::failure::Failure;
use super::log::LogEntry;
use super::status::Status;
use super::words::{Engine, Field, Source};

/// Something that a page hears of a research. Each is delivered once.
#[derive(Clone, Debug, PartialEq)]
pub enum ResearchEvent {
    /// A line of the log.
    Log(LogEntry),
    /// The server chose a search engine.
    Engine(Engine),
    /// The status has changed.
    Status {
        /// The status now.
        status: Status,
        /// The status before; `None` for the first.
        previous: Option<Status>,
    },
    /// The current task, in words for people, has changed.
    Task(String),
    /// A step of an agent: the JSON text of the payload, whose fields `phase`, `thought`, `tool`,
    /// `arguments`, `content` and `iteration` say what it does. An [`Update`] with the same
    /// payload follows.
    Step(Arc<str>),
    /// The server sent something other than a mere line of the log.
    Update(Update),
    /// Something went wrong. The same failure is reported once, however often the server does.
    Failure(Failure),
    /// Lines were missed while the client was away, or dropped because the page was too slow.
    Gap(Gap),
    /// The run is over. Exactly one; after it come only late lines of the log, and
    /// [`HistoryRead`](Self::HistoryRead) if that was not told before.
    End(End),
    /// Whether the server shows the research to whoever is signed in now: the answer to
    /// [`Input::Verify`](crate::research::Input::Verify). It comes before what else the server's answer
    /// tells.
    Verified(bool),
    /// Why the server does not show the research to this page any more; `None`: it does again.
    Refusal(Option<Refusal>),
    /// The stored log was read to its end for the first time, and its lines were told.
    HistoryRead,
}

/// Why the server does not show something of a research to this page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It knows no research with this id.
    NotFound,
    /// It redirects the question, as to a sign-in.
    Redirected,
    /// Whoever asks is not signed in, or not allowed.
    Unauthorized,
}

impl Refusal {
    /// The word for it that a page gets.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::Redirected | Self::Unauthorized => "unauthorized",
        }
    }
}

/// A payload of the server and what its fields must be set to before a page sees it.
///
/// The payload stays text, so that every field that this client does not know reaches the page
/// untouched. Parse it as JSON, then carry out `progress` and `status` on the object.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// The JSON text of the server's object, `null` where it has `NaN` or an infinity.
    pub payload: Arc<str>,
    /// For the field `progress`: per cent, 0 to 100, never less than in an earlier update.
    pub progress: Field<f64>,
    /// For the field `status`.
    pub status: Field<Status>,
    /// Which way it came.
    pub source: Source,
}

/// Lines that a client missed while it was away, or all that were stored before if their log cannot
/// be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// When the client last heard the server, in milliseconds since the epoch; of a log that could not
    /// be read from the beginning, when the page began to follow the research.
    pub from: u64,
    /// When it heard the server again or gave up the log, in milliseconds since the epoch.
    pub to: u64,
    /// Lines that the stored log had and that were delivered afterwards.
    pub recovered: u64,
    /// Lines that are known to be lost; `None` if nobody can tell.
    pub missing: Option<u64>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// The final status.
    pub status: Status,
    /// The server's last words: its `message`, for a failure without one its `error`.
    pub message: Option<String>,
    /// The server's `error`, if there was one.
    pub error: Option<String>,
    /// Per cent, 0 to 100; 100 for a completed run, else what was reached.
    pub progress: Option<f64>,
    /// When the client heard of it, in milliseconds since the epoch.
    pub at: u64,
    /// Which way the client heard of it.
    pub source: Source,
}
