// How long a backlog of lines takes a page whose handler needs some milliseconds for each: the stand-in of the application's page, with
// the old script and with ours in its place. What counts is the time beside that of the handlers, which no client can shorten.

import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { startApplication } from "../page/old-page/open.mjs";
import { FAILED_REQUEST, withPage } from "../page/support/browser.mjs";
import { tasksDuring } from "../page/support/tasks.mjs";
import { until } from "../page/support/until.mjs";
import { startBrowser } from "../page/support/webdriver.mjs";
import { Meter } from "./support/meter.mjs";
import { alternate, quantile } from "./support/rows.mjs";
import { median, short, table, thousands } from "./support/table.mjs";

export const title = "a backlog of lines";

/** Of browsers beside Chromium, one round with fewer lines. */
const SIZES = {
  full: { lines: 3_000, rounds: 2, browsers: "chromium,firefox,webkit" },
  quick: { lines: 300, rounds: 1, browsers: "chromium" },
  small: { lines: 30, rounds: 1, browsers: "chromium,firefox" },
};
const ELSEWHERE = { lines: 500, rounds: 1 };
const ID = "research-1";
/** It asks for what the server does not have, and its sessions end with requests that fail. */
const EXPECTED = [FAILED_REQUEST, /^console: WebSocket connection/];
const HEAD = ["browser, script", "lines", "ms/line", "handlers ms/line", "time / handlers", "cpu ms/line", "frames/s", "longest task ms", "late ms", "key ms", "frame ms"];

/**
 * @typedef {{ lines: number, rounds: number, work: number }} Plan `work`: rounds of work for each line
 * @type {import("./support/rows.mjs").Bench["run"]}
 */
export async function run(t, rows, size, options) {
  const browsers = (options.browsers ?? SIZES[size].browsers).split(",");
  const scripts = (options.scripts ?? "ours,old").split(",");
  const rowMs = Number(options.row ?? 7);
  const plan = (/** @type {string} */ browser) => ({
    ...(browser === "chromium" || size !== "full" ? SIZES[size] : ELSEWHERE),
    ...(options.lines && { lines: Number(options.lines) }),
    ...(options.rounds && { rounds: Number(options.rounds) }),
  });
  const beside = "the old script";
  for (const browser of browsers) {
    const what = `${thousands(plan(browser).lines)} lines, handler of ${rowMs} ms, ${browser}`;
    rows.declare(`backlog/${browser}`, { what: `${what}: time to show all`, unit: "ms", beside, aim: { ratio: 1.0 } });
    if (browser !== "chromium") continue;
    rows.declare("backlog/task", { what: `${what}: longest task`, unit: "ms", beside, aim: { most: 50 } });
    rows.declare("backlog/key", { what: `${what}: from a key to its handler, p90`, unit: "ms", beside, aim: { ratio: 1.0 } });
    rows.declare("backlog/frame", { what: `${what}: from a key to the next frame, p90`, unit: "ms", beside, aim: { ratio: 1.0 } });
  }
  const work = await roundsOfWork(rowMs, size === "small" ? 5 : 200);
  const details = [];
  for (const browser of browsers) {
    const given = { ...plan(browser), work };
    /** @type {Record<string, any[]>} */
    const measured = Object.fromEntries(scripts.map((script) => [script, []]));
    /** @type {Record<string, number | undefined>} */
    const longest = {};
    /** @type {Record<string, { key: number, frame: number }>} */
    const answers = {};
    await alternate(given.rounds, scripts, async (script) => void measured[script].push(await measure(t, browser, script, given)));
    for (const script of browser === "chromium" ? scripts : []) {
      longest[script] = await longestTask(t, script, given);
      answers[script] = await answersToKeys(t, script, given);
    }
    for (const script of scripts) {
      details.push(cells(`${browser}, ${script}`, measured[script], longest[script], answers[script]));
      const side = script === "ours" ? "ours" : "peer";
      for (const { took } of measured[script]) rows.add(`backlog/${browser}`, { [side]: took });
      if (browser !== "chromium") continue;
      rows.add("backlog/task", { [side]: longest[script] });
      rows.add("backlog/key", { [side]: answers[script].key });
      rows.add("backlog/frame", { [side]: answers[script].frame });
    }
  }
  if (size !== "small") console.log(`\n${title}: ${rowMs} ms of work a row, and what the document adds\n${table(HEAD, details)}`);
}

/** Runs `use` in a page with that script, to which one line has been shown. */
async function onPage(t, browser, script, { lines, work }, use) {
  const server = await startApplication(t);
  await server.control("research", { id: ID, status: "in_progress" });
  const url = `${server.url}/progress/${ID}?script=${script}`;
  const go = async (page, evaluate) => {
    const shown = (count) => until(`${count} lines`, async () => (await evaluate(look)).count >= count, { within: 120_000, every: 250 });
    await until("the page is connected", () => evaluate(() => window.socket?.isConnected?.() === true));
    await evaluate(watch, work);
    await server.control("lines", { id: ID, count: 1, prefix: "first" });
    await shown(1);
    await until("the panel's own load", async () => (await evaluate(() => window.seen.loads)) > 0);
    await evaluate(reset);
    await use(page, async () => {
      await server.control("lines", { id: ID, count: lines });
      // What the old script loses shows in its table.
      await shown(lines).catch(() => {});
      return evaluate(look);
    });
  };
  if (browser === "chromium") {
    await withPage(url, { expected: EXPECTED, record: false }, (page) => go(page, (run, given) => page.evaluate(run, given)));
    return;
  }
  // Each page has the browser for a test of its own.
  await t.test(`${script} in ${browser}`, async (alone) => {
    const driven = await startBrowser(alone, browser);
    await driven.goto(url);
    await go(driven, (run, ...given) => driven.evaluate(run, given));
  });
}

