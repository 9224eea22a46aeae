//! The loop: one clock for tabs, channel, locks, network and server.

use std::collections::BTreeMap;

use mock_server::{
    Command as Control, Config as ServerConfig, Delivery, Input as ServerInput, Outcome,
    Output as ServerOutput, Request as ServerRequest, Restart, Server,
};
use research_socket::config::OTHER_PATH;
use research_socket::http::{
    Answer, Command, Credentials, Request, RequestError, RequestId, Response,
};
use research_socket::research::{Event, Input, Output, ResearchId};
use research_socket::socket::{Acked, Emit, EmitId};
use research_socket::tabs::{Input as TabsInput, Output as Wish, Role};
use research_socket::websocket::{Frame, News};

use super::browser::{Lock, succeeds};
use super::day::{Meter, inside};
use super::plan::{Carriage, Happening, MAX_TABS, RESEARCHES, TabsPlan, TabsSetup, owner_of};
use super::questions::{Asked, QUESTION, Reply};
use super::tab::{Held, Life, Tab, clock};
use super::wires::{Up, Wire};
use crate::entropy::Dice;
use crate::page::START;
use crate::plan::Kind;
use crate::reach::{HappeningRow, Reached};
use crate::refusals::research_of;
use crate::rules::{Verdict, Violation, kind_of};
use crate::story::{Truth, id_of};
use crate::traffic::server_request;

/// So many steps in one schedule have no reason.
const MAX_STEPS: u64 = 400_000;

/// Bits of a server's number that are the client's.
const CLIENT_BITS: u64 = (1 << 48) - 1;

/// Something on its way.
#[derive(Debug)]
pub(super) enum Due {
    Arrive(ServerRequest),
    GivenUp(u64),
    Answer(usize, RequestId, Answer),
    Reply(usize, Reply),
    Socket(usize, RequestId, News),
    Tabs(usize, TabsInput),
    Wire(u64, Up),
}

/// Everything that takes part.
#[derive(Debug)]
pub(super) struct World<'p> {
    pub(super) plan: &'p TabsPlan,
    pub(super) now: u64,
    pub(super) steps: u64,
    pub(super) server: Server,
    /// All there ever were.
    pub(super) tabs: Vec<Tab>,
    pub(super) due: BTreeMap<(u64, u64), Due>,
    pub(super) wires: Vec<Wire>,
    pub(super) wire_requests: u64,
    number: u64,
    pub(super) dice: Dice,
    pub(super) loss: u64,
    pub(super) locks: [Lock; 2],
    pub(super) last_heard: BTreeMap<(usize, usize), u64>,
    pub(super) truths: [Truth; RESEARCHES as usize],
    written: u32,
    signed_out_until: u64,
    /// Who is signed in, or will be next.
    pub(super) person: u8,
    /// Messages in the channel.
    pub(super) said: u64,
    /// How often the server was asked about each research: for its status, and for its stored log.
    pub(super) asked: [[u64; 2]; RESEARCHES as usize],
    /// What the server has asked for an ack.
    pub(super) questions: Vec<Asked>,
    /// Since when two of a group lead.
    pub(super) two_since: [Option<u64>; 2],
    /// A rule that was broken on the way.
    pub(super) broken: Option<String>,
    pub(super) reached: Reached,
    /// What weighs the clients, if anything does.
    pub(super) meter: Option<Meter>,
    tells: bool,
    pub(super) story: String,
}

impl<'p> World<'p> {
    pub(super) fn new(plan: &'p TabsPlan, tells: bool) -> Self {
        let mut server = Server::new(server_config(&plan.setup), plan.seed);
        for research in 0..RESEARCHES {
            server.start_research(0, id_of(research));
        }
        Self {
            plan,
            now: 0,
            steps: 0,
            server,
            tabs: Vec::new(),
            due: BTreeMap::new(),
            wires: Vec::new(),
            wire_requests: 0,
            number: 0,
            dice: Dice::new(plan.seed),
            loss: u64::from(plan.setup.loss),
            locks: Default::default(),
            last_heard: BTreeMap::new(),
            truths: Default::default(),
            written: 0,
            signed_out_until: 0,
            person: 0,
            said: 0,
            asked: Default::default(),
            questions: Vec::new(),
            two_since: [None; 2],
            broken: None,
            reached: Reached::default(),
            meter: None,
            tells,
            story: String::new(),
        }
    }

