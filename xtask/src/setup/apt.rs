//! Debian's packages: installs as root, through sudo, or names the command that a person must run.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, bail};

use crate::process;
use crate::project::Project;
use crate::ui;

/// What a command needs to act on the whole system.
#[derive(Clone, Copy, Debug)]
enum Right {
    Root,
    Sudo,
}

// True once the lists of packages are fresh; held while the package manager works, since it allows
// only one at a time.
static UPDATED: Mutex<bool> = Mutex::new(false);

/// Installs `packages`. `what` says in an error what they are for.
pub(crate) fn install(project: &Project, what: &str, packages: &[&str]) -> Result<()> {
    let by_hand = format!(
        "apt-get update && apt-get install -y --no-install-recommends {}",
        packages.join(" ")
    );
    if which::which("apt-get").is_err() {
        bail!(
            "{what}: this system has no apt-get. Install what Debian calls {} with your system's \
             own package manager, then run `cargo xtask setup` again",
            packages.join(", ")
        );
    }
    let Some(right) = right() else {
        bail!("{what}: not root and no sudo. Run this as root, then set-up again:\n    {by_hand}");
    };
    let mut updated = UPDATED.lock().unwrap_or_else(PoisonError::into_inner);
    update(project, what, right, &mut updated)?;
    ui::say(format_args!(
        "{what}: apt-get install {}",
        packages.join(" ")
    ));
    let mut install = command(project, right, "apt-get");
    install
        .args(["install", "-y", "--no-install-recommends"])
        .args(["-o", "DPkg::Lock::Timeout=600", "-o", "Dpkg::Use-Pty=0"])
        .args(packages);
    process::run_or_fail(what, &mut install)?;
    Ok(())
}

/// Leaves the archive of `package` in `folder`, and changes nothing of the system but its lists of packages.
pub(crate) fn download(project: &Project, what: &str, package: &str, folder: &Path) -> Result<()> {
    let mut updated = UPDATED.lock().unwrap_or_else(PoisonError::into_inner);
    let mut get = project.command("apt-get");
    get.current_dir(folder)
        .args(["download", "--quiet", package]);
    if !process::run(what, &mut get, process::DEFAULT_DEADLINE)?.succeeded() {
        // There are no lists yet, or they are so old that the archive is gone.
        let Some(right) = right() else {
            bail!("{what}: not root and no sudo. Run `apt-get update` as root, then set-up again");
        };
        update(project, what, right, &mut updated)?;
        process::run_or_fail(what, &mut get)?;
    }
    Ok(())
}

/// Unpacks the files of `package` into `folder`, and installs nothing: for a package that would start a server.
pub(crate) fn unpack(project: &Project, what: &str, package: &str, folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    fs::create_dir_all(folder)?;
    download(project, what, package, folder)?;
    for entry in fs::read_dir(folder)? {
        let archive = entry?.path();
        if archive.extension().is_some_and(|end| end == "deb") {
            let mut unpack = project.command("dpkg-deb");
            process::run_or_fail(what, unpack.arg("-x").arg(&archive).arg(folder))?;
        }
    }
    Ok(())
}

/// Installs the libraries that `package` needs, and not the package itself.
pub(crate) fn install_libraries_of(project: &Project, what: &str, package: &str) -> Result<()> {
    let mut depends = project.command("apt-cache");
    depends.args(["depends", "--important", package]);
    let lines = process::run_or_fail(what, &mut depends)?;
    let mut missing = libraries(&lines);
    // Whoever asks for a library that is there gets its newest version, for all of the system.
    missing.retain(|name| !is_installed(project, name));
    if missing.is_empty() {
        return Ok(());
    }
    install(project, what, &missing)
}

fn is_installed(project: &Project, package: &str) -> bool {
    let mut query = project.command("dpkg-query");
    query.args(["--show", "--showformat=${db:Status-Status}", package]);
    process::query(&mut query).is_some_and(|status| status == "installed")
}

/// Of each choice the first.
fn libraries(depends: &str) -> Vec<&str> {
    let mut libraries = Vec::new();
    let mut chosen = false;
    for line in depends.lines() {
        if let Some(name) = line.trim().strip_prefix("|Depends: ") {
            if !chosen {
                libraries.push(name);
            }
            chosen = true;
        } else if let Some(name) = line.trim().strip_prefix("Depends: ") {
            if !chosen {
                libraries.push(name);
            }
            chosen = false;
        }
    }
    libraries.retain(|name| name.starts_with("lib"));
    libraries
}

fn update(project: &Project, what: &str, right: Right, updated: &mut bool) -> Result<()> {
    if !*updated {
        ui::say(format_args!("{what}: reading the lists of packages"));
        process::run_or_fail(what, command(project, right, "apt-get").arg("update"))?;
        *updated = true;
    }
    Ok(())
}

/// A command that may write to the system's own folders.
pub(crate) fn as_root(project: &Project, program: &str) -> Result<Command> {
    match right() {
        Some(right) => Ok(command(project, right, program)),
        None => bail!("not root and no sudo: run `cargo xtask setup` as root"),
    }
}

fn right() -> Option<Right> {
    if rustix::process::geteuid().is_root() {
        return Some(Right::Root);
    }
    which::which("sudo").ok()?;
    // Asks for the password here, in the foreground: the commands themselves have no terminal.
    let asked = Command::new("sudo").arg("-v").status();
    asked
        .is_ok_and(|status| status.success())
        .then_some(Right::Sudo)
}

fn command(project: &Project, right: Right, program: &str) -> Command {
    let mut command = match right {
        Right::Root => project.command(program),
        Right::Sudo => {
            let mut command = project.command("sudo");
            command.args(["-n", "DEBIAN_FRONTEND=noninteractive", program]);
            command
        }
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_a_package_depends_on_the_libraries_are_told_from_the_rest() {
        let said = "haproxy\n  PreDepends: dpkg\n  Depends: libc6\n |Depends: libsystemd0\n  Depends: \
                    libelogind0\n  Depends: adduser\n  Depends: liblua5.3-0\n";
        assert_eq!(libraries(said), ["libc6", "libsystemd0", "liblua5.3-0"]);
    }
}
