//! A line of a research's log: how it is read, and what makes it the same line.

use std::borrow::Cow;
use std::sync::Arc;

use super::date::{Instant, is_local};
use super::identity::{Identity, Stored};
use super::level::LogLevel;
use super::text::{Text, bounded};
use super::warning::Refusals;
use super::words::Source;
use crate::json::{Kind, Raw, write_string};

/// A line of the log, delivered once.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEntry {
    /// The JSON text of the server's object, `null` where it has `NaN` or an infinity. Its own `type` and `timestamp` are whatever the server
    /// sent: show `level` and `time` instead.
    pub entry: Arc<str>,
    /// What the line says, never blank, at most 16 KiB.
    pub message: String,
    /// When the server wrote it: in the server's own words (ISO 8601 from the socket); of a line from
    /// the stored log in ISO 8601, where its date can be read.
    pub time: Option<String>,
    /// How much it matters.
    pub level: LogLevel,
    /// Progress of the run at that time in per cent, 0 to 100.
    pub progress: Option<f64>,
    /// Which way it came.
    pub source: Source,
}

impl LogEntry {
    /// Appends the object that a page gets: the server's, with the level that it means, which way it came and, of
    /// a line from the stored log, its time in the form of live ones. Of two members with one name readers of JSON
    /// take the last.
    pub fn write_json(&self, out: &mut String) {
        // It has a message, so there is a member before the comma.
        out.push_str(self.entry.strip_suffix('}').unwrap_or_default());
        for (name, word) in [
            (",\"level\":\"", self.level.as_str()),
            ("\",\"source\":\"", self.source.as_str()),
        ] {
            out.push_str(name);
            out.push_str(word);
        }
        out.push('"');
        if self.source == Source::History
            && let Some(time) = &self.time
        {
            out.push_str(",\"time\":");
            write_string(out, time);
        }
        out.push('}');
    }
}

/// One entry of a log as it stands in a payload: read, but not yet known to be new.
#[derive(Clone, Debug)]
pub(in crate::research) struct Line<'a> {
    raw: Raw<'a>,
    pub(in crate::research) message: Cow<'a, str>,
    time: Text<'a>,
    level: Text<'a>,
    metadata: Option<Raw<'a>>,
    pub(in crate::research) progress: Option<f64>,
    /// The number of a stored line.
    pub(in crate::research) id: Option<i64>,
}

impl<'a> Line<'a> {
    /// Reads an entry that stands in `field`; `None` if it has no message.
    pub(in crate::research) fn read(
        raw: Raw<'a>,
        field: &str,
        refusals: &mut Refusals,
    ) -> Option<Self> {
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
            id: None,
        };
        for (key, value) in raw.members() {
            match key.as_ref() {
                "message" => message = refusals.text(&[field, ".message"], value),
                // The stored log has other names for the same.
                "time" | "timestamp" => {
                    line.time = match value.kind() {
                        // A number is no date, but identifies the line as well.
                        Kind::Number => Some(Cow::Borrowed(value.as_str())),
                        Kind::Array | Kind::Bool | Kind::Null | Kind::Object | Kind::String => {
                            refusals.text(&[field, ".", &key], value).or(line.time)
                        }
                    };
                }
                "type" | "log_type" => {
                    line.level = refusals.text(&[field, ".", &key], value).or(line.level);
                }
                "id" => line.id = value.integer(),
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

    /// Whether it has a time, readable or not.
    pub(in crate::research) fn has_time(&self) -> bool {
        self.time.is_some()
    }

    /// What makes it the same line wherever it comes from.
    pub(in crate::research) fn identity(&self, seed: u64) -> Identity {
        Identity::new(seed, self.time.as_deref(), &self.message)
    }

    /// The same, of a line whose time is so many seconds ahead of what it is read as.
    pub(in crate::research) fn identity_ahead(&self, seed: u64, seconds: i64) -> Identity {
        Identity::ahead(seed, self.time.as_deref(), &self.message, seconds)
    }

    /// Whether it has a time without a zone.
    pub(in crate::research) fn is_local(&self) -> bool {
        self.time.as_deref().is_some_and(is_local)
    }

    /// The line as a stored log has it.
    pub(in crate::research) fn stored(&self, seed: u64) -> Stored {
        Stored::new(self.identity(seed), self.id)
    }

    /// How much the line matters.
    pub(in crate::research) fn level(&self) -> LogLevel {
        LogLevel::derive(self.level.as_deref(), self.metadata, &self.message)
    }

    /// The phase in which it was written, if its metadata say so.
    pub(in crate::research) fn phase(&self) -> Text<'a> {
        let phase = self.metadata?.get("phase")?.string()?;
        (!phase.trim_ascii().is_empty()).then_some(phase)
    }

    /// The line as the page gets it.
    pub(in crate::research) fn to_entry(&self, source: Source) -> LogEntry {
        LogEntry {
            entry: Arc::from(&*self.raw.to_json()),
            message: bounded(&self.message),
            time: match self.time.as_deref() {
                Some(time) if source == Source::History => Some(iso(time)),
                time => time.map(bounded),
            },
            level: self.level(),
            progress: self.progress,
            source,
        }
    }
}

/// The time of a stored line in the form of live ones.
fn iso(time: &str) -> String {
    match Instant::parse(time) {
        Some(instant) if instant.nanos.is_none() => instant.to_iso(),
        Some(_) | None => bounded(time),
    }
}

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

