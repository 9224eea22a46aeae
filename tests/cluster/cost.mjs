// What it costs a cluster to serve pages that follow a research: requests, bytes and processor time, for an hour of one page.

import { spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { launchWithTabs } from "../page/support/tabs.mjs";
import { until } from "../page/support/until.mjs";
import { startCluster } from "./cluster.mjs";
import { startLoad } from "./load.mjs";
import { cpuOf, startMeter } from "./meter.mjs";

const ID = "load-1";

/** Lines a second. */
export const RATES = [0, 1, 20];

/** What opens a page asks for once, over which nothing is measured: milliseconds after all are live. */
const SETTLE_MS = 5_000;

/** Tabs of one browser that share a connection. */
export const TABS = 10;

/** Browsers are heavy, so there are only so many of them. */
const BROWSERS = 2;

/**
 * @typedef {"polling" | "websocket"} Transport
 * @typedef {object} Followers
 * @property {number} pages how many hear each line
 * @property {number} units how many there are of what a row of the table is about: pages, or browsers of tabs that share
 * @property {() => number | Promise<number>} heard lines that all of them have heard together
 * @typedef {object} Figures of all pages together, over the time
 * @property {number} seconds
 * @property {number} units see `Followers`
 * @property {number} requests
 * @property {number} up bytes
 * @property {number} down bytes
 * @property {number} workers processor time in milliseconds
 * @property {number} others that of Redis and the balancer
 */

/**
 * Who follows, by name.
 * @type {Record<string, (t: import("./cluster.mjs").Scope, given: { url: string, transport: Transport, count: number, workers: { url: string }[] }) => Promise<Followers>>}
 */
export const FOLLOWERS = {
  nobody: async (t, { workers }) => {
    // A worker listens to Redis only from its first client on.
    const first = workers.map(({ url }) => startLoad(t, { url, clients: 1 }));
    for (const load of first) {
      await load.until("it is live", ({ live }) => live === 1);
      await load.end();
    }
    return { pages: 0, units: 1, heard: () => 0 };
  },
  "research-socket": async (t, { url, transport, count }) => {
    const load = startLoad(t, { url, clients: count, one: true, transport });
    await load.until("all are live", ({ live }) => live === count);
    return { pages: count, units: count, heard: () => load.last?.lines ?? 0 };
  },
  "socket.io-client": peers,
  "research-socket in Chromium": (t, given) => tabs(t, given, 1),
  [`${TABS} tabs of Chromium that share`]: (t, given) => tabs(t, given, TABS),
};

/** The old script's way, in Node. @type {(typeof FOLLOWERS)[string]} */
async function peers(t, { url, transport, count }) {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, "peers.mjs"), url, transport, String(count), ID], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  let last = { live: 0, lines: 0 };
  createInterface({ input: child.stdout }).on("line", (line) => (last = JSON.parse(line)));
  const areLive = () => {
    if (child.exitCode !== null) throw new Error(`the clients have ended with ${child.exitCode}`);
    return last.live === count;
  };
  await until("all are live", areLive, { seen: () => last });
  return { pages: count, units: count, heard: () => last.lines };
}

/**
 * Real tabs of real browsers, since only those share; one of each browser is looked at.
 * @param {import("./cluster.mjs").Scope} t @param {{ url: string, transport: Transport }} given @param {number} each
 * @returns {Promise<Followers>}
 */
async function tabs(t, { url, transport }, each) {
  /** @type {import("playwright-core").Page[]} */
  const pages = [];
  for (let n = 0; n < BROWSERS; n += 1) {
    const { launched, browser } = await launchWithTabs();
    t.after(async () => {
      await browser.close();
      await launched.close();
    });
    const [context] = browser.contexts();
    for (let tab = 0; tab < each; tab += 1) {
      const page = await context.newPage();
      await page.goto(`${url}/progress/${ID}`);
      await page.evaluate(share, { id: ID, transport });
      pages.push(page);
    }
  }
  for (const page of pages) await until("the tab is live", () => page.evaluate(() => /** @type {any} */ (window).run.client.connected));
  const heard = async () => (await Promise.all(pages.map((page) => page.evaluate(() => /** @type {number} */ (/** @type {any} */ (window).run.lines))))).reduce((sum, one) => sum + one, 0);
  return { pages: pages.length, units: BROWSERS, heard };
}

/** Runs in the page. @param {{ id: string, transport: string }} given */
async function share({ id, transport }) {
  const index = "/pkg/index.js";
  const { connect } = await import(index);
  const run = { client: await connect({ share: true, transports: [transport] }), lines: 0 };
  Object.assign(window, { run });
  run.client.subscribe(id).on("log", () => (run.lines += 1));
}

/**
 * Who follows at each of the rates, one after the other on one cluster.
 * @param {import("./cluster.mjs").Scope} t
 * @param {{ proxy?: import("./cluster.mjs").ProxyName, who: string, transport: Transport, count: number, seconds: number, settleMs?: number, rates?: number[] }} options `seconds`: of each rate,
 *   twice that without lines
 * @returns {Promise<Map<number, Figures>>} by the rate
 */
export async function cost(t, { proxy = "haproxy", who, transport, count, seconds, settleMs = SETTLE_MS, rates = RATES }) {
  const cluster = await startCluster(t, { proxy, times: "real" });
  const meter = await startMeter(t, cluster.url);
  const research = await cluster.startResearch(ID);
  const followers = await FOLLOWERS[who](t, { url: meter.url, transport, count, workers: cluster.workers });
  await sleep(settleMs);
  const { workers, others } = cluster.groups;
  const look = async () => ({ at: performance.now(), ...meter.counts(), workers: await cpuOf(workers), others: await cpuOf(others) });
  const figures = new Map();
  for (const rate of rates) {
    const stream = rate > 0 ? research.pace(rate) : undefined;
    const before = await look();
    await sleep(1_000 * seconds * (rate > 0 ? 1 : 2));
    const after = await look();
    await stream?.stop();
    await until("all lines are heard", async () => (await followers.heard()) >= followers.pages * research.written, { seen: () => followers.heard() });
    const passed = /** @type {(name: "requests" | "up" | "down" | "workers" | "others") => number} */ ((name) => after[name] - before[name]);
    figures.set(rate, { units: followers.units, seconds: (after.at - before.at) / 1_000, requests: passed("requests"), up: passed("up"), down: passed("down"), workers: passed("workers"), others: passed("others") });
  }
  return figures;
}

/**
 * For an hour of one of them, processor time in seconds. What is computed without pages is none of it.
 * @param {Figures} figures @param {Figures} empty the same without pages
 */
export function hourOf(figures, empty) {
  const scale = 3_600 / figures.seconds / figures.units;
  const without = (/** @type {"workers" | "others"} */ name) => figures[name] - (empty[name] * figures.seconds) / empty.seconds;
  return {
    requests: Math.round(figures.requests * scale),
    up: figures.up * scale,
    down: figures.down * scale,
    workers: (without("workers") * scale) / 1_000,
    others: (without("others") * scale) / 1_000,
  };
}
