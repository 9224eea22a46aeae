//! A sign-in that is lost while the connection lives, of which only the answers to other requests tell.

use research_socket::config::Config;
use research_socket::http::{Answer, RequestError};
use research_socket::persistence::{MAX_WAIT_MS, UNSEEN_WAIT_MS};
use research_socket::research::Input;

use crate::history::{DONE, line};
use crate::words::{self, Kind};
use crate::world::{RUNS, World, network_error};

const LOST: [&str; 2] = ["warning unauthorized r", "r refused unauthorized"];

/// A client that follows the research `r` live before somebody's eyes. Its status was asked for just now.
fn following() -> World {
    following_with(|_| {})
}

fn following_with(change: impl FnOnce(&mut Config)) -> World {
    let mut world = World::with(|config| {
        config.flush_logs = true;
        change(config);
    });
    world.follow("r");
    world.forget();
    world
}

/// Lets the time pass on a connection that lives, and answers what is asked for. When that was.
fn pass(world: &mut World, millis: u64, answer: (u16, &str)) -> Vec<u64> {
    let (begin, end) = (world.now, world.now + millis);
    let mut ping = begin + 5_000;
    let mut asked = Vec::new();
    while world.now < end {
        let due = world.until_due().unwrap_or(u64::MAX);
        world.advance(due.min(ping - world.now).min(end - world.now));
        if world.is_asked(Kind::Status) {
            asked.push(world.now - begin);
            world.answer(Kind::Status, answer.0, answer.1);
        }
        if world.now == ping {
            world.receive("2");
            world.accept_all();
            ping += 5_000;
        }
    }
    asked
}

#[test]
fn a_quiet_research_is_asked_about_every_fifteen_seconds_and_no_more_in_an_hour() {
    let mut world = following();
    let asked = pass(&mut world, 3_600_000, (200, RUNS));
    let expected: Vec<_> = (1..=240).map(|n| n * 15_000).collect();
    assert_eq!(asked, expected);
    let stats = world.client.stats();
    assert_eq!((stats.sign_in_checks, stats.log_flushes), (240, 0));
    assert_eq!(stats.status_checks, 241);
    assert_eq!(world.heard(), [""; 0]);
}

#[test]
fn a_sign_in_that_is_lost_is_told_within_fifteen_seconds_and_once_and_so_is_that_it_is_back() {
    for (status, body) in [(401, ""), (403, ""), (200, "<html>Sign in</html>")] {
        let mut world = following();
        assert_eq!(pass(&mut world, 15_000, (status, body)), [15_000]);
        assert_eq!(world.heard(), LOST);
        let asked = pass(&mut world, 600_000, (status, body));
        assert!((20..=60).contains(&asked.len()), "{asked:?}");
        assert_eq!(world.heard(), [""; 0]);
        pass(&mut world, 30_000, (200, RUNS));
        assert_eq!(world.heard(), ["r shown again"]);
        let asked = pass(&mut world, 15_000, (status, body));
        assert_eq!(asked.len(), 1);
        assert_eq!(world.heard(), LOST);
    }
}

#[test]
fn a_sign_in_page_elsewhere_is_a_refusal_too() {
    let mut world = following();
    world.beat(15_000);
    world.answer_with(Kind::Status, Answer::Failed(RequestError::Redirected));
    assert_eq!(world.heard(), LOST);
}

#[test]
fn neither_lines_nor_updates_put_it_off() {
    for packet in [
        line(0, 0, "line"),
        r#"42["progress_r",{"progress":50}]"#.to_owned(),
    ] {
        let mut world = following();
        pass(&mut world, 14_000, (200, RUNS));
        world.receive(&packet);
        assert_eq!(pass(&mut world, 1_000, (401, "")), [1_000]);
        assert_eq!(world.told().split_off(1), LOST);
    }
}

#[test]
fn whatever_else_is_asked_is_as_good() {
    let mut world = following();
    pass(&mut world, 10_000, (200, RUNS));
    world.input(Input::Refresh("r".to_owned()));
    world.status("r", 200, RUNS);
    assert_eq!(pass(&mut world, 15_000, (200, RUNS)), [15_000]);
}

