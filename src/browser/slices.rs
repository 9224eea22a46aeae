//! Turns at the main thread: page handlers run in short tasks, between which the protocol runs.

use std::cell::Cell;

use wasm_bindgen::prelude::*;
use web_sys::MessagePort;

use super::clock::monotonic_ms;
use super::host::Host;
use crate::pace::{Next, Pace};

/// Asks for tasks, one at a time. A message channel, because browsers slow timers down: to 4 ms
/// when nested, to a second or a minute while the page is hidden.
pub(super) struct Slices {
    host: Host,
    sender: MessagePort,
    receiver: MessagePort,
    pace: Cell<Pace>,
    /// It may be called while it runs: a handler can have a browser run tasks, as by `alert`.
    _run: Closure<dyn Fn()>,
}

impl Slices {
    /// `run` is called in a task of its own after each [`schedule`](Self::schedule), or in one that
    /// [`has_read`](Self::has_read) finds fit.
    pub(super) fn new(host: Host, run: impl Fn() + 'static) -> Result<Self, JsValue> {
        let run = Closure::<dyn Fn()>::new(run);
        let channel = host.channel(run.as_ref().unchecked_ref())?;
        let (sender, receiver) = (channel.port1(), channel.port2());
        let pace = Cell::new(Pace::new(host.ranks(), host.turn()));
        Ok(Self {
            host,
            sender,
            receiver,
            pace,
            _run: run,
        })
    }

    /// Asks for a task, unless one is coming.
    pub(super) fn schedule(&self) {
        if self.with_pace(Pace::ask) {
            self.post();
        }
    }

    /// A task of the browser's that has begun then has read what came. If it is fit for them, handlers run in it as soon as
    /// this call of the module is over.
    pub(super) fn has_read(&self, begun: f64) {
        let now = monotonic_ms();
        if self.with_pace(|pace| pace.has_read(begun, now)) {
            self.host.hurry(&self.receiver);
        }
    }

    /// The task that was asked for will not come any more.
    pub(super) fn lose(&self) {
        self.with_pace(Pace::lose);
    }

    /// A task has come. Whether handlers may run in it.
    pub(super) fn begin(&self, now: f64) -> bool {
        self.with_pace(|pace| pace.begin(now))
    }

    /// Whether it is to end, after a handler.
    pub(super) fn is_over(&self, now: f64) -> bool {
        self.with_pace(|pace| pace.is_over(now))
    }

    /// It ends. Another one is asked for if there is more to do.
    pub(super) fn end(&self, now: f64, has_more: bool) {
        match self.with_pace(|pace| pace.end(now, has_more)) {
            Next::Nothing => {}
            Next::Task => self.post(),
            Next::Urgent => self.host.urge(&self.receiver),
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
