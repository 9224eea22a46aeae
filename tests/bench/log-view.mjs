// A log in a page: <research-progress> beside a log viewer of npm and beside a list of one node a line. No server follows: all three are
// given the same lines in the same page.
//
// The viewer is @melloware/react-logviewer. Of those that are kept well it is the one that is made for what the element does: it takes
// lines of text without a server, appends to them, follows, jumps to a line and searches all of them, and needs React and nothing of a
// design system. @patternfly/react-log-viewer brings one; a terminal (@xterm/xterm) keeps lines of one width, and searches by an add-on.

import path from "node:path";
import { build } from "esbuild";
import { startPages } from "../page/element/open.mjs";
import { withPage } from "../page/support/browser.mjs";
import { tasksDuring } from "../page/support/tasks.mjs";
import { Meter } from "./support/meter.mjs";
import { alternate } from "./support/rows.mjs";
import { thousands } from "./support/table.mjs";

export const title = "a log in a page";

const SIZES = {
  full: { stream: 50_000, batches: 500, burst: 20_000, large: 200_000, huge: 1_000_000, frames: 120, rounds: 1 },
  quick: { stream: 5_000, batches: 50, burst: 5_000, large: 20_000, huge: 100_000, frames: 120, rounds: 1 },
  small: { stream: 200, batches: 5, burst: 200, large: 300, huge: 400, frames: 5, rounds: 1 },
};
/** Styles of the viewer are in its script. */
const POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'";
/** A peer that takes longer for something is not waited for. */
const PATIENCE_MS = 60_000;

/** @typedef {"ours" | "viewer" | "naive"} Side */
const PEERS = { viewer: "react-logviewer", naive: "a node a line" };
const NAMES = /** @type {const} */ (["viewer", "naive"]);
const SIDES = /** @type {Side[]} */ (["ours", ...NAMES]);

/** @type {import("./support/rows.mjs").Bench["run"]} */
export async function run(t, rows, size, options) {
  const { stream, batches, burst, large, huge, frames, rounds } = { ...SIZES[size], ...(options.rounds && { rounds: Number(options.rounds) }) };
  const sides = /** @type {Side[]} */ (options.scripts?.split(",") ?? SIDES);
  const bench = new Bench(rows, await bundled(), (await startPages(t, { policy: POLICY })).url);
  const NO_MORE = { ratio: 1 };

  const loads = [
    { name: "stream", count: stream, parts: batches, words: `${thousands(stream)} lines in ${batches} frames` },
    { name: "burst", count: burst, parts: 1, words: `${thousands(burst)} lines at once` },
  ];
  for (const { name, words } of loads) {
    bench.declare(`${name}/busy`, { what: `${words}: main thread`, unit: "s", aim: NO_MORE });
    bench.declare(`${name}/lost`, { what: `${words}: those that one cannot scroll to`, unit: "lines", aim: { most: 0 } });
    bench.declare(`${name}/task`, { what: `${words}: longest task`, unit: "ms", aim: { most: 50 } });
  }
  const many = `${thousands(large)} lines`;
  bench.declare("large/mount", { what: `${many}: until the last is shown`, unit: "s", aim: NO_MORE });
  bench.declare("large/scroll", { what: `${many}: from end to end, longest task`, unit: "ms", aim: NO_MORE });
  bench.declare("large/jump", { what: `${many}: jump to one, out of view by`, unit: "px", aim: { most: 0 } });
  bench.declare("large/memory", { what: `${many}: memory of a line`, unit: "bytes", aim: NO_MORE });
  bench.declare("large/find", { what: `${many}: search, until the one hit is in view`, unit: "ms", aim: { most: 100 } }, ["viewer"]);
  bench.declare("large/find/task", { what: `${many}: search, longest task`, unit: "ms", aim: { most: 50 } }, ["viewer"]);
  const most = `${thousands(huge)} lines`;
  bench.declare("huge/mount", { what: `${most}: until the last is shown`, unit: "s", aim: NO_MORE });
  bench.declare("huge/scroll", { what: `${most}: from end to end, longest task`, unit: "ms", aim: NO_MORE });

  await alternate(rounds, sides, async (side) => {
    for (const { name, count, parts } of loads) {
      await bench.on(side, count, async (page) => {
        const meter = await Meter.on(page);
        const { cpu } = await meter.during(async () => void (await feed(page, parts)));
        bench.add(`${name}/busy`, side, cpu / 1000);
        bench.add(`${name}/lost`, side, await page.evaluate((count) => globalThis.logView.lost(count), count));
      });
      // Recording the tasks costs time, so nothing else is measured here.
      await bench.on(side, count, async (page) => {
        bench.add(`${name}/task`, side, longest(await tasksDuring(page, async () => void (await feed(page, parts)))));
      });
    }
    await bench.on(side, 0, async (page) => {
      const meter = await Memory.on(page);
      const before = await meter.inUse();
      await page.evaluate((count) => globalThis.logView.prepare(count), large);
      bench.add("large/mount", side, (await feed(page, 1)) / 1000);
      bench.add("large/memory", side, ((await meter.inUse()) - before) / large);
      bench.add("large/scroll", side, longest(await scrolling(page, frames)));
      bench.add("large/jump", side, await page.evaluate((number) => globalThis.logView.jump(number), Math.round(0.75 * large)));
      if (side === "naive") return;
      const find = (/** @type {number} */ number) => page.evaluate((number) => globalThis.logView.find(number), number);
      // What is loaded on demand is there when somebody has come near.
      if (side === "ours") await page.locator("research-progress .log").hover();
      bench.add("large/find", side, await find(large / 2 + 1));
      bench.add("large/find/task", side, longest(await tasksDuring(page, async () => void (await find(large / 3 | 0)))));
    });
    // Peers may fail at so many.
    const expected = side === "ours" ? [] : [/^the page crashed/];
    await bench.on(side, huge, async (page) => {
      const fed = feed(page, 1);
      const took = side === "ours" ? await fed : await Promise.race([fed.catch(whyItCrashed), late()]);
      if (typeof took === "string") return bench.fails(side, took, "huge/mount", "huge/scroll");
      bench.add("huge/mount", side, took / 1000);
      bench.add("huge/scroll", side, longest(await scrolling(page, frames)));
    }, expected);
  });
}

