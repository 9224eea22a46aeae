//! Inputs and outputs as lines of the trace.

use super::parts::{Part, Parts};
use crate::config::{Config, Fallback};
use crate::http::{Answer, Command, RequestError, RequestId};
use crate::json::{Kind, Raw, write_string};
use crate::research::{Event, Input, Output, ResearchEvent};
use crate::socket::packet::is_reserved;
use crate::socket::{Acked, Emit};
use crate::tabs;
use crate::text::push_decimal;
use crate::time::Timestamp;
use crate::websocket::{Frame, News, Transport};

/// The longest text in a line, in bytes. A longer one would push everything else out of the trace;
/// the line says how long it was, and exact replay ends there.
pub const MAX_TEXT: usize = 65_536;

/// Of what the client is made: the first line. Where the server is stays out of it.
/// `shares`: whether with other tabs.
pub fn header(config: &Config, shares: bool, seed: u64, start: Timestamp) -> String {
    let Config {
        url: _,
        path,
        either_path,
        transport,
        fall_back,
        upgrade,
        namespace,
        reconnection,
        reconnection_attempts,
        persistent,
        reconnection_delay_ms,
        reconnection_delay_max_ms,
        randomization_factor,
        timeout_ms,
        fallback,
        history,
        early_history,
        flush_logs,
        stall_after_ms,
        status_path,
        logs_path,
        history_path,
        terminate_path,
        dedup_entries,
        max_emit_buffer,
    } = config;
    let mut line = Line::new("{\"trace\":");
    line.out.push('1');
    line.field("version").text(env!("CARGO_PKG_VERSION"));
    line.field("start").number(start.as_millis());
    // As text: JSON's numbers end at 2^53.
    line.field("seed").text(&crate::text::decimal(seed));
    line.field("path").text(path);
    line.field("eitherPath").boolean(*either_path);
    if *transport == Transport::WebSocket {
        line.field("transport").text("websocket");
    }
    if *upgrade {
        line.field("upgrade").boolean(true);
    }
    if *fall_back {
        line.field("fallBack").boolean(true);
    }
    line.field("namespace").text(namespace);
    line.field("reconnection").boolean(*reconnection);
    line.field("attempts")
        .maybe(reconnection_attempts.map(u64::from));
    line.field("persistent").boolean(*persistent);
    line.field("delay").number(*reconnection_delay_ms);
    line.field("delayMax").number(*reconnection_delay_max_ms);
    // Exactly, as its bits: the core has no printing of fractions.
    line.field("randomization")
        .text(&crate::text::decimal(randomization_factor.to_bits()));
    line.field("timeout").number(*timeout_ms);
    if let Some(Fallback {
        interval_ms,
        after,
        timeout_ms,
    }) = fallback
    {
        line.field("fallbackInterval").number(*interval_ms);
        line.field("fallbackAfter").number(u64::from(*after));
        line.field("fallbackTimeout").number(*timeout_ms);
    }
    line.field("history").boolean(*history);
    if *early_history {
        line.field("earlyHistory").boolean(true);
    }
    line.field("flushLogs").boolean(*flush_logs);
    line.field("stallAfter").maybe(*stall_after_ms);
    line.field("statusPath").text(status_path);
    line.field("logsPath").text(logs_path);
    line.field("historyPath").text(history_path);
    line.field("terminatePath").text(terminate_path);
    line.field("dedup").number(*dedup_entries as u64);
    line.field("emitBuffer").number(*max_emit_buffer as u64);
    if shares {
        line.field("shares").boolean(true);
    }
    line.end('}')
}

