//! From Rust to a small module: cargo, wasm-bindgen, wasm-opt. Then its glue, and the same module as JavaScript.

use std::fs;
use std::path::{Path, PathBuf};
use std::slice;

use anyhow::{Context as _, Result, ensure};

use super::glue::{self, GLUE};
use super::library::Library;
use super::names;
use super::paths;
use super::script::{self, SCRIPT};
use super::{Mode, Work};
use crate::environment::Environment;
use crate::process::{self, DEFAULT_DEADLINE};
use crate::project::{Project, WASM_TARGET, short_hash};
use crate::setup::cargo_tools::WASM_BINDGEN;
use crate::toolchain::WasmToolchain;
use crate::ui;

pub(crate) const WASM: &str = "research_socket_bg.wasm";

/// What the module must do without: wasm2js knows neither a table of references nor several results, and one glue has to fit
/// the module and the JavaScript that is made of it. The glue then keeps the references in an array of its own, which is not
/// larger.
pub(crate) const WITHOUT: &str = "-Ctarget-feature=-reference-types,-multivalue";
/// What the module may use, which all browsers know.
pub(super) const FEATURES: [&str; 5] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
];
/// Control flow made anew, which comes out smaller than the compiler's.
pub(super) const RESTRUCTURE: [&str; 2] = ["--flatten", "--rereloop"];
/// Nothing has an address below 1024: the linker puts the stack there, of which this is the last thousandth.
pub(super) const LOW_MEMORY_UNUSED: &str = "--low-memory-unused";
/// What wasm-bindgen leaves to a step that is for modules with references only.
const UNRESOLVED: &[u8] = b"__wbindgen_externref_xform__";

/// The generated files of the package.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) glue: PathBuf,
    pub(crate) wasm: PathBuf,
    /// The module as JavaScript.
    pub(crate) script: PathBuf,
    pub(crate) library: Library,
}

pub(crate) fn make(project: &Project, work: &Work, mode: Mode) -> Result<Module> {
    let toolchain =
        WasmToolchain::find(project).context("no wasm32 library: run `cargo xtask setup`")?;
    let library = Library::of(project, toolchain, mode);
    let compiled = compile(project, mode, toolchain, library)?;
    let bytes = fs::read(&compiled).with_context(|| format!("no {}", compiled.display()))?;
    let key = format!(
        "{} {mode:?} {WITHOUT} {FEATURES:?} {RESTRUCTURE:?} wasm-bindgen {} with reset, {}, {}, {}, npm {}",
        short_hash(&bytes),
        project.locked_version("wasm-bindgen")?,
        glue::key(project)?,
        script::KEY,
        names::KEY,
        short_hash(&fs::read(project.path("package-lock.json"))?),
    );
    let bound = work.path("bound");
    let module = Module {
        glue: work.path(GLUE),
        wasm: work.path(WASM),
        script: work.path(SCRIPT),
        library,
    };
    let results = [
        module.glue.clone(),
        module.wasm.clone(),
        module.script.clone(),
    ];
    work.once("wasm-bindgen, binaryen and esbuild", &key, &results, || {
        bind(project, mode.into(), &compiled, &bound)?;
        if mode == Mode::Release {
            names::shorten(&bound.join(WASM), &bound.join(GLUE))?;
        }
        glue::make(project, mode, &bound, &module.glue)?;
        script::make(project, mode.into(), &bound.join(WASM), &module.script)?;
        match mode {
            Mode::Dev => {
                fs::copy(bound.join(WASM), &module.wasm)?;
            }
            Mode::Release => shrink(project, &bound.join(WASM), &module.wasm, Names::Dropped)?,
        }
        Ok(())
    })?;
    Ok(module)
}

/// The published module with the names of its functions, for a profile of them. Else it is the same: if not, that is an error.
pub(crate) fn named(project: &Project, work: &Work, published: &Path) -> Result<PathBuf> {
    let toolchain =
        WasmToolchain::find(project).context("no wasm32 library: run `cargo xtask setup`")?;
    let library = Library::of(project, toolchain, Mode::Release);
    let compiled = compile(project, Mode::Release, toolchain, library)?;
    let published = fs::read(published)?;
    let bound = work.path("named");
    let result = bound.join("named.wasm");
    let key = format!("names 1 of {}", short_hash(&published));
    work.once(
        "the module with names",
        &key,
        slice::from_ref(&result),
        || {
            bind(project, Names::Kept, &compiled, &bound)?;
            names::shorten(&bound.join(WASM), &bound.join(GLUE))?;
            shrink(project, &bound.join(WASM), &result, Names::Kept)?;
            ensure!(
                names::is_same_code(&fs::read(&result)?, &published)?,
                "with names the module is another one"
            );
            Ok(())
        },
    )?;
    Ok(result)
}

