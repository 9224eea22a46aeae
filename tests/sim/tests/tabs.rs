//! Schedules of tabs that share a connection: those that failed once, and new ones.

use sim::tabs::{self, TabsPlan};
use sim::{Entropy, seeded_bytes};

/// How many new schedules are run here; `cargo xtask sim --tabs` runs as many as one likes.
const NEW: u64 = 25;

/// What each of these has shown.
const KEPT: [(u64, &str); 6] = [
    (
        20,
        "a tab that had yet to get the lock forgot what its own page followed",
    ),
    (
        21,
        "a tab that went on alone went on calling those that had used its connection",
    ),
    (
        158,
        "a tie undid what the lock had decided, and a third tab led",
    ),
    (
        1073,
        "an ack of another tab came to the page of one that had gone on alone",
    ),
    (1509, "each link that lost something lost the next: a storm"),
    (
        1633,
        "a lost subscription was not noticed, since nothing came after it",
    ),
];

#[test]
fn every_kept_schedule_of_tabs_passes() {
    for (seed, why) in KEPT {
        let outcome = tabs::try_bytes(&seeded_bytes(seed));
        assert_eq!(outcome.err(), None, "{seed}: {why}");
    }
}

#[test]
fn new_schedules_of_tabs_pass() {
    for seed in 0..NEW {
        let outcome = tabs::try_bytes(&seeded_bytes(seed));
        let words = outcome.err();
        assert_eq!(
            words, None,
            "cargo xtask sim --tabs --seed {seed} --minimise"
        );
    }
}

#[test]
fn two_runs_of_one_plan_of_tabs_are_equal() {
    for seed in [3, 7] {
        let plan = TabsPlan::draw(&mut Entropy::from_bytes(&seeded_bytes(seed)));
        assert!(tabs::tell(&plan) == tabs::tell(&plan), "seed {seed}");
    }
}
