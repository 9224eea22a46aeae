//! The hand-written JavaScript as one module for each entry point of the package: a page without a bundler asks for it once.
//! Those for `require()` stay readable: no page loads them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::glue::GLUE;
use super::minified;
use super::script::SCRIPT;
use super::wasm::{Module, WASM};
use super::{Mode, Work};
use crate::environment::Environment;
use crate::process;
use crate::project::{Project, short_hash};

/// The module that a page imports, in pkg-template and in the package.
pub(crate) const ENTRY: &str = "index.js";
/// The entry point that has glue and module within it.
const INLINE: &str = "inline.js";
/// What entry points import only where it is needed: files beside them, which bundlers find by their names. For `require()` it is within.
const PARTS: [&str; 9] = [
    ELEMENT,
    "element/groups.js",
    "element/log-tools.js",
    "element/page-mark.js",
    "element/steps.js",
    "element/strip.js",
    "element/timeline.js",
    "element/words-de.js",
    "element/wrap.js",
];
/// What [`super::compat`] loads where its tag asks for the element, with the element in it.
pub(crate) const ELEMENT: &str = "compat-element.js";
/// What an entry point expects the page to have.
const PEERS: [&str; 2] = ["react", "vue"];
const BANNER: &str =
    "// research-socket, MIT OR Apache-2.0. The .d.ts beside it says what all of it is for.";

/// The modules that the package's `exports` name.
pub(crate) fn entries(manifest: &[u8]) -> Result<BTreeSet<String>> {
    let manifest: Value =
        serde_json::from_slice(manifest).context("pkg-template/package.json is not JSON")?;
    let exports = manifest.get("exports").and_then(Value::as_object);
    Ok(exports
        .into_iter()
        .flatten()
        .filter_map(|(_, target)| target.get("default")?.as_str()?.strip_prefix("./"))
        .filter(|name| name.ends_with(".js"))
        .map(str::to_owned)
        .collect())
}

/// How the module for `require()` is made, which is for runners of tests: bundlers take the other one. In it there is no
/// `import.meta`, and reading it would be no syntax.
const IN_COMMON: [&str; 2] = ["--format=cjs", "--define:import.meta.url=undefined"];

/// Makes one module of those that an entry point imports; all are in pkg-template. Other entry points stay files of their
/// own, so that a page that imports two of them has one client and not two. So does the glue: bundlers and browsers find
/// the WebAssembly module by where that file is.
pub(crate) fn bundle(
    project: &Project,
    work: &Work,
    modules: &BTreeMap<String, Vec<u8>>,
    entries: &BTreeSet<String>,
    module: &Module,
    mode: Mode,
) -> Result<BTreeMap<String, PathBuf>> {
    let in_common: BTreeMap<_, _> = entries
        .iter()
        .filter(|name| *name != INLINE)
        .map(|name| (name.replace(".js", ".cjs"), name))
        .collect();
    let parts: BTreeMap<_, _> = part_names().zip(PARTS).collect();
    let bundled: BTreeMap<_, _> = entries
        .iter()
        .chain(in_common.keys())
        .chain(parts.keys())
        .map(|name| (name.clone(), work.path(&format!("facade/{name}"))))
        .collect();
    let lock = std::fs::read(project.path("package-lock.json"))?;
    let generated = [&module.glue, &module.wasm].map(std::fs::read);
    let [glue, wasm] = generated.map(|bytes| bytes.map(|bytes| short_hash(&bytes)));
    let key = short_hash(
        format!(
            "{modules:?} {entries:?} {PARTS:?} {BANNER} {IN_COMMON:?} {mode:?} {} {} {} {}",
            minified::KEY,
            short_hash(&lock),
            glue?,
            wasm?
        )
        .as_bytes(),
    );
    let mut files = bundled.clone();
    if mode == Mode::Release {
        let mapped = entries
            .iter()
            .chain(parts.keys())
            .filter_map(|name| bundled.get_key_value(name));
        files.extend(mapped.map(|(name, path)| (format!("{name}.map"), minified::map_of(path))));
    }
    let results: Vec<_> = files.values().cloned().collect();
    work.once("facade", &key, &results, || {
        let banner = format!("--banner:js={BANNER}");
        for (name, to) in &bundled {
            let entry = in_common.get(name).copied();
            let mut options = vec!["--charset=utf8".to_owned(), banner.clone()];
            options.extend(PEERS.iter().map(|peer| format!("--external:{peer}")));
            let others = entries
                .iter()
                .filter(|other| *other != entry.unwrap_or(name));
            options.extend(others.map(|other| format!("--external:./{other}")));
            options.push(format!("--external:./{SCRIPT}"));
            let folder = if name == INLINE {
                options.push("--loader:.wasm=base64".to_owned());
                beside_module(work, modules, module)?
            } else if entry.is_some() {
                options.extend(IN_COMMON.map(str::to_owned));
                beside_module(work, modules, module)?
            } else {
                options.push(format!("--external:./{GLUE}"));
                options.extend(parts.keys().map(|part| format!("--external:./{part}")));
                project.path("pkg-template")
            };
            let small = mode == Mode::Release && entry.is_none();
            if small {
                options.extend(minified::OPTIONS.map(str::to_owned));
            }
            let source = entry.map(String::as_str);
            let source = source.or(parts.get(name).copied()).unwrap_or(name);
            esbuild(project, &folder.join(source), to, &options)?;
            if entry.is_some() {
                require_each_other(to, entries)?;
            }
            if small {
                minified::finish(to, &folder)?;
            }
        }
        Ok(())
    })?;
    Ok(files)
}

