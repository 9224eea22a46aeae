//! What the package weighs: raw, gzip and brotli of each part, against the goal and the budget.

use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::Work;
use super::compat;
use super::facade;
use super::wasm::Module;
use crate::process;
use crate::project::Project;

/// What the module and its glue should weigh at most, in bytes after brotli: little enough for a page on a
/// slow network. The facade is measured beside them.
const GOAL: usize = 40_000;
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
#[derive(Debug)]
pub(crate) struct Part {
    name: &'static str,
    raw: usize,
    gzip: usize,
    brotli: usize,
}

/// The parts that a page loads.
#[derive(Debug)]
pub(crate) struct Sizes {
    /// What the goal and the budget are for.
    limited: Vec<Part>,
    facade: Part,
    budget: usize,
}

impl Sizes {
    pub(crate) fn check(&self) -> Result<()> {
        let total = self.total().brotli;
        let budget = self.budget;
        if total > budget {
            bail!(
                "module and glue are {total} bytes after brotli, {} over the budget of {budget} in \
                 {BUDGET_FILE}, which may only be lowered: the parts above against the last commit's \
                 show where it grew",
                total - budget
            );
        }
        Ok(())
    }

    fn total(&self) -> Part {
        let sum = |of: fn(&Part) -> usize| self.limited.iter().map(of).sum();
        Part {
            name: "total",
            raw: sum(|part| part.raw),
            gzip: sum(|part| part.gzip),
            brotli: sum(|part| part.brotli),
        }
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "    bytes        raw     gzip   brotli")?;
        for part in self.limited.iter().chain([&self.total()]) {
            writeln!(f, "    {part}")?;
        }
        let total = self.total().brotli;
        writeln!(f, "    {}", line_for("goal", GOAL, total))?;
        writeln!(f, "    {}", line_for("budget", self.budget, total))?;
        write!(f, "    {}", self.facade)
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
        write!(f, "{name:<7} {raw:>8} {gzip:>8} {brotli:>8}")
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

/// Measures what `import` of the main entry point brings into a page. The facade is shipped
/// readable and measured as an application's bundler leaves it.
pub(crate) fn measure(project: &Project, work: &Work, module: &Module) -> Result<Sizes> {
    let facade = facade::minify(project, work)?;
    Ok(Sizes {
        limited: vec![
            part(project, "wasm", &module.wasm)?,
            part(project, "glue", &module.glue)?,
        ],
        facade: part(project, "facade", &facade)?,
        budget: read_budget(project)?,
    })
}

/// The classic script, which has facade and glue in it.
pub(crate) fn compat(project: &Project) -> Result<Part> {
    part(project, "compat", &project.path("pkg").join(compat::SCRIPT))
}

fn read_budget(project: &Project) -> Result<usize> {
    let text = fs::read_to_string(project.path(BUDGET_FILE))
        .with_context(|| format!("cannot read {BUDGET_FILE}"))?;
    parse_budget(&text)
        .with_context(|| format!("{BUDGET_FILE} must have one line with a number of bytes"))
}

// Lines with `#` say what the number is.
fn parse_budget(text: &str) -> Option<usize> {
    let mut lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let budget = lines.next()?.parse().ok()?;
    lines.next().is_none().then_some(budget)
}

fn part(project: &Project, name: &'static str, path: &Path) -> Result<Part> {
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
        name,
        raw,
        gzip,
        brotli,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: usize = 50_000;

    #[test]
    fn refuses_what_is_over_the_budget() {
        assert!(sizes(BUDGET).check().is_ok());
        let error = sizes(BUDGET + 1).check().unwrap_err().to_string();
        assert!(error.contains("1 over the budget of 50000"), "{error}");
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
    fn the_budget_is_one_number() {
        assert_eq!(parse_budget("# why\n\n71000\n"), Some(71_000));
        assert_eq!(parse_budget("# why\n"), None);
        assert_eq!(parse_budget("71000\n40000\n"), None);
        assert_eq!(parse_budget("71 kB\n"), None);
    }

    fn sizes(total: usize) -> Sizes {
        let part = |name, brotli| Part {
            name,
            raw: 0,
            gzip: 0,
            brotli,
        };
        Sizes {
            limited: vec![part("wasm", total - 1000), part("glue", 1000)],
            facade: part("facade", BUDGET),
            budget: BUDGET,
        }
    }
}
