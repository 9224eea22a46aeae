// The demo page: one research and ten, what it breaks on request, what it says of it, its doctor, and the code to copy.

import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { ID, startServer } from "../package/support/server.mjs";
import { STRICT } from "./element/open.mjs";
import { startHttp } from "./support/servers.mjs";
import { FAILED_REQUEST, withPage } from "./support/browser.mjs";
import { packageFolder, PAGE_SCRIPTS, ROOT } from "./support/places.mjs";
import { LIMIT, until } from "./support/until.mjs";
import { startBrowser } from "./support/webdriver.mjs";

/** How often Tab leads to the button at most. */
const TABS = 40;
const WWW = { www: path.join(ROOT, "www"), pkg: packageFolder() };

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** What www/recorded.html plays. */
const RECORDING = JSON.parse(await readFile(path.join(WWW.www, "recorded.json"), "utf8"));
const LASTS_MS = RECORDING.told.at(-1)[0];
/** @param {string} name @returns {any[]} */
const told = (name) => RECORDING.told.filter((/** @type {unknown[]} */ [, , event]) => event === name).map((/** @type {any[]} */ [, , , value]) => value);
/** Git ignores it: people look at them. */
const PICTURES = path.join(ROOT, "target/demo");

/** Asks axe-core, and takes a picture, in each look. @param {import("playwright-core").Page} page @param {string} name */
async function looksRight(page, name) {
  await mkdir(PICTURES, { recursive: true });
  for (const [look, width, colorScheme] of /** @type {const} */ ([["light", 1200, "light"], ["dark", 1200, "dark"], ["narrow", 320, "light"], ["narrow-dark", 320, "dark"]])) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.evaluate(AXE);
    const found = await page.evaluate(async () => {
      const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
      return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${JSON.stringify(target)} ${failureSummary}`));
    });
    assert.deepEqual(found, [], `${name} ${look}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${name} ${look}: ${wide} px too wide`);
    await page.screenshot({ path: path.join(PICTURES, `${name}-${look}.png`), fullPage: true });
  }
}

/** @param {import("playwright-core").Page} page */
const isReady = (page) => page.waitForFunction(() => /** @type {HTMLButtonElement} */ (document.getElementById("go")).disabled === false);
/** @param {import("playwright-core").Page} page */
const textsOf = (page, /** @type {string} */ selector) => page.evaluate((selector) => Array.from(document.querySelectorAll(selector), ({ textContent }) => textContent ?? ""), selector);
/** A word of the server's, as the element says it. @param {string} name */
const asWords = (name) => `${name[0].toUpperCase()}${name.slice(1)}`.replaceAll("_", " ");
/** What the element says of the research. @param {import("playwright-core").Page} page */
const statusOf = (page) => page.evaluate(() => document.querySelector("research-progress")?.shadowRoot?.querySelector(".status")?.textContent ?? "");
/** The messages of all lines that the element has, as its button "JSON" gives them, without the words on gaps. @param {import("playwright-core").Page} page */
async function downloaded(page) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("research-progress .download", { hasText: "JSON" }).click()]);
  /** @type {{ message: string, level: string, count?: number }[]} */
  const lines = JSON.parse(await readFile(await download.path(), "utf8"));
  return lines.filter(({ level }) => level !== "gap").flatMap(({ message, count = 1 }) => Array.from({ length: count }, () => message));
}

test("the demo's doctor is reached and asked by keyboard, keeps the focus, and says what it found", LIMIT, async (t) => {
  const server = await startServer(t, WWW);
  await withPage(server.url, { expected: [FAILED_REQUEST] }, async (page) => {
    await isReady(page);
    const focused = () => page.evaluate(() => document.activeElement?.id);
    const said = () => page.evaluate(() => document.getElementById("diagnosis")?.textContent ?? "");
    for (let tabs = 0; tabs < TABS && (await focused()) !== "doctor"; tabs += 1) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await until("it found nothing", async () => /^Nothing is wrong\..*things are in order\.$/.test(await said()), { seen: said });
    assert.equal(await focused(), "doctor");
    assert.equal(await page.getAttribute("#diagnosis", "role"), "status", "screen readers hear of it");

    const inOrder = async () => Number((await said()).match(/^Nothing is wrong\.(\d+) things are in order\.$/)?.[1]);
    const before = await inOrder();
    await page.evaluate(() => {
      const diagnosis = /** @type {HTMLElement} */ (document.getElementById("diagnosis"));
      /** @type {any} */ (window).told = "";
      new MutationObserver(() => (/** @type {any} */ (window).told += diagnosis.textContent)).observe(diagnosis, { childList: true });
    });
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "patient");
    await page.keyboard.press("Space");
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Enter");
    await until("it has waited for the ping", async () => (await inOrder()) === before + 1, { seen: said });
    assert.match(await page.evaluate(() => /** @type {any} */ (window).told), /The doctor holds a poll until the server's ping, which takes 5 s/);

    await page.evaluate(() => fetch("/control/config", { method: "POST", body: '{"quirks": {"two_workers": true}}' }));
    await page.keyboard.press("Space");
    await until("it found the workers", async () => /^One finding:STICKY_SESSION.*ip_hash/.test(await said()), { seen: said });
    assert.equal(await focused(), "doctor");
  });
});

test("the demo says of lines that were sent while its server was away that they came late, and that none is missing", LIMIT, async (t) => {
  const server = await startServer(t, WWW);
  await withPage(server.url, { expected: [FAILED_REQUEST] }, async (page) => {
    const events = () => textsOf(page, "#events span");
    const status = () => statusOf(page);
    await isReady(page);
    await page.click("#go");
    await until("it runs", async () => (await status()) === "In progress", { seen: status });
    await page.click("#restart");
    const told = async () => (await events()).find((text) => text?.includes("log lines"));
    await until("it tells of the lines", async () => (await told()) !== undefined, { seen: events });
    assert.match((await told()) ?? "", /^log lines: [1-9]\d* came late, 0 are missing$/);
  });
});

test("what failed while its server was away is no error any more in the demo when that is over", LIMIT, async (t) => {
  const server = await startServer(t, WWW);
  await server.begin();
  await server.log("before", 1);
  await withPage(`${server.url}/progress/${ID}`, { expected: [FAILED_REQUEST] }, async (page) => {
    const text = (/** @type {string} */ id) => page.evaluate((id) => document.getElementById(id)?.textContent ?? "", id);
    const shows = (/** @type {string} */ id, /** @type {RegExp} */ words) =>
      until(`#${id} shows ${words}`, async () => words.test(await text(id)), { seen: () => text(id) });
    await page.locator("research-progress .row", { hasText: "before 1" }).waitFor();
    await server.offline();
    await shows("connection", /Reconnecting/);
    await page.click("#go");
    await shows("notice", /Failed to fetch/);
    await server.online();
    // Not by a press: it may have connected by itself already.
    await page.evaluate(() => /** @type {HTMLElement | null | undefined} */ (document.querySelector("research-progress")?.shadowRoot?.querySelector(".retry"))?.click());
    await until("nothing is wrong any more", () => page.isHidden("#notice"), { seen: () => text("notice") });
    await shows("connection", /Live/);
  });
});

