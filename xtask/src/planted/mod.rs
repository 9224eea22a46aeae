//! `cargo xtask test --planted`: faults that are planted in a copy of the client, which the
//! simulation has to find.

mod checkout;
mod fault;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::lock;
use crate::process::{self, Outcome};
use crate::project::Project;
use crate::ui;

use checkout::Checkout;
pub(crate) use fault::{Fault, all};

/// Every fault has to be found in so many schedules, those with the seeds from 0.
const SEEDS: u64 = 50_000;

/// The same of faults of what tabs do with each other, which the schedules of tabs have to find: each of them is
/// twelve tabs through ten minutes.
const TABS_SEEDS: u64 = 4_000;

/// What the name of such a fault has in it.
const TABS: &str = "-tabs-";

/// The same of faults of WebSockets, which the schedules of pages that use one have to find.
const WEBSOCKET: &str = "-websocket-";

/// What the simulation is compiled with: see the profile in Cargo.toml.
const PROFILE: &str = "planted";

/// A fault can make the client spin; on a slow machine [`SEEDS`] schedules take minutes.
const RUN_DEADLINE: Duration = Duration::from_secs(10 * 60);

/// The words of a rule that are shown: the rest names times and ids.
const MAX_WORDS: usize = 70;

/// Which schedules have to find a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum World {
    /// Those of pages.
    Pages,
    /// Those of tabs that share a connection.
    Tabs,
    /// Those of pages that use a WebSocket.
    WebSocket,
}

impl World {
    fn of(fault: &Fault) -> Self {
        if fault.name.contains(TABS) {
            Self::Tabs
        } else if fault.name.contains(WEBSOCKET) {
            Self::WebSocket
        } else {
            Self::Pages
        }
    }
}

/// A schedule that broke a rule.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    seed: u64,
    /// In the simulation.
    at_ms: u64,
    words: String,
}

/// Plants the faults whose names contain one of `names`, or all, one after another, and prints a
/// table. Says whether the client without them passed, and each of them was found.
pub(crate) fn run(project: &Project, names: &[String]) -> Result<bool> {
    let folder = project.path("target/planted");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let _lock = lock::acquire(&folder.join("lock"), "planted faults")?;
    let checkout = Checkout::update(project, folder.join("checkout"))?;
    // Those of the copy: they fit it, whatever happens to the checkout meanwhile.
    let faults = select(all(checkout.root())?, names)?;
    let harness = Harness {
        project,
        checkout,
        build: folder.join("build"),
    };
    ui::say(format_args!("the client as it is: {SEEDS} schedules"));
    harness.compile("the client as it is")?;
    for world in [World::Pages, World::Tabs, World::WebSocket] {
        if !faults.iter().any(|fault| World::of(fault) == world) {
            continue;
        }
        if let Some(found) = harness.hunt("the client as it is", world)? {
            bail!(
                "schedule {} fails without any planted fault, so finding one would mean nothing: {}",
                found.seed,
                found.words
            );
        }
    }
    let mut rows = Vec::new();
    for fault in &faults {
        let result = harness.plant(fault);
        ui::say(format_args!("{}: {}", fault.name, verdict(&result)));
        rows.push((fault.name.as_str(), result));
    }
    print!("{}", table(&rows));
    let found = rows.iter().filter(|(_, result)| is_found(result)).count();
    println!(
        "{found} of {} planted faults found, each within {SEEDS} schedules, or {TABS_SEEDS} of tabs",
        rows.len()
    );
    Ok(found == rows.len())
}

fn select(faults: Vec<Fault>, names: &[String]) -> Result<Vec<Fault>> {
    for name in names {
        if !faults.iter().any(|fault| fault.name.contains(name)) {
            bail!("there is no planted fault {name}: see {}", fault::FOLDER);
        }
    }
    let wanted =
        |fault: &Fault| names.is_empty() || names.iter().any(|name| fault.name.contains(name));
    Ok(faults.into_iter().filter(wanted).collect())
}

/// What builds and runs the copy.
#[derive(Debug)]
struct Harness<'p> {
    project: &'p Project,
    checkout: Checkout,
    build: PathBuf,
}

impl Harness<'_> {
    /// Runs the client with this fault in it. The copy is as before afterwards.
    fn plant(&self, fault: &Fault) -> Result<Option<Found>> {
        let before = self.checkout.read(&fault.files)?;
        let applied = fault.apply(self.checkout.root());
        let result = applied.and_then(|()| {
            self.compile(&fault.name)?;
            self.hunt(&fault.name, World::of(fault))
        });
        Checkout::restore(&before)?;
        result
    }

    fn compile(&self, label: &str) -> Result<()> {
        let mut cargo = self.command("cargo");
        cargo.args(["build", "--quiet", "--locked", "--package", "sim"]);
        cargo.args(["--profile", PROFILE]);
        let outcome = process::run(label, &mut cargo, process::DEFAULT_DEADLINE)?;
        if !outcome.succeeded() {
            ui::show(&outcome.output);
            bail!("does not compile any more: refresh it");
        }
        Ok(())
    }

    /// The schedule with the smallest seed that breaks a rule.
    fn hunt(&self, label: &str, world: World) -> Result<Option<Found>> {
        let mut sim = self.command(self.build.join(PROFILE).join("sim"));
        let (seeds, option) = match world {
            World::Pages => (SEEDS, None),
            World::Tabs => (TABS_SEEDS, Some("--tabs")),
            World::WebSocket => (SEEDS, Some("--websocket")),
        };
        sim.args(["--seeds", &seeds.to_string(), "--failures", "1"]);
        sim.args(option);
        found_in(&process::run(label, &mut sim, RUN_DEADLINE)?)
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = self.project.command(program);
        command
            .current_dir(self.checkout.root())
            .env("CARGO_TARGET_DIR", &self.build);
        command
    }
}

