//! The npm packages of the checkout, each set with a package-lock.json of its own.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::node_version::{self, Version};
use crate::process;
use crate::project::Project;

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

/// Whether they are installed, and Node is one that they run with.
pub(crate) fn is_ready(project: &Project, set: Packages) -> Result<bool> {
    Ok(check_node(project, set).is_ok() && is_installed(project, set)?)
}

fn is_installed(project: &Project, set: Packages) -> Result<bool> {
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
    check_node(project, set)?;
    let mut command = project.command("npm");
    command.current_dir(project.path(set.folder));
    command.args(["ci", "--prefer-offline", "--no-audit", "--no-fund"]);
    process::run_or_fail("npm packages", &mut command)?;
    Ok(())
}

/// Fails unless the Node on PATH is one that the set's package.json asks for.
fn check_node(project: &Project, set: Packages) -> Result<()> {
    let path = set.path(project, "package.json");
    let manifest: Value = serde_json::from_str(&fs::read_to_string(&path)?)
        .with_context(|| format!("{} is not JSON", path.display()))?;
    let wanted = manifest
        .pointer("/engines/node")
        .and_then(Value::as_str)
        .with_context(|| format!("no engines.node in {}", path.display()))?;
    let told = process::query(project.command("node").arg("--version"));
    let found = told.as_deref().map(str::trim);
    let fits = node_version::fits(found.and_then(Version::parse), wanted)
        .with_context(|| format!("engines.node in {}", path.display()))?;
    if !fits {
        let found = found.map_or_else(|| "no `node`".to_owned(), |found| format!("Node {found}"));
        bail!(
            "{found} is on PATH, and {wanted} is needed. Install the current LTS release of Node, \
             with npm: https://nodejs.org/en/download"
        );
    }
    Ok(())
}

fn packages(lock: &str) -> Option<serde_json::Map<String, Value>> {
    let lock: Value = serde_json::from_str(lock).ok()?;
    lock.get("packages")?.as_object().cloned()
}
