// What the old script asks of the page around it. Functions are looked up at each use: pages define theirs late, and replace them.

import { report } from "../client/error.js";

/** The paths of the pages that have a connection. */
const CONNECTED = ["/research", "/progress", "/benchmark", "/chat"];

/** Servers number the runs of benchmarks, and have UUIDs for researches. */
const NUMBER = /^\d+$/;

/** How long a notification stays, as the old script had it. */
const NOTIFICATION_MS = 10_000;

/** Where a tab keeps which ends it was told of: a page that reloads at the end must not hear of the same end again. */
const TOLD = "research-socket.end.";

export class Page {
  #window;

  /** @param {Window & typeof globalThis} window */
  constructor(window) {
    this.#window = window;
  }

  /** Whether this is a page that gets a connection. */
  get connects() {
    // A window of a test that is over has none.
    const pathname = this.#window.location?.pathname ?? "";
    return CONNECTED.some((part) => pathname.includes(part));
  }

  /** Whether this is the id of a benchmark's run. Only its own page knows one: elsewhere a number may be a research. */
  isBenchmark(id) {
    return NUMBER.test(id) && this.#window.location.pathname.includes("/benchmark");
  }

  /**
   * What the page has defined under a name. An element or a frame with that id or name is found there too (DOM clobbering), but
   * is none of the window's own properties.
   */
  #defined(name) {
    return Object.hasOwn(this.#window, name) ? this.#window[name] : undefined;
  }

  /** The object that was put here. */
  get socket() {
    return this.#defined("socket");
  }

  set socket(socket) {
    this.#window.socket = socket;
  }

  /** Whether the page has a function of this name. */
  has(name) {
    return typeof this.#defined(name) === "function";
  }

  /** Calls a function of the page if there is one. What it throws is shown, and stops nothing. */
  call(name, ...args) {
    if (!this.has(name)) return;
    try {
      this.#window[name](...args);
    } catch (error) {
      report(error);
    }
  }

  /** Shows a failure to people, or that it is over. */
  notify(title, text, type = "error") {
    this.call("showNotification", title, text, type, NOTIFICATION_MS);
  }

  /** The page's own request for the status of a research, if it has one. */
  get getResearchStatus() {
    const api = this.#defined("api");
    return typeof api?.getResearchStatus === "function" ? (id) => api.getResearchStatus(id) : undefined;
  }

  /** The intervals that ask for the status, by id: pages stop them when they are left. */
  get pollIntervals() {
    return this.#defined("pollIntervals") ?? (this.#window.pollIntervals = {});
  }

  /** `"<time>-<message>"` of the lines that were shown → when. */
  get shownLines() {
    const shown = this.#defined("_processedSocketMessages");
    // A page that keeps what it finds under the name may have made an element its own.
    return shown instanceof Map ? shown : (this.#window._processedSocketMessages = new Map());
  }

  /** Whether this tab was told of the end of a research before, and from now on it was. */
  tellEnd(id) {
    try {
      const { sessionStorage } = this.#window;
      const told = sessionStorage.getItem(TOLD + id) !== null;
      sessionStorage.setItem(TOLD + id, "");
      return told;
    } catch {
      // A page without storage, or with a full one, is told again after a reload, as a page of the old script could be.
      return false;
    }
  }
}
