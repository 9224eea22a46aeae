//! The module as JavaScript, for pages that forbid WebAssembly: made by wasm2js, as a function from imports to exports.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use super::Mode;
use super::wasm::{FEATURES, LOW_MEMORY_UNUSED, RESTRUCTURE};
use crate::environment::Environment;
use crate::process;
use crate::project::Project;

/// The name that the glue imports it by.
pub(crate) const SCRIPT: &str = "research_socket_core.js";

/// Of how it is made.
pub(crate) const KEY: &str = "script 6";

/// Of all functions of a file: compile them while it arrives, and not each when it is first called, on the page's thread. Nearly all of
/// them run until the page is connected. Chromium heeds it from version 136 on, if it is the first line.
pub(crate) const EAGER: &str = "//# allFunctionsCalledOnLoad\n";

/// What wasm2js does not know, in terms of what it knows.
const LOWERING: [&str; 3] = [
    "--llvm-memory-copy-fill-lowering",
    "--llvm-nontrapping-fptoint-lowering",
    "--signext-lowering",
];

/// How much is done to make it small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Nothing: names stay.
    Least,
    /// For modules of tests, which are larger: a fourth of the time, for half as much again.
    Little,
    /// Twice as long, for 2 % less.
    Most,
}

impl From<Mode> for Effort {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Dev => Self::Least,
            Mode::Release => Self::Most,
        }
    }
}

/// Makes it of a module that wasm-bindgen is done with.
pub(crate) fn make(project: &Project, effort: Effort, wasm: &Path, to: &Path) -> Result<()> {
    let [lowered, raw, edited] =
        ["lowered.wasm", "raw.js", "edited.js"].map(|extension| wasm.with_extension(extension));
    lower(project, effort, wasm, &lowered)?;
    translate(project, effort, &lowered, &raw)?;
    fs::write(&edited, edit(&fs::read_to_string(&raw)?)?)?;
    match effort {
        Effort::Least => {
            fs::copy(edited, to)?;
            Ok(())
        }
        Effort::Little | Effort::Most => shrink(project, &edited, to),
    }
}

fn lower(project: &Project, effort: Effort, from: &Path, to: &Path) -> Result<()> {
    let mut command = Environment::of(project)?.command("wasm-opt");
    command.args(FEATURES);
    // Before and after: what is small is lowered to less, and that has repetitions.
    match effort {
        Effort::Least => command.args(LOWERING),
        Effort::Little => command.args(LOWERING).arg("-O1"),
        Effort::Most => command
            .arg(LOW_MEMORY_UNUSED)
            .args(RESTRUCTURE)
            .arg("-Oz")
            .args(LOWERING)
            .args(RESTRUCTURE)
            .args(["-Oz", "-Oz"]),
    };
    process::run_or_fail("build: wasm-opt", command.arg(from).arg("-o").arg(to))?;
    Ok(())
}

fn translate(project: &Project, effort: Effort, from: &Path, to: &Path) -> Result<()> {
    let mut command = Environment::of(project)?.command("wasm2js");
    if effort == Effort::Most {
        command.arg("-O");
    }
    process::run_or_fail("build: wasm2js", command.arg(from).arg("-o").arg(to))?;
    Ok(())
}

fn shrink(project: &Project, from: &Path, to: &Path) -> Result<()> {
    let mut command = Environment::of(project)?.command("esbuild");
    command
        .arg(from)
        .args([
            "--minify",
            "--format=esm",
            "--target=es2022",
            "--charset=utf8",
        ])
        .args(["--legal-comments=none", "--log-level=warning"])
        .arg(format!("--outfile={}", to.display()));
    process::run_or_fail("build: esbuild", &mut command)?;
    fs::write(to, eager(&fs::read_to_string(to)?)?)?;
    Ok(())
}

/// Puts the function that is exported in parentheses, which older Chromium and Firefox take as a sign that it is called at once: they
/// compile it while it arrives. Else they read through all of it then, and again, on the page's thread, when it is called.
fn eager(script: &str) -> Result<String> {
    let (body, export) = script
        .rsplit_once("}var ")
        .context("esbuild ends otherwise")?;
    let (_, name) = export.split_once('=').context("esbuild exports nothing")?;
    let (name, _) = name.split_once(';').context("esbuild exports otherwise")?;
    let (before, function) = body
        .split_once(&format!("function {name}("))
        .context("esbuild exports no function")?;
    Ok(format!(
        "{EAGER}{before}var {name}=(function({function}}});var {export}"
    ))
}