#[test]
fn what_nobody_looks_at_is_not_asked_about_and_at_once_when_somebody_does() {
    let mut world = following();
    world.input(Input::Unseen);
    assert_eq!(pass(&mut world, 3_600_000, (200, RUNS)), [0; 0]);
    world.input(Input::Visible);
    assert!(world.is_asked(Kind::Status));
    world.status("r", 401, "");
    assert_eq!(world.heard(), LOST);
    world.input(Input::Unseen);
    pass(&mut world, 3_600_000, (401, ""));
    assert_eq!(world.heard(), [""; 0]);
}

#[test]
fn many_researches_are_asked_about_no_more_often_than_one() {
    let mut world = following();
    for id in ["a", "b", "c"] {
        world.subscribe(id);
        world.accept();
        world.status(id, 200, RUNS);
    }
    world.forget();
    assert_eq!(pass(&mut world, 600_000, (200, RUNS)).len(), 40);
    // One that the server does not know says nothing of the others.
    pass(&mut world, 15_000, (404, ""));
    assert_eq!(
        world.heard(),
        ["warning not-found a", "a refused not-found"]
    );
    // It is asked about again, later each time, and the others in between.
    loop {
        let begin = world.now;
        while !world.is_asked(Kind::Status) {
            world.beat(1_000);
        }
        assert!(world.now <= begin + 15_000);
        let asked = words::request(world.find(Kind::Status).unwrap());
        if asked == "status b" {
            break;
        }
        world.status("a", 404, "");
    }
    world.status("b", 401, "");
    assert_eq!(
        world.heard(),
        ["warning unauthorized b", "b refused unauthorized"]
    );
}

#[test]
fn a_failure_is_told_to_nobody_and_asked_about_no_sooner() {
    let mut world = following();
    for _ in 0..3 {
        world.beat(15_000);
        world.answer_with(Kind::Status, network_error());
        assert_eq!(world.heard(), [""; 0]);
    }
    assert_eq!(world.client.stats().sign_in_checks, 3);
}

#[test]
fn without_a_connection_the_fallback_finds_it_out() {
    let mut world = following();
    world.cut(Kind::Poll);
    while !world.is_asked(Kind::Handshake) {
        world.wait();
    }
    assert_eq!(world.client.stats().sign_in_checks, 0);
    world.advance(15_000);
    assert_eq!(world.client.stats().sign_in_checks, 0);
}

