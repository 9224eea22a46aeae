//! A connection that tabs share: this tab's own, or what another one gives of its own.

use super::election::{Action, Election, Lock};
use super::message::{Epoch, Kind, Message};
use super::packets::{self, Upward};
use super::peers::Peers;
use super::{Input, Output, Role, answers};
use crate::engine::packet::Packet as EnginePacket;
use crate::engine::payload::MAX_PACKETS_PER_PAYLOAD;
use crate::failure::Failure;
use crate::http::Context;
use crate::json::{Raw, Text};
use crate::queue::Queue;
use crate::socket::packet::Packet;
use crate::socket::{
    Carrier, Connection, Emit, EmitError, Event, Passed, Question, Status, with_attachments,
};
use crate::time::{Timestamp, earliest};
use crate::whereabouts::Tab;

/// So many messages with emits may be on their way to the leader that the server has not taken: what a leader
/// keeps for each tab has a bound, and the rest waits where it comes from.
const MAX_UNDER_WAY: u64 = 4;

/// How long a link has to hold before the next one is begun at once, in milliseconds: where the channel loses a
/// part of all, each link would lose the next.
const LINK_MS: u64 = 1_000;

/// A batch of events is sent when it has so many bytes, else when the input is done that has brought them.
const BATCH_BYTES: usize = 262_144;

/// The server's word that it refuses a subscription: for the tab that has asked, and no other.
const REFUSAL: &str = "subscribe_error";

/// One connection as one of several tabs sees it. A client [`over`](crate::research::Client::shared) it is a full
/// client, whoever has the connection: a change of leader is what a reconnection is to a client alone.
#[derive(Debug)]
pub struct Shared {
    own: Connection,
    election: Election,
    group: u64,
    /// Of the last input.
    now: Timestamp,
    has_started: bool,
    is_closed: bool,
    /// Whether it takes part again after an absence.
    shares: bool,
    /// What the leader gives; `None` as long as it has no connection, or is this tab.
    link: Option<Link>,
    last_link: u64,
    /// When it began, and before when no other does.
    linked: Timestamp,
    not_before: Timestamp,
    /// When the server was last heard over it.
    heard: Timestamp,
    /// As a leader: which connection it is that the others use, and its id.
    turn: u64,
    sid: String,
    /// Numbered messages to the others.
    number: u64,
    /// Packets for all that wait for the end of an input.
    batch: String,
    peers: Peers,
    /// What the others said of questions.
    passed: Queue<Passed>,
    outputs: Queue<Output>,
}

/// A connection that another tab has.
#[derive(Debug)]
struct Link {
    epoch: Epoch,
    turn: u64,
    id: u64,
    /// The newest numbered message of the leader.
    number: u64,
    /// The newest message to it, and the newest that the server has taken.
    up: u64,
    taken: u64,
    max_payload: u64,
    /// What leaves before any emit.
    first: Vec<EnginePacket<'static>>,
}

impl Link {
    /// The number of the message that takes the last of what waits in front.
    fn sent(&self) -> u64 {
        let messages = self.first.len().div_ceil(MAX_PACKETS_PER_PAYLOAD);
        self.up + messages as u64
    }
}

fn left_by_leader() -> Failure {
    Failure::Network("the tab that holds the connection has left it".to_owned())
}

impl Shared {
    /// One that takes no part before [`connect`](Carrier::connect). `group`: the number of all that may share, and
    /// none for one that never does.
    pub(crate) fn new(own: Connection, group: Option<u64>, seed: u64) -> Self {
        Self {
            own,
            election: match group {
                Some(_) => Election::new(seed),
                None => Election::alone(seed),
            },
            group: group.unwrap_or_default(),
            now: Timestamp::default(),
            has_started: false,
            is_closed: false,
            shares: true,
            link: None,
            last_link: 0,
            linked: Timestamp::default(),
            not_before: Timestamp::default(),
            heard: Timestamp::default(),
            turn: 0,
            sid: String::new(),
            number: 0,
            batch: String::new(),
            peers: Peers::default(),
            passed: Queue::new(),
            outputs: Queue::new(),
        }
    }

    /// What this tab is to the others.
    pub(crate) const fn role(&self) -> Role {
        if self.election.is_leader() {
            Role::Leader
        } else if self.election.is_alone() || self.election.is_away() {
            Role::Alone
        } else {
            Role::Follower
        }
    }

    /// Where this tab stands.
    pub(crate) const fn whereabouts(&self) -> Tab {
        self.election.whereabouts()
    }

