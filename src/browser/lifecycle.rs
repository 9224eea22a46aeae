//! What the browser says about the page and its network: listeners that go away with their owner.

use wasm_bindgen::prelude::*;
use web_sys::{Document, EventTarget, PageTransitionEvent, VisibilityState, Window};

use crate::research::Input;

/// The listeners of one client. Dropping it removes them.
pub(super) struct Lifecycle {
    _listeners: Vec<Listener>,
}

impl Lifecycle {
    /// Listens on the page, if there is one, and calls `tell` with each input that follows.
    pub(super) fn listen(tell: impl Fn(Input) + Clone + 'static) -> Self {
        let mut listeners = Vec::new();
        if let Some(window) = web_sys::window() {
            let document = window.document();
            if !window.navigator().on_line() {
                tell(Input::Online(false));
            }
            listeners = on_window(&window, tell.clone());
            if let Some(document) = document {
                listeners.extend(on_document(document, tell));
            }
        }
        Self {
            _listeners: listeners,
        }
    }
}

fn on_window(window: &Window, tell: impl Fn(Input) + Clone + 'static) -> Vec<Listener> {
    let say = |input: Input| {
        let tell = tell.clone();
        move |_: web_sys::Event| tell(input.clone())
    };
    let shown = {
        let tell = tell.clone();
        move |event: web_sys::Event| {
            // Out of the back/forward cache, with all requests dead; else the page is new.
            if event
                .dyn_ref::<PageTransitionEvent>()
                .is_some_and(PageTransitionEvent::persisted)
            {
                tell(Input::Visible);
            }
        }
    };
    vec![
        Listener::new(window, "online", say(Input::Online(true))),
        Listener::new(window, "offline", say(Input::Online(false))),
        Listener::new(window, "pagehide", say(Input::Hidden)),
        Listener::new(window, "pageshow", shown),
    ]
}

fn on_document(document: Document, tell: impl Fn(Input) + Clone + 'static) -> Vec<Listener> {
    let resumed = {
        let tell = tell.clone();
        move |_: web_sys::Event| tell(Input::Visible)
    };
    let changed = {
        let document = document.clone();
        move |_: web_sys::Event| {
            if document.visibility_state() == VisibilityState::Visible {
                tell(Input::Visible);
            }
        }
    };
    vec![
        Listener::new(&document, "visibilitychange", changed),
        Listener::new(&document, "resume", resumed),
    ]
}

/// An event listener that is removed when it is dropped.
struct Listener {
    target: EventTarget,
    event: &'static str,
    callback: Closure<dyn FnMut(web_sys::Event)>,
}

impl Listener {
    fn new(
        target: &EventTarget,
        event: &'static str,
        callback: impl FnMut(web_sys::Event) + 'static,
    ) -> Self {
        let callback = Closure::new(callback);
        let target = target.clone();
        // Fails only for something that is no function.
        let _ = target.add_event_listener_with_callback(event, callback.as_ref().unchecked_ref());
        Self {
            target,
            event,
            callback,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let callback = self.callback.as_ref().unchecked_ref();
        let _ = self
            .target
            .remove_event_listener_with_callback(self.event, callback);
    }
}
