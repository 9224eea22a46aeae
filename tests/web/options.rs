//! Options of the wrong type or out of range are refused at once, by name.

use js_sys::{Function, RangeError, TypeError};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::create;

/// The options that a page writes as `{ url: "http://research.test", <text> }`.
fn create_with(text: &str) -> Result<(), JsValue> {
    let text = format!("({{ url: \"http://research.test\", {text} }})");
    let options = js_sys::eval(&text).expect("it is JavaScript");
    create(&options, Function::new_no_args("")).map(drop)
}

fn message(error: &JsValue) -> String {
    error.unchecked_ref::<js_sys::Error>().message().into()
}

#[wasm_bindgen_test]
fn an_option_of_the_wrong_type_is_a_type_error_that_names_it() {
    for (text, name) in [
        ("url: 5", "url"),
        ("url: null", "url"),
        ("path: {}", "path"),
        ("namespace: 1", "namespace"),
        ("reconnection: 'no'", "reconnection"),
        ("reconnectionAttempts: '5'", "reconnectionAttempts"),
        ("reconnectionDelay: '1000'", "reconnectionDelay"),
        ("reconnectionDelayMax: null", "reconnectionDelayMax"),
        ("randomizationFactor: true", "randomizationFactor"),
        ("timeout: [1]", "timeout"),
        ("terminatePath: 1", "terminatePath"),
        ("withCredentials: 1", "withCredentials"),
        ("fallback: 5", "fallback"),
        ("fallback: null", "fallback"),
        ("fallback: { interval: '1s' }", "fallback.interval"),
        ("fallback: { after: false }", "fallback.after"),
        ("fallback: { timeout: {} }", "fallback.timeout"),
        ("fallback: { statusPath: 7 }", "fallback.statusPath"),
        ("fallback: { logsPath: 7 }", "fallback.logsPath"),
        ("history: 'no'", "history"),
        ("logsPath: 7", "logsPath"),
        ("historyPath: null", "historyPath"),
        ("stallAfter: '60s'", "stallAfter"),
        ("stallAfter: true", "stallAfter"),
        ("dedup: 5", "dedup"),
        ("dedup: { entries: '5' }", "dedup.entries"),
    ] {
        let error = create_with(text).expect_err(text);
        assert!(error.is_instance_of::<TypeError>(), "{text}: {error:?}");
        assert!(
            message(&error).contains(&format!("`{name}`")),
            "{text}: {}",
            message(&error)
        );
    }
}

#[wasm_bindgen_test]
fn an_option_out_of_range_is_a_range_error_that_names_it() {
    for (text, name) in [
        ("url: 'ftp://host'", "url"),
        ("url: ''", "url"),
        ("path: 'socket.io'", "path"),
        ("path: '/socket.io?a=b'", "path"),
        ("namespace: 'a'", "namespace"),
        ("reconnectionAttempts: -1", "reconnectionAttempts"),
        ("reconnectionAttempts: 1.5", "reconnectionAttempts"),
        ("reconnectionAttempts: NaN", "reconnectionAttempts"),
        ("reconnectionAttempts: -Infinity", "reconnectionAttempts"),
        ("reconnectionDelay: -1", "reconnectionDelay"),
        ("reconnectionDelay: 1e9", "reconnectionDelay"),
        ("reconnectionDelay: NaN", "reconnectionDelay"),
        ("reconnectionDelay: Infinity", "reconnectionDelay"),
        ("reconnectionDelayMax: 2 ** 60", "reconnectionDelayMax"),
        ("randomizationFactor: 1.5", "randomizationFactor"),
        ("randomizationFactor: NaN", "randomizationFactor"),
        ("timeout: 0", "timeout"),
        ("timeout: 0.5", "timeout"),
        ("timeout: NaN", "timeout"),
        ("terminatePath: '/end'", "terminatePath"),
        ("fallback: { interval: 5 }", "fallback.interval"),
        ("fallback: { after: 0 }", "fallback.after"),
        ("fallback: { after: NaN }", "fallback.after"),
        ("fallback: { timeout: -1 }", "fallback.timeout"),
        ("fallback: { statusPath: 'x{id}' }", "fallback.statusPath"),
        ("fallback: { logsPath: '/logs' }", "logsPath"),
        ("logsPath: 'logs/{id}'", "logsPath"),
        ("historyPath: '/logs'", "historyPath"),
        ("stallAfter: 999", "stallAfter"),
        ("stallAfter: 1e9", "stallAfter"),
        ("stallAfter: -1", "stallAfter"),
        ("dedup: { entries: 0 }", "dedup.entries"),
        ("dedup: { entries: 2 ** 40 }", "dedup.entries"),
    ] {
        let error = create_with(text).expect_err(text);
        assert!(error.is_instance_of::<RangeError>(), "{text}: {error:?}");
        assert!(
            message(&error).contains(&format!("`{name}`")),
            "{text}: {}",
            message(&error)
        );
    }
}

/// A page that is told half of it tries the other half next.
#[wasm_bindgen_test]
fn a_number_out_of_range_is_told_the_whole_range_however_it_is_wrong() {
    for (option, range) in [
        ("reconnectionAttempts: %", "from 0 up, or Infinity"),
        ("reconnectionDelay: %", "from 0 to 86400000"),
        ("timeout: %", "from 1 to 86400000"),
        ("fallback: { interval: % }", "from 100 to 86400000"),
        ("fallback: { after: % }", "of at least 1"),
        ("stallAfter: %", "from 1000 to 86400000, or false"),
        ("dedup: { entries: % }", "from 1 to 1000000"),
    ] {
        for wrong in ["-1", "1.5", "NaN", "-Infinity"] {
            let text = option.replace('%', wrong);
            let message = message(&create_with(&text).expect_err(&text));
            let is_whole = message.contains("must be a whole number");
            assert!(is_whole && message.ends_with(range), "{text}: {message}");
        }
    }
}

#[wasm_bindgen_test]
fn everything_that_may_be_given_is_taken() {
    for text in [
        "",
        "reconnectionAttempts: Infinity",
        "reconnectionAttempts: 0",
        "reconnectionDelay: 0, reconnectionDelayMax: 0, randomizationFactor: 0",
        "fallback: false",
        "fallback: true",
        "fallback: {}",
        "history: false, logsPath: '/l/{id}', historyPath: '/h/{id}', stallAfter: 1000",
        "fallback: { logsPath: '/l/{id}' }, stallAfter: false",
        "stallAfter: 0, history: undefined, stallAfter: undefined",
        "fallback: undefined, dedup: undefined, timeout: undefined",
        "path: '/ws/socket.io/', namespace: '/custom', withCredentials: true",
        "later: 'unknown options are not this version\\'s to judge'",
    ] {
        assert!(create_with(text).is_ok(), "{text}");
    }
}

#[wasm_bindgen_test]
fn what_is_no_object_has_no_url() {
    for text in ["undefined", "null", "5", "'http://host'", "[]"] {
        let options = js_sys::eval(text).unwrap();
        let error = create(&options, Function::new_no_args(""))
            .map(drop)
            .unwrap_err();
        assert!(message(&error).contains("`url`"), "{text}");
    }
}