test("a page that came from elsewhere neither reads nor breaks the demo's server", LIMIT, async (t) => {
  const server = await startServer(t, WWW);
  // Another port of the same machine, and by its other name: as near as a page from elsewhere can be.
  const other = await startServer(t, { www: path.join(ROOT, "www") });
  const [near, far] = [other.url, other.url.replace("127.0.0.1", "localhost")];
  await server.begin();
  const before = await server.stats();
  for (const from of [near, far]) {
    await withPage(`${from}/style.css`, { expected: [FAILED_REQUEST, /CORS policy/] }, async (page) => {
      const heard = await page.evaluate(async (url) => {
        const ask = (/** @type {string} */ name, /** @type {RequestInit} */ init = {}) =>
          fetch(`${url}/control/${name}`, init).then((response) => `${response.type} ${response.status}`, (error) => error.name);
        const burst = { method: "POST", body: JSON.stringify({ research_id: "research-1", lines: 3 }) };
        return [await ask("stats"), await ask("burst", burst), await ask("burst", { ...burst, mode: "no-cors" }), await ask("restart", { method: "POST", mode: "no-cors" }), await ask("faults", { method: "DELETE" })];
      }, server.url);
      assert.deepEqual(heard, ["TypeError", "TypeError", "opaque 0", "opaque 0", "TypeError"]);
    });
  }
  assert.deepEqual(await server.stats(), before);
  assert.deepEqual(await server.lines(), []);
});

