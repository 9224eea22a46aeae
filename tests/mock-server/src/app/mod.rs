//! Decides what the application does: who is told of which update, and when scripts take a step.

mod course;
mod pages;
mod research;
mod script;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::config::{AppConfig, Audience, Config, EventName};
use crate::engine::Engine;
use crate::random::Random;
use crate::socket::Sockets;
use crate::stats::Stats;
pub(crate) use pages::Page;
use research::{Line, Research};
pub use script::{Outcome, Style};

/// The researches and who is signed in.
#[derive(Clone, Debug, Default)]
pub(crate) struct App {
    researches: BTreeMap<String, Research>,
    /// Waiting for their turn, the next one first.
    queue: Vec<String>,
    tokens: BTreeSet<String>,
    /// The sessions of nobody, each with the words of its refusals.
    nobodys: BTreeMap<String, String>,
    next_line: u64,
    last_micros: u64,
    /// Lines that wait to be stored, with their researches.
    unstored: Vec<(String, Line)>,
    lost_lines: u64,
}

/// What the application needs of the server around it.
pub(crate) struct Context<'a> {
    pub(crate) now: u64,
    pub(crate) config: &'a Config,
    pub(crate) engine: &'a mut Engine,
    pub(crate) sockets: &'a mut Sockets,
    pub(crate) stats: &'a mut Stats,
    pub(crate) dice: &'a mut Random,
}

impl Context<'_> {
    /// Milliseconds since 1970.
    fn wall_clock_ms(&self) -> u64 {
        self.config.wall_clock_ms.saturating_add(self.now)
    }
}

/// A research to start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Start {
    pub(crate) id: Option<String>,
    pub(crate) query: String,
    pub(crate) style: Style,
    pub(crate) outcome: Outcome,
    pub(crate) iterations: Option<u32>,
    pub(crate) step_ms: Option<u64>,
    /// Whether it runs by itself; else it waits for what the tests emit.
    pub(crate) scripted: bool,
}

impl App {
    pub(crate) fn joined(&mut self, sid: &str, config: &AppConfig) {
        if config.keeps_persons
            && let Some(words) = &config.refuse_subscriptions
        {
            self.nobodys.insert(sid.to_owned(), words.clone());
        }
    }

    pub(crate) fn received(&mut self, sid: &str, name: &str, data: &Value, ctx: &mut Context<'_>) {
        let Some(id) = data.get("research_id").and_then(id_text) else {
            return;
        };
        match name {
            "subscribe_to_research" => self.subscribe(sid, &id, ctx),
            "unsubscribe_from_research" if ctx.config.app.subscribe_errors => {
                if let Some(research) = self.researches.get_mut(&id) {
                    research.subscribers.remove(sid);
                }
            }
            // `join` and `leave` have no handler on the real server either.
            _ => {}
        }
    }

    fn subscribe(&mut self, sid: &str, id: &str, ctx: &mut Context<'_>) {
        if ctx.config.app.subscribe_errors
            && let Some(error) = ctx
                .config
                .app
                .refuse_subscriptions
                .as_ref()
                .or_else(|| self.nobodys.get(sid))
        {
            let data = json!({"error": error, "research_id": id}).to_string();
            ctx.sockets
                .emit(&[sid.to_owned()], "subscribe_error", &data, &[], ctx.engine);
            if error == "Session expired" {
                ctx.sockets.disconnect(sid, ctx.engine);
            }
            return;
        }
        *ctx.stats.subscriptions.entry(id.to_owned()).or_default() += 1;
        let research = self.research(id, ctx);
        research.subscribers.insert(sid.to_owned());
        if !ctx.config.app.snapshot || research.status != "in_progress" {
            return;
        }
        let Some(line) = research.lines.back() else {
            return;
        };
        let snapshot = json!({
            "progress": research.progress,
            "message": research.message,
            "status": "in_progress",
            "log_entry": line.live(),
        })
        .to_string();
        for name in ctx.config.app.snapshot_event.names(id) {
            ctx.sockets
                .emit(&[sid.to_owned()], &name, &snapshot, &[], ctx.engine);
        }
    }

    /// A research that nobody started is taken to run: tests may emit without ceremony.
    pub(super) fn research(&mut self, id: &str, ctx: &Context<'_>) -> &mut Research {
        let step_ms = ctx.config.app.step_ms;
        self.researches
            .entry(id.to_owned())
            .or_insert_with(|| Research::new(Style::Live, step_ms))
    }

    /// Sends a payload of a research to everybody who gets it, and remembers what it says.
    pub(crate) fn emit(&mut self, id: &str, payload: &Value, ctx: &mut Context<'_>) {
        let research = self.research(id, ctx);
        if let Some(status) = payload.get("status").and_then(Value::as_str) {
            research.status = status.to_owned();
        }
        if let Some(progress) = payload
            .get("progress")
            .filter(|progress| progress.is_number())
        {
            research.progress = progress.clone();
        }
        if let Some(message) = payload.get("message").and_then(Value::as_str) {
            research.message = message.to_owned();
        }
        if research.ended() && research.completed_at.is_none() {
            research.completed_at = Some(ctx.wall_clock_ms());
            research.script.clear();
            research.step_at = None;
        }
        self.send(id, &payload.to_string(), ctx);
        if self.researches.get(id).is_some_and(Research::ended) {
            self.promote(ctx);
        }
    }

