//! The clients, their servers and the way between them, on one virtual clock.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap};

use mock_server::{
    Command as Control, Config as ServerConfig, Delivery, Input as ServerInput,
    Output as ServerOutput, Request as ServerRequest, Restart, Server,
};
use research_socket::http::{Answer, Command, Credentials, RequestError, RequestId, Response};
use research_socket::research::{Client, Event as Heard, Input, Output, ResearchId};
use research_socket::time::Timestamp;

use super::front::Front;
use super::outcome::Outcome;
use super::tally::Kind;
use super::{Capacity, GONE, SECOND, Storm, Strategy};
use crate::entropy::Dice;
use crate::page::START;
use crate::traffic::server_request;

/// In this time all pages are opened, in milliseconds.
const OPENING: u64 = 20 * SECOND;

/// When the server goes, in milliseconds.
const GOES: u64 = 60 * SECOND;

/// From when on it is calm before that, in milliseconds.
const CALM: u64 = 30 * SECOND;

/// How long is watched after all are live, and after the return if they never are, in milliseconds.
const AFTERWARDS: u64 = 20 * SECOND;
const AT_MOST: u64 = 300 * SECOND;

/// Clients of one mock server, which looks at all its sessions at each input. They know nothing of each other but what
/// they follow.
const CLIENTS: usize = 8;

/// How long requests and answers are on their way, in milliseconds: at least, and how much more.
const WAY: (u64, u64) = (10, 80);

/// How often a research says something, in milliseconds.
const TOLD_EVERY: u64 = 5 * SECOND;

const SHARED: &str = "shared";

/// Something that happens. Of those at the same time the older comes first.
struct Due {
    at: u64,
    number: u64,
    event: Event,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

/// Requests by their numbers among those of all clients, clients and servers by their places.
enum Event {
    /// A page is opened.
    Open(usize),
    /// The research of a page says something.
    Tell(usize),
    /// A request comes to the queue.
    Come(u64),
    /// A server works on a request.
    Work(u64),
    /// A server notices that a request is given up.
    GivenUp(u64),
    /// An answer reaches its client.
    Answer(u64, Answer),
    /// A client wanted to be called.
    Timer(usize),
    /// A server did.
    ServerTimer(usize),
}

/// One client, and what is known of it outside.
struct Page {
    client: Client,
    research: String,
    /// How long requests and answers are on their way.
    way: u64,
    /// Its newest session.
    sid: Option<String>,
    /// When it is called next.
    timer: Option<u64>,
    is_live: bool,
    /// Whether it was, since the server's return.
    was_live: bool,
    /// What was served of a session that is not live yet.
    invested: Vec<Kind>,
}

/// A request that no server has got yet.
struct Asked {
    request: ServerRequest,
    kind: Kind,
    is_given_up: bool,
}

struct Crowd {
    now: u64,
    number: u64,
    due: BinaryHeap<Reverse<Due>>,
    pages: Vec<Page>,
    /// Each with when it is called next.
    servers: Vec<(Server, Option<u64>)>,
    /// `None`: everything is taken at once.
    front: Option<Front>,
    asked: BTreeMap<u64, Asked>,
    /// What has no place in the queue meets.
    refusal: Answer,
    is_gone: bool,
    /// Lines of all researches.
    written: u64,
    /// When the server is back.
    returns: u64,
    /// Requests in this second.
    in_second: u32,
    live: u32,
    outcome: Outcome,
}

/// The number of a client's request among those of all.
const fn number_of(page: usize, request: RequestId) -> u64 {
    ((page as u64) << 32) | request.0
}

/// The client of a request, and its own number for it.
const fn owner_of(number: u64) -> (usize, RequestId) {
    (
        (number >> 32) as usize,
        RequestId(number & (u32::MAX as u64)),
    )
}

/// Runs it on a server that can do so much; `None`: everything at once.
pub(super) fn run(storm: Storm, capacity: Option<Capacity>) -> Outcome {
    let mut crowd = Crowd::new(storm);
    while crowd.now < GOES {
        crowd.second();
    }
    let calm = crowd.outcome.asked.get((CALM / SECOND) as usize..);
    let calm: u32 = calm.unwrap_or_default().iter().sum();
    crowd.outcome = Outcome {
        clients: storm.clients,
        calm: f64::from(calm) / ((GOES - CALM) / SECOND) as f64,
        returns_in: (GONE / SECOND) as usize,
        ..Outcome::default()
    };
    crowd.front = capacity.map(Front::new);
    crowd.go();
    while crowd.now < crowd.returns {
        crowd.second();
    }
    crowd.is_gone = false;
    crowd.outcome.tally.clear();
    while crowd.now < crowd.returns + AT_MOST {
        crowd.second();
        let all = crowd.outcome.all;
        if all.is_some_and(|all| crowd.now >= crowd.returns + all + AFTERWARDS) {
            break;
        }
    }
    crowd.outcome.queue = crowd.front.map_or(0, |front| front.longest);
    crowd.outcome
}

impl Crowd {
    fn new(storm: Storm) -> Self {
        let mut dice = Dice::new(storm.seed);
        let now = Timestamp::from_millis(START);
        let pages: Vec<_> = (0..storm.clients)
            .map(|place| Page {
                #[expect(clippy::expect_used, reason = "the options are valid")]
                client: Client::new(storm.strategy.config(), dice.bits(), now)
                    .expect("valid options"),
                research: match storm.shared {
                    true => SHARED.to_owned(),
                    false => format!("research-{place}"),
                },
                way: WAY.0 + dice.below(WAY.1),
                sid: None,
                timer: None,
                is_live: false,
                was_live: false,
                invested: Vec::new(),
            })
            .collect();
        let servers = pages
            .chunks(CLIENTS)
            .map(|pages| {
                let mut server = Server::new(server_config(storm), dice.bits());
                for page in pages {
                    server.start_research(0, &page.research);
                }
                (server, None)
            })
            .collect();
        let mut crowd = Self {
            now: 0,
            number: 0,
            due: BinaryHeap::new(),
            pages,
            servers,
            front: None,
            asked: BTreeMap::new(),
            refusal: match (storm.strategy, storm.closes) {
                (Strategy::Default, false) => status(503),
                (Strategy::Default, true) => lost(),
                // To socket.io-client all failures are alike: this library's waits after a busy server are not its.
                (Strategy::SocketIo | Strategy::Steady, _) => status(418),
            },
            is_gone: false,
            written: 0,
            returns: GOES + GONE,
            in_second: 0,
            live: 0,
            outcome: Outcome::default(),
        };
        for page in 0..crowd.pages.len() {
            crowd.at(dice.below(OPENING), Event::Open(page));
            if !storm.shared || page % CLIENTS == 0 {
                crowd.at(dice.below(TOLD_EVERY), Event::Tell(page));
            }
        }
        crowd
    }

