// Long lines of the log: cut in one row, or wrapped, and then as high as they need, at whatever place one is.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMIT, until } from "../support/until.mjs";
import { startBrowser } from "../support/webdriver.mjs";
import { startPages, withElement } from "./open.mjs";

/** A browser's own rounding. */
const PIXEL = 1;

/** Lines with words for one row up to some. Runs in the page. */
const LONG = (/** @type {number} */ count, /** @type {number} */ from) => {
  const words = "what the sources say about tidal power and storage ";
  window.research.lines(window.entries(count, from).map((entry, n) => ({ ...entry, message: `(step ${from + n}) ${words.repeat((from + n) % 13)}end of ${from + n}` })));
};

/** The rows that one sees: number, where they are, and how much of their words is cut. Runs in the page. */
const SEEN = () => {
  const view = window.part("view").getBoundingClientRect();
  return [...window.element.shadowRoot.querySelectorAll(".layer > .row")]
    .map((row) => ({ box: row.getBoundingClientRect(), row }))
    .filter(({ box }) => box.bottom > view.top + 1 && box.top < view.top + window.part("view").clientHeight - 1)
    .map(({ box, row }) => {
      const text = row.querySelector(".text");
      return { number: Number(row.querySelector(".number").textContent), top: box.top - view.top, height: box.height, cut: Math.max(text.scrollWidth - text.clientWidth, text.scrollHeight - row.clientHeight) };
    });
};
const viewHeight = () => window.part("view").clientHeight;

/** @typedef {(run: (...args: any[]) => any, ...args: any[]) => Promise<any>} Run */

/** Nothing is cut, and nothing lies on anything else. @param {{ number: number, top: number, height: number, cut: number }[]} rows @param {string} where @param {1 | -1} [step] */
function areWhole(rows, where, step = 1) {
  assert.ok(rows.length > 1, where);
  rows.forEach((row, n) => {
    assert.ok(row.cut <= PIXEL, `${where}: line ${row.number} is cut by ${row.cut} px`);
    if (n === 0) return;
    assert.equal(row.number, rows[n - 1].number + step, where);
    assert.ok(Math.abs(row.top - rows[n - 1].top - rows[n - 1].height) < 0.1, `${where}: ${JSON.stringify([rows[n - 1], row])}`);
  });
  const heights = new Set(rows.map(({ height }) => Math.round(height)));
  // Two long ones can fill the view.
  assert.ok(heights.size > 1 || rows.length === 2, `${where}: rows are as high as they need: ${JSON.stringify(rows)}`);
}

/** Whether rows are where they were. @param {{ number: number, top: number }[]} rows @param {{ number: number, top: number }[]} before */
const stay = (rows, before) => rows.length === before.length && rows.every(({ number, top }, n) => number === before[n].number && Math.abs(top - before[n].top) < 0.1);

/**
 * Scrolls up: what one sees moves by as much, and above it there are rows.
 * @param {Run} run @param {number} px @param {string} where
 */
async function stepsUp(run, px, where) {
  const before = await run(SEEN);
  await run((/** @type {number} */ px) => void (window.part("view").scrollTop -= px), px);
  /** @type {any[]} */
  let after = [];
  const tops = () => JSON.stringify([before, after].map((rows) => rows.map(({ number, top }) => [number, top])));
  await until(`${where}: it has moved by ${px} px, up to rows that were not in the document`, async () => {
    after = await run(SEEN);
    const same = after.find(({ number }) => number === before[0].number);
    // The browser moves what is there at once, and says so in the next frame.
    return same && Math.abs(same.top - before[0].top - px) <= PIXEL && after[0].top <= PIXEL;
  }, { seen: tops });
  // One long line can fill the view.
  if (after.length > 1) areWhole(after, where);
}

