// What a page asks of its server: every Socket.IO request and every request to the application's endpoints.

import { until } from "./until.mjs";

/**
 * @typedef {object} Recorded
 * @property {number} at when it was sent, in milliseconds of one clock for all
 * @property {number | null} endedAt when it was answered in full, or failed
 * @property {string} method
 * @property {string} path
 * @property {Record<string, string>} query
 * @property {Record<string, string>} headers
 * @property {string} body what was sent
 * @property {number | null} status null until it is answered, and when it failed
 * @property {string | null} answer
 * @property {string | null} failure
 */

const OF_INTEREST = /^(\/ws)?\/socket\.io\/|^\/api\/|^\/history\//;

/** @param {import("playwright-core").Page} page */
export function recordRequests(page) {
  const requests = new Requests();
  requests.listen(page);
  return requests;
}

export class Requests {
  /** @type {Recorded[]} */
  all = [];
  /** @type {Map<import("playwright-core").Request, Recorded>} */
  #open = new Map();

  /** @param {import("playwright-core").Page} page */
  listen(page) {
    page.on("request", (request) => this.#handleStart(request));
    page.on("requestfinished", (request) => this.#handleEnd(request));
    page.on("requestfailed", (request) => this.#handleEnd(request));
  }

  /** @param {import("playwright-core").Request} request */
  #handleStart(request) {
    const url = new URL(request.url());
    if (!OF_INTEREST.test(url.pathname)) return;
    const record = {
      at: performance.now(),
      endedAt: null,
      method: request.method(),
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers(),
      body: request.postData() ?? "",
      status: null,
      answer: null,
      failure: null,
    };
    this.all.push(record);
    this.#open.set(request, record);
  }

  /** @param {import("playwright-core").Request} request */
  async #handleEnd(request) {
    const record = this.#open.get(request);
    if (!record) return;
    this.#open.delete(request);
    record.endedAt = performance.now();
    // With what the browser adds on the wire.
    record.headers = await request.allHeaders().catch(() => record.headers);
    record.failure = request.failure()?.errorText ?? null;
    if (record.failure) return;
    const response = await request.response().catch(() => null);
    record.status = response?.status() ?? null;
    // The body of a request that the page has left behind cannot be had.
    record.answer = (await response?.text().catch(() => null)) ?? null;
  }

  /** The last requests, one a line, for people. */
  toString() {
    const start = this.all[0]?.at ?? 0;
    return this.all
      .slice(-40)
      .map(({ at, endedAt, method, path, query, body, status, answer, failure }) => {
        const ended = endedAt === null ? "open" : `${Math.round(endedAt - at)} ms ${status ?? failure}`;
        const [sent, got] = [body, answer ?? ""].map((text) => JSON.stringify(text.slice(0, 100)));
        return `${Math.round(at - start)} ${method} ${path} sid=${query.sid ?? ""} ${sent} → ${ended} ${got}`;
      })
      .join("\n");
  }

  /** Requests sent since `at` that have the given path. @param {RegExp} path */
  to(path, since = 0) {
    return this.all.filter((request) => request.at >= since && path.test(request.path));
  }

  /** Requests that open a session. */
  handshakes(since = 0) {
    return this.to(/socket\.io\/$/, since).filter((request) => request.method === "GET" && !request.query.sid);
  }

  /** Requests of the status endpoint. */
  statusPolls(since = 0) {
    return this.to(/^\/api\/research\/[^/]+\/status$/, since);
  }

  /**
   * Waits until `count` requests of a kind have been sent, and returns them.
   * @param {string} what @param {() => Recorded[]} select @param {number} count
   */
  async until(what, select, count) {
    await until(what, () => select().length >= count, { seen: () => select().map((r) => [r.at, r.status ?? r.failure]) });
    return select();
  }
}
