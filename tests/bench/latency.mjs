// How old a line is when a page has it, on a connection that has nothing else to do. Both clients hear the very same lines, each in a
// page of its own.

import assert from "node:assert/strict";
import { withPage } from "../page/support/browser.mjs";
import { startServer } from "../page/support/servers.mjs";
import { PATIENCE_MS } from "../page/support/until.mjs";
import { quantile } from "./support/rows.mjs";
import { FOLDERS, start } from "./support/scripted.mjs";
import { thousands } from "./support/table.mjs";

export const title = "latency of a line";

const SIZES = {
  full: { lines: 60, every: 1_000, rounds: 2 },
  quick: { lines: 20, every: 250, rounds: 2 },
  small: { lines: 3, every: 50, rounds: 1 },
};
const SIDES = /** @type {const} */ (["ours", "peer"]);
/** What carries the lines, and what the names and words of its rows have besides. */
const TRANSPORTS = { polling: ["", ""], websocket: ["websocket-", " over a WebSocket"] };
const PARTS = [50, 99];

/** @type {import("./support/rows.mjs").Bench["run"]} */
export async function run(t, rows, size) {
  const { lines, every, rounds } = SIZES[size];
  for (const [name, words] of Object.values(TRANSPORTS)) {
    for (const part of PARTS) {
      rows.declare(`latency/${name}p${part}`, { what: `latency of a line${words}, one every ${thousands(every)} ms: p${part}`, unit: "ms", aim: { ratio: 1.05 } });
    }
  }
  const server = await startServer(t, "flask", { page: true, release: "1.5", static: [`/bench=${FOLDERS["/bench"]}`] });
  for (let round = 0; round < rounds; round += 1) {
    for (const [transport, [name]] of Object.entries(TRANSPORTS)) {
      // The server sends each line to whoever subscribed first, first.
      const ages = await both(server, `${transport}-${round}`, round % 2 ? SIDES.toReversed() : [...SIDES], { lines, every, transport });
      for (const part of PARTS) {
        rows.add(`latency/${name}p${part}`, { ours: quantile(ages.ours, part / 100), peer: quantile(ages.peer, part / 100) });
      }
    }
  }
}

/** @param {any} server @param {string} id @param {(typeof SIDES)[number][]} order @param {{ lines: number, every: number, transport: string }} given */
async function both(server, id, order, { lines, every, transport }) {
  /** @type {Record<string, number[]>} */
  const ages = {};
  const before = (await server.stats()).subscriptions.length;
  await server.control("research", { id, status: "in_progress" });
  await withPage(server.url, { record: false }, (first) =>
    withPage(server.url, { record: false }, async (second) => {
      const pages = [first, second];
      for (const [n, client] of order.entries()) {
        await start(pages[n], "followByClock", { client, id, transports: [transport] });
        await server.until("the page subscribes", (/** @type {any} */ { subscriptions }) => subscriptions.length === before + n + 1);
      }
      // The first one waits for the stored log, which is asked for as the subscription is taken: its age is a matter of `first-line`.
      const all = lines + 1;
      await server.control("lines", { id, count: all, every_ms: every });
      for (const [n, client] of order.entries()) {
        const enough = (/** @type {number} */ lines) => /** @type {any} */ (window).run.calls >= lines;
        await pages[n].waitForFunction(enough, all, { timeout: all * every + PATIENCE_MS, polling: 500 });
        const [, ...later] = await pages[n].evaluate(() => /** @type {any} */ (window).run.ages);
        assert.equal(later.length, lines, `lines that ${client} has handed over behind the first`);
        ages[client] = later;
      }
    }),
  );
  return ages;
}
