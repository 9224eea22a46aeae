//! The page's JavaScript, as Rust calls it.

use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/tests/web/support/page.js")]
extern "C" {
    #[derive(Clone)]
    pub type Page;

    #[wasm_bindgen(constructor)]
    pub(super) fn new(arrive: Function, gone: Function) -> Page;

    #[wasm_bindgen(method, getter)]
    pub(super) fn origin(this: &Page) -> String;

    #[wasm_bindgen(method)]
    pub(super) fn respond(
        this: &Page,
        id: f64,
        status: u16,
        headers: Array,
        body: &[u8],
        delivery: &str,
        after: usize,
    );

    #[wasm_bindgen(method, js_name = rejectNext)]
    pub fn reject_next(this: &Page, reason: &JsValue);
    #[wasm_bindgen(method, js_name = throwNext)]
    pub fn throw_next(this: &Page, reason: &JsValue);
    #[wasm_bindgen(method, js_name = resolveNext)]
    pub fn resolve_next(this: &Page, value: &JsValue);
    #[wasm_bindgen(method)]
    pub(super) fn requests(this: &Page) -> JsValue;
    #[wasm_bindgen(method)]
    pub fn fire(this: &Page, event: &str, persisted: bool);
    #[wasm_bindgen(method)]
    pub(super) fn left(this: &Page) -> Array;
    #[wasm_bindgen(method)]
    pub(super) fn beacons(this: &Page) -> Promise;

    #[wasm_bindgen(method, setter)]
    pub fn set_online(this: &Page, online: bool);
    #[wasm_bindgen(method, setter)]
    pub fn set_visible(this: &Page, visible: bool);
    #[wasm_bindgen(method, setter, js_name = takesBeacons)]
    pub fn set_takes_beacons(this: &Page, takes: bool);
    #[wasm_bindgen(method, setter, js_name = dateOffset)]
    pub fn set_date_offset(this: &Page, millis: f64);

    pub fn now() -> f64;
    pub fn turn(millis: f64) -> Promise;
    pub(super) fn later(millis: f64, callback: &JsValue) -> Function;
}
