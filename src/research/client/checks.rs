//! Asking the server for the status and the stored log of researches over HTTP: which one next, one
//! at a time.

use super::flush::{Flush, MOST_MS};
use super::history::Problem;
use super::subscription::{Access, Schedule, Standing, Subscription};
use crate::config::Config;
use crate::http::{Answer, Context, Method, Request, RequestError, RequestId, Response};
use crate::json::{Kind, Raw};
use crate::persistence::{Persistence, Refused};
use crate::queue::SmallMap;
use crate::random::Random;
use crate::research::payload::event::{Refusal, ResearchEvent};
use crate::research::payload::warning::excerpt;
use crate::socket::{Carrier, LAST_CHANCE_MS, Question};
use crate::time::Timestamp;
use crate::whereabouts;

/// The longest wait between two questions that a server can ask for, in milliseconds.
const MAX_RETRY_AFTER_MS: u64 = 300_000;

/// The longest wait for the next question to a server that is down, in milliseconds.
const MAX_STATUS_WAIT_MS: u64 = 20_000;

/// A server that drops connections at once is asked as one that has given no answer so often.
const EASED_MISSES: u32 = 3;

/// How long another tab has to begin a question, in milliseconds, that it is wanted to ask.
const WANTED_MS: u64 = 3_000;

/// Larger answers each tab asks for itself, in bytes: whoever asks keeps them until they are complete.
const MAX_LENT_BYTES: usize = 1_048_576;

/// The requests of a client besides its connection. At most one is in flight: answers cannot
/// overtake each other, a slow server is not asked more than it answers, and of the six connections
/// that a browser opens to a host it takes one.
#[derive(Debug, Default)]
pub(super) struct Checks {
    in_flight: Option<InFlight>,
    /// Whether the last answer was none: the next good one is news.
    failing: bool,
    /// Questions in a row that had no answer while there was no connection, and until when no other is asked.
    misses: u32,
    not_before: Timestamp,
    /// Retries of what was refused.
    statuses: Persistence,
    pub(super) logs: Persistence,
    /// Requests made for a status.
    pub(super) count: u64,
    /// Requests made for a stored log.
    pub(super) log_count: u64,
    /// Requests made so that the server stores its log.
    pub(super) flush_count: u64,
    /// Requests made to see whether the server still shows a research.
    pub(super) watch_count: u64,
    /// When something was asked last, or the connection became live, which asks.
    pub(super) asked: Timestamp,
}

#[derive(Debug)]
pub(super) struct InFlight {
    request: RequestId,
    research: String,
    question: Question,
    started: Timestamp,
    /// When the first bytes of the answer came, if it comes in pieces.
    answered: Option<Timestamp>,
    deadline: Timestamp,
    /// Another connection has begun since.
    is_outlived: bool,
    /// It is for the log, and there was no connection yet.
    is_early: bool,
    asker: Asker,
}

impl InFlight {
    fn is_about(&self, question: Question, about: &str) -> bool {
        self.question == question && self.research == about
    }

    /// The answer is on its way.
    pub(super) fn extend(&mut self, now: Timestamp, timeout_ms: u64) {
        self.deadline = now.after(timeout_ms);
    }
}

/// Who asks the server.
#[derive(Debug)]
pub(super) enum Asker {
    /// Another tab.
    Other {
        /// Whether it has begun to.
        has_begun: bool,
    },
    /// This one.
    Own {
        /// The number of the message with which the other tabs were told.
        announced: Option<u64>,
        is_wanted: bool,
        /// What has come so far of an answer that others may want; `None` if it is too large for that.
        copy: Option<Vec<u8>>,
    },
}

