//! A server that is back: what it answers elsewhere brings the next attempt to connect forward.

use std::ops::RangeInclusive;

use research_socket::config::Config;
use research_socket::http::{Answer, RequestError};
use research_socket::research::{CancelId, Input, ResearchId};
use research_socket::socket::{FIRST_CHANCE_MS, LAST_CHANCE_MS, PROBE_MS, RETURN_MS};

use crate::words::Kind;
use crate::world::{RUNS, SEED, World, network_error, response, throttled};

/// How soon after the server's first good answer a page is live, besides the time of its requests.
const BACK_MS: u64 = 5_000;

/// A client that was live for long, whose server has been gone for so long that it only looks for it now and
/// then, and polls the status, which fails too. So it is all a while later, too: a status is asked for.
fn lost() -> World {
    lost_with(SEED, |_| {})
}

fn lost_with(seed: u64, change: impl FnOnce(&mut Config)) -> World {
    let mut world = World::seeded(seed, |config| {
        config.history = false;
        config.flush_logs = false;
        change(config);
    });
    world.follow("r");
    world.advance(6_000);
    world.cut(Kind::Poll);
    fail(&mut world, 120_000, network_error);
    world
}

/// So long every request fails. Then a status is asked for, and nothing else.
fn fail(world: &mut World, millis: u64, answer: fn() -> Answer) {
    let end = world.now + millis;
    while world.now < end || !world.is_asked(Kind::Status) || world.is_asked(Kind::Handshake) {
        if world.is_asked(Kind::Handshake) {
            world.answer_with(Kind::Handshake, answer());
        } else if world.is_asked(Kind::Status) {
            world.answer_with(Kind::Status, network_error());
        } else {
            world.wait();
        }
    }
    world.forget();
}

/// How long until the next attempt, while statuses are answered well.
fn attempted(world: &mut World) -> u64 {
    let begin = world.now;
    while !world.is_asked(Kind::Handshake) {
        if world.is_asked(Kind::Status) {
            world.status("r", 200, RUNS);
        } else if world.is_asked(Kind::Log) {
            world.answer(Kind::Log, 200, "[]");
        } else {
            world.wait();
        }
    }
    world.now - begin
}

#[test]
fn the_first_good_status_brings_the_attempt_forward_and_costs_none() {
    let mut world = lost();
    let attempts = world.client.stats().attempts;
    world.status("r", 200, RUNS);
    let waited = attempted(&mut world);
    assert!(waited <= RETURN_MS, "{waited}");
    world.join();
    assert!(waited <= BACK_MS);
    assert_eq!(world.client.stats().attempts, attempts);
}

#[test]
fn pages_that_lost_the_same_server_come_back_at_different_times() {
    let mut waits: Vec<_> = (0..200)
        .map(|seed| {
            let mut world = lost_with(seed, |_| {});
            world.status("r", 200, RUNS);
            attempted(&mut world)
        })
        .collect();
    waits.sort_unstable();
    // In each tenth of the range about as many.
    for tenth in 0..10 {
        let (from, to) = (tenth * RETURN_MS / 10, (tenth + 1) * RETURN_MS / 10);
        let count = waits
            .iter()
            .filter(|wait| (from..to).contains(wait))
            .count();
        assert!((8..=36).contains(&count), "{count} from {from} to {to} ms");
    }
}

#[test]
fn a_stored_log_that_is_answered_is_as_good_as_a_status() {
    let mut world = lost_with(SEED, |config| config.history = true);
    // Now it is looked for every 8 s at the most.
    attempts(&mut world, 3, network_error);
    while !world.is_asked(Kind::Status) {
        world.wait();
    }
    world.status("r", 200, RUNS);
    world.cut(Kind::Log);
    while !world.is_asked(Kind::Log) {
        world.wait();
    }
    world.answer(Kind::Log, 200, "[]");
    let waited = attempted(&mut world);
    assert!(waited <= RETURN_MS, "{waited}");
}

#[test]
fn the_end_of_a_research_that_the_page_asked_for_is_as_good_as_a_status() {
    let mut world = lost();
    world.cut(Kind::Status);
    world.input(Input::Cancel {
        cancel: CancelId(1),
        research: ResearchId::from_text("r").unwrap(),
        csrf_token: None,
    });
    world.answer(Kind::Terminate, 200, "{}");
    assert!(world.until_due().unwrap() <= RETURN_MS);
    while !world.is_asked(Kind::Handshake) {
        assert!(world.wait() <= RETURN_MS);
    }
}

#[test]
fn what_is_no_good_answer_is_no_sign_of_life() {
    for answer in [
        response(401, ""),
        response(404, ""),
        response(500, "{}"),
        response(200, "<html>Sign in</html>"),
        response(200, "null"),
        throttled(503, 1),
        network_error(),
        Answer::Failed(RequestError::Redirected),
    ] {
        let mut world = lost();
        let delay = world.client.state().delay_ms;
        world.answer_with(Kind::Status, answer.clone());
        assert_eq!(world.client.state().delay_ms, delay, "{answer:?}");
    }
}

