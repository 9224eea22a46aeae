//! `HAProxy`, for the cluster of the page tests: only the program and its libraries. Installing Debian's package would
//! start a server.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use super::apt;
use crate::project::Project;

const LABEL: &str = "HAProxy";
const PACKAGE: &str = "haproxy";
/// Not everybody has the second one's folder on PATH.
const INSTALLED: [&str; 2] = ["haproxy", "/usr/sbin/haproxy"];

pub(crate) fn find(project: &Project) -> Option<PathBuf> {
    let own = project.cache("haproxy/usr/sbin/haproxy");
    INSTALLED
        .iter()
        .find_map(|name| which::which(name).ok())
        .or_else(|| own.exists().then_some(own))
}

pub(crate) fn install(project: &Project) -> Result<()> {
    let scratch = project.cache("haproxy.new");
    apt::unpack(project, LABEL, PACKAGE, &scratch)?;
    apt::install_libraries_of(project, LABEL, PACKAGE)?;
    // Renamed into place, so that there is never half of it.
    fs::rename(&scratch, project.cache("haproxy"))?;
    Ok(())
}
