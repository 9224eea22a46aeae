//! What the core costs natively: bytes of a poll in, events for the page out.

#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use research_socket::config::Config;
use research_socket::http::{Answer, Command, Credentials, Method, Request, RequestId, Response};
use research_socket::research::{Client, Event, Input, Output, ResearchEvent, ResearchId};
use research_socket::time::Timestamp;

/// Lines in one answer to a poll.
const LINES_PER_BODY: usize = 500;

/// New lines: each is read, checked, remembered and handed out.
#[divan::bench(args = [20])]
fn log_lines(bencher: Bencher<'_, '_>, bodies: usize) {
    let bodies: Vec<_> = (0..bodies).map(|n| body(n * LINES_PER_BODY)).collect();
    deliver(bencher, &bodies, bodies.len() * LINES_PER_BODY);
}

/// Lines that came before: all that a server that sends everything twice costs.
#[divan::bench(args = [20])]
fn duplicate_lines(bencher: Bencher<'_, '_>, bodies: usize) {
    let bodies = vec![body(0); bodies];
    deliver(bencher, &bodies, LINES_PER_BODY);
}

/// A benchmark run's update, which repeats the whole log in a string each time.
#[divan::bench(args = [100])]
fn cumulative_logs(bencher: Bencher<'_, '_>, updates: usize) {
    let bodies: Vec<_> = (1..=updates).map(|n| cumulative(n * 10)).collect();
    deliver(bencher, &bodies, updates * 10);
}

/// Hands the bodies to a live client and counts the lines that come out of it.
fn deliver(bencher: Bencher<'_, '_>, bodies: &[Vec<u8>], lines: usize) {
    bencher
        .counter(BytesCount::new(bodies.iter().map(Vec::len).sum::<usize>()))
        .counter(ItemsCount::new(bodies.len()))
        .with_inputs(Peer::live)
        .bench_local_values(|mut peer| {
            let delivered: usize = bodies
                .iter()
                .map(|body| peer.answer_poll(body.clone()))
                .sum();
            assert_eq!(delivered, lines);
            peer
        });
}

fn body(first: usize) -> Vec<u8> {
    let packets: Vec<_> = (first..first + LINES_PER_BODY)
        .map(|n| format!(r#"42["progress_r",{{"log_entry":{}}}]"#, entry(n)))
        .collect();
    packets.join("\x1e").into_bytes()
}

fn cumulative(entries: usize) -> Vec<u8> {
    let entries: Vec<_> = (0..entries)
        .map(|n| entry(n).replace('"', "\\\""))
        .collect();
    format!(
        r#"42["research_progress_r",{{"progress":1,"progress_log":"[{}]"}}]"#,
        entries.join(",")
    )
    .into_bytes()
}

fn entry(n: usize) -> String {
    let second = n / 1000 % 60;
    let millis = n % 1000;
    format!(
        r#"{{"message":"Getting previews for query number {n}","type":"INFO","time":"2026-11-21T21:45:{second:02}.{millis:03}000+00:00"}}"#
    )
}

/// A client that is live, and the poll that it waits for.
struct Peer {
    client: Client,
    poll: Option<RequestId>,
    lines: usize,
}

impl Peer {
    const NOW: Timestamp = Timestamp::from_millis(1_764_000_000_000);

    fn live() -> Self {
        let config = Config {
            fallback: None,
            // Nobody answers about the stored log here, and live lines would wait for it.
            history: false,
            ..Config::new("http://127.0.0.1")
        };
        let client = Client::new(config, 1, Self::NOW).expect("the defaults are valid");
        let mut peer = Self {
            client,
            poll: None,
            lines: 0,
        };
        peer.handle(Input::Subscribe(ResearchId::from_text("r").unwrap()));
        peer.handle(Input::Connect);
        let open = r#"0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000}"#;
        peer.answer_poll(open.into());
        peer.answer_poll(r#"40{"sid":"n"}"#.into());
        assert!(peer.client.is_connected());
        peer
    }

    fn answer_poll(&mut self, body: Vec<u8>) -> usize {
        let request = self.poll.take().expect("a poll is always in flight");
        let answer = Answer::Response(Response {
            status: 200,
            body,
            ..Response::default()
        });
        self.lines = 0;
        self.handle(Input::Answer { request, answer });
        self.lines
    }

    fn handle(&mut self, input: Input) {
        self.client.handle_input(Self::NOW, input);
        while let Some(output) = self.client.poll_output() {
            match output {
                Output::Command(Command::Ask(ask)) => {
                    let credentials = Ok(Credentials::default());
                    self.client
                        .handle_input(Self::NOW, Input::Credentials { ask, credentials });
                }
                Output::Command(Command::Start(Request {
                    id,
                    method: Method::Get,
                    ..
                })) => {
                    self.poll = Some(id);
                }
                Output::Command(_) => {}
                Output::Event(event) => self.lines += usize::from(is_line(&event)),
            }
        }
    }
}

fn is_line(event: &Event) -> bool {
    matches!(event, Event::Research { event, .. } if matches!(event, ResearchEvent::Log(_)))
}
