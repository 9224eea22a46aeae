// Hot reloading as a developer has it: a component is edited on disk while its page follows a research.

import assert from "node:assert/strict";
import { readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { LIMIT, PATIENCE_MS, until } from "../page/support/until.mjs";
import { develop } from "./support/develop.mjs";
import { copy, install } from "./support/places.mjs";
import { startServer } from "./support/server.mjs";
import { showsFinishedResearch } from "./support/shown.mjs";

const EDITS = 10;
/** Log lines at each edit, and before the first. */
const LINES = 10;
/** What the component shows before the end. */
const WORD = "waiting";

test("a component that is edited ten times while its research runs", LIMIT, async (t) => {
  const server = await startServer(t);
  await copy("react", "edited");
  const cwd = await install("edited");
  const file = path.join(cwd, "research.jsx");
  const source = await readFile(file, "utf8");
  const url = await develop(t, cwd, server, "vite");

  await showsFinishedResearch(server, { url, before: "counts.js", meanwhile });
  assert.equal(await server.subscribers(), 1, "subscriptions");

  /** @param {import("playwright-core").Page} page */
  async function meanwhile(page) {
    await server.log("before", LINES);
    await showsAllLines(page);
    await page.evaluate(countFewestLines);
    const kept = await left(page);
    assert.ok(kept.timer && kept["listener online"], "the counting sees something");
    for (let n = 1; n <= EDITS; n += 1) await edit(page, n);
    let last = {};
    const isAsBefore = async () => {
      last = await left(page);
      return Object.entries(last).every(([words, count]) => count <= (kept[words] ?? 0));
    };
    await until(`no more is left than before: ${JSON.stringify(kept)}`, isAsBefore, { seen: () => last });
    t.diagnostic(`before ${JSON.stringify(kept)}, after ${JSON.stringify(last)}`);
  }

  /** The same component with other words, and by turns with other hooks, for which React starts it anew. */
  async function edit(page, n) {
    const hasHook = n % 4 > 1;
    const startsAnew = n % 2 === 0;
    await page.evaluate(() => {
      /** @type {any} */ (document.getElementById("log")).kept = true;
      /** @type {any} */ (window).fewest = Infinity;
    });
    // They come while the module is replaced.
    await server.log(`edit ${n}`, LINES);
    const text = source.replace(WORD, `${WORD} ${n}`);
    await replace(file, hasHook ? 'import { useState } from "react";\n' + text.replace(/(?=  const)/, "  useState(0);\n") : text);
    await page.locator("#status", { hasText: new RegExp(`^${WORD} ${n}$`) }).waitFor({ timeout: PATIENCE_MS });
    const isKept = await page.evaluate(() => /** @type {any} */ (document.getElementById("log")).kept === true);
    assert.equal(isKept, !startsAnew, `edit ${n}: whether the component is the same`);
    await showsAllLines(page);
    // A page that was loaded again has not counted. One that starts anew may be another person's, until the server has answered.
    const fewest = await page.evaluate(() => /** @type {any} */ (window).fewest);
    assert.ok(startsAnew ? fewest >= 0 : fewest >= LINES, `edit ${n}: in between only ${fewest} lines were shown`);
  }

  async function showsAllLines(page) {
    const lines = await server.lines();
    let shown = [];
    const isComplete = async () => {
      shown = await page.locator("#log li").allTextContents();
      return shown.length >= lines.length;
    };
    await until(`${lines.length} lines are shown`, isComplete, { seen: () => shown });
    assert.deepEqual(shown, lines);
  }
});

/** Runs in the page, and counts the lines after each rendering. */
function countFewestLines() {
  const page = /** @type {any} */ (window);
  page.fewest = Infinity;
  const count = () => (page.fewest = Math.min(page.fewest, document.querySelectorAll("#log li").length));
  new MutationObserver(count).observe(document.body, { childList: true, subtree: true });
}

/** At once, as editors do: else half a file may be read. @param {string} file @param {string} text */
async function replace(file, text) {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

/** How many listeners, timers and channels of the package there are, by what they are for. @param {import("playwright-core").Page} page */
async function left(page) {
  const words = await page.evaluate(() => /** @type {any} */ (window).counts.left());
  const counts = /** @type {Record<string, number>} */ ({});
  for (const word of words) {
    const kind = word.replace(/^(timer|interval) of .*/, "$1");
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}
