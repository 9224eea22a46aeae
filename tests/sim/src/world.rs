//! The loop: one clock for pages, network and server, which jumps to whatever happens next.

use mock_server::{Audience, Config as ServerConfig, EventName, Input as ServerInput, Server};
use research_socket::config::OTHER_PATH;
use research_socket::http::{Answer, Command, Credentials};
use research_socket::research::{Input, Output};

use crate::journal::Journal;
use crate::liveness::MAX_RETRY_AFTER;
use crate::network::{Event, Network};
use crate::page::{Page, START};
use crate::plan::{Job, Kind, PAGES, Plan, RESEARCHES, Release, Setup, Step, Trouble, Vouch};
use crate::reach::Reached;
use crate::rules::{Verdict, Violation};
use crate::story::{Truth, id_of};
use crate::websocket::Wire;

/// So many steps in one schedule have no reason: the longest plan has 60 and ends within the hour.
const MAX_STEPS: u64 = 200_000;

/// So many lines wait to be stored: those of Local Deep Research.
const LOG_QUEUE: usize = 1_000;

/// Everything that takes part in one schedule.
#[derive(Debug)]
pub(crate) struct World<'p> {
    pub(crate) plan: &'p Plan,
    /// Milliseconds since the start.
    pub(crate) now: u64,
    /// Inputs of clients and server.
    pub(crate) steps: u64,
    pub(crate) server: Server,
    /// When the server has something to do of its own accord.
    pub(crate) server_due: Option<u64>,
    pub(crate) network: Network,
    pub(crate) pages: [Option<Page>; PAGES as usize],
    pub(crate) truths: [Truth; RESEARCHES as usize],
    /// WebSockets, and how many requests were made for them.
    pub(crate) wires: Vec<Wire>,
    pub(crate) wire_requests: u64,
    /// What is to happen to the answers of these requests.
    pub(crate) troubles: Vec<(u64, Trouble)>,
    pub(crate) signed_in: bool,
    /// Whether the refusal of a subscription, or the end of a connection, was missing from an answer that looked whole.
    pub(crate) lost_refusal: bool,
    /// Whether the server may have disconnected a session that knows nothing of it.
    pub(crate) is_deaf: bool,
    pub(crate) written: u32,
    /// When requests meet the right worker again.
    pub(crate) right_worker_at: u64,
    /// When the server takes subscriptions again.
    pub(crate) subscribable_at: u64,
    next_step: usize,
    /// Whether nothing on the way changes the order or the number of packets.
    ordered: bool,
    /// Whether all live lines come in the order of time: the snapshot after a subscription repeats
    /// the last line that is stored, however old.
    lines_ordered: bool,
    /// Whether answers to requests that are not in flight reach clients.
    pub(crate) races: bool,
    pub(crate) journal: Option<Journal>,
    /// What happened in which state.
    pub(crate) reached: Reached,
}

impl<'p> World<'p> {
    pub(crate) fn new(plan: &'p Plan, journal: Option<Journal>) -> Self {
        let mut server = Server::new(server_config(&plan.setup), plan.seed);
        for research in 0..RESEARCHES {
            server.start_research(0, id_of(research));
        }
        let disorder = |trouble| {
            matches!(
                trouble,
                Trouble::Doubled | Trouble::Reordered | Trouble::Resent
            )
        };
        let unstored = |(_, step): &(u64, Step)| {
            matches!(step, Step::Job(_, Job::Lines { stored: false, .. }))
        };
        let twice = |trouble| trouble == Trouble::Twice;
        Self {
            plan,
            now: 0,
            steps: 0,
            server_due: server.poll_timeout(),
            server,
            network: Network::new(&plan.setup, plan.seed),
            pages: [const { None }; PAGES as usize],
            truths: Default::default(),
            wires: Vec::new(),
            wire_requests: 0,
            troubles: Vec::new(),
            signed_in: true,
            lost_refusal: false,
            is_deaf: false,
            written: 0,
            right_worker_at: 0,
            subscribable_at: 0,
            next_step: 0,
            ordered: !plan.has(disorder),
            lines_ordered: !plan.has(disorder) && !plan.steps.iter().any(unstored),
            races: plan.setup.races || plan.has(twice),
            journal,
            reached: Reached::default(),
        }
    }

    /// Lets everything happen that the plan says.
    pub(crate) fn act_out(&mut self) -> Result<(), Violation> {
        loop {
            let step = self.plan.steps.get(self.next_step);
            let Some((at, step)) = step else {
                return Ok(());
            };
            if self.due().is_some_and(|due| due < *at) {
                self.step()?;
                continue;
            }
            self.next_step += 1;
            self.now = self.now.max(*at);
            let done = self.carry_out(*step);
            self.blame(done)?;
        }
    }

    /// When something happens next.
    pub(crate) fn due(&self) -> Option<u64> {
        let pages = self.pages.iter().flatten().filter_map(Page::due).min();
        [self.network.due(), self.server_due, pages]
            .into_iter()
            .flatten()
            .min()
    }