    pub(super) fn note(&mut self, words: impl FnOnce() -> String) {
        if self.tells {
            let now = self.now;
            self.story.push_str(&format!("{now} {}\n", words()));
        }
    }

    /// Lets everything happen that the plan says.
    pub(super) fn act_out(&mut self) -> Result<(), Violation> {
        for place in 0..self.plan.setup.tabs {
            let opened = self.happen(Happening::Open(place));
            self.blame(opened)?;
            let follows = self.happen(Happening::Follow(place, place % RESEARCHES));
            self.blame(follows)?;
        }
        for (at, happening) in &self.plan.steps {
            self.pass_until(*at)?;
            self.note(|| format!("{happening:?}"));
            let happened = self.happen(*happening);
            self.blame(happened)?;
        }
        Ok(())
    }

    pub(super) fn blame(&self, verdict: Verdict) -> Result<(), Violation> {
        verdict.map_err(|words| Violation {
            at: self.now,
            words,
        })
    }

    /// When something happens next.
    fn next(&self) -> Option<u64> {
        let way = self.due.keys().next().map(|(at, _)| *at);
        let timers = self.tabs.iter().filter_map(Tab::due).min();
        let thaw = self.tabs.iter().filter_map(|tab| match tab.life {
            Life::Frozen { until, .. } => Some(until),
            _ => None,
        });
        [way, timers, thaw.min(), self.server.poll_timeout()]
            .into_iter()
            .flatten()
            .min()
    }

    pub(super) fn pass_until(&mut self, until: u64) -> Result<(), Violation> {
        while let Some(next) = self.next().filter(|next| *next <= until) {
            self.now = self.now.max(next);
            let done = self.step();
            self.blame(done)?;
            let holds = self.look();
            self.blame(holds)?;
        }
        self.now = self.now.max(until);
        Ok(())
    }

    fn step(&mut self) -> Verdict {
        self.count()?;
        let now = self.now;
        let is_thawed = |tab: &Tab| matches!(tab.life, Life::Frozen { until, .. } if until <= now);
        if let Some(index) = self.tabs.iter().position(is_thawed) {
            return self.thaw(index);
        }
        if let Some(entry) = self.due.first_entry()
            && entry.key().0 <= now
        {
            return match entry.remove() {
                Due::Arrive(request) => {
                    self.end_poll(&request);
                    self.serve(ServerInput::Request(request))
                }
                Due::GivenUp(id) => self.serve(ServerInput::Aborted { id }),
                Due::Answer(tab, request, answer) => {
                    self.arrive(tab, Held::Answer(request, answer))
                }
                Due::Reply(tab, reply) => self.reply(tab, reply),
                Due::Socket(tab, socket, news) => self.arrive(tab, Held::Socket(socket, news)),
                Due::Tabs(tab, input) => self.reach(tab, Held::Tabs(input)),
                Due::Wire(id, up) => {
                    self.wire_up(id, up);
                    Ok(())
                }
            };
        }
        let late = |tab: &Tab| tab.due().is_some_and(|due| due <= now);
        match self.tabs.iter().position(late) {
            Some(index) => self.feed(index, Input::Timeout),
            None => self.serve(ServerInput::Timeout),
        }
    }

    fn count(&mut self) -> Verdict {
        self.steps += 1;
        match self.steps {
            _ if self.meter.is_some() => Ok(()),
            0..MAX_STEPS => Ok(()),
            steps => Err(format!("{steps} steps: a busy loop")),
        }
    }

