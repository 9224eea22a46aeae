// useResearch in a real React: one connection whatever React does with the component, no flicker, and nothing left behind.

import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { LINGER_MS } from "../../pkg-template/client/linger.js";
import { loadApp } from "./support/apps.mjs";
import { OVERTAKEN_POLL, withPage } from "./support/browser.mjs";
import { packageFolder } from "./support/places.mjs";
import { startServer } from "./support/servers.mjs";
import { LIMIT, until } from "./support/until.mjs";

const ID = "research-1";
const LINES = 3000;
const EDITS = 10;

/** @param {import("node:test").TestContext} t @param {object} options @param {(page: import("playwright-core").Page, tools: any) => Promise<void>} use */
async function inReact(t, options, use) {
  const server = await startServer(t, "flask", { page: true, release: "1.5" });
  await server.control("research", { id: ID, status: "in_progress", progress: 10 });
  await withPage(`${server.url}/progress/${ID}`, options, async (page, tools) => {
    await loadApp(page, "progress.jsx");
    await use(page, { ...tools, server });
  });
}

/** Waits until the page shows a text. @param {import("playwright-core").Page} page @param {RegExp} text */
function shows(page, text) {
  const look = () => page.evaluate(() => document.querySelector("main").textContent);
  return until(`the page shows ${text}`, async () => text.test(await look()), { seen: look });
}

/** What was rendered, without what came several times in a row. @param {import("playwright-core").Page} page @param {string} field */
async function rendered(page, field) {
  const all = await page.evaluate((field) => window.app.seen.map((entry) => entry[field]), field);
  return all.filter((value, n) => n === 0 || value !== all[n - 1]);
}

test("StrictMode's mount, unmount and mount end with one connection and no flicker", LIMIT, async (t) => {
  await inReact(t, {}, async (page, { server, requests }) => {
    await page.evaluate((id) => window.app.mount({ id, strict: true }), ID);
    await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
    await server.control("updates", { id: ID, count: 20, every_ms: 20 });
    await server.control("lines", { id: ID, count: 5 });
    await shows(page, /95, 5 lines, connected/);
    await server.control("final", { id: ID });
    await shows(page, /100, 5 lines, connected, completed/);

    assert.deepEqual(await rendered(page, "connection"), ["connecting", "connected"]);
    const progress = (await rendered(page, "progress")).filter((value) => value !== null);
    assert.deepEqual(progress, progress.toSorted((a, b) => a - b));
    assert.equal((await rendered(page, "progress")).indexOf(null, 1), -1, "what was known once stays");
    assert.equal(requests.handshakes().length, 1);
    const { sessions, subscriptions, events } = await server.stats();
    assert.deepEqual([sessions.length, subscriptions.length, events.subscribe_to_research], [1, 1, 1]);
  });
});

test("hot reloading keeps the session, and leaving gives everything back", LIMIT, async (t) => {
  await inReact(t, { before: "counts.js", expected: [OVERTAKEN_POLL] }, async (page, { server, requests }) => {
    const open = new Set();
    page.on("request", (request) => open.add(request));
    for (const event of /** @type {const} */ (["requestfinished", "requestfailed"])) page.on(event, (request) => open.delete(request));
    await page.evaluate((id) => window.app.mount({ id }), ID);
    await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
    await server.control("lines", { id: ID, count: 3 });
    await server.control("emit", { id: ID, payload: { progress: 40, message: "searching" } });
    await shows(page, /40, 3 lines, connected/);
    await page.evaluate(() => (window.app.seen.length = 0));
    const before = await page.evaluate(() => window.counts.left().length);

    for (let edit = 1; edit <= EDITS; edit += 1) {
      await page.evaluate(() => window.app.edit());
      // As when the development server cannot replace one component and renders all anew.
      await page.evaluate((id) => (window.app.unmount(), window.app.mount({ id })), ID);
    }
    await shows(page, /40, 3 lines, connected/);
    // A component that was not there before knows nothing before the server has shown it the research, and then all at once.
    for (const [field, ...only] of [["connection", "connected", "connecting"], ["progress", 40, null], ["lines", 0, 3]]) {
      assert.deepEqual([...new Set(await rendered(page, String(field)))].toSorted(), only, String(field));
    }
    await until("as much is there as before", async () => (await page.evaluate(() => window.counts.left().length)) <= before);
    assert.equal(requests.handshakes().length, 1);
    const { sessions, subscriptions } = await server.stats();
    assert.deepEqual([sessions.length, subscriptions.length], [1, 1]);

    await page.evaluate(() => window.app.unmount());
    const left = async () => [...(await page.evaluate(() => window.counts.left())), ...[...open].map((request) => request.url())];
    await until("nothing is left", async () => (await left()).length === 0, { seen: left });
    const after = await server.untilGoodbye();
    assert.deepEqual(after.sessions.map(({ reason }) => reason), ["client disconnect"]);
  });
});

