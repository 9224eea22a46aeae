//! Why a connection failed: stable codes, plain words, and what to do next.

use std::fmt;

use crate::text::decimal;
use crate::websocket::BROKEN_OFF;

/// Stable names of failures, as `ResearchSocketError.code` shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The page or the server withdrew the request.
    Aborted,
    /// Too many emits wait for a connection.
    BufferFull,
    /// The client was closed.
    Closed,
    /// The connection was lost before the answer.
    Disconnected,
    /// A broken invariant of this library.
    Internal,
    /// The page gave something that cannot be sent.
    InvalidArgument,
    /// Wrong path, or unknown research.
    NotFound,
    /// The server does not accept the page's origin.
    OriginRefused,
    /// A message is larger than the server takes, or an answer larger than this client does.
    PayloadTooLarge,
    /// The server has long-polling switched off.
    PollingRefused,
    /// What came is not the protocol.
    Protocol,
    /// The server speaks another version of it.
    ProtocolVersion,
    /// The server or a proxy reported a fault.
    Server,
    /// Several workers without sticky sessions.
    StickySession,
    /// The server asked to wait.
    Throttled,
    /// No answer in time.
    Timeout,
    /// The network failed.
    Transport,
    /// The server does not let this page in.
    Unauthorized,
}

impl Code {
    /// The name that JavaScript sees.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aborted => "ABORTED",
            Self::BufferFull => "BUFFER_FULL",
            Self::Closed => "CLOSED",
            Self::Disconnected => "DISCONNECTED",
            Self::Internal => "INTERNAL",
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::NotFound => "NOT_FOUND",
            Self::OriginRefused => "ORIGIN_REFUSED",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::PollingRefused => "POLLING_REFUSED",
            Self::Protocol => "PROTOCOL",
            Self::ProtocolVersion => "PROTOCOL_VERSION",
            Self::Server => "SERVER",
            Self::StickySession => "STICKY_SESSION",
            Self::Throttled => "THROTTLED",
            Self::Timeout => "TIMEOUT",
            Self::Transport => "TRANSPORT",
            Self::Unauthorized => "UNAUTHORIZED",
        }
    }
}

/// What a deadline was waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The answer to the namespace CONNECT.
    Connect,
    /// The page's own `auth`, `headers` or `query` function.
    Credentials,
    /// The Engine.IO open packet.
    Handshake,
    /// The server's next ping.
    Heartbeat,
    /// The answer to a POST.
    Post,
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The machine or the page slept for longer than the server keeps a silent session.
    Asleep,
    /// 400 with words that nobody knows. Carries their beginning.
    BadRequest(String),
    /// The page closed the client.
    Closed,
    /// CONNECT_ERROR: the server refused the namespace. Carries what it said.
    ConnectError(Box<Words>),
    /// The page's own `auth`, `headers` or `query` function failed. Carries its words.
    Credentials(String),
    /// A response broke off in its body. Carries the browser's words.
    CutBody(String),
    /// A broken invariant of this library.
    Internal(&'static str),
    /// A sign-in page instead of an answer.
    LoginPage,
    /// No connection to the server. Carries the browser's words.
    Network(String),
    /// A complete answer that is no Engine.IO. Carries what came, shortened.
    NotEngineIo(String),
    /// 404 on the path.
    NotFound,
    /// The server did not end a research as the page asked. Carries the HTTP status.
    NotTerminated(u16),
    /// An open packet of Engine.IO 3, or a CONNECT of Socket.IO 2.
    OldServer,
    /// 400: the server does not accept the page's origin.
    OriginRefused,
    /// The session began before whoever is signed in now signed in: the server goes on refusing subscriptions over it.
    Outlived,
    /// The page is going away, into the back/forward cache, or is frozen.
    PageHidden,
    /// 400: the server has long-polling switched off.
    PollingRefused,
    /// The server speaks the protocol wrongly. Carries what it did.
    Protocol(String),
    /// A redirect of a request with headers or a body, which is not followed.
    Redirected,
    /// The server said that this page may not follow a research, and disconnected it. Carries its
    /// words.
    Refused(String),
    /// Engine.IO's close packet, or a WebSocket that was closed without a fault.
    ServerClosed,
    /// Socket.IO's DISCONNECT packet.
    ServerDisconnected,
    /// 400 on a session id: the server restarted, or another worker answered.
    SessionUnknown,
    /// A WebSocket that could not be opened, or ended. Carries the close code and the server's words.
    SocketClosed(u16, String),
    /// Another status than 200.
    Status(u16),
    /// Session after session unknown right after its handshake.
    StickySessions,
    /// 429 or 503 with Retry-After.
    Throttled {
        /// The HTTP status.
        status: u16,
        /// How long the server asks to wait, in milliseconds.
        retry_after_ms: u64,
    },
    /// Nothing came in time.
    Timeout(Phase),
    /// An answer has more than this client reads. Carries the bound.
    TooLarge(&'static str),
    /// 401 or 403.
    Unauthorized(u16),
    /// A research goes on, and nothing is heard of any over this session: the server may have disconnected it, in words that were lost.
    Unheard,
    /// 400: the server does not take this version of the protocol.
    VersionRefused,
}

/// What a server says when it refuses a namespace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Words {
    /// For people.
    pub message: String,
    /// JSON of the `data` beside it.
    pub data: Option<String>,
}

