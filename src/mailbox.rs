//! What waits for the page: bounded in number and in bytes, and honest about what had to be dropped.

use std::mem::discriminant;

use crate::queue::Queue;
use crate::research::{Event, Gap, LogEntry, ResearchEvent, Warning};
use crate::socket::EmitError;
use crate::time::Timestamp;

/// How many events may wait. A page that needs 5 ms for each is over four minutes behind by then.
pub const MAX_WAITING_EVENTS: usize = 50_000;

/// How many bytes they may have together. A stored log of 40,000 lines, as many as are delivered at
/// once, fits with up to 580 bytes for each; a line of a real run takes about 500.
pub const MAX_WAITING_BYTES: usize = 24 * 1_024 * 1_024;

/// One part in so many of the bytes is left to what replaces something older, and to acks.
const RESERVE: usize = 16;

/// What an event takes besides its texts: its place in the queue and the blocks of its texts.
pub const EVENT_BYTES: usize = 128;

/// How many lines are made values of at once, at most, and of how many bytes: some tenths of a millisecond, which a turn
/// of the page's handlers does not notice.
const MAX_LINES: usize = 64;
const MAX_LINE_BYTES: usize = 32_768;

/// How many news of the connection may wait: those of a dozen attempts. A page sees nothing in more
/// of them; only a server that drops each connection at once gets there, and a page that stands still.
pub const MAX_WAITING_NEWS: usize = 64;

/// Events on their way to handlers that may be slow.
///
/// Once it is full, lines of the log, steps, warnings and the server's other events are dropped. Of
/// engine, status, task and update of each research, and of engines that were chosen for no research
/// in particular, only the newest waits. When half of the queue is read, or before its end, a
/// [`Gap`] for each research tells how many lines are missing. Of anything else that is dropped one
/// warning tells; [`dropped`](Self::dropped) counts all. An event that is larger than the bound by
/// itself gets its turn while nothing else waits.
///
/// These always get through, and are bounded by what the page itself asked for: one end for each
/// research, a bounded number of failures (the job's), that its stored log was read, one outcome for
/// each emit and each request to end a research, one answer each time that it verifies one. Gaps become one while it is full. An ack whose answer is too large for what is
/// left becomes a failure of its emit, so that whoever waits for it hears.
///
/// What happens to the connection overtakes what the server sent: a page that is busy with lines
/// for seconds still shows at once that the connection is gone. Of more than a page could make
/// sense of, the oldest is dropped, always from one state to the next.
#[derive(Clone, Debug)]
pub struct Mailbox {
    max_events: usize,
    max_bytes: usize,
    /// News of the connection. A handful for each attempt to connect.
    news: Queue<Event>,
    queue: Queue<Event>,
    /// The newest states, and the gaps, of what did not fit into the queue.
    kept: Vec<Event>,
    /// Of all that waits but news.
    bytes: usize,
    dropped: u64,
    has_warned: bool,
}

impl Default for Mailbox {
    fn default() -> Self {
        Self::new(MAX_WAITING_EVENTS, MAX_WAITING_BYTES)
    }
}

impl Mailbox {
    /// An empty one for so many events, which have so many bytes together.
    pub const fn new(max_events: usize, max_bytes: usize) -> Self {
        Self {
            max_events,
            max_bytes,
            news: Queue::new(),
            queue: Queue::new(),
            kept: Vec::new(),
            bytes: 0,
            dropped: 0,
            has_warned: false,
        }
    }

    /// Adds an event that happened at `now`.
    pub fn push(&mut self, now: Timestamp, event: Event) {
        if is_about_connection(&event) {
            return self.push_news(event);
        }
        let most = self.max_bytes - self.max_bytes / RESERVE;
        let is_full = !self.kept.is_empty()
            || self.queue.len() >= self.max_events
            || (self.bytes + size(&event) > most && !self.queue.is_empty());
        let event = if is_full {
            self.make_room(now, event)
        } else {
            Some(event)
        };
        if let Some(event) = event {
            self.bytes += size(&event);
            self.queue.push_back(event);
        }
    }

