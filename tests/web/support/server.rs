//! The server inside the page: its requests come from `fetch`, its time from the page.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use js_sys::{Array, Function, Uint8Array};
use mock_server::{Command, Config, Delivery, Input, Output, Request, Response, Server, Stats};
use serde_json::Value;
use wasm_bindgen::prelude::*;

use super::page::{Page, later, now};

pub(super) struct Backend {
    pub(super) page: Page,
    server: Server,
    started: f64,
    /// Stops the timer that is set.
    alarm: Option<Function>,
    canned: VecDeque<Response>,
}

type Shared = Rc<RefCell<Backend>>;

impl Backend {
    pub(super) fn new(config: Config) -> Shared {
        Rc::new_cyclic(|backend: &Weak<RefCell<Self>>| {
            let weak = backend.clone();
            let arrive = Closure::<dyn FnMut(f64, String, String, Array, Uint8Array)>::new(
                move |id: f64, method, path, headers: Array, body: Uint8Array| {
                    let Some(backend) = weak.upgrade() else {
                        return;
                    };
                    let headers: Vec<_> = headers.iter().filter_map(|v| v.as_string()).collect();
                    let pairs = headers.chunks_exact(2);
                    let headers = pairs.map(|pair| (pair[0].clone(), pair[1].clone()));
                    let request = Request {
                        id: id as u64,
                        method,
                        path,
                        headers: headers.collect(),
                        body: body.to_vec(),
                    };
                    arrived(&backend, request);
                },
            );
            let weak = backend.clone();
            let gone = Closure::<dyn FnMut(f64)>::new(move |id: f64| {
                if let Some(backend) = weak.upgrade() {
                    handle(&backend, Input::Aborted { id: id as u64 });
                }
            });
            let function = |value: JsValue| value.unchecked_into::<Function>();
            RefCell::new(Self {
                page: Page::new(
                    function(arrive.into_js_value()),
                    function(gone.into_js_value()),
                ),
                server: Server::new(config, 1),
                started: now(),
                alarm: None,
                canned: VecDeque::new(),
            })
        })
    }

    pub(super) fn answer_next(&mut self, status: u16, headers: &[(&str, &str)], body: &str) {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        self.canned.push_back(Response {
            id: 0,
            status,
            headers: headers.iter().map(owned).collect(),
            body: body.as_bytes().to_vec(),
            delivery: Delivery::Whole,
        });
    }

    pub(super) fn stats(&self) -> Stats {
        self.server.stats().clone()
    }

    fn now(&self) -> u64 {
        (now() - self.started) as u64
    }

    fn respond(&self, response: &Response) {
        let headers = Array::new();
        for (name, value) in &response.headers {
            headers.push(&name.into());
            headers.push(&value.into());
        }
        let (delivery, after) = match response.delivery {
            Delivery::Whole => ("whole", 0),
            Delivery::HangInHead => ("hang_in_head", 0),
            Delivery::HangInBody { after } => ("hang_in_body", after),
            Delivery::Cut { after } => ("cut", after),
            Delivery::Refuse => ("refuse", 0),
        };
        let (id, body) = (response.id as f64, &response.body);
        self.page
            .respond(id, response.status, headers, body, delivery, after);
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        if let Some(stop) = self.alarm.take() {
            let _ = stop.call0(&JsValue::UNDEFINED);
        }
    }
}

pub(super) fn control(backend: &Shared, command: Command) -> Value {
    let now = backend.borrow().now();
    let answer = backend.borrow_mut().server.control(now, command);
    drain(backend);
    answer
}

fn arrived(backend: &Shared, request: Request) {
    let canned = backend.borrow_mut().canned.pop_front();
    match canned {
        Some(response) => backend.borrow().respond(&Response {
            id: request.id,
            ..response
        }),
        None => handle(backend, Input::Request(request)),
    }
}

fn handle(backend: &Shared, input: Input) {
    let now = backend.borrow().now();
    backend.borrow_mut().server.handle_input(now, input);
    drain(backend);
}

/// Carries out what the server wants, and sets its timer.
fn drain(backend: &Shared) {
    loop {
        let output = backend.borrow_mut().server.poll_output();
        let Some(Output::Respond(response)) = output else {
            break;
        };
        backend.borrow().respond(&response);
    }
    let mut this = backend.borrow_mut();
    let alarm = this.server.poll_timeout().map(|due| {
        let weak = Rc::downgrade(backend);
        let ring = Closure::once_into_js(move || {
            if let Some(backend) = weak.upgrade() {
                handle(&backend, Input::Timeout);
            }
        });
        // A whole millisecond later: timers may ring a fraction early.
        later(due.saturating_sub(this.now()) as f64 + 1.0, &ring)
    });
    if let Some(stop) = std::mem::replace(&mut this.alarm, alarm) {
        let _ = stop.call0(&JsValue::UNDEFINED);
    }
}
