//! What waits for the page: bounded, and honest about what had to be dropped.

use crate::queue::{Queue, SmallMap};
use crate::research::{Event, Gap, ResearchEvent};
use crate::time::Timestamp;

/// How many events may wait. A page that needs 5 ms for each is over four minutes behind by then.
pub const MAX_WAITING_EVENTS: usize = 50_000;

/// Events on their way to handlers that may be slow.
///
/// Once it is full, lines of the log, steps, warnings and the server's other events are dropped,
/// and of each research only its newest update is kept. Everything that changes a state always
/// gets through. When half of the queue is read, or before its end, a [`Gap`] for each research tells
/// how many lines are missing.
///
/// What happens to the connection overtakes what the server sent: a page that is busy with lines
/// for seconds still shows at once that the connection is gone.
#[derive(Debug)]
pub struct Mailbox {
    capacity: usize,
    /// News of the connection. A handful for each attempt to connect.
    connection: Queue<Event>,
    queue: Queue<Event>,
    overflow: SmallMap<String, Overflow>,
    dropped: u64,
}

#[derive(Debug)]
struct Overflow {
    from: Timestamp,
    to: Timestamp,
    lines: u64,
    update: Option<Event>,
}

impl Default for Mailbox {
    fn default() -> Self {
        Self::new(MAX_WAITING_EVENTS)
    }
}

impl Mailbox {
    /// An empty one for so many events.
    pub const fn new(capacity: usize) -> Self {
        Self {
            capacity,
            connection: Queue::new(),
            queue: Queue::new(),
            overflow: SmallMap::new(),
            dropped: 0,
        }
    }

    /// Adds an event that happened at `now`.
    pub fn push(&mut self, now: Timestamp, event: Event) {
        if is_about_connection(&event) {
            return self.connection.push_back(event);
        }
        let full = self.queue.len() >= self.capacity || !self.overflow.is_empty();
        let Some(event) = (if full {
            self.make_room(now, event)
        } else {
            Some(event)
        }) else {
            return;
        };
        self.queue.push_back(event);
    }

    /// The next event for the page.
    pub fn pop(&mut self) -> Option<Event> {
        if let Some(event) = self.connection.pop_front() {
            return Some(event);
        }
        if self.queue.len() <= self.capacity / 2 && !self.overflow.is_empty() {
            self.report_overflow();
        }
        self.queue.pop_front()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.connection.is_empty() && self.queue.is_empty() && self.overflow.is_empty()
    }

    /// Events that no handler saw because too many waited.
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Drops what waits: nobody wants it any more.
    pub fn clear(&mut self) {
        self.connection.clear();
        self.queue.clear();
        self.overflow.clear();
    }

    /// Drops the event, keeps it for later, or gives it back because it cannot wait.
    fn make_room(&mut self, now: Timestamp, event: Event) -> Option<Event> {
        let Event::Research {
            id,
            event: research,
        } = &event
        else {
            // What a server can send without end.
            let is_dropped = matches!(
                event,
                Event::Message { .. } | Event::SearchEngineSelected(_) | Event::Warning(_)
            );
            self.dropped += u64::from(is_dropped);
            return (!is_dropped).then_some(event);
        };
        match research {
            ResearchEvent::Log(_) => {
                self.dropped += 1;
                if let Some(overflow) = self.overflow_of(now, id) {
                    overflow.lines += 1;
                }
                None
            }
            ResearchEvent::Step(_) => {
                self.dropped += 1;
                None
            }
            ResearchEvent::Update(_) => {
                let id = id.clone();
                let overflow = self.overflow_of(now, &id);
                let older = overflow.and_then(|overflow| overflow.update.replace(event));
                self.dropped += u64::from(older.is_some());
                None
            }
            ResearchEvent::End(_) => {
                // Nothing but late lines may follow an end.
                if let Some(overflow) = self.overflow.remove(id) {
                    self.report(id.clone(), overflow);
                }
                Some(event)
            }
            ResearchEvent::Engine(_)
            | ResearchEvent::Failure(_)
            | ResearchEvent::Gap(_)
            | ResearchEvent::Status { .. }
            | ResearchEvent::Task(_) => Some(event),
        }
    }

