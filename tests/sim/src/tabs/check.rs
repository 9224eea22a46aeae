//! What must hold of tabs at any time, and what must come to pass once everything is mended.

use research_socket::persistence::UNSEEN_WAIT_MS;
use research_socket::tabs::{QUESTION_MS, ROUND_MS, Role};

use super::plan::{MAX_TABS, RESEARCHES};
use super::tab::{Life, Tab};
use super::world::World;
use crate::rules::{Verdict, Violation, require};
use crate::story::id_of;

/// Two tabs that lead know of each other after a question's time; a little more for late timers.
const TWO_LEADERS: u64 = QUESTION_MS + 2_000;

/// After the last fault all tabs are live so soon: heartbeats run out, refusals wait 30 s at most.
const MENDED: u64 = 75_000;

/// How soon tabs are live after their leader has fallen silent.
const SILENT: u64 = 10_000;

/// How soon after a goodbye, without the ways to the server.
const GOODBYE: u64 = 300;

/// How soon what is written reaches every tab.
const HEARD: u64 = 5_000;

/// So often at most the log of a research is asked for that all follow, when another tab comes to lead: by the
/// leader, for those that asked too late for that answer, and to see what was stored late.
const LOGS: u64 = 8;

/// Each tab asks for it at once, and later to see what was stored late.
const ROUNDS: u64 = 2;

/// So many messages come before a tab asks for it, each of which may be late: that the server has its subscription, its question for the
/// status and the answer to that, and its question for the log.
const LATE_MESSAGES: u64 = 4;

/// Messages in the channel for each tab, second and leader: questions, answers, events.
const CHATTER: u64 = 12;