    /// Sends a payload to everybody who gets what concerns this research.
    fn send(&mut self, id: &str, payload: &str, ctx: &mut Context<'_>) {
        let research = self.research(id, ctx);
        let subscribers: Vec<_> = research.subscribers.iter().cloned().collect();
        let event = match research.style {
            // Benchmarks use this name in every release.
            Style::Benchmark => EventName::ResearchProgress,
            Style::Live | Style::Documented => ctx.config.app.live_event,
        };
        let audience: Vec<_> = match ctx.config.app.audience {
            Audience::EverybodyAndSubscribers => ctx
                .sockets
                .members()
                .into_iter()
                .chain(subscribers)
                .collect(),
            Audience::SubscribersOrEverybody if subscribers.is_empty() => ctx.sockets.members(),
            Audience::SubscribersOrEverybody | Audience::Subscribers => subscribers,
        };
        ctx.stats.emitted += 1;
        for name in event.names(id) {
            ctx.sockets.emit(&audience, &name, payload, &[], ctx.engine);
        }
    }

    /// Writes a log line: live, stored, or both.
    pub(crate) fn line(
        &mut self,
        id: &str,
        level: &str,
        message: &str,
        live: bool,
        store: bool,
        ctx: &mut Context<'_>,
    ) -> u64 {
        self.next_line += 1;
        let line = Line {
            id: self.next_line,
            micros: self.stamp(ctx),
            level: level.to_owned(),
            message: message.to_owned(),
        };
        let payload = line.payload();
        if store {
            match ctx.config.app.log_queue {
                Some(room) if self.unstored.len() >= room => self.lost_lines += 1,
                Some(_) => self.unstored.push((id.to_owned(), line)),
                None => self.store(id, line, ctx),
            }
        }
        if live {
            self.send(id, &payload, ctx);
        }
        self.next_line
    }

    fn store(&mut self, id: &str, line: Line, ctx: &Context<'_>) {
        let keep = ctx.config.app.stored_lines;
        self.research(id, ctx).store(line, keep);
    }

    /// Stores what waits for that.
    pub(super) fn flush_log(&mut self, ctx: &Context<'_>) {
        for (id, line) in std::mem::take(&mut self.unstored) {
            self.store(&id, line, ctx);
        }
    }

    /// How many lines were never stored, since too many waited for that.
    pub(crate) const fn lost_lines(&self) -> u64 {
        self.lost_lines
    }

    /// Microseconds that grow, though the server's clock has milliseconds only.
    pub(super) fn stamp(&mut self, ctx: &Context<'_>) -> u64 {
        let now = ctx.wall_clock_ms().saturating_mul(1_000);
        self.last_micros = now.max(self.last_micros.saturating_add(1));
        self.last_micros
    }

    /// Makes a research that runs and waits for what it is told, unless there is one.
    pub(crate) fn make(&mut self, id: &str, ctx: &Context<'_>) {
        self.research(id, ctx);
    }

    pub(crate) fn has_ended(&self, id: &str) -> bool {
        self.researches.get(id).is_some_and(Research::ended)
    }

    /// The time of the line or step that was written last.
    pub(crate) fn last_stamp(&self) -> u64 {
        self.last_micros
    }

    pub(crate) fn is_subscribed(&self, sid: &str, id: &str) -> bool {
        let research = self.researches.get(id);
        research.is_some_and(|research| research.subscribers.contains(sid))
    }

    pub(crate) fn is_nobodys(&self, sid: &str) -> bool {
        self.nobodys.contains_key(sid)
    }

    pub(crate) fn closed(&mut self, sid: &str) {
        self.nobodys.remove(sid);
        for research in self.researches.values_mut() {
            research.subscribers.remove(sid);
        }
    }

    /// A restart ends all subscriptions; running researches stay `in_progress` for ever if they die.
    pub(crate) fn restart(&mut self, researches_die: bool) {
        for research in self.researches.values_mut() {
            research.subscribers.clear();
            if researches_die {
                research.script.clear();
                research.step_at = None;
            }
        }
    }

    pub(crate) fn sign_out(&mut self) {
        self.tokens.clear();
    }
}

/// Ids are strings, but benchmarks count: both are accepted everywhere.
fn id_text(value: &Value) -> Option<String> {
    let text = value
        .as_str()
        .map(str::to_owned)
        .or_else(|| value.as_u64().map(|n| n.to_string()));
    text.filter(|text| !text.is_empty())
}

/// Whole numbers are written without a fraction, as the real server mostly does.
pub(crate) fn number(value: f64) -> Value {
    if value.fract() == 0.0 {
        json!(value as i64)
    } else {
        json!(value)
    }
}

fn json_id(id: &str) -> Value {
    id.parse::<u64>()
        .map_or_else(|_| json!(id), |number| json!(number))
}
