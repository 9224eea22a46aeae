//! Decides what the Engine.IO part of the server does with GETs, POSTs and time.

mod packet;
mod session;

use std::collections::{BTreeMap, VecDeque};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::config::Config;
use crate::random::Random;
use packet::DecodeError;
pub(crate) use packet::{Message, Packet, SEPARATOR};
use session::{Heartbeat, Poll, Session};

/// python-engineio decodes no more packets than this in one POST.
const PYTHON_PACKETS: usize = 16;

/// Packets that wait in a session. The real server has no such limit; here a client that never polls
/// must not eat the memory of a simulation.
const QUEUE: usize = 100_000;

/// All sessions. What happens is left in `answers` and `events`, for the server to pick up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Engine {
    sessions: BTreeMap<String, Session>,
    opened: u32,
    pub(crate) answers: VecDeque<(u64, Answer)>,
    pub(crate) events: VecDeque<Event>,
    /// Packets that a dead poll took, or that waited when their session ended.
    pub(crate) lost: u64,
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// 200 with these packets.
    Packets(Vec<String>),
    /// 200 without packets: a POST was accepted.
    Accepted,
    /// A refusal with this status, python's text, and the official code and message.
    Refused {
        status: u16,
        python: String,
        code: u8,
        message: &'static str,
    },
    /// The request is never answered.
    Never,
}

/// What the layer above has to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Message { sid: String, message: Message },
    Closed { sid: String },
}

impl Engine {
    pub(crate) fn open(
        &mut self,
        now: u64,
        id: u64,
        echo: bool,
        config: &Config,
        dice: &mut Random,
    ) -> String {
        let sid = self.new_sid(dice);
        let open = json!({
            "sid": sid,
            "upgrades": config.upgrades,
            "pingTimeout": config.ping_timeout_ms,
            "pingInterval": config.ping_interval_ms,
            "maxPayload": config.max_payload,
        });
        let heartbeat = match config.pings {
            true => Heartbeat::Quiet {
                ping_at: now.saturating_add(config.ping_interval_ms),
            },
            false => Heartbeat::Off,
        };
        self.sessions
            .insert(sid.clone(), Session::new(echo, heartbeat));
        let packets = vec![Packet::Open(open.to_string()).encode()];
        self.answers.push_back((id, Answer::Packets(packets)));
        sid
    }

    /// Holds a GET until there is something to say; `flush` says it.
    pub(crate) fn poll(&mut self, sid: &str, id: u64, config: &Config) {
        let Some(session) = self.sessions.get_mut(sid) else {
            self.answers.push_back((id, unknown(sid)));
            return;
        };
        if !session.polls.is_empty() && !config.quirks.two_polls_share {
            let message = "Bad request";
            let python = "Bad Request".to_owned();
            self.answers.push_back((
                id,
                Answer::Refused {
                    status: 400,
                    python,
                    code: 3,
                    message,
                },
            ));
            self.close(sid, Some(Packet::Close));
            return;
        }
        session.polls.push_back(Poll::Alive(id));
    }

    pub(crate) fn post(&mut self, now: u64, sid: &str, id: u64, body: &[u8], config: &Config) {
        let quirks = &config.quirks;
        if !self.sessions.contains_key(sid) {
            self.answers.push_back((id, unknown(sid)));
            return;
        }
        if body.len() > config.max_payload {
            self.violation(sid, id, 413, config);
            return;
        }
        let texts = std::str::from_utf8(body).map(|text| text.split(SEPARATOR).collect::<Vec<_>>());
        let texts = texts.unwrap_or_default();
        let too_many = quirks.drops_above_16_packets && texts.len() > PYTHON_PACKETS;
        let packets: Vec<_> = texts.into_iter().map(Packet::decode).collect();
        let malformed = packets.is_empty() || packets.contains(&Err(DecodeError::Malformed));
        if too_many || (malformed && quirks.malformed_is_ignored) {
            self.answers.push_back((id, Answer::Accepted));
            return;
        }
        if malformed {
            self.violation(sid, id, 400, config);
            return;
        }
        let mut closed = false;
        for packet in packets {
            match packet {
                Ok(Packet::Message(message)) => self.message(sid, message),
                Ok(Packet::Pong(_)) => self.pong(now, sid, config),
                Ok(Packet::Close) => {
                    let last = (!quirks.empty_body_on_close).then_some(Packet::Noop);
                    self.close(sid, last);
                    closed = true;
                }
                Ok(Packet::Upgrade) => self.send(sid, Packet::Noop),
                Ok(Packet::Open(_) | Packet::Ping(_) | Packet::Noop | Packet::Raw(_)) | Err(_) => {
                    self.violation(sid, id, 400, config);
                    return;
                }
            }
            if closed {
                break;
            }
        }
        self.answers.push_back((id, Answer::Accepted));
    }

    pub(crate) fn send(&mut self, sid: &str, packet: Packet) {
        let Some(session) = self.sessions.get_mut(sid) else {
            return;
        };
        if session.queue.len() < QUEUE {
            session.queue.push_back(packet);
        } else {
            self.lost += 1;
        }
    }

