//! A server that stores its log only when it is asked for something.

use research_socket::config::Config;
use research_socket::http::{Answer, RequestError};
use research_socket::research::Input;

use crate::history::{DONE, line, lines};
use crate::words::Kind;
use crate::world::{RUNS, World, network_error, throttled};

/// A client that follows the research `r` live, with nothing but flushes to ask for. Nobody looks at it.
fn following() -> World {
    following_with(|_| {})
}

fn following_with(change: impl FnOnce(&mut Config)) -> World {
    let mut world = World::with(|config| {
        config.flush_logs = true;
        change(config);
    });
    world.follow("r");
    world.input(Input::Unseen);
    world.forget();
    world
}

/// So many lines of the research come live at once, the first of them as number `first`.
fn hear(world: &mut World, first: u64, count: u64) {
    let packets: Vec<_> = (first..first + count)
        .map(|n| line(n / 1000, n % 1000, &format!("line {n}")))
        .collect();
    world.receive(&packets.join("|"));
}

/// Those of which the page has heard.
fn warnings(world: &mut World) -> Vec<String> {
    let mut told = world.heard();
    told.retain(|told| told.starts_with("warning"));
    told
}

/// How long until the server is asked, on a connection that lives.
fn waited(world: &mut World) -> u64 {
    let (begin, mut ping) = (world.now, world.now + 5_000);
    while !world.is_asked(Kind::Status) {
        assert!(world.now < begin + 60_000, "it is never asked");
        let due = world.until_due().unwrap();
        world.advance(due.min(ping - world.now));
        if world.now == ping {
            world.receive("2");
            world.accept_all();
            ping += 5_000;
        }
    }
    world.now - begin
}

#[test]
fn a_line_is_stored_after_fifteen_seconds() {
    let mut world = following();
    hear(&mut world, 0, 1);
    assert_eq!(waited(&mut world), 15_000);
    world.status("r", 200, RUNS);
    assert_eq!(world.client.stats().log_flushes, 1);
    assert_eq!(world.client.stats().status_checks, 2);
}

#[test]
fn two_hundred_and_fifty_lines_do_not_wait() {
    let mut world = following();
    world.beat(2_000);
    hear(&mut world, 0, 249);
    assert!(!world.is_asked(Kind::Status));
    hear(&mut world, 249, 1);
    assert!(world.is_asked(Kind::Status));
}

#[test]
fn a_flood_is_asked_about_once_a_second() {
    let mut world = following();
    for second in 0..20 {
        for part in 0..10 {
            hear(&mut world, second * 1_000 + part * 100, 100);
            if world.is_asked(Kind::Status) {
                world.status("r", 200, RUNS);
            }
            world.advance(100);
            world.accept_all();
        }
    }
    let asked = world.client.stats().log_flushes;
    assert!((19..=20).contains(&asked), "{asked}");
}

#[test]
fn a_line_that_comes_twice_is_one() {
    let mut world = following();
    world.beat(2_000);
    hear(&mut world, 0, 249);
    hear(&mut world, 0, 249);
    assert!(!world.is_asked(Kind::Status));
}

#[test]
fn whatever_else_is_asked_about_the_research_is_as_good() {
    let mut world = following();
    hear(&mut world, 0, 1);
    world.beat(10_000);
    world.input(Input::Refresh("r".to_owned()));
    world.status("r", 200, RUNS);
    world.beat(60_000);
    assert_eq!(world.client.stats().log_flushes, 0);
}

#[test]
fn nothing_of_its_answer_is_told() {
    let mut world = following();
    hear(&mut world, 0, 1);
    waited(&mut world);
    world.forget();
    world.status("r", 200, DONE);
    assert_eq!(world.told(), [""; 0]);
    hear(&mut world, 1, 1);
    assert_eq!(lines(&world.told()), ["line 1"]);
}

