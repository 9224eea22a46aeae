//! The whole client: bytes become a page, a peer and a network that do anything in any order. What
//! must hold after each input is checked by the world; the rest here.

use research_socket::http::{Answer, Credentials, RequestError, RequestId, Response};
use research_socket::research::{CancelId, Input, ResearchId};
use research_socket::socket::{Acked, Emit};
use research_socket::websocket::{Frame, News, Transport};
use research_socket::whereabouts::Session;

use crate::words::{self, Kind};
use crate::world::{World, emit};

/// A poll and its POST, a few questions besides, 16 terminations, and four goodbyes of two.
const MAX_IN_FLIGHT: usize = 2 + 4 + 16 + 4 * 2;

/// More than any input of this size can lead to: each packet has a few bytes at least.
const MAX_OUTPUTS: usize = 20_000;

/// What a peer may say; a `%` is filled with bytes of the input.
const PACKETS: [&str; 32] = [
    "2",
    "2%",
    "6",
    "1",
    "3%",
    "5",
    "%",
    "4%",
    r#"40{"sid":"n"}"#,
    r#"[{"id":1,"message":"%","timestamp":"Sat, 21 Nov 2026 20:45:09 GMT"},{%}]"#,
    r#"40{"sid":%}"#,
    "41",
    r#"44{"message":"%"}"#,
    "44%",
    r#"42["a",%]"#,
    r#"421["a",%]"#,
    r#"42["progress_r",%]"#,
    r#"42["progress_r",{%}]"#,
    r#"42["progress_r",{"progress":%,"status":"in_progress"}]"#,
    r#"42["progress_r",{"log_entry":{"message":"%","time":"t","type":"INFO"}}]"#,
    r#"42["progress_r",{"log_entry":{"message":"m","time":"%"}}]"#,
    r#"42["research_progress_r",{"progress_log":"[%]"}]"#,
    r#"42["progress_r",{"metadata":{%},"message":"%"}]"#,
    r#"42["progress_s",{"status":"completed","progress":100}]"#,
    r#"42["progress_r",{"status":"failed","error":"%"}]"#,
    r#"42["search_engine_selected",{%}]"#,
    r#"42["subscribe_error",{"error":"%","research_id":"r"}]"#,
    r#"42["subscribe_error",{"error":"Session expired","research_id":7}]"#,
    "430[%]",
    r#"451-["a",{"_placeholder":true,"num":0}]"#,
    "b%",
    r#"0{"sid":"%","upgrades":[],"pingInterval":300,"pingTimeout":200}"#,
];

const STATUSES: [u16; 12] = [200, 200, 200, 204, 400, 401, 403, 404, 429, 500, 503, 599];

/// An input that begins so is about a client that may use a WebSocket: how, the next byte says.
const WITH_WEBSOCKET: u8 = 0xfe;

/// RFC 6455, 7.4, and of an application.
const CLOSE_CODES: [u16; 8] = [1000, 1001, 1005, 1006, 1008, 1009, 1012, 4000];

const IDS: [&str; 3] = ["r", "s", "7"];

pub(crate) fn run(data: &[u8]) {
    let mut bytes = Bytes { rest: data };
    let mut run = Run::new(&mut bytes);
    if run.is_told {
        run.input(Input::NoWebSocket);
    }
    run.input(Input::Connect);
    while !bytes.rest.is_empty() {
        run.step(&mut bytes);
    }
    run.end();
}

/// The input, read from its front; 0 when it is used up.
struct Bytes<'a> {
    rest: &'a [u8],
}

impl Bytes<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.rest.split_first() else {
            return 0;
        };
        self.rest = rest;
        *first
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::from(self.byte()) % bound
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// Milliseconds, from none to days.
    fn millis(&mut self) -> u64 {
        let (factor, count) = (self.byte() % 5, u64::from(self.byte()));
        count * 40_u64.pow(factor.into())
    }

    /// Up to 255 bytes as they come.
    fn chunk(&mut self) -> Vec<u8> {
        let len = usize::from(self.byte()).min(self.rest.len());
        let (chunk, rest) = self.rest.split_at(len);
        self.rest = rest;
        chunk.to_vec()
    }

    fn text(&mut self) -> String {
        String::from_utf8_lossy(&self.chunk()).into_owned()
    }

    /// Up to 15 packets.
    fn packets(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        for n in 0..self.below(16) {
            if n > 0 {
                body.push(0x1e);
            }
            body.extend(self.packet());
        }
        body
    }

    fn packet(&mut self) -> Vec<u8> {
        let mut packet = Vec::new();
        for (part, text) in self.pick(&PACKETS).split('%').enumerate() {
            if part > 0 {
                packet.extend(self.chunk());
            }
            packet.extend(text.as_bytes());
        }
        packet
    }
}

