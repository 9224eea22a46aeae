#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "most events matter to no figure"
)]
//! The day itself: a server that writes lines all the time, a network that breaks now and then.

use std::collections::BTreeMap;

use mock_server::{
    Command as Control, Config as ServerConfig, Delivery, DropOpen, Input as ServerInput,
};
use mock_server::{Offline, OfflineMode, Outcome, Output as ServerOutput, Restart, Sessions};
use mock_server::{Request as ServerRequest, Response as ServerResponse, Server};
use research_socket::config::Config;
use research_socket::http::{
    Answer, Command, Credentials, Request, RequestError, RequestId, Response,
};
use research_socket::research::{Client, Event, Input, Output, ResearchEvent, ResearchId};
use research_socket::time::Timestamp;

use crate::memory;

const SECOND: u64 = 1_000;
const DAY: u64 = 86_400 * SECOND;
const LINES: u32 = 1_000_000;
const RESEARCHES: u32 = 125;
const RECONNECTIONS: u64 = 500;
/// A run writes its lines in this time; the rest of its share of the day passes in silence.
const WRITING: u64 = DAY / RESEARCHES as u64 - 40 * SECOND;
/// How long a request or an answer is on its way.
const WAY: u64 = 20;
/// The wall clock when the day begins.
const START: u64 = 1_795_293_900_000;

enum Step {
    Arrive(ServerRequest),
    Answer(RequestId, Answer),
    GivenUp(u64),
}

/// The most bytes in the first hour and in the last. What one research leaves differs from the next
/// by the capacity of a list.
#[derive(Clone, Copy, Default)]
struct Memory {
    first_hour: usize,
    last_hour: usize,
}

impl Memory {
    fn weigh(&mut self, now: u64) {
        let bytes = memory::client_bytes();
        if now <= 3_600 * SECOND {
            self.first_hour = self.first_hour.max(bytes);
        }
        if now > DAY - 3_600 * SECOND {
            self.last_hour = self.last_hour.max(bytes);
        }
    }

    /// In per cent.
    fn change(self) -> f64 {
        (self.last_hour as f64 / self.first_hour.max(1) as f64 - 1.0) * 100.0
    }

    fn words(self) -> String {
        let (first, last) = (self.first_hour, self.last_hour);
        format!(
            "{first} bytes in the first hour, {last} in the last ({:+.3} %)",
            self.change()
        )
    }
}

/// Client, server, and what lies between.
pub(crate) struct Day {
    client: Client,
    server: Server,
    now: u64,
    on_the_way: BTreeMap<(u64, u64), Step>,
    number: u64,
    /// How often each line came.
    heard: Vec<u8>,
    written: u32,
    ends: u32,
    connects: u64,
    gaps: u64,
    recovered: u64,
    /// The client's memory while nothing is followed.
    idle: Memory,
    /// The same while a research that is over is still followed.
    full: Memory,
    /// Requests for a stored log.
    logs: u64,
}

impl Day {
    pub(crate) fn new() -> Self {
        let mut config = ServerConfig::release_1_5();
        config.request_log = 0;
        config.wall_clock_ms = START;
        let now = Timestamp::from_millis(START);
        let client = memory::in_client(|| Client::new(Config::new("http://host"), 7, now));
        Self {
            #[expect(clippy::expect_used, reason = "the defaults are valid")]
            client: client.expect("valid options"),
            server: Server::new(config, 7),
            now: 0,
            on_the_way: BTreeMap::new(),
            number: 0,
            heard: vec![0; LINES as usize],
            written: 0,
            ends: 0,
            connects: 0,
            gaps: 0,
            recovered: 0,
            idle: Memory::default(),
            full: Memory::default(),
            logs: 0,
        }
    }

