//! Installs what a machine lacks, each thing once, and what does not depend on another side by side.

mod apt;
pub(crate) mod browsers;
pub(crate) mod cargo_tools;
pub(crate) mod haproxy;
pub(crate) mod llvm;
pub(crate) mod nginx;
mod node;
mod node_version;
mod python;
pub(crate) mod redis;
mod std_source;
mod wasm_std;

use std::fs;
use std::thread;

use anyhow::{Context as _, Result, bail};

use crate::lock;
use crate::project::Project;
use crate::ui;

/// One thing that set-up can install.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The browsers with their drivers, and a virtual screen.
    Browsers,
    /// The npm packages of tests/package: bundlers, frameworks and checkers.
    Consumers,
    /// What asks after the crates of Cargo.lock.
    Deny,
    /// The driver of Firefox, which Debian does not package.
    Geckodriver,
    /// A balancer of the cluster.
    Haproxy,
    /// What plants mistakes; only `cargo xtask mutants` needs it.
    Mutants,
    /// The web server before the servers of some page tests.
    Nginx,
    /// The npm packages of package-lock.json.
    Node,
    /// The Python packages of the real test servers.
    Python,
    /// The message queue of the cluster.
    Redis,
    /// The source of the standard library, for a small module. Optional.
    StdSource,
    WasmBindgen,
    WasmPack,
    /// The wasm32 standard library.
    WasmStd,
}

impl Part {
    /// In the order in which they are worked on: what others wait for comes first.
    const ALL: [Self; 14] = [
        Self::WasmStd,
        Self::StdSource,
        Self::Node,
        Self::Python,
        Self::Consumers,
        Self::Browsers,
        Self::Nginx,
        Self::Haproxy,
        Self::Redis,
        Self::WasmBindgen,
        Self::WasmPack,
        Self::Geckodriver,
        Self::Deny,
        Self::Mutants,
    ];
    /// What `build` needs.
    pub(crate) const BUILD: [Self; 4] = [
        Self::WasmStd,
        Self::StdSource,
        Self::Node,
        Self::WasmBindgen,
    ];

    fn label(self) -> &'static str {
        match self {
            Self::Browsers => "browsers",
            Self::Consumers => "npm packages of tests/package",
            Self::Deny => "cargo-deny",
            Self::Geckodriver => "geckodriver",
            Self::Haproxy => "HAProxy",
            Self::Mutants => "cargo-mutants",
            Self::Nginx => "nginx",
            Self::Node => "npm packages",
            Self::Python => "Python packages",
            Self::Redis => "Redis",
            Self::StdSource => "source of the standard library",
            Self::WasmBindgen => "wasm-bindgen",
            Self::WasmPack => "wasm-pack",
            Self::WasmStd => "wasm32 library",
        }
    }

    fn is_ready(self, project: &Project) -> Result<bool> {
        Ok(match self {
            Self::Browsers => browsers::missing_packages().is_empty(),
            Self::Deny => cargo_tools::DENY.find(project)?.is_some(),
            Self::Geckodriver => cargo_tools::GECKODRIVER.find(project)?.is_some(),
            Self::Haproxy => haproxy::find(project).is_some(),
            Self::Mutants => cargo_tools::MUTANTS.find(project)?.is_some(),
            Self::Consumers => node::is_ready(project, node::CONSUMERS)?,
            Self::Nginx => nginx::find(project).is_some(),
            Self::Node => node::is_ready(project, node::TOOLS)?,
            Self::Python => python::is_ready(project),
            Self::Redis => redis::find(project).is_some(),
            Self::StdSource => std_source::is_ready(project),
            Self::WasmBindgen => cargo_tools::WASM_BINDGEN.find(project)?.is_some(),
            Self::WasmPack => cargo_tools::WASM_PACK.find(project)?.is_some(),
            Self::WasmStd => wasm_std::is_ready(project),
        })
    }

    fn install(self, project: &Project) -> Result<()> {
        match self {
            Self::Browsers => browsers::install(project),
            Self::Deny => cargo_tools::DENY.install(project),
            Self::Geckodriver => cargo_tools::GECKODRIVER.install(project),
            Self::Haproxy => haproxy::install(project),
            Self::Mutants => cargo_tools::MUTANTS.install(project),
            Self::Consumers => node::install(project, node::CONSUMERS),
            Self::Nginx => nginx::install(project),
            Self::Node => node::install(project, node::TOOLS),
            Self::Python => python::install(project),
            Self::Redis => redis::install(project),
            Self::StdSource => std_source::install(project),
            Self::WasmBindgen => cargo_tools::WASM_BINDGEN.install(project),
            Self::WasmPack => cargo_tools::WASM_PACK.install(project),
            Self::WasmStd => wasm_std::install(project),
        }
    }

    // Parts of one lane use the same thing (the processor, the package manager's lock, the network)
    // and would only slow each other down.
    fn lane(self) -> usize {
        match self {
            Self::WasmStd
            | Self::StdSource
            | Self::Browsers
            | Self::Nginx
            | Self::Haproxy
            | Self::Redis => 0,
            Self::WasmBindgen | Self::WasmPack | Self::Geckodriver | Self::Deny | Self::Mutants => {
                1
            }
            Self::Node | Self::Python | Self::Consumers => 2,
        }
    }
}

