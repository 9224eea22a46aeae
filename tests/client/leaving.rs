//! Browsers that end the requests of a page as soon as a navigation begins, be it to another page or
//! to a download.

use research_socket::http::{Answer, Credentials, RequestError};
use research_socket::research::Input;
use research_socket::socket::{Acked, LEAVING_MS, MOMENT_MS};

use crate::words::Kind;
use crate::world::World;

/// A navigation begins, and the browser ends what this page has open.
fn leave(world: &mut World) {
    world.input(Input::Leaving);
    cut_all(world);
}

fn cut_all(world: &mut World) {
    while let Some((&request, _)) = world.in_flight.iter().next() {
        let answer = Answer::Failed(RequestError::Network("NetworkError".to_owned()));
        world.input(Input::Answer { request, answer });
    }
}

fn beacons(world: &World) -> Vec<(&str, &str)> {
    let sid = |query: &[(String, String)]| query.iter().position(|(name, _)| name == "sid");
    let beacons = world.beacons.iter();
    beacons
        .map(|beacon| {
            let place = sid(&beacon.query).expect("a session");
            (&*beacon.query[place].1, &*beacon.text)
        })
        .collect()
}

#[test]
fn a_page_whose_poll_is_ended_as_it_goes_tells_nothing_opens_nothing_and_says_goodbye() {
    let mut world = World::following();
    leave(&mut world);
    world.advance(MOMENT_MS - 1);
    assert_eq!(world.told(), [""; 0]);
    assert_eq!(world.did(), [""; 0]);
    assert_eq!(world.state(), "connected");
    world.input(Input::Hidden);
    assert_eq!(world.did(), ["beacon 41|1"]);
    assert_eq!(beacons(&world), [("s1", "41\x1e1")]);
    assert_eq!(
        world.told(),
        ["state stopped ABORTED", "disconnect ABORTED"]
    );
    assert_eq!(world.until_due(), None);
}

