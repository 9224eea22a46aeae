// What the loader asks of browsers: whether WebAssembly is allowed, what is loaded where it cannot be had, and a failed load that is
// tried again.

import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import http from "node:http";
import path from "node:path";
import { test } from "node:test";
import { FAILED_REQUEST, withPage } from "./support/browser.mjs";
import { packageFolder } from "./support/places.mjs";
import { LIMIT, until } from "./support/until.mjs";
import { startBrowser } from "./support/webdriver.mjs";

const POLICIES = {
  js: "default-src 'none'; connect-src 'self'; script-src 'self'",
  wasm: "default-src 'none'; connect-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
  "without requests": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'",
};
const WASM = "research_socket_bg.wasm";
const SCRIPT_CORE = "research_socket_core.js";
const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm" };

const PAGE = `<!doctype html><title>Research</title><script type="module" src="/page.js"></script>`;
// The page's own: the scripts of a driver are not under its policy.
const SCRIPT = `
  const said = [];
  for (const level of ["info", "log", "warn", "error"]) console[level] = (...words) => said.push([level, words.join(" ")]);
  for (const event of ["error", "unhandledrejection"]) addEventListener(event, ({ message, reason }) => said.push([event, String(message ?? reason)]));
  const violations = [];
  document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => violations.push(effectiveDirective + " " + blockedURI));
  const { connect } = await import("/pkg/index.js");
  const attempt = () => connect({ fallback: false, reconnection: false }).then(
    (client) => {
      const { runtime } = client.stats();
      client.close();
      return runtime;
    },
    (error) => error.code,
  );
  window.outcome = { attempts: [await attempt(), await attempt(), await attempt()], violations, said };
`;

/** How the module may be missing, each as what a server answers. @type {Record<string, (response: http.ServerResponse) => unknown>} */
const MISSING = {
  "is cut off": (response) => response.destroy(),
  "is answered 403": (response) => response.writeHead(403, { "Content-Type": "text/html" }).end("<h1>Forbidden</h1>"),
  "is answered 404": (response) => response.writeHead(404).end(),
  "is a web page": (response) => response.setHeader("Content-Type", "text/html").end(PAGE),
  "is a web page by another type": (response) => response.setHeader("Content-Type", "application/wasm").end(PAGE),
  "is half of it": (response) => response.setHeader("Content-Type", "application/wasm").end(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 9)),
};

/** @typedef {{ attempts: string[], violations: string[], said: [string, string][] }} Outcome */

for (const name of /** @type {const} */ (["chromium", "firefox"])) {
  test(`${name} runs JavaScript where the module cannot be had, and says so once`, LIMIT, async (t) => {
    const look = await open(t, name);
    for (const [how, answer] of Object.entries(MISSING)) {
      await t.test(`since it ${how}`, async (t) => {
        const asked = /** @type {string[]} */ ([]);
        const outcome = await look(await serve(t, POLICIES.wasm, { asked, answers: { [WASM]: answer } }));
        expectScript(outcome);
        // Chromium sends a request again by itself whose connection was not fresh.
        assert.deepEqual([...new Set(cores(asked))], [WASM, SCRIPT_CORE]);
      });
    }
    await t.test("since the policy allows no request", async (t) => {
      const outcome = await look(await serve(t, POLICIES["without requests"]));
      expectScript(outcome);
    });
  });

  test(`${name} runs a module that has another type, without a word`, LIMIT, async (t) => {
    const look = await open(t, name);
    const answer = (/** @type {http.ServerResponse} */ response) => send(WASM, response.setHeader("Content-Type", "application/octet-stream"));
    const { attempts, said } = await look(await serve(t, POLICIES.wasm, { answers: { [WASM]: answer } }));
    assert.deepEqual(attempts, ["wasm", "wasm", "wasm"], JSON.stringify(said));
    assert.deepEqual(said, []);
  });
}

