//! Emits that want an answer: exactly one outcome.

use research_socket::research::Input;
use research_socket::socket::{ACK_BYTES, Acked};

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
fn acks_that_never_come_keep_nothing_from_leaving() {
    let mut world = World::live();
    for id in 0..3_000 {
        world.emit_with_ack(id, "ask", Acked::WithoutTimeout);
    }
    world.emit(3_000, "plain");
    world.accept_all();
    assert_eq!(world.told(), [""; 0]);
    let did = world.did();
    let packets: Vec<_> = did.iter().flat_map(|words| words.split('|')).collect();
    assert_eq!(packets.len(), 3_001);
    assert_eq!(packets.last(), Some(&r#"42["plain"]"#));
}

#[test]
fn outstanding_acks_are_bounded_by_what_they_cost_and_refuse_no_plain_emit() {
    let most = 40;
    let mut world = World::live_with(|config| config.max_emit_buffer = most * ACK_BYTES);
    for id in 0..most as u64 {
        world.emit_with_ack(id, "a", Acked::WithoutTimeout);
        world.accept_all();
    }
    let refused = most as u64 - 1;
    assert_eq!(
        world.told(),
        [format!("emit_failed {refused} BUFFER_FULL")],
        "the last one has no room beside its own packet"
    );
    world.emit(100, "plain");
    assert_eq!(world.did().last().unwrap(), r#"post s1 42["plain"]"#);
    world.receive("430[]|431[]");
    world.forget();
    world.emit_with_ack(101, "a", Acked::WithoutTimeout);
    assert_eq!(world.told(), [""; 0], "what was answered makes room");
}

#[test]
fn acks_find_their_emits_in_any_order_and_number() {
    let mut world = World::live();
    let count = 500_u64;
    for id in 0..count {
        world.emit_with_ack(1_000 + id, "a", Acked::Within(10_000 + id));
    }
    world.accept_all();
    world.forget();
    // 7 is coprime to the count: each once, in a wild order; every fifth never comes.
    let wild = (0..count).map(|n| n * 7 % count);
    let (late, answered): (Vec<_>, Vec<_>) = wild.partition(|ack| ack % 5 == 0);
    for ack in &answered {
        world.receive(&format!("43{ack}[{ack}]"));
    }
    let expected: Vec<_> = answered
        .iter()
        .map(|ack| format!("ack {} [{ack}]", 1_000 + ack))
        .collect();
    assert_eq!(world.told(), expected);
    // Each pending one is a time-out, at its time.
    let mut overdue = Vec::new();
    while overdue.len() < late.len() {
        world.wait();
        world.receive("2\u{1e}42[\"said\"]");
        overdue.extend(world.told());
    }
    let expected: Vec<_> = (0..count)
        .filter(|ack| ack % 5 == 0)
        .map(|ack| format!("emit_failed {} TIMEOUT", 1_000 + ack))
        .collect();
    assert_eq!(overdue, expected);
}

#[test]
fn an_invalid_ack_costs_itself_only() {
    let mut world = World::live();
    world.emit_with_ack(7, "a", Acked::WithoutTimeout);
    world.receive("43[]|430{}|43x[]|430[]");
    let damaged = "warning damaged-packet -";
    assert_eq!(world.told(), [damaged, damaged, damaged, "ack 7 []"]);
}
