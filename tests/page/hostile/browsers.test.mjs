// A server that never stops and a page whose handlers take 5 ms each: memory stays within bounds, the connection is kept, and
// afterwards all goes on.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Meter } from "../../bench/support/meter.mjs";
import { withPage } from "../support/browser.mjs";
import { until } from "../support/until.mjs";
import { startBrowser } from "../support/webdriver.mjs";
import { startHostile } from "./server.mjs";

/** What the page may take more than at the start, of the module's memory and of its own. */
const MOST = 64 * 1024 * 1024;
/** Packets of one answer: a megabyte of the short ones. */
const BATCH = 10_000;
const X = "x".repeat(100_000);

const message = (/** @type {unknown[]} */ ...args) => `42${JSON.stringify(args)}`;
const update = (/** @type {object} */ payload) => message("progress_r", payload);
const batch = (/** @type {(n: number) => string} */ packet) => (/** @type {number} */ at) =>
  Array.from({ length: BATCH }, (_, n) => packet(at * BATCH + n));
const line = (/** @type {number} */ n, /** @type {string} */ words) =>
  update({ log_entry: { message: words, type: "INFO", time: `2026-11-21T20:45:09.${String(n).padStart(6, "0")}+00:00` } });
const STATUSES = ["queued", "in_progress"];
const LINES = "2,000 lines of 100 kB";

/**
 * Each kind as much as a page would need a multiple of the bound for, if it kept it.
 * @type {Record<string, [count: number, packets: (n: number) => string[], how?: { byByte?: boolean }]>}
 */
const FLOODS = {
  [LINES]: [100, (at) => Array.from({ length: 20 }, (_, n) => line(at * 20 + n, `${at * 20 + n} ${X}`))],
  "1,000 updates of 100 kB": [50, (at) => Array.from({ length: 20 }, (_, n) => update({ message: `${at * 20 + n} ${X}` }))],
  "300,000 engines": [30, batch((n) => message("search_engine_selected", { engine: `engine ${n}`, result_count: n }))],
  "100,000 tasks": [10, batch((n) => update({ current_task: `task ${n}` }))],
  "100,000 statuses": [10, batch((n) => update({ status: STATUSES[n % 2], progress: n % 100 }))],
  "100,000 failures": [10, batch((n) => update({ phase: "error", error: `fault ${n}` }))],
  "50,000 events of its own, which ask for acks": [5, batch((n) => `42${n}${JSON.stringify(["flood", n])}`)],
  "10 kB byte by byte": [1, () => [line(9_000, X.slice(0, 10_000))], { byByte: true }],
};

/**
 * @param {import("node:test").TestContext} t @param {Awaited<ReturnType<typeof startHostile>>} server
 * @param {(run: () => any) => Promise<any>} evaluate runs a function in the page @param {() => Promise<number>} heap
 */
async function survive(t, server, evaluate, heap) {
  await until("the page has subscribed", () => server.received.some((packet) => packet.startsWith("42")), { within: 60_000 });
  await server.send(1, () => [line(0, "before")]);
  await until("the page hears a line", async () => (await evaluate(() => window.run.lines)).includes("before"));
  const memory = async () => ({ wasm: await wasm(evaluate), heap: await heap() });
  const start = await memory();
  for (const [name, [count, packets, how]] of Object.entries(FLOODS)) {
    const since = performance.now();
    await server.send(count, packets, how);
    const now = await memory();
    const more = { wasm: now.wasm - start.wasm, heap: now.heap - start.heap };
    const took = ((performance.now() - since) / 1000).toFixed(1);
    t.diagnostic(`${name}: ${mib(more.wasm)} MiB of the module and ${mib(more.heap)} MiB of the heap more than at the start, ${took} s`);
    assert.ok(more.wasm < MOST && more.heap < MOST, `${name}: ${mib(more.wasm)} and ${mib(more.heap)} MiB more`);
  }

  // Its handlers are as slow as before.
  const pongs = () => server.received.filter((packet) => packet.startsWith("3")).length;
  await server.send(1, () => ["2"]);
  await until("the heartbeat is answered", () => pongs() === 1);

  await evaluate(() => void (window.run.cost = 0));
  let sent = 0;
  const arrives = async () => {
    await server.send(1, () => [line((sent += 1) + 10_000, `after ${sent}`)]);
    return (await evaluate(() => window.run.lines)).some((/** @type {string} */ words) => words.startsWith("after"));
  };
  await until("a line sent now is heard", arrives, { within: 60_000, every: 200 });
  const seen = await evaluate(() => {
    const { problems, gaps, warnings, connections, heard } = window.run;
    return { problems, gaps, warnings, connections, heard, kept: window.run.kept(), dropped: window.run.stats().dropped, waiting: window.run.loops.map(({ dropped }) => dropped) };
  });
  t.diagnostic(`${Math.round(server.bytes / 1e6)} MB sent: ${JSON.stringify(seen)}`);
  assert.deepEqual(seen.problems, []);
  assert.deepEqual([seen.connections, server.sessions], [["connect"], 1], "the connection was kept");
  const lines = FLOODS[LINES][0] * 20 + 2 + sent;
  assert.equal(seen.heard.log + seen.gaps, lines, "each line is heard, or told to be missing");
  assert.ok(seen.gaps > 100 && seen.dropped > 500_000, "what was dropped is counted");
  assert.equal(seen.warnings.filter((/** @type {string} */ code) => code === "page-too-slow").length, 1);
  assert.ok(seen.heard.failure === 100 && seen.kept < 200);
}

const mib = (/** @type {number} */ bytes) => (bytes / 1024 / 1024).toFixed(1);

/** @param {(run: () => any) => Promise<any>} evaluate */
async function wasm(evaluate) {
  // One that waits for no promise, as drivers do not.
  await evaluate(() => void window.run.memory().then((bytes) => (window.run.bytes = bytes)));
  return until("the memory is read", () => evaluate(() => window.run.bytes));
}

test("a server that never stops costs a slow page in chromium a bounded memory and no connection", { timeout: 300_000 }, async (t) => {
  const server = await startHostile(t);
  await withPage(/** @type {string} */ (server.url), { record: false }, async (page) => {
    const meter = await Meter.on(page);
    await survive(t, server, (run) => page.evaluate(run), () => meter.heap());
  });
});

for (const name of /** @type {const} */ (["firefox", "webkit"])) {
  test(`a server that never stops costs a slow page in ${name} a bounded memory and no connection`, { timeout: 300_000 }, async (t) => {
    const server = await startHostile(t);
    const browser = await startBrowser(t, name);
    await browser.goto(/** @type {string} */ (server.url));
    // What these take of their own is not to be asked.
    await survive(t, server, (run) => browser.evaluate(run), async () => 0);
  });
}
