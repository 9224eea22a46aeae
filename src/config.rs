//! Options with their defaults, checked once.

use std::fmt;

use crate::backoff::Backoff;
use crate::socket::packet::{MAIN_NAMESPACE, is_valid_namespace};
use crate::socket::{self};
use crate::websocket::Transport;

/// The longest time that any option takes, in milliseconds: one day.
pub const MAX_OPTION_MS: u64 = 86_400_000;

/// The largest number of remembered log lines: at up to 100 bytes each, some 100 MB.
pub const MAX_DEDUP_ENTRIES: u64 = 1_000_000;

/// The largest number of bytes that may wait to be sent: what a page can do without.
pub const MAX_EMIT_BUFFER: u64 = 256 * 1_024 * 1_024;

/// Where newer servers answer.
pub const OTHER_PATH: &str = "/ws/socket.io";

/// The place of the research's id in a path.
pub const ID_PLACEHOLDER: &str = "{id}";

/// The options of one client. Names and defaults are socket.io-client's where it has them.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Origin of the server, without a slash at its end. No default: the page's origin.
    pub url: String,
    /// Path of the Socket.IO server. Default: `/socket.io`.
    pub path: String,
    /// Whether to look at [`OTHER_PATH`] as well where nothing is at [`path`](Self::path). Default:
    /// false; a page that names no path has it on.
    pub either_path: bool,
    /// What carries the connection. Default: [`Transport::Polling`], as the application documents it.
    pub transport: Transport,
    /// Whether long-polling takes the place of a WebSocket that cannot be opened and never could, in the same attempt;
    /// once that has worked, here or for another client that [`Input::NoWebSocket`](crate::research::Input::NoWebSocket) tells of,
    /// for good. Default: false.
    pub fall_back: bool,
    /// Whether a WebSocket takes the place of long-polling once a session is open, where the server offers that and one
    /// can be opened; one that cannot, here or there, is not tried again. Default: false.
    pub upgrade: bool,
    /// Namespace. Default: `/`.
    pub namespace: String,
    /// Whether to try again after a failure. Default: true.
    pub reconnection: bool,
    /// How often, `None` for no end. Default: 5.
    pub reconnection_attempts: Option<u32>,
    /// Whether to try again what the server refuses, in the end every 30 s
    /// ([`persistence`](crate::persistence)), and to look for a server when all attempts are used up, in
    /// the end every 15 s. Without it the page has to be looked at again first. Default: true.
    pub persistent: bool,
    /// Delay of the first attempt in milliseconds, 0 to a day. Default: 1000.
    pub reconnection_delay_ms: u64,
    /// Longest delay in milliseconds, 0 to a day. Default: 5000.
    pub reconnection_delay_max_ms: u64,
    /// Share of jitter in a delay, 0 to 1. Default: 0.5.
    pub randomization_factor: f64,
    /// Longest wait for a handshake, a CONNECT, a POST and the page's credentials in milliseconds,
    /// 1 to a day. Default: 20000.
    pub timeout_ms: u64,
    /// Status polling while there is no live connection; `None` for none at all.
    pub fallback: Option<Fallback>,
    /// Where to ask for the status of a research; [`ID_PLACEHOLDER`] stands for its id. Default:
    /// `/api/research/{id}/status`.
    pub status_path: String,
    /// Where to end a research. Default: `/api/terminate/{id}`.
    pub terminate_path: String,
    /// Whether log lines that were missed are fetched from the server's stored log. Default: true.
    pub history: bool,
    /// Whether the stored log of a research that the page follows before there is a connection is asked for as soon as a handshake is
    /// answered, and not only when there is one: its lines are there sooner, for one request more. Default: true.
    pub early_history: bool,
    /// Where the stored log is: an array of lines with ids. Default: `/api/research/{id}/logs`.
    pub logs_path: String,
    /// Where else the stored log may be; asked when [`logs_path`](Self::logs_path) answers 404.
    /// Default: `/history/logs/{id}`.
    pub history_path: String,
    /// Whether the server is asked now and then to store its log while live lines come: with a request for
    /// the status for each 250 lines, at most one a second and at least one each 15 s. Some servers store
    /// it only when they are asked for something. It needs [`fallback`](Self::fallback). Default: true.
    pub flush_logs: bool,
    /// After how much silence of a research over a live connection its status is asked for, in
    /// milliseconds, 1000 to a day; `None` for never. It needs [`fallback`](Self::fallback).
    /// Default: 60000.
    pub stall_after_ms: Option<u64>,
    /// How many log lines are remembered for each research, to show none twice; 1 to
    /// [`MAX_DEDUP_ENTRIES`]. Default: 50000.
    pub dedup_entries: usize,
    /// How many bytes of emits may wait to be sent or acknowledged, and as many of acknowledgements of
    /// the page; 1 to [`MAX_EMIT_BUFFER`]. Default: [`socket::MAX_WAITING_BYTES`].
    pub max_emit_buffer: usize,
}