struct Run {
    world: World,
    /// Whether good answers come in pieces where they may.
    in_pieces: bool,
    /// What else can happen than without WebSockets.
    has_websocket: bool,
    /// Whether another client of the page has found that none gets through.
    is_told: bool,
    emits: u64,
    cancels: u64,
}

impl Run {
    fn new(bytes: &mut Bytes<'_>) -> Self {
        let mut options = bytes.byte();
        let has_websocket = options == WITH_WEBSOCKET;
        let mut way = 0;
        if has_websocket {
            way = bytes.byte();
            options = bytes.byte();
        }
        let world = World::with(|config| {
            if has_websocket {
                config.upgrade = way.is_multiple_of(2);
                config.fall_back = way & 2 != 0;
                config.either_path = way & 4 != 0;
                if !config.upgrade {
                    config.transport = Transport::WebSocket;
                }
            }
            config.reconnection_attempts =
                [None, Some(0), Some(3), Some(3)][usize::from(options) % 4];
            config.fallback = config.fallback.filter(|_| options & 4 == 0);
            config.reconnection = options & 8 == 0;
            config.persistent = options & 64 == 0;
            config.history = options & 32 == 0;
            if options & 16 != 0 {
                config.dedup_entries = 2;
                config.max_emit_buffer = 500;
            }
        });
        Self {
            world,
            in_pieces: options & 192 == 192,
            has_websocket,
            is_told: way & 8 != 0,
            emits: 0,
            cancels: 0,
        }
    }

    fn step(&mut self, bytes: &mut Bytes<'_>) {
        let step = bytes.byte() % if self.has_websocket { 28 } else { 20 };
        match step {
            20.. => self.hear_of_socket(bytes, step),
            0..=4 => {
                let offers = self.has_websocket;
                self.answer(bytes, |world, kind, _| {
                    response(200, good(world, kind, offers))
                });
            }
            5 | 6 => self.answer(bytes, |world, kind, bytes| {
                let mut body = bytes.packets();
                if kind == Kind::Handshake {
                    body = [world.next_handshake().into_bytes(), body].join(&0x1e);
                }
                response(200, body)
            }),
            7 => self.answer(bytes, |_, _, bytes| response(200, bytes.chunk())),
            8 => self.answer(bytes, |_, _, bytes| {
                Answer::Response(Response {
                    status: bytes.pick(&STATUSES),
                    retry_after_ms: Some(bytes.millis()).filter(|wait| *wait > 0),
                    body: bytes.chunk(),
                })
            }),
            9 => self.answer(bytes, |_, _, bytes| {
                Answer::Failed(match bytes.byte() % 4 {
                    0 => RequestError::Body(bytes.text()),
                    1 => RequestError::Network(bytes.text()),
                    2 => RequestError::Redirected,
                    _ => RequestError::TooLarge,
                })
            }),
            10 => self.answer_again(bytes),
            11 | 12 => {
                if let Some(wait) = self.world.until_due() {
                    self.world.now = self.world.now.saturating_add(wait);
                    self.input(Input::Timeout);
                }
            }
            13 => {
                self.world.now += bytes.millis();
                if bytes.byte().is_multiple_of(2) {
                    self.input(Input::Timeout);
                }
            }
            14 => {
                let now = self.world.now;
                self.world.now = now.saturating_sub(bytes.millis());
                self.input(Input::Visible);
                self.world.now = now;
            }
            15 => self.world.max_payload = bytes.pick(&[1, 40, 200, 1_000_000]),
            16 => self.answer_asks(bytes),
            17 => {
                self.emits += 1;
                let ack = match bytes.byte() % 3 {
                    0 => Acked::No,
                    1 => Acked::WithoutTimeout,
                    _ => Acked::Within(bytes.millis()),
                };
                let mut given = emit(self.emits, "a", ack);
                given.volatile = bytes.byte().is_multiple_of(2);
                if bytes.byte().is_multiple_of(4) {
                    given = Emit {
                        args: bytes.text(),
                        ..given
                    };
                }
                if bytes.byte().is_multiple_of(8) {
                    given.attachments = vec![bytes.chunk()];
                }
                self.input(Input::Emit(given));
            }
            _ => self.page(bytes),
        }
    }

