//! Lines of a research that came late: from the stored log, and those that had to wait for it.

use super::dedup;
use super::event::{End, Gap, ResearchEvent, Source};
use super::history::CONFIRM_AFTER_MS;
use super::identity::Stored;
use super::job::Job;
use super::level::LogLevel;
use super::log::{Line, LogEntry};
use super::message::parse;
use super::warning::Refusals;
use crate::json::{Kind, Raw};
use crate::time::Timestamp;

/// Live lines that wait for older ones. As many as a page keeps by default: some seconds of a burst.
const MAX_HELD_LINES: usize = 5_000;

/// Lines of one stored log that are delivered; the newest. A page that opens in the middle of a long
/// run gets them in one go, and the queue before it has room for 50,000 events.
const MAX_RECOVERED_LINES: usize = 40_000;

/// What waits until the stored log has been asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    /// With the second of each.
    lines: Vec<(i64, LogEntry)>,
    end: Option<End>,
}

/// What a stored log had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Recovery {
    /// Lines that were delivered.
    pub(super) lines: u64,
    /// Lines that were too many to be delivered.
    pub(super) dropped: u64,
    /// Whether some may be missing all the same.
    pub(super) is_uncertain: bool,
    /// Whether a live line was taken for the copy of a stored one, which only the log can confirm.
    pub(super) is_doubtful: bool,
    /// Whether the log lacks a live line that is seconds old, and so perhaps others.
    pub(super) is_behind: bool,
}

impl Recovery {
    /// Whether the next answer is likely to have more.
    pub(super) const fn has_news(self) -> bool {
        self.lines > 0 || self.is_doubtful || self.is_behind
    }
}

/// The newest live line that the log should have by now.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mark {
    /// Its key, and the one before it.
    newest: Option<(Timestamp, u64)>,
    settled: Option<u64>,
    /// The last one that was in the log.
    seen: Option<u64>,
}

impl Mark {
    /// Notes a live line.
    pub(super) fn set(&mut self, now: Timestamp, key: u64) {
        if let Some((at, settled)) = self.newest {
            if now.since(at) < CONFIRM_AFTER_MS {
                return;
            }
            self.settled = Some(settled);
        }
        self.newest = Some((now, key));
    }

    fn is_unseen(&mut self, now: Timestamp, log: &[Stored<'_>]) -> bool {
        let newest = self
            .newest
            .filter(|(at, _)| now.since(*at) >= CONFIRM_AFTER_MS);
        let mark = newest.map(|(_, key)| key).or(self.settled);
        if mark.is_none() || mark == self.seen {
            return false;
        }
        let is_seen = log.iter().any(|line| Some(line.identity.key) == mark);
        if is_seen {
            self.seen = mark;
        }
        !is_seen
    }
}

impl Job {
    /// From now on live lines of the log, and the end, wait for the stored log. False if they do already.
    pub(super) fn hold(&mut self) -> bool {
        let is_new = self.held.is_none();
        self.held.get_or_insert_default();
        is_new
    }

    /// Whether the end waits.
    pub(super) fn holds_end(&self) -> bool {
        self.held.as_ref().is_some_and(|held| held.end.is_some())
    }

    /// Delivers what waits: lines, then this gap, then the end.
    pub(super) fn release(&mut self, gap: Option<Gap>) {
        let held = self.held.take().unwrap_or_default();
        for (_, entry) in held.lines {
            self.push(ResearchEvent::Log(entry));
        }
        if let Some(gap) = gap {
            self.push(ResearchEvent::Gap(gap));
        }
        if let Some(end) = held.end {
            self.push(ResearchEvent::End(end));
        }
    }

    /// Delivers a line now or, while the stored log is awaited, after those that it has.
    pub(super) fn push_line(&mut self, second: Option<i64>, entry: LogEntry) {
        let Some(held) = &mut self.held else {
            return self.push(ResearchEvent::Log(entry));
        };
        // Without a time it stays behind the one before it.
        let before = held.lines.last().map_or(i64::MIN, |(second, _)| *second);
        held.lines.push((second.unwrap_or(before), entry));
        if held.lines.len() >= MAX_HELD_LINES {
            self.release(None);
        }
    }

    pub(super) fn push_end(&mut self, end: End) {
        match &mut self.held {
            Some(held) => held.end = Some(end),
            None => self.push(ResearchEvent::End(end)),
        }
    }

