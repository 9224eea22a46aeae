// Groups of the log: what is closed is neither shown nor lost, opens for whoever looks for it, and stays where somebody reads.

import assert from "node:assert/strict";
import { test } from "node:test";
import { withElement } from "./open.mjs";
import { LIMIT } from "../support/until.mjs";

/** Lines as support/page/element.js writes them have a milestone each. */
const GROUP = 250;

/** What one sees of the rows, top to bottom: number, how its group is, and what stands behind the words. @param {import("playwright-core").Page} page */
function seen(page) {
  return page.evaluate(() => {
    const view = part("view").getBoundingClientRect();
    return [...element.shadowRoot.querySelectorAll(".layer > .row")]
      .map((row) => ({ box: row.getBoundingClientRect(), row }))
      .filter(({ box }) => box.bottom > view.top + 1 && box.top < view.bottom - 1)
      .map(({ row }) => [Number(row.querySelector(".number").textContent), row.dataset.group ?? "", row.querySelector(".repeats").textContent]);
  });
}

/** @param {import("playwright-core").Page} page */
const shows = (page, /** @type {number} */ number) => page.waitForFunction((number) => [...element.shadowRoot.querySelectorAll(".layer > .row > .number")].some(({ textContent }) => textContent === String(number)), number);
/** @param {import("playwright-core").Page} page */
const hasGroups = (page) => page.waitForFunction(() => part("groups"));
/** @param {import("playwright-core").Page} page */
const firstOf = async (page) => (await seen(page))[0];

test("a page that does not ask for groups loads none, and one that does has them until it asks no more", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 600 } }, async (page, { requests }) => {
    await shows(page, 600);
    assert.ok(!requests.toString().includes("groups.js"));
    assert.equal(await page.evaluate(() => part("groups")), null);
    await page.evaluate(() => element.setAttribute("groups", "closed"));
    await hasGroups(page);
    await page.evaluate(() => (part("view").scrollTop = 0));
    await page.waitForFunction(() => part("layer").querySelector("[data-group=closed]"));
    await page.evaluate(() => element.removeAttribute("groups"));
    await page.waitForFunction(() => part("groups").hidden && !part("layer").querySelector("[data-group]"));
    await page.evaluate(() => element.goToLine(3));
    assert.deepEqual((await seen(page)).slice(0, 3), [[1, "", ""], [2, "", ""], [3, "", ""]]);
  });
});

test("a group is closed and opened by pointer, with its head where it was", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 1000, attributes: { groups: "" } } }, async (page) => {
    await hasGroups(page);
    await shows(page, 1000);
    await page.evaluate(() => element.goToLine(1 + 250));
    const before = await seen(page);
    const place = before.findIndex(([number]) => number === 1 + GROUP);
    assert.deepEqual(before[place], [1 + GROUP, "open", ""]);
    const fold = page.locator(".row", { hasText: "(step 251)" }).locator(".fold");
    await fold.click();
    const after = await seen(page);
    assert.deepEqual(after.slice(0, place), before.slice(0, place));
    // Line 500 is an error.
    assert.deepEqual(after.slice(place, place + 3), [[1 + GROUP, "closed", "249 lines hidden, 1 error"], [1 + 2 * GROUP, "open", ""], [2 + 2 * GROUP, "", ""]]);
    await page.locator(".row .repeats", { hasText: "249 lines hidden" }).click();
    assert.deepEqual(await seen(page), before);
    assert.equal(await page.evaluate(() => part("filter-all").lastChild.textContent), "1,000", "they were never gone");
  });
});

test("a milestone that is seen already becomes the head of a group with the first line below it", LIMIT, async (t) => {
  await withElement(t, { mount: { attributes: { groups: "" } } }, async (page) => {
    await hasGroups(page);
    await page.evaluate(() => research.lines(entries(1)));
    await shows(page, 1);
    assert.deepEqual(await seen(page), [[1, "", ""]]);
    await page.evaluate(() => research.lines(entries(1, 2)));
    await shows(page, 2);
    assert.deepEqual(await seen(page), [[1, "open", ""], [2, "", ""]]);
  });
});