test("ten researches of the demo go at their own pace over one connection, and a row leads to its research and back", LIMIT, async (t) => {
  const server = await startServer(t, WWW);
  await withPage(server.url, {}, async (page) => {
    await isReady(page);
    await page.click("#ten");
    const rows = () => page.evaluate(() => Array.from(document.querySelector("research-list")?.shadowRoot?.querySelectorAll("li") ?? [], (row) => [row.querySelector("a")?.textContent, row.querySelector(".status")?.textContent, row.querySelector(".percent")?.textContent]));
    const row = async (/** @type {string} */ title) => (await rows()).find(([name]) => name === title)?.slice(1);
    await until("the fast one is over", async () => (await row("How do corals sense the moon?"))?.[0] === "Completed", { seen: rows });
    assert.equal((await rows()).length, 10);
    assert.deepEqual(await row("Who waits for an answer?"), ["In progress", "0%"]);
    await until("one of them fails", async () => (await row("Why do cats purr?"))?.[0] === "Failed", { seen: rows });
    const { handshakes, subscriptions } = await server.stats();
    assert.equal(handshakes, 1);
    assert.equal(Object.keys(subscriptions).length, 10);

    // A page that is loaded anew would have forgotten them.
    await page.locator("research-list a", { hasText: "Why do cats purr?" }).click();
    await until("it is shown", async () => (await statusOf(page)) === "Failed", { seen: () => statusOf(page) });
    assert.deepEqual(await textsOf(page, "#title"), ["Why do cats purr?"]);
    assert.match(page.url(), /\/progress\/[\w-]+$/);
    await page.goBack();
    await until("none is shown", () => page.isHidden("research-progress"));
    assert.equal((await rows()).length, 10);
    assert.deepEqual(await textsOf(page, "#title"), ["No research yet"]);
  });
});

test("whatever is broken in the demo, each stored line is shown once, and the end comes", LIMIT, async (t) => {
  const server = await startServer(t, WWW);
  await withPage(server.url, { expected: [FAILED_REQUEST] }, async (page) => {
    await isReady(page);
    await page.click("#go");
    await until("it runs", async () => (await statusOf(page)) === "In progress", { seen: () => statusOf(page) });
    // Its file cannot come without a network.
    await page.locator("research-progress .steps").waitFor();
    for (const button of ["twice", "half", "garbage", "burst", "refuse", "refresh"]) await page.click(`#${button}`);
    const refused = () => textsOf(page, "#requests [data-failed]");
    await until("a refusal is told", async () => (await refused()).some((text) => text.includes("503")), { seen: refused });
    await page.click("#network");
    await until("it has no network", async () => (await refused()).some((text) => text.includes("none")), { seen: refused });
    assert.equal(await page.getAttribute("#network", "aria-pressed"), "true");
    await page.click("#network");
    await page.click("#fail");
    await until("it failed", async () => (await statusOf(page)) === "Failed", { seen: () => statusOf(page) });
    const stored = await page.evaluate(async () => (await (await fetch(`/api/research/${location.pathname.split("/").at(-1)}/logs`)).json()).map((/** @type {{ message: string }} */ { message }) => message));
    assert.ok(stored.length > 3000);
    const count = async () => Number((await page.locator("research-progress .filter-all .count").textContent())?.replace(",", ""));
    await until("all lines are there", async () => (await count()) >= stored.length, { seen: count });
    const shown = await downloaded(page);
    assert.deepEqual(shown.toSorted(), stored.toSorted());
    assert.equal(await page.isDisabled("#fail"), true);
  });
});

test("each button of the demo that breaks requests has the server do so, a bounded number of times", LIMIT, async (t) => {
  const server = await startServer(t, WWW);
  await withPage(server.url, { expected: [FAILED_REQUEST] }, async (page) => {
    await isReady(page);
    const faults = async () => (await fetch(`${server.url}/control/faults`)).json();
    const wanted = { half: ["poll", 3, { cut: { after: 20 } }], slow: ["socket", 20, { delay: { ms: 2000 } }], twice: ["poll", 20, "duplicate"], refuse: ["socket", 4, { status: 503 }] };
    for (const [index, [id, [kind, count, action]]] of Object.entries(wanted).entries()) {
      await page.click(`#${id}`);
      await until(`${id} has come`, async () => (await faults()).length > index, { seen: faults });
      const { fault } = (await faults())[index];
      assert.deepEqual([fault.on.kind, fault.count, fault.action.status ? { status: fault.action.status.code } : fault.action], [kind, count, action]);
    }
  });
});

