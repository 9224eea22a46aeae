//! Lines of a research that came late: from the stored log, and those that had to wait for it.

use super::Job;
use crate::json::{Kind, Raw};
use crate::research::payload::event::{End, Gap, ResearchEvent};
use crate::research::payload::hash::hash;
use crate::research::payload::identity::{Identity, Stored};
use crate::research::payload::level::LogLevel;
use crate::research::payload::log::{Line, LogEntry};
use crate::research::payload::message::parse;
use crate::research::payload::warning::Refusals;
use crate::research::payload::words::Source;
use crate::time::Timestamp;

/// How long after an answer the log is asked once more, in milliseconds: the server writes lines to
/// its database through a queue, and takes a subscription in another thread.
pub(in crate::research) const CONFIRM_AFTER_MS: u64 = 3_000;

/// Live lines that wait for older ones. As many as a page keeps by default: some seconds of a burst.
const MAX_HELD_LINES: usize = 5_000;

/// How many bytes of texts they may have together: 800 for each.
const MAX_HELD_BYTES: usize = 4_000_000;

/// Lines of one stored log that are delivered; the newest. A page that opens in the middle of a long
/// run gets them in one go, and the queue before it has room for so many.
const MAX_RECOVERED_LINES: usize = 40_000;

/// Entries of one stored log that are looked at; the newest. Each takes 64 bytes meanwhile: all of them
/// less than the text of the log may have.
const MAX_STORED_LINES: usize = 200_000;

/// What waits until the stored log has been asked.
#[derive(Clone, Debug, Default)]
pub(in crate::research) struct Held {
    lines: Vec<HeldLine>,
    bytes: usize,
    end: Option<End>,
}

/// A live line that waits.
#[derive(Clone, Debug)]
struct HeldLine {
    second: i64,
    /// That of its identity.
    key: u64,
    entry: LogEntry,
}

/// The place of a live line that is not in the stored log: after all of its second.
const BEHIND: u32 = u32::MAX;

/// A line of the stored log that the page is to get.
struct Recovered<'a> {
    second: i64,
    /// Among the elements of the log.
    place: u32,
    raw: Raw<'a>,
}

/// What the last answer with the stored log was.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LastLog {
    /// Hash of its text.
    key: Option<u64>,
    /// How many entries it had.
    entries: u64,
    /// What was wrong with those that were looked at: told once.
    faults: u64,
}

/// What a stored log had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::research) struct Recovery {
    /// Lines that were delivered.
    pub(in crate::research) lines: u64,
    /// Lines that were too many to be delivered.
    pub(in crate::research) dropped: u64,
    /// Whether some may be missing all the same.
    pub(in crate::research) is_uncertain: bool,
    /// Whether a live line was taken for the copy of a stored one, which only the log can confirm.
    pub(in crate::research) is_doubtful: bool,
    /// Whether the log lacks a live line that is seconds old, and so perhaps others.
    pub(in crate::research) is_behind: bool,
}

impl Recovery {
    /// Whether the next answer is likely to have more.
    pub(in crate::research) const fn has_news(self) -> bool {
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

    fn is_unseen(&mut self, now: Timestamp, log: &[Stored]) -> bool {
        let newest = self
            .newest
            .filter(|(at, _)| now.since(*at) >= CONFIRM_AFTER_MS);
        let mark = newest.map(|(_, key)| key).or(self.settled);
        if mark.is_none() || mark == self.seen {
            return false;
        }
        let is_seen = log.iter().any(|line| Some(line.key()) == mark);
        if is_seen {
            self.seen = mark;
        }
        !is_seen
    }
}

impl Job {
    /// From now on live lines of the log, and the end, wait for the stored log. False if they do already.
    pub(in crate::research) fn hold(&mut self) -> bool {
        let is_new = self.held.is_none();
        self.held.get_or_insert_default();
        is_new
    }

    /// Whether lines wait.
    pub(in crate::research) fn holds_lines(&self) -> bool {
        self.held
            .as_ref()
            .is_some_and(|held| !held.lines.is_empty())
    }

    /// Whether the end waits.
    pub(in crate::research) fn holds_end(&self) -> bool {
        self.held.as_ref().is_some_and(|held| held.end.is_some())
    }

