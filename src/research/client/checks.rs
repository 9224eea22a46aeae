//! Asking the server for the status and the stored log of researches over HTTP: which one next, one
//! at a time.

use super::history::Problem;
use super::subscription::{Access, Schedule, Subscription};
use crate::config::Config;
use crate::http::{
    Answer, Context, MAX_BODY_BYTES, Method, Request, RequestError, RequestId, Response,
};
use crate::json::{Kind, Raw};
use crate::queue::SmallMap;
use crate::research::payload::event::ResearchEvent;
use crate::research::payload::warning::excerpt;
use crate::time::{Timestamp, earliest};

/// The longest wait between two questions that a server can ask for, in milliseconds.
const MAX_RETRY_AFTER_MS: u64 = 300_000;

/// The requests of a client besides its connection. At most one is in flight: answers cannot
/// overtake each other, a slow server is not asked more than it answers, and of the six connections
/// that a browser opens to a host it takes one.
#[derive(Debug, Default)]
pub(super) struct Checks {
    in_flight: Option<InFlight>,
    /// Whether the last answer was none: the next good one is news.
    failing: bool,
    /// Requests made for a status.
    pub(super) count: u64,
    /// Requests made for a stored log.
    pub(super) log_count: u64,
}

#[derive(Debug)]
struct InFlight {
    request: RequestId,
    research: String,
    question: Question,
    started: Timestamp,
    deadline: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Question {
    Status,
    Log,
}

/// What came of a question.
#[derive(Debug, PartialEq)]
pub(super) enum Outcome {
    /// The status, as JSON text.
    Status {
        research: String,
        body: String,
        first_after_failure: bool,
    },
    /// It makes no sense to ask again before something changes.
    Refused { research: String, refusal: Refusal },
    /// No answer this time.
    Failed,
    /// An answer that cannot be read, and why in words.
    Unreadable { research: String, words: String },
    /// The stored log, as JSON text, after so many milliseconds.
    Log {
        research: String,
        body: String,
        took_ms: u64,
    },
    /// No stored log, and how long the server asks to wait.
    NoLog {
        research: String,
        problem: Problem,
        pause_ms: u64,
    },
}

impl Outcome {
    fn unreadable(research: &str, words: &str) -> Self {
        Self::Unreadable {
            research: research.to_owned(),
            words: words.to_owned(),
        }
    }
}

pub(super) const NOT_UTF_8: &str = "is not UTF-8";

/// Of an answer larger than [`MAX_BODY_BYTES`].
pub(super) const TOO_LARGE: &str = "is too large (more than 32 MiB)";

/// Why it makes no sense to ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    NotFound,
    Redirected,
    Unauthorized,
}

impl Checks {
    /// Applies the answer to a status request; `None` if it is the answer to something else.
    pub(super) fn handle_answer(
        &mut self,
        now: Timestamp,
        config: &Config,
        subscriptions: &mut SmallMap<String, Subscription>,
        id: RequestId,
        answer: &mut Answer,
    ) -> Option<Outcome> {
        let InFlight {
            research,
            question,
            started,
            deadline,
            ..
        } = self.in_flight.take_if(|check| check.request == id)?;
        let mut pause_ms = 0;
        if let Answer::Response(response) = answer {
            pause_ms = response.retry_after_ms.unwrap_or(0).min(MAX_RETRY_AFTER_MS);
        }
        if question == Question::Log {
            // One that is read later waited for a page that slept: it says nothing of the server.
            let took_ms = if now <= deadline {
                now.since(started)
            } else {
                0
            };
            return Some(log_of(answer, research, took_ms, pause_ms));
        }
        let outcome = match answer {
            Answer::Response(response) => outcome_of(response, research.clone(), self.failing),
            Answer::Failed(RequestError::Body(_) | RequestError::Network(_)) => Outcome::Failed,
            Answer::Failed(RequestError::Redirected) => Outcome::Refused {
                research: research.clone(),
                refusal: Refusal::Redirected,
            },
            Answer::Failed(RequestError::TooLarge) => Outcome::unreadable(&research, TOO_LARGE),
        };
        self.failing = matches!(outcome, Outcome::Failed | Outcome::Unreadable { .. });
        if let Some(subscription) = subscriptions.get_mut(&research) {
            // One that was under way is the answer to whoever was signed in before.
            let is_awaited = subscription.verify.is_some_and(|since| since <= started);
            match &outcome {
                Outcome::Refused { .. } => {
                    subscription.access = Access::Denied;
                    if is_awaited {
                        subscription.job.push(ResearchEvent::Verified(false));
                    }
                    if is_awaited || subscription.verify.is_none() {
                        subscription.schedule = Schedule::Never;
                    }
                }
                Outcome::Status { .. } => {
                    if is_awaited {
                        subscription.verify = None;
                        subscription.job.push(ResearchEvent::Verified(true));
                    }
                    subscription
                        .schedule
                        .answered(now, started, config, pause_ms);
                    subscription.access = Access::Granted;
                }
                Outcome::Failed
                | Outcome::Log { .. }
                | Outcome::NoLog { .. }
                | Outcome::Unreadable { .. } => {
                    subscription.schedule.failed(now, config, pause_ms);
                }
            }
        }
        Some(outcome)
    }