/// What came of a question.
#[derive(Debug, PartialEq)]
pub(super) enum Outcome {
    /// The status, as JSON text.
    Status { research: String, body: String },
    /// The server does not tell it. Whether that is news.
    Refused {
        research: String,
        refusal: Refusal,
        is_news: bool,
    },
    /// No answer this time.
    Failed,
    /// An answer that cannot be read, and why in words.
    Unreadable { research: String, words: String },
    /// The stored log, or the rest of it; it came after so many milliseconds.
    Log {
        research: String,
        body: Vec<u8>,
        took_ms: u64,
        is_early: bool,
    },
    /// The next bytes of the stored log.
    LogPiece { research: String, bytes: Vec<u8> },
    /// No stored log, and how long the server asks to wait.
    NoLog {
        research: String,
        problem: Problem,
        pause_ms: u64,
    },
    /// No stored log, which was asked for before there was a connection.
    NoEarlyLog,
    /// The server has been asked to store its log, and shows the research to the page.
    Flushed { research: String },
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

/// Of an answer larger than [`MAX_BODY_BYTES`](crate::http::MAX_BODY_BYTES).
pub(super) const TOO_LARGE: &str = "is too large (more than 32 MiB)";

/// Whether what was refused may be asked for again now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asking {
    /// Whether somebody looks at the page.
    pub(super) seen: bool,
    /// Whether it may be asked for at all.
    pub(super) again: bool,
    /// Whether this page's own connection is being made, and its handshake is answered: what is asked beside that may go to another
    /// worker, whose cookie would take the place of that of the session's worker.
    pub(super) joins: bool,
    /// Whether somebody looks at what comes live, which does not tell that the page is signed out.
    pub(super) watches: bool,
    /// Whether the connection is another tab's, which asks first.
    pub(super) second: bool,
}

/// A question that is to be asked.
struct Due<'a> {
    at: Timestamp,
    /// When it was refused last, if it was.
    refused: Option<Timestamp>,
    /// Not the log for which live lines wait.
    can_wait: bool,
    question: Question,
    research: &'a String,
}

