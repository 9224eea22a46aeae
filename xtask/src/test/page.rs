//! The tests that Node runs: whole pages in browsers, real servers, the package as it is published.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};

use super::counts::Counts;
use super::{Context, Report};
use crate::build::{self, Mode};
use crate::demo;
use crate::process;

const DEADLINE: Duration = Duration::from_secs(25 * 60);

pub(super) fn run(context: &Context) -> Result<Report> {
    build::run(&context.project, Mode::Release)?;
    demo::build_server(&context.project)?;
    let mut files = Vec::new();
    collect(&context.project.path("tests"), &mut files)?;
    files.sort();
    if files.is_empty() {
        bail!("there is no tests/**/*.test.mjs");
    }
    let summary = context.scratch.join("page.tap");
    let mut node = context.environment.command("node");
    // The whole report is for people, the second one for counting.
    node.arg("--test")
        .args(["--test-reporter=spec", "--test-reporter-destination=stdout"])
        .arg("--test-reporter=tap")
        .arg(format!("--test-reporter-destination={}", summary.display()))
        .args(&files)
        .env("TMPDIR", &context.scratch);
    let outcome = process::run("page", &mut node, DEADLINE)?;
    let counts = Counts::of_tap(&fs::read_to_string(&summary).unwrap_or_default());
    Ok(Report::suite(&outcome, counts))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "node_modules") {
                collect(&path, files)?;
            }
        } else if path.to_string_lossy().ends_with(".test.mjs") {
            files.push(path);
        }
    }
    Ok(())
}
