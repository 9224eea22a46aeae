// The doctor in a page: each code against a server or page that has that fault, and nothing where all is well.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import http from "node:http";
import { test } from "node:test";
import { startGateway } from "../servers/gateway.mjs";
import { startProxy } from "../servers/proxy.mjs";
import { startRoundRobin } from "../servers/round_robin.mjs";
import { FAILED_REQUEST, withPage } from "./support/browser.mjs";
import { freePort, startServer } from "./support/servers.mjs";
import { until } from "./support/until.mjs";

/** What the browser itself says of what the doctor provokes. */
const REFUSED = [FAILED_REQUEST, /^console: Access to fetch/, /Content.Security.Policy/];

const CODES = [
  "CSP_CONNECT", "UNREACHABLE", "CORS", "LOGIN_REDIRECT", "PATH_404", "PROTOCOL_V3", "NOT_SOCKET_IO",
  "STICKY_SESSION", "REFUSED", "CSP_WASM", "PROXY_BUFFERING", "CONNECTION_BUDGET", "CLOCK_SKEW",
];

/** @param {import("playwright-core").Page} page @param {object} [options] */
function diagnose(page, options) {
  return page.evaluate(async (options) => {
    const { doctor } = await import("/pkg/doctor.js");
    const began = performance.now();
    return { ...(await doctor(options)), took: performance.now() - began };
  }, options);
}

/** Opens a page of `url`, asks the doctor, and expects one finding. @returns {Promise<any>} */
async function finds(t, code, url, options, more = {}) {
  let diagnosis;
  await withPage(`${url}/progress/7`, { expected: REFUSED, ...more }, async (page) => {
    await more.prepare?.(page);
    diagnosis = await diagnose(page, options);
  });
  t.diagnostic(`${Math.round(diagnosis.took)} ms: ${diagnosis.findings.map(({ message, setting }) => `${message} → ${setting}`).join(" | ")}`);
  assert.deepEqual(diagnosis.findings.map((finding) => finding.code), [code].flat());
  assert.equal(diagnosis.ok, false);
  const all = [...diagnosis.findings.map((finding) => finding.code), ...diagnosis.fine.map((fine) => fine.code), ...diagnosis.unchecked];
  assert.deepEqual(all.toSorted(), CODES.toSorted(), "each code is in one of them");
  for (const { message, setting } of diagnosis.findings) assert.ok(message && setting && !/undefined|null|NaN/.test(message + setting));
  return diagnosis;
}

async function gateway(t, options) {
  const server = await startServer(t, "flask", { page: true, ...options.server });
  const between = await startGateway({ target: server.url, ...options });
  t.after(() => between.close());
  return { url: between.url, server };
}

for (const kind of /** @type {const} */ (["flask", "asgi", "node"])) {
  test(`a healthy ${kind} server: nothing is found, everything was looked at, and nothing is left behind`, { timeout: 30_000 }, async (t) => {
    const server = await startServer(t, kind, { page: true });
    await withPage(`${server.url}/progress/7`, { before: "counts.js" }, async (page, { requests }) => {
      const open = new Set();
      page.on("request", (request) => open.add(request));
      for (const event of /** @type {const} */ (["requestfinished", "requestfailed"])) page.on(event, (request) => open.delete(request));
      const diagnosis = await diagnose(page, { path: server.path, auth: { token: "t" } });
      t.diagnostic(`${Math.round(diagnosis.took)} ms, ${requests.all.length} requests`);
      assert.deepEqual([diagnosis.ok, diagnosis.findings, diagnosis.unchecked], [true, [], []]);
      assert.deepEqual(diagnosis.fine.map(({ code }) => code).toSorted(), CODES.toSorted());
      assert.ok(diagnosis.took < 3000);
      assert.equal(requests.handshakes().length, 1);
      assert.deepEqual(requests.all.slice(-1).map(({ method, body }) => [method, body]), [["POST", "1"]], "goodbye");
      await until("no request is open", () => open.size === 0);
      assert.deepEqual(await page.evaluate(() => window.counts.left()), []);
      assert.ok((await page.evaluate(() => window.counts.made().timer)) > 0, "the counting sees something");
      const { sessions } = await server.until("the server knows of the goodbye", ({ connected }) => connected === 0);
      assert.deepEqual(sessions.map(({ auth }) => auth), [{ token: "t" }]);
    });
  });
}