    /// Lets the day pass, and looks at what it left.
    pub(crate) fn pass(&mut self) -> Result<(), String> {
        self.tell(Input::Connect);
        let mut broken = 0;
        for research in 0..RESEARCHES {
            let id = format!("research-{research}");
            let begins = DAY / u64::from(RESEARCHES) * u64::from(research);
            self.pass_until(begins);
            self.server.start_research(begins, &id);
            self.tell(Input::Subscribe(
                ResearchId::from_text(&id).map_err(|error| error.to_string())?,
            ));
            let last = LINES / RESEARCHES * (research + 1);
            for second in 1..=WRITING / SECOND {
                let at = begins + second * SECOND;
                while broken < RECONNECTIONS && DAY / RECONNECTIONS * broken + 90 * SECOND <= at {
                    self.pass_until(at);
                    self.break_down(broken);
                    broken += 1;
                }
                self.pass_until(at);
                let until = LINES / RESEARCHES * research
                    + (u64::from(LINES / RESEARCHES) * second / (WRITING / SECOND)) as u32;
                self.write(&id, until.min(last));
            }
            self.pass_until(begins + WRITING + 20 * SECOND);
            self.server.end_research(self.now, &id, &Outcome::Completed);
            self.carry();
            self.pass_until(begins + WRITING + 38 * SECOND);
            self.full.weigh(self.now);
            self.tell(Input::Unsubscribe(id));
            self.pass_until(begins + WRITING + 39 * SECOND);
            self.idle.weigh(self.now);
        }
        self.pass_until(DAY);
        self.verdict()
    }

    /// The figures.
    pub(crate) fn words(&self) -> String {
        let once = self.heard.iter().filter(|times| **times == 1).count();
        let twice = self.heard.iter().filter(|times| **times > 1).count();
        format!(
            "{} lines written, {once} heard once, {twice} more than once; {} ends of {RESEARCHES}; \
             {} connections; {} gaps, {} lines recovered in {} questions\n\
             memory of the client while nothing is followed: {}\n\
             with a research that is over: {}",
            self.written,
            self.ends,
            self.connects,
            self.gaps,
            self.recovered,
            self.logs,
            self.idle.words(),
            self.full.words(),
        )
    }

    fn verdict(&self) -> Result<(), String> {
        let missing = self.heard.iter().filter(|times| **times == 0).count();
        let twice = self.heard.iter().filter(|times| **times > 1).count();
        if missing + twice > 0 || self.ends != RESEARCHES {
            return Err(format!(
                "{missing} lines missing, {twice} twice, {} ends",
                self.ends
            ));
        }
        if self.connects <= RECONNECTIONS {
            return Err(format!("only {} connections", self.connects));
        }
        for memory in [self.idle, self.full] {
            if memory.change().abs() > 1.0 {
                return Err(format!("memory has changed: {}", memory.words()));
            }
        }
        Ok(())
    }

    fn break_down(&mut self, number: u64) {
        let mode = OfflineMode::Refuse;
        let command = match number % 4 {
            0 => Control::DropOpen(DropOpen { kind: None, mode }),
            1 => Control::Restart(Restart {
                down_ms: 5 * SECOND,
                ..Restart::default()
            }),
            2 => Control::Offline(Offline {
                ms: Some(8 * SECOND),
                mode,
            }),
            _ => Control::Close(Sessions::default()),
        };
        self.server.control(self.now, command);
        self.carry();
    }

    /// Writes lines up to this one, as long as real ones are.
    fn write(&mut self, id: &str, until: u32) {
        while self.written < until {
            let line = self.written;
            let text = format!(
                "{line} Iteration 3: extracted 5 results from https://search.invalid/?q=what+is+unknown&page=2"
            );
            self.server
                .write_line(self.now, id, "INFO", &text, true, true);
            self.written += 1;
        }
        self.carry();
    }

