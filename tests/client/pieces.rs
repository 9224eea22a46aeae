//! Answers that are read as they arrive.

use proptest::prelude::*;
use research_socket::engine::payload::MAX_PACKET_BYTES;
use research_socket::http::{Answer, RequestError};
use research_socket::research::Input;
use research_socket::trace::mask;

use crate::history::{asking, line, lines, log, stored, up_to_date};
use crate::words::Kind;
use crate::world::{RUNS, SILENCE_MS, World};

fn broken_off() -> Answer {
    Answer::Failed(RequestError::Body("cut".to_owned()))
}

#[test]
fn a_packet_counts_as_soon_as_it_is_complete_and_the_next_poll_waits_for_the_end() {
    let mut world = World::following();
    world.listen("a", true);
    world.piece(Kind::Poll, r#"42["a",1]|42["#);
    assert_eq!(world.heard(), [r#"message ["a",1]"#]);
    world.piece(Kind::Poll, r#""a",2]"#);
    assert_eq!(world.heard(), [""; 0], "it may go on");
    assert_eq!(world.did(), [""; 0]);
    world.piece(Kind::Poll, "|4");
    assert_eq!(world.heard(), [r#"message ["a",2]"#]);
    world.receive(r#"2["a",3]"#);
    assert_eq!(world.heard(), [r#"message ["a",3]"#]);
    assert_eq!(world.did(), ["poll s1"]);
}

#[test]
fn a_ping_within_an_answer_is_answered_before_its_end() {
    let mut world = World::live();
    world.piece(Kind::Poll, "6|2x|42[");
    assert_eq!(world.did(), ["post s1 3x"]);
    assert!(world.is_asked(Kind::Poll));
}

#[test]
fn what_was_read_of_an_answer_that_breaks_off_counts_and_the_session_ends() {
    let mut world = World::following();
    world.listen("a", true);
    world.piece(Kind::Poll, r#"42["a",1]|42["a",2]"#);
    world.answer_with(Kind::Poll, broken_off());
    assert_eq!(
        world.heard(),
        [r#"message ["a",1]"#, "disconnect TRANSPORT"]
    );
    world.wait();
    world.join();
    world.accept_all();
    world.forget();
    // Nothing of the old answer is left.
    world.receive(r#"42["a",3]"#);
    assert_eq!(world.heard(), [r#"message ["a",3]"#]);
}

#[test]
fn a_close_packet_ends_the_session_and_the_rest_of_its_answer_is_not_read() {
    let mut world = World::live();
    world.listen("a", true);
    world.piece(Kind::Poll, r#"1|42["a",1]|"#);
    assert_eq!(world.heard(), ["disconnect TRANSPORT"]);
    assert_eq!(world.did(), ["abort poll s1"]);
}

#[test]
fn a_goodbye_that_a_packet_within_an_answer_leads_to_ends_with_that_answer() {
    let mut world = World::live();
    let poll = world.find(Kind::Poll).unwrap().id;
    world.piece(Kind::Poll, "41|6");
    assert_eq!(world.heard(), ["disconnect DISCONNECTED"]);
    assert_eq!(world.did(), ["post s1 1"]);
    world.close();
    world.accept();
    world.piece(Kind::Poll, "|6");
    assert!(!world.client.is_over(), "the poll is still in flight");
    world.input(Input::Answer {
        request: poll,
        answer: broken_off(),
    });
    assert!(world.client.is_over());
}

#[test]
fn a_web_page_is_known_by_its_first_piece_wherever_that_is_cut() {
    for pieces in [&["<html>"][..], &["\u{feff}", " ", "\n<h"], &["", " <"]] {
        let mut world = World::live();
        for piece in pieces {
            world.piece(Kind::Poll, piece);
        }
        assert_eq!(world.heard(), ["disconnect UNAUTHORIZED"], "{pieces:?}");
        assert_eq!(world.did(), ["abort poll s1"]);
    }
    let mut world = World::live();
    world.piece(Kind::Poll, "6|");
    world.piece(Kind::Poll, "<html>|");
    assert_eq!(world.heard(), ["warning damaged-packet -"]);
}

#[test]
fn four_answers_in_pieces_without_a_packet_that_belongs_there_are_no_server() {
    let mut world = World::live();
    for _ in 0..4 {
        world.piece(Kind::Poll, "o");
        world.receive("k");
    }
    let told = world.heard();
    assert_eq!(told.last().unwrap(), "disconnect PROTOCOL");
    let reason = format!("{:?}", world.client.state().reason);
    assert!(reason.contains("\"ok\""), "{reason}");
}

#[test]
fn an_answer_that_goes_on_keeps_its_session_alive_and_one_that_stops_does_not() {
    let mut world = World::live_with(World::quiet);
    world.piece(Kind::Poll, "6|4");
    for _ in 0..10 {
        world.advance(SILENCE_MS - 1);
        world.piece(Kind::Poll, "2");
        assert!(world.client.is_connected());
    }
    // The page is busy: there is more to be read.
    world.advance(SILENCE_MS - 1);
    world.piece(Kind::Poll, "");
    world.advance(SILENCE_MS - 1);
    assert!(world.client.is_connected());
    world.advance(1);
    assert_eq!(world.heard(), ["disconnect TIMEOUT"]);
}

#[test]
fn a_packet_without_end_does_not_keep_a_session_alive() {
    let mut world = World::live_with(World::quiet);
    world.piece(Kind::Poll, &"4".repeat(MAX_PACKET_BYTES + 1));
    world.advance(SILENCE_MS - 1);
    world.piece(Kind::Poll, "4444");
    world.advance(1);
    assert_eq!(world.heard(), ["disconnect TIMEOUT"]);
}

#[test]
fn short_answers_are_no_heartbeat() {
    let mut world = World::live_with(World::quiet);
    world.advance(SILENCE_MS - 1);
    world.piece(Kind::Poll, "6");
    world.receive("|6");
    world.advance(1);
    assert_eq!(world.heard(), ["disconnect TIMEOUT"]);
}

#[test]
fn a_packet_that_is_too_large_is_a_warning_and_a_gap_and_the_log_is_asked_for() {
    let mut world = up_to_date();
    let large = "x".repeat(MAX_PACKET_BYTES);
    world.piece(Kind::Poll, r#"42["progress_r",{"log_entry":{"message":""#);
    for piece in large.as_bytes().chunks(1 << 20) {
        world.piece(Kind::Poll, std::str::from_utf8(piece).unwrap());
    }
    world.receive(&format!("\"}}}}]|{}", line(9, 0, "behind")));
    assert_eq!(world.heard(), ["warning too-large -", "r log behind"]);
    assert!(world.client.is_connected());
    assert!(world.is_asked(Kind::Log));
    let both = log(&[(1, 0, "first"), (2, 5, "large"), (3, 9, "behind")]);
    world.answer(Kind::Log, 200, &both);
    assert_eq!(world.heard(), ["r log large"]);
    world.advance(3000);
    world.answer(Kind::Log, 200, &both);
    assert_eq!(
        world.heard(),
        ["r gap 1"],
        "nobody knows whether that was all"
    );
}

#[test]
fn without_a_log_the_gap_of_a_packet_that_is_too_large_is_told_at_once() {
    let mut world = World::following();
    world.subscribe("s");
    world.accept();
    world.status("s", 200, RUNS);
    world.forget();
    let large = "x".repeat(MAX_PACKET_BYTES);
    world.receive(&format!(r#"42["progress_s",{{"message":"{large}"}}]"#));
    assert_eq!(world.heard(), ["warning too-large -", "s gap 0"]);
    // An event of no research, and something that does not say what it is.
    world.receive(&format!(r#"42["chat",{{"message":"{large}"}}]"#));
    assert_eq!(world.heard(), ["warning too-large -"]);
    world.receive(&format!("b{large}"));
    assert_eq!(world.heard(), ["warning too-large -", "r gap 0", "s gap 0"]);
    assert!(world.client.is_connected());
}

#[test]
fn an_attachment_that_is_too_large_costs_its_packet() {
    let mut world = World::live();
    world.listen("a", true);
    let event = r#"451-["a",{"_placeholder":true,"num":0}]"#;
    let large = "A".repeat(MAX_PACKET_BYTES);
    world.receive(&format!("{event}|b{large}|bAAAA"));
    let told = world.heard();
    // Too large, and for nothing.
    let expected = ["warning too-large -", "warning damaged-packet -"];
    assert_eq!(told, expected);
    world.receive(&format!("{event}|bAAAA"));
    assert_eq!(world.heard().len(), 1);
}

#[test]
fn more_packets_than_a_page_can_count_are_read() {
    let mut world = World::live();
    world.listen("a", true);
    let noops = "6|".repeat(1_000_000);
    world.receive(&format!(r#"{noops}42["a",1]"#));
    assert_eq!(world.heard(), [r#"message ["a",1]"#]);
    assert!(world.client.is_connected());
}

// Copies of packets.

/// What servers send twice, and what they may do to a client that counts copies without looking into them.
fn copied() -> impl Strategy<Value = String> {
    let log_entry = |entry: &str| format!(r#"42["progress_r",{{"log_entry":{entry}}}]"#);
    let time = prop::sample::select(vec![
        r#","time":"2026-11-21T20:45:09.000001+00:00""#,
        r#","time":"2026-11-21T20:45:09+00:00""#,
        // The server's own, an hour ahead of the client's clock.
        r#","time":"2025-11-24T17:00:03.5""#,
        r#","time":"soon""#,
        r#","time":7"#,
        r#","time":[]"#,
        "",
    ]);
    let line = ("[a-c]", time).prop_map(move |(text, time)| {
        log_entry(&format!(
            r#"{{"message":"{text}","type":"MILESTONE"{time}}}"#
        ))
    });
    let other = prop::sample::select(vec![
        r#"42["progress_r",{"progress":7,"message":"seven"}]"#,
        r#"42["progress_r",{"progress":"x","status":3}]"#,
        r#"42["research_progress_r",{"progress":8,"log_entry":{"message":"a","time":"2026-11-21T20:45:09.000001+00:00"}}]"#,
        r#"42["progress_r",{"progress_log":"[{\"message\":\"b\",\"time\":\"2026-11-21T20:45:09.000001+00:00\"}]"}]"#,
        r#"42["progress_r",{"log_entry":null}]"#,
        r#"42["progress_r",{"log_entry":{"message":"a"},"log_entry":{"message":"b"}}]"#,
        r#"42["progress_r",{"progress":NaN}]"#,
        r#"42["progress_r",{"status":"completed","progress":100}]"#,
        r#"42["progress_s",{"progress":1}]"#,
        r#"42["progress_r"]"#,
        r#"42["chat",1]"#,
        r#"427["chat",2]"#,
        r#"42/other,["chat",3]"#,
        r#"42["chat""#,
        r#"42{}"#,
        r#"451-["chat",{"_placeholder":true,"num":0}]"#,
        "bAAAA",
        "42",
        "430[1]",
        "2x",
        "6",
        "7",
        "",
    ]);
    prop_oneof![3 => line, 2 => other.prop_map(str::to_owned)]
}

proptest! {
    #[test]
    fn copies_side_by_side_count_as_those_that_come_one_by_one(
        packets in prop::collection::vec((copied(), 1..4_usize), 1..8),
        live in any::<bool>(),
        remembered in prop::sample::select(vec![1, 2, 1000]),
    ) {
        let world = || {
            let mut world = World::with_all(|config| config.dedup_entries = remembered);
            if live {
                world.follow("r");
                world.answer(Kind::Log, 200, "[]");
            } else {
                // They come ahead of the grant.
                world.subscribe("r");
                world.connect();
                world.open();
                world.accept();
            }
            world.listen("chat", true);
            world
        };
        let copies = packets.iter().flat_map(|(packet, times)| std::iter::repeat_n(packet, *times));
        let (mut together, mut apart) = (world(), world());
        let mut all = String::new();
        for packet in copies {
            all += &format!("{packet}|");
            apart.piece(Kind::Poll, &format!("{packet}|"));
        }
        together.piece(Kind::Poll, &all);
        for world in [&mut together, &mut apart] {
            world.receive(r#"40{"sid":"n"}"#);
        }
        prop_assert_eq!(together.told(), apart.told());
        prop_assert_eq!(together.client.stats().duplicates, apart.client.stats().duplicates);
        prop_assert_eq!(together.client.stats(), apart.client.stats());
        prop_assert_eq!(together.client.snapshot("r"), apart.client.snapshot("r"));
        prop_assert_eq!(together.until_due(), apart.until_due());
    }
}

#[test]
fn a_packet_is_no_copy_of_the_end_of_another() {
    let mut world = World::following();
    world.listen("a", true);
    world.piece(Kind::Poll, r#"42["b","42["#);
    world.piece(Kind::Poll, r#"42["a",1]"]|42["a",1]"]|"#);
    assert_eq!(
        world.heard(),
        ["warning damaged-packet -", "warning damaged-packet -"]
    );
    world.piece(Kind::Poll, r#"42["a","#);
    world.piece(Kind::Poll, r#"1]|1]|42["a",1]|42["a",1]|42["a",1]"#);
    let heard = world.heard();
    assert_eq!(
        heard
            .iter()
            .filter(|told| **told == r#"message ["a",1]"#)
            .count(),
        3
    );
    assert_eq!(heard.len(), 4);
}

// The stored log.

/// A log of so many lines in each of so many seconds, by its lines.
fn long(seconds: u64, lines: u64) -> Vec<String> {
    let number = |second, line| second * lines + line;
    let all = (0..seconds).flat_map(|second| (0..lines).map(move |line| (second, line)));
    all.map(|(second, line)| {
        stored(
            number(second, line),
            second,
            &format!("l{}", number(second, line)),
        )
    })
    .collect()
}

fn names(count: u64) -> Vec<String> {
    (0..count).map(|n| format!("r log l{n}")).collect()
}

#[test]
fn a_long_log_is_told_while_it_arrives() {
    let mut world = asking();
    let log = format!("[{}]", long(40, 100).join(",\n"));
    let (first, rest) = log.split_at(log.len() / 2);
    world.piece(Kind::Log, first);
    let told = world.heard();
    assert!((1_400..=2_000).contains(&told.len()), "{}", told.len());
    world.answer(Kind::Log, 200, rest);
    let all = [told, world.heard()].concat();
    assert_eq!(all, names(4_000));
    assert_eq!(world.client.stats().recovered, 4_000);
}

#[test]
fn of_a_log_that_breaks_off_what_was_told_is_not_told_again() {
    let mut world = asking();
    let log = format!("[{}]", long(40, 100).join(","));
    world.piece(Kind::Log, log.split_at(log.len() / 2).0);
    let told = world.heard();
    assert!(told.len() > 1_000);
    world.answer_with(Kind::Log, broken_off());
    assert_eq!(world.heard(), [""; 0]);
    world.advance(1_000);
    world.answer(Kind::Log, 200, &log);
    assert_eq!([told, world.heard()].concat(), names(4_000));
}

#[test]
fn live_lines_and_the_end_wait_for_a_log_that_is_on_its_way_however_long_that_takes() {
    let mut world = asking();
    let log = format!("[{}]", long(40, 100).join(","));
    world.receive(&line(50, 0, "live"));
    let pieces: Vec<_> = log.as_bytes().chunks(log.len() / 9).collect();
    for piece in pieces {
        world.advance(9_000);
        world.receive("2");
        world.accept_all();
        world.piece(Kind::Log, std::str::from_utf8(piece).unwrap());
    }
    world.receive(r#"42["progress_r",{"status":"completed","progress":100}]"#);
    world.advance(9_000);
    // The page is busy.
    world.piece(Kind::Log, "");
    world.advance(9_000);
    let told = world.heard();
    assert!(lines(&told).len() > 3_000, "{}", lines(&told).len());
    assert!(
        !told
            .iter()
            .any(|told| told.contains("live") || told.contains("end"))
    );
    world.answer(Kind::Log, 200, "");
    let told = world.heard();
    let last = &told[told.len() - 2..];
    assert!(
        last[0] == "r log live" && last[1].starts_with("r end"),
        "{last:?}"
    );
}

#[test]
fn a_log_that_stops_on_its_way_is_given_up() {
    let mut world = asking();
    world.forget();
    world.piece(Kind::Log, "[");
    world.advance(9_999);
    assert!(world.is_asked(Kind::Log));
    world.advance(1);
    assert!(world.did().contains(&"abort log r".to_owned()));
}

#[test]
fn lines_that_the_page_has_are_in_no_part_of_a_long_log_told_again() {
    let mut world = World::with_all(|config| config.dedup_entries = 100);
    world.follow("r");
    // Live before the log, which has more lines than are remembered.
    world.receive(&line(39, 7, "l3999"));
    world.forget();
    let log = format!("[{}]", long(40, 100).join(","));
    world.answer(Kind::Log, 200, &log);
    let mut expected = names(3_999);
    expected.push("r log l3999".to_owned());
    assert_eq!(world.heard(), expected);
    world.advance(3_000);
    world.answer(Kind::Log, 200, &log);
    assert_eq!(world.heard(), [""; 0]);
}

#[test]
fn a_line_that_comes_live_after_the_part_that_has_it_is_not_told_again() {
    let mut world = asking();
    let log = format!("[{}]", long(40, 100).join(","));
    let (most, rest) = log.split_at(log.len() - 10);
    world.piece(Kind::Log, most);
    world.receive(&line(0, 3, "l5"));
    world.answer(Kind::Log, 200, rest);
    assert_eq!(world.heard(), names(4_000));
}

#[test]
fn a_burst_that_the_log_has_before_it_comes_live_is_told_once() {
    let mut world = asking();
    world.answer(Kind::Log, 200, &format!("[{}]", long(20, 1_000).join(",")));
    for number in 0..20_000 {
        world.receive(&line(number / 1_000, number % 1_000, &format!("l{number}")));
    }
    assert_eq!(world.heard().len(), 20_000);
}

#[test]
fn a_line_that_is_no_json_or_too_large_costs_itself_and_is_a_gap_if_something_was_missed() {
    let mut world = crate::gaps::back();
    let large = "x".repeat(MAX_PACKET_BYTES);
    for bad in [format!(r#"{{"message":"{large}"}}"#), "{bad}".to_owned()] {
        let body = format!(
            "[{},{bad},{}]",
            stored(1, 1, "first"),
            stored(2, 2, "second")
        );
        world.answer(Kind::Log, 200, &body);
        world.advance(3000);
    }
    let told = world.heard();
    assert_eq!(lines(&told), ["first", "second"]);
    let warnings = told.iter().filter(|told| told.starts_with("warning"));
    assert_eq!(warnings.count(), 1, "{told:?}");
}

// However it is cut.

/// What the page hears of these bodies; `cuts` are places in all of them together.
fn hear(
    start: fn() -> World,
    kind: Kind,
    bodies: &[String],
    cuts: &[usize],
) -> (Vec<String>, String) {
    let mut world = start();
    world.listen("a", true);
    let mut before = 0;
    for body in bodies {
        if !world.is_asked(kind) && kind == Kind::Log {
            world.advance(3_000);
        }
        if !world.is_asked(kind) {
            break;
        }
        let bytes = body.as_bytes();
        let mut at = 0;
        for cut in cuts {
            let end = cut.saturating_sub(before).clamp(at, bytes.len());
            let piece = Answer::Piece(bytes[at..end].to_vec());
            world.answer_with(kind, piece);
            at = end;
            if !world.is_asked(kind) {
                break;
            }
        }
        if world.is_asked(kind) {
            let rest = String::from_utf8_lossy(&bytes[at..]).into_owned();
            if std::str::from_utf8(&bytes[at..]).is_ok() {
                world.answer(kind, 200, &rest);
            } else {
                world.answer_with(kind, Answer::Piece(bytes[at..].to_vec()));
                // A packet of it may have ended the session.
                if world.is_asked(kind) {
                    world.answer(kind, 200, "");
                }
            }
        }
        before += bytes.len();
    }
    (world.heard(), mask(&world.trace, 1))
}

fn packets() -> impl Strategy<Value = String> {
    let packet = prop::sample::select(vec![
        "6",
        "2",
        "42[\"a\",1]",
        "42[\"a\",\"\u{e9}\u{1f600}\"]",
        "",
        "x",
        "42[",
        "bAAAA",
        "ok",
        r#"451-["a",{"_placeholder":true,"num":0}]"#,
        " ",
        "\u{feff}",
        "<html>",
        "1",
        "41",
        r#"42["progress_r",{"log_entry":{"message":"m","time":"t"}}]"#,
    ]);
    prop::collection::vec(packet, 0..6).prop_map(|packets| packets.join("\x1e"))
}

fn logs() -> impl Strategy<Value = String> {
    let line = (
        0_u64..40,
        0_u64..4,
        prop::sample::select(vec!["m", "n\u{e9}"]),
    );
    let line = line.prop_map(|(id, second, text)| stored(id, second, text));
    let element = prop_oneof![9 => line, 1 => prop::sample::select(vec!["7", "null", "{}", "{x}"]).prop_map(str::to_owned)];
    let list =
        prop::collection::vec(element, 0..6).prop_map(|lines| format!("[{}]", lines.join(", ")));
    let quoted = list
        .clone()
        .prop_map(|list| serde_json::to_string(&list).unwrap());
    prop_oneof![
        4 => list.clone(),
        2 => list.prop_map(|list| format!(r#"{{"status":"success","logs":{list}}}"#)),
        2 => quoted.prop_map(|text| format!(r#"{{"progress_log":{text}}}"#)),
        1 => prop::sample::select(vec!["", "<html>", "{}", "[", "ok", " [] x"]).prop_map(str::to_owned),
    ]
}

#[test]
fn a_close_that_comes_with_the_rest_of_a_character_ends_the_session() {
    let bodies = ["42[\"a\",\"\u{e9}\u{1f600}\"]\x1e6\x1e42[\"a\",\"\u{e9}\u{1f600}\"]\x1e1\x1e6"]
        .map(str::to_owned);
    let whole = hear(World::following, Kind::Poll, &bodies, &[]).0;
    assert_eq!(hear(World::following, Kind::Poll, &bodies, &[30]).0, whole);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn however_answers_to_polls_are_cut_the_page_hears_the_same(
        bodies in prop::collection::vec(packets(), 1..5),
        cuts in prop::collection::vec(0_usize..300, 0..8),
    ) {
        let mut cuts = cuts;
        cuts.sort_unstable();
        let whole = hear(World::following, Kind::Poll, &bodies, &[]).0;
        prop_assert_eq!(hear(World::following, Kind::Poll, &bodies, &cuts).0, whole);
    }

    #[test]
    fn however_stored_logs_are_cut_the_page_hears_the_same(
        bodies in prop::collection::vec(logs(), 1..4),
        cuts in prop::collection::vec(0_usize..900, 0..8),
    ) {
        let mut cuts = cuts;
        cuts.sort_unstable();
        let whole = hear(up_to_date, Kind::Log, &bodies, &[]).0;
        prop_assert_eq!(hear(up_to_date, Kind::Log, &bodies, &cuts).0, whole);
    }
}
