//! A client's view of the server in one virtual clock.

use std::collections::BTreeMap;

use mock_server::{Command, Config, Delivery, Fault, Input, Output, Request, Response, Server};
use serde_json::{Value, json};

pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) now: u64,
    pub(crate) cookie: Option<String>,
    last_id: u64,
    answers: BTreeMap<u64, Response>,
}

impl World {
    pub(crate) fn new(config: Config) -> Self {
        let server = Server::new(config, 1);
        Self {
            server,
            now: 0,
            cookie: None,
            last_id: 0,
            answers: BTreeMap::new(),
        }
    }

    pub(crate) fn with_fault(fault: Fault) -> Self {
        let mut world = Self::new(Config::default());
        world.add_fault(fault);
        world
    }

    pub(crate) fn add_fault(&mut self, fault: Fault) {
        let add = json!({"faults": {"faults": [fault]}});
        self.control(add);
    }

    pub(crate) fn control(&mut self, command: Value) -> Value {
        let command: Command = serde_json::from_value(command).unwrap();
        let answer = self.server.control(self.now, command);
        self.drain();
        answer
    }

    pub(crate) fn start(&mut self, method: &str, path: &str, body: &[u8]) -> u64 {
        let cookie = self
            .cookie
            .iter()
            .map(|cookie| ("cookie".to_owned(), cookie.clone()));
        self.start_with(method, path, cookie.collect(), body)
    }

    pub(crate) fn start_with(
        &mut self,
        method: &str,
        path: &str,
        headers: Vec<(String, String)>,
        body: &[u8],
    ) -> u64 {
        self.last_id += 1;
        let (method, path, body) = (method.into(), path.into(), body.to_vec());
        let request = Request {
            id: self.last_id,
            method,
            path,
            headers,
            body,
        };
        self.input(Input::Request(request));
        self.last_id
    }

    pub(crate) fn input(&mut self, input: Input) {
        self.server.handle_input(self.now, input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(Output::Respond(response)) = self.server.poll_output() {
            let id = response.id;
            assert!(
                self.answers.insert(id, response).is_none(),
                "{id} was answered twice"
            );
        }
    }

    /// Lets time pass, step by step, as a shell does.
    pub(crate) fn wait(&mut self, ms: u64) {
        let target = self.now + ms;
        while let Some(due) = self.server.poll_timeout().filter(|due| *due <= target) {
            assert!(due >= self.now, "a time-out of the past");
            self.now = due;
            self.input(Input::Timeout);
            let next = self.server.poll_timeout();
            assert!(
                next.is_none_or(|next| next > due),
                "a time-out that stays due"
            );
        }
        self.now = target;
        self.input(Input::Timeout);
    }

    pub(crate) fn answer(&self, id: u64) -> Option<&Response> {
        self.answers.get(&id)
    }

    /// The text of an answer that has to be there, whole and with status 200.
    pub(crate) fn text(&self, id: u64) -> String {
        let answer = self
            .answers
            .get(&id)
            .unwrap_or_else(|| panic!("{id} has no answer"));
        assert_eq!(
            (answer.status, answer.delivery),
            (200, Delivery::Whole),
            "{answer:?}"
        );
        answer.text()
    }

    pub(crate) fn call(&mut self, method: &str, path: &str, body: &str) -> Response {
        let id = self.start(method, path, body.as_bytes());
        self.answers
            .get(&id)
            .unwrap_or_else(|| panic!("{method} {path} has no answer"))
            .clone()
    }

    pub(crate) fn json(&mut self, method: &str, path: &str, body: &str) -> Value {
        let answer = self.call(method, path, body);
        serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("{}", answer.text()))
    }

    pub(crate) fn path(&self, sid: &str) -> String {
        format!(
            "{}/?EIO=4&transport=polling&sid={sid}",
            self.server.config().paths[0]
        )
    }

    /// The session id of an Engine.IO handshake.
    pub(crate) fn open(&mut self) -> String {
        let path = format!("{}/?EIO=4&transport=polling", self.server.config().paths[0]);
        let answer = self.call("GET", &path, "");
        sid_of(&answer)
    }

    pub(crate) fn poll(&mut self, sid: &str) -> u64 {
        let path = self.path(sid);
        self.start("GET", &path, b"")
    }

    pub(crate) fn post(&mut self, sid: &str, body: &str) -> u64 {
        let path = self.path(sid);
        self.start("POST", &path, body.as_bytes())
    }

    /// What a GET gets at once, packet by packet.
    pub(crate) fn take(&mut self, sid: &str) -> Vec<String> {
        let id = self.poll(sid);
        self.packets(id)
    }

    pub(crate) fn packets(&self, id: u64) -> Vec<String> {
        self.text(id).split('\x1e').map(str::to_owned).collect()
    }

    /// A session that is connected to the main namespace; its greeting is read.
    pub(crate) fn connect(&mut self) -> String {
        let sid = self.open();
        self.post(&sid, "40");
        assert!(self.take(&sid)[0].starts_with("40{\"sid\":"));
        sid
    }

    pub(crate) fn subscribe(&mut self, sid: &str, research: &str) {
        let packet = json!(["subscribe_to_research", {"research_id": research}]);
        let id = self.post(sid, &format!("42{packet}"));
        self.text(id);
    }
}

pub(crate) fn sid_of(answer: &Response) -> String {
    let text = answer.text();
    let open: Value = serde_json::from_str(text.strip_prefix('0').unwrap()).unwrap();
    open["sid"].as_str().unwrap().to_owned()
}

/// The payload of an event packet, and its name.
pub(crate) fn event(packet: &str) -> (String, Value) {
    let json = packet
        .strip_prefix("42")
        .unwrap_or_else(|| panic!("no event: {packet}"));
    let event: Value = serde_json::from_str(json).unwrap();
    (event[0].as_str().unwrap().to_owned(), event[1].clone())
}
