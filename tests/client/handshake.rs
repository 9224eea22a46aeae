//! How a connection becomes live, and what its requests look like.

use research_socket::failure::{Failure, Words};
use research_socket::http::{Answer, Credentials, Method, RequestError, Response};
use research_socket::research::{Event, Input};
use research_socket::socket::packet::MAX_REFUSAL_DATA_BYTES;

use crate::words::{self, Kind};
use crate::world::{START, World};

fn credentials(token: &str) -> Credentials {
    Credentials {
        auth: Some(format!(r#"{{"token":"{token}"}}"#)),
        headers: vec![("X-Token".to_owned(), token.to_owned())],
        query: vec![("lang".to_owned(), token.to_owned())],
    }
}

#[test]
fn nothing_happens_before_connect() {
    let mut world = World::new();
    assert_eq!(world.client.poll_timeout(), None);
    world.input(Input::Timeout);
    world.input(Input::Visible);
    world.input(Input::Online(true));
    assert_eq!(world.did(), [""; 0]);
    assert_eq!(world.told(), [""; 0]);
}

#[test]
fn the_namespace_is_asked_for_while_the_first_poll_waits() {
    let mut world = World::new();
    world.connect();
    assert_eq!(world.did(), ["ask", "handshake"]);
    world.open();
    assert_eq!(world.did(), ["poll s1", "post s1 40"]);
    assert_eq!(world.told(), [""; 0]);
    world.accept();
    world.receive(r#"40{"sid":"n1"}"#);
    assert_eq!(world.did(), ["poll s1"]);
    assert_eq!(world.told(), ["state connected", "connect n1"]);
}

#[test]
fn the_grant_may_come_before_the_post_is_answered() {
    let mut world = World::new();
    world.connect();
    world.open();
    world.receive(r#"40{"sid":"n1"}"#);
    world.emit(1, "a");
    assert_eq!(world.heard(), ["connect n1"]);
    world.forget();
    world.accept();
    assert_eq!(world.did(), [r#"post s1 42["a"]"#]);
}

#[test]
fn a_server_may_grant_the_namespace_with_its_handshake() {
    let mut world = World::new();
    world.connect();
    let handshake = world.next_handshake() + "\x1e40{\"sid\":\"n1\"}";
    world.answer(Kind::Handshake, 200, &handshake);
    assert_eq!(world.did(), ["ask", "handshake", "poll s1", "post s1 40"]);
    assert_eq!(world.heard(), ["connect n1"]);
}

#[test]
fn a_namespace_of_its_own_is_named_in_each_packet() {
    let mut world = World::with(|config| config.namespace = "/admin".to_owned());
    world.connect();
    world.open();
    assert!(world.did().contains(&"post s1 40/admin,".to_owned()));
    world.accept();
    world.receive(r#"40/admin,{"sid":"n1"}"#);
    world.emit(1, "a");
    world.accept();
    world.close();
    let did = world.did();
    assert_eq!(
        did[1..],
        [r#"post s1 42/admin,["a"]"#, "post s1 41/admin,|1"]
    );
}

#[test]
fn each_request_has_the_protocols_fields_and_the_pages_own() {
    let mut world = World::new();
    world.credentials = Some(Ok(credentials("a")));
    world.connect();
    world.join();
    assert_eq!(world.started.len(), 4);
    for request in &world.started {
        assert_eq!(request.url, "http://host/socket.io/");
        assert_eq!(words::query(request, "EIO"), Some("4"));
        assert_eq!(words::query(request, "transport"), Some("polling"));
        assert_eq!(words::query(request, "lang"), Some("a"));
        assert_eq!(request.headers, [("X-Token".to_owned(), "a".to_owned())]);
        assert!(!request.keepalive);
    }
    let post = &world.started[2];
    assert_eq!(post.method, Method::Post);
    let body = post.body.as_ref().unwrap();
    assert_eq!(body.content_type, "text/plain;charset=UTF-8");
    assert_eq!(body.text, r#"40{"token":"a"}"#);
}

#[test]
fn a_page_cannot_set_the_protocols_own_fields() {
    let mut world = World::new();
    let mut given = credentials("a");
    for name in ["EIO", "transport", "t", "sid"] {
        given.query.push((name.to_owned(), "theirs".to_owned()));
    }
    world.credentials = Some(Ok(given));
    world.connect();
    world.join();
    for request in &world.started {
        assert!(request.query.iter().all(|(_, value)| value != "theirs"));
    }
}

#[test]
fn no_two_requests_have_the_same_address() {
    let mut world = World::live();
    (0..50).for_each(|_| world.receive(r#"42["a"]"#));
    let mut words: Vec<_> = world
        .started
        .iter()
        .map(|request| words::query(request, "t").unwrap())
        .collect();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), world.started.len());
}

#[test]
fn credentials_are_asked_for_anew_at_each_attempt() {
    let mut world = World::new();
    world.credentials = Some(Ok(credentials("old")));
    world.connect();
    world.cut(Kind::Handshake);
    world.credentials = Some(Ok(credentials("new")));
    world.wait();
    world.open();
    assert_eq!(words::query(&world.started[0], "lang"), Some("old"));
    for request in &world.started[1..] {
        assert_eq!(words::query(request, "lang"), Some("new"));
    }
    let post = world.started[3].body.as_ref().unwrap();
    assert_eq!(post.text, r#"40{"token":"new"}"#);
}

#[test]
fn credentials_that_fail_cost_an_attempt() {
    let mut world = World::new();
    world.credentials = Some(Err("no token".to_owned()));
    world.connect();
    assert_eq!(world.did(), ["ask"]);
    assert_eq!(world.heard(), ["connect_error ABORTED"]);
    world.wait();
    assert_eq!(
        world.heard(),
        ["reconnect_attempt 1", "connect_error ABORTED"]
    );
}

#[test]
fn credentials_that_never_come_cost_an_attempt_after_the_time_out() {
    let mut world = World::new();
    world.credentials = None;
    world.connect();
    assert_eq!(world.wait(), 20_000);
    assert_eq!(world.heard(), ["connect_error TIMEOUT"]);
}

#[test]
fn credentials_that_come_too_late_are_not_used() {
    let mut world = World::with(World::quiet);
    world.credentials = None;
    world.connect();
    let late = world.asks.pop().unwrap();
    world.wait();
    world.credentials = Some(Ok(credentials("new")));
    world.wait();
    world.input(Input::Credentials {
        ask: late,
        credentials: Ok(credentials("late")),
    });
    world.join();
    world.subscribe("r");
    world.input(Input::Refresh("r".to_owned()));
    let request = world.find(Kind::Status).unwrap();
    assert_eq!(request.headers, credentials("new").headers);
    assert_eq!(
        world
            .in_flight
            .values()
            .filter(|r| words::query(r, "lang") == Some("late"))
            .count(),
        0
    );
}

#[test]
fn auth_that_is_no_json_costs_an_attempt_and_leaves_the_session() {
    let mut world = World::new();
    world.credentials = Some(Ok(Credentials {
        auth: Some("{token".to_owned()),
        ..Credentials::default()
    }));
    world.connect();
    world.open();
    assert_eq!(world.did()[2..], ["poll s1", "post s1 1"]);
    assert_eq!(world.heard(), ["connect_error ABORTED"]);
}

#[test]
fn auth_that_is_larger_than_the_server_takes_is_said_and_costs_an_attempt() {
    let mut world = World::new();
    world.credentials = Some(Ok(credentials(&"x".repeat(100))));
    world.max_payload = 50;
    world.connect();
    world.open();
    assert_eq!(world.heard(), ["connect_error ABORTED"]);
    assert_eq!(world.did()[2..], ["poll s1", "post s1 1"]);
}

#[test]
fn a_grant_without_a_sid_is_of_socket_io_2() {
    let mut world = World::new();
    world.connect();
    world.open();
    world.accept();
    world.receive("40");
    assert_eq!(world.heard(), ["connect_error PROTOCOL_VERSION"]);
    assert_eq!(world.until_due().map(|due| due < 2000), Some(true));
}

/// As socket.io 2 and python-engineio 3 open a session.
#[test]
fn a_session_of_engine_io_3_is_of_socket_io_2() {
    let open = r#"0{"sid":"sEa5PfasE-GcZwGpAAAA","upgrades":[],"pingInterval":25000}"#;
    for body in [
        format!("97:{open}2:40").into_bytes(),
        [b"\0\x09\x07\xff", open.as_bytes()].concat(),
    ] {
        let mut world = World::new();
        world.connect();
        let answer = Answer::Response(Response {
            status: 200,
            body,
            ..Response::default()
        });
        world.answer_with(Kind::Handshake, answer);
        assert_eq!(world.heard(), ["connect_error PROTOCOL_VERSION"]);
        let reason = world.client.state().reason.as_ref().unwrap().to_string();
        assert!(reason.contains("Socket.IO 2"), "{reason}");
    }
    for body in ["97:", ":0{}", "97:1{}", "\0\x09", "970{}"] {
        let mut world = World::new();
        world.connect();
        world.answer(Kind::Handshake, 200, body);
        assert_eq!(world.heard(), ["connect_error PROTOCOL"], "{body:?}");
    }
}

#[test]
fn a_refused_namespace_is_told_with_the_data_of_the_server() {
    for (packet, data) in [
        (
            r#"44{"message":"no","data":{"code":7,"why":["a"]}}"#,
            Some(r#"{"code":7,"why":["a"]}"#),
        ),
        (r#"44{"message":"no"}"#, None),
        (r#"44"no""#, None),
    ] {
        let mut world = World::new();
        world.connect();
        world.open();
        world.accept();
        world.receive(packet);
        let refused = Failure::ConnectError(Box::new(Words {
            message: "no".to_owned(),
            data: data.map(str::to_owned),
        }));
        assert!(
            world.events.contains(&Event::ConnectError(refused)),
            "{packet}"
        );
    }
    let mut world = World::new();
    world.connect();
    world.open();
    world.accept();
    let data = "x".repeat(MAX_REFUSAL_DATA_BYTES);
    world.receive(&format!(r#"44{{"message":"no","data":"{data}"}}"#));
    let reason = world.client.state().reason.clone();
    let bounded = matches!(&reason, Some(Failure::ConnectError(words)) if words.data.is_none());
    assert!(bounded, "{reason:?}");
}

#[test]
fn after_a_failure_of_the_network_a_redirect_is_not_followed_but_told() {
    let mut world = World::new();
    world.connect();
    assert!(world.find(Kind::Handshake).unwrap().follows_redirects());
    world.cut(Kind::Handshake);
    world.wait();
    assert!(!world.find(Kind::Handshake).unwrap().follows_redirects());
    let answer = Answer::Failed(RequestError::Redirected);
    world.answer_with(Kind::Handshake, answer);
    let heard = world.heard();
    assert_eq!(heard.last().unwrap(), "connect_error UNAUTHORIZED");
    // It is no probe where something has answered.
    let mut answered = World::new();
    answered.connect();
    answered.answer(Kind::Handshake, 502, "");
    answered.wait();
    assert!(answered.find(Kind::Handshake).unwrap().follows_redirects());
}

#[test]
fn a_status_that_could_not_be_had_is_asked_for_without_following_a_redirect() {
    let mut world = World::live();
    world.subscribe("r");
    world.accept();
    assert!(world.find(Kind::Status).unwrap().follows_redirects());
    world.cut(Kind::Status);
    world.advance(4000);
    assert!(!world.find(Kind::Status).unwrap().follows_redirects());
    let answer = Answer::Failed(RequestError::Redirected);
    world.answer_with(Kind::Status, answer);
    let told = ["warning unauthorized r", "r refused unauthorized"];
    assert_eq!(world.heard(), told);
}

#[test]
fn connect_while_a_connection_is_made_does_nothing() {
    let mut world = World::new();
    world.connect();
    world.connect();
    world.open();
    world.connect();
    world.accept();
    world.receive(r#"40{"sid":"n1"}"#);
    world.connect();
    assert_eq!(
        world.did(),
        ["ask", "handshake", "poll s1", "post s1 40", "poll s1"]
    );
}

#[test]
fn a_session_that_is_closed_with_its_handshake_leaves_no_poll_behind() {
    let mut world = World::new();
    world.connect();
    let handshake = world.next_handshake() + "\x1e1";
    world.answer(Kind::Handshake, 200, &handshake);
    assert_eq!(world.heard(), ["connect_error TRANSPORT"]);
    assert!(world.in_flight.is_empty(), "{:?}", world.did());
}

#[test]
fn time_that_runs_backwards_is_ignored() {
    let mut world = World::live();
    let due = world.client.poll_timeout();
    world.now = START - 5000;
    world.input(Input::Timeout);
    world.receive("2");
    world.accept();
    assert_eq!(world.client.poll_timeout(), due);
    assert!(world.client.is_connected());
}

#[test]
fn a_session_id_of_the_namespace_that_is_longer_than_any_is_no_grant() {
    for (bytes, heard) in [(1_024, "connect"), (1_025, "connect_error PROTOCOL")] {
        let mut world = World::new();
        world.connect();
        world.open();
        world.accept();
        world.receive(&format!(r#"40{{"sid":"{}"}}"#, "n".repeat(bytes)));
        let told = world.heard();
        assert!(told[0].starts_with(heard), "{bytes} bytes");
        assert_eq!(world.client.is_connected(), heard == "connect");
    }
}
