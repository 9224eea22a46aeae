//! The client: one input in, its outputs out; composes connection, researches and status checks.

mod asked;
mod catch_up;
mod checks;
mod flush;
mod history;
mod incoming;
mod lending;
mod sharing;
mod subscription;
mod terminations;
mod told;
mod watchdog;
mod whereabouts;

use crate::config::{Config, ConfigError};
use crate::engine::payload::MAX_PACKETS_PER_PAYLOAD;
use crate::failure::{Failure, Phase};
use crate::http::{Answer, AskId, Command, Context, Ids, RequestId};
use crate::patience::Patience;
use crate::persistence::{Persistence, UNSEEN_WAIT_MS};
use crate::queue::{Queue, SmallMap};
use crate::random::Random;
use crate::research::contract::{CancelId, Event, Input, Output, State, StateName, Stats};
use crate::research::job::{Job, JobEvent, Limits, Snapshot, Timeline};
use crate::research::payload::event::{Refusal, ResearchEvent};
use crate::research::payload::id::ResearchId;
use crate::research::payload::warning::Warning;
use crate::socket::{self, Carrier, Connection, EmitError};
use crate::tabs::UNSUBSCRIBE;
use crate::time::{Timestamp, earliest};
use crate::websocket::News;
use asked::Asked;
use checks::{Asking, Checks, Outcome, TOO_LARGE};
use history::History;
use subscription::{Access, Schedule, Standing, Subscription, args_about};
use terminations::Terminations;
use told::Told;
use watchdog::Watchdog;

/// The codes of warnings that the server does not show something to this page.
const NOT_FOUND: &str = Refusal::NotFound.as_str();
const UNAUTHORIZED: &str = Refusal::Unauthorized.as_str();

/// The client of one server, without clock, network and browser.
///
/// Call [`handle_input`](Self::handle_input), then [`poll_output`](Self::poll_output) until it is
/// empty, then wait until [`poll_timeout`](Self::poll_timeout) or the next input.
#[derive(Debug)]
pub struct Client<C = Connection> {
    config: Config,
    now: Timestamp,
    patience: Patience,
    random: Random,
    ids: Ids,
    connection: C,
    subscriptions: SmallMap<String, Subscription>,
    asked: Asked,
    /// Names of other events that the page listens to.
    listening: Vec<String>,
    checks: Checks,
    /// Retries of subscriptions.
    subscribing: Persistence,
    terminations: Terminations,
    /// When a session was begun for what is refused, if nothing was granted since: it was not for the session, or the new one was
    /// nobody's as well.
    renewed: Option<Timestamp>,
    /// The question for the credentials of the next retry, and when that is made at the latest.
    renewal: Option<(AskId, Timestamp)>,
    /// Headers of the last credentials, for the requests besides the connection.
    headers: Vec<(String, String)>,
    /// When the server was last heard over a live connection.
    heard: Timestamp,
    /// Attempts to connect that failed one after another.
    errors: u32,
    /// Whether the status is polled because there is no connection.
    polling: bool,
    /// Why the server is about to end this connection, if it said so.
    refusal: Option<String>,
    connected_before: bool,
    /// What the page was warned of since the connection is there, or was lost.
    told: Told,
    state: State,
    stats: Stats,
    commands: Queue<Command>,
    events: Queue<Event>,
}

/// Lends the parts of `self` that every part of the core may use.
macro_rules! context {
    ($client:ident) => {
        Context {
            now: $client.now,
            patient: $client.patience.holds(),
            random: &mut $client.random,
            ids: &mut $client.ids,
            commands: &mut $client.commands,
        }
    };
}
use context;

impl Client {
    /// A client that has done nothing yet: it connects at [`Input::Connect`]. `seed` decides its
    /// jitter, `now` is the time of its creation.
    ///
    /// # Errors
    /// The first option that is out of its range.
    pub fn new(config: Config, seed: u64, now: Timestamp) -> Result<Self, ConfigError> {
        config.check()?;
        let connection = Connection::new(config.socket());
        Ok(Self::over(connection, config, seed, now))
    }
}

