//! From Rust to a small module: cargo, wasm-bindgen, wasm-opt, and esbuild for the glue.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use super::{Mode, Work};
use crate::environment::Environment;
use crate::process::{self, DEFAULT_DEADLINE};
use crate::project::{Project, WASM_TARGET, short_hash};
use crate::setup::cargo_tools::WASM_BINDGEN;
use crate::toolchain::WasmToolchain;
use crate::ui;

/// The name that the hand-written files import the glue by.
pub(crate) const GLUE: &str = "research_socket.js";
pub(crate) const WASM: &str = "research_socket_bg.wasm";

/// Hand-written: what of the glue is shipped, and what esbuild puts in the place of globals in it.
const GLUE_ENTRY: &str = "glue.js";
const GUARDED: &str = "timers.js";
/// The globals that gloo-timers calls, and their names in [`GUARDED`].
const GUARDED_GLOBALS: [(&str, &str); 2] = [
    ("setTimeout", "guardedSetTimeout"),
    ("clearTimeout", "guardedClearTimeout"),
];

/// The generated files of the package.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) glue: PathBuf,
    pub(crate) wasm: PathBuf,
}

pub(crate) fn make(project: &Project, work: &Work, mode: Mode) -> Result<Module> {
    let compiled = compile(project, mode)?;
    let bytes = fs::read(&compiled).with_context(|| format!("no {}", compiled.display()))?;
    let [entry, guarded] =
        [GLUE_ENTRY, GUARDED].map(|name| project.path("pkg-template").join(name));
    let key = format!(
        "{} {mode:?} wasm-bindgen {} with reset, glue {} {}, npm {}",
        short_hash(&bytes),
        project.locked_version("wasm-bindgen")?,
        short_hash(&fs::read(&entry)?),
        short_hash(&fs::read(&guarded)?),
        short_hash(&fs::read(project.path("package-lock.json"))?),
    );
    let bound = work.path("bound");
    let module = Module {
        glue: work.path(GLUE),
        wasm: work.path(WASM),
    };
    let results = [module.glue.clone(), module.wasm.clone()];
    work.once("wasm-bindgen, wasm-opt and esbuild", &key, &results, || {
        bind(project, mode, &compiled, &bound)?;
        // Beside the generated glue, which they import.
        fs::copy(&entry, bound.join(GLUE_ENTRY))?;
        fs::copy(&guarded, bound.join(GUARDED))?;
        let joined = join_glue(project, &bound)?;
        match mode {
            Mode::Dev => {
                fs::copy(joined, &module.glue)?;
                fs::copy(bound.join(WASM), &module.wasm)?;
            }
            Mode::Release => {
                shrink_wasm(project, &bound.join(WASM), &module.wasm)?;
                shrink_script(project, &joined, &module.glue)?;
            }
        }
        Ok(())
    })?;
    Ok(module)
}

fn compile(project: &Project, mode: Mode) -> Result<PathBuf> {
    let toolchain =
        WasmToolchain::find(project).context("no wasm32 library: run `cargo xtask setup`")?;
    let (profile, folder) = match mode {
        Mode::Dev => ("dev", "debug"),
        Mode::Release => ("release", "release"),
    };
    let mut cargo = project.command("cargo");
    toolchain.apply(&mut cargo);
    cargo
        .args(["build", "--lib", "--package", "research-socket"])
        .args(["--target", WASM_TARGET, "--profile", profile])
        // Here and not in the checkout's target, if the person says so.
        .arg("--target-dir")
        .arg(project.path("target"));
    let outcome = process::run("build: cargo", &mut cargo, DEFAULT_DEADLINE)?;
    if !outcome.succeeded() {
        ui::show(&outcome.output);
        anyhow::bail!("the crate does not compile for {WASM_TARGET}; the errors are above");
    }
    ui::say(format_args!(
        "build: compiled ({})",
        ui::human(outcome.elapsed)
    ));
    Ok(project
        .path("target")
        .join(WASM_TARGET)
        .join(folder)
        .join("research_socket.wasm"))
}

fn bind(project: &Project, mode: Mode, compiled: &Path, bound: &Path) -> Result<()> {
    let tool = WASM_BINDGEN
        .find(project)?
        .context("no wasm-bindgen of the version in Cargo.lock: run `cargo xtask setup`")?;
    let mut command = project.command(tool);
    // The types are written by hand, for the hand-written facade.
    command.args([
        "--target",
        "web",
        "--no-typescript",
        // What starts a fresh instance after a trap, from the module that is compiled already.
        "--experimental-reset-state-function",
        "--out-name",
        "research_socket",
    ]);
    match mode {
        Mode::Dev => command.args(["--debug", "--keep-debug"]),
        Mode::Release => command.args(["--remove-name-section", "--remove-producers-section"]),
    };
    command.arg("--out-dir").arg(bound).arg(compiled);
    process::run_or_fail("build: wasm-bindgen", &mut command)?;
    Ok(())
}

