// How a backlog of lines goes to a page's handlers: in turns that grow, between which the browser may paint and the protocol run. The
// page's clock stands still but for its handlers, so that what is counted is the same on any machine.

import assert from "node:assert/strict";
import { test } from "node:test";
import { withPage } from "./support/browser.mjs";
import { numbered } from "./support/follow.mjs";
import { startServer } from "./support/servers.mjs";
import { LIMIT, until } from "./support/until.mjs";
import { startBrowser } from "./support/webdriver.mjs";

/** @typedef {{ evaluate: <T>(run: (...args: any[]) => T, args?: any) => Promise<T> }} Page */

const ID = "research-1";
const LINES = 120;
/** So many come at once: in an answer that is short enough to be read when it is there. */
const EACH = 10;
const HANDLER_MS = 7;
/** What the browser itself calls a long task. */
const LONG_TASK_MS = 50;
/** Handlers of a turn that has grown: of 48 ms in several tasks, of 16 ms and of 40 ms in one. */
const MOST = { chromium: 8, firefox: 3, webkit: 6 };

for (const name of /** @type {const} */ (["chromium", "firefox", "webkit"])) {
  test(`the browser has its turn less often the more lines wait, and no task of several handlers is long, in ${name}`, LIMIT, async (t) => {
    await onPage(t, name, async (page, server) => {
      for (let n = EACH; n <= LINES; n += EACH) {
        await server.control("lines", { id: ID, count: EACH, first: n - EACH + 1 });
        await until(`${n} lines have come`, () => page.evaluate((n) => /** @type {any} */ (window).drain.has(n), [n]));
      }
      await page.evaluate(() => /** @type {any} */ (window).drain.open());
      await until("all lines are handled", () => page.evaluate((n) => /** @type {any} */ (window).drain.lines.length >= n, [LINES]));
      const { lines, turns, priorities } = await page.evaluate(() => {
        const { lines, turns, priorities } = /** @type {any} */ (window).drain;
        return { lines, turns, priorities };
      });
      assert.deepEqual(lines, numbered("line", 1, LINES));
      const handlers = turns.map((/** @type {number[]} */ tasks) => tasks.reduce((sum, handlers) => sum + handlers, 0)).filter(Boolean);
      t.diagnostic(`handlers of each turn: ${handlers.join(" ")}; at most ${Math.max(...turns.flat())} in a task`);
      const [last, ...before] = handlers.toReversed();
      assert.deepEqual(before, before.toSorted((/** @type {number} */ a, /** @type {number} */ b) => b - a), "turns only grow");
      assert.equal(Math.max(...handlers), MOST[name]);
      assert.ok(before.length - 4 <= LINES / MOST[name] && last > 0, "they grow soon");
      assert.ok(Math.max(...turns.flat()) * HANDLER_MS < LONG_TASK_MS);
      assert.deepEqual([...new Set(priorities)], name === "chromium" ? ["user-blocking"] : []);
    });
  });
}

/** A page that follows, and whose turns are held back until `drain.open()`. @param {import("node:test").TestContext} t */
async function onPage(t, /** @type {"chromium" | "firefox" | "webkit"} */ name, /** @type {(page: Page, server: any) => Promise<void>} */ use) {
  const server = await startServer(t, "flask", { page: true });
  await server.control("research", { id: ID });
  const url = `${server.url}/progress/${ID}`;
  const go = async (/** @type {Page} */ page) => {
    await page.evaluate(prepare, [ID, HANDLER_MS]);
    await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
    // One only: another that comes later would stand among those that are counted.
    await server.control("lines", { id: ID, count: 1, prefix: "first" });
    await until("the page hears a line", () => page.evaluate(() => /** @type {any} */ (window).drain.lines.length > 0));
    await page.evaluate(() => /** @type {any} */ (window).drain.close());
    await use(page, server);
  };
  if (name === "chromium") return withPage(url, { record: false }, (page) => go({ evaluate: (run, args) => page.evaluate(([run, args]) => new Function(`return (${run})(...arguments)`)(...args), /** @type {any} */ ([String(run), args ?? []])) }));
  const browser = await startBrowser(t, name);
  await browser.goto(url);
  await go(browser);
}

/** Runs in the page. @param {string} id @param {number} cost */
function prepare(id, cost) {
  const drain = /** @type {any} */ ({ lines: [], turns: [], priorities: [], client: undefined });
  /** @type {any} */ (window).drain = drain;
  const now = performance.now.bind(performance);
  let ahead = 0;
  let before = 0;
  /** @type {number | undefined} */
  let still;
  performance.now = () => (still ?? now()) + ahead;

  /** @type {(() => void)[] | undefined} */
  let held;
  const { postMessage } = MessagePort.prototype;
  MessagePort.prototype.postMessage = function (/** @type {any[]} */ ...args) {
    const post = () => {
      drain.turns.push([0]);
      Reflect.apply(postMessage, this, args);
    };
    if (held) held.push(post);
    else post();
  };
  const { scheduler } = /** @type {any} */ (window);
  const { postTask } = scheduler ?? {};
  if (postTask) {
    scheduler.postTask = (/** @type {() => void} */ run, /** @type {{ priority: string }} */ options) => {
      drain.priorities.push(options.priority);
      drain.turns.at(-1).push(0);
      return Reflect.apply(postTask, scheduler, [run, options]);
    };
  }
  const clear = () => void (drain.turns.length = drain.priorities.length = 0);
  drain.close = () => {
    still = now();
    before = drain.client.stats().lines;
    held = [];
    drain.lines.length = 0;
    clear();
  };
  /** Whether so many lines have come. What a browser gives in several pieces needs a turn each, which is for one handler only then. */
  drain.has = (/** @type {number} */ n) => {
    if (drain.client.stats().lines - before >= n) return true;
    held?.shift()?.();
    return false;
  };
  drain.open = () => {
    const posts = held ?? [];
    held = undefined;
    clear();
    for (const post of posts) post();
  };
  const index = "/pkg/index.js";
  void import(index).then(async ({ connect }) => {
    drain.client = await connect();
    drain.client.subscribe(id).on("log", (/** @type {{ message: string }} */ { message }) => {
      drain.lines.push(message);
      if (still !== undefined) {
        ahead += held ? 1000 : cost;
        drain.turns.at(-1)[drain.turns.at(-1).length - 1] += 1;
      }
    });
  });
}