fn compile(
    project: &Project,
    mode: Mode,
    toolchain: WasmToolchain,
    library: Library,
) -> Result<PathBuf> {
    let (profile, folder) = match mode {
        Mode::Dev => ("dev", "debug"),
        Mode::Release => ("release", "release"),
    };
    let mut flags = paths::remaps(project);
    flags.push(WITHOUT.to_owned());
    flags.extend(library.flags().iter().map(|flag| (*flag).to_owned()));
    let mut cargo = project.command("cargo");
    toolchain.apply(&mut cargo);
    cargo
        .args(["build", "--lib", "--package", "research-socket"])
        .args(["--target", WASM_TARGET, "--profile", profile])
        // Here and not in the checkout's target, if the person says so.
        .arg("--target-dir")
        .arg(project.path("target"))
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join(paths::SEPARATOR));
    library.apply(&mut cargo);
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

/// Whether a module says what its functions are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Names {
    Dropped,
    Kept,
    /// With all else that helps to debug it.
    KeptForDebugging,
}

impl From<Mode> for Names {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Dev => Self::KeptForDebugging,
            Mode::Release => Self::Dropped,
        }
    }
}

fn bind(project: &Project, names: Names, compiled: &Path, bound: &Path) -> Result<()> {
    let tool = WASM_BINDGEN
        .find(project)?
        .context("no wasm-bindgen of the version in Cargo.lock: run `cargo xtask setup`")?;
    fs::create_dir_all(bound)?;
    let plain = bound.join("research_socket.plain.wasm");
    forget_features(project, compiled, &plain)?;
    let mut command = project.command(tool);
    // The types are written by hand, for the hand-written facade.
    command.args([
        "--target",
        "web",
        "--no-typescript",
        // Entry points say where the module is: not all of them have it in a file.
        "--omit-default-module-path",
        // What starts a fresh instance after a trap, from the module that is compiled already.
        "--experimental-reset-state-function",
        "--out-name",
        "research_socket",
    ]);
    match names {
        Names::Dropped => {
            command.args(["--remove-name-section", "--remove-producers-section"]);
        }
        Names::Kept => {
            command.arg("--remove-producers-section");
        }
        Names::KeptForDebugging => {
            command.args(["--debug", "--keep-debug"]);
        }
    }
    command.arg("--out-dir").arg(bound).arg(&plain);
    process::run_or_fail("build: wasm-bindgen", &mut command)?;
    let bytes = fs::read(bound.join(WASM))?;
    ensure!(
        !bytes
            .windows(UNRESOLVED.len())
            .any(|part| part == UNRESOLVED),
        "the module was compiled with reference types: is {WITHOUT} without effect?"
    );
    Ok(())
}

/// Leaves out the section that says what the module uses: the standard library, which is there compiled, claims what this
/// crate is compiled without, and wasm-bindgen believes it.
pub(crate) fn forget_features(project: &Project, from: &Path, to: &Path) -> Result<()> {
    let mut command = Environment::of(project)?.command("wasm-opt");
    command.args(["-g", "--strip-target-features"]);
    process::run_or_fail("build: wasm-opt", command.arg(from).arg("-o").arg(to))?;
    Ok(())
}

fn shrink(project: &Project, from: &Path, to: &Path, names: Names) -> Result<()> {
    let mut command = Environment::of(project)?.command("wasm-opt");
    if names == Names::Kept {
        command.arg("-g");
    }
    command
        .args(FEATURES)
        .arg(LOW_MEMORY_UNUSED)
        .args(RESTRUCTURE)
        // The second finds more.
        .args(["-Oz", "-Oz"])
        .arg(from)
        .arg("-o")
        .arg(to);
    process::run_or_fail("build: wasm-opt", &mut command)?;
    Ok(())
}
