//! Decides how the server meets the network: one listener, one task that owns the state machine.
//!
//! The real application answers with `Connection: close`, and so does this shell by default. It also
//! keeps tests honest: browsers silently repeat a GET that fails on a connection they used before.

mod actor;
mod answer;
mod files;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::bounds::MAX_BODY;
use crate::{Command, Config, Delivery, Request};
use actor::Actor;
use answer::{Body, Closed};

/// What is told to whoever asks by another name.
const MISDIRECTED: &str = "This server answers to localhost, 127.0.0.0/8 and [::1] only, and the request names another host.";

const TOO_LARGE: &str = "The body is larger than any test needs.";

/// What to serve, and where.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The port on 127.0.0.1; zero stands for any free one.
    pub port: u16,
    /// Files for `/`.
    pub www: Option<PathBuf>,
    /// Files for `/pkg/`.
    pub pkg: Option<PathBuf>,
    /// Whether files come with the application's Content-Security-Policy.
    pub csp: bool,
    /// Whether connections are used again.
    pub keep_alive: bool,
    /// Settings of the server. The wall clock is set by the shell.
    pub config: Config,
    /// Seed of its dice.
    pub seed: u64,
}

/// A server whose port is open. It answers as soon as it is run.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    options: Options,
}

/// Opens the port.
pub async fn bind(options: Options) -> io::Result<Bound> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await;
    // Which port it was, the system does not say.
    let listener = listener
        .map_err(|error| io::Error::new(error.kind(), format!("port {}: {error}", options.port)))?;
    Ok(Bound { listener, options })
}

/// Opens the port and serves until the future is dropped; `ready` gets the address.
pub async fn serve(options: Options, ready: impl FnOnce(SocketAddr)) -> io::Result<()> {
    let bound = bind(options).await?;
    ready(bound.address()?);
    bound.run().await
}

impl Bound {
    /// Where it listens.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until the future is dropped.
    pub async fn run(self) -> io::Result<()> {
        let (actor, work) = actor::start(self.options.config.clone(), self.options.seed);
        let worker = tokio::spawn(work);
        let result = self.accept(actor).await;
        worker.abort();
        result
    }

    async fn accept(self, actor: Actor) -> io::Result<()> {
        let options = Arc::new(self.options);
        loop {
            let (stream, _) = self.listener.accept().await?;
            // Small answers must not wait for more.
            stream.set_nodelay(true)?;
            let (actor, options) = (actor.clone(), Arc::clone(&options));
            let keep_alive = options.keep_alive;
            let service = service_fn(move |request| {
                let (actor, options) = (actor.clone(), Arc::clone(&options));
                async move { answer(&actor, &options, request).await }
            });
            tokio::spawn(async move {
                let connection = http1::Builder::new()
                    .keep_alive(keep_alive)
                    .serve_connection(TokioIo::new(stream), service);
                // Errors are what was asked for: a refused or cut answer, a client that left.
                drop(connection.await);
            });
        }
    }
}

async fn answer(
    actor: &Actor,
    options: &Options,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Body>, Closed> {
    let (head, body) = request.into_parts();
    let method = head.method.as_str();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let header = |(name, value): (&HeaderName, &HeaderValue)| {
        (
            name.as_str().to_owned(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        )
    };
    let mut headers: Vec<_> = head.headers.iter().map(header).collect();
    // A proxy's request has the host in its first line too, and that goes before the header.
    let named = head.uri.authority().map(|host| host.as_str().to_owned());
    if let Some(host) = named.filter(|named| !host_is(&headers, named)) {
        headers.push((HOST.as_str().to_owned(), host));
    }
    let mut request = Request {
        id: 0,
        method: method.to_owned(),
        path: path.to_owned(),
        headers,
        body: Vec::new(),
    };
    if !request.is_for_this_machine() {
        return words(421, MISDIRECTED);
    }
    // What says so beforehand is not waited for.
    if body.size_hint().lower() > MAX_BODY as u64 {
        return words(413, TOO_LARGE);
    }
    let body = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return words(413, TOO_LARGE),
        Err(_) => return Err(Closed),
    };
    if let Some(file) = files::find(options, method, head.uri.path()).await {
        return match actor.reachable().await {
            Delivery::Whole => Ok(file),
            Delivery::Refuse => Err(Closed),
            Delivery::HangInHead | Delivery::HangInBody { .. } | Delivery::Cut { .. } => {
                std::future::pending().await
            }
        };
    }
    request.body = body.to_vec();
    let (response, guard) = actor.request(request).await;
    answer::carry_out(response, guard).await
}

fn host_is(headers: &[(String, String)], host: &str) -> bool {
    headers
        .iter()
        .any(|(name, value)| name == HOST.as_str() && value == host)
}

/// A refusal of the shell's own.
fn words(status: u16, words: &'static str) -> Result<hyper::Response<Body>, Closed> {
    hyper::Response::builder()
        .status(status)
        .header(CONTENT_TYPE, "text/plain; charset=utf-8")
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff")
        .body(Body::whole(words))
        .map_err(|_| Closed)
}

/// A server in a thread of its own, for tests that are not asynchronous. It ends when it is dropped.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    actor: Actor,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Starts a server in a thread of its own; it answers when this returns.
pub fn spawn(options: Options) -> io::Result<Running> {
    let (ready, started) = std::sync::mpsc::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let result = runtime.and_then(|runtime| {
            runtime.block_on(async {
                let bound = bind(options).await?;
                let address = bound.address()?;
                let (actor, work) = actor::start(bound.options.config.clone(), bound.options.seed);
                tokio::spawn(work);
                // The other side waits for this, so it is still there.
                drop(ready.send(Ok((address, actor.clone()))));
                tokio::select! {
                    result = bound.accept(actor) => result,
                    _ = stopped => Ok(()),
                }
            })
        });
        if let Err(error) = result {
            drop(ready.send(Err(error)));
        }
    });
    let (address, actor) = started.recv().map_err(io::Error::other)??;
    Ok(Running {
        address,
        actor,
        stop: Some(stop),
        thread: Some(thread),
    })
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Does what a test asks for, and answers it. Not for asynchronous code: it blocks.
    pub fn control(&self, command: Command) -> Option<Value> {
        self.actor.control(command)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in the thread has been printed already.
            drop(thread.join());
        }
    }
}