#[test]
fn a_failure_is_told_to_nobody_and_waits_as_long_as_the_server_asks() {
    let cases = [
        (network_error(), 15_000),
        (throttled(503, 40), 40_000),
        (throttled(500, 0), 15_000),
        (Answer::Failed(RequestError::TooLarge), 15_000),
    ];
    for (answer, wait) in cases {
        let mut world = following();
        hear(&mut world, 0, 1);
        waited(&mut world);
        world.forget();
        world.answer_with(Kind::Status, answer);
        hear(&mut world, 1, 300);
        assert_eq!(waited(&mut world), wait);
        world.status("r", 200, RUNS);
        assert_eq!(world.client.stats().gaps, 0);
        assert_eq!(warnings(&mut world), [""; 0]);
    }
}

#[test]
fn an_answer_that_never_comes_is_given_up_and_told_to_nobody() {
    let mut world = following();
    hear(&mut world, 0, 1);
    waited(&mut world);
    world.forget();
    world.beat(10_000);
    assert!(!world.is_asked(Kind::Status));
    hear(&mut world, 1, 300);
    assert_eq!(waited(&mut world), 15_000);
    assert_eq!(warnings(&mut world), [""; 0]);
}

#[test]
fn a_refusal_is_told_once_and_retried_as_all_others_are() {
    let mut world = following();
    world.input(Input::Visible);
    hear(&mut world, 0, 1);
    waited(&mut world);
    world.forget();
    world.status("r", 401, "");
    assert_eq!(warnings(&mut world), ["warning unauthorized r"]);
    let mut waits = Vec::new();
    for n in 0..5 {
        hear(&mut world, 1 + 300 * n, 300);
        waits.push(waited(&mut world));
        world.status("r", 401, "");
    }
    assert_eq!(waits[0], 5_000);
    assert!(
        waits.iter().all(|wait| (5_000..=30_000).contains(wait)),
        "{waits:?}"
    );
    assert!(waits[3..].iter().all(|wait| *wait >= 15_000), "{waits:?}");
    assert_eq!(warnings(&mut world), [""; 0]);
    world.input(Input::Refresh("r".to_owned()));
    world.status("r", 401, "");
    assert_eq!(warnings(&mut world), [""; 0]);
}

#[test]
fn a_page_that_is_not_persistent_takes_a_refusal_at_its_word_until_it_is_seen() {
    let mut world = following_with(|config| config.persistent = false);
    hear(&mut world, 0, 1);
    waited(&mut world);
    world.status("r", 403, "");
    hear(&mut world, 1, 300);
    world.beat(60_000);
    assert_eq!(world.client.stats().log_flushes, 1);
    world.input(Input::Visible);
    hear(&mut world, 301, 300);
    world.beat(1_000);
    assert_eq!(world.client.stats().log_flushes, 2);
}

#[test]
fn after_the_end_nothing_is_asked_for() {
    let mut world = following();
    hear(&mut world, 0, 300);
    world.receive(&format!(r#"42["progress_r",{DONE}]"#));
    world.forget();
    world.beat(60_000);
    assert_eq!(world.client.stats().log_flushes, 0);
}

#[test]
fn each_research_is_asked_about_on_its_own() {
    let mut world = following();
    world.subscribe("s");
    world.accept();
    world.status("s", 200, RUNS);
    hear(&mut world, 0, 1);
    let other = line(0, 0, "of the other").replace("progress_r", "progress_s");
    world.receive(&other);
    waited(&mut world);
    world.status("r", 200, RUNS);
    world.status("s", 200, RUNS);
    assert_eq!(world.client.stats().log_flushes, 2);
}

#[test]
fn a_page_can_do_without() {
    for mut world in World::unasked() {
        if world.is_asked(Kind::Status) {
            world.status("r", 200, RUNS);
        }
        hear(&mut world, 0, 300);
        world.beat(60_000);
        assert_eq!(world.client.stats().log_flushes, 0);
    }
}
