//! Whatever `fetch` does, it is a failure with words and another attempt, never a trap.

use js_sys::{Array, Function, Object};
use mock_server::{Action, Fault, Kind};
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{World, now};

fn status(code: u16, retry_after: Option<u32>) -> Action {
    Action::Status {
        code,
        retry_after,
        body: None,
        content_type: None,
    }
}

/// What a page, its service worker or an extension may reject with, or throw.
fn odd_values() -> Vec<JsValue> {
    let hostile = "({ get message() { throw 1 }, toString() { throw 2 } })";
    vec![
        "a text".into(),
        JsValue::UNDEFINED,
        JsValue::NULL,
        5.into(),
        js_sys::Symbol::iterator().into(),
        Object::new().into(),
        Array::new().into(),
        Function::new_no_args("").into(),
        js_sys::eval(hostile).unwrap(),
        js_sys::eval("Object.assign(new Error('x'), { message: 5 })").unwrap(),
        js_sys::eval("new DOMException('gone', 'NetworkError')").unwrap(),
    ]
}

#[wasm_bindgen_test]
async fn a_fetch_that_rejects_with_anything_is_tried_again() {
    let world = World::new();
    let values = odd_values();
    let client =
        world.client(json!({"reconnectionAttempts": values.len(), "reconnectionDelay": 0}));
    for value in &values {
        world.page.reject_next(value);
    }
    client.open();
    world.heard(&client, "connect").await;
    let errors = client.of("connect_error");
    assert_eq!(errors.len(), values.len());
    assert!(
        errors.iter().all(|error| error["code"] == "TRANSPORT"),
        "{errors:?}"
    );
    assert!(errors[0]["message"].as_str().unwrap().contains("a text"));
    assert!(errors[10]["message"].as_str().unwrap().contains("gone"));
}

#[wasm_bindgen_test]
async fn a_fetch_that_throws_or_gives_no_response_is_tried_again() {
    let world = World::new();
    let values = odd_values();
    let attempts = 2 * values.len();
    let client = world.client(json!({"reconnectionAttempts": attempts, "reconnectionDelay": 0}));
    for value in &values {
        world.page.throw_next(value);
        world.page.resolve_next(value);
    }
    client.open();
    world.heard(&client, "connect").await;
    let errors = client.of("connect_error");
    assert_eq!(errors.len(), attempts);
    assert!(
        errors.iter().all(|error| error["code"] == "TRANSPORT"),
        "{errors:?}"
    );
}

#[wasm_bindgen_test]
async fn a_body_that_breaks_off_is_tried_again() {
    let world = World::new();
    world.next(Kind::Handshake, Action::Cut { after: 10 });
    let client = world.client(json!({}));
    client.open();
    let error = world.heard(&client, "connect_error").await;
    assert_eq!(error["code"], "TRANSPORT");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .starts_with("the server's answer broke off: ")
    );
    world.heard(&client, "connect").await;
}

#[wasm_bindgen_test]
async fn a_poll_that_breaks_off_ends_its_session() {
    let world = World::new();
    world.fault(Fault::next(Kind::Poll, Action::Cut { after: 5 }).from_nth(2));
    let client = world.following("r").await;
    world.payload("r", json!({"message": "it breaks off in this"}));
    world.heard(&client, "disconnect").await;
    world.heard(&client, "reconnect").await;
    let stats = world.stats();
    assert_eq!(stats.handshakes, 2);
    assert!(stats.sessions.values().all(|session| session.max_gets == 1));
}

#[wasm_bindgen_test]
async fn what_hangs_is_given_up_in_time() {
    for action in [
        Action::HangInHead,
        Action::HangInBody { after: 0 },
        Action::HangInBody { after: 20 },
    ] {
        for kind in [Kind::Handshake, Kind::Connect] {
            let world = World::new();
            world.next(kind, action.clone());
            // So long that a busy machine answers the next attempt within it: each that it does not makes the wait longer.
            let client = world.client(json!({"timeout": 500, "reconnectionAttempts": 1_000}));
            client.open();
            // The namespace may be granted while the answer to its POST hangs.
            let lost = || [client.of("connect_error"), client.of("disconnect")].concat();
            world.until("given up", || !lost().is_empty()).await;
            let lost = lost().swap_remove(0);
            let error = if lost["error"].is_null() {
                &lost
            } else {
                &lost["error"]
            };
            assert_eq!(error["code"], "TIMEOUT", "{kind:?} {action:?}");
            // On a busy machine something else may be late before, and its answer is there when it is given up.
            let is_aborted = |request: &Value| request["state"] == "aborted";
            let aborted = || world.requests().iter().any(is_aborted);
            world.until("what hangs is aborted", aborted).await;
            let again = || client.count("connect") > client.count("disconnect");
            world.until("connected again", again).await;
        }
    }
}

#[wasm_bindgen_test]
async fn retry_after_is_read_as_seconds_and_as_a_date() {
    let in_20_seconds = js_sys::Date::new(&(js_sys::Date::now() + 20_000.0).into());
    let date = String::from(in_20_seconds.to_utc_string());
    for (value, from, to) in [
        ("30", 30_000, 30_000),
        (" 30 ", 30_000, 30_000),
        (&*date, 18_000, 20_000),
        ("Sat, 01 Jan 2000 00:00:00 GMT", 10, 10),
        ("0", 10, 10),
        ("-5", 10, 10),
        ("soon", 10, 10),
        ("", 10, 10),
    ] {
        let world = World::new();
        world.answer_next(503, &[("Retry-After", value)], "<h1>503</h1>");
        let client = world.client(json!({}));
        client.open();
        let error = world.heard(&client, "connect_error").await;
        let delay = client
            .of("state")
            .into_iter()
            .find_map(|state| state["delay"].as_u64());
        assert!((from..=to).contains(&delay.unwrap()), "{value}: {delay:?}");
        let code = if to > 10 { "THROTTLED" } else { "" };
        assert!(error["code"] == code || code.is_empty(), "{value}: {error}");
    }
}

