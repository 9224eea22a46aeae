//! The hand-written JavaScript as one readable module: a page without a bundler asks for it once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Work;
use super::wasm::GLUE;
use crate::environment::Environment;
use crate::process;
use crate::project::{Project, short_hash};

/// The module that a page imports, in pkg-template and in the package.
pub(crate) const ENTRY: &str = "index.js";
const BANNER: &str =
    "// research-socket, MIT OR Apache-2.0. index.d.ts says what all of it is for.";

/// Makes one module of those that are given by name, which are in pkg-template. The glue stays a
/// file of its own: bundlers and browsers find the WebAssembly module by where that file is.
pub(crate) fn bundle(
    project: &Project,
    work: &Work,
    modules: &BTreeMap<String, Vec<u8>>,
) -> Result<PathBuf> {
    let bundled = work.path("facade.js");
    let lock = std::fs::read(project.path("package-lock.json"))?;
    let key = short_hash(format!("{modules:?} {BANNER} {}", short_hash(&lock)).as_bytes());
    work.once("facade", &key, std::slice::from_ref(&bundled), || {
        let entry = project.path("pkg-template").join(ENTRY);
        let banner = format!("--banner:js={BANNER}");
        esbuild(project, &entry, &bundled, &["--charset=utf8", &banner])
    })?;
    Ok(bundled)
}

/// The facade of the package as an application's bundler leaves it.
pub(crate) fn minify(project: &Project, work: &Work) -> Result<PathBuf> {
    let minified = work.path("facade.min.js");
    let entry = project.path("pkg").join(ENTRY);
    let smallest = ["--minify", "--legal-comments=none"];
    esbuild(project, &entry, &minified, &smallest)?;
    Ok(minified)
}

fn esbuild(project: &Project, entry: &Path, to: &Path, options: &[&str]) -> Result<()> {
    let mut esbuild = Environment::of(project)?.command("esbuild");
    // The comments that name the modules are relative to where it runs.
    if let Some(folder) = entry.parent() {
        esbuild.current_dir(folder);
    }
    esbuild
        .arg(entry)
        .args(["--bundle", "--format=esm", "--target=es2022"])
        .arg("--log-level=warning")
        .arg(format!("--external:./{GLUE}"))
        .args(options)
        .arg(format!("--outfile={}", to.display()));
    process::run_or_fail("build: esbuild", &mut esbuild)?;
    Ok(())
}
