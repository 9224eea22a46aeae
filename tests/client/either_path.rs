//! Where a page names no path: servers answer at `/socket.io`, newer ones at `/ws/socket.io` only.

use research_socket::config::Config;
use research_socket::http::Answer;
use research_socket::persistence::MAX_WAIT_MS;
use research_socket::research::Input;

use crate::words::Kind;
use crate::world::{World, network_error, response};

const FIRST: &str = "/socket.io/";
const OTHER: &str = "/ws/socket.io/";

fn unnamed() -> World {
    World::with(either)
}

fn either(config: &mut Config) {
    config.either_path = true;
    config.fallback = None;
}

fn nothing() -> Answer {
    response(404, "404 page not found")
}

/// Where the handshake that is under way goes.
#[track_caller]
fn place(world: &World) -> &str {
    let url = &world.find(Kind::Handshake).expect("a handshake").url;
    let path = url.strip_prefix("http://host").expect("the same origin");
    path.split('?').next().expect("a path")
}

/// Has the handshake answered, which goes to this place.
#[track_caller]
fn at(world: &mut World, path: &str, answer: Answer) {
    assert_eq!(place(world), path);
    world.answer_with(Kind::Handshake, answer);
}

/// Lets the connection go, long after it was opened.
fn lose(world: &mut World) {
    world.advance(10_000);
    world.cut(Kind::Poll);
    world.advance(MAX_WAIT_MS);
}

#[test]
fn a_server_at_the_newer_path_is_found_at_once_and_without_a_word() {
    let mut world = unnamed();
    world.connect();
    at(&mut world, FIRST, nothing());
    assert_eq!(place(&world), OTHER);
    assert_eq!(world.state(), "connecting");
    world.join();
    assert_eq!(world.heard(), ["connect n"]);
    // The requests of the session go there, too.
    let requests = world.in_flight.values();
    assert!(requests.clone().count() > 0);
    for request in requests {
        assert!(request.url.starts_with("http://host/ws/socket.io/"));
    }
}

#[test]
fn the_path_that_a_session_was_opened_at_is_the_first_from_then_on() {
    let mut world = unnamed();
    world.connect();
    at(&mut world, FIRST, nothing());
    world.join();
    for _ in 0..3 {
        lose(&mut world);
        assert_eq!(place(&world), OTHER);
        world.join();
    }
    // After an update of the server, or back.
    lose(&mut world);
    at(&mut world, OTHER, nothing());
    assert_eq!(place(&world), FIRST);
    world.join();
    lose(&mut world);
    assert_eq!(place(&world), FIRST);
}

#[test]
fn where_nothing_is_at_either_path_the_attempt_is_refused_once_and_the_next_begins_with_the_first()
{
    let mut world = unnamed();
    world.connect();
    at(&mut world, FIRST, nothing());
    at(&mut world, OTHER, nothing());
    assert_eq!(world.state(), "reconnecting 0 in 5000 NOT_FOUND");
    assert_eq!(world.heard(), ["connect_error NOT_FOUND"]);
    assert_eq!(world.wait(), 5_000);
    // A proxy's 404 has passed.
    assert_eq!(place(&world), FIRST);
    world.join();
}

#[test]
fn what_opens_no_session_at_the_newer_path_does_not_take_the_place_of_the_first() {
    for answer in [
        response(200, "<html>There is a page for every path"),
        response(401, ""),
        response(502, ""),
        network_error(),
    ] {
        let mut world = unnamed();
        world.connect();
        for _ in 0..2 {
            at(&mut world, FIRST, nothing());
            at(&mut world, OTHER, answer.clone());
            world.wait();
        }
        assert_eq!(place(&world), FIRST, "{answer:?}");
        world.join();
    }
}

#[test]
fn an_attempt_that_is_given_up_at_the_newer_path_is_followed_by_one_at_the_first() {
    let mut world = unnamed();
    world.connect();
    at(&mut world, FIRST, nothing());
    world.input(Input::Online(false));
    world.input(Input::Online(true));
    world.advance(MAX_WAIT_MS);
    assert_eq!(place(&world), FIRST);
}

#[test]
fn without_reconnection_both_paths_are_one_attempt() {
    let mut world = World::with(|config| {
        either(config);
        config.reconnection = false;
    });
    world.connect();
    at(&mut world, FIRST, nothing());
    at(&mut world, OTHER, nothing());
    assert_eq!(world.state(), "stopped NOT_FOUND");
    world.connect();
    at(&mut world, FIRST, nothing());
    assert_eq!(place(&world), OTHER);
    world.join();
}

#[test]
fn a_404_in_the_middle_of_a_session_is_none_of_the_path() {
    for kind in [Kind::Poll, Kind::Post] {
        let mut world = unnamed();
        world.connect();
        world.join();
        world.advance(10_000);
        world.receive("2");
        world.answer_with(kind, nothing());
        world.advance(MAX_WAIT_MS);
        assert_eq!(place(&world), FIRST);
    }
}

#[test]
fn a_path_that_the_page_names_is_the_only_one() {
    let mut world = World::with(|config| {
        config.path = "/socket.io".to_owned();
        config.fallback = None;
    });
    world.connect();
    at(&mut world, FIRST, nothing());
    assert_eq!(world.state(), "reconnecting 0 in 5000 NOT_FOUND");
    world.wait();
    assert_eq!(place(&world), FIRST);
}