/** 200,000 long lines in one browser. @param {Run} run */
async function goesThrough(run) {
  const COUNT = 200_000;
  const settled = () => until("frames", () => run(() => new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(() => done(true))), 0))));
  await run(() => void (window.element.wrap = true));
  for (let n = 0; n < COUNT; n += 20_000) await run(LONG, 20_000, n + 1);
  await until("the last line at the lower edge", async () => {
    const last = (await run(SEEN)).at(-1);
    return last?.number === COUNT && Math.abs(last.top + last.height - (await run(viewHeight))) <= PIXEL;
  });
  areWhole(await run(SEEN), "end");
  assert.ok((await run(() => window.element.shadowRoot.querySelectorAll(".row").length)) < 80);
  for (const [where, share] of Object.entries({ beginning: 0, quarter: 0.25, middle: 0.5 })) {
    await run((/** @type {number} */ share) => void (window.part("view").scrollTop = share * window.part("view").scrollHeight), share);
    await until(`${where}: other rows`, async () => Math.abs((await run(SEEN))[0]?.number / COUNT - share) < 0.01);
    areWhole(await run(SEEN), where);
  }
  assert.equal(await run(() => window.element.following), false);
  for (const number of [150_000, 12_345, 1, COUNT, 77_777]) {
    await run((/** @type {number} */ number) => window.element.goToLine(number), number);
    const rows = await run(SEEN);
    const row = rows.find((/** @type {any} */ row) => row.number === number);
    assert.ok(row && row.top > -PIXEL && row.top + row.height < (await run(viewHeight)) + PIXEL, `line ${number} is in view: ${JSON.stringify(rows)}`);
    areWhole(rows, `line ${number}`);
  }
  // What one has not seen yet comes in above, a little at a time.
  for (let n = 0; n < 30; n++) await stepsUp(run, 90, `step ${n}`);
  await settled();
  await run(() => void (window.part("view").scrollTop = window.part("view").scrollHeight));
  await until("it follows again", async () => (await run(() => window.element.following)) && (await run(SEEN)).at(-1)?.number === COUNT);
  await run(LONG, 30, COUNT + 1);
  await until("the newest", async () => {
    const last = (await run(SEEN)).at(-1);
    return last?.number === COUNT + 30 && Math.abs(last.top + last.height - (await run(viewHeight))) <= PIXEL;
  });
  areWhole(await run(SEEN), "new ones");
}

test("200,000 wrapped lines can be scrolled from end to end, and each is found, whole and at its place (chromium)", LIMIT, async (t) => {
  await withElement(t, {}, (page) => goesThrough((run, ...args) => page.mainFrame().evaluate(`(${run})(...${JSON.stringify(args)})`)));
});

for (const name of /** @type {const} */ (["firefox", "webkit"])) {
  test(`200,000 wrapped lines can be scrolled from end to end, and each is found, whole and at its place (${name})`, LIMIT, async (t) => {
    const { url } = await startPages(t, { policy: "script-src 'self' 'unsafe-eval'; style-src 'self'", body: '<script type="module" src="/support/mounted.js"></script>' });
    const browser = await startBrowser(t, name);
    await browser.goto(url);
    await until("the element is there", () => browser.evaluate(() => Boolean(window.research)));
    await goesThrough((run, ...args) => browser.evaluate(run, args));
  });
}

/** Calls a function of this file in the page. @param {import("playwright-core").Page} page @returns {Run} */
const runIn = (page) => (run, ...args) => page.evaluate(`(${run})(...${JSON.stringify(args)})`);

