//! A copy of what the simulation is built of.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::project::Project;

/// All that `cargo build --package sim` reads. The workspace names benches and xtask.
const PARTS: [&str; 7] = [
    "Cargo.lock",
    "Cargo.toml",
    "benches",
    "src",
    "tests/mock-server",
    "tests/sim",
    "xtask",
];

/// The copy. It has the checkout's files whenever no fault is planted in it.
#[derive(Debug)]
pub(super) struct Checkout {
    root: PathBuf,
}

impl Checkout {
    /// Makes the copy, or brings it up to date. A file that is equal is not touched, so that Cargo
    /// need not compile it again.
    pub(super) fn update(project: &Project, root: PathBuf) -> Result<Self> {
        let copy = Self { root };
        let mut wanted = BTreeSet::new();
        let mut there = BTreeSet::new();
        for part in PARTS {
            list(project.root(), Path::new(part), &mut wanted)?;
            if copy.root.join(part).exists() {
                list(&copy.root, Path::new(part), &mut there)?;
            }
        }
        for file in there.difference(&wanted) {
            let path = copy.root.join(file);
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
        for file in &wanted {
            copy.copy(project, file)?;
        }
        Ok(copy)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// What these files of the copy are now.
    pub(super) fn read(&self, files: &[String]) -> Result<Vec<(PathBuf, Vec<u8>)>> {
        files
            .iter()
            .map(|file| {
                let path = self.root.join(file);
                let text = fs::read(&path);
                let text = text.with_context(|| format!("cannot read {}", path.display()))?;
                Ok((path, text))
            })
            .collect()
    }

    /// Brings files back to what they were, whatever happened to the checkout meanwhile.
    pub(super) fn restore(files: &[(PathBuf, Vec<u8>)]) -> Result<()> {
        files.iter().try_for_each(|(path, text)| {
            fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
        })
    }

    fn copy(&self, project: &Project, file: &Path) -> Result<()> {
        let (from, to) = (project.root().join(file), self.root.join(file));
        let text = fs::read(&from).with_context(|| format!("cannot read {}", from.display()))?;
        if fs::read(&to).is_ok_and(|old| old == text) {
            return Ok(());
        }
        let folder = to.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        fs::write(&to, text).with_context(|| format!("cannot write {}", to.display()))
    }
}

/// Adds the files at or below `part`, relative to `root`.
fn list(root: &Path, part: &Path, files: &mut BTreeSet<PathBuf>) -> Result<()> {
    let path = root.join(part);
    if path.is_file() {
        files.insert(part.to_path_buf());
        return Ok(());
    }
    for entry in fs::read_dir(&path).with_context(|| format!("no {}", path.display()))? {
        list(root, &part.join(entry?.file_name()), files)?;
    }
    Ok(())
}
