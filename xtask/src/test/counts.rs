//! How many tests passed and failed, read from what the runners print.

use std::fmt;
use std::ops::AddAssign;

/// A number of tests by their outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
}

impl Counts {
    /// Sums the lines `test result: ok. 5 passed; 0 failed; …` of cargo's and wasm-bindgen's runner.
    pub(crate) fn of_libtest(output: &str) -> Self {
        let results = output
            .lines()
            .filter_map(|line| line.split_once("test result: "));
        let mut counts = Self::default();
        for (_, result) in results {
            counts += Self {
                passed: number_before(result, " passed"),
                failed: number_before(result, " failed"),
            };
        }
        counts
    }

    /// Reads the summary of Node's TAP output; a cancelled test has failed.
    pub(crate) fn of_tap(output: &str) -> Self {
        let number = |name: &str| -> u32 {
            let lines = output
                .lines()
                .filter_map(|line| line.strip_prefix("# ")?.strip_prefix(name));
            lines
                .filter_map(|rest| rest.trim().parse::<u32>().ok())
                .sum()
        };
        Self {
            passed: number("pass "),
            failed: number("fail ") + number("cancelled "),
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

fn number_before(text: &str, word: &str) -> u32 {
    text.split_once(word)
        .and_then(|(before, _)| before.rsplit(|c: char| !c.is_ascii_digit()).next())
        .and_then(|digits| digits.parse().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_all_binaries_of_a_run() {
        let output = "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured\nnoise\n\
            test result: FAILED. 3 passed; 2 failed; 0 ignored\n";
        assert_eq!(
            Counts::of_libtest(output),
            Counts {
                passed: 15,
                failed: 2
            }
        );
    }

    #[test]
    fn an_output_without_results_is_no_test() {
        assert_eq!(Counts::of_libtest("no tests to run!"), Counts::default());
    }

    #[test]
    fn a_cancelled_test_has_failed() {
        let output = "ok 1 - a\n# tests 4\n# pass 2\n# fail 1\n# cancelled 1\n# skipped 0\n";
        assert_eq!(
            Counts::of_tap(output),
            Counts {
                passed: 2,
                failed: 2
            }
        );
    }
}
