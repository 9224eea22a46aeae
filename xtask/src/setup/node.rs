//! The npm packages of the checkout, each set with a package-lock.json of its own.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::process;
use crate::project::Project;

/// Node 20 is the oldest that the tests are run with.
const OLDEST_NODE: u32 = 20;

/// What the whole checkout uses: browsers' remote control, bundler, wasm-opt, test servers.
pub(crate) const TOOLS: Packages = Packages { folder: "." };
/// What only the package's consumers and its API reference use: large, and of no use to a build.
pub(crate) const CONSUMERS: Packages = Packages {
    folder: "tests/package",
};

/// The npm packages of one package-lock.json.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packages {
    folder: &'static str,
}

impl Packages {
    fn path(self, project: &Project, name: &str) -> PathBuf {
        project.path(self.folder).join(name)
    }
}

pub(crate) fn is_ready(project: &Project, set: Packages) -> Result<bool> {
    let path = set.path(project, "package-lock.json");
    if !path.exists() {
        return Ok(true);
    }
    let wanted = packages(&fs::read_to_string(&path)?).context("package-lock.json")?;
    // npm writes this file last: what it lists is there.
    let Ok(installed) = fs::read_to_string(set.path(project, "node_modules/.package-lock.json"))
    else {
        return Ok(false);
    };
    let Some(installed) = packages(&installed) else {
        return Ok(false);
    };
    Ok(wanted.iter().all(|(name, package)| {
        let same = |there: &Value| there.get("version") == package.get("version");
        // An optional package is for another kind of machine, or it would be there.
        name.is_empty()
            || package.get("optional").is_some()
            || package.get("link").is_some()
            || installed.get(name).is_some_and(same)
    }))
}

pub(crate) fn install(project: &Project, set: Packages) -> Result<()> {
    let version = process::query(project.command("node").arg("--version"));
    let major: Option<u32> = version.as_deref().and_then(|text| {
        text.trim()
            .trim_start_matches('v')
            .split('.')
            .next()?
            .parse()
            .ok()
    });
    match major {
        Some(major) if major >= OLDEST_NODE => {}
        Some(major) => bail!("Node {major} is too old: install Node {OLDEST_NODE} or newer"),
        None => bail!("there is no `node` on PATH: install Node {OLDEST_NODE} or newer, with npm"),
    }
    let mut command = project.command("npm");
    command.current_dir(project.path(set.folder));
    command.args(["ci", "--prefer-offline", "--no-audit", "--no-fund"]);
    process::run_or_fail("npm packages", &mut command)?;
    Ok(())
}

fn packages(lock: &str) -> Option<serde_json::Map<String, Value>> {
    let lock: Value = serde_json::from_str(lock).ok()?;
    lock.get("packages")?.as_object().cloned()
}
