//! Redis, for the cluster of the page tests: only the program. Installing the package that is named so would start a server.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::apt;
use crate::project::Project;

const LABEL: &str = "Redis";
/// Has the server too, under the name of a tool, and starts nothing.
const PACKAGE: &str = "redis-tools";
const UNDER_ANOTHER_NAME: &str = "/usr/bin/redis-check-rdb";

pub(crate) fn find(project: &Project) -> Option<PathBuf> {
    let own = project.cache("redis/redis-server");
    which::which("redis-server")
        .ok()
        .or_else(|| own.exists().then_some(own))
}

pub(crate) fn install(project: &Project) -> Result<()> {
    apt::install(project, LABEL, &[PACKAGE])?;
    // One program, which does what its name says.
    let own = project.cache("redis/redis-server");
    fs::create_dir_all(project.cache("redis"))?;
    if own.symlink_metadata().is_ok() {
        fs::remove_file(&own)?;
    }
    symlink(UNDER_ANOTHER_NAME, &own).with_context(|| format!("cannot make {}", own.display()))
}
