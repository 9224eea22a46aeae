//! The source of the standard library, of which the published module's is made. A build can do without it.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::apt;
use crate::process;
use crate::project::{Project, short_hash};
use crate::toolchain::WasmToolchain;
use crate::ui;

const LABEL: &str = "source of the standard library";
const DOWNLOAD_DEADLINE: Duration = Duration::from_secs(300);

/// Whether it is there, or known not to be had.
pub(crate) fn is_ready(project: &Project) -> bool {
    WasmToolchain::find(project)
        .is_some_and(|toolchain| toolchain.has_source(project) || refusal(project).exists())
}

/// Remembers if there is none to download, so that no build asks again.
pub(crate) fn install(project: &Project) -> Result<()> {
    let toolchain = WasmToolchain::find(project).context("no wasm32 library yet")?;
    if toolchain == WasmToolchain::Linked {
        // It comes with that compiler.
        return apt::install(project, LABEL, &["rust-web-src"]);
    }
    ui::say(format_args!("{LABEL}: rustup component add rust-src"));
    let mut add = project.command("rustup");
    add.args(["component", "add", "rust-src"]);
    let outcome = process::run(LABEL, &mut add, DOWNLOAD_DEADLINE);
    if !toolchain.has_source(project) {
        let why = outcome.map_or_else(|error| format!("{error:#}"), |outcome| outcome.output);
        fs::write(refusal(project), &why)?;
        ui::say(format_args!(
            "{LABEL}: rustup has none to download here ({}); `cargo xtask setup` asks again",
            why_in(&why)
        ));
    }
    Ok(())
}

/// The line that counts in what rustup printed.
fn why_in(output: &str) -> &str {
    let mut lines = output.lines();
    let error = lines.find(|line| line.starts_with("error"));
    error.or_else(|| output.lines().next()).unwrap_or_default()
}

/// Lets it be asked for again.
pub(crate) fn forget_refusal(project: &Project) {
    // There is none most of the time.
    let _ = fs::remove_file(refusal(project));
}

/// What rustup said, one file for each compiler.
fn refusal(project: &Project) -> PathBuf {
    let compiler = process::query(project.command("rustc").arg("-vV")).unwrap_or_default();
    let compiler = short_hash(compiler.as_bytes());
    project.cache(&format!("no-rust-src-{compiler}.txt"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_by_its_error() {
        let output = "info: downloading\nerror: no component\n\nCaused by:\n  0: <unknown>\n";
        assert_eq!(why_in(output), "error: no component");
        assert_eq!(why_in("no such program\n"), "no such program");
    }
}
