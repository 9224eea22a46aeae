//! Where an Engine.IO server is, and what a request to it looks like.

use crate::http::{Beacon, Body, Context, Method, Request, RequestId};

/// `EIO`, the version of the Engine.IO protocol that this library speaks.
const PROTOCOL_VERSION: &str = "4";

/// The name of long-polling.
const POLLING: &str = "polling";

/// That of WebSockets.
pub(super) const WEBSOCKET: &str = "websocket";

/// Keeps cross-origin requests "simple" in the terms of CORS: no preflight.
const CONTENT_TYPE: &str = "text/plain;charset=UTF-8";

/// The address of one attempt, with what the page adds to its requests.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Endpoint {
    /// Origin and path, with the slash at its end.
    pub(crate) url: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(String, String)>,
}

impl Endpoint {
    /// Starts a GET, which receives packets; the handshake is the one without a session.
    pub(super) fn get(&self, ctx: &mut Context<'_>, sid: Option<&str>, follow: bool) -> RequestId {
        self.start(ctx, sid, Method::Get, None, false, follow)
    }

    /// Starts a POST, which sends the packets of `payload`.
    pub(super) fn post(
        &self,
        ctx: &mut Context<'_>,
        sid: &str,
        payload: String,
        keepalive: bool,
    ) -> RequestId {
        let body = Body {
            content_type: CONTENT_TYPE,
            text: payload,
        };
        self.start(ctx, Some(sid), Method::Post, Some(body), keepalive, false)
    }

    /// The POST of `payload` for a page that is going away.
    pub(super) fn beacon(&self, ctx: &mut Context<'_>, sid: &str, payload: String) -> Beacon {
        let query = self.session_query(ctx, POLLING, Some(sid));
        Beacon {
            url: self.url.clone(),
            query,
            headers: self.headers.clone(),
            text: payload,
        }
    }

    /// Opens a WebSocket, for a new session or for this one. Browsers send no headers of a page with it.
    pub(super) fn websocket(&self, ctx: &mut Context<'_>, sid: Option<&str>) -> RequestId {
        let query = self.session_query(ctx, WEBSOCKET, sid);
        // `http:` becomes `ws:`, and `https:` `wss:`.
        let rest = self.url.strip_prefix("http").unwrap_or(&self.url);
        ctx.open(["ws", rest].concat(), query)
    }

    fn start(
        &self,
        ctx: &mut Context<'_>,
        sid: Option<&str>,
        method: Method,
        body: Option<Body>,
        keepalive: bool,
        follow: bool,
    ) -> RequestId {
        let query = self.session_query(ctx, POLLING, sid);
        let (url, headers) = (self.url.clone(), self.headers.clone());
        let streams = method == Method::Get && sid.is_some();
        ctx.start(|id| Request {
            id,
            method,
            url,
            query,
            headers,
            body,
            keepalive,
            follow,
            streams,
        })
    }

    fn session_query(
        &self,
        ctx: &mut Context<'_>,
        transport: &str,
        sid: Option<&str>,
    ) -> Vec<(String, String)> {
        let mut query = self.query.clone();
        // The protocol's own fields are not the page's to set.
        query.retain(|(name, _)| !matches!(name.as_str(), "EIO" | "transport" | "t" | "sid"));
        let mut add = |name: &str, value: &str| query.push((name.to_owned(), value.to_owned()));
        add("EIO", PROTOCOL_VERSION);
        add("transport", transport);
        // No cache between here and the server may answer.
        add("t", &ctx.random.word());
        if let Some(sid) = sid {
            add("sid", sid);
        }
        query
    }
}
