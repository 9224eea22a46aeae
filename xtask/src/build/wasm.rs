//! From Rust to a small module: cargo, wasm-bindgen, wasm-opt, and esbuild for the glue.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

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

/// The generated files of the package.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) glue: PathBuf,
    pub(crate) wasm: PathBuf,
}

pub(crate) fn make(project: &Project, work: &Work, mode: Mode) -> Result<Module> {
    let compiled = compile(project, mode)?;
    let bytes = fs::read(&compiled).with_context(|| format!("no {}", compiled.display()))?;
    let key = format!(
        "{} {mode:?} wasm-bindgen {} with reset, npm {}",
        short_hash(&bytes),
        project.locked_version("wasm-bindgen")?,
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
        match mode {
            Mode::Dev => {
                fs::copy(bound.join(GLUE), &module.glue)?;
                fs::copy(bound.join(WASM), &module.wasm)?;
            }
            Mode::Release => {
                shrink_wasm(project, &bound.join(WASM), &module.wasm)?;
                shrink_script(project, &bound.join(GLUE), &module.glue)?;
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
