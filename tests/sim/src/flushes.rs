//! How often a server is asked so that it stores its log, or to see whether it still shows a research: seldom, but
//! often enough.

use research_socket::config::Config;
use research_socket::http::{Answer, Request, RequestError};
use research_socket::patience::LAST_LOOK_MS;
use research_socket::research::{Client, Event, Input, ResearchEvent, Source};

use crate::page::START;
use crate::plan::{Kind, RESEARCHES};
use crate::refusals::research_of;
use crate::rules::{Verdict, kind_of, require};
use crate::story::{number_of, written_at};

/// The least time between two questions for one research, in milliseconds.
const LEAST: u64 = 1_000;

/// So long lines come without any question about their research, and somebody looks at a research without any
/// question at all, in milliseconds.
const MOST: u64 = 15_000;

/// What stands between the packets of an Engine.IO payload, and in no JSON.
const SEPARATOR: u8 = 0x1e;

/// One research.
#[derive(Debug, Default)]
struct Past {
    follows: bool,
    ended: bool,
    is_over: bool,
    /// When something was asked about it last.
    asked: Option<u64>,
    /// When the server was asked for nothing else but to store its log.
    flushed: Option<u64>,
    /// When the first live line came since it was asked.
    unstored: Option<u64>,
    /// Whether its status could not be had the last time.
    is_troubled: bool,
    /// Whether that was a refusal, and whether the page was told of one.
    is_refused: bool,
    is_told: bool,
}

/// What one client has asked.
#[derive(Debug, Default)]
pub(crate) struct Flushes {
    is_wanted: bool,
    /// Whether the status is asked for at all.
    asks: bool,
    pasts: [Past; RESEARCHES as usize],
    /// So often so far, and to see whether it is still shown.
    count: u64,
    watches: u64,
    /// Whether nobody looks at the page.
    unseen: bool,
    /// When anything was asked last, and before that.
    asked: Option<u64>,
    before: Option<u64>,
    /// Whether it may be between two sessions without telling, since a navigation has begun.
    has_left: bool,
    /// Since when somebody looks at something that is live and running, if anybody does.
    watched: Option<u64>,
    /// Whose status was asked for since the client was looked at.
    newest: Option<usize>,
    /// Whether the page has been asked for what the next question takes with it: it may never answer.
    is_owed: bool,
}

impl Flushes {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            // What is refused for good is not asked for again, until the page is seen.
            is_wanted: config.flush_logs && config.fallback.is_some() && config.persistent,
            asks: config.fallback.is_some(),
            ..Self::default()
        }
    }

    pub(crate) fn input(&mut self, input: &Input) {
        let (id, follows) = match input {
            Input::Visible => {
                self.unseen = false;
                return;
            }
            Input::Leaving => {
                self.has_left = true;
                return;
            }
            Input::Unseen => {
                self.unseen = true;
                return;
            }
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
        self.before = self.asked.replace(now);
        self.is_owed = false;
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
            past.is_refused = match answer {
                Answer::Response(response) => matches!(response.status, 401 | 403),
                Answer::Failed(error) => *error == RequestError::Redirected,
                Answer::Piece(_) => false,
            };
            past.is_troubled = !matches!(answer, Answer::Response(response)
                if (200..=299).contains(&response.status) && is_object(&response.body));
        }
    }

    /// The page is asked for what a request takes with it.
    pub(crate) const fn ask(&mut self) {
        self.is_owed = true;
    }

    /// The client no longer waits for an answer: its server hangs, and is spared for as long as after a failure.
    pub(crate) fn aborted(&mut self, request: &Request) {
        let past = research_of(request).and_then(|number| self.pasts.get_mut(number));
        if let Some(past) = past.filter(|_| kind_of(request) == Kind::Status) {
            past.is_troubled = true;
        }
    }

    pub(crate) fn event(&mut self, now: u64, event: &Event) {
        if let Event::Connect { .. } | Event::Renewed { .. } = event {
            // Another session, which asks for what it needs.
            self.watched = None;
            self.has_left = false;
        }
        let Event::Research { id, event } = event else {
            return;
        };
        let Some(past) = number_of(id).and_then(|number| self.pasts.get_mut(number)) else {
            return;
        };
        match event {
            ResearchEvent::End(_) => past.ended = true,
            // The end itself may wait for the stored log.
            ResearchEvent::Status { status, .. } => past.is_over = status.is_terminal(),
            ResearchEvent::Refusal(refusal) => past.is_told = refusal.is_some(),
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
        self.check_watch(now, client)?;
        let untold =
            |past: &&Past| past.follows && !past.is_over && past.is_refused && !past.is_told;
        let found = self.pasts.iter().find(untold).filter(|_| self.asks);
        require(found.is_none(), || {
            format!("a refusal that the page was not told: {found:?}")
        })?;
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
        })?;
        let waited = self.watched.max(self.asked).map_or(0, |since| now - since);
        let is_watched = self.watched.is_some();
        require(
            !is_watched || self.is_owed || waited <= MOST + LAST_LOOK_MS,
            || format!("a sign-out would have gone unnoticed for {waited} ms"),
        )
    }

    /// What is asked to see whether a research is still shown comes while somebody looks at what comes live, and
    /// after a silence, or as a retry.
    fn check_watch(&mut self, now: u64, client: &Client) -> Verdict {
        let is_live = client.is_connected() && !self.unseen;
        let is_asked = |past: &Past| past.follows && !past.ended && !past.is_troubled;
        let is_watched = is_live && !self.has_left && self.pasts.iter().any(is_asked);
        self.watched = is_watched.then(|| self.watched.unwrap_or(now));
        let count = client.stats().sign_in_checks;
        if std::mem::replace(&mut self.watches, count) == count {
            return Ok(());
        }
        let past = self.newest.and_then(|number| self.pasts.get(number));
        let Some(past) = past else {
            return Err("a sign-in check of no research".to_owned());
        };
        require(is_live && !past.ended, || {
            format!("a sign-in check that nobody needs: {past:?}")
        })?;
        let waited = self.before.map(|before| now - before);
        let is_late = waited.is_none_or(|waited| waited >= MOST);
        require(past.is_troubled || is_late, || {
            format!("a sign-in check {waited:?} ms after the last question")
        })
    }
}

/// Whether it is what a status is, and nothing more: not cut off, and not two of them.
fn is_object(body: &[u8]) -> bool {
    body.first() == Some(&b'{') && body.last() == Some(&b'}') && !body.contains(&SEPARATOR)
}
