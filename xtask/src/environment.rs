//! The variables that tools and tests are run with, here and by `cargo xtask env` in a shell.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::project::Project;
use crate::setup::browsers;
use crate::setup::cargo_tools::{GECKODRIVER, WASM_BINDGEN, WASM_PACK};
use crate::setup::haproxy;
use crate::setup::nginx;
use crate::setup::redis;
use crate::toolchain::WasmToolchain;

/// The explanation in `cargo xtask env --help`.
pub(crate) const VARIABLES: &str = "\
PATH                          with wasm-pack, wasm-bindgen, wasm-opt, esbuild and geckodriver
RUSTUP_TOOLCHAIN              the compiler with a wasm32 library, unless it is the default one
RESEARCH_SOCKET_PKG           the built package, as `cargo xtask build` leaves it
RESEARCH_SOCKET_MOCK_SERVER   the program of tests/mock-server
RESEARCH_SOCKET_PYTHON        a Python with the packages of tests/servers
RESEARCH_SOCKET_CHROMIUM      and _CHROMEDRIVER, _FIREFOX, _GECKODRIVER, _WEBKITDRIVER,
                              _MINIBROWSER: the browsers and their drivers; _NGINX, _HAPROXY,
                              _REDIS: the programs of the cluster
The paths of browsers and drivers can be set beforehand; the others are this checkout's own.";

/// What set-up installed, as variables.
#[derive(Debug)]
pub(crate) struct Environment {
    project: Project,
    path: OsString,
    variables: Vec<(&'static str, PathBuf)>,
}

impl Environment {
    /// Leaves out what is not installed: a step that needs it says so.
    pub(crate) fn of(project: &Project) -> Result<Self> {
        let mut folders = vec![project.node_bin()];
        for tool in [WASM_PACK, WASM_BINDGEN, GECKODRIVER] {
            // What is on PATH already keeps its place there.
            let cached = tool
                .find(project)?
                .filter(|path| path.starts_with(project.cache("")));
            folders.extend(cached.and_then(|path| path.parent().map(Path::to_path_buf)));
        }
        folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        let path = env::join_paths(folders).context("a folder on PATH has a `:` in its name")?;
        let geckodriver = GECKODRIVER.find(project)?;
        // A shell may still have those of another checkout.
        let own = [
            ("RESEARCH_SOCKET_PKG", Some(project.path("pkg"))),
            (
                "RESEARCH_SOCKET_MOCK_SERVER",
                Some(project.path("target/debug/mock-server")),
            ),
            (
                "RESEARCH_SOCKET_PYTHON",
                project.venv().map(|venv| venv.join("bin/python")),
            ),
        ];
        let system = [
            ("RESEARCH_SOCKET_CHROMIUM", browsers::CHROMIUM.find()),
            (
                "RESEARCH_SOCKET_CHROMEDRIVER",
                browsers::CHROMEDRIVER.find(),
            ),
            ("RESEARCH_SOCKET_FIREFOX", browsers::FIREFOX.find()),
            ("RESEARCH_SOCKET_GECKODRIVER", geckodriver),
            (
                "RESEARCH_SOCKET_WEBKITDRIVER",
                browsers::WEBKIT_DRIVER.find(),
            ),
            ("RESEARCH_SOCKET_MINIBROWSER", browsers::mini_browser()),
            ("RESEARCH_SOCKET_NGINX", nginx::find(project)),
            ("RESEARCH_SOCKET_HAPROXY", haproxy::find(project)),
            ("RESEARCH_SOCKET_REDIS", redis::find(project)),
        ];
        let variables = own
            .into_iter()
            .chain(
                system
                    .into_iter()
                    .filter(|(name, _)| env::var_os(name).is_none()),
            )
            .filter_map(|(name, path)| Some((name, path?)))
            .collect();
        Ok(Self {
            project: project.clone(),
            path,
            variables,
        })
    }

    /// A command in the checkout, with these variables.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        // Looked up here: a command's own PATH does not decide where its program is found.
        let program = which::which_in(program.as_ref(), Some(&self.path), self.project.root())
            .map_or_else(|_| program.as_ref().to_os_string(), PathBuf::into_os_string);
        let mut command = self.project.command(program);
        command.env("PATH", &self.path);
        command.envs(self.variables.iter().map(|(name, value)| (*name, value)));
        command
    }

    /// The same for a shell to `eval`.
    pub(crate) fn exports(&self) -> String {
        let toolchain = WasmToolchain::find(&self.project).and_then(WasmToolchain::rustup_name);
        let fixed = [("PATH", self.path.clone())];
        let paths = self
            .variables
            .iter()
            .map(|(name, value)| (*name, value.clone().into()));
        fixed
            .into_iter()
            .chain(toolchain.map(|name| ("RUSTUP_TOOLCHAIN", name.into())))
            .chain(paths)
            .map(|(name, value)| format!("export {name}={}\n", quoted(&value)))
            .collect()
    }
}

fn quoted(value: &OsStr) -> String {
    format!("'{}'", value.to_string_lossy().replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_a_path_does_not_end_the_quoting() {
        assert_eq!(quoted(OsStr::new("/a b/it's")), r"'/a b/it'\''s'");
    }
}
