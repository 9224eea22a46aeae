//! Looking for schedules that break a rule, and for short strings of bytes that still do.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::entropy::{Entropy, seeded_bytes};
use crate::plan::{Plan, Seems};
use crate::reach::{self, Reach};
use crate::{Report, Violation, play, record, run, tabs};

/// The plan that these bytes draw; `websocket`: of pages that use one, everything else as without.
pub fn plan_of(bytes: &[u8], websocket: bool) -> Plan {
    let mut plan = Plan::draw(&mut Entropy::from_bytes(bytes));
    plan.setup.websocket = websocket;
    plan.setup.falls_back = websocket && matches!(plan.seed % 5, 1 | 2);
    // A refusal that is missing from an answer which looks whole is found by no transport.
    let is_told = plan.setup.seems != Seems::Whole;
    plan.setup.upgrades = websocket && is_told && matches!(plan.seed % 5, 3 | 4);
    let has_other = plan.setup.falls_back || plan.setup.upgrades;
    plan.setup.no_websockets = has_other && matches!(plan.seed % 20, 2 | 4 | 7 | 12 | 17);
    plan.setup.swallows = plan.setup.upgrades && plan.seed % 20 == 8;
    // Of the four kinds that have another way: where a WebSocket gets through now, and where none does.
    plan.setup.is_told = has_other && matches!(plan.seed % 60, 1 | 2 | 3 | 4 | 24 | 27);
    plan.setup.drains_slowly = websocket && plan.seed % 11 == 5;
    plan
}

/// Runs the plan that these bytes draw, of pages that use a WebSocket.
///
/// # Errors
/// What went wrong, in words.
pub fn try_bytes_over_websocket(bytes: &[u8]) -> Result<Report, String> {
    try_plan(&plan_of(bytes, true))
}

/// Runs the plan that these bytes draw. A panic is a failure like any other.
///
/// # Errors
/// What went wrong, in words.
pub fn try_bytes(bytes: &[u8]) -> Result<Report, String> {
    let plan = Plan::draw(&mut Entropy::from_bytes(bytes));
    try_plan(&plan)
}

/// Runs a plan. A panic is a failure like any other.
///
/// # Errors
/// What went wrong, in words.
pub fn try_plan(plan: &Plan) -> Result<Report, String> {
    match catch_unwind(AssertUnwindSafe(|| run(plan))) {
        Ok(Ok(report)) => Ok(report),
        Ok(Err(violation)) => Err(words(&violation)),
        Err(panic) => Err(format!("a panic: {}", words_of_panic(panic.as_ref()))),
    }
}

/// Runs a plan twice and gives fresh clients what went into those of the first run: all three must
/// do the same.
///
/// # Errors
/// What differs, or what went wrong in the first run.
pub fn try_repeatedly(plan: &Plan) -> Result<Report, String> {
    let (first, journal) = record(plan);
    let report = first.map_err(|violation| words(&violation))?;
    let (_, again) = record(plan);
    if journal.hash() != again.hash() || journal.inputs != again.inputs {
        return Err("two runs of one plan differ".to_owned());
    }
    play(plan, &journal)?;
    Ok(report)
}

pub(crate) fn words(violation: &Violation) -> String {
    format!("after {} ms: {}", violation.at, violation.words)
}

pub(crate) fn words_of_panic(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("without words").to_owned()
}

/// What kind of failure these words are of: the words without numbers and what is quoted.
pub fn rule(words: &str) -> String {
    let words = words.split_once(" ms: ").map_or(words, |(_, words)| words);
    let end = words.find([':', '{', '"']).unwrap_or(words.len());
    let rule = words.get(..end).unwrap_or(words);
    rule.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// Bytes in hexadecimal digits, with `hex:` in front.
pub fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    "hex:".to_owned() + &digits.collect::<String>()
}

