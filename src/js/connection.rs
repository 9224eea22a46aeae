//! The class that the package's facade makes for each connection.

use std::cell::{Cell, RefCell};

use js_sys::{Array, Function, Reflect, Uint8Array, Uint32Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

use super::events::{Dispatch, state_of};
use super::options::{self, MAX_SAFE_INTEGER};
use super::plain;
use super::value::{bytes, error, object};
use crate::browser::{Driver, Host};
use crate::http::{AskId, Credentials};
use crate::research::{CancelId, Input, InvalidId, ResearchId};
use crate::socket::{Acked, Emit, EmitId};
use crate::text::decimal;
use crate::trace;

thread_local! {
    /// Whom to tell that the module is about to trap.
    static ALARM: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// One connection to a server. The facade of the npm package wraps it; its methods are not for
/// pages.
#[wasm_bindgen]
pub struct Connection {
    driver: Driver,
    last_emit: Cell<u32>,
    last_cancel: Cell<u32>,
}

#[wasm_bindgen]
impl Connection {
    /// Checks the options. `dispatch(kind, id, value, extra)` is called for every event, never from
    /// within another method. `host` is the browser as this connection gets it.
    ///
    /// # Errors
    /// A `TypeError` or `RangeError` that names the option.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &JsValue, dispatch: Function, host: Host) -> Result<Self, JsValue> {
        set_alarm(&dispatch);
        let (config, settings) = options::read(options)?;
        let page = Box::new(Dispatch::new(dispatch));
        let driver = Driver::new(config, settings, seed(), page, host)
            .map_err(|error| options::out_of_range(&error))?;
        Ok(Self {
            driver,
            last_emit: Cell::new(0),
            last_cancel: Cell::new(0),
        })
    }

    /// Listens to the page, and connects, if not only [`connect`](Self::connect) is to do that. To be
    /// called once.
    ///
    /// # Errors
    /// When the browser has no message channels.
    pub fn open(&self, connect: bool) -> Result<(), JsValue> {
        self.driver.open(connect)
    }

    /// Follows a research.
    ///
    /// # Errors
    /// A `TypeError` for what is no id of a research.
    pub fn subscribe(&self, id: &JsValue) -> Result<(), JsValue> {
        let is_integer = |number: &f64| number.fract() == 0.0 && number.abs() <= MAX_SAFE_INTEGER;
        let number = id.as_f64().filter(is_integer);
        let id = match (id.as_string(), number) {
            (Some(text), _) => id_of(&text)?,
            (None, Some(number)) => ResearchId::from_integer(number as i64),
            (None, None) => return Err(invalid_id()),
        };
        self.driver.handle(Input::Subscribe(id));
        Ok(())
    }

    /// What the page has heard of it from a module that has failed, right after
    /// [`subscribe`](Self::subscribe): an update's fields, and its lines of the log.
    pub fn recall(&self, research: String, facts: String, lines: String, complete: bool) {
        let id = research.clone();
        let recall = Input::Recall {
            research: id,
            facts,
        };
        self.driver.handle(recall);
        self.driver.handle(Input::Remember {
            research,
            lines,
            complete,
        });
    }

    /// Follows it no longer.
    pub fn unsubscribe(&self, id: String) {
        self.driver.handle(Input::Unsubscribe(id));
    }

    /// The reduced state of a research that is followed; `undefined` for others.
    pub fn snapshot(&self, id: &str) -> JsValue {
        let snapshot = self.driver.with_client(|client| client.snapshot(id));
        snapshot.map_or(JsValue::UNDEFINED, |snapshot| plain::snapshot(&snapshot))
    }

    /// What a research that is followed did when, as `[at, name, number]` again and again: of its phases, milestones,
    /// progress, engines and errors. Behind them how many had no room, when the newest was, and when it ended. `undefined`
    /// for others.
    pub fn timeline(&self, id: &str) -> JsValue {
        self.driver.with_client(|client| {
            let timeline = client.timeline(id);
            timeline.map_or(JsValue::UNDEFINED, plain::timeline)
        })
    }

    /// Sends an event, given as JSON array. `ack_timeout`: -1 without ack, 0 without time-out, else
    /// milliseconds. Returns the number that comes back with the ack.
    ///
    /// # Errors
    /// An `Error` with a `code` when it cannot be sent.
    pub fn emit(
        &self,
        args: String,
        attachments: Vec<Uint8Array>,
        ack_timeout: f64,
        volatile: bool,
    ) -> Result<u32, JsValue> {
        let id = self.last_emit.get().wrapping_add(1);
        self.last_emit.set(id);
        let ack = match ack_timeout {
            none if none < 0.0 => Acked::No,
            0.0 => Acked::WithoutTimeout,
            millis => Acked::Within(millis as u64),
        };
        let attachments = bytes(attachments);
        let emit = Emit {
            id: EmitId(id.into()),
            args,
            attachments,
            ack,
            volatile,
        };
        self.driver
            .emit(emit)
            .map_err(|refusal| error(refusal.code(), &refusal.message()))?;
        Ok(id)
    }

    /// Answers an event that asked for an ack, with a JSON array.
    pub fn acknowledge(&self, id: f64, args: String, attachments: Vec<Uint8Array>) {
        let attachments = bytes(attachments);
        self.driver.handle(Input::Acknowledge {
            id: id as u64,
            args,
            attachments,
        });
    }

    /// Whether the page wants to hear an event of the server; without a name: every one.
    pub fn listen(&self, name: String, listening: bool) {
        self.driver.handle(Input::Listen { name, listening });
    }

    /// Asks for the status of a research now.
    pub fn refresh(&self, id: String) {
        self.driver.handle(Input::Refresh(id));
    }

    /// Asks whether the server shows a research to whoever is signed in now; the answer is the event
    /// `verified`.
    pub fn verify(&self, id: String) {
        self.driver.handle(Input::Verify(id));
    }

    /// Asks the server to end a research. Returns the number that comes back with the answer.
    ///
    /// # Errors
    /// A `TypeError` for what is no id of a research.
    pub fn cancel(&self, research: &str, csrf_token: Option<String>) -> Result<u32, JsValue> {
        let research = id_of(research)?;
        let id = self.last_cancel.get().wrapping_add(1);
        self.last_cancel.set(id);
        let cancel = CancelId(id.into());
        self.driver.handle(Input::Cancel {
            cancel,
            research,
            csrf_token,
        });
        Ok(id)
    }

    /// The answer to `dispatch("credentials", ask)`: `{ auth?: JSON text, headers: pairs, query:
    /// pairs }`.
    pub fn provide(&self, ask: f64, given: &JsValue) {
        let get = |name: &str| Reflect::get(given, &name.into()).unwrap_or(JsValue::UNDEFINED);
        let credentials = Credentials {
            auth: get("auth").as_string(),
            headers: pairs(&get("headers")),
            query: pairs(&get("query")),
        };
        self.driver
            .handle_credentials(AskId(ask as u64), Ok(credentials));
    }

    /// The answer to `dispatch("credentials", ask)` when the page's function failed.
    pub fn refuse(&self, ask: f64, words: String) {
        self.driver
            .handle_credentials(AskId(ask as u64), Err(words));
    }

    /// Connects now, whatever happened before.
    pub fn connect(&self) {
        self.driver.handle(Input::Connect);
    }

    /// The state of the connection.
    pub fn state(&self) -> JsValue {
        self.driver.with_client(|client| state_of(client.state()))
    }

    /// Whether events can flow both ways now.
    pub fn connected(&self) -> bool {
        self.driver
            .with_client(crate::research::Client::is_connected)
    }

    /// Whether the status of any research is polled.
    #[wasm_bindgen(js_name = usingFallback)]
    pub fn using_fallback(&self) -> bool {
        self.driver
            .with_client(crate::research::Client::is_using_fallback)
    }

    /// What this tab is to the others that share the connection.
    pub fn role(&self) -> String {
        self.driver
            .with_client(|client| client.role().as_str().to_owned())
    }

    /// Counters since the connection began.
    pub fn stats(&self) -> JsValue {
        let stats = self.driver.with_client(crate::research::Client::stats);
        plain::stats(stats, self.driver.dropped())
    }

    /// The trace of any connection as it may be handed on.
    pub fn mask(trace: &str) -> String {
        trace::mask(trace, seed())
    }

    /// Says goodbye to the server and takes all listeners away.
    pub fn close(&self) {
        self.driver.close();
    }
}

fn id_of(text: &str) -> Result<ResearchId, JsValue> {
    ResearchId::from_text(text).map_err(|_| invalid_id())
}

fn invalid_id() -> JsValue {
    js_sys::TypeError::new(InvalidId::WORDS).into()
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = crypto, js_name = getRandomValues)]
    fn fill_with_chance(words: &Uint32Array) -> Result<JsValue, JsValue>;
}

