//! Asking the server for the status of researches over HTTP: which one next, one at a time.

use super::subscription::{Schedule, Subscription};
use crate::config::Config;
use crate::http::{
    Answer, Context, MAX_BODY_BYTES, Method, Request, RequestError, RequestId, Response,
};
use crate::queue::SmallMap;
use crate::time::{Timestamp, earliest};

/// The longest wait between two questions that a server can ask for, in milliseconds.
const MAX_RETRY_AFTER_MS: u64 = 300_000;

/// Longest wait for an answer without a `fallback` option that says otherwise, in milliseconds.
const DEFAULT_TIMEOUT_MS: u64 = 10_000;

/// The status requests of a client. At most one is in flight: answers cannot overtake each other,
/// and a slow server is not asked more than it answers.
#[derive(Debug, Default)]
pub(super) struct Checks {
    in_flight: Option<InFlight>,
    /// Whether the last answer was none: the next good one is news.
    failing: bool,
    /// Requests made.
    pub(super) count: u64,
}

#[derive(Debug)]
struct InFlight {
    request: RequestId,
    research: String,
    deadline: Timestamp,
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
    Unreadable {
        research: String,
        words: &'static str,
    },
}

impl Outcome {
    fn unreadable(research: &str, words: &'static str) -> Self {
        let research = research.to_owned();
        Self::Unreadable { research, words }
    }
}

/// Of an answer larger than [`MAX_BODY_BYTES`].
const TOO_LARGE: &str = "is too large (more than 32 MiB)";

/// Why it makes no sense to ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    NotFound,
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
        answer: &Answer,
    ) -> Option<Outcome> {
        let InFlight { research, .. } = self.in_flight.take_if(|check| check.request == id)?;
        let outcome = match answer {
            Answer::Response(response) => outcome_of(response, research.clone(), self.failing),
            Answer::Failed(RequestError::Body(_) | RequestError::Network(_)) => Outcome::Failed,
            Answer::Failed(RequestError::TooLarge) => Outcome::unreadable(&research, TOO_LARGE),
        };
        let mut pause_ms = 0;
        if let Answer::Response(response) = answer {
            pause_ms = response.retry_after_ms.unwrap_or(0).min(MAX_RETRY_AFTER_MS);
        }
        self.failing = matches!(outcome, Outcome::Failed | Outcome::Unreadable { .. });
        if let Some(subscription) = subscriptions.get_mut(&research) {
            match &outcome {
                Outcome::Refused { .. } => subscription.schedule = Schedule::Never,
                Outcome::Status { .. } => subscription.schedule.answered(now, config, pause_ms),
                Outcome::Failed | Outcome::Unreadable { .. } => {
                    subscription.schedule.failed(now, config, pause_ms);
                }
            }
        }
        Some(outcome)
    }

    /// Gives up a request that takes too long.
    pub(super) fn handle_timeout(
        &mut self,
        ctx: &mut Context<'_>,
        config: &Config,
        subscriptions: &mut SmallMap<String, Subscription>,
    ) {
        let Some(late) = self.in_flight.take_if(|check| ctx.is_over(check.deadline)) else {
            return;
        };
        ctx.abort(late.request);
        self.failing = true;
        if let Some(subscription) = subscriptions.get_mut(&late.research) {
            subscription.schedule.failed(ctx.now, config, 0);
        }
    }

    /// Starts the request that is due, if none is in flight: of several the one that waits longest.
    pub(super) fn start_due(
        &mut self,
        ctx: &mut Context<'_>,
        config: &Config,
        headers: &[(String, String)],
        subscriptions: &SmallMap<String, Subscription>,
    ) {
        if self.in_flight.is_some() {
            return;
        }
        let due = subscriptions
            .iter()
            .filter_map(|(id, subscription)| Some((subscription.schedule.due()?, id)))
            .min()
            .filter(|(due, _)| *due <= ctx.now);
        let Some((_, research)) = due else { return };
        let request = ctx.start(|id| Request {
            id,
            method: Method::Get,
            url: config.address(&config.status_path, research),
            query: Vec::new(),
            headers: headers.to_vec(),
            body: None,
            keepalive: false,
        });
        self.count += 1;
        let timeout_ms = config
            .fallback
            .map_or(DEFAULT_TIMEOUT_MS, |fallback| fallback.timeout_ms);
        let deadline = ctx.now.after(timeout_ms);
        self.in_flight = Some(InFlight {
            request,
            research: research.clone(),
            deadline,
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
                earliest(due, subscription.schedule.due())
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
            Ok(body) => Outcome::Status {
                body: body.to_owned(),
                research,
                first_after_failure: failing,
            },
            Err(_) => Outcome::unreadable(&research, "is not UTF-8"),
        },
        401 | 403 => refused(Refusal::Unauthorized),
        404 => refused(Refusal::NotFound),
        _ => Outcome::Failed,
    }
}
