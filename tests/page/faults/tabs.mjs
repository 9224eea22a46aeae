// Tabs of one browser, which are used again from run to run where opening one is dear.

import { FAILED_REQUEST, withPages } from "../support/browser.mjs";
import { startBrowser } from "../support/webdriver.mjs";

/**
 * @typedef {object} Tab
 * @property {(url: string) => Promise<unknown>} goto
 * @property {<T>(run: (given: any) => T, args?: [unknown]) => Promise<Awaited<T>>} evaluate
 * @typedef {(count: number, use: (tabs: Tab[]) => Promise<void>) => Promise<void>} Tabs
 */

/** Each time those of a new context. @type {Tabs} */
export async function chromiumTabs(count, use) {
  await withPages(count, "about:blank", { expected: [FAILED_REQUEST], record: false }, (pages) =>
    use(pages.map((page) => ({ goto: (url) => page.goto(url), evaluate: (run, args) => page.evaluate(/** @type {any} */ (run), args?.[0]) }))),
  );
}

/** The same windows each time: a tab behind another one would be throttled. @param {Awaited<ReturnType<typeof startBrowser>>} browser @returns {Tabs} */
export function firefoxTabs(browser) {
  /** @type {Tab[]} */
  const windows = [];
  return async (count, use) => {
    while (windows.length < count) windows.push(await browser.openWindow());
    const tabs = windows.slice(0, count);
    try {
      await use(tabs);
    } finally {
      await Promise.all(tabs.map((tab) => tab.goto("about:blank")));
    }
  };
}
