//! Short names between the module and its glue: wasm-bindgen's have a hash each, which no compression makes smaller, and stand
//! in both.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

/// Of how it is done.
pub(super) const KEY: &str = "names 1";

/// The one module that everything is imported from, as wasm-bindgen calls it and as it is called here.
const FROM: (&str, &str) = ("./research_socket_bg.js", "a");
/// What is exported for the glue alone, and not for a caller by its name.
const CLOSURE: &str = "closures_____invoke";
const LETTERS: &[u8; 52] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

const IMPORTS: u8 = 2;
const EXPORTS: u8 = 7;
/// Of a section that says something about the module.
const CUSTOM: u8 = 0;
const MAGIC: usize = 8;

/// Renames in both files what wasm-bindgen has generated.
pub(super) fn shorten(wasm: &Path, glue: &Path) -> Result<()> {
    let module = fs::read(wasm)?;
    let text = fs::read_to_string(glue)?;
    let (module, names) = rename(&module)?;
    fs::write(glue, in_glue(&text, &names)?)?;
    fs::write(wasm, module)?;
    Ok(())
}

/// Whether two modules differ in nothing but what is said about them, such as names, and the order of their functions, which
/// binaryen settles by name where it has no better reason.
pub(super) fn is_same_code(one: &[u8], other: &[u8]) -> Result<bool> {
    Ok(sizes(one)? == sizes(other)?)
}

/// The size of each section that has to do with what a module does.
fn sizes(module: &[u8]) -> Result<Vec<(u8, usize)>> {
    let (_, rest) = module.split_at_checked(MAGIC).context("no module")?;
    let mut sections = Reader(rest);
    let mut sizes = Vec::new();
    while !sections.0.is_empty() {
        let id = sections.byte()?;
        let size = sections.number()?;
        sections.take(size)?;
        if id != CUSTOM {
            sizes.push((id, size));
        }
    }
    Ok(sizes)
}

/// The new name of each old one.
type Names = BTreeMap<String, String>;

fn rename(module: &[u8]) -> Result<(Vec<u8>, Names)> {
    let mut names = Names::new();
    let (magic, rest) = module.split_at_checked(MAGIC).context("no module")?;
    let mut renamed = magic.to_vec();
    let mut sections = Reader(rest);
    while !sections.0.is_empty() {
        let id = sections.byte()?;
        let size = sections.number()?;
        let body = sections.take(size)?;
        let body = match id {
            IMPORTS => imports(body, &mut names)?,
            EXPORTS => exports(body, &mut names)?,
            _ => body.to_vec(),
        };
        renamed.push(id);
        write(&mut renamed, &body);
    }
    Ok((renamed, names))
}

fn imports(body: &[u8], names: &mut Names) -> Result<Vec<u8>> {
    let mut reader = Reader(body);
    let count = reader.number()?;
    let mut renamed = number(count);
    for at in 0..count {
        let from = reader.text()?;
        ensure!(from == FROM.0, "an import from {from}");
        let name = reader.text()?;
        ensure!(reader.byte()? == 0, "{name} is no function");
        let kind = reader.number()?;
        let short = letters(at);
        write(&mut renamed, FROM.1.as_bytes());
        write(&mut renamed, short.as_bytes());
        renamed.push(0);
        renamed.extend(number(kind));
        ensure!(
            names.insert(name.to_owned(), short).is_none(),
            "{name} is imported twice"
        );
    }
    Ok(renamed)
}

fn exports(body: &[u8], names: &mut Names) -> Result<Vec<u8>> {
    let mut reader = Reader(body);
    let count = reader.number()?;
    let mut renamed = number(count);
    let mut closures = 0;
    for _ in 0..count {
        let name = reader.text()?;
        if name.contains(CLOSURE) {
            closures += 1;
            let short = format!("{CLOSURE}{closures}");
            write(&mut renamed, short.as_bytes());
            names.insert(name.to_owned(), short);
        } else {
            write(&mut renamed, name.as_bytes());
        }
        renamed.push(reader.byte()?);
        renamed.extend(number(reader.number()?));
    }
    Ok(renamed)
}

fn in_glue(glue: &str, names: &Names) -> Result<String> {
    let quoted = format!("\"{}\"", FROM.0);
    ensure!(
        glue.matches(&quoted).count() == 1,
        "the glue gives its imports otherwise"
    );
    let glue = glue.replace(&quoted, &format!("\"{}\"", FROM.1));
    let mut used = BTreeMap::<&str, usize>::new();
    let mut renamed = String::with_capacity(glue.len());
    let word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '$';
    let mut rest = glue.as_str();
    while !rest.is_empty() {
        let start = rest.find(word).unwrap_or(rest.len());
        let (between, after) = rest.split_at(start);
        let end = after.find(|letter| !word(letter)).unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        renamed.push_str(between);
        if let Some((old, new)) = names.get_key_value(name) {
            *used.entry(old).or_default() += 1;
            renamed.push_str(new);
        } else {
            renamed.push_str(name);
        }
        rest = after;
    }
    for (name, new) in names {
        let times = used.get(name.as_str()).copied().unwrap_or_default();
        // What is imported is defined once; what is exported may be called where it likes.
        let fits = times == 1 || (times > 1 && new.starts_with(CLOSURE));
        ensure!(fits, "the glue names {name} {times} times");
    }
    Ok(renamed)
}

