//! Who leads: one tab of the group, as far as tabs can know that of each other.

use super::message::{Epoch, Kind, Message};
use crate::queue::Queue;
use crate::random::Random;
use crate::time::Timestamp;
use crate::whereabouts::Tab;

/// How long a question may stay unanswered, in milliseconds, before whoever asked looks after itself: a page that
/// draws a large answer is silent for a second or two.
pub const QUESTION_MS: u64 = 5_000;

/// The same for a page that has just come and heard nothing yet: whoever looks at it waits. A leader that runs answers
/// within milliseconds; one whose page is suspended, as browsers of phones do, or in the middle of a large load does not.
pub const FIRST_QUESTION_MS: u64 = 2_000;

/// After how long a silence of the leader a tab that is seen asks, in milliseconds: with the question, a wait
/// and a connection it makes less than ten seconds.
pub const SILENCE_MS: u64 = 2_500;

/// Tabs ask up to so many milliseconds later: one asks for all.
const SPREAD_MS: u64 = 512;

/// How often the same question is asked, in milliseconds.
const AGAIN_MS: u64 = 1_000;

/// How long candidates wait for each other, in milliseconds, where there are no locks: a page of a busy browser
/// answers by then, and a page that is alone does not wait noticeably.
pub const ROUND_MS: u64 = 100;

/// So many rounds a candidate with a lower id gets: its timers may run once a minute.
const ROUNDS: u8 = 3;

/// The most by which tabs that have found the same leader silent wait differently, in milliseconds.
const JITTER_MS: u64 = 500;

/// How long others wait while one finds out whether it reaches the server, in milliseconds: one session rather
/// than one for each tab.
const PROOF_MS: u64 = 1_500;

/// Takeovers by force that cost no patience: where tabs do not hear each other, they would take turns for ever.
pub const FREE_TAKEOVERS: u32 = 3;

/// For how long one counts, in milliseconds.
pub const TAKEOVER_COUNTS_MS: u64 = 300_000;

/// What is to be done. Questions of who is whose link are not for the election.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Join the lock's queue.
    AskLock,
    /// Close the channel.
    Close,
    /// Connect, to lead or to see whether that can be done.
    Connect,
    /// Leave the lock's queue, or give it to the next one.
    DropLock,
    /// Tell all who leads.
    Lead,
    /// Open the channel.
    Open,
    /// End the connection: another tab has one.
    Rest,
    /// Tell the others.
    Say(Kind<'static>),
    /// Take the lock from whoever has it.
    StealLock,
}

/// What became of the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lock {
    Granted,
    /// Another tab has taken it.
    Lost,
    /// There are no locks here.
    Refused,
    /// There are none, and a round is over in which nobody else was to be heard.
    Unopposed,
}

/// Where this tab stands.
///
/// ```text
///            start              leader heard, or locks
///   Away ───────────▶ Candidate ─────────────────────▶ Follower ◀─────────────┐
///    ▲                    │ lowest of its round           │ lock granted,     │ newer epoch,
///    │ page goes          ▼                               ▼ heir, or by force │ lock lost
///   (any) ──────────── Leader ◀───────────────────────────┴───────────────▶ Leader
///    │ no channel, another person
///    ▼
///   Alone
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Alone,
    Away,
    /// Until then lower ids may speak up.
    Candidate {
        until: Timestamp,
        is_low: bool,
        rounds: u8,
    },
    Follower(Watch),
    /// It has last said so then.
    Leader {
        said: Timestamp,
    },
}

/// What a follower knows of its leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Watch {
    /// Heard then, and connected.
    Calm { since: Timestamp },
    /// Asked, or without a connection: it has until then.
    Asked { until: Timestamp, again: Timestamp },
    /// Silent. Others have noticed too: one of them may be quicker.
    Wary { until: Timestamp },
    /// Whether this tab reaches the server is being found out; or it does, and has asked for the lock.
    Proving { again: Timestamp, is_proven: bool },
}

