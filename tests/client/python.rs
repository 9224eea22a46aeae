//! Numbers that JSON does not have, as Python writes them: read as `null` wherever they come.

use research_socket::research::{Event, ResearchEvent, Warning};

use crate::words::Kind;
use crate::world::World;

fn warnings(world: &mut World) -> Vec<Warning> {
    let events = std::mem::take(&mut world.events);
    let warnings = events.into_iter().filter_map(|event| match event {
        Event::Warning(warning) => Some(warning),
        _ => None,
    });
    warnings.collect()
}

/// The one warning there is about it.
fn check(world: &mut World) {
    let warnings = warnings(world);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert_eq!(warnings[0].code, "not-finite");
    assert_eq!(warnings[0].research, None);
    assert!(warnings[0].message.contains("NaN"));
}

/// Without a connection, so that the status is asked for.
fn polling() -> World {
    let mut world = World::new();
    world.subscribe("r");
    world.connect();
    for _ in 0..3 {
        world.cut(Kind::Handshake);
        world.wait();
    }
    world.events.clear();
    world
}

#[test]
fn a_live_update_with_nan_counts_and_the_page_gets_null() {
    let mut world = World::following();
    world.events.clear();
    world.receive(r#"42["progress_r",{"progress":40,"metadata":{"score":NaN},"log_entry":{"message":"scored","worst":-Infinity}}]"#);
    let heard = world.heard();
    assert!(heard.contains(&"r log scored".to_owned()), "{heard:?}");
    let update = r#"r update {"progress":40,"metadata":{"score":null},"log_entry":{"message":"scored","worst":null}}"#;
    assert!(heard.contains(&update.to_owned()), "{heard:?}");
    let entry = world.events.iter().find_map(|event| match event {
        Event::Research {
            event: ResearchEvent::Log(entry),
            ..
        } => Some(entry.entry.to_string()),
        _ => None,
    });
    let line = r#"{"message":"scored","worst":null}"#;
    assert_eq!(entry.as_deref(), Some(line));
    check(&mut world);
    for _ in 0..10 {
        world.receive(r#"42["progress_r",{"progress":Infinity,"message":"NaN"}]"#);
    }
    assert_eq!(warnings(&mut world), []);
    assert_eq!(world.client.snapshot("r").unwrap().progress, Some(40.0));
}

#[test]
fn a_cumulative_log_with_nan_counts_in_a_string_too() {
    let mut world = World::following();
    world.events.clear();
    world.receive(r#"42["progress_r",{"progress_log":"[{\"time\":\"t\",\"message\":\"a\",\"progress\":NaN},{\"time\":\"u\",\"message\":\"b\"}]"}]"#);
    let heard = world.heard();
    for line in ["r log a", "r log b"] {
        assert!(heard.contains(&line.to_owned()), "{heard:?}");
    }
    check(&mut world);
}

#[test]
fn an_agent_step_and_an_engine_with_nan_reach_the_page_as_json() {
    let mut world = World::following();
    world.events.clear();
    world.receive(r#"42["progress_r",{"thought":"hm","score":NaN}]|42["search_engine_selected",{"engine":"x","result_count":NaN}]"#);
    let engine = r#"search_engine_selected {"engine":"x","result_count":null}"#;
    assert!(world.heard().contains(&engine.to_owned()));
    let steps = world.events.iter().filter_map(|event| match event {
        Event::Research {
            event: ResearchEvent::Step(step),
            ..
        } => Some(step.to_string()),
        _ => None,
    });
    assert_eq!(
        steps.collect::<Vec<_>>(),
        [r#"{"thought":"hm","score":null}"#]
    );
    check(&mut world);
}

#[test]
fn an_answer_about_the_status_with_nan_counts_and_is_not_complained_of_each_time() {
    let mut world = polling();
    for n in 0..20 {
        let body =
            format!(r#"{{"status":"in_progress","progress":{n},"metadata":{{"score":NaN}}}}"#);
        while !world.is_asked(Kind::Status) {
            world.wait();
        }
        world.status("r", 200, &body);
    }
    check(&mut world);
    assert_eq!(world.client.snapshot("r").unwrap().progress, Some(19.0));
    while !world.is_asked(Kind::Status) {
        world.wait();
    }
    world.status(
        "r",
        200,
        r#"{"status":"completed","metadata":{"score":-Infinity}}"#,
    );
    assert!(world.heard().contains(&"r end completed".to_owned()));
}

#[test]
fn a_stored_log_with_nan_loses_no_line() {
    for log in [
        r#"[{"time":"2026-11-21T20:45:09Z","message":"a"},{"time":"2026-11-21T20:45:10Z","message":"b","score":NaN},{"time":"2026-11-21T20:45:11Z","message":"c"}]"#,
        r#"{"logs":"[{\"time\":\"2026-11-21T20:45:09Z\",\"message\":\"a\"},{\"time\":\"2026-11-21T20:45:10Z\",\"message\":\"b\",\"score\":NaN},{\"time\":\"2026-11-21T20:45:11Z\",\"message\":\"c\"}]"}"#,
    ] {
        let mut world = World::live_with(|config| config.history = true);
        world.subscribe("r");
        world.accept();
        world.status("r", 200, r#"{"status":"in_progress"}"#);
        world.events.clear();
        world.answer(Kind::Log, 200, log);
        let heard = world.heard();
        for line in ["r log a", "r log b", "r log c"] {
            assert!(heard.contains(&line.to_owned()), "{heard:?}");
        }
        let entries: String = world
            .events
            .iter()
            .map(|event| format!("{event:?}"))
            .collect();
        assert!(entries.contains(r#"\"score\":null"#), "{entries}");
        check(&mut world);
    }
}

#[test]
fn an_ack_and_an_event_of_the_server_with_nan_reach_the_page_as_json() {
    let mut world = World::live();
    world.listen("news", true);
    world.input(research_socket::research::Input::Emit(crate::world::emit(
        1,
        "a",
        research_socket::socket::Acked::WithoutTimeout,
    )));
    world.accept();
    world.forget();
    world.receive(r#"430[{"mean":NaN},"NaN"]|42["news",Infinity]|451-["news",-Infinity,{"_placeholder":true,"num":0}]|bAQID"#);
    let heard = world.heard();
    for told in [
        r#"ack 1 [{"mean":null},"NaN"]"#,
        r#"message ["news",null]"#,
        r#"message ["news",null,{"_placeholder":true,"num":0}] [[1, 2, 3]]"#,
    ] {
        assert!(heard.contains(&told.to_owned()), "{heard:?}");
    }
    check(&mut world);
}

#[test]
fn a_server_that_still_writes_it_is_named_once_more_over_the_next_connection() {
    let mut world = World::following();
    let update = r#"42["progress_r",{"progress":NaN,"message":"m"}]"#;
    world.receive(update);
    check(&mut world);
    world.cut(Kind::Poll);
    world.wait();
    world.join();
    world.accept_all();
    world.events.clear();
    world.receive(update);
    check(&mut world);
}

#[test]
fn an_answer_that_cannot_be_read_is_named_once_however_often_it_comes() {
    for body in ["[NaN]", "[1]", "{", "\u{fffd}"] {
        let mut world = polling();
        for _ in 0..50 {
            while !world.is_asked(Kind::Status) {
                world.wait();
            }
            world.status("r", 200, body);
        }
        let warnings = warnings(&mut world);
        assert_eq!(warnings.len(), 1, "{body}: {warnings:?}");
        assert_eq!(warnings[0].code, "damaged-answer");
    }
}

#[test]
fn a_refusal_is_told_once_until_the_server_has_shown_the_research_again() {
    let mut world = World::following();
    let mut ask = |status| {
        world.input(research_socket::research::Input::Refresh("r".to_owned()));
        world.status("r", status, r#"{"status":"in_progress"}"#);
        let refusals = warnings(&mut world);
        refusals.iter().filter(|w| w.code == "unauthorized").count()
    };
    let told = [401, 401, 403, 200, 200, 401, 401].map(&mut ask);
    assert_eq!(told, [1, 0, 0, 0, 0, 1, 0]);
}