    /// The next event for the page.
    pub fn pop(&mut self) -> Option<Event> {
        if let Some(event) = self.news.pop_front() {
            return Some(event);
        }
        if self.has_room() || self.queue.is_empty() {
            self.report();
        }
        let event = self.queue.pop_front()?;
        self.bytes -= size(&event);
        Some(event)
    }

    /// A line that was taken out and those that come next, as one array of JSON, and how many it has. Whoever makes
    /// values of them makes these at once: for each alone the way costs more than the making.
    pub fn lines_from(&self, first: &LogEntry) -> (String, u32) {
        let mut json = String::from("[");
        first.write_json(&mut json);
        let mut count = 1;
        for event in self.queue.iter().take(MAX_LINES - 1) {
            if let Event::Research {
                event: ResearchEvent::Log(line),
                ..
            } = event
            {
                if json.len() + line.entry.len() > MAX_LINE_BYTES {
                    break;
                }
                json.push(',');
                line.write_json(&mut json);
                count += 1;
            }
        }
        json.push(']');
        (json, count)
    }

    /// Whether at most half of it is taken: what is read while it is finds its place in the other half.
    pub fn has_room(&self) -> bool {
        self.queue.len() <= self.max_events / 2 && self.bytes <= self.max_bytes / 2
    }

    /// Whether news of the connection wait, which go first.
    pub fn has_news(&self) -> bool {
        !self.news.is_empty()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.news.is_empty() && self.queue.is_empty() && self.kept.is_empty()
    }

    /// Events that no handler saw because too much waited.
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The bytes of what waits, without news of the connection.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Drops what waits: nobody wants it any more.
    pub fn clear(&mut self) {
        self.news.clear();
        self.queue.clear();
        self.kept.clear();
        self.bytes = 0;
    }

    fn push_news(&mut self, event: Event) {
        self.news.push_back(event);
        if self.news.len() > MAX_WAITING_NEWS {
            // A state comes before the event that belongs to it: the two stay together.
            loop {
                self.news.pop_front();
                self.dropped += 1;
                if let None | Some(Event::State(_)) = self.news.iter().next() {
                    break;
                }
            }
        }
    }

    /// Drops the event, keeps it for later, or gives back what has to wait in its place.
    fn make_room(&mut self, now: Timestamp, mut event: Event) -> Option<Event> {
        let mut is_gap = false;
        match &mut event {
            Event::Research {
                event: research, ..
            } => match research {
                ResearchEvent::Log(_) => {
                    self.dropped += 1;
                    is_gap = true;
                    let now = now.as_millis();
                    *research = ResearchEvent::Gap(Gap {
                        from: now,
                        to: now,
                        recovered: 0,
                        missing: Some(1),
                    });
                }
                ResearchEvent::Gap(_) => is_gap = true,
                ResearchEvent::End(_)
                | ResearchEvent::Failure(_)
                | ResearchEvent::HistoryRead
                | ResearchEvent::Verified(_) => {
                    // What was said before is heard before.
                    self.report();
                    return Some(event);
                }
                ResearchEvent::Step(_) => return self.drop_one(),
                ResearchEvent::Engine(_)
                | ResearchEvent::Refusal(_)
                | ResearchEvent::Status { .. }
                | ResearchEvent::Task(_)
                | ResearchEvent::Update(_) => {}
            },
            Event::SearchEngineSelected(_) => {}
            Event::Message { .. } | Event::Warning(_) => return self.drop_one(),
            Event::Ack { emit, .. } => {
                let emit = *emit;
                if self.bytes + size(&event) <= self.max_bytes {
                    return Some(event);
                }
                self.drop_one();
                let error = EmitError::AckDropped;
                return Some(Event::EmitFailed { emit, error });
            }
            Event::Cancelled { .. }
            | Event::Connect { .. }
            | Event::ConnectError(_)
            | Event::Disconnect(_)
            | Event::EmitFailed { .. }
            | Event::Reconnect(_)
            | Event::ReconnectAttempt(_)
            | Event::ReconnectFailed(_)
            | Event::Renewed { .. }
            | Event::State(_) => return Some(event),
        }
        let place = self
            .kept
            .iter()
            .position(|other| is_about_same(other, &event));
        if let Some(place) = place {
            let older = self.kept.remove(place);
            self.bytes -= size(&older);
            go_on_from(&older, &mut event);
            if !is_gap {
                self.drop_one();
            }
        }
        let bytes = self.bytes + size(&event);
        if !is_gap && bytes > self.max_bytes {
            return self.drop_one();
        }
        self.bytes = bytes;
        self.kept.push(event);
        None
    }

