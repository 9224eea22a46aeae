//! Traces that browsers gave, run again: a client takes the same inputs to the same outputs.
//!
//! Each file of `tests/traces` is what `client.trace()` returned. A core that decides otherwise on
//! purpose makes a new one necessary: see the README there.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests may panic"
)]

mod reader;

use std::fs;
use std::path::Path;

#[test]
fn every_kept_trace_runs_again_as_it_ran() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/traces");
    let mut steps = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_none_or(|extension| extension != "trace")
        {
            continue;
        }
        for story in reader::read(&fs::read_to_string(&path).unwrap()) {
            if let Err(difference) = reader::replay(&story) {
                let (path, version) = (path.display(), story.version);
                panic!("{path}, of version {version}, runs otherwise: {difference}");
            }
            steps += story.steps.len();
        }
    }
    assert!(steps > 20, "{steps} inputs in all traces");
}
