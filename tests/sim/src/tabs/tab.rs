//! One tab: its client, and what its page has heard.

use research_socket::config::Config;
use research_socket::failure::Failure;
use research_socket::http::{Answer, RequestId};
use research_socket::json::Raw;
use research_socket::research::{Client, Event, LogEntry, Refusal, ResearchEvent};
use research_socket::tabs::{
    FREE_TAKEOVERS, Input as TabsInput, QUESTION_MS, Role, Shared, TAKEOVER_COUNTS_MS, group_of,
};
use research_socket::time::Timestamp;
use research_socket::websocket::{News, Transport};
use research_socket::whereabouts::Tab as Stands;

use super::plan::{Carriage, RESEARCHES, owner_of};
use crate::page::START;
use crate::rules::{Verdict, require};
use crate::story::{Heard, Truth, number_of};

/// Whether a tab's code runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    Runs,
    /// Until then, of which nobody tells it.
    Frozen {
        until: u64,
        timers_first: bool,
    },
    /// In the back/forward cache.
    Hidden,
    /// By its page; what it still has to do goes on.
    Closed,
    Dead,
}

/// Something that reached a tab while nothing ran.
#[derive(Clone, Debug)]
pub(super) enum Held {
    Answer(RequestId, Answer),
    Socket(RequestId, News),
    Tabs(TabsInput),
}

impl Held {
    /// Whether the server has said it.
    pub(super) const fn is_of_server(&self) -> bool {
        matches!(
            self,
            Self::Answer(_, Answer::Response(_)) | Self::Socket(_, News::Opened | News::Frame(_))
        )
    }
}

/// A tab.
#[derive(Debug)]
pub(super) struct Tab {
    pub(super) client: Client<Shared>,
    /// Which place it has.
    pub(super) place: u8,
    /// The version of its application.
    pub(super) group: u8,
    pub(super) life: Life,
    /// Where it stood after its last input.
    pub(super) stands: Stands,
    pub(super) seen: bool,
    /// Until when its requests reach nothing.
    pub(super) cut_until: u64,
    pub(super) has_channel: bool,
    pub(super) held: Vec<Held>,
    /// Whether what it takes now is an answer of the server.
    pub(super) is_answered: bool,
    /// The number of the epoch that it has last told of.
    pub(super) epoch: u64,
    /// Whether what it takes now is of the leader of a newer one.
    pub(super) is_succeeded: bool,
    /// Requests that have no answer.
    pub(super) open: Vec<RequestId>,
    pub(super) heard: [Heard; RESEARCHES as usize],
    awaited: Vec<u64>,
    pub(super) emits: u64,
    /// How often it has begun to lead.
    pub(super) reigns: u32,
    pub(super) was_leader: bool,
    /// When it began to take over last.
    pub(super) began: u64,
    /// When it began to lead last.
    pub(super) led: u64,
    /// Takeovers by force of the last minutes, and when the last one was.
    forced: u32,
    forced_at: u64,
    /// Whether it has given up a session for another one, over which it may be shown more.
    pub(super) has_renewed: bool,
    /// Who was signed in when its page was opened.
    pub(super) person: u8,
    /// Whether the server has shown each research to whoever was signed in, when this tab asked.
    pub(super) shown: [bool; RESEARCHES as usize],
    /// The lines of each that the server has told over a connection of this tab's own.
    pub(super) told: [Vec<String>; RESEARCHES as usize],
    /// Whether its page is to verify what it follows.
    pub(super) verifies: bool,
    /// Whether its page shares no more, since the server does not show it what it follows.
    pub(super) leaves: bool,
    /// Since when it has not been connected.
    pub(super) down_since: Option<u64>,
}

