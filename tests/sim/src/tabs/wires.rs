//! WebSockets of tabs. The mock server speaks long-polling: what stands before it here polls it for each WebSocket, as for those of
//! pages (`crate::websocket`), but that nothing happens to one of them alone.

use mock_server::{Delivery, Request as ServerRequest, Response};
use research_socket::http::RequestId;
use research_socket::websocket::{BROKEN_OFF, Frame, News, Opening};

use super::world::{Due, World, server_id};
use crate::traffic::path_of;
use crate::websocket::NOOP_AFTER;

/// Marks the numbers of requests that are made for a WebSocket.
const FOR_SOCKET: u64 = 1 << 47;

/// How long what was sent waits in the browser, in milliseconds.
const DRAINS_IN: u64 = 2;

/// One WebSocket.
#[derive(Debug)]
pub(super) struct Wire {
    /// The server's number of it.
    id: u64,
    tab: usize,
    socket: RequestId,
    /// Where the server is, with the query.
    path: String,
    sid: Option<String>,
    /// Whether long-polling has the session still.
    is_beside: bool,
    /// Whether the server has been asked over it, so that it answers polls soon.
    is_probed: bool,
    poll: Option<u64>,
    /// When the last message arrives, at the server and at the tab: none overtakes another.
    up_at: u64,
    down_at: u64,
}

/// What reaches the server of a WebSocket.
#[derive(Clone, Debug)]
pub(super) enum Up {
    Ended,
    Opens,
    Says(String),
}

impl Wire {
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

impl World<'_> {
    fn wire(&mut self, id: u64) -> Option<&mut Wire> {
        self.wires.iter_mut().find(|wire| wire.id == id)
    }

    pub(super) fn is_wire(&self, index: usize, socket: RequestId) -> bool {
        let id = server_id(index, socket);
        self.wires.iter().any(|wire| wire.id == id)
    }

    pub(super) fn open_wire(&mut self, index: usize, opening: Opening) {
        let (id, at) = (server_id(index, opening.id), self.now + self.way());
        let is_cut = self
            .tabs
            .get(index)
            .is_some_and(|tab| self.now < tab.cut_until);
        if is_cut {
            return self.close_wire(at, index, opening.id, BROKEN_OFF);
        }
        let mut sid = None;
        let mut query = Vec::new();
        for (name, value) in opening.query {
            match name.as_str() {
                "sid" => sid = Some(value),
                "transport" => query.push((name, "polling".to_owned())),
                _ => query.push((name, value)),
            }
        }
        self.wires.push(Wire {
            id,
            tab: index,
            socket: opening.id,
            path: path_of(&opening.url.replacen("ws", "http", 1), &query),
            is_beside: sid.is_some(),
            sid,
            is_probed: false,
            poll: None,
            up_at: at,
            down_at: 0,
        });
        self.at(at, Due::Wire(id, Up::Opens));
    }

    pub(super) fn send_frame(&mut self, index: usize, socket: RequestId, frame: Frame) {
        let (id, now, way) = (server_id(index, socket), self.now, self.way());
        let Frame::Text(text) = frame else {
            return;
        };
        let Some(wire) = self.wire(id) else {
            return;
        };
        wire.up_at = wire.up_at.max(now + way);
        let at = wire.up_at;
        self.at(at, Due::Wire(id, Up::Says(text)));
        let drained = Due::Socket(index, socket, News::Waiting(0));
        self.at(now + DRAINS_IN, drained);
    }

    /// A tab closes its WebSocket: what it has sent arrives before.
    pub(super) fn hang_up(&mut self, index: usize, socket: RequestId) {
        let (id, now, way) = (server_id(index, socket), self.now, self.way());
        if let Some(wire) = self.wire(id) {
            let at = wire.up_at.max(now + way);
            self.at(at, Due::Wire(id, Up::Ended));
        }
        self.forget_news(index, socket);
    }

    /// Nothing of it is handed to the page any more.
    fn forget_news(&mut self, index: usize, socket: RequestId) {
        self.due.retain(
            |_, due| !matches!(due, Due::Socket(to, of, _) if *to == index && *of == socket),
        );
    }

    /// The network of a tab, or the tab itself, is gone: the server notices soon.
    pub(super) fn cut_wires(&mut self, index: usize) {
        let of_tab = self.wires.iter().filter(|wire| wire.tab == index);
        let cut: Vec<_> = of_tab.map(|wire| (wire.id, wire.socket)).collect();
        for (id, socket) in cut {
            // What was under way is lost.
            self.due
                .retain(|_, due| !matches!(due, Due::Wire(of, _) if *of == id));
            self.forget_news(index, socket);
            self.close_wire(self.now + 1, index, socket, BROKEN_OFF);
            self.at(self.now + 1, Due::Wire(id, Up::Ended));
        }
    }

    fn close_wire(&mut self, at: u64, index: usize, socket: RequestId, code: u16) {
        let reason = String::new();
        let news = News::Closed { code, reason };
        self.at(at, Due::Socket(index, socket, news));
    }