test("lines are cut until somebody wraps them, by the button or the attribute, and what one reads stays where it is", LIMIT, async (t) => {
  await withElement(t, {}, async (page, { requests }) => {
    const run = runIn(page);
    await run(LONG, 500, 1);
    const button = page.getByRole("button", { name: "Wrap lines" });
    const isPressed = (/** @type {string} */ pressed) => until(`pressed: ${pressed}`, async () => (await button.getAttribute("aria-pressed")) === pressed);
    await isPressed("false");
    assert.ok(!requests.toString().includes("wrap.js"));
    await run(() => window.element.goToLine(200));
    // What shows a line in full is loaded once it is wanted.
    await page.waitForFunction(() => part("detail")?.checkVisibility());
    await run(() => window.part("close").click());
    const cut = await run(SEEN);
    assert.ok(cut.some((/** @type {any} */ { cut }) => cut > 100), "a long line is one row, and its end is not shown");
    assert.equal(new Set(cut.map((/** @type {any} */ { height }) => height)).size, 1);
    // By keyboard its words are all there.
    await page.locator(".view").focus();
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => part("detail-text")?.textContent.endsWith("end of 200") && part("detail-text").checkVisibility());
    await page.keyboard.press("Escape");
    const first = (await run(SEEN))[1];
    await button.focus();
    await page.keyboard.press("Space");
    await isPressed("true");
    assert.equal(await run(() => window.element.hasAttribute("wrap") && window.element.wrap), true);
    areWhole(await run(SEEN), "wrapped");
    assert.ok(Math.abs((await run(SEEN))[0].number - first.number) <= 1, "at the same lines");
    await page.keyboard.press("Space");
    await isPressed("false");
    assert.equal(await run(() => window.element.hasAttribute("wrap")), false);
    const again = await run(SEEN);
    assert.equal(new Set(again.map((/** @type {any} */ { height }) => height)).size, 1);
    assert.ok(Math.abs(again[0].number - first.number) <= 1);
    // The line that one is at is still there if it was, though others need more room.
    const last = again.at(-2).number;
    await run((/** @type {number} */ number) => window.element.goToLine(number), last);
    await run(() => window.element.setAttribute("wrap", ""));
    await isPressed("true");
    const rows = await run(SEEN);
    areWhole(rows, "by the attribute");
    const row = rows.find((/** @type {any} */ { number }) => number === last);
    assert.ok(row && row.top > -PIXEL && row.top + row.height < (await run(viewHeight)) + PIXEL, JSON.stringify(rows));
  });
});

test("wrapped rows are as high as they need when the log is narrower, and what one reads stays", LIMIT, async (t) => {
  await withElement(t, { mount: { attributes: { wrap: "" } } }, async (page) => {
    const run = runIn(page);
    await run(LONG, 2000, 1);
    await page.waitForFunction(() => part("layer").textContent.includes("end of 2000"));
    await run(() => window.element.goToLine(1000));
    const number = (await run(SEEN))[0].number;
    for (const width of [400, 320, 900]) {
      await page.setViewportSize({ width, height: 800 });
      await until(`${width} px`, async () => (await run(SEEN)).every((/** @type {any} */ { cut }) => cut <= PIXEL));
      const rows = await run(SEEN);
      areWhole(rows, `${width} px`);
      assert.ok(Math.abs(rows[0].number - number) <= 1, `${width} px: ${rows[0].number}`);
    }
    await run(() => window.element.style.setProperty("--research-row-height", "30px"));
    await until("higher rows", async () => (await run(SEEN)).every((/** @type {any} */ { height }) => Math.round(height) % 30 === 0));
    areWhole(await run(SEEN), "30 px");
    assert.ok(Math.abs((await run(SEEN))[0].number - number) <= 1, "at the same line");
  });
});

test("what one sees of wrapped rows moves by as much as one scrolls, though rows come in that nobody has seen", LIMIT, async (t) => {
  await withElement(t, { mount: { attributes: { wrap: "" } } }, async (page) => {
    const run = runIn(page);
    await run(() => window.element.style.setProperty("--research-log-height", "700px"));
    await run(LONG, 2000, 1);
    await page.waitForFunction(() => part("layer").textContent.includes("end of 2000"));
    await run(() => window.element.goToLine(1000));
    // More than the rows that stand ready above.
    for (let n = 0; n < 20; n++) await stepsUp(run, 650, `step ${n}`);
  });
});