#[test]
fn an_answer_that_cannot_be_read_makes_the_next_good_one_news() {
    for answer in [response(200, "null"), response(500, ""), network_error()] {
        let mut world = lost();
        world.status("r", 200, RUNS);
        attempted(&mut world);
        world.cut(Kind::Handshake);
        while !world.is_asked(Kind::Status) {
            world.wait();
            if world.is_asked(Kind::Handshake) {
                world.cut(Kind::Handshake);
            }
        }
        world.answer_with(Kind::Status, answer);
        while !world.is_asked(Kind::Status) {
            world.wait();
            if world.is_asked(Kind::Handshake) {
                world.cut(Kind::Handshake);
            }
        }
        world.status("r", 200, RUNS);
        assert!(attempted(&mut world) <= RETURN_MS);
    }
}

#[track_caller]
fn are_within(waits: &[u64], range: RangeInclusive<u64>) {
    assert!(waits.iter().all(|wait| range.contains(wait)), "{waits:?}");
}

/// The times between the attempts of `minutes` during which the status is answered well, and the connection
/// always so.
fn attempts(world: &mut World, minutes: u64, answer: fn() -> Answer) -> Vec<u64> {
    let end = world.now + minutes * 60_000;
    let mut waits = Vec::new();
    while world.now < end {
        waits.push(attempted(world));
        world.answer_with(Kind::Handshake, answer());
    }
    waits
}

#[test]
fn a_server_that_fails_the_connection_alone_is_no_storm() {
    for answer in [network_error, || response(502, ""), || response(500, "")] {
        let mut world = lost();
        let waits = attempts(&mut world, 10, answer);
        assert!(waits[0] <= RETURN_MS, "{waits:?}");
        // The looks begin anew, and then again every 7.5 to 15 s.
        assert!(waits[1..4].iter().sum::<u64>() >= 7_000, "{waits:?}");
        are_within(&waits[4..], 7_500..=15_000);
    }
}

#[test]
fn a_connection_that_is_refused_waits_as_if_nothing_else_were_answered() {
    for answer in [
        || response(401, ""),
        || response(403, ""),
        || response(404, ""),
    ] {
        let mut world = lost();
        world.status("r", 200, RUNS);
        attempted(&mut world);
        world.answer_with(Kind::Handshake, answer());
        let waits = attempts(&mut world, 10, answer);
        assert_eq!(waits[0], 5_000);
        are_within(&waits[3..], 15_000..=30_000);
    }
}