/// The election as one tab sees it.
#[derive(Debug)]
pub(super) struct Election {
    id: u64,
    random: Random,
    role: Role,
    /// The newest that was heard of.
    epoch: Epoch,
    has_locks: bool,
    /// Whether the lock is held, or asked for.
    holds: bool,
    asked: bool,
    /// Whether it has heard no leader since it takes part.
    is_new: bool,
    /// Whether somebody looks at the page. Only then its timers are to be relied on.
    seen: bool,
    /// When it last spoke up as a candidate, or in passing.
    spoke: Timestamp,
    /// Takeovers by force, and when the last one was.
    forced: u32,
    forced_at: Timestamp,
    actions: Queue<Action>,
}

impl Election {
    /// One that takes no part yet. `seed` decides its id.
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        Self {
            // 0 is nobody.
            id: random.bits().max(1),
            random,
            role: Role::Away,
            epoch: Epoch::default(),
            has_locks: true,
            holds: false,
            asked: false,
            is_new: false,
            seen: true,
            spoke: Timestamp::default(),
            forced: 0,
            forced_at: Timestamp::default(),
            actions: Queue::new(),
        }
    }

    /// One that never takes part.
    pub(super) fn alone(seed: u64) -> Self {
        Self {
            role: Role::Alone,
            ..Self::new(seed)
        }
    }

    pub(super) const fn id(&self) -> u64 {
        self.id
    }

    pub(super) const fn epoch(&self) -> Epoch {
        self.epoch
    }

    pub(super) const fn is_alone(&self) -> bool {
        matches!(self.role, Role::Alone)
    }

    pub(super) const fn is_away(&self) -> bool {
        matches!(self.role, Role::Away)
    }

    pub(super) const fn is_leader(&self) -> bool {
        matches!(self.role, Role::Leader { .. })
    }

    /// Whether it may use what the leader gives.
    pub(super) const fn is_follower(&self) -> bool {
        matches!(self.role, Role::Follower(_)) && !self.is_proving()
    }

    /// Whether it connects to see whether it could lead.
    pub(super) const fn is_proving(&self) -> bool {
        matches!(self.role, Role::Follower(Watch::Proving { .. }))
    }

    /// Where this tab stands, for whoever counts what is reached.
    pub(super) const fn whereabouts(&self) -> Tab {
        match self.role {
            Role::Alone => Tab::Alone,
            Role::Away => Tab::Away,
            Role::Candidate { .. } => Tab::Candidate,
            Role::Follower(Watch::Calm { .. }) => Tab::Calm,
            Role::Follower(Watch::Asked { .. }) => Tab::Asked,
            Role::Follower(Watch::Wary { .. }) => Tab::Wary,
            Role::Follower(Watch::Proving { .. }) => Tab::Proving,
            Role::Leader { .. } => Tab::Leader,
        }
    }

    pub(super) fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Takes part from now on, as after each absence: whoever led before may not any more.
    pub(super) fn start(&mut self, now: Timestamp) {
        self.actions.push_back(Action::Open);
        // As for a page that has just been loaded: what it knew may be newer than what whoever leads by now has heard of.
        self.epoch = Epoch::default();
        self.is_new = true;
        if self.has_locks {
            self.queue_up();
            self.wait_for_answer(now);
            self.run(now);
        } else {
            self.round(now, 0, 1);
        }
    }

    /// The page goes, or wants no more. `heir` should lead, if this tab did and nobody else decides it.
    pub(super) fn leave(&mut self, heir: u64) {
        self.part(heir);
        self.role = Role::Away;
    }

    /// Takes no part any more: there is nobody to share with.
    pub(super) fn stand_alone(&mut self) {
        self.part(0);
        self.role = Role::Alone;
        self.actions.push_back(Action::Connect);
    }

    fn part(&mut self, heir: u64) {
        if self.is_away() || self.is_alone() {
            return;
        }
        let heir = if self.is_leader() { heir } else { 0 };
        self.actions.push_back(Action::Say(Kind::Bye { heir }));
        self.drop_lock();
        self.actions.push_back(Action::Close);
    }

    fn drop_lock(&mut self) {
        if self.holds || self.asked {
            self.actions.push_back(Action::DropLock);
        }
        (self.holds, self.asked) = (false, false);
    }

    fn queue_up(&mut self) {
        if self.has_locks && !self.holds && !self.asked {
            self.asked = true;
            self.actions.push_back(Action::AskLock);
        }
    }

    pub(super) fn lock(&mut self, now: Timestamp, lock: Lock) {
        self.asked = false;
        self.holds = lock == Lock::Granted;
        match (lock, self.role) {
            (Lock::Granted, Role::Candidate { .. } | Role::Follower(_)) => self.claim(now),
            // It came too late.
            (Lock::Granted, Role::Alone | Role::Away) => self.drop_lock(),
            (Lock::Lost, Role::Leader { .. }) => {
                self.actions.push_back(Action::Say(Kind::Bye { heir: 0 }));
                self.actions.push_back(Action::Rest);
                self.queue_up();
                self.ask(now);
            }
            (Lock::Lost, Role::Candidate { .. } | Role::Follower(_)) => self.queue_up(),
            (Lock::Refused | Lock::Unopposed, role) => {
                self.has_locks = false;
                let is_first = self.epoch == Epoch::default();
                match role {
                    Role::Follower(Watch::Proving {
                        is_proven: true, ..
                    }) => self.claim(now),
                    Role::Follower(Watch::Asked { .. }) if is_first => match lock {
                        Lock::Unopposed => self.claim(now),
                        Lock::Granted | Lock::Lost | Lock::Refused => self.round(now, 0, 1),
                    },
                    Role::Alone
                    | Role::Away
                    | Role::Candidate { .. }
                    | Role::Follower(_)
                    | Role::Leader { .. } => {}
                }
            }
            (Lock::Granted, Role::Leader { .. }) | (Lock::Lost, Role::Alone | Role::Away) => {}
        }
    }

    /// Whether somebody looks at the page.
    pub(super) fn see(&mut self, now: Timestamp, seen: bool) {
        self.seen = seen;
        if let Role::Follower(watch) = self.role
            && seen
        {
            match watch {
                Watch::Calm { since } if now.since(since) < SILENCE_MS => {}
                // What was due while nobody looked is asked anew.
                Watch::Calm { .. } | Watch::Asked { .. } | Watch::Wary { .. } => self.ask(now),
                Watch::Proving { .. } => {}
            }
        }
    }

    /// A message of another tab. Whether it counts: it is of the newest epoch.
    pub(super) fn hear(&mut self, now: Timestamp, message: &Message<'_>) -> bool {
        let Message { from, epoch, kind } = *message;
        if self.is_alone() || self.is_away() || from == self.id {
            return false;
        }
        let of_leader = from == epoch.leader;
        if epoch.number > 0 && epoch.is_newer_than(self.epoch) {
            // Whoever leads there may have taken the lock, which this tab has yet to hear of.
            let is_led =
                of_leader && matches!(kind, Kind::Lead { .. }) && epoch.number != self.epoch.number;
            if self.is_leader() && self.holds && !is_led {
                // Two have claimed one number, or nobody is heard to lead there: the lock has decided.
                self.epoch = epoch;
                self.claim(now);
            } else {
                self.obey(now, epoch);
                if !of_leader {
                    self.ask(now);
                }
            }
        }
        let counts = epoch == self.epoch;
        match (kind, self.role) {
            (Kind::Ask { .. } | Kind::Run, Role::Leader { .. }) => self.lead(now),
            // A leader that does not know yet that it leads no more.
            (_, Role::Leader { .. }) if !counts => self.lead(now),
            (Kind::Run, Role::Candidate { until, rounds, .. }) if from < self.id => {
                self.role = Role::Candidate {
                    until,
                    is_low: true,
                    rounds,
                };
            }
            (Kind::Run, Role::Candidate { .. }) => {
                if now.since(self.spoke) >= ROUND_MS / 2 {
                    self.run(now);
                }
            }
            // Another one is about to take over; of two the lower id.
            (Kind::Run, Role::Follower(watch))
                if counts
                    && (matches!(watch, Watch::Wary { .. })
                        || (self.is_proving() && from < self.id)) =>
            {
                let until = now.after(PROOF_MS);
                self.watch(Watch::Wary { until });
            }
            // Whoever has been away should know which epoch it is, unless the leader is there to say it.
            (_, Role::Follower(watch)) if !counts => {
                let is_calm =
                    matches!(watch, Watch::Calm { since } if now.since(since) < SILENCE_MS);
                if !is_calm {
                    self.ask_in_passing(now);
                }
            }
            // The answer will be for this tab too.
            (Kind::Ask { .. }, Role::Follower(Watch::Calm { since }))
                if now.since(since) >= SILENCE_MS =>
            {
                self.wait_for_answer(now);
            }
            (Kind::Bye { heir }, Role::Follower(_)) if of_leader => self.bereave(now, heir),
            (Kind::Lead { turn: 0, .. }, Role::Follower(Watch::Calm { .. })) => {
                // There, but of no use: as if it had been asked.
                self.wait_for_answer(now);
            }
            (Kind::Lead { turn: 0, .. }, Role::Follower(_)) => {}
            // What only a leader with a connection says.
            (
                Kind::Call
                | Kind::Down { .. }
                | Kind::Lead { .. }
                | Kind::Refuse { .. }
                | Kind::Share { .. }
                | Kind::Taken { .. },
                Role::Follower(_),
            ) if of_leader => self.watch(Watch::Calm { since: now }),
            (
                Kind::Ask { .. }
                | Kind::Bye { .. }
                | Kind::Call
                | Kind::Down { .. }
                | Kind::Here { .. }
                | Kind::Lead { .. }
                | Kind::Refuse { .. }
                | Kind::Run
                | Kind::Share { .. }
                | Kind::Taken { .. }
                | Kind::Up { .. }
                | Kind::Want { .. },
                Role::Alone
                | Role::Away
                | Role::Candidate { .. }
                | Role::Follower(_)
                | Role::Leader { .. },
            ) => {}
        }
        counts
    }

    /// The server was reached. Where there are locks, whoever gets the lock leads.
    pub(super) fn prove(&mut self, now: Timestamp) {
        if let Role::Follower(Watch::Proving { is_proven, .. }) = &mut self.role
            && !*is_proven
        {
            *is_proven = true;
            if now.since(self.forced_at) >= TAKEOVER_COUNTS_MS {
                self.forced = 0;
            }
            self.forced = self.forced.saturating_add(1);
            self.forced_at = now;
            if self.has_locks {
                self.asked = true;
                self.actions.push_back(Action::StealLock);
            } else {
                self.claim(now);
            }
        }
    }

    /// Tells all that this tab leads.
    pub(super) fn lead(&mut self, now: Timestamp) {
        if let Role::Leader { said } = &mut self.role {
            *said = now;
            self.actions.push_back(Action::Lead);
        }
    }

    /// Asks at once who leads.
    pub(super) fn ask(&mut self, now: Timestamp) {
        self.say_ask(now);
        self.wait_for_answer(now);
    }

    fn wait_for_answer(&mut self, now: Timestamp) {
        self.watch(Watch::Asked {
            until: now.after(self.question_ms(now)),
            again: now.after(AGAIN_MS),
        });
    }

    /// Asks, unless it has just done so; what that says of the leader is for others to say.
    pub(super) fn ask_in_passing(&mut self, now: Timestamp) {
        if now.since(self.spoke) >= AGAIN_MS {
            self.say_ask(now);
        }
    }

    fn say_ask(&mut self, now: Timestamp) {
        self.spoke = now;
        // Whoever has a link puts its number in.
        self.actions
            .push_back(Action::Say(Kind::Ask { link: 0, number: 0 }));
    }

    fn run(&mut self, now: Timestamp) {
        self.spoke = now;
        self.actions.push_back(Action::Say(Kind::Run));
    }

    fn round(&mut self, now: Timestamp, rounds: u8, length: u64) {
        let wait_ms = length * ROUND_MS + self.jitter(ROUND_MS / 2);
        self.role = Role::Candidate {
            until: now.after(wait_ms),
            is_low: false,
            rounds,
        };
        self.run(now);
    }

    /// The leader has said goodbye.
    fn bereave(&mut self, now: Timestamp, heir: u64) {
        if self.is_proving() {
            self.actions.push_back(Action::Rest);
        }
        if self.has_locks && heir == self.id {
            // The lock is on its way to one of its queue, which may be frozen. It is stolen only by whoever reaches the server.
            self.watch(Watch::Wary {
                until: now.after(2 * ROUND_MS),
            });
        } else if self.has_locks {
            self.ask(now);
        } else if heir == self.id {
            self.claim(now);
        } else {
            self.round(now, 0, 1);
        }
    }

    /// A newer epoch has begun elsewhere.
    fn obey(&mut self, now: Timestamp, epoch: Epoch) {
        self.epoch = epoch;
        if self.is_leader() {
            self.actions.push_back(Action::Rest);
            self.drop_lock();
        }
        self.queue_up();
        self.watch(Watch::Calm { since: now });
    }

    /// Follows, in this mood.
    fn watch(&mut self, watch: Watch) {
        if self.is_proving() {
            self.actions.push_back(Action::Rest);
        }
        if let Watch::Calm { .. } = watch {
            self.is_new = false;
        }
        self.role = Role::Follower(watch);
    }

    fn claim(&mut self, now: Timestamp) {
        self.epoch = Epoch {
            number: self.epoch.number.saturating_add(1),
            leader: self.id,
        };
        self.role = Role::Leader { said: now };
        self.actions.push_back(Action::Lead);
        self.actions.push_back(Action::Connect);
    }

    /// How long the leader has to answer: longer where takeovers have not helped.
    fn question_ms(&self, now: Timestamp) -> u64 {
        if self.is_new && self.forced == 0 {
            return FIRST_QUESTION_MS;
        }
        if now.since(self.forced_at) >= TAKEOVER_COUNTS_MS {
            return QUESTION_MS;
        }
        QUESTION_MS << self.forced.saturating_sub(FREE_TAKEOVERS).min(5)
    }

    fn jitter(&mut self, most_ms: u64) -> u64 {
        (self.random.unit() * most_ms as f64) as u64
    }

    /// Does what is due. `patient`: answers may lie in the browser that are not read yet.
    pub(super) fn handle_timeout(&mut self, now: Timestamp, patient: bool) {
        if self.poll_timeout().is_none_or(|due| due > now) {
            return;
        }
        match self.role {
            Role::Candidate {
                is_low: true,
                rounds,
                ..
            } if rounds + 1 < ROUNDS => self.round(now, rounds + 1, 2),
            Role::Candidate { .. } => {
                if self.has_locks && !self.holds {
                    self.asked = true;
                    self.actions.push_back(Action::StealLock);
                }
                self.claim(now);
            }
            Role::Follower(Watch::Calm { .. }) => self.ask(now),
            Role::Follower(Watch::Asked { until, .. }) if until <= now && !patient => {
                let wait_ms = self.jitter(JITTER_MS);
                self.watch(Watch::Wary {
                    until: now.after(wait_ms),
                });
            }
            Role::Follower(Watch::Asked { until, .. }) => {
                self.say_ask(now);
                self.role = Role::Follower(Watch::Asked {
                    until,
                    again: now.after(AGAIN_MS),
                });
            }
            Role::Follower(Watch::Wary { .. }) => {
                self.role = Role::Follower(Watch::Proving {
                    again: now.after(QUESTION_MS),
                    is_proven: false,
                });
                self.run(now);
                self.actions.push_back(Action::Connect);
            }
            Role::Follower(Watch::Proving { is_proven, .. }) => {
                self.say_ask(now);
                self.role = Role::Follower(Watch::Proving {
                    again: now.after(QUESTION_MS),
                    is_proven,
                });
            }
            Role::Leader { .. } => self.lead(now),
            Role::Alone | Role::Away => {}
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do next.
    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        match self.role {
            Role::Candidate { until, .. } => Some(until),
            Role::Follower(watch) if self.seen => Some(match watch {
                Watch::Calm { since } => since.after(SILENCE_MS + self.id % SPREAD_MS),
                Watch::Asked { until, again } => until.min(again),
                Watch::Wary { until } => until,
                Watch::Proving { again, .. } => again,
            }),
            // Where no lock tells of a second leader, the two tell each other.
            Role::Leader { said } if !self.has_locks => Some(said.after(QUESTION_MS)),
            Role::Alone | Role::Away | Role::Follower(_) | Role::Leader { .. } => None,
        }
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