    pub(super) fn at(&mut self, at: u64, due: Due) {
        self.number += 1;
        self.due.insert((at, self.number), due);
    }

    pub(super) fn way(&mut self) -> u64 {
        let latency = u64::from(self.plan.setup.latency);
        latency + self.dice.below(latency / 2 + 1)
    }

    /// Something comes over a tab's network: nothing of the server while that is cut, also of a WebSocket that the server has ended.
    fn arrive(&mut self, index: usize, held: Held) -> Verdict {
        let now = self.now;
        let is_cut = self.tabs.get(index).is_some_and(|tab| now < tab.cut_until);
        if is_cut && held.is_of_server() {
            return Ok(());
        }
        self.reach(index, held)
    }

    /// Something reaches a tab, if it runs.
    fn reach(&mut self, index: usize, held: Held) -> Verdict {
        let Some(tab) = self.tabs.get_mut(index) else {
            return Ok(());
        };
        match tab.life {
            Life::Frozen { .. } => {
                tab.held.push(held);
                Ok(())
            }
            Life::Runs | Life::Closed => match held {
                Held::Answer(request, answer) => {
                    let Some(place) = tab.open.iter().position(|open| *open == request) else {
                        return Ok(());
                    };
                    tab.open.swap_remove(place);
                    if let Answer::Response(response) = &answer {
                        tab.note_lines(&String::from_utf8_lossy(&response.body));
                    }
                    self.feed(index, Input::Answer { request, answer })
                }
                Held::Socket(socket, news) => {
                    if let News::Frame(Frame::Text(text)) = &news {
                        tab.note_lines(text);
                    }
                    self.feed(index, Input::Socket { socket, news })
                }
                // A channel that was closed brings nothing.
                Held::Tabs(TabsInput::Message(_)) if !tab.has_channel => Ok(()),
                Held::Tabs(input) => self.feed_tabs(index, input),
            },
            Life::Hidden | Life::Dead => Ok(()),
        }
    }

    fn thaw(&mut self, index: usize) -> Verdict {
        let Some(tab) = self.tabs.get_mut(index) else {
            return Ok(());
        };
        let Life::Frozen { timers_first, .. } = tab.life else {
            return Ok(());
        };
        tab.life = Life::Runs;
        let held = std::mem::take(&mut tab.held);
        if timers_first {
            self.feed(index, Input::Timeout)?;
        }
        for held in held {
            self.reach(index, held)?;
        }
        Ok(())
    }

    /// Gives a client an input, and carries out what it does.
    pub(super) fn feed(&mut self, index: usize, input: Input) -> Verdict {
        self.note(|| format!("{index} <- {input:?}"));
        let now = clock(self.now);
        if let Some(tab) = self.tabs.get_mut(index) {
            tab.is_answered = match &input {
                Input::Answer { answer, .. } => matches!(answer, Answer::Response(_)),
                Input::Socket { news, .. } => matches!(news, News::Frame(_)),
                _ => false,
            };
            tab.is_succeeded = false;
            inside(self.meter, || tab.client.handle_input(now, input));
        }
        self.drain(index)
    }

    pub(super) fn feed_tabs(&mut self, index: usize, input: TabsInput) -> Verdict {
        self.note(|| format!("{index} <- {input:?}"));
        let now = clock(self.now);
        if let Some(tab) = self.tabs.get_mut(index) {
            self.reached.tabs_input(tab.client.tab(), &input);
            tab.is_answered = false;
            tab.is_succeeded =
                matches!(&input, TabsInput::Message(text) if succeeds(text, tab.epoch));
            inside(self.meter, || tab.client.handle_tabs(now, input));
        }
        self.drain(index)
    }

