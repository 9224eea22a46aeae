//! WebSockets between pages and server: messages in order, and whatever the plan does to requests done to them.
//!
//! The mock server speaks long-polling. What stands before it here polls it for each WebSocket, at once and without a
//! way between: a message that a page sends is a POST, and each packet of an answer to a poll is a message to the page.

use mock_server::{Delivery, Request as ServerRequest, Response};
use research_socket::http::{Body, Method, Request, RequestId};
use research_socket::research::Input;
use research_socket::websocket::{BROKEN_OFF, Frame, News, Opening};

use crate::network::{Event, odd_numbers};
use crate::plan::{Kind, ODD_PACKETS, Trouble};
use crate::rules::Verdict;
use crate::traffic::path_of;
use crate::world::{World, server_id};

/// Marks the numbers of requests that are made for a WebSocket.
const FOR_SOCKET: u64 = 1 << 47;

/// How long what was sent may wait in the browser, in milliseconds.
const MAX_DRAINING: u64 = 50;

/// How long one message may keep the line of a page that is slow, in milliseconds.
const MAX_SLOW: u64 = 300;

/// How long all messages together may.
pub(crate) const MAX_BEHIND: u64 = 1_500;

/// How soon a browser is asked what waits in it, in milliseconds.
const LOOK_AFTER: u64 = 50;

/// What waits in it then, in bytes: more than is to be sent behind.
const MUCH: u64 = 70_000;

/// How soon a poll is answered by a server that was asked over a WebSocket, in milliseconds: engine.io looks so often.
pub(crate) const NOOP_AFTER: u64 = 100;

/// How long a WebSocket that is swallowed stays open to the page at most, in milliseconds.
const MAX_SWALLOWED: u64 = 1_000;

/// How much later the server notices its end at most, in milliseconds.
const MAX_UNNOTICED: u64 = 1_500;

/// What servers and proxies close WebSockets with.
const CODES: [u16; 9] = [1000, 1001, 1002, BROKEN_OFF, 1008, 1009, 1011, 1012, 4000];

/// One WebSocket on its way through the network.
#[derive(Debug)]
pub(crate) struct Wire {
    /// The server's number of the handshake.
    id: u64,
    page: u8,
    socket: RequestId,
    /// Where the server is, with the query.
    path: String,
    sid: Option<String>,
    /// Whether long-polling has the session still.
    is_beside: bool,
    /// Whether the server has been asked over it, so that it holds back what it has from polls.
    is_probed: bool,
    poll: Option<u64>,
    /// Nothing arrives any more, on neither side.
    hangs: bool,
    /// When the last message arrives, at the server and at the page: none overtakes another.
    up_at: u64,
    down_at: u64,
    /// When the browser will have handed on all that was sent.
    drained_at: u64,
}

