//! A client, a peer that answers by hand, a clock that jumps, and what must hold after each input.

use std::collections::{BTreeMap, BTreeSet};

use research_socket::config::Config;
use research_socket::http::{
    Answer, AskId, Beacon, Command, Credentials, Request, RequestError, RequestId, Response,
};
use research_socket::research::{
    CancelId, Client, Event, Input, Output, ResearchEvent, ResearchId, StateName,
};
use research_socket::socket::{Acked, Emit, EmitError, EmitId};
use research_socket::time::Timestamp;
use research_socket::trace;
use research_socket::websocket::{Frame, News, Opening, Transport};

use crate::words::{self, Kind};

/// Seed of every client here.
pub(crate) const SEED: u64 = 7;

/// The status of a research that goes on.
pub(crate) const RUNS: &str = r#"{"status":"in_progress"}"#;

/// When every client here is made.
pub(crate) const START: u64 = 1_000_000;

/// Ping interval and time-out of the peer together.
pub(crate) const SILENCE_MS: u64 = 25_000;

/// One client and its peer.
pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) now: u64,
    /// What an attempt carries; `None`: the page does not answer, see [`Self::asks`].
    pub(crate) credentials: Option<Result<Credentials, String>>,
    /// Questions for credentials without an answer.
    pub(crate) asks: Vec<AskId>,
    /// What the next handshakes say.
    pub(crate) max_payload: usize,
    /// Every request that was started, in order.
    pub(crate) started: Vec<Request>,
    pub(crate) in_flight: BTreeMap<RequestId, Request>,
    pub(crate) beacons: Vec<Beacon>,
    /// Every WebSocket that was opened, in order, and those that are not closed.
    pub(crate) sockets: Vec<Opening>,
    open_sockets: BTreeSet<RequestId>,
    sessions: u32,
    /// What the client did and told since it was asked last, in short words.
    did: Vec<String>,
    told: Vec<String>,
    /// The same events as they are.
    pub(crate) events: Vec<Event>,
    rules: Rules,
    /// The trace of all that has happened.
    pub(crate) trace: String,
}

/// What the invariants need to know of the past.
#[derive(Default)]
struct Rules {
    requests: BTreeSet<RequestId>,
    /// Sessions whose poll failed or was aborted.
    dead: BTreeSet<String>,
    max_payloads: BTreeMap<String, usize>,
    followed: BTreeSet<String>,
    ended: BTreeSet<String>,
    /// Emits that want an ack and have no outcome yet.
    awaited: BTreeSet<EmitId>,
    cancels: BTreeSet<CancelId>,
    /// Code, words and research of the warnings of this connection.
    warnings: BTreeSet<(&'static str, String, Option<String>)>,
    connected: bool,
    closed: bool,
}

impl World {
    /// A client that has done nothing yet, with the default options but for the stored log, its flushes and
    /// the watchdog, whose requests most situations are not about.
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::with_all(|config| {
            config.history = false;
            config.flush_logs = false;
            config.stall_after_ms = None;
            change(config);
        })
    }

    /// Like [`with`](Self::with), with all options at their defaults, but for [`Config::early_history`].
    pub(crate) fn with_all(change: impl FnOnce(&mut Config)) -> Self {
        Self::seeded(SEED, change)
    }

    /// Like [`with_all`](Self::with_all), with another seed.
    pub(crate) fn seeded(seed: u64, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::new("http://host");
        // One question more, which most situations are not about.
        config.early_history = false;
        change(&mut config);
        let now = Timestamp::from_millis(START);
        let trace = trace::header(&config, false, seed, now);
        Self {
            client: Client::new(config, seed, now).unwrap(),
            now: START,
            credentials: Some(Ok(Credentials::default())),
            asks: Vec::new(),
            max_payload: 1_000_000,
            started: Vec::new(),
            in_flight: BTreeMap::new(),
            beacons: Vec::new(),
            sockets: Vec::new(),
            open_sockets: BTreeSet::new(),
            sessions: 0,
            did: Vec::new(),
            told: Vec::new(),
            events: Vec::new(),
            rules: Rules::default(),
            trace,
        }
    }

