//! Many elections on one bus, in virtual time: tabs freeze, die without a word, go and come back, lose their
//! network; messages are lost and late; locks are there, or not.

use super::*;
use crate::patience::Patience;

/// A network's way.
const WAY_MS: u64 = 30;
/// A tab gets its connection after so long, if its network is there.
const CONNECT_MS: u64 = 200;
/// For how long everything goes wrong, in milliseconds.
const CHAOS_MS: u64 = 60_000;
/// Two leaders that hear each other know of it after a question's time.
const TWO_LEADERS_MS: u64 = QUESTION_MS + 2 * WAY_MS + 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Runs,
    /// Hears nothing and does nothing until then, and then all at once; perhaps its timers first.
    Frozen {
        until: u64,
        timers_first: bool,
    },
    /// For good.
    Dead,
}

#[derive(Debug)]
struct Tab {
    election: Election,
    patience: Patience,
    life: Life,
    /// Whether its requests reach the server.
    reaches: bool,
    /// When it is connected.
    connects_at: Option<u64>,
    live: bool,
    held: Vec<(u64, Input)>,
    takeovers: u32,
}

#[derive(Clone, Debug)]
enum Input {
    Text(String),
    Lock(Lock),
}

#[derive(Debug)]
struct Bus {
    dice: Random,
    now: u64,
    tabs: Vec<Tab>,
    due: Vec<(u64, usize, Input)>,
    /// Who has the lock, and who waits for it.
    holder: Option<usize>,
    queue: Vec<usize>,
    has_locks: bool,
    /// Messages lost, of a hundred.
    loss: u64,
    slow: bool,
    /// Since when two lead.
    two_since: Option<u64>,
}

const GROUP: u64 = 1;

impl Bus {
    fn new(seed: u64) -> Self {
        let mut dice = Random::new(seed);
        let count = 1 + dice.bits() % 8;
        let has_locks = !dice.bits().is_multiple_of(2);
        let loss = [0, 0, 5, 30][(dice.bits() % 4) as usize];
        let tabs = (0..count)
            .map(|_| {
                let mut election = Election::new(dice.bits());
                // Some find out only when they ask.
                election.has_locks = has_locks || dice.bits().is_multiple_of(2);
                Tab {
                    election,
                    patience: Patience::default(),
                    life: Life::Runs,
                    reaches: true,
                    connects_at: None,
                    live: false,
                    held: Vec::new(),
                    takeovers: 0,
                }
            })
            .collect();
        Self {
            dice,
            now: 1_000,
            tabs,
            due: Vec::new(),
            holder: None,
            queue: Vec::new(),
            has_locks,
            loss,
            slow: false,
            two_since: None,
        }
    }

    fn below(&mut self, n: u64) -> u64 {
        self.dice.bits() % n
    }

    fn at(&self) -> Timestamp {
        Timestamp::from_millis(self.now)
    }

    fn runs(&self, index: usize) -> bool {
        self.tabs[index].life == Life::Runs
    }

    /// Carries out what a tab wants.
    fn act(&mut self, index: usize) {
        while let Some(action) = self.tabs[index].election.poll_action() {
            match action {
                Action::AskLock if !self.has_locks => {
                    // Whoever has asked before may have heard nobody, though there is somebody.
                    let lock = match self.below(3) {
                        0 => Lock::Unopposed,
                        _ => Lock::Refused,
                    };
                    self.due.push((self.now + 1, index, Input::Lock(lock)));
                }
                Action::StealLock if !self.has_locks => {
                    self.due
                        .push((self.now + 1, index, Input::Lock(Lock::Refused)));
                }
                Action::AskLock => {
                    self.queue.push(index);
                    self.grant();
                }
                Action::DropLock => {
                    self.queue.retain(|other| *other != index);
                    self.due
                        .retain(|(_, to, input)| *to != index || matches!(input, Input::Text(_)));
                    self.tabs[index]
                        .held
                        .retain(|(_, input)| matches!(input, Input::Text(_)));
                    if self.holder == Some(index) {
                        self.holder = None;
                        self.grant();
                    }
                }
                Action::StealLock => {
                    self.queue.retain(|other| *other != index);
                    if let Some(holder) = self.holder.replace(index)
                        && holder != index
                    {
                        self.due
                            .push((self.now + 1, holder, Input::Lock(Lock::Lost)));
                    }
                    self.due
                        .push((self.now + 1, index, Input::Lock(Lock::Granted)));
                }
                Action::Close | Action::Open => {}
                Action::Connect => {
                    let tab = &mut self.tabs[index];
                    if !tab.live && tab.connects_at.is_none() {
                        tab.connects_at = Some(self.now + CONNECT_MS);
                    }
                }
                Action::Rest => {
                    let tab = &mut self.tabs[index];
                    (tab.live, tab.connects_at) = (false, None);
                }
                Action::Lead => {
                    let tab = &self.tabs[index];
                    let kind = Kind::Lead {
                        turn: u64::from(tab.live),
                        number: 0,
                        max_payload: 0,
                        sid: "",
                    };
                    self.say(index, kind);
                }
                Action::Say(kind) => self.say(index, kind),
            }
        }
    }

