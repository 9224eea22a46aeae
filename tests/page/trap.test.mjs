// The module traps while a page follows a research: a fresh instance takes over, and the page loses nothing but time.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { OVERTAKEN_POLL, withPage } from "./support/browser.mjs";
import { follow, numbered } from "./support/follow.mjs";
import { ROOT } from "./support/places.mjs";
import { CORE, RUNTIME } from "./support/runtime.mjs";
import { startServer } from "./support/servers.mjs";
import { LIMIT } from "./support/until.mjs";

const ID = "research-1";

/** What each way to trap does with the exports of the running instance, given by `instances`. */
const TRAPS = {
  "an exception out of a callback": () => {
    const { exports, watch } = /** @type {any} */ (window).wasm;
    const [name] = Object.keys(exports).filter((name) => /closures_____invoke/.test(name)).slice(-1);
    watch[name] = () => {
      delete watch[name];
      throw new WebAssembly.RuntimeError("unreachable");
    };
  },
  "an exception out of a timer": () => {
    const { exports, watch } = /** @type {any} */ (window).wasm;
    const names = Object.keys(exports).filter((name) => /closures_____invoke/.test(name));
    const { setTimeout } = window;
    window.setTimeout = (callback, ms) => {
      if (!new Error().stack.includes("/pkg/")) return setTimeout(callback, ms);
      window.setTimeout = setTimeout;
      return setTimeout(() => {
        for (const name of names) {
          watch[name] = () => {
            throw new WebAssembly.RuntimeError("unreachable");
          };
        }
        callback();
        for (const name of names) delete watch[name];
      }, 0);
    };
  },
  "an allocation that fails for good": () => {
    const { watch } = /** @type {any} */ (window).wasm;
    watch.__wbindgen_malloc = () => {
      delete watch.__wbindgen_malloc;
      // What an allocator out of memory comes to.
      throw new WebAssembly.RuntimeError("unreachable");
    };
  },
  "memory that is overwritten": () => {
    const { memory } = /** @type {any} */ (window).wasm.exports;
    new Uint8Array(memory.buffer).fill(0xff);
  },
};

/** Whose trace is kept, to be run again by `cargo test --test trace`. */
const KEPT = "an exception out of a callback";

for (const [name, trap] of Object.entries(TRAPS)) {
  test(`${name} in the middle of a run costs the page no line`, LIMIT, async (t) => {
    const server = await startServer(t, "flask", { page: true });
    await withPage(`${server.url}/progress/${ID}`, { expected: [OVERTAKEN_POLL] }, async (page) => {
      await page.evaluate(watchInstances);
      if (RUNTIME === "js") await watchScript(page);
      await page.evaluate(countListeners);
      await server.control("research", { id: ID });
      const followed = await follow(page, { id: ID });
      await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
      await server.control("lines", { id: ID, count: 60 });
      await followed.untilLines(60);
      await server.control("updates", { id: ID, count: 3 });
      await followed.until("the updates", ({ updates }) => updates.includes("step 3"));
      const progress = await page.evaluate(() => window.run.research.state.progress);

      const listening = await page.evaluate(() => window.listeners.count());
      assert.ok(listening.connection && listening.listeners > 0);

      await page.evaluate(trap);
      await server.control("lines", { id: ID, count: 60, first: 61 });
      await followed.until("the warning", ({ warnings }) => warnings.length > 0);
      await server.until("the page subscribes again", ({ subscriptions }) => subscriptions.length === 2);
      await server.control("lines", { id: ID, count: 60, first: 121 });
      await followed.untilLines(180);
      assert.ok((await page.evaluate(() => window.run.research.state.progress)) >= progress);
      await server.control("final", { id: ID });
      const heard = await followed.until("the end", ({ done }) => done.length > 0);

      assert.deepEqual([...heard.lines].sort(), numbered("line", 1, 180).sort());
      assert.deepEqual(heard.ends.map(({ status }) => status), ["completed"]);
      assert.deepEqual(heard.warnings.map(({ code }) => code), ["INTERNAL"]);
      assert.equal(await page.evaluate(() => window.wasm.instances), 2);
      const loads = (/** @type {string} */ core) => performance.getEntriesByType("resource").filter(({ name }) => name.endsWith(`/${core}`)).length;
      assert.equal(await page.evaluate(loads, CORE), 1);
      assert.deepEqual(await page.evaluate(() => window.listeners.count()), listening);
      const trace = await page.evaluate(() => window.run.client.trace());
      const headers = trace.split("\n").filter((line) => line.startsWith("{"));
      assert.equal(headers.length, 2, "the run that led to the trap, and the one since");
      assert.ok(!/line \d|research-1/.test(trace));
      if (process.env.KEEP_TRACE && name === KEPT) await writeFile(path.join(ROOT, "tests/traces/trap.trace"), trace);
      await page.evaluate(() => window.run.client.close());
      // The session of the instance that is gone cannot say goodbye: the server forgets it by its ping time-out.
      await server.until("the server knows that it left", ({ sessions }) => sessions.length === 2 && sessions[1].disconnected_at);
      assert.deepEqual(await page.evaluate(() => window.listeners.count()), { connection: false, listeners: 0 });
      t.diagnostic(`180 lines sent, ${heard.lines.length} delivered, ${heard.lines.length - new Set(heard.lines).size} twice`);
    });
  });
}

/** Lets a test stand between the glue and what the newest instance exports. */
function watchInstances() {
  const wasm = (window.wasm = { instances: 0, exports: undefined, watch: {}, watched: undefined });
  wasm.watched = (given) => {
    // The loader makes an empty one to see whether it may.
    if (!given.memory) return given;
    wasm.instances += 1;
    wasm.exports = given;
    const exports = {};
    for (const [name, value] of Object.entries(given)) {
      exports[name] = typeof value === "function" ? (...args) => (wasm.watch[name] ?? value)(...args) : value;
    }
    return exports;
  };
  const watched = ({ exports }) => Object.create(WebAssembly.Instance.prototype, { exports: { value: wasm.watched(exports) } });
  const { instantiateStreaming } = WebAssembly;
  WebAssembly.instantiateStreaming = async (...args) => {
    const { module, instance } = await instantiateStreaming(...args);
    return { module, instance: watched(instance) };
  };
  const { Instance } = WebAssembly;
  WebAssembly.Instance = new Proxy(Instance, { construct: (target, args) => watched(new target(...args)) });
}

/** The same where the core is a script, whose instances a function makes. @param {import("playwright-core").Page} page */
async function watchScript(page) {
  const body = `import instantiate from "./${CORE}?itself"; export default (imports) => window.wasm.watched(instantiate(imports));`;
  await page.route(`**/${CORE}`, (route) => route.fulfill({ body, contentType: "text/javascript" }));
}

/** Counts listeners of window and document, those that go away with a signal included. */
function countListeners() {
  const added = new Set();
  const key = (type, listener) => [...added].find((entry) => entry.type === type && entry.listener === listener);
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  EventTarget.prototype.addEventListener = function (type, listener, options) {
    if (!key(type, listener) && (this === window || this === document) && new Error().stack.includes("/pkg/")) {
      const entry = { type, listener };
      added.add(entry);
      options?.signal?.addEventListener("abort", () => added.delete(entry));
    }
    return addEventListener.call(this, type, listener, options);
  };
  EventTarget.prototype.removeEventListener = function (type, listener, options) {
    added.delete(key(type, listener));
    return removeEventListener.call(this, type, listener, options);
  };
  window.listeners = { count: () => ({ connection: window.run.client.connected, listeners: added.size }) };
}
