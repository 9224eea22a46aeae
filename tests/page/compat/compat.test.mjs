// A page of the old script, unchanged, with the script of the package in its place, on the application's server.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FAILED_REQUEST, withPage } from "../support/browser.mjs";
import { numbered } from "../support/follow.mjs";
import { LIMIT, until } from "../support/until.mjs";
import { ID, OldPage, startWithOldPage } from "./old-page.mjs";


/** What of the package runs under each policy: the application's own, and the same with `'wasm-unsafe-eval'`. */
const CORE = { strict: "research_socket_core.js", wasm: "research_socket_bg.wasm" };

for (const [security, core] of Object.entries(CORE)) {
  test(`an old page runs to its end through a restart under the application's headers (${security})`, LIMIT, async (t) => {
    const server = await startWithOldPage(t, { security });
    await withOldPage(server, { expected: [FAILED_REQUEST] }, async (page) => {
      await follows(server, page);
      await server.control("lines", { id: ID, count: 300 });
      // Lines may wait for the stored log, which a step does not.
      await page.until("the lines", ({ log }) => log.includes("line 300"));
      await server.control("updates", { id: ID, count: 20, total: 100 });
      let seen = await page.until("the first half", ({ log }) => log.includes("step 20"));
      assert.deepEqual(seen.log, [...numbered("line", 1, 300), ...numbered("step", 1, 20)]);
      assert.deepEqual([seen.bar, seen.task], [19, "step 20"]);
      assert.deepEqual(seen.socket, { connected: true, polling: false, io: "undefined" });

      server.kill();
      await page.until("the page notices", ({ disconnects }) => disconnects === 1);
      await server.start();
      await follows(server, page);
      assert.equal((await page.seen()).connects, 2);
      await server.control("lines", { id: ID, count: 200, first: 301 });
      seen = await page.until("the second half", ({ log }) => log.includes("line 500"));
      assert.deepEqual(seen.log, [...numbered("line", 1, 300), ...numbered("step", 1, 20), ...numbered("line", 301, 500)]);

      await server.control("final", { id: ID });
      seen = await page.until("the page of the finished research", ({ starts }) => starts === 2);
      assert.deepEqual(seen.logAtEnd.slice(-2), ["line 500", "Research completed"]);
      await staysThere(server, page);
      // Once for each load of the page, and nothing of the other core.
      assert.deepEqual(page.loaded.sort(), ["research-socket.compat.js", "research-socket.compat.js", core, core].sort());
      // Whether the policy allows WebAssembly is only known once it was tried; nothing else is against it.
      const { violations } = await page.seen();
      assert.deepEqual(violations, security === "strict" ? Array(2).fill("script-src wasm-eval") : []);
    });
  });
}

for (const tag of ["after", "deferred", "module"]) {
  test(`the script may be in the page in another way (${tag})`, LIMIT, async (t) => {
    const server = await startWithOldPage(t, { tag, security: "strict" });
    await withOldPage(server, {}, async (page) => {
      await follows(server, page);
      await server.control("lines", { id: ID, count: 10 });
      await page.until("the lines", ({ log }) => log.includes("line 10"));
      await server.control("final", { id: ID });
      const seen = await page.until("the page of the finished research", ({ starts }) => starts === 2);
      assert.deepEqual(seen.logAtEnd, [...numbered("line", 1, 10), "Research completed"]);
      await staysThere(server, page);
    });
  });
}

test("lines that were sent while the server was away are shown, those from before the page was opened are not", LIMIT, async (t) => {
  const server = await startWithOldPage(t, { security: "strict" });
  await server.control("lines", { id: ID, count: 5, prefix: "before" });
  // Stored lines have whole seconds.
  const second = Math.floor(Date.now() / 1000);
  await until("the next second", () => Math.floor(Date.now() / 1000) > second);
  await withOldPage(server, { expected: [FAILED_REQUEST] }, async (page) => {
    await follows(server, page);
    await server.control("lines", { id: ID, count: 5 });
    await page.until("live lines", ({ log }) => log.length === 5);
    server.kill();
    await page.until("the page notices", ({ disconnects }) => disconnects === 1);
    await server.start();
    // Sent to nobody: the page is on its way.
    await server.control("lines", { id: ID, count: 5, first: 6 });
    const seen = await page.until("all lines", ({ log }) => log.length >= 10);
    assert.deepEqual(seen.log, numbered("line", 1, 10));
  });
});

test("a page whose socket cannot be had asks for the status itself, and hears of the end once", LIMIT, async (t) => {
  const server = await startWithOldPage(t, { security: "strict" });
  await server.control("updates", { id: ID, count: 1, total: 10 });
  await withOldPage(server, { expected: [FAILED_REQUEST], blocked: "**/socket.io/**" }, async (page) => {
    await page.until("the page asks for the status", ({ socket }) => socket.polling);
    await page.until("an answer", ({ bar }) => bar === 9.5);
    assert.equal((await page.seen()).socket.connected, false);
    await server.control("final", { id: ID });
    await page.until("the page of the finished research", ({ starts }) => starts === 2);
    const seen = await page.seen();
    assert.equal(seen.ends, 1);
  });
});

