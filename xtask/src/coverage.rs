//! `cargo xtask coverage`: which regions of the core neither tests nor schedules nor corpora enter, and that
//! they do not become more.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::Value;

use crate::process;
use crate::project::Project;
use crate::setup::llvm::{self, Llvm};
use crate::ui;

/// What was uncovered when it was kept, a line for each file.
const KEPT: &str = "xtask/coverage.txt";

/// What everything is compiled with: see the profile in Cargo.toml.
const PROFILE: &str = "coverage";

/// How many new schedules are run, besides those of the tests.
const SEEDS: &str = "5000";

/// Instrumented programs are slow, and so are loaded machines.
const DEADLINE: Duration = Duration::from_secs(60 * 60);

/// What runs in a browser only, and is compiled for one.
const ELSEWHERE: [&str; 2] = ["src/browser/", "src/js/"];

const ABOUT: &str = "\
# Regions of the core that no native test, no schedule and no corpus enters: how many of how many, file by
# file. `cargo xtask coverage` fails when a file has more; `--keep` writes this when there are fewer.
";

/// A stretch of a file: from line and column to line and column.
type Region = (u32, u32, u32, u32);

/// Of each file of the core its regions, and whether anything entered them.
type Files = BTreeMap<String, BTreeMap<Region, bool>>;

/// How many regions of a file nothing enters, of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Count {
    uncovered: usize,
    all: usize,
}

/// Runs tests and schedules, prints a line for each file, and says whether none has become worse.
pub(crate) fn run(project: &Project, keep: bool) -> Result<bool> {
    let llvm = llvm::ensure(project)?;
    let folder = project.path("target/coverage");
    let profiles = folder.join("profiles");
    if profiles.exists() {
        fs::remove_dir_all(&profiles).context("cannot remove the profiles of the last run")?;
    }
    fs::create_dir_all(&profiles)?;
    // The corpora of fuzz/seeds are replayed by tests of both packages.
    let mut tests = cargo(project, &folder, &profiles, "test");
    tests.args(["--package", "research-socket", "--package", "sim"]);
    tests.args(["--lib", "--bins", "--tests"]);
    let mut listing = cargo(project, &folder, &profiles, "test");
    listing.args(["--package", "research-socket", "--package", "sim"]);
    listing.args([
        "--lib",
        "--bins",
        "--tests",
        "--no-run",
        "--message-format",
        "json",
    ]);
    ui::say(format_args!("coverage: compiling"));
    let listed = output_of("coverage: compiling", &mut listing)?;
    ui::say(format_args!("coverage: the tests"));
    output_of("coverage: the tests", &mut tests)?;
    ui::say(format_args!("coverage: {SEEDS} schedules"));
    let mut schedules = cargo(project, &folder, &profiles, "run");
    schedules.args([
        "--package",
        "sim",
        "--bin",
        "sim",
        "--",
        "--kept",
        "--seeds",
        SEEDS,
    ]);
    output_of("coverage: schedules", &mut schedules)?;
    let mut objects: Vec<PathBuf> = executables(&listed).map(PathBuf::from).collect();
    objects.push(folder.join(PROFILE).join("sim"));
    let files = measure(project, &llvm, &profiles, &objects)?;
    let now = count(&files);
    let uncovered = folder.join("uncovered.txt");
    fs::write(&uncovered, places(&files))?;
    let kept = fs::read_to_string(project.path(KEPT)).unwrap_or_default();
    let kept = parse(&kept)?;
    print!("{}", table(&now));
    ui::say(format_args!(
        "coverage: the places are in {}",
        uncovered.display()
    ));
    let worse = worse(&kept, &now);
    if keep {
        fs::write(project.path(KEPT), [ABOUT, &table(&now)].concat())?;
        return Ok(true);
    }
    for words in &worse {
        ui::say(format_args!("coverage: FAILED: {words}"));
    }
    if worse.is_empty() && kept != now {
        ui::say(format_args!(
            "coverage: better than {KEPT}: keep it with `--keep`"
        ));
    }
    Ok(worse.is_empty())
}

fn cargo(project: &Project, folder: &Path, profiles: &Path, task: &str) -> Command {
    let mut cargo = project.command("cargo");
    cargo
        .args([
            task,
            "--quiet",
            "--locked",
            "--profile",
            PROFILE,
            "--target-dir",
        ])
        .arg(folder)
        .env("CARGO_ENCODED_RUSTFLAGS", "-Cinstrument-coverage")
        // One file for each program, which its runs share.
        .env("LLVM_PROFILE_FILE", profiles.join("%m.profraw"))
        // The same cases each time: what is covered must not be a matter of luck.
        .env("PROPTEST_RNG_SEED", "1")
        .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "1");
    cargo
}

