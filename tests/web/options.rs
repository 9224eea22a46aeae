//! Options as the module reads them: what is out of its range is refused at once, by name.

use js_sys::{Function, RangeError};
use serde_json::{Value, json};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{create, to_js};

/// The same table as the facade's and the core's.
fn table(name: &str) -> Vec<Value> {
    let options: Value = serde_json::from_str(include_str!("../misuse/options.json")).unwrap();
    options[name].as_array().unwrap().clone()
}

fn create_with(options: &Value) -> Result<(), JsValue> {
    let mut all = json!({"url": "http://research.test"});
    let given = options.as_object().unwrap().clone();
    all.as_object_mut().unwrap().extend(given);
    create_of(&to_js(&all))
}

fn create_of(options: &JsValue) -> Result<(), JsValue> {
    create(options, Function::new_no_args("")).map(drop)
}

fn message(error: &JsValue) -> String {
    error.unchecked_ref::<js_sys::Error>().message().into()
}

#[wasm_bindgen_test]
fn an_option_out_of_its_range_is_a_range_error_that_names_it() {
    let url = |url: &str| json!(["url", {"url": url}]);
    let urls = ["", "ftp://host", "http://host/", "http://a@host"].map(url);
    for refused in table("refused").into_iter().chain(urls) {
        let error = create_with(&refused[1]).expect_err(&refused.to_string());
        assert!(error.is_instance_of::<RangeError>(), "{refused}: {error:?}");
        let name = [refused[0].as_str().unwrap(), "` must be "].concat();
        assert!(
            message(&error).contains(&name),
            "{refused}: {}",
            message(&error)
        );
    }
}

#[wasm_bindgen_test]
fn what_json_has_no_number_for_is_out_of_range_too() {
    for text in [
        "reconnectionDelay: NaN",
        "reconnectionDelay: Infinity",
        "randomizationFactor: NaN",
        "timeout: NaN",
        "timeout: -Infinity",
        "fallback: { after: NaN }",
        "stallAfter: NaN",
    ] {
        let text = format!("({{ url: \"http://research.test\", {text} }})");
        let options = js_sys::eval(&text).expect("it is JavaScript");
        let error = create_of(&options).expect_err(&text);
        assert!(error.is_instance_of::<RangeError>(), "{text}: {error:?}");
    }
}

#[wasm_bindgen_test]
fn everything_that_may_be_given_is_taken() {
    for options in table("taken") {
        assert!(create_with(&options).is_ok(), "{options}");
    }
    let text = "({ url: 'http://host', reconnectionAttempts: Infinity, fallback: undefined })";
    assert!(create_of(&js_sys::eval(text).unwrap()).is_ok());
}

/// The facade refuses it before.
#[wasm_bindgen_test]
fn what_is_of_the_wrong_type_counts_as_not_given() {
    for wrong in table("of the wrong type") {
        assert!(create_with(&wrong[1]).is_ok(), "{wrong}");
    }
}

#[wasm_bindgen_test]
fn what_is_no_object_has_no_url() {
    for text in ["undefined", "null", "5", "'http://host'", "[]"] {
        let error = create_of(&js_sys::eval(text).unwrap()).unwrap_err();
        assert!(message(&error).contains("`url`"), "{text}");
    }
}
