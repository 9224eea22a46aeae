// The rows of users of socket.io-client (support/rows.mjs) on each of the servers, and the order in which a reconnection is told.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FAILED_REQUEST, withPage } from "./support/browser.mjs";
import { compare } from "./support/rows.mjs";
import { startServer } from "./support/servers.mjs";
import { LIMIT } from "./support/until.mjs";

for (const kind of /** @type {const} */ (["node", "flask", "asgi"])) {
  test(`both clients record the same on the ${kind} server, or what the table says`, LIMIT, async (t) => {
    const server = await startServer(t, kind, { page: true });
    // Sessions that are closed leave polls that are answered 400, or aborted.
    await withPage(`${server.url}/`, { expected: [FAILED_REQUEST], record: false }, async (page) => {
      await compare(t, kind, async (row, which) => {
        // The ASGI server answers no poll of a session that has ended: they would hold the connections that the next row needs.
        await page.goto(`${server.url}/`);
        return page.evaluate(async ([row, which, path]) => (await import("/support/rows.js")).run(row, which, path), [row, which, server.path]);
      });
    });
  });

  test(`a reconnection is told in the same order on the ${kind} server`, LIMIT, async (t) => {
    const told = {};
    for (const which of /** @type {const} */ (["peer", "ours"])) {
      const server = await startServer(t, kind, { page: true });
      await withPage(`${server.url}/`, { expected: [FAILED_REQUEST], record: false }, async (page) => {
        // The first attempt fails.
        let refused = 0;
        await page.route(/socket\.io\/\?/, (route) => (refused++ === 0 ? route.abort() : route.continue()));
        const heard = () => page.evaluate(() => window.heard);
        const until = async (what, count) => {
          await page.waitForFunction(([what, count]) => window.heard.filter((event) => event === what).length >= count, [what, count]);
        };
        await page.evaluate(async ([which, path]) => (await import("/support/rows.js")).watch(which, path), [which, server.path]);
        await until("connect", 1);
        const first = await heard();
        server.kill();
        await until("disconnect", 1);
        await server.start();
        await until("connect", 2);
        const all = await heard();
        // How many attempts an outage takes is chance: the last one is what counts.
        told[which] = [first, all.slice(first.length).filter((event) => event === "disconnect")[0], all.slice(-3).map((event) => event.replace(/\d+/, "n"))];
        await page.evaluate(() => window.watched.close());
      });
    }
    assert.deepEqual(told.ours, told.peer);
    assert.deepEqual(told.ours, [["connect_error", "reconnect_attempt 1", "reconnect 1", "connect"], "disconnect", ["reconnect_attempt n", "reconnect n", "connect"]]);
  });
}
