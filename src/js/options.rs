//! The options that a page gives: their types, and the names it knows them by.

use js_sys::{Array, RangeError, Reflect};
use wasm_bindgen::prelude::*;

use crate::browser::Settings;
use crate::config::{Config, ConfigError, Fallback};
use crate::websocket::Transport;

/// Whole numbers that JavaScript holds exactly end here.
pub(super) const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// Reads what [`Config`] and the driver take. The facade has refused what is of the wrong type
/// (`option-check.js`): here it counts as not given.
///
/// # Errors
/// A `RangeError` that names the option.
pub(super) fn read(object: &JsValue) -> Result<(Config, Settings), JsValue> {
    let options = Options { object };
    let mut config = Config::new(options.string("url").unwrap_or_default());
    let path = options.string("path");
    config.either_path = path.is_none();
    set(&mut config.path, path);
    if let Some(transports) = options.get("transports").dyn_ref::<Array>() {
        let order = String::from(transports.join(","));
        config.upgrade = order == "polling,websocket";
        (config.transport, config.fall_back) = match order.as_str() {
            "polling" | "polling,websocket" => (Transport::Polling, false),
            "websocket" => (Transport::WebSocket, false),
            "websocket,polling" => (Transport::WebSocket, true),
            _ => {
                return Err(out_of_range(&ConfigError {
                    option: "transports",
                    expected: "[\"polling\"], [\"websocket\"], or both in either order",
                }));
            }
        };
    }
    set(&mut config.namespace, options.string("namespace"));
    set(&mut config.reconnection, options.boolean("reconnection"));
    set(&mut config.persistent, options.boolean("persistent"));
    if let Some(attempts) = options.number("reconnectionAttempts") {
        config.reconnection_attempts = small(attempts);
    }
    set(
        &mut config.reconnection_delay_ms,
        options.whole("reconnectionDelay"),
    );
    set(
        &mut config.reconnection_delay_max_ms,
        options.whole("reconnectionDelayMax"),
    );
    set(
        &mut config.randomization_factor,
        options.number("randomizationFactor"),
    );
    set(&mut config.timeout_ms, options.whole("timeout"));
    set(&mut config.terminate_path, options.string("terminatePath"));
    read_fallback(&options, &mut config);
    set(&mut config.history, options.boolean("history"));
    set(&mut config.early_history, options.boolean("earlyHistory"));
    // After `fallback.logsPath`, which is the same place: with `fallback: false` only this is left.
    set(&mut config.logs_path, options.string("logsPath"));
    set(&mut config.history_path, options.string("historyPath"));
    set(&mut config.flush_logs, options.boolean("flushLogs"));
    if options.boolean("stallAfter") == Some(false) {
        config.stall_after_ms = None;
    } else if let Some(millis) = options.whole("stallAfter") {
        config.stall_after_ms = (millis > 0).then_some(millis);
    }
    let dedup = options.get("dedup");
    let entries = Options { object: &dedup }.whole("entries");
    set(
        &mut config.dedup_entries,
        entries.map(|entries| entries.min(u32::MAX.into()) as usize),
    );
    let bytes = options.whole("maxEmitBuffer");
    set(
        &mut config.max_emit_buffer,
        bytes.map(|bytes| bytes.min(u32::MAX.into()) as usize),
    );
    let with_credentials = options.boolean("withCredentials").unwrap_or(false);
    config.check().map_err(|error| out_of_range(&error))?;
    let origin = config.url.clone();
    Ok((
        config,
        Settings {
            origin,
            with_credentials,
            group: options.string("group"),
        },
    ))
}

/// The `RangeError` of an option that the core refused.
pub(super) fn out_of_range(error: &ConfigError) -> JsValue {
    RangeError::new(&error.message()).into()
}

fn read_fallback(options: &Options<'_>, config: &mut Config) {
    let value = options.get("fallback");
    if value.as_bool() == Some(false) {
        config.fallback = None;
        return;
    }
    let given = Options { object: &value };
    let mut fallback = Fallback::default();
    set(&mut fallback.interval_ms, given.whole("interval"));
    if let Some(after) = given.number("after") {
        // 0 is for the core to refuse.
        fallback.after = small(after).unwrap_or(0);
    }
    set(&mut fallback.timeout_ms, given.whole("timeout"));
    set(&mut config.status_path, given.string("statusPath"));
    set(&mut config.logs_path, given.string("logsPath"));
    config.fallback = Some(fallback);
}

fn set<T>(option: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *option = given;
    }
}

struct Options<'a> {
    object: &'a JsValue,
}

impl Options<'_> {
    /// `undefined` of what is no object, too.
    fn get(&self, name: &str) -> JsValue {
        Reflect::get(self.object, &name.into()).unwrap_or(JsValue::UNDEFINED)
    }

    fn string(&self, name: &str) -> Option<String> {
        self.get(name).as_string()
    }

    fn boolean(&self, name: &str) -> Option<bool> {
        self.get(name).as_bool()
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.get(name).as_f64()
    }

    /// A whole number, whose range is the core's to say: what is none is above every range.
    fn whole(&self, name: &str) -> Option<u64> {
        self.number(name).map(|number| {
            let is_whole = (0.0..=MAX_SAFE_INTEGER).contains(&number) && number.fract() == 0.0;
            if is_whole { number as u64 } else { u64::MAX }
        })
    }
}

/// A whole number that is no larger than attempts are counted; none for `Infinity`.
fn small(number: f64) -> Option<u32> {
    let is_small = (0.0..=f64::from(u32::MAX - 1)).contains(&number) && number.fract() == 0.0;
    is_small.then_some(number as u32)
}
