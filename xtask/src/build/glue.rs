//! What stands between the core and JavaScript: what wasm-bindgen generates, with the hand-written timers, runtime, text and loader.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::Mode;
use crate::environment::Environment;
use crate::process;
use crate::project::{Project, short_hash};

/// The name that the hand-written files import the glue by.
pub(crate) const GLUE: &str = "research_socket.js";

/// Where what follows is.
const FOLDER: &str = "pkg-template/core";
/// Hand-written: what of the glue is shipped, and what esbuild puts in the place of globals in it.
const ENTRY: &str = "glue.js";
const TIMERS: &str = "timers.js";
const RUNTIME: &str = "runtime.js";
const TEXT: &str = "text.js";
/// The globals that gloo-timers calls, and their names in [`TIMERS`].
const GUARDED_GLOBALS: [(&str, &str); 2] = [
    ("setTimeout", "guardedSetTimeout"),
    ("clearTimeout", "guardedClearTimeout"),
];

const START: &str = "wasm.__wbindgen_start();";

/// Of how it is made, and of all hand-written files in it.
pub(super) fn key(project: &Project) -> Result<String> {
    let mut key = "glue 2".to_owned();
    for name in [ENTRY, TIMERS, RUNTIME, TEXT] {
        let bytes = fs::read(project.path(FOLDER).join(name))?;
        key = format!("{key} {}", short_hash(&bytes));
    }
    Ok(key)
}

/// Makes the glue of what wasm-bindgen has generated in `bound`.
pub(super) fn make(project: &Project, mode: Mode, bound: &Path, to: &Path) -> Result<()> {
    // Beside the generated glue, which they import.
    for name in [ENTRY, TIMERS, RUNTIME, TEXT] {
        fs::copy(project.path(FOLDER).join(name), bound.join(name))?;
    }
    let generated = bound.join(GLUE);
    fs::write(&generated, without_start(&fs::read_to_string(&generated)?)?)?;
    let joined = join(project, bound)?;
    match mode {
        Mode::Dev => {
            fs::copy(joined, to)?;
            Ok(())
        }
        Mode::Release => shrink(project, &joined, to),
    }
}

/// wasm-bindgen lets a fresh instance fill its table of references, also where the module has none and nothing to start.
fn without_start(glue: &str) -> Result<String> {
    let calls = glue.matches(START).count();
    ensure!(
        calls == 1,
        "{GLUE} has {calls} times `{START}`: does the module have something to start now?"
    );
    Ok(glue.replace(START, ""))
}

/// All of it as one file.
fn join(project: &Project, bound: &Path) -> Result<PathBuf> {
    let joined = bound.join("joined.js");
    let mut command = Environment::of(project)?.command("esbuild");
    command
        .current_dir(bound)
        .arg(ENTRY)
        .arg("--bundle")
        .arg(format!("--inject:./{TIMERS}"))
        .arg(format!("--inject:./{RUNTIME}"))
        .arg(format!("--inject:./{TEXT}"))
        .args(["--format=esm", "--target=es2022", "--log-level=warning"])
        .arg(format!("--outfile={}", joined.display()));
    process::run_or_fail("build: esbuild", &mut command)?;
    let text = fs::read_to_string(&joined)?;
    check_guarded(&fs::read_to_string(bound.join(GLUE))?, &text)?;
    check_engine(&text)?;
    check_text(&text)?;
    Ok(joined)
}

/// Whether each call of a guarded global in the glue is one of its guard when they are joined. One
/// that is not would call into the module unseen, which shows only after a trap.
fn check_guarded(glue: &str, joined: &str) -> Result<()> {
    for (global, guard) in GUARDED_GLOBALS {
        let before = calls(glue, global);
        ensure!(
            before > 0,
            "{GLUE} does not call {global}: what do timers of the module go through now?"
        );
        let after = calls(joined, guard);
        ensure!(
            calls(joined, global) == 0 && after == before,
            "{TIMERS} guards {after} of {before} calls of {global} in {GLUE}"
        );
    }
    Ok(())
}

