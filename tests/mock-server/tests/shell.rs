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
/// So long a test waits for an answer that does not come.
const PATIENCE: Duration = Duration::from_secs(60);

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
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let length = body.len();
    let head =
        format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n");
    stream
        .write_all(format!("{head}{body}").as_bytes())
        .unwrap();
    stream
}

/// A request as it stands, and all of its answer.
fn raw(server: &Running, request: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    read(stream)
}

/// Everything until the server closes the connection.
fn read(mut stream: TcpStream) -> String {
    let mut text = String::new();
    match stream.read_to_string(&mut text) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            panic!("no answer within {PATIENCE:?}, only {text:?}");
        }
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

#[test]
fn only_names_of_this_machine_are_served() {
    let folder = files("names");
    let server = start(Options {
        www: Some(folder.clone()),
        ..Options::default()
    });
    let status = |path: &str, host: &str| {
        let answer = raw(
            &server,
            &format!("GET {path} HTTP/1.1\r\n{host}Connection: close\r\n\r\n"),
        );
        answer.split(' ').nth(1).unwrap_or_default().to_owned()
    };
    for host in [
        "localhost",
        "LocalHost:81",
        "127.0.0.1",
        "127.255.0.9:65535",
        "[::1]",
        "[::1]:81",
    ] {
        for path in ["/", HANDSHAKE, "/control/stats"] {
            let got = status(path, &format!("Host: {host}\r\n"));
            assert_eq!(got, "200", "{host} {path}");
        }
    }
    for host in [
        "evil.example",
        "evil.example:80",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil.example@127.0.0.1",
        "127.0.0.1@evil.example",
        "128.0.0.1",
        "0.0.0.0",
        "192.168.0.1",
        "[::2]",
        "[::1",
        "::1",
        "[::ffff:7f00:1].evil.example",
        "localhost:",
        "localhost:x",
        "localhost:65536",
        "localhost:80:80",
        "localhost/",
        "",
    ] {
        for path in ["/", HANDSHAKE, "/control/stats", "/api/research/r/status"] {
            let got = status(path, &format!("Host: {host}\r\n"));
            assert!(got == "421" || got == "400", "{host} {path}: {got}");
        }
    }
    // Two names, none, and one in the request's own line, which goes before the header.
    let two = "Host: localhost\r\nHost: evil.example\r\n";
    assert_eq!(status("/control/stats", two), "421");
    assert_eq!(status("/control/stats", ""), "421");
    let line = "http://evil.example/control/stats";
    assert_eq!(status(line, "Host: localhost\r\n"), "421");
    std::fs::remove_dir_all(folder).unwrap();
}

/// A folder with a page, and a file beside it that nobody may see.
fn files(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("mock-server-{name}-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("below")).unwrap();
    std::fs::write(folder.join("index.html"), "<p>hello").unwrap();
    std::fs::write(folder.join(".hidden"), "secret").unwrap();
    folder
}

#[test]
fn files_are_only_read_and_only_by_pages_of_their_own() {
    let folder = files("read");
    let server = start(Options {
        www: Some(folder.join("below/..")),
        ..Options::default()
    });
    let page = call(&server, "GET", "/index.html", "");
    assert!(
        page.contains("x-content-type-options: nosniff\r\n"),
        "{page}"
    );
    assert!(!page.contains("access-control-allow-origin"), "{page}");
    let head = call(&server, "HEAD", "/index.html", "");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.contains("content-length: 8\r\n"), "{head}");
    assert!(head.ends_with("\r\n\r\n"), "{head}");
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"] {
        let answer = call(&server, method, "/index.html", "");
        assert!(answer.starts_with("HTTP/1.1 405"), "{method}: {answer}");
        assert!(answer.contains("allow: GET, HEAD\r\n"), "{answer}");
    }
    let name = folder.file_name().unwrap().to_str().unwrap();
    for path in [
        "/.hidden",
        "/below/../.hidden",
        "/%2ehidden",
        "/below/%2e%2e/.hidden",
        &format!("/../{name}/.hidden"),
        &format!("/..%2f{name}%2f.hidden"),
        &format!("//{}/.hidden", folder.display()),
        "/below\\..\\.hidden",
    ] {
        let answer = call(&server, "GET", path, "");
        assert!(answer.starts_with("HTTP/1.1 4"), "{path}: {answer}");
        assert!(!answer.contains("secret"), "{path}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn no_command_ends_the_server() {
    let server = start(Options::default());
    for (command, body) in [
        (
            "burst",
            r#"{"research_id":"r","lines":2,"first":4294967295}"#,
        ),
        ("offline", r#"{"ms":18446744073709551615}"#),
        ("config", r#"{"ping_interval_ms":18446744073709551615}"#),
    ] {
        let answer = call(&server, "POST", &format!("/control/{command}"), body);
        assert!(answer.starts_with("HTTP/1.1 400"), "{command}: {answer}");
    }
    assert!(call(&server, "GET", HANDSHAKE, "").starts_with("HTTP/1.1 200"));
}

#[test]
fn a_body_larger_than_any_test_needs_is_refused_unread() {
    let server = start(Options::default());
    let head =
        "POST /control/emit HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999999\r\n\r\n";
    let answer = raw(&server, head);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[test]
fn a_body_that_does_not_say_how_large_it_is_is_read_up_to_the_same_bound() {
    const MOST: usize = 64 * 1_024 * 1_024;
    let server = start(Options::default());
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = "POST /control/emit HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n";
    write!(stream, "{head}\r\n{:x}\r\n", 2 * MOST).unwrap();
    let piece = vec![b' '; 64 * 1_024];
    for _ in 0..MOST / piece.len() {
        stream.write_all(&piece).unwrap();
    }
    // No more than one byte: what is left unread would cost the answer.
    stream.write_all(b" ").unwrap();
    let answer = read(stream);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(call(&server, "GET", HANDSHAKE, "").starts_with("HTTP/1.1 200"));
}
