//! The handshake: what the `open` packet of Engine.IO v4 says about the new session.

use std::fmt;

use crate::json::{self, Raw};
use crate::text::push_decimal;

/// The longest session id that is accepted, in bytes. It goes into every URL; servers use 20.
pub const MAX_SID_BYTES: usize = 1_024;

/// The longest ping interval and ping time-out that are accepted: one day, in milliseconds.
/// Whoever sends more has mixed up its units.
pub const MAX_PING_MS: u64 = 86_400_000;

/// The most transports that are kept of a handshake, and the most bytes of a name: there are three,
/// of up to twelve.
const MAX_UPGRADES: usize = 8;
const MAX_UPGRADE_BYTES: usize = 32;

/// The session that the server has opened (protocol, "Handshake").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handshake {
    /// The session id, for the query of every later request; 1 to [`MAX_SID_BYTES`] bytes.
    pub sid: String,
    /// The transports the server offers to change to.
    pub upgrades: Vec<String>,
    /// How often the server pings, in milliseconds; 0 to [`MAX_PING_MS`]. python-engineio announces
    /// whole seconds, so 0 for every interval below one.
    pub ping_interval_ms: u64,
    /// How long a ping may be late before the connection is dead, in milliseconds; 1 to
    /// [`MAX_PING_MS`].
    pub ping_timeout_ms: u64,
    /// How many bytes the body of a POST may have, at least 1; `None` if the server does not say.
    pub max_payload: Option<u64>,
}

impl Handshake {
    /// Reads the JSON of an `open` packet. Unknown members are ignored.
    ///
    /// # Errors
    /// The first member that is missing, of the wrong type, or out of its range.
    pub fn decode(text: &str) -> Result<Self, HandshakeError> {
        let raw = Raw::parse(text).map_err(HandshakeError::Json)?;
        let sid = raw.get("sid").and_then(Raw::string).unwrap_or_default();
        if sid.is_empty() || sid.len() > MAX_SID_BYTES {
            return Err(HandshakeError::Sid);
        }
        let mut upgrades = Vec::new();
        if let Some(list) = raw.get("upgrades") {
            let names = list.elements().filter_map(Raw::string);
            let names = names.filter(|name| name.len() <= MAX_UPGRADE_BYTES);
            upgrades.extend(names.take(MAX_UPGRADES).map(String::from));
        }
        Ok(Self {
            sid: sid.into_owned(),
            upgrades,
            ping_interval_ms: milliseconds(raw.get("pingInterval"))
                .ok_or(HandshakeError::PingInterval)?,
            ping_timeout_ms: milliseconds(raw.get("pingTimeout"))
                .filter(|timeout| *timeout > 0)
                .ok_or(HandshakeError::PingTimeout)?,
            max_payload: match raw.get("maxPayload") {
                Some(limit) if !limit.is_null() => {
                    Some(positive(limit).ok_or(HandshakeError::MaxPayload)?)
                }
                Some(_) | None => None,
            },
        })
    }

    /// Appends the JSON of an `open` packet to `out`.
    pub fn encode(&self, out: &mut String) {
        out.push_str("{\"sid\":");
        json::write_string(out, &self.sid);
        out.push_str(",\"upgrades\":[");
        for (place, upgrade) in self.upgrades.iter().enumerate() {
            if place > 0 {
                out.push(',');
            }
            json::write_string(out, upgrade);
        }
        out.push_str("],\"pingInterval\":");
        push_decimal(out, self.ping_interval_ms);
        out.push_str(",\"pingTimeout\":");
        push_decimal(out, self.ping_timeout_ms);
        if let Some(limit) = self.max_payload {
            out.push_str(",\"maxPayload\":");
            push_decimal(out, limit);
        }
        out.push('}');
    }
}

fn milliseconds(raw: Option<Raw<'_>>) -> Option<u64> {
    let value = u64::try_from(raw?.integer()?).ok()?;
    (value <= MAX_PING_MS).then_some(value)
}

fn positive(raw: Raw<'_>) -> Option<u64> {
    u64::try_from(raw.integer()?)
        .ok()
        .filter(|value| *value > 0)
}

/// Why an `open` packet cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandshakeError {
    /// It is no JSON.
    Json(json::Error),
    /// `maxPayload` is there, but is no positive whole number.
    MaxPayload,
    /// `pingInterval` is missing, or no whole number from 1 to [`MAX_PING_MS`].
    PingInterval,
    /// `pingTimeout` is missing, or no whole number from 1 to [`MAX_PING_MS`].
    PingTimeout,
    /// `sid` is missing, no string, empty, or longer than [`MAX_SID_BYTES`].
    Sid,
}

impl HandshakeError {
    /// What is wrong, in words.
    pub fn message(&self) -> String {
        let words = match self {
            Self::Json(error) => return ["the handshake is not JSON: ", &error.message()].concat(),
            Self::MaxPayload => "the handshake's maxPayload is not a positive number",
            Self::PingInterval => "the handshake has no usable pingInterval",
            Self::PingTimeout => "the handshake has no usable pingTimeout",
            Self::Sid => "the handshake has no usable sid",
        };
        words.to_owned()
    }
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for HandshakeError {}
