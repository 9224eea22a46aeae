//! Requests on their way to the server, and its answers on their way back.

use mock_server::{
    Action, Delivery, Fault, Input as ServerInput, Output, Request as ServerRequest, Response,
};
use research_socket::http::{Answer, Beacon, Request, RequestId, Response as ClientResponse};

use crate::network::{Event, cut, instead, lost, odd_numbers, spoil};
use crate::plan::{Kind, MAX_IN_PIECES, Seems, Trouble};
use crate::rules::kind_of;
use crate::world::{World, server_id};

/// Marks the second copy of a request that reaches the server twice.
const COPY: u64 = 1 << 63;

/// Bits of a server's number that are the client's.
const CLIENT_BITS: u64 = (1 << 48) - 1;

impl World<'_> {
    pub(crate) fn start(&mut self, index: usize, request: Request) {
        let kind = kind_of(&request);
        let id = server_id(index, request.id);
        let mut delay = self.network.delay();
        let trouble = self.trouble(kind);
        if let Some(trouble) = trouble {
            if let Some(Some(page)) = self.pages.get(index) {
                self.reached.trouble(page, kind, trouble);
            }
            let trouble = match trouble {
                Trouble::Redirected if request.follows_redirects() => Trouble::Html,
                trouble => trouble,
            };
            if let Some(answer) = instead(trouble) {
                let page = index as u8;
                let request = request.id;
                let at = self.now + delay;
                self.answer(at, page, request, answer, None);
                return;
            }
            match trouble {
                Trouble::Hangs => return,
                Trouble::Late(ms) => delay += u64::from(ms),
                _ => self.troubles.push((id, trouble)),
            }
        }
        let at = self.now + delay;
        let arriving = server_request(id, request);
        if trouble == Some(Trouble::Resent) && arriving.method == "POST" {
            let mut copy = arriving.clone();
            copy.id |= COPY;
            self.network.at(at, Event::Arrive(Box::new(copy)));
        }
        self.network.at(at, Event::Arrive(Box::new(arriving)));
    }

    pub(crate) fn trouble(&mut self, kind: Kind) -> Option<Trouble> {
        let is_socket = match kind {
            Kind::Handshake | Kind::Poll | Kind::Post | Kind::Join => true,
            Kind::Status | Kind::Logs | Kind::Terminate => false,
        };
        let trouble = self.network.trouble(self.now, kind);
        if trouble.is_none() && !self.signed_in && (!is_socket || self.plan.setup.guarded) {
            return Some(Trouble::Status(401, None));
        }
        trouble
    }

    pub(crate) fn beacon(&mut self, beacon: Beacon) {
        let path = path_of(&beacon.url, &beacon.query);
        let request = ServerRequest {
            id: COPY | self.steps,
            method: "POST".to_owned(),
            path,
            headers: Vec::new(),
            body: beacon.text.into_bytes(),
        };
        let at = self.now + self.network.delay();
        match self.network.trouble(self.now, Kind::Post) {
            Some(Trouble::Lost | Trouble::Hangs) => {}
            Some(_) | None => self.network.at(at, Event::Arrive(Box::new(request))),
        }
    }

    /// Applies the faults of the server itself to a request that reaches it.
    pub(crate) fn arm(&mut self, input: &ServerInput) {
        let ServerInput::Request(request) = input else {
            return;
        };
        let found = self.troubles.iter().position(|(id, trouble)| {
            *id == request.id && matches!(trouble, Trouble::Refused | Trouble::NoConnect)
        });
        let Some((_, trouble)) = found.map(|place| self.troubles.swap_remove(place)) else {
            return;
        };
        let action = match trouble {
            Trouble::Refused => Action::connect_error("not you"),
            _ => Action::NoConnectAnswer,
        };
        self.server
            .break_next(Fault::next(mock_server::Kind::Connect, action));
    }

    /// Sends off what the server answers. Call it whenever the server was told something.
    pub(crate) fn send_answers(&mut self) {
        self.server_due = self.server.poll_timeout();
        while let Some(Output::Respond(response)) = self.server.poll_output() {
            let id = response.id;
            let trouble = self
                .troubles
                .iter()
                .position(|(other, _)| *other == id)
                .map(|place| self.troubles.swap_remove(place).1);
            if id & COPY != 0 || self.take_wire_answer(&response) {
                continue;
            }
            self.send_answer(id, response, trouble);
        }
    }

    fn send_answer(&mut self, id: u64, response: Response, trouble: Option<Trouble>) {
        let page = (id >> 48) as u8 - 1;
        let request = RequestId(id & CLIENT_BITS);
        let mut at = self.now + self.network.delay();
        let mut twice = false;
        let mut trouble_within = None;
        let answer = match response.delivery {
            Delivery::Refuse => lost(),
            Delivery::HangInHead | Delivery::HangInBody { .. } => return,
            Delivery::Cut { .. } => cut(),
            Delivery::Whole => {
                let mut body = response.body;
                match trouble {
                    Some(Trouble::AnswerHangs) => return,
                    Some(Trouble::AnswerLost) => {
                        self.answer(at, page, request, lost(), None);
                        return;
                    }
                    Some(Trouble::Cut) if self.looks_whole(response.status) => {
                        let kept = match self.plan.setup.seems {
                            Seems::Whole => self.network.cut_between_packets(&body),
                            Seems::Broken | Seems::Empty => Vec::new(),
                        };
                        self.lost_refusal |= refusals(&kept) < refusals(&body);
                        self.is_deaf |= disconnects(&kept) < disconnects(&body);
                        body = kept;
                    }
                    Some(Trouble::Cut) if self.plan.setup.pieces => trouble_within = trouble,
                    Some(Trouble::Cut) => {
                        self.answer(at, page, request, cut(), None);
                        return;
                    }
                    Some(Trouble::Slow(_)) if self.plan.setup.pieces => trouble_within = trouble,
                    Some(Trouble::Slow(ms)) => at += u64::from(ms),
                    Some(Trouble::Twice) => twice = true,
                    Some(trouble) => body = spoil(&mut self.network, trouble, body),
                    None => {}
                }
                if self.plan.setup.nan {
                    body = odd_numbers(&body);
                }
                Answer::Response(ClientResponse {
                    status: response.status,
                    retry_after_ms: None,
                    body,
                })
            }
        };
        let again = twice.then(|| (self.network.jitter(), answer.clone()));
        // A copy in pieces would be mixed with what it is a copy of.
        if let Some((jitter, copy)) = again.clone().filter(|_| !self.plan.setup.pieces) {
            self.send(at + jitter, page, request, copy);
        }
        let end = self.answer(at, page, request, answer, trouble_within);
        if let Some((jitter, copy)) = again.filter(|_| self.plan.setup.pieces) {
            self.send(end + jitter, page, request, copy);
        }
    }

    /// Whether an answer with this status looks whole that breaks off.
    fn looks_whole(&self, status: u16) -> bool {
        self.plan.setup.seems != Seems::Broken && (200..=299).contains(&status)
    }

    /// Sends an answer off, perhaps in pieces, with what happens to it on the way; when it is complete.
    fn answer(
        &mut self,
        mut at: u64,
        page: u8,
        request: RequestId,
        answer: Answer,
        trouble: Option<Trouble>,
    ) -> u64 {
        let there = self.pages.get(usize::from(page)).and_then(Option::as_ref);
        let streams = there.is_some_and(|page| page.rules.streams(request));
        let is_cut = trouble == Some(Trouble::Cut);
        let late = match trouble {
            Some(Trouble::Slow(ms)) => u64::from(ms),
            _ => 0,
        };
        let answer = match answer {
            Answer::Response(mut response)
                if self.plan.setup.pieces && streams && (200..=299).contains(&response.status) =>
            {
                let (pieces, rest) = self.network.cut(response.body);
                let slow = self.network.between(pieces.len() as u64 + 1) as usize;
                for (place, piece) in pieces.into_iter().enumerate() {
                    if place == slow {
                        at += late;
                    }
                    at += self.network.between(MAX_IN_PIECES / 4);
                    self.send(at, page, request, Answer::Piece(piece));
                    if place + 1 == slow && is_cut {
                        break;
                    }
                }
                response.body = rest;
                Answer::Response(response)
            }
            answer => {
                at += late;
                answer
            }
        };
        self.send(at, page, request, if is_cut { cut() } else { answer });
        at
    }

    fn send(&mut self, at: u64, page: u8, request: RequestId, answer: Answer) {
        self.network.at(
            at,
            Event::Answer {
                page,
                request,
                answer,
            },
        );
    }
}

