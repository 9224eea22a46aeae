//! One page: its client, its browser's moods, and what it has heard.

use research_socket::config::{Config, Fallback};
use research_socket::http::RequestId;
use research_socket::json::Raw;
use research_socket::research::{Client, Event, ResearchEvent, Source};
use research_socket::time::Timestamp;
use research_socket::websocket::Transport;

use crate::crowd::Crowd;
use crate::network::Event as NetworkEvent;
use crate::plan::{RESEARCHES, Setup, Vouch};
use crate::reach::Stand;
use crate::receipts::Receipts;
use crate::rules::{Limits, Rules, Verdict, require};
use crate::slow::Slow;
use crate::story::{Heard, Truth, echo_of, number_of};

/// The wall clock of the server when a schedule starts, in milliseconds.
pub(crate) const START: u64 = 1_795_293_900_000;

/// More warnings of one connection have nothing new to say.
const MAX_WARNINGS: usize = 100;

/// How often the same may be refused.
const MAX_ALIKE: usize = 8;

/// A page with its client.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) client: Client,
    pub(crate) rules: Rules,
    /// Where the client stood after its last input.
    pub(crate) stand: Stand,
    /// What it has emitted and waits.
    pub(crate) crowd: Crowd,
    /// Which of its subscriptions the server has.
    pub(crate) receipts: Receipts,
    /// What it would hear with handlers that are slow.
    pub(crate) slow: Slow,
    pub(crate) heard: [Heard; RESEARCHES as usize],
    /// What arrived while nothing ran.
    pub(crate) held: Vec<NetworkEvent>,
    /// What came of answers that are not complete.
    pub(crate) partly: Vec<(RequestId, Vec<u8>)>,
    /// Until when nothing runs.
    pub(crate) asleep: Option<u64>,
    pub(crate) cut: bool,
    pub(crate) timer_first: bool,
    pub(crate) hidden: bool,
    /// When the page will be hidden that has begun to go.
    pub(crate) gone_at: Option<u64>,
    /// Whether somebody looks at it.
    pub(crate) seen: bool,
    /// Whether the browser last said that there is a network.
    pub(crate) online: bool,
    /// Timers fire at multiples of the second number until the first.
    pub(crate) throttle: Option<(u64, u64)>,
    pub(crate) vouch: Option<Vouch>,
    /// The session in which every research ended at the latest.
    pub(crate) last_session: Option<String>,
    pub(crate) emits: u64,
    pub(crate) cancels: u64,
    /// Acks that have no outcome yet: the emit's number.
    awaited: Vec<u64>,
    cancelling: Vec<u64>,
    /// Code, words and research of the warnings of this connection.
    warnings: Vec<(&'static str, String, Option<String>)>,
    /// The newest number that the server sent back.
    newest_echo: u64,
    ahead: i64,
}

impl Page {
    pub(crate) fn new(setup: &Setup, limits: Limits, seed: u64, now: u64) -> Self {
        let config = config_of(setup);
        let rules = Rules::new(&config, setup.max_payload as usize, limits);
        let ahead = setup.clock_ahead;
        let client = Client::new(config, seed, clock(ahead, now));
        Self {
            #[expect(clippy::expect_used, reason = "setups draw valid options only")]
            client: client.expect("valid options"),
            rules,
            stand: Stand::default(),
            crowd: Crowd::new(setup.emit_buffer as usize),
            receipts: Receipts::default(),
            slow: Slow::new(seed),
            heard: Default::default(),
            held: Vec::new(),
            partly: Vec::new(),
            asleep: None,
            cut: false,
            timer_first: false,
            hidden: false,
            gone_at: None,
            seen: true,
            online: true,
            throttle: None,
            vouch: None,
            last_session: None,
            emits: 0,
            cancels: 0,
            awaited: Vec::new(),
            cancelling: Vec::new(),
            warnings: Vec::new(),
            newest_echo: 0,
            ahead,
        }
    }

    /// What the page's clock shows.
    pub(crate) fn clock(&self, now: u64) -> Timestamp {
        clock(self.ahead, now)
    }

    /// When the client's timer fires, in the world's time.
    pub(crate) fn due(&self) -> Option<u64> {
        if self.asleep.is_some() || self.hidden {
            return None;
        }
        let due = self.due_exactly()?;
        match self.throttle {
            Some((until, grain)) if due < until => Some(due.next_multiple_of(grain).min(until)),
            Some(_) | None => Some(due),
        }
    }

    /// When the client wants its timer to fire, in the world's time.
    pub(crate) fn due_exactly(&self) -> Option<u64> {
        let due = self.client.poll_timeout()?;
        let due = due.as_millis().saturating_add_signed(-self.ahead);
        Some(due.saturating_sub(START))
    }

    pub(crate) fn awaits(&mut self, emit: u64) {
        self.awaited.push(emit);
    }

    pub(crate) fn cancels(&mut self, cancel: u64) {
        self.cancelling.push(cancel);
    }

    /// Whether emits and cancels have no outcome yet.
    pub(crate) fn waits_for_outcomes(&self) -> bool {
        !self.awaited.is_empty() || !self.cancelling.is_empty()
    }

