//! What must hold after every step, whatever happens: of requests, states and attempts.

use research_socket::config::Config;
use research_socket::failure::{Failure, Phase};
use research_socket::http::{Answer, Command, Method, Request, RequestId, Response};
use research_socket::patience::LAST_LOOK_MS;
use research_socket::research::{Client, Event, Input, StateName};
use research_socket::socket::{LAST_CHANCE_MS, MOMENT_MS, STABLE_AFTER_MS};
use research_socket::websocket::{BROKEN_OFF, Frame, News, Opening};

use crate::flushes::Flushes;
use crate::network::lost;
use crate::plan::Kind;
use crate::refusals::Refusals;
use crate::websocket::{handshake_of, request_of};

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// When, in milliseconds since the start.
    pub at: u64,
    /// What happened that must not.
    pub words: String,
}

/// The verdict on one step; the words say what must not happen.
pub(crate) type Verdict = Result<(), String>;

/// Says `words` unless `holds`.
pub(crate) fn require(holds: bool, words: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(words()) }
}

/// More requests of one client at a time than this have no reason: a GET and a POST, those of four
/// goodbyes, sixteen cancels, one status, one log.
const MAX_IN_FLIGHT: usize = 2 + 8 + 16 + 2;

/// So many bytes may wait in a WebSocket before the next message waits in the client.
const MAX_WAITING: u64 = 65_536;

/// Requests that a client may start in one second of its own accord, besides one for each answer.
const MAX_STARTS_A_SECOND: u32 = 60;

/// Timeouts that a client may ask for in one second.
const MAX_TIMEOUTS_A_SECOND: u32 = 60;

/// In milliseconds.
const MINUTE: u64 = 60_000;

/// Handshakes in a minute that need no reason: attempts without end are made every 2.5 to 5 s.
const MAX_HANDSHAKES: usize = 30;

/// The same besides the attempts, where these have an end: the server is looked for every 7.5 to 15 s, and good answers bring two more forward
/// at once, then one each 15 s.
const MAX_PROBES: usize = 8 + 2 + 4;

/// How long the last words of a session may take, in milliseconds.
const GOODBYE: u64 = 2_000;

/// How long an answer about a research may take, in milliseconds.
const ANSWER: u64 = 10_000;

/// One request without an answer.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    pub(crate) id: RequestId,
    pub(crate) kind: Kind,
    /// Index into [`Rules::sessions`].
    pub(crate) session: Option<usize>,
    request: Request,
    /// Whether it is a WebSocket, which is a handshake until it is open, and then a poll.
    pub(crate) is_socket: bool,
    /// Of a WebSocket that is to take the place of long-polling: whether the server has answered the probe.
    is_proven: bool,
    /// Of one that has: whether nothing has come over it since.
    is_unheard: bool,
    /// How many bytes wait in the browser, as far as the client knows.
    waits: u64,
    /// When it was started, or something of its answer came.
    since: u64,
    /// Whether something has.
    is_answered: bool,
}

#[derive(Debug)]
struct Session {
    sid: String,
    /// Its poll failed, was aborted or timed out.
    is_dead: bool,
}

