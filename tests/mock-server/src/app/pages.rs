//! Decides how the application answers HTTP requests: its API, the login, plain pages.

use serde_json::{Value, json};

use super::script::{Outcome, Style};
use super::{App, Context, Start, id_text};
use crate::{Request, clock};

/// An answer before the server adds what all answers have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Page {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json", body.to_string())
    }

    pub(crate) fn html(status: u16, title: &str, main: &str) -> Self {
        let body = format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
             </head><body><h1>{title}</h1>{main}</body></html>\n"
        );
        Self::new(status, "text/html; charset=utf-8", body)
    }

    pub(crate) fn new(status: u16, content_type: &str, body: String) -> Self {
        let headers = vec![("Content-Type".into(), content_type.into())];
        Self {
            status,
            headers,
            body,
        }
    }

    pub(crate) fn login() -> Self {
        let form = "<form method=\"post\" action=\"/login\"><label>Name <input name=\"username\">\
                    </label> <button>Sign in</button></form>";
        Self::html(200, "Sign in", form)
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

impl App {
    pub(crate) fn serve(&mut self, request: &Request, ctx: &mut Context<'_>) -> Page {
        let route = request.route();
        let parts: Vec<_> = route.split('/').filter(|part| !part.is_empty()).collect();
        let method = request.method.as_str();
        match (method, parts.as_slice()) {
            ("GET", ["login"]) => return Page::login(),
            ("POST", ["login"]) => return self.sign_in(ctx),
            ("POST", ["logout"]) => {
                self.tokens.clear();
                return redirect("/login");
            }
            _ => {}
        }
        if ctx.config.app.sign_in && !self.signed_in(request) {
            return match parts.first() {
                Some(&"api") => Page::json(401, &json!({"error": "Authentication required"})),
                Some(_) | None => redirect("/login"),
            };
        }
        self.flush_log(ctx);
        match (method, parts.as_slice()) {
            ("GET", ["api", "research", id, "status"]) => self.status(id, ctx),
            ("GET", ["api", "research", id, "logs"]) => self.logs(id, ctx),
            ("GET", ["history", "logs", id]) => self.history(id, ctx),
            ("GET", ["history", "log_count", id]) => self.log_count(id, ctx),
            ("GET", ["api", "queue", id, "position"]) => self.position(id),
            ("POST", ["api", "terminate", id]) => self.terminate(id, request, ctx),
            ("POST", ["api", "start_research"]) => self.start_research(request, ctx),
            ("GET", [] | ["benchmark"] | ["progress" | "results" | "research", ..]) => {
                let token = &ctx.config.app.csrf_token;
                Page::html(
                    200,
                    "Research",
                    &format!("<meta name=\"csrf-token\" content=\"{token}\">"),
                )
            }
            (_, ["api" | "history", ..]) => Page::json(404, &json!({"error": "Not found"})),
            _ => Page::html(404, "Not Found", ""),
        }
    }

    fn sign_in(&mut self, ctx: &mut Context<'_>) -> Page {
        let token = ctx.dice.uuid();
        self.tokens.insert(token.clone());
        let cookie = format!("session={token}; HttpOnly; Path=/; SameSite=Lax");
        redirect("/").with("Set-Cookie", &cookie)
    }

    fn signed_in(&self, request: &Request) -> bool {
        let cookies = request.header("cookie").unwrap_or_default();
        cookies
            .split(';')
            .filter_map(|cookie| cookie.trim().strip_prefix("session="))
            .any(|token| self.tokens.contains(token))
    }

    fn status(&self, id: &str, ctx: &Context<'_>) -> Page {
        let Some(research) = self.researches.get(id) else {
            return not_found();
        };
        let completed_at = research
            .completed_at
            .map(|ms| clock::iso(ms.saturating_mul(1_000)));
        let report = (research.status == "completed").then(|| format!("/results/{id}.md"));
        let mut answer = json!({
            "status": research.status,
            "progress": research.progress,
            "completed_at": completed_at,
            "report_path": report,
            "metadata": research.metadata,
        });
        let until = self.stored_until(ctx);
        let milestone = research
            .stored(until)
            .filter(|line| line.level == "MILESTONE")
            .last();
        if let (Some(line), Value::Object(answer)) = (milestone, &mut answer) {
            answer.insert("log_entry".into(), line.live());
        }
        Page::json(200, &answer)
    }

    fn logs(&self, id: &str, ctx: &Context<'_>) -> Page {
        let Some(research) = self.researches.get(id) else {
            return not_found();
        };
        let lines: Vec<_> = research
            .stored(self.stored_until(ctx))
            .map(|l| l.stored())
            .collect();
        Page::json(200, &Value::from(lines))
    }

    fn history(&self, id: &str, ctx: &Context<'_>) -> Page {
        let Some(research) = self.researches.get(id) else {
            return not_found();
        };
        let lines: Vec<_> = research
            .stored(self.stored_until(ctx))
            .map(|l| l.history())
            .collect();
        Page::json(200, &json!({"status": "success", "logs": lines}))
    }

    fn log_count(&self, id: &str, ctx: &Context<'_>) -> Page {
        let Some(research) = self.researches.get(id) else {
            return not_found();
        };
        let total = research.stored(self.stored_until(ctx)).count();
        Page::json(200, &json!({"status": "success", "total_logs": total}))
    }

    /// Lines get a time of their own within a millisecond, so a burst reaches into the future a bit.
    fn stored_until(&self, ctx: &Context<'_>) -> u64 {
        match ctx.config.app.store_delay_ms {
            0 => u64::MAX,
            delay => ctx
                .wall_clock_ms()
                .saturating_sub(delay)
                .saturating_mul(1_000)
                .saturating_add(999),
        }
    }

    fn position(&self, id: &str) -> Page {
        match self.queue.iter().position(|queued| queued == id) {
            Some(index) => Page::json(200, &json!({"status": "success", "position": index + 1})),
            None => Page::json(
                404,
                &json!({"status": "error", "message": "Not in the queue"}),
            ),
        }
    }

    fn terminate(&mut self, id: &str, request: &Request, ctx: &mut Context<'_>) -> Page {
        if request.header("x-csrftoken") != Some(ctx.config.app.csrf_token.as_str()) {
            return Page::json(400, &json!({"error": "The CSRF token is missing."}));
        }
        let Some(research) = self.researches.get(id) else {
            return not_found();
        };
        if research.ended() {
            let message = format!("Research already {}", research.status);
            return Page::json(200, &json!({"status": "success", "message": message}));
        }
        self.queue.retain(|queued| queued != id);
        self.end(id, &Outcome::Suspended, ctx);
        Page::json(
            200,
            &json!({"status": "success", "message": "Research terminated"}),
        )
    }

    fn start_research(&mut self, request: &Request, ctx: &mut Context<'_>) -> Page {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let Some(query) = body
            .get("query")
            .and_then(Value::as_str)
            .filter(|q| !q.is_empty())
        else {
            return Page::json(
                400,
                &json!({"status": "error", "message": "Query is required"}),
            );
        };
        fn read<T: serde::de::DeserializeOwned>(body: &Value, name: &str) -> Option<T> {
            body.get(name)
                .and_then(|value| serde_json::from_value(value.clone()).ok())
        }
        let start = Start {
            id: body.get("research_id").and_then(id_text),
            query: query.to_owned(),
            style: read(&body, "style").unwrap_or(Style::Live),
            outcome: read(&body, "outcome").unwrap_or_default(),
            iterations: read(&body, "iterations"),
            step_ms: read(&body, "step_ms"),
            scripted: true,
        };
        if let Err(message) = start.check() {
            return Page::json(400, &json!({"status": "error", "message": message}));
        }
        let id = self.start(start, ctx);
        match self.queue.iter().position(|queued| *queued == id) {
            Some(index) => {
                let answer =
                    json!({"status": "queued", "research_id": id, "queue_position": index + 1});
                Page::json(200, &answer)
            }
            None => Page::json(200, &json!({"status": "success", "research_id": id})),
        }
    }
}

fn not_found() -> Page {
    Page::json(404, &json!({"error": "Research not found"}))
}

fn redirect(to: &str) -> Page {
    Page::html(302, "Redirecting", "").with("Location", to)
}