/// An input, so many milliseconds after the client was made. What is secret is left out: of
/// credentials only how many there are.
pub fn input(since_start_ms: u64, input: &Input) -> String {
    let mut line = Line::new("[");
    push_decimal(&mut line.out, since_start_ms);
    let kind = |line: &mut Line, kind| {
        line.text(kind);
    };
    match input {
        Input::Acknowledge {
            id,
            args,
            attachments,
        } => {
            kind(&mut line, "acknowledge");
            line.number(*id).shape(args).sizes(attachments);
        }
        Input::Answer { request, answer } => match answer {
            Answer::Piece(bytes) => {
                kind(&mut line, "piece");
                line.number(request.0).body(bytes);
            }
            Answer::Response(response) => {
                kind(&mut line, "answer");
                line.number(request.0).number(response.status.into());
                line.maybe(response.retry_after_ms);
                line.body(&response.body);
            }
            Answer::Failed(error) => {
                kind(&mut line, "failed");
                line.number(request.0);
                line.text(match error {
                    RequestError::Body(_) => "body",
                    RequestError::Network(_) => "network",
                    RequestError::Redirected => "redirected",
                    RequestError::TooLarge => "large",
                });
            }
        },
        Input::Cancel {
            cancel,
            research,
            csrf_token,
        } => {
            kind(&mut line, "cancel");
            line.number(cancel.0)
                .text(research.as_str())
                .boolean(csrf_token.is_some());
        }
        Input::Close => kind(&mut line, "close"),
        Input::Connect => kind(&mut line, "connect"),
        Input::Credentials { ask, credentials } => match credentials {
            Ok(credentials) => {
                kind(&mut line, "credentials");
                let auth = credentials.auth.as_deref();
                line.number(ask.0).maybe(auth.map(auth_size));
                line.number(credentials.headers.len() as u64);
                line.number(credentials.query.len() as u64);
            }
            Err(_) => {
                kind(&mut line, "refused");
                line.number(ask.0);
            }
        },
        Input::Emit(Emit {
            id,
            args,
            attachments,
            ack,
            volatile,
        }) => {
            kind(&mut line, "emit");
            line.number(id.0).shape(args).sizes(attachments);
            match ack {
                Acked::No => line.text("no"),
                Acked::WithoutTimeout => line.text("whenever"),
                Acked::Within(millis) => line.number(*millis),
            };
            line.boolean(*volatile);
        }
        Input::Hidden => kind(&mut line, "hidden"),
        Input::Leaving => kind(&mut line, "leaving"),
        Input::Listen { name, listening } => {
            kind(&mut line, "listen");
            line.text(name).boolean(*listening);
        }
        Input::NoWebSocket => kind(&mut line, "no_websocket"),
        Input::Online(online) => {
            kind(&mut line, "online");
            line.boolean(*online);
        }
        Input::Recall { research, facts } => {
            kind(&mut line, "recall");
            line.text(research).content(facts);
        }
        Input::Refresh(research) => {
            kind(&mut line, "refresh");
            line.text(research);
        }
        Input::Remember {
            research,
            lines,
            complete,
        } => {
            kind(&mut line, "remember");
            line.text(research).content(lines).boolean(*complete);
        }
        Input::Socket { socket, news } => match news {
            News::Closed { code, .. } => {
                kind(&mut line, "socket_closed");
                line.number(socket.0).number((*code).into());
            }
            News::Frame(Frame::Binary(bytes)) => {
                kind(&mut line, "binary");
                line.number(socket.0).number(bytes.len() as u64);
            }
            News::Frame(Frame::Text(text)) => {
                kind(&mut line, "frame");
                line.number(socket.0).content(text);
            }
            News::Opened => {
                kind(&mut line, "socket_open");
                line.number(socket.0);
            }
            News::TooLarge { binary } => {
                kind(&mut line, "large_frame");
                line.number(socket.0).boolean(*binary);
            }
            News::Waiting(bytes) => {
                kind(&mut line, "waiting");
                line.number(socket.0).number(*bytes);
            }
        },
        Input::Subscribe(id) => {
            kind(&mut line, "subscribe");
            line.comma();
            id.write_json(&mut line.out);
        }
        Input::Timeout => kind(&mut line, "timeout"),
        Input::Unseen => kind(&mut line, "unseen"),
        Input::Unsubscribe(research) => {
            kind(&mut line, "unsubscribe");
            line.text(research);
        }
        Input::Verify(research) => {
            kind(&mut line, "verify");
            line.text(research);
        }
        Input::Visible => kind(&mut line, "visible"),
    }
    line.end(']')
}

/// An input of the other tabs; none for what is no message of the group, which changes nothing.
pub fn tabs(since_start_ms: u64, group: u64, input: &tabs::Input) -> Option<String> {
    let mut line = Line::new("[");
    push_decimal(&mut line.out, since_start_ms);
    line.text(match input {
        tabs::Input::ChannelFailed => "channel_failed",
        tabs::Input::Leave => "leave",
        tabs::Input::LockGranted => "lock_granted",
        tabs::Input::LockLost => "lock_lost",
        tabs::Input::LockRefused => "lock_refused",
        tabs::Input::LockUnopposed => "lock_unopposed",
        tabs::Input::Message(_) => "told",
    });
    if let tabs::Input::Message(message) = input {
        let (head, text) = tabs::parts_of(group, message)?;
        line.text(head).content(text);
    }
    Some(line.end(']'))
}

