// How long a backlog of lines takes a page whose handler needs some milliseconds for each: the stand-in of the application's page, with
// the old script and with ours in its place. What counts is the time beside that of the handlers, which no client can shorten.

import { parseArgs } from "node:util";
import { test } from "node:test";
import { startApplication } from "../page/old-page/open.mjs";
import { FAILED_REQUEST, withPage } from "../page/support/browser.mjs";
import { tasksDuring } from "../page/support/tasks.mjs";
import { until } from "../page/support/until.mjs";
import { startBrowser } from "../page/support/webdriver.mjs";
import { Meter } from "./support/meter.mjs";
import { median, short, table } from "./support/table.mjs";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    lines: { type: "string" },
    row: { type: "string", default: "7" },
    browsers: { type: "string" },
    scripts: { type: "string", default: "old,ours" },
    rounds: { type: "string" },
  },
});
const COUNT = Number(values.lines ?? (values.quick ? 500 : 3_000));
const ROW_MS = Number(values.row);
const ROUNDS = Number(values.rounds ?? (values.quick ? 1 : 3));
const BROWSERS = (values.browsers ?? (values.quick ? "chromium" : "chromium,firefox,webkit")).split(",");
const SCRIPTS = values.scripts.split(",");
const ID = "research-1";
/** It asks for what the server does not have, and its sessions end with requests that fail. */
const EXPECTED = [FAILED_REQUEST, /^console: WebSocket connection/];
const HEAD = ["browser, script", "lines", "ms/line", "handlers ms/line", "time / handlers", "cpu ms/line", "frames/s", "longest task ms", "late ms"];

test("a backlog of lines", async (t) => {
  const rows = [];
  const rounds = await roundsOfWork();
  for (const browser of BROWSERS) {
    const runs = SCRIPTS.map((script) => ({ script, measured: [] }));
    for (let round = 0; round < ROUNDS; round += 1) {
      // Whoever is second finds a warmer machine.
      for (const { script, measured } of round % 2 ? runs.toReversed() : runs) {
        await t.test(`${browser}, ${script}`, async (t) => measured.push(await measure(t, browser, script, rounds)));
      }
    }
    for (const { script, measured } of runs) {
      let longest;
      if (browser === "chromium") await t.test(`${browser}, ${script}, tasks`, async (t) => (longest = await longestTask(t, script, rounds)));
      if (measured.length > 0) rows.push(cells(`${browser}, ${script}`, measured, longest));
    }
  }
  console.log(`\n${COUNT} lines at once, ${ROW_MS} ms of work a row, and what the document adds; median of ${ROUNDS}`);
  console.log(table(HEAD, rows));
});

/** Runs `use` in a page with that script, to which one line has been shown. */
async function onPage(t, browser, script, rounds, use) {
  const server = await startApplication(t);
  await server.control("research", { id: ID, status: "in_progress" });
  const url = `${server.url}/progress/${ID}?script=${script}`;
  const go = async (page, evaluate) => {
    const shown = (count) => until(`${count} lines`, async () => (await evaluate(look)).count >= count, { within: 120_000, every: 250 });
    await until("the page is connected", () => evaluate(() => window.socket?.isConnected?.() === true));
    await evaluate(watch, rounds);
    await server.control("lines", { id: ID, count: 1, prefix: "first" });
    await shown(1);
    await until("the panel's own load", async () => (await evaluate(() => window.seen.loads)) > 0);
    await evaluate(reset);
    await use(page, async () => {
      await server.control("lines", { id: ID, count: COUNT });
      await shown(COUNT).catch(() => {});
      return evaluate(look);
    });
  };
  if (browser === "chromium") {
    await withPage(url, { expected: EXPECTED, record: false }, (page) => go(page, (run, given) => page.evaluate(run, given)));
    return;
  }
  const driven = await startBrowser(t, browser);
  await driven.goto(url);
  await go(driven, (run, ...given) => driven.evaluate(run, given));
}

async function measure(t, browser, script, rounds) {
  let seen;
  await onPage(t, browser, script, rounds, async (page, deliver) => {
    const meter = browser === "chromium" ? await Meter.on(page) : undefined;
    const cost = await meter?.during(async () => (seen = await deliver()));
    seen = { ...(seen ?? (await deliver())), cpu: cost?.cpu };
  });
  return seen;
}

/** Recording the tasks costs time, so nothing else is measured here. */
async function longestTask(t, script, rounds) {
  let longest;
  await onPage(t, "chromium", script, rounds, async (page, deliver) => {
    const tasks = await tasksDuring(page, deliver);
    longest = tasks.reduce((most, { cpu }) => Math.max(most, cpu), 0);
  });
  return longest;
}

/** How many rounds of work take so long on a machine that does nothing else: the fastest of many tries. */
async function roundsOfWork() {
  let fastest = Infinity;
  await withPage("about:blank", { record: false }, async (page) => {
    fastest = await page.evaluate(() => {
      const work = (rounds) => {
        let n = 1;
        for (let i = 0; i < rounds; i += 1) n = Math.imul(n, 1_103_515_245) + 12_345;
        return n;
      };
      let least = Infinity;
      for (let i = 0; i < 200; i += 1) {
        const begin = performance.now();
        work(1_000_000);
        least = Math.min(least, performance.now() - begin);
      }
      return least;
    });
  });
  return Math.round((1_000_000 * ROW_MS) / fastest);
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

function cells(name, measured, longest) {
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
  ];
}