/// The bytes of a schedule's name: a seed, or what [`hex`] gives.
pub fn bytes_of(name: &str) -> Option<Vec<u8>> {
    let Some(digits) = name.strip_prefix("hex:") else {
        return name.parse().ok().map(seeded_bytes);
    };
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

/// The schedules that failed once, by their names in `seeds.txt`.
pub fn kept() -> Vec<Kept> {
    let lines = include_str!("../seeds.txt").lines();
    lines
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| !name.starts_with('#'))
        .filter_map(Kept::parse)
        .collect()
}

/// A schedule that failed once.
#[derive(Clone, Debug)]
pub struct Kept {
    /// What it is called.
    pub name: String,
    /// The bytes that draw it.
    pub bytes: Vec<u8>,
    /// Whether it is one of tabs.
    pub is_of_tabs: bool,
    /// Whether its pages use a WebSocket.
    is_over_websocket: bool,
}

impl Kept {
    fn parse(name: &str) -> Option<Self> {
        let of_tabs = name.strip_prefix("tabs:");
        let over_websocket = name.strip_prefix("websocket:");
        Some(Self {
            name: name.to_owned(),
            bytes: bytes_of(of_tabs.or(over_websocket).unwrap_or(name))?,
            is_of_tabs: of_tabs.is_some(),
            is_over_websocket: over_websocket.is_some(),
        })
    }

    /// Runs it; `websocket`: over one also where it failed without.
    ///
    /// # Errors
    /// What went wrong, in words.
    pub fn try_again(&self, websocket: bool) -> Result<Report, String> {
        if self.is_of_tabs {
            return tabs::try_bytes(&self.bytes);
        }
        try_plan(&plan_of(&self.bytes, websocket || self.is_over_websocket))
    }
}

/// A schedule that failed.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its seed.
    pub seed: u64,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What went wrong.
    pub words: String,
}

/// What many schedules came to.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    schedules: u64,
    failures: u64,
    steps: u64,
    most_steps: u64,
    simulated: u64,
    /// How long those of pages and those of tabs took, and how many there were.
    took: [(Duration, u32); 2],
    reach: Reach,
}

impl Tally {
    /// Runs one more, perhaps repeatedly.
    pub fn take(
        &mut self,
        seed: u64,
        bytes: Vec<u8>,
        plan: &Plan,
        repeatedly: bool,
    ) -> Option<Found> {
        self.schedules += 1;
        let mut outcome = try_plan(plan);
        if repeatedly && outcome.is_ok() {
            outcome = try_repeatedly(plan);
        }
        self.count_outcome(seed, bytes, outcome)
    }

    /// Counts one that was run.
    pub fn count(
        &mut self,
        seed: u64,
        bytes: &[u8],
        outcome: Result<Report, String>,
    ) -> Option<Found> {
        self.schedules += 1;
        self.count_outcome(seed, bytes.to_vec(), outcome)
    }

    /// Counts what one of tabs has reached, which is run besides.
    pub fn count_tabs(
        &mut self,
        seed: u64,
        bytes: &[u8],
        outcome: Result<Report, String>,
    ) -> Option<Found> {
        match outcome {
            Ok(report) => {
                self.reach.take_tabs(&report.reached);
                None
            }
            Err(words) => {
                let bytes = bytes.to_vec();
                self.failures += 1;
                self.schedules += 1;
                Some(Found { seed, bytes, words })
            }
        }
    }

    fn count_outcome(
        &mut self,
        seed: u64,
        bytes: Vec<u8>,
        outcome: Result<Report, String>,
    ) -> Option<Found> {
        match outcome {
            Ok(report) => {
                self.steps += report.steps;
                self.most_steps = self.most_steps.max(report.steps);
                self.simulated += report.simulated;
                if seed < reach::SCHEDULES {
                    self.reach.take(&report.reached);
                }
                None
            }
            Err(words) => {
                self.failures += 1;
                Some(Found { seed, bytes, words })
            }
        }
    }

