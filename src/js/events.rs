//! Events of the core as calls of the page's function: `dispatch(kind, id, value, extra)`. Of a line of the log `value`
//! is an array with lines that come after one another, and `extra` its place there.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, Object, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

use super::plain;
use super::value::{arguments, failure, object, parse, set};
use crate::browser::Page;
use crate::failure::Failure;
use crate::http::AskId;
use crate::research::{Event, Field, ResearchEvent, State, Update, Warning};

/// The page's function.
pub(super) struct Dispatch {
    function: Function,
    /// The words that are said again and again: to make one of JavaScript's costs more than to find it.
    words: RefCell<Vec<(&'static str, JsValue)>>,
    /// The most frequent one.
    log: JsValue,
    /// The id of the research that was told of last.
    id: RefCell<(String, Rc<JsValue>)>,
    lines: RefCell<Lines>,
}

/// Lines of which values were made at once.
#[derive(Default)]
struct Lines {
    /// An array.
    values: Rc<JsValue>,
    next: u32,
    count: u32,
}

#[wasm_bindgen]
extern "C" {
    /// `dispatch.call(undefined, "log", id, lines, place)`: by the numbers the most frequent call, so nothing that
    /// it gives back is taken.
    type Listener;
    #[wasm_bindgen(method, catch, js_name = call)]
    fn tell_line(
        this: &Listener,
        undefined: &JsValue,
        kind: &JsValue,
        id: &JsValue,
        lines: &JsValue,
        place: u32,
    ) -> Result<(), JsValue>;
}

impl Page for Dispatch {
    fn has_line(&self) -> bool {
        let lines = self.lines.borrow();
        lines.next < lines.count
    }

    fn read_lines(&self, (json, count): (String, u32)) {
        let values = Rc::new(parse(&json));
        let next = 0;
        *self.lines.borrow_mut() = Lines {
            values,
            next,
            count,
        };
    }

    fn handle_ask(&self, ask: AskId, live: bool) {
        self.call(
            "credentials",
            &number(ask.0),
            &live.into(),
            &JsValue::UNDEFINED,
        );
    }

    fn handle_event(&self, event: Event) {
        match event {
            Event::Ack {
                emit,
                args,
                attachments,
            } => {
                self.about("ack", &number(emit.0), &arguments(&args, &attachments));
            }
            Event::Cancelled { cancel, result } => {
                let value = match result {
                    Ok(()) => object([("ok", JsValue::TRUE)]),
                    Err(error) => failure_of(&error),
                };
                self.about("cancel", &number(cancel.0), &value);
            }
            Event::Connect { sid } => self.tell("connect", &object([("id", sid.into())])),
            Event::Renewed { sid } => self.tell("renewed", &sid.into()),
            Event::ConnectError(error) => self.tell("connect_error", &failure_of(&error)),
            Event::Disconnect(error) => {
                let reason = error.disconnect_reason().into();
                let value = object([("reason", reason), ("error", failure_of(&error))]);
                self.tell("disconnect", &value);
            }
            Event::EmitFailed { emit, error } => {
                let value = failure(error.code(), &error.message());
                self.about("ack_error", &number(emit.0), &value);
            }
            Event::Message {
                name,
                args,
                ack,
                attachments,
            } => {
                let args = arguments(&args, &attachments);
                // The name, which the page gets as such.
                args.shift();
                let ack = ack.map_or(JsValue::UNDEFINED, number);
                self.call("event", &name.into(), &args, &ack);
            }
            Event::Reconnect(attempt) => self.tell("reconnect", &attempt.into()),
            Event::ReconnectAttempt(attempt) => self.tell("reconnect_attempt", &attempt.into()),
            Event::ReconnectFailed(error) => self.tell("reconnect_failed", &failure_of(&error)),
            Event::Research {
                id,
                event: ResearchEvent::Log(_),
            } => self.tell_line(&id),
            Event::Research { id, event } => {
                let (kind, value) = research(event);
                self.about(kind, &self.id(&id), &value);
            }
            Event::SearchEngineSelected(payload) => {
                self.tell("search_engine_selected", &parse(&payload));
            }
            Event::State(state) => self.tell("state", &state_of(&state)),
            Event::Warning(warning) => self.tell("warning", &warning_of(warning)),
        }
    }
}

impl Dispatch {
    pub(super) fn new(function: Function) -> Self {
        Self {
            function,
            words: RefCell::default(),
            log: "log".into(),
            id: RefCell::default(),
            lines: RefCell::default(),
        }
    }

    fn word(&self, word: &'static str) -> JsValue {
        let mut words = self.words.borrow_mut();
        if let Some((_, value)) = words.iter().find(|(known, _)| *known == word) {
            return value.clone();
        }
        let value = JsValue::from(word);
        words.push((word, value.clone()));
        value
    }