    /// Delivers what waits: lines, then this gap, then the end.
    pub(in crate::research) fn release(&mut self, gap: Option<Gap>) {
        let held = self.held.take().unwrap_or_default();
        for line in held.lines {
            self.push(ResearchEvent::Log(line.entry));
        }
        if let Some(gap) = gap {
            self.push(ResearchEvent::Gap(gap));
        }
        if let Some(end) = held.end {
            self.push(ResearchEvent::End(end));
        }
    }

    /// Delivers a line now or, while the stored log is awaited, after those that it has.
    pub(super) fn push_line(&mut self, identity: Identity, entry: LogEntry) {
        let Some(held) = &mut self.held else {
            return self.push(ResearchEvent::Log(entry));
        };
        // Without a time it stays behind the one before it.
        let before = held.lines.last().map_or(i64::MIN, |line| line.second);
        held.bytes += entry.entry.len() + entry.message.len();
        held.lines.push(HeldLine {
            second: identity.time.map_or(before, |time| time.second),
            key: identity.key,
            entry,
        });
        if held.lines.len() >= MAX_HELD_LINES || held.bytes >= MAX_HELD_BYTES {
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
    pub(in crate::research) fn handle_history(
        &mut self,
        now: Timestamp,
        body: &str,
    ) -> Option<Recovery> {
        let key = hash(self.seed, &[body]);
        if self.log.key == Some(key) && !self.mark.is_unseen(now, &[]) {
            self.push_sorted(&[], &[]);
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
            self.log.key = Some(key);
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
        refusals.is_lax |= list.is_some_and(Raw::is_lax);
        let Some(list) = list.filter(|list| list.kind() == Kind::Array) else {
            refusals.refuse("wrong-type", &["logs"], "a list of lines", raw.as_str());
            return None;
        };
        let total = list.elements().count();
        let skipped = total.saturating_sub(MAX_STORED_LINES);
        // What the last answer had was looked at then, or said to be missing.
        let is_cut = skipped as u64 > self.log.entries;
        if is_cut {
            refusals.drop_entries(&["logs"], total, MAX_STORED_LINES);
        }
        // Each answer has all lines again, and all that is wrong with them.
        let mut faults = Refusals {
            known: self.log.faults,
            ..Refusals::default()
        };
        let mut stored: Vec<Stored> = Vec::with_capacity(total - skipped);
        let mut is_local = false;
        for (place, entry) in (0..).zip(list.elements()).skip(skipped) {
            if let Some(line) = Line::read(entry, "logs[]", &mut faults) {
                is_local |= line.is_local();
                stored.push(Stored {
                    place,
                    ..line.stored(self.seed)
                });
            }
        }
        self.log.entries = total as u64;
        self.log.faults = faults.count;
        if total > 0 {
            self.settle_zone(is_local);
        }
        let is_uncertain = self.ledger.answer(&mut stored) || is_cut;
        let is_behind = self.mark.is_unseen(now, &stored);
        let held = self.held.as_ref();
        let held_places = held.map_or_else(Vec::new, |held| places(&held.lines, &stored));
        stored.retain(|line| line.is_missing);
        let dropped = stored.len().saturating_sub(MAX_RECOVERED_LINES);
        if dropped > 0 {
            refusals.drop_entries(&["logs"], stored.len(), MAX_RECOVERED_LINES);
        }
        let mut missing = stored.iter().skip(dropped).peekable();
        let mut recovered = Vec::with_capacity(missing.len());
        for (place, entry) in (0..).zip(list.elements()) {
            if let Some(line) = missing.next_if(|line| line.place == place) {
                recovered.push(Recovered {
                    second: line.second(),
                    place,
                    raw: entry,
                });
            }
            if missing.len() == 0 {
                break;
            }
        }
        drop(stored);
        let lines = recovered.len() as u64;
        self.counters.lines += lines;
        self.counters.recovered += lines;
        let milestone = self.push_sorted(&recovered, &held_places);
        if let Some(line) = milestone.filter(|_| self.end.is_none())
            && let Some(task) = self.state.take_milestone(Source::History, &line)
        {
            self.push(ResearchEvent::Task(task));
        }
        self.report(faults);
        Some(Recovery {
            lines,
            dropped: dropped as u64,
            is_uncertain,
            is_doubtful: self.ledger.take_doubt(),
            is_behind,
        })
    }

    /// What came live before the log is as the log writes it.
    fn settle_zone(&mut self, log_is_local: bool) {
        for line in self.zone.settle(log_is_local) {
            self.ledger.remember(line.plain, None);
            let Some(held) = &mut self.held else {
                continue;
            };
            for held in &mut held.lines {
                if held.key == line.key {
                    held.key = line.plain.key;
                    held.second += line.ahead;
                }
            }
        }
    }

    /// Delivers these entries of the log and the lines that wait, which have these places in it, in
    /// order of time; within a second in the order of the log, and what it has not yet comes last.
    /// The last milestone among the entries.
    fn push_sorted<'a>(
        &mut self,
        recovered: &[Recovered<'a>],
        held_places: &[u32],
    ) -> Option<Line<'a>> {
        let held = self.held.as_mut();
        let held = held.map_or_else(Vec::new, |held| {
            held.bytes = 0;
            std::mem::take(&mut held.lines)
        });
        let held_places = held_places.iter().copied().chain(std::iter::repeat(BEHIND));
        let places = recovered.iter().map(|line| (line.second, line.place));
        let places = places.chain(held.iter().map(|line| line.second).zip(held_places));
        let mut order: Vec<(u64, u64)> = places
            .zip(0_u64..)
            .map(|((second, place), at)| {
                let rank = second.cast_unsigned() ^ (1 << 63);
                (rank, (u64::from(place) << 32) | at)
            })
            .collect();
        order.sort_unstable();
        let mut held: Vec<_> = held.into_iter().map(|line| Some(line.entry)).collect();
        let mut milestone: Option<(usize, Line<'a>)> = None;
        for (_, at) in order {
            let at = at as u32 as usize;
            let entry = match recovered.get(at) {
                // Read before, so that nothing is wrong with it that is not known.
                Some(Recovered { raw, .. }) => Line::read(*raw, "logs[]", &mut Refusals::default())
                    .map(|line| {
                        let entry = line.to_entry(Source::History);
                        let is_last = milestone.as_ref().is_none_or(|(last, _)| *last < at);
                        if entry.level == LogLevel::Milestone && is_last {
                            milestone = Some((at, line));
                        }
                        entry
                    }),
                None => held.get_mut(at - recovered.len()).and_then(Option::take),
            };
            if let Some(entry) = entry {
                self.push(ResearchEvent::Log(entry));
            }
        }
        milestone.map(|(_, line)| line)
    }
}

/// The place in this log of each line that waits. The order of the lines that wait stays as it is.
fn places(held: &[HeldLine], log: &[Stored]) -> Vec<u32> {
    let mut places = vec![BEHIND; held.len()];
    let Some(first) = held.iter().map(|line| line.second).min() else {
        return places;
    };
    let mut keys: Vec<(u64, u64)> = held.iter().map(|line| line.key).zip(0..).collect();
    let mut copies: Vec<(u64, u64)> = log
        .iter()
        .filter(|line| !line.is_missing && line.second() >= first)
        .map(|line| (line.key(), u64::from(line.place)))
        .collect();
    keys.sort_unstable();
    copies.sort_unstable();
    // From the end: of several copies the last ones are theirs.
    while let (Some((key, at)), Some((other, place))) = (keys.last(), copies.last()) {
        let (is_copy, is_done) = (key == other, key >= other);
        if let Some(to) = places.get_mut(*at as usize).filter(|_| is_copy) {
            *to = *place as u32;
        }
        if key <= other {
            copies.pop();
        }
        if is_done {
            keys.pop();
        }
    }
    let mut next = (i64::MIN, BEHIND);
    for (line, place) in held.iter().zip(&mut places).rev() {
        if line.second == next.0 {
            *place = (*place).min(next.1);
        }
        next = (line.second, *place);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_comes_when_the_wait_is_over_settles_the_one_before() {
        for (after, settled) in [
            (CONFIRM_AFTER_MS - 1, None),
            (CONFIRM_AFTER_MS, Some(1)),
            (CONFIRM_AFTER_MS + 1, Some(1)),
        ] {
            let mut mark = Mark::default();
            mark.set(Timestamp::from_millis(5), 1);
            mark.set(Timestamp::from_millis(5 + after), 2);
            assert_eq!(mark.settled, settled, "after {after} ms");
        }
    }
}
