//! How a client ends, whatever it was doing.

use research_socket::http::Credentials;
use research_socket::research::{CancelId, Input, ResearchId};
use research_socket::socket::Acked;

use crate::words::Kind;
use crate::world::World;

/// How long a closed client may still send.
const GOODBYE_MS: u64 = 2000;

#[test]
fn a_client_that_never_connected_is_over_at_once() {
    let mut world = World::new();
    world.close();
    assert!(world.client.is_over());
    assert_eq!(world.told(), ["state closed CLOSED"]);
}

#[test]
fn while_credentials_are_asked_for() {
    let mut world = World::new();
    world.credentials = None;
    world.connect();
    world.close();
    assert!(world.client.is_over());
    let ask = world.asks[0];
    world.input(Input::Credentials {
        ask,
        credentials: Ok(Credentials::default()),
    });
    assert_eq!(world.did(), ["ask"]);
}

#[test]
fn while_the_handshake_is_under_way() {
    let mut world = World::new();
    world.connect();
    world.forget();
    world.close();
    assert_eq!(world.did(), ["abort handshake"]);
    assert!(world.client.is_over());
}

#[test]
fn while_the_namespace_is_asked_for() {
    let mut world = World::new();
    world.connect();
    world.open();
    world.close();
    world.forget();
    world.accept();
    assert_eq!(world.did(), ["post s1 1"]);
    world.accept();
    world.receive("");
    assert!(world.client.is_over());
    assert_eq!(world.told(), [""; 0]);
}

#[test]
fn while_it_is_live() {
    let mut world = World::live();
    world.close();
    assert_eq!(world.did(), ["post s1 41|1"]);
    assert_eq!(world.told(), ["state closed CLOSED", "disconnect CLOSED"]);
    assert!(world.started.last().unwrap().keepalive);
    world.accept();
    assert!(!world.client.is_over(), "the server still has the poll");
    world.receive("");
    assert!(world.client.is_over());
    assert_eq!(world.did(), [""; 0]);
}

#[test]
fn while_the_next_attempt_waits() {
    let mut world = World::live();
    world.cut(Kind::Poll);
    world.forget();
    world.close();
    assert!(world.client.is_over());
    assert_eq!(world.told(), ["state closed CLOSED"]);
}

#[test]
fn while_no_attempt_is_planned() {
    let mut refused = World::new();
    refused.connect();
    refused.answer(Kind::Handshake, 401, "");
    let mut offline = World::live();
    offline.input(Input::Online(false));
    offline.cut(Kind::Poll);
    let mut used_up = World::with(|config| config.reconnection_attempts = Some(0));
    used_up.connect();
    used_up.cut(Kind::Handshake);
    let mut hidden = World::live();
    hidden.input(Input::Hidden);
    for mut world in [refused, offline, used_up, hidden] {
        world.forget();
        world.close();
        assert!(world.client.is_over());
        assert_eq!(world.told(), ["state closed CLOSED"]);
    }
}

#[test]
fn what_is_on_its_way_is_sent_before_the_goodbye() {
    let mut world = World::live();
    world.emit(1, "a");
    world.subscribe("r");
    world.close();
    world.forget();
    world.accept();
    let subscribe = r#"42["subscribe_to_research",{"research_id":"r"}]"#;
    assert_eq!(world.did(), [format!("post s1 {subscribe}|41|1")]);
}

#[test]
fn a_goodbye_of_more_than_16_packets_takes_several_posts() {
    let mut world = World::live();
    for id in 0..20 {
        world.subscribe(&id.to_string());
    }
    world.close();
    world.accept();
    let mut posts = 0;
    while world.is_asked(Kind::Post) {
        posts += 1;
        world.accept();
    }
    assert_eq!(posts, 2);
    assert!(world.did().last().unwrap().ends_with("|41|1"));
}

