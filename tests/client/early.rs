//! Events that come before the grant of the namespace.

use research_socket::socket::MAX_EARLY_BYTES;

use crate::words::Kind;
use crate::world::World;

/// A client that listens to `a`, and whose namespace is asked for.
fn joining() -> World {
    let mut world = World::new();
    world.listen("a", true);
    world.connect();
    world.open();
    world.accept();
    world.forget();
    world
}

#[test]
fn they_are_heard_after_connect_and_in_order() {
    let mut world = joining();
    world.receive(r#"42["a",1]"#);
    world.receive(r#"42["a",2]|421["a",3]"#);
    assert_eq!(world.told(), [""; 0]);
    world.receive(r#"42["a",4]|40{"sid":"n"}|42["a",5]"#);
    assert_eq!(
        world.heard(),
        [
            "connect n",
            r#"message ["a",1]"#,
            r#"message ["a",2]"#,
            r#"message ["a",3] ack 1"#,
            r#"message ["a",4]"#,
            r#"message ["a",5]"#
        ]
    );
}

#[test]
fn so_are_binary_ones() {
    let mut world = joining();
    world.receive(r#"451-["a",{"_placeholder":true,"num":0}]|bAQI="#);
    assert_eq!(world.told(), [""; 0]);
    world.receive(r#"40{"sid":"n"}"#);
    assert_eq!(world.heard().len(), 2);
}

#[test]
fn updates_of_a_research_come_after_connect_too() {
    let mut world = joining();
    world.subscribe("r");
    world.receive(r#"42["progress_r",{"progress":10}]"#);
    assert_eq!(world.told(), [""; 0]);
    world.receive(r#"40{"sid":"n"}"#);
    assert_eq!(
        world.heard(),
        [
            "connect n",
            "r status in_progress",
            r#"r update {"progress":10}"#
        ]
    );
}

#[test]
fn they_end_with_their_session() {
    let mut world = joining();
    world.receive(r#"42["a",1]"#);
    world.cut(Kind::Poll);
    world.wait();
    world.join();
    assert!(!world.heard().iter().any(|told| told.starts_with("message")));
}

#[test]
fn a_server_that_goes_on_without_a_grant_fills_no_memory() {
    let mut world = joining();
    let large = format!(r#"42["a","{}"]"#, "x".repeat(MAX_EARLY_BYTES / 2));
    world.receive(&[&*large, &large, r#"42["a",3]"#].join("|"));
    assert_eq!(world.told(), ["warning damaged-packet -"]);
    world.receive(r#"40{"sid":"n"}"#);
    let heard = world.heard();
    assert_eq!(heard.len(), 3, "the first, and the one that still had room");
    assert_eq!(heard[2], r#"message ["a",3]"#);
    assert!(world.client.is_connected());
}

#[test]
fn an_ack_for_what_was_not_sent_is_not_heard() {
    let mut world = joining();
    world.emit_with_ack(1, "b", research_socket::socket::Acked::WithoutTimeout);
    world.receive("430[]");
    world.receive(r#"40{"sid":"n"}"#);
    assert_eq!(world.heard(), ["connect n"]);
    world.receive("430[]");
    assert_eq!(world.heard(), ["ack 1 []"]);
}