#[test]
fn after_the_end_nothing_is_asked_for_and_nothing_taken_back() {
    let mut world = following();
    pass(&mut world, 15_000, (401, ""));
    world.receive(&format!(r#"42["progress_r",{DONE}]"#));
    world.forget();
    assert_eq!(pass(&mut world, 600_000, (200, RUNS)), [0; 0]);
    assert_eq!(world.heard(), [""; 0]);
}

#[test]
fn a_page_can_do_without() {
    for mut world in World::unasked() {
        pass(&mut world, 600_000, (200, RUNS));
        assert_eq!(world.client.stats().sign_in_checks, 0);
    }
}

#[test]
fn a_page_that_is_not_persistent_takes_a_refusal_at_its_word_until_it_is_seen() {
    let mut world = following_with(|config| config.persistent = false);
    pass(&mut world, 15_000, (401, ""));
    assert_eq!(world.heard(), LOST);
    assert_eq!(pass(&mut world, 600_000, (200, RUNS)), [0; 0]);
    world.input(Input::Visible);
    pass(&mut world, 1_000, (200, RUNS));
    assert_eq!(world.heard(), ["r shown again"]);
}

#[test]
fn a_log_and_a_subscription_that_are_refused_are_taken_back_when_both_are_granted() {
    let mut world = following_with(|config| config.history = true);
    world.receive(NOT_AUTHORIZED);
    while !world.is_asked(Kind::Log) {
        world.wait();
        world.accept_all();
    }
    world.answer(Kind::Log, 401, "");
    let told = world.heard();
    let news = |words: &&String| words.contains("refused");
    assert_eq!(told.iter().filter(news).count(), 1, "{told:?}");
    let is_back = "r shown again".to_owned();
    for _ in 0..40 {
        world.beat(1_000);
        if world.is_asked(Kind::Log) {
            world.answer(Kind::Log, 200, "[]");
        }
        if world.is_asked(Kind::Status) {
            world.answer(Kind::Status, 200, RUNS);
        }
    }
    assert_eq!(
        world
            .heard()
            .iter()
            .filter(|words| **words == is_back)
            .count(),
        1
    );
}

const NOT_AUTHORIZED: &str =
    r#"42["subscribe_error",{"research_id":"r","error":"Not authorized"}]"#;

/// Goes on for so long with a session over which the server refuses each subscription. Whether another one was begun.
fn pass_refused(world: &mut World, millis: u64, answer: (u16, &str)) -> bool {
    let end = world.now + millis;
    while world.now < end {
        pass(world, 1_000, answer);
        if !world.is_asked(Kind::Handshake) {
            let is_sent = world.is_asked(Kind::Post);
            world.accept_all();
            world.receive(if is_sent { NOT_AUTHORIZED } else { "2" });
            world.accept_all();
        }
        if world.is_asked(Kind::Handshake) {
            return true;
        }
    }
    false
}

/// The next session, and whether the subscription is sent over it.
fn begin_another(world: &mut World) -> bool {
    world.open();
    world.accept();
    world.did();
    world.receive(r#"40{"sid":"again"}"#);
    let is_sent = world
        .did()
        .iter()
        .any(|what| what.contains("subscribe_to_research"));
    world.accept_all();
    is_sent
}

/// A client whose session began while nobody was signed in.
fn nobodys() -> World {
    nobodys_with(|_| {})
}

fn nobodys_with(change: impl FnOnce(&mut Config)) -> World {
    let mut world = World::live_with(|config| {
        config.flush_logs = true;
        change(config);
    });
    world.subscribe("r");
    world.accept();
    world.status("r", 401, "");
    world.receive(NOT_AUTHORIZED);
    assert!(!pass_refused(&mut world, 120_000, (401, "")));
    world
}

#[test]
fn a_session_that_began_while_nobody_was_signed_in_is_given_up_when_the_research_is_shown() {
    let mut world = nobodys();
    world.forget();
    assert!(pass_refused(&mut world, 30_000, (200, RUNS)));
    assert!(begin_another(&mut world));
    pass(&mut world, 5_000, (200, RUNS));
    assert!(world.told().contains(&"r shown again".to_owned()));
    assert_eq!(world.client.stats().connects, 2);
    assert!(!pass_refused(&mut world, 600_000, (200, RUNS)));
}

/// Somebody looks at the page, which is refused over the session that it has. Whether it begins another one.
fn look_refused(world: &mut World, answer: (u16, &str)) -> bool {
    world.input(Input::Visible);
    pass_refused(world, 600_000, answer)
}

#[test]
fn a_page_that_is_not_persistent_gives_up_the_session_of_nobody_when_it_is_seen_and_the_research_shown()
 {
    let mut world = nobodys_with(|config| config.persistent = false);
    for _ in 0..2 {
        assert!(
            !pass_refused(&mut world, 600_000, (200, RUNS)),
            "nobody looks"
        );
        assert!(!look_refused(&mut world, (401, "")), "nobody is signed in");
        assert!(look_refused(&mut world, (200, RUNS)));
        assert!(begin_another(&mut world));
        world.forget();
        pass(&mut world, 5_000, (200, RUNS));
        // Signed out, and cut off from the server for a while.
        world.cut(Kind::Poll);
        while !world.is_asked(Kind::Handshake) {
            world.wait();
        }
        assert!(begin_another(&mut world));
        world.receive(NOT_AUTHORIZED);
        pass(&mut world, 20_000, (401, ""));
    }
}

#[test]
fn a_page_that_is_not_persistent_and_refused_for_good_begins_one_session_each_time_that_it_is_seen()
{
    let mut world = following_with(|config| config.persistent = false);
    world.receive(NOT_AUTHORIZED);
    assert!(!pass_refused(&mut world, 600_000, (200, RUNS)));
    for _ in 0..3 {
        assert!(look_refused(&mut world, (200, RUNS)));
        assert!(begin_another(&mut world));
        world.receive(NOT_AUTHORIZED);
        assert!(!pass_refused(&mut world, 600_000, (200, RUNS)));
    }
}

#[test]
fn a_sign_in_between_two_questions_about_the_status_is_found_out_by_the_second_refusal() {
    let mut world = following();
    world.receive(NOT_AUTHORIZED);
    assert!(pass_refused(&mut world, 6_000, (200, RUNS)));
    assert!(begin_another(&mut world));
    pass(&mut world, 5_000, (200, RUNS));
    assert_eq!(world.client.stats().connects, 2);
}

#[test]
fn a_session_that_is_nobodys_again_is_given_up_after_five_minutes() {
    let mut world = following();
    world.receive(NOT_AUTHORIZED);
    assert!(pass_refused(&mut world, 6_000, (200, RUNS)));
    for _ in 0..3 {
        let begin = world.now;
        assert!(begin_another(&mut world));
        world.receive(NOT_AUTHORIZED);
        assert!(pass_refused(&mut world, 600_000, (200, RUNS)));
        let after = world.now - begin;
        assert!(
            (UNSEEN_WAIT_MS..UNSEEN_WAIT_MS + MAX_WAIT_MS).contains(&after),
            "{after}"
        );
    }
    assert!(begin_another(&mut world));
    world.forget();
    pass(&mut world, 5_000, (200, RUNS));
    assert!(!pass_refused(&mut world, 2 * UNSEEN_WAIT_MS, (200, RUNS)));
}

#[test]
fn a_server_that_refuses_a_subscription_for_good_costs_one_session_in_five_minutes_and_one_for_each_sign_in()
 {
    let mut world = following();
    world.receive(NOT_AUTHORIZED);
    assert!(pass_refused(&mut world, 6_000, (200, RUNS)));
    for _ in 0..2 {
        assert!(begin_another(&mut world));
        world.receive(NOT_AUTHORIZED);
        assert!(!pass_refused(&mut world, 200_000, (200, RUNS)));
        assert!(!pass_refused(&mut world, 60_000, (401, "")));
        assert!(pass_refused(&mut world, 60_000, (200, RUNS)));
    }
}

const EXPIRED: &str = r#"42["subscribe_error",{"research_id":"r","error":"Session expired"}]"#;

/// A client whose session has expired, as the server says; that it ends it too was lost on the way.
fn expired_with(change: impl FnOnce(&mut Config)) -> World {
    let mut world = following_with(change);
    world.receive(EXPIRED);
    world.forget();
    world
}

/// Goes on until the subscription is sent again over the same session, and the server has it.
fn send_again(world: &mut World) {
    while !world.is_asked(Kind::Post) {
        pass(world, 100, (401, ""));
    }
    assert!(
        world
            .did()
            .iter()
            .any(|what| what.contains("subscribe_to_research"))
    );
    world.accept();
}

#[test]
fn a_session_that_has_expired_and_whose_end_was_lost_is_given_up_when_a_subscription_is_not_answered()
 {
    let mut world = expired_with(|_| {});
    send_again(&mut world);
    pass(&mut world, 3_000, (401, ""));
    assert!(world.is_asked(Kind::Handshake));
    assert!(!world.told().contains(&"r shown again".to_owned()));
    assert!(begin_another(&mut world));
    pass(&mut world, 5_000, (200, RUNS));
    assert!(!pass_refused(&mut world, 600_000, (200, RUNS)));
}

#[test]
fn a_session_that_is_said_to_have_expired_goes_on_where_its_server_does() {
    let mut world = expired_with(|_| {});
    send_again(&mut world);
    world.receive(r#"42["progress_r",{"progress":50}]"#);
    pass(&mut world, 600_000, (200, RUNS));
    assert_eq!(world.client.stats().connects, 1);
}

#[test]
fn a_page_that_connects_over_a_session_that_has_expired_gets_another() {
    for persistent in [true, false] {
        let mut world = expired_with(|config| config.persistent = persistent);
        world.input(Input::Connect);
        assert!(world.is_asked(Kind::Handshake), "{persistent}");
        assert!(begin_another(&mut world), "{persistent}");
    }
}

#[test]
fn a_connection_that_is_refused_since_nobody_is_signed_in_is_tried_at_once_when_a_research_is_shown()
 {
    let mut world = following();
    world.receive(&[EXPIRED, "\u{1e}41"].concat());
    for _ in 0..3 {
        // The sessions of nobody, later each time.
        while !world.is_asked(Kind::Handshake) {
            pass(&mut world, 100, (401, ""));
        }
        begin_another(&mut world);
        world.receive(&[EXPIRED, "\u{1e}41"].concat());
    }
    assert!(
        world.state().starts_with("reconnecting"),
        "{}",
        world.state()
    );
    while !world.is_asked(Kind::Status) {
        world.wait();
    }
    assert!(!world.is_asked(Kind::Handshake));
    world.answer(Kind::Status, 200, RUNS);
    world.advance(0);
    assert!(world.is_asked(Kind::Handshake));
    assert!(begin_another(&mut world));
}
