// The log as a whole, collapsed and opened again: what it says meanwhile, and where one was.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMIT, until } from "../support/until.mjs";
import { startBrowser } from "../support/webdriver.mjs";
import { startPages, withElement } from "./open.mjs";

/** The rows that one sees, with where they stand. Runs in the page. */
const SEEN = () => {
  const view = window.part("view").getBoundingClientRect();
  return [...window.element.shadowRoot.querySelectorAll(".layer > .row")]
    .map((row) => ({ box: row.getBoundingClientRect(), row }))
    .filter(({ box }) => box.bottom > view.top + 1 && box.top < view.bottom - 1)
    .map(({ box, row }) => [Number(row.querySelector(".number").textContent), Math.round(box.top - view.top)]);
};

/** What the button says. @param {import("playwright-core").Page} page @param {string} words */
const says = (page, words) => page.waitForFunction((words) => part("collapse").textContent === words, words);
/** @param {import("playwright-core").Page} page @param {string} text */
const shows = (page, text) => page.waitForFunction((text) => part("layer").textContent.includes(text), text);
const visible = (/** @type {import("playwright-core").Page} */ page) => page.evaluate(() => ["filters", "search", "follow", "downloads", "view"].map((name) => part(name).checkVisibility()));

test("by keyboard the log is collapsed and opened, and says which it is and how many lines it has", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 499 } }, async (page) => {
    await shows(page, "(step 499)");
    const button = page.getByRole("button", { name: "Log", exact: true });
    assert.equal(await button.getAttribute("aria-expanded"), "true");
    await button.focus();
    await page.keyboard.press("Enter");
    await says(page, "Log (499 lines)");
    assert.deepEqual(await page.evaluate(() => [element.collapsed, element.hasAttribute("collapsed"), part("collapse").getAttribute("aria-expanded"), element.shadowRoot.activeElement === part("collapse")]), [true, true, "false", true]);
    assert.deepEqual(await visible(page), [false, false, false, false, false]);
    await page.evaluate(() => research.lines(entries(1, 501)));
    await says(page, "Log (500 lines)");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => element.shadowRoot.activeElement === null || element.shadowRoot.activeElement === part("collapse")), true, "nothing of it is left to go through");
    await page.locator(".collapse").focus();
    await page.keyboard.press("Space");
    await says(page, "Log");
    assert.deepEqual(await visible(page), [true, true, true, true, true]);
    await shows(page, "(step 501)");
    assert.equal(await page.evaluate(() => element.following), true);
  });
});

test("errors that come while it is collapsed are counted and announced, and other lines are not", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 500, attributes: { collapsed: "" } } }, async (page) => {
    // Of what came before anybody looked.
    await says(page, "Log (500 lines), 1 new error");
    await page.evaluate(() => (element.collapsed = false, element.collapsed = true));
    await says(page, "Log (500 lines)");
    await page.evaluate(() => {
      window.said = [];
      new MutationObserver(() => window.said.push(part("spoken").textContent)).observe(part("spoken"), { childList: true });
      research.lines([{ message: "Only so", level: "info" }, { message: "No model answered", level: "error" }]);
    });
    await says(page, "Log (502 lines), 1 new error");
    assert.equal(await page.evaluate(() => part("collapse").dataset.level), "error");
    await page.waitForFunction(() => window.said.join().includes("No model answered"));
    assert.ok(!(await page.evaluate(() => window.said.join())).includes("Only so"));
    await page.evaluate(() => research.lines([{ message: "Nor the other one", level: "critical" }]));
    await says(page, "Log (503 lines), 2 new errors");
    await page.evaluate(() => (element.lang = "de"));
    await says(page, "Protokoll (503 Zeilen), 2 neue Fehler");
    await page.evaluate(() => element.collapsed = false);
    await says(page, "Protokoll");
    assert.equal(await page.evaluate(() => part("collapse").dataset.level), undefined);
    await page.evaluate(() => element.collapsed = true);
    await says(page, "Protokoll (503 Zeilen)");
    await page.evaluate(() => (element.research = new support.FakeResearch({ status: "in_progress", logs: entries(600) }, "research-2")));
    await says(page, "Protokoll (600 Zeilen), 1 neuer Fehler");
  });
});

