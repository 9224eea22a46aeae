//! A line of a research's log: its identity and its level.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Serialize;

use super::dedup;
use super::text::{bounded, contains_ignoring_case};
use super::warning::Refusals;
use crate::json::{Kind, Raw};

/// A line of the log, delivered once.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEntry {
    /// The JSON text of the server's object. Its own `type` is whatever the server sent: show
    /// `level` instead.
    pub entry: Arc<str>,
    /// What the line says, never blank, at most 16 KiB.
    pub message: String,
    /// When the server wrote it, in the server's own words (ISO 8601 from the socket).
    pub time: Option<String>,
    /// How much it matters.
    pub level: LogLevel,
    /// Progress of the run at that time in per cent, 0 to 100.
    pub progress: Option<f64>,
}

/// How much a line of the log matters. Serialised in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// The finest detail.
    Trace,
    /// For developers.
    Debug,
    /// Ordinary; also what has no other level.
    Info,
    /// Something went well.
    Success,
    /// Something is odd.
    Warning,
    /// Something failed.
    Error,
    /// Something failed that the rest depends on.
    Critical,
    /// A stage of the research was reached; becomes the current task.
    Milestone,
}

impl LogLevel {
    /// Every level there is.
    pub const ALL: [Self; 8] = [
        Self::Trace,
        Self::Debug,
        Self::Info,
        Self::Success,
        Self::Warning,
        Self::Error,
        Self::Critical,
        Self::Milestone,
    ];

    /// The level with this name, in any case: servers write `MILESTONE` and `milestone`. `None`
    /// for everything else, so no text of a server becomes a class name in a page.
    pub fn parse(name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case("warn") {
            return Some(Self::Warning);
        }
        Self::ALL
            .into_iter()
            .find(|level| level.as_str().eq_ignore_ascii_case(name))
    }

    /// The name in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
            Self::Milestone => "milestone",
        }
    }
}

/// One entry of a log as it stands in a payload: read, but not yet known to be new.
#[derive(Clone, Debug)]
pub(super) struct Line<'a> {
    raw: Raw<'a>,
    pub(super) message: Cow<'a, str>,
    time: Option<Cow<'a, str>>,
    level: Option<Cow<'a, str>>,
    metadata: Option<Raw<'a>>,
    progress: Option<f64>,
}

impl<'a> Line<'a> {
    /// Reads an entry that stands in `field`; `None` if it has no message.
    pub(super) fn read(raw: Raw<'a>, field: &str, refusals: &mut Refusals) -> Option<Self> {
        if raw.kind() != Kind::Object {
            if !raw.is_null() {
                refusals.refuse("wrong-type", &[field], "an object", raw.as_str());
            }
            return None;
        }
        let mut message = None;
        let mut line = Line {
            raw,
            message: Cow::Borrowed(""),
            time: None,
            level: None,
            metadata: None,
            progress: None,
        };
        for (key, value) in raw.members() {
            match key.as_ref() {
                "message" => message = refusals.text(&[field, ".message"], value),
                // A number is no date, but identifies the line as well.
                "time" if value.kind() == Kind::Number => {
                    line.time = Some(Cow::Borrowed(value.as_str()));
                }
                "time" => line.time = refusals.text(&[field, ".time"], value),
                "type" => line.level = refusals.text(&[field, ".type"], value),
                "metadata" => line.metadata = Some(value),
                "progress" => {
                    // Only a note beside the line: what is no percentage is left out in silence.
                    line.progress = value.number().filter(|n| (0.0..=100.0).contains(n));
                }
                _ => {}
            }
        }
        line.message = message?;
        Some(line)
    }

    /// The key under which the line is remembered: time and message. `None` without a time, since
    /// the same words at another time are another line.
    pub(super) fn key(&self, seed: u64) -> Option<u64> {
        let time = self.time.as_deref()?;
        // One moment in two spellings: `…Z` and `…+00:00`.
        let time = time.strip_suffix("+00:00").unwrap_or(time);
        let time = time.strip_suffix('Z').unwrap_or(time);
        Some(dedup::hash(seed, &[time, &self.message]))
    }

