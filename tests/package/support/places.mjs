// The consumers, their tools, and the package as npm would publish it.

import { cp, mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { packageFolder, ROOT } from "../../page/support/places.mjs";
import { run } from "./run.mjs";

const CONSUMERS = fileURLToPath(new URL("../", import.meta.url));

/** esbuild is a tool of the checkout; all others are installed here. @param {string} name */
export function tool(name) {
  // Two versions have a program of the same name.
  if (/^vite(-|$)/.test(name)) return path.join(CONSUMERS, "node_modules", name, "bin/vite.js");
  return path.join(name === "esbuild" ? ROOT : CONSUMERS, "node_modules/.bin", name);
}

/** A consumer's folder, or that of a copy. @param {string} name */
const folder = (name) => path.join(CONSUMERS, name);

/** Makes a copy of a consumer, in which nothing is installed, and returns its folder. @param {string} kept @param {string} copied */
export async function copy(kept, copied) {
  const [from, to] = [kept, copied].map(folder);
  await rm(to, { recursive: true, force: true });
  await cp(from, to, { recursive: true, filter: (source) => path.basename(source) !== "node_modules" });
  return to;
}

/** @type {Promise<string> | undefined} */
let packed;
after(async () => {
  if (packed) await rm(path.dirname(await packed), { recursive: true, force: true });
});

/** The tarball that `npm publish` would send. */
export function tarball() {
  packed ??= pack();
  return packed;
}

async function pack() {
  const to = await mkdtemp(path.join(os.tmpdir(), "research-socket-package-"));
  const args = ["pack", "--json", "--ignore-scripts", "--loglevel=error", `--pack-destination=${to}`];
  // Older versions print a list of packages, newer ones an object with a key for each.
  const [{ filename }] = Object.values(JSON.parse(await run("npm", args, { cwd: packageFolder() })));
  return path.join(to, filename);
}

/**
 * Installs the tarball into a consumer, as its users do, and returns the consumer's folder. Nothing else is looked for: what
 * consumers build with is installed for all of them.
 * @param {string} name
 */
export async function install(name) {
  const cwd = folder(name);
  const quiet = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"];
  await run("npm", ["install", "--offline", "--legacy-peer-deps", "--ignore-scripts", ...quiet, await tarball()], { cwd });
  return cwd;
}
