// How soon a line is there once the server is up again, in pages that wait for it.

import { FAILED_REQUEST, withPage } from "../page/support/browser.mjs";
import { startServer } from "../page/support/servers.mjs";
import { until } from "../page/support/until.mjs";
import { FOLDERS, start } from "./support/scripted.mjs";

export const title = "the server is up again";

const SIZES = {
  full: { outage: 10_000, rounds: 4, pages: 3 },
  quick: { outage: 6_000, rounds: 1, pages: 3 },
  small: { outage: 0, rounds: 1, pages: 1 },
};
/** Between lines once the server is up: what a figure is exact to. */
const EVERY_MS = 25;

/** @type {import("./support/rows.mjs").Bench["run"]} */
export async function run(t, rows, size) {
  const { outage, rounds, pages } = SIZES[size];
  rows.declare("restart", { what: `server up again after ${outage / 1_000} s: first line`, unit: "ms", aim: { ratio: 1.0 } });
  for (let round = 0; round < rounds; round += 1) {
    const sides = Array.from({ length: pages }, () => /** @type {const} */ (["ours", "peer"])).flat();
    await outageOf(t, outage, sides, (side, took) => rows.add("restart", { [side]: took }));
  }
}

/** @param {import("node:test").TestContext} t @param {number} outage @param {("ours" | "peer")[]} sides @param {(side: "ours" | "peer", took: number) => void} tell */
async function outageOf(t, outage, sides, tell) {
  const id = "r";
  const server = await startServer(t, "flask", { page: true, release: "1.5", static: [`/bench=${FOLDERS["/bench"]}`] });
  const connected = async () => (await server.stats()).subscriptions.length;
  /** @type {import("playwright-core").Page[]} */
  const pages = [];
  // Each in a context of its own, all open at once.
  const open = async (/** @type {number} */ n) => {
    if (n === sides.length) return goOn();
    await withPage(server.url, { expected: [FAILED_REQUEST], record: false }, async (page) => {
      pages.push(page);
      await start(page, "followByClock", { client: sides[n], id });
      await until("the page subscribes", async () => (await connected()) === n + 1);
      await open(n + 1);
    });
  };
  const goOn = async () => {
    server.kill();
    await until("the time of the outage", after(outage), { within: outage + 60_000, every: 100 });
    await server.start();
    const up = Date.now();
    await server.control("research", { id, status: "in_progress" });
    let n = 0;
    const heard = async () => {
      await server.control("lines", { id, count: 1, first: (n += 1) });
      const calls = await Promise.all(pages.map((page) => page.evaluate(() => /** @type {any} */ (window).run.at[0])));
      return calls.every(Boolean) && calls;
    };
    const firsts = await until("each page has a line", heard, { every: EVERY_MS });
    firsts.forEach((at, n) => tell(sides[n], at - up));
  };
  await open(0);
  server.kill();
}

/** @param {number} ms */
function after(ms) {
  const end = performance.now() + ms;
  return () => performance.now() >= end;
}
