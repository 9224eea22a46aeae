//! `cargo xtask fuzz`: libFuzzer on the targets of `fuzz/`, and what it found kept small.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::process;
use crate::project::Project;
use crate::ui;

/// What a run may take beyond the time that it was given: to build, and to end.
const MARGIN: Duration = Duration::from_secs(15 * 60);

/// The longest input, in bytes: what the tests that replay the seeds allow.
const MAX_LEN: u32 = 4_096;

/// The longest seed that is added, in bytes; of several that reach the same code the shortest is
/// kept.
const MAX_SEED: u32 = 512;

/// How to fuzz.
#[derive(Debug)]
pub(crate) struct Options<'a> {
    /// Which target; all of them, one after another, if none is named.
    pub(crate) target: Option<&'a str>,
    /// For how long each.
    pub(crate) seconds: u64,
    /// Whether seeds are added that reach code which no seed reaches.
    pub(crate) keep: bool,
}

/// Runs the targets. Says whether none of them found anything.
pub(crate) fn run(project: &Project, options: &Options<'_>) -> Result<bool> {
    check_tools(project)?;
    let all = targets(project)?;
    let wanted: Vec<_> = match options.target {
        Some(name) if !all.iter().any(|target| target == name) => {
            bail!("there is no target {name}: {}", all.join(", "));
        }
        Some(name) => vec![name.to_owned()],
        None => all,
    };
    let mut nothing_found = true;
    for target in &wanted {
        nothing_found &= fuzz(project, target, options)?;
    }
    Ok(nothing_found)
}

/// Nothing else here needs a nightly compiler, so nothing here installs one.
fn check_tools(project: &Project) -> Result<()> {
    for (arguments, missing) in [
        (
            ["+nightly", "--version"].as_slice(),
            "rustup toolchain install nightly",
        ),
        (
            ["+nightly", "fuzz", "--version"].as_slice(),
            "cargo install cargo-fuzz --locked",
        ),
    ] {
        if process::query(project.command("cargo").args(arguments)).is_none() {
            bail!("fuzzing needs `{missing}`");
        }
    }
    Ok(())
}

fn targets(project: &Project) -> Result<Vec<String>> {
    let folder = project.path("fuzz/fuzz_targets");
    let entries = fs::read_dir(&folder).with_context(|| format!("no {}", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension() == Some(OsStr::new("rs")) {
            names.extend(
                path.file_stem()
                    .map(|name| name.to_string_lossy().into_owned()),
            );
        }
    }
    names.sort();
    Ok(names)
}

fn fuzz(project: &Project, target: &str, options: &Options<'_>) -> Result<bool> {
    let label = format!("fuzz {target}");
    let seeds = project.path("fuzz/seeds").join(target);
    let corpus = project.path("fuzz/corpus").join(target);
    fs::create_dir_all(&corpus)?;
    ui::say(format_args!("{label}: {} s", options.seconds));
    let mut command = cargo_fuzz(project, target, &corpus, &seeds);
    command.args(["--", "-print_final_stats=1"]);
    command.arg(format!("-max_len={MAX_LEN}"));
    command.arg(format!("-max_total_time={}", options.seconds));
    let deadline = Duration::from_secs(options.seconds) + MARGIN;
    let outcome = process::run(&label, &mut command, deadline)?;
    if !outcome.succeeded() {
        ui::show(&outcome.output);
        ui::say(format_args!("{label}: FAILED: {}", outcome.reason()));
        return Ok(false);
    }
    println!("{target:<16} {}", summary(&outcome.output));
    if options.keep {
        let before = fs::read_dir(&seeds)?.count();
        let mut command = cargo_fuzz(project, target, &seeds, &corpus);
        // By code that is reached, not by how often, and few files: that would be a thousand.
        command.args(["--", "-set_cover_merge=1", "-use_counters=0"]);
        command.arg(format!("-max_len={MAX_SEED}"));
        process::run_or_fail(&label, &mut command)?;
        let added = fs::read_dir(&seeds)?.count().saturating_sub(before);
        ui::say(format_args!("{label}: {added} new seeds"));
    }
    Ok(true)
}

fn cargo_fuzz(project: &Project, target: &str, first: &Path, second: &Path) -> Command {
    let mut command = project.command("cargo");
    command.args(["+nightly", "fuzz", "run", target]);
    command.arg(first).arg(second);
    command
}

/// Executions, coverage and corpus, from libFuzzer's own words.
fn summary(output: &str) -> String {
    let done = output.lines().rfind(|line| line.starts_with("Done "));
    let reached = output
        .lines()
        .rfind(|line| line.starts_with('#') && line.contains("cov: "));
    let word = |name: &str| {
        let mut words = reached.unwrap_or_default().split_whitespace();
        words.find(|word| *word == name)?;
        words.next()
    };
    format!(
        "{}, coverage {}, features {}, corpus {}",
        done.unwrap_or("it did not say how many runs"),
        word("cov:").unwrap_or("?"),
        word("ft:").unwrap_or("?"),
        word("corp:").unwrap_or("?"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_has_runs_and_coverage() {
        let output = "INFO: seed\n#2 INITED cov: 3 ft: 4 corp: 1/1b exec/s: 0\n\
                      #99 REDUCE cov: 704 ft: 4010 corp: 1169/200Kb lim: 4096 exec/s: 13643\n\
                      Done 7095544 runs in 602 second(s)\n";
        assert_eq!(
            summary(output),
            "Done 7095544 runs in 602 second(s), coverage 704, features 4010, corpus 1169/200Kb"
        );
    }

    #[test]
    fn the_targets_are_the_files_of_their_folder() {
        let project = Project::locate().unwrap();
        let targets = targets(&project).unwrap();
        assert_eq!(
            targets,
            [
                "client",
                "control",
                "engine_payload",
                "intake",
                "json",
                "mask",
                "options",
                "sim",
                "socket_packet"
            ]
        );
    }
}