/// What the rules need to know of one client's past.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    pub(crate) open: Vec<Open>,
    sessions: Vec<Session>,
    last_request: Option<RequestId>,
    timeout: u64,
    max_payload: usize,
    max_attempts: Option<u32>,
    live_since: Option<u64>,
    attempt: u32,
    falls_back: bool,
    /// Whether a page that would use a WebSocket has polled, or was told of another client that has.
    is_without_sockets: bool,
    /// The session whose WebSocket could not take the place of long-polling.
    not_upgraded: Option<usize>,
    /// Whether long-polling has gone on after that, or the page was told of another client whose has.
    stays_polling: bool,
    /// The WebSocket that was sent more than may wait in it: only what is closed then may be.
    overfull: Option<RequestId>,
    /// Whether attempts may count from the start again.
    forgiven: bool,
    pub(crate) closed: bool,
    hidden: bool,
    begun: bool,
    /// The page says so.
    offline: bool,
    /// The page says that there is no network, and nothing has shown the contrary.
    without_network: bool,
    /// What was refused is asked for again, since the page wants it.
    asks_anew: bool,
    /// Until when the page may be going.
    going_until: u64,
    /// No handshake before then: the server asked for that.
    not_before: u64,
    limits: Limits,
    refusals: Refusals,
    flushes: Flushes,
    /// When the first good answer came since the connection was lost, or this was forgotten, to whatever was
    /// asked.
    pub(crate) good_since: Option<u64>,
    /// Whether there was one since a connection was stable, and whether there was before that: then it hurries nothing.
    is_heeded: bool,
    pub(crate) was_heeded: bool,
    /// What was asked for before then says nothing of a server that is back.
    pub(crate) back_at: u64,
    /// Handshakes of the last minute, and what was a reason for some of them: the page's own wish, or a
    /// request that failed.
    handshakes: Vec<u64>,
    max_handshakes: usize,
    reasons: Vec<u64>,
    now: u64,
    second: u64,
    starts: u32,
    timeouts: u32,
}

/// What a plan leaves to the client alone.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits {
    /// Whether nothing in the plan keeps the client from reading the stored log, which has all lines.
    pub(crate) log_is_readable: bool,
    /// Whether nothing in the plan is a reason to lose a connection.
    pub(crate) undisturbed: bool,
    /// Whether timers fire on time.
    pub(crate) punctual: bool,
    /// Whether all pages run all the time but for one sleep that no session dies of.
    pub(crate) one_nap: bool,
    /// How long a poll may be in flight, in milliseconds: until the next ping has to be there.
    pub(crate) silence: u64,
}

impl Rules {
    pub(crate) fn new(config: &Config, max_payload: usize, limits: Limits) -> Self {
        Self {
            limits,
            timeout: config.timeout_ms,
            max_payload,
            max_attempts: config.reconnection_attempts,
            forgiven: true,
            // An attempt can have one at each path.
            max_handshakes: config
                .reconnection_attempts
                .map_or(MAX_HANDSHAKES, |attempts| {
                    MAX_HANDSHAKES.min(attempts as usize + MAX_PROBES)
                })
                << (u8::from(config.either_path) + u8::from(config.fall_back)),
            refusals: Refusals::new(config),
            flushes: Flushes::new(config),
            falls_back: config.fall_back,
            ..Self::default()
        }
    }

    /// Whether the page has asked for a connection.
    pub(crate) const fn has_begun(&self) -> bool {
        self.begun
    }

    /// Whether the stored log can always be read.
    pub(crate) const fn log_is_readable(&self) -> bool {
        self.limits.log_is_readable
    }

    /// Whether what was refused is asked for again since this was asked last.
    pub(crate) fn is_forgiven(&mut self) -> bool {
        std::mem::take(&mut self.asks_anew)
    }

    /// Whether events flow both ways, as far as the page has heard.
    pub(crate) const fn is_live(&self) -> bool {
        self.live_since.is_some()
    }

    /// A navigation has begun. What was overdue then is told with it, and what is asked is not answered any more.
    pub(crate) const fn go(&mut self, now: u64) {
        self.limits.log_is_readable = false;
        if !self.closed {
            self.going_until = now + MOMENT_MS;
        }
    }

    /// Whether a navigation has begun of which it is not clear yet whether the page goes.
    pub(crate) const fn is_going(&self, now: u64) -> bool {
        now < self.going_until
    }

    /// Whether this request belongs to the session that is used.
    pub(crate) fn is_current(&self, id: RequestId) -> bool {
        let newest = self.sessions.len().checked_sub(1);
        let is_it = |open: &Open| open.id == id && open.session == newest;
        newest.is_some() && self.open.iter().any(is_it)
    }