    fn at(&mut self, at: u64, event: Event) {
        self.number += 1;
        let number = self.number;
        self.due.push(Reverse(Due { at, number, event }));
    }

    /// All servers go at once, with everything that they hold and that waits for them.
    fn go(&mut self) {
        self.is_gone = true;
        for place in 0..self.servers.len() {
            if let Some((server, _)) = self.servers.get_mut(place) {
                server.control(self.now, Control::Restart(Restart::default()));
            }
            self.send_answers(place);
        }
        for (number, asked) in std::mem::take(&mut self.asked) {
            if !asked.is_given_up {
                self.answer(number, lost());
            }
        }
    }

    /// Lets a second pass.
    fn second(&mut self) {
        let until = self.now + SECOND;
        while let Some(Reverse(due)) = self.due.peek()
            && due.at < until
            && let Some(Reverse(due)) = self.due.pop()
        {
            self.now = self.now.max(due.at);
            self.happen(due.event);
        }
        self.now = until;
        self.outcome.asked.push(std::mem::take(&mut self.in_second));
        self.outcome.live.push(self.live);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Open(place) => {
                let id = self.pages.get(place).map(|page| page.research.clone());
                #[expect(clippy::expect_used, reason = "it is made of letters and digits")]
                let id = ResearchId::from_text(&id.unwrap_or_default()).expect("a valid id");
                self.feed(place, Input::Subscribe(id));
                self.feed(place, Input::Connect);
            }
            Event::Tell(place) => self.tell(place),
            Event::Come(number) => self.come(number),
            Event::Work(number) => self.work(number),
            Event::GivenUp(number) => match self.asked.get_mut(&number) {
                Some(asked) => asked.is_given_up = true,
                None => self.serve(number, ServerInput::Aborted { id: number }),
            },
            Event::Answer(number, answer) => {
                let (place, request) = owner_of(number);
                self.feed(place, Input::Answer { request, answer });
            }
            Event::Timer(place) => {
                if let Some(page) = self.pages.get_mut(place)
                    && page.timer == Some(self.now)
                {
                    page.timer = None;
                    self.feed(place, Input::Timeout);
                }
            }
            Event::ServerTimer(place) => {
                if let Some((server, timer)) = self.servers.get_mut(place)
                    && *timer == Some(self.now)
                {
                    *timer = None;
                    server.handle_input(self.now, ServerInput::Timeout);
                    self.send_answers(place);
                }
            }
        }
    }

