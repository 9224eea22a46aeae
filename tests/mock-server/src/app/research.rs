//! Decides what the application knows about one research: its state, its log, its script.

use std::collections::{BTreeSet, VecDeque};

use serde_json::{Map, Value, json};

use super::script::{Outcome, Step, Style};
use crate::clock;

/// A benchmark's log travels whole in each update; the real one is bounded by its length too.
const PROGRESS_LOG: usize = 500;

#[derive(Clone, Debug)]
pub(crate) struct Research {
    pub(crate) style: Style,
    pub(crate) status: String,
    /// As it was sent: a whole number stays one.
    pub(crate) progress: Value,
    pub(crate) message: String,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) completed_at: Option<u64>,
    pub(crate) lines: VecDeque<Line>,
    pub(crate) progress_log: VecDeque<Value>,
    /// The sessions that subscribed.
    pub(crate) subscribers: BTreeSet<String>,
    pub(crate) script: VecDeque<Step>,
    pub(crate) outcome: Outcome,
    pub(crate) step_ms: u64,
    /// When the next step is due; `None` while it waits in the queue or has no script.
    pub(crate) step_at: Option<u64>,
}

/// A log line, as it was sent live and as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) id: u64,
    pub(crate) micros: u64,
    pub(crate) level: String,
    pub(crate) message: String,
}

impl Line {
    pub(crate) fn live(&self) -> Value {
        json!({"message": self.message, "type": self.level, "time": clock::iso(self.micros)})
    }

    /// The payload that carries it. Lines come by the thousand, so no tree is built for each.
    pub(crate) fn payload(&self) -> String {
        let (message, level) = (json!(self.message), json!(self.level));
        let time = clock::iso(self.micros);
        format!(r#"{{"log_entry":{{"message":{message},"type":{level},"time":"{time}"}}}}"#)
    }

    pub(crate) fn stored(&self) -> Value {
        let timestamp = clock::http_date(self.micros);
        json!({"id": self.id, "message": self.message, "timestamp": timestamp, "log_type": self.level})
    }

    pub(crate) fn history(&self) -> Value {
        json!({
            "time": clock::iso(self.micros),
            "message": self.message,
            "type": self.level,
            "module": "mock_server",
            "line_no": 1,
        })
    }
}

impl Research {
    pub(crate) fn new(style: Style, step_ms: u64) -> Self {
        Self {
            style,
            status: "in_progress".into(),
            progress: json!(0),
            message: String::new(),
            metadata: Map::new(),
            completed_at: None,
            lines: VecDeque::new(),
            progress_log: VecDeque::new(),
            subscribers: BTreeSet::new(),
            script: VecDeque::new(),
            outcome: Outcome::Completed,
            step_ms,
            step_at: None,
        }
    }

    pub(crate) fn ended(&self) -> bool {
        ["completed", "suspended", "failed", "error", "cancelled"].contains(&self.status.as_str())
    }

    pub(crate) fn store(&mut self, line: Line, keep: usize) {
        while self.lines.len() >= keep.max(1) {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    /// The lines that the database already has.
    pub(crate) fn stored(&self, until_micros: u64) -> impl Iterator<Item = &Line> {
        self.lines
            .iter()
            .filter(move |line| line.micros <= until_micros)
    }

    /// How this style writes a step.
    pub(crate) fn update(
        &mut self,
        id: &Value,
        micros: u64,
        phase: &str,
        fields: Map<String, Value>,
    ) -> Value {
        let (progress, message) = (self.progress.clone(), self.message.clone());
        match self.style {
            Style::Live => {
                let mut payload = json!({"progress": progress, "message": message, "phase": phase});
                extend(&mut payload, fields);
                payload
            }
            Style::Documented => {
                let mut metadata = json!({"phase": phase});
                extend(&mut metadata, fields);
                let level = if phase.ends_with("_complete") {
                    "milestone"
                } else {
                    "info"
                };
                let time = clock::iso(micros);
                let entry = json!({"time": time, "message": message, "type": level, "metadata": {"phase": phase}});
                json!({
                    "status": self.status,
                    "progress": progress,
                    "message": message,
                    "metadata": metadata,
                    "log_entry": entry,
                })
            }
            Style::Benchmark => {
                let entry =
                    json!({"time": clock::iso(micros), "message": message, "progress": progress});
                while self.progress_log.len() >= PROGRESS_LOG {
                    self.progress_log.pop_front();
                }
                self.progress_log.push_back(entry.clone());
                let log = Value::from(self.progress_log.iter().cloned().collect::<Vec<_>>());
                json!({
                    "status": self.status,
                    "message": message,
                    "progress": progress,
                    "completed": progress.as_f64().unwrap_or_default() as u64 / 10,
                    "total": 10,
                    "benchmark_run_id": id,
                    "log_entry": entry,
                    "progress_log": log.to_string(),
                })
            }
        }
    }
}

fn extend(target: &mut Value, fields: Map<String, Value>) {
    if let Value::Object(target) = target {
        target.extend(fields);
    }
}