#[expect(
    private_bounds,
    reason = "what a carrier does is no business of who drives a client"
)]
impl<C: Carrier> Client<C> {
    /// A client whose events this carries.
    pub(super) fn over(connection: C, config: Config, seed: u64, now: Timestamp) -> Self {
        let state = State {
            name: StateName::Connecting,
            reason: None,
            attempt: None,
            delay_ms: None,
        };
        Self {
            config,
            now,
            patience: Patience::default(),
            random: Random::new(seed),
            ids: Ids::default(),
            connection,
            subscriptions: SmallMap::new(),
            asked: Asked::default(),
            listening: Vec::new(),
            checks: Checks::default(),
            subscribing: Persistence::default(),
            renewed: None,
            terminations: Terminations::default(),
            renewal: None,
            headers: Vec::new(),
            heard: now,
            errors: 0,
            polling: false,
            refusal: None,
            connected_before: false,
            told: Told::default(),
            state,
            stats: Stats::default(),
            commands: Queue::new(),
            events: Queue::new(),
        }
    }

    /// Applies one input. Drain [`poll_output`](Self::poll_output) to `None` before the next one.
    /// Time that runs backwards is ignored; what is due is done at any input, and not before it:
    /// an answer that comes together with its deadline counts.
    pub fn handle_input(&mut self, now: Timestamp, input: Input) {
        let due = self.begin(now);
        if let Input::Connect
        | Input::Online(true)
        | Input::Refresh(_)
        | Input::Subscribe(_)
        | Input::Verify(_)
        | Input::Visible = input
        {
            self.checks.rested();
        }
        match input {
            Input::Acknowledge {
                id,
                args,
                attachments,
            } => self.acknowledge(id, &args, attachments),
            Input::Answer { request, answer } => self.handle_answer(request, answer),
            Input::Cancel {
                cancel,
                research,
                csrf_token,
            } => {
                if self.state.name == StateName::Closed {
                    let result = Err(Failure::Closed);
                    return self.events.push_back(Event::Cancelled { cancel, result });
                }
                let config = &self.config;
                let mut ctx = context!(self);
                let headers = &self.headers;
                let given_up = self
                    .terminations
                    .start(&mut ctx, config, headers, cancel, research, csrf_token);
                self.cancels_timed_out(given_up);
            }
            Input::Close => self.close(),
            Input::Connect => {
                self.forgive();
                self.connection.connect(&mut context!(self));
            }
            Input::Credentials { ask, credentials } => {
                let mut is_asked = self.connection.is_asking(ask);
                // Whoever carries questions out answers the newest one.
                if let Some((asked, until)) = &mut self.renewal
                    && *asked <= ask
                {
                    *until = self.now;
                    is_asked = true;
                }
                if let Ok(credentials) = &credentials
                    && is_asked
                {
                    self.headers.clone_from(&credentials.headers);
                }
                self.connection
                    .handle_credentials(&mut context!(self), ask, credentials);
            }
            Input::Emit(emit) => {
                let id = emit.id;
                if let Err(error) = self.connection.emit(self.now, emit) {
                    self.events.push_back(Event::EmitFailed { emit: id, error });
                }
            }
            Input::Hidden => {
                self.abort_check();
                self.connection.hide(&mut context!(self));
            }
            Input::Leaving => self.connection.leaving(self.now),
            Input::Listen {
                name,
                listening: true,
            } => {
                if !self.listening.contains(&name) {
                    self.listening.push(name);
                }
            }
            Input::Listen {
                name,
                listening: false,
            } => {
                self.listening.retain(|other| *other != name);
            }
            Input::NoWebSocket => self.connection.own_mut().keep_to_polling(),
            Input::Online(online) => self.connection.set_online(&mut context!(self), online),
            Input::Recall { research, facts } => {
                if let Some(subscription) = self.subscriptions.get_mut(&research) {
                    subscription.job.recall(self.now, &facts);
                }
            }
            Input::Refresh(research) => {
                if let Some(subscription) = self.subscriptions.get_mut(&research) {
                    subscription.check_now(self.now);
                }
            }
            Input::Remember {
                research,
                lines,
                complete,
            } => {
                if let Some(subscription) = self.subscriptions.get_mut(&research) {
                    subscription.job.remember(&lines, complete);
                    let is_live = self.connection.is_live();
                    subscription.history.take_over(self.now, is_live);
                }
            }
            Input::Socket { socket, news } => {
                if let News::Frame(frame) = &news {
                    self.stats.bytes_received += frame.size() as u64;
                }
                self.connection
                    .handle_news(&mut context!(self), socket, news);
                if self.connection.is_live() {
                    self.heard = self.now;
                }
            }
            Input::Subscribe(id) => self.subscribe(id),
            Input::Timeout => {}
            Input::Unseen => self.connection.unsee(),
            Input::Unsubscribe(id) => {
                if let Some(subscription) = self.subscriptions.remove(&id) {
                    self.stats.add(subscription.job.counters());
                    self.send_about(UNSUBSCRIBE, subscription.job.id());
                    self.checks.abort_about(&mut context!(self), &id);
                }
            }
            Input::Verify(research) => {
                if let Some(subscription) = self.subscriptions.get_mut(&research) {
                    subscription.verify = Some(self.now);
                    subscription.check_now(self.now);
                }
            }
            Input::Visible => {
                if !self.config.persistent {
                    self.forgive();
                }
                self.connection.wake(&mut context!(self));
            }
        }
        self.finish(due);
    }