test("a healthy server of another origin: nothing is found but what that origin does not show", { timeout: 30_000 }, async (t) => {
  const [here, there] = [await startServer(t, "flask", { page: true }), await startServer(t, "node", {})];
  await withPage(`${here.url}/progress/7`, {}, async (page) => {
    const { ok, unchecked } = await diagnose(page, { url: there.url });
    assert.deepEqual([ok, unchecked], [true, ["CLOCK_SKEW"]]);
  });
});

test("CSP_WASM: the application's policy; the doctor works there", { timeout: 30_000 }, async (t) => {
  const server = await startServer(t, "flask", { page: true, security: "strict" });
  const { findings, unchecked } = await finds(t, "CSP_WASM", server.url);
  assert.match(findings[0].setting, /'wasm-unsafe-eval'/);
  assert.deepEqual(unchecked, []);
});

test("CSP_CONNECT: a server that the page's policy does not name", { timeout: 30_000 }, async (t) => {
  const [here, there] = [await startServer(t, "flask", { page: true, security: "strict" }), await startServer(t, "node", {})];
  const { findings } = await finds(t, ["CSP_CONNECT", "CSP_WASM"], here.url, { url: there.url });
  assert.match(findings[0].setting, new RegExp(`Add ${there.url} to connect-src`));
});

test("CORS: a server that lets no other origin read", { timeout: 30_000 }, async (t) => {
  const [here, there] = [await startServer(t, "flask", { page: true }), await startServer(t, "node", { cors: "none" })];
  const { findings } = await finds(t, "CORS", here.url, { url: there.url });
  assert.match(findings[0].setting, new RegExp(`Allow ${here.url}`));
});

test("CORS: one that lets all origins read, but not with cookies", { timeout: 30_000 }, async (t) => {
  const [here, there] = [await startServer(t, "flask", { page: true }), await startServer(t, "node", {})];
  const { findings } = await finds(t, "CORS", here.url, { url: there.url, withCredentials: true });
  assert.match(findings[0].setting, /credentials: true/);
});

for (const [fault, words] of /** @type {const} */ ([["redirect", /sends requests on to \/login/], ["page", /answers with a login page/], ["forbid", /answers 401/]])) {
  test(`LOGIN_REDIRECT: a proxy that wants people to sign in (${fault}), and nothing once they have`, { timeout: 30_000 }, async (t) => {
    const { url } = await gateway(t, { fault });
    const { findings } = await finds(t, "LOGIN_REDIRECT", url);
    assert.match(findings[0].message, words);
    await withPage(`${url}/progress/7`, {}, async (page) => {
      await page.evaluate(() => (document.cookie = "gateway=open; path=/"));
      assert.equal((await diagnose(page)).ok, true);
    });
  });
}

for (const deal of /** @type {const} */ (["never-its-own", "in-turn"])) {
  test(`STICKY_SESSION: two workers dealt ${deal}`, { timeout: 30_000 }, async (t) => {
    const workers = [await startServer(t, "flask", { page: true }), await startServer(t, "flask", { page: true })];
    const balancer = await startRoundRobin({ workers: workers.map(({ url }) => url), deal });
    t.after(() => balancer.close());
    const { findings } = await finds(t, "STICKY_SESSION", balancer.url);
    assert.match(findings[0].setting, /ip_hash/);
  });
}

