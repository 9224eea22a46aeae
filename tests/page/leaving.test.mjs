// A page that is left: Firefox and WebKit end what a page has open as soon as a navigation begins. Each browser is asked, at each of
// the real servers.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FAILED_REQUEST, withPage } from "./support/browser.mjs";
import { inEach, open, startSite } from "./support/site.mjs";
import { LIMIT, until } from "./support/until.mjs";
import { startBrowser } from "./support/webdriver.mjs";

/** How often a page is left. */
const TIMES = { chromium: 4, firefox: 10, webkit: 4 };

/** Leaves the page by a link. @param {import("./support/site.mjs").Page} page @param {Awaited<ReturnType<typeof startSite>>} site */
async function leave(page, site) {
  const before = site.left();
  await page.evaluate(() => {
    /** @type {any} */ (window.frames[0] ?? window).heard.told.length = 0;
    document.getElementById("next")?.click();
  });
  // Not asked of the page: while Firefox's driver asks it something, it has a listener for `unload`, which no page in the cache has.
  await until("the page is gone", () => site.left() > before);
  await until("the next page is there", () => page.evaluate(() => document.title === "Next").catch(() => false));
}

inEach("a page that is left tells nothing, opens nothing, and leaves no session at the server", async (page, site, name) => {
  // In a frame it is left with the page around it.
  await leaveAgainAndAgain(page, site, TIMES[name], (time) => (time % 2 ? "/page" : "/frame"));
  assert.equal(site.goodbyes.size, TIMES[name]);
});

inEach("the same over a WebSocket", (page, site, name) => leaveAgainAndAgain(page, site, TIMES[name], () => "/websocket"), ["flask"]);

/**
 * @param {import("./support/site.mjs").Page} page @param {Awaited<ReturnType<typeof startSite>>} site @param {number} times
 * @param {(time: number) => string} path of the page that is left
 */
async function leaveAgainAndAgain(page, site, times, path) {
  for (let time = 1; time <= times; time += 1) {
    await open(page, site, path(time));
    await leave(page, site);
    assert.equal(site.left(), time);
    assert.deepEqual(site.told, [], `left for the ${time}. time`);
  }
  // Each ends with its own goodbye, long before its heartbeat of 5 and 20 seconds would.
  const { sessions } = await site.server.untilGoodbye();
  assert.deepEqual([sessions.length, site.handshakes.length], [times, times]);
}

for (const name of /** @type {const} */ (["firefox", "webkit"])) {
  test(`a page that is left goes into the back/forward cache, and connects when it is back (${name})`, LIMIT, async (t) => {
    const site = await startSite(t, "flask");
    const page = await startBrowser(t, name);
    await open(page, site);
    await leave(page, site);
    await site.server.untilGoodbye();
    await page.goBack();
    await site.server.until("the page is back", ({ subscriptions }) => subscriptions.length === 2);
    assert.equal(await page.evaluate(() => /** @type {any} */ (window).persisted), true);
    assert.equal(site.handshakes.length, 2);
  });
}

test("a frame that is taken out of its page says goodbye", LIMIT, async (t) => {
  const site = await startSite(t, "flask");
  await withPage("about:blank", { expected: [FAILED_REQUEST] }, async (page) => {
    await open(/** @type {any} */ (page), site, "/frame");
    await page.evaluate(() => document.querySelector("iframe")?.remove());
    await site.server.untilGoodbye();
  });
});
