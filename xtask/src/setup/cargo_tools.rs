//! Tools that are crates: built once into the machine-wide cache, a folder for each version.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::process::{self, DEFAULT_DEADLINE};
use crate::project::Project;
use crate::ui;

/// A program that `cargo install` builds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CargoTool {
    krate: &'static str,
    binary: &'static str,
    /// What to call it with for its name and version.
    ask: &'static [&'static str],
    version: Version,
    /// Whether it may be built with other crates than its Cargo.lock names, if the registry has not got those.
    may_lack_lock: bool,
}

#[derive(Clone, Copy, Debug)]
enum Version {
    /// Anything that begins so; the whole version is the one to install.
    Compatible {
        prefix: &'static str,
        install: &'static str,
    },
    /// Exactly that of the crate of this name in Cargo.lock.
    Locked(&'static str),
}

pub(crate) const WASM_BINDGEN: CargoTool = CargoTool {
    krate: "wasm-bindgen-cli",
    binary: "wasm-bindgen",
    ask: &["--version"],
    // The tool reads a format that changes between versions: it must be the library's own.
    version: Version::Locked("wasm-bindgen"),
    // Its version cannot be chosen, and mirrors of the registry lack crates that its Cargo.lock names (webpki-roots 1.0.11).
    may_lack_lock: true,
};
pub(crate) const WASM_PACK: CargoTool = CargoTool {
    krate: "wasm-pack",
    binary: "wasm-pack",
    ask: &["--version"],
    version: Version::Compatible {
        prefix: "0.15.",
        install: "0.15.1",
    },
    may_lack_lock: false,
};
pub(crate) const GECKODRIVER: CargoTool = CargoTool {
    krate: "geckodriver",
    binary: "geckodriver",
    ask: &["--version"],
    version: Version::Compatible {
        prefix: "0.",
        install: "0.37.1",
    },
    may_lack_lock: false,
};
pub(crate) const DENY: CargoTool = CargoTool {
    krate: "cargo-deny",
    binary: "cargo-deny",
    ask: &["--version"],
    version: Version::Compatible {
        prefix: "0.20.",
        install: "0.20.2",
    },
    may_lack_lock: false,
};
pub(crate) const MUTANTS: CargoTool = CargoTool {
    krate: "cargo-mutants",
    binary: "cargo-mutants",
    ask: &["mutants", "--version"],
    version: Version::Compatible {
        prefix: "27.",
        install: "27.1.0",
    },
    may_lack_lock: false,
};

impl CargoTool {
    /// The program, if one that fits is on PATH or in the cache.
    pub(crate) fn find(self, project: &Project) -> Result<Option<PathBuf>> {
        let wanted = self.wanted(project)?;
        let cached = self.root(project)?.join("bin").join(self.binary);
        if cached.exists() {
            return Ok(Some(cached));
        }
        let on_path = which::which(self.binary).ok().filter(|path| {
            process::query(Command::new(path).args(self.ask))
                .as_deref()
                .and_then(|text| text.split_whitespace().nth(1))
                .is_some_and(|version| match self.version {
                    Version::Compatible { prefix, .. } => version.starts_with(prefix),
                    Version::Locked(_) => version == wanted,
                })
        });
        Ok(on_path)
    }

    /// The program, which is installed.
    pub(crate) fn path(self, project: &Project) -> Result<PathBuf> {
        let found = self.find(project)?;
        found.with_context(|| format!("{} is not installed", self.krate))
    }

    pub(crate) fn install(self, project: &Project) -> Result<()> {
        ui::say(format_args!("{}: cargo install, some minutes", self.krate));
        let locked = self.build(project, true)?;
        if locked.succeeded() {
            return Ok(());
        }
        ui::show(&locked.output);
        if !self.may_lack_lock {
            bail!(
                "`cargo install --locked {}` failed; its output is above",
                self.krate
            );
        }
        ui::say(format_args!(
            "{}: again, WITHOUT its Cargo.lock",
            self.krate
        ));
        let free = self.build(project, false)?;
        if !free.succeeded() {
            ui::show(&free.output);
            bail!(
                "`cargo install` of {} failed; its output is above",
                self.krate
            );
        }
        Ok(())
    }

    fn build(self, project: &Project, locked: bool) -> Result<process::Outcome> {
        fs::create_dir_all(scratch(project))?;
        let mut command = self.command(project, locked)?;
        process::run(self.krate, &mut command, DEFAULT_DEADLINE)
    }

    fn command(self, project: &Project, locked: bool) -> Result<Command> {
        let target = scratch(project);
        let mut command = project.command("cargo");
        command
            .current_dir(&target)
            .args([
                "install",
                self.krate,
                "--version",
                &format!("={}", self.wanted(project)?),
            ])
            .arg("--root")
            .arg(self.root(project)?)
            // Crates that two of the tools share are built once.
            .arg("--target-dir")
            .arg(&target);
        if locked {
            command.arg("--locked");
        }
        // These tools wait for browsers or handle small files: compiling them fast counts for more
        // than their own speed.
        for (name, value) in [
            ("OPT_LEVEL", "1"),
            ("LTO", "off"),
            ("CODEGEN_UNITS", "16"),
            ("DEBUG", "0"),
            ("STRIP", "symbols"),
        ] {
            command.env(format!("CARGO_PROFILE_RELEASE_{name}"), value);
        }
        Ok(command)
    }

    fn wanted(self, project: &Project) -> Result<String> {
        match self.version {
            Version::Compatible { install, .. } => Ok(install.to_owned()),
            Version::Locked(name) => project.locked_version(name),
        }
    }

    fn root(self, project: &Project) -> Result<PathBuf> {
        Ok(project.cache(&format!("tools/{}-{}", self.krate, self.wanted(project)?)))
    }
}

/// Frees the gigabyte that building the tools took.
pub(crate) fn remove_scratch(project: &Project) {
    // What cannot be removed only takes room.
    let _ = fs::remove_dir_all(scratch(project));
}

fn scratch(project: &Project) -> PathBuf {
    project.cache("tools/target")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_built_with_their_lock_files() {
        let project = Project::locate().unwrap();
        let command = DENY.command(&project, true).unwrap();
        assert!(process::words(&command).contains(" --locked"));
        for tool in [WASM_PACK, GECKODRIVER, MUTANTS, DENY] {
            assert!(!tool.may_lack_lock, "{}", tool.krate);
        }
    }
}
