//! Drives the core without a browser: carries its requests out with hyper, its WebSockets with tungstenite, and
//! its timers with tokio.
//!
//! [`Host`] is the loop of the crate's contract, [`http`] and [`websocket`] are the two ways to the server. There
//! is no TLS in it, so it reaches `http:` only: a connector of hyper-rustls in [`http`], and a feature of
//! tokio-tungstenite, would be that.

#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "each of the programs that share it uses a part"
)]

mod clock;
mod cookies;
mod follow;
mod http;
mod traffic;
mod websocket;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use research_socket::config::{Config, ConfigError};
use research_socket::http::{Answer, AskId, Command, Credentials, Request, RequestId};
use research_socket::research::{Client, Event, Input, Output};
use research_socket::websocket::{News, Opening};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use clock::Clock;
pub use clock::wall_ms;
pub use follow::follow;
use http::Http;
pub use traffic::Traffic;
use websocket::Socket;

/// Pieces of answers that wait for the core. What is behind them is not read yet: that is how a client which is
/// slow slows its server down.
const WAITING: usize = 16;

/// How long a goodbye over a WebSocket may take to leave.
const FAREWELL: Duration = Duration::from_secs(2);

/// Something that came of a command.
enum Heard {
    Answer(RequestId, Answer),
    News(RequestId, News),
}

/// One client with all that it needs. Dropping it ends whatever is under way, without a goodbye: for that give it
/// [`Input::Close`] and wait until [`next`](Self::next) has nothing more to say.
pub struct Host {
    client: Client,
    clock: Clock,
    http: Http,
    /// Requests that were not answered yet.
    requests: BTreeMap<RequestId, AbortHandle>,
    /// WebSockets that are not over yet.
    sockets: BTreeMap<RequestId, Socket>,
    /// What carries them out. Dropping it ends them all.
    tasks: JoinSet<()>,
    tell: mpsc::Sender<Heard>,
    heard: mpsc::Receiver<Heard>,
    events: VecDeque<Event>,
}

impl Host {
    /// A client that has done nothing yet: give it [`Input::Connect`]. `seed` decides its jitter, so it has to be
    /// another one for each client. `traffic` counts what it sends and gets.
    ///
    /// # Errors
    /// The first option that is out of its range.
    pub fn new(config: Config, seed: u64, traffic: Arc<Traffic>) -> Result<Self, ConfigError> {
        let clock = Clock::start();
        let (tell, heard) = mpsc::channel(WAITING);
        Ok(Self {
            client: Client::new(config, seed, clock.now())?,
            clock,
            http: Http::new(traffic),
            requests: BTreeMap::new(),
            sockets: BTreeMap::new(),
            tasks: JoinSet::new(),
            tell,
            heard,
            events: VecDeque::new(),
        })
    }

    /// The core, to look at.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Applies an input and carries out all that follows: the contract of the crate.
    pub fn give(&mut self, input: Input) {
        let mut next = Some(input);
        while let Some(input) = next.take() {
            self.client.handle_input(self.clock.now(), input);
            while let Some(output) = self.client.poll_output() {
                match output {
                    // Its answer is an input, which has to wait until nothing is left here.
                    Output::Command(Command::Ask(ask)) => next = Some(credentials(ask)),
                    Output::Command(command) => self.carry_out(command),
                    Output::Event(event) => self.events.push_back(event),
                }
            }
        }
    }

    /// The next event, as soon as there is one; `None` once the client is closed and its goodbye has left. Nothing
    /// is lost when the future is dropped before it is ready.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            if self.client.is_over() {
                // Nothing that is said now is of interest, and nobody may wait to say it.
                self.heard.close();
                // What is left is no more than messages of WebSockets that were closed.
                let rest = async { while self.tasks.join_next().await.is_some() {} };
                let left = tokio::time::timeout(FAREWELL, rest).await;
                if left.is_err() {
                    self.tasks.abort_all();
                }
                return None;
            }
            let due = self.client.poll_timeout();
            let wait = due.map(|due| self.clock.until(due));
            tokio::select! {
                heard = self.heard.recv() => match heard {
                    Some(Heard::Answer(request, answer)) => self.answer(request, answer),
                    Some(Heard::News(socket, news)) => self.news(socket, news),
                    // It has a sender itself.
                    None => return None,
                },
                () = sleep(wait) => self.give(Input::Timeout),
                // What is done is let go of.
                Some(_) = self.tasks.join_next() => {}
            }
        }
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::Abort(id) => {
                // Of a WebSocket what was sent before still leaves.
                drop(self.sockets.remove(&id));
                if let Some(request) = self.requests.remove(&id) {
                    request.abort();
                }
            }
            // `give` answers the question, and only `Input::Hidden`, which is for pages, asks for a beacon.
            Command::Ask(_) | Command::Beacon(_) => {}
            Command::Open(opening) => self.open(opening),
            Command::Send { socket, frame } => {
                if let Some(socket) = self.sockets.get(&socket) {
                    socket.send(frame);
                }
            }
            Command::Start(request) => self.start(request),
        }
    }

    fn start(&mut self, request: Request) {
        let (id, http, tell) = (request.id, self.http.clone(), self.tell.clone());
        let task = self.tasks.spawn(async move {
            let answer = http.carry_out(request, &tell).await;
            // Nobody hears of it once the host is gone.
            drop(tell.send(Heard::Answer(id, answer)).await);
        });
        self.requests.insert(id, task);
    }

    fn open(&mut self, opening: Opening) {
        let (id, http, tell) = (opening.id, self.http.clone(), self.tell.clone());
        let (socket, run) = websocket::open(opening, http, tell);
        self.tasks.spawn(run);
        self.sockets.insert(id, socket);
    }

    fn answer(&mut self, request: RequestId, answer: Answer) {
        let is_awaited = match &answer {
            Answer::Piece(_) => self.requests.contains_key(&request),
            Answer::Response(_) | Answer::Failed(_) => self.requests.remove(&request).is_some(),
        };
        // One that was given up may have been answered just before.
        if is_awaited {
            self.give(Input::Answer { request, answer });
        }
    }

    fn news(&mut self, socket: RequestId, news: News) {
        let is_awaited = match &news {
            News::Closed { .. } => self.sockets.remove(&socket).is_some(),
            News::Frame(_) | News::TooLarge { .. } | News::Opened | News::Waiting(_) => {
                self.sockets.contains_key(&socket)
            }
        };
        if is_awaited {
            self.give(Input::Socket { socket, news });
        }
    }
}

/// What an attempt carries. Here a program would give its token: in `auth` for the CONNECT, in `headers` for all
/// requests.
fn credentials(ask: AskId) -> Input {
    Input::Credentials {
        ask,
        credentials: Ok(Credentials::default()),
    }
}

/// Without a time: for ever.
async fn sleep(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}
