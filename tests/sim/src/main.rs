//! Runs schedules by the thousand; prints what fails, how fast it went, and a script for each
//! failure.

#![allow(
    clippy::print_stdout,
    reason = "results of a command line tool belong on stdout"
)]

use std::fs;
use std::num::NonZero;
use std::panic;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Parser;
use sim::hunt::{self, Found, Tally};
use sim::reach::{self, Catalogue, Kept, Reach};
use sim::tabs::{self, TabsPlan};
use sim::{Entropy, seeded_bytes};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Simulated schedules of client and server under faults.
#[derive(Debug, Parser)]
#[command(name = "sim", bin_name = "cargo xtask sim")]
struct Options {
    /// How many schedules.
    #[arg(long, default_value_t = 100_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many threads; one for each core by default.
    #[arg(long)]
    jobs: Option<usize>,
    /// Stop after so many seconds, whatever is left.
    #[arg(long)]
    seconds: Option<u64>,
    /// Look for the shortest schedule that breaks the same rule as each failure.
    #[arg(long)]
    minimise: bool,
    /// Only this schedule: a seed, or `hex:` and the bytes.
    #[arg(long)]
    seed: Option<String>,
    /// Print the schedule, also if it fails nothing.
    #[arg(long)]
    print: bool,
    /// Tell everything that goes in and out of the clients of the one schedule.
    #[arg(long)]
    tell: bool,
    /// Run the kept schedules first.
    #[arg(long)]
    kept: bool,
    /// Print what the first 100,000 seeds reach, and hold it against the kept catalogue.
    #[arg(long, conflicts_with = "seed")]
    reach: bool,
    /// Keep what they reach: write tests/sim/reach.txt.
    #[arg(long, requires = "reach")]
    keep: bool,
    /// Schedules of tabs that share a connection, instead of those of pages.
    #[arg(long, conflicts_with = "reach")]
    tabs: bool,
    /// Schedules whose pages use a WebSocket.
    #[arg(long, conflicts_with_all = ["reach", "tabs", "third"])]
    websocket: bool,
    /// Every third schedule is one of tabs.
    #[arg(long, conflicts_with_all = ["reach", "seed", "tabs"])]
    third: bool,
    /// Stop after so many failures.
    #[arg(long, default_value_t = 10)]
    failures: usize,
}

impl Options {
    /// Whether the schedule of this seed is one of tabs.
    const fn is_of_tabs(&self, seed: u64) -> bool {
        self.tabs || (self.third && seed % 3 == 2)
    }
}

/// Every so many seeds are run twice: equal inputs have to give equal outputs.
const REPEAT_EVERY: u64 = 64;

fn main() -> ExitCode {
    // What panics is a failure with words of its own.
    panic::set_hook(Box::new(|_| {}));
    match run(&Options::parse()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            println!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// How many schedules failed.
fn run(options: &Options) -> Result<usize> {
    if let Some(name) = &options.seed {
        let bytes = hunt::bytes_of(name).context("--seed takes a number, or hex: and bytes")?;
        return Ok(one(name, bytes, options));
    }
    let mut failed = 0;
    if options.kept {
        let kept = hunt::kept();
        for schedule in &kept {
            failed += usize::from(report(
                &schedule.name,
                &schedule.bytes,
                options,
                schedule.is_of_tabs,
                schedule.try_again(options.websocket).err(),
            ));
        }
        println!("{} kept schedules, {failed} failed", kept.len());
    }
    let began = hunt::Stopwatch::start();
    let next = AtomicU64::new(options.from);
    let end = options.from.saturating_add(options.seeds);
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let jobs = options.jobs.unwrap_or(cores).max(1);
    let all: Mutex<(Tally, Vec<Found>)> = Mutex::default();
    let limit = options.seconds.map(Duration::from_secs);
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                let mut tally = Tally::default();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end || limit.is_some_and(|limit| began.elapsed() >= limit) {
                        break;
                    }
                    let bytes = seeded_bytes(seed);
                    if options.reach
                        && seed < reach::TAB_SCHEDULES
                        && let Some(Found { words, .. }) =
                            tally.count_tabs(seed, &bytes, tabs::try_bytes(&bytes))
                        && let Ok(mut all) = all.lock()
                    {
                        let words = format!("with --tabs {words}");
                        let bytes = bytes.clone();
                        all.1.push(Found { seed, bytes, words });
                    }
                    let of_tabs = options.is_of_tabs(seed);
                    let one = hunt::Stopwatch::start();
                    let found = if of_tabs {
                        tally.count(seed, &bytes, tabs::try_bytes(&bytes))
                    } else {
                        let plan = hunt::plan_of(&bytes, options.websocket);
                        tally.take(seed, bytes, &plan, seed.is_multiple_of(REPEAT_EVERY))
                    };
                    tally.time(of_tabs, one.elapsed());
                    if let Some(found) = found
                        && let Ok(mut all) = all.lock()
                    {
                        all.1.push(found);
                        if all.1.len() >= options.failures {
                            next.store(end, Ordering::Relaxed);
                        }
                    }
                }
                if let Ok(mut all) = all.lock() {
                    all.0.add(&tally);
                }
            });
        }
    });
    let (tally, mut found) = all.into_inner().unwrap_or_default();
    found.sort_by_key(|found| found.seed);
    for found in &found {
        let name = found.seed.to_string();
        let of_tabs = options.is_of_tabs(found.seed);
        report(
            &name,
            &found.bytes,
            options,
            of_tabs,
            Some(found.words.clone()),
        );
    }
    println!("{}", tally.words(began.elapsed(), jobs, processor_time()));
    failed += found.len();
    if options.reach && failed == 0 {
        failed += compare(tally.reach(), options.keep)?;
    }
    Ok(failed)
}