impl Checks {
    /// Applies the answer to a status request; `None` if it is the answer to something else.
    pub(super) fn handle_answer(
        &mut self,
        ctx: &mut Context<'_>,
        config: &Config,
        subscriptions: &mut SmallMap<String, Subscription>,
        id: RequestId,
        answer: &mut Answer,
    ) -> Option<Outcome> {
        let now = ctx.now;
        if let Answer::Piece(bytes) = answer {
            let asked = self.in_flight.as_mut();
            let log =
                asked.filter(|check| check.request == id && check.question == Question::Log)?;
            log.answered.get_or_insert(now);
            log.is_outlived = false;
            log.deadline = now.after(config.check_timeout_ms());
            return Some(Outcome::LogPiece {
                research: log.research.clone(),
                bytes: std::mem::take(bytes),
            });
        }
        let InFlight {
            research,
            question,
            started,
            answered,
            deadline,
            is_early,
            asker,
            ..
        } = self.in_flight.take_if(|check| check.request == id)?;
        let mut pause_ms = 0;
        if let Answer::Response(response) = answer {
            pause_ms = response.retry_after_ms.unwrap_or(0).min(MAX_RETRY_AFTER_MS);
        }
        if question == Question::Log {
            // One that is read later waited for a page that slept: it says nothing of the server.
            let took_ms = if now <= deadline {
                // A page that is slow to read it is no work of the server.
                answered.unwrap_or(now).since(started)
            } else {
                0
            };
            let outcome = log_of(answer, &research, took_ms, pause_ms, is_early);
            if let Outcome::Failed | Outcome::NoEarlyLog = outcome
                && let Some(subscription) = subscriptions.get_mut(&research)
            {
                subscription.history.miss_early();
            }
            return Some(outcome);
        }
        let mut outcome = match answer {
            Answer::Response(response) => outcome_of(response, research.clone()),
            Answer::Piece(_) | Answer::Failed(RequestError::Body(_) | RequestError::Network(_)) => {
                Outcome::Failed
            }
            Answer::Failed(RequestError::Redirected) => Outcome::Refused {
                research: research.clone(),
                refusal: Refusal::Redirected,
                is_news: true,
            },
            Answer::Failed(RequestError::TooLarge) => Outcome::unreadable(&research, TOO_LARGE),
        };
        self.failing = matches!(outcome, Outcome::Failed | Outcome::Unreadable { .. });
        if question == Question::Flush {
            let Some(subscription) = subscriptions.get_mut(&research) else {
                return Some(Outcome::Failed);
            };
            let refused = &mut subscription.status_refusal;
            if let Outcome::Status { .. } = outcome {
                self.statuses.grant(now, refused);
                subscription.status_refused = None;
                subscription.shown = Some(started);
                return Some(Outcome::Flushed { research });
            }
            let Outcome::Refused {
                refusal, is_news, ..
            } = &mut outcome
            else {
                subscription.flush = subscription.flush.map(|flush| flush.failed(now, pause_ms));
                return Some(Outcome::Failed);
            };
            subscription.status_refused = Some(*refusal);
            if config.persistent {
                let is_unknown = *refusal == Refusal::NotFound;
                let statuses = &mut self.statuses;
                *is_news = statuses.refuse(now, ctx.random, refused, is_unknown, pause_ms);
            } else {
                subscription.flush = None;
            }
            return Some(outcome);
        }
        if let Some(subscription) = subscriptions.get_mut(&research) {
            // One that was under way is the answer to whoever was signed in before.
            let is_awaited = subscription.verify.is_some_and(|since| since <= started);
            match &mut outcome {
                Outcome::Refused {
                    refusal, is_news, ..
                } => {
                    subscription.access = Access::Denied;
                    subscription.shown = None;
                    // Without polling nobody would ask again, and it could never be taken back.
                    subscription.status_refused = config.fallback.map(|_| *refusal);
                    if is_awaited {
                        subscription.job.push(ResearchEvent::Verified(false));
                    }
                    if config.persistent && config.fallback.is_some() {
                        let is_unknown = *refusal == Refusal::NotFound;
                        let refused = &mut subscription.status_refusal;
                        let statuses = &mut self.statuses;
                        *is_news = statuses.refuse(now, ctx.random, refused, is_unknown, pause_ms);
                        if let Some(refused) = refused
                            && subscription.verify.is_some()
                            && !is_awaited
                        {
                            refused.want(now);
                        }
                    } else if is_awaited || subscription.verify.is_none() {
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
                    if let Asker::Own { .. } = asker {
                        subscription.shown = Some(started);
                    }
                    subscription.status_refused = None;
                    self.statuses.grant(now, &mut subscription.status_refusal);
                }
                Outcome::Failed
                | Outcome::Flushed { .. }
                | Outcome::Log { .. }
                | Outcome::LogPiece { .. }
                | Outcome::NoEarlyLog
                | Outcome::NoLog { .. }
                | Outcome::Unreadable { .. } => {
                    subscription.schedule.failed(now, config, pause_ms);
                }
            }
        }
        Some(outcome)
    }

    /// Gives up a request that takes too long; what that means.
    pub(super) fn handle_timeout(
        &mut self,
        ctx: &mut Context<'_>,
        config: &Config,
        subscriptions: &mut SmallMap<String, Subscription>,
    ) -> Option<Outcome> {
        let late = self
            .in_flight
            .take_if(|check| ctx.is_over(check.deadline))?;
        if let Asker::Other { .. } = late.asker {
            self.in_flight = Some(late);
            self.return_borrowed(subscriptions, true);
            return None;
        }
        ctx.abort(late.request);
        if late.is_outlived {
            if let Some(subscription) = subscriptions.get_mut(&late.research) {
                subscription.history.interrupted();
            }
            return None;
        }
        if late.is_early {
            if let Some(subscription) = subscriptions.get_mut(&late.research) {
                subscription.history.miss_early();
            }
            return Some(Outcome::Failed);
        }
        if late.question == Question::Log {
            return Some(Outcome::NoLog {
                research: late.research,
                problem: Problem::Failed,
                pause_ms: 0,
            });
        }
        self.failing = true;
        if let Some(subscription) = subscriptions.get_mut(&late.research) {
            if late.question == Question::Flush {
                subscription.flush = subscription.flush.map(|flush| flush.failed(ctx.now, 0));
            } else {
                subscription.schedule.failed(ctx.now, config, 0);
            }
        }
        Some(Outcome::Failed)
    }

    /// There is another connection. What was asked before, and nothing has answered yet, may have gone where nobody answers any more:
    /// it gives way soon to what is asked now, the same question among it if it is still one.
    pub(super) fn outlive(&mut self, now: Timestamp) {
        if let Some(check) = &mut self.in_flight
            && check.answered.is_none()
            && let Asker::Own { .. } = check.asker
        {
            let last = now.max(check.started.after(LAST_CHANCE_MS));
            check.is_outlived = true;
            check.deadline = last.min(check.deadline);
        }
    }

    /// There is no connection, and no answer either: the next question of any kind waits, longer each time and not as long
    /// as that of another client.
    pub(super) fn miss(&mut self, now: Timestamp, random: &mut Random, config: &Config) {
        self.misses = self.misses.saturating_add(1);
        self.rest(now, random, config);
    }

    /// There is an answer, but no connection yet: a server that is only just back, and has many clients, is not asked as often as
    /// before at once.
    pub(super) fn hit(&mut self, now: Timestamp, random: &mut Random, config: &Config) {
        self.misses /= 2;
        self.rest(now, random, config);
    }

    /// The server took up a connection and dropped it at once: it has too much to do, and what is asked besides takes up what it
    /// could do for connections.
    pub(super) fn ease(&mut self, now: Timestamp, random: &mut Random, config: &Config) {
        let planned = self.not_before;
        self.misses = self.misses.max(EASED_MISSES);
        self.rest(now, random, config);
        self.not_before = planned.max(self.not_before);
    }

    fn rest(&mut self, now: Timestamp, random: &mut Random, config: &Config) {
        // One alone may be about a research that the server is slow with.
        if self.misses < 2 {
            self.not_before = now;
            return;
        }
        let interval_ms = config.interval_ms();
        let doublings = (self.misses - 1).min(16);
        let wait_ms = interval_ms.saturating_mul(1 << doublings);
        let half_ms = wait_ms.min(MAX_STATUS_WAIT_MS.max(interval_ms)) / 2;
        let drawn = random.unit() * half_ms as f64;
        self.not_before = now.after(half_ms + drawn as u64);
    }

    /// There is a connection, or somebody wants to know whether the server answers.
    pub(super) fn rested(&mut self) {
        self.misses = 0;
        self.not_before = Timestamp::default();
    }

    /// What is to be asked, sooner or later.
    fn due<'s>(
        &self,
        subscriptions: &'s SmallMap<String, Subscription>,
        asking: Asking,
    ) -> impl Iterator<Item = Due<'s>> {
        subscriptions
            .iter()
            .flat_map(move |(research, subscription)| {
                let Subscription {
                    schedule,
                    status_refusal,
                    history,
                    flush,
                    job,
                    ..
                } = subscription;
                let flush = flush.filter(|_| job.end().is_none());
                // What was refused has waits of its own.
                let last = status_refusal.map_or(self.asked.after(MOST_MS), Refused::last);
                let watch = asking.watches.then_some(last);
                [
                    (
                        Question::Status,
                        schedule.due(),
                        *status_refusal,
                        &self.statuses,
                    ),
                    (Question::Log, history.due(), history.refused(), &self.logs),
                    (
                        Question::Flush,
                        flush.and_then(|flush| flush.due(watch, asking.second)),
                        *status_refusal,
                        &self.statuses,
                    ),
                ]
                .map(|(question, due, refused, persistence)| {
                    let mut at = due?;
                    // The end waits for the log, and so for no rest of the server.
                    if question != Question::Log || !job.holds_end() {
                        at = at.max(self.not_before);
                    }
                    if let Some(refused) = refused {
                        at = at.max(persistence.due(refused, asking.seen));
                    }
                    let waits = question == Question::Log && history.is_early() && !asking.joins;
                    let is_allowed = asking.again || refused.is_none();
                    (is_allowed && !waits).then_some(Due {
                        at,
                        refused: refused.map(Refused::last),
                        can_wait: question != Question::Log || !job.holds_lines(),
                        question,
                        research,
                    })
                })
            })
            .flatten()
    }

    /// Whether something that was refused is to be asked for again now.
    pub(super) fn is_retry_due(
        &self,
        now: Timestamp,
        subscriptions: &SmallMap<String, Subscription>,
        asking: Asking,
    ) -> bool {
        self.in_flight.is_none()
            && self
                .due(subscriptions, asking)
                .any(|due| due.at <= now && due.refused.is_some())
    }

    /// Starts the request that is due, if none is in flight: of several the one that waits longest. Whether
    /// it was refused before.
    pub(super) fn start_due(
        &mut self,
        ctx: &mut Context<'_>,
        config: &Config,
        headers: &[(String, String)],
        subscriptions: &mut SmallMap<String, Subscription>,
        carrier: &mut impl Carrier,
        asking: Asking,
    ) -> bool {
        if self.in_flight.is_some() {
            return false;
        }
        let due = self
            .due(subscriptions, asking)
            .filter(|due| due.at <= ctx.now)
            .min_by_key(|due| {
                (
                    due.at,
                    due.refused,
                    due.can_wait,
                    due.question,
                    due.research,
                )
            });
        let Some(due) = due else {
            return false;
        };
        let Due {
            question, refused, ..
        } = due;
        let research = due.research.clone();
        let Some(subscription) = subscriptions.get_mut(&research) else {
            return false;
        };
        let asks_itself = std::mem::take(&mut subscription.asks_itself);
        if question != Question::Flush
            && !asks_itself
            && refused.is_none()
            && subscription.may_borrow()
            && carrier.want(question, &research, None)
        {
            self.borrow(ctx, subscription, question, &research, WANTED_MS);
            return false;
        }
        let is_early = question == Question::Log && subscription.history.is_early();
        let (path, persistence, refusal) = if question == Question::Log {
            self.log_count += 1;
            let history = &mut subscription.history;
            history.started();
            subscription.job.begin_log();
            let path = history.path(config);
            (path, &mut self.logs, &mut history.refusal)
        } else {
            self.count += 1;
            if question == Question::Flush {
                let is_watch = subscription.flush.is_some_and(Flush::is_empty);
                self.watch_count += u64::from(is_watch);
                self.flush_count += u64::from(!is_watch);
            }
            let refusal = &mut subscription.status_refusal;
            (Some(&*config.status_path), &mut self.statuses, refusal)
        };
        self.asked = ctx.now;
        // Whatever is asked for, the server stores what it has.
        let flush = &mut subscription.flush;
        *flush = flush.map(|_| Flush::new(ctx.now));
        let path = path.unwrap_or(&config.status_path);
        if refused.is_some() {
            persistence.retry(ctx.now);
            refusal.as_mut().map(Refused::begin);
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
            streams: question == Question::Log,
        });
        let wanted = subscription.wanted.get_mut(question as usize);
        let asker = Asker::Own {
            announced: carrier.announce(question, &research),
            is_wanted: wanted.is_some_and(std::mem::take),
            copy: Some(Vec::new()),
        };
        self.in_flight = Some(InFlight {
            request,
            research,
            question,
            started: ctx.now,
            answered: None,
            deadline: ctx.now.after(config.check_timeout_ms()),
            is_outlived: false,
            is_early,
            asker,
        });
        refused.is_some()
    }

    /// When there is something to do next. `may_ask`: whether requests may be started.
    pub(super) fn poll_timeout(
        &self,
        subscriptions: &SmallMap<String, Subscription>,
        may_ask: bool,
        asking: Asking,
    ) -> Option<Timestamp> {
        match &self.in_flight {
            Some(check) => Some(check.deadline),
            None if may_ask => self.due(subscriptions, asking).map(|due| due.at).min(),
            None => None,
        }
    }

    /// Drops the request in flight if it was made before there was a connection, nothing has answered it yet, and the server has the
    /// subscription now: lines wait for what is asked from now on.
    pub(super) fn overtake(
        &mut self,
        ctx: &mut Context<'_>,
        subscriptions: &SmallMap<String, Subscription>,
    ) {
        let is_overtaken = |check: &mut InFlight| {
            let subscription = subscriptions.get(&check.research);
            check.is_early
                && check.answered.is_none()
                && subscription.is_some_and(|subscription| {
                    !subscription.history.is_early() && subscription.standing == Standing::Accepted
                })
        };
        if let Some(check) = self.in_flight.take_if(is_overtaken) {
            ctx.abort(check.request);
        }
    }

    /// Drops the request in flight if it asks for this research.
    pub(super) fn abort_about(&mut self, ctx: &mut Context<'_>, research: &str) {
        let about = self.in_flight.take_if(|check| check.research == research);
        if let Some(check) = about
            && let Asker::Own { .. } = check.asker
        {
            ctx.abort(check.request);
        }
    }

    /// Drops the request in flight.
    pub(super) fn abort(
        &mut self,
        ctx: &mut Context<'_>,
        subscriptions: &mut SmallMap<String, Subscription>,
    ) {
        self.return_borrowed(subscriptions, false);
        if let Some(check) = self.in_flight.take() {
            ctx.abort(check.request);
            if let Some(subscription) = subscriptions.get_mut(&check.research) {
                subscription.history.interrupted();
            }
        }
    }
}

