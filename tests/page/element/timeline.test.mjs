// What a research did when: what of it one sees, where keyboard and pointer lead, and what it costs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FAILED_REQUEST } from "../support/browser.mjs";
import { LIMIT, until } from "../support/until.mjs";
import { startBrowser } from "../support/webdriver.mjs";
import { startPages, withElement, withList } from "./open.mjs";

const SHOWN = { attributes: { timeline: "" }, lines: 1800 };

/** The sample of support/page/element.js, drawn. @param {import("playwright-core").Page} page @param {object} [changes] */
async function draw(page, changes = {}) {
  await page.evaluate((changes) => {
    research.told = { ...support.timeline(), ...changes };
    research.tell({});
  }, changes);
  await page.waitForFunction(() => element.shadowRoot.querySelectorAll(".chart button").length > 0);
}

/** What the buttons say, in order of time, without the times of day. @param {import("playwright-core").Page} page */
const labels = (page) => page.evaluate(() => [...element.shadowRoot.querySelectorAll(".chart button")].map((one) => one.getAttribute("aria-label").replace(/\d\d:\d\d:\d\d/g, "T")));

/** The line that is selected, once it is that. @param {import("playwright-core").Page} page @param {number} number */
const isAt = (page, number) => page.waitForFunction((number) => part("view").querySelector("[data-current] .number")?.textContent === String(number), number);

const focused = (/** @type {import("playwright-core").Page} */ page) => page.evaluate(() => element.shadowRoot.activeElement?.getAttribute("aria-label")?.replace(/,? ?(?:at |since )?\d\d:\d\d:\d\d.*/, ""));

test("phases, search engines and errors say what they are, when, and how long; marks that would lie on one another are one", LIMIT, async (t) => {
  await withElement(t, { mount: SHOWN }, async (page) => {
    await draw(page);
    const toolbar = page.getByRole("toolbar", { name: "Timeline" });
    assert.equal(await toolbar.getByRole("button").count(), 11);
    assert.deepEqual(await labels(page), [
      "Starting the research, T to T (39 s)", "Asking the model for questions, T to T (1 min)", "Search, T to T (3 min)", "Question generation, T to T (10 s)",
      "Search, T to T (4 min)", "Reading, T to T (5 min)", "Final synthesis, since T (2 min)",
      "2 search engines from T on, first searxng (10 results)", "Error at T: No answer from https://example.org", "Search engine arxiv (3 results), T", "3 errors from T on, first: 429 Too Many Requests",
    ]);
    const places = await page.evaluate(() => [...element.shadowRoot.querySelectorAll(".span")].map((span) => {
      const [{ left, width }, lane] = [span.getBoundingClientRect(), part("spans").getBoundingClientRect()];
      return [left - lane.left, width];
    }));
    // The last one goes on while this is looked at.
    const [begin, soFar] = places.pop();
    const seconds = (/** @type {number} */ px) => Math.round((799 * px) / begin);
    assert.deepEqual(places.slice(2).map((place) => place.map(seconds)), [[119, 180], [299, 10], [309, 210], [519, 280]], "a second is a second wide");
    assert.ok(seconds(soFar) >= 100, String(soFar));
    const heights = await page.evaluate(() => [...element.shadowRoot.querySelectorAll(".reached")].map(({ offsetHeight }) => Math.round((100 * offsetHeight) / part("curve").clientHeight)));
    assert.ok(heights.length === 8 && heights.every((height, n) => height >= (heights[n - 1] ?? 0)), String(heights));
  });
});

test("the Tab key reaches one, arrows lead through time, Enter and a click to the line in the log", LIMIT, async (t) => {
  await withElement(t, { mount: SHOWN }, async (page) => {
    await draw(page);
    while (!(await page.evaluate(() => element.shadowRoot.activeElement?.closest(".chart")))) await page.keyboard.press("Tab");
    assert.equal(await focused(page), "Final synthesis");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => element.shadowRoot.activeElement?.closest(".chart")), null);
    await page.keyboard.press("Shift+Tab");
    const seen = [];
    for (const key of ["ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown", "ArrowDown", "Home", "ArrowLeft"]) {
      await page.keyboard.press(key);
      seen.push(await focused(page));
    }
    assert.deepEqual(seen, ["3 errors from", "Reading", "3 errors from", "Final synthesis", "Final synthesis", "Starting the research", "Starting the research"]);
    assert.match(await page.evaluate(() => part("timeline-detail").textContent), /^Starting the research, .* \(39 s\)$/);
    await page.keyboard.press("Enter");
    await isAt(page, 2);
    assert.equal(await focused(page), "Starting the research", "where one goes on");
    await page.getByRole("button", { name: /^3 errors/ }).click();
    await isAt(page, 1120);
    await page.evaluate(() => (document.documentElement.dir = "rtl"));
    await page.keyboard.press("ArrowLeft");
    assert.equal(await focused(page), "Final synthesis", "time goes to the left there");
  });
});

