//! The browser as a connection gets it from the facade, for what calls the module back. Timers are
//! gloo-timers': the build puts the facade's (`timers.js`) in the place of the globals it calls.

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{AbortController, EventTarget, MessageChannel, MessagePort, RequestInit, WebSocket};

#[wasm_bindgen]
extern "C" {
    /// The facade's side of one connection (`host.js`). A trap is an exception in JavaScript: only
    /// what stands between the browser and the module can see it, take away what the dead instance
    /// has left in the page, and start another one.
    #[derive(Clone, Debug)]
    pub type Host;

    /// Makes ready to share a connection with the tabs of a group: its channel and its lock have this name, and
    /// `hear(kind, text)` is called with what they say.
    #[wasm_bindgen(method)]
    pub(super) fn share(this: &Host, group: &str, hear: &JsValue);

    /// Does something with the channel or the lock, see `tabs.js`.
    #[wasm_bindgen(method)]
    pub(super) fn tabs(this: &Host, act: &str, text: &str);

    /// Keeps a line of the trace.
    #[wasm_bindgen(method)]
    pub(crate) fn record(this: &Host, text: &str);

    /// Keeps a line of the trace that ends with the bytes as a string of JSON, and a bracket.
    #[wasm_bindgen(method, js_name = record)]
    pub(crate) fn record_bytes(this: &Host, head: &str, bytes: &[u8]);

    /// A function that calls this one as long as the instance lives.
    #[wasm_bindgen(method)]
    pub(super) fn guard(this: &Host, callback: &Function) -> Function;

    /// Adds a listener that [`guard`](Self::guard) gave.
    #[wasm_bindgen(method)]
    pub(super) fn listen(this: &Host, target: &EventTarget, event: &str, guarded: &Function);

    /// Removes it.
    #[wasm_bindgen(method)]
    pub(super) fn unlisten(this: &Host, target: &EventTarget, event: &str, guarded: &Function);

    /// Whether the page can be seen.
    #[wasm_bindgen(method)]
    pub(super) fn visible(this: &Host) -> bool;

    /// A channel whose second port calls back. Fails in a browser without channels.
    #[wasm_bindgen(method, catch)]
    pub(super) fn channel(this: &Host, callback: &Function) -> Result<MessageChannel, JsValue>;

    /// Whether the browser is asked for tasks that go before all but the input of a person.
    #[wasm_bindgen(method)]
    pub(super) fn ranks(this: &Host) -> bool;

    /// How long handlers may run at most before it has its turn, in milliseconds.
    #[wasm_bindgen(method)]
    pub(super) fn turn(this: &Host) -> f64;

    /// Has a port of a channel call back as soon as the call of the module that this is in is over.
    #[wasm_bindgen(method)]
    pub(super) fn hurry(this: &Host, port: &MessagePort);

    /// Has a port of a channel call back in such a task.
    #[wasm_bindgen(method)]
    pub(super) fn urge(this: &Host, port: &MessagePort);

    /// Whether a request with `keepalive` is answered to its page in any case, and one without it
    /// ends as soon as a navigation begins.
    #[wasm_bindgen(method)]
    pub(super) fn keeps(this: &Host) -> bool;

    /// The page's `fetch`, or the answer that it had before the module was there. `text` is the body. Rejects for an address of
    /// another origin than this one.
    #[wasm_bindgen(method)]
    pub(super) fn fetch(
        this: &Host,
        origin: &str,
        request: &web_sys::Request,
        init: &RequestInit,
        text: &JsValue,
    ) -> Promise;

    /// Whether the browser has taken this as a beacon. Fails for an address of another origin than
    /// this one.
    #[wasm_bindgen(method, catch)]
    pub(super) fn beacon(
        this: &Host,
        origin: &str,
        address: &str,
        text: &str,
        with_credentials: bool,
    ) -> Result<bool, JsValue>;

    /// Opens a WebSocket and calls `tell` with what comes of it (see `host.js`); none where the browser refuses, which
    /// is told later. Messages that are larger than `limit` are not read.
    #[wasm_bindgen(method)]
    pub(super) fn socket(
        this: &Host,
        origin: &str,
        address: &str,
        limit: u32,
        tell: &JsValue,
    ) -> Option<WebSocket>;

    /// Nothing more is to be told of it.
    #[wasm_bindgen(method, js_name = forgetSocket)]
    pub(super) fn forget_socket(this: &Host, socket: &WebSocket);

    /// The controller of one request.
    #[wasm_bindgen(method)]
    pub(super) fn controller(this: &Host) -> AbortController;

    /// The request is over.
    #[wasm_bindgen(method)]
    pub(super) fn release(this: &Host, controller: &AbortController);

    /// Nobody wants to know what comes of it.
    #[wasm_bindgen(method)]
    pub(super) fn forget(this: &Host, promise: &Promise);

    /// What reads a response: each call leads to one of `done(response, bytes, error)`. The bytes are
    /// the next ones of a good response that `streams`, and of any other all; there are none at the
    /// end, and of more than `limit`. After a call with `true` it calls no more.
    #[wasm_bindgen(method)]
    pub(super) fn read(
        this: &Host,
        promise: &Promise,
        limit: u32,
        streams: bool,
        done: &JsValue,
    ) -> Function;
}
