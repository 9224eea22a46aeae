//! What the browser says about the page: it leaves, comes back, loses its network, sleeps.

use std::cell::Cell;

use mock_server::{Action, Command, Config, Fault, Kind};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{Handle, World};

#[wasm_bindgen_test]
async fn a_page_that_leaves_says_goodbye_by_beacon() {
    let world = World::new();
    let client = world.connected(json!({"withCredentials": true})).await;
    world.page.fire("pagehide", false);
    let beacons = world.beacons().await;
    assert_eq!(beacons.as_array().unwrap().len(), 1);
    assert_eq!(beacons[0]["text"], "41\u{1e}1");
    let kind = beacons[0]["type"].as_str().unwrap();
    assert_eq!(kind.to_lowercase(), "text/plain;charset=utf-8");
    let url = beacons[0]["url"].as_str().unwrap();
    assert!(
        url.contains("/socket.io/?") && url.contains("&sid=") && url.contains("EIO=4"),
        "{url}"
    );
    let open: Vec<_> = world
        .left()
        .into_iter()
        .filter(|l| l.starts_with("request"))
        .collect();
    assert!(open.is_empty(), "{open:?}");
    assert_eq!(
        world.heard(&client, "disconnect").await["error"]["code"],
        "ABORTED"
    );
    assert!(!world.left().iter().any(|left| left == "timer"));
}

#[wasm_bindgen_test]
async fn no_beacon_takes_cookies_to_another_origin_unasked() {
    let world = World::new();
    world.connected(json!({})).await;
    world.page.fire("pagehide", false);
    assert_eq!(world.beacons().await, json!([]));
    let last = world.requests().pop().unwrap();
    assert_eq!(
        (&last["method"], &last["keepalive"], &last["credentials"]),
        (&json!("POST"), &json!(true), &json!("same-origin"))
    );
}

#[wasm_bindgen_test]
async fn where_no_beacon_can_go_a_request_outlives_the_page() {
    // A browser may refuse the beacon; one with headers cannot be one.
    for headers in [json!([]), json!([["X-Token", "t"]])] {
        let world = World::new();
        world.page.set_takes_beacons(headers != json!([]));
        let client = world.client(json!({"withCredentials": true}));
        client.leave_asks_to_the_test();
        let given = json!({"headers": headers, "query": []});
        client.on_event(move |client, told| {
            if told.kind == "credentials" {
                client.provide(told, &given);
            }
        });
        client.open();
        world.heard(&client, "connect").await;
        world.page.fire("pagehide", false);
        assert_eq!(world.beacons().await, json!([]));
        let last = world.requests().pop().unwrap();
        assert_eq!(
            (&last["method"], &last["keepalive"]),
            (&json!("POST"), &json!(true))
        );
        assert_eq!(
            last["headers"].get("x-token").is_some(),
            headers != json!([])
        );
        world
            .until("the goodbye arrives", || {
                world
                    .logged(Kind::Post)
                    .last()
                    .is_some_and(|post| post.packets_in == 2)
            })
            .await;
    }
}

#[wasm_bindgen_test]
async fn a_page_out_of_the_cache_makes_one_new_session() {
    let world = World::new();
    let client = world.following("r").await;
    world.page.fire("pagehide", true);
    world.heard(&client, "disconnect").await;
    world.settle().await;
    assert_eq!(world.stats().handshakes, 1);
    world.page.fire("pageshow", true);
    world.page.fire("visibilitychange", false);
    world.page.fire("online", false);
    world.heard(&client, "reconnect").await;
    world
        .until("subscribed again", || world.subscriptions("r") == 2)
        .await;
    world.settle().await;
    assert_eq!(world.stats().handshakes, 2);
    world.payload("r", json!({"message": "again"}));
    world.heard(&client, "update").await;
}

