//! The module as JavaScript, for pages that forbid WebAssembly: made by wasm2js, as a function from imports to exports.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use super::Mode;
use super::wasm::FEATURES;
use crate::environment::Environment;
use crate::process;
use crate::project::Project;

/// The name that the glue imports it by.
pub(crate) const SCRIPT: &str = "research_socket_core.js";

/// Of how it is made.
pub(super) const KEY: &str = "script 1";

/// What wasm2js does not know, in terms of what it knows.
const LOWERING: [&str; 3] = [
    "--llvm-memory-copy-fill-lowering",
    "--llvm-nontrapping-fptoint-lowering",
    "--signext-lowering",
];

/// Makes it of a module that wasm-bindgen is done with.
pub(super) fn make(project: &Project, mode: Mode, wasm: &Path, to: &Path) -> Result<()> {
    let [lowered, raw, edited] =
        ["lowered.wasm", "raw.js", "edited.js"].map(|extension| wasm.with_extension(extension));
    lower(project, mode, wasm, &lowered)?;
    translate(project, mode, &lowered, &raw)?;
    fs::write(&edited, edit(&fs::read_to_string(&raw)?)?)?;
    match mode {
        Mode::Dev => {
            fs::copy(edited, to)?;
            Ok(())
        }
        Mode::Release => shrink(project, &edited, to),
    }
}

fn lower(project: &Project, mode: Mode, from: &Path, to: &Path) -> Result<()> {
    let mut command = Environment::of(project)?.command("wasm-opt");
    command.args(FEATURES);
    // Before and after: what is small is lowered to less, and that has repetitions.
    match mode {
        Mode::Dev => command.args(LOWERING),
        Mode::Release => command.arg("-Oz").args(LOWERING).arg("-Oz"),
    };
    process::run_or_fail("build: wasm-opt", command.arg(from).arg("-o").arg(to))?;
    Ok(())
}

fn translate(project: &Project, mode: Mode, from: &Path, to: &Path) -> Result<()> {
    let mut command = Environment::of(project)?.command("wasm2js");
    if mode == Mode::Release {
        command.arg("-O");
    }
    process::run_or_fail("build: wasm2js", command.arg(from).arg("-o").arg(to))?;
    Ok(())
}

fn shrink(project: &Project, from: &Path, to: &Path) -> Result<()> {
    let mut command = Environment::of(project)?.command("esbuild");
    command
        .arg(from)
        .args(["--minify", "--format=esm", "--target=es2022"])
        .args(["--legal-comments=none", "--log-level=warning"])
        .arg(format!("--outfile={}", to.display()));
    process::run_or_fail("build: esbuild", &mut command)?;
    Ok(())
}

/// Makes of a module that runs itself once one that exports the function by which it does: each call is a fresh instance.
fn edit(raw: &str) -> Result<String> {
    let (_, rest) = raw
        .split_once("from './research_socket_bg.js';")
        .context("wasm2js imports something else")?;
    ensure!(
        !rest.contains("\nimport "),
        "wasm2js imports more than the glue"
    );
    let (body, _) = rest
        .split_once("\nvar retasmFunc = ")
        .context("wasm2js runs the module otherwise")?;
    let mut body = body.to_owned();
    for (from, to) in EDITS {
        ensure!(
            body.matches(from).count() == 1,
            "wasm2js writes `{from}` not once"
        );
        body = body.replace(from, to);
    }
    Ok(format!("{body}\nexport default asmFunc;\n"))
}

const EDITS: [(&str, &str); 2] = [
    // As browsers call it.
    ("throw new Error('abort')", "throw new Error('unreachable')"),
    // Memory that grows leaves the old one empty, as that of WebAssembly does: by this the glue sees that it has grown.
    (
        "buffer = newBuffer;",
        "structuredClone(buffer, { transfer: [buffer] }); buffer = newBuffer;",
    ),
];
