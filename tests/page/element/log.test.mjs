// The element's log in a page with a policy that allows no inline style and no markup from text: what of it is in the document,
// where one is in it, and what one can do with it.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { isLong, tasksDuring } from "../support/tasks.mjs";
import { LIMIT, until } from "../support/until.mjs";
import { withElement } from "./open.mjs";

/** A browser's own rounding. */
const PIXEL = 1;

/** What one sees of the rows, top to bottom. @param {import("playwright-core").Page} page */
function seen(page) {
  return page.evaluate(() => {
    const view = part("view").getBoundingClientRect();
    return [...element.shadowRoot.querySelectorAll(".layer > .row")]
      .map((row) => ({ box: row.getBoundingClientRect(), row }))
      .filter(({ box }) => box.bottom > view.top + 1 && box.top < view.bottom - 1)
      .map(({ box, row }) => ({ number: Number(row.querySelector(".number").textContent), text: row.querySelector(".text").textContent, top: box.top - view.top, height: box.height, level: row.dataset.level, selected: row.getAttribute("aria-selected") === "true" }));
  });
}

/** @param {import("playwright-core").Page} page @param {string} text */
const shows = (page, text) => page.waitForFunction((text) => part("layer").textContent.includes(text), text);

for (const [count, jump] of [[200_000, 150_000], [1_000_000, 900_001]]) {
  test(`${count} lines have some dozen rows in the document, can be scrolled from end to end, and each is found to the pixel`, LIMIT, async (t) => {
    await withElement(t, {}, async (page) => {
      await page.evaluate(async (count) => {
        for (let n = 0; n < count; n += 20_000) research.lines(entries(20_000, n + 1));
        await support.until(() => part("layer").textContent.includes(`(step ${count})`));
      }, count);
      const last = (await seen(page)).at(-1);
      assert.equal(last.number, count);
      // No gap and no overlap anywhere.
      const places = { beginning: 0, quarter: 0.25, middle: 0.5, end: 1 };
      for (const [name, share] of Object.entries(places)) {
        await page.evaluate((share) => (part("view").scrollTop = share * part("view").scrollHeight), share);
        await page.waitForFunction(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))));
        const rows = await seen(page);
        assert.ok(rows.length > 10, name);
        rows.slice(1).forEach((row, n) => {
          assert.equal(row.number, rows[n].number + 1, name);
          assert.ok(Math.abs(row.top - rows[n].top - row.height) < 0.1, name);
        });
        assert.ok(Math.abs(rows[0].number / count - share) < 0.01, `${name}: ${rows[0].number}`);
      }
      assert.equal((await seen(page)).at(-1).number, count);
      for (const number of [jump, 1, count, 12_345]) {
        await page.evaluate((number) => element.goToLine(number), number);
        const rows = await seen(page);
        const row = rows.find((row) => row.number === number);
        assert.ok(row, `line ${number} is in view`);
        const { clientHeight } = await page.evaluate(() => ({ clientHeight: part("view").clientHeight }));
        if (number !== 1 && number !== count) assert.ok(Math.abs(row.top + row.height / 2 - clientHeight / 2) < PIXEL, `line ${number} is in the middle`);
        assert.ok(row.top > -PIXEL && row.top + row.height < clientHeight + PIXEL);
      }
      assert.ok(await page.evaluate(() => element.shadowRoot.querySelectorAll(".row").length < 80));
    });
  });
}

test("20,000 lines at once keep the page from nothing, and all are there", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 10 } }, async (page) => {
    await shows(page, "(step 10)");
    await page.evaluate(() => (window.burst = entries(20_000, 11)));
    const tasks = await tasksDuring(page, async () => {
      await page.evaluate(() => research.lines(window.burst));
      await shows(page, "(step 20010)");
    });
    assert.equal(await page.evaluate(() => part("filter-all").lastChild.textContent), "20,010");
    assert.deepEqual(tasks.filter(isLong), []);
  });
});

test("lines that come in microtasks, while others are taken in, are all there", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 10 } }, async (page) => {
    await shows(page, "(step 10)");
    await page.evaluate(async () => {
      for (let n = 11; n <= 1010; n += 1) {
        research.lines(entries(1, n));
        await undefined;
      }
    });
    await page.evaluate(() => research.lines(entries(1, 1011)));
    await shows(page, "(step 1011)");
    assert.equal(await page.evaluate(() => part("filter-all").lastChild.textContent), "1,011");
  });
});

