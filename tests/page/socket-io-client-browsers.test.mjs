// The rows of users of socket.io-client (support/rows.mjs) in Firefox and WebKit.

import { test } from "node:test";
import { compare } from "./support/rows.mjs";
import { startServer } from "./support/servers.mjs";
import { LIMIT, until } from "./support/until.mjs";
import { startBrowser } from "./support/webdriver.mjs";

/** @typedef {import("./support/rows.mjs").Which} Which */

for (const name of /** @type {const} */ (["firefox", "webkit"])) {
  test(`both clients record the same in ${name}, or what the table says`, LIMIT, async (t) => {
    const server = await startServer(t, "node", { page: true });
    const browser = await startBrowser(t, name);
    await browser.goto(`${server.url}/`);
    await compare(t, "node", async (row, which) => {
      const begin = (/** @type {string} */ row, /** @type {Which} */ which, /** @type {string} */ path) => {
        window.recorded = undefined;
        const end = (/** @type {object} */ value) => (window.recorded = value);
        import("/support/rows.js").then(({ run }) => run(row, which, path)).then((value) => end({ value }), (error) => end({ error: String(error) }));
      };
      await browser.evaluate(begin, [row, which, server.path]);
      const { value, error } = await until(row, () => browser.evaluate(() => window.recorded), { within: 120_000 });
      if (error) throw new Error(`${which}: ${error}`);
      return value;
    });
  });
}
