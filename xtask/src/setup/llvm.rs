//! LLVM's tools for coverage, which have to be of the compiler's own major version: rustup's, or Debian's.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::apt;
use crate::process;
use crate::project::Project;
use crate::ui;

const LABEL: &str = "llvm-tools";

/// The two programs.
#[derive(Clone, Debug)]
pub(crate) struct Llvm {
    pub(crate) cov: PathBuf,
    pub(crate) profdata: PathBuf,
}

/// What the compiler says of itself.
#[derive(Debug, PartialEq, Eq)]
struct Compiler {
    host: String,
    /// Of its LLVM.
    major: String,
}

/// Finds them, or installs them.
pub(crate) fn ensure(project: &Project) -> Result<Llvm> {
    let compiler = compiler(project)?;
    let sysroot = process::query(project.command("rustc").args(["--print", "sysroot"]));
    let sysroot = PathBuf::from(sysroot.context("rustc does not say where it is")?.trim());
    if let Some(found) = find(&sysroot, &compiler) {
        return Ok(found);
    }
    ui::say(format_args!("{LABEL}: rustup component add"));
    let mut add = project.command("rustup");
    add.args(["component", "add", LABEL]);
    // Where rustup has none to download, Debian may have them.
    let added = process::run(LABEL, &mut add, process::DEFAULT_DEADLINE)?;
    if !added.succeeded() {
        let package = format!("llvm-{}", compiler.major);
        apt::install(project, LABEL, &[&package])?;
    }
    let Some(found) = find(&sysroot, &compiler) else {
        bail!(
            "{LABEL}: neither `rustup component add {LABEL}` nor `apt-get install llvm-{}` gave llvm-cov",
            compiler.major
        );
    };
    Ok(found)
}

fn find(sysroot: &Path, compiler: &Compiler) -> Option<Llvm> {
    let own = sysroot.join("lib/rustlib").join(&compiler.host).join("bin");
    let program = |name: &str| {
        let own = own.join(name);
        let versioned = format!("{name}-{}", compiler.major);
        let on_path = || which::which(versioned).ok();
        Some(own).filter(|path| path.exists()).or_else(on_path)
    };
    Some(Llvm {
        cov: program("llvm-cov")?,
        profdata: program("llvm-profdata")?,
    })
}

fn compiler(project: &Project) -> Result<Compiler> {
    let words = process::query(project.command("rustc").arg("-vV"));
    read(&words.context("rustc does not say its version")?)
}

fn read(words: &str) -> Result<Compiler> {
    let after = |start: &str| words.lines().find_map(|line| line.strip_prefix(start));
    let version = after("LLVM version: ").context("rustc does not say which LLVM it has")?;
    let (major, _) = version.split_once('.').unwrap_or((version, ""));
    Ok(Compiler {
        host: after("host: ")
            .context("rustc does not say where it runs")?
            .to_owned(),
        major: major.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tools_have_to_be_of_the_compilers_own_major_version() {
        let words =
            "rustc 1.95.0\nhost: x86_64-unknown-linux-gnu\nrelease: 1.95.0\nLLVM version: 22.1.2\n";
        let compiler = read(words).unwrap();
        assert_eq!(
            compiler,
            Compiler {
                host: "x86_64-unknown-linux-gnu".to_owned(),
                major: "22".to_owned(),
            }
        );
        let folder = std::env::temp_dir().join(format!("xtask-llvm-{}", std::process::id()));
        let bin = folder.join("lib/rustlib").join(&compiler.host).join("bin");
        std::fs::create_dir_all(&bin).unwrap();
        for name in ["llvm-cov", "llvm-profdata"] {
            std::fs::write(bin.join(name), "").unwrap();
        }
        let found = find(&folder, &compiler);
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(found.unwrap().cov, bin.join("llvm-cov"));
        assert!(read("rustc 1.95.0").is_err());
    }
}
