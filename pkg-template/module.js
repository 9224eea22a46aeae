// The WebAssembly module: loads it once, and knows when it has failed for good.

import { ResearchSocketError, report, toError } from "./error.js";

export class Module {
  /** key → the open connection with that key */
  links = new Map();
  Connection;
  #init;
  #ready;
  #failure;

  /**
   * @param {() => Promise<unknown>} init fetches and compiles the module
   * @param {new (options: object, dispatch: Function) => object} Connection
   */
  constructor(init, Connection) {
    this.#init = init;
    this.Connection = Connection;
  }

  /** However often it is called, the module is loaded once. A load that failed is forgotten: the next call tries again. */
  async load() {
    this.#ready ??= Promise.resolve().then(this.#init);
    try {
      await this.#ready;
    } catch (error) {
      this.#ready = undefined;
      throw loadError(error);
    }
    if (this.#failure) throw this.#failure;
  }

  /** Runs what calls into the module, and makes our kind of error of what it throws. */
  guard(run) {
    if (this.#failure) throw this.#failure;
    try {
      return run();
    } catch (error) {
      if (isTrap(error)) throw this.fail(error);
      // Misuse of the API: the standard errors say best what it is.
      if (error instanceof TypeError || error instanceof RangeError) throw error;
      throw toError(error);
    }
  }

  /**
   * After a trap the module's memory cannot be trusted, so nothing calls it again: every client hears of it once and is closed.
   * @param {unknown} cause
   */
  fail(cause) {
    if (!this.#failure) {
      this.#failure = new ResearchSocketError(
        "INTERNAL",
        "research-socket failed by a fault of its own and has stopped. Reload the page to go on, and please report it.",
        { cause },
      );
      for (const link of [...this.links.values()]) link.fail(this.#failure);
      report(this.#failure);
    }
    return this.#failure;
  }
}

function isTrap(error) {
  return typeof WebAssembly !== "undefined" && error instanceof WebAssembly.RuntimeError;
}

function loadError(cause) {
  if (typeof WebAssembly === "undefined") {
    return new ResearchSocketError("UNSUPPORTED", "This browser has no WebAssembly, or it is switched off.", { cause });
  }
  const text = String(cause?.message ?? cause);
  if (/content.security.policy|\bCSP\b/i.test(text)) {
    return new ResearchSocketError(
      "UNSUPPORTED",
      "The Content-Security-Policy of this page forbids WebAssembly: add 'wasm-unsafe-eval' to its script-src.",
      { cause },
    );
  }
  return new ResearchSocketError(
    "LOAD_FAILED",
    `The WebAssembly module could not be loaded: ${text}. Check that the server has research_socket_bg.wasm beside the script, then call connect() again.`,
    { cause },
  );
}
