//! A connection over one WebSocket: handshake, heartbeat, what is sent and waits, closing, failures.

use proptest::prelude::*;
use research_socket::config::Config;
use research_socket::failure::Failure;
use research_socket::research::{Event, Input, ResearchEvent, ResearchId};
use research_socket::socket::{Acked, Emit, VERIFY_MS};
use research_socket::trace::mask;
use research_socket::websocket::{Frame, MAX_FRAME_BYTES, News, Transport};

use crate::words::Kind;
use crate::world::{SILENCE_MS, World, emit};

/// How often the server pings.
const PING_INTERVAL_MS: u64 = 5000;

/// What may wait in a WebSocket before more is kept back.
const MAX_WAITING: u64 = 65_536;

fn connecting() -> World {
    let mut world = World::with(|config| config.transport = Transport::WebSocket);
    world.connect();
    world
}

fn live() -> World {
    World::live_over_socket(|_| {})
}

fn waiting(world: &mut World, bytes: u64) {
    world.hear_of_socket(News::Waiting(bytes));
}

fn large(id: u64, bytes: usize) -> Input {
    Input::Emit(emit(id, &"x".repeat(bytes), Acked::No))
}

fn sends(world: &mut World) -> usize {
    let did = world.did();
    did.iter().filter(|did| did.starts_with("send 42")).count()
}