/// What follows a failure (wire rules: what is worth trying again, and when).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// After the back-off, as a counted attempt, but not before this many milliseconds.
    Counted {
        /// Lower bound of the wait in milliseconds.
        at_least_ms: u64,
    },
    /// At once the first time, then counted.
    Now,
    /// The server refuses this page, which may pass (see [`persistence`](crate::persistence)).
    Refused,
    /// Not without a reason from outside.
    Stop,
}

impl Failure {
    /// The stable name.
    pub const fn code(&self) -> Code {
        match self {
            Self::Closed => Code::Closed,
            Self::ConnectError(_)
            | Self::LoginPage
            | Self::Outlived
            | Self::Redirected
            | Self::Refused(_)
            | Self::Unauthorized(_) => Code::Unauthorized,
            Self::Credentials(_) | Self::PageHidden => Code::Aborted,
            Self::CutBody(_) | Self::Network(_) | Self::ServerClosed => Code::Transport,
            Self::Internal(_) => Code::Internal,
            Self::NotFound | Self::NotTerminated(404) => Code::NotFound,
            Self::NotEngineIo(_) | Self::Protocol(_) => Code::Protocol,
            Self::OldServer | Self::VersionRefused => Code::ProtocolVersion,
            Self::OriginRefused => Code::OriginRefused,
            Self::PollingRefused => Code::PollingRefused,
            Self::ServerDisconnected | Self::SessionUnknown | Self::Unheard => Code::Disconnected,
            Self::BadRequest(_) | Self::NotTerminated(_) | Self::Status(_) => Code::Server,
            Self::StickySessions => Code::StickySession,
            Self::Throttled { .. } => Code::Throttled,
            Self::Asleep | Self::Timeout(_) => Code::Timeout,
            Self::TooLarge(_) | Self::SocketClosed(1009, _) => Code::PayloadTooLarge,
            Self::SocketClosed(..) => Code::Transport,
        }
    }

