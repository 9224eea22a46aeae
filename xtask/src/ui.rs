//! What the terminal shows: one line per event, each with the time since the start.

use std::fmt::Display;
use std::io::Write as _;
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

static START: LazyLock<Instant> = LazyLock::new(Instant::now);
static LINES: Mutex<()> = Mutex::new(());

/// Starts the clock that every line shows.
pub(crate) fn start() {
    LazyLock::force(&START);
}

/// Time since [`start`].
pub(crate) fn elapsed() -> Duration {
    START.elapsed()
}

/// Prints one progress line. Progress goes to stderr, so that stdout holds only results.
pub(crate) fn say(message: impl Display) {
    let seconds = elapsed().as_secs();
    let line = format!("[{:>2}:{:02}] {message}\n", seconds / 60, seconds % 60);
    write_whole(&line);
}

/// Prints text as it is, such as the output of a command that failed.
pub(crate) fn show(text: &str) {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    write_whole(&format!("{text}{end}"));
}

/// A duration in the shape that suits its size.
pub(crate) fn human(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds >= 60 {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    } else {
        format!("{:.1} s", duration.as_secs_f64())
    }
}

// Threads share the terminal: a line is written in one piece or it is torn.
fn write_whole(text: &str) {
    let _guard = LINES.lock();
    // A closed terminal is no reason to stop the work.
    let _ = std::io::stderr().write_all(text.as_bytes());
}
