//! Requests of the core, by hyper.

use std::error::Error;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, COOKIE, RETRY_AFTER};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use research_socket::http::{Answer, MAX_BODY_BYTES, Request, RequestError, Response};
use tokio::sync::mpsc;

use super::Heard;
use super::clock::until_date;
use super::cookies::Cookies;
use super::traffic::Traffic;

/// The connections and cookies of one client.
#[derive(Clone)]
pub(super) struct Http {
    client: Client<HttpConnector, Full<Bytes>>,
    pub(super) cookies: Arc<Cookies>,
    pub(super) traffic: Arc<Traffic>,
}

impl Http {
    pub(super) fn new(traffic: Arc<Traffic>) -> Self {
        let mut connector = HttpConnector::new();
        // Small requests must not wait for more.
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .build(connector);
        Self {
            client,
            cookies: Arc::default(),
            traffic,
        }
    }

    /// What comes of a request; before that, through `tell`, the pieces of an answer that is wanted as it arrives.
    pub(super) async fn carry_out(&self, request: Request, tell: &mpsc::Sender<Heard>) -> Answer {
        self.traffic.ask();
        match self.exchange(request, tell).await {
            Ok(response) => {
                if !(200..300).contains(&response.status) {
                    self.traffic.refuse();
                }
                Answer::Response(response)
            }
            Err(error) => {
                self.traffic.fail();
                Answer::Failed(error)
            }
        }
    }

    async fn exchange(
        &self,
        request: Request,
        tell: &mpsc::Sender<Heard>,
    ) -> Result<Response, RequestError> {
        let (id, streams) = (request.id, request.streams);
        let response = self.client.request(self.build(request)?).await;
        let response = response.map_err(|error| RequestError::Network(words(&error)))?;
        let (head, mut incoming) = response.into_parts();
        self.cookies.take(&head.headers);
        // A program that follows them has to ask `follows_redirects` first.
        if head.status.is_redirection() {
            return Err(RequestError::Redirected);
        }
        let streams = streams && head.status.is_success();
        let mut body = Vec::new();
        while let Some(piece) = next_piece(&mut incoming).await? {
            if streams {
                // Waits until there is room: so long nothing more is read.
                drop(
                    tell.send(Heard::Answer(id, Answer::Piece(piece.into())))
                        .await,
                );
            } else if body.len() + piece.len() > MAX_BODY_BYTES {
                return Err(RequestError::TooLarge);
            } else {
                body.extend_from_slice(&piece);
            }
        }
        let retry_after = head.headers.get(RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok());
        Ok(Response {
            status: head.status.as_u16(),
            retry_after_ms: retry_after.and_then(retry_after_ms),
            body,
        })
    }

    fn build(&self, request: Request) -> Result<hyper::Request<Full<Bytes>>, RequestError> {
        let mut builder = hyper::Request::builder()
            .method(request.method.as_str())
            .uri(address(&request.url, &request.query)?);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        if let Some(cookies) = self.cookies.header() {
            builder = builder.header(COOKIE, cookies);
        }
        let mut body = Bytes::new();
        if let Some(given) = request.body {
            builder = builder.header(CONTENT_TYPE, given.content_type);
            body = given.text.into();
        }
        let built = builder.body(Full::new(body));
        built.map_err(|error| RequestError::Network(words(&error)))
    }
}

async fn next_piece(incoming: &mut Incoming) -> Result<Option<Bytes>, RequestError> {
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| RequestError::Body(words(&error)))?;
        // Anything else is a trailer.
        if let Ok(piece) = frame.into_data() {
            return Ok(Some(piece));
        }
    }
    Ok(None)
}

/// With the query, whose values the core leaves as they are.
pub(super) fn address(url: &str, query: &[(String, String)]) -> Result<String, RequestError> {
    let url = url::Url::parse_with_params(url, query);
    let url = url.map_err(|error| RequestError::Network(error.to_string()))?;
    Ok(url.into())
}

/// `Retry-After`: seconds, or a date (RFC 9110, 10.2.3).
fn retry_after_ms(value: &str) -> Option<u64> {
    match value.trim().parse::<u64>() {
        Ok(seconds) => Some(seconds.saturating_mul(1_000)),
        Err(_) => until_date(value),
    }
}

/// What is wrong, and what that comes from.
fn words(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        words = format!("{words}: {error}");
        source = error.source();
    }
    words
}
