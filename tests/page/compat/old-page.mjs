// A page that was written for the application's old script, with the script of the package in its place.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { startServer } from "../support/servers.mjs";
import { until } from "../support/until.mjs";

/** The research that the page is about. */
export const ID = "research-1";

/** Pages with code of their own. */
const FIXTURES = { progress: "progress.html", benchmark: "benchmark.html" };

/** Ways to put the script into the page. */
const TAGS = {
  before: ["<!-- socket: before -->", '<script src="/pkg/research-socket.compat.js"></script>'],
  after: ["<!-- socket: after -->", '<script src="/pkg/research-socket.compat.js"></script>'],
  deferred: ["<!-- socket: before -->", '<script defer src="/pkg/research-socket.compat.js"></script>'],
  module: ["<!-- socket: before -->", '<script type="module" src="/pkg/compat.js"></script>'],
};

/**
 * A server whose pages are the old page, with a research that is under way and survives a restart.
 * @param {import("node:test").TestContext} t
 * @param {{ kind?: "flask" | "asgi", fixture?: keyof typeof FIXTURES, tag?: keyof typeof TAGS, attributes?: string, markup?: string, [flag: string]: unknown }} [options]
 *   `attributes` are the script's, `markup` comes before it; the rest are the server's flags
 */
export async function startWithOldPage(t, { kind = "flask", fixture = "progress", tag = "before", attributes = "", markup = "", ...flags } = {}) {
  const folder = await mkdtemp(path.join(os.tmpdir(), "old-page-"));
  t.after(() => rm(folder, { recursive: true }));
  const html = path.join(folder, "page.html");
  const [place, script] = TAGS[tag];
  const page = await readFile(fileURLToPath(new URL(FIXTURES[fixture], import.meta.url)), "utf8");
  await writeFile(html, page.replace(place, markup + script.replace("<script", `<script ${attributes}`)));
  const server = await startServer(t, kind, { page: true, html, store: path.join(folder, "store.sqlite"), ...flags });
  await server.control("research", { id: ID, status: "in_progress" });
  return server;
}

/**
 * @typedef {object} Seen
 * @property {string[]} log the lines that are shown
 * @property {string[]} logAtEnd those that were shown when the page heard of the end
 * @property {string[]} notifications
 * @property {number} bar @property {string} status @property {string} task
 * @property {number} starts how often the page was loaded
 * @property {number} ends how often it was told of the end, over all loads
 * @property {number} connects @property {number} disconnects
 * @property {string[]} violations what the policy forbade, over all loads: `script-src wasm-eval`
 * @property {{ connected: boolean, polling: boolean, io: string }} socket
 */

/** Runs in the page: what a person would see of it, and what the page has counted. @returns {Seen} */
export function look() {
  const texts = (/** @type {string} */ list) => Array.from(document.querySelectorAll(`${list} > li`), (item) => item.textContent ?? "");
  const number = (/** @type {string} */ name) => Number(sessionStorage.getItem(name));
  const text = (/** @type {string} */ id) => document.getElementById(id)?.textContent ?? "";
  const { socket } = /** @type {any} */ (window);
  return {
    log: texts("#log"),
    logAtEnd: (sessionStorage.getItem("before-end") ?? "").split("\n").filter(Boolean),
    notifications: texts("#notifications"),
    bar: /** @type {HTMLProgressElement} */ (document.getElementById("bar")).value,
    status: text("status"),
    task: text("task"),
    starts: number("starts"),
    ends: number("ends"),
    connects: number("connects"),
    disconnects: number("disconnects"),
    violations: (sessionStorage.getItem("violations") ?? "").split("\n").filter(Boolean),
    socket: { connected: socket?.isConnected(), polling: socket?.isUsingPolling(), io: typeof (/** @type {any} */ (window).io) },
  };
}

export class OldPage {
  /** What a page that is watched has loaded of the package. @type {string[]} */
  loaded = [];
  #page;

  /** @param {{ evaluate: (run: () => Seen) => Promise<Seen> }} page of Playwright or of a driver */
  constructor(page) {
    this.#page = page;
  }

  /** A page that is about to be opened, with its requests and what its policy forbids noted. @param {import("playwright-core").Page} page */
  static async watched(page) {
    const old = new OldPage(page);
    page.on("requestfinished", (request) => {
      const { pathname } = new URL(request.url());
      if (pathname.startsWith("/pkg/")) old.loaded.push(path.basename(pathname));
    });
    await page.addInitScript(() => {
      const note = (/** @type {SecurityPolicyViolationEvent} */ { effectiveDirective, blockedURI }) => {
        const noted = sessionStorage.getItem("violations") ?? "";
        sessionStorage.setItem("violations", `${noted}${effectiveDirective} ${blockedURI}\n`);
      };
      document.addEventListener("securitypolicyviolation", note);
    });
    return old;
  }

  /** @returns {Promise<Seen>} */
  seen() {
    return this.#page.evaluate(look);
  }

  /** Waits until what is seen fulfils a condition, and returns it. @param {string} what @param {(seen: Seen) => unknown} holds */
  async until(what, holds) {
    /** @type {Seen | undefined} */
    let last;
    const look = async () => {
      // The page may be reloading.
      last = await this.seen().catch(() => last);
      return last && holds(last);
    };
    await until(what, look, { every: 50, seen: () => last && { ...last, log: last.log.slice(-3), logAtEnd: last.logAtEnd.slice(-3) } });
    return /** @type {Seen} */ (/** @type {unknown} */ (last));
  }
}
