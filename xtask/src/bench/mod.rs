//! `cargo xtask bench`: one table of what the package costs, beside socket.io-client and the old script in the same run.

mod chart;
mod rows;

use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::build;
use crate::environment::Environment;
use crate::process::{self, Outcome};
use crate::project::Project;
use crate::setup::{self, Part};
use crate::ui;
use rows::{Row, Verdict};

const NEEDS: [Part; 6] = [
    Part::WasmStd,
    Part::WasmBindgen,
    Part::Node,
    Part::Python,
    Part::Browsers,
    Part::Geckodriver,
];
const DEADLINE: Duration = Duration::from_secs(30 * 60);
/// Of each native benchmark with `--quick`: enough for a dozen samples.
const QUICK_SECONDS: &str = "1";
/// What `--keep` writes: the picture in README.md.
const PICTURE: &str = "docs/bench.svg";

/// Where the package is whose module has names.
const NAMED: &str = "target/bench/pkg";

/// What is to be run, and how.
#[derive(Debug)]
pub(crate) struct Options<'a> {
    /// Only these; all if none is named.
    pub(crate) names: &'a [String],
    pub(crate) quick: bool,
    /// Whether the picture in the checkout is made anew.
    pub(crate) keep: bool,
}

/// One bench: a command that prints rows.
#[derive(Clone, Copy, Debug)]
struct Bench {
    name: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Prints a table of its own, and no rows.
    Divan,
    Native,
    Page,
    /// As [`Page`](Self::Page), with a module whose functions have names.
    Profile,
    /// Counts and lets time pass: beside the others.
    Waiting,
}

const BENCHES: [Bench; 14] = [
    Bench::of("first-line", Kind::Page),
    Bench::of("burst", Kind::Page),
    Bench::of("parts", Kind::Profile),
    Bench::of("backlog", Kind::Page),
    Bench::of("old-page", Kind::Page),
    Bench::of("log-view", Kind::Page),
    Bench::of("cumulative", Kind::Page),
    Bench::of("latency", Kind::Page),
    Bench::of("memory", Kind::Page),
    Bench::of("idle", Kind::Waiting),
    Bench::of("hour", Kind::Native),
    Bench::of("restart", Kind::Page),
    Bench::of("tabs", Kind::Page),
    Bench::of("core", Kind::Divan),
];

/// What has come of one bench.
#[derive(Debug)]
struct Done {
    name: &'static str,
    rows: Vec<Row>,
    /// What else it printed.
    words: String,
    failure: Option<String>,
}

/// Runs the benches, also after one that failed, and ends with `N of N aims reached`. Says whether each row has a figure:
/// an aim that is not reached is a result.
pub(crate) fn run(project: &Project, options: &Options<'_>) -> Result<bool> {
    let chosen = select(options.names)?;
    setup::ensure(project, &NEEDS)?;
    build::quietly(project)?;
    // What is compiled meanwhile would be measured too.
    for bench in &chosen {
        compile(project, *bench)?;
    }
    let run = |bench: &Bench| measure(project, *bench, options.quick);
    let (waiting, busy): (Vec<_>, Vec<_>) = chosen
        .into_iter()
        .partition(|bench| bench.kind == Kind::Waiting);
    let done = thread::scope(|scope| {
        let beside = scope.spawn(|| waiting.iter().map(run).collect::<Vec<_>>());
        let mut done: Vec<_> = busy.iter().map(run).collect();
        done.extend(beside.join().unwrap_or_default());
        done
    });
    report(project, options, done)
}

fn report(project: &Project, options: &Options<'_>, mut done: Vec<Done>) -> Result<bool> {
    done.sort_by_key(|done| BENCHES.iter().position(|bench| bench.name == done.name));
    for words in done.iter().map(|done| done.words.trim()) {
        if !words.is_empty() {
            println!("{words}\n");
        }
    }
    let failures = failures(&done);
    let rows: Vec<Row> = done.into_iter().flat_map(|done| done.rows).collect();
    let folder = project.path("target/bench");
    fs::create_dir_all(&folder)?;
    let json = serde_json::to_string_pretty(&rows::as_json(&rows, options.quick))?;
    fs::write(folder.join("table.json"), json + "\n")?;
    let picture = chart::svg(&rows, &rows::sum(&rows));
    fs::write(folder.join("bench.svg"), &picture)?;
    ui::say(format_args!(
        "target/bench has table.json and bench.svg; each figure is a median"
    ));
    if options.keep {
        if failures.is_empty() {
            fs::write(project.path(PICTURE), picture)?;
            ui::say(format_args!("{PICTURE} is made anew"));
        } else {
            ui::say(format_args!("{PICTURE} stays as it was"));
        }
    }
    for failure in &failures {
        ui::show(failure);
    }
    println!("{}", rows::table(&rows));
    Ok(failures.is_empty())
}

/// What makes the run a failure, in words.
fn failures(done: &[Done]) -> Vec<String> {
    let broken = done.iter().filter_map(|done| {
        let failure = done.failure.as_ref()?;
        Some(format!("{}: FAILED: {failure}", done.name))
    });
    let empty = done.iter().flat_map(|done| &done.rows).filter_map(|row| {
        let is_empty = row.verdict() == Verdict::NoFigure;
        is_empty.then(|| format!("{}: FAILED: it has no figure", row.name))
    });
    broken.chain(empty).collect()
}

fn select(names: &[String]) -> Result<Vec<Bench>> {
    for name in names {
        if !BENCHES.iter().any(|bench| bench.name == name) {
            let all = BENCHES.map(|bench| bench.name).join(", ");
            bail!("there is no bench {name}; there are {all}");
        }
    }
    let wanted = |bench: &Bench| names.is_empty() || names.iter().any(|name| name == bench.name);
    Ok(BENCHES.into_iter().filter(wanted).collect())
}

