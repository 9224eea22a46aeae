// Opens a consumer's page and sees that it shows a research to its end.

import assert from "node:assert/strict";
import { withPage } from "../../page/support/browser.mjs";
import { PATIENCE_MS, until } from "../../page/support/until.mjs";
import { LINES } from "./server.mjs";

/**
 * Opens `url`, lets the research go on once the page is subscribed to it, and waits until the page shows the end: each stored line
 * once and in order, the bar at its end, no error, one session, and one WebAssembly module that was asked for once.
 * @param {import("./server.mjs").Server} server
 * @param {object} [options]
 * @param {string} [options.url] of the page, else the server's own
 * @param {boolean} [options.messages] whether the page has those of updates in its log too
 * @param {number} [options.modules] how many files with WebAssembly it asks for
 * @param {RegExp[]} [options.words] what it says on the console, in this order
 * @param {string} [options.before] what runs in the page before everything else
 * @param {(page: import("playwright-core").Page) => Promise<void>} [options.meanwhile] what happens while the research stands still
 */
export async function showsFinishedResearch(server, { url = `${server.url}/`, messages = false, modules = 1, words, before, meanwhile } = {}) {
  await server.begin();
  await withPage(url, { before }, async (page) => {
    await until("the page is subscribed", () => server.subscribers(), { seen: () => server.stats() });
    await meanwhile?.(page);
    await server.finish();
    const status = page.locator("#status", { hasText: "completed" });
    await status.waitFor({ timeout: PATIENCE_MS }).catch(async (error) => {
      throw new Error(`no end: the page shows ${await page.locator("body").innerHTML()}`, { cause: error });
    });
    const lines = await server.lines();
    assert.ok(lines.length >= LINES, `the research has only ${lines.length} lines`);
    const shown = await page.locator("#log li").allTextContents();
    assert.deepEqual(messages ? shown.filter((line) => lines.includes(line)) : shown, lines);
    assert.equal(await page.locator("#bar").evaluate((bar) => /** @type {HTMLProgressElement} */ (bar).value), 100);
    assert.equal((await server.stats()).handshakes, 1, "sessions that were opened");
    const answers = await page.evaluate(answersOfModules);
    if (words) {
      const said = (await page.consoleMessages()).map((message) => message.text());
      assert.equal(said.length, words.length, said.join("\n"));
      for (const [index, pattern] of words.entries()) assert.match(said[index], pattern);
    }
    assert.deepEqual(answers, Array(modules).fill(200), "how often WebAssembly was asked for, and what came");
  });
}

function answersOfModules() {
  const resources = /** @type {PerformanceResourceTiming[]} */ (performance.getEntriesByType("resource"));
  return resources.filter(({ name }) => new URL(name).pathname.endsWith(".wasm")).map(({ responseStatus }) => responseStatus);
}
