//! What others have written and this checkout uses: whether it is what the lock files say, under licences that are known, and
//! without known faults. What cannot be asked on this machine is said, and is no failure.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::counts::Counts;
use super::{Context, Report};
use crate::process;
use crate::setup::cargo_tools::DENY;
use crate::ui;

/// The workspaces, each with a Cargo.lock.
const MANIFESTS: [&str; 2] = ["Cargo.toml", "fuzz/Cargo.toml"];
/// The folders with a package-lock.json.
const NPM: [&str; 2] = [".", "tests/package"];
/// Of crates and of npm packages, long enough for a slow line, and short enough for one that is cut.
const ASK_DEADLINE: Duration = Duration::from_secs(90);

/// Licences of npm packages. All are tools and test subjects: the package is published without dependencies.
const LICENCES: [&str; 12] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BlueOak-1.0.0",
    "CC-BY-4.0",
    "ISC",
    "LGPL-3.0-or-later",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Python-2.0",
];
/// Those whose manifests say it in an older form, or only in words. All are MIT, and all but the last are of the server of
/// Socket.IO 2 that the doctor is tried with.
const IN_WORDS: [(&str, &str); 7] = [
    ("base64-arraybuffer", "0.1.4"),
    ("component-bind", "1.0.0"),
    ("component-inherit", "0.0.3"),
    ("indexof", "0.0.1"),
    ("to-array", "0.1.4"),
    ("xmlhttprequest-ssl", "1.6.3"),
    ("xmlhttprequest-ssl", "2.1.2"),
];

/// What the step has found so far.
#[derive(Debug, Default)]
struct Findings {
    passed: u32,
    failures: Vec<String>,
}

impl Findings {
    /// A check that names everything that is wrong.
    fn check(&mut self, wrong: Vec<String>) {
        match wrong.is_empty() {
            true => self.passed += 1,
            false => self.failures.extend(wrong),
        }
    }

    fn run(&mut self, label: &str, command: &mut Command) -> Result<()> {
        let outcome = process::run(label, command, ASK_DEADLINE)?;
        let wrong = format!("{label}: {}\n{}", outcome.reason(), outcome.output);
        self.check(
            (!outcome.succeeded())
                .then_some(wrong)
                .into_iter()
                .collect(),
        );
        Ok(())
    }
}

pub(super) fn run(context: &Context) -> Result<Report> {
    let mut findings = Findings::default();
    crates(context, &mut findings)?;
    npm(context, &mut findings)?;
    let requirements = context.project.requirements();
    findings.check(check_requirements(&fs::read_to_string(requirements)?));
    findings.check(check_installs(context)?);
    let failed = u32::try_from(findings.failures.len())?;
    Ok(Report {
        counts: Counts {
            passed: findings.passed,
            failed,
        },
        failure: (failed > 0).then(|| findings.failures.join("\n")),
    })
}

fn crates(context: &Context, findings: &mut Findings) -> Result<()> {
    let program = DENY.path(&context.project)?;
    let config = context.project.path("deny.toml");
    let deny = |manifest: &str, words: &[&str]| {
        let mut command = context.project.command(&program);
        command
            .args(["--locked", "--workspace", "--manifest-path", manifest])
            .arg("--config")
            .arg(&config)
            .args(words);
        command
    };
    for manifest in MANIFESTS {
        // It reads the crates of all machines, and a build has fetched those of this one.
        let mut fetch = context.project.command("cargo");
        fetch.args(["fetch", "--quiet", "--locked", "--manifest-path", manifest]);
        findings.run(&format!("supply: crates of {manifest}"), &mut fetch)?;
        let words = ["check", "licenses", "bans", "sources"];
        let mut command = deny(manifest, &words);
        findings.run(&format!("supply: cargo deny, {manifest}"), &mut command)?;
    }
    let label = "supply: advisories on crates";
    let mut fetch = deny("Cargo.toml", &["fetch", "db"]);
    let outcome = process::run(label, &mut fetch, ASK_DEADLINE)?;
    if !outcome.succeeded() {
        omit("advisories on crates: their database", &outcome.output);
        return Ok(());
    }
    for manifest in MANIFESTS {
        let mut command = deny(manifest, &["--offline", "check", "advisories"]);
        findings.run(&format!("{label}, {manifest}"), &mut command)?;
    }
    Ok(())
}

fn npm(context: &Context, findings: &mut Findings) -> Result<()> {
    for folder in NPM {
        let path = context.project.path(folder);
        let lock = fs::read_to_string(path.join("package-lock.json"))?;
        findings.check(check_lock(folder, &lock)?);
        let npm = |words: &[&str]| {
            let mut command = context.project.command("npm");
            command.current_dir(&path).args(words);
            command.args(["--fetch-retries=0", "--fetch-timeout=30000"]);
            command
        };
        let label = format!("supply: npm audit, {folder}");
        let outcome = process::run(&label, &mut npm(&["audit", "--json"]), ASK_DEADLINE)?;
        match check_audit(folder, &outcome.output) {
            Some(wrong) => findings.check(wrong),
            None => omit(
                &format!("advisories on npm packages of {folder}"),
                &outcome.output,
            ),
        }
        let label = format!("supply: npm signatures, {folder}");
        let outcome = process::run(&label, &mut npm(&["audit", "signatures"]), ASK_DEADLINE)?;
        match check_signatures(folder, outcome.succeeded(), &outcome.output) {
            Some(wrong) => findings.check(wrong),
            None => omit(
                &format!("signatures of npm packages of {folder}"),
                &outcome.output,
            ),
        }
    }
    Ok(())
}