    fn drain(&mut self, index: usize) -> Verdict {
        let mut commands = Vec::new();
        let mut wishes = Vec::new();
        let mut questions = Vec::new();
        let (mut events, tells, meter) = (String::new(), self.tells, self.meter);
        let Some(tab) = self.tabs.get_mut(index) else {
            return Ok(());
        };
        while let Some(output) = inside(meter, || tab.client.poll_output()) {
            match output {
                Output::Command(command) => commands.push(command),
                Output::Event(event) => {
                    if tells {
                        events.push_str(&format!("  {index} -> {event:?}\n"));
                    }
                    tab.hear(&event, &self.truths)?;
                    if let Event::Message {
                        ack: Some(id),
                        args,
                        ..
                    } = event
                    {
                        questions.push((id, args));
                    }
                }
            }
        }
        while let Some(wish) = inside(meter, || tab.client.poll_tabs()) {
            wishes.push(wish);
        }
        let after = tab.client.tab();
        self.reached.tab_moves(tab.stands, after);
        let has_locks = self.plan.setup.locks;
        let steals = has_locks.then(|| wishes.contains(&Wish::StealLock));
        tab.moved(self.now, after, steals);
        let verifies = std::mem::take(&mut tab.verifies);
        let leaves = std::mem::take(&mut tab.leaves);
        if tells {
            self.story.push_str(&events);
            self.note(|| format!("  {index} -> {wishes:?} {commands:?}"));
        }
        for (id, args) in questions {
            self.hear_question(index, id, &args);
        }
        for wish in wishes {
            self.carry_out(index, wish);
        }
        for command in commands {
            self.obey(index, command)?;
        }
        if verifies {
            self.verify(index)?;
        }
        if leaves {
            self.feed_tabs(index, TabsInput::Leave)?;
        }
        Ok(())
    }

    /// What a page does that uses another one's connection: it sees to it that the server shows it what it follows.
    fn verify(&mut self, index: usize) -> Verdict {
        for research in 0..RESEARCHES {
            if let Some(heard) = self.heard(index, research)
                && heard.follows
            {
                heard.verifies = true;
                self.feed(index, Input::Verify(id_of(research).to_owned()))?;
            }
        }
        Ok(())
    }

    fn obey(&mut self, index: usize, command: Command) -> Verdict {
        match command {
            Command::Abort(id) if self.is_wire(index, id) => {
                self.hang_up(index, id);
                Ok(())
            }
            Command::Abort(id) => {
                if let Some(tab) = self.tabs.get_mut(index) {
                    tab.open.retain(|open| *open != id);
                }
                let at = self.now + self.way();
                self.at(at, Due::GivenUp(server_id(index, id)));
                Ok(())
            }
            Command::Ask(ask) => {
                let credentials = Ok(Credentials::default());
                self.feed(index, Input::Credentials { ask, credentials })
            }
            Command::Beacon(beacon) => {
                self.number += 1;
                let mut path = beacon.url.replace("http://host", "");
                for (place, (name, value)) in beacon.query.iter().enumerate() {
                    path.push(if place == 0 { '?' } else { '&' });
                    path.push_str(name);
                    path.push('=');
                    path.push_str(value);
                }
                let request = ServerRequest {
                    id: (1 << 63) | self.number,
                    method: "POST".to_owned(),
                    path,
                    headers: Vec::new(),
                    body: beacon.text.into_bytes(),
                };
                let is_cut = self
                    .tabs
                    .get(index)
                    .is_some_and(|tab| self.now < tab.cut_until);
                if !is_cut {
                    let at = self.now + self.way();
                    self.at(at, Due::Arrive(request));
                }
                Ok(())
            }
            Command::Open(_) | Command::Send { .. }
                if self.plan.setup.carriage == Carriage::Polling =>
            {
                Err(format!("{command:?} over long-polling"))
            }
            Command::Open(opening) => {
                self.open_wire(index, opening);
                Ok(())
            }
            Command::Send { socket, frame } => {
                self.send_frame(index, socket, frame);
                Ok(())
            }
            Command::Start(request) => {
                self.start(index, request);
                Ok(())
            }
        }
    }