/// Answers that tabs share.
impl Checks {
    /// Nothing is asked.
    pub(super) const fn is_free(&self) -> bool {
        self.in_flight.is_none()
    }

    /// Waits for another tab's answer.
    pub(super) fn borrow(
        &mut self,
        ctx: &mut Context<'_>,
        subscription: &mut Subscription,
        question: Question,
        about: &str,
        timeout_ms: u64,
    ) {
        if question == Question::Log {
            subscription.history.started();
            subscription.job.begin_log();
        }
        self.in_flight = Some(InFlight {
            request: RequestId(ctx.ids.next()),
            research: about.to_owned(),
            question,
            started: ctx.now,
            answered: None,
            deadline: ctx.now.after(timeout_ms),
            is_outlived: false,
            is_early: false,
            asker: Asker::Other { has_begun: false },
        });
    }

    /// The other tab asks this now: what waits for it.
    pub(super) fn begun(&mut self, question: Question, about: &str) -> Option<&mut InFlight> {
        let check = self.in_flight.as_mut()?;
        match &mut check.asker {
            Asker::Other { has_begun } if check.question == question && check.research == about => {
                *has_begun = true;
                Some(check)
            }
            Asker::Other { .. } | Asker::Own { .. } => None,
        }
    }

    /// What waits for the answer to the question that was begun last.
    pub(super) fn borrowed(&self) -> Option<RequestId> {
        let check = self.in_flight.as_ref()?;
        matches!(check.asker, Asker::Other { has_begun: true }).then_some(check.request)
    }

