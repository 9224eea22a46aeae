//! `cargo xtask test`: runs the steps, shows what failed, and ends with the sum of all tests.

mod capabilities;
mod counts;
mod node;
mod steps;

use std::path::PathBuf;

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

/// Runs the steps of these names, or all, and prints `N passed, N failed` last.
pub(crate) fn run(project: &Project, names: &[String]) -> Result<bool> {
    let steps = select(names)?;
    let parts: Vec<_> = steps.iter().flat_map(|step| step.needs).copied().collect();
    setup::ensure(project, &parts)?;
    let context = Context {
        project: project.clone(),
        environment: Environment::of(project)?,
        scratch: std::env::temp_dir().join(format!("research-socket-{}", std::process::id())),
    };
    std::fs::create_dir_all(&context.scratch)?;
    let mut total = Counts::default();
    let mut summary = String::new();
    for step in steps {
        let began = ui::elapsed();
        ui::say(format_args!("{}: {}", step.name, step.about));
        let report = (step.run)(&context).unwrap_or_else(|error| Report {
            counts: Counts {
                passed: 0,
                failed: 1,
            },
            failure: Some(format!("{error:#}")),
        });
        let took = ui::human(ui::elapsed().saturating_sub(began));
        if let Some(failure) = &report.failure {
            ui::show(failure);
        }
        let verdict = if report.failure.is_some() {
            "FAILED"
        } else {
            "ok"
        };
        ui::say(format_args!(
            "{}: {verdict}, {} ({took})",
            step.name, report.counts
        ));
        summary += &format!(
            "  {:<12} {verdict:<6} {} ({took})\n",
            step.name, report.counts
        );
        total += report.counts;
    }
    // A scratch folder that stays does no harm.
    let _ = std::fs::remove_dir_all(&context.scratch);
    ui::show(&summary);
    println!("{total}");
    Ok(total.failed == 0 && total.passed > 0)
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