    /// A client that is live.
    pub(crate) fn live() -> Self {
        Self::live_with(|_| {})
    }

    pub(crate) fn live_with(change: impl FnOnce(&mut Config)) -> Self {
        let mut world = Self::with(change);
        world.connect();
        world.join();
        world.forget();
        world
    }

    /// A client that follows the research `r` live, and has been told its status.
    pub(crate) fn following() -> Self {
        let mut world = Self::live();
        world.subscribe("r");
        world.accept();
        world.status("r", 200, r#"{"status":"in_progress"}"#);
        world.forget();
        world
    }

    /// Clients that follow the research `r` for pages that want no question of which they hear nothing: each way to say so.
    pub(crate) fn unasked() -> [Self; 2] {
        [
            (|config| config.flush_logs = false) as fn(&mut Config),
            |config| config.fallback = None,
        ]
        .map(|change| {
            let mut world = Self::with(|config| {
                config.flush_logs = true;
                change(config);
            });
            world.subscribe("r");
            world.connect();
            world.join();
            world.accept();
            world
        })
    }

    /// Without status polling and retries that never end, which most situations are not about.
    pub(crate) fn quiet(config: &mut Config) {
        config.fallback = None;
        config.persistent = false;
    }

    // What the page does.

    pub(crate) fn connect(&mut self) {
        self.input(Input::Connect);
    }

    pub(crate) fn close(&mut self) {
        self.input(Input::Close);
    }

    pub(crate) fn subscribe(&mut self, id: &str) {
        self.input(Input::Subscribe(ResearchId::from_text(id).unwrap()));
    }

    pub(crate) fn unsubscribe(&mut self, id: &str) {
        self.input(Input::Unsubscribe(id.to_owned()));
    }

    pub(crate) fn listen(&mut self, name: &str, listening: bool) {
        let name = name.to_owned();
        self.input(Input::Listen { name, listening });
    }

    /// Emits `["<name>"]` with the number `id`.
    pub(crate) fn emit(&mut self, id: u64, name: &str) {
        self.input(Input::Emit(emit(id, name, Acked::No)));
    }

    pub(crate) fn emit_with_ack(&mut self, id: u64, name: &str, ack: Acked) {
        self.input(Input::Emit(emit(id, name, ack)));
    }

    // What the peer does.

    /// The request of this kind that is in flight; of several the newest.
    pub(crate) fn find(&self, kind: Kind) -> Option<&Request> {
        self.in_flight
            .values()
            .rfind(|request| words::kind(request) == kind)
    }

    pub(crate) fn is_asked(&self, kind: Kind) -> bool {
        self.find(kind).is_some()
    }

    #[track_caller]
    fn id_of(&self, kind: Kind) -> RequestId {
        let found = self.find(kind);
        found
            .unwrap_or_else(|| panic!("no {kind:?} in flight, did {:?}", self.did))
            .id
    }

    /// Answers the request of this kind.
    #[track_caller]
    pub(crate) fn answer(&mut self, kind: Kind, status: u16, body: &str) {
        let answer = response(status, body);
        self.answer_with(kind, answer);
    }

    #[track_caller]
    pub(crate) fn answer_with(&mut self, kind: Kind, answer: Answer) {
        let request = self.id_of(kind);
        self.input(Input::Answer { request, answer });
    }

    /// The next bytes of the answer arrive; `|` stands for the separator.
    #[track_caller]
    pub(crate) fn piece(&mut self, kind: Kind, bytes: &str) {
        let bytes = bytes.replace('|', "\x1e").into_bytes();
        self.answer_with(kind, Answer::Piece(bytes));
    }

    /// The request of this kind gets no answer because the network is gone.
    #[track_caller]
    pub(crate) fn cut(&mut self, kind: Kind) {
        self.answer_with(kind, network_error());
    }

    /// Grants the handshake with the next session id: `s1`, `s2`, ….
    #[track_caller]
    pub(crate) fn open(&mut self) {
        let body = self.next_handshake();
        self.answer(Kind::Handshake, 200, &body);
    }

    /// The same of a server that offers a WebSocket.
    #[track_caller]
    pub(crate) fn open_offering(&mut self) {
        let body = self.next_offer();
        self.answer(Kind::Handshake, 200, &body);
    }

    pub(crate) fn next_offer(&mut self) -> String {
        let body = self.next_handshake();
        body.replace(r#""upgrades":[]"#, r#""upgrades":["websocket"]"#)
    }

    pub(crate) fn next_handshake(&mut self) -> String {
        self.sessions += 1;
        let (sid, limit) = (format!("s{}", self.sessions), self.max_payload);
        let body = format!(
            r#"0{{"sid":"{sid}","upgrades":[],"pingInterval":5000,"pingTimeout":20000,"maxPayload":{limit}}}"#
        );
        self.rules.max_payloads.insert(sid, limit);
        body
    }

    /// The packets arrive with the poll's answer.
    #[track_caller]
    pub(crate) fn receive(&mut self, packets: &str) {
        self.answer(Kind::Poll, 200, &packets.replace('|', "\x1e"));
    }

    /// Takes the POST.
    #[track_caller]
    pub(crate) fn accept(&mut self) {
        self.answer(Kind::Post, 200, "ok");
    }

    /// Follows a research that goes on, over a new connection. The server has taken the subscription, and its status
    /// is known.
    #[track_caller]
    pub(crate) fn follow(&mut self, id: &str) {
        self.subscribe(id);
        self.connect();
        self.join();
        self.accept();
        self.status(id, 200, RUNS);
    }

    /// Lets the time pass on a connection that lives.
    pub(crate) fn beat(&mut self, millis: u64) {
        let end = self.now + millis;
        while self.now < end {
            self.advance(5000.min(end - self.now));
            self.receive("2");
            self.accept_all();
        }
    }

    pub(crate) fn accept_all(&mut self) {
        while self.is_asked(Kind::Post) {
            self.accept();
        }
    }

    /// Answers the question for the status of `id`.
    #[track_caller]
    pub(crate) fn status(&mut self, id: &str, status: u16, body: &str) {
        let asked = words::request(self.find(Kind::Status).expect("a question for a status"));
        assert_eq!(asked, format!("status {id}"));
        self.answer(Kind::Status, status, body);
    }

    /// Something is heard of the WebSocket that was opened last.
    #[track_caller]
    pub(crate) fn hear_of_socket(&mut self, news: News) {
        let socket = self.sockets.last().expect("a WebSocket").id;
        self.input(Input::Socket { socket, news });
    }

    /// Each packet comes over the WebSocket, as a message of its own.
    #[track_caller]
    pub(crate) fn frames(&mut self, packets: &str) {
        for packet in packets.split('|') {
            self.hear_of_socket(News::Frame(Frame::Text(packet.to_owned())));
        }
    }

    /// The WebSocket is over, or cannot be opened.
    #[track_caller]
    pub(crate) fn socket_closed(&mut self, code: u16) {
        let reason = String::new();
        self.hear_of_socket(News::Closed { code, reason });
    }

    /// A client that is live over a WebSocket.
    pub(crate) fn live_over_socket(change: impl FnOnce(&mut Config)) -> Self {
        let mut world = Self::with(|config| {
            config.transport = Transport::WebSocket;
            change(config);
        });
        world.connect();
        world.join_over_socket();
        world.forget();
        world
    }

    #[track_caller]
    pub(crate) fn join_over_socket(&mut self) {
        let open = self.next_handshake();
        self.frames(&open);
        self.frames(r#"40{"sid":"n"}"#);
        assert!(self.client.is_connected());
    }

    /// Everything that makes a connection live, from the handshake on.
    #[track_caller]
    pub(crate) fn join(&mut self) {
        self.open();
        self.accept();
        self.receive(r#"40{"sid":"n"}"#);
        assert!(self.client.is_connected());
    }

    // Time.

    /// Lets the time pass, with a punctual timer.
    pub(crate) fn advance(&mut self, millis: u64) {
        let end = self.now.saturating_add(millis);
        while let Some(due) = self.due().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.input(Input::Timeout);
        }
        self.now = end;
    }

    /// Lets the time pass while no timer fires, as for a page that sleeps; then one does.
    pub(crate) fn sleep(&mut self, millis: u64) {
        self.now += millis;
        self.input(Input::Timeout);
    }

    /// Goes to the next deadline; how long that took.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> u64 {
        let due = self.due().expect("a deadline");
        let waited = due.saturating_sub(self.now);
        self.advance(waited);
        waited
    }

    /// How long until the next deadline.
    pub(crate) fn until_due(&self) -> Option<u64> {
        Some(self.due()?.saturating_sub(self.now))
    }

    fn due(&self) -> Option<u64> {
        self.client.poll_timeout().map(Timestamp::as_millis)
    }

    // What the client did.

    /// What it asked of the network since the last call.
    pub(crate) fn did(&mut self) -> Vec<String> {
        std::mem::take(&mut self.did)
    }

    /// What the page heard since the last call.
    pub(crate) fn told(&mut self) -> Vec<String> {
        std::mem::take(&mut self.told)
    }

    /// What the page heard since the last call, without the states.
    pub(crate) fn heard(&mut self) -> Vec<String> {
        let mut told = self.told();
        told.retain(|words| !words.starts_with("state "));
        told
    }

    pub(crate) fn forget(&mut self) {
        self.did.clear();
        self.told.clear();
        self.events.clear();
    }

    /// The one word for the state, with what belongs to it.
    pub(crate) fn state(&self) -> String {
        words::state(self.client.state())
    }

    // The loop.

    /// Gives the client an input, carries out what it asks for, and checks what must always hold.
    /// How many outputs there were.
    pub(crate) fn input(&mut self, input: Input) -> usize {
        let mut outputs = self.apply(input);
        if let Some(credentials) = self.credentials.clone() {
            while !self.asks.is_empty() {
                for ask in std::mem::take(&mut self.asks) {
                    let credentials = credentials.clone();
                    outputs += self.apply(Input::Credentials { ask, credentials });
                }
            }
        }
        outputs
    }

    fn apply(&mut self, input: Input) -> usize {
        let was_closed = self.rules.closed;
        self.note(&input);
        let now = Timestamp::from_millis(self.now);
        let since = now.since(Timestamp::from_millis(START));
        self.trace.push('\n');
        self.trace.push_str(&trace::input(since, &input));
        self.client.handle_input(now, input.clone());
        let mut outputs = 0;
        let mut kinds = trace::Outputs::default();
        while let Some(output) = self.client.poll_output() {
            kinds.push(&output);
            outputs += 1;
            match output {
                Output::Command(command) => self.carry_out(command, was_closed),
                Output::Event(event) => self.hear(event, was_closed),
            }
        }
        if let Some(line) = kinds.take() {
            self.trace.push('\n');
            self.trace.push_str(&line);
        }
        self.check(&input);
        outputs
    }

    fn note(&mut self, input: &Input) {
        match input {
            Input::Answer {
                answer: Answer::Piece(_),
                ..
            } => {}
            Input::Socket {
                socket,
                news: News::Closed { .. },
            } => {
                self.open_sockets.remove(socket);
            }
            Input::Answer { request, answer } => {
                let answered = self.in_flight.remove(request);
                let Some(request) = answered else { return };
                if words::kind(&request) == Kind::Poll && !is_good(answer) {
                    self.rules.dead.extend(words::sid(&request));
                }
            }
            Input::Close => self.rules.closed = true,
            Input::Emit(emit) if emit.ack != Acked::No => {
                self.rules.awaited.insert(emit.id);
            }
            Input::Cancel { cancel, .. } => {
                self.rules.cancels.insert(*cancel);
            }
            Input::Subscribe(id) => {
                self.rules.followed.insert(id.as_str().to_owned());
            }
            Input::Unsubscribe(id) => {
                self.rules.followed.remove(id);
                self.rules.ended.remove(id);
            }
            _ => {}
        }
    }

    fn carry_out(&mut self, command: Command, was_closed: bool) {
        self.did.push(match &command {
            Command::Abort(id) if self.open_sockets.contains(id) => "close".to_owned(),
            Command::Abort(id) => {
                let request = self.in_flight.get(id);
                let request = request.expect("only what is in flight is aborted, and once");
                format!("abort {}", words::request(request))
            }
            Command::Ask(_) => "ask".to_owned(),
            Command::Beacon(beacon) => {
                format!("beacon {}", words::body(&beacon.text))
            }
            Command::Open(_) => "websocket".to_owned(),
            Command::Send { frame, .. } => match frame {
                Frame::Text(text) => format!("send {text}"),
                Frame::Binary(bytes) => format!("send {bytes:?}"),
            },
            Command::Start(request) => words::request(request),
        });
        match command {
            Command::Abort(id) if self.open_sockets.remove(&id) => {}
            Command::Abort(id) => {
                let request = self.in_flight.remove(&id).unwrap();
                if words::kind(&request) == Kind::Poll {
                    self.rules.dead.extend(words::sid(&request));
                }
            }
            Command::Ask(ask) => {
                assert!(!was_closed, "a closed client asks for nothing");
                self.asks.push(ask);
            }
            Command::Beacon(beacon) => self.beacons.push(beacon),
            Command::Open(opening) => {
                assert!(!was_closed, "a closed client opens nothing");
                assert!(
                    self.rules.requests.insert(opening.id),
                    "each WebSocket has its own number"
                );
                assert!(self.open_sockets.is_empty(), "one WebSocket at a time");
                self.open_sockets.insert(opening.id);
                self.sockets.push(opening);
            }
            Command::Send { socket, .. } => {
                assert!(
                    self.open_sockets.contains(&socket),
                    "what is closed sends nothing"
                );
            }
            Command::Start(request) => {
                assert!(
                    !was_closed || request.keepalive,
                    "a closed client only says goodbye"
                );
                assert!(
                    self.rules.requests.insert(request.id),
                    "each request has its own number"
                );
                self.check_start(&request);
                self.started.push(request.clone());
                self.in_flight.insert(request.id, request);
            }
        }
    }

    fn check_start(&self, request: &Request) {
        let kind = words::kind(request);
        let same = |other: &&Request| {
            words::kind(other) == kind && words::sid(other) == words::sid(request)
        };
        match kind {
            Kind::Handshake => {
                let mut others = self.in_flight.values();
                let both = others.any(|other| words::kind(other) == kind);
                assert!(!both, "{kind:?} while one is in flight");
            }
            Kind::Log | Kind::Status => {
                let asks = |other: &Request| matches!(words::kind(other), Kind::Log | Kind::Status);
                let both = self.in_flight.values().any(asks);
                assert!(!both, "{kind:?} while a question is in flight");
            }
            Kind::Poll | Kind::Post => {
                let both = self.in_flight.values().filter(same).count();
                assert_eq!(both, 0, "{kind:?} while one of its session is in flight");
                // The goodbye of a session that this side ended may outlive its poll.
                let sid = words::sid(request).unwrap();
                let is_dead = self.rules.dead.contains(&sid);
                assert!(
                    !is_dead || request.keepalive,
                    "{sid} is used after its poll failed"
                );
            }
            Kind::Terminate => {}
        }
        if kind == Kind::Post {
            let body = &request.body.as_ref().unwrap().text;
            let limit = self.rules.max_payloads[&words::sid(request).unwrap()];
            assert!(body.len() <= limit, "{} bytes in one POST", body.len());
            let packets = body.split('\x1e').count();
            assert!(packets <= 16, "{packets} packets in one POST");
            assert!(!body.is_empty());
        }
    }

    fn hear(&mut self, event: Event, was_closed: bool) {
        let rules = &mut self.rules;
        match &event {
            Event::Connect { .. } => {
                rules.warnings.clear();
                assert!(!std::mem::replace(&mut rules.connected, true));
            }
            Event::Warning(warning) => {
                let (research, message) = (warning.research.clone(), warning.message.clone());
                let is_news = matches!(warning.code, "not-found" | "unauthorized")
                    || rules.warnings.insert((warning.code, message, research));
                assert!(is_news, "told twice: {warning:?}");
            }
            Event::Disconnect(_) => assert!(std::mem::replace(&mut rules.connected, false)),
            Event::Ack { emit, .. } => assert!(rules.awaited.remove(emit), "an ack too many"),
            Event::EmitFailed { emit, error } => {
                rules.awaited.remove(emit);
                assert!(!was_closed || *error == EmitError::Closed);
            }
            Event::Cancelled { cancel, .. } => assert!(rules.cancels.remove(cancel)),
            Event::Research { id, event } => {
                assert!(rules.followed.contains(id), "nobody follows {id}");
                if let ResearchEvent::End(_) = event {
                    assert!(rules.ended.insert(id.clone()), "a second end of {id}");
                }
            }
            _ => {}
        }
        let is_reply = matches!(event, Event::EmitFailed { .. } | Event::Cancelled { .. });
        assert!(!was_closed || is_reply, "after the end: {event:?}");
        // It comes with each first answer: who wants to see it looks among the events.
        if !matches!(
            &event,
            Event::Research {
                event: ResearchEvent::HistoryRead,
                ..
            }
        ) {
            self.told.push(words::event(&event));
        }
        self.events.push(event);
    }

    fn check(&self, input: &Input) {
        if *input == Input::Timeout
            && let Some(due) = self.due()
        {
            assert!(due > self.now, "due at once again");
        }
        let state = self.client.state();
        let is_connected = self.client.is_connected();
        assert_eq!(state.name == StateName::Connected, is_connected);
        assert_eq!(self.rules.connected, is_connected);
        if self.rules.closed {
            assert_eq!(state.name, StateName::Closed);
            assert!(self.rules.awaited.is_empty(), "an emit without an outcome");
        }
        if self.client.is_over() {
            let left: Vec<_> = self.in_flight.values().map(words::request).collect();
            assert!(left.is_empty(), "left behind: {left:?}");
            assert!(self.open_sockets.is_empty(), "a WebSocket is left behind");
            assert_eq!(self.due(), None);
        }
    }
}

pub(crate) fn emit(id: u64, name: &str, ack: Acked) -> Emit {
    Emit {
        id: EmitId(id),
        args: format!("[\"{name}\"]"),
        attachments: Vec::new(),
        ack,
        volatile: false,
    }
}

pub(crate) fn response(status: u16, body: &str) -> Answer {
    Answer::Response(Response {
        status,
        retry_after_ms: None,
        body: body.into(),
    })
}

/// An answer with this status that asks to wait.
pub(crate) fn throttled(status: u16, seconds: u64) -> Answer {
    Answer::Response(Response {
        status,
        retry_after_ms: Some(seconds * 1000),
        body: Vec::new(),
    })
}

pub(crate) fn network_error() -> Answer {
    Answer::Failed(RequestError::Network("Failed to fetch".to_owned()))
}

fn is_good(answer: &Answer) -> bool {
    matches!(answer, Answer::Response(response) if (200..=299).contains(&response.status))
}