test("a line between two seconds is found by the second, and one behind all lines is the last", LIMIT, async (t) => {
  await withElement(t, { mount: SHOWN }, async (page) => {
    const moment = (/** @type {number} */ ms) => 1_790_000_000_000 + ms;
    // As a stored line has it that was live at 10.25 s; and one that has not come yet.
    const phases = [{ phase: "early", from: moment(10_250), to: moment(950_000) }, { phase: "late", from: moment(950_000), to: null }];
    await draw(page, { phases, milestones: [], engines: [], errors: [], progress: [], newest: moment(960_000) });
    await page.getByRole("button", { name: /^Early/ }).click();
    await isAt(page, 20);
    await page.getByRole("button", { name: /^Late/ }).click();
    await isAt(page, 1800);
  });
});

test("whoever is at something stays there while it moves, and goes on at the newest when it is gone", LIMIT, async (t) => {
  await withElement(t, { mount: SHOWN }, async (page) => {
    await draw(page);
    await page.evaluate(() => element.shadowRoot.querySelectorAll(".span")[5].focus());
    const older = { message: "Before all that", at: 1_789_999_000_000 };
    await page.evaluate((older) => {
      const { milestones } = research.told;
      research.told = { ...research.told, from: older.at, milestones: [older, ...milestones] };
      research.tell({});
    }, older);
    await page.waitForFunction(() => element.shadowRoot.querySelectorAll(".span").length === 8);
    assert.equal(await focused(page), "Reading");
    await page.evaluate(() => {
      research.told = { ...research.told, phases: research.told.phases.filter(({ phase }) => phase !== "reading") };
      research.tell({});
    });
    await page.waitForFunction(() => element.shadowRoot.querySelectorAll(".span").length === 7);
    assert.equal(await focused(page), "Final synthesis");
  });
});

test("what a server writes is text, and a page that has no timeline neither loads nor asks for it", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 10 } }, async (page) => {
    const loads = () => page.evaluate(() => performance.getEntriesByType("resource").some(({ name }) => name.endsWith("/timeline.js")));
    await page.evaluate(async () => (research.tell({ progress: 50 }), await support.frames()));
    assert.deepEqual([await loads(), await page.evaluate(() => research.calls)], [false, []]);
    await page.evaluate(() => element.setAttribute("timeline", ""));
    await page.waitForFunction(() => part("timeline-detail")?.textContent === "Nothing has happened yet");
    await draw(page, { phases: [{ phase: "<img src=x onerror=alert(1)>", from: 1_790_000_001_000, to: null }], milestones: [] });
    await page.waitForFunction(() => part("span-name").textContent === "<img src=x onerror=alert(1)>");
    await page.evaluate(() => element.removeAttribute("timeline"));
    await page.waitForFunction(() => !part("timeline").checkVisibility());
  });
});

test("a burst of news is drawn once when its half second is over, as it is then", LIMIT, async (t) => {
  await withElement(t, { mount: SHOWN }, async (page) => {
    await draw(page);
    const draws = await page.evaluate(async () => {
      // Half a second does not pass before the test says so.
      const [now, { setTimeout }] = [Date.now() + 10_000, window];
      Date.now = () => now;
      const due = [];
      window.setTimeout = (act, ms, ...rest) => (ms === 500 ? due.push(act) : setTimeout(act, ms, ...rest));
      const tell = async (n) => {
        research.told = { ...research.told, phases: [{ phase: `phase ${n}`, from: 1_790_000_001_000, to: null }] };
        research.tell({});
        await support.frames();
      };
      await tell(0);
      research.calls = [];
      for (let n = 1; n < 40; n++) await tell(n);
      const before = research.calls.length;
      due.at(-1)();
      return [before, research.calls.length, part("span-name").textContent];
    });
    assert.deepEqual(draws, [0, 1, "Phase 39"]);
  });
});

