//! How much a line of the log matters.

use super::text::contains_ignoring_case;
use crate::json::Raw;

/// How much a line of the log matters. Named in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

    /// The level, as the server's older pages derive it. The first rule that holds decides:
    ///
    /// 1. the entry's `type`;
    /// 2. a milestone by `metadata`: `is_milestone` is true, `type` is milestone, or `phase` is
    ///    one of four that end a stage;
    /// 3. an error by `metadata`: `type` or `phase` is error;
    /// 4. any other level in `metadata.type`;
    /// 5. words in the message;
    /// 6. info.
    pub(in crate::research) fn derive(
        own: Option<&str>,
        metadata: Option<Raw<'_>>,
        message: &str,
    ) -> Self {
        if let Some(level) = own.and_then(Self::parse) {
            return level;
        }
        let text = |key| metadata?.get(key)?.string();
        let phase = text("phase");
        let phase = phase.as_deref().unwrap_or("");
        let level = text("type").and_then(|name| Self::parse(&name));
        let marked = metadata.and_then(|metadata| metadata.get("is_milestone"));
        if marked.and_then(Raw::bool) == Some(true)
            || level == Some(Self::Milestone)
            || MILESTONE_PHASES.contains(&phase)
        {
            Self::Milestone
        } else if phase == "error" {
            Self::Error
        } else if let Some(level) = level {
            level
        } else {
            match word_of(message) {
                MILESTONE_WORD => Self::Milestone,
                ERROR_WORD => Self::Error,
                _ => Self::Info,
            }
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

/// The word from which the level of a message is derived that has no other, or nothing.
pub(crate) fn word_of(message: &str) -> &'static str {
    if contains_ignoring_case(message, &MILESTONE_WORDS) {
        MILESTONE_WORD
    } else if contains_ignoring_case(message, &ERROR_WORDS) {
        ERROR_WORD
    } else {
        ""
    }
}

/// Stands for all [`MILESTONE_WORDS`]; none is shorter.
const MILESTONE_WORD: &str = "complete";

/// Stands for all [`ERROR_WORDS`]; none is shorter.
const ERROR_WORD: &str = "error";

/// Words that make a line without a level a milestone; they come before [`ERROR_WORDS`].
const MILESTONE_WORDS: [&str; 4] = ["complete", "finished", "starting phase", "generated report"];

/// Words that make a line without a level an error.
const ERROR_WORDS: [&str; 2] = ["error", "failed"];

#[cfg(test)]
mod tests {
    use super::super::log::Line;
    use super::super::warning::Refusals;
    use super::*;

    fn level(text: &str) -> LogLevel {
        let raw = Raw::parse(text).unwrap();
        let line = Line::read(raw, "log_entry", &mut Refusals::default());
        line.unwrap().level()
    }

    #[test]
    fn every_level_reads_back_in_any_case_and_is_written_in_lower_case() {
        for level in LogLevel::ALL {
            assert_eq!(LogLevel::parse(level.as_str()), Some(level));
            assert_eq!(LogLevel::parse(&level.as_str().to_uppercase()), Some(level));
            assert_eq!(level.as_str(), level.as_str().to_lowercase());
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
            (
                r#"{"type":"milestone","phase":"error"}"#,
                LogLevel::Milestone,
            ),
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
}
