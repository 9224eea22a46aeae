//! Decides how a research runs its course: when it leaves the queue, its steps, its end.

use serde_json::{Map, Value, json};

use super::research::Research;
use super::script::{self, Outcome, Step, Style};
use super::{App, Context, Start, json_id, number};

impl App {
    pub(crate) fn start(&mut self, start: Start, ctx: &mut Context<'_>) -> String {
        let id = start.id.unwrap_or_else(|| match start.style {
            Style::Benchmark => (1 + self.researches.len()).to_string(),
            Style::Live | Style::Documented => ctx.dice.uuid(),
        });
        let step_ms = start.step_ms.unwrap_or(ctx.config.app.step_ms);
        let mut research = Research::new(start.style, step_ms);
        if let Some(old) = self.researches.remove(&id) {
            research.subscribers = old.subscribers;
        }
        research.outcome = start.outcome;
        if start.scripted {
            research.script = script::usual(
                &start.query,
                start.iterations.unwrap_or(3),
                &research.outcome,
            );
        }
        research.status = "queued".into();
        self.researches.insert(id.clone(), research);
        self.queue.retain(|queued| *queued != id);
        self.queue.push(id.clone());
        self.promote(ctx);
        id
    }

    /// Lets researches out of the queue while there is room.
    pub(super) fn promote(&mut self, ctx: &Context<'_>) {
        let limit = ctx.config.app.max_running.unwrap_or(usize::MAX);
        while !self.queue.is_empty() {
            let running = self
                .researches
                .values()
                .filter(|r| r.status == "in_progress")
                .count();
            if running >= limit {
                return;
            }
            let id = self.queue.remove(0);
            if let Some(research) = self.researches.get_mut(&id) {
                research.status = "in_progress".into();
                let scripted = !research.script.is_empty();
                research.step_at = scripted.then_some(ctx.now.saturating_add(research.step_ms));
            }
        }
    }

    pub(crate) fn handle_timeout(&mut self, ctx: &mut Context<'_>) {
        let due = |(id, research): (&String, &Research)| {
            research
                .step_at
                .is_some_and(|at| at <= ctx.now)
                .then(|| id.clone())
        };
        for id in self.researches.iter().filter_map(due).collect::<Vec<_>>() {
            self.step(&id, ctx);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<u64> {
        self.researches
            .values()
            .filter_map(|research| research.step_at)
            .min()
    }

    fn step(&mut self, id: &str, ctx: &mut Context<'_>) {
        let micros = self.stamp(ctx);
        let Some(research) = self.researches.get_mut(id) else {
            return;
        };
        let Some(step) = research.script.pop_front() else {
            research.step_at = None;
            return;
        };
        research.step_at =
            (!research.script.is_empty()).then_some(ctx.now.saturating_add(research.step_ms));
        match step {
            Step::Update {
                progress,
                message,
                phase,
                fields,
            } => {
                research.progress = number(progress);
                research.message = message;
                research.metadata.insert("phase".into(), json!(phase));
                let payload = research.update(&json_id(id), micros, phase, fields);
                self.emit(id, &payload, ctx);
            }
            Step::Line { level, message } => {
                self.line(id, level, &message, true, true, ctx);
            }
            Step::EngineSelected { engine, results } => {
                self.engine_selected(id, engine, results, micros, ctx);
            }
            Step::End(outcome) => self.end(id, &outcome, ctx),
        }
    }

    fn engine_selected(
        &mut self,
        id: &str,
        engine: &str,
        results: u32,
        micros: u64,
        ctx: &mut Context<'_>,
    ) {
        let found = json!({"engine": engine, "result_count": results});
        let research = self.research(id, ctx);
        research
            .metadata
            .insert("search_engine".into(), json!(engine));
        if research.style == Style::Documented {
            // This event carries no research id, so it goes to everybody.
            let everybody = ctx.sockets.members();
            ctx.sockets.emit(
                &everybody,
                "search_engine_selected",
                &found.to_string(),
                &[],
                ctx.engine,
            );
            ctx.stats.emitted += 1;
            return;
        }
        let mut fields = Map::new();
        fields.insert("event".into(), json!("search_engine_selected"));
        if let Value::Object(found) = found {
            fields.extend(found);
        }
        research.message = format!("Selected search engine {engine}");
        let payload = research.update(&json_id(id), micros, "search", fields);
        self.emit(id, &payload, ctx);
    }

    /// Ends a research, with the words of the real server: the final update, then the clean-up's.
    pub(crate) fn end(&mut self, id: &str, outcome: &Outcome, ctx: &mut Context<'_>) {
        let cleanup = "Research process has ended and resources have been cleaned up";
        match outcome {
            Outcome::Completed => {
                let message = "Research completed successfully";
                let last = json!({"status": "completed", "message": message, "progress": 100});
                self.emit(id, &last, ctx);
                let last = json!({"status": "completed", "message": cleanup, "progress": 100});
                self.emit(id, &last, ctx);
            }
            Outcome::Failed(error_type) => {
                let (error, suggestion) = script::explain(error_type);
                let info = json!({"type": error_type, "message": error, "suggestion": suggestion});
                self.research(id, ctx)
                    .metadata
                    .insert("error_info".into(), info);
                let metadata = json!({"phase": "error", "error_type": error_type});
                let last = json!({"status": "failed", "error": error, "metadata": metadata});
                self.emit(id, &last, ctx);
                self.emit(id, &json!({"status": "failed", "error": error}), ctx);
            }
            Outcome::Suspended => {
                let message = "Research was terminated by user";
                self.emit(id, &json!({"status": "suspended", "message": message}), ctx);
                let last = json!({"status": "suspended", "message": cleanup, "progress": 0});
                self.emit(id, &last, ctx);
            }
        }
    }

    /// Ends a research as completed, but the updates that say so are lost on their way.
    pub(crate) fn end_unsaid(&mut self, id: &str, ctx: &Context<'_>) {
        let now = ctx.wall_clock_ms();
        let research = self.research(id, ctx);
        research.status = "completed".into();
        research.progress = json!(100);
        research.completed_at.get_or_insert(now);
        research.script.clear();
        research.step_at = None;
        self.promote(ctx);
    }
}
