//! The search engine that was chosen.

use research_socket::research::Engine;

use super::Follower;

#[test]
fn a_selection_is_told() {
    for payload in [
        r#"{"event":"search_engine_selected","engine":"searxng","result_count":10}"#,
        r#"{"engine":"searxng","result_count":10}"#,
        r#"{"metadata":{"phase":"engine","search_engine":"searxng","result_count":10}}"#,
    ] {
        let mut follower = Follower::new();
        assert_eq!(
            follower.live(payload)[0],
            "engine searxng Some(10)",
            "{payload}"
        );
        let engine = Engine {
            name: "searxng".into(),
            result_count: Some(10),
        };
        assert_eq!(follower.snapshot().engine, Some(engine));
    }
}

#[test]
fn an_engine_that_the_metadata_repeats_is_told_once() {
    let mut follower = Follower::new();
    let update =
        |n| format!(r#"{{"n":{n},"metadata":{{"search_engine":"arxiv","result_count":3}}}}"#);
    assert_eq!(
        follower.live(&update(1)),
        ["engine arxiv Some(3)", "update"]
    );
    assert_eq!(follower.live(&update(2)), ["update"]);
}

#[test]
fn a_selection_of_the_same_engine_is_told_again() {
    let mut follower = Follower::new();
    follower.live(r#"{"engine":"arxiv","result_count":3,"message":"first"}"#);
    let told = follower.live(r#"{"engine":"arxiv","result_count":3,"message":"second"}"#);
    assert_eq!(told, ["engine arxiv Some(3)", "task second", "update"]);
}

#[test]
fn a_selection_without_a_name_is_unknown() {
    let mut follower = Follower::new();
    let told = follower.live(r#"{"event":"search_engine_selected"}"#);
    assert_eq!(told, ["engine unknown None", "update"]);
}
