// The element in the place of the page's own progress area and log panel: `data-element` on the script's tag, under the application's
// headers in Chromium, Firefox and WebKit.

import assert from "node:assert/strict";
import { cp, mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { FAILED_REQUEST, withPage } from "../support/browser.mjs";
import { numbered } from "../support/follow.mjs";
import { packageFolder } from "../support/places.mjs";
import { RUNTIME } from "../support/runtime.mjs";
import { isLong, tasksDuring } from "../support/tasks.mjs";
import { LIMIT, until } from "../support/until.mjs";
import { startBrowser } from "../support/webdriver.mjs";
import { Application, count, startApplication } from "./open.mjs";

const ID = "research-1";
const OWN = ["#research-progress-card", ".ldr-collapsible-log-panel"];
const LINES = 20_000;
/** What the policy forbids, for which there is the core as JavaScript; and what a test takes away. */
const EXPECTED = [FAILED_REQUEST];

/**
 * @typedef {Awaited<ReturnType<typeof startApplication>>} Server
 * @typedef {{ goto(url: string): Promise<unknown>, evaluate<T>(run: () => T): Promise<T> }} Browser
 */

/** @param {string} title @param {(browser: Browser, server: Server, page: Application) => Promise<void>} run @param {(t: import("node:test").TestContext) => Promise<object>} [flags] of the server */
function inEach(title, run, flags = async () => ({})) {
  const start = async (/** @type {import("node:test").TestContext} */ t) => {
    const server = await startApplication(t, await flags(t));
    await server.control("research", { id: ID, status: "in_progress", progress: 10 });
    return server;
  };
  test(`${title} (chromium)`, LIMIT, async (t) => {
    const server = await start(t);
    await withPage("about:blank", { expected: EXPECTED }, (page) => run(/** @type {any} */ (page), server, new Application(page)));
  });
  for (const name of /** @type {const} */ (["firefox", "webkit"])) {
    test(`${title} (${name})`, LIMIT, async (t) => {
      const server = await start(t);
      const browser = await startBrowser(t, name);
      await run(/** @type {any} */ (browser), server, new Application(browser));
    });
  }
}

/** @param {Server} server @param {string} [query] @param {string} [at] */
const address = (server, query = "&element=", at = `/progress/${ID}`) => `${server.url}${at}?script=ours${query}`;

/** What of a package's folder was asked for. @param {Server} server @param {string} [folder] */
async function asked(server, folder = "/pkg") {
  const { requests } = await server.stats();
  const paths = requests.map((/** @type {{ path: string }} */ { path }) => path).filter((/** @type {string} */ path) => path.startsWith(`${folder}/`));
  return [...new Set(paths)].map((path) => path.slice(folder.length + 1)).sort();
}

/** Waits until lines come live: those that are there when the stored log is asked for come with that. @param {Server} server */
function following(server) {
  const asks = (/** @type {{ path: string }} */ { path }) => path.endsWith("/logs");
  // Once behind the handshake, and once when the server has the subscription.
  return server.until("the page follows, and has asked for the stored log", ({ subscriptions, requests }) => subscriptions.length > 0 && requests.filter(asks).length > 1);
}

/** The page as it is without the element, up to its end. @param {Server} server @param {Application} page */
async function endsAsEver(server, page) {
  await page.until("the page is connected", ({ isConnected }) => isConnected);
  await following(server);
  await server.control("lines", { id: ID, count: 5 });
  await page.until("the lines", ({ rows, loads }) => loads > 0 && rows.length >= 5);
  await server.control("final", { id: ID });
  return page.until("the end", ({ end }) => end !== "");
}

inEach("the element stands in the place of progress area and log panel, and shows the research to its end over the page's one connection", async (browser, server, page) => {
  await server.control("lines", { id: ID, count: 3, prefix: "before" });
  await browser.goto(address(server));
  await page.until("the element stands there", ({ element }) => element !== null);
  await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
  await page.until("the stored lines", ({ element }) => element?.count === "3");
  await server.control("updates", { id: ID, count: 3 });
  await server.control("lines", { id: ID, count: 5 });
  await page.until("the lines", ({ element }) => element?.count === "8");
  await server.control("final", { id: ID });
  const seen = await page.until("the end in both", ({ element, end }) => end !== "" && element?.status === "Completed");
  assert.deepEqual(seen.element?.lines, [...numbered("before", 1, 3), ...numbered("line", 1, 5)]);
  assert.deepEqual([seen.shown, seen.rows, seen.loads], [[], [], 0], "of the page's own nothing is shown, and nothing is written");
  assert.equal(seen.heard.lines, 0, "calls of the page's handler for a mere line");
  assert.deepEqual(seen.heard.statuses.filter((status) => status !== "in_progress"), ["completed"]);
  assert.deepEqual(seen.said, { warnings: [], errors: [] });
  const [before, title] = await browser.evaluate(() => [document.querySelector("research-progress")?.nextElementSibling?.id, document.title]);
  assert.deepEqual([before, title], ["research-progress-card", "Research (100%)"]);
  const { sessions } = await server.stats();
  assert.equal(sessions.length, 1);
  assert.deepEqual(await asked(server), ["compat-element.js", "research-socket.compat.js", "research_socket_core.js"]);
});

inEach("without the attribute nothing changes, and with \"false\" neither", async (browser, server, page) => {
  for (const query of ["&element=false", ""]) {
    await browser.goto(address(server, query));
    await page.until("the page is connected", ({ isConnected }) => isConnected);
  }
  const seen = await endsAsEver(server, page);
  assert.deepEqual([seen.element, seen.shown, seen.said.warnings], [null, OWN, []]);
  assert.equal(seen.heard.lines, 5);
  assert.deepEqual(count(seen.rows, numbered("line", 1, 5)), { lost: [], twice: [] });
  assert.deepEqual(await asked(server), ["research-socket.compat.js", "research_socket_core.js"]);
});

inEach("a page without a log panel stays as it was, and the console says what is missing", async (browser, server, page) => {
  await browser.goto(address(server, "&element=&without=.ldr-collapsible-log-panel"));
  await page.until("the page is connected", ({ isConnected }) => isConnected);
  await following(server);
  await server.control("lines", { id: ID, count: 2 });
  await server.control("final", { id: ID });
  const seen = await page.until("the end", ({ end }) => end !== "");
  const words = "research-socket: data-element has no effect, and the page shows its own progress area and log: this page has no log panel (.ldr-collapsible-log-panel).";
  assert.deepEqual([seen.element, seen.shown, seen.said], [null, OWN.slice(0, 1), { warnings: [words], errors: [] }]);
  assert.equal(seen.heard.lines, 2);
  assert.deepEqual(await asked(server), ["research-socket.compat.js", "research_socket_core.js"]);
});

inEach("where the element's file is not there the page stays as it was, with each line once", async (browser, server, page) => {
  await server.control("lines", { id: ID, count: 3, prefix: "before" });
  await browser.goto(address(server, "&element=&from=/less"));
  const seen = await endsAsEver(server, page);
  assert.deepEqual([seen.element, seen.shown, seen.said.errors], [null, OWN, []]);
  assert.deepEqual(seen.said.warnings.length, 1);
  assert.match(seen.said.warnings[0], /^research-socket: data-element has no effect, and the page shows its own progress area and log: the element could not be loaded \(.+\)\.$/);
  // Those from within the second in which the page was opened count as well.
  assert.ok(seen.heard.lines >= 5, `${seen.heard.lines} calls for mere lines`);
  assert.deepEqual(count(seen.rows, [...numbered("before", 1, 3), ...numbered("line", 1, 5)]), { lost: [], twice: [] });
}, async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "old-page-"));
  t.after(() => rm(folder, { recursive: true }));
  await cp(packageFolder(), folder, { recursive: true, filter: (from) => !path.basename(from).startsWith("compat-element.js") });
  return { static: [`/less=${folder}`] };
});