#[test]
fn a_goodbye_that_hangs_is_aborted() {
    let mut world = World::live();
    world.emit(1, "a");
    world.close();
    world.forget();
    assert_eq!(world.wait(), GOODBYE_MS);
    assert_eq!(world.did(), ["abort poll s1", r#"abort post s1 42["a"]"#]);
    assert!(world.client.is_over());
}

#[test]
fn a_goodbye_that_fails_is_over() {
    let mut world = World::live();
    world.close();
    world.cut(Kind::Post);
    world.cut(Kind::Poll);
    assert!(world.client.is_over());
}

#[test]
fn emits_without_an_outcome_are_told() {
    let mut world = World::live();
    world.emit_with_ack(1, "sent", Acked::WithoutTimeout);
    world.emit_with_ack(2, "waits", Acked::Within(60_000));
    world.emit(3, "waits");
    world.close();
    assert_eq!(
        world.heard(),
        [
            "disconnect CLOSED",
            "emit_failed 1 CLOSED",
            "emit_failed 2 CLOSED"
        ]
    );
}

#[test]
fn emits_behind_a_post_leave_with_the_goodbye() {
    let mut world = World::live();
    for id in 1..=20 {
        world.emit(id, "a");
    }
    world.close();
    world.forget();
    world.accept_all();
    let sent: usize = world
        .did()
        .iter()
        .map(|did| did.matches(r#"42["a"]"#).count())
        .sum();
    assert_eq!(sent, 19, "one was on its way already");
}

#[test]
fn emits_that_wait_for_a_connection_are_told() {
    let mut world = World::new();
    world.connect();
    world.emit(1, "a");
    world.emit_with_ack(2, "b", Acked::WithoutTimeout);
    world.close();
    let mut heard = world.heard();
    heard.sort();
    assert_eq!(heard, ["emit_failed 1 CLOSED", "emit_failed 2 CLOSED"]);
}

#[test]
fn nothing_moves_a_closed_client() {
    let mut world = World::following();
    world.close();
    world.accept();
    world.receive("");
    world.forget();
    world.connect();
    world.input(Input::Visible);
    world.input(Input::Online(true));
    world.input(Input::Hidden);
    world.input(Input::Refresh("r".to_owned()));
    world.input(Input::Subscribe(ResearchId::from_text("s").unwrap()));
    world.listen("a", true);
    world.close();
    world.advance(1_000_000);
    assert_eq!(world.did(), [""; 0]);
    assert_eq!(world.told(), [""; 0]);
    assert!(world.client.is_over());
}

#[test]
fn an_emit_of_a_closed_client_fails() {
    let mut world = World::new();
    world.close();
    world.forget();
    world.emit(1, "a");
    assert_eq!(world.told(), ["emit_failed 1 CLOSED"]);
}

#[test]
fn a_closed_client_asks_for_no_end() {
    let mut world = World::following();
    world.close();
    world.forget();
    world.input(Input::Cancel {
        cancel: CancelId(1),
        research: ResearchId::from_text("r").unwrap(),
        csrf_token: None,
    });
    assert_eq!(world.did(), [""; 0]);
    assert_eq!(world.told(), ["cancelled 1 CLOSED"]);
}

#[test]
fn a_question_under_way_is_dropped_and_a_request_to_end_a_research_goes_on() {
    let mut world = World::live();
    world.subscribe("r");
    world.accept();
    world.input(Input::Cancel {
        cancel: CancelId(1),
        research: ResearchId::from_text("r").unwrap(),
        csrf_token: None,
    });
    world.forget();
    world.close();
    let did = world.did();
    assert_eq!(did.first().map(String::as_str), Some("abort status r"));
    assert!(!did.contains(&"abort terminate r".to_owned()));
    assert_eq!(world.heard(), ["cancelled 1 CLOSED", "disconnect CLOSED"]);
    world.answer(Kind::Terminate, 200, "{}");
    assert_eq!(world.told(), [""; 0]);
}

#[test]
fn late_messages_of_a_closed_client_are_not_heard() {
    let mut world = World::following();
    world.listen("a", true);
    world.close();
    world.forget();
    world.receive(r#"42["a"]|42["progress_r",{"progress":50}]|2"#);
    assert_eq!(world.told(), [""; 0]);
    assert_eq!(world.did(), [""; 0]);
}

#[test]
fn several_goodbyes_do_not_pile_up() {
    let mut world = World::with(|config| config.reconnection_delay_ms = 0);
    world.connect();
    for _ in 0..20 {
        world.open();
        world.receive("40");
        world.connect();
        world.input(Input::Visible);
    }
    // Each of the four has its poll, and its POST.
    assert!(
        world.in_flight.len() <= 4 * 2 + 1,
        "{:?}",
        world.in_flight.len()
    );
}

#[test]
fn of_the_goodbyes_under_way_the_four_newest_go_on() {
    let mut world = World::with(|config| {
        config.timeout_ms = 100;
    });
    for n in 1..=6 {
        // Without a wait: a goodbye takes no longer than that either.
        world.connect();
        world.open();
        world.accept();
        world.forget();
        // The namespace is not granted.
        while !world.did().contains(&format!("post s{n} 1")) {
            world.wait();
        }
        let goodbyes = world.in_flight.values().filter(|request| request.keepalive);
        assert_eq!(goodbyes.count(), n.min(4), "of {n}");
    }
}
