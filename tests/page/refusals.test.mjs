// What a page is told of a server that refuses it, in the words of the real servers.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { startGateway } from "../servers/gateway.mjs";
import { startWithPage } from "./doctor/faults.mjs";
import { FAILED_REQUEST, withPage } from "./support/browser.mjs";
import { startHttp, startServer } from "./support/servers.mjs";
import { LIMIT, until } from "./support/until.mjs";
import { startBrowser } from "./support/webdriver.mjs";

/**
 * @typedef {import("node:test").TestContext} Test
 * @typedef {{ url: string, options?: object }} Start
 * @typedef {{ title: string, codes: string[], message: RegExp, data?: unknown, start: (t: Test) => Promise<Start> }} Refusal
 */

/** What the browser itself says of what these tests provoke. */
const EXPECTED = [FAILED_REQUEST, /^console: Access to fetch/];

/** @type {Refusal[]} */
const REFUSALS = [
  ...["flask", "asgi"].map((kind) => ({
    title: `the origin, behind a proxy that changes Host (${kind})`,
    codes: ["ORIGIN_REFUSED"],
    message: /`cors_allowed_origins`/,
    async start(/** @type {Test} */ t) {
      const server = await startWithPage(t, { cors: "own" }, /** @type {"flask" | "asgi"} */ (kind));
      const gateway = await startGateway({ target: server.url, fault: "host" });
      t.after(() => gateway.close());
      return { url: gateway.url, options: { path: server.path } };
    },
  })),
  ...["flask", "asgi", "node"].map((kind) => ({
    title: `long-polling (${kind})`,
    codes: ["POLLING_REFUSED"],
    message: /`polling` to its `transports`/,
    async start(/** @type {Test} */ t) {
      const server = await startServer(t, /** @type {"flask" | "asgi" | "node"} */ (kind), { page: true, transports: "websocket" });
      return { url: server.url, options: { path: server.path } };
    },
  })),
  {
    title: "a client of Socket.IO 3 and 4, being of Socket.IO 2",
    codes: ["PROTOCOL_VERSION"],
    message: /Socket\.IO 2/,
    async start(t) {
      const [here, there] = [await startWithPage(t), await startHttp(t)];
      createRequire(import.meta.url)("socket.io-v2")(there.server, { serveClient: false });
      return { url: here.url, options: { url: there.url } };
    },
  },
  {
    title: "whoever is not signed in, at another origin: the attempt after the first does not follow",
    codes: ["TRANSPORT", "UNAUTHORIZED"],
    message: /redirects .* sign-in page/,
    async start(t) {
      const server = await startWithPage(t);
      const third = await startHttp(t, (_, response) => response.end("Sign in"));
      const gateway = await startGateway({ target: server.url, fault: "away", to: `${third.url}/login` });
      t.after(() => gateway.close());
      return { url: gateway.url };
    },
  },
  {
    title: "the namespace, and sends data along",
    codes: ["UNAUTHORIZED"],
    message: /Authentication required/,
    data: { sign_in: "/login" },
    async start(t) {
      const server = await startWithPage(t, {}, "asgi");
      await server.control("access", { refuse_connects: true });
      return { url: server.url, options: { path: server.path } };
    },
  },
];

/**
 * Opens a page and gives the first errors that it is told of.
 * @param {{ goto: (url: string) => Promise<unknown>, evaluate: <T>(run: () => T) => Promise<T> }} page @param {Start} start @param {number} count
 */
async function errorsOf(page, { url, options }, count) {
  await page.goto(`${url}/progress/7#${encodeURIComponent(JSON.stringify(options ?? {}))}`);
  await page.evaluate(() => {
    // As a script of the page: what a driver runs may live in a world of its own.
    const script = document.createElement("script");
    script.type = "module";
    script.textContent = `
      import { connect } from "/pkg/index.js";
      window.errors = [];
      const client = await connect({ ...JSON.parse(decodeURIComponent(location.hash.slice(1))), fallback: false });
      client.on("connect_error", ({ code, message, data }) => window.errors.push({ code, message, data }));`;
    document.head.append(script);
  });
  const look = () => page.evaluate(() => /** @type {any} */ (window).errors);
  await until("the page is told", async () => ((await look()) ?? []).length >= count);
  return (await look()).slice(0, count);
}

for (const name of /** @type {const} */ (["chromium", "firefox", "webkit"])) {
  test(`a server that refuses, in ${name}`, LIMIT, async (t) => {
    const browser = name === "chromium" ? undefined : await startBrowser(t, name);
    for (const { title, codes, message, data, start } of REFUSALS) {
      await t.test(title, async (t) => {
        const started = await start(t);
        let errors;
        if (browser) errors = await errorsOf(browser, started, codes.length);
        else await withPage("about:blank", { expected: EXPECTED }, async (page) => (errors = await errorsOf(page, started, codes.length)));
        assert.deepEqual(errors.map((/** @type {any} */ error) => error.code), codes);
        assert.match(errors.at(-1).message, message);
        if (data) assert.deepEqual(errors.at(-1).data, data);
      });
    }
  });
}
