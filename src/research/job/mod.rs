//! One research: payloads in, events out, each fact once and in order.

pub mod dedup;
mod known_log;
mod ledger;
pub(super) mod recovery;
mod state;
mod timeline;
mod zone;

use std::borrow::Cow;
use std::sync::Arc;

use crate::json::Raw;
use crate::queue::Queue;
use crate::research::payload::date::Instant;
use crate::research::payload::event::{End, ResearchEvent, Update};
use crate::research::payload::failure::Failure;
use crate::research::payload::hash::hash;
use crate::research::payload::id::ResearchId;
use crate::research::payload::identity::Identity;
use crate::research::payload::log::Line;
use crate::research::payload::message::{MAX_LOG_ENTRIES, Message, parse, parse_log};
use crate::research::payload::status::Status;
use crate::research::payload::text::bounded;
use crate::research::payload::warning::{Refusals, Warning};
use crate::research::payload::words::Source;
use crate::time::Timestamp;
use dedup::Memory;
use known_log::KnownLog;
use ledger::Ledger;
use recovery::{Held, LastLog, Mark, Reading};
use state::{Facts, State};
pub use state::{Snapshot, TimeLeft};
pub use timeline::{Timeline, TimelineEntry, TimelineKind};
use zone::Zone;

/// One run of a research.
///
/// Give it every payload and every answer about the status, then drain [`poll_event`] to `None`.
/// For one payload the events come in this order: lines of the log, engine, status, task, step,
/// update, failure, end. (The server's older pages write log lines first and call handlers then.)
///
/// # What is a duplicate
///
/// Older servers send each payload to everybody and once more to each subscriber, so the same text
/// arrives twice, almost always side by side. What to drop depends on what a repetition can mean:
///
/// - A line of the log is the same if its time and message are: the time has microseconds. A time
///   without a zone is the server's own, and what a live line is from now by is the zone.
/// - An update whose text equals that of the update before is a duplicate, whatever lines of the
///   log came between. Should a server really say the same twice in a row, nothing is lost: it
///   changes nothing.
/// - An update with a line of the log that has a time is a duplicate wherever the copy comes, since
///   the time makes its text unique.
/// - Without times A, B, A are three changes: progress of a queue may go back and forth.
/// - A line without a time is a duplicate only of the line without a time before it.
///
/// # After the end
///
/// The server repeats the end when it cleans up, and its log has some lines more. The lines are
/// delivered, everything else is counted and dropped. A new run is a new `Job`.
///
/// [`poll_event`]: Self::poll_event
#[derive(Clone, Debug)]
pub struct Job {
    id: ResearchId,
    seed: u64,
    state: State,
    /// Known, though the page may hear of it only when what waits is delivered.
    end: Option<End>,
    events: Queue<JobEvent>,
    counters: Counters,
    ledger: Ledger,
    pub(super) held: Option<Held>,
    mark: Mark,
    log: LastLog,
    reading: Option<Box<Reading>>,
    updates: Memory,
    failures: Memory,
    failures_left: u32,
    last_update: Option<u64>,
    last_untimed_line: Option<u64>,
    /// The text of the last payload that was a line and nothing else, and what that is known by.
    last_line: Option<(u64, u64)>,
    known_log: Option<KnownLog>,
    last_answer: Option<u64>,
    warnings_left: u32,
    /// Whether it was told that the server writes numbers that JSON does not have.
    told_lax: bool,
    zone: Zone,
}

/// What bounds the memory of a [`Job`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Lines, and as many updates with a time, that are remembered to recognise their copies; at
    /// least 1. A line takes up to 100 bytes.
    ///
    /// A stored log may have a whole burst before its lines come live, so what is remembered must be more
    /// than that.
    pub dedup_entries: usize,
    /// Seed of the hashes of what is remembered.
    pub seed: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            dedup_entries: 50_000,
            seed: 0,
        }
    }
}

/// What a [`Job`] has to say.
#[derive(Clone, Debug, PartialEq)]
pub enum JobEvent {
    /// Something for the page that follows the research.
    Research(ResearchEvent),
    /// Something was refused, for whoever looks after the client.
    Warning(Warning),
}