    /// Gives up a request that takes too long; what that means, if it was for a stored log.
    pub(super) fn handle_timeout(
        &mut self,
        ctx: &mut Context<'_>,
        config: &Config,
        subscriptions: &mut SmallMap<String, Subscription>,
    ) -> Option<Outcome> {
        let late = self
            .in_flight
            .take_if(|check| ctx.is_over(check.deadline))?;
        ctx.abort(late.request);
        if late.question == Question::Log {
            return Some(Outcome::NoLog {
                research: late.research,
                problem: Problem::Failed,
                pause_ms: 0,
            });
        }
        self.failing = true;
        if let Some(subscription) = subscriptions.get_mut(&late.research) {
            subscription.schedule.failed(ctx.now, config, 0);
        }
        None
    }

    /// Starts the request that is due, if none is in flight: of several the one that waits longest.
    pub(super) fn start_due(
        &mut self,
        ctx: &mut Context<'_>,
        config: &Config,
        headers: &[(String, String)],
        subscriptions: &mut SmallMap<String, Subscription>,
    ) {
        if self.in_flight.is_some() {
            return;
        }
        let due = subscriptions
            .iter()
            .flat_map(|(id, subscription)| {
                let status = subscription.schedule.due();
                let log = subscription.history.due();
                [(status, Question::Status, id), (log, Question::Log, id)]
            })
            .filter(|(due, ..)| due.is_some_and(|due| due <= ctx.now))
            .min();
        let Some((_, question, research)) = due else {
            return;
        };
        let research = research.clone();
        let mut path = config.status_path.as_str();
        if question == Question::Log {
            self.log_count += 1;
            if let Some(subscription) = subscriptions.get_mut(&research) {
                subscription.history.started();
                path = subscription.history.path(config).unwrap_or(path);
            }
        } else {
            self.count += 1;
        }
        let request = ctx.start(|id| Request {
            id,
            method: Method::Get,
            url: config.address(path, &research),
            query: Vec::new(),
            headers: headers.to_vec(),
            body: None,
            keepalive: false,
            follow: !self.failing,
        });
        self.in_flight = Some(InFlight {
            request,
            research,
            question,
            started: ctx.now,
            deadline: ctx.now.after(config.check_timeout_ms()),
        });
    }

    /// When there is something to do next. `asking`: whether requests may be started.
    pub(super) fn poll_timeout(
        &self,
        subscriptions: &SmallMap<String, Subscription>,
        asking: bool,
    ) -> Option<Timestamp> {
        match &self.in_flight {
            Some(check) => Some(check.deadline),
            None if asking => subscriptions.values().fold(None, |due, subscription| {
                let next = earliest(subscription.schedule.due(), subscription.history.due());
                earliest(due, next)
            }),
            None => None,
        }
    }

    /// Drops the request in flight if it asks for this research.
    pub(super) fn abort_about(&mut self, ctx: &mut Context<'_>, research: &str) {
        let about = self.in_flight.take_if(|check| check.research == research);
        if let Some(check) = about {
            ctx.abort(check.request);
        }
    }

    /// Drops the request in flight.
    pub(super) fn abort(&mut self, ctx: &mut Context<'_>) {
        if let Some(check) = self.in_flight.take() {
            ctx.abort(check.request);
        }
    }
}

fn log_of(answer: &mut Answer, research: String, took_ms: u64, pause_ms: u64) -> Outcome {
    let problem = match answer {
        Answer::Failed(RequestError::Body(_) | RequestError::Network(_)) => Problem::Failed,
        Answer::Failed(RequestError::Redirected) => Problem::Refused,
        Answer::Failed(RequestError::TooLarge) => Problem::TooLarge,
        Answer::Response(response) => match response.status {
            200..=299 if response.body.len() > MAX_BODY_BYTES => Problem::TooLarge,
            200..=299 if response.is_html() => Problem::Refused,
            // Too large to be copied.
            200..=299 => match String::from_utf8(std::mem::take(&mut response.body)) {
                Ok(body) => {
                    return Outcome::Log {
                        research,
                        body,
                        took_ms,
                    };
                }
                Err(_) => Problem::Unreadable,
            },
            401 | 403 => Problem::Refused,
            404 => Problem::NotFound,
            _ => Problem::Failed,
        },
    };
    Outcome::NoLog {
        research,
        problem,
        pause_ms,
    }
}

fn is_object(body: &str) -> bool {
    Raw::parse(body).is_ok_and(|raw| raw.kind() == Kind::Object)
}

fn outcome_of(response: &Response, research: String, failing: bool) -> Outcome {
    let refused = |refusal| Outcome::Refused {
        research: research.clone(),
        refusal,
    };
    match response.status {
        200..=299 if response.body.len() > MAX_BODY_BYTES => {
            Outcome::unreadable(&research, TOO_LARGE)
        }
        200..=299 if response.is_html() => refused(Refusal::Unauthorized),
        200..=299 => match std::str::from_utf8(&response.body) {
            Ok(body) if is_object(body) => Outcome::Status {
                body: body.to_owned(),
                research,
                first_after_failure: failing,
            },
            // Of something in between: what the server knows is still to be asked for.
            Ok(body) => {
                let words = ["is not a JSON object: ", &excerpt(body)].concat();
                Outcome::Unreadable { research, words }
            }
            Err(_) => Outcome::unreadable(&research, NOT_UTF_8),
        },
        401 | 403 => refused(Refusal::Unauthorized),
        404 => refused(Refusal::NotFound),
        _ => Outcome::Failed,
    }
}
