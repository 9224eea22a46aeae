// Somebody signs out and somebody else in, in the same page and at once: nobody sees what is another person's.

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadApp } from "./support/apps.mjs";
import { FAILED_REQUEST, OVERTAKEN_POLL, withPage } from "./support/browser.mjs";
import { startServer } from "./support/servers.mjs";
import { LIMIT, until } from "./support/until.mjs";

const LINES = 3;

/**
 * A page in which `a` has signed in by a cookie, and a server with a research of each person.
 * @param {import("node:test").TestContext} t
 * @param {(page: import("playwright-core").Page, server: any) => Promise<void>} use
 */
async function signedIn(t, use) {
  const server = await startServer(t, "flask", { page: true, release: "newest" });
  for (const person of ["a", "b"]) {
    await server.control("research", { id: `of-${person}`, status: "in_progress", progress: 10 });
    await server.control("owner", { id: `of-${person}`, person });
  }
  await withPage(`${server.url}/progress/of-a`, { before: "linger.js", expected: [FAILED_REQUEST, OVERTAKEN_POLL] }, async (page) => {
    await page.evaluate(() => {
      window.sign = (what) => fetch(`/auth/${what}`, { method: "POST" });
      return window.sign("login/a");
    });
    await use(page, server);
  });
}

/** Connects and follows a research, and writes down what it hears. @param {import("playwright-core").Page} page */
const prepare = (page) =>
  page.evaluate(async () => {
    const { connect } = await import("/pkg/index.js");
    window.open_ = async (...ids) => {
      const client = await connect();
      const told = [];
      for (const event of ["state", "connect", "disconnect", "reconnect"]) client.on(event, (value) => told.push(`${event} ${value.name ?? value.id ?? value}`));
      const researches = Object.fromEntries(ids.map((id) => [id, client.subscribe(id)]));
      // What is there at once counts as heard.
      for (const [id, research] of Object.entries(researches)) {
        for (const { message } of research.state.logs) told.push(`${id} ${message}`);
        research.on("log", ({ message }) => told.push(`${id} ${message}`));
        research.on("update", ({ message }) => told.push(`${id} update ${message}`));
        research.on("failure", ({ code }) => told.push(`${id} failure ${code}`));
      }
      return { client, researches, told };
    };
  });

for (const stays of [false, true]) {
  const how = stays ? "while another client of the page keeps the connection open" : "while the connection lingers";
  test(`who signs in ${how} hears nothing of whoever was signed in before`, LIMIT, async (t) => {
    await signedIn(t, async (page, server) => {
      await prepare(page);
      await page.evaluate(async (stays) => {
        window.a = await window.open_("of-a");
        if (stays) window.stays = await window.open_();
      }, stays);
      await server.until("a subscribes", ({ subscriptions }) => subscriptions.length === 1);
      await server.control("lines", { id: "of-a", count: LINES, prefix: "of a" });
      const told = (/** @type {string} */ who) => page.evaluate((who) => window[who].told, who);
      await until("a has the lines", async () => (await told("a")).filter((text) => text.startsWith("of-a of a")).length === LINES);

      await page.evaluate(async () => {
        window.a.client.close();
        await window.sign("logout");
        await window.sign("login/b");
        window.b = await window.open_("of-a", "of-b");
      });
      // The session of `a`, if there is one, goes on to be told.
      for (let n = 0; n < 5; n += 1) await server.control("lines", { id: "of-a", count: 1, first: 10 + n, prefix: "of a" });
      await server.until("b has a session", ({ sessions }) => sessions.some(({ person }) => person === "b"));
      await server.control("lines", { id: "of-b", count: LINES, prefix: "of b" });
      await until("b has the own lines", async () => (await told("b")).filter((text) => text.startsWith("of-b of b")).length === LINES, { seen: () => told("b") });
      await server.control("lines", { id: "of-a", count: 1, first: 20, prefix: "of a" });
      await page.evaluate(() => window.b.client.emitWithAck("echo", "a round trip later"));

      const heard = await told("b");
      assert.deepEqual(heard.filter((text) => text.includes("of a")), []);
      assert.deepEqual(await page.evaluate(() => window.b.researches["of-a"].state.logs), []);
      assert.ok(heard.includes("state reconnecting") && heard.some((text) => text.startsWith("disconnect")) && heard.includes("reconnect 0"), String(heard));
      assert.ok(heard.includes("of-a failure UNAUTHORIZED"), "its own session says what it may not see");
      const { sessions } = await server.stats();
      assert.deepEqual(sessions.map(({ person }) => person), ["a", "b"]);
      if (stays) assert.equal(await page.evaluate(() => window.stays.client.connected), true);
    });
  });
}

