//! A server restarts under many clients, who come back in several ways: one line of JSON for each.

#![allow(
    clippy::print_stdout,
    reason = "results of a command line tool belong on stdout"
)]

use std::thread;

use clap::Parser;
use sim::storm::{self, Capacity, Demand, Outcome, Storm, Strategy};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How often the application's server pings, in milliseconds, and how often Flask-SocketIO does by default.
const PINGS: [u64; 2] = [5_000, 25_000];

#[derive(Debug, Parser)]
#[command(name = "cargo xtask storm --", bin_name = "cargo xtask storm --")]
struct Options {
    /// How many clients there are.
    #[arg(long, default_value_t = 10_000)]
    clients: u32,
    /// What all chance follows from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only with a ping so often, in milliseconds.
    #[arg(long)]
    ping: Option<u64>,
    /// Only where a full queue is (`true`) or is not (`false`) a closed connection instead of a 503.
    #[arg(long)]
    closes: Option<bool>,
    /// Only this library's clients with a research of their own each.
    #[arg(long)]
    own: bool,
}

fn main() {
    let options = Options::parse();
    let mut storms = Vec::new();
    for (shared, ping_interval) in [(false, PINGS[0]), (true, PINGS[0]), (false, PINGS[1])] {
        for strategy in Strategy::ALL {
            let storm = Storm {
                clients: options.clients,
                shared,
                strategy,
                closes: false,
                ping_interval,
                seed: options.seed,
            };
            storms.push(storm);
            if strategy == Strategy::Default && !shared {
                storms.push(Storm {
                    closes: true,
                    ..storm
                });
            }
        }
    }
    storms.retain(|storm| {
        options.ping.is_none_or(|ping| storm.ping_interval == ping)
            && options.closes.is_none_or(|closes| storm.closes == closes)
            && (!options.own || (storm.strategy == Strategy::Default && !storm.shared))
    });
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let each = storms.len().div_ceil(threads);
    thread::scope(|scope| {
        let running: Vec<_> = storms
            .chunks(each)
            .map(|storms| {
                scope.spawn(|| storms.iter().map(|storm| row(*storm)).collect::<Vec<_>>())
            })
            .collect();
        for rows in running {
            for row in rows.join().unwrap_or_default() {
                println!("{row}");
            }
        }
    });
}

fn row(storm: Storm) -> String {
    let capacity = Demand::of(storm).capacity(storm.clients);
    json(storm, capacity, &storm::run(storm, capacity))
}

fn json(storm: Storm, capacity: Capacity, outcome: &Outcome) -> String {
    let strategy = match storm.strategy {
        Strategy::Default => "default",
        Strategy::SocketIo => "socket.io-client",
        Strategy::Steady => "steady",
    };
    let at = |at: Option<u64>| at.map_or_else(|| "null".to_owned(), |at| at.to_string());
    format!(
        r#"{{"strategy":"{strategy}","closes":{},"clients":{},"shared":{},"ping_ms":{},"rate":{:.0},"places":{},"half_ms":{},"most_ms":{},"all_ms":{},"peak":{},"mean":{:.0},"refused":{},"in_vain":{},"queue":{},"lost_again":{},"unheard":{},"returns_in":{},"missed":{:?},"tally":{{{}}},"asked":{:?},"live":{:?}}}"#,
        storm.closes,
        storm.clients,
        storm.shared,
        storm.ping_interval,
        capacity.rate,
        capacity.queue,
        at(outcome.half),
        at(outcome.most),
        at(outcome.all),
        outcome.peak(),
        outcome.mean(),
        outcome.refused,
        outcome.in_vain,
        outcome.queue,
        outcome.lost_again,
        outcome.unheard,
        outcome.returns_in,
        outcome.missed(),
        tally(outcome),
        outcome.asked,
        outcome.live,
    )
}

fn tally(outcome: &Outcome) -> String {
    let counts = outcome.tally.iter().map(|(kind, count)| {
        format!(
            r#""{}":[{},{},{}]"#,
            kind.as_str(),
            count.served,
            count.refused,
            count.wasted
        )
    });
    counts.collect::<Vec<_>>().join(",")
}