    /// When the server was last heard over another tab's connection.
    pub(crate) fn heard(&self) -> Option<Timestamp> {
        self.link.as_ref().map(|_| self.heard)
    }

    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Applies what other tabs and the browser say.
    pub(crate) fn handle_input(&mut self, ctx: &mut Context<'_>, input: Input) {
        self.now = ctx.now;
        if self.is_closed {
            return;
        }
        match input {
            Input::ChannelFailed => self.stand_alone(ctx),
            Input::Leave => {
                self.shares = false;
                self.stand_alone(ctx);
            }
            Input::LockGranted => self.election.lock(ctx.now, Lock::Granted),
            Input::LockLost => self.election.lock(ctx.now, Lock::Lost),
            Input::LockRefused => self.election.lock(ctx.now, Lock::Refused),
            Input::LockUnopposed => self.election.lock(ctx.now, Lock::Unopposed),
            Input::Message(text) => {
                if let Some(message) = Message::decode(self.group, &text) {
                    self.hear(ctx, &message);
                }
            }
        }
        self.act(ctx);
    }

    fn hear(&mut self, ctx: &mut Context<'_>, message: &Message<'_>) {
        let counts = self.election.hear(ctx.now, message);
        self.act(ctx);
        if !counts {
            return;
        }
        if self.election.is_leader() {
            self.serve(message.from, &message.kind);
        } else if self.election.is_follower() && message.from == message.epoch.leader {
            self.heed(ctx, message.epoch, &message.kind);
        }
    }

    /// What the leader says to a follower.
    fn heed(&mut self, ctx: &mut Context<'_>, epoch: Epoch, kind: &Kind<'_>) {
        match *kind {
            Kind::Bye { .. } | Kind::Lead { turn: 0, .. } => self.unlink(),
            Kind::Call => {
                if let Some(link) = &self.link {
                    let (link, number) = (link.id, link.up);
                    self.say(Kind::Here { link, number });
                }
            }
            Kind::Down {
                to,
                number,
                payload,
            } => {
                if self.is_next(number) && (to == 0 || to == self.election.id()) {
                    self.heard = ctx.now;
                    self.own.receive(ctx, payload);
                }
            }
            Kind::Lead {
                turn,
                number,
                max_payload,
                sid,
            } => {
                let is_as_known = |link: &Link| link.turn == turn && link.number == number;
                if self.link.as_ref().is_some_and(is_as_known) {
                    return;
                }
                self.unlink();
                if ctx.now < self.not_before {
                    return;
                }
                self.linked = ctx.now;
                self.last_link += 1;
                self.link = Some(Link {
                    epoch,
                    turn,
                    id: self.last_link,
                    number,
                    up: 0,
                    taken: 0,
                    max_payload,
                    first: Vec::new(),
                });
                self.heard = ctx.now;
                self.own.linked(sid);
                self.say(Kind::Up {
                    link: self.last_link,
                    number: 0,
                    payload: "",
                });
            }
            Kind::Refuse { to, link } => {
                if to == self.election.id() && self.link.as_ref().is_some_and(|l| l.id == link) {
                    self.begin_anew();
                }
            }
            Kind::Taken {
                to,
                number,
                link,
                count,
            } => {
                if self.is_next(number)
                    && to == self.election.id()
                    && let Some(own) = &mut self.link
                    && own.id == link
                {
                    own.taken = count.clamp(own.taken, own.up);
                }
            }
            Kind::Share { number, what, text } => {
                if self.is_next(number)
                    && let Some(passed) = answers::read(number, what, text)
                {
                    self.heard = ctx.now;
                    self.passed.push_back(passed);
                }
            }
            Kind::Ask { .. }
            | Kind::Here { .. }
            | Kind::Run
            | Kind::Up { .. }
            | Kind::Want { .. } => {}
        }
        self.speak();
    }

    /// Whether a numbered message of the leader comes right behind the last one.
    fn is_next(&mut self, number: u64) -> bool {
        match &mut self.link {
            Some(link) if link.number + 1 == number => {
                link.number = number;
                true
            }
            Some(_) => {
                self.begin_anew();
                false
            }
            None => {
                self.election.ask_in_passing(self.now);
                false
            }
        }
    }

    /// Something was lost between the two.
    fn begin_anew(&mut self) {
        if self.now.since(self.linked) < LINK_MS {
            self.not_before = self.now.after(LINK_MS);
        }
        self.unlink();
        self.election.ask(self.now);
    }