test("PATH_404: another path, with the one where a server does answer", { timeout: 30_000 }, async (t) => {
  const server = await startServer(t, "flask", { page: true });
  const { findings } = await finds(t, "PATH_404", server.url, { path: "/ws/socket.io" });
  assert.equal(findings[0].setting, 'connect({ path: "/socket.io" })');
  const asgi = await startServer(t, "asgi", { page: true });
  const newer = await finds(t, "PATH_404", asgi.url);
  assert.equal(newer.findings[0].setting, 'connect({ path: "/ws/socket.io" })');
});

test("PROTOCOL_V3: a server of Socket.IO 2", { timeout: 30_000 }, async (t) => {
  const here = await startServer(t, "flask", { page: true });
  const server = http.createServer();
  createRequire(import.meta.url)("socket.io-v2")(server, { serveClient: false });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.after(() => (server.closeAllConnections(), server.close()));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  await finds(t, "PROTOCOL_V3", here.url, { url: `http://127.0.0.1:${port}` });
});

test("PROXY_BUFFERING: answers come only with the ping", { timeout: 30_000 }, async (t) => {
  const { url } = await gateway(t, { fault: "keep-until-ping", server: { pingInterval: 1 } });
  const { findings } = await finds(t, "PROXY_BUFFERING", url);
  assert.match(findings[0].message, /only with the ping/);
});

test("PROXY_BUFFERING: answers come a second and a half late", { timeout: 30_000 }, async (t) => {
  const { url } = await gateway(t, { fault: "keep", ms: 1500 });
  const { findings } = await finds(t, "PROXY_BUFFERING", url);
  assert.match(findings[0].message, /came 1\.\d s late/);
});

test("PROXY_BUFFERING: an answer that does not come within the time", { timeout: 30_000 }, async (t) => {
  const { url } = await gateway(t, { fault: "keep-until-ping", server: { pingInterval: 25 } });
  const { findings, took } = await finds(t, "PROXY_BUFFERING", url, { timeout: 5000 });
  assert.match(findings[0].message, /had not come/);
  assert.ok(took < 8000, `${took} ms`);
});

test("CONNECTION_BUDGET: six other tabs of the site are connected", { timeout: 90_000 }, async (t) => {
  const server = await startServer(t, "flask", { page: true, pingInterval: 25 });
  const { took } = await finds(t, "CONNECTION_BUDGET", server.url, {}, {
    record: false,
    prepare: async (page) => {
      await page.evaluate(() => import("/pkg/doctor.js"));
      for (let tab = 1; tab <= 6; tab += 1) {
        const other = await page.context().newPage();
        await other.goto(`${server.url}/progress/${tab}`);
        await other.evaluate(async () => {
          const { connect } = await import("/pkg/index.js");
          window.client = await connect({ fallback: false, history: false });
          while (!window.client.connected) await new Promise((resolve) => window.client.once("state", resolve));
        });
      }
    },
  });
  assert.ok(took < 20_000, `${took} ms`);
});

test("CONNECTION_BUDGET: a connection that becomes free after a while", { timeout: 30_000 }, async (t) => {
  const server = await startServer(t, "flask", { page: true, pingInterval: 25 });
  await finds(t, "CONNECTION_BUDGET", server.url, {}, {
    prepare: (page) =>
      page.evaluate(async () => {
        await import("/pkg/doctor.js");
        // Six polls, each of a session of its own, as six tabs have them.
        const base = "/socket.io/?EIO=4&transport=polling";
        const sids = [];
        for (let tab = 0; tab < 6; tab += 1) sids.push(JSON.parse((await (await fetch(base)).text()).slice(1)).sid);
        const stop = new AbortController();
        for (const sid of sids) fetch(`${base}&sid=${sid}`, { signal: stop.signal }).catch(() => {});
        setTimeout(() => stop.abort(), 1800);
      }),
  });
});

