// Opening the page of a research that is running: the page's panel loads the stored log itself while lines come live.

import assert from "node:assert/strict";
import { test } from "node:test";
import { numbered } from "../support/follow.mjs";
import { LIMIT, until } from "../support/until.mjs";
import { count, startApplication, withTab } from "./open.mjs";

const SEEDS = 50;
/** Each has a browser context, and so connections, of its own. */
const TABS = 5;

// The delays are those of requests: with a WebSocket the panel's own load is late, and lines no more.
for (const [how, transports] of Object.entries({ "long-polling": "polling", "a WebSocket": undefined })) {
  test(`each line stands once, whatever the delays of socket, stored log and panel (${SEEDS} seeds, ${how})`, LIMIT, async (t) => {
    const server = await startApplication(t, { security: "wasm", logDelay: 0.1 });
    const seeds = Array.from({ length: SEEDS }, (_, n) => n + 1);
    /** @type {{ seed: number, lost: string[], twice: string[] }[]} */
    const wrong = [];
    const open = () =>
      withTab({}, async (tab) => {
        for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
          const { lost, twice } = await opening(server, tab, seed, transports);
          if (lost.length > 0 || twice.length > 0) wrong.push({ seed, lost, twice });
        }
      });
    await Promise.all(Array.from({ length: TABS }, open));
    const sum = (/** @type {"lost" | "twice"} */ kind) => wrong.reduce((total, each) => total + each[kind].length, 0);
    t.diagnostic(`${SEEDS} openings, ${wrong.length} of them wrong: ${sum("lost")} lines lost, ${sum("twice")} twice`);
    assert.deepEqual(wrong, []);
  });
}

/** @param {any} server @param {any} tab @param {number} seed @param {string} [transports] */
async function opening(server, tab, seed, transports) {
  const id = `seed-${seed}`;
  const lines = [...numbered("before", 1, 20), ...numbered("early", 1, 40), ...numbered("line", 1, 20)];
  await server.control("research", { id, status: "in_progress" });
  await server.control("lines", { id, count: 20, prefix: "before" });
  const page = await tab.open(server, id, { seed, transports });
  await server.control("lines", { id, count: 40, prefix: "early", every_ms: 10 });
  // However slow the machine is, some are live: the panel expands itself for the first of them.
  await page.until("the page is connected", (/** @type {any} */ { isConnected }) => isConnected);
  await server.control("lines", { id, count: 20, every_ms: 10 });
  await until("all lines are stored", async () => (await server.stored(id)).length === lines.length);
  await page.until("the panel's own load", (/** @type {any} */ { loads }) => loads > 0);
  await server.control("final", { id });
  await page.until("the end", (/** @type {any} */ { end }) => end !== "");
  // An update waits for no line, and lines wait for the stored log: those that are lost never come.
  await page.until(`all lines, with seed ${seed}`, (/** @type {any} */ { rows }) => count(rows, lines).lost.length === 0);
  const { rows } = await page.atRest();
  return count(rows, lines);
}
