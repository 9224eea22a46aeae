//! Reading one payload of a research, in every variant that a server sends.
//!
//! Total and tolerant: whatever a field holds, the other fields are used; only what is no object
//! is refused as a whole. What the client does not know is not looked at.

use std::borrow::Cow;

use super::failure::Signs;
use super::fields::{Reading, read_count, read_progress, read_status};
use super::log::Line;
use super::metadata::Metadata;
use super::status::Status;
use super::text::{Text, bounded};
use super::warning::Refusals;
use super::words::Engine;
use crate::json::{Kind, Raw};

/// Entries of one `progress_log` that are looked at; the newest count.
///
/// As many as a page keeps by default. A server repeats the whole log in each update, so without
/// a bound the work for one update would grow with the length of the run.
pub(in crate::research) const MAX_LOG_ENTRIES: usize = 5_000;

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
pub(in crate::research) struct Message<'a> {
    pub(in crate::research) progress: Reading<f64>,
    pub(in crate::research) status: Reading<Status>,
    pub(in crate::research) message: Text<'a>,
    pub(in crate::research) error: Text<'a>,
    pub(in crate::research) current_task: Text<'a>,
    pub(in crate::research) task: Text<'a>,
    pub(in crate::research) step: Text<'a>,
    pub(in crate::research) queue_position: Option<u64>,
    pub(in crate::research) log_entry: Option<Line<'a>>,
    /// A JSON array, or a string that is to hold one.
    pub(in crate::research) progress_log: Option<Raw<'a>>,
    /// There is a `log_entry`, and no other member.
    pub(in crate::research) is_only_log_entry: bool,
    /// An agent says what it does.
    pub(in crate::research) is_agent_step: bool,
    phase: Text<'a>,
    event: Text<'a>,
    engine: Text<'a>,
    result_count: Option<u64>,
    metadata: Metadata<'a>,
}

impl<'a> Message<'a> {
    /// Reads a payload; `None` if it is no object.
    pub(in crate::research) fn read(raw: Raw<'a>, refusals: &mut Refusals) -> Option<Self> {
        if raw.kind() != Kind::Object {
            refusals.refuse("not-an-object", &["payload"], "an object", raw.as_str());
            return None;
        }
        let mut message = Self::default();
        let mut others = 0;
        let mut log_entries = 0;
        let mut has_agent_field = false;
        for (key, value) in raw.members() {
            others += 1;
            match key.as_ref() {
                "progress" => message.progress = read_progress(value, refusals),
                "status" => message.status = read_status(value, refusals),
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
                "progress_log" => {
                    message.progress_log = Some(value);
                    if !matches!(value.kind(), Kind::Array | Kind::String) {
                        message.progress_log = None;
                        refusals.text(&["progress_log"], value);
                    }
                }
                "metadata" => message.metadata = Metadata::read(value, refusals),
                "thought" | "tool" => has_agent_field |= !value.is_null(),
                name => {
                    let text = match name {
                        "message" => &mut message.message,
                        "error" => &mut message.error,
                        "current_task" => &mut message.current_task,
                        "task" => &mut message.task,
                        "step" => &mut message.step,
                        "phase" => &mut message.phase,
                        "event" => &mut message.event,
                        "engine" => &mut message.engine,
                        _ => continue,
                    };
                    *text = refusals.text(&[name], value);
                }
            }
        }
        message.is_only_log_entry = log_entries > 0 && log_entries == others;
        let phase = message.phase.as_deref().unwrap_or("");
        message.is_agent_step = has_agent_field || AGENT_PHASES.contains(&phase);
        Some(message)
    }

