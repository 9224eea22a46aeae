//! The demo page, built and served by the mock server, which then takes this process's place.

use std::os::unix::process::CommandExt as _;

use anyhow::{Context as _, Result};

use crate::build;
use crate::environment::Environment;
use crate::process;
use crate::project::Project;
use crate::ui;

/// `cargo xtask demo`. Returns only if the server cannot be started.
pub(crate) fn run(project: &Project, port: u16) -> Result<()> {
    build::quietly(project)?;
    build_server(project)?;
    ui::say("demo: starting the server; Ctrl-C ends it");
    let environment = Environment::of(project)?;
    let mut server = environment.command(project.path("target/debug/mock-server"));
    server.args(["--www", "www", "--pkg", "pkg", "--port", &port.to_string()]);
    // One process instead of two: Ctrl-C and every other signal reach the server itself.
    let error = server.exec();
    Err(error).context("cannot start the mock server")
}

/// Builds the mock server where the demo and the page tests expect it.
pub(crate) fn build_server(project: &Project) -> Result<()> {
    let mut cargo = project.command("cargo");
    cargo
        .args(["build", "--package", "mock-server", "--target-dir"])
        .arg(project.path("target"));
    process::run_or_fail("mock server", &mut cargo)?;
    Ok(())
}