    /// The time of an input has come; what was due before it.
    fn begin(&mut self, now: Timestamp) -> Option<Timestamp> {
        self.now = self.now.max(now);
        let due = self.poll_timeout();
        self.patience.begin(self.now, due);
        due
    }

    /// The end of an input.
    fn finish(&mut self, due: Option<Timestamp>) {
        // Whatever brought the news: a timer can be late by minutes.
        if due.is_some_and(|due| due <= self.now) {
            self.handle_timeout();
        }
        self.settle();
    }

    /// The next thing to do. What the network is to do comes before what the page is to hear.
    pub fn poll_output(&mut self) -> Option<Output> {
        if let Some(command) = self.commands.pop_front() {
            return Some(Output::Command(command));
        }
        self.events.pop_front().map(Output::Event)
    }

    /// When [`Input::Timeout`] is due next; `None`: not before another input.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let checks = self
            .checks
            .poll_timeout(&self.subscriptions, self.may_ask(), self.asking());
        let other = earliest(checks, self.terminations.poll_timeout());
        let other = earliest(other, self.retry_due());
        let other = earliest(other, self.waiting_until());
        let due = earliest(self.connection.poll_timeout(), other)?;
        Some(self.patience.not_before(due))
    }

    /// The reduced state of a research that the page follows.
    pub fn snapshot(&self, research: &str) -> Option<Snapshot> {
        Some(self.subscriptions.get(research)?.job.snapshot())
    }

    /// What a research that the page follows did when.
    pub fn timeline(&self, research: &str) -> Option<&Timeline> {
        Some(self.subscriptions.get(research)?.job.timeline())
    }

    /// The state of the connection.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Whether events can flow both ways now.
    pub fn is_connected(&self) -> bool {
        self.connection.is_connected()
    }

    /// Whether no WebSocket gets through to the server, as this client has found or was told by [`Input::NoWebSocket`]: one
    /// could not be opened, or not take the place of long-polling, which works. From then on it holds.
    pub fn has_no_websocket(&self) -> bool {
        self.connection.own().keeps_to_polling()
    }

    /// Whether the status of any research is asked for again and again.
    pub fn is_using_fallback(&self) -> bool {
        let repeatedly = |subscription: &Subscription| {
            matches!(subscription.schedule, Schedule::Repeatedly(_))
                && subscription.status_refusal.is_none()
        };
        self.subscriptions.values().any(repeatedly)
    }

    /// The counters.
    pub fn stats(&self) -> Stats {
        let mut stats = self.stats;
        stats.status_checks = self.checks.count;
        stats.history_requests = self.checks.log_count;
        stats.log_flushes = self.checks.flush_count;
        stats.sign_in_checks = self.checks.watch_count;
        for subscription in self.subscriptions.values() {
            stats.add(subscription.job.counters());
        }
        stats
    }

    /// Whether the client is closed and has nothing left to do.
    pub fn is_over(&self) -> bool {
        self.connection.is_over() && self.terminations.is_empty()
    }

    fn may_ask(&self) -> bool {
        use socket::Status;
        match self.connection.status() {
            Status::Closed | Status::Hidden | Status::Offline => false,
            Status::Connected
            | Status::Connecting
            | Status::Reconnecting { .. }
            | Status::Stopped => true,
        }
    }

    fn handle_answer(&mut self, request: RequestId, mut answer: Answer) {
        if let Answer::Response(response) = &answer {
            self.stats.bytes_received += response.body.len() as u64;
        }
        if let Answer::Piece(bytes) = &answer {
            self.stats.bytes_received += bytes.len() as u64;
        }
        let now = self.now;
        if let Some((cancel, research, result)) = self.terminations.handle_answer(request, &answer)
        {
            // The end may come over a connection that is down.
            if let Some(subscription) = self.subscriptions.get_mut(research.as_str())
                && result.is_ok()
            {
                subscription.schedule.once(now);
                if let Some(refused) = &mut subscription.status_refusal {
                    refused.want(now);
                }
            }
            if result.is_ok() {
                self.sign_of_life();
            }
            if let Some(cancel) = cancel {
                self.events.push_back(Event::Cancelled { cancel, result });
            }
            return;
        }
        self.pass_on(request, &answer);
        if !self.take_answer(request, &mut answer) {
            self.connection
                .handle_answer(&mut context!(self), request, answer);
            if self.connection.is_live() {
                self.heard = self.now;
            }
        }
    }

    /// False if it is no answer about a research.
    fn take_answer(&mut self, request: RequestId, answer: &mut Answer) -> bool {
        let (config, subscriptions) = (&self.config, &mut self.subscriptions);
        let mut ctx = context!(self);
        let checks = &mut self.checks;
        let outcome = checks.handle_answer(&mut ctx, config, subscriptions, request, answer);
        let is_ours = outcome.is_some();
        if let Some(outcome) = outcome {
            self.handle_outcome(outcome);
        }
        is_ours
    }

    fn handle_outcome(&mut self, outcome: Outcome) {
        if let Outcome::Refused { .. } = outcome {
            self.checks.rested();
        }
        match outcome {
            Outcome::Status { research, body } => {
                self.told.allowed(&research);
                self.handle_status(&research, &body);
                self.sign_of_life();
            }
            Outcome::Refused { is_news: false, .. } => {}
            Outcome::Refused {
                research, refusal, ..
            } => {
                let words = match refusal {
                    Refusal::NotFound => "the server knows no research with this id",
                    Refusal::Redirected => {
                        "the server redirects the request for its status: sign in, or see to \
                         `fallback.statusPath`"
                    }
                    Refusal::Unauthorized => {
                        "the server does not show its status to this page: sign in"
                    }
                };
                self.warn(refusal.as_str(), words, Some(research));
            }
            Outcome::Failed => self.lose_touch(),
            Outcome::NoEarlyLog => {}
            Outcome::Flushed { research } => {
                self.told.allowed(&research);
                self.sign_of_life();
            }
            Outcome::Unreadable { research, words } => {
                let code = if words == TOO_LARGE {
                    "too-large"
                } else {
                    "damaged-answer"
                };
                let words = ["an answer about the status ", &words].concat();
                self.refuse(code, &words, Some(research));
                self.lose_touch();
            }
            Outcome::LogPiece { research, bytes } => self.handle_log_piece(&research, &bytes),
            Outcome::Log { .. } | Outcome::NoLog { .. } => {
                self.handle_log(outcome);
            }
        }
    }

    /// A request besides those of the connection was answered well.
    fn sign_of_life(&mut self) {
        if !self.connection.is_live() {
            self.checks.hit(self.now, &mut self.random, &self.config);
        }
        self.connection.sign_of_life(&mut context!(self));
    }

    /// Such a request had no answer.
    fn lose_touch(&mut self) {
        if !self.connection.is_live() {
            self.checks.miss(self.now, &mut self.random, &self.config);
        }
        self.connection.lose_touch();
    }

    /// A connection has failed.
    fn ease(&mut self) {
        if self.connection.take_short() {
            let (checks, random) = (&mut self.checks, &mut self.random);
            checks.ease(self.now, random, &self.config);
        }
    }

    fn handle_timeout(&mut self) {
        self.connection.handle_timeout(&mut context!(self));
        let (config, subscriptions) = (&self.config, &mut self.subscriptions);
        let late = self
            .checks
            .handle_timeout(&mut context!(self), config, subscriptions);
        if let Some(outcome) = late {
            self.handle_outcome(outcome);
        }
        self.stop_waiting();
        let late = self.terminations.handle_timeout(&mut context!(self));
        self.cancels_timed_out(late);
    }

    fn cancels_timed_out(&mut self, cancels: impl IntoIterator<Item = CancelId>) {
        for cancel in cancels {
            let result = Err(Failure::Timeout(Phase::Post));
            self.events.push_back(Event::Cancelled { cancel, result });
        }
    }

    fn subscribe(&mut self, id: ResearchId) {
        let key = id.as_str().to_owned();
        if self.subscriptions.get(&key).is_some() {
            return;
        }
        self.told.forgive(Some(&key));
        let mut schedule = Schedule::Never;
        if self.polling {
            schedule.repeatedly(self.now);
        }
        let limits = Limits {
            dedup_entries: self.config.dedup_entries,
            seed: self.random.bits(),
        };
        let watched = self.config.stall_after_ms;
        let watched = watched.filter(|_| self.config.fallback.is_some());
        let mut subscription = Subscription {
            job: Job::new(id, limits),
            schedule,
            idle: (0, self.now),
            standing: Standing::Unsent,
            refusal: None,
            access: Access::Granted,
            status_refusal: None,
            status_refused: None,
            is_log_refused: false,
            is_signed_out: false,
            sent: 0,
            told_refusal: None,
            history: History::new(&self.config, self.now),
            flush: None,
            watchdog: Watchdog::new(watched, self.now),
            heard: None,
            is_heard: false,
            unheard: 0,
            unheard_at: None,
            verify: None,
            shown: None,
            asks_itself: false,
            wanted: [false; 2],
        };
        if self.connection.is_live() {
            subscription.send(self.now, &self.config, &mut self.connection);
        } else if self.config.early_history {
            subscription.history.ask_early(self.now);
        }
        self.subscriptions.insert(key, subscription);
    }

    /// Sends `event` with the id of a research, if the connection is live.
    fn send_about(&mut self, event: &str, id: &ResearchId) {
        self.connection.send_first(&args_about(event, id));
    }

    fn acknowledge(&mut self, number: u64, args: &str, attachments: Vec<Vec<u8>>) {
        let sent = match self.asked.server_number(number) {
            Some(id) => self.connection.acknowledge(id, args, attachments),
            None => Err(EmitError::Disconnected),
        };
        if let Err(error) = sent
            && self.state.name != StateName::Closed
        {
            self.refuse("ack-not-sent", &error.message(), None);
        }
    }

    /// Drops the question in flight.
    fn abort_check(&mut self) {
        let subscriptions = &mut self.subscriptions;
        self.checks.abort(&mut context!(self), subscriptions);
    }

    fn close(&mut self) {
        self.abort_check();
        for cancel in self.terminations.forget() {
            self.events.push_back(Event::Cancelled {
                cancel,
                result: Err(Failure::Closed),
            });
        }
        self.connection.close(&mut context!(self));
        self.stats = self.stats();
        self.subscriptions.clear();
        self.polling = false;
    }

    /// What was refused may be allowed by now, or the page wants to know whether it is.
    fn forgive(&mut self) {
        self.told.forgive(None);
        self.renew_expired();
        self.renewed = None;
        if std::mem::take(&mut self.polling) {
            self.start_polling();
        }
        let now = self.now;
        let live = self.connection.is_live();
        for subscription in self.subscriptions.values_mut() {
            subscription.history.forgive(now);
            subscription.allow_flush(now, &self.config);
            subscription.access.doubt();
            if let Some(refused) = &mut subscription.status_refusal {
                refused.want(now);
            }
            let has_ended = subscription.job.end().is_some();
            let is_asked_for = if has_ended {
                subscription.verify.is_some()
            } else {
                live
            };
            if !is_asked_for {
                // A new connection asks for what goes on, an end for no more than the log.
                continue;
            }
            if subscription.standing == Standing::Refused && !has_ended {
                // What it did meanwhile was missed.
                subscription.send(now, &self.config, &mut self.connection);
            }
            if subscription.access == Access::Doubtful && self.config.fallback.is_some() {
                subscription.schedule.once(now);
            }
        }
    }

    /// When a subscription that the server refused is sent again, or has passed its trial.
    fn retry_due(&self) -> Option<Timestamp> {
        let due = |subscription: &Subscription| {
            subscription.due(&self.subscribing, self.connection.is_seen())
        };
        let dues = self.subscriptions.values().filter_map(due);
        dues.min()
            .filter(|_| self.config.persistent && self.connection.is_live())
    }

    /// Another session takes the place of one of which the server said that it has expired, if it did: it ends those, and nothing is heard
    /// over it any more. Whether one does.
    fn renew_expired(&mut self) -> bool {
        let is_renewed = self.refusal.take().is_some()
            && self
                .connection
                .renew(&mut context!(self), Failure::Outlived);
        if is_renewed {
            self.renewed = Some(self.now);
            for subscription in self.subscriptions.values_mut() {
                subscription.want(self.now);
            }
            self.connection.handle_timeout(&mut context!(self));
        }
        is_renewed
    }

    /// Sends subscriptions again, as many as a POST takes.
    fn retry_subscriptions(&mut self) {
        if self.retry_due().is_none_or(|due| due > self.now) {
            return;
        }
        let (now, seen) = (self.now, self.connection.is_seen());
        let has_passed = |subscription: &Subscription| matches!(subscription.standing, Standing::OnTrial(until) if until <= now);
        // Neither the end that should have come, nor another refusal: the end was lost.
        if self.subscriptions.values().any(has_passed) && self.renew_expired() {
            return;
        }
        for subscription in self.subscriptions.values_mut() {
            if has_passed(subscription) {
                self.subscribing.grant(now, &mut subscription.refusal);
                self.renewed = None;
                subscription.pass(now, &self.config);
            }
        }
        let mut sent = 0;
        while sent < MAX_PACKETS_PER_PAYLOAD
            && let Some((_, subscription)) = self
                .subscriptions
                .values_mut()
                .filter_map(|subscription| Some((subscription.refusal()?, subscription)))
                .filter(|(refusal, _)| self.subscribing.due(*refusal, seen) <= now)
                .min_by_key(|(refusal, _)| refusal.last())
        {
            subscription.send_again(&mut self.connection);
            sent += 1;
        }
        if sent > 0 {
            self.subscribing.retry(now);
        }
    }

    /// For what is asked again that was refused: whether somebody looks at the page; `None` while its
    /// credentials are awaited.
    fn asking(&self) -> Asking {
        let is_awaited = self.renewal.is_some_and(|(_, until)| until > self.now);
        let awaits = self.connection.is_waiting_for_credentials();
        let seen = self.connection.is_seen();
        Asking {
            seen,
            again: !is_awaited && !awaits,
            joins: self.connection.own().is_joining(),
            watches: seen && self.connection.is_live(),
            second: self.connection.is_lent(),
        }
    }

    /// Asks the page for its credentials if a retry is due, which may be refused for want of new ones.
    fn renew_credentials(&mut self) {
        let asking = self.asking();
        if self.renewal.is_none()
            && self
                .checks
                .is_retry_due(self.now, &self.subscriptions, asking)
        {
            let ask = AskId(self.ids.next());
            self.commands.push_back(Command::Ask(ask));
            self.renewal = Some((ask, self.now.after(self.config.timeout_ms)));
        }
    }

    /// Carries events upward until all is quiet, then sends and asks what is due.
    fn settle(&mut self) {
        loop {
            while let Some(event) = self.connection.poll_event() {
                self.handle_connection(event);
            }
            self.retry_subscriptions();
            self.connection.flush(&mut context!(self));
            match self.connection.poll_event() {
                Some(event) => self.handle_connection(event),
                None => break,
            }
        }
        while let Some(passed) = self.connection.poll_passed() {
            self.handle_passed(passed);
        }
        self.drain_jobs();
        let taken = self.connection.taken();
        let (mut is_refused, mut is_outlived) = (false, false);
        let may_renew = self.connection.is_live() && self.may_renew();
        for (id, subscription) in self.subscriptions.iter_mut() {
            is_outlived |= subscription.has_outlived_session(may_renew, &self.config);
            subscription.taken(self.now, &self.config, taken);
            if let Some(refusal) = subscription.refusal_news() {
                is_refused |= matches!(refusal, Some(Refusal::Unauthorized));
                self.events.push_back(Event::Research {
                    id: id.clone(),
                    event: ResearchEvent::Refusal(refusal),
                });
            }
        }
        if is_outlived {
            self.renewed = Some(self.now);
            let asks = self.config.fallback.is_some();
            for subscription in self.subscriptions.values_mut() {
                if subscription.shown.is_some() || !asks {
                    subscription.want(self.now);
                }
            }
        }
        let is_renewed = is_outlived
            && self
                .connection
                .renew(&mut context!(self), Failure::Outlived);
        if is_renewed || (is_refused && self.connection.leave_others(&mut context!(self))) {
            while let Some(event) = self.connection.poll_event() {
                self.handle_connection(event);
            }
        }
        let subscriptions = &self.subscriptions;
        self.checks.overtake(&mut context!(self), subscriptions);
        if self.may_ask() {
            self.renew_credentials();
            let asking = self.asking();
            let (config, headers, subscriptions) =
                (&self.config, &self.headers, &mut self.subscriptions);
            let is_retry = self.checks.start_due(
                &mut context!(self),
                config,
                headers,
                subscriptions,
                &mut self.connection,
                asking,
            );
            self.renewal = self.renewal.filter(|_| !is_retry);
        }
        let started = |command: &&Command| matches!(command, Command::Open(_) | Command::Start(_));
        self.stats.requests += self.commands.iter().filter(started).count() as u64;
        let state = self.current_state();
        if state != self.state {
            self.state = state.clone();
            // First, so that whoever hears of an event finds the state that belongs to it.
            self.events.push_front(Event::State(state));
        }
    }

    /// Whether another session is worth a try for what is refused over this one, though nobody has been seen to sign in: every five
    /// minutes, or where nobody asks for the status, and as long as nothing is granted over it.
    fn may_renew(&self) -> bool {
        let again = |at: Timestamp| self.now.since(at) >= UNSEEN_WAIT_MS;
        if self.config.fallback.is_some() && !self.renewed.is_none_or(again) {
            return false;
        }
        let mut subscriptions = self.subscriptions.values();
        let is_granted = |subscription: &Subscription| {
            subscription.refusal.is_none() && subscription.job.end().is_none()
        };
        !subscriptions.any(is_granted)
    }

    fn drain_jobs(&mut self) {
        for (id, subscription) in self.subscriptions.iter_mut() {
            while let Some(event) = subscription.job.poll_event() {
                let event = match event {
                    JobEvent::Research(event) => event,
                    JobEvent::Warning(warning) => {
                        if self.told.is_news(&warning) {
                            self.events.push_back(Event::Warning(warning));
                        }
                        continue;
                    }
                };
                if let ResearchEvent::End(_) = event {
                    subscription.history.ended(self.now);
                    // An outage that the log has not cleared up: after the end it is too late.
                    subscription.history.doubt(self.now);
                    if let Some(gap) = subscription.history.close_gap(Some(self.now)) {
                        self.stats.gaps += 1;
                        self.events.push_back(Event::Research {
                            id: id.clone(),
                            event: ResearchEvent::Gap(gap),
                        });
                    }
                }
                self.stats.gaps += u64::from(matches!(event, ResearchEvent::Gap(_)));
                let id = id.clone();
                self.events.push_back(Event::Research { id, event });
            }
            if subscription.job.end().is_some() && subscription.verify.is_none() {
                subscription.schedule = Schedule::Never;
            }
        }
    }

    fn current_state(&self) -> State {
        use socket::Status;
        let (name, attempt, delay_ms) = match self.connection.status() {
            Status::Closed => (StateName::Closed, None, None),
            Status::Connected => (StateName::Connected, None, None),
            Status::Offline => (StateName::Offline, None, None),
            Status::Reconnecting { attempt, delay_ms } => {
                (StateName::Reconnecting, Some(attempt), delay_ms)
            }
            Status::Connecting => (StateName::Connecting, None, None),
            Status::Hidden | Status::Stopped => (StateName::Stopped, None, None),
        };
        let between = matches!(
            name,
            StateName::Connecting | StateName::Reconnecting | StateName::Stopped
        );
        // A hidden page asks for nothing.
        let hidden = matches!(self.connection.status(), Status::Hidden);
        let name = if between && !hidden && self.is_using_fallback() {
            StateName::Fallback
        } else {
            name
        };
        State {
            name,
            reason: self.connection.failure().cloned(),
            attempt,
            delay_ms,
        }
    }

    /// Refuses something of the server: counts it, and says so unless the page knows.
    fn refuse(&mut self, code: &'static str, words: &str, research: Option<String>) {
        self.stats.refused += 1;
        self.warn(code, words, research);
    }

    fn warn(&mut self, code: &'static str, words: &str, research: Option<String>) {
        self.tell(Warning {
            code,
            message: words.to_owned(),
            research,
            excerpt: String::new(),
        });
    }

    fn tell(&mut self, warning: Warning) {
        if self.told.is_news(&warning) {
            self.events.push_back(Event::Warning(warning));
        }
    }
}
