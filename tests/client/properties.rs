//! What must hold whatever the page, the peer and the network do. The rules are the world's.

use std::collections::BTreeSet;

use proptest::prelude::*;
use research_socket::failure::{Failure, Retry};
use research_socket::http::{Answer, Credentials, RequestError, RequestId, Response};
use research_socket::research::{CancelId, Input, ResearchId};
use research_socket::socket::{Acked, Emit};

use crate::words::{self, Kind};
use crate::world::{World, emit, network_error};

/// A polling request and its POST, a status question, 16 terminations, and four goodbyes of two.
const MAX_IN_FLIGHT: usize = 2 + 1 + 16 + 4 * 2;

/// What happens next. A request is named by its place among those in flight.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// As a good server answers.
    Well(usize),
    /// With a status, and perhaps Retry-After.
    Badly(usize, u16, Option<u64>),
    /// With these packets, which need not fit.
    Packets(usize, Vec<&'static str>),
    /// A part of an answer comes: these packets, of which the last one may go on. Other answers than
    /// those that are wanted in pieces come as a whole.
    Piece(usize, Vec<&'static str>),
    Cut(usize),
    /// An answer that comes twice, or after its request was aborted.
    Stale(u64),
    Handshakes(usize),
    Wait,
    /// The next timer fires so much too late.
    Late(u64),
    /// The page says so first when it wakes up.
    Wake(u64, Input),
    Sleep(u64),
    Backwards(u64),
    Page(Input),
    Emit(bool, Acked, usize),
    Cancel,
    Ask(Option<Result<Credentials, String>>),
    LateCredentials,
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let which = 0_usize..30;
    let packets = || prop::collection::vec(packet(), 0..6);
    prop_oneof![
        40 => which.clone().prop_map(Step::Well),
        4 => (which.clone(), status(), prop::option::of(0_u64..400_000))
            .prop_map(|(which, status, wait)| Step::Badly(which, status, wait)),
        25 => (which.clone(), packets())
            .prop_map(|(which, packets)| Step::Packets(which, packets)),
        10 => (which.clone(), prop_oneof![packets(), piece().prop_map(|piece| vec![piece])])
            .prop_map(|(which, packets)| Step::Piece(which, packets)),
        4 => which.prop_map(Step::Cut),
        2 => (0_u64..100).prop_map(Step::Stale),
        2 => prop::sample::select(vec![1, 2, 40, 200, 1_000_000]).prop_map(Step::Handshakes),
        15 => Just(Step::Wait),
        4 => prop_oneof![0_u64..2000, 0_u64..120_000].prop_map(Step::Late),
        2 => (sleep(), wake()).prop_map(|(millis, input)| Step::Wake(millis, input)),
        5 => sleep().prop_map(Step::Sleep),
        1 => (0_u64..40_000).prop_map(Step::Backwards),
        25 => page().prop_map(Step::Page),
        10 => (any::<bool>(), ack(), 0_usize..100)
            .prop_map(|(volatile, ack, length)| Step::Emit(volatile, ack, length)),
        2 => Just(Step::Cancel),
        2 => credentials().prop_map(Step::Ask),
        1 => Just(Step::LateCredentials),
    ]
}

fn sleep() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..40_000, 0_u64..40_000, 0_u64..10 * 3_600_000]
}

fn wake() -> impl Strategy<Value = Input> {
    prop::sample::select(vec![
        Input::Visible,
        Input::Online(true),
        Input::Online(false),
        Input::Timeout,
    ])
}

fn status() -> impl Strategy<Value = u16> {
    prop::sample::select(vec![
        204, 304, 400, 401, 403, 404, 413, 429, 500, 502, 503, 599,
    ])
}

fn ack() -> impl Strategy<Value = Acked> {
    prop_oneof![
        Just(Acked::No),
        Just(Acked::WithoutTimeout),
        (0_u64..20_000).prop_map(Acked::Within),
    ]
}