    /// The server has asked to be left alone for so long, by its answer to a handshake.
    pub(crate) fn asked_to_wait(&mut self, ms: u64) {
        self.not_before = self.now + ms;
    }

    /// Whether the session that was used last is so no more.
    pub(crate) fn is_renewing(&self) -> bool {
        self.sessions.last().is_some_and(|session| session.is_dead)
    }

    /// The session that was used last.
    pub(crate) fn sid(&self) -> Option<&str> {
        self.sessions.last().map(|session| session.sid.as_str())
    }

    /// Takes an input before the client does.
    pub(crate) fn input(&mut self, now: u64, input: &Input) -> Verdict {
        self.now = now;
        require(self.overfull.is_none(), || {
            format!(
                "more is sent than may wait in the browser: {:?}",
                self.overfull
            )
        })?;
        if now / 1000 != self.second {
            (self.second, self.starts, self.timeouts) = (now / 1000, 0, 0);
        }
        self.refusals.input(input);
        self.flushes.input(input);
        match input {
            Input::Close => {
                // What the page itself ends it is told of.
                self.going_until = 0;
                self.closed = true;
            }
            Input::Connect | Input::Visible => {
                self.reasons.push(now);
                self.going_until = 0;
                self.begun |= *input == Input::Connect;
                self.forgiven = true;
                self.hidden = false;
                self.asks_anew = true;
                self.not_before = 0;
            }
            Input::NoWebSocket => {
                self.is_without_sockets |= self.falls_back;
                self.stays_polling = true;
            }
            Input::Online(online) => {
                self.reasons.push(now);
                self.offline = !online;
                self.without_network = !online;
                self.forgiven |= *online;
            }
            Input::Subscribe(_) => self.asks_anew = true,
            // Before it has connected, a client does not know yet that it is hidden.
            Input::Hidden => {
                self.going_until = 0;
                self.hidden = self.begun;
                self.limits.punctual = false;
            }
            Input::Timeout => {
                self.timeouts += 1;
                let words = || format!("{} timeouts in one second", self.timeouts);
                return require(self.timeouts <= MAX_TIMEOUTS_A_SECOND, words);
            }
            Input::Answer {
                answer: Answer::Response(_) | Answer::Failed(_),
                ..
            } => self.starts = self.starts.saturating_sub(1),
            _ => {}
        }
        Ok(())
    }

    /// Takes the request off the list that an answer is for; `good` says whether its session may
    /// be used on.
    pub(crate) fn answered(&mut self, id: RequestId, good: bool) -> Option<Open> {
        let place = self.open.iter().position(|open| open.id == id)?;
        let open = self.open.swap_remove(place);
        let is_beside = open.is_socket && open.kind == Kind::Handshake && open.session.is_some();
        if is_beside {
            self.not_upgraded = open.session;
        }
        if open.kind == Kind::Poll && !good {
            self.bury(&open);
        }
        Some(open)
    }

    /// A part of the answer has come; what to, if it is awaited.
    pub(crate) fn progressed(&mut self, now: u64, id: RequestId, bytes: &[u8]) -> Option<Kind> {
        let open = self.open.iter_mut().find(|open| open.id == id)?;
        (open.since, open.is_answered) = (now, true);
        if open.kind == Kind::Poll {
            self.refusals.polled(now, bytes);
        }
        Some(open.kind)
    }

    /// Whether the answer is wanted in pieces.
    pub(crate) fn streams(&self, id: RequestId) -> bool {
        self.open
            .iter()
            .any(|open| open.id == id && open.request.streams)
    }

    fn bury(&mut self, open: &Open) {
        if let Some(session) = open.session.and_then(|index| self.sessions.get_mut(index)) {
            session.is_dead = true;
        }
    }

