//! Live lines in the server's own time, without a zone, against a stored log.

use crate::words::Kind;
use crate::world::World;

/// The moment of a line, in seconds since the world began, as a server writes it whose time is so many
/// minutes ahead of UTC.
fn local(second: u64, ahead: i64) -> String {
    // The world begins at 00:16:40 of the first of January 1970; half a day later it is far from both
    // ends of the second.
    let minutes = (NOON + second) as i64 / 60 + ahead;
    let (day, minute) = (minutes.div_euclid(1_440) + 1, minutes.rem_euclid(1_440));
    let (hour, minute, second) = (minute / 60, minute % 60, (NOON + second) % 60);
    format!("1970-01-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

const NOON: u64 = 43_200;

/// The same moment in the date of HTTP, for a server in UTC.
fn gmt(second: u64) -> String {
    http(&local(second, 0))
}

fn http(local: &str) -> String {
    let (_, time) = local.split_once('T').unwrap();
    format!("Thu, 01 Jan 1970 {time} GMT")
}

/// Follows `r`, and waits for its log.
fn opening() -> World {
    let mut world = World::with(|config| config.history = true);
    world.now = NOON * 1_000;
    world.connect();
    world.join();
    world.subscribe("r");
    world.accept();
    world.status("r", 200, r#"{"status":"in_progress"}"#);
    assert!(world.is_asked(Kind::Log));
    world.forget();
    world
}

fn live(world: &mut World, second: u64, ahead: i64, text: &str) {
    let now = NOON + second;
    world.now = world.now.max(now * 1_000);
    let time = local(second, ahead);
    world.receive(&format!(
        r#"42["progress_r",{{"log_entry":{{"message":"{text}","time":"{time}.123456"}}}}]"#
    ));
}

fn log(lines: &[(String, &str)]) -> String {
    let lines: Vec<String> = lines
        .iter()
        .zip(1..)
        .map(|((time, text), id)| {
            format!(r#"{{"id":{id},"message":"{text}","timestamp":"{time}"}}"#)
        })
        .collect();
    format!("[{}]", lines.join(","))
}

fn lines(world: &mut World) -> Vec<String> {
    let mut told = world.told();
    told.retain(|words| words.starts_with("r log "));
    told
}

fn answer(world: &mut World, body: &str) {
    while !world.is_asked(Kind::Log) {
        world.wait();
        if world.is_asked(Kind::Status) {
            world.status("r", 200, r#"{"status":"in_progress"}"#);
        }
    }
    world.answer(Kind::Log, 200, body);
}

#[test]
fn a_live_line_in_local_time_is_its_stored_copy_in_gmt_wherever_the_server_is() {
    for ahead in [-720, -300, -210, 0, 60, 330, 345, 840] {
        let mut world = opening();
        live(&mut world, 5, ahead, "a");
        let two = log(&[(gmt(4), "before"), (gmt(5), "a")]);
        answer(&mut world, &two);
        assert_eq!(lines(&mut world), ["r log before", "r log a"], "{ahead}");
        live(&mut world, 7, ahead, "b");
        live(&mut world, 7, ahead, "b");
        let three = log(&[(gmt(4), "before"), (gmt(5), "a"), (gmt(7), "b")]);
        answer(&mut world, &three);
        assert_eq!(lines(&mut world), ["r log b"], "{ahead}");
    }
}

#[test]
fn a_log_that_has_no_zone_either_is_compared_as_it_is_written() {
    for ahead in [-300, 0, 120] {
        let mut world = opening();
        live(&mut world, 5, ahead, "a");
        let two = [(local(4, ahead), "before"), (local(5, ahead), "a")];
        answer(&mut world, &log(&two));
        assert_eq!(lines(&mut world), ["r log before", "r log a"], "{ahead}");
        live(&mut world, 7, ahead, "b");
        let three = [&two[..], &[(local(7, ahead), "b")]].concat();
        answer(&mut world, &log(&three));
        assert_eq!(lines(&mut world), ["r log b"], "{ahead}");
    }
}

#[test]
fn a_line_that_is_not_from_now_tells_no_zone() {
    let mut world = opening();
    // Ten minutes old, in UTC.
    let time = local(5, -10);
    world.receive(&format!(
        r#"42["progress_r",{{"log_entry":{{"message":"old","time":"{time}.5"}}}}]"#
    ));
    let old = log(&[(http(&time), "old")]);
    answer(&mut world, &old);
    assert_eq!(lines(&mut world), ["r log old"]);
}