#[test]
fn a_page_that_stays_after_all_gets_another_session_and_hears_nothing_of_it() {
    let mut world = World::following();
    leave(&mut world);
    world.advance(MOMENT_MS);
    // The server may still have the old one, and what it sends to the poll that is dead is lost.
    assert_eq!(world.did(), ["post s1 41|1", "ask", "handshake"]);
    assert_eq!(world.state(), "connected");
    assert!(world.client.is_connected());
    world.accept();
    world.join();
    world.accept();
    let did = world.did();
    let again = r#"post s2 42["subscribe_to_research",{"research_id":"r"}]"#;
    assert!(did.iter().any(|did| did == again), "{did:?}");
    assert!(did.iter().any(|did| did == "status r"), "{did:?}");
    assert_eq!(world.told(), ["renewed n"], "of which only `id` is seen");
    assert_eq!(world.client.stats().connects, 2);
    // What comes over it is heard.
    world.receive(r#"42["progress_r",{"progress":7}]"#);
    assert_eq!(world.heard().len(), 1);
}

#[test]
fn lines_that_were_missed_while_the_page_stayed_come_from_the_stored_log() {
    let mut world = World::with_all(|config| config.stall_after_ms = None);
    world.subscribe("r");
    world.connect();
    world.join();
    world.accept();
    world.status("r", 200, r#"{"status":"in_progress"}"#);
    world.answer(Kind::Log, 200, "[]");
    world.forget();
    leave(&mut world);
    world.advance(MOMENT_MS);
    world.accept();
    world.join();
    world.accept();
    world.status("r", 200, r#"{"status":"in_progress"}"#);
    let line = r#"[{"id":1,"message":"missed","timestamp":"Thu, 01 Jan 1970 00:16:41 GMT","log_type":"INFO"}]"#;
    world.answer(Kind::Log, 200, line);
    let heard = world.heard();
    let lines = heard.iter().filter(|told| told.contains("missed")).count();
    assert_eq!(lines, 1, "{heard:?}");
    let lost = |told: &&String| told.contains("disconnect") || told.starts_with("connect");
    assert_eq!(heard.iter().filter(lost).count(), 0, "{heard:?}");
}

#[test]
fn a_page_that_stays_and_finds_no_server_is_told_of_it_once() {
    let mut world = World::live();
    leave(&mut world);
    world.advance(MOMENT_MS);
    world.accept();
    assert_eq!(world.told(), [""; 0]);
    // It was begun after the page had stayed: that is the network.
    world.cut(Kind::Handshake);
    let told = world.told();
    assert!(told[0].starts_with("state reconnecting 1 in "), "{told:?}");
    assert_eq!(told[1..], ["disconnect TRANSPORT"]);
}

#[test]
fn a_handshake_that_is_ended_as_the_page_goes_is_made_again_when_it_stays() {
    let mut world = World::new();
    world.connect();
    world.forget();
    leave(&mut world);
    assert_eq!(world.state(), "connecting");
    world.advance(MOMENT_MS - 1);
    assert_eq!(world.did(), [""; 0]);
    world.advance(1);
    assert_eq!(world.did(), ["ask", "handshake"]);
    assert_eq!(world.told(), [""; 0]);
    world.join();
    assert_eq!(world.heard(), ["connect n"]);
    assert_eq!(world.client.stats().attempts, 0);
}

#[test]
fn a_session_that_was_not_granted_yet_is_said_goodbye_to() {
    let joining = || {
        let mut world = World::new();
        world.connect();
        world.open();
        world.forget();
        leave(&mut world);
        world
    };
    let mut gone = joining();
    gone.input(Input::Hidden);
    assert_eq!(beacons(&gone), [("s1", "1")]);
    let mut stayed = joining();
    assert_eq!(stayed.did(), ["abort post s1 40"]);
    stayed.advance(MOMENT_MS);
    assert_eq!(stayed.did(), ["post s1 1", "ask", "handshake"]);
    assert_eq!(stayed.told(), [""; 0]);
}

#[test]
fn no_session_is_opened_while_the_page_may_be_going() {
    // An attempt that is due.
    let mut waiting = World::live();
    waiting.cut(Kind::Poll);
    // Credentials that come only now.
    let mut asking = World::new();
    asking.credentials = None;
    asking.connect();
    // A look at whether the server is back.
    let mut looking = World::with(|config| config.reconnection_attempts = Some(0));
    looking.connect();
    looking.cut(Kind::Handshake);
    looking.advance(29_000);
    for mut world in [waiting, asking, looking] {
        let before = world.state();
        let is_new = !before.starts_with("reconnecting");
        world.forget();
        world.input(Input::Leaving);
        for ask in std::mem::take(&mut world.asks) {
            let credentials = Ok(Credentials::default());
            world.input(Input::Credentials { ask, credentials });
        }
        world.advance(MOMENT_MS - 1);
        assert_eq!(world.did(), [""; 0], "{before}");
        assert_eq!(world.state(), before);
        world.input(Input::Hidden);
        world.input(Input::Visible);
        world.credentials = Some(Ok(Credentials::default()));
        world.advance(0);
        assert!(!is_new || world.did().contains(&"ask".to_owned()));
    }
}

#[test]
fn an_attempt_that_was_put_off_is_made_when_the_page_stays() {
    let mut world = World::live();
    world.cut(Kind::Poll);
    world.input(Input::Leaving);
    world.forget();
    world.advance(MOMENT_MS);
    assert_eq!(world.did(), ["ask", "handshake"]);
    assert_eq!(world.heard(), ["reconnect_attempt 1"]);
}

#[test]
fn a_second_navigation_begins_the_moment_anew() {
    let mut world = World::live();
    leave(&mut world);
    world.advance(MOMENT_MS - 1);
    world.input(Input::Leaving);
    world.advance(MOMENT_MS - 1);
    assert_eq!(world.did(), [""; 0]);
    world.advance(1);
    assert_eq!(world.did(), ["post s1 41|1", "ask", "handshake"]);
}

#[test]
fn a_page_that_asks_people_whether_to_leave_has_its_requests_ended_when_they_answer() {
    for (after, told) in [
        (LEAVING_MS - 1, vec![]),
        (LEAVING_MS, vec!["disconnect TRANSPORT"]),
    ] {
        let mut world = World::live();
        world.input(Input::Leaving);
        world.advance(20_000);
        world.receive("2");
        world.accept();
        world.advance(after - 20_000);
        cut_all(&mut world);
        assert_eq!(world.heard(), told);
    }
}

#[test]
fn what_a_server_says_while_the_page_may_be_going_counts() {
    let mut world = World::live();
    world.input(Input::Leaving);
    world.answer(Kind::Poll, 400, "");
    assert_eq!(world.heard()[0], "disconnect DISCONNECTED");
    let mut closed = World::live();
    closed.input(Input::Leaving);
    closed.receive("41");
    assert_eq!(closed.heard()[0], "disconnect DISCONNECTED");
}

#[test]
fn what_waits_for_an_answer_is_told_when_its_session_is_given_up() {
    let mut world = World::live();
    world.emit_with_ack(1, "a", Acked::WithoutTimeout);
    world.accept();
    leave(&mut world);
    assert_eq!(world.told(), [""; 0]);
    // The page's own word waits for the next session.
    world.emit(2, "b");
    world.advance(MOMENT_MS);
    assert_eq!(world.heard(), ["emit_failed 1 DISCONNECTED"]);
    world.accept();
    world.join();
    assert!(world.did().contains(&r#"post s2 42["b"]"#.to_owned()));
}

#[test]
fn without_reconnection_the_page_that_stays_is_told() {
    let mut world = World::live_with(|config| config.reconnection = false);
    leave(&mut world);
    world.advance(MOMENT_MS - 1);
    assert_eq!(world.told(), [""; 0]);
    world.advance(1);
    assert_eq!(world.did(), ["post s1 41|1"]);
    assert_eq!(
        world.told(),
        ["state stopped TRANSPORT", "disconnect TRANSPORT"]
    );
}

#[test]
fn a_client_that_is_closed_while_the_page_may_be_going_says_goodbye() {
    let mut world = World::live();
    leave(&mut world);
    world.close();
    assert_eq!(world.did(), ["post s1 41|1"]);
    assert_eq!(world.heard(), ["disconnect CLOSED"]);
    world.accept();
    assert!(world.client.is_over());
}

#[test]
fn a_page_that_went_and_came_back_takes_a_lost_poll_for_what_it_is() {
    let mut world = World::live();
    leave(&mut world);
    world.input(Input::Hidden);
    world.input(Input::Visible);
    world.join();
    world.forget();
    world.cut(Kind::Poll);
    assert_eq!(world.heard(), ["disconnect TRANSPORT"]);
}

/// Timers of a tab that nobody looks at come once a minute.
#[test]
fn a_heartbeat_that_is_found_overdue_as_the_page_goes_costs_no_goodbye() {
    let mut world = World::following();
    world.now += world.until_due().expect("a heartbeat") + 1;
    world.input(Input::Leaving);
    assert_eq!(world.told(), [""; 0]);
    assert!(world.until_due().is_some_and(|millis| millis > 0));
    world.input(Input::Hidden);
    assert_eq!(beacons(&world), [("s1", "41\x1e1")]);
}

#[test]
fn a_heartbeat_that_is_overdue_is_told_once_the_page_has_stayed() {
    let mut world = World::following();
    world.now += world.until_due().expect("a heartbeat") + 1;
    world.input(Input::Leaving);
    world.advance(MOMENT_MS);
    assert_eq!(world.heard(), ["disconnect TIMEOUT"]);
}
