//! Handlers of the page: they run in slices, may call back, may be slow and may throw.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use mock_server::{Action, Command, Config, DropOpen, Kind, OfflineMode};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{Handle, World, now};

/// Keeps the main thread busy, as a page does that renders.
fn block(millis: f64) {
    let end = now() + millis;
    while now() < end {}
}

/// So many of 200 handlers may run before the protocol has its turn: two turns of 48 ms, or half a dozen of 16 ms in Firefox,
/// since the head and the body of an answer come in tasks of their own.
const FEW: usize = 30;

#[wasm_bindgen_test]
async fn slow_handlers_delay_neither_the_pong_nor_the_next_poll() {
    let started = now();
    let world = World::with(Config {
        ping_interval_ms: 300,
        ..Config::default()
    });
    let client = world.following("r").await;
    let handled = Rc::new(RefCell::new(Vec::new()));
    let times = handled.clone();
    client.on_event(move |_, told| {
        if told.kind == "log" {
            times.borrow_mut().push((now() - started) as u64);
            block(5.0);
        }
    });
    world.burst("r", 200);
    world
        .until("all lines", || client.count("log") == 200)
        .await;

    assert_eq!(client.count("disconnect"), 0);
    assert_eq!(world.stats().handshakes, 1);
    // Counted in handlers, not in time: a machine that stands still runs none.
    let handled = handled.borrow();
    let ran = |from: u64, to: u64| handled.iter().filter(|at| (from..to).contains(at)).count();
    let polls = world.logged(Kind::Poll);
    for pair in polls.windows(2) {
        let (end, next) = (pair[0].end_ms.unwrap(), pair[1].t_ms);
        assert!(ran(end, next) <= FEW, "{handled:?} {polls:#?}");
    }
    // A second of handlers and a ping each 300 ms: each pong leaves soon after the poll that brought
    // its ping. The timers of the server are the page's own, so they ring late as well.
    let posts = world.logged(Kind::Post);
    let pongs: Vec<_> = posts
        .iter()
        .filter(|post| post.t_ms > polls[0].t_ms + 250)
        .collect();
    assert!(pongs.len() >= 2, "{posts:#?}");
    for pong in pongs {
        let ends = polls.iter().filter_map(|poll| poll.end_ms);
        let ping = ends.filter(|end| *end <= pong.t_ms).max();
        let before = ran(ping.unwrap_or(0), pong.t_ms);
        assert!(
            before <= FEW,
            "{before} handlers before {pong:?} {polls:#?}"
        );
    }
}

#[wasm_bindgen_test]
async fn a_timer_of_the_page_rings_between_slices() {
    let world = World::new();
    let client = world.following("r").await;
    client.on_event(|_, told| {
        if told.kind == "log" {
            block(2.0);
        }
    });
    world.burst("r", 300);
    let seen = RefCell::new(Vec::new());
    world
        .until("all lines", || {
            seen.borrow_mut().push(client.count("log"));
            client.count("log") == 300
        })
        .await;
    // This condition was looked at after every turn, not before and after all of them.
    let between = seen
        .borrow()
        .iter()
        .filter(|n| (1..300).contains(*n))
        .count();
    assert!(between >= 5, "{seen:?}");
}

#[wasm_bindgen_test]
async fn a_handler_may_subscribe_unsubscribe_emit_and_look() {
    let world = World::with(Config {
        test_events: true,
        ..Config::default()
    });
    let client = world.following("r").await;
    client.call(|c| c.listen("message-back", true));
    client.on_event(|client, told| {
        if told.kind != "update" {
            return;
        }
        match told.id().as_str() {
            "r" => {
                assert!(client.snapshot("r").is_object());
                client.call(|c| c.unsubscribe("r"));
                client.subscribe("s");
                client
                    .emit(json!(["message", "from inside"]), -1.0)
                    .unwrap();
                client.call(|c| c.refresh("s"));
                assert!(client.snapshot("r").is_null());
            }
            _ => client.call(|c| c.unsubscribe("s")),
        }
    });
    world.payload("r", json!({"message": "one"}));
    world
        .until("subscribed to s", || world.subscriptions("s") == 1)
        .await;
    let back = world.heard(&client, "event").await;
    assert_eq!(back, json!(["from inside"]));
    world.payload("r", json!({"message": "two"}));
    world.payload("s", json!({"message": "three"}));
    world
        .until("the update of s", || client.count("update") == 2)
        .await;
    assert_eq!(
        client.of("update"),
        [json!({"message": "one"}), json!({"message": "three"})]
    );
}

