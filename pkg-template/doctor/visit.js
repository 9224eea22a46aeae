// The doctor's requests: all within one deadline, and all over when the visit is.

import { credentials } from "../client/credentials.js";
import { pageOrigin } from "../core/host.js";

/** How long after a request has failed a browser may take to say that the page's policy forbids it, in milliseconds. */
const VIOLATION_MS = 500;
/** How long the goodbye to a session may take, in milliseconds. */
const GOODBYE_MS = 2000;

/** Where newer servers answer. */
export const OTHER_PATH = "/ws/socket.io";

/** What a server names may be more than a browser's timers take, which then do not wait at all. A day, as for options of `connect`. */
const MAX_MS = 86_400_000;

/** More of an answer is not read, in bytes: its beginning shows what it is. */
const MAX_BYTES = 1_048_576;

/**
 * What a request came to.
 * @typedef {object} Answer
 * @property {number} status 0 when it failed
 * @property {"network" | "late" | null} failed why there is no answer
 * @property {string} type what it says that it is
 * @property {string} text
 * @property {string | null} sentTo where a redirection led, or would have
 * @property {string} by the name that whoever answered gives itself, where the page may read it
 * @property {string} address what was asked for
 * @property {number} at when it was there, in milliseconds of `performance.now()`
 * @typedef {{ sid: string, path: string, pingInterval: number, pingTimeout: number, offers: string[], credentials?: RequestCredentials }} Session
 */

