//! What the server sends, and what it should not have sent.

use research_socket::research::Input;

use crate::words::{self, Kind};
use crate::world::World;

fn listening() -> World {
    let mut world = World::live();
    world.listen("a", true);
    world
}

#[test]
fn the_servers_close_packet_ends_the_session() {
    let mut world = World::live();
    world.emit(1, "a");
    world.forget();
    world.receive("1");
    assert_eq!(world.heard(), ["disconnect TRANSPORT"]);
    assert_eq!(world.did(), [r#"abort post s1 42["a"]"#]);
    assert!(world.state().starts_with("reconnecting 1 in "));
}

#[test]
fn what_follows_a_close_packet_is_not_read() {
    let mut world = listening();
    world.receive(r#"42["a",1]|1|42["a",2]"#);
    assert_eq!(
        world.heard(),
        [r#"message ["a",1]"#, "disconnect TRANSPORT"]
    );
}

#[test]
fn a_disconnect_of_the_server_is_answered_with_a_close_packet() {
    let mut world = World::live();
    world.receive("41");
    assert_eq!(world.did(), ["poll s1", "post s1 1"]);
    assert_eq!(world.heard(), ["disconnect DISCONNECTED"]);
    assert!(world.state().starts_with("reconnecting 1 in "));
    world.wait();
    world.open();
    assert!(world.did().contains(&"post s2 40".to_owned()));
}

#[test]
fn a_disconnect_and_a_close_packet_need_no_goodbye() {
    let mut world = World::live();
    world.receive("41|1");
    assert_eq!(world.did(), [""; 0]);
    assert_eq!(world.heard(), ["disconnect DISCONNECTED"]);
}

#[test]
fn a_disconnect_before_the_grant_is_a_failed_attempt() {
    let mut world = World::new();
    world.connect();
    world.open();
    world.accept();
    world.receive("41");
    assert_eq!(world.heard(), ["connect_error DISCONNECTED"]);
}

#[test]
fn several_messages_of_one_answer_are_heard_in_order() {
    let mut world = listening();
    world.receive(r#"42["a",1]|42["a",2]|2|42["a",3]"#);
    let heard = [
        r#"message ["a",1]"#,
        r#"message ["a",2]"#,
        r#"message ["a",3]"#,
    ];
    assert_eq!(world.heard(), heard);
    assert_eq!(world.did(), ["poll s1", "post s1 3"]);
}

#[test]
fn a_damaged_packet_costs_itself_only() {
    for damaged in [
        "42[\"a\"", "9", "42", "x<html>", "4", "47", "42[1]", "b!!", "502 Bad",
    ] {
        let mut world = listening();
        world.receive(&format!(r#"42["a",1]|{damaged}|42["a",2]"#));
        assert_eq!(
            world.heard(),
            [
                r#"message ["a",1]"#,
                "warning damaged-packet -",
                r#"message ["a",2]"#
            ],
            "{damaged}"
        );
        assert_eq!(world.client.stats().refused, 1);
        assert!(world.is_asked(Kind::Poll));
    }
}

#[test]
fn bytes_that_are_no_text_cost_one_packet() {
    let mut world = listening();
    let body = [&b"42[\"a\",1]\x1e4\xff\xfe\x1e"[..], b"42[\"a\",2]"].concat();
    let request = world.find(Kind::Poll).unwrap().id;
    let response = research_socket::http::Response {
        status: 200,
        retry_after_ms: None,
        body,
    };
    world.input(Input::Answer {
        request,
        answer: research_socket::http::Answer::Response(response),
    });
    let heard = [
        r#"message ["a",1]"#,
        "warning damaged-packet -",
        r#"message ["a",2]"#,
    ];
    assert_eq!(world.heard(), heard);
}

#[test]
fn packets_of_other_namespaces_are_refused() {
    let mut world = listening();
    world.receive(r#"42/admin,["a",1]|41/admin,|44/admin,{"message":"no"}|42["a",2]"#);
    let refused = "warning damaged-packet -";
    assert_eq!(
        world.heard(),
        [refused, refused, refused, r#"message ["a",2]"#]
    );
    assert!(world.client.is_connected());
}

#[test]
fn a_refusal_of_what_was_granted_is_refused() {
    let mut world = World::live();
    world.receive(r#"44{"message":"no"}"#);
    assert_eq!(world.heard(), ["warning damaged-packet -"]);
    assert!(world.client.is_connected());
}

#[test]
fn a_second_grant_changes_nothing() {
    let mut world = World::live();
    world.receive(r#"40{"sid":"other"}"#);
    assert_eq!(world.told(), [""; 0]);
}

#[test]
fn a_web_page_on_a_session_is_a_sign_in_page() {
    let mut world = World::live();
    world.receive("<html>Sign in</html>");
    assert_eq!(
        world.told(),
        [
            "state reconnecting 0 in 5000 UNAUTHORIZED",
            "disconnect UNAUTHORIZED"
        ]
    );
}

#[test]
fn only_what_the_page_listens_to_is_heard() {
    let mut world = World::live();
    world.receive(r#"42["a",1]"#);
    world.listen("a", true);
    world.listen("a", true);
    world.receive(r#"42["a",2]|42["b",1]"#);
    world.listen("a", false);
    world.receive(r#"42["a",3]"#);
    assert_eq!(world.told(), [r#"message ["a",2]"#]);
}

#[test]
fn an_event_that_wants_an_ack_carries_its_number_and_gets_it() {
    let mut world = listening();
    world.receive(r#"4217["a",1]"#);
    assert_eq!(world.told(), [r#"message ["a",1] ack 17"#]);
    world.forget();
    world.input(Input::Acknowledge {
        id: 17,
        args: "[true]".to_owned(),
        attachments: Vec::new(),
    });
    assert_eq!(world.did(), ["post s1 4317[true]"]);
}

#[test]
fn a_page_that_listens_to_everything_hears_each_event_once_whatever_it_is_about() {
    let mut world = World::live_with(World::quiet);
    world.subscribe("r");
    world.forget();
    world.listen("", true);
    world.listen("a", true);
    world.receive(r#"42["a",1]|42["b"]|42["warning",2]|42["progress_r",{"progress":7}]"#);
    let mut told = world.told();
    told.retain(|words| words.starts_with("message"));
    assert_eq!(
        told,
        [
            r#"message ["a",1]"#,
            r#"message ["b"]"#,
            r#"message ["warning",2]"#,
            r#"message ["progress_r",{"progress":7}]"#
        ]
    );
    world.listen("", false);
    world.receive(r#"42["a",2]|42["b"]"#);
    assert_eq!(world.told(), [r#"message ["a",2]"#]);
}

#[test]
fn an_ack_of_a_page_whose_connection_is_gone_is_refused() {
    let mut world = listening();
    world.receive(r#"4217["a",1]"#);
    world.cut(Kind::Poll);
    world.forget();
    world.input(Input::Acknowledge {
        id: 17,
        args: "[]".to_owned(),
        attachments: Vec::new(),
    });
    assert_eq!(world.told(), ["warning ack-not-sent -"]);
    assert_eq!(world.did(), [""; 0]);
}

#[test]
fn an_event_is_acknowledged_once_though_several_tabs_do() {
    let mut world = listening();
    let acknowledge = |world: &mut World, id| {
        world.input(Input::Acknowledge {
            id,
            args: "[]".to_owned(),
            attachments: Vec::new(),
        });
        world.accept_all();
    };
    for id in 0..3_000 {
        acknowledge(&mut world, id);
        acknowledge(&mut world, id);
    }
    assert_eq!(world.told(), [""; 0]);
    assert_eq!(world.did().len(), 3_000);
    // Another session has numbers of its own.
    world.cut(Kind::Poll);
    world.wait();
    world.join();
    world.forget();
    acknowledge(&mut world, 2_999);
    assert_eq!(world.did(), ["post s2 432999[]"]);
}

#[test]
fn an_ack_that_is_late_is_none_for_an_event_of_another_session() {
    let mut world = listening();
    world.receive(r#"420["a",1]|421["a",2]"#);
    world.cut(Kind::Poll);
    world.wait();
    world.join();
    world.forget();
    world.receive(r#"420["a",3]|421["a",4]"#);
    assert_eq!(
        world.told(),
        [r#"message ["a",3] ack 2"#, r#"message ["a",4] ack 3"#]
    );
    world.forget();
    for id in [1, 2] {
        world.input(Input::Acknowledge {
            id,
            args: format!("[{id}]"),
            attachments: Vec::new(),
        });
    }
    assert_eq!(world.told(), ["warning ack-not-sent -"]);
    assert_eq!(world.did(), ["post s2 430[2]"]);
}

#[test]
fn an_ack_that_cannot_be_sent_is_refused() {
    let mut world = World::live_with(World::quiet);
    for args in ["{}", "[", &format!("[\"{}\"]", "x".repeat(1_000_001))] {
        world.input(Input::Acknowledge {
            id: 1,
            args: args.to_owned(),
            attachments: Vec::new(),
        });
    }
    assert_eq!(world.told(), ["warning ack-not-sent -"; 3]);
    assert_eq!(world.did(), [""; 0]);
}

#[test]
fn the_acks_of_a_burst_that_asks_for_thousands_all_leave() {
    let mut world = World::live_with(World::quiet);
    for id in 0..3_000 {
        world.input(Input::Acknowledge {
            id,
            args: "[]".to_owned(),
            attachments: Vec::new(),
        });
    }
    world.accept_all();
    assert_eq!(world.told(), [""; 0]);
    let did = world.did();
    let posts: Vec<Vec<_>> = did.iter().map(|words| words.split('|').collect()).collect();
    assert!(posts.iter().all(|packets| packets.len() <= 16));
    assert_eq!(posts.concat().len(), 3_000);
}

#[test]
fn a_server_that_asks_for_acks_and_takes_no_post_does_not_let_them_grow_without_end() {
    for (count, args) in [
        (5_000, "[]".to_owned()),
        (20, format!("[\"{}\"]", "x".repeat(200_000))),
    ] {
        let mut world = World::live_with(|config| {
            World::quiet(config);
            config.max_emit_buffer = if count == 20 { 2_000_000 } else { 100_000 };
        });
        for id in 0..count {
            world.input(Input::Acknowledge {
                id,
                args: args.clone(),
                attachments: Vec::new(),
            });
        }
        let refused = world.told();
        assert!(
            (1..=100).contains(&refused.len()),
            "told, but not without end"
        );
        world.accept_all();
        let did = world.did();
        let packets = did.iter().flat_map(|words| words.split('|'));
        let sent = packets.filter(|words| words.contains("43")).count() as u64;
        assert!(sent >= 6 && sent < count, "{sent} of {count}");
        // Once it takes them, there is room.
        world.forget();
        world.input(Input::Acknowledge {
            id: 9_000,
            args: "[1]".to_owned(),
            attachments: Vec::new(),
        });
        world.accept_all();
        assert_eq!(world.did(), ["post s1 439000[1]"]);
    }
}

#[test]
fn a_binary_event_is_heard_once_its_bytes_are_there() {
    let mut world = listening();
    world.receive(r#"452-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]|bAQI="#);
    assert_eq!(world.told(), [""; 0]);
    world.receive("2|bAw==");
    assert_eq!(
        world.told(),
        [
            r#"message ["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}] [[1, 2], [3]]"#
        ]
    );
}

#[test]
fn bytes_of_a_lost_connection_do_not_complete_an_event_of_the_next() {
    let mut world = listening();
    world.receive(r#"451-["a",{"_placeholder":true,"num":0}]"#);
    world.cut(Kind::Poll);
    world.wait();
    world.join();
    world.forget();
    world.receive("bAQI=");
    assert_eq!(world.told(), ["warning damaged-packet -"]);
}

#[test]
fn bytes_of_a_failed_attempt_are_not_missed_by_the_next() {
    let mut world = World::new();
    world.connect();
    world.open();
    world.receive(r#"451-["a",{"_placeholder":true,"num":0}]"#);
    world.cut(Kind::Poll);
    world.wait();
    world.forget();
    world.join();
    assert_eq!(world.heard(), ["reconnect 1", "connect n"]);
}

#[test]
fn a_ping_whose_pong_would_be_larger_than_the_server_takes_costs_itself_only() {
    let mut world = World::new();
    world.max_payload = 40;
    world.connect();
    world.join();
    world.forget();
    world.receive(&format!("2{}", "x".repeat(60)));
    assert!(world.client.is_connected());
    assert_eq!(world.heard(), ["warning damaged-packet -"]);
}

#[test]
fn an_event_between_a_binary_event_and_its_attachment_is_heard_and_so_is_the_other() {
    let mut world = World::live();
    world.listen("file", true);
    world.listen("news", true);
    world.receive(
        r#"451-["file",{"_placeholder":true,"num":0}]|42["news",1]|2|42["progress_r",{}]|bAQID"#,
    );
    let heard = world.heard();
    let file = r#"message ["file",{"_placeholder":true,"num":0}] [[1, 2, 3]]"#;
    assert_eq!(heard, [r#"message ["news",1]"#, file]);
    // Also if they come with another answer.
    world.receive(r#"451-["file",{"_placeholder":true,"num":0}]|42["news",2]"#);
    world.receive(r#"42["news",3]|bAQID"#);
    let heard = world.heard();
    let news = [2, 3].map(|n| format!(r#"message ["news",{n}]"#));
    assert_eq!(heard, [&news[0], &news[1], file]);
}

#[test]
fn binary_events_that_come_mixed_up_are_told_and_the_next_ones_are_heard_with_their_own() {
    let mut world = World::live();
    world.listen("file", true);
    let file = r#"451-["file",{"_placeholder":true,"num":0}]"#;
    world.receive(&[file, file, "bAQID", "bBAUG", file, "bAAAA"].join("|"));
    let own = r#"message ["file",{"_placeholder":true,"num":0}] [[0, 0, 0]]"#;
    assert_eq!(world.heard(), ["warning damaged-packet -", own]);
}

#[test]
fn an_answer_without_any_packet_has_broken_off_and_what_was_in_it_is_missed() {
    let mut world = World::following();
    world.receive("");
    assert!(!world.client.is_connected());
    let reason = world.client.state().reason.as_ref().unwrap().to_string();
    assert!(reason.contains("broke off"), "{reason}");
    // The session is not used again: the server has sent what was in the answer.
    world.advance(5_000);
    assert!(world.is_asked(Kind::Handshake));
    assert!(!world.is_asked(Kind::Poll));
}

#[test]
fn a_server_that_answers_each_poll_with_nothing_is_not_asked_again_and_again() {
    for nothing in ["6", "2", "6|6|6", "2|6"] {
        let mut world = World::live();
        world.started.clear();
        for _ in 0..10 {
            // Whatever the page does, it takes no time.
            for _ in 0..100 {
                if world.is_asked(Kind::Poll) {
                    world.receive(nothing);
                }
                if world.is_asked(Kind::Post) {
                    world.accept();
                }
            }
            world.advance(100);
        }
        let polls = world
            .started
            .iter()
            .filter(|r| words::kind(r) == Kind::Poll);
        assert!(polls.count() <= 21, "{nothing}");
        let reason = world.client.state().reason.as_ref().unwrap().to_string();
        assert!(reason.contains("answers each poll at once"), "{reason}");
    }
}

#[test]
fn a_server_that_ends_polls_with_nothing_now_and_then_is_a_good_one() {
    let mut world = World::live();
    for _ in 0..500 {
        world.advance(150);
        world.receive("2|6");
        if world.is_asked(Kind::Post) {
            world.accept();
        }
    }
    for _ in 0..50 {
        (0..19).for_each(|_| world.receive("6"));
        world.receive(r#"42["progress_r",{}]"#);
    }
    assert!(world.client.is_connected());
}