    /// The answer to a request that was in flight has reached the client.
    pub(crate) fn heard(&mut self, now: u64, open: &Open, answer: &Answer, begin: Option<u8>) {
        let is_good = matches!(answer, Answer::Response(response)
            if (200..=299).contains(&response.status) && begin != Some(b'<'));
        let is_used = self.is_live() && open.session == self.sessions.len().checked_sub(1);
        let goes_on = open.kind == Kind::Poll && open.session == self.not_upgraded;
        self.stays_polling |= is_good && begin.is_some() && goes_on && is_used;
        match open.kind {
            // Those of a session that is used, or over, say nothing of another one.
            Kind::Join | Kind::Poll | Kind::Post => {}
            // Asked for with the connection, it says nothing of whether that hangs.
            _ if self.refusals.is_too_early(open.request.id) => {}
            _ if is_good
                && !self.is_live()
                && open.since >= self.back_at
                && self.good_since.is_none() =>
            {
                self.good_since = Some(now);
                self.was_heeded = std::mem::replace(&mut self.is_heeded, true);
            }
            Kind::Logs | Kind::Status if !is_good => self.reasons.push(now),
            _ => {}
        }
        self.refusals.answered(now, &open.request, answer, begin);
        self.flushes.answered(&open.request, answer);
    }

    /// Takes a command of the client.
    pub(crate) fn command(&mut self, command: &Command, was_closed: bool) -> Verdict {
        match command {
            Command::Abort(id) => {
                if self.overfull == Some(*id) {
                    self.overfull = None;
                }
                let aborted = self.answered(*id, false);
                if let Some(open) = &aborted {
                    self.flushes.aborted(&open.request);
                    self.refusals.aborted(&open.request);
                }
                if aborted
                    .as_ref()
                    .is_some_and(|open| open.is_socket && open.session.is_none())
                {
                    self.refusals.not_opened();
                }
                let is_reason = |open: &Open| matches!(open.kind, Kind::Logs | Kind::Status);
                self.reasons.extend(
                    aborted
                        .as_ref()
                        .filter(|open| is_reason(open))
                        .map(|_| self.now),
                );
                require(aborted.is_some(), || {
                    format!("{id:?} is aborted, but not in flight")
                })
            }
            Command::Ask(ask) => {
                self.flushes.ask();
                require(!was_closed && !self.hidden, || {
                    format!("{ask:?} for credentials of a page that is closed or hidden")
                })
            }
            Command::Beacon(_) => Ok(()),
            Command::Open(opening) if sid_of(&handshake_of(opening)).is_some() => {
                self.open_beside(opening, was_closed)
            }
            Command::Open(opening) => {
                require(!self.is_without_sockets, || {
                    "a WebSocket is tried again where long-polling has worked in its place"
                        .to_owned()
                })?;
                self.start(&handshake_of(opening), was_closed)?;
                if let Some(open) = self.open.last_mut() {
                    open.is_socket = true;
                }
                Ok(())
            }
            Command::Send { socket, frame } => self.send(*socket, frame, was_closed),
            Command::Start(request) => {
                self.is_without_sockets |= self.falls_back && kind_of(request) == Kind::Poll;
                self.start(request, was_closed)
            }
        }
    }

