//! One Engine.IO session over long-polling: when to GET, when to POST, and when it is dead; or over a
//! WebSocket.

mod websocket;

use super::answer::body_of;
use super::endpoint::Endpoint;
use super::goodbye::Goodbye;
use super::handshake::Handshake;
use super::idle::{self, Idle};
use super::packet::{Packet, PacketError, excerpt};
use super::payload::{self, Decoder, MAX_PACKETS_PER_PAYLOAD};
use super::post::Post;
use super::remains::Remains;
use crate::failure::{Failure, Phase};
use crate::http::{Answer, Beacon, Context, RequestId};
use crate::queue::Queue;
use crate::text::behind;
use crate::time::{Timestamp, earliest};
use crate::websocket::Transport;
use crate::whereabouts;
use websocket::{Socket, Upgrade};

/// A heartbeat that is overdue by more than this, in milliseconds, and by more than a whole silence
/// of the server, was slept through: no page is busy for so long.
const ASLEEP_MS: u64 = 10_000;

/// So many poll answers in a row without one packet that belongs there mean that this is no
/// Engine.IO server: each of them is followed by the next poll at once.
const MAX_BARREN_POLLS: u32 = 4;

/// What a server without `maxPayload` in its handshake takes (python-engineio's and engine.io's
/// default), in bytes.
const DEFAULT_MAX_PAYLOAD: u64 = 1_000_000;

/// What a packet that waits for a POST takes besides its text.
const PACKET_BYTES: usize = 64;

/// How the messages begin whose copies are counted: events of Socket.IO, which change nothing of the connection.
const EVENT: &[u8] = b"42";

/// So much of an answer is kept for the words about it, in bytes.
const MAX_EXCERPT_BYTES: usize = 256;

/// What a packet takes while it waits for a POST, in bytes.
pub(crate) fn queued_len(packet: &Packet<'_>) -> usize {
    packet.encoded_len() + PACKET_BYTES
}

/// What a session tells the layer above.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    /// Bytes that belong to a message before them.
    Binary(Vec<u8>),
    /// The session is over. Nothing comes after it.
    Closed(Failure),
    /// A packet that could not be read, and why. The session goes on.
    Damaged(String),
    /// A message, and how many times it came, each copy right after the other.
    Message { text: String, times: usize },
    /// A packet that was too large to be read: its beginning, and what to say of it. The session
    /// goes on.
    TooLarge { head: Vec<u8>, words: String },
    /// No WebSocket could take the place of long-polling, which works; or it did, and nothing came over it.
    NotUpgraded,
    /// The handshake is done.
    Opened,
}

/// One session, from the handshake on.
///
/// ```text
///             handshake          failure, close packet, no ping
///   Opening ────────────▶ Open ─────────────────────────────────▶ Closed
///      └───────────────── failure, time-out ────────────────────────▲
/// ```
#[derive(Debug)]
pub(crate) struct Session {
    endpoint: Endpoint,
    /// Longest wait for the handshake and for the answer to a POST, in milliseconds.
    timeout_ms: u64,
    state: State,
    events: Queue<Event>,
}

#[derive(Debug)]
enum State {
    Opening {
        get: RequestId,
        /// Whether that is a WebSocket.
        over_socket: bool,
        deadline: Timestamp,
    },
    Open(Box<Open>),
    Closed,
}

#[derive(Debug)]
struct Open {
    handshake: Handshake,
    /// What carries everything in place of polls and POSTs.
    socket: Option<Socket>,
    /// What is to.
    upgrade: Option<Upgrade>,
    /// It could not. That is told once long-polling has gone on: it may have been the network.
    not_upgraded: bool,
    /// The poll that is always in flight; `None` while its last words are read, and before `poll_at`.
    get: Option<RequestId>,
    /// When the next one starts, if it waits.
    poll_at: Option<Timestamp>,
    /// Reads the answers to polls as they arrive.
    decoder: Decoder,
    /// Whether a piece of the answer has come.
    goes_on: bool,
    /// The beginning of an answer that may be the last one without a packet that belongs there.
    head: Vec<u8>,
    post: Option<Post>,
    queue: Queue<Packet<'static>>,
    /// How much it holds, apart from a pong.
    queued_bytes: usize,
    /// How many packets [`Session::send`] was given, how many of them have left with a POST, and how
    /// many the server has taken.
    given: u64,
    posted: u64,
    taken: u64,
    /// The next ping is due by then.
    heartbeat: Timestamp,
    barren_polls: u32,
    idle: Idle,
    /// Whether the answer under way has had no packet that belongs there.
    is_barren: bool,
}

