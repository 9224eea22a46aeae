//! Many tabs of one browser on one server: a world beside that of pages, with schedules of its own.
//!
//! A string of bytes draws a [`TabsPlan`]; it is run, and after each step everything is checked that must always
//! hold of tabs that share a connection. Then everything is mended; then the leader freezes, and its successor
//! says goodbye.

mod browser;
mod check;
mod day;
mod plan;
mod questions;
mod tab;
mod wires;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::Report;
use crate::entropy::Entropy;
use crate::hunt;
use crate::rules::Violation;

pub use day::{Meter, day};
pub use plan::{Carriage, Happening, TabsPlan, TabsSetup};

/// Runs a plan.
///
/// # Errors
/// The first rule that is broken.
pub fn run(plan: &TabsPlan) -> Result<Report, Violation> {
    run_telling(plan, false).0
}

/// Runs a plan, and tells what went in and out of the tabs.
pub fn tell(plan: &TabsPlan) -> (Result<Report, Violation>, String) {
    run_telling(plan, true)
}

fn run_telling(plan: &TabsPlan, tells: bool) -> (Result<Report, Violation>, String) {
    let mut world = world::World::new(plan, tells);
    let result = world.act_out().and_then(|()| world.recover());
    let report = Report {
        steps: world.steps,
        simulated: world.now,
        reached: world.reached,
    };
    (result.map(|()| report), world.story)
}

/// Runs the plan that these bytes draw. A panic is a failure like any other.
///
/// # Errors
/// What went wrong, in words.
pub fn try_bytes(bytes: &[u8]) -> Result<Report, String> {
    let plan = TabsPlan::draw(&mut Entropy::from_bytes(bytes));
    match catch_unwind(AssertUnwindSafe(|| run(&plan))) {
        Ok(Ok(report)) => Ok(report),
        Ok(Err(violation)) => Err(hunt::words(&violation)),
        Err(panic) => Err(format!("a panic: {}", hunt::words_of_panic(panic.as_ref()))),
    }
}