    /// A research says something, unless it is gone with its server.
    fn tell(&mut self, place: usize) {
        self.at(self.now + TOLD_EVERY, Event::Tell(place));
        let of = place / CLIENTS;
        if let (Some(page), Some((server, _))) = (self.pages.get(place), self.servers.get_mut(of))
            && !self.is_gone
        {
            self.written += 1;
            let line = format!("{} results from https://search.invalid/", self.written);
            server.write_line(self.now, &page.research, "INFO", &line, true, true);
            self.send_answers(of);
        }
    }

    /// A request comes to where the server should be.
    fn come(&mut self, number: u64) {
        self.in_second += 1;
        if self.is_gone {
            self.asked.remove(&number);
            self.outcome.unheard += 1;
            return self.answer(number, lost());
        }
        let Some(front) = &mut self.front else {
            return self.work(number);
        };
        match front.take(self.now) {
            Some(at) => self.at(at, Event::Work(number)),
            None => {
                if let Some(asked) = self.asked.remove(&number) {
                    self.outcome.tally.entry(asked.kind).or_default().refused += 1;
                }
                self.outcome.refused += 1;
                let answer = self.refusal.clone();
                self.answer(number, answer);
            }
        }
    }

    fn work(&mut self, number: u64) {
        // The server may have gone since.
        let Some(asked) = self.asked.remove(&number) else {
            return;
        };
        self.serve(number, ServerInput::Request(asked.request));
        let count = self.outcome.tally.entry(asked.kind).or_default();
        count.served += 1;
        count.wasted += u32::from(asked.is_given_up);
        if !asked.is_given_up
            && let Kind::Handshake | Kind::Join | Kind::Poll | Kind::Post = asked.kind
            && let Some(page) = self.pages.get_mut(owner_of(number).0)
            && !page.is_live
        {
            page.invested.push(asked.kind);
        }
        if asked.is_given_up {
            self.outcome.in_vain += 1;
            self.serve(number, ServerInput::Aborted { id: number });
        }
    }

    fn serve(&mut self, number: u64, input: ServerInput) {
        let place = owner_of(number).0 / CLIENTS;
        if let Some((server, _)) = self.servers.get_mut(place) {
            server.handle_input(self.now, input);
        }
        self.send_answers(place);
    }

    /// Sends off what a server answers, and has it called when it wants to be.
    fn send_answers(&mut self, place: usize) {
        loop {
            let output = match self.servers.get_mut(place) {
                Some((server, _)) => server.poll_output(),
                None => None,
            };
            let Some(ServerOutput::Respond(response)) = output else {
                break;
            };
            let number = response.id;
            match response.delivery {
                Delivery::Whole => {
                    let answer = Response {
                        status: response.status,
                        retry_after_ms: None,
                        body: response.body,
                    };
                    self.answer(number, Answer::Response(answer));
                }
                Delivery::Cut { .. } | Delivery::Refuse => self.answer(number, lost()),
                Delivery::HangInBody { .. } | Delivery::HangInHead => {}
            }
        }
        let now = self.now;
        if let Some((server, timer)) = self.servers.get_mut(place)
            && let Some(due) = server.poll_timeout().map(|due| due.max(now + 1))
            && timer.is_none_or(|timer| due < timer)
        {
            *timer = Some(due);
            self.at(due, Event::ServerTimer(place));
        }
    }

