//! What lies between pages and server: time, loss, and whatever the plan does to requests.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use mock_server::Request as ServerRequest;
use research_socket::http::{Answer, AskId, RequestError, RequestId, Response};
use research_socket::websocket::News;

use crate::entropy::Dice;
use crate::plan::{Kind, ODD_BODIES, ODD_PACKETS, OddBody, Setup, Trouble};

/// So many packets come at once in a flood of them.
const MANY_PACKETS: usize = 1_000;

/// Something on its way.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A request reaches the server.
    Arrive(Box<ServerRequest>),
    /// An answer reaches the page.
    Answer {
        page: u8,
        request: RequestId,
        answer: Answer,
    },
    /// Something of a WebSocket reaches the page.
    Socket {
        page: u8,
        socket: RequestId,
        news: News,
    },
    /// What was sent over this WebSocket may have left its browser.
    Drained(u64),
    /// The server has a WebSocket that is to take the place of long-polling, or a message over it before that.
    Upgrading(u64, Option<String>),
    /// This WebSocket breaks off if it has not taken the place of long-polling.
    BreaksOff(u64),
    /// The server notices that this WebSocket is closed.
    HungUp(u64),
    /// The page's own function answers.
    Credentials { page: u8, ask: AskId, throws: bool },
    /// The page that began to go has gone.
    Gone(u8),
    /// The server notices that a client has given a request up.
    GivenUp(u64),
    /// A page wakes up.
    Wake(u8),
}

/// An event with its time. Of events at the same time the older comes first.
#[derive(Debug)]
struct Due {
    at: u64,
    number: u64,
    event: Event,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

/// What is on its way, and what will go wrong with it.
#[derive(Debug)]
pub(crate) struct Network {
    due: BinaryHeap<Reverse<Due>>,
    number: u64,
    dice: Dice,
    /// Where answers are cut: its own, so that everything else stays as it is without pieces.
    cuts: Dice,
    latency: u64,
    jitter: u64,
    next: Vec<(Kind, Trouble)>,
    every: Vec<(Kind, Trouble, u64)>,
    /// Until when there is no network, and whether requests hang.
    offline: Option<(u64, bool)>,
}

impl Network {
    pub(crate) fn new(setup: &Setup, seed: u64) -> Self {
        Self {
            due: BinaryHeap::new(),
            number: 0,
            dice: Dice::new(seed),
            cuts: Dice::new(!seed),
            latency: u64::from(setup.latency),
            jitter: u64::from(setup.jitter),
            next: Vec::new(),
            every: Vec::new(),
            offline: None,
        }
    }

    /// When the next thing arrives.
    pub(crate) fn due(&self) -> Option<u64> {
        self.due.peek().map(|Reverse(due)| due.at)
    }

    /// What arrives first.
    pub(crate) fn pop(&mut self) -> Option<Event> {
        self.due.pop().map(|Reverse(due)| due.event)
    }

    pub(crate) fn at(&mut self, at: u64, event: Event) {
        self.number += 1;
        let number = self.number;
        self.due.push(Reverse(Due { at, number, event }));
    }

    /// How long something is on its way now.
    pub(crate) fn delay(&mut self) -> u64 {
        match self.jitter {
            0 => self.latency,
            jitter => self.latency + self.dice.below(jitter),
        }
    }

    /// How much later the second of two equal answers comes.
    pub(crate) fn jitter(&mut self) -> u64 {
        self.dice.below(self.jitter)
    }

    /// Cuts a body into what comes in pieces, and the rest.
    pub(crate) fn cut(&mut self, mut body: Vec<u8>) -> (Vec<Vec<u8>>, Vec<u8>) {
        let mut pieces = Vec::new();
        for _ in 0..self.cuts.below(5) {
            let at = self.cuts.below(body.len() as u64 + 1) as usize;
            let rest = body.split_off(at);
            pieces.push(std::mem::replace(&mut body, rest));
        }
        (pieces, body)
    }

    /// Cuts a body off between two packets: all of it, or what comes behind some.
    pub(crate) fn cut_between_packets(&mut self, body: &[u8]) -> Vec<u8> {
        let separator = 0x1e;
        let packets: Vec<&[u8]> = body.split(|byte| *byte == separator).collect();
        let kept = self.cuts.below(packets.len() as u64) as usize;
        packets.get(..kept).unwrap_or_default().join(&separator)
    }

    /// Draws whether something happens between two pieces, or a time below `most`.
    pub(crate) fn between(&mut self, most: u64) -> u64 {
        self.cuts.below(most)
    }

    pub(crate) fn break_next(&mut self, kind: Kind, trouble: Trouble) {
        self.next.push((kind, trouble));
    }

    pub(crate) fn break_every(&mut self, kind: Kind, trouble: Trouble, until: u64) {
        self.every.push((kind, trouble, until));
    }

    pub(crate) fn go_offline(&mut self, until: u64, hang: bool) {
        self.offline = Some((until, hang));
    }

    /// Nothing goes wrong any more. What hangs goes on hanging.
    pub(crate) fn heal(&mut self) {
        self.next.clear();
        self.every.clear();
        self.offline = None;
    }

