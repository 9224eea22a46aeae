//! Decides what becomes of answers on their way out, and of open requests when the network goes.

use crate::engine::SEPARATOR;
use crate::fault::{Kind, OfflineMode};
use crate::reply::{Pending, Reply};
use crate::server::{Network, Server};
use crate::{Delivery, Output, Response};

impl Server {
    /// Completes an answer with what its request's faults do to it.
    pub(crate) fn respond(&mut self, id: u64, reply: Reply) {
        let Some(pending) = self.pending.get(&id) else {
            return;
        };
        let Some((response, delay)) = pending.respond(id, reply, &self.config, &mut self.dice)
        else {
            return self.finish(id, None, Delivery::HangInHead);
        };
        if delay == 0 {
            return self.deliver(response);
        }
        self.sequence += 1;
        self.delayed
            .insert((self.now.saturating_add(delay), self.sequence), response);
    }

    /// An answer leaves, if the network lets it.
    pub(crate) fn deliver(&mut self, mut response: Response) {
        if self.network != Network::Up {
            response.delivery = self.reachable();
        }
        let delivery = response.delivery;
        self.finish(response.id, Some(response), delivery);
    }

    /// The last word about a request: what is told to the shell and to the log.
    pub(crate) fn finish(&mut self, id: u64, response: Option<Response>, delivery: Delivery) {
        let Some(pending) = self.pending.get_mut(&id) else {
            return;
        };
        let nothing = || Response {
            id,
            status: 0,
            headers: Vec::new(),
            body: Vec::new(),
            delivery,
        };
        let response = response.unwrap_or_else(nothing);
        let has_packets = pending.carries_packets() && response.status == 200;
        let (mut count, mut events) = (0, 0);
        if has_packets && !response.body.is_empty() {
            for packet in response.body.split(|byte| char::from(*byte) == SEPARATOR) {
                count += 1;
                events += u64::from(packet.starts_with(b"42") || packet.starts_with(b"45"));
            }
        }
        if delivery == Delivery::Whole && !pending.hangs {
            self.stats.delivered += events;
        } else {
            self.stats.lost += count as u64;
        }
        if pending.hangs {
            return;
        }
        let status = (response.status != 0).then_some(response.status);
        match delivery {
            Delivery::HangInHead | Delivery::HangInBody { .. } => {
                pending.hangs = true;
                pending.mark(&mut self.stats, "hang", status);
            }
            Delivery::Whole => pending.log(&mut self.stats, self.now, "whole", status, count),
            Delivery::Cut { .. } => pending.log(&mut self.stats, self.now, "cut", status, count),
            Delivery::Refuse => pending.log(&mut self.stats, self.now, "refused", status, 0),
        }
        if !pending.hangs {
            self.pending.remove(&id);
        }
        self.outputs.push_back(Output::Respond(response));
    }

    /// Forgets all sessions; requests in flight fail, but for the one that brought it about.
    pub(crate) fn restart(&mut self, down_ms: u64, researches_die: bool, except: Option<u64>) {
        self.engine.restart();
        self.engine.answers.clear();
        self.engine.events.clear();
        self.sockets.restart();
        self.app.restart(researches_die);
        self.fail_all(OfflineMode::Refuse, except);
        if down_ms > 0 {
            let until = Some(self.now.saturating_add(down_ms));
            self.network = Network::Down {
                until,
                mode: OfflineMode::Refuse,
            };
        }
    }

    pub(crate) fn offline(&mut self, ms: Option<u64>, mode: OfflineMode) {
        self.network = Network::Down {
            until: ms.map(|ms| self.now.saturating_add(ms)),
            mode,
        };
        self.fail_all(mode, None);
    }

    /// Ends the requests in flight. The sessions do not notice: to them the client is still there.
    pub(crate) fn fail_all(&mut self, mode: OfflineMode, except: Option<u64>) {
        let open: Vec<_> = self
            .pending
            .keys()
            .copied()
            .filter(|id| Some(*id) != except)
            .collect();
        for id in open {
            self.unreachable(id, mode);
        }
    }

    /// Ends the open requests of a kind, as a network does that stumbles. Returns how many.
    pub(crate) fn drop_open(&mut self, kind: Option<Kind>, mode: OfflineMode) -> usize {
        let matches = |pending: &Pending| kind.is_none_or(|kind| kind.includes(pending.kind));
        let open: Vec<_> = self
            .pending
            .iter()
            .filter(|(_, pending)| !pending.hangs && matches(pending))
            .map(|(id, _)| *id)
            .collect();
        for id in &open {
            self.unreachable(*id, mode);
        }
        open.len()
    }

    pub(crate) fn unreachable(&mut self, id: u64, mode: OfflineMode) {
        match mode {
            OfflineMode::Refuse => {
                let sid = self
                    .pending
                    .get(&id)
                    .and_then(|pending| pending.sid.clone());
                self.finish(id, None, Delivery::Refuse);
                if let Some(sid) = sid {
                    self.engine.aborted(&sid, id, &self.config);
                }
            }
            OfflineMode::Hang => self.finish(id, None, Delivery::HangInHead),
        }
    }
}
