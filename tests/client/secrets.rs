//! Nothing that somebody wants to keep is in a trace, wherever it stood.
//!
//! The strongest way to say so: a trace with other secrets of the same shape in the same places is the same to
//! the letter. So whatever it tells, it does not tell one secret from another.

use std::collections::BTreeSet;

use research_socket::config::Config;
use research_socket::http::{Answer, AskId, Credentials, RequestError, RequestId, Response};
use research_socket::random::Random;
use research_socket::research::{CancelId, Input, ResearchId};
use research_socket::socket::{Acked, Emit, EmitId};
use research_socket::time::Timestamp;
use research_socket::trace::{header, input, mask};

/// Of so many characters of a secret not even a part may be in a trace.
const WINDOW: usize = 5;

const HEX: &str = "0123456789abcdef";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";
const DIGITS: &str = "123456789";
const CHINESE: &str = "研究结果显示张伟住在北京市朝阳区电话密码是数据库";
const CYRILLIC: &str = "парольиванпетровмосквателефонсекретключ";
const EMOJI: &str = "😀😁😂🤣😃😄😅😆😉😊🔑🔒";

/// Kinds of secrets: each `%` and the letter behind it is a character drawn from an alphabet; all else stands
/// as it is. The prefixes of well-known services are in two parts, so that no scanner takes this for a leak.
const KINDS: [(&str, &str); 34] = [
    (
        "",
        "%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h",
    ),
    (
        "",
        "%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h%h",
    ),
    (
        "",
        "%h%h%h%h%h%h%h%h-%h%h%h%h-4%h%h%h-a%h%h%h-%h%h%h%h%h%h%h%h%h%h%h%h",
    ),
    ("", "%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b=="),
    ("", "%b%b%b+%b%b%b%b/%b%b%b%b%b%b%b+%b%b%b%b%b%b="),
    (
        "ey",
        "J%b%b%b%b%b%b%b%b.eyJ%b%b%b%b%b%b%b%b%b%b%b%b.%b%b%b%b%b%b%b_%b%b%b-%b%b%b%b",
    ),
    ("AK", "IA%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u%u"),
    (
        "gh",
        "p_%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b",
    ),
    (
        "xo",
        "xb-%d%d%d%d%d%d%d%d%d%d%d-%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b",
    ),
    (
        "sk",
        "_live_%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b",
    ),
    (
        "sk",
        "-proj-%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b",
    ),
    (
        "AI",
        "za%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b",
    ),
    (
        "np",
        "m_%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b",
    ),
    ("", "%l%l%l%l%l.%l%l%l%l%l%l@%l%l%l%l%l%l%l.%l%l"),
    ("", "%l%l%l%l%l+%l%l%l@mail.%l%l%l%l%l%l.org"),
    (
        "",
        "https://%l%l%l%l%l:%b%b%b%b%b%b%b%b@%l%l%l%l%l%l.example/%l%l%l%l?key=%h%h%h%h%h%h%h%h",
    ),
    ("", "10.%d%d.%d%d%d.%d%d"),
    ("", "1%d%d.1%d%d.1%d%d.1%d%d:80%d%d"),
    ("", "fe80::%h%h%h%h:%h%h%h%h:%h%h%h%h:%h%h%h%h"),
    ("", "+1 (%d%d%d) %d%d%d-%d%d%d%d"),
    ("", "+49 %d%d%d %d%d%d%d%d%d%d"),
    ("", "4%d%d%d %d%d%d%d %d%d%d%d %d%d%d%d"),
    ("", "4%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d"),
    ("", "%d%d%d%d%d%d"),
    ("", "%d%d%d-%d%d-%d%d%d%d"),
    ("", "%c%c%c%c%c%c%c%c%c%c%c%c"),
    ("", "%c%c%c%c token %c%c%c%c%c%c"),
    ("", "%y%y%y%y%y%y%y %y%y%y%y%y%y%y%y"),
    ("", "%e%e%e%e%e%e"),
    ("", "pass%e%y%c%l%l%l%d%d"),
    ("", "%%25%h%h%%25%h%h%%25%h%h%%20%l%l%l%l%l%l%l"),
    ("", "\\u00%h%h\\u04%h%h\\u04%h%h\\u04%h%h%l%l%l%l%l"),
    (
        "",
        "session=%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b%b; HttpOnly",
    ),
    ("", "%l%l%l%l%l_%l%l%l%l_%l%l%l%l%l%l"),
];