    fn number_for(&mut self, id: u64) -> u64 {
        self.wire_requests += 1;
        (id >> 48 << 48) | FOR_SOCKET | self.wire_requests
    }

    /// Something of a WebSocket reaches the server.
    pub(super) fn wire_up(&mut self, id: u64, up: Up) {
        let (number, now, way) = (self.number_for(id), self.now, self.way());
        let Some(wire) = self.wire(id) else {
            return;
        };
        let down_at = wire.down_at.max(now + way);
        let (tab, socket, is_beside) = (wire.tab, wire.socket, wire.is_beside);
        let mut answer = None;
        let request = match up {
            Up::Ended => return self.forget_wire(id),
            Up::Opens if is_beside => {
                answer = Some(News::Opened);
                None
            }
            Up::Opens => {
                let mut request = wire.request(id, "GET", Vec::new());
                request.path.clone_from(&wire.path);
                Some(request)
            }
            Up::Says(text) if is_beside && text == "2probe" => {
                wire.is_probed = true;
                answer = Some(News::Frame(Frame::Text("3probe".to_owned())));
                // To the mock server this is a reason to end the poll.
                Some(wire.request(number, "POST", b"5".to_vec()))
            }
            Up::Says(text) if is_beside && text == "5" => {
                (wire.is_beside, wire.is_probed, wire.poll) = (false, false, Some(number));
                Some(wire.request(number, "GET", Vec::new()))
            }
            Up::Says(text) => Some(wire.request(number, "POST", text.into_bytes())),
        };
        if let Some(news) = answer {
            wire.down_at = down_at;
            self.at(down_at, Due::Socket(tab, socket, news));
        }
        if let Some(request) = request {
            self.at(now, Due::Arrive(request));
        }
    }

    /// A server that was asked over a WebSocket answers each poll soon.
    pub(super) fn end_poll(&mut self, request: &ServerRequest) {
        let is_asked = |wire: &&Wire| {
            let sid = wire.sid.as_deref().unwrap_or_default();
            wire.is_probed && request.path.ends_with(&["&sid=", sid].concat())
        };
        let id = self.wires.iter().find(is_asked).map(|wire| wire.id);
        if let Some(id) = id.filter(|_| request.method == "GET") {
            let (number, at) = (self.number_for(id), self.now + NOOP_AFTER);
            if let Some(wire) = self.wire(id) {
                let noop = wire.request(number, "POST", b"5".to_vec());
                self.at(at, Due::Arrive(noop));
            }
        }
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
            self.at(self.now, Due::Arrive(request));
        }
    }

    /// It ends for both sides.
    fn break_off(&mut self, id: u64, code: u16) {
        let (now, way) = (self.now, self.way());
        let Some(wire) = self.wire(id) else {
            return;
        };
        let (tab, socket) = (wire.tab, wire.socket);
        let at = wire.down_at.max(now + way);
        self.close_wire(at, tab, socket, code);
        self.forget_wire(id);
    }

    /// Whether this is no answer for a tab, but one for a WebSocket, which is dealt with.
    pub(super) fn take_wire_answer(&mut self, response: &Response) -> bool {
        let answered = response.id;
        let mut wires = self.wires.iter();
        let found = wires.find(|wire| wire.id == answered || wire.poll == Some(answered));
        let Some(wire) = found else {
            return answered & FOR_SOCKET != 0;
        };
        let (id, is_open) = (wire.id, wire.poll.is_some());
        let is_good = (200..=299).contains(&response.status) && !response.body.is_empty();
        match response.delivery {
            Delivery::Whole if is_good => self.pass_down(id, &response.body),
            Delivery::Whole if is_open => self.break_off(id, 1000),
            Delivery::Whole | Delivery::Refuse | Delivery::Cut { .. } => {
                self.break_off(id, BROKEN_OFF);
            }
            Delivery::HangInHead | Delivery::HangInBody { .. } => {}
        }
        true
    }

    fn pass_down(&mut self, id: u64, body: &[u8]) {
        let (number, now, way) = (self.number_for(id), self.now, self.way());
        let Some(wire) = self.wire(id) else {
            return;
        };
        let text = String::from_utf8_lossy(body).into_owned();
        if let Some(open) = text.strip_prefix('0') {
            let sid = open.split("\"sid\":\"").nth(1);
            wire.sid = sid
                .and_then(|rest| rest.split('"').next())
                .map(str::to_owned);
        }
        wire.down_at = wire.down_at.max(now + way);
        wire.poll = Some(number);
        let (tab, socket, at) = (wire.tab, wire.socket, wire.down_at);
        let poll = wire.request(number, "GET", Vec::new());
        let mut is_over = false;
        for packet in text.split('\u{1e}') {
            is_over |= packet == "1";
            let news = News::Frame(Frame::Text(packet.to_owned()));
            self.at(at, Due::Socket(tab, socket, news));
        }
        if is_over {
            self.break_off(id, 1000);
        } else {
            self.at(self.now, Due::Arrive(poll));
        }
    }
}
