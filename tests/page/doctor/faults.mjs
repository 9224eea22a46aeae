// Faults that are there for real, in a server, a proxy or the page, and what the doctor has to say of each in any browser.

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { startGateway } from "../../servers/gateway.mjs";
import { startRoundRobin } from "../../servers/round_robin.mjs";
import { freePort, startHttp, startServer } from "../support/servers.mjs";

const CODES = [
  "CSP_CONNECT", "UNREACHABLE", "CORS", "LOGIN_REDIRECT", "PATH_404", "PROTOCOL_V3", "POLLING_REFUSED", "NOT_SOCKET_IO", "ORIGIN_REFUSED",
  "STICKY_SESSION", "REFUSED", "WEBSOCKET", "PROXY_TIMEOUT", "CSP_WASM", "PROXY_BUFFERING", "CONNECTION_BUDGET", "CLOCK_SKEW",
];

const HTML = fileURLToPath(new URL("page.html", import.meta.url));

/**
 * @typedef {import("node:test").TestContext} Test
 * @typedef {{ code: string, severity: string, message: string, setting: string }} Finding
 * @typedef {{ ok: boolean, findings: Finding[], fine: { code: string, message: string }[], unchecked: string[] }} Diagnosis
 * @typedef {object} Start
 * @property {string} url of the server that has the page
 * @property {object} [options] for the doctor
 * @property {RegExp} [message] of the first finding
 * @property {RegExp} [setting]
 * @typedef {{ title: string, codes: string[], start: (t: Test) => Promise<Start> }} Fault
 */

/**
 * A server with pages that can ask the doctor.
 * @param {Test} t @param {Parameters<typeof startServer>[2]} [flags] @param {"flask" | "asgi"} [kind]
 */
export function startWithPage(t, flags, kind = "flask") {
  return startServer(t, kind, { page: true, html: HTML, ...flags });
}

/** One behind a gateway. @param {Test} t @param {Omit<Parameters<typeof startGateway>[0], "target"> & { server?: object }} options */
export async function startBehind(t, { server: flags, ...options }) {
  const server = await startWithPage(t, flags);
  const gateway = await startGateway({ target: server.url, ...options });
  t.after(() => gateway.close());
  return { url: gateway.url, server };
}

/** The doctor's page with a policy of its own: a file. @param {Test} t @param {string} policy */
async function withPolicy(t, policy) {
  const folder = await mkdtemp(path.join(tmpdir(), "policy-"));
  t.after(() => rm(folder, { recursive: true }));
  const file = path.join(folder, "page.html");
  const meta = `<meta http-equiv="Content-Security-Policy" content="${policy}">`;
  await writeFile(file, (await readFile(HTML, "utf8")).replace("<meta charset", `${meta}<meta charset`));
  return file;
}