for (const [security, core] of Object.entries(CORE)) {
  test(`a core that cannot be loaded is said once, loaded later, and then taken back (${security})`, LIMIT, async (t) => {
    const server = await startWithOldPage(t, { security });
    // Where WebAssembly cannot be had, JavaScript is asked for.
    const blocked = security === "wasm" ? /research_socket_(bg\.wasm|core\.js)$/ : `**/${core}`;
    await withOldPage(server, { expected: [FAILED_REQUEST, /Live Updates Unavailable/], blocked }, async (page, { unblock }) => {
      const { notifications } = await page.until("a notification", ({ notifications }) => notifications.length > 0);
      assert.match(notifications[0], /^Live Updates Unavailable: The core of the package could not be loaded/);
      assert.match(notifications[0], new RegExp(core));
      await unblock();
      await follows(server, page);
      await server.control("lines", { id: ID, count: 3 });
      const seen = await page.until("lines", ({ log }) => log.length >= 3);
      assert.deepEqual(seen.log, numbered("line", 1, 3));
      assert.deepEqual(seen.notifications.slice(1), ["Live Updates Are Back: The page is connected to the server again."]);
    });
  });
}

test("where only the WebAssembly module is blocked, the page follows with JavaScript, and nobody is bothered", LIMIT, async (t) => {
  const server = await startWithOldPage(t, { security: "wasm" });
  await withOldPage(server, { expected: [FAILED_REQUEST], blocked: `**/${CORE.wasm}` }, async (page) => {
    await follows(server, page);
    await server.control("lines", { id: ID, count: 3 });
    const { log, notifications } = await page.until("lines", ({ log }) => log.length >= 3);
    assert.deepEqual([log, notifications], [numbered("line", 1, 3), []]);
    assert.ok(page.loaded.includes(CORE.strict), page.loaded.join());
  });
});

test("the JavaScript core is asked for under another address where the browser keeps the failure of the first", LIMIT, async (t) => {
  const server = await startWithOldPage(t, { security: "strict" });
  // As Firefox, which never asks for the same address again: it fails for ever.
  const blocked = /research_socket_core\.js$/;
  await withOldPage(server, { expected: [FAILED_REQUEST, /Live Updates Unavailable/], blocked }, async (page) => {
    await page.until("a notification", ({ notifications }) => notifications.length > 0);
    await follows(server, page);
    assert.deepEqual(page.loaded, ["research-socket.compat.js", CORE.strict]);
  });
});

for (const sources of ["'nonce-abc'", "'nonce-abc' 'strict-dynamic'"]) {
  test(`the script passes its nonce on to what it loads (script-src ${sources})`, LIMIT, async (t) => {
    const server = await startWithOldPage(t);
    const policy = `default-src 'none'; style-src 'unsafe-inline'; connect-src 'self'; script-src ${sources}`;
    await withOldPage(server, { policy, nonce: "abc" }, async (page) => {
      await follows(server, page);
      await server.control("lines", { id: ID, count: 3 });
      await page.until("lines", ({ log }) => log.length >= 3);
      assert.deepEqual(page.loaded.sort(), ["research-socket.compat.js", CORE.strict]);
    });
  });
}

/** Opens the page, with another policy if one is given; requests that match `blocked` fail until they are unblocked. */
async function withOldPage(server, { blocked, expected, policy, nonce }, use) {
  await withPage("about:blank", { expected }, async (page) => {
    const old = await OldPage.watched(page);
    if (blocked) await page.route(blocked, (route) => route.abort());
    // Chromium takes a page that no server has sent for one of the internet, from which no WebSocket goes to the local network.
    if (policy) await page.context().grantPermissions(["local-network-access"]);
    if (policy) await page.route("**/progress/*", (route) => answerWith(route, policy, nonce));
    await page.goto(`${server.url}/progress/${ID}`);
    await use(old, { unblock: () => page.unroute(blocked) });
  });
}

async function answerWith(route, policy, nonce) {
  const response = await route.fetch();
  const body = (await response.text()).replaceAll("<script", `<script nonce="${nonce}"`);
  await route.fulfill({ response, body, headers: { ...response.headers(), "content-security-policy": policy } });
}

/** Waits until the page follows its research on this run of the server. */
async function follows(server, page) {
  await server.until("the page subscribes", ({ subscriptions }) => subscriptions.some(({ research_id: id }) => id === ID));
  await page.until("the page is connected", ({ socket }) => socket.connected);
}

/** The page has heard of the end, has reloaded, and does neither again, though it has subscribed once more. */
async function staysThere(server, page) {
  await server.until("the page subscribes again", ({ subscriptions }) => subscriptions.length >= 2);
  await server.until("it asks for the status", ({ requests }) => requests.filter(({ path }) => path.endsWith("/status")).length >= 2);
  // A round trip later it has heard all that there is.
  await server.control("emit", { id: ID, payload: { log_entry: { message: "late line", type: "INFO", time: new Date().toISOString() } } });
  const seen = await page.until("a late line", ({ log }) => log.includes("late line"));
  assert.deepEqual([seen.starts, seen.ends], [2, 1]);
}
