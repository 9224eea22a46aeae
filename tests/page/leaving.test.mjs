// A page that is left, and one that only seems to be: Firefox and WebKit end what a page has open as soon as a navigation begins,
// be it to another page or to a download. Each browser is asked, at each of the real servers.

import assert from "node:assert/strict";
import http from "node:http";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { FAILED_REQUEST, withPage } from "./support/browser.mjs";
import { startServer } from "./support/servers.mjs";
import { until } from "./support/until.mjs";
import { startBrowser } from "./support/webdriver.mjs";

/** @typedef {{ goto: (url: string) => Promise<unknown>, goBack: () => Promise<unknown>, evaluate: <T>(run: () => T) => Promise<T> }} Page */
/** @typedef {"chromium" | "firefox" | "webkit"} Name */

const ID = "research-1";
/** How often a page is left. */
const TIMES = { chromium: 4, firefox: 10, webkit: 4 };
/** How long the next page takes: as long as a busy server does. The page that is left lives on meanwhile. */
const SLOW_MS = 1000;
/** Before a browser knows that it is a download, the page has had time to do something wrong. */
const DOWNLOAD_MS = 500;

/** @param {string} path where the server answers */
const html = (path) => `<!doctype html><meta charset="utf-8"><title>Page</title>
<a id="next" href="/next">next</a> <a id="file" href="/file">file</a> <div></div>
<script type="module">
  import { connect } from "/pkg/index.js";
  const heard = { told: [], lines: [], gaps: [] };
  const client = await connect({ path: "${path}" });
  for (const event of ["disconnect", "connect_error", "reconnect_attempt", "reconnect"]) client.on(event, () => heard.told.push(event));
  client.on("state", ({ name }) => heard.told.push(name));
  const research = client.subscribe("${ID}");
  research.on("log", ({ message }) => heard.lines.push(message));
  research.on("gap", ({ missing }) => heard.gaps.push(missing));
  Object.assign(window, { client, heard });
  // What it was told until it was gone.
  addEventListener("pagehide", () => navigator.sendBeacon("/told", JSON.stringify(heard.told)));
  addEventListener("pageshow", ({ persisted }) => (window.persisted = persisted));
</script>`;

/**
 * One of the servers, with a page, a frame around it, a slow page and a download before it.
 * @param {import("node:test").TestContext} t @param {"flask" | "asgi" | "node"} kind
 */
async function startSite(t, kind) {
  const server = await startServer(t, kind, { page: true });
  const forbidden = (await fetch(server.url)).headers.get("content-security-policy");
  const policy = forbidden === null ? {} : { "Content-Security-Policy": forbidden };
  /** @type {string[]} */
  const handshakes = [];
  /** @type {Set<string>} */
  const goodbyes = new Set();
  /** @type {string[]} */
  const told = [];
  let left = 0;
  let downloads = 0;
  /** @param {http.ServerResponse} response @param {string} body @param {object} [headers] */
  const answer = (response, body, headers) => void response.writeHead(200, { "Content-Type": "text/html", "Cache-Control": "no-cache", ...policy, ...headers }).end(body);
  const site = http.createServer(async (request, response) => {
    const { method, headers, url = "" } = request;
    if (url === "/page") return answer(response, html(server.path));
    if (url === "/frame") return answer(response, '<!doctype html><title>Frame</title><a id="next" href="/next">next</a><iframe src="/page"></iframe>');
    if (url === "/next") return void setTimeout(answer, SLOW_MS, response, "<!doctype html><title>Next</title>");
    if (url === "/file") {
      response.on("finish", () => (downloads += 1));
      return void setTimeout(answer, DOWNLOAD_MS, response, "data", { "Content-Type": "application/octet-stream", "Content-Disposition": "attachment; filename=data.bin" });
    }
    const body = method === "POST" ? await text(request) : "";
    if (url === "/told") return (told.push(...JSON.parse(body)), (left += 1), answer(response, ""));
    const isSession = url.startsWith(`${server.path}/`);
    const sid = new URL(url, server.url).searchParams.get("sid");
    if (isSession && !sid) handshakes.push(url);
    if (isSession && sid && body.split("\x1e").includes("1")) goodbyes.add(sid);
    const forwarded = http.request(new URL(url, server.url), { method, headers, agent: false }, (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 0, answer.headers)));
    forwarded.on("error", () => response.destroy());
    // The server sees that the browser has ended a request.
    response.on("close", () => forwarded.destroy());
    forwarded.end(body);
  });
  await new Promise((resolve) => site.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.after(() => (site.closeAllConnections(), site.close()));
  const { port } = /** @type {import("node:net").AddressInfo} */ (site.address());
  return { url: `http://127.0.0.1:${port}`, server, handshakes, goodbyes, told, left: () => left, downloads: () => downloads };
}

