//! What makes a line of a log the same line.

use super::date::Instant;
use super::dedup;

/// What makes a line the same line.
///
/// A live line has microseconds, its stored copy whole seconds: they have the same `key`. Lines with
/// the same key are told apart by `exact`, or by their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    /// Of the whole second and the message; of the message alone without a time that can be read.
    pub(super) key: u64,
    /// Of the time and the message; `None` for a line without any time.
    pub(super) exact: Option<u64>,
    /// `None` without a time that can be read.
    pub(super) time: Option<Instant>,
}

impl Identity {
    /// Of a line with this message and time, as the server wrote it.
    pub(super) fn new(seed: u64, time: Option<&str>, message: &str) -> Self {
        let instant = time.and_then(Instant::parse);
        if let Some(Instant { second, nanos }) = instant {
            let key = dedup::hash(dedup::mix(seed) ^ second as u64, &[message]);
            return Self {
                key,
                exact: Some(dedup::mix(key ^ u64::from(nanos.unwrap_or(0)))),
                time: instant,
            };
        }
        Self {
            key: Self::of_message(seed, message),
            exact: time.map(|time| dedup::hash(seed, &[time, message])),
            time: None,
        }
    }

    pub(super) fn of_message(seed: u64, message: &str) -> u64 {
        dedup::hash(!seed, &[message])
    }
}

/// A line of a stored log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored<'a> {
    pub(super) identity: Identity,
    pub(super) message: &'a str,
    /// The server's number of the line, if it has one: it grows.
    pub(super) id: Option<i64>,
    /// Whether the page is to get it: the answer of [`Ledger::answer`].
    pub(super) is_missing: bool,
}

impl Stored<'_> {
    /// The identity by exact time, if the time is written more exactly than in whole seconds.
    pub(super) fn exact(&self) -> Option<u64> {
        self.identity.time?.nanos?;
        self.identity.exact
    }
}
