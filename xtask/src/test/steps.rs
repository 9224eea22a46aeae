//! What each step of the tests runs, what it needs, and how long it may take.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use serde_json::Value;

use super::as_script::ONLY_CONVERT;
use super::counts::Counts;
use super::schedule::Load;
use super::{Context, Report, capabilities, node, supply};
use crate::build::wasm::WITHOUT;
use crate::build::{self, Mode};
use crate::planted;
use crate::process;
use crate::project::{Project, WASM_TARGET};
use crate::reference;
use crate::setup::Part;
use crate::setup::browsers;
use crate::sim;
use crate::toolchain::WasmToolchain;

/// For what hangs: many times what any of them takes on a machine that does much else.
const DEADLINE: Duration = Duration::from_secs(40 * 60);
/// For all tests of one browser; the runner's own default of 20 s is too short for a slow machine.
const BROWSER_TEST_SECONDS: &str = "1800";

/// One part of `cargo xtask test`, which can be run alone by its name.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(super) needs: &'static [Part],
    /// The steps whose results it uses.
    pub(super) after: &'static [&'static str],
    pub(super) load: Load,
    pub(super) run: Run,
}

/// What a step consists of.
#[derive(Debug)]
pub(super) enum Run {
    Whole(fn(&Context) -> Result<Report>),
    /// Each of these files by itself, in Node.
    Files(fn(&Project) -> Result<Vec<PathBuf>>),
}

/// All steps, quick ones first.
pub(crate) const STEPS: [Step; 21] = [
    Step {
        name: "fmt",
        about: "formatting",
        needs: &[],
        after: &[],
        load: Load::Waiting,
        run: Run::Whole(fmt),
    },
    Step {
        name: "patches",
        about: "planted faults, whether they still fit the client",
        needs: &[],
        after: &[],
        load: Load::Waiting,
        run: Run::Whole(patches),
    },
    Step {
        name: "supply",
        about: "licences, sources, hashes and known faults of what others have written",
        needs: &[Part::Deny],
        after: &[],
        load: Load::Waiting,
        run: Run::Whole(supply::run),
    },
    Step {
        name: "clippy",
        about: "lints, native",
        needs: &[],
        after: &[],
        load: Load::Busy,
        run: Run::Whole(clippy),
    },
    Step {
        name: "clippy-wasm",
        about: "lints, wasm32",
        needs: &[Part::WasmStd],
        after: &[],
        load: Load::Busy,
        run: Run::Whole(clippy_wasm),
    },
    Step {
        name: "doc",
        about: "documentation, native",
        needs: &[],
        after: &[],
        load: Load::Busy,
        run: Run::Whole(doc),
    },
    Step {
        name: "doc-wasm",
        about: "documentation, wasm32",
        needs: &[Part::WasmStd],
        after: &[],
        load: Load::Busy,
        run: Run::Whole(doc_wasm),
    },
    Step {
        name: "doc-types",
        about: "reference of the package's types, and the guides",
        needs: &[Part::Consumers],
        after: &[],
        load: Load::Waiting,
        run: Run::Whole(doc_types),
    },
    Step {
        name: "native",
        about: "tests of every crate, and each benchmark once",
        needs: &[],
        after: &[],
        load: Load::Busy,
        run: Run::Whole(native),
    },
    Step {
        name: "sim",
        about: "simulated schedules, those kept and new ones, and a virtual day",
        needs: &[],
        after: &[],
        load: Load::Busy,
        run: Run::Whole(simulation),
    },
    Step {
        name: "facade",
        about: "the package's JavaScript and types, without a browser",
        needs: &[Part::Node],
        after: &[],
        load: Load::Waiting,
        run: Run::Whole(node::facade),
    },
    Step {
        name: "chrome",
        about: "tests in Chromium, by wasm-pack",
        needs: &[
            Part::WasmStd,
            Part::WasmBindgen,
            Part::WasmPack,
            Part::Browsers,
            Part::Node,
        ],
        after: &[],
        load: Load::Busy,
        run: Run::Whole(chrome),
    },
    Step {
        name: "firefox",
        about: "tests in Firefox, by wasm-pack",
        needs: &[
            Part::WasmStd,
            Part::WasmBindgen,
            Part::WasmPack,
            Part::Browsers,
            Part::Geckodriver,
            Part::Node,
        ],
        after: &["chrome"],
        load: Load::Waiting,
        run: Run::Whole(firefox),
    },
    Step {
        name: "webkit",
        about: "the same tests in WebKitGTK",
        needs: &[Part::WasmStd, Part::WasmBindgen, Part::Browsers],
        after: &["chrome"],
        load: Load::Waiting,
        run: Run::Whole(webkit),
    },
    Step {
        name: "chrome-js",
        about: "the browser tests in Chromium, with the core as JavaScript",
        needs: &[Part::WasmStd, Part::WasmBindgen, Part::Browsers, Part::Node],
        after: &[],
        load: Load::Busy,
        run: Run::Whole(chrome_js),
    },
    Step {
        name: "firefox-js",
        about: "the same in Firefox",
        needs: &[
            Part::WasmStd,
            Part::WasmBindgen,
            Part::Browsers,
            Part::Geckodriver,
            Part::Node,
        ],
        after: &["chrome-js"],
        load: Load::Waiting,
        run: Run::Whole(firefox_js),
    },
    Step {
        name: "webkit-js",
        about: "the same in WebKitGTK",
        needs: &[Part::WasmStd, Part::WasmBindgen, Part::Browsers, Part::Node],
        after: &["chrome-js"],
        load: Load::Waiting,
        run: Run::Whole(webkit_js),
    },
    Step {
        name: "build",
        about: "the npm package and its size",
        needs: &Part::BUILD,
        after: &[],
        load: Load::Busy,
        run: Run::Whole(package),
    },
    Step {
        name: "package",
        about: "the package in its users' bundlers, frameworks and compilers",
        needs: &[
            Part::WasmStd,
            Part::StdSource,
            Part::WasmBindgen,
            Part::Node,
            Part::Consumers,
            Part::Browsers,
        ],
        after: &["build"],
        load: Load::Waiting,
        run: Run::Files(node::package),
    },
    Step {
        name: "page",
        about: "pages and package in real browsers, against real servers",
        needs: &[
            Part::WasmStd,
            Part::StdSource,
            Part::WasmBindgen,
            Part::Node,
            Part::Python,
            Part::Browsers,
            Part::Geckodriver,
            Part::Nginx,
            Part::Haproxy,
            Part::Redis,
        ],
        after: &["build"],
        load: Load::Waiting,
        run: Run::Files(node::page),
    },
    Step {
        name: "page-js",
        about: "the pages with the core as JavaScript, under a policy that forbids WebAssembly",
        needs: &[
            Part::WasmStd,
            Part::StdSource,
            Part::WasmBindgen,
            Part::Node,
            Part::Python,
            Part::Browsers,
            Part::Geckodriver,
        ],
        after: &["build"],
        load: Load::Waiting,
        run: Run::Files(node::page_js),
    },
];