test("the newest line stays in view until one scrolls up, and again at the end", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 500 } }, async (page) => {
    await shows(page, "(step 500)");
    await page.locator(".view").hover();
    await page.mouse.wheel(0, -1000);
    await page.waitForFunction(() => part("follow").getAttribute("aria-pressed") === "false");
    const before = await seen(page);
    await page.evaluate(() => research.lines(entries(300, 501)));
    await page.waitForFunction(() => part("follow").textContent === "Follow (300 new)");
    assert.deepEqual(await seen(page), before, "what one reads does not move");
    await page.mouse.wheel(0, 1_000_000);
    await shows(page, "(step 800)");
    await page.waitForFunction(() => part("follow").getAttribute("aria-pressed") === "true");
    await page.evaluate(() => research.lines(entries(50, 801)));
    await shows(page, "(step 850)");
    await page.getByRole("button", { name: "Follow" }).click();
    await page.evaluate(() => research.lines(entries(50, 851)));
    await page.waitForFunction(() => part("follow").textContent === "Follow (50 new)");
    assert.equal((await seen(page)).at(-1).number, 850);
    await page.getByRole("button", { name: "Follow (50 new)" }).click();
    await shows(page, "(step 900)");
  });
});

test("filters say how many lines they have, show only those, and new ones as they come", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 2000 } }, async (page) => {
    await shows(page, "(step 2000)");
    const counts = () => page.evaluate(() => [...part("filters").children].map(({ textContent }) => textContent));
    assert.deepEqual(await counts(), ["All2,000", "Milestones8", "Info1,968", "Warnings20", "Errors4"]);
    await page.getByRole("button", { name: "Errors" }).click();
    assert.deepEqual((await seen(page)).map(({ number }) => number), [500, 1000, 1500, 2000]);
    await page.evaluate(() => research.lines(entries(600, 2001)));
    await shows(page, "(step 2500)");
    assert.deepEqual((await seen(page)).map(({ number }) => number), [500, 1000, 1500, 2000, 2500]);
    assert.equal((await counts())[0], "All2,600");
    assert.equal(await page.evaluate(() => element.filter), "error");
    await page.evaluate(() => element.setAttribute("filter", "milestone"));
    assert.deepEqual([...new Set((await seen(page)).map(({ level }) => level))], ["milestone"]);
    assert.equal(await page.evaluate(() => part("filter-milestone").getAttribute("aria-pressed")), "true");
  });
});

test("the same words are one line with a count, also while it is in view", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 3 } }, async (page) => {
    await page.evaluate(() => research.lines([1, 2, 3].map(() => ({ message: "Waiting for the model", level: "info" }))));
    await shows(page, "Waiting for the model×3");
    await page.evaluate(() => research.lines([{ message: "Waiting for the model", level: "info" }]));
    await shows(page, "Waiting for the model×4");
    assert.equal((await seen(page)).length, 4);
  });
});

test("all lines are searched, hits are marked and counted, and Enter goes from one to the next and back", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 50_000 } }, async (page) => {
    await shows(page, "(step 50000)");
    await page.evaluate(() => (element.following = false, element.goToLine(1)));
    const box = page.getByRole("searchbox");
    await box.fill("STEP 4000");
    const at = (words) => page.waitForFunction((words) => part("hits").textContent === words, words);
    // 4000 and 40000 to 40009.
    await at("1 of 11");
    assert.equal((await seen(page)).find(({ selected }) => selected).number, 4000);
    await box.press("Enter");
    await at("2 of 11");
    assert.equal((await seen(page)).find(({ selected }) => selected).number, 40_000);
    assert.equal(await page.evaluate(() => part("layer").querySelector("[data-current] mark").textContent), "step 4000");
    await box.press("Shift+Enter");
    await box.press("Shift+Enter");
    await at("11 of 11");
    await page.evaluate(() => research.lines(entries(1, 400_000)));
    await at("11 of 12");
    await page.getByRole("button", { name: "Next hit" }).click();
    await at("12 of 12");
    await box.fill("no such words");
    await at("Nothing found");
    await box.fill("");
    await at("");
    assert.equal(await page.evaluate(() => element.shadowRoot.querySelectorAll("mark").length), 0);
  });
});

