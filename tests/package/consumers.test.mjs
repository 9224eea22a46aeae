// The package as its users have it: installed from its tarball, built by their tools, opened in a browser.

import assert from "node:assert/strict";
import { cp, rm } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { freePort } from "../page/support/servers.mjs";
import { install, tool } from "./support/places.mjs";
import { run, serve } from "./support/run.mjs";
import { ID, startServer } from "./support/server.mjs";
import { showsFinishedResearch } from "./support/shown.mjs";

test("a page without a bundler", async (t) => {
  const cwd = await install("plain");
  const pkg = path.join(cwd, "node_modules/research-socket");
  await showsFinishedResearch(await startServer(t, { www: cwd, pkg }));
});

test("a page with a classic script", async (t) => {
  const cwd = await install("classic");
  const pkg = path.join(cwd, "node_modules/research-socket");
  await showsOldPage(await startServer(t, { www: cwd, pkg }));
});

/** What each bundler is run with, and what of the page it leaves to be copied. */
const BUNDLERS = {
  Vite: { name: "vite", program: tool("vite"), args: ["build"], page: false },
  "webpack 5": { name: "webpack", program: tool("webpack"), args: ["--mode=production"], page: true },
  Rollup: {
    name: "rollup",
    program: tool("rollup"),
    args: ["main.js", "--dir=dist", "--plugin=node-resolve", "--plugin=@web/rollup-plugin-import-meta-assets"],
    page: true,
  },
};

for (const [title, { name, program, args, page }] of Object.entries(BUNDLERS)) {
  test(`a page built by ${title}`, async (t) => {
    const cwd = await install(name);
    const www = path.join(cwd, "dist");
    await rm(www, { recursive: true, force: true });
    await run(program, args, { cwd });
    if (page) await cp(path.join(cwd, "index.html"), path.join(www, "index.html"));
    await showsFinishedResearch(await startServer(t, { www }));
  });
}

test("a page with the old functions as a module, built by webpack 5", async (t) => {
  const cwd = await install("compat");
  const www = path.join(cwd, "dist");
  await rm(www, { recursive: true, force: true });
  await run(tool("webpack"), ["--mode=production"], { cwd });
  await cp(path.join(cwd, "index.html"), path.join(www, "index.html"));
  await showsOldPage(await startServer(t, { www }));
});

test("a page built by esbuild, with the module copied beside the script", async (t) => {
  const cwd = await install("esbuild");
  const www = path.join(cwd, "dist");
  await rm(www, { recursive: true, force: true });
  await run(tool("esbuild"), ["main.js", "--bundle", "--format=esm", "--outdir=dist"], { cwd });
  for (const file of ["index.html", "node_modules/research-socket/research_socket_bg.wasm"]) {
    await cp(path.join(cwd, file), path.join(www, path.basename(file)));
  }
  await showsFinishedResearch(await startServer(t, { www }));
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

test("React's StrictMode under Vite's development server, with the hook", async (t) => {
  const cwd = await install("react");
  await rm(path.join(cwd, "node_modules/.vite"), { recursive: true, force: true });
  const server = await startServer(t);
  const args = ["--host=127.0.0.1", `--port=${await freePort()}`, "--strictPort", "--clearScreen=false"];
  const env = { RESEARCH_SERVER: server.url };
  const url = await serve(t, tool("vite"), args, { cwd, env, ready: /Local: +(http:\/\/127\.0\.0\.1:\d+\/)/ });
  await showsFinishedResearch(server, { url });
});

/** Old pages know the research by their address. @param {import("./support/server.mjs").Server} server */
function showsOldPage(server) {
  return showsFinishedResearch(server, { url: `${server.url}/progress/${ID}`, messages: true });
}
