//! Reads a trace and runs it again.

use research_socket::config::{Config, Fallback};
use research_socket::http::{Answer, AskId, Credentials, RequestError, RequestId, Response};
use research_socket::research::{CancelId, Client, Input, ResearchId};
use research_socket::socket::{Acked, Emit, EmitId};
use research_socket::tabs;
use research_socket::time::Timestamp;
use research_socket::trace::Outputs;
use research_socket::websocket::{Frame, News, Transport};
use serde_json::Value;

/// One client of a trace.
pub(crate) struct Story {
    pub(crate) version: String,
    pub(crate) config: Config,
    pub(crate) seed: u64,
    pub(crate) start: u64,
    /// Whether it shared a connection with other tabs.
    shares: bool,
    pub(crate) steps: Vec<Step>,
    /// Why it cannot be replayed further than its steps, if it cannot.
    pub(crate) broken_off: Option<String>,
}

pub(crate) struct Step {
    /// The line of the input, from 1.
    pub(crate) line: usize,
    pub(crate) at: u64,
    pub(crate) input: Given,
    /// The line of outputs that follows, if there is one.
    pub(crate) outputs: Option<String>,
}

/// What a client was given.
#[derive(Clone, Debug)]
pub(crate) enum Given {
    Input(Input),
    /// By other tabs.
    Tabs(tabs::Input),
}

/// Why a trace is not replayed further although all of it is known.
pub(crate) const TOO_LONG: &str = "a text too long to be kept";

/// The number of a group, which no trace tells.
const GROUP: u64 = 0;

/// The clients of a trace: more than one if the module has trapped.
pub(crate) fn read(trace: &str) -> Vec<Story> {
    let mut stories: Vec<Story> = Vec::new();
    for (number, line) in trace.lines().enumerate() {
        let line_number = number + 1;
        let value: Value = serde_json::from_str(line)
            .unwrap_or_else(|error| panic!("line {line_number} is not JSON: {error}\n{line}"));
        if value.is_object() {
            stories.push(story(&value));
            continue;
        }
        let story = stories.last_mut().expect("a header comes first");
        if story.broken_off.is_some() {
            continue;
        }
        let fields = value.as_array().expect("an array");
        match fields[0].as_str() {
            Some(">") => {
                if let Some(step) = story.steps.last_mut() {
                    step.outputs = Some(line.to_owned());
                }
            }
            Some(other) => story.broken_off = Some(format!("line {line_number}: {other}")),
            None if fields.iter().any(|field| field.get("cut").is_some()) => {
                story.broken_off = Some(format!("line {line_number}: {TOO_LONG}"));
            }
            None => story.steps.push(Step {
                line: line_number,
                at: story.start + number_of(&fields[0]),
                input: given(fields),
                outputs: None,
            }),
        }
    }
    stories
}

/// Runs a story again. The first difference, in words.
pub(crate) fn replay(story: &Story) -> Result<(), String> {
    let at = |millis| Timestamp::from_millis(millis);
    let group = story.shares.then_some(GROUP);
    let client = Client::shared(story.config.clone(), group, story.seed, at(story.start));
    let mut client = client.expect("options that a client has had");
    let last = story.steps.len().saturating_sub(1);
    for (place, step) in story.steps.iter().enumerate() {
        match step.input.clone() {
            Given::Input(input) => client.handle_input(at(step.at), input),
            Given::Tabs(input) => client.handle_tabs(at(step.at), input),
        }
        let mut outputs = Outputs::default();
        while let Some(output) = client.poll_output() {
            outputs.push(&output);
        }
        while client.poll_tabs().is_some() {}
        let outputs = outputs.take();
        // Of the last input the outputs may not have been written any more: that is a trap.
        let is_open = place == last && step.outputs.is_none();
        if outputs != step.outputs && !is_open {
            return Err(format!(
                "after the input of line {}, {} ms after the start:\n  recorded {}\n  replayed {}",
                step.line,
                step.at - story.start,
                step.outputs.as_deref().unwrap_or("nothing"),
                outputs.as_deref().unwrap_or("nothing"),
            ));
        }
    }
    Ok(())
}

