//! Decides which part of the server gets a request, and joins the parts.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use crate::app::{App, Context};
use crate::config::Config;
use crate::engine::{self, Engine};
use crate::fault::OfflineMode;
use crate::faults::FaultBook;
use crate::random::Random;
use crate::reply::{Pending, Reply};
use crate::socket::{self, Sockets};
use crate::stats::Stats;
use crate::{Delivery, Input, Output, Request, Response};

/// The whole server as a state machine: no I/O, no clock, no randomness but the seed's.
///
/// Give it one input, then drain `poll_output` to `None`, then ask `poll_timeout` when it wants
/// `Input::Timeout`. The same inputs at the same times give the same outputs.
#[derive(Clone, Debug)]
pub struct Server {
    pub(crate) config: Config,
    /// What `reset` goes back to.
    pub(crate) initial: Config,
    pub(crate) now: u64,
    pub(crate) dice: Random,
    pub(crate) engine: Engine,
    pub(crate) sockets: Sockets,
    pub(crate) app: App,
    pub(crate) faults: FaultBook,
    pub(crate) stats: Stats,
    /// Requests without an answer so far.
    pub(crate) pending: BTreeMap<u64, Pending>,
    pub(crate) network: Network,
    /// Requests and answers on their slow way, by the time of their arrival.
    pub(crate) held: BTreeMap<(u64, u64), Request>,
    pub(crate) delayed: BTreeMap<(u64, u64), Response>,
    pub(crate) sequence: u64,
    pub(crate) outputs: VecDeque<Output>,
}

/// Whether clients reach the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Network {
    #[default]
    Up,
    /// Until a time, or until a test says so.
    Down {
        until: Option<u64>,
        mode: OfflineMode,
    },
}

impl Server {
    /// A server without sessions and researches. Equal seeds give equal session ids and dice.
    pub fn new(config: Config, seed: u64) -> Self {
        Self {
            initial: config.clone(),
            config,
            now: 0,
            dice: Random::new(seed),
            engine: Engine::default(),
            sockets: Sockets::default(),
            app: App::default(),
            faults: FaultBook::default(),
            stats: Stats::default(),
            pending: BTreeMap::new(),
            network: Network::Up,
            held: BTreeMap::new(),
            delayed: BTreeMap::new(),
            sequence: 0,
            outputs: VecDeque::new(),
        }
    }

    /// Applies one input. Time that runs backwards is ignored.
    pub fn handle_input(&mut self, now_ms: u64, input: Input) {
        self.advance(now_ms);
        match input {
            Input::Request(request) => self.arrive(request),
            Input::Aborted { id } => self.aborted(id),
            Input::Timeout => {}
            Input::Control(command) => {
                self.command(command);
            }
        }
        self.settle();
    }

    /// The next answer that is due.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When `Input::Timeout` is due next. Any input may change it.
    pub fn poll_timeout(&self) -> Option<u64> {
        let network = match self.network {
            Network::Down { until, .. } => until,
            Network::Up => None,
        };
        let held = self.held.keys().next().map(|(at, _)| *at);
        let delayed = self.delayed.keys().next().map(|(at, _)| *at);
        [
            network,
            held,
            delayed,
            self.engine.poll_timeout(),
            self.sockets.poll_timeout(),
            self.app.poll_timeout(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// What has happened so far.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// The settings as they are now.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What becomes of a request that needs nothing but the network, such as one for a file.
    pub fn reachable(&self) -> Delivery {
        match self.network {
            Network::Up => Delivery::Whole,
            Network::Down {
                mode: OfflineMode::Refuse,
                ..
            } => Delivery::Refuse,
            Network::Down {
                mode: OfflineMode::Hang,
                ..
            } => Delivery::HangInHead,
        }
    }

    /// Lets everything happen that is due, in the order of time.
    pub(crate) fn advance(&mut self, now_ms: u64) {
        let target = self.now.max(now_ms);
        while let Some(due) = self.poll_timeout().filter(|due| *due <= target) {
            self.now = self.now.max(due);
            self.tick();
            self.settle();
        }
        self.now = target;
    }

    fn tick(&mut self) {
        let now = self.now;
        if let Network::Down {
            until: Some(until), ..
        } = self.network
            && until <= now
        {
            self.network = Network::Up;
        }
        self.engine.handle_timeout(now, &self.config);
        self.sockets.handle_timeout(now, &mut self.engine);
        self.with_app(|app, ctx| app.handle_timeout(ctx));
        while let Some(entry) = self.held.first_entry()
            && entry.key().0 <= now
        {
            let request = entry.remove();
            let pending = self.pending.get_mut(&request.id);
            let actions = pending.map(|pending| std::mem::take(&mut pending.after_hold));
            if let Some(actions) = actions {
                self.apply(request, actions);
                self.settle();
            }
        }
        while let Some(entry) = self.delayed.first_entry()
            && entry.key().0 <= now
        {
            let response = entry.remove();
            self.deliver(response);
        }
    }

    pub(crate) fn with_app<T>(&mut self, f: impl FnOnce(&mut App, &mut Context<'_>) -> T) -> T {
        let mut context = Context {
            now: self.now,
            config: &self.config,
            engine: &mut self.engine,
            sockets: &mut self.sockets,
            stats: &mut self.stats,
            dice: &mut self.dice,
        };
        f(&mut self.app, &mut context)
    }

    /// Passes on what the layers have to tell each other, until nothing is left.
    pub(crate) fn digest(&mut self) {
        loop {
            if let Some(event) = self.engine.events.pop_front() {
                match event {
                    engine::Event::Message { sid, message } => {
                        let Self {
                            sockets,
                            engine,
                            config,
                            dice,
                            ..
                        } = self;
                        sockets.message(&sid, message, engine, config, dice);
                    }
                    engine::Event::Closed { sid } => {
                        self.sockets.closed(&sid);
                        self.app.closed(&sid);
                    }
                }
            } else if let Some(event) = self.sockets.events.pop_front() {
                match event {
                    socket::Event::Connected { sid } => {
                        self.stats.connects += 1;
                        self.app.joined(&sid, &self.config.app);
                    }
                    socket::Event::Received {
                        sid,
                        name,
                        data,
                        ack,
                    } => {
                        self.with_app(|app, ctx| app.received(&sid, &name, &data, ctx));
                        if let Some(ack) = ack
                            && name == "subscribe_to_research"
                        {
                            self.sockets.acknowledge(&sid, ack, &mut self.engine);
                        }
                    }
                }
            } else {
                return;
            }
        }
    }

    /// Ends an input: what waits for a poll leaves with it.
    pub(crate) fn settle(&mut self) {
        self.digest();
        self.engine.flush();
        while let Some((id, answer)) = self.engine.answers.pop_front() {
            self.respond(id, Reply::Engine(answer));
        }
        self.stats.lost += std::mem::take(&mut self.engine.lost);
    }

    /// Takes over what has not been picked up.
    pub(crate) fn take_outputs(&mut self, from: &mut Self) {
        self.outputs.append(&mut from.outputs);
    }

    /// The settings and faults as JSON, for the control interface.
    pub(crate) fn overview(&self) -> Value {
        json!({"config": self.config, "faults": self.faults.entries()})
    }
}
