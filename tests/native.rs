//! The host of `examples`, against the mock server on a real port: what the core asks for is carried out without a browser.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed"
)]

#[path = "../examples/host/mod.rs"]
mod host;

use std::future::{Future, pending};
use std::io::{self, Write};
use std::sync::{Arc, mpsc};
use std::thread;

use host::{Host, Traffic, follow};
use mock_server::shell::{Options, Running, spawn};
use research_socket::config::Config;
use research_socket::research::{End, ResearchId, Source, Status};
use serde_json::{Value, json};
use tokio::sync::oneshot;

const ID: &str = "research-1";

/// What is written, given on line by line.
struct Lines {
    tell: mpsc::Sender<String>,
    begun: Vec<u8>,
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for byte in bytes {
            match byte {
                b'\n' => {
                    let line = String::from_utf8(std::mem::take(&mut self.begun)).unwrap();
                    self.tell.send(line).map_err(io::Error::other)?;
                }
                _ => self.begun.push(*byte),
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What was written so far.
struct Written {
    lines: mpsc::Receiver<String>,
    seen: Vec<String>,
}

impl Written {
    /// Waits for a line that contains this, and was not waited for before.
    fn wait(&mut self, what: &str) {
        loop {
            let line = self.lines.recv();
            let line = line.unwrap_or_else(|_| panic!("no {what} in {:#?}", self.seen));
            self.seen.push(line);
            if self.seen.last().unwrap().contains(what) {
                return;
            }
        }
    }

    fn rest(mut self) -> Vec<String> {
        self.seen.extend(self.lines);
        self.seen
    }
}

fn control(server: &Running, command: Value) -> Value {
    server
        .control(serde_json::from_value(command).unwrap())
        .unwrap()
}

/// Follows the research while `play` happens in another thread; what was written, and the end.
fn run(
    server: &Running,
    stop: impl Future<Output = ()>,
    play: impl FnOnce(&mut Written) + Send + 'static,
) -> (Vec<String>, Option<End>) {
    let (tell, lines) = mpsc::channel();
    let mut written = Written {
        lines,
        seen: Vec::new(),
    };
    let player = thread::spawn(move || {
        play(&mut written);
        written.rest()
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let end = runtime.block_on(async {
        let mut config = Config::new(server.url());
        config.reconnection_delay_ms = 10;
        let mut host = Host::new(config, 1, Arc::new(Traffic::default())).unwrap();
        let mut out = Lines {
            tell,
            begun: Vec::new(),
        };
        let id = ResearchId::from_text(ID).unwrap();
        follow(&mut host, id, &mut out, stop).await.unwrap()
    });
    (player.join().unwrap(), end)
}

/// How many clients the server can tell something.
fn sessions(server: &Running) -> u64 {
    let told = control(server, json!({"emit": {"event": "hello", "data": 1}}));
    told["sessions"].as_u64().unwrap()
}

fn has_open_poll(server: &Running) -> bool {
    let told = control(server, json!({"stats": {}}));
    let requests = told["requests"].as_array().unwrap();
    let is_open = |request: &Value| request["kind"] == "poll" && request["end"] == "open";
    requests.iter().any(is_open)
}

fn burst(first: u32, live: bool) -> Value {
    json!({"burst": {"research_id": ID, "lines": 5, "first": first, "live": live}})
}

#[test]
fn a_native_client_hears_each_line_once_over_a_restart_and_the_end() {
    let server = Arc::new(spawn(Options::default()).unwrap());
    let theirs = Arc::clone(&server);
    let (written, end) = run(&server, pending(), move |written| {
        written.wait("# connected");
        control(&theirs, burst(1, true));
        written.wait("line 5");
        // Nobody is told of these, and all sessions are gone.
        control(&theirs, burst(6, false));
        control(&theirs, json!({"restart": {}}));
        written.wait("# connected");
        control(&theirs, burst(11, true));
        written.wait("line 15");
        control(&theirs, json!({"end": {"research_id": ID}}));
    });
    let end = end.unwrap();
    assert_eq!((end.status, end.source), (Status::Completed, Source::Live));
    for n in 1..=15 {
        let suffix = format!("line {n}");
        let times = written.iter().filter(|line| line.ends_with(&suffix));
        assert_eq!(times.count(), 1, "{suffix} in {written:#?}");
    }
    assert!(
        written.last().unwrap().starts_with("# closed"),
        "{written:#?}"
    );
    assert_eq!(sessions(&server), 0);
}

#[test]
fn one_that_is_stopped_says_goodbye_before_it_ends() {
    let server = Arc::new(spawn(Options::default()).unwrap());
    let theirs = Arc::clone(&server);
    let (stop, stopped) = oneshot::channel();
    let stopped = async { stopped.await.unwrap() };
    let (written, end) = run(&server, stopped, move |written| {
        written.wait("# connected");
        control(&theirs, burst(1, true));
        written.wait("line 5");
        assert_eq!(sessions(&theirs), 1);
        stop.send(()).unwrap();
    });
    assert_eq!(end, None);
    assert!(
        written.last().unwrap().starts_with("# closed"),
        "{written:#?}"
    );
    assert_eq!(sessions(&server), 0);
}

#[test]
fn a_line_is_heard_before_the_rest_of_its_answer_has_come() {
    let server = Arc::new(spawn(Options::default()).unwrap());
    let theirs = Arc::clone(&server);
    let (stop, stopped) = oneshot::channel();
    let stopped = async { stopped.await.unwrap() };
    let (written, _) = run(&server, stopped, move |written| {
        written.wait("# connected");
        control(&theirs, burst(1, true));
        written.wait("line 5");
        // Each poll that comes from now on stops in the middle; the one that is open ends with the next line.
        while !has_open_poll(&theirs) {
            thread::yield_now();
        }
        let action = json!({"hang_in_body": {"after": 3_000}});
        let fault = json!({"on": {"kind": "poll"}, "count": null, "action": action});
        control(&theirs, json!({"faults": {"faults": [fault]}}));
        control(&theirs, burst(6, true));
        written.wait("line 10");
        // They are not stored: only a poll tells of them.
        control(
            &theirs,
            json!({"burst": {"research_id": ID, "lines": 1_000, "first": 11, "store": false}}),
        );
        written.wait("line 11");
        stop.send(()).unwrap();
    });
    assert!(
        !written.iter().any(|line| line.ends_with("line 1010")),
        "{written:#?}"
    );
}