test("a page without a framework that closes and connects anew when it is hot-reloaded keeps its session", LIMIT, async (t) => {
  await inReact(t, {}, async (page, { server, requests }) => {
    const states = await page.evaluate(async ([id, edits, lingerMs]) => {
      // However long the module takes on a busy machine: it comes within the moment for which a connection is kept.
      const { setTimeout } = window;
      window.setTimeout = (/** @type {any} */ run, ms, ...args) => setTimeout(run, ms === lingerMs ? 60_000 : ms, ...args);
      const { connect } = await import("/pkg/index.js");
      const states = [];
      let client = await connect();
      while (!client.connected) await new Promise((resolve) => client.once("state", resolve));
      client.subscribe(id);
      for (let edit = 0; edit < edits; edit += 1) {
        client.close();
        // As long as the new module takes to come.
        await fetch(`/support/follow.js?${edit}`);
        client = await connect();
        states.push(client.state.name);
        // That its own client is closed each one hears.
        client.on("state", ({ name }) => name === "closed" || states.push(name));
        client.subscribe(id);
      }
      await client.emitWithAck("echo", "still there");
      return states;
    }, /** @type {const} */ ([ID, EDITS, LINGER_MS]));
    assert.deepEqual(new Set(states), new Set(["connected"]));
    assert.equal(requests.handshakes().length, 1);
    const { sessions, subscriptions } = await server.stats();
    assert.deepEqual([sessions.length, subscriptions.length], [1, 1]);
  });
});

test("components that show the same research share one connection", LIMIT, async (t) => {
  await inReact(t, {}, async (page, { server, requests }) => {
    await page.evaluate((id) => {
      // Written where the hook is called, so new at each rendering.
      const options = () => ({ reconnectionAttempts: 7, auth: () => ({ token: "t" }), logger: console });
      window.app.mount({ id, count: 5, options });
    }, ID);
    await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
    await server.control("emit", { id: ID, payload: { progress: 40 } });
    await shows(page, /(?:40, 0 lines, connected, not over.*){5}/);
    assert.equal(requests.handshakes().length, 1);
    const { sessions } = await server.stats();
    assert.deepEqual(sessions.map(({ auth }) => auth), [{ token: "t" }]);
  });
});

test(`${LINES} log lines render at most once a frame`, LIMIT, async (t) => {
  await inReact(t, { record: false }, async (page, { server }) => {
    await page.evaluate((id) => {
      window.frames_ = 0;
      requestAnimationFrame(function count() {
        window.frames_ += 1;
        requestAnimationFrame(count);
      });
      window.app.mount({ id, strict: false });
    }, ID);
    await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
    await shows(page, /connected/);
    const before = await page.evaluate(() => ({ frames: window.frames_, renders: window.app.seen.length }));
    for (let first = 1; first <= LINES; first += 100) await server.control("lines", { id: ID, count: 100, first });
    await shows(page, new RegExp(`${LINES} lines`));
    const after = await page.evaluate(() => ({ frames: window.frames_, renders: window.app.seen.length }));
    const [frames, renders] = [after.frames - before.frames, after.renders - before.renders];
    t.diagnostic(`${LINES} lines, ${frames} frames, ${renders} renderings`);
    assert.ok(renders > 0 && renders <= frames + 1, `${renders} renderings in ${frames} frames`);
    assert.ok(renders < LINES / 10, `${renders} renderings`);
  });
});

