//! What the server refuses is tried again by itself as long as the page is there: connection, subscription,
//! status and stored log.

use research_socket::config::Config;
use research_socket::http::{Answer, Credentials, RequestError};
use research_socket::persistence::{MAX_WAIT_MS, UNKNOWN_MS, UNSEEN_WAIT_MS};
use research_socket::research::Input;
use research_socket::socket::FIRST_PROBE_MS;

use crate::words::{self, Kind};
use crate::world::{RUNS, World, network_error, response};

const NOT_YOU: &str = r#"42["subscribe_error",{"error":"Not authorized","research_id":"r"}]"#;
const MINUTE: u64 = 60_000;

type Change<'c> = &'c mut dyn FnMut(&mut Config);

/// Something that a server refuses: how a client comes to ask for it, what the question looks like among
/// the requests, the answer that refuses it, and the one that does not.
struct Case {
    name: &'static str,
    make: fn(Change<'_>) -> World,
    question: &'static str,
    refuse: fn(&mut World),
    grant: fn(&mut World),
}

/// Keeps the connection alive until then, and grants what is asked besides what a case is about.
fn pass(world: &mut World, millis: u64, question: &str) {
    let end = world.now + millis;
    while world.now < end && !is_asked(world, question) {
        world.advance(1_000.min(end - world.now));
        if world.client.is_connected() && world.is_asked(Kind::Poll) && world.now % 5_000 < 1_000 {
            world.receive("2");
        }
        while world.is_asked(Kind::Post) && !is_asked(world, question) {
            world.accept();
        }
    }
}

fn is_asked(world: &World, question: &str) -> bool {
    world
        .in_flight
        .values()
        .any(|request| words::request(request).contains(question))
}

const CASES: [Case; 4] = [
    Case {
        name: "connection",
        make: |change| {
            let mut world = World::with(change);
            world.connect();
            world
        },
        question: "handshake",
        refuse: |world| world.answer(Kind::Handshake, 403, ""),
        grant: World::join,
    },
    // Over a session that serves another one: what is refused alone may be for the session (signed_out.rs).
    Case {
        name: "subscription",
        make: |change| {
            let mut world = World::live_with(|config| {
                config.fallback = None;
                config.reconnection_attempts = None;
                change(config);
            });
            world.subscribe("granted");
            world.accept();
            world.forget();
            world.subscribe("r");
            world
        },
        question: r#"["subscribe_to_research",{"research_id":"r"}]"#,
        refuse: |world| {
            world.accept_all();
            world.receive(NOT_YOU);
        },
        grant: |world| {
            world.accept();
            world.advance(3_000);
        },
    },
    Case {
        name: "status",
        make: |change| {
            let mut world = World::live_with(change);
            world.subscribe("r");
            world.accept();
            world
        },
        question: "status r",
        refuse: |world| world.status("r", 401, ""),
        grant: |world| world.status("r", 200, RUNS),
    },
    Case {
        name: "log",
        make: |change| {
            let mut world = World::live_with(|config| {
                config.history = true;
                change(config);
            });
            world.subscribe("r");
            world.accept();
            world.status("r", 200, RUNS);
            world
        },
        question: "log r",
        refuse: |world| world.answer(Kind::Log, 200, "<html>Sign in</html>"),
        grant: |world| world.answer(Kind::Log, 200, "[]"),
    },
];

/// How long until it is asked for again.
fn wait(world: &mut World, question: &str) -> u64 {
    let start = world.now;
    pass(world, 20 * MINUTE, question);
    assert!(is_asked(world, question), "{question} is not asked again");
    world.now - start
}

#[test]
fn what_is_refused_is_tried_again_after_5_s_then_less_often_and_at_least_every_30_s() {
    for case in CASES {
        let mut world = (case.make)(&mut |_| {});
        let waits: Vec<u64> = (0..8)
            .map(|_| {
                (case.refuse)(&mut world);
                wait(&mut world, case.question)
            })
            .collect();
        let name = case.name;
        assert_eq!(waits[0], 5_000, "{name}: {waits:?}");
        assert!(waits[1] > 5_000 && waits[1] <= 16_000, "{name}: {waits:?}");
        assert!(
            waits.iter().all(|wait| *wait <= MAX_WAIT_MS),
            "{name}: {waits:?}"
        );
        assert_eq!(waits[5..], [MAX_WAIT_MS; 3], "{name}: {waits:?}");
    }
}

#[test]
fn what_is_granted_again_is_as_if_nothing_had_been() {
    for case in CASES {
        let name = case.name;
        let mut world = (case.make)(&mut |_| {});
        for _ in 0..3 {
            (case.refuse)(&mut world);
            wait(&mut world, case.question);
        }
        (case.grant)(&mut world);
        assert_eq!(world.state(), "connected", "{name}");
        world.did();
        world.told();
        pass(&mut world, 40_000, "nothing");
        let did = world.did().join(" ");
        assert!(
            !did.contains("subscribe") && !did.contains("handshake"),
            "{name}: {did}"
        );
        assert!(!did.contains("ask"), "{name}: {did}");
    }
}

#[test]
fn while_nobody_looks_it_is_tried_every_five_minutes_and_soon_when_somebody_does() {
    for case in CASES {
        let name = case.name;
        let mut world = (case.make)(&mut |_| {});
        world.input(Input::Unseen);
        for _ in 0..3 {
            (case.refuse)(&mut world);
            assert_eq!(wait(&mut world, case.question), UNSEEN_WAIT_MS, "{name}");
        }
        (case.refuse)(&mut world);
        // What was refused a moment ago is not asked because somebody looks, what was long ago is.
        world.input(Input::Visible);
        assert!(!is_asked(&world, case.question), "{name}");
        world.input(Input::Unseen);
        pass(&mut world, MINUTE, case.question);
        assert!(!is_asked(&world, case.question), "{name}");
        world.input(Input::Visible);
        assert!(is_asked(&world, case.question), "{name}");
    }
}

#[test]
fn whoever_hides_and_shows_the_page_again_and_again_makes_no_storm() {
    for case in CASES {
        let mut world = (case.make)(&mut |_| {});
        let mut asked = 0;
        for _ in 0..10 * 60 {
            for input in [Input::Unseen, Input::Visible, Input::Online(true)] {
                world.input(input);
            }
            if is_asked(&world, case.question) {
                asked += 1;
                (case.refuse)(&mut world);
            }
            pass(&mut world, 1_000, case.question);
        }
        // In ten minutes: every 30 s, and those before.
        assert!((20..=24).contains(&asked), "{}: {asked}", case.name);
    }
}

#[test]
fn a_page_that_is_left_and_restored_again_and_again_makes_no_storm() {
    let mut world = World::with(|config| config.fallback = None);
    world.connect();
    let mut asked = 0;
    for round in 0..10 * 60 {
        if world.is_asked(Kind::Handshake) {
            asked += 1;
            // Some are cut off before their answer.
            if round % 3 > 0 {
                world.answer(Kind::Handshake, 401, "");
                assert!(world.state().ends_with("UNAUTHORIZED"), "{}", world.state());
            }
        }
        world.input(Input::Hidden);
        world.advance(500);
        world.input(Input::Visible);
        world.advance(500);
    }
    assert!((20..=26).contains(&asked), "{asked}");
    world.advance(MAX_WAIT_MS);
    if !world.is_asked(Kind::Handshake) {
        assert!(world.state().ends_with("UNAUTHORIZED"), "{}", world.state());
    }
}

#[test]
fn a_page_that_is_not_persistent_tries_nothing_again_before_it_is_seen() {
    for case in CASES {
        let name = case.name;
        let mut world = (case.make)(&mut |config| config.persistent = false);
        (case.refuse)(&mut world);
        pass(&mut world, 20 * MINUTE, case.question);
        assert!(!is_asked(&world, case.question), "{name}");
        if name == "connection" {
            assert_eq!(world.state(), "stopped UNAUTHORIZED");
        }
        world.input(Input::Visible);
        assert!(is_asked(&world, case.question), "{name}");
    }
}

#[test]
fn who_connects_does_not_wait() {
    for case in CASES {
        let mut world = (case.make)(&mut |_| {});
        (case.refuse)(&mut world);
        assert!(!is_asked(&world, case.question));
        world.connect();
        assert!(is_asked(&world, case.question), "{}", case.name);
    }
}

#[test]
fn the_state_tells_why_and_when_the_connection_is_tried_again() {
    let mut world = World::new();
    world.connect();
    world.answer(Kind::Handshake, 401, "");
    assert_eq!(world.state(), "reconnecting 0 in 5000 UNAUTHORIZED");
    world.input(Input::Unseen);
    assert_eq!(world.state(), "reconnecting 0 in 300000 UNAUTHORIZED");
    world.input(Input::Visible);
    assert_eq!(world.wait(), 5_000);
    assert_eq!(world.state(), "reconnecting 0 UNAUTHORIZED");
    world.answer(Kind::Handshake, 404, "");
    let state = world.state();
    let delay = state.strip_prefix("reconnecting 0 in ").unwrap();
    let delay: u64 = delay.strip_suffix(" NOT_FOUND").unwrap().parse().unwrap();
    assert_eq!(world.wait(), delay);
    world.join();
    assert_eq!(world.state(), "connected");
    let heard = world.heard();
    assert_eq!(
        heard,
        [
            "connect_error UNAUTHORIZED",
            "connect_error NOT_FOUND",
            "reconnect 0",
            "connect n"
        ]
    );
}

#[test]
fn whatever_refuses_the_connection_is_tried_again() {
    for answer in [
        response(401, ""),
        response(403, "<html>Just a moment"),
        response(404, "404 page not found"),
        response(200, "<html>Sign in"),
        Answer::Failed(RequestError::Redirected),
    ] {
        let mut world = World::with(|config| config.fallback = None);
        world.connect();
        world.answer_with(Kind::Handshake, answer.clone());
        assert_eq!(world.wait(), 5_000, "{answer:?}");
        world.join();
        // In the middle of a session too.
        for kind in [Kind::Poll, Kind::Post] {
            world.advance(MAX_WAIT_MS / 2);
            world.receive("2");
            world.answer_with(kind, answer.clone());
            pass(&mut world, MAX_WAIT_MS, "handshake");
            world.join();
        }
    }
}

#[test]
fn without_reconnection_a_refusal_is_the_end() {
    let mut world = World::with(|config| config.reconnection = false);
    world.connect();
    world.answer(Kind::Handshake, 401, "");
    assert_eq!(world.state(), "stopped UNAUTHORIZED");
    world.advance(20 * MINUTE);
    assert!(!world.is_asked(Kind::Handshake));
}

/// The answer to the CONNECT of a client with these credentials.
fn refuse_namespace(world: &mut World) {
    world.open();
    world.accept();
    world.receive(r#"44{"message":"not now"}"#);
    world.accept_all();
}

#[test]
fn a_namespace_that_is_refused_to_a_page_that_gave_nothing_of_its_own_costs_attempts() {
    let mut world = World::with(|config| config.reconnection_attempts = Some(3));
    world.connect();
    for attempt in 1..=3 {
        world.forget();
        refuse_namespace(&mut world);
        assert!(
            world
                .state()
                .starts_with(&format!("reconnecting {attempt} in ")),
            "{}",
            world.state()
        );
        wait(&mut world, "handshake");
        assert_eq!(
            world.heard(),
            [
                "connect_error UNAUTHORIZED".to_owned(),
                format!("reconnect_attempt {attempt}")
            ]
        );
    }
    refuse_namespace(&mut world);
    assert_eq!(
        world.heard().last().unwrap(),
        "reconnect_failed UNAUTHORIZED"
    );
    for _ in 0..5 {
        assert!(wait(&mut world, "handshake") <= MAX_WAIT_MS);
        world.forget();
        refuse_namespace(&mut world);
        assert_eq!(world.heard(), ["connect_error UNAUTHORIZED"]);
    }
}

#[test]
fn a_namespace_that_is_refused_for_what_the_page_gave_costs_no_attempt() {
    let pair = vec![("token".to_owned(), "old".to_owned())];
    let given = [
        Credentials {
            auth: Some("{}".to_owned()),
            ..Credentials::default()
        },
        Credentials {
            headers: pair.clone(),
            ..Credentials::default()
        },
        Credentials {
            query: pair,
            ..Credentials::default()
        },
    ];
    for credentials in given {
        let mut world = World::new();
        world.credentials = Some(Ok(credentials));
        world.connect();
        for _ in 0..9 {
            refuse_namespace(&mut world);
            let state = world.state();
            assert!(state.starts_with("reconnecting 0 in "), "{state}");
            wait(&mut world, "handshake");
        }
        assert_eq!(world.client.stats().attempts, 0);
    }
    let mut world = World::with(|config| config.namespace = "/other".to_owned());
    world.connect();
    world.open();
    world.accept();
    world.receive(r#"44/other,{"message":"Invalid namespace"}"#);
    assert_eq!(world.state(), "reconnecting 0 in 5000 UNAUTHORIZED");
}

#[test]
fn a_research_that_is_unknown_for_ten_minutes_is_asked_about_every_five() {
    let mut world = (CASES[2].make)(&mut |_| {});
    let begin = world.now;
    let mut count = 0;
    while world.now - begin < UNKNOWN_MS {
        world.status("r", 404, "");
        assert!(wait(&mut world, "status r") <= MAX_WAIT_MS);
        count += 1;
    }
    assert!(count >= 20, "{count}");
    for _ in 0..3 {
        world.status("r", 404, "");
        assert_eq!(wait(&mut world, "status r"), UNSEEN_WAIT_MS);
    }
    // A sign-in is no such thing.
    world.status("r", 401, "");
    assert_eq!(wait(&mut world, "status r"), MAX_WAIT_MS);
}

#[test]
fn what_stays_refused_is_told_once() {
    let mut world = (CASES[2].make)(&mut |_| {});
    world.forget();
    for _ in 0..5 {
        world.status("r", 401, "");
        wait(&mut world, "status r");
    }
    let told = ["warning unauthorized r", "r refused unauthorized"];
    assert_eq!(world.heard(), told);
    world.status("r", 404, "");
    let told = ["warning not-found r", "r refused not-found"];
    assert_eq!(world.heard(), told);
    let mut world = (CASES[3].make)(&mut |_| {});
    world.forget();
    for _ in 0..5 {
        world.answer(Kind::Log, 403, "");
        wait(&mut world, "log r");
    }
    let told = [
        "warning unauthorized r",
        "r gap 0",
        "r refused unauthorized",
    ];
    assert_eq!(world.heard(), told);
    let mut world = (CASES[1].make)(&mut |_| {});
    for _ in 0..5 {
        (CASES[1].refuse)(&mut world);
        wait(&mut world, "subscribe_to_research");
    }
    let heard = world.heard();
    let failures = heard.iter().filter(|heard| heard.contains("failure"));
    assert_eq!(failures.count(), 1, "{heard:?}");
}

#[test]
fn a_status_that_is_refused_is_no_fallback() {
    let mut world = World::new();
    world.subscribe("r");
    world.connect();
    world.answer(Kind::Handshake, 401, "");
    assert_eq!(world.state(), "fallback 0 in 5000 UNAUTHORIZED");
    world.status("r", 401, "");
    assert_eq!(world.state(), "reconnecting 0 in 5000 UNAUTHORIZED");
    world.advance(5_000);
    world.status("r", 200, RUNS);
    assert_eq!(world.state(), "fallback 0 UNAUTHORIZED");
}

#[test]
fn the_page_is_asked_for_its_credentials_at_each_retry() {
    let header = |value: &str| ("Authorization".to_owned(), value.to_owned());
    for case in CASES.iter().filter(|case| case.name != "subscription") {
        let name = case.name;
        let mut world = (case.make)(&mut |_| {});
        for token in ["a", "b"] {
            (case.refuse)(&mut world);
            world.credentials = Some(Ok(Credentials {
                headers: vec![header(token)],
                ..Credentials::default()
            }));
            wait(&mut world, case.question);
            let asked = world.started.iter().rev();
            let asked = asked
                .clone()
                .find(|request| words::request(request).contains(case.question));
            assert_eq!(asked.unwrap().headers, [header(token)], "{name}");
        }
        // Who does not answer is not waited for longer than for any other attempt.
        if name != "connection" {
            world.credentials = None;
            (case.refuse)(&mut world);
            let waited = wait(&mut world, case.question);
            assert!(waited <= MAX_WAIT_MS + 20_000, "{name}: {waited}");
        }
    }
}

/// Ten researches, all refused in this way.
fn many(kind: Kind) -> World {
    let mut world = World::live_with(|config| config.history = kind == Kind::Log);
    for id in 0..10 {
        world.subscribe(&format!("r{id}"));
    }
    world.accept_all();
    for _ in 0..10 {
        let first = world.in_flight.values().map(words::kind);
        let first = first.filter(|kind| matches!(kind, Kind::Log | Kind::Status));
        match first.collect::<Vec<_>>()[..] {
            [Kind::Status] if kind == Kind::Status => world.answer(Kind::Status, 401, ""),
            [Kind::Status] => {
                world.answer(Kind::Status, 200, RUNS);
            }
            _ => break,
        }
    }
    while world.is_asked(Kind::Status) {
        world.answer(Kind::Status, 200, RUNS);
    }
    while kind == Kind::Log && world.is_asked(Kind::Log) {
        world.answer(Kind::Log, 401, "");
    }
    world
}

#[test]
fn many_researches_that_are_refused_are_asked_about_no_more_often_than_one() {
    for (kind, question) in [(Kind::Status, "status r"), (Kind::Log, "log r")] {
        let mut world = many(kind);
        let mut asked = Vec::new();
        for _ in 0..20 {
            // From the second on, whose wait is that of the tenth refusal.
            assert_eq!(wait(&mut world, question), MAX_WAIT_MS);
            asked.push(words::request(world.find(kind).unwrap()));
            world.answer(kind, 403, "");
        }
        // All in turn.
        let mut once: Vec<_> = asked[..10].to_vec();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), 10, "{asked:?}");
        // One that is granted again is a sign for all others, until the next refusal.
        let good = if kind == Kind::Log { "[]" } else { RUNS };
        wait(&mut world, question);
        for _ in 0..5 {
            assert!(world.is_asked(kind));
            world.answer(kind, 200, good);
        }
        world.answer(kind, 403, "");
        assert!(!world.is_asked(kind));
    }
}

#[test]
fn subscriptions_that_are_refused_are_sent_again_with_one_post() {
    let mut world = World::live_with(|config| config.fallback = None);
    world.subscribe("granted");
    world.accept();
    let refusals: Vec<String> = (0..40)
        .map(|id| NOT_YOU.replace("\"r\"", &format!("\"r{id}\"")))
        .collect();
    for id in 0..40 {
        world.subscribe(&format!("r{id}"));
    }
    world.accept_all();
    world.receive(&refusals.join("|"));
    let mut sent = Vec::new();
    for _ in 0..3 {
        wait(&mut world, "subscribe_to_research");
        let post = words::request(world.find(Kind::Post).unwrap());
        sent.extend(
            post.split('|')
                .filter_map(|packet| packet.split('"').nth(5).map(String::from)),
        );
        world.accept();
        assert!(!is_asked(&world, "subscribe_to_research"));
        assert!(
            !world.is_asked(Kind::Status),
            "before it is known to be granted"
        );
        world.receive(&refusals.join("|"));
    }
    let count = sent.len();
    assert_eq!(count, 3 * 16);
    sent.sort();
    sent.dedup();
    assert_eq!(sent.len(), 40, "all in turn");
}

#[test]
fn a_connection_that_is_made_again_and_again_asks_no_more_often() {
    for case in CASES.iter().filter(|case| case.name != "connection") {
        let name = case.name;
        let mut world = (case.make)(&mut |_| {});
        let mut asked = 1;
        (case.refuse)(&mut world);
        for _ in 0..60 {
            world.cut(Kind::Poll);
            pass(&mut world, 15_000, "handshake");
            world.join();
            pass(&mut world, 5_000, case.question);
            while world.is_asked(Kind::Status) && name != "status" {
                world.answer(Kind::Status, 200, RUNS);
            }
            if is_asked(&world, case.question) {
                asked += 1;
                (case.refuse)(&mut world);
            }
        }
        let most = 6 + (world.now - 1_000_000) / MAX_WAIT_MS;
        assert!(asked <= most, "{name}: {asked} of {most}");
        assert!(asked >= 5, "{name}: {asked}");
    }
}

#[test]
fn a_network_that_fails_in_between_changes_nothing() {
    for case in CASES.iter().filter(|case| case.name != "subscription") {
        let mut world = (case.make)(&mut |_| {});
        (case.refuse)(&mut world);
        wait(&mut world, case.question);
        let kind = match case.name {
            "connection" => Kind::Handshake,
            "status" => Kind::Status,
            _ => Kind::Log,
        };
        world.answer_with(kind, network_error());
        assert!(wait(&mut world, case.question) <= MAX_WAIT_MS);
        (case.refuse)(&mut world);
        assert!(wait(&mut world, case.question) > 5_000);
    }
}

#[test]
fn what_happened_while_a_subscription_was_refused_is_found_out() {
    let mut world = World::live_with(|config| config.history = true);
    world.subscribe("r");
    world.accept();
    world.status("r", 200, RUNS);
    world.answer(Kind::Log, 200, "[]");
    world.advance(3_000);
    world.answer(Kind::Log, 200, "[]");
    world.receive(NOT_YOU);
    wait(&mut world, "subscribe_to_research");
    world.accept();
    world.forget();
    world.advance(3_000);
    world.status("r", 200, r#"{"status":"completed"}"#);
    world.answer(
        Kind::Log,
        200,
        r#"[{"id":1,"message":"missed","timestamp":"Sat, 21 Nov 2026 20:45:09 GMT"}]"#,
    );
    let told = world.heard();
    assert_eq!(told[told.len() - 2..], ["r log missed", "r end completed"]);
}

#[test]
fn an_update_is_proof_that_a_subscription_is_granted_again() {
    let mut world = World::live();
    world.subscribe("r");
    world.accept();
    world.status("r", 200, RUNS);
    world.receive(NOT_YOU);
    world.status("r", 200, RUNS);
    wait(&mut world, "subscribe_to_research");
    world.accept();
    assert!(!world.is_asked(Kind::Status));
    world.receive(r#"42["progress_r",{"progress":7}]"#);
    world.status("r", 200, RUNS);
}

#[test]
fn a_refused_log_is_asked_for_again_after_the_end() {
    let mut world = (CASES[3].make)(&mut |_| {});
    world.answer(Kind::Log, 401, "");
    world.receive(r#"42["progress_r",{"status":"completed"}]"#);
    assert!(world.heard().iter().any(|heard| heard.contains("r end")));
    wait(&mut world, "log r");
    world.answer(
        Kind::Log,
        200,
        r#"[{"id":1,"message":"missed","timestamp":"Sat, 21 Nov 2026 20:45:09 GMT"}]"#,
    );
    assert_eq!(world.heard(), ["r log missed"]);
}

#[test]
fn a_refused_log_waits_no_longer_since_a_subscription_is_granted_after_the_end() {
    let mut world = World::live_with(|config| config.history = true);
    world.subscribe("r");
    world.accept();
    world.status("r", 200, RUNS);
    world.receive(NOT_YOU);
    wait(&mut world, "subscribe_to_research");
    world.accept();
    world.answer(Kind::Log, 401, "");
    world.input(Input::Refresh("r".to_owned()));
    world.status("r", 200, r#"{"status":"completed"}"#);
    assert!(world.heard().iter().any(|heard| heard.contains("r end")));
    // Three seconds later the subscription counts as granted.
    let waited = wait(&mut world, "log r");
    assert!(waited <= 5_000, "{waited} ms");
}

#[test]
fn without_fallback_the_server_is_looked_for_all_the_same() {
    let mut world = World::with(|config| {
        config.fallback = None;
        config.reconnection_attempts = Some(0);
    });
    world.connect();
    world.cut(Kind::Handshake);
    assert!(world.state().starts_with("reconnecting 0 in "));
    let waited = world.wait();
    assert!(waited <= FIRST_PROBE_MS, "{waited}");
    assert!(world.is_asked(Kind::Handshake));
}

#[test]
fn a_subscription_that_is_refused_is_tried_again_though_the_research_is_heard() {
    let mut world = World::live();
    world.subscribe("r");
    world.accept();
    world.status("r", 200, RUNS);
    world.receive(NOT_YOU);
    world.receive(r#"42["progress_r",{"progress":7}]"#);
    wait(&mut world, "subscribe_to_research");
}
