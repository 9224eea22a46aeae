//! Simulated schedules are the same, bit for bit, natively and in every browser: what a client does
//! depends on nothing but its inputs.

use sim::{Entropy, Plan, record};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

/// Enough that every kind of fault is among them, and a second in a browser.
const SCHEDULES: u64 = 200;

/// Of all that came out of the clients. It changes with each change of what the core does and of
/// what the simulation draws; natively and in browsers it has to be the same.
const EXPECTED: u64 = 0x1fd3_6a15_1881_cdb4;

#[test]
fn simulated_schedules_give_the_same_outputs_everywhere() {
    let mut all = 0_u64;
    for seed in 0..SCHEDULES {
        let plan = Plan::draw(&mut Entropy::from_seed(seed));
        let (result, journal) = record(&plan);
        assert!(result.is_ok(), "schedule {seed}: {result:?}");
        all = all.rotate_left(1) ^ journal.hash();
    }
    assert!(
        all == EXPECTED,
        "{SCHEDULES} schedules give {all:#x}. If the core or the drawing was changed and this run is \
         native, that is the new value; if it is not, look for what depends on the machine"
    );
}