#[wasm_bindgen_test]
async fn a_page_that_is_frozen_says_goodbye_and_comes_back_with_one_session() {
    let world = World::new();
    let client = world.following("r").await;
    let before = world.requests().len();
    // As into the back/forward cache and out of it: both pairs of events.
    for event in ["pagehide", "freeze"] {
        world.page.fire(event, true);
    }
    world.heard(&client, "disconnect").await;
    let goodbyes = world.requests().split_off(before);
    assert_eq!(goodbyes.len(), 1);
    assert_eq!(goodbyes[0]["keepalive"], true);
    assert!(!world.left().iter().any(|left| left == "timer"));
    for event in ["resume", "pageshow"] {
        world.page.fire(event, true);
    }
    world.heard(&client, "reconnect").await;
    world.settle().await;
    assert_eq!(world.stats().handshakes, 2);
    world.page.fire("freeze", false);
    world.page.fire("resume", false);
    world
        .until("a third session", || world.stats().handshakes == 3)
        .await;
}

#[wasm_bindgen_test]
async fn a_page_that_is_shown_for_the_first_time_does_nothing_twice() {
    let world = World::new();
    let client = world.following("r").await;
    world.page.fire("pageshow", false);
    for event in ["pageshow", "visibilitychange", "resume", "online"] {
        world.page.fire(event, true);
    }
    world.settle().await;
    assert_eq!(world.stats().handshakes, 1);
    assert_eq!(client.count("disconnect"), 0);
}

#[wasm_bindgen_test]
async fn hiding_during_the_handshake_aborts_it_without_a_beacon() {
    let world = World::new();
    world.next(Kind::Handshake, Action::HangInHead);
    let client = world.client(json!({}));
    client.open();
    world
        .until("it asks", || world.stats().requests_total == 1)
        .await;
    world.page.fire("pagehide", true);
    assert_eq!(world.beacons().await, json!([]));
    assert_eq!(world.requests()[0]["state"], "aborted");
    world.page.fire("pageshow", true);
    world.heard(&client, "connect").await;
}

#[wasm_bindgen_test]
async fn offline_stops_attempts_and_online_begins_them() {
    let world = World::new();
    let client = world.following("r").await;
    // The browser can be wrong: what works goes on.
    let posts = world.logged(Kind::Post).len();
    world.page.set_online(false);
    world.page.fire("offline", false);
    world
        .until("it makes sure of that", || {
            world.logged(Kind::Post).len() > posts
        })
        .await;
    world.payload("r", json!({"message": "still there"}));
    world.heard(&client, "update").await;

    world.control(Command::Offline(Default::default()));
    world
        .until("offline", || client.state()["name"] == "offline")
        .await;
    let asked = world.stats().requests_total;
    world.settle().await;
    assert_eq!(world.stats().requests_total, asked);
    world.control(Command::Online(Default::default()));
    world.page.set_online(true);
    world.page.fire("online", false);
    world.heard(&client, "reconnect").await;
}

#[wasm_bindgen_test]
async fn a_page_that_begins_offline_connects_once_there_is_a_network() {
    let world = World::new();
    world.page.set_online(false);
    let refusals = Fault {
        count: Some(2),
        ..Fault::next(Kind::Handshake, Action::Refuse)
    };
    world.fault(refusals);
    let client = world.client(json!({"reconnectionAttempts": 1}));
    client.open();
    world.heard(&client, "connect_error").await;
    assert_eq!(client.state()["name"], "offline");
    world.page.fire("online", false);
    world.heard(&client, "connect").await;
}

#[wasm_bindgen_test]
async fn a_page_that_is_looked_at_tries_at_once() {
    let world = World::new();
    world.next(Kind::Handshake, Action::Refuse);
    let client = world.client(json!({"reconnectionDelay": 60_000, "reconnectionDelayMax": 60_000}));
    client.open();
    world
        .until("waiting", || client.state()["delay"] == 60_000)
        .await;
    // Not while it cannot be seen.
    world.page.set_visible(false);
    world.page.fire("visibilitychange", false);
    world.settle().await;
    assert_eq!(world.stats().handshakes, 0);
    world.page.set_visible(true);
    world.page.fire("visibilitychange", false);
    world.heard(&client, "connect").await;
}