/** @param {Outcome} outcome */
function expectScript({ attempts, said }) {
  assert.deepEqual(attempts, ["js", "js", "js"], JSON.stringify(said));
  assert.deepEqual(said.map(([level]) => level), ["warn"], JSON.stringify(said));
  assert.match(said[0][1], /runs as JavaScript.*research_socket_bg\.wasm/);
}

for (const name of /** @type {const} */ (["firefox", "webkit"])) {
  for (const runtime of /** @type {const} */ (["js", "wasm"])) {
    test(`${name} under a policy for ${runtime} runs it, also after a load that failed`, LIMIT, async (t) => {
      const all = runtime === "wasm" ? [WASM, SCRIPT_CORE] : [SCRIPT_CORE];
      const asked = /** @type {string[]} */ ([]);
      const look = await open(t, name);
      const outcome = await look(await serve(t, POLICIES[runtime], { failing: new Set(all), asked }));
      assert.deepEqual(outcome.attempts, ["LOAD_FAILED", runtime, runtime], JSON.stringify({ outcome, asked }));
      assert.deepEqual(cores(asked), [...all, all[0]]);
      assert.deepEqual(outcome.said, []);
      t.diagnostic(`violations of the policy that the page hears of: ${JSON.stringify(outcome.violations)}`);
    });
  }
}

/** @param {string[]} asked */
function cores(asked) {
  return asked.filter((file) => [WASM, SCRIPT_CORE].includes(file));
}

/**
 * Starts a browser, and returns what opens a page in it and says what became of it.
 * @param {import("node:test").TestContext} t @param {"chromium" | "firefox" | "webkit"} name
 * @returns {Promise<(url: string) => Promise<Outcome>>}
 */
async function open(t, name) {
  const outcomeOf = () => /** @type {any} */ (window).outcome;
  /** @param {() => Promise<Outcome>} look */
  const wait = async (look) => {
    /** @type {Outcome | undefined} */
    let outcome;
    await until("the page has tried", async () => (outcome = await look()));
    return /** @type {Outcome} */ (/** @type {unknown} */ (outcome));
  };
  if (name !== "chromium") {
    const browser = await startBrowser(t, name);
    return async (url) => {
      await browser.goto(url);
      return wait(() => browser.evaluate(outcomeOf));
    };
  }
  // What it writes by itself of requests that fail, or that a policy forbids.
  const expected = [FAILED_REQUEST, /violates the following Content Security Policy directive|Fetch API cannot load/];
  return async (url) => {
    /** @type {Outcome | undefined} */
    let outcome;
    await withPage(url, { expected }, async (page) => {
      outcome = await wait(() => page.evaluate(outcomeOf));
    });
    return /** @type {Outcome} */ (/** @type {unknown} */ (outcome));
  };
}

/**
 * Serves an empty page and the package under a policy; each file of `failing` is answered 503 once, and those of `answers` by them.
 * @param {import("node:test").TestContext} t @param {string} policy
 * @param {{ failing?: Set<string>, asked?: string[], answers?: Record<string, (response: http.ServerResponse) => unknown> }} [options]
 */
async function serve(t, policy, { failing = new Set(), asked = [], answers = {} } = {}) {
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const file = path.basename(pathname);
    response.setHeader("Content-Security-Policy", policy);
    if (pathname === "/") return response.setHeader("Content-Type", "text/html").end(PAGE);
    if (pathname === "/page.js") return response.setHeader("Content-Type", "text/javascript").end(SCRIPT);
    if (!pathname.startsWith("/pkg/")) return response.writeHead(404).end();
    asked.push(file);
    if (failing.delete(file)) return response.writeHead(503).end();
    const answer = answers[file];
    if (answer) return answer(response);
    send(file, response.setHeader("Content-Type", TYPES[/** @type {keyof typeof TYPES} */ (path.extname(file))] ?? "text/plain"));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return `http://127.0.0.1:${port}/`;
}

/** @param {string} file @param {http.ServerResponse} response */
function send(file, response) {
  createReadStream(path.join(packageFolder(), file)).pipe(response);
}