    fn grant(&mut self) {
        if self.holder.is_none() && !self.queue.is_empty() {
            let next = self.queue.remove(0);
            self.holder = Some(next);
            self.due
                .push((self.now + 1, next, Input::Lock(Lock::Granted)));
        }
    }

    fn say(&mut self, index: usize, kind: Kind<'_>) {
        let election = &self.tabs[index].election;
        let (from, epoch) = (election.id(), election.epoch());
        let text = Message { from, epoch, kind }.encode(GROUP);
        let late = if self.slow { self.below(2_000) } else { 0 };
        for other in 0..self.tabs.len() {
            if other != index && self.below(100) >= self.loss {
                let at = self.now + 1 + late;
                self.due.push((at, other, Input::Text(text.clone())));
            }
        }
    }

    fn reach(&mut self, index: usize, input: Input) {
        let now = self.at();
        let tab = &mut self.tabs[index];
        tab.patience.begin(now, tab.election.poll_timeout());
        match input {
            Input::Text(text) => {
                let message = Message::decode(GROUP, &text).unwrap();
                tab.election.hear(now, &message);
            }
            Input::Lock(lock) => tab.election.lock(now, lock),
        }
        self.act(index);
    }

    fn due_of(&self, index: usize) -> Option<u64> {
        let tab = &self.tabs[index];
        if !self.runs(index) {
            return None;
        }
        let timer = tab.election.poll_timeout();
        let timer = timer.map(|due| tab.patience.not_before(due).as_millis());
        [timer, tab.connects_at].into_iter().flatten().min()
    }

    fn time_out(&mut self, index: usize) {
        let now = self.at();
        let tab = &mut self.tabs[index];
        let due = tab.election.poll_timeout();
        tab.patience.begin(now, due);
        tab.election.handle_timeout(now, tab.patience.holds());
        let was_proving = tab.election.is_proving();
        if tab.connects_at.is_some_and(|at| at <= now.as_millis()) {
            if tab.reaches {
                (tab.connects_at, tab.live) = (None, true);
                tab.election.prove(now);
                tab.takeovers += u32::from(was_proving);
                tab.election.lead(now);
            } else {
                tab.connects_at = Some(self.now + 1_000);
            }
        }
        self.act(index);
    }

