//! Turns at the main thread: page handlers run in short tasks, between which the protocol runs.

use std::cell::Cell;

use wasm_bindgen::prelude::*;
use web_sys::MessagePort;

use super::host::Host;

/// How long handlers may run in one task, in milliseconds. Two such tasks and a frame's own work fit
/// into the 50 ms from which on a page feels stuck; the last handler of a slice may take longer.
pub(super) const BUDGET_MS: f64 = 8.0;

/// How much of it what has come may take to be read, in milliseconds. It comes first, since the server
/// waits for answers to some of it.
pub(super) const READING_MS: f64 = 4.0;

/// Asks for tasks, one at a time. A message channel, because browsers slow timers down: to 4 ms
/// when nested, to a second or a minute while the page is hidden.
pub(super) struct Slices {
    sender: MessagePort,
    receiver: MessagePort,
    scheduled: Cell<bool>,
    _run: Closure<dyn FnMut()>,
}

impl Slices {
    /// `run` is called in a task of its own after each [`schedule`](Self::schedule).
    pub(super) fn new(host: &Host, run: impl FnMut() + 'static) -> Result<Self, JsValue> {
        let run = Closure::new(run);
        let channel = host.channel(run.as_ref().unchecked_ref())?;
        let (sender, receiver) = (channel.port1(), channel.port2());
        Ok(Self {
            sender,
            receiver,
            scheduled: Cell::new(false),
            _run: run,
        })
    }

    /// Asks for a task, unless one is coming.
    pub(super) fn schedule(&self) {
        if !self.scheduled.replace(true) {
            // Fails only for values that cannot be cloned.
            let _ = self.sender.post_message(&JsValue::NULL);
        }
    }

    /// The task has come, or will not come any more.
    pub(super) fn begin(&self) {
        self.scheduled.set(false);
    }
}

impl Drop for Slices {
    fn drop(&mut self) {
        self.receiver.set_onmessage(None);
        self.sender.close();
    }
}
