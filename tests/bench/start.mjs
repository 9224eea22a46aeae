// How soon the page of a running research shows its first line, and what that costs: the stand-in of the application's page, with the old
// script and with ours in its place, each opened with a cold cache.

import { parseArgs } from "node:util";
import { test } from "node:test";
import { startApplication } from "../page/old-page/open.mjs";
import { FAILED_REQUEST, withPage } from "../page/support/browser.mjs";
import { tasksDuring } from "../page/support/tasks.mjs";
import { until } from "../page/support/until.mjs";
import { startProxy } from "../servers/proxy.mjs";
import { Meter } from "./support/meter.mjs";
import { median, short, table } from "./support/table.mjs";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    conditions: { type: "string", default: "plain,cpu,link" },
    scripts: { type: "string", default: "old,js,wasm,js preloaded,wasm preloaded" },
    before: { type: "string" },
    marks: { type: "boolean", default: false },
  },
});
const ROUNDS = Number(values.rounds ?? (values.quick ? 1 : 9));
const SCRIPTS = values.scripts.split(",");
/** What a row costs in the application, in milliseconds, and how often a line comes. */
const ROW_MS = 7;
const EVERY_MS = 20;
const LINES = 150;
/** Requests of sessions that end with their page. */
const EXPECTED = [FAILED_REQUEST, /^console: WebSocket connection/];
const CONDITIONS = {
  plain: {},
  cpu: { slowdown: 4 },
  // 10 Mbit/s, and 40 ms more for each answer.
  net: { offline: false, latency: 40, downloadThroughput: 1_250_000, uploadThroughput: 1_250_000 },
  link: {},
};
/** The same, for a WebSocket as well. */
const LINE = { latency: 40, rate: 1_250 };
const WORDS = { plain: "as it is", cpu: "processor four times slower", net: "10 Mbit/s and 40 ms by Chromium", link: "10 Mbit/s and 40 ms" };
/** `preloaded`: the page has a hint for the core. `before`: with another package, from `--before`. */
const KINDS = {
  old: { script: "old", security: "strict" },
  js: { script: "ours", security: "strict" },
  wasm: { script: "ours", security: "wasm" },
  "js preloaded": { script: "ours", security: "strict", preload: "/pkg/research_socket_core.js" },
  "wasm preloaded": { script: "ours", security: "wasm", preload: "/pkg/research_socket_bg.wasm" },
  "js before": { script: "ours", security: "strict", before: true },
  "wasm before": { script: "ours", security: "wasm", before: true },
};

test("the start of a page", async (t) => {
  const servers = new Map();
  const serverOf = async ({ security, before }) => {
    const key = `${security} ${before}`;
    if (!servers.has(key)) servers.set(key, await start(t, security, before && values.before));
    return servers.get(key);
  };
  let number = 0;
  for (const condition of values.conditions.split(",")) {
    const runs = SCRIPTS.map((name) => ({ name, first: [], cpu: [], longest: [] }));
    for (let round = 0; round < ROUNDS; round += 1) {
      // Whoever is second finds a warmer machine.
      for (const { name, first, cpu, longest } of round % 2 ? runs.toReversed() : runs) {
        const { script, preload = "" } = KINDS[name];
        const server = await serverOf(KINDS[name]);
        await t.test(`${condition}, ${name}`, async () => {
          first.push(await firstLine(server, { id: `run-${(number += 1)}`, script, preload, condition }));
          cpu.push(await cost(server, { id: `run-${(number += 1)}`, script, preload, condition }));
          longest.push(await longestTask(server, { id: `run-${(number += 1)}`, script, preload, condition }));
        });
      }
    }
    const [base] = runs;
    const ratio = (values, than) => `${short(median(values))} (${(median(values) / median(than)).toFixed(2)})`;
    const rows = runs.map(({ name, first, cpu, longest }) => [name, ratio(first, base.first), ratio(cpu, base.cpu), short(median(longest))]);
    console.log(`\n${WORDS[condition]}; median of ${ROUNDS}, beside it the share of the first row`);
    console.log(table(["script", "first line ms", "cpu until connected ms", "longest task ms"], rows));
  }
});

