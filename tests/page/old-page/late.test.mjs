// Lines that come late into the page's panel.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { FAILED_REQUEST } from "../support/browser.mjs";
import { numbered } from "../support/follow.mjs";
import { LIMIT, until } from "../support/until.mjs";
import { count, startApplication, withTab } from "./open.mjs";

const ID = "research-1";

/** @param {string} time */
const second = (time) => Math.floor(Date.parse(time) / 1000);

test("lines that were sent while the server was away have their own time, also when a person downloads the log meanwhile", LIMIT, async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "old-page-"));
  t.after(() => rm(folder, { recursive: true }));
  const store = path.join(folder, "store.sqlite");
  const server = await startApplication(t, { store });
  await withTab({ expected: [FAILED_REQUEST] }, async (tab) => {
    await server.control("research", { id: ID, status: "in_progress" });
    const page = await tab.open(server, ID);
    await page.until("the page is connected", ({ isConnected }) => isConnected);
    await server.control("lines", { id: ID, count: 3 });
    await page.until("live lines", ({ rows, loads }) => loads > 0 && rows.length === 3);

    server.kill();
    await page.until("the page notices", ({ isConnected }) => !isConnected);
    // Its research goes on: another server has the same database, and nobody to send to.
    const other = await startApplication(t, { store });
    await other.control("lines", { id: ID, count: 3, first: 4 });
    const missed = (await other.stored(ID)).slice(-3);
    await until("another second", () => Date.now() / 1000 > second(missed[2].timestamp) + 1);
    await server.start();
    await page.download();
    await page.until("the page has them", ({ rows }) => rows.some(({ text }) => text === "line 6"));
    await server.control("lines", { id: ID, count: 3, first: 7 });

    const { rows, downloaded } = await page.until("all lines", ({ rows }) => rows.some(({ text }) => text === "line 9"));
    assert.equal(downloaded, 6);
    assert.deepEqual(count(rows, numbered("line", 1, 9)), { lost: [], twice: [] });
    const newest = rows.slice(0, 6);
    assert.deepEqual(newest.map(({ text }) => text), numbered("line", 4, 9).reverse());
    assert.deepEqual(newest.slice(3).map((row) => row.second).reverse(), missed.map(({ timestamp }) => second(timestamp)));
  });
});

test("a live line that was held on its way has its own time, and stands among the lines of that time", LIMIT, async (t) => {
  const server = await startApplication(t);
  await withTab({}, async (tab) => {
    await server.control("research", { id: ID, status: "in_progress" });
    const page = await tab.open(server, ID);
    await page.until("the page is connected", ({ isConnected }) => isConnected);
    const now = Date.now();
    const send = (/** @type {string} */ message, /** @type {number} */ seconds) => {
      const time = new Date(now + 1000 * seconds).toISOString().replace("Z", "000+00:00");
      return server.control("emit", { id: ID, payload: { log_entry: { message, type: "INFO", time } } });
    };
    await send("fresh", 0);
    await page.until("the first line, after the panel's own load", ({ rows, loads }) => loads > 0 && rows.length === 1);
    await send("older", -30);
    await send("held", -20);
    await send("held for longer", -40);
    const { rows } = await page.until("all lines", ({ rows }) => rows.length === 4);
    assert.deepEqual(rows.map(({ text }) => text), ["fresh", "held", "older", "held for longer"]);
    assert.deepEqual(rows.slice(1).map((row) => row.second - Math.floor(now / 1000)), [-20, -30, -40]);
  });
});
