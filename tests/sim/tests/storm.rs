//! A small share of `cargo xtask storm`: what many clients do to a server that restarts.

use sim::storm::{self, Demand, LIVE_WITHIN, Outcome, PEAK, Storm, Strategy};

fn outcome(strategy: Strategy, clients: u32, shared: bool) -> Outcome {
    let storm = Storm {
        clients,
        shared,
        strategy,
        closes: false,
        ping_interval: 5_000,
        seed: 1,
    };
    storm::run(storm, Demand::of(storm).capacity(storm.clients))
}

#[test]
fn clients_that_lost_their_server_are_all_back_and_at_no_time_ask_more_than_twice_as_much_as_in_the_mean()
 {
    for shared in [false, true] {
        let outcome = outcome(Strategy::Default, 500, shared);
        assert_eq!(outcome.missed(), [""; 0], "shared: {shared}");
        let last = outcome.live.last();
        assert_eq!(last, Some(&500), "all stay: {:?}", outcome.live);
    }
}

/// So few requests keep sessions alive here that there is less room for more: attempts that meet a 503 keep each other from getting
/// through, for good where they come too often.
#[test]
fn clients_that_keep_a_server_busy_with_their_return_come_back_in_the_end() {
    let storm = Storm {
        clients: 300,
        shared: false,
        strategy: Strategy::Default,
        closes: false,
        ping_interval: 25_000,
        seed: 1,
    };
    let outcome = storm::run(storm, Demand::of(storm).capacity(storm.clients));
    assert!(outcome.refused > 300, "{outcome:?}");
    assert_eq!(outcome.live.last(), Some(&300), "{outcome:?}");
}

/// A full queue looks like a network that fails then: nothing but that connections are taken up and dropped tells of it.
#[test]
fn clients_whose_busy_server_closes_connections_are_all_back_within_a_minute() {
    let storm = Storm {
        clients: 300,
        shared: false,
        strategy: Strategy::Default,
        closes: true,
        ping_interval: 25_000,
        seed: 1,
    };
    let outcome = storm::run(storm, Demand::of(storm).capacity(storm.clients));
    let refused: u32 = outcome.tally.values().map(|count| count.refused).sum();
    assert_eq!((refused > 300, refused), (true, outcome.refused));
    assert_eq!(outcome.missed(), [""; 0], "{outcome:?}");
    assert_eq!(outcome.live.last(), Some(&300), "{outcome:?}");
}

#[test]
fn clients_that_come_all_at_once_and_again_each_second_are_seen_to_miss_the_aims() {
    assert_ne!(outcome(Strategy::Steady, 200, false).missed(), [""; 0]);
}

#[test]
fn equal_seeds_give_equal_storms() {
    let storm = Storm {
        clients: 40,
        shared: false,
        strategy: Strategy::Default,
        closes: false,
        ping_interval: 5_000,
        seed: 7,
    };
    let capacity = Demand::of(storm).capacity(storm.clients);
    assert_eq!(storm::run(storm, capacity), storm::run(storm, capacity));
    let other = Storm { seed: 8, ..storm };
    assert_ne!(storm::run(storm, capacity), storm::run(other, capacity));
}

#[test]
fn the_aims_are_those_of_the_guide() {
    let outcome = Outcome {
        clients: 1,
        asked: vec![9, 9, 10, 40],
        returns_in: 2,
        all: Some(2_000),
        ..Outcome::default()
    };
    // 25 in the mean, and what came before the return does not count.
    assert_eq!((outcome.peak(), outcome.mean()), (40, 25.0));
    assert_eq!(outcome.missed(), [""; 0]);
    let high = Outcome {
        asked: vec![0, 0, 0, 40],
        ..outcome.clone()
    };
    assert!(40.0 <= PEAK * high.mean());
    let higher = Outcome {
        asked: vec![0, 0, 0, 0, 40],
        all: Some(3_000),
        ..outcome.clone()
    };
    assert_eq!(higher.missed().len(), 1);
    let late = Outcome {
        all: Some(LIVE_WITHIN + 1),
        ..outcome
    };
    assert_eq!(late.missed().len(), 1);
}
