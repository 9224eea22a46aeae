// The network goes away in the middle of a research and comes back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { startProxy } from "../servers/proxy.mjs";
import { FAILED_REQUEST, withPage } from "./support/browser.mjs";
import { follow } from "./support/follow.mjs";
import { startServer } from "./support/servers.mjs";
import { assertWhole } from "./support/tally.mjs";
import { LIMIT, until } from "./support/until.mjs";

const ID = "research-1";
/** Fifteen lines a second; every third has the same text, and the database gets each later than the page. */
const EVERY_MS = 66;
const AGAIN = 3;
const LOG_DELAY = 0.2;
const LINES = 240;
/** The wire is cut in the middle of the first half, and mended when the server has stored all and eight seconds are over. */
const CUT_AT = 60;
const MISSED = 120;
/** Thirty a second, so that all are stored within the cut. */
const MISSED_EVERY_MS = 33;
const CUT_MS = 8000;
/** Lines that are sent once the page is back. */
const AFTER = 50;
/** A heartbeat that notices a silent wire within the cut, in seconds. */
const PING = { pingInterval: 1, pingTimeout: 4 };

/** @type {Record<string, (wire: { proxy: any, page: import("playwright-core").Page }) => { cut(): any, mend(): any }>} */
const CUTS = {
  "every connection is reset": ({ proxy }) => ({ cut: () => proxy.mode("refuse"), mend: () => proxy.mode("pass") }),
  "nothing passes and nothing is reset": ({ proxy }) => ({ cut: () => proxy.mode("blackhole"), mend: () => proxy.mode("pass") }),
  "the browser says that it is offline": ({ page }) => ({
    cut: () => page.context().setOffline(true),
    mend: () => page.context().setOffline(false),
  }),
};

for (const [what, wire] of Object.entries(CUTS)) {
  test(`eight seconds in which ${what}: every line arrives once, and one end`, LIMIT, async (t) => {
    const server = await startServer(t, "flask", { page: true, logDelay: LOG_DELAY, ...PING });
    const proxy = await startProxy({ target: server.url });
    t.after(() => proxy.close());

    await withPage(`${proxy.url}/progress/${ID}`, { expected: [FAILED_REQUEST] }, async (page) => {
      const { cut, mend } = wire({ proxy, page });
      const followed = await follow(page, { id: ID });
      await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length >= 1);
      // Past the proxy: the research goes on whatever the page's network does.
      await server.control("lines", { id: ID, count: LINES - MISSED, every_ms: EVERY_MS, again: AGAIN });
      await followed.untilLines(CUT_AT);
      const begin = performance.now();
      await cut();
      // However far the first half was by then.
      await until("the first half is over", async () => (await server.stored(ID)).length === LINES - MISSED, { every: 100 });
      await server.control("lines", { id: ID, count: MISSED, first: LINES - MISSED + 1, every_ms: MISSED_EVERY_MS, again: AGAIN });
      const isOver = async () => performance.now() - begin >= CUT_MS && (await server.stored(ID)).length === LINES;
      await until("the time of the cut is over", isOver, { every: 100 });
      const during = (await followed.heard()).lines.length;
      const stored = (await server.stored(ID)).length;
      t.diagnostic(`${what}: ${stored} stored and ${during} delivered after ${Math.round(performance.now() - begin)} ms without network`);
      assert.ok(during <= stored - MISSED, "the wire was cut");
      await mend();

      await server.until("the page is back", ({ connected, subscriptions }) => connected === 1 && subscriptions.length >= 2);
      await server.control("lines", { id: ID, count: AFTER, prefix: "after" });
      await followed.until("the last line", ({ lines }) => lines.includes(`after ${AFTER}`));
      await until("all are stored", async () => (await server.stored(ID)).length === LINES + AFTER);
      await server.control("final", { id: ID });
      await followed.until("the end", ({ done }) => done.length > 0);
      // A round trip later, the copy of the clean-up has come too.
      await page.evaluate(() => window.run.client.emitWithAck("echo", "after"));
      const heard = await followed.heard();
      assertWhole(t, what, await server.stored(ID), heard);
      assert.deepEqual(heard.ends.map(({ status, afterLines }) => [status, afterLines]), [["completed", LINES + AFTER]]);
      const { subscriptions, sessions } = await server.stats();
      // Once on each connection, and never more; on one that came after the end of the research, not at all.
      assert.deepEqual(subscriptions.map(({ sid }) => sid), sessions.slice(0, subscriptions.length).map(({ sid }) => sid));
    });
  });
}

test("an offline browser spends none of its attempts", LIMIT, async (t) => {
  const server = await startServer(t, "flask", { page: true });
  await withPage(`${server.url}/progress/${ID}`, { expected: [FAILED_REQUEST] }, async (page) => {
    await server.control("research", { id: ID });
    const followed = await follow(page, { id: ID, options: { reconnectionDelay: 20, reconnectionDelayMax: 40, reconnectionAttempts: 2 } });
    await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length >= 1);
    await page.context().setOffline(true);
    await followed.until("it says so", ({ states }) => states.at(-1)?.name === "offline");
    // Long enough for both attempts, had they been made: the server counts the time by its own stream.
    await server.control("lines", { id: "clock", count: 20, every_ms: 50 });
    await until("a second has passed", async () => (await server.stored("clock")).length === 20, { every: 100 });
    const offline = await followed.heard();
    assert.equal(offline.connection.filter(({ event }) => event === "reconnect_failed").length, 0);
    await page.context().setOffline(false);
    await server.until("the page is back", ({ subscriptions }) => subscriptions.length >= 2);
  });
});