fn output_of(label: &str, command: &mut Command) -> Result<String> {
    let outcome = process::run(label, command, DEADLINE)?;
    if !outcome.succeeded() {
        ui::show(&outcome.output);
        bail!("{label}: {}", outcome.reason());
    }
    Ok(outcome.output)
}

/// What cargo says that it has compiled to be run, one JSON object a line.
fn executables(listed: &str) -> impl Iterator<Item = String> {
    listed.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        Some(message.get("executable")?.as_str()?.to_owned())
    })
}

fn measure(project: &Project, llvm: &Llvm, profiles: &Path, objects: &[PathBuf]) -> Result<Files> {
    let merged = profiles.join("all.profdata");
    let mut merge = project.command(&llvm.profdata);
    merge.args(["merge", "--sparse", "--output"]).arg(&merged);
    for entry in fs::read_dir(profiles)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "profraw") {
            merge.arg(path);
        }
    }
    process::run_or_fail("coverage: llvm-profdata", &mut merge)?;
    let mut files = Files::new();
    // One program at a time: of functions that several have, llvm-cov counts one copy only.
    for object in objects {
        let mut export = project.command(&llvm.cov);
        export.args(["export", "--format=text", "--skip-expansions"]);
        export.arg("--instr-profile").arg(&merged).arg(object);
        let output = export.output().context("cannot start llvm-cov")?;
        if !output.status.success() {
            let words = String::from_utf8_lossy(&output.stderr);
            // The tests for browsers are an empty program here.
            if words.contains("no coverage data found") {
                continue;
            }
            bail!("llvm-cov: {words}");
        }
        let export: Export = serde_json::from_slice(&output.stdout)
            .with_context(|| format!("llvm-cov says nothing sensible of {}", object.display()))?;
        add(&mut files, project.root(), export);
    }
    if files.is_empty() {
        bail!("llvm-cov says nothing of the core");
    }
    Ok(files)
}

/// What `llvm-cov export` prints.
#[derive(Debug, Deserialize)]
struct Export {
    data: Vec<Data>,
}

#[derive(Debug, Deserialize)]
struct Data {
    functions: Vec<Function>,
}

#[derive(Debug, Deserialize)]
struct Function {
    name: String,
    filenames: Vec<String>,
    /// From line and column to line and column, how often, in which file, from which macro, of which kind.
    regions: Vec<[u64; 8]>,
}

/// A region of code, as opposed to a gap or a branch.
const CODE: u64 = 0;

/// Adds what a program says. The core is compiled more than once: a region is covered if any copy of it is.
fn add(files: &mut Files, root: &Path, export: Export) {
    for function in export.data.into_iter().flat_map(|data| data.functions) {
        // Unit tests are not what is measured.
        if function.name.contains("5tests") {
            continue;
        }
        for [line, column, last_line, last_column, count, file, _, kind] in function.regions {
            let name = usize::try_from(file)
                .ok()
                .and_then(|file| function.filenames.get(file));
            let Some(name) = name.and_then(|name| of_core(root, name)) else {
                continue;
            };
            if kind == CODE {
                let region = [line, column, last_line, last_column];
                let [a, b, c, d] = region.map(|number| u32::try_from(number).unwrap_or(u32::MAX));
                let regions = files.entry(name).or_default();
                *regions.entry((a, b, c, d)).or_default() |= count > 0;
            }
        }
    }
}

fn of_core(root: &Path, name: &str) -> Option<String> {
    let path = Path::new(name);
    let inside = path.strip_prefix(root).unwrap_or(path);
    let inside = inside.to_str()?;
    let is_elsewhere = ELSEWHERE.iter().any(|folder| inside.starts_with(folder));
    (inside.starts_with("src/") && !is_elsewhere).then(|| inside.to_owned())
}

fn count(files: &Files) -> BTreeMap<String, Count> {
    let count = |regions: &BTreeMap<Region, bool>| Count {
        uncovered: regions.values().filter(|covered| !**covered).count(),
        all: regions.len(),
    };
    files
        .iter()
        .map(|(file, regions)| (file.clone(), count(regions)))
        .collect()
}

/// The uncovered regions as `file:line:column`, for an editor to jump to.
fn places(files: &Files) -> String {
    let mut places = BTreeSet::new();
    for (file, regions) in files {
        for ((line, column, last, end), _) in regions.iter().filter(|(_, covered)| !**covered) {
            places.insert((file, *line, *column, *last, *end));
        }
    }
    let line = |(file, line, column, last, end): &(&String, u32, u32, u32, u32)| {
        format!("{file}:{line}:{column} to {last}:{end}\n")
    };
    places.iter().map(line).collect()
}

