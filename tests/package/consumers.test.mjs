// The package as its users have it: installed from its tarball, built by their tools, opened in a browser.

import assert from "node:assert/strict";
import { cp, readFile, realpath, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { test } from "node:test";
import { freePort } from "../page/support/servers.mjs";
import { develop } from "./support/develop.mjs";
import { packageFolder, ROOT } from "../page/support/places.mjs";
import { copy, install, tool } from "./support/places.mjs";
import { run, serve } from "./support/run.mjs";
import { ID, startServer } from "./support/server.mjs";
import { showsFinishedResearch } from "./support/shown.mjs";

test("a page without a bundler, with WebAssembly and where it is forbidden", async (t) => {
  const cwd = await install("plain");
  const folders = { www: cwd, pkg: path.join(cwd, "node_modules/research-socket") };
  await showsFinishedResearch(await startServer(t, folders));
  await showsFinishedResearch(await startServer(t, { ...folders, strict: true }), { modules: 0 });
});

test("a page with a classic script", async (t) => {
  const cwd = await install("classic");
  const pkg = path.join(cwd, "node_modules/research-socket");
  await showsOldPage(await startServer(t, { www: cwd, pkg }));
});

/** Pages for bundlers that make none. */
const modulePage = "../shared/module/index.html";
const scriptPage = "../shared/script/index.html";

/** What each bundler is run with, and what is left to be copied beside what it makes. */
const BUNDLERS = [
  { title: "Vite", name: "vite", args: ["build"] },
  { title: "webpack 5", name: "webpack", args: ["--mode=production"], copied: [scriptPage] },
  {
    title: "Rollup",
    name: "rollup",
    args: ["main.js", "--dir=dist", "--plugin=node-resolve", "--plugin=@web/rollup-plugin-import-meta-assets"],
    copied: [modulePage],
  },
  {
    title: "esbuild",
    name: "esbuild",
    args: ["main.js", "--bundle", "--format=esm", "--splitting", "--outdir=dist"],
    copied: [modulePage, "node_modules/research-socket/research_socket_bg.wasm"],
  },
];

for (const { title, name, args, copied = [] } of BUNDLERS) {
  test(`a page built by ${title}, with WebAssembly and where it is forbidden`, async (t) => {
    const cwd = await install(name);
    const www = await build(cwd, name, args, copied);
    await showsFinishedResearch(await startServer(t, { www }));
    await showsFinishedResearch(await startServer(t, { www, strict: true }), { modules: 0 });
  });
}

test("a page built by esbuild from the entry point with everything inline", async (t) => {
  const cwd = await install("inline");
  const www = await build(cwd, "esbuild", ["main.js", "--bundle", "--format=esm", "--splitting", "--outdir=dist"], [modulePage]);
  await showsFinishedResearch(await startServer(t, { www }), { modules: 0 });
});

for (const { folder, words } of [
  { folder: "esbuild", words: [/runs as JavaScript.*research-socket\/inline/] },
  { folder: "inline", words: [] },
]) {
  test(`a page built by esbuild as one script, from the entry point of "${folder}"`, async (t) => {
    const cwd = await install(folder);
    const www = await build(cwd, "esbuild", ["main.js", "--bundle", "--format=iife", "--log-level=error", "--outdir=dist"], [scriptPage]);
    await showsFinishedResearch(await startServer(t, { www }), { modules: 0, words });
  });
}

test("a page with the old functions as a module, built by webpack 5", async (t) => {
  const cwd = await install("compat");
  // Minifying is what takes time, and is done above.
  await showsOldPage(await startServer(t, { www: await build(cwd, "webpack", ["--mode=production", "--no-optimization-minimize"], [scriptPage]) }));
});

test("a page that Next.js renders on its server", async (t) => {
  const cwd = await install("next");
  await rm(path.join(cwd, ".next"), { recursive: true, force: true });
  await run(tool("next"), ["build"], { cwd });
  const server = await startServer(t);
  const args = ["start", `--port=${await freePort()}`, "--hostname=127.0.0.1"];
  const env = { RESEARCH_SERVER: server.url };
  const url = await serve(t, tool("next"), args, { cwd, env, ready: /(http:\/\/127\.0\.0\.1:\d+)[^]*Ready/ });
  const html = await (await fetch(url)).text();
  assert.match(html, /<output id="status">waiting<\/output>/);
  await showsFinishedResearch(server, { url });
});

test("React's StrictMode under Vite's development server, with the hook, installed as the guide says", async (t) => {
  const cwd = await copy("react", "installed");
  await installAsToldIn(path.join(ROOT, "docs/guides/add-to-my-page.md"), cwd);
  // The React of the hook is the app's, whatever a bundler makes of links.
  const [ours, theirs] = ["node_modules/research-socket/react.js", "main.jsx"].map(async (file) => createRequire(await realpath(path.join(cwd, file))).resolve("react"));
  assert.equal(await ours, await theirs);
  const server = await startServer(t);
  await showsFinishedResearch(server, { url: await develop(t, cwd, server, "vite") });
});

for (const name of ["vue", "svelte"]) {
  test(`a component of ${name}, built by Vite`, async (t) => {
    const cwd = await install(name);
    await showsFinishedResearch(await startServer(t, { www: await build(cwd, "vite", ["build"], []) }));
  });
}

test("the development server of Vite 7, which has to leave the package as it is", async (t) => {
  const server = await startServer(t);
  await showsFinishedResearch(server, { url: await develop(t, await install("vite-7"), server, "vite-7") });
});

/** Runs the commands of the section "Install". @param {string} guide @param {string} cwd */
async function installAsToldIn(guide, cwd) {
  const [, commands] = (await readFile(guide, "utf8")).match(/\n## Install\n[^#]*?```sh\n([^]*?)```/) ?? assert.fail("no commands");
  const script = commands.replaceAll("<checkout>/pkg", packageFolder()).replaceAll("<your app>", cwd);
  await run("sh", ["-ec", script], { cwd, env: { npm_config_offline: "true", npm_config_audit: "false", npm_config_fund: "false" } });
}

/**
 * Runs a bundler in a consumer from nothing, and returns the folder of what it made.
 * @param {string} cwd @param {string} name @param {string[]} args @param {string[]} copied files that are put beside it
 */
async function build(cwd, name, args, copied) {
  const made = path.join(cwd, "dist");
  await rm(made, { recursive: true, force: true });
  await run(tool(name), args, { cwd });
  for (const file of copied) await cp(path.join(cwd, file), path.join(made, path.basename(file)));
  return made;
}

/** Old pages know the research by their address. @param {import("./support/server.mjs").Server} server */
function showsOldPage(server) {
  return showsFinishedResearch(server, { url: `${server.url}/progress/${ID}`, messages: true });
}
