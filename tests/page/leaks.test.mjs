// A client takes as much as it needs and no more, and gives everything back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Meter, wasmMemory } from "../bench/support/meter.mjs";
import { startProxy } from "../servers/proxy.mjs";
import { FAILED_REQUEST, OVERTAKEN_POLL, withPage } from "./support/browser.mjs";
import { startServer } from "./support/servers.mjs";
import { LIMIT, until } from "./support/until.mjs";

const ID = "research-1";
/** What is sent at once: what the queues between the server's answer and the page's handlers hold at most. */
const BATCH = 5000;
/** So often the same in a row: 80,000 lines, of which 5,000 are kept, and 10,000 keys. */
const LEVEL = { batches: 17, outages: 6, clients: 41 };
/** How often in all, until it is. */
const MOST = { batches: 80, outages: 20, clients: 160 };
/** Twice as many as there are keys to recognise lines by. */
const LOG = 20_000;

test("80,000 live lines on end need no more of the module's memory, and close() leaves nothing", LIMIT, async (t) => {
  // Each line once, as the page needs it.
  const server = await startServer(t, "flask", { page: true, release: "1.5" });
  await server.control("research", { id: ID });
  await withPage(`${server.url}/progress/${ID}`, { record: false, before: "counts.js", expected: [OVERTAKEN_POLL] }, async (page) => {
    const meter = await Meter.on(page);
    const inFlight = openRequests(page);
    // The stored log of so many lines is megabytes, which are taken in whole: another test's.
    await page.evaluate(followCounting, { id: ID, options: { history: false } });
    await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
    const heaps = [];
    const batch = async (n) => {
      // The page cannot ask meanwhile, so all come in one answer; else chance would say how much memory a batch needs.
      await page.evaluate(controlAtOnce, { id: ID, count: BATCH, first: (n - 1) * BATCH + 1 });
      const arrived = (last) => window.run.delivered + window.run.wrong >= last;
      await page.waitForFunction(arrived, n * BATCH, { polling: 50 });
      heaps.push(Math.round((await meter.heap()) / 1024));
      return wasmMemory(page);
    };
    const used = await levelOff(t, batch, { level: LEVEL.batches, most: MOST.batches });
    const { delivered, wrong, gaps } = await page.evaluate(() => window.run);
    const sent = used.length * BATCH;
    t.diagnostic(`sent ${sent}, delivered ${delivered}, duplicated or out of order ${wrong}, gaps ${gaps}`);
    t.diagnostic(`the page's heap: ${heaps.join(", ")} kiB`);
    assert.deepEqual([delivered, wrong, gaps], [sent, 0, 0]);

    const before = await page.evaluate(() => ({ left: window.counts.left(), made: window.counts.made() }));
    t.diagnostic(`made: ${JSON.stringify(before.made)}; there before close(): ${before.left.join(", ")}`);
    assert.ok(before.made.listener > 0 && before.made.timer > 0 && before.made.channel > 0, "the counting sees something");
    await page.evaluate(() => window.run.client.close());
    await nothingLeft(page, inFlight);
    assert.deepEqual((await server.stats()).sessions.map(({ reason }) => reason), ["client disconnect"]);
  });
});

test("a log of 20,000 lines that is fetched after each outage needs no more memory each time, and no line comes twice", LIMIT, async (t) => {
  const server = await startServer(t, "flask", { page: true });
  const proxy = await startProxy({ target: server.url });
  t.after(() => proxy.close());
  await server.control("lines", { id: ID, count: LOG });
  await withPage(`${proxy.url}/progress/${ID}`, { record: false, expected: [FAILED_REQUEST] }, async (page) => {
    const logs = answeredLogs(page);
    await page.evaluate(followCounting, { id: ID, options: { reconnectionAttempts: 1000, reconnectionDelay: 50, reconnectionDelayMax: 50 } });
    await page.waitForFunction((count) => window.run.delivered === count, LOG, { polling: 50 });
    const outage = async (n) => {
      proxy.mode("refuse");
      await page.waitForFunction(() => !window.run.client.connected, undefined, { polling: 20 });
      const before = logs.size;
      proxy.mode("pass");
      await server.until("the page is back", ({ subscriptions }) => subscriptions.length === 1 + n);
      await until("the log was fetched", () => logs.size > before);
      await page.evaluate(() => window.run.client.emitWithAck("echo", "after"));
      return wasmMemory(page);
    };
    await levelOff(t, outage, { level: LEVEL.outages, most: MOST.outages });
    const { delivered, wrong } = await page.evaluate(() => window.run);
    t.diagnostic(`${LOG} stored, ${delivered} delivered, ${wrong} duplicated, ${logs.size} times the log`);
    assert.deepEqual([delivered, wrong], [LOG, 0]);
  });
});