    pub(super) fn is_borrowing(&self, question: Question, about: &str) -> bool {
        let check = self.in_flight.as_ref();
        check.is_some_and(|check| {
            matches!(check.asker, Asker::Other { .. }) && check.is_about(question, about)
        })
    }

    /// There comes no answer any more to what was begun.
    pub(super) fn end_borrowed(&mut self, subscriptions: &mut SmallMap<String, Subscription>) {
        if self.borrowed().is_some() {
            self.return_borrowed(subscriptions, true);
        }
    }

    /// Waits no longer for another tab's answer; `itself`: this tab asks.
    pub(super) fn return_borrowed(
        &mut self,
        subscriptions: &mut SmallMap<String, Subscription>,
        itself: bool,
    ) {
        let borrowed = |check: &mut InFlight| matches!(check.asker, Asker::Other { .. });
        if let Some(check) = self.in_flight.take_if(borrowed)
            && let Some(subscription) = subscriptions.get_mut(&check.research)
        {
            subscription.asks_itself = itself;
        }
    }

    /// Whether the question that is asked is one whose answer another tab may have, which it wants.
    pub(super) fn lend(&mut self, question: Question, about: &str, since: u64) -> bool {
        if let Some(check) = &mut self.in_flight
            && check.is_about(question, about)
            && let Asker::Own {
                announced: Some(number),
                is_wanted,
                ..
            } = &mut check.asker
            && *number >= since
        {
            *is_wanted = true;
            return true;
        }
        false
    }