    fn start(&mut self, index: usize, request: Request) {
        let id = request.id;
        let is_about = request.url.starts_with("http://host/api/")
            || request.url.starts_with("http://host/history/");
        let at = self.now + self.way();
        let question = match kind_of(&request) {
            Kind::Status => Some(0),
            Kind::Logs => Some(1),
            Kind::Handshake | Kind::Join | Kind::Poll | Kind::Post | Kind::Terminate => None,
        };
        let number = research_of(&request);
        let asked = number.and_then(|number| self.asked.get_mut(number));
        if let (Some(asked), Some(question)) = (asked, question)
            && let Some(count) = asked.get_mut(question)
        {
            *count += 1;
        }
        let Some(tab) = self.tabs.get_mut(index) else {
            return;
        };
        tab.open.push(id);
        let is_cut = self.now < tab.cut_until;
        let is_foreign = number.is_some_and(|number| self.is_foreign(number));
        let is_signed_in = self.now >= self.signed_out_until;
        if let Some(tab) = self.tabs.get_mut(index)
            && let Some(shown) = number.and_then(|number| tab.shown.get_mut(number))
        {
            *shown |= !is_cut && !is_foreign && is_signed_in;
        }
        if is_cut {
            self.at(at, Due::Answer(index, id, lost()));
        } else if is_signed_in && is_foreign {
            self.at(at, Due::Answer(index, id, unknown()));
        } else if is_about && self.now < self.signed_out_until {
            let answer = Answer::Response(Response {
                status: 401,
                retry_after_ms: None,
                body: b"{}".to_vec(),
            });
            self.at(at, Due::Answer(index, id, answer));
        } else {
            let mut request = server_request(id.0, request);
            request.id = server_id(index, id);
            self.at(at, Due::Arrive(request));
        }
    }

    /// Whether the server does not know this research of whoever is signed in.
    pub(super) fn is_foreign(&self, research: usize) -> bool {
        self.plan.setup.persons && owner_of(research as u8) != self.person
    }

    pub(super) fn serve(&mut self, input: ServerInput) -> Verdict {
        if let ServerInput::Request(request) = &input {
            self.note_answers(request)?;
        }
        self.refuse(self.now < self.signed_out_until);
        self.server.handle_input(self.now, input);
        self.send_answers();
        Ok(())
    }

    pub(super) fn send_answers(&mut self) {
        while let Some(ServerOutput::Respond(response)) = self.server.poll_output() {
            if response.id >> 63 != 0 || self.take_wire_answer(&response) {
                continue;
            }
            let index = (response.id >> 48) as usize - 1;
            let request = RequestId(response.id & CLIENT_BITS);
            let is_cut = self
                .tabs
                .get(index)
                .is_some_and(|tab| self.now < tab.cut_until);
            let answer = match response.delivery {
                Delivery::Whole if !is_cut => Answer::Response(Response {
                    status: response.status,
                    retry_after_ms: None,
                    body: response.body,
                }),
                Delivery::Whole | Delivery::Refuse | Delivery::Cut { .. } => lost(),
                Delivery::HangInHead | Delivery::HangInBody { .. } => continue,
            };
            let at = self.now + self.way();
            self.at(at, Due::Answer(index, request, answer));
        }
    }

    /// The tab at a place, if one is there.
    pub(super) fn at_place(&self, place: u8) -> Option<usize> {
        let is_there =
            |tab: &Tab| tab.place == place && !matches!(tab.life, Life::Dead | Life::Closed);
        self.tabs.iter().position(is_there)
    }

    /// The same, if its code runs.
    fn running(&self, place: u8) -> Option<usize> {
        self.at_place(place)
            .filter(|index| self.tabs.get(*index).is_some_and(Tab::runs))
    }

