// When a page hears of a line that comes over a WebSocket while nothing else waits: in the task in which it was read, and what comes behind it in the
// next one. The tasks that the package asks for are held back here, so that it shows which line needs one. Over long-polling each needs one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { withPage } from "./support/browser.mjs";
import { numbered } from "./support/follow.mjs";
import { startServer } from "./support/servers.mjs";
import { LIMIT, until } from "./support/until.mjs";
import { startBrowser } from "./support/webdriver.mjs";

/** @typedef {{ evaluate: <T>(run: (...args: any[]) => T, args?: any[]) => Promise<T> }} Page */

const ID = "research-1";
const OTHER = "research-2";
const BROWSERS = /** @type {const} */ (["chromium", "firefox", "webkit"]);
/** Chromium writes why a WebSocket ended on the console. */
const FAILED_SOCKET = /^console: WebSocket connection to/;
const THROWN = /a handler of the page failed/;

for (const name of BROWSERS) {
  test(`a line that comes alone over a WebSocket needs no task of its own, and what comes behind it waits for one, in ${name}`, LIMIT, async (t) => {
    await onPage(t, name, "websocket", async (page, server) => {
      await server.control("lines", { id: ID, count: 1 });
      await hears(page, 1);
      await readBehind(page, server, 2);
      assert.deepEqual(await linesOf(page), numbered("line", 1, 1));
      await page.evaluate(() => /** @type {any} */ (window).alone.open());
      await hears(page, 5);
      assert.deepEqual(await linesOf(page), numbered("line", 1, 5));
    });
  });
}

test("a line that comes over long-polling waits for a task, so that its handlers run between no two continuations of the page's promises", LIMIT, async (t) => {
  await onPage(t, "chromium", "polling", async (page, server) => {
    await readBehind(page, server, 1);
    assert.deepEqual(await linesOf(page), []);
    await page.evaluate(() => /** @type {any} */ (window).alone.open());
    await hears(page, 5);
    assert.deepEqual(await linesOf(page), numbered("line", 1, 5));
  });
});

test("a handler of a line that comes alone may subscribe, emit, throw and close", LIMIT, async (t) => {
  await onPage(t, "chromium", "websocket", async (page, server) => {
    await page.evaluate(act, [OTHER]);
    const hear = async (/** @type {string} */ id, /** @type {number} */ n) => {
      await until("no task is on its way", () => page.evaluate(() => /** @type {any} */ (window).alone.close()));
      await server.control("lines", { id, count: 1, first: n });
      await hears(page, n);
      await page.evaluate(() => /** @type {any} */ (window).alone.open());
    };
    await hear(ID, 1);
    await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 2);
    await until("the answer is there", () => page.evaluate(() => /** @type {any} */ (window).alone.answer === 7));
    await hear(OTHER, 2);
    await hear(ID, 3);
    await hear(ID, 4);
    await server.untilGoodbye();
    const { name, nested } = await page.evaluate(() => ({ name: /** @type {any} */ (window).alone.client.state.name, nested: /** @type {any} */ (window).alone.nested }));
    assert.deepEqual([name, nested], ["closed", false], "its state, and whether a handler was called within another");
    assert.deepEqual(await linesOf(page), numbered("line", 1, 4));
  });
});

/** Sends one line after the other up to line 5, each when the client has read the one before. @param {Page} page @param {any} server @param {number} first */
async function readBehind(page, server, first) {
  for (let n = first; n <= 5; n += 1) {
    await server.control("lines", { id: ID, count: 1, first: n });
    await until(`line ${n} has come`, () => page.evaluate((n) => /** @type {any} */ (window).alone.read() >= n, [n]));
  }
}

/** @param {Page} page @param {number} count */
function hears(page, count) {
  return until(`${count} lines are heard`, async () => (await linesOf(page)).length >= count);
}

/** @param {Page} page @returns {Promise<string[]>} */
function linesOf(page) {
  return page.evaluate(() => /** @type {any} */ (window).alone.lines);
}

/**
 * A page that follows, and whose tasks are held back until `alone.open()`.
 * @param {import("node:test").TestContext} t @param {typeof BROWSERS[number]} name @param {"polling" | "websocket"} transport
 * @param {(page: Page, server: any) => Promise<void>} use
 */
async function onPage(t, name, transport, use) {
  const server = await startServer(t, "flask", { page: true });
  for (const id of [ID, OTHER]) await server.control("research", { id });
  const url = `${server.url}/progress/${ID}`;
  const go = async (/** @type {Page} */ page) => {
    await page.evaluate(prepare, [ID, transport]);
    await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
    await server.control("lines", { id: ID, count: 1, prefix: "first" });
    await hears(page, 1);
    await until("no task is on its way", () => page.evaluate(() => /** @type {any} */ (window).alone.close()));
    await use(page, server);
  };
  if (name === "chromium") return withPage(url, { record: false, expected: [FAILED_SOCKET, THROWN] }, (page) => go({ evaluate: (run, args) => page.evaluate(([run, args]) => new Function(`return (${run})(...arguments)`)(...args), /** @type {any} */ ([String(run), args ?? []])) }));
  const browser = await startBrowser(t, name);
  await browser.goto(url);
  await go(browser);
}

/** Runs in the page. @param {string} id @param {string} transport */
function prepare(id, transport) {
  const alone = /** @type {any} */ ({ lines: [], client: undefined, handle: () => {} });
  /** @type {any} */ (window).alone = alone;
  let coming = 0;
  /** @type {(() => void)[] | undefined} */
  let held;
  const { MessageChannel } = window;
  window.MessageChannel = class extends MessageChannel {
    constructor() {
      super();
      this.port2.addEventListener("message", () => (coming -= 1));
    }
  };
  const { postMessage } = MessagePort.prototype;
  MessagePort.prototype.postMessage = function (/** @type {any[]} */ ...args) {
    coming += 1;
    const post = () => Reflect.apply(postMessage, this, args);
    if (held) held.push(post);
    else post();
  };
  let before = 0;
  alone.close = () => {
    if (coming > 0) return false;
    held = [];
    before = alone.client.stats().lines;
    if (alone.lines[0]?.startsWith("first")) alone.lines.length = 0;
    return true;
  };
  alone.open = () => {
    const posts = held ?? [];
    held = undefined;
    for (const post of posts) post();
  };
  alone.read = () => alone.client.stats().lines - before;
  alone.hear = (/** @type {{ message: string }} */ { message }) => {
    alone.lines.push(message);
    alone.handle(message);
  };
  const index = "/pkg/index.js";
  void import(index).then(async ({ connect }) => {
    alone.client = await connect({ transports: [transport], history: false, fallback: false });
    alone.client.subscribe(id).on("log", alone.hear);
  });
}

/** Runs in the page. @param {string} other */
function act(other) {
  const { alone } = /** @type {any} */ (window);
  alone.handle = (/** @type {string} */ message) => {
    alone.nested ||= alone.busy;
    alone.busy = true;
    if (message === "line 1") {
      alone.client.subscribe(other).on("log", alone.hear);
      void alone.client.emitWithAck("echo", 7).then((/** @type {unknown} */ answer) => (alone.answer = [answer].flat()[0]));
    }
    if (message === "line 4") alone.client.close();
    alone.busy = false;
    if (message === "line 3") throw new Error("a handler of the page failed");
  };
}