/** A server with its slow line. */
async function start(t, security, folder) {
  const own = process.env.RESEARCH_SOCKET_PKG;
  if (folder) process.env.RESEARCH_SOCKET_PKG = folder;
  const server = await startApplication(t, { security });
  if (folder && own !== undefined) process.env.RESEARCH_SOCKET_PKG = own;
  else delete process.env.RESEARCH_SOCKET_PKG;
  // Chromium's own slow network has no say over a WebSocket.
  const proxy = await startProxy({ target: server.url, line: LINE });
  t.after(() => proxy.close());
  return Object.assign(server, { slow: proxy.url });
}

/** Opens the page under a condition, and runs `use` meanwhile. */
async function opened(server, { id, script, preload, condition }, use) {
  await server.control("research", { id, status: "in_progress" });
  await withPage("about:blank", { expected: EXPECTED, record: false }, async (page) => {
    const session = await page.context().newCDPSession(page);
    const { slowdown, ...network } = CONDITIONS[condition];
    if (slowdown) await session.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
    if ("latency" in network) {
      await session.send("Network.enable");
      await session.send("Network.emulateNetworkConditions", network);
    }
    const go = () => page.goto(`${condition === "link" ? server.slow : server.url}/progress/${id}?script=${script}&row=${ROW_MS}&preload=${preload}`);
    await use(page, go);
  });
}

async function firstLine(server, run) {
  let first = NaN;
  await opened(server, run, async (page, go) => {
    await server.control("lines", { id: run.id, count: LINES, every_ms: EVERY_MS });
    await go();
    first = await sees(page, "window.seen?.firstRow");
    if (values.marks) console.log(run.script, run.condition, await page.evaluate(marks));
  });
  // What is left of them would be sent to the next page as well.
  await until("all lines are stored", async () => (await server.stored(run.id)).length === LINES);
  return first;
}

/** In the page: when it asked for what, and had it. */
function marks() {
  const { domInteractive, domContentLoadedEventStart, responseEnd } = performance.getEntriesByType("navigation")[0];
  const list = performance.getEntriesByType("resource").map(({ name, initiatorType, startTime, responseEnd }) => {
    const { pathname, search } = new URL(name);
    return `${Math.round(startTime)}–${Math.round(responseEnd)} ${pathname}${search.slice(0, 60)} ${initiatorType}`;
  });
  return [`html ${Math.round(responseEnd)}, interactive ${Math.round(domInteractive)}, ready ${Math.round(domContentLoadedEventStart)}`, ...list, `first line ${Math.round(window.seen.firstRow)}`].join("\n  ");
}

/** Processor time of the page's main thread until it is connected, while nothing is sent to it. */
async function cost(server, run) {
  let cpu = NaN;
  await opened(server, run, async (page, go) => {
    const meter = await Meter.on(page);
    ({ cpu } = await meter.during(() => untilConnected(page, go)));
  });
  return cpu;
}

async function longestTask(server, run) {
  let longest = NaN;
  await opened(server, run, async (page, go) => {
    const tasks = await tasksDuring(page, () => untilConnected(page, go));
    longest = Math.max(...tasks.map(({ cpu }) => cpu));
  });
  return longest;
}

async function untilConnected(page, go) {
  await go();
  await sees(page, "window.socket?.isConnected?.()");
}

/** Waits until an expression is true in the page. Not by Playwright's own way, which costs the page as much as a script does. */
async function sees(page, expression) {
  const session = await page.context().newCDPSession(page);
  let value;
  await until(expression, async () => ({ value } = (await session.send("Runtime.evaluate", { expression })).result).value, { every: 20 });
  return value;
}