impl World<'_> {
    fn wire(&mut self, id: u64) -> Option<&mut Wire> {
        self.wires.iter_mut().find(|wire| wire.id == id)
    }

    pub(crate) fn open_socket(&mut self, index: usize, opening: Opening) {
        let (page, socket) = (index as u8, opening.id);
        let mut at = self.now + self.network.delay();
        if self.plan.setup.no_websockets {
            return self.end_socket(at, page, socket, BROKEN_OFF);
        }
        let mut hangs = false;
        match self.socket_trouble(index, Kind::Handshake) {
            None | Some(Blow::Odd(_)) => {}
            Some(Blow::Hangs) => hangs = true,
            Some(Blow::Late(ms)) => at += ms,
            Some(Blow::Ends(_)) => return self.end_socket(at, page, socket, BROKEN_OFF),
        }
        let id = server_id(index, socket);
        let sid = opening
            .query
            .iter()
            .find(|(name, _)| name == "sid")
            .map(|(_, sid)| sid.clone());
        let is_beside = sid.is_some();
        let query = opening
            .query
            .into_iter()
            .filter(|(name, _)| name != "sid")
            .map(|(name, value)| {
                let value = if name == "transport" {
                    "polling".to_owned()
                } else {
                    value
                };
                (name, value)
            });
        let path = path_of(
            &opening.url.replacen("ws", "http", 1),
            &query.collect::<Vec<_>>(),
        );
        let request = ServerRequest {
            id,
            method: "GET".to_owned(),
            path: path.clone(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        self.wires.push(Wire {
            id,
            page,
            socket,
            path,
            sid,
            is_beside,
            is_probed: false,
            poll: None,
            hangs,
            up_at: at,
            down_at: 0,
            drained_at: 0,
        });
        let event = match is_beside {
            true => Event::Upgrading(id, None),
            false => Event::Arrive(Box::new(request)),
        };
        self.network.at(at, event);
    }

    /// Long-polling has the session until the client says that the WebSocket takes over.
    pub(crate) fn upgrading(&mut self, id: u64, text: Option<&str>) {
        let (number, at) = (self.number_for(id), self.now + self.network.delay());
        let now = self.now;
        // Some proxies let no more than the beginning of a WebSocket through.
        let breaks_off = self.plan.seed % 20 == 3 && text == Some("2probe");
        let broken_at = at + self.network.delay();
        if self.plan.setup.swallows {
            return self.swallow(id);
        }
        let Some(wire) = self.wire(id).filter(|wire| !wire.hangs) else {
            return;
        };
        let (page, socket) = (wire.page, wire.socket);
        let at = wire.down_at.max(at);
        let answer = match text {
            None => Some(News::Opened),
            Some("2probe") => Some(News::Frame(Frame::Text("3probe".to_owned()))),
            Some(_) => None,
        };
        let request = match text {
            None => None,
            // To the mock server this is a reason to end the poll.
            Some("2probe") => {
                wire.is_probed = true;
                Some(wire.request(number, "POST", b"5".to_vec()))
            }
            Some(_) => {
                (wire.is_beside, wire.is_probed, wire.poll) = (false, false, Some(number));
                Some(wire.request(number, "GET", Vec::new()))
            }
        };
        if let Some(news) = answer {
            wire.down_at = at;
            self.network.at(at, Event::Socket { page, socket, news });
        }
        if breaks_off {
            self.network.at(broken_at, Event::BreaksOff(id));
        }
        if let Some(request) = request {
            self.network.at(now, Event::Arrive(Box::new(request)));
        }
    }

    /// The server has a WebSocket of which the page hears nothing until it ends, and notices that later.
    fn swallow(&mut self, id: u64) {
        let (number, now) = (self.number_for(id), self.now);
        let ends_at = now + self.network.between(MAX_SWALLOWED);
        let noticed_at = ends_at + self.network.between(MAX_UNNOTICED);
        let Some(wire) = self.wire(id).filter(|wire| !wire.hangs) else {
            return;
        };
        wire.is_probed = true;
        let (page, socket) = (wire.page, wire.socket);
        let request = wire.request(number, "POST", b"5".to_vec());
        self.network.at(now, Event::Arrive(Box::new(request)));
        self.end_socket(ends_at, page, socket, BROKEN_OFF);
        self.network.at(noticed_at, Event::HungUp(id));
    }

    /// A WebSocket breaks off that has not taken over, which costs nothing.
    pub(crate) fn break_before(&mut self, id: u64) -> Verdict {
        let Some(wire) = self.wire(id).filter(|wire| !wire.hangs) else {
            return Ok(());
        };
        let (page, socket) = (wire.page, wire.socket);
        let found = self.pages.get(usize::from(page)).and_then(Option::as_ref);
        let mut open = found.into_iter().flat_map(|page| &page.rules.open);
        if !open.any(|open| open.id == socket && open.kind == Kind::Handshake) {
            return Ok(());
        }
        self.forget_wire(id);
        let (code, reason) = (BROKEN_OFF, String::new());
        let news = News::Closed { code, reason };
        self.happen(Event::Socket { page, socket, news })
    }

    /// A server that was asked over a WebSocket answers each poll soon; python-engineio, one that has a WebSocket, at once.
    pub(crate) fn end_poll(&mut self, request: &ServerRequest) {
        let is_asked = |wire: &&Wire| {
            let sid = wire.sid.as_deref().unwrap_or_default();
            wire.is_probed && request.path.ends_with(&["&sid=", sid].concat())
        };
        let id = self.wires.iter().find(is_asked).map(|wire| wire.id);
        if let Some(id) = id.filter(|_| request.method == "GET") {
            let after = if self.plan.setup.swallows {
                0
            } else {
                NOOP_AFTER
            };
            let (number, at) = (self.number_for(id), self.now + after);
            if let Some(wire) = self.wire(id) {
                let noop = wire.request(number, "POST", b"5".to_vec());
                self.network.at(at, Event::Arrive(Box::new(noop)));
            }
        }
    }

    fn socket_trouble(&mut self, index: usize, kind: Kind) -> Option<Blow> {
        // Whether somebody is signed in a server sees when a WebSocket is opened, and not again.
        let trouble = match kind {
            Kind::Handshake => self.trouble(kind),
            _ => self.network.trouble(self.now, kind),
        }?;
        if let Some(Some(page)) = self.pages.get(index) {
            self.reached.trouble(page, kind, trouble);
        }
        Blow::of(trouble)
    }

    fn end_socket(&mut self, at: u64, page: u8, socket: RequestId, code: u16) {
        let reason = String::new();
        let news = News::Closed { code, reason };
        self.network.at(at, Event::Socket { page, socket, news });
    }

    /// A page sends a message.
    pub(crate) fn send_frame(&mut self, index: usize, socket: RequestId, frame: &Frame) {
        let id = server_id(index, socket);
        let Frame::Text(text) = frame else {
            return;
        };
        if !self.wires.iter().any(|wire| wire.id == id) {
            return;
        }
        let kind = if text.starts_with("40") {
            Kind::Join
        } else {
            Kind::Post
        };
        let number = self.number_for(id);
        let refusal = self.network.refusal(self.now, kind);
        self.troubles
            .extend(refusal.map(|trouble| (number, trouble)));
        let blow = match refusal {
            Some(_) => None,
            None => self.socket_trouble(index, kind),
        };
        let delay = self.network.delay();
        let drains_in = 1 + self.network.between(MAX_DRAINING);
        let now = self.now;
        let slow_ms = match self.plan.setup.drains_slowly {
            true => 1 + self.network.between(MAX_SLOW),
            false => 0,
        };
        let Some(wire) = self.wire(id) else { return };
        let behind = (wire.drained_at.max(now) + slow_ms).min(now + MAX_BEHIND);
        wire.drained_at = behind.max(wire.drained_at).max(now + drains_in);
        // What waits arrives when the line has taken it.
        let delay = delay
            + if slow_ms > 0 {
                wire.drained_at - now
            } else {
                0
            };
        let drained = Event::Drained(id);
        let (drained_at, mut late) = (wire.drained_at, 0);
        match blow {
            None | Some(Blow::Odd(_)) => {}
            Some(Blow::Hangs) => wire.hangs = true,
            Some(Blow::Late(ms)) => late = ms,
            Some(Blow::Ends(code)) => return self.break_off(id, code),
        }
        let Some(wire) = self.wire(id) else { return };
        let at = wire.up_at.max(now + delay + late);
        wire.up_at = at;
        let request = wire.request(number, "POST", text.clone().into_bytes());
        if !wire.hangs {
            let event = match text.as_str() {
                "2probe" | "5" => Event::Upgrading(id, Some(text.clone())),
                _ => Event::Arrive(Box::new(request)),
            };
            self.network.at(at, event);
        }
        self.network.at(drained_at, drained);
        if slow_ms > 0 {
            self.network.at(now + LOOK_AFTER, Event::Drained(id));
        }
    }

    /// All that a page has sent has left its browser, unless it has sent more; or that is looked at.
    pub(crate) fn drained(&mut self, id: u64) -> Verdict {
        let now = self.now;
        let is_slow = self.plan.setup.drains_slowly;
        let Some(wire) = self.wire(id) else {
            return Ok(());
        };
        let news = match wire.drained_at {
            at if at == now => News::Waiting(0),
            at if at > now && is_slow => News::Waiting(MUCH),
            _ => return Ok(()),
        };
        let (page, socket) = (wire.page, wire.socket);
        self.happen(Event::Socket { page, socket, news })
    }

    /// A page closes its WebSocket, or the browser does.
    pub(crate) fn hang_up(&mut self, index: usize, socket: RequestId) {
        let id = server_id(index, socket);
        let mut at = self.now + self.network.delay();
        if self.plan.setup.swallows {
            at += self.network.between(MAX_UNNOTICED);
        }
        if let Some(wire) = self.wire(id) {
            let at = wire.up_at.max(at);
            self.network.at(at, Event::HungUp(id));
        }
    }

    /// Whether this is a WebSocket of that page.
    pub(crate) fn is_wire(&self, index: usize, socket: RequestId) -> bool {
        let id = server_id(index, socket);
        self.wires.iter().any(|wire| wire.id == id)
    }

    /// Whether this is a WebSocket that the page has open, or opens.
    pub(crate) fn is_open_socket(&self, index: usize, id: RequestId) -> bool {
        let page = self.pages.get(index).and_then(Option::as_ref);
        page.is_some_and(|page| {
            let mut open = page.rules.open.iter();
            open.any(|open| open.id == id && open.is_socket)
        })
    }

    /// The server notices.
    pub(crate) fn hung_up(&mut self, id: u64) {
        if self.wire(id).is_some_and(|wire| !wire.hangs) {
            self.forget_wire(id);
        }
    }

    /// It ends for both sides.
    fn break_off(&mut self, id: u64, code: u16) {
        let delay = self.network.delay();
        let now = self.now;
        let Some(wire) = self.wire(id) else { return };
        let (page, socket, hangs) = (wire.page, wire.socket, wire.hangs);
        let at = wire.down_at.max(now + delay);
        if !hangs {
            self.end_socket(at, page, socket, code);
        }
        self.forget_wire(id);
    }

    /// A server ends the session of a WebSocket that is closed.
    fn forget_wire(&mut self, id: u64) {
        let number = self.number_for(id);
        let Some(place) = self.wires.iter().position(|wire| wire.id == id) else {
            return;
        };
        let wire = self.wires.swap_remove(place);
        if wire.sid.is_some() && !wire.is_beside {
            let request = wire.request(number, "POST", b"1".to_vec());
            self.network.at(self.now, Event::Arrive(Box::new(request)));
        }
    }

    fn number_for(&mut self, id: u64) -> u64 {
        self.wire_requests += 1;
        (id >> 48 << 48) | FOR_SOCKET | self.wire_requests
    }

    /// Whether this is no answer for a page, but one for a WebSocket, which is dealt with.
    pub(crate) fn take_wire_answer(&mut self, response: &Response) -> bool {
        let answered = response.id;
        let found = self
            .wires
            .iter()
            .find(|wire| wire.id == answered || wire.poll == Some(answered));
        let Some(wire) = found else {
            return answered & FOR_SOCKET != 0;
        };
        let id = wire.id;
        match response.delivery {
            Delivery::Whole
                if (200..=299).contains(&response.status) && !response.body.is_empty() => {}
            Delivery::Whole if wire.poll.is_some() => {
                self.break_off(id, 1000);
                return true;
            }
            Delivery::Whole | Delivery::Refuse | Delivery::Cut { .. } => {
                self.break_off(id, BROKEN_OFF);
                return true;
            }
            Delivery::HangInHead | Delivery::HangInBody { .. } => {
                if let Some(wire) = self.wire(id) {
                    wire.hangs = true;
                }
                return true;
            }
        }
        self.pass_down(id, &response.body);
        true
    }

    fn pass_down(&mut self, id: u64, body: &[u8]) {
        let Some(wire) = self.wire(id) else { return };
        let (page, socket) = (wire.page, wire.socket);
        let body = if self.plan.setup.nan {
            odd_numbers(body)
        } else {
            body.to_vec()
        };
        let text = String::from_utf8_lossy(&body).into_owned();
        let mut packets: Vec<&str> = text.split('\u{1e}').collect();
        let blow = match text.starts_with('0') {
            // It was drawn when the WebSocket was opened.
            true => None,
            false => self.socket_trouble(usize::from(page), Kind::Poll),
        };
        let mut at = self.now + self.network.delay();
        match blow {
            None => {}
            Some(Blow::Hangs) => {
                if let Some(wire) = self.wire(id) {
                    wire.hangs = true;
                }
            }
            Some(Blow::Late(ms)) => at += ms,
            Some(Blow::Odd(packet)) => packets.insert(0, packet),
            Some(Blow::Ends(code)) => return self.break_off(id, code),
        }
        let number = self.number_for(id);
        let Some(wire) = self.wire(id) else { return };
        at = wire.down_at.max(at);
        wire.down_at = at;
        let hangs = wire.hangs;
        if let Some(open) = text.strip_prefix('0') {
            let sid = open
                .split("\"sid\":\"")
                .nth(1)
                .and_then(|rest| rest.split('"').next());
            wire.sid = sid.map(str::to_owned);
        }
        let is_over = packets.contains(&"1");
        wire.poll = Some(number);
        let poll = wire.request(number, "GET", Vec::new());
        for packet in packets.into_iter().filter(|_| !hangs) {
            let news = News::Frame(Frame::Text(packet.to_owned()));
            self.network.at(at, Event::Socket { page, socket, news });
        }
        if is_over {
            self.break_off(id, 1000);
        } else {
            self.network.at(self.now, Event::Arrive(Box::new(poll)));
        }
    }

    /// Something of a WebSocket reaches a page that is awake.
    pub(crate) fn reach_by_socket(
        &mut self,
        index: usize,
        socket: RequestId,
        news: News,
    ) -> Verdict {
        let now = self.now;
        let Some(Some(page)) = self.pages.get_mut(index) else {
            return Ok(());
        };
        // What comes of a WebSocket that was closed no browser gives to a page; some may.
        let is_awaited = page.rules.hears_socket(now, socket, &news)?;
        if !is_awaited && !self.races {
            return Ok(());
        }
        self.feed(index, Input::Socket { socket, news })
    }

    /// The browser, or the network of a machine that slept, has ended this WebSocket.
    pub(crate) fn cut_socket(&mut self, index: usize, socket: RequestId, code: u16) -> Event {
        self.hang_up(index, socket);
        let (page, reason) = (index as u8, String::new());
        let news = News::Closed { code, reason };
        Event::Socket { page, socket, news }
    }
}

impl Wire {
    /// Whether it carries this session, of which something is still on its way to the server, or for ever.
    pub(crate) fn delays(&self, sid: &str, now: u64) -> bool {
        (self.hangs || self.up_at > now) && self.sid.as_deref() == Some(sid)
    }

    fn request(&self, id: u64, method: &str, body: Vec<u8>) -> ServerRequest {
        let sid = self.sid.as_deref().unwrap_or_default();
        ServerRequest {
            id,
            method: method.to_owned(),
            path: format!("{}&sid={sid}", self.path),
            headers: Vec::new(),
            body,
        }
    }
}

/// What troubles of requests are to a WebSocket.
enum Blow {
    /// It ends with this code.
    Ends(u16),
    /// Nothing arrives any more.
    Hangs,
    /// What is on its way is so much later.
    Late(u64),
    /// This packet comes first.
    Odd(&'static str),
}

impl Blow {
    fn of(trouble: Trouble) -> Option<Self> {
        Some(match trouble {
            Trouble::AnswerHangs | Trouble::Hangs => Self::Hangs,
            Trouble::AnswerLost
            | Trouble::Cut
            | Trouble::Html
            | Trouble::Lost
            | Trouble::Redirected => Self::Ends(BROKEN_OFF),
            Trouble::Inject(which) => {
                let packet = ODD_PACKETS.get(usize::from(which)).copied();
                Self::Odd(packet.unwrap_or_default())
            }
            Trouble::Late(ms) | Trouble::Slow(ms) => Self::Late(ms.into()),
            Trouble::Nonsense(which) => {
                let code = CODES.get(usize::from(which) % CODES.len()).copied();
                Self::Ends(code.unwrap_or(BROKEN_OFF))
            }
            Trouble::Status(..) => Self::Ends(1011),
            // A WebSocket brings each message once and in order; of refusals the server is told.
            Trouble::Doubled
            | Trouble::NoConnect
            | Trouble::Refused
            | Trouble::Reordered
            | Trouble::Resent
            | Trouble::Twice => return None,
        })
    }
}

/// The handshake that a WebSocket would be by long-polling, for the rules.
pub(crate) fn handshake_of(opening: &Opening) -> Request {
    Request {
        id: opening.id,
        method: Method::Get,
        url: opening.url.clone(),
        query: opening.query.clone(),
        headers: Vec::new(),
        body: None,
        keepalive: false,
        follow: false,
        streams: false,
    }
}

/// The request of a session for whose rules a message counts: the POST that it would be, or with no text the poll.
pub(crate) fn request_of(socket: RequestId, sid: &str, text: Option<&str>) -> Request {
    Request {
        id: socket,
        method: if text.is_some() {
            Method::Post
        } else {
            Method::Get
        },
        url: "http://host/socket.io/".to_owned(),
        query: vec![("sid".to_owned(), sid.to_owned())],
        headers: Vec::new(),
        body: text.map(|text| Body {
            content_type: "",
            text: text.to_owned(),
        }),
        keepalive: false,
        follow: false,
        streams: false,
    }
}