/// `a` to `Z`, then `aa` and so on.
fn letters(at: usize) -> String {
    let letter = |at: usize| LETTERS.get(at % LETTERS.len()).copied().map(char::from);
    let before = (at / LETTERS.len()).checked_sub(1).map(letters);
    before
        .into_iter()
        .flat_map(|text| text.chars().collect::<Vec<_>>())
        .chain(letter(at))
        .collect()
}

/// What is left of a section.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Result<u8> {
        Ok(*self.take(1)?.first().context("the module ends early")?)
    }

    fn take(&mut self, size: usize) -> Result<&'a [u8]> {
        let split = self.0.split_at_checked(size);
        let (taken, rest) = split.context("the module ends early")?;
        self.0 = rest;
        Ok(taken)
    }

    fn text(&mut self) -> Result<&'a str> {
        let size = self.number()?;
        Ok(std::str::from_utf8(self.take(size)?)?)
    }

    /// Seven bits a byte, the lowest first.
    fn number(&mut self) -> Result<usize> {
        let mut value = 0;
        for at in 0..5 {
            let byte = self.byte()?;
            value |= usize::from(byte & 127) << (7 * at);
            if byte < 128 {
                return Ok(value);
            }
        }
        anyhow::bail!("a number out of bounds")
    }
}

fn number(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(value & 127).unwrap_or_default();
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 128);
    }
}

/// With its size before it.
fn write(to: &mut Vec<u8>, bytes: &[u8]) {
    to.extend(number(bytes.len()));
    to.extend(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLUE: &str = "const imports = { __wbg_get_0123: function(a) {}, __wbg_get_01234: 1 };
        wasm.x_closures_____invoke__h01(a); wasm.x_closures_____invoke__h01(b); wasm.open();
        return { \"./research_socket_bg.js\": imports };";

    #[test]
    fn imports_get_letters_closures_numbers_and_exports_keep_their_names() {
        let (renamed, names) = rename(&module("__wbg_get_0123", "__wbg_get_01234")).unwrap();
        let mut expected = b"\0asm\x01\0\0\0\x02\x0d\x02\x01a\x01a\0\x01\x01a\x01b\0\x02".to_vec();
        expected.extend(b"\x07\x1f\x02\x14closures_____invoke1\0\x03\x04open\0\x04");
        expected.extend(b"\x0a\x01x");
        assert_eq!(renamed, expected);
        let glue = in_glue(GLUE, &names).unwrap();
        assert!(glue.contains("{ a: function(a) {}, b: 1 }"), "{glue}");
        assert!(
            glue.contains("wasm.closures_____invoke1(b); wasm.open()"),
            "{glue}"
        );
        assert!(glue.contains("{ \"a\": imports }"), "{glue}");
    }

    #[test]
    fn refuses_glue_that_does_not_fit_the_module() {
        let (_, names) = rename(&module("__wbg_get_0123", "__wbg_set_1")).unwrap();
        let refusal = in_glue(GLUE, &names).unwrap_err().to_string();
        assert!(refusal.contains("__wbg_set_1 0 times"), "{refusal}");
        assert!(rename(&module("same", "same")).is_err());
        assert!(rename(b"\0asm\x01\0\0\0\x02\x7f").is_err());
    }

    #[test]
    fn no_two_imports_get_the_same_letters() {
        let mut all: Vec<_> = (0..3000).map(letters).collect();
        assert_eq!(
            [&all[0], &all[51], &all[52], &all[104]],
            ["a", "Z", "aa", "ba"]
        );
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 3000);
    }

    #[test]
    fn a_module_that_only_says_more_about_itself_is_the_same() {
        let short = module("a", "b");
        let mut named = short.clone();
        named.extend(b"\0\x07\x04name\x01x");
        assert!(is_same_code(&named, &short).unwrap());
        let mut another = short.clone();
        another.extend(b"\x0b\x01x");
        assert!(!is_same_code(&another, &short).unwrap());
        assert!(!is_same_code(&module("a", "longer"), &short).unwrap());
    }

    fn module(first: &str, second: &str) -> Vec<u8> {
        let mut imports = number(2);
        for (name, kind) in [(first, 1), (second, 2)] {
            write(&mut imports, FROM.0.as_bytes());
            write(&mut imports, name.as_bytes());
            imports.extend([0, kind]);
        }
        let mut exports = number(2);
        for (name, index) in [("x_closures_____invoke__h01", 3), ("open", 4)] {
            write(&mut exports, name.as_bytes());
            exports.extend([0, index]);
        }
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        for (id, body) in [(IMPORTS, imports), (EXPORTS, exports), (10, b"x".to_vec())] {
            module.push(id);
            write(&mut module, &body);
        }
        module
    }
}