test("left and right close and open the group that one is in, also from right to left", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 600, attributes: { groups: "" } } }, async (page) => {
    await hasGroups(page);
    await shows(page, 600);
    for (const [dir, back, forward] of [["ltr", "ArrowLeft", "ArrowRight"], ["rtl", "ArrowRight", "ArrowLeft"]]) {
      await page.evaluate((dir) => (document.documentElement.dir = dir), dir);
      await page.evaluate(() => element.goToLine(100));
      await page.locator(".view").focus();
      await page.keyboard.press(back);
      await page.waitForFunction(() => part("layer").querySelector("[data-current]")?.dataset.group === "closed");
      assert.deepEqual((await seen(page)).slice(0, 2), [[1, "closed", "249 lines hidden"], [1 + GROUP, "open", ""]], dir);
      const current = await page.evaluate(() => element.shadowRoot.getElementById(part("view").getAttribute("aria-activedescendant")).textContent);
      assert.match(current, /^1.*249 lines hidden$/, "whoever listens hears that it is closed");
      await page.keyboard.press("ArrowDown");
      assert.equal(await page.evaluate(() => part("layer").querySelector("[data-current] .number").textContent), String(1 + GROUP));
      await page.keyboard.press("ArrowUp");
      await page.keyboard.press(forward);
      assert.deepEqual((await seen(page)).slice(0, 3), [[1, "open", ""], [2, "", ""], [3, "", ""]], dir);
    }
  });
});

test("groups that begin closed are so once they are over; the newest is open, and no line before the first milestone is hidden", LIMIT, async (t) => {
  await withElement(t, { mount: { attributes: { groups: "closed" } } }, async (page) => {
    await hasGroups(page);
    await page.evaluate(() => research.lines(entries(600 - 248, 249)));
    await shows(page, 600 - 248);
    await page.evaluate(() => (part("view").scrollTop = 0));
    // The page has the first line as number 1, with the words of 249.
    assert.deepEqual((await seen(page)).slice(0, 5), [[1, "", ""], [2, "", ""], [3, "closed", "249 lines hidden, 1 error"], [253, "open", ""], [254, "", ""]]);
    await page.evaluate(() => element.following = true);
    await page.evaluate(() => research.lines(entries(200, 601)));
    await page.waitForFunction(() => part("filter-all").lastChild.textContent === "552");
    await page.evaluate(() => (part("view").scrollTop = 0));
    assert.deepEqual((await seen(page)).slice(2, 6), [[3, "closed", "249 lines hidden, 1 error"], [253, "closed", "249 lines hidden"], [503, "open", ""], [504, "", ""]]);
  });
});

test("the group that somebody reads stays open when it is over", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 450, attributes: { groups: "closed" } } }, async (page) => {
    await hasGroups(page);
    await shows(page, 450);
    await page.evaluate(() => element.goToLine(400));
    const before = await seen(page);
    await page.evaluate(() => research.lines(entries(400, 451)));
    await page.waitForFunction(() => part("filter-all").lastChild.textContent === "850");
    assert.deepEqual(await seen(page), before);
    await page.evaluate(() => (part("view").scrollTop = part("view").scrollHeight));
    await shows(page, 850);
    await page.waitForFunction(() => element.following);
    assert.ok(!(await seen(page)).some(([number]) => number === 700), "the one after it is closed: nobody was there");
  });
});

test("a hit, an error and an address open the group that they are in", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 2000, attributes: { groups: "closed" } } }, async (page) => {
    await hasGroups(page);
    await shows(page, 2000);
    const heads = async () => (await seen(page)).filter(([, group]) => group === "closed").map(([number]) => number);
    await page.evaluate(() => (part("view").scrollTop = 0));
    assert.deepEqual(await heads(), [1, 251, 501, 751, 1001, 1251, 1501]);
    await page.getByRole("searchbox").fill("(step 777)");
    await page.waitForFunction(() => part("layer").querySelector("[data-current] mark")?.textContent === "(step 777)");
    assert.equal(await page.evaluate(() => part("hits").textContent), "1 of 1");
    await page.getByRole("searchbox").fill("");
    await page.locator(".view").focus();
    await page.keyboard.press("n");
    await page.waitForFunction(() => part("layer").querySelector("[data-current] .number")?.textContent === "1000");
    await page.evaluate(() => (location.hash = "#L1300-L1302"));
    await page.waitForFunction(() => part("layer").querySelector("[data-current] .number")?.textContent === "1300");
    assert.equal(await page.evaluate(() => part("layer").querySelectorAll("[aria-selected=true]").length), 3);
    await page.getByRole("button", { name: "Collapse groups" }).click();
    await page.evaluate(() => (part("view").scrollTop = 0));
    assert.equal(await page.getByRole("button", { name: "Collapse groups" }).getAttribute("aria-pressed"), "false");
    assert.deepEqual(await heads(), []);
    await page.getByRole("button", { name: "Collapse groups" }).click();
    await page.evaluate(() => (part("view").scrollTop = 0));
    assert.deepEqual(await heads(), [1, 251, 501, 751, 1001, 1251, 1501], "all but the newest");
  });
});