/// Prints what was reached; how much of it must not be.
fn compare(reach: &Reach, keep: bool) -> Result<usize> {
    let kept = Catalogue::parse(reach::KEPT).map_err(anyhow::Error::msg)?;
    let now = kept.with(reach);
    println!("{now}");
    let counted = reach.schedules();
    if counted != reach::SCHEDULES {
        println!(
            "{}: of {counted} schedules, which are not those of the kept catalogue",
            now.sum()
        );
        return Ok(0);
    }
    if keep {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/reach.txt");
        fs::write(path, now.to_string()).with_context(|| format!("cannot write {path}"))?;
    }
    let Kept {
        broken,
        told,
        holes,
    } = kept.compare(reach);
    for words in told {
        println!("reach: {words}");
    }
    for hole in holes {
        println!("reach: never: {hole}");
    }
    for words in &broken {
        println!("reach: FAILED: {words}");
    }
    println!("{}", now.sum());
    Ok(if keep { 0 } else { broken.len() })
}

fn one(name: &str, bytes: Vec<u8>, options: &Options) -> usize {
    if options.tabs {
        let plan = TabsPlan::draw(&mut Entropy::from_bytes(&bytes));
        if options.tell {
            println!("{}", tabs::tell(&plan).1);
        }
        let words = tabs::try_bytes(&bytes).err();
        if options.print && words.is_none() {
            println!("{plan}");
        }
        return usize::from(report(name, &bytes, options, true, words));
    }
    if options.tell {
        let (result, story) = sim::tell(&hunt::plan_of(&bytes, options.websocket));
        println!("{story}{result:?}");
        return usize::from(result.is_err());
    }
    let plan = hunt::plan_of(&bytes, options.websocket);
    let words = hunt::try_plan(&plan).err();
    if options.print && words.is_none() {
        println!("{plan}");
    }
    let failed = report(name, &bytes, options, false, words);
    if !failed {
        println!("{name}: ok");
    }
    usize::from(failed)
}

/// Shows a failure as something to paste. False if it is none.
fn report(
    name: &str,
    bytes: &[u8],
    options: &Options,
    of_tabs: bool,
    words: Option<String>,
) -> bool {
    let Some(words) = words else {
        return false;
    };
    println!("schedule {name} failed {words}\n");
    let mut smallest = bytes.to_vec();
    if options.minimise {
        let rule = hunt::rule(&words);
        let try_bytes = match (of_tabs, options.websocket) {
            (true, _) => tabs::try_bytes,
            (false, true) => hunt::try_bytes_over_websocket,
            (false, false) => hunt::try_bytes,
        };
        smallest = hunt::minimise(bytes, 20_000, |bytes| {
            try_bytes(bytes).is_err_and(|words| hunt::rule(&words) == rule)
        });
        let words = try_bytes(&smallest).err().unwrap_or_default();
        println!("smallest: {words}");
        println!("{}\n", hunt::hex(&smallest));
    }
    if of_tabs {
        println!("{}", TabsPlan::draw(&mut Entropy::from_bytes(&smallest)));
        return true;
    }
    let plan = hunt::plan_of(&smallest, options.websocket);
    println!("{}", plan.script("a_schedule_that_failed"));
    true
}

/// What all threads of this process have computed together.
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}