test("by keyboard one goes through lines and errors, selects, and copies what is selected", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 2000 }, body: "<textarea aria-label='Paste'></textarea>" }, async (page) => {
    await shows(page, "(step 2000)");
    const view = page.getByRole("listbox");
    const current = () => page.evaluate(() => Number(element.shadowRoot.getElementById(part("view").getAttribute("aria-activedescendant"))?.querySelector(".number").textContent));
    await view.focus();
    assert.equal(await current(), 2000);
    assert.equal(await page.evaluate(() => element.following), true, "to look is not to scroll away");
    for (const [key, number] of [["Home", 1], ["n", 500], ["n", 1000], ["p", 500], ["ArrowDown", 501], ["ArrowUp", 500], ["End", 2000], ["p", 1500], ["Home", 1], ["p", 1]]) {
      await page.keyboard.press(String(key));
      await until(`${key} leads to ${number}`, async () => (await current()) === number);
    }
    await page.keyboard.press("PageDown");
    assert.ok((await current()) > 10);
    await page.keyboard.press("Home");
    await page.keyboard.press("Shift+ArrowDown");
    await page.keyboard.press("Shift+ArrowDown");
    assert.deepEqual((await seen(page)).filter(({ selected }) => selected).map(({ number }) => number), [1, 2, 3]);
    const pasted = async () => {
      const area = page.getByLabel("Paste");
      await area.fill("");
      await area.focus();
      await page.keyboard.press("Control+v");
      return area.inputValue();
    };
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const lines = [1, 2, 3].map((n) => n === 1 ? /^\S+Z MILESTONE .*\(step 1\)$/ : new RegExp(`^\\S+Z INFO .*\\(step ${n}\\)$`));
    for (const secure of [true, false]) {
      await page.evaluate((secure) => secure || Object.defineProperty(navigator, "clipboard", { value: undefined }), secure);
      await page.evaluate(() => part("copy").textContent = "Copy");
      await view.focus();
      await page.keyboard.press("Control+c");
      await page.waitForFunction(() => part("copy").textContent === "Copied");
      const copied = (await pasted()).split("\n");
      assert.equal(copied.length, 3, secure ? "by the clipboard" : "without a secure context");
      lines.forEach((line, n) => assert.match(copied[n], line));
    }
    await view.focus();
    await page.keyboard.press("/");
    assert.equal(await page.evaluate(() => element.shadowRoot.activeElement.type), "search");
  });
});

test("a line is shown in full when one asks for it, by pointer and by keyboard, and several by dragging or with Shift", LIMIT, async (t) => {
  await withElement(t, {}, async (page) => {
    await page.evaluate(() => research.lines([{ message: `first\nsecond ${"x".repeat(3000)}`, level: "warning", time: "2026-11-29T10:31:02Z" }, ...entries(5)]));
    await shows(page, "(step 5)");
    const row = (number) => page.locator(".layer > .row").nth(number - 1);
    await row(1).click();
    assert.match(await page.locator(".detail-title").textContent(), /^Line 1 · .*29.*2026.* · warning$/);
    assert.equal((await page.locator(".detail-text").textContent()).length, "first\nsecond ".length + 3000);
    await row(4).click({ modifiers: ["Shift"] });
    assert.match(await page.locator(".detail-title").textContent(), /^Lines 1 to 4 \(4\)/);
    assert.match(await page.locator(".detail-link").getAttribute("href"), /#L1-L4$/);
    await row(2).hover();
    await page.mouse.down();
    await row(5).hover();
    await page.mouse.up();
    assert.match(await page.locator(".detail-title").textContent(), /^Lines 2 to 5 \(4\)/);
    await page.getByRole("button", { name: "Close" }).click();
    assert.equal(await page.locator(".detail").isVisible(), false);
    await page.keyboard.press("Enter");
    assert.equal(await page.locator(".detail").isVisible(), true);
    await page.keyboard.press("Escape");
    assert.equal(await page.locator(".detail").isVisible(), false);
  });
});

test("an address that names a line leads there, also when the line comes later, when the address changes, and past a filter", LIMIT, async (t) => {
  await withElement(t, { hash: "#L1500", mount: { lines: 1000, attributes: { filter: "error" } } }, async (page) => {
    await page.waitForFunction(() => part("filter-all").textContent === "All1,000");
    await page.evaluate(() => research.lines(entries(2000, 1001)));
    await page.waitForFunction(() => part("detail-title")?.textContent.startsWith("Line 1500 "));
    assert.deepEqual((await seen(page)).filter(({ selected }) => selected).map(({ number }) => number), [1500]);
    await page.evaluate(() => (location.hash = "#L7-L9"));
    await page.waitForFunction(() => part("detail-title").textContent.startsWith("Lines 7 to 9 "));
    assert.equal(await page.evaluate(() => element.filter), "all");
    assert.equal(await page.evaluate(() => element.following), false);
    for (const other of ["#L", "#M7", "#L7-M9", "#l7", "#L99999999999", "#/L7"]) await page.evaluate((hash) => (location.hash = hash), other);
    await page.evaluate(() => element.setAttribute("line-prefix", ""));
    await page.evaluate(() => (location.hash = "#L20"));
    assert.match(await page.locator(".detail-title").textContent(), /^Lines 7 to 9/);
  });
});

test("lines that the page has not got are counted in the numbers", LIMIT, async (t) => {
  await withElement(t, { hash: "#L12001", mount: { lines: 5, state: { droppedLogs: 12_000 } } }, async (page) => {
    await page.waitForFunction(() => part("detail-title")?.textContent.startsWith("Line 12001 "));
    assert.deepEqual((await seen(page)).map(({ number }) => number), [12_001, 12_002, 12_003, 12_004, 12_005]);
  });
});

test("the log can be downloaded as text and as JSON, all of it", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 5000, attributes: { filter: "error" } } }, async (page) => {
    await page.waitForFunction(() => part("filter-all").textContent === "All5,000");
    const download = async (/** @type {string} */ name) => {
      const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name, exact: true }).click()]);
      return [file.suggestedFilename(), await readFile(await file.path(), "utf8")];
    };
    const [textName, text] = await download("Text");
    assert.equal(textName, "research-1.log");
    assert.equal(text.trimEnd().split("\n").length, 5000);
    const [jsonName, json] = await download("JSON");
    assert.equal(jsonName, "research-1.json");
    assert.deepEqual(JSON.parse(json).at(-1).message, "Searching for sources about tidal power (step 5000)");
  });
});

