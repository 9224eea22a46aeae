//! Schedules of tabs that share a connection: those that failed once, and new ones.

use sim::tabs::{self, Carriage, Happening, TabsPlan, TabsSetup};
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

/// Twelve tabs that all follow one research, and what happens to them.
fn of_twelve(happenings: impl IntoIterator<Item = (u64, Happening)>) -> String {
    let follow = |tab| (1_000, Happening::Follow(tab, 0));
    let setup = TabsSetup {
        tabs: 12,
        locks: true,
        two_versions: false,
        loss: 0,
        late: 0,
        latency: 20,
        newest: false,
        persons: false,
        carriage: Carriage::Polling,
        questions: false,
        ping_interval: 25_000,
        ping_timeout: 20_000,
    };
    let plan = TabsPlan {
        seed: 5,
        setup,
        steps: (0..12).map(follow).chain(happenings).collect(),
    };
    let (result, story) = tabs::tell(&plan);
    assert_eq!(result.err(), None);
    story
}

/// How often something was asked for between two times, in milliseconds.
fn asked(story: &str, path: &str, from: u64, to: u64) -> usize {
    let lines = story.lines().filter(|line| {
        let at = line.split(' ').next().and_then(|word| word.parse().ok());
        at.is_some_and(|at: u64| (from..to).contains(&at))
    });
    lines.map(|line| line.matches(path).count()).sum()
}

#[test]
fn after_a_change_of_leader_the_stored_log_is_not_asked_for_by_each_tab() {
    let story = of_twelve([
        (2_000, Happening::Lines(0, 5)),
        (10_000, Happening::Close(0)),
        (30_000, Happening::Open(0)),
    ]);
    let logs = asked(&story, "/research/r0/logs", 10_000, 30_000);
    assert!((2..=6).contains(&logs), "{logs} times");
}

#[test]
fn one_tab_asks_the_server_to_store_what_all_have_heard() {
    let lines = (0..15).map(|times| (20_000 + 1_000 * times, Happening::Lines(0, 40)));
    // Nobody looks at them, so that none asks to see whether it is still shown.
    let unseen = (0..12).map(|tab| (15_000, Happening::See(tab, false)));
    let story = of_twelve(unseen.chain(lines).chain([(40_000, Happening::Open(0))]));
    let statuses = asked(&story, "/research/r0/status", 20_000, 40_000);
    assert!((2..=4).contains(&statuses), "{statuses} times");
}
