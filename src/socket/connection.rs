//! When to connect, and when to stop: one namespace over one session after another.

mod retry;

pub use retry::{
    FIRST_CHANCE_MS, FIRST_PROBE_MS, LAST_CHANCE_MS, MAX_PROBE_MS, PROBE_MS, RETURN_MS,
    STABLE_AFTER_MS, STEADY_AFTER_MS,
};

use super::binary::Reassembler;
use super::leaving::Ended;
use super::link::{Early, Event, Hold, Link, Settings, Status, WebSocket};
use super::outgoing::{self, Emit, EmitError, Outgoing};
use super::packet::{self, Packet};
use crate::engine::{self, Endpoint, Goodbye, Session};
use crate::failure::{Failure, Phase};
use crate::http::{Answer, AskId, Command, Context, Credentials, RequestId};
use crate::json::Raw;
use crate::persistence::{Persistence, Refused};
use crate::queue::Queue;
use crate::random::Random;
use crate::time::{Timestamp, earliest};
use crate::websocket::{News, Transport};

/// So many goodbyes may be under way; older ones are cut short.
const MAX_GOODBYES: usize = 4;

/// So many of the server's events are remembered with their acks; one that is older may be acknowledged twice.
const MAX_ACKNOWLEDGED: usize = 1_024;

/// One namespace of one server, kept through all that happens to sessions and page.
#[derive(Debug)]
pub struct Connection {
    pub(super) settings: Settings,
    pub(super) link: Link,
    /// Why there is no connection.
    pub(super) failure: Option<Failure>,
    /// Counted attempts since a connection was stable.
    pub(super) attempts: u32,
    /// Whether the attempt that is planned or under way is one of them.
    pub(super) counted: bool,
    /// When the server asked to be left alone until.
    pub(super) not_before: Timestamp,
    /// Looks for a server that is down, since there was a sign of life.
    probes: u32,
    /// Whether a stable connection was lost, or another request failed, since the last sign of life: the next
    /// one brings the attempt forward. Only once, else a server that answers everything but the connection
    /// would be asked for that all the time; but for an attempt that has waited for its answer for as long as
    /// there is between two looks.
    unheard: bool,
    /// Whether any connection was: then the next one hurries an attempt that is under way, which costs no other.
    is_lost_anew: bool,
    /// How often a sign of life has brought an attempt forward since a connection was stable, and when last.
    heeded: u32,
    heeded_at: Timestamp,
    /// Connections that fell short, since one was live for long.
    short: u32,
    /// Whether the last one did, until the layer above has heard of it.
    fell_short: bool,
    /// When the last attempt began.
    began: Timestamp,
    /// Whether the attempt under way goes to the other address, since nothing was at the first.
    elsewhere: bool,
    pub(super) websocket: WebSocket,
    /// Whether no WebSocket gets through to the server, as it or another client of the page has found.
    pub(super) stays_polling: bool,
    /// Whether there was a sign of life while the attempt that is under way was.
    pub(super) returned: bool,
    /// Sessions in a row that were unknown to the server, since one was stable.
    unknown_sessions: u32,
    pub(super) persistence: Persistence,
    pub(super) refused: Option<Refused>,
    /// Why, while the page is hidden.
    pub(super) refusal: Option<Failure>,
    /// Whether the attempt carries something of the page's own that can be wrong.
    is_personal: bool,
    pub(super) ever_live: bool,
    pub(super) online: bool,
    /// When the page last said that it may be going.
    pub(super) leaving: Option<Timestamp>,
    /// The page was told of a connection, which is being made anew without its knowledge.
    pub(super) renewing: bool,
    pub(super) seen: bool,
    pub(super) outgoing: Outgoing,
    pub(super) reassembler: Reassembler,
    pub(super) goodbyes: Vec<Goodbye>,
    pub(super) events: Queue<Event>,
}