fn credentials() -> impl Strategy<Value = Option<Result<Credentials, String>>> {
    let with = |auth: &str| {
        Some(Ok(Credentials {
            auth: Some(auth.to_owned()),
            ..Credentials::default()
        }))
    };
    prop::sample::select(vec![
        None,
        Some(Err("no token".to_owned())),
        Some(Ok(Credentials::default())),
        with(r#"{"token":"0123456789012345678901234567890123456789"}"#),
        with("{"),
        with("7"),
    ])
}

fn id() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["r", "s", "7"])
}

fn page() -> impl Strategy<Value = Input> {
    let listen = |(name, listening): (&str, bool)| Input::Listen {
        name: name.to_owned(),
        listening,
    };
    prop_oneof![
        4 => Just(Input::Connect),
        4 => id().prop_map(|id| Input::Subscribe(ResearchId::from_text(id).unwrap())),
        1 => Just(Input::Subscribe(ResearchId::from_integer(7))),
        1 => (id(), prop::sample::select(vec!["", "[]", "[7,{}]", r#"[{"message":"m","time":"t"}]"#]), any::<bool>())
            .prop_map(|(id, lines, complete)| Input::Remember {
                research: id.to_owned(),
                lines: lines.to_owned(),
                complete,
            }),
        1 => id().prop_map(|id| Input::Unsubscribe(id.to_owned())),
        1 => id().prop_map(|id| Input::Refresh(id.to_owned())),
        1 => id().prop_map(|id| Input::Verify(id.to_owned())),
        1 => (prop::sample::select(vec!["a", "progress_r"]), any::<bool>()).prop_map(listen),
        4 => any::<bool>().prop_map(Input::Online),
        4 => Just(Input::Visible),
        1 => Just(Input::Hidden),
        1 => Just(Input::Leaving),
        1 => Just(Input::Unseen),
        1 => Just(Input::Timeout),
        1 => (0_u64..3, prop::sample::select(vec!["[]", "{", "[1,\"0123456789\"]"])).prop_map(
            |(id, args)| Input::Acknowledge { id, args: args.to_owned(), attachments: Vec::new() }
        ),
    ]
}

fn packet() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "2",
        "2",
        "2",
        "2probe-probe-probe-probe-probe-probe-probe-probe",
        "6",
        "1",
        "3",
        "5",
        r#"40{"sid":"n"}"#,
        r#"40{"sid":"n"}"#,
        r#"40{"sid":"n"}"#,
        "40",
        "41",
        r#"44{"message":"no"}"#,
        "44\"no\"",
        r#"42["a",1]"#,
        r#"421["a",1]"#,
        r#"42["progress_r",{"progress":10}]"#,
        r#"42["progress_r",{"status":"in_progress","log_entry":{"message":"m","time":"t"}}]"#,
        r#"42["research_progress_r",{"status":"completed","progress":100}]"#,
        r#"42["progress_s",{"status":"failed","error":"x"}]"#,
        r#"42["progress_7",{"progress":"x"}]"#,
        r#"42["progress_7"]"#,
        r#"42["search_engine_selected",{"engine":"searxng","result_count":1}]"#,
        r#"42["subscribe_error",{"error":"Not authorized","research_id":"r"}]"#,
        r#"42["subscribe_error",{"error":"Session expired","research_id":7}]"#,
        "430[]",
        "431[1]",
        r#"461-2[{"_placeholder":true,"num":0}]"#,
        r#"451-["a",{"_placeholder":true,"num":0}]"#,
        "bAQI=",
        "b!",
        "42[",
        "4",
        "",
        "<html>",
        "ok",
        r#"0{"sid":"other","upgrades":[],"pingInterval":300,"pingTimeout":200}"#,
        "{\"status\":\"completed\"}",
        "{\"status\":\"in_progress\",\"progress\":5}",
        "\u{fffd}",
    ])
}

