//! A network that is gone, is said to be gone, or is said to be back.

use research_socket::research::Input;
use research_socket::socket::{PROBE_MS, VERIFY_MS};

use crate::words::Kind;
use crate::world::{World, throttled};

/// An ack for which no server waits.
const QUESTION: &str = "post s1 439007199254740991[]";

/// A client whose `n`-th counted attempt is under way.
fn trying(n: u32) -> World {
    let mut world = World::new();
    world.connect();
    for _ in 0..n {
        world.cut(Kind::Handshake);
        world.wait();
    }
    assert!(world.is_asked(Kind::Handshake));
    world.forget();
    world
}

fn offline(world: &mut World) {
    world.input(Input::Online(false));
}

fn online(world: &mut World) {
    world.input(Input::Online(true));
}

#[test]
fn a_live_connection_is_asked_for_a_sign_of_life() {
    let mut world = World::live();
    offline(&mut world);
    assert_eq!(world.did(), [QUESTION]);
    world.accept();
    world.advance(VERIFY_MS);
    assert!(world.client.is_connected());
    assert_eq!(world.told(), [""; 0]);
}

#[test]
fn it_is_asked_once() {
    let mut world = World::live();
    offline(&mut world);
    world.accept();
    offline(&mut world);
    assert_eq!(world.did(), [QUESTION]);
}

#[test]
fn without_a_sign_of_life_the_page_is_offline_soon() {
    let mut world = World::live();
    offline(&mut world);
    assert_eq!(world.wait(), VERIFY_MS);
    assert_eq!(
        world.told(),
        ["state offline TIMEOUT", "disconnect TIMEOUT"]
    );
    assert_eq!(world.wait(), PROBE_MS);
}

#[test]
fn a_post_under_way_is_sign_enough() {
    let mut world = World::live();
    world.emit(1, "a");
    world.advance(1000);
    world.forget();
    offline(&mut world);
    assert_eq!(world.did(), [""; 0]);
    assert_eq!(world.until_due(), Some(VERIFY_MS));
    world.accept();
    assert!(world.until_due() > Some(VERIFY_MS));
}

#[test]
fn a_post_that_is_due_sooner_is_not_given_more_time() {
    let mut world = World::live();
    world.emit(1, "a");
    world.advance(19_000);
    offline(&mut world);
    assert_eq!(world.until_due(), Some(1000));
}

#[test]
fn a_server_that_takes_no_such_packet_is_not_sent_one() {
    let mut world = World::new();
    world.max_payload = 10;
    world.connect();
    world.join();
    world.forget();
    offline(&mut world);
    assert_eq!(world.did(), [""; 0]);
}

#[test]
fn an_attempt_under_way_has_less_time() {
    let mut opening = trying(2);
    let mut joining = trying(2);
    joining.open();
    joining.accept();
    for world in [&mut opening, &mut joining] {
        world.forget();
        offline(world);
        assert!(world.state().starts_with("offline"), "{}", world.state());
        assert_eq!(world.wait(), VERIFY_MS);
        assert!(world.heard().contains(&"connect_error TIMEOUT".to_owned()));
        assert!(world.state().starts_with("offline"), "{}", world.state());
    }
}

#[test]
fn an_attempt_that_fails_offline_is_not_spent() {
    let mut world = trying(2);
    offline(&mut world);
    world.cut(Kind::Handshake);
    // A look shows that the browser was wrong.
    world.wait();
    world.join();
    world.forget();
    world.cut(Kind::Poll);
    world.wait();
    assert_eq!(
        world.heard(),
        ["disconnect TRANSPORT", "reconnect_attempt 2"]
    );
}

#[test]
fn an_attempt_that_is_only_planned_is_not_spent() {
    let mut world = trying(1);
    world.cut(Kind::Handshake);
    offline(&mut world);
    world.wait();
    world.join();
    world.forget();
    world.cut(Kind::Poll);
    world.wait();
    assert_eq!(
        world.heard(),
        ["disconnect TRANSPORT", "reconnect_attempt 2"]
    );
}

#[test]
fn the_state_stays_offline_while_the_page_looks() {
    let mut world = World::live();
    offline(&mut world);
    world.cut(Kind::Post);
    world.forget();
    for _ in 0..3 {
        world.wait();
        assert!(world.is_asked(Kind::Handshake));
        world.cut(Kind::Handshake);
    }
    assert_eq!(world.heard(), ["connect_error TRANSPORT"; 3]);
    assert_eq!(world.state(), "offline TRANSPORT");
    world.wait();
    world.join();
    assert_eq!(
        world.told(),
        ["state connected", "reconnect 0", "connect n"]
    );
}

#[test]
fn a_page_without_attempts_left_is_offline_too() {
    let mut world = World::with(|config| {
        World::quiet(config);
        config.reconnection_attempts = Some(1);
    });
    world.connect();
    world.cut(Kind::Handshake);
    world.wait();
    world.cut(Kind::Handshake);
    assert_eq!(world.state(), "stopped TRANSPORT");
    offline(&mut world);
    assert_eq!(world.state(), "offline TRANSPORT");
    world.forget();
    online(&mut world);
    assert_eq!(world.did(), ["ask", "handshake"]);
    world.cut(Kind::Handshake);
    world.wait();
    assert_eq!(
        world.heard(),
        ["connect_error TRANSPORT", "reconnect_attempt 1"]
    );
}

