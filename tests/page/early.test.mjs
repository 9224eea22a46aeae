// When the files of the package are asked for: a server holds one back until another is asked for, so what waits for it never comes.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { FAILED_REQUEST, withPage } from "./support/browser.mjs";
import { numbered } from "./support/follow.mjs";
import { packageFolder, ROOT } from "./support/places.mjs";
import { startHttp, startServer } from "./support/servers.mjs";
import { eventsDuring } from "./support/tasks.mjs";
import { LIMIT, until } from "./support/until.mjs";
import { startBrowser } from "./support/webdriver.mjs";

const WASM = "research_socket_bg.wasm";
const SCRIPT_CORE = "research_socket_core.js";
const CLASSIC = "research-socket.compat.js";
const POLICIES = {
  [SCRIPT_CORE]: "default-src 'self'; script-src 'self' 'unsafe-inline'",
  [WASM]: "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'",
};
const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm" };
const FOLDER = packageFolder();

/** @typedef {{ goto: (url: string) => Promise<unknown> }} Page */

/**
 * Serves the package, and a page at each address else.
 * @param {import("node:test").TestContext} t
 * @param {{ policy: string, page: string, holds?: Record<string, string[]> }} site `holds`: a file → those that have to be asked for before
 *   it is answered
 */
async function serve(t, { policy, page, holds = {} }) {
  /** @type {string[]} */
  const asked = [];
  const { url } = await startHttp(t, async ({ url = "" }, response) => {
    const { pathname } = new URL(url, "http://x");
    const name = path.basename(pathname);
    response.setHeader("Content-Security-Policy", policy);
    asked.push(pathname.startsWith("/socket.io") ? "handshake" : name);
    if (name === "favicon.ico" || pathname.startsWith("/socket.io")) return response.writeHead(404).end();
    const before = holds[name] ?? [];
    const isThere = () => before.every((file) => asked.includes(file));
    while (!isThere() && !response.closed) await new Promise((resolve) => setTimeout(resolve, 5));
    if (name === "held.js") return response.writeHead(200, { "Content-Type": "text/javascript" }).end();
    if (!pathname.startsWith("/pkg/")) return response.writeHead(200, { "Content-Type": "text/html" }).end(page);
    const type = /** @type {Record<string, string>} */ (TYPES)[path.extname(name)];
    response.writeHead(200, { "Content-Type": type, "Cache-Control": "no-cache" }).end(await readFile(path.join(FOLDER, name)));
  });
  const saw = (/** @type {string} */ file) => until(file, () => asked.includes(file), { seen: () => asked });
  return { url, asked, saw };
}

/** Runs `use` with a page of each browser. @param {string} title @param {(t: import("node:test").TestContext, page: Page) => Promise<void>} use */
function inBoth(title, use) {
  test(`${title} (chromium)`, LIMIT, (t) => withPage("about:blank", { expected: [FAILED_REQUEST], record: false }, (page) => use(t, page)));
  test(`${title} (firefox)`, LIMIT, async (t) => use(t, await startBrowser(t, "firefox")));
}

/** Of those of the scripts, 700 run until a page is connected. */
const MOST_LATE = 100;

test("Chromium compiles the scripts for old pages while they arrive, and not when their functions are called", LIMIT, async (t) => {
  const server = await startServer(t, "flask", { page: true, security: "strict" });
  await server.control("research", { id: "r1", status: "in_progress" });
  await withPage("about:blank", { record: false }, async (page) => {
    await page.goto(`${server.url}/progress/r1`);
    const compiled = await eventsDuring(page, "disabled-by-default-v8.compile", async () => {
      await page.evaluate((/** @type {string} */ src) => void document.head.append(Object.assign(document.createElement("script"), { src })), `/pkg/${CLASSIC}`);
      await page.waitForFunction(() => /** @type {any} */ (window).socket?.isConnected());
    });
    const late = compiled.filter(({ name }) => name === "V8.CompileCode");
    assert.ok(late.length < MOST_LATE, `${late.length} functions were compiled one by one`);
  });
});

/** What a guide has between its ```html fences, with these files in it. @param {string} guide @param {RegExp} has */
async function hintsOf(guide, has) {
  const text = await readFile(path.join(ROOT, "docs/guides", guide), "utf8");
  const blocks = [...text.matchAll(/```html\n([^]*?)```/g)].map(([, block]) => block).filter((block) => has.test(block));
  assert.ok(blocks.length > 0, `${guide} has no hints`);
  return blocks.join("").replaceAll("/static/research-socket/", "/pkg/").match(/<link .*>/g) ?? [];
}

