//! What a client does so that no line of the log is lost, and no silence is taken for work.

use super::checks::{NOT_UTF_8, Outcome};
use super::history::Problem;
use super::subscription::Schedule;
use super::{Client, UNAUTHORIZED, context};
use crate::failure::Failure;
use crate::http::Context;
use crate::research::job::recovery::NoLog;
use crate::socket::Carrier;
use crate::time::{Timestamp, earliest};

/// How long the end of a research that was heard as recently waits for what it said last, in milliseconds: the
/// status overtakes live lines that are on their way.
const LAST_WORDS_MS: u64 = 1_000;

/// The code of what [`UNHEARD_WORDS`] says.
const UNHEARD: &str = "unheard";

/// It went on without a word, and the server took the subscription before.
const UNHEARD_WORDS: &str = "the research goes on, but the server sends nothing of it over this connection: if it has several \
                             workers, they need a message queue (`message_queue` in Flask-SocketIO)";

#[expect(
    private_bounds,
    reason = "of a carrier, its driver needs to know nothing"
)]
impl<C: Carrier> Client<C> {
    /// The answer about the status of a research: what was missed comes before its newest line, and
    /// before the end.
    pub(super) fn handle_status(&mut self, research: &str, body: &str) {
        let (now, timeout_ms) = (self.now, self.config.check_timeout_ms());
        let is_live = self.connection.is_live();
        let heard = self.subscriptions.values().filter_map(|each| each.heard);
        let heard = heard.max();
        let Some(subscription) = self.subscriptions.get_mut(research) else {
            return;
        };
        let updates = subscription.job.counters().updates;
        let (job, history) = (&mut subscription.job, &mut subscription.history);
        let waits = history.is_worth_waiting(now, timeout_ms);
        let is_polled = matches!(subscription.schedule, Schedule::Repeatedly(_));
        // Of one that the server refuses it is known why it is not heard.
        let is_heard = is_live && subscription.refusal.is_none();
        let is_suspicious = is_heard && subscription.watchdog.is_suspicious();
        let can_hold = waits && history.is_rested(now, timeout_ms);
        let holds = (is_polled || is_suspicious) && can_hold && job.hold();
        let held_end = job.holds_end();
        job.take_status(now, body, waits);
        let has_gone_on = job.counters().updates > updates;
        if job.holds_end() {
            if held_end {
                // The log is wanted for it already, and perhaps sooner.
                return;
            }
            let heard = subscription.heard.filter(|_| is_live);
            let is_talking = heard.is_some_and(|heard| now.since(heard) < LAST_WORDS_MS);
            let at = now.after(if is_talking { LAST_WORDS_MS } else { 0 });
            history.ask_before_end(now, at, timeout_ms);
            return;
        }
        if is_suspicious && has_gone_on {
            // It went on without a word: the server has lost the subscription. Lines wait for the log
            // as after any other outage.
            history.lost(subscription.watchdog.trust());
            // Or this client itself: that the server has disconnected it was lost.
            let is_deaf = subscription.goes_on_unheard(now, heard);
            if is_deaf && self.connection.renew(&mut context!(self), Failure::Unheard) {
                // Once for all: those that are not heard over the next either have another reason.
                for each in self.subscriptions.values_mut() {
                    each.unheard_at = None;
                }
                return;
            }
            subscription.send(now, &self.config, &mut self.connection);
            if subscription.unheard > 1 {
                self.warn(UNHEARD, UNHEARD_WORDS, Some(research.to_owned()));
            }
            return;
        }
        if is_polled {
            history.ask_with_status(now);
        }
        if holds && is_polled && job.holds_lines() {
            history.wait(now, timeout_ms);
        } else if holds {
            job.release(None);
        }
        if is_polled && is_heard {
            subscription.polled(now, &self.config, has_gone_on);
        }
    }

