//! A virtual day of twelve tabs that come, freeze, crash and go: what they take up must not grow.

use super::plan::{Carriage, Happening, MAX_TABS, RESEARCHES, TabsPlan, TabsSetup};
use super::tab::{Life, Tab};
use super::world::World;
use crate::hunt;
use crate::rules::{Verdict, Violation, require};

const SECOND: u64 = 1_000;
const HOUR: u64 = 3_600 * SECOND;
const HOURS: u64 = 24;

/// Something happens to a tab so often.
const HAPPENS: u64 = 90 * SECOND;

/// The last part of each hour, in which all is mended and looked at.
const CALM: u64 = 300 * SECOND;

/// How much more the tabs may take up in the second half of the day than in the first, in per cent. Tabs that lead, and capacities of
/// lists, differ by 5 % from hour to hour, and so do six hours by 2 %.
const MOST_PER_CENT: f64 = 4.0;

/// The hours of a half.
const SOME: usize = 11;

/// What weighs clients.
#[derive(Clone, Copy, Debug)]
pub struct Meter {
    /// What is allocated from now on is a client's, or not.
    pub mark: fn(bool),
    /// What clients have allocated, and not given back.
    pub bytes: fn() -> usize,
}

/// Runs what belongs to a client.
pub(super) fn inside<T>(meter: Option<Meter>, run: impl FnOnce() -> T) -> T {
    let Some(meter) = meter else { return run() };
    (meter.mark)(true);
    let result = run();
    (meter.mark)(false);
    result
}

/// Lets the day pass; its figures.
///
/// # Errors
/// The first rule that is broken.
pub fn day(meter: Meter) -> Result<String, String> {
    let plan = TabsPlan {
        seed: 7,
        setup: TabsSetup {
            tabs: MAX_TABS as u8,
            locks: true,
            two_versions: false,
            loss: 0,
            late: 5,
            latency: 20,
            newest: false,
            persons: false,
            carriage: Carriage::Polling,
            questions: false,
            ping_interval: 25_000,
            ping_timeout: 20_000,
        },
        steps: Vec::new(),
    };
    let mut world = World::new(&plan, false);
    world.meter = Some(meter);
    let weights = pass(&mut world, meter).map_err(|violation| hunt::words(&violation))?;
    let of = |hours: &[usize]| hours.iter().sum::<usize>() / hours.len().max(1);
    // Not the first: its lists are new.
    let first = of(weights.get(1..=SOME).unwrap_or_default());
    let last = of(weights.get(weights.len() - SOME..).unwrap_or_default());
    let change = (last as f64 / first.max(1) as f64 - 1.0) * 100.0;
    let reigns: u32 = world.tabs.iter().map(|tab| tab.reigns).sum();
    let words = format!(
        "{} tabs came in a day, 12 at a time; {reigns} reigns\n\
         memory of 12 that follow nothing: {first} bytes in the first half, {last} in the second ({change:+.3} %)",
        world.tabs.len()
    );
    if change > MOST_PER_CENT {
        return Err(format!("memory has grown: {words}"));
    }
    Ok(words)
}

/// What all tabs together take up at the end of each hour.
fn pass(world: &mut World<'_>, meter: Meter) -> Result<Vec<usize>, Violation> {
    let mut weights = Vec::new();
    for hour in 0..HOURS {
        let opened = fill(world);
        world.blame(opened)?;
        let ends = hour * HOUR + HOUR - CALM;
        while world.now + HAPPENS < ends {
            for research in 0..RESEARCHES {
                world.write(research, 1);
            }
            let happening = draw(world);
            let happened = world.happen(happening);
            world.blame(happened)?;
            let until = world.now + HAPPENS;
            world.pass_until(until)?;
        }
        let mended = world.mend().and_then(|()| fill(world));
        world.blame(mended)?;
        let until = world.now + CALM / 2;
        world.pass_until(until)?;
        world.all_is_well()?;
        let left = unfollow_all(world);
        world.blame(left)?;
        world.pass_until((hour + 1) * HOUR)?;
        for tab in &mut world.tabs {
            tab.bury();
        }
        let running = world.tabs.iter().filter(|tab| tab.runs()).count();
        let all = require(running == MAX_TABS as usize, || {
            format!("{running} tabs are there")
        });
        world.blame(all)?;
        weights.push((meter.bytes)());
    }
    Ok(weights)
}

fn draw(world: &mut World<'_>) -> Happening {
    let place = world.dice.below(u64::from(MAX_TABS)) as u8;
    let ms = world.dice.below(60_000) as u16 + 1;
    match world.dice.below(11) {
        0 => Happening::Close(place),
        1 => Happening::Crash(place),
        2 => Happening::Freeze(place, ms, ms.is_multiple_of(2)),
        3 => Happening::Hide(place),
        4 => Happening::Show(place),
        5 => Happening::Cut(place, ms),
        6 => Happening::Emit(place, true),
        7 => Happening::Restart(ms % 8_000),
        8 => Happening::See(place, ms.is_multiple_of(2)),
        9 => Happening::Steal,
        _ => Happening::Open(place),
    }
}

/// All tabs are there, run, are seen, and follow a research or two.
fn fill(world: &mut World<'_>) -> Verdict {
    for place in 0..MAX_TABS as u8 {
        world.happen(Happening::Show(place))?;
        world.happen(Happening::Open(place))?;
        world.happen(Happening::See(place, true))?;
        world.happen(Happening::Follow(place, 0))?;
        world.happen(Happening::Follow(place, place % RESEARCHES))?;
    }
    Ok(())
}

fn unfollow_all(world: &mut World<'_>) -> Verdict {
    let follows = |tab: &Tab| tab.life == Life::Runs;
    for place in 0..MAX_TABS as u8 {
        let is_there = world
            .tabs
            .iter()
            .any(|tab| tab.place == place && follows(tab));
        require(is_there, || format!("there is no tab at {place}"))?;
        for research in 0..RESEARCHES {
            if world.tabs.iter().any(|tab| {
                tab.place == place
                    && follows(tab)
                    && tab
                        .heard
                        .get(usize::from(research))
                        .is_some_and(|heard| heard.follows)
            }) {
                world.happen(Happening::Unfollow(place, research))?;
            }
        }
    }
    Ok(())
}
