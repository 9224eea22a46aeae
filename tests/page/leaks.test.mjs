// A client takes as much as it needs and no more, and gives everything back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Meter, wasmMemory } from "../bench/support/meter.mjs";
import { withPage } from "./support/browser.mjs";
import { startServer } from "./support/servers.mjs";
import { until } from "./support/until.mjs";

const ID = "research-1";
const LINES = 100_000;
/** What is sent at once: what the queues between the server's answer and the page's handlers hold at most. */
const BATCH = 5000;
/** After so many, everything has been used that will be: the lines that are kept (5,000) and the keys (10,000), twice over. */
const WARM = 20_000;
const CYCLES = 60;
const WARM_CYCLES = 20;

test("100,000 lines need no more of the module's memory than 20,000, and close() leaves nothing", { timeout: 240_000 }, async (t) => {
  // Each line once, as the page needs it.
  const server = await startServer(t, "flask", { page: true, release: "1.5" });
  await server.control("research", { id: ID });
  await withPage(`${server.url}/progress/${ID}`, { record: false, before: "counts.js" }, async (page) => {
    const meter = await Meter.on(page);
    const inFlight = openRequests(page);
    await page.evaluate(followCounting, ID);
    await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
    const used = [];
    for (let first = 1; first <= LINES; first += BATCH) {
      await server.control("lines", { id: ID, count: BATCH, first });
      const last = first + BATCH - 1;
      const arrived = (last) => window.run.delivered + window.run.wrong >= last;
      await page.waitForFunction(arrived, last, { timeout: 60_000, polling: 50 });
      if (last >= WARM) used.push({ lines: last, wasm: await wasmMemory(page), heap: Math.round((await meter.heap()) / 1024) });
    }
    const { delivered, wrong, gaps } = await page.evaluate(() => window.run);
    t.diagnostic(`sent ${LINES}, delivered ${delivered}, duplicated or out of order ${wrong}, gaps ${gaps}`);
    t.diagnostic(`wasm memory: ${used[0].wasm / 1024} kiB after ${used[0].lines} lines, ${used.at(-1).wasm / 1024} kiB after ${LINES}`);
    t.diagnostic(`the page's heap: ${used.map(({ heap }) => heap).join(", ")} kiB`);
    assert.deepEqual([delivered, wrong, gaps], [LINES, 0, 0]);
    assert.deepEqual(new Set(used.map(({ wasm }) => wasm)), new Set([used[0].wasm]), "the memory is flat");

    const before = await page.evaluate(() => ({ left: window.counts.left(), made: window.counts.made() }));
    t.diagnostic(`made: ${JSON.stringify(before.made)}; there before close(): ${before.left.join(", ")}`);
    assert.ok(before.made.listener > 0 && before.made.timer > 0 && before.made.channel > 0, "the counting sees something");
    await page.evaluate(() => window.run.client.close());
    await nothingLeft(page, inFlight);
    assert.deepEqual((await server.stats()).sessions.map(({ reason }) => reason), ["client disconnect"]);
  });
});

test("clients that come and go leave no listener, timer, request or memory behind", { timeout: 120_000 }, async (t) => {
  const server = await startServer(t, "flask", { page: true });
  await server.control("lines", { id: ID, count: 50 });
  await withPage(`${server.url}/progress/${ID}`, { record: false, before: "counts.js" }, async (page) => {
    const inFlight = openRequests(page);
    const used = [];
    for (let cycle = 1; cycle <= CYCLES; cycle += 1) {
      await page.evaluate(followCounting, ID);
      await page.evaluate(async () => {
        const { client } = window.run;
        await client.emitWithAck("echo", "x".repeat(10_000));
        // Also in the middle of something.
        client.emit("unanswered", "x".repeat(10_000));
        client.close();
      });
      if (cycle >= WARM_CYCLES) used.push(await wasmMemory(page));
    }
    await nothingLeft(page, inFlight);
    t.diagnostic(`wasm memory: ${used[0] / 1024} kiB after ${WARM_CYCLES} clients, ${used.at(-1) / 1024} kiB after ${CYCLES}`);
    assert.deepEqual(new Set(used), new Set([used[0]]));
    const { sessions } = await server.until("the server knows of each goodbye", ({ connected }) => connected === 0);
    assert.equal(sessions.length, CYCLES);
    assert.deepEqual(new Set(sessions.map(({ reason }) => reason)), new Set(["client disconnect"]));
  });
});

/** Runs in the page: follows and keeps nothing but numbers, so that what grows is the package's. */
async function followCounting(id) {
  const { connect } = await import("/pkg/index.js");
  const run = { client: undefined, delivered: 0, wrong: 0, gaps: 0 };
  window.run = run;
  run.client = await connect();
  const research = run.client.subscribe(id);
  research.on("log", ({ message }) => {
    if (message === `line ${run.delivered + 1}`) run.delivered += 1;
    else run.wrong += 1;
  });
  research.on("gap", () => (run.gaps += 1));
  research.done.catch((error) => {
    if (error.code !== "CLOSED") throw error;
  });
}

/** Requests that have begun and not ended, by the browser's own word. */
function openRequests(page) {
  const open = new Set();
  page.on("request", (request) => open.add(request));
  page.on("requestfinished", (request) => open.delete(request));
  page.on("requestfailed", (request) => open.delete(request));
  return open;
}

async function nothingLeft(page, inFlight) {
  const left = async () => [
    ...(await page.evaluate(() => window.counts.left())),
    ...[...inFlight].map((request) => `${request.method()} ${request.url()}`),
  ];
  await until("nothing is left", async () => (await left()).length === 0, { seen: left });
}
