//! Running a command: captured output, a deadline, and nothing left behind when it ends.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::leftovers::{self, Mark};
use crate::ui;

/// Long enough for any single step on a slow machine, short enough to end a hung one.
pub(crate) const DEFAULT_DEADLINE: Duration = Duration::from_secs(40 * 60);

const HEARTBEAT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);
/// How long an orphan that still holds the output pipe is waited for.
const PIPE_GRACE: Duration = Duration::from_secs(2);

static GROUPS: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// How a command ended, with everything it printed on both streams, in order.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: Option<ExitStatus>,
    pub(crate) output: String,
    pub(crate) elapsed: Duration,
}

impl Outcome {
    pub(crate) fn succeeded(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    /// Why it counts as failed, in words.
    pub(crate) fn reason(&self) -> String {
        match self.status {
            None => format!(
                "it was stopped at its deadline after {}",
                ui::human(self.elapsed)
            ),
            Some(status) => format!("it ended with {status} after {}", ui::human(self.elapsed)),
        }
    }
}

/// Runs `command` to its end or to the deadline. Long silence shows as a line every minute.
pub(crate) fn run(label: &str, command: &mut Command, deadline: Duration) -> Result<Outcome> {
    let began = Instant::now();
    let (reader, writer) = std::io::pipe().context("no pipe for a command's output")?;
    command
        .stdin(Stdio::null())
        .stdout(writer.try_clone().context("no second end of a pipe")?)
        .stderr(writer)
        .process_group(0);
    let mark = Mark::put_on(command);
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start `{}`", words(command)))?;
    // The command keeps its copies of the pipe's end; the reader ends only when all are gone.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let group = Group::new(&child);

    let text = Arc::new(Mutex::new(String::new()));
    let collector = {
        let text = Arc::clone(&text);
        thread::spawn(move || collect(reader, &text))
    };
    let status = wait(label, &mut child, began, deadline, &text)?;
    drop(group);
    mark.end_all();
    let grace = Instant::now();
    while !collector.is_finished() && grace.elapsed() < PIPE_GRACE {
        thread::sleep(POLL);
    }
    let output = lock(&text).clone();
    Ok(Outcome {
        status,
        output,
        elapsed: began.elapsed(),
    })
}

/// Runs `command`; if it fails, shows everything it printed and says so.
pub(crate) fn run_or_fail(label: &str, command: &mut Command) -> Result<String> {
    let outcome = run(label, command, DEFAULT_DEADLINE)?;
    if !outcome.succeeded() {
        ui::show(&outcome.output);
        bail!("{label}: {}: `{}`", outcome.reason(), words(command));
    }
    Ok(outcome.output)
}

/// The standard output of a short command, or `None` if it cannot run or fails.
pub(crate) fn query(command: &mut Command) -> Option<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The command line as a person would type it.
pub(crate) fn words(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}

/// On Ctrl-C or a request to end, ends every group started here and then this process.
pub(crate) fn end_groups_on_signal() -> Result<()> {
    ctrlc::set_handler(|| {
        for group in lock(&GROUPS).iter() {
            end_group(*group);
        }
        leftovers::end_everything();
        std::process::exit(130);
    })
    .context("cannot listen for Ctrl-C")
}

// A process group that is ended with everything in it when the guard goes.
struct Group(i32);

impl Group {
    fn new(child: &Child) -> Self {
        let id = i32::try_from(child.id()).unwrap_or_default();
        lock(&GROUPS).insert(id);
        Self(id)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        end_group(self.0);
        lock(&GROUPS).remove(&self.0);
    }
}

fn end_group(id: i32) {
    // Zero would mean the group of this very process.
    if let Some(pid) = Pid::from_raw(id) {
        // The usual case is a group that is already empty.
        let _ = kill_process_group(pid, Signal::KILL);
    }
}

fn wait(
    label: &str,
    child: &mut Child,
    began: Instant,
    deadline: Duration,
    text: &Mutex<String>,
) -> Result<Option<ExitStatus>> {
    let mut next_heartbeat = HEARTBEAT;
    loop {
        if let Some(status) = child.try_wait().context("cannot wait for a command")? {
            return Ok(Some(status));
        }
        let elapsed = began.elapsed();
        if elapsed >= deadline {
            end_group(i32::try_from(child.id()).unwrap_or_default());
            child
                .wait()
                .context("cannot wait for a command that was ended")?;
            return Ok(None);
        }
        if elapsed >= next_heartbeat {
            next_heartbeat = elapsed + HEARTBEAT;
            let last = last_line(&lock(text));
            ui::say(format_args!(
                "{label}: still at it after {} {last}",
                ui::human(elapsed)
            ));
        }
        thread::sleep(POLL);
    }
}

fn last_line(text: &str) -> String {
    let line = text
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let short: String = line.trim().chars().take(70).collect();
    if short.is_empty() {
        short
    } else {
        format!("({short})")
    }
}

fn collect(reader: impl Read, text: &Mutex<String>) {
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    while reader
        .read_until(b'\n', &mut line)
        .is_ok_and(|read| read > 0)
    {
        lock(text).push_str(&String::from_utf8_lossy(&line));
        line.clear();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // What is inside stays usable whatever happened to the thread that held it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// `setsid` and /proc are Linux's.
#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn keeps_both_streams_and_the_exit_code() {
        let outcome = shell("echo out; echo err >&2; exit 3", DEFAULT_DEADLINE);
        assert_eq!(outcome.output, "out\nerr\n");
        assert!(outcome.reason().contains('3'), "{}", outcome.reason());
    }

    #[test]
    fn ends_at_the_deadline_even_what_left_the_group() {
        let began = Instant::now();
        let outcome = shell(
            "setsid sleep 60 & echo $!; sleep 60",
            Duration::from_millis(500),
        );
        assert!(!outcome.succeeded());
        assert!(began.elapsed() < Duration::from_secs(50));
        assert!(
            has_ended(outcome.output.trim()),
            "{} still runs",
            outcome.output
        );
    }

    #[test]
    fn ends_what_a_finished_command_left_running() {
        let outcome = shell(
            "setsid sleep 60 >/dev/null 2>&1 & echo $!",
            DEFAULT_DEADLINE,
        );
        assert!(outcome.succeeded());
        assert!(
            has_ended(outcome.output.trim()),
            "{} still runs",
            outcome.output
        );
    }

    fn shell(script: &str, deadline: Duration) -> Outcome {
        run("test", Command::new("sh").args(["-c", script]), deadline).unwrap()
    }

    // What was killed stays in the table until its new parent has asked for it.
    fn has_ended(id: &str) -> bool {
        (0..100).any(|_| {
            thread::sleep(POLL);
            fs::read_to_string(format!("/proc/{id}/stat"))
                .map_or(true, |stat| stat.contains(") Z "))
        })
    }
}
