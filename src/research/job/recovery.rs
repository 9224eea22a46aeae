//! Lines of a research that came late: from the stored log, and those that had to wait for it.

use super::Job;
use super::ledger::Part;
use crate::engine::packet::excerpt;
use crate::http::first_of;
use crate::json::{ListReader, Raw, Text, Unreadable};
use crate::research::payload::event::{End, Gap, ResearchEvent};
use crate::research::payload::hash::{hash, mix};
use crate::research::payload::identity::{Identity, Stored};
use crate::research::payload::level::LogLevel;
use crate::research::payload::log::{Line, LogEntry};
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

/// So many lines of a stored log, or so many bytes of them, are judged and delivered together, up to
/// the end of a second: a log of an ordinary run at once, a larger one bit by bit as it comes.
const PART_LINES: usize = 512;
const PART_BYTES: usize = 256 * 1_024;

/// A second with so many times as many lines is not waited for.
const MAX_PARTS: usize = 4;

/// So much of a log that cannot be read is kept for the words about it, in bytes.
const HEAD_BYTES: usize = 256;

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

impl HeldLine {
    fn size(&self) -> usize {
        self.entry.entry.len() + self.entry.message.len()
    }
}

/// The place of a live line that is not in the stored log: after all of its second.
const BEHIND: u32 = u32::MAX;

/// A line of the stored log that the page is to get.
struct Recovered<'a> {
    second: i64,
    /// Among the lines of its part.
    place: u32,
    raw: Raw<'a>,
}

/// A stored log on its way.
#[derive(Clone, Debug, Default)]
pub(super) struct Reading {
    list: ListReader,
    /// The lines of the part that is not judged yet, and their texts.
    stored: Vec<Stored>,
    texts: Vec<Text>,
    bytes: usize,
    /// The newest second in it.
    newest: i64,
    /// Of all elements.
    key: u64,
    faults: Refusals,
    head: Vec<u8>,
    /// The newest milestone that was delivered.
    milestone: Option<Text>,
    recovery: Recovery,
    is_not_utf8: bool,
    /// Whether it has times without a zone.
    is_local: bool,
}

/// Why an answer is no stored log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::research) enum NoLog {
    /// A page for people.
    Html,
    /// Something in between may have spoiled it.
    NotUtf8,
    /// Anything else; the page was told.
    Other,
}

/// What the last answer with the stored log was.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LastLog {
    /// Hash of its elements.
    key: Option<u64>,
    /// What was wrong with those that were looked at: told once.
    faults: u64,
}

