//! `cargo xtask sim`: schedules of client and mock server under simulated faults.

use std::process::Command;

use anyhow::Result;

use crate::project::Project;

/// What the simulation is compiled with: see the profile in Cargo.toml.
const PROFILE: &str = "sim";

/// How many new schedules every test run has: half a minute on two cores.
const BOUNDED_SEEDS: &str = "150000";

/// How many of tabs: each is up to twelve tabs through ten minutes.
const TABS_SEEDS: &str = "500";

/// How many of pages that use a WebSocket.
const WEBSOCKET_SEEDS: &str = "50000";

/// Runs the simulation with these options; says whether every schedule passed.
pub(crate) fn run(project: &Project, options: &[String]) -> Result<bool> {
    let binary = match options {
        [only] if only == "--day" => "day",
        _ => "sim",
    };
    let mut cargo = command(project, binary);
    if binary == "sim" {
        cargo.args(options);
    }
    // Its output is long, and wanted while it runs.
    Ok(cargo.status()?.success())
}

/// The schedules that are kept and a fixed number of new ones, with what the first of them reach.
pub(crate) fn bounded(project: &Project) -> Command {
    let mut cargo = command(project, "sim");
    cargo.args(["--kept", "--reach", "--seeds", BOUNDED_SEEDS]);
    cargo
}

/// Schedules of tabs that share a connection.
pub(crate) fn tabs(project: &Project) -> Command {
    let mut cargo = command(project, "sim");
    cargo.args(["--tabs", "--seeds", TABS_SEEDS]);
    cargo
}

/// Schedules of pages that use a WebSocket.
pub(crate) fn websocket(project: &Project) -> Command {
    let mut cargo = command(project, "sim");
    cargo.args(["--websocket", "--seeds", WEBSOCKET_SEEDS]);
    cargo
}

/// The virtual day.
pub(crate) fn day(project: &Project) -> Command {
    command(project, "day")
}

/// One of its programs, with its own options to come.
pub(crate) fn command(project: &Project, binary: &str) -> Command {
    let mut cargo = project.command("cargo");
    cargo.args(["run", "--quiet", "--locked", "--profile", PROFILE]);
    cargo.args(["--package", "sim", "--bin", binary, "--"]);
    cargo
}