/** Rows of ours beside each peer. */
class Bench {
  #rows;
  #script;
  #url;
  /** @type {Map<string, { spec: import("./support/rows.mjs").Spec, peers: readonly ("viewer" | "naive")[] }>} */
  #specs = new Map();

  /** @param {import("./support/rows.mjs").Rows} rows @param {string} script @param {string} url */
  constructor(rows, script, url) {
    this.#rows = rows;
    this.#script = script;
    this.#url = url;
  }

  /** @param {string} name @param {import("./support/rows.mjs").Spec} spec @param {readonly ("viewer" | "naive")[]} [peers] */
  declare(name, spec, peers = NAMES) {
    this.#specs.set(name, { spec, peers });
    for (const peer of peers) this.#rows.declare(nameOf(name, peer), { ...spec, beside: PEERS[peer] });
  }

  /** @param {string} name @param {Side} side @param {number} figure */
  add(name, side, figure) {
    for (const peer of this.#specs.get(name)?.peers ?? []) {
      if (side === "ours") this.#rows.add(nameOf(name, peer), { ours: figure });
      else if (side === peer) this.#rows.add(nameOf(name, peer), { peer: figure });
    }
  }

  /** A peer that has no figure: ours stands alone, and the row says why. @param {Side} side @param {string} why @param {string[]} names */
  fails(side, why, ...names) {
    const peer = /** @type {"viewer" | "naive"} */ (side);
    for (const name of names) {
      const row = nameOf(name, peer);
      const { ours = [] } = this.#rows.all.find((one) => one.row === row) ?? {};
      const { what, unit } = /** @type {{ spec: import("./support/rows.mjs").Spec }} */ (this.#specs.get(name)).spec;
      this.#rows.declare(row, { what: `${what} (${PEERS[peer]}: ${why})`, unit, beside: "" });
      for (const figure of ours) this.#rows.add(row, { ours: figure });
    }
  }

  /** Opens a page with one of them, and with lines to give it. @param {Side} side @param {number} count @param {(page: import("playwright-core").Page) => Promise<void>} use @param {RegExp[]} [expected] */
  on(side, count, use, expected = []) {
    return withPage(this.#url, { record: false, expected }, async (page) => {
      await page.route("**/app/log-view.js", (route) => route.fulfill({ contentType: "text/javascript", body: this.#script }));
      await page.evaluate(() => import(/** @type {any} */ ("/app/log-view.js")));
      await page.evaluate(async ([side, count]) => {
        await globalThis.logView.open(side);
        globalThis.logView.prepare(count);
      }, /** @type {const} */ ([side, count]));
      await use(page);
    });
  }
}

/** @param {string} name @param {"viewer" | "naive"} peer */
const nameOf = (name, peer) => `log-view/${name}${peer === "naive" ? "/naive" : ""}`;

/** Waits as long as it takes. @param {import("playwright-core").Page} page @param {number} batches @returns {Promise<number>} */
const feed = (page, batches) => page.evaluate((batches) => globalThis.logView.feed(batches), batches);

const late = () => new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, "not within 60 s").unref());

/** @param {Error} error @returns {string} */
function whyItCrashed(error) {
  if (!/crashed|closed/.test(error.message)) throw error;
  return "its page crashed";
}

/** @param {import("playwright-core").Page} page @param {number} frames */
const scrolling = (page, frames) => tasksDuring(page, () => page.evaluate((frames) => globalThis.logView.scroll(frames), frames));

/** Its processor time. @param {import("../page/support/tasks.mjs").Task[]} tasks */
const longest = (tasks) => tasks.reduce((most, { cpu }) => Math.max(most, cpu), 0);

/** What a page's JavaScript and its document take. */
class Memory {
  #session;

  /** @param {import("playwright-core").Page} page */
  static async on(page) {
    return new Memory(await page.context().newCDPSession(page));
  }

  /** @param {import("playwright-core").CDPSession} session */
  constructor(session) {
    this.#session = session;
  }

  /** After a collection, in bytes: objects, nodes of the document, and buffers, which are in none of both. */
  async inUse() {
    await this.#session.send("HeapProfiler.collectGarbage");
    const usage = await this.#session.send("Runtime.getHeapUsage");
    return usage.usedSize + usage.embedderHeapUsedSize + usage.backingStorageSize;
  }
}

/** The script of the page with the viewer and React as they are published for production; the element is that of the package. */
async function bundled() {
  const { outputFiles } = await build({
    entryPoints: [path.join(import.meta.dirname, "page/log-view.js")],
    bundle: true,
    format: "esm",
    minify: true,
    write: false,
    define: { "process.env.NODE_ENV": '"production"' },
    external: ["/support/*"],
    logLevel: "error",
  });
  return outputFiles[0].text;
}
