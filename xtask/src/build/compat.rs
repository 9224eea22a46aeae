//! `window.socket` as one classic script: what a page with a `<script src>` for the application's own socket code puts in its
//! place. Modules are no way for such a page: it uses `window.socket` while it is parsed.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::facade::ELEMENT;
use super::glue::GLUE;
use super::minified;
use super::script;
use super::wasm::Module;
use super::{Mode, Work};
use crate::environment::Environment;
use crate::process;
use crate::project::{Project, short_hash};

/// The name of the script in the package.
pub(crate) const SCRIPT: &str = "research-socket.compat.js";
/// The module that it is made of, in pkg-template.
const ENTRY: &str = "compat.js";
/// What gives the script its own address, where modules have `import.meta.url`.
const URL: [&str; 2] = [
    "--inject:./compat/script-url.js",
    "--define:import.meta.url=scriptUrl",
];
const BANNER: &str = "// research-socket, MIT OR Apache-2.0: window.socket for pages of the application. README.md beside it says more.";

/// Makes the script of the modules of pkg-template and the glue. It loads the WebAssembly module, or what runs in its place,
/// from its own folder: where a page forbids WebAssembly, that module would be dead weight in it.
pub(crate) fn bundle(
    project: &Project,
    work: &Work,
    modules: &BTreeMap<String, Vec<u8>>,
    module: &Module,
    mode: Mode,
) -> Result<BTreeMap<String, PathBuf>> {
    let script = work.path(SCRIPT);
    let glue = fs::read(&module.glue).context("no glue")?;
    let lock = fs::read(project.path("package-lock.json"))?;
    let parts = [&glue, &lock].map(|bytes| short_hash(bytes));
    let key = format!(
        "{modules:?} {parts:?} {URL:?} {ELEMENT:?} {}{BANNER} {mode:?} {}",
        script::EAGER,
        minified::KEY
    );
    let mut files = BTreeMap::from([(SCRIPT.to_owned(), script.clone())]);
    if mode == Mode::Release {
        files.insert(format!("{SCRIPT}.map"), minified::map_of(&script));
    }
    let results: Vec<_> = files.values().cloned().collect();
    work.once("compat", &short_hash(key.as_bytes()), &results, || {
        let folder = work.path("compat");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        for (name, text) in modules {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().context("a module has no folder")?)?;
            fs::write(path, text)?;
        }
        fs::write(folder.join(GLUE), &glue)?;
        let mut esbuild = Environment::of(project)?.command("esbuild");
        esbuild
            .current_dir(&folder)
            .arg(ENTRY)
            .args(["--bundle", "--format=iife", "--target=es2022"])
            .args(["--charset=utf8", "--log-level=warning"])
            .arg(format!("--banner:js={}{BANNER}", script::EAGER))
            .args(URL)
            .arg(format!("--external:./{}", script::SCRIPT))
            .arg(format!("--external:./{ELEMENT}"))
            .arg(format!("--outfile={}", script.display()));
        if mode == Mode::Release {
            esbuild.args(minified::OPTIONS);
        }
        process::run_or_fail("build: esbuild", &mut esbuild)?;
        match mode {
            Mode::Dev => Ok(()),
            Mode::Release => minified::finish(&script, &folder),
        }
    })?;
    Ok(files)
}