fn secret(kind: usize, random: &mut Random) -> String {
    let (start, pattern) = KINDS[kind % KINDS.len()];
    let mut out = start.to_owned();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let alphabet = match chars.next() {
            Some('b') => BASE64,
            Some('c') => CHINESE,
            Some('d') => DIGITS,
            Some('e') => EMOJI,
            Some('h') => HEX,
            Some('l') => LETTERS,
            Some('u') => UPPER,
            Some('y') => CYRILLIC,
            Some(other) => {
                out.push(other);
                continue;
            }
            None => continue,
        };
        let alphabet: Vec<char> = alphabet.chars().collect();
        out.push(alphabet[(random.bits() % alphabet.len() as u64) as usize]);
    }
    out
}

/// The secrets of a trace, handed out place by place.
struct Secrets<'a> {
    all: &'a [String],
    next: usize,
}

impl Secrets<'_> {
    fn next(&mut self) -> String {
        let secret = &self.all[self.next % self.all.len()];
        self.next += 1;
        secret.clone()
    }

    /// As JSON, and with some of its letters escaped.
    fn json(&mut self) -> String {
        serde_json::to_string(&self.next()).unwrap()
    }

    fn escaped(&mut self) -> String {
        let text = self.next();
        let escaped: String = text
            .encode_utf16()
            .map(|unit| format!("\\u{unit:04x}"))
            .collect();
        format!("\"{escaped}\"")
    }

    /// A number, if it is one.
    fn number(&mut self) -> String {
        let json = self.json();
        let bare = json.trim_matches('"');
        if bare.bytes().all(|byte| byte.is_ascii_digit()) {
            bare.to_owned()
        } else {
            json
        }
    }
}

fn answer(request: u64, status: u16, body: impl Into<Vec<u8>>) -> Input {
    Input::Answer {
        request: RequestId(request),
        answer: Answer::Response(Response {
            status,
            retry_after_ms: None,
            body: body.into(),
        }),
    }
}

