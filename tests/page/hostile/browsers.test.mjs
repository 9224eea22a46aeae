// A server that never stops and a page whose handlers take 5 ms each: the page reads no more than it has room for, memory stays
// within bounds, the connection is kept, and once the handlers are quick all of it is heard.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Meter } from "../../bench/support/meter.mjs";
import { withPage } from "../support/browser.mjs";
import { LIMIT, until } from "../support/until.mjs";
import { startBrowser } from "../support/webdriver.mjs";
import { FLOODS, LINES, line, packetsOf } from "./floods.mjs";
import { startHostile } from "./server.mjs";

/** What the page may take more than at the start, of the module's memory and of its own. */
const MOST = 64 * 1024 * 1024;
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
  for (const [kind, flood] of Object.entries(FLOODS)) {
    const name = `${flood.answers * flood.each} × ${kind}`;
    const since = performance.now();
    const sending = server.send(flood.answers, (at) => packetsOf(flood, at), flood);
    await Promise.race([sending, server.stalls()]);
    const now = await memory();
    const more = { wasm: now.wasm - start.wasm, heap: now.heap - start.heap };
    const took = ((performance.now() - since) / 1000).toFixed(1);
    t.diagnostic(`${name}: ${mib(more.wasm)} MiB of the module and ${mib(more.heap)} MiB of the heap more than at the start, ${took} s`);
    assert.ok(more.wasm < MOST && more.heap < MOST, `${name}: ${mib(more.wasm)} and ${mib(more.heap)} MiB more`);
    await evaluate(() => void (window.run.cost = 0));
    await sending;
    await evaluate(() => void (window.run.cost = 5));
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
  const lines = LINES.answers * LINES.each + 2 + sent;
  assert.equal(seen.heard.log, lines, "each line is heard");
  assert.deepEqual([seen.gaps, seen.dropped, seen.warnings], [0, 0, []], "nothing was dropped");
  assert.ok(seen.heard.failure === 100 && seen.kept < 200);
}

const mib = (/** @type {number} */ bytes) => (bytes / 1024 / 1024).toFixed(1);

/** @param {(run: () => any) => Promise<any>} evaluate */
async function wasm(evaluate) {
  // One that waits for no promise, as drivers do not.
  await evaluate(() => void window.run.memory().then((bytes) => (window.run.bytes = bytes)));
  return until("the memory is read", () => evaluate(() => window.run.bytes));
}

test("a server that never stops costs a slow page in chromium a bounded memory and no connection", LIMIT, async (t) => {
  const server = await startHostile(t);
  await withPage(/** @type {string} */ (server.url), { record: false }, async (page) => {
    const meter = await Meter.on(page);
    await survive(t, server, (run) => page.evaluate(run), () => meter.heap());
  });
});

for (const name of /** @type {const} */ (["firefox", "webkit"])) {
  test(`a server that never stops costs a slow page in ${name} a bounded memory and no connection`, LIMIT, async (t) => {
    const server = await startHostile(t);
    const browser = await startBrowser(t, name);
    await browser.goto(/** @type {string} */ (server.url));
    // What these take of their own is not to be asked.
    await survive(t, server, (run) => browser.evaluate(run), async () => 0);
  });
}
