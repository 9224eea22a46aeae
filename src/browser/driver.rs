//! The run loop: inputs into the core, its commands to the browser, its events to the page.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::{Rc, Weak};

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsValue;

use super::clock::{Clock, monotonic_ms};
use super::fetch::{self, Exchange, Given};
use super::host::Host;
use super::lifecycle::Lifecycle;
use super::slices::Slices;
use super::tabs::Tabs;
use super::websocket::Socket;
use crate::config::{Config, ConfigError};
use crate::http::{Answer, AskId, Command, Credentials, Request, RequestId};
use crate::mailbox::Mailbox;
use crate::pace::READING_MS;
use crate::queue::SmallMap;
use crate::research::{Client, Event, Input, Output, ResearchEvent};
use crate::socket::{Emit, EmitError};
use crate::tabs::{self, Shared, group_of};
use crate::time::Timestamp;
use crate::trace;
use crate::websocket::{News, Opening};

/// The longest delay that `setTimeout` takes, in milliseconds; with more it fires at once.
const MAX_DELAY_MS: u64 = i32::MAX as u64;

/// How often the core hears of answers that are not read, in milliseconds: its shortest deadline is a
/// multiple of it.
const SIGN_MS: f64 = 1_000.0;

thread_local! {
    /// The servers that no WebSocket gets through to, as clients of this page have found. A module that takes the place of one that
    /// has failed finds it out again.
    static WITHOUT_WEBSOCKETS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// What the page is told. Called only while nothing is borrowed: it may call back at once.
pub(crate) trait Page {
    /// Whether the next line was given to [`read_lines`](Self::read_lines).
    fn has_line(&self) -> bool;
    /// The next lines that [`handle_event`](Self::handle_event) will tell of, as JSON, and how many they are.
    fn read_lines(&self, lines: (String, u32));
    /// Something happened.
    fn handle_event(&self, event: Event);
    /// The next attempt needs credentials, or the next retry over a `live` connection; the answer is
    /// [`Driver::handle_credentials`].
    fn handle_ask(&self, ask: AskId, live: bool);
}

/// What the driver itself is told.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Of the server. Nothing is sent to another one.
    pub(crate) origin: String,
    /// `credentials: "include"` for requests to other origins.
    pub(crate) with_credentials: bool,
    /// The name of the tabs that share one connection, if any do.
    pub(crate) group: Option<String>,
}

/// One client in a page.
pub(crate) struct Driver {
    inner: Rc<Inner>,
}

struct Inner {
    /// Never borrowed while JavaScript can run.
    client: RefCell<Client<Shared>>,
    mailbox: RefCell<Mailbox>,
    /// The newest: the answer to an older one would come too late.
    ask: Cell<Option<AskId>>,
    requests: RefCell<SmallMap<RequestId, Exchange>>,
    sockets: RefCell<SmallMap<RequestId, Socket>>,
    /// Which answer was read from last: each gets its turn.
    last_read: Cell<RequestId>,
    /// When the core last heard of an answer that is not read, in milliseconds.
    last_sign: Cell<f64>,
    /// The one timer, and when it is due.
    timer: RefCell<Option<(Timestamp, Timeout)>>,
    clock: Clock,
    /// When the client was made.
    start: Timestamp,
    host: Host,
    settings: Settings,
    /// Where the Socket.IO server is.
    server: String,
    page: Box<dyn Page>,
    slices: OnceCell<Slices>,
    lifecycle: RefCell<Option<Lifecycle>>,
    tabs: OnceCell<Tabs>,
    closed: Cell<bool>,
}

impl Driver {
    /// A client that has done nothing yet. `seed` decides its jitter.
    pub(crate) fn new(
        config: Config,
        settings: Settings,
        seed: u64,
        page: Box<dyn Page>,
        host: Host,
    ) -> Result<Self, ConfigError> {
        let clock = Clock::start();
        let start = clock.now();
        let group = settings.group.as_deref().map(group_of);
        let server = config.server();
        host.record(&trace::header(&config, group.is_some(), seed, start));
        let client = Client::shared(config, group, seed, start)?;
        Ok(Self {
            inner: Rc::new(Inner {
                client: RefCell::new(client),
                mailbox: RefCell::default(),
                ask: Cell::default(),
                requests: RefCell::default(),
                sockets: RefCell::default(),
                last_read: Cell::new(RequestId(0)),
                last_sign: Cell::default(),
                timer: RefCell::default(),
                clock,
                start,
                host,
                settings,
                server,
                page,
                slices: OnceCell::new(),
                lifecycle: RefCell::default(),
                tabs: OnceCell::new(),
                closed: Cell::new(false),
            }),
        })
    }