    fn pass_until(&mut self, until: u64) {
        loop {
            let way = self.on_the_way.keys().next().map(|(at, _)| *at);
            let timer = self
                .client
                .poll_timeout()
                .map(|due| due.as_millis() - START);
            let due = [way, timer, self.server.poll_timeout()];
            let Some(due) = due.into_iter().flatten().min().filter(|due| *due <= until) else {
                break;
            };
            self.now = self.now.max(due);
            if let Some(entry) = self.on_the_way.first_entry()
                && entry.key().0 <= self.now
            {
                match entry.remove() {
                    Step::Arrive(request) => self.serve(ServerInput::Request(request)),
                    Step::GivenUp(id) => self.serve(ServerInput::Aborted { id }),
                    Step::Answer(request, answer) => self.tell(Input::Answer { request, answer }),
                }
            } else if timer.is_some_and(|at| at <= self.now) {
                self.tell(Input::Timeout);
            } else {
                self.serve(ServerInput::Timeout);
            }
        }
        self.now = self.now.max(until);
    }

    fn serve(&mut self, input: ServerInput) {
        let asks_for_log =
            matches!(&input, ServerInput::Request(request) if request.path.ends_with("/logs"));
        if asks_for_log {
            self.logs += 1;
        }
        self.server.handle_input(self.now, input);
        self.carry();
    }

    /// Sends off what the server answers.
    fn carry(&mut self) {
        while let Some(ServerOutput::Respond(response)) = self.server.poll_output() {
            let id = RequestId(response.id);
            if let Some(answer) = answer_of(response) {
                self.send(Step::Answer(id, answer));
            }
        }
    }

    fn send(&mut self, step: Step) {
        self.number += 1;
        self.on_the_way.insert((self.now + WAY, self.number), step);
    }

    fn tell(&mut self, input: Input) {
        let now = Timestamp::from_millis(START + self.now);
        memory::in_client(|| self.client.handle_input(now, input));
        while let Some(output) = memory::in_client(|| self.client.poll_output()) {
            match output {
                Output::Command(command) => self.obey(command),
                Output::Event(event) => self.hear(&event),
            }
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Abort(id) => {
                self.on_the_way
                    .retain(|_, step| !matches!(step, Step::Answer(other, _) if *other == id));
                self.send(Step::GivenUp(id.0));
            }
            Command::Ask(ask) => {
                let credentials = Ok(Credentials::default());
                self.tell(Input::Credentials { ask, credentials });
            }
            // The day is one of long-polling.
            Command::Beacon(_) | Command::Open(_) | Command::Send { .. } => {}
            Command::Start(request) => self.send(Step::Arrive(server_request(request))),
        }
    }

    fn hear(&mut self, event: &Event) {
        match event {
            Event::Connect { .. } => self.connects += 1,
            Event::Research { event, .. } => match event {
                ResearchEvent::Log(entry) => {
                    let number = entry.message.split(' ').next();
                    let place = number.and_then(|number| number.parse::<usize>().ok());
                    if let Some(times) = place.and_then(|place| self.heard.get_mut(place)) {
                        *times = times.saturating_add(1);
                    }
                }
                ResearchEvent::End(_) => self.ends += 1,
                ResearchEvent::Gap(gap) => {
                    self.gaps += 1;
                    self.recovered += gap.recovered;
                }
                _ => {}
            },
            _ => {}
        }
    }
}

fn server_request(request: Request) -> ServerRequest {
    let mut path = request.url.replace("http://host", "");
    for (place, (name, value)) in request.query.iter().enumerate() {
        path.push(if place == 0 { '?' } else { '&' });
        path.push_str(name);
        path.push('=');
        path.push_str(value);
    }
    ServerRequest {
        id: request.id.0,
        method: request.method.as_str().to_owned(),
        path,
        headers: request.headers,
        body: request
            .body
            .map(|body| body.text.into_bytes())
            .unwrap_or_default(),
    }
}

fn answer_of(response: ServerResponse) -> Option<Answer> {
    match response.delivery {
        Delivery::Whole => Some(Answer::Response(Response {
            status: response.status,
            retry_after_ms: None,
            body: response.body,
        })),
        Delivery::HangInHead | Delivery::HangInBody { .. } => None,
        Delivery::Cut { .. } => Some(Answer::Failed(RequestError::Body("cut".to_owned()))),
        Delivery::Refuse => Some(Answer::Failed(RequestError::Network("refused".to_owned()))),
    }
}
