// The lock of a group of tabs (Web Locks): whoever has it leads.

import { isFirefox } from "./host.js";

export class Lock {
  #name;
  #tell;
  /** Ends the request, or gives the lock back. @type {AbortController | undefined} */
  #current;
  /** Whether it is this tab's before the core has asked for it. */
  #isAhead = false;

  /** @param {string} name @param {(kind: "granted" | "lost" | "refused") => void} tell what became of the newest request, never at once */
  constructor(name, tell) {
    this.#name = name;
    this.#tell = tell;
  }

  /** Waits for it however long that takes, or takes it from whoever has it. */
  ask(steal) {
    if (!steal && this.#isAhead) {
      this.#isAhead = false;
      const current = this.#current;
      queueMicrotask(() => this.#current === current && this.#tell("granted"));
    } else {
      this.#request((signal) => (steal ? { steal } : { signal }), this.#tell);
    }
  }

  /**
   * Takes it before the core asks, unless somebody has it.
   * @returns {Promise<"granted" | "taken" | "refused">} as far as can be seen now: another tab may take it by force
   */
  take(lost) {
    return new Promise((resolve) => {
      const tell = (kind) => {
        // From when the core has asked, it is told.
        if (kind === "lost" && !this.#isAhead) return this.#tell(kind);
        this.#isAhead = kind === "granted";
        if (kind === "lost") lost();
        resolve(kind);
      };
      this.#request(() => ({ ifAvailable: true }), tell);
    });
  }

  #request(options, told) {
    this.drop();
    const current = new AbortController();
    const { signal } = current;
    this.#current = current;
    const tell = (kind) => this.#current === current && told(kind);
    let granted = false;
    const hold = (lock) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        if (lock === null) {
          tell("taken");
          return resolve();
        }
        granted = true;
        signal.addEventListener("abort", resolve, { once: true });
        tell("granted");
      });
    // There are none in pages without https, and a document without an origin is refused. Firefox keeps a page that holds one, or
    // waits for one, out of the back/forward cache, which it decides before `pagehide`.
    Promise.resolve()
      .then(() => (isFirefox() ? Promise.reject() : navigator.locks.request(this.#name, options(signal), hold)))
      .catch(() => tell(granted ? "lost" : "refused"));
  }

  /** Nothing is told any more of what was asked before. */
  drop() {
    this.#current?.abort();
    this.#current = undefined;
    this.#isAhead = false;
  }
}