/// When and how often to poll the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fallback {
    /// From the answer to the next question, in milliseconds, 100 to a day; longer while there is no answer either, and once after a connection that was
    /// dropped at once, or over a new one while the research does not go on. Default: 3000.
    pub interval_ms: u64,
    /// After how many connection errors in a row it starts, at least 1. Default: 3. It starts in
    /// any case when no attempts are left.
    pub after: u32,
    /// Longest wait for an answer in milliseconds, 1 to a day. Default: 10000.
    pub timeout_ms: u64,
}

impl Default for Fallback {
    fn default() -> Self {
        Self {
            interval_ms: 3000,
            after: 3,
            timeout_ms: 10_000,
        }
    }
}

/// Longest wait for an answer without a `fallback` option that says otherwise, in milliseconds.
const DEFAULT_TIMEOUT_MS: u64 = 10_000;

/// The wait before a question that failed is asked again, without a `fallback` option that says otherwise, in milliseconds.
const DEFAULT_INTERVAL_MS: u64 = 3000;

impl Config {
    /// The defaults for the server at `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            path: "/socket.io".to_owned(),
            either_path: false,
            transport: Transport::default(),
            fall_back: false,
            upgrade: false,
            namespace: MAIN_NAMESPACE.to_owned(),
            reconnection: true,
            reconnection_attempts: Some(5),
            persistent: true,
            reconnection_delay_ms: 1000,
            reconnection_delay_max_ms: 5000,
            randomization_factor: 0.5,
            timeout_ms: 20_000,
            fallback: Some(Fallback::default()),
            status_path: "/api/research/{id}/status".to_owned(),
            terminate_path: "/api/terminate/{id}".to_owned(),
            history: true,
            early_history: true,
            logs_path: "/api/research/{id}/logs".to_owned(),
            history_path: "/history/logs/{id}".to_owned(),
            flush_logs: true,
            stall_after_ms: Some(60_000),
            dedup_entries: 50_000,
            max_emit_buffer: socket::MAX_WAITING_BYTES,
        }
    }

    /// The longest wait for an answer about a research, in milliseconds.
    pub(crate) fn check_timeout_ms(&self) -> u64 {
        self.fallback
            .map_or(DEFAULT_TIMEOUT_MS, |fallback| fallback.timeout_ms)
    }

    /// From an answer about a research to the next question, in milliseconds.
    pub(crate) fn interval_ms(&self) -> u64 {
        self.fallback
            .map_or(DEFAULT_INTERVAL_MS, |fallback| fallback.interval_ms)
    }

    /// Checks every range.
    ///
    /// # Errors
    /// The first option that is out of its range, by the name it has in JavaScript.
    pub fn check(&self) -> Result<(), ConfigError> {
        let refuse = |option, expected| Err(ConfigError { option, expected });
        let day = "a whole number of milliseconds from 0 to 86400000";
        let some_day = "a whole number of milliseconds from 1 to 86400000";
        // Whatever stands behind the origin cannot lead to another one.
        if !is_origin(&self.url) {
            return refuse("url", "an http: or https: origin");
        }
        if !is_path(&self.path) {
            return refuse(
                "path",
                "a path as in an address: one / at its start, no `.` or `..` in it, special \
                 characters percent-encoded",
            );
        }
        if !is_valid_namespace(&self.namespace) {
            return refuse(
                "namespace",
                "a name that starts with / and has no comma, ? or control character",
            );
        }
        if self.reconnection_delay_ms > MAX_OPTION_MS {
            return refuse("reconnectionDelay", day);
        }
        if self.reconnection_delay_max_ms > MAX_OPTION_MS {
            return refuse("reconnectionDelayMax", day);
        }
        if !(0.0..=1.0).contains(&self.randomization_factor) {
            return refuse("randomizationFactor", "a number from 0 to 1");
        }
        if !(1..=MAX_OPTION_MS).contains(&self.timeout_ms) {
            return refuse("timeout", some_day);
        }
        if let Some(fallback) = self.fallback {
            if !(100..=MAX_OPTION_MS).contains(&fallback.interval_ms) {
                return refuse(
                    "fallback.interval",
                    "a whole number of milliseconds from 100 to 86400000",
                );
            }
            if fallback.after == 0 {
                return refuse("fallback.after", "a whole number of at least 1");
            }
            if !(1..=MAX_OPTION_MS).contains(&fallback.timeout_ms) {
                return refuse("fallback.timeout", some_day);
            }
        }
        for (option, path) in [
            ("fallback.statusPath", &self.status_path),
            ("terminatePath", &self.terminate_path),
            ("logsPath", &self.logs_path),
            ("historyPath", &self.history_path),
        ] {
            let with_some_id = with_id(path, "x");
            if with_some_id == *path || !is_path(&with_some_id) {
                return refuse(
                    option,
                    "a path with {id}, as in an address: one / at its start, no `.` or `..` in \
                     it, special characters percent-encoded",
                );
            }
        }
        if let Some(stall_after_ms) = self.stall_after_ms
            && !(1000..=MAX_OPTION_MS).contains(&stall_after_ms)
        {
            return refuse(
                "stallAfter",
                "a whole number of milliseconds from 1000 to 86400000, or false",
            );
        }
        if !(1..=MAX_DEDUP_ENTRIES).contains(&(self.dedup_entries as u64)) {
            return refuse("dedup.entries", "a whole number from 1 to 1000000");
        }
        if !(1..=MAX_EMIT_BUFFER).contains(&(self.max_emit_buffer as u64)) {
            return refuse(
                "maxEmitBuffer",
                "a whole number of bytes from 1 to 268435456",
            );
        }
        Ok(())
    }

    /// Where the Socket.IO server is: origin and path, with a slash at its end.
    pub(crate) fn server(&self) -> String {
        let slash = if self.path.ends_with('/') { "" } else { "/" };
        [&self.url, &self.path, slash].concat()
    }

    pub(crate) fn socket(&self) -> socket::Settings {
        socket::Settings {
            url: self.server(),
            other_url: (self.either_path).then(|| [&self.url, OTHER_PATH, "/"].concat()),
            namespace: self.namespace.clone(),
            transport: self.transport,
            fall_back: self.fall_back,
            upgrade: self.upgrade,
            reconnection: self.reconnection,
            attempts: self.reconnection_attempts,
            backoff: Backoff {
                delay_ms: self.reconnection_delay_ms,
                delay_max_ms: self.reconnection_delay_max_ms,
                randomization_factor: self.randomization_factor,
            },
            timeout_ms: self.timeout_ms,
            max_waiting: self.max_emit_buffer,
            persistent: self.persistent,
            probe: self.persistent || self.fallback.is_some(),
        }
    }

    /// The address of `path` for the research `id`.
    pub(crate) fn address(&self, path: &str, id: &str) -> String {
        let mut escaped = String::new();
        for byte in id.bytes() {
            // Unreserved characters of RFC 3986; all others are percent-encoded.
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                escaped.push(char::from(byte));
            } else {
                escaped.push('%');
                for digit in [byte >> 4, byte & 15] {
                    let digit = char::from_digit(u32::from(digit), 16).unwrap_or('0');
                    escaped.push(digit.to_ascii_uppercase());
                }
            }
        }
        [&*self.url, &with_id(path, &escaped)].concat()
    }
}

