//! Where things are: the checkout, the machine-wide cache, and the versions the checkout asks for.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

/// The rustup name of Debian's compiler, linked where rustup has no wasm32 library to download.
pub(crate) const LINKED_TOOLCHAIN: &str = "research-socket-wasm";
/// The only compilation target of the package.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The checkout that the command works on.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    root: PathBuf,
    cache: PathBuf,
}

impl Project {
    pub(crate) fn locate() -> Result<Self> {
        let manifest_dir = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest_dir
            .parent()
            .context("xtask has no folder above it: run it as `cargo xtask`")?
            .to_path_buf();
        Ok(Self {
            root,
            cache: cache_dir()?,
        })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// What the next checkout on this machine can use too.
    pub(crate) fn cache(&self, relative: &str) -> PathBuf {
        self.cache.join(relative)
    }

    pub(crate) fn node_bin(&self) -> PathBuf {
        self.path("node_modules/.bin")
    }

    pub(crate) fn requirements(&self) -> PathBuf {
        self.path("tests/servers/requirements.txt")
    }

    /// The virtual environment of the test servers, one for each content of the requirements.
    pub(crate) fn venv(&self) -> Option<PathBuf> {
        let requirements = fs::read(self.requirements()).ok()?;
        Some(self.cache(&format!("venv-{}", short_hash(&requirements))))
    }

    /// The version of a dependency in Cargo.lock.
    pub(crate) fn locked_version(&self, name: &str) -> Result<String> {
        let path = self.path("Cargo.lock");
        let lock =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        lock.split("[[package]]")
            .find(|package| package.contains(&format!("\nname = \"{name}\"\n")))
            .and_then(|package| package.split("\nversion = \"").nth(1))
            .and_then(|rest| rest.split('"').next())
            .map(str::to_owned)
            .with_context(|| format!("Cargo.lock has no package {name}"))
    }

    /// A command with the checkout as its folder.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        clean_environment(&mut command);
        command
    }
}

/// The first 16 hexadecimal digits of SHA-256: a name for a content.
pub(crate) fn short_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn cache_dir() -> Result<PathBuf> {
    let base = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| env::home_dir().map(|home| home.join(".cache")))
        .context("no home folder for the cache: set HOME or XDG_CACHE_HOME")?;
    Ok(base.join("research-socket"))
}

// `cargo run` leaves its own variables behind; a nested cargo or a linked compiler must not see
// them: LD_LIBRARY_PATH would give Debian's rustc the libraries of rustup's.
fn clean_environment(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        if name == "CARGO" || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        {
            command.env_remove(name.as_ref());
        }
    }
    command.env_remove("RUST_RECURSION_COUNT");
    let own = [
        rustup_home(),
        env::current_dir().ok().map(|dir| dir.join("target")),
    ];
    if let Some(value) = env::var_os("LD_LIBRARY_PATH") {
        let kept: Vec<PathBuf> = env::split_paths(&value)
            .filter(|path| !own.iter().flatten().any(|start| path.starts_with(start)))
            .collect();
        match env::join_paths(&kept) {
            Ok(value) if !kept.is_empty() => command.env("LD_LIBRARY_PATH", value),
            Ok(_) | Err(_) => command.env_remove("LD_LIBRARY_PATH"),
        };
    }
    if env::var("RUSTUP_TOOLCHAIN").is_ok_and(|name| name == LINKED_TOOLCHAIN) {
        command.env_remove("RUSTUP_TOOLCHAIN");
    }
}

fn rustup_home() -> Option<PathBuf> {
    env::var_os("RUSTUP_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".rustup")))
}
