//! What can happen to tabs, as data; how bytes become a plan.

use std::fmt;

use crate::entropy::Entropy;

/// So many tabs at a time.
pub(super) const MAX_TABS: u32 = 12;

/// So many researches.
pub(super) const RESEARCHES: u8 = 3;

/// In one of so many schedules two persons use the browser.
const PERSONS: u64 = 5;

/// In one of so many schedules nobody looks at the tabs as they begin.
const AWAY: u64 = 7;

/// Whose research it is, where there are two persons.
pub(super) const fn owner_of(research: u8) -> u8 {
    research % 2
}

/// More happens in no plan.
const MAX_STEPS: usize = 60;

/// In two of so many schedules tabs use a WebSocket.
const CARRIAGES: u64 = 7;

/// In one of so many schedules the server asks for acks.
const QUESTIONS: u64 = 4;

/// What carries a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carriage {
    /// Long-polling.
    Polling,
    /// Long-polling first, and then a WebSocket.
    Upgrade,
    /// A WebSocket.
    WebSocket,
}

/// What holds for a whole schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TabsSetup {
    /// Tabs that are there from the beginning.
    pub tabs: u8,
    /// Whether the browser has locks.
    pub locks: bool,
    /// Whether every second tab has another version of the application.
    pub two_versions: bool,
    /// Messages that the channel loses, of a hundred.
    pub loss: u8,
    /// By how many milliseconds a message of the channel may be late.
    pub late: u16,
    /// The way to the server, in milliseconds.
    pub latency: u16,
    /// Whether the server is of the newest generation, which refuses subscriptions with a word.
    pub newest: bool,
    /// Whether another person signs in after each sign-out.
    pub persons: bool,
    /// What carries the connections.
    pub carriage: Carriage,
    /// Whether the server asks for an ack with each research that writes, and all tabs give one.
    pub questions: bool,
    /// Heartbeat, in milliseconds.
    pub ping_interval: u64,
    /// Heartbeat, in milliseconds.
    pub ping_timeout: u64,
}

/// Something that happens. The number is that of a place for a tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// The channel of a tab fails.
    ChannelFails(u8),
    /// A tab is closed by its page.
    Close(u8),
    /// A tab dies without a word.
    Crash(u8),
    /// The requests of one tab reach nothing for so many milliseconds.
    Cut(u8, u16),
    /// An event of the page, with an ack or without.
    Emit(u8, bool),
    /// A research ends.
    End(u8),
    /// A tab follows a research.
    Follow(u8, u8),
    /// A tab hears nothing and does nothing for so many milliseconds, then everything at once; its timers first, or last.
    Freeze(u8, u16, bool),
    /// A page goes into the back/forward cache.
    Hide(u8),
    /// A research writes lines.
    Lines(u8, u8),
    /// No request reaches anything for so many milliseconds.
    Offline(u16),
    /// A tab is opened where there is none.
    Open(u8),
    /// The server starts again, and is down for so many milliseconds.
    Restart(u16),
    /// Somebody looks at a tab, or no longer.
    See(u8, bool),
    /// A page comes back from the cache.
    Show(u8),
    /// For so many milliseconds the browser is signed out: nothing is shown to whoever asks.
    SignOut(u16),
    /// Something else of the origin takes the lock.
    Steal,
    /// A tab follows a research no longer.
    Unfollow(u8, u8),
}

/// A schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TabsPlan {
    /// Of all that the plan leaves open.
    pub seed: u64,
    /// What holds for all of it.
    pub setup: TabsSetup,
    /// What happens when, in milliseconds.
    pub steps: Vec<(u64, Happening)>,
}

impl TabsPlan {
    /// The plan that these bytes draw; each string draws one.
    pub fn draw(entropy: &mut Entropy<'_>) -> Self {
        let setup = draw_setup(entropy);
        let mut plan = Self {
            seed: 1,
            setup: setup.unwrap_or(TabsSetup {
                tabs: 2,
                locks: true,
                two_versions: false,
                loss: 0,
                late: 0,
                latency: 20,
                newest: false,
                persons: false,
                carriage: Carriage::Polling,
                questions: false,
                ping_interval: 5_000,
                ping_timeout: 20_000,
            }),
            steps: Vec::new(),
        };
        let Some(seed) = entropy.below(u32::MAX) else {
            return plan;
        };
        plan.seed = u64::from(seed) + 1;
        // Drawn from nothing, so that plans from before there were persons are the same.
        plan.setup.persons = plan.seed % PERSONS == 1;
        // Nor of those from before they could use a WebSocket.
        plan.setup.carriage = match plan.seed % CARRIAGES {
            5 => Carriage::WebSocket,
            6 => Carriage::Upgrade,
            _ => Carriage::Polling,
        };
        // Nor of those from before servers asked.
        plan.setup.questions = plan.seed % QUESTIONS == 2;
        let Some(weights) = draw_weights(entropy) else {
            return plan;
        };
        let mut at = 0;
        while plan.steps.len() < MAX_STEPS
            && let Some((pause, happening)) = draw_step(entropy, &weights)
        {
            at += pause;
            plan.steps.push((at, happening));
        }
        // Nor from before somebody looked away while tabs without locks find out who leads.
        if plan.seed % AWAY == 3 && !plan.setup.locks {
            plan.look_away();
        }
        plan
    }

