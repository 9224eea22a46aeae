// The old page with elements in it whose names are those of what the package asks the page and the browser for (DOM clobbering):
// what somebody could put there who may write HTML without scripts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { withPage } from "../support/browser.mjs";
import { numbered } from "../support/follow.mjs";
import { LIMIT, until } from "../support/until.mjs";
import { startBrowser } from "../support/webdriver.mjs";
import { ID, OldPage, startWithOldPage } from "./old-page.mjs";

/** An image that says where it is, and is never loaded. */
const IMAGE = '<img name="currentScript" src="/elsewhere/script.js" loading="lazy" hidden>';
/** The page itself has used some of them before. */
const OF_DOCUMENT = ["addEventListener", "removeEventListener", "baseURI", "querySelector", "visibilityState", "hidden", "readyState", "defaultView"];
const OF_WINDOW = ["socket", "pollIntervals", "pollResearchStatus", "_processedSocketMessages", "_socketAddLogEntry", "addConsoleLog", "api", "showNotification"];

const MARKUP = [
  IMAGE,
  ...OF_DOCUMENT.map((name) => `<form name="${name}"></form>`),
  ...OF_WINDOW.map((name) => `<object id="${name}"></object>`),
  '<a id="socket"></a><a id="pollIntervals"></a>',
].join("\n");

/** Whether they are there, in the page. */
const areThere = () => document["currentScript"] instanceof HTMLImageElement && typeof document["querySelector"]["call"] !== "function";

for (const name of /** @type {const} */ (["chromium", "firefox", "webkit"])) {
  test(`an old page with elements of such names runs to its end in ${name}`, LIMIT, async (t) => {
    const server = await startWithOldPage(t, { tag: "after", markup: MARKUP, security: "wasm" });
    const url = `${server.url}/progress/${ID}`;
    if (name === "chromium") return withPage(url, {}, (page) => runs(server, page));
    const browser = await startBrowser(t, name);
    await browser.goto(url);
    await runs(server, browser);
  });
}

/** @param {any} server @param {{ evaluate: (run: () => any) => Promise<any> }} browser */
async function runs(server, browser) {
  const page = new OldPage(browser);
  assert.equal(await browser.evaluate(areThere), true);
  await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length > 0);
  await server.control("lines", { id: ID, count: 10 });
  await page.until("the lines", ({ log }) => log.includes("line 10"));
  await server.control("final", { id: ID });
  const seen = await page.until("the page of the finished research", ({ starts }) => starts === 2);
  assert.deepEqual(seen.logAtEnd, [...numbered("line", 1, 10), "Research completed"]);
  const files = async () => (await server.stats()).requests.map(({ path }) => path).filter((path) => !/socket\.io|^\/(api|progress)\//.test(path));
  await until("the core is loaded", async () => (await files()).includes("/pkg/research_socket_bg.wasm"));
  assert.deepEqual(new Set((await files()).filter((path) => path !== "/favicon.ico")), new Set(["/pkg/research-socket.compat.js", "/pkg/research_socket_bg.wasm"]));
}