    /// Ends a session. The first held poll gets what waits and `last`, the others an empty answer.
    pub(crate) fn close(&mut self, sid: &str, last: Option<Packet>) {
        let Some(mut session) = self.sessions.remove(sid) else {
            return;
        };
        session.queue.extend(last);
        let mut polls = session.polls.into_iter();
        match polls.next() {
            Some(Poll::Alive(id)) => {
                let packets = session.queue.iter().map(Packet::encode).collect();
                self.answers.push_back((id, Answer::Packets(packets)));
            }
            Some(Poll::Dead) | None => self.lost += session.queue.len() as u64,
        }
        for poll in polls {
            if let Poll::Alive(id) = poll {
                self.answers.push_back((id, Answer::Packets(Vec::new())));
            }
        }
        self.events.push_back(Event::Closed {
            sid: sid.to_owned(),
        });
    }

    /// The client of a held GET is gone.
    pub(crate) fn aborted(&mut self, sid: &str, id: u64, config: &Config) {
        let Some(session) = self.sessions.get_mut(sid) else {
            return;
        };
        let Some(poll) = session
            .polls
            .iter_mut()
            .find(|poll| **poll == Poll::Alive(id))
        else {
            return;
        };
        *poll = Poll::Dead;
        if !config.quirks.dead_polls_take_messages {
            self.close(sid, None);
        }
    }

    /// Answers the polls for which something waits. Called once at the end of an input, so that what
    /// was emitted together travels together.
    pub(crate) fn flush(&mut self) {
        for session in self.sessions.values_mut() {
            if session.queue.is_empty() {
                continue;
            }
            let Some(poll) = session.polls.pop_front() else {
                continue;
            };
            let packets: Vec<_> = session
                .queue
                .drain(..)
                .map(|packet| packet.encode())
                .collect();
            match poll {
                Poll::Alive(id) => self.answers.push_back((id, Answer::Packets(packets))),
                Poll::Dead => self.lost += packets.len() as u64,
            }
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: u64, config: &Config) {
        let mut expired = Vec::new();
        for (sid, session) in &mut self.sessions {
            match session.heartbeat {
                Heartbeat::Quiet { ping_at } if ping_at <= now => {
                    session.queue.push_back(Packet::Ping(String::new()));
                    let close_at = now.saturating_add(config.ping_timeout_ms);
                    session.heartbeat = Heartbeat::Pinged { close_at };
                }
                Heartbeat::Pinged { close_at } if close_at <= now => expired.push(sid.clone()),
                Heartbeat::Quiet { .. } | Heartbeat::Pinged { .. } | Heartbeat::Off => {}
            }
        }
        for sid in expired {
            self.close(&sid, None);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<u64> {
        self.sessions
            .values()
            .filter_map(Session::next_timeout)
            .min()
    }

    pub(crate) fn stop_pings(&mut self, sid: &str) {
        if let Some(session) = self.sessions.get_mut(sid) {
            session.heartbeat = Heartbeat::Off;
        }
    }

    pub(crate) fn contains(&self, sid: &str) -> bool {
        self.sessions.contains_key(sid)
    }

    pub(crate) fn sids(&self) -> Vec<String> {
        self.sessions.keys().cloned().collect()
    }

    /// Forgets all sessions, as a process does that ends.
    pub(crate) fn restart(&mut self) {
        self.lost += self
            .sessions
            .values()
            .map(|session| session.queue.len() as u64)
            .sum::<u64>();
        self.sessions.clear();
        self.opened = 0;
    }

    fn message(&mut self, sid: &str, message: Message) {
        match self.sessions.get_mut(sid) {
            Some(session) if session.echo => session.queue.push_back(Packet::Message(message)),
            Some(_) => self.events.push_back(Event::Message {
                sid: sid.to_owned(),
                message,
            }),
            None => {}
        }
    }

    fn pong(&mut self, now: u64, sid: &str, config: &Config) {
        if let Some(session) = self.sessions.get_mut(sid)
            && let Heartbeat::Pinged { .. } = session.heartbeat
        {
            session.heartbeat = Heartbeat::Quiet {
                ping_at: now.saturating_add(config.ping_interval_ms),
            };
        }
    }

    /// python-engineio joins the queue of the session while it answers the POST, which never ends.
    fn violation(&mut self, sid: &str, id: u64, status: u16, config: &Config) {
        let python = "Bad Request".to_owned();
        let refused = Answer::Refused {
            status,
            python,
            code: 3,
            message: "Bad request",
        };
        let hangs = config.quirks.violating_post_hangs;
        self.answers
            .push_back((id, if hangs { Answer::Never } else { refused }));
        self.close(sid, Some(Packet::Close));
    }

    /// Twelve random bytes and a counter, as python-engineio makes them.
    fn new_sid(&mut self, dice: &mut Random) -> String {
        let mut bytes = Vec::with_capacity(15);
        bytes.extend_from_slice(&dice.next().to_be_bytes());
        bytes.extend(dice.next().to_be_bytes().iter().take(4));
        bytes.extend(self.opened.to_be_bytes().iter().skip(1));
        self.opened = self.opened.wrapping_add(1);
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

/// The answer to a session id that nobody knows, or no longer.
pub(crate) fn unknown(sid: &str) -> Answer {
    let python = format!("Invalid session {sid}");
    Answer::Refused {
        status: 400,
        python,
        code: 1,
        message: "Session ID unknown",
    }
}
