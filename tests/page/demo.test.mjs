// The demo page: its doctor, as somebody without a mouse uses it, and what it says of an outage.

import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { ID, startServer } from "../package/support/server.mjs";
import { FAILED_REQUEST, withPage } from "./support/browser.mjs";
import { packageFolder, ROOT } from "./support/places.mjs";
import { until } from "./support/until.mjs";

/** How often Tab leads to the button at most. */
const TABS = 40;

test("the demo's doctor is reached and asked by keyboard, keeps the focus, and says what it found", { timeout: 180_000 }, async (t) => {
  const server = await startServer(t, { www: path.join(ROOT, "www"), pkg: packageFolder() });
  await withPage(server.url, { expected: [FAILED_REQUEST] }, async (page) => {
    await page.waitForFunction(() => /** @type {HTMLButtonElement} */ (document.getElementById("go")).disabled === false);
    const focused = () => page.evaluate(() => document.activeElement?.id);
    const said = () => page.evaluate(() => document.getElementById("diagnosis")?.textContent ?? "");
    for (let tabs = 0; tabs < TABS && (await focused()) !== "doctor"; tabs += 1) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await until("it found nothing", async () => /^Nothing is wrong\..*things are in order\.$/.test(await said()), { seen: said });
    assert.equal(await focused(), "doctor");
    assert.equal(await page.getAttribute("#diagnosis", "role"), "status", "screen readers hear of it");

    await page.evaluate(() => fetch("/control/config", { method: "POST", body: '{"quirks": {"two_workers": true}}' }));
    await page.keyboard.press("Space");
    await until("it found the workers", async () => /^One finding:STICKY_SESSION.*ip_hash/.test(await said()), { seen: said });
    assert.equal(await focused(), "doctor");
  });
});

test("the demo says of lines that were sent while its server was away that they came late, and that none is missing", { timeout: 180_000 }, async (t) => {
  const server = await startServer(t, { www: path.join(ROOT, "www"), pkg: packageFolder() });
  await withPage(server.url, { expected: [FAILED_REQUEST] }, async (page) => {
    const events = () => page.evaluate(() => Array.from(document.querySelectorAll("#events span"), ({ textContent }) => textContent));
    const status = () => page.evaluate(() => document.getElementById("status")?.textContent);
    await page.waitForFunction(() => /** @type {HTMLButtonElement} */ (document.getElementById("go")).disabled === false);
    await page.click("#go");
    await until("it runs", async () => (await status()) === "Running", { seen: status });
    await page.click("#restart");
    const told = async () => (await events()).find((text) => text?.includes("log lines"));
    await until("it tells of the lines", async () => (await told()) !== undefined, { seen: events });
    assert.match((await told()) ?? "", /^log lines: [1-9]\d* came late, 0 are missing$/);
  });
});

test("what failed while its server was away is no error any more in the demo when that is over", { timeout: 180_000 }, async (t) => {
  const server = await startServer(t, { www: path.join(ROOT, "www"), pkg: packageFolder() });
  await server.begin();
  await server.log("before", 1);
  await withPage(`${server.url}/progress/${ID}`, { expected: [FAILED_REQUEST] }, async (page) => {
    const text = (/** @type {string} */ id) => page.evaluate((id) => document.getElementById(id)?.textContent ?? "", id);
    const shows = (/** @type {string} */ id, /** @type {RegExp} */ words) =>
      until(`#${id} shows ${words}`, async () => words.test(await text(id)), { seen: () => text(id) });
    await shows("lines", /before 1/);
    await server.offline();
    await shows("connection", /Reconnecting/);
    await page.click("#go");
    await shows("notice", /Failed to fetch/);
    await server.online();
    // Not by a press: it may have connected by itself already.
    await page.evaluate(() => document.getElementById("connect")?.click());
    await until("nothing is wrong any more", () => page.isHidden("#notice"), { seen: () => text("notice") });
    await shows("connection", /Live/);
  });
});

test("a page that came from elsewhere neither reads nor breaks the demo's server", { timeout: 180_000 }, async (t) => {
  const server = await startServer(t, { www: path.join(ROOT, "www"), pkg: packageFolder() });
  // Another port of the same machine, and by its other name: as near as a page from elsewhere can be.
  const other = await startServer(t, { www: path.join(ROOT, "www") });
  const [near, far] = [other.url, other.url.replace("127.0.0.1", "localhost")];
  await server.begin();
  const before = await server.stats();
  for (const from of [near, far]) {
    await withPage(`${from}/style.css`, { expected: [FAILED_REQUEST, /CORS policy/] }, async (page) => {
      const heard = await page.evaluate(async (url) => {
        const ask = (/** @type {string} */ name, /** @type {RequestInit} */ init = {}) =>
          fetch(`${url}/control/${name}`, init).then((response) => `${response.type} ${response.status}`, (error) => error.name);
        const burst = { method: "POST", body: JSON.stringify({ research_id: "research-1", lines: 3 }) };
        return [await ask("stats"), await ask("burst", burst), await ask("burst", { ...burst, mode: "no-cors" }), await ask("restart", { method: "POST", mode: "no-cors" }), await ask("faults", { method: "DELETE" })];
      }, server.url);
      assert.deepEqual(heard, ["TypeError", "TypeError", "opaque 0", "opaque 0", "TypeError"]);
    });
  }
  assert.deepEqual(await server.stats(), before);
  assert.deepEqual(await server.lines(), []);
});
