//! Decides how an answer looks on HTTP: status, headers, texts, and what faults do to its packets.

use serde_json::json;

use crate::app::Page;
use crate::bounds::{MAX_ANSWER, MAX_PACKETS};
use crate::config::Config;
use crate::engine::{Answer, SEPARATOR};
use crate::fault::{Action, Kind};
use crate::random::Random;
use crate::stats::Stats;
use crate::{Delivery, Request, Response};

/// A request without an answer so far.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) sid: Option<String>,
    pub(crate) kind: Kind,
    method: String,
    origin: Option<String>,
    asks_for_headers: Option<String>,
    /// Its number in the log.
    number: u64,
    /// Whether it was told to hang. It stays here, open, until its client gives up.
    pub(crate) hangs: bool,
    /// Faults that wait for the answer.
    pub(crate) on_answer: Vec<Action>,
    /// Faults that wait until a held request arrives.
    pub(crate) after_hold: Vec<Action>,
}

/// What a part of the server answers.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Page(Page),
    Engine(Answer),
}

impl Pending {
    pub(crate) fn new(request: &Request, kind: Kind, sid: Option<&str>, number: u64) -> Self {
        Self {
            sid: sid.map(str::to_owned),
            kind,
            method: request.method.clone(),
            origin: request.header("origin").map(str::to_owned),
            asks_for_headers: request
                .header("access-control-request-headers")
                .map(str::to_owned),
            number,
            hangs: false,
            on_answer: Vec::new(),
            after_hold: Vec::new(),
        }
    }

    pub(crate) fn control(request: &Request) -> Self {
        Self::new(request, Kind::Page, None, 0)
    }

    /// Answers with packets are those to GETs on the Socket.IO server.
    pub(crate) fn carries_packets(&self) -> bool {
        matches!(self.kind, Kind::Handshake | Kind::Poll) && self.method == "GET"
    }

    /// The answer and its delay, or `None` when it never leaves.
    pub(crate) fn respond(
        &self,
        id: u64,
        reply: Reply,
        config: &Config,
        dice: &mut Random,
    ) -> Option<(Response, u64)> {
        let page = match reply {
            Reply::Page(page) => page,
            Reply::Engine(Answer::Never) => return None,
            Reply::Engine(Answer::Packets(packets)) => {
                let body = self.spoil(packets, dice).join(&SEPARATOR.to_string());
                Page::new(200, "text/plain; charset=UTF-8", body)
            }
            Reply::Engine(Answer::Accepted) if config.quirks.upper_case_ok => {
                Page::new(200, "text/plain", "OK".into())
            }
            Reply::Engine(Answer::Accepted) => Page::new(200, "text/html", "ok".into()),
            Reply::Engine(Answer::Refused { status, python, .. }) if config.quirks.python_texts => {
                Page::new(status, "text/plain", json!(python).to_string())
            }
            Reply::Engine(Answer::Refused {
                status,
                code,
                message,
                ..
            }) => Page::json(status, &json!({"code": code, "message": message})),
        };
        let mut response = self.finish(id, page, config.cors_everywhere);
        let mut delay = 0;
        for action in &self.on_answer {
            if let Action::Delay { ms } = action {
                delay = ms.saturating_add(delay);
            } else if let Action::LoseAnswer = action {
                response.delivery = Delivery::HangInHead;
            } else if let Action::HangInBody { after } = action {
                response.delivery = Delivery::HangInBody { after: *after };
            } else if let Action::Cut { after } = action {
                response.delivery = Delivery::Cut { after: *after };
            }
        }
        Some((response, delay))
    }

    fn spoil(&self, mut packets: Vec<String>, dice: &mut Random) -> Vec<String> {
        for action in &self.on_answer {
            if let Action::Inject { packets: first } = action {
                packets.splice(0..0, first.iter().cloned());
            } else if let Action::Duplicate = action {
                // Several of them multiply each other.
                let bytes: usize = packets.iter().map(String::len).sum();
                if packets.len() > MAX_PACKETS / 2 || bytes > MAX_ANSWER / 2 {
                    continue;
                }
                packets = packets
                    .into_iter()
                    .flat_map(|packet| [packet.clone(), packet])
                    .collect();
            } else if let Action::Reorder = action {
                dice.shuffle(&mut packets);
            } else if let Action::PadTo { packets: wanted } = action {
                let wanted = packets.len().max(*wanted);
                packets.resize(wanted, "6".into());
            }
        }
        packets
    }

    /// Adds what every answer has, as Flask-SocketIO does.
    pub(crate) fn finish(&self, id: u64, page: Page, cors_everywhere: bool) -> Response {
        let mut headers = page.headers;
        let mut add = |name: &str, value: &str| headers.push((name.to_owned(), value.to_owned()));
        let is_socket = !matches!(self.kind, Kind::Api | Kind::Page);
        if is_socket || cors_everywhere {
            if let Some(origin) = &self.origin {
                add("Access-Control-Allow-Origin", origin);
            }
            if self.method == "OPTIONS" {
                add("Access-Control-Allow-Methods", "OPTIONS, GET, POST");
            }
            if let Some(names) = &self.asks_for_headers {
                add("Access-Control-Allow-Headers", names);
            }
            add("Access-Control-Allow-Credentials", "true");
        }
        add("Cache-Control", "no-store");
        let body = page.body.into_bytes();
        Response {
            id,
            status: page.status,
            headers,
            body,
            delivery: Delivery::Whole,
        }
    }

    pub(crate) fn log(
        &self,
        stats: &mut Stats,
        now: u64,
        end: &'static str,
        status: Option<u16>,
        packets: usize,
    ) {
        if let Some(sid) = &self.sid {
            stats.session(sid).packets_out += packets as u64;
        }
        let session = self.sid.as_deref().map(|sid| (sid, self.method == "GET"));
        stats.ended(self.number, session, |entry| {
            // A request that hung and was given up is remembered as one that hung.
            if entry.end == "open" {
                entry.end = end;
                entry.status = status;
            }
            entry.end_ms = Some(now);
            entry.packets_out = packets;
        });
    }

    /// Notes how a request hangs that is still open for its client.
    pub(crate) fn mark(&self, stats: &mut Stats, end: &'static str, status: Option<u16>) {
        stats.ended(self.number, None, |entry| {
            entry.end = end;
            entry.status = status;
        });
    }
}

/// What usually comes with a status.
pub(crate) fn status_page(
    code: u16,
    retry_after: Option<u32>,
    body: Option<String>,
    content_type: Option<String>,
) -> Page {
    let html = |title: &str| Page::html(code, title, "<hr><center>nginx</center>");
    let mut page = match code {
        400 => Page::new(code, "text/plain", "\"Bad Request\"".into()),
        401 => Page::json(code, &json!({"error": "Authentication required"})),
        403 => Page::json(code, &json!({"error": "Forbidden"})),
        404 => html("404 Not Found"),
        429 => Page::json(code, &json!({"error": "Too many requests"})),
        500 => Page::json(code, &json!({"error": "Internal server error"})),
        502 => html("502 Bad Gateway"),
        503 => html("503 Service Unavailable"),
        504 => html("504 Gateway Time-out"),
        _ => html(&code.to_string()),
    };
    if let Some(body) = body {
        page.body = body;
    }
    if let Some(content_type) = content_type {
        page.headers = vec![("Content-Type".into(), content_type)];
    }
    if let Some(seconds) = retry_after {
        page.headers
            .push(("Retry-After".into(), seconds.to_string()));
        page.headers
            .push(("Access-Control-Expose-Headers".into(), "Retry-After".into()));
    }
    page
}