    /// Counts what is dropped and no gap tells of, and says so once.
    fn drop_one(&mut self) -> Option<Event> {
        self.dropped += 1;
        if !std::mem::replace(&mut self.has_warned, true) {
            self.news.push_back(Event::Warning(Warning {
                code: "page-too-slow",
                message: "too much waits for slow handlers: events are dropped".to_owned(),
                research: None,
                excerpt: String::new(),
            }));
        }
        None
    }

    fn report(&mut self) {
        for event in std::mem::take(&mut self.kept) {
            self.queue.push_back(event);
        }
    }
}

/// Whether the newer event is all that a page needs to hear of the two.
fn is_about_same(older: &Event, newer: &Event) -> bool {
    match (older, newer) {
        (
            Event::Research { id, event },
            Event::Research {
                id: other_id,
                event: other,
            },
        ) => id == other_id && discriminant(event) == discriminant(other),
        (older, newer) => discriminant(older) == discriminant(newer),
    }
}

/// The page hears the newer event without the older one.
fn go_on_from(older: &Event, newer: &mut Event) {
    let (Event::Research { event: older, .. }, Event::Research { event: newer, .. }) =
        (older, newer)
    else {
        return;
    };
    if let (
        ResearchEvent::Status { previous, .. },
        ResearchEvent::Status {
            previous: between, ..
        },
    ) = (older, &mut *newer)
    {
        *between = *previous;
    }
    if let (ResearchEvent::Gap(older), ResearchEvent::Gap(gap)) = (older, newer) {
        gap.from = gap.from.min(older.from);
        gap.to = gap.to.max(older.to);
        gap.recovered += older.recovered;
        let missing = gap.missing.zip(older.missing);
        gap.missing = missing.map(|(some, more)| some + more);
    }
}

/// The bytes that an event takes while it waits.
fn size(event: &Event) -> usize {
    let texts = match event {
        Event::Research { id, event } => {
            id.len()
                + match event {
                    ResearchEvent::Log(line) => {
                        line.entry.len() + line.message.len() + len(&line.time)
                    }
                    ResearchEvent::Engine(engine) => engine.name.len(),
                    ResearchEvent::Task(task) => task.len(),
                    ResearchEvent::Step(payload) => payload.len(),
                    ResearchEvent::Update(update) => update.payload.len(),
                    ResearchEvent::Failure(failure) => {
                        let words = failure.title.len() + failure.text.len() + len(&failure.detail);
                        failure.code.len() + words + len(&failure.suggestion)
                    }
                    ResearchEvent::End(end) => len(&end.message) + len(&end.error),
                    ResearchEvent::Gap(_)
                    | ResearchEvent::HistoryRead
                    | ResearchEvent::Refusal(_)
                    | ResearchEvent::Status { .. }
                    | ResearchEvent::Verified(_) => 0,
                }
        }
        Event::Ack {
            args, attachments, ..
        } => args.len() + attached(attachments),
        Event::Message {
            name,
            args,
            attachments,
            ..
        } => name.len() + args.len() + attached(attachments),
        Event::SearchEngineSelected(payload) => payload.len(),
        Event::Warning(warning) => {
            warning.message.len() + warning.excerpt.len() + len(&warning.research)
        }
        Event::Cancelled { .. }
        | Event::Connect { .. }
        | Event::ConnectError(_)
        | Event::Disconnect(_)
        | Event::EmitFailed { .. }
        | Event::Reconnect(_)
        | Event::ReconnectAttempt(_)
        | Event::ReconnectFailed(_)
        | Event::Renewed { .. }
        | Event::State(_) => 0,
    };
    texts + EVENT_BYTES
}