    fn start(&mut self, request: &Request, was_closed: bool) -> Verdict {
        let kind = kind_of(request);
        require(!was_closed || request.keepalive, || {
            format!("a closed client starts {}", words(request))
        })?;
        require(!self.hidden || request.keepalive, || {
            format!("a hidden page starts {}", words(request))
        })?;
        require(self.last_request < Some(request.id), || {
            format!("the number of {} is used twice", words(request))
        })?;
        self.last_request = Some(request.id);
        require(
            kind != Kind::Handshake || self.now >= self.not_before,
            || {
                let early = self.not_before - self.now;
                format!("a handshake {early} ms before the server wants one")
            },
        )?;
        require(kind != Kind::Handshake || !self.is_going(self.now), || {
            "a session is opened while the page is going".to_owned()
        })?;
        if kind == Kind::Handshake {
            let is_new = |at: &u64| self.now - at < MINUTE;
            self.handshakes.retain(is_new);
            self.reasons.retain(is_new);
            self.handshakes.push(self.now);
            let (count, reasons) = (self.handshakes.len(), self.reasons.len());
            require(count <= self.max_handshakes + reasons * 4, || {
                format!("{count} handshakes in a minute, for {reasons} reasons")
            })?;
        }
        self.refusals.start(self.now, request)?;
        self.flushes.start(self.now, request);
        let session = sid_of(request).map(|sid| self.session(sid));
        let lane = |kind| match kind {
            Kind::Join => Kind::Post,
            other => other,
        };
        let rivals = |open: &&Open| lane(open.kind) == lane(kind) && open.session == session;
        let rival = self.open.iter().find(rivals);
        require(rival.is_none() || kind == Kind::Terminate, || {
            format!("{} while one like it is in flight", words(request))
        })?;
        let carries =
            |open: &Open| open.is_socket && open.kind == Kind::Poll && open.session == session;
        require(session.is_none() || !self.open.iter().any(carries), || {
            format!("{} though a WebSocket has taken over", words(request))
        })?;
        if let Some(session) = session.and_then(|index| self.sessions.get(index)) {
            require(!session.is_dead || request.keepalive, || {
                format!("{} after the poll of its session failed", words(request))
            })?;
        }
        if let (Some(body), Kind::Post | Kind::Join) = (&request.body, kind) {
            let packets = body.text.bytes().filter(|byte| *byte == 0x1e).count() + 1;
            let fits = body.text.len() <= self.max_payload;
            require(fits && packets <= 16 && !body.text.is_empty(), || {
                format!(
                    "{packets} packets and {} bytes in one POST",
                    body.text.len()
                )
            })?;
        }
        self.open.push(Open {
            id: request.id,
            kind,
            session,
            request: request.clone(),
            is_socket: false,
            is_proven: false,
            is_unheard: false,
            waits: 0,
            since: self.now,
            is_answered: false,
        });
        require(self.open.len() <= MAX_IN_FLIGHT, || {
            format!("{} requests in flight", self.open.len())
        })?;
        self.starts += 1;
        require(self.starts <= MAX_STARTS_A_SECOND, || {
            format!("{} requests in one second", self.starts)
        })
    }

    /// A WebSocket is opened for a session that polls.
    fn open_beside(&mut self, opening: &Opening, was_closed: bool) -> Verdict {
        let request = handshake_of(opening);
        let session = sid_of(&request).map(|sid| self.session(sid));
        let is_dead = session
            .and_then(|index| self.sessions.get(index))
            .is_none_or(|session| session.is_dead);
        let is_new = self.last_request < Some(opening.id);
        self.last_request = Some(opening.id);
        require(!was_closed && !self.hidden && !is_dead && is_new, || {
            format!("a WebSocket for a session that is over: {opening:?}")
        })?;
        require(!self.stays_polling, || {
            "a WebSocket is tried again that could not take the place of long-polling".to_owned()
        })?;
        self.open.push(Open {
            id: opening.id,
            kind: Kind::Handshake,
            session,
            request,
            is_socket: true,
            is_proven: false,
            is_unheard: false,
            waits: 0,
            since: self.now,
            is_answered: false,
        });
        Ok(())
    }

    /// The WebSocket takes over: what is still under way by long-polling would be lost, or come twice.
    fn take_over(&mut self, socket: RequestId) -> Verdict {
        let found = self.open.iter().position(|open| open.id == socket);
        let session = found.and_then(|place| self.open.get(place)?.session);
        let mut others = self.open.iter().filter(|open| open.id != socket);
        let other = others.find(|open| open.session == session);
        require(other.is_none(), || {
            format!("a WebSocket takes over while {other:?} is under way")
        })?;
        if let Some(open) = found.and_then(|place| self.open.get_mut(place)) {
            require(open.is_proven, || {
                "a WebSocket takes over that the server has not answered over".to_owned()
            })?;
            (open.kind, open.since) = (Kind::Poll, self.now);
            open.is_unheard = true;
            open.waits = 0;
        }
        let sid = session
            .and_then(|index| self.sessions.get(index))
            .map(|session| session.sid.clone());
        self.refusals.start(
            self.now,
            &request_of(socket, &sid.unwrap_or_default(), None),
        )
    }

