// A page with the element and a research that says what the test tells it; no server follows it.

import { readFile } from "node:fs/promises";
import path from "node:path";
import { withPage } from "../support/browser.mjs";
import { PAGE_SCRIPTS, packageFolder } from "../support/places.mjs";
import { startHttp } from "../support/servers.mjs";

/** As strict as a page can be that has scripts of its own. */
export const STRICT = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

const TYPES = { ".js": "text/javascript", ".map": "application/json", ".wasm": "application/wasm" };

/**
 * Serves the package, the scripts of pages and an empty page with a policy.
 * @param {import("node:test").TestContext} t @param {{ policy?: string, lang?: string, body?: string }} [options]
 */
export async function startPages(t, { policy = STRICT, lang = "en", body = "" } = {}) {
  const folders = { "/pkg/": packageFolder(), "/support/": PAGE_SCRIPTS };
  const html = `<!doctype html><html lang="${lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Page</title><link rel="icon" href="/icon"><main><h1>Page</h1>${body}</main></html>`;
  return startHttp(t, async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const folder = Object.keys(folders).find((prefix) => pathname.startsWith(prefix));
    if (pathname === "/") return void response.writeHead(200, { "Content-Type": "text/html", "Content-Security-Policy": policy }).end(html);
    const file = folder && (await readFile(path.join(folders[folder], path.basename(pathname))).catch(() => undefined));
    if (!file) return void response.writeHead(204).end();
    response.writeHead(200, { "Content-Type": TYPES[path.extname(pathname)] ?? "text/plain" }).end(file);
  });
}

/**
 * Opens a page with an element in Chromium.
 * @param {import("node:test").TestContext} t
 * @param {{ policy?: string, lang?: string, body?: string, hash?: string, expected?: RegExp[], mount?: object }} options `mount`: of support/page/element.js
 * @param {(page: import("playwright-core").Page, tools: import("../support/browser.mjs").Tools) => Promise<void>} use
 */
export const withElement = (t, options, use) => withMounted(t, "element.js", options, use);

/** The same with a list, as support/page/list.js mounts it. @type {typeof withElement} */
export const withList = (t, options, use) => withMounted(t, "list.js", options, use);

async function withMounted(t, script, { hash = "", expected = [], mount = {}, ...options }, use) {
  const { url } = await startPages(t, options);
  await withPage(`${url}/${hash}`, { expected }, async (page, tools) => {
    await page.evaluate(async ([script, mount]) => {
      const support = await import(`/support/${script}`);
      Object.assign(window, { support });
      support.mount(mount);
    }, [script, mount]);
    readAfterPainting(page);
    await use(page, tools);
  });
}

/**
 * The element paints in the next frame what has happened. What runs in the page sees what a person sees, and not what was there
 * before it, however quick the machine is. @param {import("playwright-core").Page} page
 */
function readAfterPainting(page) {
  const evaluate = page.evaluate.bind(page);
  const painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(undefined))));
  Object.assign(page, {
    evaluate: async (/** @type {any[]} */ ...args) => {
      await evaluate(painted);
      return Reflect.apply(evaluate, page, args);
    },
  });
}