fn len(text: &Option<String>) -> usize {
    text.as_ref().map_or(0, String::len)
}

fn attached(attachments: &[Vec<u8>]) -> usize {
    attachments.iter().map(Vec::len).sum()
}

const fn is_about_connection(event: &Event) -> bool {
    match event {
        Event::Connect { .. }
        | Event::ConnectError(_)
        | Event::Disconnect(_)
        | Event::Reconnect(_)
        | Event::ReconnectAttempt(_)
        | Event::ReconnectFailed(_)
        | Event::Renewed { .. }
        | Event::State(_) => true,
        Event::Ack { .. }
        | Event::Cancelled { .. }
        | Event::EmitFailed { .. }
        | Event::Message { .. }
        | Event::Research { .. }
        | Event::SearchEngineSelected(_)
        | Event::Warning(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::research::{Job, JobEvent, Limits, ResearchId, Source};

    /// The events of one payload, as the client gives them.
    fn events(payload: &str) -> Vec<Event> {
        let mut job = Job::new(
            ResearchId::from_text("r").unwrap(),
            Limits {
                dedup_entries: 9,
                seed: 1,
            },
        );
        job.handle_payload(Timestamp::from_millis(1), Source::Live, payload);
        std::iter::from_fn(|| job.poll_event())
            .map(|event| match event {
                JobEvent::Research(event) => Event::Research {
                    id: "r".to_owned(),
                    event,
                },
                JobEvent::Warning(warning) => Event::Warning(warning),
            })
            .collect()
    }

    fn line(n: usize) -> Event {
        let payload = format!(r#"{{"log_entry":{{"message":"m{n}","time":"t{n}"}}}}"#);
        events(&payload).remove(0)
    }

    fn update(progress: u32) -> Event {
        let is_update = |event: &Event| {
            matches!(
                event,
                Event::Research {
                    event: ResearchEvent::Update(_),
                    ..
                }
            )
        };
        let all = events(&format!(r#"{{"progress":{progress}}}"#));
        all.into_iter().find(is_update).unwrap()
    }

    fn gap(from: u64, to: u64, lines: u64) -> Event {
        let event = ResearchEvent::Gap(Gap {
            from,
            to,
            recovered: 0,
            missing: Some(lines),
        });
        let id = "r".to_owned();
        Event::Research { id, event }
    }

    /// All that comes out after the warning that something was dropped.
    fn after_the_warning(mailbox: &mut Mailbox) -> Vec<Event> {
        let mut out = std::iter::from_fn(|| mailbox.pop());
        let warning = out.next();
        assert!(
            matches!(&warning, Some(Event::Warning(warning)) if warning.code == "page-too-slow"),
            "{warning:?}"
        );
        out.collect()
    }

    fn about(event: ResearchEvent) -> Event {
        let id = "r".to_owned();
        Event::Research { id, event }
    }

    #[test]
    fn events_come_out_in_the_order_in_which_they_went_in() {
        let mut mailbox = Mailbox::default();
        let lines: Vec<_> = (0..100).map(line).collect();
        lines
            .iter()
            .for_each(|line| mailbox.push(Timestamp::default(), line.clone()));
        let out: Vec<_> = std::iter::from_fn(|| mailbox.pop()).collect();
        assert_eq!(out, lines);
        assert!(mailbox.is_empty());
    }

    #[test]
    fn news_of_the_connection_overtake_lines_and_keep_their_order() {
        let mut mailbox = Mailbox::default();
        let news = [
            Event::Disconnect(crate::failure::Failure::ServerClosed),
            Event::ReconnectAttempt(1),
        ];
        mailbox.push(Timestamp::default(), line(1));
        for event in &news {
            mailbox.push(Timestamp::default(), event.clone());
        }
        let out: Vec<_> = std::iter::from_fn(|| mailbox.pop()).collect();
        let [disconnect, attempt] = news;
        assert_eq!(out, [disconnect, attempt, line(1)]);
    }

    #[test]
    fn lines_beyond_the_bound_become_one_gap_with_their_number() {
        let mut mailbox = Mailbox::new(10, MAX_WAITING_BYTES);
        for n in 0..25 {
            mailbox.push(Timestamp::from_millis(n as u64), line(n));
        }
        let out: Vec<_> = std::iter::from_fn(|| mailbox.pop()).collect();
        let gap = ResearchEvent::Gap(Gap {
            from: 10,
            to: 24,
            recovered: 0,
            missing: Some(15),
        });
        let mut expected: Vec<_> = (0..10).map(line).collect();
        expected.push(Event::Research {
            id: "r".to_owned(),
            event: gap,
        });
        assert_eq!(out, expected);
        assert_eq!(mailbox.dropped(), 15);
    }

    #[test]
    fn of_the_updates_beyond_the_bound_the_newest_is_kept() {
        let mut mailbox = Mailbox::new(1, MAX_WAITING_BYTES);
        for progress in 1..=5 {
            mailbox.push(Timestamp::default(), update(progress));
        }
        assert_eq!(mailbox.dropped(), 3);
        assert_eq!(after_the_warning(&mut mailbox), [update(1), update(5)]);
    }

    #[test]
    fn lines_are_dropped_until_half_of_the_queue_is_read() {
        let mut mailbox = Mailbox::new(10, MAX_WAITING_BYTES);
        for n in 0..12 {
            mailbox.push(Timestamp::from_millis(n), line(n as usize));
        }
        let mut out: Vec<_> = (0..5).filter_map(|_| mailbox.pop()).collect();
        assert_eq!(out, (0..5).map(line).collect::<Vec<_>>());
        mailbox.push(Timestamp::from_millis(20), line(20));
        out = mailbox.pop().into_iter().collect();
        assert_eq!(out, [line(5)]);
        mailbox.push(Timestamp::from_millis(30), line(30));
        out = std::iter::from_fn(|| mailbox.pop()).collect();
        let gap = gap(10, 20, 3);
        assert_eq!(out, [line(6), line(7), line(8), line(9), gap, line(30)]);
        assert_eq!(mailbox.dropped(), 3);
    }

    #[test]
    fn it_has_room_while_at_most_half_of_it_is_taken() {
        let mut mailbox = Mailbox::new(4, MAX_WAITING_BYTES);
        for (waiting, has_room) in [(0, true), (1, true), (2, true), (3, false), (4, false)] {
            assert_eq!(mailbox.has_room(), has_room, "{waiting} lines");
            mailbox.push(Timestamp::default(), line(waiting));
        }
        // News are of the connection: they wait for no room, and what is read has no room for more.
        let mut mailbox = Mailbox::new(100, 2 * size(&line(1)));
        mailbox.push(Timestamp::default(), Event::ReconnectAttempt(1));
        mailbox.push(Timestamp::default(), line(1));
        assert!(mailbox.has_room());
        mailbox.push(Timestamp::default(), line(2));
        assert!(!mailbox.has_room());
        mailbox.pop();
        mailbox.pop();
        assert!(mailbox.has_room());
    }

    #[test]
    fn steps_beyond_the_bound_are_dropped_and_counted() {
        let mut mailbox = Mailbox::new(1, MAX_WAITING_BYTES);
        let step = Event::Research {
            id: "r".to_owned(),
            event: ResearchEvent::Step("{}".into()),
        };
        for _ in 0..4 {
            mailbox.push(Timestamp::default(), step.clone());
        }
        assert_eq!(mailbox.dropped(), 3);
        assert_eq!(after_the_warning(&mut mailbox), [step]);
    }

    #[test]
    fn whatever_waits_keeps_it_from_being_empty_until_it_is_read_or_cleared() {
        let mut mailbox = Mailbox::new(1, MAX_WAITING_BYTES);
        assert!(mailbox.is_empty());
        mailbox.push(Timestamp::default(), Event::ReconnectAttempt(1));
        assert!(!mailbox.is_empty() && mailbox.has_news());
        assert!(mailbox.pop().is_some() && mailbox.is_empty() && !mailbox.has_news());
        mailbox.push(Timestamp::default(), update(1));
        assert!(!mailbox.is_empty() && !mailbox.has_news());
        // Kept apart until the queue is read.
        mailbox.push(Timestamp::default(), update(2));
        assert_eq!(mailbox.pop(), Some(update(1)));
        assert!(!mailbox.is_empty());
        assert_eq!(mailbox.pop(), Some(update(2)));
        assert!(mailbox.is_empty());
        for event in [update(3), update(4), Event::ReconnectAttempt(2)] {
            mailbox.push(Timestamp::default(), event);
        }
        mailbox.clear();
        assert!(mailbox.is_empty());
        assert_eq!(mailbox.pop(), None);
    }

    #[test]
    fn what_a_server_can_send_without_end_is_bounded() {
        let mut mailbox = Mailbox::new(1, MAX_WAITING_BYTES);
        let engine = |name: &str| Event::SearchEngineSelected(name.into());
        let warning = events("{").remove(0);
        let message = Event::Message {
            name: "a".to_owned(),
            args: "[\"a\"]".to_owned(),
            ack: None,
            attachments: Vec::new(),
        };
        assert!(matches!(warning, Event::Warning(_)));
        for event in [&engine("1"), &warning, &message, &engine("2"), &engine("3")] {
            mailbox.push(Timestamp::default(), event.clone());
        }
        assert_eq!(mailbox.dropped(), 3);
        assert_eq!(after_the_warning(&mut mailbox), [engine("1"), engine("3")]);
        assert_eq!(mailbox.bytes(), 0);
    }

    #[test]
    fn of_states_that_replace_each_other_the_newest_waits() {
        use crate::research::{Engine, Status};
        let engine = |name: &str| {
            about(ResearchEvent::Engine(Engine {
                name: name.to_owned(),
                result_count: None,
            }))
        };
        let task = |words: &str| about(ResearchEvent::Task(words.to_owned()));
        let status = |status, previous| {
            about(ResearchEvent::Status {
                status,
                previous: Some(previous),
            })
        };
        let mut mailbox = Mailbox::new(1, MAX_WAITING_BYTES);
        mailbox.push(Timestamp::default(), line(1));
        for event in [
            task("a"),
            engine("a"),
            status(Status::InProgress, Status::Queued),
            task("b"),
            status(Status::Failed, Status::InProgress),
            engine("b"),
        ] {
            mailbox.push(Timestamp::default(), event);
        }
        let expected = [
            line(1),
            task("b"),
            status(Status::Failed, Status::Queued),
            engine("b"),
        ];
        assert_eq!(after_the_warning(&mut mailbox), expected);
        assert_eq!(mailbox.dropped(), 3);
    }

    #[test]
    fn lines_beyond_the_bytes_become_a_gap_and_one_alone_gets_its_turn() {
        let large = |n: usize| {
            let words = "x".repeat(3_000);
            let payload = format!(r#"{{"log_entry":{{"message":"{n}{words}","time":"t{n}"}}}}"#);
            events(&payload).remove(0)
        };
        let mut mailbox = Mailbox::new(1_000, 16_000);
        for n in 0..5 {
            mailbox.push(Timestamp::default(), large(n));
        }
        assert!((12_000..=15_000).contains(&mailbox.bytes()));
        let out: Vec<_> = std::iter::from_fn(|| mailbox.pop()).collect();
        assert_eq!(out, [large(0), large(1), gap(0, 0, 3)]);
        assert_eq!((mailbox.dropped(), mailbox.bytes()), (3, 0));

        let mut mailbox = Mailbox::new(1_000, 1_000);
        mailbox.push(Timestamp::default(), large(0));
        mailbox.push(Timestamp::default(), line(1));
        let out: Vec<_> = std::iter::from_fn(|| mailbox.pop()).collect();
        assert_eq!(out, [large(0), gap(0, 0, 1)]);
    }

    #[test]
    fn an_ack_that_is_too_large_for_what_is_left_fails_its_emit() {
        use crate::socket::EmitId;
        let ack = |id, bytes| Event::Ack {
            emit: EmitId(id),
            args: "x".repeat(bytes),
            attachments: vec![vec![0; bytes]],
        };
        let mut mailbox = Mailbox::new(1, 10_000);
        for event in [line(1), ack(1, 100), ack(2, 6_000)] {
            mailbox.push(Timestamp::default(), event);
        }
        let failed = Event::EmitFailed {
            emit: EmitId(2),
            error: EmitError::AckDropped,
        };
        assert_eq!(
            after_the_warning(&mut mailbox),
            [line(1), ack(1, 100), failed]
        );
        assert_eq!((mailbox.dropped(), mailbox.bytes()), (1, 0));
    }

    #[test]
    fn gaps_of_a_full_mailbox_become_one() {
        let outage = |from, to, missing| {
            about(ResearchEvent::Gap(Gap {
                from,
                to,
                recovered: 2,
                missing,
            }))
        };
        for (missing, all) in [(Some(3), Some(4)), (None, None)] {
            let mut mailbox = Mailbox::new(1, MAX_WAITING_BYTES);
            mailbox.push(Timestamp::default(), line(1));
            mailbox.push(Timestamp::from_millis(5), line(2));
            mailbox.push(Timestamp::default(), outage(4, 9, missing));
            let out: Vec<_> = std::iter::from_fn(|| mailbox.pop()).collect();
            assert_eq!(out, [line(1), outage(4, 9, all)]);
        }
    }

    #[test]
    fn of_more_news_than_a_page_can_make_sense_of_the_oldest_is_dropped() {
        use crate::research::{State, StateName};
        let state = |attempt| {
            Event::State(State {
                name: StateName::Reconnecting,
                reason: None,
                attempt: Some(attempt),
                delay_ms: None,
            })
        };
        let mut mailbox = Mailbox::default();
        for attempt in 0..100 {
            mailbox.push(Timestamp::default(), state(attempt));
            mailbox.push(Timestamp::default(), Event::ReconnectAttempt(attempt));
        }
        let out: Vec<_> = std::iter::from_fn(|| mailbox.pop()).collect();
        let pairs = (100 - MAX_WAITING_NEWS as u32 / 2)..100;
        let expected: Vec<_> = pairs
            .flat_map(|attempt| [state(attempt), Event::ReconnectAttempt(attempt)])
            .collect();
        assert_eq!(out, expected);
        assert_eq!(mailbox.dropped(), 200 - MAX_WAITING_NEWS as u64);
    }

    #[test]
    fn lines_that_were_dropped_are_told_before_the_end() {
        let mut mailbox = Mailbox::new(1, MAX_WAITING_BYTES);
        for n in 0..3 {
            mailbox.push(Timestamp::from_millis(n as u64), line(n));
        }
        let end = events(r#"{"status":"completed"}"#).pop().unwrap();
        mailbox.push(Timestamp::from_millis(3), end.clone());
        let gap = gap(1, 2, 2);
        let out: Vec<_> = std::iter::from_fn(|| mailbox.pop()).collect();
        assert_eq!(out, [line(0), gap, end]);
    }

    #[test]
    fn an_end_gets_through_behind_the_newest_update() {
        let mut mailbox = Mailbox::new(1, MAX_WAITING_BYTES);
        mailbox.push(Timestamp::default(), line(1));
        for event in events(r#"{"status":"completed"}"#) {
            mailbox.push(Timestamp::default(), event);
        }
        let mut out: Vec<_> = std::iter::from_fn(|| mailbox.pop()).collect();
        let last = out.pop();
        assert!(matches!(
            last,
            Some(Event::Research {
                event: ResearchEvent::End(_),
                ..
            })
        ));
        let before = out.pop();
        assert!(matches!(
            before,
            Some(Event::Research {
                event: ResearchEvent::Update(_),
                ..
            })
        ));
    }
}
