// The doctor in Firefox and WebKit. What it goes by, each has in its own way: when a policy is violated, what a request that failed
// says, how long one has waited for a connection.

import assert from "node:assert/strict";
import { test } from "node:test";
import { startServer } from "../support/servers.mjs";
import { LIMIT, until } from "../support/until.mjs";
import { startBrowser } from "../support/webdriver.mjs";
import { assertFound, FAULTS, startBehind, startWithPage } from "./faults.mjs";

/** More than the doctor may take. */
const WITHIN_MS = 60_000;

/**
 * Asks the doctor from a page, which has to be left as it was.
 * @param {Awaited<ReturnType<typeof startBrowser>>} browser @param {string} url
 * @param {{ options?: object, busy?: boolean }} [ask] `busy`: while six polls of the page hold all connections
 */
async function visit(browser, url, { options, busy } = {}) {
  await browser.goto(`${url}/progress/7?${new URLSearchParams({ ask: JSON.stringify({ options, busy }) })}`);
  const look = () => browser.evaluate(() => /** @type {any} */ (window).visit);
  const { diagnosis, problems, left, timers } = await until("the doctor has looked", look, { within: WITHIN_MS });
  assert.deepEqual({ problems, left }, { problems: [], left: [] });
  assert.ok(timers > 0, "the counting sees something");
  return diagnosis;
}

for (const name of /** @type {const} */ (["firefox", "webkit"])) {
  test(`the doctor in ${name}`, LIMIT, async (t) => {
    const browser = await startBrowser(t, name);

    for (const kind of /** @type {const} */ (["flask", "asgi"])) {
      await t.test(`a healthy ${kind} server: nothing is found, everything was looked at, and the server is told goodbye`, async (t) => {
        const server = await startWithPage(t, {}, kind);
        const diagnosis = await visit(browser, server.url, { options: { path: server.path, auth: { token: "t" } } });
        assertFound(diagnosis, []);
        assert.deepEqual(diagnosis.unchecked, []);
        const { sessions } = await server.untilGoodbye();
        assert.deepEqual(sessions.map(({ auth, reason }) => [auth, reason]), [[{ token: "t" }, "client disconnect"]]);
      });
    }

    await t.test("a healthy server, looked at with patience: the ping comes", async (t) => {
      const server = await startWithPage(t, { pingInterval: 2 });
      const options = { transports: ["polling", "websocket"], patient: true };
      const diagnosis = await visit(browser, server.url, { options });
      assertFound(diagnosis, [], { options });
      assert.deepEqual(diagnosis.unchecked, []);
      await server.untilGoodbye();
    });

    await t.test("a healthy server of another origin: nothing is found but what that origin does not show", async (t) => {
      const [here, there] = [await startWithPage(t), await startServer(t, "node")];
      const diagnosis = await visit(browser, here.url, { options: { url: there.url } });
      assertFound(diagnosis, []);
      assert.deepEqual(diagnosis.unchecked, ["CLOCK_SKEW"]);
      assert.equal((await there.untilGoodbye()).sessions.length, 1);
    });

    await t.test("a policy with 'wasm-unsafe-eval': nothing is found", async (t) => {
      assertFound(await visit(browser, (await startWithPage(t, { security: "wasm" })).url), []);
    });

    for (const { title, codes, start } of FAULTS) {
      await t.test(`${codes.join(" and ")}: ${title}`, async (t) => {
        const { url, options, ...words } = await start(t);
        assertFound(await visit(browser, url, { options }), codes, { options, ...words });
      });
    }

    await t.test("a proxy that wants people to sign in: nothing is found once they have", async (t) => {
      const { url } = await startBehind(t, { fault: "redirect" });
      assertFound(await visit(browser, url), ["LOGIN_REDIRECT"]);
      await browser.evaluate(() => void (document.cookie = "gateway=open; path=/"));
      assertFound(await visit(browser, url), []);
    });

    await t.test("CONNECTION_BUDGET: six polls hold all connections", async (t) => {
      const { url } = await startWithPage(t, { pingInterval: 25 });
      // To WebKitGTK requests without cookies are no others: that the server would answer is not to be found out.
      const found = name === "webkit" ? "UNREACHABLE" : "CONNECTION_BUDGET";
      assertFound(await visit(browser, url, { options: { timeout: 8000 }, busy: true }), [found], { setting: /close some of its tabs/ });
    });
  });
}
