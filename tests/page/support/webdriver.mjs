// A page in Firefox or WebKit, by their drivers: for what differs between browsers. Chromium has Playwright (browser.mjs).

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after } from "node:test";
import { WebSocket } from "ws";
import * as places from "./places.mjs";
import { freePort } from "./servers.mjs";
import { PATIENCE_MS, until } from "./until.mjs";

const BROWSERS = {
  /** @param {string} folder for what is downloaded */
  firefox: async (folder) => ({
    command: [places.geckodriver(), `--websocket-port=${await freePort()}`, "--port"],
    capabilities: {
      webSocketUrl: true,
      "moz:firefoxOptions": { binary: places.firefox(), args: ["-headless"], prefs: { "browser.download.folderList": 2, "browser.download.dir": folder } },
    },
  }),
  // It has no mode without a screen, and keeps what it downloads to itself.
  webkit: async () => ({
    command: ["xvfb-run", "--auto-servernum", places.webkitDriver(), "--port"],
    capabilities: { "webkitgtk:browserOptions": { binary: places.miniBrowser(), args: ["--automation"] } },
  }),
};

/** @typedef {{ browser: Browser, capabilities: any, end: () => Promise<void> }} Started */

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();
process.on("exit", () => running.forEach(kill));

/**
 * A browser for one test; it ends with the test. WebKit is started for it. Firefox takes seconds of processor time for that, so those
 * of one file share one, in which each test has a container of its own: with the cookies, storage and cache of nobody else.
 * @param {import("node:test").TestContext} t @param {keyof typeof BROWSERS} name
 */
export async function startBrowser(t, name) {
  if (name === "firefox") return startContainer(t);
  const { browser, end } = await start(t, name);
  t.after(end);
  return browser;
}

/** @type {Promise<Firefox> | undefined} */
let shared;
let isTaken = false;
after(() => shared?.then((firefox) => firefox.end()));

/** @param {import("node:test").TestContext} t */
async function startContainer(t) {
  // A driver has one tab in hand at a time.
  assert.ok(!isTaken, "another test of this file has Firefox");
  isTaken = true;
  t.after(() => (isTaken = false));
  // What another test's page has done to it must not fail this one.
  const { browser, close } = await openContainer(t).catch((error) => {
    t.diagnostic(`Firefox opened no tab: ${error}; it is started once more`);
    return openContainer(t);
  });
  t.after(close);
  return browser;
}

/** @param {import("node:test").TestContext} t */
async function openContainer(t) {
  shared ??= Firefox.start(t);
  const starting = shared;
  /** @param {unknown} error */
  const giveUp = async (error) => {
    shared = undefined;
    // Why it does not end either is of no interest beside that.
    await starting.then((firefox) => firefox.end()).catch(() => {});
    throw error;
  };
  const { browser, close } = await starting.then((firefox) => firefox.open()).catch(giveUp);
  return { browser, close: () => close().catch(giveUp) };
}

/** A Firefox with what only the newer WebDriver, a WebSocket, can do: containers. */
class Firefox {
  #started;
  #socket;
  #sent = 0;
  /** @type {Map<number, (answer: any) => void>} */
  #waiting = new Map();

  /** @param {Started} started @param {WebSocket} socket */
  constructor(started, socket) {
    this.#started = started;
    this.#socket = socket;
    socket.on("message", (data) => {
      const answer = JSON.parse(String(data));
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
    // It is closed then, which whoever waits for an answer is told.
    socket.on("error", () => {});
    socket.on("close", () => {
      for (const answer of this.#waiting.values()) answer({ type: "error", error: "no answer", message: "the WebSocket was closed" });
      this.#waiting.clear();
    });
  }

  /** @param {import("node:test").TestContext} t */
  static async start(t) {
    const started = await start(t, "firefox");
    const socket = new WebSocket(started.capabilities.webSocketUrl);
    try {
      await once(socket, "open");
    } catch (error) {
      await started.end();
      throw error;
    }
    return new Firefox(started, socket);
  }

  /** A tab in front, in a container of its own. */
  async open() {
    const { userContext } = await this.#call("browser.createUserContext", {});
    /** @param {"tab" | "window"} type @returns {Promise<string>} */
    const create = async (type) => (await this.#call("browsingContext.create", { type, userContext })).context;
    const browser = this.#started.browser.beside(() => create("window"));
    await browser.switchTo(await create("tab"));
    const close = async () => {
      await browser.restoreSize();
      await this.#call("browser.removeUserContext", { userContext });
    };
    return { browser, close };
  }

  async end() {
    this.#socket.terminate();
    await this.#started.end();
  }

  /** @param {string} method @param {object} params @returns {Promise<any>} */
  async #call(method, params) {
    const id = (this.#sent += 1);
    const answer = await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`Firefox does not answer ${method}`)), PATIENCE_MS);
      this.#waiting.set(id, (answer) => (clearTimeout(late), resolve(answer)));
      this.#socket.send(JSON.stringify({ id, method, params }), (error) => error && (clearTimeout(late), reject(error)));
    });
    if (answer.type === "error") throw new Error(`Firefox says to ${method}: ${answer.error}: ${answer.message}`);
    return answer.result;
  }
}

