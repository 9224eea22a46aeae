//! Events of the page: order, chunks, bounds.

use research_socket::research::Input;
use research_socket::socket::{Acked, Emit, MAX_WAITING_BYTES};

use crate::words::Kind;
use crate::world::{World, emit};

fn volatile(id: u64, name: &str) -> Input {
    Input::Emit(Emit {
        volatile: true,
        ..emit(id, name, Acked::No)
    })
}

/// The number of packets in each POST of emits, and their names in order.
fn posts(world: &mut World) -> (Vec<usize>, Vec<String>) {
    let (mut sizes, mut names) = (Vec::new(), Vec::new());
    while let Some(post) = world.find(Kind::Post) {
        let body = &post.body.as_ref().unwrap().text;
        sizes.push(body.split('\x1e').count());
        names.extend(body.split('\x1e').map(String::from));
        world.accept();
    }
    (sizes, names)
}

#[test]
fn forty_emits_leave_in_order_and_at_most_16_at_once() {
    let mut world = World::live();
    (0..40).for_each(|id| world.emit(id, &format!("e{id}")));
    let (sizes, names) = posts(&mut world);
    assert_eq!(sizes, [1, 16, 16, 7]);
    let expected: Vec<_> = (0..40).map(|id| format!("42[\"e{id}\"]")).collect();
    assert_eq!(names, expected);
    assert_eq!(world.told(), [""; 0]);
}

