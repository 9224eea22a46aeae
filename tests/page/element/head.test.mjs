// What stands above the log, what the page hears and gives, and what is left behind.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FAILED_REQUEST } from "../support/browser.mjs";
import { LIMIT, until } from "../support/until.mjs";
import { withElement, withList } from "./open.mjs";

/** What one can read of some parts; nothing of those that cannot be seen. @param {import("playwright-core").Page} page @param {string[]} names */
function read(page, ...names) {
  return page.evaluate((names) => Object.fromEntries(names.map((name) => {
    const found = [...element.shadowRoot.querySelectorAll(`.${name}`)].filter((other) => other.checkVisibility());
    return [name, found.map(({ textContent }) => textContent).join("|")];
  })), names);
}

/** @param {import("playwright-core").Page} page @param {Record<string, string>} expected */
function shows(page, expected) {
  let last;
  const look = async () => JSON.stringify((last = await read(page, ...Object.keys(expected)))) === JSON.stringify(expected);
  return until(JSON.stringify(expected), look, { seen: () => last });
}

test("how far a research is stands in words, in a bar, and in what it is doing", LIMIT, async (t) => {
  await withElement(t, { mount: { state: { status: "queued", progress: null, currentTask: null, queuePosition: 3 } } }, async (page) => {
    await shows(page, { status: "Queued", percent: "", queue: "Position 3 in the queue", task: "" });
    const bar = page.getByRole("progressbar", { name: "Progress" });
    assert.equal(await bar.getAttribute("aria-valuenow"), null);
    await page.evaluate(() => research.tell({ status: "in_progress", progress: 41.9, currentTask: "Searching", queuePosition: null, engine: { name: "Searxng", resultCount: 1 } }));
    await shows(page, { status: "In progress", percent: "41%", queue: "", task: "Searching", engine: "Search engine: Searxng (1 result)" });
    assert.equal(await bar.getAttribute("aria-valuenow"), "41");
    await page.evaluate(() => research.tell({ status: "writing_report", engine: { name: "Arxiv" } }));
    await shows(page, { status: "Writing report", engine: "Search engine: Arxiv" });
  });
});

test("the connection is told in plain words, which count down, with a button that helps", LIMIT, async (t) => {
  await withElement(t, { mount: { attributes: { "sign-in-href": "/login" } } }, async (page) => {
    await shows(page, { "connection-words": "Live", retry: "", "sign-in": "" });
    await page.evaluate(() => client.become({ name: "reconnecting", attempt: 2, delay: 3000, reason: { code: "TRANSPORT" } }));
    for (const seconds of [3, 2, 1]) await shows(page, { "connection-words": `Reconnecting, attempt 2 in ${seconds} s`, retry: "Try now" });
    await shows(page, { "connection-words": "Reconnecting, attempt 2" });
    await page.getByRole("button", { name: "Try now" }).click();
    assert.deepEqual(await page.evaluate(() => [client.calls, research.calls]), [["connect"], ["refresh"]]);
    await page.evaluate(() => (client.become({ name: "connected" }), research.tell({ refusal: "unauthorized" }, "refusal", "unauthorized")));
    await shows(page, { "connection-words": "Signed out", "sign-in": "Sign in", retry: "Try now" });
    assert.equal(await page.getByRole("link", { name: "Sign in" }).getAttribute("href"), "/login");
    await page.evaluate(() => research.tell({ refusal: null }, "refusal", null));
    await shows(page, { "connection-words": "Live", retry: "", "sign-in": "" });
    await page.evaluate(() => client.become({ name: "offline" }));
    await shows(page, { "connection-words": "Offline", retry: "Try now" });
  });
});

test("when there is no news for a while the page says so, with a button that asks the server", LIMIT, async (t) => {
  await withElement(t, { mount: { state: { updatedAt: Date.now() - 4.5 * 60_000 } } }, async (page) => {
    await shows(page, { quiet: "No news for 4 minutes. The connection is live.Ask the server" });
    await page.getByRole("button", { name: "Ask the server" }).click();
    assert.deepEqual(await page.evaluate(() => research.calls), ["refresh"]);
    await page.evaluate(() => research.tell({ progress: 50 }));
    await shows(page, { quiet: "" });
  });
});

