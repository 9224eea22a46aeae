//! Small JavaScript values: objects, errors, JSON.

use js_sys::{Array, Error, JSON, Object, Reflect, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

use crate::failure::Code;

/// An object with these properties.
pub(super) fn object<const N: usize>(properties: [(&str, JsValue); N]) -> JsValue {
    let object = Object::new();
    for (name, value) in properties {
        set(&object, name, &value);
    }
    object.into()
}

/// Sets a property. A value that is no object keeps no properties, and stays as it is.
pub(super) fn set(object: &JsValue, name: &str, value: &JsValue) {
    // Fails only for what is no object.
    let _ = Reflect::set(object, &name.into(), value);
}

/// `{ code, message }`, of which the facade makes a `ResearchSocketError`.
pub(super) fn failure(code: Code, message: &str) -> JsValue {
    object([("code", code.as_str().into()), ("message", message.into())])
}

/// An `Error` with a `code`.
pub(super) fn error(code: Code, message: &str) -> JsValue {
    let error = Error::new(message);
    set(&error, "code", &code.as_str().into());
    error.into()
}

/// The value of JSON text that the core has read before.
pub(super) fn parse(json: &str) -> JsValue {
    JSON::parse(json).unwrap_or(JsValue::UNDEFINED)
}

/// The arguments of an event or ack: an array, with the binary ones in their places.
pub(super) fn arguments(json: &str, attachments: &[Vec<u8>]) -> Array {
    let mut args = parse(json);
    if !attachments.is_empty() {
        args = fill(args, attachments);
    }
    args.dyn_into().unwrap_or_default()
}

/// Copies the page's binary arguments.
pub(super) fn bytes(attachments: Vec<Uint8Array>) -> Vec<Vec<u8>> {
    attachments.iter().map(Uint8Array::to_vec).collect()
}

/// Puts the attachments where their placeholders are. The depth of the value is bounded by what
/// the core reads.
fn fill(value: JsValue, attachments: &[Vec<u8>]) -> JsValue {
    if !value.is_object() {
        return value;
    }
    let get = |name: &str| Reflect::get(&value, &name.into()).unwrap_or(JsValue::UNDEFINED);
    if get("_placeholder").as_bool() == Some(true)
        && let Some(number) = get("num").as_f64()
        && let Some(bytes) = attachments.get(number as usize)
    {
        return Uint8Array::from(bytes.as_slice()).into();
    }
    for key in Object::keys(value.unchecked_ref::<Object>()) {
        if let Ok(member) = Reflect::get(&value, &key) {
            let _ = Reflect::set(&value, &key, &fill(member, attachments));
        }
    }
    value
}
