//! A connection as the package's facade holds it: the class of JavaScript and its one function.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use js_sys::{Array, Function, JSON, Uint8Array};
use research_socket::{Connection, Host};
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The exported class as JavaScript sees it, glue included.
    #[derive(Clone)]
    pub type Handle;

    #[wasm_bindgen(method, catch)]
    pub fn open(this: &Handle, connect: bool) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    pub fn subscribe(this: &Handle, id: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method)]
    pub fn unsubscribe(this: &Handle, id: &str);
    #[wasm_bindgen(method)]
    pub fn snapshot(this: &Handle, id: &str) -> JsValue;
    #[wasm_bindgen(method, catch)]
    pub fn emit(
        this: &Handle,
        args: &str,
        attachments: Vec<Uint8Array>,
        ack_timeout: f64,
        volatile: bool,
    ) -> Result<u32, JsValue>;
    #[wasm_bindgen(method)]
    pub fn acknowledge(this: &Handle, id: f64, args: &str, attachments: Vec<Uint8Array>);
    #[wasm_bindgen(method)]
    pub fn listen(this: &Handle, name: &str, listening: bool);
    #[wasm_bindgen(method)]
    pub fn refresh(this: &Handle, id: &str);
    #[wasm_bindgen(method, catch)]
    pub fn cancel(
        this: &Handle,
        research: &str,
        csrf_token: Option<String>,
    ) -> Result<u32, JsValue>;
    #[wasm_bindgen(method)]
    pub fn provide(this: &Handle, ask: f64, given: &JsValue);
    #[wasm_bindgen(method)]
    pub fn refuse(this: &Handle, ask: f64, words: &str);
    #[wasm_bindgen(method)]
    pub fn connect(this: &Handle);
    #[wasm_bindgen(method)]
    pub fn state(this: &Handle) -> JsValue;
    #[wasm_bindgen(method)]
    pub fn connected(this: &Handle) -> bool;
    #[wasm_bindgen(method, js_name = usingFallback)]
    pub fn using_fallback(this: &Handle) -> bool;
    #[wasm_bindgen(method)]
    pub fn stats(this: &Handle) -> JsValue;
    #[wasm_bindgen(method)]
    pub fn close(this: &Handle);
    #[wasm_bindgen(method)]
    pub fn free(this: &Handle);
}

/// One call of the page's function.
#[derive(Clone, Debug)]
pub struct Told {
    pub kind: String,
    pub id: JsValue,
    pub value: JsValue,
    pub extra: JsValue,
}

impl Told {
    pub fn json(&self) -> Value {
        to_json(&self.value)
    }

    /// The id as text; empty where there is none.
    pub fn id(&self) -> String {
        self.id.as_string().unwrap_or_default()
    }
}

/// A connection and everything that it told.
#[derive(Clone)]
pub struct Client {
    shared: Rc<Shared>,
}

type Handler = Rc<dyn Fn(&Client, &Told)>;

thread_local! {
    static ALL: RefCell<Vec<Client>> = const { RefCell::new(Vec::new()) };
}

struct Shared {
    handle: Handle,
    freed: Cell<bool>,
    told: RefCell<Vec<Told>>,
    handler: RefCell<Option<Handler>>,
    answers_asks: Cell<bool>,
    calls: Cell<u32>,
    told_within_a_call: Cell<bool>,
}

impl Client {
    pub(super) fn new(options: &JsValue) -> Self {
        let shared = Rc::new_cyclic(|shared: &Weak<Shared>| {
            let weak = shared.clone();
            let dispatch = Closure::<dyn FnMut(String, JsValue, JsValue, JsValue)>::new(
                move |kind: String, id, value: JsValue, extra: JsValue| {
                    if let Some(shared) = weak.upgrade() {
                        // Of lines an array comes, and which one is told of.
                        let value = match (&*kind, extra.as_f64()) {
                            ("log", Some(place)) => Array::get(value.unchecked_ref(), place as u32),
                            _ => value,
                        };
                        Self { shared }.hear(Told {
                            kind,
                            id,
                            value,
                            extra,
                        });
                    }
                },
            );
            let dispatch = dispatch.into_js_value().unchecked_into::<Function>();
            let connection = create(options, dispatch).expect("the options are valid");
            Shared {
                handle: JsValue::from(connection).unchecked_into(),
                freed: Cell::new(false),
                told: RefCell::default(),
                handler: RefCell::default(),
                answers_asks: Cell::new(true),
                calls: Cell::new(0),
                told_within_a_call: Cell::new(false),
            }
        });
        let client = Self { shared };
        ALL.with_borrow_mut(|all| all.push(client.clone()));
        client
    }

    /// Frees what earlier tests left. One that panics drops nothing, and its clients would go on with
    /// their requests and timers in the page of the next.
    pub(super) fn free_all() {
        for client in ALL.take() {
            client.free();
        }
    }

