// A page that paints slowly must not cost the connection: its handlers wait for the protocol, never the other way round.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FAILED_REQUEST, withPage } from "./support/browser.mjs";
import { follow, followWithPeer, numbered } from "./support/follow.mjs";
import { startServer } from "./support/servers.mjs";
import { isLong, tasksDuring } from "./support/tasks.mjs";
import { LIMIT, until } from "./support/until.mjs";

const ID = "research-1";
const LINES = 3000;
/** Three seconds of work, in which a long task would show. */
const FEWER_LINES = 600;
const LINE_COST_MS = 5;
/**
 * Seconds. All lines together take twice as long, and no machine is so slow that it stands still for so long: whether a connection
 * lasts depends on the client alone. That handlers never keep it for longer than a moment is measured below.
 */
const HEARTBEAT = { pingInterval: 0.3, pingTimeout: 7 };

test("a slow handler gets 3,000 lines at once and the connection never drops", LIMIT, async (t) => {
  await onPage(t, HEARTBEAT, follow, async ({ server, followed }) => {
    const start = performance.now();
    await server.control("lines", { id: ID, count: LINES });
    const heard = await followed.untilLines(LINES, 200_000);
    const { sessions } = await server.stats();
    t.diagnostic(`${LINES} lines in ${seconds(start)} s`);
    assert.deepEqual(heard.lines, numbered("line", 1, LINES));
    assert.deepEqual(heard.connection.filter(({ event }) => event !== "connect"), []);
    assert.equal(sessions.length, 1);
  });
});

test("socket.io-client gets the same, for comparison", LIMIT, async (t) => {
  await onPage(t, HEARTBEAT, followWithPeer, async ({ server, followed }) => {
    const start = performance.now();
    await server.control("lines", { id: ID, count: LINES });
    await followed.untilLines(1, 200_000);
    // It is done when a line that was sent behind all others has come; if the connection dropped, in a later session.
    let sent = 0;
    const arrives = async () => {
      await server.control("lines", { id: ID, count: 1, prefix: "behind", first: (sent += 1) });
      return (await followed.heard()).lines.some((message) => message.startsWith("behind"));
    };
    await until("a line sent now arrives", arrives, { every: 500, within: 200_000 });

    const heard = await followed.heard();
    const lines = heard.lines.filter((message) => message.startsWith("line "));
    const drops = heard.connection.filter(({ event }) => event === "disconnect").map(({ detail }) => detail);
    const { sessions } = await server.stats();
    t.diagnostic(
      `socket.io-client: ${new Set(lines).size} of ${LINES} lines in ${seconds(start)} s, handed over ${lines.length} times, ` +
        `sessions: ${sessions.length}, drops: ${JSON.stringify(drops)}`,
    );
    assert.ok(lines.length > 0);
    assert.notDeepEqual(drops, [], "the heartbeat is too slow to tell a page that is kept from one that is not");
  });
});

/** A frame a line, of which a browser may give several in one task. */
const overWebSocket = (page, given) => follow(page, { ...given, options: { transports: ["websocket"] } });

for (const [name, start] of Object.entries({ "this client": follow, "this client over a WebSocket": overWebSocket, "socket.io-client": followWithPeer })) {
  const ours = start !== followWithPeer;
  const what = ours ? "keeps the page busy for more than 50 ms at no time" : "is measured beside it";
  test(`${name}, with a slow handler and many lines at once, ${what}`, LIMIT, async (t) => {
    await onPage(t, {}, start, async ({ page, server, followed }) => {
      const tasks = await tasksDuring(page, async () => {
        await server.control("lines", { id: ID, count: FEWER_LINES });
        await followed.untilLines(ours ? FEWER_LINES : 2 * FEWER_LINES, 200_000);
      });
      const longest = (key) => Math.round(tasks.reduce((most, task) => Math.max(most, task[key]), 0));
      t.diagnostic(`${name}: longest task ${longest("cpu")} ms of processor time, ${longest("wall")} ms with what else the machine did`);
      assert.ok(tasks.length > 0);
      // Five milliseconds a line, so no handler alone is that long.
      if (ours) assert.deepEqual(tasks.filter(isLong), []);
    });
  });
}

async function onPage(t, ping, start, use) {
  const server = await startServer(t, ping === HEARTBEAT ? "node" : "flask", { page: true, ...ping });
  await server.control("emit", { id: ID, payload: { status: "in_progress", progress: 1 } });
  // Sessions that are dropped end with requests that fail.
  const expected = start === followWithPeer ? [FAILED_REQUEST] : [];
  await withPage(`${server.url}/progress/${ID}`, { expected }, async (page) => {
    const followed = await start(page, { id: ID, lineCost: LINE_COST_MS });
    await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
    await use({ page, server, followed });
  });
}

const seconds = (start) => ((performance.now() - start) / 1000).toFixed(1);
