//! No path of the building machine in what is shipped: the compiler writes others in their place, and every file is searched.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::project::Project;
use crate::toolchain;

/// How much of a file is shown around what was found.
const AROUND: usize = 40;

/// What cargo wants between options that may have spaces in them.
pub(crate) const SEPARATOR: &str = "\x1f";

/// The options by which the compiler writes other paths: those of panics are in the module. The last that fits counts, so
/// what lies within another comes after it.
pub(crate) fn remaps(project: &Project) -> Vec<String> {
    let mut pairs: Vec<_> = env::home_dir()
        .map(|home| (home, "~"))
        .into_iter()
        .collect();
    if let Some(cargo) = cargo_home() {
        let registries = fs::read_dir(cargo.join("registry/src"))
            .into_iter()
            .flatten();
        let registries: Vec<_> = registries.flatten().map(|entry| entry.path()).collect();
        pairs.push((cargo, "/cargo"));
        // Each has the host of its registry in its name.
        pairs.extend(registries.into_iter().map(|folder| (folder, "/crates")));
    }
    for sysroot in toolchain::sysroots(project) {
        let source = toolchain::source_dir(&sysroot);
        // Debian's is a link to a folder with the version in its name.
        let linked = fs::canonicalize(&source).ok();
        pairs.extend(linked.map(|folder| (folder, "/rustc")));
        pairs.push((source, "/rustc"));
    }
    pairs.push((project.root().to_path_buf(), "/research-socket"));
    let option =
        |(from, to): (PathBuf, &str)| format!("--remap-path-prefix={}={to}", from.display());
    pairs.into_iter().map(option).collect()
}

/// Looks through every file of the package for paths of this machine.
pub(crate) fn check(project: &Project) -> Result<()> {
    let package = project.path("pkg");
    let needles = needles(project);
    let mut found = Vec::new();
    look(&package, &package, &needles, &mut found)?;
    if found.is_empty() {
        return Ok(());
    }
    bail!(
        "the package tells where it was built:\n{}",
        found.join("\n")
    );
}

fn cargo_home() -> Option<PathBuf> {
    env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cargo")))
}

/// What no file may have: this machine's folders, and what is in the home of anybody.
fn needles(project: &Project) -> Vec<String> {
    let rustup = env::var_os("RUSTUP_HOME").map(PathBuf::from);
    let own = [
        Some(project.root().to_path_buf()),
        env::home_dir(),
        cargo_home(),
        rustup,
    ];
    let folders = own.into_iter().flatten().filter_map(|path| {
        let text = path.to_string_lossy().trim_end_matches('/').to_owned();
        // The whole file system is no folder of its own.
        (!text.is_empty()).then(|| format!("{text}/"))
    });
    let user = ["USER", "LOGNAME"]
        .iter()
        .find_map(|name| env::var(name).ok());
    let homes = user.into_iter().flat_map(|user| {
        [
            format!("/home/{user}/"),
            format!("/Users/{user}/"),
            format!("\\Users\\{user}\\"),
        ]
    });
    let anybody = [
        "/root/",
        ".cargo/",
        ".rustup/",
        "registry/src/",
        "rustlib/src/",
        "/usr/src/",
    ];
    let mut needles: Vec<_> = folders
        .chain(homes)
        .chain(anybody.map(str::to_owned))
        .collect();
    needles.sort();
    needles.dedup();
    needles
}

fn look(root: &Path, folder: &Path, needles: &[String], found: &mut Vec<String>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            look(root, &path, needles, found)?;
            continue;
        }
        let name = path.strip_prefix(root)?.display().to_string();
        let bytes = fs::read(&path)?;
        for needle in needles {
            if let Some(excerpt) = excerpt(&bytes, needle) {
                found.push(format!("  {name} has `{needle}`: …{excerpt}…"));
            }
        }
    }
    Ok(())
}

/// Where the text is in the file, as it stands or within base64, as a module is in an entry point of its own.
fn excerpt(bytes: &[u8], needle: &str) -> Option<String> {
    let forms = std::iter::once(needle.to_owned()).chain(in_base64(needle));
    forms.into_iter().find_map(|form| {
        let place = bytes
            .windows(form.len())
            .position(|part| part == form.as_bytes())?;
        let end = (place + form.len() + AROUND).min(bytes.len());
        let part = bytes.get(place.saturating_sub(AROUND)..end)?;
        let printable = |byte: &u8| match byte {
            b' '..=b'~' => char::from(*byte),
            _ => '.',
        };
        Some(part.iter().map(printable).collect())
    })
}

/// The digits that base64 has for a text in any case: those of whole groups of three bytes, in each of the three places.
fn in_base64(text: &str) -> Vec<String> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = |group: &[u8; 3]| {
        let bits = group
            .iter()
            .fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| DIGITS.get(bits >> shift & 63).copied().unwrap_or(b'='))
    };
    (0..3)
        .filter_map(|skip| {
            let (groups, _) = text.as_bytes().get(skip..)?.as_chunks::<3>();
            let digits: Vec<u8> = groups.iter().flat_map(digits).collect();
            // Fewer come by chance.
            (digits.len() >= 8).then(|| String::from_utf8(digits).ok())?
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_as_it_stands_and_within_base64() {
        let found = |file: &[u8]| excerpt(file, "/root/.cargo/");
        let plain = b"\0at /root/.cargo/x.rs\0";
        assert_eq!(found(plain).as_deref(), Some(".at /root/.cargo/x.rs."));
        // base64 of `…/root/.cargo/x`, with none, one and two bytes before it.
        for file in [
            "L3Jvb3QvLmNhcmdvL3g=",
            "IC9yb290Ly5jYXJnby94",
            "ICAvcm9vdC8uY2FyZ28veA==",
        ] {
            assert!(found(file.as_bytes()).is_some(), "{file}");
        }
        assert_eq!(found(b"/root/ .cargo/"), None);
    }

    #[test]
    fn a_file_with_a_path_of_this_machine_is_named_with_an_excerpt() {
        let project = Project::locate().unwrap();
        let folder = env::temp_dir().join(format!("paths-{}", std::process::id()));
        fs::create_dir_all(folder.join("below")).unwrap();
        let text = format!("panicked at {}/src/lib.rs", project.root().display());
        fs::write(folder.join("below/a.js.map"), text).unwrap();
        fs::write(folder.join("b.js"), "/rustc/library/core.rs /crates/talc").unwrap();
        let mut found = Vec::new();
        look(&folder, &folder, &needles(&project), &mut found).unwrap();
        fs::remove_dir_all(folder).unwrap();
        let found = found.join("\n");
        assert!(found.contains("below/a.js.map"), "{found}");
        assert!(found.contains("panicked at"), "{found}");
        assert!(!found.contains("b.js "), "{found}");
    }

    #[test]
    fn what_lies_within_another_folder_is_written_by_its_own_name() {
        let remaps = remaps(&Project::locate().unwrap());
        let place = |to: &str| remaps.iter().position(|option| option.ends_with(to));
        assert!(place("=~") < place("=/cargo"));
        assert!(place("=/cargo") < place("=/research-socket"));
    }
}