test("the same person who comes back at once keeps the session, and has all lines again", LIMIT, async (t) => {
  await signedIn(t, async (page, server) => {
    await prepare(page);
    await page.evaluate(async () => (window.a = await window.open_("of-a")));
    await server.until("a subscribes", ({ subscriptions }) => subscriptions.length === 1);
    await server.control("lines", { id: "of-a", count: LINES, prefix: "of a" });
    await until("a has the lines", () => page.evaluate(() => window.a.told.filter((text) => text.startsWith("of-a of a")).length === 3));
    await page.evaluate(async () => {
      window.a.client.close();
      window.again = await window.open_("of-a");
    });
    const told = () => page.evaluate(() => window.again.told);
    await until("the lines are there", async () => (await told()).filter((text) => text.startsWith("of-a of a")).length === LINES, { seen: told });
    assert.ok(!(await told()).some((text) => text.startsWith("state")), "nothing happened to the connection");
    const { sessions, subscriptions } = await server.stats();
    assert.deepEqual([sessions.length, subscriptions.length], [1, 1]);
  });
});

/** Waits until the component shows a text. @param {import("playwright-core").Page} page @param {RegExp} text */
function shows(page, text) {
  const look = () => page.evaluate(() => document.querySelector("main")?.textContent ?? "");
  return until(`the page shows ${text}`, async () => text.test(await look()), { seen: look });
}

test("a component that is mounted for who signs in renders nothing of whoever was signed in before: cookies", LIMIT, async (t) => {
  await signedIn(t, async (page, server) => {
    await loadApp(page, "progress.jsx");
    await page.evaluate(() => window.app.mount({ id: "of-a" }));
    await server.until("a subscribes", ({ subscriptions }) => subscriptions.length === 1);
    await server.control("lines", { id: "of-a", count: LINES, prefix: "of a" });
    await shows(page, /10, 3 lines, connected/);
    await page.evaluate(async () => {
      window.app.unmount();
      window.app.seen.length = 0;
      await window.sign("logout");
      await window.sign("login/b");
      window.app.mount({ id: "of-a" });
    });
    await server.until("b has a session", ({ sessions }) => sessions.some(({ person }) => person === "b"));
    await server.control("lines", { id: "of-a", count: 1, first: 10, prefix: "of a" });
    await shows(page, /unknown, 0 lines, connected/);
    const seen = await page.evaluate(() => window.app.seen);
    assert.deepEqual([...new Set(seen.map(({ progress, lines }) => `${progress} ${lines}`))], ["null 0"]);
  });
});

test("a component that is mounted for who signs in renders nothing of whoever was signed in before: functions", LIMIT, async (t) => {
  await signedIn(t, async (page, server) => {
    await server.control("research", { id: "shared", status: "in_progress", progress: 20 });
    await loadApp(page, "progress.jsx");
    await page.evaluate(() => {
      window.person = "a";
      window.options = () => ({ auth: async () => ({ token: window.person }) });
      window.app.mount({ id: "shared", options: window.options });
    });
    await server.until("a subscribes", ({ subscriptions }) => subscriptions.length === 1);
    await server.control("lines", { id: "shared", count: LINES });
    await shows(page, /20, 3 lines, connected/);
    // From here on the server says no more of it.
    await server.control("research", { id: "shared", active: false });
    await page.route("**/api/research/**", (route) => route.fulfill({ status: 503 }));
    await page.evaluate(() => {
      window.app.unmount();
      window.app.seen.length = 0;
      window.person = "b";
      window.app.mount({ id: "shared", options: window.options });
    });
    await shows(page, /unknown, 0 lines, connected/);
    const seen = await page.evaluate(() => window.app.seen);
    assert.deepEqual([...new Set(seen.map(({ progress, lines }) => `${progress} ${lines}`))], ["null 0"]);
    const { sessions } = await server.stats();
    assert.deepEqual(sessions.map(({ auth }) => auth.token), ["a", "b"]);
  });
});
