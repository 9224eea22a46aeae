//! What the package weighs: raw, gzip and brotli of each part, against the goal and the budget.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::compat;
use super::wasm::Module;
use crate::process;
use crate::project::Project;

/// What each version of the core and its glue should weigh at most, in bytes after brotli: little enough for a page on a slow
/// network. The other parts are measured beside them.
const GOALS: [(&str, usize); 2] = [("wasm", 40_000), ("js", 60_000)];
/// The same of an entry point that draws, without the core.
const ELEMENT: (&str, &str, usize) = ("element", "element.js", 14_000);
/// What they may weigh now. Above the goal it fails no build that the goal is missed, but every one that grows.
const BUDGET_FILE: &str = "xtask/size-budget.txt";

const COMPRESS: &str = r#"
    import { readFileSync } from "node:fs";
    import { brotliCompressSync, constants, gzipSync } from "node:zlib";
    const bytes = readFileSync(process.argv[1]);
    const best = { [constants.BROTLI_PARAM_QUALITY]: 11 };
    const brotli = brotliCompressSync(bytes, { params: best });
    console.log(bytes.length, gzipSync(bytes, { level: 9 }).length, brotli.length);
"#;

/// One part of the package in three encodings, in bytes.
#[derive(Clone, Debug)]
struct Part {
    name: String,
    raw: usize,
    gzip: usize,
    brotli: usize,
}

/// What a page loads to have the core in one of its versions, or the element.
#[derive(Debug)]
struct Version {
    name: &'static str,
    /// What it is, for people.
    about: String,
    parts: Vec<Part>,
    goal: usize,
    budget: usize,
}

impl Version {
    fn check(&self) -> Result<()> {
        let Self { about, budget, .. } = self;
        let total = self.total().brotli;
        if total > *budget {
            bail!(
                "{about}: {total} bytes after brotli, {} over the budget of {budget} in {BUDGET_FILE}, which may only be \
                 lowered: the parts above against the last commit's show where it grew",
                total - budget
            );
        }
        Ok(())
    }

    fn total(&self) -> Part {
        let sum = |of: fn(&Part) -> usize| self.parts.iter().map(of).sum();
        Part {
            name: "total".to_owned(),
            raw: sum(|part| part.raw),
            gzip: sum(|part| part.gzip),
            brotli: sum(|part| part.brotli),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in self.parts.iter().chain([&self.total()]) {
            writeln!(f, "    {part}")?;
        }
        let total = self.total().brotli;
        let goal = line_for("goal", self.goal, total);
        let budget = line_for("budget", self.budget, total);
        writeln!(f, "      {}: {goal}, {budget}", self.name)
    }
}

/// What the package weighs.
#[derive(Debug)]
pub(crate) struct Sizes {
    /// Of the core, those with a goal and a budget.
    versions: Vec<Version>,
    /// The entry points, and what they load later.
    entries: Vec<Part>,
}

impl Sizes {
    pub(crate) fn check(&self) -> Result<()> {
        self.versions.iter().try_for_each(Version::check)
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "    bytes                  raw     gzip   brotli")?;
        for version in &self.versions {
            write!(f, "\n{version}")?;
        }
        for part in &self.entries {
            write!(f, "\n    {part}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            raw,
            gzip,
            brotli,
        } = self;
        write!(f, "{name:<17} {raw:>8} {gzip:>8} {brotli:>8}")
    }
}

// A missed goal is said in every build, also where the budget lets it pass.
fn line_for(name: &str, bound: usize, total: usize) -> String {
    let distance = if total > bound {
        format!("MISSED: {} above", total - bound)
    } else {
        format!("{} below", bound - total)
    };
    format!("{name} {bound} ({distance})")
}

/// Measures what `import` of each entry point brings into a page; the classic script has facade and glue in it.
pub(crate) fn measure(project: &Project, module: &Module, entries: &[String]) -> Result<Sizes> {
    let glue = part(project, "glue", &module.glue)?;
    let budgets = read_budgets(project)?;
    let mut versions = Vec::new();
    for ((name, goal), core) in GOALS.into_iter().zip([&module.wasm, &module.script]) {
        let budget = budgets.get(name).copied();
        versions.push(Version {
            name,
            about: format!("the core as {name} and its glue"),
            parts: vec![part(project, name, core)?, glue.clone()],
            goal,
            budget: budget.with_context(|| format!("{BUDGET_FILE} has no budget of {name}"))?,
        });
    }
    let of_entry = |entry: &str| part(project, entry, &project.path("pkg").join(entry));
    let (name, entry, goal) = ELEMENT;
    let budget = budgets.get(name).copied();
    versions.push(Version {
        name,
        about: "the element without the core".to_owned(),
        parts: vec![of_entry(entry)?],
        goal,
        budget: budget.with_context(|| format!("{BUDGET_FILE} has no budget of {name}"))?,
    });
    let others = entries.iter().filter(|other| *other != entry);
    let measured = others.map(|entry| of_entry(entry));
    let mut entries = measured.collect::<Result<Vec<_>>>()?;
    let classic = project.path("pkg").join(compat::SCRIPT);
    entries.push(part(project, "compat, classic", &classic)?);
    Ok(Sizes { versions, entries })
}

fn read_budgets(project: &Project) -> Result<BTreeMap<String, usize>> {
    let text = fs::read_to_string(project.path(BUDGET_FILE))
        .with_context(|| format!("cannot read {BUDGET_FILE}"))?;
    parse_budgets(&text).with_context(|| {
        format!("{BUDGET_FILE} must have lines with a version and a number of bytes")
    })
}

// Lines with `#` say what the numbers are.
fn parse_budgets(text: &str) -> Option<BTreeMap<String, usize>> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (name, bytes) = line.split_once(' ')?;
            Some((name.to_owned(), bytes.trim().parse().ok()?))
        })
        .collect()
}