for (const [order, attributes] of Object.entries({ oldest: {}, newest: { order: "newest" } })) {
  test(`whoever reads in the middle is at the same line to the pixel when it is open again, whatever came meanwhile (${order} first)`, LIMIT, async (t) => {
    await withElement(t, { mount: { lines: 2000, attributes } }, async (page) => {
      await shows(page, "(step 2000)");
      await page.evaluate(() => element.goToLine(900));
      await page.evaluate(() => part("view").scrollTop += 7);
      const before = await page.evaluate(SEEN);
      await page.evaluate(() => (element.collapsed = true));
      await page.evaluate(() => research.lines(entries(1500, 2001)));
      await says(page, "Log (3,500 lines), 3 new errors");
      await page.evaluate(() => (element.collapsed = false));
      assert.deepEqual(await page.evaluate(SEEN), before);
      assert.equal(await page.evaluate(() => element.following), false);
    });
  });
}

test("a link to a line opens it, also one that the page begins with", LIMIT, async (t) => {
  await withElement(t, { hash: "#L1500", mount: { lines: 2000, attributes: { collapsed: "" } } }, async (page) => {
    await page.waitForFunction(() => part("detail-title")?.textContent.startsWith("Line 1500 "));
    const place = () => page.evaluate(() => {
      const row = part("layer").querySelector("[data-current]").getBoundingClientRect();
      const view = part("view").getBoundingClientRect();
      return Math.abs(row.top + row.height / 2 - view.top - part("view").clientHeight / 2);
    });
    assert.ok((await place()) < 1);
    assert.equal(await page.evaluate(() => element.collapsed), false);
    await page.evaluate(() => (element.collapsed = true, element.goToLine(3)));
    await page.waitForFunction(() => part("detail-title").textContent.startsWith("Line 3 "));
    assert.equal(await page.evaluate(() => element.collapsed), false);
  });
});

for (const name of /** @type {const} */ (["firefox", "webkit"])) {
  test(`collapsed and opened, one is where one was, and at the newest line if one was there (${name})`, LIMIT, async (t) => {
    const { url } = await startPages(t, { policy: "script-src 'self' 'unsafe-eval'; style-src 'self'", body: '<script type="module" src="/support/mounted.js"></script>' });
    const browser = await startBrowser(t, name);
    await browser.goto(url);
    await until("the element is there", () => browser.evaluate(() => Boolean(window.research)));
    await browser.evaluate(() => window.research.lines(window.entries(2000)));
    /** @param {string} text */
    const shown = (text) => until(text, () => browser.evaluate((text) => window.part("layer").textContent.includes(text), [text]));
    /** @param {string} words */
    const said = (words) => until(words, () => browser.evaluate((words) => window.part("collapse").textContent === words, [words]));
    await shown("(step 2000)");
    await browser.evaluate(() => window.part("collapse").click());
    await said("Log (2,000 lines)");
    await browser.evaluate(() => window.research.lines(window.entries(100, 2001)));
    await said("Log (2,100 lines)");
    await browser.evaluate(() => window.part("collapse").click());
    await shown("(step 2100)");
    await browser.evaluate(() => window.element.goToLine(900));
    const before = await browser.evaluate(SEEN);
    assert.ok(before.length > 10);
    await browser.evaluate(() => window.part("collapse").click());
    await said("Log (2,100 lines)");
    await browser.evaluate(() => window.research.lines(window.entries(500, 2101)));
    await said("Log (2,600 lines), 1 new error");
    await browser.evaluate(() => window.part("collapse").click());
    await until("it is where it was", async () => JSON.stringify(await browser.evaluate(SEEN)) === JSON.stringify(before));
    assert.equal(await browser.evaluate(() => window.element.following), false);
  });
}
