//! Credentials are asked for at each attempt; what the browser refuses of them is said in words.

use mock_server::{Action, Config, Kind};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{Client, World};

/// Waits for the question with this number, counted from 0; its answer is up to the test.
async fn asked(world: &World, client: &Client, n: usize) -> crate::support::Told {
    world
        .until("a question", || client.count("credentials") > n)
        .await;
    let mut asks = client.told();
    asks.retain(|told| told.kind == "credentials");
    asks.swap_remove(n)
}

#[wasm_bindgen_test]
async fn headers_query_and_auth_travel_with_the_requests() {
    let world = World::with(Config {
        test_events: true,
        ..Config::default()
    });
    let client = world.client(json!({"withCredentials": true}));
    client.leave_asks_to_the_test();
    client.call(|c| c.listen("auth", true));
    client.open();
    client.subscribe("r");
    let ask = asked(&world, &client, 0).await;
    assert!(world.requests().is_empty(), "nothing before the answer");
    let given = json!({
        "auth": r#"{"token":"ü"}"#,
        "headers": [["X-Token", "one"], ["Authorization", "Bearer two"]],
        "query": [["tenant", "a b&c=d"]],
    });
    client.provide(&ask, &given);
    assert_eq!(world.heard(&client, "event").await, json!([{"token": "ü"}]));
    client.call(|c| c.refresh("r"));
    world
        .until("the status", || !world.logged(Kind::Api).is_empty())
        .await;

    for request in world.requests() {
        assert_eq!(request["headers"]["x-token"], "one", "{request}");
        assert_eq!(request["headers"]["authorization"], "Bearer two");
        assert_eq!(request["credentials"], "include");
        assert_eq!(request["cache"], "no-store");
        let path = request["path"].as_str().unwrap();
        if path.starts_with("/socket.io/") {
            assert!(path.contains("tenant=a+b%26c%3Dd") || path.contains("tenant=a%20b%26c%3Dd"));
            assert!(
                path.contains("EIO=4") && path.contains("transport=polling"),
                "{path}"
            );
            assert!(!path.ends_with('&') && !path.contains("&&"), "{path}");
        }
    }
}

#[wasm_bindgen_test]
async fn without_an_option_requests_carry_cookies_to_their_own_origin_only() {
    let world = World::new();
    world.connected(json!({})).await;
    let requests = world.requests();
    assert!(
        requests
            .iter()
            .all(|request| request["credentials"] == "same-origin")
    );
    let post = requests
        .iter()
        .find(|request| request["method"] == "POST")
        .unwrap();
    let kind = post["headers"]["content-type"].as_str().unwrap();
    assert!(kind.starts_with("text/plain"), "{kind}");
}

#[wasm_bindgen_test]
async fn a_name_or_value_that_is_no_header_is_a_failed_attempt_with_words() {
    for header in [
        ["no name", "x"],
        ["", "x"],
        ["X-Token", "a\nb"],
        ["X-Token", "€"],
    ] {
        let world = World::new();
        let client = world.client(json!({"reconnectionAttempts": 1}));
        client.leave_asks_to_the_test();
        client.open();
        let ask = asked(&world, &client, 0).await;
        client.provide(&ask, &json!({"headers": [header], "query": []}));
        let error = world.heard(&client, "connect_error").await;
        assert_eq!(error["code"], "ABORTED");
        let message = error["message"].as_str().unwrap();
        let words = message.strip_prefix("the page's auth, headers or query function failed: ");
        assert!(words.is_some_and(|words| words.len() > 5), "{message}");
        assert!(world.requests().is_empty());

        // It is counted, and asked again; what is asked does not wait for what is told.
        let ask = asked(&world, &client, 1).await;
        assert_eq!(world.heard(&client, "reconnect_attempt").await, 1);
        client.provide(
            &ask,
            &json!({"headers": [["X-Token", "fine"]], "query": []}),
        );
        world.heard(&client, "connect").await;
    }
}

#[wasm_bindgen_test]
async fn a_function_that_fails_is_a_failed_attempt_with_its_words() {
    let world = World::new();
    let client = world.client(json!({"reconnectionAttempts": 2}));
    client.leave_asks_to_the_test();
    client.on_event(|client, told| {
        if told.kind == "credentials" {
            let ask = told.id.as_f64().unwrap();
            client.call(|c| c.refuse(ask, "no token today"));
        }
    });
    client.open();
    let error = world.heard(&client, "reconnect_failed").await;
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .ends_with(": no token today")
    );
    assert_eq!(client.count("credentials"), 3);
    assert!(world.requests().is_empty());
}

#[wasm_bindgen_test]
async fn a_function_that_never_answers_is_a_time_out_and_its_late_answer_is_dropped() {
    let world = World::new();
    // So many that one answer comes within 50 ms, on a busy machine too.
    let client = world.client(json!({"timeout": 50, "reconnectionAttempts": 1_000}));
    client.leave_asks_to_the_test();
    client.on_event(|client, told| {
        if told.kind == "credentials" && client.count("credentials") > 1 {
            let mut all = client.told().into_iter();
            let first = all.find(|told| told.kind == "credentials").unwrap();
            let late = json!({"headers": [["X-Token", "late"]], "query": []});
            client.provide(&first, &late);
            client.provide(told, &json!({"headers": [["X-Token", "new"]], "query": []}));
        }
    });
    client.open();
    let error = world.heard(&client, "connect_error").await;
    assert_eq!(error["code"], "TIMEOUT");
    world
        .until("a request", || !world.requests().is_empty())
        .await;
    assert_eq!(world.requests()[0]["headers"]["x-token"], "new");
}

#[wasm_bindgen_test]
async fn of_two_questions_before_the_page_has_a_turn_it_hears_only_the_one_that_can_be_answered() {
    let world = World::new();
    let client = world.client(json!({}));
    client.open();
    world.page.fire("pagehide", true);
    world.page.fire("pageshow", true);
    world.heard(&client, "connect").await;
    assert_eq!(client.count("credentials"), 1);
    assert_eq!(world.stats().handshakes, 1);
}

#[wasm_bindgen_test]
async fn each_session_asks_again() {
    let world = World::new();
    let client = world.client(json!({}));
    client.leave_asks_to_the_test();
    client.on_event(|client, told| {
        if told.kind == "credentials" {
            let n = client.count("credentials").to_string();
            client.provide(told, &json!({"headers": [["X-Attempt", n]], "query": []}));
        }
    });
    client.open();
    world.heard(&client, "connect").await;
    world.next(
        Kind::Handshake,
        Action::Status {
            code: 500,
            retry_after: None,
            body: None,
            content_type: None,
        },
    );
    world.control(mock_server::Command::Restart(Default::default()));
    world.heard(&client, "reconnect").await;
    let handshakes = world.requests().into_iter().filter(|request| {
        !request["path"]
            .as_str()
            .unwrap_or_default()
            .contains("sid=")
    });
    let attempts: Vec<_> = handshakes
        .map(|r| r["headers"]["x-attempt"].clone())
        .collect();
    assert_eq!(attempts, ["1", "2", "3"]);
}

#[wasm_bindgen_test]
async fn what_the_page_provides_wrongly_is_left_out() {
    let world = World::new();
    for given in [
        json!(null),
        json!(5),
        json!({}),
        json!({"headers": 5, "query": [1, ["a"], ["b", 2]]}),
    ] {
        let client = world.client(json!({}));
        client.leave_asks_to_the_test();
        client.open();
        let ask = asked(&world, &client, 0).await;
        client.provide(&ask, &given);
        world.heard(&client, "connect").await;
    }
}
