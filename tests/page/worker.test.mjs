// The client in a dedicated worker, where there is neither document nor window.

import assert from "node:assert/strict";
import { test } from "node:test";
import { OVERTAKEN_POLL, withPage } from "./support/browser.mjs";
import { RUNTIME } from "./support/runtime.mjs";
import { startServer } from "./support/servers.mjs";
import { until } from "./support/until.mjs";

test("a dedicated worker follows a research to its end, and says goodbye when it closes", { timeout: 60_000 }, async (t) => {
  const server = await startServer(t, "flask", { page: true });
  await withPage(`${server.url}/`, { expected: [OVERTAKEN_POLL] }, async (page) => {
    await server.control("updates", { id: "r1", count: 1 });
    const heard = await page.evaluateHandle(() => {
      const heard = [];
      const worker = new Worker("/support/worker.js", { type: "module" });
      worker.onmessage = ({ data }) => heard.push(data);
      worker.onerror = ({ message }) => heard.push({ error: message });
      worker.postMessage({ id: "r1", options: {} });
      return heard;
    });
    const has = (what, holds) => until(what, async () => (await heard.jsonValue()).some(holds), { within: 20_000, seen: () => heard.jsonValue() });
    await has("an answer", ({ echoed, error }) => echoed || error);
    await server.until("the worker subscribes", ({ subscriptions }) => subscriptions.length === 1);
    await server.control("lines", { id: "r1", count: 3 });
    await server.control("final", { id: "r1" });
    await has("the end", ({ state, error }) => state || error);
    assert.deepEqual(await heard.jsonValue(), [
      { runtime: RUNTIME, echoed: [1, 2], type: "Uint8Array", id: "string" },
      { line: "line 1" },
      { line: "line 2" },
      { line: "line 3" },
      { end: "completed" },
      { disconnect: "io client disconnect" },
      { state: "closed" },
    ]);
    await server.until("the server knows", ({ sessions }) => sessions.every(({ disconnected_at: at }) => at !== null));
  });
});

test("a worker whose script is a Blob finds the server of its page", { timeout: 60_000 }, async (t) => {
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
