//! The list of the core's promises, held to what it names.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use std::fs;
use std::path::{Path, PathBuf};

const LIST: &str = include_str!("../../../docs/promises.md");

/// The numbered promises, each with the names behind it.
fn promises(list: &str) -> Vec<(u32, Vec<&str>)> {
    let mut promises: Vec<(u32, Vec<&str>)> = Vec::new();
    let mut is_inside = false;
    for line in list.lines() {
        if let Some((number, _)) = line.split_once(". ")
            && let Ok(number) = number.parse()
        {
            promises.push((number, Vec::new()));
            is_inside = true;
        } else if !line.starts_with("   ") {
            is_inside = false;
        }
        if let Some((_, names)) = promises.last_mut().filter(|_| is_inside) {
            names.extend(line.split('`').skip(1).step_by(2));
        }
    }
    promises
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All Rust below a folder, in one text.
fn rust(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust(&path, text);
        } else if path.extension().is_some_and(|end| end == "rs") {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

/// The names that stand for nothing.
fn missing<'l>(list: &'l str, tests: &str, rules: &str) -> Vec<&'l str> {
    let exists = |name: &str| match name.strip_prefix("rule: ") {
        Some(words) => rules.contains(words),
        None if name.starts_with(|first: char| first.is_ascii_digit()) => {
            let patch = format!("tests/sim/planted/{name}.patch");
            root().join(patch).exists()
        }
        None => tests.contains(&format!("fn {name}()")),
    };
    let names = promises(list).into_iter().flat_map(|(_, names)| names);
    names.filter(|name| !exists(name)).collect()
}

fn sources() -> (String, String) {
    let (mut tests, mut rules) = (String::new(), String::new());
    rust(&root().join("src"), &mut tests);
    rust(&root().join("tests"), &mut tests);
    rust(&root().join("tests/sim/src"), &mut rules);
    (tests, rules)
}

#[test]
fn everything_that_is_said_to_hold_a_promise_exists() {
    let (tests, rules) = sources();
    assert_eq!(missing(LIST, &tests, &rules), [""; 0]);
}

#[test]
fn every_promise_has_the_next_number_and_something_that_holds_it() {
    for ((number, names), expected) in promises(LIST).into_iter().zip(1..) {
        assert_eq!(number, expected);
        assert!(!names.is_empty(), "nothing holds promise {number}");
    }
    assert!(promises(LIST).len() >= 30);
}

#[test]
fn a_test_a_rule_and_a_planted_mistake_that_are_gone_are_named() {
    let (tests, rules) = sources();
    let list = "1. A. Held by `a_client_can_be_closed`,\n   `no_such_test`, `rule: a busy loop`,\n   \
                `rule: no such rule`, `01-two-gets`, `00-no-such-mistake`.\n\nElse `nothing`.\n";
    assert_eq!(
        missing(list, &tests, &rules),
        ["no_such_test", "rule: no such rule", "00-no-such-mistake"]
    );
}