/// The line of a piece of an answer, so far as it comes before the piece itself: that follows as a string of JSON and a bracket,
/// or what is no UTF-8 as one in an array, each byte beyond ASCII as U+FFFD.
pub fn piece(since_start_ms: u64, request: RequestId) -> String {
    let mut line = Line::new("[");
    push_decimal(&mut line.out, since_start_ms);
    line.text("piece").number(request.0).comma();
    line.out
}

/// Of an object its length, which counts in the limits of a request; 1 of another value, 0 of what
/// is none.
fn auth_size(auth: &str) -> u64 {
    match Raw::parse(auth) {
        Ok(value) if value.kind() == Kind::Object => auth.len() as u64,
        Ok(_) => 1,
        Err(_) => 0,
    }
}

/// JSON of the same shape, each string and number of it of the same length, that says nothing. What decides
/// whether it can be sent stays: a reserved name, and which attachment stands where.
fn shape_of(json: &str) -> String {
    if Raw::parse(json).is_err() {
        // It is not sent.
        return "no JSON".to_owned();
    }
    let mut out = String::with_capacity(json.len());
    let mut is_place = false;
    for part in Parts::of(json) {
        match part {
            Part::Other(other) => {
                out.push_str(other);
                continue;
            }
            Part::Number(number) if is_place && number.len() <= MAX_PLACE_DIGITS => {
                out.push_str(number);
            }
            Part::Number(number) => out.extend(number.chars().map(|_| '1')),
            Part::Key(text) | Part::String(text) => {
                let name = text.get(1..text.len() - 1).unwrap_or_default();
                if matches!(name, "_placeholder" | "num") || is_reserved(name) {
                    out.push_str(text);
                } else {
                    out.push('"');
                    out.extend(std::iter::repeat_n('x', text.len().saturating_sub(2)));
                    out.push('"');
                }
            }
        }
        is_place = part == Part::Key("\"num\"");
    }
    out
}

/// Of the number of an attachment.
const MAX_PLACE_DIGITS: usize = 2;

/// The outputs that follow from one input.
#[derive(Debug, Default)]
pub struct Outputs {
    line: String,
    last: String,
    times: u64,
}

impl Outputs {
    /// Adds the kind of an output, and what tells it from others of its kind, as far as that is no
    /// secret.
    pub fn push(&mut self, output: &Output) {
        // Most are one line of a log after the other.
        if let Output::Event(Event::Research { event, .. }) = output
            && self.last == research_kind(event)
        {
            self.times += 1;
            return;
        }
        let mut kind = String::new();
        let number = match output {
            Output::Command(command) => push_command(&mut kind, command),
            Output::Event(event) => push_event(&mut kind, event),
        };
        if let Some(number) = number {
            kind.push(' ');
            push_decimal(&mut kind, number);
        }
        if kind != self.last {
            self.write_last();
            self.last = kind;
        }
        self.times += 1;
    }

    /// The line, if there were any; then begins anew. Of a row of the same ones there is one, with
    /// their number.
    pub fn take(&mut self) -> Option<String> {
        self.write_last();
        if self.line.is_empty() {
            return None;
        }
        let mut line = std::mem::take(&mut self.line);
        line.push(']');
        Some(line)
    }

    fn write_last(&mut self) {
        let mut kind = std::mem::take(&mut self.last);
        if self.times > 1 {
            kind.push('*');
            push_decimal(&mut kind, self.times);
        }
        if self.times > 0 {
            if self.line.is_empty() {
                self.line.push_str("[\">\"");
            }
            self.line.push(',');
            write_string(&mut self.line, &kind);
        }
        self.times = 0;
    }
}

fn push_command(out: &mut String, command: &Command) -> Option<u64> {
    let (kind, number) = match command {
        Command::Abort(id) => ("abort", Some(id.0)),
        Command::Ask(ask) => ("ask", Some(ask.0)),
        Command::Beacon(_) => ("beacon", None),
        Command::Open(opening) => ("websocket", Some(opening.id.0)),
        Command::Send { socket, .. } => ("send", Some(socket.0)),
        Command::Start(request) => (request.method.as_str(), Some(request.id.0)),
    };
    out.push_str(kind);
    number
}