    /// Whether trying again can help.
    pub const fn retry(&self) -> Retry {
        match self {
            Self::Closed | Self::Internal(_) | Self::PageHidden => Retry::Stop,
            Self::ConnectError(_)
            | Self::LoginPage
            | Self::NotFound
            | Self::Redirected
            | Self::Refused(_)
            | Self::Unauthorized(_) => Retry::Refused,
            Self::Asleep | Self::Outlived | Self::SessionUnknown | Self::Unheard => Retry::Now,
            Self::Throttled { retry_after_ms, .. } => Retry::Counted {
                at_least_ms: *retry_after_ms,
            },
            Self::BadRequest(_)
            | Self::Credentials(_)
            | Self::CutBody(_)
            | Self::Network(_)
            | Self::NotEngineIo(_)
            | Self::NotTerminated(_)
            | Self::OldServer
            | Self::OriginRefused
            | Self::PollingRefused
            | Self::Protocol(_)
            | Self::ServerClosed
            | Self::ServerDisconnected
            | Self::SocketClosed(..)
            | Self::Status(_)
            | Self::StickySessions
            | Self::Timeout(_)
            | Self::TooLarge(_)
            | Self::VersionRefused => Retry::Counted { at_least_ms: 0 },
        }
    }

    /// Whether the server, or the way to it, seems to be down, so that the next sign of life is a reason to
    /// try again at once. What a server says that is there is none: it would say it again.
    pub const fn is_outage(&self) -> bool {
        matches!(
            self,
            Self::Asleep
                | Self::CutBody(_)
                | Self::Network(_)
                // Going away, broken off, a fault, restarting, to be tried later, a bad gateway.
                | Self::SocketClosed(1001 | 1006 | 1011..=1014, _)
                | Self::Status(500..)
                | Self::Throttled { .. }
                | Self::Timeout(Phase::Connect | Phase::Handshake | Phase::Heartbeat | Phase::Post)
        )
    }

    /// What the end of a WebSocket says.
    pub(crate) fn of_close(code: u16, reason: String) -> Self {
        match code {
            1000 | 1005 => Self::ServerClosed,
            _ => Self::SocketClosed(code, reason),
        }
    }

    /// socket.io-client's words for the same in its `disconnect` event.
    pub const fn disconnect_reason(&self) -> &'static str {
        match self {
            Self::Closed | Self::PageHidden => "io client disconnect",
            Self::Refused(_) | Self::ServerDisconnected => "io server disconnect",
            Self::ServerClosed | Self::SocketClosed(..) => "transport close",
            Self::Asleep | Self::Timeout(Phase::Heartbeat) => "ping timeout",
            Self::NotEngineIo(_) | Self::OldServer | Self::Protocol(_) => "parse error",
            Self::BadRequest(_)
            | Self::ConnectError(_)
            | Self::Credentials(_)
            | Self::CutBody(_)
            | Self::Internal(_)
            | Self::LoginPage
            | Self::Network(_)
            | Self::NotFound
            | Self::NotTerminated(_)
            | Self::OriginRefused
            | Self::Outlived
            | Self::PollingRefused
            | Self::Redirected
            | Self::SessionUnknown
            | Self::Status(_)
            | Self::StickySessions
            | Self::Throttled { .. }
            | Self::Timeout(Phase::Connect | Phase::Credentials | Phase::Handshake | Phase::Post)
            | Self::TooLarge(_)
            | Self::Unauthorized(_)
            | Self::Unheard
            | Self::VersionRefused => "transport error",
        }
    }
}

