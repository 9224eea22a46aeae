// <research-list>: what its rows say, in which order they stand, who can reach them, and what is left behind.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMIT, until } from "../support/until.mjs";
import { startBrowser } from "../support/webdriver.mjs";
import { startPages, withList } from "./open.mjs";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** @param {import("playwright-core").Page} page @param {string} order titles, top to bottom */
function stands(page, order) {
  let last;
  return until(order, async () => (last = await page.evaluate(() => titles())) === order, { seen: () => last });
}

/** @param {import("playwright-core").Page} page @param {string} title @param {Record<string, string>} expected */
function says(page, title, expected) {
  let last;
  const look = async () => {
    last = await page.evaluate(([title, names]) => {
      const row = rows().find((row) => row.title === title);
      return row && Object.fromEntries(names.map((name) => [name, row[name]]));
    }, /** @type {[string, string[]]} */ ([title, Object.keys(expected)]));
    return JSON.stringify(last) === JSON.stringify(expected);
  };
  return until(`${title} ${JSON.stringify(expected)}`, look, { seen: () => last });
}

test("a row says what a research is called, how far it is, what it does, and how old that is", LIMIT, async (t) => {
  await withList(t, { mount: { of: { r1: {}, r2: { status: "queued", progress: null, currentTask: null }, r3: { status: null, progress: null, currentTask: null, startedAt: null, updatedAt: null } }, titles: { r2: "Wind" } } }, async (page) => {
    await says(page, "r1", { status: "In progress", percent: "42%", task: "Reading sources", "failure-text": "", fresh: "Updated just now" });
    await says(page, "Wind", { status: "Queued", percent: "", task: "", fresh: "Updated just now" });
    await says(page, "r3", { status: "Not known yet", percent: "", task: "", fresh: "" });
    await page.evaluate((at) => research("r1").tell({ progress: 61.9, currentTask: "Writing", updatedAt: at }, "update", { query: "Tidal power" }), Date.now() - 61_000);
    await says(page, "Tidal power", { percent: "61%", task: "Writing", fresh: "Updated 1 minute ago" });
    await page.evaluate((at) => research("r1").tell({ updatedAt: at }), Date.now() - 30_000);
    await page.evaluate((at) => research("r3").tell({ status: "failed", error: "No model <b>answered</b>" }, "end", { status: "failed", message: null, error: "No model <b>answered</b>", progress: 12, source: "fallback" }));
    await says(page, "r3", { status: "Failed", percent: "12%", task: "", "failure-text": "No model <b>answered</b>", fresh: "" });
    await page.evaluate((at) => research("r2").tell({ status: "completed" }, "update", { completed_at: new Date(at).toISOString() }), Date.now() - 5 * HOUR - MINUTE);
    await says(page, "Wind", { status: "Completed", fresh: "Ended 5 hours ago" });
    await page.evaluate(() => research("r1").tell({ refusal: "not-found" }, "refusal", "not-found"));
    await says(page, "Tidal power", { status: "The server does not know this research" });
    const bar = page.getByRole("progressbar", { name: "Progress of Tidal power" });
    assert.equal(await bar.getAttribute("aria-valuenow"), "61");
  });
});

test("those that run come first, then silent ones, waiting ones, unknown ones and ended ones, each kind the newest first", LIMIT, async (t) => {
  const now = Date.now();
  const ended = (/** @type {number} */ ago) => ({ status: "completed", updatedAt: now - ago });
  const of = {
    ended1: ended(3 * HOUR), ended2: ended(2 * HOUR), unknown: { status: null, startedAt: null, updatedAt: null }, waiting: { status: "queued" },
    silent1: { updatedAt: now - 20 * MINUTE }, silent2: { updatedAt: now - 10 * MINUTE }, old: { startedAt: now - HOUR }, young: { startedAt: now - MINUTE },
  };
  await withList(t, { mount: { of } }, async (page) => {
    await stands(page, "young,old,silent2,silent1,waiting,unknown,ended2,ended1");
    // However often they say something, those that are busy stay; one that wakes up has the newest news.
    await page.evaluate(async () => {
      for (let n = 0; n < 20; n++) {
        for (const id of ["young", "old"]) research(id).tell({ updatedAt: Date.now() + n });
        await support.frames();
      }
    });
    await stands(page, "young,old,silent2,silent1,waiting,unknown,ended2,ended1");
    await page.evaluate(() => research("silent1").tell({ updatedAt: Date.now() }));
    await stands(page, "silent1,young,old,silent2,waiting,unknown,ended2,ended1");
    await page.evaluate(() => research("young").tell({ status: "failed", updatedAt: Date.now() }, "end", { status: "failed", message: null, progress: null, source: "live" }));
    await stands(page, "silent1,old,silent2,waiting,unknown,young,ended2,ended1");
  });
});