test("each hook renders for its own part alone", LIMIT, async (t) => {
  await inReact(t, {}, async (page, { server, requests }) => {
    const parts = () => page.evaluate(() => window.app.parts);
    await page.evaluate((id) => window.app.mountParts(id, false), ID);
    await shows(page, /research 10.*connection connected.*suspense 10/);
    // The last that is heard of a research without anything happening.
    await until("the stored log has been read", () => page.evaluate(() => window.app.historyRead));
    const before = await parts();
    for (let n = 1; n <= 20; n += 1) await server.control("lines", { id: ID, count: 1, first: n });
    await server.control("emit", { id: ID, payload: { log_entry: { message: "half empty", type: "WARNING", time: "2026-11-29T11:00:00Z" } } });
    await shows(page, /warnings half empty/);
    const after = await parts();
    for (const name of ["research", "connection", "suspense"]) assert.equal(after[name].renders, before[name].renders, `${name} has nothing to do with lines`);
    assert.equal(after.warnings.renders, before.warnings.renders + 1, "nor lines of another level with warnings");
    await server.control("emit", { id: ID, payload: { progress: 40 } });
    await shows(page, /research 40.*suspense 40/);
    const last = await parts();
    for (const name of ["warnings", "connection"]) assert.equal(last[name].renders, after[name].renders, `${name} has nothing to do with progress`);
    assert.equal(requests.handshakes().length, 1);
  });
});

for (const strict of [false, true]) {
  test(`a component that suspends shows nothing unknown${strict ? ", also in StrictMode" : ""}, and leaves nothing behind`, LIMIT, async (t) => {
    await inReact(t, { expected: [OVERTAKEN_POLL] }, async (page, { server, requests }) => {
      await page.evaluate(([id, strict]) => window.app.mountParts(id, strict), /** @type {const} */ ([ID, strict]));
      await shows(page, /suspense 10/);
      const { suspense, research } = await page.evaluate(() => window.app.parts);
      assert.deepEqual([suspense.all, research.all], [[10], [null, 10]]);
      assert.equal(requests.handshakes().length, 1);
      await server.control("emit", { id: ID, payload: { progress: 40 } });
      await shows(page, /suspense 40/);
      await page.evaluate(() => window.app.unmount());
      const { sessions } = await server.untilGoodbye();
      assert.deepEqual(sessions.map(({ reason }) => reason), ["client disconnect"]);
    });
  });
}

test("what a server renders is taken over without a word, and then followed", LIMIT, async (t) => {
  const { useResearch, useResearchLog } = await import(pathToFileURL(path.join(packageFolder(), "react.js")).href);
  const Progress = () => {
    const { state, connection, end } = useResearch(ID);
    const lines = useResearchLog(ID);
    return createElement("p", null, `${ID}: ${state.progress ?? "unknown"}, ${lines.length} lines, ${connection.name}, ${end?.status ?? "not over"}`);
  };
  const html = renderToString(createElement(Progress));
  assert.equal(html, `<p>${ID}: unknown, 0 lines, connecting, not over</p>`);

  await inReact(t, {}, async (page, { server }) => {
    await page.evaluate(([id, html]) => {
      document.querySelector("main").innerHTML = html;
      window.app.paragraph = document.querySelector("main p");
      window.app.hydrate({ id });
    }, [ID, html]);
    await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
    await server.control("final", { id: ID });
    await shows(page, /100, 0 lines, connected, completed/);
    assert.ok(await page.evaluate(() => document.querySelector("main p") === window.app.paragraph), "the same element");
  });
});

test("a wrong option is thrown where an error boundary shows it", LIMIT, async (t) => {
  await inReact(t, {}, async (page) => {
    await page.evaluate((id) => window.app.mount({ id, options: () => ({ maxLogs: -1 }) }), ID);
    await shows(page, /^failed$/);
    assert.match(await page.evaluate(() => window.app.thrown), /^RangeError: option `maxLogs`/);
  });
});
