// "Coming from socket.io-client": the same rows through that client and through ours, on the same server. What they record has to be
// the same; where it is not, `DIFFERENCES` says how and why, and README.md does.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FAILED_REQUEST, withPage } from "./support/browser.mjs";
import { ROWS } from "./support/page/rows.js";
import { startServer } from "./support/servers.mjs";
import { until } from "./support/until.mjs";
import { startBrowser } from "./support/webdriver.mjs";

/** @typedef {"ours" | "peer"} Which */

const PYTHON = ["flask", "asgi"];

/** row → what each client records, where they differ: on all servers, or on those of `on`. */
const DIFFERENCES = {
  // Alone in its buffer, and the type that the page sends: no view has to be made of it first.
  "binary that is received, by its type": { ours: "Uint8Array", peer: "ArrayBuffer" },
  // A page that someone looks at goes on; socket.io-client leaves it to the page's handler.
  "the server ends the connection": {
    ours: ["io server disconnect", "connects again by itself"],
    peer: ["io server disconnect", "stays away"],
  },
  // python-engineio drops a request with more than 16 packets, of which socket.io-client knows nothing.
  "a burst: 3,000 emits in one tick": { ours: "all arrive", peer: "some are lost", on: PYTHON },
};

/**
 * Runs all rows on a server, and compares.
 * @param {import("node:test").TestContext} t @param {string} kind of the server @param {(row: string, which: Which) => Promise<unknown>} record
 */
async function compare(t, kind, record) {
  for (const row of Object.keys(ROWS)) {
    await t.test(row, async () => {
      const peer = await record(row, "peer");
      const ours = await record(row, "ours");
      const { on = [kind], ...differs } = DIFFERENCES[row] ?? { on: [] };
      if (on.includes(kind)) assert.deepEqual({ ours, peer }, differs);
      else assert.deepEqual(ours, peer);
    });
  }
}

for (const name of /** @type {const} */ (["firefox", "webkit"])) {
  test(`both clients record the same in ${name}, or what the table says`, { timeout: 300_000 }, async (t) => {
    const server = await startServer(t, "node", { page: true });
    const browser = await startBrowser(t, name);
    await browser.goto(`${server.url}/`);
    await compare(t, "node", async (row, which) => {
      const begin = (/** @type {string} */ row, /** @type {Which} */ which, /** @type {string} */ path) => {
        window.recorded = undefined;
        const end = (/** @type {object} */ value) => (window.recorded = value);
        import("/support/rows.js").then(({ run }) => run(row, which, path)).then((value) => end({ value }), (error) => end({ error: String(error) }));
      };
      await browser.evaluate(begin, [row, which, server.path]);
      const { value, error } = await until(row, () => browser.evaluate(() => window.recorded), { within: 120_000 });
      if (error) throw new Error(`${which}: ${error}`);
      return value;
    });
  });
}

for (const kind of /** @type {const} */ (["node", "flask", "asgi"])) {
  test(`both clients record the same on the ${kind} server, or what the table says`, { timeout: 300_000 }, async (t) => {
    const server = await startServer(t, kind, { page: true });
    // Sessions that are closed leave polls that are answered 400, or aborted.
    await withPage(`${server.url}/`, { expected: [FAILED_REQUEST], record: false }, async (page) => {
      const record = (row, which) =>
        page.evaluate(async ([row, which, path]) => (await import("/support/rows.js")).run(row, which, path), [row, which, server.path]);
      await compare(t, kind, record);
    });
  });

  test(`a reconnection is told in the same order on the ${kind} server`, { timeout: 120_000 }, async (t) => {
    const told = {};
    for (const which of /** @type {const} */ (["peer", "ours"])) {
      const server = await startServer(t, kind, { page: true });
      await withPage(`${server.url}/`, { expected: [FAILED_REQUEST], record: false }, async (page) => {
        // The first attempt fails.
        let refused = 0;
        await page.route(/socket\.io\/\?/, (route) => (refused++ === 0 ? route.abort() : route.continue()));
        const heard = () => page.evaluate(() => window.heard);
        const until = async (what, count) => {
          await page.waitForFunction(([what, count]) => window.heard.filter((event) => event === what).length >= count, [what, count], { timeout: 30_000 });
        };
        await page.evaluate(async ([which, path]) => (await import("/support/rows.js")).watch(which, path), [which, server.path]);
        await until("connect", 1);
        const first = await heard();
        server.kill();
        await until("disconnect", 1);
        await server.start();
        await until("connect", 2);
        const all = await heard();
        // How many attempts an outage takes is chance: the last one is what counts.
        told[which] = [first, all.slice(first.length).filter((event) => event === "disconnect")[0], all.slice(-3).map((event) => event.replace(/\d+/, "n"))];
        await page.evaluate(() => window.watched.close());
      });
    }
    assert.deepEqual(told.ours, told.peer);
    assert.deepEqual(told.ours, [["connect_error", "reconnect_attempt 1", "reconnect 1", "connect"], "disconnect", ["reconnect_attempt n", "reconnect n", "connect"]]);
  });
}