test("no row moves under a pointer or a focus, new ones come last then, and all is put right afterwards", LIMIT, async (t) => {
  const now = Date.now();
  await withList(t, { mount: { of: { a: { startedAt: now - 1000 }, b: { startedAt: now - 2000 }, c: { startedAt: now - 3000 } } } }, async (page) => {
    await stands(page, "a,b,c");
    const end = (/** @type {string} */ id) => page.evaluate(async (id) => (research(id).tell({ status: "completed" }, "end", { status: "completed", message: null, progress: 100, source: "live" }), await support.frames()), id);
    await page.getByRole("link", { name: "b", exact: true }).hover();
    await end("a");
    assert.equal(await page.evaluate(() => titles()), "a,b,c");
    await page.evaluate(async () => (states.new = { startedAt: Date.now() }, element.researches = ["a", "b", "c", "new"], await support.frames()));
    assert.equal(await page.evaluate(() => titles()), "a,b,c,new");
    await page.mouse.move(5, 5);
    await stands(page, "new,b,c,a");
    await page.getByRole("link", { name: "c", exact: true }).focus();
    await end("new");
    assert.equal(await page.evaluate(() => titles()), "new,b,c,a");
    assert.equal(await page.evaluate(() => element.shadowRoot.activeElement.textContent), "c");
    await page.evaluate(() => element.shadowRoot.activeElement.blur());
    await stands(page, "b,c,new,a");
  });
});

test("each row is a link that the keyboard reaches in the order that one sees, and none is lost when its row goes", LIMIT, async (t) => {
  await withList(t, { mount: { attributes: { href: "/r/{id}?x" }, of: { "a/b ?": {}, b: {}, c: {} } } }, async (page) => {
    await stands(page, "a/b ?,b,c");
    const focused = () => page.evaluate(() => element.shadowRoot.activeElement?.getAttribute("href"));
    for (const href of ["/r/a%2Fb%20%3F?x", "/r/b?x", "/r/c?x"]) {
      await page.keyboard.press("Tab");
      assert.equal(await focused(), href);
    }
    await page.evaluate(() => (element.researches = ["a/b ?", "b"]));
    assert.equal(await focused(), "/r/b?x");
    assert.deepEqual(await page.getByRole("list", { name: "Researches" }).getByRole("listitem").count(), 2);
    await page.evaluate(() => element.setAttribute("href", ""));
    await page.waitForFunction(() => !element.shadowRoot.querySelector("a.title[href]"));
    await page.evaluate(() => element.removeAttribute("href"));
    await page.waitForFunction(() => element.shadowRoot.querySelector("a.title[href='/progress/b']"));
  });
});