impl Session {
    /// Starts the handshake; `follow`: over redirects.
    pub(crate) fn open(
        ctx: &mut Context<'_>,
        endpoint: Endpoint,
        transport: Transport,
        timeout_ms: u64,
        follow: bool,
    ) -> Self {
        let over_socket = transport == Transport::WebSocket;
        let get = if over_socket {
            endpoint.websocket(ctx, None)
        } else {
            endpoint.get(ctx, None, follow)
        };
        let state = State::Opening {
            get,
            over_socket,
            deadline: ctx.now.after(timeout_ms),
        };
        Self {
            endpoint,
            timeout_ms,
            state,
            events: Queue::new(),
        }
    }

    /// Applies the answer to one of this session's requests; answers to others do nothing.
    pub(crate) fn handle_answer(&mut self, ctx: &mut Context<'_>, id: RequestId, answer: Answer) {
        match &mut self.state {
            State::Open(open) if open.get == Some(id) => match answer {
                Answer::Piece(bytes) => self.handle_piece(ctx, &bytes),
                Answer::Response(_) | Answer::Failed(_) => self.handle_poll(ctx, answer),
            },
            // Of nothing else that is asked.
            _ if matches!(answer, Answer::Piece(_)) => {}
            State::Opening {
                get,
                over_socket: false,
                ..
            } if *get == id => self.handle_handshake(ctx, id, answer),
            State::Open(open) if open.post.is_some_and(|post| post.id == id) => {
                open.post = None;
                match body_of(answer, true) {
                    Ok(body) if is_receipt(&body) => {
                        open.taken = open.posted;
                        self.flush(ctx);
                    }
                    Ok(body) => self.fail(ctx, Failure::NotEngineIo(excerpt(&body)), Some(id)),
                    Err(failure) => self.fail(ctx, failure, Some(id)),
                }
            }
            State::Opening { .. } | State::Open(_) | State::Closed => {}
        }
    }

    /// Applies the passing of time. Early or repeated calls do nothing.
    pub(crate) fn handle_timeout(&mut self, ctx: &mut Context<'_>) {
        let phase = match &mut self.state {
            State::Opening { deadline, .. } if ctx.is_over(*deadline) => Phase::Handshake,
            State::Open(open) if open.was_slept_through(ctx.now) => {
                return self.fail(ctx, Failure::Asleep, None);
            }
            State::Open(open) if open.post.is_some_and(|post| ctx.is_over(post.deadline)) => {
                Phase::Post
            }
            State::Open(open) if ctx.is_over(open.heartbeat) => Phase::Heartbeat,
            State::Open(open)
                if open
                    .upgrade
                    .is_some_and(|upgrade| ctx.is_over(upgrade.deadline)) =>
            {
                return self.upgrade_failed(ctx, None);
            }
            State::Open(open) => {
                if open.poll_at.take_if(|at| ctx.is_over(*at)).is_some() {
                    open.poll(ctx, &self.endpoint);
                }
                return;
            }
            State::Opening { .. } | State::Closed => return,
        };
        self.fail(ctx, Failure::Timeout(phase), None);
    }

    /// There may be no network any more: the answer that is awaited has to come by then. Whether
    /// one is awaited, besides that to the poll.
    pub(crate) fn hurry(&mut self, by: Timestamp) -> bool {
        let deadline = match &mut self.state {
            State::Opening { deadline, .. } => deadline,
            State::Open(open) => match &mut open.post {
                Some(post) => &mut post.deadline,
                // Nothing that is sent over a WebSocket is answered: its next ping has to come.
                None => {
                    let by = by.after(open.handshake.ping_interval_ms);
                    if open.socket.is_some() {
                        open.heartbeat = by.min(open.heartbeat);
                    }
                    return open.socket.is_some();
                }
            },
            State::Closed => return false,
        };
        *deadline = by.min(*deadline);
        true
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do next.
    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        match &self.state {
            State::Opening { deadline, .. } => Some(*deadline),
            State::Open(open) => {
                let post = open.post.map(|post| post.deadline);
                let upgrade = open.upgrade.map(|upgrade| upgrade.deadline);
                let poll = earliest(open.poll_at, Some(open.heartbeat));
                earliest(poll, earliest(post, upgrade))
            }
            State::Closed => None,
        }
    }