fn part(project: &Project, name: &str, path: &Path) -> Result<Part> {
    // Node has the encoders that servers use, and is here anyway.
    let mut node = project.command("node");
    node.args(["--input-type=module", "--eval", COMPRESS, "--"])
        .arg(path);
    let output = process::run_or_fail("build: sizes", &mut node)?;
    let sizes: Vec<usize> = output
        .split_whitespace()
        .map_while(|number| number.parse().ok())
        .collect();
    let [raw, gzip, brotli] = sizes[..] else {
        bail!("no sizes of {}, but:\n{output}", path.display());
    };
    Ok(Part {
        name: name.to_owned(),
        raw,
        gzip,
        brotli,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOAL: usize = 40_000;
    const BUDGET: usize = 50_000;

    #[test]
    fn refuses_what_is_over_the_budget() {
        assert!(sizes(BUDGET).check().is_ok());
        let error = sizes(BUDGET + 1).check().unwrap_err().to_string();
        assert!(
            error.contains("as js") && error.contains("1 over the budget of 50000"),
            "{error}"
        );
    }

    #[test]
    fn shows_a_missed_goal_that_the_budget_lets_pass() {
        let missed = sizes(GOAL + 2345);
        assert!(missed.check().is_ok());
        let shown = missed.to_string();
        assert!(shown.contains("goal 40000 (MISSED: 2345 above)"), "{shown}");
        assert!(shown.contains("budget 50000 (7655 below)"), "{shown}");
        let shown = sizes(GOAL).to_string();
        assert!(shown.contains("goal 40000 (0 below)"), "{shown}");
    }

    #[test]
    fn each_version_has_a_budget_of_its_own() {
        let both = BTreeMap::from([("wasm".to_owned(), 71_000), ("js".to_owned(), 90_000)]);
        assert_eq!(
            parse_budgets("# why\n\nwasm 71000\njs   90000\n"),
            Some(both)
        );
        assert_eq!(parse_budgets("# why\n71000\n"), None);
        assert_eq!(parse_budgets("wasm 71 kB\n"), None);
    }

    fn sizes(total: usize) -> Sizes {
        let part = |name: &str, brotli| Part {
            name: name.to_owned(),
            raw: 0,
            gzip: 0,
            brotli,
        };
        let version = |name, total| Version {
            name,
            about: format!("the core as {name}"),
            parts: vec![part(name, total - 1000), part("glue", 1000)],
            goal: GOAL,
            budget: BUDGET,
        };
        Sizes {
            versions: vec![version("wasm", GOAL), version("js", total)],
            entries: vec![part("index.js", BUDGET)],
        }
    }
}
