//! One command at a time where two would tread on each other.

use std::fs::{File, TryLockError};
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::ui;

/// Holds the lock until the file is dropped; says so if another command must be waited for.
pub(crate) fn acquire(path: &Path, what: &str) -> Result<File> {
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => {
            ui::say(format_args!(
                "{what}: waiting for another `cargo xtask` to end"
            ));
        }
        Err(TryLockError::Error(error)) => {
            return Err(error).with_context(|| format!("cannot lock {}", path.display()));
        }
    }
    file.lock()
        .with_context(|| format!("cannot lock {}", path.display()))?;
    Ok(file)
}
