//! The other tabs of the browser: what they say into the core, and what it wants of them to the browser.

use wasm_bindgen::prelude::*;

use super::host::Host;
use crate::tabs::{Input, Output};

/// The channel and the lock of a group, as one client has them.
pub(super) struct Tabs {
    host: Host,
    _callback: Closure<dyn FnMut(String, String)>,
}

impl Tabs {
    /// Calls `tell` with what the others, the browser and the page say, never from within a call of this.
    pub(super) fn new(host: &Host, group: &str, tell: impl Fn(Input) + 'static) -> Self {
        let callback = Closure::<dyn FnMut(String, String)>::new(move |kind: String, text| {
            tell(match kind.as_str() {
                "granted" => Input::LockGranted,
                "leave" => Input::Leave,
                "lost" => Input::LockLost,
                "refused" => Input::LockRefused,
                "unopposed" => Input::LockUnopposed,
                "message" => Input::Message(text),
                _ => Input::ChannelFailed,
            });
        });
        host.share(group, callback.as_ref());
        Self {
            host: host.clone(),
            _callback: callback,
        }
    }

    /// What the core wants to be done, in order.
    pub(super) fn carry_out(&self, output: Output) {
        let (act, text) = match output {
            Output::AskLock => ("ask", String::new()),
            Output::Close => ("close", String::new()),
            Output::DropLock => ("drop", String::new()),
            Output::Open => ("open", String::new()),
            Output::StealLock => ("steal", String::new()),
            Output::Tell(text) => ("tell", text),
        };
        self.host.tabs(act, &text);
    }
}