#[wasm_bindgen_test]
async fn a_refusal_is_tried_again_soon_only_while_somebody_looks() {
    let world = World::new();
    let refusal = Action::Status {
        code: 401,
        retry_after: None,
        body: None,
        content_type: None,
    };
    world.next(Kind::Handshake, refusal);
    world.page.set_visible(false);
    let client = world.client(json!({}));
    client.open();
    let is_in = |delay: u64| client.state()["delay"] == delay;
    world.until("unseen", || is_in(300_000)).await;
    assert_eq!(client.state()["name"], "reconnecting");
    assert_eq!(client.state()["reason"]["code"], "UNAUTHORIZED");
    world.page.set_visible(true);
    world.page.fire("visibilitychange", false);
    world.until("seen", || is_in(5_000)).await;
    world.page.set_visible(false);
    world.page.fire("visibilitychange", false);
    world.until("unseen again", || is_in(300_000)).await;
    // What runs again need not be seen.
    world.page.fire("resume", false);
    world.settle().await;
    assert!(is_in(300_000));
    assert_eq!(world.stats().handshakes, 0);
}

#[wasm_bindgen_test]
async fn time_runs_on_when_the_wall_clock_is_set_back_and_after_a_sleep() {
    let world = World::new();
    let client = world.following("r").await;
    let updated = |message: &str| {
        world.payload("r", json!({"message": message}));
        let (client, message) = (client.clone(), message.to_owned());
        move || client.snapshot("r")["message"] == message.as_str()
    };
    // Whatever runs first notices a sleep: if that is not the answer, what was in it is lost with its session, and sent again.
    let after_sleep = |message: &'static str, subscriptions: u64| {
        let (told, is_sent_again) = (updated(message), Cell::new(false));
        let world = &world;
        move || {
            let is_back = world.subscriptions("r") == subscriptions;
            if !told() && is_back && !is_sent_again.replace(true) {
                world.payload("r", json!({"message": message}));
            }
            told()
        }
    };
    let at = || client.snapshot("r")["updatedAt"].as_f64().unwrap();
    let told = updated("one");
    world.until("one", told).await;
    let first = at();
    // Somebody sets the clock back by a day.
    let day = -86_400_000.0;
    world.page.set_date_offset(day);
    let told = updated("two");
    world.until("two", told).await;
    let second = at();
    assert!(
        (first..first + 100_000.0).contains(&second),
        "{first} {second}"
    );
    // Nor does it stand still.
    client.emit(json!(["nobody answers"]), 30.0).unwrap();
    world.heard(&client, "ack_error").await;
    // The machine slept for an hour, in which only the wall clock went on.
    world.page.set_date_offset(day + 3_600_000.0);
    world.until("three", after_sleep("three", 2)).await;
    let third = at();
    assert!(
        (3_500_000.0..3_700_000.0).contains(&(third - second)),
        "{second} {third}"
    );
    // The server has ended the session long ago.
    world.heard(&client, "reconnect").await;
    world
        .until("subscribed again", || world.subscriptions("r") == 2)
        .await;
    world.page.set_date_offset(day);
    let told = updated("four");
    world.until("four", told).await;
    assert!((third..third + 5_000.0).contains(&at()));
    assert_eq!(client.count("disconnect"), 1);
    // Whatever runs first after a sleep notices it, and so nothing may be left to do before it.
    world
        .until("it is told", || client.count("update") == 4)
        .await;
    world.settle().await;
    // A second sleep is noticed although the clock is behind where it was.
    world.page.set_date_offset(day + 1_800_000.0);
    world.until("five", after_sleep("five", 3)).await;
    assert!((third + 1_700_000.0..third + 1_900_000.0).contains(&at()));
}

#[wasm_bindgen_test]
async fn a_machine_that_slept_reads_what_waits_before_it_gives_up() {
    let world = World::with(Config {
        ping_interval_ms: 100,
        ping_timeout_ms: 10_000,
        ..Config::default()
    });
    let client = world.following("r").await;
    // Longer than the heartbeat, but not by much: the server may still know the session.
    world.page.set_date_offset(15_000.0);
    world.page.fire("resume", false);
    world.payload("r", json!({"message": "after the sleep"}));
    world.heard(&client, "update").await;
    let polls = world.logged(Kind::Poll).len();
    world
        .until("the heartbeat goes on", || {
            world.logged(Kind::Poll).len() > polls + 3
        })
        .await;
    assert_eq!(client.count("disconnect"), 0);
    assert!(client.call(Handle::connected));
}
