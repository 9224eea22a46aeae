//! The browser: its channel, which all versions of the application hear, and its locks.

use research_socket::tabs::{Input, Output, Role};

use super::tab::Held;
use super::world::{Due, World};

/// The lock of one group.
#[derive(Clone, Debug, Default)]
pub(super) struct Lock {
    pub(super) holder: Option<usize>,
    queue: Vec<usize>,
}

impl World<'_> {
    /// Carries out what a tab wants of the browser.
    pub(super) fn carry_out(&mut self, index: usize, output: Output) {
        let Some(tab) = self.tabs.get_mut(index) else {
            return;
        };
        let group = usize::from(tab.group);
        match output {
            Output::Open => tab.has_channel = true,
            Output::Close => tab.has_channel = false,
            Output::Tell(text) => {
                self.said += 1;
                tab.epoch = epoch_of(&text);
                if tab.has_channel {
                    self.tell(index, &text);
                }
            }
            Output::AskLock if self.plan.setup.locks => {
                if let Some(lock) = self.locks.get_mut(group) {
                    lock.queue.push(index);
                }
                self.grant(group);
            }
            Output::StealLock if self.plan.setup.locks => {
                // An answer that had come before its network went, and lay in a page that was frozen, looks like any other.
                if self.now < tab.cut_until && !tab.is_answered {
                    self.broken = Some(format!("tab {index} takes over, and reaches nothing"));
                }
                self.forget_lock(index);
                self.steal(group, Some(index));
            }
            Output::AskLock => {
                let input = self.without_locks(index);
                self.lock_input(index, input);
            }
            Output::StealLock => self.lock_input(index, Input::LockRefused),
            Output::DropLock => {
                let wrong = self.gives_way(index);
                self.broken = self.broken.take().or(wrong);
                self.drop_lock(index);
                self.forget_lock(index);
            }
        }
    }

    /// Whoever has the lock keeps it and leads on, until its page goes or the leader of a newer epoch tells it of that.
    fn gives_way(&self, index: usize) -> Option<String> {
        let tab = self.tabs.get(index)?;
        let lock = self.locks.get(usize::from(tab.group))?;
        let goes_on = tab.runs() && tab.client.role() != Role::Alone;
        let is_wrong = lock.holder == Some(index) && goes_on && !tab.is_succeeded;
        is_wrong.then(|| format!("tab {index} has the lock and gives way to nobody that leads"))
    }

    /// What was on its way of an earlier request for the lock does not come: the page hears of its newest one.
    fn forget_lock(&mut self, index: usize) {
        let is_of_lock = |input: &Input| {
            matches!(
                input,
                Input::LockGranted | Input::LockLost | Input::LockRefused | Input::LockUnopposed
            )
        };
        self.due.retain(
            |_, due| !matches!(due, Due::Tabs(to, input) if *to == index && is_of_lock(input)),
        );
        if let Some(tab) = self.tabs.get_mut(index) {
            tab.held
                .retain(|held| !matches!(held, Held::Tabs(input) if is_of_lock(input)));
        }
    }

    fn tell(&mut self, from: usize, text: &str) {
        for to in 0..self.tabs.len() {
            let hears = self.tabs.get(to).is_some_and(|tab| tab.has_channel);
            if to == from || !hears || self.dice.below(100) < self.loss {
                continue;
            }
            // Late, but each tab hears another one in order.
            let late = 1 + self.dice.below(u64::from(self.plan.setup.late) + 1);
            let last = self.last_heard.entry((from, to)).or_default();
            *last = (*last).max(self.now + late);
            let at = *last;
            self.at(at, Due::Tabs(to, Input::Message(text.to_owned())));
        }
    }

    /// What a tab hears of a lock that there is none of: who was there before it was asked for, or now and then, as
    /// where the others are slow to answer, that nobody was.
    fn without_locks(&self, index: usize) -> Input {
        let mut others = self.tabs.iter().enumerate();
        let has_company = others.any(|(other, tab)| other != index && tab.has_channel);
        if has_company && !self.said.is_multiple_of(5) {
            Input::LockRefused
        } else {
            Input::LockUnopposed
        }
    }

    fn lock_input(&mut self, index: usize, input: Input) {
        self.at(self.now + 1, Due::Tabs(index, input));
    }

    fn grant(&mut self, group: usize) {
        let Some(lock) = self.locks.get_mut(group) else {
            return;
        };
        if lock.holder.is_none() && !lock.queue.is_empty() {
            let next = lock.queue.remove(0);
            lock.holder = Some(next);
            self.lock_input(next, Input::LockGranted);
        }
    }

    /// Takes the lock from whoever has it; for nobody: another script of the origin, which gives it back.
    pub(super) fn steal(&mut self, group: usize, by: Option<usize>) {
        let Some(lock) = self.locks.get_mut(group) else {
            return;
        };
        lock.queue.retain(|other| Some(*other) != by);
        let before = std::mem::replace(&mut lock.holder, by);
        if let Some(before) = before.filter(|before| Some(*before) != by) {
            self.lock_input(before, Input::LockLost);
        }
        match by {
            Some(by) => self.lock_input(by, Input::LockGranted),
            None => self.grant(group),
        }
    }

    /// Gives back what a tab has of locks, as a browser does when it goes.
    pub(super) fn drop_lock(&mut self, index: usize) {
        for group in 0..self.locks.len() {
            if let Some(lock) = self.locks.get_mut(group) {
                lock.queue.retain(|other| *other != index);
                if lock.holder == Some(index) {
                    lock.holder = None;
                    self.grant(group);
                }
            }
        }
    }
}

/// The number in the epoch of a message: version, group, sender, number, leader, what it says.
fn epoch_of(message: &str) -> u64 {
    let number = message.split(' ').nth(3).map(str::parse);
    number.and_then(Result::ok).unwrap_or_default()
}

/// Whether somebody says here that it leads, in a newer epoch.
pub(super) fn succeeds(message: &str, epoch: u64) -> bool {
    let mut words = message.split(' ').skip(2);
    let (from, leader) = (words.next(), words.nth(1));
    let leads = words.next().is_some_and(|kind| kind.starts_with('L'));
    from == leader && leads && epoch_of(message) > epoch
}
