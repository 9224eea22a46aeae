//! What must come to pass once nothing goes wrong any more.

use research_socket::failure::{Failure, Retry};
use research_socket::research::{Input, StateName};

use crate::page::Page;
use crate::plan::{Act, Ending, Job, MAX_IN_PIECES, Plan, RESEARCHES, Seems, Step, Trouble};
use crate::refusals::TRIAL;
use crate::rules::{Verdict, Violation};
use crate::story::id_of;
use crate::world::World;

/// The longest wait that a client grants to a `Retry-After`, in milliseconds.
pub(crate) const MAX_RETRY_AFTER: u64 = 300_000;

/// How soon a page that is seen has everything, once nothing is refused any more, in milliseconds: the
/// longest wait between two tries, and what follows the last of them.
const BACK_WITHIN: u64 = 35_000;

/// How soon a page is live after the first good answer of a server that was down, in milliseconds, besides the
/// time of its requests.
const RETURN_WITHIN: u64 = 5_000;

/// How much later it may be where the server was down before, or an answer was good since a connection was stable: what
/// that has hurried may have failed in the outage, and then the next answer hurries nothing until so long after that
/// attempt, in milliseconds.
const RETURN_AGAIN_WITHIN: u64 = 15_000;

/// The longest pause between two questions about a research that stays silent, in milliseconds.
const MAX_SILENCE: u64 = 600_000;
/// How often a research goes on that a session may be deaf for.
const GOES_ON_EACH: u64 = 60_000;