/// Says what was not asked, with what came instead of an answer.
fn omit(what: &str, output: &str) {
    let why = output
        .lines()
        .find(|line| {
            ["rror", "405", "fatal"]
                .iter()
                .any(|word| line.contains(word))
        })
        .unwrap_or("no answer");
    ui::say(format_args!("supply: NOT ASKED: {what}: {}", why.trim()));
}

/// What is wrong with a package-lock.json: a source other than the registry, no strong hash, an unknown licence.
fn check_lock(folder: &str, lock: &str) -> Result<Vec<String>> {
    let lock: Value = serde_json::from_str(lock).context("package-lock.json")?;
    let packages = lock.get("packages").and_then(Value::as_object);
    let packages = packages.context("package-lock.json has no packages")?;
    let mut wrong = Vec::new();
    for (place, package) in packages.iter().filter(|(place, _)| !place.is_empty()) {
        let text = |name: &str| {
            package
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let mut complain = |what: &str| wrong.push(format!("{folder}: {place}: {what}"));
        // `.npmrc` leaves out the address of what is from the registry: whatever has one is from elsewhere.
        if package.get("resolved").is_some() || package.get("link").is_some() {
            complain(&format!(
                "from `{}`, not from the registry",
                text("resolved")
            ));
        }
        if !text("integrity").starts_with("sha512-") {
            complain("no SHA-512 in the lock file");
        }
        let name = place.rsplit("node_modules/").next().unwrap_or(place);
        let licence = text("license");
        if !is_known(licence) && !IN_WORDS.contains(&(name, text("version"))) {
            complain(&format!("licence `{licence}`"));
        }
    }
    Ok(wrong)
}

fn is_known(licence: &str) -> bool {
    let plain = licence.replace(['(', ')'], "");
    !licence.is_empty()
        && plain
            .split(" AND ")
            .all(|all| all.split(" OR ").any(|one| LICENCES.contains(&one.trim())))
}

/// What `npm audit` found, from its report; nothing if it has none. What is tolerable in a tool is below "high".
fn check_audit(folder: &str, output: &str) -> Option<Vec<String>> {
    let json = output.get(output.find('{')?..=output.rfind('}')?)?;
    let report: Value = serde_json::from_str(json).ok()?;
    report.get("auditReportVersion")?;
    let found = report.get("vulnerabilities")?.as_object()?;
    let severe = |vulnerability: &Value| {
        let severity = vulnerability.get("severity").and_then(Value::as_str);
        severity.is_none_or(|word| word == "high" || word == "critical")
    };
    let severe = found.iter().filter(|(_, found)| severe(found));
    Some(
        severe
            .map(|(name, _)| format!("{folder}: {name} has a known fault: `npm audit`"))
            .collect(),
    )
}

/// What `npm audit signatures` found; nothing if it could not ask.
fn check_signatures(folder: &str, succeeded: bool, output: &str) -> Option<Vec<String>> {
    if succeeded {
        return Some(Vec::new());
    }
    let bad = [
        "invalid registry signature",
        "missing registry signature",
        "invalid attestation",
    ];
    bad.iter()
        .any(|words| output.contains(words))
        .then(|| vec![format!("{folder}: {output}")])
}

/// What is wrong with the requirements of the test servers: a version that is not exact, or no hash.
fn check_requirements(text: &str) -> Vec<String> {
    let joined = text.replace("\\\n", " ");
    let lines = joined.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let name = words.next().unwrap_or_default();
            let mut hashes = words.peekable();
            let hashed = hashes.peek().is_some()
                && hashes.all(|word| {
                    let hash = word.strip_prefix("--hash=sha256:").unwrap_or_default();
                    hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
                });
            let exact = name.split_once("==").is_some_and(|(name, version)| {
                !name.is_empty() && !version.contains('*') && !version.is_empty()
            });
            (!hashed || !exact)
                .then(|| format!("requirements.txt: `{name}`: no exact version with a SHA-256"))
        })
        .collect()
}

/// Installs, as a person or a script is told to write them, without the lock file or the hashes.
fn check_installs(context: &Context) -> Result<Vec<String>> {
    let root = context.project.root();
    let mut list = context.project.command("git");
    let files = process::query(list.args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]));
    let files = files.context("git lists no files")?;
    let mut wrong = Vec::new();
    for name in files.split('\0').filter(|name| has_commands(name)) {
        // One that is deleted is still listed.
        if let Ok(text) = fs::read_to_string(root.join(name)) {
            wrong.extend(
                unlocked(&text).map(|line| format!("{name}: without its lock file: `{line}`")),
            );
        }
    }
    Ok(wrong)
}

