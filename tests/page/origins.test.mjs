// Where a page's tokens, data and cookies go: to the server of `url`, and to no other one that it points to. A browser decides what it
// sends along with a redirect or a beacon, so each of the three is asked.

import assert from "node:assert/strict";
import http from "node:http";
import { test } from "node:test";
import { bodyOf } from "./support/bodies.mjs";
import { FAILED_REQUEST, withPage } from "./support/browser.mjs";
import { startServer } from "./support/servers.mjs";
import { LIMIT, until } from "./support/until.mjs";
import { startBrowser } from "./support/webdriver.mjs";

/** @typedef {{ evaluate: <T>(run: () => T) => Promise<T>, goto: (url: string) => Promise<unknown> }} Browser */

/** What the browser itself says of what these tests provoke. */
const REFUSED = [FAILED_REQUEST, /^console: Access to fetch/];

/**
 * Another origin that lets any page do anything, and notes what it gets.
 * @param {import("node:test").TestContext} t
 * @param {(url: string, method: string) => string} [answer]
 */
async function startStranger(t, answer = () => "stranger") {
  /** @type {{ method?: string, url: string, headers: http.IncomingHttpHeaders, body: string }[]} */
  const got = [];
  const server = http.createServer(async (request, response) => {
    const { method = "", url = "", headers } = request;
    const body = await bodyOf(request);
    if (body === undefined) return;
    got.push({ method, url, headers, body });
    response.writeHead(200, {
      "Access-Control-Allow-Origin": headers.origin ?? "*",
      "Access-Control-Allow-Credentials": "true",
      "Access-Control-Allow-Headers": headers["access-control-request-headers"] ?? "",
      "Access-Control-Allow-Methods": "GET, POST",
      "Content-Type": "text/plain",
    });
    // A poll stays open.
    if (method !== "GET" || !/[?&]sid=/.test(url)) response.end(answer(url, method));
  });
  return { url: await listen(t, server), got };
}

/**
 * A server whose pages and files are the target's, and which sends some requests on to elsewhere, as they are.
 * @param {import("node:test").TestContext} t @param {string} target @param {(request: http.IncomingMessage) => string | undefined} onward
 */
async function startFront(t, target, onward) {
  const server = http.createServer((request, response) => {
    const Location = onward(request);
    if (Location) return void response.writeHead(307, { Location }).end();
    const { method, headers, url = "" } = request;
    if (url === "/login") return void response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>Sign in</title>");
    const forwarded = http.request(new URL(url, target), { method, headers, agent: false }, (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 0, answer.headers)));
    forwarded.on("error", () => response.destroy());
    response.on("close", () => forwarded.destroy());
    request.pipe(forwarded);
  });
  return listen(t, server);
}

/** @param {import("node:test").TestContext} t @param {http.Server} server */
async function listen(t, server) {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return `http://127.0.0.1:${port}`;
}

/** In each browser, a page on `url`. @param {string} name @param {(t: import("node:test").TestContext, open: (url: string, use: (page: Browser) => Promise<void>) => Promise<void>) => Promise<void>} run */
function inEach(name, run) {
  test(`${name} (chromium)`, LIMIT, (t) => run(t, (url, use) => withPage(url, { expected: REFUSED }, (page) => use(page))));
  for (const browser of /** @type {const} */ (["firefox", "webkit"])) {
    test(`${name} (${browser})`, LIMIT, async (t) => {
      const page = await startBrowser(t, browser);
      await run(t, async (url, use) => {
        await page.goto(url);
        await use(page);
      });
    });
  }
}

/** Waits for what the page has put into `window.outcome`. @param {Browser} page */
async function outcome(page) {
  /** @type {any} */
  let seen;
  await until("the page has an outcome", async () => (seen = await page.evaluate(() => /** @type {any} */ (window).outcome)));
  return seen;
}