/** @param {import("node:test").TestContext} t @param {string} browser @param {string} script @param {Plan} plan */
async function measure(t, browser, script, plan) {
  let seen;
  await onPage(t, browser, script, plan, async (page, deliver) => {
    const meter = browser === "chromium" ? await Meter.on(page) : undefined;
    const cost = await meter?.during(async () => (seen = await deliver()));
    seen = { ...(seen ?? (await deliver())), cpu: cost?.cpu };
    if (script === "ours") assert.equal(seen.count, plan.lines, "lines that the page has shown");
  });
  return seen;
}

/** Recording the tasks costs time, so nothing else is measured here. */
async function longestTask(t, script, plan) {
  let longest;
  await onPage(t, "chromium", script, plan, async (page, deliver) => {
    const tasks = await tasksDuring(page, deliver);
    longest = tasks.reduce((most, { cpu }) => Math.max(most, cpu), 0);
  });
  return longest;
}

/** How soon the page answers somebody who presses a key ten times a second, in a run of its own. */
async function answersToKeys(t, script, plan) {
  let seen = { keys: [], frames: [] };
  await onPage(t, "chromium", script, plan, async (page, deliver) => {
    await page.evaluate(answerKeys);
    let isOver = false;
    const pressing = (async () => {
      while (!isOver) {
        await page.keyboard.press("Shift");
        await delay(100);
      }
    })();
    await deliver();
    isOver = true;
    await pressing;
    const answered = async () => (seen = await page.evaluate(() => window.answers)).frames.length === seen.keys.length;
    await until("the last key's frame", answered);
  });
  assert.ok(seen.keys.length > 0, "keys that were answered");
  return { key: quantile(seen.keys, 0.9), frame: quantile(seen.frames, 0.9) };
}

/** In the page: from when the browser had the key to its handler, and to the end of the frame that shows what that did. */
function answerKeys() {
  const answers = { keys: [], frames: [] };
  window.answers = answers;
  window.addEventListener("keydown", (event) => {
    answers.keys.push(performance.now() - event.timeStamp);
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port2.onmessage = () => {
        port1.close();
        answers.frames.push(performance.now() - event.timeStamp);
      };
      port1.postMessage(null);
    });
  });
}

/** How many rounds of work take so long on a machine that does nothing else: the fastest of so many tries. @param {number} rowMs @param {number} tries */
async function roundsOfWork(rowMs, tries) {
  let fastest = Infinity;
  await withPage("about:blank", { record: false }, async (page) => {
    fastest = await page.evaluate((tries) => {
      const work = (rounds) => {
        let n = 1;
        for (let i = 0; i < rounds; i += 1) n = Math.imul(n, 1_103_515_245) + 12_345;
        return n;
      };
      let least = Infinity;
      for (let i = 0; i < tries; i += 1) {
        const begin = performance.now();
        work(1_000_000);
        least = Math.min(least, performance.now() - begin);
      }
      return least;
    }, tries);
  });
  return Math.round((1_000_000 * rowMs) / fastest);
}

/** In the page: has its handlers of lines do so many rounds of work, and adds up what they take. */
function watch(rounds) {
  const work = () => {
    let n = 1;
    for (let i = 0; i < rounds; i += 1) n = Math.imul(n, 1_103_515_245) + 12_345;
    return n;
  };
  window.drain = { depth: 0, done: 0 };
  for (const name of ["addConsoleLog", "_socketAddLogEntry"]) {
    const own = window[name];
    window[name] = (...args) => {
      const { drain } = window;
      const begin = performance.now();
      if (drain.depth++ === 0) drain.first ??= begin;
      if (drain.depth === 1) drain.done ^= work();
      try {
        return own(...args);
      } finally {
        drain.depth -= 1;
        drain.last = performance.now();
        if (drain.depth === 0) {
          drain.spent += drain.last - begin;
          drain.count += 1;
        }
      }
    };
  }
  const frame = () => {
    window.drain.frames += 1;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  const tick = () => {
    const due = performance.now() + 10;
    setTimeout(() => {
      window.drain.late = Math.max(window.drain.late, performance.now() - due);
      tick();
    }, 10);
  };
  tick();
  Object.assign(window.drain, { first: undefined, last: 0, spent: 0, count: 0, frames: 0, late: 0 });
}

function reset() {
  Object.assign(window.drain, { first: undefined, last: 0, spent: 0, count: 0, frames: 0, late: 0 });
}

function look() {
  const { first, last, spent, count, frames, late } = window.drain;
  return { took: last - first, spent, count, frames, late };
}

function cells(name, measured, longest, answers) {
  const of = (number) => short(median(measured.map(number)));
  return [
    name,
    String(Math.min(...measured.map(({ count }) => count))),
    of(({ took, count }) => took / count),
    of(({ spent, count }) => spent / count),
    of(({ took, spent }) => took / spent),
    measured[0].cpu === undefined ? "" : of(({ cpu, count }) => cpu / count),
    of(({ frames, took }) => (1000 * frames) / took),
    longest === undefined ? "" : longest.toFixed(0),
    of(({ late }) => late),
    answers ? short(answers.key) : "",
    answers ? short(answers.frame) : "",
  ];
}