    /// A message is sent.
    fn send(&mut self, socket: RequestId, frame: &Frame, was_closed: bool) -> Verdict {
        let open = self
            .open
            .iter()
            .find(|open| open.id == socket && open.is_socket);
        let session = open.and_then(|open| self.sessions.get(open.session?));
        let Some(Session {
            sid,
            is_dead: false,
        }) = session
        else {
            return Err(format!("{frame:?} over a WebSocket that is not open"));
        };
        let Frame::Text(text) = frame else {
            return Err(format!("nobody sends {frame:?}"));
        };
        require(!was_closed, || format!("a closed client sends {text}"))?;
        if open.is_some_and(|open| open.kind == Kind::Handshake) {
            return match text.as_str() {
                "2probe" => Ok(()),
                "5" => self.take_over(socket),
                _ => Err(format!("{text} before the WebSocket has taken over")),
            };
        }
        require(text.len() <= self.max_payload, || {
            format!("{} bytes in one message", text.len())
        })?;
        let request = request_of(socket, sid, Some(text));
        self.refusals.start(self.now, &request)?;
        self.flushes.start(self.now, &request);
        let mut open = self.open.iter_mut().filter(|open| open.id == socket);
        if let Some(open) = open.next() {
            if open.waits >= MAX_WAITING {
                self.overfull = Some(socket);
            }
            open.waits += text.len() as u64;
        }
        Ok(())
    }

    /// Something of a WebSocket reaches the client. Whether it is awaited.
    pub(crate) fn hears_socket(
        &mut self,
        now: u64,
        socket: RequestId,
        news: &News,
    ) -> Result<bool, String> {
        let Some(place) = self.open.iter().position(|open| open.id == socket) else {
            return Ok(false);
        };
        let kind = self.open.get(place).map(|open| open.kind);
        let is_beside = self
            .open
            .get(place)
            .is_some_and(|open| open.session.is_some());
        match news {
            News::Closed { code, .. } => {
                let open = self.answered(socket, false);
                // With the others a browser may have ended it.
                let is_ended = !matches!(*code, 1001 | BROKEN_OFF);
                self.stays_polling |= is_ended && open.as_ref().is_some_and(|open| open.is_unheard);
                if let Some(open) = open
                    && open.kind == Kind::Handshake
                    && open.session.is_none()
                {
                    self.heard(now, &open, &lost(), None);
                    self.refusals.not_opened();
                }
            }
            News::Frame(frame) if kind == Some(Kind::Handshake) && is_beside => {
                if let Some(open) = self.open.get_mut(place) {
                    open.is_proven |= *frame == Frame::Text("3probe".to_owned());
                }
            }
            News::Frame(Frame::Text(text)) if kind == Some(Kind::Handshake) => {
                let sid = text
                    .split("\"sid\":\"")
                    .nth(1)
                    .and_then(|rest| rest.split('"').next());
                let Some(sid) = sid.filter(|_| text.starts_with('0')) else {
                    return Ok(true);
                };
                let session = self.session(sid);
                if let Some(open) = self.open.get(place).cloned() {
                    let answer = Answer::Response(Response {
                        status: 200,
                        ..Response::default()
                    });
                    self.heard(now, &open, &answer, Some(b'0'));
                }
                self.refusals.start(now, &request_of(socket, sid, None))?;
                if let Some(open) = self.open.get_mut(place) {
                    (open.kind, open.session, open.since) = (Kind::Poll, Some(session), now);
                }
            }
            News::Frame(Frame::Text(text)) => {
                if let Some(open) = self.open.get_mut(place) {
                    open.is_unheard = false;
                }
                self.progressed(now, socket, text.as_bytes());
                self.progressed(now, socket, b"\x1e");
            }
            News::Waiting(bytes) => {
                if let Some(open) = self.open.get_mut(place) {
                    open.waits = *bytes;
                }
            }
            News::Frame(Frame::Binary(_)) | News::Opened | News::TooLarge { .. } => {}
        }
        Ok(true)
    }

