//! Decides what the server does when a test asks for something.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::app::{Page, Start, number};
use crate::control::{Burst, Command, Emit, Sessions, parse};
use crate::engine::{Engine, Packet};
use crate::server::{Network, Server};
use crate::{OfflineMode, Request};

impl Server {
    /// Does what a test asks for, and answers it. Drain `poll_output` afterwards.
    pub fn control(&mut self, now_ms: u64, command: Command) -> Value {
        self.advance(now_ms);
        let answer = self.command(command);
        self.settle();
        answer
    }

    pub(crate) fn control_request(&mut self, request: &Request) -> Page {
        let name = request.route().trim_start_matches("/control");
        let name = name.strip_prefix('/').unwrap_or(name);
        match (request.method.as_str(), name) {
            ("OPTIONS", _) => Page::json(200, &json!({})),
            ("GET", "stats") => Page::json(200, &json!(self.stats)),
            ("GET", "config") => Page::json(200, &json!(self.config)),
            ("GET", "faults") => Page::json(200, &json!(self.faults.entries())),
            ("GET", "") => Page::json(200, &self.overview()),
            ("DELETE", "faults") => {
                self.faults.clear();
                Page::json(200, &json!({"ok": true}))
            }
            ("POST", _) => match parse(name, &request.body) {
                Ok(command) => {
                    let answer = self.command(command);
                    let status = if answer.get("error").is_some() {
                        400
                    } else {
                        200
                    };
                    Page::json(status, &answer)
                }
                Err(error) => Page::json(400, &json!({"error": error})),
            },
            _ => Page::json(404, &json!({"error": "No such command; see README.md"})),
        }
    }

    pub(crate) fn command(&mut self, command: Command) -> Value {
        if let Err(error) = command.check(self.faults.entries().len()) {
            return json!({"error": error});
        }
        match command {
            Command::Faults(add) => {
                if add.replace {
                    self.faults.clear();
                }
                for fault in add.faults {
                    self.faults.add(fault);
                }
            }
            Command::Emit(emit) => return self.emit(emit),
            Command::Burst(burst) => return self.burst(&burst),
            Command::Research(research) => {
                let start = Start {
                    id: research.research_id,
                    query: research.query,
                    style: research.style,
                    outcome: research.outcome,
                    iterations: research.iterations,
                    step_ms: research.step_ms,
                    scripted: research.script,
                };
                let id = self.with_app(|app, ctx| app.start(start, ctx));
                return json!({"ok": true, "research_id": id});
            }
            Command::End(end) => {
                self.with_app(|app, ctx| app.end(&end.research_id, &end.outcome, ctx));
            }
            Command::Restart(restart) => {
                self.restart(restart.down_ms, restart.researches_die, None);
                if restart.sign_out {
                    self.app.sign_out();
                }
            }
            Command::Offline(offline) => self.offline(offline.ms, offline.mode),
            Command::Online(_) => self.network = Network::Up,
            Command::DropOpen(which) => {
                return json!({"ok": true, "requests": self.drop_open(which.kind, which.mode)});
            }
            Command::Disconnect(which) => {
                for sid in self.chosen(&which) {
                    self.sockets.disconnect(&sid, &mut self.engine);
                }
            }
            Command::DisconnectUnsaid(which) => {
                for sid in self.chosen(&which) {
                    self.sockets.leave(&sid);
                }
            }
            Command::Close(which) => {
                for sid in self.chosen(&which) {
                    self.engine.close(&sid, Some(Packet::Close));
                }
            }
            Command::SignOut(_) => self.app.sign_out(),
            Command::Config(patch) => return self.configure(patch),
            Command::Stats(_) => return json!(self.stats),
            Command::Reset(_) => self.reset(),
        }
        json!({"ok": true})
    }

    fn chosen(&self, which: &Sessions) -> Vec<String> {
        match &which.sid {
            Some(sid) => vec![sid.clone()],
            None => self.engine.sids(),
        }
    }

    fn emit(&mut self, emit: Emit) -> Value {
        let attachments: Result<Vec<_>, _> = emit
            .attachments
            .iter()
            .map(|text| STANDARD.decode(text))
            .collect();
        let Ok(attachments) = attachments else {
            return json!({"error": "attachments have to be base64"});
        };
        if emit
            .sid
            .as_deref()
            .is_some_and(|sid| !self.engine.contains(sid))
        {
            return json!({"error": "no such session"});
        }
        let sids = self.chosen(&Sessions { sid: emit.sid });
        if let Some(id) = &emit.research_id {
            self.with_app(|app, ctx| app.emit(id, &emit.data, ctx));
        }
        if let Some(name) = &emit.event {
            self.stats.emitted += 1;
            let data = emit.data.to_string();
            self.sockets
                .emit(&sids, name, &data, &attachments, &mut self.engine);
        }
        for sid in &sids {
            send_raw(&mut self.engine, sid, &emit.packets);
        }
        json!({"ok": true, "sessions": sids.len()})
    }

    /// Lines and updates alternate as evenly as their numbers allow.
    fn burst(&mut self, burst: &Burst) -> Value {
        let id = burst.research_id.as_str();
        let mut last_line = 0;
        let mut updates = 0;
        for n in 0..burst.lines.max(burst.updates) {
            if n < burst.lines {
                let mut message = burst.prefix.clone();
                if burst.numbered {
                    message = format!("{message} {}", burst.first.saturating_add(n));
                }
                while message.len() < burst.length {
                    message.push('.');
                }
                let (live, store) = (burst.live, burst.store);
                let level = burst.level.as_str();
                last_line =
                    self.with_app(|app, ctx| app.line(id, level, &message, live, store, ctx));
            }
            let due = u64::from(n + 1) * u64::from(burst.updates)
                / u64::from(burst.lines.max(burst.updates));
            while updates < due {
                updates += 1;
                let progress = updates as f64 * 99.0 / f64::from(burst.updates);
                let progress = number((progress * 100.0).round() / 100.0);
                let message = format!("update {updates}");
                let data = json!({"progress": progress, "message": message, "phase": "search"});
                self.with_app(|app, ctx| app.emit(id, &data, ctx));
            }
        }
        json!({"ok": true, "lines": burst.lines, "updates": updates, "last_line_id": last_line})
    }

    fn configure(&mut self, patch: Value) -> Value {
        match self.config.merged(patch) {
            Ok(config) => {
                self.config = config;
                json!({"ok": true})
            }
            Err(error) => json!({"error": error}),
        }
    }

    fn reset(&mut self) {
        self.offline(None, OfflineMode::Refuse);
        self.settle();
        let mut fresh = Self::new(self.initial.clone(), self.dice.next());
        fresh.now = self.now;
        fresh.take_outputs(self);
        *self = fresh;
    }
}

fn send_raw(engine: &mut Engine, sid: &str, packets: &[String]) {
    for packet in packets {
        engine.send(sid, Packet::Raw(packet.clone()));
    }
}
