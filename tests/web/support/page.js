// What a connection gets from its browser, replaced so that a test can see it, answer it and break it.

/** Requests to hosts that end so never leave the page. */
const HOST = "research.test";

const clock = performance.now.bind(performance);
const delay = globalThis.setTimeout.bind(globalThis);
const cancel = globalThis.clearTimeout.bind(globalThis);
const date = Date.now.bind(Date);

/** What browsers take in a request that outlives its page, in bytes. */
const KEEPALIVE_LIMIT = 65_536;

/** Undoes what the page of the last test has replaced: that test may have trapped. */
let undo = [];

/** How many pages there were. */
let pages = 0;

function replace(object, name, descriptor) {
  const before = Object.getOwnPropertyDescriptor(object, name);
  Object.defineProperty(object, name, { configurable: true, ...descriptor });
  undo.push(() => (before ? Object.defineProperty(object, name, before) : delete object[name]));
}

function restore() {
  for (const step of undo.splice(0).reverse()) step();
}

/** Whether a function is a connection's: the scripts of a WebDriver use the page's timers as well. */
const isOurs = (callback) => callback?.name === "guarded" || Boolean(callback?._wbg_cb_unref);

/** Milliseconds that no test changes. */
export const now = () => clock();

/** A turn of the event loop. */
export const turn = (ms) => new Promise((resolve) => delay(resolve, ms));

/** Calls back once, later; returns what stops it. */
export const later = (ms, callback) => {
  const timer = delay(callback, ms);
  return () => cancel(timer);
};

export class Page {
  /** Each page has its own: what connections of earlier tests still ask for is not this test's. */
  origin = `http://${++pages}.${HOST}`;
  online = true;
  visible = true;
  takesBeacons = true;
  dateOffset = 0;
  #requests = [];
  #beacons = [];
  #rejections = [];
  #timers = new Set();
  #listeners = [];
  #channels = [];
  #arrive;
  #gone;