    fn answer(&mut self, number: u64, answer: Answer) {
        let way = self
            .pages
            .get(owner_of(number).0)
            .map_or(0, |page| page.way);
        self.at(self.now + way, Event::Answer(number, answer));
    }

    fn feed(&mut self, place: usize, input: Input) {
        let now = self.now;
        let Some(page) = self.pages.get_mut(place) else {
            return;
        };
        let is_answered = matches!(
            &input,
            Input::Answer {
                answer: Answer::Response(Response { status: 200, .. }),
                ..
            }
        );
        let clock = Timestamp::from_millis(START + now);
        page.client.handle_input(clock, input);
        let mut commands = Vec::new();
        while let Some(output) = page.client.poll_output() {
            match output {
                Output::Command(command) => commands.push(command),
                Output::Event(Heard::Disconnect(_)) => {
                    if std::mem::take(&mut page.is_live) {
                        self.live -= 1;
                        self.outcome.lost_again += u32::from(page.was_live);
                    }
                }
                Output::Event(_) => {}
            }
        }
        let due = page.client.poll_timeout();
        let due = due.map(|due| due.as_millis().saturating_sub(START).max(now + 1));
        if let Some(due) = due
            && page.timer.is_none_or(|timer| due < timer || timer <= now)
        {
            page.timer = Some(due);
            self.at(due, Event::Timer(place));
        }
        for command in commands {
            self.obey(place, command);
        }
        if is_answered {
            self.look(place);
        }
    }

    /// Whether the client is live now: connected, with a server that has its subscription and has answered.
    fn look(&mut self, place: usize) {
        let Some(page) = self.pages.get_mut(place).filter(|page| !page.is_live) else {
            return;
        };
        let server = self.servers.get(place / CLIENTS);
        let is_live = page.client.is_connected()
            && page.sid.as_deref().is_some_and(|sid| {
                server.is_some_and(|(server, _)| server.is_subscribed(sid, &page.research))
            });
        if !is_live {
            return;
        }
        page.is_live = true;
        page.invested.clear();
        self.live += 1;
        if self.now < self.returns {
            return;
        }
        page.was_live = true;
        let since = self.now - self.returns;
        let outcome = &mut self.outcome;
        for (percent, at) in [
            (50, &mut outcome.half),
            (95, &mut outcome.most),
            (100, &mut outcome.all),
        ] {
            if self.live * 100 >= outcome.clients * percent {
                at.get_or_insert(since);
            }
        }
    }

    fn obey(&mut self, place: usize, command: Command) {
        let way = self.pages.get(place).map_or(0, |page| page.way);
        match command {
            Command::Abort(request) => {
                let event = Event::GivenUp(number_of(place, request));
                self.at(self.now + way, event);
            }
            Command::Ask(ask) => {
                let credentials = Ok(Credentials::default());
                self.feed(place, Input::Credentials { ask, credentials });
            }
            // Nobody leaves, and all poll.
            Command::Beacon(_) | Command::Open(_) | Command::Send { .. } => {}
            Command::Start(request) => {
                let number = number_of(place, request.id);
                let kind = Kind::of(&request);
                let request = server_request(number, request);
                if kind == Kind::Handshake
                    && let Some(page) = self.pages.get_mut(place)
                {
                    for kind in page.invested.drain(..) {
                        self.outcome.tally.entry(kind).or_default().wasted += 1;
                    }
                }
                if let Some(page) = self.pages.get_mut(place)
                    && let Some(sid) = request.query("sid")
                {
                    page.sid = Some(sid.to_owned());
                }
                let asked = Asked {
                    request,
                    kind,
                    is_given_up: false,
                };
                self.asked.insert(number, asked);
                self.at(self.now + way, Event::Come(number));
            }
        }
    }
}

fn status(status: u16) -> Answer {
    Answer::Response(Response {
        status,
        ..Response::default()
    })
}

fn lost() -> Answer {
    Answer::Failed(RequestError::Network("Failed to fetch".to_owned()))
}

fn server_config(storm: Storm) -> ServerConfig {
    let mut config = ServerConfig::newest();
    config.paths = vec!["/socket.io".to_owned()];
    config.ping_interval_ms = storm.ping_interval;
    config.wall_clock_ms = START;
    config.request_log = 0;
    config.cors_everywhere = false;
    config
}