/**
 * A browser with the demo in it. What the page complains of is in its `problems`.
 * @param {import("node:test").TestContext} t @param {"chromium" | "firefox" | "webkit"} name @param {string} url
 * @param {(browser: { evaluate: <T, Args extends any[]>(run: (...args: Args) => T, args?: Args) => Promise<T>, resize: (width: number, height: number) => Promise<unknown>, screenshot: () => Promise<Buffer> }) => Promise<void>} use
 */
async function inBrowser(t, name, url, use) {
  if (name === "chromium") {
    return withPage(url, { expected: [FAILED_REQUEST] }, (page) => use({
      // Playwright takes one argument.
      evaluate: (run, args) => page.evaluate(([run, args]) => (0, eval)(`(${run})`)(...args), /** @type {[string, any[]]} */ ([String(run), args ?? []])),
      resize: (width, height) => page.setViewportSize({ width, height }),
      screenshot: () => page.screenshot({ fullPage: true }),
    }));
  }
  const browser = await startBrowser(t, name);
  await browser.goto(url);
  await use(/** @type {any} */ (browser));
}

for (const name of /** @type {const} */ (["chromium", "firefox", "webkit"])) {
  test(`each button of the demo that breaks something is survived without an error of the page (${name})`, LIMIT, async (t) => {
    const www = await mkdtemp(path.join(os.tmpdir(), "www-"));
    t.after(() => rm(www, { recursive: true, force: true }));
    await cp(WWW.www, www, { recursive: true });
    await cp(path.join(PAGE_SCRIPTS, "problems.js"), path.join(www, "problems.js"));
    // Drivers do not tell what is on a console.
    const html = await readFile(path.join(www, "index.html"), "utf8");
    await writeFile(path.join(www, "index.html"), html.replace("<head>", '<head><script src="/problems.js"></script>'));
    const server = await startServer(t, { ...WWW, www });
    await mkdir(PICTURES, { recursive: true });
    await inBrowser(t, name, server.url, async (browser) => {
      const press = (/** @type {string} */ id) => browser.evaluate((id) => document.getElementById(id)?.click(), [id]);
      const text = (/** @type {string} */ id) => browser.evaluate((id) => document.getElementById(id)?.textContent ?? "", [id]);
      const within = (/** @type {string} */ part) => browser.evaluate((part) => document.querySelector("research-progress")?.shadowRoot?.querySelector(part)?.textContent ?? "", [part]);
      const shows = (/** @type {string} */ part, /** @type {RegExp} */ words) => until(`${part} shows ${words}`, async () => words.test(await within(part)), { seen: () => within(part) });
      const pressed = (/** @type {string} */ what, /** @type {RegExp} */ words) => until(`${what} shows ${words}`, async () => words.test(await text(what)), { seen: () => text(what) });
      /** Presses what ends the connection, and waits until the page has heard of that, however soon it is back. @param {string} id */
      const breaks = async (id) => {
        const before = await browser.evaluate(() => Reflect.get(window, "outages"));
        await press(id);
        await until(`${id} ends the connection`, () => browser.evaluate((before) => Reflect.get(window, "outages") > before, [before]), { seen: connection });
      };
      // Not what the element shows, which has no connection to show after the end.
      const connection = () => browser.evaluate(() => Reflect.get(window, "connection"));
      const isLive = () => until("it is live", async () => (await connection()) === "connected", { seen: connection });
      await browser.evaluate(() => {
        Object.assign(window, { outages: 0, connection: "connected" });
        // @ts-ignore: an event of the element
        addEventListener("research-connection", ({ detail: { name } }) => Object.assign(window, { connection: name, outages: Reflect.get(window, "outages") + (name === "connected" ? 0 : 1) }));
      });
      const picture = async (/** @type {string} */ what) => writeFile(path.join(PICTURES, `${name}-${what}.png`), await browser.screenshot());
      await until("it is ready", () => browser.evaluate(() => /** @type {HTMLButtonElement} */ (document.getElementById("go")).disabled === false));
      await browser.resize(1200, 1000);
      const heights = await browser.evaluate(() => Array.from(document.querySelectorAll("#start input, #start select"), (field) => field.getBoundingClientRect().height));
      assert.equal(new Set(heights).size, 1, `fields beside each other are equally high: ${heights}`);
      await picture("start");
      await press("go");
      await press("ten");
      await shows(".status", /^In progress$/);
      // Their files cannot come without a network.
      await until("steps and timeline are there", () => browser.evaluate(() => [".steps", ".span", ".groups", ".notify"].every((part) => document.querySelector("research-progress")?.shadowRoot?.querySelector(part))));
      for (const id of ["twice", "half", "slow", "garbage", "refuse", "burst", "refresh"]) await press(id);
      await shows(".filter-all .count", /^3,\d+$/);
      await picture("broken");
      await isLive();
      await breaks("restart");
      await isLive();
      await breaks("network");
      await pressed("network", /^Give the network back$/);
      await picture("cut");
      await press("network");
      await isLive();
      await breaks("stop");
      // It is down for three seconds from now.
      await press("restart");
      await isLive();
      await press("doctor");
      await pressed("diagnosis", /things are in order\.$|finding/);
      await shows(".status", /^Completed$/);
      const id = await browser.evaluate(() => location.pathname.split("/").at(-1));
      const { length: stored } = await (await fetch(`${server.url}/api/research/${id}/logs`)).json();
      const count = async () => Number((await within(".filter-all .count")).replace(",", ""));
      await until("all lines are there", async () => (await count()) >= stored, { seen: count });
      await press("go");
      await shows(".status", /^In progress$/);
      await press("fail");
      await shows(".status", /^Failed$/);
      await picture("failed");
      await browser.resize(400, 900);
      await picture("narrow");
      assert.deepEqual(await browser.evaluate(() => Reflect.get(window, "problems")), []);
    });
  });
}

