//! How long each job took the last time, kept for the order of the next run.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::Done;
use crate::project::Project;

/// A line for each job: seconds and name.
const KEPT: &str = "target/xtask/test-seconds";

#[derive(Debug)]
pub(super) struct Durations {
    path: PathBuf,
    all: BTreeMap<String, Duration>,
}

impl Durations {
    /// Empty on a first run.
    pub(super) fn read(project: &Project) -> Self {
        let path = project.path(KEPT);
        let all = parse(&fs::read_to_string(&path).unwrap_or_default());
        Self { path, all }
    }

    pub(super) fn of(&self, job: &str) -> Option<Duration> {
        self.all.get(job).copied()
    }

    /// What was not run now stays as it is.
    pub(super) fn keep(&mut self, done: &[Done]) -> io::Result<()> {
        self.all
            .extend(done.iter().map(|job| (job.name.clone(), job.took())));
        let lines = self.all.iter();
        let text = lines.map(|(name, took)| format!("{:.1} {name}\n", took.as_secs_f64()));
        fs::write(&self.path, text.collect::<String>())
    }
}

fn parse(text: &str) -> BTreeMap<String, Duration> {
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    lines
        .filter_map(|(seconds, name)| {
            let took = Duration::try_from_secs_f64(seconds.parse().ok()?).ok()?;
            Some((name.to_owned(), took))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_means_nothing_is_no_duration() {
        let all = parse("1.5 page doctor/browsers\nx y\n-1 z\n\n2");
        let expected = [(
            "page doctor/browsers".to_owned(),
            Duration::from_millis(1500),
        )];
        assert_eq!(all, BTreeMap::from(expected));
    }
}
