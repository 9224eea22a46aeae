//! Decides what is remembered for the tests: who asked what, when, and how many requests at a time.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use crate::fault::Kind;

/// Sessions are remembered after their end; the oldest go first.
const SESSIONS: usize = 1_000;

/// What has happened since the start or the last reset.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Stats {
    /// All requests but those to the control interface.
    pub requests_total: u64,
    /// The newest of them; how many are kept is set by `Config::request_log`.
    pub requests: VecDeque<Logged>,
    /// Sessions that were opened.
    pub handshakes: u64,
    /// Namespaces that were granted.
    pub connects: u64,
    /// Subscriptions that came, by research.
    pub subscriptions: BTreeMap<String, u64>,
    /// Events that the application emitted, before they were multiplied for the clients.
    pub emitted: u64,
    /// Event packets that left in whole answers.
    pub delivered: u64,
    /// Packets that died with a dead poll, a session, or an answer that never left whole.
    pub lost: u64,
    /// By session id.
    pub sessions: BTreeMap<String, SessionStats>,
    #[serde(skip)]
    order: VecDeque<String>,
}

/// One request in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Logged {
    /// Grows by one with each request.
    pub number: u64,
    /// In upper case.
    pub method: String,
    /// With the query.
    pub path: String,
    /// What it was for.
    pub kind: Kind,
    /// When it came.
    pub t_ms: u64,
    /// The status of its answer; `null` until then, and when there was none.
    pub status: Option<u16>,
    /// When it was answered, refused, or given up by the client.
    pub end_ms: Option<u64>,
    /// How it ended: `whole`, `cut`, `hang`, `refused`, `aborted`, or `open`.
    pub end: &'static str,
    /// Packets in the body of the request.
    pub packets_in: usize,
    /// Packets in the answer.
    pub packets_out: usize,
}

/// What happened in one session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SessionStats {
    /// GETs that are open now.
    pub gets_now: u32,
    /// POSTs that are open now.
    pub posts_now: u32,
    /// The most GETs that were open at a time: 1 with a correct client.
    pub max_gets: u32,
    /// The most POSTs that were open at a time: 1 with a correct client.
    pub max_posts: u32,
    /// GETs in all.
    pub gets: u64,
    /// POSTs in all.
    pub posts: u64,
    /// Packets that the client sent.
    pub packets_in: u64,
    /// Packets that were sent to the client.
    pub packets_out: u64,
    /// The most packets in one POST.
    pub max_packets_in: usize,
}

impl Stats {
    /// Returns the number of the request in the log.
    pub(crate) fn arrived(
        &mut self,
        sid: Option<&str>,
        is_get: bool,
        packets: usize,
        keep: usize,
        entry: impl FnOnce(u64) -> Logged,
    ) -> u64 {
        self.requests_total += 1;
        if let Some(sid) = sid {
            let session = self.session(sid);
            session.packets_in += packets as u64;
            session.max_packets_in = session.max_packets_in.max(packets);
            if is_get {
                session.gets += 1;
                session.gets_now += 1;
                session.max_gets = session.max_gets.max(session.gets_now);
            } else {
                session.posts += 1;
                session.posts_now += 1;
                session.max_posts = session.max_posts.max(session.posts_now);
            }
        }
        if keep > 0 {
            while self.requests.len() >= keep {
                self.requests.pop_front();
            }
            self.requests.push_back(entry(self.requests_total));
        }
        self.requests_total
    }

    pub(crate) fn ended(
        &mut self,
        number: u64,
        session: Option<(&str, bool)>,
        finish: impl FnOnce(&mut Logged),
    ) {
        if let Some((sid, is_get)) = session {
            let session = self.session(sid);
            let open = if is_get {
                &mut session.gets_now
            } else {
                &mut session.posts_now
            };
            *open = open.saturating_sub(1);
        }
        let first = self.requests.front().map_or(0, |entry| entry.number);
        let index = number
            .checked_sub(first)
            .and_then(|index| usize::try_from(index).ok());
        if let Some(entry) = index.and_then(|index| self.requests.get_mut(index)) {
            finish(entry);
        }
    }

    /// Ids that no server ever gave out get an entry too: a client may ask with any.
    pub(crate) fn session(&mut self, sid: &str) -> &mut SessionStats {
        if !self.sessions.contains_key(sid) {
            self.order.push_back(sid.to_owned());
            if self.order.len() > SESSIONS
                && let Some(oldest) = self.order.pop_front()
            {
                self.sessions.remove(&oldest);
            }
        }
        self.sessions.entry(sid.to_owned()).or_default()
    }
}
