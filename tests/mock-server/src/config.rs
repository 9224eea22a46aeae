//! Decides what can be set: the protocol's numbers, the traps of real servers, the application's habits.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::control::merge;

/// All settings. Each can be changed while the server runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where Socket.IO is served, without the last slash.
    pub paths: Vec<String>,
    /// Where a bare Engine.IO server sends each message back; the official test cases need one.
    pub engine_echo_path: Option<String>,
    /// Time between a pong and the next ping.
    pub ping_interval_ms: u64,
    /// Time that a client has to answer a ping.
    pub ping_timeout_ms: u64,
    /// Whether new sessions are pinged at all.
    pub pings: bool,
    /// The largest body of a POST, as told to the client.
    pub max_payload: usize,
    /// What the open packet offers. Upgrades themselves are refused.
    pub upgrades: Vec<String>,
    /// Time in which a namespace has to be asked for, else the session is closed.
    pub connect_timeout_ms: Option<u64>,
    /// Namespaces that accept clients.
    pub namespaces: Vec<String>,
    /// Whether the events of the official test cases are served: `message`, `message-with-ack`, and
    /// `auth` on connect.
    pub test_events: bool,
    /// The wall clock at time zero, in milliseconds since 1970. Only dates in answers depend on it.
    pub wall_clock_ms: u64,
    /// How many requests the log remembers; zero turns it off.
    pub request_log: usize,
    /// Whether all answers carry CORS headers, not only Socket.IO's. The application's own do not, but
    /// test pages are served from other ports.
    pub cors_everywhere: bool,
    /// Whether pages of other origins may use `/control/`, as a test that has several needs it. Without
    /// it every page that a person visits could.
    pub control_from_anywhere: bool,
    /// What real servers do against the protocol documents.
    pub quirks: Quirks,
    /// The application.
    pub app: AppConfig,
}

impl Default for Config {
    /// The application in release 1.3 on python-engineio.
    fn default() -> Self {
        Self {
            paths: vec!["/socket.io".into()],
            engine_echo_path: None,
            ping_interval_ms: 5_000,
            ping_timeout_ms: 20_000,
            pings: true,
            max_payload: 1_000_000,
            upgrades: vec!["websocket".into()],
            connect_timeout_ms: None,
            namespaces: vec!["/".into()],
            test_events: false,
            wall_clock_ms: 1_795_293_900_000,
            request_log: 10_000,
            cors_everywhere: true,
            control_from_anywhere: false,
            quirks: Quirks::python(),
            app: AppConfig::default(),
        }
    }
}

impl Config {
    /// What the official protocol test cases expect of a server.
    pub fn strict() -> Self {
        Self {
            engine_echo_path: Some("/engine.io".into()),
            ping_interval_ms: 300,
            ping_timeout_ms: 200,
            connect_timeout_ms: Some(1_000),
            namespaces: vec!["/".into(), "/custom".into()],
            test_events: true,
            quirks: Quirks::strict(),
            ..Self::default()
        }
    }

    /// The application in release 1.5: updates once, and to everybody only without a subscriber.
    pub fn release_1_5() -> Self {
        let app = AppConfig {
            audience: Audience::SubscribersOrEverybody,
            live_event: EventName::Progress,
            snapshot_event: EventName::Progress,
            ..AppConfig::default()
        };
        Self {
            app,
            ..Self::default()
        }
    }

    /// The newest generation: python-socketio on ASGI, with `subscribe_error`.
    pub fn newest() -> Self {
        let app = AppConfig {
            audience: Audience::Subscribers,
            live_event: EventName::ResearchProgress,
            snapshot_event: EventName::ResearchProgress,
            subscribe_errors: true,
            ..AppConfig::default()
        };
        Self {
            paths: vec!["/ws/socket.io".into()],
            app,
            ..Self::default()
        }
    }
}

impl Config {
    /// These settings with a part of them, written in JSON, laid over.
    pub fn patched(&self, json: &str) -> Result<Self, String> {
        let patch = serde_json::from_str(json).map_err(|error| error.to_string())?;
        self.merged(patch)
    }

    pub(crate) fn merged(&self, patch: Value) -> Result<Self, String> {
        let mut settings = serde_json::json!(self);
        merge(&mut settings, patch);
        let config: Self = serde_json::from_value(settings).map_err(|error| error.to_string())?;
        config.check()?;
        Ok(config)
    }
}

