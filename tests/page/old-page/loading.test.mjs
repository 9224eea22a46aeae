// When the script for old pages asks for its core: while the page still loads, and for one of the two versions only.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FAILED_REQUEST, withPage } from "../support/browser.mjs";
import { startBrowser } from "../support/webdriver.mjs";
import { Application, startApplication } from "./open.mjs";

/** What is loaded under each policy: the application's own forbids WebAssembly. */
const CORES = { strict: "research_socket_core.js", wasm: "research_socket_bg.wasm" };

for (const name of /** @type {const} */ (["chromium", "firefox", "webkit"])) {
  for (const [security, core] of Object.entries(CORES)) {
    test(`${core} is asked for before the document is ready, in ${name}`, { timeout: 120_000 }, async (t) => {
      const server = await startApplication(t, { security });
      const url = `${server.url}/progress/research-1?script=ours`;
      const looked = /** @param {any} page */ async (page) => {
        await new Application(page).until("the page is connected", ({ isConnected }) => isConnected);
        return page.evaluate(files);
      };
      await server.control("research", { id: "research-1", status: "in_progress" });
      if (name === "chromium") await withPage(url, { expected: [FAILED_REQUEST] }, async (page) => check(await looked(page), core));
      else {
        const browser = await startBrowser(t, name);
        await browser.goto(url);
        check(await looked(browser), core);
      }
    });
  }
}

/** In the page: which files of the package have been asked for, and whether before the document was ready. */
function files() {
  const [navigation] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
  const entries = performance.getEntriesByType("resource").filter(({ name }) => new URL(name).pathname.startsWith("/pkg/"));
  return entries.map(({ name, startTime }) => ({
    name: new URL(name).pathname.split("/").at(-1),
    isEarly: startTime <= navigation.domContentLoadedEventStart,
  }));
}

/** @param {ReturnType<typeof files>} found @param {string} core */
function check(found, core) {
  assert.deepEqual(found, [
    { name: "research-socket.compat.js", isEarly: true },
    { name: core, isEarly: true },
  ]);
}