    /// The text of the cumulative log, if it is not blank.
    pub(in crate::research) fn log_text(&self) -> Text<'a> {
        let log = self.progress_log?;
        let text = log.string().unwrap_or(Cow::Borrowed(log.as_str()));
        (!text.trim_ascii().is_empty()).then_some(text)
    }

    /// What the server does, in its own word.
    pub(in crate::research) fn phase(&self) -> Option<&str> {
        self.phase.as_deref().or(self.metadata.phase.as_deref())
    }

    /// The search engine, if the payload says that it was chosen just now.
    pub(in crate::research) fn selected_engine(&self) -> Option<Engine> {
        let is_event = self.event.as_deref() == Some("search_engine_selected");
        let has_both = self.engine.is_some() && self.result_count.is_some();
        (is_event || has_both).then(|| self.engine_fields())
    }

    /// The search engine that the metadata mentions, which is not necessarily news.
    pub(in crate::research) fn mentioned_engine(&self) -> Option<Engine> {
        Some(Engine {
            name: bounded(self.metadata.search_engine.as_deref()?),
            result_count: self.metadata.result_count,
        })
    }

    /// The search engine as the payload names it.
    pub(in crate::research) fn engine_fields(&self) -> Engine {
        Engine {
            name: bounded(self.engine.as_deref().unwrap_or("unknown")),
            result_count: self.result_count,
        }
    }

    /// The signs of a failure.
    pub(in crate::research) fn signs(&self) -> Signs<'_> {
        let metadata = &self.metadata;
        let error_type = metadata.error_type.as_deref();
        let error = self.error.as_deref();
        let status = self.status.value.filter(|status| status.is_failure());
        Signs {
            error_type: error_type.or(metadata.info_type.as_deref()),
            phase: self.phase(),
            status: status.map(Status::as_str),
            detail: error.or(metadata.info_message.as_deref()),
            message: self.message.as_deref(),
            suggestion: metadata.info_suggestion.as_deref(),
        }
    }
}

/// The cumulative log in this text.
pub(in crate::research) fn parse_log<'a>(
    text: &'a str,
    refusals: &mut Refusals,
) -> Option<Raw<'a>> {
    let array = Raw::parse(text).ok();
    let array = array.filter(|raw| raw.kind() == Kind::Array);
    refusals.is_lax |= array.is_some_and(Raw::is_lax);
    if array.is_none() {
        let expected = "a JSON array in a string";
        refusals.refuse("wrong-type", &["progress_log"], expected, text);
    }
    array
}

