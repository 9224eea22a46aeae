//! Decides what can be told to the server and what it answers: plain data, so a run can be replayed.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Command;

/// Everything that can happen to the server.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A request has arrived completely.
    Request(Request),
    /// The client of this request has gone away before the answer; an unknown id does no harm.
    Aborted {
        /// The id of the request.
        id: u64,
    },
    /// The time that `poll_timeout` named has come. Early or repeated ones do nothing.
    Timeout,
    /// Something that a test asks for. `Server::control` does the same and has an answer.
    Control(Command),
}

/// Everything that the server asks of its shell.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Answer a request. Each request is answered at most once.
    Respond(Response),
}

/// One HTTP request. Its `Debug` shows the body as text, so that a printed run can be read.
#[derive(Clone, Default, PartialEq)]
pub struct Request {
    /// Chosen by the shell, never used twice.
    pub id: u64,
    /// In upper case.
    pub method: String,
    /// With the query.
    pub path: String,
    /// Names in any case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Request {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
    }

    /// The path without the query.
    pub fn route(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }

    /// The first query parameter of this name, as it was sent.
    pub fn query(&self, name: &str) -> Option<&str> {
        let (_, query) = self.path.split_once('?')?;
        query.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (key == name).then_some(value)
        })
    }
}

/// One HTTP answer, and how much of it reaches the client. Its `Debug` shows the body as text.
#[derive(Clone, PartialEq)]
pub struct Response {
    /// The id of the request.
    pub id: u64,
    /// The HTTP status.
    pub status: u16,
    /// Names in their usual spelling.
    pub headers: Vec<(String, String)>,
    /// The whole body, also when only a part of it is to be sent.
    pub body: Vec<u8>,
    /// What the shell does with all this.
    pub delivery: Delivery,
}

impl Response {
    /// The body as text; bytes that are no UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            id,
            method,
            path,
            headers,
            body,
        } = self;
        let mut debug = f.debug_struct("Request");
        debug
            .field("id", id)
            .field("method", method)
            .field("path", path)
            .field("headers", headers);
        debug.field("body", &String::from_utf8_lossy(body)).finish()
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            id,
            status,
            headers,
            body,
            delivery,
        } = self;
        let mut debug = f.debug_struct("Response");
        debug
            .field("id", id)
            .field("status", status)
            .field("headers", headers);
        debug
            .field("body", &String::from_utf8_lossy(body))
            .field("delivery", delivery)
            .finish()
    }
}

/// How much of an answer reaches the client. Delays are the server's own business: a delayed answer
/// comes out of `poll_output` when it is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// All of it.
    Whole,
    /// Nothing is sent and the connection stays open, until the client gives up.
    HangInHead,
    /// The head and this many bytes of the body are sent, then nothing more.
    HangInBody {
        /// Bytes of the body.
        after: usize,
    },
    /// The head and this many bytes of the body are sent, then the connection is closed.
    Cut {
        /// Bytes of the body.
        after: usize,
    },
    /// The connection is closed without a byte.
    Refuse,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_is_read_by_name() {
        let request = Request {
            path: "/a/?EIO=4&sid=x=y&flag".into(),
            ..Request::default()
        };
        assert_eq!(request.route(), "/a/");
        assert_eq!(request.query("EIO"), Some("4"));
        assert_eq!(request.query("sid"), Some("x=y"));
        assert_eq!(request.query("flag"), Some(""));
        assert_eq!(request.query("id"), None);
    }
}