    fn session(&mut self, sid: &str) -> usize {
        let known = self.sessions.iter().rposition(|session| session.sid == sid);
        known.unwrap_or_else(|| {
            // A session that is renewed without the page's knowledge shows that there is a network.
            self.without_network &= self.live_since.is_none();
            self.sessions.push(Session {
                sid: sid.to_owned(),
                is_dead: false,
            });
            self.sessions.len() - 1
        })
    }

    /// Takes any event for the page.
    pub(crate) fn told(&mut self, event: &Event) {
        self.refusals.event(event);
        self.flushes.event(self.now, event);
    }

    /// Takes an event for the page that is about the connection.
    pub(crate) fn event(&mut self, now: u64, event: &Event) -> Verdict {
        // What the page itself is asked for may be overdue, and the browser says what it wants.
        let is_own = matches!(
            event,
            Event::ConnectError(Failure::Timeout(Phase::Credentials))
                | Event::Disconnect(Failure::Timeout(Phase::Credentials))
        );
        self.going_until = if is_own { 0 } else { self.going_until };
        let is_told = matches!(
            event,
            Event::Connect { .. }
                | Event::ConnectError(_)
                | Event::Disconnect(_)
                | Event::Reconnect(_)
                | Event::ReconnectAttempt(_)
                | Event::ReconnectFailed(_)
        );
        require(!is_told || !self.is_going(now), || {
            format!("told while the page is going: {event:?}")
        })?;
        match event {
            Event::Connect { .. } => {
                // A connection that is open is over a network.
                self.without_network = false;
                let was = self.live_since.replace(now);
                require(was.is_none(), || "connected twice".to_owned())
            }
            // As is one that took the place of another without the page's knowledge.
            Event::Renewed { .. } => {
                self.without_network = false;
                Ok(())
            }
            Event::ConnectError(failure) => {
                self.refusals.connection_failed(now, failure);
                require(!self.limits.undisturbed, || {
                    format!("no connection without a reason: {failure:?}")
                })
            }
            Event::Disconnect(failure) => {
                self.refusals.disconnected();
                self.refusals.connection_failed(now, failure);
                if *failure == Failure::Outlived {
                    self.refusals.renewed(now)?;
                }
                let is_wanted = matches!(failure, Failure::Closed | Failure::PageHidden);
                let without_reason = self.limits.undisturbed && !is_wanted;
                require(!without_reason, || {
                    format!("a connection lost without a reason: {failure:?}")
                })?;
                self.good_since = None;
                let since = self.live_since.take();
                if since.is_some_and(|since| now - since >= STABLE_AFTER_MS) {
                    self.forgiven = true;
                    self.is_heeded = false;
                }
                require(since.is_some(), || "disconnected twice".to_owned())
            }
            Event::ReconnectAttempt(attempt) => {
                let within = self.max_attempts.is_none_or(|max| *attempt <= max);
                // One that is overtaken by a probe has its number, but the page does not hear of it.
                // One that fails while there is no network was none.
                let again = self.offline && *attempt == self.attempt;
                let follows = *attempt > self.attempt || again || self.forgiven;
                let before = std::mem::replace(&mut self.attempt, *attempt);
                self.forgiven = false;
                require(!self.without_network, || {
                    format!("attempt {attempt} is counted without a network")
                })?;
                require(within && follows, || {
                    format!(
                        "attempt {attempt} after {before}, of {:?}",
                        self.max_attempts
                    )
                })
            }
            _ => Ok(()),
        }
    }