/// What a [`Job`] has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Lines of the log that were delivered.
    pub lines: u64,
    /// Those of them that came from the stored log.
    pub recovered: u64,
    /// Updates that were delivered.
    pub updates: u64,
    /// Lines that were dropped because they had been delivered before. A cumulative log repeats
    /// all its lines in each update.
    pub duplicate_lines: u64,
    /// Updates that were dropped because they had been delivered before.
    pub duplicate_updates: u64,
    /// Fields and payloads that were refused, with or without a warning.
    pub refused: u64,
    /// Entries of cumulative logs that were beyond the bound and not looked at.
    pub dropped_entries: u64,
    /// Updates that came after the end and were dropped.
    pub updates_after_end: u64,
}

impl Job {
    /// A research of which nothing is known yet.
    pub fn new(id: ResearchId, limits: Limits) -> Self {
        Self {
            id,
            seed: limits.seed,
            state: State::default(),
            end: None,
            events: Queue::new(),
            counters: Counters::default(),
            ledger: Ledger::new(limits.dedup_entries),
            held: None,
            mark: Mark::default(),
            log: LastLog::default(),
            reading: None,
            updates: Memory::new(limits.dedup_entries),
            failures: Memory::new(MAX_FAILURES),
            failures_left: MAX_TOLD_FAILURES,
            last_update: None,
            last_untimed_line: None,
            last_line: None,
            known_log: None,
            last_answer: None,
            warnings_left: MAX_WARNINGS,
            told_lax: false,
            zone: Zone::default(),
        }
    }

    /// The id, as the page gave it.
    pub fn id(&self) -> &ResearchId {
        &self.id
    }

    /// How the run ended, if it has.
    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// The newest status.
    pub(in crate::research) const fn status(&self) -> Option<Status> {
        self.state.facts.status
    }

    /// What has been counted.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// What is known.
    pub fn snapshot(&self) -> Snapshot {
        self.state.snapshot(&self.id)
    }

    /// What happened when.
    pub fn timeline(&self) -> &Timeline {
        &self.state.timeline
    }

    /// Takes the payload of `progress_<id>` or `research_progress_<id>`, as JSON text.
    pub fn handle_payload(&mut self, now: Timestamp, source: Source, text: &str) {
        let mut refusals = Refusals::default();
        match parse(text, &mut refusals) {
            Some(raw) => self.handle_value(now, source, raw),
            None => self.report(refusals),
        }
    }

    /// Takes the object of an update that has been read as JSON before.
    pub fn handle_value(&mut self, now: Timestamp, source: Source, raw: Raw<'_>) {
        let key = hash(self.seed, &[raw.as_str()]);
        if self.last_update == Some(key) {
            self.counters.duplicate_updates += 1;
            return;
        }
        if let Some((line, exact)) = self.last_line
            && line == key
            && source == Source::Live
            && self.ledger.has_exact(exact)
        {
            // All that reading it again would come to.
            self.counters.duplicate_lines += 1;
            return;
        }
        let mut refusals = Refusals::default();
        if let Some(entry) = raw.only(LOG_ENTRY) {
            if let Some(line) = Line::read(entry, LOG_ENTRY, &mut refusals) {
                let exact = self.handle_line(now, source, &line, key);
                // What is refused is told of each copy, and a time without a zone may mean another one then.
                let is_same = source == Source::Live && refusals.count == 0 && !line.is_local();
                self.last_line = exact.filter(|_| is_same).map(|exact| (key, exact));
            }
        } else if let Some(message) = Message::read(raw, &mut refusals) {
            match &message.log_entry {
                Some(line) if message.is_only_log_entry => {
                    self.handle_line(now, source, line, key);
                }
                None if message.is_only_log_entry => {}
                Some(_) | None => {
                    self.handle_update(now, source, raw, key, &message, &mut refusals);
                }
            }
        }
        self.report(refusals);
    }

    /// Takes the body of a successful answer about the status, as JSON text.
    ///
    /// Only what has changed is delivered: the same answer comes every few seconds.
    pub fn handle_status(&mut self, now: Timestamp, body: &str) {
        self.take_status(now, body, false);
    }