    /// Takes the body of an answer with the stored log, as JSON text, and delivers the lines that
    /// the page does not have, in order of time with the live ones that wait. `None` if it is no
    /// log.
    pub(super) fn handle_history(&mut self, now: Timestamp, body: &str) -> Option<Recovery> {
        let key = dedup::hash(self.seed, &[body]);
        if self.last_log == Some(key) && !self.mark.is_unseen(now, &[]) {
            self.push_sorted(Vec::new());
            return Some(Recovery {
                is_doubtful: self.ledger.take_doubt(),
                ..Recovery::default()
            });
        }
        let mut refusals = Refusals::default();
        let raw = parse(body, &mut refusals);
        let recovery = raw.and_then(|raw| self.take_log(now, raw, &mut refusals));
        self.report(refusals);
        if recovery.is_some() {
            self.last_log = Some(key);
        }
        recovery
    }

    /// `[…]`, `{"logs": […]}`, or either list in a string, also under `progress_log`.
    fn take_log(
        &mut self,
        now: Timestamp,
        raw: Raw<'_>,
        refusals: &mut Refusals,
    ) -> Option<Recovery> {
        let list = if raw.kind() == Kind::Array {
            Some(raw)
        } else {
            raw.get("logs").or_else(|| raw.get("progress_log"))
        };
        let text = list.and_then(Raw::string);
        let list = match &text {
            Some(text) => Raw::parse(text).ok(),
            None => list,
        };
        let Some(list) = list.filter(|list| list.kind() == Kind::Array) else {
            refusals.refuse("wrong-type", &["logs"], "a list of lines", raw.as_str());
            return None;
        };
        // Each answer has all lines again: what is wrong with one is said once it is delivered.
        let mut ignored = Refusals::default();
        let lines: Vec<_> = list
            .elements()
            .filter_map(|entry| Line::read(entry, "logs[]", &mut ignored))
            .collect();
        let mut stored: Vec<_> = lines.iter().map(|line| line.stored(self.seed)).collect();
        let is_uncertain = self.ledger.answer(&mut stored);
        let is_behind = self.mark.is_unseen(now, &stored);
        let missing = stored.iter().filter(|line| line.is_missing).count();
        let dropped = missing.saturating_sub(MAX_RECOVERED_LINES);
        if dropped > 0 {
            refusals.drop_entries(&["logs"], missing, MAX_RECOVERED_LINES);
        }
        let mut recovered = Vec::new();
        let mut milestone = None;
        let found = lines.iter().zip(&stored);
        for (line, stored) in found.filter(|(_, stored)| stored.is_missing).skip(dropped) {
            let second = stored.identity.time.map_or(i64::MIN, |time| time.second);
            let entry = line.to_entry(Source::History);
            if entry.level == LogLevel::Milestone {
                milestone = Some(line);
            }
            recovered.push((second, entry));
        }
        let lines = recovered.len() as u64;
        self.counters.lines += lines;
        self.counters.recovered += lines;
        self.push_sorted(recovered);
        if let Some(line) = milestone.filter(|_| self.end.is_none())
            && let Some(task) = self.state.take_milestone(Source::History, line)
        {
            self.push(ResearchEvent::Task(task));
        }
        Some(Recovery {
            lines,
            dropped: dropped as u64,
            is_uncertain,
            is_doubtful: self.ledger.take_doubt(),
            is_behind,
        })
    }

    /// Delivers these lines and those that wait in order of time; within a second what was missed
    /// comes first, since the live ones came after the gap.
    fn push_sorted(&mut self, recovered: Vec<(i64, LogEntry)>) {
        let held = self
            .held
            .as_mut()
            .map(|held| std::mem::take(&mut held.lines));
        let mut lines: Vec<_> = recovered
            .into_iter()
            .chain(held.unwrap_or_default())
            .map(|(second, entry)| (second, Some(entry)))
            .collect();
        let ranks = lines
            .iter()
            .map(|(second, _)| second.cast_unsigned() ^ (1 << 63));
        let mut order: Vec<(u64, u64)> = ranks.zip(0..).collect();
        order.sort_unstable();
        for (_, place) in order {
            let entry = lines
                .get_mut(place as usize)
                .and_then(|(_, entry)| entry.take());
            if let Some(entry) = entry {
                self.push(ResearchEvent::Log(entry));
            }
        }
    }
}
