//! A server that restarts under many clients: who asks when, what the server takes, when all are live again.
//!
//! Clients and servers are the real core and the mock server. Between them is one queue, bounded, from which so many
//! requests a second are taken; what has no place in it is refused. A request that its client has given up is worked
//! on all the same. Polls that a server holds cost nothing while they are held.

mod crowd;
mod front;
mod outcome;
mod tally;

use research_socket::config::Config;

pub use outcome::Outcome;
pub use tally::{Count, Kind, Tally};

/// One second, in milliseconds.
pub(crate) const SECOND: u64 = 1_000;

/// How long the server is gone, in milliseconds.
pub const GONE: u64 = 30 * SECOND;

/// How long a server without other work would need for what it takes to serve all clients again, in seconds.
pub const SERVED_WITHIN: f64 = 30.0;

/// How soon all clients are to be live again after the server's return, in milliseconds.
pub const LIVE_WITHIN: u64 = 60 * SECOND;

/// How much higher the most requests in a second may be than their mean over the recovery.
pub const PEAK: f64 = 2.0;

/// Clients in the run that finds out what they ask for.
const SAMPLE: u32 = 100;

/// Places in the queue for each request that is taken in a second: what waits in it for longer than this many seconds
/// is refused.
const QUEUE_SECONDS: f64 = 0.5;

/// How clients come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// As this library does by default.
    Default,
    /// As socket.io-client does by default: attempts without end, and nothing but them.
    SocketIo,
    /// One attempt a second, without end, jitter and growth.
    Steady,
}

impl Strategy {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Default, Self::SocketIo, Self::Steady];

    /// The options of its clients.
    pub fn config(self) -> Config {
        let mut config = Config::new("http://host");
        if self != Self::Default {
            config.reconnection_attempts = None;
            config.fallback = None;
            config.history = false;
        }
        if self == Self::Steady {
            config.reconnection_delay_max_ms = config.reconnection_delay_ms;
            config.randomization_factor = 0.0;
        }
        config
    }
}

/// What happens to whom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Storm {
    /// How many clients there are, each with a page that somebody looks at.
    pub clients: u32,
    /// Whether all follow the same research, or each one of its own.
    pub shared: bool,
    /// How they come back.
    pub strategy: Strategy,
    /// Whether what has no place in the queue meets a closed door instead of a 503.
    pub closes: bool,
    /// How often the server pings, in milliseconds.
    pub ping_interval: u64,
    /// What all chance follows from.
    pub seed: u64,
}

/// What a server can do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Capacity {
    /// Requests a second.
    pub rate: f64,
    /// Requests that wait.
    pub queue: u32,
}

/// What clients by default ask for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Demand {
    /// Requests a second of a client that is live.
    pub calm: f64,
    /// Requests of a client until it is live again and has what it missed, besides those.
    pub back: f64,
}

impl Demand {
    /// As a small crowd shows it to a server that takes everything at once.
    pub fn of(storm: Storm) -> Self {
        let sample = Storm {
            clients: SAMPLE,
            strategy: Strategy::Default,
            ..storm
        };
        let outcome = crowd::run(sample, None);
        let clients = f64::from(SAMPLE);
        let calm = outcome.calm / clients;
        // In this time all are back, since nothing is refused.
        let seconds = 20;
        let asked: u32 = outcome.since_return().iter().take(seconds).sum();
        Self {
            calm,
            back: f64::from(asked) / clients - calm * seconds as f64,
        }
    }

    /// What serves so many clients again in [`SERVED_WITHIN`], besides what those ask for that are live.
    pub fn capacity(self, clients: u32) -> Capacity {
        let rate = f64::from(clients) * (self.calm + self.back / SERVED_WITHIN);
        Capacity {
            rate,
            queue: (rate * QUEUE_SECONDS) as u32,
        }
    }
}

/// Runs it on a server that can do so much.
pub fn run(storm: Storm, capacity: Capacity) -> Outcome {
    crowd::run(storm, Some(capacity))
}