    fn overflow_of(&mut self, now: Timestamp, id: &str) -> Option<&mut Overflow> {
        if self.overflow.get(id).is_none() {
            let overflow = Overflow {
                from: now,
                to: now,
                lines: 0,
                update: None,
            };
            self.overflow.insert(id.to_owned(), overflow);
        }
        let overflow = self.overflow.get_mut(id)?;
        overflow.to = now;
        Some(overflow)
    }

    fn report_overflow(&mut self) {
        for (id, overflow) in std::mem::take(&mut self.overflow).into_entries() {
            self.report(id, overflow);
        }
    }

    fn report(&mut self, id: String, overflow: Overflow) {
        let Overflow {
            from,
            to,
            lines,
            update,
        } = overflow;
        if let Some(update) = update {
            self.queue.push_back(update);
        }
        if lines > 0 {
            let event = ResearchEvent::Gap(Gap {
                from: from.as_millis(),
                to: to.as_millis(),
                recovered: 0,
                missing: Some(lines),
            });
            self.queue.push_back(Event::Research { id, event });
        }
    }
}

const fn is_about_connection(event: &Event) -> bool {
    match event {
        Event::Connect { .. }
        | Event::ConnectError(_)
        | Event::Disconnect(_)
        | Event::Reconnect(_)
        | Event::ReconnectAttempt(_)
        | Event::ReconnectFailed(_)
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
        let mut mailbox = Mailbox::new(10);
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
        let mut mailbox = Mailbox::new(1);
        for progress in 1..=5 {
            mailbox.push(Timestamp::default(), update(progress));
        }
        assert_eq!(mailbox.dropped(), 3);
        let out: Vec<_> = std::iter::from_fn(|| mailbox.pop()).collect();
        assert_eq!(out, [update(1), update(5)]);
    }

    #[test]
    fn lines_are_dropped_until_half_of_the_queue_is_read() {
        let mut mailbox = Mailbox::new(10);
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
    fn steps_beyond_the_bound_are_dropped_and_counted() {
        let mut mailbox = Mailbox::new(1);
        let step = Event::Research {
            id: "r".to_owned(),
            event: ResearchEvent::Step("{}".into()),
        };
        for _ in 0..4 {
            mailbox.push(Timestamp::default(), step.clone());
        }
        assert_eq!(mailbox.dropped(), 3);
        assert_eq!(mailbox.pop(), Some(step));
        assert_eq!(mailbox.pop(), None);
    }

    #[test]
    fn whatever_waits_keeps_it_from_being_empty_until_it_is_read_or_cleared() {
        let mut mailbox = Mailbox::new(1);
        assert!(mailbox.is_empty());
        mailbox.push(Timestamp::default(), Event::ReconnectAttempt(1));
        assert!(!mailbox.is_empty());
        assert!(mailbox.pop().is_some() && mailbox.is_empty());
        mailbox.push(Timestamp::default(), update(1));
        assert!(!mailbox.is_empty());
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
        let mut mailbox = Mailbox::new(1);
        let engine = Event::SearchEngineSelected("{}".into());
        let warning = events("{").remove(0);
        let message = Event::Message {
            name: "a".to_owned(),
            args: "[\"a\"]".to_owned(),
            ack: None,
            attachments: Vec::new(),
        };
        assert!(matches!(warning, Event::Warning(_)));
        for event in [&engine, &engine, &warning, &message] {
            mailbox.push(Timestamp::default(), event.clone());
        }
        assert_eq!(mailbox.dropped(), 3);
        assert_eq!(mailbox.pop(), Some(engine));
        assert_eq!(mailbox.pop(), None);
    }

    #[test]
    fn lines_that_were_dropped_are_told_before_the_end() {
        let mut mailbox = Mailbox::new(1);
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
        let mut mailbox = Mailbox::new(1);
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
