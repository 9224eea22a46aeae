//! `cargo xtask sim`: schedules of client and mock server under simulated faults.

use anyhow::Result;

use crate::project::Project;

/// What the simulation is compiled with: see the profile in Cargo.toml.
const PROFILE: &str = "sim";

/// Runs the simulation with these options; says whether every schedule passed.
pub(crate) fn run(project: &Project, options: &[String]) -> Result<bool> {
    let mut cargo = project.command("cargo");
    cargo
        .args(["run", "--quiet", "--profile", PROFILE, "--package", "sim"])
        .arg("--")
        .args(options);
    // Its output is long, and wanted while it runs.
    Ok(cargo.status()?.success())
}