fn story(header: &Value) -> Story {
    assert_eq!(
        header["trace"], 1,
        "a version of the trace that is not known"
    );
    let text = |name: &str| {
        header[name]
            .as_str()
            .unwrap_or_else(|| panic!("no {name}"))
            .to_owned()
    };
    let number = |name: &str| number_of(&header[name]);
    let mut config = Config::new("https://host.invalid");
    config.path = text("path");
    config.either_path = header["eitherPath"] == true;
    if header["transport"] == "websocket" {
        config.transport = Transport::WebSocket;
    }
    config.upgrade = header["upgrade"] == true;
    config.fall_back = header["fallBack"] == true;
    config.namespace = text("namespace");
    config.reconnection = header["reconnection"] == true;
    // Traces from before there was the option are of clients that had none of it.
    config.persistent = header["persistent"].as_bool().unwrap_or(false);
    config.reconnection_attempts = header["attempts"].as_u64().map(|count| count as u32);
    config.reconnection_delay_ms = number("delay");
    config.reconnection_delay_max_ms = number("delayMax");
    config.randomization_factor = f64::from_bits(text("randomization").parse().unwrap());
    config.timeout_ms = number("timeout");
    config.fallback = header.get("fallbackInterval").map(|interval| Fallback {
        interval_ms: number_of(interval),
        after: number("fallbackAfter") as u32,
        timeout_ms: number("fallbackTimeout"),
    });
    config.history = header["history"] == true;
    config.early_history = header["earlyHistory"].as_bool().unwrap_or(false);
    config.flush_logs = header["flushLogs"].as_bool().unwrap_or(false);
    config.stall_after_ms = header["stallAfter"].as_u64();
    config.status_path = text("statusPath");
    config.logs_path = text("logsPath");
    config.history_path = text("historyPath");
    config.terminate_path = text("terminatePath");
    config.dedup_entries = number("dedup") as usize;
    // Traces of before it was an option say nothing of it.
    if let Some(bytes) = header["emitBuffer"].as_u64() {
        config.max_emit_buffer = bytes as usize;
    }
    Story {
        version: text("version"),
        config,
        seed: text("seed").parse().unwrap(),
        start: number("start"),
        shares: header["shares"] == true,
        steps: Vec::new(),
        broken_off: None,
    }
}

fn given(fields: &[Value]) -> Given {
    let text = |place: usize| fields[place].as_str().expect("a text");
    Given::Tabs(match text(1) {
        "channel_failed" => tabs::Input::ChannelFailed,
        "leave" => tabs::Input::Leave,
        "lock_granted" => tabs::Input::LockGranted,
        "lock_lost" => tabs::Input::LockLost,
        "lock_refused" => tabs::Input::LockRefused,
        "lock_unopposed" => tabs::Input::LockUnopposed,
        "told" => tabs::Input::Message(format!("1 {GROUP} {}{}", text(2), text(3))),
        _ => return Given::Input(input(fields)),
    })
}

