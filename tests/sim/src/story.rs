//! What the researches truly did, and what a page has heard of it.

use research_socket::json::Raw;
use research_socket::research::{Event, Field, LogEntry, ResearchEvent, Source};

use crate::plan::RESEARCHES;
use crate::rules::{Verdict, require};

/// The id of a research.
pub(crate) fn id_of(research: u8) -> &'static str {
    match research {
        0 => "r0",
        1 => "r1",
        _ => "7",
    }
}

/// The number of a research.
pub(crate) fn number_of(id: &str) -> Option<usize> {
    (0..RESEARCHES).position(|research| id_of(research) == id)
}

/// One line of the log, as the server wrote it.
#[derive(Clone, Debug)]
pub(crate) struct TrueLine {
    pub(crate) micros: u64,
    pub(crate) text: String,
    /// The place of the first line with the same text in the same second. A stored line has whole
    /// seconds only, so it may stand for any of these.
    pub(crate) group: usize,
    /// Of the group, in its first line: how many lines it has, how many of them are stored, and how many
    /// were written after the end.
    pub(crate) written: u16,
    pub(crate) stored: u16,
    late: u16,
}

/// What one research did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Truth {
    pub(crate) lines: Vec<TrueLine>,
    pub(crate) ended: bool,
    /// Whether that was before everything was mended.
    pub(crate) ended_early: bool,
}

impl Truth {
    /// Notes a line that the server has written. Its place.
    pub(crate) fn write(&mut self, micros: u64, text: String, stored: bool) -> usize {
        let place = self.lines.len();
        let twin = |line: &TrueLine| line.micros / SECOND == micros / SECOND && line.text == text;
        let group = self.lines.iter().position(twin).unwrap_or(place);
        self.lines.push(TrueLine {
            micros,
            text,
            group,
            written: 0,
            stored: 0,
            late: 0,
        });
        if let Some(first) = self.lines.get_mut(group) {
            first.written += 1;
            // What the server writes after the end is heard as long as the client still looks.
            first.stored += u16::from(stored && !self.ended);
            first.late += u16::from(self.ended);
        }
        place
    }
}

/// In microseconds.
const SECOND: u64 = 1_000_000;

/// What one page has heard of one research since it followed it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    pub(crate) follows: bool,
    pub(crate) ended: bool,
    /// Whether the server has said that the page may not follow it.
    pub(crate) refused: bool,
    /// Whether the page was told that the server does not show it, and not yet that it does again.
    pub(crate) is_withheld: bool,
    /// Whether it has asked whether the server shows it, and has not been told that it does.
    pub(crate) verifies: bool,
    progress: f64,
    /// Whether each of the true lines came with its exact time.
    exact: Vec<bool>,
    /// How often lines of each group came.
    groups: Vec<u16>,
    newest_live: u64,
    /// Whether the page was told that lines are missing, or may be.
    pub(crate) uncertain: bool,
    /// Lines of the stored log since the last gap.
    recovered: u64,
    /// Whether the page was told that the stored log was read.
    history_read: bool,
}

impl Heard {
    /// Begins anew, as for a page that has just subscribed.
    pub(crate) fn follow(&mut self) {
        *self = Self {
            follows: true,
            ..Self::default()
        };
    }

    /// Whether the line at this place came with its exact time.
    pub(crate) fn has_exactly(&self, place: usize) -> bool {
        self.exact.get(place).is_some_and(|came| *came)
    }