/// The glue and the timers that guard it, as one file.
fn join_glue(project: &Project, bound: &Path) -> Result<PathBuf> {
    let joined = bound.join("joined.js");
    let mut command = Environment::of(project)?.command("esbuild");
    command
        .current_dir(bound)
        .arg(GLUE_ENTRY)
        .arg("--bundle")
        .arg(format!("--inject:./{GUARDED}"))
        .args(["--format=esm", "--target=es2022", "--log-level=warning"])
        .arg(format!("--outfile={}", joined.display()));
    process::run_or_fail("build: esbuild", &mut command)?;
    check_guarded(
        &fs::read_to_string(bound.join(GLUE))?,
        &fs::read_to_string(&joined)?,
    )?;
    Ok(joined)
}

/// Whether each call of a guarded global in the glue is one of its guard when they are joined. One
/// that is not would call into the module unseen, which shows only after a trap.
fn check_guarded(glue: &str, joined: &str) -> Result<()> {
    for (global, guard) in GUARDED_GLOBALS {
        let before = calls(glue, global);
        ensure!(
            before > 0,
            "{GLUE} does not call {global}: what do timers of the module go through now?"
        );
        let after = calls(joined, guard);
        ensure!(
            calls(joined, global) == 0 && after == before,
            "{GUARDED} guards {after} of {before} calls of {global} in {GLUE}"
        );
    }
    Ok(())
}

/// How often a script calls the function of this name, methods left out.
fn calls(script: &str, name: &str) -> usize {
    let own = |before: char| before.is_alphanumeric() || "_$.".contains(before);
    script
        .match_indices(&format!("{name}("))
        .filter(|(at, _)| {
            !script
                .get(..*at)
                .is_some_and(|before| before.ends_with(own))
        })
        .count()
}

fn shrink_wasm(project: &Project, from: &Path, to: &Path) -> Result<()> {
    let mut command = Environment::of(project)?.command("wasm-opt");
    command.arg("-Oz").arg(from).arg("-o").arg(to);
    process::run_or_fail("build: wasm-opt", &mut command)?;
    Ok(())
}

fn shrink_script(project: &Project, from: &Path, to: &Path) -> Result<()> {
    let mut command = Environment::of(project)?.command("esbuild");
    command
        .arg(from)
        .args([
            "--minify",
            "--format=esm",
            "--target=es2022",
            "--legal-comments=none",
        ])
        .args(["--log-level=warning"])
        .arg(format!("--outfile={}", to.display()));
    process::run_or_fail("build: esbuild", &mut command)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLUE_CALLS: &str = "
        __wbg_clearTimeout_3629d6209dfcc46e: function(arg0) { return clearTimeout(arg0); },
        __wbg_setTimeout_fbd69c6576710fc6: function() { return setTimeout(arg0, arg1); }";
    const GUARDS: &str = "
        var guardedSetTimeout = (callback, ms) => globalThis.setTimeout(callback, ms);
        var guardedClearTimeout = (timer) => globalThis.clearTimeout(timer);";

    #[test]
    fn passes_glue_in_which_each_timer_is_guarded() {
        let joined = GLUE_CALLS
            .replace(" setTimeout(", " guardedSetTimeout(")
            .replace(" clearTimeout(", " guardedClearTimeout(");
        check_guarded(GLUE_CALLS, &format!("{GUARDS}{joined}")).unwrap();
    }

    #[test]
    fn refuses_glue_in_which_a_timer_is_not_guarded_or_made_otherwise() {
        let joined = GLUE_CALLS.replace(" setTimeout(", " guardedSetTimeout(");
        let refusal = check_guarded(GLUE_CALLS, &format!("{GUARDS}{joined}")).unwrap_err();
        assert!(refusal.to_string().contains("0 of 1 calls of clearTimeout"));
        let otherwise = GLUE_CALLS.replace(" setTimeout(", " arg0.setTimeout(");
        let refusal = check_guarded(&otherwise, GUARDS).unwrap_err();
        assert!(refusal.to_string().contains("does not call setTimeout"));
    }
}