    /// What a question for the stored log of a research came to.
    pub(super) fn handle_log(&mut self, outcome: Outcome) {
        let now = self.now;
        let (research, is_early, result) = match outcome {
            Outcome::Log {
                research,
                body,
                took_ms,
                is_early,
            } => {
                self.told.allowed(&research);
                (research, is_early, Ok((body, took_ms)))
            }
            Outcome::NoLog {
                research,
                problem,
                pause_ms,
            } => (research, false, Err((problem, pause_ms))),
            Outcome::Failed
            | Outcome::Flushed { .. }
            | Outcome::LogPiece { .. }
            | Outcome::NoEarlyLog
            | Outcome::Refused { .. }
            | Outcome::Status { .. }
            | Outcome::Unreadable { .. } => return,
        };
        let Some(subscription) = self.subscriptions.get_mut(&research) else {
            return;
        };
        let (job, history) = (&mut subscription.job, &mut subscription.history);
        let has_ended = job.end().is_some();
        // What waits, waits for the answer to the newest question: one from before the server had
        // the subscription may lack lines that come before what is live.
        let is_old = !history.is_asked();
        let result = result.and_then(|(body, took_ms)| {
            history.pause(now, took_ms);
            let waits = is_old && history.asks_in_time();
            job.read_log(now, &body, waits);
            let recovery = job.finish_log(now, waits);
            recovery.map_err(|problem| match problem {
                NoLog::Html => (Problem::Refused, 0),
                NoLog::NotUtf8 => (Problem::Unreadable, 0),
                NoLog::Other => (Problem::Failed, 0),
            })
        });
        if let Err((problem, _)) = result
            && is_early
        {
            history.miss_early();
            if problem == Problem::Failed {
                self.lose_touch();
            }
            return;
        }
        match result {
            Ok(_) | Err((Problem::NotFound, _)) => subscription.is_log_refused = false,
            Err((Problem::Refused, _)) => subscription.is_log_refused = true,
            Err((Problem::Failed | Problem::Unreadable, _)) => {}
        }
        let is_live = self.connection.is_live();
        let mut is_news = true;
        let is_settled = match result {
            Ok(recovery) => {
                self.checks.logs.grant(now, &mut history.refusal);
                history.answered(now, recovery, has_ended)
            }
            Err((problem, pause_ms)) => {
                let is_persistent = self.config.persistent;
                let is_settled = history.failed(now, pause_ms, problem, is_persistent);
                // A 404 asks at the other place first.
                let is_refused = matches!(problem, Problem::NotFound | Problem::Refused);
                if is_persistent && is_refused && is_settled {
                    let (logs, refusal) = (&mut self.checks.logs, &mut history.refusal);
                    let is_unknown = problem == Problem::NotFound;
                    is_news = logs.refuse(now, &mut self.random, refusal, is_unknown, pause_ms);
                }
                is_settled
            }
        };
        let is_retried =
            matches!(result, Err((Problem::Failed, _))) && !job.holds_end() && history.is_retried();
        // One that broke off like its connection is asked for anew by the next.
        let waits = ((is_old || is_retried && is_live) && history.asks_in_time())
            || (is_old && is_retried && !is_live)
            // A 404 asks at the other place first.
            || matches!(result, Err((Problem::NotFound, _)));
        if is_settled || !waits {
            let end = has_ended.then_some(now);
            let gap = is_settled.then(|| history.close_gap(end)).flatten();
            // After the end it would be too late for the page to hear of it.
            job.release(gap.filter(|_| !has_ended || job.holds_end()));
            history.released();
        }
        match &result {
            // Asked for together with the connection, it says nothing of whether that hangs.
            Ok(_) if is_early => {}
            Ok(_) => self.sign_of_life(),
            Err((Problem::Failed | Problem::Unreadable, _)) => self.lose_touch(),
            Err((Problem::NotFound | Problem::Refused, _)) => {}
        }
        match result {
            Err((Problem::Refused, _)) if is_news => {
                let words = "the server does not show its log to this page: sign in";
                self.warn(UNAUTHORIZED, words, Some(research));
            }
            Err((Problem::Unreadable, _)) => {
                let words = ["the stored log ", NOT_UTF_8].concat();
                self.refuse("damaged-answer", &words, Some(research));
            }
            Ok(_) | Err((Problem::Failed | Problem::NotFound | Problem::Refused, _)) => {}
        }
    }

    /// The next bytes of the stored log of a research.
    pub(super) fn handle_log_piece(&mut self, research: &str, bytes: &[u8]) {
        let (now, timeout_ms) = (self.now, self.config.check_timeout_ms());
        if let Some(subscription) = self.subscriptions.get_mut(research) {
            let (job, history) = (&mut subscription.job, &mut subscription.history);
            history.goes_on(now, timeout_ms);
            let waits = !history.is_asked() && history.asks_in_time();
            job.read_log(now, bytes, waits);
        }
    }

    /// The connection is gone: what is sent from now on is missed.
    pub(super) fn lost(&mut self) {
        self.checks.return_borrowed(&mut self.subscriptions, false);
        for subscription in self.subscriptions.values_mut() {
            if subscription.job.end().is_none() {
                subscription.expedite();
                subscription.history.lost(self.heard);
            }
        }
    }

    /// When the client waits no longer for a log, or for a word of a research.
    pub(super) fn waiting_until(&self) -> Option<Timestamp> {
        let is_live = self.connection.is_live();
        self.subscriptions.values().fold(None, |due, subscription| {
            let stall = subscription.stall_due().filter(|_| is_live);
            earliest(due, earliest(subscription.history.hold_until(), stall))
        })
    }

    /// Lets go of what waited for too long, and asks about what was silent for too long.
    pub(super) fn stop_waiting(&mut self) {
        let now = self.now;
        let is_over = |due: Option<Timestamp>| due.is_some_and(|due| due <= now);
        let is_live = self.connection.is_live();
        for subscription in self.subscriptions.values_mut() {
            if is_over(subscription.history.hold_until()) && !self.patience.holds() {
                subscription.history.released();
                subscription.job.release(None);
            }
            if is_live && is_over(subscription.stall_due()) {
                subscription.stall(now, &self.config, &mut self.connection);
                self.stats.stall_checks += 1;
            }
        }
    }
}
