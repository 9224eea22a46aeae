//! What the browser says of its network and of the page.

use research_socket::http::Credentials;
use research_socket::research::Input;
use research_socket::socket::PROBE_MS;

use crate::words::Kind;
use crate::world::{World, throttled};

#[test]
fn offline_stops_nothing_that_works() {
    let mut world = World::live();
    world.input(Input::Online(false));
    assert!(world.client.is_connected());
    world.receive(r#"42["a"]"#);
    assert!(world.is_asked(Kind::Poll));
    assert_eq!(world.told(), [""; 0]);
}

#[test]
fn no_attempt_is_spent_while_offline() {
    let mut world = World::live();
    world.input(Input::Online(false));
    world.cut(Kind::Poll);
    assert_eq!(
        world.told(),
        ["state offline TRANSPORT", "disconnect TRANSPORT"]
    );
    world.forget();
    for _ in 0..20 {
        assert_eq!(world.wait(), PROBE_MS);
        world.cut(Kind::Handshake);
    }
    assert_eq!(world.client.stats().attempts, 0);
    assert!(
        !world
            .heard()
            .iter()
            .any(|told| told.starts_with("reconnect"))
    );
}

#[test]
fn a_planned_attempt_is_not_made_once_the_network_is_gone() {
    let mut world = World::live();
    world.cut(Kind::Poll);
    world.input(Input::Online(false));
    assert_eq!(world.state(), "offline TRANSPORT");
    world.forget();
    assert_eq!(world.wait(), PROBE_MS);
    assert_eq!(world.heard(), [""; 0]);
    assert!(world.is_asked(Kind::Handshake));
}

#[test]
fn a_network_makes_no_difference_to_a_refusal() {
    let mut world = World::new();
    world.connect();
    world.answer(Kind::Handshake, 401, "");
    world.forget();
    for online in [true, false, true] {
        world.input(Input::Online(online));
        assert!(!world.is_asked(Kind::Handshake));
    }
    assert_eq!(world.wait(), 5_000);
}

#[test]
fn a_page_that_wants_no_reconnection_is_taken_at_its_word() {
    let mut world = World::live_with(|config| config.reconnection = false);
    world.cut(Kind::Poll);
    world.input(Input::Visible);
    world.input(Input::Online(true));
    assert!(!world.is_asked(Kind::Handshake));
    world.connect();
    assert!(world.is_asked(Kind::Handshake));
}

#[test]
fn online_connects_at_once() {
    let mut world = World::live();
    world.input(Input::Online(false));
    world.cut(Kind::Poll);
    world.input(Input::Online(true));
    world.join();
    assert!(world.client.is_connected());
}

#[test]
fn a_page_that_can_be_seen_again_looks_although_it_is_offline() {
    let mut world = World::live();
    world.input(Input::Online(false));
    world.cut(Kind::Poll);
    world.input(Input::Visible);
    world.join();
    assert!(world.client.is_connected());
}

#[test]
fn a_page_that_starts_offline_tries_once() {
    let mut world = World::new();
    world.input(Input::Online(false));
    world.connect();
    world.cut(Kind::Handshake);
    assert_eq!(world.state(), "offline TRANSPORT");
    assert_eq!(world.wait(), PROBE_MS);
}

#[test]
fn the_browser_may_be_wrong_about_the_network() {
    let mut world = World::live();
    world.input(Input::Online(false));
    world.cut(Kind::Poll);
    world.wait();
    world.join();
    world.cut(Kind::Poll);
    assert!(
        world.state().starts_with("reconnecting 1 in "),
        "{}",
        world.state()
    );
}

#[test]
fn a_refusal_is_one_offline_too() {
    let mut world = World::with(World::quiet);
    world.input(Input::Online(false));
    world.connect();
    world.answer(Kind::Handshake, 401, "");
    assert_eq!(world.state(), "stopped UNAUTHORIZED");
    assert_eq!(world.until_due(), None);
}

#[test]
fn a_server_that_asks_to_wait_is_left_alone_offline_too() {
    let mut world = World::new();
    world.input(Input::Online(false));
    world.connect();
    world.answer_with(Kind::Handshake, throttled(503, 120));
    assert_eq!(world.state(), "offline THROTTLED");
    assert_eq!(world.wait(), 120_000);
}

#[test]
fn what_the_server_asked_to_wait_holds_beyond_an_attempt_of_the_page() {
    let mut world = World::new();
    world.connect();
    world.answer_with(Kind::Handshake, throttled(503, 120));
    world.connect();
    world.cut(Kind::Handshake);
    world.forget();
    world.input(Input::Visible);
    assert_eq!(world.did(), [""; 0]);
}

#[test]
fn a_planned_wait_is_not_shortened_by_going_offline() {
    let mut world = World::new();
    world.connect();
    world.answer_with(Kind::Handshake, throttled(503, 120));
    world.input(Input::Online(false));
    assert_eq!(world.wait(), 120_000);
}

#[test]
fn between_two_looks_no_status_is_asked_for_while_offline() {
    let mut world = World::following();
    world.input(Input::Online(false));
    world.cut(Kind::Poll);
    for _ in 0..5 {
        world.advance(PROBE_MS - 1);
        assert!(!world.is_asked(Kind::Status));
        assert_eq!(world.wait(), 1);
        world.cut(Kind::Handshake);
        if world.is_asked(Kind::Status) {
            world.cut(Kind::Status);
        }
    }
}

#[test]
fn online_again_gives_all_attempts_back() {
    let mut world = World::new();
    world.connect();
    for _ in 0..3 {
        world.cut(Kind::Handshake);
        world.wait();
    }
    world.cut(Kind::Handshake);
    world.input(Input::Online(false));
    world.input(Input::Online(true));
    world.cut(Kind::Handshake);
    let state = world.state();
    assert!(state.starts_with("reconnecting 1 in "), "{state}");
}

#[test]
fn visible_does_not_wait_for_the_next_attempt() {
    let mut world = World::live();
    world.cut(Kind::Poll);
    world.input(Input::Visible);
    assert!(world.is_asked(Kind::Handshake));
}

#[test]
fn visible_changes_nothing_for_a_live_connection() {
    let mut world = World::live();
    world.input(Input::Visible);
    world.input(Input::Online(true));
    assert_eq!(world.did(), [""; 0]);
    assert_eq!(world.told(), [""; 0]);
}

#[test]
fn a_page_that_goes_says_so_with_a_beacon() {
    let mut world = World::live();
    world.input(Input::Hidden);
    assert_eq!(world.did(), ["abort poll s1", "beacon 41|1"]);
    assert_eq!(
        world.told(),
        ["state stopped ABORTED", "disconnect ABORTED"]
    );
    assert_eq!(world.until_due(), None);
}

#[test]
fn a_page_that_goes_repeats_a_goodbye_that_the_server_has_not_taken() {
    for (is_taken, expected) in [(false, vec!["1"]), (true, vec![])] {
        let mut world = World::new();
        world.connect();
        world.open();
        world.accept();
        world.advance(5000);
        world.receive("2");
        world.accept();
        world.forget();
        world.wait();
        assert_eq!(world.did(), ["post s1 1"], "the namespace was not granted");
        if is_taken {
            world.accept();
        }
        world.input(Input::Hidden);
        let said: Vec<_> = world.beacons.iter().map(|beacon| &*beacon.text).collect();
        assert_eq!(said, expected);
    }
}

#[test]
fn a_beacon_has_the_address_of_its_session() {
    let mut world = World::new();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    world.credentials = Some(Ok(Credentials {
        headers: vec![pair("X-Token", "t")],
        query: vec![pair("lang", "en")],
        ..Credentials::default()
    }));
    world.connect();
    world.join();
    world.input(Input::Hidden);
    let beacon = &world.beacons[0];
    assert_eq!(beacon.url, "http://host/socket.io/");
    assert_eq!(beacon.headers, [pair("X-Token", "t")]);
    for field in [pair("lang", "en"), pair("EIO", "4"), pair("sid", "s1")] {
        assert!(beacon.query.contains(&field), "{:?}", beacon.query);
    }
}

#[test]
fn a_page_that_goes_leaves_no_request_behind_in_any_state() {
    let mut asking = World::new();
    asking.credentials = None;
    asking.connect();
    let mut opening = World::new();
    opening.connect();
    let mut joining = World::new();
    joining.connect();
    joining.open();
    let mut waiting = World::live();
    waiting.cut(Kind::Poll);
    let mut sending = World::live();
    sending.emit(1, "a");
    for mut world in [asking, opening, joining, waiting, sending] {
        world.input(Input::Hidden);
        assert!(world.in_flight.is_empty(), "{:?}", world.did());
        assert_eq!(world.until_due(), None);
        assert_eq!(world.state(), "stopped ABORTED");
    }
}

#[test]
fn a_page_that_goes_asks_for_no_status() {
    let mut live = World::following();
    let mut polling = World::following();
    polling.advance(6_000);
    polling.cut(Kind::Poll);
    for _ in 0..3 {
        polling.wait();
        polling.cut(Kind::Handshake);
    }
    assert!(polling.is_asked(Kind::Status));
    for world in [&mut live, &mut polling] {
        world.input(Input::Hidden);
        assert!(world.in_flight.is_empty(), "{:?}", world.did());
        assert_eq!(world.until_due(), None);
    }
}

#[test]
fn a_page_that_comes_back_has_one_new_session() {
    let mut world = World::following();
    world.input(Input::Hidden);
    world.forget();
    world.input(Input::Visible);
    world.input(Input::Visible);
    world.open();
    world.accept();
    world.receive(r#"40{"sid":"n2"}"#);
    world.accept();
    assert_eq!(
        world.did(),
        [
            "ask",
            "handshake",
            "poll s2",
            "post s2 40",
            "poll s2",
            r#"post s2 42["subscribe_to_research",{"research_id":"r"}]"#,
            "status r"
        ]
    );
    assert_eq!(world.heard(), ["reconnect 0", "connect n2"]);
}

#[test]
fn a_page_that_comes_back_polls_on_if_the_server_is_still_gone() {
    let mut world = World::following();
    world.cut(Kind::Poll);
    for _ in 0..3 {
        world.wait();
        world.cut(Kind::Handshake);
    }
    world.input(Input::Hidden);
    world.input(Input::Visible);
    world.cut(Kind::Handshake);
    world.advance(4000);
    assert!(world.is_asked(Kind::Status));
}

#[test]
fn answers_to_a_page_that_was_gone_are_dropped() {
    let mut world = World::live();
    let poll = world.find(Kind::Poll).unwrap().id;
    world.input(Input::Hidden);
    world.input(Input::Visible);
    world.forget();
    let answer = crate::world::network_error();
    world.input(Input::Answer {
        request: poll,
        answer,
    });
    assert_eq!(world.told(), [""; 0]);
    world.join();
}
