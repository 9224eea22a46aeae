// What the loader asks of Firefox and WebKit: whether WebAssembly is allowed, and a failed load that is tried again. For Chromium
// runtime.test.mjs asks the same.

import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import http from "node:http";
import path from "node:path";
import { test } from "node:test";
import { packageFolder } from "./support/places.mjs";
import { until } from "./support/until.mjs";
import { startBrowser } from "./support/webdriver.mjs";

const POLICIES = {
  js: "default-src 'none'; connect-src 'self'; script-src 'self'",
  wasm: "default-src 'none'; connect-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
};
const CORES = { js: "research_socket_core.js", wasm: "research_socket_bg.wasm" };
const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm" };

const PAGE = `<!doctype html><title>Research</title><script type="module" src="/page.js"></script>`;
// The page's own: the scripts of a driver are not under its policy.
const SCRIPT = `
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
  window.outcome = { attempts: [await attempt(), await attempt(), await attempt()], violations };
`;

for (const name of /** @type {const} */ (["firefox", "webkit"])) {
  for (const runtime of /** @type {const} */ (["js", "wasm"])) {
    test(`${name} under a policy for ${runtime} runs it, also after a load that failed`, { timeout: 120_000 }, async (t) => {
      const failing = new Set([CORES[runtime]]);
      const asked = /** @type {string[]} */ ([]);
      const url = await serve(t, POLICIES[runtime], failing, asked);
      const browser = await startBrowser(t, name);
      await browser.goto(url);
      /** @type {{ attempts: string[], violations: string[] }} */
      let outcome;
      const done = async () => (outcome = await browser.evaluate(() => /** @type {any} */ (window).outcome));
      await until("the page has tried", done, { within: 30_000 });
      assert.deepEqual(outcome.attempts, ["LOAD_FAILED", runtime, runtime], JSON.stringify({ outcome, asked }));
      assert.deepEqual(asked.filter((file) => Object.values(CORES).includes(file)), [CORES[runtime], CORES[runtime]]);
      t.diagnostic(`violations of the policy that the page hears of: ${JSON.stringify(outcome.violations)}`);
    });
  }
}

/**
 * Serves an empty page and the package under a policy; each file of `failing` is answered 503 once.
 * @param {import("node:test").TestContext} t @param {string} policy @param {Set<string>} failing @param {string[]} asked
 */
async function serve(t, policy, failing, asked) {
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const file = path.basename(pathname);
    response.setHeader("Content-Security-Policy", policy);
    if (pathname === "/") return response.setHeader("Content-Type", "text/html").end(PAGE);
    if (pathname === "/page.js") return response.setHeader("Content-Type", "text/javascript").end(SCRIPT);
    if (!pathname.startsWith("/pkg/")) return response.writeHead(404).end();
    asked.push(file);
    if (failing.delete(file)) return response.writeHead(503).end();
    response.setHeader("Content-Type", TYPES[/** @type {keyof typeof TYPES} */ (path.extname(file))] ?? "text/plain");
    createReadStream(path.join(packageFolder(), file)).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return `http://127.0.0.1:${port}/`;
}
