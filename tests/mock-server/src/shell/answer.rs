//! Decides how an answer is carried out on a real connection, broken ones included.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use super::actor::Guard;
use crate::{Delivery, Response};

/// What was written is given this long to leave before the connection is cut.
const BEFORE_CUT: Duration = Duration::from_millis(20);

/// The connection is closed without (the rest of) an answer.
#[derive(Debug)]
pub(super) struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("closed on purpose")
    }
}

impl std::error::Error for Closed {}

impl From<Infallible> for Closed {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// A body that ends as its answer is meant to end.
#[derive(Debug)]
pub(super) struct Body {
    bytes: Option<Bytes>,
    end: End,
}

#[derive(Debug)]
enum End {
    Whole,
    /// Never; the guard tells when the client gives up.
    Hang(#[expect(dead_code, reason = "it works by being dropped")] Guard),
    Cut(Option<Pin<Box<Sleep>>>),
}

impl Body {
    pub(super) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self {
            bytes: Some(bytes.into()),
            end: End::Whole,
        }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Closed;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Closed>>> {
        if let Some(bytes) = self.bytes.take().filter(|bytes| !bytes.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match &mut self.end {
            End::Whole => Poll::Ready(None),
            End::Hang(_) => Poll::Pending,
            End::Cut(timer) => {
                let timer = timer.get_or_insert_with(|| Box::pin(sleep(BEFORE_CUT)));
                timer.as_mut().poll(cx).map(|()| Some(Err(Closed)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.end, End::Whole) && self.bytes.as_ref().is_none_or(Bytes::is_empty)
    }

    /// Known for whole answers only; the others are chunked, so that their end is missed.
    fn size_hint(&self) -> SizeHint {
        match (&self.end, &self.bytes) {
            (End::Whole, Some(bytes)) => SizeHint::with_exact(bytes.len() as u64),
            (End::Whole, None) => SizeHint::with_exact(0),
            (End::Hang(_) | End::Cut(_), _) => SizeHint::default(),
        }
    }
}

/// Answers, hangs, or fails, as `Response::delivery` says.
pub(super) async fn carry_out(
    response: Response,
    guard: Guard,
) -> Result<hyper::Response<Body>, Closed> {
    let bytes = Bytes::from(response.body);
    let body = match response.delivery {
        Delivery::Whole => {
            guard.disarm();
            Body::whole(bytes)
        }
        Delivery::Cut { after } => {
            guard.disarm();
            let bytes = bytes.slice(..after.min(bytes.len()));
            Body {
                bytes: Some(bytes),
                end: End::Cut(None),
            }
        }
        Delivery::HangInBody { after } => {
            let bytes = bytes.slice(..after.min(bytes.len()));
            Body {
                bytes: Some(bytes),
                end: End::Hang(guard),
            }
        }
        Delivery::HangInHead => {
            let _until_the_client_leaves = guard;
            std::future::pending().await
        }
        Delivery::Refuse => {
            guard.disarm();
            return Err(Closed);
        }
    };
    let mut answer = hyper::Response::builder().status(response.status);
    for (name, value) in response.headers {
        answer = answer.header(name, value);
    }
    answer.body(body).map_err(|_| Closed)
}
