//! What masking leaves of a text, and what takes the place of the rest.

use research_socket::trace::mask;

const HEADER: &str = r#"{"trace":1,"namespace":"/"}"#;

/// Bodies of answers after being masked in one trace, all as they are and not as JSON.
fn masked<const N: usize>(bodies: [&str; N]) -> [String; N] {
    let mut trace = HEADER.to_owned();
    for body in bodies {
        let body = serde_json::to_string(body).unwrap();
        trace.push_str(&format!("\n[5,\"answer\",1,200,null,{body}]"));
    }
    let masked = mask(&trace, 7);
    let mut lines = masked.lines().skip(1);
    bodies.map(|_| {
        let line: serde_json::Value = serde_json::from_str(lines.next().unwrap()).unwrap();
        line[5].as_str().unwrap().to_owned()
    })
}

fn becomes(body: &str, other: &str) {
    assert_eq!(masked([body]), [other], "{body}");
}

#[test]
fn texts_are_numbered_as_they_come_and_keep_their_length() {
    becomes(
        r#"["canary","largest","canary","A longer text, with 12 words."]"#,
        r#"["cxxxxx","dxxxxxx","cxxxxx","fxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]"#,
    );
    // In another place of the trace it is the same.
    assert_eq!(
        masked([r#"["canary"]"#, r#"{"canary":"other"}"#]),
        [r#"["cxxxxx"]"#, r#"{"cxxxxx":"dxxxx"}"#]
    );
    // The seventeenth has two digits.
    let many: Vec<_> = (0..17).map(|n| format!("text-{n}")).collect();
    let [masked] = masked([&serde_json::to_string(&many).unwrap()]);
    assert!(masked.ends_with(r#","wxxxxxx","dcxxxxx"]"#), "{masked}");
}

#[test]
fn a_text_is_the_same_however_it_is_escaped_or_written() {
    becomes(
        r#"["слово","\u0441\u043b\u043E\u0432\u043e"]"#,
        r#"["cxxxxxxxxx","cxxxxxxxxx"]"#,
    );
    becomes(r#"["a😀b","a\ud83d\ude00b"]"#, r#"["cxxxxx","cxxxxx"]"#);
}

#[test]
fn structure_stays_to_the_letter() {
    for body in [
        "{}",
        r#" {"progress" : [ ] , "logs": [{},true,false,null, ""]}"#,
        "[[[[]]]]",
    ] {
        becomes(body, body);
    }
    becomes("7000", "cxxx");
}

#[test]
fn words_that_the_client_knows_stay_if_they_are_the_whole_text() {
    for word in [
        "maxPayload",
        "progress_log",
        "suspended",
        "Not_Started",
        "critical",
        "WARN",
        " in_progress ",
        "Session expired",
        "In Progress",
        "search_engine_selected",
        "synthesis_error",
    ] {
        let body = format!("[\"{word}\"]");
        becomes(&body, &body);
        let [longer] = masked([&format!("[\"my {word}\"]")]);
        assert!(!longer.contains(word), "{longer}");
    }
}

#[test]
fn what_a_level_or_a_failure_is_derived_from_stays_true() {
    becomes(
        r#"["Search has COMPLETED in Paris"]"#,
        r#"["completecxxxxxxxxxxxxxxxxxxxx"]"#,
    );
    becomes(
        r#"["Starting phase: Paris"]"#,
        r#"["completecxxxxxxxxxxxx"]"#,
    );
    becomes(r#"["it failed in Paris"]"#, r#"["errorcxxxxxxxxxxxx"]"#);
    becomes(r#"["paris_error"]"#, r#"["cxxxx_error"]"#);
    becomes(r#"["terror"]"#, r#"["cerror"]"#);
    becomes(
        r#"["complete in paris_error"]"#,
        r#"["completecxxxxxxxx_error"]"#,
    );
}

#[test]
fn of_a_refusal_stays_what_kind_it_is() {
    becomes(r#""Invalid session TA5qJTd-jabBskPz""#, "Bad Request");
    becomes(
        r#""http://paris.example is not an accepted origin.""#,
        "Not an accepted origin",
    );
    becomes(r#""Invalid transport""#, "Invalid transport");
    becomes(
        r#"{"code":1,"message":"Paris"}"#,
        r#"{"code":1,"message":"cxxxx"}"#,
    );
}

#[test]
fn small_counters_stay_and_other_numbers_keep_their_order_and_length() {
    for body in ["[0,7,45,100,999,-12]", "{\"progress\":33}"] {
        becomes(body, body);
    }
    becomes("[4711,1234,4711,98765]", "[1001,1000,1001,10000]");
    becomes(
        "[4111111111111111,9007199254740993]",
        "[1000000000000000,9007199254740992]",
    );
    becomes("[-4711,-4712]", "[-1000,-1001]");
    becomes("[45.25,45.5,45.25,12.75]", "[45.1,45.2,45.1,12.1]");
    becomes(
        "[1763757909.25,1e400,-1e400,3e2,5.0]",
        "[1000000000.5,1e999,-1e999,300,5]",
    );
    // A text that is a number is read as one.
    becomes(r#"["45","4711",4711,"007"]"#, r#"["45","1000",1000,"cxx"]"#);
}

#[test]
fn dates_stay_and_have_nothing_else_in_them() {
    for date in [
        "2026-11-21T20:45:09.123456+00:00",
        "2026-11-21T20:45:09+00:00",
    ] {
        let body = format!("[\"{date}\"]");
        becomes(&body, &body);
    }
    becomes(
        r#"["canary, 21 Nov 2026 20:45:09 GMT"]"#,
        r#"["2026-11-21T20:45:09+00:00"]"#,
    );
}

#[test]
fn json_in_a_string_is_masked_as_json() {
    becomes(
        r#"{"progress_log":"[{\"message\":\"canary\",\"time\":4711}]"}"#,
        r#"{"progress_log":"[{\"message\":\"cxxxxx\",\"time\":1000}]"}"#,
    );
}

#[test]
fn packets_keep_their_types_and_nothing_of_what_is_wrong_with_them() {
    for (packets, others) in [
        ("2|3|6|1|41|40|", "2|3|6|1|41|40|"),
        (
            "2probe|3probe|2probes|6data|7data",
            "2probe|3probe|2xxxxxx|6cxxx|dxxxx",
        ),
        (
            r#"0{"sid":"canary","pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#,
            r#"0{"sid":"cxxxxx","pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#,
        ),
        (
            r#"0{"pingInterval":4111111111}"#,
            r#"0{"pingInterval":1000000000}"#,
        ),
        (
            r#"42/paris,17["canary",{"canary":4711}]|42["a"]"#,
            r#"42/cxxxx,17["dxxxxx",{"dxxxxx":1000}]|42["f"]"#,
        ),
        (r#"43471112[1]"#, "43100000[1]"),
        (
            r#"451-["canary",{"_placeholder":true,"num":0}]|bAQIDBA==|b!"#,
            r#"451-["cxxxxx",{"_placeholder":true,"num":0}]|bAAAAAA==|b!"#,
        ),
        (r#"42["canary|44"no"|42/a"#, r#"42cxxxxxxx|44"dx"|42fx"#),
    ] {
        let [masked] = masked([&packets.replace('|', "\x1e")]);
        assert_eq!(masked.replace('\x1e', "|"), others);
    }
}

#[test]
fn what_is_no_packet_does_not_become_one() {
    for body in [" 2", "\t1", "\r\n 41", " 0"] {
        becomes(body, body);
    }
}

#[test]
fn what_is_no_packet_is_the_same_wherever_it_stands() {
    for text in [r#"{"canary":"other"}"#, "OK", "canary", r#" ["canary"]"#] {
        let body = format!("{text}\x1e6");
        let [alone, within] = masked([text, &body]);
        assert_eq!(format!("{alone}\x1e6"), within);
    }
}

#[test]
fn of_a_web_page_stays_that_it_is_one() {
    becomes("\u{feff} \n<html>canary</html>", "<cxxxxxxxxxxxxxxxxx");
    for receipt in ["ok", "OK\n", ""] {
        becomes(receipt, receipt);
    }
    becomes("okay", "cxxx");
}

#[test]
fn what_is_no_utf_8_stays_so() {
    let line = "[5,\"answer\",1,200,null,[\"42\u{fffd}canary\\u001e2\"]]";
    let masked = mask(&[HEADER, line].join("\n"), 7);
    let expected = "[5,\"answer\",1,200,null,[\"cxxxxxxxxxx\u{fffd}\\u001e2\"]]";
    assert_eq!(masked, [HEADER, expected].join("\n"));
}

#[test]
fn ids_of_researches_keep_their_order_their_length_and_whether_they_are_numbers() {
    let trace = [
        HEADER,
        r#"[0,"subscribe","zebra"]"#,
        r#"[0,"subscribe",4711]"#,
        r#"[0,"subscribe","alpha-\"beta\""]"#,
        r#"[1,"answer",1,200,null,"42[\"progress_zebra\",{\"research_id\":4711}]"]"#,
        r#"[1,"answer",1,200,null,"42[\"research_progress_4711\",{\"research_id\":\"zebra\"}]"]"#,
        r#"[1,"answer",1,200,null,"42[\"progress_nobody\",\"zebra\"]"]"#,
        r#"[2,"unsubscribe","zebra"]"#,
    ];
    let expected = [
        HEADER,
        r#"[0,"subscribe","3xxxx"]"#,
        r#"[0,"subscribe",1000]"#,
        // As long as it is with its escapes.
        r#"[0,"subscribe","2xxxxxxxxxxxxx"]"#,
        r#"[1,"answer",1,200,null,"42[\"progress_3xxxx\",{\"research_id\":1000}]"]"#,
        r#"[1,"answer",1,200,null,"42[\"research_progress_1000\",{\"research_id\":\"3xxxx\"}]"]"#,
        // What is no id, or not of a research that the page follows, is numbered with the texts.
        r#"[1,"answer",1,200,null,"42[\"progress_cxxxxx\",\"dxxxx\"]"]"#,
        r#"[2,"unsubscribe","3xxxx"]"#,
    ];
    let masked = mask(&trace.join("\n"), 7);
    for (line, expected) in masked.lines().zip(expected) {
        assert_eq!(line, expected);
    }
}

#[test]
fn of_what_other_tabs_say_the_texts_are_masked_and_the_numbers_stay() {
    let trace = [
        HEADER,
        r#"[1,"lock_granted"]"#,
        r#"[2,"told","3 1 3 D0 1 ","42[\"canary\",\"word\"]"]"#,
        r#"[2,"told","3 1 3 L1 0 1000 ","canary-sid"]"#,
        r#"[3,"unseen"]"#,
        r#"[3,"lock_lost"]"#,
    ];
    let expected = [
        HEADER,
        r#"[1,"lock_granted"]"#,
        r#"[2,"told","3 1 3 D0 1 ","42[\"cxxxxx\",\"dxxx\"]"]"#,
        r#"[2,"told","3 1 3 L1 0 1000 ","fxxxxxxxxx"]"#,
        r#"[3,"unseen"]"#,
        r#"[3,"lock_lost"]"#,
    ];
    assert_eq!(mask(&trace.join("\n"), 7), expected.join("\n"));
}

#[test]
fn of_options_that_are_texts_only_the_default_is_told() {
    let header = |path, namespace| {
        format!(r#"{{"trace":1,"path":"{path}","delay":12345,"namespace":"{namespace}"}}"#)
    };
    let usual = header("/socket.io", "/");
    assert_eq!(mask(&usual, 7), usual);
    assert_eq!(
        mask(&header("/canary/socket.io", "/canary"), 7),
        header("/other/{id}", "/cxxxxx")
    );
}

#[test]
fn of_a_line_that_no_trace_has_only_the_length_stays() {
    let trace = [
        HEADER,
        "[\"dropped\",12,3456]",
        "[\"dropped\",\"canary\"]",
        "canary",
        "[1,\"canary\"]",
    ];
    let expected = [
        HEADER,
        "[\"dropped\",12,3456]",
        "[\"unknown\",20]",
        "[\"unknown\",6]",
        "[\"unknown\",12]",
    ];
    assert_eq!(mask(&trace.join("\n"), 7), expected.join("\n"));
}