/// Not from `Math.random`: a trace tells the seed, and from a few numbers of that generator follow all others,
/// those that the page draws too.
fn seed() -> u64 {
    let words = Uint32Array::new_with_length(2);
    if fill_with_chance(&words).is_err() {
        // Every browser has it: this is for what only looks like one.
        return js_sys::Date::now() as u64;
    }
    u64::from(words.get_index(0)) << 32 | u64::from(words.get_index(1))
}

/// The pairs of strings in an array of arrays; others are left out.
fn pairs(given: &JsValue) -> Vec<(String, String)> {
    let pair = |pair: JsValue| {
        let pair: Array = pair.dyn_into().ok()?;
        Some((pair.get(0).as_string()?, pair.get(1).as_string()?))
    };
    given
        .dyn_ref::<Array>()
        .into_iter()
        .flat_map(Array::iter)
        .filter_map(pair)
        .collect()
}

/// A trap takes down every client of the module: the facade is told first, unless the module is compiled without the words of
/// panics. It then sees the trap alone.
fn set_alarm(dispatch: &Function) {
    if cfg!(panic = "immediate-abort") {
        return;
    }
    let first = ALARM.with_borrow(Option::is_none);
    ALARM.set(Some(dispatch.clone()));
    if first {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location();
            let (file, line) = place.map_or(("", 0), |place| (place.file(), place.line()));
            let words = panic.payload_as_str().unwrap_or_default();
            let message = [words, " (", file, ":", &decimal(line.into()), ")"].concat();
            let value = object([("message", message.into())]);
            let alarm = ALARM.take();
            if let Some(alarm) = alarm {
                let _ = alarm.call3(
                    &JsValue::UNDEFINED,
                    &"internal".into(),
                    &JsValue::UNDEFINED,
                    &value,
                );
            }
        }));
    }
}
