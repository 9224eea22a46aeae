// A sign-in that ends while the connection lives: the socket goes on, and only other requests are refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FAILED_REQUEST, withPage } from "../support/browser.mjs";
import { LIMIT, until } from "../support/until.mjs";
import { startBrowser } from "../support/webdriver.mjs";
import { ID, OldPage, startWithOldPage } from "./old-page.mjs";

test("a sign-in that ends while nothing happens is said once in an old page, and that it is back", LIMIT, async (t) => {
  const server = await startWithOldPage(t, { security: "strict" });
  await withPage("about:blank", { expected: [FAILED_REQUEST, /Sign In Again/, /does not show its status/] }, async (page) => {
    await page.goto(`${server.url}/progress/${ID}`);
    await isSaidAndTakenBack(server, new OldPage(page));
  });
});

test("a sign-in that ends while nothing happens is said once in an old page in firefox, and that it is back", LIMIT, async (t) => {
  const server = await startWithOldPage(t, { security: "strict" });
  const browser = await startBrowser(t, "firefox");
  await browser.goto(`${server.url}/progress/${ID}`);
  await isSaidAndTakenBack(server, new OldPage(browser));
});

async function isSaidAndTakenBack(server, page) {
  await page.until("the page is connected", ({ socket }) => socket.connected);
  const asked = async () => (await server.stats()).requests.filter(({ path }) => path.endsWith("/status")).length;
  // By then the stored log has been read for the last time.
  await until("it is asked for the status though nothing happens", async () => (await asked()) > 1);
  await server.control("owner", { id: ID, person: "mary" });
  let seen = await page.until("it is said", ({ notifications }) => notifications.length > 0);
  assert.match(seen.notifications[0], /^Sign In Again: .* Sign in again, in another tab/);
  // What is refused once more is no news.
  const before = await asked();
  await until("it is asked again", async () => (await asked()) > before);
  await server.control("owner", { id: ID, person: null });
  seen = await page.until("it is taken back", ({ notifications }) => notifications.length > 1);
  assert.deepEqual(seen.notifications.map((words) => words.split(":")[0]), ["Sign In Again", "Signed In Again"]);
  assert.deepEqual(seen.log.map((words) => words.split(":")[0]), ["Sign In Again", "Signed In Again"]);
  assert.deepEqual([seen.disconnects, seen.socket.connected], [0, true]);
}
