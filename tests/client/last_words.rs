//! An end that the status tells while what the research said last is on its way.

use research_socket::research::Input;

use crate::history::{DONE, asking, line, lines, log, up_to_date};
use crate::words::Kind;
use crate::world::World;

const FINAL: &str = r#"42["progress_r",{"status":"completed","progress":100}]"#;

/// The status is asked for and says that the research is over.
fn ends(world: &mut World) {
    world.input(Input::Refresh("r".to_owned()));
    world.status("r", 200, DONE);
}

#[test]
fn an_end_that_overtakes_live_lines_waits_for_them() {
    let mut world = up_to_date();
    world.receive(&line(5, 1, "before"));
    ends(&mut world);
    world.advance(400);
    world.receive(&line(5, 2, "on its way"));
    world.advance(599);
    assert!(!world.is_asked(Kind::Log));
    world.advance(1);
    let stored = log(&[(1, 0, "first"), (2, 5, "before"), (3, 5, "on its way")]);
    world.answer(Kind::Log, 200, &stored);
    let told = world.told();
    assert_eq!(lines(&told), ["before", "on its way"]);
    assert_eq!(told.last().unwrap(), "r end completed");
}

#[test]
fn an_end_that_comes_live_as_well_has_overtaken_nothing() {
    let mut world = up_to_date();
    world.receive(&line(5, 1, "before"));
    ends(&mut world);
    world.receive(&line(5, 2, "after"));
    assert!(!world.is_asked(Kind::Log));
    world.receive(FINAL);
    world.answer(Kind::Log, 200, "[]");
    let told = world.told();
    assert_eq!(lines(&told), ["before", "after"]);
    assert_eq!(told.last().unwrap(), "r end completed");
}

#[test]
fn an_end_waits_for_nobody_who_has_been_silent() {
    for (pause, waits) in [(999, true), (1_000, false)] {
        let mut world = up_to_date();
        world.receive(&line(5, 1, "before"));
        world.advance(pause);
        ends(&mut world);
        assert_eq!(world.is_asked(Kind::Log), !waits, "after {pause} ms");
    }
    let mut world = asking();
    world.answer(Kind::Log, 200, "[]");
    ends(&mut world);
    assert!(world.is_asked(Kind::Log), "nothing was ever said");
}

#[test]
fn an_end_that_is_polled_waits_for_nothing() {
    let mut world = up_to_date();
    world.receive(&line(5, 1, "before"));
    world.cut(Kind::Poll);
    ends(&mut world);
    assert!(world.is_asked(Kind::Log), "nothing is on its way any more");
}

#[test]
fn an_end_that_comes_live_while_lines_wait_has_as_long_as_any_other() {
    let mut world = World::with_all(|_| {});
    world.subscribe("r");
    world.connect();
    world.join();
    world.advance(9_000);
    world.accept();
    world.cut(Kind::Status);
    world.advance(500);
    world.receive(FINAL);
    world.advance(9_499);
    world.forget();
    world.answer(Kind::Log, 200, &log(&[(1, 0, "before")]));
    assert_eq!(world.told(), ["r log before", "r end completed"]);
}

#[test]
fn a_status_that_comes_after_the_end_does_not_put_the_log_off() {
    let mut world = World::with_all(|_| {});
    world.subscribe("r");
    world.connect();
    world.join();
    world.accept();
    world.receive(FINAL);
    world.status("r", 200, DONE);
    assert!(world.is_asked(Kind::Log), "all was said before the end");
}

#[test]
fn an_end_waits_for_no_server_that_is_left_alone_since_it_drops_connections() {
    let mut world = World::with_all(|_| {});
    world.subscribe("r");
    world.connect();
    world.join();
    world.accept();
    world.receive(&line(5, 1, "before"));
    world.status("r", 200, DONE);
    world.cut(Kind::Poll);
    world.advance(1_000);
    world.answer(Kind::Log, 200, &log(&[(1, 3, "first"), (2, 5, "before")]));
    let told = world.heard();
    assert_eq!(lines(&told), ["first", "before"]);
    assert_eq!(told.last().unwrap(), "r end completed");
}