test("CLOCK_SKEW: the clock of the machine is an hour ahead", { timeout: 30_000 }, async (t) => {
  const server = await startServer(t, "flask", { page: true });
  const { findings } = await finds(t, "CLOCK_SKEW", server.url, {}, {
    before: "sleep.js",
    prepare: (page) => page.evaluate(() => window.sleepFor(3_600_000)),
  });
  assert.match(findings[0].message, /60 min ahead of/);
});

test("REFUSED: the namespace is not granted", { timeout: 30_000 }, async (t) => {
  const server = await startServer(t, "flask", { page: true });
  await server.control("access", { refuse_connects: true });
  const { findings } = await finds(t, "REFUSED", server.url);
  assert.match(findings[0].message, /Connection refused by server/);
});

test("UNREACHABLE: nothing listens, a proxy says 502, and a network that swallows everything", { timeout: 60_000 }, async (t) => {
  const here = await startServer(t, "flask", { page: true });
  const nobody = await finds(t, "UNREACHABLE", here.url, { url: `http://127.0.0.1:${await freePort()}` });
  assert.match(nobody.findings[0].message, /the request failed/);

  const { url, server } = await gateway(t, {});
  await finds(t, "UNREACHABLE", url, {}, {
    prepare: async (page) => {
      await page.evaluate(() => import("/pkg/doctor.js"));
      server.kill();
    },
  });

  const proxy = await startProxy({ target: here.url });
  t.after(() => proxy.close());
  const { findings, took } = await finds(t, "UNREACHABLE", proxy.url, { timeout: 3000 }, {
    prepare: async (page) => {
      await page.evaluate(() => import("/pkg/doctor.js"));
      proxy.mode("blackhole");
    },
  });
  assert.match(findings[0].message, /no answer within 3\.\d s/);
  assert.ok(took < 6000, `${took} ms`);
});

test("NOT_SOCKET_IO: something else answers", { timeout: 30_000 }, async (t) => {
  const here = await startServer(t, "flask", { page: true });
  const other = http.createServer((_, response) => {
    response.writeHead(200, { "Content-Type": "application/json", "Access-Control-Allow-Origin": "*" }).end('{"hello": "world"}');
  });
  await new Promise((resolve) => other.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.after(() => (other.closeAllConnections(), other.close()));
  const { port } = /** @type {import("node:net").AddressInfo} */ (other.address());
  const { findings } = await finds(t, "NOT_SOCKET_IO", here.url, { url: `http://127.0.0.1:${port}` });
  assert.match(findings[0].message, /200 application\/json "\{"hello": "world"\}"/);
});

test("misuse is thrown by name, and a signal stops it and closes the session", { timeout: 30_000 }, async (t) => {
  const { url, server } = await gateway(t, { fault: "keep", ms: 900 });
  await withPage(`${url}/progress/7`, { before: "counts.js", expected: REFUSED }, async (page, { requests }) => {
    for (const options of [{ url: 7 }, { timeout: -1 }, { auth: "t" }]) {
      const error = await diagnose(page, options).then(() => null, (error) => error.message);
      assert.match(error, new RegExp(`(Type|Range)Error: option \`${Object.keys(options)[0]}\``));
    }
    assert.equal(requests.all.length, 0);
    const stopped = page.evaluate(async () => {
      const { doctor } = await import("/pkg/doctor.js");
      const controller = new AbortController();
      window.stop = () => controller.abort(new Error("enough"));
      return doctor({ signal: controller.signal }).then(() => null, (error) => error.message);
    });
    await requests.until("a poll is open", () => requests.all.filter(({ query }) => query.sid), 2);
    await page.evaluate(() => window.stop());
    assert.equal(await stopped, "enough");
    await requests.until("the goodbye", () => requests.all.filter(({ method, body }) => method === "POST" && body === "1"), 1);
    await until("nothing is left", async () => (await page.evaluate(() => window.counts.left())).length === 0);
    assert.equal((await server.stats()).sessions.length, 0, "the application has not heard of it yet");
  });
});