    /// Takes an event as the page would. `ordered`: whether packets and lines come in order.
    pub(crate) fn hear(
        &mut self,
        now: u64,
        event: &Event,
        truths: &[Truth; RESEARCHES as usize],
        (ordered, lines_ordered): (bool, bool),
        was_closed: bool,
    ) -> Verdict {
        self.slow.push(self.clock(now), event);
        self.rules.told(event);
        let is_reply = matches!(event, Event::EmitFailed { .. } | Event::Cancelled { .. });
        require(!was_closed || is_reply, || {
            format!("after close: {event:?}")
        })?;
        let is_live = matches!(event, Event::Message { .. }) || is_live_update(event);
        require(!is_live || self.rules.is_live(), || {
            format!("over no connection: {event:?}")
        })?;
        let odd = json_of(event).filter(|text| Raw::parse(text).is_ok_and(Raw::is_lax));
        require(odd.is_none(), || format!("no JSON for the page: {odd:?}"))?;
        match event {
            Event::Research { id, event } => {
                let heard = number_of(id).and_then(|n| self.heard.get_mut(n));
                let truth = number_of(id).and_then(|n| truths.get(n));
                match (heard, truth) {
                    (Some(heard), Some(truth)) if heard.follows => {
                        let log_is_readable = self.rules.log_is_readable();
                        heard.hear(event, truth, (lines_ordered, log_is_readable))
                    }
                    _ => Err(format!("nobody follows {id}: {event:?}")),
                }
            }
            Event::Ack { emit, args, .. } => {
                let own = format!("[{},", emit.0);
                require(args.starts_with(&own), || {
                    format!("{args} is no ack of {emit:?}")
                })?;
                self.crowd.acknowledged(*emit);
                self.outcome(emit.0)
            }
            // Also of emits that want no ack.
            Event::EmitFailed { emit, error } => {
                let _ = self.outcome(emit.0);
                self.crowd.failed(*emit, error)
            }
            Event::Cancelled { cancel, .. } => {
                let place = self.cancelling.iter().position(|other| *other == cancel.0);
                place.map(|place| self.cancelling.swap_remove(place));
                require(place.is_some(), || {
                    format!("a second outcome of {cancel:?}")
                })
            }
            Event::Warning(warning) => {
                if self.rules.is_forgiven() {
                    self.warnings
                        .retain(|(code, ..)| !matches!(*code, "unauthorized" | "not-found"));
                }
                let is_refusal = matches!(warning.code, "unauthorized" | "not-found");
                for heard in &mut self.heard {
                    heard.refused |= is_refusal;
                }
                let (research, message) = (warning.research.clone(), warning.message.clone());
                let warning = (warning.code, message, research);
                // What the server has shown meanwhile may be refused anew.
                let most = if is_refusal { MAX_ALIKE } else { 1 };
                let told = self.warnings.iter().filter(|told| **told == warning);
                require(told.count() < most, || {
                    format!("warned too often of {warning:?}")
                })?;
                self.warnings.push(warning);
                require(self.warnings.len() <= MAX_WARNINGS, || {
                    format!("{} warnings of one connection", self.warnings.len())
                })
            }
            Event::Message { .. } => {
                let Some(echo) = echo_of(event).filter(|_| ordered) else {
                    return Ok(());
                };
                let before = std::mem::replace(&mut self.newest_echo, echo);
                require(before < echo, || format!("emit {echo} came after {before}"))
            }
            Event::Connect { .. } => {
                self.warnings.clear();
                self.rules.event(now, event)
            }
            _ => self.rules.event(now, event),
        }
    }

    fn outcome(&mut self, emit: u64) -> Verdict {
        let place = self.awaited.iter().position(|other| *other == emit);
        place.map(|place| self.awaited.swap_remove(place));
        require(place.is_some(), || {
            format!("a second outcome of emit {emit}")
        })
    }

    /// Looks at the client after all outputs of an input; `timeout`: if that was one.
    pub(crate) fn check(&mut self, now: u64, timeout: bool) -> Verdict {
        self.slow.step()?;
        let due = self.due_exactly().filter(|_| timeout);
        self.rules.check(now, &self.client, due)?;
        if self.rules.closed {
            require(!self.waits_for_outcomes(), || {
                format!(
                    "no outcome after close: {:?} {:?}",
                    self.awaited, self.cancelling
                )
            })?;
        }
        Ok(())
    }
}

/// The JSON text that a page gets with an event.
fn json_of(event: &Event) -> Option<&str> {
    match event {
        Event::Ack { args, .. } | Event::Message { args, .. } => Some(args),
        Event::SearchEngineSelected(payload) => Some(payload),
        Event::Research { event, .. } => match event {
            ResearchEvent::Log(entry) => Some(&entry.entry),
            ResearchEvent::Step(payload) => Some(payload),
            ResearchEvent::Update(update) => Some(&update.payload),
            _ => None,
        },
        _ => None,
    }
}

/// Whether it comes from the server at this moment. Lines of the log and the end may have waited.
fn is_live_update(event: &Event) -> bool {
    matches!(event, Event::Research { event: ResearchEvent::Update(update), .. } if update.source == Source::Live)
}

fn clock(ahead: i64, now: u64) -> Timestamp {
    Timestamp::from_millis((START + now).saturating_add_signed(ahead))
}

pub(crate) fn config_of(setup: &Setup) -> Config {
    let mut config = Config::new("http://host");
    config.either_path = setup.either_path;
    if setup.websocket && !setup.upgrades {
        config.transport = Transport::WebSocket;
    }
    config.fall_back = setup.falls_back;
    config.upgrade = setup.upgrades;
    config.reconnection = setup.reconnection;
    config.persistent = setup.persistent;
    config.reconnection_attempts = setup.attempts;
    config.history = setup.history;
    // Not drawn: what was kept would be other schedules.
    config.early_history = setup.latency.is_multiple_of(2);
    config.stall_after_ms = setup.stall_after;
    config.max_emit_buffer = setup.emit_buffer as usize;
    config.timeout_ms = setup.timeout;
    config.dedup_entries = setup.dedup_entries as usize;
    config.fallback = setup.fallback.map(|(interval_ms, after)| Fallback {
        interval_ms,
        after,
        ..Fallback::default()
    });
    config
}