    fn hear(&self, told: Told) {
        if self.shared.calls.get() > 0 {
            self.shared.told_within_a_call.set(true);
        }
        self.shared.told.borrow_mut().push(told.clone());
        if told.kind == "credentials" && self.shared.answers_asks.get() {
            self.provide(&told, &json!({"headers": [], "query": []}));
        }
        let handler = self.shared.handler.borrow().clone();
        if let Some(handler) = handler {
            handler(self, &told);
        }
    }

    /// What the page does at each event.
    pub fn on_event(&self, handler: impl Fn(&Self, &Told) + 'static) {
        *self.shared.handler.borrow_mut() = Some(Rc::new(handler));
    }

    /// From now on the test answers questions for credentials.
    pub fn leave_asks_to_the_test(&self) {
        self.shared.answers_asks.set(false);
    }

    pub fn provide(&self, ask: &Told, given: &Value) {
        let ask = ask.id.as_f64().expect("the number of the question");
        self.call(|handle| handle.provide(ask, &to_js(given)));
    }

    /// Calls a method, within which the page must not be told anything.
    pub fn call<T>(&self, run: impl FnOnce(&Handle) -> T) -> T {
        let calls = &self.shared.calls;
        calls.set(calls.get() + 1);
        let result = run(&self.shared.handle);
        calls.set(calls.get() - 1);
        result
    }

    pub fn open(&self) {
        self.call(|handle| handle.open(true)).expect("it opens");
    }

    pub fn subscribe(&self, id: &str) {
        self.call(|handle| handle.subscribe(&id.into()))
            .expect("a valid id");
    }

    /// Emits without attachments.
    pub fn emit(&self, args: Value, ack_timeout: f64) -> Result<u32, JsValue> {
        let args = args.to_string();
        self.call(|handle| handle.emit(&args, Vec::new(), ack_timeout, false))
    }

    pub fn close(&self) {
        self.call(Handle::close);
    }

    /// Gives the object back to the module; once.
    pub fn free(&self) {
        if !self.shared.freed.replace(true) {
            self.call(Handle::free);
        }
    }

    pub fn snapshot(&self, id: &str) -> Value {
        to_json(&self.call(|handle| handle.snapshot(id)))
    }

    pub fn stats(&self) -> Value {
        to_json(&self.call(Handle::stats))
    }

    pub fn state(&self) -> Value {
        to_json(&self.call(Handle::state))
    }

    // --- What the page heard ---------------------------------------------------------------------

    pub fn told(&self) -> Vec<Told> {
        self.shared.told.borrow().clone()
    }

    pub fn forget(&self) {
        self.shared.told.borrow_mut().clear();
    }

    pub fn kinds(&self) -> Vec<String> {
        self.told().into_iter().map(|told| told.kind).collect()
    }

    /// The values of all events of a kind.
    pub fn of(&self, kind: &str) -> Vec<Value> {
        let told = self.shared.told.borrow();
        let those = told.iter().filter(|told| told.kind == kind);
        those.map(Told::json).collect()
    }

    pub fn count(&self, kind: &str) -> usize {
        let told = self.shared.told.borrow();
        told.iter().filter(|told| told.kind == kind).count()
    }

    /// The messages of all log lines.
    pub fn lines(&self) -> Vec<String> {
        let message = |line: Value| line["message"].as_str().unwrap_or_default().to_owned();
        self.of("log").into_iter().map(message).collect()
    }

    pub(super) fn told_within_a_call(&self) -> bool {
        self.shared.told_within_a_call.get()
    }
}

#[wasm_bindgen(module = "/pkg-template/core/host.js")]
extern "C" {
    #[wasm_bindgen(js_name = Host)]
    type PackageHost;

    #[wasm_bindgen(constructor, js_class = Host)]
    fn new() -> PackageHost;
}

/// The browser as the package's facade hands it on.
pub fn host() -> Host {
    JsValue::from(PackageHost::new()).unchecked_into()
}

/// The constructor; it must not replace the hook with which tests report what has failed.
pub fn create(options: &JsValue, dispatch: Function) -> Result<Connection, JsValue> {
    // After a test that failed the hook stays as it is: panics do not unwind here.
    if std::thread::panicking() {
        return Connection::new(options, dispatch, host());
    }
    let reports = std::panic::take_hook();
    let connection = Connection::new(options, dispatch, host());
    let _ = std::panic::take_hook();
    std::panic::set_hook(reports);
    connection
}

/// The value of JSON.
pub fn to_js(value: &Value) -> JsValue {
    JSON::parse(&value.to_string()).expect("it is JSON")
}

/// What JSON keeps of a value; `null` for what it does not keep at all.
pub fn to_json(value: &JsValue) -> Value {
    let text = JSON::stringify(value)
        .ok()
        .and_then(|text| text.as_string());
    text.map_or(Value::Null, |text| {
        serde_json::from_str(&text).expect("it is JSON")
    })
}

/// An array of one, as attachments are given.
pub fn attachment(bytes: &[u8]) -> Vec<Uint8Array> {
    vec![Uint8Array::from(bytes)]
}

/// The arguments of an event of the server.
pub fn args(value: &JsValue) -> Vec<JsValue> {
    Array::from(value).to_vec()
}