    /// Counts how long one took.
    pub fn time(&mut self, of_tabs: bool, took: Duration) {
        let [pages, tabs] = &mut self.took;
        let (all, count) = if of_tabs { tabs } else { pages };
        *all += took;
        *count += 1;
    }

    /// How many times as long one of tabs takes as one of pages, if there were both.
    fn ratio(&self) -> Option<f64> {
        let [pages, tabs] = self
            .took
            .map(|(all, count)| (count > 0).then(|| all.as_secs_f64() / f64::from(count)));
        Some(tabs? / pages?)
    }

    /// Adds those of another thread.
    pub fn add(&mut self, other: &Self) {
        for ((all, count), (more, others)) in self.took.iter_mut().zip(other.took) {
            *all += more;
            *count += others;
        }
        self.schedules += other.schedules;
        self.failures += other.failures;
        self.steps += other.steps;
        self.most_steps = self.most_steps.max(other.most_steps);
        self.simulated += other.simulated;
        self.reach.add(&other.reach);
    }

    /// What those of them reached that the catalogue counts.
    pub const fn reach(&self) -> &Reach {
        &self.reach
    }

    /// A line for people. `jobs`: threads that ran for so long, and computed for `processor` in
    /// all; on a machine that does nothing else that is `jobs` times as long.
    pub fn words(&self, took: Duration, jobs: usize, processor: Duration) -> String {
        let (seconds, computed) = (took.as_secs_f64(), processor.as_secs_f64().max(0.001));
        let rate = self.schedules as f64 / computed;
        let passed = self.schedules - self.failures;
        let hours = self.simulated / 3_600_000;
        let steps = self.steps / self.schedules.max(1);
        let ratio = self.ratio().map_or_else(String::new, |ratio| {
            format!("; one of tabs takes {ratio:.0} times as long as one of pages")
        });
        format!(
            "{passed} schedules passed, {} failed: {steps} steps each, at most {}; {hours} hours \
             simulated in {seconds:.1} s with {jobs} jobs; {rate:.0} schedules per second and core{ratio}",
            self.failures, self.most_steps,
        )
    }
}

/// The one clock, of those who wait for results.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Begins now.
    #[expect(
        clippy::disallowed_methods,
        reason = "how long people wait, not simulated time"
    )]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Since then.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// The shortest string of bytes that was found to break the same rule: chunks are left out, then
/// bytes set to zero, as long as `still_fails` says so. Gives up after `tries`.
pub fn minimise(bytes: &[u8], tries: u32, still_fails: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut best = bytes.to_vec();
    let mut left = tries;
    let mut chunk = best.len().next_power_of_two() / 2;
    let attempt = |candidate: &[u8], left: &mut u32| {
        *left = left.saturating_sub(1);
        *left > 0 && still_fails(candidate)
    };
    // A plan ends with its bytes: first the end goes.
    while chunk > 0 {
        let shorter = best.get(..best.len().saturating_sub(chunk));
        match shorter.map(<[u8]>::to_vec) {
            Some(shorter) if shorter.len() < best.len() && attempt(&shorter, &mut left) => {
                best = shorter;
            }
            Some(_) | None => chunk /= 2,
        }
    }
    let mut progress = true;
    while progress && left > 0 {
        progress = false;
        for size in [16, 8, 4, 3, 2, 1] {
            let mut at = 0;
            while at + size <= best.len() {
                let mut shorter = best.clone();
                shorter.drain(at..at + size);
                if attempt(&shorter, &mut left) {
                    (best, progress) = (shorter, true);
                } else {
                    at += size;
                }
            }
        }
        for at in 0..best.len() {
            for smaller in [0, 128, 64, 32, 16] {
                let mut milder = best.clone();
                match milder.get_mut(at) {
                    Some(byte) if *byte > smaller => *byte = smaller,
                    Some(_) | None => continue,
                }
                if attempt(&milder, &mut left) {
                    (best, progress) = (milder, true);
                    break;
                }
            }
        }
    }
    best
}
