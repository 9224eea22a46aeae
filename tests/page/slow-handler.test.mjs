// A page that paints slowly must not cost the connection: its handlers wait for the protocol, never the other way round.

import assert from "node:assert/strict";
import os from "node:os";
import { test } from "node:test";
import { FAILED_REQUEST, withPage } from "./support/browser.mjs";
import { follow, followWithPeer, numbered } from "./support/follow.mjs";
import { startServer } from "./support/servers.mjs";
import { tasksDuring } from "./support/tasks.mjs";
import { until } from "./support/until.mjs";

const ID = "research-1";
const LINES = 3000;
const LINE_COST_MS = 5;
/** Pings every 300 ms and waits 200 ms, in seconds. */
const IMPATIENT = { pingInterval: 0.3, pingTimeout: 0.2 };
/** What the browser itself calls a long task. */
const LONG_TASK_MS = 50;

// A heartbeat of 200 ms is soon missed on a machine that is busy with something else. Where it is allowed, what this file
// starts goes first.
try {
  os.setPriority(-10);
} catch {
  // Not as root: then the machine has to be idle.
}

test("a slow handler gets 3,000 lines at once and the connection never drops", { timeout: 120_000 }, async (t) => {
  const server = await startServer(t, "flask", { page: true, ...IMPATIENT });
  await withPage(`${server.url}/progress/${ID}`, {}, async (page) => {
    await server.control("research", { id: ID });
    const followed = await follow(page, { id: ID, lineCost: LINE_COST_MS });
    await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
    const start = performance.now();

    const tasks = await tasksDuring(page, async () => {
      await server.control("lines", { id: ID, count: LINES });
      await followed.untilLines(LINES, 60_000);
    });

    const heard = await followed.heard();
    const { sessions } = await server.stats();
    t.diagnostic(`${LINES} lines in ${seconds(start)} s, sessions: ${sessions.length}, ${describe(tasks)}`);
    assert.deepEqual(heard.lines, numbered("line", 1, LINES));
    assert.deepEqual(heard.connection.map(({ event }) => event), ["connect"]);
    assert.deepEqual(sessions.map(({ reason }) => reason), [null]);
    assert.deepEqual(heard.gaps, []);
    // Five milliseconds a line, so no handler alone is that long.
    assert.deepEqual(tasks.filter(({ cpu }) => cpu > LONG_TASK_MS), []);
  });
});

test("socket.io-client on the same page, for comparison", { timeout: 120_000 }, async (t) => {
  const server = await startServer(t, "flask", { page: true, ...IMPATIENT });
  await withPage(`${server.url}/progress/${ID}`, { expected: [FAILED_REQUEST] }, async (page) => {
    const followed = await followWithPeer(page, { id: ID, lineCost: LINE_COST_MS });
    await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
    const start = performance.now();

    const tasks = await tasksDuring(page, async () => {
      await server.control("lines", { id: ID, count: LINES });
      await followed.untilLines(1, 60_000);
      // It is done when a line that was sent behind all others has come; if the connection dropped, in a later session.
      let sent = 0;
      const arrives = async () => {
        await server.control("lines", { id: ID, count: 1, prefix: "behind", first: (sent += 1) });
        return (await followed.heard()).lines.some((message) => message.startsWith("behind"));
      };
      await until("a line sent now arrives", arrives, { within: 60_000, every: 500 });
    });

    const heard = await followed.heard();
    const stats = await server.stats();
    const lines = heard.lines.filter((message) => message.startsWith("line "));
    t.diagnostic(
      `socket.io-client: ${new Set(lines).size} of ${LINES} lines in ${seconds(start)} s, handed over ${lines.length} times, ` +
        `sessions: ${stats.sessions.length}, drops: ${JSON.stringify(drops(heard))}, ${describe(tasks)}`,
    );
    assert.ok(lines.length > 0);
  });
});

const seconds = (start) => ((performance.now() - start) / 1000).toFixed(1);
const drops = (heard) => heard.connection.filter(({ event }) => event === "disconnect").map(({ detail }) => detail);

function describe(tasks) {
  const longest = (key) => Math.round(Math.max(...tasks.map((task) => task[key])));
  return `longest task: ${longest("cpu")} ms of processor time, ${longest("wall")} ms with what else the machine did`;
}
