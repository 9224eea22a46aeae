//! The HTTP shell on a real port: what only sockets can show.
#![cfg(feature = "shell")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed"
)]

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use mock_server::shell::{Options, Running, spawn};
use mock_server::{Command, Config};
use serde_json::json;

const HANDSHAKE: &str = "/socket.io/?EIO=4&transport=polling";

fn start(options: Options) -> Running {
    spawn(options).unwrap()
}

fn control(server: &Running, command: serde_json::Value) -> serde_json::Value {
    server
        .control(serde_json::from_value(command).unwrap())
        .unwrap()
}

fn fault(server: &Running, action: serde_json::Value) {
    control(server, json!({"faults": {"faults": [{"action": action}]}}));
}

fn send(server: &Running, method: &str, path: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
    stream
        .write_all(format!("{head}{body}").as_bytes())
        .unwrap();
    stream
}

/// Everything until the server closes the connection.
fn read(mut stream: TcpStream) -> String {
    let mut text = String::new();
    match stream.read_to_string(&mut text) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("{error}"),
    }
    text
}

fn call(server: &Running, method: &str, path: &str, body: &str) -> String {
    read(send(server, method, path, body))
}

/// What comes within a short while from a connection that stays open.
fn hangs_after(mut stream: TcpStream) -> String {
    stream
        .set_read_timeout(Some(Duration::from_millis(150)))
        .unwrap();
    let (mut text, mut buffer) = (String::new(), [0; 4_096]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => panic!("closed after {text}"),
            Ok(n) => text.push_str(std::str::from_utf8(&buffer[..n]).unwrap()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return text;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn an_answer_is_whole_and_closes_its_connection_like_the_real_one() {
    let server = start(Options::default());
    let answer = call(&server, "GET", HANDSHAKE, "");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("connection: close\r\n"), "{answer}");
    assert!(answer.contains("\r\n\r\n0{\"sid\":\""), "{answer}");
}

#[test]
fn a_refused_request_gets_no_byte() {
    let server = start(Options::default());
    fault(&server, json!("refuse"));
    assert_eq!(call(&server, "GET", HANDSHAKE, ""), "");
}

#[test]
fn a_cut_answer_loses_its_end() {
    let server = start(Options::default());
    fault(&server, json!({"cut": {"after": 6}}));
    let answer = call(&server, "GET", HANDSHAKE, "");
    // One chunk, and not the empty one that would end the body.
    assert!(
        answer.contains("transfer-encoding: chunked\r\n"),
        "{answer}"
    );
    assert!(answer.ends_with("\r\n6\r\n0{\"sid\r\n"), "{answer}");
}

#[test]
fn answers_hang_in_the_head_and_in_the_body() {
    let server = start(Options::default());
    fault(&server, json!("hang_in_head"));
    assert_eq!(hangs_after(send(&server, "GET", HANDSHAKE, "")), "");
    fault(&server, json!({"hang_in_body": {"after": 1}}));
    let answer = hangs_after(send(&server, "GET", HANDSHAKE, ""));
    assert!(answer.ends_with("\r\n1\r\n0\r\n"), "{answer}");
}

#[test]
fn a_client_that_leaves_is_noticed() {
    let server = start(Options {
        config: Config::strict(),
        ..Options::default()
    });
    let answer = call(&server, "GET", HANDSHAKE, "");
    let sid = answer
        .split("\"sid\":\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let poll = send(&server, "GET", &format!("{HANDSHAKE}&sid={sid}"), "");
    wait_for_end(&server, "open");
    drop(poll);
    wait_for_end(&server, "aborted");
}

/// Waits until the log says so about the second request.
fn wait_for_end(server: &Running, end: &str) {
    for _ in 0..400 {
        let stats = control(server, json!({"stats": {}}));
        if stats["requests"][1]["end"] == end {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("the poll is not {end}");
}

#[test]
fn a_held_poll_is_answered_when_something_is_emitted() {
    let server = start(Options {
        config: Config::release_1_5(),
        ..Options::default()
    });
    let answer = call(&server, "GET", HANDSHAKE, "");
    let sid = answer
        .split("\"sid\":\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let path = format!("{HANDSHAKE}&sid={sid}");
    assert!(call(&server, "POST", &path, "40").ends_with("OK"));
    assert!(call(&server, "GET", &path, "").contains("40{\"sid\""));
    let poll = send(&server, "GET", &path, "");
    let burst = call(
        &server,
        "POST",
        "/control/burst",
        r#"{"research_id":"r","lines":2}"#,
    );
    assert!(burst.contains("\"ok\":true"), "{burst}");
    assert!(read(poll).contains("\"line 1\""));
}

#[test]
fn files_have_their_types_and_the_policy_and_vanish_with_the_network() {
    let folder = std::env::temp_dir().join(format!("mock-server-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("pkg")).unwrap();
    std::fs::write(folder.join("index.html"), "<p>hello").unwrap();
    std::fs::write(folder.join("pkg/a.wasm"), "wasm").unwrap();
    std::fs::write(folder.join("pkg/a.js"), "js").unwrap();
    let (www, pkg) = (Some(folder.clone()), Some(folder.join("pkg")));
    let server = start(Options {
        www,
        pkg,
        csp: true,
        ..Options::default()
    });
    let page = call(&server, "GET", "/", "");
    assert!(
        page.contains("content-type: text/html; charset=utf-8\r\n"),
        "{page}"
    );
    assert!(page.contains("content-security-policy: default-src 'self'; connect-src 'self';"));
    assert!(page.ends_with("<p>hello"));
    assert!(call(&server, "GET", "/pkg/a.wasm", "").contains("content-type: application/wasm\r\n"));
    assert!(call(&server, "GET", "/pkg/a.js", "").contains("content-type: text/javascript"));
    assert!(call(&server, "GET", "/progress/7", "").ends_with("<p>hello"));
    assert!(call(&server, "GET", "/none.html", "").starts_with("HTTP/1.1 404"));
    control(&server, json!({"offline": {}}));
    assert_eq!(call(&server, "GET", "/", ""), "");
    assert!(call(&server, "POST", "/control/online", "").starts_with("HTTP/1.1 200"));
    assert!(call(&server, "GET", "/", "").ends_with("<p>hello"));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn two_servers_do_not_know_each_other() {
    let (one, two) = (start(Options::default()), start(Options::default()));
    assert_ne!(one.url(), two.url());
    one.control(Command::Offline(mock_server::Offline::default()));
    assert_eq!(call(&one, "GET", HANDSHAKE, ""), "");
    assert!(call(&two, "GET", HANDSHAKE, "").starts_with("HTTP/1.1 200"));
}

#[test]
fn a_port_that_is_taken_is_named() {
    let first = start(Options::default());
    let port = first.address().port();
    let taken = Options {
        port,
        ..Options::default()
    };
    let error = spawn(taken).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    assert!(error.to_string().starts_with(&format!("port {port}: ")));
}