/// Each trap that was found in real servers, as a switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quirks {
    /// A POST is answered with `OK`, where the protocol says `ok`.
    pub upper_case_ok: bool,
    /// A POST with more than 16 packets is answered with 200 and all of them are dropped.
    pub drops_above_16_packets: bool,
    /// An aborted GET goes on waiting and takes the next message with it.
    pub dead_polls_take_messages: bool,
    /// A second GET on a session is accepted; the two share the messages.
    pub two_polls_share: bool,
    /// A POST that breaks the protocol closes the session and is itself never answered.
    pub violating_post_hangs: bool,
    /// A malformed packet, an empty POST or nonsense in Socket.IO gets 200 and silence.
    pub malformed_is_ignored: bool,
    /// A refused namespace is answered with a bare string.
    pub bare_connect_error: bool,
    /// Refusals are written as python-engineio writes them.
    pub python_texts: bool,
    /// A GET that is held while the client says goodbye ends with an empty body instead of a noop.
    pub empty_body_on_close: bool,
    /// Several workers without sticky sessions: each request with a session id meets the wrong one.
    pub two_workers: bool,
}

impl Default for Quirks {
    fn default() -> Self {
        Self::python()
    }
}

impl Quirks {
    /// python-engineio 4 on a threading server.
    pub const fn python() -> Self {
        Self {
            upper_case_ok: true,
            drops_above_16_packets: true,
            dead_polls_take_messages: true,
            two_polls_share: true,
            violating_post_hangs: true,
            malformed_is_ignored: true,
            bare_connect_error: true,
            python_texts: true,
            empty_body_on_close: true,
            two_workers: false,
        }
    }

    /// The protocol documents to the letter.
    pub const fn strict() -> Self {
        Self {
            upper_case_ok: false,
            drops_above_16_packets: false,
            dead_polls_take_messages: false,
            two_polls_share: false,
            violating_post_hangs: false,
            malformed_is_ignored: false,
            bare_connect_error: false,
            python_texts: false,
            empty_body_on_close: false,
            two_workers: false,
        }
    }
}

/// How the application behaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AppConfig {
    /// Who gets a live update.
    pub audience: Audience,
    /// The event that carries live updates.
    pub live_event: EventName,
    /// The event that carries the snapshot after a subscription.
    pub snapshot_event: EventName,
    /// Whether a subscription to a running research is answered with a snapshot.
    pub snapshot: bool,
    /// Whether refused subscriptions are answered with `subscribe_error`, and leaving is understood.
    pub subscribe_errors: bool,
    /// Refuses each subscription with this text, when `subscribe_errors` is on.
    pub refuse_subscriptions: Option<String>,
    /// Whether a session that was joined while subscriptions are refused is refused them for as long as it lives: the server takes the
    /// person from the handshake.
    pub keeps_persons: bool,
    /// Whether a session cookie is needed (`POST /login` gives one).
    pub sign_in: bool,
    /// What `X-CSRFToken` has to be.
    pub csrf_token: String,
    /// How many researches run at a time; the others wait in the queue.
    pub max_running: Option<usize>,
    /// Time between two steps of a scripted research.
    pub step_ms: u64,
    /// Time until a line that was sent live is found in the stored log.
    pub store_delay_ms: u64,
    /// How many stored lines a research keeps; the oldest go first.
    pub stored_lines: usize,
    /// How many lines wait to be stored until the application is asked for something, by somebody who is
    /// signed in; more are lost (1.5: 1,000). `None`: each is stored at once.
    pub log_queue: Option<usize>,
}

impl Default for AppConfig {
    fn default() -> Self {
        Self {
            audience: Audience::EverybodyAndSubscribers,
            live_event: EventName::Progress,
            snapshot_event: EventName::ResearchProgress,
            snapshot: true,
            subscribe_errors: false,
            refuse_subscriptions: None,
            keeps_persons: false,
            sign_in: false,
            csrf_token: "mock-csrf-token".into(),
            max_running: None,
            step_ms: 400,
            store_delay_ms: 0,
            stored_lines: 100_000,
            log_queue: None,
        }
    }
}

/// Who gets a live update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Everybody once, then each subscriber once more: subscribers get it twice (documented, 1.3).
    EverybodyAndSubscribers,
    /// The subscribers; everybody while there is none (1.5).
    SubscribersOrEverybody,
    /// The subscribers only.
    Subscribers,
}

/// The event that carries the updates of a research.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventName {
    /// `progress_<id>`
    Progress,
    /// `research_progress_<id>`
    ResearchProgress,
    /// One after the other.
    Both,
}

impl EventName {
    pub(crate) fn names(self, id: &str) -> Vec<String> {
        match self {
            Self::Progress => vec![format!("progress_{id}")],
            Self::ResearchProgress => vec![format!("research_progress_{id}")],
            Self::Both => vec![format!("progress_{id}"), format!("research_progress_{id}")],
        }
    }
}