    /// The first line that is stored and has not come.
    pub(crate) fn first_missing<'t>(&self, truth: &'t Truth) -> Option<&'t TrueLine> {
        truth.lines.iter().find(|line| {
            let came = self.groups.get(line.group).copied().unwrap_or(0);
            came < line.stored
        })
    }

    /// Takes one event. Whether lines come in order, and whether the stored log can always be read.
    pub(crate) fn hear(
        &mut self,
        event: &ResearchEvent,
        truth: &Truth,
        (ordered, log_is_readable): (bool, bool),
    ) -> Verdict {
        let is_late_word = matches!(
            event,
            ResearchEvent::Log(_)
                | ResearchEvent::Gap(_)
                | ResearchEvent::Failure(_)
                | ResearchEvent::HistoryRead
                | ResearchEvent::Verified(_)
        );
        require(!self.ended || is_late_word, || {
            format!("after the end: {event:?}")
        })?;
        match event {
            ResearchEvent::Log(entry) => {
                let group = self.line(entry, truth, ordered)?;
                let from_log = log_is_readable && entry.source == Source::History;
                require(!from_log || !self.ended || group.late > 0, || {
                    format!("a stored line after the end: {entry:?}")
                })
            }
            ResearchEvent::End(end) => {
                self.ended = true;
                require(truth.ended, || format!("an end that never was: {end:?}"))
            }
            ResearchEvent::Failure(failure) => {
                self.refused |= failure.code == "UNAUTHORIZED";
                Ok(())
            }
            ResearchEvent::Update(update) => {
                let progress = match update.progress {
                    Field::Set(progress) => Some(progress),
                    Field::Delete => None,
                    Field::Keep => progress_in(&update.payload),
                };
                let Some(progress) = progress else {
                    return Ok(());
                };
                let before = std::mem::replace(&mut self.progress, progress);
                require(before <= progress, || {
                    format!("progress fell from {before} to {progress}")
                })
            }
            ResearchEvent::Gap(gap) => {
                self.uncertain |= gap.missing != Some(0);
                require(!log_is_readable || gap.missing.is_some(), || {
                    format!("a gap of which nobody knows more, though the log can be read: {gap:?}")
                })?;
                let came = std::mem::take(&mut self.recovered);
                require(gap.recovered <= came && gap.from <= gap.to, || {
                    format!("a gap, but {came} lines were recovered: {gap:?}")
                })
            }
            ResearchEvent::Refusal(refusal) => {
                self.is_withheld = refusal.is_some();
                Ok(())
            }
            ResearchEvent::HistoryRead => {
                let before = std::mem::replace(&mut self.history_read, true);
                require(!before, || {
                    "the log was read for the first time twice".to_owned()
                })
            }
            ResearchEvent::Engine(_)
            | ResearchEvent::Status { .. }
            | ResearchEvent::Step(_)
            | ResearchEvent::Task(_) => Ok(()),
            ResearchEvent::Verified(shown) => {
                let asked = self.verifies;
                self.verifies &= !shown;
                require(asked, || format!("an answer to nobody: {event:?}"))
            }
        }
    }

    /// Takes a line. The first of its group.
    fn line<'t>(
        &mut self,
        entry: &LogEntry,
        truth: &'t Truth,
        ordered: bool,
    ) -> Result<&'t TrueLine, String> {
        self.recovered += u64::from(entry.source == Source::History);
        self.exact.resize(truth.lines.len(), false);
        self.groups.resize(truth.lines.len(), 0);
        let time = entry.time.as_deref().and_then(read_time);
        let place = match time {
            Some(Time::Micros(micros)) => {
                // A milestone also comes with the status, and then out of order; what a later reading
                // of the stored log finds is late, and one of the two logs has microseconds too.
                let is_live = entry.source == Source::Live;
                if ordered && is_live && !entry.message.starts_with("milestone") {
                    let newest = std::mem::replace(&mut self.newest_live, micros);
                    require(newest <= micros, || format!("out of order: {entry:?}"))?;
                }
                let is_it = |line: &TrueLine| line.micros == micros && line.text == entry.message;
                let place = truth.lines.iter().rposition(is_it);
                if let Some(exact) = place.and_then(|place| self.exact.get_mut(place)) {
                    let came = std::mem::replace(exact, true);
                    require(!came, || format!("twice: {entry:?}"))?;
                }
                place
            }
            Some(Time::Seconds(second)) => truth
                .lines
                .iter()
                .position(|line| line.micros / SECOND == second && line.text == entry.message),
            None => None,
        };
        let group = place
            .and_then(|place| truth.lines.get(place))
            .map(|line| line.group);
        let (Some(came), Some(first)) = (
            group.and_then(|group| self.groups.get_mut(group)),
            group.and_then(|group| truth.lines.get(group)),
        ) else {
            return Err(format!("a line that was never written: {entry:?}"));
        };
        *came += 1;
        require(*came <= first.written, || {
            format!("{came} lines, {} were written: {entry:?}", first.written)
        })?;
        Ok(first)
    }
}

fn progress_in(payload: &str) -> Option<f64> {
    let progress = Raw::parse(payload).ok()?.get("progress")?;
    progress.number()
}

/// The event in which the server sends back what a page has emitted.
pub(crate) const ECHO: &str = "message-back";

/// The number that a page's events carry, if this is one that the server sent back.
pub(crate) fn echo_of(event: &Event) -> Option<u64> {
    match event {
        Event::Message { name, args, .. } if name == ECHO => Raw::parse(args)
            .ok()?
            .elements()
            .nth(1)?
            .integer()
            .map(|n| n as u64),
        _ => None,
    }
}

enum Time {
    Micros(u64),
    Seconds(u64),
}

/// When a line was written, in microseconds since 1970, if it says so exactly.
pub(crate) fn written_at(entry: &LogEntry) -> Option<u64> {
    match read_time(entry.time.as_deref()?)? {
        Time::Micros(micros) => Some(micros),
        Time::Seconds(_) => None,
    }
}

/// Reads `2026-11-21T20:45:09.123456+00:00`, the same without a fraction, and `Sat, 21 Nov 2026 20:45:09 GMT`.
fn read_time(text: &str) -> Option<Time> {
    let number = |range: std::ops::Range<usize>| -> Option<u64> {
        let digits = text.as_bytes().get(range)?;
        digits.iter().try_fold(0, |number, digit| {
            digit
                .is_ascii_digit()
                .then(|| number * 10 + u64::from(digit - b'0'))
        })
    };
    if text.ends_with("GMT") {
        const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
        let month = MONTHS.find(text.get(8..11)?)? as u64 / 3 + 1;
        let days = days_since_epoch(number(12..16)?, month, number(5..7)?);
        let seconds = number(17..19)? * 3_600 + number(20..22)? * 60 + number(23..25)?;
        return Some(Time::Seconds(days * 86_400 + seconds));
    }
    let days = days_since_epoch(number(0..4)?, number(5..7)?, number(8..10)?);
    let seconds = number(11..13)? * 3_600 + number(14..16)? * 60 + number(17..19)?;
    if text.as_bytes().get(19) != Some(&b'.') {
        return Some(Time::Seconds(days * 86_400 + seconds));
    }
    let fraction = number(20..26)?;
    Some(Time::Micros(
        (days * 86_400 + seconds) * 1_000_000 + fraction,
    ))
}

/// The usual civil calendar arithmetic.
fn days_since_epoch(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_era = year % 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    (year / 400) * 146_097 + of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_time_are_read() {
        let live = read_time("2026-11-21T20:45:09.123456+00:00");
        assert!(matches!(live, Some(Time::Micros(1_795_293_909_123_456))));
        for stored in ["Sat, 21 Nov 2026 20:45:09 GMT", "2026-11-21T20:45:09+00:00"] {
            let stored = read_time(stored);
            assert!(matches!(stored, Some(Time::Seconds(1_795_293_909))));
        }
        assert!(read_time("yesterday").is_none());
    }
}