impl Tab {
    pub(super) fn new(
        (place, group, person): (u8, u8, u8),
        carriage: Carriage,
        seed: u64,
        now: u64,
    ) -> Self {
        let mut config = Config::new("http://host");
        if carriage == Carriage::WebSocket {
            config.transport = Transport::WebSocket;
        }
        config.upgrade = carriage == Carriage::Upgrade;
        config.reconnection_attempts = None;
        config.either_path = true;
        let name = if group == 0 {
            "1.0 http://host"
        } else {
            "1.1 http://host"
        };
        let client = Client::shared(config, Some(group_of(name)), seed, clock(now));
        Self {
            #[expect(clippy::expect_used, reason = "the defaults are valid")]
            client: client.expect("valid options"),
            place,
            group,
            life: Life::Runs,
            stands: Stands::Away,
            seen: true,
            cut_until: 0,
            has_channel: false,
            held: Vec::new(),
            is_answered: false,
            epoch: 0,
            is_succeeded: false,
            open: Vec::new(),
            heard: Default::default(),
            awaited: Vec::new(),
            emits: 0,
            reigns: 0,
            was_leader: false,
            began: 0,
            led: 0,
            forced: 0,
            forced_at: 0,
            has_renewed: false,
            person,
            shown: [false; RESEARCHES as usize],
            told: Default::default(),
            verifies: false,
            leaves: false,
            down_since: Some(now),
        }
    }

    /// Lets go of what a client that has gone for good takes up.
    pub(super) fn bury(&mut self) {
        let is_gone =
            self.life == Life::Dead || (self.life == Life::Closed && self.client.is_over());
        let client = Client::shared(Config::new("http://host"), None, 1, Timestamp::default());
        if let Ok(client) = client
            && is_gone
        {
            self.client = client;
        }
    }

    pub(super) fn runs(&self) -> bool {
        self.life == Life::Runs
    }

    /// Whether it still has a client that does something.
    pub(super) fn works(&self) -> bool {
        matches!(self.life, Life::Runs | Life::Closed)
    }

    pub(super) fn leads(&self) -> bool {
        self.client.role() == Role::Leader
    }

    /// It has had a step that ends where `after` says. Whether it took the lock from another one; `None`: there are no locks.
    pub(super) fn moved(&mut self, now: u64, after: Stands, steals: Option<bool>) {
        let before = std::mem::replace(&mut self.stands, after);
        let (proves, leads) = (after == Stands::Proving, self.leads());
        let begins = leads && !self.was_leader;
        // The lock that it has taken comes 1 ms later, whatever it has heard meanwhile.
        let has_stolen = begins && self.forced_at > self.began && now - self.forced_at <= 1;
        if before != Stands::Proving && (proves || begins) && !has_stolen {
            self.began = now;
        }
        if begins {
            self.led = now;
        }
        if before == Stands::Proving && steals.unwrap_or(begins) {
            if now - self.forced_at >= TAKEOVER_COUNTS_MS {
                self.forced = 0;
            }
            self.forced += 1;
            self.forced_at = now;
        }
        self.reigns += u32::from(begins);
        self.was_leader = leads;
    }

    /// How much longer than others it waits for an answer of its leader.
    pub(super) fn patience(&self, now: u64) -> u64 {
        let is_old = now - self.forced_at >= TAKEOVER_COUNTS_MS;
        let too_many = self.forced.saturating_sub(FREE_TAKEOVERS).min(5);
        if is_old {
            0
        } else {
            (QUESTION_MS << too_many) - QUESTION_MS
        }
    }

    /// When its timer fires.
    pub(super) fn due(&self) -> Option<u64> {
        let due = self.client.poll_timeout().filter(|_| self.works())?;
        let due = due.as_millis().saturating_sub(START);
        // Timers of tabs that nobody sees run once a second.
        Some(if self.seen {
            due
        } else {
            due.next_multiple_of(1_000)
        })
    }

    pub(super) fn awaits(&mut self, emit: u64) {
        self.awaited.push(emit);
    }

    pub(super) fn awaits_something(&self) -> bool {
        !self.awaited.is_empty()
    }