/// Reads the first `schedule 7 failed after 30 ms: …`; nothing if all passed.
fn found_in(outcome: &Outcome) -> Result<Option<Found>> {
    let found = outcome.output.lines().find_map(read);
    if found.is_none() && !outcome.succeeded() {
        ui::show(&outcome.output);
        bail!("names no schedule that failed: {}", outcome.reason());
    }
    Ok(found)
}

fn read(line: &str) -> Option<Found> {
    let (seed, rest) = line.strip_prefix("schedule ")?.split_once(" failed ")?;
    // A panic has no time.
    let (at, words) = rest
        .strip_prefix("after ")
        .and_then(|rest| rest.split_once(" ms: "))
        .unwrap_or(("0", rest));
    Some(Found {
        seed: seed.parse().ok()?,
        at_ms: at.parse().ok()?,
        words: words.to_owned(),
    })
}

const fn is_found(result: &Result<Option<Found>>) -> bool {
    matches!(result, Ok(Some(_)))
}

fn verdict(result: &Result<Option<Found>>) -> String {
    match result {
        Ok(Some(found)) => format!("found by {} schedules", found.seed + 1),
        Ok(None) => "NOT FOUND".to_owned(),
        Err(error) => format!("FAILED: {error:#}"),
    }
}

/// Fault, schedules needed, simulated time, the rule that saw it.
fn table(rows: &[(&str, Result<Option<Found>>)]) -> String {
    let mut table = format!(
        "{:<32}{:>10}{:>10}  rule that saw it\n",
        "planted fault", "schedules", "after ms"
    );
    for (name, result) in rows {
        let row = match result {
            Ok(Some(found)) => {
                let words: String = found.words.chars().take(MAX_WORDS).collect();
                format!(
                    "{name:<32}{:>10}{:>10}  {words}\n",
                    found.seed + 1,
                    found.at_ms
                )
            }
            Ok(None) => format!("{name:<32}{:>10}{:>10}  NOT FOUND\n", "-", "-"),
            Err(error) => format!("{name:<32}{:>10}{:>10}  FAILED: {error:#}\n", "-", "-"),
        };
        table.push_str(&row);
    }
    table
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::ExitStatus;

    use super::*;

    fn outcome(code: i32, output: &str) -> Outcome {
        Outcome {
            status: Some(ExitStatus::from_raw(code << 8)),
            output: output.to_owned(),
            elapsed: Duration::ZERO,
        }
    }

    #[test]
    fn the_schedule_that_failed_is_read_with_its_rule() {
        let output = "warming up\nschedule 41 failed after 80 ms: twice: LogEntry { at: 3 }\n\n\
            #[test]\nfn a_schedule_that_failed() {\n";
        let found = found_in(&outcome(1, output)).unwrap();
        assert_eq!(
            found,
            Some(Found {
                seed: 41,
                at_ms: 80,
                words: "twice: LogEntry { at: 3 }".to_owned()
            })
        );
        let panic = found_in(&outcome(1, "schedule 3 failed a panic: overflow\n")).unwrap();
        assert_eq!(
            panic.map(|found| found.words).as_deref(),
            Some("a panic: overflow")
        );
    }

    #[test]
    fn what_ends_badly_without_a_word_has_found_nothing() {
        assert!(found_in(&outcome(101, "Killed\n")).is_err());
        assert_eq!(
            found_in(&outcome(0, "20000 schedules passed\n")).unwrap(),
            None
        );
    }

    #[test]
    fn the_table_tells_found_from_not_found() {
        let found = Found {
            seed: 6,
            at_ms: 30,
            words: "twice".to_owned(),
        };
        let rows = [
            ("01-a", Ok(Some(found))),
            ("02-b", Ok(None)),
            ("03-c", Err(anyhow::anyhow!("does not apply"))),
        ];
        let table = table(&rows);
        let lines: Vec<_> = table
            .lines()
            .skip(1)
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(
            lines,
            [
                "01-a 7 30 twice",
                "02-b - - NOT FOUND",
                "03-c - - FAILED: does not apply"
            ]
        );
        assert_eq!(
            rows.iter().filter(|(_, result)| is_found(result)).count(),
            1
        );
    }

    #[test]
    fn a_name_that_no_fault_has_is_an_error() {
        let faults = all(Project::locate().unwrap().root()).unwrap();
        assert!(select(faults, &["no-such-fault".to_owned()]).is_err());
    }
}