fn push_event(out: &mut String, event: &Event) -> Option<u64> {
    let (kind, number) = match event {
        Event::Ack { emit, .. } => ("ack", Some(emit.0)),
        Event::Cancelled { cancel, .. } => ("cancelled", Some(cancel.0)),
        Event::Connect { .. } => ("connect", None),
        Event::ConnectError(_) => ("connect_error", None),
        Event::Disconnect(_) => ("disconnect", None),
        Event::EmitFailed { emit, .. } => ("emit_failed", Some(emit.0)),
        Event::Message { .. } => ("event", None),
        Event::Reconnect(attempt) => ("reconnect", Some((*attempt).into())),
        Event::ReconnectAttempt(attempt) => ("reconnect_attempt", Some((*attempt).into())),
        Event::ReconnectFailed(_) => ("reconnect_failed", None),
        Event::Renewed { .. } => ("renewed", None),
        Event::Research { event, .. } => (research_kind(event), None),
        Event::SearchEngineSelected(_) => ("search_engine_selected", None),
        Event::State(state) => {
            out.push_str("state ");
            (state.name.as_str(), None)
        }
        Event::Warning(_) => ("warning", None),
    };
    out.push_str(kind);
    number
}

const fn research_kind(event: &ResearchEvent) -> &'static str {
    match event {
        ResearchEvent::End(_) => "end",
        ResearchEvent::Engine(_) => "engine",
        ResearchEvent::Failure(_) => "failure",
        ResearchEvent::Gap(_) => "gap",
        ResearchEvent::HistoryRead => "history",
        ResearchEvent::Log(_) => "log",
        ResearchEvent::Status { .. } => "status",
        ResearchEvent::Step(_) => "step",
        ResearchEvent::Task(_) => "task",
        ResearchEvent::Update(_) => "update",
        ResearchEvent::Refusal(_) => "refusal",
        ResearchEvent::Verified(_) => "verified",
    }
}

/// A line under construction.
struct Line {
    out: String,
    /// Whether a name has been written, whose value comes without a comma.
    named: bool,
}

impl Line {
    fn new(start: &str) -> Self {
        Self {
            out: start.to_owned(),
            named: false,
        }
    }

    fn end(mut self, bracket: char) -> String {
        self.out.push(bracket);
        self.out
    }

    fn comma(&mut self) {
        if !std::mem::take(&mut self.named) {
            self.out.push(',');
        }
    }

    fn field(&mut self, name: &str) -> &mut Self {
        self.text(name);
        self.out.push(':');
        self.named = true;
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.comma();
        write_string(&mut self.out, text);
        self
    }

    fn number(&mut self, number: u64) -> &mut Self {
        self.comma();
        push_decimal(&mut self.out, number);
        self
    }

    fn maybe(&mut self, number: Option<u64>) -> &mut Self {
        match number {
            Some(number) => self.number(number),
            None => self.word("null"),
        }
    }

    fn boolean(&mut self, value: bool) -> &mut Self {
        self.word(if value { "true" } else { "false" })
    }

    fn word(&mut self, word: &str) -> &mut Self {
        self.comma();
        self.out.push_str(word);
        self
    }

    /// A text of any length: of one that is too long the length.
    fn content(&mut self, text: &str) -> &mut Self {
        if text.len() <= MAX_TEXT {
            return self.text(text);
        }
        self.comma();
        self.out.push_str("{\"cut\":");
        push_decimal(&mut self.out, text.len() as u64);
        self.out.push('}');
        self
    }

    fn body(&mut self, bytes: &[u8]) -> &mut Self {
        match str::from_utf8(bytes) {
            Ok(text) => self.content(text),
            Err(_) => self.wrong_bytes(bytes),
        }
    }

    /// Of arguments of the page only what a packet of them needs: their shape and their length.
    fn shape(&mut self, args: &str) -> &mut Self {
        if args.len() > MAX_TEXT {
            return self.content(args);
        }
        self.text(&shape_of(args))
    }

    /// What is no UTF-8, in an array to tell it from what is: each byte beyond ASCII as U+FFFD.
    fn wrong_bytes(&mut self, bytes: &[u8]) -> &mut Self {
        let mut text = String::new();
        for byte in bytes.iter().take(MAX_TEXT) {
            text.push(match byte {
                0..=0x7f => char::from(*byte),
                0x80.. => char::REPLACEMENT_CHARACTER,
            });
        }
        self.comma();
        self.out.push('[');
        self.named = true;
        self.text(&text);
        self.out.push(']');
        self
    }

    /// Of binary parts the sizes, as an array.
    fn sizes(&mut self, parts: &[Vec<u8>]) -> &mut Self {
        self.comma();
        self.out.push('[');
        self.named = true;
        for part in parts {
            self.number(part.len() as u64);
        }
        self.named = false;
        self.out.push(']');
        self
    }
}