test("what goes on underneath the demo is told at most twice a second, whatever comes", LIMIT, async (t) => {
  const server = await startServer(t, WWW);
  await withPage(server.url, { expected: [FAILED_REQUEST] }, async (page) => {
    await isReady(page);
    await page.click("#go");
    await until("it runs", async () => (await statusOf(page)) === "In progress", { seen: () => statusOf(page) });
    const number = async (/** @type {string} */ name) => page.evaluate((name) => Array.from(document.querySelectorAll("#stats div")).find((item) => item.firstChild?.textContent === name)?.lastChild?.textContent ?? "", name);
    await page.evaluate(() => {
      const section = document.getElementById("connection")?.closest("section");
      const seen = Object.assign(window, { writings: 0, since: performance.now() });
      if (section) new MutationObserver(() => (seen.writings += 1)).observe(section, { subtree: true, childList: true, characterData: true, attributes: true });
    });
    await page.click("#burst");
    for (let time = 0; time < 6; time += 1) await page.click("#garbage");
    await until("the lines are counted", async () => Number((await number("Log lines")).replace(",", "")) > 3000, { seen: () => number("Log lines") });
    await until("the garbage is counted", async () => Number(await number("Garbage refused")) >= 6, { seen: () => number("Garbage refused") });
    const told = () => textsOf(page, "#events span");
    await until("the garbage is told", async () => (await told()).filter((text) => text.startsWith("warning")).length >= 6, { seen: told });
    assert.ok((await told()).includes("state: connected"));
    const requests = await textsOf(page, "#requests tr");
    assert.ok(requests.some((text) => /\/socket\.io\/ poll or message200, /.test(text)), String(requests));
    assert.ok(requests.length <= 10);
    assert.ok(!requests.some((text) => /control|pkg/.test(text)), "only the client's");
    const { writings, since, now } = await page.evaluate(() => ({ writings: Number(Reflect.get(window, "writings")), since: Number(Reflect.get(window, "since")), now: performance.now() }));
    assert.ok(writings >= 1 && writings <= (now - since) / 500 + 1, `${writings} in ${now - since} ms`);
  });
});

test("the code to copy in the demo is the guide's, and is copied by keyboard", LIMIT, async (t) => {
  const server = await startServer(t, WWW);
  const guide = await readFile(path.join(ROOT, "docs/guides/add-to-my-page.md"), "utf8");
  await withPage(server.url, {}, async (page) => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    for (const [id, language] of Object.entries({ html: "html", list: "html", react: "jsx", vue: "vue", svelte: "svelte" })) {
      const code = await page.evaluate((id) => document.getElementById(id)?.textContent ?? "", `code-${id}`);
      assert.ok(guide.includes(`\`\`\`${language}\n${code}\n\`\`\`\n`), `the guide has not: ${code}`);
      const details = page.locator("details", { has: page.locator(`#code-${id}`) });
      await details.locator("summary").focus();
      if (id !== "html") await page.keyboard.press("Enter");
      await details.locator(".copy").press("Enter");
      await details.locator(".copy", { hasText: "Copied" }).waitFor();
      assert.equal(await page.evaluate(() => navigator.clipboard.readText()), code);
    }
  });
});

