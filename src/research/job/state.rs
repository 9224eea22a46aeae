//! What is known of a research: payloads reduced to facts that never contradict each other.

use super::timeline::Timeline;
use crate::research::payload::date::Instant;
use crate::research::payload::fields::Reading;
use crate::research::payload::id::ResearchId;
use crate::research::payload::level::LogLevel;
use crate::research::payload::log::Line;
use crate::research::payload::message::Message;
use crate::research::payload::status::Status;
use crate::research::payload::text::bounded;
use crate::research::payload::words::{Engine, Field, Source};
use crate::time::Timestamp;

/// What is known of a research. Its lines of the log are not kept here.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The id, of the type that the page gave.
    pub id: ResearchId,
    /// The newest status; `None` until a server says it, or sends progress of a run.
    pub status: Option<Status>,
    /// Per cent, 0 to 100. Never runs backwards within a run; 100 once completed.
    pub progress: Option<f64>,
    /// The server's newest `message`, or its `error` where it sent no message.
    pub message: Option<String>,
    /// What the research does just now, in words for people.
    pub current_task: Option<String>,
    /// What the research does just now, in the server's own word.
    pub phase: Option<String>,
    /// The server's newest `error`.
    pub error: Option<String>,
    /// The search engine that was chosen last.
    pub engine: Option<Engine>,
    /// The place in the queue, while the research waits.
    pub queue_position: Option<u64>,
    /// When this client first heard of the run, in milliseconds since the epoch.
    pub started_at: Option<u64>,
    /// When this client last heard of it, lines of the log included, in milliseconds since the
    /// epoch. A research whose server was killed stays `in_progress` for ever: only this tells.
    pub updated_at: Option<u64>,
    /// How long it may still take.
    pub estimated_time_left: Option<TimeLeft>,
    /// Whether the stored log was read to its end at least once, and so all lines that it had then
    /// were told.
    pub history_read: bool,
    /// Which way the newest fact came.
    pub source: Source,
}

/// How long a run may still take until its progress is 100, in milliseconds, as of the newest update.
///
/// There are two paces: that since the first progress, and that of the later half of the time since
/// then. `min` is what is left at the faster one, less a part of 1/√n, where progress has risen n
/// times; `max` what is left at the slower one, and as large a part more. So it is the wider the
/// fewer times progress has risen and the less evenly. There is none before the third time, at 100
/// per cent, after the end, where `max` would be more than a day, or more than six times `min`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeLeft {
    /// At the best, whole.
    pub min: f64,
    /// At the worst, whole.
    pub max: f64,
}

/// The state of one run.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) facts: Facts,
    pub(super) timeline: Timeline,
    first_heard: Option<Timestamp>,
    last_heard: Option<Timestamp>,
    /// When the newest line was written, in seconds since the epoch by the server's clock.
    newest_line: i64,
    /// The same, as it was when the current task was taken.
    task_after: i64,
    pub(super) history_read: bool,
    source: Source,
}

/// The part of a state that payloads say, as opposed to when and how they came.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Facts {
    pub(super) status: Option<Status>,
    pub(super) progress: Option<f64>,
    pub(super) message: Option<String>,
    pub(super) task: Option<Task>,
    pub(super) phase: Option<String>,
    pub(super) error: Option<String>,
    pub(super) engine: Option<Engine>,
    pub(super) queue_position: Option<u64>,
}

/// What a research does just now.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Task {
    pub(super) words: String,
    is_milestone: bool,
}

impl State {
    /// Notes that something was heard. Time that runs backwards is ignored.
    pub(super) fn hear(&mut self, now: Timestamp, source: Source) {
        self.first_heard.get_or_insert(now);
        self.last_heard = self.last_heard.max(Some(now));
        self.source = source;
    }

    /// Notes when a line was written.
    pub(super) fn hear_line(&mut self, time: Instant) {
        self.newest_line = self.newest_line.max(time.second);
    }

    /// Notes that the task is as new as the newest line.
    pub(super) fn keep_task(&mut self) {
        self.task_after = self.newest_line;
    }

    /// Takes the progress of a payload; what must be done to the field for the page.
    ///
    /// Progress never runs backwards: threads of the server report out of order, and a run that
    /// was stopped ends with `progress: 0`. A page that paints what an update says must not jump.
    pub(super) fn take_progress(
        &mut self,
        reading: Reading<f64>,
        status: Option<Status>,
    ) -> Field<f64> {
        let reached = self.facts.progress.unwrap_or(0.0);
        let is_completed = status == Some(Status::Completed);
        let Some(value) = reading.value else {
            if is_completed {
                self.facts.progress = Some(100.0);
            }
            return reading.field;
        };
        let progress = if is_completed {
            100.0
        } else {
            value.max(reached)
        };
        self.facts.progress = Some(progress);
        if progress > value {
            Field::Set(progress)
        } else {
            reading.field
        }
    }

    /// Takes the status of a payload; the one before, if it has changed.
    pub(super) fn take_status(
        &mut self,
        source: Source,
        message: &Message<'_>,
    ) -> Option<(Status, Option<Status>)> {
        let previous = self.facts.status;
        let runs = previous.is_some_and(|status| !status.is_waiting());
        let status = match message.status.value {
            // An answer that was asked for before a live update came.
            Some(status) if source == Source::Fallback && status.is_waiting() && runs => previous,
            Some(status) => Some(status),
            // Steps carry no status, and most servers never say that a run has begun.
            None if !runs && shows_a_run(message) => Some(Status::InProgress),
            None => previous,
        };
        self.facts.status = status;
        self.facts.queue_position = match status {
            Some(status) if !status.is_waiting() => None,
            Some(_) | None => message.queue_position.or(self.facts.queue_position),
        };
        match status {
            Some(status) if previous != Some(status) => Some((status, previous)),
            Some(_) | None => None,
        }
    }