/** @param {string} title @param {object} flags of the server @param {(page: import("playwright-core").Page, server: Server, old: Application) => Promise<void>} run */
function inChromium(title, flags, run) {
  test(title, LIMIT, async (t) => {
    const server = await startApplication(t, flags);
    await server.control("research", { id: ID, status: "in_progress", progress: 10 });
    await withPage("about:blank", { expected: EXPECTED, record: false }, (page) => run(page, server, new Application(page)));
  });
}

inChromium("the script as a module does the same", {}, async (page, server, old) => {
  await page.goto(address(server).replace("script=ours", "script=module"));
  await old.until("the element stands there", ({ element }) => element !== null);
  await server.control("lines", { id: ID, count: 2 });
  const seen = await old.until("the lines", ({ element }) => element?.count === "2");
  assert.deepEqual([seen.shown, seen.rows, seen.said], [[], [], { warnings: [], errors: [] }]);
  assert.equal((await server.stats()).sessions.length, 1);
});

inChromium("a browser that cannot show the element leaves the page as it was", {}, async (page, server, old) => {
  await page.addInitScript(() => void Reflect.deleteProperty(window, "CSSStyleSheet"));
  await page.goto(address(server));
  const seen = await endsAsEver(server, old);
  assert.deepEqual([seen.element, seen.shown, seen.said.errors], [null, OWN, []]);
  assert.deepEqual(seen.said.warnings.length, 1);
  assert.match(seen.said.warnings[0], /: this browser cannot show the element \(.+\)\.$/);
  assert.deepEqual(count(seen.rows, numbered("line", 1, 5)), { lost: [], twice: [] });
});

