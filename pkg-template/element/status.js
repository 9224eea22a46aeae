// How a research and its connection are doing, as people see it.

import { describe, wordsOf } from "./connection.js";
import { asWords, button, make, say, set } from "./dom.js";

/** Statuses that have words for people. */
const WORDS = new Set(["pending", "queued", "in_progress", "completed", "suspended", "cancelled", "failed", "error"]);

/** After so long without news a page says so. */
export const QUIET_MS = 120_000;
export const MINUTE_MS = 60_000;

/** @param {string | null} status @param {import("./texts.js").Texts} texts */
export function statusWords(status, texts) {
  if (status === null) return texts.get("status_unknown");
  if (WORDS.has(status)) return texts.get(`status_${status}`);
  return asWords(status);
}

/** How far a research is. */
export class Bar {
  #bar = make("div", "bar");
  element = make("div", "track", { role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100" }, this.#bar);

  /** @param {number | null} percent @param {string | null} end the status in which it has ended @param {string} name */
  show(percent, end, name) {
    set(this.element, { "aria-label": name, "aria-valuenow": percent === null ? null : Math.floor(percent), "data-end": end });
    this.#bar.style.inlineSize = `${percent ?? 0}%`;
  }
}

/** The connection in plain words, with what helps. */
export class ConnectionLine {
  #words = make("span", "connection-words");
  #retry;
  #signIn = make("a", "button sign-in", { target: "_blank", rel: "noopener" });
  #slot = make("slot", "", { name: "sign-in" }, this.#signIn);
  element;

  /** @param {() => void} retry */
  constructor(retry) {
    this.#retry = button("button retry", retry);
    this.element = make("div", "connection", {}, make("span", "connection-dot", { "aria-hidden": "true" }), this.#words, this.#slot, this.#retry);
  }

  /**
   * Returns in how many milliseconds it says something else.
   * @param {{ connection: object | null, since: number, refusal: string | null, error: { message: string } | null, signIn: string, isOver: boolean }} known
   *   `since` when the connection is so, as of `Date.now()`; `error`: why there is no client; `isOver`: nobody needs a connection
   * @param {{ attempts?: number, interval?: number }} options of the client, as far as they are known
   * @param {import("./texts.js").Texts} texts
   */
  show({ connection, since, refusal, error, signIn, isOver }, options, texts) {
    this.element.hidden = isOver || !connection;
    if (!connection) return Infinity;
    const elapsed = Date.now() - since;
    const described = describe(connection, { refusal, ...options, elapsed });
    say(this.#words, error ? texts.get("connect_failed", { message: error.message }) : wordsOf(described, texts));
    set(this.element, { "data-tone": error ? "bad" : described.tone });
    const asksToSignIn = described.help === "sign-in";
    this.#signIn.hidden = !asksToSignIn || signIn === "";
    this.#slot.hidden = !asksToSignIn;
    set(this.#signIn, { href: signIn || null });
    say(this.#signIn, texts.get("sign_in"));
    this.#retry.hidden = !error && described.help === undefined;
    say(this.#retry, texts.get("retry"));
    // At the next whole second.
    return described.left > 0 ? 1000 - (elapsed % 1000) : Infinity;
  }
}
