//! Reading one payload of a research, in every variant that a server sends.
//!
//! Total and tolerant: whatever a field holds, the other fields are used; only what is no object
//! is refused as a whole. What the client does not know is not looked at.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::event::{Engine, Field};
use super::failure::Signs;
use super::log::Line;
use super::status::{Status, capitalised};
use super::text::bounded;
use super::warning::{Refusals, Warning};
use crate::json::{Kind, Raw};

/// Entries of one `progress_log` that are looked at; the newest count.
///
/// As many as a page keeps by default. A server repeats the whole log in each update, so without
/// a bound the work for one update would grow with the length of the run.
pub(super) const MAX_LOG_ENTRIES: usize = 5_000;

/// What the client knows of one payload.
///
/// | variant | fields |
/// | --- | --- |
/// | step | `progress`, `message`, `phase`; of agents also `thought`, `tool`, `error`, … |
/// | line of the log | `log_entry` and nothing else |
/// | documented update | `status`, `progress`, `message`, `metadata`, `log_entry`, `progress_log` |
/// | snapshot | `progress`, `message`, `status`, `log_entry` |
/// | engine selection | `event` and/or `engine` and `result_count`; or both in `metadata` |
/// | end | `status`, `message` or `error`, `progress` |
/// | answer about the status | `status`, `progress`, `metadata` with `error_info`, `log_entry` |
#[derive(Clone, Debug, Default)]
pub(super) struct Message<'a> {
    pub(super) progress: Reading<f64>,
    pub(super) status: Reading<Status>,
    pub(super) message: Text<'a>,
    pub(super) error: Text<'a>,
    pub(super) current_task: Text<'a>,
    pub(super) task: Text<'a>,
    pub(super) step: Text<'a>,
    pub(super) queue_position: Option<u64>,
    pub(super) log_entry: Option<Line<'a>>,
    /// The text of a JSON array, or of whatever came instead.
    progress_log: Text<'a>,
    /// There is a `log_entry`, and no other member.
    pub(super) is_only_log_entry: bool,
    /// An agent says what it does.
    pub(super) is_agent_step: bool,
    phase: Text<'a>,
    event: Text<'a>,
    engine: Text<'a>,
    result_count: Option<u64>,
    metadata: Metadata<'a>,
}

/// The members of `metadata` that matter.
#[derive(Clone, Debug, Default)]
struct Metadata<'a> {
    phase: Text<'a>,
    search_engine: Text<'a>,
    result_count: Option<u64>,
    error_type: Text<'a>,
    info_type: Text<'a>,
    info_message: Text<'a>,
    info_suggestion: Text<'a>,
}

/// A field's value, if it has a valid one, and what must be done to the field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reading<T> {
    pub(super) value: Option<T>,
    pub(super) field: Field<T>,
}

impl<T> Default for Reading<T> {
    fn default() -> Self {
        Self {
            value: None,
            field: Field::Keep,
        }
    }
}

/// A text that is not blank.
type Text<'a> = Option<Cow<'a, str>>;

impl<'a> Message<'a> {
    /// Reads a payload; `None` if it is no object.
    pub(super) fn read(text: &'a str, refusals: &mut Refusals) -> Option<Self> {
        let raw = read_object(text, refusals)?;
        let mut message = Self::default();
        let mut others = 0;
        let mut log_entries = 0;
        let mut has_agent_field = false;
        for (key, value) in raw.members() {
            others += 1;
            match key.as_ref() {
                "progress" => message.progress = read_progress(value, refusals),
                "status" => message.status = read_status(value, refusals),
                "message" => message.message = refusals.text(&["message"], value),
                "error" => message.error = refusals.text(&["error"], value),
                "current_task" => message.current_task = refusals.text(&["current_task"], value),
                "task" => message.task = refusals.text(&["task"], value),
                "step" => message.step = refusals.text(&["step"], value),
                "phase" => message.phase = refusals.text(&["phase"], value),
                "event" => message.event = refusals.text(&["event"], value),
                "engine" => message.engine = refusals.text(&["engine"], value),
                "result_count" => {
                    message.result_count = read_count(&["result_count"], value, refusals);
                }
                "queue_position" => {
                    message.queue_position = read_count(&["queue_position"], value, refusals);
                }
                "log_entry" => {
                    log_entries += 1;
                    message.log_entry = Line::read(value, "log_entry", refusals);
                }
                "progress_log" if value.kind() == Kind::Array => {
                    message.progress_log = Some(Cow::Borrowed(value.as_str()));
                }
                "progress_log" => message.progress_log = refusals.text(&["progress_log"], value),
                "metadata" => message.metadata = Metadata::read(value, refusals),
                "thought" | "tool" => has_agent_field |= !value.is_null(),
                _ => {}
            }
        }
        message.is_only_log_entry = log_entries > 0 && log_entries == others;
        let phase = message.phase.as_deref().unwrap_or("");
        message.is_agent_step = has_agent_field || AGENT_PHASES.contains(&phase);
        Some(message)
    }

