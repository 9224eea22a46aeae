//! `cargo xtask doc`: the reference of the package's types and the guides, as pages to look at or to put on a site, and as one document
//! of tables that is kept in the checkout.

mod tables;

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::process;
use crate::project::Project;
use crate::setup::{self, Part};
use crate::ui;

/// Where the pages are left.
const PAGES: &str = "target/reference";
/// Where typedoc writes what it knows.
const MODEL: &str = "target/reference.json";
/// The tables, which README leads to.
const TABLES: &str = "docs/reference.md";

pub(crate) fn run(project: &Project) -> Result<()> {
    setup::ensure(project, &[Part::Consumers])?;
    process::run_or_fail("doc: typedoc", &mut command(project)?)?;
    let path = project.path(TABLES);
    fs::write(&path, tables(project)?)
        .with_context(|| format!("cannot write {}", path.display()))?;
    ui::say(format_args!(
        "doc: {}",
        project.path(PAGES).join("index.html").display()
    ));
    Ok(())
}

/// Whether the tables in the checkout are those that the types would make now, once [`command`] has run.
pub(crate) fn check_tables(project: &Project) -> Result<()> {
    let path = project.path(TABLES);
    let kept = fs::read_to_string(&path).with_context(|| format!("no {}", path.display()))?;
    if kept != tables(project)? {
        bail!(
            "{TABLES} does not say what the types say: run `cargo xtask doc`, and commit what it writes"
        );
    }
    Ok(())
}

fn tables(project: &Project) -> Result<String> {
    let path = project.path(MODEL);
    let model = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let model = serde_json::from_slice(&model).context("typedoc has written no JSON")?;
    tables::document(&model)
}

/// What makes the pages, and fails at a warning: a name or a link that leads nowhere, something that is not described.
pub(crate) fn command(project: &Project) -> Result<Command> {
    let path = project.path("pkg-template/package.json");
    let manifest = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut typedoc = project.command(project.path("tests/package/node_modules/.bin/typedoc"));
    typedoc.args([
        "--options",
        "docs/typedoc.json",
        "--out",
        PAGES,
        "--json",
        MODEL,
    ]);
    for declarations in declarations(&manifest)? {
        let entry = format!("pkg-template/{declarations}");
        typedoc.args(["--entryPoints", &entry]);
    }
    Ok(typedoc)
}

// The declarations that the package's `exports` name.
fn declarations(manifest: &[u8]) -> Result<BTreeSet<String>> {
    let manifest: Value =
        serde_json::from_slice(manifest).context("pkg-template/package.json is not JSON")?;
    let exports = manifest.get("exports").and_then(Value::as_object);
    let targets = exports.into_iter().flatten().map(|(_, target)| target);
    Ok(targets
        .filter_map(|target| target.get("types")?.as_str()?.strip_prefix("./"))
        .map(str::to_owned)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_points_with_the_same_types_are_described_once() {
        let manifest = br#"{"exports": {
            ".": {"types": "./index.d.ts", "default": "./index.js"},
            "./inline": {"types": "./index.d.ts", "default": "./inline.js"},
            "./react": {"types": "./react.d.ts", "default": "./react.js"},
            "./package.json": "./package.json"
        }}"#;
        let expected = BTreeSet::from(["index.d.ts".to_owned(), "react.d.ts".to_owned()]);
        assert_eq!(declarations(manifest).unwrap(), expected);
    }
}