    /// Takes an event as the page would.
    pub(super) fn hear(&mut self, event: &Event, truths: &[Truth; RESEARCHES as usize]) -> Verdict {
        let is_reply = matches!(event, Event::EmitFailed { .. });
        require(
            self.life != Life::Closed || is_reply || is_end(event),
            || format!("after close: {event:?}"),
        )?;
        match event {
            Event::Research { id, event } => {
                let heard = number_of(id).and_then(|n| self.heard.get_mut(n));
                let truth = number_of(id).and_then(|n| truths.get(n));
                match (heard, truth) {
                    (Some(heard), Some(truth)) if heard.follows => {
                        if let ResearchEvent::Refusal(Some(Refusal::Unauthorized)) = event {
                            let uses = self.client.role() == Role::Follower;
                            require(!uses || !self.client.is_connected(), || {
                                "a tab that is refused something uses another's connection"
                                    .to_owned()
                            })?;
                        }
                        let number = number_of(id).unwrap_or_default();
                        // Until it has verified it, a page shows nothing of it. What the server has told this tab itself is no
                        // secret to it, also where another one leads by the time that the log is read and the page hears of it.
                        let is_secret = |line: &LogEntry| {
                            let told = self.told.get(number);
                            !told.is_some_and(|told| told.contains(&line.message))
                        };
                        let is_seen = !heard.verifies
                            && self.shown.get(number) == Some(&false)
                            && matches!(event, ResearchEvent::Log(line) if is_secret(line));
                        require(!is_seen || owner_of(number as u8) == self.person, || {
                            format!("another person's line: {event:?}")
                        })?;
                        self.leaves |= *event == ResearchEvent::Verified(false);
                        // What a leader had not told that froze is older than what came over another connection: only the log has all
                        // of it in order, if the server shows it.
                        let ordered = !heard.is_withheld;
                        heard.hear(event, truth, (ordered, false))
                    }
                    _ => Err(format!("nobody follows {id}: {event:?}")),
                }
            }
            Event::Ack { emit, args, .. } => {
                let own = format!("[{},", emit.0);
                require(args.starts_with(&own), || {
                    format!("another's ack: {args} for {emit:?}")
                })?;
                self.outcome(emit.0)
            }
            Event::EmitFailed { emit, .. } => {
                let _ = self.outcome(emit.0);
                Ok(())
            }
            Event::Disconnect(Failure::Outlived) => {
                self.has_renewed = true;
                Ok(())
            }
            Event::Connect { .. } => {
                self.verifies = self.client.role() == Role::Follower;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Notes which lines of what its page follows, and was not shown yet, packets of the server's have over its own connection.
    pub(super) fn note_lines(&mut self, packets: &str) {
        for packet in packets.split('\u{1e}') {
            let Some(args) = packet
                .strip_prefix("42")
                .and_then(|args| Raw::parse(args).ok())
            else {
                continue;
            };
            let mut elements = args.elements();
            let name = elements.next().and_then(Raw::string).unwrap_or_default();
            let research = name
                .rsplit_once("progress_")
                .and_then(|(_, id)| number_of(id));
            let line = elements
                .next()
                .and_then(|update| update.get("log_entry")?.get("message")?.string());
            if let (Some(research), Some(line)) = (research, line)
                && self.heard.get(research).is_some_and(|heard| heard.follows)
                && self.shown.get(research) == Some(&false)
                && let Some(told) = self.told.get_mut(research)
            {
                told.push(line.into_owned());
            }
        }
    }

    fn outcome(&mut self, emit: u64) -> Verdict {
        let place = self.awaited.iter().position(|other| *other == emit);
        let place = place.ok_or_else(|| format!("two outcomes of one emit: {emit}"))?;
        self.awaited.swap_remove(place);
        Ok(())
    }
}

fn is_end(event: &Event) -> bool {
    matches!(
        event,
        Event::State(_) | Event::Disconnect(_) | Event::Cancelled { .. }
    )
}

pub(super) fn clock(now: u64) -> Timestamp {
    Timestamp::from_millis(START + now)
}
