//! `cargo xtask cluster`: several workers with Redis behind a real balancer, to look at, or for a table of all faults.

use std::os::unix::process::CommandExt as _;

use anyhow::{Context as _, Result};

use crate::build;
use crate::environment::Environment;
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

/// Which cluster, and what for.
#[derive(Debug)]
pub(crate) struct Options<'a> {
    pub(crate) proxy: Option<&'a str>,
    pub(crate) kind: Option<&'a str>,
    /// Whether all faults are tried, and a table is printed.
    pub(crate) table: bool,
}

/// Returns only if it cannot be started.
pub(crate) fn run(project: &Project, options: &Options<'_>) -> Result<()> {
    setup::ensure(project, &NEEDS)?;
    build::quietly(project)?;
    let mut node = Environment::of(project)?.command("node");
    match options.table {
        true => node.args(["--test-reporter=spec", "tests/cluster/table.mjs"]),
        false => node.arg("tests/cluster/start.mjs"),
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