/// What a stored log had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::research) struct Recovery {
    /// Lines that were delivered.
    pub(in crate::research) lines: u64,
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

    /// The key of the line that was not in the log yet.
    fn unseen(&self, now: Timestamp) -> Option<u64> {
        let newest = self
            .newest
            .filter(|(at, _)| now.since(*at) >= CONFIRM_AFTER_MS);
        let mark = newest.map(|(_, key)| key).or(self.settled);
        mark.filter(|_| mark != self.seen)
    }

    fn look_for(&mut self, now: Timestamp, log: &[Stored]) {
        if let Some(mark) = self.unseen(now)
            && log.iter().any(|line| line.key() == mark)
        {
            self.seen = Some(mark);
        }
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
        let line = HeldLine {
            second: identity.time.map_or(before, |time| time.second),
            key: identity.key,
            entry,
        };
        held.bytes += line.size();
        held.lines.push(line);
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

    /// The stored log is asked for: what came of an answer that broke off is left.
    pub(in crate::research) fn begin_log(&mut self) {
        self.reading = None;
        self.ledger.settle();
    }

    /// Takes the next bytes of an answer with the stored log: `[…]`, `{"logs": […]}`, or either list in
    /// a string, also under `progress_log`. Delivers the lines of it that the page does not have, a part
    /// at a time, in order of time with the live ones that wait; these stay where they are if they are
    /// set `aside`.
    pub(in crate::research) fn read_log(&mut self, now: Timestamp, mut bytes: &[u8], aside: bool) {
        let mut reading = self.reading.take().unwrap_or_else(|| {
            let mut reading = Box::new(Reading::default());
            // Each answer has all lines again, and all that is wrong with them.
            reading.faults.known = self.log.faults;
            reading
        });
        let missing = HEAD_BYTES.saturating_sub(reading.head.len());
        reading.head.extend(bytes.iter().take(missing));
        let mut list = std::mem::take(&mut reading.list);
        while let Some(element) = list.next(&mut bytes) {
            let element = match element {
                Ok(element) => element,
                Err(Unreadable::NotUtf8) => {
                    reading.is_not_utf8 = true;
                    continue;
                }
                Err(Unreadable::TooLarge) => {
                    let expected = "at most 16 MiB";
                    reading
                        .faults
                        .refuse("too-large", &["logs[]"], expected, "more");
                    reading.recovery.is_uncertain = true;
                    continue;
                }
            };
            let Ok(raw) = Raw::parse(&element) else {
                reading
                    .faults
                    .refuse("not-json", &["logs[]"], "JSON", &element);
                reading.recovery.is_uncertain = true;
                continue;
            };
            reading.faults.is_lax |= raw.is_lax();
            reading.key = mix(reading.key ^ hash(self.seed, &[&element]));
            let Some(line) = Line::read(raw, "logs[]", &mut reading.faults) else {
                continue;
            };
            reading.is_local |= line.is_local();
            let stored = line.stored(self.seed);
            let (lines, size) = (reading.stored.len(), reading.bytes);
            let is_large = lines >= PART_LINES || size >= PART_BYTES;
            let is_next_second = stored.second() > reading.newest;
            let is_huge = lines >= MAX_PARTS * PART_LINES || size >= MAX_PARTS * PART_BYTES;
            if is_huge || (is_large && is_next_second) {
                self.take_part(now, &mut reading, Part::More, aside);
            }
            reading.newest = reading.newest.max(stored.second());
            reading.bytes += element.len();
            reading.stored.push(Stored {
                place: reading.texts.len() as u32,
                ..stored
            });
            reading.texts.push(raw.to_text());
        }
        reading.list = list;
        self.reading = Some(reading);
    }

    /// The answer is complete: delivers the rest. What it had, or why it was no log.
    pub(in crate::research) fn finish_log(
        &mut self,
        now: Timestamp,
        aside: bool,
    ) -> Result<Recovery, NoLog> {
        let mut reading = self.reading.take().unwrap_or_default();
        let is_html = first_of(&reading.head) == Some(b'<');
        if is_html || reading.is_not_utf8 || !reading.list.is_complete() || !reading.list.has_list()
        {
            self.ledger.settle();
            if is_html {
                return Err(NoLog::Html);
            }
            let text = std::str::from_utf8(&reading.head);
            // A character may go on behind it.
            let is_wrong = text.is_err_and(|error| error.error_len().is_some());
            let is_json = text.is_ok_and(|text| Raw::parse(text).is_ok());
            if reading.is_not_utf8 || is_wrong {
                return Err(NoLog::NotUtf8);
            }
            let head = excerpt(&reading.head);
            let mut refusals = Refusals::default();
            if is_json || reading.list.is_complete() {
                let expected = "a list of lines";
                refusals.refuse("wrong-type", &["logs"], expected, &head);
            } else {
                refusals.refuse("not-json", &["payload"], "JSON", &head);
            }
            self.report(refusals);
            return Err(NoLog::Other);
        }
        self.take_part(now, &mut reading, Part::Last, aside);
        self.log.faults = reading.faults.count;
        if let Some(text) = reading.milestone.filter(|_| self.end.is_none())
            && let Some(line) = Line::read(text.raw(), "logs[]", &mut Refusals::default())
            && let Some(task) = self.state.take_milestone(Source::History, &line)
        {
            self.push(ResearchEvent::Task(task));
        }
        self.report(reading.faults);
        if !std::mem::replace(&mut self.state.history_read, true) {
            self.push(ResearchEvent::HistoryRead);
        }
        let mut recovery = reading.recovery;
        recovery.is_behind = self.mark.unseen(now).is_some();
        recovery.is_doubtful = self.ledger.take_doubt();
        // The same answer says nothing new about what may be missing.
        let is_same = self.log.key.replace(reading.key) == Some(reading.key);
        recovery.is_uncertain &= !is_same || recovery.is_behind;
        Ok(recovery)
    }

    /// Judges the lines that were read and delivers those that the page does not have.
    fn take_part(&mut self, now: Timestamp, reading: &mut Reading, part: Part, aside: bool) {
        let mut stored = std::mem::take(&mut reading.stored);
        let texts = std::mem::take(&mut reading.texts);
        reading.bytes = 0;
        if !stored.is_empty() {
            self.settle_zone(reading.is_local);
        }
        reading.recovery.is_uncertain |= self.ledger.answer(&mut stored, part);
        self.mark.look_for(now, &stored);
        let up_to = match part {
            _ if aside => None,
            Part::Last => Some(i64::MAX),
            Part::Alone | Part::More => Some(reading.newest),
        };
        let held = self.take_held(up_to);
        let held_places = places(&held, &stored);
        stored.retain(|line| line.is_missing);
        let recovered: Vec<_> = stored
            .iter()
            .filter_map(|line| {
                Some(Recovered {
                    second: line.second(),
                    place: line.place,
                    raw: texts.get(line.place as usize)?.raw(),
                })
            })
            .collect();
        drop(stored);
        let lines = recovered.len() as u64;
        reading.recovery.lines += lines;
        self.counters.lines += lines;
        self.counters.recovered += lines;
        if let Some(milestone) = self.push_sorted(&recovered, held, &held_places) {
            reading.milestone = Some(milestone.to_text());
        }
    }

    /// Takes the lines that wait up to this second, if any are to be taken.
    fn take_held(&mut self, up_to: Option<i64>) -> Vec<HeldLine> {
        let (Some(held), Some(up_to)) = (&mut self.held, up_to) else {
            return Vec::new();
        };
        let lines = std::mem::take(&mut held.lines);
        let (taken, left) = lines.into_iter().partition(|line| line.second <= up_to);
        held.lines = left;
        held.bytes = held.lines.iter().map(HeldLine::size).sum();
        taken
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
        held: Vec<HeldLine>,
        held_places: &[u32],
    ) -> Option<Raw<'a>> {
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
        let mut milestone: Option<(usize, Raw<'a>)> = None;
        for (_, at) in order {
            let at = at as u32 as usize;
            let entry = match recovered.get(at) {
                // Read before, so that nothing is wrong with it that is not known.
                Some(Recovered { second, raw, .. }) => {
                    Line::read(*raw, "logs[]", &mut Refusals::default()).map(|line| {
                        let entry = line.to_entry(Source::History);
                        if let Ok(second @ 1..) = u64::try_from(*second) {
                            self.state
                                .timeline
                                .take_line(second * 1_000, &line, entry.level);
                        }
                        let is_last = milestone.as_ref().is_none_or(|(last, _)| *last < at);
                        if entry.level == LogLevel::Milestone && is_last {
                            milestone = Some((at, *raw));
                        }
                        entry
                    })
                }
                None => held.get_mut(at - recovered.len()).and_then(Option::take),
            };
            if let Some(entry) = entry {
                self.push(ResearchEvent::Log(entry));
            }
        }
        milestone.map(|(_, raw)| raw)
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