    #[test]
    fn the_same_moment_in_two_spellings_is_one_line() {
        let key = |time: &str, message: &str| {
            let entry = format!(r#"{{"time":"{time}","message":"{message}"}}"#);
            line(&entry).unwrap().identity(1).exact
        };
        let moment = key("2026-11-21T20:45:09.123456+00:00", "Found");
        assert!(moment.is_some());
        assert_eq!(moment, key("2026-11-21T20:45:09.123456Z", "Found"));
        assert_ne!(moment, key("2026-11-21T20:45:09.123457Z", "Found"));
        assert_ne!(moment, key("2026-11-21T20:45:09.123456Z", "Lost"));
    }

    #[test]
    fn a_line_without_a_time_has_no_key_and_a_number_is_a_time() {
        let exact = |text: &str| line(text).unwrap().identity(1).exact;
        assert_eq!(exact(r#"{"message":"x"}"#), None);
        assert_eq!(exact(r#"{"message":"x","time":null}"#), None);
        assert!(exact(r#"{"message":"x","time":1763757909}"#).is_some());
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
    fn a_stored_line_has_other_names_for_the_same_and_its_time_in_iso_8601() {
        let text = r#"{"id":7,"message":"Found","timestamp":"Sat, 21 Nov 2026 20:45:09 GMT","log_type":"MILESTONE"}"#;
        let stored = line(text).unwrap();
        assert_eq!(stored.stored(1).id, Some(7));
        let entry = stored.to_entry(Source::History);
        assert_eq!(entry.time.as_deref(), Some("2026-11-21T20:45:09+00:00"));
        assert_eq!((entry.level, &*entry.entry), (LogLevel::Milestone, text));
        let live = r#"{"message":"Found","time":"2026-11-21T20:45:09.5Z","timestamp":null}"#;
        let live = line(live).unwrap();
        assert_eq!(live.identity(1).key, stored.identity(1).key);
        let entry = live.to_entry(Source::History);
        assert_eq!(entry.time.as_deref(), Some("2026-11-21T20:45:09.5Z"));
    }

    #[test]
    fn a_page_gets_the_object_of_the_server_with_what_the_client_knows() {
        let json = |text: &str, source| {
            let mut out = String::new();
            line(text).unwrap().to_entry(source).write_json(&mut out);
            serde_json::from_str::<serde_json::Value>(&out).unwrap()
        };
        let text = r#"{"message":"a","level":"own","source":7,"x":[{}],"time":"t" }"#;
        let expected =
            serde_json::json!({"message":"a","level":"info","source":"live","x":[{}],"time":"t"});
        assert_eq!(json(text, Source::Live), expected);
        let text =
            r#"{"message":"a","log_type":"ERROR","timestamp":"Sat, 21 Nov 2026 20:45:09 GMT"}"#;
        let stored = json(text, Source::History);
        assert_eq!(stored["time"], "2026-11-21T20:45:09+00:00");
        assert_eq!(stored["level"], "error");
        assert_eq!(stored["timestamp"], "Sat, 21 Nov 2026 20:45:09 GMT");
        let text = r#"{"message":"a","time":"a \"quoted\" time"}"#;
        assert_eq!(json(text, Source::History)["time"], "a \"quoted\" time");
    }

    #[test]
    fn an_entry_keeps_the_text_of_the_server() {
        let text = r#"{"time":"2026-11-21T20:45:09Z","message":"a\nb","progress":33.3,"x":[1]}"#;
        let entry = line(text).unwrap().to_entry(Source::Live);
        assert_eq!(&*entry.entry, text);
        assert_eq!(entry.message, "a\nb");
        assert_eq!(entry.time.as_deref(), Some("2026-11-21T20:45:09Z"));
        assert_eq!(entry.progress, Some(33.3));
    }
}
