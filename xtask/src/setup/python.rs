//! The virtual environment of the real test servers, one for each content of their requirements.

use std::fs;

use anyhow::{Context as _, Result};

use super::apt;
use crate::process;
use crate::project::Project;

const LABEL: &str = "Python packages";

pub(crate) fn is_ready(project: &Project) -> bool {
    // Written last: a half-made environment has none.
    project
        .venv()
        .is_none_or(|venv| venv.join("complete").exists())
}

pub(crate) fn install(project: &Project) -> Result<()> {
    let Some(venv) = project.venv() else {
        return Ok(());
    };
    if process::query(
        project
            .command("python3")
            .args(["-c", "import venv, ensurepip"]),
    )
    .is_none()
    {
        apt::install(project, LABEL, &["python3", "python3-venv"])?;
    }
    if venv.exists() {
        fs::remove_dir_all(&venv).with_context(|| format!("cannot clear {}", venv.display()))?;
    }
    let mut create = project.command("python3");
    create.args(["-m", "venv"]).arg(&venv);
    process::run_or_fail(LABEL, &mut create)?;
    let mut install = project.command(venv.join("bin/python"));
    install
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
            "-r",
        ])
        .arg(project.requirements());
    process::run_or_fail(LABEL, &mut install)?;
    fs::write(venv.join("complete"), "")?;
    Ok(())
}
