// The application's other pages, each under the application's headers in Chromium and Firefox: a chat on the newest server, which
// answers at its own path only, with options as attributes of the script's tag, and the page of benchmarks.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FAILED_REQUEST, withPage } from "../support/browser.mjs";
import { numbered } from "../support/follow.mjs";
import { LIMIT, until } from "../support/until.mjs";
import { startBrowser } from "../support/webdriver.mjs";
import { ID, OldPage, startWithOldPage } from "./old-page.mjs";

/** Keeps what the script says, and what the policy forbids besides WebAssembly. */
const EARS = `<script>
  window.heard = [];
  console.warn = (words) => window.heard.push(words);
  addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => blockedURI !== "wasm-eval" && window.heard.push(effectiveDirective));
</script>`;

/** @typedef {{ evaluate: <T>(run: () => T) => Promise<T> }} Browser */

/**
 * A page in each browser.
 * @param {string} name @param {object} options of the server @param {string} path of the page
 * @param {(page: Browser, server: Awaited<ReturnType<typeof startWithOldPage>>) => Promise<void>} run
 */
function inEach(name, options, path, run) {
  const given = { security: "strict", markup: EARS, ...options };
  test(`${name} (chromium)`, LIMIT, async (t) => {
    const server = await startWithOldPage(t, given);
    await withPage(server.url + path, { expected: [FAILED_REQUEST, /Content.Security.Policy/] }, (page) => run(page, server));
  });
  test(`${name} (firefox)`, LIMIT, async (t) => {
    const server = await startWithOldPage(t, given);
    const page = await startBrowser(t, "firefox");
    await page.goto(server.url + path);
    await run(page, server);
  });
}

/** @param {Browser} page @returns {Promise<string[]>} */
const heard = (page) => page.evaluate(() => /** @type {any} */ (window).heard);

/** How often it was asked at the older servers' path since it was started. @param {{ stats(): Promise<any> }} server */
async function asked(server) {
  const { requests } = await server.stats();
  return requests.filter((/** @type {{ path: string }} */ { path }) => path === "/socket.io/").length;
}

/** @param {any} server */
const follows = (server) => server.until("the page subscribes", (/** @type {any} */ { subscriptions }) => subscriptions.length > 0);

inEach("a chat finds a server at its newer path, and goes straight there from then on", { kind: "asgi" }, `/chat/${ID}`, async (page, server) => {
  const old = new OldPage(page);
  await follows(server);
  assert.equal(await asked(server), 1);
  await server.control("lines", { id: ID, count: 10 });
  await old.until("the lines", ({ log }) => log.includes("line 10"));
  server.kill();
  await old.until("the page notices", ({ socket }) => !socket.connected);
  await server.start();
  await follows(server);
  assert.equal(await asked(server), 0);
  await server.control("lines", { id: ID, count: 10, first: 11 });
  const seen = await old.until("more lines", ({ log }) => log.includes("line 20"));
  assert.deepEqual([seen.log, seen.notifications, await heard(page)], [numbered("line", 1, 20), [], []]);
});

for (const tag of /** @type {const} */ (["before", "deferred", "module"])) {
  const attributes = 'data-path="/ws/socket.io" data-flushlogs="false" data-timeout="soon" data-turbo-track="reload"';
  inEach(`attributes of the script's tag are its options, and mistakes are named (${tag})`, { kind: "asgi", tag, attributes }, `/chat/${ID}`, async (page, server) => {
    await follows(server);
    assert.equal(await asked(server), 0);
    assert.deepEqual(await heard(page), [
      "research-socket: attribute `data-flushlogs` is not known and has no effect. Did you mean `data-flush-logs`?",
      "research-socket: attribute `data-timeout` has no effect: option `timeout` must be a number",
    ]);
  });
}

inEach("the page of benchmarks hears what it is made for, and asks nothing that is answered 404", { fixture: "benchmark", release: "1.5" }, "/benchmark/", async (page, server) => {
  const task = () => page.evaluate(() => document.getElementById("task")?.textContent);
  await until("it is connected", () => page.evaluate(() => /** @type {any} */ (window).socket.isConnected()));
  assert.equal(await page.evaluate(() => document.body.dataset.initialized), "true");
  // Both names in one order: what comes second is seen after what came first.
  await server.control("emit", { event: "research_progress_12", payload: { status: "in_progress", progress: 30, completed: 3, total: 10 } });
  await server.control("emit", { event: "progress_12", payload: { status: "done", example_id: 3 } });
  await until("the words", async () => (await task()) !== "Starting benchmark…", { seen: task });
  assert.equal(await task(), "Example 3: done");
  await server.control("emit", { event: "research_progress_12", payload: { status: "completed", progress: 100 } });
  await server.control("emit", { event: "progress_12", payload: { status: "graded", example_id: 4 } });
  await until("the next words", async () => (await task()) !== "Example 3: done", { seen: task });
  assert.equal(await task(), "Example 4: graded");
  const { requests, subscriptions } = await server.stats();
  const about = requests.filter((/** @type {{ path: string }} */ { path }) => /^\/(api|history)\//.test(path));
  assert.deepEqual([about, subscriptions, await heard(page)], [[], [], []]);
});