    /// Takes the texts of a payload.
    pub(super) fn take_texts(&mut self, message: &Message<'_>) {
        if let Some(error) = &message.error {
            self.facts.error = Some(bounded(error));
        }
        if let Some(words) = message.message.as_ref().or(message.error.as_ref()) {
            self.facts.message = Some(bounded(words));
        }
        if let Some(phase) = message.phase() {
            self.facts.phase = Some(bounded(phase));
        }
    }

    /// Takes the search engine of a payload, if it is news.
    pub(super) fn take_engine(&mut self, message: &Message<'_>) -> Option<Engine> {
        let selected = message.selected_engine();
        let mentioned = message
            .mentioned_engine()
            .filter(|engine| self.facts.engine.as_ref() != Some(engine));
        let engine = selected.or(mentioned)?;
        self.facts.engine = Some(engine.clone());
        Some(engine)
    }

    /// Takes the current task from a payload; its words, if they have changed.
    ///
    /// In order of preference: the newest message of `progress_log`, a milestone, `current_task`,
    /// `message`, `task`, `step`, and "Phase: …". A milestone stays until the next real task, which
    /// a mere phase is not. The bare words "In Progress" are none. An answer about the status repeats the
    /// newest milestone: where that is `repeated`, which is when it was written, and older than the task,
    /// the task stays until the answer has a newer one.
    pub(super) fn take_task(
        &mut self,
        message: &Message<'_>,
        newest: Option<&str>,
        repeated: Option<Instant>,
    ) -> Option<String> {
        let real = |words: &&str| !words.trim_ascii().eq_ignore_ascii_case("in progress");
        let logged = newest.filter(real);
        let milestone = message
            .log_entry
            .as_ref()
            .filter(|line| line.level() == LogLevel::Milestone)
            .map(|line| line.message.as_ref())
            .filter(real);
        let is_older = milestone.is_some_and(|words| self.is_older(repeated, words));
        let milestone = milestone.filter(|_| !is_older);
        let task = [
            &message.current_task,
            &message.message,
            &message.task,
            &message.step,
        ]
        .into_iter()
        .filter_map(|text| text.as_deref())
        .find(real);
        match (logged.or(milestone).or(task), message.phase()) {
            (Some(words), _) => {
                self.set_task(bounded(words), logged.is_none() && milestone.is_some())
            }
            (None, Some(phase)) if !is_older && !self.has_milestone() => {
                self.set_task(["Phase: ", &bounded(phase)].concat(), false)
            }
            (None, Some(_) | None) => None,
        }
    }

    /// Takes a milestone that came as a line of the log and nothing else.
    pub(super) fn take_milestone(&mut self, source: Source, line: &Line<'_>) -> Option<String> {
        // What a gap held back may be older than what was heard since.
        let is_late = source == Source::History && self.facts.task.is_some();
        if is_late || line.level() != LogLevel::Milestone {
            return None;
        }
        self.set_task(bounded(&line.message), true)
    }

    fn has_milestone(&self) -> bool {
        self.facts
            .task
            .as_ref()
            .is_some_and(|task| task.is_milestone)
    }

    fn is_older(&self, milestone: Option<Instant>, words: &str) -> bool {
        let task = self.facts.task.as_ref();
        milestone.is_some_and(|at| at.second <= self.task_after)
            && task.is_some_and(|task| task.words != words)
    }

    fn set_task(&mut self, words: String, is_milestone: bool) -> Option<String> {
        self.keep_task();
        let task = Task {
            words,
            is_milestone,
        };
        let has_changed = self.facts.task.as_ref().map(|task| &task.words) != Some(&task.words);
        let words = has_changed.then(|| task.words.clone());
        self.facts.task = Some(task);
        words
    }

    fn estimated_time_left(&self) -> Option<TimeLeft> {
        if self.facts.status.is_some_and(Status::is_terminal) {
            return None;
        }
        self.timeline.time_left()
    }

    pub(super) fn snapshot(&self, id: &ResearchId) -> Snapshot {
        let facts = self.facts.clone();
        Snapshot {
            id: id.clone(),
            status: facts.status,
            progress: facts.progress,
            message: facts.message,
            current_task: facts.task.map(|task| task.words),
            phase: facts.phase,
            error: facts.error,
            engine: facts.engine,
            queue_position: facts.queue_position,
            started_at: self.first_heard.map(Timestamp::as_millis),
            updated_at: self.last_heard.map(Timestamp::as_millis),
            estimated_time_left: self.estimated_time_left(),
            history_read: self.history_read,
            source: self.source,
        }
    }
}

/// Whether a payload without a status can only come from a research that runs.
fn shows_a_run(message: &Message<'_>) -> bool {
    let phase = message.phase();
    let fails = phase.is_some_and(|phase| phase.ends_with("error") || phase == "termination");
    message.status.field == Field::Keep
        && (message.progress.value.is_some() || phase.is_some())
        && message.error.is_none()
        && message.queue_position.is_none()
        && !fails
}
