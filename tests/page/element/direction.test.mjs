// Words of one direction in a page of the other: each is read in its own order, and what stands beside it keeps its distance.

import assert from "node:assert/strict";
import { test } from "node:test";
import { withElement } from "./open.mjs";
import { LIMIT } from "../support/until.mjs";

/** Where a letter of some words is, from the left. @param {import("playwright-core").Page} page @param {string} name of the part, as CSS has it @param {number} at from the end if negative */
const letterAt = (page, name, at) =>
  page.evaluate(([name, at]) => {
    const words = document.createTreeWalker(window.element.shadowRoot.querySelector(`.${name}`), NodeFilter.SHOW_TEXT).nextNode();
    const range = document.createRange();
    const from = (Number(at) + words.length) % words.length;
    range.setStart(words, from);
    range.setEnd(words, from + 1);
    return range.getBoundingClientRect().left;
  }, [name, at]);

/** @param {import("playwright-core").Page} page @param {string} name @param {RegExp} words */
async function isReadFromLeftToRight(page, name, words) {
  await page.waitForFunction(([name, words]) => new RegExp(words).test(window.element.shadowRoot.querySelector(`.${name}`)?.textContent), [name, words.source]);
  const [first, last] = [await letterAt(page, name, 0), await letterAt(page, name, -1)];
  assert.ok(first < last, `${name}: the first letter is at ${first} px, the last one at ${last} px`);
}

test("English words are read in their own order in a page from right to left", LIMIT, async (t) => {
  await withElement(t, { mount: { attributes: { groups: "closed" } } }, async (page) => {
    await page.evaluate(() => {
      document.documentElement.dir = "rtl";
      research.lines(entries(900));
    });
    await page.waitForFunction(() => part("groups"));
    await page.evaluate(() => void (part("view").scrollTop = 0));
    await isReadFromLeftToRight(page, "view [data-group=closed] > .repeats", /^\d+ lines hidden/);
    await page.getByRole("searchbox").fill("model");
    await isReadFromLeftToRight(page, "hits", /^\d+ of \d+$/);
    await page.getByRole("button", { name: "Cancel" }).click();
    await isReadFromLeftToRight(page, "question-words", /\?$/);
  });
});

test("how long there was no news is read in its own order in a page from right to left", LIMIT, async (t) => {
  await withElement(t, { mount: { state: { updatedAt: Date.now() - 300_000 } } }, async (page) => {
    await page.evaluate(() => void (document.documentElement.dir = "rtl"));
    await isReadFromLeftToRight(page, "quiet", /^No news for \d minutes\. The connection is live\./);
  });
});

test("the steps of an agent stand beside their number, and what a tool is called with keeps its shape, in a page from right to left", LIMIT, async (t) => {
  await withElement(t, {}, async (page) => {
    await page.evaluate(() => {
      document.documentElement.dir = "rtl";
      research.tell({}, "step", { phase: "tool_call", tool: "web_search", arguments: { query: "tidal power" } });
    });
    await page.waitForFunction(() => part("steps-newest")?.textContent === "web_search");
    await page.evaluate(() => (part("steps").open = true));
    const between = await page.evaluate(() => part("steps-title").getBoundingClientRect().left - part("steps-newest").getBoundingClientRect().right);
    assert.ok(between > 4, `${between} px`);
    // What does not fit is the end of it.
    await page.setViewportSize({ width: 320, height: 800 });
    await page.evaluate(() => research.tell({}, "step", { phase: "thought", thought: "What is still unknown about tidal power in the North Sea?" }));
    await page.waitForFunction(() => part("steps-newest").textContent.startsWith("What"));
    const left = await page.evaluate(() => part("steps-summary").getBoundingClientRect().left);
    const [first, last] = [await letterAt(page, "steps-newest", 0), await letterAt(page, "steps-newest", -1)];
    assert.ok(first > left && last > first, `${left}: ${first}, ${last}`);
    const [brace, name] = [await letterAt(page, "step-data", 0), await letterAt(page, "step-data", 3)];
    assert.ok(brace < name, `what is within braces stands behind them: ${brace}, ${name}`);
  });
});