    /// How long a request may be in flight, in milliseconds, if timers fire on time.
    fn longest(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Handshake | Kind::Terminate => self.timeout,
            Kind::Poll => self.limits.silence + GOODBYE,
            Kind::Post | Kind::Join => self.timeout + GOODBYE,
            Kind::Status | Kind::Logs => ANSWER,
        }
    }

    /// Looks at the client after all outputs of an input.
    pub(crate) fn check(&mut self, now: u64, client: &Client, timeout: Option<u64>) -> Verdict {
        let asks = |open: &Open| matches!(open.kind, Kind::Status | Kind::Logs);
        let is_free = self.is_live() && !self.open.iter().any(asks);
        self.flushes
            .check(now, client, is_free && self.limits.punctual)?;
        if let Some(due) = timeout {
            require(due > now, || {
                format!("due at {due}, {} ms ago: a busy loop", now - due)
            })?;
        }
        if self.limits.punctual {
            // A silence that is noticed late, since its question had to wait, gives all a last look.
            let is_late = |open: &&Open| now - open.since > self.longest(open.kind) + LAST_LOOK_MS;
            let late = self.open.iter().find(is_late);
            require(late.is_none(), || format!("given up too late: {late:?}"))?;
            let live_since = self.live_since;
            let outlives = |open: &&Open| {
                let began = live_since.filter(|began| open.since < *began);
                began.is_some_and(|began| {
                    now > began.max(open.since + LAST_CHANCE_MS) + LAST_LOOK_MS
                })
            };
            let is_awaited = |open: &&Open| asks(open) && !open.is_answered;
            let outliving = self.open.iter().filter(is_awaited).find(outlives);
            require(outliving.is_none(), || {
                format!("holds up what this connection asks for: {outliving:?}")
            })?;
        }
        let state = client.state().name;
        let live = client.is_connected();
        require((state == StateName::Connected) == live, || {
            format!("{state:?}, but connected: {live}")
        })?;
        require(self.live_since.is_some() == live, || {
            format!("connected: {live}, but the page heard otherwise")
        })?;
        let is_open = self.open.iter().any(|open| open.is_socket);
        require(!is_open || !(self.hidden || self.closed), || {
            "a WebSocket of a page that is closed or hidden".to_owned()
        })?;
        if self.closed {
            require(state == StateName::Closed, || {
                format!("{state:?} after close")
            })?;
        }
        if client.is_over() {
            require(self.open.is_empty(), || {
                format!("left behind: {:?}", self.open)
            })?;
            require(timeout.is_none() && client.poll_timeout().is_none(), || {
                "a closed client waits for something".to_owned()
            })?;
        }
        Ok(())
    }
}

/// What a request is for.
pub(crate) fn kind_of(request: &Request) -> Kind {
    if request.url.ends_with("/socket.io/") {
        return match (sid_of(request), request.method, &request.body) {
            (None, ..) => Kind::Handshake,
            (Some(_), Method::Get, _) => Kind::Poll,
            (Some(_), Method::Post, Some(body)) if body.text.starts_with("40") => Kind::Join,
            (Some(_), Method::Post, _) => Kind::Post,
        };
    }
    if request.method == Method::Post {
        Kind::Terminate
    } else if request.url.ends_with("/status") {
        Kind::Status
    } else {
        Kind::Logs
    }
}

pub(crate) fn sid_of(request: &Request) -> Option<&str> {
    let last = request.query.last().filter(|(name, _)| name == "sid");
    last.map(|(_, sid)| sid.as_str())
}

fn words(request: &Request) -> String {
    let body = request.body.as_ref().map_or("", |body| body.text.as_str());
    let sid = sid_of(request).unwrap_or_default();
    format!("{:?} {} {sid} {body:?}", kind_of(request), request.url)
}