    /// Like [`handle_status`](Self::handle_status); if the run is over and the end `waits`, it is
    /// delivered with what the stored log has.
    pub(super) fn take_status(&mut self, now: Timestamp, body: &str, waits: bool) {
        let key = hash(self.seed, &[body]);
        if self.last_answer.replace(key) == Some(key) {
            return;
        }
        let mut refusals = Refusals::default();
        if let Some(raw) = parse(body, &mut refusals)
            && let Some(message) = Message::read(raw, &mut refusals)
        {
            let before = self.state.facts.clone();
            if waits && message.status.value.is_some_and(Status::is_terminal) && self.end.is_none()
            {
                self.hold();
            }
            let newest = self.take_lines(now, Source::Fallback, &message, &mut refusals);
            if self.end.is_some() {
                self.counters.updates_after_end += 1;
            } else {
                let newest = newest.as_deref();
                self.reduce(now, Source::Fallback, raw, &message, newest, Some(&before));
            }
        }
        self.report(refusals);
    }

    /// Takes what the page has heard already, from an earlier client: a JSON object with the fields
    /// of an update. To be given before anything else; none of it is delivered. An end is left out:
    /// a page that has heard of one follows the research no longer.
    pub fn recall(&mut self, now: Timestamp, facts: &str) {
        self.handle_payload(now, Source::Live, facts);
        self.end = None;
        // All of that was before, nobody knows when.
        self.state.timeline = Timeline::default();
        let status = &mut self.state.facts.status;
        *status = status.filter(|status| !status.is_terminal());
        self.events.clear();
        self.counters = Counters::default();
        self.last_update = None;
    }

    /// Takes the lines that the page has already, from an earlier client: a JSON array of entries,
    /// oldest first. They are not delivered again, and if they are not `complete`, what is older than
    /// the first of them is not either. What is no entry is left out.
    pub fn remember(&mut self, lines: &str, complete: bool) {
        // Not the server's words: nobody is told what is wrong with them.
        let mut ignored = Refusals::default();
        let array = parse(lines, &mut ignored);
        let mut is_first = !complete;
        for entry in array.into_iter().flat_map(Raw::elements) {
            let Some(line) = Line::read(entry, "lines[]", &mut ignored) else {
                continue;
            };
            let identity = line.identity(self.seed);
            if let Some(time) = identity.time {
                self.state.hear_line(time);
                let timeline = &mut self.state.timeline;
                timeline.take_line(time.as_millis(), &line, line.level());
            }
            if let Some(time) = identity.time.filter(|_| is_first) {
                self.ledger.forget_before(Some(time.second));
                is_first = false;
            }
            self.ledger.remember(identity, line.id);
        }
        if is_first {
            self.ledger.forget_before(None);
        }
        // What was recalled is as new as these.
        self.state.keep_task();
    }

    /// The next event; drain it after each payload and answer.
    pub fn poll_event(&mut self) -> Option<JobEvent> {
        self.events.pop_front()
    }

    /// A payload that is a line of the log and nothing else; what it is known by if it has a time.
    fn handle_line(
        &mut self,
        now: Timestamp,
        source: Source,
        line: &Line<'_>,
        key: u64,
    ) -> Option<u64> {
        let is_live = source == Source::Live;
        let identity = self.zone.identity(now, self.seed, line, is_live);
        let is_new = identity.exact.is_some() || self.last_untimed_line.replace(key) != Some(key);
        if self.take_line(now, source, line, identity, is_new)
            && self.end.is_none()
            && let Some(task) = self.state.take_milestone(source, line)
        {
            self.push(ResearchEvent::Task(task));
        }
        identity.exact
    }

    /// Any other payload.
    fn handle_update(
        &mut self,
        now: Timestamp,
        source: Source,
        raw: Raw<'_>,
        key: u64,
        message: &Message<'_>,
        refusals: &mut Refusals,
    ) {
        let line = message.log_entry.as_ref();
        let has_time = line.is_some_and(Line::has_time);
        if has_time && !self.updates.insert(key) {
            self.counters.duplicate_updates += 1;
            return;
        }
        self.last_update = Some(key);
        let newest = self.take_lines(now, source, message, refusals);
        if self.end.is_some() {
            self.counters.updates_after_end += 1;
        } else {
            self.reduce(now, source, raw, message, newest.as_deref(), None);
        }
    }

