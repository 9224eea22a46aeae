//! A fault of the module itself: the page hears of it before the module traps. Alone in its binary,
//! since a module that has trapped is not used again.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, Object, Reflect};
use research_socket::{Connection, Host};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(
    inline_js = "export function survive(run) { try { run() } catch (error) { return String(error) } }"
)]
extern "C" {
    /// The words of what a function throws.
    fn survive(run: &JsValue) -> Option<String>;
}

#[wasm_bindgen(module = "/pkg-template/core/host.js")]
extern "C" {
    #[wasm_bindgen(js_name = Host)]
    type PackageHost;

    #[wasm_bindgen(constructor, js_class = Host)]
    fn new() -> PackageHost;
}

fn host() -> Host {
    JsValue::from(PackageHost::new()).unchecked_into()
}

fn options() -> JsValue {
    let options = Object::new();
    Reflect::set(&options, &"url".into(), &"http://research.test".into()).unwrap();
    options.into()
}

#[wasm_bindgen_test]
fn the_page_is_told_before_the_module_traps() {
    let told = Rc::new(RefCell::new(Vec::new()));
    let sink = Rc::clone(&told);
    let dispatch = Closure::<dyn FnMut(String, JsValue, JsValue)>::new(move |kind, _, value| {
        let message = Reflect::get(&value, &"message".into()).unwrap();
        sink.borrow_mut()
            .push((kind, message.as_string().unwrap_or_default()));
    });
    let dispatch = dispatch.into_js_value().unchecked_into::<Function>();
    let reports = std::panic::take_hook();
    let connection = Connection::new(&options(), dispatch, host()).unwrap();
    let alarm = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        alarm(panic);
        // What fails after the planted fault is this test's own.
        if !panic.to_string().contains("planted") {
            reports(panic);
        }
    }));

    let trap = Closure::<dyn FnMut()>::new(|| panic!("planted"));
    let thrown = survive(&trap.into_js_value());
    assert!(thrown.is_some_and(|words| words.to_lowercase().contains("unreachable")));
    let told = told.borrow();
    let [(kind, message)] = told.as_slice() else {
        panic!("told {told:?}");
    };
    assert_eq!(kind, "internal");
    assert!(
        message.starts_with("planted (") && message.contains("trap.rs:"),
        "{message}"
    );
    drop(connection);
}
