// What a page does that follows a research of which nothing comes: as long as so many pings of the server take.

import { withPage } from "../page/support/browser.mjs";
import { Requests, recordRequests } from "../page/support/requests.mjs";
import { startServer } from "../page/support/servers.mjs";
import { PATIENCE_MS, until } from "../page/support/until.mjs";
import { Meter } from "./support/meter.mjs";
import { FOLDERS, start } from "./support/scripted.mjs";

export const title = "an idle page";

const SIZES = {
  full: { pings: 60, interval: 5 },
  quick: { pings: 10, interval: 5 },
  small: { pings: 3, interval: 0.3 },
};
const SIDES = /** @type {const} */ (["ours", "peer"]);

/** @type {import("./support/rows.mjs").Bench["run"]} */
export async function run(t, rows, size) {
  const { pings, interval } = SIZES[size];
  const what = `idle for ${pings} pings, one every ${interval} s`;
  // The answer to each is the end of one poll and the begin of the next, and a POST with the pong.
  rows.declare("idle/requests", { what: `${what}: requests`, unit: "requests", aim: { most: 2 * pings } });
  // The deadline of the heartbeat, anew with each ping. It never comes.
  rows.declare("idle/timers", { what: `${what}: timers set`, unit: "timers", aim: { most: pings } });
  rows.declare("idle/wake-ups", { what: `${what}: timers fired`, unit: "wake-ups", aim: { most: 0 } });
  rows.declare("idle/cpu", { what: `${what}: main thread`, unit: "ms" });
  const server = await startServer(t, "flask", { page: true, release: "1.5", pingInterval: interval, static: [`/bench=${FOLDERS["/bench"]}`] });
  await server.control("research", { id: "r", status: "in_progress" });
  const [ours, peer] = await Promise.all(SIDES.map((side) => measure(server, side, pings, interval)));
  for (const name of /** @type {const} */ (["requests", "timers", "wake-ups", "cpu"])) {
    rows.add(`idle/${name}`, { ours: ours[name], peer: peer[name] });
  }
}

/** @param {any} server @param {(typeof SIDES)[number]} client @param {number} pings @param {number} interval */
async function measure(server, client, pings, interval) {
  let measured = { requests: NaN, timers: NaN, "wake-ups": NaN, cpu: NaN };
  await withPage("about:blank", { record: false }, async (page) => {
    await page.addInitScript({ path: `${FOLDERS["/bench"]}/timers.js` });
    await page.goto(server.url);
    const requests = recordRequests(page);
    await start(page, "follow", { client });
    const within = 2_000 * pings * interval + PATIENCE_MS;
    // What a new subscription asks for comes before the second pong.
    await until("the second pong", () => pongs(requests).length >= 2, { within });
    const first = await look(page, requests);
    const meter = await Meter.on(page);
    const { cpu } = await meter.during(() => until("the last pong", () => pongs(requests).length >= first.pongs + pings, { within }));
    const last = await look(page, requests);
    // A machine that is busy looks when there have been more.
    const more = last.pongs - first.pongs - pings;
    measured = { requests: last.requests - first.requests - 2 * more, timers: last.set - first.set, "wake-ups": last.fired - first.fired, cpu };
  });
  return measured;
}

/** @param {Requests} requests */
function pongs({ all }) {
  return all.filter(({ method, body }) => method === "POST" && body === "3");
}

/**
 * As of a moment at which nothing is under way but the poll that waits.
 * @param {import("playwright-core").Page} page @param {Requests} requests
 */
async function look(page, requests) {
  let counted = { pongs: NaN, requests: NaN };
  await until("only the poll is open", () => {
    const open = requests.all.filter(({ endedAt }) => endedAt === null);
    counted = { pongs: pongs(requests).length, requests: requests.all.length };
    return open.length === 1 && open[0].method === "GET";
  });
  const timers = await page.evaluate(() => /** @type {any} */ (window).timers);
  return { ...timers, ...counted };
}
