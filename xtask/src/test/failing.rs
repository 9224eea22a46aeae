//! Which tests failed and with what words, read from what the runners print: often only the end of a run is kept.

/// The most of one job that are named.
const TESTS: usize = 6;
/// The most lines of a message, which say what was expected beside what was there.
const LINES: usize = 6;
/// Characters of a message.
const LENGTH: usize = 400;

/// A line for each test that failed.
pub(super) fn named_in(output: &str) -> Vec<String> {
    // Node says each twice, the second time below this line.
    let of_node = output.split_once("failing tests:").map(|(_, rest)| rest);
    let lines: Vec<_> = output.lines().map(str::trim_end).collect();
    let mut named = of_node.map(nodes).unwrap_or_default();
    named.extend(panics(&lines));
    named.truncate(TESTS);
    named
}

/// `✖ name (12.5ms)`, and below it the error, indented, with its stack.
fn nodes(output: &str) -> Vec<String> {
    let lines: Vec<_> = output.lines().map(str::trim_end).collect();
    let tests = lines
        .iter()
        .enumerate()
        .filter_map(|(at, line)| Some((at, line.trim_start().strip_prefix("✖ ")?)));
    tests
        .map(|(at, name)| {
            let name = name.rsplit_once(" (").map_or(name, |(name, _)| name);
            describe(name, lines.iter().skip(at + 1))
        })
        .collect()
}

/// `thread 'name' panicked at file:1:2:`, and below it the message.
fn panics(lines: &[&str]) -> Vec<String> {
    let tests = lines.iter().enumerate().filter_map(|(at, line)| {
        let (_, rest) = line.split_once("thread '")?;
        let (name, place) = rest.split_once("' ")?;
        let (_, place) = place.split_once("panicked at ")?;
        let name = format!("{name} ({})", place.trim_end_matches(':'));
        Some(describe(&name, lines.iter().skip(at + 1)))
    });
    tests.collect()
}

fn describe<'a>(name: &str, below: impl Iterator<Item = &'a &'a str>) -> String {
    let ends = |line: &str| {
        let line = line.trim_start();
        line.starts_with("at ") || line.starts_with("stack backtrace") || line.starts_with("note: ")
    };
    let message: Vec<_> = below
        .take_while(|line| !ends(line))
        .map(|line| line.trim())
        .filter(|line| !line.is_empty())
        .take(LINES)
        .collect();
    let words: String = message.join(" ").chars().take(LENGTH).collect();
    format!("{name}: {words}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_failed_in_node_once_with_its_message() {
        let output = "✖ one is two (5.9ms)\n  AssertionError: 1 == 2\n\n✖ failing tests:\n\ntest at a.test.mjs:2:1\n\
            ✖ one is two (5.9ms)\n  AssertionError: 1 == 2\n\n  1 !== 2\n\n      at TestContext (a.mjs:2:33)\n  }\n\n\
            test at a.test.mjs:4:1\n✖ waits (in vain) (52.1ms)\n  'test timed out after 50ms'\n";
        assert_eq!(
            named_in(output),
            [
                "one is two: AssertionError: 1 == 2 1 !== 2",
                "waits (in vain): 'test timed out after 50ms'"
            ]
        );
    }

    #[test]
    fn names_what_panicked_where_with_its_message() {
        let output = "---- a_thing stdout ----\n\nthread 'a_thing' (999) panicked at src/a.rs:2:16:\n\
            assertion `left == right` failed\n  left: 1\n right: 2\nnote: run with `RUST_BACKTRACE=1`\n";
        assert_eq!(
            named_in(output),
            ["a_thing (src/a.rs:2:16): assertion `left == right` failed left: 1 right: 2"]
        );
    }

    #[test]
    fn what_is_long_is_cut() {
        let output = format!(
            "failing tests:\n✖ long (1ms)\n  {}\n",
            "ä".repeat(2 * LENGTH)
        );
        let [line] = &named_in(&output)[..] else {
            panic!("one test failed");
        };
        assert_eq!(line.chars().count(), "long: ".len() + LENGTH);
        assert_eq!(named_in(&output.repeat(2 * TESTS)).len(), TESTS);
        assert_eq!(named_in("rustfmt: differs\n"), <[String; 0]>::default());
    }
}