    /// Lets the next thing happen.
    pub(crate) fn step(&mut self) -> Result<(), Violation> {
        let done = self.try_step();
        self.blame(done)
    }

    /// Names the time at which a rule was broken.
    pub(crate) fn blame(&self, verdict: Verdict) -> Result<(), Violation> {
        verdict.map_err(|words| Violation {
            at: self.now,
            words,
        })
    }

    fn try_step(&mut self) -> Verdict {
        let Some(due) = self.due() else {
            return Err("nothing happens any more".to_owned());
        };
        self.now = self.now.max(due);
        if self.now >= self.right_worker_at {
            self.server.config_mut().quirks.two_workers = false;
        }
        if self.subscribable_at > 0 && self.now >= self.subscribable_at {
            self.subscribable_at = 0;
            self.refuse_subscriptions();
        }
        if self.network.due().is_some_and(|at| at <= self.now)
            && let Some(event) = self.network.pop()
        {
            return self.happen(event);
        }
        let late = |page: &Option<Page>| {
            page.as_ref()
                .and_then(Page::due)
                .is_some_and(|at| at <= self.now)
        };
        if let Some(page) = self.pages.iter().position(late) {
            return self.feed(page, Input::Timeout);
        }
        self.serve(ServerInput::Timeout)
    }

    pub(crate) fn happen(&mut self, event: Event) -> Verdict {
        match event {
            Event::Arrive(request) => {
                self.end_poll(&request);
                self.serve(ServerInput::Request(*request))
            }
            Event::GivenUp(id) => self.serve(ServerInput::Aborted { id }),
            Event::Gone(page) => self.gone(usize::from(page)),
            Event::Wake(page) => self.wake(usize::from(page)),
            Event::Drained(wire) => self.drained(wire),
            Event::Upgrading(wire, text) => {
                self.upgrading(wire, text.as_deref());
                Ok(())
            }
            Event::BreaksOff(wire) => self.break_before(wire),
            Event::HungUp(wire) => {
                self.hung_up(wire);
                Ok(())
            }
            Event::Answer { page, .. }
            | Event::Credentials { page, .. }
            | Event::Socket { page, .. } => {
                let index = usize::from(page);
                let Some(Some(there)) = self.pages.get_mut(index) else {
                    return Ok(());
                };
                if there.asleep.is_some() || there.hidden {
                    there.held.push(event);
                    return Ok(());
                }
                self.reach(index, event)
            }
        }
    }

    /// Something reaches a page that is awake.
    pub(crate) fn reach(&mut self, index: usize, event: Event) -> Verdict {
        let Some(Some(page)) = self.pages.get_mut(index) else {
            return Ok(());
        };
        match event {
            Event::Answer {
                request, answer, ..
            } => {
                if let Answer::Piece(bytes) = &answer {
                    let kind = page.rules.progressed(self.now, request, bytes);
                    page.partly.push((request, bytes.clone()));
                    if kind.is_none() && !self.races {
                        return Ok(());
                    }
                    self.reached.answer(&page.stand, kind, &answer);
                    return self.feed(index, Input::Answer { request, answer });
                }
                let mut body: Vec<u8> = Vec::new();
                page.partly.retain(|(id, bytes)| {
                    body.extend((*id == request).then_some(bytes).into_iter().flatten());
                    *id != request
                });
                let good = match &answer {
                    Answer::Response(response) => {
                        body.extend(&response.body);
                        let mut packets = body.split(|byte| *byte == 0x1e);
                        (200..=299).contains(&response.status)
                            && packets.all(|packet| packet != b"1")
                    }
                    Answer::Failed(_) | Answer::Piece(_) => false,
                };
                let open = page.rules.answered(request, good);
                if let Some(open) = &open {
                    page.rules
                        .heard(self.now, open, &answer, body.first().copied());
                }
                if let Answer::Response(response) = &answer
                    && let Some(ms) = response.retry_after_ms.filter(|_| response.status >= 400)
                    && open
                        .as_ref()
                        .is_some_and(|open| open.kind == Kind::Handshake)
                {
                    page.rules.asked_to_wait(ms.min(MAX_RETRY_AFTER));
                }
                if open.is_none() && !self.races {
                    return Ok(());
                }
                let kind = open.map(|open| open.kind);
                self.reached.answer(&page.stand, kind, &answer);
                self.feed(index, Input::Answer { request, answer })
            }
            Event::Credentials { ask, throws, .. } => {
                let credentials = match throws {
                    true => Err("no token".to_owned()),
                    false if self.plan.setup.personal => Ok(Credentials {
                        auth: Some("{\"token\":\"t\"}".to_owned()),
                        headers: vec![("X-Token".to_owned(), "t".to_owned())],
                        query: vec![("token".to_owned(), "t".to_owned())],
                    }),
                    false => Ok(Default::default()),
                };
                self.feed(index, Input::Credentials { ask, credentials })
            }
            Event::Socket { socket, news, .. } => self.reach_by_socket(index, socket, news),
            Event::Arrive(_)
            | Event::Drained(_)
            | Event::GivenUp(_)
            | Event::Gone(_)
            | Event::BreaksOff(_)
            | Event::HungUp(_)
            | Event::Upgrading(..)
            | Event::Wake(_) => Ok(()),
        }
    }

