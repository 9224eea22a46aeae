//! The wasm32 standard library: rustup's if it can be had, else built from Debian's source.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::apt;
use crate::build::paths;
use crate::process;
use crate::project::{LINKED_TOOLCHAIN, Project, WASM_TARGET};
use crate::toolchain::{self, LINKED_SYSROOT, Source, WasmToolchain};
use crate::ui;

const LABEL: &str = "wasm32 library";
const DOWNLOAD_DEADLINE: Duration = Duration::from_secs(300);
const SCRATCH_CRATE: &str = "wasm_std_scratch";

pub(crate) fn is_ready(project: &Project) -> bool {
    WasmToolchain::find(project).is_some()
}

pub(crate) fn install(project: &Project) -> Result<()> {
    let source = Source::wanted();
    if source != Source::Debian {
        ui::say(format_args!("{LABEL}: rustup target add {WASM_TARGET}"));
        let mut add = project.command("rustup");
        add.args(["target", "add", WASM_TARGET]);
        let outcome = process::run(LABEL, &mut add, DOWNLOAD_DEADLINE);
        if WasmToolchain::find(project).is_some() {
            return Ok(());
        }
        if source == Source::Rustup {
            let output = outcome.map(|outcome| outcome.output).unwrap_or_default();
            bail!("rustup could not add {WASM_TARGET}: {output}");
        }
        ui::say(format_args!(
            "{LABEL}: rustup has none to download here; Debian's source has"
        ));
    }
    install_debian_compiler(project)?;
    if !toolchain::linked_std_fits() {
        build(project)?;
    }
    if !toolchain::is_linked(project) {
        let mut link = project.command("rustup");
        link.args(["toolchain", "link", LINKED_TOOLCHAIN, LINKED_SYSROOT]);
        process::run_or_fail(LABEL, &mut link)?;
    }
    if WasmToolchain::find(project).is_none() {
        bail!("{LINKED_TOOLCHAIN} is linked, but its {WASM_TARGET} library cannot be found");
    }
    Ok(())
}

fn install_debian_compiler(project: &Project) -> Result<()> {
    let usr = Path::new(LINKED_SYSROOT);
    let source = usr.join("lib/rustlib/src/rust/library/std/Cargo.toml");
    if ["rustc", "cargo", "cargo-clippy"]
        .iter()
        .any(|name| !usr.join("bin").join(name).exists())
        || !source.exists()
    {
        let packages = [
            "rustc-web",
            "cargo-web",
            "rust-web-src",
            "rust-web-llvm",
            "rust-web-clippy",
        ];
        apt::install(project, LABEL, &packages)?;
    }
    // The linker that rustc starts is only a link to another package's program, not installed
    // with it. The version in the link's target names that package.
    let link = usr.join("bin/rust-lld");
    if link.exists() {
        return Ok(());
    }
    let target = fs::read_link(&link)
        .with_context(|| format!("Debian's rust-web-llvm has no {}", link.display()))?;
    let package = lld_package(&target).with_context(|| {
        format!(
            "cannot tell the package of {}; install the lld it names",
            target.display()
        )
    })?;
    apt::install(project, LABEL, &[&package])
}

// `…/lib/llvm-22/bin/lld` or `…/lld-22` → `lld-22`
fn lld_package(target: &Path) -> Option<String> {
    target
        .components()
        .filter_map(|part| part.as_os_str().to_str()?.rsplit_once('-'))
        .find(|(name, version)| {
            matches!(*name, "llvm" | "lld") && version.bytes().all(|byte| byte.is_ascii_digit())
        })
        .map(|(_, version)| format!("lld-{version}"))
}

fn build(project: &Project) -> Result<()> {
    ui::say(format_args!(
        "{LABEL}: building it from source, about a minute"
    ));
    // Two builds' files side by side would break the library: the folder is always a new one.
    let scratch = project.cache(&format!("wasm-std-{}", std::process::id()));
    fs::create_dir_all(scratch.join("src"))?;
    fs::write(scratch.join("src/lib.rs"), "")?;
    fs::write(
        scratch.join("Cargo.toml"),
        format!("[package]\nname = \"{SCRATCH_CRATE}\"\nedition = \"2021\"\n[workspace]\n"),
    )?;
    // Its crates are on this machine too, and what is made with it is shipped.
    let mut flags = paths::remaps(project);
    // Without it, `lto = true` has nothing to work on later.
    flags.push("-Cembed-bitcode=yes".to_owned());
    let mut cargo = project.command(Path::new(LINKED_SYSROOT).join("bin/cargo"));
    cargo
        .current_dir(&scratch)
        .args(["build", "--release", "--target", WASM_TARGET])
        .arg("-Zbuild-std=std,panic_abort,test,proc_macro")
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("CARGO_TARGET_DIR")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC", Path::new(LINKED_SYSROOT).join("bin/rustc"))
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join(paths::SEPARATOR));
    process::run_or_fail(LABEL, &mut cargo)?;
    let deps = scratch
        .join("target")
        .join(WASM_TARGET)
        .join("release/deps");
    install_libraries(project, &rlibs(&deps)?, &scratch)?;
    fs::remove_dir_all(&scratch).with_context(|| format!("cannot remove {}", scratch.display()))
}

fn rlibs(deps: &Path) -> Result<Vec<PathBuf>> {
    let found: Vec<_> = fs::read_dir(deps)?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "rlib")
        })
        .filter(|path| !path.to_string_lossy().contains(SCRATCH_CRATE))
        .collect();
    if found.is_empty() {
        bail!(
            "the build of the standard library left no .rlib in {}",
            deps.display()
        );
    }
    Ok(found)
}

fn install_libraries(project: &Project, libraries: &[PathBuf], scratch: &Path) -> Result<()> {
    let target = toolchain::std_dir(Path::new(LINKED_SYSROOT));
    // Libraries of an earlier compiler would be found beside the new ones.
    process::run_or_fail(LABEL, apt::as_root(project, "rm")?.arg("-rf").arg(&target))?;
    process::run_or_fail(
        LABEL,
        apt::as_root(project, "mkdir")?.arg("-p").arg(&target),
    )?;
    process::run_or_fail(
        LABEL,
        apt::as_root(project, "cp")?.args(libraries).arg(&target),
    )?;
    let stamp = scratch.join("stamp");
    fs::write(
        &stamp,
        toolchain::linked_rustc_version().unwrap_or_default(),
    )?;
    let mut copy = apt::as_root(project, "cp")?;
    process::run_or_fail(LABEL, copy.arg(&stamp).arg(toolchain::linked_std_stamp()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_linker_package_in_both_shapes_of_the_link() {
        let package = |path: &str| lld_package(Path::new(path));
        assert_eq!(
            package("../../../../llvm-22/bin/lld").as_deref(),
            Some("lld-22")
        );
        assert_eq!(package("/usr/bin/lld-19").as_deref(), Some("lld-19"));
        assert_eq!(package("/usr/bin/rust-lld"), None);
    }
}
