// What an agent thinks and does: the panel of its steps.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FAILED_REQUEST } from "../support/browser.mjs";
import { withElement } from "./open.mjs";
import { LIMIT } from "../support/until.mjs";

const STEPS = [
  { phase: "thought", thought: "What is still unknown?", message: "Thinking", iteration: 2 },
  { phase: "tool_call", tool: "web_search", arguments: { query: "tidal power", limit: 5 }, message: "Calling web_search" },
  { phase: "observation", content: "Ten results", message: "Observed" },
  { phase: "error", message: "No answer", error: "429" },
  { phase: "sub_research", message: "Looking deeper", content: [1] },
  { tool: "calculator" },
];

/** @param {import("playwright-core").Page} page */
const read = (page) => page.evaluate(() => [...element.shadowRoot.querySelectorAll(".step")].map((step) => [...step.children].map(({ textContent }) => textContent).join("|")));

test("the steps of an agent are told in words, with what it asks for and gets", LIMIT, async (t) => {
  await withElement(t, {}, async (page) => {
    assert.equal(await page.evaluate(() => part("steps") === null && performance.getEntriesByType("resource").every(({ name }) => !name.endsWith("/steps.js"))), true);
    await page.evaluate((steps) => steps.forEach((step) => research.tell({}, "step", step)), STEPS);
    await page.waitForFunction(() => part("steps-title")?.textContent === "Agent steps (6)");
    assert.deepEqual(await read(page), [
      "Thought|Round 2|What is still unknown?",
      'Tool call|web_search|Calling web_search|{\n "query": "tidal power",\n "limit": 5\n}',
      "Observation|Observed|Ten results",
      "Error|No answer|429",
      "Sub research|Looking deeper|[\n 1\n]",
      "Tool call|calculator",
    ]);
    assert.equal(await page.evaluate(() => part("steps-newest").textContent), "calculator");
    // It takes no place from the log before somebody opens it.
    assert.equal(await page.evaluate(() => part("steps-list").checkVisibility()), false);
    await page.keyboard.press("Tab");
    while (!(await page.evaluate(() => element.shadowRoot.activeElement?.matches(".steps-summary")))) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => part("steps-list").checkVisibility());
    await page.evaluate(() => element.setAttribute("lang", "de"));
    await page.waitForFunction(() => part("steps-title").textContent === "Schritte des Agenten (6)" && part("step-kind").textContent === "Gedanke");
  });
});

test("of many steps the newest are there and in view, unless somebody reads an older one, and another research has its own", LIMIT, async (t) => {
  await withElement(t, {}, async (page) => {
    const tell = (/** @type {number} */ from, /** @type {number} */ to) => page.evaluate(([from, to]) => {
      for (let n = from; n < to; n++) research.tell({}, "step", { phase: "thought", thought: `Thought ${n}` });
    }, [from, to]);
    const last = (/** @type {number} */ n) => page.waitForFunction((n) => [...element.shadowRoot.querySelectorAll(".step")].at(-1)?.textContent === `ThoughtThought ${n}`, n);
    const isAtEnd = () => page.evaluate(() => part("steps-list").scrollHeight - part("steps-list").scrollTop - part("steps-list").clientHeight < 4);
    await tell(0, 2000);
    await last(1999);
    await page.evaluate(() => (part("steps").open = true, part("steps-list").scrollTop = 1e6));
    await tell(2000, 2100);
    await last(2099);
    assert.deepEqual(await page.evaluate(() => [element.shadowRoot.querySelectorAll(".step").length, part("steps-title").textContent]), [200, "Agent steps (2,100)"]);
    assert.ok(await isAtEnd());
    await page.evaluate(() => (part("steps-list").scrollTop = 100));
    await tell(2100, 2110);
    await last(2109);
    assert.equal(await isAtEnd(), false);
    await page.evaluate(() => (element.research = new support.FakeResearch({ status: "in_progress" })));
    await page.waitForFunction(() => !part("steps").checkVisibility() && element.shadowRoot.querySelectorAll(".step").length === 0);
  });
});

test("where the panel cannot be had, the page says so once, and shows all else", LIMIT, async (t) => {
  await withElement(t, { expected: [FAILED_REQUEST, /^uncaught: (TypeError: Failed to fetch dynamically imported module.*)?$/s] }, async (page) => {
    await page.route("**/steps.js", (route) => route.abort());
    const rejections = await page.evaluate(async () => {
      let rejections = 0;
      const rejected = new Promise((resolve) => addEventListener("unhandledrejection", () => resolve((rejections += 1))));
      research.tell({}, "step", { phase: "thought", thought: "1" });
      await rejected;
      for (let progress = 50; progress < 60; progress++) {
        research.tell({ progress }, "step", { phase: "thought", thought: `${progress}` });
        await support.frames();
      }
      return rejections;
    });
    assert.equal(rejections, 1);
    assert.equal(await page.evaluate(() => part("percent").textContent), "59%");
  });
});

test("a panel that could not be had during an outage is there when the connection is back", LIMIT, async (t) => {
  await withElement(t, { expected: [FAILED_REQUEST, /^uncaught: (TypeError: Failed to fetch dynamically imported module.*)?$/s] }, async (page) => {
    await page.route("**/steps.js", (route) => route.abort(), { times: 1 });
    await page.evaluate(async () => {
      client.become({ name: "reconnecting", attempt: 1 });
      const rejected = new Promise((resolve) => addEventListener("unhandledrejection", resolve));
      research.tell({}, "step", { phase: "thought", thought: "1" });
      await rejected;
      client.become({ name: "connected" });
    });
    await page.waitForFunction(() => part("steps-title")?.textContent === "Agent steps (1)");
  });
});