    /// What another tab says to the leader.
    fn serve(&mut self, from: u64, kind: &Kind<'_>) {
        match *kind {
            Kind::Ask { link, number } | Kind::Here { link, number } => {
                if !self.peers.is_there(self.now, from, link, number) {
                    self.refuse(from, link);
                }
            }
            Kind::Bye { .. } => self.part(from),
            Kind::Up {
                link,
                number,
                payload,
            } => {
                // Whoever does not know yet that there is no connection hears it.
                if self.own.is_live()
                    && !(self.peers.take(self.now, from, link, number)
                        && self.pass_up(from, payload))
                {
                    self.refuse(from, link);
                }
            }
            Kind::Want {
                question,
                since,
                about,
            } => {
                if let Some(passed) = answers::wanted(question, since, about) {
                    self.passed.push_back(passed);
                }
            }
            Kind::Call
            | Kind::Down { .. }
            | Kind::Lead { .. }
            | Kind::Refuse { .. }
            | Kind::Run
            | Kind::Share { .. }
            | Kind::Taken { .. } => {}
        }
    }

    /// Something of the link is lost: the tab has to begin anew.
    fn refuse(&mut self, to: u64, link: u64) {
        self.peers.drop_links_of(to);
        self.say(Kind::Refuse { to, link });
    }

    /// Sends what a tab gives to the server. False if that cannot be done.
    fn pass_up(&mut self, from: u64, payload: &str) -> bool {
        for mut parcel in packets::unpack(payload) {
            let attachments = std::mem::take(&mut parcel.attachments);
            let Some(packet) = parcel.packet(attachments.len()) else {
                return false;
            };
            let sent = match packet {
                Packet::Event { id, args, .. } => {
                    if !self.peers.want(from, &Upward::of(args)) {
                        continue;
                    }
                    let most = self.own.max_acks_for_others();
                    let emit = id.map(|number| self.peers.owe(from, number, most));
                    match emit {
                        Some(None) => Err(EmitError::BufferFull),
                        Some(emit @ Some(_)) => self.own.send_for(emit, args.as_str(), attachments),
                        None => self.own.send_for(None, args.as_str(), attachments),
                    }
                }
                Packet::Ack { id, args, .. } => {
                    self.own.acknowledge(id, args.as_str(), attachments)
                }
                Packet::Connect { .. }
                | Packet::ConnectError { .. }
                | Packet::Disconnect { .. } => return false,
            };
            if sent.is_err() {
                return false;
            }
        }
        self.peers.mark(from, self.own.sent());
        true
    }

    /// A tab is gone: the server need not tell what only it wanted.
    fn part(&mut self, tab: u64) {
        for id in self.peers.part(tab) {
            self.own.send_first(&packets::unsubscribe(&id));
        }
    }

    /// What the leader's own connection has brought: passes it on, and gives what is for its own page.
    fn pass_down(&mut self, event: Event) -> Option<Event> {
        match event {
            Event::Ack {
                emit,
                args,
                attachments,
            } => match self.peers.pay(emit) {
                Some((tab, number)) => {
                    self.pass_ack(tab, number, &args, attachments);
                    None
                }
                None => Some(Event::Ack {
                    emit,
                    args,
                    attachments,
                }),
            },
            Event::EmitFailed { emit, error } => {
                let is_own = self.peers.pay(emit).is_none();
                is_own.then_some(Event::EmitFailed { emit, error })
            }
            Event::Connected { ref sid, .. } | Event::Renewed { ref sid } => {
                self.send_batch();
                self.turn += 1;
                self.sid.clone_from(sid);
                self.peers.clear();
                self.election.prove(self.now);
                self.election.lead(self.now);
                self.speak();
                Some(event)
            }
            Event::Disconnected(_) | Event::Interrupted => {
                self.send_batch();
                self.peers.clear();
                self.election.lead(self.now);
                self.speak();
                Some(event)
            }
            Event::Message {
                args,
                ack,
                attachments,
                times,
            } => {
                let mut is_own = true;
                for _ in 0..times {
                    is_own = self.pass_message(&args, ack, &attachments);
                }
                is_own.then_some(Event::Message {
                    args,
                    ack,
                    attachments,
                    times,
                })
            }
            Event::TooLarge { .. } => {
                // What it was is a gap for them as well.
                self.send_batch();
                self.turn += 1;
                self.peers.forget_links();
                self.election.lead(self.now);
                self.speak();
                Some(event)
            }
            Event::ConnectError(_)
            | Event::Damaged(_)
            | Event::Lax
            | Event::ReconnectAttempt(_)
            | Event::ReconnectFailed(_) => Some(event),
        }
    }

