// axe-core finds nothing wrong in any state; a burst is announced, not read aloud; and each layout has room for everything.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { access, mkdir } from "node:fs/promises";
import path from "node:path";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { ROOT } from "../support/places.mjs";
import { withElement, withList } from "./open.mjs";
import { LIMIT } from "../support/until.mjs";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Git ignores it: people look at them. */
const PICTURES = path.join(ROOT, "target/element");
/** Those that the guides show, of the element alone. They are taken anew with RESEARCH_SOCKET_KEEP=1. */
const SHOWN = path.join(ROOT, "docs/pictures");
/** The look in which a guide shows a state. @type {Record<string, string>} */
const IN_GUIDES = { middle: "light", notify: "light", gap: "light", "signed out": "light", failure: "dark", "list running": "light" };
/** axe-core is text that is run. */
const POLICY = "default-src 'self' 'unsafe-inline' 'unsafe-eval'";

const end = (/** @type {string} */ status) => `research.tell({ status: "${status}" }, "end", { status: "${status}", message: "The report is written", progress: 80, error: "No model answered", source: "live" })`;

/** A state → what makes it. @type {Record<string, string>} */
const STATES = {
  start: "",
  middle: "research.lines(entries(2000)); research.tell({ engine: { name: 'Searxng', resultCount: 10 } })",
  queued: "research.tell({ status: 'queued', progress: null, queuePosition: 3, currentTask: null })",
  reconnecting: "client.become({ name: 'reconnecting', attempt: 2, delay: 2000 })",
  "signed out": "research.lines(entries(20)); research.tell({ refusal: 'unauthorized' }, 'refusal', 'unauthorized')",
  gap: "research.lines(entries(20)); research.emit('gap', { from: 1_790_000_000_000, to: 1_790_000_007_000, recovered: 12, missing: 3 }); research.lines(entries(3, 21))",
  failure: `research.lines(entries(600)); research.tell({}, 'failure', { code: 'timeout', title: 'LLM Timeout Error', text: 'The model took too long to respond.', detail: null, suggestion: 'Try a smaller query.' }); ${end("failed")}`,
  completed: `research.lines(entries(600)); ${end("completed")}`,
  cancelling: "part('cancel').click()",
  steps: "for (const phase of ['thought', 'tool_call', 'observation', 'error']) research.tell({}, 'step', { phase, iteration: 2, message: 'What is still unknown about tidal power in the North Sea?', ...(phase === 'tool_call' && { tool: 'web_search', arguments: { query: 'tidal power' } }), ...(phase === 'error' && { error: '429 Too Many Requests' }) }); support.until(() => part('steps')).then(() => (part('steps').open = true))",
  timeline: "research.told = support.timeline(); element.setAttribute('timeline', ''); research.lines(entries(1800)); research.tell({ estimatedTimeLeft: { min: 95_000, max: 380_000 } }); support.until(() => part('span')).then(() => part('span').focus())",
  groups: "element.setAttribute('groups', 'closed'); research.lines(entries(1800)); support.until(() => part('groups')).then(() => { part('view').scrollTop = 0; part('layer').querySelector('.fold')?.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true, composed: true })); })",
  collapsed: "research.lines(entries(480)); setTimeout(() => { element.collapsed = true; research.lines(entries(1200, 481)); }, 100)",
  wrapped: "element.wrap = true; research.lines(entries(900)); research.lines([{ message: 'The model answered: ' + 'what the sources say about tidal power and its storage, '.repeat(12) + 'https://example.org/' + 'a-path-without-any-space/'.repeat(12), level: 'warning' }, ...entries(4, 901)]); setTimeout(() => element.goToLine(901), 200)",
  toast: `delete window.Notification; element.setAttribute('notify', ''); research.lines(entries(900)); support.until(() => part('toasts')).then(() => support.frames()).then(() => { ${end("completed")} }); support.until(() => part('toast')).then((words) => part('toast').getAnimations().forEach((animation) => animation.finish()))`,
  "timeline empty": "element.setAttribute('timeline', '')",
  "timeline ended": `research.told = support.timeline(true); element.setAttribute('timeline', ''); research.lines(entries(1800)); ${end("completed")}`,
  notify: "element.setAttribute('notify', ''); element.setAttribute('timeline', ''); research.told = support.timeline(true)",
  quiet: "research.tell({ updatedAt: 0 }); support.mount({ state: { updatedAt: Date.now() - 300_000 }, lines: 50 })",
  "one line": "research.lines(entries(900)); setTimeout(() => element.goToLine(500, 502), 100)",
  searching: "research.lines(entries(900)); part('search').value = 'model'; part('search').dispatchEvent(new InputEvent('input'))",
};

/** @type {Record<string, { width?: number, scheme?: "light" | "dark", forced?: "active", dir?: string, zoom?: number }>} */
const LOOKS = { light: {}, dark: { scheme: "dark" }, narrow: { width: 320 }, zoomed: { width: 640, zoom: 2 }, "right to left": { dir: "rtl" }, "forced colours": { forced: "active" } };