/// A trace with secrets in all places that have room for one.
fn trace(all: &[String]) -> String {
    let mut s = Secrets { all, next: 0 };
    let space = s.next().replace(['?', ','], "-");
    let mut config = Config::new(format!("https://{}", s.next()));
    config.path = format!("/{}", s.next());
    config.namespace = format!("/{space}");
    config.status_path = format!("/{}/{{id}}", s.next());
    config.logs_path = format!("/{}/{{id}}", s.next());
    config.history_path = format!("/{}/{{id}}", s.next());
    config.terminate_path = format!("/{}/{{id}}", s.next());
    let id = s.next();
    let event = serde_json::to_string(&format!("progress_{id}")).unwrap();
    let args = |s: &mut Secrets<'_>| {
        format!(
            "[{},{{{}:{},\"n\":{}}},{}]",
            s.json(),
            s.json(),
            s.json(),
            s.number(),
            s.escaped()
        )
    };
    let line = |s: &mut Secrets<'_>| {
        format!(
            "{{\"message\":{},\"time\":{},\"type\":{},\"id\":{},\"metadata\":{{\"phase\":{},{}:{}}},{}:[{}]}}",
            s.json(),
            s.json(),
            s.json(),
            s.number(),
            s.json(),
            s.json(),
            s.json(),
            s.json(),
            s.escaped(),
        )
    };
    let (one, two, three) = (line(&mut s), line(&mut s), line(&mut s));
    let list = serde_json::to_string(&format!("[{two},{three}]")).unwrap();
    let mut inputs = vec![
        Input::Subscribe(ResearchId::from_text(&id).unwrap()),
        Input::Connect,
        Input::Credentials {
            ask: AskId(1),
            credentials: Ok(Credentials {
                auth: Some(format!("{{\"token\":{}}}", s.json())),
                headers: vec![(s.next(), s.next())],
                query: vec![(s.next(), s.next())],
            }),
        },
        Input::Credentials {
            ask: AskId(2),
            credentials: Err(s.next()),
        },
        answer(
            2,
            200,
            format!(
                "0{{\"sid\":{},\"upgrades\":[{}],\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":1000000,\"more\":{}}}",
                s.json(),
                s.json(),
                s.number(),
            ),
        ),
        answer(3, 200, format!("40/{space},{{\"sid\":{}}}", s.json())),
        answer(
            3,
            200,
            format!(
                "44/{space},{{\"message\":{},\"data\":{}}}",
                s.json(),
                args(&mut s)
            ),
        ),
        answer(
            4,
            200,
            format!(
                "42/{space},{}\x1e42/{space},17{}",
                args(&mut s),
                args(&mut s)
            ),
        ),
        answer(
            5,
            200,
            format!(
                "43/{space},3{}\x1e6{}\x1e2{}",
                args(&mut s),
                s.next(),
                s.next()
            ),
        ),
        answer(
            6,
            200,
            format!(
                "42/{space},[{event},{{\"log_entry\":{one},\"progress\":{}}}]",
                s.number()
            ),
        ),
        answer(
            6,
            200,
            format!(
                "42/{space},[{event},{{\"progress_log\":{list},\"status\":{}}}]",
                s.json()
            ),
        ),
        answer(
            6,
            200,
            format!(
                "42[\"subscribe_error\",{{\"error\":{},\"research_id\":{}}}]",
                s.json(),
                s.number()
            ),
        ),
        answer(7, 200, format!("42[{}", s.json())),
        answer(
            7,
            200,
            format!("4x{}\x1ex{}\x1eb{}", s.next(), s.next(), s.next()),
        ),
        answer(7, 200, format!("42/{},[\"a\"]", s.next().replace(',', "-"))),
        answer(
            8,
            200,
            format!(
                "<html><input name=csrf value='{}'>{}</html>",
                s.next(),
                s.next()
            ),
        ),
        answer(8, 500, format!("cannot open {}", s.next())),
        answer(8, 400, format!("{{\"code\":1,\"message\":{}}}", s.json())),
        answer(
            8,
            200,
            [
                b"4\xff".as_slice(),
                s.next().as_bytes(),
                b"\x1e42[",
                s.json().as_bytes(),
                b"]",
            ]
            .concat(),
        ),
        answer(
            9,
            200,
            format!(
                "{{\"status\":{},\"metadata\":{{\"error_info\":{{\"type\":{},\"message\":{}}}}}}}",
                s.json(),
                s.json(),
                s.json()
            ),
        ),
        answer(9, 200, format!("[{one},{two}]")),
        answer(9, 200, s.json()),
        Input::Answer {
            request: RequestId(9),
            answer: Answer::Failed(RequestError::Network(s.next())),
        },
        Input::Recall {
            research: id.clone(),
            facts: format!(
                "{{\"current_task\":{},\"error\":{}}}",
                s.json(),
                s.escaped()
            ),
        },
        Input::Remember {
            research: id.clone(),
            lines: format!("[{three}]"),
            complete: true,
        },
        Input::Cancel {
            cancel: CancelId(1),
            research: ResearchId::from_text(&id).unwrap(),
            csrf_token: Some(s.next()),
        },
        Input::Listen {
            name: s.next(),
            listening: true,
        },
        Input::Acknowledge {
            id: 17,
            args: args(&mut s),
            attachments: vec![s.next().as_bytes().to_vec()],
        },
    ];
    for args in [args(&mut s), format!("[{}", s.json())] {
        inputs.push(Input::Emit(Emit {
            id: EmitId(1),
            args,
            attachments: vec![s.next().as_bytes().to_vec()],
            ack: Acked::No,
            volatile: false,
        }));
    }
    assert!(s.next >= 100, "only {} places", s.next);
    let mut lines = vec![header(
        &config,
        false,
        7,
        Timestamp::from_millis(1_764_000_000_000),
    )];
    lines.extend(inputs.iter().map(|each| input(5, each)));
    lines.join("\n")
}

