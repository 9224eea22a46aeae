//! Decides what happens to a request on its way in: the log, the network, the faults.

use crate::admission::refusal;
use crate::app::Page;
use crate::engine::{self, Answer, SEPARATOR};
use crate::fault::{Action, Kind};
use crate::reply::{Pending, Reply, status_page};
use crate::server::{Network, Server};
use crate::socket::ConnectRule;
use crate::stats::Logged;
use crate::{Delivery, Output, Request};

impl Server {
    pub(crate) fn arrive(&mut self, request: Request) {
        if is_control(request.route()) {
            let open = self.config.control_from_anywhere;
            let refusal = if open { None } else { refusal(&request) };
            let page = refusal.unwrap_or_else(|| self.control_request(&request));
            let page = page.with("X-Content-Type-Options", "nosniff");
            let pending = Pending::control(&request);
            self.outputs
                .push_back(Output::Respond(pending.finish(request.id, page, open)));
            return;
        }
        let kind = self.kind(&request);
        let sid = match kind {
            Kind::Poll | Kind::Post | Kind::Connect => request.query("sid"),
            Kind::Handshake | Kind::Session | Kind::Socket | Kind::Api | Kind::Page => None,
        };
        let packets_in = match sid {
            Some(_) if !request.body.is_empty() => {
                1 + request
                    .body
                    .iter()
                    .filter(|byte| char::from(**byte) == SEPARATOR)
                    .count()
            }
            Some(_) | None => 0,
        };
        let (now, keep) = (self.now, self.config.request_log);
        let is_get = request.method == "GET";
        let number = self
            .stats
            .arrived(sid, is_get, packets_in, keep, |number| Logged {
                number,
                method: request.method.clone(),
                path: request.path.clone(),
                kind,
                t_ms: now,
                status: None,
                end_ms: None,
                end: "open",
                packets_in,
                packets_out: 0,
            });
        let pending = Pending::new(&request, kind, sid, number);
        self.pending.insert(request.id, pending);
        if let Network::Down { mode, .. } = self.network {
            self.unreachable(request.id, mode);
            return;
        }
        if request.method == "OPTIONS" {
            // A browser's question before the request proper; faults are for the latter.
            let page = Page::new(200, "text/plain", "OK".into());
            self.respond(request.id, Reply::Page(page));
            return;
        }
        let actions = self.faults.meet(kind, &request, &mut self.dice);
        self.apply(request, actions);
    }

    pub(crate) fn kind(&self, request: &Request) -> Kind {
        let route = request.route();
        if self.socket_path(route).is_none() {
            let api = route.starts_with("/api/") || route.starts_with("/history/");
            return if api { Kind::Api } else { Kind::Page };
        }
        match (request.query("sid"), request.method.as_str()) {
            (None, _) => Kind::Handshake,
            (Some(_), "POST") => {
                let mut packets = request.body.split(|byte| char::from(*byte) == SEPARATOR);
                let connects = packets.any(|packet| packet.starts_with(b"40"));
                if connects { Kind::Connect } else { Kind::Post }
            }
            (Some(_), _) => Kind::Poll,
        }
    }

    /// Applies the faults that met a request, then serves it unless one of them answered.
    pub(crate) fn apply(&mut self, request: Request, actions: Vec<Action>) {
        let id = request.id;
        self.sockets.connect_rule = None;
        let mut drops_packets = false;
        let mut after = Vec::new();
        let mut actions = actions.into_iter();
        while let Some(action) = actions.next() {
            match action {
                Action::Refuse => return self.finish(id, None, Delivery::Refuse),
                Action::HangInHead => return self.finish(id, None, Delivery::HangInHead),
                Action::Status {
                    code,
                    retry_after,
                    body,
                    content_type,
                } => {
                    let page = status_page(code, retry_after, body, content_type);
                    return self.respond(id, Reply::Page(page));
                }
                Action::LoginPage => return self.respond(id, Reply::Page(Page::login())),
                Action::WrongContent { body, content_type } => {
                    return self.respond(id, Reply::Page(Page::new(200, &content_type, body)));
                }
                Action::WrongWorker => {
                    let sid = request.query("sid").unwrap_or_default();
                    return self.respond(id, Reply::Engine(engine::unknown(sid)));
                }
                Action::DropPackets => drops_packets = true,
                Action::Hold { ms } => {
                    if let Some(pending) = self.pending.get_mut(&id) {
                        pending.after_hold = actions.collect();
                    }
                    self.sequence += 1;
                    let at = self.now.saturating_add(ms);
                    self.held.insert((at, self.sequence), request);
                    return;
                }
                Action::Restart { down_ms } => {
                    self.restart(down_ms, false, Some(id));
                    if self.network != Network::Up {
                        return self.finish(id, None, Delivery::Refuse);
                    }
                }
                Action::Offline { ms, mode } => {
                    return self.offline(Some(ms), mode);
                }
                Action::ConnectError { data } => {
                    self.sockets.connect_rule = Some(ConnectRule::Refuse(data));
                }
                Action::NoConnectAnswer => self.sockets.connect_rule = Some(ConnectRule::Ignore),
                Action::NoPings | Action::Disconnect | Action::ClosePacket => after.push(action),
                Action::Delay { .. }
                | Action::LoseAnswer
                | Action::HangInBody { .. }
                | Action::Cut { .. }
                | Action::Inject { .. }
                | Action::Duplicate
                | Action::Reorder
                | Action::PadTo { .. } => {
                    if let Some(pending) = self.pending.get_mut(&id) {
                        pending.on_answer.push(action);
                    }
                }
            }
        }
        let sid = if drops_packets {
            self.respond(id, Reply::Engine(Answer::Accepted));
            None
        } else {
            self.serve(&request)
        };
        self.digest();
        self.sockets.connect_rule = None;
        for action in after {
            let Some(sid) = &sid else { continue };
            if let Action::NoPings = action {
                self.engine.stop_pings(sid);
            } else if let Action::Disconnect = action {
                self.sockets.disconnect(sid, &mut self.engine);
            } else {
                self.engine.close(sid, Some(engine::Packet::Close));
            }
        }
    }

    pub(crate) fn aborted(&mut self, id: u64) {
        self.held.retain(|_, request| request.id != id);
        self.delayed.retain(|_, response| response.id != id);
        let Some(pending) = self.pending.remove(&id) else {
            return;
        };
        pending.log(&mut self.stats, self.now, "aborted", None, 0);
        if let Some(sid) = &pending.sid {
            self.engine.aborted(sid, id, &self.config);
        }
    }
}

fn is_control(route: &str) -> bool {
    route
        .strip_prefix("/control")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
