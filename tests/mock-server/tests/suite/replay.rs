//! The same inputs give the same outputs, whatever happens.

use mock_server::{Config, Input, Output, Request, Server};

/// A small seeded client that does anything at any time, right or wrong.
struct Chaos(u64);

impl Chaos {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

const FAULTS: &str = r#"{"replace":true,"faults":[
    {"percent":5,"count":null,"action":"refuse"},
    {"percent":5,"count":null,"action":"hang_in_head"},
    {"percent":5,"count":null,"action":{"delay":{"ms":300}}},
    {"percent":5,"count":null,"action":{"hold":{"ms":200}}},
    {"percent":5,"count":null,"action":"duplicate"},
    {"percent":5,"count":null,"action":"reorder"},
    {"percent":5,"count":null,"action":{"cut":{"after":9}}},
    {"percent":5,"count":null,"action":{"status":{"code":503,"retry_after":1}}},
    {"percent":2,"count":null,"action":{"restart":{"down_ms":100}}},
    {"percent":2,"count":null,"action":{"offline":{"ms":100,"mode":"hang"}}},
    {"percent":5,"count":null,"action":"disconnect"},
    {"percent":2,"count":null,"action":"close_packet"},
    {"percent":2,"count":null,"action":"no_pings"}
]}"#;

fn journal(seed: u64, steps: u64) -> Vec<String> {
    let mut chaos = Chaos(seed);
    let config = if seed.is_multiple_of(2) {
        Config::default()
    } else {
        Config::strict()
    };
    let mut server = Server::new(config, seed);
    let mut journal = Vec::new();
    let (mut now, mut sids) = (0, vec!["none".to_owned()]);
    let bodies = [
        "40",
        "3",
        "1",
        "41",
        "zzz",
        "",
        "42[\"message\",1]",
        "4abc",
        "7",
        "bAQID",
        "42[\"subscribe_to_research\",{\"research_id\":\"r\"}]",
        "40/custom,",
    ];
    for id in 0..steps {
        now = match (chaos.below(3), server.poll_timeout()) {
            (0, Some(due)) => due,
            (1, _) => now,
            _ => now + chaos.below(400),
        };
        let sid = sids[chaos.below(sids.len() as u64) as usize].clone();
        let session = format!("/socket.io/?EIO=4&transport=polling&sid={sid}");
        let body = bodies[chaos.below(bodies.len() as u64) as usize];
        let (method, path, body) = match chaos.below(10) {
            0 => ("GET", "/socket.io/?EIO=4&transport=polling".to_owned(), ""),
            1..=3 => ("GET", session, ""),
            4..=6 => ("POST", session, body),
            7 => (
                "POST",
                "/control/burst".to_owned(),
                r#"{"research_id":"r","lines":5,"updates":2}"#,
            ),
            8 => (
                "POST",
                "/control/faults".to_owned(),
                if id < 200 {
                    FAULTS
                } else {
                    "{\"replace\":true}"
                },
            ),
            _ => (
                "POST",
                "/api/start_research".to_owned(),
                r#"{"query":"q","step_ms":900}"#,
            ),
        };
        let (method, body) = (method.to_owned(), body.as_bytes().to_vec());
        let request = Request {
            id,
            method,
            path,
            headers: Vec::new(),
            body,
        };
        server.handle_input(now, Input::Request(request));
        if chaos.below(6) == 0 {
            server.handle_input(
                now,
                Input::Aborted {
                    id: chaos.below(id + 1),
                },
            );
        }
        while let Some(output) = server.poll_output() {
            let Output::Respond(response) = &output;
            if let Some(open) = response.text().strip_prefix("0{\"sid\":\"") {
                sids.push(open.split('"').next().unwrap().to_owned());
            }
            journal.push(format!("{now} {output:?}"));
        }
        assert!(
            server.poll_timeout().is_none_or(|due| due > now),
            "a time-out that is overdue"
        );
    }
    journal.push(serde_json::to_string(server.stats()).unwrap());
    journal
}

#[test]
fn the_same_seed_gives_the_same_answers() {
    for seed in 0..10 {
        assert_eq!(journal(seed, 300), journal(seed, 300));
    }
    assert_ne!(journal(2, 300), journal(4, 300));
}

#[test]
fn no_request_is_answered_twice() {
    for seed in 20..40 {
        let mut ids: Vec<String> = journal(seed, 400)
            .iter()
            .filter_map(|line| {
                line.split("id: ")
                    .nth(1)?
                    .split(',')
                    .next()
                    .map(str::to_owned)
            })
            .collect();
        let all = ids.len();
        assert!(all > 200);
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all, "seed {seed}");
    }
}
