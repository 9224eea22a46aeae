//! Turns at the main thread: page handlers run in short tasks, between which the protocol runs.

use std::cell::Cell;

use wasm_bindgen::prelude::*;
use web_sys::MessagePort;

use super::host::Host;
use crate::pace::Pace;

/// How much of a task what has come may take to be read, in milliseconds. It comes first, since the server
/// waits for answers to some of it.
pub(super) const READING_MS: f64 = 4.0;

/// Asks for tasks, one at a time. A message channel, because browsers slow timers down: to 4 ms
/// when nested, to a second or a minute while the page is hidden.
pub(super) struct Slices {
    host: Host,
    sender: MessagePort,
    receiver: MessagePort,
    /// Whether a task is coming, or under way.
    scheduled: Cell<bool>,
    pace: Cell<Pace>,
    _run: Closure<dyn FnMut()>,
}

impl Slices {
    /// `run` is called in a task of its own after each [`schedule`](Self::schedule).
    pub(super) fn new(host: Host, run: impl FnMut() + 'static) -> Result<Self, JsValue> {
        let run = Closure::new(run);
        let channel = host.channel(run.as_ref().unchecked_ref())?;
        let (sender, receiver) = (channel.port1(), channel.port2());
        let pace = Cell::new(Pace::new(host.ranks(), host.turn()));
        Ok(Self {
            host,
            sender,
            receiver,
            scheduled: Cell::new(false),
            pace,
            _run: run,
        })
    }

    /// Asks for a task, unless one is coming.
    pub(super) fn schedule(&self) {
        if !self.scheduled.replace(true) {
            self.post();
        }
    }

    /// The task that was asked for will not come any more.
    pub(super) fn lose(&self) {
        self.scheduled.set(false);
    }

    /// The task has come.
    pub(super) fn begin(&self, now: f64) {
        self.with_pace(|pace| pace.begin(now));
    }

    /// Whether it is to end, after a handler.
    pub(super) fn is_over(&self, now: f64) -> bool {
        self.with_pace(|pace| pace.is_over(now))
    }

    /// It ends. Another one is asked for if there is more to do.
    pub(super) fn end(&self, now: f64, has_more: bool) {
        let is_urgent = self.with_pace(|pace| pace.end(now, has_more));
        self.scheduled.set(has_more);
        if is_urgent {
            self.host.urge(&self.receiver);
        } else if has_more {
            self.post();
        }
    }

    fn with_pace<T>(&self, act: impl FnOnce(&mut Pace) -> T) -> T {
        let mut pace = self.pace.get();
        let result = act(&mut pace);
        self.pace.set(pace);
        result
    }

    fn post(&self) {
        // Fails only for values that cannot be cloned.
        let _ = self.sender.post_message(&JsValue::NULL);
    }
}

impl Drop for Slices {
    fn drop(&mut self) {
        self.receiver.set_onmessage(None);
        self.sender.close();
    }
}
