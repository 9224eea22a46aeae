//! A secret in, never out: whatever stands around it, two secrets of the same shape give the same trace.

use research_socket::http::{Answer, RequestId, Response};
use research_socket::research::{Input, ResearchId};
use research_socket::trace::{input, mask};

/// Of the same length, and place by place of the same kind of character: none of those that mean something in
/// JSON, in numbers or in the protocols.
const SECRETS: [&str; 2] = ["kv4wzt9qmhrxz", "jg7nhp2yzglqv"];

/// Stands where the secret is to be.
const PLACE: char = '\u{1}';

/// Bytes: the text of a body, of an event's name, of an id and of a page's emit, with the secret in it.
pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if SECRETS.iter().any(|secret| text.contains(secret)) {
        return;
    }
    let [one, other] = SECRETS.map(|secret| mask(&trace(text, secret), 1));
    assert_eq!(one, other);
    for secret in SECRETS {
        assert!(!one.contains(secret), "{one}");
    }
    // A trace stays one: each line is JSON, and what is masked has nothing left to mask.
    for line in one.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert!(line.is_array(), "{line}");
    }
}

fn trace(text: &str, secret: &str) -> String {
    let text = text.replace(PLACE, secret);
    let answer = |body: Vec<u8>| Input::Answer {
        request: RequestId(1),
        answer: Answer::Response(Response {
            status: 200,
            retry_after_ms: None,
            body,
        }),
    };
    let mut inputs = vec![answer(text.clone().into_bytes())];
    // In a packet, in a string, and where something is no UTF-8.
    let json = serde_json::to_string(&text).expect("JSON");
    inputs.push(answer(
        format!("42[\"progress_r\",{{\"message\":{json},{json}:1}}]").into_bytes(),
    ));
    inputs.push(answer([text.as_bytes(), b"\xff"].concat()));
    inputs.push(Input::Listen {
        name: text.clone(),
        listening: true,
    });
    inputs.push(Input::Recall {
        research: "r".to_owned(),
        facts: text.clone(),
    });
    inputs.extend(ResearchId::from_text(&text).map(Input::Subscribe));
    let lines: Vec<_> = inputs.iter().map(|each| input(1, each)).collect();
    lines.join("\n")
}