    /// The next thing that happened.
    pub(crate) fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The bytes that one packet may have; `None` unless the session is open.
    pub(crate) fn max_payload(&self) -> Option<u64> {
        match &self.state {
            State::Open(open) => Some(open.max_payload()),
            State::Opening { .. } | State::Closed => None,
        }
    }

    /// Whether a packet that is sent now leaves at once or with the next POST, so that nothing
    /// waits here that the layer above could keep for a later session.
    pub(crate) fn has_room(&self) -> bool {
        match &self.state {
            State::Open(open) => match &open.socket {
                Some(socket) => socket.has_room(open.queued_bytes as u64),
                None => {
                    open.post.is_none()
                        && !open.pauses()
                        && open.queue.len() < MAX_PACKETS_PER_PAYLOAD
                }
            },
            State::Opening { .. } | State::Closed => false,
        }
    }

    /// How much waits for a POST, by [`queued_len`]. The layer above bounds it: a server that asks for acks and
    /// takes no POST would have it grow without end.
    pub(crate) const fn queued_bytes(&self) -> usize {
        match &self.state {
            State::Open(open) => open.queued_bytes,
            State::Opening { .. } | State::Closed => 0,
        }
    }

    /// How many packets [`send`](Self::send) was given.
    pub(crate) fn given(&self) -> u64 {
        match &self.state {
            State::Open(open) => open.given,
            State::Opening { .. } | State::Closed => 0,
        }
    }

    /// How many of them the server has taken, in their order.
    pub(crate) fn taken(&self) -> u64 {
        match &self.state {
            State::Open(open) => open.taken,
            State::Opening { .. } | State::Closed => 0,
        }
    }

    /// Queues a packet that fits [`max_payload`](Self::max_payload). Call
    /// [`flush`](Self::flush) after the last one.
    pub(crate) fn send(&mut self, packet: Packet<'static>) {
        if let State::Open(open) = &mut self.state {
            open.queued_bytes += queued_len(&packet);
            open.queue.push_back(packet);
            open.given += 1;
        }
    }

    /// Sends what the WebSocket has room for, or starts a POST if there is something to send and none is in
    /// flight.
    pub(crate) fn flush(&mut self, ctx: &mut Context<'_>) {
        let State::Open(open) = &mut self.state else {
            return;
        };
        open.change_over(ctx);
        if open.socket.is_some() {
            return open.send(ctx, false);
        }
        if open.post.is_some() || open.pauses() {
            return;
        }
        let max_payload = open.max_payload();
        match payload::next_body(&mut open.queue, Some(max_payload)) {
            Ok(Some(body)) => {
                // A pong is ahead of everything: what is left was given.
                open.posted = open.given - open.queue.len() as u64;
                open.queued_bytes = open.queue.iter().map(queued_len).sum();
                let id = self
                    .endpoint
                    .post(ctx, &open.handshake.sid, body.text, false);
                open.post = Some(Post {
                    id,
                    deadline: ctx.now.after(self.timeout_ms),
                });
            }
            Ok(None) => {}
            Err(_) => {
                debug_assert!(false, "send() takes only packets that fit");
                let words = "a packet larger than maxPayload was queued";
                self.fail(ctx, Failure::Internal(words), None);
            }
        }
    }

    /// Ends the session from this side: what is queued, `farewell` and the close packet are still
    /// sent, by what this returns.
    pub(crate) fn close(
        self,
        ctx: &mut Context<'_>,
        farewell: Option<Packet<'static>>,
    ) -> Option<Goodbye> {
        match self.state {
            State::Opening { get, .. } => {
                ctx.abort(get);
                None
            }
            State::Open(mut open) => {
                if let Some(packet) = farewell {
                    open.queue.push_back(packet);
                }
                open.queue.push_back(Packet::Close);
                if let Some(socket) = open.socket {
                    // All of it leaves before the WebSocket closes.
                    open.send(ctx, true);
                    ctx.abort(socket.id);
                    return None;
                }
                if let Some(upgrade) = open.upgrade {
                    ctx.abort(upgrade.id);
                }
                let max_payload = open.max_payload();
                let Open {
                    handshake,
                    get,
                    post,
                    queue,
                    ..
                } = *open;
                Some(Goodbye::new(
                    ctx,
                    self.endpoint,
                    handshake.sid,
                    max_payload,
                    get,
                    post,
                    queue,
                ))
            }
            State::Closed => None,
        }
    }

