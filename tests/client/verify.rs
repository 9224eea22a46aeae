//! Whether the server shows a research to whoever is signed in now.

use research_socket::research::Input;

use crate::words::Kind;
use crate::world::World;

const RUNS: &str = r#"{"status":"in_progress","progress":10}"#;

fn verify(world: &mut World) {
    world.input(Input::Verify("r".to_owned()));
}

#[test]
fn that_the_server_shows_a_research_is_told_before_what_it_shows() {
    let mut world = World::following();
    verify(&mut world);
    assert_eq!(world.did(), ["status r"]);
    world.status("r", 200, r#"{"status":"in_progress","progress":50}"#);
    let told = world.told();
    assert_eq!(told[0], "r verified true");
    assert!(told.len() > 1, "{told:?}");
}

#[test]
fn it_is_told_too_when_there_is_nothing_new() {
    let mut world = World::following();
    for _ in 0..2 {
        verify(&mut world);
        world.status("r", 200, RUNS);
    }
    world.forget();
    verify(&mut world);
    world.status("r", 200, RUNS);
    assert_eq!(world.told(), ["r verified true"]);
}

#[test]
fn it_is_told_once_for_each_question() {
    let mut world = World::following();
    verify(&mut world);
    world.status("r", 200, RUNS);
    world.forget();
    world.input(Input::Refresh("r".to_owned()));
    world.status("r", 200, RUNS);
    assert_eq!(world.told(), [""; 0]);
}

#[test]
fn nobody_is_told_who_has_not_asked() {
    let mut world = World::following();
    world.input(Input::Refresh("r".to_owned()));
    world.status("r", 200, RUNS);
    world.input(Input::Verify("nobody".to_owned()));
    let told = world.told();
    assert!(
        !told.iter().any(|told| told.contains("verified")),
        "{told:?}"
    );
}

#[test]
fn a_refusal_is_told_and_what_is_allowed_later_as_well() {
    for status in [401, 403, 404] {
        let mut world = World::following();
        verify(&mut world);
        world.status("r", status, "");
        assert!(world.told().contains(&"r verified false".to_owned()));
        world.advance(4_999);
        assert_eq!(world.did(), ["status r"], "it is not asked again soon");
        world.input(Input::Refresh("r".to_owned()));
        world.status("r", 200, RUNS);
        assert_eq!(world.told()[0], "r verified true");
    }
}

#[test]
fn an_answer_to_whoever_was_signed_in_before_says_nothing() {
    for status in [200, 401] {
        let mut world = World::following();
        world.input(Input::Refresh("r".to_owned()));
        world.advance(1);
        verify(&mut world);
        world.status("r", status, RUNS);
        let told = world.told();
        assert!(
            !told.iter().any(|told| told.contains("verified")),
            "{told:?}"
        );
        world.forget();
        world.status("r", 401, "");
        assert!(world.told().contains(&"r verified false".to_owned()));
    }
}

#[test]
fn a_question_that_fails_is_asked_again() {
    let mut world = World::following();
    verify(&mut world);
    world.cut(Kind::Status);
    world.advance(3000);
    world.status("r", 200, RUNS);
    assert_eq!(world.told()[0], "r verified true");
}

#[test]
fn after_the_end_it_is_asked_as_well_and_the_end_is_told_once() {
    let mut world = World::following();
    world.receive(r#"42["progress_r",{"status":"completed"}]"#);
    world.forget();
    verify(&mut world);
    assert_eq!(world.did(), ["status r"]);
    world.status("r", 200, r#"{"status":"completed"}"#);
    assert_eq!(world.told(), ["r verified true"]);
    world.advance(10_000);
    assert_eq!(world.did(), [""; 0]);
}

#[test]
fn what_a_page_that_is_not_persistent_was_refused_after_the_end_is_asked_again_when_it_is_seen() {
    for is_live in [true, false] {
        let mut world = World::live_with(|config| config.persistent = false);
        world.subscribe("r");
        world.accept();
        world.status("r", 200, RUNS);
        world.receive(r#"42["progress_r",{"status":"completed"}]"#);
        if !is_live {
            world.answer(Kind::Poll, 403, "");
            assert!(world.state().starts_with("stopped"), "{}", world.state());
        }
        verify(&mut world);
        world.status("r", 401, "");
        world.advance(15_000);
        assert!(!world.is_asked(Kind::Status));
        world.forget();
        world.input(Input::Visible);
        world.status("r", 200, r#"{"status":"completed"}"#);
        assert!(world.told().contains(&"r verified true".to_owned()));
        assert!(!world.is_asked(Kind::Status));
    }
}
