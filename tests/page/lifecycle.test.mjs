// The life of a page: hidden, frozen, left and restored, asleep, closed; over long-polling and over a WebSocket.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { startProxy } from "../servers/proxy.mjs";
import { FAILED_REQUEST, withPage } from "./support/browser.mjs";
import { follow } from "./support/follow.mjs";
import { startServer } from "./support/servers.mjs";
import { withTab } from "./support/tabs.mjs";
import { assertWhole } from "./support/tally.mjs";
import { LIMIT, until } from "./support/until.mjs";

const ID = "research-1";
/** Every third line has the same text, and the database gets each later than the page. */
const AGAIN = 3;
const SERVER = { page: true, logDelay: 0.2 };
/** A heartbeat that a frozen page misses soon, in seconds. */
const IMPATIENT = { pingInterval: 1, pingTimeout: 1 };
/** Chromium writes why a WebSocket ended on the console. */
const EXPECTED = [FAILED_REQUEST, /^console: WebSocket connection to/];
/** Below the heartbeat of 5 and 20 seconds, and far below the minute in which a hidden tab's timers fire: none of them did it. */
const TOLD_MS = 20_000;

for (const transport of /** @type {const} */ (["polling", "websocket"])) {
  test(`a tab that is hidden, frozen and resumed says goodbye, opens one session and has every line once (${transport})`, LIMIT, async (t) => {
    const server = await startServer(t, "flask", SERVER);
    await withTab(`${server.url}/progress/${ID}`, { expected: EXPECTED }, async (tab) => {
      await rememberLife(tab.page);
      const followed = await following(server, tab.page, transport);
      await server.control("lines", { id: ID, count: 20, again: AGAIN });
      await followed.until("lines before", ({ lines }) => lines.length === 20);
      await tab.hide();
      // Only now, since hiding a tab can take longer than all of them.
      await server.control("lines", { id: ID, count: 140, first: 21, every_ms: 50, again: AGAIN });
      await followed.until("lines while it is hidden", ({ lines }) => lines.length >= 40);
      await tab.freeze();
      // A poll that is open in a frozen page can be lost without a word.
      await server.untilGoodbye();
      const frozen = (await followed.heard()).lines.length;
      await stored(server, 120);
      assert.equal((await followed.heard()).lines.length, frozen, "nothing runs in a frozen page");
      await tab.resume();
      await server.until("the page is back while it is still hidden", ({ subscriptions }) => subscriptions.length === 2, TOLD_MS);
      await tab.show();

      await stored(server, 160);
      await liveToTheEnd(t, "hidden, frozen, resumed", server, followed);
      assert.deepEqual(await life(tab.page), ["hidden", "freeze", "resume", "visible"]);
      await sessions(server, ["client disconnect", null]);
    });
  });

  test(`a hidden tab whose timers fire once a minute keeps its session, and in front again it is back at once (${transport})`, LIMIT, async (t) => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "research-"));
    t.after(() => rm(folder, { recursive: true }));
    const server = await startServer(t, "flask", { page: true, ...IMPATIENT, store: path.join(folder, "store.sqlite") });
    await withTab(`${server.url}/progress/${ID}`, { expected: EXPECTED }, async (tab) => {
      const followed = await following(server, tab.page, transport);
      await tab.hide();
      await timersThrottled(tab.page);
      const begin = performance.now();
      await server.control("lines", { id: ID, count: 60, every_ms: 50, again: AGAIN });
      await followed.until("lines while it is hidden", ({ lines }) => lines.length === 60);
      t.diagnostic(`60 lines in 3 s reached the throttled tab in ${Math.round(performance.now() - begin)} ms`);
      // Several heartbeats, each of which wants an answer in time.
      await sessions(server, [null]);

      server.kill();
      await followed.until("the page notices", ({ connection }) => connection.at(-1)?.event !== "connect");
      await server.start();
      await server.control("lines", { id: ID, count: 30, first: 61, again: AGAIN });
      await tab.show();
      await server.until("the page is back", ({ subscriptions }) => subscriptions.length === 1, TOLD_MS);
      await liveToTheEnd(t, "hidden and throttled", server, followed);
    });
  });

  test(`a page that is left and restored from the cache said goodbye, opens one session and has every line once (${transport})`, LIMIT, async (t) => {
    const server = await startServer(t, "flask", SERVER);
    await withPage(`${server.url}/progress/${ID}`, { expected: EXPECTED }, async (page) => {
      await rememberLife(page);
      const followed = await following(server, page, transport);
      await server.control("lines", { id: ID, count: 40, again: AGAIN });
      await followed.until("lines before", ({ lines }) => lines.length === 40);

      for (const time of [1, 2]) {
        await page.goto(`${server.url}/results/${ID}`);
        await server.untilGoodbye();
        await server.control("lines", { id: ID, count: 40, first: 40 * time + 1, again: AGAIN });
        // A restored page loads nothing.
        await page.goBack({ waitUntil: "commit" });
        await server.until("the page is back", ({ subscriptions }) => subscriptions.length === time + 1, TOLD_MS);
      }

      await stored(server, 120);
      await liveToTheEnd(t, "left and restored, twice", server, followed);
      assert.deepEqual((await life(page)).filter((event) => event.startsWith("page")), ["pagehide true", "pageshow true", "pagehide true", "pageshow true"]);
      await sessions(server, ["client disconnect", "client disconnect", null]);
    });
  });

  test(`the server hears the goodbye of a tab that is closed (${transport})`, LIMIT, async (t) => {
    const server = await startServer(t, "flask", SERVER);
    await withTab(`${server.url}/progress/${ID}`, {}, async (tab) => {
      await following(server, tab.page, transport);
      await tab.close();
      await server.untilGoodbye();
      await sessions(server, ["client disconnect"]);
    });
  });

  test(`a page that slept for three hours, and is told nothing of it, is back and has every line once (${transport})`, LIMIT, async (t) => {
    const server = await startServer(t, "flask", { ...SERVER, ...IMPATIENT });
    await withTab(`${server.url}/progress/${ID}`, { expected: EXPECTED, before: "sleep.js" }, async (tab) => {
      const followed = await following(server, tab.page, transport);
      await server.control("lines", { id: ID, count: 30, again: AGAIN });
      await followed.until("lines before", ({ lines }) => lines.length === 30);
      await asleep(t, server, () => tab.freeze(), async () => {
        await tab.page.evaluate(() => window.sleepFor(3 * 3_600_000));
        await tab.resume();
      });
      await liveToTheEnd(t, "three hours asleep", server, followed);
      await sessions(server, ["ping timeout", null]);
    });
  });

  test(`a page whose wire died in its sleep is back and has every line once (${transport})`, LIMIT, async (t) => {
    const server = await startServer(t, "flask", { ...SERVER, ...IMPATIENT });
    const proxy = await startProxy({ target: server.url });
    t.after(() => proxy.close());
    await withPage(`${proxy.url}/progress/${ID}`, { expected: EXPECTED, before: "sleep.js" }, async (page) => {
      const followed = await following(server, page, transport);
      await server.control("lines", { id: ID, count: 30, again: AGAIN });
      await followed.until("lines before", ({ lines }) => lines.length === 30);
      await asleep(t, server, () => proxy.mode("blackhole"), async () => {
        await page.evaluate(() => window.sleepFor(3 * 3_600_000));
        // What was on the old wire is gone.
        proxy.mode("refuse");
        proxy.mode("pass");
      });
      await liveToTheEnd(t, "three hours asleep, the wire dead", server, followed);
    });
  });
}

