// The element's log in Firefox and WebKit: their limits for heights, their scrolling, their shadow trees.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMIT, until } from "../support/until.mjs";
import { startBrowser } from "../support/webdriver.mjs";
import { startPages } from "./open.mjs";

for (const name of /** @type {const} */ (["firefox", "webkit"])) {
  test(`a million lines are scrolled from end to end, searched, and each is found to the pixel (${name})`, LIMIT, async (t) => {
    const { url } = await startPages(t, { policy: "script-src 'self' 'unsafe-eval'; style-src 'self'", body: '<script type="module" src="/support/mounted.js"></script>' });
    const browser = await startBrowser(t, name);
    await browser.goto(url);
    await until("the element is there", () => browser.evaluate(() => Boolean(window.research)));
    const COUNT = 1_000_000;
    for (let n = 0; n < COUNT; n += 50_000) await browser.evaluate((n) => window.research.lines(window.entries(50_000, n + 1)), [n]);
    /** @param {string} text */
    const shows = (text) => until(text, () => browser.evaluate((text) => window.part("layer").textContent.includes(text), [text]));
    await shows(`(step ${COUNT})`);
    await browser.evaluate(() => void (window.part("view").scrollTop = 0));
    await shows("(step 1)");
    assert.equal(await browser.evaluate(() => window.element.following), false);
    await browser.evaluate(() => void (window.part("view").scrollTop = window.part("view").scrollHeight));
    await shows(`(step ${COUNT})`);
    await until("it follows again", () => browser.evaluate(() => window.element.following));
    for (const number of [150_000, 900_001]) {
      const off = await browser.evaluate((number) => {
        window.element.goToLine(number);
        const row = [...window.element.shadowRoot.querySelectorAll(".row")].find((row) => row.querySelector(".number")?.textContent === String(number)).getBoundingClientRect();
        const view = window.part("view").getBoundingClientRect();
        return Math.abs(row.top + row.height / 2 - view.top - window.part("view").clientHeight / 2);
      }, [number]);
      assert.ok(off < 1, `line ${number} is ${off} px off`);
    }
    await browser.evaluate(() => {
      window.part("search").value = "(step 77777)";
      window.part("search").dispatchEvent(new InputEvent("input"));
    });
    await until("the hit", () => browser.evaluate(() => window.part("hits").textContent === "1 of 1" && window.part("layer").querySelector("[data-current] mark")?.textContent === "(step 77777)"));
  });
}
