// The client in a dedicated worker, where there is neither document nor window.

import assert from "node:assert/strict";
import { test } from "node:test";
import { OVERTAKEN_POLL, withPage } from "./support/browser.mjs";
import { RUNTIME } from "./support/runtime.mjs";
import { startServer } from "./support/servers.mjs";
import { LIMIT, until } from "./support/until.mjs";
import { startBrowser } from "./support/webdriver.mjs";

/** Runs in the page. */
function startWorker() {
  const heard = (window.heard = []);
  const worker = new Worker("/support/worker.js", { type: "module" });
  worker.onmessage = ({ data }) => heard.push(data);
  worker.onerror = ({ message }) => heard.push({ error: message });
  worker.postMessage({ id: "r1", options: {} });
}

/** Follows a research to its end. @param {any} server @param {{ evaluate: (run: () => any) => Promise<any> }} page */
async function follow(server, page) {
  await server.control("updates", { id: "r1", count: 1 });
  await page.evaluate(startWorker);
  const heard = () => page.evaluate(() => window.heard);
  const has = (what, holds) => until(what, async () => (await heard()).some(holds), { seen: heard });
  await has("an answer", ({ echoed, error }) => echoed || error);
  await server.until("the worker subscribes", ({ subscriptions }) => subscriptions.length === 1);
  await server.control("lines", { id: "r1", count: 3 });
  // An end that comes at once may be known by the status before the lines are here.
  await has("the lines", ({ line, error }) => line === "line 3" || error);
  await server.control("final", { id: "r1" });
  await has("the end", ({ state, error }) => state || error);
  assert.deepEqual(await heard(), [
    { runtime: RUNTIME, echoed: [1, 2], type: "Uint8Array", id: "string" },
    { line: "line 1" },
    { line: "line 2" },
    { line: "line 3" },
    { end: "completed" },
    { disconnect: "io client disconnect" },
    { state: "closed" },
  ]);
  await server.until("the server knows", ({ sessions }) => sessions.every(({ disconnected_at: at }) => at !== null));
}

test("a dedicated worker follows a research to its end, and says goodbye when it closes", LIMIT, async (t) => {
  const server = await startServer(t, "flask", { page: true });
  await withPage(`${server.url}/`, { expected: [OVERTAKEN_POLL] }, (page) => follow(server, page));
});

for (const name of /** @type {const} */ (["firefox", "webkit"])) {
  test(`so it does in ${name}`, LIMIT, async (t) => {
    const server = await startServer(t, "flask", { page: true });
    const browser = await startBrowser(t, name);
    await browser.goto(`${server.url}/`);
    await follow(server, browser);
  });
}

test("a worker whose script is a Blob finds the server of its page", LIMIT, async (t) => {
  const server = await startServer(t, "flask", { page: true });
  await withPage(`${server.url}/`, { expected: [OVERTAKEN_POLL] }, async (page) => {
    const heard = await page.evaluate(async () => {
      const script = `
        import { connect } from "${location.origin}/pkg/index.js";
        const client = await connect();
        postMessage(await client.emitWithAck("echo", "from a Blob"));
        client.close();`;
      const worker = new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" })), { type: "module" });
      return new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
      });
    });
    assert.equal(heard, "from a Blob");
  });
});
