//! `cargo xtask mutants`: small mistakes planted one by one, each of which a test must notice.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::project::Project;
use crate::setup::{self, Part};
use crate::ui;

/// What cargo-mutants found, with the file that lists the mutants. In the order of the table.
const OUTCOMES: [(&str, &str); 4] = [
    ("caught", "caught.txt"),
    ("unviable", "unviable.txt"),
    ("timeout", "timeout.txt"),
    ("missed", "missed.txt"),
];
/// Exit codes of cargo-mutants: all caught, some missed, some ended by their time.
const FINISHED: [i32; 3] = [0, 2, 3];

/// The same cases for every mutant: what one mutant fails with must not help to notice the next.
/// And no search for the shortest case, since nobody reads it.
const PROPTEST: [(&str, &str); 3] = [
    ("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "1"),
    ("PROPTEST_MAX_SHRINK_ITERS", "0"),
    ("PROPTEST_RNG_SEED", "1"),
];

/// How many mutants of one file there are of each outcome.
type Counts = [u32; OUTCOMES.len()];

/// Which mutants to run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options<'a> {
    /// A part of them: `0/8`.
    pub(crate) shard: Option<&'a str>,
    /// Those of lines that are not in this commit.
    pub(crate) since: Option<&'a str>,
    /// Those of these files; of all, if none is named.
    pub(crate) files: &'a [String],
}

/// Says whether every mutant was noticed.
pub(crate) fn run(project: &Project, options: &Options<'_>) -> Result<bool> {
    setup::ensure(project, &[Part::Mutants])?;
    let out = project.path("target/mutants");
    fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    let mut command = project.command(setup::cargo_tools::MUTANTS.path(project)?);
    command
        .args(["mutants", "--output"])
        .arg(&out)
        .envs(PROPTEST);
    if let Some(shard) = options.shard {
        command.args(["--shard", shard]);
    }
    if let Some(since) = options.since {
        let path = out.join("since.diff");
        let diff = diff(project.root(), since)?;
        fs::write(&path, diff).with_context(|| format!("cannot write {}", path.display()))?;
        command.arg("--in-diff").arg(path);
    }
    for file in options.files {
        command.args(["--file", file]);
    }
    // It shows its own progress, for the hours that all mutants take.
    let status = command.status().context("cannot start cargo-mutants")?;
    if !status.code().is_some_and(|code| FINISHED.contains(&code)) {
        bail!("cargo-mutants ended with {status}; it says why above");
    }
    let counts = read(&out.join("mutants.out"))?;
    print!("{}", table(&counts));
    let [.., missed] = sum(&counts);
    if missed > 0 {
        ui::say(format_args!(
            "mutants: {missed} that no test notices: see {}; write the test, simplify the code, \
             or list it with the reason in .cargo/mutants.toml",
            out.join("mutants.out/missed.txt").display()
        ));
    }
    Ok(missed == 0)
}

/// What has changed below `root` since a commit, as cargo-mutants reads it whatever git is set to.
fn diff(root: &Path, since: &str) -> Result<Vec<u8>> {
    let mut git = Command::new("git");
    git.current_dir(root)
        .args(["diff", "--no-color", "--no-ext-diff"])
        .args(["--src-prefix=a/", "--dst-prefix=b/", "--end-of-options"])
        .args([since, "--", "*.rs"]);
    let output = git.output().context("cannot start git")?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        bail!("git knows no changes since {since}: {}", words.trim());
    }
    Ok(output.stdout)
}

/// The counts of each file.
fn read(folder: &Path) -> Result<BTreeMap<String, Counts>> {
    let mut counts = BTreeMap::<String, Counts>::new();
    for (place, (_, list)) in OUTCOMES.iter().enumerate() {
        let path = folder.join(list);
        let lines =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        for line in lines.lines() {
            let (file, _) = line.split_once(':').unwrap_or((line, ""));
            if let Some(count) = counts.entry(file.to_owned()).or_default().get_mut(place) {
                *count += 1;
            }
        }
    }
    Ok(counts)
}

