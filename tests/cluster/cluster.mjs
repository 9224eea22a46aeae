// Several workers with Redis between them, behind a real balancer, and a research in a process of its own. README.md says what is where.

import { spawn } from "node:child_process";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { python, ROOT, SERVERS } from "../page/support/places.mjs";
import { freePort, pageFolders } from "../page/support/servers.mjs";
import { until } from "../page/support/until.mjs";
import { PROXIES } from "./proxies.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));

/** Seconds: those of the application, for which the balancers' own times are, and shorter ones (`proxies.mjs`). */
const PINGS = { real: { interval: 5, timeout: 20 }, short: { interval: 2, timeout: 4 } };
export const PING_INTERVAL_S = PINGS.short.interval;
/** A poll that is not answered for so long is given up. */
export const POLL_DEADLINE_MS = 1000 * (PINGS.short.interval + PINGS.short.timeout);

/** How many workers there are of each kind. */
const WORKERS = { flask: 3, asgi: 2 };

/** Debian's program, or that of `cargo xtask setup`, whose path `cargo xtask env` prints. */
const redisServer = () => process.env.RESEARCH_SOCKET_REDIS ?? "/usr/bin/redis-server";

/**
 * @typedef {{ after(end: () => unknown): void }} Scope whatever ends what was started, such as a test
 * @typedef {keyof typeof PROXIES} ProxyName
 * @typedef {keyof typeof WORKERS} Kind
 */

/**
 * Starts a cluster, which ends with the test.
 * @param {Scope} t
 * @param {{ proxy: ProxyName, kind?: Kind, flags?: string[], times?: keyof typeof PINGS }} options `flags`: more of the workers' own; `times`:
 *   of pings and balancers
 */
export async function startCluster(t, { proxy, kind = "flask", flags = [], times = "short" }) {
  const folder = await mkdtemp(path.join(os.tmpdir(), "research-socket-cluster-"));
  const leash = new Leash(folder);
  const cluster = new Cluster({ folder, proxy, kind, flags, leash, times });
  t.after(() => {
    cluster.kill();
    leash.release();
  });
  await cluster.start();
  return cluster;
}

export class Cluster {
  #given;
  #store;
  /** What tells workers and researches where Redis is. @type {Record<string, string>} */
  #env = {};
  /** @type {Running} */
  #redis = /** @type {any} */ (undefined);
  /** @type {Running} */
  #proxy = /** @type {any} */ (undefined);
  /** @type {Running[]} */
  #researches = [];
  /** @type {Worker[]} */
  workers = [];
  /** Where the balancer listens. */
  url = "";

  /** @param {{ folder: string, proxy: ProxyName, kind: Kind, flags: string[], leash: Leash, times: keyof typeof PINGS }} given */
  constructor(given) {
    this.#given = given;
    this.#store = path.join(given.folder, "store.sqlite");
  }

