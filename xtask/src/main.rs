//! `cargo xtask …`: set-up, build, demo, tests and measurements.

#![allow(
    clippy::print_stdout,
    reason = "results of a command line tool belong on stdout"
)]

mod bench;
mod build;
mod cluster;
mod coverage;
mod demo;
mod environment;
mod fuzz;
mod leftovers;
mod lock;
mod mutants;
mod planted;
mod process;
mod project;
mod reference;
mod setup;
mod sim;
mod storm;
mod svg;
mod test;
mod toolchain;
mod ui;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use build::Mode;
use environment::Environment;
use project::Project;

/// Everything that is done with this checkout, each by one command.
///
/// Every command installs what it needs and the machine lacks. What is installed serves all
/// checkouts of this machine: system packages, and ~/.cache/research-socket (or
/// $XDG_CACHE_HOME/research-socket). Only npm packages are in the checkout.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Install what this machine lacks: wasm32 library, tools, browsers, test servers.
    ///
    /// The wasm32 library comes from rustup, or is built once from Debian's source where rustup
    /// has none to download. RESEARCH_SOCKET_WASM_STD=rustup or =debian allows only that one.
    Setup,
    /// Build the npm package into pkg/, and print its size.
    Build {
        /// Quicker, unoptimised, with names and debug assertions; the size means nothing.
        #[arg(long)]
        dev: bool,
    },
    /// Build the package and serve the demo page until Ctrl-C.
    Demo {
        /// The port to listen on; 0 takes a free one.
        #[arg(long, default_value_t = 0)]
        port: u16,
    },
    /// Start several workers with Redis behind nginx or HAProxy, with a page, and commands for what goes wrong.
    ///
    /// tests/cluster has the configurations, and says what is what.
    Cluster {
        /// haproxy, nginx-cookie, nginx-ip-hash, or round-robin, which is not sticky.
        #[arg(long)]
        proxy: Option<String>,
        /// flask: three of gunicorn's with gevent; asgi: two of uvicorn's.
        #[arg(long)]
        kind: Option<String>,
        /// Try every fault behind every balancer over each transport instead, or behind those named,
        /// and print a table of what a page hears. Takes ten minutes.
        #[arg(long)]
        table: bool,
        /// Kill all workers for ten seconds under 300 real clients instead, and print when they are live again and what
        /// they ask for meanwhile. Takes three minutes; flask only.
        #[arg(long, conflicts_with_all = ["table", "kind"])]
        storm: bool,
        /// Measure what an hour of a page costs instead: requests, bytes and processor time, with this package and with
        /// socket.io-client. Takes 20 minutes; flask only.
        #[arg(long, conflicts_with_all = ["table", "storm", "kind"])]
        cost: bool,
    },
    /// Make the reference of the package's types, with the guides, and print where it is.
    ///
    /// Writes the tables of docs/reference.md as well. Warnings are errors. The crates have theirs by `cargo doc`.
    Doc,
    /// Run all tests, or the steps named; the last line is `N passed, N failed`.
    Test {
        /// Steps to run, in their own order; all if none is named.
        steps: Vec<String>,
        /// Print the steps and run nothing.
        #[arg(long)]
        list: bool,
        /// Test the simulation instead: plant the faults of tests/sim/planted in a copy of the
        /// client, and see that it finds each. With names, only those faults.
        #[arg(long, conflicts_with = "list")]
        planted: bool,
    },
    /// Measure what the package costs beside socket.io-client and the old script, in one table.
    ///
    /// The last line is `N of N aims reached`. An aim that is not reached fails nothing; a row
    /// without a figure does. target/bench gets the rows as JSON, and as a picture.
    Bench {
        /// Only these, such as `burst`; all if none is named.
        names: Vec<String>,
        /// In three minutes: fewer lines and rounds.
        #[arg(long)]
        quick: bool,
        /// Make docs/bench.svg anew, with all figures of a machine that does nothing else.
        #[arg(long, conflicts_with_all = ["quick", "names"])]
        keep: bool,
    },
    /// Look for inputs that break a rule, with libFuzzer; `test` replays what was kept of them.
    ///
    /// Needs a nightly compiler and cargo-fuzz, and says how to install what is missing.
    Fuzz {
        /// The target to run; all, one after another, if none is named.
        target: Option<String>,
        /// How long to run each target, in seconds.
        #[arg(long, default_value_t = 600)]
        seconds: u64,
        /// Add to fuzz/seeds what reaches code that no seed reaches.
        #[arg(long)]
        keep: bool,
    },
    /// Plant small mistakes in the core one by one, and see that a test notices each.
    ///
    /// Takes seconds for each of some 2,000 mutants. Fails for those that no test notices;
    /// .cargo/mutants.toml lists those that none can, with the reason.
    Mutants {
        /// Only the k-th of n equal parts, from 0: `0/8`.
        #[arg(long, value_name = "K/N")]
        shard: Option<String>,
        /// Only lines that have changed since this commit.
        #[arg(long, value_name = "COMMIT")]
        since: Option<String>,
        /// Only these files, or globs of files: `src/engine/*.rs`.
        files: Vec<String>,
    },
    /// See which regions of the core no native test, schedule or corpus enters, and that no file has more of
    /// them than xtask/coverage.txt says.
    ///
    /// Compiles the core once more, and takes some minutes. Needs LLVM's tools, which it installs by rustup or
    /// apt. target/coverage/uncovered.txt gets the places.
    Coverage {
        /// Write what it finds to xtask/coverage.txt.
        #[arg(long)]
        keep: bool,
    },
    /// Run schedules of the client and the mock server under simulated faults.
    ///
    /// `cargo xtask sim -- --help` lists the options; tests/sim/README.md says how to read a failure.
    Sim {
        /// Such as `--seeds 1000000`, or `--seed 7 --minimise`; `--day` for the virtual day.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
    /// Simulate 10,000 clients whose server restarts, and see how they come back.
    ///
    /// One table, and a picture in target/storm. Deterministic: simulated time, and all chance from a seed. Fails if the
    /// library's default misses an aim.
    Storm {
        /// Make docs/pictures/storm.svg anew.
        #[arg(long)]
        keep: bool,
        /// Such as `--clients 1000`, or `--seed 2`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
    /// What cargo runs a binary of browser tests with, in the steps for the core as JavaScript.
    #[command(hide = true)]
    RunAsScript {
        /// The binary, and options of wasm-bindgen's runner.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Print the variables that tools and tests are run with, for a shell
    ///
    /// To run tools by hand:
    ///
    ///     eval "$(cargo xtask env)"
    ///     wasm-pack test --headless --chrome
    #[command(verbatim_doc_comment, after_long_help = environment::VARIABLES)]
    Env,
}

fn main() -> ExitCode {
    ui::start();
    match run(Cli::parse().task) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            ui::show(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<bool> {
    process::end_groups_on_signal()?;
    let project = Project::locate()?;
    match task {
        Task::Setup => setup::run(&project)?,
        Task::Build { dev } => build::run(&project, if dev { Mode::Dev } else { Mode::Release })?,
        Task::Demo { port } => demo::run(&project, port)?,
        Task::Cluster {
            proxy,
            kind,
            table,
            storm,
            cost,
        } => {
            let what = match (table, storm, cost) {
                (true, _, _) => cluster::What::Table,
                (_, true, _) => cluster::What::Storm,
                (_, _, true) => cluster::What::Cost,
                (false, false, false) => cluster::What::Look,
            };
            let options = cluster::Options {
                proxy: proxy.as_deref(),
                kind: kind.as_deref(),
                what,
            };
            cluster::run(&project, &options)?;
        }
        Task::Doc => reference::run(&project)?,
        Task::Test { list: true, .. } => {
            for step in &test::STEPS {
                println!("{:<12} {}", step.name, step.about);
            }
        }
        Task::Test {
            steps: names,
            planted: true,
            ..
        } => return planted::run(&project, &names),
        Task::Test { steps, .. } => return test::run(&project, &steps),
        Task::Bench { names, quick, keep } => {
            let names = &names;
            return bench::run(&project, &bench::Options { names, quick, keep });
        }
        Task::Fuzz {
            target,
            seconds,
            keep,
        } => {
            let options = fuzz::Options {
                target: target.as_deref(),
                seconds,
                keep,
            };
            return fuzz::run(&project, &options);
        }
        Task::Mutants {
            shard,
            since,
            files,
        } => {
            let options = mutants::Options {
                shard: shard.as_deref(),
                since: since.as_deref(),
                files: &files,
            };
            return mutants::run(&project, &options);
        }
        Task::Coverage { keep } => return coverage::run(&project, keep),
        Task::Sim { options } => return sim::run(&project, &options),
        Task::Storm { keep, options } => return storm::run(&project, keep, &options),
        Task::RunAsScript { arguments } => return test::as_script::run(&project, &arguments),
        Task::Env => print!("{}", Environment::of(&project)?.exports()),
    }
    Ok(true)
}
