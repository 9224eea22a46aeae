//! The client and the mock server in one process, on one virtual clock, under simulated faults.
//!
//! Bytes draw a [`Plan`], a plan is run, and after each step everything is checked that must always
//! hold; then everything is mended, and every research must be live or ended in time. README.md
//! says how to run it and how to read a failure.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "each rule concerns a few of many kinds of input, event and trouble"
)]

mod act;
mod corners;
mod crowd;
mod draw;
mod entropy;
mod farewell;
mod flushes;
mod journal;
mod liveness;
mod network;
mod page;
mod plan;
pub mod reach;
mod receipts;
mod refusals;
mod rules;
mod slow;
mod story;
mod traffic;
mod websocket;
mod world;

pub mod hunt;
pub mod storm;
pub mod tabs;

pub use entropy::{Dice, Entropy, seeded_bytes};
pub use journal::Journal;
pub use plan::{
    Ack, Act, Ending, Fault, Job, Kind, ODD_BODIES, ODD_PACKETS, OddBody, PAGES, Plan, RESEARCHES,
    Release, Seems, Setup, Step, Trouble, Vouch,
};
pub use reach::Reached;
pub use rules::Violation;

/// What a schedule that kept all rules was like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Inputs of clients and server.
    pub steps: u64,
    /// Simulated milliseconds.
    pub simulated: u64,
    /// What happened in which state.
    pub reached: Reached,
}

/// Runs a plan.
///
/// # Errors
/// The first rule that is broken.
pub fn run(plan: &Plan) -> Result<Report, Violation> {
    run_with(plan, None).0
}

/// Runs a plan and keeps a record of what went in and out of the clients.
pub fn record(plan: &Plan) -> (Result<Report, Violation>, Journal) {
    let (result, journal) = run_with(plan, Some(Journal::default()));
    (result, journal.unwrap_or_default())
}

/// Plays the journal of a plan's run.
///
/// # Errors
/// What comes out differs, in words.
pub fn play(plan: &Plan, journal: &Journal) -> Result<(), String> {
    journal.play(&page::config_of(&plan.setup))
}

/// Runs a plan and tells everything that went in and out of the clients.
pub fn tell(plan: &Plan) -> (Result<Report, Violation>, String) {
    let (result, journal) = run_with(plan, Some(Journal::telling()));
    (result, journal.unwrap_or_default().story().to_owned())
}

fn run_with(plan: &Plan, journal: Option<Journal>) -> (Result<Report, Violation>, Option<Journal>) {
    let mut world = world::World::new(plan, journal);
    let result = world.act_out().and_then(|()| world.recover());
    let report = Report {
        steps: world.steps,
        simulated: world.now,
        reached: world.reached,
    };
    (result.map(|()| report), world.journal)
}
