//! Requests as data: what the core asks for, and what came of it.

use crate::queue::Queue;
use crate::random::Random;
use crate::time::Timestamp;
use crate::websocket::{Frame, Opening};

/// Names one request, or one WebSocket, for the life of a client; no number is used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// The methods that the protocols use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Receives packets, or reads the state of a research.
    Get,
    /// Sends packets, or asks the server to act.
    Post,
}

impl Method {
    /// The word on the request line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// One HTTP request.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Comes back with the answer.
    pub id: RequestId,
    /// GET or POST.
    pub method: Method,
    /// Address without a query.
    pub url: String,
    /// Names and values of the query, not yet escaped.
    pub query: Vec<(String, String)>,
    /// Request headers besides the browser's own.
    pub headers: Vec<(String, String)>,
    /// The body and its content type.
    pub body: Option<Body>,
    /// Whether the request should outlive the page (`fetch`'s `keepalive`).
    pub keepalive: bool,
    /// Whether to follow redirects, if nothing forbids it. To another origin that lets nobody read, such
    /// as that of a sign-in, one that is followed looks like a network that fails: so a request after
    /// such a failure does not.
    pub follow: bool,
    /// Whether the body of a good answer is wanted as it arrives: [`Answer::Piece`].
    pub streams: bool,
}

impl Request {
    /// Whether a redirect may be followed. A browser sends the headers, and the body of some, along to
    /// wherever the server points: neither may reach another server. Whoever carries requests out
    /// answers [`RequestError::Redirected`] in place of following.
    pub fn follows_redirects(&self) -> bool {
        self.follow && self.headers.is_empty() && self.body.is_none()
    }
}

/// A request body.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// Value of the `Content-Type` header.
    pub content_type: &'static str,
    /// The body itself.
    pub text: String,
}

/// What a request came to, or a part of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The next bytes of the body of a response with a status from 200 to 299, if the request
    /// [`streams`](Request::streams); more will come. Without bytes: more has come, but is not read
    /// yet, since the page is busy.
    Piece(Vec<u8>),
    /// A complete response, whatever its status; after pieces only the rest of its body.
    Response(Response),
    /// No complete response.
    Failed(RequestError),
}

/// A complete response.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    /// The HTTP status, 200 to 599.
    pub status: u16,
    /// The `Retry-After` header in milliseconds from now.
    pub retry_after_ms: Option<u64>,
    /// The body without its content encoding.
    pub body: Vec<u8>,
}

impl Response {
    /// Whether this is a page for people: a sign-in form, a proxy's error, a captive portal. The
    /// content type does not tell: engine.io sends its `ok` as `text/html`.
    pub(crate) fn is_html(&self) -> bool {
        first_of(&self.body) == Some(b'<')
    }
}

/// The first byte of a body that says something.
pub(crate) fn first_of(body: &[u8]) -> Option<u8> {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    body.trim_ascii_start().first().copied()
}

/// What some servers put in front of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The longest response body that is read at once, in bytes: that of a request that does not
/// [stream](Request::streams). Whoever carries requests out stops there and answers
/// [`RequestError::TooLarge`]. What is read as it arrives has no bound but that of its parts.
pub const MAX_BODY_BYTES: usize = 32 * 1024 * 1024;

/// [`MAX_BODY_BYTES`] for people.
pub(crate) const MAX_BODY_WORDS: &str = "32 MiB";

/// Why a request has no response.
#[derive(Clone, Debug, PartialEq)]
pub enum RequestError {
    /// The body ended before it was complete. Carries the browser's words.
    Body(String),
    /// Nothing came back at all. Carries the browser's words.
    Network(String),
    /// A redirect that is not followed, see [`Request::follows_redirects`]. Browsers do not say
    /// where it leads.
    Redirected,
    /// The body was not read to its end because it exceeds [`MAX_BODY_BYTES`].
    TooLarge,
}

/// A body that is sent while the page goes away and whose answer nobody awaits.
#[derive(Clone, Debug, PartialEq)]
pub struct Beacon {
    /// Address without a query.
    pub url: String,
    /// Names and values of the query, not yet escaped.
    pub query: Vec<(String, String)>,
    /// Request headers besides the browser's own.
    pub headers: Vec<(String, String)>,
    /// The body, of type `text/plain;charset=UTF-8`.
    pub text: String,
}

/// Names one question for credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AskId(pub u64);

/// What one attempt to connect carries besides the protocol's own fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Credentials {
    /// JSON text of the CONNECT packet's payload.
    pub auth: Option<String>,
    /// Headers of every request.
    pub headers: Vec<(String, String)>,
    /// Query fields of every Engine.IO request.
    pub query: Vec<(String, String)>,
}

/// Something that the driver has to do for the protocol.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Stop waiting for this request, or close this WebSocket. Its answer, if one still comes, is dropped.
    Abort(RequestId),
    /// Fetch the credentials of the next attempt.
    Ask(AskId),
    /// Send this and forget it.
    Beacon(Beacon),
    /// Open this WebSocket.
    Open(Opening),
    /// Send this over a WebSocket.
    Send {
        /// Which.
        socket: RequestId,
        /// What.
        frame: Frame,
    },
    /// Carry this request out.
    Start(Request),
}

/// What every part of the core may use while it handles one input.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) now: Timestamp,
    /// Whether deadlines of answers do not count yet (see [`Patience`](crate::patience)).
    pub(crate) patient: bool,
    pub(crate) random: &'a mut Random,
    pub(crate) ids: &'a mut Ids,
    pub(crate) commands: &'a mut Queue<Command>,
}

impl Context<'_> {
    /// Starts the request that `request` makes of its new id.
    pub(crate) fn start(&mut self, request: impl FnOnce(RequestId) -> Request) -> RequestId {
        let id = RequestId(self.ids.next());
        self.commands.push_back(Command::Start(request(id)));
        id
    }

    /// Opens a WebSocket, under an id like those of requests.
    pub(crate) fn open(&mut self, url: String, query: Vec<(String, String)>) -> RequestId {
        let id = RequestId(self.ids.next());
        self.commands
            .push_back(Command::Open(Opening { id, url, query }));
        id
    }

    /// Whether an answer that was due by then will not come any more.
    pub(crate) fn is_over(&self, deadline: Timestamp) -> bool {
        deadline <= self.now && !self.patient
    }

    pub(crate) fn abort(&mut self, id: RequestId) {
        self.commands.push_back(Command::Abort(id));
    }
}

/// Numbers for requests, questions and emits.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    last: u64,
}

impl Ids {
    pub(crate) const fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_carries_headers_or_a_body_follows_no_redirect() {
        let mut request = Request {
            id: RequestId(1),
            method: Method::Get,
            url: String::new(),
            query: vec![("token".to_owned(), "t".to_owned())],
            headers: Vec::new(),
            body: None,
            keepalive: false,
            follow: true,
            streams: false,
        };
        assert!(request.follows_redirects());
        request.follow = false;
        assert!(!request.follows_redirects());
        request.follow = true;
        request.headers.push(("X-Token".to_owned(), "t".to_owned()));
        assert!(!request.follows_redirects());
        request.headers.clear();
        request.body = Some(Body {
            content_type: "text/plain",
            text: String::new(),
        });
        assert!(!request.follows_redirects());
    }

    #[test]
    fn methods_are_spelt_as_on_the_request_line() {
        assert_eq!(
            [Method::Get, Method::Post].map(Method::as_str),
            ["GET", "POST"]
        );
    }
}
