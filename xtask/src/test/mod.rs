//! `cargo xtask test`: runs the steps, shows what failed, and ends with the sum of all tests.

pub(crate) mod as_script;
mod capabilities;
mod counts;
mod durations;
mod failing;
mod node;
mod schedule;
mod steps;
mod supply;

use std::cmp::Reverse;
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Result, anyhow, bail, ensure};

use crate::build;
use crate::cluster;
use crate::demo;
use crate::environment::Environment;
use crate::process::Outcome;
use crate::project::{Project, short_hash};
use crate::setup;
use crate::ui;

use counts::Counts;
use durations::Durations;
use schedule::{Job, Slots};
use steps::Run;
pub(crate) use steps::{STEPS, Step};

/// How long a step takes of which nothing is known.
const WHOLE_GUESS: Duration = Duration::from_secs(60);
/// How many of the files that took longest are shown.
const SLOWEST: usize = 12;

/// What a step works with.
#[derive(Debug)]
struct Context {
    project: Project,
    environment: Environment,
    /// Where browsers put their profiles; removed at the end.
    scratch: PathBuf,
    /// Whether the package, the server of its users and the native clients are built, or why not.
    built: OnceLock<Result<(), String>>,
}

impl Context {
    fn of(project: &Project) -> Result<Self> {
        Ok(Self {
            project: project.clone(),
            environment: Environment::of(project)?,
            scratch: std::env::temp_dir().join(format!("research-socket-{}", std::process::id())),
            built: OnceLock::new(),
        })
    }

    /// A folder of one job's own: others run beside it. Its path is short, since that of a browser's socket in it has to be.
    fn scratch_of(&self, job: &str) -> Result<PathBuf> {
        let folder = self.scratch.join(short_hash(job.as_bytes()));
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// Builds what pages load and are served by, and the native clients, once for all of them.
    fn build_package(&self) -> Result<()> {
        let build = || {
            build::quietly(&self.project)?;
            demo::build_server(&self.project)?;
            cluster::build_load(&self.project)
        };
        let built = self
            .built
            .get_or_init(|| build().map_err(|error| format!("{error:#}")));
        built.clone().map_err(|error| anyhow!(error))
    }
}

/// What a step found.
#[derive(Debug)]
struct Report {
    counts: Counts,
    /// Why it failed, and everything the command printed.
    failure: Option<String>,
}

impl Report {
    /// A check that passes or fails as a whole.
    fn check(outcome: &Outcome) -> Self {
        let passed = outcome.succeeded();
        let counts = Counts {
            passed: passed.into(),
            failed: (!passed).into(),
        };
        Self {
            counts,
            failure: (!passed).then(|| explain(outcome)),
        }
    }

    /// Something that was looked at, and is as it should be or not.
    fn of(looked_at: Result<()>) -> Self {
        let failure = looked_at.err().map(|error| format!("{error:#}\n"));
        let counts = Counts {
            passed: failure.is_none().into(),
            failed: failure.is_some().into(),
        };
        Self { counts, failure }
    }

    /// Both together.
    fn and(self, other: Self) -> Self {
        let mut counts = self.counts;
        counts += other.counts;
        let failures: Vec<_> = self.failure.into_iter().chain(other.failure).collect();
        Self {
            counts,
            failure: (!failures.is_empty()).then(|| failures.join("\n")),
        }
    }

