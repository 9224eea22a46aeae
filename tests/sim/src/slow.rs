//! A page whose handlers are slow: what waits for it in a mailbox, and what it hears in the end.

use std::collections::VecDeque;

use research_socket::mailbox::{EVENT_BYTES, MAX_WAITING_BYTES, MAX_WAITING_NEWS, Mailbox};
use research_socket::research::{Event, ResearchEvent};
use research_socket::socket::EmitError;
use research_socket::time::Timestamp;

use crate::plan::RESEARCHES;
use crate::rules::{Verdict, require};
use crate::story::number_of;

/// For so many inputs a page hears nothing, then it hears some events after each of as many. The longer
/// one is as long as a page that is not drawn at all.
const STALLS: [u64; 2] = [24, 1_000];

/// The same client's events as any page gets, through a mailbox that is small enough to overflow.
#[derive(Debug)]
pub(crate) struct Slow {
    mailbox: Mailbox,
    max_bytes: usize,
    /// Whether bytes are no reason to drop anything.
    is_roomy: bool,
    largest: usize,
    reads: u64,
    stall: u64,
    /// What always gets through and has not come: ends, failures, outcomes.
    owed: VecDeque<Event>,
    researches: [Told; RESEARCHES as usize],
}

/// What the page is to hear of one research.
#[derive(Debug, Default)]
struct Told {
    /// What has not come, and may be left out.
    said: VecDeque<ResearchEvent>,
    /// Lines that were left out, less those of which a gap has told.
    missing: i64,
    /// Whether a gap said that nobody can tell.
    is_uncertain: bool,
    newest: States,
    heard: States,
}

/// The newest events of kinds of which only the newest matters.
#[derive(Clone, Debug, Default)]
struct States([Option<ResearchEvent>; 4]);

impl States {
    fn note(&mut self, event: &ResearchEvent) {
        let kind = match event {
            ResearchEvent::Engine(_) => 0,
            ResearchEvent::Status { .. } => 1,
            ResearchEvent::Task(_) => 2,
            ResearchEvent::Update(_) => 3,
            _ => return,
        };
        if let Some(newest) = self.0.get_mut(kind) {
            *newest = Some(event.clone());
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        let mut pairs = self.0.iter().zip(&other.0);
        pairs.all(|pair| match pair {
            (Some(event), Some(other)) => is_same(event, other),
            (event, other) => event.is_none() && other.is_none(),
        })
    }
}

impl Slow {
    pub(crate) fn new(seed: u64) -> Self {
        let (max_events, max_bytes) = match seed % 4 {
            0 => (6, MAX_WAITING_BYTES),
            1 => (40, MAX_WAITING_BYTES),
            2 => (1_000, 2_000),
            _ => (1_000, 12_000),
        };
        Self {
            mailbox: Mailbox::new(max_events, max_bytes),
            max_bytes,
            is_roomy: max_bytes == MAX_WAITING_BYTES,
            largest: 0,
            reads: 0,
            stall: if seed.is_multiple_of(8) {
                STALLS[1]
            } else {
                STALLS[0]
            },
            owed: VecDeque::new(),
            researches: Default::default(),
        }
    }

    /// Takes an event of the client.
    pub(crate) fn push(&mut self, now: Timestamp, event: &Event) {
        if let Event::Research { id, event: said } = event
            && let Some(told) = number_of(id).and_then(|n| self.researches.get_mut(n))
        {
            match said {
                ResearchEvent::Gap(gap) => {
                    told.missing -= gap.missing.unwrap_or(0) as i64;
                    told.is_uncertain |= gap.missing.is_none();
                }
                _ => {
                    told.newest.note(said);
                    told.said.push_back(said.clone());
                }
            }
        }

        if is_owed(event) {
            self.owed.push_back(event.clone());
        }
        self.largest = self.largest.max(size(event));
        self.mailbox.push(now, event.clone());
    }