impl World<'_> {
    /// Mends everything, and requires that every page comes to rest in the right state in time.
    pub(crate) fn recover(&mut self) -> Result<(), Violation> {
        self.mend();
        let healed = self.heal_pages();
        self.blame(healed)?;
        self.come_back_from_refusals()?;
        self.come_back_from_an_outage()?;
        self.until("every research is live or ended", Self::is_following)?;
        self.let_pass(self.way() * 10 + 1_000)?;
        self.until("every research is live or ended", Self::is_following)?;
        self.prove_live()?;
        self.leave_and_return()?;
        self.until("every research is live again", Self::is_following)?;
        if self.plan.setup.fallback.is_some() {
            self.until(
                "whoever asks is told whether a research is shown",
                Self::is_verified,
            )?;
        }
        let finished = self.finish();
        self.blame(finished)?;
        self.until("the page hears of every end", Self::has_heard_ends)?;
        let sids = self.sids();
        let closed = self.close_pages();
        self.blame(closed)?;
        self.until("nothing is left after close", Self::is_over)?;
        self.are_forgotten(&sids)?;
        let heard = self.slow_pages_hear_all();
        self.blame(heard)
    }

    /// Where nothing went wrong but that the server refused something, all that it refused is there in time:
    /// the connection, the subscriptions, the ends that only the status tells, and the stored log; and the page knows.
    fn come_back_from_refusals(&mut self) -> Result<(), Violation> {
        if !self.plan.is_no_more_than_refused() {
            return Ok(());
        }
        // A session that nobody had may tell only after that, by one refusal more.
        let more = if self.plan.setup.keeps_persons {
            TRIAL
        } else {
            0
        };
        let within = BACK_WITHIN + more + self.way() * 40;
        let deadline = self.now + within;
        while !(self.is_following() && self.has_all_lines() && self.is_shown()) {
            if self.due().is_none_or(|due| due > deadline) {
                let words = format!("refused for {within} ms too long: {}", self.state());
                return self.blame(Err(words));
            }
            self.step()?;
        }
        Ok(())
    }

    /// Where nothing went wrong but that the server was down, each page is live soon after its first good answer to
    /// whatever it asks for.
    fn come_back_from_an_outage(&mut self) -> Result<(), Violation> {
        if !self.plan.ends_in_an_outage() {
            return Ok(());
        }
        for page in self.pages.iter_mut().flatten() {
            // What was asked before the network went, and answered after it, looked like a return.
            page.rules.good_since = None;
            page.rules.back_at = self.now;
        }
        let was_down = self.plan.was_down_before();
        let within = RETURN_WITHIN + self.way() * 20 + 2 * MAX_IN_PIECES;
        let is_away = |page: &&Page| !page.client.is_connected();
        while self.pages().any(|page| is_away(&page)) {
            let late = self.pages().filter(is_away).find_map(|page| {
                let again = if was_down || page.rules.was_heeded {
                    RETURN_AGAIN_WITHIN
                } else {
                    0
                };
                let since = page.rules.good_since?;
                (self.now > since + within + again).then_some(since)
            });
            if let Some(since) = late {
                let words = format!(
                    "away for {} ms though the server answers: {}",
                    self.now - since,
                    self.state()
                );
                return self.blame(Err(words));
            }
            self.step()?;
        }
        Ok(())
    }

    /// Whether what every page was told of being refused is taken back.
    fn is_shown(&self) -> bool {
        self.pages().all(|page| {
            let mut followed = page.heard.iter().filter(|heard| heard.follows);
            followed.all(|heard| heard.ended || !heard.is_withheld)
        })
    }

    /// Whether every page that asked was told that the server shows what it follows.
    fn is_verified(&self) -> bool {
        self.pages().all(|page| {
            let mut followed = page.heard.iter().filter(|heard| heard.follows);
            followed.all(|heard| !heard.verifies)
        })
    }

    /// Whether every page has heard each line that is stored.
    fn has_all_lines(&self) -> bool {
        let is_required = self.plan.setup.history;
        self.pages().all(|page| {
            let heard = page.heard.iter().zip(&self.truths);
            let mut followed = heard.filter(|(heard, _)| heard.follows);
            followed.all(|(heard, truth)| !is_required || heard.first_missing(truth).is_none())
        })
    }

    /// Nothing is lost on pages that were slow but what they were told of.
    fn slow_pages_hear_all(&mut self) -> Verdict {
        let mut pages = self.pages.iter_mut().flatten();
        pages.try_for_each(|page| page.slow.finish())
    }

    /// What a page sent shortly before may still change the subscriptions.
    fn let_pass(&mut self, ms: u64) -> Result<(), Violation> {
        let changes = |(_, step): &(u64, Step)| matches!(step, Step::Page(_, Act::Unsubscribe(_)));
        let until = self.now + ms;
        while self.plan.steps.iter().any(changes) && self.due().is_some_and(|due| due < until) {
            self.step()?;
        }
        Ok(())
    }

    /// The longest time that something is on its way.
    fn way(&self) -> u64 {
        u64::from(self.plan.setup.latency + self.plan.setup.jitter)
    }

    /// What the world owes: pages run, are seen, and have a network; what only a page can know is
    /// said once.
    fn heal_pages(&mut self) -> Verdict {
        for index in 0..self.pages.len() {
            let Some(Some(page)) = self.pages.get_mut(index) else {
                continue;
            };
            (page.throttle, page.vouch) = (None, None);
            if page.asleep.is_some() {
                page.asleep = Some(self.now);
                self.wake(index)?;
            }
            let Some(Some(page)) = self.pages.get_mut(index) else {
                continue;
            };
            let hidden = page.hidden || page.gone_at.is_some() || !page.seen;
            let online = page.online;
            if hidden {
                self.show(index)?;
            }
            // Some browsers never say it: then the client has to look by itself.
            if !online && self.plan.seed.is_multiple_of(2) {
                if let Some(Some(page)) = self.pages.get_mut(index) {
                    page.online = true;
                }
                self.feed(index, Input::Online(true))?;
            }
            let Some(Some(page)) = self.pages.get(index) else {
                continue;
            };
            if !page.rules.has_begun() && !page.rules.closed {
                self.feed(index, Input::Connect)?;
            }
        }
        Ok(())
    }

    /// What was refused or ended without a page's knowledge only a silence tells it, if it watches any. If not, it goes on once the
    /// page has been left and is there again.
    fn return_unheard(&mut self) -> Verdict {
        let setup = &self.plan.setup;
        let is_watched = setup.fallback.is_some() && setup.stall_after.is_some();
        if !std::mem::take(&mut self.lost_refusal) || is_watched {
            return Ok(());
        }
        for index in 0..self.pages.len() {
            let page = self.pages.get(index).and_then(Option::as_ref);
            if page.is_some_and(|page| !page.rules.closed) {
                self.act(index, Act::Hide)?;
                self.show(index)?;
            }
        }
        Ok(())
    }

    /// A page connects once it is told that nothing else will help.
    fn reconnect_stopped(&mut self) -> Verdict {
        self.return_unheard()?;
        for index in 0..self.pages.len() {
            let Some(Some(page)) = self.pages.get_mut(index) else {
                continue;
            };
            // What the server refused before it was mended may be heard only now. A client that tries it
            // again needs no page.
            let mut refused = false;
            for heard in &mut page.heard {
                refused |= std::mem::take(&mut heard.refused) && heard.follows;
            }
            refused &= !self.plan.setup.persistent;
            let Some(Some(page)) = self.pages.get(index) else {
                continue;
            };
            if !page.rules.closed && (refused || self.needs_page(page)) {
                self.feed(index, Input::Connect)?;
            }
        }
        Ok(())
    }

    fn needs_page(&self, page: &Page) -> bool {
        let state = page.client.state();
        let setup = &self.plan.setup;
        let idle = matches!(state.name, StateName::Stopped | StateName::Fallback);
        // A page that was left and is seen again connects by itself.
        let reason = state.reason.as_ref();
        let reason = reason.filter(|failure| **failure != Failure::PageHidden);
        let for_good = match reason.map(Failure::retry) {
            Some(Retry::Stop) => true,
            Some(Retry::Refused) => !setup.persistent,
            Some(Retry::Counted { .. } | Retry::Now) | None => false,
        };
        let looks = setup.persistent || setup.fallback.is_some();
        idle && (for_good || !setup.reconnection || !looks)
    }

    /// Steps on until `is_reached`, at most as long as every wait that the plan allows takes.
    fn until(&mut self, what: &str, is_reached: fn(&Self) -> bool) -> Result<(), Violation> {
        let deadline = self.now + self.bound();
        let mut next = self.now;
        loop {
            let reconnected = self.reconnect_stopped();
            self.blame(reconnected)?;
            if is_reached(self) {
                return Ok(());
            }
            // A session that is deaf is noticed by what is not heard.
            if self.is_deaf && next <= self.now {
                next = self.now + GOES_ON_EACH;
                for research in 0..self.truths.len() as u8 {
                    let moved = self.carry_out(Step::Job(research, Job::Milestone));
                    self.blame(moved)?;
                }
            }
            if self.due().is_none_or(|due| due > deadline) {
                let words = format!("{what}: not within {} ms: {}", self.bound(), self.state());
                return self.blame(Err(words));
            }
            self.step()?;
        }
    }

    /// See [`bound`]. After one silence the subscription is sent again, after another a deaf session gives way.
    fn bound(&self) -> u64 {
        let more = if self.is_deaf { MAX_SILENCE } else { 0 };
        bound(self.plan) + more
    }

    fn pages(&self) -> impl Iterator<Item = &Page> {
        self.pages
            .iter()
            .flatten()
            .filter(|page| !page.rules.closed)
    }

    fn is_following(&self) -> bool {
        let knows_ends = self.knows_ends();
        self.pages().all(|page| {
            let heard = page.heard.iter().zip(&self.truths).zip(0..);
            let mut followed = heard.filter(|((heard, _), _)| heard.follows && !heard.ended);
            followed.all(|((_, truth), research)| {
                let subscribed = page.client.is_connected()
                    && page
                        .rules
                        .sid()
                        .is_some_and(|sid| self.server.is_subscribed(sid, id_of(research)));
                subscribed && (!truth.ended || !knows_ends)
            })
        })
    }

    /// Writes a line for each research, which has to arrive. One that leaves before a dead poll
    /// has been noticed is lost, so there is a new one now and then.
    fn prove_live(&mut self) -> Result<(), Violation> {
        let deadline = self.now + self.bound();
        loop {
            let first = self.truths.each_ref().map(|truth| truth.lines.len());
            for research in 0..self.truths.len() as u8 {
                let job = Job::Lines {
                    count: 1,
                    text: 0,
                    live: true,
                    stored: true,
                };
                let written = self.carry_out(Step::Job(research, job));
                self.blame(written)?;
            }
            let next = self.now + 15_000;
            let mut arrived = self.has_arrived(first);
            while !arrived && self.due().is_some_and(|due| due < next) {
                self.step()?;
                let reconnected = self.reconnect_stopped();
                self.blame(reconnected)?;
                arrived = self.has_arrived(first);
            }
            if arrived {
                return Ok(());
            }
            self.now = self.now.max(next);
            if self.now > deadline {
                let words = format!("a line is not heard: {}", self.state());
                return self.blame(Err(words));
            }
        }
    }

    /// Whether every page has heard the line at this place of each research that it follows.
    fn has_arrived(&self, first: [usize; RESEARCHES as usize]) -> bool {
        let is_required = self.plan.setup.history;
        self.pages().all(|page| {
            let heard = page.heard.iter().zip(&self.truths).zip(first);
            let mut followed = heard.filter(|((heard, _), _)| heard.follows);
            followed.all(|((heard, truth), first)| {
                // Of an answer that looks whole nobody knows that it was not. What was in it comes with the end.
                let unseen = self.plan.setup.seems == Seems::Whole;
                let complete = heard.uncertain || heard.first_missing(truth).is_none();
                let all = !is_required || unseen || complete;
                (heard.ended || truth.ended || heard.has_exactly(first)) && all
            }) && !page.client.is_using_fallback()
        })
    }

    fn finish(&mut self) -> Verdict {
        for research in 0..self.truths.len() as u8 {
            if let Some(truth) = self.truths.get_mut(usize::from(research)) {
                truth.ended_early = truth.ended;
            }
            self.carry_out(Step::Job(research, Job::End(Ending::Completed)))?;
        }
        for page in self.pages.iter_mut().flatten() {
            page.last_session = page.rules.sid().map(str::to_owned);
        }
        Ok(())
    }

    fn has_heard_ends(&self) -> bool {
        let knows_ends = self.knows_ends();
        let asks = self.plan.setup.fallback.is_some();
        self.pages().all(|page| {
            // What hung when everything was mended, or a heartbeat shorter than the way, may end a
            // connection all the same, and then a client that is not to ask hears no end that came at
            // that moment.
            let is_told = asks || page.rules.sid() == page.last_session.as_deref();
            let heard = page.heard.iter().zip(&self.truths);
            let mut followed = heard.filter(|(heard, _)| heard.follows);
            followed
                .all(|(heard, truth)| heard.ended || !is_told || (truth.ended_early && !knows_ends))
        })
    }

    fn close_pages(&mut self) -> Verdict {
        for index in 0..self.pages.len() {
            let is_open =
                |page: &Option<Page>| page.as_ref().is_some_and(|page| !page.rules.closed);
            if self.pages.get(index).is_some_and(is_open) {
                self.feed(index, Input::Close)?;
            }
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.pages
            .iter()
            .flatten()
            .all(|page| page.client.is_over() && !page.waits_for_outcomes())
    }

    /// Whether the client can learn of an end that it was not told of.
    fn knows_ends(&self) -> bool {
        // An end of which the server says nothing is found by asking for what is silent.
        let is_unsaid =
            |(_, step): &(u64, Step)| matches!(step, Step::Job(_, Job::End(Ending::Unsaid)));
        let setup = &self.plan.setup;
        let is_said = !self.plan.steps.iter().any(is_unsaid);
        setup.fallback.is_some() && (setup.stall_after.is_some() || is_said)
    }

    fn state(&self) -> String {
        let of = |page: &Page| {
            let heard = page.heard.iter().zip(&self.truths).zip(0..);
            let followed: Vec<_> = heard
                .filter(|((heard, _), _)| heard.follows)
                .map(|((heard, truth), research)| {
                    let sid = page.rules.sid().unwrap_or_default();
                    let id = id_of(research);
                    let subscribed = self.server.is_subscribed(sid, id);
                    let missing = heard.first_missing(truth).map(|line| &line.text);
                    format!(
                        "{id}: subscribed {subscribed}, ended {} heard {}, missing {missing:?}",
                        truth.ended, heard.ended
                    )
                })
                .collect();
            format!(
                "{:?}, polling {}, {followed:?}, in flight {:?}",
                page.client.state(),
                page.client.is_using_fallback(),
                page.rules.open
            )
        };
        let pages: Vec<_> = self.pages.iter().flatten().map(of).collect();
        pages.join("; ")
    }
}

/// The longest time from the end of all faults to the right state: a session is found dead by its
/// heartbeat, attempts may just have been used up, and the server may have asked to wait.
fn bound(plan: &Plan) -> u64 {
    let setup = &plan.setup;
    let heartbeat = setup.ping_interval + setup.ping_timeout + 1_000;
    let asked = |trouble| matches!(trouble, Trouble::Status(_, Some(_)));
    let asked_to_wait = if plan.has(asked) { MAX_RETRY_AFTER } else { 0 };
    let slow = |trouble| matches!(trouble, Trouble::Slow(_) | Trouble::Late(_));
    let slow = if plan.has(slow) { 30_000 } else { 0 };
    let fallback = setup.fallback.map_or(3_000, |(interval, _)| interval) + 10_000;
    let way = u64::from(setup.latency + setup.jitter);
    let attempt = 3 * setup.timeout + 5_000 + 30_000;
    2 * heartbeat
        + asked_to_wait
        + slow
        + 3 * fallback
        + 20 * way
        + 2 * attempt
        + setup.store_lag
        + MAX_SILENCE
}
