//! What an input may ask of the mock server: one that asks for the most again and again is only slow.

use mock_server::{Action, Command, Fault};

/// The most work that one input may ask for: lines and updates of bursts, steps of scripts, packets.
/// What is more ends the input; the ends of the ranges are tested in tests/mock-server.
pub(crate) const MAX_WORK: u64 = 20_000;

/// How much a command makes the server do.
pub(crate) fn cost(name: &[u8], body: &[u8]) -> u64 {
    let number = |name: &str| {
        let value: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        value
            .get(name)
            .and_then(serde_json::Value::as_u64)
            // What is out of range is not done.
            .filter(|number| *number <= 1_000_000)
            .unwrap_or_default()
    };
    match name {
        b"burst" => {
            let longest = 1 + number("length") / 1_000;
            number("lines").saturating_mul(longest) + number("updates")
        }
        b"research" | b"/api/start_research" => number("iterations") * 8,
        _ => {
            let json: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
            let command = serde_json::json!({String::from_utf8_lossy(name): json});
            match serde_json::from_value(command) {
                Ok(Command::Faults(add)) => add.faults.iter().map(padding).sum(),
                Ok(_) | Err(_) => 1,
            }
        }
    }
}

fn padding(fault: &Fault) -> u64 {
    match fault.action {
        Action::PadTo { packets } => packets.min(1_000_000) as u64,
        // It doubles.
        Action::Duplicate => 1_000,
        _ => 1,
    }
}