fn table(counts: &BTreeMap<String, Count>) -> String {
    let line = |name: &str, Count { uncovered, all }: Count| {
        let covered = all.saturating_sub(uncovered);
        let part = 100.0 * covered as f64 / all.max(1) as f64;
        (format!("{name:<44}{uncovered:>6} of {all:>6}"), part)
    };
    let mut sum = Count {
        uncovered: 0,
        all: 0,
    };
    let mut table = String::new();
    for (file, count) in counts {
        sum.uncovered += count.uncovered;
        sum.all += count.all;
        let (words, _) = line(file, *count);
        table.push_str(&words);
        table.push('\n');
    }
    let (words, part) = line("together", sum);
    table.push_str(&format!("{words}: {part:.2} % covered\n"));
    table
}

/// Reads what [`table`] prints, without the sum.
fn parse(text: &str) -> Result<BTreeMap<String, Count>> {
    let mut counts = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("src/")) {
        let words: Vec<_> = line.split_whitespace().collect();
        let [file, uncovered, "of", all] = words[..] else {
            bail!("{KEPT}: cannot read `{line}`");
        };
        let number = |word: &str| word.parse().with_context(|| format!("{KEPT}: `{line}`"));
        let count = Count {
            uncovered: number(uncovered)?,
            all: number(all)?,
        };
        counts.insert(file.to_owned(), count);
    }
    Ok(counts)
}

/// The files of which more is uncovered than was. A new file must have nothing that is.
fn worse(kept: &BTreeMap<String, Count>, now: &BTreeMap<String, Count>) -> Vec<String> {
    let mut worse = Vec::new();
    for (file, count) in now {
        let before = kept.get(file).map_or(0, |count| count.uncovered);
        if count.uncovered > before {
            worse.push(format!(
                "{file}: nothing enters {} regions, and it were {before}",
                count.uncovered
            ));
        }
    }
    worse
}

#[cfg(test)]
mod tests {
    use super::*;

    fn export(name: &str, file: &str, counts: [u64; 2]) -> Export {
        let regions = counts.iter().zip(1..);
        let regions = regions.map(|(count, line)| [line, 1, line, 9, *count, 0, 0, CODE]);
        let function = Function {
            name: name.to_owned(),
            filenames: vec![file.to_owned()],
            regions: regions.collect(),
        };
        let functions = vec![function];
        Export {
            data: vec![Data { functions }],
        }
    }

    #[test]
    fn a_region_is_covered_if_any_copy_of_it_is() {
        let mut files = Files::new();
        let root = Path::new("/there");
        add(&mut files, root, export("f", "/there/src/a.rs", [1, 0]));
        add(&mut files, root, export("f", "/there/src/a.rs", [0, 0]));
        let count = count(&files);
        assert_eq!(
            count.get("src/a.rs"),
            Some(&Count {
                uncovered: 1,
                all: 2
            })
        );
        assert_eq!(places(&files), "src/a.rs:2:1 to 2:9\n");
    }

    #[test]
    fn unit_tests_browsers_and_what_others_wrote_are_not_measured() {
        let mut files = Files::new();
        let root = Path::new("/there");
        for (name, file) in [
            ("_RNv5tests1f", "/there/src/a.rs"),
            ("f", "/there/src/js/a.rs"),
            ("f", "/there/src/browser/a.rs"),
            ("f", "/there/tests/sim/src/a.rs"),
            ("f", "/elsewhere/src/a.rs"),
        ] {
            add(&mut files, root, export(name, file, [0, 0]));
        }
        assert_eq!(files, Files::new());
    }

    #[test]
    fn more_that_nothing_enters_is_worse_in_each_file_alone() {
        let counts = |a, b| {
            let count = |uncovered| Count { uncovered, all: 10 };
            BTreeMap::from([
                ("src/a.rs".to_owned(), count(a)),
                ("src/b.rs".to_owned(), count(b)),
            ])
        };
        assert_eq!(worse(&counts(2, 2), &counts(0, 2)), [""; 0]);
        let words = worse(&counts(2, 2), &counts(0, 3));
        assert_eq!(words, ["src/b.rs: nothing enters 3 regions, and it were 2"]);
        let fresh = worse(&BTreeMap::new(), &counts(0, 1));
        assert_eq!(fresh, ["src/b.rs: nothing enters 1 regions, and it were 0"]);
    }

    #[test]
    fn what_is_kept_is_read_as_it_was_printed() {
        let count = Count {
            uncovered: 3,
            all: 40,
        };
        let counts = BTreeMap::from([("src/a.rs".to_owned(), count)]);
        let text = [ABOUT, &table(&counts)].concat();
        assert!(text.ends_with("3 of     40: 92.50 % covered\n"), "{text}");
        assert_eq!(parse(&text).unwrap(), counts);
        assert!(parse("src/a.rs many").is_err());
    }
}
