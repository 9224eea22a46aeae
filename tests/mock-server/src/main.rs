//! Decides how the server is started from the command line.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use mock_server::Config;
use mock_server::shell::{self, Options};

/// A small research server for tests and the demo, which breaks on demand.
#[derive(Parser)]
#[command(name = "mock-server")]
struct Cli {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Folder with the files for /
    #[arg(long, value_name = "DIR")]
    www: Option<PathBuf>,
    /// Folder with the files for /pkg/
    #[arg(long, value_name = "DIR")]
    pkg: Option<PathBuf>,
    /// Send the application's Content-Security-Policy with files
    #[arg(long)]
    csp: bool,
    /// Use connections again, unlike the real server
    #[arg(long)]
    keep_alive: bool,
    /// Let pages of other origins use /control/, for tests that have several
    #[arg(long)]
    control_from_anywhere: bool,
    /// Which server to be
    #[arg(long, value_enum, default_value_t = Preset::Release13)]
    preset: Preset,
    /// Settings over those of the preset, as JSON: '{"ping_interval_ms": 300}'
    #[arg(long, value_name = "JSON")]
    config: Option<String>,
    /// Seed of the dice
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum Preset {
    /// The application in release 1.3: updates twice, snapshot after a subscription
    #[value(name = "release-1.3")]
    Release13,
    /// The application in release 1.5: updates once
    #[value(name = "release-1.5")]
    Release15,
    /// python-socketio on ASGI at /ws/socket.io, with subscribe_error
    Newest,
    /// The protocol documents to the letter, with the official test events
    Strict,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do when even this fails.
            drop(writeln!(io::stderr(), "mock-server: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> io::Result<()> {
    let preset = match cli.preset {
        Preset::Release13 => Config::default(),
        Preset::Release15 => Config::release_1_5(),
        Preset::Newest => Config::newest(),
        Preset::Strict => Config::strict(),
    };
    // Over a network it answers long-polling alone.
    let preset = Config {
        upgrades: Vec::new(),
        ..preset
    };
    let mut config = match cli.config {
        Some(patch) => preset.patched(&patch).map_err(io::Error::other)?,
        None => preset,
    };
    config.control_from_anywhere |= cli.control_from_anywhere;
    for folder in cli.www.iter().chain(&cli.pkg) {
        if !folder.is_dir() {
            return Err(io::Error::other(format!(
                "{} is not a folder",
                folder.display()
            )));
        }
    }
    let options = Options {
        port: cli.port,
        www: cli.www,
        pkg: cli.pkg,
        csp: cli.csp,
        keep_alive: cli.keep_alive,
        config,
        seed: cli.seed,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(shell::serve(options, |address| {
        let mut out = io::stdout();
        // Whoever started us may not listen; that is no reason to stop.
        drop(writeln!(out, "listening on http://{address}").and_then(|()| out.flush()));
    }))
}