    fn pass_ack(&mut self, tab: u64, number: u64, args: &str, attachments: Vec<Vec<u8>>) {
        if tab != 0
            && let Ok(packets) = self.own.encode_ack(number, args, attachments, u64::MAX)
        {
            self.pass_to(tab, packets);
        }
    }

    fn pass_to(&mut self, tab: u64, packets: Vec<EnginePacket<'static>>) {
        let mut payload = String::new();
        packets::push(&mut payload, packets);
        self.send_batch();
        self.down(tab, &payload);
    }

    /// Passes an event of the server on. Whether it is for this tab too.
    fn pass_message(&mut self, args: &Text, ack: Option<u64>, attachments: &[Vec<u8>]) -> bool {
        let args = args.raw();
        let mut elements = args.elements();
        let name = elements.next().and_then(Raw::string);
        let refused = (name.as_deref() == Some(REFUSAL))
            .then(|| elements.next()?.get("research_id"))
            .flatten()
            .and_then(|id| self.peers.refused(id.as_str()));
        let id = self.election.id();
        if self.peers.is_empty() || refused == Some(id) {
            return true;
        }
        let Ok(packet) = Packet::event(self.own.namespace(), ack, args, attachments.len()) else {
            return true;
        };
        let packets = with_attachments(&packet, attachments.to_vec());
        match refused {
            Some(tab) => self.pass_to(tab, packets),
            None => {
                packets::push(&mut self.batch, packets);
                if self.batch.len() >= BATCH_BYTES {
                    self.send_batch();
                }
            }
        }
        refused.is_none()
    }

    fn send_batch(&mut self) {
        if !self.batch.is_empty() {
            let batch = std::mem::take(&mut self.batch);
            self.down(0, &batch);
        }
    }

    fn down(&mut self, to: u64, payload: &str) {
        self.number += 1;
        let number = self.number;
        self.say(Kind::Down {
            to,
            number,
            payload,
        });
    }

    /// Says something of a question to all; the number of that message.
    fn share(&mut self, what: u64, text: &str) -> u64 {
        self.send_batch();
        self.number += 1;
        let number = self.number;
        self.say(Kind::Share { number, what, text });
        number
    }

    /// Whether others use the connection of this tab, and it is there.
    fn serves(&self) -> bool {
        self.election.is_leader() && self.own.is_live() && !self.peers.is_empty()
    }

    fn say(&mut self, kind: Kind<'_>) {
        let message = Message {
            from: self.election.id(),
            epoch: self.election.epoch(),
            kind,
        };
        let text = message.encode(self.group);
        self.outputs.push_back(Output::Tell(text));
    }

    fn say_lead(&mut self) {
        let turn = if self.own.is_live() { self.turn } else { 0 };
        let sid = std::mem::take(&mut self.sid);
        self.say(Kind::Lead {
            turn,
            number: self.number,
            max_payload: self.own.max_payload(),
            sid: &sid,
        });
        self.sid = sid;
    }

    /// Does what the election wants, as far as it does not concern the own connection.
    fn speak(&mut self) -> Option<Action> {
        while let Some(action) = self.election.poll_action() {
            let output = match action {
                Action::AskLock => Output::AskLock,
                Action::Close => Output::Close,
                Action::Connect | Action::Rest => return Some(action),
                Action::DropLock => Output::DropLock,
                Action::Lead => {
                    self.send_batch();
                    self.say_lead();
                    continue;
                }
                Action::Open => Output::Open,
                Action::Say(Kind::Ask { .. }) => {
                    let link = self.link.as_ref();
                    let (link, number) = link.map_or((0, 0), |link| (link.id, link.up));
                    self.say(Kind::Ask { link, number });
                    continue;
                }
                Action::Say(kind) => {
                    self.say(kind);
                    continue;
                }
                Action::StealLock => Output::StealLock,
            };
            self.outputs.push_back(output);
        }
        None
    }

    /// Does what the election wants.
    fn act(&mut self, ctx: &mut Context<'_>) {
        let epoch = self.election.epoch();
        if self.link.as_ref().is_some_and(|link| link.epoch != epoch)
            || !self.election.is_follower()
        {
            self.unlink();
        }
        while let Some(action) = self.speak() {
            match action {
                Action::Connect => self.own.connect(ctx),
                Action::Rest => {
                    self.batch.clear();
                    self.peers.clear();
                    self.own.rest(ctx, left_by_leader());
                }
                Action::AskLock
                | Action::Close
                | Action::DropLock
                | Action::Lead
                | Action::Open
                | Action::Say(_)
                | Action::StealLock => {
                    debug_assert!(false, "{action:?} does not concern the connection");
                }
            }
        }
    }

