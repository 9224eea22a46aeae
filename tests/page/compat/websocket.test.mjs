// The connection of an old page becomes a WebSocket where the server offers one, and stays as it was where none gets through.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { FAILED_REQUEST, withPage, withPages } from "../support/browser.mjs";
import { numbered } from "../support/follow.mjs";
import { startGate } from "../support/gate.mjs";
import { LIMIT, until } from "../support/until.mjs";
import { startBrowser } from "../support/webdriver.mjs";
import { ID, OldPage, startWithOldPage } from "./old-page.mjs";

/** Chromium writes why a WebSocket could not be opened, or has ended, on the console. */
const FAILED_SOCKET = /^console: WebSocket connection to/;
const FORBIDDEN = /Content.Security.Policy/;
const EXPECTED = [FAILED_REQUEST, FAILED_SOCKET, FORBIDDEN];

/** Keeps the WebSockets that the page opens, with what is sent over each. */
const EARS = `<script>
  window.sockets = [];
  window.WebSocket = class extends WebSocket {
    sent = [];
    constructor(...given) {
      super(...given);
      window.sockets.push(this);
    }
    send(data) {
      this.sent.push(data);
      super.send(data);
    }
  };
  window.forbidden = [];
  addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => blockedURI !== "wasm-eval" && window.forbidden.push(effectiveDirective));
</script>`;

const THROWS = `<script>
  window.thrown = 0;
  window.WebSocket = class {
    constructor() {
      window.thrown += 1;
      throw new DOMException("The operation is insecure.", "SecurityError");
    }
  };
</script>`;

/** Without the stored log nothing makes up for a line that is lost. */
const ALONE = 'data-history="false"';

/** @typedef {{ goto: (url: string) => Promise<unknown>, goBack: (how?: any) => Promise<unknown>, evaluate: <T>(run: () => T) => Promise<T> }} Browser */

/**
 * In Chromium and Firefox, at a server of its own.
 * @param {string} name @param {object} options of the server and of the script's tag
 * @param {(page: Browser, server: Awaited<ReturnType<typeof startWithOldPage>>, t: import("node:test").TestContext) => Promise<void>} run
 */
function inEach(name, options, run) {
  const given = { security: "strict", ...options, markup: (options.markup ?? "") + EARS };
  test(`${name} (chromium)`, LIMIT, async (t) => {
    const server = await startWithOldPage(t, given);
    await withPage("about:blank", { expected: EXPECTED }, (page) => run(page, server, t));
  });
  test(`${name} (firefox)`, LIMIT, async (t) => {
    const server = await startWithOldPage(t, given);
    await run(await startBrowser(t, "firefox"), server, t);
  });
}

/** What was sent over each WebSocket of the page, heartbeats aside. @param {Browser} page @returns {Promise<string[][]>} */
const sent = (page) => page.evaluate(() => /** @type {any} */ (window).sockets.map(({ sent }) => sent.filter((/** @type {string} */ data) => data !== "3")));

/** @param {Browser} page */
async function givesUp(page) {
  await until("the WebSocket is given up", () => page.evaluate(() => /** @type {any} */ (window).sockets.some((/** @type {WebSocket} */ { readyState }) => readyState >= WebSocket.CLOSING)));
}

/** What the policy forbade besides WebAssembly. @param {Browser} page @returns {Promise<string[]>} */
const forbidden = (page) => page.evaluate(() => /** @type {any} */ (window).forbidden);

/** @param {any} server @param {OldPage} old */
async function follows(server, old, count = 1) {
  await server.until("the page subscribes", (/** @type {any} */ { subscriptions }) => subscriptions.length >= count);
  await old.until("the page is connected", ({ socket }) => socket.connected);
}

/** The page has every line once, in order, over the only session that there was, and was told nothing. */
async function assertUndisturbed(old, server, lines) {
  const seen = await old.until("all lines", ({ log }) => log.includes(lines.at(-1)));
  assert.deepEqual(seen.log, lines);
  assert.deepEqual([seen.connects, seen.disconnects, seen.notifications], [1, 0, []]);
  const { sessions } = await server.stats();
  assert.equal(sessions.length, 1);
}

inEach("a WebSocket takes the place of long-polling, each line is shown once and in order, and a page that is left says goodbye", { attributes: ALONE }, async (page, server, t) => {
  const gate = await startGate(t, server.url, "hold");
  const old = new OldPage(page);
  await page.goto(`${gate.url}/progress/${ID}`);
  await follows(server, old);
  await server.control("lines", { id: ID, count: 100 });
  await old.until("lines over long-polling", ({ log }) => log.length === 100);
  assert.deepEqual(await sent(page), [[]]);
  gate.mode("pass");
  for (let first = 101; first <= 400; first += 20) await server.control("lines", { id: ID, first, count: 20 });
  await until("the WebSocket takes over", async () => (await sent(page))[0].includes("5"));
  await server.control("lines", { id: ID, first: 401, count: 100 });
  await assertUndisturbed(old, server, numbered("line", 1, 500));
  assert.deepEqual((await sent(page)).map((packets) => packets.slice(0, 2)), [["2probe", "5"]]);
  assert.deepEqual(await forbidden(page), []);
  await page.goto(`${server.url}/control/stats`);
  await server.untilGoodbye();
});