    pub(super) fn happen(&mut self, happening: Happening) -> Verdict {
        self.reach_with(happening);
        match happening {
            Happening::ChannelFails(place) => match self.running(place) {
                Some(index) => self.feed_tabs(index, TabsInput::ChannelFailed),
                None => Ok(()),
            },
            Happening::Close(place) => match self.running(place) {
                Some(index) => self.close(index),
                None => Ok(()),
            },
            Happening::Crash(place) => {
                if let Some(index) = self.at_place(place) {
                    self.crash(index);
                }
                Ok(())
            }
            Happening::Cut(place, ms) => {
                if let Some(index) = self.at_place(place) {
                    self.cut(index, u64::from(ms));
                }
                Ok(())
            }
            Happening::Emit(place, acked) => match self.running(place) {
                Some(index) => self.emit(index, acked),
                None => Ok(()),
            },
            Happening::End(research) => {
                self.end(research);
                Ok(())
            }
            Happening::Follow(place, research) => match self.running(place) {
                Some(index) => self.follow(index, research),
                None => Ok(()),
            },
            Happening::Freeze(place, ms, timers_first) => {
                if let Some(index) = self.running(place)
                    && let Some(tab) = self.tabs.get_mut(index)
                {
                    let until = self.now + u64::from(ms);
                    tab.life = Life::Frozen {
                        until,
                        timers_first,
                    };
                }
                Ok(())
            }
            Happening::Hide(place) => match self.running(place) {
                Some(index) => self.hide(index),
                None => Ok(()),
            },
            Happening::Lines(research, count) => {
                self.write(research, count);
                if self.plan.setup.questions {
                    self.ask();
                }
                Ok(())
            }
            Happening::Offline(ms) => {
                for index in 0..self.tabs.len() {
                    self.cut(index, u64::from(ms));
                }
                Ok(())
            }
            Happening::Open(place) => self.open(place),
            Happening::Restart(ms) => {
                self.server.control(
                    self.now,
                    Control::Restart(Restart {
                        down_ms: u64::from(ms),
                        ..Restart::default()
                    }),
                );
                self.send_answers();
                Ok(())
            }
            Happening::See(place, seen) => match self.running(place) {
                Some(index) => self.see(index, seen),
                None => Ok(()),
            },
            Happening::Show(place) => match self.at_place(place) {
                Some(index) => self.show(index),
                None => Ok(()),
            },
            Happening::SignOut(ms) => {
                self.signed_out_until = self.now + u64::from(ms);
                self.person ^= u8::from(self.plan.setup.persons);
                Ok(())
            }
            Happening::Steal => {
                if self.plan.setup.locks {
                    self.steal(0, None);
                }
                Ok(())
            }
            Happening::Unfollow(place, research) => match self.running(place) {
                Some(index) => {
                    if let Some(heard) = self.heard(index, research) {
                        heard.follows = false;
                    }
                    self.feed(index, Input::Unsubscribe(id_of(research).to_owned()))
                }
                None => Ok(()),
            },
        }
    }

    /// Notes what it happens to.
    fn reach_with(&mut self, happening: Happening) {
        let place = HappeningRow::place(happening);
        let is_there = |tab: &&Tab| !matches!(tab.life, Life::Dead | Life::Closed);
        for tab in self.tabs.iter().filter(is_there) {
            if place.is_none_or(|place| place == tab.place) {
                self.reached.happening(tab.client.tab(), happening);
            }
        }
    }

    fn heard(&mut self, index: usize, research: u8) -> Option<&mut crate::story::Heard> {
        self.tabs
            .get_mut(index)?
            .heard
            .get_mut(usize::from(research))
    }

    /// The version of the application in this place.
    pub(super) fn group_of(&self, place: u8) -> u8 {
        u8::from(self.plan.setup.two_versions) * (place % 2)
    }