    /// Keeps what other tabs may want of an answer. Once it is complete, and wanted: which one it is, and the
    /// body; `None` if they cannot have it.
    pub(super) fn keep(
        &mut self,
        request: RequestId,
        answer: &Answer,
    ) -> Option<(Question, String, Option<String>)> {
        let check = self.in_flight.as_mut()?;
        let Asker::Own {
            announced: Some(_),
            is_wanted,
            copy,
        } = &mut check.asker
        else {
            return None;
        };
        if check.request != request {
            return None;
        }
        let (bytes, is_complete) = match answer {
            Answer::Piece(bytes) => (bytes.as_slice(), false),
            Answer::Response(Response {
                status: 200..=299,
                body,
                ..
            }) => (body.as_slice(), true),
            Answer::Failed(_) | Answer::Response(_) => {
                *copy = None;
                (&[][..], true)
            }
        };
        match copy {
            Some(kept) if kept.len() + bytes.len() <= MAX_LENT_BYTES => kept.extend(bytes),
            Some(_) | None => *copy = None,
        }
        if !is_complete || !*is_wanted {
            return None;
        }
        let body = copy.take().and_then(|body| String::from_utf8(body).ok());
        Some((check.question, check.research.clone(), body))
    }
}

impl Checks {
    /// What is asked now.
    pub(super) fn whereabouts(&self) -> whereabouts::Question {
        match self.in_flight.as_ref().map(|check| check.question) {
            None => whereabouts::Question::Quiet,
            Some(Question::Status) => whereabouts::Question::Status,
            Some(Question::Log) => whereabouts::Question::Log,
            Some(Question::Flush) => whereabouts::Question::Flush,
        }
    }
}