test("clients that come and go leave no listener, timer, request or memory behind", LIMIT, async (t) => {
  const server = await startServer(t, "flask", { page: true });
  await server.control("lines", { id: ID, count: 50 });
  await withPage(`${server.url}/progress/${ID}`, { record: false, before: "counts.js", expected: [FAILED_REQUEST] }, async (page) => {
    const inFlight = openRequests(page);
    const visit = async () => {
      await page.evaluate(followCounting, { id: ID });
      await page.evaluate(async () => {
        const { client } = window.run;
        await client.emitWithAck("echo", "x".repeat(10_000));
        // Also in the middle of something; the server answers 400 to a poll that its goodbye has overtaken.
        client.emit("unanswered", "x".repeat(10_000));
        client.close();
      });
      // Who comes at once would get the same connection.
      await nothingLeft(page, inFlight);
      return wasmMemory(page);
    };
    const used = await levelOff(t, visit, { level: LEVEL.clients, most: MOST.clients });
    const { sessions } = await server.untilGoodbye();
    assert.equal(sessions.length, used.length);
    assert.deepEqual(new Set(sessions.map(({ reason }) => reason)), new Set(["client disconnect"]));
  });
});

/**
 * Measures the module's memory until it has been the same `level` times in a row. What a peak takes is taken once, whenever the
 * machine has it come; a leak takes more again and again, and is never level.
 * @param {(n: number) => Promise<number>} measure
 */
async function levelOff(t, measure, { level, most }) {
  const used = [];
  const isLevel = () => used.length >= level && used.slice(-level).every((bytes) => bytes === used.at(-1));
  while (!isLevel() && used.length < most) used.push(await measure(used.length + 1));
  const steps = used.flatMap((bytes, n) => (bytes === used[n - 1] ? [] : `${bytes / 1024} kiB from ${n + 1} on`));
  t.diagnostic(`wasm memory, measured ${used.length} times: ${steps.join(", ")}`);
  assert.ok(isLevel(), `never the same ${level} times in a row: ${steps.join(", ")}`);
  return used;
}

/** Runs in the page: follows and keeps nothing but numbers, so that what grows is the package's. */
async function followCounting({ id, options }) {
  const { connect } = await import("/pkg/index.js");
  const run = { client: undefined, delivered: 0, wrong: 0, gaps: 0 };
  window.run = run;
  run.client = await connect(options);
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

/** Requests for the stored log that were answered in full. */
function answeredLogs(page) {
  const answered = new Set();
  page.on("requestfinished", (request) => /\/logs$/.test(new URL(request.url()).pathname) && answered.add(request));
  return answered;
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
  const locks = () => navigator.locks.query().then(({ held, pending }) => [...held, ...pending].map(({ name }) => `lock ${name}`));
  const left = async () => [
    ...(await page.evaluate(() => window.counts.left())),
    ...(await page.evaluate(locks)),
    ...[...inFlight].map((request) => `${request.method()} ${request.url()}`),
  ];
  await until("nothing is left", async () => (await left()).length === 0, { seen: left });
}

/** In the page: lets the server send lines, and does nothing else until it has. */
function controlAtOnce(lines) {
  const request = new XMLHttpRequest();
  request.open("POST", "/control/lines", false);
  request.setRequestHeader("Content-Type", "application/json");
  request.send(JSON.stringify(lines));
  if (request.status !== 200) throw new Error(`control lines: ${request.status} ${request.responseText}`);
}