#[test]
fn forty_emits_that_waited_leave_in_order_and_at_most_16_at_once() {
    let mut world = World::new();
    (0..40).for_each(|id| world.emit(id, &format!("e{id}")));
    world.connect();
    world.open();
    world.accept();
    world.receive(r#"40{"sid":"n"}"#);
    assert_eq!(posts(&mut world).0, [16, 16, 8]);
}

#[test]
fn chunks_keep_to_the_servers_limit() {
    let mut world = World::new();
    world.max_payload = 50;
    world.connect();
    world.join();
    (0..10).for_each(|id| world.emit(id, "0123456789"));
    let (sizes, names) = posts(&mut world);
    assert_eq!(sizes, [1, 3, 3, 3]);
    assert_eq!(names.len(), 10);
}

#[test]
fn an_emit_that_is_too_large_is_refused_at_once() {
    let mut world = World::new();
    world.max_payload = 50;
    world.connect();
    world.join();
    world.forget();
    world.emit(1, &"x".repeat(100));
    world.emit_with_ack(2, &"x".repeat(100), Acked::WithoutTimeout);
    world.emit(3, "a");
    assert_eq!(
        world.told(),
        [
            "emit_failed 1 PAYLOAD_TOO_LARGE",
            "emit_failed 2 PAYLOAD_TOO_LARGE"
        ]
    );
    assert_eq!(world.did(), [r#"post s1 42["a"]"#]);
}

#[test]
fn an_emit_that_turns_out_too_large_is_refused_once_the_limit_is_known() {
    let mut world = World::new();
    world.max_payload = 50;
    world.emit(1, &"x".repeat(100));
    world.emit(2, "a");
    world.connect();
    world.join();
    assert_eq!(
        world.heard(),
        ["connect n", "emit_failed 1 PAYLOAD_TOO_LARGE"]
    );
    assert!(world.did().contains(&r#"post s1 42["a"]"#.to_owned()));
}

#[test]
fn what_is_no_event_is_refused() {
    let mut world = World::live();
    for (id, args) in ["", "{}", "[]", "[1]", "[\"connect\"]"]
        .into_iter()
        .enumerate()
    {
        world.input(Input::Emit(Emit {
            args: args.to_owned(),
            ..emit(id as u64, "", Acked::No)
        }));
    }
    assert_eq!(world.told().len(), 5);
    assert_eq!(world.did(), [""; 0]);
}

#[test]
fn binary_arguments_follow_their_event() {
    let mut world = World::live();
    world.input(Input::Emit(Emit {
        args: r#"["a",{"_placeholder":true,"num":0}]"#.to_owned(),
        attachments: vec![vec![1, 2]],
        ..emit(1, "", Acked::No)
    }));
    assert_eq!(
        world.did(),
        [r#"post s1 451-["a",{"_placeholder":true,"num":0}]|bAQI="#]
    );
}

#[test]
fn emits_wait_for_the_connection() {
    let mut world = World::new();
    world.emit(1, "a");
    world.connect();
    world.emit(2, "b");
    world.open();
    world.emit(3, "c");
    world.accept();
    world.forget();
    world.receive(r#"40{"sid":"n"}"#);
    assert_eq!(
        world.did(),
        ["poll s1", r#"post s1 42["a"]|42["b"]|42["c"]"#]
    );
}

#[test]
fn emits_of_an_outage_are_sent_once_afterwards() {
    let mut world = World::live();
    world.emit(1, "sent");
    world.cut(Kind::Poll);
    world.emit(2, "waits");
    world.wait();
    world.open();
    world.accept();
    world.forget();
    world.receive(r#"40{"sid":"n"}"#);
    assert_eq!(world.did(), ["poll s2", r#"post s2 42["waits"]"#]);
    world.accept();
    assert_eq!(world.did(), [""; 0]);
}

#[test]
fn thousands_of_emits_wait_and_leave_sixteen_a_post_in_their_order() {
    let mut world = World::new();
    (0..5_000).for_each(|id| world.emit(id, &id.to_string()));
    world.connect();
    world.join();
    world.accept_all();
    assert!(
        !world
            .told()
            .iter()
            .any(|words| words.starts_with("emit_failed"))
    );
    let did = world.did();
    let posts: Vec<Vec<&str>> = did
        .iter()
        .filter_map(|words| words.strip_prefix("post s1 42"))
        .map(|packets| packets.split("|42").collect())
        .collect();
    assert!(posts.iter().all(|packets| packets.len() <= 16));
    let expected: Vec<_> = (0..5_000).map(|id| format!(r#"["{id}"]"#)).collect();
    assert_eq!(posts.concat(), expected);
}

#[test]
fn thousands_of_emits_of_one_moment_leave_over_a_live_connection() {
    let mut world = World::live();
    (0..3_000).for_each(|id| world.emit(id, &id.to_string()));
    let (sizes, names) = posts(&mut world);
    assert!(sizes.iter().all(|packets| *packets <= 16), "{sizes:?}");
    let expected: Vec<_> = (0..3_000).map(|id| format!("42[\"{id}\"]")).collect();
    assert_eq!(names, expected);
    assert_eq!(world.told(), [""; 0]);
}

#[test]
fn how_much_waits_is_the_pages_to_say() {
    let mut world = World::live_with(|config| config.max_emit_buffer = 2_000);
    let half = "x".repeat(800);
    // One is on its way.
    (0..4).for_each(|id| world.emit(id, &half));
    assert_eq!(world.told(), ["emit_failed 3 BUFFER_FULL"]);
    world.accept();
    world.emit(4, &half);
    assert_eq!(world.told(), [""; 0]);
}

#[test]
fn too_many_waiting_bytes_are_refused() {
    let mut world = World::new();
    world.emit(1, &"x".repeat(MAX_WAITING_BYTES / 2));
    world.emit(2, &"x".repeat(MAX_WAITING_BYTES));
    world.emit(3, "small");
    assert_eq!(world.told(), ["emit_failed 2 BUFFER_FULL"]);
}

#[test]
fn what_was_sent_makes_room() {
    let mut world = World::live();
    let large = "x".repeat(900_000);
    for _ in 0..5 {
        (0..15).for_each(|id| world.emit(id, &large));
        world.accept_all();
    }
    assert_eq!(world.told(), [""; 0]);
}

#[test]
fn a_post_that_never_ends_does_not_let_emits_grow_without_bound() {
    let mut world = World::live();
    let large = "x".repeat(900_000);
    // One is on its way, 18 fit.
    (0..25).for_each(|id| world.emit(id, &large));
    assert_eq!(world.told().len(), 6);
}

#[test]
fn a_volatile_emit_does_not_wait_for_a_connection() {
    let mut world = World::new();
    world.input(volatile(1, "a"));
    world.connect();
    world.input(volatile(2, "a"));
    world.join();
    world.forget();
    world.input(volatile(3, "a"));
    assert_eq!(world.did(), [r#"post s1 42["a"]"#]);
    world.cut(Kind::Post);
    world.forget();
    world.input(volatile(4, "a"));
    assert_eq!(world.told(), ["emit_failed 4 DISCONNECTED"]);
}

#[test]
fn a_volatile_emit_does_not_outlive_its_connection() {
    let mut world = World::live();
    world.emit(1, "a");
    world.input(volatile(2, "b"));
    world.cut(Kind::Poll);
    assert_eq!(
        world.heard(),
        ["disconnect TRANSPORT", "emit_failed 2 DISCONNECTED"]
    );
    world.wait();
    world.join();
    assert!(!world.is_asked(Kind::Post));
}

#[test]
fn a_volatile_emit_with_an_ack_has_one_outcome() {
    let mut world = World::live();
    world.emit(1, "a");
    world.input(Input::Emit(Emit {
        volatile: true,
        ..emit(2, "b", Acked::Within(60_000))
    }));
    world.cut(Kind::Poll);
    world.wait();
    world.forget();
    world.join();
    world.close();
    assert_eq!(
        world.heard(),
        ["reconnect 1", "connect n", "disconnect CLOSED"]
    );
}
