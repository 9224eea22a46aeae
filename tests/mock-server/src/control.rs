//! Decides what tests can ask of the server while it runs, and how that is written in JSON.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::app::{Outcome, Style};
use crate::fault::{Fault, Kind, OfflineMode};

/// A request of a test. In JSON, `{"burst": {"research_id": "r", "lines": 5}}`; over HTTP the name is
/// part of the path, `POST /control/burst`, and the body is the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Adds faults.
    Faults(AddFaults),
    /// Emits an event, a payload of a research, or raw packets.
    Emit(Emit),
    /// Emits many log lines and updates at once.
    Burst(Burst),
    /// Starts a research.
    Research(StartResearch),
    /// Ends a research.
    End(EndResearch),
    /// Starts the server again: all sessions are forgotten.
    Restart(Restart),
    /// Takes the network away; only the control interface answers.
    Offline(Offline),
    /// Gives the network back.
    Online(Nothing),
    /// Ends the requests that are open now, such as the held polls. Faults meet requests on arrival,
    /// so they do not reach these.
    DropOpen(DropOpen),
    /// Disconnects from the namespaces: `41`.
    Disconnect(Sessions),
    /// Does so without a word, as if the `41` were lost: nothing is heard over these sessions any more, which live on.
    DisconnectUnsaid(Sessions),
    /// Closes sessions: `1`.
    Close(Sessions),
    /// Forgets who is signed in.
    SignOut(Nothing),
    /// Changes settings: a part of `Config` in JSON, merged into what is set.
    Config(Value),
    /// Asks what has happened.
    Stats(Nothing),
    /// Back to how the server was started, but with the time running on.
    Reset(Nothing),
}

/// For commands that need nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// See [`Command::Faults`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddFaults {
    /// The faults to add.
    #[serde(default)]
    pub faults: Vec<Fault>,
    /// Whether those from before are dropped.
    #[serde(default)]
    pub replace: bool,
}

/// See [`Command::Emit`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Emit {
    /// Emits `data` as a payload of this research, to whom it concerns.
    pub research_id: Option<String>,
    /// Or emits `data` under this name, to everybody or to `sid`.
    pub event: Option<String>,
    /// What is emitted.
    pub data: Value,
    /// Binary attachments in base64; `data` holds their placeholders.
    pub attachments: Vec<String>,
    /// Or sends these Engine.IO packets as they stand, to everybody or to `sid`.
    pub packets: Vec<String>,
    /// One Engine.IO session.
    pub sid: Option<String>,
}

/// See [`Command::Burst`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Burst {
    /// The research.
    pub research_id: String,
    /// How many log lines.
    pub lines: u32,
    /// How many updates, spread evenly among the lines.
    pub updates: u32,
    /// Each line is this and its number, as in `line 17`.
    pub prefix: String,
    /// Whether a line has its number.
    pub numbered: bool,
    /// The number of the first line.
    pub first: u32,
    /// Level of the lines.
    pub level: String,
    /// Filled up with dots to this length.
    pub length: usize,
    /// Whether the lines are sent.
    pub live: bool,
    /// Whether the lines are stored.
    pub store: bool,
}

impl Default for Burst {
    fn default() -> Self {
        Self {
            research_id: String::new(),
            lines: 0,
            updates: 0,
            prefix: "line".into(),
            numbered: true,
            first: 1,
            level: "INFO".into(),
            length: 0,
            live: true,
            store: true,
        }
    }
}

/// See [`Command::Research`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StartResearch {
    /// Chosen by the server when left out. Starting a known one again keeps its subscribers.
    pub research_id: Option<String>,
    /// What is searched for.
    pub query: String,
    /// How updates are written.
    pub style: Style,
    /// How it ends.
    pub outcome: Outcome,
    /// How often it searches.
    pub iterations: Option<u32>,
    /// Time between two steps.
    pub step_ms: Option<u64>,
    /// Whether it runs by itself; else it waits for what is emitted.
    pub script: bool,
}

impl Default for StartResearch {
    fn default() -> Self {
        Self {
            research_id: None,
            query: "test".into(),
            style: Style::Live,
            outcome: Outcome::Completed,
            iterations: None,
            step_ms: None,
            script: true,
        }
    }
}

/// See [`Command::End`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndResearch {
    /// The research.
    pub research_id: String,
    /// How it ends.
    #[serde(default)]
    pub outcome: Outcome,
}

/// See [`Command::Restart`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Restart {
    /// Time without any answer before the server is back.
    pub down_ms: u64,
    /// Whether running researches stop where they are, `in_progress` for ever.
    pub researches_die: bool,
    /// Whether everybody is signed out.
    pub sign_out: bool,
}

/// See [`Command::Offline`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Offline {
    /// For this long; until `online` when left out.
    pub ms: Option<u64>,
    /// How it shows.
    pub mode: OfflineMode,
}

/// See [`Command::DropOpen`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DropOpen {
    /// Only these; all when left out.
    pub kind: Option<Kind>,
    /// How it shows.
    pub mode: OfflineMode,
}

/// See [`Command::Disconnect`], [`Command::DisconnectUnsaid`] and [`Command::Close`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sessions {
    /// One session; all when left out.
    pub sid: Option<String>,
}

/// Reads a command from its name in the path and the JSON in the body.
pub(crate) fn parse(name: &str, body: &[u8]) -> Result<Command, String> {
    let nothing = body.iter().all(u8::is_ascii_whitespace);
    let body: Value = match nothing {
        true => serde_json::json!({}),
        false => serde_json::from_slice(body).map_err(|error| error.to_string())?,
    };
    let command = serde_json::json!({name: body});
    serde_json::from_value(command).map_err(|error| error.to_string())
}

/// Lays `patch` over `target`: objects are merged, everything else replaced.
pub(crate) fn merge(target: &mut Value, patch: Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            for (key, value) in patch {
                merge(target.entry(key).or_insert(Value::Null), value);
            }
        }
        (target, patch) => *target = patch,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_its_name_and_a_body_that_may_be_empty() {
        assert_eq!(
            parse("restart", b""),
            Ok(Command::Restart(Restart::default()))
        );
        let burst = Burst {
            research_id: "r".into(),
            lines: 3,
            ..Burst::default()
        };
        let body = br#"{"research_id":"r","lines":3}"#;
        assert_eq!(parse("burst", body), Ok(Command::Burst(burst)));
    }

    #[test]
    fn a_misspelt_command_or_field_says_so() {
        assert!(parse("brust", b"{}").unwrap_err().contains("brust"));
        assert!(
            parse("burst", br#"{"line":3}"#)
                .unwrap_err()
                .contains("line")
        );
        assert!(parse("burst", b"{").is_err());
    }
}
