// The README's examples for Vue and Svelte as they stand there, in a component each.

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadApp } from "./support/apps.mjs";
import { OVERTAKEN_POLL, withPage } from "./support/browser.mjs";
import { startServer } from "./support/servers.mjs";
import { until } from "./support/until.mjs";

const ID = "research-1";

for (const framework of /** @type {const} */ (["vue", "svelte"])) {
  test(`${framework}: a component follows a research, one that comes at once shares its session, and the last one closes it`, { timeout: 180_000 }, async (t) => {
    const server = await startServer(t, "flask", { page: true, release: "1.5" });
    await server.control("research", { id: ID });
    await withPage(`${server.url}/progress/${ID}`, { expected: [OVERTAKEN_POLL] }, async (page) => {
      await loadApp(page, "frameworks.js");
      const shows = (/** @type {RegExp} */ text) =>
        until(`the page shows ${text}`, async () => text.test(await page.evaluate(() => document.querySelector("main").textContent)));
      const mount = () => page.evaluate(([framework, id]) => void (window.leave = window.apps[framework](id)), [framework, ID]);
      await mount();
      await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
      await server.control("lines", { id: ID, count: 20 });
      await server.control("emit", { id: ID, payload: { progress: 40 } });
      await shows(/^research-1: 40, 20 lines$/);

      await page.evaluate(() => window.leave());
      await shows(/^$/);
      await mount();
      await shows(/^research-1: 40, 20 lines$/);
      assert.equal((await server.stats()).sessions.length, 1);

      await page.evaluate(() => window.leave());
      const { sessions } = await server.untilGoodbye();
      assert.deepEqual(sessions.map(({ reason }) => reason), ["client disconnect"]);
    });
  });
}