test("a gap is a line of its own, which every filter shows", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 30, attributes: { filter: "error" } } }, async (page) => {
    const [from, to] = [new Date(2026, 10, 29, 10, 31, 2).getTime(), new Date(2026, 10, 29, 10, 31, 9).getTime()];
    const gaps = [[12, 0], [0, 0], [0, 1], [3, 2], [0, null]];
    await page.evaluate(([gaps, from, to]) => gaps.forEach(([recovered, missing]) => research.emit("gap", { from, to, recovered, missing })), [gaps, from, to]);
    await shows(page, "may be missing");
    assert.deepEqual((await seen(page)).map(({ text, level }) => `${level}: ${text}`), [
      "gap: 12 lines from 10:31:02 to 10:31:09 came after the connection was back",
      "gap: 1 line from 10:31:02 to 10:31:09 is missing",
      "gap: 3 lines from 10:31:02 to 10:31:09 came after the connection was back. 2 lines from 10:31:02 to 10:31:09 are missing",
      "gap: Lines from 10:31:02 to 10:31:09 may be missing",
    ]);
  });
});

test("a log that is hidden, or was laid out otherwise, shows its lines when it can be seen", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 0 } }, async (page) => {
    await page.evaluate(() => (element.hidden = true, research.lines(entries(1000))));
    await page.waitForFunction(() => part("filter-all").textContent === "All1,000");
    assert.equal((await seen(page)).length, 0);
    await page.evaluate(() => (element.hidden = false));
    await page.waitForFunction(() => {
      const row = part("layer").lastChild;
      return row && /step 1000/.test(row.textContent) && row.clientHeight > 0 && Math.abs(row.getBoundingClientRect().bottom - part("view").getBoundingClientRect().bottom) < 1;
    });
    const before = (await seen(page))[0].height;
    await page.evaluate(() => element.style.setProperty("--research-row-height", "40px"));
    await page.waitForFunction(() => part("layer").lastChild.clientHeight === 40 && part("layer").lastChild.offsetTop - part("layer").firstChild.offsetTop === 40 * (part("layer").children.length - 1));
    const rows = await seen(page);
    assert.notEqual(before, 40);
    assert.equal(rows.at(-1).number, 1000);
    rows.slice(1).forEach((row, n) => assert.equal(row.top - rows[n].top, 40));
  });
});

