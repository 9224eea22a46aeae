//! One WebSocket of the browser.

use std::cell::Cell;

use gloo_timers::callback::Timeout;
use wasm_bindgen::prelude::*;
use web_sys::{UrlSearchParams, WebSocket};

use super::host::Host;
use crate::websocket::{Frame, MAX_FRAME_BYTES, News, Opening};

/// How often a browser is asked what has left it of all that was sent, in milliseconds: it says nothing by
/// itself.
const DRAIN_MS: u32 = 50;

/// The code of an end without a fault.
const NORMAL: u16 = 1000;

/// A WebSocket that is there, or being opened. Dropping it closes it; what was sent before still leaves.
pub(super) struct Socket {
    host: Host,
    /// `None` where the browser has refused to make one, which is told later.
    socket: Option<WebSocket>,
    _tell: Closure<dyn FnMut(JsValue, JsValue)>,
    /// What waited when the core was told last; `None` once it knows that nothing does.
    told: Cell<Option<u32>>,
    /// The next look.
    look: Cell<Option<Timeout>>,
}

impl Socket {
    /// Opens it. `tell` is called with whatever comes of it.
    pub(super) fn open(
        host: &Host,
        opening: &Opening,
        origin: &str,
        mut tell: impl FnMut(News) + 'static,
    ) -> Self {
        let tell = move |what: JsValue, code: JsValue| tell(read(&what, &code));
        let tell = Closure::<dyn FnMut(JsValue, JsValue)>::new(tell);
        let limit = MAX_FRAME_BYTES as u32;
        Self {
            host: host.clone(),
            socket: host.socket(origin, &address(opening), limit, tell.as_ref()),
            _tell: tell,
            told: Cell::default(),
            look: Cell::default(),
        }
    }

    /// Sends a message. Whoever calls has to [look](Self::look_later) later.
    pub(super) fn send(&self, frame: &Frame) {
        let Some(socket) = &self.socket else { return };
        // Only one that is being opened refuses, and it has not brought the packet that everything waits for.
        let _ = match frame {
            Frame::Text(text) => socket.send_with_str(text),
            Frame::Binary(bytes) => socket.send_with_u8_array(bytes),
        };
        self.told.set(Some(u32::MAX));
    }

    /// The time of a look has come.
    pub(super) fn looks(&self) {
        self.look.take();
    }

    /// What waits, if the core does not know.
    pub(super) fn news(&self) -> Option<News> {
        let told = self.told.get()?;
        let waiting = self.socket.as_ref().map_or(0, WebSocket::buffered_amount);
        self.told.set((waiting > 0).then_some(waiting));
        (waiting != told).then_some(News::Waiting(waiting.into()))
    }

    /// Calls `look` soon, if there is something to look for.
    pub(super) fn look_later(&self, look: impl FnOnce() + 'static) {
        let mut next = self.look.take();
        if next.is_none() && self.told.get().is_some() {
            next = Some(Timeout::new(DRAIN_MS, look));
        }
        self.look.set(next);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if let Some(socket) = &self.socket {
            self.host.forget_socket(socket);
            // It takes this code.
            let _ = socket.close_with_code(NORMAL);
        }
    }
}

/// What `host.js` tells: nothing once it is open; a text or bytes; with a code, the words of the end; or whether a message that was too
/// large was one of bytes.
fn read(what: &JsValue, code: &JsValue) -> News {
    if let Some(code) = code.as_f64() {
        return News::Closed {
            code: code as u16,
            reason: what.as_string().unwrap_or_default(),
        };
    }
    if what.is_undefined() {
        return News::Opened;
    }
    if let Some(binary) = what.as_bool() {
        return News::TooLarge { binary };
    }
    News::Frame(match what.as_string() {
        Some(text) => Frame::Text(text),
        None => Frame::Binary(js_sys::Uint8Array::new(what).to_vec()),
    })
}

fn address(opening: &Opening) -> String {
    let query = UrlSearchParams::new().ok();
    if let Some(query) = &query {
        for (name, value) in &opening.query {
            query.append(name, value);
        }
    }
    let query = query.map_or_else(String::new, |query| query.to_string().into());
    [&opening.url, "?", &query].concat()
}