    /// The entries of the cumulative log that have a message, oldest first: the newest `most`.
    pub(super) fn progress_log<'m>(
        &'m self,
        most: usize,
        refusals: &mut Refusals,
    ) -> impl Iterator<Item = Line<'m>> {
        let raw = self.progress_log.as_deref().and_then(|text| {
            let array = Raw::parse(text).ok();
            let array = array.filter(|raw| raw.kind() == Kind::Array);
            if array.is_none() {
                let expected = "a JSON array in a string";
                refusals.refuse("wrong-type", &["progress_log"], expected, text);
            }
            array
        });
        let total = raw.map_or(0, |raw| raw.elements().count());
        if total > most {
            refusals.drop_entries(&["progress_log"], total, most);
        }
        raw.into_iter()
            .flat_map(Raw::elements)
            .skip(total.saturating_sub(most))
            .filter_map(|entry| Line::read(entry, "progress_log[]", refusals))
    }

    /// What the server does, in its own word.
    pub(super) fn phase(&self) -> Option<&str> {
        self.phase.as_deref().or(self.metadata.phase.as_deref())
    }

    /// The search engine, if the payload says that it was chosen just now.
    pub(super) fn selected_engine(&self) -> Option<Engine> {
        let is_event = self.event.as_deref() == Some("search_engine_selected");
        let has_both = self.engine.is_some() && self.result_count.is_some();
        (is_event || has_both).then(|| self.engine_fields())
    }

    /// The search engine that the metadata mentions, which is not necessarily news.
    pub(super) fn mentioned_engine(&self) -> Option<Engine> {
        Some(Engine {
            name: bounded(self.metadata.search_engine.as_deref()?),
            result_count: self.metadata.result_count,
        })
    }

    fn engine_fields(&self) -> Engine {
        Engine {
            name: bounded(self.engine.as_deref().unwrap_or("unknown")),
            result_count: self.result_count,
        }
    }

    /// The signs of a failure.
    pub(super) fn signs(&self) -> Signs<'_> {
        let metadata = &self.metadata;
        let error_type = metadata.error_type.as_deref();
        let error = self.error.as_deref();
        let detail = error.or(metadata.info_message.as_deref());
        let status = self.status.value.filter(|status| status.is_failure());
        Signs {
            error_type: error_type.or(metadata.info_type.as_deref()),
            phase: self.phase(),
            status: status.map(Status::as_str),
            detail: detail.or(self.message.as_deref()),
            suggestion: metadata.info_suggestion.as_deref(),
        }
    }
}