    /// Delivers the lines in an update that are new; what the newest of its cumulative log says.
    fn take_lines(
        &mut self,
        now: Timestamp,
        source: Source,
        message: &Message<'_>,
        refusals: &mut Refusals,
    ) -> Option<String> {
        let newest = message
            .progress_log
            .and_then(|log| self.take_log(now, source, log, message, refusals));
        if let Some(line) = &message.log_entry {
            let is_live = source == Source::Live;
            let identity = self.zone.identity(now, self.seed, line, is_live);
            // Each answer about the status repeats the newest line.
            let is_new = source != Source::Fallback;
            self.take_line(now, source, line, identity, is_new);
        }
        newest
    }

    /// The same for the cumulative log alone. Of what the update before had only the number counts, if that can be told
    /// without looking into it.
    fn take_log(
        &mut self,
        now: Timestamp,
        source: Source,
        log: Raw<'_>,
        message: &Message<'_>,
        refusals: &mut Refusals,
    ) -> Option<String> {
        // A memory that is smaller than the log would let all its lines through each time.
        let most = MAX_LOG_ENTRIES.min(self.ledger.capacity());
        let is_live = source == Source::Live;
        let known = self.known_log.take();
        let known = known.filter(|_| is_live && self.ledger.knows_all());
        let more = known.and_then(|known| known.go_on(self.seed, log, most));
        let (text, mut known) = match more {
            Some((more, known)) => {
                self.counters.duplicate_lines += known.timed;
                (Cow::Owned(more), Some(known))
            }
            None => {
                let known = KnownLog::new(self.seed, log);
                (message.log_text()?, known.filter(|_| is_live))
            }
        };
        let refused = refusals.count;
        let array = parse_log(&text, refusals)?;
        let total = array.elements().count();
        if total > most {
            refusals.drop_entries(&["progress_log"], total, most);
        }
        let mut newest = None;
        let mut is_plain = !array.is_lax();
        for entry in array.elements().skip(total.saturating_sub(most)) {
            let Some(line) = Line::read(entry, "progress_log[]", refusals) else {
                is_plain = false;
                continue;
            };
            // The server's pages skip what has no time: it could not be recognised next time.
            if line.has_time() {
                let identity = self.zone.identity(now, self.seed, &line, false);
                self.take_line(now, source, &line, identity, true);
            }
            // A time without a zone may mean another one next time.
            is_plain &= !line.is_local();
            if let Some(known) = &mut known {
                known.add(line.has_time());
            }
            newest = Some(line.message);
        }
        let newest = newest.map(Cow::into_owned);
        let newest = newest.or_else(|| known.as_ref().and_then(|known| known.newest.clone()));
        // What was refused is told again.
        self.known_log = known.filter(|_| is_plain && refusals.count == refused);
        if let Some(known) = &mut self.known_log {
            known.newest.clone_from(&newest);
        }
        newest
    }

    /// Delivers a line if the page does not have it; whether that is so. Of one without any time
    /// only the caller knows whether it `is_new`.
    fn take_line(
        &mut self,
        now: Timestamp,
        source: Source,
        line: &Line<'_>,
        identity: Identity,
        is_new: bool,
    ) -> bool {
        if let Some(time) = identity.time {
            self.state.hear_line(time);
        }
        let is_missing = match identity.time {
            // Not from the socket, and in whole seconds: it may be the copy of a live one.
            Some(Instant { nanos: None, .. }) if source == Source::Fallback => {
                self.ledger.copy(identity)
            }
            Some(_) | None => self.ledger.live(identity, is_new),
        };
        if is_missing {
            self.counters.lines += 1;
            self.state.hear(now, source);
            if identity.time.is_some() && source == Source::Live {
                self.mark.set(now, identity.key);
            }
            let entry = line.to_entry(source);
            let timeline = &mut self.state.timeline;
            let at = timeline.time_of(now, source, identity.time);
            timeline.take_line(at, line, entry.level);
            self.push_line(identity, entry);
        } else {
            self.counters.duplicate_lines += 1;
        }
        is_missing
    }