/// What an answer is cut into.
fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        "[",
        "{\"logs\":[",
        "{\"logs\":\"[",
        r#"{"id":1,"message":"m","timestamp":"Sat, 21 Nov 2026 20:45:09 GMT"},"#,
        r#"{"id":2,"mess"#,
        r#"age":"n"},"#,
        "]",
        " ",
        "<",
        r#"42["progress_r",{"log_en"#,
        r#"try":{"message":"m","time":"t"}}]"#,
    ])
}

/// The options that decide what comes after a failure.
#[derive(Clone, Debug)]
struct Options {
    attempts: Option<u32>,
    fallback: bool,
    history: bool,
    persistent: bool,
}

fn options() -> impl Strategy<Value = Options> {
    let attempts = prop::sample::select(vec![None, Some(0), Some(3)]);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    (attempts, flags).prop_map(|(attempts, (fallback, history, persistent))| Options {
        attempts,
        fallback,
        history,
        persistent,
    })
}

/// A world under a script.
pub(crate) struct Run {
    pub(crate) world: World,
    /// Requests of whose answers some pieces have come.
    partly: BTreeSet<RequestId>,
    /// What the browser said last, unless a connection proved it wrong.
    offline: bool,
    hidden: bool,
    /// Attempts of this outage since the page connected, was restored, or found a network.
    announced: u32,
    attempts: Option<u32>,
    persistent: bool,
    emits: u64,
    cancels: u64,
}

impl Run {
    pub(crate) fn new() -> Self {
        Self::with(&Options {
            attempts: Some(3),
            fallback: true,
            history: true,
            persistent: true,
        })
    }

    fn with(options: &Options) -> Self {
        Self {
            world: World::with_all(|config| {
                config.history = options.history;
                config.persistent = options.persistent;
                config.reconnection_attempts = options.attempts;
                config.fallback = config.fallback.filter(|_| options.fallback);
            }),
            partly: BTreeSet::new(),
            offline: false,
            hidden: false,
            announced: 0,
            attempts: options.attempts,
            persistent: options.persistent,
            emits: 0,
            cancels: 0,
        }
    }

