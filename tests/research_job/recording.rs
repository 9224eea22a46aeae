//! A real run, as the server sent it.

use research_socket::research::{JobEvent, ResearchEvent};

use super::Follower;

/// The payloads of the one research in the recording, in order.
fn payloads() -> Vec<String> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/recordings/real-all-packets.txt"
    );
    let packets = std::fs::read_to_string(path).unwrap();
    let events = packets
        .lines()
        .filter_map(|packet| packet.strip_prefix("42[\"progress_"));
    let payload = |event: &str| {
        let (_, payload) = event.split_once("\",").unwrap();
        payload.strip_suffix(']').unwrap().to_string()
    };
    events.map(payload).collect()
}

#[test]
fn a_real_run_gives_each_line_and_update_once_and_one_end() {
    let payloads = payloads();
    let lines = payloads
        .iter()
        .filter(|payload| payload.starts_with("{\"log_entry\""))
        .count();
    let mut once = Follower::new();
    let mut told: Vec<String> = Vec::new();
    for payload in &payloads {
        told.extend(once.live(payload));
    }
    let counters = once.counters();
    assert_eq!((counters.lines, counters.updates), (lines as u64, 8));
    assert_eq!(
        (counters.duplicate_lines, counters.duplicate_updates),
        (0, 0)
    );
    assert_eq!(
        told.iter().filter(|event| event.starts_with("end")).count(),
        1
    );
    let ended = "end completed Research process has ended and resources have been cleaned up";
    assert!(told.iter().any(|event| event == ended));
    // The server's own sum goes beyond 100 %; its pages cut it off.
    let warned: Vec<&String> = told
        .iter()
        .filter(|event| event.starts_with("warning"))
        .collect();
    let warning = "warning progress: expected a number from 0 to 100, got 136.66666666666666";
    assert_eq!(warned, [warning; 4]);
    assert_eq!(once.snapshot().progress, Some(100.0));

    // Older servers send everything twice.
    let mut twice = Follower::new();
    let mut doubled = Vec::new();
    for payload in &payloads {
        doubled.extend(twice.live(payload));
        doubled.extend(twice.live(payload));
    }
    assert_eq!(doubled, told);
}

#[test]
fn the_milestones_of_a_real_run_become_its_tasks() {
    let mut follower = Follower::new();
    for payload in payloads() {
        follower.job.handle_payload(
            Default::default(),
            research_socket::research::Source::Live,
            &payload,
        );
        for event in follower.events() {
            if let JobEvent::Research(ResearchEvent::Log(entry)) = event
                && entry.level.as_str() == "milestone"
            {
                assert_eq!(follower.task(), Some(entry.message));
            }
        }
    }
}
