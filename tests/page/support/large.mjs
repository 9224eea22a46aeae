// A server that answers once, with as much as no good server sends at once: for answers that are read as they arrive.

import { createReadStream } from "node:fs";
import http from "node:http";
import path from "node:path";
import { bodyOf } from "./bodies.mjs";
import { RUNTIME } from "./runtime.mjs";
import { pageFolders } from "./servers.mjs";

const ID = "r1";
const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm" };
const SEPARATOR = "\x1e";
/** So much is written at once, in bytes. */
const WRITTEN = 1 << 20;

/**
 * @typedef {object} Answer
 * @property {string} name
 * @property {() => Iterable<string>} [packets] what answers the poll after the subscription
 * @property {() => Iterable<string>} [log] the stored log
 * @property {number} lines that the page is to hear
 * @property {number} messages that the page is to hear
 */

/** A line as it comes live, or as it is stored: about 500 bytes. @param {number} n */
const words = (n) => `line ${n} ${"lorem ipsum ".repeat(30)}`;
const time = (/** @type {number} */ n) => new Date(Date.UTC(2026, 10, 21) + n * 10);
const entry = (/** @type {number} */ n) => ({ message: words(n), type: "INFO", time: time(n).toISOString() });
const stored = (/** @type {number} */ n) => ({ id: n + 1, message: words(n), timestamp: time(n).toUTCString(), log_type: "INFO" });

function* repeat(/** @type {number} */ count, /** @type {(n: number) => string} */ make) {
  for (let n = 0; n < count; n += 1) yield make(n);
}

const event = (/** @type {unknown[]} */ ...args) => `42${JSON.stringify(args)}`;

/** @type {Answer[]} */
export const ANSWERS = [
  {
    name: "40 messages of 1 MB",
    packets: () => repeat(40, (n) => event("message", n, "x".repeat(1_000_000))),
    lines: 0,
    messages: 40,
  },
  {
    name: "20,000 lines",
    packets: () => repeat(20_000, (n) => event(`progress_${ID}`, { log_entry: entry(n) })),
    lines: 20_000,
    messages: 0,
  },
  {
    // Each repeats the lines before it, as benchmarks do: 60 MB for 1,500 lines.
    name: "150 cumulative logs, 60 MB",
    packets: () =>
      repeat(150, (n) => {
        const log = Array.from({ length: 10 * (n + 1) }, (_, line) => entry(line));
        return event(`research_progress_${ID}`, { progress: 1, progress_log: JSON.stringify(log) });
      }),
    lines: 1_500,
    messages: 0,
  },
  { name: "a stored log of 60 MB", log: () => repeat(130_000, (n) => JSON.stringify(stored(n))), lines: 130_000, messages: 0 },
];

/** @param {import("node:test").TestContext} t @param {Answer} answer */
export async function startLargeServer(t, { packets, log }) {
  const folders = pageFolders().map((pair) => pair.split("="));
  const seen = { sessions: 0, pongs: 0, logs: 0 };
  /** @type {http.ServerResponse | undefined} */
  let poll;
  /** @type {("joined" | "subscribed" | "done")[]} */
  const due = [];
  const tell = async () => {
    if (!poll || due.length === 0) return;
    const response = poll;
    poll = undefined;
    const what = due.shift();
    if (what === "joined") return void response.end('40{"sid":"n"}');
    await write(response, packets?.() ?? ["6"], SEPARATOR);
    response.end();
  };

  const server = http.createServer(async (request, response) => {
    const url = new URL(request.url ?? "", "http://host");
    // A page that closes may break it off.
    const body = (await bodyOf(request)) ?? "";
    response.setHeader("Cache-Control", "no-store");
    // Without 'wasm-unsafe-eval'.
    if (RUNTIME === "js") response.setHeader("Content-Security-Policy", "script-src 'self'");
    const folder = folders.find(([route]) => url.pathname.startsWith(`${route}/`));
    if (folder) {
      const file = path.join(folder[1], url.pathname.slice(folder[0].length));
      response.setHeader("Content-Type", TYPES[path.extname(file)] ?? "text/plain");
      return void createReadStream(file).on("error", () => response.writeHead(404).end()).pipe(response);
    }
    if (url.pathname === "/socket.io/") {
      response.setHeader("Content-Type", "text/plain; charset=UTF-8");
      if (!url.searchParams.has("sid")) {
        seen.sessions += 1;
        return void response.end('0{"sid":"s","upgrades":[],"pingInterval":600000,"pingTimeout":20000,"maxPayload":1000000}');
      }
      if (request.method === "POST") {
        response.end("ok");
        if (body.startsWith("40")) due.push("joined");
        if (body.includes("subscribe_to_research")) due.push("subscribed");
        seen.pongs += body.startsWith("3") ? 1 : 0;
      } else {
        poll = response;
      }
      return void tell();
    }
    if (url.pathname.endsWith("/status")) return void response.end('{"status":"in_progress"}');
    if (url.pathname.endsWith("/logs")) {
      seen.logs += 1;
      response.write("[");
      await write(response, log?.() ?? [], ",\n");
      return void response.end("]");
    }
    response.setHeader("Content-Type", "text/html").end("<!doctype html><title>large</title>");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { url: `http://127.0.0.1:${port}/`, seen };
}

/** As fast as it is read, and no faster. @param {http.ServerResponse} response @param {Iterable<string>} parts @param {string} between */
async function write(response, parts, between) {
  response.setMaxListeners(0);
  let text = "";
  let rest = "";
  const send = async () => {
    if (response.destroyed || response.write(text)) return;
    await new Promise((resolve) => response.once("drain", resolve).once("close", resolve));
  };
  for (const part of parts) {
    text += rest + part;
    rest = between;
    if (text.length < WRITTEN) continue;
    await send();
    text = "";
  }
  await send();
}