impl World<'_> {
    /// What must hold after every step.
    pub(super) fn look(&mut self) -> Verdict {
        if let Some(words) = self.broken.take() {
            return Err(words);
        }
        for group in 0..2 {
            let leaders = self.how_many(|tab| tab.runs() && tab.leads() && tab.group == group);
            let hear_each_other = self.loss == 0;
            let Some(since) = self.two_since.get_mut(usize::from(group)) else {
                continue;
            };
            if leaders < 2 || !hear_each_other {
                *since = None;
                continue;
            }
            let since = *since.get_or_insert(self.now);
            let long = self.now - since;
            require(long <= TWO_LEADERS, || {
                format!("{leaders} tabs lead one group for {long} ms")
            })?;
        }
        Ok(())
    }

    fn how_many(&self, is_it: impl Fn(&Tab) -> bool) -> usize {
        self.tabs.iter().filter(|tab| is_it(tab)).count()
    }

    /// Mends everything: all tabs must be live, over one connection for each group, and hear all.
    pub(super) fn recover(&mut self) -> Result<(), Violation> {
        let mended = self.mend();
        self.blame(mended)?;
        self.pass_until(self.now + 1)?;
        for index in 0..self.tabs.len() {
            let life = self.tabs.get(index).map(|tab| tab.life);
            let done = match life {
                Some(Life::Hidden) => self.show(index),
                Some(Life::Runs) => self.see(index, true),
                _ => Ok(()),
            };
            self.blame(done)?;
        }
        self.pass_until(self.now + MENDED)?;
        let has_renewed = |tab: &Tab| tab.runs() && tab.has_renewed;
        if self.server.sessions_of_nobody() > 0 && self.tabs.iter().any(has_renewed) {
            // Signed out again as it began: it is given up like one that the server refuses for good.
            self.pass_until(self.now + UNSEEN_WAIT_MS)?;
        }
        self.all_is_well()?;
        self.is_quiet()?;
        self.leader_loses_its_network()?;
        self.leader_freezes()?;
        self.leader_says_goodbye()?;
        self.one_comes_back()?;
        self.all_close()
    }

    /// So long a server keeps a session of which nobody has taken leave: of a handshake that was given up.
    fn forgetting(&self) -> u64 {
        let setup = &self.plan.setup;
        setup.ping_interval + setup.ping_timeout + 5_000
    }

    pub(super) fn all_is_well(&mut self) -> Result<(), Violation> {
        let verdict = self.are_live();
        self.blame(verdict)?;
        for research in 0..RESEARCHES {
            self.write(research, 2);
        }
        let questions = self.questions.len();
        if self.plan.setup.questions {
            self.ask();
        }
        self.pass_until(self.now + HEARD)?;
        let verdict = self.have_heard();
        self.blame(verdict)?;
        if !self.plan.setup.questions {
            return Ok(());
        }
        let verdict = self.are_answered(questions);
        self.blame(verdict)
    }

    /// All tabs that run are connected, one leads in each group, and the server has no other session.
    pub(super) fn are_live(&self) -> Verdict {
        for (index, tab) in self.tabs.iter().enumerate().filter(|(_, tab)| tab.runs()) {
            require(tab.client.is_connected(), || {
                format!("tab {index} is not live: {:?}", tab.client.state())
            })?;
            require(!tab.awaits_something(), || {
                format!("tab {index} has heard nothing of what it has emitted")
            })?;
        }
        for group in 0..2 {
            let shares = |tab: &Tab| shares(tab, group);
            let leaders = self.how_many(|tab| shares(tab) && tab.leads());
            let needed = usize::from(self.tabs.iter().any(shares));
            require(leaders == needed, || {
                format!("{leaders} tabs lead group {group}")
            })?;
        }
        Ok(())
    }

    /// How many there are of tabs that run: one for each group, and for each tab that is alone.
    pub(super) fn connections(&self) -> usize {
        let alone = |tab: &Tab| tab.runs() && tab.client.role() == Role::Alone;
        let groups = (0..2).filter(|group| self.tabs.iter().any(|tab| shares(tab, *group)));
        groups.count() + self.how_many(alone)
    }

    /// The server has no session but those.
    fn has_no_other_session(&mut self) -> Result<(), Violation> {
        self.pass_until(self.now + self.forgetting())?;
        let expected = self.connections();
        let sessions = self.server.sessions();
        let verdict = require(sessions == expected, || {
            format!("{sessions} sessions instead of {expected}")
        });
        self.blame(verdict)
    }

    fn have_heard(&self) -> Verdict {
        for (index, tab) in self.tabs.iter().enumerate().filter(|(_, tab)| tab.runs()) {
            for (research, (heard, truth)) in tab.heard.iter().zip(&self.truths).enumerate() {
                if !heard.follows {
                    continue;
                }
                let missing = heard.first_missing(truth);
                require(missing.is_none(), || {
                    format!("never heard by tab {index}: {missing:?}")
                })?;
                require(heard.ended || !truth.ended, || {
                    format!(
                        "tab {index} has not heard the end of {}",
                        id_of(research as u8)
                    )
                })?;
            }
        }
        Ok(())
    }

    /// While nothing happens nobody takes over, and little is said.
    fn is_quiet(&mut self) -> Result<(), Violation> {
        const QUIET: u64 = 60_000;
        let reigns: u32 = self.tabs.iter().map(|tab| tab.reigns).sum();
        let said = self.said;
        self.pass_until(self.now + QUIET)?;
        let after: u32 = self.tabs.iter().map(|tab| tab.reigns).sum();
        let verdict = require(reigns == after, || {
            format!("{} changes of leader while all is well", after - reigns)
        });
        self.blame(verdict)?;
        let tabs = self.how_many(Tab::runs) as u64;
        let (said, most) = (self.said - said, tabs * CHATTER * QUIET / 10_000 + 20);
        let verdict = require(said <= most, || {
            format!("{said} messages in a quiet minute of {tabs} tabs")
        });
        self.blame(verdict)?;
        let verdict = self.are_live();
        self.blame(verdict)?;
        self.has_no_other_session()
    }

    fn leader(&self) -> Option<usize> {
        self.tabs.iter().position(|tab| tab.runs() && tab.leads())
    }

    /// The requests of the leader reach nothing, and it says so.
    fn leader_loses_its_network(&mut self) -> Result<(), Violation> {
        const CUT: u64 = 40_000;
        let Some(leader) = self.leader() else {
            return Ok(());
        };
        let group = self.tabs.get(leader).map_or(0, |tab| tab.group);
        if self.how_many(|tab| shares(tab, group)) < 2 {
            return Ok(());
        }
        self.note(|| format!("the leader {leader} loses its network"));
        let patience = self.patience(leader);
        self.cut(leader, CUT + patience);
        self.pass_until(self.now + SILENT + patience)?;
        let verdict = self.are_live();
        self.blame(verdict)?;
        self.pass_until(self.now + CUT)?;
        self.all_is_well()
    }

    /// The leader hears nothing any more, and keeps its lock and its session.
    fn leader_freezes(&mut self) -> Result<(), Violation> {
        let Some(leader) = self.leader() else {
            return Ok(());
        };
        let reigns: Vec<u32> = self.tabs.iter().map(|tab| tab.reigns).collect();
        let patience = self.patience(leader);
        if let Some(tab) = self.tabs.get_mut(leader) {
            let until = self.now + 90_000 + patience;
            let timers_first = self.plan.seed.is_multiple_of(2);
            tab.life = Life::Frozen {
                until,
                timers_first,
            };
        }
        self.note(|| format!("the leader {leader} freezes"));
        self.pass_until(self.now + SILENT + patience)?;
        let verdict = self.are_live();
        self.blame(verdict)?;
        let verdict = self.as_quick_as_the_first(&reigns);
        self.blame(verdict)?;
        self.all_is_well()?;
        // It wakes up, and finds that another leads.
        self.pass_until(self.now + 90_000)?;
        self.has_no_other_session()?;
        self.all_is_well()
    }

    /// Who takes over has begun to before it could hear that another tab leads.
    fn as_quick_as_the_first(&self, before: &[u32]) -> Verdict {
        let tabs = self.tabs.iter().zip(before);
        let took_over = tabs.filter(|(tab, reigns)| tab.reigns > **reigns);
        let took_over: Vec<_> = took_over.map(|(tab, _)| (tab.led, tab.began)).collect();
        let first = took_over.iter().map(|(led, _)| *led).min();
        let last = took_over.iter().map(|(_, began)| *began).max();
        let after = last
            .unwrap_or_default()
            .saturating_sub(first.unwrap_or_default());
        require(after <= u64::from(self.plan.setup.late) + 1, || {
            let count = took_over.len();
            format!("{count} tabs took over from one, the last {after} ms after the first")
        })
    }

    /// How much longer than others the quickest of those waits that come after the leader.
    fn patience(&self, leader: usize) -> u64 {
        let group = self.tabs.get(leader).map(|tab| tab.group);
        let others = self.tabs.iter().enumerate();
        let others = others.filter(|(index, tab)| {
            *index != leader && group.is_some_and(|group| shares(tab, group))
        });
        let patience = others.map(|(_, tab)| tab.patience(self.now));
        patience.min().unwrap_or_default()
    }

    /// How often the log of one research may be asked for by one leader: of those who want an answer while it is on its way, each that
    /// comes later than a question takes may need another one.
    fn most_logs(&self) -> u64 {
        let setup = &self.plan.setup;
        let late = LATE_MESSAGES * u64::from(setup.late);
        let questions = 1 + late / (2 * u64::from(setup.latency));
        let tabs = self.how_many(Tab::runs) as u64;
        LOGS.max(ROUNDS * questions.min(tabs))
    }

    fn leader_says_goodbye(&mut self) -> Result<(), Violation> {
        let Some(leader) = self.leader() else {
            return Ok(());
        };
        self.note(|| format!("the leader {leader} says goodbye"));
        let before = self.asked;
        let gone = if self.plan.seed.is_multiple_of(3) {
            self.close(leader)
        } else {
            self.hide(leader)
        };
        self.blame(gone)?;
        let setup = &self.plan.setup;
        let way = u64::from(setup.latency) * 3 / 2 + 1;
        self.pass_until(self.now + GOODBYE + 8 * way + 4 * u64::from(setup.late))?;
        for (index, tab) in self.tabs.iter().enumerate().filter(|(_, tab)| tab.runs()) {
            let verdict = require(tab.client.is_connected(), || {
                format!(
                    "tab {index} is not live soon after a goodbye: {:?}",
                    tab.client.state()
                )
            });
            self.blame(verdict)?;
        }
        self.pass_until(self.now + 2_000)?;
        self.all_is_well()?;
        let verdict = self.asks_once(&before);
        self.blame(verdict)?;
        self.has_no_other_session()
    }

    /// All go into the cache, a page comes that knows nothing of them, and then whoever led them comes back: it takes nothing over.
    fn one_comes_back(&mut self) -> Result<(), Violation> {
        let group = self.leader().and_then(|leader| self.tabs.get(leader));
        let group = group.map_or(0, |tab| tab.group);
        let is_free = |place: &u8| {
            let is_there = self.at_place(*place).is_some();
            !is_there && self.group_of(*place) == group
        };
        let place = (0..MAX_TABS as u8).find(is_free);
        let leader = self.leader();
        // Without locks one that hears no answer in one round leads.
        let answers = self.plan.setup.locks || 2 * u64::from(self.plan.setup.late) < ROUND_MS / 2;
        let (Some(leader), Some(place), true) = (leader, place, answers) else {
            return Ok(());
        };
        self.note(|| format!("all hide, and the leader {leader} comes back"));
        for index in 0..self.tabs.len() {
            if self.tabs.get(index).is_some_and(Tab::runs) {
                let hidden = self.hide(index);
                self.blame(hidden)?;
            }
        }
        let opened = self.open(place);
        self.blame(opened)?;
        self.pass_until(self.now + SILENT)?;
        let reigns: u32 = self.tabs.iter().map(|tab| tab.reigns).sum();
        let shown = self.show(leader);
        self.blame(shown)?;
        self.pass_until(self.now + SILENT)?;
        let verdict = self.are_live();
        self.blame(verdict)?;
        let after: u32 = self.tabs.iter().map(|tab| tab.reigns).sum();
        let verdict = require(reigns == after, || {
            "whoever comes back takes over from one that leads".to_owned()
        });
        self.blame(verdict)
    }

    /// What all of a group follow is not asked for by each of them.
    fn asks_once(&self, before: &[[u64; 2]; RESEARCHES as usize]) -> Verdict {
        let all_share = self.tabs.iter().all(|tab| !tab.runs() || shares(tab, 0));
        let Some(leader) = self.leader().and_then(|leader| self.tabs.get(leader)) else {
            return Ok(());
        };
        let most = self.most_logs();
        let asked = self.asked.iter().zip(before).zip(&leader.heard);
        for (research, (([_, after], [_, before]), heard)) in asked.enumerate() {
            let is_led = all_share && heard.follows;
            let logs = after - before;
            require(!is_led || logs <= most, || {
                format!(
                    "the log of {} was asked for {logs} times",
                    id_of(research as u8)
                )
            })?;
        }
        Ok(())
    }

    /// Of tabs that are closed nothing is left.
    fn all_close(&mut self) -> Result<(), Violation> {
        for index in 0..self.tabs.len() {
            if self.tabs.get(index).is_some_and(Tab::runs) {
                let closed = self.close(index);
                self.blame(closed)?;
            }
        }
        self.pass_until(self.now + 5_000)?;
        let sessions = self.server.sessions();
        let verdict = require(sessions == 0, || {
            format!("{sessions} sessions of tabs that are closed")
        });
        self.blame(verdict)?;
        let left = self.tabs.iter().position(|tab| {
            tab.life == Life::Closed
                && (!tab.client.is_over() || tab.client.poll_timeout().is_some())
        });
        let verdict = require(left.is_none(), || {
            format!("something is left of tab {left:?}")
        });
        self.blame(verdict)?;
        let held = self.locks.iter().any(|lock| lock.holder.is_some());
        let verdict = require(!held, || {
            "a lock is held by a tab that is closed".to_owned()
        });
        self.blame(verdict)
    }
}

/// Whether a tab is one of those that share a connection in this group.
fn shares(tab: &Tab, group: u8) -> bool {
    tab.runs() && tab.group == group && tab.client.role() != Role::Alone
}
