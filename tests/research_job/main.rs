//! One research: every variant of a payload, every rule, and what must hold for any input.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod copies;
mod engines;
mod failures;
mod lines;
mod progress;
mod properties;
mod recall;
mod recording;
mod refusals;
mod snapshots;
mod status_answers;
mod statuses;
mod tasks;
mod timeline;
mod updates;

use research_socket::research::{
    Counters, Field, Job, JobEvent, Limits, ResearchEvent, ResearchId, Snapshot, Source,
};
use research_socket::time::Timestamp;

/// A research whose events are told in short words.
struct Follower {
    job: Job,
    now: u64,
}

impl Follower {
    fn new() -> Self {
        Self::remembering(10_000)
    }

    fn remembering(dedup_entries: usize) -> Self {
        let limits = Limits {
            dedup_entries,
            seed: 1,
        };
        let job = Job::new(ResearchId::from_text("b5b91f41").unwrap(), limits);
        Self { job, now: 1_000 }
    }

    /// What a payload from the socket leads to. One second passes between two payloads.
    fn live(&mut self, payload: &str) -> Vec<String> {
        self.take(Source::Live, payload)
    }

    fn take(&mut self, source: Source, payload: &str) -> Vec<String> {
        self.now += 1_000;
        self.job
            .handle_payload(Timestamp::from_millis(self.now), source, payload);
        self.told()
    }

    /// What an answer about the status leads to.
    fn answer(&mut self, body: &str) -> Vec<String> {
        self.now += 1_000;
        self.job
            .handle_status(Timestamp::from_millis(self.now), body);
        self.told()
    }

    fn events(&mut self) -> Vec<JobEvent> {
        std::iter::from_fn(|| self.job.poll_event()).collect()
    }

    fn told(&mut self) -> Vec<String> {
        self.events().iter().map(told).collect()
    }

    fn snapshot(&self) -> Snapshot {
        self.job.snapshot()
    }

    fn task(&self) -> Option<String> {
        self.snapshot().current_task
    }

    fn counters(&self) -> Counters {
        self.job.counters()
    }
}

/// An event in short words; of an update only what is done to its two fields.
fn told(event: &JobEvent) -> String {
    let event = match event {
        JobEvent::Research(event) => event,
        JobEvent::Warning(warning) => return format!("warning {}", warning.message),
    };
    match event {
        ResearchEvent::Log(entry) => format!("log {} {}", entry.level.as_str(), entry.message),
        ResearchEvent::Engine(engine) => {
            format!("engine {} {:?}", engine.name, engine.result_count)
        }
        ResearchEvent::Status { status, previous } => match previous {
            Some(previous) => format!("status {} after {}", status.as_str(), previous.as_str()),
            None => format!("status {}", status.as_str()),
        },
        ResearchEvent::Task(task) => format!("task {task}"),
        ResearchEvent::Step(_) => "step".into(),
        ResearchEvent::Update(update) => {
            let mut words = "update".to_string();
            match update.progress {
                Field::Keep => {}
                Field::Set(progress) => words += &format!(" progress={progress}"),
                Field::Delete => words += " no progress",
            }
            match update.status {
                Field::Keep => {}
                Field::Set(status) => words += &format!(" status={}", status.as_str()),
                Field::Delete => words += " no status",
            }
            words
        }
        ResearchEvent::Failure(failure) => format!("failure {}: {}", failure.code, failure.title),
        ResearchEvent::Gap(_) => "gap".into(),
        ResearchEvent::HistoryRead => "history".into(),
        ResearchEvent::End(end) => {
            format!(
                "end {} {}",
                end.status.as_str(),
                end.message.as_deref().unwrap_or("-")
            )
        }
        ResearchEvent::Refusal(None) => "shown again".into(),
        ResearchEvent::Refusal(Some(refusal)) => ["refused ", refusal.as_str()].concat(),
        ResearchEvent::Verified(shown) => format!("verified {shown}"),
    }
}
