//! What a page may give and what not. The tables are the facade's as well
//! (`tests/facade/{ids,options}.test.mjs`): both say the same of the same values.

mod ids;
mod options;

use serde_json::Value;

fn table(text: &str) -> Value {
    serde_json::from_str(text).expect("it is JSON")
}
