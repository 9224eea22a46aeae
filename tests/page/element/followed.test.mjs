// The element on a page of a real server, with three lines of HTML: from the beginning to the end, and with 20,000 lines at once.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { FAILED_REQUEST, withPage } from "../support/browser.mjs";
import { RUNTIME } from "../support/runtime.mjs";
import { startServer } from "../support/servers.mjs";
import { isLong, tasksDuring } from "../support/tasks.mjs";
import { LIMIT } from "../support/until.mjs";

const ID = "research-1";
const LINES = 20_000;

/** @param {import("node:test").TestContext} t @param {(page: import("playwright-core").Page, server: Awaited<ReturnType<typeof startServer>>) => Promise<void>} use */
async function onPage(t, use, expected = /** @type {RegExp[]} */ ([])) {
  // A server that is restarted knows the research again.
  const folder = await mkdtemp(path.join(os.tmpdir(), "element-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const server = await startServer(t, "flask", { page: true, release: "1.5", store: path.join(folder, "store") });
  await server.control("research", { id: ID, status: "in_progress", progress: 10 });
  await withPage(`${server.url}/progress/${ID}`, { expected, record: false }, async (page) => {
    await page.evaluate(async (id) => {
      const element = Object.assign(document.createElement("research-progress"), { researchId: id });
      element.setAttribute("path", "/socket.io");
      document.body.append(element);
      await import("/pkg/element.js");
      Object.assign(window, { element, ends: [], part: (/** @type {string} */ name) => element.shadowRoot.querySelector(`.${name}`) });
      element.addEventListener("research-end", (/** @type {any} */ event) => window.ends.push(event.detail.status));
    }, ID);
    await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
    await use(page, server);
  });
}

/** @param {import("playwright-core").Page} page @param {string} name @param {string} text */
const shows = (page, name, text) => page.waitForFunction(([name, text]) => window.part(name).textContent.includes(text), [name, text], { polling: 100 });

test("a research is shown from its beginning to its end, and the session ends with the element", LIMIT, async (t) => {
  await onPage(t, async (page, server) => {
    await shows(page, "connection-words", "Live");
    await server.control("updates", { id: ID, count: 20 });
    await shows(page, "percent", "95%");
    await server.control("lines", { id: ID, count: 30 });
    await shows(page, "layer", "line 30");
    await server.control("final", { id: ID });
    await shows(page, "status", "Completed");
    assert.equal(await page.evaluate(() => window.part("result").getAttribute("href")), `/results/${ID}`);
    assert.deepEqual(await page.evaluate(() => window.ends), ["completed"]);
    await page.evaluate(() => window.element.remove());
    const { sessions } = await server.untilGoodbye();
    assert.equal(sessions.length, 1);
  });
});

test("what a research did when is drawn from what the server sent and from its stored log", LIMIT, async (t) => {
  await onPage(t, async (page, server) => {
    await page.evaluate(() => window.element.setAttribute("timeline", ""));
    await shows(page, "connection-words", "Live");
    await page.waitForFunction(() => window.element.research.state.historyRead);
    for (const [n, phase] of ["search", "reading", "final_synthesis"].entries()) {
      await server.control("updates", { id: ID, count: 4, first: 1 + 4 * n, total: 12, phase });
      await server.control("lines", { id: ID, count: 2, prefix: phase });
      await shows(page, "layer", `${phase} 2`);
    }
    await page.waitForFunction(() => [...window.element.shadowRoot.querySelectorAll(".span-name")].map(({ textContent }) => textContent).join() === "Search,Reading,Final synthesis");
    const timeline = await page.evaluate(() => window.element.research.timeline());
    assert.deepEqual(timeline.phases.map(({ phase }) => phase), ["search", "reading", "final_synthesis"]);
    const percentages = timeline.progress.map(({ percent }) => percent);
    assert.ok(percentages.length > 3 && percentages.every((percent, n) => percent > (percentages[n - 1] ?? -1)), String(percentages));
    assert.deepEqual([timeline.phases[0].to, timeline.to], [timeline.phases[1].from, null]);
    await server.control("final", { id: ID });
    await shows(page, "status", "Completed");
    const { phases, to } = await page.evaluate(() => window.element.research.timeline());
    assert.ok(to !== null && to === phases.at(-1).to && to >= phases.at(-1).from);
    await page.waitForFunction(() => window.element.shadowRoot.querySelector(".span[data-runs]") === null);
  });
});

test("a server that is restarted is told of in words, and the page goes on by itself", LIMIT, async (t) => {
  await onPage(t, async (page, server) => {
    await shows(page, "connection-words", "Live");
    // What it says for a second only counts as well.
    await page.evaluate(() => {
      window.words = new Set();
      new MutationObserver(() => window.words.add(window.part("connection-words").textContent)).observe(window.part("connection-words"), { childList: true, characterData: true, subtree: true });
    });
    server.kill();
    await page.waitForFunction(() => [...window.words].some((words) => /^Reconnecting, attempt 1 of 5/.test(words)), undefined, { polling: 100 });
    assert.equal(await page.getByRole("button", { name: "Try now" }).isVisible(), true);
    await server.start();
    await shows(page, "connection-words", "Live");
  }, [FAILED_REQUEST]);
});

test("20,000 lines at once from a server are all shown, and the page answers all the while", LIMIT, async (t) => {
  await onPage(t, async (page, server) => {
    await shows(page, "connection-words", "Live");
    await server.control("lines", { id: ID, count: 1, prefix: "first" });
    await shows(page, "layer", "first 1");
    const tasks = await tasksDuring(page, async () => {
      await server.control("lines", { id: ID, count: LINES });
      await shows(page, "layer", `line ${LINES}`);
    });
    assert.equal(await page.evaluate(() => window.part("filter-all").lastChild.textContent), "20,001");
    // The core as JavaScript has tasks of its own that take longer, until the browser has compiled it.
    if (RUNTIME === "wasm") assert.deepEqual(tasks.filter(isLong), []);
    assert.equal((await server.stats()).sessions.length, 1);
  });
});

test("a list and a research share one connection to a server, and what leaves the list is let go of", LIMIT, async (t) => {
  await onPage(t, async (page, server) => {
    await shows(page, "connection-words", "Live");
    for (const id of ["research-2", "research-3"]) await server.control("research", { id, status: "in_progress", progress: 20 });
    await page.evaluate(async (ids) => {
      const list = Object.assign(document.createElement("research-list"), { researches: ids });
      list.setAttribute("path", "/socket.io");
      document.body.append(list);
      await import("/pkg/list.js");
      Object.assign(window, { list, listed: () => [...list.shadowRoot.querySelectorAll(".research")].map((row) => ["title", "status", "percent", "task"].map((name) => row.querySelector(`.${name}`).textContent).join(" ")) });
      list.addEventListener("research-end", (/** @type {any} */ event) => window.ends.push(event.detail.id));
    }, [ID, "research-2", "research-3"]);
    const lists = (/** @type {string} */ row) => page.waitForFunction((row) => window.listed().some((text) => text.startsWith(row)), row, { polling: 100 });
    for (const row of [`${ID} In progress 10%`, "research-2 In progress 20%", "research-3 In progress 20%"]) await lists(row);
    await server.control("updates", { id: "research-2", count: 10 });
    await lists("research-2 In progress 95%");
    await server.control("final", { id: "research-2" });
    await lists("research-2 Completed 100%");
    assert.deepEqual(await page.evaluate(() => window.ends), ["research-2"]);
    // The other element has it still.
    await page.evaluate(() => (window.list.researches = ["research-3"]));
    await server.control("final", { id: ID });
    await shows(page, "status", "Completed");
    assert.deepEqual(await page.evaluate(() => [window.ends, window.listed().length]), [["research-2", "completed"], 1]);
    const { sessions } = await server.stats();
    assert.equal(sessions.length, 1);
    await page.evaluate(() => (window.list.remove(), window.element.remove()));
    assert.equal((await server.untilGoodbye()).sessions.length, 1);
  });
});
