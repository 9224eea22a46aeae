// A page in a real browser. A test fails on every error that it did not announce.

import assert from "node:assert/strict";
import { after } from "node:test";
import { chromium } from "playwright-core";
import * as places from "./places.mjs";
import { Requests, recordRequests } from "./requests.mjs";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--disable-quic",
];

/** What Chromium itself writes on the console for each request that fails, or is answered 4xx or 5xx. */
export const FAILED_REQUEST = /^console: Failed to load resource/;

/** @type {Promise<import("playwright-core").Browser> | undefined} */
let browser;
after(async () => {
  await (await browser)?.close();
});

/**
 * Opens `url` in a fresh context, runs `use`, and fails on a console error, an uncaught error or an unhandled rejection
 * unless one of `expected` matches it.
 * @param {string} url
 * @param {{ expected?: RegExp[], record?: boolean }} options `record: false` where time is measured: it costs the page some
 * @param {(page: import("playwright-core").Page, tools: { requests: import("./requests.mjs").Requests, problems: string[] }) => Promise<void>} use
 */
export async function withPage(url, { expected = [], record = true }, use) {
  browser ??= chromium.launch({ executablePath: places.chromium(), headless: true, args: ARGUMENTS });
  const context = await (await browser).newContext();
  try {
    const page = await context.newPage();
    /** @type {string[]} */
    const problems = [];
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(`console: ${message.text()} (${message.location().url})`);
    });
    // Chromium reports unhandled rejections here too.
    page.on("pageerror", (error) => problems.push(`uncaught: ${error?.stack ?? error}`));
    page.on("crash", () => problems.push("the page crashed"));
    const requests = record ? recordRequests(page) : new Requests();
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
  } finally {
    await context.close();
  }
}
