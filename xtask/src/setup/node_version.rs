//! Versions of Node, and the ranges of them in `engines` of a package.json.

use anyhow::{Context as _, Result};

/// Major, minor and patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version([u32; 3]);

impl Version {
    /// Reads `v20.19.0`, also without the `v`; of a pre-release, the version that it leads to.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let release = text.trim_start_matches('v').split('-').next()?;
        let mut numbers = release.split('.').map(str::parse);
        let version = [
            numbers.next()?.ok()?,
            numbers.next()?.ok()?,
            numbers.next()?.ok()?,
        ];
        numbers.next().is_none().then_some(Self(version))
    }
}

/// Whether `version` is in `range`: alternatives as `^20.19.0` (the same major) and `>=22.12.0`, with `||` between them.
/// Fails if the range is written in another way.
pub(crate) fn fits(version: Option<Version>, range: &str) -> Result<bool> {
    let mut fits = false;
    for alternative in range.split("||").map(str::trim) {
        let (oldest, same_major) = alternative
            .strip_prefix('^')
            .map(|oldest| (oldest, true))
            .or_else(|| Some((alternative.strip_prefix(">=")?, false)))
            .and_then(|(oldest, same_major)| Some((Version::parse(oldest)?, same_major)))
            .with_context(|| format!("`{alternative}` is neither like ^1.2.3 nor like >=1.2.3"))?;
        fits |= version.is_some_and(|version| {
            version >= oldest && (!same_major || version.0[0] == oldest.0[0])
        });
    }
    Ok(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGE: &str = "^20.19.0 || >=22.12.0";

    fn fits_range(version: &str) -> bool {
        fits(Version::parse(version), RANGE).unwrap()
    }

    #[test]
    fn a_range_takes_what_its_alternatives_take() {
        for version in ["v20.19.0", "v20.20.2", "v22.12.0", "22.12.1", "v26.0.0"] {
            assert!(fits_range(version), "{version}");
        }
        for version in ["v20.18.3", "v21.7.3", "v22.11.0", "v18.20.0", "v9.99.99"] {
            assert!(!fits_range(version), "{version}");
        }
    }

    #[test]
    fn a_pre_release_counts_as_what_it_leads_to() {
        assert!(fits_range("v23.0.0-nightly20250101"));
    }

    #[test]
    fn without_a_version_nothing_fits() {
        for text in ["", "v20", "v20.19", "v20.19.0.1", "v20.x.0"] {
            assert!(!fits_range(text), "{text}");
        }
    }

    #[test]
    fn a_range_that_is_written_in_another_way_is_an_error() {
        for range in ["", "20", "~20.19.0", ">=20.19", "^20.19.0 >=22.12.0"] {
            assert!(fits(Version::parse("v22.12.0"), range).is_err(), "{range}");
        }
    }

    #[test]
    fn the_ranges_of_the_checkout_can_be_read() {
        for manifest in [
            include_str!("../../../package.json"),
            include_str!("../../../tests/package/package.json"),
        ] {
            let manifest: serde_json::Value = serde_json::from_str(manifest).unwrap();
            let range = manifest["engines"]["node"].as_str().unwrap();
            assert!(fits(Version::parse("v22.12.0"), range).unwrap());
            assert!(!fits(Version::parse("v20.18.3"), range).unwrap());
        }
    }
}
