// A page in Firefox or WebKit, by their drivers: for what differs between browsers. Chromium has Playwright (browser.mjs).

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import * as places from "./places.mjs";
import { freePort } from "./servers.mjs";
import { PATIENCE_MS, until } from "./until.mjs";

const BROWSERS = {
  /** @param {string} folder for what is downloaded */
  firefox: (folder) => ({
    command: [places.geckodriver(), "--port"],
    capabilities: {
      "moz:firefoxOptions": { binary: places.firefox(), args: ["-headless"], prefs: { "browser.download.folderList": 2, "browser.download.dir": folder } },
    },
  }),
  // It has no mode without a screen, and keeps what it downloads to itself.
  webkit: () => ({
    command: ["xvfb-run", "--auto-servernum", places.webkitDriver(), "--port"],
    capabilities: { "webkitgtk:browserOptions": { binary: places.miniBrowser(), args: ["--automation"] } },
  }),
};

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();
process.on("exit", () => running.forEach(kill));

/**
 * Starts a browser for one test; it ends with the test.
 * @param {import("node:test").TestContext} t @param {keyof typeof BROWSERS} name
 */
export async function startBrowser(t, name) {
  const folder = await mkdtemp(path.join(os.tmpdir(), "browser-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  // Drivers have been seen to wait for ever for a browser that did not come up, before any page of a test is opened.
  try {
    return await start(t, name, folder);
  } catch (error) {
    t.diagnostic(`${name} did not start: ${error}; it is started once more`);
    return start(t, name, folder);
  }
}

/** @param {import("node:test").TestContext} t @param {keyof typeof BROWSERS} name @param {string} folder */
async function start(t, name, folder) {
  const { command, capabilities } = BROWSERS[name](folder);
  const port = await freePort();
  const [program, ...args] = command;
  // A group of its own: drivers and xvfb-run start processes of theirs.
  const driver = spawn(program, [...args.slice(0, -1), `${args.at(-1)}=${port}`], { detached: true, stdio: "ignore" });
  running.add(driver);
  const browser = new Browser(`http://127.0.0.1:${port}`);
  /** @type {Error | undefined} */
  let failure;
  driver.once("error", (error) => (failure = error));
  const ready = async () => {
    if (failure) throw failure;
    return browser.isReady();
  };
  try {
    await until(`the driver of ${name} answers`, ready, { every: 100 });
    await browser.open(capabilities);
  } catch (error) {
    kill(driver);
    throw error;
  }
  // A browser that is only killed may leave its window behind.
  t.after(() => browser.close().finally(() => kill(driver)));
  return browser;
}

class Browser {
  #driver;
  #session = "";
  /** @type {Promise<unknown>} */
  #turn = Promise.resolve();

  /** @param {string} driver */
  constructor(driver) {
    this.#driver = driver;
  }

  isReady() {
    return fetch(`${this.#driver}/status`).then((answer) => answer.ok, () => false);
  }

  /** @param {object} capabilities */
  async open(capabilities) {
    const { sessionId } = await this.#call("POST", "/session", { capabilities: { alwaysMatch: capabilities } });
    this.#session = `/session/${sessionId}`;
  }

  async close() {
    if (this.#session) await this.#call("DELETE", this.#session);
  }

  /** @param {string} url */
  goto(url) {
    return this.#call("POST", `${this.#session}/url`, { url });
  }

  /** Goes back in the history, as the button does. */
  goBack() {
    return this.#call("POST", `${this.#session}/back`, {});
  }

  /**
   * Runs a function in the page, which must use nothing from around it, and returns what it returns.
   * @template T @template {unknown[]} Args @param {(...args: Args) => T} run @param {Args} [args] @returns {Promise<T>}
   */
  evaluate(run, args) {
    return this.#call("POST", `${this.#session}/execute/sync`, { script: `return (${run})(...arguments)`, args: args ?? [] });
  }

  /** Gives its window a size, which a screen may not have room for. @param {number} width @param {number} height */
  resize(width, height) {
    return this.#call("POST", `${this.#session}/window/rect`, { width, height });
  }

  /** What one sees of the page, as a PNG. @returns {Promise<Buffer>} */
  async screenshot() {
    return Buffer.from(await this.#call("GET", `${this.#session}/screenshot`), "base64");
  }

  /** Another window. It takes turns with the others, since a driver has one in hand at a time. */
  async openWindow() {
    const { handle } = await this.#inTurn(() => this.#call("POST", `${this.#session}/window/new`, { type: "window" }));
    /** @type {<T>(act: () => Promise<T>) => Promise<T>} */
    const within = (act) => this.#inTurn(() => this.#call("POST", `${this.#session}/window`, { handle }).then(act));
    return {
      /** @param {string} url */
      goto: (url) => within(() => this.goto(url)),
      /** @type {Browser["evaluate"]} */
      evaluate: (run, args) => within(() => this.evaluate(run, args)),
    };
  }

  /** @template T @param {() => Promise<T>} act @returns {Promise<T>} */
  #inTurn(act) {
    const turn = this.#turn.then(act);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** @param {string} method @param {string} path @param {object} [body] */
  async #call(method, path, body) {
    const headers = { "Content-Type": "application/json" };
    const what = `${method} ${path.replace(/^\/session\/[^/]+/, "")}`;
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await fetch(`${this.#driver}${path}`, { method, headers, body: body && JSON.stringify(body), signal }).catch((error) => {
      throw new Error(`the driver does not answer ${what} ${JSON.stringify(body ?? {}).slice(0, 200)}`, { cause: error });
    });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`the driver says ${value.error}: ${value.message}`);
    return value;
  }
}

/** @param {import("node:child_process").ChildProcess} driver */
function kill(driver) {
  running.delete(driver);
  if (driver.pid === undefined || driver.exitCode !== null) return;
  try {
    process.kill(-driver.pid, "SIGKILL");
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ESRCH") throw error;
  }
}