    /// Works a payload into the state and delivers what follows from it; the update itself only if
    /// the facts are others than `before`, where that is given.
    fn reduce(
        &mut self,
        now: Timestamp,
        source: Source,
        raw: Raw<'_>,
        message: &Message<'_>,
        newest: Option<&str>,
        before: Option<&Facts>,
    ) {
        self.state.hear(now, source);
        self.state.take_texts(message);
        let value = message.status.value;
        let progress = self.state.take_progress(message.progress, value);
        let engine = self.state.take_engine(message);
        let is_over = value.is_some_and(Status::is_terminal);
        let line = message.log_entry.as_ref();
        let time = line.and_then(|line| self.zone.identity(now, self.seed, line, false).time);
        // Of a status that says that it is over nobody knows since when.
        if source == Source::Live || !is_over {
            let time = time.filter(|_| source == Source::Live);
            let State {
                facts, timeline, ..
            } = &mut self.state;
            // Its line has told already how the clocks are.
            let at = timeline.time_of(now, Source::History, time);
            timeline.take_state(at, message.phase(), facts.progress);
            if let Some(engine) = &engine {
                timeline.take_engine(at, engine);
            }
            timeline.ended = is_over.then_some(at);
        }
        if let Some(engine) = engine {
            self.push(ResearchEvent::Engine(engine));
        }
        if let Some((status, previous)) = self.state.take_status(source, message) {
            self.push(ResearchEvent::Status { status, previous });
        }
        let repeated = time.filter(|_| source == Source::Fallback);
        if let Some(task) = self.state.take_task(message, newest, repeated) {
            self.push(ResearchEvent::Task(task));
        }
        if before != Some(&self.state.facts) {
            let payload: Arc<str> = Arc::from(&*raw.to_json());
            if message.is_agent_step {
                self.push(ResearchEvent::Step(Arc::clone(&payload)));
            }
            self.counters.updates += 1;
            self.push(ResearchEvent::Update(Update {
                payload,
                progress,
                status: message.status.field,
                source,
            }));
        }
        let signs = message.signs();
        let key = signs.identity().map(|identity| hash(self.seed, &identity));
        if let Some(failure) = Failure::from_signs(signs)
            && key.is_some_and(|key| self.failures.insert(key))
            && self.may_fail()
        {
            let timeline = &mut self.state.timeline;
            let at = timeline.time_of(now, source, None);
            timeline.add(TimelineKind::Error, at, &failure.title, None);
            self.push(ResearchEvent::Failure(failure));
        }
        if let Some(status) = value.filter(|status| status.is_terminal()) {
            let end = End {
                status,
                message: message
                    .message
                    .as_deref()
                    .or(message.error.as_deref())
                    .map(bounded),
                error: message.error.as_deref().map(bounded),
                progress: self.state.facts.progress,
                at: now.as_millis(),
                source,
            };
            self.end = Some(end.clone());
            self.push_end(end);
        }
    }

    pub(super) fn report(&mut self, refusals: Refusals) {
        self.counters.refused += refusals.count.saturating_sub(refusals.known);
        self.counters.dropped_entries += refusals.dropped_entries;
        if refusals.is_lax && !std::mem::replace(&mut self.told_lax, true) {
            self.events.push_back(JobEvent::Warning(Warning::lax()));
        }
        for mut warning in refusals.warnings {
            if let Some(left) = self.warnings_left.checked_sub(1) {
                self.warnings_left = left;
                warning.research = Some(self.id.as_str().into());
                self.events.push_back(JobEvent::Warning(warning));
            }
        }
    }

    /// Whether the page is to hear of one more failure: each gets through however much waits for it.
    pub(super) fn may_fail(&mut self) -> bool {
        let left = self.failures_left.checked_sub(1);
        self.failures_left = left.unwrap_or_default();
        self.counters.refused += u64::from(left.is_none());
        left.is_some()
    }

    pub(super) fn push(&mut self, event: ResearchEvent) {
        self.events.push_back(JobEvent::Research(event));
    }
}

/// The field of a payload that has a line of the log.
const LOG_ENTRY: &str = "log_entry";

/// Warnings of one research. A server that is wrong once is wrong in every update; whoever reads
/// the first hundred knows.
const MAX_WARNINGS: u32 = 100;

/// Failures that are remembered to report each once. A run has few, but some servers repeat the
/// metadata of a failure in every later update.
const MAX_FAILURES: usize = 16;

/// Failures of one research that the page is told of; more are counted. One takes up to 80 KiB.
const MAX_TOLD_FAILURES: u32 = 100;
