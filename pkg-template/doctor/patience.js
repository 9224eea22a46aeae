// Whether a connection on which nothing happens lasts until the server's ping. A proxy that waits for less ends each one, and a page
// then begins a new session all the time. To see it takes as long as the ping does, so it is looked at only where that is asked for.

import { attempt } from "../client/error.js";
import { excerpt } from "./refusal.js";
import { readOpen } from "./visit.js";

/** Statuses by which a proxy says that it has waited long enough. Whatever else ends early may have had another reason, once. */
const WAITED = [408, 504, 524];
/** Close codes of a server that ends a session in order, as that of npm does with one that asks for no namespace for 45 s. */
const CLOSED = [1000, 1005];
/** The visit is not to be over in the moment in which nothing has come for long enough, in milliseconds. */
const LEEWAY_MS = 1000;

/**
 * What became of something that was held; nothing where that says nothing of a proxy.
 * @typedef {{ interval: number, ended?: string, after?: number, isSure?: boolean }} Held
 *   `interval`: of the pings, in milliseconds; `ended`: how it ended without one, in words, and `after` how many seconds
 */

export class Patience {
  #visit;
  #logger;
  #stop;
  /** @type {Promise<Held | undefined>[]} */
  #held = [];

  /**
   * @param {import("./visit.js").Visit} visit
   * @param {{ debug?(words: string): void }} [logger] that is told how long it takes; else the console
   */
  constructor(visit, logger) {
    this.#visit = visit;
    this.#logger = logger;
    this.#stop = visit.controller();
  }

  /** Holds a poll, of a session of its own: whatever else is asked would be answered by it. */
  holdPoll() {
    this.#held.push(this.#twice((which) => this.#poll(which)));
  }

  /** Holds a WebSocket of its own. */
  holdWebSocket() {
    this.#held.push(this.#twice((which) => this.#socket(which)));
  }

  /** Something found hides it: there is no point in waiting. */
  giveUp() {
    this.#stop.abort();
  }

  /** @param {import("./findings.js").Diagnosis} diagnosis */
  async judge(diagnosis) {
    const held = await Promise.all(this.#held);
    const ended = held.filter((one) => one?.ended);
    if (ended.length > 0) diagnosis.find("PROXY_TIMEOUT", { interval: ended[0].interval / 1000, what: ended.map((one) => one.ended).join("; ") });
    else if (held.length > 0 && held.every(Boolean)) diagnosis.fine("PROXY_TIMEOUT");
  }

  /** A server that restarts, or a network that goes, ends a connection once. @param {(which: string) => Promise<Held | undefined>} hold */
  async #twice(hold) {
    const first = await hold("a");
    if (!first?.ended || first.isSure) return first;
    const again = await hold("another");
    return again?.ended ? { ...again, ended: `${first.ended}, and another after ${again.after.toFixed(1)} s` } : again;
  }

  /** @param {string} which @returns {Promise<Held | undefined>} */
  async #poll(which) {
    const { signal } = this.#stop;
    const session = readOpen(await this.#visit.ask({ signal }), this.#visit.path);
    if (!session) return undefined;
    this.#visit.remember(session);
    const held = this.#begin(`${which} poll`, session);
    const answer = await Promise.race([this.#visit.ask({ ...session, signal }), this.#visit.after(held.patience)]);
    // Firefox asks again by itself, and again, when a connection is closed instead of an answer. And a firewall may tell nobody.
    if (!answer) return held.end("a poll was not answered", true);
    if (answer.failed === "late" || answer.sentTo !== null) return undefined;
    const { status, failed, text, by } = answer;
    if (status === 200) return text.split("\x1e").includes("2") ? held : undefined;
    return held.end(failed ? "a poll ended without an answer" : `a poll was answered ${status}${by && ` by ${excerpt(by)}`}`, WAITED.includes(status));
  }

  /** @param {string} which @returns {Promise<Held | undefined>} */
  #socket(which) {
    const { signal } = this.#stop;
    if (signal.aborted) return Promise.resolve(undefined);
    const socket = this.#visit.webSocket();
    return new Promise((resolve) => {
      let held;
      socket.onmessage = ({ data }) => {
        const session = held ? undefined : readOpen({ status: 200, text: String(data) }, this.#visit.path);
        if (session) {
          held = this.#begin(`${which} WebSocket`, session);
          void this.#visit.after(held.patience).then(() => resolve(held.end("nothing came over a WebSocket", true)));
        } else if (data === "2") {
          resolve(held);
        }
      };
      socket.onclose = ({ code }) => resolve(CLOSED.includes(code) ? undefined : held?.end(`a WebSocket was closed (code ${code})`));
      signal.addEventListener("abort", () => resolve(undefined), { once: true });
    });
  }

  /** @param {string} what @param {import("./visit.js").Session} session */
  #begin(what, { pingInterval: interval, pingTimeout }) {
    const began = performance.now();
    const patience = interval + pingTimeout;
    this.#visit.last(patience + LEEWAY_MS);
    const words = `research-socket: the doctor holds ${what} until the server's ping, which takes ${interval / 1000} s, and ${patience / 1000} s at the most`;
    attempt(() => (this.#logger ? this.#logger.debug?.(words) : console.info(words)));
    return {
      interval,
      patience,
      /** @param {string} how @param {boolean} [isSure] whether it cannot have had another reason */
      end(how, isSure = false) {
        const after = (performance.now() - began) / 1000;
        return { interval, ended: `${how} after ${after.toFixed(1)} s`, after, isSure };
      },
    };
  }
}