/** @type {Fault[]} What python-engineio and engine.io refuse with 400, each in its words. */
const REFUSING = [
  ...["flask", "asgi"].map((kind) => ({
    title: `a server that does not accept the origin, behind a proxy that changes Host (${kind})`,
    codes: ["ORIGIN_REFUSED"],
    async start(/** @type {Test} */ t) {
      const server = await startWithPage(t, { cors: "own" }, /** @type {"flask" | "asgi"} */ (kind));
      const gateway = await startGateway({ target: server.url, fault: "host" });
      t.after(() => gateway.close());
      return { url: gateway.url, options: { path: server.path }, setting: /`cors_allowed_origins`.*proxy_set_header Host/ };
    },
  })),
  ...["flask", "asgi"].map((kind) => ({
    title: `a server that has long-polling switched off (${kind})`,
    codes: ["POLLING_REFUSED"],
    async start(/** @type {Test} */ t) {
      const server = await startWithPage(t, { transports: "websocket" }, /** @type {"flask" | "asgi"} */ (kind));
      return { url: server.url, options: { path: server.path }, setting: /`polling`.*`transports`/ };
    },
  })),
  {
    title: "a server that has long-polling switched off (node)",
    codes: ["POLLING_REFUSED"],
    async start(t) {
      const server = await startServer(t, "node", { page: true, transports: "websocket" });
      return { url: (await startWithPage(t)).url, options: { url: server.url } };
    },
  },
  ...[
    { words: '{"code":5,"message":"Unsupported protocol version"}', type: "application/json" },
    { words: '"The client is using an unsupported version of the Socket.IO or Engine.IO protocols"', type: "text/plain" },
  ].map(({ words, type }) => ({
    title: `a server that takes another version: ${words}`,
    codes: ["PROTOCOL_V3"],
    async start(/** @type {Test} */ t) {
      const headers = { "Content-Type": type, "Access-Control-Allow-Origin": "*" };
      const there = await startHttp(t, (_, response) => response.writeHead(400, headers).end(words));
      return { url: (await startWithPage(t)).url, options: { url: there.url }, message: /Socket\.IO 3 and 4/ };
    },
  })),
  {
    title: "a server of another origin that sends people on to sign in at a third one",
    codes: ["LOGIN_REDIRECT"],
    async start(t) {
      const third = await startHttp(t, (_, response) => response.end("Sign in"));
      const there = await startHttp(t, (_, response) => response.writeHead(302, { Location: third.url, "Access-Control-Allow-Origin": "*" }).end());
      return { url: (await startWithPage(t)).url, options: { url: there.url }, message: /on to another origin/ };
    },
  },
];

/** @type {Fault[]} Where a page wants a WebSocket. */
const SOCKETS = [
  ...[["websocket"], ["polling", "websocket"]].flatMap((transports) => [
    {
      title: `a proxy that passes on no WebSocket, for ${transports}`,
      codes: ["WEBSOCKET"],
      start: async (/** @type {Test} */ t) => ({ url: (await startBehind(t, {})).url, options: { transports }, message: /a proxy on the way/, setting: /Upgrade \$http_upgrade/ }),
    },
    {
      title: `a server without WebSockets, for ${transports}`,
      codes: ["WEBSOCKET"],
      async start(/** @type {Test} */ t) {
        const { url } = await startServer(t, "node");
        return { url: (await startWithPage(t)).url, options: { transports, url }, message: /offers no WebSocket/, setting: /simple-websocket/ };
      },
    },
    {
      title: `a policy without the WebSocket's origin, for ${transports}`,
      codes: ["WEBSOCKET"],
      async start(/** @type {Test} */ t) {
        const there = await startServer(t, "node");
        const { url } = await startWithPage(t, { html: await withPolicy(t, `connect-src 'self' ${there.url}`) });
        return { url, options: { transports, url: there.url }, message: /forbids WebSockets/, setting: new RegExp(`Add ${there.url.replace("http", "ws")} to`) };
      },
    },
  ]),
  {
    title: "a server that does not accept the origin, for a page that begins with a WebSocket",
    codes: ["ORIGIN_REFUSED"],
    async start(t) {
      const server = await startWithPage(t, { cors: "own" });
      const gateway = await startGateway({ target: server.url, fault: "host" });
      t.after(() => gateway.close());
      return { url: gateway.url, options: { transports: ["websocket"] } };
    },
  },
  {
    title: "the namespace is not granted over a WebSocket",
    codes: ["REFUSED"],
    async start(t) {
      const server = await startWithPage(t);
      await server.control("access", { refuse_connects: true });
      return { url: server.url, options: { transports: ["websocket"] }, message: /Connection refused by server/ };
    },
  },
];