  async start() {
    const { folder, proxy, kind, flags, leash, times } = this.#given;
    const [redisPort, proxyPort, ...ports] = await freePorts(2 + WORKERS[kind]);
    this.#env = { REDIS_URL: `redis://127.0.0.1:${redisPort}` };

    this.#redis = new Running(leash, {
      program: redisServer(),
      // It only passes events on; there is nothing to keep.
      words: ["--port", String(redisPort), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder],
      env: {},
    });
    await this.#redis.start((output) => output.includes("Ready to accept connections"));

    // The first process makes the database.
    const first = await this.startResearch("research-0");
    first.kill();

    const options = ["--store", this.#store, "--ping-interval", PINGS[times].interval, "--ping-timeout", PINGS[times].timeout, ...flags].map(String);
    options.push(...pageFolders().flatMap((one) => ["--static", one]));
    this.workers = ports.map((port) => new Worker(leash, kind, { port, options, env: this.#env }));
    await Promise.all(this.workers.map((worker) => worker.start()));

    this.url = `http://127.0.0.1:${proxyPort}`;
    const { program, file, words, render } = PROXIES[proxy];
    const configuration = path.join(folder, path.basename(file));
    await writeFile(configuration, render(await readFile(path.join(HERE, file), "utf8"), { port: proxyPort, workers: ports, folder, times }));
    this.#proxy = new Running(leash, { program: program(), words: words(configuration, folder), env: {} });
    await this.#proxy.start(() => this.#answers(this.url));
  }

  /**
   * A research in a process of its own, which writes into the stored log and tells the pages through Redis.
   * @param {string} id
   */
  async startResearch(id) {
    const words = [path.join(HERE, "publisher.py"), "--store", this.#store];
    const running = new Running(this.#given.leash, { program: python(), words, env: this.#env });
    this.#researches.push(running);
    await running.start((output) => output.includes("ready\n"));
    const research = new Research(running, id);
    await research.command("research", { status: "in_progress" });
    return research;
  }

  /** Kills a worker, as a crash does. @param {number} worker from 0 */
  killWorker(worker) {
    this.workers[worker].kill();
  }

  /** Starts it again, on the same port. @param {number} worker */
  startWorker(worker) {
    return this.workers[worker].start();
  }

  /** One worker after the other begins anew, each when the one before is back. */
  async reload() {
    for (const worker of this.workers) await worker.reload();
  }

  /** Stops a worker in the middle of what it does: the system still accepts connections for it, and nobody answers. @param {number} worker */
  hangWorker(worker) {
    this.workers[worker].signal("SIGSTOP");
  }

  /** @param {number} worker */
  wakeWorker(worker) {
    this.workers[worker].signal("SIGCONT");
  }

  killRedis() {
    this.#redis.kill();
  }

  startRedis() {
    return this.#redis.start((output) => output.includes("Ready to accept connections"));
  }

  async restartRedis() {
    this.killRedis();
    await this.startRedis();
  }

  /** The balancer reads its configuration again; requests that are open end with the processes that have them. */
  async reloadProxy() {
    const { reload, reloaded } = PROXIES[this.#given.proxy];
    const before = this.#proxy.output.length;
    this.#proxy.signal(reload, "itself");
    await until("the balancer has reloaded", () => reloaded.test(this.#proxy.output.slice(before)), { seen: () => this.#proxy.output.slice(before) });
  }

  /** The worker at which a page follows a research: its number, or -1. @param {string} id */
  async workerOf(id) {
    const all = await Promise.all(this.workers.map((worker) => worker.stats().catch(() => undefined)));
    return all.findIndex((stats) => {
      const follows = (/** @type {string} */ sid) => stats.subscriptions.some((/** @type {any} */ one) => one.sid === sid && one.research_id === id);
      return stats?.sessions.some((/** @type {any} */ one) => one.disconnected_at === null && follows(one.sid));
    });
  }

  /** The stored log, as some worker has it. @param {string} id @returns {Promise<{ message: string }[]>} */
  async stored(id) {
    return (await fetch(`${this.url}/api/research/${id}/logs`)).json();
  }

  /** The groups of its processes, by their numbers: what serves pages, and what lies between; the researches are neither. */
  get groups() {
    return { workers: this.workers.map(({ pid }) => pid), others: [this.#redis.pid, this.#proxy.pid] };
  }

  /** What all processes wrote, for people. */
  get output() {
    const named = [["redis", this.#redis], ["proxy", this.#proxy], ...this.workers.map((worker, n) => [`worker ${n}`, worker]), ...this.#researches.map((one) => ["research", one])];
    return named.map(([name, running]) => `== ${name}\n${/** @type {Running} */ (running)?.output.slice(-2000)}`).join("\n");
  }

  kill() {
    for (const running of [this.#proxy, ...this.workers, ...this.#researches, this.#redis]) running?.kill();
  }

  /** @param {string} url */
  #answers(url) {
    return fetch(url).then(({ ok }) => ok, () => false);
  }
}

/** A research process. Commands are carried out one after the other. */
export class Research {
  #running;
  #last = Promise.resolve();
  /** How many lines were written. */
  written = 0;

  /** @param {Running} running @param {string} id */
  constructor(running, id) {
    this.#running = running;
    this.id = id;
  }

  /** `line 1` and so on, each in the stored log before it is told. @param {number} count @param {{ everyMs?: number }} [options] */
  async lines(count, { everyMs = 0 } = {}) {
    const first = this.written + 1;
    this.written += count;
    await this.command("lines", { count, first, every_ms: everyMs });
  }

  /** Writes a line every so many milliseconds, until it is told to stop. @param {number} everyMs @returns {{ stop(): Promise<void> }} */
  stream(everyMs) {
    let isOver = false;
    const write = async () => {
      while (!isOver) await this.lines(5, { everyMs });
    };
    const written = write();
    // Who stops it hears of a failure.
    written.catch(() => {});
    return {
      stop() {
        isOver = true;
        return written;
      },
    };
  }

  /** Writes so many lines a second, of which some wait if the machine is slow, until it is told to stop. @param {number} rate @returns {{ stop(): Promise<void> }} */
  pace(rate) {
    const begin = performance.now();
    let due = 0;
    const timer = setInterval(() => {
      for (; due < ((performance.now() - begin) * rate) / 1_000; due += 1) this.lines(1).catch(() => {});
    }, 1_000 / rate);
    return {
      stop: () => {
        clearInterval(timer);
        // Who stops it hears of a failure.
        return this.#last;
      },
    };
  }

  end() {
    return this.command("final", {});
  }

  /** A command of tests/servers/control.py. @param {string} name @param {object} body */
  command(name, body) {
    this.#last = this.#last.then(() => this.#running.ask(JSON.stringify([name, { id: this.id, ...body }])));
    return this.#last;
  }

  kill() {
    this.#running.kill();
  }
}

/** A program in a group of its own. */
class Running {
  #leash;
  #child = /** @type {import("node:child_process").ChildProcess | undefined} */ (undefined);
  #output = "";

  /** @param {Leash} leash @param {{ program: string, words: string[], env: Record<string, string> }} command */
  constructor(leash, command) {
    this.#leash = leash;
    this.command = command;
  }

  /** Starts it, again after `kill`. @param {(output: string) => boolean | Promise<boolean>} isReady */
  async start(isReady) {
    const { program, words, env } = this.command;
    const child = spawn(program, words, {
      cwd: ROOT,
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1", PYTHONPATH: [HERE, SERVERS].join(path.delimiter), ...env },
    });
    this.#child = child;
    this.#output = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (this.#output += text));
    child.once("error", (error) => (this.#output += error));
    // Who writes to a process that was killed hears of it by the answer that does not come.
    child.stdin.on("error", () => {});
    if (child.pid) this.#leash.add(child.pid);
    const ready = () => {
      if (!child.pid) throw new Error(`cannot start ${program}: run \`cargo xtask setup\`, and in a shell \`eval "$(cargo xtask env)"\``);
      if (child.exitCode !== null) throw new Error(`${path.basename(program)} ended at its start:\n${this.#output}`);
      return isReady(this.#output);
    };
    await until(`${path.basename(program)} is ready`, ready, { seen: () => this.#output });
  }

  /** Writes a line and waits for `ok`. @param {string} line */
  async ask(line) {
    const child = this.#child;
    const before = this.#output.length;
    child?.stdin?.write(`${line}\n`);
    const answered = () => {
      if (!child || child.exitCode !== null || child.signalCode !== null) throw new Error(`the process is gone:\n${this.#output}`);
      return /^ok$/m.test(this.#output.slice(before));
    };
    await until(`an answer to ${line}`, answered, { every: 5, seen: () => this.#output.slice(before) });
  }

  get output() {
    return this.#output;
  }

  get pid() {
    return this.#child?.pid;
  }

  /** @param {NodeJS.Signals} signal @param {"itself" | "group"} [whom] */
  signal(signal, whom = "group") {
    const child = this.#child;
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
    process.kill(whom === "group" ? -child.pid : child.pid, signal);
  }

  async ended() {
    const child = this.#child;
    await until("the process ends", () => !child || child.exitCode !== null || child.signalCode !== null, { seen: () => this.#output });
    if (child?.pid) this.#leash.remove(child.pid);
  }

  kill() {
    const child = this.#child;
    this.#child = undefined;
    if (!child?.pid) return;
    try {
      // The group may have members when its first one is gone.
      process.kill(-child.pid, "SIGKILL");
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ESRCH") throw error;
    }
    this.#leash.remove(child.pid);
  }
}

class Worker extends Running {
  #kind;

  /** @param {Leash} leash @param {Kind} kind @param {{ port: number, options: string[], env: Record<string, string> }} given */
  constructor(leash, kind, { port, options, env }) {
    const words = {
      flask: ["-m", "gunicorn", "-c", path.join(HERE, "gunicorn.conf.py"), "--bind", `127.0.0.1:${port}`, "--graceful-timeout", String(PING_INTERVAL_S), "flask_worker:app"],
      asgi: [path.join(HERE, "asgi_worker.py"), "--port", String(port), ...options],
    }[kind];
    super(leash, { program: python(), words, env: { ...env, CLUSTER_OPTIONS: JSON.stringify(options) } });
    this.#kind = kind;
    this.url = `http://127.0.0.1:${port}`;
  }

  async start() {
    await super.start(() => this.stats().then(() => true, () => false));
  }

  /** Begins anew without a gap for those who ask: gunicorn by HUP, uvicorn by an end and a start. */
  async reload() {
    if (this.#kind === "asgi") {
      this.signal("SIGTERM");
      await this.ended();
      await this.start();
      return;
    }
    const { pid } = await this.stats();
    this.signal("SIGHUP", "itself");
    await until("a new worker answers", () => this.stats().then((stats) => stats.pid !== pid, () => false), { seen: () => this.output });
    await until("the old one has ended", () => !exists(pid), { seen: () => this.output });
  }

  /** What this process has counted since its start. @returns {Promise<any>} */
  async stats() {
    const ask = async () => (await fetch(`${this.url}/control/stats`, { signal: AbortSignal.timeout(1000) })).json();
    // A server may close a connection while it is asked over it.
    return ask().catch(ask);
  }
}

/** @param {number} pid */
function exists(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Ends the groups when this process is gone, however it went, and removes the folder. */
class Leash {
  #child;

  /** @param {string} folder */
  constructor(folder) {
    // In a group of its own, so that what ends that of this process leaves it.
    this.#child = spawn(python(), [path.join(HERE, "leash.py"), folder], { detached: true, stdio: ["pipe", "ignore", "inherit"] });
  }

  /** @param {number} group */
  add(group) {
    this.#child.stdin.write(`+${group}\n`);
  }

  /** @param {number} group */
  remove(group) {
    this.#child.stdin.write(`-${group}\n`);
  }

  release() {
    this.#child.stdin.end();
  }
}

/** Free ports, each once. @param {number} count */
async function freePorts(count) {
  /** @type {Set<number>} */
  const ports = new Set();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}
