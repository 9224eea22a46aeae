//! The browsers of the tests with their drivers: where they are, and the Debian package of each.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::apt;
use crate::project::Project;

/// A program of the system, under any of its names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Program {
    names: &'static [&'static str],
    package: &'static str,
}

pub(crate) const CHROMIUM: Program = Program {
    names: &[
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ],
    package: "chromium",
};
pub(crate) const CHROMEDRIVER: Program = Program {
    names: &["chromedriver"],
    package: "chromium-driver",
};
pub(crate) const FIREFOX: Program = Program {
    names: &["firefox-esr", "firefox"],
    package: "firefox-esr",
};
pub(crate) const WEBKIT_DRIVER: Program = Program {
    names: &["WebKitWebDriver"],
    package: "webkit2gtk-driver",
};
pub(crate) const XVFB_RUN: Program = Program {
    names: &["xvfb-run"],
    package: "xvfb",
};
const XAUTH: Program = Program {
    names: &["xauth"],
    package: "xauth",
};

const ALL: [Program; 6] = [
    CHROMIUM,
    CHROMEDRIVER,
    FIREFOX,
    WEBKIT_DRIVER,
    XVFB_RUN,
    XAUTH,
];

impl Program {
    pub(crate) fn find(self) -> Option<PathBuf> {
        self.names.iter().find_map(|name| which::which(name).ok())
    }
}

/// The browser that WebKitWebDriver starts; it is on no PATH.
pub(crate) fn mini_browser() -> Option<PathBuf> {
    ["x86_64-linux-gnu", "aarch64-linux-gnu"]
        .iter()
        .flat_map(|machine| {
            ["webkit2gtk-4.1", "webkitgtk-6.0", "webkit2gtk-4.0"].map(|version| {
                Path::new("/usr/lib")
                    .join(machine)
                    .join(version)
                    .join("MiniBrowser")
            })
        })
        .find(|path| path.exists())
}

pub(crate) fn missing_packages() -> Vec<&'static str> {
    let mut packages: Vec<_> = ALL
        .into_iter()
        .filter(|program| program.find().is_none())
        .map(|program| program.package)
        .collect();
    if mini_browser().is_none() && !packages.contains(&WEBKIT_DRIVER.package) {
        packages.push(WEBKIT_DRIVER.package);
    }
    packages
}

pub(crate) fn install(project: &Project) -> Result<()> {
    apt::install(project, "browsers", &missing_packages())
}