test("what searches, copies and downloads is loaded when somebody comes near, and what marks the page where it is asked to", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 100 } }, async (page) => {
    const loaded = () => page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name.replace(/^.*\//, "")).filter((name) => ["log-tools.js", "page-mark.js", "words-de.js"].includes(name)));
    await shows(page, "(step 100)");
    assert.deepEqual(await loaded(), []);
    await page.locator(".view").hover();
    await page.waitForFunction(() => part("detail"));
    assert.deepEqual(await loaded(), ["log-tools.js"]);
    await page.evaluate(() => element.setAttribute("page-title", ""));
    await page.waitForFunction(() => document.title === "42% · Page");
    assert.deepEqual(await loaded(), ["log-tools.js", "page-mark.js"]);
  });
});

test("a search goes on in the lines of another research", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 100 } }, async (page) => {
    await shows(page, "(step 100)");
    await page.getByRole("searchbox").fill("(step 7)");
    await page.waitForFunction(() => part("hits").textContent === "1 of 1");
    await page.evaluate(() => (element.research = new support.FakeResearch({ status: "in_progress", logs: entries(20, 7) })));
    await page.waitForFunction(() => part("filter-all").textContent === "All20" && part("hits").textContent === "0 of 1");
    await page.evaluate(() => (element.research = new support.FakeResearch({ status: "in_progress", logs: entries(20, 8) })));
    await page.waitForFunction(() => part("hits").textContent === "Nothing found");
  });
});

test("newest first, the newest line stays in view at the top, and whoever reads further down stays there", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 500, attributes: { order: "newest" } } }, async (page) => {
    await shows(page, "(step 500)");
    assert.deepEqual((await seen(page)).slice(0, 3).map(({ number }) => number), [500, 499, 498]);
    await page.evaluate(() => research.lines(entries(100, 501)));
    await shows(page, "(step 600)");
    assert.deepEqual((await seen(page)).slice(0, 2).map(({ number, top }) => [number, Math.round(top)]), [[600, 0], [599, Math.round((await seen(page))[1].top)]]);
    assert.equal(await page.evaluate(() => element.following), true);
    await page.evaluate(() => (part("view").scrollTop = 2000));
    await page.waitForFunction(() => !element.following);
    const before = (await seen(page))[3];
    await page.evaluate(() => research.lines(entries(300, 601)));
    await page.waitForFunction(() => part("follow").textContent === "Follow (300 new)");
    const after = (await seen(page)).find(({ number }) => number === before.number);
    assert.ok(after && Math.abs(after.top - before.top) < PIXEL, JSON.stringify([before, after]));
    await page.getByRole("button", { name: "Follow (300 new)" }).click();
    assert.equal((await seen(page))[0].number, 900);
  });
});

test("the order is turned by a button, and keys, errors and copies go with it", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 1200 } }, async (page) => {
    await shows(page, "(step 1200)");
    const button = page.getByRole("button", { name: "Newest first" });
    const isPressed = (/** @type {string} */ pressed) => until(`pressed: ${pressed}`, async () => (await button.getAttribute("aria-pressed")) === pressed);
    await isPressed("false");
    await button.click();
    await isPressed("true");
    assert.equal(await page.evaluate(() => element.order), "newest");
    const current = () => page.evaluate(() => Number(element.shadowRoot.querySelector("[data-current] .number")?.textContent));
    await page.locator(".view").focus();
    assert.equal(await current(), 1200);
    for (const [key, number] of /** @type {[string, number][]} */ ([["ArrowDown", 1199], ["End", 1], ["Home", 1200], ["n", 1000], ["n", 500], ["p", 1000]])) {
      await page.keyboard.press(key);
      await until(`${key} leads to ${number}`, async () => (await current()) === number);
    }
    await page.evaluate(() => (window.copied = undefined, document.addEventListener("copy", () => {}), Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => void (window.copied = text) } })));
    await page.keyboard.press("Shift+ArrowDown");
    await page.keyboard.press("Control+c");
    await page.waitForFunction(() => window.copied);
    assert.deepEqual((await page.evaluate(() => window.copied)).split("\n").map((line) => /step (\d+)/.exec(line)[1]), ["999", "1000"]);
    await button.click();
    await isPressed("false");
    assert.ok((await seen(page)).some(({ number }) => number === 999), "where one is stays in view");
    await page.evaluate(() => element.setAttribute("order", "newest"));
    await isPressed("true");
  });
});
