//! Decides which part of the server serves a request, and which requests to Socket.IO are refused.

use crate::Request;
use crate::engine::{self, Answer};
use crate::reply::Reply;
use crate::server::Server;

impl Server {
    /// Whether this is a path of Engine.IO, and if so, whether it is the one that echoes.
    pub(crate) fn socket_path(&self, route: &str) -> Option<bool> {
        let route = route.trim_end_matches('/');
        if self.config.engine_echo_path.as_deref() == Some(route) {
            return Some(true);
        }
        self.config
            .paths
            .iter()
            .any(|path| path == route)
            .then_some(false)
    }

    /// Serves a request and names its session.
    pub(crate) fn serve(&mut self, request: &Request) -> Option<String> {
        let id = request.id;
        let Some(echo) = self.socket_path(request.route()) else {
            let page = self.with_app(|app, ctx| app.serve(request, ctx));
            self.respond(id, Reply::Page(page));
            return None;
        };
        let python = self.config.quirks.python_texts;
        let sid = request.query("sid");
        let refusal = match request.method.as_str() {
            "GET" | "POST" if !self.transport_is_polling(request) => {
                Some((400, "Invalid transport".to_owned(), 0, "Transport unknown"))
            }
            "GET" | "POST" if sid.is_none() && request.query("EIO") != Some("4") => {
                let text = "The client is using an unsupported version of the Socket.IO or Engine.IO \
                            protocols";
                Some((400, text.to_owned(), 5, "Unsupported protocol version"))
            }
            "GET" => None,
            "POST" if sid.is_none() => Some((
                400,
                "Invalid session None".to_owned(),
                2,
                "Bad handshake method",
            )),
            "POST" => None,
            _ if python => Some((
                405,
                "Method Not Found".to_owned(),
                2,
                "Bad handshake method",
            )),
            _ => Some((400, "Bad Request".to_owned(), 2, "Bad handshake method")),
        };
        if let Some((status, python, code, message)) = refusal {
            self.respond(
                id,
                Reply::Engine(Answer::Refused {
                    status,
                    python,
                    code,
                    message,
                }),
            );
            return None;
        }
        let Some(sid) = sid else {
            let sid = self
                .engine
                .open(self.now, id, echo, &self.config, &mut self.dice);
            self.stats.handshakes += 1;
            if !echo {
                self.sockets.opened(self.now, &sid, &self.config);
            }
            return Some(sid);
        };
        if self.config.quirks.two_workers {
            self.respond(id, Reply::Engine(engine::unknown(sid)));
            return None;
        }
        if request.method == "GET" {
            self.engine.poll(sid, id, &self.config);
        } else {
            self.engine
                .post(self.now, sid, id, &request.body, &self.config);
        }
        Some(sid.to_owned())
    }

    /// python-engineio takes polling for granted when nothing is said.
    pub(crate) fn transport_is_polling(&self, request: &Request) -> bool {
        match request.query("transport") {
            Some(transport) => transport == "polling",
            None => self.config.quirks.python_texts,
        }
    }
}