    fn unlink(&mut self) {
        if self.link.take().is_some() {
            self.own.unlinked(left_by_leader());
        }
    }

    /// Takes part again, or for the first time.
    fn begin(&mut self, ctx: &mut Context<'_>) {
        if self.shares {
            self.own.rest(ctx, Failure::PageHidden);
            self.election.start(ctx.now);
        } else {
            self.election.stand_alone();
        }
    }

    fn stand_alone(&mut self, ctx: &mut Context<'_>) {
        if self.has_started && !self.election.is_alone() && !self.election.is_away() {
            self.unlink();
            self.send_batch();
            self.peers.clear();
            self.election.stand_alone();
            self.act(ctx);
        }
    }

    /// Takes no part from now on: says goodbye, to the tabs.
    fn leave(&mut self, ctx: &mut Context<'_>, failure: Failure) {
        if !self.election.is_alone() {
            self.send_batch();
            if self.link.take().is_some() {
                self.own.unlinked(failure);
            }
            self.election.leave(self.peers.liveliest());
            self.peers.clear();
            self.act(ctx);
        }
    }

    /// Sends what waits to the leader.
    fn flush_up(&mut self) {
        loop {
            let Some(link) = &mut self.link else { return };
            let mut packets: Vec<_> = Vec::new();
            while packets.len() < MAX_PACKETS_PER_PAYLOAD && !link.first.is_empty() {
                packets.push(link.first.remove(0));
            }
            let mut bytes: usize = packets.iter().map(EnginePacket::encoded_len).sum();
            let has_room = link.up - link.taken < MAX_UNDER_WAY;
            while has_room
                && packets.len() < MAX_PACKETS_PER_PAYLOAD
                && (bytes as u64) < link.max_payload
                && let Some(emit) = self.own.pop_packets(link.max_payload)
            {
                bytes += emit.iter().map(EnginePacket::encoded_len).sum::<usize>();
                packets.extend(emit);
            }
            if packets.is_empty() {
                return;
            }
            link.up += 1;
            let (id, number) = (link.id, link.up);
            let mut payload = String::new();
            packets::push(&mut payload, packets);
            self.say(Kind::Up {
                link: id,
                number,
                payload: &payload,
            });
        }
    }

    /// Tells tabs what the server has taken of theirs.
    fn tell_taken(&mut self) {
        while let Some((to, link, count)) = self.peers.taken(self.own.taken()) {
            self.send_batch();
            self.number += 1;
            let number = self.number;
            self.say(Kind::Taken {
                to,
                number,
                link,
                count,
            });
        }
    }
}

impl Carrier for Shared {
    fn own(&self) -> &Connection {
        &self.own
    }

    fn own_mut(&mut self) -> &mut Connection {
        &mut self.own
    }

    fn acknowledge(
        &mut self,
        id: u64,
        args: &str,
        attachments: Vec<Vec<u8>>,
    ) -> Result<(), EmitError> {
        let Some(link) = &mut self.link else {
            return self.own.acknowledge(id, args, attachments);
        };
        link.first.extend(
            self.own
                .encode_ack(id, args, attachments, link.max_payload)?,
        );
        Ok(())
    }

    fn announce(&mut self, question: Question, about: &str) -> Option<u64> {
        self.serves()
            .then(|| self.share(answers::begun(question), &answers::about(about)))
    }

    fn close(&mut self, ctx: &mut Context<'_>) {
        self.now = ctx.now;
        self.leave(ctx, Failure::Closed);
        self.own.close(ctx);
        self.is_closed = true;
    }

    fn connect(&mut self, ctx: &mut Context<'_>) {
        self.now = ctx.now;
        if self.is_closed {
            return;
        }
        if self.election.is_away() {
            self.has_started = true;
            self.begin(ctx);
        } else if self.election.is_follower() {
            self.election.ask(ctx.now);
        } else {
            self.own.connect(ctx);
        }
        self.act(ctx);
    }

    fn deny(&mut self, question: Question, about: &str) {
        if self.serves() {
            self.share(answers::denied(question), &answers::about(about));
        }
    }

    fn emit(&mut self, now: Timestamp, emit: Emit) -> Result<(), EmitError> {
        match &self.link {
            Some(link) => self.own.emit_over(now, emit, link.max_payload),
            None => self.own.emit(now, emit),
        }
    }