/** The server gives the session up, the research goes on, and the page is back soon after it woke up. */
async function asleep(t, server, fallAsleep, wakeUp) {
  await fallAsleep();
  await server.until("the server gives the session up", ({ sessions }) => sessions[0].reason === "ping timeout");
  await server.control("lines", { id: ID, count: 90, first: 31, again: AGAIN });
  await stored(server, 120);
  const begin = performance.now();
  await wakeUp();
  await server.until("the page is back", ({ subscriptions }) => subscriptions.length === 2);
  t.diagnostic(`subscribed again ${Math.round(performance.now() - begin)} ms after it woke up`);
}

async function following(server, page, transport) {
  await server.control("research", { id: ID });
  const followed = await follow(page, { id: ID, options: { transports: [transport] } });
  await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
  return followed;
}

/** Waits until so many lines are in the database. */
async function stored(server, count) {
  await until(`${count} lines are stored`, async () => (await server.stored(ID)).length >= count, { every: 100 });
}

/** Twenty more lines, live, then the end; whatever was before, the page has the whole story. */
async function liveToTheEnd(t, what, server, followed) {
  const before = (await server.stored(ID)).length;
  await server.control("lines", { id: ID, count: 20, first: before + 1, prefix: "live" });
  await followed.until("the newest line", ({ lines }) => lines.includes(`live ${before + 20}`));
  await stored(server, before + 20);
  await server.control("final", { id: ID });
  const heard = await followed.until("the end", ({ done }) => done.length > 0);
  assertWhole(t, what, await server.stored(ID), heard);
  assert.deepEqual(heard.ends.map(({ status, afterLines }) => [status, afterLines]), [["completed", before + 20]]);
}

/** Waits until the browser has let a timer of the page wait for seconds. @param {import("playwright-core").Page} page */
async function timersThrottled(page) {
  await page.evaluate(() => {
    const step = () => {
      window.ticked = performance.now();
      setTimeout(step, 50);
    };
    step();
  });
  await until("timers are throttled", () => page.evaluate(() => performance.now() - window.ticked > 2500), { every: 100 });
}

/** What became of each session, in order. */
async function sessions(server, reasons) {
  assert.deepEqual((await server.stats()).sessions.map(({ reason }) => reason), reasons);
}

/** Lets the page write down what its browser tells it. @param {import("playwright-core").Page} page */
function rememberLife(page) {
  return page.evaluate(() => {
    window.life = [];
    for (const event of ["pagehide", "pageshow"]) addEventListener(event, ({ persisted }) => window.life.push(`${event} ${persisted}`));
    for (const event of ["freeze", "resume"]) document.addEventListener(event, () => window.life.push(event));
    document.addEventListener("visibilitychange", () => window.life.push(document.visibilityState));
  });
}

/** @param {import("playwright-core").Page} page @returns {Promise<string[]>} */
function life(page) {
  return page.evaluate(() => window.life);
}
