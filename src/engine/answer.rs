//! What an HTTP answer to a polling request says about the connection.

use super::packet::excerpt;
use super::refusal::Refusal;
use crate::failure::Failure;
use crate::http::{Answer, MAX_BODY_WORDS, RequestError, Response};

/// The longest wait that a server can ask for, in milliseconds: a proxy that says "tomorrow" must
/// not end a page's life.
const MAX_RETRY_AFTER_MS: u64 = 300_000;

/// The body of a good answer, or why there is none. `on_session`: the request named a session.
pub(super) fn body_of(answer: Answer, on_session: bool) -> Result<Vec<u8>, Failure> {
    let response = match answer {
        Answer::Response(response) => response,
        // Of a request whose body is wanted as a whole there are none.
        Answer::Piece(body) => return Ok(body),
        Answer::Failed(RequestError::Body(detail)) => return Err(Failure::CutBody(detail)),
        Answer::Failed(RequestError::Network(detail)) => return Err(Failure::Network(detail)),
        Answer::Failed(RequestError::Redirected) => return Err(Failure::Redirected),
        Answer::Failed(RequestError::TooLarge) => return Err(Failure::TooLarge(MAX_BODY_WORDS)),
    };
    match response.status {
        200 if response.is_html() => Err(Failure::LoginPage),
        200..=299 => Ok(response.body),
        400 => Err(refused(&response.body, on_session)),
        401 | 403 => Err(Failure::Unauthorized(response.status)),
        404 => Err(Failure::NotFound),
        status => Err(asked_to_wait(&response).unwrap_or(Failure::Status(status))),
    }
}

/// What a 400 says in the server's own words.
fn refused(body: &[u8], on_session: bool) -> Failure {
    match Refusal::read(body) {
        Some(Refusal::Origin) => Failure::OriginRefused,
        Some(Refusal::Polling) => Failure::PollingRefused,
        Some(Refusal::Version) => Failure::VersionRefused,
        Some(Refusal::Session) if on_session => Failure::SessionUnknown,
        // engine.io says nothing to a second poll of a session, which it ends.
        None if on_session && body.is_empty() => Failure::SessionUnknown,
        Some(Refusal::Session) | None => Failure::BadRequest(excerpt(body)),
    }
}

/// The wait that a 429 or 503 with `Retry-After` asks for.
fn asked_to_wait(response: &Response) -> Option<Failure> {
    let status = response.status;
    let retry_after_ms = response.retry_after_ms?.min(MAX_RETRY_AFTER_MS);
    matches!(status, 429 | 503).then_some(Failure::Throttled {
        status,
        retry_after_ms,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(status: u16, on_session: bool) -> Result<Vec<u8>, Failure> {
        body_of(
            Answer::Response(Response {
                status,
                ..Response::default()
            }),
            on_session,
        )
    }

    #[test]
    fn a_status_names_its_failure() {
        assert_eq!(outcome(200, true), Ok(Vec::new()));
        assert_eq!(outcome(400, true), Err(Failure::SessionUnknown));
        assert_eq!(outcome(400, false), Err(Failure::BadRequest(String::new())));
        assert_eq!(outcome(401, true), Err(Failure::Unauthorized(401)));
        assert_eq!(outcome(403, false), Err(Failure::Unauthorized(403)));
        assert_eq!(outcome(404, false), Err(Failure::NotFound));
        assert_eq!(outcome(429, true), Err(Failure::Status(429)));
        assert_eq!(outcome(502, true), Err(Failure::Status(502)));
    }

    #[test]
    fn a_400_is_told_in_the_words_of_the_server() {
        let outcome = |body: &str, on_session| {
            let response = Response {
                status: 400,
                body: body.into(),
                ..Response::default()
            };
            body_of(Answer::Response(response), on_session).unwrap_err()
        };
        let unknown = r#""Invalid session x""#;
        for (body, on_session, failure) in [
            (r#""Not an accepted origin.""#, true, Failure::OriginRefused),
            (r#""Invalid transport""#, false, Failure::PollingRefused),
            (
                r#"{"code":5,"message":"Unsupported protocol version"}"#,
                false,
                Failure::VersionRefused,
            ),
            (unknown, true, Failure::SessionUnknown),
            (unknown, false, Failure::BadRequest(unknown.to_owned())),
            ("no", true, Failure::BadRequest("no".to_owned())),
        ] {
            assert_eq!(outcome(body, on_session), failure, "{body}");
        }
    }

    #[test]
    fn retry_after_counts_for_429_and_503_and_is_bounded() {
        let answer = |status, retry_after_ms| {
            let retry_after_ms = Some(retry_after_ms);
            body_of(
                Answer::Response(Response {
                    status,
                    retry_after_ms,
                    ..Response::default()
                }),
                true,
            )
        };
        let throttled = |status, retry_after_ms| {
            Err(Failure::Throttled {
                status,
                retry_after_ms,
            })
        };
        assert_eq!(answer(503, 7000), throttled(503, 7000));
        assert_eq!(answer(429, u64::MAX), throttled(429, MAX_RETRY_AFTER_MS));
        assert_eq!(answer(500, 7000), Err(Failure::Status(500)));
    }

    #[test]
    fn an_answer_that_was_too_large_to_be_read_at_once_is_named() {
        let stopped = Answer::Failed(RequestError::TooLarge);
        let too_large = Failure::TooLarge("32 MiB");
        assert_eq!(body_of(stopped, false), Err(too_large));
        assert_eq!(crate::http::MAX_BODY_BYTES, 32 << 20, "as the words say");
    }

    #[test]
    fn a_web_page_with_status_200_is_a_sign_in_page() {
        for body in ["<html>", " \n<!doctype html>", "\u{feff}<html>"] {
            let response = Response {
                status: 200,
                body: body.into(),
                ..Response::default()
            };
            assert_eq!(
                body_of(Answer::Response(response), true),
                Err(Failure::LoginPage),
                "{body}"
            );
        }
    }
}
