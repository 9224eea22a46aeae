//! What the connection brings: its own life, and the events of the server.

use super::subscription::Standing;
use super::told::Told;
use super::{Client, UNAUTHORIZED, context};
use crate::failure::Failure;
use crate::http::Context;
use crate::json::{Kind, Raw, Text};
use crate::research::contract::Event;
use crate::research::payload::event::ResearchEvent;
use crate::research::payload::failure::Failure as ResearchFailure;
use crate::research::payload::text::bounded;
use crate::research::payload::warning::{Warning, excerpt};
use crate::research::payload::words::Source;
use crate::socket::{self, Carrier};

#[expect(
    private_bounds,
    reason = "of a carrier, its driver needs to know nothing"
)]
impl<C: Carrier> Client<C> {
    pub(super) fn handle_connection(&mut self, event: socket::Event) {
        match event {
            socket::Event::Ack {
                emit,
                args,
                attachments,
            } => {
                self.events.push_back(Event::Ack {
                    emit,
                    args,
                    attachments,
                });
            }
            socket::Event::ConnectError(failure) => {
                self.errors = self.errors.saturating_add(1);
                self.ease();
                self.events.push_back(Event::ConnectError(failure));
                if self.connection.is_refused()
                    || self.config.fallback.is_some_and(|f| self.errors >= f.after)
                {
                    self.start_polling();
                }
            }
            socket::Event::Connected { sid, attempt } => self.connected(sid, attempt),
            socket::Event::Damaged(words) => self.refuse("damaged-packet", &words, None),
            socket::Event::Disconnected(failure) => {
                self.ease();
                let refusal = self.refusal.take();
                let failure = match (failure, refusal) {
                    (Failure::ServerDisconnected, Some(words)) => {
                        let refused = Failure::Refused(words);
                        let random = &mut self.random;
                        self.connection.stop(self.now, random, refused.clone());
                        refused
                    }
                    (failure, _) => failure,
                };
                self.events.push_back(Event::Disconnect(failure));
                self.lost();
                if self.connection.is_refused() {
                    self.start_polling();
                }
            }
            socket::Event::EmitFailed { emit, error } => {
                self.events.push_back(Event::EmitFailed { emit, error });
            }
            socket::Event::Lax => self.tell(Warning::lax()),
            socket::Event::Interrupted => self.lost(),
            socket::Event::Message {
                args,
                ack,
                mut attachments,
                times,
            } => {
                for _ in 0..times {
                    // One that has any came once.
                    self.handle_message(&args, ack, std::mem::take(&mut attachments));
                }
            }
            socket::Event::ReconnectAttempt(attempt) => {
                self.stats.attempts += 1;
                self.events.push_back(Event::ReconnectAttempt(attempt));
            }
            socket::Event::ReconnectFailed(failure) => {
                self.events.push_back(Event::ReconnectFailed(failure));
                self.start_polling();
            }
            socket::Event::Renewed { sid } => {
                self.asked.begin(&sid, self.connection.is_lent());
                self.events.push_back(Event::Renewed { sid });
                self.live_again();
            }
            socket::Event::TooLarge { name, words } => {
                self.refuse("too-large", &words, None);
                self.skipped(name.as_deref());
            }
        }
    }

    /// A packet was too large to be read: what it may have had of researches is a gap.
    fn skipped(&mut self, name: Option<&str>) {
        let about = name.and_then(research_of);
        if name.is_some() && about.is_none() {
            // An event of no research.
            return;
        }
        for (id, subscription) in self.subscriptions.iter_mut() {
            if subscription.job.end().is_some() || about.is_some_and(|about| about != id.as_str()) {
                continue;
            }
            if let Some(gap) = subscription.history.skipped(self.now) {
                subscription.job.push(ResearchEvent::Gap(gap));
            }
        }
    }

    fn connected(&mut self, sid: String, attempt: u32) {
        let failed_before = std::mem::take(&mut self.errors) > 0;
        // As socket.io-client tells it: before `connect`, and also when only the first attempts failed.
        if std::mem::replace(&mut self.connected_before, true) || failed_before {
            self.events.push_back(Event::Reconnect(attempt));
        }
        self.asked.begin(&sid, self.connection.is_lent());
        self.events.push_back(Event::Connect { sid });
        self.told = Told::default();
        self.live_again();
    }

    fn live_again(&mut self) {
        self.errors = 0;
        self.polling = false;
        self.refusal = None;
        self.stats.connects += 1;
        // A subscription ends with its connection, and nothing is sent again that was missed.
        let now = self.now;
        self.checks.asked = now;
        self.checks.rested();
        self.checks.outlive(now);
        for subscription in self.subscriptions.values_mut() {
            if subscription.job.end().is_some() {
                subscription.history.connected_after_end(now);
                continue;
            }
            subscription.access.doubt();
            subscription.watchdog.hear(now);
            subscription.renew(now, &self.config, &mut self.connection);
        }
    }

    pub(super) fn start_polling(&mut self) {
        // Once for each outage: what the server has refused since waits for its retry.
        if self.config.fallback.is_none() || std::mem::replace(&mut self.polling, true) {
            return;
        }
        for subscription in self.subscriptions.values_mut() {
            if subscription.job.end().is_none() {
                subscription.schedule.repeatedly(self.now);
            }
        }
    }