    /// Ends the session of a page that is going away: nothing can be awaited any more.
    pub(crate) fn abandon(
        self,
        ctx: &mut Context<'_>,
        farewell: Option<Packet<'static>>,
    ) -> Option<Beacon> {
        if let State::Open(open) = &self.state
            && open.socket.is_some()
        {
            self.close(ctx, farewell);
            return None;
        }
        self.abort(ctx, None);
        self.remains()?.abandon(ctx, farewell)
    }

    /// The browser has ended this request since the page may be going: what is left of the session.
    /// `None` for that of a handshake, which nobody knows.
    pub(crate) fn interrupt(self, ctx: &mut Context<'_>, ended: RequestId) -> Option<Remains> {
        self.abort(ctx, Some(ended));
        self.remains()
    }

    fn remains(self) -> Option<Remains> {
        match self.state {
            // With its WebSocket a session is over.
            State::Open(open) if open.socket.is_some() => None,
            State::Open(open) => Some(Remains {
                endpoint: self.endpoint,
                max_payload: open.max_payload(),
                sid: open.handshake.sid,
            }),
            State::Opening { .. } | State::Closed => None,
        }
    }

    /// Whether the answer to this request is awaited, or this is the WebSocket.
    pub(crate) fn awaits(&self, id: RequestId) -> bool {
        match &self.state {
            State::Opening { get, .. } => *get == id,
            State::Open(open) => {
                open.get == Some(id)
                    || open.post.is_some_and(|post| post.id == id)
                    || open.socket.is_some_and(|socket| socket.id == id)
            }
            State::Closed => false,
        }
    }

    fn handle_handshake(&mut self, ctx: &mut Context<'_>, id: RequestId, answer: Answer) {
        let body = match body_of(answer, false) {
            Ok(body) => body,
            Err(failure) => return self.fail(ctx, failure, Some(id)),
        };
        let mut packets = payload::decode(&body);
        let Some(Ok(Packet::Open(handshake))) = packets.next() else {
            let failure = if payload::is_version_3(&body) {
                Failure::OldServer
            } else {
                Failure::NotEngineIo(excerpt(&body))
            };
            return self.fail(ctx, failure, Some(id));
        };
        self.opened(ctx.now, handshake, None);
        for packet in packets {
            self.handle_packet(ctx, packet);
        }
        // A packet may have ended the session.
        if let State::Open(open) = &mut self.state {
            open.poll(ctx, &self.endpoint);
        }
    }

    fn opened(&mut self, now: Timestamp, handshake: Handshake, socket: Option<Socket>) {
        let heartbeat = now.after(silence_ms(&handshake));
        self.state = State::Open(Box::new(Open {
            handshake,
            socket,
            upgrade: None,
            not_upgraded: false,
            get: None,
            poll_at: None,
            decoder: Decoder::default(),
            goes_on: false,
            head: Vec::new(),
            post: None,
            queue: Queue::new(),
            queued_bytes: 0,
            given: 0,
            posted: 0,
            taken: 0,
            heartbeat,
            barren_polls: 0,
            idle: Idle::default(),
            is_barren: true,
        }));
        self.events.push_back(Event::Opened);
    }

    /// A part of a good answer to the poll. Each packet counts as soon as it is complete; the next poll
    /// waits for the end.
    fn handle_piece(&mut self, ctx: &mut Context<'_>, bytes: &[u8]) {
        let State::Open(open) = &mut self.state else {
            return;
        };
        if open.decoder.is_html(bytes) {
            return self.fail(ctx, Failure::LoginPage, None);
        }
        // An answer that goes on may keep the ping behind it for longer than a silence, and so may a
        // page that is too busy to read it.
        let goes_on = std::mem::replace(&mut open.goes_on, true);
        if goes_on && !open.decoder.is_skipping() {
            let heartbeat = ctx.now.after(silence_ms(&open.handshake));
            open.heartbeat = open.heartbeat.max(heartbeat);
        }
        self.read(ctx, bytes, false);
    }

    /// The end of the answer to the poll, or the whole of it.
    fn handle_poll(&mut self, ctx: &mut Context<'_>, answer: Answer) {
        let State::Open(open) = &mut self.state else {
            return;
        };
        open.get = None;
        open.goes_on = false;
        let body = match answer {
            Answer::Response(response) if open.decoder.has_begun() => Ok(response.body),
            Answer::Piece(_) | Answer::Response(_) | Answer::Failed(_) => body_of(answer, true),
        };
        match body {
            // Each answer has a packet. To Firefox, one whose head breaks off is whole, and empty.
            Ok(body) if body.is_empty() && !open.decoder.has_begun() => {
                self.fail(ctx, Failure::CutBody("it is empty".to_owned()), None);
            }
            Ok(body) => {
                if std::mem::take(&mut open.not_upgraded) {
                    self.events.push_back(Event::NotUpgraded);
                }
                self.read(ctx, &body, true);
            }
            Err(failure) => self.fail(ctx, failure, None),
        }
    }