inChromium("a policy that blocks the element leaves the page as it was", {}, async (page, server, old) => {
  await page.route("**/compat-element.js", (route) => route.abort("blockedbyclient"));
  await page.goto(address(server));
  const seen = await endsAsEver(server, old);
  assert.deepEqual([seen.element, seen.shown, seen.said.errors, seen.said.warnings.length], [null, OWN, [], 1]);
});

inChromium("lines wait for the element no longer than ten seconds, and one that comes later stays away", {}, async (page, server, old) => {
  let release = () => {};
  const held = new Promise((resolve) => (release = () => resolve(undefined)));
  await page.route("**/compat-element.js", async (route) => (await held, await route.continue()));
  await page.goto(address(server));
  await old.until("the page is connected", ({ isConnected }) => isConnected);
  await server.control("lines", { id: ID, count: 700 });
  await page.waitForFunction(() => [...(window._processedSocketMessages ?? new Map()).keys()].some((key) => key.endsWith("-line 700")));
  const before = await old.seen();
  assert.deepEqual([before.heard.lines, before.rows, before.shown], [0, [], OWN]);
  const seen = await old.until("the lines", ({ heard, rows }) => heard.lines > 450 && rows.some(({ text }) => text === "line 700"));
  assert.match(seen.said.warnings.join(), /: the element was not there within 10 s\.$/);
  assert.deepEqual([seen.element, seen.shown], [null, OWN]);
  // A panel has no more rows.
  assert.deepEqual(count(seen.rows, numbered("line", 201, 700)), { lost: [], twice: [] });
  const answered = page.waitForResponse("**/compat-element.js");
  release();
  await (await answered).finished();
  await server.control("lines", { id: ID, count: 1, prefix: "later" });
  const later = await old.until("a later line", ({ rows }) => rows.some(({ text }) => text === "later 1"));
  assert.deepEqual([later.element, later.shown, later.said], [null, OWN, seen.said]);
});

inChromium("what the page writes into its panel costs nothing while the element stands there, also by a function that it defines later", {}, async (page, server, old) => {
  await page.goto(address(server));
  await old.until("the element stands there", ({ element }) => element !== null);
  const called = await page.evaluate(() => {
    const calls = [];
    window.addConsoleLog("by the page", "info");
    window.addConsoleLog = (text) => calls.push(text);
    window._socketAddLogEntry = ({ message }) => calls.push(message);
    window.addConsoleLog("by the page again", "info");
    window._socketAddLogEntry({ message: "by the page once more", type: "info" });
    return calls;
  });
  await server.control("updates", { id: ID, count: 2 });
  const seen = await old.until("the updates", ({ heard }) => heard.calls >= 2);
  assert.deepEqual([called, seen.rows, seen.loads, seen.element?.lines], [[], [], 0, []]);
});

inChromium("a page that disconnects and connects again has the element show what it follows then", {}, async (page, server, old) => {
  await page.goto(address(server));
  await old.until("the element stands there", ({ element }) => element !== null);
  await server.control("lines", { id: ID, count: 2 });
  await old.until("the lines", ({ element }) => element?.count === "2");
  await page.evaluate(() => window.socket.disconnect());
  await server.until("the session ends", ({ connected }) => connected === 0);
  const left = await old.seen();
  assert.deepEqual([left.element?.count, left.shown, left.said], ["2", [], { warnings: [], errors: [] }]);
  await server.control("research", { id: "research-2", status: "in_progress" });
  await page.evaluate(() => window.socket.subscribeToResearch("research-2"));
  await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 2);
  await server.control("lines", { id: "research-2", count: 3, prefix: "other" });
  const { element, shown } = await old.until("the lines of the other", ({ element }) => element?.count === "3");
  assert.deepEqual([element?.lines, shown], [numbered("other", 1, 3), []]);
});