/// Whether nothing in the joined glue takes the global for what [`RUNTIME`] puts in its place.
fn check_engine(joined: &str) -> Result<()> {
    // Words for people have it in backquotes.
    let other = |before: &str| before.ends_with("globalThis.") || before.ends_with('`');
    let global = joined
        .match_indices("WebAssembly.")
        .filter(|(at, _)| !joined.get(..*at).is_some_and(other))
        .count();
    ensure!(
        global == 0,
        "{GLUE} uses the global WebAssembly in {global} places, past {RUNTIME}"
    );
    Ok(())
}

/// Whether the joined glue makes no decoder and no encoder but those of [`TEXT`], which waits until they are used.
fn check_text(joined: &str) -> Result<()> {
    for global in ["TextDecoder", "TextEncoder"] {
        ensure!(
            !joined.contains(&format!("new {global}(")),
            "{GLUE} makes a {global} past {TEXT}"
        );
    }
    Ok(())
}

/// How often a script calls the function of this name, methods left out.
fn calls(script: &str, name: &str) -> usize {
    let own = |before: char| before.is_alphanumeric() || "_$.".contains(before);
    script
        .match_indices(&format!("{name}("))
        .filter(|(at, _)| {
            !script
                .get(..*at)
                .is_some_and(|before| before.ends_with(own))
        })
        .count()
}

fn shrink(project: &Project, from: &Path, to: &Path) -> Result<()> {
    let mut command = Environment::of(project)?.command("esbuild");
    command
        .arg(from)
        .args([
            "--minify",
            "--format=esm",
            "--target=es2022",
            "--legal-comments=none",
        ])
        .args(["--log-level=warning"])
        .arg(format!("--outfile={}", to.display()));
    process::run_or_fail("build: esbuild", &mut command)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLUE_CALLS: &str = "
        __wbg_clearTimeout_3629d6209dfcc46e: function(arg0) { return clearTimeout(arg0); },
        __wbg_setTimeout_fbd69c6576710fc6: function() { return setTimeout(arg0, arg1); }";
    const GUARDS: &str = "
        var guardedSetTimeout = (callback, ms) => globalThis.setTimeout(callback, ms);
        var guardedClearTimeout = (timer) => globalThis.clearTimeout(timer);";

    #[test]
    fn passes_glue_in_which_each_timer_is_guarded() {
        let joined = GLUE_CALLS
            .replace(" setTimeout(", " guardedSetTimeout(")
            .replace(" clearTimeout(", " guardedClearTimeout(");
        check_guarded(GLUE_CALLS, &format!("{GUARDS}{joined}")).unwrap();
    }

    #[test]
    fn refuses_glue_in_which_a_timer_is_not_guarded_or_made_otherwise() {
        let joined = GLUE_CALLS.replace(" setTimeout(", " guardedSetTimeout(");
        let refusal = check_guarded(GLUE_CALLS, &format!("{GUARDS}{joined}")).unwrap_err();
        assert!(refusal.to_string().contains("0 of 1 calls of clearTimeout"));
        let otherwise = GLUE_CALLS.replace(" setTimeout(", " arg0.setTimeout(");
        let refusal = check_guarded(&otherwise, GUARDS).unwrap_err();
        assert!(refusal.to_string().contains("does not call setTimeout"));
    }

    #[test]
    fn refuses_glue_that_makes_a_decoder_when_it_is_imported() {
        check_text("new LateDecoder(); new globalThis.TextDecoder()").unwrap();
        let refusal = check_text("let decoder = new TextDecoder();").unwrap_err();
        assert!(refusal.to_string().contains("a TextDecoder past text.js"));
    }

    #[test]
    fn refuses_glue_that_uses_webassembly_past_the_runtime() {
        check_engine("globalThis.WebAssembly.Module; console.warn(\"`WebAssembly.x` failed\")")
            .unwrap();
        let refusal = check_engine("new WebAssembly.Instance(module)").unwrap_err();
        assert!(refusal.to_string().contains("1 places"));
    }
}