  /**
   * @param arrive called with (id, method, path, header names and values in turn, body)
   * @param gone called with the id of a request that was aborted
   */
  constructor(arrive, gone) {
    restore();
    this.#arrive = arrive;
    this.#gone = gone;
    const page = this;
    const { fetch, MessageChannel } = globalThis;
    const value = (value) => ({ value, writable: true });
    replace(globalThis, "fetch", value((input, init) => this.#fetch(fetch, input, init)));
    replace(globalThis, "setTimeout", value((callback, ms, ...args) => this.#setTimeout(callback, ms, args)));
    replace(globalThis, "clearTimeout", value((timer) => this.#clearTimeout(timer)));
    replace(Date, "now", value(() => date() + this.dateOffset));
    replace(navigator, "onLine", { get: () => this.online });
    replace(navigator, "sendBeacon", value((url, data) => this.#sendBeacon(url, data)));
    replace(Document.prototype, "visibilityState", { get: () => (this.visible ? "visible" : "hidden") });
    this.#watch();
    const Watched = class extends MessageChannel {
      constructor() {
        super();
        const channel = { closed: false };
        page.#channels.push(channel);
        for (const port of [this.port1, this.port2]) {
          const close = port.close.bind(port);
          port.close = () => ((channel.closed = true), close());
        }
      }
    };
    replace(globalThis, "MessageChannel", value(Watched));
  }

  // --- Requests ------------------------------------------------------------------------------------------------------

  /** The next request fails with this instead of reaching the server. */
  rejectNext(reason) {
    this.#rejections.push(() => Promise.reject(reason));
  }

  /** The next call of `fetch` throws this. */
  throwNext(reason) {
    this.#rejections.push(() => {
      throw reason;
    });
  }

  /** The next request is answered with this, whatever it is. */
  resolveNext(value) {
    this.#rejections.push(() => Promise.resolve(value));
  }

  #fetch(fetch, input, init) {
    const { host, origin } = new URL(input.url);
    if (!host.endsWith(HOST)) return fetch(input, init);
    if (origin !== this.origin) return Promise.reject(new TypeError("the page of this request is gone"));
    const reject = this.#rejections.shift();
    if (reject) return reject();
    const { signal } = input;
    const entry = { id: this.#requests.length, input, init, signal, state: "open" };
    this.#requests.push(entry);
    return new Promise((resolve, reject) => {
      const abort = () => {
        if (entry.state !== "open") return;
        entry.state = "aborted";
        entry.stream?.error(signal.reason);
        reject(signal.reason);
        this.#gone(entry.id);
      };
      if (signal.aborted) return abort();
      signal.addEventListener("abort", abort);
      entry.resolve = resolve;
      entry.reject = reject;
      input.arrayBuffer().then((body) => {
        if (entry.state !== "open") return;
        if (init?.keepalive && body.byteLength > KEEPALIVE_LIMIT) return this.respond(entry.id, 0, [], body, "refuse");
        const headers = [...input.headers].flat();
        this.#arrive(entry.id, input.method, input.url.slice(this.origin.length), headers, new Uint8Array(body));
      }, reject);
    });
  }

  /** Delivery: "whole", "hang_in_head", "hang_in_body", "cut" or "refuse"; `after` counts bytes of the body. */
  respond(id, status, headers, bytes, delivery, after) {
    // What Rust lends is a view of its memory, and WebKit reads a body later.
    const body = bytes.slice();
    const entry = this.#requests[id];
    if (entry.state !== "open" || delivery === "hang_in_head") return;
    if (delivery !== "hang_in_body") entry.state = delivery;
    if (delivery === "refuse") return entry.reject(new TypeError("Failed to fetch"));
    const init = { status, headers: new Headers() };
    for (let i = 0; i < headers.length; i += 2) init.headers.append(headers[i], headers[i + 1]);
    if (init.headers.has("location") && entry.input.redirect === "manual") {
      return entry.resolve(Object.defineProperty(Response.error(), "type", { value: "opaqueredirect" }));
    }
    if (delivery === "whole") return entry.resolve(new Response(body, init));
    const stream = new ReadableStream({
      start: (controller) => {
        entry.stream = controller;
        controller.enqueue(body.slice(0, after));
      },
      pull: (controller) => delivery === "cut" && controller.error(new TypeError("network error")),
    });
    entry.resolve(new Response(stream, init));
  }

  /** What was asked so far, in order. */
  requests() {
    return this.#requests.map(({ input, init, state, signal }) => ({
      method: input.method,
      path: input.url.slice(this.origin.length),
      headers: Object.fromEntries(input.headers),
      credentials: input.credentials,
      redirect: input.redirect,
      cache: input.cache,
      keepalive: init?.keepalive ?? input.keepalive,
      aborted: signal.aborted,
      state,
    }));
  }

  #sendBeacon(url, data) {
    if (this.takesBeacons && url.startsWith(this.origin)) this.#beacons.push({ url, data });
    return this.takesBeacons;
  }

  // --- The page and its browser --------------------------------------------------------------------------------------

  #setTimeout(callback, ms, args) {
    if (!isOurs(callback)) return delay(callback, ms, ...args);
    const timer = delay(() => {
      this.#timers.delete(timer);
      callback(...args);
    }, ms);
    this.#timers.add(timer);
    return timer;
  }

  #clearTimeout(timer) {
    this.#timers.delete(timer);
    cancel(timer);
  }

  #watch() {
    const { addEventListener, removeEventListener } = EventTarget.prototype;
    const page = this;
    function add(type, listener, ...rest) {
      if (isOurs(listener)) page.#listeners.push({ target: this, type, listener });
      addEventListener.call(this, type, listener, ...rest);
    }
    function remove(type, listener, ...rest) {
      const same = (entry) => entry.target === this && entry.type === type && entry.listener === listener;
      const index = page.#listeners.findIndex(same);
      if (index >= 0) page.#listeners.splice(index, 1);
      removeEventListener.call(this, type, listener, ...rest);
    }
    replace(EventTarget.prototype, "addEventListener", { value: add, writable: true });
    replace(EventTarget.prototype, "removeEventListener", { value: remove, writable: true });
  }

  /** An event of the window, or of the document for those that only it has. */
  fire(type, persisted) {
    const target = ["visibilitychange", "freeze", "resume"].includes(type) ? document : window;
    const isTransition = type === "pagehide" || type === "pageshow";
    target.dispatchEvent(isTransition ? new PageTransitionEvent(type, { persisted }) : new Event(type));
  }

  /** What is still there of what the connection made, in words. */
  left() {
    const open = this.#requests.filter(({ state }) => state === "open");
    return [
      ...open.map(({ input }) => `request ${input.method} ${input.url}`),
      ...this.#listeners.map(({ type }) => `listener ${type}`),
      ...[...this.#timers].map(() => "timer"),
      ...this.#channels.filter(({ closed }) => !closed).map(() => "message channel"),
    ];
  }

  /** The beacons that were sent, with their text. */
  beacons() {
    return Promise.all(this.#beacons.map(async ({ url, data }) => ({ url, type: data.type, text: await data.text() })));
  }
}