/// How the files of the package are called that entry points load when they need them.
pub(crate) fn part_names() -> impl Iterator<Item = String> {
    PARTS.iter().map(|path| {
        let (_, name) = path.rsplit_once('/').unwrap_or(("", path));
        name.to_owned()
    })
}

/// What an entry point requires of the package's others is for `require()` as well.
fn require_each_other(script: &Path, entries: &BTreeSet<String>) -> Result<()> {
    let mut text = std::fs::read_to_string(script)?;
    for entry in entries {
        let other = entry.replace(".js", ".cjs");
        text = text.replace(
            &format!("require(\"./{entry}\")"),
            &format!("require(\"./{other}\")"),
        );
    }
    std::fs::write(script, text)?;
    Ok(())
}

/// A folder with the hand-written modules and the generated files that they import.
fn beside_module(
    work: &Work,
    modules: &BTreeMap<String, Vec<u8>>,
    module: &Module,
) -> Result<PathBuf> {
    let folder = work.path("inline");
    std::fs::create_dir_all(&folder)?;
    for (name, content) in modules {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(&folder))?;
        std::fs::write(path, content)?;
    }
    std::fs::copy(&module.glue, folder.join(GLUE))?;
    std::fs::copy(&module.wasm, folder.join(WASM))?;
    Ok(folder)
}

fn esbuild(project: &Project, entry: &Path, to: &Path, options: &[String]) -> Result<()> {
    let mut esbuild = Environment::of(project)?.command("esbuild");
    // The comments that name the modules are relative to where it runs.
    if let Some(folder) = entry.parent() {
        esbuild.current_dir(folder);
    }
    esbuild
        .arg(entry)
        .args(["--bundle", "--format=esm", "--target=es2022"])
        .arg("--log-level=warning")
        // What they say once more counts.
        .args(options)
        .arg(format!("--outfile={}", to.display()));
    process::run_or_fail("build: esbuild", &mut esbuild)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exports_name_the_entry_points() {
        let manifest = br#"{"exports": {
            ".": {"types": "./index.d.ts", "default": "./index.js"},
            "./react": {"types": "./react.d.ts", "default": "./react.js"},
            "./package.json": "./package.json"
        }}"#;
        let expected = BTreeSet::from(["index.js".to_owned(), "react.js".to_owned()]);
        assert_eq!(entries(manifest).unwrap(), expected);
    }
}
