//! How often a server is asked so that it stores its log: seldom, but often enough.

use research_socket::config::Config;
use research_socket::http::{Answer, Request};
use research_socket::patience::LAST_LOOK_MS;
use research_socket::research::{Client, Event, Input, ResearchEvent, Source};

use crate::page::START;
use crate::plan::{Kind, RESEARCHES};
use crate::refusals::research_of;
use crate::rules::{Verdict, kind_of, require};
use crate::story::{number_of, written_at};

/// The least time between two questions for one research, in milliseconds.
const LEAST: u64 = 1_000;

/// So long lines come without any question about their research, in milliseconds.
const MOST: u64 = 15_000;

/// One research.
#[derive(Debug, Default)]
struct Past {
    follows: bool,
    ended: bool,
    /// When something was asked about it last.
    asked: Option<u64>,
    /// When the server was asked for nothing else but to store its log.
    flushed: Option<u64>,
    /// When the first live line came since it was asked.
    unstored: Option<u64>,
    /// Whether its status could not be had the last time.
    is_troubled: bool,
}

/// What one client has asked.
#[derive(Debug, Default)]
pub(crate) struct Flushes {
    is_wanted: bool,
    pasts: [Past; RESEARCHES as usize],
    /// So often so far.
    count: u64,
    /// Whose status was asked for since the client was looked at.
    newest: Option<usize>,
}

impl Flushes {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            // What is refused for good is not asked for again, until the page is seen.
            is_wanted: config.flush_logs && config.fallback.is_some() && config.persistent,
            ..Self::default()
        }
    }

    pub(crate) fn input(&mut self, input: &Input) {
        let (id, follows) = match input {
            Input::Subscribe(id) => (id.as_str(), true),
            Input::Unsubscribe(id) => (id.as_str(), false),
            _ => return,
        };
        let past = number_of(id).and_then(|number| self.pasts.get_mut(number));
        if let Some(past) = past.filter(|past| past.follows != follows) {
            *past = Past {
                follows,
                ..Past::default()
            };
        }
    }

    pub(crate) fn start(&mut self, now: u64, request: &Request) {
        let kind = kind_of(request);
        if !matches!(kind, Kind::Status | Kind::Logs) {
            return;
        }
        let research = research_of(request);
        if let Some(past) = research.and_then(|number| self.pasts.get_mut(number)) {
            past.asked = Some(now);
            past.unstored = None;
        }
        self.newest = research.filter(|_| kind == Kind::Status);
    }

    pub(crate) fn answered(&mut self, request: &Request, answer: &Answer) {
        let past = research_of(request).and_then(|number| self.pasts.get_mut(number));
        if let Some(past) = past.filter(|_| kind_of(request) == Kind::Status) {
            past.is_troubled = !matches!(answer, Answer::Response(response)
                if (200..=299).contains(&response.status) && response.body.first() == Some(&b'{'));
        }
    }

    /// The client no longer waits for an answer: its server hangs, and is spared for as long as after a failure.
    pub(crate) fn aborted(&mut self, request: &Request) {
        let past = research_of(request).and_then(|number| self.pasts.get_mut(number));
        if let Some(past) = past.filter(|_| kind_of(request) == Kind::Status) {
            past.is_troubled = true;
        }
    }

    pub(crate) fn event(&mut self, now: u64, event: &Event) {
        let Event::Research { id, event } = event else {
            return;
        };
        let Some(past) = number_of(id).and_then(|number| self.pasts.get_mut(number)) else {
            return;
        };
        match event {
            ResearchEvent::End(_) => past.ended = true,
            ResearchEvent::Log(entry) if entry.source == Source::Live => {
                // What waited for the stored log may be from before it was asked for.
                let written =
                    written_at(entry).map(|micros| (micros / 1_000).saturating_sub(START));
                if written > past.asked {
                    past.unstored.get_or_insert(now);
                }
            }
            _ => {}
        }
    }

    /// Looks at the client after all outputs of an input. `is_punctual`: its timers fire on time, and it is
    /// live with nothing to wait for.
    pub(crate) fn check(&mut self, now: u64, client: &Client, is_punctual: bool) -> Verdict {
        let newest = self.newest.take();
        let count = client.stats().log_flushes;
        if std::mem::replace(&mut self.count, count) != count {
            let past = newest.and_then(|number| self.pasts.get_mut(number));
            let Some(past) = past else {
                return Err("a flush of no research".to_owned());
            };
            require(!past.ended, || "a flush after the end".to_owned())?;
            let before = past.flushed.replace(now);
            let waited = before.map(|before| now - before);
            require(waited.is_none_or(|waited| waited >= LEAST), || {
                format!("a flush {waited:?} ms after the last one")
            })?;
        }
        if !self.is_wanted || !is_punctual {
            return Ok(());
        }
        let overdue = |past: &&Past| {
            let since = past.unstored.filter(|_| !past.ended && !past.is_troubled);
            since.is_some_and(|since| now - since > MOST + LAST_LOOK_MS)
        };
        let found = self.pasts.iter().filter(|past| past.follows).find(overdue);
        require(found.is_none(), || {
            format!("live lines, but no flush: {found:?}")
        })
    }
}
