//! What a simulation does with the server: without HTTP, without JSON, thousands of times a second.

use serde_json::json;

use crate::app::Outcome;
use crate::config::Config;
use crate::fault::Fault;
use crate::server::Server;

/// A log line that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its number in the stored log.
    pub id: u64,
    /// Its time in microseconds since 1970. No two lines have the same.
    pub micros: u64,
}

impl Server {
    /// Writes a log line: live, stored, or both. Drain `poll_output` afterwards.
    pub fn write_line(
        &mut self,
        now_ms: u64,
        research: &str,
        level: &str,
        message: &str,
        live: bool,
        stored: bool,
    ) -> Written {
        self.advance(now_ms);
        let id = self.with_app(|app, ctx| app.line(research, level, message, live, stored, ctx));
        self.settle();
        Written {
            id,
            micros: self.app.last_stamp(),
        }
    }

    /// Reports progress, with a status or without. Drain `poll_output` afterwards.
    pub fn send_progress(&mut self, now_ms: u64, research: &str, percent: u8, status: bool) {
        self.advance(now_ms);
        let message = format!("{percent} per cent");
        let payload = match status {
            true => json!({"progress": percent, "message": message, "status": "in_progress"}),
            false => json!({"progress": percent, "message": message, "phase": "search"}),
        };
        self.with_app(|app, ctx| app.emit(research, &payload, ctx));
        self.settle();
    }

    /// Makes a research that runs and waits for what it is told.
    pub fn start_research(&mut self, now_ms: u64, research: &str) {
        self.advance(now_ms);
        self.with_app(|app, ctx| app.make(research, ctx));
    }

    /// Adds a fault.
    pub fn break_next(&mut self, fault: Fault) {
        self.faults.add(fault);
    }

    /// Ends a research. Drain `poll_output` afterwards.
    pub fn end_research(&mut self, now_ms: u64, research: &str, outcome: &Outcome) {
        self.advance(now_ms);
        self.with_app(|app, ctx| app.end(research, outcome, ctx));
        self.settle();
    }

    /// Ends a research of which nobody is told: its last updates are lost.
    pub fn end_unsaid(&mut self, now_ms: u64, research: &str) {
        self.advance(now_ms);
        self.with_app(|app, ctx| app.end_unsaid(research, ctx));
        self.settle();
    }

    /// Whether the research has ended.
    pub fn has_ended(&self, research: &str) -> bool {
        self.app.has_ended(research)
    }

    /// How many lines were lost, since nobody has asked the application for anything for too long.
    pub fn lost_lines(&self) -> u64 {
        self.app.lost_lines()
    }

    /// How many sessions there are.
    pub fn sessions(&self) -> usize {
        self.engine.sids().len()
    }

    /// Whether this is one of them.
    pub fn has_session(&self, sid: &str) -> bool {
        self.engine.contains(sid)
    }

    /// Those that are in the main namespace.
    pub fn members(&self) -> Vec<String> {
        self.sockets.members()
    }

    /// How many of them began while nobody was signed in, and tell nothing.
    pub fn sessions_of_nobody(&self) -> usize {
        let sids = self.engine.sids();
        sids.iter().filter(|sid| self.app.is_nobodys(sid)).count()
    }

    /// Stops the pings of all sessions that are open.
    pub fn stop_pings(&mut self) {
        for sid in self.engine.sids() {
            self.engine.stop_pings(&sid);
        }
    }

    /// Whether this session follows the research.
    pub fn is_subscribed(&self, sid: &str, research: &str) -> bool {
        self.sockets.connected(sid, "/") && self.app.is_subscribed(sid, research)
    }

    /// The settings, which can be changed while the server runs.
    pub fn config_mut(&mut self) -> &mut Config {
        &mut self.config
    }
}