test("researches come and go by property and by attribute, each once, and what is left is not touched", LIMIT, async (t) => {
  await withList(t, { mount: { attributes: { "research-ids": "a, b  c" } } }, async (page) => {
    await stands(page, "a,b,c");
    await page.evaluate(() => (window.before = part("research"), element.researches = ["a", { id: 7, title: "Seven" }, "a"]));
    await stands(page, "a,Seven");
    assert.deepEqual(await page.evaluate(() => client.calls), ["subscribe a", "subscribe b", "subscribe c", "subscribe 7"]);
    assert.ok(await page.evaluate(() => before === part("research")));
    assert.deepEqual(await page.evaluate(() => ["a", "b", "c"].map((id) => research(id).listeners > 0)), [true, false, false]);
    await page.evaluate(() => element.setAttribute("research-ids", "c"));
    await stands(page, "c");
    assert.deepEqual(await page.evaluate(() => element.researches), ["c"]);
    await page.evaluate(() => (element.researches = null));
    await page.waitForFunction(() => part("empty").checkVisibility() && part("empty").textContent === "No researches" && !part("connection").checkVisibility());
    await page.evaluate(() => element.append(Object.assign(document.createElement("p"), { slot: "empty", textContent: "Start one" })));
    assert.equal(await page.evaluate(() => part("empty").checkVisibility()), false);
    assert.deepEqual(await page.evaluate(() => [client.listeners, research("c").listeners]), [0, 0], "nobody needs a connection for nothing");
    await page.evaluate(() => (element.researches = ["a"]));
    await stands(page, "a");
  });
});

test("an id that is none has a row that says so, and the others go on", LIMIT, async (t) => {
  await withList(t, {}, async (page) => {
    const message = await page.evaluate(() => new Promise((resolve) => {
      element.addEventListener("research-error", ({ detail }) => resolve(detail.message));
      element.researches = ["", "a"];
    }));
    assert.equal(message, "The id of a research must not be empty.");
    await says(page, "a", { status: "In progress" });
    await says(page, "", { "failure-text": message });
  });
});

test("the list tells in plain words how its one connection is, helps, and has nothing to say when all have ended", LIMIT, async (t) => {
  await withList(t, { mount: { attributes: { "sign-in-href": "/login" }, of: { a: {}, b: {}, c: { status: "completed" } } } }, async (page) => {
    const words = (/** @type {string} */ text) => page.waitForFunction((text) => part("connection-words").textContent === text, text);
    await words("Live");
    await page.evaluate(() => client.become({ name: "offline" }));
    await words("Offline");
    await page.getByRole("button", { name: "Try now" }).click();
    assert.deepEqual(await page.evaluate(() => [client.calls.at(-1), research("a").calls, research("c").calls]), ["connect", ["refresh"], []]);
    await page.evaluate(() => (client.become({ name: "connected" }), research("b").tell({ refusal: "unauthorized" }, "refusal", "unauthorized")));
    await words("Signed out");
    assert.equal(await page.getByRole("link", { name: "Sign in" }).getAttribute("href"), "/login");
    await page.evaluate(() => { for (const id of ["a", "b"]) research(id).tell({ status: "suspended" }, "end", { status: "suspended", message: null, progress: null, source: "live" }); });
    await page.waitForFunction(() => !part("connection").checkVisibility());
  });
});

test("what happens is told by events that say which research, bubble out of a shadow tree, and are said aloud", LIMIT, async (t) => {
  await withList(t, { mount: { of: { a: {}, b: {} }, titles: { b: "Wind" } } }, async (page) => {
    await stands(page, "a,Wind");
    const heard = await page.evaluate(async () => {
      const heard = [];
      for (const name of ["status", "failure", "refusal", "connection", "end"]) document.addEventListener(`research-${name}`, ({ type, detail: { id, status, title, refusal, name }, composed }) => heard.push([type, id, status ?? title ?? refusal ?? name, composed]));
      const outer = document.body.appendChild(document.createElement("div")).attachShadow({ mode: "open" });
      outer.append(element);
      await Promise.resolve();
      research("a").tell({}, "status", { status: "in_progress", previous: "queued" });
      research("a").tell({}, "failure", { code: "x", title: "T", text: "t", detail: null, suggestion: null });
      research("b").tell({}, "refusal", "not-found");
      client.become({ name: "offline" });
      research("b").tell({ status: "failed" }, "end", { status: "failed", message: null, progress: null, source: "live" });
      return heard;
    });
    assert.deepEqual(heard, [
      ["research-status", "a", "in_progress", true], ["research-failure", "a", "T", true], ["research-refusal", "b", "not-found", true],
      ["research-connection", undefined, "offline", true], ["research-end", "b", "failed", true],
    ]);
    await page.waitForFunction(() => /Wind: Failed/.test(part("spoken").textContent) && part("spoken").getAttribute("aria-live") === "polite");
  });
});

