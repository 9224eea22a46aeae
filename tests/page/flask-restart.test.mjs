// The main job: a page follows a research on a real Flask-SocketIO server which is killed twice on the way.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { bounds } from "./support/backoff.mjs";
import { FAILED_REQUEST, withPage } from "./support/browser.mjs";
import { follow, numbered } from "./support/follow.mjs";
import { startServer } from "./support/servers.mjs";
import { LIMIT, until } from "./support/until.mjs";

const ID = "research-1";
const ATTEMPTS = 5;
/** Attempts are counted from the last connection that lasted so long. */
const STABLE_AFTER_MS = 5000;
/** How much less than planned a timer may take, as the page's clock is coarse, and how much more on a machine that is busy. */
const EARLY_MS = 2;
const LATE_MS = 15_000;

for (const release of ["documented", "1.3"]) {
  test(`a page hears everything once through a restart and an outage of a ${release} server`, LIMIT, async (t) => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "research-"));
    t.after(() => rm(folder, { recursive: true }));
    const server = await startServer(t, "flask", { page: true, release, store: path.join(folder, "store.sqlite") });

    await withPage(`${server.url}/progress/${ID}`, { expected: [FAILED_REQUEST], before: "sent.js" }, async (page, { requests }) => {
      const followed = await follow(page, { id: ID });
      await subscribedOnce(server);
      await bothDelivered(server, followed);
      await liveAgainAfterRestart(server, followed);
      await fiveAttemptsThenPolling(t, page, server, followed, requests);
      await liveAgainAfterOutage(server, followed);
      await endsOnce(server, followed);
    });
  });
}

async function subscribedOnce(server) {
  const stats = await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length > 0);
  assert.deepEqual(stats.subscriptions.map(({ sid, research_id }) => [sid, research_id]), [[stats.sessions.at(-1).sid, ID]]);
}

/** 200 updates, each of them sent twice, and 500 log lines. */
async function bothDelivered(server, followed) {
  await server.control("updates", { id: ID, count: 200, total: 1000 });
  await server.control("lines", { id: ID, count: 500 });
  const heard = await followed.untilLines(500);
  assert.deepEqual(heard.lines, numbered("line", 1, 500));
  assert.deepEqual(heard.updates.filter(isStep), numbered("step", 1, 200));
}

async function liveAgainAfterRestart(server, followed) {
  server.kill();
  await followed.until("the page notices", ({ connection }) => connection.some(({ event }) => event === "disconnect"));
  await server.start();
  await subscribedOnce(server);
  await server.control("lines", { id: ID, count: 40, first: 501 });
  await server.control("updates", { id: ID, count: 10, first: 201, total: 1000 });
  const heard = await followed.until("the rest", ({ lines, updates }) => lines.length >= 540 && updates.includes("step 210"));
  assert.deepEqual(heard.lines, numbered("line", 1, 540));
  assert.deepEqual(heard.updates.filter(isStep), numbered("step", 1, 210));
  assert.equal(heard.connection.filter(({ event }) => event === "connect").length, 2);
  await subscribedOnce(server);
}

async function fiveAttemptsThenPolling(t, page, server, followed, requests) {
  await followed.untilConnectedFor(STABLE_AFTER_MS + 200);
  const before = (await followed.heard()).states.length;
  const killedAfter = await page.evaluate(() => performance.now());
  const killedAt = performance.now();
  server.kill();
  const { states } = await followed.until("the attempts are used up", ({ connection }) => connection.some(({ event }) => event === "reconnect_failed"));
  const attempts = requests.handshakes(killedAt);
  assert.equal(attempts.length, ATTEMPTS);
  await until("every attempt finds nobody", () => attempts.every(({ failure }) => failure));

  // The first delay begins when the poll that was open breaks; each later one when the attempt before has failed.
  const sent = await page.evaluate(() => /** @type {any} */ (window).sent.filter(({ url }) => url.includes("/socket.io/")));
  const first = sent.findIndex(({ at, url }) => at > killedAfter && !url.includes("sid="));
  const delays = attempts.map((_, n) => sent[first + n].at - sent[first + n - 1].endedAt);
  t.diagnostic(`delays before the five attempts: ${delays.map(Math.round).join(", ")} ms`);
  const waiting = states.slice(before).filter(({ delay }) => delay !== undefined);
  delays.forEach((delay, n) => {
    const { least, most } = bounds(n);
    const planned = waiting.find(({ attempt }) => attempt === n + 1)?.delay;
    assert.ok(planned >= least && planned <= most, `attempt ${n + 1} is planned after ${planned} ms, not ${least} to ${most}`);
    assert.ok(delay >= planned - EARLY_MS && delay <= planned + LATE_MS, `attempt ${n + 1} came after ${delay} ms, not ${planned}`);
  });

  const gaveUpAt = performance.now();
  const polls = await requests.until("status polling", () => requests.statusPolls(gaveUpAt), 2);
  // Sequential: the next question waits for the answer of the one before.
  assert.ok(polls[0].endedAt !== null && polls[0].endedAt <= polls[1].at);
}

async function liveAgainAfterOutage(server, followed) {
  await server.start();
  await subscribedOnce(server);
  await server.control("lines", { id: ID, count: 10, first: 541 });
  const heard = await followed.untilLines(550);
  assert.deepEqual(heard.lines, numbered("line", 1, 550));
  assert.equal(await followed.connected(), true);
}

async function endsOnce(server, followed) {
  await server.control("final", { id: ID });
  await followed.until("the end", ({ ends }) => ends.length > 0);
  // A round trip later, the copy of the clean-up has come too.
  await server.control("emit", { event: "after", payload: 1 });
  await followed.until("done", ({ done }) => done.length > 0);
  const heard = await followed.heard();
  assert.deepEqual(heard.ends.map(({ status }) => status), ["completed"]);
  assert.equal(heard.done[0].resolved?.status, "completed");
  assert.deepEqual(heard.lines, numbered("line", 1, 550));
}

const isStep = (message) => message.startsWith("step ");