#[test]
fn a_session_over_a_websocket_needs_no_handshake_by_http() {
    let mut world = connecting();
    assert_eq!(world.did(), ["ask", "websocket"]);
    let opening = world.sockets[0].clone();
    assert_eq!(opening.url, "ws://host/socket.io/");
    let query = |name| {
        let mut fields = opening.query.iter();
        fields
            .find(|(field, _)| field == name)
            .map(|(_, value)| &**value)
    };
    assert_eq!(query("EIO"), Some("4"));
    assert_eq!(query("transport"), Some("websocket"));
    assert_eq!(query("sid"), None);
    let open = world.next_handshake();
    world.frames(&open);
    assert_eq!(world.did(), ["send 40"]);
    world.frames(r#"40{"sid":"n"}"#);
    assert!(world.client.is_connected());
    assert!(world.started.is_empty(), "nothing by HTTP");
    assert_eq!(world.client.stats().requests, 1);
}

#[test]
fn https_becomes_wss() {
    let mut world = World::with(|config| {
        config.url = "https://host".to_owned();
        config.transport = Transport::WebSocket;
    });
    world.connect();
    assert_eq!(world.sockets[0].url, "wss://host/socket.io/");
}

#[test]
fn a_page_hears_lines_and_the_end_over_a_websocket() {
    let mut world = live();
    world.input(Input::Subscribe(ResearchId::from_text("r").unwrap()));
    assert_eq!(
        world.did(),
        [r#"send 42["subscribe_to_research",{"research_id":"r"}]"#]
    );
    waiting(&mut world, 0);
    world.status("r", 200, r#"{"status":"in_progress"}"#);
    let line = r#"{"time":"2026-01-01T00:00:00+00:00","message":"a","type":"info"}"#;
    world.frames(&format!(
        r#"42["progress_r",{{"progress":7,"log_entry":{line}}}]|42["progress_r",{{"progress":9,"log_entry":{line}}}]|42["progress_r",{{"status":"completed","progress":100}}]"#
    ));
    let of_kind = |wanted: fn(&ResearchEvent) -> bool| {
        let events = world.events.iter();
        let found =
            events.filter(|event| matches!(event, Event::Research { event, .. } if wanted(event)));
        found.count()
    };
    assert_eq!(of_kind(|event| matches!(event, ResearchEvent::Log(_))), 1);
    assert_eq!(of_kind(|event| matches!(event, ResearchEvent::End(_))), 1);
}

#[test]
fn a_ping_is_answered_at_once_and_before_all_that_waits() {
    let mut world = live();
    world.frames("2");
    assert_eq!(world.did(), ["send 3"]);
    world.input(large(1, 70_000));
    world.input(large(2, 10));
    assert_eq!(sends(&mut world), 1);
    world.frames("2x");
    waiting(&mut world, 0);
    assert_eq!(world.did(), ["send 3x", r#"send 42["xxxxxxxxxx"]"#]);
}

#[test]
fn without_a_ping_the_link_is_dead() {
    let mut world = live();
    world.advance(SILENCE_MS - 1);
    assert_eq!(world.did(), [""; 0]);
    world.frames("2");
    world.forget();
    world.advance(SILENCE_MS - 1);
    assert_eq!(world.did(), [""; 0]);
    world.advance(1);
    assert_eq!(world.did()[0], "close");
    assert!(world.state().contains("TIMEOUT"), "{}", world.state());
}

#[test]
fn whatever_comes_shows_that_the_link_lives() {
    let mut world = live();
    world.advance(SILENCE_MS - 1);
    world.frames(r#"42["news"]"#);
    world.advance(SILENCE_MS - 1);
    assert!(world.client.is_connected());
}

#[test]
fn a_handshake_that_does_not_come_is_given_up() {
    let mut world = connecting();
    world.forget();
    world.advance(20_000);
    assert_eq!(world.did(), ["close"]);
    assert!(world.state().contains("TIMEOUT"));
}

#[test]
fn what_is_no_engine_io_ends_the_attempt() {
    for frame in [
        Frame::Text("hello".to_owned()),
        Frame::Text("40".to_owned()),
        Frame::Binary(vec![1]),
    ] {
        let mut world = connecting();
        world.forget();
        world.hear_of_socket(News::Frame(frame));
        assert_eq!(world.did(), ["close"]);
        assert!(world.state().contains("PROTOCOL"), "{}", world.state());
    }
}

#[test]
fn a_damaged_message_costs_nothing_but_itself() {
    let mut world = live();
    world.listen("news", true);
    world.frames(r#"9|42["news""#);
    world.frames(r#"42["news",1]"#);
    assert!(world.client.is_connected());
    let heard = world.heard();
    assert_eq!(heard.len(), 3, "{heard:?}");
    assert!(heard[2].contains("news"), "{heard:?}");
}

#[test]
fn attachments_come_and_go_as_binary_messages() {
    let mut world = live();
    world.listen("picture", true);
    world.frames(r#"451-["picture",{"_placeholder":true,"num":0}]"#);
    world.hear_of_socket(News::Frame(Frame::Binary(vec![1, 2])));
    let attachments = world.events.iter().find_map(|event| match event {
        Event::Message { attachments, .. } => Some(attachments.clone()),
        _ => None,
    });
    assert_eq!(attachments, Some(vec![vec![1, 2]]));
    world.forget();
    world.input(Input::Emit(Emit {
        attachments: vec![vec![7; 3]],
        args: r#"["picture",{"_placeholder":true,"num":0}]"#.to_owned(),
        ..emit(1, "", Acked::No)
    }));
    assert_eq!(
        world.did(),
        [
            r#"send 451-["picture",{"_placeholder":true,"num":0}]"#,
            "send [7, 7, 7]"
        ]
    );
}

#[test]
fn a_message_that_is_too_large_is_named_and_costs_nothing_else() {
    let text = || "4".repeat(MAX_FRAME_BYTES + 1);
    for news in [
        News::Frame(Frame::Text(text())),
        News::Frame(Frame::Binary(text().into_bytes())),
        News::TooLarge { binary: false },
        News::TooLarge { binary: true },
    ] {
        let mut world = live();
        world.hear_of_socket(news);
        assert!(world.client.is_connected());
        let heard = world.heard();
        assert_eq!(heard.len(), 1, "{heard:?}");
        assert!(heard[0].contains("too-large"), "{heard:?}");
    }
}

#[test]
fn an_attachment_that_is_too_large_takes_its_event_with_it() {
    let mut world = live();
    world.listen("picture", true);
    world.frames(r#"451-["picture",{"_placeholder":true,"num":0}]"#);
    world.hear_of_socket(News::TooLarge { binary: true });
    world.hear_of_socket(News::Frame(Frame::Binary(vec![1])));
    let message = |event: &&Event| matches!(event, Event::Message { .. });
    assert_eq!(world.events.iter().filter(message).count(), 0);
}

#[test]
fn no_more_is_sent_than_may_wait_in_the_websocket() {
    let mut world = live();
    for id in 0..10 {
        world.input(large(id, 30_000));
    }
    // The third one crosses the bound.
    assert_eq!(sends(&mut world), 3);
    waiting(&mut world, MAX_WAITING);
    assert_eq!(sends(&mut world), 0);
    waiting(&mut world, MAX_WAITING - 1);
    assert_eq!(sends(&mut world), 1);
    waiting(&mut world, 0);
    assert_eq!(sends(&mut world), 3);
    for _ in 0..2 {
        waiting(&mut world, 0);
    }
    assert_eq!(sends(&mut world), 3);
}

#[test]
fn what_was_emitted_before_the_connection_is_sent_at_once() {
    let mut world = connecting();
    for id in 0..40 {
        world.input(large(id, 5));
    }
    world.join_over_socket();
    assert_eq!(sends(&mut world), 40);
}

#[test]
fn what_the_page_emits_while_much_waits_is_bounded() {
    let mut world = World::live_over_socket(|config| config.max_emit_buffer = 100_000);
    for id in 0..10 {
        world.input(large(id, 30_000));
    }
    let failed = world
        .events
        .iter()
        .filter(|event| matches!(event, Event::EmitFailed { .. }));
    assert_eq!(failed.count(), 4);
}

#[test]
fn a_subscription_counts_as_taken_once_nothing_waits() {
    let mut world = live();
    world.subscribe("r");
    world.forget();
    world.advance(1_000);
    assert_eq!(world.did(), [""; 0], "the server may not have it");
    waiting(&mut world, 10);
    assert!(!world.is_asked(Kind::Status));
    waiting(&mut world, 0);
    assert!(world.is_asked(Kind::Status));
}

#[test]
fn closing_says_goodbye_with_all_that_waits_and_is_over_at_once() {
    let mut world = live();
    world.input(large(1, 70_000));
    world.emit(2, "last");
    world.forget();
    world.close();
    assert_eq!(
        world.did(),
        [r#"send 42["last"]"#, "send 41", "send 1", "close"]
    );
    assert!(world.client.is_over());
    world.forget();
    world.socket_closed(1000);
    assert_eq!(world.told(), [""; 0]);
}

#[test]
fn an_attempt_that_is_under_way_is_closed_without_a_word() {
    let mut world = connecting();
    world.forget();
    world.close();
    assert_eq!(world.did(), ["close"]);
    assert!(world.client.is_over());
}

#[test]
fn a_page_that_goes_away_says_goodbye_over_the_websocket() {
    let mut world = live();
    world.input(Input::Hidden);
    assert_eq!(world.did(), ["send 41", "send 1", "close"]);
    assert!(world.beacons.is_empty());
    world.input(Input::Visible);
    assert_eq!(world.did(), ["ask", "websocket"]);
}

#[test]
fn a_websocket_that_a_navigation_ends_is_told_of_only_if_the_page_stays() {
    let mut world = live();
    world.input(Input::Leaving);
    world.socket_closed(1001);
    assert_eq!(world.told(), [""; 0]);
    assert!(world.client.is_connected());
    world.advance(3_000);
    assert_eq!(world.did(), ["ask", "websocket"]);
    world.join_over_socket();
    assert_eq!(world.heard(), ["renewed n"]);
}

#[test]
fn what_the_server_closes_during_a_navigation_is_told() {
    let mut world = live();
    world.input(Input::Leaving);
    world.socket_closed(1008);
    assert!(!world.client.is_connected());
}

#[test]
fn the_close_packet_ends_the_session() {
    let mut world = live();
    world.frames("1");
    assert_eq!(world.did(), ["close"]);
    let told = world.told();
    assert!(
        told.iter().any(|told| told.starts_with("disconnect")),
        "{told:?}"
    );
}

#[test]
fn the_server_that_disconnects_the_namespace_is_said_goodbye() {
    let mut world = live();
    world.frames("41");
    assert_eq!(world.did(), ["send 1", "close"]);
}

#[test]
fn close_codes_are_told_in_words_and_tried_again() {
    for (code, words) in [
        (1000, "the server closed the session"),
        (1006, "check that the server runs"),
        (1009, "no message as large"),
        (1012, "it restarts (close code 1012)"),
        (4321, "(close code 4321)"),
    ] {
        let mut world = live();
        world.socket_closed(code);
        let failure = world.events.iter().find_map(|event| match event {
            Event::Disconnect(failure) => Some(failure.clone()),
            _ => None,
        });
        let message = failure.as_ref().map(Failure::message).unwrap_or_default();
        assert!(message.contains(words), "{message}");
        world.forget();
        world.wait();
        assert_eq!(world.did(), ["ask", "websocket"], "{code}");
    }
}

#[test]
fn a_websocket_that_cannot_be_opened_is_tried_as_often_as_a_handshake() {
    let mut world = World::with(|config| {
        config.transport = Transport::WebSocket;
        World::quiet(config);
    });
    world.connect();
    for _ in 0..5 {
        world.socket_closed(1006);
        world.wait();
    }
    world.socket_closed(1006);
    assert_eq!(world.sockets.len(), 6);
    let told = world.told();
    assert_eq!(
        told.last().map(|last| last.starts_with("reconnect_failed")),
        Some(true),
        "{told:?}"
    );
}

#[test]
fn news_of_a_websocket_that_was_given_up_do_nothing() {
    let mut world = live();
    let socket = world.sockets[0].id;
    world.socket_closed(1006);
    world.forget();
    for news in [
        News::Frame(Frame::Text("2".to_owned())),
        News::Frame(Frame::Binary(vec![1])),
        News::Waiting(0),
        News::TooLarge { binary: false },
        News::Closed {
            code: 1000,
            reason: String::new(),
        },
    ] {
        world.input(Input::Socket { socket, news });
    }
    assert_eq!(world.did(), [""; 0]);
    assert_eq!(world.told(), [""; 0]);
}

#[test]
fn a_page_that_is_said_to_be_offline_lets_the_heartbeat_decide() {
    let mut world = live();
    world.input(Input::Online(false));
    assert_eq!(
        world.did(),
        [""; 0],
        "nothing that is sent would be answered"
    );
    world.frames("2");
    world.advance(SILENCE_MS - 1);
    assert!(world.client.is_connected());
    world.advance(1);
    assert!(!world.client.is_connected());
}

#[test]
fn a_page_that_is_said_to_be_offline_waits_for_the_next_ping_and_no_longer() {
    let mut world = live();
    world.input(Input::Online(false));
    world.advance(PING_INTERVAL_MS + VERIFY_MS - 1);
    assert!(world.client.is_connected());
    world.advance(1);
    assert!(!world.client.is_connected());
}

#[test]
fn a_trace_of_a_websocket_runs_again_masked_or_not() {
    let mut world = live();
    world.listen("picture", true);
    world.subscribe("r");
    waiting(&mut world, 9);
    waiting(&mut world, 0);
    world.status("r", 200, r#"{"status":"in_progress"}"#);
    world.frames(r#"2|42["progress_r",{"progress":7,"log_entry":{"time":"2026-01-01T00:00:00+00:00","message":"secret words","type":"info"}}]"#);
    world.frames(r#"451-["picture",{"_placeholder":true,"num":0}]"#);
    world.hear_of_socket(News::Frame(Frame::Binary(vec![1, 2])));
    world.hear_of_socket(News::TooLarge { binary: true });
    world.socket_closed(1012);
    world.wait();
    world.join_over_socket();
    world.close();
    let masked = mask(&world.trace, 1);
    assert!(world.trace.contains("secret words"));
    assert!(!masked.contains("secret words"), "{masked}");
    for trace in [&world.trace, &masked] {
        assert_eq!(crate::trace::replay(trace), Ok(()));
    }
}

fn falling_back() -> World {
    let mut world = World::with(|config| {
        config.transport = Transport::WebSocket;
        config.fall_back = true;
    });
    world.connect();
    world.forget();
    world
}

#[test]
fn long_polling_takes_the_place_of_a_websocket_that_cannot_be_opened_in_the_same_attempt() {
    for (fail, did) in [
        (
            (|world| world.socket_closed(1006)) as fn(&mut World),
            &["ask", "handshake"][..],
        ),
        (
            |world| world.advance(20_000),
            &["close", "ask", "handshake"],
        ),
    ] {
        let mut world = falling_back();
        fail(&mut world);
        assert_eq!(world.did(), did);
        assert_eq!(world.told(), [""; 0], "nothing has failed yet");
        world.join();
        // It is remembered.
        world.receive("1");
        world.forget();
        world.wait();
        assert_eq!(world.did(), ["ask", "handshake"]);
        assert_eq!(world.sockets.len(), 1);
    }
}

#[test]
fn a_server_that_is_down_is_not_taken_for_one_without_websockets() {
    let mut world = falling_back();
    world.socket_closed(1006);
    world.cut(Kind::Handshake);
    world.forget();
    world.wait();
    assert_eq!(world.did(), ["ask", "websocket"]);
    world.join_over_socket();
    assert!(world.client.is_connected());
}

#[test]
fn a_websocket_that_has_worked_is_not_given_up() {
    let mut world = falling_back();
    world.join_over_socket();
    world.socket_closed(1006);
    world.wait();
    world.forget();
    world.socket_closed(1006);
    assert_eq!(world.did(), [""; 0]);
    world.wait();
    assert_eq!(world.did(), ["ask", "websocket"]);
}

#[test]
fn a_server_at_the_newer_path_without_websockets_is_found_there() {
    let mut world = World::with(|config| {
        config.transport = Transport::WebSocket;
        config.fall_back = true;
        config.either_path = true;
    });
    world.connect();
    for _ in 0..2 {
        world.socket_closed(1006);
    }
    world.answer(Kind::Handshake, 404, "");
    assert_eq!(world.told(), [""; 0]);
    assert_eq!(
        world.find(Kind::Handshake).unwrap().url,
        "http://host/ws/socket.io/"
    );
    world.join();
    assert_eq!(world.sockets.len(), 2);
}

#[test]
fn without_a_way_to_fall_back_to_a_websocket_is_tried_again() {
    let mut world = connecting();
    world.socket_closed(1006);
    world.forget();
    world.wait();
    assert_eq!(world.did(), ["ask", "websocket"]);
}

/// Another client of the page has found it.
fn told(change: impl FnOnce(&mut Config)) -> World {
    let mut world = World::with(change);
    world.input(Input::NoWebSocket);
    world.connect();
    world
}

#[test]
fn where_another_client_of_the_page_could_open_no_websocket_long_polling_goes_first() {
    let mut world = told(|config| {
        config.transport = Transport::WebSocket;
        config.fall_back = true;
    });
    assert_eq!(world.did(), ["ask", "handshake"]);
    // Whatever becomes of that.
    world.cut(Kind::Handshake);
    world.forget();
    world.wait();
    assert_eq!(world.did(), ["ask", "handshake"]);
    world.join();
    world.receive("1");
    world.wait();
    assert_eq!(world.sockets.len(), 0);
}

#[test]
fn where_another_client_of_the_page_could_open_no_websocket_none_is_to_take_over() {
    let mut world = told(|config| config.upgrade = true);
    world.open_offering();
    world.accept();
    world.receive(r#"40{"sid":"n"}"#);
    assert!(world.client.is_connected());
    assert_eq!(world.sockets.len(), 0);
}

#[test]
fn a_page_that_wants_nothing_but_a_websocket_tries_one_whatever_others_have_found() {
    let mut world = told(|config| config.transport = Transport::WebSocket);
    assert_eq!(world.did(), ["ask", "websocket"]);
    world.socket_closed(1006);
    world.wait();
    assert_eq!(world.did(), ["ask", "websocket"]);
}

#[test]
fn a_websocket_that_is_there_or_under_way_is_not_given_up_for_what_others_have_found() {
    for is_open in [true, false] {
        let mut world = falling_back();
        if is_open {
            world.join_over_socket();
            world.forget();
        }
        world.input(Input::NoWebSocket);
        assert_eq!(world.did(), [""; 0], "it goes on");
        world.socket_closed(1006);
        if is_open {
            // It has worked here.
            world.wait();
            assert_eq!(world.did(), ["ask", "websocket"]);
        } else {
            assert_eq!(world.did(), ["ask", "handshake"]);
            assert_eq!(world.told(), [""; 0], "in the same attempt");
        }
    }
    let mut world = opening();
    world.input(Input::NoWebSocket);
    world.hear_of_socket(News::Opened);
    world.frames("3probe");
    world.forget();
    world.receive("6");
    assert_eq!(world.did(), ["send 5"]);
}

#[test]
fn a_client_says_once_it_has_found_that_no_websocket_gets_through() {
    let mut world = falling_back();
    world.socket_closed(1006);
    assert!(!world.client.has_no_websocket(), "the server may be down");
    world.join();
    assert!(world.client.has_no_websocket());

    let mut world = opening();
    world.socket_closed(1006);
    assert!(!world.client.has_no_websocket(), "it may be the network");
    world.receive("6");
    assert!(world.client.has_no_websocket());

    let mut world = live();
    world.socket_closed(1006);
    world.wait();
    world.socket_closed(1006);
    assert!(!world.client.has_no_websocket());
}

#[test]
fn a_trace_of_a_client_that_was_told_that_no_websocket_gets_through_runs_again() {
    let mut world = told(|config| config.upgrade = true);
    world.open_offering();
    world.accept();
    world.receive(r#"40{"sid":"n"}"#);
    world.close();
    assert!(world.trace.contains("\"no_websocket\""));
    for trace in [&world.trace, &mask(&world.trace, 1)] {
        assert!(!trace.contains("unknown"), "{trace}");
        assert_eq!(crate::trace::replay(trace), Ok(()));
    }
}

fn upgrading() -> World {
    let mut world = World::with(|config| config.upgrade = true);
    world.connect();
    world.open_offering();
    world
}

/// Live by long-polling, and a WebSocket is being opened.
fn opening() -> World {
    let mut world = upgrading();
    world.accept();
    world.receive(r#"40{"sid":"n"}"#);
    world
}

/// The server has answered the probe.
fn proven() -> World {
    let mut world = opening();
    world.hear_of_socket(News::Opened);
    world.forget();
    world.frames("3probe");
    world
}

#[test]
fn a_websocket_takes_the_place_of_long_polling_without_a_gap() {
    let mut world = upgrading();
    // What the page waits for does not wait for the WebSocket.
    assert_eq!(world.did(), ["ask", "handshake", "poll s1", "post s1 40"]);
    world.accept();
    world.receive(r#"40{"sid":"n"}"#);
    assert_eq!(world.did(), ["poll s1", "websocket"]);
    let query = &world.sockets[0].query;
    assert!(
        query.contains(&("sid".to_owned(), "s1".to_owned())),
        "{query:?}"
    );
    world.hear_of_socket(News::Opened);
    assert_eq!(world.did(), ["send 2probe"]);
    world.listen("news", true);
    world.frames("3probe");
    // What the page sends waits for the WebSocket, and so does what the server sends behind the poll.
    world.emit(1, "mine");
    assert_eq!(world.did(), [""; 0]);
    world.receive(r#"42["news",1]|6"#);
    assert_eq!(world.did(), ["send 5", r#"send 42["mine"]"#]);
    world.frames(r#"42["news",2]|6|2"#);
    assert_eq!(world.did(), ["send 3"]);
    let news = world
        .heard()
        .iter()
        .filter(|heard| heard.contains("news"))
        .count();
    assert_eq!(news, 2);
    world.close();
    assert_eq!(world.did(), ["send 41", "send 1", "close"]);
    assert!(world.client.is_over());
}

#[test]
fn a_post_that_is_under_way_is_awaited_as_well() {
    let mut world = opening();
    world.hear_of_socket(News::Opened);
    world.emit(1, "mine");
    world.frames("3probe");
    world.receive("6");
    world.forget();
    assert!(world.is_asked(Kind::Post));
    world.accept();
    assert_eq!(world.did(), ["send 5"]);
}

#[test]
fn where_no_websocket_can_take_over_long_polling_goes_on_and_none_is_tried_again() {
    let lost: [fn(&mut World); 8] = [
        |world| world.socket_closed(1006),
        |world| {
            world.hear_of_socket(News::Opened);
            world.frames("hello");
        },
        |world| world.hear_of_socket(News::TooLarge { binary: false }),
        // It is not opened, or not answered, in time.
        |world| world.advance(20_000),
        |world| {
            world.hear_of_socket(News::Opened);
            world.advance(20_000);
        },
        // The poll is paused, and in flight still; or nothing is.
        |world| {
            world.hear_of_socket(News::Opened);
            world.frames("3probe");
            world.socket_closed(1006);
        },
        |world| {
            world.hear_of_socket(News::Opened);
            world.frames("3probe");
            world.advance(20_000);
        },
        |world| {
            world.hear_of_socket(News::Opened);
            world.emit(9, "held");
            world.frames("3probe");
            world.receive("6");
            assert!(!world.is_asked(Kind::Poll));
            world.socket_closed(1006);
            world.accept();
        },
    ];
    for (place, lose) in lost.into_iter().enumerate() {
        let mut world = opening();
        lose(&mut world);
        assert!(world.client.is_connected(), "{place}");
        assert!(world.is_asked(Kind::Poll), "{place}");
        world.forget();
        world.emit(1, "mine");
        assert_eq!(world.did(), [r#"post s1 42["mine"]"#], "{place}");
        world.accept();
        world.receive("2");
        world.accept();
        world.receive("1");
        world.wait();
        world.open_offering();
        world.accept();
        world.receive(r#"40{"sid":"n2"}"#);
        assert!(world.client.is_connected(), "{place}");
        assert_eq!(world.sockets.len(), 1, "{place}");
    }
}

#[test]
fn a_websocket_that_fails_with_the_network_is_tried_again() {
    let mut world = opening();
    world.socket_closed(1006);
    world.cut(Kind::Poll);
    world.wait();
    world.open_offering();
    world.accept();
    world.receive(r#"40{"sid":"n2"}"#);
    assert_eq!(world.sockets.len(), 2);
}

#[test]
fn a_websocket_that_takes_over_and_brings_nothing_is_not_tried_again() {
    for (heard, tried) in [("", 1), ("6", 2)] {
        let mut world = proven();
        world.receive("6");
        if !heard.is_empty() {
            world.frames(heard);
        }
        world.socket_closed(1006);
        assert!(!world.client.is_connected());
        world.wait();
        world.open_offering();
        world.accept();
        world.receive(r#"40{"sid":"n2"}"#);
        assert_eq!(world.sockets.len(), tried, "{heard:?}");
    }
}

#[test]
fn a_server_that_answers_each_poll_at_once_while_it_waits_for_the_probe_costs_no_session() {
    let mut world = opening();
    for _ in 0..20 {
        world.receive("6");
    }
    assert!(world.did().contains(&"close".to_owned()));
    // As many again are waited for, and a pause before each.
    for _ in 0..19 {
        world.receive("6");
        world.advance(100);
    }
    assert!(world.client.is_connected());
}

#[test]
fn a_server_that_is_late_to_notice_that_the_websocket_has_gone_is_asked_every_100_ms_and_costs_no_session()
 {
    let mut world = opening();
    for _ in 0..19 {
        world.receive("6");
    }
    world.socket_closed(1006);
    for _ in 0..19 {
        world.receive("6");
        assert!(!world.is_asked(Kind::Poll));
        world.advance(99);
        assert!(!world.is_asked(Kind::Poll));
        world.advance(1);
        assert!(world.is_asked(Kind::Poll));
    }
    assert!(world.client.is_connected());
    world.receive(r#"42["news",1]"#);
    assert!(world.is_asked(Kind::Poll));
    // It may hold something back again at any time.
    world.receive("6");
    world.advance(100);
    assert!(world.is_asked(Kind::Poll));
}

#[test]
fn closing_between_two_polls_says_goodbye() {
    let mut world = opening();
    world.socket_closed(1006);
    world.receive("6");
    assert!(!world.is_asked(Kind::Poll));
    world.close();
    world.accept();
    world.advance(100);
    assert!(!world.is_asked(Kind::Poll));
}

#[test]
fn a_server_that_holds_back_everything_from_polls_after_the_websocket_has_gone_is_left() {
    for (packets, is_left) in [("6", true), ("6|2", false)] {
        let mut world = opening();
        world.socket_closed(1006);
        for _ in 0..20 {
            world.advance(200);
            if world.is_asked(Kind::Poll) {
                world.receive(packets);
                world.accept_all();
            }
        }
        assert_eq!(world.client.is_connected(), !is_left, "{packets}");
    }
}

#[test]
fn a_trace_of_an_upgrade_runs_again_masked_or_not() {
    let mut world = proven();
    world.receive("6");
    world.frames(r#"42["news",2]|2"#);
    assert_eq!(crate::trace::replay(&world.trace), Ok(()));
    assert_eq!(crate::trace::replay(&mask(&world.trace, 7)), Ok(()));
}

#[test]
fn a_session_that_ends_while_it_is_upgraded_leaves_no_websocket_behind() {
    let mut world = opening();
    world.close();
    assert!(world.did().contains(&"close".to_owned()));
    let mut world = proven();
    world.input(Input::Hidden);
    assert!(world.did().contains(&"close".to_owned()));
    assert_eq!(world.beacons.len(), 1);
    let mut world = proven();
    world.cut(Kind::Poll);
    assert!(world.did().contains(&"close".to_owned()));
}

#[test]
fn a_server_that_offers_no_websocket_is_polled() {
    let mut world = World::with(|config| config.upgrade = true);
    world.connect();
    world.join();
    assert!(world.sockets.is_empty());
}

/// Something that happens to a connection over a WebSocket, or to its page.
#[derive(Clone, Debug)]
enum Step {
    Frame(String),
    Binary(usize),
    Waiting(u64),
    Closed(u16),
    Joined,
    Opened,
    Polled,
    Page(Input),
    Wait(u64),
    Late(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let packet = prop::sample::select(vec![
        "",
        "1",
        "2",
        "2probe",
        "3probe",
        "3",
        "40",
        "41",
        "42[\"a\"]",
        "451-[\"a\",{\"_placeholder\":true,\"num\":0}]",
        "44{\"message\":\"no\"}",
        "0{}",
        "5",
        "6",
        "42[\"progress_r\",{\"progress\":7}]",
        "42[\"progress_r\",{\"status\":\"completed\"}]",
    ]);
    let page = prop::sample::select(vec![
        Input::Connect,
        Input::Leaving,
        Input::Hidden,
        Input::Visible,
        Input::Unseen,
        Input::Online(false),
        Input::Online(true),
        Input::Timeout,
        Input::NoWebSocket,
        Input::Subscribe(ResearchId::from_text("r").unwrap()),
        Input::Unsubscribe("r".to_owned()),
    ]);
    prop_oneof![
        6 => packet.prop_map(|packet| Step::Frame(packet.to_owned())),
        1 => ".{0,9}".prop_map(Step::Frame),
        1 => (0_usize..9).prop_map(Step::Binary),
        2 => (0_u64..200_000).prop_map(Step::Waiting),
        1 => Just(Step::Waiting(0)),
        2 => Just(Step::Opened),
        2 => Just(Step::Polled),
        1 => (1000_u16..1016).prop_map(Step::Closed),
        4 => Just(Step::Joined),
        3 => page.prop_map(Step::Page),
        1 => (1_u64..90_000).prop_map(|size| Step::Page(large(size, size as usize))),
        3 => (0_u64..40_000).prop_map(Step::Wait),
        1 => (0_u64..90_000).prop_map(Step::Late),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// The world holds the rules: of states, of outcomes, and that a WebSocket that is closed sends nothing.
    #[test]
    fn whatever_happens_over_a_websocket_keeps_the_rules(steps in prop::collection::vec(step(), 1..80), seed: u64) {
        let mut world = match seed % 4 {
            0 => connecting(),
            2 => falling_back(),
            _ => upgrading(),
        };
        for step in steps {
            let is_open = !world.sockets.is_empty();
            match step {
                Step::Frame(text) if is_open => world.hear_of_socket(News::Frame(Frame::Text(text))),
                Step::Binary(size) if is_open => world.hear_of_socket(News::Frame(Frame::Binary(vec![1; size]))),
                Step::Waiting(bytes) if is_open => world.hear_of_socket(News::Waiting(bytes)),
                Step::Opened if is_open => world.hear_of_socket(News::Opened),
                Step::Polled => {
                    world.accept_all();
                    if world.is_asked(Kind::Poll) {
                        world.receive("6");
                    }
                }
                Step::Closed(code) if is_open => world.socket_closed(code),
                Step::Joined if is_open => {
                    let open = world.next_handshake();
                    world.frames(&open);
                    world.frames("40{\"sid\":\"n\"}");
                }
                Step::Page(input) => {
                    world.input(input);
                }
                Step::Wait(millis) => world.advance(millis),
                Step::Late(millis) => world.sleep(millis),
                Step::Opened | Step::Frame(_) | Step::Binary(_) | Step::Waiting(_) | Step::Closed(_) | Step::Joined => {}
            }
        }
        world.close();
        // A WebSocket sends what is left before it closes; long-polling has to say it.
        if seed.is_multiple_of(2) {
            prop_assert!(world.client.is_over());
        }
        world.advance(2_000);
        prop_assert!(world.client.is_over());
        prop_assert_eq!(crate::trace::replay(&world.trace), Ok(()));
        prop_assert_eq!(crate::trace::replay(&mask(&world.trace, seed)), Ok(()));
    }
}