test("cancelling asks first, says that it is under way, and why it did not work", LIMIT, async (t) => {
  await withElement(t, {}, async (page) => {
    const button = (/** @type {string} */ name) => page.getByRole("button", { name, exact: true });
    const focused = () => page.evaluate(() => element.shadowRoot.activeElement?.textContent);
    await button("Cancel").click();
    assert.equal(await focused(), "No, go on");
    await page.keyboard.press("Escape");
    assert.equal(await focused(), "Cancel");
    assert.deepEqual(await page.evaluate(() => research.calls), []);
    await page.evaluate(() => (research.refusesToCancel = new Error("Forbidden by <b>policy</b>")));
    await button("Cancel").click();
    await button("Yes, cancel it").click();
    await shows(page, { "cancel-error": "It could not be cancelled: Forbidden by <b>policy</b>", cancel: "Cancel" });
    await page.evaluate(() => (research.refusesToCancel = undefined));
    await button("Cancel").click();
    await button("Yes, cancel it").click();
    await shows(page, { cancel: "Cancelling …", "cancel-error": "" });
    assert.equal(await focused(), "Cancelling …");
    await page.keyboard.press("Enter");
    await page.evaluate(() => research.tell({ status: "suspended" }, "end", { status: "suspended", message: "Stopped by you", progress: 42, source: "live" }));
    await shows(page, { status: "Cancelled", cancel: "", question: "", "end-words": "Stopped by you", result: "", another: "Start a new research", connection: "" });
    assert.deepEqual(await page.evaluate(() => research.calls), ["cancel", "cancel"]);
  });
});

test("at the end there is a link to the result, and to a new one", LIMIT, async (t) => {
  await withElement(t, { mount: { attributes: { "result-href": "/r/{id}?x={id}" } } }, async (page) => {
    await page.evaluate(() => (research.id = "a/b ?", research.tell({ status: "completed", progress: 100 }, "end", { status: "completed", message: "Done", progress: 100, source: "live" })));
    await shows(page, { status: "Completed", percent: "100%", result: "Show the result", another: "Start a new research", task: "", cancel: "" });
    assert.equal(await page.getByRole("link", { name: "Show the result" }).getAttribute("href"), "/r/a%2Fb%20%3F?x=a%2Fb%20%3F");
  });
});

test("a failure is told in words for people, or in the server's own if there are no others", LIMIT, async (t) => {
  await withElement(t, {}, async (page) => {
    await page.evaluate(() => research.tell({}, "failure", { code: "rate_limit", title: "API Rate Limit Reached", text: "Wait a few minutes.", detail: "429", suggestion: null }));
    await shows(page, { failure: "API Rate Limit ReachedWait a few minutes.429" });
    const end = (/** @type {string} */ status, /** @type {string} */ message) => page.evaluate(([status, message]) => research.tell({ status }, "end", { status, message, progress: 12, error: message, source: "live" }), [status, message]);
    await end("failed", "429");
    await shows(page, { status: "Failed", failure: "API Rate Limit ReachedWait a few minutes.429", "end-words": "" });
    await page.evaluate(() => support.mount());
    await end("failed", "No model");
    await shows(page, { status: "Failed", failure: "FailedNo model", "end-words": "" });
    await page.evaluate(() => support.mount());
    await end("completed", "All is there");
    await shows(page, { status: "Completed", failure: "", "end-words": "All is there" });
    await page.evaluate(() => support.mount());
    await page.evaluate(() => research.tell({ status: "failed" }, "end", { status: "failed", message: null, progress: 12, error: "No model", source: "live" }));
    await shows(page, { status: "Failed", failure: "FailedNo model", result: "" });
  });
});