impl<'a> Metadata<'a> {
    fn read(raw: Raw<'a>, refusals: &mut Refusals) -> Self {
        let mut metadata = Self::default();
        if !check_object(&["metadata"], raw, refusals) {
            return metadata;
        }
        for (key, value) in raw.members() {
            let field = ["metadata.", key.as_ref()];
            match key.as_ref() {
                "phase" => metadata.phase = refusals.text(&field, value),
                "search_engine" => metadata.search_engine = refusals.text(&field, value),
                "result_count" => metadata.result_count = read_count(&field, value, refusals),
                "error_type" => metadata.error_type = refusals.text(&field, value),
                "error_info" if check_object(&field, value, refusals) => {
                    for (key, value) in value.members() {
                        let field = ["metadata.error_info.", key.as_ref()];
                        match key.as_ref() {
                            "type" => metadata.info_type = refusals.text(&field, value),
                            "message" => metadata.info_message = refusals.text(&field, value),
                            "suggestion" => {
                                metadata.info_suggestion = refusals.text(&field, value);
                            }
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        metadata
    }
}

impl Engine {
    /// Reads the payload of the event `search_engine_selected`, which carries no research id.
    ///
    /// # Errors
    /// A warning if the payload is no object.
    pub fn parse(payload: &str) -> Result<Self, Warning> {
        let mut refusals = Refusals::default();
        let message = Message::read(payload, &mut refusals);
        match (message, refusals.warnings.pop()) {
            (Some(message), _) => Ok(message.engine_fields()),
            (None, Some(warning)) => Err(warning),
            (None, None) => Err(Warning::new("not-json", &["payload"], "an object", payload)),
        }
    }

    /// What people read: "Search engine selected: Searxng (found 10 results)".
    pub fn words(&self) -> String {
        let mut out = ["Search engine selected: ", &capitalised(&self.name)].concat();
        if let Some(count) = self.result_count {
            // Writing an integer to a string cannot fail.
            let _ = write!(out, " (found {count} results)");
        }
        out
    }
}

fn read_object<'a>(text: &'a str, refusals: &mut Refusals) -> Option<Raw<'a>> {
    match Raw::parse(text) {
        Ok(raw) if raw.kind() == Kind::Object => Some(raw),
        Ok(raw) => {
            refusals.refuse("not-an-object", &["payload"], "an object", raw.as_str());
            None
        }
        Err(error) => {
            let mut expected = String::new();
            // Writing to a string cannot fail.
            let _ = write!(expected, "JSON ({error})");
            refusals.refuse("not-json", &["payload"], &expected, text);
            None
        }
    }
}

fn check_object(field: &[&str], raw: Raw<'_>, refusals: &mut Refusals) -> bool {
    let is_object = raw.kind() == Kind::Object;
    if !is_object && !raw.is_null() {
        refusals.refuse("wrong-type", field, "an object", raw.as_str());
    }
    is_object
}

/// Per cent, 0 to 100. Fractions are ordinary; some servers send the number as a string.
fn read_progress(raw: Raw<'_>, refusals: &mut Refusals) -> Reading<f64> {
    let value = read_number(raw);
    match value {
        Some(number) if (0.0..=100.0).contains(&number) => {
            let field = match raw.kind() {
                Kind::Number => Field::Keep,
                Kind::Null | Kind::Bool | Kind::String | Kind::Array | Kind::Object => {
                    Field::Set(number)
                }
            };
            Reading { value, field }
        }
        Some(_) | None => {
            if !raw.is_null() {
                let is_number = value.is_some() || raw.kind() == Kind::Number;
                let code = if is_number {
                    "out-of-range"
                } else {
                    "wrong-type"
                };
                refusals.refuse(code, &["progress"], "a number from 0 to 100", raw.as_str());
            }
            Reading {
                value: None,
                field: Field::Delete,
            }
        }
    }
}

fn read_status(raw: Raw<'_>, refusals: &mut Refusals) -> Reading<Status> {
    let name = refusals.text(&["status"], raw);
    let value = name
        .as_deref()
        .and_then(|name| Status::parse(name.trim_ascii()));
    let field = match (value, &name) {
        (Some(status), Some(name)) if name == status.as_str() => Field::Keep,
        (Some(status), _) => Field::Set(status),
        (None, _) => Field::Delete,
    };
    if name.is_some() && value.is_none() {
        refusals.refuse("unknown-value", &["status"], "a known status", raw.as_str());
    }
    Reading { value, field }
}

/// A number of things: an integer that JavaScript can hold, not negative.
fn read_count(field: &[&str], raw: Raw<'_>, refusals: &mut Refusals) -> Option<u64> {
    let text = raw.string();
    let number = match &text {
        Some(text) => Raw::parse(text).ok().and_then(Raw::integer),
        None => raw.integer(),
    };
    let count = number.and_then(|number| u64::try_from(number).ok());
    let count = count.filter(|count| *count <= MAX_SAFE_INTEGER);
    if count.is_none() && !raw.is_null() {
        let is_number = number.is_some() || raw.kind() == Kind::Number;
        let code = if is_number {
            "out-of-range"
        } else {
            "wrong-type"
        };
        refusals.refuse(code, field, "a whole number, 0 or more", raw.as_str());
    }
    count
}

/// A number, or a string that holds nothing else.
fn read_number(raw: Raw<'_>) -> Option<f64> {
    match raw.string() {
        Some(text) => Raw::parse(&text).ok()?.number(),
        None => raw.number(),
    }
}

/// The largest integer that a number of JavaScript holds exactly.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// Phases in which an agent says what it does; the server's pages show them in their own panel.
const AGENT_PHASES: [&str; 9] = [
    "thought",
    "tool_call",
    "observation",
    "error",
    "react",
    "synthesis",
    "sub_research",
    "init",
    "complete",
];
