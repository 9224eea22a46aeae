// Many tabs of one browser: how soon each is connected, and what a small request from one of them takes. Over HTTP/1.1 a browser opens
// six connections to a host, for all its tabs.

import { launch } from "../page/support/browser.mjs";
import { startServer } from "../page/support/servers.mjs";
import { until } from "../page/support/until.mjs";
import { Meter } from "./support/meter.mjs";
import { alternate, quantile } from "./support/rows.mjs";

export const title = "many tabs";

const SIZES = {
  full: { tabs: 20, patience: 10_000, rounds: 3, requests: 40, lines: 5_000 },
  quick: { tabs: 20, patience: 5_000, rounds: 1, requests: 20, lines: 2_000 },
  small: { tabs: 3, patience: 0, rounds: 1, requests: 3, lines: 50 },
};
const ID = "r";

/** @type {import("./support/rows.mjs").Bench["run"]} */
export async function run(t, rows, size) {
  const { tabs, patience, rounds, requests, lines } = SIZES[size];
  rows.declare("tabs/load", { what: `${tabs} tabs that share: navigation to connected, the slowest`, unit: "ms", beside: "", aim: { most: 2_000 } });
  rows.declare("tabs/connected", { what: `of ${tabs} tabs not connected after ${patience / 1_000} s`, unit: "tabs", beside: "each alone", aim: { most: 0 } });
  rows.declare("tabs/request", { what: `a small request from one of ${tabs} tabs that share`, unit: "ms", beside: "one tab", aim: { ratio: 1.3 } });
  rows.declare("tabs/leader", { what: `${lines} lines, main thread of the tab that has the connection for ${tabs}`, unit: "ms", beside: "one tab" });
  await alternate(rounds, /** @type {const} */ (["share", "alone", "one"]), async (how) => {
    const server = await startServer(t, "flask", { page: true, release: "1.5" });
    await server.control("research", { id: ID, status: "in_progress" });
    const browser = await launch();
    try {
      const context = await browser.newContext();
      const open = async (/** @type {object} */ options) => {
        const page = await context.newPage();
        // The page itself may not come, since all connections are held.
        const opened = page.goto(`${server.url}/progress/${ID}`, { timeout: 0 }).then(() => page.evaluate(follow, { id: ID, options }));
        opened.catch(() => {});
        return { page, opened };
      };
      if (how === "one") {
        const { page, opened } = await open({});
        await opened;
        await until("it is connected", () => connectedAt(page));
        rows.add("tabs/request", { peer: await request(page, requests) });
        rows.add("tabs/leader", { peer: await cost(server, page, [page], lines) });
        return;
      }
      const all = [];
      for (let n = 0; n < tabs; n += 1) all.push(await open(how === "share" ? { share: true } : {}));
      if (how === "alone") {
        const end = performance.now() + patience;
        await until("time has passed", () => performance.now() >= end, { within: patience + 60_000 });
        // Each has a session of its own.
        const { connected } = await server.stats();
        rows.add("tabs/connected", { peer: tabs - connected });
        return;
      }
      await Promise.all(all.map(({ opened }) => opened));
      const pages = all.map(({ page }) => page);
      for (const page of pages) await until("the tab is connected", () => connectedAt(page));
      const at = await Promise.all(pages.map(connectedAt));
      rows.add("tabs/load", { ours: Math.max(...at) });
      rows.add("tabs/connected", { ours: at.filter((at) => patience > 0 && at > patience).length });
      const roles = await Promise.all(pages.map((page) => page.evaluate(() => /** @type {any} */ (window).run.client.stats().role)));
      const leader = pages[Math.max(0, roles.indexOf("leader"))];
      rows.add("tabs/request", { ours: await request(pages.find((page) => page !== leader) ?? leader, requests) });
      rows.add("tabs/leader", { ours: await cost(server, leader, pages, lines) });
    } finally {
      await browser.close();
      server.kill();
    }
  });
}

/** Runs in the page. @param {{ id: string, options: object }} given */
async function follow({ id, options }) {
  const index = "/pkg/index.js";
  const { connect } = await import(index);
  const client = await connect(options);
  const run = { client, at: client.connected ? performance.now() : 0, lines: 0 };
  Object.assign(window, { run });
  client.on("connect", () => (run.at ||= performance.now()));
  client.subscribe(id).on("log", () => (run.lines += 1));
}

/** When, since the navigation; 0 if it is not. @param {import("playwright-core").Page} page @returns {Promise<number>} */
const connectedAt = (page) => page.evaluate(() => /** @type {any} */ (window).run?.at ?? 0);

/** The median. @param {import("playwright-core").Page} page @param {number} count */
async function request(page, count) {
  const took = await page.evaluate(
    async ([id, count]) => {
      const took = [];
      for (let n = 0; n < Number(count); n += 1) {
        const begin = performance.now();
        await (await fetch(`/api/research/${id}/status?n=${n}`)).text();
        took.push(performance.now() - begin);
      }
      return took;
    },
    [ID, count],
  );
  return quantile(took, 0.5);
}

/** What lines cost a page that all of these hear. @param {any} server @param {import("playwright-core").Page} page @param {import("playwright-core").Page[]} pages @param {number} count */
async function cost(server, page, pages, count) {
  const meter = await Meter.on(page);
  const { cpu } = await meter.during(async () => {
    await server.control("lines", { id: ID, count });
    for (const each of pages) await until("all lines are there", () => each.evaluate((count) => /** @type {any} */ (window).run.lines >= count, count), { within: 120_000, every: 100 });
  });
  return cpu;
}