    pub(crate) fn take(&mut self, step: Step) {
        match step {
            Step::Well(which) => self.answer(which, Self::good),
            Step::Badly(which, status, retry_after_ms) => self.answer(which, |_, _| {
                let body = b"nothing".to_vec();
                Answer::Response(Response {
                    status,
                    retry_after_ms,
                    body,
                })
            }),
            Step::Packets(which, packets) => self.answer(which, |world, kind| {
                let packets = packets.join("\x1e");
                let body = match kind {
                    Kind::Handshake => world.next_handshake() + "\x1e" + &packets,
                    Kind::Log | Kind::Poll | Kind::Post | Kind::Status | Kind::Terminate => packets,
                };
                crate::world::response(200, &body)
            }),
            Step::Piece(which, packets) => self.answer(which, |world, kind| {
                let body = packets.join("\x1e");
                match kind {
                    Kind::Log | Kind::Poll => Answer::Piece(body.into()),
                    Kind::Handshake | Kind::Post | Kind::Status | Kind::Terminate => {
                        Self::good(world, kind)
                    }
                }
            }),
            Step::Cut(which) => self.answer(which, |_, kind| match kind {
                Kind::Poll => Answer::Failed(RequestError::Body("cut".to_owned())),
                Kind::Handshake | Kind::Log | Kind::Post | Kind::Status | Kind::Terminate => {
                    network_error()
                }
            }),
            Step::Stale(back) => {
                let last = self.world.started.len() as u64;
                let request = RequestId(last.saturating_sub(back));
                if !self.world.in_flight.contains_key(&request) {
                    let answer = crate::world::response(200, r#"40{"sid":"n"}"#);
                    self.input(Input::Answer { request, answer });
                }
            }
            Step::Handshakes(max_payload) => self.world.max_payload = max_payload,
            Step::Wait => {
                if let Some(wait) = self.world.until_due() {
                    self.world.now += wait;
                    self.input(Input::Timeout);
                }
            }
            Step::Late(millis) => {
                if let Some(wait) = self.world.until_due() {
                    self.world.now += wait + millis;
                    self.input(Input::Timeout);
                }
            }
            Step::Wake(millis, input) => {
                self.world.now += millis;
                self.input(input);
            }
            Step::Sleep(millis) => self.world.now += millis,
            Step::Backwards(millis) => {
                let now = self.world.now;
                self.world.now -= millis.min(now);
                self.input(Input::Visible);
                self.world.now = now;
            }
            Step::Page(input) => self.input(input),
            Step::Emit(volatile, ack, length) => {
                self.emits += 1;
                let name = "x".repeat(length);
                self.input(Input::Emit(Emit {
                    volatile,
                    ..emit(self.emits, &name, ack)
                }));
            }
            Step::Cancel => {
                self.cancels += 1;
                self.input(Input::Cancel {
                    cancel: CancelId(self.cancels),
                    research: ResearchId::from_text("r").unwrap(),
                    csrf_token: None,
                });
            }
            Step::Ask(credentials) => self.world.credentials = credentials,
            Step::LateCredentials => {
                if let Some(ask) = self.world.asks.first().copied() {
                    self.world.asks.remove(0);
                    let credentials = Ok(Credentials::default());
                    self.input(Input::Credentials { ask, credentials });
                }
            }
        }
    }

    /// Answers the request at this place among those in flight.
    fn answer(&mut self, which: usize, answer: impl FnOnce(&mut World, Kind) -> Answer) {
        let count = self.world.in_flight.len();
        if count == 0 {
            return;
        }
        // The newest are the interesting ones.
        let place = count - 1 - which % count;
        let (id, request) = self.world.in_flight.iter().nth(place).unwrap();
        let (request, kind) = (*id, words::kind(request));
        let mut answer = answer(&mut self.world, kind);
        match &answer {
            Answer::Piece(_) => {
                self.partly.insert(request);
            }
            // The status comes before the first piece.
            Answer::Response(response)
                if self.partly.remove(&request) && !(200..=299).contains(&response.status) =>
            {
                answer = Answer::Failed(RequestError::Body("cut".to_owned()));
            }
            Answer::Response(_) | Answer::Failed(_) => {}
        }
        self.input(Input::Answer { request, answer });
    }

    fn good(world: &mut World, kind: Kind) -> Answer {
        let body = match kind {
            Kind::Handshake => world.next_handshake(),
            Kind::Log => {
                r#"[{"id":1,"message":"m","timestamp":"Sat, 21 Nov 2026 20:45:09 GMT"}]"#.to_owned()
            }
            Kind::Poll if world.client.is_connected() => "2".to_owned(),
            Kind::Poll => r#"40{"sid":"n"}"#.to_owned(),
            Kind::Post => "ok".to_owned(),
            Kind::Status => r#"{"status":"in_progress"}"#.to_owned(),
            Kind::Terminate => "{}".to_owned(),
        };
        crate::world::response(200, &body)
    }

    fn input(&mut self, input: Input) {
        self.world.forget();
        self.note(&input);
        let outputs = self.world.input(input.clone());
        self.check_page(&input);
        let did = self.world.did();
        assert!(did.len() <= MAX_IN_FLIGHT + 8, "{input:?} led to {did:?}");
        assert!(outputs <= 500, "{input:?} led to {outputs} outputs");
        assert!(self.world.in_flight.len() <= MAX_IN_FLIGHT);
    }

    fn note(&mut self, input: &Input) {
        match input {
            Input::Connect => self.announced = 0,
            Input::Hidden => self.hidden = true,
            Input::Online(online) => {
                let found = *online && std::mem::replace(&mut self.offline, !online);
                if found {
                    self.announced = 0;
                }
                self.offline = !online;
            }
            // Being looked at alone gives no attempts back.
            Input::Visible if std::mem::take(&mut self.hidden) => self.announced = 0,
            _ => {}
        }
    }

    fn check_page(&mut self, input: &Input) {
        for told in self.world.heard() {
            match told.split(' ').next().unwrap() {
                // Also where a session was renewed without a word, the network is there.
                "connect" | "renewed" => self.offline = false,
                "disconnect" => self.announced = 0,
                "reconnect_attempt" => {
                    assert!(!self.offline, "{input:?} spends an attempt offline");
                    self.announced += 1;
                }
                "reconnect_failed" => assert!(!self.offline, "{input:?} gives up offline"),
                _ => {}
            }
        }
        let most = self.attempts.unwrap_or(u32::MAX);
        assert!(self.announced <= most, "{input:?}: {}", self.announced);
        let is_hidden = self.world.client.state().reason == Some(Failure::PageHidden);
        if is_hidden && *input == Input::Hidden {
            let mut left = self.world.in_flight.values().map(words::kind);
            assert!(left.all(|kind| kind == Kind::Terminate), "left behind");
        }
    }

    /// All faults are over: the client must become live, where nobody refused it by itself.
    fn calm_down(&mut self, looks: bool) {
        self.world.credentials = Some(Ok(Credentials::default()));
        self.world.max_payload = 1_000_000;
        let state = self.world.client.state();
        let retry = state.reason.as_ref().map(Failure::retry);
        let refused = match retry {
            Some(Retry::Stop) => true,
            Some(Retry::Refused) => !self.persistent,
            Some(Retry::Counted { .. } | Retry::Now) | None => false,
        };
        let needs_page = refused || !looks;
        if needs_page {
            self.input(Input::Online(true));
            self.input(Input::Connect);
        }
        let end = self.world.now + 400_000;
        while !self.world.client.is_connected() && self.world.now < end {
            if !self.world.in_flight.is_empty() {
                self.answer(0, Self::good);
            } else if self.world.until_due().is_some() {
                self.take(Step::Wait);
            } else if needs_page {
                // The attempt that was under way carried a fault.
                self.input(Input::Connect);
            } else {
                break;
            }
        }
        let state = self.world.state();
        assert!(
            self.world.client.is_connected(),
            "never live again: {state}"
        );
    }

    /// Nobody answers any more: nothing may be left behind.
    fn close(&mut self) {
        self.input(Input::Close);
        for _ in 0..5 {
            self.take(Step::Wait);
        }
        assert!(self.world.client.is_over());
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 100,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_happens_the_rules_hold_and_the_client_recovers(
        options in options(),
        steps in prop::collection::vec(step(), 0..300),
    ) {
        let mut run = Run::with(&options);
        run.input(Input::Connect);
        steps.into_iter().for_each(|step| run.take(step));
        run.calm_down(options.persistent || options.fallback || options.attempts.is_none());
        run.close();
    }

    #[test]
    fn a_closed_client_stays_closed(
        before in prop::collection::vec(step(), 0..60),
        after in prop::collection::vec(step(), 0..60),
    ) {
        let mut run = Run::new();
        run.input(Input::Connect);
        before.into_iter().for_each(|step| run.take(step));
        run.input(Input::Close);
        after.into_iter().for_each(|step| run.take(step));
        run.close();
    }

    #[test]
    fn any_bytes_are_an_answer(
        bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..40),
    ) {
        let mut run = Run::new();
        run.world.subscribe("r");
        run.input(Input::Connect);
        for body in bodies {
            run.answer(0, |_, _| Answer::Response(Response {
                status: 200,
                retry_after_ms: None,
                body,
            }));
            run.take(Step::Wait);
        }
        run.calm_down(true);
    }

    #[test]
    fn the_same_inputs_lead_to_the_same_outputs(
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let trace = |steps: Vec<Step>| {
            let mut run = Run::new();
            steps.into_iter().for_each(|step| run.take(step));
            (run.world.started, run.world.client.stats(), run.world.now)
        };
        prop_assert_eq!(trace(steps.clone()), trace(steps));
    }
}