    fn handle_message(&mut self, args: &Text, ack: Option<u64>, attachments: Vec<Vec<u8>>) {
        let mut elements = args.raw().elements();
        let name = elements.next().and_then(Raw::string).unwrap_or_default();
        let payload = elements.next();
        match (research_of(&name), &*name, payload) {
            (Some(id), _, Some(payload)) => self.handle_update(id, payload),
            (Some(_), _, None) => {
                let words = ["an update without a payload: ", &excerpt(&name)].concat();
                self.refuse("damaged-packet", &words, None);
            }
            (None, "search_engine_selected", Some(payload)) => self.handle_engine(payload),
            (None, "subscribe_error", Some(payload)) => self.handle_refusal(payload),
            (None, ..) => {}
        }
        let is_wanted = |wanted: &String| wanted.is_empty() || **wanted == *name;
        if self.listening.iter().any(is_wanted) {
            self.events.push_back(Event::Message {
                name: name.into_owned(),
                args: args.to_json(),
                ack: ack.and_then(|id| self.asked.page_number(id)),
                attachments,
            });
        }
    }

    fn handle_update(&mut self, id: &str, payload: Raw<'_>) {
        let Some(subscription) = self.subscriptions.get_mut(id) else {
            self.stats.unrequested += 1;
            return;
        };
        subscription.hear(self.now);
        // Some servers tell everybody, also whom they refuse.
        if subscription.standing != Standing::Refused {
            if let Standing::OnTrial(_) = subscription.standing {
                // What was said to have expired goes on.
                self.refusal = None;
            }
            self.subscribing.grant(self.now, &mut subscription.refusal);
            subscription.pass(self.now, &self.config);
        }
        // The server shows it to this page again, so its silence can be asked about.
        subscription.access.doubt();
        let (now, timeout_ms) = (self.now, self.config.check_timeout_ms());
        subscription.heard = Some(now);
        let (job, history) = (&mut subscription.job, &mut subscription.history);
        // What the log gets late comes before the end, too.
        let waits = history.is_behind() && history.is_worth_waiting(now, timeout_ms) && job.hold();
        let held_end = job.holds_end();
        let before = job.counters();
        job.handle_value(now, Source::Live, payload);
        if let Some(flush) = &mut subscription.flush {
            flush.heard(now, job.counters().lines - before.lines);
        }
        if job.holds_end() && !held_end {
            history.ask_before_end(now, now, timeout_ms);
        } else if waits {
            job.release(None);
        } else if held_end && job.counters().updates_after_end > before.updates_after_end {
            // What was said live has come as far as the end that the status told.
            history.hurry(now);
        }
        self.drain_jobs();
    }

    /// The event names no research: with one under way there is no doubt which one is meant.
    fn handle_engine(&mut self, payload: Raw<'_>) {
        if payload.kind() != Kind::Object {
            let got = excerpt(payload.as_str());
            let words = ["search_engine_selected: expected an object, got ", &got].concat();
            return self.refuse("not-an-object", &words, None);
        }
        self.events
            .push_back(Event::SearchEngineSelected((*payload.to_json()).into()));
        let mut active = self
            .subscriptions
            .values_mut()
            .filter(|s| s.job.end().is_none());
        if let (Some(only), None) = (active.next(), active.next()) {
            only.job.handle_value(self.now, Source::Live, payload);
        }
    }

    /// `subscribe_error`: this page may not follow a research, or any at all.
    fn handle_refusal(&mut self, payload: Raw<'_>) {
        let words = payload.get("error").and_then(Raw::string);
        let words = words.map_or_else(|| excerpt(payload.as_str()), |words| bounded(&words));
        if words == "Session expired" {
            // The server disconnects after it.
            self.refusal = Some(words.clone());
        }
        let id = payload.get("research_id").map(|id| match id.string() {
            Some(text) => text.into_owned(),
            None => id.as_str().to_owned(),
        });
        let Some((id, subscription)) =
            id.and_then(|id| Some((id.clone(), self.subscriptions.get_mut(&id)?)))
        else {
            let words = ["the server refused a subscription: ", &words].concat();
            return self.refuse(UNAUTHORIZED, &words, None);
        };
        if self.connection.leave_others(&mut context!(self)) {
            // It is sent again over the page's own connection, to be refused there or not.
            return;
        }
        // The server has decided: what happened so far can be asked for.
        subscription.taken(self.now, &self.config, u64::MAX);
        let standing = std::mem::replace(&mut subscription.standing, Standing::Refused);
        if standing == Standing::Refused {
            return;
        }
        let (random, refusal) = (&mut self.random, &mut subscription.refusal);
        let is_news = self.subscribing.refuse(self.now, random, refusal, false, 0);
        if self.config.persistent {
            subscription.refused(self.now, &self.config);
        }
        if !is_news || !subscription.job.may_fail() {
            // The page has heard it.
            return;
        }
        let failure = ResearchFailure {
            code: "UNAUTHORIZED".to_owned(),
            title: "Not Allowed".to_owned(),
            text: "The server does not let this page follow the research: sign in.".to_owned(),
            detail: Some(words),
            suggestion: None,
        };
        self.events.push_back(Event::Research {
            id,
            event: ResearchEvent::Failure(failure),
        });
    }
}

/// The research whose update an event with this name is.
fn research_of(name: &str) -> Option<&str> {
    name.strip_prefix("research_progress_")
        .or_else(|| name.strip_prefix("progress_"))
}