    /// Reads the next part of the answer to the poll.
    fn read(&mut self, ctx: &mut Context<'_>, mut bytes: &[u8], is_last: bool) {
        let State::Open(open) = &mut self.state else {
            return;
        };
        if open.barren_polls + 1 == MAX_BARREN_POLLS {
            let missing = MAX_EXCERPT_BYTES.saturating_sub(open.head.len());
            open.head.extend(bytes.iter().take(missing));
        }
        let mut decoder = std::mem::take(&mut open.decoder);
        loop {
            let begun = decoder.has_part();
            let from = bytes;
            let Some(packet) = decoder.next(&mut bytes) else {
                break;
            };
            let packet_bytes = from.get(..from.len() - bytes.len()).unwrap_or_default();
            let is_event = !begun && packet_bytes.starts_with(EVENT);
            self.handle_packet(ctx, packet);
            if is_event {
                self.count_copies(packet_bytes, &mut bytes);
            }
        }
        if is_last && let Some(packet) = decoder.finish() {
            self.handle_packet(ctx, packet);
        }
        // A packet may have ended the session.
        let State::Open(open) = &mut self.state else {
            return;
        };
        open.decoder = decoder;
        if !is_last {
            return;
        }
        if open.idle.count(ctx.now) {
            // A server that waits for the probe has nothing else to say to a poll.
            if open.upgrade.is_none() {
                return self.fail(ctx, Failure::Protocol(idle::WORDS.to_owned()), None);
            }
            open.give_up_upgrade(ctx, None);
        }
        let head = std::mem::take(&mut open.head);
        open.barren_polls = match std::mem::replace(&mut open.is_barren, true) {
            true => open.barren_polls + 1,
            false => 0,
        };
        if open.barren_polls >= MAX_BARREN_POLLS {
            return self.fail(ctx, Failure::NotEngineIo(excerpt(&head)), None);
        }
        if open.upgrade.is_none() {
            open.poll_at = open.idle.pause(ctx.now);
        }
        if !open.pauses() && open.poll_at.is_none() {
            open.poll(ctx, &self.endpoint);
        }
        self.flush(ctx);
    }

    /// Takes the copies of a packet that follow it, its separator included: servers send what they tell
    /// everybody once more to each subscriber. To look into a packet costs many times what comparing it does.
    fn count_copies(&mut self, packet: &[u8], bytes: &mut &[u8]) {
        if let Some(Event::Message { times, .. }) = self.events.back_mut() {
            while let Some(rest) = behind(bytes, packet) {
                *bytes = rest;
                *times += 1;
            }
        }
    }

    fn handle_packet(
        &mut self,
        ctx: &mut Context<'_>,
        packet: Result<Packet<'_>, payload::Malformed<'_>>,
    ) {
        let State::Open(open) = &mut self.state else {
            return;
        };
        let packet = match packet {
            Ok(packet) => packet,
            Err(malformed) if malformed.error == PacketError::TooLarge => {
                let head = malformed.bytes.iter().take(MAX_EXCERPT_BYTES);
                return self.events.push_back(Event::TooLarge {
                    head: head.copied().collect(),
                    words: malformed.message(),
                });
            }
            Err(malformed) => {
                return self.events.push_back(Event::Damaged(malformed.message()));
            }
        };
        if !matches!(packet, Packet::Open(_) | Packet::Pong(_) | Packet::Upgrade) {
            open.is_barren = false;
        }
        match packet {
            Packet::Binary(_) | Packet::Message(_) => open.idle.heard(),
            Packet::Ping(_) => open.idle.pinged(),
            Packet::Close | Packet::Noop | Packet::Open(_) | Packet::Pong(_) | Packet::Upgrade => {}
        }
        match packet {
            Packet::Binary(bytes) => self.events.push_back(Event::Binary(bytes)),
            Packet::Close => {
                // The answer that brought it may go on.
                for id in open.requests() {
                    ctx.abort(id);
                }
                self.state = State::Closed;
                self.events.push_back(Event::Closed(Failure::ServerClosed));
            }
            Packet::Message(text) => {
                let text = text.into_owned();
                self.events.push_back(Event::Message { text, times: 1 });
            }
            Packet::Noop => {}
            Packet::Ping(text) => {
                open.heartbeat = ctx.now.after(silence_ms(&open.handshake));
                let pong = Packet::Pong(text.into_owned().into());
                if payload::fits(pong.encoded_len(), Some(open.max_payload())) {
                    // Ahead of everything: a server that pings often waits only shortly. One
                    // answers all pings that came before it.
                    if let Some(first) = open.queue.pop_front()
                        && !matches!(first, Packet::Pong(_))
                    {
                        open.queue.push_front(first);
                    }
                    open.queue.push_front(pong);
                } else {
                    let words = "a ping whose answer is larger than the server takes (maxPayload)";
                    self.events.push_back(Event::Damaged(words.to_owned()));
                }
            }
            Packet::Open(_) | Packet::Pong(_) | Packet::Upgrade => {
                let words = "an Engine.IO packet that a server cannot send at this point";
                self.events.push_back(Event::Damaged(words.to_owned()));
            }
        }
    }