fn fmt(context: &Context) -> Result<Report> {
    check(
        "fmt",
        context
            .project
            .command("cargo")
            .args(["fmt", "--all", "--check"]),
    )
}

/// Whether the simulation finds them is what `cargo xtask test --planted` asks.
fn patches(context: &Context) -> Result<Report> {
    let mut counts = Counts::default();
    let mut failures = String::new();
    for fault in planted::all(context.project.root())? {
        match fault.check(context.project.root()) {
            Ok(()) => counts.passed += 1,
            Err(error) => {
                counts.failed += 1;
                failures.push_str(&format!("{}: {error:#}\n", fault.name));
            }
        }
    }
    Ok(Report {
        counts,
        failure: (counts.failed > 0).then_some(failures),
    })
}

fn clippy(context: &Context) -> Result<Report> {
    let mut cargo = context.project.command("cargo");
    cargo.args([
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--locked",
    ]);
    check("clippy", cargo.args(["--", "--deny", "warnings"]))
}

fn clippy_wasm(context: &Context) -> Result<Report> {
    let mut cargo = wasm_cargo(context)?;
    cargo.args([
        "clippy",
        "--quiet",
        "--package",
        "research-socket",
        "--all-targets",
    ]);
    cargo.args(["--target", WASM_TARGET, "--", "--deny", "warnings"]);
    check("clippy-wasm", &mut cargo)
}

fn doc(context: &Context) -> Result<Report> {
    let mut cargo = context.project.command("cargo");
    cargo.args([
        "doc",
        "--quiet",
        "--workspace",
        "--no-deps",
        "--document-private-items",
    ]);
    check("doc", cargo.env("RUSTDOCFLAGS", "--deny warnings"))
}

fn doc_wasm(context: &Context) -> Result<Report> {
    let mut cargo = wasm_cargo(context)?;
    cargo.args([
        "doc",
        "--quiet",
        "--package",
        "research-socket",
        "--no-deps",
    ]);
    cargo.args(["--document-private-items", "--target", WASM_TARGET]);
    check("doc-wasm", cargo.env("RUSTDOCFLAGS", "--deny warnings"))
}

fn doc_types(context: &Context) -> Result<Report> {
    let pages = check("doc-types", &mut reference::command(&context.project)?)?;
    if pages.failure.is_some() {
        return Ok(pages);
    }
    Ok(pages.and(Report::of(reference::check_tables(&context.project))))
}