    fn pass_until(&mut self, until: u64) {
        loop {
            let message = self.due.iter().map(|(at, ..)| *at).min();
            let timers = (0..self.tabs.len())
                .filter_map(|index| self.due_of(index))
                .min();
            let thaw = self.tabs.iter().filter_map(|tab| match tab.life {
                Life::Frozen { until, .. } => Some(until),
                Life::Runs | Life::Dead => None,
            });
            let next = [message, timers, thaw.min()].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= until) else {
                break;
            };
            self.now = self.now.max(next);
            self.look();
            if let Some(index) = self.thawed() {
                self.thaw(index);
            } else if message.is_some_and(|at| at <= self.now) {
                let place = self
                    .due
                    .iter()
                    .position(|(at, ..)| *at <= self.now)
                    .unwrap();
                let (at, index, input) = self.due.remove(place);
                match self.tabs[index].life {
                    Life::Runs => self.reach(index, input),
                    Life::Frozen { .. } => self.tabs[index].held.push((at, input)),
                    Life::Dead => {}
                }
            } else {
                let index = (0..self.tabs.len())
                    .find(|index| self.due_of(*index).is_some_and(|due| due <= self.now));
                self.time_out(index.unwrap());
            }
        }
        self.now = self.now.max(until);
    }

    fn thawed(&self) -> Option<usize> {
        self.tabs
            .iter()
            .position(|tab| matches!(tab.life, Life::Frozen { until, .. } if until <= self.now))
    }

    fn thaw(&mut self, index: usize) {
        let Life::Frozen { timers_first, .. } = self.tabs[index].life else {
            return;
        };
        self.tabs[index].life = Life::Runs;
        // What was on its way while nothing ran is lost.
        self.tabs[index].live = false;
        if self.tabs[index].election.is_leader() {
            self.tabs[index].connects_at = Some(self.now + CONNECT_MS);
        }
        if timers_first {
            self.time_out(index);
        }
        for (_, input) in std::mem::take(&mut self.tabs[index].held) {
            self.reach(index, input);
        }
    }

    /// Who leads, as far as they know, and can act on it.
    fn leaders(&self) -> Vec<usize> {
        let leads = |index: &usize| self.runs(*index) && self.tabs[*index].election.is_leader();
        (0..self.tabs.len()).filter(leads).collect()
    }

    /// What must hold at any time.
    fn look(&mut self) {
        let leaders = self.leaders();
        for (place, index) in leaders.iter().enumerate() {
            let epoch = self.tabs[*index].election.epoch();
            assert_eq!(epoch.leader, self.tabs[*index].election.id());
            let same = leaders[place + 1..]
                .iter()
                .any(|other| self.tabs[*other].election.epoch() == epoch);
            assert!(!same, "two leaders in one epoch");
        }
        let hear_each_other = self.loss == 0 && !self.slow;
        if leaders.len() < 2 || !hear_each_other {
            self.two_since = None;
        } else {
            let since = *self.two_since.get_or_insert(self.now);
            assert!(
                self.now - since <= TWO_LEADERS_MS,
                "two leaders for {} ms: {leaders:?}",
                self.now - since
            );
        }
    }

    /// Something that happens to tabs.
    fn happen(&mut self) {
        let index = self.below(self.tabs.len() as u64) as usize;
        let now = self.at();
        let what = self.below(12);
        match what {
            0 | 1 => {
                let until = self.now + 100 + self.below(30_000);
                let timers_first = self.below(2) == 0;
                if self.runs(index) {
                    let life = Life::Frozen {
                        until,
                        timers_first,
                    };
                    self.tabs[index].life = life;
                }
            }
            2 => self.kill(index),
            3 | 4 => self.goodbye(index),
            5 => {
                let reaches = self.below(2) == 0;
                self.tabs[index].reaches = reaches;
                if !reaches {
                    self.tabs[index].live = false;
                    if self.tabs[index].election.is_leader() {
                        self.tabs[index].connects_at = Some(self.now + CONNECT_MS);
                        self.tabs[index].election.lead(now);
                        self.act(index);
                    }
                }
            }
            6 => self.slow = !self.slow,
            7 => {
                // Some other script of the origin takes the lock.
                if let Some(holder) = self.holder.take() {
                    self.due
                        .push((self.now + 1, holder, Input::Lock(Lock::Lost)));
                    self.grant();
                }
            }
            8 | 9 if self.runs(index) => {
                let seen = self.below(2) == 0;
                self.tabs[index].election.see(now, seen);
                self.act(index);
            }
            _ => self.come(index),
        }
    }

    fn kill(&mut self, index: usize) {
        self.tabs[index].life = Life::Dead;
        self.queue.retain(|other| *other != index);
        if self.holder == Some(index) {
            self.holder = None;
            self.grant();
        }
    }

    fn goodbye(&mut self, index: usize) {
        if self.runs(index) {
            let heir = (0..self.tabs.len()).find(|other| *other != index && self.runs(*other));
            let heir = heir.map_or(0, |heir| self.tabs[heir].election.id());
            (self.tabs[index].live, self.tabs[index].connects_at) = (false, None);
            self.tabs[index].election.leave(heir);
            self.act(index);
        }
    }

    fn come(&mut self, index: usize) {
        let now = self.at();
        if self.runs(index) && self.tabs[index].election.is_away() {
            self.tabs[index].election.start(now);
            self.act(index);
        }
    }

    /// Everything works again, and somebody looks at each tab that is left.
    fn mend(&mut self) {
        (self.loss, self.slow) = (0, false);
        self.two_since = None;
        let until = self.now + 1;
        for tab in &mut self.tabs {
            tab.reaches = true;
            tab.election.forced = 0;
            if let Life::Frozen { timers_first, .. } = tab.life {
                tab.life = Life::Frozen {
                    until,
                    timers_first,
                };
            }
        }
        self.pass_until(until);
        for index in 0..self.tabs.len() {
            if self.runs(index) {
                self.come(index);
                self.tabs[index]
                    .election
                    .see(Timestamp::from_millis(self.now), true);
                self.act(index);
            }
        }
    }

    /// One leads and is connected, and all others that run follow it.
    fn assert_settled(&self) {
        let running: Vec<_> = (0..self.tabs.len())
            .filter(|index| self.runs(*index))
            .collect();
        if running.is_empty() {
            return;
        }
        let leaders = self.leaders();
        assert_eq!(leaders.len(), 1, "leaders {leaders:?} of {running:?}");
        let leader = &self.tabs[leaders[0]];
        assert!(leader.live, "the leader is connected");
        for index in running {
            let tab = &self.tabs[index];
            assert_eq!(tab.election.epoch(), leader.election.epoch(), "tab {index}");
            assert_eq!(tab.live, index == leaders[0], "connection of {index}");
        }
    }
}