    /// Listens to the page, and connects if it is to do so by itself.
    pub(crate) fn open(&self, connect: bool) -> Result<(), JsValue> {
        let inner = Rc::downgrade(&self.inner);
        let slices = Slices::new(self.inner.host.clone(), move || {
            with(&inner, |inner| inner.run_slice());
        })?;
        // Set once: `open` is called once.
        let _ = self.inner.slices.set(slices);
        if let Some(group) = &self.inner.settings.group {
            let inner = Rc::downgrade(&self.inner);
            let tabs = Tabs::new(&self.inner.host, group, move |input| {
                with(&inner, |inner| inner.handle_tabs(input));
            });
            let _ = self.inner.tabs.set(tabs);
        }
        let inner = Rc::downgrade(&self.inner);
        let lifecycle = Lifecycle::listen(&self.inner.host, move |input| {
            with(&inner, |inner| {
                if let (Input::Visible, Some(slices)) = (&input, inner.slices.get()) {
                    // Firefox loses what a page posts while it goes into the back/forward cache.
                    slices.lose();
                }
                inner.handle(input);
            });
        });
        *self.inner.lifecycle.borrow_mut() = Some(lifecycle);
        if connect {
            self.inner.handle(Input::Connect);
        }
        Ok(())
    }

    /// Applies an input of the page.
    pub(crate) fn handle(&self, input: Input) {
        self.inner.handle(input);
    }

    /// Sends an event, or says at once why not.
    pub(crate) fn emit(&self, emit: Emit) -> Result<(), EmitError> {
        let id = emit.id;
        let mut refusal = None;
        self.inner.apply(Input::Emit(emit), |event| {
            if let Event::EmitFailed { emit, error } = &event
                && *emit == id
            {
                refusal = Some(error.clone());
                return None;
            }
            Some(event)
        });
        refusal.map_or(Ok(()), Err)
    }

    /// The answer to [`Page::handle_ask`].
    pub(crate) fn handle_credentials(&self, ask: AskId, credentials: Result<Credentials, String>) {
        let credentials = credentials.and_then(|credentials| {
            // What a browser refuses would fail at each request, without a word why.
            fetch::check_headers(&credentials.headers)?;
            Ok(credentials)
        });
        self.inner.learn();
        self.inner.handle(Input::Credentials { ask, credentials });
    }

    /// Looks at the client.
    pub(crate) fn with_client<T>(&self, look: impl FnOnce(&Client<Shared>) -> T) -> T {
        look(&self.inner.client.borrow())
    }

    /// Events that no handler of the page saw because too much waited.
    pub(crate) fn dropped(&self) -> u64 {
        self.inner.mailbox.borrow().dropped()
    }

    /// Says goodbye to the server and takes all listeners away. What still waits for the page is
    /// dropped; the page hears of the end only.
    pub(crate) fn close(&self) {
        if self.inner.closed.replace(true) {
            return;
        }
        self.inner.lifecycle.take();
        self.inner.mailbox.borrow_mut().clear();
        self.inner.ask.take();
        self.inner.handle(Input::Close);
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.close();
        // Its owner is gone. The goodbye lives on in its requests.
        self.inner.mailbox.borrow_mut().clear();
    }
}

impl Inner {
    fn handle(self: &Rc<Self>, input: Input) {
        self.apply(input, Some);
    }

    /// Applies the input and carries out all that follows. `filter` may keep an event back.
    fn apply(self: &Rc<Self>, input: Input, filter: impl FnMut(Event) -> Option<Event>) {
        let now = self.clock.now();
        // Before it is applied: the trace is to have the one on which the module traps.
        let since_start = now.since(self.start);
        if let Input::Answer {
            request,
            answer: Answer::Piece(bytes),
        } = &input
        {
            // Most of what is kept nobody asks for: it becomes text only then.
            let head = trace::piece(since_start, *request);
            self.host.record_bytes(&head, bytes);
        } else {
            self.host.record(&trace::input(since_start, &input));
        }
        self.client.borrow_mut().handle_input(now, input);
        self.follow(now, filter);
    }

    /// Applies what other tabs say, in the same way.
    fn handle_tabs(self: &Rc<Self>, input: tabs::Input) {
        // The page may be who says anything else.
        let begun = matches!(input, tabs::Input::Message(_)).then(monotonic_ms);
        let now = self.clock.now();
        if let Some(group) = self.settings.group.as_deref().map(group_of)
            && let Some(line) = trace::tabs(now.since(self.start), group, &input)
        {
            self.host.record(&line);
        }
        self.client.borrow_mut().handle_tabs(now, input);
        self.follow(now, Some);
        if let Some(begun) = begun {
            self.has_read(begun);
        }
    }

    /// Tells the core what other clients of the page have found, before an attempt.
    fn learn(self: &Rc<Self>) {
        let is_known = WITHOUT_WEBSOCKETS.with_borrow(|servers| servers.contains(&self.server));
        if is_known && !self.client.borrow().has_no_websocket() {
            self.handle(Input::NoWebSocket);
        }
    }

