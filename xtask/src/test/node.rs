//! The tests that Node runs: the package's JavaScript alone, and whole pages in browsers.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};

use super::counts::Counts;
use super::{Context, Report};
use crate::build;
use crate::demo;
use crate::process;

/// Where the tests are that need neither a built package nor a browser.
const FACADE: &str = "tests/facade";
/// Where the package is tried as its users have it.
const CONSUMERS: &str = "tests/package";

/// Where the pages are that run against real servers.
const PAGES: &str = "tests/page";
/// Those of them that are not run with the core as JavaScript. Two ask nothing of the core, and one of these is about what
/// the doctor finds, to which a policy that forbids WebAssembly belongs. `slow-handler` times each task of a page, of which
/// JavaScript's first ones take longer, until the browser has compiled what they run. What goes to servers of other origins
/// (`refusals` too), evaluates text (`surroundings`) or starts workers is forbidden by the policy of that step; `loader` tries both
/// cores under policies of its own.
const NOT_AS_SCRIPT: [&str; 9] = [
    "demo.test.mjs",
    "loader.test.mjs",
    "origins.test.mjs",
    "redirects.test.mjs",
    "refusals.test.mjs",
    "servers.test.mjs",
    "slow-handler.test.mjs",
    "surroundings.test.mjs",
    "worker.test.mjs",
];

/// Those that measure how long a page is busy, and so have the machine for themselves.
const ALONE: [&str; 1] = ["slow-handler.test.mjs"];
/// How many files with pages run at once: most of their time they wait for an outage to be over.
const PAGES_AT_ONCE: u32 = 4;

const FACADE_DEADLINE: Duration = Duration::from_secs(5 * 60);
const PACKAGE_DEADLINE: Duration = Duration::from_secs(15 * 60);
const PAGE_DEADLINE: Duration = Duration::from_secs(25 * 60);

pub(super) fn facade(context: &Context) -> Result<Report> {
    let files = test_files(&context.project.path(FACADE))?;
    suite(context, "facade", &files, 1, FACADE_DEADLINE)
}

/// Installs the package's tarball as its users do, with their tools.
pub(super) fn package(context: &Context) -> Result<Report> {
    build::quietly(&context.project)?;
    demo::build_server(&context.project)?;
    let files = test_files(&context.project.path(CONSUMERS))?;
    suite(context, "package", &files, 1, PACKAGE_DEADLINE)
}

/// Runs every `*.test.mjs` below `tests/` that no other step runs.
pub(super) fn page(context: &Context) -> Result<Report> {
    build::quietly(&context.project)?;
    demo::build_server(&context.project)?;
    let others = [FACADE, CONSUMERS].map(|folder| context.project.path(folder));
    let mut files = test_files(&context.project.path("tests"))?;
    files.retain(|path| !others.iter().any(|folder| path.starts_with(folder)));
    let alone: Vec<_> = files
        .extract_if(.., |path| ALONE.iter().any(|name| path.ends_with(name)))
        .collect();
    let measured = suite(context, "page", &alone, 1, PAGE_DEADLINE)?;
    let others = suite(context, "page", &files, PAGES_AT_ONCE, PAGE_DEADLINE)?;
    Ok(measured.and(others))
}

/// The pages alone, where they run the core as JavaScript. What sets the policy of its pages itself, as all in folders
/// does, is left to [`page`].
pub(super) fn page_js(context: &Context) -> Result<Report> {
    build::quietly(&context.project)?;
    demo::build_server(&context.project)?;
    let pages = context.project.path(PAGES);
    let mut files = test_files(&pages)?;
    files.retain(|path| {
        path.parent() == Some(&pages) && !NOT_AS_SCRIPT.iter().any(|name| path.ends_with(name))
    });
    suite(context, "page-js", &files, PAGES_AT_ONCE, PAGE_DEADLINE)
}

fn suite(
    context: &Context,
    label: &str,
    files: &[PathBuf],
    at_once: u32,
    deadline: Duration,
) -> Result<Report> {
    if files.is_empty() {
        bail!("{label}: there is no *.test.mjs to run");
    }
    let summary = context.scratch.join(format!("{label}.tap"));
    let mut node = context.environment.command("node");
    node.arg("--test")
        .arg(format!("--test-concurrency={at_once}"))
        // The first report is for people, the second for counting.
        .args(["--test-reporter=spec", "--test-reporter-destination=stdout"])
        .arg("--test-reporter=tap")
        .arg(format!("--test-reporter-destination={}", summary.display()))
        .args(files)
        .env("TMPDIR", &context.scratch)
        .env(
            "RESEARCH_SOCKET_RUNTIME",
            if label == "page-js" { "js" } else { "wasm" },
        );
    let outcome = process::run(label, &mut node, deadline)?;
    let counts = Counts::of_tap(&fs::read_to_string(&summary).unwrap_or_default());
    Ok(Report::suite(&outcome, counts))
}

fn test_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    files.sort();
    Ok(files)
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
