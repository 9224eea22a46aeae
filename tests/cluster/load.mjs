// Many clients of the native core (`examples/load.rs`) in one process.

import { spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "../page/support/places.mjs";
import { until } from "../page/support/until.mjs";

/** `cargo xtask` builds it for the tests and for what it runs of this folder. */
const PROGRAM = path.join(ROOT, "target/debug/examples/load");

/**
 * @typedef {{ at: number, live: number, lines: number, ends: number, requests: number, refused: number, failed: number }} Sample what
 *   `examples/load.rs` prints; `at` in milliseconds since 1970
 */

/**
 * Starts so many clients. With the test they end, if they have not.
 * @param {import("./cluster.mjs").Scope} t
 * @param {{ url: string, clients: number, one?: boolean, transport?: "polling" | "websocket", seed?: number }} options `one`: all follow
 *   the research `load-1`, and not `load-N` each
 */
export function startLoad(t, { url, clients, one = false, transport = "polling", seed = 1 }) {
  const words = [url, "--clients", String(clients), "--seed", String(seed)];
  if (one) words.push("--one");
  if (transport === "websocket") words.push("--websocket");
  const load = new Load(spawn(PROGRAM, words, { stdio: ["pipe", "pipe", "inherit"] }));
  t.after(() => load.kill());
  return load;
}

export class Load {
  #child;
  /** @type {Error | undefined} */
  #error;
  /** @type {Sample[]} */
  samples = [];

  /** @param {import("node:child_process").ChildProcessByStdio<import("node:stream").Writable, import("node:stream").Readable, null>} child */
  constructor(child) {
    this.#child = child;
    child.once("error", (error) => (this.#error = error));
    createInterface({ input: child.stdout }).on("line", (line) => this.samples.push(JSON.parse(line)));
  }

  get last() {
    return this.samples.at(-1);
  }

  get pid() {
    return this.#child.pid;
  }

  /** Waits for a sample that is so. @param {string} what @param {(sample: Sample) => boolean} isSo @param {number} [within] milliseconds */
  async until(what, isSo, within) {
    const look = () => {
      if (this.#error) throw this.#error;
      if (this.#child.exitCode !== null) throw new Error(`the load has ended with ${this.#child.exitCode}`);
      return this.last !== undefined && isSo(this.last);
    };
    await until(what, look, { within, every: 20, seen: () => this.last });
  }

  /** All say goodbye. */
  async end() {
    this.#child.stdin.end();
    await until("all have said goodbye", () => this.#child.exitCode !== null, { seen: () => this.last });
  }

  kill() {
    this.#child.kill("SIGKILL");
  }
}