    /// What happens to a request that starts now.
    pub(crate) fn trouble(&mut self, now: u64, kind: Kind) -> Option<Trouble> {
        if let Some((until, hang)) = self.offline {
            if now < until {
                return Some(if hang { Trouble::Hangs } else { Trouble::Lost });
            }
            self.offline = None;
        }
        let meets = |other: Kind| other == kind || (other == Kind::Post && kind == Kind::Join);
        if let Some(place) = self.next.iter().position(|(kind, _)| meets(*kind)) {
            return Some(self.next.remove(place).1);
        }
        self.every.retain(|(_, _, until)| now < *until);
        let every = self.every.iter().find(|(kind, ..)| meets(*kind));
        every.map(|(_, trouble, _)| *trouble)
    }

    /// Whether the server itself is to refuse the CONNECT that is sent now, or to say nothing to it.
    pub(crate) fn refusal(&mut self, now: u64, kind: Kind) -> Option<Trouble> {
        let refuses = |trouble| matches!(trouble, Trouble::NoConnect | Trouble::Refused);
        let is_such = |other: Kind, trouble| other == kind && refuses(trouble);
        let next = self.next.iter().find(|(kind, _)| *kind == Kind::Join);
        let every = self.every.iter().find(|(kind, ..)| *kind == Kind::Join);
        let is_next = next.is_some_and(|(kind, trouble)| is_such(*kind, *trouble));
        let is_every = every.is_some_and(|(kind, trouble, _)| is_such(*kind, *trouble));
        if is_next || (next.is_none() && is_every) {
            return self.trouble(now, kind).filter(|trouble| refuses(*trouble));
        }
        None
    }

    /// Shuffles in place.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.dice.below(last as u64 + 1) as usize;
            items.swap(last, other);
        }
    }
}

/// What a page gets instead of the server's answer; `None` if the request is served.
pub(crate) fn instead(trouble: Trouble) -> Option<Answer> {
    let page = |status, retry_after_ms, body: &[u8]| {
        Some(Answer::Response(Response {
            status,
            retry_after_ms,
            body: body.to_vec(),
        }))
    };
    match trouble {
        Trouble::Html => page(200, None, b"<!doctype html><h1>Sign in</h1>"),
        Trouble::Lost => Some(lost()),
        Trouble::Redirected => Some(Answer::Failed(RequestError::Redirected)),
        Trouble::Nonsense(which) => {
            let body = ODD_BODIES.get(usize::from(which)).copied();
            match body.unwrap_or(OddBody::Bytes(b"")) {
                OddBody::Bytes(bytes) => page(200, None, bytes),
                OddBody::Packets => {
                    let body = b"6\x1e".repeat(MANY_PACKETS);
                    page(200, None, &body)
                }
                OddBody::Rejection(bytes) => page(400, None, bytes),
                OddBody::Endless => Some(Answer::Failed(RequestError::TooLarge)),
            }
        }
        Trouble::Status(code, seconds) => {
            let body: &[u8] = match code {
                502..=504 => b"<html><h1>Bad Gateway</h1></html>",
                204 => b"",
                _ => b"{\"error\":\"no\"}",
            };
            page(
                code,
                seconds.map(|seconds| u64::from(seconds) * 1_000),
                body,
            )
        }
        Trouble::AnswerHangs
        | Trouble::AnswerLost
        | Trouble::Cut
        | Trouble::Doubled
        | Trouble::Hangs
        | Trouble::Inject(_)
        | Trouble::Late(_)
        | Trouble::NoConnect
        | Trouble::Refused
        | Trouble::Reordered
        | Trouble::Resent
        | Trouble::Slow(_)
        | Trouble::Twice => None,
    }
}

pub(crate) fn lost() -> Answer {
    Answer::Failed(RequestError::Network("Failed to fetch".to_owned()))
}

pub(crate) fn cut() -> Answer {
    Answer::Failed(RequestError::Body("network error".to_owned()))
}

/// The body of a poll's answer after what happened to its packets.
pub(crate) fn spoil(network: &mut Network, trouble: Trouble, body: Vec<u8>) -> Vec<u8> {
    let separator = 0x1e;
    let mut packets: Vec<&[u8]> = body.split(|byte| *byte == separator).collect();
    match trouble {
        Trouble::Doubled => packets = packets.iter().flat_map(|packet| [*packet; 2]).collect(),
        Trouble::Reordered => network.shuffle(&mut packets),
        Trouble::Inject(which) => {
            let packet = ODD_PACKETS.get(usize::from(which)).copied();
            packets.insert(0, packet.unwrap_or_default().as_bytes());
        }
        _ => return body,
    }
    packets.join(&separator)
}

/// The body with one more member in each object but those of the handshake, and those that a client may
/// know by what they lack: a number that JSON does not have, as Python writes it.
pub(crate) fn odd_numbers(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(2 * body.len());
    let mut words = ["NaN", "Infinity", "-Infinity"].iter().cycle();
    for (place, packet) in body.split(|byte| *byte == 0x1e).enumerate() {
        if place > 0 {
            out.push(0x1e);
        }
        let is_handshake = packet.starts_with(b"0") || packet.starts_with(b"40");
        let mut in_string = false;
        let mut escaped = false;
        for (at, byte) in packet.iter().enumerate() {
            out.push(*byte);
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = !in_string,
                b'{' if !in_string && !is_handshake => {
                    let inside = packet.get(at + 1..).unwrap_or_default();
                    let is_bare = inside.starts_with(b"}") || inside.starts_with(b"\"log_entry\"");
                    if let Some(word) = words.next().filter(|_| !is_bare) {
                        out.extend(b"\"score\":");
                        out.extend(word.as_bytes());
                        out.push(b',');
                    }
                }
                _ => {}
            }
        }
    }
    out
}