fn input(fields: &[Value]) -> Input {
    let text = |place: usize| fields[place].as_str().expect("a text").to_owned();
    let number = |place: usize| number_of(&fields[place]);
    let flag = |place: usize| fields[place].as_bool().expect("true or false");
    match fields[1].as_str().expect("the kind of an input") {
        "acknowledge" => Input::Acknowledge {
            id: number(2),
            args: text(3),
            attachments: attachments(&fields[4]),
        },
        "answer" => Input::Answer {
            request: RequestId(number(2)),
            answer: Answer::Response(Response {
                status: number(3) as u16,
                retry_after_ms: fields[4].as_u64(),
                body: body(&fields[5]),
            }),
        },
        "cancel" => Input::Cancel {
            cancel: CancelId(number(2)),
            research: ResearchId::from_text(&text(3)).unwrap(),
            csrf_token: flag(4).then(|| "token".to_owned()),
        },
        "close" => Input::Close,
        "connect" => Input::Connect,
        "credentials" => Input::Credentials {
            ask: AskId(number(2)),
            credentials: Ok(Credentials {
                auth: fields[3].as_u64().map(auth),
                headers: pairs(number(4)),
                query: pairs(number(5)),
            }),
        },
        "emit" => Input::Emit(Emit {
            id: EmitId(number(2)),
            args: text(3),
            attachments: attachments(&fields[4]),
            ack: match fields[5].as_str() {
                Some("no") => Acked::No,
                Some("whenever") => Acked::WithoutTimeout,
                Some(other) => panic!("{other} is no acknowledgement"),
                None => Acked::Within(number(5)),
            },
            volatile: flag(6),
        }),
        "failed" => Input::Answer {
            request: RequestId(number(2)),
            answer: Answer::Failed(match text(3).as_str() {
                "body" => RequestError::Body(String::new()),
                "large" => RequestError::TooLarge,
                "network" => RequestError::Network(String::new()),
                "redirected" => RequestError::Redirected,
                other => panic!("{other} is no failure"),
            }),
        },
        "hidden" => Input::Hidden,
        "leaving" => Input::Leaving,
        "piece" => Input::Answer {
            request: RequestId(number(2)),
            answer: Answer::Piece(body(&fields[3])),
        },
        "listen" => Input::Listen {
            name: text(2),
            listening: flag(3),
        },
        "online" => Input::Online(flag(2)),
        "recall" => Input::Recall {
            research: text(2),
            facts: text(3),
        },
        "refresh" => Input::Refresh(text(2)),
        "refused" => Input::Credentials {
            ask: AskId(number(2)),
            credentials: Err(String::new()),
        },
        "remember" => Input::Remember {
            research: text(2),
            lines: text(3),
            complete: flag(4),
        },
        "binary" => socket(
            &fields[2],
            News::Frame(Frame::Binary(vec![0; number(3) as usize])),
        ),
        "frame" => socket(&fields[2], News::Frame(Frame::Text(text(3)))),
        "large_frame" => socket(&fields[2], News::TooLarge { binary: flag(3) }),
        "socket_closed" => {
            let (code, reason) = (number(3) as u16, String::new());
            socket(&fields[2], News::Closed { code, reason })
        }
        "socket_open" => socket(&fields[2], News::Opened),
        "waiting" => socket(&fields[2], News::Waiting(number(3))),
        "subscribe" => Input::Subscribe(match fields[2].as_i64() {
            Some(number) => ResearchId::from_integer(number),
            None => ResearchId::from_text(&text(2)).unwrap(),
        }),
        "timeout" => Input::Timeout,
        "no_websocket" => Input::NoWebSocket,
        "unseen" => Input::Unseen,
        "unsubscribe" => Input::Unsubscribe(text(2)),
        "verify" => Input::Verify(text(2)),
        "visible" => Input::Visible,
        other => panic!("{other} is no input"),
    }
}

fn socket(id: &Value, news: News) -> Input {
    let socket = RequestId(number_of(id));
    Input::Socket { socket, news }
}

/// What was no UTF-8 is in an array, with U+FFFD for each byte that may have been wrong.
fn body(field: &Value) -> Vec<u8> {
    let Some(wrong) = field.as_array() else {
        return field.as_str().expect("a body").as_bytes().to_vec();
    };
    let text = wrong[0].as_str().expect("a body");
    let byte = |c: char| if c.is_ascii() { c as u8 } else { 0xff };
    text.chars().map(byte).collect()
}

fn auth(size: u64) -> String {
    match size {
        0 => "{".to_owned(),
        1 => "7".to_owned(),
        size => format!("{{{}}}", " ".repeat(size as usize - 2)),
    }
}

fn attachments(sizes: &Value) -> Vec<Vec<u8>> {
    let sizes = sizes.as_array().expect("sizes");
    sizes
        .iter()
        .map(|size| vec![0; number_of(size) as usize])
        .collect()
}

fn pairs(count: u64) -> Vec<(String, String)> {
    (0..count)
        .map(|n| (format!("name-{n}"), "value".to_owned()))
        .collect()
}

fn number_of(value: &Value) -> u64 {
    value
        .as_u64()
        .unwrap_or_else(|| panic!("{value} is no number"))
}
