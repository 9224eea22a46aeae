// The application's own script and ours in its place, in the same page on the same server: what a person gets to see.

import assert from "node:assert/strict";
import { test } from "node:test";
import { numbered } from "../support/follow.mjs";
import { LIMIT, until } from "../support/until.mjs";
import { count, startApplication, withTab } from "./open.mjs";

const RUNS = Number(process.env.RESEARCH_SOCKET_OPENINGS ?? 1);
/** What a row costs in the application, in milliseconds. */
const ROW_MS = 7;
const BEFORE = 100;
const LIVE = 150;

/** What runs the core under each policy. */
const CORES = { strict: "JavaScript", wasm: "wasm" };

for (const [security, core] of Object.entries(CORES)) {
  test(`the opening of a running research with the old script and with ours (core as ${core})`, { timeout: LIMIT.timeout * RUNS }, async (t) => {
    const server = await startApplication(t, { security });
    t.diagnostic(`${RUNS} opening(s) at 50 lines a second, ${BEFORE} lines before, a row costs ${ROW_MS} ms`);
    t.diagnostic("script | lines lost | twice | first line after ms (median)");
    for (const script of /** @type {const} */ (["old", "ours"])) {
      const runs = [];
      for (let run = 1; run <= RUNS; run += 1) runs.push(await opening(server, script, run));
      const sum = (/** @type {"lost" | "twice"} */ kind) => runs.reduce((total, each) => total + each[kind].length, 0);
      const first = runs.map(({ firstRow }) => firstRow).sort((a, b) => a - b)[Math.floor(RUNS / 2)];
      t.diagnostic(`${script} | ${sum("lost")} | ${sum("twice")} | ${Math.round(first)}`);
      if (script === "ours") assert.deepEqual([sum("lost"), sum("twice")], [0, 0]);
    }
  });
}

/** @param {any} server @param {"old" | "ours"} script @param {number} run */
async function opening(server, script, run) {
  const id = `${script}-${run}`;
  const lines = [...numbered("before", 1, BEFORE), ...numbered("line", 1, LIVE)];
  let seen = /** @type {{ lost: string[], twice: string[], firstRow: number }} */ ({ lost: [], twice: [], firstRow: NaN });
  await server.control("research", { id, status: "in_progress" });
  await server.control("lines", { id, count: BEFORE, prefix: "before" });
  // Each run has a cold cache.
  await withTab({}, async (tab) => {
    await server.control("lines", { id, count: LIVE, every_ms: 20 });
    const page = await tab.open(server, id, { script, row: ROW_MS });
    await until("all lines are stored", async () => (await server.stored(id)).length === lines.length);
    // One more, for a machine on which the page was ready only now: the panel opens for it.
    await page.until("the page is connected", ({ isConnected }) => isConnected);
    await server.control("lines", { id, count: 1, prefix: "last" });
    await page.until("the panel's own load", ({ loads }) => loads > 0);
    await server.control("final", { id });
    await page.until("the end", ({ end }) => end !== "");
    // An update waits for no line, and lines wait for the stored log: those that are lost never come. The old script loses some.
    const isAll = (/** @type {import("./open.mjs").Seen} */ { rows }) => script === "old" || count(rows, lines).lost.length === 0;
    const { rows, firstRow } = await page.until("all lines", isAll);
    seen = { ...count(rows, lines), firstRow: firstRow ?? NaN };
  });
  return seen;
}