    /// The level, as the server's older pages derive it. The first rule that holds decides:
    ///
    /// 1. the entry's `type`;
    /// 2. a milestone by `metadata`: `is_milestone` is true, `type` is milestone, or `phase` is
    ///    one of four that end a stage;
    /// 3. an error by `metadata`: `type` or `phase` is error;
    /// 4. any other level in `metadata.type`;
    /// 5. words in the message;
    /// 6. info.
    pub(super) fn level(&self) -> LogLevel {
        if let Some(level) = self.level.as_deref().and_then(LogLevel::parse) {
            return level;
        }
        let text = |key| self.metadata?.get(key)?.string();
        let phase = text("phase");
        let phase = phase.as_deref().unwrap_or("");
        let level = text("type").and_then(|name| LogLevel::parse(&name));
        let marked = self
            .metadata
            .and_then(|metadata| metadata.get("is_milestone"));
        if marked.and_then(Raw::bool) == Some(true)
            || level == Some(LogLevel::Milestone)
            || MILESTONE_PHASES.contains(&phase)
        {
            LogLevel::Milestone
        } else if phase == "error" {
            LogLevel::Error
        } else if let Some(level) = level {
            level
        } else if contains_ignoring_case(&self.message, &MILESTONE_WORDS) {
            LogLevel::Milestone
        } else if contains_ignoring_case(&self.message, &ERROR_WORDS) {
            LogLevel::Error
        } else {
            LogLevel::Info
        }
    }

    /// The line as the page gets it.
    pub(super) fn to_entry(&self) -> LogEntry {
        LogEntry {
            entry: Arc::from(self.raw.as_str()),
            message: bounded(&self.message),
            time: self.time.as_deref().map(bounded),
            level: self.level(),
            progress: self.progress,
        }
    }
}

/// Phases that end a stage of a research.
const MILESTONE_PHASES: [&str; 4] = [
    "iteration_complete",
    "report_complete",
    "complete",
    "search_complete",
];

/// Words that make a line without a level a milestone; they come before [`ERROR_WORDS`].
const MILESTONE_WORDS: [&str; 4] = ["complete", "finished", "starting phase", "generated report"];

