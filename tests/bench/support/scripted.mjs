// A page and a server that sends each client the very same bytes, as fast as the page asks for them.

import path from "node:path";
import { startHostile } from "../../page/hostile/server.mjs";
import { withPage } from "../../page/support/browser.mjs";
import { ROOT } from "../../page/support/places.mjs";
import { until } from "../../page/support/until.mjs";

const PAGE = path.join(import.meta.dirname, "../page");
/** Lines of one answer to a poll. */
const EACH = 500;

/** What pages of the benches load beside the package. */
export const FOLDERS = { "/bench": PAGE, "/peer": path.join(ROOT, "node_modules/socket.io-client/dist") };

/**
 * Opens a page with a client that follows `r`, and runs `use`.
 * @param {import("node:test").TestContext} t @param {"ours" | "peer" | "old"} client
 * @param {(page: import("playwright-core").Page, server: Awaited<ReturnType<typeof startHostile>>) => Promise<void>} use
 */
export async function following(t, client, use) {
  const server = await startHostile(t, { html: path.join(PAGE, "page.html"), folders: FOLDERS });
  await withPage(server.url, { record: false }, async (page) => {
    await start(page, "follow", { client });
    await until("it has subscribed", () => server.received.some((packet) => packet.includes("subscribe_to_research")));
    await use(page, server);
  });
  server.close();
}

/** Starts a client by a function of page/clients.js. @param {import("playwright-core").Page} page @param {string} how @param {object} given */
export async function start(page, how, given) {
  await page.evaluate(async ([how, given]) => (await import("/bench/clients.js"))[how](given), /** @type {const} */ ([how, given]));
}

/**
 * Sends so many lines, each `copies` times one after the other, as the application's server of 1.3 does, and waits until the page has heard `calls` of them in all.
 * @param {import("playwright-core").Page} page @param {Awaited<ReturnType<typeof startHostile>>} server
 * @param {{ count: number, copies?: 1 | 2, first?: number, calls: number }} given
 */
export async function sendLines(page, server, { count, copies = 1, first = 0, calls }) {
  const bodies = Math.ceil(count / EACH);
  await server.send(bodies, (n) => {
    const from = first + n * EACH;
    const to = Math.min(from + EACH, first + count);
    const packets = [];
    for (let line = from; line < to; line += 1) {
      const packet = `42["progress_r",${JSON.stringify({ log_entry: entryOf(line) })}]`;
      for (let copy = 0; copy < copies; copy += 1) packets.push(packet);
    }
    return packets;
  });
  await heard(page, calls);
}

/** Waits until the page has heard so many lines, and asks so little that the asking costs it nothing. @param {import("playwright-core").Page} page @param {number} calls */
export async function heard(page, calls) {
  const enough = (/** @type {number} */ calls) => /** @type {any} */ (window).run.calls >= calls;
  // What is lost shows in the count.
  await page.waitForFunction(enough, calls, { timeout: 120_000, polling: 100 }).catch(() => {});
}

/** How often the page's handler has been called. @param {import("playwright-core").Page} page @returns {Promise<number>} */
export function callsOf(page) {
  return page.evaluate(() => /** @type {any} */ (window).run.calls);
}

/** A line that is like no other. @param {number} n */
export function entryOf(n) {
  const micros = String(n % 1_000_000).padStart(6, "0");
  return { message: `Getting previews for query number ${n}`, type: "INFO", time: `2026-11-21T21:45:09.${micros}+00:00` };
}