    /// Ends the session without a goodbye: after a failed poll its id must not be used again.
    /// `answered` is the request whose answer is the reason.
    fn fail(&mut self, ctx: &mut Context<'_>, failure: Failure, answered: Option<RequestId>) {
        if let State::Closed = self.state {
            return;
        }
        self.abort(ctx, answered);
        if let State::Open(open) = &self.state
            && open.socket.is_some_and(|socket| socket.is_unheard())
        {
            self.events.push_back(Event::NotUpgraded);
        }
        self.state = State::Closed;
        self.events.push_back(Event::Closed(failure));
    }

    /// Gives up all requests but the one that is answered.
    fn abort(&self, ctx: &mut Context<'_>, answered: Option<RequestId>) {
        match &self.state {
            State::Opening { get, .. } if Some(*get) != answered => ctx.abort(*get),
            State::Open(open) => {
                for id in open.requests().filter(|id| Some(*id) != answered) {
                    ctx.abort(id);
                }
            }
            State::Opening { .. } | State::Closed => {}
        }
    }
}

impl Session {
    /// Its state, for whoever counts what is reached.
    pub(crate) const fn whereabouts(&self) -> whereabouts::Session {
        match &self.state {
            State::Opening { .. } => whereabouts::Session::Opening,
            State::Open(open) if open.socket.is_some() => whereabouts::Session::Socket,
            State::Open(open) if open.post.is_some() => whereabouts::Session::Posting,
            State::Open(_) => whereabouts::Session::Polling,
            State::Closed => whereabouts::Session::Over,
        }
    }
}

impl Open {
    /// Starts the next poll.
    fn poll(&mut self, ctx: &mut Context<'_>, endpoint: &Endpoint) {
        self.get = Some(endpoint.get(ctx, Some(&self.handshake.sid), true));
    }

    /// What is in flight.
    fn requests(&self) -> impl Iterator<Item = RequestId> {
        let socket = self.socket.map(|socket| socket.id);
        let post = self.post.map(|post| post.id);
        let upgrade = self.upgrade.map(|upgrade| upgrade.id);
        [self.get, post, socket, upgrade].into_iter().flatten()
    }

    fn max_payload(&self) -> u64 {
        self.handshake.max_payload.unwrap_or(DEFAULT_MAX_PAYLOAD)
    }

    /// Whether so much time has passed at once that the server, which got no pong, has ended the
    /// session for certain. Some look for dead sessions only once in a silence.
    fn was_slept_through(&self, now: Timestamp) -> bool {
        now.since(self.heartbeat) > silence_ms(&self.handshake).max(ASLEEP_MS)
    }
}

/// Protocol: a client that gets no ping within `pingInterval + pingTimeout` takes the connection
/// for dead.
fn silence_ms(handshake: &Handshake) -> u64 {
    let interval_ms = handshake.ping_interval_ms;
    interval_ms.saturating_add(handshake.ping_timeout_ms)
}

/// Whether the server says that it has the packets of a POST: `ok` (Engine.IO v4, "HTTP
/// long-polling"), which python-engineio spells `OK`. Anything else is from something in between,
/// and the packets are lost.
fn is_receipt(body: &[u8]) -> bool {
    body.trim_ascii().eq_ignore_ascii_case(b"ok")
}
