//! What is done to the JavaScript that is shipped: minified, as pages without a bundler load it and servers seldom compress it, with a
//! map by which a browser shows the source.

use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// Of how it is made.
pub(super) const KEY: &str = "minified 2";
pub(super) const OPTIONS: [&str; 3] = ["--minify", "--legal-comments=none", "--sourcemap"];

/// By which bundlers leave an import alone whose address is known only in the page. esbuild drops them.
const LEFT_ALONE: &str = "/* webpackIgnore: true *//* @vite-ignore */";
const IMPORT: &str = "import(";

/// The map that esbuild writes beside a script.
pub(super) fn map_of(script: &Path) -> PathBuf {
    let mut name = script.as_os_str().to_owned();
    name.push(".map");
    PathBuf::from(name)
}

/// Gives the script of sources in `root` its comments back, and its map names that say nothing of where it was built.
pub(super) fn finish(script: &Path, root: &Path) -> Result<()> {
    let path = map_of(script);
    let mut text = fs::read_to_string(script)?;
    let mut map: Value = serde_json::from_str(&fs::read_to_string(&path)?)?;
    let folder = script.parent().context("a script without a folder")?;
    name_sources(&mut map, folder, root)?;
    let mappings = map.get_mut("mappings").context("a map without mappings")?;
    let old = mappings.as_str().context("mappings are no text")?;
    let (commented, moved) = comment_imports(&text, old)?;
    *mappings = Value::from(moved);
    text = tightened(&commented);
    fs::write(script, text)?;
    fs::write(path, serde_json::to_string(&map)?)?;
    Ok(())
}

/// Sources as they are called in the checkout. Generated ones are left out: the glue is a file of the package already.
fn name_sources(map: &mut Value, folder: &Path, root: &Path) -> Result<()> {
    let sources = map.get_mut("sources").and_then(Value::as_array_mut);
    let mut generated = Vec::new();
    for (at, source) in sources
        .context("a map without sources")?
        .iter_mut()
        .enumerate()
    {
        let path = plain(&folder.join(source.as_str().context("a source is no text")?));
        let name = path
            .strip_prefix(plain(root))
            .with_context(|| format!("{} is of no entry point", path.display()))?;
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("research_socket") {
            generated.push(at);
        }
        *source = Value::from(name);
    }
    let contents = map.get_mut("sourcesContent").and_then(Value::as_array_mut);
    let contents = contents.context("a map without its sources' text")?;
    for at in generated {
        *contents.get_mut(at).context("a source without text")? = Value::Null;
    }
    Ok(())
}

/// Without `..`, whether it exists or not.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => plain.push(part),
        }
    }
    plain
}

