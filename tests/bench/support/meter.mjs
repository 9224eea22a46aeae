// What a page costs: its main thread's time, and its memory. Without a trace, which would be much of the cost itself.

/**
 * @typedef {object} Reading
 * @property {number} cpu milliseconds that the page's main thread has really been running
 * @property {number} tasks milliseconds between begin and end of its tasks; more than `cpu` on a machine that is busy
 */

export class Meter {
  #session;

  /** @param {import("playwright-core").Page} page */
  static async on(page) {
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable");
    return new Meter(session);
  }

  /** @param {import("playwright-core").CDPSession} session */
  constructor(session) {
    this.#session = session;
  }

  /** @param {() => Promise<void>} act @returns {Promise<Reading>} what the page needed meanwhile */
  async during(act) {
    const before = await this.#read();
    await act();
    const after = await this.#read();
    return { cpu: after.cpu - before.cpu, tasks: after.tasks - before.tasks };
  }

  /** What is in use after a collection, in bytes. */
  async heap() {
    await this.#session.send("HeapProfiler.collectGarbage");
    return (await this.#metrics()).JSHeapUsedSize;
  }

  /** What is in use, and what is not collected yet, in bytes. */
  async uncollected() {
    return (await this.#metrics()).JSHeapUsedSize;
  }

  async #read() {
    const { ThreadTime, TaskDuration } = await this.#metrics();
    return { cpu: ThreadTime * 1000, tasks: TaskDuration * 1000 };
  }

  /** @returns {Promise<Record<string, number>>} */
  async #metrics() {
    const { metrics } = await this.#session.send("Performance.getMetrics");
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  }
}

/** The size of the package's WebAssembly memory, which never shrinks, in bytes. @param {import("playwright-core").Page} page */
export function wasmMemory(page) {
  return page.evaluate(async () => {
    // Loaded once: this gives what is there.
    const { default: init } = await import("/pkg/research_socket.js");
    return (await init()).memory.buffer.byteLength;
  });
}