/// The value of a text that nobody has read before.
pub(in crate::research) fn parse<'a>(text: &'a str, refusals: &mut Refusals) -> Option<Raw<'a>> {
    match Raw::parse(text) {
        Ok(raw) => {
            refusals.is_lax |= raw.is_lax();
            Some(raw)
        }
        Err(error) => {
            let expected = ["JSON (", &error.message(), ")"].concat();
            refusals.refuse("not-json", &["payload"], &expected, text);
            None
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::super::words::Field;
    use super::*;

    fn read(text: &str) -> (Message<'_>, Refusals) {
        let mut refusals = Refusals::default();
        let raw = parse(text, &mut refusals);
        let message = raw.and_then(|raw| Message::read(raw, &mut refusals));
        (message.expect("an object"), refusals)
    }

    fn lines(message: &Message<'_>, refusals: &mut Refusals) -> Vec<String> {
        let text = message.log_text().unwrap();
        let array = parse_log(&text, refusals).unwrap();
        let entries = array.elements();
        let lines = entries.filter_map(|entry| Line::read(entry, "progress_log[]", refusals));
        lines.map(|line| line.message.into_owned()).collect()
    }

    #[test]
    fn a_step_of_a_research_has_progress_message_and_phase() {
        let (message, refusals) = read(
            r#"{"progress":33.33333333333333,"message":"Generating questions from 10 sources:\n• What is a test rig?","phase":"question_generation","iteration":2}"#,
        );
        assert_eq!(message.progress.value, Some(33.33333333333333));
        assert_eq!(message.progress.field, Field::Keep);
        assert_eq!(
            message.message.as_deref(),
            Some("Generating questions from 10 sources:\n• What is a test rig?")
        );
        assert_eq!(message.phase(), Some("question_generation"));
        assert!(!message.is_agent_step);
        assert_eq!(refusals.count, 0);
    }

    #[test]
    fn a_step_of_an_agent_is_known_by_its_phase_or_by_its_fields() {
        for (text, expected) in [
            (
                r#"{"phase":"thought","thought":"I should search","iteration":1}"#,
                true,
            ),
            (
                r#"{"phase":"tool_call","tool":"web","arguments":{"q":"rig"}}"#,
                true,
            ),
            (r#"{"phase":"observation","content":"10 results"}"#, true),
            (r#"{"phase":"complete","progress":100}"#, true),
            (r#"{"phase":"planning","thought":"First, sources"}"#, true),
            (r#"{"phase":"searching","thought":null}"#, false),
            (r#"{"phase":"searching"}"#, false),
        ] {
            assert_eq!(read(text).0.is_agent_step, expected, "{text}");
        }
    }

    #[test]
    fn a_payload_with_nothing_but_a_log_entry_is_a_line() {
        for (text, expected) in [
            (r#"{"log_entry":{"message":"x","type":"INFO"}}"#, true),
            (r#"{"log_entry":null}"#, true),
            (r#"{"log_entry":{"message":"x"},"progress":1}"#, false),
            (r#"{"log_entry":{"message":"x"},"later_field":1}"#, false),
            ("{}", false),
        ] {
            assert_eq!(read(text).0.is_only_log_entry, expected, "{text}");
        }
    }

    #[test]
    fn a_cumulative_log_is_read_from_a_string_and_from_an_array() {
        for text in [
            r#"{"progress_log":"[{\"time\":\"t1\",\"message\":\"a\"},{\"time\":\"t2\"},{\"message\":\"c\"}]"}"#,
            r#"{"progress_log":[{"time":"t1","message":"a"},null,{"message":"c"}]}"#,
        ] {
            let (message, mut refusals) = read(text);
            assert_eq!(lines(&message, &mut refusals), ["a", "c"]);
            assert_eq!(refusals.count, 0);
        }
    }

    #[test]
    fn an_engine_is_selected_by_an_event_or_by_name_and_count() {
        for (text, selected, mentioned) in [
            (
                r#"{"event":"search_engine_selected","engine":"searxng","result_count":10}"#,
                Some(("searxng", Some(10))),
                None,
            ),
            (
                r#"{"engine":"arxiv","result_count":"7"}"#,
                Some(("arxiv", Some(7))),
                None,
            ),
            (
                r#"{"event":"search_engine_selected"}"#,
                Some(("unknown", None)),
                None,
            ),
            (r#"{"engine":"arxiv"}"#, None, None),
            (
                r#"{"metadata":{"search_engine":"pubmed","result_count":3}}"#,
                None,
                Some(("pubmed", Some(3))),
            ),
        ] {
            let (message, _) = read(text);
            let engine = |parts: Option<(&str, Option<u64>)>| {
                parts.map(|(name, result_count)| Engine {
                    name: name.into(),
                    result_count,
                })
            };
            assert_eq!(message.selected_engine(), engine(selected), "{text}");
            assert_eq!(message.mentioned_engine(), engine(mentioned), "{text}");
        }
    }

    #[test]
    fn of_a_field_that_comes_twice_the_last_counts_as_in_a_browser() {
        let (message, _) = read(r#"{"progress":10,"progress":20,"status":"failed","status":null}"#);
        assert_eq!(message.progress.value, Some(20.0));
        assert_eq!(message.status.value, None);
    }

    #[test]
    fn the_signs_of_a_failure_come_from_wherever_a_server_puts_them() {
        let (message, _) = read(
            r#"{"status":"failed","progress":40,"metadata":{"phase":"error","error_info":{"type":"connection","message":"Connection refused","suggestion":"Start Ollama"}}}"#,
        );
        let signs = message.signs();
        assert_eq!(signs.error_type, Some("connection"));
        assert_eq!(signs.phase, Some("error"));
        assert_eq!(signs.status, Some("failed"));
        assert_eq!(signs.detail, Some("Connection refused"));
        assert_eq!(signs.suggestion, Some("Start Ollama"));
        let (message, _) = read(r#"{"status":"suspended","error":"stopped"}"#);
        assert_eq!(message.signs().status, None);
    }
}