fn has_commands(name: &str) -> bool {
    let extension = Path::new(name).extension().unwrap_or_default();
    let commands = ["rs", "sh", "md", "toml", "yml", "yaml"];
    commands.iter().any(|known| extension == *known) && !name.ends_with("test/supply.rs")
}

/// Lines that install without a lock. An `npm install` without a path is left to `npm ci`.
fn unlocked(text: &str) -> impl Iterator<Item = &str> {
    const RULES: [(&str, &[&str]); 3] = [
        ("cargo install ", &["--locked"]),
        ("pip install ", &["--require-hashes"]),
        // The package of this checkout, as a folder or as a file.
        ("npm install ", &["/pkg", " ./research-socket-*.tgz"]),
    ];
    text.lines().map(str::trim).filter(|line| {
        RULES.iter().any(|(install, locks)| {
            let follows = line.split_once(install).map(|(_, rest)| rest);
            follows.is_some_and(|rest| !rest.is_empty())
                && !locks.iter().any(|lock| line.contains(lock))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = r#"{"packages": {"": {}, "node_modules/a": {
        "version": "1.0.0", "integrity": "sha512-x", "license": "(MIT OR GPL-3.0)"}}}"#;

    #[test]
    fn a_lock_file_of_npm_names_sources_hashes_and_licences_that_are_not_known() {
        let check = |from: &str, to: &str| {
            let lock = SOUND.replace(from, to);
            check_lock(".", &lock).unwrap().join("\n")
        };
        assert_eq!(check("", ""), "");
        let git = r#""resolved": "git+ssh://git@a.example/b.git", "version""#;
        assert!(check(r#""version""#, git).contains("a.example"));
        let tarball = r#""resolved": "https://a.example/b.tgz", "version""#;
        assert!(check(r#""version""#, tarball).contains("not from the registry"));
        assert!(check("sha512-x", "sha1-x").contains("SHA-512"));
        assert!(check(r#""integrity": "sha512-x", "#, "").contains("SHA-512"));
        assert!(check("(MIT OR GPL-3.0)", "GPL-3.0").contains("GPL-3.0"));
        assert!(check("(MIT OR GPL-3.0)", "MIT AND GPL-3.0").contains("GPL-3.0"));
        assert!(check(r#", "license": "(MIT OR GPL-3.0)""#, "").contains("licence"));
    }

    #[test]
    fn a_requirement_without_exact_version_and_hash_is_named() {
        let hash = "0".repeat(64);
        let sound =
            format!("# why\na==1.0 \\\n    --hash=sha256:{hash} \\\n    --hash=sha256:{hash}\n");
        assert_eq!(check_requirements(&sound), [""; 0]);
        for bad in [
            "a==1.0".to_owned(),
            format!("a>=1.0 --hash=sha256:{hash}"),
            format!("a==1.* --hash=sha256:{hash}"),
            "a==1.0 --hash=sha256:00".to_owned(),
            format!("a==1.0 --hash=md5:{hash}"),
            "git+https://a.example/b".to_owned(),
            "--extra-index-url https://a.example".to_owned(),
        ] {
            assert_eq!(check_requirements(&bad).len(), 1, "{bad}");
        }
    }

    #[test]
    fn an_install_without_its_lock_file_is_named() {
        for bad in ["cargo install x", "run `pip install -r y`", "npm install z"] {
            assert_eq!(unlocked(bad).count(), 1, "{bad}");
        }
        for good in [
            "cargo install x --locked",
            "what `cargo install` builds",
            "pip install --require-hashes -r y",
            "`npm install <checkout>/pkg`",
            "npm install ./research-socket-*.tgz",
            "npm ci",
        ] {
            assert_eq!(unlocked(good).count(), 0, "{good}");
        }
    }

    #[test]
    fn what_could_not_be_asked_is_told_from_what_was_found() {
        let refused = r#"{"message": "405 Method Not Allowed", "error": {}}"#;
        assert_eq!(check_audit(".", refused), None);
        assert_eq!(check_audit(".", "no JSON"), None);
        let report = |severity: &str| {
            format!(
                r#"warn {{"auditReportVersion": 2, "vulnerabilities": {{"a": {{"severity": "{severity}"}}}}}}"#
            )
        };
        assert_eq!(check_audit(".", &report("low")), Some(Vec::new()));
        assert_eq!(check_audit(".", &report("critical")).unwrap().len(), 1);
        assert_eq!(check_signatures(".", true, ""), Some(Vec::new()));
        assert_eq!(
            check_signatures(".", false, "npm error code ENOTFOUND"),
            None
        );
        let bad = "1 package has an invalid registry signature";
        assert_eq!(check_signatures(".", false, bad).unwrap().len(), 1);
    }
}