test("axe-core finds nothing wrong with the demo, light, dark, narrow and under a strict policy, before and after it was used", LIMIT, async (t) => {
  const server = await startServer(t, WWW);
  await withPage(`${server.url}/icon.svg`, { expected: [FAILED_REQUEST] }, async (page) => {
    await page.route("**/*", async (route) => {
      if (route.request().resourceType() !== "document") return route.continue();
      const response = await route.fetch();
      const policy = STRICT.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'");
      await route.fulfill({ response, headers: { ...response.headers(), "content-security-policy": policy } });
    });
    await page.goto(server.url);
    await isReady(page);
    await looksRight(page, "start");
    await page.click("#go");
    await page.click("#ten");
    await page.click("#burst");
    await page.locator("research-list li").nth(9).waitFor();
    // Its file cannot come without a network.
    await page.locator("research-progress .steps").waitFor();
    await page.click("#doctor");
    await page.locator("#diagnosis small").waitFor();
    await page.click("#network");
    await page.locator("#requests [data-failed]").first().waitFor();
    await looksRight(page, "broken");
  });
});

test("the demo is turned around as a whole in a page from right to left", LIMIT, async (t) => {
  const server = await startServer(t, WWW);
  await withPage(server.url, {}, async (page) => {
    await isReady(page);
    for (const dir of ["ltr", "rtl"]) {
      await page.evaluate((dir) => (document.documentElement.dir = dir), dir);
      const found = await page.evaluate(() => {
        const at = (/** @type {string} */ selector, /** @type {string} */ property) => parseFloat(getComputedStyle(/** @type {Element} */ (document.querySelector(selector))).getPropertyValue(property));
        const side = (/** @type {string} */ selector) => ["left", "right"].filter((side) => at(selector, `padding-${side}`) > 16).join();
        const [button, small] = ["#restart", "#restart small"].map((selector) => /** @type {Element} */ (document.querySelector(selector)).getBoundingClientRect());
        const arrow = getComputedStyle(/** @type {Element} */ (document.querySelector("#speed"))).backgroundPosition;
        return [side(".try"), side("#speed"), /^(calc\(100%|right)/.test(arrow) ? "right" : "left", small.left - button.left > button.right - small.right ? "right" : "left"];
      });
      assert.deepEqual(found, dir === "ltr" ? ["left", "right", "right", "right"] : ["right", "left", "left", "left"], dir);
    }
  });
});

/** Words of parts of the element that are shown. @param {import("playwright-core").Page} page @param {string} part @returns {Promise<string[]>} */
const drawn = (page, part) => page.evaluate((part) => Array.from(document.querySelector("research-progress")?.shadowRoot?.querySelectorAll(part) ?? []).filter((one) => one.checkVisibility()).map((one) => one.textContent || (one.ariaLabel ?? "")), part);

/**
 * Opens the recorded run on a clock that stands still, but for the milliseconds after a button is pressed.
 * @param {import("playwright-core").Page} page @param {string} url of the folder
 */
async function openRecorded(page, url) {
  const began = new Date("2026-01-01T12:00:00Z");
  await page.clock.install({ time: began });
  await page.goto(`${url}recorded.html`);
  await page.locator("#again:enabled").waitFor();
  // Longer than a slow machine takes to load the page: until then the clock goes on by itself.
  await page.clock.pauseAt(new Date(began.getTime() + 3_600_000));
  return async (/** @type {"again" | "fast"} */ button, /** @type {number} */ ms) => {
    await page.locator(`#${button}`).press("Enter");
    await page.clock.runFor(ms);
  };
}

test("the recorded run shows a newcomer the whole story in a little over a minute: the queue, phases, an estimate, warnings, an error, an outage and its end", LIMIT, async (t) => {
  assert.ok(LASTS_MS >= 60_000 && LASTS_MS <= 90_000, `${LASTS_MS} ms`);
  const { size } = await stat(path.join(WWW.www, "recorded.json"));
  assert.ok(size <= 30_000, `${size} bytes`);
  const server = await startServer(t, WWW);
  await withPage("about:blank", {}, async (page) => {
    const play = await openRecorded(page, `${server.url}/`);
    const [at] = RECORDING.told.find((/** @type {any[]} */ [, , event, value]) => event === "state" && value.name === "reconnecting");
    assert.ok((await textsOf(page, ".soft"))[0].startsWith(`A recorded run of ${Math.floor(LASTS_MS / 1000)} seconds. After ${Math.floor(at / 1000)} of them`));
    /** @type {string[]} */
    const said = [];
    await play("again", 0);
    for (let ms = 0; ms <= LASTS_MS + 1000; ms += 1000) {
      await page.clock.runFor(1000);
      const words = await drawn(page, ".status, .queue, .connection-words, .timeline-left, .cancel, .retry, .refresh");
      said.push(words.filter(Boolean).join(", ").replace(/ in \d+ s\b/, ""));
    }
    const changed = said.filter((words, index) => words !== said[index - 1]);
    const first = (/** @type {RegExp} */ words) => {
      const index = changed.findIndex((said) => words.test(said));
      assert.ok(index >= 0, `${words} in ${JSON.stringify(changed)}`);
      return index;
    };
    const story = [/^Queued, Position 2 in the queue, Live$/, /^In progress, Live$/, /^In progress, Live, .*left$/, /^In progress, Reconnecting, attempt 2, .*left$/, /^Completed$/].map(first);
    assert.deepEqual(story, story.toSorted((one, other) => one - other));
    assert.equal(changed.at(-1), "Completed");
    assert.ok(!/Cancel|Try now|Ask/.test(String(changed)), "no button that does nothing");
    assert.ok((await drawn(page, ".span")).length >= 10);
    for (const [filter, least] of Object.entries({ milestone: 4, warning: 3, error: 1 })) assert.ok(Number((await drawn(page, `.filter-${filter} .count`))[0]) >= least, filter);
    const { recovered, missing } = told("gap")[0];
    assert.ok(recovered > 5 && missing === 0);
  });
});

test("a recorded run is played from any folder of a host that has nothing but files, and under a strict policy", LIMIT, async (t) => {
  const folder = "/some/where/";
  const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json" };
  /** @type {string[]} */
  const strange = [];
  const { url } = await startHttp(t, async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const name = pathname.slice(folder.length);
    const file = name.startsWith("pkg/") ? path.join(WWW.pkg, name.slice(4)) : path.join(WWW.www, name);
    const content = pathname.startsWith(folder) && request.method === "GET" ? await readFile(file).catch(() => undefined) : undefined;
    if (!content) {
      strange.push(`${request.method} ${pathname}`);
      return void response.writeHead(404).end();
    }
    response.writeHead(200, { "Content-Type": types[/** @type {keyof types} */ (path.extname(name))] ?? "application/octet-stream", "Content-Security-Policy": STRICT }).end(content);
  });
  await withPage("about:blank", {}, async (page) => {
    const play = await openRecorded(page, `${url}${folder}`);
    const seen = { seen: () => statusOf(page) };
    assert.deepEqual(await textsOf(page, "#title"), [RECORDING.title]);
    await play("fast", LASTS_MS / 10 + 1000);
    await until("it is over", async () => (await statusOf(page)) === "Completed", seen);
    assert.deepEqual((await downloaded(page)).toSorted(), told("log").map(({ message }) => message).toSorted());
    const phases = RECORDING.timeline.phases.map((/** @type {[number, { phase: string }]} */ [, { phase }]) => asWords(phase));
    await until("all that it did is drawn", async () => (await drawn(page, ".span")).join() === phases.join(), { seen: () => drawn(page, ".span") });
    await page.locator("research-progress .span", { hasText: "Final synthesis" }).press("Enter");
    await page.clock.runFor(100);
    await page.locator("research-progress .row[aria-selected=true]", { hasText: "32 sources, 12 findings" }).waitFor();
    await play("again", 100);
    await until("it begins anew", async () => (await statusOf(page)) === "Queued", seen);
  });
  await withPage(`${url}${folder}recorded.html`, {}, async (page) => {
    await page.locator("research-progress .row").first().waitFor();
    await looksRight(page, "recorded");
  });
  assert.deepEqual(strange, []);
});
