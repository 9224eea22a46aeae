// The core: loads it once, starts a fresh instance of it after a trap, and knows when it has failed for good.

import { MOCK, ResearchSocketError, attempt, report, toError } from "../client/error.js";
import { Host } from "./host.js";

/** A module that traps so often within so many milliseconds is given up: what it traps on is there again at each start. */
const MAX_TRAPS = 3;
const TRAPS_WITHIN_MS = 60_000;

const HEALED =
  "research-socket failed by a fault of its own and has started again by itself. What was being sent is lost; all else goes on. Please report it, with what client.trace() gives.";
const GIVEN_UP =
  "research-socket failed by a fault of its own again and again, and has stopped. Please report it, with what client.trace() gives, and reload the page to go on.";

export class Module {
  /** The open connections. */
  links = new Set();
  Connection;
  Tabs;
  /** Counts the calls of `connect`, to tell what was before which of them. */
  moment = 0;
  /** What runs it, once it is loaded. @type {"wasm" | "js" | undefined} */
  runtime;
  /** Why it is not WebAssembly although the page allows that, and whether anybody was told. @type {Error | undefined} */
  withoutWasm;
  told = false;
  #init;
  #reset;
  #timers;
  #ready;
  /** Counts instances: what belongs to an earlier one must not reach this one. */
  #instance = 0;
  /** From a trap until a fresh instance has taken over, or for good. */
  #failure;
  /** Resolves when it has. */
  #healing;
  #givenUp = false;
  /** When it trapped, within the last minute. */
  #traps = [];

  /**
   * @param {() => Promise<{ runtime: "wasm" | "js", cause?: Error }>} init fetches the core, and says what runs it
   * @param {() => void} reset makes a fresh instance of what was fetched; the old one and its objects are not touched again
   * @param {import("./timers.js").Timers} timers of all connections
   * @param {new (options: object, dispatch: Function, host: Host) => object} Connection
   * @param {new (name: string) => import("./tabs.js").Tabs} Tabs
   */
  constructor(init, reset, timers, Connection, Tabs) {
    this.#init = init;
    this.#reset = reset;
    this.#timers = timers;
    this.Connection = Connection;
    this.Tabs = Tabs;
    timers.begin(this.#entrance());
  }

  /** However often it is called, the module is loaded once. A load that failed is forgotten: the next call tries again. */
  async load() {
    this.#ready ??= Promise.resolve().then(this.#init).then(({ runtime, cause }) => {
      this.runtime = runtime;
      this.withoutWasm = cause;
    });
    try {
      await this.#ready;
    } catch (error) {
      this.#ready = undefined;
      throw loadError(error);
    }
    while (this.#healing) await this.#healing;
    if (this.#failure) throw this.#failure;
  }

  nextMoment() {
    return (this.moment += 1);
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

  /** The browser for a connection of this instance, which gives `record` the lines of the trace. */
  host(record, prelude) {
    const tabsOf = (name, tell) => {
      const tabs = prelude?.takeTabs() ?? new this.Tabs(name);
      tabs.hear(tell);
      return tabs;
    };
    return new Host(this.#entrance(), record, prelude, tabsOf);
  }

  /** What runs the calls of the browser into this instance, as long as it lives. */
  #entrance() {
    const instance = this.#instance;
    return (run) => {
      if (this.#failure || instance !== this.#instance) return;
      try {
        this.guard(run);
      } catch (error) {
        // Of a trap the page hears when it is known how it goes on.
        if (error !== this.#failure) report(error);
      }
    };
  }

  /** Masks a trace, also after the module has failed for good: then by an instance that does nothing else. */
  mask(trace) {
    if (!this.#givenUp) return this.guard(() => this.Connection.mask(trace));
    this.#instance += 1;
    this.#reset();
    return this.Connection.mask(trace);
  }

  /**
   * After a trap the memory of the instance cannot be trusted: nothing calls it again, and a fresh one takes over. Returns
   * the error for whoever was calling.
   * @param {unknown} cause
   */
  fail(cause) {
    if (this.#failure) return this.#failure;
    this.#failure = new ResearchSocketError("INTERNAL", HEALED, { cause });
    const now = performance.now();
    this.#traps = [...this.#traps.filter((at) => now - at < TRAPS_WITHIN_MS), now];
    this.#timers.end();
    for (const link of this.links) link.suspend(this.#failure);
    // Not now: functions of the old instance may be on the stack, and would come back into the memory of the new one.
    this.#healing = Promise.resolve().then(() => this.#heal());
    return this.#failure;
  }

  #heal() {
    this.#healing = undefined;
    const error = this.#failure;
    if (this.#traps.length >= MAX_TRAPS) return this.#giveUp(error.cause);
    try {
      this.#reset();
    } catch (cause) {
      return this.#giveUp(cause);
    }
    this.#instance += 1;
    this.#failure = undefined;
    this.#timers.begin(this.#entrance());
    // All of them before any page hears of it: whatever a handler does then meets a connection that works.
    const links = [...this.links];
    for (const link of links) attempt(() => link.restore());
    // It has trapped again meanwhile: then the next instance is the one to tell of.
    if (!this.#failure) for (const link of links) link.resume(error);
  }

  #giveUp(cause) {
    this.#givenUp = true;
    this.#failure = new ResearchSocketError("INTERNAL", GIVEN_UP, { cause });
    for (const link of [...this.links]) link.fail(this.#failure);
    report(this.#failure);
  }
}

/** A stack that has overflowed within the module leaves it as a trap does: in the middle of something. */
function isTrap(error) {
  // By its name: where the core runs as JavaScript there may be no WebAssembly that has the class.
  if (error instanceof Error && error.name === "RuntimeError") return true;
  return /call stack|too much recursion/i.test(error?.message) && (error instanceof RangeError || error?.name === "InternalError");
}

function loadError(cause) {
  const text = String(cause?.message ?? cause);
  return new ResearchSocketError(
    "LOAD_FAILED",
    `The core of the package could not be loaded: ${text}. Check that the server has all files of the package side by side (research_socket_bg.wasm, and research_socket_core.js for pages without it), then call connect() again. ${MOCK}`,
    { cause },
  );
}
