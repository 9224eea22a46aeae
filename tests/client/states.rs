//! The state of the connection as the page hears of it: first the state, then what belongs to it.

use research_socket::research::Input;

use crate::words::Kind;
use crate::world::World;

#[test]
fn a_first_connection() {
    let mut world = World::new();
    assert_eq!(world.state(), "connecting");
    world.connect();
    world.open();
    assert_eq!(world.told(), [""; 0]);
    assert_eq!(world.state(), "connecting");
    world.accept();
    world.receive(r#"40{"sid":"n"}"#);
    assert_eq!(world.told(), ["state connected", "connect n"]);
}

#[test]
fn a_first_attempt_that_fails() {
    let mut world = World::with(|config| config.randomization_factor = 0.0);
    world.connect();
    world.cut(Kind::Handshake);
    assert_eq!(
        world.told(),
        [
            "state reconnecting 1 in 1000 TRANSPORT",
            "connect_error TRANSPORT"
        ]
    );
    world.wait();
    assert_eq!(
        world.told(),
        ["state reconnecting 1 TRANSPORT", "reconnect_attempt 1"]
    );
    world.join();
    assert_eq!(
        world.told(),
        ["state connected", "reconnect 1", "connect n"],
        "as socket.io-client tells it"
    );
}

#[test]
fn an_outage_from_end_to_end() {
    let mut world = World::following();
    world.client.state();
    world.cut(Kind::Poll);
    let mut told = world.told();
    world.wait();
    told.extend(world.told());
    world.open();
    world.accept();
    world.receive(r#"40{"sid":"n2"}"#);
    told.extend(world.told());
    told[0] = told[0].replace(char::is_numeric, "");
    assert_eq!(
        told,
        [
            "state reconnecting  in  TRANSPORT",
            "disconnect TRANSPORT",
            "state reconnecting 1 TRANSPORT",
            "reconnect_attempt 1",
            "state connected",
            "reconnect 1",
            "connect n2"
        ]
    );
}

#[test]
fn fallback_and_back() {
    let mut world = World::with(|config| config.reconnection_attempts = Some(0));
    world.subscribe("r");
    world.connect();
    world.cut(Kind::Handshake);
    let told = world.told();
    assert!(told[0].starts_with("state fallback 0 in "), "{told:?}");
    assert_eq!(
        told[1..],
        ["connect_error TRANSPORT", "reconnect_failed TRANSPORT"]
    );
    assert!(world.client.is_using_fallback());
    world.status("r", 200, r#"{"status":"in_progress"}"#);
    world.forget();
    world.connect();
    world.join();
    assert_eq!(world.told().last().unwrap(), "connect n");
    assert_eq!(world.state(), "connected");
    assert!(world.client.is_using_fallback(), "until the first update");
    world.receive(r#"42["progress_r",{"progress":10}]"#);
    assert!(!world.client.is_using_fallback());
}

#[test]
fn the_state_is_told_only_when_it_changes() {
    let mut world = World::live();
    for _ in 0..10 {
        world.receive("2");
        world.accept();
        world.advance(5000);
        world.input(Input::Timeout);
    }
    assert_eq!(world.told(), [""; 0]);
}

#[test]
fn what_is_told_first_is_the_state_that_the_client_has() {
    let mut world = World::live();
    for _ in 0..3 {
        world.forget();
        world.cut(Kind::Poll);
        let state = format!("state {}", world.state());
        assert_eq!(world.told()[0], state);
        world.input(Input::Visible);
        world.join();
    }
}

#[test]
fn the_counters_count_every_time() {
    let mut world = World::live();
    let before = world.client.stats();
    assert_eq!(before.connects, 1);
    assert!(before.bytes_received > 0);
    for _ in 0..3 {
        world.receive("2");
        world.accept();
    }
    let after = world.client.stats();
    assert_eq!(after.bytes_received, before.bytes_received + 3 * 3);
    assert_eq!(after.requests, world.started.len() as u64);
    world.cut(Kind::Poll);
    world.wait();
    world.join();
    assert_eq!(world.client.stats().connects, 2);
    assert_eq!(world.client.stats().requests, world.started.len() as u64);
}