fn compile(project: &Project, bench: Bench) -> Result<()> {
    match bench.kind {
        Kind::Divan | Kind::Native => {
            let mut cargo = project.command("cargo");
            cargo.args(["bench", "--quiet", "--no-run", "--bench", bench.name]);
            process::run_or_fail("bench: compile", &mut cargo)?;
        }
        Kind::Page | Kind::Waiting => {}
        Kind::Profile => build::with_names(project, &project.path(NAMED))?,
    }
    Ok(())
}

fn measure(project: &Project, bench: Bench, quick: bool) -> Done {
    let name = bench.name;
    ui::say(format_args!("bench: {name}"));
    let outcome = command(project, bench, quick)
        .and_then(|mut command| process::run(name, &mut command, DEADLINE))
        .with_context(|| format!("{name} cannot be run"));
    match outcome {
        Ok(outcome) => read(bench, &outcome),
        Err(error) => Done {
            name,
            rows: Vec::new(),
            words: String::new(),
            failure: Some(format!("{error:#}")),
        },
    }
}

fn command(project: &Project, bench: Bench, quick: bool) -> Result<Command> {
    if matches!(bench.kind, Kind::Divan | Kind::Native) {
        let mut cargo = project.command("cargo");
        cargo.args(["bench", "--quiet", "--bench", bench.name]);
        if quick && bench.kind == Kind::Divan {
            cargo.args(["--", "--max-time", QUICK_SECONDS]);
        }
        return Ok(cargo);
    }
    let mut node = Environment::of(project)?.command("node");
    node.arg("--test-reporter=./tests/bench/support/reporter.mjs")
        .args(["tests/bench/run.mjs", bench.name]);
    if quick {
        node.arg("--quick");
    }
    if bench.kind == Kind::Profile {
        node.env("RESEARCH_SOCKET_PKG", project.path(NAMED));
    }
    Ok(node)
}

fn read(bench: Bench, outcome: &Outcome) -> Done {
    let (lines, words): (Vec<_>, Vec<_>) =
        outcome.output.lines().partition(|line| rows::is_row(line));
    let (rows, unreadable) = match rows::read_all(&lines) {
        Ok(rows) => (rows, None),
        Err(error) => (
            Vec::new(),
            Some(format!("it printed what is no row: {error}")),
        ),
    };
    let none = rows.is_empty() && bench.kind != Kind::Divan;
    let failure = (!outcome.succeeded())
        .then(|| outcome.reason())
        .or(unreadable)
        .or_else(|| none.then(|| "it printed no row".to_owned()));
    Done {
        name: bench.name,
        rows,
        words: words.join("\n"),
        failure,
    }
}

impl Bench {
    const fn of(name: &'static str, kind: Kind) -> Self {
        Self { name, kind }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::ExitStatus;

    use super::*;

    const ROW: &str = r#"{"row":"r","what":"w","unit":"ms","beside":"p","ours":[2],"peer":[1],"aim":{"ratio":1}}"#;
    const EMPTY: &str = r#"{"row":"none","what":"w","unit":"ms","beside":"p","ours":[],"peer":[1],"aim":{"ratio":1}}"#;

    #[test]
    fn an_aim_that_is_not_reached_is_no_failure() {
        assert_eq!(failures(&[done(ROW, 0)]), [""; 0]);
    }

    #[test]
    fn a_row_without_a_figure_fails_the_run() {
        let failures = failures(&[done(&format!("{ROW}\n{EMPTY}"), 0)]);
        assert_eq!(failures, ["none: FAILED: it has no figure"]);
    }

    #[test]
    fn a_bench_that_fails_or_prints_no_row_or_half_of_one_fails_the_run() {
        for (output, code, words) in [
            (ROW, 1, "exit status: 1"),
            ("words only", 0, "it printed no row"),
            (r#"{"row":"cut"#, 0, "what is no row"),
        ] {
            let failures = failures(&[done(output, code)]);
            assert_eq!(failures.len(), 1, "{output}");
            assert!(failures[0].contains(words), "{failures:?}");
        }
    }

    #[test]
    fn what_a_bench_says_beside_its_rows_is_shown() {
        let done = done(&format!("a table of its own\n{ROW}\n"), 0);
        assert_eq!(done.words, "a table of its own");
        assert_eq!(done.rows.len(), 1);
    }

    #[test]
    fn an_unknown_bench_is_named_and_so_are_those_there_are() {
        let error = select(&["nope".to_owned()]).unwrap_err().to_string();
        assert!(
            error.contains("nope") && error.contains("latency"),
            "{error}"
        );
        assert_eq!(select(&[]).unwrap().len(), BENCHES.len());
    }

    #[test]
    fn each_bench_of_the_page_is_one_that_the_checkout_has() {
        let all =
            fs::read_to_string(Project::locate().unwrap().path("tests/bench/benches.mjs")).unwrap();
        let pages =
            |bench: &Bench| matches!(bench.kind, Kind::Page | Kind::Profile | Kind::Waiting);
        let here: Vec<_> = BENCHES.iter().filter(|bench| pages(bench)).collect();
        assert_eq!(all.matches("import ").count(), here.len());
        for bench in here {
            assert!(
                all.contains(&format!("\"./{}.mjs\"", bench.name)),
                "{}",
                bench.name
            );
        }
    }

    fn done(output: &str, code: i32) -> Done {
        let outcome = Outcome {
            status: Some(ExitStatus::from_raw(code << 8)),
            output: output.to_owned(),
            elapsed: Duration::ZERO,
        };
        read(BENCHES[0], &outcome)
    }
}