#[wasm_bindgen_test]
async fn a_handler_may_close() {
    let world = World::new();
    let client = world.following("r").await;
    client.on_event(|client, told| {
        if told.kind == "log" && client.count("log") == 3 {
            client.close();
        }
    });
    world.burst("r", 10);
    world
        .until("closed", || client.state()["name"] == "closed")
        .await;
    world.settle().await;
    assert_eq!(client.count("log"), 3);
    assert_eq!(client.of("state").pop().unwrap()["name"], "closed");
    assert_eq!(client.of("disconnect")[0]["reason"], "io client disconnect");
    client.free();
    world.nothing_left().await;
}

#[wasm_bindgen_test]
async fn any_handler_may_close() {
    for kind in [
        "credentials",
        "state",
        "connect_error",
        "reconnect_attempt",
        "connect",
        "update",
        "log",
        "ack_error",
        "disconnect",
        "reconnect",
    ] {
        let world = World::new();
        world.next(Kind::Handshake, Action::Refuse);
        let client = world.client(json!({}));
        client.on_event(move |client, told| {
            if told.kind == kind {
                client.close();
            }
        });
        client.subscribe("r");
        client.emit(json!(["unanswered"]), 20.0).unwrap();
        client.open();
        for turn in 1..100 {
            if client.state()["name"] == "closed" {
                break;
            }
            world.payload("r", json!({"message": "news"}));
            world.burst("r", 1);
            world.settle().await;
            if turn % 5 == 0 {
                let (kind, mode) = (Some(Kind::Poll), OfflineMode::Refuse);
                world.control(Command::DropOpen(DropOpen { kind, mode }));
            }
        }
        assert_eq!(client.state()["name"], "closed", "{kind}");
        world.settle().await;
        let kinds = client.kinds();
        let first = kinds.iter().position(|told| told == kind).unwrap();
        let after = kinds.iter().skip(first + 1);
        // Its end, and what became of what it had sent.
        let last_words = ["state", "disconnect", "ack_error"];
        let others: Vec<_> = after
            .filter(|told| !last_words.contains(&told.as_ref()))
            .collect();
        assert!(others.is_empty(), "{kind}: {others:?}");
        client.free();
        world.nothing_left().await;
    }
}

#[wasm_bindgen_test]
async fn a_handler_may_free_the_connection_that_calls_it() {
    let world = World::new();
    let client = world.following("r").await;
    client.on_event(|client, told| {
        if told.kind == "log" && client.count("log") == 3 {
            client.free();
        }
    });
    world.burst("r", 10);
    world
        .until("the third line", || client.count("log") == 3)
        .await;
    world.nothing_left().await;
    world.settle().await;
    assert_eq!(client.count("log"), 3);
    assert_eq!(client.count("disconnect"), 0);
}

#[wasm_bindgen_test]
async fn a_handler_may_close_one_connection_from_within_another() {
    let world = World::new();
    let first = world.following("r").await;
    let second = world.connected(json!({})).await;
    let other = second.clone();
    let done = Rc::new(Cell::new(false));
    let seen = Rc::clone(&done);
    first.on_event(move |_, told| {
        if told.kind == "update" && !seen.replace(true) {
            other.close();
            other.free();
        }
    });
    world.payload("r", json!({"message": "m"}));
    world.until("told", || done.get()).await;
    world.payload("r", json!({"message": "n"}));
    world
        .until("the first goes on", || first.count("update") == 2)
        .await;
    assert!(first.call(Handle::connected));
}

#[wasm_bindgen_test]
async fn a_function_that_throws_stops_nothing() {
    let world = World::new();
    let client = world.following("r").await;
    client.on_event(|_, told| {
        if told.kind == "log" {
            wasm_bindgen::throw_str("a handler of the page failed");
        }
    });
    world.burst("r", 30);
    world.until("all lines", || client.count("log") == 30).await;
    client.on_event(|_, _| ());
    world.payload("r", json!({"message": "after it"}));
    world.heard(&client, "update").await;
    assert_eq!(client.count("disconnect"), 0);
}
