//! One HTTP request over `fetch`, and the beacon of a page that is leaving.

use gloo_net::http::{Headers, RequestBuilder};
use js_sys::{Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{
    AbortController, AbortSignal, RequestCache, RequestCredentials, RequestInit, RequestRedirect,
    ResponseType, UrlSearchParams,
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

/// The most bytes of an answer that are given to the core at once: some dozens of lines, for which even
/// a slow machine takes few milliseconds.
const PIECE_BYTES: u32 = 16_384;

/// A request under way.
pub(super) struct Exchange {
    controller: AbortController,
    /// Asks for what comes next.
    next: Function,
    _done: Closure<dyn FnMut(JsValue, JsValue, JsValue)>,
    /// What has come and is not read.
    chunk: Uint8Array,
    at: u32,
    /// The first bytes of a character whose last ones have not come.
    begun: Vec<u8>,
}

impl Drop for Exchange {
    /// What was asked for may come later.
    fn drop(&mut self) {
        let _ = self.next.call1(&JsValue::UNDEFINED, &JsValue::TRUE);
    }
}

/// What a browser gives of an answer.
pub(super) enum Given {
    Answer(Answer),
    /// The next bytes of a body.
    Chunk(Uint8Array),
}

impl Exchange {
    /// Sends the request. `done` is called whenever something has come.
    pub(super) fn start(
        host: &Host,
        mut request: Request,
        settings: &Settings,
        mut done: impl FnMut(Given) + 'static,
    ) -> Self {
        let controller = host.controller();
        let streams = request.streams;
        let done = move |response: JsValue, bytes: JsValue, error: JsValue| {
            done(read(streams, response, bytes, &error));
        };
        let done = Closure::<dyn FnMut(JsValue, JsValue, JsValue)>::new(done);
        let size = request.body.as_ref().map_or(0, |body| body.text.len());
        request.keepalive |= size <= MAX_KEPT && host.keeps();
        let response = send(host, request, Some(&controller.signal()), settings);
        let next = host.read(&response, MAX_BODY_BYTES as u32, streams, done.as_ref());
        let exchange = Self {
            controller,
            next,
            _done: done,
            chunk: Uint8Array::new_with_length(0),
            at: 0,
            begun: Vec::new(),
        };
        exchange.ask();
        exchange
    }

    /// It is over.
    pub(super) fn release(&self, host: &Host) {
        host.release(&self.controller);
    }

    pub(super) fn abort(&self) {
        self.controller.abort();
    }

    /// Asks for what comes next, which comes later.
    fn ask(&self) {
        // It is an `async` function, which never throws.
        let _ = self.next.call0(&JsValue::UNDEFINED);
    }

    pub(super) fn put(&mut self, chunk: Uint8Array) {
        (self.chunk, self.at) = (chunk, 0);
        if self.chunk.length() == 0 {
            self.ask();
        }
    }

    /// Whether something waits to be read.
    pub(super) fn waits(&self) -> bool {
        self.at < self.chunk.length()
    }

    /// What waits: not all of it if that is much, and no part of a character, so that the trace can have
    /// it as text.
    pub(super) fn take(&mut self) -> Vec<u8> {
        let end = self.at.saturating_add(PIECE_BYTES).min(self.chunk.length());
        let mut bytes = std::mem::take(&mut self.begun);
        let start = bytes.len();
        bytes.resize(start + (end - self.at) as usize, 0);
        if let Some(place) = bytes.get_mut(start..) {
            self.chunk.subarray(self.at, end).copy_to(place);
        }
        self.begun = bytes.split_off(whole_characters(&bytes));
        self.at = end;
        if !self.waits() {
            self.ask();
        }
        bytes
    }

    /// Adds what is left at the end of a body that was read: of any other nothing was.
    pub(super) fn add_rest(&mut self, body: &mut Vec<u8>) {
        body.append(&mut self.begun);
    }
}

/// How many of these bytes are no beginning of a character that goes on behind them.
fn whole_characters(bytes: &[u8]) -> usize {
    let len = bytes.len();
    for (back, byte) in bytes.iter().rev().take(3).enumerate() {
        let needed = match byte {
            0x80..=0xbf => continue,
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf7 => 4,
            _ => 0,
        };
        return if needed > back + 1 {
            len - back - 1
        } else {
            len
        };
    }
    len
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
        Ok((request, init, text)) => host.fetch(&settings.origin, &request, &init, &text),
        Err(refusal) => Promise::reject(&refusal),
    }
}

fn build(
    request: Request,
    signal: Option<&AbortSignal>,
    with_credentials: bool,
) -> Result<(web_sys::Request, RequestInit, JsValue), JsValue> {
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
    let text = request
        .body
        .map_or(JsValue::UNDEFINED, |body| body.text.into());
    let built = if text.is_undefined() {
        builder.build()
    } else {
        builder.body(&text)
    };
    let built = built.map_err(|error| JsValue::from_str(&refusal(error)))?;
    let init = RequestInit::new();
    if keepalive {
        // web-sys does not know it.
        Reflect::set(&init, &"keepalive".into(), &JsValue::TRUE)?;
    }
    Ok((built.into(), init, text))
}

fn read(streams: bool, response: JsValue, bytes: JsValue, error: &JsValue) -> Given {
    // Not by its class: a page can have a `fetch` of its own, whose responses are of another.
    let status = Reflect::get(&response, &"status".into());
    let Some(status) = status.ok().and_then(|status| status.as_f64()) else {
        let error = if response.is_undefined() {
            error
        } else {
            &response
        };
        return Given::Answer(Answer::Failed(RequestError::Network(words(error))));
    };
    let response: web_sys::Response = response.unchecked_into();
    if response.type_() == ResponseType::Opaqueredirect {
        return Given::Answer(Answer::Failed(RequestError::Redirected));
    }
    let streams = streams && (200.0..300.0).contains(&status);
    let body = match bytes.dyn_into::<Uint8Array>() {
        Ok(bytes) if streams => return Given::Chunk(bytes),
        Ok(bytes) => bytes.to_vec(),
        Err(_) if !error.is_undefined() => {
            return Given::Answer(Answer::Failed(RequestError::Body(words(error))));
        }
        Err(_) if streams => Vec::new(),
        Err(_) => return Given::Answer(Answer::Failed(RequestError::TooLarge)),
    };
    let retry_after = response.headers().get("retry-after").ok().flatten();
    let retry_after_ms = retry_after.and_then(|value| retry_after_ms(&value));
    Given::Answer(Answer::Response(Response {
        status: status as u16,
        retry_after_ms,
        body,
    }))
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
    host.forget(&send(host, request, None, settings));
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
