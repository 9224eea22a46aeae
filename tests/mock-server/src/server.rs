//! Decides which part of the server gets a request, and joins the parts.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use crate::app::{App, Context, Page};
use crate::config::Config;
use crate::engine::{self, Answer, Engine, SEPARATOR};
use crate::fault::{Action, Kind, OfflineMode};
use crate::faults::FaultBook;
use crate::random::Random;
use crate::reply::{Pending, Reply};
use crate::socket::{self, ConnectRule, Sockets};
use crate::stats::{Logged, Stats};
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
    held: BTreeMap<(u64, u64), Request>,
    delayed: BTreeMap<(u64, u64), Response>,
    sequence: u64,
    outputs: VecDeque<Output>,
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

    fn arrive(&mut self, request: Request) {
        if request.route().starts_with("/control/") {
            let page = self.control_request(&request);
            let pending = Pending::control(&request);
            self.outputs
                .push_back(Output::Respond(pending.finish(request.id, page, true)));
            return;
        }
        let kind = self.kind(&request);
        let sid = match kind {
            Kind::Poll | Kind::Post | Kind::Connect => request.query("sid"),
            Kind::Handshake | Kind::Session | Kind::Socket | Kind::Api | Kind::Page => None,
        };
        let packets_in = match sid {
            Some(_) if !request.body.is_empty() => {
                1 + request
                    .body
                    .iter()
                    .filter(|byte| char::from(**byte) == SEPARATOR)
                    .count()
            }
            Some(_) | None => 0,
        };
        let logged = Logged {
            number: 0,
            method: request.method.clone(),
            path: request.path.clone(),
            kind,
            t_ms: self.now,
            status: None,
            end_ms: None,
            end: "open",
            packets_in,
            packets_out: 0,
        };
        let number = self.stats.arrived(logged, sid, self.config.request_log);
        self.pending
            .insert(request.id, Pending::new(&request, kind, sid, number));
        if let Network::Down { mode, .. } = self.network {
            self.unreachable(request.id, mode);
            return;
        }
        let actions = self.faults.meet(kind, &request, &mut self.dice);
        self.apply(request, actions);
    }

    fn kind(&self, request: &Request) -> Kind {
        let route = request.route();
        if self.socket_path(route).is_none() {
            let api = route.starts_with("/api/") || route.starts_with("/history/");
            return if api { Kind::Api } else { Kind::Page };
        }
        match (request.query("sid"), request.method.as_str()) {
            (None, _) => Kind::Handshake,
            (Some(_), "POST") => {
                let mut packets = request.body.split(|byte| char::from(*byte) == SEPARATOR);
                let connects = packets.any(|packet| packet.starts_with(b"40"));
                if connects { Kind::Connect } else { Kind::Post }
            }
            (Some(_), _) => Kind::Poll,
        }
    }

    /// Whether this is a path of Engine.IO, and if so, whether it is the one that echoes.
    fn socket_path(&self, route: &str) -> Option<bool> {
        let route = route.trim_end_matches('/');
        if self.config.engine_echo_path.as_deref() == Some(route) {
            return Some(true);
        }
        self.config
            .paths
            .iter()
            .any(|path| path == route)
            .then_some(false)
    }

    /// Applies the faults that met a request, then serves it unless one of them answered.
    fn apply(&mut self, request: Request, actions: Vec<Action>) {
        let id = request.id;
        self.sockets.connect_rule = None;
        let mut drops_packets = false;
        let mut after = Vec::new();
        let mut actions = actions.into_iter();
        while let Some(action) = actions.next() {
            match action {
                Action::Refuse => return self.finish(id, None, Delivery::Refuse),
                Action::HangInHead => return self.finish(id, None, Delivery::HangInHead),
                Action::Status {
                    code,
                    retry_after,
                    body,
                    content_type,
                } => {
                    let page = crate::reply::status_page(code, retry_after, body, content_type);
                    return self.respond(id, Reply::Page(page));
                }
                Action::LoginPage => return self.respond(id, Reply::Page(Page::login())),
                Action::WrongContent { body, content_type } => {
                    return self.respond(id, Reply::Page(Page::new(200, &content_type, body)));
                }
                Action::WrongWorker => {
                    let sid = request.query("sid").unwrap_or_default();
                    return self.respond(id, Reply::Engine(engine::unknown(sid)));
                }
                Action::DropPackets => drops_packets = true,
                Action::Hold { ms } => {
                    if let Some(pending) = self.pending.get_mut(&id) {
                        pending.after_hold = actions.collect();
                    }
                    self.sequence += 1;
                    self.held.insert((self.now + ms, self.sequence), request);
                    return;
                }
                Action::Restart { down_ms } => {
                    self.restart(down_ms, false, Some(id));
                    if self.network != Network::Up {
                        return self.finish(id, None, Delivery::Refuse);
                    }
                }
                Action::Offline { ms, mode } => {
                    return self.offline(Some(ms), mode);
                }
                Action::ConnectError { data } => {
                    self.sockets.connect_rule = Some(ConnectRule::Refuse(data));
                }
                Action::NoConnectAnswer => self.sockets.connect_rule = Some(ConnectRule::Ignore),
                Action::NoPings | Action::Disconnect | Action::ClosePacket => after.push(action),
                Action::Delay { .. }
                | Action::LoseAnswer
                | Action::HangInBody { .. }
                | Action::Cut { .. }
                | Action::Inject { .. }
                | Action::Duplicate
                | Action::Reorder
                | Action::PadTo { .. } => {
                    if let Some(pending) = self.pending.get_mut(&id) {
                        pending.on_answer.push(action);
                    }
                }
            }
        }
        let sid = if drops_packets {
            self.respond(id, Reply::Engine(Answer::Accepted));
            None
        } else {
            self.serve(&request)
        };
        self.digest();
        self.sockets.connect_rule = None;
        for action in after {
            let Some(sid) = &sid else { continue };
            if let Action::NoPings = action {
                self.engine.stop_pings(sid);
            } else if let Action::Disconnect = action {
                self.sockets.disconnect(sid, &mut self.engine);
            } else {
                self.engine.close(sid, Some(engine::Packet::Close));
            }
        }
    }

    /// Serves a request and names its session.
    fn serve(&mut self, request: &Request) -> Option<String> {
        let id = request.id;
        let Some(echo) = self.socket_path(request.route()) else {
            let page = self.with_app(|app, ctx| app.serve(request, ctx));
            self.respond(id, Reply::Page(page));
            return None;
        };
        let python = self.config.quirks.python_texts;
        let sid = request.query("sid");
        let refusal = match request.method.as_str() {
            "OPTIONS" => {
                self.respond(id, Reply::Page(Page::new(200, "text/plain", "OK".into())));
                return None;
            }
            "GET" | "POST" if !self.transport_is_polling(request) => {
                Some((400, "Invalid transport".to_owned(), 0, "Transport unknown"))
            }
            "GET" | "POST" if sid.is_none() && request.query("EIO") != Some("4") => {
                let text = "The client is using an unsupported version of the Socket.IO or Engine.IO \
                            protocols";
                Some((400, text.to_owned(), 5, "Unsupported protocol version"))
            }
            "GET" => None,
            "POST" if sid.is_none() => Some((
                400,
                "Invalid session None".to_owned(),
                2,
                "Bad handshake method",
            )),
            "POST" => None,
            _ if python => Some((
                405,
                "Method Not Found".to_owned(),
                2,
                "Bad handshake method",
            )),
            _ => Some((400, "Bad Request".to_owned(), 2, "Bad handshake method")),
        };
        if let Some((status, python, code, message)) = refusal {
            self.respond(
                id,
                Reply::Engine(Answer::Refused {
                    status,
                    python,
                    code,
                    message,
                }),
            );
            return None;
        }
        let Some(sid) = sid else {
            let sid = self
                .engine
                .open(self.now, id, echo, &self.config, &mut self.dice);
            self.stats.handshakes += 1;
            if !echo {
                self.sockets.opened(self.now, &sid, &self.config);
            }
            return Some(sid);
        };
        if self.config.quirks.two_workers {
            self.respond(id, Reply::Engine(engine::unknown(sid)));
            return None;
        }
        if request.method == "GET" {
            self.engine.poll(sid, id, &self.config);
        } else {
            self.engine
                .post(self.now, sid, id, &request.body, &self.config);
        }
        Some(sid.to_owned())
    }

    /// python-engineio takes polling for granted when nothing is said.
    fn transport_is_polling(&self, request: &Request) -> bool {
        match request.query("transport") {
            Some(transport) => transport == "polling",
            None => self.config.quirks.python_texts,
        }
    }

    fn aborted(&mut self, id: u64) {
        self.held.retain(|_, request| request.id != id);
        self.delayed.retain(|_, response| response.id != id);
        let Some(pending) = self.pending.remove(&id) else {
            return;
        };
        pending.log(&mut self.stats, self.now, "aborted", None, 0);
        if let Some(sid) = &pending.sid {
            self.engine.aborted(sid, id, &self.config);
        }
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
                    socket::Event::Connected { .. } => self.stats.connects += 1,
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

    /// Completes an answer with what its request's faults do to it.
    fn respond(&mut self, id: u64, reply: Reply) {
        let Some(pending) = self.pending.get(&id) else {
            return;
        };
        let Some((response, delay)) = pending.respond(id, reply, &self.config, &mut self.dice)
        else {
            return self.finish(id, None, Delivery::HangInHead);
        };
        if delay == 0 {
            return self.deliver(response);
        }
        self.sequence += 1;
        self.delayed
            .insert((self.now + delay, self.sequence), response);
    }

    /// An answer leaves, if the network lets it.
    fn deliver(&mut self, mut response: Response) {
        if self.network != Network::Up {
            response.delivery = self.reachable();
        }
        let delivery = response.delivery;
        self.finish(response.id, Some(response), delivery);
    }

    /// The last word about a request: what is told to the shell and to the log.
    fn finish(&mut self, id: u64, response: Option<Response>, delivery: Delivery) {
        let Some(pending) = self.pending.get_mut(&id) else {
            return;
        };
        let nothing = || Response {
            id,
            status: 0,
            headers: Vec::new(),
            body: Vec::new(),
            delivery,
        };
        let response = response.unwrap_or_else(nothing);
        let has_packets = pending.carries_packets() && response.status == 200;
        let packets: Vec<_> = match has_packets && !response.body.is_empty() {
            true => response
                .body
                .split(|byte| char::from(*byte) == SEPARATOR)
                .collect(),
            false => Vec::new(),
        };
        let is_event = |packet: &&&[u8]| packet.starts_with(b"42") || packet.starts_with(b"45");
        match delivery {
            Delivery::Whole if !pending.hangs => {
                self.stats.delivered += packets.iter().filter(is_event).count() as u64;
            }
            Delivery::Whole
            | Delivery::HangInHead
            | Delivery::HangInBody { .. }
            | Delivery::Cut { .. }
            | Delivery::Refuse => self.stats.lost += packets.len() as u64,
        }
        if pending.hangs {
            return;
        }
        let status = (response.status != 0).then_some(response.status);
        let count = packets.len();
        match delivery {
            Delivery::HangInHead | Delivery::HangInBody { .. } => {
                pending.hangs = true;
                pending.mark(&mut self.stats, "hang", status);
            }
            Delivery::Whole => pending.log(&mut self.stats, self.now, "whole", status, count),
            Delivery::Cut { .. } => pending.log(&mut self.stats, self.now, "cut", status, count),
            Delivery::Refuse => pending.log(&mut self.stats, self.now, "refused", status, 0),
        }
        if !pending.hangs {
            self.pending.remove(&id);
        }
        self.outputs.push_back(Output::Respond(response));
    }

    /// Forgets all sessions; requests in flight fail, but for the one that brought it about.
    pub(crate) fn restart(&mut self, down_ms: u64, researches_die: bool, except: Option<u64>) {
        self.engine.restart();
        self.engine.answers.clear();
        self.engine.events.clear();
        self.sockets.restart();
        self.app.restart(researches_die);
        self.fail_all(OfflineMode::Refuse, except);
        if down_ms > 0 {
            let until = Some(self.now + down_ms);
            self.network = Network::Down {
                until,
                mode: OfflineMode::Refuse,
            };
        }
    }

    pub(crate) fn offline(&mut self, ms: Option<u64>, mode: OfflineMode) {
        self.network = Network::Down {
            until: ms.map(|ms| self.now + ms),
            mode,
        };
        self.fail_all(mode, None);
    }

    /// Ends the requests in flight. The sessions do not notice: to them the client is still there.
    fn fail_all(&mut self, mode: OfflineMode, except: Option<u64>) {
        let open: Vec<_> = self
            .pending
            .keys()
            .copied()
            .filter(|id| Some(*id) != except)
            .collect();
        for id in open {
            self.unreachable(id, mode);
        }
    }

    fn unreachable(&mut self, id: u64, mode: OfflineMode) {
        match mode {
            OfflineMode::Refuse => {
                let sid = self
                    .pending
                    .get(&id)
                    .and_then(|pending| pending.sid.clone());
                self.finish(id, None, Delivery::Refuse);
                if let Some(sid) = sid {
                    self.engine.aborted(&sid, id, &self.config);
                }
            }
            OfflineMode::Hang => self.finish(id, None, Delivery::HangInHead),
        }
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
