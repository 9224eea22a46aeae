//! A page, a server inside it, and connections between the two.

mod client;
mod page;
mod server;

use std::cell::RefCell;
use std::rc::Rc;

use mock_server::{Action, AddFaults, Burst, Command, Config, Emit, Fault, Kind, Logged, Stats};
use serde_json::{Value, json};
use wasm_bindgen_futures::JsFuture;

pub use client::{Client, Handle, Told, args, attachment, create, to_js, to_json};
pub use page::{Page, now, turn};
use server::Backend;

/// So long a test waits for what should take some milliseconds.
const PATIENCE_MS: f64 = 60_000.0;

/// One page with its server. What a test leaves behind ends with it.
pub struct World {
    pub page: Page,
    backend: Rc<RefCell<Backend>>,
    clients: RefCell<Vec<Client>>,
}

impl World {
    pub fn new() -> Self {
        Self::with(Config::default())
    }

    pub fn with(config: Config) -> Self {
        Client::free_all();
        let backend = Backend::new(config);
        let page = backend.borrow().page.clone();
        Self {
            page,
            backend,
            clients: RefCell::default(),
        }
    }

    /// A connection with quick defaults under the given options; it is not open yet.
    pub fn client(&self, options: Value) -> Client {
        let mut all = json!({
            "url": self.page.origin(),
            "reconnectionDelay": 10,
            "reconnectionDelayMax": 10,
            "randomizationFactor": 0,
            "timeout": 30_000,
            "fallback": false,
            "history": false,
        });
        if let (Some(all), Value::Object(given)) = (all.as_object_mut(), options) {
            all.extend(given);
        }
        let client = Client::new(&to_js(&all));
        self.clients.borrow_mut().push(client.clone());
        client
    }

    /// A connection that is live.
    pub async fn connected(&self, options: Value) -> Client {
        let client = self.client(options);
        client.open();
        self.heard(&client, "connect").await;
        client
    }

    /// A live connection that follows `research`, with its subscription known to the server.
    pub async fn following(&self, research: &str) -> Client {
        let client = self.connected(json!({})).await;
        client.subscribe(research);
        self.until("the subscription arrives", || {
            self.subscriptions(research) == 1
        })
        .await;
        client
    }

    // --- The server ------------------------------------------------------------------------------

    pub fn control(&self, command: Command) -> Value {
        server::control(&self.backend, command)
    }

    /// Sends a payload of a research to whom it concerns.
    pub fn payload(&self, research: &str, data: Value) {
        self.control(Command::Emit(Emit {
            research_id: Some(research.to_owned()),
            data,
            ..Emit::default()
        }));
    }

    /// Sends packets as they stand.
    pub fn packets(&self, packets: &[&str]) {
        self.control(Command::Emit(Emit {
            packets: packets.iter().map(|text| (*text).to_owned()).collect(),
            ..Emit::default()
        }));
    }

    /// Sends `lines` log lines of a research at once: "line 1", "line 2", …
    pub fn burst(&self, research: &str, lines: u32) {
        self.control(Command::Burst(Burst {
            research_id: research.to_owned(),
            lines,
            ..Burst::default()
        }));
    }

    pub fn fault(&self, fault: Fault) {
        self.control(Command::Faults(AddFaults {
            faults: vec![fault],
            replace: false,
        }));
    }

    /// Does this to the next request of a kind.
    pub fn next(&self, kind: Kind, action: Action) {
        self.fault(Fault::next(kind, action));
    }

    /// Answers the next request with these headers and this body, whatever it asks.
    pub fn answer_next(&self, status: u16, headers: &[(&str, &str)], body: &str) {
        self.backend.borrow_mut().answer_next(status, headers, body);
    }

    pub fn stats(&self) -> Stats {
        self.backend.borrow().stats()
    }

    pub fn subscriptions(&self, research: &str) -> u64 {
        let stats = self.stats();
        stats.subscriptions.get(research).copied().unwrap_or(0)
    }

    /// The server's log of the requests of this kind.
    pub fn logged(&self, kind: Kind) -> Vec<Logged> {
        let all = self.stats().requests.into_iter();
        all.filter(|request| request.kind == kind).collect()
    }

    // --- The page --------------------------------------------------------------------------------

    /// What the page asked for, as `fetch` saw it.
    pub fn requests(&self) -> Vec<Value> {
        let requests = to_json(&self.page.requests());
        requests.as_array().expect("an array").clone()
    }

    /// What is still there of what connections made.
    pub fn left(&self) -> Vec<String> {
        let left = self.page.left();
        left.iter().filter_map(|words| words.as_string()).collect()
    }

    pub async fn nothing_left(&self) {
        self.until("everything is taken away", || self.left().is_empty())
            .await;
    }

    pub async fn beacons(&self) -> Value {
        to_json(&JsFuture::from(self.page.beacons()).await.unwrap())
    }

    /// Waits for this; panics with all that happened if it does not come.
    pub async fn until(&self, what: &str, condition: impl Fn() -> bool) {
        let deadline = now() + PATIENCE_MS;
        while !condition() {
            assert!(now() < deadline, "in vain: {what}\n{}", self.story());
            JsFuture::from(turn(1.0)).await.unwrap();
        }
        for client in self.clients.borrow().iter() {
            assert!(
                !client.told_within_a_call(),
                "dispatch from within a method"
            );
        }
    }

    /// Waits until the page has heard an event of this kind; the first one.
    pub async fn heard(&self, client: &Client, kind: &str) -> Value {
        self.until(kind, || !client.of(kind).is_empty()).await;
        client.of(kind).swap_remove(0)
    }

    /// Lets whatever is under way come to its end: some turns of the event loop.
    pub async fn settle(&self) {
        for _ in 0..10 {
            JsFuture::from(turn(0.0)).await.unwrap();
        }
    }

    fn story(&self) -> String {
        let mut story = String::new();
        for client in self.clients.borrow().iter() {
            for told in client.told() {
                story += &format!("told {} {} {}\n", told.kind, told.id(), told.json());
            }
        }
        for request in self.stats().requests {
            story += &format!("{request:?}\n");
        }
        story += &format!("left: {:?}\n", self.left());
        story
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for client in self.clients.take() {
            client.free();
        }
    }
}
