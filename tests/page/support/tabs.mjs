// A tab as people have it: another one in front hides it, and a hidden one is throttled and can be frozen. The pages of a
// context of Playwright's own never are: it pretends that each has the focus.

import { after } from "node:test";
import { chromium } from "playwright-core";
import { launch, watched } from "./browser.mjs";
import { freePort } from "./servers.mjs";
import { until } from "./until.mjs";

/** Timers of a hidden tab fire once a minute: after so many seconds instead of five minutes. */
const THROTTLED = "--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/2";

/** @type {ReturnType<typeof launchWithTabs> | undefined} */
let started;
after(async () => {
  const running = await started;
  await running?.browser.close();
  await running?.launched.close();
});

/** A browser whose first context has such tabs. Both have to be closed. @param {string[]} [more] arguments of its command line */
export async function launchWithTabs(more = []) {
  const port = await freePort();
  const launched = await launch([`--remote-debugging-port=${port}`, ...more]);
  return { launched, browser: await chromium.connectOverCDP(`http://127.0.0.1:${port}`, { noDefaults: true }) };
}

/**
 * Opens `url` in a tab in front; the rest is as in `withPage`.
 * @param {string} url @param {import("./browser.mjs").Options} options
 * @param {(tab: Tab, tools: import("./browser.mjs").Tools) => Promise<void>} use
 */
export async function withTab(url, options, use) {
  started ??= launchWithTabs([THROTTLED]);
  const [context] = (await started).browser.contexts();
  const page = await context.newPage();
  const tab = new Tab(page, await context.newCDPSession(page));
  try {
    await watched(page, url, options, (_, tools) => use(tab, tools));
  } finally {
    await tab.close();
  }
}

export class Tab {
  #devtools;
  /** @type {import("playwright-core").Page | undefined} */
  #front;

  /** @param {import("playwright-core").Page} page @param {import("playwright-core").CDPSession} devtools */
  constructor(page, devtools) {
    this.page = page;
    this.#devtools = devtools;
  }

  /** Brings another tab to the front. */
  async hide() {
    this.#front = await this.page.context().newPage();
    await this.#until("hidden");
  }

  /** Brings this one to the front again. */
  async show() {
    await this.page.bringToFront();
    await this.#front?.close();
    this.#front = undefined;
    await this.#until("visible");
  }

  /** Freezes the tab, which must be hidden: no task of the page runs until `resume`. */
  async freeze() {
    await this.#devtools.send("Page.setWebLifecycleState", { state: "frozen" });
  }

  async resume() {
    await this.#devtools.send("Page.setWebLifecycleState", { state: "active" });
  }

  /** As its user closes it. */
  async close() {
    await this.#front?.close();
    this.#front = undefined;
    await this.page.close();
  }

  /** @param {string} state */
  async #until(state) {
    await until(`the tab is ${state}`, () => this.page.evaluate((state) => document.visibilityState === state, state));
  }
}