/// Whether it is scheme, host and port and no more.
fn is_origin(url: &str) -> bool {
    let host = url.strip_prefix("https://");
    let host = host
        .or_else(|| url.strip_prefix("http://"))
        .unwrap_or_default();
    let is_of_host = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':' | b'[' | b']' | b'_')
    };
    !host.is_empty() && host.bytes().all(is_of_host)
}

/// Whether no browser changes the path when it stands in an address, so that it cannot lead to
/// another host or out of its place (RFC 3986, 3.3). Proxies may decode dots and slashes before they
/// resolve the dots: encoded ones count as well.
fn is_path(path: &str) -> bool {
    let [b'/', rest @ ..] = path.as_bytes() else {
        return false;
    };
    if rest.first() == Some(&b'/') {
        return false;
    }
    let (mut dots, mut others) = (false, false);
    let mut bytes = rest.iter();
    while let Some(byte) = bytes.next() {
        let mut byte = *byte;
        if byte == b'%' {
            let mut digit = || char::from(*bytes.next()?).to_digit(16);
            let (Some(high), Some(low)) = (digit(), digit()) else {
                return false;
            };
            byte = match high << 4 | low {
                0x2e => b'.',
                0x2f | 0x5c => b'/',
                _ => b'~',
            };
        }
        match byte {
            b'/' if dots && !others => return false,
            b'/' => (dots, others) = (false, false),
            b'.' => dots = true,
            // Unreserved characters, sub-delimiters, `:` and `@`.
            b'-' | b'_' | b'~' | b'!' | b'$' | b'&'..=b',' | b';' | b'=' | b':' | b'@' => {
                others = true;
            }
            _ if byte.is_ascii_alphanumeric() => others = true,
            _ => return false,
        }
    }
    others || !dots
}