/** Asks axe-core, and takes a picture, in each look. @param {import("playwright-core").Page} page @param {string} name */
async function looksRight(page, name) {
  await mkdir(PICTURES, { recursive: true });
  await page.evaluate(AXE);
  for (const [look, { width = 1000, scheme = "light", forced, dir = "ltr", zoom = 1 }] of Object.entries(LOOKS)) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: scheme, forcedColors: forced ?? "none" });
    await page.evaluate(([dir, zoom]) => {
      document.documentElement.dir = String(dir);
      document.documentElement.style.colorScheme = "light dark";
      document.documentElement.style.fontSize = `${100 * Number(zoom)}%`;
    }, [dir, zoom]);
    await page.waitForFunction(() => new Promise((done) => setTimeout(done, 100, true)));
    const found = await page.evaluate(async () => {
      const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
      return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${JSON.stringify(target)} ${failureSummary}`));
    });
    assert.deepEqual(found, [], look);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${look}: nothing has to be scrolled sideways, but ${wide} px`);
    await page.screenshot({ path: path.join(PICTURES, `${name} ${look}.png`.replaceAll(" ", "-")) });
    if (IN_GUIDES[name] !== look) continue;
    const shown = path.join(SHOWN, `${name}.png`.replaceAll(" ", "-"));
    if (process.env.RESEARCH_SOCKET_KEEP) {
      await mkdir(SHOWN, { recursive: true });
      await page.setViewportSize({ width: 760, height: 900 });
      await page.locator("research-progress, research-list").screenshot({ path: shown });
    }
    await access(shown);
  }
}

for (const [name, act] of Object.entries(STATES)) {
  test(`axe-core finds nothing wrong with: ${name}`, LIMIT, async (t) => {
    await withElement(t, { policy: POLICY, mount: { attributes: { "sign-in-href": "/login" } } }, async (page) => {
      await page.evaluate(act);
      await page.waitForFunction(() => new Promise((done) => setTimeout(done, 400, true)));
      await looksRight(page, name);
    });
  });
}

const now = Date.now();
const HOUR = 3_600_000;

/** A list → its researches, and what happens. @type {Record<string, { of?: object, titles?: object, act?: string }>} */
const LISTS = {
  "list empty": {},
  "list running": {
    of: {
      r1: {}, r2: { progress: 7.5, currentTask: "Asking the model for a summary of forty sources about the price of storage, the life of batteries, and what both mean for grids with much wind", startedAt: now - HOUR },
      r3: { updatedAt: now - 7 * 60_000, progress: 88 }, r4: { status: "queued", progress: null, currentTask: null }, r5: { status: null, progress: null, currentTask: null, startedAt: null, updatedAt: null }, r6: { status: "completed", progress: 100 },
    },
    titles: { r1: "Tidal power in the North Sea", r2: "What does storage cost today, and what will it cost in ten years if cells go on becoming cheaper?", r3: "Wind", r6: "مصادر الطاقة" },
    act: "research('r6').tell({}, 'update', { completed_at: new Date(Date.now() - 5 * 3_600_000).toISOString() })",
  },
  "list failed": {
    of: { r1: {}, r2: {}, r3: {}, r4: {} }, titles: { r1: "Tidal power", r2: "Averylongwordwithoutanyplacetobreakit".repeat(4) },
    act: `for (const id of ["r1", "r2"]) research(id).tell({ status: "failed", error: "No model answered" }, "end", { status: "failed", message: null, error: "No model answered", progress: 33, source: "live" });
      research("r3").tell({}, "failure", { code: "timeout", title: "LLM Timeout Error", text: "It took too long.", detail: null, suggestion: null }); research("r4").tell({ refusal: "not-found" }, "refusal", "not-found")`,
  },
  "list timeline": {
    of: { r1: { progress: 85 }, r2: {}, r3: { status: "completed", progress: 100 } }, titles: { r1: "Tidal power in the North Sea", r3: "Wind" },
    act: "research('r1').told = support.timeline(); research('r3').told = support.timeline(true); element.setAttribute('timeline', '')",
  },
  "list signed out": { of: { r1: {}, r2: {} }, act: "research('r1').tell({ refusal: 'unauthorized' }, 'refusal', 'unauthorized')" },
  "list reconnecting": { of: { r1: {}, r2: { status: "suspended" } }, act: "client.become({ name: 'reconnecting', attempt: 2, delay: 20000 })" },
};

for (const [name, { act = "", ...mount }] of Object.entries(LISTS)) {
  test(`axe-core finds nothing wrong with: ${name}`, LIMIT, async (t) => {
    await withList(t, { policy: POLICY, mount: { attributes: { "sign-in-href": "/login" }, ...mount } }, async (page) => {
      await page.evaluate(() => support.frames());
      await page.evaluate(act);
      await page.waitForFunction(() => new Promise((done) => setTimeout(done, 400, true)));
      await looksRight(page, name);
    });
  });
}

test("a burst is one announcement for whoever listens, and its rows are none", LIMIT, async (t) => {
  await withElement(t, {}, async (page) => {
    await page.evaluate(async () => {
      window.said = [];
      new MutationObserver(() => window.said.push(part("spoken").textContent)).observe(part("spoken"), { childList: true });
      for (let n = 0; n < 2000; n += 100) {
        research.lines(entries(100, n + 1));
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    });
    await page.waitForFunction(() => window.said.length === 2);
    const [first, second] = await page.evaluate(() => window.said);
    const counts = [first, second].map((words) => Number(/^([\d,]+) new lines/.exec(words)?.[1].replace(",", "")));
    assert.equal(counts[0] + counts[1], 2000, JSON.stringify([first, second]));
    assert.match(second, /, \d+ errors?$/);
    const live = await page.evaluate(() => [...element.shadowRoot.querySelectorAll("[aria-live], [role=log], [role=status], [role=alert]")].map(({ className }) => className));
    assert.deepEqual(live, ["spoken"]);
  });
});
