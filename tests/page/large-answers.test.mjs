// Answers that are larger than anything that fits into a page at once: all of them arrives, in order, and the connection lives.

import assert from "node:assert/strict";
import { test } from "node:test";
import { withPage } from "./support/browser.mjs";
import { ANSWERS, startLargeServer } from "./support/large.mjs";
import { RUNTIME } from "./support/runtime.mjs";
import { LIMIT, until } from "./support/until.mjs";
import { startBrowser } from "./support/webdriver.mjs";

/** Of what waits there are at most 24 MiB; a message is there a few times while it is read. */
const MAX_MEMORY_MB = 64;

/** @typedef {{ evaluate: <T>(run: () => T) => Promise<T> }} Page */

/** @param {Page} page @param {import("./support/large.mjs").Answer} answer @param {{ sessions: number }} seen */
async function isHeard(page, { lines, messages }, seen) {
  /** @type {any} */
  let heard;
  const look = async () => {
    heard = await page.evaluate(() => /** @type {any} */ (window).large);
    return heard?.lines >= lines && heard.messages >= messages;
  };
  await until("all of it arrives", look, { within: 600_000, every: 200, seen: () => heard });
  const { disordered, gaps, warnings, drops, memory } = heard;
  const expected = { lines, messages, disordered: 0, gaps: 0, warnings: [], drops: [] };
  assert.deepEqual({ lines: heard.lines, messages: heard.messages, disordered, gaps, warnings, drops }, expected);
  assert.equal(seen.sessions, 1);
  if (RUNTIME === "wasm") assert.ok(memory > 0 && memory < MAX_MEMORY_MB, `${memory} MB`);
  return heard;
}

for (const answer of ANSWERS) {
  test(`all of ${answer.name} arrives in Chromium`, LIMIT, async (t) => {
    const server = await startLargeServer(t, answer);
    await withPage(server.url, { record: false }, async (page) => {
      await page.evaluate(async () => (await import("/support/large.js")).hearLarge());
      const { longest, memory } = await isHeard(page, answer, server.seen);
      t.diagnostic(`longest task ${longest} ms, memory ${memory} MB`);
    });
  });

  test(`all of ${answer.name} arrives in Firefox`, LIMIT, async (t) => {
    const server = await startLargeServer(t, answer);
    const browser = await startBrowser(t, "firefox");
    await browser.goto(server.url);
    await browser.evaluate(() => void import("/support/large.js").then(({ hearLarge }) => hearLarge()));
    await isHeard(browser, answer, server.seen);
  });
}

test("what a page is too slow for is not read, and all of it arrives", LIMIT, async (t) => {
  const lines = 60_000;
  const answer = { ...ANSWERS[3], log: () => [...ANSWERS[3].log()].slice(0, lines), lines };
  const server = await startLargeServer(t, answer);
  await withPage(server.url, { record: false }, async (page) => {
    await page.evaluate(async () => (await import("/support/large.js")).hearLarge({ lineCost: 0.1 }));
    await isHeard(page, answer, server.seen);
  });
});

test("all of 20,000 lines arrives through a fetch whose responses have no stream and are of no known class", LIMIT, async (t) => {
  const server = await startLargeServer(t, ANSWERS[1]);
  await withPage(server.url, { record: false }, async (page) => {
    await page.evaluate(async () => (await import("/support/large.js")).hearLarge({ fetch: "without-stream" }));
    await isHeard(page, ANSWERS[1], server.seen);
  });
});
