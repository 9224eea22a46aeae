//! `webdriver.json` with the paths that the browsers have on this machine.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::Context;
use crate::setup::browsers;

/// The file to use instead of the checkout's own, if a browser is elsewhere than it says.
pub(crate) fn for_this_machine(context: &Context, scratch: &Path) -> Result<Option<PathBuf>> {
    let text = fs::read_to_string(context.project.path("webdriver.json"))
        .context("cannot read webdriver.json")?;
    let committed: Value = serde_json::from_str(&text).context("webdriver.json is not JSON")?;
    let mut here = committed.clone();
    for (options, binary) in [
        ("goog:chromeOptions", browsers::CHROMIUM.find()),
        ("moz:firefoxOptions", browsers::FIREFOX.find()),
        ("webkitgtk:browserOptions", browsers::mini_browser()),
    ] {
        let options = here.get_mut(options).and_then(Value::as_object_mut);
        if let (Some(options), Some(binary)) = (options, binary) {
            options.insert("binary".to_owned(), binary.to_string_lossy().into());
        }
    }
    if here == committed {
        return Ok(None);
    }
    let path = scratch.join("webdriver.json");
    fs::write(&path, serde_json::to_string_pretty(&here)?)?;
    Ok(Some(path))
}