    fn id(&self, id: &str) -> Rc<JsValue> {
        let mut last = self.id.borrow_mut();
        if last.0 != id {
            *last = (id.to_owned(), Rc::new(JsValue::from(id)));
        }
        Rc::clone(&last.1)
    }

    /// The next of the lines that were read.
    fn tell_line(&self, id: &str) {
        let (values, place) = {
            let mut lines = self.lines.borrow_mut();
            let place = lines.next;
            lines.next += 1;
            // Whoever has handed out the last one lets go of all.
            let values = if lines.next == lines.count {
                std::mem::take(&mut lines.values)
            } else {
                Rc::clone(&lines.values)
            };
            (values, place)
        };
        // As in `call`.
        let _ = self.function.unchecked_ref::<Listener>().tell_line(
            &JsValue::UNDEFINED,
            &self.log,
            &self.id(id),
            &values,
            place,
        );
    }

    fn tell(&self, kind: &'static str, value: &JsValue) {
        self.about(kind, &JsValue::UNDEFINED, value);
    }

    fn about(&self, kind: &'static str, id: &JsValue, value: &JsValue) {
        self.call(kind, id, value, &JsValue::UNDEFINED);
    }

    fn call(&self, kind: &'static str, id: &JsValue, value: &JsValue, extra: &JsValue) {
        // The facade reports what handlers throw, and throws nothing itself.
        let _ = self
            .function
            .call4(&JsValue::UNDEFINED, &self.word(kind), id, value, extra);
    }
}

/// `{ name, reason?, attempt?, delay? }`.
pub(super) fn state_of(state: &State) -> JsValue {
    let value = object([("name", state.name.as_str().into())]);
    if let Some(reason) = &state.reason {
        set(&value, "reason", &failure_of(reason));
    }
    if let Some(attempt) = state.attempt {
        set(&value, "attempt", &attempt.into());
    }
    if let Some(delay_ms) = state.delay_ms {
        set(&value, "delay", &number(delay_ms));
    }
    value
}

fn research(event: ResearchEvent) -> (&'static str, JsValue) {
    match event {
        ResearchEvent::End(end) => ("end", plain::end(&end)),
        ResearchEvent::Engine(engine) => ("engine", plain::engine(&engine)),
        ResearchEvent::Failure(failure) => ("failure", plain::failure(&failure)),
        ResearchEvent::Gap(gap) => ("gap", plain::gap(&gap)),
        ResearchEvent::HistoryRead => ("history", JsValue::UNDEFINED),
        // Of lines many are told at once.
        ResearchEvent::Log(_) => ("log", JsValue::UNDEFINED),
        ResearchEvent::Refusal(refusal) => (
            "refusal",
            refusal.map_or(JsValue::NULL, |why| why.as_str().into()),
        ),
        ResearchEvent::Status { status, previous } => ("status", plain::status(status, previous)),
        ResearchEvent::Step(payload) => ("step", parse(&payload)),
        ResearchEvent::Task(task) => ("task", task.into()),
        ResearchEvent::Update(update) => ("update", update_of(&update)),
        ResearchEvent::Verified(shown) => ("verified", shown.into()),
    }
}

/// The server's payload as it came, but for the two fields that are checked.
fn update_of(update: &Update) -> JsValue {
    let payload = parse(&update.payload);
    match update.progress {
        Field::Keep => {}
        Field::Set(progress) => set(&payload, "progress", &progress.into()),
        Field::Delete => delete(&payload, "progress"),
    }
    match &update.status {
        Field::Keep => {}
        Field::Set(status) => set(&payload, "status", &status.as_str().into()),
        Field::Delete => delete(&payload, "status"),
    }
    payload
}

fn warning_of(warning: Warning) -> JsValue {
    let value = object([
        ("code", warning.code.into()),
        ("message", warning.message.into()),
        ("excerpt", warning.excerpt.into()),
    ]);
    if let Some(research) = warning.research {
        set(&value, "research", &research.into());
    }
    value
}

fn failure_of(error: &Failure) -> JsValue {
    let value = failure(error.code(), &error.message());
    if let Failure::ConnectError(words) = error
        && let Some(data) = &words.data
    {
        set(&value, "data", &parse(data));
    }
    value
}

fn delete(object: &JsValue, name: &str) {
    // Of what is no object nothing can be deleted.
    let _ = Reflect::delete_property(object.unchecked_ref::<Object>(), &name.into());
}

/// A number as JavaScript has it; the core's numbers stay far below 2^53.
fn number(value: u64) -> JsValue {
    JsValue::from_f64(value as f64)
}