/** In each browser at each server. @param {string} title @param {(page: Page, site: Awaited<ReturnType<typeof startSite>>, name: Name, kind: string) => Promise<void>} run */
function inEach(title, run) {
  for (const kind of /** @type {const} */ (["flask", "asgi", "node"])) {
    test(`${title} (chromium, ${kind})`, { timeout: 120_000 }, async (t) => {
      const site = await startSite(t, kind);
      await withPage("about:blank", { expected: [FAILED_REQUEST] }, (page) => run(/** @type {any} */ (page), site, "chromium", kind));
    });
    for (const name of /** @type {const} */ (["firefox", "webkit"])) {
      test(`${title} (${name}, ${kind})`, { timeout: 180_000 }, async (t) => {
        const site = await startSite(t, kind);
        await run(await startBrowser(t, name), site, name, kind);
      });
    }
  }
}

/** Opens a page and waits until it follows its research. @param {Page} page @param {Awaited<ReturnType<typeof startSite>>} site */
async function open(page, { url, server }, path = "/page") {
  const before = (await server.stats()).subscriptions.length;
  await page.goto(url + path);
  await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length > before);
  await until("it has heard so", () => page.evaluate(() => {
    const { client } = /** @type {any} */ (window.frames[0] ?? window);
    return client?.connected;
  }));
}

/** Leaves the page by a link. @param {Page} page @param {Awaited<ReturnType<typeof startSite>>} site */
async function leave(page, site) {
  const before = site.left();
  await page.evaluate(() => {
    /** @type {any} */ (window.frames[0] ?? window).heard.told.length = 0;
    document.getElementById("next")?.click();
  });
  // Not asked of the page: while Firefox's driver asks it something, it has a listener for `unload`, which no page in the cache has.
  await until("the page is gone", () => site.left() > before);
  await until("the next page is there", () => page.evaluate(() => document.title === "Next").catch(() => false));
}

inEach("a page that is left tells nothing, opens nothing, and leaves no session at the server", async (page, site, name) => {
  for (let time = 1; time <= TIMES[name]; time += 1) {
    // In a frame it is left with the page around it.
    await open(page, site, time % 2 ? "/page" : "/frame");
    await leave(page, site);
    assert.equal(site.left(), time);
    assert.deepEqual(site.told, [], `left for the ${time}. time`);
  }
  // Each ends with its own goodbye, long before its heartbeat of 5 and 20 seconds would.
  const { sessions } = await site.server.until("the goodbyes", ({ connected }) => connected === 0);
  const counts = { sessions: sessions.length, handshakes: site.handshakes.length, goodbyes: site.goodbyes.size };
  assert.deepEqual(counts, { sessions: TIMES[name], handshakes: TIMES[name], goodbyes: TIMES[name] });
});

inEach("a download changes nothing that a page is told, and no line is missing", async (page, site, name, kind) => {
  await open(page, site);
  const send = (/** @type {number} */ first, /** @type {number} */ count) => site.server.control("lines", { id: ID, first, count });
  const heard = () => page.evaluate(() => /** @type {any} */ (window).heard);
  await send(1, 5);
  await until("lines before", async () => (await heard()).lines.length === 5);
  await page.evaluate(() => {
    /** @type {any} */ (window).heard.told.length = 0;
    document.getElementById("file")?.click();
  });
  await send(6, 5);
  await until("the download has come", () => site.downloads() === 1);
  await send(11, 5);
  const { told, lines, gaps } = await until("all lines", async () => {
    const now = await heard();
    return now.lines.length >= 15 && now;
  }, { within: 20_000 });
  assert.deepEqual(lines.toSorted(), Array.from({ length: 15 }, (_, n) => `line ${n + 1}`).toSorted());
  assert.deepEqual(told, []);
  assert.deepEqual(gaps.filter(Boolean), []);
  const { sessions } = await site.server.until("one session", ({ connected }) => connected === 1);
  // WebKit ends the poll, and has no way not to. The session is not used again: at the npm server it ends with its poll, and the
  // others lose what they send to that. Its goodbye is said, and another one opened.
  assert.equal(sessions.length, name === "webkit" ? 2 : 1);
  if (name === "webkit" && kind !== "node") assert.equal(site.goodbyes.size, 1);
});

for (const name of /** @type {const} */ (["firefox", "webkit"])) {
  test(`a page that is left goes into the back/forward cache, and connects when it is back (${name})`, { timeout: 120_000 }, async (t) => {
    const site = await startSite(t, "flask");
    const page = await startBrowser(t, name);
    await open(page, site);
    await leave(page, site);
    await site.server.until("the goodbye", ({ connected }) => connected === 0);
    await page.goBack();
    await site.server.until("the page is back", ({ subscriptions }) => subscriptions.length === 2);
    assert.equal(await page.evaluate(() => /** @type {any} */ (window).persisted), true);
    assert.equal(site.handshakes.length, 2);
  });
}

test("a frame that is taken out of its page says goodbye", { timeout: 60_000 }, async (t) => {
  const site = await startSite(t, "flask");
  await withPage("about:blank", { expected: [FAILED_REQUEST] }, async (page) => {
    await open(/** @type {any} */ (page), site, "/frame");
    await page.evaluate(() => document.querySelector("iframe")?.remove());
    await site.server.until("the goodbye", ({ connected }) => connected === 0);
  });
});