fn windows(text: &str) -> BTreeSet<&str> {
    let places: Vec<usize> = text
        .char_indices()
        .map(|(at, _)| at)
        .chain([text.len()])
        .collect();
    places
        .windows(WINDOW + 1)
        .filter_map(|part| text.get(part[0]..part[WINDOW]))
        .collect()
}

/// No part of a secret is in the masked trace that is not there whatever the secrets are.
fn check(secrets: &[String], others: &[String]) {
    let masked = mask(&trace(secrets), 1);
    let same = mask(&trace(others), 2);
    if masked != same {
        let (mut ours, mut theirs) = (masked.lines(), same.lines());
        while let (Some(our), Some(their)) = (ours.next(), theirs.next()) {
            assert_eq!(our, their, "secrets {secrets:?} and {others:?}");
        }
    }
    let unlike = mask(&trace(&["ZZ".to_owned()]), 3);
    let (found, always) = (windows(&masked), windows(&unlike));
    for secret in secrets {
        for part in windows(secret) {
            // Digits of a number that takes the place of another.
            let is_number = part.bytes().all(|byte| matches!(byte, b'0' | b'1' | b'\\'));
            let is_known = !found.contains(part) || always.contains(part) || is_number;
            assert!(is_known, "{part} of {secret}:\n{masked}");
        }
    }
}

#[test]
fn none_of_340_secrets_of_34_kinds_is_told_from_another_in_any_place() {
    let (mut one, mut two) = (Random::new(1), Random::new(2));
    for nth in 0..340 {
        check(&[secret(nth, &mut one)], &[secret(nth, &mut two)]);
    }
}

/// With the numbers among them in their order, which a trace tells.
fn in_order(mut secrets: Vec<String>) -> Vec<String> {
    let is_number = |text: &String| text.bytes().all(|byte| byte.is_ascii_digit());
    let mut numbers: Vec<_> = secrets
        .iter()
        .filter(|text| is_number(text))
        .cloned()
        .collect();
    numbers.sort_by_key(|text| std::cmp::Reverse((text.len(), text.clone())));
    for secret in secrets.iter_mut().filter(|text| is_number(text)) {
        // The shorter ones first, and of one length in their order.
        let at = numbers.iter().rposition(|text| text.len() == secret.len());
        *secret = numbers.remove(at.unwrap());
    }
    secrets
}

#[test]
fn of_10_000_random_secrets_none_is_told_from_another() {
    let (mut one, mut two) = (Random::new(3), Random::new(4));
    for nth in 0..100 {
        // Another kind in each place from trace to trace.
        let kinds = (0..100).map(|place| place * 7 + nth);
        let secrets: Vec<_> = kinds.clone().map(|kind| secret(kind, &mut one)).collect();
        let others: Vec<_> = kinds.map(|kind| secret(kind, &mut two)).collect();
        check(&in_order(secrets), &in_order(others));
    }
}

/// What people write, with words in it that the client knows.
#[test]
fn a_sentence_with_known_words_keeps_none_of_its_others() {
    let masked = mask(
        &trace(&["张伟的研究 report 已完成，密码是 hunter2 status complete".to_owned()]),
        1,
    );
    for part in ["张伟", "密码", "hunter2", "report", "已完成"] {
        assert!(!masked.contains(part), "{part}:\n{masked}");
    }
}

/// The test sees: a trace that is not masked has them all.
#[test]
fn an_unmasked_trace_has_the_secrets() {
    let secrets = ["correct horse battery staple".to_owned()];
    let unmasked = trace(&secrets);
    assert!(
        windows(&secrets[0])
            .iter()
            .all(|part| unmasked.contains(part))
    );
    assert!(unmasked.matches("battery").count() > 40);
}