#[test]
fn a_server_that_answers_wrongly_is_looked_at_every_thirty_seconds() {
    let cases = [
        || response(200, "hello"),
        || response(400, r#""https://a is not an accepted origin.""#),
        || {
            response(
                400,
                r#"{"code":5,"message":"Unsupported protocol version"}"#,
            )
        },
        || response(400, r#""Invalid transport""#),
        || response(418, ""),
    ];
    for answer in cases {
        let mut world = World::with(|config| config.reconnection_attempts = Some(0));
        world.subscribe("r");
        world.connect();
        world.answer_with(Kind::Handshake, answer());
        world.cut(Kind::Status);
        let waits = attempts(&mut world, 5, answer);
        assert!(waits.iter().all(|wait| *wait == PROBE_MS), "{waits:?}");
    }
}

#[test]
fn a_connection_that_dies_as_soon_as_it_is_live_is_no_storm() {
    let mut world = lost();
    let begin = world.now;
    let mut connects = 0;
    while world.now < begin + 300_000 {
        attempted(&mut world);
        world.join();
        world.accept_all();
        if world.is_asked(Kind::Status) {
            world.status("r", 200, RUNS);
        }
        world.answer(Kind::Poll, 502, "");
        connects += 1;
    }
    assert!(connects <= 40, "{connects} in five minutes");
}

#[test]
fn a_server_that_asks_to_wait_is_left_alone() {
    let mut world = lost();
    fail(&mut world, 1, || throttled(503, 200));
    while !world.is_asked(Kind::Handshake) {
        if world.is_asked(Kind::Status) {
            world.cut(Kind::Status);
        }
        world.wait();
    }
    world.answer_with(Kind::Handshake, throttled(503, 60));
    let begin = world.now;
    while !world.is_asked(Kind::Status) {
        world.wait();
    }
    world.status("r", 200, RUNS);
    attempted(&mut world);
    assert_eq!(world.now - begin, 60_000);
}

#[test]
fn an_attempt_that_was_sent_into_the_void_gives_way_to_another() {
    for stage in ["opening", "joining"] {
        let mut world = lost();
        world.cut(Kind::Status);
        while !world.is_asked(Kind::Handshake) {
            world.wait();
            if world.is_asked(Kind::Status) && !world.is_asked(Kind::Handshake) {
                world.cut(Kind::Status);
            }
        }
        if stage == "joining" {
            world.open();
        }
        let attempts = world.client.stats().attempts;
        while !world.is_asked(Kind::Status) {
            world.wait();
        }
        world.status("r", 200, RUNS);
        let begin = world.now;
        world.forget();
        world.advance(LAST_CHANCE_MS);
        assert!(
            world.heard().contains(&"connect_error TIMEOUT".to_owned()),
            "{stage}"
        );
        let waited = attempted(&mut world);
        assert!(waited <= RETURN_MS, "{stage}: {waited}");
        world.join();
        assert!(world.now - begin <= BACK_MS, "{stage}");
        assert_eq!(world.client.stats().attempts, attempts, "{stage}");
    }
}

#[test]
fn an_attempt_that_was_under_way_may_still_succeed() {
    let mut world = lost();
    world.cut(Kind::Status);
    while !world.is_asked(Kind::Handshake) {
        world.wait();
        if world.is_asked(Kind::Status) && !world.is_asked(Kind::Handshake) {
            world.cut(Kind::Status);
        }
    }
    while !world.is_asked(Kind::Status) {
        world.wait();
    }
    world.status("r", 200, RUNS);
    world.advance(LAST_CHANCE_MS - 1);
    world.join();
    world.accept_all();
    world.advance(6_000);
    world.cut(Kind::Poll);
    // That it was found is no reason to hurry when it is lost again.
    assert!(world.state().contains(" 1 in "), "{}", world.state());
}

#[test]
fn an_attempt_that_got_no_answer_for_long_makes_the_next_good_one_news() {
    let mut world = lost_with(SEED, |config| config.fallback.as_mut().unwrap().after = 1);
    world.status("r", 200, RUNS);
    attempted(&mut world);
    world.join();
    world.accept_all();
    world.receive(r#"42["progress_r",{"progress":50}]"#);
    for _ in 0..4 {
        if world.is_asked(Kind::Status) {
            world.status("r", 200, RUNS);
        }
        world.advance(1_000);
    }
    // It is not stable yet, and nothing else is asked for.
    world.cut(Kind::Poll);
    while !world.is_asked(Kind::Handshake) {
        world.wait();
    }
    world.forget();
    world.advance(20_000);
    let heard = world.heard();
    assert!(
        heard.contains(&"connect_error TIMEOUT".to_owned()),
        "{heard:?}"
    );
    let planned = world.client.state().delay_ms;
    assert!(planned > Some(RETURN_MS), "{planned:?}");
    world.status("r", 200, RUNS);
    let planned = world.client.state().delay_ms;
    assert!(planned <= Some(RETURN_MS), "{planned:?}");
}

#[test]
fn each_step_of_a_first_attempt_gives_way_after_ten_seconds_once_anything_else_is_answered() {
    for (stage, answers) in [("opening", true), ("joining", true), ("opening", false)] {
        let mut world = World::with_all(|_| {});
        world.subscribe("r");
        world.connect();
        if stage == "joining" {
            world.open();
        }
        world.input(Input::Refresh("r".to_owned()));
        if answers {
            world.status("r", 200, RUNS);
        }
        world.advance(FIRST_CHANCE_MS - 1);
        let failed = |world: &mut World| {
            let mut heard = world.heard().into_iter();
            heard.any(|heard| heard == "connect_error TIMEOUT")
        };
        assert!(!failed(&mut world), "{stage}: it may be slow");
        world.advance(1);
        assert_eq!(failed(&mut world), answers, "{stage}");
        if !answers {
            continue;
        }
        // Of a server that is slow no more is asked than of one that is down.
        let waited = attempted(&mut world);
        assert!(waited <= RETURN_MS, "{stage}: {waited}");
        world.input(Input::Refresh("r".to_owned()));
        world.status("r", 200, RUNS);
        world.advance(FIRST_CHANCE_MS);
        assert!(!failed(&mut world), "{stage}");
    }
}

/// A server that is back and has too many clients answers some requests, and refuses others.
#[test]
fn a_server_that_answers_every_other_request_is_no_storm() {
    let mut world = lost();
    let mut attempts = Vec::new();
    let end = world.now + 600_000;
    let mut is_good = false;
    while world.now < end {
        if world.is_asked(Kind::Handshake) {
            attempts.push(world.now);
            world.answer_with(Kind::Handshake, response(502, ""));
        }
        if world.is_asked(Kind::Status) {
            is_good = !is_good;
            let answer = if is_good {
                response(200, RUNS)
            } else {
                network_error()
            };
            world.answer_with(Kind::Status, answer);
        }
        world.wait();
    }
    // A look each 7.5 to 15 s, and one that an answer brings forward each 15 s at most.
    assert!(attempts.len() <= 100, "{}", attempts.len());
}