test("a list that is moved goes on, and one that is gone lets go of all it has listened to", LIMIT, async (t) => {
  await withList(t, { mount: { of: { a: {}, b: {} } } }, async (page) => {
    const counts = () => page.evaluate(() => [client.listeners, research("a").listeners, research("b").listeners]);
    const before = await counts();
    assert.ok(before.every((count) => count > 0));
    await page.evaluate(() => document.body.append(element));
    assert.deepEqual(await counts(), before);
    await page.evaluate(() => element.remove());
    assert.deepEqual(await counts(), [0, 0, 0]);
    await page.evaluate(() => document.querySelector("main").append(element));
    assert.deepEqual(await counts(), before);
    assert.deepEqual(await page.evaluate(() => client.calls), ["subscribe a", "subscribe b", "subscribe a", "subscribe b"], "what was given is the page's");
    await stands(page, "a,b");
  });
});

test("a German page has a German list, and its own words count more", LIMIT, async (t) => {
  await withList(t, { lang: "de-AT", mount: { of: { a: {}, b: { status: "queued" } } } }, async (page) => {
    await says(page, "a", { status: "Läuft", percent: "42 %", fresh: "Gerade aktualisiert" });
    await page.evaluate(() => (element.texts = { status_in_progress: "Beschäftigt" }));
    await says(page, "a", { status: "Beschäftigt", fresh: "Gerade aktualisiert" });
    await page.getByRole("list", { name: "Recherchen" }).waitFor();
  });
});

test("a research that has ended before the list has it is told of once, also by a client that had it before", LIMIT, async (t) => {
  await withList(t, {}, async (page) => {
    const ends = await page.evaluate(async () => {
      const end = { status: "failed", message: null, error: "No model", progress: 12, source: "live", at: Date.now() - 7_200_000 };
      client.subscribe("a").done = Promise.resolve(end);
      research("a").tell({ status: "failed", progress: 12 });
      const ends = [];
      element.addEventListener("research-end", ({ detail }) => ends.push(detail.id));
      element.researches = ["a"];
      await support.frames();
      ends.push("shown");
      research("a").emit("end", end);
      await support.frames();
      return ends;
    });
    assert.deepEqual(ends, ["a", "shown"]);
    await says(page, "a", { status: "Failed", percent: "12%", "failure-text": "No model" });
  });
});

for (const name of /** @type {const} */ (["firefox", "webkit"])) {
  test(`rows stand in order, are links that the keyboard reaches, and follow what happens (${name})`, LIMIT, async (t) => {
    const { url } = await startPages(t, { policy: "script-src 'self' 'unsafe-eval'; style-src 'self'", body: '<script type="module" src="/support/list-mounted.js"></script>' });
    const browser = await startBrowser(t, name);
    await browser.goto(url);
    /** @param {string} order */
    const stand = (order) => until(order, () => browser.evaluate((order) => window.titles?.() === order, [order]));
    await stand("Tidal power,b,c");
    const laidOut = await browser.evaluate(() => {
      const { height } = window.part("track").getBoundingClientRect();
      const share = window.part("bar").getBoundingClientRect().width / window.part("track").clientWidth;
      return height > 5 && Math.abs(share - 0.42) < 0.01;
    });
    assert.ok(laidOut, "constructed style sheets count");
    await browser.evaluate(() => window.element.shadowRoot.querySelectorAll("a.title")[1].focus());
    await browser.evaluate(() => window.research("a").tell({ status: "completed", updatedAt: Date.now() }, "end", { status: "completed", message: null, progress: 100, source: "live" }));
    await until("Completed", () => browser.evaluate(() => window.rows()[0].status === "Completed"));
    assert.equal(await browser.evaluate(() => window.titles()), "Tidal power,b,c", "no row moves while one is in the list");
    await browser.evaluate(() => window.element.shadowRoot.activeElement.blur());
    await stand("b,Tidal power,c");
  });
}