inChromium("the element's own button cancels, with the page's token, and of the page's own areas nothing can be reached", {}, async (page, server, old) => {
  await page.goto(address(server));
  await old.until("the element stands there", ({ element }) => element !== null);
  const cancel = page.getByRole("button", { name: /cancel/i });
  await cancel.click();
  const asked = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith(`/api/terminate/${ID}`));
  await page.locator("research-progress .cancel-yes").click();
  const token = await page.evaluate(() => document.querySelector("meta[name=csrf-token]").getAttribute("content"));
  assert.equal((await asked).headers()["x-csrftoken"], token);
  const seen = await old.until("the end", ({ element }) => element?.status === "Cancelled");
  assert.deepEqual(seen.heard.statuses.at(-1), "suspended");
});

inChromium("the element has the page's colours, in the light as in the dark, and its addresses", {}, async (page, server, old) => {
  const inside = `/progress/${ID}?script=ours&element=`;
  // As behind a proxy that gives the application a folder.
  await page.route("**/app/progress/*", (route) => route.continue({ url: server.url + inside }));
  await page.goto(`${server.url}/app${inside}`);
  await old.until("the element stands there", ({ element }) => element !== null);
  const look = () => page.evaluate(() => {
    const element = document.querySelector("research-progress");
    const { color, backgroundColor } = getComputedStyle(element);
    return [element.getAttribute("theme"), color, backgroundColor];
  });
  assert.deepEqual(await look(), ["light", "rgb(31, 35, 40)", "rgb(255, 255, 255)"]);
  await page.evaluate(() => {
    const { style, dataset } = document.documentElement;
    document.body.style.color = "#f5f5f5";
    style.setProperty("--text-primary", "#f5f5f5");
    style.setProperty("--bg-primary", "#121212");
    dataset.theme = "hashed";
  });
  await until("it is dark", async () => (await look())[0] === "dark");
  assert.deepEqual(await look(), ["dark", "rgb(245, 245, 245)", "rgb(18, 18, 18)"]);
  await server.control("final", { id: ID });
  await old.until("the end", ({ element }) => element?.status === "Completed");
  assert.deepEqual(await page.evaluate(() => [...document.querySelector("research-progress").shadowRoot.querySelectorAll("a[href]")].map((link) => link.getAttribute("href"))), ["/app/auth/login", `/app/results/${ID}`, "/app/"]);
});

for (const at of ["/benchmark/", `/chat/${ID}`]) {
  inEach(`on ${at} the attribute changes nothing, and nothing is said`, async (browser, server, page) => {
    await browser.goto(address(server, "&element=&without=.ldr-page", at));
    await page.until("the page is connected", ({ isConnected }) => isConnected);
    await browser.evaluate(() => {
      const { socket, heard } = /** @type {any} */ (window);
      heard.others = [];
      const id = location.pathname.includes("benchmark") ? 7 : "research-1";
      socket.subscribeToResearch(id, (/** @type {any} */ { log_entry: line, message = line?.message }) => message && heard.others.push(message));
    });
    if (at === "/benchmark/") await server.control("emit", { event: "progress_7", payload: { message: "three of ten" } });
    else await server.control("lines", { id: ID, count: 1 });
    const { element, said, heard } = await page.until("the line", ({ heard }) => heard.others.length > 0);
    assert.deepEqual([element, said], [null, { warnings: [], errors: [] }]);
    assert.deepEqual(heard.others, [at === "/benchmark/" ? "three of ten" : "line 1"]);
    assert.deepEqual(await asked(server), ["research-socket.compat.js", "research_socket_core.js"]);
  });
}

for (const [core, security] of /** @type {const} */ ([["wasm", "wasm"], ["JavaScript", "strict"]])) {
  // The page may have been told which core to run.
  if (RUNTIME === "js" && security === "wasm") continue;
  inChromium(`20,000 lines at once are all shown in the place of the panel, and the page answers all the while (core as ${core})`, { security }, async (page, server, old) => {
    await page.goto(address(server, "&element=&row=2&update=5"));
    await old.until("the element stands there", ({ element }) => element !== null);
    await server.control("lines", { id: ID, count: 1, prefix: "first" });
    await old.until("the first line", ({ element }) => element?.count === "1");
    const tasks = await tasksDuring(page, async () => {
      await server.control("lines", { id: ID, count: LINES });
      await old.until("the last line", ({ element }) => element?.lines.includes(`line ${LINES}`));
    });
    const seen = await old.seen();
    assert.deepEqual([seen.element?.count, seen.rows, seen.heard.lines, seen.said.errors], ["20,001", [], 0, []]);
    assert.deepEqual(tasks.filter(isLong), []);
    await server.control("final", { id: ID });
    await old.until("the end in both", ({ element, end }) => end !== "" && element?.status === "Completed");
    assert.equal((await server.stats()).sessions.length, 1);
  });
}