    /// Nobody looks at the tabs for a second that are there from the beginning.
    fn look_away(&mut self) {
        for place in 0..self.setup.tabs {
            let at = (self.seed / AWAY + u64::from(place) * 37) % 150;
            self.steps.push((at, Happening::See(place, false)));
            self.steps.push((at + 1_000, Happening::See(place, true)));
        }
        self.steps.sort_by_key(|(at, _)| *at);
    }
}

fn draw_setup(entropy: &mut Entropy<'_>) -> Option<TabsSetup> {
    Some(TabsSetup {
        tabs: entropy.below(MAX_TABS)? as u8 + 1,
        locks: !entropy.chance(1, 2)?,
        two_versions: entropy.chance(1, 8)?,
        loss: entropy.pick(&[0, 0, 0, 0, 0, 0, 2, 20])?,
        late: entropy.pick(&[0, 0, 5, 50])?,
        latency: entropy.pick(&[5, 20, 20, 100])?,
        newest: entropy.chance(1, 3)?,
        persons: false,
        carriage: Carriage::Polling,
        questions: false,
        ping_interval: entropy.pick(&[5_000, 25_000])?,
        ping_timeout: 20_000,
    })
}

/// Half of all kinds are off, the others have wildly different weights.
fn draw_weights(entropy: &mut Entropy<'_>) -> Option<[u32; KINDS]> {
    let mut weights = [0; KINDS];
    for (kind, weight) in weights.iter_mut().enumerate() {
        *weight = match kind {
            // Without these nothing is to be seen.
            LINES | FOLLOW => 4,
            _ => entropy.pick(&[0, 0, 0, 1, 2, 8])?,
        };
    }
    Some(weights)
}

const KINDS: usize = 18;
const FOLLOW: usize = 6;
const LINES: usize = 9;

fn draw_step(entropy: &mut Entropy<'_>, weights: &[u32; KINDS]) -> Option<(u64, Happening)> {
    let pause = match entropy.below(8)? {
        0 => 0,
        1 | 2 => u64::from(entropy.below(20)?),
        3..=5 => u64::from(entropy.below(1_000)?),
        _ => u64::from(entropy.below(12_000)?),
    };
    let kind = entropy.weighed(weights)?;
    let place = entropy.below(MAX_TABS)? as u8;
    let research = |entropy: &mut Entropy<'_>| Some(entropy.below(u32::from(RESEARCHES))? as u8);
    let time = |entropy: &mut Entropy<'_>, most| Some(entropy.below(most)? as u16 + 1);
    let happening = match kind {
        0 => Happening::ChannelFails(place),
        1 => Happening::Close(place),
        2 => Happening::Crash(place),
        3 => Happening::Cut(place, time(entropy, 30_000)?),
        4 => Happening::Emit(place, entropy.chance(1, 2)?),
        5 => Happening::End(research(entropy)?),
        FOLLOW => Happening::Follow(place, research(entropy)?),
        7 => Happening::Freeze(place, time(entropy, 60_000)?, entropy.chance(1, 2)?),
        8 => Happening::Hide(place),
        LINES => Happening::Lines(research(entropy)?, entropy.below(40)? as u8 + 1),
        10 => Happening::Offline(time(entropy, 30_000)?),
        11 => Happening::Open(place),
        12 => Happening::Restart(time(entropy, 8_000)?),
        13 => Happening::See(place, entropy.chance(1, 2)?),
        14 => Happening::Show(place),
        15 => Happening::SignOut(time(entropy, 20_000)?),
        16 => Happening::Steal,
        _ => Happening::Unfollow(place, research(entropy)?),
    };
    Some((pause, happening))
}

impl fmt::Display for TabsPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "TabsPlan {{ seed: {}, setup: {:?}, steps: vec![",
            self.seed, self.setup
        )?;
        for (at, happening) in &self.steps {
            writeln!(f, "    ({at}, Happening::{happening:?}),")?;
        }
        write!(f, "] }}")
    }
}
