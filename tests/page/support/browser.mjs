// A page in a real browser. A test fails on every error that it did not announce.

import assert from "node:assert/strict";
import path from "node:path";
import { after } from "node:test";
import { chromium } from "playwright-core";
import * as places from "./places.mjs";
import { Requests, recordRequests } from "./requests.mjs";
import { OTHER_CORE, RUNTIME } from "./runtime.mjs";
import { PATIENCE_MS } from "./until.mjs";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--disable-quic",
];

/** The list under the address bar, which is a page of its own in each window, and costs more to start than most pages of the tests. */
const LISTS = ["WebUIOmniboxPopup", "WebUIOmniboxAimPopup"];

/** What Playwright switches off in a browser, and people have. */
const AS_PEOPLE_HAVE_IT = [
  "--disable-back-forward-cache",
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
];

/** What Chromium itself writes on the console for each request that fails, or is answered 4xx or 5xx. */
export const FAILED_REQUEST = /^console: Failed to load resource/;
/** A server answers 400 to a poll that comes after the end of its session, which was on its way already. */
export const OVERTAKEN_POLL = /^console: Failed to load resource.*status of 400.*[?&]sid=/;

/** @type {Promise<import("playwright-core").Browser> | undefined} */
let browser;
after(async () => {
  await (await browser)?.close();
});

/** @param {string[]} [more] arguments of its command line */
export async function launch(more = []) {
  return chromium.launch({
    executablePath: places.chromium(),
    headless: true,
    args: [...ARGUMENTS, `${await switchedOff()},${LISTS}`, ...more],
    ignoreDefaultArgs: AS_PEOPLE_HAVE_IT,
  });
}

/** Playwright's own switch, whose place a second one takes. It tells its command line where a program ends at once. */
async function switchedOff() {
  const message = await chromium.launch({ executablePath: "/bin/false" }).then(() => "", String);
  return message.match(/--disable-features=\S+/)?.[0] ?? assert.fail(`no switch in: ${message}`);
}

/**
 * @typedef {object} Options
 * @property {RegExp[]} [expected] errors that are no failure
 * @property {boolean} [record] `false` where time is measured: it costs the page some
 * @property {string} [before] a script of support/page that runs in the page before everything else
 * @typedef {{ requests: import("./requests.mjs").Requests, problems: string[] }} Tools
 */

/**
 * Opens `url` in a fresh context, runs `use`, and fails on a console error, an uncaught error or an unhandled rejection
 * unless one of `expected` matches it.
 * @param {string} url @param {Options} options
 * @param {(page: import("playwright-core").Page, tools: Tools) => Promise<void>} use
 */
export function withPage(url, options, use) {
  return inContext((context) => context.newPage().then((page) => watched(page, url, options, use)));
}

/**
 * The same with several pages of one context.
 * @param {number} count @param {string} url @param {Options} options
 * @param {(pages: import("playwright-core").Page[]) => Promise<void>} use
 */
export function withPages(count, url, options, use) {
  return inContext((context) => {
    /** @type {(pages: import("playwright-core").Page[]) => Promise<void>} */
    const open = async (pages) => (pages.length === count ? use(pages) : watched(await context.newPage(), url, options, (page) => open([...pages, page])));
    return open([]);
  });
}

/** @param {(context: import("playwright-core").BrowserContext) => Promise<void>} use */
async function inContext(use) {
  browser ??= launch();
  const context = await (await browser).newContext();
  context.setDefaultTimeout(PATIENCE_MS);
  try {
    await use(context);
  } finally {
    await context.close();
  }
}

/**
 * The same on a page that there is already.
 * @param {import("playwright-core").Page} page @param {string} url @param {Options} options
 * @param {(page: import("playwright-core").Page, tools: Tools) => Promise<void>} use
 */
export async function watched(page, url, { expected = [], record = true, before }, use) {
  /** @type {string[]} */
  const problems = [];
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(`console: ${message.text()} (${message.location().url})`);
  });
  // Chromium reports unhandled rejections here too.
  page.on("pageerror", (error) => problems.push(`uncaught: ${error?.stack || error}`));
  // Else a run for the core as JavaScript could be one for WebAssembly.
  if (RUNTIME === "js") page.on("request", (request) => request.url().endsWith(`/${OTHER_CORE}`) && problems.push(`asked for ${request.url()}`));
  page.on("crash", () => problems.push("the page crashed"));
  const requests = record ? recordRequests(page) : new Requests();
  if (before) await page.addInitScript({ path: path.join(places.PAGE_SCRIPTS, before) });
  await page.goto(url);
  try {
    await use(page, { requests, problems });
  } catch (error) {
    // What the page did on the wire is the first thing one asks after a failure.
    if (error instanceof Error) error.message += `\n${problems.join("\n")}\n${requests.toString()}`;
    throw error;
  }
  const unexpected = problems.filter((problem) => !expected.some((pattern) => pattern.test(problem)));
  assert.deepEqual(unexpected, [], "errors in the page that the test did not announce");
}
