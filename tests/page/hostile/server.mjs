// A server that sends as much as it is asked for, and more than a page can do.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { bodyOf } from "../support/bodies.mjs";
import { packageFolder } from "../support/places.mjs";
import { until } from "../support/until.mjs";

const SEPARATOR = "\x1e";
/** The answer to a poll that says nothing. */
const NOOP = "6";
const HERE = import.meta.dirname;
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };
const HANDSHAKE = { sid: "s", upgrades: [], pingInterval: 25_000, pingTimeout: 600_000, maxPayload: 1_000_000 };

/**
 * @param {import("node:test").TestContext} t
 * @param {{ html?: string, folders?: Record<string, string> }} [page] `html`: the page; `folders`: what it loads beside the package
 */
export async function startHostile(t, page) {
  const server = new Hostile(page);
  await server.start();
  t.after(() => server.close());
  return server;
}

class Hostile {
  #server = createServer((request, response) => {
    this.#answer(request, response).catch((error) => response.destroy(error));
  });
  #html;
  #folders;
  /** What the next polls get. @type {(() => Promise<string | Iterable<string>> | string | Iterable<string>)[]} */
  #bodies = [];
  /** The poll that waits. @type {import("node:http").ServerResponse | undefined} */
  #poll;
  /** Packets of the page. @type {string[]} */
  received = [];
  /** Called with each of them. */
  hear = (/** @type {string} */ _packet) => {};
  sessions = 0;
  bytes = 0;
  /** When the page last took something. */
  #moved = 0;

  constructor({ html = path.join(HERE, "page.html"), folders = {} } = {}) {
    this.#html = html;
    this.#folders = folders;
  }

  async start() {
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", () => resolve(undefined)));
    const { port } = /** @type {import("node:net").AddressInfo} */ (this.#server.address());
    this.url = `http://127.0.0.1:${port}`;
  }

  close() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /**
   * Sends so many answers, each as soon as the page asks for it. Returns when the page asks for more.
   * @param {number} count @param {(n: number) => string[]} packets of the n-th answer
   * @param {{ byByte?: boolean }} [how]
   */
  async send(count, packets, { byByte = false } = {}) {
    for (let n = 0; n < count; n += 1) this.#bodies.push(() => this.#body(packets(n), byByte));
    await this.#taken();
  }

  /**
   * The same for so many milliseconds by the clock, without an end in between.
   * @param {number} ms @param {(n: number) => { packets: string[], byByte?: boolean }} answer the n-th
   */
  async sendFor(ms, answer) {
    const end = performance.now() + ms;
    let n = 0;
    const next = () => {
      if (performance.now() >= end) return [NOOP];
      this.#bodies.push(next);
      const { packets, byByte = false } = answer(n);
      n += 1;
      return this.#body(packets, byByte);
    };
    this.#bodies.push(next);
    await this.#taken(ms);
  }

  async #taken(ms = 0) {
    await this.#serve();
    await until("the page has taken all", () => this.#bodies.length === 0 && this.#poll !== undefined, { within: ms + 240_000 });
  }

  /** @param {string[]} packets @param {boolean} byByte */
  #body(packets, byByte) {
    const body = packets.join(SEPARATOR);
    this.bytes += body.length;
    return byByte ? [...body] : [body];
  }

  /** Returns when the page has taken nothing for a while. */
  async stalls() {
    this.#moved = performance.now();
    await until("the page takes nothing more", () => performance.now() - this.#moved > 1_500, { within: 240_000 });
  }

  /** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
  async #answer(request, response) {
    const url = new URL(request.url ?? "/", this.url);
    if (url.pathname === "/socket.io/") return this.#engine(request, response, url.searchParams.get("sid"));
    if (url.pathname.startsWith("/api/research/")) {
      response.setHeader("Content-Type", "application/json");
      return void response.end(url.pathname.endsWith("/logs") ? "[]" : `{"status":"in_progress","progress":1}`);
    }
    const folder = this.#folders[path.dirname(url.pathname)] ?? packageFolder();
    const file = url.pathname === "/" ? this.#html : path.join(folder, path.basename(url.pathname));
    const type = TYPES[/** @type {keyof typeof TYPES} */ (path.extname(file))];
    if (!type) return void response.writeHead(204).end();
    response.setHeader("Content-Type", type);
    response.end(await readFile(file));
  }

  /** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response @param {string | null} sid */
  async #engine(request, response, sid) {
    response.setHeader("Content-Type", "text/plain; charset=UTF-8");
    if (!sid) {
      this.sessions += 1;
      return void response.end(`0${JSON.stringify(HANDSHAKE)}`);
    }
    if (request.method === "GET") {
      this.#poll = response;
      return this.#serve();
    }
    const body = await bodyOf(request);
    if (body === undefined) return;
    for (const packet of body.split(SEPARATOR)) {
      this.received.push(packet);
      this.hear(packet);
      if (packet.startsWith("40")) this.#bodies.unshift(() => [`40{"sid":"n"}`]);
    }
    response.end("ok");
    await this.#serve();
  }

  async #serve() {
    const poll = this.#poll;
    const next = poll && this.#bodies.shift();
    if (!poll || !next) return;
    this.#poll = undefined;
    const pieces = await next();
    for (const piece of pieces) {
      // Not more than the page takes.
      if (!poll.write(piece)) await new Promise((resolve) => poll.once("drain", resolve));
      this.#moved = performance.now();
    }
    poll.end();
  }
}
