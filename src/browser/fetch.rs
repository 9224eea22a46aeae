//! One HTTP request over `fetch`, and the beacon of a page that is leaving.

use gloo_net::http::{Headers, RequestBuilder};
use js_sys::{Promise, Reflect, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{
    AbortSignal, RequestCache, RequestCredentials, RequestInit, RequestRedirect, ResponseType,
    UrlSearchParams,
};

use super::driver::Settings;
use super::host::Host;
use crate::http::{Answer, Beacon, MAX_BODY_BYTES, Method, Request, RequestError, Response};

/// What `fetch` calls the media type of the protocol.
const BEACON_TYPE: &str = "text/plain;charset=UTF-8";

/// The largest body of a request that may outlive its page, in bytes. Browsers refuse a larger one:
/// it goes as an ordinary request, which the page then has to stay for.
const MAX_KEEPALIVE: usize = 65_536;

/// The largest body of a request that is only to outlive the beginning of a navigation, in bytes. All
/// that are in flight share [`MAX_KEEPALIVE`].
const MAX_KEPT: usize = 8_192;

/// Carries the request out to the end of its body, then calls `done`.
pub(super) fn fetch(
    host: &Host,
    mut request: Request,
    signal: &AbortSignal,
    settings: &Settings,
    done: impl FnOnce(Answer) + 'static,
) {
    let done = move |response: JsValue, body: JsValue, error: JsValue| {
        done(read(response, body, &error));
    };
    let done = Closure::once_into_js(done);
    let size = request.body.as_ref().map_or(0, |body| body.text.len());
    request.keepalive |= size <= MAX_KEPT && host.keeps();
    let response = send(host, request, Some(signal), settings);
    host.settle(&response, MAX_BODY_BYTES as u32, &done);
}

/// Whether a browser takes these as request headers; the words of its refusal.
pub(super) fn check_headers(headers: &[(String, String)]) -> Result<(), String> {
    to_headers(headers).map(drop).map_err(|error| words(&error))
}

/// Hands the beacon to the browser, which sends it even though the page goes away.
pub(super) fn send_beacon(host: &Host, beacon: Beacon, settings: &Settings) {
    let sent = if beacon.headers.is_empty() {
        try_beacon(host, &beacon, settings)
    } else {
        Ok(false)
    };
    if !matches!(sent, Ok(true)) {
        // A beacon has no headers of its own, and a browser may refuse one that is too large.
        keep_alive(host, beacon, settings);
    }
}

fn send(
    host: &Host,
    request: Request,
    signal: Option<&AbortSignal>,
    settings: &Settings,
) -> Promise {
    match build(request, signal, settings.with_credentials) {
        Ok((request, init)) => host.fetch(&settings.origin, &request, &init),
        Err(refusal) => Promise::reject(&refusal),
    }
}

fn build(
    request: Request,
    signal: Option<&AbortSignal>,
    with_credentials: bool,
) -> Result<(web_sys::Request, RequestInit), JsValue> {
    let headers = to_headers(&request.headers)?;
    let credentials = if with_credentials {
        RequestCredentials::Include
    } else {
        RequestCredentials::SameOrigin
    };
    let method = match request.method {
        Method::Get => gloo_net::http::Method::GET,
        Method::Post => gloo_net::http::Method::POST,
    };
    let query = request
        .query
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    if let Some(body) = &request.body {
        headers.set("Content-Type", body.content_type)?;
    }
    let redirect = if request.follows_redirects() {
        RequestRedirect::Follow
    } else {
        RequestRedirect::Manual
    };
    let builder = RequestBuilder::new(&request.url)
        .method(method)
        .query(query)
        .headers(Headers::from_raw(headers))
        .cache(RequestCache::NoStore)
        .credentials(credentials)
        .redirect(redirect)
        .abort_signal(signal);
    let size = request.body.as_ref().map_or(0, |body| body.text.len());
    let keepalive = request.keepalive && size <= MAX_KEEPALIVE;
    let built = match request.body {
        Some(body) => builder.body(body.text),
        None => builder.build(),
    };
    let built = built.map_err(|error| JsValue::from_str(&refusal(error)))?;
    let init = RequestInit::new();
    if keepalive {
        // web-sys does not know it.
        Reflect::set(&init, &"keepalive".into(), &JsValue::TRUE)?;
    }
    Ok((built.into(), init))
}

fn read(response: JsValue, body: JsValue, error: &JsValue) -> Answer {
    let response: web_sys::Response = match response.dyn_into() {
        Ok(response) => response,
        Err(other) => {
            let error = if other.is_undefined() { error } else { &other };
            return Answer::Failed(RequestError::Network(words(error)));
        }
    };
    if response.type_() == ResponseType::Opaqueredirect {
        return Answer::Failed(RequestError::Redirected);
    }
    let Ok(body) = body.dyn_into::<Uint8Array>() else {
        return Answer::Failed(if error.is_undefined() {
            RequestError::TooLarge
        } else {
            RequestError::Body(words(error))
        });
    };
    let headers = response.headers();
    let retry_after = headers.get("retry-after").ok().flatten();
    let retry_after_ms = retry_after.and_then(|value| retry_after_ms(&value));
    Answer::Response(Response {
        status: response.status(),
        retry_after_ms,
        body: body.to_vec(),
    })
}

/// `Retry-After`: seconds, or a date (RFC 9110, 10.2.3).
fn retry_after_ms(value: &str) -> Option<u64> {
    if let Ok(seconds) = value.trim().parse::<u64>() {
        return Some(seconds.saturating_mul(1000));
    }
    let wait = js_sys::Date::parse(value) - js_sys::Date::now();
    (!wait.is_nan()).then_some(wait as u64)
}

fn to_headers(pairs: &[(String, String)]) -> Result<web_sys::Headers, JsValue> {
    let headers = web_sys::Headers::new()?;
    for (name, value) in pairs {
        headers.set(name, value)?;
    }
    Ok(headers)
}

fn try_beacon(host: &Host, beacon: &Beacon, settings: &Settings) -> Result<bool, JsValue> {
    let query = UrlSearchParams::new()?;
    for (name, value) in &beacon.query {
        query.append(name, value);
    }
    let url = [&beacon.url, "?", &String::from(query.to_string())].concat();
    host.beacon(
        &settings.origin,
        &url,
        &beacon.text,
        settings.with_credentials,
    )
}

/// A `fetch` that outlives the page. Its answer does not matter.
fn keep_alive(host: &Host, beacon: Beacon, settings: &Settings) {
    let request = Request {
        id: crate::http::RequestId(0),
        method: Method::Post,
        url: beacon.url,
        query: beacon.query,
        headers: beacon.headers,
        body: Some(crate::http::Body {
            content_type: BEACON_TYPE,
            text: beacon.text,
        }),
        keepalive: true,
        follow: false,
        streams: false,
    };
    // The page is gone: there is nobody to tell of a failure.
    host.settle(&send(host, request, None, settings), 0, &JsValue::UNDEFINED);
}

/// The words of anything that was thrown.
fn words(error: &JsValue) -> String {
    // An error's message can be no text as well, or throw when it is read.
    let message = Reflect::get(error, &"message".into()).ok();
    let text = message.as_ref().unwrap_or(error).as_string();
    text.unwrap_or_default()
}

/// Why a browser takes no such request, as `toString` of its error has it.
fn refusal(error: gloo_net::Error) -> String {
    match error {
        gloo_net::Error::JsError(error) => [&*error.name, ": ", &error.message].concat(),
        gloo_net::Error::GlooError(words) => words,
    }
}