for (const core of [WASM, SCRIPT_CORE]) {
  inBoth(`the script for old pages asks for ${core} while the page is parsed, before anything is wanted of it`, async (t, page) => {
    // It is not to connect, so that only the script itself can have asked. The document is not ready before the held script is there.
    // In the body: Firefox sends no fetch while a script of the head is on its way.
    const html = `<!doctype html><title>Page</title><body><script src="/pkg/${CLASSIC}"></script><script>socket.disconnect()</script><script src="/held.js"></script><p>`;
    const { url, asked } = await serve(t, { policy: POLICIES[core], page: html, holds: { "held.js": [core] } });
    await page.goto(`${url}/progress/1`);
    const others = [WASM, SCRIPT_CORE, "handshake"].filter((file) => file !== core);
    assert.deepEqual(others.filter((file) => asked.includes(file)), []);
  });

  inBoth(`the handshake of an old page does not wait for ${core}`, async (t, page) => {
    const html = `<!doctype html><title>Page</title><body><script src="/pkg/${CLASSIC}"></script>`;
    const { url, saw } = await serve(t, { policy: POLICIES[core], page: html, holds: { [core]: ["handshake"] } });
    await page.goto(`${url}/progress/1`);
    await saw("handshake");
  });

  inBoth(`with the guide's hint ${core} waits for no script, and is loaded once`, async (t, page) => {
    const [hint] = (await hintsOf("old-script.md", /preload/)).filter((link) => link.includes(core));
    const html = `<!doctype html><title>Page</title>${hint}<body><script src="/pkg/${CLASSIC}"></script>`;
    const { url, asked, saw } = await serve(t, { policy: POLICIES[core], page: html, holds: { [CLASSIC]: [core] } });
    await page.goto(`${url}/progress/1`);
    await saw("handshake");
    assert.deepEqual(asked.filter((file) => file === core || file === CLASSIC).sort(), [CLASSIC, core].sort());
  });

  inBoth(`with the guide's hints no file of the module waits for another, up to ${core}`, async (t, page) => {
    const other = core === WASM ? SCRIPT_CORE : WASM;
    const hints = (await hintsOf("strict-csp.md", /preload/)).filter((link) => !link.includes(other));
    const files = ["index.js", "research_socket.js", core];
    const holds = Object.fromEntries(files.map((file) => [file, files.filter((each) => each !== file)]));
    const html = `<!doctype html><title>Page</title>${hints.join("")}<body><script type="module">import { connect } from "/pkg/index.js"; void connect();</script>`;
    const { url, asked, saw } = await serve(t, { policy: POLICIES[core], page: html, holds });
    await page.goto(url);
    await saw("handshake");
    assert.deepEqual([...files, other].map((file) => asked.filter((each) => each === file).length), [1, 1, 1, 0]);
  });
}

for (const [kind, name] of /** @type {const} */ ([["flask", "Flask-SocketIO"], ["asgi", "python-socketio under ASGI"], ["node", "the npm server"]])) {
  test(`an old page follows its research on ${name} before its core is there, which then goes on in the same session`, LIMIT, async (t) => {
    const server = await startServer(t, kind, { page: true });
    // The npm server has no stored log.
    const hasLog = kind !== "node";
    if (hasLog) await server.control("research", { id: "r1", status: "in_progress" });
    await withPage("about:blank", { expected: hasLog ? [] : [FAILED_REQUEST] }, async (page, { requests }) => {
      await page.goto(`${server.url}/progress/r1`);
      await server.control("lines", { id: "r1", count: 10, prefix: "before" });
      let held = 0;
      await page.route(new RegExp(`${WASM}|${SCRIPT_CORE}`), async (route) => {
        held += 1;
        await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length > 0);
        await server.control("lines", { id: "r1", count: 40 });
        await requests.until("the stored log", () => requests.all.filter(({ path: asked }) => /logs$/.test(asked)), 1);
        await route.continue();
      });
      await page.evaluate((/** @type {string[]} */ [src, path]) => {
        const heard = /** @type {string[]} */ ([]);
        const script = Object.assign(document.createElement("script"), { src });
        script.dataset.path = path;
        script.onload = () => /** @type {any} */ (window).socket.subscribeToResearch("r1", () => {});
        Object.assign(window, { heard, addConsoleLog: (/** @type {string} */ line) => heard.push(line) });
        document.head.append(script);
      }, [`/pkg/${CLASSIC}`, server.path]);
      const heard = () => page.evaluate(() => /** @type {string[]} */ (/** @type {any} */ (window).heard));
      await until("the lines", async () => (await heard()).includes("line 40"), { seen: heard });
      await server.control("lines", { id: "r1", count: 10, first: 41 });
      await until("lines of later", async () => (await heard()).includes("line 50"), { seen: heard });
      assert.deepEqual((await heard()).filter((line) => line.startsWith("line")), numbered("line", 1, 50));
      assert.equal(held, 1);
      const { sessions, subscriptions } = await server.stats();
      assert.deepEqual([sessions.length, subscriptions.length, requests.handshakes().length], [1, 1, 1]);
      await page.goto("about:blank");
      await server.untilGoodbye();
    });
  });
}
