// Which version of the core a page gets, what it loads for that, and what happens when the load fails.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FAILED_REQUEST, withPage } from "./support/browser.mjs";
import { CORE, RUNTIME } from "./support/runtime.mjs";
import { startServer } from "./support/servers.mjs";

const ID = "research-1";

test("a page finds out what it may run without a word on the console, and the logger is told", async (t) => {
  const server = await startServer(t, "flask", { page: true });
  await withPage(`${server.url}/progress/${ID}`, {}, async (page) => {
    /** @type {string[]} */
    const said = [];
    page.on("console", (message) => said.push(message.text()));
    const { told, runtime, files } = await page.evaluate(connectAndTell, "/pkg/index.js");
    assert.equal(runtime, RUNTIME);
    assert.match(told[0], RUNTIME === "js" ? /runs as JavaScript/ : /runs as WebAssembly/);
    assert.deepEqual(files, ["index.js", "research_socket.js", CORE]);
    assert.deepEqual(said, []);
  });
});

test("the entry point with the module within it asks for no other file, but for the core as JavaScript", async (t) => {
  const server = await startServer(t, "flask", { page: true });
  await withPage(`${server.url}/progress/${ID}`, {}, async (page) => {
    const { runtime, files } = await page.evaluate(connectAndTell, "/pkg/inline.js");
    assert.equal(runtime, RUNTIME);
    assert.deepEqual(files, RUNTIME === "js" ? ["inline.js", CORE] : ["inline.js"]);
  });
});

for (const [failure, answer] of /** @type {const} */ ([["is cut off", undefined], ["is answered 503", 503]])) {
  test(`a load of the core that ${failure} is told, and the next connect() tries again`, async (t) => {
    const server = await startServer(t, "flask", { page: true });
    await withPage(`${server.url}/progress/${ID}`, { expected: [FAILED_REQUEST] }, async (page) => {
      // Where WebAssembly cannot be had, JavaScript is asked for.
      const times = RUNTIME === "wasm" ? 2 : 1;
      await page.route(/research_socket_(bg\.wasm|core\.js)$/, (route) => (answer ? route.fulfill({ status: answer }) : route.abort()), { times });
      const refused = await page.evaluate(async () => {
        const { connect } = await import(String("/pkg/index.js"));
        return connect().then(() => undefined, (/** @type {any} */ error) => ({ code: error.code, message: error.message }));
      });
      assert.equal(refused?.code, "LOAD_FAILED");
      assert.match(refused.message, /side by side/);
      const { runtime } = await page.evaluate(connectAndTell, "/pkg/index.js");
      assert.equal(runtime, RUNTIME);
    });
  });
}

/** Runs in the page. @param {string} entry */
async function connectAndTell(entry) {
  const { connect } = await import(entry);
  /** @type {string[]} */
  const told = [];
  const client = await connect({ logger: { debug: (/** @type {string} */ text) => told.push(text), warn: () => {} } });
  const { runtime } = client.stats();
  client.close();
  const urls = performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname);
  return { told, runtime, files: urls.filter((path) => path.startsWith("/pkg/")).map((path) => path.slice("/pkg/".length)) };
}
