// What `subscribe` gives: one client's view of a research.

import { Handlers } from "./handlers.js";
import { Stream } from "./stream.js";

const EVENTS = new Set(["update", "log", "status", "task", "step", "engine", "failure", "gap", "refusal", "history", "end"]);

const LEVELS = new Set(["trace", "debug", "info", "success", "warning", "error", "critical", "milestone"]);

/** Items that wait for a slow `for await` loop: some seconds of the fastest research seen. */
const WAITING = 1000;

export class Research {
  #id;
  #host;
  #job;
  /** The last state, once the page has let go of the research. */
  #left;
  #timelineLeft;
  #handlers = new Handlers((event) => {
    // A misspelt name would wait for ever, in silence.
    if (!EVENTS.has(event)) throw new TypeError(`A research has no event "${event}". It has: ${[...EVENTS].join(", ")}.`);
  });
  #updates = new Set();
  #logs = new Set();
  #done;
  #settle;

  constructor(id, host) {
    this.#id = id;
    this.#host = host;
    this.#done = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    // A page that does not ask for the end must not get an unhandled rejection for it.
    this.#done.catch(() => {});
    const view = { handle: (kind, value) => this.#handle(kind, value), follow: (job, story) => this.#follow(job, story) };
    this.#job = host.join(view, (error) => this.#leave(error));
  }

  get id() {
    return this.#id;
  }

  get state() {
    return this.#left ?? this.#job.state;
  }

  timeline() {
    return this.#timelineLeft ?? this.#job.timeline;
  }

  get done() {
    return this.#done;
  }

  /** The lines kept so far and then each new one. */
  logs(options) {
    const wanted = wantedLevels(options);
    const takes = (entry) => !wanted || wanted.includes(entry.level);
    // All lines that are kept have room from the start.
    return this.#stream(this.#logs, Math.max(WAITING, this.#job.maxLogs), takes, this.#job.logs);
  }

  updates() {
    return this.#stream(this.#updates, WAITING, () => true, []);
  }

  cancel() {
    return this.#host.cancel();
  }

  refresh() {
    this.#host.refresh();
  }

  unsubscribe() {
    this.#host.unsubscribe();
  }

  on(event, handler) {
    return this.#handlers.add(event, handler);
  }

  once(event, handler) {
    return this.#handlers.add(event, handler, true);
  }

  off(event, handler) {
    this.#handlers.remove(event, handler);
  }

  // --- From the client -----------------------------------------------------------------------------------------------

  /** From now on this says what is known; `story` is what is news. */
  #follow(job, story = []) {
    this.#job = job;
    for (const [kind, value] of story) this.#handle(kind, value);
  }

  #handle(kind, value) {
    if (kind === "log" && this.#logs.size > 0) for (const stream of this.#logs) stream.push(value);
    if (kind === "update") for (const stream of this.#updates) stream.push(value);
    if (kind === "end") {
      this.#settle.resolve(value);
      this.#endStreams();
    }
    this.#handlers.call(kind, value);
  }

  /** The page lets go of the research, or the client is gone. */
  #leave(error) {
    this.#left = this.#job.state;
    this.#timelineLeft = this.#job.timeline;
    this.#settle.reject(error);
    // The page's own wish is no failure of its loops; anything else must not look like the end of the research.
    const wished = error.code === "ABORTED" || error.code === "CLOSED";
    this.#endStreams(wished ? undefined : error);
    this.#handlers.clear();
  }

  #stream(streams, limit, takes, first) {
    const stream = new Stream(limit, () => streams.delete(stream), takes);
    streams.add(stream);
    for (const item of first) stream.push(item);
    if (this.#left || this.#job.end) stream.end();
    return stream;
  }

  #endStreams(error) {
    for (const stream of [...this.#logs, ...this.#updates]) stream.end(error);
  }
}

if (Symbol.dispose) Research.prototype[Symbol.dispose] = Research.prototype.unsubscribe;

/** Those that a page wants of a log; undefined for all. */
export function wantedLevels(options) {
  if (options !== undefined && (options === null || typeof options !== "object")) throw new TypeError("The options of logs() must be an object, such as { level: \"error\" }.");
  if (options?.level === undefined) return undefined;
  const wanted = [options.level].flat();
  // No line has a misspelt level, so the loop would wait for ever, in silence.
  for (const level of wanted) {
    if (!LEVELS.has(level)) throw new TypeError(`A log line has no level "${level}". The levels are: ${[...LEVELS].join(", ")}.`);
  }
  return wanted;
}