impl Connection {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            link: Link::Idle,
            failure: None,
            attempts: 0,
            counted: false,
            not_before: Timestamp::default(),
            probes: 0,
            unheard: true,
            is_lost_anew: false,
            heeded: 0,
            heeded_at: Timestamp::default(),
            short: 0,
            fell_short: false,
            began: Timestamp::default(),
            elsewhere: false,
            websocket: WebSocket::Untried,
            stays_polling: false,
            returned: false,
            unknown_sessions: 0,
            persistence: Persistence::default(),
            refused: None,
            refusal: None,
            is_personal: false,
            ever_live: false,
            online: true,
            leaving: None,
            renewing: false,
            seen: true,
            outgoing: Outgoing::default(),
            reassembler: Reassembler::default(),
            goodbyes: Vec::new(),
            events: Queue::new(),
        }
    }

    /// Counts attempts from the start, and makes one at once unless one is under way, or it is live.
    pub(crate) fn connect(&mut self, ctx: &mut Context<'_>) {
        match self.link {
            Link::Holding { .. } | Link::Idle | Link::Waiting { .. } => {
                self.start_anew();
                self.ask(ctx);
            }
            Link::Asking { .. }
            | Link::Going { .. }
            | Link::Joining { .. }
            | Link::Opening { .. } => self.start_anew(),
            Link::Closed | Link::Live { .. } => {}
        }
    }

    pub(super) const fn start_anew(&mut self) {
        self.attempts = 0;
        self.counted = false;
        self.probes = 0;
        self.unknown_sessions = 0;
        self.short = 0;
    }

    /// No WebSocket gets through to the server. An attempt that is under way with one goes on.
    pub(crate) const fn keep_to_polling(&mut self) {
        self.stays_polling = true;
    }

    /// Whether that is known.
    pub(crate) const fn keeps_to_polling(&self) -> bool {
        self.stays_polling
    }

    /// Whether an attempt waits for the page's credentials.
    pub(crate) const fn is_waiting_for_credentials(&self) -> bool {
        matches!(self.link, Link::Asking { .. })
    }

    /// Whether a session is open, and its namespace not granted yet.
    pub(crate) const fn is_joining(&self) -> bool {
        matches!(self.link, Link::Joining { .. })
    }

    /// Whether this is the question that the attempt under way waits for.
    pub(crate) fn is_asking(&self, ask: AskId) -> bool {
        matches!(self.link, Link::Asking { ask: asked, .. } if asked == ask)
    }

    pub(crate) fn handle_credentials(
        &mut self,
        ctx: &mut Context<'_>,
        ask: AskId,
        credentials: Result<Credentials, String>,
    ) {
        if !self.is_asking(ask) {
            // An answer that came too late.
            return;
        }
        if let Some(until) = self.opens_at(ctx.now) {
            self.link = Link::Going { ended: None, until };
            return;
        }
        match credentials {
            Ok(Credentials {
                auth,
                headers,
                query,
            }) => {
                let of_page = [&headers, &query].map(Vec::is_empty) != [true; 2];
                self.is_personal =
                    of_page || auth.is_some() || self.settings.namespace != packet::MAIN_NAMESPACE;
                let endpoint = Endpoint {
                    url: self.settings.url.clone(),
                    query,
                    headers,
                };
                // A sign-in at another origin looks like a network that fails.
                let follow = !matches!(self.failure, Some(Failure::Network(_)));
                let timeout_ms = self.settings.timeout_ms;
                if self.websocket == WebSocket::Untried
                    && self.stays_polling
                    && self.settings.fall_back
                {
                    self.websocket = WebSocket::Useless;
                }
                let transport = match self.websocket {
                    WebSocket::Untried | WebSocket::Works => self.settings.transport,
                    WebSocket::Failed | WebSocket::Useless => Transport::Polling,
                };
                let session = Session::open(ctx, endpoint, transport, timeout_ms, follow);
                self.link = Link::Opening { session, auth };
            }
            Err(words) => self.fail(ctx, Failure::Credentials(words)),
        }
    }

    /// Applies the answer to one of the connection's requests; answers to others do nothing.
    pub(crate) fn handle_answer(&mut self, ctx: &mut Context<'_>, id: RequestId, answer: Answer) {
        // A piece says only that its request is not over.
        if !matches!(answer, Answer::Piece(_)) {
            self.goodbyes.retain_mut(|goodbye| {
                goodbye.handle_answer(ctx, id);
                !goodbye.is_over()
            });
        }
        let Some(answer) = self.hold_back(ctx, id, answer) else {
            return;
        };
        if let Some(session) = self.session() {
            session.handle_answer(ctx, id, answer);
        }
        self.handle_session(ctx);
    }

    /// Applies what is heard of the connection's WebSocket; of others it does nothing.
    pub(crate) fn handle_news(&mut self, ctx: &mut Context<'_>, id: RequestId, news: News) {
        let Some(news) = self.hold_news_back(ctx, id, news) else {
            return;
        };
        if let Some(session) = self.session() {
            session.handle_news(ctx, id, news);
        }
        self.handle_session(ctx);
    }

    /// Applies the passing of time. Early or repeated calls do nothing.
    pub(crate) fn handle_timeout(&mut self, ctx: &mut Context<'_>) {
        self.goodbyes.retain_mut(|goodbye| {
            goodbye.handle_timeout(ctx);
            !goodbye.is_over()
        });
        for emit in self.outgoing.expire(ctx) {
            self.events.push_back(Event::EmitFailed {
                emit,
                error: EmitError::Timeout,
            });
        }
        // What a page that is going finds overdue is nothing to tell it of, and its goodbye is still to be said.
        if self.opens_at(ctx.now).is_none()
            && let Some(session) = self.session()
        {
            session.handle_timeout(ctx);
        }
        self.handle_session(ctx);
        self.put_off(ctx.now);
        match self.link {
            Link::Asking { deadline, .. } if ctx.is_over(deadline) => {
                self.fail(ctx, Failure::Timeout(Phase::Credentials));
            }
            Link::Going { until, .. } if until <= ctx.now => self.stay(ctx),
            Link::Joining { deadline, .. } if ctx.is_over(deadline) => {
                self.fail(ctx, Failure::Timeout(Phase::Connect));
            }
            Link::Waiting { until, .. } if until <= ctx.now => self.attempt_now(ctx),
            Link::Holding {
                hold: Hold::Refused,
                ..
            } if self.refused_until().is_some_and(|until| until <= ctx.now) => {
                self.attempt_now(ctx);
            }
            Link::Holding {
                probe: Some((at, _)),
                ..
            } if at <= ctx.now => self.ask(ctx),
            Link::Asking { .. }
            | Link::Closed
            | Link::Going { .. }
            | Link::Holding { .. }
            | Link::Idle
            | Link::Joining { .. }
            | Link::Live { .. }
            | Link::Opening { .. }
            | Link::Waiting { .. } => {}
        }
    }

    pub(super) fn attempt_now(&mut self, ctx: &mut Context<'_>) {
        if self.counted {
            self.events
                .push_back(Event::ReconnectAttempt(self.attempts));
        }
        self.ask(ctx);
    }

    /// When what the server refuses is tried again.
    pub(super) fn refused_until(&self) -> Option<Timestamp> {
        Some(self.once_stayed(self.persistence.due(self.refused?, self.seen)))
    }

    fn timeout_of(&self, session: &Session) -> Option<Timestamp> {
        session.poll_timeout().map(|due| self.once_stayed(due))
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do next.
    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        let link = match &self.link {
            Link::Asking { deadline, .. } => Some(*deadline),
            Link::Closed | Link::Idle => None,
            Link::Holding {
                hold: Hold::Refused,
                ..
            } => self.refused_until(),
            Link::Holding { probe, .. } => probe.map(|(at, _)| at),
            Link::Joining {
                session, deadline, ..
            } => earliest(Some(*deadline), self.timeout_of(session)),
            Link::Live { session, .. } | Link::Opening { session, .. } => self.timeout_of(session),
            Link::Going { until, .. } | Link::Waiting { until, .. } => Some(*until),
        };
        self.goodbyes
            .iter()
            .map(Goodbye::deadline)
            .fold(earliest(link, self.outgoing.poll_timeout()), |due, at| {
                earliest(due, Some(at))
            })
    }

    /// The next thing that happened.
    pub(crate) fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Whether packets can be sent now.
    pub(crate) const fn is_live(&self) -> bool {
        matches!(self.link, Link::Live { .. })
    }

    /// Whether the page was told so.
    pub(crate) const fn is_connected(&self) -> bool {
        self.is_live() || self.renewing
    }

    /// How many packets were sent over the live connection.
    pub(crate) fn sent(&self) -> u64 {
        self.live().map_or(0, Session::given)
    }

    /// How many of them the server has taken, in their order.
    pub(crate) fn taken(&self) -> u64 {
        self.live().map_or(0, Session::taken)
    }

    pub(super) const fn live(&self) -> Option<&Session> {
        match &self.link {
            Link::Live { session, .. } => Some(session),
            Link::Asking { .. }
            | Link::Closed
            | Link::Going { .. }
            | Link::Holding { .. }
            | Link::Idle
            | Link::Joining { .. }
            | Link::Opening { .. }
            | Link::Waiting { .. } => None,
        }
    }

    pub(crate) fn status(&self) -> Status {
        if self.renewing {
            return Status::Connected;
        }
        let under_way = if !self.online && !matches!(self.link, Link::Idle) {
            Status::Offline
        } else if self.ever_live || self.attempts > 0 || self.refused.is_some() {
            Status::Reconnecting {
                attempt: self.attempt(),
                delay_ms: None,
            }
        } else {
            Status::Connecting
        };
        match &self.link {
            Link::Closed => Status::Closed,
            Link::Holding {
                hold: Hold::Hidden, ..
            } => Status::Hidden,
            Link::Holding {
                hold: Hold::Offline,
                ..
            } => Status::Offline,
            Link::Holding {
                hold: Hold::Refused,
                ..
            } => Status::Reconnecting {
                attempt: self.attempt(),
                delay_ms: Some(self.persistence.wait_ms(self.seen)),
            },
            Link::Holding {
                hold: Hold::UsedUp,
                probe: Some((_, delay_ms)),
            } => Status::Reconnecting {
                attempt: self.attempt(),
                delay_ms: Some(*delay_ms),
            },
            Link::Holding {
                hold: Hold::Stopped | Hold::UsedUp,
                ..
            } => Status::Stopped,
            Link::Live { .. } => Status::Connected,
            Link::Waiting { delay_ms, .. } => Status::Reconnecting {
                attempt: self.attempt(),
                delay_ms: Some(*delay_ms),
            },
            Link::Asking { .. }
            | Link::Going { .. }
            | Link::Idle
            | Link::Joining { .. }
            | Link::Opening { .. } => under_way,
        }
    }

    /// The number of the attempt that was counted last.
    pub(super) fn attempt(&self) -> u32 {
        let max = self.settings.attempts.unwrap_or(u32::MAX);
        self.attempts.min(max)
    }

    /// Why there is no connection; `None` while there is one, or has not been any need for one.
    pub(crate) const fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// Takes an event of the page. It leaves with the next [`flush`](Self::flush) of a live
    /// connection.
    pub(crate) fn emit(&mut self, now: Timestamp, emit: Emit) -> Result<(), EmitError> {
        let max_payload = match &self.link {
            Link::Closed => return Err(EmitError::Closed),
            Link::Live { session, .. } => session.max_payload(),
            Link::Asking { .. }
            | Link::Going { .. }
            | Link::Holding { .. }
            | Link::Idle
            | Link::Joining { .. }
            | Link::Opening { .. }
            | Link::Waiting { .. } => {
                if emit.volatile {
                    return Err(EmitError::NotConnected);
                }
                None
            }
        };
        let Settings {
            namespace,
            max_waiting,
            ..
        } = &self.settings;
        self.outgoing
            .push(now, namespace, emit, max_payload, *max_waiting)
    }

    /// Sends an event ahead of those of the page, if the connection is live.
    pub(crate) fn send_first(&mut self, args: &str) {
        if let Ok(max_payload) = self.limit() {
            let packets = self.encode_event(args, max_payload);
            self.send(packets);
        }
    }

    /// What the server takes at once, in bytes, if the connection is live.
    pub(super) fn limit(&self) -> Result<u64, EmitError> {
        let max_payload = self.live().and_then(Session::max_payload);
        max_payload.ok_or(EmitError::NotConnected)
    }

    /// Sends packets ahead of those of the page, if the connection is live.
    pub(super) fn send(&mut self, packets: Vec<engine::packet::Packet<'static>>) {
        if let Link::Live { session, .. } = &mut self.link {
            for packet in packets {
                session.send(packet);
            }
        }
    }

    /// Answers an event of the server that asked for an ack, if the connection is live and nobody has: tabs that share it
    /// have all heard the event.
    pub(crate) fn acknowledge(
        &mut self,
        id: u64,
        args: &str,
        attachments: Vec<Vec<u8>>,
    ) -> Result<(), EmitError> {
        let max_payload = self.limit()?;
        let packets = self.encode_ack(id, args, attachments, max_payload)?;
        if let Link::Live {
            session,
            acknowledged,
            ..
        } = &mut self.link
            && !acknowledged.contains(&id)
        {
            let queued = session.queued_bytes();
            let bytes: usize = packets.iter().map(engine::queued_len).sum();
            if queued > 0 && queued + bytes > self.settings.max_waiting {
                return Err(EmitError::BufferFull);
            }
            if acknowledged.len() >= MAX_ACKNOWLEDGED {
                acknowledged.remove(0);
            }
            acknowledged.push(id);
            self.send(packets);
        }
        Ok(())
    }

    /// The server said why it ended the last connection: another would end in the same way.
    pub(crate) fn stop(&mut self, now: Timestamp, random: &mut Random, failure: Failure) {
        if let Link::Holding { .. } | Link::Waiting { .. } = self.link {
            self.uncount();
            self.link = self.refuse(now, random);
            self.failure = Some(failure);
        }
    }

    /// Whether the server has refused the last attempt, or the page wants no other.
    pub(crate) const fn is_refused(&self) -> bool {
        matches!(
            self.link,
            Link::Holding {
                hold: Hold::Refused | Hold::Stopped,
                ..
            }
        )
    }

    /// Sends what the session can take now.
    pub(crate) fn flush(&mut self, ctx: &mut Context<'_>) {
        self.hand_over(false);
        if let Some(session) = self.session() {
            session.flush(ctx);
        }
    }

    /// Gives a live session what the page wants to send: as much as leaves with the next POST, or
    /// `all` of it.
    fn hand_over(&mut self, all: bool) {
        let Link::Live { session, .. } = &mut self.link else {
            return;
        };
        let mut refused = Vec::new();
        while all || session.has_room() {
            let Some(max_payload) = session.max_payload() else {
                break;
            };
            let Some(packets) = self.outgoing.pop(max_payload, &mut refused) else {
                break;
            };
            for packet in packets {
                session.send(packet);
            }
        }
        for (emit, error) in refused {
            self.events.push_back(Event::EmitFailed { emit, error });
        }
    }

    /// Ends it for good. What is queued is still sent.
    pub(crate) fn close(&mut self, ctx: &mut Context<'_>) {
        self.hand_over(true);
        let was_live = self.is_connected();
        self.leave(ctx, true);
        self.renewing = false;
        self.link = Link::Closed;
        self.failure = Some(Failure::Closed);
        if was_live {
            self.events.push_back(Event::Disconnected(Failure::Closed));
        }
        for emit in self.outgoing.clear() {
            self.events.push_back(Event::EmitFailed {
                emit,
                error: EmitError::Closed,
            });
        }
    }

    /// Whether nothing is left to do after [`close`](Self::close).
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.link, Link::Closed) && self.goodbyes.is_empty()
    }

    pub(super) fn session(&mut self) -> Option<&mut Session> {
        match &mut self.link {
            Link::Joining { session, .. }
            | Link::Live { session, .. }
            | Link::Opening { session, .. } => Some(session),
            Link::Asking { .. }
            | Link::Closed
            | Link::Going { .. }
            | Link::Holding { .. }
            | Link::Idle
            | Link::Waiting { .. } => None,
        }
    }

    pub(super) fn ask(&mut self, ctx: &mut Context<'_>) {
        // Only an address that a session was opened at takes the place of the first.
        if std::mem::take(&mut self.elsewhere) {
            self.turn();
        }
        if self.websocket == WebSocket::Failed {
            self.websocket = WebSocket::Untried;
        }
        // What waited for attachments is lost with its session, as everything under way is.
        self.reassembler = Reassembler::default();
        self.persistence.retry(ctx.now);
        self.returned = false;
        self.began = ctx.now;
        let ask = AskId(ctx.ids.next());
        ctx.commands.push_back(Command::Ask(ask));
        self.link = Link::Asking {
            ask,
            deadline: ctx.now.after(self.settings.timeout_ms),
        };
    }

    /// Exchanges the two addresses; whether there are two.
    fn turn(&mut self) -> bool {
        let Settings { url, other_url, .. } = &mut self.settings;
        other_url
            .as_mut()
            .map(|other| std::mem::swap(url, other))
            .is_some()
    }

    fn handle_session(&mut self, ctx: &mut Context<'_>) {
        while let Some(event) = self.session().and_then(Session::poll_event) {
            match event {
                engine::Event::Binary(bytes) => self.handle_binary(bytes),
                engine::Event::Closed(failure) => self.fail(ctx, failure),
                engine::Event::Damaged(words) => self.events.push_back(Event::Damaged(words)),
                engine::Event::Message { text, times } => self.handle_message(ctx, text, times),
                engine::Event::NotUpgraded => self.stays_polling = true,
                engine::Event::Opened => self.join(ctx),
                engine::Event::TooLarge { head, words } => self.handle_too_large(&head, words),
            }
        }
    }

    /// Asks for the namespace on the session that has just opened.
    fn join(&mut self, ctx: &mut Context<'_>) {
        let Link::Opening { mut session, auth } = std::mem::replace(&mut self.link, Link::Idle)
        else {
            debug_assert!(false, "only an opening session opens");
            return;
        };
        self.elsewhere = false;
        self.websocket = match self.websocket {
            WebSocket::Failed | WebSocket::Useless => {
                self.stays_polling = true;
                WebSocket::Useless
            }
            WebSocket::Untried | WebSocket::Works => WebSocket::Works,
        };
        let data = auth.as_deref().map(Raw::parse).transpose();
        let connect = data.map_err(|error| error.message()).and_then(|data| {
            let connect = outgoing::message(&Packet::Connect {
                namespace: &self.settings.namespace,
                data,
            });
            outgoing::check_size(std::slice::from_ref(&connect), session.max_payload())
                .map_err(|error| error.message())?;
            Ok(connect)
        });
        match connect {
            Ok(connect) => session.send(connect),
            Err(words) => {
                self.say_goodbye(ctx, session, None);
                self.fail(ctx, Failure::Credentials(words));
                return;
            }
        }
        session.flush(ctx);
        let deadline = ctx.now.after(self.settings.timeout_ms);
        self.link = Link::Joining {
            session,
            since: ctx.now,
            deadline,
            early: Early::default(),
        };
    }

    /// Closes the session, if there is one; `farewell`: with Socket.IO's DISCONNECT too.
    pub(super) fn leave(&mut self, ctx: &mut Context<'_>, farewell: bool) {
        match std::mem::replace(&mut self.link, Link::Idle) {
            Link::Joining { session, .. } | Link::Opening { session, .. } => {
                self.say_goodbye(ctx, session, None);
            }
            Link::Live { session, .. } => {
                let packet = farewell.then(|| self.disconnect_packet());
                self.say_goodbye(ctx, session, packet);
            }
            Link::Going { ended, .. } => {
                let packet = (farewell && self.renewing).then(|| self.disconnect_packet());
                if let Some(remains) = ended.and_then(Ended::remains) {
                    let goodbye = remains.close(ctx, packet);
                    self.keep(ctx, goodbye);
                }
            }
            Link::Asking { .. }
            | Link::Closed
            | Link::Holding { .. }
            | Link::Idle
            | Link::Waiting { .. } => {}
        }
    }

    fn say_goodbye(
        &mut self,
        ctx: &mut Context<'_>,
        session: Session,
        farewell: Option<engine::packet::Packet<'static>>,
    ) {
        if let Some(goodbye) = session.close(ctx, farewell) {
            self.keep(ctx, goodbye);
        }
    }

    pub(super) fn keep(&mut self, ctx: &mut Context<'_>, goodbye: Goodbye) {
        self.goodbyes.push(goodbye);
        while self.goodbyes.len() > MAX_GOODBYES {
            self.goodbyes.remove(0).abort(ctx);
        }
    }

    pub(super) fn connection_lost(&mut self, failure: Failure) {
        self.events.push_back(Event::Disconnected(failure));
        self.lose_emits();
    }

    /// Tells of what was sent over a session that is over, or was to leave with no other.
    pub(super) fn lose_emits(&mut self) {
        for emit in self.outgoing.fail_sent() {
            self.events.push_back(Event::EmitFailed {
                emit,
                error: EmitError::Disconnected,
            });
        }
        for emit in self.outgoing.drop_volatile() {
            self.events.push_back(Event::EmitFailed {
                emit,
                error: EmitError::NotConnected,
            });
        }
    }

    pub(super) fn disconnect_packet(&self) -> engine::packet::Packet<'static> {
        outgoing::message(&Packet::Disconnect {
            namespace: &self.settings.namespace,
        })
    }
}