/// Style sheets, which are the texts that begin with a line break, without spaces that say nothing. Each line stays one, and those with code as
/// they are, so that the map stays right. Before a colon a space may stand between two selectors.
fn tightened(script: &str) -> String {
    let mut within = false;
    let lines = script.split('\n').map(|line| {
        let is_style = within && !line.starts_with('`');
        if !is_style {
            within = line.ends_with('`') && !(within && line == "`");
            return line.to_owned();
        }
        let mut line = line.trim_start().to_owned();
        for (spaced, tight) in [
            (" {", "{"),
            ("{ ", "{"),
            (" }", "}"),
            ("} ", "}"),
            (": ", ":"),
            ("; ", ";"),
            (", ", ","),
        ] {
            line = line.replace(spaced, tight);
        }
        line
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn comment_imports(script: &str, mappings: &str) -> Result<(String, String)> {
    let mut lines: Vec<_> = script.split('\n').map(str::to_owned).collect();
    let mut mapped: Vec<_> = mappings.split(';').map(str::to_owned).collect();
    for (line, map) in lines.iter_mut().zip(&mut mapped) {
        let mut from = 0;
        while let Some(at) = line.get(from..).and_then(|rest| rest.find(IMPORT)) {
            from += at + IMPORT.len();
            let (before, after) = line.split_at(from);
            if after.starts_with('"') {
                continue;
            }
            *map = moved(map, before.encode_utf16().count(), LEFT_ALONE.len())?;
            line.insert_str(from, LEFT_ALONE);
        }
    }
    Ok((lines.join("\n"), mapped.join(";")))
}

/// The mappings of one line once there are more characters from a column on.
fn moved(line: &str, column: usize, by: usize) -> Result<String> {
    let mut at = 0;
    let mut segments = Vec::new();
    let mut done = false;
    for segment in line.split(',').filter(|segment| !segment.is_empty()) {
        let (mut distance, rest) = read_number(segment)?;
        at += distance;
        // Each tells its distance from the one before: the first one behind carries all others along.
        if !done && at >= i64::try_from(column)? {
            distance += i64::try_from(by)?;
            done = true;
        }
        segments.push(format!("{}{rest}", number(distance)));
    }
    Ok(segments.join(","))
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The first number of a segment: five bits a digit, the lowest first, of which the very first is the sign.
fn read_number(segment: &str) -> Result<(i64, &str)> {
    let mut bits = 0_i64;
    for (at, digit) in segment.bytes().enumerate() {
        let value = DIGITS.iter().position(|known| *known == digit);
        let value = i64::try_from(value.context("a map with an unknown digit")?)?;
        ensure!(at < 8, "a map with a number out of bounds");
        bits |= (value & 31) << (5 * at);
        if value & 32 == 0 {
            let size = bits >> 1;
            let rest = segment.get(at + 1..).unwrap_or_default();
            return Ok((if bits & 1 == 1 { -size } else { size }, rest));
        }
    }
    anyhow::bail!("a map that ends within a number")
}

fn number(value: i64) -> String {
    let mut bits = value.unsigned_abs() << 1 | u64::from(value < 0);
    let mut text = String::new();
    loop {
        let more = if bits > 31 { 32 } else { 0 };
        let digit = usize::try_from(bits & 31 | more).unwrap_or_default();
        text.push(char::from(DIGITS.get(digit).copied().unwrap_or(b'A')));
        bits >>= 5;
        if bits == 0 {
            return text;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_import_of_an_address_gets_its_comments_back_and_the_map_follows() {
        let script = "// ü\nlet ü=await import(\"./a.js\"),b=await import(c.href);d()\n";
        // Columns 4, 38, 44 and 53 of the second line; the third has one of its own.
        let mappings = format!(
            ";{}AAA,{}CAC,{}A,{}AE;AAAA",
            "I",
            number(34),
            number(6),
            number(9)
        );
        let (commented, map) = comment_imports(script, &mappings).unwrap();
        assert_eq!(
            commented,
            script.replace("import(c", &format!("import({LEFT_ALONE}c"))
        );
        let place = script.lines().nth(1).unwrap().find("c.href").unwrap() - "ü".len() + 1;
        assert_eq!(place, 38 + 6, "the third segment is at what is imported");
        let by = i64::try_from(LEFT_ALONE.len()).unwrap();
        let expected = format!(
            ";IAAA,{}CAC,{}A,{}AE;AAAA",
            number(34),
            number(6 + by),
            number(9)
        );
        assert_eq!(map, expected);
    }

    #[test]
    fn style_sheets_lose_spaces_that_say_nothing_and_code_loses_none() {
        let script = "a(` { `, b);var c=`\n.a { b: calc(1px - 2px); c: d, e }\n@media (f: g) {\n  .h :is(.i) > .j { k: l }\n}\n`, d = `\n.m { n: o }\n`;e({ f: `g`, h });";
        let expected = "a(` { `, b);var c=`\n.a{b:calc(1px - 2px);c:d,e}\n@media (f:g){\n.h :is(.i) > .j{k:l}\n}\n`, d = `\n.m{n:o}\n`;e({ f: `g`, h });";
        assert_eq!(tightened(script), expected);
    }

    #[test]
    fn numbers_of_a_map_are_read_as_they_are_written() {
        for value in [0, 1, -1, 15, 16, -16, 1000, -123_456, 2_000_000] {
            let text = format!("{}CAC", number(value));
            assert_eq!(read_number(&text).unwrap(), (value, "CAC"), "{text}");
        }
        assert_eq!(number(16), "gB");
        assert!(read_number("g").is_err());
        assert!(read_number("*").is_err());
    }

    #[test]
    fn a_map_names_no_folder_of_this_machine_and_has_no_generated_text() {
        let mut map = json!({
            "sources": ["../../../pkg-template/client/link.js", "../../../pkg-template/research_socket.js"],
            "sourcesContent": ["link", "glue"],
        });
        let [folder, root] =
            ["/home/a/x/target/xtask/facade", "/home/a/x/pkg-template"].map(Path::new);
        name_sources(&mut map, folder, root).unwrap();
        assert_eq!(
            map["sources"],
            json!(["client/link.js", "research_socket.js"])
        );
        assert_eq!(map["sourcesContent"], json!(["link", null]));
        map["sources"][0] = json!("../../../src/lib.rs");
        assert!(name_sources(&mut map, folder, root).is_err());
    }
}
