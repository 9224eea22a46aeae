//! `cargo xtask test`: runs the steps, shows what failed, and ends with the sum of all tests.

pub(crate) mod as_script;
mod capabilities;
mod counts;
mod node;
mod steps;
mod supply;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::environment::Environment;
use crate::process::Outcome;
use crate::project::Project;
use crate::setup;
use crate::ui;

use counts::Counts;
pub(crate) use steps::{STEPS, Step};

/// What a step works with.
#[derive(Debug)]
struct Context {
    project: Project,
    environment: Environment,
    /// Where a step's browsers put their profiles; removed at the end.
    scratch: PathBuf,
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

/// A step that has been run.
#[derive(Debug)]
struct Done {
    name: &'static str,
    counts: Counts,
    passed: bool,
    took: Duration,
}

/// Runs the steps of these names, or all, and prints `N passed, N failed` last.
pub(crate) fn run(project: &Project, names: &[String]) -> Result<bool> {
    let steps = select(names)?;
    let parts: Vec<_> = steps.iter().flat_map(|step| step.needs).copied().collect();
    // What cannot be installed fails the steps that need it, and no other.
    if let Err(error) = setup::ensure(project, &parts) {
        ui::show(&format!("{error:#}"));
    }
    let context = Context {
        project: project.clone(),
        environment: Environment::of(project)?,
        scratch: std::env::temp_dir().join(format!("research-socket-{}", std::process::id())),
    };
    std::fs::create_dir_all(&context.scratch)?;
    let done: Vec<_> = steps.iter().map(|step| run_step(step, &context)).collect();
    // A scratch folder that stays does no harm.
    let _ = std::fs::remove_dir_all(&context.scratch);
    ui::show(&table(&done));
    let total = sum(&done);
    println!("{total}");
    Ok(total.failed == 0 && total.passed > 0)
}

// Whatever happens in a step, the next one is run.
fn run_step(step: &Step, context: &Context) -> Done {
    let Step { name, about, .. } = step;
    let began = ui::elapsed();
    ui::say(format_args!("{name}: {about}"));
    let ready = setup::check(&context.project, step.needs);
    let report = ready
        .and_then(|()| (step.run)(context))
        .unwrap_or_else(|error| Report {
            counts: Counts {
                passed: 0,
                failed: 1,
            },
            failure: Some(format!("{error:#}")),
        });
    let done = Done {
        name,
        counts: report.counts,
        passed: report.failure.is_none(),
        took: ui::elapsed().saturating_sub(began),
    };
    if let Some(failure) = &report.failure {
        ui::show(failure);
    }
    ui::say(format_args!(
        "{name}: {}, {} ({})",
        done.verdict(),
        done.counts,
        ui::human(done.took)
    ));
    done
}

impl Done {
    fn verdict(&self) -> &'static str {
        if self.passed { "ok" } else { "FAILED" }
    }
}

fn table(done: &[Done]) -> String {
    let row = |name: &str, verdict: &str, Counts { passed, failed }, took: Duration| {
        let seconds = took.as_secs_f64();
        format!("{name:<12} {verdict:<6} {passed:>7} {failed:>7} {seconds:>8.1}\n")
    };
    let head = format!(
        "{:<12} {:<6} {:>7} {:>7} {:>8}\n",
        "step", "", "passed", "failed", "seconds"
    );
    let rows = done
        .iter()
        .map(|step| row(step.name, step.verdict(), step.counts, step.took));
    let took = done.iter().map(|step| step.took).sum();
    head + &rows.collect::<String>() + &row("total", "", sum(done), took)
}

fn sum(done: &[Done]) -> Counts {
    let mut total = Counts::default();
    for step in done {
        total += step.counts;
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
    fn the_table_has_a_line_for_each_step_and_the_sum() {
        let step = |name, passed, failed| Done {
            name,
            counts: Counts { passed, failed },
            passed: failed == 0,
            took: Duration::from_millis(1250),
        };
        let table = table(&[step("fmt", 1, 0), step("native", 200, 3)]);
        let lines: Vec<Vec<&str>> = table
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        assert_eq!(
            lines,
            [
                vec!["step", "passed", "failed", "seconds"],
                vec!["fmt", "ok", "1", "0", "1.2"],
                vec!["native", "FAILED", "200", "3", "1.2"],
                vec!["total", "201", "3", "2.5"],
            ]
        );
    }

    #[test]
    fn a_step_that_cannot_even_start_has_failed() {
        let step = Step {
            name: "broken",
            about: "",
            needs: &[],
            run: |_| bail!("no such tool"),
        };
        let project = Project::locate().unwrap();
        let context = Context {
            environment: Environment::of(&project).unwrap(),
            project,
            scratch: PathBuf::new(),
        };
        let done = run_step(&step, &context);
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
