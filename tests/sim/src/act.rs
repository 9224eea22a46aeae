//! Carrying out the steps of a plan.

use mock_server::{Command, DropOpen, Nothing, OfflineMode, Outcome, Restart, Sessions};
use research_socket::http::{Answer, RequestId};
use research_socket::patience::LATE_MS;
use research_socket::research::{CancelId, Input, ResearchId};
use research_socket::socket::{Acked, Emit, EmitId};
use research_socket::websocket::BROKEN_OFF;

use crate::network::{Event, lost};
use crate::page::Page;
use crate::plan::{Ack, Act, Ending, Fault, Job, PAGES, Step};
use crate::rules::{Verdict, require};
use crate::story::{ECHO, id_of};
use crate::world::{World, server_id};

impl World<'_> {
    pub(crate) fn carry_out(&mut self, step: Step) -> Verdict {
        match step {
            Step::Page(page, act) => self.act(usize::from(page.min(PAGES - 1)), act),
            Step::Job(research, job) => {
                self.work(research, job);
                let lost = self.server.lost_lines();
                require(lost == 0, || {
                    format!(
                        "the server has lost {lost} lines, since nobody asked it to store its log"
                    )
                })
            }
            Step::Break(fault) => {
                self.break_down(fault);
                Ok(())
            }
        }
    }

    /// The page, which is opened when it does something for the first time.
    fn open(&mut self, index: usize) -> Result<Option<&mut Page>, String> {
        if matches!(self.pages.get(index), Some(None)) {
            let seed = self.plan.seed ^ ((index as u64) << 32);
            let page = Page::new(&self.plan.setup, self.plan.limits(), seed, self.now);
            if let Some(journal) = &mut self.journal {
                journal.birth(index, seed, page.clock(self.now));
            }
            if let Some(place) = self.pages.get_mut(index) {
                *place = Some(page);
            }
            let name = ECHO.to_owned();
            let listening = true;
            self.feed(index, Input::Listen { name, listening })?;
            if self.plan.setup.is_told {
                self.feed(index, Input::NoWebSocket)?;
            }
        }
        Ok(self.pages.get_mut(index).and_then(Option::as_mut))
    }

    pub(crate) fn act(&mut self, index: usize, act: Act) -> Verdict {
        let (now, navigation) = (self.now, self.plan.setup.navigation);
        let Some(page) = self.open(index)? else {
            return Ok(());
        };
        // Where nothing runs, the page does nothing; one that has gone may be frozen besides.
        let is_gone = page.hidden;
        if page.asleep.is_some() || (is_gone && !matches!(act, Act::Hide | Act::Show)) {
            return Ok(());
        }
        // Whoever leaves does nothing else, until it is clear that the page stays.
        if page.rules.is_going(now) && !matches!(act, Act::Hide | Act::Show) {
            return Ok(());
        }
        let stand = page.stand;
        self.reached.act(&stand, act);
        let Some(Some(page)) = self.pages.get_mut(index) else {
            return Ok(());
        };
        match act {
            Act::Burst {
                count,
                ack,
                volatile,
                bytes,
            } => {
                for _ in 0..count {
                    self.act(
                        index,
                        Act::Emit {
                            ack,
                            volatile,
                            bytes,
                        },
                    )?;
                }
                Ok(())
            }
            Act::Cancel(research) => {
                page.cancels += 1;
                let cancel = page.cancels;
                page.cancels(cancel);
                let input = Input::Cancel {
                    cancel: CancelId(cancel),
                    research: valid(id_of(research)),
                    csrf_token: Some("mock-csrf-token".to_owned()),
                };
                self.feed(index, input)
            }
            Act::Close => {
                for heard in &mut page.heard {
                    heard.follows = false;
                }
                self.feed(index, Input::Close)
            }
            Act::Connect => self.feed(index, Input::Connect),
            Act::Download => self.navigate(index, None),
            Act::Emit {
                ack,
                volatile,
                bytes,
            } => {
                let emit = page.emit(ack, volatile, bytes);
                self.feed(index, Input::Emit(emit))
            }
            Act::Hide => match navigation {
                Some(takes) if !is_gone => self.navigate(index, Some(takes)),
                Some(_) | None => {
                    page.hidden = true;
                    self.feed(index, Input::Hidden)
                }
            },
            Act::Online(online) => {
                page.online = online;
                self.feed(index, Input::Online(online))
            }
            Act::Listen(listening) => {
                let name = ECHO.to_owned();
                self.feed(index, Input::Listen { name, listening })
            }
            Act::Refresh(research) => self.feed(index, Input::Refresh(id_of(research).to_owned())),
            Act::Show => self.show(index),
            Act::Sleep {
                ms,
                cut,
                timer_first,
            } => {
                let until = now + u64::from(ms);
                (page.asleep, page.cut, page.timer_first) = (Some(until), cut, timer_first);
                self.network.at(until, Event::Wake(index as u8));
                Ok(())
            }
            Act::Subscribe(research) => {
                let id = id_of(research);
                if let Some(heard) = page.heard.get_mut(usize::from(research))
                    && !heard.follows
                    && !page.rules.closed
                {
                    heard.follow();
                }
                let id = match id.parse() {
                    Ok(number) => ResearchId::from_integer(number),
                    Err(_) => valid(id),
                };
                self.feed(index, Input::Subscribe(id))
            }
            Act::Throttle { ms, grain } => {
                page.throttle = Some((now + u64::from(ms), u64::from(grain)));
                Ok(())
            }
            Act::Unsee => {
                page.seen = false;
                self.feed(index, Input::Unseen)
            }
            Act::Unsubscribe(research) => {
                if let Some(heard) = page.heard.get_mut(usize::from(research)) {
                    heard.follows = false;
                }
                self.feed(index, Input::Unsubscribe(id_of(research).to_owned()))
            }
            Act::Verify(research) => {
                if let Some(heard) = page.heard.get_mut(usize::from(research)) {
                    heard.verifies = heard.follows;
                }
                self.feed(index, Input::Verify(id_of(research).to_owned()))
            }
            Act::Vouch(vouch) => {
                page.vouch = Some(vouch);
                Ok(())
            }
        }
    }

    /// A navigation begins, and the browser ends what the page has open. After so many milliseconds the
    /// page is gone; `None`: it is a download.
    fn navigate(&mut self, index: usize, takes: Option<u64>) -> Verdict {
        self.feed(index, Input::Leaving)?;
        let Some(Some(page)) = self.pages.get_mut(index) else {
            return Ok(());
        };
        page.rules.go(self.now);
        page.gone_at = takes.map(|ms| self.now + ms);
        if let Some(at) = page.gone_at {
            self.network.at(at, Event::Gone(index as u8));
        }
        let open: Vec<_> = page.rules.open.iter().map(|open| open.id).collect();
        for request in open {
            let Some(Some(page)) = self.pages.get(index) else {
                continue;
            };
            if self.is_open_socket(index, request) {
                // As Firefox does.
                let cut = self.cut_socket(index, request, 1001);
                self.reach(index, cut)?;
                continue;
            }
            // The end of one may have been a reason to give up another.
            if page.rules.open.iter().any(|open| open.id == request) {
                let at = self.now + self.network.delay();
                self.network
                    .at(at, Event::GivenUp(server_id(index, request)));
                let (page, answer) = (index as u8, lost());
                self.reach(
                    index,
                    Event::Answer {
                        page,
                        request,
                        answer,
                    },
                )?;
            }
        }
        Ok(())
    }

    /// The page that began to go has gone, unless it was restored before.
    pub(crate) fn gone(&mut self, index: usize) -> Verdict {
        let now = self.now;
        match self.pages.get_mut(index) {
            Some(Some(page)) if page.gone_at == Some(now) => {
                page.gone_at = None;
                page.hidden = true;
                self.feed(index, Input::Hidden)
            }
            _ => Ok(()),
        }
    }

    /// The page is restored, or becomes visible. What arrived meanwhile comes after that.
    pub(crate) fn show(&mut self, index: usize) -> Verdict {
        let Some(Some(page)) = self.pages.get_mut(index) else {
            return Ok(());
        };
        (page.hidden, page.gone_at, page.seen) = (false, None, true);
        let held = std::mem::take(&mut page.held);
        self.feed(index, Input::Visible)?;
        self.reach_all(index, held)
    }

    /// The machine wakes up: all that is overdue comes at once.
    pub(crate) fn wake(&mut self, index: usize) -> Verdict {
        let now = self.now;
        let Some(Some(page)) = self.pages.get_mut(index) else {
            return Ok(());
        };
        // A later sleep goes on.
        if page.asleep.is_none_or(|until| until > now) {
            return Ok(());
        }
        page.asleep = None;
        if page.hidden {
            return Ok(());
        }
        let held = std::mem::take(&mut page.held);
        let (cut, timer_first) = (page.cut, page.timer_first);
        let answered = |id| {
            let is_it = |event: &Event| {
                matches!(event, Event::Answer { request, answer, .. }
                    if *request == id && !matches!(answer, Answer::Piece(_)))
            };
            held.iter().any(is_it)
        };
        let open = page.rules.open.iter().map(|open| open.id);
        let broken: Vec<_> = open.filter(|id| cut && !answered(*id)).collect();
        for request in broken {
            if self.is_open_socket(index, request) {
                let cut = self.cut_socket(index, request, BROKEN_OFF);
                self.network.at(now, cut);
                continue;
            }
            let (page, answer) = (index as u8, lost());
            self.network.at(
                now,
                Event::Answer {
                    page,
                    request,
                    answer,
                },
            );
        }
        if timer_first {
            let lie = self.answers_that_count(index, &held);
            self.feed(index, Input::Timeout)?;
            let Some(Some(page)) = self.pages.get(index) else {
                return Ok(());
            };
            let given_up = |id| !page.rules.open.iter().any(|open| open.id == id);
            let lost: Vec<_> = lie.into_iter().filter(|id| given_up(*id)).collect();
            require(lost.is_empty(), || {
                format!("given up, though the answer had arrived: {lost:?}")
            })?;
        }
        self.reach_all(index, held)
    }

    /// The requests of a live connection whose answers have arrived while nothing ran. None if the
    /// page slept for so long that the connection is dead, has been patient before, or is on time.
    fn answers_that_count(&self, index: usize, held: &[Event]) -> Vec<RequestId> {
        let Some(Some(page)) = self.pages.get(index) else {
            return Vec::new();
        };
        let is_late = page
            .due_exactly()
            .is_some_and(|due| due + LATE_MS < self.now);
        if !is_late || !self.plan.limits().one_nap || !page.rules.is_live() {
            return Vec::new();
        }
        let answered = held.iter().filter_map(|event| match event {
            Event::Answer { request, .. } => Some(*request),
            _ => None,
        });
        answered.filter(|id| page.rules.is_current(*id)).collect()
    }

    fn reach_all(&mut self, index: usize, held: Vec<Event>) -> Verdict {
        for event in held {
            self.reach(index, event)?;
        }
        Ok(())
    }

    fn work(&mut self, research: u8, job: Job) {
        let now = self.now;
        let id = id_of(research);
        self.reached.job(self.pages.iter().flatten(), research, job);
        let Some(truth) = self.truths.get_mut(usize::from(research)) else {
            return;
        };
        match job {
            Job::Lines {
                count,
                text,
                live,
                stored,
            } => {
                for _ in 0..count {
                    self.written += 1;
                    let text = match text {
                        0 => format!("line {}", self.written),
                        text => format!("same {text}"),
                    };
                    let line = self.server.write_line(now, id, "INFO", &text, live, stored);
                    // Of a line that nobody is told of a client can know only after a gap.
                    truth.write(line.micros, text, stored && live);
                }
            }
            Job::Milestone => {
                self.written += 1;
                let text = format!("milestone {}", self.written);
                let line = self
                    .server
                    .write_line(now, id, "MILESTONE", &text, true, true);
                truth.write(line.micros, text, true);
            }
            // The server has forgotten how to do anything else after the end.
            Job::End(_) | Job::Progress { .. } if truth.ended => {}
            Job::Progress { percent, status } => {
                self.server.send_progress(now, id, percent, status);
            }
            Job::End(ending) => {
                truth.ended = true;
                match ending {
                    Ending::Completed => self.server.end_research(now, id, &Outcome::Completed),
                    Ending::Failed => {
                        let outcome = Outcome::Failed("rate_limit".to_owned());
                        self.server.end_research(now, id, &outcome);
                    }
                    Ending::Suspended => self.server.end_research(now, id, &Outcome::Suspended),
                    Ending::Unsaid => self.server.end_unsaid(now, id),
                }
            }
        }
        self.steps += 1;
        self.send_answers();
    }

    fn break_down(&mut self, fault: Fault) {
        let now = self.now;
        self.reached.fault(self.pages.iter().flatten(), fault);
        let until = |ms: u32| now + u64::from(ms);
        match fault {
            Fault::Close => self.command(Command::Close(Sessions::default())),
            Fault::Disconnect if self.plan.loses_disconnects() => {
                (self.lost_refusal, self.is_deaf) = (true, true);
                self.command(Command::DisconnectUnsaid(Sessions::default()));
            }
            Fault::Disconnect => self.command(Command::Disconnect(Sessions::default())),
            Fault::Drop => self.command(Command::DropOpen(DropOpen::default())),
            Fault::Every(kind, trouble, ms) => self.network.break_every(kind, trouble, until(ms)),
            Fault::Next(kind, trouble) => self.network.break_next(kind, trouble),
            Fault::Offline { ms, hang } => {
                self.network.go_offline(until(ms), hang);
                let mode = if hang {
                    OfflineMode::Hang
                } else {
                    OfflineMode::Refuse
                };
                self.command(Command::DropOpen(DropOpen { kind: None, mode }));
            }
            Fault::RefuseSubscriptions(ms) => {
                self.subscribable_at = until(ms);
                self.refuse_subscriptions();
            }
            Fault::Restart { down } => self.command(Command::Restart(Restart {
                down_ms: u64::from(down),
                ..Restart::default()
            })),
            Fault::Silence => {
                self.server.stop_pings();
                self.send_answers();
            }
            Fault::SignedIn(signed_in) => {
                self.signed_in = signed_in;
                self.refuse_subscriptions();
            }
            // One worker has a WebSocket from its beginning to its end.
            Fault::WrongWorker(_) if self.plan.setup.websocket => {}
            Fault::WrongWorker(ms) => {
                self.right_worker_at = until(ms);
                self.server.config_mut().quirks.two_workers = true;
            }
        }
    }

    /// Sets what the server says to subscriptions now.
    pub(crate) fn refuse_subscriptions(&mut self) {
        let words = match (self.signed_in, self.plan.seed % 2) {
            (true, _) => "Not authorized",
            (false, 0) => "Session expired",
            (false, _) => "Authentication required",
        };
        let refuses = !self.signed_in || self.now < self.subscribable_at;
        let app = &mut self.server.config_mut().app;
        app.refuse_subscriptions = refuses.then(|| words.to_owned());
        app.keeps_persons = self.plan.setup.keeps_persons && !self.signed_in;
    }

    pub(crate) fn command(&mut self, command: Command) {
        self.steps += 1;
        self.server.control(self.now, command);
        self.send_answers();
    }

    /// The server is up, and everybody may use it.
    pub(crate) fn mend(&mut self) {
        self.network.heal();
        self.signed_in = true;
        self.right_worker_at = 0;
        self.server.config_mut().quirks.two_workers = false;
        self.subscribable_at = 0;
        self.refuse_subscriptions();
        self.command(Command::Online(Nothing {}));
    }
}

impl Page {
    /// An event with a number of its own, which is odd if it wants an ack.
    fn emit(&mut self, ack: Ack, volatile: bool, bytes: u32) -> Emit {
        self.emits += 1;
        let id = self.emits * 2 + u64::from(ack != Ack::No);
        if ack != Ack::No {
            self.awaits(id);
        }
        let (name, ack) = match ack {
            Ack::No => ("message", Acked::No),
            Ack::Ever => ("message-with-ack", Acked::WithoutTimeout),
            Ack::Within(ms) => ("message-with-ack", Acked::Within(u64::from(ms))),
        };
        let emit = Emit {
            id: EmitId(id),
            args: format!("[\"{name}\",{id},\"{:.>1$}\"]", "", bytes as usize),
            attachments: Vec::new(),
            ack,
            volatile,
        };
        self.crowd.emits(&emit);
        emit
    }
}

/// The ids of a plan are ours.
#[allow(
    clippy::expect_used,
    reason = "an id that is refused is a mistake of the simulation"
)]
fn valid(id: &str) -> ResearchId {
    ResearchId::from_text(id).expect("an id of a research")
}
