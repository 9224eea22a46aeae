//! Peers that are silent: every wait has an end.

use research_socket::config::Config;

use crate::words::Kind;
use crate::world::{SILENCE_MS, World};

#[test]
fn a_ping_is_answered_at_once() {
    let mut world = World::live();
    world.receive("2");
    assert_eq!(world.did(), ["poll s1", "post s1 3"]);
}

#[test]
fn a_pong_carries_the_text_of_its_ping() {
    let mut world = World::live();
    world.receive("2probe");
    assert_eq!(world.did(), ["poll s1", "post s1 3probe"]);
}

#[test]
fn a_pong_goes_ahead_of_what_waits() {
    let mut world = World::live();
    world.emit(1, "a");
    world.subscribe("r");
    world.forget();
    world.receive("2");
    world.accept();
    let subscribe = r#"42["subscribe_to_research",{"research_id":"r"}]"#;
    assert!(world.did().contains(&format!("post s1 3|{subscribe}")));
}

#[test]
fn each_ping_starts_the_wait_anew() {
    let mut world = World::live_with(World::quiet);
    for _ in 0..10 {
        world.advance(SILENCE_MS - 1);
        world.receive("2");
        world.accept();
    }
    assert!(world.client.is_connected());
    assert_eq!(world.until_due(), Some(SILENCE_MS));
}

#[test]
fn messages_do_not_replace_the_ping() {
    let mut world = World::live();
    world.advance(SILENCE_MS - 1);
    world.receive(r#"42["a"]"#);
    world.advance(1);
    assert_eq!(world.heard(), ["disconnect TIMEOUT"]);
}

#[test]
fn without_a_ping_the_connection_is_lost_after_interval_and_time_out() {
    let mut world = World::live();
    assert_eq!(world.wait(), SILENCE_MS);
    assert_eq!(world.heard(), ["disconnect TIMEOUT"]);
    assert_eq!(world.did(), ["abort poll s1"]);
}

#[test]
fn a_post_that_hangs_ends_the_session() {
    let mut world = World::live();
    world.emit(1, "a");
    world.forget();
    for _ in 0..4 {
        world.advance(4999);
        world.receive("2");
    }
    assert!(world.client.is_connected());
    world.advance(4);
    assert_eq!(world.heard(), ["disconnect TIMEOUT"]);
    let did = world.did();
    assert_eq!(
        did[did.len() - 2..],
        ["abort poll s1", r#"abort post s1 42["a"]"#]
    );
}

#[test]
fn a_handshake_that_hangs_is_aborted() {
    let mut world = World::new();
    world.connect();
    world.forget();
    assert_eq!(world.wait(), 20_000);
    assert_eq!(world.did(), ["abort handshake"]);
    assert_eq!(world.heard(), ["connect_error TIMEOUT"]);
}

#[test]
fn a_namespace_that_is_never_granted_is_given_up_with_a_goodbye() {
    let mut world = World::new();
    world.connect();
    world.open();
    world.accept();
    world.forget();
    world.advance(5000);
    world.receive("2");
    world.accept();
    world.forget();
    assert_eq!(world.wait(), 15_000);
    assert_eq!(world.did(), ["post s1 1"]);
    assert_eq!(world.heard(), ["connect_error TIMEOUT"]);
}

#[test]
fn the_time_out_is_the_pages_option() {
    let mut world = World::with(|config| config.timeout_ms = 300);
    world.connect();
    assert_eq!(world.wait(), 300);
    assert_eq!(world.heard(), ["connect_error TIMEOUT"]);
}

#[test]
fn a_timer_that_fires_early_changes_nothing_at_any_stage() {
    type Reach = fn() -> World;
    fn connecting(change: fn(&mut Config)) -> World {
        let mut world = World::with(change);
        world.connect();
        world
    }
    let stages: [(&str, Reach); 6] = [
        ("credentials", || {
            let mut world = World::new();
            world.credentials = None;
            world.connect();
            world
        }),
        ("handshake", || connecting(World::quiet)),
        ("namespace", || {
            let mut world = connecting(World::quiet);
            world.open();
            world.accept();
            world
        }),
        ("ping", || World::live_with(World::quiet)),
        ("next attempt", || {
            let mut world = connecting(World::quiet);
            world.cut(Kind::Handshake);
            world
        }),
        ("probe", || {
            let mut world = connecting(|config| config.reconnection_attempts = Some(0));
            world.cut(Kind::Handshake);
            world
        }),
    ];
    for (stage, reach) in stages {
        let mut world = reach();
        world.forget();
        let due = world.until_due().expect(stage);
        for _ in 0..3 {
            world.sleep(1);
        }
        assert_eq!(world.did(), [""; 0], "{stage}");
        assert_eq!(world.told(), [""; 0], "{stage}");
        assert_eq!(world.until_due(), Some(due - 3), "{stage}");
    }
}

#[test]
fn an_answer_after_its_deadline_changes_nothing() {
    let mut world = World::new();
    world.connect();
    let late = world.find(Kind::Handshake).unwrap().id;
    world.wait();
    world.forget();
    let body = world.next_handshake();
    let answer = crate::world::response(200, &body);
    world.input(research_socket::research::Input::Answer {
        request: late,
        answer,
    });
    assert_eq!(world.did(), [""; 0]);
    assert_eq!(world.told(), [""; 0]);
}