    pub(super) fn open(&mut self, place: u8) -> Verdict {
        if self.at_place(place).is_some() || u32::from(place) >= MAX_TABS {
            return Ok(());
        }
        let group = self.group_of(place);
        let seed = self.dice.bits();
        let (person, carriage, now) = (self.person, self.plan.setup.carriage, self.now);
        let tab = inside(self.meter, || {
            Tab::new((place, group, person), carriage, seed, now)
        });
        self.tabs.push(tab);
        let index = self.tabs.len() - 1;
        if self.plan.setup.questions {
            let listen = Input::Listen {
                name: QUESTION.to_owned(),
                listening: true,
            };
            self.feed(index, listen)?;
        }
        self.feed(index, Input::Connect)
    }

    pub(super) fn close(&mut self, index: usize) -> Verdict {
        if let Some(tab) = self.tabs.get_mut(index) {
            tab.life = Life::Closed;
            for heard in &mut tab.heard {
                heard.follows = false;
            }
        }
        self.feed(index, Input::Close)
    }

    pub(super) fn crash(&mut self, index: usize) {
        let Some(tab) = self.tabs.get_mut(index) else {
            return;
        };
        (tab.life, tab.has_channel) = (Life::Dead, false);
        let open = std::mem::take(&mut tab.open);
        self.cut_wires(index);
        for id in open {
            self.at(self.now + 1, Due::GivenUp(server_id(index, id)));
        }
        self.drop_lock(index);
    }

    pub(super) fn cut(&mut self, index: usize, ms: u64) {
        let until = self.now + ms;
        let Some(tab) = self.tabs.get_mut(index) else {
            return;
        };
        tab.cut_until = until.max(tab.cut_until);
        let open = tab.open.clone();
        self.cut_wires(index);
        for id in open {
            self.at(self.now + 1, Due::Answer(index, id, lost()));
            self.at(self.now + 1, Due::GivenUp(server_id(index, id)));
        }
    }

    fn emit(&mut self, index: usize, acked: bool) -> Verdict {
        let Some(tab) = self.tabs.get_mut(index) else {
            return Ok(());
        };
        tab.emits += 1;
        let id = index as u64 * 1_000_000 + tab.emits;
        let (name, ack) = if acked {
            tab.awaits(id);
            ("message-with-ack", Acked::WithoutTimeout)
        } else {
            ("message", Acked::No)
        };
        let emit = Emit {
            id: EmitId(id),
            args: format!("[\"{name}\",{id},\"x\"]"),
            attachments: Vec::new(),
            ack,
            volatile: false,
        };
        self.feed(index, Input::Emit(emit))
    }

    pub(super) fn end(&mut self, research: u8) {
        if let Some(truth) = self.truths.get_mut(usize::from(research))
            && !truth.ended
        {
            truth.ended = true;
            self.server
                .end_research(self.now, id_of(research), &Outcome::Completed);
            self.send_answers();
        }
    }

    pub(super) fn write(&mut self, research: u8, count: u8) {
        let now = self.now;
        if let Some(truth) = self.truths.get_mut(usize::from(research))
            && !truth.ended
        {
            for _ in 0..count {
                self.written += 1;
                let text = format!("line {}", self.written);
                let id = id_of(research);
                let line = self.server.write_line(now, id, "INFO", &text, true, true);
                truth.write(line.micros, text, true);
            }
            self.send_answers();
        }
    }

    fn follow(&mut self, index: usize, research: u8) -> Verdict {
        let Some(heard) = self.heard(index, research) else {
            return Ok(());
        };
        if heard.follows {
            return Ok(());
        }
        heard.follow();
        let Some(tab) = self.tabs.get_mut(index) else {
            return Ok(());
        };
        let uses = tab.client.role() == Role::Follower;
        if let Some(shown) = tab.shown.get_mut(usize::from(research)) {
            *shown = false;
        }
        if let Some(told) = tab.told.get_mut(usize::from(research)) {
            told.clear();
        }
        let id = ResearchId::from_text(id_of(research)).map_err(|error| error.to_string())?;
        // A newcomer to a connection that is there.
        if uses && let Some(heard) = self.heard(index, research) {
            heard.verifies = true;
        }
        self.feed(index, Input::Subscribe(id))?;
        if uses {
            self.feed(index, Input::Verify(id_of(research).to_owned()))?;
        }
        Ok(())
    }