fn log_of(
    answer: &mut Answer,
    research: &str,
    took_ms: u64,
    pause_ms: u64,
    is_early: bool,
) -> Outcome {
    let research = research.to_owned();
    let problem = match answer {
        Answer::Piece(_)
        | Answer::Failed(
            RequestError::Body(_) | RequestError::Network(_) | RequestError::TooLarge,
        ) => Problem::Failed,
        Answer::Failed(RequestError::Redirected) => Problem::Refused,
        Answer::Response(response) => match response.status {
            200..=299 => {
                return Outcome::Log {
                    research,
                    body: std::mem::take(&mut response.body),
                    took_ms,
                    is_early,
                };
            }
            401 | 403 => Problem::Refused,
            404 => Problem::NotFound,
            _ => Problem::Failed,
        },
    };
    match problem {
        Problem::Failed if is_early => Outcome::Failed,
        _ if is_early => Outcome::NoEarlyLog,
        Problem::Failed | Problem::NotFound | Problem::Refused | Problem::Unreadable => {
            Outcome::NoLog {
                research,
                problem,
                pause_ms,
            }
        }
    }
}

fn is_object(body: &str) -> bool {
    Raw::parse(body).is_ok_and(|raw| raw.kind() == Kind::Object)
}

fn outcome_of(response: &Response, research: String) -> Outcome {
    let refused = |refusal| Outcome::Refused {
        research: research.clone(),
        refusal,
        is_news: true,
    };
    match response.status {
        200..=299 if response.is_html() => refused(Refusal::Unauthorized),
        200..=299 => match std::str::from_utf8(&response.body) {
            Ok(body) if is_object(body) => Outcome::Status {
                body: body.to_owned(),
                research,
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
