//! The browser tests with the core as JavaScript. wasm-bindgen's runner runs them as always: it binds, serves and reports. Only
//! that in between, when it asks for the browser's driver, what it serves is made JavaScript as the package's core is.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::build::script::{self, Effort};
use crate::build::wasm::forget_features;
use crate::environment::Environment;
use crate::project::{Project, short_hash};

/// What the runner calls what it binds.
const GLUE: &str = "wasm-bindgen-test.js";
const WASM: &str = "wasm-bindgen-test_bg.wasm";
/// The same, made JavaScript.
const BOUND_GLUE: &str = "glue.js";
const CORE: &str = "core.js";
const RUNTIME: &str = "runtime.js";
/// The binary without what wasm-bindgen misunderstands, and what is served instead of what it binds.
const PLAIN: &str = "tests.wasm";
const CONVERTED: &str = "served";
/// What the tests import instead of the glue. There is no WebAssembly in the page: a test cannot run on it by mistake.
const ENTRY: &str = r#"
import instantiate from "./core.js";
import { initSync } from "./glue.js";
import { Script, allowsWebAssembly, useScripts } from "./runtime.js";
export * from "./glue.js";
export default async function () {
  delete globalThis.WebAssembly;
  if (allowsWebAssembly()) throw new Error("there is WebAssembly in this page");
  useScripts();
  const exports = initSync({ module: new Script(instantiate) });
  // wasm2js makes identifiers of the names that the runner asks for.
  return new Proxy(exports, { get: (all, name) => all[name.replace(/[^\w$]/g, "_")] });
}
"#;

/// Set where a binary is made JavaScript beforehand, and not run.
pub(crate) const ONLY_CONVERT: &str = "RESEARCH_SOCKET_ONLY_CONVERT";

/// The runner's names for the program of a driver.
const DRIVERS: [&str; 3] = ["CHROMEDRIVER", "GECKODRIVER", "SAFARIDRIVER"];
/// In the place of a driver: puts the JavaScript where the runner serves from, and becomes the driver.
const DRIVER: &str = r#"#!/bin/sh
set -eu
module=$(find "$TMPDIR" -name wasm-bindgen-test_bg.wasm)
cp "$RESEARCH_SOCKET_CONVERTED"/* "$(dirname "$module")"
rm "$module"
export TMPDIR="$RESEARCH_SOCKET_TMPDIR"
exec "$RESEARCH_SOCKET_DRIVER" "$@"
"#;
/// So long a busy machine may take to start one, in seconds.
const DRIVER_SECONDS: &str = "120";
const KEPT: &str = "Retaining temporary build output folder: ";

/// Runs one binary of tests, as cargo's runner. Says whether it passed.
pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<bool> {
    let [binary, options @ ..] = arguments else {
        anyhow::bail!("no binary of tests is named");
    };
    let binary = Path::new(binary);
    let name = binary.file_stem().context("the binary has no name")?;
    let folder = env::temp_dir().join(name);
    fs::create_dir_all(&folder)?;
    let made = made_of(project, binary, &folder)?;
    if env::var_os(ONLY_CONVERT).is_some() {
        return Ok(true);
    }

    let served = folder.join("served");
    fs::create_dir_all(&served)?;
    let driver = folder.join("driver.sh");
    fs::write(&driver, DRIVER)?;
    fs::set_permissions(&driver, fs::Permissions::from_mode(0o755))?;
    let mut command = runner(project, &made.join(PLAIN))?;
    command
        .args(options)
        .env("TMPDIR", &served)
        // Of the browser: the path of a socket there may have 107 bytes.
        .env("RESEARCH_SOCKET_TMPDIR", env::temp_dir())
        .env("RESEARCH_SOCKET_CONVERTED", made.join(CONVERTED))
        .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", DRIVER_SECONDS);
    let mut drivers = DRIVERS
        .into_iter()
        .filter_map(|name| Some((name, env::var_os(name)?)));
    let (name, real) = drivers.next().context("no driver is named")?;
    command
        .env(name, &driver)
        .env("RESEARCH_SOCKET_DRIVER", real);
    Ok(command.status()?.success())
}

/// What is made of a binary, in a folder of its own: made once for all browsers.
fn made_of(project: &Project, binary: &Path, scratch: &Path) -> Result<PathBuf> {
    let runtime = fs::read_to_string(project.path("pkg-template/core").join(RUNTIME))?;
    let key = format!(
        "{} wasm-bindgen {} {} npm {} {runtime} {ENTRY}",
        short_hash(&fs::read(binary)?),
        project.locked_version("wasm-bindgen")?,
        script::KEY,
        short_hash(&fs::read(project.path("package-lock.json"))?),
    );
    let name = format!("target/xtask/as-script/{}", short_hash(key.as_bytes()));
    let to = project.path(&name);
    if to.exists() {
        return Ok(to);
    }
    let fresh = to.with_extension("new");
    fs::create_dir_all(&fresh)?;
    let plain = fresh.join(PLAIN);
    forget_features(project, binary, &plain)?;
    let bound = bind(project, scratch, &plain)?;
    convert(project, &bound, &runtime, &fresh.join(CONVERTED))?;
    fs::remove_dir_all(&bound)?;
    // Renamed into place, so that there is never half of it.
    fs::rename(&fresh, &to)?;
    Ok(to)
}

fn runner(project: &Project, binary: &Path) -> Result<Command> {
    let mut command = Environment::of(project)?.command("wasm-bindgen-test-runner");
    command.arg(binary);
    Ok(command)
}

/// Lets the runner bind and fail for want of a driver. The folder of what it has bound.
fn bind(project: &Project, folder: &Path, binary: &Path) -> Result<PathBuf> {
    let mut command = runner(project, binary)?;
    command
        .env("TMPDIR", folder)
        .env("WASM_BINDGEN_KEEP_TEST_BUILD", "1")
        .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "0");
    for name in DRIVERS {
        if env::var_os(name).is_some() {
            command.env(name, "false");
        }
    }
    let output = command.output().context("no wasm-bindgen-test-runner")?;
    let output = String::from_utf8_lossy(&output.stdout);
    output
        .lines()
        .find_map(|line| line.strip_prefix(KEPT))
        .map(PathBuf::from)
        // Without tests it is empty.
        .filter(|bound| bound.join(WASM).exists())
        .with_context(|| {
            format!("nothing was bound, as if there were no tests for browsers:\n{output}")
        })
}

/// Makes what replaces the bound files.
fn convert(project: &Project, bound: &Path, runtime: &str, to: &Path) -> Result<()> {
    let glue = fs::read_to_string(bound.join(GLUE))?;
    ensure!(
        glue.contains("WebAssembly.Instance"),
        "{GLUE} makes its instance otherwise"
    );
    // An import hides the global.
    let glue = format!("import {{ WebAssembly }} from \"./{RUNTIME}\";\n{glue}");
    fs::create_dir_all(to)?;
    script::make(project, Effort::Little, &bound.join(WASM), &to.join(CORE))?;
    fs::write(to.join(BOUND_GLUE), glue)?;
    fs::write(to.join(RUNTIME), runtime)?;
    fs::write(to.join(GLUE), ENTRY)?;
    Ok(())
}
