//! Asking the server to end a research.

use research_socket::http::{Answer, Credentials, Method, RequestError};
use research_socket::research::{CancelId, Input, ResearchId};

use crate::words::Kind;
use crate::world::World;

fn cancel(world: &mut World, id: u64, token: Option<&str>) {
    world.input(Input::Cancel {
        cancel: CancelId(id),
        research: ResearchId::from_text("r").unwrap(),
        csrf_token: token.map(String::from),
    });
}

#[test]
fn the_request_has_the_token_and_an_empty_object() {
    let mut world = World::new();
    world.credentials = Some(Ok(Credentials {
        headers: vec![("Authorization".to_owned(), "t".to_owned())],
        ..Credentials::default()
    }));
    world.connect();
    cancel(&mut world, 1, Some("csrf"));
    let request = world.find(Kind::Terminate).unwrap();
    assert_eq!(request.method, Method::Post);
    assert_eq!(request.url, "http://host/api/terminate/r");
    assert!(request.keepalive, "the page may leave right after it");
    let body = request.body.as_ref().unwrap();
    assert_eq!((body.content_type, &*body.text), ("application/json", "{}"));
    let headers = [("Authorization", "t"), ("X-CSRFToken", "csrf")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(request.headers, headers);
}

#[test]
fn without_a_token_there_is_no_header() {
    let mut world = World::live();
    cancel(&mut world, 1, None);
    assert_eq!(world.find(Kind::Terminate).unwrap().headers, []);
}

#[test]
fn the_answer_is_told_and_the_status_looked_at() {
    let mut world = World::following();
    cancel(&mut world, 1, None);
    world.forget();
    world.answer(Kind::Terminate, 200, r#"{"status":"success"}"#);
    assert_eq!(world.told(), ["cancelled 1"]);
    assert_eq!(world.did(), ["status r"]);
    world.status("r", 200, r#"{"status":"suspended"}"#);
    assert_eq!(world.told().last().unwrap(), "r end suspended");
}

#[test]
fn a_refusal_is_told_and_nothing_else_happens() {
    for (status, body, code) in [
        (401, "", "UNAUTHORIZED"),
        (403, "", "UNAUTHORIZED"),
        (400, "", "SERVER"),
        (404, "", "NOT_FOUND"),
        (500, "", "SERVER"),
        (200, "<html>Sign in</html>", "UNAUTHORIZED"),
    ] {
        let mut world = World::following();
        cancel(&mut world, 1, None);
        world.forget();
        world.answer(Kind::Terminate, status, body);
        assert_eq!(world.told(), [format!("cancelled 1 {code}")]);
        assert_eq!(world.did(), [""; 0]);
    }
}

#[test]
fn a_redirect_that_is_not_followed_says_what_to_look_at() {
    let mut world = World::following();
    cancel(&mut world, 1, Some("csrf"));
    world.forget();
    world.answer_with(Kind::Terminate, Answer::Failed(RequestError::Redirected));
    assert_eq!(world.told(), ["cancelled 1 UNAUTHORIZED"]);
    assert_eq!(world.did(), [""; 0]);
}

#[test]
fn a_network_that_fails_is_told() {
    let mut world = World::following();
    cancel(&mut world, 1, None);
    world.cut(Kind::Terminate);
    assert_eq!(world.told(), ["cancelled 1 TRANSPORT"]);
    assert!(world.client.is_connected());
}

#[test]
fn a_server_that_does_not_answer_is_given_up() {
    let mut world = World::new();
    cancel(&mut world, 1, None);
    world.forget();
    assert_eq!(world.wait(), 20_000);
    assert_eq!(world.told(), ["cancelled 1 TIMEOUT"]);
    assert_eq!(world.did(), ["abort terminate r"]);
}

#[test]
fn several_answers_reach_whoever_asked() {
    let mut world = World::live();
    cancel(&mut world, 1, None);
    cancel(&mut world, 2, None);
    world.answer(Kind::Terminate, 500, "");
    world.answer(Kind::Terminate, 200, "{}");
    assert_eq!(world.told(), ["cancelled 2 SERVER", "cancelled 1"]);
}

#[test]
fn of_too_many_the_oldest_is_given_up() {
    let mut world = World::live();
    (1..=17).for_each(|id| cancel(&mut world, id, None));
    assert_eq!(world.told(), ["cancelled 1 TIMEOUT"]);
    let pending = world
        .in_flight
        .values()
        .filter(|r| crate::words::kind(r) == Kind::Terminate);
    assert_eq!(pending.count(), 16);
}