/** @param {import("node:test").TestContext} t @param {keyof typeof BROWSERS} name @returns {Promise<Started>} */
async function start(t, name) {
  // Drivers have been seen to wait for ever for a browser that did not come up, before any page of a test is opened.
  try {
    return await startDriver(name);
  } catch (error) {
    t.diagnostic(`${name} did not start: ${error}; it is started once more`);
    return startDriver(name);
  }
}

/** @param {keyof typeof BROWSERS} name @returns {Promise<Started>} */
async function startDriver(name) {
  const folder = await mkdtemp(path.join(os.tmpdir(), "browser-"));
  const { command, capabilities } = await BROWSERS[name](folder);
  const port = await freePort();
  const remove = () => rm(folder, { recursive: true, force: true });
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
    const agreed = await browser.open(capabilities);
    // A browser that is only killed may leave its window behind.
    const end = () => browser.close().finally(() => (kill(driver), remove()));
    return { browser, capabilities: agreed, end };
  } catch (error) {
    kill(driver);
    await remove();
    throw error;
  }
}

class Browser {
  #driver;
  #session = "";
  /** @type {Promise<unknown>} */
  #turn = Promise.resolve();
  /** Opens a window, and says its handle. @type {() => Promise<string>} */
  #makeWindow = async () => (await this.#call("POST", `${this.#session}/window/new`, { type: "window" })).handle;
  /** What its window was before it was given a size. @type {object | undefined} */
  #before;

  /** @param {string} driver */
  constructor(driver) {
    this.#driver = driver;
  }

  /** The same with windows of another kind. @param {() => Promise<string>} makeWindow */
  beside(makeWindow) {
    const other = new Browser(this.#driver);
    other.#session = this.#session;
    other.#makeWindow = makeWindow;
    return other;
  }

  /** @param {string} handle of the window or tab that is meant from now on */
  switchTo(handle) {
    return this.#call("POST", `${this.#session}/window`, { handle });
  }

  isReady() {
    return fetch(`${this.#driver}/status`).then((answer) => answer.ok, () => false);
  }

  /** @param {object} capabilities */
  async open(capabilities) {
    const agreed = await this.#call("POST", "/session", { capabilities: { alwaysMatch: capabilities } });
    this.#session = `/session/${agreed.sessionId}`;
    return agreed.capabilities;
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
  async resize(width, height) {
    this.#before ??= await this.#call("GET", `${this.#session}/window/rect`);
    await this.#call("POST", `${this.#session}/window/rect`, { width, height });
  }

  async restoreSize() {
    if (this.#before) await this.#call("POST", `${this.#session}/window/rect`, this.#before);
  }

  /** What one sees of the page, as a PNG. @returns {Promise<Buffer>} */
  async screenshot() {
    return Buffer.from(await this.#call("GET", `${this.#session}/screenshot`), "base64");
  }

  /** Another window. It takes turns with the others, since a driver has one in hand at a time. */
  async openWindow() {
    const handle = await this.#inTurn(() => this.#makeWindow());
    /** @type {<T>(act: () => Promise<T>) => Promise<T>} */
    const within = (act) => this.#inTurn(() => this.switchTo(handle).then(act));
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