fn sum(counts: &BTreeMap<String, Counts>) -> Counts {
    let mut sum = Counts::default();
    for file in counts.values() {
        for (total, count) in sum.iter_mut().zip(file) {
            *total += count;
        }
    }
    sum
}

fn table(counts: &BTreeMap<String, Counts>) -> String {
    let mut table = format!("{:<32}{:>9}", "", "mutants");
    for (name, _) in OUTCOMES {
        table.push_str(&format!("{name:>10}"));
    }
    table.push('\n');
    let all = ("together", sum(counts));
    let files = counts.iter().map(|(file, counts)| (file.as_str(), *counts));
    for (file, counts) in files.chain([all]) {
        table.push_str(&format!("{file:<32}{:>9}", counts.iter().sum::<u32>()));
        for count in counts {
            table.push_str(&format!("{count:>10}"));
        }
        table.push('\n');
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_line_for_each_file_and_one_for_all() {
        let folder = std::env::temp_dir().join(format!("xtask-mutants-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for (name, lines) in [
            (
                "caught.txt",
                "src/a.rs:1:2: replace + with -\nsrc/b.rs:9:9: replace f\n",
            ),
            ("unviable.txt", ""),
            ("timeout.txt", "src/a.rs:3:4: replace += with *=\n"),
            ("missed.txt", "src/b.rs:5:6: delete !\n"),
        ] {
            fs::write(folder.join(name), lines).unwrap();
        }
        let counts = read(&folder);
        fs::remove_dir_all(&folder).unwrap();
        let counts = counts.unwrap();
        let lines: Vec<_> = table(&counts).lines().map(words).collect();
        assert_eq!(
            lines,
            [
                "mutants caught unviable timeout missed",
                "src/a.rs 2 1 0 1 0",
                "src/b.rs 2 1 0 0 1",
                "together 4 2 0 1 1",
            ]
        );
    }

    #[test]
    fn what_has_changed_since_a_commit_is_told_however_git_is_set() {
        let folder = std::env::temp_dir().join(format!("xtask-since-{}", std::process::id()));
        fs::create_dir_all(folder.join("src")).unwrap();
        let git = |arguments: &[&str]| {
            let mut git = Command::new("git");
            let status = git.arg("-C").arg(&folder).args(arguments).status();
            assert!(status.unwrap().success(), "git {arguments:?}");
        };
        git(&["init", "--quiet"]);
        for (name, value) in [
            ("user.name", "x"),
            ("user.email", "x@y.z"),
            ("commit.gpgsign", "false"),
            ("color.ui", "always"),
            ("diff.mnemonicPrefix", "true"),
            ("diff.noprefix", "true"),
        ] {
            git(&["config", name, value]);
        }
        fs::write(folder.join("src/a.rs"), "one\n").unwrap();
        fs::write(folder.join("notes.md"), "one\n").unwrap();
        git(&["add", "."]);
        git(&["commit", "--quiet", "--message", "one"]);
        fs::write(folder.join("src/a.rs"), "two\n").unwrap();
        fs::write(folder.join("notes.md"), "two\n").unwrap();
        let changed = diff(&folder, "HEAD");
        let unknown = diff(&folder, "no-such-commit");
        let option = diff(&folder, "--stat");
        fs::remove_dir_all(&folder).unwrap();
        let changed = String::from_utf8(changed.unwrap()).unwrap();
        let lines: Vec<_> = changed.lines().skip(2).collect();
        assert_eq!(
            lines,
            [
                "--- a/src/a.rs",
                "+++ b/src/a.rs",
                "@@ -1 +1 @@",
                "-one",
                "+two"
            ]
        );
        for refused in [unknown, option] {
            let words = refused.unwrap_err().to_string();
            assert!(words.contains("git knows no changes since"), "{words}");
        }
    }

    fn words(line: &str) -> String {
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}
