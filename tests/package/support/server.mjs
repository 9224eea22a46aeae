// The mock server with a research, and the files that a page asks it for.

import path from "node:path";
import { ROOT } from "../../page/support/places.mjs";
import { serve } from "./run.mjs";

export const ID = "research-1";

/** Log lines of the research. */
export const LINES = 100;

/**
 * Starts the server for one test. @param {import("node:test").TestContext} t
 * @param {{ www?: string, pkg?: string, strict?: boolean }} [options] what it serves at `/` and at `/pkg/`; `strict`: with the
 *   application's Content-Security-Policy, which forbids WebAssembly
 */
export async function startServer(t, { strict = false, ...folders } = {}) {
  const program = process.env.RESEARCH_SOCKET_MOCK_SERVER ?? path.join(ROOT, "target/debug/mock-server");
  const args = Object.entries(folders).flatMap(([name, folder]) => [`--${name}`, folder]);
  const url = await serve(t, program, ["--port=0", ...(strict ? ["--csp"] : []), ...args], { ready: /listening on (\S+)/ });
  return new Server(url);
}

export class Server {
  /** @param {string} url */
  constructor(url) {
    this.url = url;
  }

  /** Starts the research that the pages follow. It stands still until `finish`. */
  begin() {
    return this.#control("research", { research_id: ID, script: false });
  }

  /** More of its log: `lines` lines of these words, each with its number. @param {string} words @param {number} lines */
  async log(words, lines) {
    await this.#control("burst", { research_id: ID, prefix: words, lines });
  }

  /** Takes the network away, but for tests. */
  async offline() {
    await this.#control("offline", {});
  }

  async online() {
    await this.#control("online", {});
  }

  /** The rest of the research, as fast as it goes. */
  async finish() {
    await this.#control("emit", { research_id: ID, data: { progress: 10, message: "Searching", phase: "search" } });
    await this.#control("burst", { research_id: ID, lines: LINES });
    await this.#control("end", { research_id: ID });
  }

  /** The lines of its log, all of which a page should have shown at its end. */
  async lines() {
    const response = await fetch(`${this.url}/api/research/${ID}/logs`);
    /** @type {{ message: string }[]} */
    const stored = await response.json();
    return stored.map(({ message }) => message);
  }

  /** How many pages have subscribed to the research so far. @returns {Promise<number>} */
  async subscribers() {
    return (await this.stats()).subscriptions[ID] ?? 0;
  }

  /** What it has counted. */
  async stats() {
    return (await fetch(`${this.url}/control/stats`)).json();
  }

  /** @param {string} command @param {object} body */
  async #control(command, body) {
    const response = await fetch(`${this.url}/control/${command}`, { method: "POST", body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`control ${command}: ${response.status} ${await response.text()}`);
  }
}