    fn flush(&mut self, ctx: &mut Context<'_>) {
        self.now = ctx.now;
        self.act(ctx);
        self.flush_up();
        self.own.flush(ctx);
        self.send_batch();
        self.tell_taken();
    }

    fn handle_answer(
        &mut self,
        ctx: &mut Context<'_>,
        id: crate::http::RequestId,
        answer: crate::http::Answer,
    ) {
        self.now = ctx.now;
        self.own.handle_answer(ctx, id, answer);
    }

    fn handle_news(
        &mut self,
        ctx: &mut Context<'_>,
        id: crate::http::RequestId,
        news: crate::websocket::News,
    ) {
        self.now = ctx.now;
        self.own.handle_news(ctx, id, news);
    }

    fn handle_timeout(&mut self, ctx: &mut Context<'_>) {
        self.now = ctx.now;
        self.own.handle_timeout(ctx);
        self.election.handle_timeout(ctx.now, ctx.patient);
        if let Some(gone) = self.peers.handle_timeout(ctx.now) {
            gone.into_iter().for_each(|tab| self.part(tab));
            self.say(Kind::Call);
        }
        self.act(ctx);
    }

    fn hide(&mut self, ctx: &mut Context<'_>) {
        self.now = ctx.now;
        self.leave(ctx, Failure::PageHidden);
        self.own.hide(ctx);
    }

    fn is_connected(&self) -> bool {
        self.link.is_some() || self.own.is_connected()
    }

    fn is_lent(&self) -> bool {
        self.link.is_some()
    }

    fn is_live(&self) -> bool {
        self.link.is_some() || self.own.is_live()
    }

    fn leave_others(&mut self, ctx: &mut Context<'_>) -> bool {
        self.now = ctx.now;
        let is_news = self.election.is_follower();
        if is_news {
            self.stand_alone(ctx);
        }
        is_news
    }

    fn pass(&mut self, body: &str) {
        if self.serves() {
            self.share(answers::CAME, body);
        }
    }

    fn poll_event(&mut self) -> Option<Event> {
        loop {
            let event = self.own.poll_event()?;
            let shares = self.election.is_leader() || self.election.is_proving();
            let is_reply = matches!(event, Event::Ack { .. } | Event::EmitFailed { .. });
            // What another tab awaits can come after this one has stopped sharing.
            if !shares && !is_reply {
                return Some(event);
            }
            if let Some(event) = self.pass_down(event) {
                return Some(event);
            }
        }
    }

    fn poll_passed(&mut self) -> Option<Passed> {
        self.passed.pop_front()
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        let tabs = earliest(self.election.poll_timeout(), self.peers.poll_timeout());
        earliest(self.own.poll_timeout(), tabs)
    }

    fn send_first(&mut self, args: &str) {
        let Some(link) = &mut self.link else {
            let shares = self.election.is_leader() || self.election.is_proving();
            let is_wanted = !shares
                || Raw::parse(args).map_or(true, |args| {
                    self.peers.want(self.election.id(), &Upward::of(args))
                });
            if is_wanted {
                self.own.send_first(args);
            }
            return;
        };
        link.first
            .extend(self.own.encode_event(args, link.max_payload));
    }

    fn sent(&self) -> u64 {
        self.link
            .as_ref()
            .map_or_else(|| self.own.sent(), Link::sent)
    }

    fn status(&self) -> Status {
        if self.link.is_some() {
            Status::Connected
        } else if self.has_started && self.election.is_away() && !self.is_closed {
            Status::Hidden
        } else {
            self.own.status()
        }
    }

    fn taken(&self) -> u64 {
        self.link
            .as_ref()
            .map_or_else(|| self.own.taken(), |link| link.taken)
    }

    fn unsee(&mut self) {
        self.own.unsee();
        self.election.see(self.now, false);
    }

    fn want(&mut self, question: Question, about: &str, since: Option<u64>) -> bool {
        let Some(link) = &self.link else { return false };
        let since = since.unwrap_or(link.number + 1);
        self.say(Kind::Want {
            question: answers::begun(question),
            since,
            about: &answers::about(about),
        });
        true
    }

    fn wake(&mut self, ctx: &mut Context<'_>) {
        self.now = ctx.now;
        if self.is_closed {
            return;
        }
        if self.has_started && self.election.is_away() {
            self.begin(ctx);
        }
        self.own.wake(ctx);
        self.election.see(ctx.now, true);
        self.act(ctx);
    }
}
