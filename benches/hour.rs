//! What a page does in an hour in which nothing comes: a client that follows a research, with time simulated, counted.
//! Prints rows for `cargo xtask bench`.

// A benchmark stops at the first surprise, and prints what it finds.
#![allow(clippy::expect_used, clippy::print_stdout)]

fn main() {
    // Where all targets are checked for wasm32, there is nothing to measure.
    #[cfg(not(target_arch = "wasm32"))]
    native::run();
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use std::collections::VecDeque;

    use research_socket::config::Config;
    use research_socket::http::{Answer, Command, Credentials, Method, Request, Response};
    use research_socket::research::{Client, Input, Output, ResearchId};
    use research_socket::time::Timestamp;

    const HOUR_MS: u64 = 60 * 60 * 1_000;
    /// That of the application.
    const PING_MS: u64 = 5_000;
    const PINGS: u64 = HOUR_MS / PING_MS;
    /// After everything that a new subscription asks for.
    const BEGIN_MS: u64 = 10 * 60 * 1_000;

    /// What the hour takes.
    #[derive(Clone, Copy, Default)]
    struct Counts {
        polls: u64,
        posts: u64,
        others: u64,
        timers: u64,
        fired: u64,
    }

    pub(super) fn run() {
        let mut page = Page::open();
        page.live_until(BEGIN_MS);
        page.counts = Counts::default();
        page.live_until(BEGIN_MS + HOUR_MS);
        let Counts {
            polls,
            posts,
            others,
            timers,
            fired,
        } = page.counts;
        assert_eq!((polls, posts), (PINGS, PINGS), "one of each for each ping");
        let what = format!("an idle hour (simulated), {PINGS} pings");
        let beside = "the protocol's least";
        // The answer to a ping ends one poll and begins the next, and the pong is a POST.
        row(
            "hour/requests",
            &format!("{what}: requests"),
            "requests",
            beside,
            polls + posts + others,
            2 * PINGS,
        );
        // The deadline of the heartbeat, anew with each ping. It never comes.
        row(
            "hour/timers",
            &format!("{what}: timers set"),
            "timers",
            beside,
            timers,
            PINGS,
        );
        row(
            "hour/wake-ups",
            &format!("{what}: timers fired"),
            "wake-ups",
            beside,
            fired,
            0,
        );
    }

    fn row(name: &str, what: &str, unit: &str, beside: &str, ours: u64, least: u64) {
        println!(
            r#"{{"row":"{name}","what":"{what}","unit":"{unit}","beside":"{beside}","ours":[{ours}],"peer":[{least}],"aim":{{"most":{least}}}}}"#
        );
    }

    /// A client, its one timer as `src/browser/driver.rs` sets it, and a server that answers at once.
    struct Page {
        client: Client,
        now: u64,
        timer: Option<Timestamp>,
        next_ping: u64,
        poll: Option<Request>,
        answers: VecDeque<Input>,
        counts: Counts,
    }

    impl Page {
        fn open() -> Self {
            let client = Client::new(
                Config::new("http://127.0.0.1"),
                1,
                Timestamp::from_millis(0),
            )
            .expect("the defaults are valid");
            let mut page = Self {
                client,
                now: 0,
                timer: None,
                next_ping: PING_MS,
                poll: None,
                answers: VecDeque::new(),
                counts: Counts::default(),
            };
            let id = ResearchId::from_text("r").expect("it is valid");
            page.handle(Input::Subscribe(id));
            page.handle(Input::Connect);
            page.answer_poll(r#"40{"sid":"n"}"#);
            assert!(page.client.is_connected());
            page
        }

        fn live_until(&mut self, end: u64) {
            while self.next_ping.min(self.due()) <= end {
                // A ping and a timer at the same moment: whichever, nothing depends on it.
                if self.next_ping <= self.due() {
                    self.now = self.next_ping;
                    self.next_ping += PING_MS;
                    self.answer_poll("2");
                } else {
                    // A whole millisecond later than the core wants, as the driver has it.
                    self.now = self.due();
                    self.timer = None;
                    self.counts.fired += 1;
                    self.handle(Input::Timeout);
                }
                assert!(self.client.is_connected());
            }
            self.now = end;
        }

        fn due(&self) -> u64 {
            self.timer
                .map_or(u64::MAX, |due| due.as_millis().max(self.now) + 1)
        }

        fn answer_poll(&mut self, packets: &str) {
            let poll = self.poll.take().expect("a poll is always in flight");
            self.handle(response(&poll, packets));
        }

        fn handle(&mut self, input: Input) {
            self.answers.push_back(input);
            while let Some(input) = self.answers.pop_front() {
                self.client
                    .handle_input(Timestamp::from_millis(self.now), input);
                while let Some(output) = self.client.poll_output() {
                    match output {
                        Output::Command(Command::Ask(ask)) => {
                            let credentials = Ok(Credentials::default());
                            self.answers
                                .push_back(Input::Credentials { ask, credentials });
                        }
                        Output::Command(Command::Start(request)) => self.start(request),
                        Output::Command(_) | Output::Event(_) => {}
                    }
                }
                self.set_timer();
            }
        }

        fn start(&mut self, request: Request) {
            let has_session = request.query.iter().any(|(name, _)| name == "sid");
            let is_get = request.method == Method::Get;
            let text = match (request.url.contains("/socket.io"), has_session, is_get) {
                (true, true, true) => {
                    self.counts.polls += 1;
                    self.poll = Some(request);
                    return;
                }
                (true, true, false) => {
                    self.counts.posts += 1;
                    "ok"
                }
                (true, false, _) => {
                    r#"0{"sid":"s","upgrades":[],"pingInterval":5000,"pingTimeout":20000,"maxPayload":1000000}"#
                }
                (false, ..) => {
                    self.counts.others += 1;
                    if request.url.ends_with("/logs") {
                        "[]"
                    } else {
                        r#"{"status":"in_progress","progress":1}"#
                    }
                }
            };
            self.answers.push_back(response(&request, text));
        }

        fn set_timer(&mut self) {
            let due = self.client.poll_timeout();
            let stays = due == self.timer && due.is_some_and(|due| due.as_millis() > self.now);
            if due.is_some() && !stays {
                self.counts.timers += 1;
            }
            self.timer = due;
        }
    }

    fn response(request: &Request, text: &str) -> Input {
        let answer = Answer::Response(Response {
            status: 200,
            body: text.into(),
            ..Response::default()
        });
        Input::Answer {
            request: request.id,
            answer,
        }
    }
}
