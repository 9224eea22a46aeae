//! Many clients in one process, each with connections of its own, as a load for a server: `cargo xtask cluster --storm` and
//! `--cost` run it.
//!
//! ```text
//! cargo run --example load -- http://127.0.0.1:5000 --clients 300 [--one] [--websocket] [--seed 1]
//! ```
//!
//! Client N follows the research `load-N`; with `--one` all follow `load-1`. Ten times a second it prints a line of
//! JSON: `at`, milliseconds since 1970; `live`, clients that are connected; and since the start `lines`, lines heard;
//! `ends`, researches that ended; `requests`; `refused`, those answered with another status than 200 to 299; `failed`,
//! those without an answer. It says goodbye for all clients, and ends, at the end of its input.

// The browser tests compile all targets for wasm32, where there is no network for this.
#![cfg_attr(target_arch = "wasm32", no_main)]
#![cfg(not(target_arch = "wasm32"))]

mod host;

use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use host::{Host, Traffic};
use research_socket::config::Config;
use research_socket::research::{Event, Input, ResearchEvent, ResearchId, StateName};
use research_socket::websocket::Transport;
use tokio::sync::watch;
use tokio::task::JoinSet;

const USAGE: &str = "usage: load <url> --clients <count> [--one] [--websocket] [--seed <number>]";

const SAMPLE: Duration = Duration::from_millis(100);

/// What the command line says.
#[derive(Clone)]
struct Arguments {
    config: Config,
    clients: u64,
    seed: u64,
    is_one: bool,
}

/// What all clients hear.
#[derive(Default)]
struct Heard {
    live: AtomicU64,
    lines: AtomicU64,
    ends: AtomicU64,
}

fn main() -> ExitCode {
    match read(std::env::args().skip(1)) {
        Ok(arguments) => run(&arguments).map_or_else(
            |error| {
                eprintln!("load: {error}");
                ExitCode::FAILURE
            },
            |()| ExitCode::SUCCESS,
        ),
        Err(words) => {
            eprintln!("load: {words}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn read(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut arguments = Arguments {
        config: Config::new(words.next().ok_or("an address is needed")?),
        clients: 0,
        seed: 1,
        is_one: false,
    };
    let number = |word: Option<String>| {
        let number = word.as_deref().map(str::parse);
        number.and_then(Result::ok).ok_or("a number is missing")
    };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--clients" => arguments.clients = number(words.next())?,
            "--one" => arguments.is_one = true,
            "--seed" => arguments.seed = number(words.next())?,
            "--websocket" => arguments.config.transport = Transport::WebSocket,
            _ => return Err(format!("there is no {word}")),
        }
    }
    arguments
        .config
        .check()
        .map_err(|error| error.to_string())?;
    Ok(arguments)
}

fn run(arguments: &Arguments) -> io::Result<()> {
    let (stop, stopped) = watch::channel(false);
    std::thread::spawn(move || {
        // What is said there does not matter, nor why it ends.
        let _ = io::stdin().read_to_end(&mut Vec::new());
        stop.send_replace(true);
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let heard = Arc::new(Heard::default());
        let traffic = Arc::new(Traffic::default());
        let mut clients = JoinSet::new();
        for number in 1..=arguments.clients {
            // Each has a seed of its own, or all would come back at the same moment.
            let seed = arguments.seed.wrapping_mul(1_000_003).wrapping_add(number);
            let host = Host::new(arguments.config.clone(), seed, Arc::clone(&traffic));
            let followed = if arguments.is_one { 1 } else { number };
            let research = ResearchId::from_text(&format!("load-{followed}"));
            clients.spawn(client(
                host.map_err(io::Error::other)?,
                research.map_err(io::Error::other)?,
                Arc::clone(&heard),
                stopped.clone(),
            ));
        }
        let mut ticks = tokio::time::interval(SAMPLE);
        loop {
            tokio::select! {
                _ = ticks.tick() => print(&heard, &traffic)?,
                client = clients.join_next() => match client {
                    Some(client) => client.map_err(io::Error::other)?,
                    None => return print(&heard, &traffic),
                },
            }
        }
    })
}

/// One client, until it is stopped and has said goodbye.
async fn client(
    mut host: Host,
    research: ResearchId,
    heard: Arc<Heard>,
    mut stopped: watch::Receiver<bool>,
) {
    host.give(Input::Subscribe(research));
    host.give(Input::Connect);
    let mut was_live = false;
    let mut is_stopped = false;
    loop {
        let event = tokio::select! {
            event = host.next() => event,
            // The thread that says so never ends before it has.
            _ = stopped.wait_for(|is_stopped| *is_stopped), if !is_stopped => {
                is_stopped = true;
                host.give(Input::Close);
                continue;
            }
        };
        match event {
            None => break,
            Some(Event::State(state)) => {
                let is_live = state.name == StateName::Connected;
                if is_live && !was_live {
                    heard.live.fetch_add(1, Ordering::Relaxed);
                } else if !is_live && was_live {
                    heard.live.fetch_sub(1, Ordering::Relaxed);
                }
                was_live = is_live;
            }
            Some(Event::Research { event, .. }) => {
                let counter = match event {
                    ResearchEvent::Log(_) => &heard.lines,
                    ResearchEvent::End(_) => &heard.ends,
                    ResearchEvent::Engine(_)
                    | ResearchEvent::Failure(_)
                    | ResearchEvent::Gap(_)
                    | ResearchEvent::HistoryRead
                    | ResearchEvent::Refusal(_)
                    | ResearchEvent::Status { .. }
                    | ResearchEvent::Step(_)
                    | ResearchEvent::Task(_)
                    | ResearchEvent::Update(_)
                    | ResearchEvent::Verified(_) => continue,
                };
                counter.fetch_add(1, Ordering::Relaxed);
            }
            Some(_) => {}
        }
    }
}

fn print(heard: &Heard, traffic: &Traffic) -> io::Result<()> {
    let figures = traffic.figures();
    let line = serde_json::json!({
        "at": host::wall_ms(),
        "live": heard.live.load(Ordering::Relaxed),
        "lines": heard.lines.load(Ordering::Relaxed),
        "ends": heard.ends.load(Ordering::Relaxed),
        "requests": figures.requests,
        "refused": figures.refused,
        "failed": figures.failed,
    });
    writeln!(io::stdout(), "{line}")
}
