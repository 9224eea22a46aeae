// The old page under the application's headers in Firefox and WebKit, which forbid WebAssembly each in its own way.

import assert from "node:assert/strict";
import { test } from "node:test";
import { numbered } from "../support/follow.mjs";
import { LIMIT, until } from "../support/until.mjs";
import { startBrowser } from "../support/webdriver.mjs";
import { ID, OldPage, startWithOldPage } from "./old-page.mjs";

const CORE = { strict: "research_socket_core.js", wasm: "research_socket_bg.wasm" };

for (const name of /** @type {const} */ (["firefox", "webkit"])) {
  test(`an old page runs to its end in ${name} under the application's headers`, LIMIT, async (t) => {
    const browser = await startBrowser(t, name);
    for (const [security, core] of Object.entries(CORE)) {
      const server = await startWithOldPage(t, { security });
      await browser.goto(`${server.url}/progress/${ID}`);
      const page = new OldPage(browser);
      await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length > 0);
      await server.control("lines", { id: ID, count: 100 });
      // An end that comes at once may be known by the status before the lines are here, and the page leaves at its end.
      await page.until("the lines", ({ log }) => log.includes("line 100"));
      await server.control("final", { id: ID });
      const seen = await page.until("the page of the finished research", ({ starts }) => starts === 2);
      assert.deepEqual(seen.logAtEnd, [...numbered("line", 1, 100), "Research completed"]);
      assert.equal(seen.ends, 1);
      const files = async () => (await server.stats()).requests.map(({ path }) => path).filter((path) => path.startsWith("/pkg/"));
      // The second load may have it from the first.
      await until("the core is loaded", async () => (await files()).includes(`/pkg/${core}`));
      assert.deepEqual(new Set(await files()), new Set(["/pkg/research-socket.compat.js", `/pkg/${core}`]));
    }
  });
}