    /// A suite: a failure of the command counts even if no test did, and so does an empty run.
    fn suite(outcome: &Outcome, counts: Counts) -> Self {
        let empty = counts == Counts::default();
        if outcome.succeeded() && counts.failed == 0 && !empty {
            return Self {
                counts,
                failure: None,
            };
        }
        let failed = counts.failed.max(1);
        let why = if empty { "it ran no tests\n" } else { "" };
        let failure = Some(format!("{why}{}", explain(outcome)));
        Self {
            counts: Counts { failed, ..counts },
            failure,
        }
    }
}

/// What a job runs.
#[derive(Debug)]
struct Work {
    step: &'static Step,
    /// The step's, and that of the file if it is only one.
    name: String,
    part: Part,
}

#[derive(Debug)]
enum Part {
    Whole(fn(&Context) -> Result<Report>),
    File(PathBuf),
}

/// A job that has been run.
#[derive(Debug)]
struct Done {
    step: &'static str,
    name: String,
    counts: Counts,
    passed: bool,
    /// The tests that failed, with their messages.
    failing: Vec<String>,
    began: Duration,
    ended: Duration,
}

/// Runs the steps of these names, or all, and prints `N passed, N failed` last.
pub(crate) fn run(project: &Project, names: &[String]) -> Result<bool> {
    let steps = select(names)?;
    let parts: Vec<_> = steps.iter().flat_map(|step| step.needs).copied().collect();
    // What cannot be installed fails the steps that need it, and no other.
    if let Err(error) = setup::ensure(project, &parts) {
        ui::show(&format!("{error:#}"));
    }
    let context = Context::of(project)?;
    let mut durations = Durations::read(project);
    let mut jobs = Vec::new();
    for step in &steps {
        jobs.extend(jobs_of(step, project, &durations)?);
    }
    let done = schedule::run(jobs, Slots::of_this_machine(), |job| {
        run_job(&job.work, &context)
    });
    // A scratch folder that stays does no harm, nor do durations that are not kept.
    let _ = fs::remove_dir_all(&context.scratch);
    let _ = durations.keep(&done);
    ui::show(&table(&steps, &done));
    let total = sum(&done);
    println!("{total}");
    Ok(total.failed == 0 && total.passed > 0)
}

/// The whole step, or each of its files.
fn jobs_of(
    step: &'static Step,
    project: &Project,
    durations: &Durations,
) -> Result<Vec<Job<Work>>> {
    let job = |load, name: String, guess, part| Job {
        step: step.name,
        after: step.after,
        load,
        took: durations.of(&name).unwrap_or(guess),
        work: Work { step, name, part },
    };
    let files = match step.run {
        Run::Whole(run) => {
            let name = step.name.to_owned();
            return Ok(vec![job(step.load, name, WHOLE_GUESS, Part::Whole(run))]);
        }
        Run::Files(list) => list(project)?,
    };
    ensure!(
        !files.is_empty(),
        "{}: there is no *.test.mjs to run",
        step.name
    );
    let jobs = files.into_iter().map(|file| {
        let name = format!("{} {}", step.name, node::short_name(project, &file));
        let guess = node::guess(&file);
        job(step.load, name, guess, Part::File(file))
    });
    Ok(jobs.collect())
}

// Whatever happens in a job, the others are run.
fn run_job(work: &Work, context: &Context) -> Done {
    let Work { step, name, part } = work;
    let began = ui::elapsed();
    if matches!(part, Part::Whole(_)) {
        ui::say(format_args!("{name}: {}", step.about));
    }
    let ready = setup::check(&context.project, step.needs);
    let report = ready
        .and_then(|()| match part {
            Part::Whole(run) => run(context),
            Part::File(file) => node::file(context, step.name, name, file),
        })
        .unwrap_or_else(|error| Report {
            counts: Counts {
                passed: 0,
                failed: 1,
            },
            failure: Some(format!("{error:#}")),
        });
    let done = Done {
        step: step.name,
        name: name.clone(),
        counts: report.counts,
        passed: report.failure.is_none(),
        failing: report
            .failure
            .as_deref()
            .map(failing::named_in)
            .unwrap_or_default(),
        began,
        ended: ui::elapsed(),
    };
    // In one piece: others write meanwhile.
    if let Some(failure) = &report.failure {
        ui::show(&format!("{name}:\n{failure}"));
    }
    ui::say(format_args!(
        "{name}: {}, {} ({})",
        verdict(done.passed),
        done.counts,
        ui::human(done.took())
    ));
    done
}

impl Done {
    fn took(&self) -> Duration {
        self.ended.saturating_sub(self.began)
    }
}

fn verdict(passed: bool) -> &'static str {
    if passed { "ok" } else { "FAILED" }
}

/// A line for each step, then the files that took longest and those that failed, with their tests.
fn table(steps: &[&'static Step], done: &[Done]) -> String {
    let mut table = format!(
        "{:<12} {:<6} {:>7} {:>7} {:>8}\n",
        "step", "", "passed", "failed", "seconds"
    );
    let mut row = |name: &str, word: &str, done: &[&Done]| {
        let Counts { passed, failed } = sum(done.iter().copied());
        let began = done.iter().map(|job| job.began).min().unwrap_or_default();
        let ended = done.iter().map(|job| job.ended).max().unwrap_or_default();
        let seconds = ended.saturating_sub(began).as_secs_f64();
        table += &format!("{name:<12} {word:<6} {passed:>7} {failed:>7} {seconds:>8.1}\n");
    };
    for step in steps {
        let jobs: Vec<_> = done.iter().filter(|job| job.step == step.name).collect();
        row(step.name, verdict(jobs.iter().all(|job| job.passed)), &jobs);
    }
    row("total", "", &done.iter().collect::<Vec<_>>());

    let mut files: Vec<_> = done.iter().filter(|job| job.name != job.step).collect();
    files.sort_by_key(|job| Reverse(job.took()));
    let slowest = files.iter().take(SLOWEST);
    let failed = done.iter().filter(|job| !job.passed);
    let lines = slowest
        .map(|job| format!("{:<40} {:>8.1}\n", job.name, job.took().as_secs_f64()))
        .chain(failed.map(|job| {
            let tests = job.failing.iter().map(|test| format!("  {test}\n"));
            format!("FAILED: {}\n{}", job.name, tests.collect::<String>())
        }));
    table + &lines.collect::<String>()
}

fn sum<'a>(done: impl IntoIterator<Item = &'a Done>) -> Counts {
    let mut total = Counts::default();
    for job in done {
        total += job.counts;
    }
    total
}