    /// Looks at what waits, then lets the page hear some of it.
    pub(crate) fn step(&mut self) -> Verdict {
        if self.mailbox.is_empty() {
            return Ok(());
        }
        self.check()?;
        self.reads += 1;
        if (self.reads / self.stall).is_multiple_of(2) {
            return Ok(());
        }
        for _ in 0..self.reads % 7 {
            self.hear()?;
        }
        Ok(())
    }

    /// The page hears all, and nothing is left to be told.
    pub(crate) fn finish(&mut self) -> Verdict {
        while !self.mailbox.is_empty() {
            self.check()?;
            self.hear()?;
        }
        require(self.owed.is_empty(), || {
            format!("a slow page never hears {:?}", self.owed.front())
        })?;
        for told in &mut self.researches {
            while let Some(event) = told.said.pop_front() {
                told.skip(&event);
            }
            require(told.missing == 0 || told.is_uncertain, || {
                format!("{} lines too many or too few in gaps", told.missing)
            })?;
        }
        Ok(())
    }

    /// What waits is within the bounds, counted to the byte, and ends with the newest of each state.
    fn check(&self) -> Verdict {
        let mut rest = self.mailbox.clone();
        let mut newest = self.researches.each_ref().map(|told| told.heard.clone());
        let (mut bytes, mut droppable, mut news) = (0, 0, 0);
        while let Some(event) = rest.pop() {
            if is_news(&event) {
                news += 1;
                continue;
            }
            if let Event::Research { id, event } = &event
                && let Some(newest) = number_of(id).and_then(|n| newest.get_mut(n))
            {
                newest.note(event);
            }
            bytes += size(&event);
            let is_ack = matches!(event, Event::Ack { .. });
            if is_ack || !is_owed(&event) && !is_gap(&event) {
                droppable += size(&event);
            }
        }
        let counted = self.mailbox.bytes();
        require(counted == bytes, || {
            format!("{bytes} bytes wait, and {counted} are counted")
        })?;
        require(rest.bytes() == 0, || {
            format!("nothing waits, and {} bytes are counted", rest.bytes())
        })?;
        require(droppable <= self.max_bytes.max(self.largest), || {
            format!("{droppable} bytes wait, at most {}", self.max_bytes)
        })?;
        let mut said = self.researches.iter().map(|told| &told.newest);
        let is_newest = said
            .by_ref()
            .zip(&newest)
            .all(|(said, heard)| said.is_same(heard));
        require(!self.is_roomy || is_newest, || {
            format!("the newest state does not wait: {newest:?}")
        })?;
        // One of them is the warning that something was dropped.
        require(news <= MAX_WAITING_NEWS + 1, || {
            format!("{news} news of the connection wait")
        })
    }

    fn hear(&mut self) -> Verdict {
        let Some(event) = self.mailbox.pop() else {
            return Ok(());
        };
        if is_owed(&event) {
            let first = self.owed.pop_front();
            let is_first = match (&first, &event) {
                (
                    Some(Event::Ack { emit, .. }),
                    Event::EmitFailed {
                        emit: other,
                        error: EmitError::AckDropped,
                    },
                ) => emit == other,
                _ => first.as_ref() == Some(&event),
            };
            require(is_first, || {
                format!("a slow page hears {event:?} instead of {first:?}")
            })?;
        }
        let Event::Research { id, event } = event else {
            return Ok(());
        };
        match number_of(&id).and_then(|n| self.researches.get_mut(n)) {
            Some(told) => told.hear(&event),
            None => Ok(()),
        }
    }
}

impl Told {
    /// Events come in the order in which they were said, each at most once; none is left out but
    /// with a gap, or a newer one of its kind.
    fn hear(&mut self, heard: &ResearchEvent) -> Verdict {
        if let ResearchEvent::Gap(gap) = heard {
            self.missing += gap.missing.unwrap_or(0) as i64;
            self.is_uncertain |= gap.missing.is_none();
            return Ok(());
        }
        while let Some(said) = self.said.pop_front() {
            if is_same(&said, heard) {
                self.heard.note(heard);
                return Ok(());
            }
            require(!is_end(&said), || format!("{heard:?} comes before the end"))?;
            self.skip(&said);
        }
        Err(format!("a slow page hears {heard:?} late or twice"))
    }

