//! Puts the hand-written and the generated files together into `pkg/`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::compat;
use super::facade;
use super::glue::GLUE;
use super::script::SCRIPT;
use super::wasm::{Module, WASM};
use super::{Mode, Work};
use crate::project::Project;

/// Files that a person writes and that every package has.
const REQUIRED: [&str; 4] = ["README.md", "index.d.ts", facade::ENTRY, "package.json"];
const LICENSES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// Writes `pkg/` and returns the names of its files. A file that is as it should be is not touched,
/// so that a page that is being served from there sees no half-written one.
pub(crate) fn assemble(
    project: &Project,
    work: &Work,
    module: &Module,
    mode: Mode,
) -> Result<Vec<String>> {
    let mut files = BTreeMap::new();
    let template = project.path("pkg-template");
    collect(&template, &template, &mut files)?;
    for name in REQUIRED {
        if !files.contains_key(name) {
            bail!("pkg-template has no {name}: the package cannot do without it");
        }
    }
    let modules: BTreeMap<_, _> = files
        .extract_if(.., |name, _| name.ends_with(".js"))
        .collect();
    let entries = facade::entries(files.get("package.json").context("no package.json")?)?;
    for (name, bundled) in facade::bundle(project, work, &modules, &entries, module, mode)? {
        files.insert(name, read(&bundled)?);
    }
    let types: Vec<_> = files
        .iter()
        .filter_map(|(name, text)| Some((name.strip_suffix(".d.ts")?.to_owned(), text.clone())))
        .collect();
    for (name, text) in types {
        files.insert(format!("{name}.d.cts"), in_common(text)?);
    }
    for (name, bundled) in compat::bundle(project, work, &modules, module, mode)? {
        files.insert(name, read(&bundled)?);
    }
    for name in LICENSES {
        files.insert(name.to_owned(), read(&project.path(name))?);
    }
    files.insert(GLUE.to_owned(), read(&module.glue)?);
    files.insert(WASM.to_owned(), read(&module.wasm)?);
    files.insert(SCRIPT.to_owned(), read(&module.script)?);
    if let Some(manifest) = files.get_mut("package.json") {
        *manifest = with_version(manifest, env!("CARGO_PKG_VERSION"))?;
    }
    write(&project.path("pkg"), &files)?;
    Ok(files.into_keys().collect())
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else {
            let name = path.strip_prefix(root)?.to_string_lossy().into_owned();
            files.insert(name, read(&path)?);
        }
    }
    Ok(())
}

/// Types of what `require()` gets: the same, in files of the other kind.
fn in_common(types: Vec<u8>) -> Result<Vec<u8>> {
    let text = String::from_utf8(types).context("types are no UTF-8")?;
    let mut common = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        // Examples in comments import the package by its name.
        let (before, from) = line.split_once(" from \"./").unwrap_or((line, ""));
        common.push_str(before);
        if !from.is_empty() {
            common.push_str(" from \"./");
            common.push_str(&from.replace(".js\"", ".cjs\""));
        }
    }
    Ok(common.into_bytes())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

// The version is kept in one place, Cargo.toml.
fn with_version(manifest: &[u8], version: &str) -> Result<Vec<u8>> {
    let mut manifest: Value =
        serde_json::from_slice(manifest).context("pkg-template/package.json is not JSON")?;
    manifest
        .as_object_mut()
        .context("pkg-template/package.json is not an object")?
        .insert("version".to_owned(), Value::from(version));
    let mut text = serde_json::to_string_pretty(&manifest)?;
    text.push('\n');
    Ok(text.into_bytes())
}

fn write(package: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    remove_others(package, package, files)?;
    for (name, content) in files {
        let path = package.join(name);
        if fs::read(&path).is_ok_and(|there| there == *content) {
            continue;
        }
        let folder = path
            .parent()
            .context("a file of the package has no folder")?;
        fs::create_dir_all(folder)?;
        // Renamed into place, so that there is never half a file.
        let fresh = PathBuf::from(format!("{}.new", path.display()));
        fs::write(&fresh, content)?;
        fs::rename(&fresh, &path)?;
    }
    Ok(())
}

fn remove_others(root: &Path, folder: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry?.path();
        let name = path.strip_prefix(root)?.to_string_lossy().into_owned();
        if path.is_dir() {
            remove_others(root, &path, files)?;
        } else if !files.contains_key(&name) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_for_require_take_others_for_require() {
        let types =
            b"/** import { a } from \"x/b.js\" */\nexport type { A } from \"./a.js\";\nx;\n";
        let common = String::from_utf8(in_common(types.to_vec()).unwrap()).unwrap();
        let expected =
            "/** import { a } from \"x/b.js\" */\nexport type { A } from \"./a.cjs\";\nx;\n";
        assert_eq!(common, expected);
    }

    #[test]
    fn sets_the_version_and_keeps_the_order_of_the_rest() {
        let manifest = br#"{"name": "x", "version": "0.0.0", "exports": {"b": 1, "a": 2}}"#;
        let text = String::from_utf8(with_version(manifest, "1.2.3").unwrap()).unwrap();
        assert!(text.contains("\"version\": \"1.2.3\""));
        assert!(text.find("\"b\"") < text.find("\"a\""));
    }
}