    /// Something comes of a WebSocket: of the last one, or of one before it.
    fn hear_of_socket(&mut self, bytes: &mut Bytes<'_>, step: u8) {
        let count = self.world.sockets.len();
        if count == 0 {
            return;
        }
        let place = match step {
            27 => bytes.below(count),
            _ => count - 1,
        };
        let news = match step {
            20 => News::Opened,
            21 | 22 => News::Frame(Frame::Text(self.next_of_socket())),
            23..=25 | 27 => News::Frame(match bytes.byte().is_multiple_of(4) {
                true => Frame::Binary(bytes.chunk()),
                false => Frame::Text(String::from_utf8_lossy(&bytes.packet()).into_owned()),
            }),
            _ => match bytes.byte() % 4 {
                0 => News::Closed {
                    code: bytes.pick(&CLOSE_CODES),
                    reason: bytes.text(),
                },
                1 => News::TooLarge {
                    binary: bytes.byte().is_multiple_of(2),
                },
                2 => News::Waiting(0),
                _ => News::Waiting(bytes.millis()),
            },
        };
        let socket = self.world.sockets[place].id;
        self.input(Input::Socket { socket, news });
    }

    /// What a good server sends next over a WebSocket.
    fn next_of_socket(&mut self) -> String {
        let opening = &self.world.sockets[self.world.sockets.len() - 1];
        let upgrades = opening.query.iter().any(|(name, _)| name == "sid");
        match self.world.client.whereabouts().session {
            Session::Opening => self.world.next_handshake(),
            Session::Polling | Session::Posting if upgrades => "3probe".to_owned(),
            _ if self.world.client.is_connected() => "2".to_owned(),
            _ => r#"40{"sid":"n"}"#.to_owned(),
        }
    }

    /// Something that the page or its browser does.
    fn page(&mut self, bytes: &mut Bytes<'_>) {
        let id = bytes.pick(&IDS);
        let input = match bytes.byte() % 16 {
            0..=3 => Input::Subscribe(ResearchId::from_text(id).unwrap()),
            4 => Input::Leaving,
            5 => Input::Subscribe(ResearchId::from_integer(7)),
            6 => Input::Unsubscribe(id.to_owned()),
            7 => Input::Refresh(id.to_owned()),
            8 => Input::Listen {
                name: bytes.pick(&["a", "progress_r", "%"]).to_owned(),
                listening: !bytes.byte().is_multiple_of(4),
            },
            9 => Input::Online(bytes.byte().is_multiple_of(2)),
            10 => Input::Visible,
            11 => Input::Hidden,
            12 => Input::Connect,
            13 => Input::Acknowledge {
                id: bytes.byte().into(),
                args: bytes.text(),
                attachments: Vec::new(),
            },
            14 => {
                self.cancels += 1;
                Input::Cancel {
                    cancel: CancelId(self.cancels),
                    research: ResearchId::from_text(id).unwrap(),
                    csrf_token: Some(bytes.text()),
                }
            }
            _ if !bytes.byte().is_multiple_of(8) => Input::Remember {
                research: id.to_owned(),
                lines: bytes.text(),
                complete: bytes.byte().is_multiple_of(2),
            },
            // Rarely: nothing interesting follows.
            _ => Input::Close,
        };
        self.input(input);
    }

