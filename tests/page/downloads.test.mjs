// A page that only seems to be left: Firefox and WebKit end what it has open before they know that what comes is a download. Each
// browser is asked, at each of the real servers.

import assert from "node:assert/strict";
import { ID, inEach, open } from "./support/site.mjs";
import { until } from "./support/until.mjs";

inEach("a download changes nothing that a page is told, and no line is missing", async (page, site, name, kind) => {
  await open(page, site);
  const send = (/** @type {number} */ first, /** @type {number} */ count) => site.server.control("lines", { id: ID, first, count });
  const heard = () => page.evaluate(() => /** @type {any} */ (window).heard);
  await send(1, 5);
  await until("lines before", async () => (await heard()).lines.length === 5);
  await page.evaluate(() => {
    /** @type {any} */ (window).heard.told.length = 0;
    document.getElementById("file")?.click();
  });
  await send(6, 5);
  await until("the download has come", () => site.downloads() === 1);
  await send(11, 5);
  const { told, lines, gaps } = await until("all lines", async () => {
    const now = await heard();
    return now.lines.length >= 15 && now;
  });
  assert.deepEqual(lines.toSorted(), Array.from({ length: 15 }, (_, n) => `line ${n + 1}`).toSorted());
  assert.deepEqual(told, []);
  assert.deepEqual(gaps.filter(Boolean), []);
  const { sessions } = await site.server.until("one session", ({ connected }) => connected === 1);
  // WebKit ends the poll, and has no way not to. The session is not used again: at the npm server it ends with its poll, and the
  // others lose what they send to that. Its goodbye is said, and another one opened.
  assert.equal(sessions.length, name === "webkit" ? 2 : 1);
  if (name === "webkit" && kind !== "node") assert.equal(site.goodbyes.size, 1);
});
