//! Ends what a finished command left running: browsers detach from the group they are started in.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::{Pid, Signal, kill_process};

const VARIABLE: &str = "RESEARCH_SOCKET_STEP";

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A value in the environment of a command, which everything it starts inherits.
#[derive(Debug)]
pub(crate) struct Mark(String);

impl Mark {
    pub(crate) fn put_on(command: &mut Command) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let value = format!("{}.{number}.", std::process::id());
        command.env(VARIABLE, &value);
        Self(format!("{VARIABLE}={value}"))
    }

    /// Ends every process that has the mark. Where there is no /proc, that is none.
    pub(crate) fn end_all(&self) {
        end_marked(self.0.as_bytes());
    }
}

/// Ends what any command of this process left running.
pub(crate) fn end_everything() {
    end_marked(format!("{VARIABLE}={}.", std::process::id()).as_bytes());
}

fn end_marked(mark: &[u8]) {
    let own = std::process::id().cast_signed();
    for id in process_ids() {
        let marked = fs::read(format!("/proc/{id}/environ")).is_ok_and(|environ| {
            environ
                .split(|byte| *byte == 0)
                .any(|v| v.starts_with(mark))
        });
        if let Some(pid) = Pid::from_raw(id).filter(|_| marked && id != own) {
            // It may have ended by itself since it was read.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

fn process_ids() -> BTreeSet<i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}