export class Visit {
  /** For the words of findings. */
  about;
  /** How far this machine's clock is ahead of the server's in milliseconds, by the first answer that tells. @type {number | undefined} */
  skew;
  #url;
  #path;
  /** Whether the page names the path: else `connect` looks at {@link OTHER_PATH} as well. */
  #named;
  #namespace;
  /** What goes with each request. */
  #given = { headers: [], query: [] };
  #credentials;
  #timeout;
  /** When all of it has to be over, in milliseconds of `performance.now()`. */
  #deadline;
  #limit;
  #stop = new AbortController();
  #timers = new Set();
  #sessions = new Set();
  #forbid;
  #forbidden = new Promise((resolve) => (this.#forbid = () => resolve(true)));
  #forbidSocket;
  /** Becomes true when the page's policy forbids a WebSocket to the server. @type {Promise<true>} */
  forbiddenSocket = new Promise((resolve) => (this.#forbidSocket = () => resolve(true)));
  /** @type {WebSocket[]} */
  #webSockets = [];
  #count = 0;
  #signal;
  #abort = () => this.#stop.abort();
  #violate = ({ effectiveDirective, blockedURI }) => {
    if (effectiveDirective !== "connect-src") return;
    const leadsTo = (url) => `${blockedURI}/`.startsWith(`${url}/`);
    if (leadsTo(this.#url)) this.#forbid();
    if (leadsTo(socketUrl(this.#url))) this.#forbidSocket();
  };

  /**
   * @param {{ url: string, path?: string, namespace?: string, withCredentials?: boolean }} connection
   * @param {number} timeout milliseconds for all of it
   * @param {AbortSignal} [signal]
   */
  constructor({ url, path, namespace = "/", withCredentials = false }, timeout, signal) {
    this.#url = url;
    this.#named = path !== undefined;
    this.#namespace = namespace;
    this.#timeout = timeout;
    this.#credentials = withCredentials ? "include" : "same-origin";
    this.about = {
      origin: url,
      page: pageOrigin(),
      foreign: url !== pageOrigin(),
      withCredentials,
    };
    this.#goTo(path?.replace(/\/+$/, "") ?? "/socket.io");
    this.#signal = signal;
    this.last(timeout);
    signal?.addEventListener("abort", this.#abort);
    // Not the document's: that may be an element of the page which has this name.
    EventTarget.prototype.addEventListener.call(document, "securitypolicyviolation", this.#violate);
  }

  get path() {
    return this.#path;
  }

  #goTo(path) {
    this.#path = path;
    Object.assign(this.about, { path, where: `${this.#url}${path}/` });
  }

  /**
   * Asks for a session, as `connect` does: where the page names no path and nothing is at the usual one, at that of newer servers too.
   * @returns {Promise<Answer>} where there is nothing at either, that of the first
   */
  async open() {
    const answer = await this.ask();
    if (answer.status !== 404 || this.#named) return answer;
    const other = await this.ask({ path: OTHER_PATH });
    if (!readOpen(other, OTHER_PATH)) return answer;
    this.#goTo(OTHER_PATH);
    return other;
  }

  /** Whether the time is over, or the page wants no more. */
  get isOver() {
    return this.#stop.signal.aborted;
  }

  /** Gives it at least so many milliseconds from now on. */
  last(ms) {
    const deadline = performance.now() + ms;
    if (deadline <= this.#deadline) return;
    this.#deadline = deadline;
    this.#forget(this.#limit);
    this.#limit = this.#later(ms, this.#abort);
  }

  get namespace() {
    return this.#namespace;
  }

  /** Asks the page's functions for what goes with the requests. Rejects if they fail, or the visit is over before. */
  async prepare(shared) {
    const { signal } = this.#stop;
    const over = new Promise((resolve) => signal.addEventListener("abort", () => resolve(undefined), { once: true }));
    const given = await Promise.race([credentials(shared), over]);
    this.#signal?.throwIfAborted();
    if (!given) {
      throw new Error(`The page's function for \`auth\`, \`headers\` or \`query\` gave nothing within ${this.#timeout / 1000} s, as connect() would find too.`);
    }
    checkHeaders(given.headers);
    return (this.#given = given);
  }

  /**
   * @param {{ method?: string, sid?: string, body?: string, path?: string, transport?: string, signal?: AbortSignal, [fetchOption: string]: unknown }} [options]
   * @returns {Promise<Answer>} rejects only for what would go to another origin
   */
  async ask({ method = "GET", sid, body, path = this.#path, transport = "polling", signal = this.#stop.signal, ...more } = {}) {
    const address = this.#address(path, transport, sid);
    const headers = more.mode === "no-cors" ? [] : [...this.#given.headers];
    if (body !== undefined) headers.push(["Content-Type", "text/plain;charset=UTF-8"]);
    const answer = { status: 0, failed: null, type: "", text: "", sentTo: null, by: "", address, at: 0 };
    const began = Date.now();
    // As connect() does: a browser would send these along to wherever it leads.
    const redirect = headers.length > 0 ? "manual" : "follow";
    try {
      const response = await fetch(address, { method, body, headers, signal, redirect, cache: "no-store", credentials: this.#credentials, ...more });
      this.#compareClocks(response.headers.get("date"), began);
      answer.status = response.status;
      answer.type = response.headers.get("content-type") ?? "";
      answer.by = response.headers.get("server") ?? "";
      if (response.redirected) answer.sentTo = new URL(response.url).pathname;
      if (response.type === "opaqueredirect") answer.sentTo = "another address";
      answer.text = await read(response);
    } catch {
      answer.status = 0;
      answer.failed = signal.aborted ? "late" : "network";
    }
    answer.at = performance.now();
    return answer;
  }

  #address(path, transport, sid) {
    const address = new URL(`${this.#url}${path}/`);
    if (address.origin !== this.#url) throw new TypeError(`a request for ${this.#url} leads to ${address.origin}: it was not sent`);
    for (const [name, value] of this.#given.query) address.searchParams.append(name, value);
    address.searchParams.set("EIO", "4");
    address.searchParams.set("transport", transport);
    // No two are the same, so that the browser's timing of each can be found.
    address.searchParams.set("t", `doctor-${Date.now().toString(36)}-${(this.#count += 1)}`);
    if (sid) address.searchParams.set("sid", sid);
    return address.href;
  }

  #compareClocks(date, began) {
    const there = Date.parse(date ?? "");
    if (this.skew === undefined && !Number.isNaN(there)) this.skew = (began + Date.now()) / 2 - there;
  }

  /** For requests that are to be aborted earlier than the rest. */
  controller() {
    const controller = new AbortController();
    this.#stop.signal.addEventListener("abort", () => controller.abort(), { once: true, signal: controller.signal });
    if (this.#stop.signal.aborted) controller.abort();
    return controller;
  }

  /** Opens a WebSocket for a session of its own. It is closed when the visit is over, which ends that. */
  webSocket() {
    const socket = new WebSocket(socketUrl(this.#address(this.#path, "websocket")));
    this.#webSockets.push(socket);
    this.#stop.signal.addEventListener("abort", () => socket.close(), { once: true });
    return socket;
  }

  /** Whether the page's policy forbids what was asked for: the browser tells that in a task of its own. */
  forbidden() {
    return Promise.race([this.#forbidden, this.violated()]);
  }

  /** Resolves when the browser would have told of a violation. */
  violated() {
    return this.after(VIOLATION_MS);
  }

  /** Resolves after so many milliseconds; not at all when the visit is over. */
  after(ms) {
    return new Promise((resolve) => this.#later(ms, resolve));
  }

  #later(ms, act) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, Math.min(ms, MAX_MS));
    this.#timers.add(timer);
    return timer;
  }

  #forget(timer) {
    this.#timers.delete(timer);
    clearTimeout(timer);
  }

  /** Has the server told at the end that the session is over. */
  remember(session) {
    this.#sessions.add(session);
  }

  /** Aborts what is under way, and closes what was opened. */
  async end() {
    this.#stop.abort();
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of this.#webSockets) {
      socket.onmessage = socket.onclose = null;
      socket.close();
    }
    this.#signal?.removeEventListener("abort", this.#abort);
    EventTarget.prototype.removeEventListener.call(document, "securitypolicyviolation", this.#violate);
    await Promise.all([...this.#sessions].map((session) => this.#sayGoodbye(session)));
  }

  async #sayGoodbye({ sid, path, credentials = this.#credentials }) {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), GOODBYE_MS);
    await this.ask({ method: "POST", sid, path, body: "1", credentials, keepalive: true, signal: limit.signal });
    clearTimeout(timer);
  }
}

/** `http:` becomes `ws:`, and `https:` `wss:`. @param {string} url */
function socketUrl(url) {
  return url.replace(/^http/, "ws");
}

/** The text of the body, up to a bound: nobody knows what answers there. */
async function read(response) {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let room = MAX_BYTES;
  for (let piece; room > 0 && (piece = (await reader?.read())?.value); room -= piece.length) {
    text += decoder.decode(piece.subarray(0, room), { stream: true });
  }
  if (room <= 0) reader.cancel().catch(() => {});
  return text + decoder.decode();
}

/** What a browser does not send fails like a network that is down. @param {string[][]} headers */
function checkHeaders(headers) {
  for (const pair of headers) {
    try {
      new Headers([pair]);
    } catch (cause) {
      throw new TypeError(`option \`headers\` has one that no browser sends: "${pair[0]}"`, { cause });
    }
  }
}

/** What a server of Engine.IO 4 opens a session with. @param {Answer} answer @returns {Session | undefined} */
export function readOpen({ status, text }, path) {
  if (status !== 200 || !text.startsWith("0{")) return undefined;
  try {
    const { sid, pingInterval, pingTimeout, upgrades } = JSON.parse(text.split("\x1e", 1)[0].slice(1));
    if (typeof sid !== "string") return undefined;
    return { sid, path, pingInterval: Number(pingInterval) || 25_000, pingTimeout: Number(pingTimeout) || 20_000, offers: Array.isArray(upgrades) ? upgrades : [] };
  } catch {
    return undefined;
  }
}
