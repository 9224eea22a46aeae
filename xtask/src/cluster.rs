//! `cargo xtask cluster`: several workers with Redis behind a real balancer, to look at, or for tables of faults, of a storm and of costs.

use std::os::unix::process::CommandExt as _;

use anyhow::{Context as _, Result};

use crate::build;
use crate::environment::Environment;
use crate::process;
use crate::project::Project;
use crate::setup::{self, Part};

const NEEDS: [Part; 9] = [
    Part::WasmStd,
    Part::StdSource,
    Part::WasmBindgen,
    Part::Node,
    Part::Python,
    Part::Browsers,
    Part::Nginx,
    Part::Haproxy,
    Part::Redis,
];

/// It uses what tests use, for which Node reports on stdout otherwise.
const MEASURE: [&str; 3] = [
    "--test-reporter=spec",
    "--test-reporter-destination=stderr",
    "tests/cluster/measure.mjs",
];

/// Which cluster, and what for.
#[derive(Debug)]
pub(crate) struct Options<'a> {
    pub(crate) proxy: Option<&'a str>,
    pub(crate) kind: Option<&'a str>,
    pub(crate) what: What,
}

/// What a cluster is started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// To look at.
    Look,
    /// All faults, as a table.
    Table,
    /// Many clients whose workers are killed, as a table.
    Storm,
    /// What pages cost to serve, as a table.
    Cost,
}

/// Returns only if it cannot be started.
pub(crate) fn run(project: &Project, options: &Options<'_>) -> Result<()> {
    setup::ensure(project, &NEEDS)?;
    build::quietly(project)?;
    if matches!(options.what, What::Storm | What::Cost) {
        build_load(project)?;
    }
    let mut node = Environment::of(project)?.command("node");
    match options.what {
        What::Look => node.arg("tests/cluster/start.mjs"),
        What::Table => node.args(["--test-reporter=spec", "tests/cluster/table.mjs"]),
        What::Storm => node.args(MEASURE).arg("storm"),
        What::Cost => node.args(MEASURE).arg("cost"),
    };
    for (name, value) in [("--proxy", options.proxy), ("--kind", options.kind)] {
        if let Some(value) = value {
            node.args([name, value]);
        }
    }
    // One process instead of two: its terminal, Ctrl-C and every other signal are Node's.
    let error = node.exec();
    Err(error).context("cannot start Node")
}

/// Builds the native clients where what runs in Node expects them.
pub(crate) fn build_load(project: &Project) -> Result<()> {
    let mut cargo = project.command("cargo");
    cargo
        .args(["build", "--examples", "--target-dir"])
        .arg(project.path("target"));
    process::run_or_fail("native clients", &mut cargo)?;
    Ok(())
}
