// Many lines at once on the stand-in of the application's page: with the element in the place of its progress area and log panel, beside the
// page as it is, with the old script. What a line costs there is split as in the application: 2 ms for the row, 5 ms for the handler,
// which draws the icon. Under the application's policy, so with the core as JavaScript.

import { startApplication } from "../page/old-page/open.mjs";
import { FAILED_REQUEST, withPage } from "../page/support/browser.mjs";
import { tasksDuring } from "../page/support/tasks.mjs";
import { until } from "../page/support/until.mjs";
import { Meter } from "./support/meter.mjs";
import { alternate } from "./support/rows.mjs";
import { thousands } from "./support/table.mjs";

export const title = "the element in the old page";

const SIZES = { full: { lines: 20_000, rounds: 1 }, quick: { lines: 2_000, rounds: 1 }, small: { lines: 30, rounds: 1 } };
const ID = "research-1";
const COST = "&row=2&update=5";
const QUERIES = { ours: `script=ours&element=${COST}`, old: `script=old${COST}` };
/** The old script asks for what the server does not have, and its sessions end with requests that fail. */
const EXPECTED = [FAILED_REQUEST, /^console: WebSocket connection/];
/** Of the old script lines are lost: after so long without another one it has shown what it will show. */
const STILL_MS = 15_000;

/** @typedef {keyof typeof QUERIES} Script */

/** @type {import("./support/rows.mjs").Bench["run"]} */
export async function run(t, rows, size, options) {
  const { lines, rounds } = { ...SIZES[size], ...(options.lines && { lines: Number(options.lines) }), ...(options.rounds && { rounds: Number(options.rounds) }) };
  const scripts = /** @type {Script[]} */ ((options.scripts ?? "ours,old").split(","));
  const what = `${thousands(lines)} lines at once in the old page`;
  const beside = "its panel and the old script";
  rows.declare("old-page/time", { what: `${what}, the element in it: until the last is shown`, unit: "s", beside, aim: { most: 5 } });
  rows.declare("old-page/busy", { what: `${what}: main thread`, unit: "s", beside });
  rows.declare("old-page/lost", { what: `${what}: never shown`, unit: "lines", beside, aim: { most: 0 } });
  rows.declare("old-page/task", { what: `${what}: longest task`, unit: "ms", beside: "", aim: { most: 50 } });
  await alternate(rounds, scripts, async (script) => {
    await onPage(t, script, lines, async (page, deliver) => {
      const meter = await Meter.on(page);
      let seen = { shown: 0, took: NaN };
      const { cpu } = await meter.during(async () => void (seen = await deliver()));
      const side = script === "ours" ? "ours" : "peer";
      rows.add("old-page/time", { [side]: seen.took / 1000 });
      rows.add("old-page/busy", { [side]: cpu / 1000 });
      rows.add("old-page/lost", { [side]: lines - seen.shown });
    });
  });
  // Recording the tasks costs time, so nothing else is measured here.
  await onPage(t, "ours", lines, async (page, deliver) => {
    const tasks = await tasksDuring(page, async () => void (await deliver()));
    rows.add("old-page/task", { ours: tasks.reduce((most, { cpu }) => Math.max(most, cpu), 0) });
  });
}

/**
 * @param {import("node:test").TestContext} t @param {Script} script @param {number} lines
 * @param {(page: import("playwright-core").Page, deliver: () => Promise<{ shown: number, took: number }>) => Promise<void>} use
 */
async function onPage(t, script, lines, use) {
  const server = await startApplication(t);
  await server.control("research", { id: ID, status: "in_progress" });
  await withPage(`${server.url}/progress/${ID}?${QUERIES[script]}`, { expected: EXPECTED, record: false }, async (page) => {
    /** @param {number} count */
    const has = (count) => until(`${count} lines`, async () => (await page.evaluate(look)).shown >= count);
    await until("the page is connected", () => page.evaluate(() => /** @type {any} */ (window).socket?.isConnected?.() === true));
    await page.evaluate(watch);
    await server.control("lines", { id: ID, count: 1, prefix: "first" });
    await has(1);
    await use(page, async () => {
      const begin = await page.evaluate(() => performance.now());
      await server.control("lines", { id: ID, count: lines });
      let before = { shown: -1, at: 0 };
      let since = performance.now();
      await until("the page is done", async () => {
        const now = await page.evaluate(look);
        if (now.shown !== before.shown) since = performance.now();
        before = now;
        return now.shown > lines || performance.now() - since > STILL_MS;
      }, { within: 600_000, every: 250 });
      return { shown: before.shown - 1, took: before.at - begin };
    });
  });
  server.kill();
}

/** In the page: looks at each frame how many lines the element shows, and notes when they became more; of the page's own handler each line. */
function watch() {
  const { heard } = /** @type {any} */ (window);
  const shown = { shown: 0, at: 0 };
  Object.assign(window, { watched: shown });
  const note = (/** @type {number} */ count) => {
    if (count > shown.shown) Object.assign(shown, { shown: count, at: performance.now() });
  };
  const frame = () => {
    const root = document.querySelector("research-progress")?.shadowRoot;
    note(root ? Number(root.querySelector(".filter-all .count")?.textContent?.replaceAll(",", "")) : heard.lines);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

/** In the page. */
function look() {
  return /** @type {any} */ (window).watched;
}
