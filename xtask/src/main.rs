//! `cargo xtask …`: set-up, build, demo, tests and measurements.

mod process;
mod project;
mod setup;
mod toolchain;
mod ui;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use project::Project;

/// Everything that is done with this checkout, each by one command.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Install what this machine lacks: wasm32 library, tools, browsers, test servers.
    Setup,
}

fn main() -> ExitCode {
    ui::start();
    let cli = Cli::parse();
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            ui::show(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<()> {
    process::end_groups_on_signal()?;
    let project = Project::locate()?;
    match &cli.task {
        Task::Setup => setup::run(&project),
    }
}
