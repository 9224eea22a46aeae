//! Emits that want an answer: exactly one outcome.

use research_socket::research::Input;
use research_socket::socket::{Acked, MAX_PENDING_ACKS};

use crate::words::Kind;
use crate::world::World;

#[test]
fn an_ack_reaches_the_emit_that_asked_for_it() {
    let mut world = World::live();
    world.emit_with_ack(7, "a", Acked::WithoutTimeout);
    world.emit_with_ack(8, "b", Acked::WithoutTimeout);
    world.accept();
    assert_eq!(world.did(), [r#"post s1 420["a"]"#, r#"post s1 421["b"]"#]);
    world.receive(r#"431["for b"]|430[]"#);
    assert_eq!(world.told(), [r#"ack 8 ["for b"]"#, "ack 7 []"]);
}

#[test]
fn a_second_ack_and_one_that_nobody_asked_for_are_not_heard() {
    let mut world = World::live();
    world.emit_with_ack(7, "a", Acked::WithoutTimeout);
    world.receive("430[]|430[]|4399[]");
    assert_eq!(world.told(), ["ack 7 []"]);
}

#[test]
fn a_binary_ack_brings_its_bytes() {
    let mut world = World::live();
    world.emit_with_ack(7, "a", Acked::WithoutTimeout);
    world.receive(r#"461-0[{"_placeholder":true,"num":0}]|bAQI="#);
    assert_eq!(
        world.told(),
        [r#"ack 7 [{"_placeholder":true,"num":0}] [[1, 2]]"#]
    );
}

#[test]
fn an_ack_that_is_late_is_a_time_out() {
    let mut world = World::live();
    world.emit_with_ack(7, "a", Acked::Within(3000));
    assert_eq!(world.wait(), 3000);
    world.receive("430[]");
    assert_eq!(world.told(), ["emit_failed 7 TIMEOUT"]);
}

#[test]
fn the_time_counts_from_the_emit_and_what_is_late_is_not_sent() {
    let mut world = World::new();
    world.emit_with_ack(7, "a", Acked::Within(3000));
    world.emit_with_ack(8, "b", Acked::Within(5000));
    assert_eq!(world.wait(), 3000);
    assert_eq!(world.told(), ["emit_failed 7 TIMEOUT"]);
    world.connect();
    world.join();
    assert!(world.did().contains(&r#"post s1 421["b"]"#.to_owned()));
}

#[test]
fn an_ack_in_time_stops_the_time_out() {
    let mut world = World::live();
    world.emit_with_ack(7, "a", Acked::Within(3000));
    world.accept();
    world.receive("430[]");
    world.forget();
    world.advance(10_000);
    assert_eq!(world.told(), [""; 0]);
}

#[test]
fn a_lost_connection_fails_what_was_sent_and_keeps_what_was_not() {
    let mut world = World::live();
    world.emit_with_ack(7, "sent", Acked::WithoutTimeout);
    world.emit_with_ack(8, "waits", Acked::WithoutTimeout);
    world.cut(Kind::Poll);
    assert_eq!(
        world.heard(),
        ["disconnect TRANSPORT", "emit_failed 7 DISCONNECTED"]
    );
    world.wait();
    world.join();
    world.receive("431[]");
    assert!(world.heard().contains(&"ack 8 []".to_owned()));
}

#[test]
fn a_page_that_goes_fails_what_was_sent() {
    let mut world = World::live();
    world.emit_with_ack(7, "sent", Acked::WithoutTimeout);
    world.input(Input::Hidden);
    assert_eq!(
        world.heard(),
        ["disconnect ABORTED", "emit_failed 7 DISCONNECTED"]
    );
}

#[test]
fn too_many_outstanding_acks_are_refused() {
    let mut world = World::live();
    for id in 0..=MAX_PENDING_ACKS as u64 {
        world.emit_with_ack(id, "a", Acked::WithoutTimeout);
        world.accept_all();
    }
    let refused = format!("emit_failed {MAX_PENDING_ACKS} BUFFER_FULL");
    assert_eq!(world.told(), [refused]);
}

#[test]
fn an_invalid_ack_costs_itself_only() {
    let mut world = World::live();
    world.emit_with_ack(7, "a", Acked::WithoutTimeout);
    world.receive("43[]|430{}|43x[]|430[]");
    let damaged = "warning damaged-packet -";
    assert_eq!(world.told(), [damaged, damaged, damaged, "ack 7 []"]);
}
