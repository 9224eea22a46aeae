//! What tabs that share a connection ask the server for once: see [`tabs`](crate::tabs).

use super::flush::Flush;
use super::subscription::Standing;
use super::{Client, context};
use crate::http::{Answer, Context, RequestId, Response};
use crate::socket::{Carrier, Passed, Question};

/// What is asked within so many milliseconds is asked when another tab asks it.
const SOON_MS: u64 = 1_000;

#[expect(
    private_bounds,
    reason = "of a carrier, its driver needs to know nothing"
)]
impl<C: Carrier> Client<C> {
    /// What another tab says of a question.
    pub(super) fn handle_passed(&mut self, passed: Passed) {
        match passed {
            Passed::Begun {
                question,
                about,
                number,
            } => self.begun(question, &about, number),
            Passed::Came(body) => {
                if let Some(request) = self.checks.borrowed() {
                    let body = body.into_bytes();
                    let response = Response {
                        status: 200,
                        retry_after_ms: None,
                        body,
                    };
                    self.take_answer(request, &mut Answer::Response(response));
                }
            }
            Passed::Denied { question, about } => {
                if self.checks.is_borrowing(question, &about) {
                    self.checks.return_borrowed(&mut self.subscriptions, true);
                }
            }
            Passed::Wanted {
                question,
                about,
                since,
            } => {
                let now = self.now;
                if self.checks.lend(question, &about, since) {
                    return;
                }
                let subscription = self.subscriptions.get_mut(&about);
                if !subscription.is_some_and(|subscription| subscription.lend(now, question)) {
                    self.connection.deny(question, &about);
                }
            }
        }
    }

    /// Whoever has the connection asks the server: this tab need not, if it would soon.
    fn begun(&mut self, question: Question, about: &str, number: u64) {
        let timeout_ms = self.config.check_timeout_ms();
        if let Some(check) = self.checks.begun(question, about) {
            check.extend(self.now, timeout_ms);
        } else {
            // It has given up what it had begun.
            self.checks.end_borrowed(&mut self.subscriptions);
        }
        let Some(subscription) = self.subscriptions.get_mut(about) else {
            return;
        };
        // Whatever is asked for, the server stores what it has.
        subscription.flush = subscription.flush.map(|_| Flush::new(self.now));
        if !self.checks.is_free() || !subscription.may_borrow() {
            return;
        }
        if let Standing::Sent(_) = subscription.standing {
            // The connection has it, since whoever asks has.
            subscription.taken(self.now, &self.config, u64::MAX);
        }
        let due = match question {
            Question::Status => subscription.schedule.due(),
            Question::Log => subscription.history.due(),
            Question::Flush => None,
        };
        if due.is_some_and(|due| due <= self.now.after(SOON_MS))
            && self.connection.want(question, about, Some(number))
        {
            let mut ctx = context!(self);
            self.checks
                .borrow(&mut ctx, subscription, question, about, timeout_ms);
            if let Some(check) = self.checks.begun(question, about) {
                check.extend(self.now, timeout_ms);
            }
        }
    }

    /// Gives other tabs what they want of an answer.
    pub(super) fn pass_on(&mut self, request: RequestId, answer: &Answer) {
        match self.checks.keep(request, answer) {
            Some((_, _, Some(body))) => self.connection.pass(&body),
            Some((question, about, None)) => self.connection.deny(question, &about),
            None => {}
        }
    }
}