/// Makes of a module that runs itself once one that exports the function by which it does: each call is a fresh instance.
fn edit(raw: &str) -> Result<String> {
    let (body, _) = raw
        .split_once("\nvar retasmFunc = ")
        .context("wasm2js runs the module otherwise")?;
    // The imports become arguments.
    let lines = body
        .lines()
        .filter(|line| !line.starts_with("import * as "));
    let mut body = lines.collect::<Vec<_>>().join("\n");
    for (from, to) in EDITS {
        ensure!(
            body.matches(from).count() == 1,
            "wasm2js writes `{from}` not once"
        );
        body = body.replace(from, to);
    }
    let body = with_text_data(&body)?;
    Ok(format!("{body}\nexport default asmFunc;\n"))
}

/// The data of the module is mostly text, which a server compresses better as text than as base64: each byte as the character
/// of that number.
fn with_text_data(script: &str) -> Result<String> {
    let (head, decoder) = script
        .split_once("  var base64ReverseLookup")
        .context("wasm2js decodes otherwise")?;
    let (_, calls) = decoder
        .split_once("\nfunction initActiveSegments")
        .context("wasm2js has its data otherwise")?;
    let mut text = String::with_capacity(script.len());
    let mut rest = calls;
    while let Some((before, call)) = rest.split_once(DATA) {
        let (place, call) = call.split_once(", \"").context("data has no text")?;
        let (base64, after) = call.split_once("\")").context("data has no end")?;
        text.push_str(before);
        text.push_str(&format!("writeBytes({place}, \""));
        for byte in decode(base64)? {
            text.push_str(&format!("\\x{byte:02x}"));
        }
        text.push_str("\")");
        rest = after;
    }
    ensure!(!text.is_empty(), "wasm2js writes data otherwise");
    Ok(format!(
        "{head}{WRITE_BYTES}function initActiveSegments{text}{rest}"
    ))
}

const DATA: &str = "base64DecodeToExistingUint8Array(bufferView, ";
const WRITE_BYTES: &str = "function writeBytes(at, text) {
  for (let i = 0; i < text.length; i += 1) bufferView[at + i] = text.charCodeAt(i);
}
";

fn decode(base64: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(base64.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for digit in base64.bytes().filter(|digit| *digit != b'=') {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => anyhow::bail!("`{}` is no base64", char::from(digit)),
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff)?);
        }
    }
    Ok(bytes)
}

const EDITS: [(&str, &str); 2] = [
    // As browsers call it.
    ("throw new Error('abort')", "throw new Error('unreachable')"),
    // Memory that grows leaves the old one empty, as that of WebAssembly does: by this the glue sees that it has grown.
    (
        "buffer = newBuffer;",
        "structuredClone(buffer, { transfer: [buffer] }); buffer = newBuffer;",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: &str = "import * as a from './a.js';

  var bufferView;
  var base64ReverseLookup = new Uint8Array(123);
function initActiveSegments(imports) {
 base64DecodeToExistingUint8Array(bufferView, 1024, \"AP9oaQ==\");
}
  function wasm2js_trap() { throw new Error('abort'); }
function asmFunc(imports) {
 buffer = newBuffer;
}

var retasmFunc = asmFunc({ './a.js': a });
export var memory = retasmFunc.memory;
";

    #[test]
    fn exports_a_function_of_the_imports() {
        let edited = edit(RAW).unwrap();
        assert!(!edited.contains("import "), "{edited}");
        assert!(!edited.contains("retasmFunc"), "{edited}");
        assert!(edited.ends_with("export default asmFunc;\n"), "{edited}");
        assert!(edited.contains("Error('unreachable')"), "{edited}");
        assert!(edited.contains("transfer: [buffer]"), "{edited}");
    }

    #[test]
    fn all_functions_are_compiled_while_they_arrive() {
        let minified =
            "var a;function b(c){}function d(b){return{e:b}}var f=d;export{f as default};\n";
        let eager = eager(minified).unwrap();
        let expected =
            "var a;function b(c){}var d=(function(b){return{e:b}});var f=d;export{f as default};\n";
        assert_eq!(eager, [EAGER, expected].concat());
    }

    #[test]
    fn data_is_text() {
        let edited = edit(RAW).unwrap();
        assert!(!edited.contains("base64"), "{edited}");
        assert!(
            edited.contains(r#"writeBytes(1024, "\x00\xff\x68\x69")"#),
            "{edited}"
        );
    }

    #[test]
    fn refuses_what_wasm2js_writes_otherwise() {
        for gone in [
            "throw new Error('abort')",
            "buffer = newBuffer;",
            "var retasmFunc",
        ] {
            assert!(edit(&RAW.replace(gone, "")).is_err(), "{gone}");
        }
        assert!(decode("A*").is_err());
    }
}
