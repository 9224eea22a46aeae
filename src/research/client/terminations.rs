//! Requests of the page to end a research.

use crate::config::Config;
use crate::failure::Failure;
use crate::http::{
    Answer, Body, Context, MAX_BODY_WORDS, Method, Request, RequestError, RequestId,
};
use crate::queue::SmallMap;
use crate::research::contract::CancelId;
use crate::research::payload::id::ResearchId;
use crate::time::{Timestamp, earliest};

/// What a page may ask for before the first answer came; older requests are given up.
const MAX_PENDING: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Terminations {
    pending: SmallMap<RequestId, Pending>,
}

#[derive(Debug)]
struct Pending {
    /// `None` once nobody wants to hear of it any more.
    cancel: Option<CancelId>,
    research: ResearchId,
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
        research: ResearchId,
        csrf_token: Option<String>,
    ) -> Option<CancelId> {
        let mut given_up = None;
        if self.pending.len() >= MAX_PENDING {
            given_up = self
                .give_up_first(ctx, |_| true)
                .and_then(|pending| pending.cancel);
        }
        let mut headers = headers.to_vec();
        headers.extend(csrf_token.map(|token| ("X-CSRFToken".to_owned(), token)));
        let request = ctx.start(|id| Request {
            id,
            method: Method::Post,
            url: config.address(&config.terminate_path, research.as_str()),
            query: Vec::new(),
            headers,
            body: Some(Body {
                content_type: "application/json",
                text: "{}".to_owned(),
            }),
            // The page may leave right after it.
            keepalive: true,
            follow: false,
            streams: false,
        });
        let deadline = ctx.now.after(config.timeout_ms);
        self.pending.insert(
            request,
            Pending {
                cancel: Some(cancel),
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
    ) -> Option<(Option<CancelId>, ResearchId, Result<(), Failure>)> {
        if let Answer::Piece(_) = answer {
            return None;
        }
        let Pending {
            cancel, research, ..
        } = self.pending.remove(&request)?;
        let result = match answer {
            Answer::Response(response) => match response.status {
                200..=299 if response.is_html() => Err(Failure::LoginPage),
                200..=299 => Ok(()),
                401 | 403 => Err(Failure::Unauthorized(response.status)),
                status => Err(Failure::NotTerminated(status)),
            },
            Answer::Piece(_) => Ok(()),
            Answer::Failed(RequestError::Body(words)) => Err(Failure::CutBody(words.clone())),
            Answer::Failed(RequestError::Network(words)) => Err(Failure::Network(words.clone())),
            Answer::Failed(RequestError::Redirected) => Err(Failure::Redirected),
            Answer::Failed(RequestError::TooLarge) => Err(Failure::TooLarge(MAX_BODY_WORDS)),
        };
        Some((cancel, research, result))
    }

    /// Gives up what takes too long.
    pub(super) fn handle_timeout(&mut self, ctx: &mut Context<'_>) -> Vec<CancelId> {
        let (now, patient) = (ctx.now, ctx.patient);
        self.give_up(ctx, |pending| pending.deadline <= now && !patient)
    }

    /// Names the requests of which nobody will hear. They go on: the researches are to end all the
    /// same.
    pub(super) fn forget(&mut self) -> Vec<CancelId> {
        let pending = self.pending.values_mut();
        pending
            .filter_map(|pending| pending.cancel.take())
            .collect()
    }

    fn give_up(
        &mut self,
        ctx: &mut Context<'_>,
        which: impl Fn(&Pending) -> bool,
    ) -> Vec<CancelId> {
        let mut given_up = Vec::new();
        while let Some(pending) = self.give_up_first(ctx, &which) {
            given_up.extend(pending.cancel);
        }
        given_up
    }

    fn give_up_first(
        &mut self,
        ctx: &mut Context<'_>,
        which: impl Fn(&Pending) -> bool,
    ) -> Option<Pending> {
        let (request, pending) = self.pending.remove_first(which)?;
        ctx.abort(request);
        Some(pending)
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
