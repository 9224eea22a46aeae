//! Requests, commands and events in short words.

use research_socket::http::{Method, Request};
use research_socket::research::{Event, ResearchEvent, State};

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Handshake,
    /// The stored log of a research.
    Log,
    Poll,
    Post,
    Status,
    Terminate,
}

pub(crate) fn kind(request: &Request) -> Kind {
    let is_get = request.method == Method::Get;
    if request.url.contains("/api/terminate/") {
        Kind::Terminate
    } else if request.url.contains("/status") {
        Kind::Status
    } else if request.url.contains("/logs") {
        Kind::Log
    } else if sid(request).is_none() {
        Kind::Handshake
    } else if is_get {
        Kind::Poll
    } else {
        Kind::Post
    }
}

pub(crate) fn query<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let mut fields = request.query.iter();
    Some(&fields.find(|(field, _)| field == name)?.1)
}

pub(crate) fn sid(request: &Request) -> Option<String> {
    query(request, "sid").map(String::from)
}

/// `handshake`, `poll s1`, `post s1 41|1`, `status r`, `log r` and at the other place `history r`,
/// `terminate r`.
pub(crate) fn request(request: &Request) -> String {
    let sid = sid(request).unwrap_or_default();
    let part = |n: usize| request.url.split('/').nth(n).unwrap_or_default();
    match kind(request) {
        Kind::Handshake => "handshake".to_owned(),
        Kind::Log if request.url.contains("/history/") => format!("history {}", part(5)),
        Kind::Log => format!("log {}", part(5)),
        Kind::Poll => format!("poll {sid}"),
        Kind::Post => format!("post {sid} {}", body(&request.body.as_ref().unwrap().text)),
        Kind::Status => format!("status {}", part(5)),
        Kind::Terminate => format!("terminate {}", part(5)),
    }
}

/// The packets with a bar between them.
pub(crate) fn body(text: &str) -> String {
    text.replace('\x1e', "|")
}

pub(crate) fn state(state: &State) -> String {
    let mut words = state.name.as_str().to_owned();
    if let Some(attempt) = state.attempt {
        words += &format!(" {attempt}");
    }
    if let Some(delay) = state.delay_ms {
        words += &format!(" in {delay}");
    }
    if let Some(reason) = &state.reason {
        words += &format!(" {}", reason.code().as_str());
    }
    words
}

pub(crate) fn event(event: &Event) -> String {
    match event {
        Event::Ack {
            emit,
            args,
            attachments,
        } => format!("ack {} {args}{}", emit.0, bytes(attachments)),
        Event::Cancelled { cancel, result } => match result {
            Ok(()) => format!("cancelled {}", cancel.0),
            Err(failure) => format!("cancelled {} {}", cancel.0, failure.code().as_str()),
        },
        Event::Connect { sid } => format!("connect {sid}"),
        Event::Renewed { sid } => format!("renewed {sid}"),
        Event::ConnectError(failure) => format!("connect_error {}", failure.code().as_str()),
        Event::Disconnect(failure) => format!("disconnect {}", failure.code().as_str()),
        Event::EmitFailed { emit, error } => {
            format!("emit_failed {} {}", emit.0, error.code().as_str())
        }
        Event::Message {
            name: _,
            args,
            ack,
            attachments,
        } => {
            let ack = ack.map(|id| format!(" ack {id}")).unwrap_or_default();
            format!("message {args}{ack}{}", bytes(attachments))
        }
        Event::Reconnect(attempt) => format!("reconnect {attempt}"),
        Event::ReconnectAttempt(attempt) => format!("reconnect_attempt {attempt}"),
        Event::ReconnectFailed(failure) => {
            format!("reconnect_failed {}", failure.code().as_str())
        }
        Event::Research { id, event } => format!("{id} {}", research(event)),
        Event::SearchEngineSelected(payload) => format!("search_engine_selected {payload}"),
        Event::State(to) => format!("state {}", state(to)),
        Event::Warning(warning) => {
            let of = warning.research.as_deref().unwrap_or("-");
            format!("warning {} {of}", warning.code)
        }
    }
}

fn research(event: &ResearchEvent) -> String {
    match event {
        ResearchEvent::Log(entry) => format!("log {}", entry.message),
        ResearchEvent::Engine(engine) => format!("engine {}", engine.name),
        ResearchEvent::Status { status, .. } => format!("status {}", status.as_str()),
        ResearchEvent::Task(words) => format!("task {words}"),
        ResearchEvent::Step(_) => "step".to_owned(),
        ResearchEvent::Update(update) => format!("update {}", update.payload),
        ResearchEvent::Failure(failure) => format!("failure {}", failure.code),
        ResearchEvent::Gap(gap) => match gap.missing {
            Some(missing) => format!("gap {}, {missing} missing", gap.recovered),
            None => format!("gap {}", gap.recovered),
        },
        ResearchEvent::End(end) => format!("end {}", end.status.as_str()),
        ResearchEvent::HistoryRead => "history".into(),
        ResearchEvent::Refusal(None) => "shown again".into(),
        ResearchEvent::Refusal(Some(refusal)) => ["refused ", refusal.as_str()].concat(),
        ResearchEvent::Verified(shown) => format!("verified {shown}"),
    }
}

fn bytes(attachments: &[Vec<u8>]) -> String {
    if attachments.is_empty() {
        return String::new();
    }
    format!(" {attachments:?}")
}
