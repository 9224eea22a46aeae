//! A run of the core is a function of its inputs: the same journal gives the same outputs, natively
//! and in every browser.
#![allow(clippy::expect_used, reason = "helpers of tests may panic")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::fmt::Write as _;

use research_socket::config::{Config, Fallback};
use research_socket::http::{
    Answer, AskId, Command, Credentials, RequestError, RequestId, Response,
};
use research_socket::research::{Client, Input, Output, ResearchId};
use research_socket::socket::{Acked, Emit, EmitId};
use research_socket::time::Timestamp;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

/// Of everything that [`run`] writes. It changes with each change of what the core does or of how
/// that is printed; natively and in browsers it has to be the same.
const EXPECTED: u64 = 0xea27_1bc0_59ed_6a16;

/// What happens outside the core, in the order in which it does.
enum Step {
    /// The newest question for credentials is answered.
    Credentials,
    /// The newest GET of the connection is answered with this status and body.
    Poll(u16, String),
    /// The newest POST is answered with "OK".
    Posted,
    /// The newest question for the status of a research is answered.
    Status(&'static str),
    /// The newest question for the stored log of a research is answered.
    Log(String),
    /// The newest GET of the connection breaks off.
    Cut,
    Input(Input),
    /// So much time passes, with a time-out wherever one is due.
    Wait(u64),
}

fn emit(id: u64, args: &str, ack: Acked, attachments: Vec<Vec<u8>>) -> Step {
    Step::Input(Input::Emit(Emit {
        id: EmitId(id),
        args: args.to_owned(),
        attachments,
        ack,
        volatile: false,
    }))
}

fn journal() -> Vec<Step> {
    let open = |sid: &str| {
        let settings = r#""upgrades":[],"pingInterval":5000,"pingTimeout":20000,"maxPayload":900"#;
        Step::Poll(200, format!("0{{\"sid\":\"{sid}\",{settings}}}"))
    };
    let live = |sid: &str| Step::Poll(200, format!("40{{\"sid\":\"{sid}\"}}"));
    let update = |payload: &str| format!("42[\"progress_r\",{payload}]");
    // Fractions, large numbers, escapes, surrogates, and what is refused.
    let numbers = update(r#"{"progress":33.33333333333333,"message":"reading","iteration":1e21}"#);
    let texts = update(r#"{"message":"\ud83d\ude80 \u00e9\n","phase":"search","later":[null]}"#);
    let wrong =
        update(r#"{"progress":"140","status":"dancing","queue_position":9007199254740993}"#);
    let lines: Vec<_> = (0..40)
        .map(|n| {
            update(&format!(
                r#"{{"log_entry":{{"message":"line {}","time":"t"}}}}"#,
                n % 30
            ))
        })
        .collect();
    // The same words in one second, in the form of either source.
    let found = |micros: u32| {
        let time = format!("2026-11-21T20:45:09.{micros:06}+00:00");
        update(&format!(
            r#"{{"log_entry":{{"message":"found","time":"{time}"}}}}"#
        ))
    };
    let stored = |count: u32| {
        let line = |id| {
            let time = "Sat, 21 Nov 2026 20:45:09 GMT";
            format!(r#"{{"id":{id},"message":"found","timestamp":"{time}","log_type":"INFO"}}"#)
        };
        Step::Log(format!(
            "[{}]",
            (0..count).map(line).collect::<Vec<_>>().join(",")
        ))
    };
    vec![
        Step::Input(Input::Subscribe(ResearchId::from_text("r").unwrap())),
        Step::Input(Input::Remember {
            research: "r".to_owned(),
            lines: r#"[{"message":"before","time":"2026-11-21T20:45:01.5Z"}]"#.to_owned(),
            complete: false,
        }),
        Step::Input(Input::Subscribe(ResearchId::from_integer(
            -9_007_199_254_740_991,
        ))),
        Step::Input(Input::Connect),
        Step::Credentials,
        open("one"),
        Step::Posted,
        live("a"),
        Step::Posted,
        Step::Status(r#"{"status":"in_progress","progress":12.5,"metadata":{"phase":"init"}}"#),
        Step::Poll(
            200,
            [numbers, texts, wrong, "zzz".to_owned()].join("\u{1e}"),
        ),
        Step::Status("{}"),
        Step::Poll(200, [found(7), found(7), found(8)].join("\u{1e}")),
        stored(0),
        stored(4),
        Step::Wait(700),
        Step::Poll(200, lines.join("\u{1e}")),
        Step::Poll(200, update(r#"{"progress":41.7}"#)),
        Step::Wait(200),
        Step::Poll(200, update(r#"{"progress":55.5}"#)),
        Step::Wait(200),
        Step::Poll(200, update(r#"{"progress":70.2}"#)),
        emit(
            1,
            r#"["hello",{"_placeholder":true,"num":0}]"#,
            Acked::Within(1_500),
            vec![vec![7; 100]],
        ),
        emit(2, r#"["too large"]"#, Acked::No, vec![vec![1; 5_000]]),
        Step::Poll(200, "2".to_owned()),
        Step::Posted,
        Step::Wait(2_000),
        Step::Cut,
        Step::Wait(10_000),
        Step::Credentials,
        Step::Poll(502, "<h1>Bad Gateway</h1>".to_owned()),
        Step::Wait(10_000),
        Step::Credentials,
        open("two"),
        Step::Posted,
        live("b"),
        Step::Posted,
        Step::Input(Input::Hidden),
        Step::Wait(60_000),
        Step::Input(Input::Visible),
        Step::Credentials,
        open("three"),
        Step::Posted,
        live("c"),
        Step::Poll(
            200,
            update(r#"{"status":"failed","error":"rate limit reached"}"#),
        ),
        // No ping comes any more, and nothing is answered.
        Step::Wait(200_000),
        Step::Input(Input::Close),
        Step::Wait(5_000),
    ]
}

/// One client with all that went in and came out, as text.
struct Run {
    client: Client,
    now: u64,
    ask: AskId,
    get: RequestId,
    post: RequestId,
    status: RequestId,
    log: RequestId,
    story: String,
}

impl Run {
    fn new() -> Self {
        let config = Config {
            fallback: Some(Fallback {
                interval_ms: 3_000,
                after: 2,
                timeout_ms: 1_000,
            }),
            ..Config::new("http://research.test")
        };
        let now = 1_795_293_900_123;
        let client = Client::new(config, u64::MAX - 12_345, Timestamp::from_millis(now));
        Self {
            client: client.expect("valid options"),
            now,
            ask: AskId(0),
            get: RequestId(0),
            post: RequestId(0),
            status: RequestId(0),
            log: RequestId(0),
            story: String::new(),
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Credentials => {
                let credentials = Credentials {
                    auth: Some(r#"{"token":1}"#.to_owned()),
                    headers: vec![("X-Token".to_owned(), "t".to_owned())],
                    query: vec![("q".to_owned(), "é".to_owned())],
                };
                let ask = self.ask;
                self.input(Input::Credentials {
                    ask,
                    credentials: Ok(credentials),
                });
            }
            Step::Poll(200, body) => self.answer_in_pieces(self.get, &body),
            Step::Poll(status, body) => self.answer(self.get, status, &body),
            Step::Posted => self.answer(self.post, 200, "OK"),
            Step::Status(body) => self.answer(self.status, 200, body),
            Step::Log(body) => self.answer_in_pieces(self.log, &body),
            Step::Cut => {
                let answer = Answer::Failed(RequestError::Body("it broke off".to_owned()));
                let request = self.get;
                self.input(Input::Answer { request, answer });
            }
            Step::Input(input) => self.input(input),
            Step::Wait(millis) => self.wait(millis),
        }
    }

    /// Cut anywhere, where it is long.
    fn answer_in_pieces(&mut self, request: RequestId, body: &str) {
        let (pieces, rest) = body.as_bytes().as_chunks::<199>();
        for piece in pieces {
            let answer = Answer::Piece(piece.to_vec());
            self.input(Input::Answer { request, answer });
        }
        let answer = Answer::Response(Response {
            status: 200,
            retry_after_ms: None,
            body: rest.to_vec(),
        });
        self.input(Input::Answer { request, answer });
    }

    fn answer(&mut self, request: RequestId, status: u16, body: &str) {
        let answer = Answer::Response(Response {
            status,
            retry_after_ms: None,
            body: body.as_bytes().to_vec(),
        });
        self.input(Input::Answer { request, answer });
    }

    fn wait(&mut self, millis: u64) {
        let end = self.now + millis;
        while let Some(due) = self.client.poll_timeout()
            && due.as_millis() <= end
        {
            self.now = self.now.max(due.as_millis());
            self.input(Input::Timeout);
        }
        self.now = end;
    }

    fn input(&mut self, input: Input) {
        writeln!(self.story, "{} {input:?}", self.now).expect("text has room");
        let now = Timestamp::from_millis(self.now);
        self.client.handle_input(now, input);
        while let Some(output) = self.client.poll_output() {
            writeln!(self.story, "  {output:?}").expect("text has room");
            match output {
                Output::Command(Command::Ask(ask)) => self.ask = ask,
                Output::Command(Command::Start(request)) if request.url.ends_with("/logs") => {
                    self.log = request.id;
                }
                Output::Command(Command::Start(request)) if request.url.contains("/api/") => {
                    self.status = request.id;
                }
                Output::Command(Command::Start(request)) if request.body.is_some() => {
                    self.post = request.id;
                }
                Output::Command(Command::Start(request)) => self.get = request.id,
                Output::Command(
                    Command::Abort(_)
                    | Command::Beacon(_)
                    | Command::Open(_)
                    | Command::Send { .. },
                )
                | Output::Event(_) => {}
            }
        }
        let (due, state) = (self.client.poll_timeout(), self.client.snapshot("r"));
        writeln!(self.story, "  {due:?} {state:?} {:?}", self.client.stats()).expect("room");
    }
}

fn run() -> String {
    let mut run = Run::new();
    for step in journal() {
        run.take(step);
    }
    run.story
}

/// FNV-1a.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[test]
fn the_same_inputs_give_the_same_outputs_everywhere() {
    let story = run();
    assert!(story == run(), "two runs of one journal differ");
    // What the journal is there for is still reached.
    for word in [
        "answer: Piece([",
        "TooLarge",
        "Beacon",
        "Disconnect(CutBody",
        "Failed(",
        "ReconnectFailed",
        "estimated_time_left: Some",
        "recovered: 2",
        "source: History",
        "Gap(Gap",
    ] {
        assert!(story.contains(word), "{word} is not in the story:\n{story}");
    }
    assert!(
        hash(&story) == EXPECTED,
        "the journal reads otherwise than the expected one. If the core was changed and this run is \
         native, the new hash is {:#x}; if it is not, look for what depends on the machine:\n{story}",
        hash(&story)
    );
}