pub(crate) fn server_request(id: u64, request: Request) -> ServerRequest {
    ServerRequest {
        id,
        method: request.method.as_str().to_owned(),
        path: path_of(&request.url, &request.query),
        headers: request.headers,
        body: request
            .body
            .map(|body| body.text.into_bytes())
            .unwrap_or_default(),
    }
}

/// What comes after the host, with the query. Nothing that the simulation sends needs escaping.
pub(crate) fn path_of(url: &str, query: &[(String, String)]) -> String {
    let route = url.strip_prefix("http://host").unwrap_or(url);
    let mut path = String::with_capacity(route.len() + 100);
    path.push_str(route);
    for (place, (name, value)) in query.iter().enumerate() {
        path.push(if place == 0 { '?' } else { '&' });
        path.push_str(name);
        path.push('=');
        path.push_str(value);
    }
    path
}

/// How many packets tell a page that something of it is refused or over.
fn refusals(body: &[u8]) -> usize {
    let text = String::from_utf8_lossy(body);
    let packets = text.split('\u{1e}');
    let refused = packets.filter(|packet| packet.contains("subscribe_error"));
    disconnects(body) + refused.count()
}

fn disconnects(body: &[u8]) -> usize {
    let text = String::from_utf8_lossy(body);
    text.split('\u{1e}')
        .filter(|packet| *packet == "41")
        .count()
}
