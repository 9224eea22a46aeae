// The panel's own load in Firefox and WebKit: when an answer is there for the script, and when what was changed for an observer, is
// each browser's own matter.

import assert from "node:assert/strict";
import { test } from "node:test";
import { numbered } from "../support/follow.mjs";
import { LIMIT, until } from "../support/until.mjs";
import { startBrowser } from "../support/webdriver.mjs";
import { Application, count, startApplication } from "./open.mjs";

const ID = "research-1";

for (const name of /** @type {const} */ (["firefox", "webkit"])) {
  test(`each line stands once after the opening of a running research in ${name}`, LIMIT, async (t) => {
    const server = await startApplication(t);
    const browser = await startBrowser(t, name);
    await server.control("research", { id: ID, status: "in_progress" });
    await server.control("lines", { id: ID, count: 20, prefix: "before" });
    await browser.goto(`${server.url}/progress/${ID}?script=ours&row=1`);
    const page = new Application(browser);
    await page.until("the page is connected", ({ isConnected }) => isConnected);
    await server.control("lines", { id: ID, count: 60, every_ms: 10 });
    await until("all lines are stored", async () => (await server.stored(ID)).length === 80);
    await page.until("the panel's own load", ({ loads }) => loads > 0);
    await server.control("final", { id: ID });
    await page.until("the end", ({ end }) => end !== "");
    const lines = [...numbered("before", 1, 20), ...numbered("line", 1, 60)];
    // An update waits for no line, and lines wait for the stored log: those that are lost never come.
    const { rows } = await page.until("all lines", ({ rows }) => count(rows, lines).lost.length === 0);
    assert.deepEqual(count(rows, lines).twice, []);
  });
}
