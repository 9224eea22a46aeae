//! What a run did when: for whoever draws it.

use super::state::TimeLeft;
use crate::research::payload::date::Instant;
use crate::research::payload::level::LogLevel;
use crate::research::payload::log::Line;
use crate::research::payload::text::beginning;
use crate::research::payload::words::{Engine, Source};
use crate::time::Timestamp;

/// Entries of each kind that are kept.
const MAX_ENTRIES: usize = 64;

/// How often progress has to have risen before anybody can say how long it will take.
const MIN_RISES: usize = 3;

/// What is as wide as this says nothing.
const MAX_RATIO: f64 = 6.0;

/// A longer estimate is no estimate: researches take minutes or hours.
const MAX_LEFT_MS: f64 = 24.0 * 60.0 * 60.0 * 1000.0;

/// Bytes of a name.
const MAX_NAME: usize = 200;

/// What a run did when. Of each kind the first entry and the newest are kept, 64 in all; where there are more, one that lasted
/// shortest goes.
///
/// All times are in milliseconds since the epoch by the server's clock: where a line has a time, it is that; everything else came
/// when this client heard of it, less what its clock was ahead of the newest live line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// By their kinds.
    pub entries: [Vec<TimelineEntry>; 5],
    /// Entries that there was no room for.
    pub dropped: u32,
    /// When the newest of all that is known was, lines included.
    pub newest: u64,
    /// When the end came, where it came live.
    pub ended: Option<u64>,
    /// When progress was what it is now, as far as anybody has said so.
    reached: u64,
    /// By how much this client's clock is ahead of the server's, in milliseconds.
    ahead: i64,
}

/// What happens to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimelineKind {
    /// A phase, in the server's own word. It lasts until the next.
    Phase,
    /// A milestone of the log.
    Milestone,
    /// Progress in per cent: more than before.
    Progress,
    /// A search engine was chosen, and gave as many results.
    Engine,
    /// Something went wrong: a line of the log, or a failure by its title.
    Error,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineEntry {
    /// When.
    pub at: u64,
    /// What it is called: the beginning of it, 200 bytes at most.
    pub name: String,
    /// How many results, or per cent.
    pub number: Option<f64>,
}

impl Timeline {
    /// When the line that came just now was written; without a time of its own, now.
    pub(super) fn time_of(&mut self, now: Timestamp, source: Source, time: Option<Instant>) -> u64 {
        let now = now.as_millis();
        let Some(time) = time.map(Instant::as_millis) else {
            return now.saturating_add_signed(-self.ahead);
        };
        if source == Source::Live {
            self.ahead = now.wrapping_sub(time).cast_signed();
        }
        time
    }

    /// Takes a line of the log that the page has not had before.
    pub(super) fn take_line(&mut self, at: u64, line: &Line<'_>, level: LogLevel) {
        self.newest = self.newest.max(at);
        self.take_state(at, line.phase().as_deref(), line.progress);
        let kind = match level {
            LogLevel::Milestone => TimelineKind::Milestone,
            LogLevel::Error | LogLevel::Critical => TimelineKind::Error,
            LogLevel::Trace
            | LogLevel::Debug
            | LogLevel::Info
            | LogLevel::Success
            | LogLevel::Warning => return,
        };
        self.add(kind, at, &line.message, None);
    }

    /// Takes what is known of the run.
    pub(super) fn take_state(&mut self, at: u64, phase: Option<&str>, progress: Option<f64>) {
        if let Some(phase) = phase {
            self.add(TimelineKind::Phase, at, phase, None);
        }
        if progress.is_some() {
            self.add(TimelineKind::Progress, at, "", progress);
        }
    }

    /// Takes a search engine.
    pub(super) fn take_engine(&mut self, at: u64, engine: &Engine) {
        let results = engine.result_count.map(|count| count as f64);
        self.add(TimelineKind::Engine, at, &engine.name, results);
    }

    /// Puts an entry to its place, unless it says what stands before it.
    pub(super) fn add(&mut self, kind: TimelineKind, at: u64, name: &str, number: Option<f64>) {
        self.newest = self.newest.max(at);
        if kind == TimelineKind::Progress {
            self.reached = self.reached.max(at);
        }
        let Some(entries) = self.entries.get_mut(kind as usize) else {
            return;
        };
        let name = beginning(name, MAX_NAME);
        let place = entries.partition_point(|entry| entry.at <= at);
        let is_same = |entry: &TimelineEntry| entry.name == name && entry.number == number;
        // Threads of a server report out of order: progress that falls says nothing.
        let is_past =
            |entry: &TimelineEntry| kind == TimelineKind::Progress && entry.number >= number;
        let before = entries.get(place.wrapping_sub(1));
        if before.is_some_and(|before| is_same(before) || is_past(before)) {
            return;
        }
        if let Some(next) = entries.get_mut(place) {
            if is_same(next) {
                next.at = at;
                return;
            }
            if kind == TimelineKind::Progress && !is_past(next) {
                return;
            }
        }
        let name = name.to_owned();
        entries.insert(place, TimelineEntry { at, name, number });
        if entries.len() > MAX_ENTRIES {
            let (mut shortest, mut least, mut last) = (0, u64::MAX, u64::MAX);
            for (place, entry) in entries.iter().enumerate() {
                let lasted = entry.at.saturating_sub(last);
                if place > 1 && lasted < least {
                    (shortest, least) = (place - 1, lasted);
                }
                last = entry.at;
            }
            entries.remove(shortest);
            self.dropped += 1;
        }
    }

    /// See [`TimeLeft`].
    pub(super) fn time_left(&self) -> Option<TimeLeft> {
        let [_, _, points, ..] = &self.entries;
        let rises = points.len().checked_sub(1).filter(|n| *n >= MIN_RISES)?;
        let (first, last) = (points.first()?, points.last()?);
        let half = first.at.midpoint(self.reached);
        let later = points.partition_point(|point| point.at <= half);
        let middle = points.get(later.checked_sub(1)?)?;
        let percent = last.number?;
        // Infinite where it has not risen.
        let left = |since: &TimelineEntry| {
            let risen = percent - since.number.unwrap_or_default();
            (self.reached - since.at) as f64 / risen * (100.0 - percent)
        };
        let (all, recent) = (left(first), left(middle));
        let part = 1.0 / (rises as f64).sqrt();
        let (min, max) = (
            all.min(recent) * (1.0 - part),
            all.max(recent) * (1.0 + part),
        );
        let is_honest = min > 0.0 && max <= MAX_RATIO * min && max <= MAX_LEFT_MS;
        is_honest.then_some(TimeLeft {
            min: min.trunc(),
            max: max.trunc(),
        })
    }
}