inEach("a server that offers no WebSocket is asked for none", { noUpgrades: true, attributes: ALONE }, async (page, server) => {
  await staysPolling(page, server);
});

inEach("an attribute keeps the page on long-polling", { attributes: `${ALONE} data-transports="polling"` }, async (page, server) => {
  await staysPolling(page, server);
});

/** @param {Browser} page @param {any} server */
async function staysPolling(page, server) {
  const old = new OldPage(page);
  await page.goto(`${server.url}/progress/${ID}`);
  // A WebSocket would be asked for before the page hears that it is connected.
  await follows(server, old);
  await server.control("lines", { id: ID, count: 50 });
  await assertUndisturbed(old, server, numbered("line", 1, 50));
  assert.deepEqual(await sent(page), []);
}

for (const transports of ["websocket", "websocket, polling"]) {
  inEach(`an attribute has the page begin with a WebSocket (${transports})`, { attributes: `${ALONE} data-transports="${transports}"` }, async (page, server) => {
    const old = new OldPage(page);
    await page.goto(`${server.url}/progress/${ID}`);
    await follows(server, old);
    await server.control("lines", { id: ID, count: 50 });
    await assertUndisturbed(old, server, numbered("line", 1, 50));
    assert.equal((await sent(page)).length, 1);
    const polls = await page.evaluate(() => performance.getEntriesByType("resource").filter(({ name }) => name.includes("/socket.io/")).length);
    assert.equal(polls, 0);
  });
}

for (const mode of /** @type {const} */ (["refuse", "lose", "strip"])) {
  inEach(`a proxy that does not let WebSockets through (${mode}) costs no line and no session`, { attributes: `${ALONE} data-timeout="3000"` }, async (page, server, t) => {
    const gate = await startGate(t, server.url, mode);
    const old = new OldPage(page);
    await page.goto(`${gate.url}/progress/${ID}`);
    await follows(server, old);
    await server.control("lines", { id: ID, count: 50 });
    await givesUp(page);
    await server.control("lines", { id: ID, first: 51, count: 50 });
    await assertUndisturbed(old, server, numbered("line", 1, 100));
    assert.deepEqual([(await sent(page)).length, gate.asked()], [1, 1]);
  });
}

// The server waits for the page to prove the WebSocket, and tells polls nothing meanwhile: also after the page has closed it, of which
// Firefox lets nobody know for 20 s. That session is given up.
inEach("a proxy that keeps the server's answer to a WebSocket costs no line", { attributes: 'data-timeout="3000"' }, async (page, server, t) => {
  const gate = await startGate(t, server.url, "swallow");
  const old = new OldPage(page);
  await page.goto(`${gate.url}/progress/${ID}`);
  await follows(server, old);
  await server.control("lines", { id: ID, count: 50 });
  await givesUp(page);
  await server.control("lines", { id: ID, first: 51, count: 50 });
  const { log, notifications } = await old.until("all lines", ({ log }) => log.length >= 100);
  assert.deepEqual([log.toSorted(), notifications], [numbered("line", 1, 100).toSorted(), []]);
  assert.deepEqual([(await sent(page)).length, gate.asked()], [1, 1]);
});

// python-engineio offers one all the same.
inEach("a server that takes no WebSocket costs no line and no session", { transports: "polling", attributes: ALONE }, async (page, server) => {
  const old = new OldPage(page);
  await page.goto(`${server.url}/progress/${ID}`);
  await follows(server, old);
  await givesUp(page);
  await server.control("lines", { id: ID, count: 50 });
  await assertUndisturbed(old, server, numbered("line", 1, 50));
  assert.deepEqual(await sent(page), [[]]);
});

// As Safari before 16 under `connect-src 'self'`.
inEach("a browser that throws where a WebSocket is made costs no line and no session", { attributes: ALONE, markup: THROWS }, async (page, server) => {
  const old = new OldPage(page);
  await page.goto(`${server.url}/progress/${ID}`);
  await follows(server, old);
  await server.control("lines", { id: ID, count: 50 });
  await assertUndisturbed(old, server, numbered("line", 1, 50));
  assert.equal(await page.evaluate(() => /** @type {any} */ (window).thrown), 1);
});

// A policy that names the scheme of HTTP allows no other.
inEach("a policy that forbids the WebSocket costs no line and no session", { attributes: ALONE, markup: '<meta http-equiv="Content-Security-Policy" content="connect-src http:">' }, async (page, server) => {
  const old = new OldPage(page);
  await page.goto(`${server.url}/progress/${ID}`);
  await follows(server, old);
  await server.control("lines", { id: ID, count: 50 });
  await until("the policy says so", async () => (await forbidden(page)).length > 0);
  await server.control("lines", { id: ID, first: 51, count: 50 });
  await assertUndisturbed(old, server, numbered("line", 1, 100));
  assert.deepEqual(await forbidden(page), ["connect-src"]);
});