    /// Gives the server an input, and sends off what it answers.
    pub(crate) fn serve(&mut self, input: ServerInput) -> Verdict {
        self.count()?;
        self.arm(&input);
        let may_end = matches!(&input, ServerInput::Request(request) if request.path.starts_with("/api/terminate/"));
        self.server.handle_input(self.now, input);
        if may_end {
            for (research, truth) in (0..).zip(&mut self.truths) {
                truth.ended |= self.server.has_ended(id_of(research));
            }
        }
        self.send_answers();
        Ok(())
    }

    fn count(&mut self) -> Verdict {
        self.steps += 1;
        match self.steps {
            0..MAX_STEPS => Ok(()),
            steps => Err(format!("{steps} steps: a busy loop")),
        }
    }

    /// Gives a client an input, checks all that it does, and carries that out.
    pub(crate) fn feed(&mut self, index: usize, input: Input) -> Verdict {
        self.count()?;
        let now = self.now;
        let order = (self.ordered, self.lines_ordered);
        let truths = &self.truths;
        let Some(Some(page)) = self.pages.get_mut(index) else {
            return Ok(());
        };
        let was_closed = page.rules.closed;
        page.rules.input(now, &input)?;
        page.receipts.input(&input);
        let is_timeout = input == Input::Timeout;
        let clock = page.clock(now);
        if let Some(journal) = &mut self.journal {
            journal.input(index, clock, &input);
        }
        self.reached.input(&page.stand, &input);
        page.client.handle_input(clock, input);
        self.reached.moves(&mut page.stand, &page.client);
        let mut commands = Vec::new();
        while let Some(output) = page.client.poll_output() {
            if let Some(journal) = &mut self.journal {
                journal.output(&output);
            }
            match output {
                Output::Command(command) => {
                    page.rules.command(&command, was_closed)?;
                    page.crowd.command(&command);
                    page.receipts.command(&command);
                    if let Command::Send { socket, frame } = &command {
                        page.crowd.sent(*socket, frame);
                    }
                    commands.push(command);
                }
                Output::Event(event) => {
                    self.reached.event(&event);
                    page.hear(now, &event, truths, order, was_closed)?;
                }
            }
        }
        page.check(now, is_timeout)?;
        page.receipts.check(&page.client)?;
        for command in commands {
            self.obey(index, command);
        }
        Ok(())
    }

    fn obey(&mut self, index: usize, command: Command) {
        let page = index as u8;
        match command {
            Command::Abort(id) if self.is_wire(index, id) => self.hang_up(index, id),
            Command::Abort(id) => {
                let at = self.now + self.network.delay();
                let id = server_id(index, id);
                self.network.at(at, Event::GivenUp(id));
            }
            Command::Ask(ask) => {
                let vouch = self
                    .pages
                    .get_mut(index)
                    .and_then(|page| page.as_mut()?.vouch.take());
                let (delay, throws) = match vouch {
                    None => (0, false),
                    Some(Vouch::Late(ms)) => (u64::from(ms), false),
                    Some(Vouch::Throws) => (0, true),
                    Some(Vouch::Never) => return,
                };
                let event = Event::Credentials { page, ask, throws };
                self.network.at(self.now + delay, event);
            }
            Command::Beacon(beacon) => self.beacon(beacon),
            Command::Open(opening) => self.open_socket(index, opening),
            Command::Send { socket, frame } => self.send_frame(index, socket, &frame),
            Command::Start(request) => self.start(index, request),
        }
    }
}

/// The number under which the server knows a request of a page.
pub(crate) fn server_id(index: usize, id: research_socket::http::RequestId) -> u64 {
    ((index as u64 + 1) << 48) | id.0
}

fn server_config(setup: &Setup) -> ServerConfig {
    let mut config = match setup.release {
        Release::V13 => ServerConfig::default(),
        Release::V15 => ServerConfig::release_1_5(),
        Release::Newest => ServerConfig::newest(),
    };
    let path = if setup.moved {
        OTHER_PATH
    } else {
        "/socket.io"
    };
    config.paths = vec![path.to_owned()];
    config.ping_interval_ms = setup.ping_interval;
    config.ping_timeout_ms = setup.ping_timeout;
    config.max_payload = setup.max_payload as usize;
    config.test_events = true;
    config.wall_clock_ms = START;
    config.request_log = 0;
    config.cors_everywhere = false;
    config.app.store_delay_ms = setup.store_lag;
    config.app.log_queue = setup.stores_when_asked.then_some(LOG_QUEUE);
    debug_assert!(matches!(
        (config.app.audience, config.app.live_event),
        (Audience::EverybodyAndSubscribers, EventName::Progress)
            | (Audience::SubscribersOrEverybody, EventName::Progress)
            | (Audience::Subscribers, EventName::ResearchProgress)
    ));
    config
}
