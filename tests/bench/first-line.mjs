// How soon a person sees a line after opening the stand-in of the application's page, with the script that behaves as the application's
// own and with ours in its place, each with a cold cache.

import { startApplication } from "../page/old-page/open.mjs";
import { FAILED_REQUEST, withPage } from "../page/support/browser.mjs";
import { tasksDuring } from "../page/support/tasks.mjs";
import { until } from "../page/support/until.mjs";
import { alternate } from "./support/rows.mjs";

export const title = "the first line";

const ROUNDS = { full: 5, quick: 3, small: 1 };
/** Times that a processor is slower, and what a network takes: milliseconds for each way and back, bits a second. */
const CONDITIONS = {
  "no throttle": { aim: 1.0 },
  "4× CPU": { aim: 1.3, cpu: 4 },
  "10 Mbit/s, 40 ms": { aim: 1.3, network: { latency: 40, bits: 10e6 } },
};
/** What runs the core under each policy: the application's own forbids WebAssembly. */
const CORES = /** @type {const} */ ({ wasm: "wasm", strict: "JavaScript" });
const BESIDE = "the old script";
/** Between lines: what a figure is exact to. */
const EVERY_MS = 20;
const BUSY = "4× CPU";

/** @type {import("./support/rows.mjs").Bench["run"]} */
export async function run(t, rows, size) {
  for (const [security, core] of Object.entries(CORES).slice(0, size === "small" ? 1 : undefined)) {
    for (const [condition, { aim }] of Object.entries(CONDITIONS)) {
      rows.declare(`first-line/${condition}/${core}`, { what: `first line, ${condition}, core as ${core}`, unit: "ms", beside: BESIDE, aim: { ratio: aim } });
    }
    rows.declare(`ready/${core}`, { what: `until ready, ${BUSY}, core as ${core}: main thread`, unit: "ms", beside: BESIDE, aim: { ratio: 1.5 } });
    rows.declare(`ready/task/${core}`, { what: `until ready, ${BUSY}, core as ${core}: longest task`, unit: "ms", beside: BESIDE, aim: { most: 50 } });
    const server = await startApplication(t, { security });
    for (const condition of Object.keys(CONDITIONS)) {
      await pairs(ROUNDS[size], (script) => opening(server, script, condition), (figures) => rows.add(`first-line/${condition}/${core}`, figures));
    }
    await pairs(ROUNDS[size], (script) => busy(server, script), ({ ours, peer }) => {
      rows.add(`ready/${core}`, { ours: ours.sum, peer: peer.sum });
      rows.add(`ready/task/${core}`, { ours: ours.longest, peer: peer.longest });
    });
    server.kill();
  }
}

/** @template T @param {number} rounds @param {(script: "ours" | "old") => Promise<T>} measure @param {(figures: { ours: T, peer: T }) => void} tell */
async function pairs(rounds, measure, tell) {
  const figures = { ours: /** @type {T[]} */ ([]), old: /** @type {T[]} */ ([]) };
  await alternate(rounds, /** @type {const} */ (["ours", "old"]).slice(), async (script) => void figures[script].push(await measure(script)));
  figures.ours.forEach((ours, round) => tell({ ours, peer: figures.old[round] }));
}

let opened = 0;

/** @param {any} server @param {"ours" | "old"} script @param {string} condition @param {(page: import("playwright-core").Page, open: () => Promise<void>) => Promise<void>} [use] */
async function opening(server, script, condition, use = (_, open) => open()) {
  const id = `opening-${(opened += 1)}`;
  const { cpu, network } = /** @type {{ cpu?: number, network?: { latency: number, bits: number } }} */ (CONDITIONS[/** @type {keyof typeof CONDITIONS} */ (condition)]);
  let first = NaN;
  await server.control("research", { id, status: "in_progress" });
  // The old script asks for a WebSocket first, which the page may leave before it is there.
  await withPage("about:blank", { expected: [FAILED_REQUEST, /^console: WebSocket connection/], record: false }, async (page) => {
    const devtools = await page.context().newCDPSession(page);
    if (cpu) await devtools.send("Emulation.setCPUThrottlingRate", { rate: cpu });
    if (network) {
      const speed = network.bits / 8;
      await devtools.send("Network.enable");
      await devtools.send("Network.emulateNetworkConditions", { offline: false, latency: network.latency, downloadThroughput: speed, uploadThroughput: speed });
    }
    await use(page, async () => {
      const sending = new AbortController();
      const lines = send(server, id, sending.signal);
      await page.goto(`${server.url}/progress/${id}?script=${script}&row=0`);
      const found = await page.waitForFunction(() => /** @type {any} */ (window).seen?.firstRow, null, { polling: 100 });
      first = await found.jsonValue();
      sending.abort();
      await lines;
    });
  });
  return first;
}

/** Sends a line again and again until it is told to stop. @param {any} server @param {string} id @param {AbortSignal} signal */
async function send(server, id, signal) {
  let n = 0;
  const next = async () => {
    await server.control("lines", { id, count: 1, first: (n += 1) });
    return signal.aborted;
  };
  await until("the first line", next, { every: EVERY_MS });
}

/** The tasks until the first line stands there: recording them costs time, so it is no round of the others. @param {any} server @param {"ours" | "old"} script */
async function busy(server, script) {
  /** @type {{ cpu: number }[]} */
  let tasks = [];
  await opening(server, script, BUSY, async (page, open) => void (tasks = await tasksDuring(page, open)));
  return { sum: tasks.reduce((sum, { cpu }) => sum + cpu, 0), longest: tasks.reduce((most, { cpu }) => Math.max(most, cpu), 0) };
}