/// The path with `id` in each place of [`ID_PLACEHOLDER`]. The standard library's search for a
/// text is larger than the rest of this file.
fn with_id(path: &str, id: &str) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix(ID_PLACEHOLDER) {
            out.push_str(id);
            rest = after;
        } else {
            out.push(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }
    out
}

/// An option with a value that it cannot have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The name in JavaScript.
    pub option: &'static str,
    /// What it should be.
    pub expected: &'static str,
}

impl ConfigError {
    /// What is wrong, in words.
    pub fn message(&self) -> String {
        ["option `", self.option, "` must be ", self.expected].concat()
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for ConfigError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(Config::new("http://127.0.0.1:5000").check(), Ok(()));
    }

    #[test]
    fn an_option_at_its_bound_is_taken() {
        let mut config = Config::new("https://host");
        for (millis, interval_ms, stall_after_ms, entries, factor) in [
            (1, 100, 1000, 1, 0.0),
            (
                MAX_OPTION_MS,
                MAX_OPTION_MS,
                MAX_OPTION_MS,
                MAX_DEDUP_ENTRIES as usize,
                1.0,
            ),
        ] {
            config.reconnection_delay_ms = millis;
            config.reconnection_delay_max_ms = millis;
            config.randomization_factor = factor;
            config.timeout_ms = millis;
            config.stall_after_ms = Some(stall_after_ms);
            config.dedup_entries = entries;
            config.max_emit_buffer = entries;
            config.fallback = Some(Fallback {
                interval_ms,
                after: 1,
                timeout_ms: millis,
            });
            assert_eq!(config.check(), Ok(()));
        }
    }

    #[test]
    fn an_option_out_of_range_is_named() {
        type Spoil = fn(&mut Config);
        let refusals: [(Spoil, &str); 20] = [
            (|c| c.url = "ftp://host".to_owned(), "url"),
            (|c| c.path = "socket.io".to_owned(), "path"),
            (|c| c.path = "/socket.io?a=b".to_owned(), "path"),
            (|c| c.path = "/socket.io#a".to_owned(), "path"),
            (|c| c.namespace = "a,b".to_owned(), "namespace"),
            (|c| c.reconnection_delay_ms = u64::MAX, "reconnectionDelay"),
            (
                |c| c.reconnection_delay_max_ms = u64::MAX,
                "reconnectionDelayMax",
            ),
            (|c| c.randomization_factor = f64::NAN, "randomizationFactor"),
            (|c| c.timeout_ms = 0, "timeout"),
            (
                |c| {
                    c.fallback = Some(Fallback {
                        interval_ms: 9,
                        ..c.fallback.unwrap()
                    })
                },
                "fallback.interval",
            ),
            (
                |c| {
                    c.fallback = Some(Fallback {
                        after: 0,
                        ..c.fallback.unwrap()
                    })
                },
                "fallback.after",
            ),
            (
                |c| c.status_path = "/status".to_owned(),
                "fallback.statusPath",
            ),
            (|c| c.terminate_path = "{id}".to_owned(), "terminatePath"),
            (|c| c.logs_path = "logs/{id}".to_owned(), "logsPath"),
            (|c| c.history_path = "/history".to_owned(), "historyPath"),
            (|c| c.stall_after_ms = Some(999), "stallAfter"),
            (|c| c.stall_after_ms = Some(MAX_OPTION_MS + 1), "stallAfter"),
            (|c| c.dedup_entries = 0, "dedup.entries"),
            (|c| c.max_emit_buffer = 0, "maxEmitBuffer"),
            (
                |c| c.max_emit_buffer = MAX_EMIT_BUFFER as usize + 1,
                "maxEmitBuffer",
            ),
        ];
        for (spoil, option) in refusals {
            let mut config = Config::new("https://host");
            spoil(&mut config);
            let error = config.check().unwrap_err();
            assert_eq!(error.option, option);
            assert!(error.to_string().contains(option));
        }
    }

    #[test]
    fn the_path_has_one_slash_at_its_end() {
        for path in ["/socket.io", "/socket.io/"] {
            let config = Config {
                path: path.to_owned(),
                ..Config::new("http://host")
            };
            assert_eq!(config.socket().url, "http://host/socket.io/");
        }
    }

    #[test]
    fn an_id_cannot_leave_its_place_in_an_address() {
        let config = Config::new("http://host");
        assert_eq!(
            config.address(&config.status_path, "a/%2e%2e/b?c=ä"),
            "http://host/api/research/a%2F%252e%252e%2Fb%3Fc%3D%C3%A4/status"
        );
    }
}
