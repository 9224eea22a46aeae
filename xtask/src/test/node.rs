//! The tests that Node runs: the package's JavaScript alone, and whole pages in browsers.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use super::counts::Counts;
use super::{Context, Report};
use crate::process;
use crate::project::Project;

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
/// cores under policies of its own. The element's have a research that says what they tell it, but for `followed`.
const NOT_AS_SCRIPT: [&str; 15] = [
    "demo.test.mjs",
    "early.test.mjs",
    "element/accessible.test.mjs",
    "element/browsers.test.mjs",
    "element/head.test.mjs",
    "element/hostile.test.mjs",
    "element/log.test.mjs",
    "loader.test.mjs",
    "origins.test.mjs",
    "redirects.test.mjs",
    "refusals.test.mjs",
    "servers.test.mjs",
    "slow-handler.test.mjs",
    "surroundings.test.mjs",
    "worker.test.mjs",
];

/// Those that take longest, with about how many seconds they do beside others on two processors: what a first run, which knows no
/// durations, begins with. One that is long and begins late is waited for by all of the machine.
const LONG: [(&str, u64); 26] = [
    ("bench/rows.test.mjs", 75),
    ("cluster/cluster.test.mjs", 170),
    ("compat/signed-out.test.mjs", 100),
    ("compat/websocket.test.mjs", 130),
    ("consumers.test.mjs", 270),
    ("cut-network.test.mjs", 150),
    ("demo.test.mjs", 300),
    ("doctor/browsers.test.mjs", 270),
    ("doctor/doctor.test.mjs", 170),
    ("downloads.test.mjs", 60),
    ("early.test.mjs", 70),
    ("element/accessible.test.mjs", 150),
    ("faults/faults.test.mjs", 60),
    ("flask-restart.test.mjs", 120),
    ("history.test.mjs", 50),
    ("hostile/browsers.test.mjs", 120),
    ("large-answers.test.mjs", 90),
    ("leaks.test.mjs", 70),
    ("leaving.test.mjs", 150),
    ("old-page/element.test.mjs", 230),
    ("old-page/opening.test.mjs", 80),
    ("sharing.test.mjs", 120),
    ("slow-handler.test.mjs", 85),
    ("socket-io-client.test.mjs", 130),
    ("types.test.mjs", 70),
    ("websocket.test.mjs", 145),
];
/// Each of the others.
const SHORT: u64 = 25;

const DEADLINE: Duration = Duration::from_secs(40 * 60);

pub(super) fn facade(context: &Context) -> Result<Report> {
    let files = test_files(&context.project.path(FACADE))?;
    suite(
        context,
        "facade",
        &["--test", "--test-concurrency=1"],
        &files,
        "wasm",
    )
}

/// The package's tarball, installed as its users do, with their tools.
pub(super) fn package(project: &Project) -> Result<Vec<PathBuf>> {
    test_files(&project.path(CONSUMERS))
}

/// Every `*.test.mjs` below `tests/` that no other step runs.
pub(super) fn page(project: &Project) -> Result<Vec<PathBuf>> {
    let others = [FACADE, CONSUMERS].map(|folder| project.path(folder));
    let mut files = test_files(&project.path("tests"))?;
    files.retain(|path| !others.iter().any(|folder| path.starts_with(folder)));
    Ok(files)
}

/// The pages alone, where they run the core as JavaScript. What sets the policy of its pages itself, as all in folders
/// does, is left to [`page`].
pub(super) fn page_js(project: &Project) -> Result<Vec<PathBuf>> {
    let pages = project.path(PAGES);
    let mut files = test_files(&pages)?;
    files.retain(|path| {
        path.parent() == Some(&pages) && !NOT_AS_SCRIPT.iter().any(|name| path.ends_with(name))
    });
    Ok(files)
}

/// Runs one file of a step, with the package as it is published.
pub(super) fn file(context: &Context, step: &str, name: &str, file: &Path) -> Result<Report> {
    context.build_package()?;
    let runtime = if step == "page-js" { "js" } else { "wasm" };
    suite(context, name, &[], &[file.to_owned()], runtime)
}

/// How long a file takes of which nothing is known.
pub(super) fn guess(file: &Path) -> Duration {
    // The longer name of two that fit: `websocket` is the end of `compat/websocket` too.
    let long = LONG.iter().filter(|(name, _)| file.ends_with(name));
    let seconds = long.max_by_key(|(name, _)| name.len());
    Duration::from_secs(seconds.map_or(SHORT, |(_, seconds)| *seconds))
}

/// `doctor/browsers` for `tests/page/doctor/browsers.test.mjs`.
pub(super) fn short_name(project: &Project, file: &Path) -> String {
    let folder = [PAGES, CONSUMERS, "tests"]
        .iter()
        .find_map(|folder| file.strip_prefix(project.path(folder)).ok());
    let name = folder.unwrap_or(file).display().to_string();
    name.trim_end_matches(".test.mjs").to_owned()
}

fn suite(
    context: &Context,
    name: &str,
    options: &[&str],
    files: &[PathBuf],
    runtime: &str,
) -> Result<Report> {
    let scratch = context.scratch_of(name)?;
    let summary = scratch.join("summary.tap");
    let mut node = context.environment.command("node");
    node.args(options)
        // The first report is for people, the second for counting.
        .args(["--test-reporter=spec", "--test-reporter-destination=stdout"])
        .arg("--test-reporter=tap")
        .arg(format!("--test-reporter-destination={}", summary.display()))
        .args(files)
        .env("TMPDIR", &scratch)
        .env("RESEARCH_SOCKET_RUNTIME", runtime);
    let outcome = process::run(name, &mut node, DEADLINE)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_a_file_is_known_of_no_other_with_the_same_end() {
        let seconds = |name: &str| guess(&Path::new(PAGES).join(name)).as_secs();
        assert_eq!(seconds("websocket.test.mjs"), 145);
        assert_eq!(seconds("compat/websocket.test.mjs"), 130);
        assert_eq!(seconds("trap.test.mjs"), SHORT);
    }

    #[test]
    fn each_file_that_is_said_to_be_long_is_there() {
        let project = Project::locate().unwrap();
        let files = test_files(&project.path("tests")).unwrap();
        for (name, _) in LONG {
            assert!(files.iter().any(|file| file.ends_with(name)), "{name}");
        }
    }
}
