//! The mock server's control interface: commands in JSON, one to a line, with time in between. None
//! ends the server, each is answered once, and what is refused is refused in words and changes nothing.

use mock_server::{Config, Input, Output, Request, Response, Server};

use crate::work::{MAX_WORK, cost};

pub(crate) fn run(data: &[u8]) {
    let mut server = Server::new(Config::default(), 1);
    let (mut now, mut id, mut work) = (0_u64, 0, 0);
    for line in data.split(|byte| *byte == b'\n') {
        let Some((step, line)) = line.split_first() else {
            continue;
        };
        // The low half says how long it is until then: from nothing to the end of all clocks.
        let wait = [0, 1, 300, 5_000, 60_000, 1 << 32, 1 << 53, u64::MAX];
        now = now.saturating_add(wait[usize::from(step & 7)]);
        let method = ["POST", "GET", "DELETE", "OPTIONS"][usize::from(step >> 3) % 4];
        let split = line.iter().position(|byte| *byte == b' ');
        let (name, body) = line.split_at(split.unwrap_or(line.len()));
        work += cost(name, body);
        if work > MAX_WORK {
            return;
        }
        let Ok(name) = std::str::from_utf8(name) else {
            continue;
        };
        // A name that begins so is a path of its own: sessions, and the application.
        let path = match name.strip_prefix('/') {
            Some(_) => name.to_owned(),
            None => format!("/control/{name}"),
        };
        id += 1;
        let request = Request {
            id,
            method: method.into(),
            path: path.clone(),
            headers: Vec::new(),
            body: body.to_vec(),
        };
        let before = server.config().clone();
        server.handle_input(now, Input::Request(request));
        server.handle_input(now, Input::Timeout);
        let answers = drain(&mut server);
        let due = server.poll_timeout();
        assert!(due.is_none_or(|due| due > now), "{due:?} was left at {now}");
        if path.starts_with("/control/") {
            let mut own = answers.iter().filter(|answer| answer.id == id);
            let answer = own.next().expect("control answers at once");
            assert!(own.next().is_none(), "answered twice");
            check(answer, &before, &server);
        }
    }
}

fn drain(server: &mut Server) -> Vec<Response> {
    std::iter::from_fn(|| server.poll_output())
        .map(|Output::Respond(response)| response)
        .collect()
}

fn check(answer: &Response, before: &Config, server: &Server) {
    assert!(
        matches!(answer.status, 200 | 400 | 404),
        "{}: {}",
        answer.status,
        answer.text()
    );
    let body: serde_json::Value =
        serde_json::from_slice(&answer.body).expect("control answers in JSON");
    if answer.status != 200 {
        let words = body.get("error").and_then(serde_json::Value::as_str);
        assert!(words.is_some_and(|words| !words.is_empty()), "{body}");
        assert_eq!(before, server.config(), "{body}");
    }
    // What is set now can be set again.
    let settings = serde_json::to_string(server.config()).expect("settings are JSON");
    assert_eq!(
        Config::default().patched(&settings).as_ref(),
        Ok(server.config())
    );
}
