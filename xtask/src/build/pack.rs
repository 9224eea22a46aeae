//! Whether npm would publish exactly the files of `pkg/`, every entry point is one of them, and readers would find where they are from.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::Work;
use crate::process;
use crate::project::{Project, short_hash};

pub(crate) fn check(project: &Project, work: &Work, files: &[String]) -> Result<()> {
    let package = project.path("pkg");
    let manifest = fs::read_to_string(package.join("package.json"))?;
    let key = short_hash(format!("{manifest}\n{}", files.join("\n")).as_bytes());
    work.once("npm pack --dry-run", &key, &[], || {
        let manifest: Value = serde_json::from_str(&manifest)?;
        check_entry_points(&manifest, files)?;
        let mut npm = project.command("npm");
        npm.current_dir(&package).args([
            "pack",
            "--dry-run",
            "--json",
            "--ignore-scripts",
            "--loglevel=error",
        ]);
        let output = process::run_or_fail("build: npm pack", &mut npm)?;
        check_list(&packed(&output)?, files)
    })
}

/// What only whoever publishes the package can fill in, and has not yet. npm proves by `repository` where a package was built.
pub(crate) fn unnamed(manifest: &Value) -> Vec<&'static str> {
    let is_address = |value: &Value| {
        let url = value.get("url").unwrap_or(value);
        url.as_str().is_some_and(|url| !url.is_empty())
    };
    let fields = ["repository", "homepage", "bugs"];
    let missing = fields
        .into_iter()
        .filter(|field| !manifest.get(field).is_some_and(is_address));
    missing.collect()
}

fn packed(output: &str) -> Result<BTreeSet<String>> {
    let report: Value = serde_json::from_str(output)
        .with_context(|| format!("`npm pack` did not print JSON only:\n{output}"))?;
    // Older versions print a list of packages, newer ones an object with a key for each.
    let package = match &report {
        Value::Array(packages) => packages.first(),
        Value::Object(packages) => packages.values().next(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    };
    let files = package
        .and_then(|package| package.get("files")?.as_array())
        .context("`npm pack` printed no list of files")?;
    Ok(files
        .iter()
        .filter_map(|file| Some(file.get("path")?.as_str()?.to_owned()))
        .collect())
}

fn check_list(packed: &BTreeSet<String>, files: &[String]) -> Result<()> {
    let expected: BTreeSet<String> = files.iter().cloned().collect();
    let left_out: Vec<_> = expected.difference(packed).map(String::as_str).collect();
    let extra: Vec<_> = packed.difference(&expected).map(String::as_str).collect();
    if !left_out.is_empty() {
        bail!(
            "npm would leave out {}: add it to \"files\" in pkg-template/package.json",
            left_out.join(", ")
        );
    }
    if !extra.is_empty() {
        bail!(
            "npm would also publish {}: remove it from pkg/",
            extra.join(", ")
        );
    }
    Ok(())
}

fn check_entry_points(manifest: &Value, files: &[String]) -> Result<()> {
    let mut targets = Vec::new();
    for key in ["main", "module", "types", "exports"] {
        collect_strings(manifest.get(key).unwrap_or(&Value::Null), &mut targets);
    }
    if targets.is_empty() {
        bail!("pkg-template/package.json has no \"exports\"");
    }
    for target in targets {
        let name = target.strip_prefix("./").unwrap_or(&target);
        if !name.contains('*') && !files.iter().any(|file| file == name) {
            bail!("pkg-template/package.json points to {target}, which is not in the package");
        }
    }
    Ok(())
}

fn collect_strings(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect_strings(item, found)),
        Value::Object(fields) => fields
            .values()
            .for_each(|item| collect_strings(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entry_point_without_a_file_is_refused() {
        let manifest = json!({"exports": {".": {"types": "./index.d.ts", "default": "./gone.js"}}});
        let error = check_entry_points(&manifest, &["index.d.ts".to_owned()]).unwrap_err();
        assert!(error.to_string().contains("./gone.js"));
    }

    #[test]
    fn reads_both_shapes_of_the_report() {
        let files = json!({"files": [{"path": "index.js"}]});
        let expected = BTreeSet::from(["index.js".to_owned()]);
        assert_eq!(packed(&json!([files]).to_string()).unwrap(), expected);
        assert_eq!(
            packed(&json!({"research-socket": files}).to_string()).unwrap(),
            expected
        );
    }

    #[test]
    fn names_the_addresses_that_a_published_package_lacks() {
        let repository = json!({"type": "git", "url": "git+https://host.example/owner/name.git"});
        let manifest = json!({"repository": repository, "homepage": "", "name": "x"});
        assert_eq!(unnamed(&manifest), ["homepage", "bugs"]);
        let bugs = json!({"url": "https://host.example/issues"});
        let manifest =
            json!({"repository": repository, "homepage": "https://host.example", "bugs": bugs});
        assert!(unnamed(&manifest).is_empty());
    }

    #[test]
    fn names_the_file_that_npm_leaves_out() {
        let error = check_list(&BTreeSet::new(), &["index.js".to_owned()]).unwrap_err();
        assert!(error.to_string().contains("index.js"));
    }
}
