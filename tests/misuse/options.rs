//! Options: the same table as of every entry point of the package, and of the module in a browser.

use research_socket::config::{Config, Fallback};
use serde_json::Value;

use crate::table;

/// The options as the page gave them; of a number that is none the core is told `u64::MAX`.
fn config(options: &Value) -> Config {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let whole = |value: &Value| (!value.is_null()).then(|| value.as_u64().unwrap_or(u64::MAX));
    let small = |value: &Value| u32::try_from(value.as_u64().unwrap_or(0)).unwrap_or(0);
    let mut config = Config::new("https://host");
    let given = &options["fallback"];
    if given.is_object() {
        let mut fallback = Fallback::default();
        fallback.interval_ms = whole(&given["interval"]).unwrap_or(fallback.interval_ms);
        fallback.timeout_ms = whole(&given["timeout"]).unwrap_or(fallback.timeout_ms);
        if !given["after"].is_null() {
            fallback.after = small(&given["after"]);
        }
        config.fallback = Some(fallback);
    }
    let logs_path = options.get("logsPath").unwrap_or(&given["logsPath"]);
    for (path, value) in [
        (&mut config.path, &options["path"]),
        (&mut config.namespace, &options["namespace"]),
        (&mut config.status_path, &given["statusPath"]),
        (&mut config.logs_path, logs_path),
        (&mut config.history_path, &options["historyPath"]),
        (&mut config.terminate_path, &options["terminatePath"]),
    ] {
        *path = text(value).unwrap_or(std::mem::take(path));
    }
    for (millis, value) in [
        (
            &mut config.reconnection_delay_ms,
            &options["reconnectionDelay"],
        ),
        (
            &mut config.reconnection_delay_max_ms,
            &options["reconnectionDelayMax"],
        ),
        (&mut config.timeout_ms, &options["timeout"]),
    ] {
        *millis = whole(value).unwrap_or(*millis);
    }
    if let Some(factor) = options["randomizationFactor"].as_f64() {
        config.randomization_factor = factor;
    }
    if let Some(persistent) = options["persistent"].as_bool() {
        config.persistent = persistent;
    }
    if options["stallAfter"] == false {
        config.stall_after_ms = None;
    } else if let Some(millis) = whole(&options["stallAfter"]) {
        config.stall_after_ms = (millis > 0).then_some(millis);
    }
    if let Some(entries) = whole(&options["dedup"]["entries"]) {
        config.dedup_entries = entries as usize;
    }
    if let Some(bytes) = whole(&options["maxEmitBuffer"]) {
        config.max_emit_buffer = bytes as usize;
    }
    config
}

#[test]
fn an_option_out_of_its_range_is_refused_by_name() {
    let options = table(include_str!("options.json"));
    for refused in options["refused"].as_array().expect("a list") {
        let name = refused[0].as_str().expect("a name");
        if name == "transports" {
            // No `Config` can hold these: they are refused as they are read (`tests/web`, `tests/facade`).
            continue;
        }
        let error = config(&refused[1]).check();
        let error = error.expect_err(&refused.to_string());
        assert!(error.option.ends_with(name), "{refused}: {error}");
    }
    for taken in options["taken"].as_array().expect("a list") {
        assert_eq!(config(taken).check(), Ok(()), "{taken}");
    }
}

#[test]
fn a_url_is_a_mere_origin() {
    for url in [
        "",
        "host",
        "//host",
        "http:/host",
        "ftp://host",
        "https://",
        "https://host/",
        "https://host/path",
        "https://host\\@evil.example",
        "https://host@evil.example",
        "https://host?a",
        "https://host#a",
        "https://host\t",
        " https://host",
    ] {
        let error = Config::new(url).check().expect_err(url);
        assert_eq!(error.option, "url");
    }
    for url in [
        "https://host",
        "http://[::1]:8080",
        "http://a_b.c-d.example:1",
    ] {
        assert_eq!(Config::new(url).check(), Ok(()), "{url}");
    }
}