    /// Keeps what the core has found, for other clients of the page.
    fn remember(&self) {
        if self.client.borrow().has_no_websocket() {
            WITHOUT_WEBSOCKETS.with_borrow_mut(|servers| {
                if !servers.contains(&self.server) {
                    servers.push(self.server.clone());
                }
            });
        }
    }

    /// Carries out what follows from an input.
    fn follow(self: &Rc<Self>, now: Timestamp, mut filter: impl FnMut(Event) -> Option<Event>) {
        let mut kinds = trace::Outputs::default();
        self.remember();
        loop {
            let output = self.client.borrow_mut().poll_output();
            if let Some(output) = &output {
                kinds.push(output);
            }
            match output {
                Some(Output::Command(command)) => self.carry_out(command),
                Some(Output::Event(event)) => {
                    if let Some(event) = filter(event) {
                        self.mailbox.borrow_mut().push(now, event);
                    }
                }
                None => break,
            }
        }
        if let Some(line) = kinds.take() {
            self.host.record(&line);
        }
        if let Some(tabs) = self.tabs.get() {
            loop {
                let output = self.client.borrow_mut().poll_tabs();
                let Some(output) = output else { break };
                tabs.carry_out(output);
            }
        }
        self.set_timer(now);
        if self.has_something() {
            self.schedule();
        }
    }

    fn carry_out(self: &Rc<Self>, command: Command) {
        match command {
            Command::Abort(id) => {
                let socket = self.sockets.borrow_mut().remove(&id);
                drop(socket);
                let exchange = self.requests.borrow_mut().remove(&id);
                if let Some(exchange) = exchange {
                    exchange.release(&self.host);
                    exchange.abort();
                }
            }
            Command::Ask(ask) => self.ask.set(Some(ask)),
            Command::Beacon(beacon) => {
                fetch::send_beacon(&self.host, beacon, &self.settings);
            }
            Command::Open(opening) => self.open_socket(&opening),
            Command::Send { socket, frame } => {
                if let Some(socket) = self.sockets.borrow().get(&socket) {
                    socket.send(&frame);
                }
                self.look_later(socket);
            }
            Command::Start(request) => self.start(request),
        }
    }

    fn start(self: &Rc<Self>, request: Request) {
        let id = request.id;
        let inner = Rc::clone(self);
        let mut is_first = true;
        let exchange = Exchange::start(&self.host, request, &self.settings, move |given| {
            inner.take(id, given, std::mem::take(&mut is_first));
        });
        self.requests.borrow_mut().insert(id, exchange);
    }

    fn open_socket(self: &Rc<Self>, opening: &Opening) {
        let (id, inner) = (opening.id, Rc::clone(self));
        let origin = &self.settings.origin;
        let socket = Socket::open(&self.host, opening, origin, move |news| {
            inner.hear_of_socket(id, news);
        });
        self.sockets.borrow_mut().insert(id, socket);
    }

    fn hear_of_socket(self: &Rc<Self>, socket: RequestId, news: News) {
        let begun = monotonic_ms();
        // What was sent may be what this answers.
        self.look(socket);
        let is_over = matches!(news, News::Closed { .. });
        let over = is_over.then(|| self.sockets.borrow_mut().remove(&socket));
        self.handle(Input::Socket { socket, news });
        drop(over);
        self.has_read(begun);
    }

    /// Tells the core what waits in a WebSocket, if that is news.
    fn look(self: &Rc<Self>, socket: RequestId) {
        let sockets = self.sockets.borrow();
        let news = sockets.get(&socket).and_then(Socket::news);
        drop(sockets);
        if let Some(news) = news {
            self.handle(Input::Socket { socket, news });
        }
    }

    fn look_later(self: &Rc<Self>, socket: RequestId) {
        let inner = Rc::downgrade(self);
        if let Some(there) = self.sockets.borrow().get(&socket) {
            there.look_later(move || {
                with(&inner, |inner| {
                    if let Some(there) = inner.sockets.borrow().get(&socket) {
                        there.looks();
                    }
                    inner.look(socket);
                    inner.look_later(socket);
                });
            });
        }
    }

    /// Something of an answer has come.
    fn take(self: &Rc<Self>, request: RequestId, given: Given, is_first: bool) {
        match given {
            Given::Chunk(chunk) => {
                if let Some(exchange) = self.requests.borrow_mut().get_mut(&request) {
                    exchange.put(chunk);
                }
                // Most answers are short. What follows waits for its turn: chunks that are there already
                // come in one task.
                if is_first {
                    self.read();
                }
                self.schedule();
            }
            Given::Answer(mut answer) => {
                let exchange = self.requests.borrow_mut().remove(&request);
                // It was given up.
                let Some(mut exchange) = exchange else { return };
                exchange.release(&self.host);
                if let Answer::Response(response) = &mut answer {
                    exchange.add_rest(&mut response.body);
                }
                self.handle(Input::Answer { request, answer });
            }
        }
    }

