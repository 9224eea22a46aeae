// A page follows a research through a balancer while something goes wrong: what it heard against what was written.

import assert from "node:assert/strict";
import { follow } from "../page/support/follow.mjs";
import { PATIENCE_MS, until } from "../page/support/until.mjs";

/**
 * @typedef {import("./cluster.mjs").Cluster} Cluster
 * @typedef {import("../page/support/follow.mjs").Heard} Heard
 * @typedef {{ stored: string[], heard: Heard }} Outcome
 */

/** How often a line is written meanwhile. */
const EVERY_MS = 20;
/** So many lines are written before the page has to hear of a newer one. */
const AHEAD = 50;

/**
 * Each goes wrong while lines are written, and is over when the page hears of those that are written after it.
 * @type {Record<string, (cluster: Cluster, hears: () => Promise<void>, id: string) => Promise<void>>}
 */
export const FAULTS = {
  "workers are killed in turn": async (cluster, hears) => {
    for (const worker of cluster.workers.keys()) {
      cluster.killWorker(worker);
      await hears();
      await cluster.startWorker(worker);
    }
    await hears();
  },
  "workers are rolled": async (cluster, hears) => {
    await cluster.reload();
    await hears();
  },
  "Redis is restarted": async (cluster, hears) => {
    await cluster.restartRedis();
    await hears();
  },
  "the balancer is reloaded": async (cluster, hears) => {
    await cluster.reloadProxy();
    await hears();
  },
  "a worker hangs": async (cluster, hears, id) => {
    const worker = await cluster.workerOf(id);
    cluster.hangWorker(worker);
    // While it hangs: nothing but the end of the poll, and of what comes after it, leads away.
    await hears();
    cluster.wakeWorker(worker);
    await hears();
  },
};

/**
 * Follows a research of its own from before the fault to its end.
 * @param {Cluster} cluster @param {import("playwright-core").Page} page one of the cluster
 * @param {{ id: string, fault: string, options?: object }} given `options`: of the page's client
 * @returns {Promise<Outcome>}
 */
export async function run(cluster, page, { id, fault, options = {} }) {
  const research = await cluster.startResearch(id);
  const followed = await follow(page, { id, options });
  try {
    await until("a worker has the page", async () => (await cluster.workerOf(id)) >= 0);
    const hears = async () => {
      const from = research.written + AHEAD;
      const isHeard = (/** @type {number} */ from) => /** @type {any} */ (window).run.heard.lines.some((/** @type {string} */ line) => Number(line.replace("line ", "")) > from);
      await page.waitForFunction(isHeard, from, { timeout: PATIENCE_MS, polling: 50 });
    };
    const stream = research.stream(EVERY_MS);
    await hears();
    await FAULTS[fault](cluster, hears, id);
    await stream.stop();
    await research.end();
    await followed.until("the end", ({ done }) => done.length > 0);
    const stored = (await cluster.stored(id)).map(({ message }) => message);
    // What no worker was told, and was stored so long after the last outage that the page had no reason to look for it, comes from the log
    // behind the end.
    return { stored, heard: await followed.untilLines(stored.length) };
  } catch (error) {
    if (error instanceof Error) error.message += await describe(cluster, page);
    throw error;
  } finally {
    research.kill();
  }
}

/**
 * Every stored line once, one end, and in order what came live, and what came from the stored log. Between the two there is none: a line
 * that no worker was told, and whatever came while a new subscription was on its way, is late.
 * @param {Outcome} outcome
 */
export function check({ stored, heard }) {
  const left = new Set(stored);
  assert.equal(left.size, stored.length, "the log has a line twice");
  const twice = heard.lines.filter((line) => !left.delete(line));
  assert.deepEqual({ twice, missing: [...left] }, { twice: [], missing: [] });
  for (const kind of ["live", "history"]) {
    const lines = heard.lines.filter((_, n) => heard.sources[n] === kind);
    assert.deepEqual(lines, stored.filter((line) => lines.includes(line)), `lines of ${kind} are out of order`);
  }
  assert.deepEqual(heard.ends.map(({ status }) => status), ["completed"]);
  assert.deepEqual(heard.done.map(({ resolved }) => resolved?.status), ["completed"]);
  assert.deepEqual(heard.failures, []);
  assert.deepEqual(heard.gaps.filter(({ missing }) => missing !== 0), [], "a gap that claims lines that are there");
}

/** The figures of a row of the table. @param {Outcome} outcome */
export function figures({ stored, heard }) {
  const distinct = new Set(heard.lines);
  const number = (/** @type {string} */ line) => Number(line.replace("line ", ""));
  let newest = 0;
  const late = heard.lines.filter((line) => {
    const isLate = number(line) < newest;
    newest = Math.max(newest, number(line));
    return isLate;
  });
  return {
    written: stored.length,
    heard: stored.filter((line) => distinct.has(line)).length,
    twice: heard.lines.length - distinct.size,
    /** Heard after a newer one. */
    late: late.length,
    /** Milliseconds. */
    standstill: Math.round(Math.max(...heard.arrivals.slice(1).map((at, n) => at - heard.arrivals[n]))),
  };
}

/** What one asks first after a failure. @param {Cluster} cluster @param {import("playwright-core").Page} page */
async function describe(cluster, page) {
  const told = await page.evaluate(() => /** @type {any} */ (window).run.heard).catch(String);
  const { lines, times, sources, arrivals, ...rest } = told;
  return `\n${JSON.stringify({ lines: [lines?.length, lines?.at(-1)], ...rest })}\n${cluster.output}`;
}
