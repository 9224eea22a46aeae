//! Decides what a scripted research does, step by step, and how each style writes it.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// How a scripted research ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// With a report.
    #[default]
    Completed,
    /// With this `error_type`, such as `rate_limit`.
    Failed(String),
    /// As if somebody had stopped it.
    Suspended,
}

/// How updates are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// Steps and log lines apart, without a status (1.3 and 1.5).
    #[default]
    Live,
    /// Status, metadata and a log entry in lower case in each update (the published documentation).
    Documented,
    /// A benchmark run: the whole log as a string in each update.
    Benchmark,
}

/// One step of a script.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    Update {
        progress: f64,
        message: String,
        phase: &'static str,
        fields: Map<String, Value>,
    },
    Line {
        level: &'static str,
        message: String,
    },
    EngineSelected {
        engine: &'static str,
        results: u32,
    },
    End(Outcome),
}

/// The usual course of a research: search, iterations of an agent, synthesis, report.
pub(crate) fn usual(query: &str, iterations: u32, outcome: &Outcome) -> VecDeque<Step> {
    let mut steps = VecDeque::new();
    steps.push_back(line("INFO", format!("Starting research: {query}")));
    steps.push_back(update(5.0, "Starting research", "init", json!({})));
    steps.push_back(update(10.0, "Searching for sources", "search", json!({})));
    steps.push_back(line(
        "DEBUG",
        "SearXNG instance URL: http://search.invalid".into(),
    ));
    steps.push_back(Step::EngineSelected {
        engine: "searxng",
        results: 10,
    });
    let share = 60.0 / f64::from(iterations.max(1));
    for iteration in 1..=iterations {
        let begin = 15.0 + share * f64::from(iteration - 1);
        let at = |part: f64| (begin + share * part) * 10.0;
        let at = |part: f64| at(part).round() / 10.0;
        let n = iteration;
        steps.push_back(update(
            at(0.0),
            &format!("Iteration {n}"),
            "iteration_start",
            json!({"iteration": n}),
        ));
        let thought = format!("What is still unknown about: {query}");
        let fields = json!({"thought": thought, "iteration": n});
        steps.push_back(update(at(0.2), "Thinking", "thought", fields));
        let arguments = json!({"query": format!("{query} part {n}"), "max_results": 5});
        let fields = json!({"tool": "web_search", "arguments": arguments, "iteration": n});
        steps.push_back(update(at(0.4), "Using web_search", "tool_call", fields));
        steps.push_back(line(
            "INFO",
            format!("Iteration {n}: found 5 search result elements"),
        ));
        steps.push_back(line("DEBUG", format!("Iteration {n}: extracted 5 results")));
        let fields = json!({"content": format!("Five sources about {query}"), "iteration": n});
        steps.push_back(update(
            at(0.7),
            "Reading the results",
            "observation",
            fields,
        ));
        steps.push_back(line("MILESTONE", format!("Iteration {n} complete")));
        let fields = json!({"iteration": n});
        steps.push_back(update(
            at(1.0),
            &format!("Completed iteration {n}"),
            "iteration_complete",
            fields,
        ));
    }
    steps.push_back(update(
        80.0,
        "Writing the synthesis",
        "final_synthesis",
        json!({}),
    ));
    match outcome {
        Outcome::Completed => {
            steps.push_back(line("WARNING", "Two sources say the same".into()));
            steps.push_back(update(
                90.0,
                "Generating report",
                "report_generation",
                json!({}),
            ));
            steps.push_back(line("MILESTONE", "Generated report".into()));
            steps.push_back(update(
                100.0,
                "Report complete",
                "report_complete",
                json!({}),
            ));
        }
        Outcome::Failed(error_type) => {
            steps.push_back(line("ERROR", format!("Synthesis failed: {error_type}")));
        }
        Outcome::Suspended => {}
    }
    steps.push_back(Step::End(outcome.clone()));
    steps
}

fn update(progress: f64, message: &str, phase: &'static str, fields: Value) -> Step {
    let fields = if let Value::Object(fields) = fields {
        fields
    } else {
        Map::new()
    };
    Step::Update {
        progress,
        message: message.to_owned(),
        phase,
        fields,
    }
}

fn line(level: &'static str, message: String) -> Step {
    Step::Line { level, message }
}

/// What the application tells people about a failure.
pub(crate) fn explain(error_type: &str) -> (&'static str, &'static str) {
    match error_type {
        "timeout" => ("The model took too long to respond", "Try a smaller model"),
        "token_limit" => (
            "The query produced too much data for the model",
            "Ask for less",
        ),
        "connection" => (
            "The AI service could not be reached",
            "Check that it is running",
        ),
        "rate_limit" => ("The AI service's limit was reached", "Wait a few minutes"),
        _ => ("The model failed during the final answer", "Try again"),
    }
}