test("title and icon of the page show the progress, seldom, and are as before afterwards", LIMIT, async (t) => {
  await withElement(t, { policy: "default-src 'self'; img-src 'self' data:", mount: { attributes: { "page-title": "", "page-icon": "" } } }, async (page) => {
    const titles = () => page.evaluate(() => window.titles ?? []);
    await page.waitForFunction(() => document.title === "42% · Page");
    assert.match(await page.evaluate(() => [...document.querySelectorAll("link[rel=icon]")].at(-1).href), /^data:image\/png/);
    await page.evaluate(() => {
      window.titles = [];
      new MutationObserver(() => window.titles.push([performance.now(), document.title])).observe(document.querySelector("title"), { childList: true });
    });
    // A hundred steps within the second, of which the last has to be there in the end.
    await page.evaluate(async () => {
      for (let progress = 43; progress <= 90; progress += 1) {
        research.tell({ progress });
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });
    await page.waitForFunction(() => document.title === "90% · Page");
    const seen = await titles();
    seen.slice(1).forEach(([at], n) => assert.ok(at - seen[n][0] > 900, JSON.stringify(seen)));
    await page.evaluate(() => research.tell({ status: "completed" }, "end", { status: "completed", message: null, progress: 100, source: "live" }));
    await page.waitForFunction(() => document.title === "Page" && document.querySelectorAll("link[rel=icon]").length === 1);
  });
});

test("a title that the page has changed meanwhile is the page's, and without the attributes nothing is touched", LIMIT, async (t) => {
  await withElement(t, { mount: { attributes: { "page-title": "" } } }, async (page) => {
    await page.waitForFunction(() => document.title === "42% · Page");
    await page.evaluate(() => (document.title = "Another", research.tell({ progress: 50 })));
    await page.waitForFunction(() => document.title === "50% · Another");
    await page.evaluate(() => element.removeAttribute("page-title"));
    await page.waitForFunction(() => document.title === "Another");
    await page.evaluate(() => element.setAttribute("page-title", ""));
    await page.waitForFunction(() => document.title === "50% · Another");
    await page.evaluate(() => element.remove());
    await page.waitForFunction(() => document.title === "Another");
    assert.equal(await page.evaluate(() => document.querySelectorAll("link[rel=icon]").length), 1);
  });
});

test("what happens is told by events that bubble out of a shadow tree", LIMIT, async (t) => {
  await withElement(t, {}, async (page) => {
    const heard = await page.evaluate(async () => {
      const heard = [];
      for (const name of ["status", "failure", "gap", "refusal", "connection", "end"]) document.addEventListener(`research-${name}`, (event) => heard.push([event.type, event.detail, event.composed]));
      const outer = document.body.appendChild(document.createElement("div")).attachShadow({ mode: "open" });
      outer.append(element);
      await Promise.resolve();
      research.tell({}, "status", { status: "in_progress", previous: "queued" });
      research.tell({}, "failure", { code: "x", title: "T", text: "t", detail: null, suggestion: null });
      research.tell({}, "gap", { from: 0, to: 1, recovered: 0, missing: null });
      research.tell({ refusal: "not-found" }, "refusal", "not-found");
      client.become({ name: "offline" });
      research.tell({}, "end", { status: "failed", message: null, progress: null, source: "live" });
      return heard;
    });
    assert.deepEqual(heard.map(([name]) => name), ["research-status", "research-failure", "research-gap", "research-refusal", "research-connection", "research-end"]);
    assert.ok(heard.every(([, detail, composed]) => detail !== undefined && composed));
    await shows(page, { "connection-words": "" });
  });
});

test("an element that is moved goes on, and one that is gone lets go of all it has listened to", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 20 } }, async (page) => {
    const counts = () => page.evaluate(() => [research.listeners, client.listeners]);
    const before = await counts();
    assert.ok(before[0] > 5 && before[1] === 1);
    await page.evaluate(() => document.body.append(element));
    assert.deepEqual(await counts(), before);
    await page.evaluate(() => element.remove());
    assert.deepEqual(await counts(), [0, 0]);
    assert.deepEqual(await page.evaluate(() => client.calls), [], "what was given is the page's");
    await page.evaluate(() => document.querySelector("main").append(element));
    assert.deepEqual(await counts(), before);
    await page.waitForFunction(() => part("filter-all").textContent === "All20");
  });
});

test("a client that was given subscribes to the id, and another id shows another research", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 7 } }, async (page) => {
    await page.evaluate(() => {
      const other = new support.FakeResearch({ status: "queued" });
      window.other = new support.FakeClient(other);
      element.research = null;
      element.client = window.other;
      element.researchId = 9;
    });
    await shows(page, { status: "Queued", empty: "No lines yet" });
    assert.deepEqual(await page.evaluate(() => [window.other.calls, element.getAttribute("research-id"), research.listeners]), [["subscribe 9"], "9", 0]);
    await page.evaluate(() => (element.researchId = null));
    await shows(page, { status: "Not known yet" });
    assert.equal(await page.evaluate(() => window.other.research.listeners), 0);
  });
});

test("what cannot be followed is told in words and by an event, and tried again by a button", LIMIT, async (t) => {
  await withElement(t, { mount: { client: false } }, async (page) => {
    await shows(page, { "connection-words": "", status: "In progress" });
    const heard = await page.evaluate(async () => {
      const heard = [];
      element.addEventListener("research-error", ({ detail }) => heard.push(detail.message));
      window.refusing = new support.FakeClient(research);
      window.refusing.subscribe = () => {
        throw new TypeError("The id of a research is missing.");
      };
      element.research = null;
      element.client = window.refusing;
      element.researchId = "7";
      await support.until(() => heard.length > 0);
      return heard;
    });
    assert.deepEqual(heard, ["The id of a research is missing."]);
    await shows(page, { "connection-words": "The page could not connect: The id of a research is missing.", retry: "Try now" });
    await page.evaluate(() => delete window.refusing.subscribe);
    await page.getByRole("button", { name: "Try now" }).click();
    await shows(page, { "connection-words": "Live", status: "In progress" });
  });
});

test("what a page has set before the element was defined counts", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 3 } }, async (page) => {
    await page.evaluate(async () => {
      const early = document.implementation.createHTMLDocument("").createElement("research-progress");
      Object.assign(early, { research, filter: "error", texts: { status_in_progress: "Busy" } });
      document.querySelector("main").replaceChildren(document.adoptNode(early));
      window.element = early;
    });
    await shows(page, { status: "Busy", "filter-error": "Errors0" });
    assert.equal(await page.evaluate(() => element.filter), "error");
  });
});

