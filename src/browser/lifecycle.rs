//! What the browser says about the page and its network: listeners that go away with their owner.

use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::{Event, EventTarget, PageTransitionEvent};

use super::host::Host;
use crate::research::Input;

/// What happens to the window.
const WINDOW_EVENTS: [&str; 5] = ["online", "offline", "beforeunload", "pagehide", "pageshow"];

/// What happens to the document.
const DOCUMENT_EVENTS: [&str; 3] = ["visibilitychange", "freeze", "resume"];

/// The listeners of one client. Dropping it removes them.
pub(super) struct Lifecycle {
    host: Host,
    targets: Vec<(EventTarget, &'static str)>,
    listener: Function,
    /// One for all events: each closure of its own would cost 500 bytes of the module.
    _callback: Closure<dyn FnMut(Event)>,
}

impl Lifecycle {
    /// Listens on the page, if there is one, and calls `tell` with each input that follows.
    pub(super) fn listen(host: &Host, tell: impl Fn(Input) + 'static) -> Self {
        let mut targets: Vec<(EventTarget, _)> = Vec::new();
        if let Some(window) = web_sys::window() {
            if !window.navigator().on_line() {
                tell(Input::Online(false));
            }
            for event in WINDOW_EVENTS {
                targets.push((window.clone().into(), event));
            }
            if let Some(document) = window.document() {
                for event in DOCUMENT_EVENTS {
                    targets.push((document.clone().into(), event));
                }
            }
        }
        if !targets.is_empty() && !host.visible() {
            tell(Input::Unseen);
        }
        let page = host.clone();
        let callback = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            let Some(input) = input_of(&page, &event) else {
                return;
            };
            // One that is restored or runs again may still be in a tab that nobody looks at.
            let is_unseen = input == Input::Visible && !page.visible();
            tell(input);
            if is_unseen {
                tell(Input::Unseen);
            }
        });
        let listener = host.guard(callback.as_ref().unchecked_ref());
        for (target, event) in &targets {
            host.listen(target, event, &listener);
        }
        Self {
            host: host.clone(),
            targets,
            listener,
            _callback: callback,
        }
    }
}

impl Drop for Lifecycle {
    fn drop(&mut self) {
        for (target, event) in &self.targets {
            self.host.unlisten(target, event, &self.listener);
        }
    }
}

fn input_of(host: &Host, event: &Event) -> Option<Input> {
    match event.type_().as_str() {
        "online" => Some(Input::Online(true)),
        "offline" => Some(Input::Online(false)),
        // Firefox and WebKit end what is open some milliseconds later, also where a download begins.
        "beforeunload" => Some(Input::Leaving),
        // A frozen page answers no ping, and its poll would keep one of six connections to the server.
        "pagehide" | "freeze" => Some(Input::Hidden),
        // Out of the back/forward cache, with all requests dead; else the page is new.
        "pageshow" => event
            .dyn_ref::<PageTransitionEvent>()
            .is_some_and(PageTransitionEvent::persisted)
            .then_some(Input::Visible),
        "visibilitychange" if host.visible() => Some(Input::Visible),
        "visibilitychange" => Some(Input::Unseen),
        "resume" => Some(Input::Visible),
        _ => None,
    }
}
