// A notification at the end: who is asked, when, and what comes of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { withElement } from "./open.mjs";
import { LIMIT } from "../support/until.mjs";

/** Puts notifications into the page that are counted instead of shown. @param {import("playwright-core").Page} page @param {string} answer of whoever is asked */
const fake = (page, answer) => page.evaluate((answer) => {
  window.asked = 0;
  window.shown = [];
  window.Notification = class extends EventTarget {
    static permission = "default";
    static async requestPermission() {
      window.asked += 1;
      return (window.Notification.permission = answer);
    }
    constructor(title, { body, tag }) {
      super();
      if (answer === "throws") throw new TypeError("Illegal constructor. Use ServiceWorkerRegistration.showNotification() instead.");
      window.shown.push([title, body, tag]);
    }
  };
  element.setAttribute("notify", "");
}, answer);

/** @param {import("playwright-core").Page} page @param {string} status @param {string | null} message */
const end = (page, status, message) => page.evaluate(async ([status, message]) => {
  research.tell({ status }, "end", { status, message, progress: 100, source: "live" });
  await support.frames();
}, [status, message]);

const counts = (/** @type {import("playwright-core").Page} */ page) => page.evaluate(() => [window.asked, window.shown]);
const button = (/** @type {import("playwright-core").Page} */ page) => page.getByRole("button", { name: "Notify me at the end" });

test("nobody is asked who has not clicked, and who has is told of the end once", LIMIT, async (t) => {
  await withElement(t, {}, async (page) => {
    assert.equal(await page.evaluate(() => part("notify")), null);
    await fake(page, "granted");
    await button(page).waitFor();
    assert.deepEqual(await counts(page), [0, []]);
    assert.equal(await button(page).getAttribute("aria-pressed"), "false");
    await button(page).click();
    await page.waitForFunction(() => part("notify").getAttribute("aria-pressed") === "true");
    await end(page, "completed", "The report is written");
    await end(page, "completed", "Again");
    assert.deepEqual(await counts(page), [1, [["Completed", "The report is written", "research research-1"]]]);
    assert.equal(await page.evaluate(() => part("notify").checkVisibility()), false);
  });
});

test("who takes it back, says no, or looks at another research by then is not told", LIMIT, async (t) => {
  await withElement(t, {}, async (page) => {
    await fake(page, "granted");
    await button(page).click();
    await page.waitForFunction(() => part("notify").getAttribute("aria-pressed") === "true");
    await button(page).click();
    await page.waitForFunction(() => part("notify").getAttribute("aria-pressed") === "false");
    await button(page).click();
    await page.waitForFunction(() => part("notify").getAttribute("aria-pressed") === "true");
    await page.evaluate(() => (element.research = window.research = new support.FakeResearch({ status: "in_progress" }, "research-2")));
    await page.waitForFunction(() => element.research?.id === "research-2" && part("notify").getAttribute("aria-pressed") === "false");
    await end(page, "failed", null);
    assert.deepEqual((await counts(page))[1], []);
  });
  await withElement(t, {}, async (page) => {
    await fake(page, "denied");
    await button(page).click();
    await page.waitForFunction(() => part("notify").textContent === "The browser blocks notifications" && part("notify").getAttribute("aria-disabled") === "true");
    await end(page, "completed", null);
    assert.deepEqual(await counts(page), [1, []]);
  });
});

test("a browser that lets no page show one, and one that has none, harm nothing", LIMIT, async (t) => {
  await withElement(t, {}, async (page) => {
    await fake(page, "throws");
    // As Chrome on Android does, whatever it was allowed.
    await page.evaluate(() => (window.Notification.requestPermission = async () => "granted"));
    await button(page).click();
    await page.waitForFunction(() => part("notify").getAttribute("aria-pressed") === "true");
    await end(page, "completed", "Done");
    assert.equal(await page.evaluate(() => part("end-words").textContent), "Done");
  });
  await withElement(t, {}, async (page) => {
    await page.evaluate(async () => {
      delete window.Notification;
      element.setAttribute("notify", "");
      await support.until(() => part("notify"));
      await support.frames();
    });
    assert.equal(await page.evaluate(() => part("notify").checkVisibility()), false);
  });
});
