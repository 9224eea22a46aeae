// The test's side of support/page/follow.js: starts it in a page and asks what the page has heard.

import assert from "node:assert/strict";
import { RUNTIME } from "./runtime.mjs";
import { PATIENCE_MS, until } from "./until.mjs";

/**
 * @typedef {{ isError?: boolean, name?: string, code?: string, message?: string, [field: string]: unknown }} Plain
 * @typedef {object} Heard
 * @property {string[]} updates messages of the updates, in the order in which the page got them
 * @property {string[]} lines messages of the log lines
 * @property {(string | undefined)[]} times their times, as the server wrote them
 * @property {string[]} sources where they came from
 * @property {number[]} arrivals when the page heard them, in milliseconds of its own clock
 * @property {Plain[]} ends what `end` carried, each time, and `afterLines`: how many lines had come before it
 * @property {{ resolved?: Plain, rejected?: Plain }[]} done
 * @property {Plain[]} gaps
 * @property {Plain[]} failures
 * @property {{ at: number, event: string, detail: any }[]} connection
 * @property {{ name: string, reason?: Plain, attempt?: number, delay?: number }[]} states
 * @property {Plain[]} warnings
 */

/** Follows a research with this package. @param {import("playwright-core").Page} page @param {object} given */
export async function follow(page, given) {
  await call(page, "follow", given);
  await checkRuntime(page);
  return new Followed(page);
}

/** Follows a research with socket.io-client. @param {import("playwright-core").Page} page @param {object} given */
export async function followWithPeer(page, given) {
  await call(page, "followWithPeer", given);
  return new Followed(page);
}

/** Connects and follows nothing. @param {import("playwright-core").Page} page @param {object} [options] */
export async function connectOnly(page, options) {
  await call(page, "connectOnly", options);
  await checkRuntime(page);
  return new Followed(page);
}

/** @param {import("playwright-core").Page} page @param {string} name @param {unknown} [given] */
function call(page, name, given) {
  return page.evaluate(async ([name, given]) => (await import("/support/follow.js"))[name](given), [name, given]);
}

/** @param {import("playwright-core").Page} page */
async function checkRuntime(page) {
  const runtime = await page.evaluate(() => /** @type {any} */ (window).run.client.stats().runtime);
  assert.equal(runtime, RUNTIME, "the version of the core that the page runs");
}

export class Followed {
  #page;

  /** @param {import("playwright-core").Page} page */
  constructor(page) {
    this.#page = page;
  }

  /** @returns {Promise<Heard>} */
  heard() {
    return this.#page.evaluate(() => /** @type {any} */ (window).run.heard);
  }

  /** Times at which the page heard of an event of the connection. @param {string} event */
  async events(event) {
    return (await this.heard()).connection.filter((entry) => entry.event === event);
  }

  /** Waits until the newest connection has lasted so long. @param {number} ms */
  async untilConnectedFor(ms) {
    const lasted = (/** @type {number} */ ms) => {
      const { connection } = /** @type {any} */ (window).run.heard;
      const last = connection.at(-1);
      return ["connect", "reconnect"].includes(last?.event) && performance.now() - last.at > ms;
    };
    await this.#page.waitForFunction(lasted, ms, { timeout: ms + PATIENCE_MS, polling: 100 });
  }

  connected() {
    return this.#page.evaluate(() => /** @type {any} */ (window).run.client?.connected === true);
  }

  /**
   * Waits for a number of log lines, and asks the page so little that the asking cannot slow it down.
   * @param {number} count
   */
  async untilLines(count, within = PATIENCE_MS) {
    const enough = (/** @type {number} */ count) => /** @type {any} */ (window).run.heard.lines.length >= count;
    await this.#page.waitForFunction(enough, count, { timeout: within, polling: 100 }).catch(async () => {
      throw new Error(`not within ${within} ms: ${count} lines; last seen: ${JSON.stringify(summary(await this.heard()))}`);
    });
    return this.heard();
  }

  /**
   * Waits until what the page has heard fulfils a condition, and returns it.
   * @param {string} what @param {(heard: Heard) => unknown} holds
   */
  async until(what, holds) {
    /** @type {Heard | undefined} */
    let last;
    const look = async () => {
      last = await this.heard();
      return holds(last);
    };
    await until(what, look, { every: 50, seen: () => last && summary(last) });
    return /** @type {Heard} */ (/** @type {unknown} */ (last));
  }
}

/** @param {Heard} heard */
function summary(heard) {
  const { lines, times, sources, arrivals, updates, ...rest } = heard;
  return { lines: [lines.length, lines.at(-1)], updates: [updates.length, updates.at(-1)], ...rest };
}

/** `["line 1", "line 2", …]` @param {string} prefix @param {number} from @param {number} to inclusive */
export function numbered(prefix, from, to) {
  return Array.from({ length: to - from + 1 }, (_, n) => `${prefix} ${from + n}`);
}
