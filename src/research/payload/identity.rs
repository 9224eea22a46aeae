//! What makes a line of a log the same line.

use super::date::Instant;
use super::hash::{hash, mix};

/// What makes a line the same line.
///
/// A live line has microseconds, its stored copy whole seconds: they have the same `key`. Lines with
/// the same key are told apart by `exact`, or by their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::research) struct Identity {
    /// Of the message.
    pub(in crate::research) words: u64,
    /// Of the whole second and the message; of the message alone without a time that can be read.
    pub(in crate::research) key: u64,
    /// Of the time and the message; `None` for a line without any time.
    pub(in crate::research) exact: Option<u64>,
    /// `None` without a time that can be read.
    pub(in crate::research) time: Option<Instant>,
}

impl Identity {
    /// Of a line with this message and time, as the server wrote it.
    pub(in crate::research) fn new(seed: u64, time: Option<&str>, message: &str) -> Self {
        Self::ahead(seed, time, message, 0)
    }

    /// The same, of a time that is so many seconds ahead of what it is read as.
    pub(in crate::research) fn ahead(
        seed: u64,
        time: Option<&str>,
        message: &str,
        seconds: i64,
    ) -> Self {
        let words = hash(!seed, &[message]);
        let instant = time.and_then(Instant::parse).map(|instant| Instant {
            second: instant.second - seconds,
            ..instant
        });
        Self {
            words,
            key: key(words, instant),
            exact: match instant {
                Some(instant) => Some(exact(words, instant)),
                None => time.map(|time| hash(seed, &[time, message])),
            },
            time: instant,
        }
    }
}

/// A line of a stored log. There can be very many of them at a time, so what follows from something
/// else is worked out when it is needed.
#[derive(Clone, Copy, Debug)]
pub(in crate::research) struct Stored {
    /// Hash of the message.
    pub(in crate::research) words: u64,
    pub(in crate::research) time: Option<Instant>,
    /// The server's number of the line, if it has one: it grows.
    pub(in crate::research) id: Option<i64>,
    /// Its place among the elements of the log.
    pub(in crate::research) place: u32,
    /// Whether the page is to get it: the answer of `Ledger::answer`.
    pub(in crate::research) is_missing: bool,
}

impl Stored {
    /// The line of this identity, with the server's number.
    pub(in crate::research) const fn new(identity: Identity, id: Option<i64>) -> Self {
        Self {
            words: identity.words,
            time: identity.time,
            id,
            place: 0,
            is_missing: false,
        }
    }

    /// That of its [`Identity`].
    pub(in crate::research) fn key(&self) -> u64 {
        key(self.words, self.time)
    }

    /// The identity by exact time, if the time is written more exactly than in whole seconds.
    pub(in crate::research) fn exact(&self) -> Option<u64> {
        let time = self.time.filter(|time| time.nanos.is_some())?;
        Some(exact(self.words, time))
    }

    /// Its place in order of time; without one it comes first.
    pub(in crate::research) fn second(&self) -> i64 {
        self.time.map_or(i64::MIN, |time| time.second)
    }
}

fn key(words: u64, time: Option<Instant>) -> u64 {
    time.map_or(words, |time| mix(words ^ mix(time.second.cast_unsigned())))
}

fn exact(words: u64, time: Instant) -> u64 {
    mix(key(words, Some(time)) ^ u64::from(time.nanos.unwrap_or(0)))
}
