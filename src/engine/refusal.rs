//! What a server says with its 400, in the words of those that there are.

use crate::json::Raw;

/// Why a server refuses a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The page is of an origin that it does not accept. Browsers name it with a POST, and with a GET
    /// only to another origin, whose server they then let nobody read: so it is the answer to the
    /// first POST, such as behind a proxy that changes `Host`.
    Origin,
    /// Long-polling is switched off.
    Polling,
    /// The session is unknown.
    Session,
    /// The version of the protocol.
    Version,
}

/// The beginnings of what python-engineio 4 writes, as a string of JSON or, in older versions, as such.
const BEGINNINGS: [(&str, Refusal); 6] = [
    ("Bad Request", Refusal::Session),
    ("Invalid session", Refusal::Session),
    ("'Session ", Refusal::Session),
    ("Invalid transport", Refusal::Polling),
    ("Not an accepted origin", Refusal::Origin),
    (
        "The client is using an unsupported version",
        Refusal::Version,
    ),
];

/// How the one ends that begins with the origin.
const NOT_ACCEPTED: &str = "is not an accepted origin.";

impl Refusal {
    /// Reads the body of a 400; `None` for words that nobody knows.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let text = str::from_utf8(body).ok()?.trim_ascii();
        let raw = Raw::parse(text).ok();
        // engine.io: `{"code":1,"message":"Session ID unknown"}`.
        if let Some(code) = raw.and_then(|raw| raw.get("code")) {
            return match code.as_str() {
                "0" => Some(Self::Polling),
                "1" => Some(Self::Session),
                "5" => Some(Self::Version),
                _ => None,
            };
        }
        let string = raw.and_then(Raw::string);
        let words = string.as_deref().unwrap_or(text);
        if words.ends_with(NOT_ACCEPTED) {
            return Some(Self::Origin);
        }
        let mut known = BEGINNINGS.iter();
        known
            .find(|(beginning, _)| words.starts_with(beginning))
            .map(|(_, refusal)| *refusal)
    }

    /// Words without anything of whoever was refused, which [`read`](Self::read) as the same.
    pub(crate) fn words(self) -> &'static str {
        let mut known = BEGINNINGS.iter();
        known
            .find(|(_, refusal)| *refusal == self)
            .map_or("", |(words, _)| words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bodies of Flask-SocketIO 5.7 and python-socketio 5.18 (python-engineio 4.15) and of socket.io 4.8, as
    /// they came, and others. The doctor reads the same ones (`tests/facade/refusal.test.mjs`).
    #[test]
    fn the_words_of_real_servers_are_read() {
        let table = include_str!("../../tests/servers/refusals.json");
        let table: Vec<(String, Option<String>)> = serde_json::from_str(table).unwrap();
        for (body, expected) in table {
            let found = match Refusal::read(body.as_bytes()) {
                Some(Refusal::Origin) => Some("ORIGIN"),
                Some(Refusal::Polling) => Some("POLLING"),
                Some(Refusal::Session) => Some("SESSION"),
                Some(Refusal::Version) => Some("VERSION"),
                None => None,
            };
            assert_eq!(found, expected.as_deref(), "{body}");
        }
    }

    #[test]
    fn what_takes_the_place_of_its_words_in_a_trace_is_read_as_the_same() {
        for refusal in [
            Refusal::Origin,
            Refusal::Polling,
            Refusal::Session,
            Refusal::Version,
        ] {
            assert_eq!(Refusal::read(refusal.words().as_bytes()), Some(refusal));
        }
    }
}