inEach("headers and tokens follow no redirect, and it is told as a sign-in or a wrong address", async (t, open) => {
  const stranger = await startStranger(t);
  const server = await startServer(t, "flask", { page: true });
  const sentOn = /\/socket\.io\/|\/api\//;
  const front = await startFront(t, server.url, ({ url = "" }) => (sentOn.test(url) ? stranger.url + url : undefined));
  await open(`${front}/progress/7`, async (page) => {
    await page.evaluate(() => {
      const run = async () => {
        const { connect } = await import(/** @type {any} */ ("/pkg/index.js"));
        const { doctor } = await import(/** @type {any} */ ("/pkg/doctor.js"));
        const options = { headers: { Authorization: "Bearer secret", "X-Secret": "secret" }, csrfToken: "secret", reconnection: false };
        const client = await connect(options);
        const [failed, warned] = ["connect_error", "warning"].map((event) => new Promise((resolve) => client.once(event, resolve)));
        const error = await failed;
        const cancelled = await client.subscribe(7).cancel().then(() => "done", (/** @type {any} */ refusal) => refusal.code);
        const warning = await warned;
        client.close();
        const { findings } = await doctor(options);
        return { code: error.code, message: error.message, cancelled, warning: warning.code, found: findings.map((/** @type {any} */ finding) => finding.code) };
      };
      run().then((outcome) => Object.assign(window, { outcome }), (error) => Object.assign(window, { outcome: String(error) }));
    });
    const { message, ...rest } = await outcome(page);
    assert.deepEqual(rest, { code: "UNAUTHORIZED", cancelled: "UNAUTHORIZED", warning: "unauthorized", found: ["LOGIN_REDIRECT"] });
    assert.match(message, /sign in again, or give `url` and paths as they are after the redirect/);
    assert.deepEqual(stranger.got, []);
  });
});

inEach("what a page sends follows no redirect, and without headers a status may", async (t, open) => {
  const stranger = await startStranger(t);
  const server = await startServer(t, "flask", { page: true });
  const front = await startFront(t, server.url, ({ method, url = "" }) => {
    if (/\/status$/.test(url)) return "/login";
    return method === "POST" && url.startsWith("/socket.io/") ? stranger.url + url : undefined;
  });
  await open(`${front}/progress/7`, async (page) => {
    await page.evaluate(() => {
      const run = async () => {
        const { connect } = await import(/** @type {any} */ ("/pkg/index.js"));
        const client = await connect({ auth: { token: "secret" }, reconnection: false, fallback: { after: 1 } });
        client.subscribe(7);
        const [error, warning] = await Promise.all(["connect_error", "warning"].map((event) => new Promise((resolve) => client.once(event, resolve))));
        client.close();
        return [error.code, warning.code];
      };
      run().then((outcome) => Object.assign(window, { outcome }), (error) => Object.assign(window, { outcome: String(error) }));
    });
    assert.deepEqual(await outcome(page), ["UNAUTHORIZED", "unauthorized"]);
    assert.deepEqual(stranger.got, []);
  });
});

inEach("a server of another origin gets neither cookies nor the page's own token, not even with the goodbye", async (t, open) => {
  const handshake = '0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}';
  const stranger = await startStranger(t, (url, method) => (method === "GET" && url.startsWith("/socket.io/") ? handshake : "ok"));
  const server = await startServer(t, "flask", { page: true });
  await open(`${server.url}/progress/7`, async (page) => {
    // A page of the driver's cannot be told the address but by its own.
    await page.goto(`${server.url}/progress/7#${stranger.url}`);
    await page.evaluate(() => {
      document.cookie = "session=secret; path=/";
      document.head.insertAdjacentHTML("beforeend", '<meta name="csrf-token" content="secret">');
      const run = async () => {
        const { connect } = await import(/** @type {any} */ ("/pkg/index.js"));
        const client = await connect({ url: location.hash.slice(1), fallback: false, history: false });
        await client.subscribe(7).cancel().catch(() => {});
        return "cancelled";
      };
      run().then((outcome) => Object.assign(window, { outcome }), (error) => Object.assign(window, { outcome: String(error) }));
    });
    assert.equal(await outcome(page), "cancelled");
    await until("the session is open", () => stranger.got.some(({ body }) => body === "40"));
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pagehide")));
    await until("the goodbye", () => stranger.got.some(({ method, body }) => method === "POST" && body === "1"), { seen: () => stranger.got });
    const terminate = stranger.got.filter(({ method, url }) => method === "POST" && url.startsWith("/api/terminate/"));
    assert.equal(terminate.length, 1);
    assert.ok(stranger.got.length >= 4);
    for (const { headers, ...request } of stranger.got) {
      assert.equal(JSON.stringify([headers, request]).includes("secret"), false, JSON.stringify(request));
    }
  });
});
