//! Requests of the page to end a research.

use std::collections::BTreeMap;

use super::client::CancelId;
use crate::config::Config;
use crate::failure::Failure;
use crate::http::{Answer, Body, Context, Method, Request, RequestError, RequestId};
use crate::time::{Timestamp, earliest};

/// What a page may ask for before the first answer came; older requests are given up.
const MAX_PENDING: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Terminations {
    pending: BTreeMap<RequestId, Pending>,
}

#[derive(Debug)]
struct Pending {
    cancel: CancelId,
    research: String,
    deadline: Timestamp,
}

impl Terminations {
    /// Asks the server; names the request that is given up for it, if there are too many.
    pub(super) fn start(
        &mut self,
        ctx: &mut Context<'_>,
        config: &Config,
        headers: &[(String, String)],
        cancel: CancelId,
        research: String,
        csrf_token: Option<String>,
    ) -> Option<CancelId> {
        let full = self.pending.len() >= MAX_PENDING;
        let oldest = if full { self.pending.pop_first() } else { None };
        let given_up = oldest.map(|pending| give_up(ctx, pending));
        let mut headers = headers.to_vec();
        headers.extend(csrf_token.map(|token| ("X-CSRFToken".to_owned(), token)));
        let request = ctx.start(|id| Request {
            id,
            method: Method::Post,
            url: config.address(&config.terminate_path, &research),
            query: Vec::new(),
            headers,
            body: Some(Body {
                content_type: "application/json",
                text: "{}".to_owned(),
            }),
            keepalive: false,
        });
        let deadline = ctx.now.after(config.timeout_ms);
        self.pending.insert(
            request,
            Pending {
                cancel,
                research,
                deadline,
            },
        );
        given_up
    }

    /// Whose answer this is, and what it says; `None` if it is the answer to something else.
    pub(super) fn handle_answer(
        &mut self,
        request: RequestId,
        answer: &Answer,
    ) -> Option<(CancelId, String, Result<(), Failure>)> {
        let Pending {
            cancel, research, ..
        } = self.pending.remove(&request)?;
        let result = match answer {
            Answer::Response(response) => match response.status {
                200..=299 if response.is_html() => Err(Failure::LoginPage),
                200..=299 => Ok(()),
                401 | 403 => Err(Failure::Unauthorized(response.status)),
                status => Err(Failure::Status(status)),
            },
            Answer::Failed(RequestError::Body(words)) => Err(Failure::CutBody(words.clone())),
            Answer::Failed(RequestError::Network(words)) => Err(Failure::Network(words.clone())),
        };
        Some((cancel, research, result))
    }

    /// Gives up what takes too long.
    pub(super) fn handle_timeout(&mut self, ctx: &mut Context<'_>) -> Vec<CancelId> {
        let now = ctx.now;
        let late: Vec<_> = self
            .pending
            .extract_if(.., |_, pending| pending.deadline <= now)
            .collect();
        late.into_iter()
            .map(|pending| give_up(ctx, pending))
            .collect()
    }

    /// Gives up everything.
    pub(super) fn abort(&mut self, ctx: &mut Context<'_>) -> Vec<CancelId> {
        let pending = std::mem::take(&mut self.pending);
        pending
            .into_iter()
            .map(|pending| give_up(ctx, pending))
            .collect()
    }

    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        self.pending
            .values()
            .fold(None, |due, pending| earliest(due, Some(pending.deadline)))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }
}

fn give_up(ctx: &mut Context<'_>, (request, pending): (RequestId, Pending)) -> CancelId {
    ctx.abort(request);
    pending.cancel
}