#[test]
fn online_that_is_wrong_does_not_burn_the_attempts() {
    let mut world = trying(3);
    offline(&mut world);
    world.cut(Kind::Handshake);
    world.forget();
    online(&mut world);
    let mut waited = Vec::new();
    loop {
        world.cut(Kind::Handshake);
        let told = world.told();
        if told.contains(&"reconnect_failed TRANSPORT".to_owned()) {
            break;
        }
        waited.push(world.wait());
    }
    assert_eq!(waited.len(), 5);
    assert!(waited.iter().all(|wait| *wait >= 500), "{waited:?}");
    assert!(waited.iter().sum::<u64>() > 10_000, "{waited:?}");
}

#[test]
fn a_network_that_comes_and_goes_makes_one_attempt_each_time() {
    let mut world = World::live();
    world.cut(Kind::Poll);
    for _ in 0..20 {
        offline(&mut world);
        assert_eq!(world.state(), "offline TRANSPORT");
        world.forget();
        online(&mut world);
        assert_eq!(world.did(), ["ask", "handshake"]);
        world.cut(Kind::Handshake);
    }
    assert_eq!(world.client.stats().attempts, 0);
}

#[test]
fn a_handshake_that_was_sent_into_the_void_is_soon_sent_again() {
    let mut world = World::live();
    offline(&mut world);
    world.cut(Kind::Post);
    world.wait();
    world.advance(1000);
    world.forget();
    online(&mut world);
    assert_eq!(world.did(), [""; 0]);
    assert_eq!(world.wait(), VERIFY_MS);
    assert!(world.wait() <= 1500);
    assert_eq!(world.did(), ["abort handshake", "ask", "handshake"]);
    world.join();
}

#[test]
fn a_namespace_that_is_asked_for_is_waited_for() {
    let mut world = trying(1);
    world.open();
    offline(&mut world);
    world.forget();
    online(&mut world);
    assert_eq!(world.did(), [""; 0]);
    world.accept();
    world.receive(r#"40{"sid":"n"}"#);
    assert!(world.client.is_connected());
}

#[test]
fn online_again_makes_one_attempt_that_is_not_counted() {
    let mut world = trying(2);
    world.cut(Kind::Handshake);
    for _ in 0..10 {
        online(&mut world);
        assert!(world.is_asked(Kind::Handshake));
        world.cut(Kind::Handshake);
        let state = world.state();
        assert!(state.starts_with("reconnecting 3 in "), "{state}");
    }
    assert_eq!(world.client.stats().attempts, 2);
}

#[test]
fn whoever_was_asked_to_wait_waits_on_any_network() {
    let mut world = World::new();
    world.connect();
    world.answer_with(Kind::Handshake, throttled(503, 120));
    world.forget();
    for input in [Input::Online(true), Input::Visible, Input::Online(false)] {
        world.input(input);
    }
    world.advance(60_000);
    online(&mut world);
    world.input(Input::Visible);
    assert_eq!(world.did(), [""; 0]);
    assert_eq!(world.state(), "reconnecting 0 in 60000 THROTTLED");
    assert_eq!(world.wait(), 60_000);
    assert!(world.is_asked(Kind::Handshake));
}

#[test]
fn whoever_was_asked_to_wait_may_be_told_to_connect() {
    let mut world = World::new();
    world.connect();
    world.answer_with(Kind::Handshake, throttled(503, 120));
    world.connect();
    assert!(world.is_asked(Kind::Handshake));
}

#[test]
fn what_the_server_asked_to_wait_is_over_once_it_lets_the_page_in() {
    let mut world = World::new();
    world.connect();
    world.answer_with(Kind::Handshake, throttled(503, 120));
    world.connect();
    world.join();
    offline(&mut world);
    world.cut(Kind::Poll);
    online(&mut world);
    assert!(world.is_asked(Kind::Handshake), "{}", world.state());
}

#[test]
fn somebody_who_flips_through_tabs_changes_no_count() {
    let mut world = trying(2);
    world.cut(Kind::Handshake);
    world.forget();
    for _ in 0..50 {
        world.input(Input::Visible);
        world.cut(Kind::Handshake);
        let state = world.state();
        let name = state.split(' ').next().unwrap();
        assert!(state.starts_with(&format!("{name} 3 in ")), "{state}");
    }
    assert_eq!(world.heard(), ["connect_error TRANSPORT"; 50]);
    // The others come as if nobody had looked.
    for attempt in 3..=5 {
        world.wait();
        world.cut(Kind::Handshake);
        assert_eq!(world.heard()[0], format!("reconnect_attempt {attempt}"));
    }
    world.forget();
    for _ in 0..50 {
        world.input(Input::Visible);
        assert!(world.is_asked(Kind::Handshake));
        world.input(Input::Visible);
        world.cut(Kind::Handshake);
    }
    assert_eq!(world.heard(), ["connect_error TRANSPORT"; 50]);
    assert_eq!(world.client.stats().attempts, 5);
}

#[test]
fn somebody_who_flips_through_tabs_does_not_disturb_the_polling() {
    let mut world = World::with(|config| config.reconnection_attempts = Some(0));
    world.subscribe("r");
    world.connect();
    world.cut(Kind::Handshake);
    let mut answered = 0;
    for second in 1..=60 {
        world.advance(1000);
        world.input(Input::Visible);
        assert!(world.state().starts_with("fallback"), "{}", world.state());
        if world.is_asked(Kind::Handshake) {
            world.cut(Kind::Handshake);
        }
        if second == 30 {
            // Who comes later is polled as well.
            world.subscribe("s");
        }
        while world.is_asked(Kind::Status) {
            world.answer(Kind::Status, 200, r#"{"status":"in_progress"}"#);
            answered += 1;
        }
    }
    // One question in three seconds for the one, from the middle on for the other too.
    assert_eq!(answered, 20 + 11);
}
