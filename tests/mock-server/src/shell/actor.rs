//! Decides how the state machine gets its inputs and its time: one task, one queue, one timer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use crate::{Command, Config, Delivery, Input, Output, Request, Response, Server};

/// How far away the timer is set when nothing is due.
const IDLE: Duration = Duration::from_secs(3_600);

/// A handle to the task that owns the server.
#[derive(Clone, Debug)]
pub(super) struct Actor {
    inbox: mpsc::UnboundedSender<Message>,
    last_id: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Message {
    Request(Request, oneshot::Sender<Response>),
    Aborted(u64),
    Control(Command, oneshot::Sender<Value>),
    Reachable(oneshot::Sender<Delivery>),
}

/// Reports that the client has gone away, unless the answer left first.
#[derive(Debug)]
pub(super) struct Guard {
    id: u64,
    inbox: mpsc::UnboundedSender<Message>,
    armed: bool,
}

impl Guard {
    pub(super) fn disarm(mut self) {
        self.armed = false;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.armed {
            // Without the task there is nobody to tell.
            drop(self.inbox.send(Message::Aborted(self.id)));
        }
    }
}

impl Actor {
    /// Waits for the answer, for ever if there is none. The guard has to outlive the answer's way.
    pub(super) async fn request(&self, mut request: Request) -> (Response, Guard) {
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        request.id = id;
        let guard = Guard {
            id,
            inbox: self.inbox.clone(),
            armed: true,
        };
        let (sender, receiver) = oneshot::channel();
        drop(self.inbox.send(Message::Request(request, sender)));
        match receiver.await {
            Ok(response) => (response, guard),
            Err(_) => std::future::pending().await,
        }
    }

    pub(super) async fn reachable(&self) -> Delivery {
        let (sender, receiver) = oneshot::channel();
        drop(self.inbox.send(Message::Reachable(sender)));
        receiver.await.unwrap_or(Delivery::Refuse)
    }

    pub(super) fn control(&self, command: Command) -> Option<Value> {
        let (sender, receiver) = oneshot::channel();
        drop(self.inbox.send(Message::Control(command, sender)));
        receiver.blocking_recv().ok()
    }
}

/// The handle and the task to spawn.
pub(super) fn start(mut config: Config, seed: u64) -> (Actor, impl Future<Output = ()>) {
    config.wall_clock_ms = wall_clock_ms();
    let (inbox, messages) = mpsc::unbounded_channel();
    let actor = Actor {
        inbox,
        last_id: Arc::default(),
    };
    (actor, run(Server::new(config, seed), messages))
}

async fn run(mut server: Server, mut messages: mpsc::UnboundedReceiver<Message>) {
    let start = Instant::now();
    let now = || u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    let mut waiting: BTreeMap<u64, oneshot::Sender<Response>> = BTreeMap::new();
    loop {
        let due = match server.poll_timeout() {
            Some(ms) => start.checked_add(Duration::from_millis(ms)),
            None => None,
        };
        let due = due.unwrap_or_else(|| Instant::now() + IDLE);
        let message = tokio::select! {
            message = messages.recv() => match message {
                Some(message) => Some(message),
                None => return,
            },
            () = sleep_until(due) => None,
        };
        match message {
            Some(Message::Request(request, sender)) => {
                waiting.insert(request.id, sender);
                server.handle_input(now(), Input::Request(request));
            }
            Some(Message::Aborted(id)) => {
                waiting.remove(&id);
                server.handle_input(now(), Input::Aborted { id });
            }
            // Whoever asked may have gone; that is their affair.
            Some(Message::Control(command, sender)) => {
                drop(sender.send(server.control(now(), command)));
            }
            Some(Message::Reachable(sender)) => {
                server.handle_input(now(), Input::Timeout);
                let _ = sender.send(server.reachable());
            }
            None => server.handle_input(now(), Input::Timeout),
        }
        while let Some(Output::Respond(response)) = server.poll_output() {
            if let Some(sender) = waiting.remove(&response.id) {
                drop(sender.send(response));
            }
        }
    }
}

/// The server's dates are the only thing that depends on it.
#[allow(
    clippy::disallowed_methods,
    reason = "the shell is where time comes from"
)]
fn wall_clock_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or_default()
}
