// The newest server: another path, another event name, and it says why it refuses.

import assert from "node:assert/strict";
import { test } from "node:test";
import { OVERTAKEN_POLL, withPage } from "./support/browser.mjs";
import { follow, numbered } from "./support/follow.mjs";
import { startServer } from "./support/servers.mjs";
import { LIMIT } from "./support/until.mjs";

const PATH = "/ws/socket.io";
/** A refused page may ask the status endpoint, which knows nothing of these ids. */
const REFUSED_STATUS = /^console: Failed to load resource.*\/api\/research\//;

test("a page follows a research at /ws/socket.io to its end", LIMIT, async (t) => {
  const server = await startServer(t, "asgi", { page: true });
  await withPage(`${server.url}/progress/r1`, {}, async (page) => {
    await server.control("research", { id: "r1" });
    const followed = await follow(page, { id: "r1", options: { path: PATH } });
    await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
    await server.control("updates", { id: "r1", count: 20 });
    await server.control("lines", { id: "r1", count: 100 });
    await server.control("final", { id: "r1" });

    const heard = await followed.until("the end", ({ done }) => done.length > 0);
    assert.deepEqual(heard.lines, numbered("line", 1, 100));
    assert.deepEqual(heard.updates.filter((message) => message.startsWith("step")), numbered("step", 1, 20));
    assert.deepEqual(heard.ends.map(({ status }) => status), ["completed"]);
    assert.equal((await server.stats()).subscriptions.length, 1);
  });
});

test("a page that unsubscribes tells the server and hears no more", LIMIT, async (t) => {
  const server = await startServer(t, "asgi", { page: true });
  await withPage(`${server.url}/progress/r1`, {}, async (page) => {
    await server.control("research", { id: "r1" });
    const followed = await follow(page, { id: "r1", options: { path: PATH } });
    await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
    await page.evaluate(() => window.run.research.unsubscribe());
    await server.until("the server hears of it", ({ events }) => events.unsubscribe_from_research === 1);
    await server.control("updates", { id: "r1", count: 1 });
    await page.evaluate(() => window.run.client.emitWithAck("echo", "a round trip later"));
    assert.deepEqual((await followed.heard()).updates, []);
  });
});

const REFUSALS = [
  ["anon-1", "Authentication required"],
  ["denied-1", "Not authorized"],
  ["expired-1", "Session expired"],
];

for (const [id, reason] of REFUSALS) {
  test(`a subscription refused with "${reason}" is a failure of its research that says so`, LIMIT, async (t) => {
    const server = await startServer(t, "asgi", { page: true });
    await withPage(`${server.url}/progress/${id}`, { expected: [REFUSED_STATUS, OVERTAKEN_POLL] }, async (page) => {
      const followed = await follow(page, { id, options: { path: PATH } });
      const { failures, ends } = await followed.until("the failure", ({ failures }) => failures.length > 0);
      assert.deepEqual(failures.map(({ code, detail }) => [code, detail]), [["UNAUTHORIZED", reason]]);
      assert.ok(failures[0].title && failures[0].text, "words for people");
      // Not being allowed to look is no end of the research.
      assert.deepEqual(ends, []);
    });
  });
}

test("a session that has expired stops a client that is not persistent with a typed error, and nothing is tried again", LIMIT, async (t) => {
  const server = await startServer(t, "asgi", { page: true });
  await withPage(`${server.url}/progress/expired-1`, { expected: [REFUSED_STATUS, OVERTAKEN_POLL] }, async (page, { requests }) => {
    const followed = await follow(page, { id: "expired-1", options: { path: PATH, reconnectionDelay: 20, reconnectionDelayMax: 20, persistent: false } });
    const { states } = await followed.until("it stops", ({ states }) => states.at(-1)?.name === "stopped");
    const { reason } = states.at(-1) ?? {};
    assert.deepEqual([reason?.isError, reason?.name, reason?.code], [true, "ResearchSocketError", "UNAUTHORIZED"]);
    assert.ok(reason?.message);
    // Ten times the delay of an attempt: the one wait for something that must not happen.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 200)));
    assert.equal(requests.handshakes().length, 1);
  });
});

test("one refused subscription leaves the others alone", LIMIT, async (t) => {
  const server = await startServer(t, "asgi", { page: true });
  await withPage(`${server.url}/progress/denied-1`, { expected: [REFUSED_STATUS] }, async (page) => {
    await server.control("research", { id: "r1" });
    const followed = await follow(page, { id: "denied-1", options: { path: PATH } });
    await followed.until("the failure", ({ failures }) => failures.length > 0);
    await page.evaluate(() => {
      window.other = [];
      window.run.client.subscribe("r1", (update) => update.phase && window.other.push(update.message));
    });
    await server.until("both were asked for", ({ subscriptions }) => subscriptions.length === 2);
    await server.control("updates", { id: "r1", count: 3 });
    await page.waitForFunction(() => window.other.length >= 3);
    assert.deepEqual(await page.evaluate(() => window.other), numbered("step", 1, 3));
    assert.deepEqual(await followed.events("disconnect"), []);
  });
});
