// Where things are: the checkout, the Python of the servers, the browser, the built package.

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

export const SERVERS = path.join(ROOT, "tests/servers");

/** What runs in pages. */
export const PAGE_SCRIPTS = path.join(ROOT, "tests/page/support/page");

/** The folder of the built package, or of its `index.js`, from RESEARCH_SOCKET_PKG; else `pkg/`. */
export function packageFolder() {
  const given = process.env.RESEARCH_SOCKET_PKG ?? path.join(ROOT, "pkg");
  const folder = path.resolve(given.endsWith(".js") ? path.dirname(given) : given);
  if (!existsSync(path.join(folder, "index.js"))) {
    throw new Error(`no package in ${folder}: run \`cargo xtask build\`, or set RESEARCH_SOCKET_PKG`);
  }
  return folder;
}

/** The browser of the page tests, from RESEARCH_SOCKET_CHROMIUM; else Debian's. */
export function chromium() {
  return process.env.RESEARCH_SOCKET_CHROMIUM ?? "/usr/bin/chromium";
}

/** Firefox and WebKit with their drivers, from the variables of `cargo xtask env`; else Debian's, and geckodriver on PATH. */
export const firefox = () => process.env.RESEARCH_SOCKET_FIREFOX ?? "/usr/bin/firefox-esr";
export const geckodriver = () => process.env.RESEARCH_SOCKET_GECKODRIVER ?? "geckodriver";
export const webkitDriver = () => process.env.RESEARCH_SOCKET_WEBKITDRIVER ?? "/usr/bin/WebKitWebDriver";
export const miniBrowser = () => process.env.RESEARCH_SOCKET_MINIBROWSER ?? "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";

/** The Python that has the servers' requirements: RESEARCH_SOCKET_PYTHON, else the environment that set-up made. */
export function python() {
  const given = process.env.RESEARCH_SOCKET_PYTHON;
  if (given) return given;
  const requirements = readFileSync(path.join(SERVERS, "requirements.txt"));
  const name = createHash("sha256").update(requirements).digest("hex").slice(0, 16);
  const cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache");
  const found = path.join(cache, "research-socket", `venv-${name}`, "bin/python");
  if (!existsSync(found)) {
    throw new Error(`no Python environment at ${found}: run \`cargo xtask setup\`, or set RESEARCH_SOCKET_PYTHON`);
  }
  return found;
}
