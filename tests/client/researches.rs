//! Researches that a page follows, over one connection after another.

use research_socket::config::Config;
use research_socket::http::MAX_BODY_BYTES;
use research_socket::research::{Input, ResearchId};

use crate::words::Kind;
use crate::world::World;

fn subscribes(sid: &str, id: &str) -> String {
    format!(r#"post {sid} 42["subscribe_to_research",{{"research_id":{id}}}]"#)
}

/// A client that follows two researches live.
fn two() -> World {
    two_with(|_| {})
}

fn two_with(change: impl FnOnce(&mut Config)) -> World {
    let mut world = World::live_with(change);
    world.subscribe("r");
    world.accept();
    world.status("r", 200, r#"{"status":"in_progress"}"#);
    world.subscribe("s");
    world.accept();
    world.status("s", 200, r#"{"status":"in_progress"}"#);
    world.forget();
    world
}

/// Everything that makes a client live that follows something.
fn rejoin(world: &mut World) {
    world.cut(Kind::Poll);
    world.wait();
    world.join();
}

#[test]
fn a_subscription_is_sent_at_once_and_the_status_asked_for_once() {
    let mut world = World::live();
    world.subscribe("r");
    assert_eq!(world.did(), [subscribes("s1", "\"r\"")]);
    world.accept();
    assert_eq!(world.did(), ["status r"]);
    world.status("r", 200, r#"{"status":"in_progress","progress":10}"#);
    assert_eq!(world.told()[0], "r status in_progress");
    world.advance(20_000);
    assert_eq!(world.did(), [""; 0]);
}

#[test]
fn the_same_subscription_is_sent_once() {
    let mut world = World::following();
    world.subscribe("r");
    assert_eq!(world.did(), [""; 0]);
}

#[test]
fn an_id_keeps_its_type_on_the_wire() {
    let mut world = World::live();
    world.input(Input::Subscribe(ResearchId::from_integer(7)));
    assert_eq!(world.did()[0], subscribes("s1", "7"));
    world.accept();
    world.status("7", 200, "{}");
    rejoin(&mut world);
    assert!(world.did().contains(&subscribes("s2", "7")));
    world.accept();
    world.unsubscribe("7");
    let leaves = r#"post s2 42["unsubscribe_from_research",{"research_id":7}]"#;
    assert!(world.did().contains(&leaves.to_owned()));
}

#[test]
fn every_research_is_subscribed_once_per_connection() {
    let mut world = two();
    for session in 2..5 {
        rejoin(&mut world);
        let expected = format!(
            "{}|{}",
            subscribes(&format!("s{session}"), "\"r\""),
            r#"42["subscribe_to_research",{"research_id":"s"}]"#
        );
        let did = world.did();
        assert_eq!(
            did.iter().filter(|did| did.contains("subscribe")).count(),
            1
        );
        assert!(did.contains(&expected), "{did:?}");
        world.accept();
        world.advance(6000);
    }
}

#[test]
fn many_subscriptions_take_several_posts() {
    let mut world = World::new();
    (0..40).for_each(|id| world.subscribe(&id.to_string()));
    world.connect();
    world.join();
    let did = world.did();
    assert!(!did.iter().any(|did| did.starts_with("status")), "{did:?}");
    world.forget();
    world.accept_all();
    let (posts, others): (Vec<_>, Vec<_>) = world
        .did()
        .into_iter()
        .partition(|did| did.starts_with("post"));
    let packets: usize = posts.iter().map(|post| post.split('|').count()).sum();
    assert_eq!(packets, 40 - 16);
    assert_eq!(others, ["status 0"]);
}

#[test]
fn subscriptions_go_ahead_of_emits_that_waited() {
    let mut world = World::new();
    world.emit(1, "a");
    world.subscribe("r");
    world.connect();
    world.join();
    let post = subscribes("s1", "\"r\"") + r#"|42["a"]"#;
    assert!(world.did().contains(&post));
}

#[test]
fn a_research_that_has_ended_is_not_subscribed_again() {
    let mut world = two();
    world.receive(r#"42["progress_r",{"status":"completed"}]"#);
    rejoin(&mut world);
    let did = world.did();
    assert!(did.contains(&subscribes("s2", "\"s\"")), "{did:?}");
    assert!(!did.contains(&"status r".to_owned()));
}

#[test]
fn a_research_that_is_not_followed_any_more_is_not_heard() {
    let mut world = World::following();
    world.unsubscribe("r");
    assert_eq!(
        world.did(),
        [r#"post s1 42["unsubscribe_from_research",{"research_id":"r"}]"#]
    );
    world.receive(r#"42["progress_r",{"progress":50}]"#);
    assert_eq!(world.told(), [""; 0]);
    world.accept();
    rejoin(&mut world);
    assert!(!world.did().iter().any(|did| did.contains("subscribe")));
}

#[test]
fn a_question_about_a_research_that_was_left_does_not_hold_up_others() {
    let mut world = World::live();
    world.subscribe("r");
    world.subscribe("s");
    world.accept_all();
    world.forget();
    world.unsubscribe("r");
    let did = world.did();
    assert!(did.contains(&"abort status r".to_owned()), "{did:?}");
    assert!(did.contains(&"status s".to_owned()), "{did:?}");
}

#[test]
fn what_is_not_followed_cannot_be_left() {
    let mut world = World::live();
    world.unsubscribe("r");
    assert_eq!(world.did(), [""; 0]);
}

#[test]
fn updates_of_both_event_names_are_heard() {
    let mut world = World::following();
    world.receive(r#"42["progress_r",{"progress":10}]|42["research_progress_r",{"progress":20}]"#);
    assert_eq!(
        world.told(),
        [r#"r update {"progress":10}"#, r#"r update {"progress":20}"#]
    );
}

#[test]
fn an_update_that_comes_twice_is_heard_once() {
    let mut world = World::following();
    let update = r#"42["progress_r",{"progress":10}]"#;
    world.receive(&format!("{update}|{update}"));
    assert_eq!(world.told(), [r#"r update {"progress":10}"#]);
    assert_eq!(world.client.stats().duplicates, 1);
}

#[test]
fn updates_that_nobody_asked_for_are_counted() {
    let mut world = World::following();
    world.receive(r#"42["progress_x",{"progress":10}]|42["research_progress_",{}]"#);
    assert_eq!(world.told(), [""; 0]);
    assert_eq!(world.client.stats().unrequested, 2);
}

#[test]
fn an_update_without_a_payload_is_refused() {
    let mut world = World::following();
    world.receive(r#"42["progress_r"]|42["progress_r",[1]]"#);
    assert_eq!(
        world.told(),
        ["warning damaged-packet -", "warning not-an-object r"]
    );
}

#[test]
fn an_update_reaches_whoever_listens_to_its_event_too() {
    let mut world = World::following();
    world.listen("progress_r", true);
    world.receive(r#"42["progress_r",{"progress":10}]"#);
    assert_eq!(
        world.told(),
        [
            r#"r update {"progress":10}"#,
            r#"message ["progress_r",{"progress":10}]"#
        ]
    );
}

#[test]
fn an_engine_belongs_to_the_only_research_under_way() {
    let mut world = World::following();
    let engine = r#"{"engine":"searxng","result_count":10}"#;
    world.receive(&format!(r#"42["search_engine_selected",{engine}]"#));
    let told = world.told();
    assert_eq!(told[0], format!("search_engine_selected {engine}"));
    assert!(told.contains(&"r engine searxng".to_owned()), "{told:?}");
}

#[test]
fn an_engine_belongs_to_no_research_when_several_are_under_way() {
    let mut world = two();
    let engine = r#"42["search_engine_selected",{"engine":"searxng","result_count":10}]"#;
    world.receive(engine);
    assert_eq!(world.told().len(), 1);
    world.receive(&format!(
        r#"42["progress_r",{{"status":"completed"}}]|{engine}"#
    ));
    assert!(world.told().contains(&"s engine searxng".to_owned()));
}

#[test]
fn the_end_comes_once_however_often_the_server_says_it() {
    let mut world = World::following();
    let end = r#"42["progress_r",{"status":"completed","message":"done","progress":100}]"#;
    let again = r#"42["research_progress_r",{"status":"suspended","progress":0}]"#;
    world.receive(&format!("{end}|{end}|{again}"));
    let told = world.told();
    assert_eq!(
        told.iter().filter(|told| told.starts_with("r end")).count(),
        1
    );
    assert_eq!(told.last().unwrap(), "r end completed");
}

#[test]
fn a_refused_research_fails_alone() {
    let mut world = two();
    world.receive(r#"42["subscribe_error",{"error":"Not authorized","research_id":"r"}]"#);
    let told = ["r failure UNAUTHORIZED", "r refused unauthorized"];
    assert_eq!(world.told(), told);
    world.receive(r#"42["progress_s",{"progress":10}]"#);
    assert_eq!(world.told(), [r#"s update {"progress":10}"#]);
    assert!(world.client.is_connected());
}

#[test]
fn of_a_page_that_is_not_persistent_a_refused_research_is_asked_for_again_when_it_is_seen() {
    let mut world = two_with(|config| config.persistent = false);
    world.receive(r#"42["subscribe_error",{"error":"Not authorized","research_id":"r"}]"#);
    world.input(Input::Visible);
    assert_eq!(
        world.did(),
        ["poll s1".to_owned(), subscribes("s1", "\"r\"")]
    );
    world.accept();
    world.status("r", 200, r#"{"status":"in_progress"}"#);
    world.forget();
    world.input(Input::Visible);
    assert_eq!(world.did(), [""; 0]);
}

#[test]
fn a_server_that_refuses_again_and_again_is_heard_a_hundred_times() {
    let mut world = two_with(|config| config.persistent = false);
    let mut heard = 0;
    for _ in 0..250 {
        world.receive(r#"42["subscribe_error",{"error":"Not authorized","research_id":"r"}]"#);
        heard += usize::from(world.told().contains(&"r failure UNAUTHORIZED".to_owned()));
        world.input(Input::Visible);
        world.accept();
        world.forget();
    }
    assert_eq!(heard, 100);
}

#[test]
fn a_refusal_may_name_a_number() {
    let mut world = World::live();
    world.input(Input::Subscribe(ResearchId::from_integer(7)));
    world.forget();
    world.receive(r#"42["subscribe_error",{"error":"Not authorized","research_id":7}]"#);
    let told = ["7 failure UNAUTHORIZED", "7 refused unauthorized"];
    assert_eq!(world.told(), told);
}

#[test]
fn a_refusal_that_names_no_research_is_a_warning() {
    let mut world = World::following();
    world.receive(r#"42["subscribe_error",{"error":"Not authorized"}]|42["subscribe_error",7]"#);
    assert_eq!(
        world.told(),
        ["warning unauthorized -", "warning unauthorized -"]
    );
}

#[test]
fn a_session_that_expired_stops_the_client_with_the_servers_words() {
    let mut world = World::live_with(World::quiet);
    world.subscribe("r");
    world.accept();
    world.forget();
    world.receive(r#"42["subscribe_error",{"error":"Session expired","research_id":"r"}]|41"#);
    assert_eq!(
        world.told(),
        [
            "state stopped UNAUTHORIZED",
            "r failure UNAUTHORIZED",
            "disconnect UNAUTHORIZED",
            "r refused unauthorized",
        ]
    );
    let reason = world.client.state().reason.as_ref().unwrap().to_string();
    assert!(reason.contains("Session expired"), "{reason}");
    world.accept();
    world.receive("");
    assert_eq!(world.until_due(), None);
    world.input(Input::Visible);
    world.join();
    assert!(world.did().contains(&subscribes("s2", "\"r\"")));
}

#[test]
fn a_disconnect_after_another_refusal_is_tried_again() {
    let mut world = World::following();
    world.receive(r#"42["subscribe_error",{"error":"Not authorized","research_id":"r"}]|41"#);
    assert!(
        world.state().starts_with("reconnecting 1 in "),
        "{}",
        world.state()
    );
}

#[test]
fn the_status_is_asked_for_once_after_each_connection() {
    let mut world = two();
    for _ in 0..3 {
        world.advance(6000);
        rejoin(&mut world);
        world.accept();
        world.status("r", 200, r#"{"status":"in_progress"}"#);
        world.status("s", 200, r#"{"status":"in_progress"}"#);
        world.advance(10_000);
        assert!(!world.is_asked(Kind::Status));
    }
    assert_eq!(world.client.stats().status_checks, 8);
}

#[test]
fn an_end_that_was_missed_is_found_out_after_the_outage() {
    let mut world = World::following();
    rejoin(&mut world);
    world.accept();
    world.forget();
    world.status("r", 200, r#"{"status":"completed","progress":100}"#);
    assert_eq!(world.told().last().unwrap(), "r end completed");
}

#[test]
fn a_check_that_fails_is_made_again() {
    let mut world = World::live();
    world.subscribe("r");
    world.accept();
    world.status("r", 500, "");
    assert!(world.client.is_connected());
    assert_eq!(world.wait(), 3000);
    world.status("r", 200, r#"{"status":"in_progress"}"#);
    world.advance(10_000);
    assert_eq!(world.client.stats().status_checks, 2);
}

#[test]
fn a_status_of_the_largest_size_is_read() {
    let mut world = World::live();
    world.subscribe("r");
    world.accept();
    world.forget();
    let mut largest = r#"{"status":"queued"}"#.to_owned();
    largest.push_str(&" ".repeat(MAX_BODY_BYTES - largest.len()));
    world.status("r", 200, &largest);
    assert_eq!(world.heard()[0], "r status queued");
}

#[test]
fn refresh_asks_once_and_not_twice_at_a_time() {
    let mut world = World::following();
    world.input(Input::Refresh("r".to_owned()));
    world.input(Input::Refresh("r".to_owned()));
    world.input(Input::Refresh("nobody".to_owned()));
    assert_eq!(world.did(), ["status r"]);
    world.status("r", 200, r#"{"status":"in_progress","progress":50}"#);
    assert!(
        world
            .told()
            .contains(&r#"r update {"status":"in_progress","progress":50}"#.to_owned())
    );
    world.advance(10_000);
    assert_eq!(world.did(), [""; 0]);
}

#[test]
fn without_polling_a_question_that_failed_is_not_asked_again() {
    let mut world = World::live_with(World::quiet);
    world.subscribe("r");
    world.input(Input::Refresh("r".to_owned()));
    world.cut(Kind::Status);
    world.forget();
    world.advance(10_000);
    assert_eq!(world.did(), [""; 0]);
}

#[test]
fn refresh_of_a_research_that_has_ended_asks_nothing() {
    let mut world = World::following();
    world.receive(r#"42["progress_r",{"status":"completed"}]"#);
    world.forget();
    world.input(Input::Refresh("r".to_owned()));
    assert_eq!(world.did(), [""; 0]);
}

#[test]
fn counters_outlive_their_research() {
    let mut world = World::following();
    let line = r#"42["progress_r",{"log_entry":{"message":"m","time":"t","type":"INFO"}}]"#;
    let damaged = r#"42["progress_r",{"log_entry":5}]"#;
    world.receive(&format!("{line}|{line}|{damaged}"));
    world.unsubscribe("r");
    let stats = world.client.stats();
    assert_eq!((stats.lines, stats.duplicates, stats.refused), (1, 1, 1));
    world.subscribe("r");
    world.receive(line);
    world.close();
    let stats = world.client.stats();
    assert_eq!((stats.lines, stats.duplicates), (2, 1));
}

#[test]
fn an_id_that_is_larger_than_the_server_takes_is_refused_with_a_warning() {
    let mut world = World::new();
    world.max_payload = 100;
    world.connect();
    world.join();
    world.forget();
    world.subscribe(&"x".repeat(200));
    assert!(world.client.is_connected());
    assert_eq!(world.told().len(), 1);
}
