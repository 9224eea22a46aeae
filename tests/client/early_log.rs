//! The stored log that is asked for before there is a connection: the story so far waits for nothing.

use research_socket::config::Config;
use research_socket::http::Credentials;
use research_socket::research::Input;

use crate::history::{line, lines, log};
use crate::words::Kind;
use crate::world::{RUNS, World, network_error};

/// A client that follows `r` and has not connected.
fn following(change: impl FnOnce(&mut Config)) -> World {
    let mut world = World::with_all(|config| {
        config.early_history = true;
        config.flush_logs = false;
        change(config);
    });
    world.subscribe("r");
    world
}

/// One whose handshake is answered.
fn joining() -> World {
    let mut world = following(|_| {});
    world.connect();
    world.open();
    assert!(world.is_asked(Kind::Log));
    world
}

/// The namespace is granted.
fn grant(world: &mut World) {
    world.accept();
    world.receive(r#"40{"sid":"n"}"#);
}

/// The connection is made, the server has the subscription, and its status is known.
fn join(world: &mut World) {
    grant(world);
    world.accept();
    world.status("r", 200, RUNS);
}

#[test]
fn the_story_so_far_is_told_before_there_is_a_connection_and_nothing_of_it_again() {
    let mut world = joining();
    world.answer(Kind::Log, 200, &log(&[(1, 1, "a"), (2, 2, "b")]));
    assert_eq!(world.told(), ["r log a", "r log b"]);
    assert!(!world.is_asked(Kind::Log), "before there is a connection");
    join(&mut world);
    world.forget();
    world.receive(&line(4, 7, "live"));
    assert_eq!(
        lines(&world.told()),
        [""; 0],
        "the server may have stored more before it had the subscription"
    );
    let more = log(&[(1, 1, "a"), (2, 2, "b"), (3, 3, "between"), (4, 4, "live")]);
    world.answer(Kind::Log, 200, &more);
    assert_eq!(world.told(), ["r log between", "r log live"]);
    assert_eq!(world.client.stats().gaps, 0);
}

#[test]
fn it_is_not_asked_for_before_the_handshake_is_answered() {
    let mut world = following(|_| {});
    assert!(!world.is_asked(Kind::Log), "the page has not connected");
    let headers = vec![("X-Person".into(), "p".into())];
    world.credentials = Some(Ok(Credentials {
        headers,
        ..Credentials::default()
    }));
    world.connect();
    // The cookie of a balancer that came with its answer would take the place of the handshake's.
    assert!(!world.is_asked(Kind::Log), "it may go to another worker");
    world.open();
    let asked = world.find(Kind::Log).unwrap();
    assert_eq!(asked.headers[0].1, "p");
}

#[test]
fn a_research_that_is_followed_while_the_connection_is_being_made_is_asked_about_too() {
    let mut world = World::with_all(|config| config.early_history = true);
    world.connect();
    world.open();
    world.subscribe("r");
    assert!(world.is_asked(Kind::Log));
}

#[test]
fn a_page_that_wants_no_log_or_not_so_soon_does_not_ask() {
    for change in [
        (|config| config.history = false) as fn(&mut Config),
        |config| config.early_history = false,
    ] {
        let mut world = following(change);
        world.connect();
        world.open();
        assert!(!world.is_asked(Kind::Log));
    }
}

#[test]
fn whatever_it_is_refused_with_is_not_told_and_the_log_is_asked_for_as_ever() {
    for (status, body) in [
        (401, ""),
        (403, ""),
        (404, ""),
        (500, ""),
        (200, "<html>"),
        (200, r#"{"error":"#),
    ] {
        let mut world = joining();
        world.answer(Kind::Log, status, body);
        let told = world.told();
        assert!(
            !told
                .iter()
                .any(|told| told.contains("gap") || told.contains("refusal")),
            "{status}: {told:?}"
        );
        assert!(!world.is_asked(Kind::Log), "{status}");
        world.advance(5_000);
        assert!(!world.is_asked(Kind::Log), "{status}");
        join(&mut world);
        let asked = world.find(Kind::Log).unwrap();
        assert!(asked.url.ends_with("/api/research/r/logs"), "{status}");
    }
    let mut world = joining();
    world.answer_with(Kind::Log, network_error());
    join(&mut world);
    assert!(world.is_asked(Kind::Log));
}

#[test]
fn one_that_nothing_has_answered_is_given_up_once_the_server_has_the_subscription() {
    let mut world = joining();
    grant(&mut world);
    world.accept();
    world.did();
    world.status("r", 200, RUNS);
    world.receive(&line(2, 7, "live"));
    world.answer(Kind::Log, 200, &log(&[(1, 1, "a")]));
    assert_eq!(lines(&world.told()), ["a", "live"]);
    assert_eq!(world.client.stats().history_requests, 2);
}

#[test]
fn one_that_is_on_its_way_then_is_read_to_its_end_and_lines_wait_for_the_next() {
    let mut world = joining();
    let story = log(&[(1, 1, "a")]);
    let (first, rest) = story.split_at(20);
    world.piece(Kind::Log, first);
    grant(&mut world);
    world.accept();
    world.receive(&line(3, 7, "live"));
    world.answer(Kind::Log, 200, rest);
    assert_eq!(lines(&world.told()), ["a"]);
    world.answer(Kind::Log, 200, &log(&[(1, 1, "a"), (2, 2, "between")]));
    assert_eq!(lines(&world.told()), ["between", "live"]);
}

#[test]
fn a_page_that_is_hidden_meanwhile_asks_when_it_is_seen() {
    let mut world = joining();
    world.input(Input::Hidden);
    assert!(!world.is_asked(Kind::Log));
    world.input(Input::Visible);
    world.open();
    assert!(world.is_asked(Kind::Log));
}

#[test]
fn an_end_that_the_log_has_come_before_is_told_as_ever() {
    let mut world = joining();
    world.answer(Kind::Log, 200, &log(&[(1, 1, "a")]));
    grant(&mut world);
    world.accept();
    world.status("r", 200, crate::history::DONE);
    world.forget();
    world.answer(Kind::Log, 200, &log(&[(1, 1, "a"), (2, 2, "last")]));
    assert_eq!(world.told(), ["r log last", "r end completed"]);
}
