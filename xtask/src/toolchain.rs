//! Which compiler builds for wasm32: rustup's own, or Debian's, linked under a name.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::query;
use crate::project::{LINKED_TOOLCHAIN, Project, WASM_TARGET};

/// Where the wasm32 standard library of Debian's compiler is put, for it to find.
pub(crate) const LINKED_SYSROOT: &str = "/usr";

/// A compiler that has a wasm32 standard library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WasmToolchain {
    /// The one that builds natively too.
    Default,
    /// Debian's, under [`LINKED_TOOLCHAIN`].
    Linked,
}

impl WasmToolchain {
    /// The first that is ready to use.
    pub(crate) fn find(project: &Project) -> Option<Self> {
        let wanted = |toolchain: Self| match Source::wanted() {
            Source::Any => true,
            Source::Rustup => toolchain == Self::Default,
            Source::Debian => toolchain == Self::Linked,
        };
        let default = || default_sysroot(project).is_some_and(|root| has_std(&root));
        if wanted(Self::Default) && default() {
            return Some(Self::Default);
        }
        (wanted(Self::Linked) && is_linked(project) && linked_std_fits()).then_some(Self::Linked)
    }

    /// Makes `command` and all that it starts use this compiler.
    pub(crate) fn apply(self, command: &mut Command) {
        if let Some(name) = self.rustup_name() {
            command.env("RUSTUP_TOOLCHAIN", name);
        }
    }

    /// Whether the source of its standard library is there too.
    pub(crate) fn has_source(self, project: &Project) -> bool {
        self.sysroot(project)
            .is_some_and(|sysroot| source_dir(&sysroot).join("library/std/Cargo.toml").exists())
    }

    fn sysroot(self, project: &Project) -> Option<PathBuf> {
        match self {
            Self::Default => default_sysroot(project),
            Self::Linked => Some(PathBuf::from(LINKED_SYSROOT)),
        }
    }

    pub(crate) fn rustup_name(self) -> Option<&'static str> {
        match self {
            Self::Default => None,
            Self::Linked => Some(LINKED_TOOLCHAIN),
        }
    }
}

/// Where the wasm32 library may come from, by `RESEARCH_SOCKET_WASM_STD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Any,
    Rustup,
    Debian,
}

impl Source {
    pub(crate) fn wanted() -> Self {
        match std::env::var("RESEARCH_SOCKET_WASM_STD").as_deref() {
            Ok("rustup") => Self::Rustup,
            Ok("debian") => Self::Debian,
            Ok(_) | Err(_) => Self::Any,
        }
    }
}

/// Where a compiler's own libraries for wasm32 are.
pub(crate) fn std_dir(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib").join(WASM_TARGET).join("lib")
}

/// Where the source of a compiler's library is, if it is installed.
pub(crate) fn source_dir(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib/src/rust")
}

/// The file beside the library that says which compiler built it: rlibs fit exactly one.
pub(crate) fn linked_std_stamp() -> PathBuf {
    std_dir(Path::new(LINKED_SYSROOT)).join("built-by-rustc.txt")
}

/// The version of Debian's compiler, if it is installed.
pub(crate) fn linked_rustc_version() -> Option<String> {
    let rustc = Path::new(LINKED_SYSROOT).join("bin/rustc");
    let mut command = Command::new(rustc);
    query(command.arg("-vV").env_remove("LD_LIBRARY_PATH"))
}

pub(crate) fn linked_std_fits() -> bool {
    has_std(Path::new(LINKED_SYSROOT))
        && fs::read_to_string(linked_std_stamp()).ok() == linked_rustc_version()
}

pub(crate) fn is_linked(project: &Project) -> bool {
    query(project.command("rustup").args(["toolchain", "list"])).is_some_and(|list| {
        list.lines()
            .any(|line| line.split_whitespace().next() == Some(LINKED_TOOLCHAIN))
    })
}

/// Of every compiler that can be the one.
pub(crate) fn sysroots(project: &Project) -> impl Iterator<Item = PathBuf> {
    [WasmToolchain::Default, WasmToolchain::Linked]
        .into_iter()
        .filter_map(|toolchain| toolchain.sysroot(project))
}

fn default_sysroot(project: &Project) -> Option<PathBuf> {
    let sysroot = query(project.command("rustc").args(["--print", "sysroot"]))?;
    Some(PathBuf::from(sysroot.trim()))
}

fn has_std(sysroot: &Path) -> bool {
    fs::read_dir(std_dir(sysroot)).is_ok_and(|entries| {
        entries.flatten().any(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with("libstd-") && name.ends_with(".rlib")
        })
    })
}