    /// The answer of which something waits to be read, in turn.
    fn waiting(&self) -> Option<RequestId> {
        let last = self.last_read.get();
        let mut first = None;
        for (id, exchange) in self.requests.borrow().iter() {
            if exchange.waits() {
                if *id > last {
                    return Some(*id);
                }
                first = first.or(Some(*id));
            }
        }
        first
    }

    /// Reads a piece of an answer, if one waits and what comes of it has room; whether it has read.
    fn read(self: &Rc<Self>) -> bool {
        if !self.mailbox.borrow().has_room() {
            return false;
        }
        let Some(request) = self.waiting() else {
            return false;
        };
        let bytes = self
            .requests
            .borrow_mut()
            .get_mut(&request)
            .map(Exchange::take);
        self.tell_of_piece(request, bytes.unwrap_or_default());
        true
    }

    fn tell_of_piece(self: &Rc<Self>, request: RequestId, bytes: Vec<u8>) {
        self.last_read.set(request);
        self.last_sign.set(monotonic_ms());
        let answer = Answer::Piece(bytes);
        self.handle(Input::Answer { request, answer });
    }

    /// Whether answers wait to be read. Now and then the core hears that they do, for their deadlines.
    fn is_behind(self: &Rc<Self>) -> bool {
        let waiting = self.waiting();
        if let Some(request) = waiting
            && monotonic_ms() - self.last_sign.get() >= SIGN_MS
        {
            self.tell_of_piece(request, Vec::new());
        }
        waiting.is_some()
    }

    /// Sets the one timer to what the core wants.
    fn set_timer(self: &Rc<Self>, now: Timestamp) {
        let due = self.client.borrow().poll_timeout();
        let mut timer = self.timer.borrow_mut();
        let Some(due) = due else {
            *timer = None;
            return;
        };
        if timer
            .as_ref()
            .is_some_and(|(at, _)| *at == due && due > now)
        {
            return;
        }
        // A whole millisecond later: timers of browsers may fire a fraction early.
        let delay = due.since(now).saturating_add(1).min(MAX_DELAY_MS);
        let inner = Rc::downgrade(self);
        let timeout = Timeout::new(delay as u32, move || {
            with(&inner, |inner| {
                inner.timer.replace(None);
                inner.handle(Input::Timeout);
            });
        });
        *timer = Some((due, timeout));
    }

    fn schedule(&self) {
        if let Some(slices) = self.slices.get() {
            slices.schedule();
        }
    }

    /// A task of the browser's that has begun then has read what came: the page hears of it in the same task, unless others wait
    /// for that one. Not a continuation of a promise, as answers come in: handlers would run between those of the page. News of
    /// the connection have a task of their own: a page that waits for `connect` adds its handlers in this one.
    fn has_read(&self, begun: f64) {
        if let Some(slices) = self.slices.get()
            && self.ask.get().is_none()
            && !self.mailbox.borrow().has_news()
        {
            slices.has_read(begun);
        }
    }

    /// Reads of what has come, and gives the page what waits for it, as long as the task may take; then
    /// lets the browser breathe.
    fn run_slice(self: &Rc<Self>) {
        let Some(slices) = self.slices.get() else {
            return;
        };
        let begin = monotonic_ms();
        let mut now = begin;
        if !slices.begin(begin) {
            return;
        }
        loop {
            if let Some(ask) = self.ask.take() {
                let live = self.client.borrow().is_connected();
                self.page.handle_ask(ask, live);
            } else if now - begin >= READING_MS || !self.read() {
                let event = self.mailbox.borrow_mut().pop();
                let Some(event) = event else { break };
                if let Event::Research {
                    event: ResearchEvent::Log(line),
                    ..
                } = &event
                    && !self.page.has_line()
                {
                    let lines = self.mailbox.borrow().lines_from(line);
                    self.page.read_lines(lines);
                }
                self.page.handle_event(event);
            }
            now = monotonic_ms();
            if slices.is_over(now) {
                break;
            }
        }
        let has_more = self.is_behind() || self.has_something();
        slices.end(now, has_more);
    }

    /// Whether something waits for the page.
    fn has_something(&self) -> bool {
        !self.mailbox.borrow().is_empty() || self.ask.get().is_some()
    }
}

fn with(inner: &Weak<Inner>, run: impl FnOnce(&Rc<Inner>)) {
    if let Some(inner) = inner.upgrade() {
        run(&inner);
    }
}
