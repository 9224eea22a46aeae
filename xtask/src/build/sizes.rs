//! What the package weighs: raw, gzip and brotli of each part, against the limit.

use std::fmt;
use std::path::Path;

use anyhow::{Result, bail};

use super::Work;
use super::wasm::{GLUE, Module};
use crate::environment::Environment;
use crate::process;
use crate::project::Project;

/// The module and its glue, at most, in bytes after brotli. The facade is measured beside them.
const LIMIT: usize = 40_000;

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
struct Part {
    name: &'static str,
    raw: usize,
    gzip: usize,
    brotli: usize,
}

/// The parts that a page loads.
#[derive(Debug)]
pub(crate) struct Sizes {
    /// What the limit is for.
    limited: Vec<Part>,
    facade: Part,
}

impl Sizes {
    pub(crate) fn check(&self) -> Result<()> {
        let total = self.total().brotli;
        if total > LIMIT {
            bail!(
                "module and glue are {total} bytes after brotli, {} over the limit of {LIMIT}: \
                 the parts above against the last commit's show where it grew",
                total - LIMIT
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
        writeln!(f, "    limit                     {LIMIT:>8}")?;
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

/// Measures what `import` of the main entry point brings into a page. The facade is shipped
/// readable and measured as an application's bundler leaves it.
pub(crate) fn measure(project: &Project, work: &Work, module: &Module) -> Result<Sizes> {
    let facade = work.path("facade.min.js");
    let mut esbuild = Environment::of(project)?.command("esbuild");
    esbuild
        .arg(project.path("pkg/index.js"))
        .args(["--bundle", "--minify", "--format=esm", "--target=es2022"])
        .args(["--legal-comments=none", "--log-level=warning"])
        .arg(format!("--external:./{GLUE}"))
        .arg(format!("--external:*/{GLUE}"))
        .arg(format!("--outfile={}", facade.display()));
    process::run_or_fail("build: esbuild", &mut esbuild)?;
    Ok(Sizes {
        limited: vec![
            part(project, "wasm", &module.wasm)?,
            part(project, "glue", &module.glue)?,
        ],
        facade: part(project, "facade", &facade)?,
    })
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

    #[test]
    fn refuses_what_is_over_the_limit() {
        let part = |name, brotli| Part {
            name,
            raw: 0,
            gzip: 0,
            brotli,
        };
        let sizes = |wasm| Sizes {
            limited: vec![part("wasm", wasm), part("glue", 1000)],
            facade: part("facade", LIMIT),
        };
        assert!(sizes(LIMIT - 1000).check().is_ok());
        assert!(sizes(LIMIT - 999).check().is_err());
    }
}