test("the time left is a range in words, and there is none without an estimate and after the end", LIMIT, async (t) => {
  await withElement(t, { mount: SHOWN }, async (page) => {
    await draw(page);
    const says = async (/** @type {object | null} */ estimatedTimeLeft, /** @type {string} */ words) => {
      await page.evaluate((estimatedTimeLeft) => research.tell({ estimatedTimeLeft }), estimatedTimeLeft);
      await page.waitForFunction((words) => part("timeline-left").textContent === words, words);
    };
    await says({ min: 95_000, max: 380_000 }, "2 min to 6 min left");
    await says({ min: 40_000, max: 59_000 }, "Less than a minute left");
    await says({ min: 40_000, max: 9_000_000 }, "40 s to 2 h 30 min left");
    await says(null, "");
    await says({ min: 1000, max: 2000 }, "Less than a minute left");
    await draw(page, { to: 1_790_000_900_000 });
    await says({ min: 1000, max: 2000 }, "");
    await page.evaluate(() => element.setAttribute("lang", "de"));
    await page.waitForFunction(() => part("timeline-title").textContent === "Zeitleiste" && part("span").getAttribute("aria-label").startsWith("Starting the research, ") && /bis/.test(part("span").getAttribute("aria-label")));
  });
});

test("a timeline that could not be had during an outage is there when the connection is back", LIMIT, async (t) => {
  await withElement(t, { expected: [FAILED_REQUEST, /^uncaught: (TypeError: Failed to fetch dynamically imported module.*)?$/s] }, async (page) => {
    await page.route("**/timeline.js", (route) => route.abort(), { times: 1 });
    await page.evaluate(async () => {
      client.become({ name: "reconnecting", attempt: 1 });
      const rejected = new Promise((resolve) => addEventListener("unhandledrejection", resolve));
      element.setAttribute("timeline", "");
      await rejected;
      client.become({ name: "connected" });
    });
    await page.waitForFunction(() => part("timeline")?.checkVisibility());
  });
});

test("each row of a list has a small one where the page wants them, which says in words what it shows", LIMIT, async (t) => {
  await withList(t, { mount: { of: { a: {}, b: {} }, titles: { a: "Tidal power" } } }, async (page) => {
    await page.waitForFunction(() => titles() === "Tidal power,b");
    assert.deepEqual(await page.evaluate(() => [part("strip"), research("a").calls]), [null, []]);
    await page.evaluate(() => {
      research("a").told = support.timeline();
      element.setAttribute("timeline", "");
    });
    const image = page.getByRole("img", { name: "Timeline of Tidal power: 7 phases, 4 errors" });
    await image.waitFor();
    assert.deepEqual(await image.evaluate((strip) => [strip.querySelectorAll(".span").length, strip.querySelectorAll(".mark-error").length]), [7, 2]);
    await page.evaluate(() => {
      research("a").told = support.timeline(true);
      research("a").tell({ status: "completed" });
    });
    await page.waitForFunction(() => part("strip").querySelectorAll("[data-runs]").length === 0);
    await page.evaluate(() => element.removeAttribute("timeline"));
    await page.waitForFunction(() => part("strip") === null);
  });
});

for (const name of /** @type {const} */ (["firefox", "webkit"])) {
  test(`phases lie where they were in time, and lead to the log by keyboard and click (${name})`, LIMIT, async (t) => {
    const { url } = await startPages(t, { policy: "script-src 'self' 'unsafe-eval'; style-src 'self'", body: '<script type="module" src="/support/mounted.js"></script>' });
    const browser = await startBrowser(t, name);
    await browser.goto(url);
    await until("the element is there", () => browser.evaluate(() => Boolean(window.research)));
    await browser.evaluate(() => {
      window.research.lines(window.entries(1800));
      window.research.told = window.timeline();
      window.element.setAttribute("timeline", "");
    });
    await until("the timeline", () => browser.evaluate(() => window.element.shadowRoot.querySelectorAll(".span").length === 7));
    const widths = await browser.evaluate(() => [...window.element.shadowRoot.querySelectorAll(".span")].map((span) => span.getBoundingClientRect().width));
    assert.ok(Math.abs(widths[5] / widths[4] - 280 / 210) < 0.02, `${widths}`);
    const at = await browser.evaluate(() => {
      const press = (key) => window.element.shadowRoot.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
      window.element.shadowRoot.querySelectorAll(".span")[5].focus();
      press("ArrowLeft");
      const words = window.element.shadowRoot.activeElement.getAttribute("aria-label");
      window.element.shadowRoot.activeElement.click();
      return words;
    });
    assert.match(at, /^Search engine arxiv/);
    await until("the line", () => browser.evaluate(() => window.part("view").querySelector("[data-current] .number")?.textContent === "660"));
  });
}
