//! The options that a page gives: their types, and the names it knows them by.

use js_sys::{RangeError, Reflect, TypeError};
use wasm_bindgen::prelude::*;

use crate::browser::Settings;
use crate::config::{Config, ConfigError, Fallback};

/// Whole numbers that JavaScript holds exactly end here.
pub(super) const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// Reads what [`Config`] and the driver take.
///
/// # Errors
/// A `TypeError` or `RangeError` that names the option.
pub(super) fn read(object: &JsValue) -> Result<(Config, Settings), JsValue> {
    let options = Options { object, prefix: "" };
    let mut config = Config::new(options.string("url")?.unwrap_or_default());
    set(&mut config.path, options.string("path")?);
    set(&mut config.namespace, options.string("namespace")?);
    set(&mut config.reconnection, options.boolean("reconnection")?);
    if let Some(attempts) = options.number("reconnectionAttempts")? {
        config.reconnection_attempts = if attempts == f64::INFINITY {
            None
        } else {
            Some(options.count("reconnectionAttempts", attempts)?)
        };
    }
    set(
        &mut config.reconnection_delay_ms,
        options.whole("reconnectionDelay")?,
    );
    set(
        &mut config.reconnection_delay_max_ms,
        options.whole("reconnectionDelayMax")?,
    );
    set(
        &mut config.randomization_factor,
        options.number("randomizationFactor")?,
    );
    set(&mut config.timeout_ms, options.whole("timeout")?);
    set(&mut config.terminate_path, options.string("terminatePath")?);
    read_fallback(&options, &mut config)?;
    set(&mut config.history, options.boolean("history")?);
    // After `fallback.logsPath`, which is the same place: with `fallback: false` only this is left.
    set(&mut config.logs_path, options.string("logsPath")?);
    set(&mut config.history_path, options.string("historyPath")?);
    if options.get("stallAfter").as_bool() == Some(false) {
        config.stall_after_ms = None;
    } else if let Some(millis) = options.whole("stallAfter")? {
        config.stall_after_ms = (millis > 0).then_some(millis);
    }
    let dedup = options.get("dedup");
    if dedup.is_object() {
        let dedup = Options {
            object: &dedup,
            prefix: "dedup.",
        };
        let entries = dedup.whole("entries")?;
        set(
            &mut config.dedup_entries,
            entries.map(|entries| entries.min(u32::MAX.into()) as usize),
        );
    } else if !dedup.is_undefined() {
        return Err(options.wrong_type("dedup", "an object such as { entries: 10000 }"));
    }
    let with_credentials = options.boolean("withCredentials")?.unwrap_or(false);
    config.check().map_err(|error| out_of_range(&error))?;
    Ok((config, Settings { with_credentials }))
}

/// The `RangeError` of an option that the core refused.
pub(super) fn out_of_range(error: &ConfigError) -> JsValue {
    RangeError::new(&error.message()).into()
}

fn read_fallback(options: &Options<'_>, config: &mut Config) -> Result<(), JsValue> {
    let value = options.get("fallback");
    if value.is_undefined() || value.as_bool() == Some(true) {
        return Ok(());
    }
    if value.as_bool() == Some(false) {
        config.fallback = None;
        return Ok(());
    }
    if !value.is_object() {
        return Err(options.wrong_type("fallback", "an object or false"));
    }
    let given = Options {
        object: &value,
        prefix: "fallback.",
    };
    let mut fallback = Fallback::default();
    set(&mut fallback.interval_ms, given.whole("interval")?);
    if let Some(after) = given.number("after")? {
        // 0 is for the core to refuse.
        fallback.after = small(after).unwrap_or(0);
    }
    set(&mut fallback.timeout_ms, given.whole("timeout")?);
    set(&mut config.status_path, given.string("statusPath")?);
    set(&mut config.logs_path, given.string("logsPath")?);
    config.fallback = Some(fallback);
    Ok(())
}

fn set<T>(option: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *option = given;
    }
}

struct Options<'a> {
    object: &'a JsValue,
    prefix: &'static str,
}

impl Options<'_> {
    fn get(&self, name: &str) -> JsValue {
        Reflect::get(self.object, &name.into()).unwrap_or(JsValue::UNDEFINED)
    }

    fn given(&self, name: &str) -> Option<JsValue> {
        Some(self.get(name)).filter(|value| !value.is_undefined())
    }

    fn string(&self, name: &str) -> Result<Option<String>, JsValue> {
        let Some(value) = self.given(name) else {
            return Ok(None);
        };
        value
            .as_string()
            .map(Some)
            .ok_or_else(|| self.wrong_type(name, "a string"))
    }

    fn boolean(&self, name: &str) -> Result<Option<bool>, JsValue> {
        let Some(value) = self.given(name) else {
            return Ok(None);
        };
        value
            .as_bool()
            .map(Some)
            .ok_or_else(|| self.wrong_type(name, "true or false"))
    }

    fn number(&self, name: &str) -> Result<Option<f64>, JsValue> {
        let Some(value) = self.given(name) else {
            return Ok(None);
        };
        value
            .as_f64()
            .map(Some)
            .ok_or_else(|| self.wrong_type(name, "a number"))
    }

    /// A whole number, whose range is the core's to say: what is none is above every range.
    fn whole(&self, name: &str) -> Result<Option<u64>, JsValue> {
        let number = self.number(name)?;
        Ok(number.map(|number| {
            let is_whole = (0.0..=MAX_SAFE_INTEGER).contains(&number) && number.fract() == 0.0;
            if is_whole { number as u64 } else { u64::MAX }
        }))
    }

    fn count(&self, name: &str, number: f64) -> Result<u32, JsValue> {
        small(number).ok_or_else(|| {
            RangeError::new(&self.words(name, "a whole number from 0 up, or Infinity")).into()
        })
    }

    fn wrong_type(&self, name: &str, expected: &str) -> JsValue {
        TypeError::new(&self.words(name, expected)).into()
    }

    fn words(&self, name: &str, expected: &str) -> String {
        ["option `", self.prefix, name, "` must be ", expected].concat()
    }
}

/// A whole number that is no larger than attempts are counted.
fn small(number: f64) -> Option<u32> {
    let is_small = (0.0..=f64::from(u32::MAX - 1)).contains(&number) && number.fract() == 0.0;
    is_small.then_some(number as u32)
}