test("with the newest line first, and with a filter, groups hide what they should and no more", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 1000, attributes: { groups: "closed", order: "newest" } } }, async (page) => {
    await hasGroups(page);
    await shows(page, 1000);
    await page.evaluate(() => element.goToLine(751));
    assert.deepEqual((await seen(page)).slice(-4), [[751, "open", ""], [501, "closed", "249 lines hidden"], [251, "closed", "249 lines hidden, 1 error"], [1, "closed", "249 lines hidden"]]);
    await page.locator(".row", { hasText: "(step 501)" }).locator(".fold").click();
    const rows = await seen(page);
    assert.deepEqual(rows.slice(-5), [[503, "", ""], [502, "", ""], [501, "open", ""], [251, "closed", "249 lines hidden, 1 error"], [1, "closed", "249 lines hidden"]]);
    await page.evaluate(() => (element.filter = "error"));
    assert.deepEqual(await seen(page), [[1000, "", ""], [500, "", ""]]);
    await page.evaluate(() => (element.filter = "milestone"));
    assert.deepEqual(await seen(page), [[751, "", ""], [501, "", ""], [251, "", ""], [1, "", ""]]);
    await page.evaluate(() => research.lines(entries(300, 1001)));
    await page.evaluate(() => Object.assign(element, { filter: "all", order: "oldest", following: false }));
    await page.evaluate(() => (part("view").scrollTop = 0));
    assert.deepEqual((await seen(page)).filter(([, group]) => group).map(([number, group]) => [number, group]).slice(0, 3), [[1, "closed"], [251, "closed"], [501, "open"]]);
  });
});

test("a gap is shown in a closed group, and another research has groups of its own", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 100, attributes: { groups: "closed" } } }, async (page) => {
    await hasGroups(page);
    await page.evaluate(() => {
      research.emit("gap", { from: 1_790_000_000_000, to: 1_790_000_007_000, recovered: 0, missing: 3 });
      research.lines(entries(300, 101));
    });
    await shows(page, 401);
    await page.evaluate(() => (part("view").scrollTop = 0));
    assert.deepEqual((await seen(page)).slice(0, 3), [[1, "closed", "249 lines hidden"], [101, "", ""], [252, "open", ""]]);
    await page.evaluate(() => (element.research = new support.FakeResearch({ status: "in_progress", logs: entries(30, 2) }, "research-2")));
    await page.waitForFunction(() => part("filter-all").lastChild.textContent === "30");
    await page.evaluate(() => (part("view").scrollTop = 0));
    assert.deepEqual(await firstOf(page), [1, "", ""]);
  });
});

test("of a group whose head was dropped as too old nothing stays hidden", LIMIT, async (t) => {
  await withElement(t, { mount: { attributes: { groups: "closed" } } }, async (page) => {
    await hasGroups(page);
    const MOST = 1_000_000;
    await page.evaluate(async (count) => {
      const line = (/** @type {number} */ n) => ({ message: `step ${n}`, level: n % 3000 === 1 ? "milestone" : "info", time: "2026-11-29T12:00:00Z" });
      for (let n = 0; n < count; n += 20_000) research.lines(Array.from({ length: 20_000 }, (_, more) => line(n + more + 1)));
      await support.until(() => part("layer").textContent.includes(`step ${count}`));
    }, MOST + 20_000);
    await page.evaluate(() => (part("view").scrollTop = 0));
    const [first, second] = await seen(page);
    assert.ok(first[0] > 1 && second[0] === first[0] + 1, `${first} ${second}`);
    assert.ok(first[0] % 3000 !== 1, "it is no head");
    await page.evaluate(() => element.goToLine(30_000));
    assert.ok((await seen(page)).some(([number]) => number === 30_000));
  });
});
