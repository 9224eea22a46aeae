//! The standard library within the module: made once more of its source, to be small, or as the compiler comes with it.
//!
//! In a module with the former a panic is a trap without words: the page hears what the browser says of the trap.

use std::process::Command;

use super::Mode;
use crate::project::Project;
use crate::toolchain::WasmToolchain;
use crate::ui;

/// What cargo makes of its source. Once for each checkout: cargo keeps it beside the crates.
const REBUILT: [&str; 2] = [
    "-Zbuild-std=std,panic_abort",
    "-Zbuild-std-features=optimize_for_size",
];
/// Neither the words of a panic nor its place are in the module, nor what writes them.
const WITHOUT_WORDS: [&str; 4] = [
    "-Zunstable-options",
    "-Cpanic=immediate-abort",
    "-Zlocation-detail=none",
    "-Zfmt-debug=none",
];
/// A stable compiler takes the options above by this.
const ALLOW: (&str, &str) = ("RUSTC_BOOTSTRAP", "1");

/// Where the module has its standard library from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Library {
    /// Some 6 kB larger after brotli.
    AsItComes,
    Rebuilt,
}

impl Library {
    /// Says so where a published module cannot be as small as it could.
    pub(super) fn of(project: &Project, toolchain: WasmToolchain, mode: Mode) -> Self {
        let has_source = toolchain.has_source(project);
        if mode == Mode::Release && !has_source {
            ui::say(format_args!(
                "build: this compiler has no source of its standard library (rust-src): the module gets it as it comes, \
                 some 6 kB larger, and is held to no budget"
            ));
        }
        Self::choose(mode, has_source)
    }

    fn choose(mode: Mode, has_source: bool) -> Self {
        match (mode, has_source) {
            (Mode::Release, true) => Self::Rebuilt,
            // Whoever looks for a fault wants the words of a panic.
            (Mode::Dev, _) | (Mode::Release, false) => Self::AsItComes,
        }
    }

    /// Options of the compiler.
    pub(super) fn flags(self) -> &'static [&'static str] {
        match self {
            Self::AsItComes => &[],
            Self::Rebuilt => &WITHOUT_WORDS,
        }
    }

    pub(super) fn apply(self, cargo: &mut Command) {
        if self == Self::Rebuilt {
            cargo.args(REBUILT).env(ALLOW.0, ALLOW.1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_published_module_has_a_library_of_its_own_and_only_where_there_is_the_source() {
        assert_eq!(Library::choose(Mode::Release, true), Library::Rebuilt);
        assert_eq!(Library::choose(Mode::Release, false), Library::AsItComes);
        assert_eq!(Library::choose(Mode::Dev, true), Library::AsItComes);
    }

    #[test]
    fn without_the_source_a_stable_compiler_is_asked_for_nothing_unstable() {
        let mut cargo = Command::new("cargo");
        Library::AsItComes.apply(&mut cargo);
        assert_eq!((cargo.get_args().count(), cargo.get_envs().count()), (0, 0));
        assert!(Library::AsItComes.flags().is_empty());
        Library::Rebuilt.apply(&mut cargo);
        assert_eq!((cargo.get_args().count(), cargo.get_envs().count()), (2, 1));
        assert!(
            Library::Rebuilt
                .flags()
                .contains(&"-Cpanic=immediate-abort")
        );
    }
}