    /// How the page answers from now on, and an answer that comes late.
    fn answer_asks(&mut self, bytes: &mut Bytes<'_>) {
        self.world.credentials = match bytes.byte() % 4 {
            0 => None,
            1 => Some(Err(bytes.text())),
            2 => Some(Ok(Credentials {
                auth: Some(bytes.text()),
                ..Credentials::default()
            })),
            _ => Some(Ok(Credentials::default())),
        };
        if let Some(ask) = self.world.asks.first().copied() {
            self.world.asks.remove(0);
            let credentials = Ok(Credentials::default());
            self.input(Input::Credentials { ask, credentials });
        }
    }

    /// Answers one of the requests in flight; the newest are the interesting ones.
    fn answer(
        &mut self,
        bytes: &mut Bytes<'_>,
        answer: impl FnOnce(&mut World, Kind, &mut Bytes<'_>) -> Answer,
    ) {
        let count = self.world.in_flight.len();
        if count == 0 {
            return;
        }
        let place = count - 1 - bytes.below(count);
        let (id, request) = self
            .world
            .in_flight
            .iter()
            .nth(place)
            .expect("it is below the count");
        let (request, kind) = (*id, words::kind(request));
        let streams = self.in_pieces && request_streams(&self.world, request);
        let mut answer = answer(&mut self.world, kind, bytes);
        if let Answer::Response(response) = &mut answer
            && streams
            && (200..=299).contains(&response.status)
        {
            for _ in 0..bytes.below(4) {
                let at = bytes.below(response.body.len() + 1);
                let rest = response.body.split_off(at);
                let piece = std::mem::replace(&mut response.body, rest);
                let answer = Answer::Piece(piece);
                self.input(Input::Answer { request, answer });
                if !self.world.in_flight.contains_key(&request) {
                    return;
                }
            }
            if bytes.below(8) == 1 {
                answer = Answer::Failed(RequestError::Body("cut".to_owned()));
            }
        }
        self.input(Input::Answer { request, answer });
    }

    /// An answer that comes twice, or after its request was aborted.
    fn answer_again(&mut self, bytes: &mut Bytes<'_>) {
        let last = self.world.started.len() as u64;
        let request = RequestId(last.saturating_sub(bytes.byte().into()));
        if !self.world.in_flight.contains_key(&request) {
            let answer = response(200, bytes.packets());
            self.input(Input::Answer { request, answer });
        }
    }

    fn input(&mut self, input: Input) {
        self.world.forget();
        let outputs = self.world.input(input.clone());
        assert!(outputs <= MAX_OUTPUTS, "{input:?} led to {outputs} outputs");
        assert!(
            self.world.in_flight.len() <= MAX_IN_FLIGHT,
            "{input:?}: too much in flight"
        );
        for id in IDS {
            if let Some(snapshot) = self.world.client.snapshot(id) {
                let progress = snapshot.progress.unwrap_or(0.0);
                assert!((0.0..=100.0).contains(&progress), "{progress}");
            }
        }
    }

    /// Nobody answers any more: nothing may be left behind.
    fn end(&mut self) {
        self.input(Input::Close);
        for _ in 0..5 {
            if let Some(wait) = self.world.until_due() {
                self.world.now += wait;
                self.input(Input::Timeout);
            }
        }
        assert!(self.world.client.is_over());
        assert_eq!(self.world.until_due(), None);
    }
}

fn request_streams(world: &World, id: RequestId) -> bool {
    world
        .in_flight
        .get(&id)
        .is_some_and(|request| request.streams)
}

fn good(world: &mut World, kind: Kind, offers: bool) -> Vec<u8> {
    let body = match kind {
        Kind::Handshake if offers => world.next_offer(),
        Kind::Handshake => world.next_handshake(),
        Kind::Poll if world.client.is_connected() => "2".to_owned(),
        Kind::Poll => r#"40{"sid":"n"}"#.to_owned(),
        Kind::Post => "ok".to_owned(),
        Kind::Log => r#"[{"id":1,"message":"a line","timestamp":"t"}]"#.to_owned(),
        Kind::Status => r#"{"status":"in_progress"}"#.to_owned(),
        Kind::Terminate => "{}".to_owned(),
    };
    body.into_bytes()
}

fn response(status: u16, body: Vec<u8>) -> Answer {
    Answer::Response(Response {
        status,
        retry_after_ms: None,
        body,
    })
}
