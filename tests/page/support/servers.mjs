// Starts, scripts, kills and restarts the real servers of tests/servers.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { packageFolder, PAGE_SCRIPTS, python, ROOT, SERVERS } from "./places.mjs";
import { RUNTIME } from "./runtime.mjs";
import { PATIENCE_MS, until } from "./until.mjs";

const KINDS = {
  flask: { program: python, script: "flask_server.py", path: "/socket.io" },
  asgi: { program: python, script: "asgi_server.py", path: "/ws/socket.io" },
  node: { program: () => process.execPath, script: "node_server.mjs", path: "/socket.io" },
};

/** @type {Set<Server>} */
const running = new Set();
process.on("exit", () => running.forEach((server) => server.kill()));
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
  process.once(signal, () => process.exit(1));
}

/**
 * A server for one test; it is killed when the test ends.
 * @param {import("node:test").TestContext} t
 * @param {keyof typeof KINDS} kind
 * @param {{ page?: boolean, static?: string[], [flag: string]: unknown }} [options] `page`: also serve the package and what pages
 *   need; `static`: further folders, `/prefix=DIR`; the rest are the server's own flags, `pingInterval: 0.3` for `--ping-interval 0.3`
 */
export async function startServer(t, kind, { page = false, static: own = [], ...flags } = {}) {
  const folders = [...(page ? pageFolders() : []), ...own];
  if (page && RUNTIME === "js") flags.security ??= "policy";
  const server = new Server(KINDS[kind], { port: await freePort(), ...flags, static: folders });
  t.after(() => server.kill());
  await server.start();
  return server;
}

class Server {
  #kind;
  #flags;
  /** @type {import("node:child_process").ChildProcess | undefined} */
  #process;
  #output = "";

  /** @param {(typeof KINDS)[keyof typeof KINDS]} kind @param {Record<string, unknown> & { port: number }} flags */
  constructor(kind, flags) {
    this.#kind = kind;
    this.#flags = flags;
    this.port = flags.port;
    this.url = `http://127.0.0.1:${flags.port}`;
    this.path = kind.path;
  }

  /** Starts the process, again on the same port after `kill`. Returns when it accepts connections. */
  async start() {
    const script = path.join(SERVERS, this.#kind.script);
    // A group of its own, so that killing it cannot reach anything else.
    const child = spawn(this.#kind.program(), [script, ...commandLine(this.#flags)], {
      cwd: ROOT,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
    });
    this.#process = child;
    this.#output = "";
    running.add(this);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text) => {
        this.#output += text;
      });
    }
    const ready = () => {
      if (child.exitCode !== null) throw new Error(`the server ended at its start:\n${this.#output}`);
      return this.#output.includes(`listening on ${this.url}\n`);
    };
    await until("the server listens", ready, { seen: () => this.#output });
  }

  /** Ends the process as a crash does: nothing is flushed, no goodbye is sent. */
  kill() {
    const child = this.#process;
    this.#process = undefined;
    running.delete(this);
    if (child?.pid && child.exitCode === null) {
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch (error) {
        if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ESRCH") throw error;
      }
    }
  }

  /** What the process wrote so far. */
  get output() {
    return this.#output;
  }

  /** A command of the control API. @param {string} name @param {object} [body] */
  async control(name, body = {}) {
    const response = await fetch(`${this.url}/control/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`control ${name}: ${response.status} ${await response.text()}\n${this.#output}`);
  }

  /** What this process has counted since its start. */
  async stats() {
    return (await fetch(`${this.url}/control/stats`)).json();
  }

  /** Waits until its statistics fulfil a condition and returns them. @param {string} what @param {(stats: any) => unknown} holds */
  async until(what, holds, within = PATIENCE_MS) {
    let last;
    const look = async () => {
      last = await this.stats();
      return holds(last);
    };
    await until(what, look, { within, seen: () => last });
    return last;
  }

  /**
   * Waits until each session has ended, and not because its heartbeat had: then the page has said goodbye.
   * @returns {Promise<any>} the statistics
   */
  async untilGoodbye() {
    const stats = await this.until("the goodbye", ({ connected }) => connected === 0);
    assert.deepEqual(stats.sessions.filter(({ reason }) => /timeout/.test(reason)), [], "no goodbye");
    return stats;
  }

  /** The stored log lines of a research. @param {string} id */
  async stored(id) {
    const response = await fetch(`${this.url}/api/research/${id}/logs`);
    return response.ok ? response.json() : [];
  }
}

/** What a page loads from the server's own origin. */
export function pageFolders() {
  return [
    `/pkg=${packageFolder()}`,
    `/peer=${path.join(ROOT, "node_modules/socket.io-client/dist")}`,
    `/support=${PAGE_SCRIPTS}`,
  ];
}

/** @param {Record<string, unknown>} flags */
function commandLine(flags) {
  return Object.entries(flags).flatMap(([name, value]) => {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (value === true) return [flag];
    if (value === false || value === undefined) return [];
    return [value].flat().flatMap((one) => [flag, String(one)]);
  });
}

/**
 * A port below those that the system gives to outgoing connections: after a kill, none of them can be sitting on it
 * when the server wants it back. As long as this process runs no other one is given it, though nothing listens there yet.
 */
export async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const probe = await listens({ port, host: "127.0.0.1" });
    if (!probe) continue;
    await new Promise((resolve) => probe.close(resolve));
    // Linux frees such a name with the process.
    if (process.platform !== "linux" || (await listens({ path: `\0research-socket port ${port}` }))) return port;
  }
}

/** A server there that keeps no process alive; nothing if it is taken. @param {net.ListenOptions} where @returns {Promise<net.Server | undefined>} */
function listens(where) {
  const server = net.createServer().unref();
  return new Promise((resolve) => {
    server.once("error", () => resolve(undefined));
    server.listen(where, () => resolve(server));
  });
}

/** Answers every request so, on a port of its own. @param {import("node:test").TestContext} t @param {http.RequestListener} [answer] */
export async function startHttp(t, answer) {
  const server = http.createServer(answer);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.after(() => (server.closeAllConnections(), server.close()));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { server, url: `http://127.0.0.1:${port}` };
}
