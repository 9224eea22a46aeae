//! Whatever options and id are taken, each address that the client asks is of the origin that the
//! options name and of the path that they write: by the judgement of another URL parser, which reads
//! an address as browsers do.

use research_socket::config::{Config, Fallback};
use research_socket::http::{Answer, Command, Credentials, Method, Request, RequestId, Response};
use research_socket::research::{CancelId, Client, Input, Output, ResearchId};
use research_socket::time::Timestamp;
use url::Url;

const NOW: Timestamp = Timestamp::from_millis(1_000_000);

/// Lines: url, path, the four paths with an id, the id. What is left out keeps its default.
pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut lines = text.splitn(7, '\n');
    let mut config = Config::new("https://host.example");
    config.reconnection_attempts = Some(0);
    config.fallback = Some(Fallback::default());
    for option in [
        &mut config.url,
        &mut config.path,
        &mut config.status_path,
        &mut config.terminate_path,
        &mut config.logs_path,
        &mut config.history_path,
    ] {
        if let Some(line) = lines.next().filter(|line| !line.is_empty()) {
            line.clone_into(option);
        }
    }
    let Ok(id) = ResearchId::from_text(lines.next().unwrap_or("r")) else {
        return;
    };
    if let Ok(client) = Client::new(config.clone(), 1, NOW) {
        visit(client, &config, &id);
    }
}

/// Has the client ask for everything that it asks for.
fn visit(mut client: Client, config: &Config, id: &ResearchId) {
    let open =
        r#"0{"sid":"s","upgrades":[],"pingInterval":5000,"pingTimeout":20000,"maxPayload":99}"#;
    let mut asked = Asked {
        config,
        id,
        count: [0; 5],
        now: NOW,
    };
    asked.input(&mut client, Input::Subscribe(id.clone()));
    let handshake = asked.input(&mut client, Input::Connect);
    let joining = asked.answer(&mut client, &handshake, 200, open);
    asked.drive(&mut client, joining);
    let cancel = Input::Cancel {
        cancel: CancelId(1),
        research: id.clone(),
        csrf_token: None,
    };
    asked.input(&mut client, cancel);
    asked.input(&mut client, Input::Close);
    let mut paths = asked.paths();
    paths.sort();
    // Where two are the same they are counted as one.
    if paths.windows(2).all(|two| two[0] != two[1]) {
        assert!(
            asked.count[0] > 1 && !asked.count.contains(&0),
            "{:?}",
            asked.count
        );
    }
}

/// What was asked so far, of each kind.
struct Asked<'a> {
    config: &'a Config,
    id: &'a ResearchId,
    count: [usize; 5],
    now: Timestamp,
}

impl Asked<'_> {
    /// Answers everything, the first poll with the CONNECT packet, and lets no poll after it end.
    fn drive(&mut self, client: &mut Client, mut open: Vec<Request>) {
        let mut joined = false;
        for _ in 0..20 {
            let poll =
                |request: &Request| self.kind(request) == Some(0) && request.method == Method::Get;
            let next = open.iter().position(|request| !joined || !poll(request));
            let Some(request) = next.map(|place| open.remove(place)) else {
                let due = client.poll_timeout();
                self.now = due.unwrap_or(self.now).max(self.now);
                open.extend(self.input(client, Input::Timeout));
                continue;
            };
            let (status, body) = if poll(&request) {
                joined = true;
                (200, r#"40{"sid":"n"}"#)
            } else {
                match self.kind(&request) {
                    Some(0) => (200, "ok"),
                    Some(1) => (200, r#"{"status":"in_progress","progress":5}"#),
                    _ => (404, ""),
                }
            };
            open.extend(self.answer(client, &[request], status, body));
        }
    }

    fn answer(
        &mut self,
        client: &mut Client,
        to: &[Request],
        status: u16,
        body: &str,
    ) -> Vec<Request> {
        let mut started = Vec::new();
        for Request { id, .. } in to {
            started.extend(self.input(client, answer(*id, status, body)));
        }
        started
    }

    fn input(&mut self, client: &mut Client, input: Input) -> Vec<Request> {
        let mut started = Vec::new();
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            client.handle_input(self.now, input);
            while let Some(output) = client.poll_output() {
                let Output::Command(command) = output else {
                    continue;
                };
                match command {
                    Command::Start(request) => {
                        self.check(&request.url);
                        if let Some(kind) = self.kind(&request) {
                            self.count[kind] += 1;
                        }
                        started.push(request);
                    }
                    Command::Beacon(beacon) => self.check(&beacon.url),
                    Command::Ask(ask) => {
                        let credentials = Ok(Credentials::default());
                        inputs.push(Input::Credentials { ask, credentials });
                    }
                    Command::Open(opening) => self.check(&opening.url.replacen("ws", "http", 1)),
                    Command::Abort(_) | Command::Send { .. } => {}
                }
            }
        }
        started
    }

    /// The paths that the options write, with the id where it stands.
    fn paths(&self) -> [String; 5] {
        let config = self.config;
        let slash = if config.path.ends_with('/') { "" } else { "/" };
        let id: String = self.id.as_str().bytes().map(encoded).collect();
        let with_id = |path: &String| path.replace("{id}", &id);
        [
            format!("{}{slash}", config.path),
            with_id(&config.status_path),
            with_id(&config.terminate_path),
            with_id(&config.logs_path),
            with_id(&config.history_path),
        ]
    }

    fn kind(&self, request: &Request) -> Option<usize> {
        let path = request.url.strip_prefix(&self.config.url)?;
        self.paths().iter().position(|written| written == path)
    }

    fn check(&self, address: &str) {
        // What is no address goes nowhere.
        let Ok(origin) = Url::parse(&self.config.url) else {
            return;
        };
        let Ok(parsed) = Url::parse(address) else {
            return;
        };
        assert_eq!(parsed.origin(), origin.origin(), "{address}");
        assert_eq!(
            (parsed.username(), parsed.password()),
            ("", None),
            "{address}"
        );
        assert_eq!(
            (parsed.query(), parsed.fragment()),
            (None, None),
            "{address}"
        );
        let written = self.paths();
        assert!(
            written.iter().any(|path| path == parsed.path()),
            "{address} leads to {}, not to one of {written:?}",
            parsed.path()
        );
    }
}

fn answer(request: RequestId, status: u16, body: &str) -> Input {
    let answer = Answer::Response(Response {
        status,
        body: body.as_bytes().to_vec(),
        ..Response::default()
    });
    Input::Answer { request, answer }
}

/// By RFC 3986, 2.3.
fn encoded(byte: u8) -> String {
    match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    }
}