fn native(context: &Context) -> Result<Report> {
    let mut cargo = context.project.command("cargo");
    let tests = suite(
        "native",
        cargo.args(["test", "--workspace", "--no-fail-fast"]),
    )?;
    // Each benchmark once. Not by `test = true` in the manifest: the browsers' runner would take them for tests too.
    let mut cargo = context.project.command("cargo");
    cargo.args(["test", "--quiet", "--bench", "core", "--bench", "hour"]);
    Ok(tests.and(check("native: benches", &mut cargo)?))
}

fn simulation(context: &Context) -> Result<Report> {
    let schedules = check("sim: schedules", &mut sim::bounded(&context.project))?;
    let sockets = check("sim: websocket", &mut sim::websocket(&context.project))?;
    let tabs = check("sim: tabs", &mut sim::tabs(&context.project))?;
    let day = check("sim: day", &mut sim::day(&context.project))?;
    Ok(schedules.and(sockets).and(tabs).and(day))
}

/// For cargo: the tests that run in browsers. The others are compiled, bound and loaded in vain, to be told that they have none, which took
/// the longest part of these steps. That they compile for wasm32 is what `clippy-wasm` says.
fn only_of_browsers(root: &Path) -> Result<Vec<String>> {
    let tests = root.join("tests");
    let mut options = Vec::new();
    for entry in fs::read_dir(&tests)? {
        let path = entry?.path();
        let is_target = path.join("main.rs").exists() || path.extension() == Some("rs".as_ref());
        if is_target && has_browser_tests(&path)? {
            let name = path.file_stem().context("a test without a name")?;
            options.extend(["--test".to_owned(), name.to_string_lossy().into_owned()]);
        }
    }
    if has_browser_tests(&root.join("src"))? {
        options.push("--lib".to_owned());
    }
    ensure!(!options.is_empty(), "no test runs in browsers");
    Ok(options)
}

/// Whether a file, or one in a folder, names their attribute.
fn has_browser_tests(path: &Path) -> Result<bool> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            if has_browser_tests(&entry?.path())? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    let is_code = path.extension() == Some("rs".as_ref());
    Ok(is_code && fs::read_to_string(path)?.contains("wasm_bindgen_test"))
}

fn chrome(context: &Context) -> Result<Report> {
    let driver = browsers::CHROMEDRIVER.find().context("no chromedriver")?;
    let mut command = browser_command(context, "chrome", "wasm-pack")?;
    command
        .args(["test", "--headless", "--chrome", "--chromedriver"])
        .arg(driver);
    command
        .arg("--")
        .args(only_of_browsers(context.project.root())?);
    suite("chrome", &mut command)
}

fn firefox(context: &Context) -> Result<Report> {
    let driver = which_geckodriver(context)?;
    let mut command = browser_command(context, "firefox", "wasm-pack")?;
    command
        .args(["test", "--headless", "--firefox", "--geckodriver"])
        .arg(driver);
    command
        .arg("--")
        .args(only_of_browsers(context.project.root())?);
    suite("firefox", &mut command)
}

// wasm-pack knows Safari's driver on macOS only; the runner behind it takes WebKitGTK's as well.
fn webkit(context: &Context) -> Result<Report> {
    let driver = browsers::WEBKIT_DRIVER
        .find()
        .context("no WebKitWebDriver")?;
    let mut command = browser_command(context, "webkit", "xvfb-run")?;
    command
        .args(["--auto-servernum", "cargo", "test", "--target", WASM_TARGET])
        .args(only_of_browsers(context.project.root())?)
        .env("WASM_BINDGEN_TEST_ONLY_WEB", "1")
        .env("SAFARIDRIVER", driver);
    suite("webkit", &mut command)
}

fn chrome_js(context: &Context) -> Result<Report> {
    let driver = browsers::CHROMEDRIVER.find().context("no chromedriver")?;
    // The first of the three steps; the others find what this one has made.
    convert_all(context, &driver)?;
    let mut command = browser_command(context, "chrome-js", "cargo")?;
    as_script(context, &mut command)?;
    suite("chrome-js", command.env("CHROMEDRIVER", driver))
}

fn firefox_js(context: &Context) -> Result<Report> {
    let driver = which_geckodriver(context)?;
    let mut command = browser_command(context, "firefox-js", "cargo")?;
    as_script(context, &mut command)?;
    suite("firefox-js", command.env("GECKODRIVER", driver))
}

fn webkit_js(context: &Context) -> Result<Report> {
    let driver = browsers::WEBKIT_DRIVER
        .find()
        .context("no WebKitWebDriver")?;
    let mut command = browser_command(context, "webkit-js", "xvfb-run")?;
    command.args(["--auto-servernum", "cargo"]);
    as_script(context, &mut command)?;
    suite("webkit-js", command.env("SAFARIDRIVER", driver))
}

