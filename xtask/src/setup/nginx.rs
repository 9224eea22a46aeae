//! nginx, for the page tests: only the program. Installing Debian's package would start a web server.

use std::fs;
use std::path::PathBuf;

use anyhow::{Result, bail};

use super::apt;
use crate::project::Project;

const LABEL: &str = "nginx";
/// Where the program is: in newer releases of Debian, and in older ones.
const PACKAGES: [&str; 2] = ["nginx", "nginx-light"];
/// Not everybody has the second one's folder on PATH.
const INSTALLED: [&str; 2] = ["nginx", "/usr/sbin/nginx"];

pub(crate) fn find(project: &Project) -> Option<PathBuf> {
    let own = project.cache("nginx/usr/sbin/nginx");
    INSTALLED
        .iter()
        .find_map(|name| which::which(name).ok())
        .or_else(|| own.exists().then_some(own))
}

pub(crate) fn install(project: &Project) -> Result<()> {
    let scratch = project.cache("nginx.new");
    for package in PACKAGES {
        apt::unpack(project, LABEL, package, &scratch)?;
        if scratch.join("usr/sbin/nginx").exists() {
            // Renamed into place, so that there is never half of it.
            fs::rename(&scratch, project.cache("nginx"))?;
            return Ok(());
        }
    }
    bail!(
        "none of Debian's packages {} has the program",
        PACKAGES.join(", ")
    )
}