test("tabs with an old page have one WebSocket between them, and another one when the tab that has it is closed", LIMIT, async (t) => {
  const server = await startWithOldPage(t, { security: "strict", markup: EARS });
  await withPages(3, `${server.url}/progress/${ID}`, { expected: EXPECTED, record: false }, async (pages) => {
    const tabs = pages.map((page) => ({ page, old: new OldPage(page) }));
    for (const { old } of tabs) await old.until("the page is connected", ({ socket }) => socket.connected);
    /** @param {typeof tabs} tabs that are there, of which one has a WebSocket that took over */
    const leading = async (tabs) => {
      const upgraded = async (/** @type {Browser} */ page) => (await sent(page)).some((packets) => packets.includes("5"));
      await until("a WebSocket", async () => (await Promise.all(tabs.map(({ page }) => upgraded(page)))).includes(true));
      const [leader, ...more] = (await Promise.all(tabs.map(async (tab) => ((await upgraded(tab.page)) ? tab : [])))).flat();
      assert.deepEqual(more, []);
      return leader;
    };
    const first = await leading(tabs);
    await server.control("lines", { id: ID, count: 20 });
    for (const { old } of tabs) await old.until("the lines", ({ log }) => log.includes("line 20"));
    await first.page.close();
    const others = tabs.filter((tab) => tab !== first);
    await server.control("lines", { id: ID, first: 21, count: 20 });
    await leading(others);
    for (const { old } of others) assert.deepEqual((await old.until("all lines", ({ log }) => log.includes("line 40"))).log, numbered("line", 1, 40));
    await server.until("one session", ({ connected }) => connected === 1);
  });
});

for (const name of /** @type {const} */ (["chromium", "webkit"])) {
  // Firefox keeps none that has a WebSocket, whatever opened it.
  test(`a page that is left with a WebSocket goes into the back/forward cache, and has one again when it is back (${name})`, LIMIT, async (t) => {
    const server = await startWithOldPage(t, { security: "strict", markup: EARS });
    const run = async (/** @type {Browser} */ page) => {
      const old = new OldPage(page);
      await page.goto(`${server.url}/progress/${ID}`);
      await page.evaluate(() => addEventListener("pageshow", ({ persisted }) => Object.assign(window, { persisted })));
      await follows(server, old);
      await until("the WebSocket takes over", async () => (await sent(page))[0]?.includes("5"));
      await server.control("lines", { id: ID, count: 10 });
      await old.until("the lines", ({ log }) => log.length === 10);
      await page.goto(`${server.url}/pkg/compat.js`);
      await server.untilGoodbye();
      await server.control("lines", { id: ID, first: 11, count: 10 });
      // A restored page loads nothing.
      await page.goBack({ waitUntil: "commit" });
      await follows(server, old, 2);
      await until("another WebSocket takes over", async () => (await sent(page))[1]?.includes("5"));
      assert.equal(await page.evaluate(() => /** @type {any} */ (window).persisted), true);
      await server.control("lines", { id: ID, first: 21, count: 10 });
      const { log } = await old.until("all lines", ({ log }) => log.length >= 30);
      assert.deepEqual(log.toSorted(), numbered("line", 1, 30).toSorted());
    };
    if (name === "chromium") await withPage("about:blank", { expected: EXPECTED }, run);
    else await run(await startBrowser(t, name));
  });
}

// Firefox closes what a page has open before it knows that what comes is a download.
inEach("a download changes nothing that a page is told, and no line is missing", { static: [`/files=${fileURLToPath(new URL(".", import.meta.url))}`] }, async (page, server) => {
  const old = new OldPage(page);
  await page.goto(`${server.url}/progress/${ID}`);
  await follows(server, old);
  await until("the WebSocket takes over", async () => (await sent(page))[0]?.includes("5"));
  await server.control("lines", { id: ID, count: 10 });
  await old.until("the lines", ({ log }) => log.length === 10);
  await page.evaluate(() => Object.assign(document.createElement("a"), { href: "/files/progress.html", download: "" }).click());
  await server.until("it is downloaded", (/** @type {any} */ { requests }) => requests.some((/** @type {{ path: string }} */ { path }) => path === "/files/progress.html"));
  await server.control("lines", { id: ID, first: 11, count: 10 });
  const { log, connects, disconnects, notifications } = await old.until("all lines", ({ log }) => log.length >= 20);
  assert.deepEqual([log, connects, disconnects, notifications], [numbered("line", 1, 20), 1, 0, []]);
  await server.until("one session", (/** @type {any} */ { connected }) => connected === 1);
});