    pub(super) fn hide(&mut self, index: usize) -> Verdict {
        self.feed(index, Input::Hidden)?;
        if let Some(tab) = self.tabs.get_mut(index) {
            tab.life = Life::Hidden;
            if tab.has_channel {
                return Err("a channel is open in a page that has gone".to_owned());
            }
            tab.open.clear();
        }
        if self.locks.iter().any(|lock| lock.holder == Some(index)) {
            return Err("a lock is held in a page that has gone".to_owned());
        }
        Ok(())
    }

    pub(super) fn show(&mut self, index: usize) -> Verdict {
        match self.tabs.get_mut(index) {
            Some(tab) if tab.life == Life::Hidden => {
                (tab.life, tab.seen) = (Life::Runs, true);
                tab.down_since = Some(self.now);
                self.feed(index, Input::Visible)
            }
            _ => Ok(()),
        }
    }

    pub(super) fn see(&mut self, index: usize, seen: bool) -> Verdict {
        if let Some(tab) = self.tabs.get_mut(index) {
            tab.seen = seen;
        }
        self.feed(index, if seen { Input::Visible } else { Input::Unseen })
    }

    fn refuse(&mut self, refuses: bool) {
        let words = refuses.then(|| "Unauthorized".to_owned());
        let app = &mut self.server.config_mut().app;
        app.refuse_subscriptions = words;
        // It takes the person from the handshake.
        app.keeps_persons = refuses;
    }

    /// Nothing goes wrong any more.
    pub(super) fn mend(&mut self) -> Verdict {
        self.loss = 0;
        self.signed_out_until = 0;
        self.stay_with_one_person()?;
        for tab in &mut self.tabs {
            tab.cut_until = 0;
            if let Life::Frozen { until, .. } = &mut tab.life {
                *until = (*until).min(self.now);
            }
        }
        Ok(())
    }

    /// Whoever is signed in now stays, closes what another person has opened, and looks at nothing else's.
    fn stay_with_one_person(&mut self) -> Verdict {
        for index in 0..self.tabs.len() {
            let Some(tab) = self.tabs.get(index) else {
                continue;
            };
            if !self.plan.setup.persons || matches!(tab.life, Life::Dead | Life::Closed) {
                continue;
            }
            if tab.person != self.person {
                self.crash(index);
                continue;
            }
            for research in 0..RESEARCHES {
                let is_foreign = self.is_foreign(usize::from(research));
                if let Some(heard) = self.heard(index, research)
                    && is_foreign
                    && heard.follows
                {
                    heard.follows = false;
                    self.feed(index, Input::Unsubscribe(id_of(research).to_owned()))?;
                }
            }
        }
        Ok(())
    }
}

fn unknown() -> Answer {
    Answer::Response(Response {
        status: 404,
        retry_after_ms: None,
        body: b"{\"error\":\"Research not found\"}".to_vec(),
    })
}

fn lost() -> Answer {
    Answer::Failed(RequestError::Network("Failed to fetch".to_owned()))
}

pub(super) fn server_id(index: usize, id: RequestId) -> u64 {
    ((index as u64 + 1) << 48) | id.0
}

fn server_config(setup: &TabsSetup) -> ServerConfig {
    let mut config = if setup.newest {
        ServerConfig::newest()
    } else {
        ServerConfig::release_1_5()
    };
    let path = if setup.newest {
        OTHER_PATH
    } else {
        "/socket.io"
    };
    config.paths = vec![path.to_owned()];
    config.ping_interval_ms = setup.ping_interval;
    config.ping_timeout_ms = setup.ping_timeout;
    config.test_events = true;
    config.wall_clock_ms = START;
    config.request_log = 0;
    config.cors_everywhere = false;
    config
}