#[wasm_bindgen_test]
async fn what_a_page_that_is_not_persistent_is_refused_is_not_tried_again() {
    for (action, code) in [
        (status(401, None), "UNAUTHORIZED"),
        (status(403, None), "UNAUTHORIZED"),
        (status(404, None), "NOT_FOUND"),
        // A redirect to the sign-in page, which `fetch` has followed.
        (Action::LoginPage, "UNAUTHORIZED"),
    ] {
        let world = World::new();
        world.next(Kind::Handshake, action);
        let client = world.client(json!({"persistent": false}));
        client.open();
        let error = world.heard(&client, "connect_error").await;
        assert_eq!(error["code"], code);
        world.settle().await;
        assert_eq!(client.state()["name"], "stopped");
        assert!(
            !world.left().iter().any(|left| left == "timer"),
            "{:?}",
            world.left()
        );
        // Until the page asks for it.
        client.call(|c| c.connect());
        world.heard(&client, "connect").await;
    }
}

#[wasm_bindgen_test]
async fn what_carries_headers_or_data_follows_no_redirect_and_all_else_does() {
    let world = World::new();
    let client = world.following("r").await;
    client
        .call(|c| c.cancel("r", Some("csrf".to_owned())))
        .unwrap();
    world.heard(&client, "cancel").await;
    client.call(|c| c.refresh("r"));
    world
        .until("the status", || !world.logged(Kind::Api).is_empty())
        .await;
    for request in world.requests() {
        let carries =
            request["method"] == "POST" || request["headers"].get("x-csrftoken").is_some();
        let redirect = if carries { "manual" } else { "follow" };
        assert_eq!(request["redirect"], redirect, "{request}");
    }
}

#[wasm_bindgen_test]
async fn a_redirect_that_is_not_followed_is_a_sign_in() {
    let world = World::new();
    world.answer_next(302, &[("Location", "https://evil.example/")], "");
    let client = world.client(json!({}));
    client.leave_asks_to_the_test();
    client.on_event(|client, told| {
        if told.kind == "credentials" {
            client.provide(told, &json!({"headers": [["X-Token", "t"]], "query": []}));
        }
    });
    client.open();
    let error = world.heard(&client, "connect_error").await;
    assert_eq!(error["code"], "UNAUTHORIZED");
    assert!(error["message"].as_str().unwrap().contains("redirects"));
    let requests = world.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0]["redirect"], "manual");
}

#[wasm_bindgen_test]
async fn the_attempts_are_used_up() {
    let world = World::new();
    world.fault(Fault::every(Kind::Socket, status(502, None)));
    let client = world.client(json!({"reconnectionAttempts": 3}));
    client.open();
    let error = world.heard(&client, "reconnect_failed").await;
    assert_eq!(error["code"], "SERVER");
    assert_eq!(
        client.of("reconnect_attempt"),
        [json!(1), json!(2), json!(3)]
    );
    assert_eq!(client.count("connect_error"), 4);
    assert_eq!(world.requests().len(), 4);
}

#[wasm_bindgen_test]
async fn a_server_that_falls_silent_is_noticed() {
    let world = World::with(mock_server::Config {
        ping_interval_ms: 50,
        ping_timeout_ms: 50,
        // Nor in a later session: on a busy machine the first one may be over before the page is connected, and one with
        // pings is the server's to end.
        pings: false,
        ..mock_server::Config::default()
    });
    // Not from when the test hears that it is connected: a busy machine may say that when the silence is over.
    let began = now();
    let client = world.connected(json!({})).await;
    let lost = world.heard(&client, "disconnect").await;
    assert_eq!(lost["reason"], "ping timeout");
    assert_eq!(lost["error"]["code"], "TIMEOUT");
    // 100 ms, a second more for answers that wait, and what a busy machine takes: far from the
    // heartbeat of a server that says nothing of its own.
    let took = now() - began;
    assert!((50.0..15_000.0).contains(&took), "{took} ms");
    world.heard(&client, "reconnect").await;
}

#[wasm_bindgen_test]
async fn a_response_of_an_error_is_no_answer() {
    let world = World::new();
    let error: JsValue = web_sys::Response::error().into();
    world.page.resolve_next(&error);
    let client = world.client(json!({}));
    client.open();
    assert!(world.heard(&client, "connect_error").await["code"].is_string());
    world.heard(&client, "connect").await;
}

#[wasm_bindgen_test]
async fn statuses_go_on_over_http_when_the_socket_is_gone() {
    let world = World::new();
    world.payload("r", json!({"progress": 10, "status": "in_progress"}));
    world.fault(Fault::every(Kind::Socket, Action::Refuse));
    let fallback = json!({"interval": 100, "after": 2, "timeout": 200});
    let client = world.client(json!({"fallback": fallback, "reconnectionAttempts": 3}));
    client.open();
    client.subscribe("r");
    world.page.reject_next(&Value::Null.to_string().into());
    world.next(Kind::Api, Action::Cut { after: 3 });
    world.heard(&client, "update").await;
    world.payload("r", json!({"status": "failed", "error": "no more"}));
    let end = world.heard(&client, "end").await;
    assert_eq!(
        (&end["status"], &end["source"]),
        (&json!("failed"), &json!("fallback"))
    );
    let checks = world.logged(Kind::Api).len();
    world.settle().await;
    assert_eq!(client.count("end"), 1);
    assert_eq!(world.logged(Kind::Api).len(), checks);
}