/// The tests of [`chrome`] and the others, compiled so that wasm2js knows all of it and run by [`super::as_script`].
fn as_script(context: &Context, cargo: &mut Command) -> Result<()> {
    let this = this_program()?;
    cargo
        .args(["test", "--no-fail-fast"])
        .args(only_of_browsers(context.project.root())?)
        .args(["--package", "research-socket"])
        .args(["--profile", "script", "--target", WASM_TARGET])
        .env("CARGO_ENCODED_RUSTFLAGS", WITHOUT)
        // cargo sets the variable to the package whose tests they are.
        .env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER",
            format!(
                "env CARGO_MANIFEST_DIR={} {} run-as-script",
                context.project.path("xtask").display(),
                this
            ),
        )
        .env("WASM_BINDGEN_TEST_ONLY_WEB", "1");
    Ok(())
}

/// Makes the binaries of [`as_script`] JavaScript, all at once: each on its own leaves a processor idle
/// half of the time.
fn convert_all(context: &Context, driver: &Path) -> Result<()> {
    let mut cargo = browser_command(context, "chrome-js", "cargo")?;
    as_script(context, &mut cargo)?;
    cargo.args(["--no-run", "--message-format", "json"]);
    let listed = process::run_or_fail("chrome-js: compiling", &mut cargo)?;
    let converted: Vec<_> = thread::scope(|scope| {
        let started: Vec<_> = binaries(&listed)
            .map(|binary| scope.spawn(move || convert(context, driver, &binary)))
            .collect();
        let finished = started.into_iter().map(thread::ScopedJoinHandle::join);
        finished.collect()
    });
    for result in converted {
        result.map_err(|_| anyhow!("a thread that converts panicked"))??;
    }
    Ok(())
}

/// What cargo says that it has compiled to be run, one JSON object a line.
fn binaries(listed: &str) -> impl Iterator<Item = String> {
    listed.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        Some(message.get("executable")?.as_str()?.to_owned())
    })
}

fn convert(context: &Context, driver: &Path, binary: &str) -> Result<()> {
    let mut command = browser_command(context, "chrome-js", &this_program()?)?;
    command
        .args(["run-as-script", binary])
        .env("CARGO_MANIFEST_DIR", context.project.path("xtask"))
        .env("CHROMEDRIVER", driver)
        .env("WASM_BINDGEN_TEST_ONLY_WEB", "1")
        .env(ONLY_CONVERT, "1");
    process::run_or_fail("chrome-js: wasm2js", &mut command)?;
    Ok(())
}

fn package(context: &Context) -> Result<Report> {
    build::run(&context.project, Mode::Release)?;
    Ok(Report {
        counts: Counts {
            passed: 1,
            failed: 0,
        },
        failure: None,
    })
}

fn check(label: &str, command: &mut Command) -> Result<Report> {
    Ok(Report::check(&process::run(label, command, DEADLINE)?))
}

fn suite(label: &str, command: &mut Command) -> Result<Report> {
    let outcome = process::run(label, command, DEADLINE)?;
    let counts = Counts::of_libtest(&outcome.output);
    Ok(Report::suite(&outcome, counts))
}

fn wasm_cargo(context: &Context) -> Result<Command> {
    let mut command = context.environment.command("cargo");
    toolchain(context)?.apply(&mut command);
    Ok(command)
}

fn browser_command(context: &Context, step: &str, program: &str) -> Result<Command> {
    let mut command = context.environment.command(program);
    toolchain(context)?.apply(&mut command);
    let scratch = context.scratch_of(step)?;
    command
        .env("WASM_BINDGEN_TEST_TIMEOUT", BROWSER_TEST_SECONDS)
        .env("TMPDIR", &scratch);
    if let Some(capabilities) = capabilities::for_this_machine(context, &scratch)? {
        command.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", capabilities);
    }
    Ok(command)
}

fn toolchain(context: &Context) -> Result<WasmToolchain> {
    WasmToolchain::find(&context.project).context("no wasm32 library: run `cargo xtask setup`")
}

fn this_program() -> Result<String> {
    let path = std::env::current_exe().context("which program is this?")?;
    Ok(path.display().to_string())
}

fn which_geckodriver(context: &Context) -> Result<PathBuf> {
    crate::setup::cargo_tools::GECKODRIVER
        .find(&context.project)?
        .context("no geckodriver: run `cargo xtask setup`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tests_that_name_the_attribute_are_run_in_browsers() {
        let project = Project::locate().unwrap();
        let mut options = only_of_browsers(project.root()).unwrap();
        options.retain(|option| option != "--test");
        options.sort();
        assert_eq!(options, ["replay", "simulation", "trap", "web"]);
    }
}
