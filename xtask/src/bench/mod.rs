//! `cargo xtask bench`: what the core costs natively, and the package in a page beside socket.io-client.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::build;
use crate::environment::Environment;
use crate::process;
use crate::project::Project;
use crate::setup::{self, Part};
use crate::ui;

const NEEDS: [Part; 5] = [
    Part::WasmStd,
    Part::WasmBindgen,
    Part::Node,
    Part::Python,
    Part::Browsers,
];
const DEADLINE: Duration = Duration::from_secs(30 * 60);
/// Of each native benchmark with `--quick`: enough for a dozen samples.
const QUICK_SECONDS: &str = "1";

/// Runs all benches, also after one that failed. Says whether every one ran to its end.
pub(crate) fn run(project: &Project, quick: bool) -> Result<bool> {
    setup::ensure(project, &NEEDS)?;
    build::quietly(project)?;
    let native = measure("bench: native", &mut native(project, quick))?;
    let mut all = native;
    for (label, file) in [
        ("bench: page", "tests/bench/burst.mjs"),
        ("bench: backlog", "tests/bench/backlog.mjs"),
    ] {
        all &= measure(label, &mut page(project, file, quick)?)?;
    }
    Ok(all)
}

fn native(project: &Project, quick: bool) -> Command {
    let mut cargo = project.command("cargo");
    cargo.args(["bench", "--quiet", "--bench", "core"]);
    if quick {
        cargo.args(["--", "--max-time", QUICK_SECONDS]);
    }
    cargo
}

fn page(project: &Project, file: &str, quick: bool) -> Result<Command> {
    let mut node = Environment::of(project)?.command("node");
    node.arg("--test-reporter=./tests/bench/support/reporter.mjs")
        .arg(file);
    if quick {
        node.arg("--quick");
    }
    Ok(node)
}

fn measure(label: &str, command: &mut Command) -> Result<bool> {
    ui::say(label);
    let outcome = process::run(label, command, DEADLINE)?;
    println!("{}", outcome.output.trim_end());
    if !outcome.succeeded() {
        ui::say(format_args!("{label}: FAILED: {}", outcome.reason()));
    }
    Ok(outcome.succeeded())
}
