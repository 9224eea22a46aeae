//! What the mock server is sent by whoever reaches its port: requests with any method, path, query,
//! headers and body, clients that leave, and time. What is let in names this machine, by the judgement
//! of another URL parser; control is no page's of another origin; and nothing ends the server.

use mock_server::{Config, Input, Output, Request, Response, Server};
use url::{Host, Url};

use crate::work::{MAX_WORK, cost};

pub(crate) fn run(data: &[u8]) {
    let (setup, mut rest) = data.split_first().unwrap_or((&0, &[]));
    let mut world = World::new(*setup);
    while !rest.is_empty() {
        let end = rest
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(rest.len());
        let (message, after) = rest.split_at(end);
        rest = after.get(1..).unwrap_or_default();
        world.message(message);
    }
    world.end();
}

struct World {
    server: Server,
    now: u64,
    last_id: u64,
    /// The requests without an answer.
    open: Vec<u64>,
    work: u64,
    /// Of the session that was opened last.
    sid: String,
}

impl World {
    fn new(setup: u8) -> Self {
        let config = match setup % 4 {
            0 => Config::default(),
            1 => Config::release_1_5(),
            2 => Config::newest(),
            _ => Config::strict(),
        };
        Self {
            server: Server::new(config, setup.into()),
            now: 0,
            last_id: 0,
            open: Vec::new(),
            work: 0,
            sid: String::new(),
        }
    }

    /// One request: `METHOD path`, lines of headers, an empty line, the body. Or, with a byte of its
    /// own in front, time that passes and a client that leaves.
    fn message(&mut self, message: &[u8]) {
        match message {
            [1, wait, ..] => {
                self.now = self.now.saturating_add(u64::from(*wait) * 100);
                self.input(Input::Timeout);
            }
            [2, which, ..] => {
                if let Some(place) = usize::from(*which).checked_rem(self.open.len()) {
                    let id = self.open.remove(place);
                    self.input(Input::Aborted { id });
                }
            }
            _ => {
                if let Some(request) = self.request(message) {
                    self.arrive(request);
                }
            }
        }
    }

    /// What an HTTP parser lets through: no controls in the head.
    fn request(&mut self, message: &[u8]) -> Option<Request> {
        let (head, body) = split(message, b"\n\n").unwrap_or((message, &[]));
        let head = std::str::from_utf8(head).ok()?;
        let mut lines = head.split('\n');
        let (method, path) = lines.next()?.split_once(' ')?;
        let token = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
        if !token(method) || !token(path) {
            return None;
        }
        let headers = lines.filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            let value = value.trim();
            let fits = token(name) && !value.chars().any(char::is_control);
            fits.then(|| (name.to_owned(), value.to_owned()))
        });
        self.last_id += 1;
        Some(Request {
            id: self.last_id,
            method: method.to_owned(),
            // A `~` is the session that was opened last, which no input can know.
            path: path.replace('~', &self.sid),
            headers: headers.collect(),
            body: body.to_vec(),
        })
    }

    fn arrive(&mut self, request: Request) {
        check_host(&request);
        if !request.is_for_this_machine() {
            return;
        }
        let foreign = is_foreign(&request);
        let route = request.route();
        let control = route == "/control" || route.starts_with("/control/");
        let id = request.id;
        let name = route.strip_prefix("/control/").unwrap_or(route);
        self.work += cost(name.as_bytes(), &request.body);
        if self.work > MAX_WORK {
            return;
        }
        self.open.push(id);
        let before = self.server.config().clone();
        let answers = self.input(Input::Request(request));
        if control {
            let answer = answers.iter().find(|answer| answer.id == id);
            let answer = answer.expect("control answers at once");
            let foreign = foreign && !before.control_from_anywhere;
            assert_eq!(answer.status == 403, foreign, "{answer:?}");
            let open = |(name, _): &(String, String)| name.starts_with("Access-Control");
            assert!(
                before.control_from_anywhere || !answer.headers.iter().any(open),
                "{answer:?}"
            );
            if foreign {
                assert_eq!(&before, self.server.config());
            }
        }
    }

    fn input(&mut self, input: Input) -> Vec<Response> {
        self.server.handle_input(self.now, input);
        self.server.handle_input(self.now, Input::Timeout);
        let due = self.server.poll_timeout();
        assert!(due.is_none_or(|due| due > self.now), "{due:?} was left");
        let mut answers = Vec::new();
        while let Some(Output::Respond(answer)) = self.server.poll_output() {
            let place = self.open.iter().position(|id| *id == answer.id);
            self.open
                .swap_remove(place.expect("one answer to each request"));
            check_answer(&answer);
            let text = answer.text();
            if let Some((_, rest)) = text.split_once("0{\"sid\":\"") {
                self.sid = rest.split('"').next().unwrap_or_default().to_owned();
            }
            answers.push(answer);
        }
        answers
    }

    /// Whoever leaves is forgotten, and sessions without a client end.
    fn end(&mut self) {
        for id in std::mem::take(&mut self.open) {
            self.input(Input::Aborted { id });
        }
        self.now = self.now.saturating_add(1 << 40);
        self.input(Input::Timeout);
    }
}

fn split<'a>(data: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let place = data.windows(at.len()).position(|part| part == at)?;
    Some((&data[..place], &data[place + at.len()..]))
}

fn check_answer(answer: &Response) {
    // 0 is an answer of which nothing is sent.
    assert!(
        answer.status == 0 || (200..600).contains(&answer.status),
        "{answer:?}"
    );
    for (name, value) in &answer.headers {
        assert!(name.bytes().all(|byte| byte.is_ascii_graphic()), "{name}");
        assert!(!value.chars().any(char::is_control), "{name}: {value}");
    }
}

fn check_host(request: &Request) {
    let hosts = values(request, "host");
    let loopback = |host: &str| {
        let Ok(url) = Url::parse(&format!("http://{host}/")) else {
            return false;
        };
        url.username().is_empty()
            && url.password().is_none()
            && url.path() == "/"
            && match url.host() {
                Some(Host::Domain(name)) => name == "localhost",
                Some(Host::Ipv4(address)) => address.is_loopback(),
                Some(Host::Ipv6(address)) => address.is_loopback(),
                None => false,
            }
    };
    if request.is_for_this_machine() {
        assert!(hosts.len() == 1 && loopback(hosts[0]), "{hosts:?}");
    }
}

/// By the URLs, and not by their letters.
fn is_foreign(request: &Request) -> bool {
    let own = values(request, "host")
        .first()
        .and_then(|host| Url::parse(&format!("http://{host}/")).ok())
        .map(|url| url.origin().ascii_serialization());
    let origins = values(request, "origin");
    let sites = values(request, "sec-fetch-site");
    let foreign = |origin: &&str| {
        Some(*origin) != own.as_deref() && {
            // As it is written in the `Host`, which a browser writes as the origin.
            let host = values(request, "host");
            host.first()
                .is_none_or(|host| origin.strip_prefix("http://") != Some(host))
        }
    };
    origins.iter().any(foreign)
        || sites
            .iter()
            .any(|site| *site != "same-origin" && *site != "none")
}

fn values<'a>(request: &'a Request, name: &str) -> Vec<&'a str> {
    let named = request
        .headers
        .iter()
        .filter(|(other, _)| other.eq_ignore_ascii_case(name));
    named.map(|(_, value)| value.as_str()).collect()
}