    fn skip(&mut self, event: &ResearchEvent) {
        self.missing -= i64::from(matches!(event, ResearchEvent::Log(_)));
    }
}

/// Whether it always gets through, an ack perhaps as the failure of its emit.
const fn is_owed(event: &Event) -> bool {
    match event {
        Event::Research { event, .. } => {
            matches!(
                event,
                ResearchEvent::End(_)
                    | ResearchEvent::Failure(_)
                    | ResearchEvent::HistoryRead
                    | ResearchEvent::Verified(_)
            )
        }
        Event::Ack { .. } | Event::Cancelled { .. } | Event::EmitFailed { .. } => true,
        _ => false,
    }
}

/// A status follows the one that was heard before it.
fn is_same(said: &ResearchEvent, heard: &ResearchEvent) -> bool {
    match (said, heard) {
        (ResearchEvent::Status { status, .. }, ResearchEvent::Status { status: other, .. }) => {
            status == other
        }
        _ => said == heard,
    }
}

const fn is_end(event: &ResearchEvent) -> bool {
    matches!(event, ResearchEvent::End(_))
}

const fn is_gap(event: &Event) -> bool {
    matches!(
        event,
        Event::Research {
            event: ResearchEvent::Gap(_),
            ..
        }
    )
}

fn is_news(event: &Event) -> bool {
    match event {
        Event::Warning(warning) => warning.code == "page-too-slow",
        Event::Connect { .. }
        | Event::ConnectError(_)
        | Event::Disconnect(_)
        | Event::Reconnect(_)
        | Event::ReconnectAttempt(_)
        | Event::ReconnectFailed(_)
        | Event::Renewed { .. }
        | Event::State(_) => true,
        _ => false,
    }
}

/// The bytes of an event, with all its texts.
fn size(event: &Event) -> usize {
    let mut texts: Vec<&str> = Vec::new();
    let mut attached = 0;
    match event {
        Event::Research { id, event } => {
            texts.push(id);
            match event {
                ResearchEvent::Log(line) => {
                    texts.extend([&*line.entry, &line.message]);
                    texts.extend(line.time.as_deref());
                }
                ResearchEvent::Engine(engine) => texts.push(&engine.name),
                ResearchEvent::Task(task) => texts.push(task),
                ResearchEvent::Step(payload) => texts.push(payload),
                ResearchEvent::Update(update) => texts.push(&update.payload),
                ResearchEvent::Failure(failure) => {
                    texts.extend([&failure.code, &failure.title, &failure.text].map(|t| &**t));
                    texts.extend(failure.detail.as_deref());
                    texts.extend(failure.suggestion.as_deref());
                }
                ResearchEvent::End(end) => {
                    texts.extend(end.message.as_deref());
                    texts.extend(end.error.as_deref());
                }
                ResearchEvent::Gap(_)
                | ResearchEvent::HistoryRead
                | ResearchEvent::Status { .. }
                | ResearchEvent::Refusal(_)
                | ResearchEvent::Verified(_) => {}
            }
        }
        Event::Ack {
            args, attachments, ..
        } => {
            texts.push(args);
            attached = attachments.iter().map(Vec::len).sum();
        }
        Event::Message {
            name,
            args,
            attachments,
            ..
        } => {
            texts.extend([name, args].map(|text| &**text));
            attached = attachments.iter().map(Vec::len).sum();
        }
        Event::SearchEngineSelected(payload) => texts.push(payload),
        Event::Warning(warning) => {
            texts.extend([&warning.message, &warning.excerpt].map(|text| &**text));
            texts.extend(warning.research.as_deref());
        }
        _ => {}
    }
    let texts = texts.into_iter().map(str::len);
    EVENT_BYTES + attached + texts.sum::<usize>()
}
