// A server that sends requests on to another one, which lets every page read: what a request carries does not get there.

import assert from "node:assert/strict";
import http from "node:http";
import { test } from "node:test";
import { startGateway } from "../servers/gateway.mjs";
import { FAILED_REQUEST, withPage } from "./support/browser.mjs";
import { startServer } from "./support/servers.mjs";
import { LIMIT } from "./support/until.mjs";

/** @param {import("node:test").TestContext} t */
async function startCollector(t) {
  /** @type {http.IncomingHttpHeaders[]} */
  const heard = [];
  const server = http.createServer(({ method, headers }, response) => {
    if (method !== "OPTIONS") heard.push(headers);
    response.writeHead(200, { "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "x-token" }).end("<html>Sign in</html>");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.after(() => (server.closeAllConnections(), server.close()));
  return { heard, url: `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}/` };
}

for (const [what, headers, requests] of /** @type {const} */ ([
  ["with headers is not sent on", { "X-Token": "secret" }, 0],
  ["that carries nothing is sent on as ever", undefined, 1],
])) {
  test(`a request ${what}, and the connection wants a sign-in`, LIMIT, async (t) => {
    const [server, collector] = [await startServer(t, "flask", { page: true }), await startCollector(t)];
    const gateway = await startGateway({ target: server.url, fault: "away", to: collector.url });
    t.after(() => gateway.close());
    await withPage(`${gateway.url}/progress/7`, { expected: [FAILED_REQUEST] }, async (page) => {
      const state = await page.evaluate(async (headers) => {
        const { connect } = await import("/pkg/index.js");
        const client = await connect({ headers, fallback: false });
        await new Promise((resolve) => client.once("connect_error", resolve));
        const { name, reason } = client.state;
        client.close();
        return { name, code: reason?.code };
      }, headers);
      assert.deepEqual(state, { name: "reconnecting", code: "UNAUTHORIZED" });
    });
    assert.deepEqual(collector.heard.map((headers) => headers["x-token"]), Array(requests).fill(undefined));
  });
}