/// Words that make a line without a level an error.
const ERROR_WORDS: [&str; 2] = ["error", "failed"];

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Option<Line<'_>> {
        Line::read(
            Raw::parse(text).unwrap(),
            "log_entry",
            &mut Refusals::default(),
        )
    }

    fn level(text: &str) -> LogLevel {
        line(text).unwrap().level()
    }

    #[test]
    fn every_level_reads_back_in_any_case_and_is_serialised_in_lower_case() {
        for level in LogLevel::ALL {
            assert_eq!(LogLevel::parse(level.as_str()), Some(level));
            assert_eq!(LogLevel::parse(&level.as_str().to_uppercase()), Some(level));
            let json = serde_json::to_value(level).unwrap();
            assert_eq!(json, level.as_str());
        }
    }

    #[test]
    fn the_type_of_an_entry_is_its_level() {
        for (entry, expected) in [
            (
                r#"{"message":"Found 5 search result elements","type":"INFO"}"#,
                LogLevel::Info,
            ),
            (
                r#"{"message":"Disposed thread engine","type":"DEBUG"}"#,
                LogLevel::Debug,
            ),
            (
                r#"{"message":"Error type: timeout","type":"WARNING"}"#,
                LogLevel::Warning,
            ),
            (
                r#"{"message":"Search complete","type":"info"}"#,
                LogLevel::Info,
            ),
            (r#"{"message":"x","type":"Milestone"}"#, LogLevel::Milestone),
            (
                r#"{"message":"x","type":"ERROR","metadata":{"is_milestone":true}}"#,
                LogLevel::Error,
            ),
        ] {
            assert_eq!(level(entry), expected, "{entry}");
        }
    }

    #[test]
    fn metadata_decides_for_an_entry_without_a_type() {
        for (metadata, expected) in [
            (r#"{"phase":"iteration_complete"}"#, LogLevel::Milestone),
            (r#"{"phase":"report_complete"}"#, LogLevel::Milestone),
            (r#"{"phase":"complete"}"#, LogLevel::Milestone),
            (r#"{"phase":"search_complete"}"#, LogLevel::Milestone),
            (
                r#"{"is_milestone":true,"type":"info"}"#,
                LogLevel::Milestone,
            ),
            (r#"{"is_milestone":"true"}"#, LogLevel::Info),
            (r#"{"type":"MILESTONE"}"#, LogLevel::Milestone),
            (r#"{"type":"milestone"}"#, LogLevel::Milestone),
            (r#"{"phase":"error"}"#, LogLevel::Error),
            (r#"{"type":"error"}"#, LogLevel::Error),
            (
                r#"{"type":"error","phase":"complete"}"#,
                LogLevel::Milestone,
            ),
            (r#"{"type":"warning"}"#, LogLevel::Warning),
            (r#"{"phase":"searching"}"#, LogLevel::Info),
            ("null", LogLevel::Info),
            ("[1]", LogLevel::Info),
        ] {
            let entry = format!(r#"{{"time":"t","message":"x","metadata":{metadata}}}"#);
            assert_eq!(level(&entry), expected, "{metadata}");
        }
    }

    #[test]
    fn words_decide_for_an_entry_without_any_level() {
        for (message, expected) in [
            ("Iteration 1 COMPLETE", LogLevel::Milestone),
            ("Finished searching", LogLevel::Milestone),
            ("Starting phase 2", LogLevel::Milestone),
            ("Generated report", LogLevel::Milestone),
            ("An Error occurred", LogLevel::Error),
            ("search failed", LogLevel::Error),
            ("Search failed to complete", LogLevel::Milestone),
            ("Searching", LogLevel::Info),
        ] {
            let entry = format!(r#"{{"message":"{message}"}}"#);
            assert_eq!(level(&entry), expected, "{message}");
        }
    }

    #[test]
    fn a_hostile_type_is_no_level() {
        let entry = r#"{"message":"x","type":"\"><img src=x onerror=alert(1)>"}"#;
        assert_eq!(level(entry), LogLevel::Info);
    }

    #[test]
    fn the_same_moment_in_two_spellings_is_one_line() {
        let key = |time: &str, message: &str| {
            let entry = format!(r#"{{"time":"{time}","message":"{message}"}}"#);
            line(&entry).unwrap().key(1)
        };
        let moment = key("2026-11-21T20:45:09.123456+00:00", "Found");
        assert!(moment.is_some());
        assert_eq!(moment, key("2026-11-21T20:45:09.123456Z", "Found"));
        assert_ne!(moment, key("2026-11-21T20:45:09.123457Z", "Found"));
        assert_ne!(moment, key("2026-11-21T20:45:09.123456Z", "Lost"));
    }

    #[test]
    fn a_line_without_a_time_has_no_key_and_a_number_is_a_time() {
        assert_eq!(line(r#"{"message":"x"}"#).unwrap().key(1), None);
        assert_eq!(line(r#"{"message":"x","time":null}"#).unwrap().key(1), None);
        assert!(
            line(r#"{"message":"x","time":1763757909}"#)
                .unwrap()
                .key(1)
                .is_some()
        );
    }

    #[test]
    fn an_entry_without_a_message_is_no_line() {
        for entry in [
            "{}",
            r#"{"message":null}"#,
            r#"{"message":""}"#,
            "[]",
            "7",
            "null",
        ] {
            assert!(line(entry).is_none(), "{entry}");
        }
    }

    #[test]
    fn each_field_of_the_wrong_type_is_refused_by_name() {
        for (entry, warning) in [
            (
                r#"{"message":7}"#,
                "log_entry.message: expected a string, got 7",
            ),
            (
                r#"{"time":{}}"#,
                "log_entry.time: expected a string, got {}",
            ),
            (
                r#"{"type":[]}"#,
                "log_entry.type: expected a string, got []",
            ),
            ("7", "log_entry: expected an object, got 7"),
        ] {
            let mut refusals = Refusals::default();
            let _ = Line::read(Raw::parse(entry).unwrap(), "log_entry", &mut refusals);
            assert_eq!(refusals.warnings[0].message, warning);
        }
    }

    #[test]
    fn an_entry_keeps_the_text_of_the_server() {
        let text = r#"{"time":"2026-11-21T20:45:09Z","message":"a\nb","progress":33.3,"x":[1]}"#;
        let entry = line(text).unwrap().to_entry();
        assert_eq!(&*entry.entry, text);
        assert_eq!(entry.message, "a\nb");
        assert_eq!(entry.time.as_deref(), Some("2026-11-21T20:45:09Z"));
        assert_eq!(entry.progress, Some(33.3));
    }
}
