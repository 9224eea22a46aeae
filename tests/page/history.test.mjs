// What a page missed is fetched: whatever the server stored arrives, once, in order, and before the end.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { FAILED_REQUEST, withPage } from "./support/browser.mjs";
import { follow } from "./support/follow.mjs";
import { startServer } from "./support/servers.mjs";
import { assertWhole, neverStored } from "./support/tally.mjs";
import { LIMIT, until } from "./support/until.mjs";

const ID = "research-1";
/** Every third line has the same text, and the database gets each later than the page. */
const AGAIN = 3;
const LOG_DELAY = 0.2;
const DOWN_MS = 20_000;

test("a server that is killed for 20 seconds in the middle: nothing is lost that it stored", LIMIT, async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "research-"));
  t.after(() => rm(folder, { recursive: true }));
  const server = await startServer(t, "flask", { page: true, store: path.join(folder, "store.sqlite"), logDelay: LOG_DELAY });
  await withPage(`${server.url}/progress/${ID}`, { expected: [FAILED_REQUEST] }, async (page) => {
    await server.control("research", { id: ID });
    const followed = await follow(page, { id: ID });
    await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
    await server.control("lines", { id: ID, count: 200, every_ms: 50, again: AGAIN });
    await followed.until("lines before", ({ lines }) => lines.length >= 60);
    const killedAt = Date.now();
    server.kill();
    await until("the outage is over", () => Date.now() - killedAt >= DOWN_MS, { every: 100 });
    // Not the moment of the kill: on a busy machine the server still writes lines after it.
    const startedAt = Date.now();
    await server.start();
    // The research goes on before the page is back.
    await server.control("lines", { id: ID, count: 120, first: 201, every_ms: 50, again: AGAIN });
    await server.until("the page is back", ({ subscriptions }) => subscriptions.length === 1);
    await stored(server, (lines) => lines.at(-1)?.message === "line 320");
    const heard = await liveToTheEnd(server, followed);

    const kept = await server.stored(ID);
    const lost = neverStored(kept, heard);
    t.diagnostic(`delivered live, and lost with the queue of the server that was killed: ${lost.length}`);
    // What the kill took from the queue was the newest that there was.
    const live = heard.times.filter((time, n) => heard.sources[n] !== "history" && Date.parse(time ?? "") < startedAt);
    assert.deepEqual(lost.map(({ timestamp }) => timestamp), live.slice(live.length - lost.length));
    assert.equal(new Set(lost.map(({ timestamp }) => timestamp)).size, lost.length);
    assertWhole(t, "killed for 20 s", [...kept, ...lost], heard);
  });
});

for (const release of ["documented", "1.3"]) {
  test(`a page that is opened in the middle of a research has the whole story once: ${release}`, LIMIT, async (t) => {
    const server = await startServer(t, "flask", { page: true, release, logDelay: LOG_DELAY });
    await server.control("lines", { id: ID, count: 300, again: AGAIN });
    await server.control("lines", { id: ID, count: 100, first: 301, every_ms: 30, again: AGAIN });
    await stored(server, ({ length }) => length >= 330);
    await withPage(`${server.url}/progress/${ID}`, {}, async (page) => {
      const followed = await follow(page, { id: ID });
      await stored(server, ({ length }) => length === 400);
      const heard = await liveToTheEnd(server, followed);
      assertWhole(t, "opened in the middle", await server.stored(ID), heard);
    });
  });
}

for (const { status, count } of [
  { status: "completed", count: 3000 },
  { status: "failed", count: 30 },
]) {
  test(`a page that is opened after the research has ${status} has the whole story once, then the end`, LIMIT, async (t) => {
    const server = await startServer(t, "flask", { page: true });
    await server.control("lines", { id: ID, count, again: AGAIN });
    await server.control("final", { id: ID, status });
    await withPage(`${server.url}/progress/${ID}`, {}, async (page) => {
      const followed = await follow(page, { id: ID });
      const heard = await followed.until("the end", ({ done }) => done.length > 0);
      assert.deepEqual(heard.ends.map(({ status, afterLines }) => [status, afterLines]), [[status, count]]);
      assertWhole(t, `opened after ${status}`, await server.stored(ID), heard);
    });
  });
}

async function stored(server, holds) {
  await until("the lines are stored", async () => holds(await server.stored(ID)), { every: 100 });
}

/** Twenty more lines, live, then the end, behind all of them. */
async function liveToTheEnd(server, followed) {
  const before = (await server.stored(ID)).length;
  await server.control("lines", { id: ID, count: 20, prefix: "live" });
  await followed.until("the newest line", ({ lines }) => lines.includes("live 20"));
  await stored(server, ({ length }) => length === before + 20);
  await server.control("final", { id: ID });
  const heard = await followed.until("the end", ({ done }) => done.length > 0);
  assert.deepEqual(heard.ends.map(({ status, afterLines }) => [status, afterLines]), [["completed", heard.lines.length]]);
  return heard;
}