test("wrapped rows lie below each other when line numbers have become longer", LIMIT, async (t) => {
  await withElement(t, { mount: { attributes: { wrap: "" } } }, async (page) => {
    const run = runIn(page);
    await run(() => window.research.lines(window.entries(1, 1).map((entry) => ({ ...entry, message: "0".repeat(40) }))));
    await page.waitForFunction(() => part("layer").textContent.includes("000"));
    // Lines that just fit beside numbers of three digits; those of four take the room of a digit more.
    await run(() => {
      const text = window.element.shadowRoot.querySelector(".layer > .row > .text");
      const range = document.createRange();
      range.selectNodeContents(text);
      const room = Math.floor(text.clientWidth / (range.getBoundingClientRect().width / 40));
      window.research.lines(window.entries(1500, 2).map((entry, n) => ({ ...entry, message: String(n).padStart(room - (n % 3), "0") })));
    });
    await page.waitForFunction(() => part("layer").textContent.includes("1501"));
    areWhole(await run(SEEN), "four digits");
  });
});

test("keys, a filter, groups, the newest line first, and lines that come while one reads go on with wrapped rows", LIMIT, async (t) => {
  await withElement(t, { mount: { attributes: { wrap: "", groups: "" } } }, async (page) => {
    const run = runIn(page);
    await run(LONG, 3000, 1);
    await page.waitForFunction(() => part("layer").textContent.includes("end of 3000") && part("groups"));
    await page.locator(".view").focus();
    const current = () => run(() => Number(window.part("layer").querySelector("[data-current] .number")?.textContent));
    const isInView = async (/** @type {number} */ number) => {
      const row = (await run(SEEN)).find((/** @type {any} */ row) => row.number === number);
      assert.ok(row && row.top > -PIXEL && row.top + row.height < (await run(viewHeight)) + PIXEL, `line ${number}: ${JSON.stringify(row)}`);
    };
    for (const [key, number] of /** @type {[string, number][]} */ ([["Home", 1], ["n", 500], ["ArrowDown", 501], ["ArrowDown", 502], ["ArrowUp", 501], ["End", 3000], ["ArrowUp", 2999], ["p", 2500]])) {
      await page.keyboard.press(key);
      await until(`${key} leads to ${number}`, async () => (await current()) === number);
      await isInView(number);
      areWhole(await run(SEEN), key);
    }
    for (let n = 2501; n < 2540; n++) {
      await page.keyboard.press("ArrowDown");
      await isInView(n);
    }
    await page.keyboard.press("PageDown");
    const further = await current();
    assert.ok(further > 2540 && further < 2570, String(further));
    await isInView(further);
    const before = await run(SEEN);
    await run(LONG, 100, 3001);
    await page.waitForFunction(() => part("follow").textContent === "Follow (100 new)");
    assert.ok(stay(await run(SEEN), before), "what one reads does not move");
    // A line that comes again writes rows anew.
    await run(() => window.research.lines([{ message: "Again", level: "info" }, { message: "Again", level: "info" }]));
    assert.ok(stay(await run(SEEN), before), "nor then");
    await page.keyboard.press("ArrowLeft");
    await until("the group is closed", async () => (await current()) === 2501);
    await isInView(2501);
    await page.keyboard.press("ArrowRight");
    await until("it is open", async () => (await run(SEEN)).some((/** @type {any} */ { number }) => number === 2502));
    areWhole(await run(SEEN), "groups");
    await run(() => void (window.element.order = "newest"));
    await isInView(2501);
    areWhole(await run(SEEN), "newest first", -1);
    const here = await run(SEEN);
    await run(LONG, 50, 3101);
    await page.waitForFunction(() => /\(\d+ new\)/.test(part("follow").textContent));
    await until("it stays", async () => stay(await run(SEEN), here));
    await run(() => void (window.element.filter = "error"));
    await until("errors only", async () => (await run(SEEN)).every((/** @type {any} */ { number }) => number % 500 === 0));
    assert.ok((await run(SEEN)).every((/** @type {any} */ { cut }) => cut <= PIXEL));
  });
});
