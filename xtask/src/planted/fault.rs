//! One planted fault: a patch with words.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::process;

/// Where the patches are.
pub(crate) const FOLDER: &str = "tests/sim/planted";

const EXTENSION: &str = "patch";

/// A patch of the client that breaks a rule.
#[derive(Debug)]
pub(crate) struct Fault {
    /// Of the file, without its extension.
    pub(crate) name: String,
    path: PathBuf,
    /// The files of the client that it changes.
    pub(super) files: Vec<String>,
}

/// All faults of the checkout at `root`, in the order of their names.
///
/// # Errors
/// The first one that is no patch of the client with its words.
pub(crate) fn all(root: &Path) -> Result<Vec<Fault>> {
    let folder = root.join(FOLDER);
    let mut faults = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("no {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == EXTENSION) {
            faults.push(Fault::read(path)?);
        }
    }
    faults.sort_by(|a, b| a.name.cmp(&b.name));
    ensure!(
        !faults.is_empty(),
        "no planted faults in {}",
        folder.display()
    );
    Ok(faults)
}

impl Fault {
    fn read(path: PathBuf) -> Result<Self> {
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let name = path.file_stem().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        let files = files_of(&text).with_context(|| name.clone())?;
        Ok(Self { name, path, files })
    }

    /// Changes the files below `root`.
    pub(super) fn apply(&self, root: &Path) -> Result<()> {
        self.git(root, &[])
    }

    /// Whether it would change the files below `root`. Changes nothing.
    pub(crate) fn check(&self, root: &Path) -> Result<()> {
        self.git(root, &["--check"])
    }

    fn git(&self, root: &Path, options: &[&str]) -> Result<()> {
        let mut git = Command::new("git");
        git.current_dir(root).arg("apply").args(options);
        git.arg(&self.path);
        // Inside another repository git would look for the files below that one's root.
        git.env(
            "GIT_CEILING_DIRECTORIES",
            root.parent().unwrap_or(Path::new("/")),
        );
        let outcome = process::run(&self.name, &mut git, process::DEFAULT_DEADLINE)?;
        if !outcome.succeeded() {
            bail!(
                "does not apply any more, refresh it: {}",
                outcome.output.trim()
            );
        }
        Ok(())
    }
}

/// The files that a patch changes. It begins with two lines: what is wrong, and the rule that should
/// see it.
fn files_of(text: &str) -> Result<Vec<String>> {
    let mut lines = text.lines();
    let what = lines.next().unwrap_or_default();
    ensure!(
        what.ends_with('.') && !what.starts_with("---"),
        "its first line has to say what is wrong"
    );
    let rule = lines.next().unwrap_or_default();
    ensure!(
        rule.starts_with("Seen as: "),
        "its second line has to say how it is seen: `Seen as: …`"
    );
    let files: Vec<_> = lines
        .filter_map(|line| line.strip_prefix("+++ b/"))
        .map(str::to_owned)
        .collect();
    ensure!(!files.is_empty(), "it changes nothing");
    if let Some(other) = files.iter().find(|file| !file.starts_with("src/")) {
        bail!("it changes {other}, which is not the client's");
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIFF: &str = "--- a/src/a.rs\n+++ b/src/a.rs\n@@ -1 +1 @@\n-fn a() {}\n+fn b() {}\n";

    #[test]
    fn a_patch_says_what_is_wrong_and_how_it_is_seen() {
        let text = format!("It is wrong.\nSeen as: twice.\n\n{DIFF}");
        assert_eq!(files_of(&text).unwrap(), ["src/a.rs"]);
        for bad in [
            DIFF.to_owned(),
            format!("It is wrong.\n\n{DIFF}"),
            "It is wrong.\nSeen as: twice.\n".to_owned(),
            text.replace("b/src/", "b/tests/"),
        ] {
            assert!(files_of(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_patch_that_does_not_apply_is_told_from_one_that_does() {
        let root = std::env::temp_dir().join(format!("xtask-fault-{}", std::process::id()));
        fs::create_dir_all(root.join("src")).unwrap();
        let path = root.join("01-a.patch");
        fs::write(&path, format!("It is wrong.\nSeen as: twice.\n\n{DIFF}")).unwrap();
        fs::write(root.join("src/a.rs"), "fn a() {}\n").unwrap();
        let fault = Fault::read(path).unwrap();
        let results = [fault.check(&root), fault.apply(&root), fault.check(&root)];
        let patched = fs::read_to_string(root.join("src/a.rs"));
        fs::remove_dir_all(&root).unwrap();
        assert_eq!(results.map(|result| result.is_ok()), [true, true, false]);
        assert_eq!(patched.unwrap(), "fn b() {}\n");
    }
}
