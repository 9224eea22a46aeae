//! The schedules that fuzzing kept, on the stable compiler: each file of `fuzz/seeds/sim`.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use std::fs;
use std::path::Path;

use sim::hunt;

#[test]
fn every_schedule_that_fuzzing_kept_passes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/sim");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        assert_eq!(hunt::try_bytes(&bytes).err(), None, "{}", hunt::hex(&bytes));
        count += 1;
    }
    assert!(count > 0);
}
