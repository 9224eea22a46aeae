// What the package asks of the page around it. Everything is asked late: importing touches nothing.

import { pageHref } from "./host.js";

export const browser = {
  /** False on a server that renders the page. */
  get present() {
    return (typeof document !== "undefined" || typeof WorkerGlobalScope !== "undefined") && typeof location !== "undefined";
  },

  /** The names of what connecting takes and is not here. Browsers have all; each test runner's document lacks something else. */
  get missing() {
    const needed = ["fetch", "Request", "Response", "Headers", "AbortController", "MessageChannel", "TextDecoder", "TextEncoder"];
    return needed.filter((name) => typeof globalThis[name] !== "function");
  },

  /** What a relative `url` is relative to, and the default of `url`. */
  get href() {
    return pageHref();
  },

  /** The token that the application's pages carry for requests that change something. */
  get csrfToken() {
    if (typeof document === "undefined") return undefined;
    // Not the document's: that may be an element of the page which has this name.
    return Document.prototype.querySelector.call(document, 'meta[name="csrf-token"]')?.content || undefined;
  },
};