/// Makes `parts` ready. Says nothing if they are.
pub(crate) fn ensure(project: &Project, parts: &[Part]) -> Result<()> {
    if missing(project, parts)?.is_empty() {
        return Ok(());
    }
    fs::create_dir_all(project.cache(""))
        .with_context(|| format!("cannot make the cache {}", project.cache("").display()))?;
    let _lock = lock::acquire(&project.cache("setup.lock"), "set-up")?;
    // Another command may have installed some of it while this one waited.
    let missing = missing(project, parts)?;
    if missing.is_empty() {
        return Ok(());
    }
    ui::say(format_args!("set-up: to install: {}", labels(&missing)));
    let failures = install_in_lanes(project, &missing);
    cargo_tools::remove_scratch(project);
    if failures.is_empty() {
        return Ok(());
    }
    bail!("set-up is not complete:\n{}", failures.join("\n"));
}

/// Fails if one of `parts` is not ready, and installs nothing.
pub(crate) fn check(project: &Project, parts: &[Part]) -> Result<()> {
    let missing = missing(project, parts)?;
    if missing.is_empty() {
        return Ok(());
    }
    bail!(
        "not installed: {}; `cargo xtask setup` says why",
        labels(&missing)
    );
}

/// `cargo xtask setup`: all but what only one seldom used command needs, and installs by itself.
pub(crate) fn run(project: &Project) -> Result<()> {
    std_source::forget_refusal(project);
    let parts = Part::ALL.into_iter().filter(|part| *part != Part::Mutants);
    ensure(project, &parts.collect::<Vec<_>>())?;
    ui::say(format_args!(
        "set-up: all is ready ({})",
        ui::human(ui::elapsed())
    ));
    Ok(())
}

fn missing(project: &Project, parts: &[Part]) -> Result<Vec<Part>> {
    let mut missing = Vec::new();
    for part in Part::ALL.into_iter().filter(|part| parts.contains(part)) {
        if !part.is_ready(project)? {
            missing.push(part);
        }
    }
    Ok(missing)
}

fn labels(parts: &[Part]) -> String {
    let labels: Vec<_> = parts.iter().map(|part| part.label()).collect();
    labels.join(", ")
}

fn install_in_lanes(project: &Project, missing: &[Part]) -> Vec<String> {
    thread::scope(|scope| {
        let lanes: Vec<_> = (0..3)
            .map(|lane| {
                scope.spawn(move || {
                    let parts = missing.iter().filter(|part| part.lane() == lane);
                    parts
                        .filter_map(|part| install_one(project, *part))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        lanes
            .into_iter()
            .flat_map(|lane| {
                lane.join()
                    .unwrap_or_else(|_| vec!["a part panicked".to_owned()])
            })
            .collect()
    })
}

// One failure does not stop the others: the next run has less to do.
fn install_one(project: &Project, part: Part) -> Option<String> {
    let began = ui::elapsed();
    match part.install(project) {
        Ok(()) => {
            let took = ui::human(ui::elapsed().saturating_sub(began));
            ui::say(format_args!("{}: ready ({took})", part.label()));
            None
        }
        Err(error) => {
            ui::say(format_args!("{}: FAILED: {error:#}", part.label()));
            Some(format!("  {}: {error:#}", part.label()))
        }
    }
}
