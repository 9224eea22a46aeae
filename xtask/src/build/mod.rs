//! Makes the npm package in `pkg/`: compile, bind, shrink, bundle, assemble, check, measure.

mod assemble;
mod compat;
mod facade;
mod glue;
mod library;
mod minified;
mod names;
mod pack;
pub(crate) mod paths;
pub(crate) mod script;
mod sizes;
pub(crate) mod wasm;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::project::Project;
use crate::setup::{self, Part};
use crate::ui;
use library::Library;
use wasm::Module;

/// How much is done to make the package small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Quick to build, with names and debug assertions.
    Dev,
    /// What is published.
    Release,
}

/// `cargo xtask build`. Steps whose inputs are the same as last time are left out.
pub(crate) fn run(project: &Project, mode: Mode) -> Result<()> {
    setup::ensure(project, &Part::BUILD)?;
    let work = Work::open(project)?;
    let (module, files) = make(project, &work, mode)?;
    ui::say(format_args!("build: pkg/ has {} files", files.len()));
    if mode == Mode::Release {
        let manifest = fs::read(project.path("pkg/package.json"))?;
        let mut entries: Vec<_> = facade::entries(&manifest)?.into_iter().collect();
        entries.extend(facade::part_names());
        let sizes = sizes::measure(project, &module, &entries)?;
        ui::show(&sizes.to_string());
        // Without the source the compiler's own library is in it, which nobody publishes.
        if module.library == Library::Rebuilt {
            sizes.check()?;
        }
        pack::check(project, &work, &files)?;
        let unnamed = pack::unnamed(&serde_json::from_slice(&manifest)?);
        if !unnamed.is_empty() {
            ui::say(format_args!(
                "build: pkg-template/package.json has no {}: fill in before `npm publish` (CONTRIBUTING.md, \"Publishing\")",
                unnamed.join(", ")
            ));
        }
    }
    Ok(())
}

/// Makes the package as it is published, for those who use it: they need not hear of its size.
pub(crate) fn quietly(project: &Project) -> Result<()> {
    setup::ensure(project, &Part::BUILD)?;
    make(project, &Work::open(project)?, Mode::Release)?;
    Ok(())
}

/// Makes a copy of the package in `folder` whose module has names, for a profile. The package is there.
pub(crate) fn with_names(project: &Project, folder: &Path) -> Result<()> {
    let package = project.path("pkg");
    let named = wasm::named(project, &Work::open(project)?, &package.join(wasm::WASM))?;
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(package)? {
        let path = entry?.path();
        if let Some(name) = path.file_name() {
            fs::copy(&path, folder.join(name))?;
        }
    }
    fs::copy(named, folder.join(wasm::WASM))?;
    Ok(())
}

fn make(project: &Project, work: &Work, mode: Mode) -> Result<(Module, Vec<String>)> {
    let module = wasm::make(project, work, mode)?;
    let files = assemble::assemble(project, work, &module, mode)?;
    if mode == Mode::Release {
        paths::check(project)?;
    }
    Ok((module, files))
}

/// The scratch folder of a build, held by one build at a time.
#[derive(Debug)]
pub(crate) struct Work {
    folder: PathBuf,
    _lock: File,
}

impl Work {
    fn open(project: &Project) -> Result<Self> {
        let folder = project.path("target/xtask");
        fs::create_dir_all(&folder).with_context(|| format!("no {}", folder.display()))?;
        let lock = crate::lock::acquire(&folder.join("build.lock"), "build")?;
        Ok(Self {
            folder,
            _lock: lock,
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Runs `make` unless it ran with the same `key` before and its results are still there.
    fn once(
        &self,
        step: &str,
        key: &str,
        results: &[PathBuf],
        make: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        let stamp = self.path(&format!("{step}.stamp"));
        let same = fs::read_to_string(&stamp).is_ok_and(|last| last == key);
        if same && results.iter().all(|path| path.exists()) {
            return Ok(());
        }
        let began = ui::elapsed();
        ui::say(format_args!("build: {step}"));
        // A run that is broken off must not look finished.
        if stamp.exists() {
            fs::remove_file(&stamp)?;
        }
        make()?;
        fs::write(&stamp, key)?;
        let took = ui::human(ui::elapsed().saturating_sub(began));
        ui::say(format_args!("build: {step} done ({took})"));
        Ok(())
    }
}
