//! Whatever a client is doing: it is closed, hidden, shown again, put to sleep.

use research_socket::http::{Credentials, Method};
use research_socket::research::{CancelId, Input, ResearchId, StateName};
use research_socket::socket::{Acked, MOMENT_MS, PROBE_MS};

use crate::words::{self, Kind};
use crate::world::{World, network_error, throttled};

/// How long a closed client may still send.
const GOODBYE_MS: u64 = 2000;

/// A status question and a request to end a research may take so long.
const LONGEST_MS: u64 = 20_000;

type Make = fn() -> World;

/// Everything a client can be doing.
const STATES: [(&str, Make); 24] = [
    ("idle", World::new),
    ("asking", || {
        let mut world = World::new();
        world.credentials = None;
        world.connect();
        world
    }),
    ("opening", || {
        let mut world = World::new();
        world.connect();
        world
    }),
    ("joining, its CONNECT under way", || {
        let mut world = World::new();
        world.connect();
        world.open();
        world
    }),
    ("joining, its CONNECT taken", || {
        let mut world = World::new();
        world.connect();
        world.open();
        world.accept();
        world.receive(r#"42["early"]"#);
        world
    }),
    ("live", || {
        let mut world = World::live();
        world.listen("a", true);
        world
    }),
    ("live, a POST under way", || {
        let mut world = World::live();
        world.emit_with_ack(1, "a", Acked::WithoutTimeout);
        world
    }),
    ("live, events behind a POST", || {
        let mut world = World::live();
        (1..=40).for_each(|id| world.emit(id, "a"));
        world.emit_with_ack(41, "a", Acked::Within(9000));
        world
    }),
    ("live, its server silent", || {
        let mut world = World::live();
        world.sleep(26_000);
        world
    }),
    ("live, asked for a sign of life", || {
        let mut world = World::live();
        world.input(Input::Online(false));
        world
    }),
    ("live, its status asked for", || {
        let mut world = World::live();
        world.subscribe("r");
        world
    }),
    ("live, a research to be ended", || {
        let mut world = World::following();
        world.input(Input::Cancel {
            cancel: CancelId(1),
            research: ResearchId::from_text("r").unwrap(),
            csrf_token: None,
        });
        world
    }),
    ("waiting", || {
        let mut world = World::live();
        world.cut(Kind::Poll);
        world
    }),
    ("asked to wait", || {
        let mut world = World::new();
        world.connect();
        world.answer_with(Kind::Handshake, throttled(503, 60));
        world
    }),
    ("used up, and polling", || {
        let mut world = World::with(|config| config.reconnection_attempts = Some(0));
        world.subscribe("r");
        world.connect();
        world.cut(Kind::Handshake);
        world
    }),
    ("refused", || {
        let mut world = World::new();
        world.connect();
        world.answer(Kind::Handshake, 401, "");
        world
    }),
    ("offline", || {
        let mut world = World::following();
        world.input(Input::Online(false));
        world.cut(Kind::Poll);
        world
    }),
    ("offline, and looking", || {
        let mut world = World::following();
        world.input(Input::Online(false));
        world.cut(Kind::Poll);
        world.wait();
        world
    }),
    ("hidden", || {
        let mut world = World::following();
        world.input(Input::Hidden);
        world
    }),
    ("leaving", || {
        let mut world = World::following();
        world.input(Input::Leaving);
        world
    }),
    ("leaving, its poll ended", || {
        let mut world = World::following();
        world.input(Input::Leaving);
        world.cut(Kind::Poll);
        world
    }),
    ("leaving, its handshake ended", || {
        let mut world = World::new();
        world.connect();
        world.input(Input::Leaving);
        world.cut(Kind::Handshake);
        world
    }),
    ("stayed, a new session opening", || {
        let mut world = World::following();
        world.input(Input::Leaving);
        world.cut(Kind::Poll);
        world.advance(MOMENT_MS);
        world
    }),
    ("an old session's goodbye under way", || {
        let mut world = World::new();
        world.connect();
        world.open();
        world.receive("40");
        world
    }),
];

/// Each state, new.
fn states() -> impl Iterator<Item = (&'static str, World)> {
    STATES.iter().map(|(name, make)| {
        let mut world = make();
        world.forget();
        (*name, world)
    })
}

/// Tells the client everything that could move it.
fn stir(world: &mut World) {
    let lost: Vec<_> = world.started.iter().map(|request| request.id).collect();
    for input in [
        Input::Connect,
        Input::Leaving,
        Input::Visible,
        Input::Online(false),
        Input::Online(true),
        Input::Timeout,
        Input::Hidden,
        Input::Visible,
        Input::Close,
    ] {
        world.input(input);
    }
    for request in lost {
        if !world.in_flight.contains_key(&request) {
            let answer = network_error();
            world.input(Input::Answer { request, answer });
        }
    }
}

#[test]
fn a_client_can_be_closed() {
    for (name, mut world) in states() {
        world.close();
        assert_eq!(world.state(), "closed CLOSED", "{name}");
        let polls = |request: &&_| words::kind(request) == Kind::Poll;
        for request in world.in_flight.values().filter(|request| !polls(request)) {
            let is_last = request.keepalive || request.method == Method::Post;
            assert!(is_last, "{name}: {}", words::request(request));
        }
        let began = world.now;
        world.forget();
        stir(&mut world);
        while let Some(wait) = world.until_due() {
            world.advance(wait);
        }
        let limit = match name {
            "live, a research to be ended" => LONGEST_MS,
            _ => GOODBYE_MS,
        };
        assert!(world.now - began <= limit, "{name}");
        assert!(world.client.is_over(), "{name}");
        assert!(world.in_flight.is_empty(), "{name}");
        assert_eq!(world.told(), [""; 0], "{name}");
        world.sleep(3_600_000);
        stir(&mut world);
        assert_eq!(
            world
                .did()
                .iter()
                .filter(|did| !did.starts_with("abort"))
                .count(),
            0
        );
        assert_eq!(world.told(), [""; 0], "{name}");
    }
}

#[test]
fn a_goodbye_that_is_answered_is_over_at_once() {
    for (name, mut world) in states() {
        world.close();
        while let Some((&request, _)) = world.in_flight.iter().next() {
            let answer = crate::world::response(200, "ok");
            world.input(Input::Answer { request, answer });
        }
        assert_eq!(world.until_due(), None, "{name}");
        assert!(world.client.is_over(), "{name}");
    }
}

#[test]
fn a_page_that_goes_leaves_nothing_but_what_it_wanted_to_the_end() {
    for (name, mut world) in states() {
        let sessions: Vec<_> = world.in_flight.values().filter_map(words::sid).collect();
        world.input(Input::Hidden);
        for request in world.in_flight.values() {
            assert_eq!(words::kind(request), Kind::Terminate, "{name}");
        }
        for sid in sessions {
            let said = world.beacons.iter().any(|beacon| {
                let has_sid = beacon.query.iter().any(|field| field.1 == sid);
                has_sid && beacon.text.ends_with('1')
            });
            assert!(said, "{name}: no goodbye to {sid}");
        }
        let expected = if name == "idle" {
            "connecting"
        } else {
            "stopped ABORTED"
        };
        assert_eq!(world.state(), expected, "{name}");
        world.forget();
        world.advance(3_600_000);
        assert_eq!(
            world
                .did()
                .iter()
                .filter(|did| *did != "abort terminate r")
                .count(),
            0,
            "{name}"
        );
        assert_eq!(world.until_due(), None, "{name}");
    }
}

#[test]
fn a_page_that_is_hidden_and_shown_at_once_has_one_new_session() {
    for (name, mut world) in states().filter(|(name, _)| *name != "idle") {
        world.credentials = Some(Ok(Credentials::default()));
        world.input(Input::Hidden);
        // A server that refuses is not asked more often than it would be otherwise.
        world.advance(if name == "refused" { 5_000 } else { 0 });
        world.forget();
        for input in [Input::Visible, Input::Visible, Input::Online(true)] {
            world.input(input);
        }
        let mut did = world.did();
        // The status that was asked for is asked for again.
        did.retain(|did| did != "status r");
        assert_eq!(did, ["ask", "handshake"], "{name}");
        world.join();
        let told = world.heard();
        assert!(told.contains(&"connect n".to_owned()), "{name}: {told:?}");
        assert_eq!(world.client.stats().attempts, 0, "{name}");
    }
}

#[test]
fn the_words_for_a_page_that_goes_and_comes_back_are_in_order() {
    for (name, mut world) in states().filter(|(name, _)| *name != "idle") {
        world.credentials = Some(Ok(Credentials::default()));
        let was_live = world.client.is_connected();
        world.input(Input::Hidden);
        let lost = world.told();
        let disconnects = |told: &&String| told.starts_with("disconnect ");
        let count = lost.iter().filter(disconnects).count();
        assert_eq!(count, usize::from(was_live), "{name}: {lost:?}");
        if name != "hidden" {
            assert_eq!(lost[0], "state stopped ABORTED", "{name}: {lost:?}");
        }
        world.input(Input::Visible);
        assert_ne!(world.client.state().name, StateName::Stopped, "{name}");
    }
}

#[test]
fn whatever_sleeps_for_hours_finds_its_way_back() {
    for (name, mut world) in states() {
        if matches!(name, "idle" | "refused" | "hidden") {
            continue;
        }
        world.credentials = Some(Ok(Credentials::default()));
        world.sleep(8 * 3_600_000);
        world.forget();
        let began = world.now;
        let is_offline = world.state().starts_with("offline");
        let limit = if is_offline { PROBE_MS } else { 3000 };
        while !world.client.is_connected() {
            assert!(world.now - began <= limit, "{name}: {}", world.state());
            if world.is_asked(Kind::Handshake) {
                world.join();
            } else {
                world.wait();
            }
        }
    }
}

#[test]
fn where_a_client_stands_can_be_seen_from_outside() {
    let links = [
        "Idle Absent",
        "Asking Absent",
        "Opening Opening",
        "Joining Posting",
        "Joining Polling",
        "Live Polling",
        "Live Posting",
        "Live Posting",
        "Live Polling",
        "Live Posting",
        "Live Posting",
        "Live Polling",
        "Waiting Absent",
        "Waiting Absent",
        "UsedUp Absent",
        "Refused Absent",
        "Offline Absent",
        "Opening Opening",
        "Hidden Absent",
        "Live Polling",
        "Going Absent",
        "Going Absent",
        "Opening Opening",
        "Waiting Absent",
    ];
    for ((name, world), expected) in states().zip(links) {
        let stand = world.client.whereabouts();
        let words = format!("{:?} {:?}", stand.link, stand.session);
        assert_eq!(words, expected, "{name}");
    }
}