fn select(names: &[String]) -> Result<Vec<&'static Step>> {
    for name in names {
        if !STEPS.iter().any(|step| step.name == name) {
            bail!("there is no step {name}: see `cargo xtask test --list`");
        }
    }
    let wanted = |step: &&Step| names.is_empty() || names.iter().any(|name| name == step.name);
    Ok(STEPS.iter().filter(wanted).collect())
}

fn explain(outcome: &Outcome) -> String {
    format!("{}\n{}", outcome.output, outcome.reason())
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::ExitStatus;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_suite_without_tests_fails() {
        let report = Report::suite(&outcome(0), Counts::default());
        assert_eq!(
            report.counts,
            Counts {
                passed: 0,
                failed: 1
            }
        );
    }

    #[test]
    fn a_suite_that_crashes_after_its_tests_fails() {
        let report = Report::suite(
            &outcome(1),
            Counts {
                passed: 3,
                failed: 0,
            },
        );
        assert_eq!(
            report.counts,
            Counts {
                passed: 3,
                failed: 1
            }
        );
    }

    #[test]
    fn the_table_has_a_line_for_each_step_and_the_sum_then_the_slowest_files() {
        let job = |step, name: &str, counts: (u32, u32), time: (u64, u64)| Done {
            step,
            name: name.to_owned(),
            counts: Counts {
                passed: counts.0,
                failed: counts.1,
            },
            passed: counts.1 == 0,
            failing: vec![format!("{name}'s test: why"); counts.1 as usize / 2],
            began: Duration::from_secs(time.0),
            ended: Duration::from_secs(time.1),
        };
        let done = [
            job("fmt", "fmt", (1, 0), (1, 3)),
            job("page", "page quick", (20, 0), (2, 4)),
            job("page", "page slow", (30, 2), (3, 9)),
        ];
        let steps = select(&["page".to_owned(), "fmt".to_owned()]).unwrap();
        let table = table(&steps, &done);
        let lines: Vec<Vec<&str>> = table
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        assert_eq!(
            lines,
            [
                vec!["step", "passed", "failed", "seconds"],
                vec!["fmt", "ok", "1", "0", "2.0"],
                vec!["page", "FAILED", "50", "2", "7.0"],
                vec!["total", "51", "2", "8.0"],
                vec!["page", "slow", "6.0"],
                vec!["page", "quick", "2.0"],
                vec!["FAILED:", "page", "slow"],
                vec!["page", "slow's", "test:", "why"],
            ]
        );
    }

    #[test]
    fn a_step_of_files_is_a_job_for_each() {
        let project = Project::locate().unwrap();
        let durations = Durations::read(&project);
        let jobs = |name: &str| {
            let steps = select(&[name.to_owned()]).unwrap();
            let jobs = jobs_of(steps[0], &project, &durations).unwrap();
            let names = jobs.into_iter().map(|job| job.work.name);
            names.collect::<Vec<_>>()
        };
        assert_eq!(jobs("fmt"), ["fmt"]);
        let [page, page_js, package] = ["page", "page-js", "package"].map(jobs);
        assert!(
            page.contains(&"page doctor/browsers".to_owned()),
            "{page:?}"
        );
        assert!(page.contains(&"page worker".to_owned()), "{page:?}");
        assert!(page_js.contains(&"page-js leaks".to_owned()), "{page_js:?}");
        assert!(
            !page_js.contains(&"page-js worker".to_owned()),
            "{page_js:?}"
        );
        assert!(package.contains(&"package types".to_owned()), "{package:?}");
    }

    #[test]
    fn a_step_that_cannot_even_start_has_failed() {
        let context = Context::of(&Project::locate().unwrap()).unwrap();
        let work = Work {
            step: &STEPS[0],
            name: "broken".to_owned(),
            part: Part::Whole(|_| bail!("no such tool")),
        };
        let done = run_job(&work, &context);
        assert!(!done.passed);
        assert_eq!(done.counts.failed, 1);
    }

    #[test]
    fn an_unknown_step_is_named() {
        let error = select(&["nope".to_owned()]).unwrap_err();
        assert!(error.to_string().contains("nope"));
    }

    fn outcome(code: i32) -> Outcome {
        let status = Some(ExitStatus::from_raw(code << 8));
        Outcome {
            status,
            output: String::new(),
            elapsed: Duration::ZERO,
        }
    }
}