fn run(seed: u64) {
    let mut bus = Bus::new(seed);
    let end = bus.now + CHAOS_MS;
    while bus.now < end {
        let next = bus.now + bus.below(3_000);
        bus.pass_until(next);
        bus.happen();
    }
    let chaos: u32 = bus.tabs.iter().map(|tab| tab.takeovers).sum();
    let most = bus.tabs.len() as u64 * CHAOS_MS / (QUESTION_MS + SILENCE_MS);
    assert!(u64::from(chaos) <= most, "{chaos} takeovers");
    bus.mend();
    bus.pass_until(bus.now + 10_000);
    bus.assert_settled();

    // It stays like that.
    let before: u32 = bus.tabs.iter().map(|tab| tab.takeovers).sum();
    bus.pass_until(bus.now + 60_000);
    bus.assert_settled();
    let after: u32 = bus.tabs.iter().map(|tab| tab.takeovers).sum();
    assert_eq!(before, after, "takeovers while all is well");

    // The leader dies without a word, with its lock kept as by a page that hangs.
    if let Some(leader) = bus.leaders().first().copied() {
        let until = u64::MAX;
        bus.tabs[leader].life = Life::Frozen {
            until,
            timers_first: true,
        };
        bus.pass_until(bus.now + 10_000);
        bus.assert_settled();
        let takeovers: u32 = bus.tabs.iter().map(|tab| tab.takeovers).sum();
        assert!(takeovers <= after + 1, "one takes over");
    }
    // Its successor says goodbye.
    if let Some(leader) = bus.leaders().first().copied() {
        bus.goodbye(leader);
        bus.pass_until(bus.now + 500);
        let was_alone = (0..bus.tabs.len()).all(|index| index == leader || !bus.runs(index));
        if !was_alone {
            assert_eq!(bus.leaders().len(), 1, "at once after a goodbye");
            let leader = bus.leaders()[0];
            assert!(bus.tabs[leader].live);
        }
    }
}

/// How many seeds: `TABS_SEEDS` asks for more.
fn seeds() -> u64 {
    std::env::var("TABS_SEEDS").map_or(300, |seeds| seeds.parse().unwrap_or(300))
}

#[test]
fn whatever_happens_to_tabs_one_of_them_leads_soon_and_no_two_for_long() {
    for seed in 0..seeds() {
        let result = std::panic::catch_unwind(|| run(seed));
        assert!(result.is_ok(), "seed {seed}");
    }
}
