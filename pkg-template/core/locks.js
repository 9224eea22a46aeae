// The lock of a group of tabs (Web Locks): whoever has it leads.

export class Lock {
  #name;
  #tell;
  /** Ends the request, or gives the lock back. @type {AbortController | undefined} */
  #current;

  /** @param {string} name @param {(kind: "granted" | "lost" | "refused") => void} tell what became of the newest request, never at once */
  constructor(name, tell) {
    this.#name = name;
    this.#tell = tell;
  }

  /** Waits for it however long that takes, or takes it from whoever has it. */
  ask(steal) {
    this.drop();
    const current = new AbortController();
    const { signal } = current;
    this.#current = current;
    const tell = (kind) => this.#current === current && this.#tell(kind);
    let granted = false;
    const hold = () =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        granted = true;
        signal.addEventListener("abort", resolve);
        tell("granted");
      });
    // There are none in pages without https, and a document without an origin is refused.
    Promise.resolve()
      .then(() => navigator.locks.request(this.#name, steal ? { steal } : { signal }, hold))
      .catch(() => tell(granted ? "lost" : "refused"));
  }

  /** Nothing is told any more of what was asked before. */
  drop() {
    this.#current?.abort();
    this.#current = undefined;
  }
}