impl Failure {
    /// What happened, and what to do about it, in words.
    pub fn message(&self) -> String {
        let status_words = |before: &str, status: u16, after: &str| {
            [before, &*decimal(status.into()), after].concat()
        };
        let (words, detail) = match self {
            Self::Asleep => (
                "the machine or the page slept, so that the server has ended the session",
                "",
            ),
            Self::BadRequest(words) => (
                "the server, or a proxy before it, answered with HTTP status 400",
                &**words,
            ),
            Self::Closed => ("the client was closed", ""),
            Self::ConnectError(words) => (
                "the server refused the connection (CONNECT_ERROR): sign in, or check `auth` and \
                 `namespace`; it said",
                &*words.message,
            ),
            Self::Credentials(detail) => (
                "the page's auth, headers or query function failed",
                &**detail,
            ),
            Self::CutBody(detail) => ("the server's answer broke off", &**detail),
            Self::Internal(detail) => ("a fault of research-socket itself", *detail),
            Self::LoginPage => (
                "a web page came instead of the server's answer, most likely a sign-in page: \
                 sign in again, or check `url` and `path`",
                "",
            ),
            Self::Network(detail) => (
                "the server cannot be reached: check that it runs, and its CORS settings if it \
                 has another origin",
                &**detail,
            ),
            Self::Outlived => (
                "the server refuses subscriptions over a session that began before you signed in: \
                 another is begun",
                "",
            ),
            Self::NotEngineIo(excerpt) => (
                "what answered is no Socket.IO server: check `url` and `path`; it sent",
                &**excerpt,
            ),
            Self::NotFound => (
                "404: there is no Socket.IO server at this path: check the option `path` \
                 (without it `/socket.io` and `/ws/socket.io` are tried)",
                "",
            ),
            Self::NotTerminated(404) => (
                "404: the server has no such research to end: check its id, and the option \
                 `terminatePath`",
                "",
            ),
            Self::NotTerminated(status) => {
                let words = "the server did not end the research (HTTP status ";
                let why = if *status == 400 {
                    "): check the option `csrfToken`"
                } else {
                    ")"
                };
                return status_words(words, *status, why);
            }
            Self::OldServer => (
                "this is a server of Socket.IO 2, and this client speaks to those of Socket.IO 3 and 4: \
                 update it (Flask-SocketIO 5, python-socketio 5, socket.io 3, or newer)",
                "",
            ),
            Self::OriginRefused => (
                "the server does not accept the origin of this page: name it in the server's \
                 `cors_allowed_origins`, or let the proxy before it pass on the headers Host and \
                 X-Forwarded-Proto",
                "",
            ),
            Self::PageHidden => ("the page was left or frozen", ""),
            Self::PollingRefused => (
                "the server has long-polling switched off: add `polling` to its `transports`, or let \
                 the page use a WebSocket (option `transports`)",
                "",
            ),
            Self::Protocol(detail) => ("the server broke the protocol", &**detail),
            Self::Redirected => (
                "the server redirects a request whose headers or data no other server may get, most \
                 likely to a sign-in page: sign in again, or give `url` and paths as they are after \
                 the redirect",
                "",
            ),
            Self::Refused(words) => (
                "the server does not let this page in: sign in again; it said",
                &**words,
            ),
            Self::ServerClosed => ("the server closed the session", ""),
            Self::ServerDisconnected => ("the server disconnected this client", ""),
            Self::SessionUnknown => (
                "the server does not know this session: it was restarted, or another worker \
                 answered",
                "",
            ),
            Self::SocketClosed(code, reason) => {
                let words = match *code {
                    1001 => "goes away",
                    BROKEN_OFF => {
                        "could not be opened, or broke off: check that the server runs, takes \
                         WebSockets and the origin of this page, and lets it in"
                    }
                    1002 | 1003 | 1007 => "takes what was sent for a fault of the protocol",
                    1008 | 1010 => "does not allow it",
                    1009 => "takes no message as large as that which was sent",
                    1011 | 1014 => "has a fault",
                    1012 => "restarts",
                    1013 => "asks to try again later",
                    1015 => "has a certificate that the browser does not trust",
                    _ => "gave a reason of its own",
                };
                let subject = if *code == BROKEN_OFF {
                    "the WebSocket "
                } else {
                    "the server closed the WebSocket: it "
                };
                let code = decimal((*code).into());
                let colon = if reason.is_empty() { "" } else { ": " };
                return [subject, words, " (close code ", &code, ")", colon, reason].concat();
            }
            Self::Status(504) => (
                "a proxy gave up waiting for the server (HTTP status 504): the server hangs, or the \
                 proxy's time-out is below the server's ping interval",
                "",
            ),
            Self::Status(status) => {
                return status_words("the server answered with HTTP status ", *status, "");
            }
            Self::StickySessions => (
                "each new session is unknown to the server right after it was opened: several \
                 workers need sticky sessions (one client's requests must reach one worker), or the \
                 page a WebSocket (option `transports`)",
                "",
            ),
            Self::Throttled {
                status,
                retry_after_ms,
            } => {
                let seconds = decimal(retry_after_ms.div_ceil(1000));
                let wait = [" and asks to wait ", &*seconds, " s"].concat();
                return status_words("the server answered with HTTP status ", *status, &wait);
            }
            Self::Timeout(phase) => (
                match phase {
                    Phase::Connect => "the server did not answer the namespace CONNECT in time",
                    Phase::Credentials => {
                        "the page's auth, headers or query function did not answer in time"
                    }
                    Phase::Handshake => "the server did not answer the handshake in time",
                    Phase::Heartbeat => "the server's heartbeat did not come in time",
                    Phase::Post => "the server did not answer a POST in time",
                },
                "",
            ),
            Self::TooLarge(bound) => ("the server's answer has more than is read at once", *bound),
            Self::Unauthorized(status) => {
                let words = "the server does not let this page in (HTTP status ";
                return status_words(words, *status, "): sign in");
            }
            Self::Unheard => (
                "a research goes on, but the server sends nothing of it over this session: another is begun",
                "",
            ),
            Self::VersionRefused => (
                "the server does not take Engine.IO 4, the protocol of Socket.IO 3 and 4: update it, or \
                 see that a proxy before it keeps the query of the address",
                "",
            ),
        };
        let colon = if detail.is_empty() { "" } else { ": " };
        [words, colon, detail].concat()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_can_mend_names_what_to_look_at() {
        for (failure, words) in [
            (
                Failure::ConnectError(Box::new(Words {
                    message: "Unable to connect".to_owned(),
                    data: None,
                })),
                "sign in, or check `auth` and `namespace`; it said: Unable to connect",
            ),
            (
                Failure::BadRequest("no EIO".to_owned()),
                "HTTP status 400: no EIO",
            ),
            (Failure::OldServer, "Socket.IO 2"),
            (Failure::OriginRefused, "`cors_allowed_origins`"),
            (Failure::PollingRefused, "`transports`"),
            (Failure::VersionRefused, "Socket.IO 3 and 4"),
            (
                Failure::LoginPage,
                "sign in again, or check `url` and `path`",
            ),
            (Failure::NotFound, "the option `path`"),
            (
                Failure::Redirected,
                "sign in again, or give `url` and paths as they are after the redirect",
            ),
            (Failure::NotTerminated(404), "the option `terminatePath`"),
            (
                Failure::Status(504),
                "time-out is below the server's ping interval",
            ),
            (
                Failure::NotTerminated(400),
                "(HTTP status 400): check the option `csrfToken`",
            ),
            (Failure::NotTerminated(500), "(HTTP status 500)"),
            (Failure::Unauthorized(403), "(HTTP status 403): sign in"),
            (
                Failure::SocketClosed(1006, String::new()),
                "check that the server runs",
            ),
            (
                Failure::SocketClosed(1012, "deploy".to_owned()),
                "it restarts (close code 1012): deploy",
            ),
        ] {
            let message = failure.message();
            assert!(message.contains(words), "{message}");
        }
    }

    /// socket.io-client 4.8, `Socket.DisconnectReason` and the reasons of engine.io-client.
    #[test]
    fn the_end_of_a_connection_is_told_in_the_words_of_socket_io_client() {
        for (failure, words) in [
            (Failure::Closed, "io client disconnect"),
            (Failure::ServerDisconnected, "io server disconnect"),
            (Failure::ServerClosed, "transport close"),
            (Failure::of_close(1000, String::new()), "transport close"),
            (Failure::of_close(1006, String::new()), "transport close"),
            (Failure::Timeout(Phase::Heartbeat), "ping timeout"),
            (Failure::Timeout(Phase::Post), "transport error"),
            (Failure::Protocol(String::new()), "parse error"),
            (Failure::Network(String::new()), "transport error"),
        ] {
            assert_eq!(failure.disconnect_reason(), words, "{failure:?}");
        }
    }
}