/** @type {Fault[]} Proxies that do not wait for the server's ping, which would come much later. */
const IMPATIENT = [
  ...[
    { fault: /** @type {const} */ ("time-out"), transports: ["polling"], what: /every 25 s, does not get through: a poll was answered 504 by gateway after \d+\.\d s\. / },
    { fault: /** @type {const} */ ("hang-up"), transports: ["polling"], what: /: a poll ended without an answer after \d+\.\d s, and another after \d+\.\d s\. / },
    { fault: /** @type {const} */ ("time-out"), transports: ["websocket"], what: /: a WebSocket was closed \(code 1006\) after \d+\.\d s, and another after \d+\.\d s\. / },
    { fault: /** @type {const} */ ("time-out"), transports: ["polling", "websocket"], what: /: a poll was answered 504 .* s; a WebSocket was closed \(code 1006\) .*, and another/ },
  ].map(({ fault, transports, what }) => ({
    title: `a time-out below the ping interval, for ${transports} (${fault})`,
    codes: ["PROXY_TIMEOUT"],
    start: async (/** @type {Test} */ t) => ({
      url: (await startBehind(t, { fault, ms: 300, server: { pingInterval: 25 } })).url,
      options: { transports, patient: true },
      message: what,
      setting: /more than 25 s \(nginx: `proxy_read_timeout`; HAProxy: `timeout server`.*`ping_interval`/,
    }),
  })),
];

/** @type {Fault[]} */
export const FAULTS = [
  ...SOCKETS,
  ...IMPATIENT,
  {
    title: "the application's policy, under which the doctor works",
    codes: ["CSP_WASM"],
    start: async (t) => ({ url: (await startWithPage(t, { security: "strict" })).url, setting: /'wasm-unsafe-eval'/ }),
  },
  {
    title: "a server that the page's policy does not name",
    codes: ["CSP_CONNECT", "CSP_WASM"],
    async start(t) {
      const [here, there] = [await startWithPage(t, { security: "strict" }), await startServer(t, "node")];
      return { url: here.url, options: { url: there.url }, setting: new RegExp(`Add ${there.url} to connect-src`) };
    },
  },
  {
    title: "a server that lets no other origin read",
    codes: ["CORS"],
    async start(t) {
      const [here, there] = [await startWithPage(t), await startServer(t, "node", { cors: "none" })];
      return { url: here.url, options: { url: there.url }, setting: new RegExp(`Allow ${here.url}`) };
    },
  },
  {
    title: "one that lets all origins read, but not with cookies",
    codes: ["CORS"],
    async start(t) {
      const [here, there] = [await startWithPage(t), await startServer(t, "node")];
      return { url: here.url, options: { url: there.url, withCredentials: true }, setting: /credentials: true/ };
    },
  },
  ...[
    { fault: "redirect", message: /sends requests on to \/login/ },
    { fault: "away", message: /sends requests on to another origin/ },
    { fault: "page", message: /answers with a login page/ },
    { fault: "forbid", message: /answers 401/ },
  ].map(({ fault, message }) => ({
    title: `a proxy that wants people to sign in (${fault})`,
    codes: ["LOGIN_REDIRECT"],
    start: async (/** @type {Test} */ t) => ({ url: (await startBehind(t, { fault })).url, message }),
  })),
  ...["redirect", "away"].map((fault) => ({
    title: `a proxy that wants people to sign in, where requests have headers (${fault})`,
    codes: ["LOGIN_REDIRECT"],
    async start(/** @type {Test} */ t) {
      const { url } = await startBehind(t, { fault });
      return { url, options: { headers: { "X-Tenant": "blue" } }, message: /sends requests on to another address/ };
    },
  })),
  ...["never-its-own", "in-turn"].map((deal) => ({
    title: `two workers dealt ${deal}`,
    codes: ["STICKY_SESSION"],
    async start(/** @type {Test} */ t) {
      const workers = [await startWithPage(t), await startWithPage(t)];
      const balancer = await startRoundRobin({ workers: workers.map(({ url }) => url), deal });
      t.after(() => balancer.close());
      return { url: balancer.url, setting: /ip_hash/ };
    },
  })),
  {
    title: "a path of newer servers, where an older one answers at its own",
    codes: ["PATH_404"],
    async start(t) {
      const { url } = await startWithPage(t);
      return { url, options: { path: "/ws/socket.io" }, setting: /^connect\(\{ path: "\/socket\.io" \}\)$/ };
    },
  },
  {
    title: "the usual path by name, where a newer server answers at its own",
    codes: ["PATH_404"],
    async start(t) {
      const { url } = await startWithPage(t, {}, "asgi");
      return { url, options: { path: "/socket.io" }, setting: /^connect\(\{ path: "\/ws\/socket\.io" \}\)$/ };
    },
  },
  {
    title: "a server of Socket.IO 2",
    codes: ["PROTOCOL_V3"],
    async start(t) {
      const [here, there] = [await startWithPage(t), await startHttp(t)];
      createRequire(import.meta.url)("socket.io-v2")(there.server, { serveClient: false });
      return { url: here.url, options: { url: there.url }, message: /Socket\.IO 2,.*Socket\.IO 3 and 4/ };
    },
  },
  ...REFUSING,
  {
    title: "something else answers",
    codes: ["NOT_SOCKET_IO"],
    async start(t) {
      const headers = { "Content-Type": "application/json", "Access-Control-Allow-Origin": "*" };
      const there = await startHttp(t, (_, response) => response.writeHead(200, headers).end('{"hello": "world"}'));
      return { url: (await startWithPage(t)).url, options: { url: there.url }, message: /200 application\/json "\{"hello": "world"\}"/ };
    },
  },
  {
    title: "nothing listens",
    codes: ["UNREACHABLE"],
    async start(t) {
      const { url } = await startWithPage(t);
      return { url, options: { url: `http://127.0.0.1:${await freePort()}` }, message: /the request failed/ };
    },
  },
  {
    title: "the namespace is not granted",
    codes: ["REFUSED"],
    async start(t) {
      const server = await startWithPage(t);
      await server.control("access", { refuse_connects: true });
      return { url: server.url, message: /Connection refused by server/ };
    },
  },
  {
    title: "answers come only with the ping",
    codes: ["PROXY_BUFFERING"],
    start: async (t) => ({ url: (await startBehind(t, { fault: "keep-until-ping", server: { pingInterval: 1 } })).url, message: /only with the ping/ }),
  },
  {
    title: "answers come a second and a half late",
    codes: ["PROXY_BUFFERING"],
    start: async (t) => ({ url: (await startBehind(t, { fault: "keep", ms: 1500, server: { pingInterval: 25 } })).url, message: /came \d+\.\d s late/ }),
  },
];

/** Of what a page has no use for nothing is said. @param {{ transports?: string[], patient?: boolean }} options */
function saidOf({ transports: [first, ...rest] = ["polling"], patient = false }) {
  const unused = first === "websocket" ? ["POLLING_REFUSED", "ORIGIN_REFUSED", "STICKY_SESSION", "PROXY_BUFFERING"] : rest.length > 0 ? [] : ["WEBSOCKET"];
  return CODES.filter((code) => !unused.includes(code) && (patient || code !== "PROXY_TIMEOUT"));
}

/**
 * Whether a diagnosis names these codes and no other, in words.
 * @param {Diagnosis} diagnosis @param {string[]} codes @param {Partial<Start>} [words]
 */
export function assertFound({ ok, findings, fine, unchecked }, codes, { message = /./, setting = /./, options } = {}) {
  assert.deepEqual(findings.map(({ code }) => code), codes, JSON.stringify(findings));
  assert.equal(ok, codes.length === 0);
  const all = [...codes, ...fine.map(({ code }) => code), ...unchecked];
  assert.deepEqual(all.toSorted(), [...new Set([...saidOf(options ?? {}), ...codes])].toSorted(), "each code is in one of them");
  for (const { message, setting } of findings) assert.ok(message && setting && !/undefined|null|NaN/.test(message + setting));
  if (findings.length === 0) return;
  assert.match(findings[0].message, message);
  assert.match(findings[0].setting, setting);
}
