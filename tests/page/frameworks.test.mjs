// What the package has for Vue and Svelte, in a component of each.

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadApp } from "./support/apps.mjs";
import { OVERTAKEN_POLL, withPage } from "./support/browser.mjs";
import { startServer } from "./support/servers.mjs";
import { LIMIT, until } from "./support/until.mjs";

const ID = "research-1";

for (const framework of /** @type {const} */ (["vue", "svelte"])) {
  test(`${framework}: a component follows a research, one that comes at once shares its session, and the last one closes it`, LIMIT, async (t) => {
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
      await shows(/^research-1: 40, 12 lines, connected$/);

      await page.evaluate(() => window.leave());
      await shows(/^$/);
      await mount();
      await shows(/^research-1: 40, 12 lines, connected$/);
      assert.equal((await server.stats()).sessions.length, 1);

      await page.evaluate(() => window.leave());
      const { sessions } = await server.untilGoodbye();
      assert.deepEqual(sessions.map(({ reason }) => reason), ["client disconnect"]);
    });
  });
}

for (const framework of /** @type {const} */ (["vue", "svelte"])) {
  test(`${framework}: each part changes for itself alone`, LIMIT, async (t) => {
    const server = await startServer(t, "flask", { page: true, release: "1.5" });
    await server.control("research", { id: ID, status: "in_progress", progress: 10 });
    await withPage(`${server.url}/progress/${ID}`, { expected: [OVERTAKEN_POLL] }, async (page) => {
      await loadApp(page, "frameworks.js");
      await page.evaluate(([framework, id]) => window.parts[framework](id), [framework, ID]);
      await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
      const changes = () => page.evaluate(() => ({ ...window.changes }));
      /** What changes while something is done, until a part has changed. @param {() => Promise<unknown>} act @param {string} part */
      const changed = async (act, part) => {
        const before = await changes();
        await act();
        await until(`${part} changes`, async () => (await changes())[part] > before[part], { seen: changes });
        // What else there is to tell is told in the next frame.
        await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
        const after = await changes();
        return Object.keys(after).filter((name) => after[name] > before[name]);
      };
      // The last that is heard of a research without anything happening.
      await until("the stored log has been read", () => page.evaluate(() => window.historyRead()));
      // Of a first line the research knows when it was heard.
      await changed(() => server.control("lines", { id: ID, count: 1 }), "log");
      assert.deepEqual(await changed(() => server.control("lines", { id: ID, count: 5 }), "log"), ["log"]);
      assert.deepEqual(await changed(() => server.control("emit", { id: ID, payload: { progress: 40 } }), "research"), ["research"]);
    });
  });
}

test("vue: what a ref comes to is followed, and nothing of what it was is shown any more", LIMIT, async (t) => {
  const server = await startServer(t, "flask", { page: true, release: "1.5" });
  for (const [id, progress] of [["research-1", 10], ["research-2", 70]]) await server.control("research", { id, status: "in_progress", progress });
  await withPage(`${server.url}/progress/${ID}`, { expected: [OVERTAKEN_POLL] }, async (page) => {
    await loadApp(page, "frameworks.js");
    const look = () => page.evaluate(() => document.querySelector("main").textContent);
    const shows = (/** @type {string} */ text) => until(`the page shows ${text}`, async () => (await look()).startsWith(text), { seen: look });
    await page.evaluate((id) => void (window.leave = window.apps.vue(id)), ID);
    await shows("research-1: 10, 0 lines, connected");
    await server.control("lines", { id: ID, count: 3 });
    await shows("research-1: 10, 3 lines");
    await page.evaluate(() => void window.follow("research-2"));
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
    assert.match(await look(), /^research-2: (unknown|70), 0 lines/);
    await shows("research-2: 70, 0 lines, connected");
    assert.equal((await server.stats()).sessions.length, 1);
  });
});
