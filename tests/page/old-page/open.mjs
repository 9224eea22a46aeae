// The stand-in of the application's page, with the old script's behaviour or with ours in its place.

import path from "node:path";
import { fileURLToPath } from "node:url";
import { randomOf } from "../../servers/random.mjs";
import { withPage } from "../support/browser.mjs";
import { startServer } from "../support/servers.mjs";
import { until } from "../support/until.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));

/**
 * The application's server as of 1.5, with its security headers, whose pages are the stand-in.
 * @param {import("node:test").TestContext} t @param {{ static?: string[], [flag: string]: unknown }} [flags]
 */
export function startApplication(t, { static: more = [], ...flags } = {}) {
  const own = { page: true, release: "1.5", html: path.join(HERE, "page.html"), static: [`/old-page=${HERE}`, ...more] };
  return startServer(t, "flask", { ...own, security: "strict", ...flags });
}

/**
 * @typedef {object} Row
 * @property {string} text @property {number} times how often the page has counted it @property {number} second of the time that it shows
 * @typedef {object} Seen
 * @property {Row[]} rows from the bottom to the top, as people see them
 * @property {number | null} firstRow in milliseconds since the navigation
 * @property {number} loads how often the panel has written the stored log
 * @property {number} downloaded how many lines a download had
 * @property {string} end @property {boolean} isConnected
 * @property {string[]} shown which of the page's own areas are shown, by id or class
 * @property {{ status: string, count: string, lines: string[] } | null} element that stands in their place, and what it shows
 * @property {{ calls: number, lines: number, statuses: string[], others: any[] }} heard by the page's own handler
 * @property {{ warnings: string[], errors: string[] }} said
 */

/** Runs in the page. @returns {Seen} */
function look() {
  const rows = [...document.querySelectorAll(".ldr-console-log-entry")].map((row) => {
    const { times, at } = /** @type {HTMLElement} */ (row).dataset;
    return { text: row.querySelector(".ldr-log-message")?.textContent ?? "", times: Number(times), second: Number(at) };
  });
  const shown = ["#research-progress-card", ".ldr-collapsible-log-panel"].filter((selector) => {
    const area = document.querySelector(selector);
    return area && getComputedStyle(area).display !== "none";
  });
  const { seen, socket, heard, said } = /** @type {any} */ (window);
  const root = document.querySelector("research-progress")?.shadowRoot;
  const part = (/** @type {string} */ name) => root?.querySelector(name)?.textContent ?? "";
  const lines = [...(root?.querySelectorAll(".layer .text") ?? [])].map(({ textContent }) => textContent ?? "");
  const element = root ? { status: part(".status"), count: part(".filter-all .count"), lines } : null;
  return { ...seen, rows, end: document.documentElement.dataset.end ?? "", isConnected: socket.isConnected(), shown, element, heard, said };
}

export class Application {
  #page;

  /** @param {{ evaluate: (run: () => any) => Promise<any> }} page of Playwright or of a driver */
  constructor(page) {
    this.#page = page;
  }

  /** @returns {Promise<Seen>} */
  seen() {
    return this.#page.evaluate(look);
  }

  /** Waits until what is seen fulfils a condition, and returns it. @param {string} what @param {(seen: Seen) => unknown} holds */
  async until(what, holds) {
    let last = /** @type {Seen | undefined} */ (undefined);
    const check = async () => {
      last = await this.seen();
      return holds(last);
    };
    await until(what, check, { every: 30, seen: () => last && { ...last, rows: last.rows.map(({ text }) => text) } });
    return /** @type {Seen} */ (/** @type {unknown} */ (last));
  }

  /** What is seen when the page has nothing more to do at once: rows that wait to be written stand. @returns {Promise<Seen>} */
  async atRest() {
    // Behind all tasks of another kind, also those that each leads to.
    await this.#page.evaluate(() => /** @type {any} */ (window).scheduler.postTask(() => {}, { priority: "background" }));
    return this.seen();
  }

  /** Has the page download the log. */
  download() {
    return this.#page.evaluate(() => document.getElementById("log-download-button")?.click());
  }
}

/**
 * A tab for pages of the application.
 * @param {{ expected?: RegExp[] }} options @param {(tab: Tab) => Promise<void>} use
 */
export async function withTab({ expected }, use) {
  await withPage("about:blank", { expected, record: false }, async (page) => {
    await page.addInitScript(`(${delayRequests})(${randomOf})`);
    await use(new Tab(page));
  });
}

class Tab {
  #page;

  /** @param {import("playwright-core").Page} page */
  constructor(page) {
    this.#page = page;
  }

  /**
   * Opens the page of a research.
   * @param {{ url: string }} server @param {string} id
   * @param {{ script?: "old" | "ours", row?: number, seed?: number, transports?: string }} [options] `row`: milliseconds that a row costs; `seed`: of the
   *   delays that requests and answers have; `transports`: an attribute of the script's tag
   */
  async open(server, id, { script = "ours", row = 0, seed, transports } = {}) {
    await this.#page.goto(`${server.url}/progress/${id}?script=${script}&row=${row}${seed === undefined ? "" : `&seed=${seed}`}${transports === undefined ? "" : `&transports=${transports}`}`);
    return new Application(this.#page);
  }
}

/**
 * Runs in the page before everything else: with a seed, requests and answers of socket, stored log and panel come some time later,
 * and with the same seed equally late. @param {typeof randomOf} randomOf
 */
function delayRequests(randomOf) {
  const seed = new URLSearchParams(location.search).get("seed");
  if (seed === null) return;
  const random = randomOf(Number(seed));
  // Each run has its own slow kind.
  const longest = { socket: 150 * random(), log: 300 * random(), panel: 300 * random() };
  const pass = (/** @type {number} */ limit) => new Promise((resolve) => setTimeout(resolve, limit * random()));
  const { fetch } = window;
  window.fetch = async (asked, ...more) => {
    const address = asked instanceof Request ? asked.url : String(asked);
    const kind = !/logs$/.test(address) ? "socket" : asked instanceof Request ? "log" : "panel";
    await pass(longest[kind]);
    const answer = await fetch(asked, ...more);
    await pass(longest[kind]);
    return answer;
  };
}

/**
 * How often lines are missing, and stand there more often than they should.
 * @param {Row[]} rows @param {string[]} expected
 */
export function count(rows, expected) {
  const times = new Map();
  for (const row of rows) times.set(row.text, (times.get(row.text) ?? 0) + row.times);
  const lost = expected.filter((text) => !times.has(text));
  const twice = expected.filter((text) => times.get(text) > 1);
  return { lost, twice };
}