test("it speaks German on a German page, and the page's own words", LIMIT, async (t) => {
  await withElement(t, { lang: "de-AT", mount: { lines: 1200 } }, async (page) => {
    await shows(page, { status: "Läuft", percent: "42 %", "connection-words": "Live", "filter-error": "Fehler2", cancel: "Abbrechen" });
    await page.evaluate(() => (element.texts = { status_in_progress: "In Arbeit" }));
    await shows(page, { status: "In Arbeit", cancel: "Abbrechen" });
    await page.evaluate(() => element.setAttribute("lang", "en"));
    await shows(page, { status: "In Arbeit", cancel: "Cancel" });
  });
});

test("slots take the place of heading, links and sign-in", LIMIT, async (t) => {
  await withElement(t, {}, async (page) => {
    await page.evaluate(() => {
      for (const [slot, text] of [["heading", "My research"], ["end", "Mine"], ["actions", "More"]]) {
        element.append(Object.assign(document.createElement("p"), { slot, textContent: text }));
      }
      research.tell({}, "end", { status: "completed", message: null, progress: 100, source: "live" });
    });
    await page.getByText("My research").waitFor();
    await page.getByText("Mine").waitFor();
    await page.getByText("More").waitFor();
    await shows(page, { result: "", another: "" });
  });
});

const WORDS = "**/words-de.js";

for (const [what, open] of Object.entries({ "a research": withElement, "a list": withList })) {
  test(`a page loads the words of its own language only, and ${what} says nothing in a wrong one before`, LIMIT, async (t) => {
    await open(t, { mount: { of: { a: {} } } }, async (page) => {
      const loaded = () => page.evaluate(() => performance.getEntriesByType("resource").filter(({ name }) => name.endsWith("/words-de.js")).length);
      await page.waitForFunction(() => element.shadowRoot.querySelector(".status")?.textContent === "In progress");
      assert.equal(await loaded(), 0);
      /** @type {(() => void) | undefined} */
      let release;
      const held = new Promise((resolve) => (release = () => resolve(undefined)));
      const asked = new Promise((resolve) => page.route(WORDS, async (route) => (resolve(undefined), await held, await route.continue())));
      await page.evaluate(() => (element.remove(), support.mount({ attributes: { lang: "de", "page-title": "" }, lines: 20, of: { a: {} } })));
      await asked;
      const said = await page.evaluate(async () => {
        await support.frames();
        const all = [...element.shadowRoot.querySelectorAll("*")].filter((one) => one.checkVisibility({ visibilityProperty: true }));
        return [document.title, ...all.filter(({ children }) => children.length === 0).map(({ textContent }) => textContent), ...all.map((one) => one.ariaLabel ?? "")].filter(Boolean);
      });
      assert.deepEqual(said, ["Page"]);
      release?.();
      await page.waitForFunction(() => element.shadowRoot.querySelector(".status")?.textContent === "Läuft" && element.shadowRoot.querySelector(".status").checkVisibility({ visibilityProperty: true }));
      await page.evaluate(() => element.setAttribute("lang", "en"));
      await page.waitForFunction(() => element.shadowRoot.querySelector(".status")?.textContent === "In progress");
    });
  });
}

test("where the words of a language cannot be had, the page has English ones", LIMIT, async (t) => {
  await withElement(t, { expected: [FAILED_REQUEST] }, async (page) => {
    await page.route(WORDS, (route) => route.abort());
    await page.evaluate(() => support.mount({ attributes: { lang: "de" } }));
    await shows(page, { status: "In progress" });
  });
});

test("a page's own words are there at once in every language", LIMIT, async (t) => {
  await withElement(t, {}, async (page) => {
    const words = () => page.evaluate(async () => (element.texts = { cancel: "Halt" }, await support.frames(), part("cancel").textContent));
    assert.equal(await words(), "Halt");
  });
});

test("a research that has ended before it is given is shown as such, with its links, and its end is told once", LIMIT, async (t) => {
  await withElement(t, {}, async (page) => {
    const ends = await page.evaluate(async () => {
      const end = { status: "completed", message: "Done", progress: 100, source: "live" };
      const ended = new support.FakeResearch({ status: "completed", progress: 100 });
      ended.done = Promise.resolve(end);
      const ends = [];
      element.addEventListener("research-end", ({ detail }) => ends.push(detail.message));
      element.research = ended;
      await support.frames();
      ends.push("shown");
      ended.emit("end", end);
      return ends;
    });
    assert.deepEqual(ends, ["Done", "shown"]);
    await shows(page, { status: "Completed", cancel: "", result: "Show the result", another: "Start a new research", "end-words": "Done" });
  });
});
