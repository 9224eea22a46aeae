// A part of a research as a store that a framework subscribes to: a snapshot that stays the same object until something in it
// changes, at most one change a frame, and a connection only as long as somebody is subscribed.

import { stringify } from "../client/json.js";
import { Linger } from "../client/linger.js";

/** Of these options a page may give a new function each time. */
const FUNCTIONS = ["auth", "headers", "query", "csrfToken"];

/** How often a page hears of changes that is hidden and so has no frames, in milliseconds. Browsers make it rarer. */
const WITHOUT_FRAMES_MS = 250;

export class Store {
  /** A wrong argument of the page's, to be thrown where the page can see by whom. */
  misuse;
  #connect;
  #id;
  /** @type {import("./parts.js").Part} */
  #part;
  #options;
  #initial;
  #snapshot;
  #listeners = new Set();
  #linger = new Linger();
  /** From the first subscription until a moment after the last. @type {AbortController | undefined} */
  #life;
  #client = null;
  #research = null;
  #end = null;
  #failure = null;
  #gap = null;
  /** Whether `connect` has failed in this life. */
  #failed = false;
  /** Takes back the wish for a frame. */
  #cancelFrame;

  /**
   * @param {{ connect: Function, part: import("./parts.js").Part, id?: string | number | null }} given `id`: without one nothing is
   *   followed, where the part needs one
   * @param {object} [options] of connect()
   */
  constructor({ connect, part, id }, options) {
    this.#connect = connect;
    this.#part = part;
    this.#id = id ?? undefined;
    this.#options = options;
    this.#initial = part.initial(this.#id === undefined ? undefined : String(id));
    this.#snapshot = this.#initial;
  }

  // --- For the framework, which calls them without `this` --------------------------------------------------------------

  getSnapshot = () => this.#snapshot;

  /** What a server renders, and the page as well before it has taken over from there. */
  getServerSnapshot = () => this.#initial;

  subscribe = (listener) => {
    // Twice the same function is two subscriptions.
    const entry = { listener };
    this.#listeners.add(entry);
    this.#linger.keep(this);
    if (!this.#life || this.#failed || this.#client?.state.name === "closed") this.#begin();
    return () => {
      // More than one call does nothing.
      if (this.#listeners.delete(entry) && this.#listeners.size === 0) this.#linger.begin(this, () => this.#stop());
    };
  };

  /** The options as the page gave them last: the same but for functions. */
  use(options) {
    this.#options = options;
  }

  // --- The connection --------------------------------------------------------------------------------------------------

  #begin() {
    if (this.#id === undefined && !this.#part.alone) return;
    this.#stop();
    this.#life = new AbortController();
    void this.#follow(this.#life.signal);
  }

  /** Lets go of everything but what was seen last. */
  #stop() {
    this.#cancelFrame?.();
    this.#cancelFrame = undefined;
    // First this: whatever the closing tells is not heard any more.
    this.#life?.abort();
    this.#client?.close();
    this.#life = undefined;
    this.#failed = false;
    this.#client = this.#research = this.#end = this.#failure = this.#gap = null;
  }

  /** @param {AbortSignal} signal of this life */
  async #follow(signal) {
    try {
      const client = await this.#connect(this.#connectOptions(signal));
      // One that knows of no signals.
      if (signal.aborted) return client.close();
      this.#client = client;
      if (this.#part.hears) client.on("state", () => this.#note(signal));
      if (!this.#part.alone) {
        const research = (this.#research = client.subscribe(this.#id));
        for (const event of this.#part.events) research.on(event, (value) => this.#hear(signal, event, value));
      }
      this.#renew();
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  #connectOptions(signal) {
    const options = { ...this.#options, signal };
    for (const name of FUNCTIONS) {
      if (typeof options[name] === "function") options[name] = () => this.#options[name]();
    }
    return options;
  }

  #hear(signal, event, value) {
    if (event === "failure") this.#failure = value;
    // One that has cost nothing is nothing to show.
    if (event === "gap" && value.missing !== 0) this.#gap = value;
    if (event === "end") this.#end = value;
    this.#note(signal);
  }

  #fail(error) {
    this.#failed = true;
    if (isMisuse(error)) this.misuse = error;
    this.#publish(this.#part.fail(this.#snapshot, error));
  }

  // --- The snapshot ----------------------------------------------------------------------------------------------------

  #note(signal) {
    if (!signal.aborted) this.#cancelFrame ??= atNextFrame(() => this.#renew());
  }

  #renew() {
    this.#cancelFrame?.();
    this.#cancelFrame = undefined;
    const known = { client: this.#client, research: this.#research, end: this.#end, failure: this.#failure, gap: this.#gap };
    const snapshot = this.#part.read(known, this.#snapshot);
    if (snapshot !== this.#snapshot) this.#publish(snapshot);
  }

  #publish(snapshot) {
    this.#snapshot = snapshot;
    for (const { listener } of [...this.#listeners]) listener();
  }
}

/** A wrong id or option. What else a connect of the page's own may throw, as its fetch does without a network, is none. */
function isMisuse(error) {
  return (error instanceof TypeError || error instanceof RangeError) && /^(option `|The options of |The id of )/.test(error.message);
}

/** The same text for what is the same research with the same options. Functions cannot be compared. */
export function keyOf(id, { logger: _, ...options } = {}) {
  return stringify([id, options], (value) => {
    if (typeof value === "function") return "function";
    // `Headers`, `URLSearchParams` and maps are `{}` as JSON.
    return typeof value === "object" && value !== null && !Array.isArray(value) && Symbol.iterator in value ? [...value] : value;
  });
}

/** Returns how to take it back. A test runner may have taken the page away by now, and its frames with it. */
function atNextFrame(run) {
  const frame = globalThis.requestAnimationFrame?.(once);
  const timer = setTimeout(once, WITHOUT_FRAMES_MS);
  function once() {
    cancel();
    run();
  }
  function cancel() {
    globalThis.cancelAnimationFrame?.(frame);
    clearTimeout(timer);
  }
  return cancel;
}
