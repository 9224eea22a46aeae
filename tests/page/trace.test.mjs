// The same scripted run, by this client and by socket.io-client: the same requests, but for a listed set of differences.

import assert from "node:assert/strict";
import { test } from "node:test";
import { OVERTAKEN_POLL, withPage } from "./support/browser.mjs";
import { follow, followWithPeer } from "./support/follow.mjs";
import { startServer } from "./support/servers.mjs";
import { DIFFERENCES, trace } from "./support/trace.mjs";
import { LIMIT, until } from "./support/until.mjs";

const ID = "research-1";
/** A heartbeat short enough to be part of the run, in seconds. */
const PING = { pingInterval: 0.5, pingTimeout: 5 };

test("this client asks what socket.io-client asks, but for the listed differences", LIMIT, async (t) => {
  // Its next poll may follow its goodbye, and is answered 400 then.
  const theirs = await run(t, followWithPeer, [OVERTAKEN_POLL]);
  const ours = await run(t, follow);

  for (const difference of DIFFERENCES) {
    const seen = difference.remove({ ours, theirs });
    assert.ok(seen, `a difference that is listed and does not exist: ${difference.what}`);
    t.diagnostic(`${difference.what}: ${difference.why}`);
  }
  assert.deepEqual(ours, theirs);
});

/** Connects, subscribes, hears, is pinged, asks, sends three while a POST is under way, hears the end, leaves. */
async function run(t, start, expected = []) {
  const server = await startServer(t, "flask", { page: true, ...PING });
  let recorded;
  await withPage(`${server.url}/progress/${ID}`, { expected }, async (page, { requests }) => {
    await server.control("research", { id: ID });
    const followed = await start(page, { id: ID });
    await server.until("it subscribes", ({ subscriptions }) => subscriptions.length === 1);
    await server.control("updates", { id: ID, count: 3 });
    await followed.until("the updates", ({ updates }) => updates.includes("step 3"));
    const pongs = () => requests.all.filter(({ method, body }) => method === "POST" && body.split("\x1e").includes("3"));
    await requests.until("two pongs", pongs, 2);
    await page.evaluate(() => window.run.client.emitWithAck("echo", { text: "ä" }, [1, null]));
    const release = await emitHeld(page, "count", 0);
    await page.evaluate(() => {
      for (let n = 1; n <= 3; n += 1) window.run.client.emit("count", n);
    });
    release();
    await server.until("all four arrive", ({ events }) => events.count === 4);
    await server.control("final", { id: ID });
    await followed.until("the end", ({ updates }) => updates.includes("Research completed"));
    await page.evaluate(() => (window.run.client.close ?? window.run.client.disconnect).call(window.run.client));
    await server.untilGoodbye();
    await until("every request has ended", () => requests.all.every(({ endedAt, failure, answer }) => endedAt && (failure || answer !== null)));
    recorded = trace(requests.all);
  });
  return recorded;
}

/**
 * Emits, and keeps the POST with it on its way until what is returned is called.
 * @param {import("playwright-core").Page} page
 */
async function emitHeld(page, event, value) {
  const packet = `42${JSON.stringify([event, value])}`;
  let release, holds;
  const released = new Promise((resolve) => (release = resolve));
  const held = new Promise((resolve) => (holds = resolve));
  const hold = async (route) => {
    const request = route.request();
    if (request.method() === "POST" && request.postData().includes(packet)) {
      holds();
      await released;
    }
    await route.continue();
  };
  await page.route("**/socket.io/**", hold);
  await page.evaluate(([event, value]) => window.run.client.emit(event, value), [event, value]);
  await held;
  return release;
}
